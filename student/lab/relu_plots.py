"""Pictures of one-hidden-layer ReLU networks.

Every function draws on the ``ax`` it is given and returns it. Networks are drawn over x in
[0, 1], where the data lie. Elbows and slopes come from the caller: they are yours to work out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from .data import Dataset, target
from .figures import BLACK, BLUE, COLOURS, GREY, LINE_STYLES, ORANGE, VERMILLION, finish
from .history import History
from .network import Params, contributions

GRID = np.linspace(0.0, 1.0, 501)
# Where the initial network (step 0) stands on a logarithmic axis of steps.
STEP_ZERO = 0.5


def plot_relu(ax: Axes) -> Axes:
    """Draw what a single hidden unit passes on, with the words for its three parts."""
    unit = Params(np.array([2.0]), np.array([-0.8]), np.array([1.0]), 0.0)
    ax.plot(GRID, contributions(unit, GRID)[:, 0], color=BLUE, linewidth=3)
    ax.plot(0.4, 0.0, "^", color=BLACK, markersize=11)
    for x, y, word in [(0.12, 0.1, "inactive"), (0.36, 0.1, "elbow"), (0.74, 0.45, "active")]:
        ax.text(x, y, word, fontsize=12)
    return finish(ax, title="relu(2 x - 0.8)", x="x", y="")


def plot_data(ax: Axes, dataset: Dataset) -> Axes:
    """Draw the target and the training points."""
    ax.plot(dataset.x_train, dataset.y_train, ".", color=GREY, markersize=4, label="training data")
    ax.plot(GRID, target(GRID), color=BLACK, linewidth=1.5, linestyle="--", label="target")
    return finish(ax, title="", x="x", y="y", legend=True)


def plot_curve(ax: Axes, x: np.ndarray, y: np.ndarray, label: str, number: int = 0) -> Axes:
    """Draw a learned function; ``number`` picks colour and line style. x, y have shape (N,).

    Raises:
        ValueError: ``y`` does not have one entry for each x.
    """
    if np.shape(y) != np.shape(x):
        raise ValueError(f"a curve needs one value per x, shape {np.shape(x)}, got {np.shape(y)}")
    ax.plot(x, y, linewidth=2.5, label=label, color=COLOURS[number], linestyle=LINE_STYLES[number])
    return finish(ax, title="", x="x", y="y", legend=True)


def plot_units(ax: Axes, params: Params, elbows: np.ndarray) -> Axes:
    """Draw what each hidden unit adds to the output, and a triangle at each elbow, shape (H,).

    Units that push up (w2 > 0) are solid and blue, the others dashed and red.
    """
    curves = contributions(params, GRID)
    for name, colour, style, chosen in [
        ("w2 > 0", BLUE, "-", params.w2 > 0),
        ("w2 < 0", VERMILLION, "--", params.w2 <= 0),
    ]:
        lines = ax.plot(GRID, curves[:, chosen], color=colour, linestyle=style, linewidth=1.5)
        for line in lines[:1]:
            line.set_label(name)
    elbows = np.asarray(elbows, dtype=float)
    inside = elbows[(elbows >= 0) & (elbows <= 1)]
    ax.plot(inside, np.zeros(inside.size), "^", color=BLACK, markersize=9, label="elbows")
    ax.text(0.0, 1.02, f"{inside.size} of {elbows.size} elbows in [0, 1]", transform=ax.transAxes)
    return finish(ax, title="", x="x", y="w2 relu(w1 x + b1)", legend=True)


def plot_slopes(ax: Axes, x: np.ndarray, slopes: np.ndarray, elbows: np.ndarray) -> Axes:
    """Draw a network's slope at each x, and a line at each elbow in [0, 1]. x, slopes: (N,)."""
    for elbow in np.asarray(elbows, dtype=float):
        if 0 <= elbow <= 1:
            ax.axvline(elbow, color=ORANGE, linewidth=1)
    ax.plot(x, slopes, color=BLUE, linewidth=2)
    ax.axhline(0, color=GREY, linewidth=1)
    return finish(ax, title="Slope of the learned function", x="x", y="dy/dx")


def plot_losses(
    ax: Axes, histories: Mapping[str, History], optima: Mapping[str, float] | None = None
) -> Axes:
    """Draw the training loss over the steps for each run by label, and its optimum, dotted."""
    for number, (label, history) in enumerate(histories.items()):
        style = {"color": COLOURS[number], "linestyle": LINE_STYLES[number]}
        ax.loglog(_positions(history), history.train_loss, linewidth=2, label=label, **style)
        if optima is not None:
            text = f"{label}: your optimum"
            ax.axhline(optima[label], color=COLOURS[number], linestyle=":", label=text)
    return finish(
        ax, title="Training loss", x="step (leftmost: before training)", y="MSE", legend=True
    )


def plot_elbow_paths(ax: Axes, history: History, elbows: np.ndarray) -> Axes:
    """Draw how the elbows move during training; ``elbows`` has shape (T, H)."""
    inside = np.where(np.abs(np.asarray(elbows) - 0.5) <= 0.75, elbows, np.nan)
    for number, path in enumerate(inside.T):
        style = {"color": COLOURS[number % len(COLOURS)], "linestyle": LINE_STYLES[number % 6]}
        ax.semilogx(_positions(history), path, linewidth=1.5, **style)
    ax.set_ylim(-0.25, 1.25)
    title = f"Paths of the elbows, {history.width} units"
    return finish(ax, title=title, x="step (leftmost: before training)", y="elbow at x =")


def plot_travel(ax: Axes, travel: Mapping[str, np.ndarray]) -> Axes:
    """Draw one dot per unit, how far its elbow travelled, for each run by label."""
    for row, (label, distances) in enumerate(travel.items()):
        distances = np.asarray(distances, dtype=float)
        ax.plot(distances, np.full(distances.size, row), "o", color=BLUE, alpha=0.5, label=label)
        ax.plot(np.median(distances), row, "|", color=VERMILLION, markersize=22, markeredgewidth=3)
    ax.set_yticks(range(len(travel)), list(travel))
    ax.set_xscale("symlog", linthresh=0.01)
    ticks = [0, 0.01, 0.03, 0.1, 0.3, 1]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xlim(-0.002, 1.2)
    ax.set_ylim(-0.6, len(travel) - 0.4)
    return finish(ax, title="Travel of each elbow (red bar: median)", x="distance in x", y="")


def _positions(history: History) -> np.ndarray:
    """Return where the snapshots stand on a logarithmic axis of steps."""
    return np.asarray(np.maximum(history.steps, STEP_ZERO))
