"""Values as one would type them, and advice for a result of another form than is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np

from .recognise import close


def show(value: Any) -> str:
    """Return a number, an array or a tuple of them in the form that one would type."""
    if isinstance(value, tuple):
        return f"({', '.join(show(part) for part in value)})"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"np.array({_show_entries(value)})"
    if isinstance(value, (float, np.floating)):
        text = f"{value:.6g}"
        return f"{text}.0" if text.lstrip("-").isdigit() else text
    return str(value)


def _show_entries(value: np.ndarray) -> str:
    """Return the entries of an array in brackets, row by row."""
    if not value.ndim:
        return show(value[()])
    return f"[{', '.join(_show_entries(np.asarray(entry)) for entry in value)}]"


def show_difference(got: Any, expected: Any) -> str:
    """Return the lines that set result and right value side by side."""
    if not isinstance(expected, dict):
        return f"  returned  {show(got)}\n  expected  {show(expected)}"
    lines = []
    for name, right in expected.items():
        if close(got[name], right):
            lines.append(f"  {name:9s} is right")
        else:
            lines += [f"  {name:9s} returned  {show(got[name])}"]
            lines += [f"  {'':9s} expected  {show(right)}"]
    return "\n".join(lines)


def type_hint(value: Any, expected: Any) -> str:
    """Return advice for a result of a wrong type, or such a part of a result.

    Args:
        value: what came.
        expected: the right one: a number, an array, or a dict of parts by name.
    """
    if _is_lstsq(value):
        return "It is all that np.linalg.lstsq returns. The solution is its first entry: take [0]."
    if callable(value):
        return "It is a function that was not called: are the parentheses () missing?"
    if isinstance(value, (bool, np.bool_)):
        return "A comparison gives True or False: return the number itself."
    if isinstance(value, (complex, np.complexfloating)):
        return "A complex number comes from a root or a power of a negative one."
    if isinstance(expected, dict):
        if isinstance(value, dict):
            return "Return a tuple, without names: the order tells what is what."
        return f"Return the parts one by one: return {', '.join(expected)}"
    kind = "array" if isinstance(expected, np.ndarray) else "number"
    if isinstance(value, (str, dict)):
        return f"Return the {kind} itself, not a {'text' if isinstance(value, str) else 'dict'}."
    return _array_hint(value, expected) if kind == "array" else _of_number(value)


def _array_hint(value: Any, expected: np.ndarray) -> str:
    """Return advice for what should be an array, and is a list or the like."""
    if not isinstance(value, (list, tuple)):
        return "np.array(list(...)) makes an array of it."
    try:
        fits = np.shape(np.array(value, dtype=float)) == expected.shape
    except (TypeError, ValueError):  # parts of several kinds
        fits = False
    return "np.array(...) makes an array of it." if fits else "Return one array alone."


def _of_number(value: Any) -> str:
    """Return advice for what should be a number, and holds some."""
    if not isinstance(value, (list, tuple)):
        return "Return the number itself."
    if len(value) == 1:
        return "Return the number itself: a comma behind it, or brackets around it, makes a tuple."
    return f"It holds {len(value)} values: return the one number alone."


def _is_lstsq(value: Any) -> bool:
    """Return whether a value is what np.linalg.lstsq returns, or a piece of that."""
    is_tuple = isinstance(value, tuple) and len(value) in (3, 4)
    return is_tuple and any(isinstance(part, (int, np.integer)) for part in value[1:])


def number_hint(value: np.ndarray) -> str:
    """Return advice for an array that should be a single number."""
    if value.size == 1:
        return "It has one entry: take the number out of it with .item() or an index."
    if value.ndim > 1:
        return ALL_PAIRS if len(set(value.shape)) == 1 else ONE_AXIS_TOO_MANY
    return "It has several entries: is a sum or a mean missing?"


ALL_PAIRS = (
    "It is a table: a column (N, 1) met a row (N,), which gives all pairs. Keep everything 1-D."
)
ONE_AXIS_TOO_MANY = (
    "It is a table. Add up along one axis, or take the row or the column that is asked for."
)


def shape_hint(got: tuple[int, ...], wanted: tuple[int, ...], per: str) -> str:
    """Return advice for a wrong shape; ``per`` is what there is one entry for."""
    if got == () and wanted == (1,):
        return f"Return an array for a single {per} as well, shape (1,)."
    if got == ():
        return f"Return one number per {per}, as an array: leave the sum or mean out."
    if len(got) == 2 and 1 in got and max(got) == wanted[0]:
        return "It is a table with one column (or row): flatten it to one axis, e.g. with .ravel()."
    if len(got) > 1:
        return ALL_PAIRS if set(got) == set(wanted) else ONE_AXIS_TOO_MANY
    return f"It should have one entry per {per}: where is it filled, and how often?"
