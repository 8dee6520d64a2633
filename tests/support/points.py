"""What the homework is worth, from the masters: no test types a number that follows from them."""

from __future__ import annotations

import functools
from pathlib import Path

from autograder.release.masters import Master, TestedQuestion, read_masters

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def all_masters() -> dict[str, Master]:
    """Return the masters by name."""
    return {master.name: master for master in read_masters(ROOT)}


def possible(*names: str) -> float:
    """Return what the autograder can give for these notebooks; for all if none is named."""
    return sum(all_masters()[name].points for name in names or all_masters())


def question_of(function: str) -> TestedQuestion:
    """Return the question that asks for a function."""
    (question,) = [
        question
        for master in all_masters().values()
        for question in master.tested
        if function in [f.name for f in question.functions]
    ]
    return question


def notebook_of(question: str) -> str:
    """Return the name of the notebook that a question is in."""
    (name,) = [
        name
        for name, master in all_masters().items()
        if question in [q.id for q in master.questions]
    ]
    return name
