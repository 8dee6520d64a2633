"""Stochastic gradient descent on a ReLU network: with torch, and with your own functions.

`train_torch` is the loop to read. `train_with` runs the same experiment, the same minibatches
included, on a gradient and an update that somebody else wrote, for example you.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from .data import Dataset
from .history import History, snapshot_steps
from .network import Params, check_params, evaluate, from_torch, needing_torch, to_torch
from .yours import NotYet

Item = TypeVar("Item")

# Seconds: from here on, a run is worth a warning, which needs so many seconds of measuring.
LONG_RUN, LONG_ENOUGH = 20.0, 0.25
# Drawing minibatches one at a time would cost more than using them.
BLOCK = 1000


def train_torch(
    dataset: Dataset,
    params: Params,
    *,
    step_size: float,
    train_hidden: bool,
    n_steps: int = 150_000,
    batch_size: int = 40,
    seed: int = 0,
    snapshots: Iterable[int] | None = None,
) -> History:
    """Train a network with autograd and plain SGD, one step at a time.

    Arguments, result and errors are those of `train_with`; besides, it needs torch.
    """
    with needing_torch():
        import torch
    from torch import nn

    keep = checked_snapshots(dataset, params, step_size, n_steps, batch_size, snapshots)
    x, y = (torch.tensor(values)[:, None] for values in (dataset.x_train, dataset.y_train))
    net = to_torch(params)
    trained = net.parameters() if train_hidden else net[2].parameters()
    optimizer = torch.optim.SGD(trained, lr=step_size)
    kept = [from_torch(net)] if 0 in keep else []

    batches = minibatches(len(x), batch_size, n_steps, seed)
    for step, batch in enumerate(progress(batches, n_steps), start=1):
        loss = nn.functional.mse_loss(net(x[batch]), y[batch])
        if not torch.isfinite(loss):
            raise diverged(step, step_size)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step in keep:
            kept.append(from_torch(net))
    return make_history(dataset, keep, kept, step_size)


def train_with(
    gradient: Callable[..., Any],
    update: Callable[..., Any],
    dataset: Dataset,
    params: Params,
    *,
    step_size: float,
    train_hidden: bool,
    n_steps: int = 150_000,
    batch_size: int = 40,
    seed: int = 0,
    snapshots: Iterable[int] | None = None,
) -> History:
    """Train a network with somebody's own ``network_gradient`` and ``network_update``.

    Args:
        gradient: called as ``gradient(x, y, w1, b1, w2, b2)`` on each minibatch; returns the
            four gradients.
        update: called as ``update(params, grads, step_size, train_hidden)``; returns the four
            new parameters.
        dataset: as made by `lab.data.make_dataset`.
        params: the initial network; it is not changed.
        step_size: what each gradient is multiplied with.
        train_hidden: train all layers; otherwise the hidden layer stays as it is.
        n_steps: number of updates.
        batch_size: points per minibatch, drawn with replacement.
        seed: of the generator that draws the minibatches.
        snapshots: step numbers to keep besides the last, increasing; by default those of the
            shipped runs, spaced by ratio.

    Returns:
        the snapshots, with their losses over all points.

    Raises:
        ValueError: an argument makes no sense, or one of the two functions returns something
            other than four values of the parameters' shapes.
        FloatingPointError: training diverged; names the step and the step size.
    """
    keep = checked_snapshots(dataset, params, step_size, n_steps, batch_size, snapshots)
    x, y = dataset.x_train, dataset.y_train
    shapes = [np.shape(value) for value in params]
    now = tuple(_copy(params))
    kept = [_copy(now)] if 0 in keep else []

    batches = minibatches(len(x), batch_size, n_steps, seed)
    for step, batch in enumerate(progress(batches, n_steps), start=1):
        grads = gradient(x[batch], y[batch], *now)
        if step == 1:
            _check_shapes(gradient, "the gradient", grads, shapes)
        now = update(now, grads, step_size, train_hidden)
        if step == 1:
            _check_shapes(update, "the update", now, shapes)
        if not np.isfinite(now[3] + np.sum(now[2])):
            raise diverged(step, step_size)
        if step in keep:
            kept.append(_copy(now))
    return make_history(dataset, keep, kept, step_size)


# -- what every trainer shares ----------------------------------------------------------------


def minibatch_blocks(n: int, batch_size: int, n_steps: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the minibatches of `minibatches` as blocks of shape (many, batch_size)."""
    rng = np.random.default_rng(seed)
    for start in range(0, n_steps, BLOCK):
        yield rng.integers(0, n, size=(min(BLOCK, n_steps - start), batch_size))


def minibatches(n: int, batch_size: int, n_steps: int, seed: int) -> Iterator[np.ndarray]:
    """Yield ``n_steps`` index arrays of shape (batch_size,), drawn with replacement from n."""
    for block in minibatch_blocks(n, batch_size, n_steps, seed):
        yield from block


def checked_snapshots(
    dataset: Dataset,
    params: Params,
    step_size: float,
    n_steps: int,
    batch_size: int,
    snapshots: Iterable[int] | None,
) -> dict[int, None]:
    """Check the arguments of a training run; return the steps to keep, in order.

    Raises:
        ValueError: with the name, the value and what is wanted.
    """
    check_params(params)
    x, y = np.shape(dataset.x_train), np.shape(dataset.y_train)
    if len(x) != 1 or x != y or not x[0]:
        raise ValueError(f"x_train and y_train must share one shape (N,), got {x} and {y}")
    if not 0 <= step_size < np.inf:
        raise ValueError(f"step_size must be a finite number >= 0, got {step_size}")
    if not n_steps >= 1:
        raise ValueError(f"n_steps must be >= 1, got {n_steps}")
    if not 1 <= batch_size <= x[0]:
        raise ValueError(f"batch_size must be between 1 and N = {x[0]}, got {batch_size}")
    if snapshots is None:
        return dict.fromkeys(snapshot_steps(n_steps).tolist())
    steps = [int(step) for step in snapshots]
    if not steps or steps != sorted(set(steps)) or steps[0] < 0 or steps[-1] > n_steps:
        raise ValueError(
            f"snapshots must increase from 0 or more to at most {n_steps}, got {steps}"
        )
    return dict.fromkeys([*steps, n_steps])


def make_history(
    dataset: Dataset,
    steps: Iterable[int],
    kept: list[Params],
    step_size: float,
    evaluate: Callable[[Params, np.ndarray], np.ndarray] = evaluate,
) -> History:
    """Return the history of a run: its snapshots, and their losses on all points.

    Raises:
        FloatingPointError: the loss of a snapshot is not finite.
    """
    steps = np.array(list(steps), dtype=np.int64)
    losses = {}
    for name in ("train", "test"):
        x, y = getattr(dataset, f"x_{name}"), getattr(dataset, f"y_{name}")
        losses[name] = np.array([np.average((evaluate(p, x) - y) ** 2) for p in kept])
        if not np.all(np.isfinite(losses[name])):
            raise diverged(int(steps[np.argmin(np.isfinite(losses[name]))]), step_size)
    w1, b1, w2, b2 = (np.array(values, dtype=float) for values in zip(*kept, strict=True))
    return History(steps, w1, b1, w2, b2, losses["train"], losses["test"])


def diverged(step: int, step_size: float) -> FloatingPointError:
    """Return the error for weights or a loss that left the finite numbers."""
    return FloatingPointError(
        f"training diverged: at step {step} with step_size={step_size:g} the numbers are no longer "
        f"finite. Take a smaller step size; with a gradient or update of your own, check its sign."
    )


def progress(items: Iterable[Item], total: int, patience: float = 2.0) -> Iterator[Item]:
    """Yield the items; on stderr, say how long that takes if it takes long.

    Args:
        items: the steps of a training run.
        total: how many there are.
        patience: in seconds; until then, there is nothing to be seen.
    """
    start = shown = time.monotonic()
    told = False
    for count, item in enumerate(items):
        # The clock is read now and then only, for a step may take no longer than reading it.
        if count and count % 64 == 0 and (now := time.monotonic()) - start > LONG_ENOUGH:
            seconds = (now - start) / count * total
            if not told:
                told = True
                print(_forecast(total, seconds), end="", file=sys.stderr)
            if now - start > patience and now - shown > 0.2:
                bar = "#" * (30 * count // total)
                left = f"{100 * count // total:3d} %, {seconds - (now - start):4.0f} s left"
                print(f"\rtraining [{bar:30s}] {left}", end="", file=sys.stderr)
                shown = now
        yield item
    if shown > start:
        print(f"\rtraining [{'#' * 30}] 100 %{' ' * 13}", file=sys.stderr)


def _forecast(total: int, seconds: float) -> str:
    """Return a line that says how long a run will take, and what is faster; empty for short runs.

    It begins as the bar does, so that a release removes it as well: it depends on the machine.
    """
    if seconds <= LONG_RUN:
        return ""
    fewer = int(total * LONG_RUN / seconds)
    fewer = max(1, fewer // 10 ** (len(str(fewer)) - 1) * 10 ** (len(str(fewer)) - 1))
    return (
        f"\r{total:,} steps will take about {seconds:.0f} s here. (Loops are slow, and as right as "
        f"anything else.) For a first look, {fewer:,} steps take {seconds * fewer / total:.0f} s.\n"
    )


def _copy(params: tuple[Any, ...]) -> Params:
    """Return a copy that a later update in place does not change."""
    w1, b1, w2 = (np.array(value, dtype=float) for value in params[:3])
    return Params(w1, b1, w2, float(params[3]))


def _check_shapes(
    function: Callable[..., Any], what: str, values: object, shapes: list[tuple[int, ...]]
) -> None:
    """Raise NotYet, a ValueError, unless ``values`` are four values of the parameters' shapes."""
    if not isinstance(values, (tuple, list)) or len(values) != 4:
        got = (
            f"{len(values)} values" if isinstance(values, (tuple, list)) else type(values).__name__
        )
        raise NotYet(function, f"{what} must be four values, for w1, b1, w2 and b2, got {got}")
    for name, value, shape in zip(Params._fields, values, shapes, strict=True):
        if np.shape(value) != shape:
            raise NotYet(
                function, f"{what} of {name} must have shape {shape}, got {np.shape(value)}"
            )
