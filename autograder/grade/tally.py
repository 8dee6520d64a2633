"""What is counted over all records of a run, in one pass and in memory that does not grow.

The tables, the printed totals and the page say what is counted here, each in its own words.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from ..grader.facts import NO_NOTEBOOK
from .results import RESULTS, Case, Record, folder_of, kind_of, readings_of
from .words import cut, one_line

# The page of a class of 10,000 stays below 300 kB: what could be long is cut.
LONGEST_NAME = 60
LONGEST_FAULT = 200
LONGEST_SUMMARY = 240
LONGEST_SENTENCE = 500
LONGEST_EXAMPLE = 900
ROOM_FOR_REASONS = 70_000  # characters; all reasons of this homework take some 50,000
ROOM_FOR_FAULTS = 80_000  # characters, some 400 faults
ROOM_FOR_ALL = 150_000  # characters, some 1000 submissions; a larger class has the CSV
MOST_TWINS = 50
ROWS = 10  # of each list of what is first, last or worst
# Texts counted for one test case. Honest code brings a few dozen; when there are more, the rarest
# half is forgotten, which leaves what is common.
MOST_TEXTS = 256
# Kinds of fault that a named mistake explains. Both are made by a homework's checks.
EXPLAINED = ("wrong value", "larger loss")


class Submission(NamedTuple):
    """How the page names a submission, and where its results are."""

    name: str
    who: str
    link: str

    @classmethod
    def of(cls, record: Record) -> Submission:
        """Return a submission's name and the path of its results from the page."""
        who = cut(", ".join(record.who), LONGEST_NAME)
        results = folder_of(Path(), record.name) / RESULTS
        # Bytes that are not UTF-8 stand as surrogates in a name of Python's.
        link = quote(results.as_posix(), errors="surrogateescape")
        return cls(cut(record.name, LONGEST_NAME), who, link)

    @property
    def size(self) -> int:
        """About how many characters it takes in HTML."""
        return sum(map(len, self)) + 60


class Example(NamedTuple):
    """A message that a student got to read."""

    poorness: int
    text: str
    question: str
    case: int
    hidden: bool
    submission: Submission


@dataclass
class Reason:
    """A reason for lost points: how many submissions have it, in which questions."""

    example: Example
    count: int = 0
    questions: Counter[str] = field(default_factory=Counter)


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


class CaseId(NamedTuple):
    """A test case."""

    question: str
    case: int
    name: str
    hidden: bool


@dataclass
class CaseTally:
    """One test case over all submissions."""

    submissions: int = 0
    held: int = 0  # of these, how many have the question's notebook
    passed: int = 0
    about: str = ""  # what is special about a hidden test's input
    messages: Counter[str] = field(default_factory=Counter)  # as students read them
    summaries: Counter[str] = field(default_factory=Counter)  # the same for the same fault

    def add(self, case: Case) -> None:
        """Count one submission."""
        self.submissions += 1
        self.passed += case["passed"]
        _count_text(self.messages, one_line(case["message"]))
        if kind_of(case) == NO_NOTEBOOK:
            return
        self.held += 1
        if facts := case["facts"]:
            self.about = self.about or cut(facts["about"], LONGEST_SUMMARY)
            _count_text(self.summaries, cut(facts["summary"], LONGEST_SUMMARY))


def _count_text(counter: Counter[str], text: str) -> None:
    if text:
        counter[text] += 1
    if len(counter) > MOST_TEXTS:
        common = counter.most_common(MOST_TEXTS // 2)
        counter.clear()
        counter.update(dict(common))


@dataclass
class Tally:
    """What is known of all records.

    A submission that the grader failed on is no result, and counts as a fault only. One that has
    no notebook of the homework is a result, of no points; but it says nothing about questions.
    """

    sentences: Mapping[str, str] = field(default_factory=dict)  # by the mistake's name
    submissions: int = 0
    failed: int = 0
    graded: int = 0  # those with a result and at least one notebook
    faulty: int = 0
    seconds: float = 0.0
    points: float = 0.0
    possible: float = 0.0
    scores: Counter[float] = field(default_factory=Counter)  # of the graded ones
    questions: dict[str, QuestionTally] = field(default_factory=dict)
    cases: dict[CaseId, CaseTally] = field(default_factory=dict)
    mistakes: dict[str, Reason] = field(default_factory=dict)  # by their sentence
    others: dict[str, Reason] = field(default_factory=dict)  # by the kind of fault
    room_for_reasons: int = ROOM_FOR_REASONS
    faults: list[tuple[str, Submission]] = field(default_factory=list)
    fault_count: int = 0
    room_for_faults: int = ROOM_FOR_FAULTS
    twins: list[tuple[Submission, str]] = field(default_factory=list)
    twin_count: int = 0
    # Seconds and a number that no other one has; a score of None is none.
    slowest: list[tuple[float, int, Submission, float | None]] = field(default_factory=list)
    listed: list[tuple[Submission, float | None]] = field(default_factory=list)
    room_for_all: int = ROOM_FOR_ALL

    def add(self, record: Record) -> None:
        """Count one submission."""
        self.submissions += 1
        self.failed += record.failed
        self.seconds += record.seconds
        submission = Submission.of(record)
        self._add_faults(record, submission)
        held = [case for case in record.cases if kind_of(case) != NO_NOTEBOOK]
        is_graded = bool(held) and not record.failed
        self._add_to_lists(record, submission, record.score if is_graded else None)
        if not record.failed:
            self._add_result(record)
        if is_graded:
            self._add_graded(record, held, submission)

    def totals(self) -> dict[str, Any]:
        """Return the sums for ``run.json``."""
        results = self.submissions - self.failed
        return {
            "submissions": self.submissions,
            "with_faults": self.faulty,
            "not_graded": self.failed,
            # Of all results. The page's is of `scores`: without those that have no notebook.
            "mean": round(self.points / results, 3) if results else None,
            "possible": self.possible,
        }

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

    def _add_to_lists(self, record: Record, submission: Submission, score: float | None) -> None:
        heapq.heappush(self.slowest, (record.seconds, -self.submissions, submission, score))
        if len(self.slowest) > ROWS:
            heapq.heappop(self.slowest)
        self.room_for_all -= submission.size
        if self.room_for_all >= 0:
            self.listed.append((submission, score))

    def _add_result(self, record: Record) -> None:
        self.points += record.score
        self.possible = max(self.possible, record.possible)
        for case in record.cases:
            place = CaseId(case["question"], case["case"], case["name"], case["hidden"])
            self.cases.setdefault(place, CaseTally()).add(case)

    def _add_graded(self, record: Record, held: list[Case], submission: Submission) -> None:
        self.graded += 1
        self.scores[round(record.score, 2)] += 1
        for question in dict.fromkeys(case["question"] for case in held):
            tally = self.questions.setdefault(question, QuestionTally())
            tally.add(record.questions[question])
        failed = [case for case in record.cases if not case["passed"]]
        by_sentence = sort_by_mistake(failed, self.sentences)
        for sentence, cases in by_sentence.items():
            self._count(self.mistakes, sentence, cases, submission)
        explained = {case["question"] for cases in by_sentence.values() for case in cases}
        for kind, cases in sort_by_kind(failed, explained).items():
            self._count(self.others, kind, cases, submission)

    def _count(
        self, reasons: dict[str, Reason], key: str, cases: list[Case], submission: Submission
    ) -> None:
        """Count one submission, in which some test cases failed for this reason."""
        case = min(cases, key=_poorness)
        key = cut(key, LONGEST_SENTENCE)
        reason = reasons.get(key)
        if reason is None:
            self.room_for_reasons -= len(key) + min(len(case["message"]), LONGEST_EXAMPLE)
            if self.room_for_reasons < 0:
                return
            reason = reasons[key] = Reason(_example(case, submission))
        elif _poorness(case) < reason.example.poorness:
            reason.example = _example(case, submission)
        reason.count += 1
        reason.questions.update(dict.fromkeys((case["question"] for case in cases), 1))


def _example(case: Case, submission: Submission) -> Example:
    place = case["question"], case["case"], case["hidden"]
    return Example(_poorness(case), cut(case["message"], LONGEST_EXAMPLE), *place, submission)


def sort_by_mistake(failed: Iterable[Case], sentences: Mapping[str, str]) -> dict[str, list[Case]]:
    """Return the test cases that recognised a mistake, by the mistake's sentence.

    Some mistakes share a sentence, and that is what students know them by; one that has none is
    known by its name. Where a test case has two readings and another one of the question is
    certain of one of them, the other is none.
    """
    offers = [
        (case, [[sentences.get(name, name) for name in reading] for reading in readings_of(case)])
        for case in failed
    ]
    certain = {
        (case["question"], sentence)
        for case, readings in offers
        if len(readings) == 1
        for sentence in readings[0]
    }
    cases: dict[str, list[Case]] = {}
    for case, readings in offers:
        sure = [
            reading
            for reading in readings
            if any((case["question"], sentence) in certain for sentence in reading)
        ]
        said = [sentence for reading in sure or readings for sentence in reading]
        for sentence in dict.fromkeys(said):
            cases.setdefault(sentence, []).append(case)
    return cases


def sort_by_kind(failed: Iterable[Case], explained: set[str]) -> dict[str, list[Case]]:
    """Return test cases by the kind of fault, without wrong values that a mistake explains.

    Args:
        failed: test cases.
        explained: questions in which a mistake has been recognised.
    """
    cases: dict[str, list[Case]] = {}
    for case in failed:
        kind = kind_of(case)
        if not (kind in EXPLAINED and case["question"] in explained):
            cases.setdefault(kind, []).append(case)
    return cases


def _poorness(case: Case) -> int:
    """Return how bad an example a case is: hidden ones show no values, some name two mistakes."""
    names = [name for reading in readings_of(case) for name in reading]
    return bool(case["hidden"]) + 2 * (len(names) > 1)
