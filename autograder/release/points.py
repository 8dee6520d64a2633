"""What a master's texts say of points and minutes, worked out from its questions.

Three things are known in a notebook's Markdown, and `corrected` writes them anew:

- the points below the heading of a question, ``**2 points``;
- a table with a column ``points`` (and one ``time`` or ``minutes``) whose rows name questions, as
  in ``q1 to q4, and q6``; a row that begins with ``total`` adds up all of them;
- the sentence ``Of the 20 points, 5 come from the public checks ...``, as `sentence` has it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

POINTS = re.compile(r"\*\*\d+(?:\.\d+)? points?\b")
SENTENCE = re.compile(r"Of the \d+(?:\.\d+)? points?, \d.*?\.(?=\s|$)")
RULE = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+\s*(:?-+:?\s*)?")
CELLS = re.compile(r"(?<!\\)\|")
FORMULA = re.compile(r"\$[^$]*\$")
TIMES = ("time", "minutes")
DASHES = "\u2013-"
TO = ("to", *DASHES)


class Worth(NamedTuple):
    """What a question is worth, and where its text stands."""

    question: str
    public: float
    hidden: float
    by_hand: float
    minutes: int | None
    heading: int  # number of the cell, from 1

    @property
    def points(self) -> float:
        """All that it can give."""
        return self.public + self.hidden + self.by_hand


class Correction(NamedTuple):
    """A line that says something else than the questions."""

    cell: int
    old: str
    new: str


def corrections(texts: Sequence[str], worths: Sequence[Worth]) -> Iterator[Correction]:
    """Yield the lines of a notebook's texts that must change.

    Args:
        texts: the Markdown of each cell, "" for cells of other kinds.
        worths: of all questions of the notebook, in order.
    """
    for number, text in enumerate(texts, start=1):
        pairs = zip(text.split("\n"), corrected(number, text, worths).split("\n"), strict=True)
        yield from (Correction(number, old, new) for old, new in pairs if old != new)


def corrected(number: int, text: str, worths: Sequence[Worth]) -> str:
    """Return a cell's text with the points and minutes of the questions."""
    for worth in worths:
        if worth.heading == number:
            text = POINTS.sub(f"**{_points(worth.points)}", text, count=1)
    text = SENTENCE.sub(sentence(worths), text)
    lines = text.split("\n")
    for header, row in _rows(lines):
        lines[row] = _corrected_row(lines[header], lines[row], worths)
    return "\n".join(lines)


def sentence(worths: Sequence[Worth]) -> str:
    """Return the sentence on who gives how many points in a notebook."""
    public = sum(worth.public for worth in worths)
    hidden = sum(worth.hidden for worth in worths)
    by_hand = sum(worth.by_hand for worth in worths)
    readers = _and([worth.question for worth in worths if worth.by_hand])
    parts = [
        (public, "come from the public checks in this notebook"),
        (hidden, "from hidden checks on Gradescope"),
        (by_hand, f"from people who read {readers}"),
    ]
    said = [f"{_number(points)} {words}" for points, words in parts if points]
    comma = "," if len(said) > 2 else ""
    total = _points(public + hidden + by_hand)
    return f"Of the {total}, {', '.join(said[:-1])}{comma} and {said[-1]}."


def faults(texts: Sequence[str], worths: Sequence[Worth]) -> Iterator[tuple[int, str]]:
    """Yield which questions the tables miss, name twice or invent, with the cell's number."""
    ids = [worth.question for worth in worths]
    named: Counter[str] = Counter()
    last, backwards = 0, False
    for number, text in enumerate(texts, start=1):
        lines = text.split("\n")
        for _, row in _rows(lines):
            found = _questions(lines[row], ids)
            named.update(found)
            last = number if found else last
            for pair in _backwards(lines[row], ids):
                backwards = True
                yield number, f"the row from {' to '.join(pair)} runs backwards: turn it round"
            for word in _unknown(lines[row], ids):
                yield number, f"a row of the table names {word}, which is no question: correct it"
    missing = [] if backwards else [name for name in ids if last and not named[name]]
    if missing:
        yield last, f"no row of the table names {_and(missing)}: add it, then run `make format`"
    for name, count in named.items():
        if count > 1:
            yield last, f"the table counts {name} {count} times: name it in one row"


def _rows(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the line numbers of header and row, for each row of a table of points."""
    header = None
    for i, line in enumerate(lines):
        if "|" not in line:
            header = None
        elif header is not None and i > header + 1:
            yield header, i
        elif i + 1 < len(lines) and RULE.fullmatch(lines[i + 1]):
            header = i if "points" in _titles(line) else None


def _titles(header: str) -> list[str]:
    return [title.strip(" *").lower() for title in CELLS.split(header)]


def _corrected_row(header: str, row: str, worths: Sequence[Worth]) -> str:
    ids = _questions(row, [worth.question for worth in worths])
    is_total = not ids and row.strip(" |*").lower().startswith("total")
    meant = [worth for worth in worths if is_total or worth.question in ids]
    if not meant:
        return row
    cells = CELLS.split(row)
    for i, title in enumerate(_titles(header)[: len(cells)]):
        if title == "points":
            cells[i] = _replaced(cells[i], _number(sum(worth.points for worth in meant)))
        elif title in TIMES:
            cells[i] = _replaced(cells[i], f"{sum(worth.minutes or 0 for worth in meant)} min")
    return "|".join(cells)


def _replaced(cell: str, text: str) -> str:
    """Return a cell of a table with another text, and untouched if it has that one."""
    bare = cell.strip(" *")
    return cell if bare == text else cell.replace(bare, text) if bare else f" {text} "


def _questions(row: str, ids: list[str]) -> list[str]:
    """Return the questions that a row names, ``first to last`` in full."""
    words, found = _words(row), []
    for i, word in enumerate(words):
        if word in ids:
            is_range = i > 1 and words[i - 1] in TO and words[i - 2] in ids
            first, last = ids.index(words[i - 2]) if is_range else -1, ids.index(word)
            found += ids[first + 1 : last + 1] if 0 <= first < last else [word]
    return found


def _backwards(row: str, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the ranges of a row whose ends are the wrong way round."""
    words = _words(row)
    for first, to, last in zip(words, words[1:], words[2:], strict=False):
        if to in TO and {first, last} <= {*ids} and ids.index(first) > ids.index(last):
            yield first, last


def _words(row: str) -> list[str]:
    return re.findall(rf"\w+(?:\.\w+)*|[{DASHES}]", FORMULA.sub("", row))


def _unknown(row: str, ids: list[str]) -> list[str]:
    """Return the words of a row that look like a question's id and are none."""
    starts = {match[0] for name in ids if (match := re.match(r"[A-Za-z]+(?=\d)", name))}
    looks = [w for w in _words(row) if any(re.match(rf"{start}\d", w) for start in starts)]
    return [word for word in looks if word not in ids]


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _points(value: float) -> str:
    return f"{_number(value)} point{'' if value == 1 else 's'}"
