"""Say whose score changed between two runs, on which test case, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .results import Case, Record
from .words import one_line

LONGEST = 160  # of a message
# A test case as it was and as it is; None where it was not there.
Change = tuple[Case | None, Case | None]


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

    @property
    def changed(self) -> int:
        """How many submissions have another score, or pass other test cases."""
        return len(self.gains) + len(self.losses) + self.verdicts_only

    def count(self, before: Record, now: Record, cases: list[Change]) -> None:
        """Count one submission that is in both runs."""
        if now.score > before.score:
            self.gains.append(now.score - before.score)
        elif now.score < before.score:
            self.losses.append(before.score - now.score)
        elif any(_counts(old, new) for old, new in cases):
            self.verdicts_only += 1
        elif cases:
            self.messages_only += 1
        else:
            self.same += 1

    def totals(self) -> Iterator[str]:
        """Yield the lines at the end."""
        yield (
            f"{self.changed} changed: {len(self.gains)} gain {sum(self.gains):g} points in all, "
            f"{len(self.losses)} lose {sum(self.losses):g}, {self.verdicts_only} keep their score "
            "and pass other test cases"
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
    """Compare two complete runs, one submission in memory at a time.

    Args:
        pairs: each submission's record in the earlier run and in this one; None where it is not.
        comparison: counts what is found.

    Yields:
        What to print, line by line.
    """
    for before, now in pairs:
        if before and now:
            yield from _compare_one(before, now, comparison)
        elif before:
            comparison.only_before.append(before.name)
        elif now:
            comparison.only_now.append(now.name)
    yield from comparison.totals()


def _compare_one(before: Record, now: Record, comparison: Comparison) -> Iterator[str]:
    """Yield lines about one submission if its score or a verdict changed."""
    if before.failed or now.failed:
        comparison.unsure.append(now.name)
        return
    cases = list(_changes(before, now))
    comparison.count(before, now, cases)
    shown = [pair for pair in cases if _counts(*pair) or before.score != now.score]
    if before.score == now.score and not any(_counts(*pair) for pair in cases):
        return
    who = f" ({one_line(', '.join(now.who))})" if now.who else ""
    yield f"{now.name}{who}: {_points(before)} -> {_points(now)} points"
    for pair in shown:
        yield from _lines(*pair)


def _points(record: Record) -> str:
    return f"{record.score:g} of {record.possible:g}"


def _changes(before: Record, now: Record) -> Iterator[Change]:
    """Yield the test cases that are not the same."""
    old, new = _by_place(before), _by_place(now)
    for place in [*new, *(place for place in old if place not in new)]:
        was, now_is = old.get(place), new.get(place)
        if was is None or now_is is None or not _is_same(was, now_is):
            yield was, now_is


def _by_place(record: Record) -> dict[tuple[str, str, bool], Case]:
    """Return the test cases by question and name, which stays when another one is put before it."""
    return {(case["question"], case["name"], case["hidden"]): case for case in record.cases}


def _is_same(old: Case, new: Case) -> bool:
    return not _counts(old, new) and bool(old["message"] == new["message"])


def _counts(old: Case | None, new: Case | None) -> bool:
    """Whether it is a change of its own: a new test case alone is none, nor are words."""
    if old is None or new is None:
        return False
    return bool((old["passed"], old["points"]) != (new["passed"], new["points"]))


def _lines(old: Case | None, new: Case | None) -> Iterator[str]:
    """Yield lines about one test case."""
    case = new or old or {}
    kind = "hidden" if case["hidden"] else "public"
    place = f"{case['question']}, case {case['case']} ({kind}, {case['name']})"
    yield f"  {place}: {_state(old)} -> {_state(new)}"
    for word, state in (("before", old), ("now", new)):
        if state and state["message"]:
            yield f"    {word}: {one_line(state['message'], LONGEST)}"


def _state(case: Case | None) -> str:
    if case is None:
        return "not there"
    earned = case["points"] if case["passed"] else 0
    return f"{'passed' if case['passed'] else 'failed'}, {earned:g} of {case['points']:g}"
