"""Runs a program where it can do no harm, and tells what it did: ``python jail.py``.

As root, start it as process 1 of new namespaces (`running.in_jail` does): it then gives the program
folders of its own in place of those that anybody may write to, makes all others read-only, and
sees every process that is left behind. Without namespaces it still sees whatever descends from it.

Reads an order as JSON: ``command``, ``environment``, ``folder`` (where the program runs), ``user`` (a
number, or null to stay), ``seconds``, ``limits``, ``isolated`` and ``first_process`` (its number). Prints a report as JSON:
``hung``, ``cpu_seconds`` (of the grader), ``left`` (processes), ``new`` (files), ``changed``
(canaries) and ``peak_mb`` (of memory, of the process that took most).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import psutil

# Anybody may write here; for the program, each is an empty file system of its own.
OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
INSIDE = Path("/tmp/autograder")  # where the program finds its folder
CANARY = "nobody may change this"
# How long a process may take to notice that its parent has ended: milliseconds, unless the machine
# is very busy. Only what stays is waited for so long.
SECONDS_TO_END = 30
# What root may do in a container, and mount; the numbers are those of <linux/capability.h>.
CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 21}
READ_ONLY, REMOUNT, BIND, PRIVATE = 1, 1 << 5, 1 << 12, 1 << 18 | 1 << 14
LIBC = ctypes.CDLL(None, use_errno=True)


def main(order: dict) -> None:
    """Prepare, run, look around, kill, and print the report."""
    LIBC.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    if not order["isolated"]:  # else the kernel does the same for all of the namespace
        end_with_parent()
    folder = isolate(order) if order["isolated"] else Path(order["folder"])
    places = OPEN_FOLDERS if order["isolated"] else [order["environment"]["TMPDIR"]]
    before = look_around(places)
    report = run(order, folder)
    report["left"] = wait_for_leftovers()
    # Without supervisors, for which nobody waits, and all that they start.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report["cpu_seconds"] = used.ru_utime + used.ru_stime
    report["peak_mb"] = used.ru_maxrss >> 10
    after = look_around(places)
    kill_all()
    report["new"] = sorted(after.keys() - before.keys())
    report["changed"] = sorted(name for name in before if after.get(name) != before[name])
    print(json.dumps(report))


def end_with_parent() -> None:
    """Have everything ended when whoever tries the attack is killed."""

    def end(*signal_and_frame: object) -> NoReturn:
        kill_all()
        os._exit(1)

    signal.signal(signal.SIGTERM, end)
    LIBC.prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG


def isolate(order: dict) -> Path:
    """Change what this process sees; return where the folder is now."""
    Path("/proc/sys/kernel/ns_last_pid").write_text(str(order["first_process"]))
    mount(None, "/", None, PRIVATE)
    folder = os.open(order["folder"], os.O_PATH)
    python = {place: os.open(place, os.O_PATH) for place in interpreter_in_open_folders()}
    for place in OPEN_FOLDERS:
        mount("tmpfs", place, "tmpfs", 0, "mode=1777,size=96m")
        canary = Path(place, "canary")
        canary.write_text(CANARY)
        canary.chmod(0o666)
    for place, descriptor in python.items():
        os.makedirs(place)
        mount(f"/proc/self/fd/{descriptor}", place, None, BIND)
    INSIDE.mkdir()
    mount(f"/proc/self/fd/{folder}", str(INSIDE), None, BIND)
    if order["user"] is not None:
        # Python may lie beneath /root. The grader has what it takes to reach it.
        sys.path.insert(0, str(INSIDE / "source"))
        from grader.sandbox.confine import make_interpreter_reachable

        make_interpreter_reachable(order["user"])
        for place in (INSIDE, *INSIDE.rglob("*")):
            os.chown(place, order["user"], order["user"], follow_symlinks=False)
    for line in Path("/proc/self/mounts").read_text().splitlines():
        place, kind = line.split()[1:3]
        if kind not in ("tmpfs", "proc", "devtmpfs", "devpts") and place != str(INSIDE):
            with contextlib.suppress(OSError):
                mount(None, place, None, BIND | REMOUNT | READ_ONLY)
    with socket.socket() as any_socket:  # the network is new as well: only loopback, not up yet
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 0x41))  # SIOCSIFFLAGS
    os.chdir(INSIDE)
    return INSIDE


def interpreter_in_open_folders() -> list[str]:
    """Return where Python lies if others may write there: in a checkout below /tmp, say."""
    places = {sys.prefix, sys.base_prefix}
    within = tuple(f"{folder}/" for folder in OPEN_FOLDERS)
    return sorted(place for place in places if place.startswith(within))


def run(order: dict, folder: Path) -> dict:
    """Run the program; return whether it had to be killed."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            become(order, folder)
        finally:
            os._exit(127)
    while time.monotonic() < start + order["seconds"]:
        with contextlib.suppress(ChildProcessError):
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if ended == child:
                return {"hung": False}
            if ended:
                continue
        time.sleep(0.01)
    kill_all()
    return {"hung": True}


def become(order: dict, folder: Path) -> None:
    """Become the program."""
    os.setsid()
    with open(folder / "log", "wb") as log:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, file in enumerate((nothing, log.fileno(), log.fileno())):
            os.dup2(file, number)
    for name, value in order["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    if order["isolated"]:
        for capability in set(range(41)) - CAPABILITIES:
            LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
    if order["user"] is not None:
        os.setgroups([])
        os.setgid(order["user"])
        os.setuid(order["user"])
    os.execvpe(order["command"][0], order["command"], order["environment"])


def look_around(places: Iterable[str]) -> dict[str, str]:
    """Return the entries of folders, with the content of canaries."""
    paths = [path for place in places for path in Path(place).iterdir()]
    return {str(path): path.read_text() if path.name == "canary" else "" for path in paths}


def wait_for_leftovers() -> list[str]:
    """Return the processes that do not end by themselves."""
    deadline = time.monotonic() + SECONDS_TO_END
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        left = psutil.Process().children(recursive=True)
        if not left or time.monotonic() > deadline:
            return [describe(process) for process in left]
        time.sleep(0.01)


def describe(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} of user {process.uids().real}: {' '.join(process.cmdline())[-80:]}"
    return str(process.pid)


def kill_all() -> None:
    """Kill every process that descends from this one."""
    if os.getpid() == 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    while left := psutil.Process().children(recursive=True):
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    texts = [text.encode() if text is not None else None for text in (source, target, kind)]
    if LIBC.mount(*texts, ctypes.c_ulong(flags), data.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mounting {target} fails")


if __name__ == "__main__":
    main(json.load(sys.stdin))
