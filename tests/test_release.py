"""What the release tool refuses, in which words, and that it then replaces nothing."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from lab.mistakes import SENTENCES
from matplotlib.figure import Figure

from autograder.release import (
    ReleaseError,
    __main__,
    build,
    generated,
    leaks,
    names,
    package,
    pictures,
    refuse,
    verify,
)
from autograder.release.cache import Cache
from autograder.release.declared import read_declared
from autograder.release.masters import CLEAN_METADATA, read_masters
from autograder.release.rubric import Guide, Item, read_guide

MASTER = "assignment/gradient_descent.ipynb"
CONFIG = "assignment/config.yml"
GRADING = "otter_config.json"


@pytest.fixture
def project(root, tmp_path) -> Path:
    """A copy of everything that a release is made from, and of the last release."""
    for name in ("assignment", "student", "solutions"):
        shutil.copytree(root / name, tmp_path / name, ignore=build.WITHOUT_LITTER)
    (tmp_path / "autograder").mkdir()
    for name in generated.read_generated(root):
        if name.startswith("autograder/"):
            shutil.copy(root / name, tmp_path / "autograder")
    for name in (generated.MANIFEST, "pyproject.toml", "otter_config.json", "requirements.lock"):
        shutil.copy(root / name, tmp_path / name)
    return tmp_path


def edit(project: Path, old: str, new: str, name: str = MASTER) -> None:
    """Replace text in a file of the project; in a notebook, in the first cell that has it."""
    path = project / name
    if not name.endswith(".ipynb"):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if old in cell.source)
    cell.source = cell.source.replace(old, new, 1)
    nbformat.write(notebook, path)


def refusal(project: Path) -> str:
    with pytest.raises(ReleaseError) as caught:
        read_masters(project)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name: q1a_i\n", "name: q1 a\n", "question id 'q1 a' is broken: write it like"),
        ("name: q1a_ii\n", "name: q1a_i\n", "question id q1a_i is that of cell 14 already"),
        ("name: q1a_i\n", "nmae: q1a_i\n", "has no name: add a line like `name: q1`"),
        ("points: 2", "points: 2\nautograde: true", "correct or remove that key"),
        ("points: 2", "points: two", "points must be a number above 0, without quotes, but are 'two'"),
        ("points: 2", "points: 3", "says `**2 points · about 10 minutes**`, but the questions make it `**3 points"),
        ("points: 2", "points: [2", "is not valid YAML"),
        ("**2 points · ", "**", "the text says no points"),
        ("about 10 minutes", "a while", "the expected time is missing"),
        ("## q1a_i: ", "## The ", "the heading must start with the id: ## q1a_i: ..."),
        ('NotImplementedError("q1a_i: ', 'NotImplementedError("', "constant_gradient needs a stub"),
        ("def test_sizes(", "def test_public(", "two tests are called test_public"),
        ("def test_public(", "x = 1\n\n\ndef test_public(", "a test cell must hold one function"),
        ("def test_public(constant_gradient):", "def test_public(:", "not valid Python"),
        ("# BEGIN TESTS", "# BEGIN QUESTION", "question q1a_i has no end: add a raw cell # END QUESTION"),
        ("# END TESTS", "# END SOLUTION", "END SOLUTION without its BEGIN"),
        ("# ASSIGNMENT CONFIG", "# CONFIG", "must begin with a raw cell that starts with"),
        ("name: gradient_descent", "name: other", "must say `name: gradient_descent`"),
        ("config_file: config.yml", "config_file: config.yml\nbogus: 1", "key found in config: 'bogus'"),
    ],
)  # fmt: skip
def test_a_broken_master_is_refused_with_place_and_cure(project, old, new, words):
    edit(project, old, new)
    text = refusal(project)
    assert words in text
    assert "gradient_descent.ipynb" in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("- 0.5 points: (a)", "- 1 point: (a)", "add up to 2.5 points, the question has 2"),
        ("- 0.5 points: (a)", "- (a)", "an item of the rubric must begin with its points"),
        ("**Rubric**\n", "**Rubric.** As follows.\n", "write **Rubric** on a line of its own"),
        ("**Rubric**\n", "**Rubric**\n\nSee above.\n", "there are 0"),
    ],
)
def test_a_rubric_that_does_not_add_up_or_is_no_list_is_refused(project, old, new, words):
    edit(project, old, new)
    text = refusal(project)
    assert text.startswith("gradient_descent.ipynb, cell ")
    assert "(q1b_vote, " in text
    assert words in text


def test_a_rubric_is_a_list_with_a_model_answer_above_and_a_note_below():
    texts = [
        "**Model answer.** Because.",
        "**Rubric**\n\n- 1 point: says $x$,\n  in words\n* 0.5 points: gives: a reason\n\nBe kind.\n\nReally.",
    ]
    assert read_guide(texts, 1.5) == Guide(
        "**Model answer.** Because.",
        (Item(1, "says $x$, in words"), Item(0.5, "gives: a reason")),
        "Be kind.\n\nReally.",
    )


def test_a_model_answer_needs_no_rubric():
    assert read_guide(["Because."], 2) == Guide("Because.")


def test_homework_json_holds_what_guides_those_who_grade(root, masters):
    described = package.describe(read_declared(root), masters)["notebooks"]["gradient_descent"]
    (about,) = [question for question in described if question["written"]]
    assert about["title"].startswith(f"{about['id']}: ")
    assert about["model_answer"].startswith("<p><strong>Model answer.</strong>")
    assert "<math" in about["model_answer"]
    assert "$" not in about["model_answer"]
    assert sum(item["points"] for item in about["rubric"]) == about["points"]
    assert not any(item["text"].startswith("<p>") for item in about["rubric"])
    assert "Rubric" not in about["model_answer"]


def test_a_question_needs_hidden_tests(project):
    notebook = nbformat.read(project / MASTER, as_version=4)
    hidden = [c for c in notebook.cells if c.source.startswith("# HIDDEN")][:3]
    notebook.cells = [cell for cell in notebook.cells if cell not in hidden]
    nbformat.write(notebook, project / MASTER)
    assert "constant_gradient has no hidden test: add one" in refusal(project)


def test_a_hidden_test_may_not_show_its_values(project):
    edit(
        project,
        "check_gradient(constant_gradient, arguments, right, scale=1.0,",
        "check_gradient(constant_gradient, {'theta': 0.75}, right, scale=1.0,",
    )
    assert "test_values shows hidden values" in refusal(project)


def test_a_hidden_test_must_say_that_it_is_hidden(project):
    edit(project, 'hidden="other numbers of points, down to one"', "scale=1.0")
    assert "its checks need hidden='what is special'" in refusal(project)


@pytest.mark.parametrize("keyword", ["expected=2", "rtol=1e-3", "mistakes={'loss': 16.3}"])
def test_a_hidden_test_may_not_show_numbers_among_its_keywords(project, keyword):
    edit(project, "right, scale=1.0,", f"right, scale=1.0, {keyword},")
    assert "shows hidden values" in refusal(project)


def test_a_hidden_test_may_not_assert(project):
    check = "    check_gradient(constant_gradient, arguments, right, scale=1.0,"
    edit(project, check, f"    assert constant_gradient(**arguments) == right\n{check}")
    text = refusal(project)
    assert "test_values is hidden, but asserts: a failure quotes that line" in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("points: 2", "points: two"),
        ("points: 2", "points: [2"),
        ("name: q1a_i\n", "name: [q1a_i\n"),
    ],
)
def test_a_fault_is_not_followed_by_others_that_it_causes(project, old, new):
    edit(project, old, new)
    assert len(refusal(project).splitlines()) == 1


def test_cleaning_splits_a_source_that_is_one_string(project):
    path = project / MASTER
    before = path.read_bytes()
    notebook = json.loads(before)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    path.write_text(json.dumps(notebook))
    assert __main__.main(["--clean", "--root", str(project)]) == 0
    assert path.read_bytes() == before


def test_every_fault_is_listed_at_once(project):
    edit(project, "about 10 minutes", "a while")
    edit(project, "def test_sizes(", "def test_values(")
    assert len(refusal(project).splitlines()) == 2


def test_saved_outputs_are_refused_and_cleaned_away(project, capsys):
    path = project / MASTER
    before = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["authors"] = [{"name": "me"}]
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [nbformat.v4.new_output("stream", text="hello")]
    notebook = nbformat.v4.upgrade(notebook)
    notebook.nbformat_minor = 5
    nbformat.write(notebook, path)
    text = refusal(project)
    for fault in ("saved outputs", "metadata beyond", "cell ids"):
        assert fault in text
    assert text.count("make format") == 3
    assert __main__.main(["--clean", "--root", str(project)]) == 0
    assert "cleaned" in capsys.readouterr().out
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda p: (p / MASTER).unlink(), "is missing from assignment/"),
        (lambda p: (p / MASTER).write_text("{not json"), "line 1 column 2"),
        (lambda p: (p / MASTER).write_text("{}"), "is not a valid notebook"),
        (lambda p: (p / MASTER).write_text('{"cells": 1, "nbformat": 4}'), "is not a valid notebook"),
        (lambda p: shutil.copy(p / MASTER, p / "assignment/copy.ipynb"), "not listed under"),
        (lambda p: (p / "otter_config.json").write_text("{"), "not valid JSON"),
        (lambda p: (p / "otter_config.json").write_text('{"show_hiden": 1}'), "show_hiden"),
        (lambda p: (p / "otter_config.json").unlink(), "restore it from git"),
        (lambda p: (p / "assignment/config.yml").write_text("fils: [lab]"), "fils"),
        (lambda p: (p / "assignment/config.yml").write_text("files: [lib]"), "names lib, which is not"),
        (lambda p: (p / "assignment/config.yml").write_text("a: b: c"), "not valid YAML"),
        (lambda p: (p / "assignment/config.yml").unlink(), "restore it from git"),
        (lambda p: (p / "assignment/config.yml").write_text(""), "must hold `key: value` lines"),
        (lambda p: (p / "assignment/config.yml").write_bytes(b"\xff\xfe"), "is not UTF-8 text"),
        (lambda p: edit(p, "files:\n  - lab", "files: lab", CONFIG), "files must be a list of names, but is 'lab'"),
        (lambda p: edit(p, "  - lab", "  - 3", CONFIG), "files must be a list of names, but is [3]"),
        (lambda p: edit(p, "files: true", "files: maybe", CONFIG), "tests: files must be true or false, but is 'maybe'"),
        (lambda p: (p / "assignment/STUDENT.md").unlink(), "assignment/STUDENT.md is missing: restore it from git"),
        (lambda p: shutil.rmtree(p / "assignment/lab"), "assignment/config.yml names lab, which is not in assignment/: correct or remove it"),
        (lambda p: (p / "assignment/lab/data.py").write_text("x = 1\ndef f(:\n"), "assignment/lab/data.py, line 2: invalid syntax"),
        (lambda p: shutil.copy(p / "assignment/lab/data.py", p / "assignment/lab/data-Copy1.py"), "assignment/lab/data-Copy1.py looks like a copy: delete it or,"),
        (lambda p: (p / "assignment/lab/checkpoints/relu_sgd (1).npz").touch(), "assignment/lab/checkpoints/relu_sgd (1).npz looks like a copy: delete it or,"),
        (lambda p: edit(p, "# python==", "# Python ", "assignment/requirements.txt"), "requirements.txt does not say which Python grading runs: add a line like `# python==3.14`"),
        (lambda p: edit(p, "files:\n", 'python_version: "3.12"\nfiles:\n', CONFIG), "python_version comes from requirements.txt: remove that key"),
        (lambda p: edit(p, '"show_hidden": true', '"show_hidden": "yes"', GRADING), "otter_config.json: show_hidden must be true or false, but is 'yes'"),
        (lambda p: edit(p, "{", '{"points_possible": 5,', GRADING), "otter_config.json: points_possible contradicts the points"),
        (lambda p: edit(p, "{", '{"score_threshold": 0.5,', GRADING), "otter_config.json: score_threshold contradicts the points"),
        (lambda p: edit(p, "{", '{"seed": 42,', GRADING), "otter_config.json: seed is nothing that homework.zip knows"),
        (lambda p: edit(p, "isolated_grader", "grader", GRADING), "Unexpected key found in config: 'grader'"),
        (lambda p: edit(p, "after_published", "later", GRADING), "hidden_tests must be one of hidden, after_due_date, after_published, visible"),
        (lambda p: edit(p, '"memory_mb": 384', '"memory_mb": "all"', GRADING), "memory_mb must be a positive number, but is 'all'"),
        (lambda p: edit(p, "memory_mb", "ram_mb", GRADING), "ram_mb is not a limit"),
        (lambda p: edit(p, "title =", "logo = ''\ntitles = 1\ntitle =", "pyproject.toml"), "[tool.homework] has no setting titles: settings are course, due, "),
        (lambda p: (p / "otter_config.json").write_bytes(b"\xff\xfe"), "is not UTF-8 text"),
        (lambda p: (p / "pyproject.toml").write_text('project.version = "1"\ntool.homework.title = "x"'), "[tool.homework] masters must be a list of names, but is None"),
        (lambda p: (p / "pyproject.toml").write_text("tool = 3"), "pyproject.toml: tool must be a table, but is 3"),
        (lambda p: (p / "pyproject.toml").write_text('[tool]\nhomework = "x"'), "pyproject.toml: homework must be a table, but is 'x'"),
        (lambda p: (p / "pyproject.toml").write_text('project.version = "1"\ntool.homework = {title = "x", masters = "x"}'), "masters must be a list of names, but is 'x'"),
        (lambda p: (p / "pyproject.toml").write_text("[tool"), "pyproject.toml is not valid TOML"),
        (lambda p: (p / "pyproject.toml").write_bytes(b"\xff\xfe"), "is not UTF-8 text"),
        (lambda p: (p / "pyproject.toml").unlink(), "pyproject.toml is missing: restore it from git"),
    ],
)  # fmt: skip
def test_broken_input_ends_in_one_line_and_replaces_nothing(project, break_it, words, capsys):
    break_it(project)
    before = snapshot(project)
    assert __main__.main(["--root", str(project)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 2
    assert snapshot(project) == before


def snapshot(project: Path) -> dict[str, bytes]:
    return {p.as_posix(): p.read_bytes() for p in project.rglob("*") if p.is_file()}


def test_an_unwritable_project_ends_in_one_line(project, monkeypatch, capsys):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", str(project / ".release-1-x"))

    monkeypatch.setattr(__main__.tempfile, "TemporaryDirectory", refuse)
    assert __main__.main(["--root", str(project)]) == 1
    error = capsys.readouterr().err
    assert f"{project}: Permission denied. Make it readable and writable" in error


def test_what_cannot_be_copied_ends_in_one_line(project, monkeypatch, capsys):
    def fail(*_):
        raise shutil.Error([("lab/data.py", "there", "[Errno 13] Permission denied")])

    monkeypatch.setattr(__main__, "build", fail)
    assert __main__.main(["--root", str(project)]) == 1
    error = capsys.readouterr().err.strip().splitlines()
    assert error[1:] == [
        "lab/data.py: [Errno 13] Permission denied. Make it readable, then run this again"
    ]


def test_ctrl_c_ends_in_one_line(project, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "build", stop)
    before = snapshot(project)
    assert __main__.main(["--root", str(project)]) == 1
    assert capsys.readouterr().err == "\nStopped. Nothing was replaced.\n"
    assert snapshot(project) == before


def test_sigterm_ends_like_ctrl_c(root, project):
    before = snapshot(project)
    command = [sys.executable, "-m", "autograder.release", "--root", str(project)]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) as process:
        while not list(project.glob(".release-*/work")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        error = process.communicate()[1]
    assert process.returncode == 1
    assert error == "\nStopped. Nothing was replaced.\n"
    assert snapshot(project) == before


def test_folders_of_dead_processes_are_removed_and_no_others(project):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    dead = project / f".release-{done.pid}-abc"
    alive = project / f".release-{os.getppid()}-abc"
    for folder in (dead, alive):
        folder.mkdir()
    with __main__._temporary_folder(project) as mine:
        assert Path(mine).name.startswith(f".release-{os.getpid()}-")
        assert not dead.exists()
        assert alive.exists()


def test_a_temporary_folder_that_cannot_be_removed_is_no_failure(project, monkeypatch):
    def refuse_to(path, *_, **__):
        raise OSError(16, "Device or resource busy", str(path))

    with __main__._temporary_folder(project) as folder:
        (Path(folder) / "file").write_text("")
        monkeypatch.setattr(os, "unlink", refuse_to)
        monkeypatch.setattr(os, "rmdir", refuse_to)
    monkeypatch.undo()
    assert Path(folder).exists()


def prepare(project: Path) -> Path:
    """Return a built release in the project that differs from the one in place."""
    folder = project / ".release-test"
    for name in ("student", "solutions", "autograder"):
        shutil.copytree(project / name, folder / name)
    (folder / "student/new.txt").write_text("new")
    return folder


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", range(8))
def test_ctrl_c_while_putting_into_place_brings_the_old_release_back(
    project, monkeypatch, step, when
):
    before = snapshot(project)
    folder = prepare(project)
    replace, calls = os.replace, iter(range(99))

    def interrupted(source, target):
        is_it = next(calls) == step
        if is_it and when == "before":
            raise KeyboardInterrupt
        replace(source, target)
        if is_it:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        generated.put_into_place(folder, project)
    shutil.rmtree(folder)
    assert snapshot(project) == before


def test_a_release_is_put_into_place(project):
    generated.put_into_place(prepare(project), project)
    assert (project / "student/new.txt").exists()


def test_the_zip_of_a_notebook_that_is_no_more_goes_with_the_old_release(project):
    folder = prepare(project)
    for name in ("autograder/relu_sgd.zip", "solutions/relu_sgd.ipynb"):
        (folder / name).unlink()
    gone = generated.put_into_place(folder, project)
    assert gone == ["autograder/relu_sgd.zip", "solutions/relu_sgd.ipynb"]
    assert not (project / "autograder/relu_sgd.zip").exists()
    assert (project / "autograder/gradient_descent.zip").exists()


def test_what_the_last_release_wrote_is_known(project):
    (project / "student/__pycache__").mkdir()
    (project / "student/__pycache__/x.pyc").write_text("litter")
    (project / "student/requirements.txt").unlink()  # deleted is no work
    generated.check_untouched(project)


@pytest.mark.parametrize(
    "name",
    [
        "student/relu_sgd.ipynb",
        "student/tests/q1a_i.py",
        "solutions/relu_sgd.html",
        "autograder/homework.zip",
    ],
)
def test_an_edited_file_is_never_overwritten(project, capsys, name):
    path = project / name
    path.write_bytes(path.read_bytes() + b"mine")
    before = snapshot(project)
    assert __main__.main(["--root", str(project)]) == 1
    assert f"{name} is not what the last release wrote" in capsys.readouterr().err
    assert snapshot(project) == before


def test_a_file_that_is_edited_during_a_release_is_not_overwritten(project, monkeypatch, capsys):
    def edit(*_):
        (project / "student/relu_sgd.ipynb").write_text("mine")

    monkeypatch.setattr(__main__, "build", edit)
    for name in ("build_package", "scan", "verify", "write_manifest"):
        monkeypatch.setattr(__main__, name, lambda *_: None)
    assert __main__.main(["--root", str(project)]) == 1
    assert "student/relu_sgd.ipynb is not what the last release wrote" in capsys.readouterr().err
    assert (project / "student/relu_sgd.ipynb").read_text() == "mine"


@pytest.mark.parametrize("manifest", [None, "", "[]", "{"])
def test_without_a_list_of_what_was_written_nothing_is_overwritten(project, manifest):
    path = project / generated.MANIFEST
    path.unlink() if manifest is None else path.write_text(manifest)
    with pytest.raises(ReleaseError, match=r"release.json is missing or damaged"):
        generated.check_untouched(project)
    for folder in generated.FOLDERS:
        shutil.rmtree(project / folder)
    for zip_path in (project / "autograder").glob("*.zip"):
        zip_path.unlink()
    generated.check_untouched(project)


def test_foreign_files_are_refused_and_never_deleted(project):
    (project / "student/my_try.ipynb").write_text("mine")
    words = (
        "student/my_try.ipynb is not part of the release: move it away or delete it, then run "
        "this again"
    )
    with pytest.raises(ReleaseError) as caught:
        generated.check_untouched(project)
    assert str(caught.value) == words
    for name in ("autograder/a.zip", "solutions/b.txt"):
        (project / name).write_text("mine")
    with pytest.raises(ReleaseError, match=r"a.zip, solutions/b.txt and student/my_try.ipynb are"):
        generated.check_untouched(project)
    for number in range(20):
        (project / f"student/{number}.txt").write_text("mine")
    with pytest.raises(ReleaseError, match=r"and 13 more are not part of"):
        generated.check_untouched(project)


def test_a_failure_while_putting_into_place_brings_the_old_release_back(project, monkeypatch):
    before = snapshot(project)
    built = prepare(project)
    replace = os.replace

    def fail_at_the_zip(source, target):
        if str(target).endswith(".zip") and ".release-test" not in str(target):
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_at_the_zip)
    with pytest.raises(OSError, match="No space left"):
        generated.put_into_place(built, project)
    monkeypatch.undo()
    shutil.rmtree(built)
    after = snapshot(project)
    assert {k: v for k, v in after.items() if not k.endswith(".zip")} == {
        k: v for k, v in before.items() if not k.endswith(".zip")
    }


# -- leaks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("lab/a.py", "def g(a, b):\n    return 2 * numpy.mean(a - b)\n", "solution of q1a_i"),
        ("lab/a.py", "value = lambda p, q: np.sum(p * q) / np.sum(p**2)\n", "solution of q1b_ii"),
        ("lab/a.py", "def f(t, v, s):\n    return t - s * g(t, v)\n", "solution of q1a_iii"),
        ("README.md", "Just write `2 * np.mean(t - values)` there.", "solution of q1a_i "),
        ("README.md", "```python\n2 * np.mean(t - values)\n```", "solution of q1a_i "),
        ("lab/a.py", "def middle(values):\n    return values.mean()\n", "solution of q1a_ii "),
        ("lab/a.py", "g = (a - b).mean() * 2.0\n", "solution of q1a_i "),
        ("lab/a.py", "g = 2 * jnp.average(np.subtract(a, b))\n", "solution of q1a_i "),
        (
            "lab/a.py",
            "def f(a, b):\n    return np.multiply(mean(a - b), 2)\n",
            "solution of q1a_i ",
        ),
        ("lab/a.py", "t = (q * p).sum() / np.sum(q**2)\n", "solution of q1b_ii"),
        ("lab/a.py", "t = (q * p).sum() / np.sum(p**2)\n", "solution of q1b_ii"),
        (
            "lab/a.py",
            "def f(x, w, b, v, c):\n    h = np.maximum(b + w * x[:, None], 0)\n    return c + h.dot(v)\n",
            "solution of q2b",
        ),
        (
            "lab/a.py",
            "def f(x, w, b, v, c):\n    h = np.maximum(w * x[:, None] + b, 0)\n    return np.dot(h, v) + c\n",
            "solution of q2b",
        ),
        ("lab/a.py", "# 2.0*np.mean( t-values )\n", "solution of q1a_i "),
        ("lab/a.py", '"""Write 2 * np.mean(t - values)."""\n', "solution of q1a_i "),
        ("README.md", "Just write 2 * np.mean(t - values) there.", "solution of q1a_i "),
        ("lab/a.html", "<p>z = x[:, None] * w + b, as ever</p>", "solution of q2d"),
        ("lab/a.json", '{"hint": "2 * np.mean(t - values)"}', "solution of q1a_i "),
        ("lab/a.csv", "2 * np.mean(t - values)\n", "solution of q1a_i "),
        ("lab/a.xlsx", "1\n", "student/lab/a.xlsx is of a kind that is not handed out: kinds are "),
        ("lab/a.py.bak", "1\n", "is of a kind that is not handed out"),
        ("lab/a.py", b"\xff", "student/lab/a.py is not UTF-8 text"),
        (
            "README.md",
            "Note: each. Each   step multiplies the\ndistance by $1 - 2\\alpha$.",
            "model answer of q1a_iii",
        ),
        (
            "README.md",
            r"$$\theta_{\text{new}} - \bar y = (1 - 2\alpha) (\theta-\bar y)$$",
            "model answer of q1a_iii",
        ),
        (
            "lab/a.py",
            "z = [2, -1, 0.25, 4,\n     -1.5]\n",
            "numbers of the hidden test test_values of q1a_i",
        ),
        ("lab/a.py", "SEED = 1_101\n", "value of the hidden test test_sizes of q1a_i"),
        ("lab/a.py", "HERE = '/opt/course'\n", "absolute path (/opt/"),
        ("lab/a.py", "HERE = '/scratch/course'\n", "absolute path (/scratch/"),
        ("lab/a.py", "HERE = '/Volumes/course'\n", "absolute path (/Volumes/"),
        ("lab/a.py", "HERE = '/srv/course'\n", "absolute path (/srv/"),
        ("README.md", "**Derivation.** Setting the gradient to zero,", "model answer of q1a_ii"),
        (
            "lab/a.py",
            "for n in (1, 3, 8, 101, 2003, 2):\n    pass\n",
            "hidden test test_sizes of q1a_i",
        ),
        ("lab/a.py", "SEED = 1101\n", "value of the hidden test test_sizes of q1a_i"),
        ("lab/a.py", "HERE = '/home/me/course'\n", "absolute path (/home/"),
        ("README.md", r"C:\Users\me", "absolute path"),
    ],
)
def test_a_leak_is_found_under_any_name(tmp_path, masters, name, text, words):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReleaseError, match=r"student/") as caught:
        leaks.scan(masters, tmp_path)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda nb: nb.cells[2].update(source="2 * np.mean(theta - y)", outputs=[]), "solution of q1a_i"),
        (lambda nb: nb.metadata.update(authors=["me"]), "(authors)"),
        (lambda nb: nb.cells[0].metadata.update(vscode={}), "(vscode)"),
        (lambda nb: code_cell(nb).update(execution_count=3), "saved outputs"),
    ],
)  # fmt: skip
def test_a_leak_in_a_student_notebook_is_found(project, masters, change, words):
    path = project / "student/gradient_descent.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    path.write_text(json.dumps(notebook))
    with pytest.raises(ReleaseError) as caught:
        leaks.scan(masters, project / "student")
    assert words in str(caught.value)


def code_cell(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def test_the_committed_student_folder_is_free_of_leaks(root, masters):
    leaks.scan(masters, root / "student")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "Take `np.mean(values)`, or np.mean(values) if you like."),
        (
            "lab/a.py",
            "middle = np.mean(values)\n\n\ndef f(x):\n    print(x)\n    return np.mean(x)\n",
        ),
        ("lab/a.py", "x = np.array([1.0, 4.5, 2.5, -3.0, 9.0])\n"),
        ("lab/__pycache__/a.pyc", "/home/me"),
    ],
)
def test_what_is_everywhere_is_no_leak(tmp_path, masters, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    leaks.scan(masters, tmp_path)


def test_equal_problems_are_listed_once():
    with pytest.raises(ReleaseError, match=r"^a\nb$"):
        refuse(["a", "b", "a"])


def test_every_solution_has_a_shape_that_the_scan_looks_for(masters):
    for master in masters:
        for question in master.questions:
            for function in question.functions:
                assert any(leaks.solution_shapes(function)), function.name


# -- running notebooks -------------------------------------------------------------------------


def notebook_of(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells, metadata=CLEAN_METADATA)


def test_a_cell_that_raises_is_named_with_what_it_raises(tmp_path):
    notebook = notebook_of("x = 1", "# look\nprint('noise')\nraise ValueError('a\\nb')")
    with pytest.raises(ReleaseError) as caught:
        build.run_cells(notebook, tmp_path)
    assert str(caught.value) == "cell 2 (`# look`) raises ValueError: a b: correct the cell"


def test_a_long_temporary_folder_does_not_stop_the_kernel(tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr(build.tempfile, "tempdir", str(folder))
    build.run_cells(notebook_of("1"), tmp_path)


def test_a_figure_that_gave_up_is_refused():
    notebook = notebook_of("x = 1", "plot()")
    text = "ok\nNothing to look at: ValueError: no\n"
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text=text)]
    with pytest.raises(ReleaseError, match=r"cell 2 \(`plot\(\)`\) gives up: Nothing to look"):
        build.check_printed(notebook, ("Nothing to look at",))
    notebook.cells[1].outputs[0].text = "ok\n"
    build.check_printed(notebook, ("Nothing to look at",))


def test_a_broken_formula_is_named():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(r"so $\frac{$")])
    with pytest.raises(ReleaseError, match=r"cannot convert \$\\frac{\$ \(.*: correct the formula"):
        build.to_html(notebook, "title")


def test_everything_that_the_config_lists_is_handed_out(project, tmp_path):
    edit(project, "  - lab", "  - lab\n  - extra/data.txt", CONFIG)
    (project / "assignment/extra").mkdir()
    (project / "assignment/extra/data.txt").write_text("1")
    handed_out = hand_out(project, tmp_path)
    assert (handed_out / "extra/data.txt").read_text() == "1"
    assert (handed_out / "lab/data.py").exists()


def hand_out(project: Path, folder: Path) -> Path:
    """Write what notebooks share, as students get it, into a folder; return that place."""
    declared, out = read_declared(project), folder / "out"
    out.mkdir()
    assignment = build.prepare(project, folder / "prepared", declared)
    build._copy_student_files(project, assignment, out, declared)
    return out


LITTER = [
    "._data.py", ".#data.py", ".data.py.swp", "data.py~", "#data.py#", ".DS_Store", "Thumbs.db",
    "desktop.ini", "data.py:Zone.Identifier", ".~lock.relu_sgd.json#", "__pycache__/data.pyc",
    ".ipynb_checkpoints/data-checkpoint.py", ".ruff_cache/x", "__MACOSX/._x.json",
]  # fmt: skip


def test_what_programs_leave_behind_stops_no_release_and_is_not_handed_out(project, tmp_path):
    before = snapshot(project / "assignment/lab").keys()
    for folder in ("lab", "lab/checkpoints"):
        for name in LITTER:
            path = project / "assignment" / folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"\x00\xff")
    (project / "assignment/lab/.#call.py").symlink_to("me@here.1234")  # Emacs has it open
    (project / "assignment/._gradient_descent.ipynb").write_bytes(b"\x00\xff")
    read_masters(project)
    handed_out = hand_out(project, tmp_path) / "lab"
    names = {str(Path(path).relative_to(project / "assignment/lab")) for path in before}
    found = {str(Path(path).relative_to(handed_out)) for path in snapshot(handed_out)}
    assert found == names | {"explorer.html"}


@pytest.mark.parametrize(
    "name",
    [
        "data-Copy1.py", "data copy.py", "data - Copy (2).py", "data - Kopie.py", "data (1).py",
        "data (Jane's conflicted copy 2026-01-01).py", "Copy of data.py", "data.bak.py",
        "data.sync-conflict-20260101-120000-ABCDEFG.py", "data_old.py", "data_backup2.py",
        "points-Copy1.csv", "points(1).csv", "points copy.csv", "points.orig.csv", "points_old.csv",
        "points_conflict-20260101-120000.csv", "more (1)", "more-Copy1", "_copied/points-Copy1.csv",
    ],
)  # fmt: skip
def test_a_copy_is_named_wherever_it_lies(tmp_path, name):
    for original in ("data.py", "points.csv", "more/x.csv", "_copied/points.csv", name):
        path = tmp_path / "lab" / original
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (problem,) = names.name_problems(tmp_path, tmp_path / "lab")
    assert problem.startswith(f"lab/{name} looks like a copy: delete it")


def test_a_hidden_file_is_named(tmp_path):
    (tmp_path / "lab/.git").mkdir(parents=True)
    (problem,) = names.name_problems(tmp_path, tmp_path / "lab")
    assert problem.startswith("lab/.git is hidden")


def test_names_that_people_choose_are_no_copies(tmp_path):
    good = ("data.py", "copy.py", "old_data.py", "run-1.npz", "run-2.npz", "run.v2.csv", "mesures_é.csv",
            "data_older.py", "copying/notes.md", "__init__.py", "_backup.py", "database.py")  # fmt: skip
    for name in good:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(names.name_problems(tmp_path, tmp_path)) == []


def test_a_copy_among_the_modules_of_the_grader_is_refused(monkeypatch, root, tmp_path):
    grader = shutil.copytree(package.GRADER, tmp_path / "autograder/grader")
    monkeypatch.setattr(package, "GRADER", grader)
    assert "grader/report.py" in package._grader()
    (grader / "report-Copy1.py").touch()
    with pytest.raises(ReleaseError, match=r"autograder/grader/report-Copy1\.py looks like a copy"):
        package._grader()


def test_a_lab_that_raises_ends_in_one_line(project, tmp_path):
    (project / "assignment/lab/data.py").write_text("raise ValueError('broken')\n")
    with pytest.raises(
        ReleaseError,
        match=r"lab.explorer:shipped_page cannot write explorer.html: ValueError: broken",
    ):
        build.prepare(project, tmp_path / "out", read_declared(project))


# -- verification ------------------------------------------------------------------------------


def built(project: Path) -> list:
    """Build the release of a project's first master in place, and return that master alone."""
    masters = read_masters(project)[:1]
    for name in ("student", "solutions", "autograder"):
        shutil.rmtree(project / name)
    build.build(project, masters, project, Cache(None))
    return masters


def test_what_only_running_can_tell_is_refused(project):
    """A wrong solution, a test that passes on the stub, and a picture that raises on the stub."""
    edit(project, "return 2 * np.mean(theta - y)", "return np.mean(theta - y)")
    passing = "    y, constant_gradient = np.ones(3), lambda theta, y: -2.48"
    edit(project, "    y = np.array([1.0, 8.3, 1.3, -0.1, 6.2])", passing)
    edit(project, "with waiting():", "constant_gradient(1.0, y)\nwith waiting():")
    masters = built(project)
    with pytest.raises(ReleaseError) as caught:
        verify.verify(masters, project, Cache(None))
    text = str(caught.value)
    where = (
        r"cell 22 \(q1a_i, `def test_sizes\(constant_gradient\):`\): the solution fails test_sizes:"
    )
    said = r"\n.*check_gradient(.|\n)*?  call +constant_gradient\(theta=(.|\n)*?  returned +-?\d(.|\n)*?  expected +-?\d"
    assert re.search(where + said, text)
    assert (
        "(q1a_i, `def test_public(constant_gradient):`): test_public passes on the untouched stub"
        in text
    )
    assert "cell 28 (after q1a_i, `constant_gradient(1.0, y)`) raises NotImplementedError" in text


def test_a_test_file_that_does_not_load_is_refused(root, project, masters):
    path = project / "autograder/gradient_descent.zip"
    broken = path.with_suffix(".broken")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data + b"\n(" if name == "tests/q1b_i.py" else data)
    broken.replace(path)
    with pytest.raises(ReleaseError, match=r"does the test file load|otter run fails"):
        refuse(verify._check_solution(masters[0], project, Cache(None)))


# -- rebuilding --------------------------------------------------------------------------------


def test_a_build_from_another_folder_is_the_same_to_the_byte(root, project, masters, tmp_path):
    built = tmp_path / "as built"
    built.mkdir()
    build.build(project, masters, built, Cache(None))
    package.build_package(project, masters, built)
    generated.write_manifest(built)
    generated.compare(built, root)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: (p / "student/tests/q1a_i.py").write_text(""), "differs:   student/tests/q1a_i.py"),
        (lambda p: (p / "student/extra.txt").write_text(""), "left over: student/extra.txt"),
        (lambda p: (p / "student/requirements.txt").unlink(), "missing:   student/requirements.txt"),
    ],
)  # fmt: skip
def test_check_says_what_differs_and_the_cure(root, project, change, words):
    change(project)
    with pytest.raises(ReleaseError) as caught:
        generated.compare(root, project)
    assert words in str(caught.value)
    assert "make release" in str(caught.value)


def test_check_names_the_entries_of_a_zip_that_differ(root, project):
    path = project / "autograder/gradient_descent.zip"
    path.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tests/q1a_i.py", "")
    with pytest.raises(ReleaseError, match=r"gradient_descent.zip \(environment.yml, "):
        generated.compare(root, project)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("autograder/gradient_descent.zip", "gradient_descent.zip (not a zip file)"),
        ("solutions/gradient_descent.ipynb", "differs:   solutions/gradient_descent.ipynb"),
        ("solutions/gradient_descent.html", "differs:   solutions/gradient_descent.html"),
    ],
)
@pytest.mark.parametrize("data", [b"\xff\xfe", b"[1]", b"PK"])
def test_check_takes_broken_files_for_different(root, project, name, words, data):
    (project / name).write_bytes(data)
    with pytest.raises(ReleaseError) as caught:
        generated.compare(root, project)
    assert words in str(caught.value)


def test_check_compares_every_byte_of_a_solution(root, project):
    path = project / "solutions/gradient_descent.ipynb"
    text = path.read_text(encoding="utf-8")
    for old, new in [
        ('"image/png": "iVBOR', '"image/png": "iVBORx'),
        ("2 * np.mean", "3 * np.mean"),
    ]:
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ReleaseError, match=r"differs:   solutions/gradient_descent.ipynb"):
            generated.compare(root, project)


# -- what a homework declares ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('title = ""', "title is missing or empty"),
        ("course = 7", "course must be one line of text, but is 7"),
        ('due = "1 March"', "due must be a date with time and distance from UTC, but is '1 March'"),
        ("due = 2027-03-01T23:59:00", "due must be a date with time and distance from UTC"),
        ("due = 2027-03-01", "due must be a date with time and distance from UTC"),
        ('logo = "nowhere.png"', "logo: there is no assignment/nowhere.png"),
        ('logo = "requirements.txt"', "logo must name a picture in assignment/"),
        ("never_printed = [1]", "never_printed must be a list of texts"),
        ("pages = 1", "pages must be a table of files, but is 1"),
        ('pages = {"../b.html" = "lab.explorer:page"}', 'write it like "page.html" ='),
        ('pages = {"a.html" = "page"}', 'write it like "page.html" ='),
    ],
)
def test_a_broken_setting_of_the_homework_is_refused_in_one_line(tmp_path, line, words):
    settings = {"title": "'x'", "masters": "['a']"}
    name, _, value = line.partition(" = ")
    lines = [f"{key} = {text}" for key, text in (settings | {name: value}).items()]
    text = "\n".join(["[project]", "version = '1'", "[tool.homework]", *lines])
    (tmp_path / "assignment").mkdir()
    (tmp_path / "assignment/requirements.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ReleaseError) as caught:
        read_declared(tmp_path)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# -- what did not change is not run again ----------------------------------------------------------


def text_of(notebook: nbformat.NotebookNode, folder: Path, known: Cache) -> str:
    build.execute(notebook, folder, known)
    return notebook.cells[-1].outputs[0].text


def test_cells_are_run_again_only_if_they_or_what_they_read_has_changed(tmp_path):
    folder, known = tmp_path / "beside", Cache(tmp_path / "known")
    folder.mkdir()
    (folder / "data.txt").write_text("1")
    count = "n = open('../count').read() if len(open('data.txt').read()) else 0; print(n)"
    (tmp_path / "count").write_text("first")
    assert text_of(notebook_of(count), folder, known) == "first\n"
    (tmp_path / "count").write_text("second")
    text = nbformat.v4.new_markdown_cell("A sentence.")
    with_text = notebook_of(count)
    with_text.cells.insert(0, text)
    assert text_of(with_text, folder, known) == "first\n"
    assert text_of(with_text, folder, Cache(None)) == "second\n"
    (folder / "data.txt").write_text("2")
    assert text_of(notebook_of(count), folder, known) == "second\n"
    (tmp_path / "count").write_text("third")
    assert text_of(notebook_of(f"{count}  # other"), folder, known) == "third\n"


def test_a_cell_that_raises_is_run_again(tmp_path):
    known = Cache(tmp_path / "known")
    for _ in range(2):
        with pytest.raises(ReleaseError, match="raises ZeroDivisionError"):
            build.execute(notebook_of("1 / 0"), tmp_path, known)


def test_what_a_release_did_not_ask_for_is_forgotten(tmp_path):
    for key in ("old", "new"):
        known = Cache(tmp_path)
        assert known.get([key], lambda: [1]) == [1]
    known.forget_others()
    assert len(list(tmp_path.iterdir())) == 1
    assert known.get(["new"], lambda: [2]) == [1]
    next(tmp_path.iterdir()).write_text("[")  # cut off
    assert known.get(["new"], lambda: [2]) == [2]


# -- what an executed solution keeps ---------------------------------------------------------------


def picture(colour: str = "tab:blue", height: float = 1.0, level: int = 9) -> str:
    """Return a line drawing as a PNG in base64."""
    figure, png = Figure(figsize=(3, 2)), io.BytesIO()
    figure.subplots().plot([0.0, 0.5, 1.0], [0.0, height, 0.3], color=colour)
    figure.savefig(png, format="png", pil_kwargs={"compress_level": level})
    return base64.b64encode(png.getvalue()).decode()


def executed(png: str) -> nbformat.NotebookNode:
    """Return a notebook with one picture, as such and inside HTML."""
    data = {"image/png": png, "text/html": f'<img src="data:image/png;base64,{png}"> new words'}
    cell = nbformat.v4.new_code_cell(
        "draw()", outputs=[nbformat.v4.new_output("display_data", data)]
    )
    return nbformat.v4.new_notebook(cells=[cell])


def pictures_kept(new: str, old: str, path: Path) -> set[str]:
    """Return the pictures in a new notebook, after the old one's were kept where they look alike."""
    notebook = executed(new)
    nbformat.write(executed(old), path)
    pictures.keep_pictures(notebook, path)
    data = notebook.cells[0].outputs[0]["data"]
    assert data["text/html"].endswith("new words")
    return {data["image/png"], *pictures.EMBEDDED.findall(data["text/html"])}


def test_a_picture_of_the_same_pixels_in_other_bytes_is_kept(tmp_path):
    new, old = picture(level=1), picture(level=9)
    assert new != old
    assert pictures_kept(new, old, tmp_path / "old.ipynb") == {old}


def test_a_picture_whose_numbers_are_rounded_otherwise_is_kept(tmp_path):
    new, old = picture(height=1.0 + 1e-9), picture(level=1)
    assert pictures_kept(new, old, tmp_path / "old.ipynb") == {old}


@pytest.mark.parametrize("other", [{"colour": "tab:cyan"}, {"colour": "#1f77c4"}, {"height": 1.01}])
def test_a_changed_drawing_takes_the_place_of_the_old_one(tmp_path, other):
    new = picture(**other)
    assert pictures_kept(new, picture(), tmp_path / "old.ipynb") == {new}


@pytest.mark.parametrize("old", ["", "aGVsbG8=", "iVBORx"])
def test_what_is_no_picture_is_replaced(tmp_path, old):
    new = picture()
    assert pictures_kept(new, old, tmp_path / "old.ipynb") == {new}


@pytest.mark.parametrize("text", [None, "", "[1]", "{}"])
def test_without_an_earlier_notebook_pictures_stay_as_they_are(tmp_path, text):
    path, notebook = tmp_path / "old.ipynb", executed(picture())
    if text is not None:
        path.write_text(text)
    pictures.keep_pictures(notebook, path)
    assert notebook.cells[0].outputs[0]["data"]["image/png"] == picture()


def run_cell(source: str) -> nbformat.NotebookNode:
    """Return a notebook of one cell, executed and made reproducible."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    build.run_cells(notebook, Path("."))
    build._make_reproducible(notebook)
    return notebook


def test_a_progress_bar_is_no_part_of_a_solution(monkeypatch, root):
    monkeypatch.setenv("PYTHONPATH", str(root / "assignment"))
    notebook = run_cell(
        "from time import sleep\n"
        "from lab.training import progress\n"
        "for _ in progress(range(200), 200, patience=0): sleep(0.005)\n"
        "print('done')"
    )
    build.check_warnings(notebook)
    assert [output.text for output in notebook.cells[0].outputs] == ["done\n"]


def test_a_solution_that_warns_is_refused():
    notebook = run_cell("import warnings\nwarnings.warn('old news')")
    with pytest.raises(ReleaseError, match=r"cell 1 \(`import warnings`\) warns: .*old news"):
        build.check_warnings(notebook)


# -- the sentences of mistakes ---------------------------------------------------------------------


def test_homework_json_holds_the_sentences_and_the_functions(root, masters):
    described = package.describe(read_declared(root), masters)["notebooks"]["gradient_descent"]
    functions = {question["id"]: question["functions"] for question in described}
    assert functions["q1a_iv"] == ["constant_contributions", "constant_sgd_update"]
    assert functions["q1b_vote"] == []
    assert package.read_mistakes(("lab.mistakes", "SENTENCES"), root / "assignment") == SENTENCES


def test_a_homework_without_sentences_has_none(project):
    edit(project, 'mistakes = "lab.mistakes:SENTENCES"', "", "pyproject.toml")
    read_masters(project)
    source = read_declared(project).mistakes
    assert package.read_mistakes(source, project / "student") == {}


@pytest.mark.parametrize("value", ['"lab.mistakes"', '"lab.mistakes:"', '"a b:c"', "7", "[]"])
def test_a_broken_place_of_the_sentences_is_refused(project, value):
    edit(project, '"lab.mistakes:SENTENCES"', value, "pyproject.toml")
    assert "[tool.homework] mistakes must name a table of sentences" in refusal(project)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("lab.nowhere:SENTENCES", "No module named 'lab.nowhere'"),
        ("lab.mistakes:NOTHING", "has no attribute 'NOTHING'"),
        ("lab.mistakes:filled", "is not iterable"),
        ("lab.environment:PYTHON_WANTED", "TypeError"),
    ],
)
def test_a_table_that_holds_no_sentences_is_refused_in_one_line(root, value, words):
    with pytest.raises(ReleaseError) as caught:
        package.read_mistakes(tuple(value.split(":")), root / "assignment")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_zip_holds_the_whole_grader_and_nothing_else(root):
    packed = package._grader()
    modules = {
        p.relative_to(root / "autograder").as_posix()
        for p in (root / "autograder/grader").rglob("*.py")
    }
    assert packed.keys() == modules | set(package.START)
