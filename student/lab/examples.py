"""The inputs of the public checks, and what right and mistaken answers return for them.

``examples.json`` holds numbers alone; staff make it with ``make mistakes``. A check that calls a
function with such an input can tell the mistake by the result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FILE = Path(__file__).with_name("examples.json")
# Significant digits and decimals of a number in the file; more would be the noise of one CPU.
DIGITS, DECIMALS = 8, 10


class Example(NamedTuple):
    """One call of a graded function: what comes of it if right, and by a mistake's name if not."""

    function: str
    arguments: dict[str, Any]
    expected: Any  # None where many results are right
    mistakes: dict[str, list[Any]]


@cache
def all_examples() -> tuple[Example, ...]:
    """Return what the file holds; nothing where a homework has none."""
    if not FILE.exists():
        return ()
    return tuple(
        Example(
            entry["function"],
            {name: from_plain(value) for name, value in entry["arguments"].items()},
            from_plain(entry["expected"]),
            {name: list(map(from_plain, ways)) for name, ways in entry["mistakes"].items()},
        )
        for entry in json.loads(FILE.read_text(encoding="utf-8"))
    )


def examples_of(function: str) -> list[Example]:
    """Return the examples of a graded function."""
    return [example for example in all_examples() if example.function == function]


def find_example(arguments: Mapping[str, Any], expected: Any) -> Example | None:
    """Return the example that a call is, if it is one.

    Args:
        arguments: of the call, by name.
        expected: the right result, which tells functions of the same arguments apart; None
            where many results are right.
    """
    for example in all_examples():
        if _same(example.arguments, dict(arguments)) and _same(example.expected, expected):
            return example
    return None


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same to the digits that the file has."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        is_tuple = isinstance(other, tuple) and len(one) == len(other)
        return is_tuple and all(map(_same, one, other))
    if one is None or other is None:
        return one is other
    if isinstance(other, tuple) or np.shape(one) != np.shape(other):
        return False
    return np.allclose(one, other, rtol=1e-6, atol=1e-12, equal_nan=True)


def to_plain(value: Any) -> Any:
    """Return a number, an array or a tuple of them as JSON: lists, null for nan and infinity."""
    if isinstance(value, tuple):
        return {"parts": [to_plain(part) for part in value]}
    if np.ndim(value):
        return [to_plain(entry) for entry in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if not np.isfinite(value):
        return None
    return float(f"{round(float(value), DECIMALS):.{DIGITS}g}") + 0.0  # no -0.0


def from_plain(value: Any) -> Any:
    """Return what `to_plain` was given; None alone stays None."""
    if isinstance(value, dict):
        return tuple(map(from_plain, value["parts"]))
    if isinstance(value, list):
        return np.array(value, dtype=float)  # None becomes nan
    return value
