"""Find what a student wrote below a question that people grade.

An answer is all that stands between a question's heading and its end and was not handed out,
wherever the student put it: in place of the prompt, beside it, above it, in a new cell. Programs
write Markdown anew in their own way (`*a*` as `_a_`, other line breaks and list marks, escaped
characters), so only letters, digits and symbols are compared.

Each expression here looks at a run of characters once, so that a long one costs little.
"""

from __future__ import annotations

import binascii
import functools
import hashlib
import html
import itertools
import posixpath
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
# What stands in its place, until `_describe` says how large it is: which one of the cell it is.
DATA_OF_CELL = re.compile(r"data:image,(\d{1,9})")
IMAGE = re.compile(
    r"!\[[^\[\]\n]{0,300}\]\("
    r"(?:<(?P<quoted>[^<>\n]{1,500})>|(?P<plain>[^\s()<>]{1,500}+(?:\([^\s()<>]{1,99}\)[^\s()<>]{0,99})?))"
    r"[^()\n]{0,300}\)"
    r"|<img\b[^<>]{0,500}?\ssrc ?= ?[\"']?(?P<html>[^\s\"'<>]{1,500}+)[^<>]{0,500}>",
    re.IGNORECASE,
)


# What a browser may show: how such a file begins, and how large a picture is drawn at most. A
# few bytes of PNG can stand for gigabytes of pixels.
KINDS = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
MOST_PIXELS = 30_000_000
# A JPEG's size stands behind these marks, and behind none of the others.
JPEG_SIZE = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Picture:
    """A picture in an answer: what stands in its place, the file to look into, and its bytes."""

    words: str
    file: str
    data: bytes = field(repr=False)

    @property
    def hash(self) -> str:
        """What is the same for the same picture."""
        return hashlib.sha256(self.data).hexdigest()

    def to_show(self, most_bytes: int) -> str:
        """Return a picture as text for a page; "" if it is too large, or neither PNG nor JPEG."""
        for kind, beginning in KINDS.items():
            if self.data.startswith(beginning) and len(self.data) <= most_bytes:
                width, height = (_png_size if kind == "png" else _jpeg_size)(self.data)
                if 0 < width * height <= MOST_PIXELS:
                    return f"data:image/{kind};base64,{b64encode(self.data).decode()}"
        return ""


@dataclass(frozen=True)
class Found:
    """What a student wrote: the words, and the pictures."""

    text: str = ""
    pictures: tuple[Picture, ...] = ()

    @property
    def pictures_in(self) -> tuple[str, ...]:
        """The files in which the pictures are to be seen."""
        return tuple(dict.fromkeys(picture.file for picture in self.pictures))


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
    place = list(_cells_of(question, handed_out.cells, set(), set()))
    own = {cell.source for cell in place}
    others = {_fold_given(cell.source) for cell in handed_out.cells if cell.source not in own}
    others -= {*map(_fold_given, own), ""}
    start = place[0].index if place else 0
    before = others & {_fold_given(cell.source) for cell in handed_out.cells[:start]}
    pictures, given = _Pictures(notebook, files), _Pictures(handed_out, files)
    known = [line for cell in place for line in _fold_lines(given.described(cell))]
    cells = list(_cells_of(question, notebook.cells, before, others))
    # The question may have been copied, prompt and all.
    copies = min(3, sum(_is_heading(cell, question) for cell in cells)) or 1
    lines = [line for cell in cells for line in [*pictures.described(cell).strip().split("\n"), ""]]
    text = "\n".join(_new_lines(lines, known * copies)).strip()
    return Found(text, pictures.shown_in(text))


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
    heading = next((i for i, line in enumerate(known) if line), 0)
    if known and known[heading] and text.startswith(known[heading]):
        end = len(known[heading])  # of the question's own, however short
        found[heading], text = (0, end), chr(0) * end + text[end:]
    # The long ones first: they tell where to look for a short one, which may be anybody's word.
    for i, line in sorted(enumerate(known), key=lambda item: -len(item[1])):
        if i in found:
            continue
        after = max((end for j, (_, end) in found.items() if j < i), default=0)
        before = min((start for j, (start, _) in found.items() if j > i), default=len(text))
        is_long = len(line) >= LONG
        start = text.find(line, after, before) if line and (is_long or after) else -1
        start = text.find(line) if is_long and start < 0 else start
        if start >= 0:
            found[i] = start, start + len(line)
            text = f"{text[:start]}{chr(0) * len(line)}{text[start + len(line) :]}"
    return text


def _cells_of(
    question: str, cells: Sequence[Cell], before: set[str], others: set[str]
) -> Iterator[Cell]:
    """Yield what is between a question's heading and the mark where Otter ends it.

    Args:
        question: its name.
        cells: of the notebook.
        before: folded cells in front of it. Behind the last of them it begins if its heading is
            deleted.
        others: folded cells that are not the question's: one of them ends it as well, for the
            mark may be deleted.
    """
    starts = {i for i, cell in enumerate(cells) if _is_heading(cell, question)}
    if not starts:
        in_front = [i for i, cell in enumerate(cells) if _fold_all(cell.source) in before]
        starts = {i + 1 for i in in_front[-1:]}
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
        self.found: dict[Picture, None] = {}  # in order

    def shown_in(self, text: str) -> tuple[Picture, ...]:
        """Return the pictures in a text."""
        return tuple(picture for picture in self.found if picture.words in text)

    def described(self, cell: Cell) -> str:
        """Return a cell's text with a few words in place of each picture."""
        inside: list[str] = []
        text = DATA.sub(lambda match: _mark(match[0], inside), cell.source)
        text = IMAGE.sub(lambda match: self._describe_image(match, cell, inside), text)
        return DATA_OF_CELL.sub(lambda match: self._describe_data(match, inside), text)

    def _describe_image(self, match: re.Match[str], cell: Cell, inside: list[str]) -> str:
        """Return words for a picture that Markdown or HTML shows."""
        target = match["quoted"] or match["plain"] or match["html"]
        mark = DATA_OF_CELL.match(target)
        if mark:
            return self._describe_data(mark, inside)
        kind, _, name = target.partition(":")
        if kind == "attachment":
            data = cell.pictures.get(name, cell.pictures.get(unquote(name)))
            if data is None:
                return _missing(unquote(name))
            return self._describe(unquote(name), len(data) * 3 // 4, _decoded(data))
        if name:  # from somewhere else: https://...
            return match[0]
        path = posixpath.normpath(posixpath.join(self.notebook.folder, unquote(target)))
        if path not in self.files:
            return _missing(unquote(target))
        return self._describe(unquote(target), len(self.files[path]), self.files[path], path)

    def _describe_data(self, mark: re.Match[str], inside: list[str]) -> str:
        """Return words for a picture that stands in the text itself."""
        number = int(mark[1])
        if number >= len(inside):  # the student's own words
            return mark[0]
        head, comma, data = inside[number].rpartition(",")
        is_base64 = not comma or head.endswith(";base64")
        size = len(data) * 3 // 4 if is_base64 else len(data)
        return self._describe("", size, _decoded(data) if is_base64 else data.encode())

    def _describe(self, name: str, size: int, data: bytes, path: str = "") -> str:
        words = f"{f'[picture {name}'.rstrip()}, {max(1, round(size / 1000))} kB]"
        self.found[Picture(words, path or self.notebook.path, data)] = None
        return words


def _missing(name: str) -> str:
    return f"{f'[picture {name}'.rstrip()}, which did not come with the upload]"


def _mark(text: str, inside: list[str]) -> str:
    """Return what stands for a picture that is text, and note it; anything else as it is."""
    if not text.startswith(("data:", *BEGINNINGS)):
        return text
    inside.append(text)
    return f"data:image,{len(inside) - 1}"


def _decoded(text: str) -> bytes:
    """Return the bytes that base64 stands for; of what is none, nothing."""
    try:
        return binascii.a2b_base64(text)
    except ValueError:
        return b""


def _png_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG; 0 and 0 if it does not say."""
    if data[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG; 0 and 0 if it does not say."""
    start = 2
    while data[start : start + 1] == b"\xff" and start + 9 <= len(data):
        if data[start + 1] in JPEG_SIZE:
            return int.from_bytes(data[start + 7 : start + 9]), int.from_bytes(
                data[start + 5 : start + 7]
            )
        start += 2 + int.from_bytes(data[start + 2 : start + 4])
    return 0, 0
