"""Is this machine ready for the homework? Answered without importing anything heavy."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PYTHON_WANTED = (3, 11)
NOTEBOOKS = ("gradient_descent.ipynb", "relu_sgd.ipynb")
# What one can do without, and when.
OPTIONAL = {
    "jupyterlab": "fine in VS Code and on Colab",
    "torch": "recommended; only train_torch and one cell without points need it",
    "jsonschema": "it only makes the first cell faster",
}


def install_command(name: str, wanted: str = "") -> str:
    """Return what to run in a cell to install a package, in the version that is wanted."""
    return f"%pip install {name}{'==' * bool(wanted)}{wanted}"


def doctor(homework: Path | None = None) -> None:
    """Print what is installed, what is missing, and the command that helps.

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
    problems += [
        f"{name} is missing next to the notebook: unpack the homework again, whole."
        for name in ("requirements.txt", "tests")
        if not (homework / name).exists()
    ]
    problems += [
        f"{name} is missing from this folder. Did you rename it? Give it its own name back."
        for name in NOTEBOOKS
        if not (homework / name).exists()
    ]
    if not problems:
        print("\nAll set. Run every cell from top to bottom as you go.")
        return
    print("\nTo do:")
    for problem in problems:
        print(f"  - {problem}")
    print("Then restart the kernel and run this cell again.")


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
    DataHub or Colab with the versions that are there.
    """
    try:
        found = version(name)
    except PackageNotFoundError:
        if name in OPTIONAL:
            print(f"{name:14s} missing ({OPTIONAL[name]}: {install_command(name, wanted)})")
            return []
        print(f"{name:14s} missing")
        return [f"{name} is not installed. In a cell, run:  {install_command(name, wanted)}"]
    # A build tag such as 2.13.0+cpu names the same release.
    same = found.partition("+")[0] == wanted
    print(f"{name:14s} {found}" + ("" if same else f"  (made and tested with {wanted})"))
    return []
