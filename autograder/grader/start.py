"""Start a program of the grader in an isolated Python, which knows no paths.

    python -I -B start.py PROGRAM ARGUMENT...

PROGRAM is a module of this package with a function ``main``: `gradescope.submission`, `many` or
`sandbox.server`. The package may lie anywhere: in a checkout, or in an unpacked ``homework.zip``.
"""

import gc
import importlib
import importlib.util
import sys
import types
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# They import what exports and reads notebooks, four times as much as grading needs.
BARE = ("otter", "otter.test_files")


def main(program: str, *arguments: str) -> int | None:
    """Import the program and run it; return its exit code."""
    sys.path.insert(0, str(PACKAGE.parent))
    for package in BARE:
        make_bare(package)
    gc.disable()  # imports leave no garbage, and a tenth of grading was looking for it
    module = importlib.import_module(f"{PACKAGE.name}.{program}")
    gc.freeze()
    gc.enable()
    code: int | None = module.main(*arguments)
    return code


def make_bare(package: str) -> None:
    """Put an empty package in place of one of Otter's, whose modules can be imported one by one."""
    if spec := importlib.util.find_spec(package):
        bare = types.ModuleType(package)
        bare.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[package] = bare


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
