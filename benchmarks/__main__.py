"""Measure speed and memory: ``make bench`` prints a table, in less than five minutes.

Machines differ and are busy, so speed is told as ratios of what is run in turns, by their medians.
Each line has a goal and says whether it is reached.
"""

from __future__ import annotations

import compileall
import contextlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import nbformat

from autograder.grade.processes import Graders
from autograder.grader.files import Files, pack, read_files
from autograder.release.build import run_cells
from autograder.release.stock import grade
from autograder.release.verify import grade_in_container, run_autograder
from benchmarks.measure import counted, in_turns, measured, peak_memory, ratio
from benchmarks.site import bench_site

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 25  # of one submission, at most
CLASS = 52
# Long enough that the start of torch's loop does not count; in full it takes minutes.
TORCH_STEPS = 10_000
sys.path.insert(0, str(ROOT / "assignment"))
CPU = Callable[[], float]
Row = tuple[str, float, float]  # what, measured, goal; a goal below 0 is one to exceed


def main() -> None:
    """Print the table."""
    print(f"{'':60} {'measured':>9} {'goal':>9}")
    with counted() as cpu:
        for rows in (one, warm, whole_class, trainer, release, student):
            for what, value, goal in rows(cpu):
                reached = value <= goal if goal > 0 else value >= -goal
                verdict = "reached" if reached else "not reached"
                print(f"{what:60} {value:9.3g} {abs(goal):9.3g}  {verdict}", flush=True)
    bench_site()


def one(cpu: CPU) -> Iterator[Row]:
    """``run_autograder`` on a notebook, beside ``otter run``."""
    solution, plain = ROOT / "solutions/relu_sgd.ipynb", ROOT / "autograder/relu_sgd.zip"
    with unpacked() as root:
        ours, stock = in_turns(
            5, cpu, lambda: grade_in_container(root, [solution]), lambda: grade(solution, plain)
        )
        yield "one notebook, wall: run_autograder / otter run", ratio(ours, stock, "wall"), 0.125
        yield "one notebook, CPU: run_autograder / otter run", ratio(ours, stock, "cpu"), 0.17
        both = sorted((ROOT / "solutions").glob("*.ipynb"))
        grade_in_container(root, both)
        megabytes = peak_memory(lambda: run_autograder(root))
        yield "two notebooks, memory of all processes, MB", megabytes, 80


def warm(cpu: CPU) -> Iterator[Row]:
    """A grader of a class that has started, beside two runs of Otter; all on one core."""
    with unpacked() as root, TemporaryDirectory() as folder, one_core():
        graders = Graders(root / "source", Path(folder) / "log.txt", 600)
        with contextlib.closing(graders):
            graders.grade(pack(Files(())))
            submissions = write_class(Path(folder) / "class", 10)
            ours = [
                measured(lambda s=s: graders.grade(pack(read_files([s], MEGABYTES))), cpu)
                for s in submissions
            ]
        stock = [
            measured(lambda n=n: grade(n, ROOT / f"autograder/{n.stem}.zip"), cpu)
            for submission in submissions[:2]
            for n in sorted(submission.iterdir())
        ]
        seconds = 2 * median(used.wall for used in stock)
        share = median(used.wall for used in ours) / seconds
        yield "two notebooks in a class, one core: grader / otter run", share, 0.025


def whole_class(cpu: CPU) -> Iterator[Row]:
    """The command for a class, start-up included, beside a run of Otter for each notebook."""
    with TemporaryDirectory() as folder:
        submissions = write_class(Path(folder) / "class", CLASS, ("gradient_descent",))
        command = [sys.executable, "-m", "autograder.grade", str(submissions[0].parent)]
        command += ["--out", str(Path(folder) / "grades"), "--jobs", "1"]
        run = {"cwd": ROOT, "check": True, "capture_output": True}
        ours = measured(lambda: subprocess.run(command, **run), cpu)
        notebook, plain = submissions[0] / "gradient_descent.ipynb", ROOT / "autograder"
        stock = measured(lambda: grade(notebook, plain / "gradient_descent.zip"), cpu)
        share = ours.wall / CLASS / stock.wall
        yield f"{CLASS} notebooks, --jobs 1, wall: autograder.grade / otter run", share, 0.036


def trainer(cpu: CPU) -> Iterator[Row]:
    """The six shipped runs, beside the loop that students read, on one thread."""
    import reference_trainer
    import torch
    from lab.training import train_torch

    def by_torch(*arguments: object, **options: object) -> object:
        return train_torch(*arguments, **options, n_steps=TORCH_STEPS)  # type: ignore[arg-type]

    torch.set_num_threads(1)
    reference_trainer.train_all()  # compiles
    ours = [measured(reference_trainer.train_all, cpu) for _ in range(3)]
    theirs = measured(lambda: reference_trainer.train_all(by_torch, at_once=1), cpu)
    in_full = theirs.wall * reference_trainer.N_STEPS / TORCH_STEPS
    times = in_full / median(used.wall for used in ours)
    yield "six trainings: train_torch / reference trainer", times, -450


def release(cpu: CPU) -> Iterator[Row]:
    """``make release`` where nothing is kept from an earlier one."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "homework"
        left_out = shutil.ignore_patterns(".*", "site", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=left_out)
        command = [sys.executable, "-m", "autograder.release"]
        run = {"cwd": copy, "check": True, "capture_output": True}
        used = measured(lambda: subprocess.run(command, **run), cpu)
        yield "make release, seconds", used.wall, 12


def student(cpu: CPU) -> Iterator[Row]:
    """What a student waits for on a laptop, in CPU time."""
    alone = [sys.executable, "-c", "import numpy"]
    otter = [sys.executable, "-c", "import numpy, otter"]
    nothing, ours = in_turns(
        5, cpu, lambda: subprocess.run(alone, check=True), lambda: subprocess.run(otter, check=True)
    )
    seconds = median(a.cpu for a in ours) - median(a.cpu for a in nothing)
    yield "import otter, CPU seconds", seconds, 0.1
    with TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "student", folder, dirs_exist_ok=True)
        solved = nbformat.read(ROOT / "solutions/relu_sgd.ipynb", as_version=4)
        used = measured(lambda: run_cells(solved, Path(folder)), cpu)
        yield "run all, solved part 2, CPU seconds", used.cpu, 2.3


# -- small parts ------------------------------------------------------------------------------


@contextlib.contextmanager
def unpacked() -> Iterator[Path]:
    """Yield a folder tree like Gradescope's, as its image has it: compiled."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(ROOT / "autograder/homework.zip") as archive:
            archive.extractall(root / "source")
        for name in ("grader", "files"):
            compileall.compile_dir(root / "source" / name, quiet=1)
        yield root


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and what it starts, on one CPU."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def write_class(
    place: Path, number: int, names: tuple[str, ...] = ("gradient_descent", "relu_sgd")
) -> list[Path]:
    """Write submissions in which every fourth answer is missing; no two of them are the same."""
    folders = [place / f"s{i:02}" for i in range(number)]
    for name in names:
        solved = nbformat.read(ROOT / f"solutions/{name}.ipynb", as_version=4)
        answers = {_first_words(c): c.source for c in solved.cells if c.source.startswith("def ")}
        for i, folder in enumerate(folders):
            notebook = nbformat.read(ROOT / f"student/{name}.ipynb", as_version=4)
            stubs = [cell for cell in notebook.cells if _first_words(cell) in answers]
            for k, cell in enumerate(stubs):
                if (i + k) % 4:
                    cell.source = f"{answers[_first_words(cell)]}  # by student {i}"
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, folder / f"{name}.ipynb")
    return folders


def _first_words(cell: nbformat.NotebookNode) -> str:
    return cell.source.partition("(")[0]


if __name__ == "__main__":
    main()
