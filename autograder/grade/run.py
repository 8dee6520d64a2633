"""One run: what is graded, what is kept, and what is done when something dies.

A run goes on where an earlier one stopped; nothing is graded twice, and copies of the same work
once. `Run` sees to that. `Dispatcher` sees to it that each submission is graded, wherever: a
submission whose grader or Dask worker died is tried once more, other versions are refused, and a
grader that fails on one submission after the other ends the run.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..grader.files import Files, pack
from . import CannotGrade, UsageError, store
from .contents import identify, read
from .executors import Executor, Result, Task
from .progress import Progress
from .record import Record, read_record
from .submissions import Submission
from .versions import check_versions

# Of submissions whose grader died, and in a row of graders that do not start.
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


class Outcome(NamedTuple):
    """What came of a submission: fields of its `Record`, and results for Gradescope or None."""

    submission: Submission
    key: str
    record: dict[str, Any]
    results: dict[str, Any] | None
    missing_protections: list[str]


class Run:
    """A class, and how far it is."""

    def __init__(self, out: Path, homework: store.HomeworkZip, submissions: list[Submission]):
        """Look at everything, and find what is as it was.

        Args:
            out: the output folder.
            homework: the zip.
            submissions: with unique names.
        """
        self.out, self.homework = out, homework
        self.todo: list[Submission] = []
        self.copies: list[Record] = []  # of submissions with the same content as an earlier one
        self.kept = self.graded = self.faults = 0
        self.missing: dict[str, None] = {}  # protections that a machine does not have
        self.about = {
            "date": datetime.now().astimezone().isoformat(timespec="seconds"),
            "title": homework.title,
            "version": homework.version,
            "zip": homework.hash,
            "names": [submission.name for submission in submissions],
        }
        first: dict[str, str] = {}  # names by digest
        for submission in submissions:
            self._plan(submission, first)

    def _plan(self, submission: Submission, first: dict[str, str]) -> None:
        """Decide what to do about one submission."""
        files = read(submission, self.homework.limits.upload_mb)
        key, digest = identify(files, self.homework.hash)
        wanted = _wanted(submission, key)
        same_as = first.setdefault(digest, submission.name) if digest else submission.name
        if same_as != submission.name:
            wanted = replace(wanted, same_as=same_as)
        old = store.still_good(self.out, wanted)
        if old is not None:
            self.kept += 1
            self.faults += bool(old.faults)
        elif wanted.same_as:
            self.copies.append(wanted)
        else:
            self.todo.append(submission)

    def grade(self, open_executor: Callable[[int], AbstractContextManager[Executor]]) -> None:
        """Grade what has to be.

        Args:
            open_executor: returns where so many submissions are graded.
        """
        if not self.todo and not self.copies:
            return
        log = self.out / store.LOG
        if self.todo:
            # Before anything of an earlier run is removed: there may be no such cluster.
            with open_executor(len(self.todo)) as executor:
                store.begin_run(self.out, self.about)
                log.write_bytes(b"")
                self._keep_all(Dispatcher(executor, self.homework, self.todo).outcomes())
            if not log.stat().st_size:
                log.unlink()
        else:
            store.begin_run(self.out, self.about)
        for record in self.copies:
            self._copy(record)

    def _keep_all(self, outcomes: Iterator[Outcome]) -> None:
        with Progress(len(self.todo)) as progress:
            for outcome in outcomes:
                self._keep(outcome)
                progress.show(self.graded, self.faults)

    def _keep(self, outcome: Outcome) -> None:
        """Write one submission's results."""
        record = replace(_wanted(outcome.submission, outcome.key), **outcome.record)
        store.write_results(self.out, record, outcome.results)
        self.graded += 1
        self.faults += bool(record.faults)
        self.missing |= dict.fromkeys(outcome.missing_protections)

    def _copy(self, wanted: Record) -> None:
        """Give a submission the results of the one with the same content."""
        first = read_record(self.out, wanted.same_as)
        assert first is not None, "it was graded just now, or is still good"
        about = {name: getattr(wanted, name) for name in ("name", "file", "key", "same_as")}
        about |= {name: getattr(wanted, name) for name in ("who", "emails", "sids")}
        faults = [f"the same work as {wanted.same_as}", *first.faults]
        store.copy_results(self.out, replace(first, **about, faults=faults), wanted.same_as)
        self.faults += 1


def _wanted(submission: Submission, key: str) -> Record:
    """Return what is known of a submission's record before it is graded."""
    return Record(
        name=submission.name,
        file=submission.file,
        key=key,
        who=list(submission.who),
        emails=list(submission.emails),
        sids=list(submission.sids),
    )


class Dispatcher:
    """Gets submissions graded."""

    def __init__(
        self, executor: Executor, homework: store.HomeworkZip, submissions: list[Submission]
    ):
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
