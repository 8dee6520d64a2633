"""Find what a student wrote below a question that people grade.

An answer is all that stands between a question's heading and its end and was not handed out,
wherever the student put it: in place of the prompt, beside it, above it, in a new cell. Programs
write Markdown anew in their own way (`*a*` as `_a_`, other line breaks and list marks, escaped
characters), so only letters, digits and symbols are compared.

Each expression here looks at a run of characters once, so that a long one costs little.
"""

from __future__ import annotations

import functools
import html
import itertools
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from .upload import Cell, Notebook

# Otter's marks around a question that is graded by hand.
BEGIN, END = "<!-- BEGIN QUESTION -->", "<!-- END QUESTION -->"
# In characters that count; what is shorter, a student may write as well.
LONG = 12
LIST_MARK = re.compile(r"^[\s>]*(?:[-+*]|\d{1,3}\\?[.)])\s")
# What editors add that show text as it will be printed.
TAG = re.compile(r"</?(?:br|p|div|span|em|strong|b|i|u)\b[^<>\n]{0,200}>", re.IGNORECASE)
ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\w{1,5});")

# A picture as text, with or without "data:" before it; some programs break its lines.
LINES = r"(?:\n[A-Za-z0-9+/=]{60,}+)*+"
DATA = re.compile(
    rf"data:image/[\w.+;=-]{{1,100}},[^\s\"'()<>\\]++{LINES}"
    rf"|(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{{60,}}+{LINES}"
)
# How PNG, JPEG, GIF, WebP, SVG and BMP begin; without "data:", others may be anything.
BEGINNINGS = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR", "PHN2Zy", "PD94bWw", "Qk")
# What stands in its place, until `_describe` says how large it is.
DATA_OF_SIZE = re.compile(r"data:image,(\d{1,9})")
IMAGE = re.compile(
    r"!\[[^\[\]\n]{0,300}\]\("
    r"(?:<(?P<quoted>[^<>\n]{1,500})>|(?P<plain>[^\s()<>]{1,500}+(?:\([^\s()<>]{1,99}\)[^\s()<>]{0,99})?))"
    r"[^()\n]{0,300}\)"
    r"|<img\b[^<>]{0,500}?\ssrc ?= ?[\"']?(?P<html>[^\s\"'<>]{1,500}+)[^<>]{0,500}>",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """What a student wrote: the words, and in which files there are pictures to look at."""

    text: str = ""
    pictures_in: tuple[str, ...] = ()


def find_answer(
    question: str, handed_out: Notebook, notebook: Notebook, files: Mapping[str, bytes]
) -> Found:
    """Return what a student wrote below a question: all there that was not handed out.

    Args:
        question: its name, with which its heading begins.
        handed_out: the notebook as students received it.
        notebook: the student's.
        files: what came with it, as in `Upload.files`.
    """
    place = list(_cells_of(question, handed_out.cells, set()))
    own = {cell.source for cell in place}
    others = {_fold_given(cell.source) for cell in handed_out.cells if cell.source not in own}
    others -= {*map(_fold_given, own), ""}
    pictures, given = _Pictures(notebook, files), _Pictures(handed_out, files)
    known = [line for cell in place for line in _fold_lines(given.described(cell))]
    cells = list(_cells_of(question, notebook.cells, others))
    # The question may have been copied, prompt and all.
    copies = min(3, sum(_is_heading(cell, question) for cell in cells)) or 1
    lines = [line for cell in cells for line in [*pictures.described(cell).strip().split("\n"), ""]]
    text = "\n".join(_new_lines(lines, known * copies)).strip()
    return Found(text, pictures.places_in(text))


def _new_lines(lines: list[str], known: Sequence[str]) -> Iterator[str]:
    """Yield the lines with something in them that is not known, and what is between them.

    Args:
        lines: all lines.
        known: folded lines. They may be broken or joined differently among ``lines``.
    """
    folded = [_fold(line) for line in lines]
    left = _without("".join(folded), known)
    start, new = 0, False
    between: list[str] = []
    for line, own in zip(lines, folded, strict=True):
        if own:
            new = bool(left[start : start + len(own)].strip("\0"))
            yield from between if new else ()
            between = []
        if new:
            yield line
        elif not own and (line.strip() or between):
            between.append(line)
        start += len(own)


def _without(text: str, known: Sequence[str]) -> str:
    """Return a folded text with NULs in place of each known line, once."""
    found: dict[int, tuple[int, int]] = {}
    # The long ones first: they tell where to look for a short one, which may be anybody's word.
    for i, line in sorted(enumerate(known), key=lambda item: -len(item[1])):
        after = max((end for j, (_, end) in found.items() if j < i), default=0)
        before = min((start for j, (start, _) in found.items() if j > i), default=len(text))
        is_long = len(line) >= LONG
        start = text.find(line, after, before) if line and (is_long or after) else -1
        start = text.find(line) if is_long and start < 0 else start
        if start >= 0:
            found[i] = start, start + len(line)
            text = f"{text[:start]}{chr(0) * len(line)}{text[start + len(line) :]}"
    return text


def _cells_of(question: str, cells: Sequence[Cell], others: set[str]) -> Iterator[Cell]:
    """Yield what is between a question's heading and the mark where Otter ends it.

    Args:
        question: its name.
        cells: of the notebook.
        others: folded cells that are not the question's: one of them ends it as well, for the
            mark may be deleted. If the heading is, the question begins behind the last of them.
    """
    starts = {i for i, cell in enumerate(cells) if _is_heading(cell, question)}
    if not starts:
        last = next((i for i, cell in enumerate(cells) if END in cell.source), len(cells))
        before = [i for i in range(last) if _fold_all(cells[i].source) in others]
        starts = {i + 1 for i in before[-1:]}
    inside = False
    for i, cell in enumerate(cells):
        inside = i in starts or (inside and _fold_all(cell.source) not in others)
        source, end, _ = cell.source.partition(END)
        if inside:
            yield replace(cell, source=source.rpartition(BEGIN)[2])
        inside = inside and not end


def _is_heading(cell: Cell, question: str) -> bool:
    """Whether a heading in a cell begins with a question's name: marked, or underlined."""
    if cell.kind == "code":
        return False
    lines = [*cell.source.replace("\\", "").split("\n"), ""]
    for line, following in itertools.pairwise(lines):
        before, found, _ = line.partition(f"{question}:")
        underlined = following.strip() and not following.strip("=- ")
        if found and not before.strip("#*_> \t\xa0") and (before.strip() or underlined):
            return True
    return False


# -- comparing --------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1000)
def _fold_given(text: str) -> str:
    """Fold what was handed out: the same for all students of a class."""
    return _fold_all(text)


def _fold_all(text: str) -> str:
    return "".join(_fold_lines(text))


def _fold_lines(text: str) -> list[str]:
    return [_fold(line) for line in text.split("\n")]


def _fold(line: str) -> str:
    """Return what does not change when a line of Markdown is written in another way."""
    text = ENTITY.sub(lambda match: html.unescape(match[0]), TAG.sub("", line))
    return "".join(map(_significant, LIST_MARK.sub("", text, count=1)))


@functools.lru_cache(maxsize=5000)
def _significant(char: str) -> str:
    """Return a symbol, or the letters and digits in a character without accents and case."""
    if unicodedata.category(char)[0] == "S":
        return "" if char.isascii() else char
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", char).casefold()))


# -- pictures ---------------------------------------------------------------------------------


class _Pictures:
    """Puts words in place of the pictures in a notebook's cells."""

    def __init__(self, notebook: Notebook, files: Mapping[str, bytes]):
        self.notebook, self.files = notebook, files
        self.places: dict[str, str] = {}  # where it is to be seen, by what stands in its place

    def places_in(self, text: str) -> tuple[str, ...]:
        """Return the files in which the pictures of an answer are to be seen."""
        return tuple(dict.fromkeys(file for words, file in self.places.items() if words in text))

    def described(self, cell: Cell) -> str:
        """Return a cell's text with a few words in place of each picture."""
        text = DATA.sub(_size_of_data, cell.source)
        text = IMAGE.sub(lambda match: self._describe_image(match, cell), text)
        return DATA_OF_SIZE.sub(lambda match: self._describe("", int(match[1])), text)

    def _describe_image(self, match: re.Match[str], cell: Cell) -> str:
        """Return words for a picture that Markdown or HTML shows."""
        target = match["quoted"] or match["plain"] or match["html"]
        inside = DATA_OF_SIZE.match(target)
        if inside:
            return self._describe("", int(inside[1]))
        kind, _, name = target.partition(":")
        if kind == "attachment":
            size = cell.pictures.get(name, cell.pictures.get(unquote(name)))
            return self._describe(unquote(name), size)
        if name:  # from somewhere else: https://...
            return match[0]
        path = posixpath.normpath(posixpath.join(self.notebook.folder, unquote(target)))
        data = self.files.get(path)
        return self._describe(unquote(target), None if data is None else len(data), path)

    def _describe(self, name: str, size: int | None, path: str = "") -> str:
        words = f"[picture {name}".rstrip()
        if size is None:
            return f"{words}, which did not come with the upload]"
        words = f"{words}, {max(1, round(size / 1000))} kB]"
        self.places[words] = path or self.notebook.path
        return words


def _size_of_data(match: re.Match[str]) -> str:
    text = match[0]
    if text.startswith("data:"):
        head, _, data = text.partition(",")
        size = len(data) * 3 // 4 if head.endswith(";base64") else len(data)
        return f"data:image,{size}"
    return f"data:image,{len(text) * 3 // 4}" if text.startswith(BEGINNINGS) else text
