"""What must be the same everywhere, so that scores are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import metadata

from . import UsageError


def check_versions(place: str, versions: Mapping[str, str | None]) -> None:
    """Compare versions of packages at a place with what is installed here.

    Args:
        place: for people.
        versions: by the package's name; None is a package that is missing. Of ``python``, the
            third number changes nothing here.

    Raises:
        UsageError: they differ, so that scores could.
    """
    for name, theirs in versions.items():
        if name == "python":
            name, theirs = "Python", ".".join(str(theirs).split(".")[:2])
            ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        else:
            ours = metadata.version(name)
        if theirs != ours:
            has = f"has {name} {theirs}" if theirs else f"does not have {name}"
            raise UsageError(f"{place} {has}; it must be {ours}, as here")
