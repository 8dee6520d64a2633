"""The page about a class: one HTML file that says what went wrong, where, and for how many.

`write_page` reads the records once and keeps sums and short lists, so that memory does not grow
with the class. The page needs no network, no script and nothing beside it; its links lead to the
results of single submissions.

Jinja2 fills in the template at the end of this file, for safety: it escapes whatever it inserts,
and all of it goes through `clean` first. Nothing that a student wrote gets past the two.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
import runpy
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined, Template

from .record import RESULTS, Record, folder_of
from .store import CASES, GRADES, replacing

# The page of a class of 10,000 stays below 300 kB: what could be long is cut.
LONGEST_NAME = 60
LONGEST_FAULT = 200
LONGEST_GIST = 240
LONGEST_SHORT_FORM = 80
LONGEST_EXAMPLE = 900
ROOM_FOR_FAULTS = 80_000  # characters, some 400 faults
ROOM_FOR_ALL = 150_000  # characters, some 1000 submissions; a larger class has the CSV
MOST_TWINS = 50
ROWS = 10  # of each list of what is first, last or worst
# Kinds of messages counted for one test case. Honest code brings a few dozen; when there are
# more, the rarest half is forgotten, which leaves what is common.
MOST_KINDS = 256
# Otter writes this above the message of a test case that fails.
OTTERS_HEAD = "❌ Test case failed\n"
# `lab.mistakes` joins its sentences with these.
OR, AND = "\nOr: ", " And: "
MISTAKES = Path(__file__).resolve().parents[2] / "assignment" / "lab" / "mistakes.py"
# Unicode's categories of what cannot be seen; names in some scripts need the two joiners.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
HARMLESS = "\n\u200c\u200d"
NBSP = "\N{NO-BREAK SPACE}"

# What the page looks like; this module says what is in it.
TEMPLATE = Path(__file__).with_name("page.html")
# So begins the message of every test case of a notebook that is not there.
NO_NOTEBOOK = "There is nothing to grade"
WRONG_VALUE = (
    "The value is wrong, in a way that has no name.",
    "Another result has a smaller loss.",
)
# What a failed test case says where it names no mistake: words of `lab.call` and of the grader,
# and what the page calls it. The first that fits counts.
OTHER_REASONS = (
    ("not answered yet", "Not answered: the stub is still there."),
    (NO_NOTEBOOK, "The notebook is missing, or cannot be read."),
    ("the function is not defined", "The function is not defined."),
    ("stands under the function's name", "The function's name stands for something else."),
    ("cannot be called with", "The function takes other arguments than the stub."),
    (": took longer than ", "The code takes too long."),
    (": ended the whole Python process", "The code crashes, or ends Python."),
    (": returned something that cannot be graded", "The result cannot be graded."),
    (": changed the shape of an argument", "The function changes its argument."),
    (": was not run", "Not run to its end: the submission's time was up."),
    ("it stopped with an error", "The function stops with an error."),
    ("changed its argument", "The function changes its argument."),
    ("it returned None", "The function returns nothing."),
    ("it returned ", "The result has the wrong type."),
    (" should be ", "The result has the wrong form."),
    (" should have ", "The result has the wrong shape."),
    (" should hold ", "The result does not hold real numbers."),
    ("not a finite number", "The result is not finite."),
    ("the value is wrong", WRONG_VALUE[0]),
    ("has a smaller loss", WRONG_VALUE[1]),
)
ANY_REASON = "Another message."


def write_page(
    out: Path, records: Callable[[], Iterator[Record]], about: Mapping[str, Any]
) -> Path:
    """Write ``index.html``, the page about all submissions, and return its path.

    Args:
        out: the folder of the run; it exists.
        records: returns an iterator over the records of the submissions; called once.
        about: what is known about the run, all of it optional: ``title``, ``version``, ``zip``
            (a hash) and ``date``, as in ``run.json``; ``titles``, what each question is called,
            by its id; ``sentences``, those of `lab.mistakes` by name.
    """
    tally = Tally(about.get("sentences") or _sentences())
    for record in records():
        tally.add(record)
    path = out / "index.html"
    tables = [name for name in (GRADES, CASES) if (out / name).is_file()]
    text = _template().render(_view(tally, about), tables=tables).lstrip()
    with replacing(path) as file:
        file.write(text)
    return path


# -- counting ---------------------------------------------------------------------------------


Case = Mapping[str, Any]  # an item of `Record.cases`


class Submission(NamedTuple):
    """How the page names a submission, and where its results are."""

    name: str
    who: str
    link: str

    @property
    def size(self) -> int:
        """About how many characters it takes in HTML."""
        return sum(map(len, self)) + 60


class Example(NamedTuple):
    """A message that a student got to read."""

    poorness: int
    text: str
    case: str
    submission: Submission


@dataclass
class Reason:
    """A reason for lost points: how many submissions have it, in which questions."""

    count: int = 0
    questions: Counter[str] = field(default_factory=Counter)
    example: Example | None = None


@dataclass
class QuestionTally:
    """Sums over the submissions that hold a question."""

    total: int = 0
    earned: float = 0.0
    possible: float = 0.0  # of one submission
    passed: Counter[str] = field(default_factory=Counter)  # by "public" and "hidden"
    parts: set[str] = field(default_factory=set)  # that there are

    def add(self, parts: Mapping[str, Sequence[float]]) -> None:
        """Count one submission."""
        self.total += 1
        self.earned += sum(earned for earned, _ in parts.values())
        self.possible = max(self.possible, sum(possible for _, possible in parts.values()))
        for part, (earned, possible) in parts.items():
            if possible:
                self.parts.add(part)
                self.passed[part] += earned >= possible


@dataclass
class CaseTally:
    """Sums over the submissions that hold a test case's question."""

    hidden: bool
    passed: int = 0
    total: int = 0
    about: str = ""  # what is special about a hidden test's input
    messages: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case) -> None:
        """Count one submission."""
        self.total += 1
        self.passed += case["passed"]
        if case["passed"]:
            return
        self.about = self.about or _about_input(case["message"])
        self.messages[gist(case["message"])] += 1
        if len(self.messages) > MOST_KINDS:
            self.messages = Counter(dict(self.messages.most_common(MOST_KINDS // 2)))


@dataclass
class Tally:
    """What the page needs to know of all records."""

    sentences: Mapping[str, str]  # what students read, by the mistake's name
    submissions: int = 0
    graded: int = 0  # had at least one of the notebooks
    faulty: int = 0
    seconds: float = 0.0
    possible: float = 0.0
    scores: Counter[float] = field(default_factory=Counter)
    questions: dict[str, QuestionTally] = field(default_factory=dict)
    cases: dict[tuple[str, int], CaseTally] = field(default_factory=dict)
    mistakes: dict[str, Reason] = field(default_factory=dict)
    others: dict[str, Reason] = field(default_factory=dict)
    faults: list[tuple[str, Submission]] = field(default_factory=list)
    fault_count: int = 0
    room_for_faults: int = ROOM_FOR_FAULTS
    twins: list[tuple[Submission, str]] = field(default_factory=list)
    twin_count: int = 0
    slowest: list[tuple[float, int, Submission, str]] = field(default_factory=list)
    listed: list[tuple[Submission, str]] = field(default_factory=list)
    room_for_all: int = ROOM_FOR_ALL

    def add(self, record: Record) -> None:
        """Count one submission."""
        self.submissions += 1
        self.seconds += record.seconds
        submission = _submission(record)
        cases = [case for case in record.cases if not case["message"].startswith(NO_NOTEBOOK)]
        graded = bool(cases) and not record.failed
        self._add_faults(record, submission)
        self._add_to_lists(record, submission, points(record.score) if graded else "not graded")
        if graded:
            self._add_graded(record, cases, submission)

    def _add_faults(self, record: Record, submission: Submission) -> None:
        self.faulty += bool(record.faults)
        self.fault_count += len(record.faults)
        for text in record.faults:
            fault = cut(text, LONGEST_FAULT)
            self.room_for_faults -= len(fault) + submission.size
            if self.room_for_faults >= 0:
                self.faults.append((fault, submission))
        self.twin_count += bool(record.same_as)
        if record.same_as and len(self.twins) < MOST_TWINS:
            self.twins.append((submission, cut(record.same_as, LONGEST_NAME)))

    def _add_to_lists(self, record: Record, submission: Submission, score: str) -> None:
        heapq.heappush(self.slowest, (record.seconds, -self.submissions, submission, score))
        if len(self.slowest) > ROWS:
            heapq.heappop(self.slowest)
        self.room_for_all -= submission.size
        if self.room_for_all >= 0:
            self.listed.append((submission, score))

    def _add_graded(self, record: Record, cases: list[Case], submission: Submission) -> None:
        self.graded += 1
        self.possible = max(self.possible, record.possible)
        self.scores[round(record.score, 2)] += 1
        for question in dict.fromkeys(case["question"] for case in cases):
            tally = self.questions.setdefault(question, QuestionTally())
            tally.add(record.questions[question])
        for case in cases:
            key = case["question"], case["case"]
            self.cases.setdefault(key, CaseTally(case["hidden"])).add(case)
        failed = [case for case in cases if not case["passed"]]
        named = self._add_mistakes(record, failed, submission)
        failed = [case for case in record.cases if not case["passed"]]
        self._add_others(failed, named, submission)

    def _add_mistakes(self, record: Record, failed: list[Case], submission: Submission) -> set[str]:
        """Count mistakes that have a name, and return the questions in which they are."""
        # Some mistakes share a sentence, and that is what students know them by.
        sentences = dict.fromkeys(self.sentences.get(name, name) for name in record.mistakes)
        cases = _who_says(sentences, failed)
        for sentence, said in cases.items():
            self._count(self.mistakes, sentence, said, submission)
        return {case["question"] for said in cases.values() for case in said}

    def _add_others(self, failed: list[Case], named: set[str], submission: Submission) -> None:
        """Count other reasons; not wrong values in questions where the mistake is known."""
        by_reason: dict[str, list[Case]] = {}
        for case in failed:
            reason = _other_reason(case["message"])
            if reason and not (reason in WRONG_VALUE and case["question"] in named):
                by_reason.setdefault(reason, []).append(case)
        for reason, said in by_reason.items():
            self._count(self.others, reason, said, submission)

    def _count(
        self, reasons: dict[str, Reason], key: str, said: list[Case], submission: Submission
    ) -> None:
        """Count one submission, in which some test cases failed for this reason."""
        reason = reasons.setdefault(key, Reason())
        reason.count += 1
        reason.questions.update({case["question"] for case in said})
        case = min(said, key=_poorness)
        if reason.example is None or _poorness(case) < reason.example.poorness:
            name = _case_name(case["question"], case["case"], case["hidden"])
            text = cut(case["message"].removeprefix(OTTERS_HEAD), LONGEST_EXAMPLE)
            reason.example = Example(_poorness(case), text, name, submission)


def _submission(record: Record) -> Submission:
    """Return a submission's name and the path of its results from the page."""
    who = cut(", ".join(record.who), LONGEST_NAME)
    results = folder_of(Path(), record.name) / RESULTS
    # Bytes that are not UTF-8 stand as surrogates in a name of Python's.
    link = quote(results.as_posix(), errors="surrogateescape")
    return Submission(cut(record.name, LONGEST_NAME), who, link)


def _sentences() -> Mapping[str, str]:
    """Return the sentences of this project; the parent process has no `lab` to import."""
    return runpy.run_path(str(MISTAKES))["SENTENCES"]


def _case_name(question: str, case: int, hidden: bool) -> str:
    """Return a test case's name: Otter's, and who sees it."""
    return f"{question} - {case}, {'hidden' if hidden else 'public'}"


def _who_says(sentences: Iterable[str], failed: list[Case]) -> dict[str, list[Case]]:
    """Return the test cases whose messages say a sentence, by sentence.

    A message may offer two explanations, both of which fit its input. Where another test case of
    the question is certain of one of them, the other is none.
    """
    sentences = list(sentences)
    offers = [
        (case, [{s for s in sentences if _says(text, s)} for text in case["message"].split(OR)])
        for case in failed
    ]
    certain = {(case["question"], s) for case, (first, *more) in offers if not more for s in first}
    cases: dict[str, list[Case]] = {}
    for case, explanations in offers:
        sure = [
            said for said in explanations if any((case["question"], s) in certain for s in said)
        ]
        for sentence in set().union(*(sure or explanations)):
            cases.setdefault(sentence, []).append(case)
    return cases


def _says(text: str, sentence: str) -> bool:
    """Return whether a text has a sentence in it, with any number in place of ``{k}``."""
    if "{k}" not in sentence:
        return sentence in text
    return bool(re.search(re.escape(sentence).replace(r"\{k\}", r"\d+"), text))


def _poorness(case: Case) -> int:
    """Return how bad an example a case is: hidden ones show no values, some name two mistakes."""
    several = any(word in case["message"] for word in (OR, AND))
    return case["hidden"] + 2 * several


def _other_reason(message: str) -> str:
    """Return what is wrong in a message that names no mistake, or ""."""
    head, _, rest = message.removeprefix(OTTERS_HEAD).partition("\n")
    reason = next((reason for words, reason in OTHER_REASONS if words in head), ANY_REASON)
    named = any(line and not line.startswith("  ") for line in rest.splitlines())
    return "" if named and reason in WRONG_VALUE else reason


def _about_input(message: str) -> str:
    """Return what a hidden test's message says about its input."""
    head = message.removeprefix(OTTERS_HEAD).partition("\n")[0]
    return cut(head.partition("(hidden test: ")[2].removesuffix(")"), LONGEST_GIST)


def gist(message: str) -> str:
    """Return a message in one line, without what differs from student to student.

    Left out are the function's name, the call and the values, which are indented, and what a
    hidden test says about its input.
    """
    head, *lines = message.removeprefix(OTTERS_HEAD).splitlines() or [""]
    head = re.sub(r"^[^\W\d]\w*: ", "", head).partition(" (hidden test: ")[0]
    words = " ".join(line for line in lines if line and not line.startswith("  "))
    return cut(f"{head}: {words}" if words else head, LONGEST_GIST)


# -- words and numbers for people -------------------------------------------------------------


def clean(text: str) -> str:
    """Return a text with a visible mark for each character that is invisible or turns others.

    Such characters (control characters, changes of direction, halves of surrogate pairs) could
    make a name look like another one, or the page like something else.
    """
    return "".join(
        c if c in HARMLESS or unicodedata.category(c) not in UNSEEN else "\N{REPLACEMENT CHARACTER}"
        for c in text.replace("\t", " ")
    )


def cut(text: str, longest: int) -> str:
    """Return a text, its end left out if it is too long."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({number(len(text) - longest)} more characters)"


def number(n: float) -> str:
    """Return a number of things: 10,000."""
    return f"{n:,}"


def points(n: float) -> str:
    """Return points without needless zeros: 29.5."""
    return f"{round(n, 2):g}"


def percent(n: float, total: float) -> str:
    """Return a share in percent; only none is 0 %, and only all are 100 %."""
    share = 100 * n / total if total else 0
    if 0 < share < 0.5:
        return f"<1{NBSP}%"
    if 99.5 <= share < 100:
        return f">99{NBSP}%"
    return f"{share:.0f}{NBSP}%"


def of(n: int, total: int) -> str:
    """Return a number and its share: 12 of 200 (6 %)."""
    return f"{number(n)} of {number(total)} ({percent(n, total)})"


def duration(seconds: float) -> str:
    """Return a time: 0.42 s, 3.1 s, 75 s, 12 min, 3.4 h."""
    if seconds < 10:
        return f"{seconds:.2g}{NBSP}s"
    if seconds < 120:
        return f"{seconds:.0f}{NBSP}s"
    minutes = seconds / 60
    return f"{minutes:.0f}{NBSP}min" if minutes < 120 else f"{minutes / 60:.1f}{NBSP}h"


def median(counts: Mapping[float, int]) -> float:
    """Return the median of values that come with how often they occur."""
    total = sum(counts.values())
    ranks = ((total - 1) // 2, total // 2)
    ordered = sorted(counts)
    ends = list(itertools.accumulate(counts[value] for value in ordered))
    low, high = (next(v for v, end in zip(ordered, ends, strict=True) if end > r) for r in ranks)
    return (low + high) / 2


# -- what the page shows ----------------------------------------------------------------------


class Row(NamedTuple):
    """One line of a ranked list."""

    text: str
    more: str  # said in smaller print
    count: int
    total: int
    length: float  # of its bar, in percent
    questions: list[tuple[str, int]]  # and how many submissions in each
    example: Example


class CaseRow(NamedTuple):
    """A test case that is often failed, its commonest message and how often that came."""

    question: str
    name: str
    tally: CaseTally
    message: str
    count: int


class Bin(NamedTuple):
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
        "others": _reason_rows(tally.others, tally.graded),
        "histogram": histogram,
        "full_marks": tally.scores[round(tally.possible, 2)],
        "cases": _case_rows(tally.cases),
        "faults": _by_fault(tally.faults),
        "slowest": sorted(tally.slowest, key=lambda entry: (-entry[0], -entry[1])),
        "rows": ROWS,
        "listed": tally.listed if len(tally.listed) == tally.submissions else [],
    }


def _reason_rows(reasons: Mapping[str, Reason], total: int) -> list[Row]:
    """Return reasons for lost points, the most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: -item[1].count)
    longest = max((reason.count for reason in reasons.values()), default=0)
    rows = []
    for sentence, reason in ordered:
        text, more = _short_form(sentence)
        length = 100 * reason.count / longest
        questions = reason.questions.most_common()
        rows.append(Row(text, more, reason.count, total, length, questions, reason.example))
    return rows


def _short_form(sentence: str) -> tuple[str, str]:
    """Return the first sentence of what students read, or its beginning, and the rest."""
    text = sentence.replace("{k}", "k")
    first = re.match(r".*?\.(?= )|.*", text)[0]
    if len(first) > LONGEST_SHORT_FORM and ": " in first:
        first = first[: first.index(": ") + 1]
    return first, text[len(first) :].lstrip()


def _case_rows(cases: Mapping[tuple[str, int], CaseTally]) -> list[CaseRow]:
    """Return the test cases that most submissions fail."""
    failed = [item for item in cases.items() if item[1].passed < item[1].total]
    hardest = sorted(failed, key=lambda item: item[1].passed / item[1].total)[:ROWS]
    return [
        CaseRow(
            question,
            _case_name(question, case, tally.hidden),
            tally,
            *tally.messages.most_common(1)[0],
        )
        for (question, case), tally in hardest
    ]


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
