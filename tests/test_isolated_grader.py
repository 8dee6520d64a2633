"""Does the isolated grader come to the same verdicts as stock Otter, with the same words?"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
from collections.abc import Callable, Iterator

import nbformat
import pytest
from submissions import BANK, STUDENTS, Answer, Cell
from support.answers import (
    case_name,
    find_errors,
    rounds,
    run,
    student_rounds,
    uses_torch,
    write_notebooks,
)
from support.sandbox import spawned_sandbox

from autograder.grader.files import File, Files, read_files
from autograder.grader.grading import Graded, cells_to_run, grade, modules_to_preload
from autograder.grader.processes import Sandbox
from autograder.grader.upload import make_upload

# Answers that use torch come first, so that few rounds have to wait for it.
ROUNDS = rounds(sorted(BANK, key=lambda answer: not uses_torch(answer)))
# What can be seen of a function must be seen in the sandbox, too.
SEEN = {
    "parameters reordered", "notebook variable", "argument ignored", "argument replaced",
    "calls a red function", "name reused",
}  # fmt: skip
# Part 2 has its variables in cells that only look: they do not run in grading.
VARIABLES = {"notebook variable", "argument replaced"}
SEEN_ROUNDS = student_rounds(
    cell
    for cell in STUDENTS
    if SEEN & {*cell.names} and not (cell.question.startswith("q2") and VARIABLES & {*cell.names})
)


def parameters(rounds_: list) -> list:
    """Return answers by rounds."""
    return [
        pytest.param(number, answer, id=answer.id)
        for number, answers in enumerate(rounds_)
        for answer in answers
    ]


@pytest.fixture(scope="module")
def graded_round(homework, tmp_path_factory) -> Iterator[Callable[..., Graded]]:
    """Return a function: a round of the bank graded in isolation, when it is first asked for."""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(spawned_sandbox())

        @functools.cache
        def sandbox(modules: tuple[str, ...]) -> Sandbox:
            return plain.with_modules(modules)

        @functools.cache
        def graded(number: int, rounds_: str = "bank") -> Graded:
            folder = tmp_path_factory.mktemp(f"{rounds_}{number}")
            write_notebooks((ROUNDS if rounds_ == "bank" else SEEN_ROUNDS)[number], folder)
            upload = make_upload(read_files([folder], homework.limits.upload_mb))
            return grade(homework, upload, sandbox(modules_to_preload(upload)))

        yield graded


def results_of(answer: Answer | Cell, graded: Graded, test_file) -> dict:
    """Return the results of the test cases of this answer's function, by the case's name."""
    (question,) = [
        q for part in graded.parts for q in part.questions if q.question.id == answer.question
    ]
    results = {}
    for case, result in zip(test_file.test_cases, question.results, strict=True):
        if answer.function in case.body._get_func_params():
            results[case_name(case)] = result
    return results


@pytest.mark.parametrize(("number", "answer"), parameters(ROUNDS))
def test_isolated_verdict_and_words_are_those_of_otter(number, answer, graded_round, test_files):
    with contextlib.redirect_stderr(io.StringIO()):
        stock = run(answer, test_files)
    isolated = results_of(answer, graded_round(number), test_files[answer.question])
    assert {name for name, result in isolated.items() if not result.passed} == {
        name for name, message in stock.items() if message
    }, {name: result.message for name, result in isolated.items()}
    for name, result in isolated.items():
        if not result.passed:
            words = stock[name].partition("Error: ")[2] or stock[name]
            assert result.message.strip() in (words.strip(), words), name


@pytest.mark.parametrize(("number", "answer"), parameters(SEEN_ROUNDS))
def test_what_is_seen_of_a_function_is_seen_in_the_sandbox(
    number, answer, graded_round, test_files
):
    errors = find_errors(answer, test_files)
    isolated = results_of(answer, graded_round(number, "seen"), test_files[answer.question])
    for name, result in isolated.items():
        error = errors[name]
        assert result.passed == (error is None)
        if error:
            assert " ".join(result.message.split()) == " ".join(str(error).split()), name


def test_cells_that_only_look_stay_out_even_without_their_tags(homework):
    for part in homework.parts:
        given = part.handed_out
        expected = cells_to_run(given, given)
        assert 0 < len(expected) < len([cell for cell in given.cells if cell.kind == "code"])
        cells = [dataclasses.replace(cell, ignored=False) for cell in given.cells]
        bare = dataclasses.replace(given, cells=tuple(cells))
        assert cells_to_run(bare, given) == expected
        # With tags, a copy that the student has made of such a cell is the student's own.
        (look, *_) = [cell for cell in given.cells if cell.ignored]
        copied = dataclasses.replace(look, index=len(cells), ignored=False)
        more = dataclasses.replace(given, cells=(*given.cells, copied))
        assert cells_to_run(more, given) == {**expected, copied.index: look.source}


@pytest.mark.parametrize(
    ("cells", "modules"),
    [
        (["import numpy", "# torch.optim"], ()),
        (["def f():\n    from torch import nn"], ("torch",)),
        (["import torch", "torch.optim.SGD"], ("torch", "torch._dynamo")),
        (["import torch as t", "constant_optimum"], ("torch",)),
    ],
)
def test_what_takes_long_to_import_is_imported_once(cells, modules):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    file = File("a.ipynb", "a.ipynb", nbformat.writes(notebook).encode())
    assert modules_to_preload(make_upload(Files((file,)))) == modules
