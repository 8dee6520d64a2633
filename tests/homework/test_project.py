"""Promises of the project's own files: notebooks, lock, docs."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from lab import environment
from lab.history import load_history
from support.points import all_masters

from autograder.release import points, settings

LAB = Path(__file__).resolve().parents[2] / "assignment" / "lab"
NAMES = [*all_masters()]


@pytest.fixture(params=NAMES)
def student(request, root):
    return nbformat.read(root / "student" / f"{request.param}.ipynb", as_version=4)


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(master) -> str:
    return "\n".join(cell.source for cell in master.notebook.cells if cell.cell_type == "markdown")


def test_notebooks_say_on_top_what_they_are_worth(masters):
    """That it is right, `read_masters` has seen."""
    for master in masters:
        top = next(text for text in master.texts() if text)
        assert points.sentence(master.worths()) in top, "run `make format` after adding it"
        titles = re.findall(r"^\|.*\| points \| time \|$", top, flags=re.M)
        assert len(titles) == 1


def test_every_stub_documents_its_arguments(student):
    for cell in code(student):
        if "raise NotImplementedError" in cell.source:
            (function,) = ast.parse(cell.source).body
            text = ast.get_docstring(function)
            for argument in function.args.args:
                assert f"{argument.arg}: " in text


def test_code_cells_are_short(student):
    assert max(len(cell.source.splitlines()) for cell in code(student)) <= 15


def test_cells_that_only_look_are_skipped_in_grading(student):
    for cell in code(student):
        looks = re.search(r"waiting|show_|lab\.doctor|practice|from lab|explore", cell.source)
        assert bool(looks) == ("otter_ignore" in cell.metadata.get("tags", [])), cell.source


def test_cells_that_look_hold_little_besides_what_they_look_at(student):
    for cell in code(student):
        if "show_" in cell.source:
            assert len(cell.source.splitlines()) <= 8, cell.source
            assert "alt=" not in cell.source


def test_every_figure_is_described_at_length():
    sources = [path.read_text(encoding="utf-8") for path in LAB.glob("*.py")]
    calls = [text for source in sources for text in source.split("with figure(")[1:]]
    assert len(calls) >= 12
    for call in calls:
        described = re.match(r'\s*alt=((?:\s*f?"[^"]*")+)', call)
        assert described, call[:200]
        assert len(described[1]) > 60


def test_solution_pages_describe_every_picture(root):
    for name in NAMES:
        html = (root / "solutions" / f"{name}.html").read_text(encoding="utf-8")
        # `explore` brings its own.
        texts = re.findall(r'<img alt="([^"]*)" src="data:image/png', html)
        assert min(map(len, texts), default=61) > 60
        assert len(re.findall(r"<img ", html)) == len(texts)


def test_the_nearest_snapshot_of_the_shipped_run_is_named(masters):
    (master,) = [master for master in masters if master.name == "relu_sgd"]
    source = "\n".join(cell.source for cell in master.notebook.cells)
    (n_steps,) = re.findall(r'"n_steps": ([\d_]+)', source)
    nearest = load_history(20, True).until(int(n_steps)).steps[-1]
    assert (
        f"Yours ends with a snapshot at step {int(n_steps):,}; the shipped run has its nearest "
        f"one at {nearest:,}."
    ) in source


def test_notebooks_have_one_word_for_the_loss_and_none_for_colours(masters):
    for master in masters:
        text = text_of(master) + "".join(
            function.source for question in master.questions for function in question.functions
        )
        assert len(re.findall("mean squared error", text)) <= 1  # where the loss is defined
        assert not re.search(r"\bMSE\b|train loss", text)
        # A check may be red or green; lines are told apart by their style.
        assert not re.search(r"(?i)\b(orange|blue|grey|vermill?ion|(?<!is )red)\b", text)


def test_every_question_has_an_honest_shape(student, masters):
    written = {q.id for master in masters for q in master.questions if q not in master.tested}
    text = "\n".join(cell.source for cell in student.cells)
    for question in re.findall(r"^## (q\w+):", text, flags=re.M):
        assert f'grader.check("{question}")' in text or question in written
    assert "Honour code" in text
    assert "Before you submit" in text
    assert "<details>" in text


@pytest.mark.parametrize("path", sorted(LAB.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_documented_arguments_exist(path):
    module = importlib.import_module(f"lab.{path.stem}")
    for name, function in inspect.getmembers(module, inspect.isfunction):
        documented = (inspect.getdoc(function) or "").partition("Args:\n")[2].partition("\n\n")[0]
        names = re.findall(r"^    \*{0,2}(\w+):", documented, flags=re.M)
        assert set(names) <= set(inspect.signature(function).parameters), name


def test_lock_pins_everything_and_names_no_address(root):
    lines = [
        line for line in (root / "requirements.lock").read_text().splitlines()
        if not line.startswith("#")
    ]  # fmt: skip
    assert all(re.fullmatch(r"[\w.-]+==[\w.!]+", line) for line in lines)
    version = dict(line.split("==") for line in lines)["jsonschema"]
    assert tuple(map(int, version.split(".")[:2])) < (4, 25)


def test_students_install_what_the_lock_has(root):
    lock = set((root / "requirements.lock").read_text().splitlines())
    wanted = (root / "assignment/requirements.txt").read_text().splitlines()
    assert {line for line in wanted if not line.startswith("#")} <= lock


def test_the_oldest_python_is_the_same_everywhere_and_grading_runs_no_older_one(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    oldest = project["project"]["requires-python"].removeprefix(">=")
    numbers = tuple(map(int, oldest.split(".")))
    assert numbers == environment.PYTHON_WANTED
    for name in ("README.md", "assignment/STUDENT.md", "autograder/verbs.mk"):
        assert f"Python {oldest} or newer" in (root / name).read_text()
    assert tuple(map(int, settings.grading_python(root).split("."))) >= numbers


def test_the_student_guide_tells_what_grading_runs_and_allows(root):
    guide = (root / "assignment/STUDENT.md").read_text(encoding="utf-8")
    limits = json.loads((root / "otter_config.json").read_text())["isolated_grader"]["limits"]
    assert f"grading runs Python {settings.grading_python(root)}." in guide
    assert f"a cell {limits['seconds_per_cell']} seconds" in guide
    assert f"a check {limits['seconds_per_test_case']} seconds" in guide
    assert f"may have {limits['upload_mb']} MB" in guide


def test_guide_and_requirements_take_the_small_build_of_torch_in_one_way(root):
    for name in ("STUDENT.md", "requirements.txt"):
        text = (root / "assignment" / name).read_text(encoding="utf-8")
        assert re.search(r"uv pip install .*--torch-backend cpu -r requirements.txt\n", text)


def test_the_plain_zips_ask_for_the_python_of_grading(root, zips):
    for folder in zips.values():
        text = (folder / "environment.yml").read_text()
        assert f"python={settings.grading_python(root)}\n" in text


def test_ci_runs_the_commands_of_the_readme(root):
    ci = (root / ".ci/run").read_text()
    readme = (root / "README.md").read_text()
    for command in re.findall(r"^make \w+", ci, flags=re.M):
        assert command in readme or command == "make lint"
    assert "make test" in ci


def test_student_guide_fits_on_a_page(root):
    assert len((root / "assignment/STUDENT.md").read_text().split()) < 400


def test_tests_of_the_zip_are_those_of_the_masters(masters, test_files):
    wanted = {
        question.id: [(test.name, test.hidden) for test in question.tests]
        for master in masters
        for question in master.tested
    }
    got = {
        name: [(case.body.test_func.__name__, case.hidden) for case in test_file.test_cases]
        for name, test_file in test_files.items()
    }
    assert got == wanted


def test_solutions_are_executed_and_free_of_markers(root):
    for name in NAMES:
        text = (root / "solutions" / f"{name}.ipynb").read_text(encoding="utf-8")
        notebook = json.loads(text)
        assert "raise NotImplementedError" not in "".join(
            line
            for cell in notebook["cells"]
            for line in cell["source"]
            if cell["cell_type"] == "code"
        )
        assert "BEGIN SOLUTION" not in text
        counts = [c["execution_count"] for c in notebook["cells"] if c["cell_type"] == "code"]
        assert counts == list(range(1, len(counts) + 1))


def test_solution_pages_need_no_network(root, masters):
    for name, master in zip(NAMES, masters, strict=True):
        html = (root / "solutions" / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(r"<script[^>]+src=|@import|<link[^>]+href=\"http|import\(", html)
        assert ("<math" in html) == ("$" in "".join(master.texts()))
