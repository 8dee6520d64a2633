"""What you read when a check fails.

A test of the homework hands a ``check_...`` function your function, the arguments to call it
with, and the value that is expected. The cheapest question comes first: is the function
defined, does it run, has the result the right type and shape, is it finite, are the arguments
untouched, is the value right? The first "no" raises an ``AssertionError``, and its text is the
whole feedback.

A wrong value is compared with the values that well-known mistakes lead to. Where one of them
fits, the message names it. The sentences are in ``SENTENCES``, one per mistake.

Nothing here works out a right answer: the tests bring it along.
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# The tolerance that the notebooks promise. float32 carries about seven digits, so four are
# left to whoever works in single precision.
RELATIVE_TOLERANCE = 1e-4
# Entries of an array that cancel to (almost) nothing are compared with its largest entry
# instead; ten times the rounding error of float32.
CANCELLATION = 1e-6

SENTENCES = {
    # the gradient, its summands, the optimum
    "sign": (
        "The sign is flipped. The residual here is prediction minus target, so theta (or "
        "theta * x_i) comes first and y_i is subtracted from it."
    ),
    "no two": (
        "It is half as large as it should be: the 2 of the square is missing. The derivative of "
        "u**2 is 2 * u * u'."
    ),
    "two twice": (
        "It is twice as large as it should be. The square brings one factor 2, not two of them."
    ),
    "sum": (
        "It is N times too large: summed instead of averaged. The loss is a mean over the "
        "points, so divide by N once."
    ),
    "divided twice": (
        "It is N times too small: divided by N twice. (np.mean has divided by N already.)"
    ),
    "n minus one": "It is divided by N - 1. The loss is a plain mean: divide by N.",
    "no x": (
        "The factor x_i is forgotten. By the chain rule, (theta * x_i - y_i)**2 has the inner "
        "derivative x_i."
    ),
    "upside down": "It is the reciprocal of the right value: numerator and denominator swapped.",
    "numerator": (
        "It is the numerator alone. Set the gradient to zero and solve for theta: something "
        "still has to divide."
    ),
    "mean of ratios": (
        "It is the mean of the ratios y_i / x_i. That lets every point vote for its own slope "
        "with the same weight; the squared loss weighs them differently."
    ),
    "ratio of means": (
        "It is the mean of y over the mean of x: the line through the centre of the data, which "
        "is not the line with the smallest squared error."
    ),
    "centred slope": (
        "It is the slope of a line with an intercept (x and y were centred first). This model "
        "has none: its line passes through the origin."
    ),
    "median": (
        "It is the median. The median minimises the mean absolute error; here the error is squared."
    ),
    "no average contribution": (
        "Each summand is N times too large: the 1/N of the mean is missing, so they do not add "
        "up to the full gradient."
    ),
    "contribution divided twice": (
        "Each summand is N times too small: divided by N twice, so they do not add up to the "
        "full gradient."
    ),
    "no sign": "The size is right, but the signs are lost. Pull up or pull down is the point.",
    "order": "These are the right numbers in another order. Entry i belongs to data point i.",
    # one update
    "ascent": (
        "The step goes the wrong way: ascent instead of descent. The gradient points uphill, so "
        "subtract it (and check its sign)."
    ),
    "step no two": (
        "The step is half as long as it should be: the 2 of the square is missing from its "
        "gradient."
    ),
    "step two twice": (
        "The step is twice as long as it should be. The square brings one factor 2, not two of "
        "them; and one call takes one step."
    ),
    "step sum": (
        "The step is N times too long: its gradient is summed instead of averaged over the points."
    ),
    "step divided twice": "The step is N times too short: its gradient is divided by N twice.",
    "step n minus one": "The step comes from a gradient divided by N - 1 instead of N.",
    "step size ignored": "The step size is ignored: the gradient is subtracted as it stands.",
    "step size squared": "The step size is squared: it is multiplied in twice.",
    "unchanged": "theta comes back unchanged. Return the new value.",
    "change only": "This is the change alone. Add it to the old theta and return the sum.",
    "gradient": "This is the gradient. Use it to take a step, and return the new theta.",
    "step no x": (
        "The factor x_i is forgotten in the gradient of the step: the chain rule brings it."
    ),
    "two steps": "This is where two steps lead. Take one step per call.",
    "sgd average": (
        "The step is {k} times too short, as if it were averaged over {k} points. One SGD step "
        "here looks at one point, so there is nothing to average."
    ),
}


# -- the checks that tests call ---------------------------------------------------------------


def check_gradient(
    function: Callable | None, arguments: Mapping[str, Any], expected: float, **options: Any
) -> None:
    """Check one call of a function that returns dL/dtheta.

    Args:
        function: the student's function; ``None`` where the notebook does not define it.
        arguments: argument names and values, in the order in which they are passed.
        expected: the right value.
        **options: ``hidden``, ``mistakes``, ``scale``, ``may_refuse``, see `_check`.

    Raises:
        AssertionError: with the feedback for the student.
    """
    n = np.size(arguments["y"])
    factors = {"sign": -1, "no two": 1 / 2, "two twice": 2, "sum": n, "divided twice": 1 / n}
    factors |= _bessel("n minus one", n)
    _check(function, arguments, expected, _products(factors, expected), **options)


def check_contributions(
    function: Callable | None, arguments: Mapping[str, Any], expected: np.ndarray, **options: Any
) -> None:
    """Check one call of a function that returns the N summands of the gradient, shape (N,).

    Args and errors are those of `check_gradient`; ``expected`` has shape (N,).
    """
    n = np.size(arguments["y"])
    factors = {"sign": -1, "no two": 1 / 2, "two twice": 2}
    factors |= {"no average contribution": n, "contribution divided twice": 1 / n}
    factors |= _bessel("n minus one", n)
    mistakes = _products(factors, expected)
    mistakes["no sign"] = np.abs(expected)
    _check(function, arguments, expected, mistakes, **options)


def check_optimum(
    function: Callable | None, arguments: Mapping[str, Any], expected: float, **options: Any
) -> None:
    """Check one call of a function that returns the theta with the smallest loss.

    Args and errors are those of `check_gradient`.
    """
    n = np.size(arguments["y"])
    factors = {"sign": -1, "sum": n, "divided twice": 1 / n} | _bessel("n minus one", n)
    mistakes = _products(factors, expected)
    if expected:
        mistakes["upside down"] = 1 / expected
    _check(function, arguments, expected, mistakes, **options)


def check_update(
    function: Callable | None, arguments: Mapping[str, Any], expected: float, **options: Any
) -> None:
    """Check one call of a function that takes one step from theta and returns the new theta.

    Serves full gradient descent (``arguments`` has ``y``) and SGD (``arguments`` has ``y_i``).
    Args and errors are those of `check_gradient`.
    """
    theta, step_size = arguments["theta"], arguments["step_size"]
    change = expected - theta
    factors = {"ascent": -1, "step no two": 1 / 2, "step two twice": 2}
    factors["step size squared"] = step_size
    if step_size:
        factors["step size ignored"] = 1 / step_size
    if "y" in arguments:
        n = np.size(arguments["y"])
        factors |= {"step sum": n, "step divided twice": 1 / n} | _bessel("step n minus one", n)
    mistakes = {names: theta + step for names, step in _products(factors, change).items()}
    mistakes |= {"unchanged": theta, "change only": change}
    if step_size:
        mistakes["gradient"] = -change / step_size
    if "y_i" in arguments:
        mistakes |= {f"sgd average/{k}": theta + change / k for k in range(3, 101)}
    _check(function, arguments, expected, mistakes, **options)


# -- one call, looked at step by step ---------------------------------------------------------


def _check(
    function: Callable | None,
    arguments: Mapping[str, Any],
    expected: Any,
    usual_mistakes: Mapping[str, Any],
    *,
    hidden: str = "",
    mistakes: Mapping[str, Any] | None = None,
    scale: float = 0.0,
    may_refuse: bool = False,
) -> None:
    """Call ``function`` once and raise ``AssertionError`` with feedback at the first fault.

    Args:
        function: the student's function.
        arguments: argument names and values; arrays are copied before the call.
        expected: the right value, a float or an array.
        usual_mistakes: keys of `SENTENCES` (several joined by ``" + "``) and the value that the
            mistake leads to.
        hidden: what is special about a hidden test's input, in words without numbers. When it
            is given, the message shows neither arguments nor values.
        mistakes: further mistakes that only this test can know, same form.
        scale: magnitude to compare with where the right value is zero or cancels.
        may_refuse: accept a function that raises on this input (integers in an array), for
            refusing loudly is no wrong answer.
    """
    call = _Call(function, arguments, hidden)
    passed = {name: _copy(value) for name, value in arguments.items()}
    try:
        result = call.run(passed)
    except _Refused:
        if may_refuse:
            return
        raise
    got = call.to_number(result) if np.ndim(expected) == 0 else call.to_array(result, expected)
    if not np.all(np.isfinite(got)):
        call.fail("the result is not a finite number", got, expected)
    for name, value in passed.items():
        call.check_unmodified(name, value)
    if not _close(got, expected, scale):
        named = _recognise(got, expected, dict(mistakes or {}), scale) or _recognise(
            got, expected, dict(usual_mistakes), scale
        )
        call.fail("the value is wrong", got, expected, named)


class _Refused(AssertionError):
    """The student's function raised a TypeError, ValueError or RuntimeError of its own."""


class _Call:
    """One call of a student's function, and the words to report on it."""

    def __init__(self, function: Callable | None, arguments: Mapping[str, Any], hidden: str):
        self.function, self.arguments, self.hidden = function, arguments, hidden
        self.name = getattr(function, "__name__", "the function")

    def run(self, passed: Mapping[str, Any]) -> Any:
        """Return what the function returns for ``passed``; explain whatever stops it."""
        if self.function is None:
            raise AssertionError(
                "the function is not defined. Run the cell that defines it (best: Kernel > "
                "Restart Kernel and Run All Cells), and keep the name that the cell came with."
            )
        if not callable(self.function):
            raise AssertionError(
                f"what stands under the function's name is no function but a value of type "
                f"{type(self.function).__name__}. Does another cell reuse the name?"
            )
        try:
            return self.function(*passed.values())
        except NotImplementedError as error:
            raise AssertionError(
                f"not answered yet: {error or self.name}\n\n"
                f"Write your code in place of the line `raise NotImplementedError(...)`, run "
                f"that cell, then run this check again."
            ) from None
        except (Exception, SystemExit) as error:
            kind = (
                _Refused
                if isinstance(error, (TypeError, ValueError, RuntimeError))
                else AssertionError
            )
            raise kind(self.report("it stopped with an error", self.describe(error))) from None

    def describe(self, error: BaseException) -> str:
        """Return type, text and place of ``error``; in a hidden test only the type.

        The text of an exception can quote the arguments, and those stay hidden.
        """
        if self.hidden:
            return f"{type(error).__name__}, on input of this kind."
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.name == self.name and frame.line]
        place = f"\nin the line: {own[-1].line}" if own else ""
        return f"{type(error).__name__}: {error}{place}"

    def to_number(self, value: Any) -> float:
        """Return ``value`` as a float, or explain why it is not a single number."""
        value = _from_torch(value)
        if isinstance(value, np.ndarray) and value.ndim:
            self.fail(
                f"the result should be a single number, but it is an array with "
                f"{self.other_shape(value)}",
                hint="Is a sum or a mean over the points missing? Or take the one entry out of it.",
            )
        if isinstance(value, np.ndarray):
            value = value[()]
        if isinstance(value, (bool, np.bool_)) or not isinstance(
            value, (int, float, np.integer, np.floating)
        ):
            self.fail(*_wrong_type(value, "a number"))
        return float(value)

    def to_array(self, value: Any, expected: np.ndarray) -> np.ndarray:
        """Return ``value`` as a float array of the expected shape, or explain what it is."""
        value = _from_torch(value)
        if not isinstance(value, (np.ndarray, np.number, float, int)) or isinstance(value, bool):
            self.fail(*_wrong_type(value, "an array with one number per data point"))
        value = np.asarray(value)
        if value.dtype.kind not in "iuf":
            self.fail(f"the result should hold real numbers, but its dtype is {value.dtype}")
        if value.shape != np.shape(expected):
            self.fail(
                f"the result should have shape {self.shape(expected)}, one entry per data point, "
                f"but it has {self.other_shape(value)}",
                hint=_shape_hint(value.shape),
            )
        return value.astype(float)

    def check_unmodified(self, name: str, after: Any) -> None:
        """Fail if the call changed the argument ``name``."""
        before = self.arguments[name]
        if not np.array_equal(before, after):
            change = (
                "" if self.hidden else f"\n  before    {_show(before)}\n  after     {_show(after)}"
            )
            raise AssertionError(
                self.report(
                    f"the call changed its argument {name}",
                    f"{change}\nInputs belong to the caller. Work on a copy, or write "
                    f"expressions that make a new array (a = a - 1 rather than a -= 1).",
                )
            )

    def shape(self, value: Any) -> str:
        """Return the shape of an input or a right value; hidden sizes stay hidden."""
        return "(N,)" if self.hidden else str(np.shape(value))

    def other_shape(self, value: np.ndarray) -> str:
        """Return a wrong shape in words; hidden sizes stay hidden."""
        if not self.hidden:
            return f"shape {value.shape}"
        return "another length" if value.ndim == 1 else f"{value.ndim} axes"

    def fail(self, fault: str, got: Any = None, expected: Any = None, hint: str = "") -> None:
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


# -- small parts ------------------------------------------------------------------------------


def _bessel(name: str, n: int) -> dict[str, float]:
    """Return the factor between dividing by N - 1 and dividing by N, where there is one."""
    return {name: n / (n - 1)} if n > 1 else {}


def _products(factors: Mapping[str, float], right: Any) -> dict[str, Any]:
    """Return the values that one mistaken factor, or two of them together, lead to.

    Two mistakes that undo each other, such as "sum" and "divided twice", are no pair.
    """
    values = {name: factor * right for name, factor in factors.items()}
    for (a, factor_a), (b, factor_b) in itertools.combinations(factors.items(), 2):
        if not np.isclose(factor_a * factor_b, 1):
            values[f"{a} + {b}"] = factor_a * factor_b * right
    return values


def _recognise(got: Any, expected: Any, mistakes: Mapping[str, Any], scale: float) -> str:
    """Return the sentences of the mistake that leads to ``got``, or "".

    One mistake goes before two together. Where several fit equally well (for N = 2, summing
    and doubling are the same), all are offered.
    """
    if np.ndim(expected) and _close(np.sort(got), np.sort(expected), scale):
        return SENTENCES["order"]
    fitting = [
        names
        for names, value in mistakes.items()
        if not _close(value, expected, scale) and _close(got, value, scale)
    ]
    single = [names for names in fitting if " + " not in names]
    found = single or fitting[:1]
    return "\nOr: ".join(_sentences(names) for names in found[:2])


def _sentences(names: str) -> str:
    """Return the text for one key of the mistakes, e.g. ``"sign + no two"``."""
    texts = []
    for name in names.split(" + "):
        key, _, k = name.partition("/")
        texts.append(SENTENCES[key].format(k=k))
    return " And: ".join(texts)


def _close(got: Any, expected: Any, scale: float) -> bool:
    """Compare with the promised relative tolerance, entry by entry."""
    size = np.abs(expected)
    allowed = RELATIVE_TOLERANCE * np.maximum(size, scale)
    if np.ndim(expected):
        allowed = allowed + CANCELLATION * np.max(size)
    return bool(np.all(np.abs(np.subtract(got, expected)) <= allowed))


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


def _wrong_type(value: Any, wanted: str) -> tuple[str, None, None, str]:
    """Return fault and hint for a result that is neither number nor array."""
    if value is None:
        return (f"it returned None instead of {wanted}", None, None, "Is a `return` missing?")
    kind = type(value).__name__
    hint = "np.array(...) makes an array of it." if isinstance(value, (list, tuple)) else ""
    return (f"it returned a {kind} instead of {wanted}", None, None, hint)


def _shape_hint(got: tuple[int, ...]) -> str:
    if got == ():
        return "Do not add the summands up: return them one by one, as an array."
    if len(got) > 1:
        return "A column (N, 1) and a row (N,) broadcast to a table (N, N). Keep everything 1-D."
    return ""
