"""What can be seen of a student's function, without knowing what it should return.

In grading the function is a stand-in for one in the sandbox, which shows the same: parameters,
the names that its code reads, and what these stand for in the notebook.
"""

from __future__ import annotations

import builtins
import inspect
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np

from .examples import all_examples, examples_of
from .mistakes import Reading, one
from .recognise import agree, plain

# Functions of the student's that are looked through for calls of graded ones.
MOST_HELPERS = 20


def find_certain(function: Any, wanted: list[str]) -> tuple[Reading, ...]:
    """Return what can be said for sure of a function that fails; nothing if there is nothing.

    Its parameters stand in another order than in the stub; it reads a variable of the notebook
    that has the name of a missing parameter, or finds one under the name of a function of Python;
    it calls a function that is wrong itself.

    Args:
        function: the student's function.
        wanted: the parameters of the stub.
    """
    own, reads = parameters(function), names_read(function)
    if any(name in own and own.index(name) != i for i, name in enumerate(wanted)):
        return (one("parameters reordered", own=", ".join(own)),)
    for name in sorted(reads & set(wanted) - set(own)):
        if is_data(look_up(function, name)):
            return (one("notebook variable", variable=name),)
    for name in sorted(reads & {name for name, value in vars(builtins).items() if callable(value)}):
        if is_data(look_up(function, name)):
            return (one("name reused", variable=name),)
    for name in _graded_functions_called(function):
        if not _passes_examples(name, look_up(function, name)):
            return (one("calls a red function", function=name),)
    return ()


def parameters(function: Any) -> list[str]:
    """Return the names of a function's parameters."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some built-in functions have no signature to look at
        return []


def names_read(function: Any) -> set[str]:
    """Return the names that a function's code takes from outside, attributes among them."""
    codes = [code] if (code := getattr(function, "__code__", None)) else []
    for code in codes:  # grows: functions and comprehensions inside
        codes += [part for part in code.co_consts if hasattr(part, "co_names")]
    return {name for code in codes for name in code.co_names}


def look_up(function: Any, name: str) -> Any:
    """Return what a name stands for in the notebook of a function; None if nothing."""
    return getattr(function, "__globals__", {}).get(name)


def is_data(value: Any) -> bool:
    """Return whether a variable of the notebook holds data, not a module or a function."""
    # By name: a module that does not travel from a sandbox is a stand-in with that name.
    return value is not None and not callable(value) and type(value).__name__ != "module"


def raised_by_helper(error: BaseException, function: str) -> bool:
    """Return whether an error arose in a function of the notebook that ``function`` calls.

    What libraries raise counts for the function that calls them, as comprehensions do. The
    sandbox goes by the same rule, in a function of the same name.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    outer = [frame for frame in frames if frame.f_code.co_name == function][-1:]
    inner = [frame for frame in frames if outer and frame.f_globals is outer[0].f_globals]
    names = {function, "<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"}
    return any(frame.f_code.co_name not in names for frame in inner[-1:])


def _graded_functions_called(function: Any) -> Iterator[str]:
    """Yield the graded functions that a function calls, by itself or through helpers."""
    graded = {example.function for example in all_examples()}
    seen, functions = {getattr(function, "__name__", "")}, [function]
    for caller in functions:  # grows
        for name in sorted(names_read(caller) - seen):
            seen.add(name)
            if name in graded:
                yield name
            elif len(functions) < MOST_HELPERS and hasattr(look_up(caller, name), "__code__"):
                functions.append(look_up(caller, name))


def _passes_examples(name: str, function: Any) -> bool:
    """Return whether a graded function returns what it should for the inputs of its check."""
    for example in examples_of(name):
        try:
            result = function(*map(copied, example.arguments.values()))
        except Exception:
            return False
        if example.expected is not None and not agree(plain(result), example.expected):
            return False
    return True


# -- arguments ------------------------------------------------------------------------------------


def copied(value: Any) -> Any:
    """Return a copy of an argument that a function may change."""
    if isinstance(value, tuple):
        return tuple(map(copied, value))
    return value.copy() if isinstance(value, np.ndarray) else value


def other_values(name: str, value: Any) -> list[Any]:
    """Return arguments of the same kind that differ from one, none of them extreme.

    Step sizes only get smaller: what converges should still.
    """
    if isinstance(value, tuple):
        parts = (other_values(name, part) for part in value)
        return [tuple(others) for others in zip(*parts, strict=False)]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, np.ndarray):
        changed = (0.13 - 0.9 * value[::-1], 0.7 * value, -1.1 * value)
        return [other.astype(value.dtype) for other in changed]
    factors, shift = ((0.6, 0.8), 0.0) if name == "step_size" else ((0.6, -1.1), -0.9)
    return [type(value)(factor * value + shift) for factor in factors]
