"""The page about a class: one HTML file that says what went wrong, where, and for how many.

`write_page` draws what `tally` counted. The page needs no network, no script and nothing beside
it; its links lead to the pages of single submissions, and to what else a run writes.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, NamedTuple

from ..grader import facts
from .results import ALIKE, CASES, GRADES, WRITTEN
from .similar import Findings
from .tally import (
    LEAST_FOR_CORRELATION,
    ROWS,
    CaseId,
    CaseTally,
    Example,
    Reason,
    Submission,
    Tally,
)
from .templates import template
from .words import points

LONGEST_SHORT_FORM = 80
EIGHTHS = 8  # into so many parts the points of a question are divided in a picture
# Submissions with a known time, below which nothing is said of when mistakes were made; and into
# how many parts they are divided.
LEAST_TIMED, PERIODS = 20, 4
# What the page says of each kind of fault: those that a homework's checks make (as `lab` does),
# and the grader's own. One that is not here is shown as it is.
KINDS = {
    "stub": "Not answered: the stub is still there.",
    "undefined": "The function is not defined.",
    "no function": "The function's name stands for something else.",
    "signature": "The function takes other arguments than the stub.",
    "raised": "The function stops with an error.",
    "returned None": "The function returns nothing.",
    "type": "The result has the wrong type.",
    "form": "The result has the wrong form.",
    "shape": "The result has the wrong shape.",
    "dtype": "The result does not hold real numbers.",
    "not finite": "The result is not finite.",
    "wrong value": "The value is wrong, in a way that has no name.",
    "larger loss": "Another result has a smaller loss.",
    facts.ARGUMENT_CHANGED: "The function changes its argument.",
    facts.NO_NOTEBOOK: "The notebook is missing, or cannot be read.",
    facts.TOO_SLOW: "The code takes too long.",
    facts.OUT_OF_TIME: "Not run to its end: the submission's time was up.",
    facts.ENDED_PYTHON: "The code crashes, or ends Python.",
    facts.NOT_GRADABLE: "The result cannot be graded.",
    facts.NO_RESULT: "The code sends something else than results.",
    facts.SESSION_LOST: "The notebook's code takes too long, or ends Python.",
    facts.CHECK_FAILED: "Another message.",
}


def write_page(
    file: IO[str], tally: Tally, about: Mapping[str, Any], findings: Findings | None = None
) -> None:
    """Write ``index.html``, the page about all submissions.

    Args:
        file: where to write; its links lead to what lies in the same folder.
        tally: what was counted.
        about: what is known about the run, all of it optional: ``title``, ``version``, ``zip``
            (a hash) and ``date``, as in ``run.json``; ``titles``, what each question is called,
            by its id; ``zips``, names of the zip files with feedback.
        findings: what is alike.
    """
    view = _view(tally, about) | {
        "found": findings or Findings(),
        "alike": ALIKE,
        "written": WRITTEN if about.get("written") else "",
    }
    text = template("page.html").render(view, tables=(GRADES, CASES))
    file.write(text.lstrip())


@dataclass(frozen=True)
class Row:
    """One line of a ranked list."""

    sentence: str
    text: str  # its beginning
    more: str  # said in smaller print
    count: int
    total: int
    length: float  # of its bar, in percent
    questions: list[tuple[str, int]]  # and how many submissions in each
    example: Example
    place: str  # the example's test case


@dataclass(frozen=True)
class CaseRow:
    """A test case that is often failed, its commonest message and how often that came."""

    question: str
    name: str
    hidden: bool
    tally: CaseTally
    message: str
    count: int


@dataclass(frozen=True)
class Bin:
    """One bar of the histogram: scores from ``low`` to below ``high``; the last has ``high``."""

    low: float
    high: float
    count: int
    label: str


class Histogram(NamedTuple):
    """How the scores are distributed, and the numbers at the axes."""

    bins: list[Bin]
    x_ticks: list[float]
    y_ticks: list[int]
    median: float

    @property
    def end(self) -> float:
        """Where the axis ends."""
        return self.bins[-1].high

    @property
    def fullest(self) -> Bin:
        """The highest bar."""
        return max(self.bins, key=lambda bin: bin.count)


def _view(tally: Tally, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template inserts."""
    histogram = _histogram(tally.scores, tally.possible)
    return {
        "about": about,
        "heading": about.get("title") or "Homework",
        "titles": about.get("titles") or {},
        "tally": tally,
        "mistakes": _reason_rows(tally.mistakes, tally.graded),
        "others": _reason_rows(_in_words(tally.others), tally.graded),
        "histogram": histogram,
        "full_marks": tally.scores[round(tally.possible, 2)],
        "cases": _case_rows(tally.cases),
        "all_cases": _cases_by_question(tally.cases),
        "least_for_correlation": LEAST_FOR_CORRELATION,
        "distributions": {
            name: distribution(question.points, question.possible)
            for name, question in tally.questions.items()
        },
        "periods": periods(tally),
        "faults": _by_fault(tally.faults),
        "slowest": [
            (seconds, submission, _score(score))
            for seconds, _, submission, score in sorted(tally.slowest, key=lambda entry: entry[:2])
        ][::-1],
        "rows": ROWS,
        "listed": [(submission, _score(score)) for submission, score in tally.listed]
        if len(tally.listed) == tally.submissions
        else [],
    }


def _score(score: float | None) -> str:
    return "not graded" if score is None else points(score)


def _in_words(kinds: Mapping[str, Reason]) -> dict[str, Reason]:
    return {KINDS.get(kind, kind): reason for kind, reason in kinds.items()}


def _case_name(question: str, case: int, hidden: bool) -> str:
    """Return a test case's name: Otter's, and who sees it."""
    return f"{question} - {case}, {'hidden' if hidden else 'public'}"


def _reason_rows(reasons: Mapping[str, Reason], total: int) -> list[Row]:
    """Return reasons for lost points, the most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: -item[1].count)
    longest = max((reason.count for reason in reasons.values()), default=0)
    rows = []
    for sentence, reason in ordered:
        text, more = _short_form(sentence)
        length = 100 * reason.count / longest
        questions = reason.questions.most_common()
        example = reason.example
        place = _case_name(example.question, example.case, example.hidden)
        rows.append(
            Row(sentence, text, more, reason.count, total, length, questions, example, place)
        )
    return rows


def _short_form(sentence: str) -> tuple[str, str]:
    """Return the first sentence of what students read, or its beginning, and the rest."""
    text = sentence.replace("{k}", "k")
    first = text[: text.index(". ") + 1] if ". " in text else text
    if len(first) > LONGEST_SHORT_FORM and ": " in first:
        first = first[: first.index(": ") + 1]
    return first, text[len(first) :].lstrip()


def _case_rows(cases: Mapping[CaseId, CaseTally]) -> list[CaseRow]:
    """Return the test cases that most submissions fail, of those that have the notebook."""
    failed = [item for item in cases.items() if item[1].passed < item[1].held]
    hardest = sorted(failed, key=lambda item: item[1].passed / item[1].held)[:ROWS]
    rows = []
    for (question, case, _, hidden), tally in hardest:
        (message, count), *_ = [*tally.summaries.most_common(1), ("", 0)]
        name = _case_name(question, case, hidden)
        rows.append(CaseRow(question, name, hidden, tally, message, count))
    return rows


def _cases_by_question(
    cases: Mapping[CaseId, CaseTally],
) -> dict[str, list[tuple[CaseId, CaseTally]]]:
    """Return the test cases of each question, in order."""
    questions: dict[str, list[tuple[CaseId, CaseTally]]] = {}
    for place, tally in cases.items():
        if tally.held:
            questions.setdefault(place.question, []).append((place, tally))
    return questions


def distribution(points: Mapping[float, int], possible: float) -> list[int]:
    """Return how many have no points, an eighth of them, ..., all, to the nearest eighth."""
    counts = [0] * (EIGHTHS + 1)
    for earned, number in points.items():
        counts[round(EIGHTHS * earned / possible) if possible else 0] += number
    return counts


class Period(NamedTuple):
    """A part of the submissions, in the order in which they came."""

    start: str
    end: str
    submissions: int
    mistakes: Counter[str]


def periods(tally: Tally) -> list[Period]:
    """Return the submissions in up to four parts of about equal number, by when they came.

    There are none if too few times are known, or if all came within an hour.
    """
    total = sum(hour.submissions for hour in tally.hours.values())
    if total < LEAST_TIMED:
        return []
    parts: list[list[int]] = [[] for _ in range(PERIODS)]
    before = 0
    for hour in sorted(tally.hours):
        middle = before + tally.hours[hour].submissions / 2
        parts[min(int(PERIODS * middle / total), PERIODS - 1)].append(hour)
        before += tally.hours[hour].submissions
    parts = [part for part in parts if part]
    return [_period(tally, part) for part in parts] if len(parts) > 1 else []


def _period(tally: Tally, hours: list[int]) -> Period:
    mistakes: Counter[str] = Counter()
    for hour in hours:
        mistakes.update(tally.hours[hour].mistakes)
    start, end = (
        f"{datetime.fromtimestamp(3600 * hour, tally.zone):%b %d, %H:00}"
        for hour in (hours[0], hours[-1] + 1)
    )
    return Period(start, end, sum(tally.hours[hour].submissions for hour in hours), mistakes)


def _by_fault(faults: list[tuple[str, Submission]]) -> list[tuple[str, list[Submission]]]:
    """Return faults and the submissions that have them, the most frequent first."""
    submissions: dict[str, list[Submission]] = {}
    for fault, submission in faults:
        submissions.setdefault(fault, []).append(submission)
    return sorted(submissions.items(), key=lambda item: -len(item[1]))


def _histogram(scores: Counter[float], possible: float) -> Histogram | None:
    """Return the distribution of scores in at most 20 bins, or None if there is nothing."""
    if not scores or not possible:
        return None
    width = _round_step(possible / 20)
    edges = [width * i for i in range(int(possible / width) + 1)]
    if edges[-1] < possible or len(edges) == 1:
        edges.append(edges[-1] + width)
    last = len(edges) - 2
    counts = Counter(min(int(score / width), last) for score in scores.elements())
    bins = [
        Bin(low, high, counts[i], f"{low:g} to {'' if i == last else 'below '}{high:g}")
        for i, (low, high) in enumerate(itertools.pairwise(edges))
    ]
    every = width * math.ceil(len(bins) / 7)
    highest = max(counts.values())
    step = max(1, int(_round_step(highest / 4)))
    return Histogram(
        bins=bins,
        x_ticks=[i * every for i in range(int(edges[-1] / every) + 1)],
        y_ticks=list(range(0, highest + step, step)),
        median=median(scores),
    )


def median(counts: Mapping[float, int]) -> float:
    """Return the median of values that come with how often they occur."""
    total = sum(counts.values())
    ranks = ((total - 1) // 2, total // 2)
    ordered = sorted(counts)
    ends = list(itertools.accumulate(counts[value] for value in ordered))
    low, high = (next(v for v, end in zip(ordered, ends, strict=True) if end > r) for r in ranks)
    return (low + high) / 2


def _round_step(least: float) -> float:
    """Return the smallest of ..., 0.5, 1, 2, 5, 10, ... that is not below ``least``."""
    size = 10.0 ** math.floor(math.log10(least))
    return next(size * k for k in (1, 2, 5, 10) if size * k >= least * (1 - 1e-9))
