"""Assemble ``autograder/homework.zip``: the isolated grader for all notebooks of the homework.

It holds the same test files and the same files for notebooks as the plain zips, and the grader's
own code. `autograder.trusted.homework` says what is where in it.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from .build import write_zip
from .masters import Master
from .settings import title_and_version

NAME = "homework.zip"
# All of it ships, and nothing else.
GRADER = Path(__file__).resolve().parents[1] / "grader"
# What Gradescope looks for at the root of the zip.
START = ("setup.sh", "run_autograder")


def build_container(root: Path, masters: list[Master], out: Path) -> None:
    """Write ``autograder/homework.zip`` below ``out``, whose other files are complete.

    Args:
        root: the project.
        masters: as read from it.
        out: where `build.build` has written ``student/``, ``solutions/`` and the plain zips.
    """
    entries: dict[str, bytes] = {}
    for path in GRADER.rglob("*.py"):
        entries[path.relative_to(GRADER.parent).as_posix()] = path.read_bytes()
    for name in START:
        entries[name] = (GRADER / "gradescope" / name).read_bytes()
    entries["requirements.lock"] = (root / "requirements.lock").read_bytes()
    entries["requirements.txt"] = (root / "assignment/requirements.txt").read_bytes()
    entries["otter_config.json"] = (root / "otter_config.json").read_bytes()
    entries["homework.json"] = json.dumps(describe(root, masters), indent=2).encode()
    for master in masters:
        entries |= _entries_of(master, out)
    write_zip(entries, out / "autograder" / NAME)


def describe(root: Path, masters: list[Master]) -> dict:
    """Return the content of ``homework.json``."""
    title, version = title_and_version(root)
    return {
        "title": title,
        "version": version,
        "order": [master.name for master in masters],
        "notebooks": {
            master.name: [
                {"id": question.id, "points": question.points, "written": question.manual}
                for question in master.questions
            ]
            for master in masters
        },
    }


def _entries_of(master: Master, out: Path) -> dict[str, bytes]:
    """Return what the container needs for one notebook, by name."""
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
    """Return a notebook without its outputs: pictures differ from machine to machine."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook, indent=1).encode()
