"""This side's end of the sandbox: start sessions, run cells in them, open test cases."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .limits import MEGABYTE, Limits
from .protocol import LONGEST_TEXT, ProtocolError, receive, send

START = Path(__file__).with_name("start.py")
# Of a message between this process and the fork server or a keeper.
SMALL = 2**16
# For what takes milliseconds unless the machine is very busy; a keeper kills within 20 seconds.
PATIENCE = 30
# For a cell to end after its own alarm, and for a case to end after its test.
GRACE = 2
# Within this time a case's process has ended, unless student code keeps it.
SOON = 0.5
# What code meets that wants to download something, or to start a server.
NETWORK_ERRORS = ("URLError", "ConnectionError", "gaierror", "PermissionError")
# Threads would only fight for half a CPU, and a fork copies one of them.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class GraderError(Exception):
    """The grader cannot do its work, whatever the submission; the text is for staff."""


class Fault(Exception):
    """A submission's own doing that ends a test case; the text is for the student."""


@dataclass(frozen=True)
class CellFault:
    """A cell that failed: where it is, and what happened."""

    index: int
    error: str


class Sandbox:
    """The fork server, and where its sessions work. One for many submissions."""

    def __init__(self, preload: Iterable[str] = ()):
        """Start the fork server.

        Args:
            preload: modules that it imports, so that sessions need not.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="grading-", dir=_open_folder()))
        self.folder.chmod(0o711)  # sessions pass through to their own folders
        ours, theirs = socket.socketpair()
        self.channel = ours
        with theirs:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-B", str(START), "sandbox.server"),
                    *(str(theirs.fileno()), *preload),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**_scrubbed_environment(), "IPYTHONDIR": str(self.folder / "ipython")},
                cwd="/",
                start_new_session=True,  # Ctrl-C reaches this process, which then hangs up
            )
        _close_to_same_user()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *reason: object) -> None:
        self.channel.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:  # what was graded counts nevertheless
            self.process.kill()
        remove(self.folder)

    def keeper(self) -> socket.socket:
        """Return the channel to a new keeper."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                send(self.channel, {}, SMALL, descriptors=[theirs.fileno()])
            except EOFError:
                raise GraderError("the fork server has ended; its last words are above") from None
        return ours


class Session:
    """One notebook's process in the sandbox. It is started again whenever something ends it."""

    def __init__(self, sandbox: Sandbox, files: Mapping[str, bytes], limits: Limits, end: float):
        """Start a session, before any student code could spoil that.

        Args:
            sandbox: where to run.
            files: what the notebook finds in its folder, by relative path.
            limits: what it may use up.
            end: when its time is up altogether, on the clock of `time.monotonic`.

        Raises:
            GraderError: no session starts on this machine.
        """
        self.files, self.limits, self.end_of_time = files, limits, end
        self.limit = int(limits.message_mb * MEGABYTE)
        self.keeper = sandbox.keeper()
        self.folder = Path(tempfile.mkdtemp(dir=sandbox.folder))
        self.folder.chmod(0o711)
        self.starts = 0
        self.cells: dict[int, str] = {}
        self.done: set[int] = set()
        self.skipped: set[int] = set()
        self.hung: set[str] = set()  # questions: one endless loop need not be waited for often
        self.question = ""  # of the last test case
        self.broken = ""  # why no session can be started any more
        self.missing: list[str] = []  # protections that this machine does not have
        self.channel: socket.socket | None = None
        self.watch: int | None = None  # becomes readable when the session's process ends
        self._start()

    def close(self) -> None:
        """End whatever runs, and remove what it left."""
        self._stop(remove_folder=False)
        self.keeper.close()
        remove(self.folder)

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
        # A cell that kills the session is skipped in the next one.
        while not self._run_through(faults, end_of_cells):
            self._start_again()
            if self.broken:
                break
        self._end_what_is_left(look_closely=True)
        return sorted(faults.values(), key=lambda fault: fault.index)

    def _end_what_is_left(self, look_closely: bool) -> None:
        """End processes that cells or the test cases of a question have left behind."""
        try:
            if self.channel and not self._ask_keeper({"end case": look_closely})["ended"]:
                self._stop()
        except GraderError:
            self._stop()

    def _run_through(self, faults: dict[int, CellFault], end_of_cells: float) -> bool:
        """Run the cells in a fresh session; return whether it is alive at the end."""
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
        """Return what went wrong, if anything, and whether it was the end of the session."""
        seconds = self.limits.seconds_per_cell + GRACE
        deadline = min(time.monotonic() + seconds, self.end_of_time)
        try:
            send(self.channel, {"cell": source}, self._cell_limit(source), deadline)
            error = self._receive(self.channel, deadline)["error"]
            return (_describe(error) if error else ""), False
        except TimeoutError:
            if deadline == self.end_of_time:
                return f"not run to its end: {self._out_of_time()}", True
            seconds = self.limits.seconds_per_cell
            return f"took longer than {seconds:g} seconds: is there an endless loop?", True
        except EOFError:
            return f"ended the whole Python process ({self._stop()})", True
        except (ProtocolError, KeyError, TypeError, AttributeError):
            return "sent something else than results to the grader", True

    def _cell_limit(self, source: str) -> int:
        return SMALL + 12 * len(source)  # JSON writes a character as \ud83d\ude00 at most

    # Test cases.

    @contextmanager
    def open_case(self, question: str) -> Iterator[Case]:
        """Let a test case look up names and call functions, in a fork of the session.

        The fork has the names of the moment at which the notebook checked ``question``.
        """
        if time.monotonic() >= self.end_of_time:
            raise Fault(f"was not run: {self._out_of_time()}")
        if question != self.question:
            self._end_what_is_left(look_closely=False)
            self.question = question
        if self.channel is None and not self.broken:
            self._start_again()
            if not self.broken:
                # Errors of cells are known; those of a repetition may already know too much.
                self.run_cells(self.cells)
        if self.broken:
            raise Fault(self.broken)
        seconds = self.limits.seconds_per_test_case
        if question in self.hung:
            seconds /= 5
        case = Case(self, seconds)
        ours, theirs = socket.socketpair()
        try:
            with ours, theirs:
                case.channel = ours
                case.send_to(self.channel, {"case": question}, theirs.fileno())
                theirs.close()
                yield case
        finally:
            if case.hung:
                self.hung.add(question)
            if not self._is_clean(case):
                self._stop()

    def _is_clean(self, case: Case) -> bool:
        """Return whether a case has ended, and the session is ready for the next."""
        if self.channel is None:  # the session itself has ended
            return False
        try:
            if case.fault or not self._case_ends(case, SOON):
                ended = self._ask_keeper({"end case": True})["ended"]
                return self._case_ends(case, GRACE) and ended
            return True
        except (TimeoutError, EOFError, ProtocolError, GraderError):
            return False

    def _case_ends(self, case: Case, seconds: float) -> bool:
        """Return whether the session says within so many seconds that a case has ended."""
        if not case.ended:
            try:
                self._receive(self.channel, min(time.monotonic() + seconds, self.end_of_time))
            except TimeoutError:
                return False
            case.ended = True
        return True

    # Start and end.

    def _start(self) -> None:
        """Start a session in a fresh folder."""
        self.starts += 1
        folder = self.folder / str(self.starts)
        _write_files(folder, self.files)
        ours, theirs = socket.socketpair()
        self.channel = ours
        with theirs:
            message = {"start": str(folder), "limits": asdict(self.limits)}
            answer = self._ask_keeper(message, theirs.fileno())
        if hasattr(os, "pidfd_open"):
            self.watch = os.pidfd_open(answer["process"])
        try:
            hello = receive(self.channel, SMALL, time.monotonic() + PATIENCE)
        except (TimeoutError, EOFError, ProtocolError):
            hello = {"refused": "it ends at once"}
        if "refused" in hello:
            raise GraderError(f"a session does not start: {hello['refused']}")
        self.missing = [*answer["missing"], *hello["missing"]]

    def _start_again(self) -> None:
        """Start another session in place of one that student code has spoilt.

        What fails now did not fail the first time, so it is the submission's doing: a full disk,
        a keeper that ran out of memory.
        """
        self._stop()
        try:
            self._start()
        except (GraderError, OSError) as error:
            print(f"a session does not start again: {error}", file=sys.stderr)
            self.broken = "could not be run again after what the notebook had done before"

    def _stop(self, remove_folder: bool = True) -> str:
        """End the session with all that came of it; return how its process ended."""
        if self.channel is None:
            return ""
        self.channel.close()
        if self.watch is not None:
            os.close(self.watch)
        self.channel = self.watch = None
        try:
            return describe_end(self._ask_keeper({"end": True})["status"])
        except GraderError as error:
            print(error, file=sys.stderr)
            self.broken = "could not be ended"
            return "in an unknown way"
        finally:
            if remove_folder:
                remove(self.folder / str(self.starts))

    def _ask_keeper(self, message: dict, *descriptors: int) -> dict:
        """Ask the keeper, which runs no student code."""
        try:
            send(self.keeper, message, SMALL, descriptors=descriptors)
            return receive(self.keeper, SMALL, time.monotonic() + PATIENCE)
        except (EOFError, TimeoutError, ProtocolError):
            raise GraderError("a keeper has ended; its last words are above") from None

    def _receive(self, channel: socket.socket, deadline: float) -> Any:
        """Return the next message; notice if the session ends instead."""
        if not self._wait_for(channel, deadline):
            raise EOFError
        return receive(channel, self.limit, deadline)

    def _wait_for(self, channel: socket.socket, deadline: float) -> bool:
        """Wait for ``channel``; return False if the session speaks or ends instead."""
        others = [other for other in (self.channel, self.watch) if other is not None]
        seconds = None if math.isinf(deadline) else max(0, deadline - time.monotonic())
        ready, _, _ = select.select([channel, *others], [], [], seconds)
        if not ready:
            raise TimeoutError
        return channel in ready

    def _out_of_time(self) -> str:
        return f"the whole submission took longer than {self.limits.seconds_in_total:g} seconds"


class Case:
    """One test case's link to a fork of the session."""

    def __init__(self, session: Session, seconds: float):
        self.session, self.seconds = session, seconds
        self.deadline = min(time.monotonic() + seconds, session.end_of_time)
        self.channel: socket.socket | None = None
        self.fault = ""  # why nothing more can come, for the student
        self.hung = self.ended = False

    def ask(self, message: dict) -> dict:
        """Send a message to the case's process and return the answer.

        Raises:
            Fault: there is no answer; the test case has failed, whatever its code says.
        """
        self.send_to(self.channel, message)
        try:
            answer = self.session._receive(self.channel, self.deadline)
        except TimeoutError:
            self.fail(self._too_long())
        except EOFError:
            self.fail(f"ended the whole Python process ({self._how_it_ended()})")
        except ProtocolError as error:
            self.fail(f"returned something that cannot be graded: {error}")
        if not isinstance(answer, dict):
            self.fail("sent something else than results to the grader")
        if "fault" in answer:
            size = self.session.limits.message_mb
            self.fail(f"returned something that cannot be graded, or more than {size:g} MB")
        return answer

    def send_to(self, channel: socket.socket, message: dict, *descriptors: int) -> None:
        """Send; if nobody takes it, the case has failed."""
        if self.fault:
            raise Fault(self.fault)
        try:
            send(channel, message, self.session.limit, self.deadline, descriptors)
        except TimeoutError:
            self.fail(self._too_long())
        except EOFError:
            self.fail(f"ended the whole Python process ({self._how_it_ended()})")

    def fail(self, fault: str) -> None:
        """Note the first fault and raise it."""
        self.fault = self.fault or fault
        raise Fault(self.fault)

    def _too_long(self) -> str:
        if self.deadline >= self.session.end_of_time:
            return f"was not run to its end: {self.session._out_of_time()}"
        self.hung = True
        return f"took longer than {self.seconds:g} seconds: is there an endless loop?"

    def _how_it_ended(self) -> str:
        try:
            answer = receive(self.session.channel, SMALL, time.monotonic() + GRACE)
            self.ended = True
            return describe_end(answer["ended"])
        except (TimeoutError, EOFError, ProtocolError, KeyError, TypeError):
            return self.session._stop() or "in an unknown way"


# -- small parts ------------------------------------------------------------------------------


def describe_end(status: object) -> str:
    """Return in words how a process ended, given what `os.waitpid` says about it."""
    if not isinstance(status, int) or isinstance(status, bool) or not 0 <= status < 2**16:
        return "in an unknown way"
    try:
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return f"exit code {code}"
        name = signal.Signals(-code).name
    except ValueError:
        return "in an unknown way"
    return f"{name}, too much memory or a crash" if name in ("SIGKILL", "SIGSEGV") else name


def _describe(error: dict[str, str]) -> str:
    """Return what a session says about an error as one text."""
    name, text, line = (str(error.get(key, ""))[:LONGEST_TEXT] for key in ("type", "text", "line"))
    place = f"\nin the line: {line}" if line else ""
    advice = "\nIn grading there is no network." if name in NETWORK_ERRORS else ""
    return f"{name}: {text}{place}{advice}"


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, whose paths are clean, below a new folder."""
    folder.mkdir()
    for name, data in files.items():
        path = folder / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def remove(folder: Path) -> None:
    """Remove a folder that student code wrote; however deep it is, which Python could not.

    Millions of files take longer than anybody should wait: then it goes on by itself.
    """
    # Student code that ran as the same user may have closed a folder.
    script = 'rm -rf -- "$0" || { chmod -R u+rwx -- "$0"; rm -rf -- "$0"; }'
    command = ["sh", "-c", script, str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


def _close_to_same_user() -> None:
    """Keep other processes of this user out of this one's memory, where the tests are."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def _open_folder() -> str:
    """Return a folder for temporary files that every user can reach."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        parents = [Path(place), *Path(place).resolve().parents]
        if all(parent.stat().st_mode & 0o001 for parent in parents):
            return place
    raise GraderError("no folder for temporary files can be reached by other users: open /tmp")


def _scrubbed_environment() -> dict[str, str]:
    """Return what student code may know of this process's environment."""
    kept: Iterable[str] = ("PATH", "LANG", "LC_ALL", "TZ")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **dict.fromkeys(ONE_THREAD, "1"),
        "USER": "student",
        "MPLBACKEND": "Agg",
    }
