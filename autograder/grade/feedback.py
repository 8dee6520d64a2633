"""A page for each student: points, the mistakes by name, what was graded. And zip files of these.

Pages show what students may see: nothing of hidden tests if ``otter_config.json`` says "hidden";
else handing the pages out is what publishes them. Canvas and Moodle take a zip file of feedback in
which names begin as in what they exported, so such a file is written for each of their exports.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from ..grader.facts import NO_NOTEBOOK
from .homework_zip import HomeworkZip, WrittenQuestion
from .results import FEEDBACK, FEEDBACK_ZIPS, Case, Record, kind_of, page_of, readings_of, replacing
from .scores import Mark
from .tally import sort_by_mistake
from .templates import template

UPLOADED = "feedback.html"  # what a student gets to see as the file's name
# Below "hidden", a page that staff hand out may show hidden tests.
NEVER = "hidden"


class ByHand(NamedTuple):
    """What somebody gave for a written answer.

    Attributes:
        points: None if it is not graded yet.
        items: of the rubric, those that apply: points and text.
        comment: for the student.
    """

    points: float | None
    items: Sequence[tuple[float, str]] = ()
    comment: str = ""


def given_by_hand(
    marks: Iterable[Mark], questions: Mapping[str, WrittenQuestion]
) -> dict[str, ByHand]:
    """Return what people gave for the written answers of a submission, by question."""
    given = {}
    for mark in marks:
        if mark.points is not None and mark.score is not None:
            numbers = {int(number) for number in re.findall(r"\d{1,3}", mark.score.rubric)}
            rubric = enumerate(questions[mark.question].rubric, start=1)
            # HTML that the release made of the master.
            items = [(worth, Markup(text)) for i, (worth, text) in rubric if i in numbers]
            given[mark.question] = ByHand(mark.points, items, mark.score.comment)
    return given


@dataclass
class Written:
    """A written answer, and what it got."""

    question: str
    possible: float
    text: str
    pictures: Sequence[Mapping[str, Any]]
    given: ByHand


@dataclass
class Fault:
    """Test cases of a question that failed for the same reason."""

    has_name: bool  # a mistake was recognised
    message: str  # of the first of them
    where: str  # "Public test", or what is special about a hidden one's input
    others: list[str] = field(default_factory=list)  # the same of the others


@dataclass
class Question:
    """A question that tests grade."""

    id: str
    title: str
    public: list[float]  # points earned and possible
    hidden: list[float]  # possible is 0 if there is none, or none to be seen
    passed: int
    total: int
    faults: list[Fault]
    is_missing: bool  # its notebook is

    @property
    def earned(self) -> float:
        return self.public[0] + self.hidden[0]

    @property
    def possible(self) -> float:
        return self.public[1] + self.hidden[1]


class FeedbackPages(ExitStack):
    """Writes a page for each submission, and the zip files."""

    def __init__(self, out: Path, homework: HomeworkZip, about: Mapping[str, Any]):
        """Start.

        Args:
            out: the output folder.
            homework: says what may be shown.
            about: the run: ``title``, ``version`` and ``date``.
        """
        super().__init__()
        self.out, self.homework, self.about = out, homework, about
        self.template = template("feedback.html")
        self.names: set[str] = set()
        self.archives: dict[str, zipfile.ZipFile] = {}
        (out / FEEDBACK).mkdir(exist_ok=True)

    def add(self, record: Record, by_hand: Mapping[str, ByHand] | None = None) -> None:
        """Write one page.

        Args:
            record: the submission.
            by_hand: what its written answers got, by question.
        """
        text = self.template.render(self._view(record, by_hand or {})).lstrip()
        path = page_of(self.out, record.name)
        with replacing(path) as file:
            file.write(text)
        self.names.add(path.name)
        if record.upload_as and not record.failed:
            name = f"{record.upload_as}{UPLOADED}".encode("utf-8", "replace").decode()
            self._archive_for(record).writestr(name, text.encode("utf-8", "backslashreplace"))

    def finish(self) -> list[str]:
        """Remove what an earlier run left; return the names of the zip files."""
        for name, archive in self.archives.items():
            archive.close()
            self._part(name).replace(self.out / name)
        for path in (self.out / FEEDBACK).glob("*.html"):
            if path.name not in self.names:
                path.unlink()
        for path in self.out.glob(FEEDBACK_ZIPS):
            if path.name not in self.archives:
                path.unlink()
        return list(self.archives)

    def _archive_for(self, record: Record) -> zipfile.ZipFile:
        """Return the zip file that goes back to where a submission is from."""
        section = re.sub(r"[^\w.-]+", "_", record.section)
        name = "_".join(filter(None, ("feedback", record.platform.lower(), section))) + ".zip"
        if name not in self.archives:
            part = self._part(name)
            self.callback(part.unlink, missing_ok=True)
            archive = zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED)
            self.archives[name] = self.enter_context(archive)
        return self.archives[name]

    def _part(self, name: str) -> Path:
        return self.out / f".{name}.part"

    def _view(self, record: Record, by_hand: Mapping[str, ByHand]) -> dict[str, Any]:
        """Return what the template inserts."""
        shows_hidden = self.homework.hidden_visibility != NEVER
        questions = [self._question(record, name, shows_hidden) for name in record.questions]
        written = [
            Written(
                answer["question"],
                answer["points"],
                answer["text"],
                answer["pictures"],
                by_hand.get(answer["question"], ByHand(None)),
            )
            for answer in record.written
        ]
        return {
            "about": self.about,
            "record": record,
            "questions": questions,
            "written": written,
            "mistakes": self._mistakes(record, shows_hidden),
            "shows_hidden": shows_hidden,
            "earned": sum(question.earned for question in questions),
            "possible": sum(question.possible for question in questions),
            "by_hand": sum(answer.given.points or 0 for answer in written),
            "by_hand_possible": sum(answer.possible for answer in written),
            "all_graded": all(answer.given.points is not None for answer in written),
        }

    def _mistakes(self, record: Record, shows_hidden: bool) -> list[tuple[str, list[str]]]:
        """Return the mistakes that have a name, each with its questions."""
        failed = [c for c in record.cases if not c["passed"] and (shows_hidden or not c["hidden"])]
        by_sentence = sort_by_mistake(failed, self.homework.mistakes)
        return [
            (sentence.replace("{k}", "k"), list(dict.fromkeys(case["question"] for case in cases)))
            for sentence, cases in by_sentence.items()
        ]

    def _question(self, record: Record, name: str, shows_hidden: bool) -> Question:
        cases = [
            case
            for case in record.cases
            if case["question"] == name and (shows_hidden or not case["hidden"])
        ]
        parts = record.questions[name]
        return Question(
            id=name,
            title=self.homework.titles.get(name, ""),
            public=parts["public"],
            hidden=parts["hidden"] if shows_hidden else [0, 0],
            passed=sum(case["passed"] for case in cases),
            total=len(cases),
            faults=self._faults(cases),
            is_missing=any(kind_of(case) == NO_NOTEBOOK for case in cases),
        )

    def _faults(self, cases: Iterable[Case]) -> list[Fault]:
        """Return why test cases failed, the same reason once; what names a mistake comes first."""
        faults: dict[tuple[Any, ...], Fault] = {}
        for case in sorted(cases, key=lambda case: bool(case["hidden"])):
            if case["passed"]:
                continue
            readings = readings_of(case)
            # Messages without a name may say different things.
            said = (case["facts"] or {}).get("summary") or case["message"]
            key = kind_of(case), *(map(tuple, readings) if readings else [said])
            where = _where(case)
            if key in faults:
                faults[key].others.append(where)
                continue
            faults[key] = Fault(bool(readings), case["message"], where)
        return sorted(faults.values(), key=lambda fault: not fault.has_name)


def _where(case: Case) -> str:
    """Return which test case it is, for a student."""
    if not case["hidden"]:
        return "public test"
    about = case["facts"]["about"] if case["facts"] else ""
    return f"hidden test, {about}" if about else "hidden test"
