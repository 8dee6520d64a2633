"""The fork server and its keepers: they start student code, and never run any themselves.

The fork server imports Python, NumPy and IPython once; whatever it starts is there at once. A
keeper is a fork of it that looks after the sessions of one notebook. Sessions cannot get away
from it: whatever they start, and whatever these start, ends up as the keeper's child when its
parent dies, and `Keeper.end` kills until none is left.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import socket
import time
from pathlib import Path

import psutil

from ..limits import Limits
from ..protocol import receive, send
from .confine import choose_uid, close_to_same_user, confine, make_interpreter_reachable
from .notebook import Session, make_shell

# The trusted process asks for little.
LIMIT = 2**16
# From <linux/prctl.h>: orphans among the descendants become children of this process.
PR_SET_CHILD_SUBREAPER = 36
# Killing takes milliseconds; a process that outlives this hangs in the kernel.
SECONDS_TO_KILL = 20
# A session that cannot be cleaned in this time is ended altogether.
SECONDS_TO_END_CASE = 2


def main(descriptor: str, *preload: str) -> None:
    """Fork a keeper for each socket that arrives, until the trusted process hangs up.

    Args:
        descriptor: of the socket.
        preload: modules to import, so that notebooks need not.
    """
    for module in preload:
        importlib.import_module(module)
    channel = socket.socket(fileno=int(descriptor))
    uid = choose_uid()
    if uid is not None:
        make_interpreter_reachable(uid)
    close_to_same_user()
    make_shell()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers that have ended leave no trace
    while True:
        try:
            _, (keeper_channel,) = receive(channel, descriptors=1)
        except EOFError:
            return
        if os.fork() == 0:
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            Keeper(socket.socket(fileno=keeper_channel)).serve()
            os._exit(0)
        os.close(keeper_channel)


class Keeper:
    """Starts and ends the sessions of one notebook, one at a time."""

    def __init__(self, channel: socket.socket):
        self.channel = channel
        self.session = 0  # its process id
        self.uid = choose_uid()  # of this keeper's sessions alone
        self.missing = become_subreaper()

    def serve(self) -> None:
        """Start and end until the trusted process hangs up."""
        while True:
            try:
                message, files = receive(self.channel, descriptors=1)
            except EOFError:
                break
            if "start" in message:
                answer = self.start(message["start"], Limits(**message["limits"]), files[0])
            elif "end" in message:
                answer = {"status": self.end()}
            else:
                answer = {"ended": self.end_case(message["end case"])}
            send(self.channel, answer, LIMIT)
        self.end()

    def start(self, folder: str, limits: Limits, descriptor: int) -> dict:
        """Fork a session that works in ``folder``."""
        if self.uid is not None:
            for place in (Path(folder), *Path(folder).rglob("*")):
                os.chown(place, self.uid, self.uid, follow_symlinks=False)
        self.session = os.fork()
        if self.session == 0:
            with contextlib.suppress(BaseException):
                self.run_session(folder, limits, descriptor)
            os._exit(0)
        os.close(descriptor)
        return {"process": self.session, "missing": self.missing}

    def run_session(self, folder: str, limits: Limits, descriptor: int) -> None:
        """Be the session."""
        channel = socket.socket(fileno=close_all_but(descriptor))
        os.setsid()
        os.chdir(folder)
        try:
            missing = confine(Path(folder), self.uid, limits)
        except Exception as error:
            send(channel, {"refused": f"{type(error).__name__}: {error}"}, LIMIT)
            return
        send(channel, {"missing": missing}, LIMIT)
        Session(channel, limits).serve()

    def end_case(self, look_closely: bool) -> bool:
        """Kill all but the session itself; return whether that was enough within some time.

        Args:
            look_closely: also for what the session itself still waits for, or a cell has left;
                else only for orphans, which is quick.
        """
        if not look_closely and list_children() == [self.session]:
            return True
        deadline = time.monotonic() + SECONDS_TO_END_CASE
        while self.kill_others():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        return True

    def kill_others(self) -> bool:
        """Kill every descendant but the session; return whether one was alive."""
        found = False
        for process in psutil.Process().children(recursive=True):
            # It may end by itself meanwhile, and only orphans are this process's to wait for.
            with contextlib.suppress(psutil.NoSuchProcess, ChildProcessError):
                if process.pid != self.session:
                    if process.status() != psutil.STATUS_ZOMBIE:
                        process.kill()
                        found = True
                    os.waitpid(process.pid, os.WNOHANG)
        return found

    def end(self) -> int:
        """Kill the session and all that came of it; return the session's wait status.

        Raises:
            TimeoutError: something does not die.
        """
        status, deadline = 0, time.monotonic() + SECONDS_TO_KILL
        while True:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            try:
                while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                    status = ended[1] if ended[0] == self.session else status
            except ChildProcessError:  # no child left, so no descendant either
                return status
            if time.monotonic() > deadline:
                raise TimeoutError("a process of the submission does not die")
            time.sleep(0.001)


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


def list_children() -> list[int]:
    """Return the ids of this process's children."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:  # no Linux, or one without this file
        return [process.pid for process in psutil.Process().children()]
    return [int(child) for child in listed.split()]

