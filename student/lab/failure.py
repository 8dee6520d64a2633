"""A check that failed: facts first, and the text that is made of them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Literal

from .mistakes import Reading, in_words

# Columns of a message: as many as fit beside the notebook's margin in JupyterLab.
WIDTH = 80
INDENT = " " * 12
GLUE = "\0"  # a space that no line breaks at

Kind = Literal[
    "stub",  # the cell still holds the line that it came with
    "undefined",
    "no function",  # its name is that of something else
    "signature",
    "raised",
    "returned None",
    "type",
    "form",  # not as many parts as wanted, or an array where one number is wanted
    "shape",
    "dtype",  # an array that does not hold real numbers
    "not finite",
    "argument changed",
    "wrong value",
    "larger loss",  # of a function that is free to return any minimiser
]
# These come before the call, so their text shows neither the call nor its kind of input.
BEFORE_THE_CALL = ("stub", "undefined", "no function", "signature")


@dataclass(eq=False)
class CheckFailed(AssertionError):
    """The first fault that a check found.

    Attributes:
        kind: which question had the answer no.
        fault: what is wrong, in words.
        function: the function's name where the text begins with it. Not so in a hidden test:
            its code could put hidden values there.
        call: the call in the form that one would type; "" in a hidden test.
        about: what is special about a hidden test's input, in words without numbers.
        values: lines that show what came and what was wanted.
        error: of a function that raised: what, and where.
        mistakes: how the wrong value can be read, best first.
        advice: what to do about a fault other than a mistake with a name.
    """

    kind: Kind
    fault: str
    function: str = ""
    call: str = ""
    about: str = ""
    values: str = ""
    error: str = ""
    mistakes: tuple[Reading, ...] = ()
    advice: str = ""

    def __str__(self) -> str:
        """Return what the student reads: the fault, the call, the values, the hint."""
        parts = [self._head(), self.values, self.error]
        text = "\n".join(part for part in parts if part)
        return _safe("\n".join(map(_wrapped, f"{text}\n\n{self._hint()}".split("\n"))))

    def _head(self) -> str:
        if self.kind in BEFORE_THE_CALL:
            return self.fault
        if self.about:
            return f"{self.fault} (hidden test: {self.about})"
        return f"{self.function}: {self.fault}\n\n  call      {self.call}"

    def _hint(self) -> str:
        return in_words(self.mistakes) or self.advice

    @property
    def summary(self) -> str:
        """Fault and hint in one line, the same for every student with the same fault."""
        words = " ".join(filter(None, f"{self.error}\n{self._hint()}".split("\n")))
        return _safe(f"{self.fault}: {words}" if words else self.fault)

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to count, as plain data: a grader need not know this class."""
        return {
            "kind": self.kind,
            "mistakes": [list(reading.names) for reading in self.mistakes],
            "about": self.about,
            "function": self.function,
            "summary": self.summary,
        }


# Otter writes a class's name in front of its text, and this is the one that students know.
CheckFailed.__name__ = "AssertionError"


def unbroken(argument: str) -> str:
    """Return an argument that is not wrapped, if it fits into a line."""
    return argument.replace(" ", GLUE) if len(argument) < WIDTH - len(INDENT) else argument


def _wrapped(line: str) -> str:
    """Return a line wrapped between words; what goes on below a value is indented like it."""
    indent = INDENT if line.startswith("  ") else ""
    lines = textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines.replace(GLUE, " ")


def _safe(text: str) -> str:
    """Return a text that survives HTML: Otter does not escape it, and "<" would swallow words."""
    return text.replace("<", "\u2039").rstrip()
