"""The page on which people grade written answers: one HTML file that needs no network.

Answers come record by record and are written at once, so that memory holds one of each text's id,
not the texts. Equal answers are one. What students wrote travels as JSON, of which the page makes
text and nothing else; its policy (Content-Security-Policy) lets no other script run than its own,
and opens no address.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from jinja2 import Environment, StrictUndefined

from .homework_zip import WrittenQuestion
from .results import Record
from .scores import SCORES, Mark
from .sheets import cell
from .words import clean, points

TEMPLATE = Path(__file__).with_name("desk.html")
# Where the template ends and the answers begin.
DATA = "@@answers@@"
# Of all pictures in the page together, in characters; browsers get slow above.
ROOM_FOR_PICTURES = 60_000_000


class DeskPage:
    """Writes the page."""

    def __init__(self, file: IO[str], questions: Mapping[str, WrittenQuestion], about: Any):
        """Write its beginning.

        Args:
            file: where to write.
            questions: that people grade, by id, in order.
            about: ``title``, ``version`` and ``date`` of the run, and ``id``, by which a browser
                knows what belongs to it.
        """
        self.file, self.about, self.questions = file, about, questions
        self.numbers = {name: number for number, name in enumerate(questions)}
        self.members: dict[str, list[int]] = {}  # of each answer, by its id
        self.people: list[tuple[str, str, str]] = []  # name, who, and the name in a table
        self.kept: list[list[Any]] = []
        self.room = ROOM_FOR_PICTURES
        before, _, self.end = _template(about, questions).partition(DATA)
        file.write(f'{before}{{"answers":[')

    def add(self, record: Record, marks: Iterable[Mark]) -> None:
        """Write a submission's answers, as far as they are new, and note what they got."""
        number = len(self.people)
        if record.written:
            who = clean(", ".join(record.who))
            self.people.append((clean(record.name), who, cell(record.name)))
        answers = {answer["question"]: answer for answer in record.written}
        for mark in marks:
            name = mark.answer
            if name not in self.members:
                comma = "," if self.members else ""
                self.file.write(
                    f"{comma}\n{_embedded(self._describe(name, answers[mark.question]))}"
                )
            self.members.setdefault(name, []).append(number)
            if mark.score is not None:
                self.kept.append([number, self.numbers[mark.question], *mark.score])

    def finish(self) -> None:
        """Write what remains."""
        questions = [
            {"id": q.id, "points": q.points, "rubric": [points for points, _ in q.rubric]}
            for q in self.questions.values()
        ]
        rest = {
            "run": self.about["id"], "file": SCORES, "questions": questions,
            "people": self.people, "members": self.members, "kept": self.kept,
        }  # fmt: skip
        for key, value in rest.items():
            self.file.write(f"{',' if key != 'run' else '],'}\n{_embedded(key)}:{_embedded(value)}")
        self.file.write(f"}}{self.end}")

    def _describe(self, name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        pictures = []
        for picture in answer["pictures"]:
            image = picture["image"] if len(picture["image"]) <= self.room else ""
            self.room -= len(image)
            pictures.append([clean(picture["words"]), clean(picture["file"]), image])
        question = self.numbers[answer["question"]]
        return {
            "id": name,
            "question": question,
            "text": clean(answer["text"]),
            "pictures": pictures,
        }


def _embedded(value: Any) -> str:
    """Return JSON that ends no script element, and is ASCII."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def run_id(out: Path, title: str) -> str:
    """Return by what a browser knows the run in a folder, also when its page is written again."""
    return hashlib.sha256(f"{out.resolve()}\n{title}".encode()).hexdigest()[:12]


def _template(about: Mapping[str, Any], questions: Mapping[str, WrittenQuestion]) -> str:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"points": points}
    source = TEMPLATE.read_text(encoding="utf-8")
    parts = {kind: _between(source, kind) for kind in ("script", "style")}
    policy = "; ".join(
        [
            "default-src 'none'",
            *(f"{kind}-src 'sha256-{_hash(text)}'" for kind, text in parts.items()),
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    # The two are no templates: they go in as they are.
    for kind, text in parts.items():
        source = source.replace(text, f"@@{kind}@@")
    page = environment.from_string(source).render(
        about=about, questions=list(questions.values()), policy=policy, data=DATA
    )
    for kind, text in parts.items():
        page = page.replace(f"@@{kind}@@", text)
    return page


def _between(source: str, tag: str) -> str:
    """Return what is in the first element of this kind that has no attributes."""
    return source.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
