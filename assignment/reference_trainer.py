"""Train fast, and make the runs that come with the homework: ``make checkpoints``.

For staff. The experiment is that of `lab.training.train_torch`, with the same initial weights
and the same minibatches; here one compiled loop goes over steps, points and units. Students do
not get this file: the loop holds the gradient that they are to find.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import numba
import numpy as np
from lab.data import Dataset, make_dataset
from lab.history import FOLDER, WIDTHS, History, run_name, save_runs
from lab.network import Params, init_params
from lab.training import checked_snapshots, diverged, make_history, minibatch_blocks

N_STEPS, BATCH_SIZE = 150_000, 40
STEP_SIZES = {False: 0.2, True: 0.02}  # by train_hidden
PACKAGES = ("numpy", "numba", "torch")
SEEDS = {"data": 1, "params": 0, "minibatches": 0}


def train(
    dataset: Dataset,
    params: Params,
    *,
    step_size: float,
    train_hidden: bool,
    n_steps: int = N_STEPS,
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
    snapshots: Iterable[int] | None = None,
) -> History:
    """Train a network; arguments, result and errors are those of `lab.training.train_torch`."""
    keep = checked_snapshots(dataset, params, step_size, n_steps, batch_size, snapshots)
    x, y = dataset.x_train, dataset.y_train
    w1, b1, w2 = (np.array(value, dtype=float) for value in params[:3])
    b2 = np.array([params.b2], dtype=float)  # an array, so that the loop can change it
    kept = [params] if 0 in keep else []
    done = 0
    for block in minibatch_blocks(len(x), batch_size, n_steps, seed):
        stops = [step - done for step in keep if done < step < done + len(block)]
        for piece in np.split(block, stops):
            taken: int = _sgd(x, y, piece, w1, b1, w2, b2, step_size, train_hidden)
            done += taken
            if taken < len(piece):
                raise diverged(done + 1, step_size)
            if done in keep:
                kept.append(Params(w1.copy(), b1.copy(), w2.copy(), float(b2[0])))
    return make_history(dataset, keep, kept, step_size, evaluate=_evaluate)


@numba.njit(error_model="numpy", nogil=True)
def _sgd(
    x: np.ndarray,
    y: np.ndarray,
    batches: np.ndarray,
    w1: np.ndarray,
    b1: np.ndarray,
    w2: np.ndarray,
    b2: np.ndarray,
    step_size: float,
    train_hidden: bool,
) -> int:
    """Take one step per row of ``batches``, in place; return how many were taken.

    Fewer than all means that the loss of a minibatch left the finite numbers. By the chain rule,
    with residual r = output - y: d(r**2)/d(output) = 2 r; a unit is active where its
    pre-activation z is > 0, as relu'(0) = 0 in PyTorch.

    The forward loop runs over points innermost, the backward loop over units, and both work z
    out anew. So no inner loop adds up into a single number, and the compiler can use wide
    instructions without changing the order of any sum: the result is the same on every CPU.
    """
    n_steps, batch_size = batches.shape
    width = w1.size
    x_batch, residual = np.empty(batch_size), np.empty(batch_size)
    g_w1, g_b1, g_w2 = np.empty(width), np.empty(width), np.empty(width)
    for step in range(n_steps):
        for i in range(batch_size):
            x_batch[i] = x[batches[step, i]]
            residual[i] = b2[0] - y[batches[step, i]]
        for j in range(width):
            for i in range(batch_size):
                z = w1[j] * x_batch[i] + b1[j]
                residual[i] += w2[j] * (z if z > 0.0 else 0.0)
        g_w1[:] = g_b1[:] = g_w2[:] = g_b2 = loss = 0.0
        for i in range(batch_size):
            g, xi = 2.0 / batch_size * residual[i], x_batch[i]
            g_b2 += g
            loss += residual[i] ** 2
            if train_hidden:
                for j in range(width):
                    z = w1[j] * xi + b1[j]
                    active = g if z > 0.0 else 0.0
                    g_w2[j] += active * z
                    g_b1[j] += active  # times w2[j], below
                    g_w1[j] += active * xi  # times w2[j], below
            else:
                for j in range(width):
                    z = w1[j] * xi + b1[j]
                    g_w2[j] += g * z if z > 0.0 else 0.0
        if not np.isfinite(loss):
            return step
        b2[0] -= step_size * g_b2
        if train_hidden:
            for j in range(width):
                w1[j] -= step_size * (g_w1[j] * w2[j])
                b1[j] -= step_size * (g_b1[j] * w2[j])
        for j in range(width):
            w2[j] -= step_size * g_w2[j]
    return int(n_steps)


def _evaluate(params: Params, x: np.ndarray) -> np.ndarray:
    """Return the output at each x without waiting for the import of torch.

    Units are added up one by one: a matrix product would add them in another order on another
    CPU, and then the losses differ in their last digit.
    """
    w1, b1, w2, b2 = params
    hidden = np.maximum(np.outer(w1, x) + b1[:, None], 0.0)
    return np.asarray(np.sum(w2[:, None] * hidden, axis=0) + b2)


def train_all(
    trainer: Callable[..., History] = train, at_once: int | None = None
) -> dict[str, History]:
    """Return the six runs of the experiment by name.

    Args:
        trainer: `train` or a rival of it.
        at_once: how many runs may be trained side by side; by default, one on each CPU. It makes
            no difference to the result.
    """
    dataset = make_dataset(seed=SEEDS["data"])

    def run(width: int, train_hidden: bool) -> History:
        return trainer(
            dataset,
            init_params(width, seed=SEEDS["params"]),
            step_size=STEP_SIZES[train_hidden],
            train_hidden=train_hidden,
            seed=SEEDS["minibatches"],
        )

    with ThreadPoolExecutor(at_once or os.cpu_count()) as pool:
        # The longest begin first, so that none is left to run alone at the end.
        begun = {
            (width, train_hidden): pool.submit(run, width, train_hidden)
            for width in sorted(WIDTHS, reverse=True)
            for train_hidden in sorted(STEP_SIZES, reverse=True)
        }
        return {
            run_name(width, train_hidden): begun[width, train_hidden].result()
            for width in WIDTHS
            for train_hidden in STEP_SIZES
        }


def optimal_curves() -> dict[str, list[list[float]]]:
    """Return, by width, what the best output layer makes of the initial hidden layer.

    Each is a curve through corners [x, y]: the function itself is well determined even where the
    weights are not. Four digits are more than a picture shows, and the same on every machine.
    """
    dataset = make_dataset(seed=SEEDS["data"])
    curves = {}
    for width in WIDTHS:
        w1, b1, *_ = init_params(width, seed=SEEDS["params"])
        elbows = -b1 / w1
        corners = np.sort([0.0, *elbows[(elbows > 0) & (elbows < 1)], 1.0])
        features = [
            np.column_stack([np.maximum(np.outer(x, w1) + b1, 0.0), np.ones(len(x))])
            for x in (dataset.x_train, corners)
        ]
        weights = np.linalg.lstsq(features[0], dataset.y_train)[0]
        curve = np.column_stack([corners, features[1] @ weights])
        curves[str(width)] = np.round(curve, 4).tolist()
    return curves


def make_checkpoints(folder: Path = FOLDER) -> None:
    """Train the six runs and write them with their provenance to ``folder``."""
    provenance = {
        "made_by": "make checkpoints",
        "n_samples": 200,
        "noise": 0.1,
        "n_steps": N_STEPS,
        "batch_size": BATCH_SIZE,
        "step_size": {"output": STEP_SIZES[False], "all": STEP_SIZES[True]},
        "seeds": SEEDS,
        # The CPU build of torch calls itself 2.x.y+cpu; the release is the same.
        "versions": {name: version(name).partition("+")[0] for name in PACKAGES},
    }
    save_runs(train_all(), provenance, folder)
    text = json.dumps(optimal_curves(), separators=(",", ":"))
    (folder / "optima.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    start = time.perf_counter()
    make_checkpoints()
    print(f"six runs in {time.perf_counter() - start:.1f} s, compilation included")
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name:14s} {path.stat().st_size:8d} bytes")
