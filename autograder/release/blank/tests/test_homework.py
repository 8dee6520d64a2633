"""Do the tests of the homework judge right, and do the generated files belong to the masters?"""

import inspect
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from answers import RIGHT, WRONG
from otter.test_files.exception_test import ExceptionTestFile

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def test_files(tmp_path_factory):
    """All test files of the plain zips, loaded by Otter, by question."""
    folder = tmp_path_factory.mktemp("zips")
    for path in (ROOT / "autograder").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / path.stem)
    paths = folder.glob("*/tests/*.py")
    return {path.stem: ExceptionTestFile.from_file(str(path)) for path in paths}


def failures(test_files, question, name, answer):
    """Return what the test cases of a function say that an answer fails, by their names."""
    said = {}
    for case in test_files[question].test_cases:
        function = case.body.test_func
        if name in inspect.signature(function).parameters:
            try:
                case.body.call_func({name: answer})
            except Exception as error:
                said[function.__name__] = error
    return said


@pytest.mark.parametrize("key", RIGHT)
def test_right_answers_pass_whatever_their_style(test_files, key):
    for answer in RIGHT[key]:
        assert not failures(test_files, *key, answer), answer.__name__


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]}-{wrong[2].__name__}")
def test_wrong_answers_fail_where_and_as_they_should(test_files, wrong):
    question, name, answer, fails, mistake = wrong
    said = failures(test_files, question, name, answer)
    assert fails <= said.keys()
    if mistake:
        assert next(iter(said.values())).facts["mistakes"] == [[mistake]]


def test_each_hidden_test_has_a_wrong_answer_that_only_it_catches(test_files):
    alone = {
        (question, *failures(test_files, question, name, answer))
        for question, name, answer, _, _ in WRONG
    }
    for question, file in test_files.items():
        for case in file.test_cases:
            if case.hidden:
                assert (question, case.body.test_func.__name__) in alone


def test_generated_files_belong_to_the_masters():
    command = [sys.executable, "-m", "autograder.release", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
