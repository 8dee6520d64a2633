"""What the command line needs to know of ``homework.zip``."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..grader.limits import Limits, grader_config
from . import UsageError


@dataclass(frozen=True)
class HomeworkZip:
    """The zip, and what is in it for people."""

    data: bytes
    hash: str
    title: str
    version: str
    limits: Limits
    mistakes: dict[str, str]  # what students read about each, by the mistake's name
    titles: dict[str, str]  # of each question, its functions


def read_homework(path: Path) -> HomeworkZip:
    """Read ``homework.zip``.

    Raises:
        UsageError: it is not there, or is something else.
    """
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            about = json.loads(archive.read("homework.json"))
            limits, _ = grader_config(json.loads(archive.read("otter_config.json")))
        return HomeworkZip(
            data=data,
            hash=hashlib.sha256(data).hexdigest(),
            title=about["title"],
            version=about["version"],
            limits=limits,
            mistakes=about.get("mistakes", {}),
            titles={
                question["id"]: ", ".join(question.get("functions", ()))
                for questions in about["notebooks"].values()
                for question in questions
            },
        )
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        reason = f"{path} is no homework.zip of the isolated grader ({error})"
        raise UsageError(reason) from None
