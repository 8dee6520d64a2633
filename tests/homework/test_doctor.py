"""What the first cell of the notebook says."""

from __future__ import annotations

import shutil

import lab
import pytest
from lab import environment


@pytest.fixture
def homework(root, tmp_path):
    shutil.copy(root / "assignment/requirements.txt", tmp_path)
    (tmp_path / "tests").mkdir()
    for name in environment.NOTEBOOKS:
        (tmp_path / name).touch()
    return tmp_path


def test_all_is_well_in_the_pinned_environment(homework, capsys):
    lab.doctor(homework)
    text = capsys.readouterr().out
    assert "All set" in text
    assert "made and tested with" not in text


def test_a_missing_package_comes_with_the_command_that_mends_it(homework, capsys):
    (homework / "requirements.txt").write_text("numpy==2.4.6\nnosuchpackage==1.2\n")
    lab.doctor(homework)
    assert "%pip install nosuchpackage==1.2" in capsys.readouterr().out


def test_another_version_is_mentioned_and_no_problem(homework, capsys):
    (homework / "requirements.txt").write_text("numpy==1.0\n")
    lab.doctor(homework)
    assert "made and tested with 1.0" in (text := capsys.readouterr().out)
    assert "All set" in text


def test_a_renamed_notebook_is_named(homework, capsys):
    (homework / "relu_sgd.ipynb").rename(homework / "relu_sgd (1).ipynb")
    lab.doctor(homework)
    assert (
        "relu_sgd.ipynb is missing from this folder. Did you rename it?" in capsys.readouterr().out
    )


def test_what_one_can_do_without_is_no_problem(homework, capsys, monkeypatch):
    def nothing_installed(name):
        raise environment.PackageNotFoundError(name)

    (homework / "requirements.txt").write_text("torch==2.13.0\njupyterlab==4.6.6\n")
    monkeypatch.setattr(environment, "version", nothing_installed)
    lab.doctor(homework)
    text = capsys.readouterr().out
    assert "(recommended; only train_torch and one cell without points need it: %pip" in text
    assert "%pip install torch==2.13.0" in text
    assert "All set" in text


def test_an_old_python_is_named(homework, capsys, monkeypatch):
    monkeypatch.setattr(environment, "PYTHON_WANTED", (99, 0))
    lab.doctor(homework)
    assert "Python 99.0 or newer is needed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ((3, 13, 2), "Python 3.13.2  (grading runs 3.14)"),
        ((3, 14, 9), "Python 3.14.9  (grading runs 3.14)"),
        ((3, 15, 0), "(grading runs 3.14, an older one: avoid syntax newer than that)"),
    ],
)
def test_what_grading_runs_is_named(homework, capsys, monkeypatch, mine, words):
    (homework / "requirements.txt").write_text("numpy==2.4.6\n# python==3.14\n")
    monkeypatch.setattr(environment.sys, "version_info", mine)
    lab.doctor(homework)
    assert words in (text := capsys.readouterr().out)
    assert "All set" in text


def test_a_torn_apart_folder_is_named(tmp_path, capsys):
    lab.doctor(tmp_path)
    assert "unpack the homework again" in capsys.readouterr().out


def test_lab_and_its_feedback_import_neither_torch_nor_matplotlib(imported):
    """Grading imports both, and should not wait for what only draws."""
    assert imported("import lab, lab.feedback", {"torch", "matplotlib", "IPython"}) == set()
