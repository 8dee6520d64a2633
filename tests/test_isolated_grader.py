"""Does the isolated grader come to the same verdicts as stock Otter, with the same words?"""

from __future__ import annotations

import contextlib
import io
import zipfile

import nbformat
import pytest
from submissions import BANK, Answer
from support.bank import PARTS, case_name, fill_in, rounds, run

from autograder.grader.files import read_files
from autograder.grader.grading import Graded, grade
from autograder.grader.homework import Homework, load
from autograder.grader.processes import Sandbox
from autograder.grader.upload import make_upload


@pytest.fixture(scope="session")
def homework(root, tmp_path_factory) -> Homework:
    """The committed homework.zip, loaded."""
    folder = tmp_path_factory.mktemp("homework")
    with zipfile.ZipFile(root / "autograder/homework.zip") as archive:
        archive.extractall(folder)
    return load(folder)


@pytest.fixture(scope="session")
def sandbox():
    """One fork server for all tests of this module."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def graded_bank(root, homework, sandbox, tmp_path_factory) -> dict[str, Graded]:
    """Every answer of the bank graded in isolation, by the answer's id."""
    graded = {}
    for i, answers in enumerate(rounds()):
        folder = tmp_path_factory.mktemp(f"round{i}")
        for prefix, name in PARTS.items():
            notebook = nbformat.read(root / f"student/{name}.ipynb", as_version=4)
            fill_in(notebook, [a for a in answers if a.question.startswith(prefix)])
            nbformat.write(notebook, folder / f"{name}.ipynb")
        upload = make_upload(read_files([folder], homework.limits.upload_mb))
        one = grade(homework, upload, sandbox)
        graded |= {answer.id: one for answer in answers}
    return graded


def results_of(answer: Answer, graded: Graded, test_file) -> dict:
    """Return the results of the test cases of this answer's function, by the case's name."""
    (question,) = [
        q for part in graded.parts for q in part.questions if q.question.id == answer.question
    ]
    results = {}
    for case, result in zip(test_file.test_cases, question.results, strict=True):
        if answer.function in case.body._get_func_params():
            results[case_name(case)] = result
    return results


@pytest.mark.parametrize("answer", BANK, ids=lambda answer: answer.id)
def test_isolated_verdict_and_words_are_those_of_otter(answer, graded_bank, test_files):
    with contextlib.redirect_stderr(io.StringIO()):
        stock = run(answer, test_files)
    isolated = results_of(answer, graded_bank[answer.id], test_files[answer.question])
    assert {name for name, result in isolated.items() if not result.passed} == {
        name for name, message in stock.items() if message
    }, {name: result.message for name, result in isolated.items()}
    for name, result in isolated.items():
        if not result.passed:
            words = stock[name].partition("Error: ")[2] or stock[name]
            assert result.message.strip() in (words.strip(), words), name
