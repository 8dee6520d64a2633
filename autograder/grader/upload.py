"""What a student uploaded: notebooks as cells, and the files beside them.

Everything here is made of bytes that `files` has read; nothing is executed. What is no notebook
despite its name becomes a sentence for the student.

Memory, for a limit of L bytes: 4 L for the text of cells (an emoji makes Python store a text with
4 bytes per character), L for pictures that are attached to them, and 25 times `files.NOTEBOOK_MB`
while one notebook is parsed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from .files import MOST_CELLS, NO_TEXT, File, Files, Unreadable, encodable, is_notebook, too_large

# Lists and objects in a notebook's JSON: a solution has below 2000, but two bytes make one.
MOST_LISTS = 200_000
# A call in a cell such as `grader.check("q1")`. Its question is of one assignment only.
CHECK = re.compile(r"""\.check\(["']([^"'\n]{1,100})["']\)""")

# Why a file is no notebook, and the cure.
OPEN_IT = (
    "Open it in Jupyter, check that your answers are there, save, and upload it again. If Jupyter "
    "cannot open it either, download the homework's notebook again and copy your answers into it."
)
ZIPPED = "this is a zip file under a notebook's name. Unpack it, and upload what is in it."
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
    pictures: Mapping[str, str] = field(default_factory=dict)  # attached ones: name and base64

    @property
    def first_line(self) -> str:
        """The first line that is not empty, at most 60 characters: how a report names a cell."""
        lines = (_printable(line[:1000]).strip() for line in self.source.splitlines())
        return next(filter(None, lines), "")[:60]


@dataclass(frozen=True)
class Notebook:
    """One notebook that could be read."""

    path: str  # for the report, such as "hw.zip/part/homework.ipynb"
    folder: str  # where its neighbours are in `Upload.files`, such as "part"; "." at the top
    assignment: str | None  # the name in Otter's metadata
    cells: tuple[Cell, ...]

    @property
    def has_usual_name(self) -> bool:
        """Whether the file's name ends as Jupyter ends it."""
        return self.path.lower().endswith(".ipynb")

    @property
    def is_checkpoint(self) -> bool:
        """Whether this is a copy that Jupyter has made by itself, by its name."""
        return self.path.lower().endswith("-checkpoint.ipynb")

    @property
    def checks(self) -> set[str]:
        """The questions that it checks."""
        code = (cell.source for cell in self.cells if cell.kind == "code")
        return {question for source in code for question in CHECK.findall(source)}

    @property
    def graded(self) -> tuple[tuple[object, ...], ...]:
        """What two copies of one notebook have in common: code, and answers."""
        cells = [cell for cell in self.cells if cell.source.strip() and not cell.ignored]
        return tuple((cell.kind, cell.source.rstrip(), *cell.pictures.items()) for cell in cells)


@dataclass(frozen=True)
class Upload:
    """All that could be read of an upload, and sentences for the student about the rest."""

    notebooks: tuple[Notebook, ...]
    files: dict[str, bytes]  # by clean relative paths that all fit into one folder
    faults: tuple[str, ...]
    unread: tuple[str, ...]  # the paths of all files that faults are about


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
    return Upload(
        notebooks=tuple(notebooks),
        files=beside,
        faults=tuple(f"{_listing(those)}: {why}" for why, those in paths.items()),
        unread=tuple(_shown(path) for path, _ in refused if path),
    )


def match(
    upload: Upload, handed_out: Mapping[str, Notebook]
) -> tuple[dict[str, Notebook], dict[str, str]]:
    """Find each assignment's notebook by what is inside, whatever its file is called.

    Args:
        upload: what came.
        handed_out: the notebook of each assignment as students received it.

    Returns:
        The notebooks by assignment, and for each assignment without one a sentence for the
        student: why, and what to do.
    """
    found, missing = {}, {}
    for name in handed_out:
        notebooks = _candidates(upload, name, handed_out)
        if not notebooks:
            missing[name] = _why_missing(upload, name, handed_out)
        elif len({notebook.graded for notebook in notebooks}) == 1:
            found[name] = notebooks[0]
        else:
            missing[name] = (
                f"The upload has different notebooks of {name}, so none of them is graded: "
                f"{_listing([notebook.path for notebook in notebooks])}. Upload only the one that "
                "should count."
            )
    return found, missing


def _candidates(upload: Upload, name: str, handed_out: Mapping[str, Notebook]) -> list[Notebook]:
    """Return the notebooks that can be a student's work on one assignment."""
    # Some programs drop metadata that they do not know. Then the checks tell.
    alike = [notebook for notebook in upload.notebooks if _is_like(notebook, handed_out[name])]
    notebooks = [
        notebook
        for notebook in upload.notebooks
        if notebook.assignment == name or (notebook.assignment is None and notebook in alike)
    ]
    # Of two assignments that were merged into one notebook, the metadata name one at most.
    notebooks = notebooks or [notebook for notebook in alike if notebook.assignment in handed_out]
    written = [notebook for notebook in notebooks if not notebook.is_checkpoint] or notebooks
    # A copy as it was handed out, beside one with answers, is not meant.
    return [n for n in written if n.graded != handed_out[name].graded] or written


def _is_like(notebook: Notebook, handed_out: Notebook) -> bool:
    """Whether a notebook checks most of the questions that the one handed out checks."""
    return len(notebook.checks & handed_out.checks) > len(handed_out.checks) / 2


def _why_missing(upload: Upload, name: str, handed_out: Mapping[str, Notebook]) -> str:
    others = [
        f"{notebook.path} (of {_shown(notebook.assignment)})"
        for notebook in upload.notebooks
        if notebook.assignment and notebook.assignment not in handed_out
    ]
    nameless = [
        notebook.path
        for notebook in upload.notebooks
        if not notebook.assignment
        and not any(_is_like(notebook, homework) for homework in handed_out.values())
    ]
    unread = [p for p in upload.unread if is_notebook(p) or p.lower().endswith(".zip")]
    lines = [f"The upload has no notebook of {name} that can be graded."]
    if unread:
        lines += [f"Could not be read (the reason stands below): {_listing(unread)}."]
    if nameless:
        lines += [
            f"The homework's name is missing inside: {_listing(nameless)}. Download the "
            "homework's notebook again, copy your answers into it, and upload that."
        ]
    if others:
        lines += [f"Notebooks of another homework came: {', '.join(others[:5])}."]
    if not upload.notebooks and not unread:
        came = dict.fromkeys([*upload.files, *upload.unread])
        nothing = "" if upload.faults else "no file at all (hidden files do not count)"
        lines += [f"What came: {those}." for those in [_listing(came) or nothing] if those]
    return " ".join(
        [
            *lines,
            f"Upload {name}.ipynb as you downloaded it, with your answers, and all others with it.",
        ]
    )


def _notebook(file: File) -> Notebook:
    """Make a notebook of a file, without its outputs.

    Not with `nbformat`: it takes up to three times as long.

    Raises:
        Unreadable: it is no notebook, or has too many cells.
    """
    content = _mapping(_parse(file.data))
    cells = content.get("cells", _old_cells(content))
    if not isinstance(cells, list):
        raise Unreadable(OTHER_JSON)
    if len(cells) > MOST_CELLS:
        raise Unreadable(too_large(file.data))
    name = _mapping(_mapping(content.get("metadata")).get("otter")).get("assignment_name")
    return Notebook(
        path=_shown(file.path),
        folder=str(PurePosixPath(file.name).parent),
        assignment=_text(name) or None,
        cells=tuple(_cell(i, cell) for i, cell in enumerate(cells) if isinstance(cell, dict)),
    )


def _old_cells(content: dict[str, Any]) -> list[Any] | None:
    """Return the cells of a notebook of format 3, with the names of format 4."""
    sheets = content.get("worksheets")
    if not isinstance(sheets, list):
        return None
    lists = [_mapping(sheet).get("cells") for sheet in sheets]
    cells = [_mapping(cell) for those in lists if isinstance(those, list) for cell in those]
    return [_renamed(cell) for cell in cells]


def _renamed(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell of format 3 as format 4 has it."""
    if cell.get("cell_type") == "code":
        return {**cell, "source": cell.get("input")}
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        marks = "#" * level if isinstance(level, int) and 0 < level < 7 else "#"
        return {**cell, "cell_type": "markdown", "source": f"{marks} {_text(cell.get('source'))}"}
    return cell


def _parse(data: bytes) -> Any:
    """Parse JSON, in any UTF and with or without a byte order mark.

    Raises:
        Unreadable: it is none.
    """
    if data.count(b"[") + data.count(b"{") > MOST_LISTS:
        raise Unreadable(too_large(data))
    try:
        return _loads(data)
    except (ValueError, RecursionError):
        pass
    start = data.lstrip(NO_TEXT)
    if not start:
        raise Unreadable(EMPTY)
    if start.startswith(b"PK\3\4"):
        raise Unreadable(ZIPPED)
    if re.search(rb"^<<<<<<<", data, re.MULTILINE):
        raise Unreadable(MERGE)
    raise Unreadable(WEB_PAGE if start.startswith(b"<") else DAMAGED)


def _loads(data: bytes) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError:  # saved in a country's own encoding: some letters are lost
        return json.loads(data.decode("utf-8", "replace"))


def _cell(index: int, cell: dict[str, Any]) -> Cell:
    metadata = _mapping(cell.get("metadata"))
    tags = metadata.get("tags")
    tagged = isinstance(tags, list) and "otter_ignore" in tags
    ignored = tagged or bool(_mapping(metadata.get("otter")).get("ignore"))
    kind, source = _text(cell.get("cell_type")), _text(cell.get("source"))
    return Cell(index, kind, source, ignored, dict(_pictures(cell)))


def _pictures(cell: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and base64 of each picture that is attached to a cell."""
    for name, by_kind in _mapping(cell.get("attachments")).items():
        for data in _mapping(by_kind).values():
            yield encodable(name), _text(data)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Return a text or a list of lines as a text, and what is neither as an empty one.

    Lines end as Jupyter ends them, also those that another program ends with carriage returns.
    """
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    if not isinstance(value, str):
        return ""
    return encodable(value).replace("\r\n", "\n").replace("\r", "\n")


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
