"""Run a notebook's cells in the sandbox, and open test cases there.

A `Session` is one notebook's stay in the sandbox. It decides what student code gets another chance
after: which cells run again when the process has to be started anew, and for how long.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from . import facts
from .limits import Limits
from .messages import Call as CallMessage
from .messages import LookUp, OpenCase, RunCell
from .processes import GRACE, GraderError, Sandbox, SandboxedNotebook, describe_end
from .protocol import LONGEST_TEXT, SMALL_MESSAGE, ProtocolError, send

# Within this time a case's process has ended, unless student code keeps it.
SOON = 0.5
# What code meets that wants to download something, or to start a server.
NETWORK_ERRORS = ("URLError", "ConnectionError", "gaierror", "PermissionError")
# To say of any fault in the syntax: whether a newer Python would take it, only that one knows.
TOO_NEW = (
    f"\nGrading runs Python {sys.version_info.major}.{sys.version_info.minor}. If the line runs on "
    f"your machine, it needs a newer Python: write it in another way."
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
        self.skipped: set[int] = set()
        self.hung: set[str] = set()  # questions: one endless loop need not be waited for often
        self.question = ""  # of the last test case
        self.broken = ""  # why the notebook cannot run any more

    def close(self) -> None:
        """End all that runs, and remove what it left."""
        self.notebook.close()

    @property
    def out_of_time(self) -> str:
        """What is said when the submission's time is up."""
        return f"the whole submission took longer than {self.limits.seconds_in_total:g} seconds"

    # Cells.

    def run_cells(self, cells: Mapping[int, str]) -> list[CellFault]:
        """Run cells in order; one that fails or has to be killed does not stop the others.

        Args:
            cells: their sources by their positions in the notebook.
        """
        self.cells = dict(cells)
        faults: dict[int, CellFault] = {}
        # Half of the time is for the tests. Cells that have run once may run again after that.
        end_of_cells = (time.monotonic() + self.end_of_time) / 2
        # A cell that kills the process is skipped in the next one.
        while not self._run_through(faults, end_of_cells):
            self._start_again()
            if self.broken:
                break
        self.clean_up(look_closely=True)
        return sorted(faults.values(), key=lambda fault: fault.index)

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

    def stop(self) -> str:
        """End the notebook's process; return in words how it ended."""
        try:
            return self.notebook.stop()
        except GraderError as error:
            print(error, file=sys.stderr)
            self.broken = "could not be ended"
            return "in an unknown way"

    def _run_through(self, faults: dict[int, CellFault], end_of_cells: float) -> bool:
        """Run the cells in a fresh process; return whether it is alive at the end."""
        for index in sorted(self.cells.keys() - self.skipped):
            end = self.end_of_time if index in self.done else end_of_cells
            if time.monotonic() > end:
                error, ended = "not run: the cells before it took too long", False
                self.skipped.add(index)
            else:
                error, ended = self._run_cell(self.cells[index])
                self.done.add(index)
            if error:
                faults.setdefault(index, CellFault(index, error))
            if ended:
                self.skipped.add(index)
                return False
        return True

    def _run_cell(self, source: str) -> tuple[str, bool]:
        """Return what went wrong, if anything, and whether it was the end of the process."""
        # The process has an alarm of its own; it is waited for a little longer.
        seconds = self.limits.seconds_per_cell + GRACE
        deadline = min(time.monotonic() + seconds, self.end_of_time)
        room = SMALL_MESSAGE + 12 * len(source)  # JSON writes a character as \ud83d\ude00 at most
        try:
            self.notebook.send(RunCell(do="run cell", source=source), room, deadline)
            error = self.notebook.receive(deadline)["error"]
            return (_describe(error) if error else ""), False
        except TimeoutError:
            if deadline == self.end_of_time:
                return f"not run to its end: {self.out_of_time}", True
            seconds = self.limits.seconds_per_cell
            return f"took longer than {seconds:g} seconds: is there an endless loop?", True
        except EOFError:
            return f"ended the whole Python process ({self.stop()})", True
        except (ProtocolError, KeyError, TypeError, AttributeError):
            return "sent something else than results to the grader", True

    def _start_again(self) -> None:
        """Start another process in place of one that student code has spoilt.

        What fails now did not fail the first time, so it is the submission's doing: a full disk,
        a supervisor that ran out of memory.
        """
        self.stop()
        try:
            self.notebook.start()
        except (GraderError, OSError) as error:
            print(f"a notebook does not start again: {error}", file=sys.stderr)
            self.broken = BROKEN

    # Test cases.

    @contextmanager
    def open_case(self, question: str) -> Iterator[Case]:
        """Let a test case look up names and call functions, in a fork of the notebook's process.

        The fork has the names of the moment at which the notebook checked ``question``.

        Raises:
            Fault: there is no fork for it.
        """
        self._prepare(question)
        seconds = self.limits.seconds_per_test_case
        if question in self.hung:
            seconds /= 5
        case = Case(self, seconds)
        try:
            with case.opened(question):
                yield case
        finally:
            if case.hung:
                self.hung.add(question)
            if not self._is_clean_after(case):
                self.stop()

    def _prepare(self, question: str) -> None:
        """Have a process that is ready to be forked.

        Raises:
            Fault: there can be none.
        """
        if time.monotonic() >= self.end_of_time:
            raise Fault(facts.OUT_OF_TIME, f"was not run: {self.out_of_time}")
        if question != self.question:
            self.clean_up(look_closely=False)
            self.question = question
        if not self.notebook.is_alive and not self.broken:
            self._start_again()
            if not self.broken:
                # Errors of cells are known; those of a repetition may already know too much.
                self.run_cells(self.cells)
        if self.broken:
            raise Fault(facts.SESSION_LOST, self.broken)

    def _is_clean_after(self, case: Case) -> bool:
        """Return whether a case has ended, and the notebook is ready for the next."""
        if not self.notebook.is_alive:
            return False
        try:
            if case.fault or not case.ends_within(SOON):
                clean = self.notebook.clean_up(look_closely=True)
                return case.ends_within(GRACE) and clean
            return True
        except (TimeoutError, EOFError, ProtocolError, GraderError):
            return False


class Case:
    """One test case's link to a fork of the notebook's process."""

    def __init__(self, session: Session, seconds: float):
        self.session, self.seconds = session, seconds
        self.notebook = session.notebook
        self.limit = self.notebook.limit
        self.deadline = min(time.monotonic() + seconds, session.end_of_time)
        self.channel: socket.socket
        self.fault: Fault | None = None  # why nothing more can come
        self.hung = self.ended = False

    @contextmanager
    def opened(self, question: str) -> Iterator[None]:
        """Have the notebook's process fork, and talk to the fork.

        Raises:
            Fault: it does not fork.
        """
        self.channel, theirs = socket.socketpair()
        with self.channel, theirs:
            with self._explaining():
                order = OpenCase(do="open case", question=question)
                self.notebook.send(order, self.limit, self.deadline, theirs.fileno())
            theirs.close()
            yield

    def look_up(self, name: str) -> dict[str, Any]:
        """Return the answer to `messages.LookUp`; errors are those of `call`."""
        return self._ask(LookUp(do="look up", name=name))

    def call(self, name: str, arguments: Any, keywords: Any) -> dict[str, Any]:
        """Return the answer to `messages.Call`.

        Raises:
            Fault: there is no answer; the test case has failed, even if its code catches this.
        """
        return self._ask(CallMessage(do="call", name=name, arguments=arguments, keywords=keywords))

    def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        with self._explaining():
            send(self.channel, message, self.limit, self.deadline)
            try:
                answer = self.notebook.receive(self.deadline, self.channel)
            except ProtocolError as error:
                self.fail_as_not_gradable(error)
        if not isinstance(answer, dict):
            self.fail(facts.NO_RESULT, "sent something else than results to the grader")
        if "fault" in answer:
            size = self.session.limits.message_mb
            text = f"returned something that cannot be graded, or more than {size:g} MB"
            self.fail(facts.NOT_GRADABLE, text)
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
        text = f"took longer than {self.seconds:g} seconds: is there an endless loop?"
        self.fail(facts.TOO_SLOW, text)

    def ends_within(self, seconds: float) -> bool:
        """Return whether the notebook's process says in time that the case has ended.

        Raises:
            EOFError, ProtocolError: it says something else, or ends.
        """
        if not self.ended:
            try:
                deadline = min(time.monotonic() + seconds, self.session.end_of_time)
                self.notebook.receive(deadline)
            except TimeoutError:
                return False
            self.ended = True
        return True

    def _how_it_ended(self) -> str:
        try:
            answer = self.notebook.receive(time.monotonic() + GRACE)
            self.ended = True
            return describe_end(answer["ended"])
        except (TimeoutError, EOFError, ProtocolError, KeyError, TypeError):
            return self.session.stop() or "in an unknown way"


def _describe(error: Mapping[str, object]) -> str:
    """Return what a notebook's process says about an error as one text."""
    name, text, line = (str(error.get(key, ""))[:LONGEST_TEXT] for key in ("type", "text", "line"))
    place = f"\nin the line: {line}" if line else ""
    advice = "\nIn grading there is no network." if name in NETWORK_ERRORS else ""
    if name == "SyntaxError":
        advice = TOO_NEW
    return f"{name}: {text}{place}{advice}"
