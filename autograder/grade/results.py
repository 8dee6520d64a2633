"""The output folder: what is kept of each submission, resuming, and the state of a run.

Every file is replaced in one step, so an interrupted run leaves whole files only. ``run.json``
says which submissions the folder holds, in order. A run grades what it was given, and keeps the
results of all others: tables are about all of them. Whoever removes a submission's folder removes
it from the tables.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..grader.facts import NO_NOTEBOOK
from . import RUN, UsageError
from .homework_zip import HomeworkZip
from .progress import Progress
from .submissions import Submission

RESULTS = "results.json"
LOCK, WORK, LOG = ".lock", ".work", "log.txt"
GRADES, CASES, PAGE, COMPARED = "grades.csv", "cases.csv", "index.html", "compare.txt"
WRITTEN, GRADEBOOK, CANVAS = "written.html", "gradebook.csv", "canvas.csv"
ALIKE, FEEDBACK, FEEDBACK_ZIPS = "alike.html", "feedback", "feedback_*.zip"
Case = dict[str, Any]  # an item of `Record.cases`
# What a record says of a submission, whatever came of it.
ABOUT = (
    "file", "who", "emails", "sids", "section", "submitted", "late", "platform", "upload_as",
    "digest", "homework",
)  # fmt: skip
# What ``run.json`` says of the run that has graded last.
GRADED_BY = {"date", "title", "version", "zip"}
ATTEMPTS = re.compile(r" \(the latest of \d+ attempts\)$")
# Of so many that were graded now, the points before are told.
MOST_TOLD = 20


@dataclass(frozen=True)
class Record:
    """A submission and what came of it.

    Attributes:
        name: the submission's, unique in a run; also the name of its folder.
        file: where it came from, as in ``class/ada.zip``.
        who: names of the submitters; like ``emails`` and ``sids`` from Gradescope's metadata.
        section: which one of several exports it lies in; "" if there is only one.
        submitted: when, in ISO 8601, with an offset if the export tells one; "" if unknown.
        late: whether the platform says that it came late.
        platform: that exported it, as "Canvas"; "" if none did.
        upload_as: what the name of a file begins with that the platform takes for feedback on
            this submission; "" if it takes none.
        key: hash of everything that the result depends on.
        digest: hash of the work itself, "" where there is none to speak of.
        homework: hash of the ``homework.zip`` that graded it.
        seconds: how long grading took.
        score: points earned in all autograded questions.
        possible: points possible there.
        questions: question -> {"public": [earned, possible], "hidden": [earned, possible]}.
        cases: one dictionary per test case, in order, with ``question`` (str), ``case`` (int,
            from 1 within its question), ``name`` (str, such as "hidden_sizes"), ``hidden``
            (bool), ``passed`` (bool), ``points`` (float, what it is worth, passed or not),
            ``message`` (str, "" where it passed) and ``facts`` (those of ``grader.facts``, None
            where it passed).
        written: one dictionary per question that people grade, in order, with ``question`` (str),
            ``points`` (float, what it is worth), ``text`` (str, "" if there is no answer) and
            ``pictures`` (a list of dictionaries with ``words``, which stand in the text, ``file``,
            in which it is to be seen, ``hash``, and ``image``, a data URI, "" if it is too large).
        faults: sentences about what is out of order, other than a wrong answer.
        upload_faults: those of them that are about files.
        parts: what was graded, one dictionary per notebook of the homework, with ``name``,
            ``file`` ("" if there is none), ``problem`` (why), ``cells`` that failed, each with
            ``number``, ``begins`` and ``error``, and the number of ``more_cells``.
        code: part -> sources of the code cells that were not handed out like this.
        same_as: the name of an earlier submission with the same content, or "". Only
            `iter_records` knows: it depends on what else the folder holds.
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
    digest: str = ""
    homework: str = ""
    seconds: float = 0.0
    score: float = 0.0
    possible: float = 0.0
    questions: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    upload_faults: list[str] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    code: dict[str, list[str]] = field(default_factory=dict)
    same_as: str = ""
    failed: bool = False

    @classmethod
    def of(cls, submission: Submission, homework: str = "") -> Record:
        """Return what is known of a submission before it is graded."""
        return cls(
            name=submission.name,
            file=submission.file,
            key=submission.key,
            who=list(submission.who),
            emails=list(submission.emails),
            sids=list(submission.sids),
            section=submission.section,
            submitted=submission.submitted,
            late=submission.late,
            platform=submission.platform,
            upload_as=submission.upload_as,
            digest=submission.digest,
            homework=homework,
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
        """Return the record that `to_json` made ``data`` of; an earlier version knew less.

        Raises:
            TypeError: it is none.
        """
        return cls(**{item.name: data[item.name] for item in fields(cls) if item.name in data})


def place_of(file: str) -> str:
    """Return where something lay, from what a record or a submission says for people."""
    return os.path.abspath(ATTEMPTS.sub("", file))


def kind_of(case: Case) -> str:
    """Return the kind of fault for which a test case failed; "" if it passed."""
    return case["facts"]["kind"] if case["facts"] else ""


def holds(case: Case) -> bool:
    """Whether there was a notebook for a test case."""
    return kind_of(case) != NO_NOTEBOOK


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

    Its keys: ``finished``; ``names`` of the submissions, in order; ``waiting``, names of those
    that an interrupted run was about and that have no result yet; ``title`` and ``version`` of the
    homework; ``zip``, the SHA-256 of its file; ``date``; and, once it has finished, ``totals``.

    Raises:
        OSError, ValueError: there is none, or it is damaged.
    """
    run: dict[str, Any] = json.loads((out / RUN).read_text(encoding="utf-8"))
    return run


class Held(NamedTuple):
    """What an output folder holds: names of submissions, and what ``run.json`` says."""

    names: list[str]
    waiting: list[str]
    about: dict[str, Any]


def held(out: Path) -> Held:
    """Return what a folder holds; nothing if it is none of ours."""
    try:
        about = read_run(out)
        names, waiting = list(about.pop("names")), list(about.pop("waiting", ()))
        folders = os.listdir(out / "submissions")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Held([], [], {})
    there = {name for name in folders if os.path.isfile(folder_of(out, name) / RESULTS)}
    if not about.get("finished"):
        waiting += [name for name in names if name not in there]
    more = sorted(there.difference(names))
    return Held([name for name in [*names, *more] if name in there], waiting, about)


def iter_records(out: Path) -> Iterator[Record]:
    """Yield the records of all that the folder holds in order, one at a time in memory.

    Raises:
        OSError, ValueError: there is no run in ``out``, or one of its records is gone.
    """
    first: dict[str, str] = {}  # by digest
    for name in read_run(out)["names"]:
        record = read_record(out, name)
        if record is None:
            raise ValueError(f"{folder_of(out, name) / RESULTS} is missing or damaged")
        original = first.setdefault(record.digest, name) if record.digest else name
        yield record if original == name else replace(record, same_as=original)


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


def check_title(out: Path, title: str) -> None:
    """Refuse a folder that holds the results of another homework: tables would mix both.

    Raises:
        UsageError: it does.
    """
    about = held(out)
    earlier = about.about.get("title", title)
    if about.names and earlier != title:
        raise UsageError(
            f"{out} holds results of another homework ({earlier}), and this one is {title}: give "
            "another folder as --out"
        )


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
    once. What the folder holds and the run was not given stays as it is.

    Attributes:
        todo: what has to be graded.
        copies: what is known of submissions with the same content as another one, and its name.
        as_before: how many results of what was given are still good.
        kept: names of those that were not given.
        dropped: names of those that held nothing, and now turn out to hold submissions.
        outdated: how many of them another ``homework.zip`` has graded.
        waiting: names of those that an interrupted run has not graded, and that were not given.
        graded: how many submissions `keep` has kept.
        told: of a few that were graded now, the record before, if there is one, and now.
        missing_protections: that the machines did not have, in sentences.
    """

    def __init__(
        self,
        out: Path,
        homework: HomeworkZip,
        submissions: Iterable[Submission],
        again: Collection[str] = (),
    ):
        """Find what is as it was.

        Args:
            out: the output folder.
            homework: the zip.
            submissions: with unique names, and identified.
            again: names of submissions to grade even if nothing has changed.
        """
        self.out, self.homework = out, homework
        self.todo: list[Submission] = []
        self.copies: list[tuple[Record, str]] = []
        self.told: list[tuple[Record | None, Record]] = []
        self.as_before = self.graded = self.outdated = 0
        self.missing_protections: dict[str, None] = {}  # in order
        self.first: dict[str, str] = {}  # a submission's name, by its key
        self.around: set[str] = set()  # folders in which submissions lie
        self._questions: tuple[dict[str, None], dict[str, None]] = ({}, {})
        submissions = list(submissions) if again else submissions
        # Whose ever it is: the same work gets the same points.
        self.again = {each.key for each in submissions if each.name in again} if again else set()
        names = [self._add(submission) for submission in submissions]
        given, before = set(names), held(out)
        self.dropped: list[str] = []
        self.kept = [n for n in before.names if n not in given and self._is_kept(n)]
        self.waiting = [n for n in before.waiting if n not in given]
        held_now = {*given, *self.kept}
        order = [name for name in in_order(before.names, names) if name in held_now]
        self.about = {
            "date": datetime.now().astimezone().isoformat(timespec="seconds"),
            "title": homework.title,
            "version": homework.version,
            "zip": homework.hash,
            # Where nothing is given, nothing is graded.
            **({} if names else {key: before.about[key] for key in GRADED_BY & {*before.about}}),
            "names": order,
            "waiting": self.waiting,
        }

    @property
    def questions(self) -> list[str]:
        """Questions of all records, those of this homework first."""
        ours, others = self._questions
        return list(ours | others)

    def _add(self, submission: Submission) -> str:
        """Decide what to do about one submission; return its name."""
        old = read_record(self.out, submission.name)
        submission = with_known(submission, old)
        wanted = Record.of(submission, self.homework.hash)
        is_good = old and not old.failed and old.key == wanted.key and old.key not in self.again
        # Where files have other names, so has the report, and another key: names are nobody
        # else's business.
        original = self.first.get(submission.key) if submission.digest else None
        if old and is_good:
            self.as_before += 1
            self._keep_up(old, wanted)
        elif original is not None:
            self.copies.append((wanted, original))
        else:
            self.todo.append(submission)
        self.first.setdefault(submission.key, submission.name)
        self.around.update(map(str, Path(place_of(submission.file)).parents))
        return submission.name

    def _keep_up(self, old: Record, wanted: Record) -> None:
        """Write what is known of a submission anew, if it has changed."""
        new = replace(old, **{name: getattr(wanted, name) for name in ABOUT})
        self._questions[0].update(dict.fromkeys(old.questions))
        if new != old:
            copy_results(self.out, new, old.name)

    def _is_kept(self, name: str) -> bool:
        """Look at what was not given; return whether it stays.

        Not if it is a class that was taken for one submission.
        """
        record = read_record(self.out, name)
        if record is None:
            return False
        if place_of(record.file) in self.around and not any(map(holds, record.cases)):
            self.dropped.append(name)
            (folder_of(self.out, name) / RESULTS).unlink()
            return False
        is_old = record.homework != self.homework.hash
        self.outdated += is_old
        self._questions[is_old].update(dict.fromkeys(record.questions))
        return True

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
                about = Record.of(outcome.submission, self.homework.hash)
                record = replace(about, **outcome.record)
                self._write(record, outcome.results)
                faults += bool(record.faults)
                self.missing_protections |= dict.fromkeys(outcome.missing_protections)
                progress.show(self.graded, faults)
        for wanted, original in self.copies:
            _copy(self.out, wanted, original)
        if not log.stat().st_size:
            log.unlink()

    def _write(self, record: Record, results: dict[str, Any] | None) -> None:
        """Keep what came of a submission, and, if there are few, what there was before."""
        if len(self.todo) <= MOST_TOLD:
            self.told.append((read_record(self.out, record.name), record))
        self._questions[0].update(dict.fromkeys(record.questions))
        write_results(self.out, record, results)
        self.graded += 1

    def _begin(self) -> None:
        """Say what the run is about; tables of an earlier one go."""
        for name in (GRADES, CASES, COMPARED, PAGE, WRITTEN, ALIKE, GRADEBOOK, CANVAS):
            (self.out / name).unlink(missing_ok=True)
        for path in self.out.glob(FEEDBACK_ZIPS):
            path.unlink()
        write_json(self.out / RUN, {"finished": False, **self.about})

    def end(self, totals: dict[str, Any]) -> None:
        """Say that the run is complete."""
        write_json(self.out / RUN, {**self.about, "totals": totals, "finished": True})


def with_known(submission: Submission, old: Record | None) -> Submission:
    """Return a submission with what is known from an earlier run, and not from where it lies."""
    if old is None:
        return submission
    return replace(
        submission,
        who=submission.who or tuple(old.who),
        emails=submission.emails or tuple(old.emails),
        sids=submission.sids or tuple(old.sids),
        section=submission.section or old.section,
        submitted=submission.submitted or old.submitted,
        late=submission.late or (old.late and not submission.platform),
        platform=submission.platform or old.platform,
        upload_as=submission.upload_as or old.upload_as,
    )


def in_order(before: list[str], names: list[str]) -> list[str]:
    """Return all names, old ones in their order, each new one behind what it was found behind."""
    known = set(before)
    behind: dict[str | None, list[str]] = {}
    last = None
    for name in names:
        if name in known:
            last = name
        else:
            behind.setdefault(last, []).append(name)
    return [*behind.get(None, ()), *(n for old in before for n in (old, *behind.get(old, ())))]


def _copy(out: Path, wanted: Record, original: str) -> None:
    """Give a submission the results of the one with the same content."""
    first = read_record(out, original)
    assert first is not None, "it was graded just now, or is still good"
    about = {name: getattr(wanted, name) for name in ("name", "key", *ABOUT)}
    copy_results(out, replace(first, **about), original)
