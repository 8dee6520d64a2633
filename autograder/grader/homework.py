"""The homework that is graded: an unpacked ``homework.zip``.

- ``homework.json``: version, title, course and due date, names of mistakes, and for each notebook
  its questions;
- ``otter_config.json``: grading settings, the isolated grader's under ``isolated_grader``;
- ``files/``: what notebooks find beside them, and what tests may import;
- ``NAME/tests/*.py``: Otter's test files of the notebook NAME, as in the plain zip;
- ``NAME/handed_out.ipynb``: the notebook as students received it;
- ``NAME/solution.ipynb``: with which an image is tested when it is built.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otter import test_files
from otter.test_files.abstract_test import TestCase, TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile, test_case

from .facts import CHECK_FAILED, Facts
from .files import read_files
from .limits import Limits, grader_config
from .upload import Notebook, make_upload

# Test files import it from the package, which `start` has emptied.
test_files.test_case = test_case
# Of a notebook that comes with the homework, which nobody could have made larger.
HANDED_OUT_MB = 10


@dataclass
class CaseResult(TestCaseResult):  # type: ignore[misc]
    """What came of one test case; ``facts`` say why it failed."""

    message: str
    facts: Facts | None = None


class Tests(ExceptionTestFile):  # type: ignore[misc]
    """Otter's test file, with messages that show no line of a hidden test's source.

    Of a hidden test, only the words of a failed assertion are shown, which staff wrote to be
    read; any other error is named, for its text can quote the test's values.
    """

    def run_case(self, case: TestCase, environment: Any) -> CaseResult:
        """Run one test case on what it takes from ``environment``, by ``environment.get(name)``."""
        try:
            case.body.call_func(environment)
        except Exception as error:
            message = self._message(case, error)
            facts = Facts.of(error) or Facts(CHECK_FAILED, summary=" ".join(message.split()))
            return CaseResult(case, message, passed=False, facts=facts)
        return CaseResult(case, "", passed=True)

    def _message(self, case: TestCase, error: Exception) -> str:
        if isinstance(error, AssertionError) and str(error):
            return str(error)
        if case.hidden:
            return f"a check fails, or meets {type(error).__name__}"
        frames = traceback.extract_tb(error.__traceback__)
        numbers = [f.lineno for f in frames if f.filename == self.path and f.lineno]
        lines = [self.source_lines[number - 1].strip() for number in numbers]
        return "\n".join([*lines[-1:], f"{type(error).__name__}: {error}"])


@dataclass(frozen=True)
class TestedQuestion:
    """A question that tests grade."""

    id: str
    points: float
    tests: Tests


@dataclass(frozen=True)
class WrittenQuestion:
    """A question that people grade."""

    id: str
    points: float


Question = TestedQuestion | WrittenQuestion


@dataclass(frozen=True)
class Part:
    """One notebook of the homework."""

    name: str
    questions: tuple[Question, ...]
    handed_out: Notebook
    folder: Path


@dataclass(frozen=True)
class Homework:
    """All that grading needs to know."""

    title: str
    version: str
    heading: str  # course, term and due date, "" if they are not to be shown
    parts: tuple[Part, ...]
    files: dict[str, bytes]  # what notebooks find beside them, by relative path
    limits: Limits
    hidden_visibility: str  # when students see results of hidden tests, in Gradescope's words


def load(folder: Path) -> Homework:
    """Read an unpacked ``homework.zip``, and let its tests import the files that come with it.

    Raises:
        OSError, ValueError, KeyError: it is incomplete or broken.
    """
    about = json.loads((folder / "homework.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "otter_config.json").read_text(encoding="utf-8"))
    limits, visibility = grader_config(config)
    files = folder / "files"
    # What a test imports is the staff's copy, never an uploaded one.
    sys.path.insert(0, str(files))
    return Homework(
        title=about["title"],
        version=about["version"],
        heading=about["heading"],
        parts=tuple(_load_part(folder / name, about["notebooks"][name]) for name in about["order"]),
        files={
            path.relative_to(files).as_posix(): path.read_bytes()
            for path in sorted(files.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        },
        limits=limits,
        hidden_visibility=visibility,
    )


def _load_part(folder: Path, questions: list[Mapping[str, Any]]) -> Part:
    handed_out = make_upload(read_files([folder / "handed_out.ipynb"], HANDED_OUT_MB))
    return Part(
        name=folder.name,
        questions=tuple(_load_question(folder, question) for question in questions),
        handed_out=handed_out.notebooks[0],
        folder=folder,
    )


def _load_question(folder: Path, about: Mapping[str, Any]) -> Question:
    if about["written"]:
        return WrittenQuestion(about["id"], about["points"])
    tests = Tests.from_file(str(folder / "tests" / f"{about['id']}.py"))
    return TestedQuestion(about["id"], about["points"], tests)


def names_taken(case: TestCase) -> list[str]:
    """Return what a test case takes from the notebook: as a rule, the function that it tests."""
    return list(case.body._get_func_params())


def names_in(case: TestCase) -> str:
    """Return the same for people."""
    return ", ".join(names_taken(case))
