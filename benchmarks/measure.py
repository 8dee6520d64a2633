"""Wall time, CPU time and memory of what is run, all its processes included."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

Action = Callable[[], object]
# Where control groups of version 1 and 2 are, and the CPU seconds that a group has used.
GROUPS: tuple[tuple[Path, Callable[[Path], float]], ...] = (
    (Path("/sys/fs/cgroup/cpuacct"), lambda group: _number(group / "cpuacct.usage") / 1e9),
    (Path("/sys/fs/cgroup"), lambda group: _number(group / "cpu.stat") / 1e6),
)
MEMORY = Path("/sys/fs/cgroup/memory")


def _number(path: Path) -> int:
    """Return the first number in a file."""
    return next(int(word) for word in path.read_text().split() if word.isdecimal())


class Used(NamedTuple):
    """Seconds that something took."""

    wall: float
    cpu: float


@contextlib.contextmanager
def counted() -> Iterator[Callable[[], float]]:
    """Put this process into a control group; yield what reads the CPU seconds used in it.

    A sandbox does not wait for its forks, so only a control group knows what they used. Where none
    can be made, the result lacks that.
    """
    for folder, read in GROUPS:
        if _can_join(folder):
            with _joined(folder) as group:
                yield partial(read, group)
            return
    print("no control group: CPU times lack what sandboxes do not wait for")
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    yield lambda: sum(sum(resource.getrusage(w)[:2]) for w in who)


def _can_join(folder: Path) -> bool:
    return (folder / "cgroup.procs").exists() and os.access(folder, os.W_OK)


@contextlib.contextmanager
def _joined(folder: Path) -> Iterator[Path]:
    """Put this process, and what it starts, into a new control group."""
    group = Path(tempfile.mkdtemp(prefix="homework-", dir=folder))
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield group
    finally:
        (folder / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def measured(action: Action, cpu: Callable[[], float]) -> Used:
    """Run an action, and return what it took."""
    before, start = cpu(), time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        action()
    return Used(time.perf_counter() - start, cpu() - before)


def in_turns(rounds: int, cpu: Callable[[], float], *actions: Action) -> list[list[Used]]:
    """Run actions in turns; return what each took, round by round."""
    turns = [[measured(action, cpu) for action in actions] for _ in range(rounds)]
    return [list(column) for column in zip(*turns, strict=True)]


def ratio(ours: list[Used], theirs: list[Used], of: str) -> float:
    """Return the median of the ratios of pairs."""
    return median(getattr(a, of) / getattr(b, of) for a, b in zip(ours, theirs, strict=True))


def peak_memory(action: Action) -> float:
    """Return the most megabytes that an action and the processes that it starts have at a time.

    As a control group of its own for memory (version 1) counts: files that were written are in it,
    programs that lay in memory before are not. Where there is no such group, what processes have by
    the kernel's proportional count, looked at again and again.
    """
    if _can_join(MEMORY):
        with _joined(MEMORY) as group:
            action()
            return _number(group / "memory.max_usage_in_bytes") / 2**20
    running, peak = threading.Thread(target=action), 0
    running.start()
    while running.is_alive():
        total = 0
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
        peak = max(peak, total)
        time.sleep(0.02)
    return peak / 2**20
