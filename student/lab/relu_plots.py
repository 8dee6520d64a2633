"""Pictures of one-hidden-layer ReLU networks.

Every ``show_...`` function shows one picture of the notebook, drawn with the functions that you
write. Every ``plot_...`` function draws on the ``ax`` it is given and returns it. Networks are
drawn over x in [0, 1], where the data lie. Elbows and slopes are yours to work out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .data import Dataset, target
from .figures import BLACK, BLUE, COLOURS, GREY, LINE_STYLES, ORANGE, VERMILLION, figure, finish
from .history import WIDTHS, History, load_history
from .network import Params, contributions, init_params, passed_on
from .yours import ask, ask_parts

Yours = Callable[..., Any]

GRID = np.linspace(0.0, 1.0, 501)
# Where the initial network (step 0) stands on a logarithmic axis of steps.
STEP_ZERO = 0.5


# -- the pictures of the notebook --------------------------------------------------------------


def show_unit() -> None:
    """Show what one hidden unit passes on."""
    with figure(
        alt="What one hidden unit passes on over x: zero up to x = 0.4, then rising in a straight "
        "line. The corner at x = 0.4 is its elbow.",
        height=2.8,
    ) as fig:
        plot_relu(fig.subplots())


def show_data(dataset: Dataset) -> None:
    """Show the function to learn and its noisy samples."""
    with figure(
        alt="A dashed zigzag line with eleven knots between x = 0 and 1, and 200 noisy points "
        "scattered closely around it.",
    ) as fig:
        plot_data(fig.subplots(), dataset)


def show_units(elbow_locations: Yours, params: Params) -> None:
    """Show every hidden unit of a network, and its elbow as ``elbow_locations`` finds it."""
    with figure(
        alt="Ten kinked lines, one per hidden unit, each flat on one side and straight on the "
        "other; a triangle on the axis for each elbow that your function returns in [0, 1].",
    ) as fig:
        elbows = ask(elbow_locations, params.w1, params.b1, shape=params.w1.shape)
        plot_units(fig.subplots(), params, elbows)


def show_before_and_after(network_output: Yours, run: History, dataset: Dataset) -> None:
    """Show the function before and after training, as ``network_output`` computes it."""
    with figure(
        alt="The zigzag target, and two curves that your function returns: for the untrained "
        "network and for the trained one.",
    ) as fig:
        ax = plot_data(fig.subplots(), dataset)
        for label, snapshot, number in [("before training", 0, 1), ("after training", -1, 0)]:
            curve = ask(network_output, GRID, *run.params(snapshot), shape=GRID.shape)
            plot_curve(ax, GRID, curve, label, number)


def show_slopes(function_slopes: Yours, elbow_locations: Yours, params: Params) -> None:
    """Show a network's slope over x, and its elbows."""
    w1, b1, w2, _ = params
    with figure(
        alt="The slope that your function returns over x, and a vertical line at every elbow.",
    ) as fig:
        slopes = ask(function_slopes, GRID, w1, b1, w2, shape=GRID.shape)
        elbows = ask(elbow_locations, w1, b1, shape=w1.shape)
        plot_slopes(fig.subplots(), GRID, slopes, elbows)


def compare_gradients(
    network_gradient: Yours,
    x: np.ndarray,
    y: np.ndarray,
    params: Params,
    theirs: Sequence[np.ndarray],
) -> None:
    """Print for each of the four gradients whether it agrees with somebody else's."""
    shapes = [np.shape(value) for value in params]
    mine = ask_parts(network_gradient, x, y, *params, shapes=shapes)
    for name, one, other in zip(params._fields, mine, theirs, strict=True):
        difference = np.abs(np.ravel(other) - one).max()
        agrees = difference <= 1e-4 * np.abs(other).max()  # the tolerance of the checks
        print(f"{name}:", "agrees to 1e-4" if agrees else f"differs by {difference:.1e}")


def show_optima(output_layer_optimum: Yours, network_output: Yours, dataset: Dataset) -> None:
    """Show the best that each of the initial hidden layers allows."""
    with figure(
        alt="The zigzag target, and the fits that your function returns for 10, 20 and 40 frozen "
        "units.",
    ) as fig:
        ax = plot_data(fig.subplots(), dataset)
        for number, (width, best) in enumerate(_optima(output_layer_optimum, dataset, WIDTHS)):
            curve = ask(network_output, GRID, *best, shape=GRID.shape)
            plot_curve(ax, GRID, curve, f"{width} units", number)


def show_way_to_optimum(
    output_layer_optimum: Yours, network_output: Yours, dataset: Dataset
) -> None:
    """Show the training losses of two output-only runs, and the optimum of each."""
    x, y = dataset.x_train, dataset.y_train
    with figure(
        alt="Training losses of 10 and 40 units over the steps, on logarithmic scales, and a "
        "dotted line at the loss of each one's optimum.",
    ) as fig:
        runs, optima = {}, {}
        for width, best in _optima(output_layer_optimum, dataset, (10, 40)):
            fitted = ask(network_output, x, *best, shape=x.shape)
            optima[f"{width} units"] = float(np.average((fitted - y) ** 2))
            runs[f"{width} units"] = load_history(width, train_hidden=False)
        plot_losses(fig.subplots(), runs, optima)


def show_travel(elbow_travel: Yours, elbow_locations: Yours) -> None:
    """Show the paths of the elbows of one run, and how far those of all three widths travel."""
    with figure(
        alt="Left: the paths of the elbows over the training steps, as your functions find them. "
        "Right: for 10, 20 and 40 units, the distances that the elbows travelled as dots, "
        "with a bar at each median.",
        width=10.5,
    ) as fig:
        left, right = fig.subplots(1, 2)
        runs = {width: load_history(width, train_hidden=True) for width in WIDTHS}
        shown = runs[20]
        rows = zip(shown.w1, shown.b1, strict=True)
        paths = [ask(elbow_locations, w1, b1, shape=w1.shape) for w1, b1 in rows]
        travel = {
            f"{width} units": ask(elbow_travel, run.w1, run.b1, shape=(width,))
            for width, run in runs.items()
        }
        plot_elbow_paths(left, shown, np.array(paths))
        plot_travel(right, travel)
        medians = {name: f"median {np.median(values):.3f}" for name, values in travel.items()}
        print(medians)


def _optima(
    output_layer_optimum: Yours, dataset: Dataset, widths: Sequence[int]
) -> Iterator[tuple[int, Params]]:
    """Yield for each width the initial network with the output layer that is best for it."""
    for width in widths:
        w1, b1, *_ = init_params(width)
        arguments = (dataset.x_train, dataset.y_train, w1, b1)
        yield (
            width,
            Params(w1, b1, *ask_parts(output_layer_optimum, *arguments, shapes=[(width,), ()])),
        )


# -- what they are made of ---------------------------------------------------------------------


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
    """Draw what each hidden unit passes on, and a triangle at each elbow, shape (H,).

    Units that push the output up (w2 > 0) are solid, the others dashed.
    """
    _plot_by_sign(ax, params, passed_on(params, GRID))
    elbows = np.asarray(elbows, dtype=float)
    inside = elbows[(elbows >= 0) & (elbows <= 1)]
    ax.plot(inside, np.zeros(inside.size), "^", color=BLACK, markersize=9, label="elbows")
    ax.text(0.0, 1.02, f"{inside.size} of {elbows.size} elbows in [0, 1]", transform=ax.transAxes)
    return finish(ax, title="", x="x", y="relu(w1 x + b1)", legend=True)


def plot_contributions(ax: Axes, params: Params) -> Axes:
    """Draw what each hidden unit adds to the output: solid where w2 > 0, else dashed."""
    _plot_by_sign(ax, params, contributions(params, GRID))
    return finish(ax, title="", x="x", y="w2 relu(w1 x + b1)", legend=True)


def _plot_by_sign(ax: Axes, params: Params, curves: np.ndarray) -> None:
    """Draw a curve for each hidden unit, in a style that says which sign its w2 has."""
    for name, colour, style, chosen in [
        ("w2 > 0", BLUE, "-", params.w2 > 0),
        ("w2 < 0", VERMILLION, "--", params.w2 <= 0),
    ]:
        lines = ax.plot(GRID, curves[:, chosen], color=colour, linestyle=style, linewidth=1.5)
        for line in lines[:1]:
            line.set_label(name)


def plot_slopes(ax: Axes, x: np.ndarray, slopes: np.ndarray, elbows: np.ndarray) -> Axes:
    """Draw a network's slope at each x, and a line at each elbow in [0, 1]. x, slopes: (N,)."""
    elbows = np.asarray(elbows, dtype=float)
    inside = elbows[(elbows >= 0) & (elbows <= 1)]
    for number, elbow in enumerate(inside):
        label = "_nolegend_" if number else "elbows"
        ax.axvline(elbow, color=ORANGE, linewidth=1, label=label)
    ax.plot(x, slopes, color=BLUE, linewidth=2)
    ax.axhline(0, color=GREY, linewidth=1)
    return finish(
        ax, title="Slope of the learned function", x="x", y="dy/dx", legend=bool(inside.size)
    )


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
        ax, title="Training loss", x="step (leftmost: before training)", y="loss", legend=True
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
    return finish(ax, title="Travel of each elbow (bar: median)", x="distance in x", y="")


def _positions(history: History) -> np.ndarray:
    """Return where the snapshots stand on a logarithmic axis of steps."""
    return np.asarray(np.maximum(history.steps, STEP_ZERO))
