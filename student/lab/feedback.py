"""What you read when a check fails.

A test of the homework hands a ``check_...`` function your function, the arguments to call it
with, and the value that is expected. The cheapest question comes first: is the function
defined, does it run, has the result the right type and shape, is it finite, are the arguments
untouched, is the value right? The first "no" raises `lab.failure.CheckFailed`, an
``AssertionError`` whose text is the whole feedback.

A wrong value is compared with the values that well-known mistakes lead to (see `lab.mistakes`).
Where one of them fits, the message names it.

Nothing here works out a right answer: the tests bring it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .call import check_value, get_result
from .mistakes import (
    RELATIVE_TOLERANCE,
    Mistakes,
    Reading,
    by_reading,
    close,
    one,
    recognise,
    variants,
)

# The parts of a result that is a tuple: arrays and numbers.
Values = tuple[Any, ...]

# -- the checks that tests call ---------------------------------------------------------------


def check_gradient(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: float,
    *,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns dL/dtheta.

    Args:
        function: the student's function; ``None`` where the notebook does not define it.
        arguments: argument names and values, in the order in which they are passed.
        expected: the right value.
        mistakes: names of further mistakes, and the value that each leads to on this input; a
            tuple of names for several at a time.
        **options: ``hidden``, ``scale`` and ``may_refuse``, see `lab.call.check_value`.

    Raises:
        CheckFailed: with the feedback for the student.
    """
    factors = _gradient_factors("sign", _size(arguments))
    known = variants(factors, expected, others=mistakes)
    check_value(function, arguments, expected, known, **options)


def check_contributions(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    *,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns the N summands of the gradient, shape (N,).

    Args and errors are those of `check_gradient`; ``expected`` has shape (N,).
    """
    n = _size(arguments)
    factors = {"sign": -1, "no two": 1 / 2, "two twice": 2}
    factors |= {"no average contribution": n, "contribution divided twice": 1 / n}
    factors |= _bessel("n minus one", n)
    known = variants(factors, expected, others=mistakes)
    known[one("no sign")] = np.abs(expected)
    check_value(function, arguments, expected, known, **options)


def check_optimum(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: float,
    *,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns the theta with the smallest loss.

    Args and errors are those of `check_gradient`.
    """
    n = _size(arguments)
    sums = ("sum over mean", "mean over sum")
    too_large, too_small = sums if "x" in arguments else ("optimum sum", "optimum divided twice")
    factors = {"optimum sign": -1, too_large: n, too_small: 1 / n}
    factors |= {"optimum doubled": 2, "optimum halved": 1 / 2}
    factors |= _bessel("optimum n minus one", n)
    known = variants(factors, expected, others=mistakes)
    if expected:
        known[one("upside down")] = 1 / expected
    check_value(function, arguments, expected, known, **options)


def check_update(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: float,
    *,
    mistakes: Mistakes | None = None,
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
        n = _size(arguments)
        factors |= {"step sum": n, "step divided twice": 1 / n} | _bessel("step n minus one", n)
    # Ascent first: for a single point, the size of x_i in place of x_i leads there as well.
    known = {one("ascent"): theta - change}
    known |= variants(factors, expected, origin=theta, others=mistakes)
    known[one("unchanged")] = theta
    if change:
        known |= by_reading(
            {"change only": change, "decrement": -change, "gradient": -change / step_size}
        )
    if "y_i" in arguments:
        known |= {one("sgd average", k): theta + change / k for k in range(3, 101)}
    check_value(function, arguments, expected, known, **options)


def _size(arguments: Mapping[str, Any]) -> int:
    """Return N, the length of the first array among the arguments."""
    return next((len(value) for value in arguments.values() if np.ndim(value) == 1), 1)


def _gradient_factors(sign: str, n: int) -> dict[str, float]:
    """Return what usual mistakes multiply a gradient with; ``sign`` names the flipped sign."""
    factors = {sign: -1, "no two": 1 / 2, "two twice": 2, "sum": n, "divided twice": 1 / n}
    return factors | _bessel("n minus one", n)


def _bessel(name: str, n: int) -> dict[str, float]:
    """Return the factor between dividing by N - 1 and dividing by N, where there is one."""
    return {name: n / (n - 1)} if n > 1 else {}


# -- the checks of part 2 ---------------------------------------------------------------------


def check_elbows(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    *,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns one number per hidden unit, shape (H,).

    Serves elbow positions and their travel. Args and errors are those of `check_gradient`.
    """
    known = by_reading(mistakes)
    check_value(function, arguments, expected, known, per="hidden unit", **options)


def check_curve(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    *,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns a network's output or slope at each x, (N,).

    Args and errors are those of `check_gradient`.
    """
    known = by_reading(mistakes)
    if "b2" in arguments:
        known[one("no b2")] = expected - arguments["b2"]
        known[one("relu on output")] = np.maximum(expected, 0)
    else:
        known[one("curve sign")] = -expected
    known[one("mean over units")] = _over_units(expected, arguments)
    check_value(function, arguments, expected, known, **options)


def check_network_gradient(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Values,
    *,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Check one call of a function that returns the four gradients of a network.

    Args and errors are those of `check_gradient`; ``expected`` and the values of ``mistakes``
    are (g_w1, g_b1, g_w2, g_b2).
    """
    factors = _gradient_factors("network sign", _size(arguments))
    known: dict[Any, Values] = {
        name: tuple(factor * part for part in expected) for name, factor in factors.items()
    }
    g_w1, g_b1, g_w2, g_b2 = expected
    known["swapped"] = (g_b1, g_w1, g_w2, g_b2)
    known |= mistakes or {}
    right, named = _named(("g_w1", "g_b1", "g_w2", "g_b2"), expected, known)
    check_value(function, arguments, right, named, per="hidden unit", **options)


def check_network_update(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Values,
    **options: Any,
) -> None:
    """Check one call of a function that takes one step of a network's four parameters.

    Args and errors are those of `check_gradient`; ``expected`` is (w1, b1, w2, b2).
    """
    old, step_size = arguments["params"], arguments["step_size"]
    factors = {"network ascent": -1, "network step size squared": step_size}
    if step_size:
        factors["network step size ignored"] = 1 / step_size
    known = {
        name: tuple(
            before + factor * (new - before) for before, new in zip(old, expected, strict=True)
        )
        for name, factor in factors.items()
    }
    known["network unchanged"] = old
    known["not trained"] = (*old[:2], *expected[2:])
    right, named = _named(("w1", "b1", "w2", "b2"), expected, known)
    call, got = get_result(function, arguments, right, per="hidden unit", **options)
    if not close(got, right):
        frozen = not arguments["train_hidden"]
        moved = not (close(got["w1"], old[0]) and close(got["b1"], old[1]))
        call.fail_value(
            got, right, (one("frozen"),) if frozen and moved else recognise(got, right, named)
        )


def check_least_squares(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    features: np.ndarray,
    **options: Any,
) -> None:
    """Check one call of a function that returns the (w2, b2) of smallest mean squared error.

    Any minimiser is right: with dead or equal units there are many. So the loss is compared,
    not the weights.

    Args:
        function: the student's function.
        arguments: as in `check_gradient`; ``y`` has shape (N,).
        features: what the hidden units give at each x, shape (N, H).
        **options: ``hidden`` and ``may_refuse``, see `lab.call.get_result`.

    Raises:
        CheckFailed: with the feedback for the student.
    """
    y = arguments["y"]
    form = {"w2": np.zeros(features.shape[1]), "b2": 0.0}
    call, got = get_result(function, arguments, form, per="hidden unit", **options)
    if got is None:
        return
    columns = np.pad(features, ((0, 0), (0, 1)), constant_values=1.0)
    best = _smallest_loss(columns, y)
    loss = _loss(columns, np.append(got["w2"], got["b2"]), y)
    # Besides the promised tolerance, room for the rounding of a perfect fit.
    if loss > best * (1 + RELATIVE_TOLERANCE) + 1e-8 * np.average(y**2):
        without = _smallest_loss(features, y)
        similar = got["b2"] == 0 and loss <= without * (1 + RELATIVE_TOLERANCE) + 1e-12
        values = f"  returned  a loss of {loss:.6g}\n  expected  a loss of {best:.6g}"
        call.fail(
            "larger loss",
            "another (w2, b2) has a smaller loss",
            values=values,
            mistakes=(one("no intercept"),) if similar else (),
        )


def _named(
    names: tuple[str, ...], expected: Values, known: Mapping[Any, Values]
) -> tuple[dict[str, Any], dict[Reading, Any]]:
    """Return a tuple, and the tuples that mistakes lead to, as dicts of their parts by name."""
    right = dict(zip(names, expected, strict=True))
    values = by_reading(known).items()
    return right, {key: dict(zip(names, value, strict=True)) for key, value in values}


def _over_units(expected: np.ndarray, arguments: Mapping[str, Any]) -> np.ndarray:
    """Return the curve of a network whose units are averaged instead of added."""
    shift = arguments.get("b2", 0.0)
    return np.asarray((expected - shift) / len(arguments["w1"]) + shift)


def _loss(columns: np.ndarray, weights: np.ndarray, y: np.ndarray) -> float:
    return float(np.average((columns @ weights - y) ** 2))


def _smallest_loss(columns: np.ndarray, y: np.ndarray) -> float:
    """Return the smallest mean squared error of a linear model, by projecting y."""
    basis, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    # Directions below this size are rounding, as in np.linalg.matrix_rank.
    kept = basis[:, sizes > sizes.max() * max(columns.shape) * np.finfo(float).eps]
    return float(np.average((y - kept @ (kept.T @ y)) ** 2))
