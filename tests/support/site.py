"""The site as tests build it."""

from __future__ import annotations

from pathlib import Path

from autograder.release.site.build import CACHE, build_site, packages_for
from autograder.release.site.pyodide import Carrier, fetch

PLACE = "course/hw1"  # in a folder of a folder, as on a course's host


def make_site(root: Path, folder: Path) -> str:
    """Build the site of what is committed at `PLACE` in a folder; return the folder."""
    # From the package index alone: tests ask no other host.
    fetch(packages_for(root / "student"), root / CACHE, [Carrier(folder)])
    build_site(root, folder / PLACE, None)
    return str(folder)
