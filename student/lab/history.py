"""What a training run leaves behind, and the runs that come with the homework.

The shipped runs lie in ``checkpoints/relu_sgd.npz``, with ``relu_sgd.json`` beside it, which
says how they were made. Loading needs NumPy alone and takes milliseconds.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .network import Params

FOLDER = Path(__file__).resolve().parent / "checkpoints"
# Rises whenever the arrays in the file mean something else than before.
SCHEMA = 1
WIDTHS = (10, 20, 40)
# 58 such steps lead from 1 to 150,000.
SNAPSHOT_RATIO = 150_000 ** (1 / 58)


class CheckpointError(RuntimeError):
    """The shipped runs cannot be read; the text says which file, why, and what to run."""


@dataclass(frozen=True)
class History:
    """Snapshots of a network during training.

    ``steps`` counts the updates before each snapshot, shape (T,); the first is 0, the initial
    network. ``w1``, ``b1``, ``w2`` have shape (T, H), ``b2`` and the losses (T,). Losses are
    mean squared errors over all training (or test) points.
    """

    steps: np.ndarray
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray
    train_loss: np.ndarray
    test_loss: np.ndarray

    @property
    def width(self) -> int:
        """The number H of hidden units."""
        return int(self.w1.shape[1])

    def params(self, snapshot: int = -1) -> Params:
        """Return the network at one snapshot, by default the last."""
        return Params(
            self.w1[snapshot], self.b1[snapshot], self.w2[snapshot], float(self.b2[snapshot])
        )

    def until(self, step: int) -> History:
        """Return the part of the run up to ``step``.

        Raises:
            ValueError: there is no snapshot that early.
        """
        kept = self.steps <= step
        if not kept.any():
            raise ValueError(f"step must be >= {self.steps[0]}, the first snapshot, got {step}")
        return History(*(getattr(self, field.name)[kept] for field in fields(self)))


def snapshot_steps(n_steps: int) -> np.ndarray:
    """Return increasing step numbers from 0 to ``n_steps``, spaced by ratio: 56 for 150,000.

    Elbows move early in training; evenly spaced snapshots would miss it. The ratio is always the
    same, so that two runs of different length can be compared step by step; only the last step of
    the shorter one may be missing in the longer one.

    Raises:
        ValueError: ``n_steps`` is below 1.
    """
    if not n_steps >= 1:
        raise ValueError(f"n_steps must be >= 1, got {n_steps}")
    count = 1 + math.ceil(math.log(n_steps) / math.log(SNAPSHOT_RATIO))
    spaced = np.rint(SNAPSHOT_RATIO ** np.arange(count))
    return np.unique([0, *spaced[spaced < n_steps], n_steps]).astype(np.int64)


def load_history(width: int, train_hidden: bool) -> History:
    """Return one of the six runs that come with the homework.

    Args:
        width: number of hidden units: 10, 20 or 40.
        train_hidden: whether all layers were trained, or the output layer alone.

    Raises:
        ValueError: no such run.
        CheckpointError: the files are missing, damaged or of another version.
    """
    if width not in WIDTHS:
        raise ValueError(f"width must be one of {WIDTHS}, got {width}")
    runs = _read(FOLDER)
    return runs[run_name(width, bool(train_hidden))]


def run_name(width: int, train_hidden: bool) -> str:
    """Return the name under which a run is stored."""
    return f"{width}_{'all' if train_hidden else 'output'}"


def save_runs(runs: dict[str, History], provenance: dict[str, Any], folder: Path = FOLDER) -> None:
    """Write runs and their provenance; the same runs give the same bytes."""
    folder.mkdir(exist_ok=True)
    arrays = {
        f"{name}/{field.name}": getattr(history, field.name)
        for name, history in runs.items()
        for field in fields(History)
    }
    path = folder / "relu_sgd.npz"
    np.savez(path, **arrays)
    record = {"schema": SCHEMA, "sha256": _sha256(path)} | provenance
    record["final_losses"] = {
        name: {"train": float(h.train_loss[-1]), "test": float(h.test_loss[-1])}
        for name, h in runs.items()
    }
    text = json.dumps(record, indent=2) + "\n"
    (folder / "relu_sgd.json").write_text(text, encoding="utf-8")


@functools.lru_cache(maxsize=2)
def _read(folder: Path) -> dict[str, History]:
    """Return all runs in ``folder`` by name, checked against their provenance."""
    path, record = folder / "relu_sgd.npz", folder / "relu_sgd.json"
    try:
        provenance = json.loads(record.read_text(encoding="utf-8"))
        if provenance["schema"] != SCHEMA:
            raise _error(record, f"has schema {provenance['schema']}, this code reads {SCHEMA}")
        if _sha256(path) != provenance["sha256"]:
            raise _error(path, f"does not have the checksum that {record.name} states")
        with np.load(path, allow_pickle=False) as arrays:
            return {
                name: History(*(arrays[f"{name}/{field.name}"] for field in fields(History)))
                for name in provenance["final_losses"]
            }
    except FileNotFoundError as error:
        raise _error(Path(error.filename), "is missing") from None
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise _error(record, f"or {path.name} is damaged ({type(error).__name__})") from None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _error(path: Path, fault: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} in {path.parent.parent.name}/{path.parent.name} {fault}. Students: unpack "
        f"the homework again. Staff: make checkpoints"
    )
