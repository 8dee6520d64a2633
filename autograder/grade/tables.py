"""The tables for spreadsheets: a line for each submission, and one for each test case."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .results import CASES, GRADES, Record, replacing
from .tally import Tally
from .words import one_line

CASES_HEAD = "question case name hidden submissions passed pass_rate commonest_message times"
# A spreadsheet takes what begins like this for a formula, and would run a student's.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_tables(out: Path, records: Iterable[Record], tally: Tally) -> None:
    """Write ``grades.csv`` and ``cases.csv`` in one pass over the records, and count them."""
    questions: list[str] | None = None
    with replacing(out / GRADES) as file:
        table = csv.writer(file)
        for record in records:
            if questions is None:
                questions = list(record.questions)
                table.writerow(_head(questions))
            table.writerow(map(_cell, _row(record, questions)))
            tally.add(record)
    with replacing(out / CASES) as file:
        table = csv.writer(file)
        table.writerow(CASES_HEAD.split())
        for place, case in tally.cases.items():
            (message, times), *_ = [*case.messages.most_common(1), ("", 0)]
            rate = round(case.passed / case.submissions, 4)
            row = (*place, case.submissions, case.passed, rate, message, times)
            table.writerow(map(_cell, row))


def _head(questions: list[str]) -> list[str]:
    points = [f"{question} {kind}" for question in questions for kind in ("public", "hidden")]
    return ["submission", "who", "email", "sid", "file", *points, "total", "possible", "faults"]


def _row(record: Record, questions: list[str]) -> list[Any]:
    people = ["; ".join(column) for column in (record.who, record.emails, record.sids)]
    points = [
        record.questions[question][kind][0]
        for question in questions
        for kind in ("public", "hidden")
    ]
    faults = "; ".join(map(one_line, record.faults))
    total = [record.score, record.possible, faults]
    return [record.name, *people, record.file, *points, *total]


def _cell(value: Any) -> Any:
    """Return a value for a spreadsheet, in which no text is a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value
