"""The tables for spreadsheets: a line for each submission, and one for each test case."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import IO, Any

from .results import Record
from .tally import CaseId, CaseTally
from .words import one_line

CASES_HEAD = (
    "question case name hidden submissions passed pass_rate commonest_message times discrimination"
)
# Without it, Excel takes UTF-8 for something else, and spoils accents.
BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet takes what begins like this for a formula, and would run a student's.
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
# Where a spreadsheet may see the next cell, whatever commas and quotes say: Excel goes by the
# country, others ask.
SEPARATOR = re.compile(r"([,;|\t\r\n])")
NUMBER = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?\W*")


class GradesTable:
    """Writes ``grades.csv``, a line for each submission."""

    def __init__(self, file: IO[str]):
        file.write(BYTE_ORDER_MARK)
        self.table = csv.writer(file)
        self.questions: list[str] | None = None

    def add(self, record: Record) -> None:
        """Write a submission's line; the first one decides on the columns."""
        if self.questions is None:
            self.questions = list(record.questions)
            self.table.writerow(_head(self.questions))
        self.table.writerow(map(_cell, _row(record, self.questions)))


def write_cases(file: IO[str], cases: Mapping[CaseId, CaseTally]) -> None:
    """Write ``cases.csv``, a line for each test case."""
    file.write(BYTE_ORDER_MARK)
    table = csv.writer(file)
    table.writerow(CASES_HEAD.split())
    for place, case in cases.items():
        (message, times), *_ = [*case.messages.most_common(1), ("", 0)]
        rate = round(case.passed / case.submissions, 4)
        tells = case.discrimination
        end = (message, times, "" if tells is None else round(tells, 3))
        row = (*place, case.submissions, case.passed, rate, *end)
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
    if not isinstance(value, str):
        return value
    parts = SEPARATOR.split(value)
    # Within a text, a number is most often one of a list.
    parts[2::2] = [p if NUMBER.fullmatch(p.strip()) else _quoted(p) for p in parts[2::2]]
    return _quoted("".join(parts))


def _quoted(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.replace('"', "").lstrip(" ").startswith(FORMULA) else value
