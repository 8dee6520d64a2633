"""What Gradescope gets of a graded submission: the whole report, at a size that it can show."""

from __future__ import annotations

import json

import pytest

from autograder.grader import facts, report
from autograder.grader.facts import Facts
from autograder.grader.files import Files
from autograder.grader.grading import Graded, WrittenAnswer, grade
from autograder.grader.homework import CaseResult
from autograder.grader.many import describe
from autograder.grader.report import SHORTENED, make_results, shortened
from autograder.grader.sessions import CellFault
from autograder.grader.upload import Cell, Notebook, make_upload
from autograder.grader.written import Found, Picture

LONGEST = 2**20  # bytes of a file that everybody can store and show
EMOJI = "\U0001f600"  # 12 bytes in JSON


@pytest.fixture
def graded(homework) -> Graded:
    """An upload of which nothing was graded yet."""
    return grade(homework, make_upload(Files(())), None)


def say(graded: Graded, words: str) -> None:
    """Let all that can say something say this: messages, cells, written answers."""
    for part in graded.parts:
        cells = [Cell(i, "code", words, False) for i in range(1000)]
        part.notebook = Notebook("a.ipynb", ".", part.part.name, tuple(cells))
        part.cell_faults = [CellFault(i, words) for i in range(1000)]
        for answer in part.answers:
            if isinstance(answer, WrittenAnswer):
                answer.found = Found(words)
            else:
                answer.faults = [words]
                answer.results = [
                    CaseResult(r.test_case, f"{i} {words}", passed=False, facts=Facts(facts.TOO_SLOW, summary=words))
                    for i, r in enumerate(answer.results)
                ]  # fmt: skip


@pytest.mark.parametrize("words", ["x" * 200_000, EMOJI * 20_000, "\n" * 20_000, '"\\' * 30_000])
def test_report_has_a_limit_in_bytes_whatever_is_said(graded, words):
    empty = make_results(graded)
    say(graded, words)
    results = make_results(graded)
    assert len(json.dumps(results, indent=1)) < LONGEST
    assert len(json.dumps(describe(graded))) < LONGEST
    keys = ("name", "score", "max_score", "visibility", "status")
    for line, before in zip(results["tests"], empty["tests"], strict=True):
        assert [line.get(key) for key in keys[:4]] == [before.get(key) for key in keys[:4]]
    assert all(line["output"] for line in results["tests"])
    assert "a.ipynb" in results["output"]


def test_an_honest_report_is_not_cut(graded):
    say(graded, "a" * 1000)
    results = make_results(graded)
    assert SHORTENED not in json.dumps(results)
    assert all(case["message"].endswith("a" * 1000) for case in describe(graded)["cases"])


def test_only_the_longest_are_cut_and_all_to_one_length(monkeypatch):
    monkeypatch.setattr(report, "MOST_BYTES", 1000)
    texts = ["short", EMOJI * 30, "a" * 500, "b" * 9000, EMOJI * 900, ""]
    result = shortened(texts)
    assert (result[0], result[5]) == ("short", "")
    assert [len(json.dumps(text)) > 190 for text in result] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert sum(len(json.dumps(text)) for text in result) <= 1000
    assert all(text.endswith(SHORTENED) for text in result[1:5])
    assert result[4] == EMOJI * result[4].count(EMOJI) + SHORTENED
    assert shortened(texts[:1] * 3) == texts[:1] * 3


def test_pictures_of_an_answer_are_named_with_their_file(graded):
    (answer, *_) = [
        a for part in graded.parts for a in part.answers if isinstance(a, WrittenAnswer)
    ]
    words = "[picture, 60 kB]"
    files = ("hw/a.ipynb", "b\u202e.png")
    answer.found = Found(words, tuple(Picture(words, file, b"") for file in files))
    lines = {line["name"]: line for line in make_results(graded)["tests"]}
    line = lines[f"{answer.question.id}, written answer"]
    assert line["output"] == (
        "[picture, 60 kB]\n\n(To see the pictures, look into the file hw/a.ipynb, b�.png.)"
    )
    assert line["status"] == "passed"
