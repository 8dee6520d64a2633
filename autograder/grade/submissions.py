"""Find submissions: their names, where their files are, and who sent them.

`RULE` says which folder is one submission, and which one holds many; `platforms` knows the names
that learning platforms give. Names, links and metadata may be hostile: no link is followed, what
cannot be read stays an entry, and who somebody is comes from the export alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..grader.files import MOST_ENTRIES, Source, ZipFolder, is_skipped, read_files
from . import UsageError
from .entries import (
    Entry,
    close,
    entries_of,
    files_below,
    identity,
    is_folder,
    is_work,
    part_of,
    unpacked,
    where,
)
from .platforms import METADATA, Found, Metadata, Platform, latest, platform_of, read_metadata
from .words import one_line

RULE = """\
what counts as one submission:
  A notebook and a zip file are one submission each. A folder is one submission if notebooks lie
  directly in it, no two of the same part of the homework, and beside them neither zip files nor
  folders that are empty or hold notebooks. Any other folder is a folder of submissions: each
  entry in it is one, whatever it is. --one takes every folder and zip file given as one
  submission. Hidden files are left out, and so are the folders of --out and --compare.
  What a learning platform exports is a class, unpacked or not; it is known by its names:
    Gradescope   submission_NNN/; who submitted, and when, is read from submission_metadata.yml
    Canvas       lovelaceada_LATE_123_456_NAME.ipynb; of NAME.ipynb and NAME-1.ipynb the latter
    Moodle       Ada Lovelace_123_assignsubmission_file/, or files whose names begin like this
    Brightspace  12-345 - Ada Lovelace - 1 March, 2026 955 AM/, or files that begin like this
    Blackboard   Homework_alovelace_attempt_2026-03-01-09-55-00_NAME.ipynb
  Of several attempts of one student the latest counts, and the table says so. Unpack a zip file
  of a class that comes from elsewhere.
  Several exports, given together or in one folder, are the sections of one class. What two of
  them hold alike (a zip file and what it unpacks to) counts once. If only some of what lies
  together is an export, the run stops, or takes each for what one student sent if most can be.
  Of several files and folders that are given (class/*), each is one submission if one of them can
  be nothing else, they are exports only if all are, and no link among them is followed.
"""

# Whoever unpacks an export may get folders around it. What lies deeper is a student's.
MOST_WRAPPERS = 5
# For comparing what two exports say is the same submission.
COMPARED_MB = 100


@dataclass(frozen=True)
class Submission:
    """One submission: its name, where its files are, and who sent it.

    Attributes:
        name: unique in a run.
        file: for people: where it came from.
        sources: where its files are.
        who: names of the submitters; like ``emails`` and ``sids`` from Gradescope's metadata.
        section: which one of several exports it lies in; "" if there is only one.
        submitted: when, in ISO 8601, with an offset if the export tells one; "" if unknown.
        late: whether the platform says that it came late.
        platform: that exported it, as "Canvas", so that the name says whose it is; "" if none did.
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


# -- finding ----------------------------------------------------------------------------------


def find(places: Iterable[Path], one: bool = False, skip: Iterable[Path] = ()) -> list[Submission]:
    """Return the submissions in files and folders, in order, with unique names.

    Args:
        places: as given on the command line.
        one: every folder and every zip file given is one submission.
        skip: folders to leave out, such as the one that results go to.

    Raises:
        UsageError: there is no such file or folder, all that is given may not be read, or it is
            not clear whether exports or students' files are given.
    """
    places = list(places)
    left_out = {os.path.realpath(path) for path in skip}
    alone = len(places) == 1
    given: dict[str, Entry] = {}
    for place in places:
        if alone or not (where(place) in left_out or is_skipped(place.name)):
            entry = _given(place, alone)
            given.setdefault(identity(entry.source), entry)
    found: dict[tuple[str, ...], Submission] = {}
    for submission in _find_in(list(given.values()), one, left_out):
        found.setdefault(tuple(map(identity, submission.sources)), submission)
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
    return Entry(path.name if is_folder(path) else place.name, is_folder(path), path, str(place))


def _find_in(given: list[Entry], one: bool, left_out: Collection[str]) -> Iterator[Submission]:
    """Yield the submissions in what was given."""
    exports = [] if one or not given else _exports_given(given, left_out)
    if exports:
        yield from _in_sections(exports)
        return
    # Of several, any may be a student's that looks like a class.
    several = len(given) > 1
    one = one or (several and any(_is_students(entry, left_out) for entry in given))
    for entry in given:
        section = entry.label if several and not one else ""
        for submission in _others(entry, one, left_out):
            yield replace(submission, section=section)


def _is_students(entry: Entry, left_out: Collection[str]) -> bool:
    """Whether it can only be one student's."""
    return not entry.is_folder or _is_one(entries_of(entry, left_out))


def _say(text: str) -> None:
    """Tell whoever runs the command how something was understood."""
    print(one_line(text, 1000), file=sys.stderr)


# -- exports, and folders of exports ----------------------------------------------------------


class Export(NamedTuple):
    """What a platform exported, or a part of it."""

    platform: Platform
    entries: list[Entry]
    file: str  # for people: where it is
    way: tuple[str, ...] = ()  # of several exports: names that lead to it

    def found(self) -> Iterator[Found]:
        """Yield what has a student's name."""
        for entry in self.entries:
            match = self.platform.match(entry)
            if match is not None:
                yield Found(entry, match.groupdict())


def _exports_given(given: list[Entry], left_out: Collection[str]) -> list[Export]:
    """Return the exports that all of what is given is, or consists of; none if it is no such.

    Raises:
        UsageError: it is not clear which.
    """
    if len(given) > 1:
        work = [entry for entry in given if _holds_work(entry, left_out)]
        together = _exported_together(given, left_out)
        found = together or _exports_among(work, left_out, is_given=True)
        if found and not together:
            _say_left_out(given, work)
        return found
    # A student's folder first: what looks like an export in there is the student's.
    (entry,) = given
    students = _exported_together(given, left_out)
    if students and entry.is_folder:
        return students
    return _exports(entry, left_out, is_given=True) or _with_siblings(students, left_out)


def _exported_together(given: list[Entry], left_out: Collection[str]) -> list[Export]:
    """Return the export that the shell has made many places of (class/*), as one; or none."""
    siblings = len({os.path.dirname(identity(entry.source)) for entry in given}) == 1
    platform = platform_of(given)
    if platform is None or not (siblings or all(e.is_folder and platform.match(e) for e in given)):
        return []
    return _dated(platform, given, left_out) or [Export(platform, given, given[0].file)]


def _with_siblings(exports: list[Export], left_out: Collection[str]) -> list[Export]:
    """Return the export with all files of the student of whom one file is given."""
    for export in exports:
        (found,), (entry,) = list(export.found()), export.entries
        folder = Path(entry.file).parent
        around = Entry(folder.name, True, Path(os.path.realpath(folder)), str(folder))
        entries = export._replace(entries=entries_of(around, left_out)).found()
        own = [each.entry for each in entries if each.label == found.label]
        return [export._replace(entries=own or [entry])]
    return []


def _exports(
    entry: Entry, left_out: Collection[str], is_given: bool, is_sure: bool = True, depth: int = 0
) -> list[Export]:
    """Return the exports that a folder or a zip file is, or consists of; none if it is no such.

    Args:
        entry: what to look at.
        left_out: folders to leave out.
        is_given: it is all that was given, but for folders around it.
        is_sure: it may be an export whatever it is called. The only folder in the one that was
            given may be a student's.
        depth: how many folders are around it.
    """
    folder = unpacked(entry) if depth <= MOST_WRAPPERS else None
    if folder is None:
        return []
    entries = entries_of(folder, left_out)
    platform = platform_of(entries)
    if platform and (is_sure or platform.inside.fullmatch(entry.label)):
        return _dated(platform, entries, left_out) or [Export(platform, entries, entry.file)]
    if platform and not platform.is_common:
        _say(f"{entry.file}: looks like an export of {platform.name}; if it is one, give it alone")
    work = [each for each in entries if _holds_work(each, left_out)]
    if len(work) == 1:
        is_sure = is_sure and (not is_given or isinstance(folder.source, ZipFolder))
        found = _exports(work[0], left_out, is_given, is_sure, depth + 1)
    else:
        found = _exports_among(work, left_out, is_given, is_sure, depth)
    if is_given and found:
        _say_left_out(entries, work)
    if folder is not entry and not found:
        close(folder)
    return found


def _dated(platform: Platform, entries: list[Entry], left_out: Collection[str]) -> list[Export]:
    """Return the exports that have a date in their names, and so look like files of Canvas's."""
    work = [entry for entry in entries if entry.may_hold_work]
    if not platform.is_common or len(work) < 2 or any(entry.is_notebook for entry in work):
        return []
    return _exports_among(work, left_out, is_given=False)


def _exports_among(
    entries: list[Entry],
    left_out: Collection[str],
    is_given: bool,
    is_sure: bool = True,
    depth: int = -1,
) -> list[Export]:
    """Return the exports that several entries are, if all are; else none.

    Raises:
        UsageError: this is what was given, and at least half of it are exports.
    """
    nested: list[list[Export]] = []
    for entry in entries:
        nested.append(_exports(entry, left_out, False, is_sure, depth + 1))
        if not nested[-1] and not is_given:
            return []
    if not all(nested):
        _check_mixed(entries, nested)
        return []
    if not _are_certain([export for exports in nested for export in exports]):
        return []
    ways = _ways(entries)
    return [
        export._replace(way=(*way, *export.way))
        for way, exports in zip(ways, nested, strict=True)
        for export in exports
    ]


def _are_certain(exports: list[Export]) -> bool:
    """Whether these can be nothing but exports, rather than folders of students.

    Where everybody is told how to name files, the names can look like Canvas's; but then there are
    not more students than folders.
    """
    students = {found.label for export in exports for found in export.found()}
    different = {tuple(entry.name for entry in export.entries) for export in exports}
    return any(not e.platform.is_common for e in exports) or len(students) > len(different)


def _is_no_students(export: Export) -> bool:
    """Whether one among others of other origin can hardly be what one student sent."""
    students = {found.label for found in export.found()}
    is_many = len(students) > 1 and not _is_one(export.entries)
    return is_many or not export.platform.is_common


def _holds_work(entry: Entry, left_out: Collection[str]) -> bool:
    """Whether there can be a submission in it: a list of names or a folder of notes has none."""
    if not entry.is_folder or platform_of(entries_of(entry, left_out)):
        return entry.may_hold_work
    if isinstance(entry.source, ZipFolder):
        return any(is_work(info.orig_filename) for info in entry.source.members)
    return isinstance(entry.source, Path) and any(map(is_work, files_below(entry.source)))


def _check_mixed(entries: list[Entry], nested: list[list[Export]]) -> None:
    """Say that some are exports, and others are not.

    One student can make a folder that looks like an export; half a class does not.

    Raises:
        UsageError: too many are.
    """
    of = {entry.file: found for entry, found in zip(entries, nested, strict=True)}
    known = [file for file, found in of.items() if any(map(_is_no_students, found))]
    others = [file for file in of if file not in known]
    if not known:
        return
    first = of[known[0]][0].platform.name
    if 2 * len(known) < len(entries):
        _say(
            f"looks like an export of {first}: {_listed(known)}; but as most of what lies beside "
            "does not, it is graded as one submission. If it is a class, give it by itself."
        )
        return
    raise UsageError(
        f"exports of {first}, by their looks: {_listed(known)}; and no exports: {_listed(others)}. "
        "Give exports alone, then the rest with the same --out. Or, if each of them is what one "
        "student sent, give each of them, with --one."
    )


def _say_left_out(entries: list[Entry], work: list[Entry]) -> None:
    files = [entry.file for entry in entries if entry not in work]
    if files:
        _say(f"left out beside exports: {_listed(files)}")


def _listed(files: list[str]) -> str:
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _ways(entries: list[Entry]) -> list[tuple[str, ...]]:
    """Return for each the names that lead to it from what all have in common."""
    paths = [os.path.abspath(entry.file) for entry in entries]
    common = os.path.commonpath(paths) if len(paths) > 1 else os.path.dirname(paths[0])
    return [PurePosixPath(path).relative_to(common).parts for path in paths]


# -- sections ---------------------------------------------------------------------------------

# What the names say that a platform gave: whose it is, and which attempts.
Identity = tuple[str, ...]


class Section(NamedTuple):
    """An export and the submissions in it."""

    export: Export
    submissions: dict[Identity, Submission]


def _in_sections(exports: list[Export]) -> Iterator[Submission]:
    """Yield the submissions in exports; what two of them hold alike once.

    Raises:
        UsageError: two of them hold in part the same, in part other versions of it.
    """
    sections: list[Section] = []
    for export in exports:
        section = Section(export, _exported(export))
        for earlier in sections:
            section = _without(section, earlier)
        if section.submissions:
            sections.append(section)
    names = _section_names([section.export.way for section in sections])
    for name, section in zip(names, sections, strict=True):
        for submission in section.submissions.values():
            yield replace(submission, section=name)


def _without(section: Section, earlier: Section) -> Section:
    """Return a section without what an earlier one holds as well.

    Raises:
        UsageError: that is the same export, and somebody has changed a submission in one of them.
    """
    if section.export.platform is not earlier.export.platform:
        return section
    pairs = {
        key: (submission, earlier.submissions[key])
        for key, submission in section.submissions.items()
        if key in earlier.submissions and _same_people(submission, earlier.submissions[key])
    }
    works = {key: (_work(one), _work(other)) for key, (one, other) in pairs.items()}
    same = {key for key, (one, other) in works.items() if one == other}
    here, there = section.export.file, earlier.export.file
    if not (any(works[key][0] for key in same) or any(one.who for one, _ in pairs.values())):
        if pairs:
            _say(f"{here} and {there} use the same names for other work: taken for two sections")
        return section
    for key, (submission, _) in pairs.items():
        if key not in same:
            raise UsageError(
                f"{here} and {there} hold the same export, but {submission.name} differs: give "
                "the one that counts"
            )
    number = len(section.submissions)
    what = "the same export as" if len(same) == number else f"{len(same)} of {number} are also in"
    _say(f"{here}: {what} {there}; they count once")
    rest = {key: value for key, value in section.submissions.items() if key not in same}
    return Section(section.export, rest)


def _same_people(one: Submission, other: Submission) -> bool:
    """Whether two can be of the same people, as far as that is known."""
    known = ((one.who, one.emails, one.sids), (other.who, other.emails, other.sids))
    return known[0] == known[1] or not any(known[0]) or not any(known[1])


def _work(submission: Submission) -> list[str]:
    """Return what is the same for the same files. Unpacking can have changed their names."""
    files = read_files(submission.sources, COMPARED_MB).files
    return sorted(hashlib.sha256(file.data).hexdigest() for file in files)


def _section_names(ways: list[tuple[str, ...]]) -> list[str]:
    """Return what exports are called: as many names of folders as tell them apart."""
    short = [tuple(re.sub(r"(?i)\.zip$", "", name) for name in way) for way in ways]
    ways = short if len(set(short)) == len(short) else ways
    starts = Counter(way[:length] for way in ways for length in range(len(way) + 1))
    return [
        "/".join(next((way[:n] for n in range(len(way)) if starts[way[:n]] == 1), way))
        for way in ways
    ]


def _exported(export: Export) -> dict[Identity, Submission]:
    """Return the submissions in an export; what has another name is one of its own."""
    beside = [entry for entry in export.entries if entry.name == export.platform.beside]
    about = read_metadata(beside[0].source) if beside and beside[0].name == METADATA else {}
    students: dict[str, list[Found]] = defaultdict(list)
    others: list[Entry] = []
    for entry in export.entries:
        match = export.platform.match(entry)
        if match is not None:
            found = Found(entry, match.groupdict())
            students[found.label].append(found)
        elif entry not in beside:
            others.append(entry)
    result: dict[Identity, Submission] = {}
    for label, files in students.items():
        numbers = {str(found.about.get(key) or "") for found in files for key in ("number", "when")}
        key = (unicodedata.normalize("NFC", label), *sorted(numbers))
        result[key] = _students(export.platform, label, files, about.get(label, Metadata()))
    keys = [(entry.name, str(entry.is_folder)) for entry in others]
    return result | dict(zip(keys, _one_each(others), strict=True))


def _students(platform: Platform, label: str, found: list[Found], about: Metadata) -> Submission:
    """Return what one student submitted: of several attempts, the latest."""
    last, attempts = latest(found)
    note = f" (the latest of {attempts} attempts)" if attempts > 1 else ""
    when = last[0].moment
    return Submission(
        name=_safe_name(label),
        file=f"{last[0].entry.file}{note}",
        sources=tuple(each.source for each in last),
        who=about.column("name"),
        emails=about.column("email"),
        sids=about.column("sid"),
        submitted=about.submitted or (when.isoformat() if when else ""),
        late=any(each.is_late for each in last),
        platform=platform.name,
        upload_as=next((each.start for each in last if platform.takes_feedback), ""),
    )


# -- folders of other origin ------------------------------------------------------------------


def _others(entry: Entry, one: bool, left_out: Collection[str]) -> list[Submission]:
    """Return the submissions in what no platform exported."""
    levels = _levels(entry, left_out)
    whole, entries = next(levels) if one else deque(levels, 1)[0]
    if one or not entries or _is_one(entries):
        return [_submission(whole, whole.label)]
    return list(_one_each(entries))


def _levels(entry: Entry, left_out: Collection[str]) -> Iterator[tuple[Entry, list[Entry]]]:
    """Yield a folder with its entries, then the only folder in it, and so on."""
    for _ in range(MOST_WRAPPERS + 1):
        entries = entries_of(entry, left_out)
        yield entry, entries
        if len(entries) != 1 or not entries[0].is_folder:
            return
        (entry,) = entries


def _is_one(entries: list[Entry]) -> bool:
    """Whether a folder with these entries is one student's; see `RULE`."""
    notebooks = [entry for entry in entries if entry.is_notebook]
    if not notebooks or any(entry.is_zip or _may_be_one(entry) for entry in entries):
        return False
    parts = [part_of(notebook) for notebook in notebooks]
    return len(set(parts)) == len(parts)


def _may_be_one(entry: Entry) -> bool:
    """Whether an entry beside notebooks is a folder that can be another submission, or empty."""
    if not entry.is_folder or not isinstance(entry.source, Path):
        return False
    names = list(islice(files_below(entry.source), MOST_ENTRIES))
    return not names or any(map(is_work, names))


def _one_each(entries: list[Entry]) -> Iterator[Submission]:
    """Yield entries, each as a submission of its own."""
    labels = set()
    for entry in entries:
        # Two that are called the same, ada.zip and ada.ipynb, keep their endings.
        label = entry.name if entry.label in labels else entry.label
        labels.add(label)
        yield _submission(entry, label)


def _submission(entry: Entry, label: str) -> Submission:
    return Submission(_safe_name(label), entry.file, (entry.source,))


def _safe_name(text: str) -> str:
    """Return a name that is fit for a folder on any machine."""
    text = re.sub(r"[^\w .,@+()-]", "_", unicodedata.normalize("NFC", text)).strip(" .")[:100]
    # File systems count bytes, 255 at most, and a number may come behind it.
    return text.encode()[:200].decode(errors="ignore").strip(" .") or "submission"


def _named_apart(submissions: list[Submission]) -> list[Submission]:
    """Return the submissions with unique names; equal ones get what tells them apart in front."""
    common = Counter(submission.name.casefold() for submission in submissions)
    taken: set[str] = set()
    result = []
    for submission in submissions:
        name = submission.name
        if common[name.casefold()] > 1:
            where_it_is = submission.section or PurePosixPath(submission.file).parent.name
            name = _safe_name(f"{where_it_is}-{name}")
        base, number = name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        result.append(replace(submission, name=name))
    return result
