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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
import psutil

from autograder.grade.processes import Graders
from autograder.grader.files import Files, pack, read_files
from autograder.release.stock import grade
from autograder.release.verify import grade_in_container
from benchmarks.site import bench_site

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 25  # of one submission, at most
sys.path.insert(0, str(ROOT / "assignment"))


def main() -> None:
    """Print the tables."""
    bench_training()
    bench_grading()
    bench_class()
    bench_site()


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
    """Compare stock `otter run` with the isolated grader, start-up included."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(ROOT / "autograder/homework.zip") as archive:
            archive.extractall(root / "source")
        for name in ("gradient_descent", "relu_sgd"):
            solution, plain = ROOT / f"solutions/{name}.ipynb", ROOT / f"autograder/{name}.zip"
            compare(
                f"{name}: grade the solution",
                ("stock otter run", lambda s=solution, z=plain: grade(s, z)),
                ("isolated grader", lambda s=solution: grade_in_container(root, [s])),
                rounds=5,
            )
        both = sorted((ROOT / "solutions").glob("*.ipynb"))
        print("peak of memory, all processes together (PSS)")
        stock = peak_memory(lambda: grade(solution, plain))
        print(f"  stock otter run, one notebook    {stock:6.0f} MB")
        isolated = peak_memory(lambda: grade_in_container(root, both))
        print(f"  isolated grader, both notebooks  {isolated:6.0f} MB")


def bench_class() -> None:
    """Compare stock `otter run` with a grader of `autograder.grade`, on 40 submissions."""
    with TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        place = Path(folder)
        with zipfile.ZipFile(ROOT / "autograder/homework.zip") as archive:
            archive.extractall(place / "homework")
        (place / "temporary").mkdir()
        submissions = write_class(place / "class", 40)
        start = time.perf_counter()
        graders = Graders(place / "homework", place / "log.txt", 600)
        stack.callback(graders.close)
        graders.grade(pack(Files(())))
        print(f"a class of 40; a grader starts in {_since(start)}")
        ours, stock = [], []
        for i, submission in enumerate(submissions):
            start = time.perf_counter()
            graders.grade(pack(read_files([submission], MEGABYTES)))
            ours.append(time.perf_counter() - start)
            if i % 8 == 0:
                start = time.perf_counter()
                for notebook in sorted(submission.iterdir()):
                    grade(notebook, ROOT / f"autograder/{notebook.stem}.zip")
                stock.append(time.perf_counter() - start)
    ratio = statistics.median(stock) / statistics.median(ours)
    print(
        f"  stock otter run, both notebooks  median {statistics.median(stock):.3f} s\n"
        f"  autograder.grade, one grader     median {statistics.median(ours):.3f} s   {ratio:.1f} x"
    )


def write_class(place: Path, number: int) -> list[Path]:
    """Write submissions in which every fourth answer is missing, another one in each."""
    folders = [place / f"s{i:02}" for i in range(number)]
    for name in ("gradient_descent", "relu_sgd"):
        solved = nbformat.read(ROOT / f"solutions/{name}.ipynb", as_version=4)
        answers = {_first_words(c): c.source for c in solved.cells if c.source.startswith("def ")}
        for i, folder in enumerate(folders):
            notebook = nbformat.read(ROOT / f"student/{name}.ipynb", as_version=4)
            stubs = [cell for cell in notebook.cells if _first_words(cell) in answers]
            for k, cell in enumerate(stubs):
                if (i + k) % 4:
                    cell.source = answers[_first_words(cell)]
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, folder / f"{name}.ipynb")
    return folders


def _first_words(cell: nbformat.NotebookNode) -> str:
    return cell.source.partition("(")[0]


def peak_memory(action: Callable) -> float:
    """Return the most memory, in megabytes, that processes started by ``action`` have at a time.

    Memory that several processes share counts once.
    """
    with ThreadPoolExecutor(1) as pool:
        running, peak = pool.submit(action), 0
        while not running.done():
            total = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().pss
            peak = max(peak, total)
            time.sleep(0.02)
        running.result()
    return peak / 2**20


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


def _since(start: float) -> str:
    return f"{time.perf_counter() - start:.2f} s"


if __name__ == "__main__":
    main()
