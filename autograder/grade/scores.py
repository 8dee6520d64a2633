"""Points that people give for written answers: read from tables, kept, and laid against answers.

``--scores FILE`` is a table with the columns ``submission``, ``question`` and ``points``, as the
page of `desk` exports it or as somebody types it. What was read is kept in the output folder, in
the same form, so that later runs know it. A score belongs to one text: if the answer has changed
since, it no longer counts, and is said to be old.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from .homework_zip import WrittenQuestion
from .results import Record, replacing
from .sheets import Sheet, SheetWriter, cell, read_sheet, refuse, to_number, uncell
from .words import points as in_points

SCORES = "written-scores.csv"  # in the output folder, and what the page exports
COLUMNS = ("submission", "question", "points", "possible", "rubric", "comment", "answer", "graded")
NEEDED = COLUMNS[:3]
# Instead of points: the question is to be graded again.
TAKEN_BACK = "none"


class Score(NamedTuple):
    """What somebody gave for an answer."""

    points: float | None  # None takes an earlier score back
    rubric: str = ""  # numbers of the items that apply, as in "#1 #3"
    comment: str = ""
    answer: str = ""  # which text it is for, see `answer_id`; "" for whatever is there now
    graded: str = ""  # when, in UTC


Key = tuple[str, str]  # submission and question


class Mark(NamedTuple):
    """A written answer of a submission, and what it got."""

    question: str
    possible: float
    points: float | None = None  # None: to be graded
    score: Score | None = None  # also if the answer has changed since, and it no longer counts
    answer: str = ""  # see `answer_id`

    @property
    def changed(self) -> bool:
        """Whether the answer was graded, and is another one now."""
        return self.points is None and self.score is not None


def answer_id(answer: Mapping[str, Any]) -> str:
    """Return what equal answers to a question have in common, white space aside.

    It begins with a letter: a spreadsheet would round a number of so many digits.

    Args:
        answer: an item of `Record.written`.
    """
    text = " ".join(answer["text"].split())
    pictures = [picture["hash"] for picture in answer["pictures"]]
    content = json.dumps([answer["question"], text, pictures])
    return f"a{hashlib.sha256(content.encode()).hexdigest()[:16]}"


@dataclass
class HandScores:
    """All that people gave, and what is counted over the records that `add` has seen."""

    scores: dict[Key, Score] = field(default_factory=dict)
    # Answers to others do not count: another homework.zip has graded them. None: all count.
    questions: Collection[str] | None = None
    answers: int = 0
    graded: int = 0
    changed: list[Key] = field(default_factory=list)
    points: float = 0.0
    possible: float = 0.0

    def marks(self, record: Record) -> list[Mark]:
        """Return what the written answers of a submission got."""
        return [
            self._mark(record, answer)
            for answer in record.written
            if self.questions is None or answer["question"] in self.questions
        ]

    def _mark(self, record: Record, answer: Mapping[str, Any]) -> Mark:
        question, name = answer["question"], answer_id(answer)
        score = self.scores.get((record.name, question))
        if score is None or score.points is None:
            return Mark(question, answer["points"], answer=name)
        points = score.points if score.answer in ("", name) else None
        return Mark(question, answer["points"], points, score, name)

    def add(self, record: Record) -> list[Mark]:
        """Count a submission, note which texts its scores are for, and return its marks."""
        marks = self.marks(record)
        for number, mark in enumerate(marks):
            key = record.name, mark.question
            self.answers += 1
            self.possible += mark.possible
            if mark.changed:
                self.changed.append(key)
            elif mark.score is not None:
                self.graded += 1
                self.points += mark.points or 0.0
                self.scores[key] = mark.score._replace(answer=mark.answer)
                marks[number] = mark._replace(score=self.scores[key])
        return marks


# -- reading ----------------------------------------------------------------------------------


def read_scores(
    paths: Iterable[Path],
    written: Mapping[str, WrittenQuestion],
    known: Mapping[str, str],
    kept: Mapping[Key, Score],
) -> dict[Key, Score]:
    """Read what people gave.

    Args:
        paths: of tables.
        written: the questions that people grade, by id.
        known: the submissions' names, by what they may be called in a table.
        kept: what is known already. A table without columns for words takes none away.

    Raises:
        UsageError: with a line for each thing that is wrong in a table.
    """
    scores: dict[Key, Score] = {}
    problems: list[str] = []
    for path in paths:
        own, wrong = _read(read_sheet(path), written, known, {**kept, **scores})
        problems += wrong
        problems += [
            f"{path}: {name}, {question}: has other points in a file that was given before it"
            for (name, question), score in own.items()
            if (name, question) in scores and scores[name, question].points != score.points
        ]
        scores |= own
    refuse(problems)
    return scores


def _read(
    sheet: Sheet,
    written: Mapping[str, WrittenQuestion],
    known: Mapping[str, str],
    kept: Mapping[Key, Score],
) -> tuple[dict[Key, Score], list[str]]:
    """Return the scores in a table, and what is wrong with it."""
    columns = {name: sheet.find(name) for name in COLUMNS}
    if missing := [name for name in NEEDED if columns[name] is None]:
        head = ", ".join(sheet.head)
        return {}, [f"{sheet.path}: has no column {', '.join(missing)}; it has: {head}"]
    scores: dict[Key, Score] = {}
    problems = []
    for number, row in sheet.rows:
        line = {key: row[i].strip() if i is not None else "" for key, i in columns.items()}
        if not line["points"]:
            continue  # not graded yet
        name = known.get(line["submission"], line["submission"])
        key = name, line["question"]
        problem = _problem(line, name in known, written)
        if not problem and key in scores:
            problem = f"{key[0]}, {key[1]}: has a line already"
        if problem:
            problems.append(f"{sheet.path}, line {number}: {problem}")
        else:
            scores[key] = _with_words(_score(line), columns, kept.get(key))
    return scores, problems


def _with_words(score: Score, columns: Mapping[str, int | None], old: Score | None) -> Score:
    """Return a score with the words of an old one, where the table has no column for them."""
    if old is None or old.points != score.points:
        return score
    missing = [name for name in ("rubric", "comment") if columns[name] is None]
    return score._replace(**{name: getattr(old, name) for name in missing})


def _problem(
    line: Mapping[str, str], is_known: bool, written: Mapping[str, WrittenQuestion]
) -> str:
    """Return what is wrong with a line; "" if nothing is."""
    question = written.get(line["question"])
    if not is_known:
        return f"there is no submission {line['submission']!r}"
    if question is None:
        ids = ", ".join(written) or "none"
        return f"{line['question']!r} is no question that people grade; these are: {ids}"
    place = f"{line['submission']}, {question.id}"
    points = to_number(line["points"])
    if line["points"].lower() == TAKEN_BACK:
        return ""
    if points is None:
        return f"{place}: {line['points']!r} is no number of points"
    if not 0 <= points <= question.points:
        return f"{place}: {points:g} points, but it has 0 to {question.points:g}"
    return ""


def _score(line: Mapping[str, str]) -> Score:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Score(
        points=to_number(line["points"]),
        rubric=line["rubric"],
        comment=uncell(line["comment"]),
        answer=line["answer"],
        graded=line["graded"] or now,
    )


# -- keeping ----------------------------------------------------------------------------------


def load(
    paths: Iterable[Path],
    out: Path,
    written: Mapping[str, WrittenQuestion],
    names: Iterable[str],
) -> HandScores:
    """Return what is kept in an output folder, with what is given now in its place.

    Args:
        paths: of tables given now.
        out: the output folder.
        written: the questions that people grade, by id.
        names: of all submissions.

    Raises:
        UsageError: with a line for each thing that is wrong. What is kept can be wrong as well: a
            question is gone, or is worth less than it was.
    """
    # A name may have been made safe for a spreadsheet.
    known = {form: name for name in names for form in (name, cell(name))}
    kept: dict[Key, Score] = {}
    if (out / SCORES).exists():
        sheet = read_sheet(out / SCORES)
        place = sheet.find("submission") or 0
        others = {row[place].strip(): uncell(row[place].strip()) for _, row in sheet.rows}
        kept, problems = _read(sheet, written, {**others, **known}, {})
        refuse(problems)
    given = read_scores(paths, written, known, kept)
    return HandScores({**kept, **given}, written)


def save(out: Path, scores: HandScores, written: Mapping[str, WrittenQuestion]) -> None:
    """Keep all scores in the output folder; without any, there is no file."""
    if not any(score.points is not None for score in scores.scores.values()):
        (out / SCORES).unlink(missing_ok=True)
        return
    with replacing(out / SCORES) as file:
        table = SheetWriter(file)
        table.write(COLUMNS)
        for (name, question), score in scores.scores.items():
            if score.points is not None:
                points = f"{score.points:g}", f"{written[question].points:g}"
                table.write((name, question, *points, *score[1:]))


def mean_in_words(scores: HandScores, mean: float, possible: float, number: int) -> str:
    """Return the mean of a class in words, and what it is the mean of.

    Args:
        scores: what was counted.
        mean: of the points that tests gave.
        possible: points, without those that people give.
        number: of submissions with a result.
    """
    words = (
        f"Mean {in_points(mean)} of {in_points(possible)} points of the autograder, of all "
        f"{number} submissions that have a result; one without any notebook counts as 0."
    )
    if not scores.answers:
        return words
    if scores.graded < scores.answers:
        return f"{words} By hand, {scores.graded} of {scores.answers} answers are graded."
    total, possible = mean + scores.points / number, possible + scores.possible / number
    return f"{words} With points by hand: {in_points(total)} of {in_points(possible)}."
