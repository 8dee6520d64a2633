"""One run: what is graded, what is kept, and what is done when something dies.

A run goes on where an earlier one stopped; nothing is graded twice, and copies of the same work
once. `Plan` sees to that. `Dispatcher` sees to it that each submission is graded, wherever: a
submission whose grader died is tried once more, other versions are refused, and a grader that
fails on one submission after the other ends the run.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..grader.files import UNREADABLE, Files, encodable, pack, read_files
from . import CannotGrade, UsageError
from .executors import Executor, Result, Task
from .homework_zip import HomeworkZip
from .results import Kept, Outcome, Record, keep, still_good
from .submissions import Submission
from .versions import check_versions

# Of what a record says; a new number has everything graded again.
FORMAT = 2
TRIES = 2
KILLED = "the grader's worker was killed while grading this"
# When the grader itself fails in the same way on so many submissions in a row, it is not they. The
# first number counts as long as nothing has been graded at all.
FAILURES_AT_FIRST, FAILURES_LATER = 5, 20


class Sent(NamedTuple):
    """A submission that is under way; None is an empty one, with which a run begins."""

    submission: Submission | None
    key: str
    tries: int


class Plan:
    """A class, and what has to be done about each submission."""

    def __init__(self, out: Path, homework: HomeworkZip, submissions: list[Submission]):
        """Look at everything, and find what is as it was.

        Args:
            out: the output folder.
            homework: the zip.
            submissions: with unique names.
        """
        self.out, self.homework = out, homework
        self.todo: list[Submission] = []
        self.copies: list[Record] = []  # of submissions with the same content as an earlier one
        self.kept = 0
        self.about = {
            "date": datetime.now().astimezone().isoformat(timespec="seconds"),
            "title": homework.title,
            "version": homework.version,
            "zip": homework.hash,
            "names": [submission.name for submission in submissions],
        }
        first: dict[str, str] = {}  # names by digest
        for submission in submissions:
            self._add(submission, first)

    def _add(self, submission: Submission, first: dict[str, str]) -> None:
        """Decide what to do about one submission."""
        files = read(submission, self.homework.limits.upload_mb)
        key, digest = identify(files, self.homework.hash)
        same_as = first.setdefault(digest, submission.name) if digest else submission.name
        wanted = Record.of(submission, key)
        if same_as != submission.name:
            wanted = replace(wanted, same_as=same_as)
        if still_good(self.out, wanted):
            self.kept += 1
        elif wanted.same_as:
            self.copies.append(wanted)
        else:
            self.todo.append(submission)


# -- what a submission holds ------------------------------------------------------------------


class Identity(NamedTuple):
    """What is the same for the same contents.

    Attributes:
        key: of all that the result depends on.
        digest: of the work itself, "" where there is none to speak of. The grader knows notebooks
            by what is in them, so their own names do not count.
    """

    key: str
    digest: str


def read(submission: Submission, limit_mb: float) -> Files:
    """Read a submission; what is gone since it was found is among what could not be read."""
    gone = [
        source
        for source in submission.sources
        if isinstance(source, Path) and not os.path.lexists(source)
    ]
    refused = tuple((encodable(source.name), UNREADABLE) for source in gone)
    try:
        files = read_files([s for s in submission.sources if s not in gone], limit_mb)
    except OSError:  # it has gone just now
        return Files((), ((encodable(submission.name), UNREADABLE),))
    return Files(files.files, (*refused, *files.refused))


def identify(files: Files, homework: str) -> Identity:
    """Return what the result of these files depends on.

    Args:
        files: a submission's.
        homework: the hash of the ``homework.zip``.
    """
    hashes = [_hash(file.data) for file in files.files]
    named = [(file.path, file.name, h) for file, h in zip(files.files, hashes, strict=True)]
    key = _hash(repr((FORMAT, homework, named, files.refused)).encode())
    if not files.files or files.refused:
        return Identity(key, "")
    work = sorted((_name_that_counts(name), h) for _, name, h in named)
    return Identity(key, _hash(repr(work).encode()))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _name_that_counts(name: str) -> str:
    is_top_notebook = "/" not in name and name.lower().endswith(".ipynb")
    return ".ipynb" if is_top_notebook else name


# -- grading ----------------------------------------------------------------------------------


def grade_all(plan: Plan, open_executor: Callable[[int], AbstractContextManager[Executor]]) -> Kept:
    """Grade what has to be, and keep it.

    Args:
        plan: what has to be graded.
        open_executor: returns where so many submissions are graded.
    """
    number = len(plan.todo)
    if not number:
        return keep(plan.out, plan.about, (), plan.copies, 0)
    # Before anything of an earlier run is removed: there may be no such cluster.
    with open_executor(number) as executor:
        outcomes = Dispatcher(executor, plan.homework, plan.todo).outcomes()
        return keep(plan.out, plan.about, outcomes, plan.copies, number)


class Dispatcher:
    """Gets submissions graded."""

    def __init__(self, executor: Executor, homework: HomeworkZip, submissions: list[Submission]):
        self.executor, self.homework = executor, homework
        self.waiting = deque(submissions)
        self.suspects: deque[Submission] = deque()  # their grader died
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
        while self.waiting and len(self.under_way) < self.executor.room:
            self._send(self.waiting.popleft())
        # A Dask worker that dies takes with it all that it has. So a suspect is tried alone, after
        # all others: if that kills again, it is to blame.
        if self.suspects and not self.under_way:
            self._send(self.suspects.popleft(), tries=TRIES)

    def _send(self, submission: Submission | None, tries: int = 1) -> None:
        """Read a submission and send it, as it is now."""
        limit = self.homework.limits.upload_mb
        files = Files(()) if submission is None else read(submission, limit)
        number, message = next(self.numbers), json.dumps(pack(files)).encode()
        self.under_way[number] = Sent(submission, identify(files, self.homework.hash).key, tries)
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
        if "died" in answer and sent.tries < TRIES:
            self._suspect(sent.submission)
        elif sent.submission is not None:
            failure = KILLED if "died" in answer else answer.get("failed", "")
            yield self._outcome(sent.submission, sent.key, answer, failure)
            self._count_failure(failure)
        elif "died" in answer and not self.blank:
            raise CannotGrade("graders die when they load the homework")

    def _try_elsewhere(self, sent: Sent, trouble: str) -> None:
        """Send what met a grader that does not start once more.

        Raises:
            CannotGrade: that has been so for several in a row.
        """
        self.troubles += 1
        if self.troubles > TRIES:
            raise CannotGrade(trouble)
        self._send(sent.submission, sent.tries)

    def _suspect(self, submission: Submission | None) -> None:
        """See to it that a submission whose grader died is tried once more."""
        if submission is not None:
            self.suspects.append(submission)
        elif not self.blank:
            self._send(None, tries=TRIES)

    def _outcome(
        self, submission: Submission, key: str, answer: dict[str, Any], failure: str
    ) -> Outcome:
        if not failure:
            missing = answer["missing_protections"]
            return Outcome(submission, key, answer["record"], answer["results"], missing)
        faults = [f"not graded, the next run tries again: {failure}"]
        return Outcome(submission, key, {**self.blank, "faults": faults, "failed": True}, None, [])

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
