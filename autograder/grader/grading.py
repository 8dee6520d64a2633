"""Grade one submission: run its cells, then the public tests of all notebooks, then the hidden.

The order matters. What a hidden test sends to a student's function is known to student code
from then on; no public message is made after that.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from otter.test_files.abstract_test import TestCase

from .facts import NO_NOTEBOOK, Facts
from .homework import (
    CaseResult,
    Homework,
    Part,
    Question,
    TestedQuestion,
    WrittenQuestion,
    names_in,
    names_taken,
)
from .processes import Sandbox
from .proxies import Environment
from .sessions import CellFault, Fault, Fork, LeftOut, Session
from .upload import Notebook, Upload, match
from .written import Found, find_answer

# The message of every test of a notebook that is not there.
NOTHING = "There is nothing to grade; the text on top of this page says why."
IMPORTS_TORCH = re.compile(r"\b(import|from) +torch\b")
OPTIMIZER = re.compile(r"\boptim\b")


@dataclass
class GradedQuestion:
    """A question that tests grade, and what came of them."""

    question: TestedQuestion
    results: list[CaseResult] = field(default_factory=list)  # in the order of the test cases
    faults: list[str] = field(default_factory=list)  # the function hung, crashed, ...

    @property
    def score(self) -> tuple[float, float]:
        """Points earned and possible, by Otter's rules."""
        tests = copy.copy(self.question.tests)
        tests.test_case_results = self.results
        return tests.score, tests.possible

    def score_of(self, hidden: bool) -> tuple[float, float]:
        """Points earned and possible in the hidden or in the public test cases."""
        chosen = self.results_of(hidden)
        earned = sum(result.test_case.points for result in chosen if result.passed)
        return earned, sum(result.test_case.points for result in chosen)

    def results_of(self, hidden: bool) -> list[CaseResult]:
        """Return the results of the hidden or of the public test cases."""
        return [result for result in self.results if bool(result.test_case.hidden) == hidden]


@dataclass
class WrittenAnswer:
    """A question that people grade, and what the student wrote."""

    question: WrittenQuestion
    found: Found = field(default_factory=Found)


Answer = GradedQuestion | WrittenAnswer


@dataclass
class GradedPart:
    """A notebook of the homework and what came of it."""

    part: Part
    notebook: Notebook | None
    problem: str  # why there is no notebook, for the student
    answers: list[Answer]
    cell_faults: list[CellFault] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def questions(self) -> list[GradedQuestion]:
        """The questions that tests grade."""
        return [answer for answer in self.answers if isinstance(answer, GradedQuestion)]


@dataclass
class Graded:
    """A graded submission."""

    homework: Homework
    parts: list[GradedPart]
    upload_faults: tuple[str, ...]
    missing_protections: list[str]
    seconds: float
    short: bool = False  # something was used up, maybe by what else the machine was doing

    @property
    def questions(self) -> list[GradedQuestion]:
        """The questions that tests grade, of all parts."""
        return [question for part in self.parts for question in part.questions]


def grade(homework: Homework, upload: Upload, sandbox: Sandbox | None) -> Graded:
    """Grade what a student uploaded.

    Args:
        homework: the tests.
        upload: the notebooks.
        sandbox: where they run; an upload without notebooks needs none.

    Raises:
        GraderError: the grader cannot do its work; never for what the upload holds.
    """
    start = time.monotonic()
    notebooks, problems = match(upload, {part.name: part.handed_out for part in homework.parts})
    parts = [
        GradedPart(
            part,
            notebooks.get(part.name),
            problems.get(part.name, ""),
            [_unanswered(question) for question in part.questions],
        )
        for part in homework.parts
    ]
    end = start + homework.limits.seconds_in_total
    with ExitStack() as stack:
        sessions = {}
        for part in parts:  # all are started before student code runs in any
            if part.notebook is not None and sandbox is not None:
                files = _files_for_notebook(homework, upload, part.notebook)
                session = Session(sandbox, files, homework.limits, end)
                stack.callback(session.close)
                sessions[part.part.name] = session
        _run(parts, sessions)
    for part in parts:
        _find_written_answers(part, upload)
    missing = dict.fromkeys(m for session in sessions.values() for m in session.notebook.missing)
    short = any(session.short for session in sessions.values())
    return Graded(homework, parts, upload.faults, list(missing), time.monotonic() - start, short)


def modules_to_preload(upload: Upload) -> tuple[str, ...]:
    """Return what the sandbox should import once, for else it is imported in each test case.

    To import torch takes three times as long as to grade. An optimizer imports another part of it
    when it is made.
    """
    sources = [
        source
        for notebook in upload.notebooks
        for source in cells_to_run(notebook, notebook).values()
    ]
    if not any(map(IMPORTS_TORCH.search, sources)):
        return ()
    return ("torch", "torch._dynamo") if any(map(OPTIMIZER.search, sources)) else ("torch",)


def _unanswered(question: Question) -> Answer:
    if isinstance(question, WrittenQuestion):
        return WrittenAnswer(question)
    return GradedQuestion(question)


def _files_for_notebook(
    homework: Homework, upload: Upload, notebook: Notebook
) -> Mapping[str, bytes]:
    """Return what lay beside the notebook, and what staff want there, which wins."""
    start = "" if notebook.folder == "." else f"{notebook.folder}/"
    taken = {name.partition("/")[0] for name in homework.files}
    beside = {
        name.removeprefix(start): data
        for name, data in upload.files.items()
        if name.startswith(start)
    }
    theirs = {name: data for name, data in beside.items() if _top_name(name) not in taken}
    return {**theirs, **homework.files}


def _top_name(path: str) -> str:
    """Return what an import would call the first part of a path: a for a/b.py and a.py."""
    return path.partition("/")[0].partition(".")[0]


def _run(parts: list[GradedPart], sessions: Mapping[str, Session]) -> None:
    """Run all cells, then all public tests, then all hidden ones."""
    for part in parts:
        if part.notebook is not None:
            session = sessions[part.part.name]
            cells = cells_to_run(part.notebook, part.part.handed_out)
            part.cell_faults, part.left_out = session.run_cells(cells)
    for part in parts:
        for question in part.questions:
            question.results = [_nothing(case) for case in question.question.tests.test_cases]
    for hidden in (False, True):
        for part in parts:
            if part.notebook is not None:
                session = sessions[part.part.name]
                for question in part.questions:
                    _run_tests(question, hidden, session)
                session.end_fork()  # for the memory that it takes


def cells_to_run(notebook: Notebook, handed_out: Notebook) -> dict[int, str]:
    """Return the sources of the cells that grading runs, by position."""
    left_out = {""}
    if not any(cell.ignored for cell in notebook.cells):
        # A program has dropped all tags, and what only looks would draw and train here.
        left_out |= {cell.source.strip() for cell in handed_out.cells if cell.ignored}
    return {
        cell.index: cell.source
        for cell in notebook.cells
        if cell.kind == "code" and not cell.ignored and cell.source.strip() not in left_out
    }


def _nothing(case: TestCase) -> CaseResult:
    return CaseResult(case, NOTHING, passed=False, facts=Facts(NO_NOTEBOOK))


def _run_tests(question: GradedQuestion, hidden: bool, session: Session) -> None:
    """Run the public or the hidden test cases of a question.

    They share a fork as long as that lasts. A fault costs its test case alone: the others get
    another fork.
    """
    cases = question.question.tests.test_cases
    waiting = [i for i, case in enumerate(cases) if bool(case.hidden) == hidden]
    names = dict.fromkeys(name for i in waiting for name in names_taken(cases[i]))
    while waiting:
        try:
            with session.open_fork(question.question.id, names, hidden) as fork:
                while waiting:
                    question.results[waiting[0]] = _run_case(question, waiting[0], fork)
                    waiting.pop(0)
        except Fault as fault:
            i = waiting.pop(0)
            question.results[i] = _failed_by(fault, cases[i])
            question.faults.append(question.results[i].message)


def _run_case(question: GradedQuestion, i: int, fork: Fork) -> CaseResult:
    """Run one test case on stand-ins for the notebook's functions.

    Raises:
        Fault: the student's code hangs, crashes, or returns what is no data.
    """
    fork.begin(question.question.id)
    tests = question.question.tests
    result: CaseResult = tests.run_case(tests.test_cases[i], Environment(fork))
    if fork.fault:
        # Also if the test took it for an error that makes a right answer.
        raise fork.fault
    return result


def _failed_by(fault: Fault, case: TestCase) -> CaseResult:
    """Return the result of a test case that student code brought to an end."""
    names = names_in(case)
    # Details (how a process ended) could be chosen to tell a hidden test's input.
    text = f"{fault.text} (on a hidden test's input)" if case.hidden else str(fault)
    facts = Facts(fault.kind, function=names, summary=fault.text if case.hidden else text)
    return CaseResult(case, f"{names}: {text}", passed=False, facts=facts)


def _find_written_answers(part: GradedPart, upload: Upload) -> None:
    """Fill in the answers to written questions."""
    for answer in part.answers:
        if isinstance(answer, WrittenAnswer) and part.notebook is not None:
            answer.found = find_answer(
                answer.question.id, part.part.handed_out, part.notebook, upload.files
            )
