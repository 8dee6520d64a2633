"""The output folder: results of each submission, and resuming.

Every file is replaced in one step, so an interrupted run leaves whole files only. ``run.json``
says which submissions the latest run is about; results of others stay, and are in no table.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ..grader.limits import Limits, grader_config
from . import UsageError
from .record import RESULTS, RUN, Record, folder_of, read_record

LOCK, WORK, LOG = ".lock", ".work", "log.txt"
GRADES, CASES, COMPARED = "grades.csv", "cases.csv", "compare.txt"


@dataclass(frozen=True)
class HomeworkZip:
    """What the command line needs to know of ``homework.zip``."""

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


@contextlib.contextmanager
def opened(out: Path) -> Iterator[None]:
    """Have the output folder to oneself.

    Raises:
        UsageError: it cannot be written, or another run has it.
    """
    try:
        # Closed to others, student code among them: it holds grades and hidden tests.
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (out / LOCK).open("w")
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{out}: another run is writing there") from None
        yield


@contextlib.contextmanager
def unpacked(out: Path, homework: HomeworkZip) -> Iterator[Path]:
    """Unpack the homework for the graders."""
    folder = out / WORK
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    folder.mkdir(mode=0o700)
    try:
        with zipfile.ZipFile(io.BytesIO(homework.data)) as archive:
            archive.extractall(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """Open a file that takes the place of ``path`` when it is complete."""
    part = path.with_name(f".{path.name}.part")
    try:
        # A file name that is no text, and half a surrogate pair, are written as escapes.
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file."""
    with replacing(path) as file:
        json.dump(content, file, indent=1)


def write_results(out: Path, record: Record, results: dict[str, Any] | None) -> None:
    """Write ``results.json`` of one submission.

    Args:
        out: the output folder.
        record: goes into ``extra_data``, for the next run and the tables.
        results: Gradescope's; None where the grader failed.
    """
    folder = folder_of(out, record.name)
    folder.mkdir(parents=True, exist_ok=True)
    results = results or {"score": 0, "output": "\n".join(record.faults), "tests": []}
    extra = {**results.get("extra_data", {}), "record": record.to_json()}
    write_json(folder / RESULTS, {**results, "extra_data": extra})


def copy_results(out: Path, record: Record, original: str) -> None:
    """Write ``results.json`` of one submission with what another one got, but its own record."""
    results = json.loads((folder_of(out, original) / RESULTS).read_text(encoding="utf-8"))
    write_results(out, record, results)


def begin_run(out: Path, about: dict[str, Any]) -> None:
    """Say what the run is about; tables of an earlier one go."""
    for name in (GRADES, CASES, COMPARED, "index.html"):
        (out / name).unlink(missing_ok=True)
    write_json(out / RUN, {"finished": False, **about})


def end_run(out: Path, about: dict[str, Any]) -> None:
    """Say that the run is complete."""
    write_json(out / RUN, {**about, "finished": True})


# -- resuming ---------------------------------------------------------------------------------


def still_good(out: Path, wanted: Record) -> Record | None:
    """Return the earlier record of the same content and homework, brought up to date; or None.

    Args:
        out: the output folder.
        wanted: what is known before grading: name, key, where the submission is, who sent it.
    """
    old = read_record(out, wanted.name)
    if old is None or old.failed or (old.key, old.same_as) != (wanted.key, wanted.same_as):
        return None
    about = {key: getattr(wanted, key) for key in ("file", "who", "emails", "sids")}
    new = replace(old, **about)
    if new != old:
        copy_results(out, new, old.name)
    return new
