"""The bank of answers as test cases see it, and as notebooks."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import io
import itertools
import re
import types
from collections import defaultdict

import nbformat
from submissions import BANK, Answer

# The notebooks, by how the names of their questions begin.
PARTS = {"q1": "gradient_descent", "q2": "relu_sgd"}


def run(answer: Answer, test_files: dict) -> dict[str, str]:
    """Return the message of each test case of this answer's function, by the case's name."""
    test_file = copy.copy(test_files[answer.question])
    with contextlib.redirect_stdout(io.StringIO()):
        test_file.run({answer.function: named(answer.code, answer.function)})
    return {
        case_name(result.test_case): "" if result.passed else result.message
        for result in test_file.test_case_results
        if answer.function in inspect.signature(result.test_case.body.test_func).parameters
    }


def named(function, name: str):
    """Return the function under the name that it has in a notebook."""
    twin = types.FunctionType(function.__code__.replace(co_name=name), function.__globals__, name)
    return twin


def case_name(case) -> str:
    return case.body.test_func.__name__.rpartition("_")[2]


def rounds() -> list[list[Answer]]:
    """Return the bank in rounds that have one answer at most for each function."""
    by_function = defaultdict(list)
    for answer in BANK:
        by_function[answer.function].append(answer)
    return [
        [answer for answer in answers if answer]
        for answers in itertools.zip_longest(*by_function.values())
    ]


def fill_in(notebook: nbformat.NotebookNode, answers: list[Answer]) -> None:
    """Put each answer into the cell that holds its stub, with what it uses of its module."""
    for answer in answers:
        source = inspect.getsource(answer.code).partition("def ")[2]
        renamed = re.sub(r"^\w+", f"def {answer.function}", source)
        (cell,) = [c for c in notebook.cells if c.source.startswith(f"def {answer.function}(")]
        cell.source = "\n".join([*used_lines(answer), renamed])


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
