"""The output folder: results of each submission, tables over all of them, and resuming.

Every file is replaced in one step, so an interrupted run leaves whole files only. ``run.json``
says which submissions the latest run is about; results of others stay, and are in no table.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import fcntl
import hashlib
import io
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from ..limits import MEGABYTE, Limits, grader_config
from . import UsageError
from .record import RESULTS, RUN, Record, folder_of, read_record

LOCK, WORK, LOG = ".lock", ".work", "log.txt"
GRADES, CASES, COMPARED = "grades.csv", "cases.csv", "compare.txt"
# Of one test case: beyond so many different messages, new ones are not counted. The commonest
# has turned up long before, and memory does not grow with the class.
MOST_MESSAGES = 200
LONGEST_MESSAGE = 300
# A spreadsheet takes what begins like this for a formula, and would run a student's.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class HomeworkZip:
    """What the command line needs to know of ``homework.zip``."""

    data: bytes
    hash: str
    title: str
    version: str
    limits: Limits
    sentences: dict[str, str]  # of `lab.mistakes`, for the page
    titles: dict[str, str]  # of each question, the functions that its tests take

    @property
    def upload_bytes(self) -> int:
        """How much the grader reads of one upload."""
        return int(self.limits.upload_mb * MEGABYTE)


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
            sentences = _sentences(archive.read("files/lab/mistakes.py"))
            titles = {
                Path(name).stem: _functions(archive.read(name))
                for name in archive.namelist()
                if "/tests/" in name
            }
        hashed = hashlib.sha256(data).hexdigest()
        title, version = about["title"], about["version"]
        return HomeworkZip(data, hashed, title, version, limits, sentences, titles)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:
        reason = f"{path} is no homework.zip of the isolated grader ({error})"
        raise UsageError(reason) from None


def _sentences(source: bytes) -> dict[str, str]:
    """Return ``SENTENCES`` of `lab.mistakes`, without running it."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SENTENCES":
            return ast.literal_eval(node.value)
    raise ValueError("lab/mistakes.py has no SENTENCES")


def _functions(source: bytes) -> str:
    """Return the names that a test file's test cases take, without running it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""  # the workers say so, when they cannot load it
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return ", ".join(dict.fromkeys(argument.arg for test in tests for argument in test.args.args))


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
    """Unpack the homework for the workers."""
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


def write_results(out: Path, record: Record, results: dict | None) -> None:
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


# -- tables -----------------------------------------------------------------------------------


@dataclass
class Tally:
    """What is counted over all records, in memory that does not grow with them."""

    submissions: int = 0
    faults: int = 0
    failed: int = 0
    points: float = 0.0
    possible: float = 0.0
    cases: dict[tuple, CaseTally] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count one record; one that is no result counts as a fault only."""
        self.submissions += 1
        self.faults += bool(record.faults)
        self.failed += record.failed
        if record.failed:
            return
        self.points += record.score
        self.possible = record.possible
        for case in record.cases:
            place = (case["question"], case["case"], case["name"], case["hidden"])
            self.cases.setdefault(place, CaseTally()).add(case)

    def totals(self) -> dict[str, Any]:
        """Return the sums for ``run.json``."""
        graded = self.submissions - self.failed
        return {
            "submissions": self.submissions,
            "with_faults": self.faults,
            "not_graded": self.failed,
            "mean": round(self.points / graded, 3) if graded else None,
            "possible": self.possible,
        }


@dataclass
class CaseTally:
    """One test case over all submissions."""

    number: int = 0
    passed: int = 0
    messages: Counter[str] = field(default_factory=Counter)

    def add(self, case: dict[str, Any]) -> None:
        self.number += 1
        self.passed += case["passed"]
        message = one_line(case["message"])
        if message and (message in self.messages or len(self.messages) < MOST_MESSAGES):
            self.messages[message] += 1

    def row(self) -> list:
        (message, times), *_ = [*self.messages.most_common(1), ("", 0)]
        return [self.number, self.passed, round(self.passed / self.number, 4), message, times]


def write_tables(out: Path, records: Iterable[Record]) -> dict[str, Any]:
    """Write ``grades.csv`` and ``cases.csv`` in one pass over the records; return the totals."""
    tally = Tally()
    questions: list[str] | None = None
    with replacing(out / GRADES) as file:
        table = csv.writer(file)
        for record in records:
            if questions is None:
                questions = list(record.questions)
                table.writerow(_head(questions))
            table.writerow([_cell(value) for value in _row(record, questions)])
            tally.add(record)
    with replacing(out / CASES) as file:
        table = csv.writer(file)
        head = "question case name hidden submissions passed pass_rate commonest_message times"
        table.writerow(head.split())
        for place, case in tally.cases.items():
            table.writerow([_cell(value) for value in (*place, *case.row())])
    return tally.totals()


def _head(questions: list[str]) -> list[str]:
    points = [f"{question} {kind}" for question in questions for kind in ("public", "hidden")]
    return ["submission", "who", "email", "sid", "file", *points, "total", "possible", "faults"]


def _row(record: Record, questions: list[str]) -> list:
    people = ["; ".join(column) for column in (record.who, record.emails, record.sids)]
    points = [
        record.questions[question][kind][0]
        for question in questions
        for kind in ("public", "hidden")
    ]
    faults = "; ".join(map(one_line, record.faults))
    total = [record.score, record.possible, faults]
    return [record.name, *people, record.file, *points, *total]


def _cell(value: Any) -> Any:
    """Return a value for a spreadsheet, in which no text is a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value


def one_line(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return a text as one line, its end left out if it is too long.

    What a terminal could take for a command to itself is replaced.
    """
    words = " ".join(text.split())
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


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
