"""Grader processes: each is the program ``many`` of an unpacked ``homework.zip``.

Both executors use this module. On a Dask cluster its code travels to workers that have no copy of
this project, so it imports nothing but Python's own modules.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# A process is replaced after so many submissions: what little each leaves behind in its memory,
# and in that of its fork server, does not add up over a large class.
MOST_SUBMISSIONS = 200
# More than it takes to import NumPy and load the tests, on a machine that is very busy.
SECONDS_TO_START = 120
# To end sessions and remove their folders.
SECONDS_TO_STOP = 5
# For a grader that failed to write why.
SECONDS_FOR_LAST_WORDS = 5
# Of the environment: the sandbox is a fork of the grader, and could find more in its memory.
NEEDED = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
# Threads would take the other processes' CPUs.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class GraderProcess:
    """A process that grades one submission at a time.

    Attributes:
        ready: what it said when it was ready, None before.
        is_sound: whether it can grade another submission.
    """

    def __init__(self, homework: Path, log: Path, turn: int):
        """Start it.

        Args:
            homework: the unpacked ``homework.zip``.
            log: what it has to say to staff is appended to this file.
            turn: a number that says which CPU is its own.
        """
        self.turn = turn
        self.ready: dict[str, Any] | None = None
        self.is_sound = True
        self.graded = 0
        # Student code passes through to its own folder, and cannot list the others.
        self.folder = Path(tempfile.mkdtemp(prefix="grade-"))
        self.folder.chmod(0o711)
        script = homework / "grader" / "start.py"
        arguments = ["many", str(homework), str(os.getpid())]
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(script), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_needed_environment() | {"TMPDIR": str(self.folder)},
                start_new_session=True,  # Ctrl-C is the parent's, which then stops its graders
            )
        self._pin(turn)

    def _pin(self, turn: int) -> None:
        """Keep it, and the sandbox it will start, on one CPU.

        Its processes take turns, and to wake one up on another CPU costs an eighth of all time.
        """
        if hasattr(os, "sched_setaffinity"):
            cpus = sorted(os.sched_getaffinity(0))
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(self.process.pid, {cpus[turn % len(cpus)]})

    def grade(self, message: bytes, seconds: float) -> dict[str, Any]:
        """Grade one submission.

        Args:
            message: as ``grader.files.pack`` makes it.
            seconds: how long it may take before the process counts as hung.

        Returns:
            An answer of ``grader.many``, or one of these: ``{"died": True}`` if the process did
            not survive it; ``{"trouble": why}`` if it had not been able to start.
        """
        if self.ready is None:
            said = self._ask(b"", SECONDS_TO_START)
            self.is_sound = said is not None and "ready" in said
            if said is None or "ready" not in said:
                return said or {"trouble": "the grader does not start"}
            self.ready = said["ready"]
        self.graded += 1
        answer = self._ask(message, seconds)
        if answer is None or "failed" in answer:
            self.is_sound = False
            # It has something to say to staff, and then ends by itself.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(SECONDS_FOR_LAST_WORDS)
        return answer or {"died": True}

    def _ask(self, line: bytes, seconds: float) -> dict[str, Any] | None:
        """Write a line and return the next answer; None if the process has ended instead."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        watch = threading.Timer(seconds, self.stop)
        watch.start()
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
            return answer
        except (OSError, ValueError):  # a line that is cut off, or none, is no JSON
            return None
        finally:
            watch.cancel()

    def stop(self) -> None:
        """End it, whatever it does; any thread may."""
        self.process.terminate()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """End it for good, and remove what it left."""
        self.stop()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not sent is lost
                    pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Graders:
    """Grader processes of one homework, as many as threads ask at the same time."""

    def __init__(self, homework: Path, log: Path, seconds: float):
        """Start none yet.

        Args:
            homework: the unpacked ``homework.zip``.
            log: what they have to say to staff is appended to this file.
            seconds: how long a submission may take before its process counts as hung.
        """
        self.homework, self.log, self.seconds = homework, log, seconds
        self.change = threading.Condition()
        # To Linux, a process's parent is the thread that started it, and all end with that thread.
        self.starter = ThreadPoolExecutor(1)
        self.idle: list[GraderProcess] = []
        self.busy: set[GraderProcess] = set()
        self.closed = False
        self.used = time.monotonic()

    def grade(self, message: bytes) -> dict[str, Any]:
        """Grade one submission in this thread.

        Returns:
            ``answer``, as `GraderProcess.grade` returns it, and ``ready``, what that process said
            when it was ready, or None.
        """
        grader = self._take()
        if grader is None:
            return {"ready": None, "answer": {"died": True}}
        try:
            answer = grader.grade(message, self.seconds)
            return {"ready": grader.ready, "answer": answer}
        finally:
            self._put_back(grader)

    def _take(self) -> GraderProcess | None:
        """Return a process that nobody uses, a new one if there is none; None after the end."""
        with self.change:
            if self.closed:
                return None
            self.used = time.monotonic()
            grader = self.idle.pop() if self.idle else self.starter.submit(self._start).result()
            self.busy.add(grader)
            return grader

    def _start(self) -> GraderProcess:
        # Two on one CPU would be slow for each other as long as another CPU is free.
        taken = {grader.turn for grader in (*self.idle, *self.busy)}
        # Runs begin with different CPUs, as they do not know of each other.
        turn = next(turn for turn in itertools.count(os.getpid()) if turn not in taken)
        return GraderProcess(self.homework, self.log, turn)

    def _put_back(self, grader: GraderProcess) -> None:
        """Keep a process for the next submission, or end it."""
        with self.change:
            self.used = time.monotonic()
            if grader.is_sound and grader.graded < MOST_SUBMISSIONS and not self.closed:
                self.busy.remove(grader)
                self.idle.append(grader)
                return
        grader.close()
        with self.change:
            self.busy.remove(grader)
            self.change.notify_all()

    def end_idle(self, seconds: float) -> None:
        """End all processes if nobody has needed one for so long."""
        with self.change:
            if self.busy or time.monotonic() - self.used <= seconds:
                return
            graders, self.idle = self.idle, []
        for grader in graders:
            grader.close()

    def close(self) -> None:
        """End all processes, at the same time; what they had under way died."""
        with self.change:
            self.closed = True
            busy = list(self.busy)
        for grader in (*self.idle, *busy):
            grader.process.terminate()
        for grader in self.idle:
            grader.close()
        for grader in busy:
            grader.stop()
        with self.change:  # the threads that used them remove what they left
            self.change.wait_for(lambda: not self.busy, SECONDS_TO_STOP)
        self.starter.shutdown(wait=False)


def _needed_environment() -> dict[str, str]:
    needed = {name: os.environ[name] for name in NEEDED if name in os.environ}
    return needed | dict.fromkeys(ONE_THREAD, "1")
