"""Which submissions ``--only`` and ``--again`` mean, and which ones an earlier run knows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from . import UsageError
from .results import held, place_of, read_record, with_known
from .submissions import Submission

MOST_CANDIDATES = 5
# Of a name, or an address: what somebody may have meant to write.
PARTS = re.compile(r"[\s@]+")


def recognised(out: Path, submissions: list[Submission]) -> list[Submission]:
    """Return submissions under the names that they have in the output folder.

    A name says where in a class something lay if others have the same; so what is given alone is
    recognised by its place.
    """
    names = held(out).names
    found = {submission.name for submission in submissions}
    missing = [name for name in names if name not in found]
    if not missing or found.issubset(names):
        return submissions
    records = filter(None, (read_record(out, name) for name in missing))
    by_place = {place_of(record.file): record.name for record in records}
    return [
        submission
        if submission.name in names
        else replace(submission, name=by_place.get(place_of(submission.file), submission.name))
        for submission in submissions
    ]


def choose(words: Iterable[str], submissions: Sequence[Submission], out: Path) -> set[str]:
    """Return the names of the submissions that words mean.

    Args:
        words: each a submission's name, the name, e-mail address or number of one of its
            submitters, or a part of one of these that no other submission has.
        submissions: to choose from.
        out: the output folder, which may know more about them.

    Raises:
        UsageError: a word means none of them, or several.
    """
    words = list(words)
    if not words:  # else every record is read
        return set()
    submissions = [with_known(each, read_record(out, each.name)) for each in submissions]
    known = [(each, _called(each)) for each in submissions]
    return {_meant(word, known).name for word in words}


def _called(submission: Submission) -> list[str]:
    """Return all that a submission can be called."""
    people = (*submission.who, *submission.emails, *submission.sids)
    return [name.casefold() for name in (submission.name, *people)]


def _meant(word: str, known: list[tuple[Submission, list[str]]]) -> Submission:
    """Return the submission that a word means.

    Raises:
        UsageError: there is none, or more than one.
    """
    text = word.strip().casefold()
    exact = [each for each, names in known if text in names]
    found = exact or [each for each, names in known if any(text in name for name in names)]
    if len(found) == 1 and text:
        return found[0]
    if found and text:
        raise UsageError(f"{word} can be {_listed(found)}: give the name of one of them")
    parts = [(each, [p for name in names for p in PARTS.split(name)]) for each, names in known]
    every = {part for _, parts_of_one in parts for part in parts_of_one}
    near = difflib.get_close_matches(text, every, n=MOST_CANDIDATES)
    close = [each for each, parts_of_one in parts if not set(near).isdisjoint(parts_of_one)]
    hint = f" Is it {_listed(close)}?" if close else ""
    raise UsageError(f"{word} is no submission, and nobody, in what was given.{hint}")


def _listed(submissions: list[Submission]) -> str:
    """Return some submissions with their people, for people."""
    names = [described(each.name, each.who) for each in submissions[:MOST_CANDIDATES]]
    more = len(submissions) - len(names)
    return " or ".join(names) + (f" or one of {more} more" if more else "")


def described(name: str, who: Iterable[str]) -> str:
    """Return a submission's name with its people."""
    people = ", ".join(who)
    return f"{name} ({people})" if people else name
