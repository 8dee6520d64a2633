"""Search ``student/`` for what must not be there.

Answers (as code under any names, or as text), hidden tests and their values, saved outputs,
absolute paths, and metadata that tells who edited what on which machine.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from . import refuse
from .build import tidy_solution
from .masters import CLEAN_METADATA, Function, Master, Question, Test
from .names import BINARY, HANDED_OUT, NOT_HANDED_OUT, is_litter
from .shapes import NUMBER, Form, body_of, form_of, shape, tokens

ABSOLUTE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|Users|Volumes|root|tmp|work|var|mnt|opt|srv|scratch)/|\b[A-Z]:\\\\?\w"
)
CELL_METADATA = {"tags", "editable", "deletable"}
TEXT_KINDS = HANDED_OUT - BINARY
# Less than this occurs everywhere and betrays nothing.
TELLING_LINE = 12
TELLING_DIGITS = 4
TELLING_SENTENCE = 40
TELLING_FORMULA = 15
TELLING_TOKENS = 8
TELLING_WEIGHT = 3  # of an expression: see `Form.weight`
TELLING_RUN = 4  # numbers in a row
RUN = re.compile(rf"-?{NUMBER}(?:\s*,\s*-?{NUMBER}){{{TELLING_RUN - 1},}}")


class Secret(NamedTuple):
    """Something that no student file may hold: any of the marks, in one view of the file."""

    what: str
    view: str  # the name of a field of `Views`
    marks: set[Any]


@dataclass(frozen=True)
class Views:
    """One text in the views in which secrets show."""

    shapes: set[str]
    tokens: str
    squeezed: str
    lines: set[str]
    numbers: set[float]
    runs: set[tuple[float, ...]]

    def show(self, secret: Secret) -> bool:
        """Return whether the text holds the secret."""
        view = getattr(self, secret.view)
        return any(mark in view for mark in secret.marks)


def scan(masters: list[Master], student: Path) -> None:
    """Raise unless ``student`` is free of leaks.

    Raises:
        ReleaseError: with one line for each leak: what, where, from which question.
    """
    problems = []
    secrets = list(_secrets(masters))
    sizes = {size for m in masters for q in m.questions for f in q.functions for size in _sizes(f)}
    for path in sorted(path for path in student.rglob("*") if path.is_file()):
        place = f"student/{path.relative_to(student).as_posix()}"
        if is_litter(path.relative_to(student)):
            continue
        if path.suffix.lower() not in HANDED_OUT:
            problems.append(f"{place} {NOT_HANDED_OUT}")
        if path.suffix.lower() not in TEXT_KINDS:
            continue
        try:
            problems += [f"{place} {fault}" for fault in _faults(path, secrets, sizes)]
        except UnicodeDecodeError:
            problems.append(f"{place} is not UTF-8 text: save it as UTF-8 in assignment/")
    refuse(problems)


def _faults(path: Path, secrets: list[Secret], sizes: set[int]) -> Iterator[str]:
    """Yield what is wrong with one file."""
    text = path.read_text(encoding="utf-8")
    plain = _plain_text(path, text)
    views = Views(
        shapes=set(_shapes(_code_blocks(path, text), sizes)),
        tokens=tokens(plain),
        squeezed=_squeeze(plain),
        lines={_squeeze(line) for line in plain.splitlines()},
        numbers=set(_numbers(plain)),
        runs=set(_runs(plain)),
    )
    for secret in secrets:
        if views.show(secret):
            yield f"holds {secret.what}: remove it from assignment/"
    yield from _traces(path, text)


def _secrets(masters: list[Master]) -> Iterator[Secret]:
    """Yield everything that the masters hold and students must not."""
    public = "\n".join(_public_sources(masters))
    for master in masters:
        for question in master.questions:
            for function in question.functions:
                what = f"the solution of {question.id} ({function.name})"
                yield Secret(what, "shapes", solution_shapes(function))
                yield Secret(what, "tokens", set(_token_marks(function)))
            what = f"text from the model answer of {question.id}"
            yield Secret(what, "squeezed", set(_text_marks(question.solution_texts)))
        for question in master.tested:
            for test in question.tests:
                if test.hidden:
                    yield from _test_secrets(question, test, public)


def _test_secrets(question: Question, test: Test, public: str) -> Iterator[Secret]:
    """Yield the lines and values of a hidden test that no public test shows."""
    where = f"of the hidden test {test.name} of {question.id}"
    lines = set(_telling_lines(test.source)) - set(_telling_lines(public))
    yield Secret(f"a line {where}", "lines", lines)
    yield Secret(f"a value {where}", "numbers", {*_numbers(test.source)} - {*_numbers(public)})
    yield Secret(f"numbers {where}", "runs", {*_runs(test.source)} - {*_runs(public)})


def solution_shapes(function: Function) -> set[str]:
    """Return the shapes of a solution: its body, and each telling value that it returns."""
    return {shape(form) for form in _solution_forms(function)}


def _solution_forms(function: Function) -> Iterator[Form]:
    for node in ast.walk(ast.parse(tidy_solution(function.source))):
        if isinstance(node, ast.FunctionDef) and node.name == function.name:
            yield body_of(node)
        elif isinstance(node, ast.Return) and node.value:
            form = form_of(node.value)
            if form.weight() >= TELLING_WEIGHT:
                yield form


def _sizes(function: Function) -> Iterator[int]:
    return (_size(form) for form in _solution_forms(function))


def _size(form: Form) -> int:
    return sum(1 for _ in form.walk())


def _shapes(blocks: Iterable[str], sizes: set[int]) -> Iterator[str]:
    """Yield the shape of every expression and function body in pieces of code.

    Only of those whose size is among ``sizes``: shapes of other sizes cannot be equal.
    """
    for block in blocks:
        try:
            tree = ast.parse(block)
        except (SyntaxError, ValueError):
            continue  # prose, or a line of shell
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        forms = [*form_of(tree).walk(), *map(body_of, functions)]
        yield from (shape(form) for form in forms if _size(form) in sizes)


def _token_marks(function: Function) -> Iterator[str]:
    """Yield the tokens of each line and each returned value of a solution that has enough."""
    source = tidy_solution(function.source)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    for node in nodes:
        value = getattr(node, "value", None)
        if value is None or isinstance(value, ast.Constant):
            continue  # a block, whose lines come by themselves, or a docstring
        for piece in (node, value):
            mark = tokens(ast.get_source_segment(source, piece) or "")
            if len(mark.split()) >= TELLING_TOKENS:
                yield mark


def _text_marks(texts: Iterable[str]) -> Iterator[str]:
    """Yield the sentences and display formulas of a model answer."""
    for text in texts:
        for formula in re.findall(r"\$\$(.+?)\$\$", text, flags=re.S):
            mark = _squeeze(formula).rstrip(".,")
            if len(mark) >= TELLING_FORMULA:
                yield mark
        for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
            if len(sentence.strip()) >= TELLING_SENTENCE:
                yield _squeeze(sentence)


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
    if path_found := ABSOLUTE_PATH.search(text):
        yield f"holds an absolute path ({path_found[0]}...): write it relative"
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


def _public_sources(masters: list[Master]) -> list[str]:
    return [
        test.source
        for master in masters
        for question in master.tested
        for test in question.tests
        if not test.hidden
    ]


def _telling_lines(text: str) -> Iterator[str]:
    """Yield the lines that are long enough to tell where they come from; imports never do."""
    for line in text.splitlines():
        is_import = line.strip().startswith(("import ", "from "))
        if len(line.strip()) >= TELLING_LINE and not is_import:
            yield _squeeze(line)


def _numbers(text: str) -> Iterator[float]:
    """Yield the numbers in a text that have many digits."""
    for number in re.findall(rf"(?<![\w.]){NUMBER}", text):
        digits = re.split("[eE]", number)[0].replace(".", "").replace("_", "").strip("0")
        if len(digits) >= TELLING_DIGITS:
            yield float(number.replace("_", ""))


def _runs(text: str) -> Iterator[tuple[float, ...]]:
    """Yield the literal lists of numbers in a text that are long enough to tell."""
    for run in RUN.findall(text):
        yield tuple(float(re.sub(r"[\s_]", "", number)) for number in run.split(","))


def _squeeze(text: str) -> str:
    """Return a text in a form that white space and quote style do not change."""
    return re.sub(r"\s+", "", text).replace('"', "'")
