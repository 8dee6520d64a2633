"""A copy of what a release is made from, to be broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from autograder.release import ReleaseError
from autograder.release.build import WITHOUT_LITTER
from autograder.release.masters import read_masters

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "otter_config.json", "requirements.lock")


def copy_sources(target: Path) -> Path:
    """Copy masters and settings of the project, and nothing that is generated, to a folder."""
    shutil.copytree(ROOT / "assignment", target / "assignment", ignore=WITHOUT_LITTER)
    for name in FILES:
        shutil.copy(ROOT / name, target)
    return target


def read(project: Path, name: str = "gradient_descent") -> nbformat.NotebookNode:
    """Return a master."""
    return nbformat.read(project / f"assignment/{name}.ipynb", as_version=4)


def write(project: Path, notebook: nbformat.NotebookNode, name: str = "gradient_descent") -> None:
    """Write a master."""
    nbformat.write(notebook, project / f"assignment/{name}.ipynb")


def refusal(project: Path) -> list[str]:
    """Return what is said of a project whose masters cannot be read; nothing if they can."""
    try:
        read_masters(project)
    except ReleaseError as error:
        return str(error).splitlines()
    return []
