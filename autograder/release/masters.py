"""Read the master notebooks, and refuse what is broken in them.

A master is a notebook in Otter Assign's format. On top of Otter's rules, ours hold it to what
the rest of the release counts on; `read_masters` lists everything that is wrong at once, each
line with the place and the cure.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml
from otter.assign.assignment import Assignment
from otter.assign.question_config import QuestionConfig

from . import refuse
from .names import is_litter
from .rubric import Guide, read_guide
from .settings import config_problems, listed_masters, one_line

QUESTION_ID = re.compile(r"q[1-9][a-z](_[a-z]+)?")
BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|SOLUTION|PROMPT|TESTS)\s*$", re.IGNORECASE)
POINTS = re.compile(r"\*\*(\d+(?:\.\d+)?) points?\b")
MINUTES = re.compile(r"\babout (\d+) minutes\b")
STUB = re.compile(r'raise NotImplementedError\("(?P<text>[^"]+)"\)')
HIDDEN = re.compile(r"#\s*HIDDEN\b", re.IGNORECASE)
# The id of a question whose config cannot be read, or has no name.
UNREADABLE = "?"
# What a notebook may carry besides its cells. Anything else (authors, widget state, the last
# machine's Python version) says more than it should.
CLEAN_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Test:
    """One test case: its function's name, parameters and source, and whether it is hidden."""

    name: str
    parameters: tuple[str, ...]
    source: str
    hidden: bool


@dataclass(frozen=True)
class Function:
    """One function that students write: its solution, and the message of its stub."""

    name: str
    source: str
    stub: str


@dataclass
class Question:
    """One question as the master states it: what both of its kinds have."""

    id: str
    points: float = 0.0
    minutes: int | None = None
    texts: list[str] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    solution_texts: list[str] = field(default_factory=list)


@dataclass
class WrittenQuestion(Question):
    """A question that is graded by hand."""

    @property
    def guide(self) -> Guide:
        """Its model answer and its rubric.

        Raises:
            ValueError: the rubric is not as it should be.
        """
        return read_guide(self.solution_texts, self.points)


@dataclass
class TestedQuestion(Question):
    """A question that is graded by its tests."""

    tests: list[Test] = field(default_factory=list)

    def tested_functions(self) -> list[str]:
        """Return the names of the functions that its tests take, in order."""
        return list(dict.fromkeys(name for test in self.tests for name in test.parameters))


@dataclass
class Master:
    """One master notebook."""

    path: Path
    notebook: nbformat.NotebookNode
    questions: list[Question] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file's name without ending, which is also the assignment's name in Otter."""
        return self.path.stem

    @property
    def tested(self) -> list[TestedQuestion]:
        """The questions that the autograder grades."""
        return [question for question in self.questions if isinstance(question, TestedQuestion)]

    @property
    def points(self) -> float:
        """What the autograder can give."""
        return sum(question.points for question in self.tested)


def read_masters(root: Path) -> list[Master]:
    """Return every master that ``pyproject.toml`` lists, read and found sound.

    Raises:
        ReleaseError: with one line for each fault in the masters and the configuration.
    """
    names = listed_masters(root)
    folder = root / "assignment"
    problems = config_problems(root)
    for path in sorted(folder.glob("*.ipynb")):
        if path.stem not in names and not is_litter(Path(path.name)):
            problems.append(
                f"{path.name} is in assignment/, but not listed under [tool.homework] in "
                f"pyproject.toml: add it there, or move it away"
            )
    masters = []
    for name in names:
        reader = _Reader(folder / f"{name}.ipynb")
        masters.append(reader.read())
        problems += reader.problems
    ids = Counter(question.id for master in masters for question in master.questions)
    problems += [
        f"question id {name} stands {count} times in the masters: ids must be unique, rename one"
        for name, count in ids.items()
        if count > 1 and name != UNREADABLE
    ]
    refuse(problems)
    return masters


def clean(path: Path) -> bool:
    """Strip outputs, counts, cell ids and foreign metadata from a master; return if it changed.

    Cell ids go because Otter Assign makes random ones (a release would differ each time); at
    nbformat 4.4 a notebook needs none.
    """
    before = path.read_text(encoding="utf-8")
    notebook = json.loads(before)
    for cell in notebook["cells"]:
        cell.pop("id", None)
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell.update(execution_count=None, outputs=[])
        tags = cell["metadata"].get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
    notebook |= {"metadata": CLEAN_METADATA, "nbformat": 4, "nbformat_minor": 4}
    after = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


class _Reader:
    """Reads one master and notes what is wrong with it."""

    def __init__(self, path: Path):
        self.path = path
        self.problems: list[str] = []
        self.cell = 0
        self.question: Question | None = None
        self.prompted = False

    def read(self) -> Master:
        notebook = self._load()
        master = Master(self.path, notebook)
        if not self.problems:
            self._check_clean(notebook)
            self._check_assignment(notebook)
            master.questions = list(self._read_questions(notebook))
            if not master.questions and not self.problems:
                self.note("has no question: add a raw cell that starts with # BEGIN QUESTION")
        return master

    def note(self, problem: str) -> None:
        """Add one line: the place, the fault, the cure."""
        place = f"{self.path.name}"
        if self.cell:
            place += f", cell {self.cell}"
        if self.question:
            place += f" ({self.question.id})"
        self.problems.append(f"{place}: {problem}")

    def _load(self) -> nbformat.NotebookNode:
        empty: nbformat.NotebookNode = nbformat.v4.new_notebook()
        try:
            text = self.path.read_text(encoding="utf-8")
            json.loads(text)  # nbformat would not say where
            notebook: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
            nbformat.validate(notebook)
        except FileNotFoundError:
            self.note(
                "is missing from assignment/: restore it from git, or take it off the list "
                "under [tool.homework] in pyproject.toml"
            )
        except Exception as error:  # nbformat trips over bad structure in many ways
            self.note(
                f"is not a valid notebook ({one_line(error)}): restore it from git, or correct "
                f"the JSON where that says"
            )
        else:
            return notebook
        return empty

    def _check_clean(self, notebook: nbformat.NotebookNode) -> None:
        """Masters carry no outputs, no counts and one kernelspec."""
        dirty = any(
            cell.get("outputs") or cell.get("execution_count") is not None
            for cell in notebook.cells
        )
        if dirty:
            self.note("has saved outputs or execution counts: run `make format`")
        if notebook.metadata != CLEAN_METADATA:
            self.note("has metadata beyond the plain python3 kernel: run `make format`")
        if notebook.nbformat_minor != 4:
            self.note("is saved with cell ids (nbformat 4.5 or later): run `make format`")

    def _check_assignment(self, notebook: nbformat.NotebookNode) -> None:
        """The first cell is the assignment config and names the file."""
        source = notebook.cells[0].source if notebook.cells else ""
        if not re.match(r"#\s+ASSIGNMENT\s+CONFIG", source, re.IGNORECASE):
            self.note("must begin with a raw cell that starts with # ASSIGNMENT CONFIG")
            return
        self.cell = 1
        config = self._yaml(source)
        try:
            Assignment(config, require_valid_keys=True)
        except Exception as error:  # as in settings.py
            self.note(f"{one_line(error)}: correct or remove that key")
        wanted = {"name": self.path.stem, "config_file": "config.yml"}
        for key, value in wanted.items():
            if config.get(key) != value:
                self.note(f"must say `{key}: {value}`, but says {config.get(key)!r}")
        self.cell = 0

    def _yaml(self, source: str) -> dict[str, Any]:
        try:
            config = yaml.safe_load(source)
        except yaml.YAMLError as error:
            self.note(f"is not valid YAML ({one_line(error)}): correct the cell")
            return {}
        if not isinstance(config, dict):
            self.note("must hold `key: value` lines: correct the cell")
            return {}
        return config

    def _read_questions(self, notebook: nbformat.NotebookNode) -> Iterator[Question]:
        """Walk through the cells, block by block."""
        blocks: list[str] = []
        for self.cell, cell in enumerate(notebook.cells, start=1):
            boundary = cell.cell_type == "raw" and BOUNDARY.match(cell.source.split("\n")[0])
            if not boundary:
                if self.question and self.question.id != UNREADABLE:
                    self._read_cell(self.question, cell, blocks[-1])
                continue
            edge, block = boundary[1].upper(), boundary[2].upper()
            if edge == "BEGIN":
                if (block == "QUESTION") != (not blocks):
                    self.note(f"BEGIN {block} inside or outside the wrong block: check the order")
                    return
                blocks.append(block)
                if block == "QUESTION":
                    self.question = self._begin(cell.source)
            elif not blocks or blocks.pop() != block:
                self.note(f"END {block} without its BEGIN: check the order of the blocks")
                return
            elif self.question and block == "QUESTION":
                self._check_question(self.question)
                yield self.question
                self.question = None
        if blocks:
            self.note(f"the block {blocks[-1]} never ends: add a raw cell # END {blocks[-1]}")
        self.question, self.cell = None, 0

    def _begin(self, source: str) -> Question:
        config = self._yaml(source)
        name, points = str(config.get("name", "")), config.get("points")
        kind = WrittenQuestion if config.get("manual") else TestedQuestion
        question: Question = kind(name or UNREADABLE)
        self.question = question
        self.prompted = False
        if not config:
            return question
        try:
            QuestionConfig(config, require_valid_keys=True)
        except Exception as error:  # as in settings.py
            self.note(f"{one_line(error)}: correct or remove that key")
        if not QUESTION_ID.fullmatch(name):
            self.note(f"question id {name!r} is broken: write it like q1a, q1a_ii or q1b_vote")
        if isinstance(points, bool) or not isinstance(points, (int, float)) or points <= 0:
            self.note(f"points must be a number above 0, but are {points!r}")
        else:
            question.points = float(points)
        return question

    def _read_cell(self, question: Question, cell: nbformat.NotebookNode, block: str) -> None:
        if block == "QUESTION" and cell.cell_type == "markdown":
            question.texts.append(cell.source)
            self._read_prompt(question, cell.source)
        elif block == "SOLUTION" and cell.cell_type == "markdown":
            question.solution_texts.append(cell.source)
        elif block == "SOLUTION" and cell.cell_type == "code":
            self._read_solution(question, cell.source)
        elif block == "TESTS" and isinstance(question, TestedQuestion):
            self._read_test(question, cell.source)

    def _read_prompt(self, question: Question, source: str) -> None:
        """The first text of a question says its id, points and minutes."""
        if self.prompted:
            return
        self.prompted = True
        if not re.match(rf"#+ {re.escape(question.id)}\b", source):
            self.note(f"the heading must start with the id: ## {question.id}: ...")
        points, minutes = POINTS.search(source), MINUTES.search(source)
        if question.points and (not points or float(points[1]) != question.points):
            said = points[1] if points else "none"
            self.note(
                f"the text says {said} points, the config {question.points:g}: write "
                f"**{question.points:g} points · about ... minutes** below the heading"
            )
        if not minutes:
            self.note("the expected time is missing: write `about 10 minutes` next to the points")
        else:
            question.minutes = int(minutes[1])

    def _read_solution(self, question: Question, source: str) -> None:
        """Each function of a solution has a stub that raises with the question's id."""
        try:
            functions = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
        except SyntaxError as error:
            self.note(f"the solution is not valid Python ({error})")
            return
        stub = STUB.search(source)
        for function in functions:
            if not stub or not stub["text"].startswith(f"{question.id}: "):
                self.note(
                    f"{function.name} needs a stub: between # BEGIN PROMPT and # END PROMPT, "
                    f'raise NotImplementedError("{question.id}: what to write")'
                )
            text = stub["text"] if stub else ""
            question.functions.append(Function(function.name, source, text))

    def _read_test(self, question: TestedQuestion, source: str) -> None:
        try:
            nodes = ast.parse(source).body
        except SyntaxError as error:
            self.note(f"the test is not valid Python ({error})")
            return
        if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef):
            self.note("a test cell must hold one function, def test_...(...)")
            return
        test = nodes[0]
        hidden = bool(HIDDEN.match(source))
        parameters = tuple(argument.arg for argument in test.args.args)
        if test.name in {other.name for other in question.tests}:
            self.note(f"two tests are called {test.name}; the second would replace the first")
        if hidden:
            self._check_hidden(test)
        question.tests.append(Test(test.name, parameters, ast.unparse(test), hidden))

    def _check_hidden(self, test: ast.FunctionDef) -> None:
        """A hidden test's failure quotes the line that failed, so that line must hold no value."""
        if any(isinstance(node, ast.Assert) for node in ast.walk(test)):
            self.note(
                f"{test.name} is hidden, but asserts: a failure quotes that line, so let a "
                f"check_... of lab.feedback compare"
            )
        calls = [
            node
            for node in ast.walk(test)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("check_")
        ]
        for call in calls:
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            shown = [*call.args, *(v for k, v in keywords.items() if k != "scale")]
            if "hidden" not in keywords:
                self.note(f"{test.name} is hidden, so its checks need hidden='what is special'")
            if not all(isinstance(node, (ast.Name, ast.Constant)) for node in shown) or any(
                _is_number(node) for node in shown
            ):
                self.note(
                    f"{test.name} shows hidden values: a failure quotes the line of the check, so "
                    f"give it names only (arguments, right), and work them out above"
                )

    def _check_question(self, question: Question) -> None:
        """Each function has public and hidden tests; a written answer has a model answer."""
        if question.id == UNREADABLE:
            return
        if not self.prompted:
            self.note("has no text: add a markdown cell after # BEGIN QUESTION")
        if isinstance(question, TestedQuestion):
            self._check_tests(question)
        elif not question.solution_texts:
            self.note("is graded by hand but has no model answer in its SOLUTION block")
        elif isinstance(question, WrittenQuestion):
            self._check_rubric(question)

    def _check_rubric(self, question: WrittenQuestion) -> None:
        try:
            _ = question.guide
        except ValueError as error:
            self.note(str(error))

    def _check_tests(self, question: TestedQuestion) -> None:
        if not question.functions:
            self.note("has no function in its SOLUTION block")
        for function in question.functions:
            tests = [test for test in question.tests if function.name in test.parameters]
            for kind, hidden in (("public", False), ("hidden", True)):
                if not any(test.hidden is hidden for test in tests):
                    self.note(f"{function.name} has no {kind} test: add one to the TESTS block")


def _is_number(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, (int, float)) and not isinstance(value, bool)
