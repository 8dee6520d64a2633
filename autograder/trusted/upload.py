"""Read what a student uploaded, as data: nothing is executed, unpickled or unpacked to disk.

All of it may be hostile, or just broken. What cannot be read is left out with a sentence for the
student, and the rest is read. First `_Reader.walk` and `_Reader.members` find what there is, in
the folder and in its zip files; then `_Reader.take` reads one file after the other within the
limits, and `_notebook` makes a notebook of a file's bytes.

Memory, for a limit of L: at most L for files, L for zip files while they are read, 4 L for the
text of cells (an emoji makes Python store a text with 4 bytes per character), and 25 times
`NOTEBOOK_MB` while one notebook is parsed.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import zipfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

MEGABYTE = 2**20
# Parsed JSON takes up to 25 times its size (measured with "[[],[],..."). A solution with all its
# figures has less than 2 MB.
NOTEBOOK_MB = 10
# "{}" is a cell: 2 bytes in the upload, some 200 in memory. The homework has below 100.
MOST_CELLS = 2000
MOST_NOTEBOOKS = 50
# Lists and objects in a notebook's JSON: a solution has below 2000, but two bytes make one.
MOST_LISTS = 200_000
# Files, folders and members of zip files: each costs time and memory, even if it is empty.
MOST_ENTRIES = 5000
# All of a path's folders are in memory.
LONGEST_PATH, LONGEST_PART, MOST_PARTS = 500, 255, 20
BAD_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:")
SKIPPED = {"__MACOSX", "__pycache__", "venv", "node_modules", "site-packages"}
# Unlike these two, bzip2 and LZMA unpack without a limit in `zipfile`.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Begins each line of a zip file's table of contents.
MEMBER = b"PK\x01\x02"

# Why something is not read, and the cure.
OPEN_IT = (
    "Open it in Jupyter, check that your answers are there, save, and upload it again. If Jupyter "
    "cannot open it either, download the homework's notebook again and copy your answers into it."
)
EMPTY = f"the file is empty; saving or uploading it went wrong. {OPEN_IT}"
DAMAGED = f"this is no notebook, or only a part of one, as if saving had been cut off. {OPEN_IT}"
OTHER_JSON = f"this is JSON, but no notebook as Jupyter saves it today. {OPEN_IT}"
MERGE = (
    "Git left merge-conflict markers (<<<<<<<) in it, so that it is no notebook any more. Take "
    f"one of the two versions, for instance with git checkout --ours. {OPEN_IT}"
)
WEB_PAGE = (
    "this is a web page that was saved under a notebook's name. In Jupyter choose File > "
    "Download, on GitHub the button for the raw file, and upload what you get."
)
LARGE_NOTEBOOK = (
    f"a notebook may have {NOTEBOOK_MB} MB and {MOST_CELLS} cells. In Jupyter choose Edit > Clear "
    "Outputs of All Cells, delete what is not homework, save, and upload it again."
)
TOO_MUCH = (
    "not read, or only in part, because one upload may have at most {:g} MB, "
    f"{MOST_NOTEBOOKS} notebooks and {MOST_ENTRIES} files. Upload the homework's notebooks, and "
    "besides them only what they need."
)
PACKED = (
    "this cannot be unpacked: it is damaged, needs a password, is packed in an unusual way, or is "
    "a zip file in a zip file. Upload the notebooks themselves, without a zip file."
)
UNREADABLE = "this cannot be read. Upload it again."
SPECIAL = "only plain files are read, no links or devices. Upload the file itself."
BAD_PATH = (
    'such a path is not accepted (it is absolute, very long, or has "..", a backslash or a '
    "control character). Rename the file, and upload it without a zip file."
)
SAME_PATH = "another file has the same path, and only that one is used. Rename one of them."


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook. Its text can be encoded, and compiled if it is Python."""

    index: int  # position in the notebook, from 0
    kind: str  # "code", "markdown", or what else the notebook calls it
    source: str
    ignored: bool  # Otter skips it in grading

    @property
    def first_line(self) -> str:
        """The first line that is not empty, at most 60 characters: how a report names a cell."""
        lines = (_printable(line).strip() for line in self.source.splitlines())
        return next(filter(None, lines), "")[:60]


@dataclass(frozen=True)
class Notebook:
    """One notebook that could be read."""

    path: str  # for the report, such as "hw.zip/part/gradient_descent.ipynb"
    folder: str  # where its neighbours are in `Upload.files`, such as "part"; "." at the top
    assignment: str | None  # the name in Otter's metadata
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Upload:
    """All that could be read of an upload, and sentences for the student about the rest."""

    notebooks: tuple[Notebook, ...]
    files: dict[str, bytes]  # by clean relative paths that all fit into one folder
    faults: tuple[str, ...]
    unread: tuple[str, ...]  # the paths of notebooks and zip files that faults are about


class Unreadable(Exception):
    """Something is not read; the text says why, and what to do."""


@dataclass(frozen=True)
class _Item:
    """A file that was found, and is not read yet."""

    path: str  # for the report
    name: str  # in `Upload.files`
    size: int  # how many bytes have to be read or unpacked at most
    read: Callable[[], bytes]

    @property
    def is_notebook(self) -> bool:
        return self.name.lower().endswith(".ipynb")


def read_upload(place: Path, limit_mb: float) -> Upload:
    """Read a folder, a notebook or a zip file; zip files in a folder are read as well.

    Args:
        place: where the upload is. Nobody writes to it meanwhile.
        limit_mb: how many megabytes (2**20 bytes) are read at most, after unpacking.

    Raises:
        OSError: there is nothing at ``place``.
    """
    reader = _Reader(limit_mb)
    items = []
    for item in reader.walk(place.resolve(strict=True)):
        items += reader.members(item) if item.name.lower().endswith(".zip") else [item]
    # Notebooks first: a large data file must not take their room.
    for item in sorted(items, key=lambda item: not item.is_notebook):
        with reader.noting(item.path):
            reader.take(item)
    faults = tuple(f"{_listing(paths)}: {why}" for why, paths in reader.faults.items())
    unread = tuple(_shown(path) for path in reader.unread)
    return Upload(tuple(reader.notebooks), reader.files, faults, unread)


def match(upload: Upload, names: Sequence[str]) -> tuple[dict[str, Notebook], dict[str, str]]:
    """Find each assignment's notebook by its metadata, whatever its file is called.

    Returns:
        The notebooks by assignment, and for each assignment without one a sentence for the
        student: why, and what to do.
    """
    found, missing = {}, {}
    for name in names:
        notebooks = [notebook for notebook in upload.notebooks if notebook.assignment == name]
        if not notebooks:
            missing[name] = _why_missing(upload, name, names)
        elif len({_graded(notebook) for notebook in notebooks}) == 1:
            found[name] = notebooks[0]
        else:
            missing[name] = (
                f"The upload has different notebooks of {name}, so none of them is graded: "
                f"{_listing([notebook.path for notebook in notebooks])}. Upload only the one that "
                "should count."
            )
    return found, missing


def _graded(notebook: Notebook) -> tuple[tuple[str, str], ...]:
    """What two copies of one notebook have in common: code, and answers in words."""
    return tuple((cell.kind, cell.source) for cell in notebook.cells if not cell.ignored)


def _why_missing(upload: Upload, name: str, names: Sequence[str]) -> str:
    others = [
        f"{notebook.path} (of {_shown(notebook.assignment)})"
        for notebook in upload.notebooks
        if notebook.assignment and notebook.assignment not in names
    ]
    nameless = [n.path for n in upload.notebooks if not n.assignment]
    lines = [f"The upload has no notebook of {name} that can be graded."]
    if upload.unread:
        lines += [f"Could not be read (the reason stands below): {_listing(upload.unread)}."]
    if nameless:
        lines += [
            f"The homework's name is missing inside: {_listing(nameless)}. Download the "
            "homework's notebook again, copy your answers into it, and upload that."
        ]
    if others:
        lines += [f"Notebooks of another homework came: {', '.join(others[:5])}."]
    if not upload.notebooks:
        lines += [f"What came: {_listing(upload.files) or 'no file at all'}."]
    return " ".join(
        [
            *lines,
            f"Upload {name}.ipynb as you downloaded it, with your answers, and all others with it.",
        ]
    )


class _Reader:
    """What was read so far, and what may still be read."""

    def __init__(self, limit_mb: float):
        self.too_much = TOO_MUCH.format(limit_mb)
        self.room = self.room_for_zips = int(limit_mb * MEGABYTE)
        self.entries_left = MOST_ENTRIES
        self.notebooks: list[Notebook] = []
        self.files: dict[str, bytes] = {}
        self.folders: set[str] = set()  # of all files
        self.faults: dict[str, list[str]] = defaultdict(list)  # paths by what is wrong with them
        self.unread: list[str] = []

    def refuse(self, path: str, why: str) -> None:
        self.faults[why].append(path or "the upload")
        if path.lower().endswith((".ipynb", ".zip")):
            self.unread.append(path)

    @contextmanager
    def noting(self, path: str) -> Iterator[None]:
        """Turn what is wrong with one file into a fault, and go on."""
        try:
            yield
        except Unreadable as error:
            self.refuse(path, str(error))
        except OSError:
            self.refuse(path, UNREADABLE)

    def walk(self, place: Path) -> Iterator[_Item]:
        """Find the plain files: the top folder's first, lest a deeper one use up the entries."""
        waiting = deque([(str(place), "" if place.is_dir() else place.name)])
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
        """List a folder, sorted: where each entry is on disk, and its path in the upload."""
        with os.scandir(folder) as entries:
            found = [entry.name for entry in islice(entries, self.entries_left + 1)]
        if len(found) > self.entries_left:
            self.refuse(name, self.too_much)
            found.pop()
        self.entries_left -= len(found)
        prefix = f"{name}/" if name else ""
        return [(f"{folder}/{e}", f"{prefix}{e}") for e in sorted(found) if not _skipped(e)]

    def members(self, item: _Item) -> Iterator[_Item]:
        """Find the plain files in a zip file."""
        infos = []
        with self.noting(item.path):
            archive = self.open_zip(item)
            infos = archive.infolist()
        for info in infos:
            # Not `filename`, which ends before a NUL.
            name = info.orig_filename
            if name.endswith("/") or any(map(_skipped, name.split("/"))):
                continue
            with self.noting(f"{item.path}/{name}"):
                _check_member(info)
                # Members may overlap: what is packed has a cost as well.
                size = max(info.file_size, info.compress_size)
                read = partial(_read_member, archive, info)
                yield _Item(f"{item.path}/{name}", _clean(name), size, read)

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
        except Exception:  # whatever `zipfile` stumbles over
            raise Unreadable(PACKED) from None

    def take(self, item: _Item) -> None:
        """Read one file.

        Raises:
            OSError: it cannot be read.
            Unreadable: it exceeds a limit, is damaged, or is no notebook despite its name.
        """
        if item.is_notebook and item.size > NOTEBOOK_MB * MEGABYTE:
            raise Unreadable(LARGE_NOTEBOOK)
        full = item.is_notebook and len(self.notebooks) == MOST_NOTEBOOKS
        if full or item.size > self.room:
            raise Unreadable(self.too_much)
        self.room -= item.size
        data = item.read()
        self.keep(item, data)
        if item.is_notebook:
            self.notebooks.append(_notebook(item, data))

    def keep(self, item: _Item, data: bytes) -> None:
        """Put a file among the others; of two with the same path, the first one stays.

        Raises:
            Unreadable: its path is taken. Of notebooks, `match` says it better.
        """
        folders = {str(folder) for folder in PurePosixPath(item.name).parents}
        if item.name in self.folders or any(folder in self.files for folder in folders):
            raise Unreadable(SAME_PATH)
        if self.files.setdefault(item.name, data) != data and not item.is_notebook:
            raise Unreadable(SAME_PATH)
        self.folders |= folders


def _read_file(path: str, size: int) -> bytes:
    # Should the path have become a link or a pipe after all, neither follow nor wait.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable(SPECIAL)
        return file.read(size)


def _check_member(info: zipfile.ZipInfo) -> None:
    # Systems without such modes leave them 0.
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Unreadable(SPECIAL)
    nested = info.orig_filename.lower().endswith(".zip")
    if nested or info.compress_type not in METHODS:
        raise Unreadable(PACKED)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as member:
            # One more than promised, for `zipfile` to arrive at the end and check the sum there.
            data = member.read(info.file_size + 1)
    except Exception:  # it needs a password, or whatever `zipfile` stumbles over
        raise Unreadable(PACKED) from None
    if len(data) != info.file_size:
        raise Unreadable(PACKED)
    return data


def _notebook(item: _Item, data: bytes) -> Notebook:
    """Make a notebook of a file, without its outputs.

    Not with `nbformat`: it takes up to three times as long, and what it could do beyond this is
    to upgrade formats that no Jupyter has saved since 2015.

    Raises:
        Unreadable: it is no notebook of format 4, or has too many cells.
    """
    content = _mapping(_parse(data))
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise Unreadable(OTHER_JSON)
    if len(cells) > MOST_CELLS:
        raise Unreadable(LARGE_NOTEBOOK)
    name = _mapping(_mapping(content.get("metadata")).get("otter")).get("assignment_name")
    return Notebook(
        path=_shown(item.path),
        folder=str(PurePosixPath(item.name).parent),
        assignment=_text(name) or None,
        cells=tuple(_cell(i, cell) for i, cell in enumerate(cells) if isinstance(cell, dict)),
    )


def _parse(data: bytes) -> Any:
    """Parse JSON, in any UTF and with or without a byte order mark.

    Raises:
        Unreadable: it is none.
    """
    if data.count(b"[") + data.count(b"{") > MOST_LISTS:
        raise Unreadable(LARGE_NOTEBOOK)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    start = data.lstrip(b"\0\xef\xbb\xbf \t\r\n")
    if not start:
        raise Unreadable(EMPTY)
    if re.search(rb"^<<<<<<<", data, re.MULTILINE):
        raise Unreadable(MERGE)
    raise Unreadable(WEB_PAGE if start.startswith(b"<") else DAMAGED)


def _cell(index: int, cell: dict[str, Any]) -> Cell:
    metadata = _mapping(cell.get("metadata"))
    tags = metadata.get("tags")
    tagged = isinstance(tags, list) and "otter_ignore" in tags
    ignored = tagged or bool(_mapping(metadata.get("otter")).get("ignore"))
    return Cell(index, _text(cell.get("cell_type")), _text(cell.get("source")), ignored)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Return a text or a list of lines as a text, and what is neither as an empty one."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return _encodable(value) if isinstance(value, str) else ""


def _encodable(text: str) -> str:
    """Replace what cannot be encoded (halves of surrogate pairs) or compiled (NUL)."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


def _skipped(part: str) -> bool:
    """Whether a file or folder is hidden, or no student's own."""
    return part in SKIPPED or (part.startswith(".") and part not in (".", ".."))


def _clean(path: str) -> str:
    """Return a path that is safe below a folder.

    Raises:
        Unreadable: it leads elsewhere, or is too long.
    """
    clean = _encodable(path)
    parts = clean.split("/")
    lengths = [len(part.encode()) for part in parts]
    long = sum(lengths) > LONGEST_PATH or max(lengths) > LONGEST_PART or len(parts) > MOST_PARTS
    if long or BAD_CHARACTERS.search(path) or not {"", ".", ".."}.isdisjoint(parts):
        raise Unreadable(BAD_PATH)
    return clean


def _printable(text: str) -> str:
    """Remove line breaks, control characters, and such as change the direction of writing."""
    return "".join(filter(str.isprintable, text))


def _shown(text: str) -> str:
    """Return a name fit for a sentence; of a long one, both ends."""
    text = _printable(text)
    return text if len(text) <= 80 else f"{text[:39]}…{text[-40:]}"


def _listing(paths: Iterable[str]) -> str:
    """Name up to five paths, and how many more there are."""
    paths = list(paths)
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(map(_shown, paths[:5])) + more
