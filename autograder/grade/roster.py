"""The roster: who is in the class, and whose a submission is.

A roster is Canvas's own gradebook export, Gradescope's roster, or any table with a column for
e-mail addresses or student numbers. Submissions are matched by e-mail, then student number, then
what a platform's names say, then by name. A name counts only if it is unique on both sides. What
fits two is nobody's, and is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from . import UsageError
from .results import Record
from .sheets import WORD, Sheet, read_sheet

# What columns are called, without case and punctuation; the first that is there counts.
EMAIL = ("email", "e mail", "email address", "e mail address", "student email", "mail", "emails")
SID = (
    "sid", "sis user id", "student id", "student number", "student no", "id number", "orgdefinedid",
    "org defined id", "matriculation number", "matrikelnummer", "student id number", "id",
)  # fmt: skip
LOGIN = ("sis login id", "login id", "login", "username", "user name", "netid", "net id", "user id")
NAME = ("student", "name", "full name", "student name", "display name")
FIRST = ("first name", "firstname", "given name", "given names", "first", "vorname")
LAST = ("last name", "lastname", "surname", "family name", "last", "nachname")
SECTION = ("section", "sections", "section name")
ROLE = ("role", "roles")  # people who grade are on Gradescope's roster too
# Rows of Canvas that are nobody's.
POINTS_POSSIBLE = "Points Possible"
NO_STUDENT = re.compile(
    r"\s*(manual posting.*|muted|student, test|test student)?\s*", re.IGNORECASE
)
# How platforms begin what they export of a student; what else there is, people have named. The
# label is what the submission is called, see `submissions`.
FILES = (
    re.compile(r"(?P<label>(?P<name>.+?)(?:_LATE)?_(?P<canvas>\d+))_\d+_"),  # Canvas
    re.compile(r"(?P<label>(?P<name>.+?)_\d+)_assignsubmission_"),  # Moodle
    re.compile(r"(?P<label>\d+-\d+ ?- (?P<name>.+?)) - "),  # Brightspace
    re.compile(r"(?P<label>.+?_(?P<login>[^_]+))_[^\W\d_]+_\d{4}(?:-\d\d){5}"),  # Blackboard
    re.compile(r"(?P<label>submission_\d+)"),  # Gradescope: no name
)
LONGEST_NAME = 255
APOSTROPHES = str.maketrans("", "", "'`\u00b4\u2018\u2019\u02bc")


@dataclass(frozen=True)
class Student:
    """One line of a roster; "" for what it does not say."""

    row: int  # its place in `Roster.students`
    line: int
    cells: tuple[str, ...]  # of the table
    name: str = ""
    first: str = ""
    last: str = ""
    email: str = ""
    sid: str = ""
    login: str = ""
    canvas: str = ""  # Canvas's own number
    section: str = ""

    @property
    def shown(self) -> str:
        """How a sentence names a student."""
        return f"{self.first} {self.last}".strip() or self.name or self.email or self.sid


class Person(NamedTuple):
    """Somebody who submitted, as far as the export tells."""

    record: str
    name: str = ""
    email: str = ""
    sid: str = ""
    login: str = ""  # or any of these three, where only the submission's name tells
    canvas: str = ""

    @property
    def shown(self) -> str:
        """How a sentence names somebody."""
        return f"{self.name} ({self.record})" if self.name not in ("", self.record) else self.record

    @property
    def identity(self) -> str:
        """What is the same for the same person."""
        return self.email.casefold() or self.sid or f"record {self.record}"


@dataclass
class Roster:
    """The students of a class, and where in the table they stand."""

    sheet: Sheet
    students: list[Student]
    is_canvas: bool = False
    points_possible: list[str] | None = None  # Canvas's row
    notes: list[str] = field(default_factory=list)


# -- reading ----------------------------------------------------------------------------------


def read_roster(path: Path) -> Roster:
    """Read a roster.

    Raises:
        UsageError: it is no table, or has nothing by which to know students.
    """
    sheet = read_sheet(path)
    is_canvas = _is_canvas(sheet)
    columns = _columns(sheet, is_canvas)
    if all(columns[key] is None for key in ("email", "sid", "login", "canvas")):
        raise UsageError(
            f"{path}: no column is called Email, SID, Student ID or the like; it has: "
            f"{', '.join(sheet.head)}"
        )
    roster = Roster(sheet, [], is_canvas)
    known: dict[str, int] = {}
    for line, row in _of_students(sheet):
        if is_canvas and POINTS_POSSIBLE in row[0]:
            roster.points_possible = row
            continue
        student = _student(len(roster.students), line, row, columns)
        if NO_STUDENT.fullmatch(student.name) and (is_canvas or not _ids(student)):
            continue
        twice = [known[key] for key in _ids(student) if key in known]
        if twice:
            roster.notes.append(f"roster, line {line}: the same student as in line {twice[0]}")
            continue
        known |= dict.fromkeys(_ids(student), line)
        roster.students.append(student)
    if not roster.students:
        raise UsageError(f"{path}: there is no student in this roster")
    return roster


def _of_students(sheet: Sheet) -> list[tuple[int, list[str]]]:
    """Return the rows of students; all, if no column says who is one."""
    role = sheet.find(*ROLE)
    rows = [] if role is None else [r for r in sheet.rows if "student" in r[1][role].casefold()]
    return rows or sheet.rows


def _is_canvas(sheet: Sheet) -> bool:
    return all(sheet.find(name) is not None for name in ("id", "section")) and (
        sheet.find("student") == 0 or sheet.find("lastname") == 0
    )


def _columns(sheet: Sheet, is_canvas: bool) -> dict[str, int | None]:
    """Return where what is known of a student stands."""
    return {
        "email": sheet.find(*EMAIL),
        "sid": sheet.find(*(SID[:-1] if is_canvas else SID)),
        "login": sheet.find(*LOGIN),
        "name": sheet.find(*NAME),
        "first": sheet.find(*FIRST),
        "last": sheet.find(*LAST),
        "section": sheet.find(*SECTION),
        "canvas": sheet.find("id") if is_canvas else None,
    }


def _student(row: int, line: int, cells: list[str], columns: dict[str, int | None]) -> Student:
    # Brightspace puts a # before what is no number to it; a spreadsheet may need an apostrophe.
    said = {
        key: cells[place].strip().lstrip("#'") if place is not None else ""
        for key, place in columns.items()
    }
    if not said["name"]:
        said["name"] = f"{said['first']} {said['last']}".strip()
    elif not said["last"]:
        said["first"], said["last"] = split_name(said["name"])
    if not said["email"] and "@" in said["login"]:
        said["email"] = said["login"]
    return Student(row, line, tuple(cells), **said)


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name; where no comma tells, the last word is the last name."""
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def _ids(student: Student) -> list[str]:
    """Return by what a student is known for certain."""
    ids = {"e": student.email.casefold(), "s": student.sid, "c": student.canvas}
    return [f"{kind}{value}" for kind, value in ids.items() if value]


def name_key(name: str) -> str:
    """Return a name without accents, case, punctuation and order: Last, First is First Last."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = WORD.findall(text.translate(APOSTROPHES))
    return " ".join(sorted(words))


def letters_key(*names: str) -> str:
    """Return names as Canvas writes them before a file: lovelaceada."""
    text = unicodedata.normalize("NFKD", "".join(names)).casefold()
    return "".join(filter(str.isalnum, text))


# -- who submitted ----------------------------------------------------------------------------


def people_of(record: Record) -> list[Person]:
    """Return who submitted: one whom only the submission's name tells, if nothing else does."""
    columns = [record.who, record.emails, record.sids]
    number = max(map(len, columns))
    if not number:
        return [_named_by(record)]
    # Where somebody has no e-mail or number, nothing tells whose the others are.
    whole = [column if len(column) == number else [""] * number for column in columns]
    if number == 1 or all(len(column) in (0, number) for column in columns):
        return [Person(record.name, *values) for values in zip(*whole, strict=True)]
    singles = [
        Person(record.name, **{key: value})
        for key, column in zip(("name", "email", "sid"), columns, strict=True)
        if len(column) < number
        for value in column
    ]
    return [*(Person(record.name, *values) for values in zip(*whole, strict=True)), *singles]


def _named_by(record: Record) -> Person:
    """Return whom the name of a submission tells."""
    file = PurePosixPath(record.file).name[:LONGEST_NAME]
    for pattern in FILES:
        match = pattern.match(file)
        # What a student has called a file may look like another platform's.
        if match and _plain(record.name).endswith(_plain(match["label"].replace("_LATE_", "_"))):
            about = match.groupdict()
            del about["label"]
            return Person(record.name, **about)
    return Person(record.name, name=record.name, login=record.name)


def _plain(name: str) -> str:
    """Return what of a name is left when it has become that of a folder."""
    return re.sub(r"[\W_]", "", name)


# -- matching ---------------------------------------------------------------------------------


class Match(NamedTuple):
    """Whose a submission is: students by their rows, and the people who are nobody there."""

    students: list[int]
    others: list[tuple[Person, str]]  # and why


class Matcher:
    """Finds the students of submissions."""

    def __init__(self, roster: Roster, people: Iterable[Person]):
        """Look at all who submitted: a name that two of them have tells nothing.

        Args:
            roster: the class.
            people: of all submissions.
        """
        self.students = roster.students
        self.indexes: dict[str, dict[str, list[int]]] = {}
        for student in roster.students:
            for kind, key in _student_keys(student):
                index = self.indexes.setdefault(kind, defaultdict(list))
                if student.row not in index[key]:
                    index[key].append(student.row)
        namesakes: dict[str, set[str]] = defaultdict(set)
        for person in people:
            if person.name:
                namesakes[name_key(person.name)].add(person.identity)
        self.shared = {name for name, identities in namesakes.items() if len(identities) > 1}
        self.notes: list[str] = []

    def match(self, people: Sequence[Person]) -> Match:
        """Return whose a submission is."""
        found: dict[int, None] = {}
        others = []
        for person in people:
            row, why = self._find(person)
            if row is None:
                others.append((person, why))
            else:
                found[row] = None
        # Who has e-mail or number apart from the name is there twice, see `people_of`.
        named = sum(bool(person.name) for person in people)
        return Match(list(found), others if len(found) < max(named, 1) else [])

    def _find(self, person: Person) -> tuple[int | None, str]:
        """Return the row of somebody's student; without one, why."""
        certain = [(how, rows) for how, rows in self._by_ids(person) if rows]
        for number, (how, rows) in enumerate(certain):
            if len(rows) > 1:
                return None, f"{how} fits {self._named(rows)}"
            for other, others in certain[number + 1 :]:
                if rows[0] not in others:
                    self.notes.append(
                        f"{person.shown}: {how} says {self._named(rows)}, {other} says "
                        f"{self._named(others)}; the former counts"
                    )
            return rows[0], ""
        key = name_key(person.name)
        rows = self.indexes.get("name", {}).get(key, []) if key else []
        if len(rows) > 1:
            return None, f"the name fits {self._named(rows)}"
        if rows and key in self.shared:
            return None, f"{self._named(rows)} fits by name, but not only this submission"
        if rows:
            return rows[0], ""
        return None, "not on the roster"

    def _by_ids(self, person: Person) -> Iterator[tuple[str, list[int]]]:
        """Yield whom a person's e-mail, numbers and so on say that it is."""
        get = self.indexes.get
        yield "the e-mail", get("email", {}).get(person.email.casefold(), [])
        yield "the student number", get("sid", {}).get(person.sid.casefold(), [])
        if not get("sid", {}).get(person.sid.casefold()):
            # A spreadsheet removes zeros in front.
            loose = person.sid.lstrip("0")
            yield "the student number without zeros", get("loose", {}).get(loose, [])
        yield "Canvas's number", get("canvas", {}).get(person.canvas, [])
        for kind in ("email", "sid", "login"):
            yield "the login", get(kind, {}).get(person.login.casefold(), [])

    def _named(self, rows: Iterable[int]) -> str:
        said = [self.students[row].shown for row in rows]
        return " and ".join(said[:5])


def _student_keys(student: Student) -> Iterator[tuple[str, str]]:
    """Yield by what a student can be found."""
    keys = [
        ("email", student.email.casefold()),
        ("sid", student.sid.casefold()),
        ("loose", student.sid.lstrip("0")),
        ("login", student.login.casefold()),
        ("canvas", student.canvas),
        ("name", name_key(student.name)),
        ("name", name_key(f"{student.first} {student.last}")),
        # As Canvas writes it before a file.
        ("name", letters_key(student.last, student.first)),
    ]
    yield from ((kind, key) for kind, key in keys if key)
