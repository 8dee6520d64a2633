"""Read the files of a submission as bytes: the one place where untrusted files are opened.

All of it may be hostile, or just broken. What cannot be read is left out with a sentence for the
student, and the rest is read: first `_Reader.walk` and `_Reader.members` find what there is, in
folders and in zip files, then `_Reader.take` reads one file after the other within the limits.
Nothing is executed, unpickled or unpacked to disk, and no link is followed.

Memory, for a limit of L: at most L for files, and L for zip files while they are read.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from heapq import nsmallest
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from .limits import MEGABYTE

# Parsed JSON takes up to 25 times its size (measured with "[[],[],..."). A solution with all its
# figures has less than 2 MB.
NOTEBOOK_MB = 10
# "{}" is a cell: 2 bytes in the upload, some 200 in memory. The homework has below 100.
MOST_CELLS = 2000
MOST_NOTEBOOKS = 50
# Files, folders and members of zip files: each costs time and memory, even if it is empty.
MOST_ENTRIES = 5000
# All of a path's folders are in memory.
LONGEST_PATH, LONGEST_PART, MOST_PARTS = 500, 255, 20
BAD_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]|^[A-Za-z]:")
# As it is saved, or as a browser or a mail program names it anew: "hw.ipynb (1).txt".
NOTEBOOK_NAME = re.compile(r"\.ipynb([ _-]?\(?\d{1,3}\)?)?(\.json|\.txt)?$", re.IGNORECASE)
SKIPPED = {"__MACOSX", "__pycache__", "venv", "node_modules", "site-packages"}
SKIPPED |= {"Thumbs.db", "desktop.ini"}  # hidden on Windows
# Unlike these two, bzip2 and LZMA unpack without a limit in `zipfile`.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What may stand before the first character of JSON: zeros, byte order marks, white space.
NO_TEXT = b"\0\xef\xbb\xbf\xff\xfe \t\r\n"
# Begins each line of a zip file's table of contents.
MEMBER = b"PK\x01\x02"
# That of 2,000 submissions with 15 files each has 4 MB; in memory, it takes up to 15 times as much.
LARGEST_TABLE = 8 * MEGABYTE

# Why something is not read, and the cure.
LARGE_NOTEBOOK = (
    f"a notebook may have {NOTEBOOK_MB} MB and {MOST_CELLS} cells. {{}}, save, and upload it again."
)
OUTPUTS = "In Jupyter choose Edit > Clear Outputs of All Cells"
PICTURES = "Make the pictures in your answers smaller (a photo needs no more than 1000 pixels)"
CONTENT = "Delete what is not homework"
ANYTHING = "Make pictures smaller, clear outputs, and delete what is not homework"
TOO_MUCH = (
    "not read, or only in part, because one upload may have at most {:g} MB, "
    f"{MOST_NOTEBOOKS} notebooks and {MOST_ENTRIES} files. Upload the homework's notebooks, and "
    "besides them only what they need."
)
PACKED = (
    "this cannot be unpacked: it is damaged, needs a password, is packed in an unusual way, or is "
    "a zip file in a zip file. Upload the notebooks themselves, without a zip file."
)
NO_MEMBERS = "this zip file holds no file, or only hidden ones. Upload the notebooks themselves."
UNREADABLE = "this cannot be read. Upload it again."
SPECIAL = "only plain files are read, no links or devices. Upload the file itself."
BAD_PATH = (
    'such a path is not accepted (it is absolute, very long, or has ".." or a control character). '
    "Rename the file, and upload it without a zip file."
)
SAME_PATH = "another file has the same path, and only that one is used. Rename one of them."


class Unreadable(Exception):
    """Something is not read; the text says why, and what to do."""


@dataclass(frozen=True)
class File:
    """A file that was read."""

    path: str  # for people, such as "hw.zip/part/data.csv"
    name: str  # where it belongs below one folder, such as "part/data.csv"; safe to write there
    data: bytes = field(repr=False)

    @property
    def is_notebook(self) -> bool:
        """Whether it calls itself one, or looks like one under another name."""
        if is_notebook(self.name):
            return True
        start = self.data[:MEGABYTE].replace(b"\0", b"")  # of UTF-16
        return start.lstrip(NO_TEXT).startswith(b"{") and b'"cell_type"' in start


@dataclass(frozen=True)
class Files:
    """All that could be read of a submission, and why something was not."""

    files: tuple[File, ...]
    refused: tuple[tuple[str, str], ...] = ()  # path and reason


@dataclass(frozen=True)
class Renamed:
    """A file that a learning platform renamed, and what its student called it."""

    path: Path
    name: str


@dataclass(frozen=True)
class ZipFolder:
    """Some files of a zip file that holds many submissions."""

    archive: zipfile.ZipFile = field(compare=False, repr=False)
    prefix: str  # what their names there begin with, and the submission's paths do not
    members: Sequence[zipfile.ZipInfo] = field(compare=False, repr=False)


# What a submission can consist of: a file or a folder, or what lies in a zip file.
Source = Path | Renamed | ZipFolder


@dataclass(frozen=True)
class _Item:
    """A file that was found, and is not read yet."""

    path: str
    name: str
    size: int  # how many bytes have to be read or unpacked at most
    read: Callable[[], bytes]


def read_files(sources: Iterable[Source], limit_mb: float) -> Files:
    """Read files, folders and zip files; zip files in a folder are read as well.

    Args:
        sources: where the submission is. Nobody writes to it meanwhile.
        limit_mb: how many megabytes (2**20 bytes) are read at most, after unpacking.
    """
    reader = _Reader(limit_mb)
    items: list[_Item] = []
    for source in sources:
        for item in reader.find(source):
            items += reader.members(item) if item.name.lower().endswith(".zip") else [item]
    for item in sorted(items, key=_turn):
        with reader.noting(item.path):
            reader.take(item)
    return Files(tuple(reader.files), tuple(reader.refused))


def is_notebook(name: str) -> bool:
    """Whether a file of this name calls itself a notebook."""
    return NOTEBOOK_NAME.search(name) is not None


def _turn(item: _Item) -> int:
    """Return when to read a file: notebooks first, for a large data file must not take their room.

    Those that are too large come last. They are read only to see what makes them so.
    """
    if not is_notebook(item.name):
        return 1
    return 2 if item.size > NOTEBOOK_MB * MEGABYTE else 0


def too_large(data: bytes) -> str:
    """Return why a notebook is not read that has too many bytes or cells, and the cure."""
    # The outputs of a cell end where the source of this cell or of the next one begins.
    outputs = data.split(b'"outputs"', MOST_CELLS)[1:]
    size = sum(len(part.partition(b'"source"')[0]) for part in outputs)
    if size > len(data) / 2:
        return LARGE_NOTEBOOK.format(OUTPUTS)
    pictures = b'"attachments"' in data or b"data:image/" in data
    return LARGE_NOTEBOOK.format(PICTURES if pictures else CONTENT)


def is_skipped(part: str) -> bool:
    """Whether a file or folder is hidden, or no student's own."""
    return part in SKIPPED or (part.startswith(".") and part not in (".", ".."))


class _Reader:
    """What was read so far, and what may still be read."""

    def __init__(self, limit_mb: float):
        self.too_much = TOO_MUCH.format(limit_mb)
        self.room = self.room_for_zips = int(limit_mb * MEGABYTE)
        self.entries_left = MOST_ENTRIES
        self.files: list[File] = []
        self.names: dict[str, bytes] = {}  # of the files, and what is in them
        self.folders: set[str] = set()  # of all files
        self.refused: list[tuple[str, str]] = []

    @contextmanager
    def noting(self, path: str) -> Iterator[None]:
        """Note what is wrong with one file, and go on."""
        try:
            yield
        except Unreadable as error:
            self.refused.append((encodable(path), str(error)))
        except OSError:
            self.refused.append((encodable(path), UNREADABLE))

    def find(self, source: Source) -> Iterator[_Item]:
        """Find the plain files of one source."""
        if isinstance(source, ZipFolder):
            return self.members_below(source.archive, source.members, "", source.prefix)
        if isinstance(source, Renamed):
            return self.walk(source.path, source.name)
        is_folder = os.path.isdir(source) and not os.path.islink(source)
        return self.walk(source, "" if is_folder else source.name)

    def walk(self, place: Path, name: str) -> Iterator[_Item]:
        """Find the plain files, the top folder's first: a deep one may use up the entries."""
        waiting = deque([(str(place), name)])
        while waiting:
            path, name = waiting.popleft()
            with self.noting(name):
                status = os.lstat(path)
                if stat.S_ISDIR(status.st_mode):
                    waiting += self.children(path, name)
                elif stat.S_ISREG(status.st_mode):
                    read = partial(_read_file, path, status.st_size)
                    yield _Item(name, _clean(name), status.st_size, read)
                else:
                    raise Unreadable(SPECIAL)

    def children(self, folder: str, name: str) -> list[tuple[str, str]]:
        """List a folder, sorted: where each entry is on disk, and its path in the submission."""
        with os.scandir(folder) as entries:
            # Notebooks first: those that hundreds of data files lie beside are read as well.
            names = (entry.name for entry in entries)
            found = nsmallest(self.entries_left + 1, names, lambda e: (not is_notebook(e), e))
        if len(found) > self.entries_left:
            self.refused.append((encodable(name), self.too_much))
            found.pop()
        self.entries_left -= len(found)
        prefix = f"{name}/" if name else ""
        return [(f"{folder}/{e}", f"{prefix}{e}") for e in sorted(found) if not is_skipped(e)]

    def members(self, item: _Item) -> Iterator[_Item]:
        """Find the plain files in a zip file that belongs to the submission."""
        with self.noting(item.path):
            archive = self.open_zip(item)
            if not any(_name_below(info, "") for info in archive.infolist()):
                raise Unreadable(NO_MEMBERS)
            yield from self.members_below(archive, archive.infolist(), f"{item.path}/", "")

    def members_below(
        self,
        archive: zipfile.ZipFile,
        infos: Iterable[zipfile.ZipInfo],
        shown_below: str,
        folder: str,
    ) -> Iterator[_Item]:
        """Find plain files among members of a zip file.

        Args:
            archive: the zip file.
            infos: the members to look at.
            shown_below: what a path for people begins with.
            folder: what the members' names begin with and the submission's paths do not.
        """
        for info in infos:
            name = _name_below(info, folder)
            if not name:
                continue
            with self.noting(f"{shown_below}{name}"):
                _check_member(info, nested=bool(shown_below))
                # Members may overlap: what is packed has a cost as well.
                size = max(info.file_size, info.compress_size)
                read = partial(_read_member, archive, info)
                yield _Item(f"{shown_below}{name}", _clean(name), size, read)

    def open_zip(self, item: _Item) -> zipfile.ZipFile:
        """Open a zip file in memory.

        Raises:
            Unreadable: it is too large, has too many members, or is no zip file.
        """
        if item.size > self.room_for_zips:
            raise Unreadable(self.too_much)
        self.room_for_zips -= item.size
        data = item.read()
        # Counted before `zipfile` makes an object of each.
        members = data.count(MEMBER)
        if members > self.entries_left:
            raise Unreadable(self.too_much)
        self.entries_left -= members
        try:
            return zipfile.ZipFile(io.BytesIO(data))
        except Exception:  # `zipfile` raises many kinds of error on what is damaged
            raise Unreadable(PACKED) from None

    def take(self, item: _Item) -> None:
        """Read one file.

        Raises:
            OSError: it cannot be read.
            Unreadable: it exceeds a limit, is damaged, or its path is taken.
        """
        notebooks = sum(is_notebook(file.name) for file in self.files)
        if is_notebook(item.name) and notebooks == MOST_NOTEBOOKS:
            raise Unreadable(self.too_much)
        if item.size > self.room:
            large = _turn(item) == 2
            raise Unreadable(LARGE_NOTEBOOK.format(ANYTHING) if large else self.too_much)
        self.room -= item.size
        file = File(encodable(item.path), item.name, item.read())
        if len(file.data) > NOTEBOOK_MB * MEGABYTE and file.is_notebook:
            raise Unreadable(too_large(file.data))
        self.keep(file)

    def keep(self, file: File) -> None:
        """Put a file among the others; of two with the same path, the first one stays.

        Raises:
            Unreadable: its path is taken. Of notebooks, both stay: they may be the same.
        """
        folders = {str(folder) for folder in PurePosixPath(file.name).parents}
        if file.name in self.folders or any(folder in self.names for folder in folders):
            raise Unreadable(SAME_PATH)
        if self.names.setdefault(file.name, file.data) != file.data and not file.is_notebook:
            raise Unreadable(SAME_PATH)
        self.files.append(file)
        self.folders |= folders


def open_export(path: Path) -> zipfile.ZipFile:
    """Open a zip file that may hold a whole class, without reading it into memory.

    Raises:
        OSError, Unreadable: it cannot be read, has too many members, or is no zip file.
    """
    file = _ExportFile(str(path), opener=_open_plain)
    try:
        return zipfile.ZipFile(file)
    except Exception:  # `zipfile` raises many kinds of error on what is damaged
        file.close()
        raise Unreadable(PACKED) from None
    finally:
        file.limit = sys.maxsize


class _ExportFile(io.FileIO):
    """A zip file, of which `zipfile` reads the table of contents at once, however large it is."""

    limit = LARGEST_TABLE

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > self.limit:
            raise Unreadable(PACKED)
        return super().read(size) or b""


def _open_plain(path: str, flags: int = os.O_RDONLY) -> int:
    # Should the path have become a link or a pipe after all, neither follow nor wait.
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable(SPECIAL)
    return descriptor


def _read_file(path: str, size: int) -> bytes:
    with open(path, "rb", opener=_open_plain) as file:
        return file.read(size)


def _name_below(info: zipfile.ZipInfo, folder: str) -> str:
    """Return the path of a file in a folder of a zip file; of what is left out, an empty one."""
    # Not `filename`, which ends before a NUL.
    name = info.orig_filename.replace("\\", "/").removeprefix(folder)
    return "" if name.endswith("/") or any(map(is_skipped, name.split("/"))) else name


def _check_member(info: zipfile.ZipInfo, nested: bool) -> None:
    # Systems without such modes leave them 0.
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Unreadable(SPECIAL)
    is_zip = info.orig_filename.lower().endswith(".zip")
    if (nested and is_zip) or info.compress_type not in METHODS:
        raise Unreadable(PACKED)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as member:
            # One more than promised, for `zipfile` to arrive at the end and check the sum there.
            data = member.read(info.file_size + 1)
    except Exception:  # it needs a password, or is damaged in one of many ways
        raise Unreadable(PACKED) from None
    if len(data) != info.file_size:
        raise Unreadable(PACKED)
    return data


def encodable(text: str) -> str:
    """Replace what cannot be encoded (halves of surrogate pairs) or compiled (NUL)."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


def _clean(path: str) -> str:
    """Return a path that is safe below a folder.

    Raises:
        Unreadable: it leads elsewhere, or is too long.
    """
    # Windows has backslashes between folders, and some programs begin each path with "./".
    parts = [part for part in encodable(path).replace("\\", "/").split("/") if part != "."]
    lengths = [len(part.encode()) for part in parts]
    long = sum(lengths) > LONGEST_PATH or max(lengths, default=0) > LONGEST_PART
    if long or len(parts) > MOST_PARTS or BAD_CHARACTERS.search(path):
        raise Unreadable(BAD_PATH)
    if not parts or not {"", ".."}.isdisjoint(parts):
        raise Unreadable(BAD_PATH)
    return "/".join(parts)


# -- files as one message ---------------------------------------------------------------------


def pack(files: Files) -> bytes:
    """Return the files of a submission as a line of JSON and, after it, what they hold."""
    about = [{"path": f.path, "name": f.name, "size": len(f.data)} for f in files.files]
    line = json.dumps({"files": about, "refused": files.refused})
    return b"".join([f"{line}\n".encode(), *(file.data for file in files.files)])


def unpack(line: bytes, rest: BinaryIO) -> Files:
    """Return the files of such a message: its line, and a stream of what comes after it."""
    message = json.loads(line)
    files = [File(f["path"], f["name"], rest.read(f["size"])) for f in message["files"]]
    return Files(tuple(files), tuple((path, why) for path, why in message["refused"]))
