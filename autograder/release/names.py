"""Which files nobody wrote: what programs leave behind, and copies of files that are handed out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

# Left behind by Python, Jupyter, Otter, other tools, file managers and editors wherever somebody
# worked, or works right now. No part of a release, and left out of it without a word.
LITTER = (
    "__pycache__", "*.py[co]", ".ipynb_checkpoints", ".OTTER_LOG",
    ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".DS_Store", "._*", "__MACOSX", "[Tt]humbs.db", "[Dd]esktop.ini", ".directory",
    "*:Zone.Identifier", "*~", "#*#", ".#*", ".~lock.*#", ".*.sw[a-p]",
)  # fmt: skip
# Kinds of files that students get: texts, which are searched for answers, and others.
BINARY = {".npz", ".npy", ".png", ".jpg", ".jpeg", ".gif", ".pdf"}
HANDED_OUT = BINARY | {
    ".py", ".ipynb", ".md", ".txt", ".html", ".json", ".csv", ".tsv", ".svg", ".yml", ".yaml",
    ".toml", ".cfg", ".css", ".js",
}  # fmt: skip
NOT_HANDED_OUT = (
    f"is of a kind that is not handed out: kinds are {' '.join(sorted(HANDED_OUT))}; give it one "
    f"of these, or take it out of assignment/"
)
# Names as people choose them. Copies made by a browser or a file manager have more in them in
# every language: "(1)", " - Kopie".
PLAIN = re.compile(r"[\w.-]+")
# What follows the name of the original where that alone does not tell: Jupyter's -Copy1, a
# synchroniser's conflict, and what people write.
COPY = re.compile(
    r"[-_.](copy|copie|kopie|copia|backup|bak|old|orig|original|save|saved|tmp|temp"
    r"|conflict|conflicted|sync-conflict)([-_.\d].*)?",
    re.IGNORECASE,
)


def is_litter(path: PurePath) -> bool:
    """Return whether a file, or a folder that it lies in, was left behind by a program."""
    return any(fnmatchcase(part, pattern) for part in path.parts for pattern in LITTER)


def name_problems(root: Path, top: Path) -> Iterator[str]:
    """Yield which files in the folder ``top`` are hardly meant to be handed out, by their names.

    Args:
        root: what the names in the sentences are relative to.
        top: what is handed out.
    """
    for path in sorted(top.rglob("*")):
        inside = path.relative_to(root)
        if not is_litter(inside) and (why := _why_not(path)):
            yield f"{inside.as_posix()} {why}"


def _why_not(path: Path) -> str:
    """Return what is odd about a name, and the cure; nothing if it is one that people choose."""
    if path.name.startswith("."):
        return "is hidden, so no student would see it: delete it, or move it elsewhere"
    copied = not PLAIN.fullmatch(path.name) or _is_copy(path)
    if copied or (path.suffix == ".py" and not path.stem.isidentifier()):
        return (
            "looks like a copy: delete it or, if it is meant to be there, give it a name of "
            "letters, digits and _"
        )
    return ""


def _is_copy(path: Path) -> bool:
    """Return whether a name is that of a file beside it, and a word that says copy."""
    return any(
        path.name.startswith(other.stem) and COPY.fullmatch(path.stem, len(other.stem))
        for other in path.parent.iterdir()
        if other != path
    )
