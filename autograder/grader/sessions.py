"""Run a notebook's cells in the sandbox, and open test cases there.

A `Session` is one notebook's stay in the sandbox. It decides what student code gets another chance
after: which cells run again when the process has to be started anew, and for how long.
"""

from __future__ import annotations

import operator
import select
import signal
import socket
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from . import facts
from .limits import Limits
from .messages import NO_FORK, How, LookUp, OpenFork, RunCell, Take
from .messages import Call as CallMessage
from .processes import GRACE, GraderError, Sandbox, SandboxedNotebook, describe_end
from .protocol import LONGEST_TEXT, SMALL_MESSAGE, ProtocolError, send, shorten

# Within this time a fork has ended, unless student code keeps it.
SOON = 0.5
# To say of any fault in the syntax: whether a newer Python would take it, only that one knows.
TOO_NEW = (
    f"\nGrading runs Python {sys.version_info.major}.{sys.version_info.minor}. If the line runs on "
    f"your machine, it needs a newer Python: write it in another way."
)
# What code can want that grading does not have, in words for the student.
MISSING = {
    "network": "In grading there is no network.",
    "shared memory": (
        "In grading, processes cannot share memory, as queues and locks of multiprocessing do. "
        "Do without them, or use multiprocessing.Pool, which works."
    ),
    "module": (
        "In grading there are Python's own modules, those of requirements.txt, and those that you "
        "upload. Do without it, or upload it as well if it is yours."
    ),
}
HURRIED = "Below it, each statement had a second, so that definitions still ran."
LATE = (
    "The cells before it took too long, so that each statement here had a second, and this failed:"
)
ENDLESS = "is there an endless loop?"
# In notebooks with threads. A fork has none but the one that made it.
ENDLESS_OR_THREAD = (
    "is there an endless loop, or does it wait for a thread that a cell has started? Tests call it "
    "in a copy of the notebook's process, without such threads: start them inside the function"
)
BROKEN = "could not be run again after what the notebook had done before"


class Fault(Exception):
    """A submission's own doing that ends a test case.

    Attributes:
        kind: of the fault, a constant of `facts`.
        text: what happened, for the student.
        detail: more about it, which student code could have chosen to say something.
    """

    def __init__(self, kind: str, text: str, detail: str = ""):
        super().__init__(kind, text, detail)
        self.kind, self.text, self.detail = kind, text, detail

    def __str__(self) -> str:
        return f"{self.text} ({self.detail})" if self.detail else self.text


@dataclass(frozen=True)
class CellFault:
    """A cell that failed: where it is, and what happened."""

    index: int
    error: str


@dataclass(frozen=True)
class LeftOut:
    """A line that had no effect in grading: in which cell, and what was wrong with it."""

    index: int
    line: str
    why: str


class Session:
    """One notebook in the sandbox. Its process is started again whenever something ends it."""

    def __init__(self, sandbox: Sandbox, files: Mapping[str, bytes], limits: Limits, end: float):
        """Start the notebook's process, before any student code could spoil that.

        Args:
            sandbox: where to run.
            files: what the notebook finds in its folder, by relative path.
            limits: what it may use up.
            end: when its time is up altogether, on the clock of `time.monotonic`.

        Raises:
            GraderError: no notebook starts on this machine.
        """
        self.limits, self.end_of_time = limits, end
        self.notebook = SandboxedNotebook(sandbox, files, limits)
        self.cells: dict[int, str] = {}
        self.done: set[int] = set()
        self.how: dict[int, How] = {}  # cells that may not run whole any more
        self.skipped: set[int] = set()  # those of which not even definitions can run
        self.hung: set[str] = set()  # questions: one endless loop need not be waited for often
        self.fork: Fork | None = None  # one that other test cases can use, too
        # What names stand for, for each question: asked once, before there are secrets.
        self.known: dict[str, dict[str, dict[str, Any]]] = {}
        self.threads = False  # whether cells have left threads
        self.broken = ""  # why the notebook cannot run any more
        # Something was used up: by the submission itself, or by what else the machine was doing.
        self.short = False

    def close(self) -> None:
        """End all that runs, and remove what it left."""
        if self.fork:
            self.fork.close()
        self.notebook.close()

    @property
    def out_of_time(self) -> str:
        """What is said when the submission's time is up."""
        return f"the whole submission took longer than {self.limits.seconds_in_total:g} seconds"

    # Cells.

    def run_cells(self, cells: Mapping[int, str]) -> tuple[list[CellFault], list[LeftOut]]:
        """Run cells in order; one that fails or has to be killed does not stop the others.

        Args:
            cells: their sources by their positions in the notebook.

        Returns:
            What went wrong in cells, and the lines that were left out of them.
        """
        self.cells = dict(cells)
        faults: dict[int, CellFault] = {}
        left_out: dict[int, list[LeftOut]] = {}
        # Half of the time is for the tests. Cells that have run once may run again after that.
        end_of_cells = (time.monotonic() + self.end_of_time) / 2
        # Of a cell that kills the process, only definitions are run in the next one.
        while not self._run_through(faults, left_out, end_of_cells):
            self._start_again()
            if self.broken:
                break
        self.clean_up(look_closely=True)
        lines = [line for index in sorted(left_out) for line in left_out[index]]
        return sorted(faults.values(), key=lambda fault: fault.index), lines

    def clean_up(self, look_closely: bool) -> None:
        """End processes that cells or the test cases of a question have left behind."""
        if not self.notebook.is_alive:
            return
        try:
            clean = self.notebook.clean_up(look_closely)
        except GraderError:
            clean = False
        if not clean:
            self.stop()

    def stop(self) -> int | None:
        """End the notebook's process; return its wait status, if it is known."""
        try:
            return self.notebook.stop()
        except GraderError as error:
            print(error, file=sys.stderr)
            self.broken = "could not be ended"
            return None

    def _run_through(
        self,
        faults: dict[int, CellFault],
        left_out: dict[int, list[LeftOut]],
        end_of_cells: float,
    ) -> bool:
        """Run the cells in a fresh process; return whether it is alive at the end."""
        for index in sorted(self.cells.keys() - self.skipped):
            run = self._run_cell(index, end_of_cells)
            if run.error:
                faults.setdefault(index, CellFault(index, run.error))
            left_out.setdefault(index, [LeftOut(index, *line) for line in run.left_out])
            if run.ended:
                if self.how.get(index) == "definitions":
                    self.skipped.add(index)
                self.how[index] = "definitions"
                return False
        return True

    def _run_cell(self, index: int, end_of_cells: float) -> _Run:
        """Run a cell, or what of it can run."""
        if index in self.how:
            return self._ask_for_cell(index)
        if index not in self.done and time.monotonic() > end_of_cells:
            self.how[index] = "hurried"
            run = self._ask_for_cell(index)
            return replace(run, error=run.error and f"{LATE}\n{run.error}")
        run = self._ask_for_cell(index)
        self.done.add(index)
        if not run.stopped_at:
            return run
        self.how[index] = "hurried"
        rest = self._ask_for_cell(index, after=run.stopped_at)
        error, lines = f"{run.error}\n{HURRIED}", [*run.left_out, *rest.left_out]
        return replace(rest, error=error, left_out=lines)

    def _ask_for_cell(self, index: int, after: int = 0) -> _Run:
        """Have the notebook's process run a cell, and return what came of it."""
        source = self.cells[index]
        # The process has an alarm of its own; it is waited for a little longer.
        seconds = self.limits.seconds_per_cell + GRACE
        deadline = min(time.monotonic() + seconds, self.end_of_time)
        room = SMALL_MESSAGE + 12 * len(source)  # JSON writes a character as \ud83d\ude00 at most
        try:
            how = self.how.get(index, "whole")
            order = RunCell(do="run cell", source=source, how=how, after=after)
            self.notebook.send(order, room, deadline)
            answer = self.notebook.receive(deadline)
            self.threads = answer["threads"] is True
            self.short = self.short or answer["short"] is True
            return _Run.of(answer)
        except TimeoutError:
            if deadline == self.end_of_time:
                return _Run(f"not run to its end: {self.out_of_time}", ended=True)
            # Its own alarm ends what does not block it, and gets some CPU.
            self.short, seconds = True, self.limits.seconds_per_cell
            return _Run(f"took longer than {seconds:g} seconds: {ENDLESS}", ended=True)
        except EOFError:
            return _Run(
                f"ended the whole Python process ({self.describe_end(self.stop())})", ended=True
            )
        except (ProtocolError, KeyError, TypeError, AttributeError, ValueError):
            return _Run("sent something else than results to the grader", ended=True)

    def describe_end(self, status: object) -> str:
        """Return in words how a process ended; note if it is one that the machine had no room for.

        Nothing that a notebook may do kills a process so, but for using up its time.
        """
        self.short = self.short or status in (NO_FORK, signal.SIGKILL.value)
        return describe_end(status)

    def _start_again(self) -> None:
        """Start another process in place of one that student code has spoilt.

        What fails now did not fail the first time, so it is the submission's doing, or that of
        what runs beside it: a full disk, a supervisor that ran out of memory.
        """
        self.stop()
        self.known.clear()
        try:
            self.notebook.start()
        except (GraderError, OSError) as error:
            print(f"a notebook does not start again: {error}", file=sys.stderr)
            self.broken, self.short = BROKEN, True

    # Test cases.

    @contextmanager
    def open_fork(
        self, question: str, names: Collection[str], hidden: bool = False
    ) -> Iterator[Fork]:
        """Let test cases look up names and call functions, in a fork of the notebook's process.

        The fork is a fresh one, or one in which nothing but pure functions was called.

        Args:
            question: the fork has the names of the moment at which the notebook checked it.
            names: what is looked up before anything is called, so that what the answers say cannot
                come from a hidden input.
            hidden: whether the test cases are hidden.

        Raises:
            Fault: there is no fork for it.
        """
        is_asking = not self.known.get(question, {}).keys() >= set(names)
        if self.fork and ((hidden and is_asking) or not self.fork.is_waiting):
            self.end_fork()
        if not self.fork:
            self._prepare()
            self.fork = Fork(self)
        fork = self.fork
        try:
            fork.take(question, names)
            yield fork
        finally:
            if fork.hung:
                self.hung.add(question)
            if fork.fault or not fork.is_pure:
                self.end_fork()

    def end_fork(self) -> None:
        """End the fork, if there is one."""
        fork, self.fork = self.fork, None
        if fork:
            fork.close()
            if not self._is_clean_after(fork):
                self.stop()

    def _prepare(self) -> None:
        """Have a process that is ready to be forked, and nothing that other forks have left.

        Raises:
            Fault: there can be none.
        """
        if time.monotonic() >= self.end_of_time:
            raise Fault(facts.OUT_OF_TIME, f"was not run: {self.out_of_time}")
        self.clean_up(look_closely=False)
        if not self.notebook.is_alive and not self.broken:
            self._start_again()
            if not self.broken:
                # Errors of cells are known; those of a repetition may already know too much.
                self.run_cells(self.cells)
        if self.broken:
            raise Fault(facts.SESSION_LOST, self.broken)

    def _is_clean_after(self, fork: Fork) -> bool:
        """Return whether a fork has ended, and the notebook is ready for the next."""
        if not self.notebook.is_alive:
            return False
        try:
            if fork.fault or not fork.ends_within(SOON):
                clean = self.notebook.clean_up(look_closely=True)
                return fork.ends_within(GRACE) and clean
            return True
        except (TimeoutError, EOFError, ProtocolError, GraderError):
            return False


class Fork:
    """The link to a fork of the notebook's process, for test cases of one question at a time."""

    def __init__(self, session: Session):
        self.session = session
        self.notebook = session.notebook
        self.limit = self.notebook.limit
        self.waited = 0.0  # seconds for answers
        self.known: dict[str, dict[str, Any]] = {}  # what was looked up before the first call
        self.channel, self.theirs = socket.socketpair()
        self.fault: Fault | None = None  # why nothing more can come
        self.is_pure = True  # what was looked up are values, or functions that leave no trace
        self.hung = self.ended = False

    def close(self) -> None:
        """Let the fork end, if it still can."""
        self.channel.close()
        self.theirs.close()

    @property
    def is_waiting(self) -> bool:
        """Whether it is there, and has nothing to say."""
        return not select.select([self.channel], [], [], 0)[0]

    def take(self, question: str, names: Iterable[str]) -> None:
        """Turn to a question, and look up names.

        Raises:
            Fault: as `call` does.
        """
        self.begin(question)
        with self._explaining(), self.theirs:
            if self.theirs.fileno() >= 0:
                order = OpenFork(do="open fork")
                self.notebook.send(order, self.limit, self.deadline, self.theirs.fileno())
            send(self.channel, Take(do="take", question=question), self.limit, self.deadline)
        self.known = self.session.known.setdefault(question, {})
        for name in names:
            self.known[name] = self.look_up(name)

    def begin(self, question: str) -> None:
        """Give the next test case its time.

        Raises:
            Fault: there is none left.
        """
        if time.monotonic() >= self.session.end_of_time:
            self.fail(facts.OUT_OF_TIME, f"was not run: {self.session.out_of_time}")
        self.seconds = self.session.limits.seconds_per_test_case
        if question in self.session.hung:
            self.seconds /= 5
        self.deadline = min(time.monotonic() + self.seconds, self.session.end_of_time)

    def look_up(self, name: str) -> dict[str, Any]:
        """Return the answer to `messages.LookUp`; errors are those of `call`."""
        answer = self.known.get(name) or self._ask(LookUp(do="look up", name=name))
        self.is_pure = self.is_pure and ("missing" in answer or answer.get("pure") is True)
        return answer

    def call(self, name: str, arguments: Any, keywords: Any) -> dict[str, Any]:
        """Return the answer to `messages.Call`.

        Raises:
            Fault: there is no answer; the test case has failed, even if its code catches this.
        """
        return self._ask(CallMessage(do="call", name=name, arguments=arguments, keywords=keywords))

    def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        asked = time.monotonic()
        with self._explaining():
            send(self.channel, message, self.limit, self.deadline)
            try:
                answer = self.notebook.receive(self.deadline, self.channel)
            except ProtocolError as error:
                self.fail_as_not_gradable(error)
            finally:
                self.waited += time.monotonic() - asked
        if not isinstance(answer, dict):
            self.fail(facts.NO_RESULT, "sent something else than results to the grader")
        if "fault" in answer:
            size = self.session.limits.message_mb
            text = f"returned something that cannot be graded, or more than {size:g} MB"
            self.fail(facts.NOT_GRADABLE, text)
        if isinstance(raised := answer.get("raised"), dict):
            self.session.short = self.session.short or raised.get("short") is True
        return answer

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn what stops the conversation into a fault."""
        try:
            yield
        except TimeoutError:
            self._fail_late()
        except EOFError:
            text = "ended the whole Python process"
            self.fail(facts.ENDED_PYTHON, text, self._how_it_ended())

    def fail_as_not_gradable(self, error: ProtocolError) -> NoReturn:
        """Fail because what came is no message, or no value."""
        self.fail(facts.NOT_GRADABLE, f"returned something that cannot be graded: {error}")

    def fail(self, kind: str, text: str, detail: str = "") -> NoReturn:
        """Note the first fault and raise it."""
        self.fault = self.fault or Fault(kind, text, detail)
        raise self.fault from None

    def _fail_late(self) -> NoReturn:
        if self.deadline >= self.session.end_of_time:
            text = f"was not run to its end: {self.session.out_of_time}"
            self.fail(facts.OUT_OF_TIME, text)
        self.hung = True
        advice = ENDLESS_OR_THREAD if self.session.threads else ENDLESS
        text = f"took longer than {self.seconds:g} seconds: {advice}"
        self.fail(facts.TOO_SLOW, text)

    def ends_within(self, seconds: float) -> bool:
        """Return whether the notebook's process says in time that the fork has ended.

        Raises:
            EOFError, ProtocolError: it says something else, or ends.
        """
        if not self.ended:
            try:
                deadline = min(time.monotonic() + seconds, self.session.end_of_time)
                answer = self.notebook.receive(deadline)
            except TimeoutError:
                return False
            self.ended = True
            if self.hung:
                self._note_starving(answer)
        return True

    def _note_starving(self, answer: object) -> None:
        """Note if the fork has not had the CPU for most of its time, so that others may have."""
        used = answer.get("seconds") if isinstance(answer, dict) else None
        if not isinstance(used, (int, float)) or used < self.waited / 2:
            self.session.short = True

    def _how_it_ended(self) -> str:
        try:
            answer = self.notebook.receive(time.monotonic() + GRACE)
            self.ended = True
            return self.session.describe_end(answer["ended"])
        except (TimeoutError, EOFError, ProtocolError, KeyError, TypeError):
            return self.session.describe_end(self.session.stop())


@dataclass(frozen=True)
class _Run:
    """What came of asking for a cell."""

    error: str = ""
    ended: bool = False  # whether the process has ended, or must
    stopped_at: int = 0  # the line at which its time was up
    left_out: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> _Run:
        """Check what a notebook's process says.

        Raises:
            KeyError, TypeError, AttributeError, ValueError: it is no such answer.
        """
        error = answer["error"]
        lines = shorten(answer["left_out"])
        return cls(
            _describe(error) if error else "", False, operator.index(answer["stopped_at"]), lines
        )


def _describe(error: Mapping[str, object]) -> str:
    """Return what a notebook's process says about an error as one text."""
    name, text, line = (str(error.get(key, ""))[:LONGEST_TEXT] for key in ("type", "text", "line"))
    place = f"\nin the line: {line}" if line else ""
    newer = TOO_NEW if name == "SyntaxError" else ""
    return f"{name}: {text}{place}{newer}" + "".join(f"\n{words}" for words in missing(error))


def missing(error: Mapping[str, object]) -> list[str]:
    """Return what grading does not have that an error comes of, as no or one sentence."""
    return [words for key, words in MISSING.items() if error.get("missing") == key]
