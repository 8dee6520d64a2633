"""The pages for students: do they say what a student may know, first things first, and no more?"""

from __future__ import annotations

import html
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from lab.mistakes import SENTENCES
from support.classroom import HOMEWORK, write_files

from autograder.grade.feedback import ByHand, FeedbackPages
from autograder.grade.homework_zip import read_homework
from autograder.grade.results import Record, page_of
from autograder.grade.submissions import find
from autograder.grader import facts

ABOUT = {"title": "Homework: gradient descent", "version": "1", "date": "2026-03-02T18:40:00+01:00"}
HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe\x00\x1b[31m{{ 7 * 7 }}"
SECRET = "the value is wrong (hidden test: ties)"


def case(question: str, number: int, message: str = "", **others) -> dict:
    """Return a test case, which fails if it has a message."""
    said = {"kind": "wrong value", "mistakes": [], "about": "", "function": "", "summary": ""}
    given = {key: others.pop(key) for key in said if key in others}
    base = {
        "question": question, "case": number, "name": "public", "hidden": False,
        "passed": not message, "points": 1.0, "message": message,
        "facts": {**said, **given} if message else None,
    }  # fmt: skip
    return base | others


def record(*cases: dict, name: str = "ada", **others) -> Record:
    """Return a submission with these test cases."""
    questions: dict[str, dict[str, list[float]]] = {}
    for each in cases:
        parts = questions.setdefault(each["question"], {"public": [0, 0], "hidden": [0, 0]})
        part = parts["hidden" if each["hidden"] else "public"]
        part[0] += each["points"] * each["passed"]
        part[1] += each["points"]
    parts = [{"name": "part", "file": "p.ipynb", "problem": "", "cells": [], "more_cells": 0}]
    return Record(**{
        "name": name, "file": f"/home/staff/{name}", "key": "", "cases": list(cases),
        "questions": questions, "parts": parts, **others,
    })  # fmt: skip


USUAL = (
    case("q1a_i", 1, "f: the value is wrong\n\n  returned 2", mistakes=[["sign"]]),
    case("q1a_i", 2, SECRET, mistakes=[["sign"]], hidden=True, about="ties"),
    case("q1a_ii", 1),
)


@pytest.fixture
def homework():
    return read_homework(HOMEWORK)


def write(out: Path, homework, *records: Record, by_hand=None) -> list[str]:
    with FeedbackPages(out, homework, ABOUT) as pages:
        for each in records:
            pages.add(each, by_hand)
        return pages.finish()


def draw(out: Path, homework, record: Record, by_hand=None) -> str:
    write(out, homework, record, by_hand=by_hand)
    return page_of(out, record.name).read_text(encoding="utf-8")


def text_of(document: str) -> str:
    body = document.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


# ---- What it says ----------------------------------------------------------------------------


def test_named_mistake_stands_before_everything_but_the_score(tmp_path, homework):
    text = text_of(draw(tmp_path, homework, record(*USUAL)))
    order = ["1 of 3 points", SENTENCES["sign"][:30], "In q1a_i", "Public tests", "returned 2"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_same_mistake_in_other_tests_is_said_in_one_line(tmp_path, homework):
    text = text_of(draw(tmp_path, homework, record(*USUAL)))
    assert "The same: hidden test, ties." in text
    assert SECRET not in text
    assert "0 of 2 tests pass" in text


def test_points_of_each_question_are_in_the_table(tmp_path, homework):
    text = text_of(draw(tmp_path, homework, record(*USUAL)))
    assert "q1a_i constant_gradient 0 / 1 0 / 1 0 / 2" in text
    assert "q1a_ii constant_optimum 1 / 1 \N{EN DASH} 1 / 1" in text


def test_nothing_of_hidden_tests_is_shown_where_the_configuration_says_so(tmp_path, homework):
    shut = replace(homework, hidden_visibility="hidden")
    hidden_only = case("q1a_ii", 2, SECRET, mistakes=[["sum"]], hidden=True, about="ties")
    text = text_of(draw(tmp_path, shut, record(*USUAL, hidden_only)))
    assert "hidden test," not in text
    assert "ties" not in text
    assert SENTENCES["sum"][:30] not in text
    assert "1 of 2 points by public tests" in text
    assert "Points of hidden tests are not shown here." in text
    assert SENTENCES["sign"][:30] in text


@pytest.mark.parametrize("when", ["after_due_date", "after_published", "visible"])
def test_hidden_tests_are_shown_where_pages_publish_them(tmp_path, homework, when):
    shown = replace(homework, hidden_visibility=when)
    text = text_of(draw(tmp_path, shown, record(case("q1a_i", 1, SECRET, hidden=True))))
    assert SECRET in text


def test_faults_that_differ_are_told_apart(tmp_path, homework):
    cases = [case("q1a_i", i, f"message {i}", kind="raised") for i in (1, 2)]
    document = draw(tmp_path, homework, record(*cases))
    assert document.count("<pre>") == 2


def test_error_without_a_name_is_said_once_for_all_hidden_tests(tmp_path, homework):
    said = {"kind": "raised", "summary": "NameError, on input of this kind.", "hidden": True}
    cases = [
        case("q1a_i", i, f"NameError ({about})", about=about, **said)
        for i, about in enumerate(("ties", "zeros"), 1)
    ]
    document = draw(tmp_path, homework, record(*cases))
    assert document.count("<pre>") == 1
    assert "The same: hidden test, zeros." in text_of(document)


def test_cells_that_failed_and_files_are_named(tmp_path, homework):
    cell = {"number": 4, "begins": "import panda", "error": "ModuleNotFoundError: panda"}
    parts = [
        {"name": "one", "file": "mine.ipynb", "problem": "", "cells": [cell], "more_cells": 3},
        {
            "name": "two",
            "file": "",
            "problem": "There is no notebook.",
            "cells": [],
            "more_cells": 0,
        },
    ]
    missing = case("q2a", 1, "nothing", kind=facts.NO_NOTEBOOK)
    given = record(*USUAL, missing, parts=parts, upload_faults=["x.zip: cannot be unpacked"])
    text = text_of(draw(tmp_path, homework, given))
    assert "one: the file mine.ipynb. Cell 4, which begins with import panda , failed:" in text
    assert "ModuleNotFoundError: panda And 3 more." in text
    assert text.index("two was not graded. There is no notebook.") < text.index(
        "Look at this first"
    )
    assert "x.zip: cannot be unpacked" in text
    assert "nothing elbow" not in text


def written(**others) -> dict:
    return {
        "question": "q1b_vote",
        "points": 2.0,
        "text": "All <b>the</b> same.",
        "pictures": [],
    } | others


def test_written_answers_show_points_rubric_and_comment(tmp_path, homework):
    given = record(*USUAL, written=[written()])
    by_hand = {"q1b_vote": ByHand(1.5, [(1, "Says why"), (-0.5, "Forgets (b)")], "Look at x_i.")}
    text = text_of(draw(tmp_path, homework, given, by_hand))
    assert "2.5 of 5 points 1 of 3 by tests, 1.5 of 2 by hand" in text
    assert "q1b_vote 1.5 / 2 points +1: Says why -0.5: Forgets (b) Look at x_i." in text
    assert "All <b>the</b> same." in text


def test_written_answers_without_points_are_said_to_be_open(tmp_path, homework):
    text = text_of(draw(tmp_path, homework, record(*USUAL, written=[written(text="")])))
    assert "1 of 3 points by tests" in text
    assert "together they give up to 2 points." in text
    assert "q1b_vote not graded yet There is no answer." in text


def test_nobody_else_and_no_path_of_staff_is_named(tmp_path, homework):
    given = record(*USUAL, same_as="bob", who=["Ada"], faults=["/srv/class: a fault"])
    document = draw(tmp_path, homework, given)
    assert "For Ada" in text_of(document)
    assert not re.search("bob|/home/staff|/srv", document)


def test_all_right_is_said(tmp_path, homework):
    assert "All tests pass." in text_of(draw(tmp_path, homework, record(case("q1a_i", 1))))


def test_grader_that_failed_gives_no_points(tmp_path, homework):
    given = record(*USUAL, failed=True, platform="Canvas", upload_as="ada_1_2_")
    assert write(tmp_path, homework, given) == []
    text = text_of(page_of(tmp_path, "ada").read_text())
    assert "Not graded yet" in text
    assert "points" not in text


def test_what_students_write_stays_text(tmp_path, homework):
    cell = {"number": 4, "begins": HOSTILE, "error": HOSTILE}
    parts = [
        {"name": HOSTILE, "file": HOSTILE, "problem": HOSTILE, "cells": [cell], "more_cells": 0}
    ]
    cases = [
        case(HOSTILE, 1, HOSTILE, mistakes=[[HOSTILE]]),
        case(HOSTILE, 2, HOSTILE, about=HOSTILE),
    ]
    given = record(
        *cases, parts=parts, who=[HOSTILE], upload_faults=[HOSTILE], submitted=HOSTILE,
        written=[written(question=HOSTILE, text=HOSTILE)],
    )  # fmt: skip
    by_hand = {HOSTILE: ByHand(1, [(1, HOSTILE)], HOSTILE)}
    document = draw(tmp_path, homework, given, by_hand)
    assert "<script" not in document
    assert "{{ 7 * 7 }}" in document
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", document)
    assert not re.search(r"https?:|@import|url\(|<link|<img| on\w+=", document)


# ---- Zip files -------------------------------------------------------------------------------


NOTEBOOK = '{"cells": [], "metadata": {"otter": {"assignment_name": "part"}}}'
EXPORTS = {
    "canvas": (
        {
            "lovelaceada_123_456_a.ipynb": "1", "lovelaceada_123_457_b.ipynb": "2",
            "bobrown_LATE_124_458_a-1.ipynb": NOTEBOOK, "bobrown_LATE_124_400_a.ipynb": NOTEBOOK,
            "anon_Ab3dE_459_a.ipynb": "4", "cy_125_text.html": "5",
        },
        {"lovelaceada_123_456_", "bobrown_LATE_124_458_", "anon_Ab3dE_459_"},
    ),
    "moodle": (
        {
            "Ada Lovelace_123_assignsubmission_file/a.ipynb": "1",
            "Zoë Ng_124_assignsubmission_file_/a.ipynb": "2",
        },
        {"Ada Lovelace_123_assignsubmission_file/", "Zoë Ng_124_assignsubmission_file_/"},
    ),
    "moodle, flat": (
        {"Ada Lovelace_123_assignsubmission_file_a.ipynb": "1"},
        {"Ada Lovelace_123_assignsubmission_file_"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", EXPORTS)
def test_zip_has_the_names_that_the_platform_gave(tmp_path, homework, name, zipped):
    files, starts = EXPORTS[name]
    place = write_files(tmp_path / "class", files)
    if zipped:
        with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        place = tmp_path / "class.zip"
    records = [
        replace(record(*USUAL, name=s.name), platform=s.platform, upload_as=s.upload_as)
        for s in find([place])
    ]
    (tmp_path / "out").mkdir()
    platform = name.partition(",")[0]
    assert write(tmp_path / "out", homework, *records) == [f"feedback_{platform}.zip"]
    with zipfile.ZipFile(tmp_path / f"out/feedback_{platform}.zip") as archive:
        assert set(archive.namelist()) == {f"{start}feedback.html" for start in starts}
        assert all(b"Look at this first" in archive.read(member) for member in archive.namelist())


@pytest.mark.parametrize(
    "files",
    [
        {"ada.ipynb": "1", "bo.ipynb": "2"},
        {"submission_1/a.ipynb": "1", "submission_2/a.ipynb": ""},
    ],
)
def test_no_zip_for_what_no_platform_takes_back(tmp_path, homework, files):
    found = find([write_files(tmp_path / "class", files)])
    assert [submission.upload_as for submission in found] == ["", ""]


def test_sections_have_zips_of_their_own(tmp_path, homework):
    records = [
        record(*USUAL, name=name, section=name, platform="Canvas", upload_as=f"{name}_1_2_")
        for name in ("a", "../b")
    ]
    names = write(tmp_path, homework, replace(records[0], name="x"), replace(records[1], name="y"))
    assert names == ["feedback_canvas_a.zip", "feedback_canvas_.._b.zip"]
    assert all((tmp_path / name).is_file() for name in names)


def test_what_an_earlier_run_left_is_gone_and_nothing_else(tmp_path, homework):
    write(tmp_path, homework, record(*USUAL, name="old", platform="Canvas", upload_as="a_1_2_"))
    (tmp_path / "feedback/note.txt").write_text("mine")
    write(tmp_path, homework, record(*USUAL, name="new"))
    assert {path.name for path in (tmp_path / "feedback").iterdir()} == {"new.html", "note.txt"}
    assert not list(tmp_path.glob("*.zip"))


def test_run_that_is_cut_off_leaves_no_half_of_a_zip(tmp_path, homework):
    def cut_off():
        with FeedbackPages(tmp_path, homework, ABOUT) as pages:
            pages.add(record(*USUAL, platform="Canvas", upload_as="a_1_2_"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert [path.name for path in tmp_path.iterdir()] == ["feedback"]
