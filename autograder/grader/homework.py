"""What staff sent: the unpacked ``homework.zip``.

- ``homework.json``: version, title, and for each notebook its questions and their points;
- ``otter_config.json``: grading settings, the isolated grader's under ``isolated_grader``;
- ``files/``: what notebooks find beside them (`lab`);
- ``NAME/tests/*.py``: Otter's test files of the notebook NAME, as in the plain zip;
- ``NAME/handed_out.ipynb``: the notebook as students received it;
- ``NAME/solution.ipynb``: with which an image is tested when it is built.
"""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from otter.test_files.abstract_test import TestCase, TestCaseResult, TestFile
from otter.test_files.exception_test import ExceptionTestFile

from .limits import Limits, grader_config
from .upload import Notebook, read_upload

__all__ = ["Homework", "Part", "Question", "TestCaseResult", "TestFile", "load", "names_in"]


@dataclass(frozen=True)
class Question:
    """One question: its id and points; ``tests`` is None where it is graded by hand."""

    id: str
    points: float
    tests: TestFile | None


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
    # `from lab.feedback import ...` in a test means the staff's copy, never an uploaded one.
    sys.path.insert(0, str(files))
    return Homework(
        title=about["title"],
        version=about["version"],
        parts=tuple(_load_part(folder / name, about["notebooks"][name]) for name in about["order"]),
        files={
            path.relative_to(files).as_posix(): path.read_bytes()
            for path in sorted(files.rglob("*"))
            if path.is_file()
        },
        limits=limits,
        hidden_visibility=visibility,
    )


def _load_part(folder: Path, questions: list[dict]) -> Part:
    return Part(
        name=folder.name,
        questions=tuple(
            Question(item["id"], item["points"], _load_tests(folder, item)) for item in questions
        ),
        handed_out=read_upload(folder / "handed_out.ipynb", limit_mb=10).notebooks[0],
        folder=folder,
    )


def _load_tests(folder: Path, question: dict) -> TestFile | None:
    if question["written"]:
        return None
    return GradedTestFile.from_file(str(folder / "tests" / f"{question['id']}.py"))


def names_in(case: TestCase) -> str:
    """Return what a test case takes from the notebook: as a rule, the function that it tests."""
    return ", ".join(case.body._get_func_params())


class GradedTestFile(ExceptionTestFile):
    """Otter's test file, with messages that show no line of a hidden test's source.

    Of a hidden test, only the words of a failed assertion are shown, which staff wrote to be
    read; any other error is named, for its text can quote the test's values.
    """

    def _generate_error_message(self, excp: Exception, context: int = 0) -> str:
        # Otter asks right after a case has run, when the results of those before it are noted.
        case = self.test_cases[len(self.test_case_results)]
        if isinstance(excp, AssertionError) and str(excp):
            return str(excp)
        if case.hidden:
            return f"a check fails, or meets {type(excp).__name__}"
        frames = traceback.extract_tb(excp.__traceback__)
        lines = [self.source_lines[f.lineno - 1].strip() for f in frames if f.filename == self.path]
        return "\n".join([*lines[-1:], f"{type(excp).__name__}: {excp}"])
