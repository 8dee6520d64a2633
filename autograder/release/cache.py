"""Keep what running code has led to, so that what did not change is not run again.

What it depends on is its key, by content: the code, the files around it, Python, the packages, and
this tool. ``make release`` uses it; ``make check`` runs everything, since it is the proof.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .names import is_litter

FOLDER = ".release-cache"


class Cache:
    """Results by the content of what they depend on, kept in files.

    Args:
        folder: where they are kept; None keeps nothing.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        self.used: set[Path] = set()

    def get(
        self,
        dependencies: list[Any],
        make: Callable[[], Any],
        is_good: Callable[[Any], bool] = bool,
    ) -> Any:
        """Return what ``make`` has returned for the same dependencies, or does return.

        Args:
            dependencies: plain data, as is the result.
            make: may raise; then nothing is kept.
            is_good: whether to keep a result.
        """
        if self.folder is None:
            return make()
        text = json.dumps([*dependencies, _surroundings()])
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
        self.used.add(path)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there, or cut off
            result = make()
            if is_good(result):
                path.parent.mkdir(exist_ok=True)
                path.write_text(json.dumps(result), encoding="utf-8")
            return result

    def forget_others(self) -> None:
        """Remove what this release did not ask for."""
        for path in set(self.folder.glob("*.json")) - self.used if self.folder else ():
            path.unlink()


def digest_of(folder: Path, *, without: tuple[str, ...] = ()) -> list[list[str]]:
    """Return names and hashes of the files in a folder.

    Args:
        folder: litter in it does not count.
        without: patterns of names that do not count either, if they lie directly in the folder.
    """
    names = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return [
        [inside.as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()]
        for inside, path in sorted(names.items())
        if not is_litter(inside)
        and not (len(inside.parts) == 1 and any(map(inside.match, without)))
    ]


@cache
def _surroundings() -> list[Any]:
    """Return what every result depends on: Python, installed packages, this tool."""
    packages = sorted(f"{d.name} {d.version}" for d in metadata.distributions())
    return [sys.version, packages, digest_of(Path(__file__).parent)]
