"""What a submission holds, and what its result depends on."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from ..grader.files import UNREADABLE, Files, encodable, read_files
from .submissions import Submission

# Of what a record says; a new number has everything graded again.
FORMAT = 2


class Identity(NamedTuple):
    """What is the same for the same contents.

    Attributes:
        key: of all that the result depends on.
        digest: of the work itself, "" where there is none to speak of. The grader knows notebooks
            by what is in them, so their own names do not count.
    """

    key: str
    digest: str


def read(submission: Submission, limit_mb: float) -> Files:
    """Read a submission; what is gone since it was found is among what could not be read."""
    gone = [
        source
        for source in submission.sources
        if isinstance(source, Path) and not os.path.lexists(source)
    ]
    refused = tuple((encodable(source.name), UNREADABLE) for source in gone)
    try:
        files = read_files([s for s in submission.sources if s not in gone], limit_mb)
    except OSError:  # it has gone just now
        return Files((), ((encodable(submission.name), UNREADABLE),))
    return Files(files.files, (*refused, *files.refused))


def identify(files: Files, homework: str) -> Identity:
    """Return what the result of these files depends on.

    Args:
        files: a submission's.
        homework: the hash of the ``homework.zip``.
    """
    hashes = [_hash(file.data) for file in files.files]
    named = [(file.path, file.name, h) for file, h in zip(files.files, hashes, strict=True)]
    key = _hash(repr((FORMAT, homework, named, files.refused)).encode())
    if not files.files or files.refused:
        return Identity(key, "")
    work = sorted((_name_that_counts(name), h) for _, name, h in named)
    return Identity(key, _hash(repr(work).encode()))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _name_that_counts(name: str) -> str:
    is_top_notebook = "/" not in name and name.lower().endswith(".ipynb")
    return ".ipynb" if is_top_notebook else name
