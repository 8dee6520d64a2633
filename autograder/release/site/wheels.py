"""The packages that a notebook in the browser imports, beside those that Pyodide has.

Each becomes an entry of Pyodide's lock, so that they load together with the rest when a kernel
starts, and nothing is looked up by name at run time.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from ..build import write_zip
from ..names import is_litter
from .pyodide import LOCK, read_lock

# What a kernel asks for by name when it starts.
KERNEL = ("micropip", "piplite", "ipykernel", "comm", "pyodide_kernel", "ssl", "sqlite3", "jedi",
          "ipython")  # fmt: skip
EXTENSION_NAME = "@jupyterlite/pyodide-kernel-extension"
EXTENSION = Path(sys.prefix) / "share/jupyter/labextensions" / EXTENSION_NAME
WHEEL_NAME = re.compile(r"(?P<name>\w+)-(?P<version>[\w.+]+)-py.*\.whl")
OTTER = Path(__file__).with_name("otter")
START = Path(__file__).with_name("kernel_start.py")
# Modules of Otter that need nothing but Python.
OF_OTTER = ("test_files/abstract_test.py", "test_files/exception_test.py")


def write_lock(names: Iterable[str], folder: Path) -> dict[str, Any]:
    """Write the wheels that Pyodide lacks, and a lock of all, into a folder with the others.

    Args:
        names: of packages in Pyodide's lock.
        folder: where their files are.

    Returns:
        the options with which a kernel loads Pyodide, and with it all of these.
    """
    lock = read_lock()
    packages = {name: lock["packages"][name] for name in names}
    for wheel in _kernel_wheels():
        (folder / wheel.name).write_bytes(wheel.read_bytes())
        packages |= _entry(folder / wheel.name)
    start = _wheel(START.stem, "1", {START.name: START.read_bytes()}, folder)
    for made in (_installed("comm", folder), write_otter(folder), start):
        packages |= _entry(made)
    lock["packages"] = packages
    (folder / LOCK.name).write_text(json.dumps(lock), encoding="utf-8")
    python = ".".join(lock["info"]["python"].split(".")[:2])
    return {
        # A kernel looks for its own names, underscores included.
        "packages": sorted({*packages, *KERNEL} - {"pyodide-kernel"}),
        "env": {
            "HOME": "/home/pyodide",
            "PYTHONSTARTUP": f"/lib/python{python}/site-packages/{START.name}",
        },
    }


def write_otter(folder: Path) -> Path:
    """Write the wheel that stands in for Otter, and return its path."""
    files = {
        f"otter/{path.relative_to(OTTER).as_posix()}": path.read_bytes()
        for path in sorted(OTTER.rglob("*.py"))
        if not is_litter(path)
    }
    theirs = distribution("otter-grader")
    for name in OF_OTTER:
        files[f"otter/{name}"] = Path(str(theirs.locate_file(f"otter/{name}"))).read_bytes()
    return _wheel("otter_grader", f"{theirs.version}+browser", files, folder)


def _kernel_wheels() -> list[Path]:
    """Return the wheels that the kernel brings, one of each name."""
    wheels = sorted((EXTENSION / "static/pypi").glob("*.whl"))
    return [wheel for wheel in wheels if wheel.name.split("-")[0] in KERNEL]


def _installed(name: str, folder: Path) -> Path:
    """Write a wheel of an installed package of Python files."""
    files = {
        file.as_posix(): Path(str(file.locate())).read_bytes()
        for file in distribution(name).files or ()
        if file.suffix == ".py"
    }
    return _wheel(name, version(name), files, folder)


def _wheel(name: str, number: str, files: dict[str, bytes], folder: Path) -> Path:
    """Write a wheel of Python files, the same bytes whenever it is made."""
    about = f"{name}-{number}.dist-info"
    lines = {
        "METADATA": ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {number}"],
        "WHEEL": ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any"],
        "RECORD": [f"{file},," for file in [*sorted(files), f"{about}/RECORD"]],
    }
    texts = {f"{about}/{file}": "\n".join([*text, ""]).encode() for file, text in lines.items()}
    path = folder / f"{name}-{number}-py3-none-any.whl"
    write_zip(files | texts, path)
    return path


def _entry(wheel: Path) -> dict[str, dict[str, Any]]:
    """Return what the lock says of a wheel, by the package's name."""
    match = WHEEL_NAME.fullmatch(wheel.name)
    assert match, wheel
    name = match["name"].replace("_", "-")
    return {
        name: {
            "name": name,
            "version": match["version"],
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": [match["name"]],
            "depends": [],
            "unvendored_tests": False,
        }
    }
