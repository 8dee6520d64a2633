"""Begin another homework: ``python -m autograder.release.new NAME`` (or ``make new NAME=...``).

Writes a folder beside this project that is a project of its own: the tools as they are here, and
the homework in ``blank/``, which has one question to be replaced.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path

from .names import LITTER, is_litter

ROOT = Path(__file__).resolve().parents[2]
BLANK = Path(__file__).with_name("blank")
# What it is called in there, in files and in their names.
BLANK_NAME = "blank_homework"
NAME = re.compile(r"[a-z][a-z0-9_]*")
# What every homework has in common with this one.
SHARED = (
    ".gitattributes", ".gitignore", "LICENSE", "otter_config.json", "requirements.lock",
    "docs/grader.md", "docs/gradescope.md", "docs/grading-a-class.md", "docs/places.md",
    ".devcontainer/devcontainer.json", ".github/workflows/site.yml",
)  # fmt: skip
# A package in requirements.txt, which gets the version that is installed here.
UNPINNED = re.compile(r"^([a-z][\w-]*)$", re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="make new", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and _")
    parser.add_argument("--beside", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    target = options.beside.resolve().parent / options.name
    if not NAME.fullmatch(options.name):
        reason = (
            f"{options.name!r} is no name for a homework: use lower-case letters, digits and _, "
            f"such as make new NAME=optimizers"
        )
    elif target.exists():
        reason = f"{target} is there already: choose another name, or move it away"
    else:
        write_homework(options.name, target)
        print(
            f"{target} is a homework with one question. To see that it works:\n"
            f"  cd {shlex.quote(str(target))}\n  git init\n  make release\n  make test"
        )
        return 0
    print(reason, file=sys.stderr)
    return 1


def write_homework(name: str, target: Path) -> None:
    """Write a homework with one question.

    Args:
        name: of the homework and of its notebook.
        target: a folder that is not there yet.
    """
    no_copies = shutil.ignore_patterns(*LITTER, "*.zip", "release.json")
    shutil.copytree(ROOT / "autograder", target / "autograder", ignore=no_copies)
    for file in SHARED:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, target / file)
    for path in sorted(BLANK.rglob("*")):
        inside = path.relative_to(BLANK)
        if path.is_dir() or is_litter(inside):
            continue
        place = target / str(inside).replace(BLANK_NAME, name)
        text = path.read_text(encoding="utf-8").replace(BLANK_NAME, name)
        if path.name == "requirements.txt":
            text = UNPINNED.sub(lambda match: f"{match[1]}=={metadata.version(match[1])}", text)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
