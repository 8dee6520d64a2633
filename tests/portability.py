"""Is the release the same on any machine? ``make portability`` (or ``python -m tests.portability``).

Copies the project into a folder with a space in its name and repeats ``release --check`` there,
each time as if on another machine: other instructions of the CPU, other kernels of the linear
algebra, other threads, locale, time zone and priority. Takes a minute for each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

ROOT = Path(__file__).resolve().parent.parent
# NumPy warns of a name that it does not know or this CPU does not have, so only those that it has.
SWITCHABLE = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
# The oldest machine that one can pretend to have: the harshest of all variations.
OLDEST = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(SWITCHABLE),
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "OPENBLAS_CORETYPE": "Nehalem",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "OMP_NUM_THREADS": "1",
    "LC_ALL": "C",
    "TZ": "Asia/Kathmandu",
}
VARIATIONS: dict[str, dict[str, str]] = {
    "as it is": {},
    "NumPy without wide instructions": {"NPY_DISABLE_CPU_FEATURES": " ".join(SWITCHABLE)},
    "torch without wide instructions": {"ATEN_CPU_CAPABILITY": "default"},
    "MKL with SSE4.2": {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    "MKL with AVX2": {"MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "OpenBLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "OpenBLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "one thread": {"OMP_NUM_THREADS": "1"},
    "as many threads as the libraries like": {"OMP_NUM_THREADS": ""},
    "plain locale": {"LC_ALL": "C"},
    "Turkish locale": {"LC_ALL": "tr_TR.UTF-8"},
    "another time zone": {"TZ": "Asia/Kathmandu"},
    "the oldest machine": OLDEST,
}
NICE = "low priority"


def main() -> int:
    """Try every variation; return 1 if one of them builds another release."""
    failed = False
    with tempfile.TemporaryDirectory(prefix="another place ") as folder:
        project = Path(folder) / "home work"
        copy_project(project)
        for name, settings in [*VARIATIONS.items(), (NICE, {})]:
            fault = check(project, settings, ["nice", "-n", "10"] if name == NICE else [])
            print(f"{name:40s} {fault or 'the same'}", flush=True)
            failed |= bool(fault)
    return int(failed)


def copy_project(target: Path) -> None:
    """Copy what belongs to the project, as git sees it, edited or not."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in done.stdout.split("\0"):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment with some settings changed; empty ones are unset."""
    changed = {**os.environ, **settings}
    keep_empty = {"NUMBA_CPU_FEATURES"}  # says: none
    return {name: value for name, value in changed.items() if value or name in keep_empty}


def check(project: Path, settings: dict[str, str], prefix: list[str]) -> str:
    """Return what ``release --check`` complains of, "" if nothing."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "autograder.release", "--check"],
        cwd=project,
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else " | ".join(done.stderr.split("\n")[-8:]).strip(" |")


if __name__ == "__main__":
    sys.exit(main())
