"""The gradebook: whose a submission is, what stands in a student's line, and what Canvas gets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from submissions import BANK
from support.answers import uses_torch
from support.classroom import grade, write_notebooks

from autograder.grade import UsageError, gradebook
from autograder.grade.due import read_due
from autograder.grade.gradebook import Gradebook
from autograder.grade.homework_zip import WrittenQuestion
from autograder.grade.results import Record
from autograder.grade.roster import read_roster
from autograder.grade.scores import HandScores, Score
from autograder.grade.sheets import read_sheet

TITLE = "Homework: descent"
RIGHT = {a.function: a for a in BANK if not a.fails and not uses_torch(a)}.values()
HOMEWORK = SimpleNamespace(title=TITLE, due="")
WRITTEN = {"w": WrittenQuestion("w", 2.0)}
CANVAS_HEAD = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (7),Homework: descent (8),Final Score"
)
CANVAS = f"""\
{CANVAS_HEAD}
,,,,,,Manual Posting,
    Points Possible,,,,,10,20,(read only)
"Lovelace, Ada",11,00123,ada@uni.edu,Lec 1,9,,90
"Müller, Zoë",12,00124,zoe@uni.edu,"Lec 1 and Lab 2",8,5,80
"Student, Test",99,,test,Lec 1,,,
"""


def record(name: str, *, score: float = 10, file: str = "", answer: str = "so", **more) -> Record:
    questions = {"a": {"public": [score / 2, 5], "hidden": [score / 2, 15]}}
    written = [{"question": "w", "points": 2.0, "text": answer, "pictures": []}]
    return Record(
        name, file or f"class/{name}", "", score=score, possible=20, questions=questions,
        written=written, **more,
    )  # fmt: skip


def person(name: str, email: str = "", sid: str = "") -> dict[str, list[str]]:
    return {
        "who": [name] if name else [],
        "emails": [email] if email else [],
        "sids": [sid] if sid else [],
    }


class Books:
    """What was written, and what was said."""

    def __init__(self, out: Path, lines: list[str]):
        self.out, self.lines = out, lines
        self.rows = read(out / "gradebook.csv")

    def names(self) -> list[str]:
        return [f"{row['First Name']} {row['Last Name']}".strip() for row in self.rows]

    def of(self, name: str) -> dict[str, str]:
        return self.rows[self.names().index(name)]

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=delimiter))


@pytest.fixture
def write(tmp_path) -> Callable[..., Books]:
    """Write the gradebook of a class."""

    def write(records: list[Record], roster: str | bytes | None = None, **given) -> Books:
        path = tmp_path / "given.csv"
        if roster is not None:
            path.write_bytes(roster if isinstance(roster, bytes) else roster.encode("utf-8"))
        by_hand = given.pop("by_hand", HandScores())
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        place = path if roster is not None else None
        due, column = given.get("due"), given.get("column")
        book = Gradebook(gradebook.settings(out, HOMEWORK, place, due, column), WRITTEN)
        for each in records:
            book.add(each, by_hand.add(each))
        return Books(out, list(book.write(out).lines()))

    return write


# -- the roster ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "roster",
    [
        CANVAS,
        CANVAS.replace(",", ";").replace("Lovelace; Ada", "Lovelace, Ada").replace("Müller; Zoë", "Müller, Zoë"),
        "First Name,Last Name,SID,Email,Role\nAda,Lovelace,00123,ada@uni.edu,Student\n",
        "Name,Email\nAda Lovelace,ada@uni.edu\n",
        "E-Mail Address;Full name\nADA@uni.edu;Ada Lovelace\n",
        'OrgDefinedId,Username,Last Name,First Name,Email\n#00123,#ada,Lovelace,Ada,ada@uni.edu\n',
        "First name\tSurname\tID number\tEmail address\nAda\tLovelace\t00123\tada@uni.edu\n",
        "Matrikelnummer;Nachname;Vorname\n00123;Lovelace;Ada\n",
    ],
    ids=["Canvas", "Canvas in Europe", "Gradescope", "short", "semicolons", "Brightspace", "Moodle", "German"],
)  # fmt: skip
def test_a_roster_is_known_by_its_columns(write, roster):
    books = write([record("s1", **person("Somebody", "Ada@Uni.edu", "00123"))], roster)
    row = books.of("Ada Lovelace")
    assert (row["Status"], row["Submission ID"]) == ("Ungraded", "s1")
    assert "Not on the roster" not in books.said


def test_a_roster_in_other_encodings_keeps_its_accents(write):
    roster = "Name;Email\nZoë Müller;zoe@uni.edu\n"
    for encoding in ("utf-8-sig", "cp1252", "utf-16"):
        assert write([], roster.encode(encoding)).names() == ["Zoë Müller"]


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        (
            "Group,Grade\nA,1\n",
            "no column is called Email, SID, Student ID or the like; it has: Group, Grade",
        ),
        ("Name,Email\n", "there is no student in this roster"),
        ("", "this table is empty"),
        (b"PK\x03\x04", "this is no CSV file"),
    ],
)
def test_what_is_no_roster_is_refused(write, roster, words):
    with pytest.raises(UsageError, match=words):
        write([], roster)


def test_canvas_rows_that_are_nobodys_are_no_students(write):
    assert write([], CANVAS).names() == ["Ada Lovelace", "Zoë Müller"]


def test_those_who_grade_are_no_students(write):
    roster = "Name,Email,Role\nAda,a@b.c,Student\nGrace,g@b.c,TA\nAlan,t@b.c,Instructor\n"
    assert write([], roster).names() == ["Ada"]
    assert len(write([], roster.replace("Student", "Studierende")).names()) == 3


def test_a_student_who_is_twice_on_the_roster_has_one_line(write):
    books = write([], "Name,Email\nAda Lovelace,ada@uni.edu\nAda L.,ADA@uni.edu\n")
    assert books.names() == ["Ada Lovelace"]
    assert "Roster, line 3: the same student as in line 2." in books.lines


# -- whose is it? --------------------------------------------------------------------------------

CLASS = """\
Name,Email,Student ID,Username
Ada Lovelace,ada@uni.edu,00123,al1
"Müller, Zoë",zoe@uni.edu,124,zm
Li Wei,li1@uni.edu,200,lw1
Li Wei,li2@uni.edu,201,lw2
Ødegård Søren,so@uni.edu,300,so
Rory O'Brien,ro@uni.edu,400,ro
"""


@pytest.mark.parametrize(
    ("submission", "email"),
    [
        (record("s", **person("X", "ADA@uni.edu")), "ada@uni.edu"),
        (record("s", **person("X", "", "00123")), "ada@uni.edu"),
        (record("s", **person("X", "", "123")), "ada@uni.edu"),
        (record("s", **person("X", "", "0124")), "zoe@uni.edu"),
        (record("s", **person("Ada Lovelace")), "ada@uni.edu"),
        (record("s", **person("LOVELACE, Ada", "private@mail.com")), "ada@uni.edu"),
        (record("s", **person("Zoe Muller")), "zoe@uni.edu"),
        (record("s", **person("Søren Ødegård")), "so@uni.edu"),
        (record("s", **person("Li Wei", "", "201")), "li2@uni.edu"),
        (record("s", **person("Rory O\u2019Brien")), "ro@uni.edu"),
        (record("Ada Lovelace_77", file="x/Ada Lovelace_77_assignsubmission_file"), "ada@uni.edu"),
        (record("12-9 - Zoë Müller", file="x/12-9 - Zoë Müller - 1 March, 2026 955 AM"), "zoe@uni.edu"),
        (record("HW_zm", file="x/HW_zm_attempt_2026-03-01-09-55-00_a.ipynb"), "zoe@uni.edu"),
        (record("mullerzoe_5", file="x/mullerzoe_LATE_5_6_a.ipynb"), "zoe@uni.edu"),
        (record("al1"), "ada@uni.edu"),
        (record("ada@uni.edu"), "ada@uni.edu"),
        (record("00123"), "ada@uni.edu"),
        (record("Ada Lovelace"), "ada@uni.edu"),
        (record("s", **person("Somebody")), None),
        (record("s", **person("Li Wei")), None),
        (record("submission_200"), None),
        (record("Somebody_200", file="x/Somebody_200_assignsubmission_file"), None),
        (record("anon_Ab3dE", file="x/anon_Ab3dE_200_a.ipynb"), None),
        # What a student has called a file looks like another platform's export.
        (record("me_5", file="x/me_5_6_HW_zm_attempt_2026-03-01-09-55-00_a.ipynb"), None),
        (record("Me_5", file="x/Me_5_assignsubmission_file_zm_7_8_a.ipynb"), None),
        (record("HW_me", file="x/HW_me_attempt_2026-03-01-09-55-00_b_zm_c_2026-03-01-09-55-00"), None),
    ],
)  # fmt: skip
def test_whose_a_submission_is(write, submission, email):
    books = write([submission], CLASS)
    submitted = [row["Email"] for row in books.rows[:6] if row["Status"] != "Missing"]
    assert submitted == ([email] if email else [])
    assert len(books.rows) == (6 if email else 7)


def test_canvas_numbers_in_names_are_those_of_canvas_only(write):
    files = [record("x_12", file="x/x_LATE_12_5_a.ipynb"), record("y_11", file="x/y_11")]
    books = write(files, CANVAS)
    assert books.of("Zoë Müller")["Submission ID"] == "x_12"
    assert books.of("Ada Lovelace")["Status"] == "Missing"
    moodle = record("X_5", file="x/X_5_assignsubmission_file_lovelaceada_11_9_a.ipynb")
    assert write([moodle], CANVAS).of("Ada Lovelace")["Status"] == "Missing"
    other = write([record("x_12", file="x/x_12_5_a.ipynb")], "Name,ID\nAda,12\n")
    assert other.of("Ada")["Status"] == "Missing"


def test_a_name_that_two_students_have_is_said_and_not_guessed(write):
    books = write([record("s", **person("Wei, Li"))], CLASS)
    assert "Wei, Li (s): given to nobody, for the name fits Li Wei and Li Wei." in books.lines
    assert books.rows[-1]["Note"] == "the name fits Li Wei and Li Wei"


def test_a_name_that_two_submissions_have_is_said_and_not_guessed(write):
    one = record("s1", **person("Ada Lovelace", "a@mail.com"))
    two = record("s2", **person("Ada Lovelace", "b@mail.com"))
    books = write([one, two], CLASS)
    assert books.of("Ada Lovelace")["Status"] == "Missing"
    assert books.said.count("fits by name, but not only this submission") == 2
    same = write([one, record("s2", **person("Ada Lovelace", "A@mail.com"))], CLASS)
    assert same.of("Ada Lovelace")["Submission Count"] == "2"


def test_student_numbers_that_differ_in_zeros_only_are_not_guessed(write):
    roster = "Name,SID\nAda,012\nZoë,0012\n"
    books = write([record("s", **person("X", "", "12"))], roster)
    assert "given to nobody, for the student number without zeros fits Ada and Zoë" in books.said
    assert write([record("s", **person("X", "", "0012"))], roster).of("Zoë")["Submission ID"] == "s"


def test_an_email_counts_more_than_another_number_and_that_is_said(write):
    books = write([record("s", **person("X", "ada@uni.edu", "124"))], CLASS)
    assert books.of("Ada Lovelace")["Submission ID"] == "s"
    assert "the e-mail says Ada Lovelace, the student number says Zoë Müller" in books.said


def test_each_member_of_a_group_has_a_line(write):
    group = record("s", who=["Ada Lovelace", "Zoë Müller"], emails=["ada@uni.edu", "zoe@uni.edu"])
    books = write([group], CLASS)
    assert [books.of(name)["Total Score"] for name in ("Ada Lovelace", "Zoë Müller")] == [
        "10",
        "10",
    ]
    assert books.of("Zoë Müller")["Note"] == "a group of 2"


def test_a_group_in_which_somebody_has_no_email_is_split_all_the_same(write):
    group = record("s", who=["Ada Lovelace", "Zoë Müller"], emails=["zoe@uni.edu"])
    books = write([group], CLASS)
    assert {row["Email"] for row in books.rows if row["Submission ID"] == "s"} == {
        "ada@uni.edu", "zoe@uni.edu",
    }  # fmt: skip
    assert len(books.rows) == 6


def test_who_is_missing_and_who_is_not_on_the_roster_is_listed(write):
    books = write([record("s", **person("Grace Hopper", "grace@navy.mil"))], CANVAS)
    assert [row["Status"] for row in books.rows] == ["Missing", "Missing", "Ungraded"]
    assert books.rows[0]["Total Score"] == ""
    assert books.rows[-1]["Note"] == "not on the roster"
    assert "2 students, 0 with a submission. Missing: 2 (Ada Lovelace, Zoë Müller)." in books.said
    assert "Not on the roster: 1 (Grace Hopper (s))." in books.lines


def test_without_a_roster_everybody_who_submitted_has_a_line(write):
    group = record("s", who=["Ada Lovelace", "Zoë"], emails=["a@b.c", "z@b.c"], sids=["1", "2"])
    books = write([group, record("al1")])
    assert [(row["First Name"], row["Last Name"], row["SID"]) for row in books.rows] == [
        ("Ada", "Lovelace", "1"), ("Zoë", "", "2"), ("al1", "", ""),
    ]  # fmt: skip
    assert not (books.out / "canvas.csv").exists()


# -- several submissions --------------------------------------------------------------------------


def test_the_latest_of_several_submissions_counts(write):
    ada = person("Ada Lovelace", "ada@uni.edu")
    early = record("s1", score=20, submitted="2026-03-01T23:30:00+01:00", **ada)
    late = record("s2", score=5, submitted="2026-03-01T22:45:00+00:00", **ada)
    row = write([early, late], CLASS).of("Ada Lovelace")
    assert (row["Submission ID"], row["Submission Count"], row["Total Score"]) == ("s2", "2", "5")
    assert row["Note"] == "the latest of 2 submissions; others: s1"


def test_the_best_of_several_submissions_counts_where_times_are_unknown(write):
    ada = person("Ada Lovelace", "ada@uni.edu")
    known = record("s2", score=5, submitted="2026-03-01T22:45:00+00:00", **ada)
    books = write([record("s1", score=20, **ada), known], CLASS)
    assert books.of("Ada Lovelace")["Note"] == "the best of 2 submissions; others: s2"
    assert "Students with several submissions: 1" in books.said


# -- points, time ---------------------------------------------------------------------------------


def test_points_of_people_are_in_total_and_status(write):
    ada = record("s1", **person("Ada Lovelace", "ada@uni.edu"))
    row = write([ada], CLASS, by_hand=HandScores({("s1", "w"): Score(1.5)})).of("Ada Lovelace")
    assert (row["Total Score"], row["Max Points"], row["Status"]) == ("11.5", "22", "Graded")
    assert (row["Autograder"], row["By Hand"], row["To Grade"]) == ("10", "1.5", "0")
    assert (row["a (20 pts)"], row["w (2 pts)"]) == ("10", "1.5")
    row = write([ada], CLASS).of("Ada Lovelace")
    assert (row["Total Score"], row["Status"], row["To Grade"], row["w (2 pts)"]) == (
        "10", "Ungraded", "1", "",
    )  # fmt: skip


def test_results_of_another_homework_zip_keep_their_columns(write):
    ada = record("s1", **person("Ada Lovelace", "ada@uni.edu"))
    other = Record(
        "s2", "class/s2", "", score=1, possible=2, questions={"b": {"public": [1, 2]}},
        written=[{"question": "old", "points": 1.0, "text": "", "pictures": []}], **person("Zoë", "zoe@uni.edu"),
    )  # fmt: skip
    books = write([ada, other], CLASS)
    assert list(books.rows[0])[-3:] == ["a (20 pts)", "b (2 pts)", "w (2 pts)"]
    assert [books.of("Ada Lovelace")[key] for key in ("a (20 pts)", "b (2 pts)")] == ["10", ""]
    zoe = books.of("Zoë Müller")
    assert [zoe[key] for key in ("a (20 pts)", "b (2 pts)", "w (2 pts)")] == ["", "1", ""]


def test_a_submission_on_which_the_grader_failed_has_no_points(write):
    failed = record("s1", failed=True, score=0, **person("Ada Lovelace", "ada@uni.edu"))
    books = write([failed], CANVAS)
    row = books.of("Ada Lovelace")
    assert (row["Total Score"], row["Status"]) == ("", "Ungraded")
    assert "the grader failed" in row["Note"]
    assert read(books.out / "canvas.csv")[1][f"{TITLE} (8)"] == ""


@pytest.mark.parametrize(
    ("due", "submitted", "expected"),
    [
        ("2026-03-01", "2026-03-01T23:59:59+00:00", ("00:00:00", "no", "0")),
        ("2026-03-01T23:59Z", "2026-03-02T00:00:30+00:00", ("00:01:30", "yes", "1")),
        ("2026-03-01T23:59Z", "2026-03-02T23:59:00+00:00", ("24:00:00", "yes", "1")),
        ("2026-03-01T23:59Z", "2026-03-02T23:59:01+00:00", ("24:00:01", "yes", "2")),
        ("2026-03-01T23:59+01:00", "2026-03-01T15:00:00-08:00", ("00:01:00", "yes", "1")),
        ("2026-03-01 23:59 Europe/Berlin", "2026-03-01T22:58:59+00:00", ("00:00:00", "no", "0")),
        ("2026-03-01 23:59 Europe/Berlin", "2026-03-01T23:59:01", ("00:00:01", "yes", "1")),
        # Clocks go forward in that night: 23 hours, not 24.
        ("2026-03-28 23:59 Europe/Berlin", "2026-03-29T23:59:00+02:00", ("23:00:00", "yes", "1")),
        ("2026-03-01T23:59Z", "", ("", "", "")),
    ],
)
def test_how_late_a_submission_is(write, monkeypatch, due, submitted, expected):
    monkeypatch.setenv("TZ", "UTC")
    ada = record("s1", submitted=submitted, **person("Ada Lovelace", "ada@uni.edu"))
    row = write([ada], CLASS, due=due).of("Ada Lovelace")
    assert (row["Lateness (H:M:S)"], row["Late"], row["Days Late"]) == expected


def test_what_the_platform_says_counts_where_no_time_is_known(write):
    ada = record("s1", late=True, **person("Ada Lovelace", "ada@uni.edu"))
    for due in (None, "2026-03-01T23:59Z"):
        row = write([ada], CLASS, due=due).of("Ada Lovelace")
        assert (row["Late"], row["Days Late"]) == ("yes", "")


def test_the_summary_says_in_which_time_zone_it_was_due(write):
    assert (
        "Due 2026-03-01 23:59 (CET, +01:00): 0 of 0 students late."
        in write([], CLASS, due="2026-03-01 23:59 Europe/Berlin").said
    )
    assert (
        "no time zone was given, this machine's was taken"
        in write([], CLASS, due="2026-03-01").said
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tomorrow", "is no date"),
        ("2026-13-01", "month must be in 1..12"),
        ("2026-03-01T25:00", "hour must be in 0..23"),
        ("2026-03-01 23:59 Europe/Nowhere", "'Europe/Nowhere' is no time zone"),
        (
            "2026-10-25 02:30 Europe/Berlin",
            r"twice or never that day: give an offset, as in 2026-10-25T02:30\+0200",
        ),
        ("2026-03-29 02:30 Europe/Berlin", "twice or never that day"),
    ],
)
def test_a_due_date_that_is_none_or_ambiguous_is_refused(text, words):
    with pytest.raises(UsageError, match=words):
        read_due(text)


# -- what Canvas gets ----------------------------------------------------------------------------


def test_canvas_gets_its_own_columns_back_and_the_points(write):
    ada = record("s1", **person("", "ada@uni.edu"))
    stranger = record("s2", **person("Grace", "grace@navy.mil"))
    books = write([ada, stranger], CANVAS)
    lines = (books.out / "canvas.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework: descent (8)",
        "    Points Possible,,,,,20",
        '"Lovelace, Ada",11,00123,ada@uni.edu,Lec 1,10',
        '"Müller, Zoë",12,00124,zoe@uni.edu,Lec 1 and Lab 2,',
    ]
    assert "canvas.csv: there the assignment has 20 points, here 22." in books.lines


def test_canvas_gets_a_column_of_another_name_if_told(write):
    books = write([record("s1", **person("", "ada@uni.edu"))], CANVAS, column="Quiz")
    rows = read(books.out / "canvas.csv")
    assert [row["Quiz (7)"] for row in rows] == ["10", "10", ""]
    with pytest.raises(UsageError, match="the roster has no column called 'Exam'"):
        write([], CANVAS, column="Exam")
    with pytest.raises(UsageError, match="needs a roster that is Canvas's own"):
        write([], CLASS, column="Quiz")


def test_canvas_is_told_the_points_of_a_new_assignment(write):
    books = write([record("s1", **person("", "ada@uni.edu"))], CANVAS.replace("descent", "other"))
    rows = read(books.out / "canvas.csv")
    assert [row[TITLE] for row in rows] == ["22", "10", ""]
    assert f"Canvas will make a new assignment, '{TITLE}'" in books.said


def test_canvas_in_europe_gets_semicolons_and_commas(write):
    roster = CANVAS.replace('"', "").replace("Lovelace, Ada", "Ada").replace("Müller, Zoë", "Zoë")
    books = write([record("s1", score=9.5, **person("", "ada@uni.edu"))], roster.replace(",", ";"))
    rows = read(books.out / "canvas.csv", ";")
    assert rows[1] == {
        "Student": "Ada", "ID": "11", "SIS User ID": "00123", "SIS Login ID": "ada@uni.edu",
        "Section": "Lec 1", f"{TITLE} (8)": "9,5",
    }  # fmt: skip


# -- kept, and safe --------------------------------------------------------------------------------


def test_roster_due_date_and_column_are_kept_for_later_runs(write):
    ada = record("s1", submitted="2026-03-02T00:00:00Z", **person("", "ada@uni.edu"))
    first = write([ada], CANVAS, due="2026-03-01T23:59Z", column="Quiz")
    second = write([ada])
    assert second.rows == first.rows
    assert second.lines == first.lines
    assert [row["Quiz (7)"] for row in read(second.out / "canvas.csv")] == ["10", "10", ""]
    third = write([ada], due="", column="")
    assert third.of("Ada Lovelace")["Days Late"] == ""
    assert f"{TITLE} (8)" in read(third.out / "canvas.csv")[0]


def test_the_homework_may_say_when_it_is_due(write, monkeypatch):
    monkeypatch.setattr(HOMEWORK, "due", "2026-03-01T23:59:00-08:00")
    ada = record("s1", submitted="2026-03-02T08:00:00Z", **person("", "ada@uni.edu"))
    assert write([ada], CLASS).of("Ada Lovelace")["Lateness (H:M:S)"] == "00:01:00"


def test_names_are_no_formulas(write):
    name = "=HYPERLINK(1)"
    books = write([record("s", **person(name, "=cmd|' /C calc'!A0", "@x"))], CANVAS)
    (row,) = [row for row in books.rows if row["Note"]]
    cells = [row[key] for key in ("First Name", "Last Name", "SID", "Email")]
    assert all(cell[:1] not in "=+-@" for cell in cells if cell)


def test_numbers_are_numbers(write):
    row = write([record("s1", score=10.25, **person("", "ada@uni.edu"))], CLASS).of("Ada Lovelace")
    assert row["Total Score"] == "10.25"
    assert row["SID"] == "00123"


def test_the_columns_begin_with_those_of_gradescope(write):
    write([record("s1")])
    assert list(write([record("s1")]).rows[0])[:8] == [
        "First Name", "Last Name", "SID", "Email", "Section", "Total Score", "Max Points", "Status",
    ]  # fmt: skip


def test_a_table_with_columns_missing_at_the_end_is_read(tmp_path):
    (tmp_path / "a.csv").write_text("Email,SID,Name\na@b.c\nd@e.f,1,Dora,extra\n")
    assert [row for _, row in read_sheet(tmp_path / "a.csv").rows] == [
        ["a@b.c", "", ""], ["d@e.f", "1", "Dora"],
    ]  # fmt: skip
    assert [s.email for s in read_roster(tmp_path / "a.csv").students] == ["a@b.c", "d@e.f"]


# -- the command ------------------------------------------------------------------------------------


def test_the_command_writes_both_files_and_says_who_is_missing(tmp_path):
    for name in ("lovelaceada_11_5_gradient_descent", "hoppergrace_77_6_gradient_descent"):
        folder = write_notebooks(tmp_path / name, RIGHT)
        (tmp_path / "class").mkdir(exist_ok=True)
        (folder / "gradient_descent.ipynb").rename(tmp_path / f"class/{name}.ipynb")
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS, encoding="utf-8")
    out = tmp_path / "out"
    options = ["--out", out, "--roster", roster, "--due", "2026-03-01T23:59Z", "--column", "Quiz"]
    done = grade(tmp_path / "class", *options)
    assert done.returncode == 0, done.stderr
    assert "2 students, 1 with a submission. Missing: 1 (Zoë Müller)." in done.stdout
    assert "Not on the roster: 1 (hoppergrace (hoppergrace_77))." in done.stdout
    assert f"{out}/canvas.csv" in done.stdout
    possible, ada, zoe = (row["Quiz (7)"] for row in read(out / "canvas.csv"))
    assert (possible, zoe) == ("10", "")
    assert float(ada) > 0
    wrong = grade(tmp_path / "class", "--out", out, "--due", "soon")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
