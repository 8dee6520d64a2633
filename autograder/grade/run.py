"""What is graded: submissions are read and identified, and sent to graders, wherever these are.

A submission is tried once more, alone, if its grader died or failed, or if the machine was short of
something. Other versions are refused, and a grader that fails on one submission after the other
ends the run. What was graded before is known to `results`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from ..grader.files import Files, pack, read_files
from ..grader.limits import MEGABYTE
from . import CannotGrade, UsageError
from .executors import Executor, Result, Task
from .homework_zip import HomeworkZip
from .results import Outcome
from .submissions import Submission
from .versions import check_versions

# Of what a record says; a new number has everything graded again.
FORMAT = 3
TRIES = 2
# Mean size of the messages under way, at most. A solution with all its figures has 4 MB; without
# this, a class of the largest uploads would take eight times the memory.
LARGEST_MEAN = 8 * MEGABYTE
KILLED = "the grader's worker was killed while grading this"
# So many wait for another try at most, before others go on.
MOST_SUSPECTS = 5
# When the grader itself fails in the same way on so many submissions in a row, each tried alone, it
# is not they. The first number counts as long as nothing has been graded at all.
FAILURES_AT_FIRST, FAILURES_LATER = 5, 20


class Sent(NamedTuple):
    """A submission that is under way; None is an empty one, with which a run begins."""

    submission: Submission | None
    tries: int
    size: int  # of its message, in bytes


# -- what a submission holds ------------------------------------------------------------------


def identified(submissions: Iterable[Submission], homework: HomeworkZip) -> Iterator[Submission]:
    """Yield submissions with what they are known by, read one after the other."""
    for submission in submissions:
        yield identify(submission, read(submission, homework.limits.upload_mb), homework.hash)


def read(submission: Submission, limit_mb: float) -> Files:
    """Read a submission."""
    return read_files(submission.sources, limit_mb)


def identify(submission: Submission, files: Files, homework: str) -> Submission:
    """Return a submission with what is the same for the same contents.

    The grader knows notebooks by what is in them, so their own names do not count as work.

    Args:
        submission: as it was found.
        files: what it holds.
        homework: the hash of the ``homework.zip``.
    """
    hashes = [_hash(file.data) for file in files.files]
    named = [(file.path, file.name, h) for file, h in zip(files.files, hashes, strict=True)]
    key = _hash(repr((FORMAT, homework, named, files.refused)).encode())
    work = sorted((_name_that_counts(name), h) for _, name, h in named)
    digest = _hash(repr(work).encode()) if work and not files.refused else ""
    return replace(submission, key=key, digest=digest)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _name_that_counts(name: str) -> str:
    is_top_notebook = "/" not in name and name.lower().endswith(".ipynb")
    return ".ipynb" if is_top_notebook else name


# -- grading ----------------------------------------------------------------------------------


class Dispatcher:
    """Gets submissions graded."""

    def __init__(self, executor: Executor, homework: HomeworkZip, submissions: list[Submission]):
        self.executor, self.homework = executor, homework
        self.waiting = deque(submissions)
        # Their grader died or failed, or something was used up that others may have used up.
        self.suspects: deque[Submission] = deque()
        self.numbers = itertools.count()
        self.under_way: dict[int, Sent] = {}
        self.blank: dict[str, Any] = {}  # what a submission without notebooks gets
        self.troubles = 0  # in a row, of graders that do not start
        self.failures, self.last_failure, self.any_graded = 0, "", False

    def outcomes(self) -> Iterator[Outcome]:
        """Yield an outcome for each submission, in any order.

        Raises:
            UsageError: the homework is broken, or other versions are at work elsewhere.
            CannotGrade: the grader does not start, or fails whatever the submission.
        """
        # An empty submission first: nothing is sent to graders that cannot load the homework.
        self._send(None)
        for result in self.executor.results():
            yield from self._take(result)
            if self.blank:
                self._send_more()

    def _send_more(self) -> None:
        """Send submissions as long as there is room."""
        while self.waiting and len(self.suspects) < MOST_SUSPECTS and self._has_room():
            self._send(self.waiting.popleft())
        # A Dask worker that dies takes with it all that it has, and what a submission uses up, such
        # as the disk, is used up for others. So a suspect is tried alone: what happens again is its
        # own doing.
        if self.suspects and not self.under_way:
            self._send(self.suspects.popleft(), tries=TRIES)

    def _has_room(self) -> bool:
        size = sum(sent.size for sent in self.under_way.values())
        room = self.executor.room
        return len(self.under_way) < room and size < room * LARGEST_MEAN

    def _send(self, submission: Submission | None, tries: int = 1) -> None:
        """Read a submission and send it, as it is now."""
        limit = self.homework.limits.upload_mb
        files = Files(()) if submission is None else read(submission, limit)
        if submission is not None:
            submission = identify(submission, files, self.homework.hash)
        number, message = next(self.numbers), pack(files)
        self.under_way[number] = Sent(submission, tries, len(message))
        self.executor.submit(Task(number, message))

    def _take(self, result: Result) -> Iterator[Outcome]:
        """Yield what came of a submission, or see to it that it is sent again."""
        sent, answer = self.under_way.pop(result.number), result.answer
        if "broken" in answer:
            raise UsageError(f"the homework cannot be loaded: {answer['broken']}")
        if "trouble" in answer:
            self._try_elsewhere(sent, answer["trouble"])
            return
        self.troubles = 0
        if result.ready is not None:
            check_versions(result.place, result.ready["versions"])
            self.blank = result.ready["record"]
        if sent.submission is None:
            self._look_at_first(sent, "died" in answer)
            return
        failure = KILLED if "died" in answer else answer.get("failed", "")
        if (failure or answer.get("short")) and sent.tries < TRIES:
            self.suspects.append(sent.submission)
        else:
            yield self._outcome(sent.submission, answer, failure)
        if not failure or sent.tries == TRIES:  # a first failure may be another one's doing
            self._count_failure(failure)

    def _look_at_first(self, sent: Sent, died: bool) -> None:
        """Try the empty submission again if its grader died.

        Raises:
            CannotGrade: it has died again.
        """
        if not died or self.blank:
            return
        if sent.tries == TRIES:
            raise CannotGrade("graders die when they load the homework")
        self._send(None, tries=TRIES)

    def _try_elsewhere(self, sent: Sent, trouble: str) -> None:
        """Send what met a grader that does not start once more.

        Raises:
            CannotGrade: that has been so for several in a row.
        """
        self.troubles += 1
        if self.troubles > TRIES:
            raise CannotGrade(trouble)
        self._send(sent.submission, sent.tries)

    def _outcome(self, submission: Submission, answer: dict[str, Any], failure: str) -> Outcome:
        if not failure:
            missing = answer["missing_protections"]
            return Outcome(submission, answer["record"], answer["results"], missing)
        faults = [f"not graded, the next run tries again: {failure}"]
        return Outcome(submission, {**self.blank, "faults": faults, "failed": True}, None, [])

    def _count_failure(self, failure: str) -> None:
        """Count failures of the grader in a row.

        Raises:
            CannotGrade: there are too many.
        """
        kind = failure.partition(":")[0]  # the words behind it may name a process
        self.failures = self.failures + 1 if kind == self.last_failure else 1
        self.last_failure = kind
        self.any_graded = self.any_graded or not failure
        most = FAILURES_LATER if self.any_graded else FAILURES_AT_FIRST
        if failure and self.failures >= most:
            raise CannotGrade(f"the grader fails on one submission after the other: {failure}")
