"""Measure what the README claims: ``make bench``.

Absolute times belong to the machine; the ratios, taken in turns within one run, do not.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from autograder.grade.contents import read
from autograder.grade.processes import Graders
from autograder.grade.submissions import find
from autograder.grader.files import Files, pack
from autograder.release.stock import grade
from autograder.release.verify import grade_in_container

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "assignment"), str(ROOT / "tests")]


def main() -> None:
    """Print the tables."""
    bench_training()
    bench_grading()
    bench_class()


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
        write_class(place / "class", 40)
        start = time.perf_counter()
        graders = Graders(place / "homework", place / "log.txt", 600)
        stack.callback(graders.close)
        graders.grade(json.dumps(pack(Files(()))).encode())
        print(f"a class of 40 from the bank; a grader starts in {_since(start)}")
        ours, stock = [], []
        for i, submission in enumerate(find([place / "class"])):
            start = time.perf_counter()
            graders.grade(json.dumps(pack(read(submission, 25))).encode())
            ours.append(time.perf_counter() - start)
            if i % 8 == 0:
                start = time.perf_counter()
                for notebook in sorted((place / "class" / submission.name).iterdir()):
                    grade(notebook, ROOT / f"autograder/{notebook.stem}.zip")
                stock.append(time.perf_counter() - start)
    ratio = statistics.median(stock) / statistics.median(ours)
    print(
        f"  stock otter run, both notebooks  median {statistics.median(stock):.3f} s\n"
        f"  autograder.grade, one grader     median {statistics.median(ours):.3f} s   {ratio:.1f} x"
    )


def write_class(place: Path, number: int) -> None:
    """Write submissions with an answer of the bank to every question."""
    from submissions import BANK
    from support.answers import write_notebooks

    answers: dict[str, list] = defaultdict(list)
    for answer in BANK:
        answers[answer.function].append(answer)
    for i in range(number):
        chosen = [of_one[i % len(of_one)] for of_one in answers.values()]
        (place / f"s{i:02}").mkdir(parents=True)
        write_notebooks(chosen, place / f"s{i:02}")


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
