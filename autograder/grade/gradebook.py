"""``gradebook.csv``: a line for each student; and ``canvas.csv``, which Canvas imports.

The columns of ``gradebook.csv`` have the names that Gradescope's own table of grades has, and a few
more. Canvas would make an assignment of each column that it does not know, so its file has nothing
but Canvas's own columns and one for the points.

Roster, due date and Canvas's column are kept in the output folder, so that later runs know them.
"""

from __future__ import annotations

import contextlib
import json
import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from . import UsageError
from .due import Due, moment_of, read_due
from .homework_zip import HomeworkZip, WrittenQuestion
from .results import CANVAS, GRADEBOOK, Record, replacing, write_json
from .roster import Match, Matcher, Person, Roster, Student, people_of, read_roster, split_name
from .scores import Mark
from .sheets import Sheet, SheetWriter, fold, to_number
from .words import points

# What is kept: the roster as it came, and the rest.
ROSTER, SETTINGS = "roster.csv", "gradebook.json"
HEAD = (
    "First Name", "Last Name", "SID", "Email", "Section", "Total Score", "Max Points", "Status",
    "Submission ID", "Submission Time", "Lateness (H:M:S)", "Submission Count", "Late",
    "Days Late", "Autograder", "By Hand", "To Grade", "Note",
)  # fmt: skip
GRADED, UNGRADED, MISSING = "Graded", "Ungraded", "Missing"
MOST_NAMED = 10  # in a sentence


@dataclass(frozen=True)
class Wanted:
    """What a gradebook is made with.

    Attributes:
        title: of the homework.
        roster: the class; None if none was ever given.
        due: when it was due; None if nobody has said.
        column: of Canvas's table, which is to be filled; "" for the one that is called like the
            homework, or else a new one.
    """

    title: str
    roster: Roster | None = None
    due: Due | None = None
    column: str = ""


def settings(
    out: Path, homework: HomeworkZip, roster: Path | None, due: str | None, column: str | None
) -> Wanted:
    """Return what is given now, or was given to an earlier run; and keep it.

    Args:
        out: the output folder.
        homework: its title, and when it is due if nobody says otherwise.
        roster: a file; None for the one that is kept.
        due: "" to forget it; None for the one that is kept.
        column: in the same way.

    Raises:
        UsageError: something is wrong with it.
    """
    kept: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads((out / SETTINGS).read_text(encoding="utf-8"))
    text = kept.get("due", "") if due is None else due
    column = kept.get("column", "") if column is None else column
    place = roster or out / ROSTER
    wanted = Wanted(
        homework.title,
        read_roster(place) if roster or place.exists() else None,
        read_due(text or homework.due) if text or homework.due else None,
        column,
    )
    _canvas_column(wanted)
    if roster and roster.resolve() != (out / ROSTER).resolve():
        (out / ROSTER).write_bytes(roster.read_bytes())
    if text or column:
        write_json(out / SETTINGS, {"due": text, "column": column})
    else:
        (out / SETTINGS).unlink(missing_ok=True)
    return wanted


def _canvas_column(wanted: Wanted) -> int | None:
    """Return which column of Canvas's table is the homework's; None for a new one.

    Raises:
        UsageError: there is no such column.
    """
    if wanted.roster is None or not wanted.roster.is_canvas:
        if wanted.column:
            raise UsageError("--column needs a roster that is Canvas's own gradebook export")
        return None
    sheet = wanted.roster.sheet
    name = fold(wanted.column or wanted.title)
    # Canvas writes its number for an assignment behind it: Homework 1 (12345).
    found = [
        number
        for number in range(_info_columns(sheet), len(sheet.head))
        if name in (fold(sheet.head[number]), fold(sheet.head[number].rpartition(" (")[0]))
    ]
    if wanted.column and len(found) != 1:
        how_many = f"{len(found)} columns" if found else "no column"
        raise UsageError(f"--column: the roster has {how_many} called {wanted.column!r}")
    return found[0] if len(found) == 1 else None


def _info_columns(sheet: Sheet) -> int:
    """Return how many columns of Canvas's table are about the student; Section is the last."""
    return (sheet.find("section") or 0) + 1


@dataclass(slots=True)
class Entry:
    """What the gradebook needs to know of a submission."""

    name: str
    people: list[Person]
    section: str
    submitted: str
    late: bool
    autograder: float
    by_hand: float
    possible: float
    to_grade: int
    failed: bool
    points: array[float]  # per question that tests grade, in the order of `Gradebook.questions`
    given: array[float]  # per question that people grade; nan: not graded
    note: str = ""

    @property
    def total(self) -> float:
        """All points that there are so far."""
        return round(self.autograder + self.by_hand, 5)


@dataclass
class Gradebook:
    """Collects submissions, then writes a line for each student."""

    wanted: Wanted
    written: Mapping[str, WrittenQuestion]
    entries: list[Entry] = field(default_factory=list)
    questions: dict[str, float] = field(default_factory=dict)  # that tests grade, and their points
    notes: list[str] = field(default_factory=list)  # on the roster, and on whom it fits

    def add(self, record: Record, marks: list[Mark]) -> None:
        """Note a submission.

        Args:
            record: the submission.
            marks: what people gave for its written answers.
        """
        for question, parts in record.questions.items():
            self.questions.setdefault(question, sum(possible for _, possible in parts.values()))
        earned = {q: sum(p for p, _ in parts.values()) for q, parts in record.questions.items()}
        known = {mark.question: mark for mark in marks}
        given = [known[q].points if q in known else None for q in self.written]
        changed = [
            f"{mark.question} has changed since it was graded" for mark in marks if mark.changed
        ]
        failed = ["the grader failed: run the command again"] if record.failed else []
        self.entries.append(
            Entry(
                name=record.name,
                people=people_of(record),
                section=record.section,
                submitted=record.submitted,
                late=record.late,
                autograder=round(record.score, 5),
                by_hand=round(sum(points for points in given if points is not None), 5),
                possible=round(record.possible + self._by_hand, 5),
                to_grade=given.count(None),
                failed=record.failed,
                points=array("d", [earned.get(q, math.nan) for q in self.questions]),
                given=array("d", [math.nan if points is None else points for points in given]),
                note="; ".join([*changed, *failed]),
            )
        )

    def write(self, out: Path) -> Summary:
        """Write the files; return what there is to say about them."""
        rows = self._rows()
        with replacing(out / GRADEBOOK) as file:
            table = SheetWriter(file)
            worth = self.questions | {q.id: q.points for q in self.written.values()}
            table.write(
                [*HEAD, *(f"{question} ({points(n)} pts)" for question, n in worth.items())]
            )
            for row in rows:
                table.write(self._cells(row))
        roster = self.wanted.roster
        if roster is None or not roster.is_canvas:
            (out / CANVAS).unlink(missing_ok=True)
        else:
            with replacing(out / CANVAS) as file:
                table = SheetWriter(file, roster.sheet.delimiter)
                for cells in self._canvas_rows(roster, rows):
                    table.write(cells)
        return Summary(self, rows)

    # -- whose is what ------------------------------------------------------------------------

    def _rows(self) -> list[Row]:
        """Return a row for each student, in the roster's order, then those who are not on it."""
        if self.wanted.roster is None:
            return self._rows_without_roster()
        everybody = [person for entry in self.entries for person in entry.people]
        matcher = Matcher(self.wanted.roster, everybody)
        own: dict[int, list[Entry]] = {}
        others: list[Row] = []
        for entry in self.entries:
            match: Match = matcher.match(entry.people)
            for number in match.students:
                own.setdefault(number, []).append(entry)
            others += [Row(None, person, [entry], why) for person, why in match.others]
        self.notes = [*self.wanted.roster.notes, *matcher.notes]
        students = [
            Row(student, None, own.get(student.row, []), "")
            for student in self.wanted.roster.students
        ]
        return [*students, *others]

    def _rows_without_roster(self) -> list[Row]:
        rows: dict[str, Row] = {}
        for entry in self.entries:
            for person in entry.people:
                row = rows.setdefault(person.identity, Row(None, person, [], ""))
                row.entries.append(entry)
        return list(rows.values())

    def counts(self, entries: list[Entry]) -> Entry | None:
        """Return which of a student's submissions counts: the latest, or else the best."""
        if not entries:
            return None
        zone = self.wanted.due.moment.tzinfo if self.wanted.due else None
        times = [moment_of(entry.submitted, zone) for entry in entries]
        known = [when.astimezone(UTC) for when in times if when is not None]
        if len(known) == len(entries):
            return entries[known.index(max(known))]
        return max(entries, key=lambda entry: entry.total)

    # -- what stands in a row -----------------------------------------------------------------

    def _cells(self, row: Row) -> list[Any]:
        entry = self.counts(row.entries)
        who = self._who(row, entry)
        if entry is None:
            blank = len(HEAD) - len(who) - 3 + len(self.questions) + len(self.written)
            return [*who, "", points_of(self.possible), MISSING, *[""] * blank]
        total = "" if entry.failed else points_of(entry.total)
        status = UNGRADED if entry.failed or entry.to_grade else GRADED
        return [
            *who, total, points_of(entry.possible), status, entry.name, _time(entry.submitted),
            *self._late(entry)[:1], len(row.entries), *self._late(entry)[1:],
            points_of(entry.autograder), points_of(entry.by_hand) if self.written else "",
            entry.to_grade, self._note(row, entry),
            *map(points_of, entry.points), *[""] * (len(self.questions) - len(entry.points)),
            *map(points_of, entry.given),
        ]  # fmt: skip

    @property
    def possible(self) -> float:
        """What all questions together can give."""
        return round(sum(self.questions.values()) + self._by_hand, 5)

    @property
    def _by_hand(self) -> float:
        return sum(question.points for question in self.written.values())

    def _who(self, row: Row, entry: Entry | None) -> list[str]:
        section = entry.section if entry else ""
        if row.student is not None:
            s = row.student
            return [s.first, s.last, s.sid, s.email, s.section or section]
        assert row.person is not None, "a row is about a student or about somebody else"
        person = row.person
        return [*split_name(person.name or person.record), person.sid, person.email, section]

    def _late(self, entry: Entry) -> tuple[str, str, Any]:
        """Return how late a submission is: H:M:S, whether it is late, and in days."""
        lateness = self.wanted.due.lateness(entry.submitted) if self.wanted.due else None
        if lateness is None:
            return "", "yes" if entry.late else "", ""
        seconds = math.ceil(lateness.total_seconds())
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return clock, "yes" if seconds else "no", math.ceil(lateness / timedelta(days=1))

    def is_late(self, entry: Entry) -> bool:
        """Whether a submission is late, by the due date or as the platform says."""
        return self._late(entry)[1] == "yes"

    def _note(self, row: Row, entry: Entry) -> str:
        notes = [row.why, entry.note]
        if len(row.entries) > 1:
            times = all(moment_of(each.submitted) for each in row.entries)
            which = "latest" if times else "best"
            others = ", ".join(each.name for each in row.entries if each is not entry)
            notes.append(f"the {which} of {len(row.entries)} submissions; others: {others}")
        if len(entry.people) > 1 and row.student is not None:
            notes.append(f"a group of {len(entry.people)}")
        return "; ".join(filter(None, notes))

    # -- Canvas -------------------------------------------------------------------------------

    def _canvas_rows(self, roster: Roster, rows: list[Row]) -> Iterator[list[Any]]:
        """Yield the rows of Canvas's file: its own columns as they came, and the points."""
        column, width = _canvas_column(self.wanted), _info_columns(roster.sheet)
        head = roster.sheet.head
        yield [*head[:width], self.wanted.title if column is None else head[column]]
        if roster.points_possible is not None:
            cells = roster.points_possible
            possible = points_of(self.possible) if column is None else cells[column]
            yield [*cells[:width], self._in_canvas(possible, roster)]
        for row in rows:
            if row.student is not None:
                entry = self.counts(row.entries)
                total = "" if entry is None or entry.failed else points_of(entry.total)
                yield [*row.student.cells[:width], self._in_canvas(total, roster)]

    def _in_canvas(self, value: Any, roster: Roster) -> Any:
        """Return a number as it stands in the roster's country."""
        is_comma = roster.sheet.delimiter == ";" and isinstance(value, (int, float))
        return str(value).replace(".", ",") if is_comma else value


class Row(NamedTuple):
    """A line of the gradebook: a student, or somebody who is not on the roster."""

    student: Student | None
    person: Person | None
    entries: list[Entry]
    why: str  # somebody is not on the roster


def points_of(number: float) -> float | int | str:
    """Return points without needless digits; an empty cell if there are none."""
    if math.isnan(number):
        return ""
    number = round(number, 5)
    return int(number) if number == int(number) else number


def _time(submitted: str) -> str:
    """Return a time as Gradescope writes it."""
    when = moment_of(submitted)
    if when is None:
        return ""
    return f"{when:%Y-%m-%d %H:%M:%S %z}".strip() if "T" in submitted else submitted


# -- what is printed --------------------------------------------------------------------------


@dataclass
class Summary:
    """What there is to say about a gradebook."""

    book: Gradebook
    rows: list[Row]

    def lines(self) -> Iterator[str]:
        """Yield sentences."""
        wanted, roster = self.book.wanted, self.book.wanted.roster
        if roster is not None:
            yield from self._roster_lines(roster)
        if wanted.due is not None:
            yield from self._due_lines(wanted.due)
        several = [row for row in self.rows if len(row.entries) > 1]
        if several:
            yield (
                f"Students with several submissions: {len(several)}; the latest counts, or where "
                f"times are unknown the best: see Note in {GRADEBOOK}."
            )
        yield from map(_sentence, self.book.notes[:MOST_NAMED])

    def _roster_lines(self, roster: Roster) -> Iterator[str]:
        students = [row for row in self.rows if row.student is not None]
        missing = [row.student.shown for row in students
                   if row.student is not None and not row.entries]  # fmt: skip
        kind = " (Canvas)" if roster.is_canvas else ""
        yield (
            f"Roster{kind}: {len(students)} students, {len(students) - len(missing)} with a "
            f"submission. Missing: {_some(missing)}."
        )
        others = [row for row in self.rows if row.person is not None]
        unknown = [row.person.shown for row in others
                   if row.person is not None and row.why == "not on the roster"]  # fmt: skip
        if unknown:
            yield f"Not on the roster: {_some(unknown)}."
        for row in others[: 2 * MOST_NAMED]:
            if row.person is not None and row.why != "not on the roster":
                yield f"{row.person.shown}: given to nobody, for {row.why}."
        if roster.is_canvas and _canvas_column(self.book.wanted) is None:
            yield (
                f"{CANVAS}: Canvas will make a new assignment, {self.book.wanted.title!r}. To fill "
                f"one that it has, name its column: --column 'Homework 1 (12345)'."
            )
        waiting = sum(entry.to_grade > 0 for row in students for entry in row.entries)
        if roster.is_canvas and waiting:
            yield (
                f"{CANVAS}: {waiting} submissions still wait for points by hand, so it holds what "
                "they have so far."
            )
        yield from self._other_points(roster)

    def _other_points(self, roster: Roster) -> Iterator[str]:
        column = _canvas_column(self.book.wanted)
        if column is not None and roster.points_possible is not None:
            theirs, ours = to_number(roster.points_possible[column]), self.book.possible
            if theirs not in (None, ours):
                yield f"{CANVAS}: there the assignment has {theirs:g} points, here {ours:g}."

    def _due_lines(self, due: Due) -> Iterator[str]:
        counting = [entry for row in self.rows if (entry := self.book.counts(row.entries))]
        late = sum(map(self.book.is_late, counting))
        unknown = sum(moment_of(entry.submitted) is None for entry in counting)
        rest = f" Of {unknown} the export tells no time." if unknown else ""
        yield f"Due {due}: {late} of {len(counting)} students late.{rest}"


def _some(names: list[str]) -> str:
    """Name a few, and say how many there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{len(names)} ({', '.join(names[:MOST_NAMED])}{more})" if names else "none"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
