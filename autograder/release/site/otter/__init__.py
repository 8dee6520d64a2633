"""Otter in the browser: its checks, by its own code, and nothing else of it.

Beside this file lie two modules of Otter, as released: they run test files and word what comes of
them. The rest of Otter needs programs that no browser has.
"""

from __future__ import annotations

import inspect
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from otter.test_files import ExceptionTestFile, create_test_file

__all__ = ["Notebook"]
__version__ = version("otter-grader").partition("+")[0]


class Notebook:
    """Runs the checks of a notebook; takes what Otter's takes, and fails as Otter's fails."""

    def __init__(
        self,
        nb_path: str | None = None,
        tests_dir: str = "./tests",
        tests_url_prefix: str | None = None,
    ):
        if nb_path:
            os.stat(nb_path)  # raises FileNotFoundError
        self._tests_dir = tests_dir

    def check(self, question: str, global_env: dict[str, Any] | None = None) -> ExceptionTestFile:
        """Run the tests of a question on the variables of the notebook, or on others.

        Raises:
            ValueError: there is no folder with tests.
            FileNotFoundError: there are no tests of that question.
        """
        path = os.path.join(self._tests_dir, question + ".py")
        if not os.path.isdir(self._tests_dir):
            raise ValueError(f"Test {question} not found")
        if not os.path.isfile(path):
            raise FileNotFoundError(f"Test {question} does not exist")
        tests = create_test_file(path)
        tests.run(_callers_names() if global_env is None else global_env)
        return tests

    def check_all(self) -> Results:
        """Run the tests of all questions, those of other notebooks in this folder included."""
        names = _callers_names()
        questions = sorted(file.stem for file in Path(self._tests_dir).glob("[!.]*.py"))
        return Results(self.check(question, names) for question in questions)

    def export(self, *args: object, **options: object) -> None:
        """Say how to get the notebook: there is no PDF in a browser, and no need of one."""
        print("You submit the notebook itself: the front page downloads it.")

    def run_plugin(self, *args: object, **options: object) -> None:
        """Say that there are none."""
        print("Plugins of Otter do not run in a browser. Your notebook needs none.")

    to_pdf = export
    add_plugin_files = run_plugin


class Results(list[ExceptionTestFile]):
    """What came of the tests of several questions."""

    def __repr__(self) -> str:
        return "\n\n".join(tests.summary() for tests in self)


def _callers_names() -> dict[str, Any]:
    """Return the variables where a method of `Notebook` was called."""
    frame = inspect.currentframe()
    while frame and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return frame.f_globals if frame else {}
