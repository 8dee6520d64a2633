"""The mistakes that feedback knows by name: one sentence each, and how they are recognised.

A mistake is recognised by the value that it leads to. `variants` lists such values by the names
of the mistakes, which are keys of `SENTENCES`; `recognise` returns the names of those that a wrong
result agrees with.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

# The tolerance that the notebooks promise. float32 carries about seven digits, so four are
# left to whoever works in single precision.
RELATIVE_TOLERANCE = 1e-4
# Entries of an array that cancel to (almost) nothing are compared with its largest entry
# instead; ten times the rounding error of float32.
CANCELLATION = 1e-6

SENTENCES = {
    # the gradient and its summands
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
        "It is N times too large: summed instead of averaged. A mean over N points divides by N "
        "once."
    ),
    "divided twice": (
        "It is N times too small: divided by N twice. (np.mean has divided by N already.)"
    ),
    "n minus one": "It is divided by N - 1. The loss is a plain mean: divide by N.",
    "no x": (
        "The factor x_i is forgotten. By the chain rule, (theta * x_i - y_i)**2 has the inner "
        "derivative x_i."
    ),
    "abs x": (
        "The size of x_i stands where x_i belongs. For a negative x_i the sign turns round: "
        "leave the abs out."
    ),
    "constant model": (
        "It is the constant model's. Here the prediction is theta * x_i, so differentiate anew."
    ),
    "times theta": (
        "theta stands where x_i belongs. Differentiate with respect to theta: the inner derivative "
        "of theta * x_i - y_i is what theta is multiplied with."
    ),
    "loss": "It is the loss, not its slope. Differentiate with respect to theta.",
    "no average contribution": (
        "Each summand is N times too large: the 1/N of the mean is missing, so they do not add "
        "up to the full gradient."
    ),
    "contribution divided twice": (
        "Each summand is N times too small: divided by N twice, so they do not add up to the "
        "full gradient."
    ),
    "no sign": "The sizes are right, but the signs are lost. Pull up or pull down is the point.",
    "order": "These are the right numbers in another order. Keep the order of the inputs.",
    # the optimum
    "optimum sign": (
        "The sign is flipped. Look at the step where one sum went to the other side of the "
        "equation."
    ),
    "optimum sum": (
        "It is N times too large: summed instead of averaged. theta stands in all N summands of "
        "the equation, so there is an N to divide by."
    ),
    "optimum divided twice": (
        "It is N times too small: divided by N twice. (np.mean has divided by N already.)"
    ),
    "sum over mean": (
        "It is N times too large: summed instead of averaged in one of the two places. Use sums "
        "in numerator and denominator, or means in both."
    ),
    "mean over sum": (
        "It is N times too small: divided by N in the numerator alone. Use sums in numerator and "
        "denominator, or means in both."
    ),
    "optimum doubled": (
        "It is twice as large as it should be. The factor 2 of the gradient stands in every "
        "term of the equation, so it cancels."
    ),
    "optimum halved": (
        "It is half as large as it should be. The factor 2 of the gradient stands in every term "
        "of the equation, so it cancels."
    ),
    "optimum n minus one": (
        "It is divided by N - 1, as for an unbiased variance. Setting the gradient to zero "
        "leaves a plain N."
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
    "step no x": (
        "The factor x_i is forgotten in the gradient of the step: the chain rule brings it."
    ),
    "unchanged": "theta comes back unchanged. Return the new value.",
    "change only": "This is the change alone. Add it to the old theta and return the sum.",
    "decrement": "This is what to subtract. Return theta minus it.",
    "gradient": "This is the gradient. Use it to take a step, and return the new theta.",
    "optimum": (
        "This is where the loss is smallest. Take one step towards it, scaled by the step size."
    ),
    "two steps": "This is where two steps lead. Take one step per call.",
    "sgd average": (
        "The step is {k} times too short, as if it were averaged over {k} points. One SGD step "
        "here looks at one point, so there is nothing to average."
    ),
    # elbows
    "elbow sign": (
        "The sign is flipped. At the elbow the pre-activation w1 * x + b1 is zero; solve that "
        "for x."
    ),
    "elbow upside down": (
        "It is upside down. Solve w1 * x + b1 = 0 for x, and see what ends up below the line."
    ),
    "elbow without w1": (
        "The slope w1 is forgotten. b1 alone says where the elbow is only if w1 is 1 or -1."
    ),
    "no elbow": ("A unit with w1 = 0 has no elbow, so its entry must be nan (and nothing else)."),
    "elbow clipped": (
        "The elbows outside [0, 1] were moved or left out. They count: return them where they are."
    ),
    # output and slopes
    "curve sign": "The sign is flipped. An active unit contributes w2 * w1, with its sign.",
    "no b2": "The output bias b2 is forgotten.",
    "no relu": "The relu is forgotten: where a pre-activation is negative, the unit gives 0.",
    "relu on output": (
        "The output went through a relu. The last layer is linear: only the hidden units have one."
    ),
    "no w2": "The output weights w2 are forgotten.",
    "no b1": "The hidden biases b1 are forgotten.",
    "abs unit": "A unit gives relu(z), which is 0 for negative z, not abs(z).",
    "mask missing": "Every unit is counted at every x. Only the active ones have a slope there.",
    "mask from w1": (
        "The mask is taken from the wrong quantity: whether a unit is active depends on its "
        "pre-activation w1 * x + b1 at this x, not on the sign of w1."
    ),
    "mask from w2": (
        "The mask is taken from the wrong quantity: whether a unit is active depends on its "
        "pre-activation w1 * x + b1 at this x, not on the sign of w2."
    ),
    "mask from elbow": (
        "The mask is taken from the wrong quantity: x beyond the elbow means active for positive "
        "w1 alone; a unit with negative w1 is active on the other side. Look at the sign of "
        "w1 * x + b1."
    ),
    "mask inverted": (
        "The mask is inverted: the inactive units are counted, and the active ones left out."
    ),
    "mean over units": "It is averaged over the units. The output is their sum.",
    # the gradient of the network
    "network sign": (
        "The sign is flipped. The residual is output minus target: y is what is subtracted."
    ),
    "swapped": "Two gradients are swapped. The order is g_w1, g_b1, g_w2, g_b2.",
    "gradient no mask": (
        "The hidden layer's gradient lacks the derivative of the relu: only points where a unit "
        "is active (pre-activation > 0) reach its w1 and b1."
    ),
    "gradient no w2": (
        "w2 is forgotten in the hidden layer's gradient. By the chain rule, w1 and b1 reach the "
        "output through a multiplication by w2."
    ),
    "gradient no x": (
        "x is forgotten in g_w1. By the chain rule, w1 is multiplied by x, and b1 is not."
    ),
    "tie active": (
        "A unit whose pre-activation is exactly 0 was counted as active. As in PyTorch, "
        "relu'(0) = 0: the mask is z > 0, not z >= 0."
    ),
    # the optimum of the output layer
    "no intercept": (
        "It looks like the best fit without b2, which is a parameter as well: give the least-"
        "squares problem a column of ones for it."
    ),
    # the update of the network
    "frozen": (
        "The hidden layer is changed although frozen: with train_hidden=False, w1 and b1 must "
        "come back as they came."
    ),
    "not trained": (
        "The hidden layer stands still although train_hidden=True. Update all four parameters."
    ),
    "network ascent": (
        "The step goes the wrong way: ascent instead of descent. Subtract step_size times the "
        "gradient."
    ),
    "network step size ignored": (
        "The step size is ignored: the gradients are subtracted as they stand."
    ),
    "network step size squared": "The step size is squared: it is multiplied in twice.",
    "network unchanged": "The parameters come back unchanged. Return the new ones.",
    # elbow travel
    "signed travel": (
        "The sign is kept. A distance is never negative: take the absolute value at the end."
    ),
    "length of the way": (
        "It is the length of the whole way, to and fro. Compare the last elbow with the first."
    ),
    "one step": "It is the way of one step. Compare the last elbow with the first.",
    "distance of weights": (
        "It is worked out from differences of w1 and b1. Find the elbows first, then subtract them."
    ),
}


# Whoever forgets x_i may get a factor wrong as well.
FORGETS_X = (("no x",), ("step no x",))
# Together with another factor, these are rarer than a coincidence of the two.
ALONE = ("n minus one", "optimum n minus one", "step n minus one")


class Reading(NamedTuple):
    """One way to read a wrong value: the mistakes that lead to it when made together."""

    names: tuple[str, ...]
    k: int = 0  # the number in a sentence that has one

    def __str__(self) -> str:
        """Return the sentences."""
        return " And: ".join(SENTENCES[name].format(k=self.k) for name in self.names)


# What tests give: the value that a mistake, or several together, lead to; a list where it can be
# made in several ways.
Mistakes = Mapping[str | tuple[str, ...], Any]


def one(name: str, k: int = 0) -> Reading:
    """Return the reading of a single mistake."""
    return Reading((name,), k)


def by_reading(mistakes: Mistakes | None) -> dict[Reading, Any]:
    """Return the values that tests give by a mistake's name, or a tuple of names, by reading."""
    return {
        one(name) if isinstance(name, str) else Reading(name): value
        for name, value in (mistakes or {}).items()
    }


def variants(
    factors: Mapping[str, float],
    right: Any,
    origin: float = 0.0,
    others: Mistakes | None = None,
) -> dict[Reading, Any]:
    """Return the values that mistaken factors lead to, alone and two at a time.

    Args:
        factors: what each mistake multiplies the right value's distance from ``origin`` with.
        right: the right value, a number or an array.
        origin: where that distance begins: 0 for a gradient, the old theta for an update.
        others: values of other mistakes. One that forgets x_i can come together with a factor.
    """
    values = by_reading(others)
    starts = {Reading(()): right}
    starts |= {reading: values[reading] for reading in values if reading.names in FORGETS_X}
    for (name, factor), (first, start) in itertools.product(factors.items(), starts.items()):
        values[Reading((*first.names, name))] = origin + factor * (start - origin)
    common = [item for item in factors.items() if item[0] not in ALONE]
    for (a, factor_a), (b, factor_b) in itertools.combinations(common, 2):
        values[Reading((a, b))] = origin + factor_a * factor_b * (right - origin)
    return values


def recognise(
    got: Any, right: Any, mistakes: Mapping[Reading, Any], scale: float = 0.0
) -> tuple[Reading, ...]:
    """Return how a wrong value can be read: at most two readings, none if none fits.

    One mistake goes before two together. Where several fit equally well (for N = 2, summing
    and doubling are the same), two are offered.
    """
    if np.ndim(right) and close(np.sort(got), np.sort(right), scale):
        return (one("order"),)
    fitting = [
        reading
        for reading, values in mistakes.items()
        for value in (values if isinstance(values, list) else [values])
        if not close(value, right, scale) and close(got, value, scale)
    ]
    single = [reading for reading in fitting if len(reading.names) == 1]
    return tuple(single[:2] or fitting[:1])


def close(got: Any, right: Any, scale: float = 0.0) -> bool:
    """Return whether ``got`` agrees with ``right`` within the promised tolerance.

    Args:
        got: a number, an array, or a dict of them.
        right: the same; nan agrees with nan alone.
        scale: magnitude to compare with where ``right`` is zero or cancels.
    """
    if isinstance(right, dict):
        return all(close(got[name], value, scale) for name, value in right.items())
    size = np.abs(right)
    allowed = RELATIVE_TOLERANCE * np.maximum(size, scale)
    if np.ndim(right):
        allowed = allowed + CANCELLATION * np.max(size, initial=0, where=np.isfinite(size))
    with np.errstate(invalid="ignore"):  # inf - inf
        near = np.abs(np.subtract(got, right)) <= allowed
    return bool(np.all(near | np.equal(got, right) | (np.isnan(got) & np.isnan(right))))
