"""Pictures of gradient descent in one parameter, drawn with the functions that you write.

Every ``show_...`` function shows one picture of the notebook. It takes functions as you write them,
and ``data``: what they get of it, (y,) in the constant model and (x, y) in the linear one.

Every ``plot_...`` function draws on the ``ax`` it is given and returns it. There, ``loss`` is
always a function of theta alone, and so is ``update`` (the data and, where it is not varied, the
step size are filled in by the caller).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .figures import BLACK, BLUE, COLOURS, GREY, LINE_STYLES, ORANGE, VERMILLION, figure, finish
from .yours import ask

Curve = Callable[[float], float]
Yours = Callable[..., Any]
Data = tuple[np.ndarray, ...]


# -- the pictures of the notebook --------------------------------------------------------------


def show_tangents(
    gradient: Yours,
    loss: Callable[..., float],
    data: Data,
    thetas: Sequence[float],
    dashed: Curve | None = None,
) -> None:
    """Show the loss, and at each theta a line with the slope that ``gradient`` returns.

    Args:
        gradient: called as ``gradient(theta, *data)``.
        loss: called as ``loss(theta, *data)``.
        data: what both get besides theta.
        thetas: where the lines touch.
        dashed: another loss to compare with, of theta alone.
    """
    low, high = min(thetas) - 1.0, max(thetas) + 1.5
    other = "; dashed, another parabola to compare with" if dashed else ""
    with figure(
        alt="The loss over theta, a parabola, and at three places a straight line through it"
        f"{other}.",
    ) as fig:
        ax = fig.subplots()
        if dashed:
            plot_loss(ax, dashed, low, high, dashed=True)
        plot_loss(ax, lambda theta: loss(theta, *data), low, high)
        plot_tangents(
            ax,
            lambda theta: loss(theta, *data),
            lambda theta: ask(gradient, theta, *data),
            thetas,
        )


def show_constant_fit(optimum: Yours, x: np.ndarray, y: np.ndarray) -> None:
    """Show the constant model at its optimum, ``optimum(y)``."""
    with figure(
        alt="Twelve spring measurements and a horizontal line at your optimum; vertical sticks "
        "join each point to the line.",
    ) as fig:
        best = ask(optimum, y)
        ax = plot_fit(fig.subplots(), x, y, np.full(y.shape, best))
        ax.set_title(f"theta = {best:.3f}, loss = {_loss(best, y):.2f}", loc="left")


def show_linear_fit(optimum: Yours, constant_optimum: Yours, x: np.ndarray, y: np.ndarray) -> None:
    """Show the linear model at its optimum, ``optimum(x, y)``, its loss beside the constant's."""
    with figure(
        alt="Twelve spring measurements and the least-squares line through the origin; short "
        "sticks join each point to the line.",
    ) as fig:
        best = ask(optimum, x, y)
        ax = plot_fit(fig.subplots(), x, y, best * x)
        constant = _loss(ask(constant_optimum, y), y)
        found = f"theta = {best:.3f}: loss {_loss(best * x, y):.2f}"
        ax.set_title(f"{found} (best constant: {constant:.2f})", loc="left")


def show_paths(
    update: Yours,
    loss: Callable[..., float],
    data: Data,
    step_sizes: Sequence[float],
    start: float = -3.0,
    n_steps: int = 8,
) -> None:
    """Show the path of descent on the loss, a panel for each of four step sizes."""
    with figure(
        alt="Four panels, one per step size. In each, the loss parabola and the points that eight "
        "steps visit on it, joined by lines; a square marks the last point.",
        width=9,
        height=5.5,
    ) as fig:
        for ax, step_size in zip(fig.subplots(2, 2).flat, step_sizes, strict=True):
            path = descent_path(_stepper(update, data, step_size), start, n_steps)
            plot_path(ax, lambda theta: loss(theta, *data), path, f"step size {step_size}")


def show_divergence(
    update: Yours, optimum: Yours, data: Data, step_sizes: Sequence[float], start: float = -3.0
) -> None:
    """Show how far from the optimum descent ends, for many step sizes."""
    with figure(
        alt="How far from the optimum descent ends after 20 steps, on a logarithmic scale, over "
        "the step size.",
    ) as fig:
        plot_divergence(
            fig.subplots(),
            lambda theta, step_size: ask(update, theta, *data, step_size),
            start=start,
            optimum=ask(optimum, *data),
            step_sizes=step_sizes,
        )


def show_votes(contributions: Yours, x: np.ndarray, y: np.ndarray, theta: float) -> None:
    """Show the constant model at theta with its residuals, and below the vote of each point."""
    with figure(
        alt=f"Above: residuals between twelve points and a horizontal line at theta = {theta:g}. "
        "Below: one arrow per point, up or down, its length the size of the push.",
        height=6,
    ) as fig:
        above, below = fig.subplots(2, 1, sharex=True)
        plot_fit(above, x, y, np.full(y.shape, theta))
        plot_votes(below, x, ask(contributions, theta, y, shape=y.shape))


def show_votes_of_both(
    constant_contributions: Yours,
    linear_contributions: Yours,
    x: np.ndarray,
    y: np.ndarray,
    theta: float,
    ringed: Sequence[int],
) -> None:
    """Show residuals and votes of both models at theta, and ring some points of the linear one."""
    with figure(
        alt="Two columns, constant model and linear model. Above, points, model and residuals, "
        "two points with equal residual ringed on the right; below, one arrow per point, its "
        "length the size of the push.",
        width=10.5,
        height=6.5,
    ) as fig:
        above, below = fig.subplots(2, 2, sharex=True, sharey="row")
        constant = ask(constant_contributions, theta, y, shape=y.shape)
        linear = ask(linear_contributions, theta, x, y, shape=y.shape)
        plot_fit(above[0], x, y, np.full(y.shape, theta)).set_title("constant model", loc="left")
        plot_votes(below[0], x, constant)
        plot_fit(above[1], x, y, theta * x).set_title("linear model", loc="left")
        plot_votes(below[1], x, linear)
        rings = {"markersize": 15, "fillstyle": "none", "color": BLACK}
        above[1].plot(x[list(ringed)], y[list(ringed)], "o", **rings)


def show_race(
    update: Yours,
    sgd_update: Yours,
    optimum: Yours,
    data: Data,
    step_sizes: Sequence[float],
    start: float,
    n_rounds: int = 5,
) -> None:
    """Show theta under full gradient descent and under SGD, a panel for each step size.

    Args:
        update: called as ``update(theta, *data, step_size)``.
        sgd_update: called as ``sgd_update(theta, *point, step_size)``.
        optimum: called as ``optimum(*data)``.
        data: arrays of shape (N,).
        step_sizes: one for each panel.
        start: theta before the first step.
        n_rounds: how often each point is looked at.
    """
    model = "Constant model" if len(data) == 1 else "Linear model"
    panels = "Two panels, one per step size: theta" if len(step_sizes) == 2 else "Theta"
    with figure(
        alt=f"{panels} over the number of data points looked at, one path for full gradient "
        "descent, one for SGD, and a line at the optimum.",
        width=10.5 if len(step_sizes) > 1 else 7.0,
    ) as fig:
        best = ask(optimum, *data)
        axes = fig.subplots(1, len(step_sizes), sharey=True, squeeze=False)[0]
        for ax, step_size in zip(axes, step_sizes, strict=True):
            full = descent_path(_stepper(update, data, step_size), start, n_rounds)
            points = [
                (*point, step_size)
                for point in zip(*(np.tile(values, n_rounds) for values in data), strict=True)
            ]
            single = sgd_path(lambda *arguments: ask(sgd_update, *arguments), start, points)
            title = f"{model}, step size {step_size}"
            plot_race(ax, full, single, len(data[0]), best, title)


def _stepper(update: Yours, data: Data, step_size: float) -> Curve:
    """Return one step of descent as a function of theta alone."""
    return lambda theta: ask(update, theta, *data, step_size)


def _loss(predictions: np.ndarray | float, y: np.ndarray) -> float:
    return float(np.average((predictions - y) ** 2))


# -- what they are made of ---------------------------------------------------------------------


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
    """Draw the vote of each data point: an arrow that says where and how hard it pushes theta.

    A descent step subtracts the contributions, so a vote is a contribution with the sign turned.
    x and contributions have shape (N,).
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
    return finish(ax, title="votes", x="x", y="vote (push on theta)", legend=True)


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
