"""Start a program of the grader in an isolated Python, which knows no paths.

    python -I -B start.py PROGRAM ARGUMENT...

PROGRAM is a module of this package with a function ``main``: `gradescope.submission`, `many` or
`sandbox.server`. The package may lie anywhere: in a checkout, or in an unpacked ``homework.zip``.
"""

import importlib
import importlib.util
import sys
import types
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def main(program: str, *arguments: str) -> int | None:
    """Import the program and run it; return its exit code."""
    sys.path.insert(0, str(PACKAGE.parent))
    # `import otter` loads what exports notebooks, four times as much as grading needs. A bare
    # package in its place lets its modules be imported one by one.
    if spec := importlib.util.find_spec("otter"):
        otter = types.ModuleType("otter")
        otter.__path__ = list(spec.submodule_search_locations or ())
        sys.modules["otter"] = otter
    module = importlib.import_module(f"{PACKAGE.name}.{program}")
    code: int | None = module.main(*arguments)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
