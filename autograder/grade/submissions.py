"""Find submissions, and read them as bytes; nothing in here looks into a notebook or runs it.

Which folder is one submission, and which one holds many, is the rule that `RULE` states.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

import yaml

from ..trusted.upload import MOST_ENTRIES, SKIPPED
from . import UsageError
from .record import RUN

RULE = """\
what counts as one submission:
  A notebook and a zip file are one submission each. A folder is one submission if notebooks lie
  directly in it, no two of the same part of the homework, and beside them neither zip files nor
  folders that are empty or hold notebooks. Any other folder is a folder of submissions: each
  entry in it is one, whatever it is, except that files which Canvas or Moodle named after one
  student (lovelaceada_123_456_NAME.ipynb, Ada_123_assignsubmission_file_NAME.ipynb) belong
  together. --one takes every folder given as one submission.
  Gradescope's export, unpacked or not, is known by its folders submission_NNN; who submitted is
  read from its submission_metadata.yml. Hidden files are left out.
"""

METADATA = "submission_metadata.yml"
EXPORTED = re.compile(r"submission_\d+")
# How Canvas and Moodle name the files of one student in one flat folder.
STUDENTS_FILE = re.compile(r"(?P<student>[^_]+(?:_LATE)?_\d+)_(?:\d+|assignsubmission_file)_.+")
# Otter's mark in a notebook. Searched, not parsed: it decides no more than what belongs together.
ASSIGNMENT = re.compile(rb'"assignment_name"\s*:\s*"([^"]*)"')
# So many times what the grader reads of an upload, since it takes notebooks, zip files and other
# files from different allowances. What lies beyond it is not sent to a worker.
ROOM = 4
# Makes texts of everything, so that a student number keeps its zeros, and passes over what Ruby
# says about its own classes.
AS_TEXT = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NOTHING = ("", "~", "null")
LINK = "a link or a special file, which is not followed"


@dataclass(frozen=True)
class Item:
    """A file of a submission, not read yet."""

    path: str
    size: int
    read: Callable[[], bytes]

    @property
    def is_work(self) -> bool:
        """Whether it is, or may hold, a notebook."""
        return self.path.lower().endswith((".ipynb", ".zip"))


@dataclass(frozen=True)
class ZipFolder:
    """A folder in a zip file, and the files below it."""

    archive: Path
    path: PurePosixPath
    members: list[zipfile.ZipInfo] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Submission:
    """One submission: its name, where its files are, and who sent it."""

    name: str
    file: str  # for people: where it came from
    sources: tuple[Path | ZipFolder, ...]
    who: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    sids: tuple[str, ...] = ()


@dataclass
class Contents:
    """What a submission holds."""

    files: dict[str, bytes | int] = field(default_factory=dict)  # of a file too large: its size
    notes: list[str] = field(default_factory=list)  # faults met in reading

    def key(self, *circumstances: object) -> str:
        """Return a hash of all that the result depends on."""
        lines = [repr(circumstances), repr(self.notes)]
        lines += [repr((path, self.hashes[path])) for path in sorted(self.files)]
        return _hash("\n".join(lines).encode())

    @property
    def digest(self) -> str:
        """A hash that is the same for the same work; "" where there is none to speak of.

        The grader knows notebooks by what is in them, so their own names do not count.
        """
        if not self.files or self.notes:
            return ""
        lines = sorted((_name_that_counts(path), self.hashes[path]) for path in self.files)
        return _hash(repr(lines).encode())

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The hash of each file's bytes, or the size of one too large to be graded."""
        return {
            path: _hash(data) if isinstance(data, bytes) else str(data)
            for path, data in self.files.items()
        }

    def message(self) -> list[dict]:
        """Return the files as JSON, for a worker."""
        return [
            {"path": path, "data": base64.b64encode(data).decode()}
            if isinstance(data, bytes)
            else {"path": path, "size": data}
            for path, data in self.files.items()
        ]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _name_that_counts(path: str) -> str:
    lower = path.lower()
    if "/" not in path and lower.endswith((".ipynb", ".zip")):
        return lower[lower.rindex(".") :]
    return path


# -- finding ----------------------------------------------------------------------------------


def find(places: Iterable[Path], one: bool = False, skip: Iterable[Path] = ()) -> list[Submission]:
    """Return the submissions in files and folders, in order, with unique names.

    Args:
        places: as given on the command line.
        one: every folder given is one submission.
        skip: folders to leave out, such as the one that results go to.

    Raises:
        UsageError: there is no such file or folder.
    """
    left_out = {path.resolve() for path in skip}
    found: dict[tuple, Submission] = {}
    for place in places:
        if not place.exists():
            raise UsageError(f"{place}: no such file or folder")
        for submission in _find_in(place, one, left_out):
            sources = tuple(_resolved(source) for source in submission.sources)
            found.setdefault(sources, submission)
    return _named_apart(list(found.values()))


def _resolved(source: Path | ZipFolder) -> Path | ZipFolder:
    if isinstance(source, ZipFolder):
        return replace(source, archive=source.archive.resolve())
    return source.parent.resolve() / source.name  # an entry that is a link stays itself


def _find_in(place: Path, one: bool, left_out: set[Path]) -> list[Submission]:
    """Return the submissions in one place."""
    if not place.is_dir():
        return _find_in_zip(place) or [_submission((place.resolve(),), str(place), place.stem)]
    entries = [entry for entry in _visible(place) if not _is_ours(entry, left_out)]
    exported = any(EXPORTED.fullmatch(e.name) and e.is_dir() for e in entries)
    if exported or (place / METADATA).is_file():
        who = _who(_text_of(place / METADATA))
        entries = [entry for entry in entries if entry.name != METADATA]
        return [_submission((e,), str(e), e.name, who.get(e.name, ())) for e in entries]
    if one or not entries or _is_one(entries):
        return [_submission((place.resolve(),), str(place), place.resolve().name)]
    if len(entries) == 1 and entries[0].is_dir():
        return _find_in(entries[0], one, left_out)
    return [_submission(tuple(e), str(e[0]), name) for name, e in _by_student(entries).items()]


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not _skipped(entry.name))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None


def _skipped(name: str) -> bool:
    """Whether a file or folder is hidden, or no student's own; as `trusted.upload` has it."""
    return name in SKIPPED or name.startswith(".")


def _is_ours(entry: Path, left_out: set[Path]) -> bool:
    """Whether an entry is a folder of results, of this run or another."""
    return entry.resolve() in left_out or (entry / RUN).is_file()


def _is_one(entries: list[Path]) -> bool:
    """Whether a folder with these entries is one student's; see `RULE`."""
    folders = [entry for entry in entries if entry.is_dir()]
    files = [entry.name.lower() for entry in entries if not entry.is_dir()]
    if any(name.endswith(".zip") for name in files):
        return False
    if not any(name.endswith(".ipynb") for name in files):
        return False
    if any(map(_may_be_one, folders)):
        return False
    parts = [_part(e) for e in entries if e.name.lower().endswith(".ipynb") and not e.is_dir()]
    return len(set(parts)) == len(parts)


def _may_be_one(folder: Path) -> bool:
    """Whether a folder beside notebooks can be another submission, be it an empty one."""
    items = [item for item in _walk(folder, "") if isinstance(item, Item)]
    return not items or any(item.is_work for item in items)


def _part(notebook: Path) -> bytes:
    """Return the part of the homework that a notebook says it is."""
    try:
        match = ASSIGNMENT.search(notebook.read_bytes())
    except OSError:
        return b""
    return match[1] if match else b""


def _by_student(entries: list[Path]) -> dict[str, list[Path]]:
    """Return entries by the label of their submission; most are one of their own."""
    found: dict[str, list[Path]] = {}
    for entry in entries:
        match = None if entry.is_dir() else STUDENTS_FILE.fullmatch(entry.name)
        # Two that are called the same, ada.zip and ada.ipynb, keep their endings.
        label = match["student"] if match else entry.name if entry.is_dir() else entry.stem
        if not match and label in found:
            label = entry.name
        found.setdefault(label, []).append(entry)
    return found


def _find_in_zip(place: Path) -> list[Submission]:
    """Return the submissions in a zip file that Gradescope exported; none for any other file."""
    try:
        infos = _open(place).infolist()
    except Exception:  # no zip file, or whatever `zipfile` stumbles over
        return []
    for depth in (1, 2):  # Gradescope puts a folder around everything
        folders: dict[PurePosixPath, list[zipfile.ZipInfo]] = {}
        for info in infos:
            parts = PurePosixPath(info.filename).parts
            if len(parts) >= depth + (not info.is_dir()) and not _skipped(parts[depth - 1]):
                members = folders.setdefault(PurePosixPath(*parts[:depth]), [])
                members += [] if info.is_dir() else [info]
        if any(EXPORTED.fullmatch(folder.name) for folder in folders):
            break
    else:
        return []
    who = _who(_member(place, str(min(folders).parent / METADATA)))
    return [
        _submission(
            (ZipFolder(place, folder, members),),
            f"{place}/{folder}",
            folder.name,
            who.get(folder.name, ()),
        )
        for folder, members in sorted(folders.items(), key=lambda item: item[0])
    ]


@lru_cache(maxsize=4)
def _open(archive: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive)


def _member(archive: Path, name: str) -> bytes:
    try:
        return _open(archive).read(name)
    except (KeyError, OSError, RuntimeError, zipfile.BadZipFile):
        return b""


def _text_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _submission(
    sources: tuple[Path | ZipFolder, ...], file: str, label: str, who: Iterable[dict] = ()
) -> Submission:
    columns = {key: tuple(p[key] for p in who if p.get(key)) for key in ("name", "email", "sid")}
    return Submission(
        _safe_name(label), file, sources, columns["name"], columns["email"], columns["sid"]
    )


def _safe_name(text: str) -> str:
    """Return a name that is fit for a folder on any machine."""
    text = unicodedata.normalize("NFC", text)
    return re.sub(r"[^\w .,@+()-]", "_", text).strip(" .")[:100] or "submission"


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


def _who(text: bytes) -> dict[str, list[dict[str, str]]]:
    """Return the submitters of each submission; what cannot be read is left out.

    Each is a dictionary with ``name``, ``email`` and ``sid``, as far as known.
    """
    try:
        content = yaml.load(text.decode("utf-8-sig", "replace"), AS_TEXT)
    except (yaml.YAMLError, RecursionError):
        print(f"{METADATA} cannot be read, so the tables name nobody", file=sys.stderr)
        return {}
    people = {}
    for name, about in content.items() if isinstance(content, dict) else ():
        submitters = _plain_keys(about).get("submitters")
        submitters = submitters if isinstance(submitters, list) else []
        people[str(name)] = [
            {key: str(value) for key, value in _plain_keys(person).items() if value not in NOTHING}
            for person in submitters
        ]
    return people


def _plain_keys(mapping: object) -> dict[str, object]:
    """Return a mapping with keys without Ruby's colons; an empty one if it is none."""
    items = mapping.items() if isinstance(mapping, dict) else ()
    return {str(key).strip(":"): value for key, value in items}


# -- reading ----------------------------------------------------------------------------------


def read(submission: Submission, limit: int) -> Contents:
    """Read a submission.

    Args:
        submission: what to read.
        limit: how many bytes of an upload the grader reads; see `ROOM`.
    """
    contents = Contents()
    items = []
    for found in _items(submission):
        if isinstance(found, str):
            contents.notes.append(found)
        else:
            items.append(found)
    room = ROOM * limit
    # Notebooks first: data files must not take their room.
    for item in sorted(items, key=lambda item: not item.is_work):
        if item.size > limit:
            contents.files[item.path] = item.size  # the grader refuses it for its size
        elif item.size > room:
            contents.notes.append(f"{item.path}: not read, for the submission is too large")
        else:
            room -= item.size
            _take(item, contents)
    return contents


def _take(item: Item, contents: Contents) -> None:
    """Read one file."""
    try:
        contents.files[item.path] = item.read()
    except OSError as error:
        contents.notes.append(f"{item.path}: cannot be read ({error.strerror or error})")
    except Exception:  # whatever `zipfile` stumbles over
        contents.notes.append(f"{item.path}: cannot be unpacked")


def _items(submission: Submission) -> Iterator[Item | str]:
    """Find the files of a submission; what cannot be taken is a sentence about it."""
    for source in submission.sources:
        if isinstance(source, ZipFolder):
            yield from _members(source)
        elif source.is_dir() and not source.is_symlink():
            yield from _walk(source, "")
        else:
            yield _file(source, source.name)


def _walk(folder: Path, prefix: str) -> Iterator[Item | str]:
    """Find the files below a folder, as many as the grader would look at."""
    waiting, left = [(folder, prefix)], MOST_ENTRIES + 1
    while waiting:
        folder, prefix = waiting.pop()
        try:
            names = sorted(name for name in os.listdir(folder) if not _skipped(name))
        except OSError as error:
            yield f"{prefix or 'the folder'}: cannot be read ({error.strerror})"
            continue
        for name in names[:left]:
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                waiting.append((path, f"{prefix}{name}/"))
            else:
                yield _file(path, f"{prefix}{name}")
        left -= len(names[:left])


def _file(path: Path, name: str) -> Item | str:
    try:
        status = path.lstat()
    except OSError as error:
        return f"{name}: cannot be read ({error.strerror})"
    if not stat.S_ISREG(status.st_mode):
        return f"{name}: {LINK}"
    return Item(name, status.st_size, path.read_bytes)


def _members(source: ZipFolder) -> Iterator[Item | str]:
    """Find the files of a folder in a zip file, at paths that fit below one folder."""
    archive = _open(source.archive)
    taken: set[str] = set()
    for info in source.members:
        name = info.filename.removeprefix(f"{source.path}/")
        folders = {str(folder) for folder in PurePosixPath(name).parents}
        if not _is_sound(name) or name in taken or not folders.isdisjoint(taken):
            yield f"{name}: left out for its path"
        elif len(taken) <= MOST_ENTRIES and not any(map(_skipped, name.split("/"))):
            taken.add(name)
            yield Item(name, info.file_size, lambda info=info: archive.read(info))


def _is_sound(name: str) -> bool:
    parts = name.split("/")
    short = len(name) <= 1000 and max(len(part.encode()) for part in parts) <= 255
    return short and "\\" not in name and {"", ".", ".."}.isdisjoint(parts)
