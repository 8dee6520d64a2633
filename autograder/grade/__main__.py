"""The command line: ``python -m autograder.grade SUBMISSION... [--out DIR] [--compare DIR]``."""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from . import UsageError, store
from .cluster import grade_on_cluster
from .compare import Comparison, check_earlier, compare
from .page import write_page
from .record import Record, iter_records
from .submissions import RULE, Submission, find, read
from .workers import CannotGrade, Outcome, Package, grade_all

HOMEWORK = Path(__file__).resolve().parents[1] / "homework.zip"
# Of what a record says; a new number has everything graded again.
FORMAT = 1
# When the grader itself fails in the same way on so many submissions in a row, it is not they. The
# first number counts as long as nothing has been graded at all.
FAILURES_AT_FIRST, FAILURES_LATER = 5, 20
# The last line of a traceback.
ERROR = re.compile(r"[\w.]+(Error|Exception)\b")
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

DESCRIPTION = """\
Grade a whole class with the isolated grader, as Gradescope would with the same homework.zip.

A run that was interrupted goes on where it was when the same command is given again. What has
been graded is graded again only if the submission or the homework.zip has changed.
"""
EPILOG = f"""\
{RULE}
what is written to DIR:
  grades.csv     a line for each submission: who, points per question, total, faults
  cases.csv      a line for each test case: pass rate, commonest message
  index.html     a page about the class
  submissions/   a folder for each submission, with results.json in Gradescope's form
  compare.txt    with --compare: what was printed
Tables are about the submissions of this command; results of others stay in DIR untouched.

whose score changes when a test is mended:
  python -m autograder.grade class --out before
  (mend the test, make release)
  python -m autograder.grade class --out after --compare before

exit code: 0 all graded, and nothing changed; 1 stopped by the machine; 2 wrong arguments;
  3 a score or the verdict of a test case changed; 130 stopped by Ctrl-C
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the tool; return the exit code."""
    options = parse(arguments)
    try:
        return run(options)
    except UsageError as error:
        reason, code = str(error), 2
    except CannotGrade as error:
        reason, code = f"{error}{last_words(options.out)}", 1
    except KeyboardInterrupt:
        reason = "Stopped. What is graded is kept: run the same command again to go on."
        code = 130
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        reason, code = explain(error, options.out), 1
    print(store.one_line(reason, 1000), file=sys.stderr)
    return code


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message} (--help says more)\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = Parser(
        prog="python -m autograder.grade",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "submissions", nargs="+", type=Path, metavar="SUBMISSION",
        help="a notebook, a zip file, a folder of one student or of many, Gradescope's export",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path("grades"), metavar="DIR",
        help="where results go (default: grades)",
    )  # fmt: skip
    parser.add_argument(
        "--compare", type=Path, metavar="DIR",
        help="results of an earlier run; say whose score has changed since",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", type=positive, default=count_cpus(), metavar="N",
        help="how many to grade at the same time (default: as many as there are CPUs, %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="grade on a Dask cluster, with all of its threads, instead of on this machine; "
        "ADDRESS is its scheduler's, such as tcp://10.0.0.5:8786",
    )  # fmt: skip
    parser.add_argument(
        "--homework", type=Path, default=HOMEWORK, metavar="ZIP",
        help="tests, limits and grader (default: this project's autograder/homework.zip)",
    )  # fmt: skip
    parser.add_argument(
        "--one", action="store_true", help="every folder given is one submission, see below"
    )
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """Return a number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, but is {text}")
    return int(text)


def count_cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def interrupt(*signal_and_frame: Any) -> NoReturn:
    """Stop as after Ctrl-C."""
    raise KeyboardInterrupt


def explain(error: OSError, out: Path) -> str:
    """Return in one line what a failure of the machine means."""
    if error.errno in DISK_FULL:
        return (
            f"The disk of {out} is full. What is graded is kept: free some space, then run the "
            "same command again to go on."
        )
    return f"{error.filename or out}: {error.strerror or error}"


def last_words(out: Path) -> str:
    """Return the last error that workers wrote for staff, and where the rest is."""
    log = out / store.LOG
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    # Not the lines of a traceback, nor what has been said already.
    errors = [line for line in lines if ERROR.match(line) and "GraderError" not in line]
    words = [store.one_line(error) for error in errors[-1:]]
    return f" ({'; '.join([*words, f'see {log}'])})" if lines else ""


# -- one run ----------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Grade what is to be graded, write the tables, compare; return the exit code.

    Raises:
        UsageError, CannotGrade, OSError: as `main` explains them.
    """
    homework = store.read_homework(options.homework)
    if options.compare is not None:
        check_earlier(options.compare)
        if options.compare.resolve() == options.out.resolve():
            raise UsageError("--compare needs an earlier run in another folder than --out")
    ours = [path for path in (options.out, options.compare) if path is not None]
    submissions = find(options.submissions, options.one, ours)
    if not submissions:
        raise UsageError("there is no submission in what was given")
    with store.opened(options.out):
        run = Run(options.out, homework, submissions)
        run.grade(options.jobs, options.scheduler)
        about = run.finish()
        print_summary(options.out, run, about["totals"])
        if options.compare is None:
            return 0
        return print_comparison(options.compare, options.out)


class Run:
    """One run of the tool: what is to be graded, and how far it is."""

    def __init__(self, out: Path, homework: store.HomeworkZip, submissions: list[Submission]):
        """Look at everything, and find what is as it was.

        Args:
            out: the output folder.
            homework: the zip.
            submissions: with unique names.
        """
        self.out, self.homework = out, homework
        self.todo: list[Submission] = []
        self.copies: list[Record] = []  # of submissions with the same content as an earlier one
        self.kept = self.graded = self.faults = 0
        self.missing: dict[str, None] = {}  # protections that this machine does not have
        self.about = {
            "date": datetime.now().astimezone().isoformat(timespec="seconds"),
            "title": homework.title,
            "version": homework.version,
            "zip": homework.hash,
            "names": [submission.name for submission in submissions],
        }
        self.submissions = {submission.name: submission for submission in submissions}
        first: dict[str, str] = {}  # names by digest
        for submission in submissions:
            self.plan(submission, first)

    def plan(self, submission: Submission, first: dict[str, str]) -> None:
        """Decide what to do about one submission."""
        contents = read(submission, self.homework.upload_bytes)
        same_as = first.setdefault(contents.digest, submission.name) if contents.digest else ""
        wanted = self.wanted(submission, contents.key(FORMAT, self.homework.hash))
        if same_as and same_as != submission.name:
            wanted = replace(wanted, same_as=same_as)
        old = store.still_good(self.out, wanted)
        if old is not None:
            self.kept += 1
            self.faults += bool(old.faults)
        elif wanted.same_as:
            self.copies.append(wanted)
        else:
            self.todo.append(submission)

    def wanted(self, submission: Submission, key: str) -> Record:
        """Return what is known of a submission's record before it is graded."""
        people = (list(column) for column in (submission.who, submission.emails, submission.sids))
        return Record(submission.name, submission.file, key, *people)

    def grade(self, jobs: int, scheduler: str | None = None) -> None:
        """Grade what has to be, here or on a cluster."""
        if not self.todo and not self.copies:
            return
        # Looked for before anything of an earlier run is removed: there may be no such cluster.
        cluster = self.on_cluster(scheduler) if scheduler and self.todo else None
        store.begin_run(self.out, self.about)
        log = self.out / store.LOG
        log.write_bytes(b"")
        if cluster is not None:
            with closing(cluster) as outcomes:
                self.keep_all(outcomes)
        elif self.todo:
            with store.unpacked(self.out, self.homework) as folder:
                seconds = self.homework.limits.seconds_in_total
                jobs = min(jobs, len(self.todo))
                with closing(grade_all(self.packages(), folder, log, jobs, seconds)) as outcomes:
                    self.keep_all(outcomes)
        for record in self.copies:
            self.copy(record)
        if not log.stat().st_size:
            log.unlink()

    def on_cluster(self, scheduler: str) -> Iterator[Outcome]:
        """Return the outcomes of a Dask cluster, as `workers.grade_all` does of this machine."""
        seconds = self.homework.limits.seconds_in_total
        log, data = self.out / store.LOG, self.homework.data
        return grade_on_cluster(self.packages(), data, log, scheduler, seconds)

    def packages(self) -> Iterator[Package]:
        """Read what has to be graded, one submission when a worker is free."""
        for submission in self.todo:
            contents = read(submission, self.homework.upload_bytes)
            # Of what is graded now, lest it has changed since it was planned.
            key = contents.key(FORMAT, self.homework.hash)
            yield Package(submission.name, contents.message(), key, contents.notes)

    def keep_all(self, outcomes: Iterator[Outcome]) -> None:
        """Write results as they come.

        Raises:
            CannotGrade: the grader fails, whatever the submission.
        """
        progress = Progress(len(self.todo))
        in_a_row, last, graded = 0, "", 0
        for outcome in outcomes:
            self.keep(outcome)
            progress.show(self.graded, self.faults)
            failure = outcome.answer.get("failed", "")
            kind = failure.partition(":")[0]  # the words behind it may name a process
            in_a_row = in_a_row + 1 if kind == last else 1
            last = kind
            graded += not failure
            if failure and in_a_row >= (FAILURES_LATER if graded else FAILURES_AT_FIRST):
                progress.end()
                raise CannotGrade(f"the grader fails on one submission after the other: {failure}")
        progress.end()

    def keep(self, outcome: Outcome) -> None:
        """Write one submission's results."""
        package, answer = outcome.package, outcome.answer
        record = self.wanted(self.submissions[package.name], package.key)
        record = replace(record, **answer["record"])
        faults = [*package.notes, *record.faults]
        if "failed" in answer:
            faults.append(f"not graded, the next run tries again: {answer['failed']}")
        record = replace(record, faults=faults, failed="failed" in answer)
        store.write_results(self.out, record, answer.get("results"))
        self.graded += 1
        self.faults += bool(record.faults)
        self.missing |= dict.fromkeys(answer.get("missing_protections", ()))

    def copy(self, wanted: Record) -> None:
        """Give a submission the results of the one with the same content."""
        first = store.read_record(self.out, wanted.same_as)
        about = {name: getattr(wanted, name) for name in ("name", "file", "key", "same_as")}
        about |= {name: getattr(wanted, name) for name in ("who", "emails", "sids")}
        faults = [f"the same work as {wanted.same_as}", *first.faults]
        store.copy_results(self.out, replace(first, **about, faults=faults), wanted.same_as)
        self.faults += 1

    def finish(self) -> dict[str, Any]:
        """Write tables and page; return what ``run.json`` says."""
        store.write_json(self.out / store.RUN, {"finished": False, **self.about})
        totals = store.write_tables(self.out, iter_records(self.out))
        about = {**self.about, "totals": totals}
        words = {"sentences": self.homework.sentences, "titles": self.homework.titles}
        write_page(self.out, lambda: iter_records(self.out), {**about, **words})
        store.end_run(self.out, about)
        return about


class Progress:
    """One line on stderr that says how far it is."""

    def __init__(self, number: int):
        self.number = number
        self.start = self.last = time.monotonic()
        self.live = sys.stderr.isatty()
        # Into a file or a pipe go a few lines, not thousands.
        self.pause = 0.2 if self.live else 10.0

    def show(self, done: int, faults: int) -> None:
        """Say that ``done`` submissions are graded."""
        now = time.monotonic()
        if now - self.last < self.pause and done < self.number:
            return
        self.last = now
        left = (now - self.start) / done * (self.number - done)
        line = f"{done} of {self.number}, {faults} with faults, {duration(left)}"
        print(
            f"\r{line:<60}" if self.live else line, end="" if self.live else "\n", file=sys.stderr
        )
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self.live:
            print(file=sys.stderr)


def duration(seconds: float) -> str:
    """Return in words how long it will take."""
    if seconds < 1:
        return "nearly done"
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {seconds / 60:.0f} min left"


# -- what is printed --------------------------------------------------------------------------


def print_summary(out: Path, run: Run, totals: dict[str, Any]) -> None:
    """Print counts, the mean, and where the files are."""
    number, mean = totals["submissions"], totals["mean"]
    counts = f"{run.graded} graded now, {run.kept} as before, {len(run.copies)} copied"
    print(f"{number} submissions: {counts}. {totals['with_faults']} with faults.")
    if mean is not None:
        print(f"Mean {mean:.2f} of {totals['possible']:g} points, without written answers.")
    if totals["not_graded"]:
        print(
            f"{totals['not_graded']} could not be graded, through no fault of theirs: their "
            f"score says nothing. Run the same command again to try once more; see {out}/log.txt."
        )
    for name in (store.GRADES, store.CASES, "index.html", "submissions/"):
        print(f"  {out}/{name}")
    for sentence in run.missing:
        print(f"protection off: {sentence}", file=sys.stderr)


def print_comparison(earlier: Path, out: Path) -> int:
    """Print whose score changed, and keep it in a file; return the exit code."""
    comparison = Comparison()
    with store.replacing(out / store.COMPARED) as file:
        for line in compare(earlier, out, comparison):
            print(line, file=file)
    with (out / store.COMPARED).open(encoding="utf-8") as file:
        sys.stdout.writelines(file)
    if not (comparison.changed or comparison.same or comparison.messages_only):
        raise UsageError(f"{earlier} and {out} have no submission in common")
    return 3 if comparison.changed else 0


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    sys.exit(main())
