"""The fork server and its supervisors: they start student code, and never run any themselves.

The fork server imports Python, NumPy and IPython once, so that its forks have them at once. A
supervisor is a fork that looks after one notebook's process. That process cannot get away from it:
all that it starts, however indirectly, becomes the supervisor's child when its parent dies, and
gets each signal of `Supervisor.signal_all` at one moment, so that no process can outrun it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

from ..limits import Limits
from ..messages import Cleaned, NewServer, NewSupervisor, Ready, Refused, Started, Stopped
from ..protocol import SMALL_MESSAGE, receive, send
from .confine import choose_uid, close_to_same_user, confine, make_interpreter_reachable
from .descendants import find_children, find_descendants
from .notebook import NotebookProcess
from .pools import replace_pools
from .shell import make_shell

# From <linux/prctl.h>: orphans among the descendants become children of this process.
PR_SET_CHILD_SUBREAPER = 36
# Killing takes milliseconds; a process that outlives this hangs in the kernel.
SECONDS_TO_KILL = 20
# Milliseconds: who was killed is gone soon, and to signal once more takes longer than to wait.
PATIENCE_WITH_THE_DEAD = 20
# A notebook that cannot be cleaned up in this time is ended altogether.
SECONDS_TO_CLEAN_UP = 2


def serve(channel: socket.socket) -> None:
    """Get ready, then fork as the trusted process asks until it hangs up."""
    replace_pools()
    uid = choose_uid()
    if uid is not None:
        make_interpreter_reachable(uid)
    close_to_same_user()
    make_shell()
    gc.freeze()  # what forks share stays shared: looking for garbage writes to it
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors that have ended leave no trace
    _fork_as_asked(channel)


def _fork_as_asked(channel: socket.socket) -> None:
    while True:
        try:
            order, (descriptor,) = receive(channel, descriptors=1)
        except EOFError:
            return
        if os.fork() == 0:
            channel.close()
            _be_fork(order, socket.socket(fileno=descriptor))
            os._exit(0)
        os.close(descriptor)


def _be_fork(order: NewServer | NewSupervisor, channel: socket.socket) -> None:
    """Be another fork server, or a supervisor."""
    if order["do"] == "new server":
        for module in order["modules"]:
            importlib.import_module(module)
        gc.freeze()
        _fork_as_asked(channel)
    else:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        Supervisor(channel).serve()


class Supervisor:
    """Starts and ends the process of one notebook; there may be another one after it."""

    def __init__(self, channel: socket.socket):
        self.channel = channel
        self.notebook = 0  # the process id
        self.uid = choose_uid()  # of this notebook alone
        self.missing = become_subreaper()

    def serve(self) -> None:
        """Start and end until the trusted process hangs up."""
        while True:
            try:
                message, files = receive(self.channel, descriptors=1)
            except EOFError:
                break
            send(self.channel, self.obey(message, files), SMALL_MESSAGE)
        self.stop()

    def obey(self, message: dict[str, Any], files: list[int]) -> Started | Cleaned | Stopped:
        """Do what a message says; return the answer."""
        if message["do"] == "start notebook":
            return self.start(message["folder"], Limits(**message["limits"]), files[0])
        if message["do"] == "clean up":
            return {"clean": self.clean_up(message["closely"])}
        return {"status": self.stop()}

    def start(self, folder: str, limits: Limits, descriptor: int) -> Started:
        """Fork the notebook's process, which works in ``folder``."""
        if self.uid is not None:
            for place in (Path(folder), *Path(folder).rglob("*")):
                os.chown(place, self.uid, self.uid, follow_symlinks=False)
        self.notebook = os.fork()
        if self.notebook == 0:
            with contextlib.suppress(BaseException):
                self.run_notebook(folder, limits, descriptor)
            os._exit(0)
        os.close(descriptor)
        return {"process": self.notebook, "missing": self.missing}

    def run_notebook(self, folder: str, limits: Limits, descriptor: int) -> None:
        """Be the notebook's process."""
        channel = socket.socket(fileno=close_all_but(descriptor))
        os.setsid()
        os.chdir(folder)
        try:
            missing = confine(Path(folder), self.uid, limits)
        except Exception as error:
            refused = Refused(refused=f"{type(error).__name__}: {error}")
            send(channel, refused, SMALL_MESSAGE)
            return
        send(channel, Ready(missing=missing), SMALL_MESSAGE)
        NotebookProcess(channel, limits).serve()

    def clean_up(self, look_closely: bool) -> bool:
        """Kill all but the notebook's process; return whether that was enough within some time.

        Args:
            look_closely: also for what that process itself still waits for, or a cell has left;
                else only for orphans, which is quick.
        """
        if not look_closely and find_children(os.getpid()) == {self.notebook}:
            return True
        deadline = time.monotonic() + SECONDS_TO_CLEAN_UP
        while self.kill_others():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        return True

    def kill_others(self) -> bool:
        """Kill every descendant but the notebook's process; return whether one was alive."""
        found = False
        self.signal_all(signal.SIGSTOP)  # who is stopped starts nothing while others are killed
        try:
            for process, is_alive in find_descendants(os.getpid()).items():
                if process != self.notebook:
                    found = found or is_alive
                    # It may end by itself meanwhile, and only orphans are this one's to wait for.
                    with contextlib.suppress(ProcessLookupError, ChildProcessError):
                        os.kill(process, signal.SIGKILL)
                        os.waitpid(process, os.WNOHANG)
        finally:
            os.kill(self.notebook, signal.SIGCONT)
        return found

    def stop(self) -> int:
        """Kill the notebook's process and all that came of it; return its wait status.

        Raises:
            TimeoutError: something does not die.
        """
        status, deadline = 0, time.monotonic() + SECONDS_TO_KILL
        while time.monotonic() < deadline:
            self.signal_all(signal.SIGKILL)
            for _ in range(PATIENCE_WITH_THE_DEAD):
                try:
                    while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                        status = ended[1] if ended[0] == self.notebook else status
                except ChildProcessError:  # no child left, so no descendant either
                    return status
                time.sleep(0.001)
        raise TimeoutError("a process of the submission does not die")

    def signal_all(self, number: int) -> None:
        """Signal the notebook's process and all that came of it, in one step of the kernel."""
        if self.uid is None:
            # It has not made its group yet if it is killed at once. Nobody leaves the group.
            for signal_it, target in ((os.kill, self.notebook), (os.killpg, self.notebook)):
                with contextlib.suppress(ProcessLookupError):
                    signal_it(target, number)
        elif (child := os.fork()) == 0:
            with contextlib.suppress(BaseException):
                os.setuid(self.uid)
                os.kill(-1, number)  # everybody whom this user may signal, but for oneself
            os._exit(0)
        else:
            os.waitpid(child, 0)


def close_all_but(descriptor: int) -> int:
    """Close every file but one, which gets number 3; the standard ones lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    if descriptor != 3:
        os.dup2(descriptor, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return 3


def become_subreaper() -> list[str]:
    """Make orphans among the descendants children of this process; return what is missing."""
    try:
        if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0:
            return []
    except AttributeError:
        pass
    return ["not Linux: a process that a notebook leaves behind can outlive grading"]
