"""Answers of the bank: run in this process, or written into a notebook as a student would."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import io
import itertools
import linecache
import re
import types
import warnings
from collections import defaultdict
from collections.abc import Iterable
from contextlib import redirect_stdout, suppress
from pathlib import Path

import nbformat
import numpy as np
from lab.data import make_dataset
from lab.history import load_history
from lab.network import init_params
from otter.test_files.abstract_test import TestCase
from otter.test_files.exception_test import ExceptionTestFile
from submissions import BANK, Answer, Cell

from .points import all_masters, notebook_of

ROOT = Path(__file__).resolve().parents[2]
# Which notebook the questions of a part belong to, by how their names begin.
PARTS = {
    question.id[:2]: name for name, master in all_masters().items() for question in master.questions
}


def run(answer: Answer, test_files: dict) -> dict[str, str]:
    """Return the message of each test case of this answer's function, by the case's name."""
    test_file = copy.copy(test_files[answer.question])
    with redirect_stdout(io.StringIO()):
        test_file.run({answer.function: named(answer.code, answer.function)})
    return {
        case_name(result.test_case): "" if result.passed else result.message
        for result in test_file.test_case_results
        if concerns(result.test_case, answer.function)
    }


def find_errors(
    answer: Answer | Cell, test_files: dict[str, ExceptionTestFile]
) -> dict[str, Exception | None]:
    """Return the error that each test case of this answer's function raises, None if it passes."""
    environment = environment_of(answer)
    errors: dict[str, Exception | None] = {}
    for case in test_files[answer.question].test_cases:
        if not concerns(case, answer.function):
            continue
        errors[case_name(case)] = None
        try:
            with redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                case.body.call_func(environment)
        except Exception as error:
            errors[case_name(case)] = error
    return errors


def first_of_those_it_must_fail(
    answer: Answer | Cell, cases: dict[str, Exception | None]
) -> Exception:
    """Return the first error among the test cases that a wrong answer must fail.

    Args:
        answer: a wrong one.
        cases: the error in each test case of its function, if any.
    """
    assert answer.fails <= cases.keys(), f"tests of {answer.function} end in {', '.join(cases)}"
    passed = [name for name in cases if name in answer.fails and not cases[name]]
    assert not passed, f"{answer.id} passes {', '.join(passed)}"
    return next(error for name, error in cases.items() if name in answer.fails and error)


def environment_of(answer: Answer | Cell) -> dict[str, object]:
    """Return the names of a notebook in which the answer has been run."""
    if isinstance(answer, Answer):
        return {answer.function: named(answer.code, answer.function)}
    part = notebook_of(answer.question)
    names = notebook_variables(part) | {"np": np}
    for cell in (*solved_cells(part), answer.source):
        run_cell(cell, names)
    return names


def run_cell(source: str, names: dict[str, object]) -> None:
    """Run a cell; like in a notebook, an error of its own lies with what it has not defined."""
    place = f"<cell {hash(source)}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    with redirect_stdout(io.StringIO()), suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, place, "exec"), names)


@functools.cache
def solved_cells(part: str) -> tuple[str, ...]:
    """Return the cells of a solved notebook that answers may build on."""
    notebook = nbformat.read(ROOT / f"solutions/{part}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return tuple(cell for cell in cells if cell.startswith(("def ", "x = np.array(")))


def notebook_variables(part: str) -> dict[str, object]:
    """Return variables that the cells which only look leave behind, for answers to read."""
    if part != "relu_sgd":
        return {}
    dataset = make_dataset()
    x, y = dataset.x_train[:50], dataset.y_train[:50]
    run, start = load_history(10, train_hidden=True), init_params(10)
    return {"dataset": dataset, "x": x, "y": y, "run": run, "start": start}


def named(function: types.FunctionType, name: str) -> types.FunctionType:
    """Return the function under the name that it has in a notebook."""
    code = function.__code__.replace(co_name=name)
    return types.FunctionType(code, function.__globals__, name)


def concerns(case: TestCase, function: str) -> bool:
    """Return whether a test case takes this function."""
    return function in inspect.signature(case.body.test_func).parameters


def case_name(case) -> str:
    """Return the last word of a test case's name, which is what the bank calls it."""
    return case.body.test_func.__name__.rpartition("_")[2]


def fill_in(notebook: nbformat.NotebookNode, answers: Iterable[Answer | Cell]) -> None:
    """Put each answer into the cell that holds its stub, with what it uses of its module."""
    for answer in answers:
        put(notebook, answer.function, code_of(answer))


def put(notebook: nbformat.NotebookNode, function: str, code: str) -> None:
    """Put ``code`` into the cell that defines a graded function."""
    (cell,) = [c for c in notebook.cells if c.source.startswith(f"def {function}(")]
    cell.source = code


def code_of(answer: Answer | Cell) -> str:
    """Return what a student would have written."""
    if isinstance(answer, Cell):
        return answer.source
    source = inspect.getsource(answer.code).partition("def ")[2]
    renamed = re.sub(r"^\w+", f"def {answer.function}", source)
    return "\n".join([*used_lines(answer), renamed])


def used_lines(answer: Answer) -> list[str]:
    """Return the imports, constants and helpers of an answer's module that its code needs."""
    nodes = {}
    for node in ast.parse(inspect.getsource(inspect.getmodule(answer.code))).body:
        if isinstance(node, ast.Import):
            nodes |= {alias.asname or alias.name: node for alias in node.names}
        elif isinstance(node, ast.Assign):
            nodes |= {target.id: node for target in node.targets}
        elif isinstance(node, ast.FunctionDef) and not node.decorator_list:
            nodes[node.name] = node
    needed: dict[str, str] = {}
    texts = [inspect.getsource(answer.code)]
    for text in texts:  # grows
        for name in nodes.keys() & set(re.findall(r"\w+", text)) - needed.keys():
            needed[name] = ast.unparse(nodes[name])
            texts.append(needed[name])
    return sorted(set(needed.values()))


def rounds(answers: Iterable[Answer] = BANK) -> list[list[Answer]]:
    """Return answers in rounds that have one answer at most for each function."""
    by_function = defaultdict(list)
    for answer in answers:
        by_function[answer.function].append(answer)
    return [
        [answer for answer in answers if answer]
        for answers in itertools.zip_longest(*by_function.values())
    ]


def student_rounds(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Return students' cells in rounds that fit into one notebook: none touches another."""
    rounds_: list[list[Cell]] = []
    for cell in cells:
        fitting = (others for others in rounds_ if not any(_touch(cell, b) for b in others))
        if others := next(fitting, None):
            others.append(cell)
        else:
            rounds_.append([cell])
    return rounds_


def _touch(a: Cell, b: Cell) -> bool:
    """Return whether one cell speaks of the other's function, or changes names for all."""
    is_alone = not all(cell.source.startswith("def ") for cell in (a, b))
    return is_alone or a.function in b.source or b.function in a.source


def uses_torch(answer: Answer) -> bool:
    """Return whether an answer, or a helper of it, imports torch."""
    return "torch" in code_of(answer)


def write_notebooks(answers: Iterable[Answer | Cell], folder: Path) -> list[Path]:
    """Write notebooks with answers filled in, the solved ones for cells; return their paths."""
    answers, paths = list(answers), []
    around = "student" if isinstance(answers[0], Answer) else "solutions"
    for name in all_masters():
        notebook = nbformat.read(ROOT / f"{around}/{name}.ipynb", as_version=4)
        fill_in(notebook, [a for a in answers if notebook_of(a.question) == name])
        paths.append(folder / f"{name}.ipynb")
        nbformat.write(notebook, paths[-1])
    return paths
