"""What is printed and committed is the same on the oldest machine that this one can pretend to be.

The cheap part of `tests.portability`, which repeats the whole release on many.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys

import nbformat
import numpy as np
from lab.data import HEIGHTS

from tests.portability import OLDEST, environment

# Prints a hash of each value that depends on arithmetic, by name. `CELL` is the autograd cell.
VALUES = r"""
import contextlib, hashlib, io, json, os, sys
sys.path.insert(0, "assignment")
import numpy as np
from lab import explorer, relu_plots
from lab.data import make_dataset
from lab.figures import waiting
from lab.history import WIDTHS, load_history
from lab.network import init_params
import reference_trainer

def digest(data):
    return hashlib.sha256(data).hexdigest()

dataset = make_dataset()
runs = [load_history(width, hidden) for width in WIDTHS for hidden in (False, True)]
trained = reference_trainer.train(
    dataset, init_params(20), step_size=0.02, train_hidden=True, n_steps=2000
)
cells = json.loads(os.environ["CELLS"])
start, printed = init_params(10), io.StringIO()
scope = {"dataset": dataset, "start": start, "waiting": waiting, "np": np}
scope["relu_plots"] = relu_plots
with contextlib.redirect_stdout(printed):
    for cell in cells:
        exec(cell, scope)
print(json.dumps({
    "data": digest(b"".join(part.tobytes() for part in dataset)),
    "explorer": digest(explorer.page(runs, dataset).encode()),
    "training": digest(b"".join(np.asarray(v).tobytes() for v in vars(trained).values())),
    "autograd": printed.getvalue(),
}))
"""


def cells(root) -> list[str]:
    """Return the solution of q2d and the cell that compares it with autograd."""
    notebook = nbformat.read(root / "solutions/relu_sgd.ipynb", as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    solution = next(source for source in sources if "def network_gradient" in source)
    return [solution, next(source for source in sources if ".backward()" in source)]


def test_values_are_those_of_the_oldest_machine(root):
    texts = {"CELLS": json.dumps(cells(root))}
    here, there = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", VALUES], cwd=root, env=environment(settings | texts),
                capture_output=True, text=True, check=True,
            ).stdout
        )
        for settings in ({}, OLDEST)
    )  # fmt: skip
    assert here == there
    assert here["autograd"] == "".join(f"{n}: agrees to 1e-4\n" for n in ("w1", "b1", "w2", "b2"))


def test_heights_are_the_sines_that_they_are_said_to_be():
    sines = [math.sin(12345 * k) for k in range(11)]
    np.testing.assert_allclose(HEIGHTS, sines, rtol=0, atol=1e-15)
