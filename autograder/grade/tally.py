"""What is counted over all records of a run, in one pass and in memory that does not grow.

The tables, the printed totals and the page say what is counted here, each in its own words.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from ..grader.facts import NO_NOTEBOOK
from .results import Case, Record, kind_of, page_of, readings_of
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
MOST_HOURS = 2000  # in which submissions came
# Below, a correlation says nothing.
LEAST_FOR_CORRELATION = 10
ROWS = 10  # of each list of what is first, last or worst
# Texts counted for one test case. Honest code brings a few dozen; when there are more, the rarest
# half is forgotten, which leaves what is common.
MOST_TEXTS = 256
# Kinds of fault that a named mistake explains. Both are made by a homework's checks.
EXPLAINED = ("wrong value", "larger loss")


class Submission(NamedTuple):
    """How a page names a submission, and where its feedback is."""

    name: str
    who: str
    link: str

    @classmethod
    def of(cls, record: Record) -> Submission:
        """Return a submission's name and the path of its feedback from the page."""
        who = cut(", ".join(record.who), LONGEST_NAME)
        # Bytes that are not UTF-8 stand as surrogates in a name of Python's.
        link = quote(page_of(Path(), record.name).as_posix(), errors="surrogateescape")
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
    points: Counter[float] = field(default_factory=Counter)  # how many earned so many
    parts: set[str] = field(default_factory=set)  # that there are

    def add(self, parts: Mapping[str, Sequence[float]]) -> None:
        """Count one submission."""
        self.total += 1
        earned_here = sum(earned for earned, _ in parts.values())
        self.earned += earned_here
        self.points[round(earned_here, 2)] += 1
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

    @classmethod
    def of(cls, case: Case) -> CaseId:
        """Return which one it is."""
        return cls(case["question"], case["case"], case["name"], case["hidden"])


@dataclass
class CaseTally:
    """One test case over all submissions."""

    submissions: int = 0
    held: int = 0  # of these, how many have the question's notebook
    passed: int = 0
    # Of those that have the notebook: their points in all other test cases.
    rest: float = 0.0
    rest_squared: float = 0.0
    rest_of_passed: float = 0.0
    about: str = ""  # what is special about a hidden test's input
    messages: Counter[str] = field(default_factory=Counter)  # as students read them
    summaries: Counter[str] = field(default_factory=Counter)  # the same for the same fault

    def add(self, case: Case, score: float) -> None:
        """Count one submission, of which the score is known."""
        self.submissions += 1
        self.passed += case["passed"]
        _count_text(self.messages, one_line(case["message"]))
        if kind_of(case) == NO_NOTEBOOK:
            return
        self.held += 1
        rest = score - case["points"] * case["passed"]
        self.rest += rest
        self.rest_squared += rest**2
        self.rest_of_passed += rest * case["passed"]
        if facts := case["facts"]:
            self.about = self.about or cut(facts["about"], LONGEST_SUMMARY)
            _count_text(self.summaries, cut(facts["summary"], LONGEST_SUMMARY))

    @property
    def discrimination(self) -> float | None:
        """The correlation of passing with the points in all other test cases.

        None if there is none: for a few submissions, or if all are the same in one of the two.
        """
        n = self.held
        if n < LEAST_FOR_CORRELATION or not 0 < self.passed < n:
            return None
        mean = self.rest / n
        variance = self.rest_squared / n - mean**2
        if variance < 1e-6:  # points are not that fine; what is left is rounding
            return None
        above = self.rest_of_passed / self.passed - mean
        return above * math.sqrt(self.passed / (n - self.passed) / variance)


@dataclass
class HourTally:
    """The submissions that came within one hour."""

    submissions: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)  # by their sentence


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
    Mean, median and scores are of all results, here, on the page and in what is printed.
    """

    sentences: Mapping[str, str] = field(default_factory=dict)  # by the mistake's name
    submissions: int = 0
    failed: int = 0
    graded: int = 0  # those with a result and at least one notebook
    faulty: int = 0
    seconds: float = 0.0
    points: float = 0.0
    possible: float = 0.0
    scores: Counter[float] = field(default_factory=Counter)  # of all results
    questions: dict[str, QuestionTally] = field(default_factory=dict)
    cases: dict[CaseId, CaseTally] = field(default_factory=dict)
    mistakes: dict[str, Reason] = field(default_factory=dict)  # by their sentence
    others: dict[str, Reason] = field(default_factory=dict)  # by the kind of fault
    hours: dict[int, HourTally] = field(default_factory=dict)  # by hours since 1970
    zone: tzinfo = UTC  # of the first time
    room_for_reasons: int = ROOM_FOR_REASONS
    faults: list[tuple[str, Submission]] = field(default_factory=list)
    fault_count: int = 0
    room_for_faults: int = ROOM_FOR_FAULTS
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
        self._add_to_lists(record, submission, None if record.failed else record.score)
        if not record.failed:
            self._add_result(record)
        if is_graded:
            self._add_graded(record, held, submission)

    @property
    def results(self) -> int:
        """How many submissions have a result."""
        return self.submissions - self.failed

    @property
    def mean(self) -> float | None:
        """The mean score of all results; of one without any notebook it is 0."""
        return round(self.points / self.results, 2) if self.results else None

    def totals(self) -> dict[str, Any]:
        """Return the sums for ``run.json``."""
        return {
            "submissions": self.submissions,
            "with_faults": self.faulty,
            "not_graded": self.failed,
            "mean": self.mean,
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
        self.scores[round(record.score, 2)] += 1
        for case in record.cases:
            self.cases.setdefault(CaseId.of(case), CaseTally()).add(case, record.score)

    def _add_graded(self, record: Record, held: list[Case], submission: Submission) -> None:
        self.graded += 1
        for question in dict.fromkeys(case["question"] for case in held):
            tally = self.questions.setdefault(question, QuestionTally())
            tally.add(record.questions[question])
        failed = [case for case in record.cases if not case["passed"]]
        by_sentence = sort_by_mistake(failed, self.sentences)
        for sentence, cases in by_sentence.items():
            self._count(self.mistakes, sentence, cases, submission)
        self._add_time(record.submitted, by_sentence)
        explained = {case["question"] for cases in by_sentence.values() for case in cases}
        for kind, cases in sort_by_kind(failed, explained).items():
            self._count(self.others, kind, cases, submission)

    def _add_time(self, submitted: str, sentences: Iterable[str]) -> None:
        """Count the mistakes of a submission by the hour in which it came, if that is known."""
        try:
            time = datetime.fromisoformat(submitted)
            time = time if time.tzinfo else time.replace(tzinfo=UTC)
            hour = int(time.timestamp() // 3600)
        except (ValueError, OverflowError):
            return
        if not self.hours:
            self.zone = time.tzinfo or UTC
        if hour in self.hours or len(self.hours) < MOST_HOURS:
            tally = self.hours.setdefault(hour, HourTally())
            tally.submissions += 1
            known = (cut(sentence, LONGEST_SENTENCE) for sentence in sentences)
            tally.mistakes.update(sentence for sentence in known if sentence in self.mistakes)

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
