"""What you read when a check fails.

A test of the homework hands a ``check_...`` function your function, the arguments to call it
with, and the value that is expected. The cheapest question comes first: is the function
defined, does it run, has the result the right type and shape, is it finite, are the arguments
untouched, is the value right? The first "no" raises an ``AssertionError``, and its text is the
whole feedback.

A wrong value is compared with the values that well-known mistakes lead to (see `lab.mistakes`).
Where one of them fits, the message names it.

Nothing here works out a right answer: the tests bring it along.
"""

from __future__ import annotations

import builtins
import inspect
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from .mistakes import close, recognise, variants

# -- the checks that tests call ---------------------------------------------------------------


def check_gradient(
    function: Callable | None,
    arguments: Mapping[str, Any],
    expected: float,
    *,
    mistakes: Mapping[str, float] | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns dL/dtheta.

    Args:
        function: the student's function; ``None`` where the notebook does not define it.
        arguments: argument names and values, in the order in which they are passed.
        expected: the right value.
        mistakes: names of further mistakes, and the value that each leads to on this input.
        **options: ``hidden``, ``scale`` and ``may_refuse``, see `_check`.

    Raises:
        AssertionError: with the feedback for the student.
    """
    n = np.size(arguments["y"])
    factors = {"sign": -1, "no two": 1 / 2, "two twice": 2, "sum": n, "divided twice": 1 / n}
    factors |= _bessel("n minus one", n)
    known = variants(factors, expected, others=mistakes or {})
    _check(function, arguments, expected, known, **options)


def check_contributions(
    function: Callable | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    *,
    mistakes: Mapping[str, np.ndarray] | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns the N summands of the gradient, shape (N,).

    Args and errors are those of `check_gradient`; ``expected`` has shape (N,).
    """
    n = np.size(arguments["y"])
    factors = {"sign": -1, "no two": 1 / 2, "two twice": 2}
    factors |= {"no average contribution": n, "contribution divided twice": 1 / n}
    factors |= _bessel("n minus one", n)
    known = variants(factors, expected, others=mistakes or {})
    known["no sign"] = np.abs(expected)
    _check(function, arguments, expected, known, **options)


def check_optimum(
    function: Callable | None,
    arguments: Mapping[str, Any],
    expected: float,
    *,
    mistakes: Mapping[str, float] | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns the theta with the smallest loss.

    Args and errors are those of `check_gradient`.
    """
    n = np.size(arguments["y"])
    sums = ("sum over mean", "mean over sum")
    too_large, too_small = sums if "x" in arguments else ("optimum sum", "optimum divided twice")
    factors = {"optimum sign": -1, too_large: n, too_small: 1 / n}
    factors |= {"optimum doubled": 2, "optimum halved": 1 / 2}
    factors |= _bessel("optimum n minus one", n)
    known = variants(factors, expected, others=mistakes or {})
    if expected:
        known["upside down"] = 1 / expected
    _check(function, arguments, expected, known, **options)


def check_update(
    function: Callable | None,
    arguments: Mapping[str, Any],
    expected: float,
    *,
    mistakes: Mapping[str, float] | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that takes one step from theta and returns the new theta.

    Serves full gradient descent (``arguments`` has ``y``) and SGD (``arguments`` has ``y_i``).
    Args and errors are those of `check_gradient`.
    """
    theta, step_size = arguments["theta"], arguments["step_size"]
    change = expected - theta
    factors = {"ascent": -1, "step no two": 1 / 2, "step two twice": 2}
    if step_size:
        factors |= {"step size ignored": 1 / step_size, "step size squared": step_size}
    if "y" in arguments:
        n = np.size(arguments["y"])
        factors |= {"step sum": n, "step divided twice": 1 / n} | _bessel("step n minus one", n)
    known = variants(factors, expected, origin=theta, others=mistakes or {})
    known["unchanged"] = theta
    if change:
        known |= {"change only": change, "decrement": -change, "gradient": -change / step_size}
    if "y_i" in arguments:
        known |= {f"sgd average/{k}": theta + change / k for k in range(3, 101)}
    _check(function, arguments, expected, known, **options)


def _bessel(name: str, n: int) -> dict[str, float]:
    """Return the factor between dividing by N - 1 and dividing by N, where there is one."""
    return {name: n / (n - 1)} if n > 1 else {}


# -- one call, looked at step by step ---------------------------------------------------------


def _check(
    function: Callable | None,
    arguments: Mapping[str, Any],
    expected: Any,
    mistakes: Mapping[str, Any],
    *,
    hidden: str = "",
    scale: float = 0.0,
    may_refuse: bool = False,
) -> None:
    """Call ``function`` once and raise ``AssertionError`` with feedback at the first fault.

    Args:
        function: the student's function.
        arguments: argument names and values; arrays are copied before the call.
        expected: the right value, a float or an array.
        mistakes: names of mistakes (see `lab.mistakes`) and the value that each leads to.
        hidden: what is special about a hidden test's input, in words without numbers. When it
            is given, the message shows neither arguments nor values.
        scale: magnitude to compare with where the right value is zero or cancels.
        may_refuse: accept a function that raises on this input (integers in an array), for
            refusing loudly is no wrong answer.
    """
    call = _Call(function, arguments, hidden)
    passed = {name: _copy(value) for name, value in arguments.items()}
    try:
        result = call.run(passed)
    except _Refused as refusal:
        if may_refuse:
            return
        raise AssertionError(str(refusal)) from None
    got = call.to_number(result) if np.ndim(expected) == 0 else call.to_array(result, expected)
    if not np.all(np.isfinite(got)):
        call.fail("the result is not a finite number", got, expected)
    for name, value in passed.items():
        call.check_unmodified(name, value)
    if not close(got, expected, scale):
        call.fail("the value is wrong", got, expected, recognise(got, expected, mistakes, scale))


class _Refused(Exception):
    """The student's function raised a TypeError, ValueError or RuntimeError of its own."""


class _Call:
    """One call of a student's function, and the words to report on it."""

    def __init__(self, function: Callable | None, arguments: Mapping[str, Any], hidden: str):
        self.function, self.arguments, self.hidden = function, arguments, hidden
        name = str(getattr(function, "__name__", ""))
        self.name = name if name.isidentifier() else "your_function"

    # Getting the result.

    def run(self, passed: Mapping[str, Any]) -> Any:
        """Return what the function returns for ``passed``; explain whatever stops it."""
        self.check_callable()
        try:
            return _from_torch(self.function(*passed.values()))
        except NotImplementedError as stub:
            text = "" if self.hidden else f": {stub}"
            raise AssertionError(
                f"not answered yet{text}\n\nWrite your code in place of the line "
                f"`raise NotImplementedError(...)`, run that cell, then run this check again."
            ) from None
        except (TypeError, ValueError, RuntimeError) as error:
            raise _Refused(self.report("it stopped with an error", self.describe(error))) from None
        except (Exception, SystemExit) as error:
            text = self.report("it stopped with an error", self.describe(error))
            raise AssertionError(text) from None

    def check_callable(self) -> None:
        """Fail if there is no function, or one that does not take these arguments."""
        if self.function is None:
            raise AssertionError(
                "the function is not defined. Run the cell that defines it (best: Kernel > "
                "Restart Kernel and Run All Cells), and keep the name that the cell came with."
            )
        if not callable(self.function):
            raise AssertionError(
                f"what stands under the function's name is no function but a value of type "
                f"{self.type_name(self.function)}. Does another cell reuse the name?"
            )
        try:
            inspect.signature(self.function).bind(*self.arguments)
        except TypeError:
            raise AssertionError(
                f"{self.name} cannot be called with ({', '.join(self.arguments)}). Keep the "
                f"parameters that the cell came with, in their order."
            ) from None
        except ValueError:
            pass  # some built-in functions have no signature to look at

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

    def to_number(self, value: Any) -> float:
        """Return ``value`` as a float, or explain why it is not a single number."""
        if isinstance(value, np.ndarray) and value.ndim:
            self.fail(
                f"the result should be a single number, but it is an array with "
                f"{self.other_shape(value, axes=True)}",
                hint="Is a sum or a mean over the points missing? Or take the one entry out of it.",
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
        if not isinstance(value, (np.ndarray, np.number, float, int)) or isinstance(value, bool):
            hint = "np.array(...) makes an array of it." if isinstance(value, (list, tuple)) else ""
            self.fail_type(value, "an array with one number per data point", hint)
        value = np.asarray(value)
        if value.dtype.kind not in "iuf":
            dtype = "" if self.hidden else f", but its dtype is {value.dtype}"
            self.fail(f"the result should hold real numbers{dtype}")
        if value.shape != np.shape(expected):
            shape = "(N,)" if self.hidden else str(np.shape(expected))
            self.fail(
                f"the result should have shape {shape}, one entry per data point, but it has "
                f"{self.other_shape(value)}",
                hint=_shape_hint(value.shape, np.shape(expected)),
            )
        return value.astype(float)

    def check_unmodified(self, name: str, after: Any) -> None:
        """Fail if the call changed the argument ``name``."""
        before = self.arguments[name]
        if not np.array_equal(before, after):
            change = f"\n  before    {_show(before)}\n  after     {_show(after)}\n"
            advice = (
                "Inputs belong to the caller. Work on a copy, or write expressions that make a "
                "new array (a = a - 1 rather than a -= 1)."
            )
            details = f"\n{advice}" if self.hidden else f"{change}\n{advice}"
            raise AssertionError(self.report(f"the call changed its argument {name}", details))

    # Saying it.

    def fail_type(self, value: Any, wanted: str, hint: str) -> NoReturn:
        """Raise the feedback for a result that is neither number nor array."""
        if value is None:
            self.fail(f"it returned None instead of {wanted}", hint="Is a `return` missing?")
        self.fail(f"it returned {self.type_name(value)} instead of {wanted}", hint=hint)

    def fail(self, fault: str, got: Any = None, expected: Any = None, hint: str = "") -> NoReturn:
        """Raise the feedback for a wrong result."""
        lines = []
        if got is not None and not self.hidden:
            lines = [f"  returned  {_show(got)}", f"  expected  {_show(expected)}"]
        if hint:
            lines += ["", hint]
        raise AssertionError(self.report(fault, "\n".join(lines)))

    def report(self, fault: str, details: str) -> str:
        """Return the message: the fault, the call (or the kind of input), the details."""
        if self.hidden:
            head = f"{self.name}: {fault} (hidden test: {self.hidden})"
        else:
            values = ", ".join(f"{name}={_show(value)}" for name, value in self.arguments.items())
            head = f"{self.name}: {fault}\n\n  call      {self.name}({values})"
        # Otter shows messages inside HTML without escaping them; a "<" would swallow text.
        return f"{head}\n{details}".replace("<", "\u2039").rstrip()

    def other_shape(self, value: np.ndarray, axes: bool = False) -> str:
        """Return a wrong shape in words; hidden sizes stay hidden."""
        if not self.hidden:
            return f"shape {value.shape}"
        if value.ndim == 1 and not axes:
            return "another length"
        return f"{value.ndim} axes" if value.ndim != 1 else "1 axis"

    def type_name(self, value: Any) -> str:
        """Return the name of a value's type; in a hidden test only where Python made it up.

        A class of the student's own could carry hidden arguments in its name.
        """
        kind = type(value)
        if self.hidden and getattr(builtins, kind.__name__, None) is not kind:
            return "something else"
        return kind.__name__


# -- small parts ------------------------------------------------------------------------------


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _from_torch(value: Any) -> Any:
    """Return a NumPy array for a torch tensor, without importing torch; others as they are."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _show(value: Any) -> str:
    """Return a number or an array in the form that one would type."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"np.array([{', '.join(_show(entry) for entry in value)}])"
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)


def _shape_hint(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if got == () and wanted == (1,):
        return "Return an array of shape (N,) for N = 1 as well."
    if got == ():
        return "Do not add the summands up: return them one by one, as an array."
    if len(got) > 1:
        return "A column (N, 1) and a row (N,) broadcast to a table (N, N). Keep everything 1-D."
    return ""
