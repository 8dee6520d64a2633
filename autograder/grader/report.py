"""What Gradescope shows: ``results.json``, made of a graded submission.

Everything is plain text, so nothing that a student wrote can pass for a part of the page.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from platform import python_version
from typing import Any

from .grading import Graded, GradedPart, GradedQuestion, WrittenAnswer
from .homework import CaseResult, Homework, names_in

# Control characters, halves of characters, and those that turn the direction of what follows.
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# The others fail for the same reason, or are not meant seriously.
MOST_CELLS = 20
# Of all texts of a report, or of a record, together. Gradescope has to store and to show it, and an
# emoji takes 12 bytes in JSON. An honest report has some 10 kB.
MOST_BYTES = 2**19
SHORTENED = "\n(cut: the report is too long)"
LEFT_OUT = "Lines that do not work in grading; the rest of their cells ran:"
FOR_HIDDEN = {
    "hidden": "Results of hidden tests are not shown.",
    "after_due_date": "Results of hidden tests are shown after the due date.",
    "after_published": "Results of hidden tests are shown when grades are published.",
    "visible": "",
}


def make_results(graded: Graded) -> dict[str, Any]:
    """Return the content of ``results.json``; its form is Gradescope's."""
    tests = [_subtotal(graded)]
    for part in graded.parts:
        for answer in part.answers:
            if isinstance(answer, WrittenAnswer):
                tests.append(_written_entry(answer, graded.homework))
            else:
                tests += _test_entries(answer, graded.homework)
    output, *outputs = shortened([_summary(graded), *(test["output"] for test in tests)])
    for test, text in zip(tests, outputs, strict=True):
        test["output"] = text
    return {
        "score": round(sum(question.score[0] for question in graded.questions), 5),
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"version": graded.homework.version},
    }


def failure_results(words: str) -> dict[str, Any]:
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


# -- the text on top --------------------------------------------------------------------------


def _summary(graded: Graded) -> str:
    """Return what was graded, what failed, and what is still to come."""
    homework = graded.homework
    graded_with = f"graded with Python {python_version()}"
    title = f"{homework.title}, version {homework.version}, {graded_with}"
    paragraphs = [f"{homework.heading}\n{title}".strip()]
    paragraphs.append("\n".join(_what_was_graded(part) for part in graded.parts))
    paragraphs += graded.upload_faults
    faults = [line for part in graded.parts for line in _cell_faults(part, homework)]
    if faults:
        paragraphs.append(cut("Cells that failed:\n" + "\n".join(faults), homework))
    lines = [line for part in graded.parts for line in _left_out(part)]
    if lines:
        paragraphs.append(cut(f"{LEFT_OUT}\n" + "\n".join(lines), homework))
    if FOR_HIDDEN[homework.hidden_visibility]:
        paragraphs.append(FOR_HIDDEN[homework.hidden_visibility])
    return "\n\n".join(paragraphs)


def _what_was_graded(part: GradedPart) -> str:
    if part.notebook is None:
        return f"{part.part.name}: not graded. {part.problem}"
    lines = [f"{part.part.name}: graded, from the file {part.notebook.path}"]
    if not part.notebook.has_usual_name:
        lines.append("  Its name should end in .ipynb; it was read as a notebook all the same.")
    if part.notebook.assignment != part.part.name:
        lines.append(
            f"  Its metadata do not say that it is {part.part.name}; the checks in its cells do."
        )
    return "\n".join(lines)


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
    return [*lines, *_more(len(part.cell_faults), part)]


def _left_out(part: GradedPart) -> list[str]:
    """Return a line for each line of the notebook that had no effect."""
    lines = [
        " ".join(f"- {part.part.name}, cell {left.index + 1}: {left.line} ({left.why})".split())
        for left in part.left_out[:MOST_CELLS]
    ]
    return [*lines, *_more(len(part.left_out), part)]


def _more(number: int, part: GradedPart) -> list[str]:
    """Return a line that says how many of a notebook are not listed; none if all are."""
    return [f"- and {number - MOST_CELLS} more in {part.part.name}"] if number > MOST_CELLS else []


def _subtotal(graded: Graded) -> dict[str, Any]:
    """Return a line that says how the public tests went: the total is hidden with the rest."""
    lines, all_passed = [], True
    for part in graded.parts:
        scores = [question.score_of(hidden=False) for question in part.questions]
        earned, possible = (sum(column) for column in zip(*scores, strict=True))
        lines.append(f"{part.part.name}: {earned:g} of {possible:g}. {_where_the_rest_is(part)}")
        all_passed &= earned == possible
    return {
        "name": "Public tests, points",
        "status": "passed" if all_passed else "failed",
        "output": "\n".join(lines),
        "visibility": "visible",
    }


def _where_the_rest_is(part: GradedPart) -> str:
    """Return how many points the hidden tests and people give, for public ones are not all."""
    hidden = sum(question.score_of(hidden=True)[1] for question in part.questions)
    by_hand = sum(a.question.points for a in part.answers if isinstance(a, WrittenAnswer))
    rest = [f"hidden tests give up to {hidden:g} more"] if hidden else []
    rest += [f"graders up to {by_hand:g} by hand"] if by_hand else []
    in_all = sum(answer.question.points for answer in part.answers)
    return f"{', '.join([*rest, f'{in_all:g} points'])} in all.".capitalize()


# -- questions --------------------------------------------------------------------------------


def _test_entries(question: GradedQuestion, homework: Homework) -> list[dict[str, Any]]:
    """Return one line for the public tests of a question and one for its hidden tests."""
    entries = []
    for hidden, visibility in ((False, "visible"), (True, homework.hidden_visibility)):
        results = question.results_of(hidden)
        if not results:
            continue
        earned, possible = question.score_of(hidden)
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


def _messages(results: list[CaseResult], homework: Homework) -> str:
    """Return what the failed test cases say, equal messages once."""
    failed = [cut(_message(result), homework) for result in results if not result.passed]
    if not failed:
        return "All passed." if len(results) > 1 else "Passed."
    head = f"{len(failed)} of {len(results)} failed.\n\n" if len(results) > 1 else ""
    return head + "\n\n".join(dict.fromkeys(failed))


def _message(result: CaseResult) -> str:
    """Return a test case's message, which begins with the name of the function that is tested."""
    if result.facts and result.facts.function:
        return result.message
    # Those of hidden tests name nothing: at home, the name would be the student's to choose.
    return f"{names_in(result.test_case)}: {result.message}"


def _written_entry(answer: WrittenAnswer, homework: Homework) -> dict[str, Any]:
    text = cut(answer.found.text, homework)
    if answer.found.pictures_in:
        files = ", ".join(answer.found.pictures_in)
        text += f"\n\n(To see the pictures, look into the file {clean(files)}.)"
    return {
        "name": f"{answer.question.id}, written answer",
        "output": text or "There is no answer here.",
        "status": "passed" if text else "failed",
        "visibility": "visible",
    }


def clean(text: str) -> str:
    """Return a text without characters that are no text."""
    return NO_TEXT.sub("\ufffd", text)


def cut(text: str, homework: Homework) -> str:
    """Return a text without characters that are no text, its end left out if it is too long."""
    text = clean(text)
    longest = homework.limits.output_characters
    if len(text) <= longest:
        return text
    return f"{text[:longest]}\n(cut: {len(text) - longest} more characters)"


def shortened(texts: list[str], most: int | None = None) -> list[str]:
    """Return texts with at most so many bytes as JSON; of too much, only the longest are cut.

    Args:
        texts: that go into one file.
        most: bytes of all together, by default `MOST_BYTES`.
    """
    sizes = [_size(text) for text in texts]
    left = MOST_BYTES if most is None else most
    for number, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - number)
        if size > share:
            return [_cut_to(text, share) for text in texts]
        left -= size
    return texts


def _cut_to(text: str, size: int) -> str:
    if _size(text) <= size:
        return text
    lengths = range(1, min(len(text), size))  # a character takes at least one byte
    most = bisect_right(lengths, size - _size(SHORTENED), key=lambda n: _size(text[:n]))
    return text[:most] + SHORTENED


def _size(text: str) -> int:
    """Return how many bytes a text takes in JSON."""
    return len(json.dumps(text))


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
