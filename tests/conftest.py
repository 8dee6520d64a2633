"""What several test modules share."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project."""
    return ROOT


@pytest.fixture(scope="session")
def masters():
    """The master notebooks, read."""
    from autograder.release.masters import read_masters

    return read_masters(ROOT)


@pytest.fixture(scope="session")
def zips(tmp_path_factory, masters) -> dict[str, Path]:
    """The plain autograder zips as they are committed, unpacked, by name."""
    folders = {}
    for master in masters:
        folders[master.name] = tmp_path_factory.mktemp(master.name)
        with zipfile.ZipFile(ROOT / "autograder" / f"{master.name}.zip") as archive:
            archive.extractall(folders[master.name])
    return folders


@pytest.fixture(scope="session")
def test_files(zips) -> dict:
    """Every test file inside the zips, loaded with Otter's own class, by question id."""
    from otter.test_files.exception_test import ExceptionTestFile

    paths = [path for folder in zips.values() for path in (folder / "tests").glob("*.py")]
    return {path.stem: ExceptionTestFile.from_file(str(path)) for path in sorted(paths)}


@pytest.fixture
def imported():
    """Return a function: which of some modules a piece of code imports, in a new process."""

    def run(code: str, modules: set[str]) -> set[str]:
        code = f"{code}; import json, sys; print(json.dumps(list(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT / "assignment", capture_output=True, text=True, check=True,
        )  # fmt: skip
        return modules & set(json.loads(done.stdout))

    return run


sys.path.insert(0, str(ROOT / "tests"))  # `submissions` is a package of its own
