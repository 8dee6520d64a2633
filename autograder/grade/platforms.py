"""How learning platforms name what they export, and what those names and their metadata say.

Who somebody is, and when they submitted, comes from here alone: from names that the platform has
made and from its own file beside them, never from inside a submission.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..grader.files import Renamed, Source, ZipFolder, read_files
from .entries import Entry, part_of

METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Platform:
    """How a learning platform names what it exports.

    In both patterns, ``student`` and ``id`` say whose it is, ``when`` and ``again`` which attempt,
    ``late`` that it came late, and ``own`` what its student called the file.

    Attributes:
        name: the platform's, for people.
        folder: the name of a student's folder; None if there are none.
        file: the name of a student's file; None if there are none.
        beside: a file of the platform's own, if there is one.
        inside: what the export is called, if it is the only folder in the one that is given.
        is_common: students give such names as well.
        takes_feedback: it takes a zip file with feedback, whose names begin as those it exported.
    """

    name: str
    folder: re.Pattern[str] | None = None
    file: re.Pattern[str] | None = None
    beside: str | None = None
    inside: re.Pattern[str] = re.compile(".*")
    is_common: bool = False
    takes_feedback: bool = False

    def match(self, entry: Entry) -> re.Match[str] | None:
        """Return what a name says; None if this platform has no such names."""
        pattern = self.folder if entry.is_folder else self.file
        # Only in a zip file can a name be longer, and it would take long to match.
        if pattern is None or len(entry.name) > LONGEST_NAME:
            return None
        return pattern.fullmatch(entry.name)


LONGEST_NAME = 255
MOODLE = r"(?P<student>.+?)_assignsubmission_[^\W_]+"
BRIGHTSPACE = (
    r"(?P<student>\d+-\d+ ?- .+?) - (?P<when>[\w .,:]*\b\d{4},? [\d.:]{3,5}(?: ?[AaPp][Mm])?)"
)
# Of a file that has been submitted before, Canvas changes the name.
CANVAS = r"_(?:(?P<number>\d+)_(?P<own>.+?(?:-(?P<again>\d{1,4}))?(?:\.\w+)?)|(?:text|link)\.html)"
PLATFORMS = (
    # A student could imitate its export, names of others included.
    Platform(
        "Gradescope",
        folder=re.compile(r"(?P<student>submission_\d+)"),
        beside=METADATA,
        inside=re.compile(".*export.*"),
    ),
    # The words behind the name are the same in all languages.
    Platform(
        "Moodle",
        folder=re.compile(f"{MOODLE}_?"),
        file=re.compile(f"{MOODLE}_(?P<own>.+)"),
        takes_feedback=True,
    ),
    Platform(
        "Brightspace",
        folder=re.compile(BRIGHTSPACE),
        file=re.compile(f"{BRIGHTSPACE} - (?P<own>.+)"),
        beside="index.html",
    ),
    # "attempt" is another word in other languages.
    Platform(
        "Blackboard",
        file=re.compile(
            r"(?P<student>.+?)_[^\W\d_]+_(?P<when>\d{4}(?:-\d\d){5})(?:\.txt|_(?P<own>.+))"
        ),
    ),
    # Where those who grade see names, and where they must not.
    Platform(
        "Canvas",
        file=re.compile(
            r"(?P<anonymous>(?P<late>LATE_)?(?=anon_))?"
            r"(?P<student>(?(anonymous)anon_[^\W_]+|.+?))"
            rf"(?(anonymous)|(?P<behind>_LATE)?_(?P<id>\d+)){CANVAS}"
        ),
        is_common=True,
        takes_feedback=True,
    ),
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# 2026-03-01 09:55:00.123 -0800, as Ruby and YAML write a time; or with a T, and a colon.
TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d{1,12})? ?(?:(Z|UTC)|([+-]\d\d):?(\d\d))?"
)
# Makes texts of everything, so that a student number keeps its zeros, and passes over what Ruby
# says about its own classes.
AS_TEXT = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NOTHING = ("", "~", "null")
# A thousand submissions with all their results have some 20 MB and 2 million events.
METADATA_MB, MOST_EVENTS, DEEPEST = 100, 10_000_000, 100


def platform_of(entries: Iterable[Entry]) -> Platform | None:
    """Return the platform that gave one of the entries its name, if any did."""
    telling = [entry for entry in entries if entry.may_hold_work]
    for platform in PLATFORMS:
        if any(map(platform.match, telling)):
            return platform
    return None


# -- what a name says -------------------------------------------------------------------------


class Found(NamedTuple):
    """A student's file or folder in an export, and what its name says."""

    entry: Entry
    about: dict[str, str | None]

    @property
    def label(self) -> str:
        """Whose it is."""
        return "_".join(filter(None, (self.about["student"], self.about.get("id"))))

    @property
    def is_late(self) -> bool:
        """Whether the platform says that it came late."""
        return bool(self.about.get("late") or self.about.get("behind"))

    @property
    def moment(self) -> datetime | None:
        """When it was submitted, if its name says so."""
        return moment(self.about.get("when") or "")

    @property
    def source(self) -> Source:
        """Where it is, under the name that its student gave it."""
        source, own = self.entry.source, self.about.get("own")
        if own and isinstance(source, ZipFolder):
            return replace(source, prefix=source.prefix + self.entry.name.removesuffix(own))
        return Renamed(source, own) if own and isinstance(source, Path) else source

    @property
    def start(self) -> str:
        """What its name begins with, up to the name that its student gave it; "" without one."""
        if self.entry.is_folder:
            return f"{self.entry.name}/"
        own = self.about.get("own")
        return self.entry.name.removesuffix(own) if own else ""

    @property
    def original(self) -> str:
        """The name that it had when it was first submitted."""
        own, again = self.about.get("own") or self.entry.name, self.about.get("again")
        if again is None:
            return own
        start, _, ending = own.rpartition(f"-{again}")
        return start + ending

    @property
    def turn(self) -> tuple[int, int]:
        """When it was submitted, among files with one original name."""
        return int(self.about.get("again") or 0), int(self.about.get("number") or 0)


def latest(found: list[Found]) -> tuple[list[Found], int]:
    """Return what counts of all that a student submitted, and how many attempts there are."""
    moments = [each.moment for each in found]
    known = [when for when in moments if when]
    if len(known) == len(found):
        found = [each for each, when in zip(found, moments, strict=True) if when == max(known)]
    same = _group(found, key=lambda each: each.original)
    # Students number their files as well: part-1 and part-2 both count.
    same = [
        again
        for files in same
        for again in (_group(files, key=_part_or_name) if len(files) > 1 else [files])
    ]
    last = [max(files, key=lambda each: each.turn) for files in same]
    return last, max(len(set(moments)), *map(len, same))


def _part_or_name(found: Found) -> bytes | str:
    """Return the part of the homework that a notebook is; of anything else, its name."""
    return (found.entry.is_notebook and part_of(found.entry)) or found.entry.name


def _group(found: list[Found], key: Callable[[Found], bytes | str]) -> list[list[Found]]:
    """Return in groups what has the same key, in order."""
    groups: dict[bytes | str, list[Found]] = defaultdict(list)
    for each in found:
        groups[key(each)].append(each)
    return list(groups.values())


def moment(text: str) -> datetime | None:
    """Return a platform's date and time; None if the text has no such, or in unknown words."""
    numbers = [int(number) for number in re.findall(r"\d+", re.sub("[:.]", "", text))]
    words = re.findall("[a-z]+", text.lower())
    months = [MONTHS.index(word[:3]) + 1 for word in words if word[:3] in MONTHS]
    if len(numbers) == 3 and len(months) == 1:
        day, year = sorted(numbers[:2])
        hour, minute = divmod(numbers[2], 100)
        if words[-1] in ("am", "pm"):
            hour = hour % 12 + 12 * (words[-1] == "pm")
        numbers = [year, months[0], day, hour, minute]
    elif len(numbers) != 6:
        return None
    try:
        return datetime(*numbers)  # type: ignore[arg-type]  # five or six numbers
    except (ValueError, OverflowError):
        return None


# -- Gradescope's metadata --------------------------------------------------------------------


@dataclass
class Metadata:
    """What an export's own file says about one submission.

    Attributes:
        people: by number, each with ``name``, ``email`` and ``sid``, as far as known.
        submitted: when, in ISO 8601; "" if that is not known.
    """

    people: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    submitted: str = ""

    def column(self, key: str) -> tuple[str, ...]:
        """Return the names, the e-mail addresses or the numbers of all submitters."""
        return tuple(person[key] for person in self.people.values() if person.get(key))


def read_metadata(source: Source) -> dict[str, Metadata]:
    """Return what is said about each submission; what cannot be read is left out."""
    about: dict[str, Metadata] = defaultdict(Metadata)
    try:
        (file,) = read_files([source], METADATA_MB).files
        for path, value in _leaves(file.data.decode("utf-8-sig", "replace")):
            match path:
                case [str(name), ":submitters" | "submitters", int(number), str(key)]:
                    person = {key.strip(":"): value} if value not in NOTHING else {}
                    about[name].people[number] |= person
                case [str(name), ":created_at" | "created_at"]:
                    about[name].submitted = _iso(value)
    except (ValueError, yaml.YAMLError):
        print(f"{METADATA} cannot be read, or not to its end: names are missing", file=sys.stderr)
    return about


def _iso(text: str) -> str:
    """Return a time in ISO 8601, with the offset that it has; "" if it is none."""
    match = TIME.fullmatch(text.strip())
    if match is None:
        return ""
    day, time, utc, hours, minutes = match.groups()
    offset = "+00:00" if utc else f"{hours}:{minutes}" if hours else ""
    try:
        return datetime.fromisoformat(f"{day}T{time}{offset}").isoformat()
    except ValueError:
        return ""


def _leaves(text: str) -> Iterator[tuple[list[Any], str]]:
    """Yield what YAML says, each with the keys and numbers that lead to it.

    No objects are made, and aliases are not followed: a few of them could stand for billions.

    Raises:
        yaml.YAMLError: it is damaged.
        ValueError: it is larger or deeper than metadata are.
    """
    path: list[Any] = []  # in each list or mapping that is open: number, or key if it has come
    for number, event in enumerate(yaml.parse(text, AS_TEXT)):
        if number > MOST_EVENTS or len(path) > DEEPEST:
            raise ValueError("too large")
        if isinstance(event, yaml.CollectionStartEvent):
            path.append(0 if isinstance(event, yaml.SequenceStartEvent) else None)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            path.pop()
        elif not isinstance(event, yaml.NodeEvent):
            continue
        elif isinstance(event, yaml.ScalarEvent) and path and path[-1] is not None:
            yield path, event.value
        if path and isinstance(path[-1], int):
            path[-1] += 1
        elif path:
            path[-1] = getattr(event, "value", "") if path[-1] is None else None
