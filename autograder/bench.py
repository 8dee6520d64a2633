"""Measure what a graded submission costs: ``make bench``.

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
ROUNDS = 5


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        for zip_path in sorted((ROOT / "autograder").glob("*.zip")):
            solution = ROOT / "solutions" / f"{zip_path.stem}.ipynb"
            with zipfile.ZipFile(zip_path) as archive:
                archive.extractall(Path(folder) / zip_path.stem)
            sys.path.insert(0, str(Path(folder) / zip_path.stem / "files"))
            tests = sorted((Path(folder) / zip_path.stem / "tests").glob("*.py"))
            compare(
                f"{zip_path.stem}: grade the solution",
                ("stock otter run", lambda s=solution, z=zip_path: grade(s, z)),
                ("its tests, in one process", lambda s=solution, t=tests: run_tests(s, t)),
            )


def compare(title: str, *contestants: tuple[str, Callable]) -> None:
    """Time the contestants in turns and print their medians, and ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name, _ in contestants}
    for _ in range(ROUNDS):
        for name, action in contestants:
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    print(f"{title} ({ROUNDS} rounds)")
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
    cells = nbformat.read(notebook, as_version=4).cells
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            graded = cell.cell_type == "code" and "otter_ignore" not in cell.metadata.get(
                "tags", []
            )
            if graded and "grader" not in cell.source:
                exec(cell.source, environment)
    for path in tests:
        test_file = ExceptionTestFile.from_file(str(path))
        test_file.run(environment)
        if not test_file.passed_all:
            raise AssertionError(test_file.summary())


if __name__ == "__main__":
    main()
