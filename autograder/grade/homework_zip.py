"""What the command line needs to know of ``homework.zip``."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..grader.limits import Limits, grader_config
from . import UsageError


@dataclass(frozen=True)
class WrittenQuestion:
    """A question that people grade; all texts but the title are HTML, made by the release."""

    id: str
    points: float
    title: str = ""
    text: str = ""
    model_answer: str = ""
    rubric: tuple[tuple[float, str], ...] = ()  # items: points and text
    note: str = ""  # for graders

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> WrittenQuestion:
        """Return what ``homework.json`` says of a written question."""
        texts = {key: about.get(key, "") for key in ("title", "text", "model_answer", "note")}
        rubric = tuple((item["points"], item["text"]) for item in about.get("rubric", ()))
        return cls(about["id"], about["points"], rubric=rubric, **texts)


@dataclass(frozen=True)
class HomeworkZip:
    """The zip, and what is in it for people."""

    data: bytes
    hash: str
    title: str
    version: str
    due: str  # when it is due, in ISO 8601; "" if it does not say
    limits: Limits
    mistakes: dict[str, str]  # what students read about each, by the mistake's name
    titles: dict[str, str]  # of each question, its functions
    written: dict[str, WrittenQuestion]  # by id, in order
    functions: frozenset[str]  # that questions test
    given: list[str]  # code cells of what was handed out and of the solution
    hidden_visibility: str  # when students see results of hidden tests, in Gradescope's words


def read_homework(path: Path) -> HomeworkZip:
    """Read ``homework.zip``.

    Raises:
        UsageError: it is not there, or is something else.
    """
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            about = json.loads(archive.read("homework.json"))
            limits, visibility = grader_config(json.loads(archive.read("otter_config.json")))
            given = [cell for name in about["notebooks"] for cell in _given(archive, name)]
        questions = [q for name in about["order"] for q in about["notebooks"][name]]
        return HomeworkZip(
            data=data,
            hash=hashlib.sha256(data).hexdigest(),
            title=about["title"],
            version=about["version"],
            due=about.get("due", ""),
            limits=limits,
            mistakes=about.get("mistakes", {}),
            titles={
                question["id"]: ", ".join(question.get("functions", ())) for question in questions
            },
            written={
                question["id"]: WrittenQuestion.of(question)
                for question in questions
                if question["written"]
            },
            functions=frozenset(
                name for question in questions for name in question.get("functions", ())
            ),
            given=given,
            hidden_visibility=visibility,
        )
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        reason = f"{path} is no homework.zip of the isolated grader ({error})"
        raise UsageError(reason) from None


def _given(archive: zipfile.ZipFile, part: str) -> Iterator[str]:
    """Yield the code of a part as it was handed out, and as staff solved it."""
    for name in ("handed_out", "solution"):
        notebook = json.loads(archive.read(f"{part}/{name}.ipynb"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])
