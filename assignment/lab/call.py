"""One call of a student's function, looked at step by step.

`check_value` asks the cheapest question first: is the function defined, does it run, has the
result the right type and shape, is it finite, are the arguments untouched, is the value right?
The first "no" is explained: by what is certain of the function (`lab.seen`), else by the mistake
that leads to such a result (`lab.recognise`), else by advice.
"""

from __future__ import annotations

import inspect
import itertools
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from .errors import explain
from .examples import Example, examples_of, find_example
from .failure import BEFORE_THE_CALL, CheckFailed, Kind, unbroken
from .forms import number_hint, shape_hint, show, show_difference, type_hint
from .mistakes import MISTAKES, NEXT_STEPS, Reading, one
from .recognise import (
    Known,
    Mistakes,
    Shown,
    agree,
    and_is,
    by_reading,
    close,
    from_torch,
    is_empty,
    merged,
    plain,
    recognise,
)
from .seen import (
    copied,
    find_certain,
    is_data,
    look_up,
    names_read,
    other_values,
    parameters,
    raised_by_helper,
)

# Of what a function takes when it is called again, in seconds.
LONGEST_DIAGNOSIS = 2.0
# Of how many parameters all orders are tried.
MOST_REORDERED = 4
# What usual mistakes lead to: from the arguments, the right result, and what others lead to.
Usual = Callable[[Mapping[str, Any], Any, Known], Known]


def check_value(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Any,
    usual: Usual = lambda arguments, right, others: others,
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
        usual: what the usual mistakes of this kind of function lead to.
        scale: magnitude to compare with where the right value is zero or cancels.
        **options: ``mistakes``, ``hidden``, ``may_refuse`` and ``per``, see `get_result`.
    """
    call, got = get_result(function, arguments, expected, usual=usual, scale=scale, **options)
    if got is not None and not close(got, expected, scale):
        call.fail_value(got)


def get_result(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Any,
    *,
    usual: Usual,
    mistakes: Mistakes | None = None,
    scale: float = 0.0,
    hidden: str = "",
    may_refuse: bool = False,
    per: str = "data point",
    is_form: bool = False,
) -> tuple[Call, Any]:
    """Call ``function`` once and return its result, its form checked but not its value.

    Args:
        function: the student's function.
        arguments: as in `check_value`.
        expected: the right value, or with ``is_form`` a value that has its form alone.
        usual: as in `check_value`.
        mistakes: names of further mistakes, and the value that each leads to on this input (a
            list where it can be made in several ways); a tuple of names for several at a time.
        scale: as in `check_value`.
        hidden: what is special about a hidden test's input, in words without numbers. When it
            is given, messages show neither arguments nor values.
        may_refuse: accept a function that raises on this input (integers in an array), for
            refusing loudly is no wrong answer. The result is None then.
        per: what an array has one entry for.
        is_form: many results are right.

    Raises:
        CheckFailed: with the feedback for the student.
        ValueError: the test is no good: it expects what all would agree with, or names a
            mistake that has no sentence.
    """
    if any(np.any(np.isinf(right)) for _, right in _parts(expected, expected)):
        raise ValueError("expected must not be infinite: every number would agree with it")
    others = by_reading(mistakes)
    names = {name for reading in others for name in reading.names}
    if unknown := sorted(names - MISTAKES.keys()):
        raise ValueError(f"mistakes must be named in lab.mistakes, got {unknown}")
    call = Call(function, arguments, expected, usual, others, scale, hidden, per, is_form)
    passed = {name: copied(value) for name, value in arguments.items()}
    try:
        call.raw = call.run(passed)
    except _Refused as refusal:
        if may_refuse:
            return call, None
        call.fail_with_error(refusal.error)
    got = call.read(call.raw, expected)
    for part, right in _parts(got, expected):
        # As many nan as there should be, though elsewhere: then it is the order that is wrong.
        if np.any(np.isinf(part) & ~np.isnan(right)) or _count_nan(part) > _count_nan(right):
            call.fail_not_finite(got, part, right)
    for name, value in passed.items():
        call.check_unmodified(name, value)
    return call, got


class _Refused(Exception):
    """The student's function raised a TypeError, ValueError or RuntimeError."""

    def __init__(self, error: BaseException):
        super().__init__()
        self.error = error


@dataclass
class Call:
    """One call of a student's function, and what there is to say about it.

    Attributes:
        function: the student's function.
        arguments: as in `check_value`, and all others as in `get_result`.
        others: the values that mistakes lead to which the test alone knows.
        part: of a result that is a tuple: the one being looked at.
        raw: the result as it came.
        seconds: that the function has taken, in all of its calls.
    """

    function: Callable[..., Any] | None
    arguments: Mapping[str, Any]
    expected: Any
    usual: Usual
    others: Known
    scale: float
    hidden: str
    per: str
    is_form: bool
    part: str = ""
    raw: Any = None
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The function's name, if it has one that can be shown."""
        name = str(getattr(self.function, "__name__", ""))
        return name if name.isidentifier() else "your_function"

    @property
    def has_parts(self) -> bool:
        """Whether the result should be a tuple."""
        return isinstance(self.expected, dict)

    @property
    def right(self) -> Any:
        """The right result, parts as a tuple; None where many are right."""
        if self.is_form:
            return None
        return tuple(self.expected.values()) if self.has_parts else self.expected

    @cached_property
    def example(self) -> Example | None:
        """The example that this call is, if it is one."""
        return find_example(self.arguments, self.right)

    @cached_property
    def examples(self) -> list[Example]:
        """The examples of the function, by what it is called and what it takes."""
        examples = examples_of(self.example.function if self.example else self.name)
        return [other for other in examples if other.arguments.keys() == self.arguments.keys()]

    # Getting the result.

    def run(self, passed: Mapping[str, Any]) -> Any:
        """Return what the function returns for ``passed``; explain what stops it."""
        function = self.check_callable()
        began = time.monotonic()
        try:
            return function(*passed.values())
        except NotImplementedError as stub:
            if find_certain(self.function, list(self.arguments)):
                self.fail_with_error(stub)
            text = "" if self.hidden else f": {stub}"
            self.fail(
                "stub",
                f"not answered yet{text}",
                advice="Write your code in place of the line `raise NotImplementedError(...)`, run "
                "that cell, then run this check again.",
            )
        except (TypeError, ValueError, RuntimeError) as error:
            raise _Refused(error) from None
        except KeyboardInterrupt:
            raise  # somebody pressed stop
        except BaseException as error:
            self.fail_with_error(error)
        finally:
            self.seconds = time.monotonic() - began

    def check_callable(self) -> Callable[..., Any]:
        """Return the function; fail if there is none, or one that takes other arguments."""
        if self.function is None:
            self.fail(
                "undefined",
                "the function is not defined",
                advice="Run the cell that defines it (best: Kernel > Restart Kernel and Run All "
                "Cells), and keep the name that the cell came with. If that cell stops with a "
                "SyntaxError, mend it first: a colon, a bracket or the indentation.",
            )
        if not callable(self.function):
            self.fail(
                "no function",
                f"what stands under the function's name is no function but a value of type "
                f"{self.type_name(self.function)}",
                advice="Does another cell reuse the name?",
            )
        try:
            inspect.signature(self.function).bind(*self.arguments)
        except TypeError:
            self.fail(
                "signature",
                f"{self.name} cannot be called with ({', '.join(self.arguments)})",
                advice=self._signature_advice(),
                function=self.name,
            )
        except ValueError:
            pass  # some built-in functions have no signature to look at
        return self.function

    def _signature_advice(self) -> str:
        own = parameters(self.function)
        missing = [name for name in self.arguments if name not in own]
        lost = f" {and_is(missing)} missing." if missing else ""
        keep = "Keep the parameters that the cell came with, in their order."
        return keep if self.hidden else f"Yours are ({', '.join(own)}).{lost} {keep}"

    # Calling it again.

    def _reordered(self) -> tuple[Reading, ...]:
        """Return whether all results are right if arguments are passed in another order."""
        if self.is_form or len(self.arguments) > MOST_REORDERED or not self.examples:
            return ()
        for order in list(itertools.permutations(self.arguments))[1:]:
            if all(self._is_right_in(order, example) for example in self.examples):
                return (one("parameters reordered", own=", ".join(parameters(self.function))),)
        return ()

    def _is_right_in(self, order: tuple[str, ...], example: Example) -> bool:
        passed = (example.arguments[name] for name in order)
        return agree(self.again(**dict(zip(self.arguments, passed, strict=True))), example.expected)

    def _ignored(self, is_only_guess: bool) -> tuple[Reading, ...]:
        """Return which argument makes no difference to the result, if any does.

        With ``is_only_guess``, only where it is seen what stands in its place.
        """
        # Here and where a public check looks.
        inputs = [self.arguments, *(example.arguments for example in self.examples)]
        before = [(arguments, self.again(**arguments)) for arguments in inputs]
        ignored = [name for name in self.arguments if self._is_ignored(name, before)]
        if not ignored:
            return ()
        names = and_is(ignored)
        for variable in sorted(names_read(self.function)):
            if not self.hidden and is_data(look_up(self.function, variable)):
                return (one("argument replaced", argument=names, variable=variable),)
        return () if is_only_guess else (one("argument ignored", argument=names),)

    def _is_ignored(self, name: str, before: list[tuple[Mapping[str, Any], Any]]) -> bool:
        """Return whether an argument makes no difference, given inputs and their results."""
        return all(
            agree(result, self.again(**{**arguments, name: value}))
            for arguments, result in before
            for value in other_values(name, arguments[name])
        )

    def again(self, **changed: Any) -> Any:
        """Return what the function returns if some arguments are others; None if it fails.

        Also None where it takes long: a diagnosis should not make anybody wait.
        """
        if self.seconds > LONGEST_DIAGNOSIS:
            return None
        passed = {name: copied(value) for name, value in {**self.arguments, **changed}.items()}
        began = time.monotonic()
        try:
            return plain(self.function(*passed.values()))  # type: ignore[misc]
        except Exception:
            return None
        finally:
            self.seconds += time.monotonic() - began

    def in_context(self, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        """Return readings with the words that this call knows.

        A hidden test shows no names that student code could have made up to carry its inputs.
        """
        words = (("each", self.per), ("wanted", ", ".join(self.arguments)))
        made_up = ("own",) if self.hidden else ()
        return tuple(
            reading._replace(words=words + tuple(w for w in reading.words if w[0] not in made_up))
            for reading in readings
        )

    # Looking at the result.

    def read(self, value: Any, expected: Any) -> Any:
        """Return ``value`` in the form of ``expected``, or explain what it is instead."""
        if not isinstance(expected, dict):
            is_number = np.ndim(expected) == 0
            return self.to_number(value) if is_number else self.to_array(value, expected)
        names = ", ".join(expected)
        if not isinstance(value, (tuple, list)):
            self.fail_type(value, f"the tuple ({names})")
        if len(value) != len(expected):
            count = f"{len(value)} part{'s' * (len(value) != 1)}"
            fault = f"the result should be the tuple ({names}), but has {count}"
            self.fail("form", fault, advice=self._missing_parts(plain(value), expected))
        self.check_filled_in(value, expected)
        parts = {}
        for (self.part, right), part in zip(expected.items(), value, strict=True):
            parts[self.part] = self.read(part, right)
        self.part = ""
        return parts

    def _missing_parts(self, got: Any, expected: Mapping[str, Any]) -> str:
        """Return which parts of a tuple there are, by their values."""
        there = [name for name, right in expected.items() if any(agree(g, right) for g in got)]
        if self.is_form or not there or len(there) < len(got):
            return "Return all parts, in this order."
        gone = [name for name in expected if name not in there]
        return f"{and_is(there)} right, {and_is(gone)} missing: return all, in this order."

    def check_filled_in(self, value: Any, expected: Mapping[str, Any]) -> None:
        """Fail if parts of a tuple are placeholders; say which of the others are right."""
        parts = dict(zip(expected, map(plain, value), strict=True))
        empty = [
            name
            for name, part in parts.items()
            if part is None
            or part is ...
            or (is_empty(part, expected[name]) and np.ndim(part) < np.ndim(expected[name]))
        ]
        if not empty:
            return
        lines = []
        for name, part in parts.items():
            state = "right" if agree(part, expected[name]) else "not right"
            if name in empty:
                lines.append(f"  {name:9s} is not filled in yet")
            elif not self.is_form:
                lines.append(f"  {name:9s} is {state}")
        self.fail(
            "form",
            f"{and_is(empty)} not filled in yet",
            values="\n".join(lines),
            mistakes=(one("not filled in", part=and_is(empty)),),
        )

    def to_number(self, value: Any) -> float:
        """Return ``value`` as a float, or explain why it is not a single number."""
        value = from_torch(value)
        if isinstance(value, np.ndarray) and value.ndim:
            self.fail(
                "form",
                f"{self.what()} should be a single number, but it is an array with "
                f"{self.other_shape(value, axes=True)}",
                advice=number_hint(value) + self._order_hint(),
            )
        if isinstance(value, np.ndarray):
            value = value[()]
        if isinstance(value, (bool, np.bool_)) or not isinstance(
            value, (int, float, np.integer, np.floating)
        ):
            self.fail_type(value, "a number")
        return float(value)

    def to_array(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Return ``value`` as a float array of the expected shape, or explain what it is."""
        value = from_torch(value)
        if not isinstance(value, (np.ndarray, np.number, float, int)) or isinstance(value, bool):
            self.fail_type(value, f"an array with one number per {self.per}")
        value = np.asarray(value)
        if value.dtype.kind not in "iuf":
            held = "text" if value.dtype.kind in "US" else f"values of type {value.dtype}"
            dtype = "" if self.hidden else f", but it holds {held}"
            self.fail(
                "dtype",
                f"{self.what()} should hold real numbers{dtype}",
                advice="Is there None, text or a list in it? np.nan stands for no number.",
            )
        if value.shape != np.shape(expected):
            letter = "N" if self.per == "data point" else "H"
            shape = f"({letter},)" if self.hidden else str(np.shape(expected))
            self.fail(
                "shape",
                f"{self.what()} should have shape {shape}, one entry per {self.per}, but it has "
                f"{self.other_shape(value)}",
                advice=shape_hint(value.shape, np.shape(expected), self.per) + self._order_hint(),
            )
        return np.asarray(value, dtype=float)

    def _order_hint(self) -> str:
        return " Are the parts of the tuple in the right order?" if self.part else ""

    def check_unmodified(self, name: str, after: Any) -> None:
        """Fail if the call changed the argument ``name``."""
        before = self.arguments[name]
        if not _same(before, after):
            self.fail(
                "argument changed",
                f"the call changed its argument {name}",
                values=f"\n  before    {show(before)}\n  after     {show(after)}",
                advice="Inputs belong to the caller. Work on a copy, or write expressions that "
                "make a new array (a = a - 1 rather than a -= 1).",
            )

    # Saying it.

    def fail_with_error(self, error: BaseException) -> NoReturn:
        """Raise the feedback for a function that stopped with an error.

        In a hidden test it names the type alone: the text can quote the arguments. The line is
        always one of the function; where another function of the student's raised the error, that
        line calls it, and does not tell why.
        """
        kind, text, line = self.type_name(error), "", ""
        shown = f"{kind}, on input of this kind."
        if not self.hidden:
            lines = traceback.extract_tb(error.__traceback__)
            own = [frame for frame in lines if frame.name == self.name and frame.line]
            kind, text, line = type(error).__name__, str(error), own[-1].line or "" if own else ""
            shown = f"{kind}: {text}" + (f"\nin the line: {line}" if line else "")
            line = "" if raised_by_helper(error, self.name) else line
        advice = explain(kind, text, line, tuple(self.arguments), tuple(parameters(self.function)))
        self.fail("raised", "it stopped with an error", error=shown, advice=advice)

    def fail_not_finite(self, got: Any, part: Any, right: Any) -> NoReturn:
        """Raise the feedback for a result with nan or an infinite number in it."""
        is_nan = np.any(np.isnan(part) & ~np.isnan(right))
        what = "an entry of the result" if np.ndim(part) else "the result"
        values = "" if self.is_form else show_difference(got, self.expected)
        self.fail(
            "not finite",
            f"{what} is {'nan' if is_nan else 'infinite'}, not a finite number",
            values=values,
            advice="nan (not a number) comes from 0 / 0, from the mean of nothing, or from np.nan "
            "in the code."
            if is_nan
            else "Is something divided by zero?",
        )

    def fail_value(self, got: Any, mistakes: tuple[Reading, ...] = ()) -> NoReturn:
        """Raise the feedback for a wrong value."""
        values = show_difference(got, self.expected)
        self.fail("wrong value", "the value is wrong", values=values, mistakes=mistakes)

    def fail_type(self, value: Any, wanted: str) -> NoReturn:
        """Raise the feedback for a result that is neither number nor array."""
        who = self.part and f" for {self.part}"
        if value is None:
            fault = f"it returned None{who} instead of {wanted}"
            self.fail("returned None", fault, mistakes=(one("returns nothing"),))
        self.fail(
            "type",
            f"it returned {self.type_name(value)}{who} instead of {wanted}",
            advice=type_hint(value, self.expected[self.part] if self.part else self.expected),
        )

    def fail(
        self,
        kind: Kind,
        fault: str,
        *,
        values: str = "",
        mistakes: tuple[Reading, ...] = (),
        advice: str = "",
        **words: Any,
    ) -> NoReturn:
        """Raise the feedback for a fault; a hidden test shows neither call nor values.

        Nor the function's name: its code could put hidden values there.
        """
        if kind in BEFORE_THE_CALL:
            raise CheckFailed(kind, fault, about=self.hidden, advice=advice, **words) from None
        mistakes = (
            find_certain(self.function, list(self.arguments)) or mistakes or self.recognised(kind)
        )
        if not mistakes and kind in ("wrong value", "larger loss", "form", "shape"):
            mistakes = self._reordered() or self._ignored(is_only_guess=bool(advice))
        if kind in ("wrong value", "larger loss"):
            advice = NEXT_STEPS.get(self.name, advice)
        words |= {"mistakes": self.in_context(mistakes), "advice": "" if mistakes else advice}
        if self.hidden:
            raise CheckFailed(kind, fault, about=self.hidden, **words) from None
        arguments = [f"{name}={show(value)}" for name, value in self.arguments.items()]
        call = f"{self.name}({', '.join(map(unbroken, arguments))})"
        raise CheckFailed(kind, fault, self.name, call, values=values, **words) from None

    def recognised(self, kind: Kind) -> tuple[Reading, ...]:
        """Return how a result that is wrong can be read."""
        if kind not in ("wrong value", "larger loss", "form", "shape", "type", "not finite"):
            return ()
        example, others = self.example, self.others
        if example:
            others = merged(others, by_reading(example.mistakes))
        known = self.usual(self.arguments, self.right, others)
        here, elsewhere = Shown(plain(self.raw), self.right, known, self.scale), self._elsewhere()
        # What fails for the inputs of a public check fails in a hidden test for the same reason.
        failing = [] if example else [o for o in elsewhere if o.right is not None and o.is_wrong()]
        if failing:
            here = failing[0]
            elsewhere = [shown for shown in elsewhere if shown is not here]
        return recognise(here, elsewhere, list(self.expected) if self.has_parts else [])

    def _elsewhere(self) -> list[Shown]:
        """Return what the function shows on the other inputs that are examples of it."""
        shown = []
        for other in self.examples:
            if other is not self.example and other.mistakes:
                known = self.usual(other.arguments, other.expected, by_reading(other.mistakes))
                shown.append(Shown(self.again(**other.arguments), other.expected, known))
        return shown

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


# -- small parts ----------------------------------------------------------------------------------


def _count_nan(value: Any) -> int:
    return int(np.sum(np.isnan(value)))


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, tuple):
        return all(_same(*pair) for pair in zip(before, after, strict=True))
    return np.array_equal(before, after)


def _parts(got: Any, expected: Any) -> list[tuple[Any, Any]]:
    """Return the pairs of parts of a tuple; of anything else, the one pair itself."""
    if isinstance(expected, dict):
        return [(got[name], right) for name, right in expected.items()]
    return [(got, expected)]
