"""Where submissions are graded: what an executor is, and the one of this machine."""

from __future__ import annotations

import io
import queue
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .processes import Graders

# One is graded, one is there when it is done. More would only use memory.
UNDER_WAY_PER_THREAD = 2
# Beyond what the homework allows a submission in total: for starting and ending its processes.
SECONDS_BESIDES = 120


class Task(NamedTuple):
    """A submission on its way to a grader, under a number: executors know no students' names."""

    number: int
    message: bytes  # as `processes.GraderProcess.grade` takes it


class Result(NamedTuple):
    """What came of a task.

    Attributes:
        number: the task's.
        place: where it was graded, for people.
        ready: what the grader said when it was ready: ``versions`` of what it grades with, and
            under ``record`` what a submission without notebooks gets. None if there was none.
        answer: as `processes.GraderProcess.grade` returns it.
    """

    number: int
    place: str
    ready: dict[str, Any] | None
    answer: dict[str, Any]


class Executor(Protocol):
    """Gets tasks graded, many at the same time."""

    @property
    def room(self) -> int:
        """How many tasks may be under way."""

    def submit(self, task: Task) -> None:
        """Have a task graded."""

    def results(self) -> Iterator[Result]:
        """Yield results as they come, until no task is under way; more may be submitted."""

    def close(self) -> None:
        """Cancel what is under way, end all graders, and leave nothing behind."""


class LocalExecutor:
    """Grades in processes of this machine, one for each thread."""

    def __init__(self, homework: bytes, folder: Path, log: Path, jobs: int, seconds: float):
        """Unpack the homework.

        Args:
            homework: the bytes of ``homework.zip``.
            folder: where to unpack it; it is removed in the end.
            log: what graders write for staff is appended to this file.
            jobs: how many submissions to grade at the same time.
            seconds: how long the homework allows a submission.
        """
        self.room = jobs * UNDER_WAY_PER_THREAD
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        folder.mkdir(mode=0o700)  # it holds the hidden tests
        with zipfile.ZipFile(io.BytesIO(homework)) as archive:
            archive.extractall(folder)
        self.graders = Graders(folder, log, seconds + SECONDS_BESIDES)
        self.threads = ThreadPoolExecutor(jobs)
        self.under_way = 0
        self.done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()

    def submit(self, task: Task) -> None:
        """Have a task graded."""
        self.under_way += 1
        self.threads.submit(self._grade, task).add_done_callback(self.done.put)

    def _grade(self, task: Task) -> Result:
        return Result(task.number, "this machine", **self.graders.grade(task.message))

    def results(self) -> Iterator[Result]:
        """Yield results as they come."""
        while self.under_way:
            result = self.done.get().result()
            self.under_way -= 1
            yield result

    def close(self) -> None:
        """End all graders; without them, no thread waits for anything."""
        self.graders.close()
        self.threads.shutdown(cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)
