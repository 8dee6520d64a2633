"""What a student uploaded: notebooks as cells, and the files beside them.

Everything here is made of bytes that `files` has read; nothing is executed. What is no notebook
despite its name becomes a sentence for the student.

Memory, for a limit of L bytes: 4 L for the text of cells (an emoji makes Python store a text with
4 bytes per character), and 25 times `files.NOTEBOOK_MB` while one notebook is parsed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .files import LARGE_NOTEBOOK, MOST_CELLS, File, Files, Unreadable, encodable

# Lists and objects in a notebook's JSON: a solution has below 2000, but two bytes make one.
MOST_LISTS = 200_000

# Why a file is no notebook, and the cure.
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


def make_upload(files: Files) -> Upload:
    """Return the notebooks and other files of what was read."""
    notebooks: list[Notebook] = []
    refused = list(files.refused)
    beside: dict[str, bytes] = {}
    for file in files.files:
        # Of two notebooks with one path, the first; `match` says that there are two.
        beside.setdefault(file.name, file.data)
        if file.is_notebook:
            try:
                notebooks.append(_notebook(file))
            except Unreadable as error:
                refused.append((file.path, str(error)))
    paths: dict[str, list[str]] = defaultdict(list)
    for path, why in refused:
        paths[why].append(path or "the upload")
    unread = [path for path, _ in refused if path.lower().endswith((".ipynb", ".zip"))]
    return Upload(
        notebooks=tuple(notebooks),
        files=beside,
        faults=tuple(f"{_listing(those)}: {why}" for why, those in paths.items()),
        unread=tuple(map(_shown, unread)),
    )


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


def _notebook(file: File) -> Notebook:
    """Make a notebook of a file, without its outputs.

    Not with `nbformat`: it takes up to three times as long, and what it could do beyond this is
    to upgrade formats that no Jupyter has saved since 2015.

    Raises:
        Unreadable: it is no notebook of format 4, or has too many cells.
    """
    content = _mapping(_parse(file.data))
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise Unreadable(OTHER_JSON)
    if len(cells) > MOST_CELLS:
        raise Unreadable(LARGE_NOTEBOOK)
    name = _mapping(_mapping(content.get("metadata")).get("otter")).get("assignment_name")
    return Notebook(
        path=_shown(file.path),
        folder=str(PurePosixPath(file.name).parent),
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
    return encodable(value) if isinstance(value, str) else ""


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
