"""Pictures of gradient descent in one parameter, drawn with the functions that you write.

Every ``plot_...`` function draws on the ``ax`` it is given and returns it. ``loss`` is always a
function of theta alone, and so is ``update`` (the data and, where it is not varied, the step
size are filled in by the caller).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes

from .figures import BLACK, BLUE, COLOURS, GREY, LINE_STYLES, ORANGE, VERMILLION, finish

Curve = Callable[[float], float]


def descent_path(update: Curve, start: float, n_steps: int) -> np.ndarray:
    """Return theta before the first step and after each one, shape (n_steps + 1,)."""
    path = [float(start)]
    for _ in range(n_steps):
        path.append(float(update(path[-1])))
    return np.array(path)


def sgd_path(
    update: Callable[..., float], start: float, points: Sequence[tuple[float, ...]], seed: int = 0
) -> np.ndarray:
    """Return theta along one pass of SGD, shape (len(points) + 1,).

    Args:
        update: called as ``update(theta, *point)``; returns the new theta.
        start: theta before the first step.
        points: what each step is called with, such as (x_i, y_i, step_size); every one of them
            is visited once, in random order.
        seed: of the generator that shuffles.
    """
    order = np.random.default_rng(seed).permutation(len(points))
    path = [float(start)]
    for i in order:
        path.append(float(update(path[-1], *points[i])))
    return np.array(path)


def plot_loss(ax: Axes, loss: Curve, low: float, high: float, dashed: bool = False) -> Axes:
    """Draw the loss for theta between ``low`` and ``high``."""
    thetas, style = np.linspace(low, high, 200), "--" if dashed else "-"
    heights = [loss(theta) for theta in thetas]
    ax.plot(thetas, heights, style, color=GREY, linewidth=2, zorder=1)
    ax.set_xlim(low, high)
    return finish(ax, title="", x="theta", y="loss")


def plot_tangents(
    ax: Axes, loss: Curve, gradient: Curve, thetas: Sequence[float], half_width: float = 0.5
) -> Axes:
    """Draw the line through the loss at each theta whose slope is ``gradient(theta)``."""
    for theta, colour, style in zip(thetas, COLOURS, LINE_STYLES, strict=False):
        height, slope = loss(theta), float(gradient(theta))
        reach = np.array([-half_width, half_width])
        ax.plot(theta + reach, height + slope * reach, color=colour, linestyle=style, linewidth=3)
        # Plus 0.0, for at the optimum rounding decides between 0.00 and -0.00.
        text = f"theta = {theta:g}, slope {round(slope, 2) + 0.0:.2f}"
        ax.plot(theta, height, "o", color=colour, label=text)
    return finish(
        ax,
        title="Lines with the slopes that your gradient returns",
        x="theta",
        y="loss",
        legend=True,
    )


def plot_fit(ax: Axes, x: np.ndarray, y: np.ndarray, predictions: np.ndarray) -> Axes:
    """Draw the data, the model and the residual of every point; x, y, predictions are (N,)."""
    order = np.argsort(x)
    ax.vlines(x, y, predictions, color=VERMILLION, linewidth=1.5, label="residual")
    ax.plot(x[order], predictions[order], color=BLUE, linewidth=2.5, label="model")
    ax.plot(x, y, "o", color=BLACK, label="data")
    return finish(ax, title="", x="x", y="y", legend=True)


def plot_path(ax: Axes, loss: Curve, path: np.ndarray, title: str) -> Axes:
    """Draw a descent path, shape (T,), as a zigzag on the loss; the last point is a square."""
    reach = np.abs(path).max() * 1.1
    plot_loss(ax, loss, -reach, reach)
    heights = np.array([loss(theta) for theta in path])
    ax.plot(path, heights, "o-", color=BLUE, linewidth=1.2, markersize=4)
    ax.plot(path[-1], heights[-1], "s", color=VERMILLION, markersize=9)
    return finish(ax, title=title, x="theta", y="loss")


def plot_divergence(
    ax: Axes,
    update: Callable[[float, float], float],
    start: float,
    optimum: float,
    step_sizes: Sequence[float],
    n_steps: int = 20,
) -> Axes:
    """Draw how far from the optimum descent ends, over the step size.

    Args:
        ax: where to draw.
        update: called as ``update(theta, step_size)``.
        start: theta before the first step; must differ from ``optimum``.
        optimum: the theta that descent should find.
        step_sizes: in increasing order.
        n_steps: number of steps for each step size.
    """
    away = abs(start - optimum)

    def end(step_size: float) -> float:
        return float(descent_path(lambda theta: update(theta, step_size), start, n_steps)[-1])

    ends = [end(step_size) for step_size in step_sizes]
    # A path that lands on the optimum exactly has no place on a logarithmic axis.
    ratios = np.maximum(np.abs(np.array(ends) - optimum) / away, 1e-16)
    ax.semilogy(step_sizes, ratios, color=BLUE, linewidth=2.5)
    ax.axhline(1, color=GREY, linestyle="--")
    limit = _first_crossing(np.asarray(step_sizes), np.log(ratios))
    if limit is not None:
        ax.axvspan(limit, step_sizes[-1], color=ORANGE, alpha=0.25)
        ax.text(limit, ratios.min() * 3, f" diverges\n beyond {limit:.3g}", fontsize=10)
    return finish(
        ax,
        title=f"Distance from the optimum after {n_steps} steps",
        x="step size",
        y="distance / distance at the start",
    )


def _first_crossing(x: np.ndarray, heights: np.ndarray) -> float | None:
    """Return the x at which ``heights`` first rises through 0, between two entries of x."""
    rising = np.flatnonzero((heights[:-1] <= 0) & (heights[1:] > 0))
    if not rising.size:
        return None
    i = rising[0]
    return float(x[i] - heights[i] * (x[i + 1] - x[i]) / (heights[i + 1] - heights[i]))


def plot_votes(ax: Axes, x: np.ndarray, contributions: np.ndarray) -> Axes:
    """Draw for each data point an arrow that says where and how hard it pushes theta.

    A descent step subtracts the contributions, so a point with a negative contribution pushes
    theta up. x and contributions have shape (N,).
    """
    pushes = -np.asarray(contributions, dtype=float)
    for colour, style, name, chosen in [
        (BLUE, "-", "pushes theta up", pushes > 0),
        (VERMILLION, "--", "pushes theta down", pushes < 0),
    ]:
        ax.vlines(x[chosen], 0, pushes[chosen], color=colour, linestyle=style, linewidth=2.5)
        marker = "^" if style == "-" else "v"
        ax.plot(x[chosen], pushes[chosen], marker, color=colour, markersize=8, label=name)
    ax.axhline(0, color=GREY, linewidth=1)
    return finish(ax, title="votes", x="x", y="push on theta", legend=True)


def plot_race(
    ax: Axes, full: np.ndarray, sgd: np.ndarray, n_points: int, optimum: float, title: str = ""
) -> Axes:
    """Draw theta over the work done, for full gradient descent and for SGD.

    Work is counted in data points looked at: a full step looks at ``n_points``, an SGD step at
    one. ``full`` and ``sgd`` are paths of shape (T,), each with a T of its own.
    """
    ax.axhline(optimum, color=GREY, linestyle="--", label="optimum")
    ax.plot(np.arange(full.size) * n_points, full, "o-", color=BLUE, label="full gradient")
    ax.plot(np.arange(sgd.size), sgd, ".-", color=VERMILLION, linewidth=1, label="SGD")
    return finish(ax, title=title, x="data points looked at", y="theta", legend=True)
