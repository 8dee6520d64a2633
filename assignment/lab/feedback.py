"""What you read when a check fails.

A test of the homework hands a ``check_...`` function your function, the arguments to call it
with, and the value that is expected. The cheapest question comes first: is the function
defined, does it run, has the result the right type and shape, is it finite, are the arguments
untouched, is the value right? The first "no" raises `lab.failure.CheckFailed`, an
``AssertionError`` whose text is the whole feedback.

Each check knows the factors that its kind of function may lose or gain. Other mistakes are
recognised by what is said in `lab.recognise` and `lab.call`.

Nothing here works out a right answer: the tests bring it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .call import Call, check_value, get_result
from .mistakes import Reading, one
from .recognise import RELATIVE_TOLERANCE, Known, agree, and_is, merged, variants

# The parts of a result that is a tuple: arrays and numbers.
Values = tuple[Any, ...]
Factors = dict[Reading, float]
UNIT = "hidden unit"
# Numbers of points that a student may have written down in place of len(...): those of the
# public checks, of the notebooks' data, of a minibatch.
FIXED_NUMBERS = (4, 5, 6, 12, 20, 40, 200)

# -- the checks that tests call ---------------------------------------------------------------


def check_gradient(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: float,
    **options: Any,
) -> None:
    """Check one call of a function that returns dL/dtheta.

    Args:
        function: the student's function; ``None`` where the notebook does not define it.
        arguments: argument names and values, in the order in which they are passed.
        expected: the right value.
        **options: ``mistakes``, ``hidden``, ``scale`` and ``may_refuse``, see
            `lab.call.check_value`.

    Raises:
        CheckFailed: with the feedback for the student.
    """
    check_value(function, arguments, expected, _of_gradient, **options)


def check_contributions(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    **options: Any,
) -> None:
    """Check one call of a function that returns the N summands of the gradient, shape (N,).

    Args and errors are those of `check_gradient`; ``expected`` has shape (N,).
    """
    check_value(function, arguments, expected, _of_contributions, **options)


def check_optimum(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: float,
    **options: Any,
) -> None:
    """Check one call of a function that returns the theta with the smallest loss.

    Args and errors are those of `check_gradient`.
    """
    check_value(function, arguments, expected, _of_optimum, **options)


def check_update(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: float,
    **options: Any,
) -> None:
    """Check one call of a function that takes one step from theta and returns the new theta.

    Serves full gradient descent (``arguments`` has ``y``) and SGD (``arguments`` has ``y_i``).
    Args and errors are those of `check_gradient`.
    """
    check_value(function, arguments, expected, _of_update, **options)


def check_elbows(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    **options: Any,
) -> None:
    """Check one call of a function that returns one number per hidden unit, shape (H,).

    Serves elbow positions and their travel. Args and errors are those of `check_gradient`.
    """
    check_value(function, arguments, expected, _of_nothing_more, per=UNIT, **options)


def check_curve(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: np.ndarray,
    **options: Any,
) -> None:
    """Check one call of a function that returns a network's output or slope at each x, (N,).

    Args and errors are those of `check_gradient`.
    """
    check_value(function, arguments, expected, _of_curve, **options)


def check_network_gradient(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Values,
    **options: Any,
) -> None:
    """Check one call of a function that returns the four gradients of a network.

    Args and errors are those of `check_gradient`; ``expected`` and the values of ``mistakes``
    are (g_w1, g_b1, g_w2, g_b2).
    """
    right = dict(zip(("g_w1", "g_b1", "g_w2", "g_b2"), expected, strict=True))
    check_value(function, arguments, right, _of_network_gradient, per=UNIT, **options)


def check_network_update(
    function: Callable[..., Any] | None,
    arguments: Mapping[str, Any],
    expected: Values,
    **options: Any,
) -> None:
    """Check one call of a function that takes one step of a network's four parameters.

    Args and errors are those of `check_gradient`; ``expected`` is (w1, b1, w2, b2).
    """
    right = dict(zip(("w1", "b1", "w2", "b2"), expected, strict=True))
    call, got = get_result(
        function, arguments, right, usual=_of_network_update, per=UNIT, **options
    )
    if got is None or agree(tuple(got.values()), expected):
        return
    before = dict(zip(right, arguments["params"], strict=True))
    wrong = [name for name, part in got.items() if not agree(part, right[name])]
    kept = [name for name in wrong if agree(got[name], before[name])]
    call.fail_value(got, mistakes=_of_frozen_parts(call, wrong, kept))


def _of_frozen_parts(call: Call, wrong: list[str], kept: list[str]) -> tuple[Reading, ...]:
    """Return how an update can be read that leaves the wrong parts as they were, or moves them.

    Args:
        call: of the update.
        wrong: names of the wrong parts.
        kept: of these, the ones that came back unchanged.
    """
    hidden, output = ["w1", "b1"], ["w2", "b2"]
    if not call.arguments["train_hidden"] and set(wrong) <= set(hidden):
        return (one("frozen"),)
    if wrong != kept or len(wrong) == len(call.arguments["params"]):
        return ()
    if wrong == hidden:
        frozen = call.again(train_hidden=False)
        is_tuple = isinstance(frozen, tuple) and len(frozen) == len(call.arguments["params"])
        moves = is_tuple and not agree(frozen[:2], call.arguments["params"][:2])
        return (one("flag inverted" if moves else "not trained"),)
    if wrong == output:
        return (one("output frozen"),)
    return (one("part left as it was", part=and_is(wrong)),)


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
    call, got = get_result(
        function, arguments, form, usual=_of_nothing_more, is_form=True, per=UNIT, **options
    )
    if got is None:
        return
    columns = np.pad(features, ((0, 0), (0, 1)), constant_values=1.0)
    best = _smallest_loss(columns, y)
    loss = _loss(columns, np.append(got["w2"], got["b2"]), y)
    # Besides the promised tolerance, room for the rounding of a perfect fit.
    if loss <= best * (1 + RELATIVE_TOLERANCE) + 1e-8 * np.average(y**2):
        return
    without = _smallest_loss(features, y)
    is_without = got["b2"] == 0 and loss <= without * (1 + RELATIVE_TOLERANCE) + 1e-12
    call.fail(
        "larger loss",
        "another (w2, b2) has a smaller loss",
        values=f"  returned  a loss of {loss:.6g}\n  expected  a loss of {best:.6g}",
        mistakes=(one("no intercept"),) if is_without else (),
    )


# -- what the mistakes of each kind of function lead to -----------------------------------------
#
# Each of these takes the arguments of a call, its right result, and what other mistakes lead to;
# it returns these and the ones that are usual.


def _of_gradient(arguments: Mapping[str, Any], right: float, others: Known) -> Known:
    return variants(_gradient_factors("sign", _size(arguments)), right, others=others)


def _of_contributions(arguments: Mapping[str, Any], right: np.ndarray, others: Known) -> Known:
    n = _size(arguments)
    factors = _named({"sign": -1, "no two": 1 / 2, "two twice": 2})
    factors |= _named({"no average contribution": n, "contribution divided twice": 1 / n})
    factors |= _of_counting("n minus one", n)
    return variants(factors, right, others=others)


def _of_optimum(arguments: Mapping[str, Any], right: float, others: Known) -> Known:
    n = _size(arguments)
    sums = ("sum over mean", "mean over sum")
    too_large, too_small = sums if "x" in arguments else ("optimum sum", "optimum divided twice")
    factors = _named({"optimum sign": -1, too_large: n, too_small: 1 / n})
    factors |= _named({"optimum doubled": 2, "optimum halved": 1 / 2})
    factors |= _of_counting("optimum n minus one", n)
    known = variants(factors, right, others=others)
    return merged(known, {one("upside down"): [1 / right]}) if right else known


def _of_update(arguments: Mapping[str, Any], right: float, others: Known) -> Known:
    theta, step_size = arguments["theta"], arguments["step_size"]
    change = right - theta
    factors = _named({"ascent": -1, "step no two": 1 / 2, "step two twice": 2})
    if step_size:
        factors |= _named({"step size ignored": 1 / step_size, "step size squared": step_size})
        factors |= _named({"divided by step size": 1 / step_size**2})
    if "y" in arguments:
        n = _size(arguments)
        factors |= _named({"step sum": n, "step divided twice": 1 / n})
        factors |= _of_counting("step n minus one", n)
    more: Known = {one("unchanged"): [theta]}
    if change:
        more[one("change only")] = [change]
        more[one("decrement")] = [-change]
        more[one("gradient")] = [-change / step_size]
    if "y_i" in arguments:
        more |= {one("sgd average", k=k): [theta + change / k] for k in range(3, 101)}
    return merged(variants(factors, right, origin=theta, others=others), more)


def _of_nothing_more(arguments: Mapping[str, Any], right: Any, others: Known) -> Known:
    return others


def _of_curve(arguments: Mapping[str, Any], right: np.ndarray, others: Known) -> Known:
    shift = arguments.get("b2", 0.0)
    known: Known = {one("mean over units"): [(right - shift) / len(arguments["w1"]) + shift]}
    if "b2" in arguments:
        known[one("no b2")] = [right - shift]
        known[one("relu on output")] = [np.maximum(right, 0)]
    else:
        known[one("curve sign")] = [-right]
    return merged(others, known)


def _of_network_gradient(arguments: Mapping[str, Any], right: Values, others: Known) -> Known:
    factors = _gradient_factors("network sign", _size(arguments))
    scaled = {name: [tuple(factor * g for g in right)] for name, factor in factors.items()}
    return merged(others, scaled)


def _of_network_update(arguments: Mapping[str, Any], right: Values, others: Known) -> Known:
    old, step_size = arguments["params"], arguments["step_size"]
    factors = _named({"network ascent": -1, "network step size squared": step_size})
    if step_size:
        factors |= _named({"network step size ignored": 1 / step_size})
    known: Known = {
        name: [tuple(p + factor * (new - p) for p, new in zip(old, right, strict=True))]
        for name, factor in factors.items()
    }
    if arguments["train_hidden"]:
        known[one("network unchanged")] = [old]
    return merged(others, known)


def _size(arguments: Mapping[str, Any]) -> int:
    """Return N, the length of the first array among the arguments."""
    return next((len(value) for value in arguments.values() if np.ndim(value) == 1), 1)


def _named(factors: Mapping[str, float]) -> Factors:
    return {one(name): factor for name, factor in factors.items()}


def _gradient_factors(sign: str, n: int) -> Factors:
    """Return what usual mistakes multiply a gradient with; ``sign`` names the flipped sign."""
    factors = {sign: -1, "no two": 1 / 2, "two twice": 2, "sum": n, "divided twice": 1 / n}
    return _named(factors) | _of_counting("n minus one", n)


def _of_counting(less_one: str, n: int) -> Factors:
    """Return the factors of dividing by another number of points than N."""
    factors = {one("n plus one"): n / (n + 1)}
    factors |= {one(less_one): n / (n - 1)} if n > 1 else {}
    taken = (1, 2, 1 / 2, n, n - 1)
    fixed = [k for k in FIXED_NUMBERS if k not in (n - 1, n + 1) and n / k not in taken]
    return factors | {one("fixed number", k=k): n / k for k in fixed}


def _loss(columns: np.ndarray, weights: np.ndarray, y: np.ndarray) -> float:
    return float(np.average((columns @ weights - y) ** 2))


def _smallest_loss(columns: np.ndarray, y: np.ndarray) -> float:
    """Return the smallest mean squared error of a linear model, by projecting y."""
    basis, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    # Directions below this size are rounding, as in np.linalg.matrix_rank.
    kept = basis[:, sizes > sizes.max() * max(columns.shape) * np.finfo(float).eps]
    return float(np.average((y - kept @ (kept.T @ y)) ** 2))
