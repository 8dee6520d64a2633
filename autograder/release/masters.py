"""Read the master notebooks, and refuse what is broken in them.

A master is a notebook in Otter Assign's format. On top of Otter's rules, ours hold it to what
the rest of the release counts on (`rules` has those for code); `read_masters` lists everything
that is wrong at once, each line with the place and the cure. A place is a cell of the master, by
its number and its first line: editors show no numbers, but find text.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml
from otter.assign.assignment import Assignment
from otter.assign.question_config import QuestionConfig

from . import points, refuse, rules
from .declared import read_declared
from .names import is_litter
from .rubric import Guide, read_guide
from .settings import config_problems, one_line, yaml_fault

# What can be the name of a file everywhere, and is one word in a text.
QUESTION_ID = re.compile(r"\w+(\.\w+)*", re.ASCII)
BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|SOLUTION|PROMPT|TESTS)\s*$", re.IGNORECASE)
NEARLY_BOUNDARY = re.compile(r"#|\W*(BEGIN|END)\b", re.IGNORECASE)
NAME = re.compile(r"^name:[ \t]*([\w.]+)[ \t]*$", re.MULTILINE)
CONFLICT = re.compile(r"^<{7}( |$)", re.MULTILINE)
ASSIGNMENT = re.compile(r"#\s+ASSIGNMENT\s+CONFIG", re.IGNORECASE)
POINTS = re.compile(r"\*\*(\d+(?:\.\d+)?) points?\b")
MINUTES = re.compile(r"\babout (\d+) minutes\b")
STUB = re.compile(r'raise NotImplementedError\("(?P<text>[^"]+)"\)')
# How Otter knows a hidden test: by a comment on top.
HIDDEN = re.compile(r"\s*#.*\bHIDDEN\b", re.IGNORECASE)
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
    cell: int  # its number in the master, from 1


@dataclass(frozen=True)
class Function:
    """One function that students write: its solution, and the message of its stub."""

    name: str
    source: str
    stub: str
    cell: int


@dataclass
class Question:
    """One question as the master states it: what both of its kinds have."""

    id: str
    points: float = 0.0
    minutes: int | None = None
    heading: int = 0  # the cell of its text
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

    def texts(self) -> list[str]:
        """Return the Markdown of each cell, "" for cells of other kinds."""
        cells = self.notebook.cells
        return [cell.source if cell.cell_type == "markdown" else "" for cell in cells]

    def worths(self) -> list[points.Worth]:
        """Return what each question is worth; its tests all count the same, as in Otter."""
        worths = []
        for question in self.questions:
            tests = question.tests if isinstance(question, TestedQuestion) else []
            hidden = question.points * sum(t.hidden for t in tests) / len(tests) if tests else 0.0
            public = question.points - hidden if tests else 0.0
            by_hand = 0.0 if tests else question.points
            worth = points.Worth(
                question.id, public, hidden, by_hand, question.minutes, question.heading
            )
            worths.append(worth)
        return worths

    def running_cells(self) -> list[tuple[int, str]]:
        """Return number and first line of each cell that is part of a built notebook."""
        return [
            (number, rules.first_line(cell.source))
            for number, cell in enumerate(self.notebook.cells, start=1)
            if cell.cell_type != "raw" and not rules.is_test(cell.source)
        ]

    def place(self, cell: int) -> str:
        """Return where a cell is: file, number, question, first line; the file for number 0."""
        if not cell:
            return self.path.name
        line = rules.first_line(self.notebook.cells[cell - 1].source)
        inside = ", ".join(filter(None, [self._question_at(cell), f"`{line}`"]))
        return f"{self.path.name}, cell {cell} ({inside})"

    def _question_at(self, cell: int) -> str:
        """Return the question that a cell belongs to, or comes after; "" before the first."""
        where = ""
        for other in self.notebook.cells[:cell]:
            boundary = _boundary_of(other.source, other.cell_type)
            name = NAME.search(other.source)
            if boundary == ("BEGIN", "QUESTION"):
                where = name[1] if name else ""
            elif boundary == ("END", "QUESTION") and other is not self.notebook.cells[cell - 1]:
                where = f"after {where}" if where else ""
        return where

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
    declared = read_declared(root)
    names, folder = declared.masters, root / "assignment"
    problems = config_problems(root, declared)
    for path in sorted(folder.glob("*.ipynb")):
        if path.stem not in names and not is_litter(Path(path.name)):
            problems.append(
                f"{path.name} is in assignment/, but not listed under [tool.homework] in "
                f"pyproject.toml: add it there, or move it away"
            )
    problems += _guide_problems(folder / "STUDENT.md", names)
    readers = [_Reader(folder / f"{name}.ipynb") for name in names]
    masters = [reader.read() for reader in readers]
    for reader in readers:
        reader.check_texts()
    problems += [line for reader in readers for line in reader.problems]
    ids = Counter(question.id for master in masters for question in master.questions)
    problems += [
        f"question id {name} stands {count} times in the masters: ids must be unique, rename one"
        for name, count in ids.items()
        if count > 1 and name != UNREADABLE
    ]
    refuse(problems)
    return masters


def _guide_problems(guide: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield which notebooks the guide for students does not name: they have to upload all."""
    text = guide.read_text(encoding="utf-8") if guide.is_file() else ""
    for name in names:
        if text and f"{name}.ipynb" not in text:
            yield f"assignment/STUDENT.md does not name {name}.ipynb, which students have to upload"


def clean(path: Path) -> list[str]:
    """Bring a master into its normal form; return what was done, a line each.

    Outputs, counts, cell ids and foreign metadata go. Cell ids, because Otter Assign makes random
    ones (a release would differ each time); at nbformat 4.4 a notebook needs none. What the texts
    say of points and minutes is written anew, unless something else is wrong with the notebook.
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
    _write_if_changed(path, notebook, before)
    is_same = path.read_text(encoding="utf-8") == before
    done = [] if is_same else [f"{path.name}: cleaned"]
    return done + _write_points(path)


def _write_points(path: Path) -> list[str]:
    """Correct what a clean master's texts say of points and minutes; return what was written."""
    reader = _Reader(path)
    master = reader.read()
    if reader.problems:
        return []
    before = path.read_text(encoding="utf-8")
    notebook = json.loads(before)
    worths, texts = master.worths(), master.texts()
    wrong = list(points.corrections(texts, worths))
    for number in {correction.cell for correction in wrong}:
        text = points.corrected(number, texts[number - 1], worths)
        notebook["cells"][number - 1]["source"] = text.splitlines(keepends=True)
    _write_if_changed(path, notebook, before)
    return [f"{master.place(cell)} now says `{new.strip()}`" for cell, _, new in wrong]


def _write_if_changed(path: Path, notebook: dict[str, Any], before: str) -> None:
    after = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")


class _Reader:
    """Reads one master and notes what is wrong with it."""

    def __init__(self, path: Path):
        self.master = Master(path, nbformat.v4.new_notebook())
        self.problems: list[str] = []
        self.cell = 0
        self.question: Question | None = None
        # Whether something in this question is wrong, so that more may seem to be.
        self.is_spoiled = False
        self.ids: dict[str, int] = {}  # of the questions, and the cells that begin them
        self.stray = 0  # a cell of this question that holds a test outside TESTS
        self.behind = 0  # a text cell of this question behind its solution
        # The blocks around the cell, each with the cell that begins it.
        self.blocks: list[tuple[str, int]] = []

    def read(self) -> Master:
        if self._load() and not self._note_conflicts():
            self._check_clean()
            self._check_assignment()
            self._check_code()
            self.master.questions = list(self._read_questions())
            self.question, self.cell = None, 0
            if not self.master.questions and not self.problems:
                self.note("has no question: add a raw cell that starts with # BEGIN QUESTION")
            self._check_minutes()
        return self.master

    def check_texts(self) -> None:
        """Note what the texts say wrongly of points and minutes; without other problems only."""
        if self.problems:
            return
        texts, worths = self.master.texts(), self.master.worths()
        for cell, fault in points.faults(texts, worths):
            self.note(fault, cell)
        for cell, old, new in [] if self.problems else points.corrections(texts, worths):
            self.note(
                f"says `{old.strip()}`, but the questions make it `{new.strip()}`: run "
                f"`make format`, which writes that",
                cell,
            )

    def note(self, problem: str, cell: int | None = None) -> None:
        """Add one line: the place, the fault, the cure; the place is this cell if none is given."""
        self.is_spoiled = True
        place = self.master.place(self.cell if cell is None else cell)
        self.problems.append(f"{place}: {problem}")

    def _load(self) -> bool:
        """Read the file; return if it is a notebook."""
        try:
            text = self.master.path.read_text(encoding="utf-8")
            json.loads(text)  # nbformat would not say where
            notebook: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
            nbformat.validate(notebook)
        except FileNotFoundError:
            self.note(
                "is missing from assignment/: restore it from git, or take it off the list "
                "under [tool.homework] in pyproject.toml"
            )
        except Exception as error:  # nbformat trips over bad structure in many ways
            if "'id' was unexpected" in str(error):
                self.note(
                    "has cell ids, which its version of the format has not: run `make format`"
                )
                return False
            self.note(
                f"is not a valid notebook ({one_line(error)}): restore it from git, or correct "
                f"the JSON where that says"
            )
        else:
            self.master.notebook = notebook
            return True
        return False

    def _note_conflicts(self) -> bool:
        """Note the cells that hold two versions; return if there are any."""
        for number, cell in enumerate(self.master.notebook.cells, start=1):
            if CONFLICT.search(cell.source):
                self.note("holds both sides of a merge conflict: keep one", number)
        return bool(self.problems)

    def _check_clean(self) -> None:
        """Masters carry no outputs, no counts and one kernelspec."""
        notebook = self.master.notebook
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

    def _check_assignment(self) -> None:
        """The first cell is the assignment config and names the file."""
        cells = self.master.notebook.cells
        if not cells or cells[0].cell_type != "raw" or not ASSIGNMENT.match(cells[0].source):
            self.note("must begin with a raw cell that starts with # ASSIGNMENT CONFIG")
            return
        self.cell = 1
        config = self._yaml(cells[0].source)
        try:
            Assignment(config, require_valid_keys=True)
        except Exception as error:  # as in settings.py
            self.note(f"{one_line(error)}: correct or remove that key")
        wanted = {"name": self.master.name, "config_file": "config.yml"}
        for key, value in wanted.items():
            if config.get(key) != value:
                self.note(f"must say `{key}: {value}`, but says {config.get(key)!r}")
        self.cell = 0

    def _yaml(self, source: str) -> dict[str, Any]:
        try:
            config = yaml.safe_load(source)
        except yaml.YAMLError as error:
            cure = "write spaces in place of tabs" if "\t" in source else "correct that line"
            self.note(f"is not valid YAML ({yaml_fault(error)}): {cure}")
            return {}
        if not isinstance(config, dict):
            self.note("must hold `key: value` lines: correct the cell")
            return {}
        return config

    def _check_code(self) -> None:
        """Code cells are Python, and no name is used before it is there."""
        cells = [
            (number, cell.source)
            for number, cell in enumerate(self.master.notebook.cells, start=1)
            if cell.cell_type == "code"
        ]
        found = len(self.problems)
        for number, source in cells:
            if _boundary_of(source, "code"):
                continue  # `_boundary` says so
            marks = [] if rules.is_test(source) else list(rules.marker_faults(source))
            for fault in marks or filter(None, [rules.syntax_fault(source)]):
                self.note(fault, number)
        if len(self.problems) == found:
            running = [
                (number, source)
                for number, source in cells
                if not rules.is_test(source) and not _boundary_of(source, "code")
            ]
            for number, fault in rules.name_faults(running):
                self.note(fault, number)

    def _read_questions(self) -> Iterator[Question]:
        """Walk through the cells, block by block."""
        for number, cell in enumerate(self.master.notebook.cells, start=1):
            self.cell = number
            boundary = self._boundary(cell)
            if not boundary:
                if self.question and self.question.id != UNREADABLE:
                    self._read_cell(self.question, cell, self.blocks[-1][0])
                continue
            edge, block = boundary
            if block == "?":
                return
            if fault := self._misplaced(edge, block):
                self.note(*fault)
                return
            if edge == "BEGIN":
                self.blocks.append((block, self.cell))
                if block == "QUESTION":
                    self.question = self._begin(cell.source)
                continue
            self.blocks.pop()
            if self.question and block == "QUESTION":
                self._check_question(self.question)
                yield self.question
                self.question = None
        if self.blocks:
            self.note(*self._unfinished())

    def _boundary(self, cell: nbformat.NotebookNode) -> tuple[str, str] | None:
        """Return edge and block of a boundary, also of one in a cell of the wrong kind.

        The block is "?" if nobody knows what is meant.
        """
        if found := _boundary_of(cell.source, cell.cell_type):
            if cell.cell_type != "raw":
                self.note(f"must be a raw cell, but is a {cell.cell_type} cell: change its kind")
            return found
        is_raw = cell.cell_type == "raw" and self.cell > 1
        if (is_raw and NEARLY_BOUNDARY.match(cell.source)) or cell.source.startswith("```otter"):
            self.note("is no boundary: write # BEGIN or # END, and QUESTION, SOLUTION or TESTS")
            return "", "?"
        return None

    def _misplaced(self, edge: str, block: str) -> tuple[str, int | None] | None:
        """Return why a boundary cannot stand where it does, and which cell is to blame."""
        names = [name for name, _ in self.blocks]
        if edge == "END" and block not in names:
            around = f" (here {names[-1]} is open)" if names else ""
            return (
                f"END {block} without its BEGIN{around}: add # BEGIN {block}, or correct it",
                None,
            )
        if edge == "END":
            return None if names[-1] == block else self._unfinished()
        if not names and block != "QUESTION":
            return f"BEGIN {block} outside a question: put it between BEGIN and END QUESTION", None
        is_inside = names == ["QUESTION"] and block != "QUESTION"
        return None if is_inside or not names else self._unfinished()

    def _unfinished(self) -> tuple[str, int | None]:
        """Return what to do about the innermost block, whose end is missing, and where."""
        block, begin = self.blocks[-1]
        name = self.question.id if self.question else UNREADABLE
        add = f"add a raw cell # END {block}"
        if block == "QUESTION":
            return f"question {name} has no end: {add} below its last block", begin
        return f"the {block} block of {name} (cell {begin}) has no end: {add} above this cell", None

    def _begin(self, source: str) -> Question:
        config = self._yaml(source)
        name = str(config.get("name", ""))
        kind = WrittenQuestion if config.get("manual") else TestedQuestion
        question: Question = kind(name or UNREADABLE)
        self.question, self.is_spoiled, self.stray, self.behind = question, not config, 0, 0
        if not config:
            return question
        if not name or name in self.ids or not QUESTION_ID.fullmatch(name):
            question.id = UNREADABLE
            self._note_id(name)
            return question
        self.ids[name] = self.cell
        try:
            QuestionConfig(config, require_valid_keys=True)
        except Exception as error:  # as in settings.py
            self.note(f"{one_line(error)}: correct or remove that key")
        if not isinstance(config.get("manual", False), bool):
            self.note(f"manual must be true or false, but is {config['manual']!r}: correct it")
        question.points = self._points(config.get("points"))
        return question

    def _note_id(self, name: str) -> None:
        if not name:
            self.note("has no name: add a line like `name: q1`")
        elif name in self.ids:
            self.note(f"question id {name} is that of cell {self.ids[name]} already: rename one")
        else:
            self.note(f"question id {name!r} is broken: write it like q1, 2b or 3.1, in one word")

    def _points(self, value: object) -> float:
        if value is None:
            self.note("has no points: add a line like `points: 2`")
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            self.note(f"points must be a number above 0, without quotes, but are {value!r}")
        else:
            return float(value)
        return 0.0

    def _read_cell(self, question: Question, cell: nbformat.NotebookNode, block: str) -> None:
        is_code = cell.cell_type == "code" and not rules.syntax_fault(cell.source)
        self.is_spoiled |= cell.cell_type == "code" and not is_code
        if block == "QUESTION" and cell.cell_type == "markdown":
            if question.functions or question.solution_texts:
                self.behind = self.behind or self.cell
            question.texts.append(cell.source)
            self._read_prompt(question, cell.source)
        elif block == "SOLUTION" and cell.cell_type == "markdown":
            if cell.source.startswith(("def ", "import ", "from ")):
                self.note("looks like code, but is none: make it a code cell")
            question.solution_texts.append(cell.source)
        elif block == "SOLUTION" and is_code:
            self._read_solution(question, cell.source)
        elif block == "TESTS" and cell.cell_type != "code":
            self.note(f"is a {cell.cell_type} cell among tests: make it a code cell, or delete it")
        elif block == "TESTS" and is_code and isinstance(question, TestedQuestion):
            self._read_test(question, cell.source)
        elif block == "TESTS" and isinstance(question, WrittenQuestion) and not self.is_spoiled:
            self.note("tests a question graded by hand: remove `manual: true`, or the tests")
        if block != "TESTS" and is_code and rules.is_test(cell.source):
            self.stray = self.stray or self.cell

    def _read_prompt(self, question: Question, source: str) -> None:
        """The first text of a question says its id, points and minutes."""
        if question.heading:
            return
        question.heading = self.cell
        if not re.match(rf"#+ {re.escape(question.id)}\b", source):
            self.note(f"the heading must start with the id: ## {question.id}: ...")
        if question.points and not POINTS.search(source):
            self.note(f"the text says no points: write **{question.points:g} points** below it")
        minutes = MINUTES.search(source)
        question.minutes = int(minutes[1]) if minutes else None

    def _read_solution(self, question: Question, source: str) -> None:
        """Each function of a solution has a stub that raises with the question's id."""
        functions = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
        if len(functions) > 1:
            names = " and ".join(function.name for function in functions)
            self.note(f"defines {names}: give each function a cell of its own")
            return
        stub = STUB.search(source)
        for function in functions:
            if not stub or not stub["text"].startswith(f"{question.id}: "):
                self.note(
                    f"{function.name} needs a stub: between # BEGIN PROMPT and # END PROMPT, "
                    f'raise NotImplementedError("{question.id}: what to write")'
                )
            text = stub["text"] if stub else ""
            question.functions.append(Function(function.name, source, text, self.cell))

    def _read_test(self, question: TestedQuestion, source: str) -> None:
        nodes = ast.parse(source).body
        if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef):
            self.note("a test cell must hold one function, def test_...(...), and nothing else")
            return
        test = nodes[0]
        hidden = bool(HIDDEN.match(source.split("\n")[0]))
        parameters = tuple(argument.arg for argument in test.args.args)
        if test.name in {other.name for other in question.tests}:
            self.note(f"two tests are called {test.name}; the second would replace the first")
        own = [function.name for function in question.functions]
        foreign = [name for name in parameters if own and name not in own]
        if foreign and not self.is_spoiled:
            self.note(
                f"{test.name} takes {foreign[0]}, which {question.id} does not ask for: let it "
                f"take {' or '.join(own)}, for the answers to other questions may be wrong"
            )
        for fault in () if foreign else dict.fromkeys(rules.test_faults(test, hidden)):
            self.note(fault)
        question.tests.append(Test(test.name, parameters, rules.source_of(test), hidden, self.cell))

    def _check_question(self, question: Question) -> None:
        """Each function has public and hidden tests; a written answer has a model answer."""
        if question.id == UNREADABLE:
            return
        if self.stray:
            self.note(
                "holds a test outside TESTS: move it between # BEGIN TESTS and # END TESTS",
                self.stray,
            )
        if self.behind:
            self.note(
                "stands behind the SOLUTION block, so students would get it: move it above # END "
                "SOLUTION or, if it is for them, below # END QUESTION",
                self.behind,
            )
        if not question.heading:
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
        if self.is_spoiled:
            return
        if not question.functions:
            self.note(
                "has no function in its SOLUTION block: add one or, for an answer in words, "
                "`manual: true`"
            )
        for function in question.functions:
            tests = [test for test in question.tests if function.name in test.parameters]
            for kind, hidden in (("public", False), ("hidden", True)):
                if not any(test.hidden is hidden for test in tests):
                    self.note(
                        f"{function.name} has no {kind} test: add one to the TESTS block",
                        function.cell,
                    )

    def _check_minutes(self) -> None:
        """Where one question says how long it takes, all do."""
        questions = [question for question in self.master.questions if question.heading]
        if any(question.minutes for question in questions):
            for question in questions:
                if not question.minutes:
                    self.note(
                        "the expected time is missing: write `about 10 minutes` next to the points",
                        question.heading,
                    )


def _boundary_of(source: str, kind: str) -> tuple[str, str] | None:
    """Return edge and block if a cell is a boundary, or would be one as a raw cell."""
    match = BOUNDARY.match(source.split("\n")[0])
    if not match:
        return None
    edge, block = match[1].upper(), match[2].upper()
    # Above the code of a cell, # BEGIN SOLUTION is a mark inside it.
    is_mark = kind == "code" and block in ("SOLUTION", "PROMPT")
    is_alone = all(line.startswith("#") for line in source.splitlines() if line)
    return None if is_mark and not is_alone else (edge, block)
