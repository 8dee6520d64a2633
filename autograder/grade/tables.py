"""The tables for spreadsheets: a line for each submission, and one for each test case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

from .homework_zip import WrittenQuestion
from .results import Record
from .scores import Mark
from .sheets import SheetWriter
from .tally import CaseId, CaseTally
from .words import one_line

CASES_HEAD = (
    "question case name hidden submissions passed pass_rate commonest_message times discrimination"
)


class GradesTable:
    """Writes ``grades.csv``, a line for each submission."""

    def __init__(
        self,
        file: IO[str],
        questions: list[str],
        written: Mapping[str, WrittenQuestion] | None = None,
    ):
        """Begin the table.

        Args:
            file: where to write.
            questions: that tests grade; each has two columns, public and hidden points.
            written: the questions that people grade, by id.
        """
        self.table = SheetWriter(file)
        self.written = written or {}
        self.questions = questions
        self.table.write(_head(questions, list(self.written)))

    def add(self, record: Record, marks: Iterable[Mark] = ()) -> None:
        """Write a submission's line, with what people gave for its written answers."""
        # Of what the grader failed on, no answers are known.
        known = {mark.question: mark for mark in marks}
        columns = [known.get(q.id, Mark(q.id, q.points)) for q in self.written.values()]
        self.table.write(_row(record, self.questions, columns))


def write_cases(file: IO[str], cases: Mapping[CaseId, CaseTally]) -> None:
    """Write ``cases.csv``, a line for each test case."""
    table = SheetWriter(file)
    table.write(CASES_HEAD.split())
    for place, case in cases.items():
        (message, times), *_ = [*case.messages.most_common(1), ("", 0)]
        # Of those that hold the question's notebook, as on the page.
        rate = round(case.passed / case.held, 4) if case.held else ""
        tells = case.discrimination
        end = (message, times, "" if tells is None else round(tells, 3))
        table.write((*place, case.held, case.passed, rate, *end))


def _head(questions: list[str], written: list[str]) -> list[str]:
    points = [f"{question} {kind}" for question in questions for kind in ("public", "hidden")]
    by_hand = [f"{question} by hand" for question in written]
    sums = ["autograder", "by hand", "to grade"] if written else []
    about = ["submission", "who", "email", "sid", "section", "submitted", "late", "file"]
    return [*about, *points, *by_hand, *sums, "total", "possible", "faults"]


def _row(record: Record, questions: list[str], marks: list[Mark]) -> list[Any]:
    people = ["; ".join(column) for column in (record.who, record.emails, record.sids)]
    when = [record.section, record.submitted, "late" if record.late else ""]
    # What another homework.zip has graded may not have all questions.
    points = [
        record.questions[question][kind][0] if question in record.questions else ""
        for question in questions
        for kind in ("public", "hidden")
    ]
    changed = [
        f"{mark.question} has changed since it was graded by hand: look at it again"
        for mark in marks
        if mark.changed
    ]
    faults = "; ".join(map(one_line, [*record.faults, *changed]))
    return [record.name, *people, *when, record.file, *points, *_sums(record, marks), faults]


def _sums(record: Record, marks: list[Mark]) -> list[Any]:
    """Return the points that people gave, and what all points come to."""
    given = [mark.points for mark in marks if mark.points is not None]
    by_hand = round(sum(given), 5)
    possible = round(record.possible + sum(mark.possible for mark in marks), 5)
    columns = [record.score, by_hand, len(marks) - len(given)] if marks else []
    cells = ["" if mark.points is None else mark.points for mark in marks]
    return [*cells, *columns, round(record.score + by_hand, 5), possible]
