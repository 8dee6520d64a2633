"""Is this machine ready for the homework? Answered without importing anything heavy."""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

# In a browser, Matplotlib says at every start that it builds its font cache.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

PYTHON_WANTED = (3, 11)
NOTEBOOKS = ("gradient_descent.ipynb", "relu_sgd.ipynb")
FOR_TORCH = "only train_torch and one cell without points need it"
# What one can do without, and when.
OPTIONAL = {
    "jupyterlab": "fine in VS Code and on Colab",
    "torch": f"recommended; {FOR_TORCH}",
    "jsonschema": "it only makes the first cell faster",
}
NOT_IN_BROWSER = "cannot be installed in a browser"
# How to get back what belongs to the homework; a place may know better.
CURES = {
    **dict.fromkeys(("requirements.txt", "tests"), "Unpack the homework again, whole."),
    **dict.fromkeys(NOTEBOOKS, "Did you rename it? Give it its own name back."),
}
KERNEL = "The kernel, at the top right, should be that of .venv. If not, click it and choose."
DOWNLOAD = "save (Ctrl+S, Cmd+S), then right-click each notebook in the file list > Download."


class Place(NamedTuple):
    """A place where notebooks run.

    Attributes:
        heading: how the lines about it begin.
        signs: names of which at least one is known there; see `_names_here`.
        advice: what matters there and nowhere else.
        cure: how to get back what belongs to the homework, if not as in `CURES`.
    """

    heading: str = ""
    signs: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    cure: str = ""


BROWSER = Place(
    "In this browser",
    ("emscripten",),
    (
        "Your work is saved as you go, in this browser on this computer, and nowhere else.",
        'Before you leave: "Download my notebooks" on the front page (link at the bottom right).',
        "The stop button cannot stop a running loop. Kernel > Restart Kernel can.",
    ),
    cure="Reload this page.",
)
# The first that fits: a codespace is VS Code as well, and Binder is a JupyterHub that forgets.
PLACES = (
    BROWSER,
    Place(
        "On Google Colab",
        ("google.colab", "COLAB_RELEASE_TAG"),
        (
            "After a break, all files but your notebook are gone: start again at the first cell.",
            "Opened from a link? Only File > Save a copy in Drive keeps your work.",
            'The name "Copy of ..." does no harm. To hand in: File > Download > Download .ipynb.',
        ),
        cure="Run the first cell again, or upload the homework's folder again.",
    ),
    Place(
        "On GitHub Codespaces",
        ("CODESPACES",),
        (
            KERNEL,
            "An idle codespace stops. Your files stay; to go on, press Run All.",
            "An unused one is deleted with all its files, as a rule after 30 days.",
            f"To hand in: {DOWNLOAD}",
        ),
    ),
    Place(
        "On Binder",
        ("BINDER_LAUNCH_HOST", "BINDER_REPO_URL"),
        (
            "After some ten idle minutes all files are gone, your notebooks too.",
            f"Before you leave: {DOWNLOAD}",
        ),
    ),
    Place(
        "On this JupyterHub",
        ("JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN"),
        (
            "An idle server stops. Your files stay; to go on, choose "
            "Kernel > Restart Kernel and Run All Cells.",
            f"To hand in: {DOWNLOAD}",
        ),
    ),
    Place(
        "In VS Code",
        ("__vsc_ipynb_file__", "VSCODE_PID", "VSCODE_CWD"),
        (
            KERNEL,
            "To start afresh: Restart, then Run All, above the notebook.",
            "Before you upload: save (Ctrl+S, Cmd+S). What is not saved is not in the file.",
        ),
    ),
)


def install_command(name: str, wanted: str = "") -> str:
    """Return what to run in a cell to install a package, in the version that is wanted."""
    return f"%pip install {name}{'==' * bool(wanted)}{wanted}"


def without(name: str) -> str:
    """Return the end of "this needs ...", of a package that is missing and costs no points."""
    if _in_browser():
        return f"{name}, which {NOT_IN_BROWSER}. Nothing is lost: no points hang on it."
    return (
        f"{name}, which is not installed here. No points hang on it; to get it, run  "
        f"{install_command(name)}  and restart the kernel."
    )


def doctor(homework: Path | None = None) -> None:
    """Print what is installed, what is missing, what helps, and what matters in this place.

    Never raises: a patient should not have to debug the doctor.

    Args:
        homework: the unpacked homework folder; by default the one this package lies in.
    """
    homework = homework or Path(__file__).resolve().parent.parent
    found = ".".join(map(str, sys.version_info[:3]))
    problems = []
    if sys.version_info < PYTHON_WANTED:
        wanted = ".".join(map(str, PYTHON_WANTED))
        problems.append(f"Python {wanted} or newer is needed; this is {found}.")
    print(f"Python {found}{_about_grading(homework / 'requirements.txt')}")
    for name, wanted in _requirements(homework / "requirements.txt"):
        problems += _examine(name, wanted)
    here = _place()
    problems += [
        f"{name} is missing from this folder. {here.cure or cure}"
        for name, cure in CURES.items()
        if not (homework / name).exists()
    ]
    if here.advice:
        print(f"\n{here.heading}:", *here.advice, sep="\n  - ")
    if not problems:
        print("\nAll set. Run every cell from top to bottom as you go.")
        return
    print("\nTo do:", *problems, sep="\n  - ")
    print("Then restart the kernel and run this cell again.")


def _place() -> Place:
    """Return where this runs; an empty place if that is nowhere special."""
    names = _names_here()
    return next((place for place in PLACES if names.intersection(place.signs)), Place())


def _names_here() -> set[str]:
    """Return what tells places apart: the platform, and names of modules and variables."""
    # VS Code defines __vsc_ipynb_file__ where cells run; not each of its kernels has VSCODE_PID.
    cells = getattr(sys.modules.get("__main__"), "__dict__", {})
    return {sys.platform, *sys.modules, *os.environ, *cells}


def _in_browser() -> bool:
    return _place() is BROWSER


def _about_grading(path: Path) -> str:
    """Return which Python grading runs, by the line ``# python==3.14`` of a requirements file."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    match = re.search(r"^# python==(\d+)\.(\d+)$", text, flags=re.MULTILINE)
    if not match:
        return ""
    grading = (int(match[1]), int(match[2]))
    newer = ", an older one: avoid syntax newer than that" if sys.version_info[:2] > grading else ""
    return f"  (grading runs {grading[0]}.{grading[1]}{newer})"


def _requirements(path: Path) -> list[tuple[str, str]]:
    """Return (package, version) for each ``package==version`` line of a requirements file."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    matches = (re.match(r"([\w.-]+)==([\w.+!-]+)", line) for line in lines)
    return [(match[1], match[2]) for match in matches if match]


def _examine(name: str, wanted: str) -> list[str]:
    """Print one package's version and return the problem with it, if it has one.

    Another version than the pinned one is worth a word, not a problem: the homework runs on
    DataHub or Colab with the versions that are there. The site for browsers brings its own.
    """
    if _in_browser() and name in OPTIONAL:
        if name == "torch":  # the only one that students use themselves
            print(f"{name:14s} {NOT_IN_BROWSER}; {FOR_TORCH}")
        return []
    from importlib import metadata  # here, for grading imports this module and not that

    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return _miss(name, wanted)
    # A build tag such as 2.13.0+cpu names the same release.
    fits = _in_browser() or found.partition("+")[0] == wanted
    print(f"{name:14s} {found}" + ("" if fits else f"  (made and tested with {wanted})"))
    return []


def _miss(name: str, wanted: str) -> list[str]:
    """Print that a package is missing and return the problem with that, if it is one."""
    command = install_command(name, wanted)
    if name in OPTIONAL:
        print(f"{name:14s} missing ({OPTIONAL[name]}: {command})")
        return []
    print(f"{name:14s} missing")
    cure = BROWSER.cure if _in_browser() else f"In a cell, run:  {command}"
    return [f"{name} is not installed. {cure}"]
