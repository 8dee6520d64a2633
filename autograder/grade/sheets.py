"""Tables as spreadsheets have them: written so that no text is a formula, and read as saved.

Excel saves "CSV" in its own ways: semicolons and decimal commas in many countries, tabs and UTF-16
as "Unicode text", another encoding than UTF-8.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import UsageError
from .words import one_line

# Without it, Excel takes UTF-8 for something else, and spoils accents.
BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet takes what begins like this for a formula, and would run a student's.
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
# Where a spreadsheet may see the next cell, whatever commas and quotes say: Excel goes by the
# country, others ask.
SEPARATOR = re.compile(r"([,;|\t\r\n])")
NUMBER = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?\W*")
# A number as somebody types it, with the comma of many countries.
TYPED = re.compile(r"[-+]?(\d{1,9}([.,]\d{0,9})?|[.,]\d{1,9})", re.ASCII)
WORD = re.compile(r"[^\W_]+")
# Columns end with one of these; which one, the head tells.
DELIMITERS = (",", ";", "\t")
LARGEST = 50_000_000  # bytes


class SheetWriter:
    """Writes the rows of a table, which begins with the mark that Excel needs."""

    def __init__(self, file: IO[str], delimiter: str = ","):
        file.write(BYTE_ORDER_MARK)
        self.table = csv.writer(file, delimiter=delimiter)

    def write(self, row: Iterable[Any]) -> None:
        """Write a row, in which no text is a formula."""
        self.table.writerow([cell(value) for value in row])


def cell(value: Any) -> Any:
    """Return a value for a spreadsheet, in which no text is a formula."""
    if not isinstance(value, str):
        return value
    parts = SEPARATOR.split(value)
    # Within a text, a number is most often one of a list.
    parts[2::2] = [p if NUMBER.fullmatch(p.strip()) else _quoted(p) for p in parts[2::2]]
    return _quoted("".join(parts))


def _quoted(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.replace('"', "").lstrip(" ").startswith(FORMULA) else value


def uncell(value: str) -> str:
    """Return the text that `cell` has made safe, as far as its beginning goes."""
    return (
        value[1:] if value.startswith("'") and value[1:].lstrip(' "').startswith(FORMULA) else value
    )


def to_number(text: str) -> float | None:
    """Return the number that somebody typed; None if it is none."""
    text = text.strip().removeprefix("'")
    return float(text.replace(",", ".")) if TYPED.fullmatch(text) else None


# -- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A table that was read.

    Attributes:
        path: its file.
        delimiter: what ends its columns.
        head: the names of the columns, as they stand there.
        rows: each with its line in the file, and as many texts as there are columns.
    """

    path: Path
    delimiter: str
    head: list[str]
    rows: list[tuple[int, list[str]]]

    def find(self, *names: str) -> int | None:
        """Return the first column that has one of these names; the first name counts first."""
        folded = [fold(title) for title in self.head]
        return next((folded.index(name) for name in names if name in folded), None)


def fold(title: str) -> str:
    """Return a column's title without what people write in different ways."""
    return " ".join(WORD.findall(title.casefold()))


def read_sheet(path: Path) -> Sheet:
    """Read a table from a CSV file, however a spreadsheet has saved it.

    Raises:
        UsageError: there is no such file, or it is no table.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    if len(data) > LARGEST or data.startswith(b"PK\3\4"):
        raise UsageError(f"{path}: this is no CSV file: in the spreadsheet, save it as CSV")
    text = _decoded(data)
    said = re.match(r'"?sep=(.)"?\r?\n', text)
    text = text[said.end() :] if said else text
    delimiter = said[1] if said else _delimiter(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [(reader.line_num + bool(said), row) for row in reader]
    except csv.Error as error:
        raise UsageError(f"{path}: this is no CSV file ({error})") from None
    lines = [(number, row) for number, row in lines if any(value.strip() for value in row)]
    if not lines:
        raise UsageError(f"{path}: this table is empty")
    (_, head), *rows = lines
    width = len(head)
    return Sheet(
        path, delimiter, [title.strip() for title in head],
        [(number, [*row, *[""] * (width - len(row))][:width]) for number, row in rows],
    )  # fmt: skip


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").replace("\0", "")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # Excel's plain CSV in Western countries
        text = data.decode("cp1252", "replace")
    return text.replace("\0", "")


def _delimiter(text: str) -> str:
    """Return what ends most columns of the first line."""
    line = text.lstrip().split("\n", 1)[0]
    return max(DELIMITERS, key=lambda delimiter: len(_split(line, delimiter)))


def _split(line: str, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def refuse(problems: Sequence[str], most: int = 20) -> None:
    """Raise an error that has a line for each problem, if there are any.

    Raises:
        UsageError: there are problems.
    """
    if problems:
        lines = [one_line(problem) for problem in problems[:most]]
        more = [f"... and {len(problems) - most} more"] if len(problems) > most else []
        raise UsageError("\n".join([*lines, *more]))
