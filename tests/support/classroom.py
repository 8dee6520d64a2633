"""A class of submissions made of the bank, and the command that grades it."""

from __future__ import annotations

import functools
import io
import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from submissions import BANK, Answer

from autograder.grade.results import RESULTS

from .answers import PARTS, fill_in, uses_torch
from .answers import rounds as all_rounds

ROOT = Path(__file__).resolve().parents[2]
FIRST_PART = dict([next(iter(PARTS.items()))])
HOMEWORK = ROOT / "autograder/homework.zip"


@functools.cache
def homework() -> bytes:
    return HOMEWORK.read_bytes()


def rewrite(target: Path, **changes: Callable[[str], str]) -> Path:
    """Write homework.zip with some members changed; names end with the keywords, ``_`` for dots and slashes."""
    with zipfile.ZipFile(io.BytesIO(homework())) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            for ending, change in changes.items():
                if re.sub("[./]", "_", name).endswith(ending):
                    data = change(data.decode()).encode()
            new.writestr(name, data)
    return target


@functools.cache
def rounds() -> list[list[Answer]]:
    """Return the bank in rounds, without answers that take seconds to import torch."""
    return [[answer for answer in answers if not uses_torch(answer)] for answers in all_rounds()]


def with_torch() -> list[Answer]:
    """Return answers that need it."""
    names = ("constant_contributions-torch_tensor", "gradient-torch_autograd")
    return [answer for answer in BANK if answer.id.endswith(names)]


def lower_limits(text: str) -> str:
    config = json.loads(text)
    config["isolated_grader"]["limits"] |= {"seconds_per_cell": 8, "seconds_per_test_case": 2}
    return json.dumps(config)


def first_part_alone(text: str) -> str:
    """Change homework.json to one notebook, for tests that ask how often and not what is graded."""
    about = json.loads(text)
    return json.dumps({**about, "order": about["order"][:1]})


def rewrite_small(target: Path, **changes: Callable[[str], str]) -> Path:
    """Write homework.zip with one notebook and less patience, and with other members changed."""
    small = {"otter_config_json": lower_limits, "homework_json": first_part_alone}
    return rewrite(target, **small, **changes)


def write_notebooks(
    folder: Path, answers: list[Answer], parts: dict[str, str] = PARTS, **sources: str
) -> Path:
    """Write the notebooks of a student, with answers of the bank or other code for functions."""
    folder.mkdir(parents=True)
    for prefix, name in parts.items():
        notebook = nbformat.read(ROOT / f"student/{name}.ipynb", as_version=4)
        fill_in(
            notebook,
            [a for a in answers if a.question.startswith(prefix) and a.function not in sources],
        )
        for cell in notebook.cells:
            for function, source in sources.items():
                if cell.source.startswith(f"def {function}("):
                    cell.source = source
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


def write_first_part(folder: Path, answers: list[Answer], **sources: str) -> Path:
    """Write one notebook, with an answer that is right: no class gets nothing, see exit code 4."""
    right = next(a for a in BANK if a.function == "linear_optimum" and not a.fails)
    others = [answer for answer in answers if answer.function != right.function]
    return write_notebooks(folder, [*others, right], FIRST_PART, **sources)


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Write texts below a folder; a name that ends with a slash is one of a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(text, encoding="utf-8")
    return folder


def zip_up(folder: Path) -> Path:
    """Replace a folder by a zip file."""
    shutil.make_archive(str(folder), "zip", folder)
    shutil.rmtree(folder)
    return folder.with_suffix(".zip")


def let_kinds_pass(text: str) -> str:
    """Change a test file so that its hidden test of kinds passes whatever it gets."""
    head, _, rest = text.partition("_kinds(")
    return f"{head}_kinds({rest.partition(':')[0]}:\n    pass\n"


# -- the command ------------------------------------------------------------------------------


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "autograder.grade", *map(str, arguments)]


def grade(*arguments: object) -> subprocess.CompletedProcess:
    """Run the tool as instructors do."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False
    )


def times(out: Path) -> dict[str, int]:
    """Return when each result was written."""
    return {p.parent.name: p.stat().st_mtime_ns for p in out.glob(f"submissions/*/{RESULTS}")}


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.03)  # to look costs time as well
