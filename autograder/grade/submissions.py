"""Find submissions: their names, where their files are, and who sent them.

Which folder is one submission, and which one holds many, is the rule that `RULE` states. Names,
links and metadata may be hostile: no link is followed, and what cannot be read stays an entry.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

import yaml

from ..grader.files import (
    MOST_ENTRIES,
    NOTEBOOK_MB,
    Source,
    ZipFolder,
    is_notebook,
    is_skipped,
    read_files,
)
from . import RUN, UsageError

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
# Makes texts of everything, so that a student number keeps its zeros, and passes over what Ruby
# says about its own classes.
AS_TEXT = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NOTHING = ("", "~", "null")


@dataclass(frozen=True)
class Submission:
    """One submission: its name, where its files are, and who sent it.

    Attributes:
        name: unique in a run.
        file: for people: where it came from.
        sources: where its files are.
        who: names of the submitters; like ``emails`` and ``sids`` from Gradescope's metadata.
        key: hash of all that the result depends on; "" as long as nothing has been read.
        digest: hash of the work itself, "" where there is none to speak of.
    """

    name: str
    file: str
    sources: tuple[Source, ...]
    who: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    sids: tuple[str, ...] = ()
    key: str = ""
    digest: str = ""


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
    left_out = {os.path.realpath(path) for path in skip}
    found: dict[tuple[tuple[str, str], ...], Submission] = {}
    for place in places:
        if not os.path.exists(place):
            raise UsageError(f"{place}: no such file or folder")
        for submission in _find_in(place, one, left_out):
            found.setdefault(tuple(map(_identity, submission.sources)), submission)
    return _named_apart(list(found.values()))


def _identity(source: Source) -> tuple[str, str]:
    """Return what is the same for the same source, however it was given."""
    if isinstance(source, ZipFolder):
        return os.path.realpath(source.archive.filename or ""), source.path
    # An entry that is a link stays itself.
    return os.path.realpath(source.parent), source.name


def _find_in(place: Path, one: bool, left_out: set[str]) -> list[Submission]:
    """Return the submissions in one place."""
    if not place.is_dir():
        return _find_in_zip(place) or [_submission((place.resolve(),), str(place), place.stem)]
    entries = [entry for entry in _visible(place) if not _is_ours(entry, left_out)]
    exported = any(EXPORTED.fullmatch(entry.name) and _is_folder(entry) for entry in entries)
    if exported or (place / METADATA).is_file():
        who = _who(_text_of(place / METADATA))
        entries = [entry for entry in entries if entry.name != METADATA]
        return [_submission((e,), str(e), e.name, who.get(e.name, ())) for e in entries]
    if one or not entries or _is_one(entries):
        return [_submission((place.resolve(),), str(place), place.resolve().name)]
    if len(entries) == 1 and _is_folder(entries[0]):
        return _find_in(entries[0], one, left_out)
    return [_submission(tuple(e), str(e[0]), name) for name, e in _by_student(entries).items()]


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not is_skipped(entry.name))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None


def _is_folder(entry: Path) -> bool:
    # Not `Path.is_dir`, which raises where it may not look.
    return os.path.isdir(entry) and not os.path.islink(entry)


def _is_ours(entry: Path, left_out: set[str]) -> bool:
    """Whether an entry is a folder of results, of this run or another."""
    return os.path.realpath(entry) in left_out or os.path.isfile(entry / RUN)


def _is_one(entries: list[Path]) -> bool:
    """Whether a folder with these entries is one student's; see `RULE`."""
    folders = [entry for entry in entries if _is_folder(entry)]
    files = [entry for entry in entries if not _is_folder(entry)]
    notebooks = [entry for entry in files if is_notebook(entry.name)]
    if not notebooks or any(entry.name.lower().endswith(".zip") for entry in files):
        return False
    if any(map(_may_be_one, folders)):
        return False
    parts = [_part(notebook) for notebook in notebooks]
    return len(set(parts)) == len(parts)


def _may_be_one(folder: Path) -> bool:
    """Whether a folder beside notebooks can be another submission, be it an empty one."""
    names = [name.lower() for name in islice(_files_below(folder), MOST_ENTRIES)]
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


def _part(notebook: Path) -> bytes:
    """Return the part of the homework that a notebook says it is."""
    try:
        files = read_files([notebook], NOTEBOOK_MB).files
    except OSError:
        return b""
    match = ASSIGNMENT.search(files[0].data) if files else None
    return match[1] if match else b""


def _by_student(entries: list[Path]) -> dict[str, list[Path]]:
    """Return entries by the label of their submission; most are one of their own."""
    found: dict[str, list[Path]] = {}
    for entry in entries:
        match = None if _is_folder(entry) else STUDENTS_FILE.fullmatch(entry.name)
        # Two that are called the same, ada.zip and ada.ipynb, keep their endings.
        label = match["student"] if match else entry.name if _is_folder(entry) else entry.stem
        if not match and label in found:
            label = entry.name
        found.setdefault(label, []).append(entry)
    return found


def _find_in_zip(place: Path) -> list[Submission]:
    """Return the submissions in a zip file that Gradescope exported; none for any other file.

    The file stays open until all is read: an export may be too large for the memory.
    """
    try:
        archive = zipfile.ZipFile(place)
    except Exception:  # no zip file: `zipfile` raises many kinds of error
        return []
    folders = _exported_folders(archive.infolist())
    if not folders:
        archive.close()
        return []
    who = _who(_member(archive, str(min(folders).parent / METADATA)))
    return [
        _submission(
            (ZipFolder(archive, str(folder), members),),
            f"{place}/{folder}",
            folder.name,
            who.get(folder.name, ()),
        )
        for folder, members in sorted(folders.items(), key=lambda item: item[0])
    ]


def _exported_folders(
    infos: list[zipfile.ZipInfo],
) -> dict[PurePosixPath, list[zipfile.ZipInfo]]:
    """Return the folders of submissions in Gradescope's export, each with its files."""
    for depth in (1, 2):  # Gradescope puts a folder around everything
        folders: dict[PurePosixPath, list[zipfile.ZipInfo]] = {}
        for info in infos:
            parts = PurePosixPath(info.filename).parts
            if len(parts) >= depth + (not info.is_dir()) and not is_skipped(parts[depth - 1]):
                members = folders.setdefault(PurePosixPath(*parts[:depth]), [])
                members += [] if info.is_dir() else [info]
        if any(EXPORTED.fullmatch(folder.name) for folder in folders):
            return folders
    return {}


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except Exception:  # it is not there, or damaged in one of many ways
        return b""


def _text_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
