"""What several test modules share: those of the tools here, those of the homework in homework/."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.browser import ARGUMENTS, CHROMIUM, Browser
from support.once import make_once
from xdist.scheduler import LoadScopeScheduling

# Before NumPy and torch are imported, and for all processes that tests start: several threads a
# process only wait for each other where the tests themselves run side by side.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Else each process compiles anew what is in this project, and the tests with all their asserts.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What a shell runs in the background ignores Ctrl-C, and so would all that tests send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
# Their fixtures are expensive, or they watch all processes that they have started: each of these
# modules stays in one process. All other tests go to whichever process is free. The longest come
# first, for one that began last would be waited for.
TOGETHER = (
    "test_site", "test_grade", "test_isolated_grader", "test_grade_cluster", "test_explorer",
    "test_stock_otter", "test_sandbox", "test_grade_page", "test_pages_core", "test_pages_descent",
    "test_desk", "test_bank", "test_history", "test_training", "test_pictures", "test_project",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what stays together first, in its order."""
    places = {module: place for place, module in enumerate(TOGETHER)}
    items.sort(key=lambda item: places.get(item.path.stem, len(TOGETHER)))


class Scheduling(LoadScopeScheduling):
    """Gives tests to processes; by hand, for pytest-xdist 3.8 has no groups under pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what stays together: a module, or the test itself."""
        module = Path(nodeid.partition("::")[0]).stem
        return module if module in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)  # not there without pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Return the scheduling of `make test`."""
    return Scheduling(config, log)


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


@pytest.fixture(scope="session")
def homework(tmp_path_factory):
    """The committed ``homework.zip``, loaded as the grader does."""
    from autograder.grader.homework import load

    folder = tmp_path_factory.mktemp("homework")
    with zipfile.ZipFile(ROOT / "autograder/homework.zip") as archive:
        archive.extractall(folder)
    return load(folder)


@pytest.fixture(scope="session")
def stock(tmp_path_factory) -> Callable[[tuple[str, str]], dict[str, list[dict]]]:
    """Return a function: what stock Otter says of a sample; each runs once, for all processes."""
    from support.stock import grade_sample

    def get(sample: tuple[str, str]) -> dict[str, list[dict]]:
        name = "stock otter, " + " ".join(sample)
        return make_once(tmp_path_factory, name, lambda folder: grade_sample(sample, folder))

    return get


@pytest.fixture(scope="session")
def site(root, tmp_path_factory) -> Path:
    """A folder with the site somewhere in it: `support.site` says where."""
    from support.site import make_site

    from autograder.release import ReleaseError

    try:
        return Path(make_once(tmp_path_factory, "site", lambda folder: make_site(root, folder)))
    except ReleaseError as error:  # no package index within reach
        if "CI" in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def browser():
    """A browser without a window; tests that need one are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Browser(browser)
        browser.close()


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
