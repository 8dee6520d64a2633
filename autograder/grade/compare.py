"""Say whose score changed between two runs, on which test case, from what to what.

Test cases are known by question and name, wherever they stand. What changed in the tests is said
once, at the top; below it come only those whose points changed, or who pass or fail what they did
not pass or fail before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .results import Case, Record
from .words import one_line, points

LONGEST = 160  # of a message
NEW, GONE = "new", "gone"
# Question, name, and which one of those with this name.
Place = tuple[str, str, int]


class Change(NamedTuple):
    """A test case as it was and as it is; None where it was not there."""

    old: Case | None
    new: Case | None

    @property
    def is_verdict(self) -> bool:
        """Whether a student passes what was failed, or fails what was passed or is new."""
        if self.new is None:
            return False
        passed = self.old["passed"] if self.old else True
        return bool(passed != self.new["passed"])

    @property
    def is_rewording(self) -> bool:
        """Whether there is another message, and nothing else."""
        if self.old is None or self.new is None or self.is_verdict:
            return False
        return bool(self.old["message"] != self.new["message"])

    def of_tests(self) -> Iterator[str]:
        """Yield in words how the test case itself has changed."""
        if self.old is None or self.new is None:
            yield NEW if self.old is None else GONE
            return
        if self.old["hidden"] != self.new["hidden"]:
            yield f"{'hidden' if self.new['hidden'] else 'public'} now"
        weights = points(self.old["points"]), points(self.new["points"])
        if weights[0] != weights[1]:
            yield f"weight changed, {weights[0]} -> {weights[1]} points"


@dataclass
class Comparison:
    """What was counted while `compare` went through two runs."""

    gains: list[float] = field(default_factory=list)  # how much each of the gainers gains
    losses: list[float] = field(default_factory=list)
    verdicts_only: int = 0  # submissions: cases changed, the score did not
    messages_only: int = 0
    same: int = 0
    unsure: list[str] = field(default_factory=list)  # the grader failed on them, then or now
    only_before: list[str] = field(default_factory=list)
    only_now: list[str] = field(default_factory=list)
    # What changed in the tests: a case and how, and how many submissions have and pass it.
    tests: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    renamed: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)  # was, is
    possible: Counter[tuple[str, str]] = field(default_factory=Counter)  # points, then and now

    @property
    def changed(self) -> int:
        """How many submissions have another score, or pass other test cases."""
        return len(self.gains) + len(self.losses) + self.verdicts_only

    def count(self, before: Record, now: Record, changes: list[Change], told: list[Change]) -> None:
        """Count one submission that is in both runs, with what is told of its test cases."""
        gain = gained(before, now)
        if gain > 0:
            self.gains.append(gain)
        elif gain < 0:
            self.losses.append(-gain)
        elif told:
            self.verdicts_only += 1
        elif any(change.is_rewording for change in changes):
            self.messages_only += 1
        else:
            self.same += 1
        self.possible[points(before.possible), points(now.possible)] += 1
        for change in changes:
            self._count_tests(change)

    def _count_tests(self, change: Change) -> None:
        old, new = change
        case = new or old or {}
        count = Counter(have=1, passed=int(case["passed"]))
        if old and new and old["name"] != new["name"]:
            self.renamed.setdefault((_name(old), _name(new)), Counter()).update(count)
        for how in change.of_tests():
            self.tests.setdefault((_name(case), how), Counter()).update(count)

    def of_tests(self) -> Iterator[str]:
        """Yield the lines at the top."""
        for (was, name), count in self.renamed.items():
            if (name, NEW) in self.tests:  # for others it is another test case
                self.tests[name, NEW].update(count)
                self.tests.setdefault((was, GONE), Counter()).update(count)
            else:
                self.tests[name, f"renamed, was {was}"] = count
        if self.tests:
            yield "The tests are not the same:"
        for (name, how), count in self.tests.items():
            yield f"  {name}: {how} ({count['passed']} of {count['have']} submissions pass it)"
        for (before, now), number in self.possible.items():
            if before != now:
                yield f"  points possible: {before} -> {now} ({number} submissions)"

    def totals(self) -> Iterator[str]:
        """Yield the lines at the end."""
        yield (
            f"{self.changed} changed: {len(self.gains)} gain {points(sum(self.gains))} points in "
            f"all, {len(self.losses)} lose {points(sum(self.losses))}, {self.verdicts_only} keep "
            "their score and pass other test cases"
        )
        yield f"{self.same} are the same, {self.messages_only} but for words of a message"
        for names, what in (
            (self.only_before, "only in the earlier run"),
            (self.only_now, "only in this run"),
            (self.unsure, "not compared, because the grader itself failed"),
        ):
            if names:
                yield f"{len(names)} {what}: {', '.join(sorted(names))}"


def compare(
    pairs: Iterable[tuple[Record | None, Record | None]], comparison: Comparison
) -> Iterator[str]:
    """Compare two complete runs, one submission and the lines so far in memory.

    Args:
        pairs: each submission's record in the earlier run and in this one; None where it is not.
        comparison: counts what is found.

    Yields:
        What to print, line by line.
    """
    lines: list[str] = []  # of the few that changed
    for before, now in pairs:
        if before and now:
            lines += _compare_one(before, now, comparison)
        elif before:
            comparison.only_before.append(before.name)
        elif now:
            comparison.only_now.append(now.name)
    yield from comparison.of_tests()
    yield from lines
    yield from comparison.totals()


def gained(before: Record, now: Record) -> float:
    """Return how many points more there are now, rounded as points are shown."""
    return round(round(now.score, 2) - round(before.score, 2), 2)


def _compare_one(before: Record, now: Record, comparison: Comparison) -> Iterator[str]:
    """Yield lines about one submission if its score or a verdict changed."""
    if before.failed or now.failed:
        comparison.unsure.append(now.name)
        return
    changes = list(_changes(before, now))
    told = _news(changes)
    comparison.count(before, now, changes, told)
    if not gained(before, now) and not told:
        return
    who = f" ({one_line(', '.join(now.who))})" if now.who else ""
    yield f"{now.name}{who}: {_points(before)} -> {_points(now)} points"
    for change in told:
        yield from _lines(change)


def _news(changes: list[Change]) -> list[Change]:
    """Return where a student passes or fails what was otherwise before.

    To fail a new test case is none in a question of which nothing is passed anyway.
    """
    cases = [case for change in changes for case in change if case]
    passed = {case["question"] for case in cases if case["passed"]}
    return [
        change
        for change in changes
        if change.is_verdict and (change.old or (change.new and change.new["question"] in passed))
    ]


def _points(record: Record) -> str:
    return f"{points(record.score)} of {points(record.possible)}"


# -- which test case is which -----------------------------------------------------------------


def _changes(before: Record, now: Record) -> Iterator[Change]:
    """Yield all test cases, each as it was and as it is; those that are gone come last."""
    old, new = _by_place(before), _by_place(now)
    renamed = _renamed(old, new)
    for place, case in new.items():
        yield Change(old.get(renamed.get(place, place)), case)
    gone = old.keys() - new.keys() - set(renamed.values())
    for place, case in old.items():
        if place in gone:
            yield Change(case, None)


def _by_place(record: Record) -> dict[Place, Case]:
    """Return the test cases by what stays when others are added or removed."""
    seen: Counter[tuple[str, str]] = Counter()
    cases: dict[Place, Case] = {}
    for case in record.cases:
        name = case["question"], case["name"]
        cases[(*name, seen[name])] = case
        seen[name] += 1
    return cases


def _renamed(old: dict[Place, Case], new: dict[Place, Case]) -> dict[Place, Place]:
    """Return for each new name the old one, as far as only a name can have changed.

    Of one question, as many public or hidden test cases have gone as have come, and both of a pair
    have the same verdict: then a student learns nothing from two lines. A test case that became
    another one under another name shows where verdicts differ.
    """
    came: dict[tuple[str, bool], list[Place]] = {}
    went: dict[tuple[str, bool], list[Place]] = {}
    for cases, others, places in ((new, old, came), (old, new, went)):
        for place, case in cases.items():
            if place not in others:
                places.setdefault((place[0], case["hidden"]), []).append(place)
    return {
        one: other
        for kind, places in came.items()
        if len(places) == len(went.get(kind, ()))
        for one, other in zip(places, went[kind], strict=True)
        if new[one]["passed"] == old[other]["passed"]
    }


# -- in words ---------------------------------------------------------------------------------


def _name(case: Case) -> str:
    kind = "hidden" if case["hidden"] else "public"
    return f"{case['question']}, case {case['case']} ({kind}, {case['name']})"


def _lines(change: Change) -> Iterator[str]:
    """Yield lines about one test case of one submission."""
    yield f"  {_name(change.new or change.old or {})}: {_state(change.old)} -> {_state(change.new)}"
    for word, state in (("before", change.old), ("now", change.new)):
        if state and state["message"]:
            yield f"    {word}: {one_line(state['message'], LONGEST)}"


def _state(case: Case | None) -> str:
    if case is None:
        return "not there"
    earned = case["points"] if case["passed"] else 0
    return (
        f"{'passed' if case['passed'] else 'failed'}, {points(earned)} of {points(case['points'])}"
    )
