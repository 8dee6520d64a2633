"""Search ``student/`` for what must not be there.

Answers (as code under any names, or as text), hidden tests and their values, saved outputs,
absolute paths, and metadata that tells who edited what on which machine.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import ReleaseError
from .build import tidy_solution
from .masters import CLEAN_METADATA, Function, Master

ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|Users|root|tmp|work|var|mnt)/|\b[A-Z]:\\\\?\w")
CELL_METADATA = {"tags", "editable", "deletable"}
# Shorter lines and numbers occur everywhere and betray nothing.
TELLING_LINE = 12
TELLING_DIGITS = 4


def scan(masters: list[Master], student: Path) -> None:
    """Raise unless ``student`` is free of leaks.

    Raises:
        ReleaseError: with one line for each leak: what, where, from which question.
    """
    files = {path: path.read_text(encoding="utf-8") for path in _text_files(student)}
    problems = []
    for path, text in files.items():
        place = path.relative_to(student)
        plain = _plain_text(path, text)
        code = set(_all_shapes(_code_blocks(path, text)))
        for what in _leaks(masters, plain, code):
            problems.append(f"student/{place} holds {what}: remove it from assignment/")
        problems += [f"student/{place} {fault}" for fault in _traces(path, text)]
    if problems:
        raise ReleaseError("\n".join(problems))


def _leaks(masters: list[Master], plain: str, code: set[str]) -> Iterator[str]:
    """Yield what a text gives away."""
    lines = {_squeeze(line) for line in plain.splitlines()}
    numbers = set(_numbers(plain))
    public = {_squeeze(line) for line in _test_lines(masters, hidden=False)}
    for master in masters:
        for question in master.questions:
            for function in question.functions:
                if code & set(solution_shapes(function)):
                    yield f"the solution of {question.id} ({function.name})"
            if any(_squeeze(line) in lines for line in _telling(question.solution_texts)):
                yield f"text from the model answer of {question.id}"
            for test in (test for test in question.tests if test.hidden):
                own = {_squeeze(line) for line in _telling([test.source])} - public
                if own & lines:
                    yield f"a line of the hidden test {test.name} of {question.id}"
                if numbers & (set(_numbers(test.source)) - set(_numbers("\n".join(public)))):
                    yield f"a value of the hidden test {test.name} of {question.id}"


def solution_shapes(function: Function) -> Iterator[str]:
    """Yield the shapes (see `_shape`) of a solution: its body, and each value it returns."""
    tree = ast.parse(tidy_solution(function.source))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.name:
            yield _shape(_body(node))
        elif isinstance(node, ast.Return) and not isinstance(node.value, (ast.Name, ast.Constant)):
            yield _shape([node.value])


def _all_shapes(blocks: Iterable[str]) -> Iterator[str]:
    """Yield the shape of every expression and function body in pieces of code."""
    for block in blocks:
        try:
            tree = ast.parse(block)
        except SyntaxError:
            continue  # prose, or a line of shell
        for node in ast.walk(tree):
            if isinstance(node, ast.expr):
                yield _shape([node])
            elif isinstance(node, ast.FunctionDef):
                yield _shape(_body(node))


def _shape(nodes: list[ast.AST]) -> str:
    """Return code with its names replaced by numbers, so that renaming hides nothing."""
    names: dict[str, str] = {}
    parts = []
    for node in copy.deepcopy(nodes):
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                part.id = names.setdefault(part.id, f"v{len(names)}")
                part.ctx = ast.Load()
        parts.append(ast.dump(node))
    return "\n".join(parts)


def _body(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return the statements of a function without its docstring."""
    first = function.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if docstring else function.body


def _code_blocks(path: Path, text: str) -> Iterator[str]:
    """Yield the pieces of code in a file: modules, code cells, code in Markdown."""
    if path.suffix == ".py":
        yield text
    elif path.suffix == ".ipynb":
        for cell in json.loads(text)["cells"]:
            source = "".join(cell["source"])
            yield from [source] if cell["cell_type"] == "code" else _markdown_code(source)
    else:
        yield from _markdown_code(text)


def _markdown_code(text: str) -> list[str]:
    fenced = re.findall(r"```\w*\n(.*?)```", text, flags=re.S)
    return fenced + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)


def _plain_text(path: Path, text: str) -> str:
    """Return a file as text; of a notebook, the cells' own text."""
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def _traces(path: Path, text: str) -> Iterator[str]:
    """Yield the personal and machine traces in a file."""
    if ABSOLUTE_PATH.search(text):
        yield f"holds an absolute path ({ABSOLUTE_PATH.search(text)[0]}...): write it relative"
    if path.suffix != ".ipynb":
        return
    notebook = json.loads(text)
    foreign = set(notebook["metadata"]) - set(CLEAN_METADATA) - {"otter"}
    for cell in notebook["cells"]:
        foreign |= set(cell["metadata"]) - CELL_METADATA
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield "has saved outputs: run `make format`"
            break
    if foreign:
        yield f"has metadata that does not belong there ({', '.join(sorted(foreign))})"


def _test_lines(masters: list[Master], hidden: bool) -> list[str]:
    return [
        line
        for master in masters
        for question in master.questions
        for test in question.tests
        if test.hidden is hidden
        for line in test.source.splitlines()
    ]


def _telling(texts: Iterable[str]) -> Iterator[str]:
    """Yield the lines that are long enough to tell where they come from; imports never do."""
    for text in texts:
        for line in text.splitlines():
            is_import = line.strip().startswith(("import ", "from "))
            if len(line.strip()) >= TELLING_LINE and not is_import:
                yield line


def _numbers(text: str) -> Iterator[str]:
    """Yield the numbers in a text that have many digits."""
    for number in re.findall(r"(?<![\w.])\d[\d_]*\.?\d*(?:e[-+]?\d+)?", text):
        digits = number.partition("e")[0].replace(".", "").replace("_", "").strip("0")
        if len(digits) >= TELLING_DIGITS:
            yield number


def _squeeze(line: str) -> str:
    """Return a line in a form that white space and quote style do not change."""
    return re.sub(r"\s+", "", line).replace('"', "'")


def _text_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in {".py", ".ipynb", ".md", ".txt", ".html", ".json"}
    )
