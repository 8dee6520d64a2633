"""One call of a student's function, looked at step by step.

`check_call` asks the cheapest question first: is the function defined, does it run, has the
result the right type and shape, is it finite, are the arguments untouched, is the value right?
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from .failure import BEFORE_THE_CALL, CheckFailed, Kind
from .mistakes import SENTENCES, Mistakes, Reading, by_reading, close, recognise


def check_call(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Any,
    mistakes: Mistakes,
    **options: Any,
) -> None:
    """Call ``function`` once and raise `CheckFailed` at the first fault.

    ``mistakes`` has their names as keys, or tuples of names; the rest is as in `check_value`.
    """
    check_value(function, arguments, expected, by_reading(mistakes), **options)


def check_value(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Any,
    mistakes: Mapping[Reading, Any],
    *,
    scale: float = 0.0,
    **options: Any,
) -> None:
    """Call ``function`` once and raise `CheckFailed` with feedback at the first fault.

    Args:
        function: the student's function.
        arguments: argument names and values; they are copied before the call.
        expected: the right value: a number, an array (nan where there is none), or for a
            function that returns a tuple a dict of its parts by name.
        mistakes: the value that each mistake, or two together, lead to (see `lab.mistakes`).
        scale: magnitude to compare with where the right value is zero or cancels.
        **options: ``hidden``, ``may_refuse`` and ``per``, see `get_result`.
    """
    names = {name for reading in mistakes for name in reading.names}
    if unknown := sorted(names - SENTENCES.keys()):
        raise ValueError(f"mistakes must be named in lab.mistakes, got {unknown}")
    call, got = get_result(function, arguments, expected, **options)
    if got is not None and not close(got, expected, scale):
        call.fail_value(got, expected, recognise(got, expected, mistakes, scale))


def get_result(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Any,
    *,
    hidden: str = "",
    may_refuse: bool = False,
    per: str = "data point",
) -> tuple[Call, Any]:
    """Call ``function`` once and return its result, its form checked but not its value.

    Args:
        function: the student's function.
        arguments: as in `check_call`.
        expected: a value of the right form.
        hidden: what is special about a hidden test's input, in words without numbers. When it
            is given, messages show neither arguments nor values.
        may_refuse: accept a function that raises on this input (integers in an array), for
            refusing loudly is no wrong answer. The result is None then.
        per: what an array has one entry for.

    Raises:
        CheckFailed: with the feedback for the student.
    """
    if any(np.any(np.isinf(right)) for _, right in _parts(expected, expected)):
        raise ValueError("expected must not be infinite: every number would agree with it")
    call = Call(function, arguments, hidden, per)
    passed = {name: _copy(value) for name, value in arguments.items()}
    try:
        result = call.run(passed)
    except _Refused as refusal:
        if may_refuse:
            return call, None
        call.fail("raised", "it stopped with an error", error=str(refusal))
    got = call.read(result, expected)
    for part, right in _parts(got, expected):
        if not np.all(np.isfinite(part) | np.isnan(right)):
            what = "an entry of the result" if np.ndim(part) else "the result"
            values = _show_difference(got, expected)
            call.fail("not finite", f"{what} is not a finite number", values=values)
    for name, value in passed.items():
        call.check_unmodified(name, value)
    return call, got


class _Refused(Exception):
    """The student's function raised a TypeError, ValueError or RuntimeError: which, and where."""


class Call:
    """One call of a student's function, and what there is to say about it."""

    def __init__(
        self,
        function: Callable[..., Any] | None,
        arguments: Mapping[str, Any],
        hidden: str,
        per: str,
    ):
        self.function, self.arguments, self.hidden, self.per = function, arguments, hidden, per
        name = str(getattr(function, "__name__", ""))
        self.name = name if name.isidentifier() else "your_function"
        self.part = ""  # of a tuple: the one being looked at

    # Getting the result.

    def run(self, passed: Mapping[str, Any]) -> Any:
        """Return what the function returns for ``passed``; explain what stops it."""
        function = self.check_callable()
        try:
            return function(*passed.values())
        except NotImplementedError as stub:
            text = "" if self.hidden else f": {stub}"
            self.fail(
                "stub",
                f"not answered yet{text}",
                advice="Write your code in place of the line `raise NotImplementedError(...)`, run "
                "that cell, then run this check again.",
            )
        except (TypeError, ValueError, RuntimeError) as error:
            raise _Refused(self.describe(error)) from None
        except KeyboardInterrupt:
            raise  # somebody pressed stop
        except BaseException as error:
            self.fail("raised", "it stopped with an error", error=self.describe(error))

    def check_callable(self) -> Callable[..., Any]:
        """Return the function; fail if there is none, or one that takes other arguments."""
        if self.function is None:
            self.fail(
                "undefined",
                "the function is not defined. Run the cell that defines it (best: Kernel > "
                "Restart Kernel and Run All Cells), and keep the name that the cell came with.",
            )
        if not callable(self.function):
            self.fail(
                "no function",
                f"what stands under the function's name is no function but a value of type "
                f"{self.type_name(self.function)}. Does another cell reuse the name?",
            )
        try:
            inspect.signature(self.function).bind(*self.arguments)
        except TypeError:
            self.fail(
                "signature",
                f"{self.name} cannot be called with ({', '.join(self.arguments)}). Keep the "
                f"parameters that the cell came with, in their order.",
                function=self.name,
            )
        except ValueError:
            pass  # some built-in functions have no signature to look at
        return self.function

    def describe(self, error: BaseException) -> str:
        """Return type, text and place of ``error``; in a hidden test only the type.

        The text of an exception can quote the arguments, and those stay hidden.
        """
        if self.hidden:
            return f"{self.type_name(error)}, on input of this kind."
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.name == self.name and frame.line]
        place = f"\nin the line: {own[-1].line}" if own else ""
        return f"{type(error).__name__}: {error}{place}"

    # Looking at the result.

    def read(self, value: Any, expected: Any) -> Any:
        """Return ``value`` in the form of ``expected``, or explain what it is instead."""
        if not isinstance(expected, dict):
            is_number = np.ndim(expected) == 0
            return self.to_number(value) if is_number else self.to_array(value, expected)
        names = ", ".join(expected)
        if not isinstance(value, (tuple, list)):
            self.fail_type(value, f"the tuple ({names})", "")
        if len(value) != len(expected):
            fault = f"the result should be the tuple ({names}), but has {len(value)} parts"
            self.fail("form", fault)
        parts = {}
        for (self.part, right), part in zip(expected.items(), value, strict=True):
            parts[self.part] = self.read(part, right)
        self.part = ""
        return parts

    def to_number(self, value: Any) -> float:
        """Return ``value`` as a float, or explain why it is not a single number."""
        value = _from_torch(value)
        if isinstance(value, np.ndarray) and value.ndim:
            self.fail(
                "form",
                f"{self.what()} should be a single number, but it is an array with "
                f"{self.other_shape(value, axes=True)}",
                advice="Is a sum or a mean over the points missing? Or take the one entry out of "
                "it." + (" Are the parts of the tuple in the right order?" if self.part else ""),
            )
        if isinstance(value, np.ndarray):
            value = value[()]
        if isinstance(value, (bool, np.bool_)) or not isinstance(
            value, (int, float, np.integer, np.floating)
        ):
            hint = "Return the number itself." if isinstance(value, (list, tuple)) else ""
            self.fail_type(value, "a number", hint)
        return float(value)

    def to_array(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Return ``value`` as a float array of the expected shape, or explain what it is."""
        value = _from_torch(value)
        if not isinstance(value, (np.ndarray, np.number, float, int)) or isinstance(value, bool):
            hint = "np.array(...) makes an array of it." if isinstance(value, (list, tuple)) else ""
            self.fail_type(value, f"an array with one number per {self.per}", hint)
        value = np.asarray(value)
        if value.dtype.kind not in "iuf":
            dtype = "" if self.hidden else f", but its dtype is {value.dtype}"
            self.fail("dtype", f"{self.what()} should hold real numbers{dtype}")
        if value.shape != np.shape(expected):
            letter = "N" if self.per == "data point" else "H"
            shape = f"({letter},)" if self.hidden else str(np.shape(expected))
            self.fail(
                "shape",
                f"{self.what()} should have shape {shape}, one entry per {self.per}, but it has "
                f"{self.other_shape(value)}",
                advice=_shape_hint(value.shape, np.shape(expected), self.per)
                + (" Are the parts of the tuple in the right order?" if self.part else ""),
            )
        return np.asarray(value, dtype=float)

    def check_unmodified(self, name: str, after: Any) -> None:
        """Fail if the call changed the argument ``name``."""
        before = self.arguments[name]
        if not _same(before, after):
            self.fail(
                "argument changed",
                f"the call changed its argument {name}",
                values=f"\n  before    {_show(before)}\n  after     {_show(after)}",
                advice="Inputs belong to the caller. Work on a copy, or write expressions that "
                "make a new array (a = a - 1 rather than a -= 1).",
            )

    # Saying it.

    def fail_type(self, value: Any, wanted: str, hint: str) -> NoReturn:
        """Raise the feedback for a result that is neither number nor array."""
        who = self.part and f" for {self.part}"
        if value is None:
            fault = f"it returned None{who} instead of {wanted}"
            self.fail("returned None", fault, advice=hint or "Is a `return` missing?")
        self.fail(
            "type", f"it returned {self.type_name(value)}{who} instead of {wanted}", advice=hint
        )

    def fail_value(self, got: Any, expected: Any, mistakes: tuple[Reading, ...]) -> NoReturn:
        """Raise the feedback for a wrong value."""
        values = _show_difference(got, expected)
        self.fail("wrong value", "the value is wrong", values=values, mistakes=mistakes)

    def fail(self, kind: Kind, fault: str, *, values: str = "", **words: Any) -> NoReturn:
        """Raise the feedback for a fault; a hidden test shows neither call nor values.

        Nor the function's name: its code could put hidden values there.
        """
        if self.hidden or kind in BEFORE_THE_CALL:
            raise CheckFailed(kind, fault, about=self.hidden, **words) from None
        arguments = ", ".join(f"{name}={_show(value)}" for name, value in self.arguments.items())
        call = f"{self.name}({arguments})"
        raise CheckFailed(kind, fault, self.name, call, values=values, **words) from None

    def what(self) -> str:
        """Return what is being looked at: the result, or a part of it."""
        return self.part or "the result"

    def other_shape(self, value: np.ndarray, axes: bool = False) -> str:
        """Return a wrong shape in words; hidden sizes stay hidden."""
        if not self.hidden:
            return f"shape {value.shape}"
        if value.ndim == 1 and not axes:
            return "another length"
        return f"{value.ndim} axes" if value.ndim != 1 else "1 axis"

    def type_name(self, value: Any) -> str:
        """Return the name of a value's type; in a hidden test only where it is no invention.

        A class of the student's own could carry hidden arguments in its name.
        """
        kind = type(value)
        known = kind.__module__.partition(".")[0] in ("builtins", "numpy", "torch")
        module = sys.modules.get(kind.__module__)
        if self.hidden and not (known and getattr(module, kind.__name__, None) is kind):
            return "something else"
        return kind.__name__


# -- small parts ------------------------------------------------------------------------------


def _copy(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_copy(part) for part in value)
    return value.copy() if isinstance(value, np.ndarray) else value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, tuple):
        return all(_same(*pair) for pair in zip(before, after, strict=True))
    return np.array_equal(before, after)


def _from_torch(value: Any) -> Any:
    """Return a NumPy array for a torch tensor, without importing torch; others as they are."""
    if not hasattr(value, "detach"):
        return value
    try:
        return value.detach().cpu().numpy()
    except Exception:  # a dtype that NumPy lacks, or no tensor at all: the type check says so
        return value


def _parts(got: Any, expected: Any) -> list[tuple[Any, Any]]:
    """Return the pairs of parts of a tuple; of anything else, the one pair itself."""
    if isinstance(expected, dict):
        return [(got[name], right) for name, right in expected.items()]
    return [(got, expected)]


def _show(value: Any) -> str:
    """Return a number, an array or a tuple of them in the form that one would type."""
    if isinstance(value, tuple):
        return f"({', '.join(_show(part) for part in value)})"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"np.array({_show_entries(value)})"
    if isinstance(value, (float, np.floating)):
        text = f"{value:.6g}"
        return f"{text}.0" if text.lstrip("-").isdigit() else text
    return str(value)


def _show_entries(value: np.ndarray) -> str:
    """Return the entries of an array in brackets, row by row."""
    if not value.ndim:
        return _show(value[()])
    return f"[{', '.join(_show_entries(np.asarray(entry)) for entry in value)}]"


def _show_difference(got: Any, expected: Any) -> str:
    """Return the lines that set result and right value side by side."""
    if not isinstance(expected, dict):
        return f"  returned  {_show(got)}\n  expected  {_show(expected)}"
    lines = []
    for name, right in expected.items():
        if close(got[name], right):
            lines.append(f"  {name:9s} is right")
        else:
            lines += [f"  {name:9s} returned  {_show(got[name])}"]
            lines += [f"  {'':9s} expected  {_show(right)}"]
    return "\n".join(lines)


def _shape_hint(got: tuple[int, ...], wanted: tuple[int, ...], per: str) -> str:
    """Return advice for a wrong shape; ``per`` is what there is one entry for."""
    if got == () and wanted == (1,):
        return f"Return an array for a single {per} as well, shape (1,)."
    if got == ():
        return f"Return one number per {per}, as an array: do not add them up."
    if len(got) > 1:
        return (
            "It is a table. If its columns are hidden units, sum over them. If not, a column "
            "(N, 1) met a row (N,), which makes a table: keep everything 1-D."
        )
    return ""
