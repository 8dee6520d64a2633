"""What Gradescope shows: ``results.json``, made of a graded submission.

Everything is plain text, so nothing that a student wrote can pass for a part of the page.
"""

from __future__ import annotations

import re

from .grading import Graded, GradedPart, GradedQuestion
from .homework import Homework, TestCaseResult, names_in

# Otter writes this above the message of a test case that fails.
OTTERS_HEAD = "❌ Test case failed\n"
# Control characters, halves of characters, and those that turn the direction of what follows.
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# The others fail for the same reason, or are not meant seriously.
MOST_CELLS = 20
FOR_HIDDEN = {
    "hidden": "Results of hidden tests are not shown.",
    "after_due_date": "Results of hidden tests are shown after the due date.",
    "after_published": "Results of hidden tests are shown when grades are published.",
    "visible": "",
}


def make_results(graded: Graded) -> dict:
    """Return the content of ``results.json``; its form is Gradescope's."""
    tests = [_subtotal(graded)]
    for part in graded.parts:
        for question in part.questions:
            if question.tests is None:
                tests.append(_written_entry(question, graded.homework))
            else:
                tests += _test_entries(question, graded.homework)
    return {
        "score": round(sum(score(question)[0] for question in autograded(graded)), 5),
        "output": _summary(graded),
        "output_format": "text",
        "test_output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"version": graded.homework.version},
    }


def failure_results(words: str) -> dict:
    """Return the content of ``results.json`` for when the grader itself fails."""
    return {
        "score": 0,
        "output": (
            f"{words}\n\nThis is no fault of yours, and your upload is stored. Please tell the "
            f"staff; the score above is no result."
        ),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def score(question: GradedQuestion, hidden: bool | None = None) -> tuple[float, float]:
    """Return points earned and possible, by Otter's rules; of all, public or hidden cases."""
    tests = question.tests
    if hidden is None:
        return tests.score, tests.possible
    chosen = [result for result in tests.test_case_results if _is_hidden(result) == hidden]
    earned = sum(result.test_case.points for result in chosen if result.passed)
    return earned, sum(result.test_case.points for result in chosen)


def _is_hidden(result: TestCaseResult) -> bool:
    return bool(result.test_case.hidden)


def autograded(graded: Graded) -> list[GradedQuestion]:
    """Return all questions but those graded by hand."""
    return [q for part in graded.parts for q in part.questions if q.tests is not None]


# -- the text on top --------------------------------------------------------------------------


def _summary(graded: Graded) -> str:
    """Return what was graded, what failed, and what is still to come."""
    homework = graded.homework
    paragraphs = [f"{homework.title}, version {homework.version}"]
    paragraphs.append("\n".join(_what_was_graded(part) for part in graded.parts))
    paragraphs += graded.upload_faults
    faults = [line for part in graded.parts for line in _cell_faults(part, homework)]
    if faults:
        paragraphs.append(cut("Cells that failed:\n" + "\n".join(faults), homework))
    if FOR_HIDDEN[homework.hidden_visibility]:
        paragraphs.append(FOR_HIDDEN[homework.hidden_visibility])
    return "\n\n".join(paragraphs)


def _what_was_graded(part: GradedPart) -> str:
    if part.notebook is None:
        return f"{part.part.name}: not graded. {part.problem}"
    return f"{part.part.name}: graded, from the file {part.notebook.path}"


def _cell_faults(part: GradedPart, homework: Homework) -> list[str]:
    """Return a few lines for each cell of the notebook that failed."""
    if part.notebook is None:
        return []
    cells = {cell.index: cell for cell in part.notebook.cells}
    lines = [
        f"- {part.part.name}, cell {fault.index + 1}, which begins with\n"
        f"      {cells[fault.index].first_line}\n"
        f"{_indent(fault.error)}"
        for fault in part.cell_faults[:MOST_CELLS]
    ]
    if len(part.cell_faults) > MOST_CELLS:
        lines.append(f"- and {len(part.cell_faults) - MOST_CELLS} more in {part.part.name}")
    return lines


def _subtotal(graded: Graded) -> dict:
    """Return a line that says how the public tests went: the total is hidden with the rest."""
    lines, all_passed = [], True
    for part in graded.parts:
        scores = [score(q, hidden=False) for q in part.questions if q.tests is not None]
        earned, possible = (sum(column) for column in zip(*scores, strict=True))
        lines.append(f"{part.part.name}: {earned:g} of {possible:g}")
        all_passed &= earned == possible
    return {
        "name": "Public tests, points",
        "status": "passed" if all_passed else "failed",
        "output": "\n".join(lines),
        "visibility": "visible",
    }


# -- questions --------------------------------------------------------------------------------


def _test_entries(question: GradedQuestion, homework: Homework) -> list[dict]:
    """Return one line for the public tests of a question and one for its hidden tests."""
    entries = []
    for hidden, visibility in ((False, "visible"), (True, homework.hidden_visibility)):
        results = [r for r in question.tests.test_case_results if _is_hidden(r) == hidden]
        if not results:
            continue
        earned, possible = score(question, hidden)
        entries.append(
            {
                "name": f"{question.question.id}, {'hidden' if hidden else 'public'} tests",
                "score": round(earned, 5),
                "max_score": round(possible, 5),
                "status": "passed" if all(r.passed for r in results) else "failed",
                "output": _messages(results, homework),
                "visibility": visibility,
            }
        )
    return entries


def _messages(results: list[TestCaseResult], homework: Homework) -> str:
    """Return what the failed test cases say, equal messages once."""
    failed = [cut(_message(result), homework) for result in results if not result.passed]
    if not failed:
        return "All passed." if len(results) > 1 else "Passed."
    head = f"{len(failed)} of {len(results)} failed.\n\n" if len(results) > 1 else ""
    return head + "\n\n".join(dict.fromkeys(failed))


def _message(result: TestCaseResult) -> str:
    """Return a test case's message, which begins with the name of the function that is tested."""
    message, names = result.message.removeprefix(OTTERS_HEAD), names_in(result.test_case)
    # Those of hidden tests name nothing: at home, the name would be the student's to choose.
    return message if message.startswith(names) else f"{names}: {message}"


def _written_entry(question: GradedQuestion, homework: Homework) -> dict:
    answer = cut(question.answer, homework)
    return {
        "name": f"{question.question.id}, written answer",
        "output": answer or "There is no answer here.",
        "status": "passed" if answer else "failed",
        "visibility": "visible",
    }


def cut(text: str, homework: Homework) -> str:
    """Return a text without characters that are no text, its end left out if it is too long."""
    text = NO_TEXT.sub("\ufffd", text)
    longest = homework.limits.output_characters
    if len(text) <= longest:
        return text
    return f"{text[:longest]}\n(cut: {len(text) - longest} more characters)"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
