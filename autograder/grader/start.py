"""Start a program of the grader in an isolated Python, which knows no paths.

    python -I -B start.py PROGRAM ARGUMENT...

PROGRAM is a module of this package with a function ``main``, which gets a sandbox: `many` or
`gradescope.submission`. The package may lie anywhere: in a checkout, or in an unpacked
``homework.zip``.

The sandbox comes first. So it has nothing of what the program imports and reads, and makes itself
ready meanwhile.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import signal
import sys
import types
from pathlib import Path
from typing import NoReturn

PACKAGE = Path(__file__).resolve().parent
# They import what exports and reads notebooks, four times as much as grading needs.
BARE = ("otter", "otter.test_files")


def main(program: str, *arguments: str) -> int:
    """Start a sandbox, then import the program and run it; return its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    sys.path.insert(0, str(PACKAGE.parent))
    gc.disable()  # imports leave no garbage, and a tenth of grading was looking for it
    processes = importlib.import_module(f"{PACKAGE.name}.processes")
    try:
        with processes.forked_sandbox() as sandbox:
            for package in BARE:
                make_bare(package)
            module = importlib.import_module(f"{PACKAGE.name}.{program}")
            gc.freeze()
            gc.enable()
            code: int = module.main(sandbox, *arguments)
            return code
    except processes.GraderError as error:
        print(f"The grader does not work here: {error}", file=sys.stderr)
        return 1


def _stop(*signal_and_frame: object) -> NoReturn:
    """End by way of every ``finally``, so that no process and no folder stays behind."""
    sys.exit(1)


def make_bare(package: str) -> None:
    """Put an empty package in place of one of Otter's, whose modules can be imported one by one."""
    if spec := importlib.util.find_spec(package):
        bare = types.ModuleType(package)
        bare.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[package] = bare


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
