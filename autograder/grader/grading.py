"""Grade one submission: run its cells, then the public tests of all notebooks, then the hidden.

The order matters. What a hidden test sends to a student's function is known to student code
from then on; no public message is made after that.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from .sessions import CellFault, Fault, Sandbox, Session
from .homework import Homework, Part, Question, TestCaseResult, TestFile, names_in
from .proxies import Environment
from .upload import Cell, Notebook, Upload, match

# The message of every test of a notebook that is not there.
NOTHING = "There is nothing to grade; the text on top of this page says why."
# Otter's mark behind a question that is graded by hand.
END_OF_QUESTION = "<!-- END QUESTION -->"


@dataclass
class GradedQuestion:
    """A question and what came of its tests; ``tests`` is None where it is graded by hand."""

    question: Question
    tests: TestFile | None
    answer: str = ""  # to a written question
    faults: dict[int, str] = field(default_factory=dict)  # by test case: it hung, crashed, ...


@dataclass
class GradedPart:
    """A notebook of the homework and what came of it."""

    part: Part
    notebook: Notebook | None
    problem: str  # why there is no notebook, for the student
    questions: list[GradedQuestion]
    cell_faults: list[CellFault] = field(default_factory=list)


@dataclass
class Graded:
    """A graded submission."""

    homework: Homework
    parts: list[GradedPart]
    upload_faults: tuple[str, ...]
    missing_protections: list[str]
    seconds: float


def grade(homework: Homework, upload: Upload, sandbox: Sandbox) -> Graded:
    """Grade what a student uploaded.

    Raises:
        GraderError: the grader cannot do its work; never for what the upload holds.
    """
    start = time.monotonic()
    names = [part.name for part in homework.parts]
    notebooks, problems = match(upload, names)
    parts = [
        GradedPart(part, notebooks.get(part.name), problems.get(part.name, ""), _questions(part))
        for part in homework.parts
    ]
    with ExitStack() as stack:
        sessions = {}
        for part in parts:  # all are started before student code runs in any
            if part.notebook is not None:
                files = _files_for_notebook(homework, upload, part.notebook)
                end = start + homework.limits.seconds_in_total
                session = Session(sandbox, files, homework.limits, end)
                stack.callback(session.close)
                sessions[part.part.name] = session
        for part in parts:
            if part.notebook is not None:
                session = sessions[part.part.name]
                part.cell_faults = session.run_cells(_graded_cells(part.notebook))
        for hidden in (False, True):
            for part in parts:
                for graded in part.questions:
                    _run_tests(graded, hidden, sessions.get(part.part.name))
    for part in parts:
        _find_written_answers(part)
    missing = dict.fromkeys(line for session in sessions.values() for line in session.missing)
    return Graded(homework, parts, upload.faults, list(missing), time.monotonic() - start)


def _questions(part: Part) -> list[GradedQuestion]:
    """Return the questions of a part, each with test files whose results are still empty."""
    graded = []
    for question in part.questions:
        tests = copy.copy(question.tests)
        if tests is not None:
            tests.test_case_results = [None] * len(tests.test_cases)
        graded.append(GradedQuestion(question, tests))
    return graded


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
    """Return what an import would call the first part of a path: lab for lab/a.py and lab.py."""
    return path.partition("/")[0].partition(".")[0]


def _graded_cells(notebook: Notebook) -> dict[int, str]:
    """Return the sources of the cells that grading runs, by position."""
    return {
        cell.index: cell.source
        for cell in notebook.cells
        if cell.kind == "code" and not cell.ignored and cell.source.strip()
    }


def _run_tests(graded: GradedQuestion, hidden: bool, session: Session | None) -> None:
    """Run the public or the hidden test cases of a question, each for itself."""
    if graded.tests is None:
        return
    for i, case in enumerate(graded.tests.test_cases):
        if bool(case.hidden) != hidden:
            continue
        if session is None:
            result = TestCaseResult(case, NOTHING, passed=False)
        else:
            result = _run_test_case(graded, i, session)
        graded.tests.test_case_results[i] = result


def _run_test_case(graded: GradedQuestion, i: int, session: Session) -> TestCaseResult:
    """Let Otter run one test case on stand-ins for the notebook's functions."""
    alone = copy.copy(graded.tests)
    alone.test_cases = [graded.tests.test_cases[i]]
    fault = ""
    try:
        with session.open_case(graded.question.id) as opened:
            alone.run(Environment(opened))
            fault = opened.fault
    except Fault as caught:
        fault = str(caught)
    if fault:
        # Whatever the test made of it: a test may take an error for a right answer.
        case = alone.test_cases[0]
        where = ""
        if case.hidden:  # how a process ended could be chosen to say something
            fault, where = fault.partition(" (")[0], " (on a hidden test's input)"
        graded.faults[i] = f"{names_in(case)}: {fault}{where}"
        return TestCaseResult(case, graded.faults[i], passed=False)
    return alone.test_case_results[0]


def _find_written_answers(part: GradedPart) -> None:
    """Fill in the answers to written questions."""
    for graded in part.questions:
        if graded.tests is None and part.notebook is not None:
            graded.answer = written_answer(graded.question.id, part.part, part.notebook)


def written_answer(question: str, part: Part, notebook: Notebook) -> str:
    """Return what a student wrote below a question: all there that was not handed out."""
    place = {cell.source.strip() for cell in _cells_of(question, part.handed_out)}
    everything = {cell.source.strip() for cell in part.handed_out.cells}
    texts = []
    for cell in _cells_of(question, notebook):
        source = cell.source.strip()
        if source in everything - place:
            break  # the student deleted the cell that ends the question
        if source and source not in place:
            texts.append(source)
    return "\n\n".join(texts)


def _cells_of(question: str, notebook: Notebook) -> list[Cell]:
    """Return the cells from a question's heading to the mark where Otter ends it."""
    cells = list(notebook.cells)
    starts = [i for i, cell in enumerate(cells) if f"## {question}:" in cell.source]
    if not starts:
        return []
    end = starts[0] + 1
    while end < len(cells) and END_OF_QUESTION not in cells[end].source:
        end += 1
    return cells[starts[0] : end]
