"""Prove that a built release grades right: all points for the solution, none for the stubs.

Points are counted here from the masters. Otter Assign compares its total with its own idea of
what is possible, and after a failure that loses all tests both are 0.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat

from . import refuse
from .build import CellFault, execute
from .cache import Cache
from .masters import Master, Test, TestedQuestion
from .package import NAME as HOMEWORK_ZIP
from .stock import grade
from .unhidden import write_unhidden


def verify(masters: list[Master], built: Path, known: Cache) -> None:
    """Grade solution and untouched student notebook of every master, and run the latter.

    Args:
        masters: as read.
        built: the folder that `build.build` filled.
        known: results of earlier runs of the same cells on the same tests.

    Raises:
        ReleaseError: with one line for each thing that is not as it must be.
    """
    # Three for two cores: a kernel that starts or ends waits most of the time.
    with ThreadPoolExecutor(3) as pool:
        problems = pool.map(lambda check: check[0](check[1], built, known), [
            (check, master)
            for master in masters
            for check in (_check_solution, _check_stubs, _check_run_through)
        ])  # fmt: skip
        found = [line for lines in problems for line in lines]
    refuse(found)
    refuse(_check_isolated_grader(masters, built))


def _check_solution(master: Master, built: Path, known: Cache) -> list[str]:
    """The solution passes every test case, and the points add up to the masters'."""
    results = _grade(built / "solutions", master, known)
    problems = _check_complete(master, results, "the solution")
    failed = [
        (question.id, number, test)
        for question in master.tested
        for number, test in enumerate(question.tests)
        if not all(case["passed"] for case in results.get(question.id, [])[number : number + 1])
    ]
    told = _tell_all(master, built) if failed else {}
    problems += [
        f"{master.place(test.cell)}: the solution fails {test.name}:\n"
        + textwrap.indent(_without_place(told[name][number]["message"]), "    ")
        for name, number, test in failed
    ]
    total = sum(case["points"] for cases in results.values() for case in cases if case["passed"])
    if not problems and abs(total - master.points) > 1e-9:
        problems.append(
            f"{master.path.name}: the solution gets {total:g} points, the masters promise "
            f"{master.points:g}: correct `points` in the question or its tests"
        )
    return problems


def _tell_all(master: Master, built: Path) -> dict[str, list[dict[str, Any]]]:
    """Grade the solution once more, with tests that hide nothing: staff need the values."""
    with tempfile.TemporaryDirectory() as folder:
        open_zip = Path(folder) / f"{master.name}.zip"
        write_unhidden(_zip(master, built), open_zip)
        return grade(built / "solutions" / master.path.name, open_zip)


def _check_stubs(master: Master, built: Path, known: Cache) -> list[str]:
    """The untouched notebook fails every test case, each with its own stub's message."""
    results = _grade(built / "student", master, known)
    problems = _check_complete(master, results, "the untouched student notebook")
    for question in master.tested:
        for test, case in zip(question.tests, results.get(question.id, []), strict=False):
            if case["passed"]:
                problems.append(
                    f"{master.place(test.cell)}: {test.name} passes on the untouched stub: make "
                    f"the test call the function"
                )
            elif not any(text in case["message"] for text in _stub_texts(question, test)):
                problems.append(
                    f"{master.place(test.cell)}: {test.name} does not show the stub's message on "
                    f"the untouched notebook, but: {_brief(case)}"
                )
    return problems


def _check_run_through(master: Master, built: Path, known: Cache) -> list[str]:
    """The untouched notebook runs from top to bottom without raising."""
    with tempfile.TemporaryDirectory() as folder:
        student = shutil.copytree(built / "student", Path(folder) / "student")
        try:
            execute(nbformat.read(student / master.path.name, as_version=4), student, known)
        except CellFault as error:
            return [f"In the untouched notebook, {error.in_master(master)}"]
    return []


def _check_isolated_grader(masters: list[Master], built: Path) -> Iterator[str]:
    """The isolated grader gives the solutions all points and the untouched notebooks none."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(built / "autograder" / HOMEWORK_ZIP) as archive:
            archive.extractall(root / "source")
        possible = sum(master.points for master in masters)
        for place, wanted in (("solutions", possible), ("student", 0)):
            notebooks = [built / place / master.path.name for master in masters]
            results = grade_in_container(root, notebooks)
            if abs(results["score"] - wanted) > 1e-4:
                yield (
                    f"{HOMEWORK_ZIP} gives the notebooks of {place}/ {results['score']:g} points "
                    f"instead of {wanted:g}: {' '.join(results['output'].split())}"
                )


def grade_in_container(root: Path, uploads: list[Path]) -> dict[str, Any]:
    """Run ``run_autograder`` on a folder tree like Gradescope's; return its ``results.json``.

    Args:
        root: a folder whose ``source`` holds the unpacked ``homework.zip``.
        uploads: files to submit.
    """
    shutil.rmtree(root / "submission", ignore_errors=True)
    (root / "submission").mkdir()
    for path in uploads:
        shutil.copy(path, root / "submission")
    run_autograder(root)
    results: dict[str, Any] = json.loads((root / "results/results.json").read_text("utf-8"))
    return results


def run_autograder(root: Path) -> None:
    """Grade what lies in ``root/submission``, as Gradescope does."""
    environment = {**os.environ, "AUTOGRADER_ROOT": str(root), "GRADER_PYTHON": sys.executable}
    command = ["bash", str(root / "source/run_autograder")]
    subprocess.run(command, env=environment, capture_output=True, check=False)


def _check_complete(
    master: Master, results: dict[str, list[dict[str, Any]]], who: str
) -> list[str]:
    """Every test case of the master was loaded and run."""
    wanted = {question.id: len(question.tests) for question in master.tested}
    got = {name: len(cases) for name, cases in results.items()}
    if got == wanted:
        return []
    lost = [name for name in wanted if got.get(name) != wanted[name]]
    return [
        f"{master.path.name}: grading {who} ran {sum(got.values())} of {sum(wanted.values())} test "
        f"cases; look at the tests of {', '.join(lost or got)}: does the test file load?"
    ]


def _stub_texts(question: TestedQuestion, test: Test) -> list[str]:
    """Return what an unanswered test shows: a hidden one quotes no exception, the stub's too."""
    if test.hidden:
        return ["not answered yet"]
    return [f.stub for f in question.functions if f.name in test.parameters]


def _grade(folder: Path, master: Master, known: Cache) -> dict[str, list[dict[str, Any]]]:
    """Return what stock Otter says of a notebook of the release: `stock.grade`."""
    path = folder / master.path.name
    zip_path = _zip(master, folder.parent)
    notebook = nbformat.read(path, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    tests = hashlib.sha256(zip_path.read_bytes()).hexdigest()
    dependencies = ["grade", code, notebook.metadata, tests]
    results: dict[str, list[dict[str, Any]]] = known.get(
        dependencies, lambda: grade(path, zip_path)
    )
    return results


def _zip(master: Master, built: Path) -> Path:
    return built / "autograder" / f"{master.name}.zip"


def _brief(case: dict[str, Any]) -> str:
    """Return the error line of a test case's message."""
    lines: list[str] = [line.strip() for line in case["message"].splitlines()]
    return next((line for line in lines if "Error: " in line), lines[-1])


def _without_place(message: str) -> str:
    """Return a test case's message from the line that failed on.

    An assertion's line is left out, for `unhidden` has rewritten it; its values are there.
    """
    lines = message.strip().splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("Error at line ")), -1) + 1
    is_assertion = lines[start].strip().startswith("assert ")
    return "\n".join(lines[start + is_assertion :])
