"""The output folder: what is kept of each submission, resuming, and the state of a run.

Every file is replaced in one step, so an interrupted run leaves whole files only. ``run.json``
says which submissions the latest run is about; results of others stay, and are in no table.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from . import RUN, UsageError
from .homework_zip import HomeworkZip
from .progress import Progress
from .submissions import Submission

RESULTS = "results.json"
LOCK, WORK, LOG = ".lock", ".work", "log.txt"
GRADES, CASES, PAGE, COMPARED = "grades.csv", "cases.csv", "index.html", "compare.txt"
ALIKE, FEEDBACK = "alike.html", "feedback"
Case = dict[str, Any]  # an item of `Record.cases`
# Fields of a record that say where a submission is from; the same content can have others.
ORIGIN = (
    "file",
    "who",
    "emails",
    "sids",
    "section",
    "submitted",
    "late",
    "platform",
    "upload_as",
)


@dataclass(frozen=True)
class Record:
    """A submission and what came of it.

    Attributes:
        name: the submission's, unique in a run; also the name of its folder.
        file: where it came from, as in ``class/ada.zip``.
        who: names of the submitters; like ``emails`` and ``sids`` from Gradescope's metadata.
        section: of a class with several, which one; else "".
        submitted: when, as ISO 8601 with offset; "" if the export does not tell.
        late: the platform's mark.
        platform: that exported it, as "Canvas"; "" if none did.
        upload_as: what the name of a file begins with that the platform takes for feedback on
            this submission; "" if it takes none.
        key: hash of everything that the result depends on.
        seconds: how long grading took.
        score: points earned in all autograded questions.
        possible: points possible there.
        questions: question -> {"public": [earned, possible], "hidden": [earned, possible]}.
        cases: one dictionary per test case, in order, with ``question`` (str), ``case`` (int,
            from 1 within its question), ``name`` (str, such as "hidden_sizes"), ``hidden``
            (bool), ``passed`` (bool), ``points`` (float, what it is worth, passed or not),
            ``message`` (str, "" where it passed) and ``facts`` (those of ``grader.facts``, None
            where it passed).
        faults: sentences about what is out of order, other than a wrong answer.
        upload_faults: those of them that are about files.
        parts: what was graded, one dictionary per notebook of the homework, with ``name``,
            ``file`` ("" if there is none), ``problem`` (why), ``cells`` that failed, each with
            ``number``, ``begins`` and ``error``, and the number of ``more_cells``.
        code: part -> sources of the code cells that were not handed out like this.
        same_as: the name of an earlier submission with the same content, or "".
        failed: the grader itself failed, so the score is no result; the next run tries again.
    """

    name: str
    file: str
    key: str
    who: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    sids: list[str] = field(default_factory=list)
    section: str = ""
    submitted: str = ""
    late: bool = False
    platform: str = ""
    upload_as: str = ""
    seconds: float = 0.0
    score: float = 0.0
    possible: float = 0.0
    questions: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    upload_faults: list[str] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    code: dict[str, list[str]] = field(default_factory=dict)
    written: list[dict[str, Any]] = field(default_factory=list)
    same_as: str = ""
    failed: bool = False

    @classmethod
    def of(cls, submission: Submission, same_as: str = "") -> Record:
        """Return what is known of a submission before it is graded."""
        return cls(
            name=submission.name,
            file=submission.file,
            key=submission.key,
            same_as=same_as,
            who=list(submission.who),
            emails=list(submission.emails),
            sids=list(submission.sids),
            section=submission.section,
            submitted=submission.submitted,
            late=submission.late,
            platform=submission.platform,
            upload_as=submission.upload_as,
        )

    @property
    def mistakes(self) -> list[str]:
        """Names of the mistakes that test cases recognised."""
        readings = [reading for case in self.cases for reading in readings_of(case)]
        return list(dict.fromkeys(name for reading in readings for name in reading))

    def to_json(self) -> dict[str, Any]:
        """Return plain data; for whoever reads it, with the names of all mistakes as well."""
        return {**asdict(self), "mistakes": self.mistakes}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Record:
        """Return the record that `to_json` made ``data`` of.

        Raises:
            KeyError, TypeError: it is none.
        """
        return cls(**{item.name: data[item.name] for item in fields(cls)})


def kind_of(case: Case) -> str:
    """Return the kind of fault for which a test case failed; "" if it passed."""
    return case["facts"]["kind"] if case["facts"] else ""


def readings_of(case: Case) -> list[list[str]]:
    """Return the mistakes that a test case recognised, as names; of several readings, any fits."""
    return case["facts"]["mistakes"] if case["facts"] else []


class Outcome(NamedTuple):
    """What came of a submission: fields of its `Record`, and results for Gradescope or None."""

    submission: Submission
    record: dict[str, Any]
    results: dict[str, Any] | None
    missing_protections: list[str]


# -- reading ----------------------------------------------------------------------------------


def folder_of(out: Path, name: str) -> Path:
    """Return the folder of one submission's results."""
    return out / "submissions" / name


def page_of(out: Path, name: str) -> Path:
    """Return the page that is for a submission's student."""
    return out / FEEDBACK / f"{name}.html"


def read_record(out: Path, name: str) -> Record | None:
    """Return the record of one submission; None if there is none, or a damaged one."""
    try:
        text = (folder_of(out, name) / RESULTS).read_text(encoding="utf-8")
        return Record.from_json(json.loads(text)["extra_data"]["record"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def read_run(out: Path) -> dict[str, Any]:
    """Return what ``run.json`` says about the latest run.

    Its keys: ``finished``; ``names`` of the submissions, in order; ``title`` and ``version`` of
    the homework; ``zip``, the SHA-256 of its file; ``date``; and, once it has finished, ``totals``.

    Raises:
        OSError, ValueError: there is none, or it is damaged.
    """
    run: dict[str, Any] = json.loads((out / RUN).read_text(encoding="utf-8"))
    return run


def iter_records(out: Path) -> Iterator[Record]:
    """Yield the records of the latest run in order, one at a time in memory.

    Raises:
        OSError, ValueError: there is no run in ``out``, or one of its records is gone.
    """
    for name in read_run(out)["names"]:
        record = read_record(out, name)
        if record is None:
            raise ValueError(f"{folder_of(out, name) / RESULTS} is missing or damaged")
        yield record


def still_good(out: Path, wanted: Record) -> Record | None:
    """Return the earlier record of the same content and homework, brought up to date; or None.

    Args:
        out: the output folder.
        wanted: what is known before grading: name, key, where the submission is, who sent it.
    """
    old = read_record(out, wanted.name)
    if old is None or old.failed or (old.key, old.same_as) != (wanted.key, wanted.same_as):
        return None
    about = {key: getattr(wanted, key) for key in ORIGIN}
    new = replace(old, **about)
    if new != old:
        copy_results(out, new, old.name)
    return new


def pairs(earlier: Path, out: Path) -> Iterator[tuple[Record | None, Record | None]]:
    """Yield each submission's record in an earlier run and in this one; None where it is not.

    Raises:
        UsageError: a record is gone.
    """
    before, now = read_run(earlier)["names"], read_run(out)["names"]
    known, found = set(before), set(now)
    for name in now:
        yield _record(earlier, name) if name in known else None, _record(out, name)
    for name in before:
        if name not in found:
            yield _record(earlier, name), None


def _record(out: Path, name: str) -> Record:
    record = read_record(out, name)
    if record is None:
        raise UsageError(f"{out}: the results of {name} are missing or damaged")
    return record


# -- writing ----------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(out: Path, earlier: Path | None = None) -> Iterator[None]:
    """Have the output folder to oneself.

    Args:
        out: the folder; it is made if need be.
        earlier: the output folder of an earlier run, to compare with.

    Raises:
        UsageError: it cannot be written, another run has it, or there is no earlier run.
    """
    if earlier is not None:
        _check_earlier(earlier, out)
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


def _check_earlier(earlier: Path, out: Path) -> None:
    """Refuse a folder without a complete run, and a run that would take its own place."""
    try:
        finished = read_run(earlier)["finished"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{earlier} holds no results of an earlier run") from None
    if not finished:
        raise UsageError(f"{earlier} holds a run that is not finished: finish it first")
    if earlier.resolve() == out.resolve():
        raise UsageError("--compare needs an earlier run in another folder than --out")


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


class Run:
    """A run: what has to be done about each submission, and what is kept of it.

    It goes on where an earlier one stopped: nothing is graded twice, and copies of the same work
    once.

    Attributes:
        todo: what has to be graded.
        copies: what is known of submissions with the same content as an earlier one.
        as_before: how many results are still good.
        graded: how many submissions `keep` has kept.
        missing_protections: that the machines did not have, in sentences.
    """

    def __init__(self, out: Path, homework: HomeworkZip, submissions: Iterable[Submission]):
        """Find what is as it was.

        Args:
            out: the output folder.
            homework: the zip.
            submissions: with unique names, and identified.
        """
        self.out = out
        self.todo: list[Submission] = []
        self.copies: list[Record] = []
        self.as_before = self.graded = 0
        self.missing_protections: dict[str, None] = {}  # in order
        self.about: dict[str, Any] = {
            "date": datetime.now().astimezone().isoformat(timespec="seconds"),
            "title": homework.title,
            "version": homework.version,
            "zip": homework.hash,
            "names": [],
        }
        self.first: dict[str, Submission] = {}  # by digest
        for submission in submissions:
            self.about["names"].append(submission.name)
            self._add(submission)

    def _add(self, submission: Submission) -> None:
        """Decide what to do about one submission."""
        original = self._original(submission)
        wanted = Record.of(submission, _name_of_other(original, submission))
        if still_good(self.out, wanted):
            self.as_before += 1
        # Where files have other names, so has the report: names are nobody else's business.
        elif wanted.same_as and original.key == submission.key:
            self.copies.append(wanted)
        else:
            self.todo.append(submission)

    def _original(self, submission: Submission) -> Submission:
        """Return the first submission with the same content; it may be this one."""
        if not submission.digest:
            return submission
        return self.first.setdefault(submission.digest, submission)

    def keep(self, outcomes: Iterable[Outcome]) -> None:
        """Write results as they come; then those of copies.

        Args:
            outcomes: of the submissions in `todo`, in any order.
        """
        self._begin()
        log = self.out / LOG
        log.write_bytes(b"")
        faults = 0
        with Progress(len(self.todo)) as progress:
            for outcome in outcomes:
                same_as = _name_of_other(self._original(outcome.submission), outcome.submission)
                record = replace(Record.of(outcome.submission, same_as), **outcome.record)
                write_results(self.out, record, outcome.results)
                self.graded += 1
                faults += bool(record.faults)
                self.missing_protections |= dict.fromkeys(outcome.missing_protections)
                progress.show(self.graded, faults)
        for wanted in self.copies:
            _copy(self.out, wanted)
        if not log.stat().st_size:
            log.unlink()

    def _begin(self) -> None:
        """Say what the run is about; tables of an earlier one go."""
        for name in (GRADES, CASES, COMPARED, PAGE, ALIKE):
            (self.out / name).unlink(missing_ok=True)
        write_json(self.out / RUN, {"finished": False, **self.about})

    def end(self, totals: dict[str, Any]) -> None:
        """Say that the run is complete."""
        write_json(self.out / RUN, {**self.about, "totals": totals, "finished": True})


def _name_of_other(original: Submission, submission: Submission) -> str:
    return "" if original.name == submission.name else original.name


def _copy(out: Path, wanted: Record) -> None:
    """Give a submission the results of the one with the same content."""
    first = read_record(out, wanted.same_as)
    assert first is not None, "it was graded just now, or is still good"
    about = {name: getattr(wanted, name) for name in ("name", "key", "same_as", *ORIGIN)}
    copy_results(out, replace(first, **about), wanted.same_as)
