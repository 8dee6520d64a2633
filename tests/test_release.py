"""What the release tool refuses, in which words, and that it then replaces nothing."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.release import ReleaseError, __main__, build, leaks, verify
from autograder.release.masters import read_masters

MASTER = "assignment/gradient_descent.ipynb"


@pytest.fixture
def project(root, tmp_path) -> Path:
    """A copy of everything that a release is made from, and of the last release."""
    for name in ("assignment", "student", "solutions"):
        shutil.copytree(root / name, tmp_path / name, ignore=build.LITTER)
    (tmp_path / "autograder").mkdir()
    for path in (root / "autograder").glob("*.zip"):
        shutil.copy(path, tmp_path / "autograder")
    for name in ("pyproject.toml", "otter_config.json"):
        shutil.copy(root / name, tmp_path)
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
        ("name: q1a_i\n", "name: q1_a\n", "question id 'q1_a' is broken: write it like"),
        ("name: q1a_ii\n", "name: q1a_i\n", "question id q1a_i stands 2 times"),
        ("name: q1a_i\n", "nmae: q1a_i\n", "correct or remove that key"),
        ("points: 2", "points: two", "points must be a number above 0, but are 'two'"),
        ("points: 2", "points: 3", "the text says 2 points, the config 3"),
        ("points: 2", "points: [2", "is not valid YAML"),
        ("**2 points · ", "**", "the text says none points"),
        ("about 10 minutes", "a while", "the expected time is missing"),
        ("## q1a_i: ", "## The ", "the heading must start with the id: ## q1a_i: ..."),
        ('NotImplementedError("q1a_i: ', 'NotImplementedError("', "constant_gradient needs a stub"),
        ("def test_sizes(", "def test_public(", "two tests are called test_public"),
        ("def test_public(", "x = 1\n\n\ndef test_public(", "a test cell must hold one function"),
        ("def test_public(constant_gradient):", "def test_public(:", "not valid Python"),
        ("# BEGIN TESTS", "# BEGIN QUESTION", "BEGIN QUESTION inside or outside the wrong block"),
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
    assert "gradient_descent.ipynb" in text or "stands 2 times" in text


def test_a_question_needs_hidden_tests(project):
    for _ in range(3):
        edit(project, "# HIDDEN", "# shown")
    assert "(q1a_i): constant_gradient has no hidden test: add one" in refusal(project)


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


def test_every_fault_is_listed_at_once(project):
    edit(project, "about 10 minutes", "a while")
    edit(project, "points: 3", "points: 4")
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
        (lambda p: (p / MASTER).write_text("{not json"), "is not a valid notebook"),
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
        (lambda p: (p / "assignment/STUDENT.md").unlink(), "STUDENT.md"),
        (lambda p: (p / "pyproject.toml").write_text(""), "lists no masters"),
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
        raise PermissionError(13, "Permission denied", str(project))

    monkeypatch.setattr(__main__.tempfile, "TemporaryDirectory", refuse)
    assert __main__.main(["--root", str(project)]) == 1
    assert "Permission denied. Make it readable and writable" in capsys.readouterr().err


def test_a_failure_while_putting_into_place_brings_the_old_release_back(project, monkeypatch):
    before = snapshot(project)
    built = project / ".release-test"
    for name in ("student", "solutions", "autograder"):
        shutil.copytree(project / name, built / name)
    (built / "student/new.txt").write_text("new")
    replace = os.replace

    def fail_at_the_zip(source, target):
        if str(target).endswith(".zip") and ".release-test" not in str(target):
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_at_the_zip)
    with pytest.raises(OSError, match="No space left"):
        __main__.put_into_place(built, project)
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
        ("README.md", "Just write `np.mean(values)` there.", "solution of q1a_ii"),
        ("README.md", "```python\nnp.mean(values)\n```", "solution of q1a_ii"),
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
def test_a_leak_is_found_under_any_name(project, masters, name, text, words):
    (project / "student" / name).write_text(text)
    with pytest.raises(ReleaseError, match=r"student/") as caught:
        leaks.scan(masters, project / "student")
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


def test_every_solution_has_a_shape_that_the_scan_looks_for(masters):
    for master in masters:
        for question in master.questions:
            for function in question.functions:
                assert any(leaks.solution_shapes(function)), function.name


# -- verification ------------------------------------------------------------------------------


def built(project: Path) -> list:
    """Build a project's release in place and return its masters."""
    masters = read_masters(project)
    for name in ("student", "solutions", "autograder"):
        shutil.rmtree(project / name)
    build.build(project, masters, project)
    return masters


def test_a_wrong_solution_is_refused(project):
    edit(project, "return 2 * np.mean(theta - y)", "return np.mean(theta - y)")
    masters = built(project)
    with pytest.raises(ReleaseError, match="the solution fails a test of q1a_i: AssertionError"):
        verify.verify(masters, project)


def test_a_test_that_passes_on_the_stub_is_refused(project):
    edit(
        project,
        "    y = np.array([1.0, 4.5, 2.5, -3.0, 9.0])",
        "    y, constant_gradient = np.ones(3), lambda theta, y: -1.6",
    )
    masters = built(project)
    with pytest.raises(ReleaseError, match="test_public of q1a_i passes on the untouched stub"):
        verify.verify(masters, project)


def test_a_look_that_raises_on_the_stub_is_refused(project):
    edit(project, "with figure(", "constant_gradient(1.0, y)\nwith figure(")
    masters = built(project)
    with pytest.raises(ReleaseError, match=r"untouched, run from top to bottom: .*q1a_i"):
        verify.verify(masters, project)


def test_a_test_file_that_does_not_load_is_refused(root, project, masters):
    path = project / "autograder/gradient_descent.zip"
    broken = path.with_suffix(".broken")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data + b"\n(" if name == "tests/q1b_i.py" else data)
    broken.replace(path)
    with pytest.raises(ReleaseError, match=r"does the test file load|otter run fails"):
        verify.verify(masters, project)


# -- rebuilding --------------------------------------------------------------------------------


def test_a_release_from_another_folder_is_the_same_to_the_byte(root, project):
    assert __main__.main(["--root", str(project)]) == 0
    ours, theirs = __main__._files(root), __main__._files(project)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert not list(project.glob(".release-*"))


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
        __main__.compare(root, project)
    assert words in str(caught.value)
    assert "make release" in str(caught.value)


def test_check_names_the_entries_of_a_zip_that_differ(root, project):
    path = project / "autograder/gradient_descent.zip"
    path.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tests/q1a_i.py", "")
    with pytest.raises(ReleaseError, match=r"gradient_descent.zip \(environment.yml, "):
        __main__.compare(root, project)


def test_check_forgives_pictures_in_solutions_and_nothing_else(root, project):
    path = project / "solutions/gradient_descent.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"image/png": "iVBOR', '"image/png": "iVBORx'), encoding="utf-8")
    __main__.compare(root, project)
    path.write_text(text.replace("2 * np.mean", "3 * np.mean"), encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"differs:   solutions/gradient_descent.ipynb"):
        __main__.compare(root, project)
