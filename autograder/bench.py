"""Measure what the README claims: ``make bench``.

Absolute times belong to the machine; the ratios, taken in turns within one run, do not.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
from otter.test_files.exception_test import ExceptionTestFile

from .release.stock import grade

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "assignment"))


def main() -> None:
    """Print the tables."""
    bench_training()
    bench_grading()


def bench_training() -> None:
    """Compare the loop that students read with the reference trainer, on all six runs."""
    start = time.perf_counter()
    import reference_trainer

    first = reference_trainer.train_all()
    print(f"reference trainer: first call, import and compilation: {_since(start)}")
    import torch  # noqa: F401  (its import belongs to neither contestant)
    from lab.training import train_torch

    compare(
        "six reference trainings, 150,000 steps each",
        ("train_torch", lambda: reference_trainer.train_all(train_torch)),
        ("reference_trainer.train", reference_trainer.train_all),
        rounds=1,  # of two minutes
    )
    again = reference_trainer.train_all()
    same = all(np.array_equal(first[name].w2, again[name].w2) for name in first)
    print(f"  bit for bit the same on a second call: {same}")


def bench_grading() -> None:
    """Compare stock `otter run` with running the same test files in one process."""
    with TemporaryDirectory() as folder:
        for zip_path in sorted((ROOT / "autograder").glob("*.zip")):
            solution = ROOT / "solutions" / f"{zip_path.stem}.ipynb"
            with zipfile.ZipFile(zip_path) as archive:
                archive.extractall(Path(folder) / zip_path.stem)
            tests = sorted((Path(folder) / zip_path.stem / "tests").glob("*.py"))
            compare(
                f"{zip_path.stem}: grade the solution",
                ("stock otter run", lambda s=solution, z=zip_path: grade(s, z)),
                ("its tests, in one process", lambda s=solution, t=tests: run_tests(s, t)),
                rounds=5,
            )


def compare(title: str, *contestants: tuple[str, Callable], rounds: int) -> None:
    """Time the contestants in turns and print their medians, and ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name, _ in contestants}
    for _ in range(rounds):
        for name, action in contestants:
            start = time.perf_counter()
            with contextlib.redirect_stderr(io.StringIO()):  # progress bars
                action()
            times[name].append(time.perf_counter() - start)
    print(f"{title} (rounds: {rounds})")
    first = next(iter(times.values()))
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(first, seconds, strict=True))
        print(
            f"  {name:28s} median {statistics.median(seconds):8.3f} s   "
            f"[{min(seconds):.3f}, {max(seconds):.3f}]   {ratio:8.1f} x"
        )


def run_tests(notebook: Path, tests: list[Path]) -> None:
    """Execute a notebook's graded cells and run test files on what they define."""
    environment: dict = {"np": np}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(notebook, as_version=4).cells:
            tags = cell.metadata.get("tags", [])
            if (
                cell.cell_type == "code"
                and "otter_ignore" not in tags
                and "grader" not in cell.source
            ):
                exec(cell.source, environment)
    for path in tests:
        test_file = ExceptionTestFile.from_file(str(path))
        test_file.run(environment)
        if not test_file.passed_all:
            raise AssertionError(test_file.summary())


def _since(start: float) -> str:
    return f"{time.perf_counter() - start:.2f} s"


if __name__ == "__main__":
    main()
