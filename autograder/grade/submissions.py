"""Find submissions: their names, where their files are, and who sent them.

`RULE` says which folder is one submission, and which one holds many; `PLATFORMS` says how learning
platforms name what they export. Names, links and metadata may be hostile: no link is followed,
what cannot be read stays an entry, and who somebody is comes from the export alone.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import yaml

from ..grader.files import (
    MOST_ENTRIES,
    NOTEBOOK_MB,
    Renamed,
    Source,
    Unreadable,
    ZipFolder,
    is_notebook,
    is_skipped,
    open_export,
    read_files,
)
from . import UsageError

RULE = """\
what counts as one submission:
  A notebook and a zip file are one submission each. A folder is one submission if notebooks lie
  directly in it, no two of the same part of the homework, and beside them neither zip files nor
  folders that are empty or hold notebooks. Any other folder is a folder of submissions: each
  entry in it is one, whatever it is. --one takes every folder and zip file given as one
  submission. Hidden files are left out, and so are the folders of --out and --compare.
  What a learning platform exports is a class, unpacked or not; it is known by its names:
    Gradescope   submission_NNN/; who submitted is read from submission_metadata.yml
    Canvas       lovelaceada_LATE_123_456_NAME.ipynb; of NAME.ipynb and NAME-1.ipynb the latter
    Moodle       Ada Lovelace_123_assignsubmission_file/, or files whose names begin like this
    Brightspace  12-345 - Ada Lovelace - 1 March, 2026 955 AM/, or files that begin like this
    Blackboard   Homework_alovelace_attempt_2026-03-01-09-55-00_NAME.ipynb
  Of several attempts of one student the latest counts, and the table says so. Unpack a zip file
  of a class that comes from elsewhere.
  Of several files and folders that are given (class/*), each is one submission if one of them can
  be nothing else, they are exports only if all are, and no link among them is followed.
"""

METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Platform:
    """How a learning platform names what it exports.

    In both patterns, ``student`` and ``id`` say whose it is, ``when`` and ``again`` which attempt,
    and ``own`` what its student called the file.

    Attributes:
        name: of the platform.
        folder: the name of a student's folder; None if there are none.
        file: the name of a student's file; None if there are none.
        beside: a file of the platform's own, if there is one.
        inside: what the export is called, if it is the only folder in the one that is given.
        takes_feedback: it takes a zip file with feedback, whose names begin as those it exported.
    """

    name: str
    folder: re.Pattern[str] | None = None
    file: re.Pattern[str] | None = None
    beside: str | None = None
    inside: re.Pattern[str] = re.compile(".*")
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
    # A student could imitate Gradescope's export, names of others included.
    Platform(
        name="Gradescope",
        folder=re.compile(r"(?P<student>submission_\d+)"),
        beside=METADATA,
        inside=re.compile(".*export.*"),
    ),
    # The words behind the name are the same in all languages.
    Platform(
        name="Moodle",
        folder=re.compile(f"{MOODLE}_?"),
        file=re.compile(f"{MOODLE}_(?P<own>.+)"),
        takes_feedback=True,
    ),
    Platform(
        name="Brightspace",
        folder=re.compile(BRIGHTSPACE),
        file=re.compile(f"{BRIGHTSPACE} - (?P<own>.+)"),
        beside="index.html",
    ),
    # "attempt" is another word in other languages.
    Platform(
        name="Blackboard",
        file=re.compile(
            r"(?P<student>.+?)_[^\W\d_]+_(?P<when>\d{4}(?:-\d\d){5})(?:\.txt|_(?P<own>.+))"
        ),
    ),
    # Where those who grade see names, and where they must not.
    Platform(
        name="Canvas",
        file=re.compile(
            r"(?P<anonymous>(?:LATE_)?(?=anon_))?(?P<student>(?(anonymous)anon_[^\W_]+|.+?))"
            rf"(?(anonymous)|(?:_LATE)?_(?P<id>\d+)){CANVAS}"
        ),
        takes_feedback=True,
    ),
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Whoever unpacks an export may get folders around it. What lies deeper is a student's.
MOST_WRAPPERS = 3
# Otter's mark in a notebook. Searched, not parsed: it decides no more than what belongs together.
ASSIGNMENT = re.compile(rb'"assignment_name"\s*:\s*"([^"]*)"')
# Makes texts of everything, so that a student number keeps its zeros, and passes over what Ruby
# says about its own classes.
AS_TEXT = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NOTHING = ("", "~", "null")
# A thousand submissions with all their results have some 20 MB and 2 million events.
METADATA_MB, MOST_EVENTS, DEEPEST = 100, 10_000_000, 100


@dataclass(frozen=True)
class Submission:
    """One submission: its name, where its files are, and who sent it.

    Attributes:
        name: unique in a run.
        file: for people: where it came from.
        sources: where its files are.
        who: names of the submitters; like ``emails`` and ``sids`` from Gradescope's metadata.
        section: of a class with several, which one; else "".
        submitted: when, as ISO 8601 with offset; "" if the export does not tell.
        late: the platform's mark.
        platform: that exported it, as "Canvas"; "" if none did.
        upload_as: what the name of a file begins with that the platform takes for feedback on
            this submission; "" if it takes none.
        key: hash of all that the result depends on; "" as long as nothing has been read.
        digest: hash of the work itself, "" where there is none to speak of.
    """

    name: str
    file: str
    sources: tuple[Source, ...]
    who: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    sids: tuple[str, ...] = ()
    section: str = ""
    submitted: str = ""
    late: bool = False
    platform: str = ""
    upload_as: str = ""
    key: str = ""
    digest: str = ""


class Entry(NamedTuple):
    """What lies in a folder or in a zip file."""

    name: str
    is_folder: bool
    source: Source
    file: str  # for people: where it is

    @property
    def label(self) -> str:
        """What a submission that consists of it is called."""
        return self.name if self.is_folder else PurePosixPath(self.name).stem

    @property
    def is_notebook(self) -> bool:
        """Whether it calls itself a notebook."""
        return not self.is_folder and is_notebook(self.name)

    @property
    def is_zip(self) -> bool:
        """Whether it calls itself a zip file."""
        return not self.is_folder and self.name.lower().endswith(".zip")


# -- finding ----------------------------------------------------------------------------------


def find(places: Iterable[Path], one: bool = False, skip: Iterable[Path] = ()) -> list[Submission]:
    """Return the submissions in files and folders, in order, with unique names.

    Args:
        places: as given on the command line.
        one: every folder and every zip file given is one submission.
        skip: folders to leave out, such as the one that results go to.

    Raises:
        UsageError: there is no such file or folder, or all that is given may not be read.
    """
    places = list(places)
    left_out = {os.path.realpath(path) for path in skip}
    alone = len(places) == 1
    given = [_given(place, alone) for place in places if alone or _where(place) not in left_out]
    found: dict[tuple[str, ...], Submission] = {}
    for submission in _find_in(given, one, left_out):
        found.setdefault(tuple(map(_identity, submission.sources)), submission)
    return _named_apart(list(found.values()))


def _given(place: Path, alone: bool) -> Entry:
    """Return a place of the command line.

    A link is followed only if it is all that is given: of several, any may be a student's.

    Raises:
        UsageError: there is no such place, or it is alone and may not be read.
    """
    if not os.path.lexists(place):
        raise UsageError(f"{place}: no such file or folder")
    if alone and not os.access(place, os.R_OK):
        raise UsageError(f"{place}: cannot be read")
    path = Path(os.path.realpath(place)) if alone else place.absolute()
    is_folder = _is_folder(path)
    return Entry(path.name if is_folder else place.name, is_folder, path, str(place))


def _where(path: Path) -> str:
    """Return where something is, links to it resolved, and itself not followed."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def _identity(source: Source) -> str:
    """Return what is the same for the same source, however it was given."""
    if isinstance(source, ZipFolder):
        first = source.members[0].orig_filename if source.members else source.prefix
        return f"{os.path.realpath(source.archive.filename or '')}/{first}"
    return _where(source.path if isinstance(source, Renamed) else source)


def _find_in(given: list[Entry], one: bool, left_out: set[str]) -> Iterator[Submission]:
    """Yield the submissions in what was given."""
    # The shell makes many of class/*, which may be what a platform exported.
    siblings = len({os.path.dirname(_identity(entry.source)) for entry in given}) == 1 < len(given)
    together = _platform([(given[0], given)]) if siblings and not one else None
    if together is not None:
        yield from _exported(*together)
        return
    exports = [None if one else _export(entry, left_out) for entry in given]
    # Of several, any may be a student's that looks like an export, or like a class.
    one = one or (len(given) > 1 and any(_is_students(entry, left_out) for entry in given))
    for entry, export in zip(given, exports, strict=True):
        if export is None or None in exports:
            yield from _others(entry, one, left_out)
        else:
            yield from _exported(*export)


def _is_students(entry: Entry, left_out: set[str]) -> bool:
    """Whether it can only be one student's."""
    return not entry.is_folder or _is_one(list(_entries(entry, left_out)))


def _levels(entry: Entry, left_out: set[str]) -> Iterator[tuple[Entry, list[Entry]]]:
    """Yield a folder with its entries, then the only folder in it, and so on."""
    for _ in range(MOST_WRAPPERS + 1):
        entries = sorted(_entries(entry, left_out), key=lambda entry: entry.name)
        yield entry, entries
        if len(entries) != 1 or not entries[0].is_folder:
            return
        (entry,) = entries


def _entries(folder: Entry, left_out: set[str]) -> Iterator[Entry]:
    """Yield what lies in a folder, except for what is no student's own."""
    source = folder.source
    if isinstance(source, ZipFolder):
        yield from _members(source, folder.file)
    elif isinstance(source, Path) and folder.is_folder:
        try:
            names = os.listdir(source)
        except OSError:  # it may not be read; the grader will say so
            return
        for path in (source / name for name in names if not is_skipped(name)):
            if _where(path) not in left_out:
                name = path.name
                yield Entry(name, _is_folder(path), path, str(Path(folder.file, name)))


def _members(folder: ZipFolder, file: str) -> Iterator[Entry]:
    """Yield what lies in a folder of a zip file."""
    found: dict[tuple[str, str], list[zipfile.ZipInfo]] = defaultdict(list)
    for info in folder.members:
        path = info.orig_filename.replace("\\", "/").removeprefix(folder.prefix)
        name, slash, rest = path.partition("/")
        if not is_skipped(name):
            found[name, slash] += [info] if rest or not slash else []
    for (name, slash), infos in found.items():
        prefix = f"{folder.prefix}{name}/" if slash else folder.prefix
        source = ZipFolder(folder.archive, prefix, infos)
        yield Entry(name, bool(slash), source, f"{file}/{name}")


def _is_folder(path: Path) -> bool:
    # Not `Path.is_dir`, which raises where it may not look.
    return os.path.isdir(path) and not os.path.islink(path)


# -- what a platform exported -----------------------------------------------------------------


def _export(entry: Entry, left_out: set[str]) -> tuple[Platform, list[Entry]] | None:
    """Return the platform that exported a folder or a zip file, and its entries; or None.

    A zip file that is one stays open until all is read: it may be too large for the memory.
    """
    if entry.is_folder or not isinstance(entry.source, Path):
        return _platform(_levels(entry, left_out))
    try:
        archive = open_export(entry.source)
    except (OSError, Unreadable):
        return None
    whole = ZipFolder(archive, "", archive.infolist())
    export = _platform(_levels(entry._replace(source=whole), left_out))
    if export is None and archive.fp is not None:
        archive.fp.close()
    return export


def _platform(
    levels: Iterable[tuple[Entry, list[Entry]]],
) -> tuple[Platform, list[Entry]] | None:
    for depth, (folder, entries) in enumerate(levels):
        telling = [e for e in entries if e.is_folder or e.is_notebook or e.is_zip]
        for platform in PLATFORMS:
            # The only folder in a folder may be a student's.
            is_given = depth == 0 or isinstance(folder.source, ZipFolder)
            inside = is_given or platform.inside.fullmatch(folder.name)
            if inside and any(map(platform.match, telling)):
                return platform, entries
    return None


def _exported(platform: Platform, entries: list[Entry]) -> Iterator[Submission]:
    """Yield the submissions in an export; what has another name is one of its own."""
    own = [entry for entry in entries if entry.name == platform.beside]
    who = _who(own[0].source) if platform.beside == METADATA and own else {}
    students: dict[str, list[Found]] = defaultdict(list)
    others = []
    for entry in entries:
        match = platform.match(entry)
        if match is not None:
            about = match.groupdict()
            label = "_".join(filter(None, (about["student"], about.get("id"))))
            students[label].append(Found(entry, about))
        elif entry not in own:
            others.append(entry)
    for label, found in students.items():
        latest, attempts = _latest(found)
        file = latest[0].entry.file
        note = f" (the latest of {attempts} attempts)" if attempts > 1 else ""
        sources = tuple(each.source for each in latest)
        submission = _submission(sources, f"{file}{note}", label, who.get(label, {}).values())
        starts = [each.start for each in latest] if platform.takes_feedback else []
        upload_as = next(filter(None, starts), "")
        yield replace(submission, platform=platform.name, upload_as=upload_as)
    yield from _one_each(others)


class Found(NamedTuple):
    """A student's file or folder in an export, and what its name says."""

    entry: Entry
    about: dict[str, str | None]

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


def _latest(found: list[Found]) -> tuple[list[Found], int]:
    """Return what counts of all that a student submitted, and how many attempts there are."""
    moments = [_moment(each.about.get("when") or "") for each in found]
    if all(moments):
        found = [each for each, when in zip(found, moments, strict=True) if when == max(moments)]
    same = _group(found, key=lambda each: each.original)
    # Students number their files as well: part-1 and part-2 both count.
    same = [
        again
        for files in same
        for again in (_group(files, key=_part_or_name) if len(files) > 1 else [files])
    ]
    latest = [max(files, key=lambda each: each.turn) for files in same]
    return latest, max(len(set(moments)), *map(len, same))


def _part_or_name(found: Found) -> bytes | str:
    """Return the part of the homework that a notebook is; of anything else, its name."""
    return (found.entry.is_notebook and _part(found.entry)) or found.entry.name


def _group(found: list[Found], key: Callable[[Found], bytes | str]) -> list[list[Found]]:
    """Return in groups what has the same key, in order."""
    groups: dict[bytes | str, list[Found]] = defaultdict(list)
    for each in found:
        groups[key(each)].append(each)
    return list(groups.values())


def _moment(text: str) -> tuple[int, ...]:
    """Return a platform's date and time as numbers that can be compared; none if it has no such."""
    numbers = [int(number) for number in re.findall(r"\d+", re.sub("[:.]", "", text))]
    if len(numbers) == 6:
        return tuple(numbers)
    words = re.findall("[a-z]+", text.lower())
    months = [MONTHS.index(word[:3]) for word in words if word[:3] in MONTHS]
    if len(numbers) != 3 or len(months) != 1:
        return ()
    day, year = sorted(numbers[:2])
    hour, minute = divmod(numbers[2], 100)
    if words[-1] in ("am", "pm"):
        hour = hour % 12 + 12 * (words[-1] == "pm")
    return year, months[0], day, hour, minute


# -- folders of other origin ------------------------------------------------------------------


def _others(entry: Entry, one: bool, left_out: set[str]) -> list[Submission]:
    """Return the submissions in what no platform exported."""
    levels = _levels(entry, left_out)
    whole, entries = next(levels) if one else deque(levels, 1)[0]
    if one or not entries or _is_one(entries):
        return [_submission((whole.source,), whole.file, whole.label)]
    return list(_one_each(entries))


def _is_one(entries: list[Entry]) -> bool:
    """Whether a folder with these entries is one student's; see `RULE`."""
    notebooks = [entry for entry in entries if entry.is_notebook]
    if not notebooks or any(entry.is_zip or _may_be_one(entry) for entry in entries):
        return False
    parts = [_part(notebook) for notebook in notebooks]
    return len(set(parts)) == len(parts)


def _may_be_one(entry: Entry) -> bool:
    """Whether an entry beside notebooks is a folder that can be another submission, or empty."""
    if not entry.is_folder or not isinstance(entry.source, Path):
        return False
    names = [name.lower() for name in islice(_files_below(entry.source), MOST_ENTRIES)]
    return not names or any(name.endswith((".ipynb", ".zip")) for name in names)


def _files_below(folder: Path) -> Iterator[str]:
    """Yield the names of plain files. Without recursion: folders may lie very deep."""
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if is_skipped(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry.name
        except OSError:  # it may not be read; the grader will say so
            continue


def _part(notebook: Entry) -> bytes:
    """Return the part of the homework that a notebook says it is."""
    files = read_files([notebook.source], NOTEBOOK_MB).files
    match = ASSIGNMENT.search(files[0].data) if files else None
    return match[1] if match else b""


def _one_each(entries: list[Entry]) -> Iterator[Submission]:
    """Yield entries, each as a submission of its own."""
    labels = set()
    for entry in entries:
        # Two that are called the same, ada.zip and ada.ipynb, keep their endings.
        label = entry.name if entry.label in labels else entry.label
        labels.add(label)
        yield _submission((entry.source,), entry.file, label)


def _submission(
    sources: tuple[Source, ...], file: str, label: str, who: Iterable[Mapping[str, str]] = ()
) -> Submission:
    columns = {key: tuple(p[key] for p in who if p.get(key)) for key in ("name", "email", "sid")}
    return Submission(
        _safe_name(label), file, sources, columns["name"], columns["email"], columns["sid"]
    )


def _safe_name(text: str) -> str:
    """Return a name that is fit for a folder on any machine."""
    text = re.sub(r"[^\w .,@+()-]", "_", unicodedata.normalize("NFC", text)).strip(" .")[:100]
    # File systems count bytes, 255 at most, and a number may come behind it.
    return text.encode()[:200].decode(errors="ignore").strip(" .") or "submission"


def _named_apart(submissions: list[Submission]) -> list[Submission]:
    """Return the submissions with unique names; equal ones get their folder's name in front."""
    common = Counter(submission.name.casefold() for submission in submissions)
    taken: set[str] = set()
    result = []
    for submission in submissions:
        name = submission.name
        if common[name.casefold()] > 1:
            name = _safe_name(f"{PurePosixPath(submission.file).parent.name}-{name}")
        base, number = name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        result.append(replace(submission, name=name))
    return result


# -- Gradescope's metadata --------------------------------------------------------------------


def _who(source: Source) -> dict[str, dict[int, dict[str, str]]]:
    """Return the submitters of each submission, by number; what cannot be read is left out.

    Each is a dictionary with ``name``, ``email`` and ``sid``, as far as known.
    """
    people: dict[str, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    try:
        (file,) = read_files([source], METADATA_MB).files
        for path, value in _leaves(file.data.decode("utf-8-sig", "replace")):
            match path:
                case [str(name), ":submitters" | "submitters", int(number), str(key)]:
                    people[name][number] |= {key.strip(":"): value} if value not in NOTHING else {}
    except (ValueError, yaml.YAMLError):
        print(f"{METADATA} cannot be read, or not to its end: names are missing", file=sys.stderr)
    return people


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
