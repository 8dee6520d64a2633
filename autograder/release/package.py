"""Assemble ``autograder/homework.zip``: the isolated grader for all notebooks of the homework.

It holds the same test files and the same files for notebooks as the plain zips, and the folder
``autograder/grader/``, which is the grader. `autograder.grader.homework` says what is where in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import mistune

from . import ReleaseError, refuse
from .build import formulas_to_mathml, last_line, write_zip
from .declared import Declared, read_declared
from .masters import Master, Question, TestedQuestion, WrittenQuestion
from .names import is_litter, name_problems

NAME = "homework.zip"
GRADER = Path(__file__).resolve().parents[1] / "grader"
# What Gradescope or Docker starts from must lie at the zip's root.
START = ("setup.sh", "run_autograder", "Dockerfile")
# Prints a table that is a mapping of texts to texts, as JSON; the name of its module, then its own.
READ_MISTAKES = """
import importlib, json, sys
table = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
texts = [text for item in dict(table).items() for text in item]
if not all(isinstance(text, str) for text in texts):
    raise TypeError("it must hold texts by name, and nothing else")
print(json.dumps(dict(table)))
"""


def build_package(root: Path, masters: list[Master], out: Path) -> None:
    """Write ``autograder/homework.zip`` below ``out``, whose other files are complete.

    Args:
        root: the project.
        masters: as read from it.
        out: where `build.build` has written ``student/``, ``solutions/`` and the plain zips.

    Raises:
        ReleaseError: the sentences of the mistakes are not where ``pyproject.toml`` says.
    """
    entries = _grader()
    entries["requirements.lock"] = (root / "requirements.lock").read_bytes()
    entries["requirements.txt"] = (root / "assignment/requirements.txt").read_bytes()
    entries["otter_config.json"] = (root / "otter_config.json").read_bytes()
    declared = read_declared(root)
    description = describe(declared, masters)
    description["mistakes"] = read_mistakes(declared.mistakes, out / "student")
    entries["homework.json"] = json.dumps(description, indent=2).encode()
    for master in masters:
        entries |= _entries_of(master, out)
    write_zip(entries, out / "autograder" / NAME)


def _grader() -> dict[str, bytes]:
    """Return the grader's own files, by name in the zip.

    Raises:
        ReleaseError: copies lie among them.
    """
    refuse(name_problems(GRADER.parents[1], GRADER))
    entries = {name: (GRADER / "gradescope" / name).read_bytes() for name in START}
    for path in GRADER.rglob("*.py"):
        inside = path.relative_to(GRADER.parent)
        if not is_litter(inside):
            entries[inside.as_posix()] = path.read_bytes()
    return entries


def describe(declared: Declared, masters: list[Master]) -> dict[str, Any]:
    """Return the content of ``homework.json``, but for the sentences of the mistakes."""
    return {
        "title": declared.title,
        "version": declared.version,
        "heading": declared.heading,
        "due": declared.due.isoformat() if declared.due else "",
        "order": [master.name for master in masters],
        "notebooks": {
            master.name: [_describe_question(question) for question in master.questions]
            for master in masters
        },
    }


def _describe_question(question: Question) -> dict[str, Any]:
    functions = question.tested_functions() if isinstance(question, TestedQuestion) else []
    return {
        "id": question.id,
        "points": question.points,
        "written": not isinstance(question, TestedQuestion),
        "functions": functions,
        **(_describe_guide(question) if isinstance(question, WrittenQuestion) else {}),
    }


def _describe_guide(question: WrittenQuestion) -> dict[str, Any]:
    """Return what people who grade a question read beside the answers, as HTML."""
    guide = question.guide
    heading, _, text = "\n\n".join(question.texts).partition("\n")
    return {
        "title": heading.strip("# "),
        "text": _html(text),
        "model_answer": _html(guide.model_answer),
        "rubric": [{"points": item.points, "text": _inline(item.text)} for item in guide.items],
        "note": _html(guide.note),
    }


def _html(text: str) -> str:
    """Return Markdown as HTML, its formulas as MathML."""
    return str(mistune.html(formulas_to_mathml(text))).strip()


def _inline(text: str) -> str:
    """Return one paragraph of Markdown as HTML for a place inside a paragraph."""
    return _html(text).removeprefix("<p>").removesuffix("</p>")


def read_mistakes(source: tuple[str, str] | None, student: Path) -> dict[str, str]:
    """Return the sentences of the mistakes by name, from the package that students get.

    It is imported in a process of its own: nothing of a homework runs in this one.

    Args:
        source: module and name of the table; None where the homework has none.
        student: the folder of students.

    Raises:
        ReleaseError: there is no such table, or it holds something else.
    """
    if source is None:
        return {}
    command = [sys.executable, "-B", "-c", READ_MISTAKES, *source]
    done = subprocess.run(command, cwd=student, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(
            f"pyproject.toml: [tool.homework] mistakes: {':'.join(source)} cannot be read: "
            f"{last_line(done.stderr)}: correct it there"
        )
    mistakes: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return mistakes


def _entries_of(master: Master, out: Path) -> dict[str, bytes]:
    """Return what the grader needs for one notebook, by name."""
    entries = {
        f"{master.name}/handed_out.ipynb": (out / "student" / master.path.name).read_bytes(),
        f"{master.name}/solution.ipynb": _without_outputs(out / "solutions" / master.path.name),
    }
    with zipfile.ZipFile(out / "autograder" / f"{master.name}.zip") as plain:
        for name in plain.namelist():
            if name.startswith("tests/"):
                entries[f"{master.name}/{name}"] = plain.read(name)
            elif name.startswith("files/"):
                entries[name] = plain.read(name)
    return entries


def _without_outputs(path: Path) -> bytes:
    """Return a notebook without its outputs, which grading makes anew."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook, indent=1).encode()
