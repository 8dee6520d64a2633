"""What well-known mistakes lead to on the inputs of the public checks: ``make mistakes``.

For staff. Each function of the middle part is named after a graded one and returns what wrong
answers to it return, by the mistake's name (see `lab.mistakes`; "a & b" for two together), a list
where a mistake can be made in several ways. Run as a script, this module takes the inputs from
the public tests of the masters and writes ``lab/examples.json``: numbers alone, from which no
formula can be read. With them a failed check names the mistake. Students do not get this file:
next to a mistake stands the answer.

What may happen to any right value (a sign, a factor, rounding, entries lost) is worked out from
it in `lab.feedback` and `lab.recognise`, and has no place here.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from lab.examples import FILE, to_plain
from lab.recognise import ways

Named = dict[str, Any]
FOLDER = Path(__file__).parent
PROJECT = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
MASTERS = PROJECT["tool"]["homework"]["masters"]
# Functions of which many results are right.
FREE = ("output_layer_optimum",)
# Further inputs, on which a mistake that fits a wrong result has to show as well.
Y = np.array([-1.9, 2.3, 0.7, 5.2, -0.4, 3.6, 1.1, 2.8])
X = np.array([-2.7, 1.2, -0.9, 0.4, 1.6, -0.3, 2.2, -1.4])
W1, B1, W2 = np.array([1.3, -0.7, 2.1]), np.array([0.2, 0.9, -1.7]), np.array([-1.1, 0.6, 1.9])
W1_ROWS = np.array([[0.6, -1.1], [1.4, 0.7], [2.3, -1.9]])
B1_ROWS = np.array([[0.3, 1.2], [-0.8, 0.4], [-1.7, 0.9]])
LONGER = np.append(X, [0.6, 1.7]), np.append(Y, [-0.3, 1.1])
PROBES: dict[str, list[tuple[Any, ...]]] = {
    "constant_gradient": [(2.6, Y)],
    "constant_optimum": [(Y,)],
    "constant_update": [(2.6, Y, 0.23), (1.8, Y, 0.23)],
    "constant_contributions": [(-0.8, Y)],
    "constant_sgd_update": [(-0.8, -2.3, 0.23), (-0.8, -1.1, 0.23)],
    "linear_gradient": [(2.7, X, Y)],
    "linear_optimum": [(X, Y)],
    "linear_update": [(2.7, X, Y, 0.11), (0.45, X, Y, 0.11)],
    "linear_contributions": [(-0.8, X, Y)],
    "linear_sgd_update": [(0.8, 1.7, -0.9, 0.11), (0.8, -1.3, 2.6, 0.11)],
    "elbow_locations": [(W1, B1)],
    "network_output": [(X, W1, B1, W2, 0.35)],
    "function_slopes": [(X, W1, B1, W2)],
    "network_gradient": [(X, Y, W1, B1, W2, 0.35)],
    "output_layer_optimum": [(*LONGER, W1[:2], B1[:2])],
    "elbow_travel": [(W1_ROWS, B1_ROWS)],
}


# -- what may become of a mean, of a step, of a sum over units --------------------------------


def of_mean(terms: np.ndarray) -> Named:
    """Return what becomes of the mean of ``terms``, shape (N,)."""
    n = len(terms)
    rest, most, mean = terms[1:].sum(), terms[:-1].sum(), terms.mean()
    return {
        "first left out": [rest / n, rest / (n - 1), rest],
        "last left out": [most / n, most / (n - 1), most],
        "return in loop": [terms[0] / n, terms[0]],
        "overwritten": [terms[-1] / n, terms[-1]],
        "not added up": [terms, terms / n, np.cumsum(terms), np.cumsum(terms) / n],
        "median": [np.median(terms), np.sort(terms)[n // 2]],
        "no sign": [np.mean(np.abs(terms)), np.sum(np.abs(terms))],
        "rounded": [2 * np.floor(mean / 2), np.floor(terms.sum()) / n, np.mean(np.floor(terms)),
                    np.mean(np.trunc(terms))],
    }  # fmt: skip


def of_step(theta: float, step_size: float, right: float, gradients: Named) -> Named:
    """Return where a step leads that is mistaken, or takes a mistaken gradient."""
    known = {
        name: [theta - step_size * g for g in ways(values) if np.ndim(g) == 0]
        for name, values in gradients.items()
    }
    known["rounded"] = [*known.get("rounded", []), *(theta - step_size * g for g in cut(right))]
    known["step of the loss"] = known.pop("loss", [])
    known["sign only"] = [theta - step_size * np.sign(right)]
    known["no sign"] = [*known.get("no sign", []), theta - step_size * abs(right)]
    known["parentheses"] = [
        *known.get("parentheses", []),
        (theta - step_size) * right,
        step_size * (theta - right),
    ]
    return known


def cut(value: Any) -> list[Any]:
    """Return a number without its last digits, in the usual ways."""
    return [np.floor(value), np.ceil(value), np.trunc(value), np.round(value)]


def of_units(table: np.ndarray, b2: float) -> Named:
    """Return what becomes of a sum over hidden units; ``table`` has shape (N, H)."""
    h = table.shape[1]
    right = table.sum(axis=1) + b2
    return {
        "units not added": [table, table + b2, table.T, table.T + b2],
        "wrong axis": [table.sum(axis=0), table.sum(axis=0) + b2],
        "added up": [table.sum(), table.sum() + b2],
        "first unit left out": table[:, 1:].sum(axis=1) + b2,
        "last unit left out": table[:, :-1].sum(axis=1) + b2,
        "first unit only": [table[:, 0] + b2, table[:, 0]],
        "last unit only": [table[:, -1] + b2, table[:, -1]],
        "mean over units": [table.mean(axis=1) + b2, table.mean(axis=1) + b2 / h, right / h],
    }


# -- part 1: the constant model -------------------------------------------------------------


def constant_gradient(theta: float, y: np.ndarray) -> Named:
    n, mean = len(y), np.mean(y)
    known = of_mean(2 * (theta - y))
    return known | {
        "loss": [np.mean((theta - y) ** 2) * factor for factor in (1, n, 2)],
        "parentheses": [2 * theta - mean, theta - 2 * mean, theta - mean / 2, 2 * theta - y.sum()],
        "theta outside": [
            2 / n * (theta - y.sum()), 2 * (theta - y.sum()), 2 * theta - 2 * y.sum(),
        ],
        "no theta": [-2 * mean, 2 * mean],
        "times theta": 2 * np.mean((theta - y) * theta),
        "rounded": [
            *known["rounded"],
            *(2 * (theta - value) for value in cut(mean)),
            *(2 * np.mean(theta - values) for values in cut(y)),
            *(2 * np.mean(residuals) for residuals in cut(theta - y)),
        ],
        "plus y": 2 * np.mean(theta + y),
        "absolute error": [np.mean(np.sign(theta - y)), np.sum(np.sign(theta - y))],
    }  # fmt: skip


def constant_optimum(y: np.ndarray) -> Named:
    n = len(y)
    return of_mean(y) | {
        "not added up": [y / n, np.cumsum(y) / n],
        "smallest": y.min(),
        "largest": y.max(),
        "midrange": (y.min() + y.max()) / 2,
        "spread": [y.std(), y.std(ddof=1), np.sqrt(np.mean(y**2))],
        "smallest loss": [y.var(), n * y.var(), y.var(ddof=1)],
    }


def constant_update(theta: float, y: np.ndarray, step_size: float) -> Named:
    right = float(2 * np.mean(theta - y))
    slow = theta
    for y_i in y:
        slow = slow - step_size * 2 * (slow - y_i)
    slower = theta
    for y_i in y:
        slower = slower - step_size * 2 / len(y) * (slower - y_i)
    known = of_step(theta, step_size, right, constant_gradient(theta, y))
    known["parentheses"] += [
        theta - step_size * 2 * theta - y.mean(),
        theta - step_size * theta - y.mean(),
        theta - step_size * 2 * theta - 2 * y.mean(),
    ]
    return known | {
        "point by point": [slow, slower],
        "two steps": [
            theta - right / 2 * (1 - (1 - 2 * step_size) ** steps) for steps in (2, 3, 4, 5)
        ],
        "optimum": y.mean(),
    }


def constant_contributions(theta: float, y: np.ndarray) -> Named:
    n = len(y)
    return {
        "loss": [(theta - y) ** 2 / n, (theta - y) ** 2],
        "no theta": [-2 * y / n, 2 * y / n],
        "parentheses": [2 * theta - y / n, 2 * theta / n - y, 2 * theta - 2 * y / n],
    }


def constant_sgd_update(theta: float, y_i: float, step_size: float) -> Named:
    right = 2 * (theta - y_i)
    known = of_step(theta, step_size, right, {})
    known["no sign"] += [theta + step_size * abs(right)]
    known["parentheses"] += [
        theta - step_size * 2 * theta - y_i,
        theta - step_size * (2 * theta - y_i),
        theta - step_size * (theta - 2 * y_i),
        theta - step_size * theta - y_i,
    ]
    return known | {
        "step of the loss": [theta - step_size * f * (theta - y_i) ** 2 for f in (1, 2)],
        "no theta": [theta + step_size * 2 * y_i, theta - step_size * 2 * y_i],
        "two steps": [
            theta - right / 2 * (1 - (1 - 2 * step_size) ** steps) for steps in (2, 3, 4, 5)
        ],
        "optimum": y_i,
        "plus y": theta - step_size * 2 * (theta + y_i),
    }


# -- part 1: the linear model ---------------------------------------------------------------


def linear_gradient(theta: float, x: np.ndarray, y: np.ndarray) -> Named:
    r = theta * x - y
    return of_mean(2 * r * x) | {
        "no x": 2 * np.mean(r),
        "x twice": 2 * np.mean(r * x**2),
        "abs x": 2 * np.mean(r * np.abs(x)),
        "constant model": 2 * np.mean(theta - y),
        "times theta": [2 * np.mean(r * theta), 2 * np.mean(r) * theta],
        "no theta": [-2 * np.mean(x * y), 2 * np.mean((x - y) * x)],
        "loss": [np.mean(r**2) * factor for factor in (1, len(x), 2)],
        "parentheses": [
            2 * np.mean(theta * x**2 - y),
            np.mean(2 * theta * x**2 - y * x),
            np.mean(2 * theta * x - y * x),
            np.mean(theta * x**2 - 2 * y * x),
            2 * np.mean(theta * x**2) - np.mean(x * y),
            2 * np.mean(theta * x**2) - 2 * np.sum(x * y),
            2 * np.sum(theta * x**2) - 2 * np.mean(x * y),
        ],
        "product of means": [2 * np.mean(r) * np.mean(x), 2 / len(x) * r.sum() * x.sum()],
        "x and y swapped": [2 * np.mean((theta * y - x) * y), 2 * np.mean((theta * y - x) * x)],
        "y for x": 2 * np.mean(r * y),
        "x in one term": 2 * np.mean(theta * x - y * x),
        "plus y": 2 * np.mean((theta * x + y) * x),
        "absolute error": [np.mean(np.sign(r) * x), np.sum(np.sign(r) * x)],
        "table": 2 * np.mean(np.subtract.outer(theta * x, y) * x[:, None]),
    }  # fmt: skip


def linear_optimum(x: np.ndarray, y: np.ndarray) -> Named:
    n, above, below = len(x), np.sum(x * y), np.sum(x * x)
    best = above / below
    slope, intercept = np.polyfit(x, y, 1)
    return {
        "first left out": [
            np.sum((x * y)[1:]) / np.sum((x * x)[1:]), np.sum((x * y)[1:]) / below,
        ],
        "last left out": [
            np.sum((x * y)[:-1]) / np.sum((x * x)[:-1]), np.sum((x * y)[:-1]) / below,
        ],
        "return in loop": [y[0] / x[0], x[0] * y[0] / below],
        "overwritten": [y[-1] / x[-1], x[-1] * y[-1] / below, above / x[-1] ** 2],
        "not added up": [x * y / below, y / x, x * y / (x * x).mean()],
        "mean of ratios": [np.mean(y / x), np.sum(y / x)],
        "median of ratios": np.median(y / x),
        "ratio of means": y.mean() / x.mean(),
        "numerator": [above, above / n, 2 * above, 2 * above / n],
        "centred slope": [slope, (n - 1) / n * slope],
        "line with intercept": [
            np.array([slope, intercept]), np.array([intercept, slope]), intercept,
        ],
        "correlation": [
            np.corrcoef(x, y)[0, 1],
            np.corrcoef(x, y),
            np.cov(x, y)[0, 1],
            np.cov(x, y, ddof=0)[0, 1],
            np.cov(x, y),
        ],
        "product of means": [
            x.mean() * y.mean() / np.mean(x**2), x.sum() * y.sum() / below,
            x.sum() * y.sum() / n / below,
        ],
        "square missing": [above / x.sum(), np.mean(x * y) / x.sum(), y.sum() / below],
        "square outside": [above / x.sum() ** 2, np.mean(x * y) / x.mean() ** 2],
        "divided by y": above / np.sum(y * y),
        "root below": [above / math.sqrt(below), above / math.sqrt(below) / np.linalg.norm(y)],
        "no sign": [np.sum(np.abs(x * y)) / below, np.sum(np.abs(x) * y) / below],
        "smallest loss": [np.mean((best * x - y) ** 2), np.sum((best * x - y) ** 2)],
        "constant model": y.mean(),
        "optimum halved": above / (2 * below),
        "rounded": above // below,
    }  # fmt: skip


def linear_update(theta: float, x: np.ndarray, y: np.ndarray, step_size: float) -> Named:
    def gradient(theta: float) -> float:
        return float(2 * np.mean((theta * x - y) * x))

    right = gradient(theta)
    slow, slower = theta, theta
    for x_i, y_i in zip(x, y, strict=True):
        slow = slow - step_size * 2 * (slow * x_i - y_i) * x_i
        slower = slower - step_size * 2 / len(x) * (slower * x_i - y_i) * x_i
    known = of_step(theta, step_size, right, linear_gradient(theta, x, y))
    known["step no x"] = known.pop("no x")
    known["parentheses"] += [
        theta - step_size * 2 * np.mean(theta * x) - np.mean(y * x),
        theta - step_size * 2 * np.mean(theta * x**2) - np.mean(y * x),
        theta - step_size * 2 * np.mean(theta * x**2) - 2 * np.mean(y * x),
    ]
    after = theta - step_size * right
    return known | {
        "point by point": [slow, slower],
        "two steps": after - step_size * gradient(after),
        "optimum": np.sum(x * y) / np.sum(x * x),
    }


def linear_contributions(theta: float, x: np.ndarray, y: np.ndarray) -> Named:
    n, r = len(x), theta * x - y
    return {
        "no x": 2 * r / n,
        "x twice": 2 * r * x**2 / n,
        "abs x": 2 * r * np.abs(x) / n,
        "constant model": 2 * (theta - y) / n,
        "y for x": 2 * r * y / n,
        "x in one term": 2 * (theta * x - y * x) / n,
        "plus y": 2 * (theta * x + y) * x / n,
        "times theta": 2 * r * theta / n,
        "no theta": [-2 * x * y / n, 2 * (x - y) * x / n],
        "loss": [r**2 / n, r**2],
        "parentheses": [
            2 * (theta * x**2 - y) / n, 2 * theta * x - y * x / n,
            2 * theta * x**2 - y * x / n, (2 * theta * x**2 - y * x) / n,
        ],
        "product of means": [2 * r * x.mean() / n, 2 * r.mean() * x / n],
        "x and y swapped": [2 * (theta * y - x) * y / n, 2 * (theta * y - x) * x / n],
        "table": [
            2 * (theta * x[:, None] - y) * x[:, None] / n, 2 * np.outer(r, x) / n,
            2 * (theta * x - y[:, None]) * x / n,
        ],
    }  # fmt: skip


def linear_sgd_update(theta: float, x_i: float, y_i: float, step_size: float) -> Named:
    def gradient(theta: float) -> float:
        return 2 * (theta * x_i - y_i) * x_i

    r, right = theta * x_i - y_i, gradient(theta)
    after = theta - step_size * right
    known = of_step(theta, step_size, right, {})
    known["no sign"] += [
        theta + step_size * abs(right),
        theta - step_size * 2 * abs(r) * x_i,
    ]
    known["parentheses"] += [
        theta - step_size * 2 * theta * x_i - y_i * x_i,
        theta - step_size * 2 * theta * x_i**2 - y_i * x_i,
        theta - step_size * 2 * (theta * x_i**2 - y_i),
        theta - step_size * (2 * theta * x_i - y_i) * x_i,
        theta - step_size * 2 * theta * x_i - y_i,
    ]
    return known | {
        "step no x": theta - step_size * 2 * r,
        "x twice": theta - step_size * right * x_i,
        "abs x": theta - step_size * 2 * r * abs(x_i),
        "constant model": theta - step_size * 2 * (theta - y_i),
        "y for x": theta - step_size * 2 * r * y_i,
        "x in one term": theta - step_size * 2 * (theta * x_i - y_i * x_i),
        "plus y": theta - step_size * 2 * (theta * x_i + y_i) * x_i,
        "times theta": theta - step_size * 2 * r * theta,
        "no theta": theta + step_size * 2 * y_i * x_i,
        "step of the loss": [theta - step_size * f * r**2 for f in (1, 2)],
        "two steps": after - step_size * gradient(after),
        "optimum": y_i / x_i,
        "x and y swapped": theta - step_size * 2 * (theta * y_i - x_i) * y_i,
    }


# -- part 2 ---------------------------------------------------------------------------------


def elbow_locations(w1: np.ndarray, b1: np.ndarray) -> Named:
    with np.errstate(all="ignore"):
        right = np.where(w1 == 0, np.nan, -b1 / w1)
        turned = np.where(w1 == 0, np.nan, -w1 / b1)
        inside = (right >= 0) & (right <= 1)
        finite = np.where(np.isnan(right), 0.0, right)
        return {
            "elbow sign": b1 / w1 + 0 * right,
            "elbow upside down": [turned, -w1 / b1, -turned, w1 / b1],
            "elbow without w1": [-b1, b1, -b1 + 0 * right],
            "elbow not divided": [
                value + 0 * kept
                for value in (-b1 * w1, b1 * w1, -b1 - w1, b1 - w1, w1 - b1, b1 + w1)
                for kept in (b1, right)
            ],
            "no sign": [np.abs(right), np.where(w1 == 0, np.nan, np.abs(b1) / w1),
                        np.where(w1 == 0, np.nan, -b1 / np.abs(w1))],
            "no elbow": [right[w1 != 0], finite],
            "elbow clipped": [
                np.clip(right, 0, 1), right[inside], np.where(inside, right, np.nan),
                np.clip(finite, 0, 1), np.where(inside, right, 0.0),
            ],
            "table": -b1[:, None] / w1,
        }  # fmt: skip


def network_output(
    x: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: float
) -> Named:
    z = np.outer(x, w1) + b1
    hidden = np.maximum(z, 0)
    right = hidden @ w2 + b2
    return of_units(hidden * w2, b2) | {
        "no b2": hidden @ w2,
        "b2 per unit": [(hidden * w2 + b2).sum(axis=1), (hidden + b2) @ w2],
        "no relu": z @ w2 + b2,
        "relu on output": [
            np.maximum(right, 0),
            np.maximum(z @ w2 + b2, 0),
            np.maximum(z @ w2, 0) + b2,
            np.clip(right, 0, 1),
        ],
        "relu after w2": np.maximum(z * w2, 0).sum(axis=1) + b2,
        "relu inverted": [np.minimum(z, 0) @ w2 + b2, np.maximum(-z, 0) @ w2 + b2],
        "b1 after relu": (np.maximum(np.outer(x, w1), 0) + b1) @ w2 + b2,
        "max over points": [np.max(z, axis=0) @ w2 + b2, np.max(z, axis=1), np.max(z, axis=1) + b2],
        "step function": (z > 0) @ w2 + b2,
        "other activation": [
            activation @ w2 + b2
            for activation in (
                1 / (1 + np.exp(-z)),
                np.tanh(z),
                np.log1p(np.exp(z)),
                *(np.where(z > 0, z, slope * z) for slope in (0.01, 0.1, 0.2)),
            )
        ],
        "b2 sign": hidden @ w2 - b2,
        "b1 sign": np.maximum(np.outer(x, w1) - b1, 0) @ w2 + b2,
        "no w2": [hidden.sum(axis=1) + b2, hidden + b2],
        "no w1": [np.maximum(x[:, None] + b1, 0) @ w2 + b2],
        "no b1": np.maximum(np.outer(x, w1), 0) @ w2 + b2,
        "w1 and w2 swapped": np.maximum(np.outer(x, w2) + b1, 0) @ w1 + b2,
        "abs unit": np.abs(z) @ w2 + b2,
        "curve sign": [-right, -(hidden @ w2) + b2],
    }


def function_slopes(x: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray) -> Named:
    z = np.outer(x, w1) + b1
    active, jump = z > 0, w1 * w2
    hidden = np.maximum(z, 0)
    right = active @ jump
    output = hidden @ w2
    elbows = -b1 / w1
    return of_units(active * jump, 0.0) | {
        "curve sign": -right,
        "no sign": [np.abs(right), active @ np.abs(jump), active @ (np.abs(w1) * w2)],
        "mask missing": [np.full(len(x), jump.sum()), jump.sum(), np.tile(jump, (len(x), 1))],
        "mask from w1": [np.full(len(x), (w1 > 0) @ jump), (w1 > 0) @ jump],
        "mask from w2": [np.full(len(x), (w2 > 0) @ jump), (w2 > 0) @ jump],
        "mask from elbow": (x[:, None] > elbows) @ jump,
        "mask without b1": [(np.outer(x, w1) > 0) @ jump, np.where(x > 0, jump.sum(), 0.0)],
        "mask inverted": [(z < 0) @ jump, (x[:, None] < elbows) @ jump],
        "b1 sign": (np.outer(x, w1) - b1 > 0) @ jump,
        "slope in w1": x * (active @ w2),
        "mask of any unit": [np.where(output > 0, jump.sum(), 0.0)],
        "no w2": [active @ w1, active * w1],
        "no w1": [active @ w2, active * w2],
        "x once too often": x * right,
        "relu for its derivative": (active * z) @ jump,
        "output, not slope": [output, z @ w2],
        "differences": [np.gradient(output, x)],
        "one entry short": [np.diff(output) / np.diff(x), np.diff(output)],
    }


def network_gradient(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: float
) -> Named:
    n = len(x)
    z = np.outer(x, w1) + b1
    hidden = np.maximum(z, 0)

    def parts(
        e: np.ndarray, through: np.ndarray, hidden: np.ndarray = hidden, x: Any = x
    ) -> tuple[Any, ...]:
        return x @ through, through.sum(axis=0), e @ hidden, e.sum()

    e = 2 / n * (hidden @ w2 + b2 - y)
    active = z > 0
    through = np.outer(e, w2) * active
    right = parts(e, through)

    def with_output(output: np.ndarray) -> tuple[Any, ...]:
        e = 2 / n * (output - y)
        return parts(e, np.outer(e, w2) * active)

    def lost(rows: slice, scale: float = 1.0) -> tuple[Any, ...]:
        a, b = scale * e[rows], scale * through[rows]
        return x[rows] @ b, b.sum(axis=0), a @ hidden[rows], a.sum()

    ones = np.ones_like(x)
    elbows = -b1 / w1
    return {
        "first left out": [lost(slice(1, None)), lost(slice(1, None), n / (n - 1))],
        "last left out": [lost(slice(None, -1)), lost(slice(None, -1), n / (n - 1))],
        "return in loop": [lost(slice(1)), lost(slice(1), n)],
        "overwritten": [lost(slice(n - 1, n)), lost(slice(n - 1, n), n)],
        "not added up": [(x[:, None] * through, through, e[:, None] * hidden, e)],
        "gradient no mask": parts(e, np.outer(e, w2)),
        "mask from w1": parts(e, np.outer(e, w2) * (w1 > 0)),
        "mask from w2": parts(e, np.outer(e, w2) * (w2 > 0)),
        "mask from elbow": parts(e, np.outer(e, w2) * (x[:, None] > elbows)),
        "mask inverted": [
            parts(e, np.outer(e, w2) * (z < 0)), parts(e, np.outer(e, w2) * (z <= 0)),
        ],
        "divided by units": tuple(n / len(w1) * part for part in right),
        "tie active": parts(e, np.outer(e, w2) * (z >= 0)),
        "relu for its derivative": parts(e, np.outer(e, w2) * hidden),
        "gradient no w2": parts(e, e[:, None] * active),
        "gradient w1 for w2": parts(e, np.outer(e, w1) * active),
        "gradient no x": (right[1], *right[1:]),
        "gradient x in b1": (right[0], right[0], *right[2:]),
        "gradient no relu": [with_output(z @ w2 + b2), parts(2 / n * (z @ w2 + b2 - y),
                             np.outer(2 / n * (z @ w2 + b2 - y), w2), z)],
        "gradient output no b2": with_output(hidden @ w2),
        "gradient output no w2": with_output(hidden.sum(axis=1) + b2),
        "pre-activation for relu": parts(e, through, z),
        "mask for relu": [(*right[:2], e @ active, right[3])],
        "absolute error": [
            parts(sign, np.outer(sign, w2) * active)
            for sign in (np.sign(e) / n, np.sign(e), 2 * np.sign(e) / n)
        ],
        "no residual": [parts(2 / n * ones, np.outer(2 / n * ones, w2) * active),
                        parts(ones / n, np.outer(ones / n, w2) * active)],
        "no sign": [tuple(np.abs(part) for part in right),
                    parts(np.abs(e), np.outer(np.abs(e), w2) * active)],
        "divided twice": [
            (right[0], right[1] / n, right[2], right[3] / n), (*right[:3], right[3] / n),
        ],
    }  # fmt: skip


def output_layer_optimum(x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray) -> Named:
    z = np.outer(x, w1) + b1
    hidden = np.maximum(z, 0)

    def fit(features: np.ndarray, y: np.ndarray = y) -> np.ndarray:
        found: np.ndarray = np.linalg.lstsq(features, y, rcond=None)[0]
        return found

    def with_ones(features: np.ndarray, rows: slice = slice(None)) -> tuple[Any, ...]:
        found = fit(np.column_stack([features, np.ones(len(x))])[rows], y[rows])
        return found[:-1], found[-1]

    best = with_ones(hidden)
    loss = np.mean((hidden @ best[0] + best[1] - y) ** 2)
    alone = fit(hidden)
    centred = fit(hidden, y - y.mean())
    table = np.column_stack([hidden, np.ones(len(x))])
    ridge = np.linalg.solve(table.T @ table + np.eye(len(w1) + 1), table.T @ y)
    return {
        "smallest loss": [loss, len(x) * loss, np.array([len(x) * loss]), (best[0], loss)],
        "no intercept": [(alone, 0.0), alone, (alone, np.mean(y - hidden @ alone))],
        "fit no relu": [with_ones(z), (fit(z), 0.0)],
        "fit no b1": with_ones(np.maximum(np.outer(x, w1), 0)),
        "fit centred": [
            (centred, y.mean()),
            (centred, np.mean(y - hidden @ centred)),
            (alone, y.mean()),
        ],
        "no sign": [(np.abs(best[0]), abs(best[1]))],
        "fit ridge": [(ridge[:-1], ridge[-1])],
        "fit swapped": [
            (best[0][::-1], best[1]),
            (np.append(best[0][1:], best[1]), best[0][0]),
            (np.append(best[1], best[0][:-1]), best[0][-1]),
        ],
        "fit of masks": [with_ones(z > 0)],
        "other activation": [with_ones(1 / (1 + np.exp(-z))), with_ones(np.tanh(z))],
        "relu inverted": [with_ones(np.minimum(z, 0)), with_ones(np.maximum(-z, 0))],
        "first left out": [with_ones(hidden, slice(1, None))],
        "last left out": [with_ones(hidden, slice(None, -1))],
        "optimum sign": [(-best[0], -best[1]), (-best[0], best[1]), (best[0], -best[1])],
        "optimum doubled": [(2 * best[0], 2 * best[1])],
        "optimum halved": [(best[0] / 2, best[1] / 2)],
        "rounded": [*zip(cut(best[0]), cut(best[1]), strict=True)],
        "few digits": [(np.round(best[0], k), np.round(best[1], k)) for k in (1, 2)],
        "abs unit": with_ones(np.abs(z)),
    }


def network_update(
    params: tuple[Any, ...], grads: tuple[Any, ...], step_size: float, train_hidden: bool
) -> Named:
    def freeze(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return values if train_hidden else (*params[:2], *values[2:])

    def step_with(grads: tuple[Any, ...], factor: float = 1) -> tuple[Any, ...]:
        return tuple(p - factor * step_size * g for p, g in zip(params, grads, strict=True))

    change = tuple(-step_size * g for g in grads)
    step = tuple(step_size * g for g in grads)
    over = tuple(p - g / step_size for p, g in zip(params, grads, strict=True))
    return {
        "network change only": [change, step, freeze(change), freeze(step)],
        "network gradient": grads,
        "network divided by step size": freeze(over),
        "sign only": freeze(step_with(tuple(np.sign(g) for g in grads))),
        "network step doubled": freeze(step_with(grads, 2)),
        "network step halved": freeze(step_with(grads, 1 / 2)),
        "gradients swapped": [
            freeze(step_with((*(grads[i] for i in order), grads[3])))
            for order in ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        ],
        "gradients averaged": [
            freeze(step_with(tuple(np.mean(g) for g in grads))),
            freeze(step_with(tuple(np.sum(g) for g in grads))),
        ],
        "parentheses": [tuple((p - step_size) * g for p, g in zip(params, grads, strict=True)),
                        tuple(step_size * (p - g) for p, g in zip(params, grads, strict=True))],
    }  # fmt: skip


def elbow_travel(w1_history: np.ndarray, b1_history: np.ndarray) -> Named:
    elbows = -b1_history / w1_history
    first, last = elbows[0], elbows[-1]
    right = np.abs(last - first)
    steps = np.abs(np.diff(elbows, axis=0))
    change_w, change_b = w1_history[-1] - w1_history[0], b1_history[-1] - b1_history[0]
    return {
        "signed travel": [last - first, first - last],
        "length of the way": [steps.sum(axis=0)],
        "one step": [steps[0], steps[-1], steps.max(axis=0), steps],
        "distance of weights": [
            np.abs(change_w), np.abs(change_b), np.abs(change_b / change_w),
            -change_b / change_w, np.hypot(change_w, change_b), np.abs(change_w) + np.abs(change_b),
        ],
        "range of travel": [np.ptp(elbows, axis=0), np.abs(elbows - first).max(axis=0)],
        "one row of w1": [
            np.abs(change_b / w1_history[0]),
            np.abs(change_b / w1_history[-1]),
            np.abs(b1_history[0] / w1_history[-1] - b1_history[0] / w1_history[0]),
            np.abs(b1_history[-1] / w1_history[-1] - b1_history[-1] / w1_history[0]),
        ],
        "columns for rows": [
            np.abs(elbows[:, -1] - elbows[:, 0]), np.ptp(elbows, axis=1),
            np.abs(np.diff(elbows, axis=1)).sum(axis=1),
        ],
        "last snapshot left out": np.abs(elbows[-2] - first),
        "first snapshot left out": np.abs(last - elbows[1]),
        "relative distance": [right / np.abs(first), right / np.abs(last)],
        "elbow positions": [last, first, elbows, np.abs(last)],
        "rounded": [np.abs(np.floor(last) - np.floor(first)), np.abs(last // 1 - first // 1)],
        "elbow not divided": [
            np.abs(w1_history[-1] * b1_history[-1] - w1_history[0] * b1_history[0])
        ],
        "elbow clipped": np.abs(np.clip(last, 0, 1) - np.clip(first, 0, 1)),
        "sum of elbows": [np.abs(last + first), last + first],
        "abs of each elbow": [np.abs(np.abs(last) - np.abs(first)), np.abs(last) - np.abs(first)],
        "elbows sorted": np.abs(np.sort(last) - np.sort(first)),
        "per snapshot": [right / len(elbows), right / (len(elbows) - 1)],
        "elbow upside down": [np.abs(1 / last - 1 / first)],
    }  # fmt: skip


# -- writing the file ---------------------------------------------------------------------------


def make_examples() -> Iterator[dict[str, Any]]:
    """Yield an entry of the file for each call in a public test of the masters."""
    for name in MASTERS:
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        solutions: dict[str, Any] = {"np": np}
        for cell in cells:
            if cell.startswith("def ") and cell[4:].partition("(")[0] in globals():
                exec(cell, solutions)
        for cell in cells:
            if cell.startswith("def test_") and "# HIDDEN" not in cell:
                yield from _examples_of(cell, solutions)


def _examples_of(cell: str, solutions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names: dict[str, Any] = {}
    exec(cell, names)
    (test,) = (value for key, value in names.items() if key.startswith("test_"))
    (function,) = test.__code__.co_varnames[: test.__code__.co_argcount]
    if function not in globals():
        return  # a question of which no mistakes are known
    calls: list[tuple[Any, ...]] = []

    def solution(*arguments: Any) -> Any:
        calls.append(arguments)
        return solutions[function](*arguments)

    test(solution)
    wanted = globals()[function]
    parameters = wanted.__code__.co_varnames[: wanted.__code__.co_argcount]
    for arguments in [*calls, *PROBES.get(function, [])]:
        right = solutions[function](*arguments)
        known = wanted(*arguments)
        yield {
            "function": function,
            "arguments": dict(zip(parameters, map(to_plain, arguments), strict=True)),
            "expected": None if function in FREE else to_plain(right),
            "mistakes": {
                name: list(map(to_plain, ways(values))) for name, values in sorted(known.items())
            },
        }


def write(file: Path = FILE) -> None:
    """Write the examples, one to a line."""
    lines = (json.dumps(example) for example in make_examples())
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write()
