"""The bank: wrong and right answers to every question, with the verdict that each must get.

One module per graded function, called after its question and its name. In it, each answer is a
function whose name says what is wrong with it, or in which style it is right:

    @wrong(fails="public sizes", names="sign")
    def prediction_and_target_swapped(theta, y):
        return 2 * np.mean(y - theta)

``fails`` lists test cases that must fail, by the last word of their names. Others may fail as well,
so that a new test changes nothing here; that each hidden test has a wrong answer which it alone
catches is seen from what the answers do. ``names`` are the mistakes that the first of those test
cases names, all of them (see `lab.mistakes`); where it names none, or something else matters more,
``says`` are words of its message.

``students.json`` holds more of the same, collected from what an average student writes: one
mistake each, or none in a style of one's own. They run in a notebook in which all other functions
are solved, for they call these and read the notebook's variables.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.points import all_masters

STUDENTS_FILE = Path(__file__).with_name("students.json")
# The question that asks for each function.
QUESTIONS = {
    function.name: question.id
    for master in all_masters().values()
    for question in master.tested
    for function in question.functions
}
# Question and function of each module, by its name.
MODULES = {
    f"{question}_{function}": (question, function) for function, question in QUESTIONS.items()
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said of an answer: where it belongs, and what must become of it."""

    question: str
    function: str
    name: str  # what is wrong with it, or in which style it is right
    fails: frozenset[str]
    names: tuple[str, ...] = ()
    says: str = ""

    @property
    def id(self) -> str:
        """Its name in the output of pytest."""
        return f"{self.question}-{self.function}-{self.name}"


@dataclass(frozen=True, kw_only=True)
class Answer(Told):
    """An answer that is a function of the bank."""

    code: Callable


@dataclass(frozen=True, kw_only=True)
class Cell(Told):
    """An answer that is a student's cell."""

    source: str


BANK: list[Answer] = []
STUDENTS: list[Cell] = []
# What students did wrong in questions that are gone, and may come back next year.
GONE_MISTAKES: set[str] = set()


def wrong(*, fails: str, names: str = "", says: str = "") -> Callable[[Callable], Callable]:
    """Register a wrong answer."""
    if bool(names) == bool(says):
        raise ValueError(f"a wrong answer has either names or says, got {names!r} and {says!r}")

    def register(code: Callable) -> Callable:
        _add(code, fails, tuple(names.split(", ")) if names else (), says)
        return code

    return register


def right(code: Callable) -> Callable:
    """Register a right answer."""
    _add(code, "", (), "")
    return code


def _add(code: Callable, fails: str, names: tuple[str, ...], says: str) -> None:
    question, function = MODULES[code.__module__.rpartition(".")[2]]
    BANK.append(
        Answer(
            question=question,
            function=function,
            name=code.__name__,
            fails=frozenset(fails.split()),
            names=names,
            says=says,
            code=code,
        )
    )


for _module in pkgutil.iter_modules(__path__):
    if _module.name not in MODULES:
        raise ValueError(
            f"tests/submissions/{_module.name}.py is of no question and function of the masters: "
            f"rename it like {min(MODULES)}.py, or delete it"
        )
    importlib.import_module(f"{__name__}.{_module.name}")

for _entry in json.loads(STUDENTS_FILE.read_text(encoding="utf-8")):
    if _entry["function"] not in QUESTIONS:
        GONE_MISTAKES.update(_entry.get("names", ()))
        continue
    STUDENTS.append(
        Cell(
            question=QUESTIONS[_entry["function"]],
            function=_entry["function"],
            name=f"student: {_entry['about']}",
            fails=frozenset(_entry.get("fails", "").split()),
            names=tuple(_entry.get("names", ())),
            says=_entry.get("says", ""),
            source="\n".join(_entry["code"]),
        )
    )
