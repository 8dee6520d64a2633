"""What tests call: `check` compares what a function returns, and says what is wrong in words.

Students get this file, so nothing in it may be an answer. A check that fails raises an error that
carries facts as well, which the report and the page about a class count.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# What is said of each mistake, by its name. A test gives the value that a mistake leads to.
SENTENCES = {
    "mean kept": "The mean is still in it: subtract it first.",
    "variance": "This is divided by the variance. The standard deviation is its square root.",
    "sample deviation": "This divides by N - 1 under the root; here the mean is over all N.",
}


class CheckFailed(AssertionError):
    """A check that failed: what a student reads, and facts for whoever counts."""

    def __init__(self, kind: str, text: str, mistake: str = "", hidden: str = ""):
        advice = SENTENCES.get(mistake, "")
        super().__init__("\n\n".join(filter(None, (text, advice))))
        self.facts = {
            "kind": kind,
            "mistakes": [[mistake]] if mistake else [],
            "about": hidden,
            "function": "",
            "summary": advice or text.splitlines()[-1],
        }


# Otter writes a class's name in front of its text, and this is the one that students know.
CheckFailed.__name__ = "AssertionError"


def check(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Any,
    *,
    hidden: str = "",
    mistakes: Mapping[str, Any] | None = None,
) -> None:
    """Raise `CheckFailed` unless ``function`` returns ``expected``.

    Args:
        function: the student's; None if it is not defined.
        arguments: by name, in order. They must be the same after the call.
        expected: a number or an array, which agrees to a relative tolerance of 1e-4; a text, a
            list, a tuple or a dictionary of such.
        hidden: in a hidden test, what is special about its input, in words without numbers.
            Messages then show no values.
        mistakes: names in `SENTENCES`, and what each leads to.

    Raises:
        ValueError: the test is no good: its numbers do not tell mistakes apart.
    """
    known = {"the right answer": expected, **(mistakes or {})}
    for (name, value), (other, same) in itertools.combinations(known.items(), 2):
        if _agree(value, same):
            raise ValueError(f"{name} and {other} lead to the same here: choose other numbers")
    if function is None:
        raise CheckFailed("undefined", "the function is not defined: run the cell that defines it")
    passed = copy.deepcopy(dict(arguments))
    about = f"hidden test: {hidden}" if hidden else _call(function, arguments)
    try:
        got = function(*passed.values())
    except NotImplementedError as stub:
        text = "not answered yet" if hidden else f"not answered yet: {stub}"
        raise CheckFailed("stub", text, hidden=hidden) from None
    except Exception as error:
        text = "" if hidden else f": {error}"
        text = f"{about}\nit stopped with an error, {type(error).__name__}{text}"
        raise CheckFailed("raised", text, hidden=hidden) from None
    changed = [name for name in arguments if not _same(arguments[name], passed[name])]
    if changed:
        text = f"{about}\nthe call changed {changed[0]}, which belongs to the caller: use a copy"
        raise CheckFailed("argument changed", text, hidden=hidden)
    if _agree(got, expected):
        return
    names = [name for name, value in (mistakes or {}).items() if _agree(got, value)]
    values = "" if hidden else f"\nreturned  {got!r}\nexpected  {expected!r}"
    text = f"{about}{values}\nthe value is wrong"
    raise CheckFailed("wrong value", text, names[0] if names else "", hidden)


def _agree(got: Any, expected: Any) -> bool:
    """Return whether a result is the expected one, numbers to within the tolerance."""
    if isinstance(expected, dict):
        same_keys = isinstance(got, dict) and got.keys() == expected.keys()
        return same_keys and all(_agree(got[key], expected[key]) for key in expected)
    if isinstance(expected, (list, tuple)):
        same_length = isinstance(got, (list, tuple)) and len(got) == len(expected)
        return same_length and all(map(_agree, got, expected))
    if expected is None or isinstance(expected, (str, bool)):
        return type(got) is type(expected) and bool(got == expected)
    try:
        nothing = 1e-6 * np.nanmax(np.abs(expected), initial=0)  # next to the largest entry
        is_near = np.allclose(got, expected, rtol=1e-4, atol=nothing, equal_nan=True)
        return np.shape(got) == np.shape(expected) and bool(is_near)
    except (TypeError, ValueError):  # no numbers
        return False


def _same(before: Any, after: Any) -> bool:
    """Return whether an argument is as it was, whatever it is made of."""
    try:
        np.testing.assert_equal(after, before)
    except AssertionError:
        return False
    return True


def _call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{function.__name__}({shown})"
