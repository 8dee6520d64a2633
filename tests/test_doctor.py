"""What the first cell of the notebook says."""

from __future__ import annotations

import shutil
import subprocess
import sys

import lab
import pytest
from lab import environment


@pytest.fixture
def homework(root, tmp_path):
    shutil.copy(root / "assignment/requirements.txt", tmp_path)
    (tmp_path / "tests").mkdir()
    return tmp_path


def test_all_is_well_in_the_pinned_environment(homework, capsys):
    assert lab.doctor(homework)
    text = capsys.readouterr().out
    assert "All set" in text
    assert "made and tested with" not in text


def test_a_missing_package_comes_with_the_command_that_mends_it(homework, capsys):
    (homework / "requirements.txt").write_text("numpy==2.4.6\nnosuchpackage==1.2\n")
    assert not lab.doctor(homework)
    assert "%pip install nosuchpackage==1.2" in capsys.readouterr().out


def test_another_version_is_mentioned_and_no_problem(homework, capsys):
    (homework / "requirements.txt").write_text("numpy==1.0\n")
    assert lab.doctor(homework)
    assert "made and tested with 1.0" in capsys.readouterr().out


def test_an_old_python_is_named(homework, capsys, monkeypatch):
    monkeypatch.setattr(environment, "PYTHON_WANTED", (99, 0))
    assert not lab.doctor(homework)
    assert "Python 99.0 or newer is needed" in capsys.readouterr().out


def test_a_torn_apart_folder_is_named(tmp_path, capsys):
    assert not lab.doctor(tmp_path)
    assert "unpack the homework again" in capsys.readouterr().out


def test_lab_and_its_feedback_import_neither_torch_nor_matplotlib(root):
    """Grading imports both, and should not wait for what only draws."""
    code = (
        "import lab, lab.feedback, sys; "
        "print({'torch', 'matplotlib', 'IPython'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root / "assignment", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
