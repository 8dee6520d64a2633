"""Read the model answer and the rubric of a question that people grade.

Both stand in the question's ``SOLUTION`` block, the rubric behind the model answer:

    **Rubric**

    - 0.5 points: says that ...
    - 1 point: gives a reason.

    A note for graders.

A line that says ``**Rubric**``, a list whose items begin with points, and, if need be, a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = re.compile(r"^\*\*Rubric[.:]?\*\*", re.MULTILINE)
ALMOST_HEAD = re.compile(r"^[ \t>#*_]*rubric\b", re.MULTILINE | re.IGNORECASE)
ITEM = re.compile(r"[-*+] +(\d+(?:\.\d+)?) points?: +(\S.*)")
LIST_MARK = re.compile(r"[-*+] ")
# A page on which people grade gives each item a digit.
MOST_ITEMS = 9


@dataclass(frozen=True)
class Item:
    """One item of a rubric; its text is Markdown."""

    points: float
    text: str


@dataclass(frozen=True)
class Guide:
    """What guides people who grade a question, as Markdown; no items if there is no rubric."""

    model_answer: str
    items: tuple[Item, ...] = ()
    note: str = ""


def read_guide(texts: Sequence[str], points: float) -> Guide:
    """Return the model answer and the rubric.

    Args:
        texts: the text cells of the question's solution.
        points: the question's.

    Raises:
        ValueError: the rubric is not as it should be; the text says why, and the cure.
    """
    text = "\n\n".join(texts)
    head = HEAD.search(text)
    if not head and ALMOST_HEAD.search(text):
        raise ValueError("write **Rubric** on a line of its own, and below it a list of its items")
    if not head:
        return Guide(text.strip())
    first, *lines = text[head.end() :].split("\n")
    if first.strip():
        raise ValueError("write **Rubric** on a line of its own, and below it a list of its items")
    items, note = _read_items(lines)
    if not items or len(items) > MOST_ITEMS:
        raise ValueError(
            f"below **Rubric**, write a list of 1 to {MOST_ITEMS} items, each like "
            f"`- 0.5 points: gives a reason`; there are {len(items)}"
        )
    total = round(sum(item.points for item in items), 5)
    if total != points:
        raise ValueError(
            f"the items of the rubric add up to {total:g} points, the question has {points:g}: "
            f"make them agree"
        )
    return Guide(text[: head.start()].strip(), tuple(items), note)


def _read_items(lines: Sequence[str]) -> tuple[list[Item], str]:
    """Return the items of a list, and what stands below it.

    Raises:
        ValueError: an item does not begin with its points.
    """
    items: list[Item] = []
    for number, line in enumerate(lines):
        match = ITEM.fullmatch(line.rstrip())
        if match:
            items.append(Item(float(match[1]), match[2]))
        elif LIST_MARK.match(line):
            raise ValueError(
                f"an item of the rubric must begin with its points, like `- 0.5 points: ...`, but "
                f"says {line[:60]!r}"
            )
        elif items and line.startswith(" ") and line.strip():
            items[-1] = Item(items[-1].points, f"{items[-1].text} {line.strip()}")
        elif line.strip():
            return items, "\n".join(lines[number:]).strip()
    return items, ""
