"""What lies in folders and zip files, on disk or in a zip file of a class.

Names and links may be hostile: no link is followed, and what cannot be read is left to the grader,
which says so.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..grader.files import (
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

# Otter's mark in a notebook. Searched, not parsed: it decides no more than what belongs together.
ASSIGNMENT = re.compile(rb'"assignment_name"\s*:\s*"([^"]*)"')


class Entry(NamedTuple):
    """What lies in a folder or in a zip file, or was given on the command line."""

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

    @property
    def may_hold_work(self) -> bool:
        """Whether it can be a submission, or hold some; a list of names beside them cannot."""
        return self.is_folder or is_work(self.name)


def is_work(name: str) -> bool:
    """Whether a file calls itself a notebook or a zip file."""
    return is_notebook(name) or name.lower().endswith(".zip")


def entries_of(folder: Entry, left_out: Collection[str]) -> list[Entry]:
    """Return what lies in a folder, by name, except for what is no student's own.

    Args:
        folder: it may also be a file, in which nothing lies.
        left_out: places, as `where` names them.
    """
    return sorted(_entries(folder, left_out), key=lambda entry: entry.name)


def unpacked(entry: Entry) -> Entry | None:
    """Return a folder as it is, and a zip file on disk as a folder; None if it is neither.

    The zip file stays open until all is read: it may be too large for the memory.
    """
    if entry.is_folder or isinstance(entry.source, ZipFolder):
        return entry if entry.is_folder else None
    if not isinstance(entry.source, Path):
        return None
    try:
        archive = open_export(entry.source)
    except (OSError, Unreadable):
        return None
    return entry._replace(source=ZipFolder(archive, "", archive.infolist()))


def close(entry: Entry) -> None:
    """Close a zip file that `unpacked` has opened."""
    if isinstance(entry.source, ZipFolder) and entry.source.archive.fp is not None:
        entry.source.archive.fp.close()


def where(path: Path) -> str:
    """Return where something is, links to it resolved, and itself not followed."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def identity(source: Source) -> str:
    """Return what is the same for the same source, however it was given."""
    if isinstance(source, ZipFolder):
        first = source.members[0].orig_filename if source.members else source.prefix
        return f"{os.path.realpath(source.archive.filename or '')}/{first}"
    return where(source.path if isinstance(source, Renamed) else source)


def _entries(folder: Entry, left_out: Collection[str]) -> Iterator[Entry]:
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
            if where(path) not in left_out:
                name = path.name
                yield Entry(name, is_folder(path), path, str(Path(folder.file, name)))


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


def is_folder(path: Path) -> bool:
    # Not `Path.is_dir`, which raises where it may not look.
    return os.path.isdir(path) and not os.path.islink(path)


def files_below(folder: Path) -> Iterator[str]:
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


def part_of(notebook: Entry) -> bytes:
    """Return the part of the homework that a notebook says it is."""
    files = read_files([notebook.source], NOTEBOOK_MB).files
    match = ASSIGNMENT.search(files[0].data) if files else None
    return match[1] if match else b""
