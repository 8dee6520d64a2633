"""What pictures and training need of your functions: numbers of the right shape, or a word why not.

Whether a number is right is no matter here; the checks below the questions say that.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .recognise import from_torch
from .seen import copied

# The question that asks for each function.
QUESTIONS = {
    "constant_gradient": "q1a_i",
    "constant_optimum": "q1a_ii",
    "constant_update": "q1a_iii",
    "constant_contributions": "q1a_iv",
    "constant_sgd_update": "q1a_iv",
    "linear_gradient": "q1b_i",
    "linear_optimum": "q1b_ii",
    "linear_update": "q1b_iii",
    "linear_contributions": "q1b_iv",
    "linear_sgd_update": "q1b_iv",
    "elbow_locations": "q2a",
    "network_output": "q2b",
    "function_slopes": "q2c",
    "network_gradient": "q2d",
    "output_layer_optimum": "q2e",
    "network_update": "q2f",
    "elbow_travel": "q2g",
}

Shape = tuple[int, ...]


class NotYet(ValueError):
    """A function returns something that cannot be used; the text says what."""

    def __init__(self, function: Callable[..., Any], fault: str):
        self.function = getattr(function, "__name__", "")
        super().__init__(fault)


def ask(function: Callable[..., Any], *arguments: Any, shape: Shape = ()) -> Any:
    """Return what a function of yours says, as a float or as an array of the given shape.

    Raises:
        NotYet: the result is nothing of that shape.
    """
    name = getattr(function, "__name__", "the function")
    return _plain(function, name, _call(function, arguments), shape)


def ask_parts(
    function: Callable[..., Any], *arguments: Any, shapes: Sequence[Shape]
) -> tuple[Any, ...]:
    """Return what a function of yours says that returns a tuple, one part for each shape.

    Raises:
        NotYet: the result is no such tuple.
    """
    name = getattr(function, "__name__", "the function")
    result = _call(function, arguments)
    if not isinstance(result, (tuple, list)) or len(result) != len(shapes):
        raise NotYet(function, f"{name} returns {_kind(result)} instead of {len(shapes)} values")
    return tuple(
        _plain(function, f"{name}, value {number},", part, shape)
        for number, (part, shape) in enumerate(zip(result, shapes, strict=True), start=1)
    )


def question_of(error: BaseException) -> tuple[str, str]:
    """Return the function of yours behind an error, and its question; empty if there is none."""
    if isinstance(error, NotYet):
        names = [error.function]
    elif isinstance(error, NameError):
        names = [error.name or ""]
    else:
        names = []
    # The innermost: what a function calls may be to blame.
    names += [frame.name for frame in reversed(traceback.extract_tb(error.__traceback__))]
    return next(((name, QUESTIONS[name]) for name in names if name in QUESTIONS), ("", ""))


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call with copies: a function that changes an array must not change the next picture."""
    return function(*map(copied, arguments))


def _plain(function: Callable[..., Any], name: str, value: Any, shape: Shape) -> Any:
    """Return a number as a float, an array or torch tensor as an array of floats."""
    wanted = f"an array of shape {shape}" if shape else "a number"
    fault = NotYet(function, f"{name} returns {_kind(value)} where {wanted} is wanted")
    try:
        array = np.asarray(from_torch(value), dtype=float)
    except (TypeError, ValueError):
        raise fault from None
    if value is None or array.shape != shape:
        raise fault
    return array if shape else float(array)


def _kind(value: Any) -> str:
    """Return words for what kind of thing a result is."""
    if value is None:
        return "nothing (is its return missing?)"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {tuple(shape)}"
    return f"a {type(value).__name__}"
