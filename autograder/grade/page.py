"""The page about a class: one HTML file that says what went wrong, where, and for how many.

`write_page` draws what `tally` counted. The page needs no network, no script and nothing beside
it; its links lead to the results of single submissions.

Jinja2 fills in the template ``page.html``, for safety: it escapes everything that it inserts, and
all of it goes through `clean` first. Nothing that a student wrote gets past the two.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from jinja2 import Environment, StrictUndefined, Template

from ..grader import facts
from .results import CASES, GRADES
from .tally import ROWS, CaseId, CaseTally, Example, Reason, Submission, Tally
from .words import clean, duration, number, of, percent, points

# What the page looks like; this module says what is in it.
TEMPLATE = Path(__file__).with_name("page.html")
LONGEST_SHORT_FORM = 80
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


def write_page(file: IO[str], tally: Tally, about: Mapping[str, Any]) -> None:
    """Write ``index.html``, the page about all submissions.

    Args:
        file: where to write; its links lead to what lies in the same folder.
        tally: what was counted.
        about: what is known about the run, all of it optional: ``title``, ``version``, ``zip``
            (a hash) and ``date``, as in ``run.json``; ``titles``, what each question is called,
            by its id.
    """
    text = _template().render(_view(tally, about), tables=(GRADES, CASES))
    file.write(text.lstrip())


@dataclass(frozen=True)
class Row:
    """One line of a ranked list."""

    text: str
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
    mean: float
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
        rows.append(Row(text, more, reason.count, total, length, questions, example, place))
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
        mean=sum(score * n for score, n in scores.items()) / scores.total(),
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


def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    functions = (of, number, points, percent, duration)
    environment.globals |= {function.__name__: function for function in functions}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
