"""The runs that come with the homework, and what is said when they cannot be read."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import reference_trainer
from lab import history
from lab.data import make_dataset
from lab.history import FOLDER, WIDTHS, CheckpointError, load_history
from lab.network import evaluate, init_params

DATASET = make_dataset()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the checkpoints that `load_history` reads."""
    copy = shutil.copytree(FOLDER, tmp_path / "checkpoints")
    monkeypatch.setattr(history, "FOLDER", copy)
    return copy


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("train_hidden", [False, True])
def test_every_shipped_run_is_what_its_name_says(width, train_hidden):
    run = load_history(width, train_hidden)
    start = init_params(width)
    assert all(np.array_equal(a, b) for a, b in zip(run.params(0), start, strict=True))
    assert (run.steps[0], run.steps[-1]) == (0, 150_000)
    assert run.w1.shape == run.b1.shape == run.w2.shape == (len(run.steps), width)
    assert (run.w1 == run.w1[0]).all() == (not train_hidden)
    for i in (0, 20, -1):
        residual = evaluate(run.params(i), DATASET.x_train) - DATASET.y_train
        assert run.train_loss[i] == pytest.approx(np.mean(residual**2))
    assert run.test_loss[-1] < 0.1 < run.test_loss[0]


def test_retraining_gives_the_shipped_runs_again():
    for name, run in reference_trainer.train_all().items():
        width, what = name.split("_")
        shipped = load_history(int(width), what == "all")
        early = shipped.steps <= 1000
        # Bit for bit on the same kind of CPU. Elsewhere sine and sums may round differently,
        # and 150,000 steps make that visible in single weights, hardly in the loss.
        assert run.w2[early] == pytest.approx(shipped.w2[early], abs=1e-9)
        assert run.test_loss == pytest.approx(shipped.test_loss, rel=0.02)


def test_making_them_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        reference_trainer.make_checkpoints(tmp_path / name)
    for name in ("relu_sgd.npz", "relu_sgd.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_provenance_says_how_they_were_made():
    record = json.loads((FOLDER / "relu_sgd.json").read_text())
    assert record["schema"] == history.SCHEMA
    assert record["n_steps"] == 150_000
    assert record["step_size"] == {"output": 0.2, "all": 0.02}
    assert set(record["versions"]) == {"numpy", "numba", "torch"}
    final = record["final_losses"]["10_all"]
    assert final["test"] == load_history(10, True).test_loss[-1]


def test_the_beginning_of_a_run():
    run = load_history(20, True)
    begun = run.until(20_000)
    assert begun.steps[-1] == run.steps[run.steps <= 20_000][-1]
    assert np.array_equal(begun.w2, run.w2[: len(begun.steps)])
    with pytest.raises(ValueError, match="step must be >= 0, the first snapshot, got -1"):
        run.until(-1)


def test_no_such_run():
    with pytest.raises(ValueError, match=r"width must be one of \(10, 20, 40\), got 30"):
        load_history(30, True)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "relu_sgd.npz").unlink(), "relu_sgd.npz .* is missing"),
        (lambda f: (f / "relu_sgd.json").unlink(), "relu_sgd.json .* is missing"),
        (lambda f: (f / "relu_sgd.json").write_text("{"), "damaged"),
        (lambda f: (f / "relu_sgd.json").write_text("{}"), "damaged"),
        (lambda f: (f / "relu_sgd.json").write_text("[]"), "damaged"),
        (lambda f: (f / "relu_sgd.npz").write_bytes(b"PK nonsense"), "does not have the checksum"),
        (lambda f: forge(f, schema=0), "has schema 0, this code reads 1"),
        (lambda f: forge(f, sha256="0" * 64), "does not have the checksum"),
        (lambda f: forge_archive(f, b"no archive"), "damaged"),
        (lambda f: forge_pickle(f), "damaged"),
    ],
)
def test_unreadable_files_are_named_with_the_cure(folder, damage, words):
    damage(folder)
    with pytest.raises(CheckpointError, match=words) as caught:
        load_history(10, True)
    assert "make checkpoints" in str(caught.value)
    assert "unpack the homework again" in str(caught.value)


def forge(folder, **changes):
    path = folder / "relu_sgd.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def forge_archive(folder, data):
    (folder / "relu_sgd.npz").write_bytes(data)
    forge(folder, sha256=history._sha256(folder / "relu_sgd.npz"))


def forge_pickle(folder):
    """Replace an array by one that only unpickling could read."""
    with np.load(folder / "relu_sgd.npz") as arrays:
        content = dict(arrays)
    content["10_all/w1"] = np.array([object()], dtype=object)
    np.savez(folder / "relu_sgd.npz", **content, allow_pickle=True)
    forge(folder, sha256=history._sha256(folder / "relu_sgd.npz"))


def test_loading_imports_neither_torch_nor_numba(imported):
    code = "from lab.history import load_history; load_history(40, True)"
    assert imported(code, {"torch", "numba", "matplotlib"}) == set()
