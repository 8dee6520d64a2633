"""Processes of the sandbox, as the trusted process sees them.

`Sandbox` is the fork server, one for many submissions. `SandboxedNotebook` is the process that
runs one notebook, and the supervisor that starts and ends it; `sandbox` has their other ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import itertools
import math
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from .limits import MEGABYTE, Limits
from .messages import CleanUp, NewServer, NewSupervisor, StartNotebook, StopNotebook
from .protocol import SMALL_MESSAGE, ProtocolError, receive, send

# For what takes milliseconds unless the machine is very busy; a supervisor kills within 20 seconds.
PATIENCE = 30
# Folders, and files in all of them, that are removed here; a program removes more.
FEW = 200
# For removing a folder, and for a process to end after it was asked to.
GRACE = 2
# Threads would only fight for half a CPU, and a fork copies one of them. The second holds whatever
# a notebook asks for.
ONE_THREAD = (
    "OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS", "TORCHINDUCTOR_COMPILE_THREADS",
)  # fmt: skip
# Installers need not find out again and again that there is no network.
OFFLINE = ("PIP_NO_INDEX", "PIP_DISABLE_PIP_VERSION_CHECK", "UV_OFFLINE")


class GraderError(Exception):
    """The grader cannot do its work, whatever the submission; the text is for staff."""


class Sandbox:
    """A fork server, and where its notebooks work. One for many submissions."""

    def __init__(self, channel: socket.socket, folder: Path, server: int):
        """Take over what `forked_sandbox` has made.

        Args:
            channel: to the fork server.
            folder: for all notebooks.
            server: the fork server's process, or the one that it is a fork of.
        """
        self.channel, self.folder, self.server = channel, folder, server

    def with_modules(self, modules: Sequence[str]) -> Sandbox:
        """Return a sandbox that has imported modules, so that its notebooks need not.

        Without modules, that is this one. Else its fork server is a fork of this one's, and ends
        when its channel is closed.

        Raises:
            GraderError: the fork server has ended.
        """
        if not modules:
            return self
        order = NewServer(do="new server", modules=list(modules))
        return Sandbox(self._fork(order), self.folder, self.server)

    def start_supervisor(self) -> socket.socket:
        """Return the channel to a new supervisor.

        Raises:
            GraderError: the fork server has ended.
        """
        return self._fork(NewSupervisor(do="new supervisor"))

    def close(self) -> None:
        """Let the fork server end."""
        self.channel.close()

    def _fork(self, order: NewServer | NewSupervisor) -> socket.socket:
        """Return the channel to a new fork of the fork server."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                send(self.channel, order, SMALL_MESSAGE, descriptors=[theirs.fileno()])
            except EOFError:
                raise GraderError("the fork server has ended; its last words are above") from None
        return ours


@contextlib.contextmanager
def forked_sandbox() -> Iterator[Sandbox]:
    """Fork a fork server off this process, which must know nothing yet that students must not.

    A fork has what this process has imported, and its memory: so tests and other submissions are
    read after that.
    """
    folder = new_folder()
    ours, theirs = socket.socketpair()
    server = os.fork()
    if server == 0:
        _be_server(theirs, folder)
    theirs.close()
    _close_to_same_user()
    try:
        with contextlib.closing(Sandbox(ours, folder, server)) as sandbox:
            yield sandbox
    finally:
        _wait_for(server)
        remove(folder)


def new_folder() -> Path:
    """Return a new folder, which notebooks can pass through to their own."""
    folder = Path(tempfile.mkdtemp(prefix="grading-", dir=_open_folder()))
    folder.chmod(0o711)
    return folder


def _be_server(channel: socket.socket, folder: Path) -> NoReturn:
    """Be the fork server: let go of all that is the trusted process's, and serve."""
    try:
        os.setsid()  # Ctrl-C reaches the trusted process, which then hangs up
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.closerange(3, channel.fileno())
        os.closerange(channel.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        kept = scrubbed_environment(folder)
        os.environ.clear()
        os.environ.update(kept)
        os.chdir("/")
        sys.argv = [""]
        # Here, for the trusted process has no use for IPython.
        importlib.import_module(f"{__package__}.sandbox.server").serve(channel)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _wait_for(server: int) -> None:
    """Wait until the fork server has ended; kill it if it does not."""
    end = time.monotonic() + PATIENCE
    while os.waitpid(server, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:  # what was graded counts nevertheless
            os.kill(server, signal.SIGKILL)
            os.waitpid(server, 0)
            return
        time.sleep(0.001)


class SandboxedNotebook:
    """One notebook's process in the sandbox, and the supervisor that starts and ends it."""

    def __init__(self, sandbox: Sandbox, files: Mapping[str, bytes], limits: Limits):
        """Start both.

        Args:
            sandbox: where to run.
            files: what the notebook finds in its folder, by relative path.
            limits: what it may use up.

        Raises:
            GraderError: no notebook starts on this machine.
        """
        self.files, self.limits = files, limits
        self.limit = int(limits.message_mb * MEGABYTE)
        self.supervisor = sandbox.start_supervisor()
        self.folder = Path(tempfile.mkdtemp(dir=sandbox.folder))
        self.folder.chmod(0o711)
        self.starts = 0
        self.missing: list[str] = []  # protections that this machine does not have
        self.channel: socket.socket | None = None
        self.watch: int | None = None  # becomes readable when the notebook's process ends
        self.start()

    @property
    def is_alive(self) -> bool:
        """Whether it was started and not stopped since; the process may have ended by itself."""
        return self.channel is not None

    def start(self) -> None:
        """Start the notebook's process in a fresh folder.

        Raises:
            GraderError, OSError: it does not start.
        """
        self.starts += 1
        folder = self.folder / str(self.starts)
        _write_files(folder, self.files)
        ours, theirs = socket.socketpair()
        self.channel = ours
        with theirs:
            order = StartNotebook(
                do="start notebook", folder=str(folder), limits=asdict(self.limits)
            )
            answer = self._ask_supervisor(order, theirs.fileno())
        if hasattr(os, "pidfd_open"):
            self.watch = os.pidfd_open(answer["process"])
        try:
            hello = receive(self.channel, SMALL_MESSAGE, time.monotonic() + PATIENCE)
        except (TimeoutError, EOFError, ProtocolError):
            hello = {"refused": "it ends at once"}
        if "refused" in hello:
            raise GraderError(f"a notebook does not start: {hello['refused']}")
        self.missing = [*answer["missing"], *hello["missing"]]

    def stop(self, remove_folder: bool = True) -> int | None:
        """End the notebook's process with all that came of it; return its wait status, if any.

        Raises:
            GraderError: it does not end.
        """
        if self.channel is None:
            return None
        self.channel.close()
        if self.watch is not None:
            os.close(self.watch)
        self.channel = self.watch = None
        try:
            status: int = self._ask_supervisor(StopNotebook(do="stop notebook"))["status"]
            return status
        finally:
            if remove_folder:
                remove(self.folder / str(self.starts))

    def close(self) -> None:
        """Leave nothing behind."""
        try:
            self.stop(remove_folder=False)
        except GraderError as error:  # what was graded counts nevertheless
            print(error, file=sys.stderr)
        self.supervisor.close()
        remove(self.folder)

    def clean_up(self, look_closely: bool) -> bool:
        """End processes that cells or test cases have left; return whether that has worked.

        Args:
            look_closely: also for what the notebook's process still waits for.

        Raises:
            GraderError: the supervisor has ended.
        """
        return bool(self._ask_supervisor(CleanUp(do="clean up", closely=look_closely))["clean"])

    def send(self, message: Any, limit: int, deadline: float, *descriptors: int) -> None:
        """Send a message to the notebook's process; errors are those of `protocol.send`."""
        if self.channel is None:
            raise EOFError
        send(self.channel, message, limit, deadline, descriptors)

    def receive(self, deadline: float, channel: socket.socket | None = None) -> Any:
        """Return the next message, by default from the notebook's own channel.

        Args:
            deadline: on the clock of `time.monotonic`.
            channel: of a case, a process of which this notebook's is the parent.

        Raises:
            EOFError: the notebook's process speaks or ends instead.
            ProtocolError, TimeoutError: as `protocol.receive` does.
        """
        channel = channel or self.channel
        if channel is None or not self._wait_for(channel, deadline):
            raise EOFError
        return receive(channel, self.limit, deadline)

    def _wait_for(self, channel: socket.socket, deadline: float) -> bool:
        """Wait for ``channel``; return False if the notebook's process speaks or ends instead."""
        others = [other for other in (self.channel, self.watch) if other is not None]
        seconds = None if math.isinf(deadline) else max(0, deadline - time.monotonic())
        ready, _, _ = select.select([channel, *others], [], [], seconds)
        if not ready:
            raise TimeoutError
        return channel in ready

    def _ask_supervisor(self, order: Mapping[str, Any], *descriptors: int) -> dict[str, Any]:
        """Ask the supervisor, which runs no student code."""
        try:
            send(self.supervisor, order, SMALL_MESSAGE, descriptors=descriptors)
            answer: dict[str, Any] = receive(
                self.supervisor, SMALL_MESSAGE, time.monotonic() + PATIENCE
            )
            return answer
        except (EOFError, TimeoutError, ProtocolError):
            raise GraderError("a supervisor has ended; its last words are above") from None


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
    if _is_small(folder):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
    # Student code that ran as the same user may have closed a folder.
    script = 'rm -rf -- "$0" || { chmod -R u+rwx -- "$0"; rm -rf -- "$0"; }'
    command: Sequence[str] = ["sh", "-c", script, str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


def _is_small(folder: Path) -> bool:
    """Return whether a folder has few files, none of them deep."""
    entries = itertools.islice(os.walk(folder), FEW)
    sizes = [len(names) + len(files) for _, names, files in entries]
    return len(sizes) < FEW and sum(sizes) < FEW


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


def scrubbed_environment(folder: Path) -> dict[str, str]:
    """Return what student code may know of this process's environment.

    Args:
        folder: of the sandbox.
    """
    kept: Iterable[str] = ("LANG", "LC_ALL", "TZ")
    places = os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PATH": os.pathsep.join(places),  # so that ``!python`` and ``!pip`` are this one
        **dict.fromkeys((*ONE_THREAD, *OFFLINE), "1"),
        "NUMBA_THREADING_LAYER": "workqueue",  # the one that goes on after a fork
        "IPYTHONDIR": str(folder / "ipython"),
        "USER": "student",
        "MPLBACKEND": "Agg",
    }
