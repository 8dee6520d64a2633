"""Is a new homework green at once, and do the tools grade one that has nothing of this one?"""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image
from support.once import make_once, shared_folder

from autograder.release import new, verify
from autograder.release.cache import FOLDER, Cache
from autograder.release.masters import read_masters
from autograder.release.verify import grade_in_container

NAME = "optics"
QUESTION = "2.1_b"


def run(project: Path, *command: str, code: int = 0) -> str:
    """Run a module in a project of its own; return what it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def make_new(folder: Path) -> str:
    """Write a new homework, with settings of its own, and release it."""
    project = folder / NAME
    new.write_homework(NAME, project)
    Image.new("RGB", (60, 20), "navy").save(project / "assignment/logo.png")
    edit(project / "pyproject.toml", '# course = "Your course"', 'course = "Light & Matter"')
    edit(project / "pyproject.toml", '# term = "Spring 2027"', 'term = "Frühling 2027"')
    edit(project / "pyproject.toml", "# due =", "due =")
    edit(project / "pyproject.toml", "# logo =", "logo =")
    for name in (f"assignment/{NAME}.ipynb", "tests/answers.py"):
        text = (project / name).read_text(encoding="utf-8")
        text = text.replace("name: q1", f"name: {QUESTION}").replace('"q1"', f'"{QUESTION}"')
        text = text.replace("q1: ", f"{QUESTION}: ").replace("| q1 |", f"| {QUESTION} |")
        (project / name).write_text(text, encoding="utf-8")
    run(project, "autograder.release")
    return str(project)


def edit(path: Path, old: str, now: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, now), encoding="utf-8")


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """A new homework, released: other names, one notebook, a question id of another form."""
    path = make_once(tmp_path_factory, "new homework", make_new)
    assert shared_folder(tmp_path_factory) in Path(path).parents
    return Path(path)


def test_a_new_homework_is_read_without_a_complaint(tmp_path):
    new.write_homework("waves", tmp_path / "waves")
    (master,) = read_masters(tmp_path / "waves")
    assert (master.name, master.points) == ("waves", 2)


def test_tools_and_blank_homework_hold_nothing_of_this_one(root, masters):
    names = {master.name for master in masters}
    names |= {question.id for master in masters for question in master.questions}
    names |= {f.name for m in masters for q in m.questions for f in q.functions}
    for path in (root / "autograder").rglob("*"):
        if path.suffix in (".py", ".html", ".sh", ".md", ".ipynb", ".mk", ".yml", ".toml"):
            words = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
            assert not words & names, path
    imports = re.compile(r"^\s*(?:from|import) (?:lab|assignment)\b", re.MULTILINE)
    for path in (root / "autograder").rglob("*.py"):
        assert not imports.search(path.read_text(encoding="utf-8")), path


def test_what_is_there_already_is_not_overwritten(tmp_path, capsys):
    beside = tmp_path / "this"
    (tmp_path / "waves").mkdir()
    assert new.main(["waves", "--beside", str(beside)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert not list((tmp_path / "waves").iterdir())


@pytest.mark.parametrize("name", ["", "Waves", "a b", "../waves", "1st", "é"])
def test_a_name_must_do_for_files_everywhere(tmp_path, name, capsys):
    assert new.main([name, "--beside", str(tmp_path / "this")]) == 1
    assert "is no name for a homework" in capsys.readouterr().err


def test_course_term_due_date_and_logo_are_on_top_of_notebooks(project):
    for folder in ("student", "solutions"):
        cell = nbformat.read(project / folder / f"{NAME}.ipynb", as_version=4).cells[0]
        assert cell.source == (
            "![Light & Matter](attachment:logo.png)\n\n**Light & Matter · Frühling 2027 · due "
            "Monday, 1 March 2027, 23:59 (UTC-08:00)**"
        )
        assert cell.attachments["logo.png"]["image/png"]


def test_its_own_tests_pass(project):
    assert " passed" in run(project, "pytest", "-q")


def test_stock_otter_grades_it(project):
    (master,), known = read_masters(project), Cache(project / FOLDER)  # the release ran it
    for folder, wanted in (("solutions", True), ("student", False)):
        results = verify._grade(project / folder, master, known)
        assert [case["passed"] for case in results[QUESTION]] == [wanted] * 3


def test_the_isolated_grader_grades_it(project, tmp_path):
    with zipfile.ZipFile(project / "autograder/homework.zip") as archive:
        archive.extractall(tmp_path / "source")
    results = grade_in_container(tmp_path, [project / f"solutions/{NAME}.ipynb"])
    assert results["score"] == 2
    assert results["output"].startswith("Light & Matter · Frühling 2027 · due Monday, 1 March")


def test_a_class_of_it_is_graded(project, tmp_path):
    for student, folder in (("ada", "solutions"), ("bob", "student")):
        shutil.copy(project / folder / f"{NAME}.ipynb", tmp_path / f"{student}.ipynb")
    notebook = nbformat.read(tmp_path / "ada.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if "def standardize" in cell.source]
    cell.source = cell.source.replace("np.std", "np.var")
    nbformat.write(notebook, tmp_path / "eve.ipynb")
    run(project, "autograder.grade", str(tmp_path), "--out", str(tmp_path / "grades"))
    with (tmp_path / "grades/grades.csv").open(encoding="utf-8-sig") as file:
        totals = {row["submission"]: float(row["total"]) for row in csv.DictReader(file)}
    assert totals == {"ada": 2, "bob": 0, "eve": 0}
    record = json.loads((tmp_path / "grades/submissions/eve/results.json").read_text())
    assert record["extra_data"]["record"]["mistakes"] == ["variance"]
    assert "divided by the variance" in (tmp_path / "grades/index.html").read_text("utf-8")


# -- the checks of a blank homework ----------------------------------------------------------------


@pytest.fixture(scope="module")
def checks():
    """The blank homework's module of checks."""
    path = new.BLANK / "assignment/checks.py"
    spec = importlib.util.spec_from_file_location("blank_checks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NAN = float("nan")
VALUES = [
    2.0, np.array([1.0, NAN]), "text", None, True, (1.0, np.arange(3)), [np.arange(2), [1.0]],
    {"a": np.arange(3), "b": (1, "x")}, np.arange(0),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_check_takes_any_data_as_argument_and_as_result(checks, value):
    checks.check(lambda x: copy.deepcopy(x), {"x": value}, value)
    with pytest.raises(AssertionError, match="the value is wrong"):
        checks.check(lambda x: "something else", {"x": value}, value)


def test_a_check_names_the_argument_that_was_changed(checks):
    def change(x, y):
        y[0] += 1
        return x

    with pytest.raises(AssertionError, match="the call changed y, which belongs to the caller"):
        checks.check(change, {"x": 1.0, "y": np.ones(2)}, 1.0)


def test_a_check_refuses_numbers_that_do_not_tell_mistakes_apart(checks):
    with pytest.raises(ValueError, match="mean kept and variance lead to the same here"):
        checks.check(abs, {"x": 1.0}, 1.0, mistakes={"mean kept": 2, "variance": 2.0})
    with pytest.raises(ValueError, match="the right answer and variance lead to the same here"):
        checks.check(abs, {"x": 1.0}, 1.0, mistakes={"variance": 1.0})
