"""What the first cell of the notebook says."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import PackageNotFoundError

import lab
import pytest
from lab import environment, figures, network

SIGNS = [(sign, place) for place in environment.PLACES for sign in place.signs]


@pytest.fixture(autouse=True)
def _nowhere_special(monkeypatch):
    """The machine that runs the tests may be one of the places."""
    for sign, _ in SIGNS:
        monkeypatch.delenv(sign, raising=False)
        monkeypatch.delitem(sys.modules, sign, raising=False)
        monkeypatch.delattr(sys.modules["__main__"], sign, raising=False)


@pytest.fixture
def show(monkeypatch):
    """Return a function that makes a sign of a place known, where that place has it."""

    def run(sign):
        if sign == "emscripten":
            monkeypatch.setattr(sys, "platform", sign)
        elif sign == "google.colab":
            monkeypatch.setitem(sys.modules, sign, None)
        elif sign == "__vsc_ipynb_file__":
            monkeypatch.setattr(sys.modules["__main__"], sign, "a.ipynb", raising=False)
        else:
            monkeypatch.setenv(sign, "true")

    return run


@pytest.fixture
def installed(monkeypatch):
    """Return a function that sets which versions are installed; all others are missing."""

    def run(**versions):
        def version(name):
            if name.replace("-", "_") in versions:
                return versions[name.replace("-", "_")]
            raise PackageNotFoundError(name)

        monkeypatch.setattr("importlib.metadata.version", version)

    return run


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


def test_what_one_can_do_without_is_no_problem(homework, capsys, installed):
    (homework / "requirements.txt").write_text("torch==2.13.0\njupyterlab==4.6.6\n")
    installed()
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
    assert "tests is missing from this folder. Unpack the homework" in capsys.readouterr().out


@pytest.mark.parametrize(("sign", "place"), SIGNS)
def test_each_place_is_known_by_each_of_its_signs(homework, capsys, show, sign, place):
    show(sign)
    lab.doctor(homework)
    versions, about, end = capsys.readouterr().out.split("\n\n")
    assert "numpy" in versions
    assert about == "\n  - ".join([f"{place.heading}:", *place.advice])
    assert end.startswith("All set")


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("emscripten", '"Download my notebooks" on the front page'),
        ("emscripten", "The stop button cannot stop a running loop. Kernel > Restart Kernel can."),
        ("google.colab", "all files but your notebook are gone: start again at the first cell"),
        ("google.colab", "File > Save a copy in Drive"),
        ("CODESPACES", "right-click each notebook in the file list > Download"),
        ("JUPYTERHUB_USER", "Your files stay"),
        ("__vsc_ipynb_file__", "should be that of .venv"),
        ("__vsc_ipynb_file__", "save (Ctrl+S"),
    ],
)
def test_a_place_has_its_own_advice(homework, capsys, show, sign, words):
    show(sign)
    lab.doctor(homework)
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("signs", "heading", "never"),
    [
        (("VSCODE_PID", "CODESPACES"), "On GitHub Codespaces", "Before you upload"),
        (("JUPYTERHUB_USER", "BINDER_REPO_URL"), "On Binder", "files stay"),
        (("VSCODE_CWD", "JUPYTERHUB_USER"), "On this JupyterHub", ".venv"),
    ],
)
def test_of_two_places_the_one_that_matters_counts(homework, capsys, show, signs, heading, never):
    for sign in signs:
        show(sign)
    lab.doctor(homework)
    assert f"\n{heading}:\n" in (text := capsys.readouterr().out)
    assert never not in text


def test_on_a_laptop_nothing_is_said_about_the_place(homework, capsys):
    lab.doctor(homework)
    assert "  - " not in capsys.readouterr().out


def test_where_no_cells_run_the_doctor_does_not_raise(homework, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "__main__")
    lab.doctor(homework)
    assert "All set" in capsys.readouterr().out


# As on the site: newer and older packages than the pinned ones, and a stand-in for Otter.
ON_THE_SITE = {"numpy": "2.0.2", "matplotlib": "3.8.4", "otter_grader": "7.0.0+browser"}


def test_in_a_browser_nothing_needs_to_be_installed(homework, capsys, show, installed):
    show("emscripten")
    installed(**ON_THE_SITE, jsonschema="4.0")
    lab.doctor(homework)
    text = capsys.readouterr().out
    assert "numpy          2.0.2\n" in text
    assert "otter-grader   7.0.0+browser\n" in text
    torch = "cannot be installed in a browser; only train_torch and one cell without points need it"
    assert f"torch          {torch}\n" in text
    assert "All set" in text
    for word in (
        "pip",
        "jupyterlab",
        "jsonschema",
        "made and tested with",
        "missing",
        "recommended",
    ):
        assert word not in text


def test_a_build_tag_names_the_same_release(homework, capsys, installed):
    installed(**ON_THE_SITE)
    lab.doctor(homework)
    text = capsys.readouterr().out
    assert "otter-grader   7.0.0+browser\n" in text
    assert "numpy          2.0.2  (made and tested with " in text


@pytest.mark.parametrize("name", ["tests", "requirements.txt", *environment.NOTEBOOKS])
@pytest.mark.parametrize(
    ("sign", "cure"),
    [
        ("emscripten", "Reload this page."),
        ("google.colab", "Run the first cell again, or upload the homework's folder again."),
    ],
)
def test_a_missing_file_has_another_cure_there(homework, capsys, show, sign, cure, name):
    (homework / name).rename(homework / "elsewhere")
    show(sign)
    lab.doctor(homework)
    text = capsys.readouterr().out
    assert f"\nTo do:\n  - {name} is missing from this folder. {cure}\n" in text
    assert "npack" not in text
    assert "Did you rename it" not in text


def test_a_package_that_the_site_lacks_comes_with_a_reload(homework, capsys, show, installed):
    show("emscripten")
    installed(numpy="2.0.2", matplotlib="3.8.4")
    lab.doctor(homework)
    text = capsys.readouterr().out
    assert "\nTo do:\n  - otter-grader is not installed. Reload this page.\n" in text
    assert "pip" not in text


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        (
            "CODESPACES",
            "torch, which is not installed here. No points hang on it; to get it, run  "
            "%pip install torch  and restart the kernel.",
        ),
        (
            "emscripten",
            "torch, which cannot be installed in a browser. Nothing is lost: no points hang on it.",
        ),
    ],
)
def test_what_needs_torch_says_in_one_line_that_nothing_is_lost(
    monkeypatch, capsys, show, sign, words
):
    monkeypatch.setitem(sys.modules, "torch", None)  # so that `import torch` fails
    show(sign)
    with figures.waiting():
        import torch
    assert capsys.readouterr().out == f"Nothing to look at: this cell needs {words}\n"
    with pytest.raises(ModuleNotFoundError) as caught, network.needing_torch():
        import torch  # noqa: F401
    assert str(caught.value) == f"Only train_torch and the comparison with autograd need {words}"
    assert caught.value.name == "torch"


@pytest.mark.parametrize("module", ["descent", "relu_plots", "explorer", "figures"])
def test_matplotlib_does_not_talk_about_its_font_cache(imported, module):
    """It does so on import, so its logger has to be told before."""
    watch = (
        "import logging, sys; sys.addaudithook(lambda event, what: event != 'import' "
        "or what[0] != 'matplotlib.font_manager' "
        "or logging.getLogger(what[0]).isEnabledFor(logging.WARNING) and sys.exit(1))"
    )
    wanted = {"matplotlib.font_manager"}
    assert imported(f"{watch}; from lab import {module}", wanted) == wanted


def test_lab_and_its_feedback_import_neither_torch_nor_matplotlib(imported):
    """Grading imports both, and should not wait for what only draws."""
    assert imported("import lab, lab.feedback", {"torch", "matplotlib", "IPython"}) == set()
