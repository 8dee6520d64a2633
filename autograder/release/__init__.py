"""Make a release: ``python -m autograder.release`` (or ``make release``).

The order of things, one module each:

- `settings`, `masters`: read configuration and master notebooks, and refuse what is broken;
- `names`: tell what people wrote from what editors, systems and copies left behind;
- `build`: run Otter Assign on each, and assemble ``student/``, ``solutions/`` and the zips;
- `package`: assemble ``autograder/homework.zip``, the isolated grader for all notebooks;
- `verify`: grade the solution and the untouched student notebook, and count;
- `leaks`: search ``student/`` for answers, hidden tests and personal traces, comparing code by
  `shapes`;
- ``__main__``: the command line, which puts the result into place only when all of it is right.
"""

from __future__ import annotations

from collections.abc import Iterable


class ReleaseError(Exception):
    """The release cannot be made; the text says why and what to do about it."""


def refuse(problems: Iterable[str]) -> None:
    """Raise ReleaseError with one line for each problem, equal ones once, if there are any."""
    lines = list(dict.fromkeys(problems))
    if lines:
        raise ReleaseError("\n".join(lines))
