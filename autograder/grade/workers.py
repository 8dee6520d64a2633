"""Grade in processes of this machine.

`grade_all` is one way to get packages graded: anything that takes packages and yields an outcome
for each, in any order, can stand in its place. What a worker needs besides a package is the
unpacked homework, and this project beside it; `Worker` starts one anywhere.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..protocol import ProtocolError, receive, send
from . import UsageError
from .worker import LIMIT

SCRIPT = Path(__file__).with_name("worker.py")
# A worker is replaced after so many submissions: what little each leaves behind in its memory,
# and in that of its fork server, does not add up over a large class.
MOST_SUBMISSIONS = 200
# More than a worker takes to import NumPy and load the tests, on a machine that is very busy.
SECONDS_TO_START = 120
# Beyond what the homework allows a submission in total: for starting and ending its processes.
SECONDS_BESIDES = 120
# To end sessions and remove their folders.
SECONDS_TO_STOP = 5
TRIES = 2
# Which CPU is next. Runs begin with different ones, as they do not know of each other.
TURNS = itertools.count(os.getpid())
KILLED = "the grader's worker was killed while grading this"
# Threads would take the other workers' CPUs.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class CannotGrade(Exception):
    """No submission can be graded; the text says why, in one line."""


@dataclass
class Package:
    """A submission as it travels to a worker."""

    name: str
    files: list[dict]  # `Contents.message`
    key: str
    notes: list[str] = field(default_factory=list)
    tries: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a package.

    ``answer`` is what `worker.Grader.grade` returns; where the grader failed, it has a sentence
    under ``failed``, and `worker.Grader.blank` under ``record``.
    """

    package: Package
    answer: dict


class Worker:
    """A process that grades one submission at a time."""

    def __init__(self, homework: Path, log: Path):
        """Start it; its first message comes when it is ready.

        Args:
            homework: the unpacked ``homework.zip``.
            log: what it has to say to staff is appended to this file.
        """
        # Student code passes through to its own folder, and cannot list the others.
        self.folder = Path(tempfile.mkdtemp(prefix="grade-"))
        self.folder.chmod(0o711)
        self.channel, theirs = socket.socketpair()
        with theirs, log.open("ab") as errors:
            numbers = [str(theirs.fileno()), str(homework), str(os.getpid())]
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(SCRIPT), *numbers],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "TMPDIR": str(self.folder)},
                start_new_session=True,  # Ctrl-C is the parent's, which then stops its workers
            )
        self.pin()
        self.ready = False
        self.graded = 0
        self.package: Package | None = None
        self.deadline = time.monotonic() + SECONDS_TO_START

    def pin(self) -> None:
        """Keep it, and the sandbox it will start, on one CPU.

        Its processes take turns, and to wake one up on another CPU costs an eighth of all time.
        """
        if hasattr(os, "sched_setaffinity"):
            cpus = sorted(os.sched_getaffinity(0))
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(self.process.pid, {cpus[next(TURNS) % len(cpus)]})

    def give(self, package: Package, seconds: float) -> None:
        """Let it grade a submission within so many seconds."""
        self.package, self.deadline = package, time.monotonic() + seconds
        # Where nobody takes it, `take` notices.
        with contextlib.suppress(EOFError, TimeoutError):
            send(self.channel, {"files": package.files}, LIMIT, self.deadline)

    def take(self) -> dict | None:
        """Return its next message; None if it died instead."""
        try:
            return receive(self.channel, LIMIT, self.deadline)
        except (EOFError, TimeoutError, ProtocolError):
            return None

    def stop(self) -> None:
        """Begin to end it, whatever it does."""
        self.channel.close()
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """End it for good, and remove what it left."""
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Pool:
    """Workers, packages that wait for one, and what to do when a worker dies."""

    def __init__(self, packages: Iterable[Package], start: Callable[[], Worker], seconds: float):
        self.packages = iter(packages)
        self.start, self.seconds = start, seconds
        self.again: deque[Package] = deque()
        self.selector = selectors.DefaultSelector()
        self.workers: set[Worker] = set()
        self.blank: dict = {}
        self.stillborn = 0  # workers that died before they were ready, in a row

    def run(self, jobs: int) -> Iterator[Outcome]:
        """Yield outcomes as they come."""
        try:
            for _ in range(jobs):
                self.add()
            while self.workers:
                ready = [key.data for key, _ in self.selector.select(self.patience())]
                late = [w for w in self.workers if w.deadline < time.monotonic()]
                for worker in ready or late:
                    yield from self.hear(worker)
        finally:
            self.close()

    def add(self) -> None:
        """Start another worker."""
        worker = self.start()
        self.workers.add(worker)
        self.selector.register(worker.channel, selectors.EVENT_READ, worker)

    def patience(self) -> float:
        """Return how many seconds to wait for a message."""
        return max(0, min(worker.deadline for worker in self.workers) - time.monotonic())

    def hear(self, worker: Worker) -> Iterator[Outcome]:
        """Take a worker's message, or notice its end, and give it something to do."""
        message = worker.take()
        package, worker.package = worker.package, None
        if message is None:
            self.remove(worker)
            yield from self.mourn(package)
        elif not worker.ready:
            if "broken" in message:
                raise UsageError(f"the homework cannot be loaded: {message['broken']}")
            worker.ready, self.blank, self.stillborn = True, message, 0
            self.feed(worker)
        elif "failed" in message:
            self.remove(worker)
            self.add()
            yield Outcome(package, {"record": self.blank, "failed": message["failed"]})
        else:
            worker.graded += 1
            if worker.graded < MOST_SUBMISSIONS:
                self.feed(worker)
            else:
                self.remove(worker)
                self.add()
            yield Outcome(package, message)

    def mourn(self, package: Package | None) -> Iterator[Outcome]:
        """Replace a worker that died over ``package``, or before it had one."""
        if package is None:
            self.stillborn += 1
            if self.stillborn > TRIES:
                raise CannotGrade("the grader does not start")
        elif package.tries < TRIES:
            self.again.append(package)
        else:
            yield Outcome(package, {"record": self.blank, "failed": KILLED})
        self.add()

    def feed(self, worker: Worker) -> None:
        """Give a worker the next package; one that nobody needs any more ends."""
        package = self.again.popleft() if self.again else next(self.packages, None)
        if package is None:
            self.remove(worker)
        else:
            package.tries += 1
            worker.give(package, self.seconds)

    def remove(self, worker: Worker) -> None:
        """End a worker."""
        self.workers.discard(worker)
        self.selector.unregister(worker.channel)
        worker.stop()
        worker.wait()

    def close(self) -> None:
        """End all workers, at the same time."""
        for worker in self.workers:
            worker.stop()
        for worker in self.workers:
            worker.wait()
        self.selector.close()


def grade_all(
    packages: Iterable[Package], homework: Path, log: Path, jobs: int, seconds: float
) -> Iterator[Outcome]:
    """Grade packages in local processes; yield an outcome for each, in any order.

    Args:
        packages: read one at a time, when a worker is free.
        homework: the unpacked ``homework.zip``.
        log: where workers write what is for staff.
        jobs: how many workers.
        seconds: how long a submission may take before its worker counts as hung.

    Raises:
        UsageError: the homework is broken.
        CannotGrade: workers do not start.
    """
    pool = Pool(packages, lambda: Worker(homework, log), seconds + SECONDS_BESIDES)
    return pool.run(jobs)
