"""Make a release: ``python -m autograder.release`` (or ``make release``).

The order of things, one module each:

- `masters`: read the master notebooks and refuse what is broken in them;
- `build`: run Otter Assign on each, and assemble ``student/``, ``solutions/`` and the zips;
- `verify`: grade the solution and the untouched student notebook, and count;
- `leaks`: search ``student/`` for answers, hidden tests and personal traces;
- ``__main__``: the command line, which puts the result into place only when all of it is right.
"""


class ReleaseError(Exception):
    """The release cannot be made; the text says why and what to do about it."""
