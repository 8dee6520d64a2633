"""The bank: wrong and right answers to every question, with the verdict that each must get.

One module per graded function, called after its question and its name. In it, each answer is a
function whose name says what is wrong with it, or in which style it is right:

    @wrong(fails="public sizes", says="sign is flipped")
    def prediction_and_target_swapped(theta, y):
        return 2 * np.mean(y - theta)

``fails`` lists the test cases that must fail, by the last word of their names; all others must
pass. ``says`` are words of the first message that the student gets to read.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass

MODULE = re.compile(r"(?P<question>q\d[a-z](?:_[ivx]+)?)_(?P<function>\w+)")


@dataclass(frozen=True)
class Answer:
    """One answer: where it belongs, what it is, and what must become of it."""

    question: str
    function: str
    code: Callable
    fails: frozenset[str]
    says: str = ""

    @property
    def id(self) -> str:
        """Its name in the output of pytest."""
        return f"{self.question}-{self.function}-{self.code.__name__}"


BANK: list[Answer] = []


def wrong(*, fails: str, says: str) -> Callable[[Callable], Callable]:
    """Register a wrong answer."""

    def register(code: Callable) -> Callable:
        _add(code, fails, says)
        return code

    return register


def right(code: Callable) -> Callable:
    """Register a right answer."""
    _add(code, "", "")
    return code


def _add(code: Callable, fails: str, says: str) -> None:
    question, function = MODULE.fullmatch(code.__module__.rpartition(".")[2]).groups()
    BANK.append(Answer(question, function, code, frozenset(fails.split()), says))


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
