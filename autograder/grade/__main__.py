"""The command line: ``python -m autograder.grade [SUBMISSION...] [--out DIR] [--compare DIR]``."""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from . import CannotGrade, UsageError, gradebook, results, scores
from .choice import choose, described, recognised
from .compare import Comparison, compare
from .desk import DeskPage, run_id
from .executors import Executor, LocalExecutor
from .feedback import FeedbackPages, given_by_hand
from .gradebook import Gradebook, Summary, Wanted
from .homework_zip import HomeworkZip, read_homework
from .page import write_page
from .results import Run
from .run import Dispatcher, identified
from .scores import HandScores
from .similar import Alike, write_alike
from .submissions import RULE, Submission, find
from .tables import GradesTable, write_cases
from .tally import Tally
from .words import one_line, points

HOMEWORK = Path(__file__).resolve().parents[1] / "homework.zip"
INSTALL = "pip install 'distributed==2026.8.0'"
# The last line of a traceback.
ERROR = re.compile(r"[\w.]+(Error|Exception)\b")
MOST_NAMES = 10  # in one line
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

DESCRIPTION = """\
Grade a whole class with the isolated grader, as Gradescope would with the same homework.zip.

A run that was interrupted goes on where it was when the same command is given again. What has
been graded is graded again only if the submission or the homework.zip has changed.

The tables are about all that DIR holds. What is given is added to it, or takes the place of an
earlier version; the results of others stay. Without any SUBMISSION, tables, page and comparison
are written again.
"""
EPILOG = f"""\
{RULE}
what is written to DIR:
  grades.csv     a line for each submission: who, points per question, total, faults
  gradebook.csv  a line for each student of --roster, and who is not on it; with Canvas's roster
                 canvas.csv as well, which Canvas imports
  cases.csv      a line for each test case: pass rate, commonest message
  index.html     a page about the class
  written.html   a page on which to grade written answers
  alike.html     work that agrees more than chance allows, side by side
  feedback/      a page for each student; feedback_canvas.zip and feedback_moodle.zip have them
                 under the names that these platforms take back
  submissions/   a folder for each submission, with results.json in Gradescope's form
  compare.txt    with --compare: what was printed
To leave a submission out of the tables, delete its folder in DIR/submissions.

one student again, in a class that has been graded:
  python -m autograder.grade class --out grades --again ada@example.edu
  python -m autograder.grade class/submission_9027 --out grades

whose score changes when a test is corrected:
  python -m autograder.grade class --out before
  (correct the test, make release)
  python -m autograder.grade class --out after --compare before

exit code: 0 all graded, and nothing changed; 1 stopped by the machine; 2 wrong arguments;
  3 a score or the verdict of a test case changed; 4 no submission holds a notebook of this
  homework, or all get 0 points; 130 stopped by Ctrl-C
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the tool; return the exit code."""
    options = parse(arguments)
    try:
        return grade(options)
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
    for line in reason.split("\n"):
        print(one_line(line, 1000), file=sys.stderr)
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
        "submissions", nargs="*", type=Path, metavar="SUBMISSION",
        help="a notebook, a zip file, a folder of one student or of many, what a learning platform "
        "exports, or several of these (default: none, see above)",
    )  # fmt: skip
    for option, text in (
        (
            "--only",
            "of what is given, grade only this; a submission's name, somebody's name, "
            "e-mail address or number, or a part of it that nobody else has",
        ),
        ("--again", "grade this again, even if nothing has changed; NAME as for --only"),
    ):
        parser.add_argument(
            option, nargs="+", action="extend", default=[], metavar="NAME", help=text
        )
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
        "--scores", action="append", type=Path, default=[], metavar="FILE",
        help="points for written answers, as the page written.html exports them, or any table with "
        "the columns submission, question, points; may be given several times, and is kept in DIR",
    )  # fmt: skip
    parser.add_argument(
        "--roster", type=Path, metavar="FILE",
        help="the class, for gradebook.csv: Canvas's gradebook export, or any table with a column "
        "for e-mail addresses or student numbers; is kept in DIR",
    )  # fmt: skip
    parser.add_argument(
        "--due", metavar="TIME",
        help="when it was due, such as 2026-03-01 (the end of that day), 2026-03-01T23:59+01:00 or "
        "'2026-03-01 23:59 Europe/Berlin' (default: what the homework says); is kept in DIR",
    )  # fmt: skip
    parser.add_argument(
        "--column", metavar="NAME",
        help="the column of Canvas's export that canvas.csv fills (default: the one with the "
        "homework's title, or a new one); is kept in DIR",
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


def interrupt(*signal_and_frame: object) -> NoReturn:
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
    """Return the last error that graders wrote for staff, and where the rest is."""
    log = out / results.LOG
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    # Not the lines of a traceback, nor what has been said already.
    errors = [line for line in lines if ERROR.match(line) and "GraderError" not in line]
    words = [one_line(error) for error in errors[-1:]]
    return f" ({'; '.join([*words, f'see {log}'])})" if lines else ""


# -- one run ----------------------------------------------------------------------------------


def grade(options: argparse.Namespace) -> int:
    """Grade what is to be graded, write the tables, compare; return the exit code.

    Raises:
        UsageError, CannotGrade, OSError: as `main` explains them.
    """
    homework = read_homework(options.homework)
    results.check_title(options.out, homework.title)
    submissions, again = chosen(options)
    with results.opened(options.out, options.compare):
        run = Run(options.out, homework, identified(submissions, homework), again)
        by_hand = scores.load(options.scores, options.out, homework.written, run.about["names"])
        wanted = gradebook.settings(
            options.out, homework, options.roster, options.due, options.column
        )
        outcomes: Iterable[results.Outcome] = ()
        with ExitStack() as stack:
            if run.todo:
                # Before anything of an earlier run is removed: there may be no such cluster.
                executor = open_executor(options, homework, len(run.todo))
                stack.callback(executor.close)
                outcomes = Dispatcher(executor, homework, run.todo).outcomes()
            run.keep(outcomes)
        tally, summary = report(run, homework, by_hand, wanted)
        print_summary(run, tally.totals(), by_hand, summary)
        code = 4 if warn_of_nothing(tally) else 0
        if options.compare is None:
            return code
        return code or print_comparison(options.compare, options.out)


def chosen(options: argparse.Namespace) -> tuple[list[Submission], set[str]]:
    """Return what is to be looked at, and the names of what is to be graded whatever is known.

    Raises:
        UsageError: there is no such, or it is not clear what is meant.
    """
    if not options.submissions:
        if options.only or options.again:
            raise UsageError("--only and --again choose from what is given: put SUBMISSION first")
        if not results.held(options.out).names:
            raise UsageError(f"{options.out} holds no results: give at least one SUBMISSION")
        return [], set()
    ours = [path for path in (options.out, options.compare) if path is not None]
    found = find(options.submissions, options.one, ours)
    if not found:
        raise UsageError("there is no submission in what was given")
    found = recognised(options.out, found)
    only = choose(options.only, found, options.out)
    found = [submission for submission in found if submission.name in only or not only]
    return found, choose(options.again, found, options.out)


def open_executor(options: argparse.Namespace, homework: HomeworkZip, number: int) -> Executor:
    """Return what grades so many submissions, here or on a cluster."""
    out, data, seconds = options.out, homework.data, homework.limits.seconds_in_total
    log = out / results.LOG
    if options.scheduler:
        return import_cluster()(options.scheduler, data, log, seconds)
    return LocalExecutor(data, out / results.WORK, log, min(options.jobs, number), seconds)


def import_cluster() -> Callable[[str, bytes, Path, float], Executor]:
    """Return the executor of a cluster; Dask is needed by nothing else.

    Raises:
        UsageError: Dask is not installed.
    """
    try:
        from .cluster import ClusterExecutor
    except ImportError as error:
        reason = f"--scheduler needs a package that is missing here ({error}): {INSTALL}"
        raise UsageError(reason) from None
    return ClusterExecutor


def report(
    run: Run, homework: HomeworkZip, by_hand: HandScores, wanted: Wanted
) -> tuple[Tally, Summary]:
    """Write tables and pages; return what was counted, and what there is to say of students."""
    tally, book = Tally(homework.mistakes), Gradebook(wanted, homework.written)
    about = {**run.about, "id": run_id(run.out, homework.title), "titles": homework.titles}
    about["written"] = list(homework.written)
    with (
        Alike(homework.functions, homework.given) as alike,
        FeedbackPages(run.out, homework, run.about) as feedback,
        results.replacing(run.out / results.GRADES) as grades,
        results.replacing(run.out / results.CASES) as cases,
        results.replacing(run.out / results.PAGE) as page,
        results.replacing(run.out / results.WRITTEN) as written,
        results.replacing(run.out / results.ALIKE) as beside,
    ):
        table = GradesTable(grades, run.questions, homework.written)
        desk = DeskPage(written, homework.written, about)
        for record in results.iter_records(run.out):
            marks = by_hand.add(record)
            table.add(record, marks)
            tally.add(record)
            desk.add(record, marks)
            book.add(record, marks)
            feedback.add(record, given_by_hand(marks, homework.written))
            alike.add(record)
        desk.finish()
        write_cases(cases, tally.cases)
        found = alike.find(partial(results.read_record, run.out))
        write_alike(beside, found, about)
        write_page(page, tally, {**about, "zips": feedback.finish()}, found)
    scores.save(run.out, by_hand, homework.written)
    summary = book.write(run.out)
    run.end(tally.totals())
    return tally, summary


# -- what is printed --------------------------------------------------------------------------


def print_summary(run: Run, totals: dict[str, Any], by_hand: HandScores, summary: Summary) -> None:
    """Print counts, the mean, and where the files are."""
    number, mean = totals["submissions"], totals["mean"]
    counts = f"{run.graded} graded now, {run.as_before} as before, {len(run.copies)} copied"
    if run.kept:
        counts += f", {len(run.kept)} from earlier runs"
    if run.kept or run.again:
        print_changes(run)
    print(f"{number} submissions: {counts}. {totals['with_faults']} with faults.")
    if mean is not None:
        number = totals["submissions"] - totals["not_graded"]
        print(scores.mean_in_words(by_hand, mean, totals["possible"], number))
    if by_hand.changed:
        names = ", ".join(f"{name} {question}" for name, question in by_hand.changed[:5])
        print(
            f"Written answers that have changed since they were graded, and count as not graded: "
            f"{len(by_hand.changed)} ({names}). See {run.out}/{results.WRITTEN}."
        )
    if totals["not_graded"]:
        print(
            f"{totals['not_graded']} could not be graded, through no fault of theirs: their score "
            f"says nothing. Run the same command again to try once more; see {run.out}/log.txt."
        )
    print_earlier(run)
    for line in summary.lines():
        print(one_line(line, 1000))
    tables = (results.GRADES, results.GRADEBOOK, results.CANVAS, results.CASES)
    pages = (results.PAGE, results.WRITTEN, results.ALIKE, f"{results.FEEDBACK}/")
    zips = sorted(path.name for path in run.out.glob(results.FEEDBACK_ZIPS))
    for name in (*tables, *pages, *zips, "submissions/"):
        if (run.out / name).exists():
            print(f"  {run.out}/{name}")
    for sentence in run.missing_protections:
        print(f"protection off: {sentence}", file=sys.stderr)


def print_changes(run: Run) -> None:
    """Print what came of the few that were graded now, and what there was before."""
    for before, now in run.told:
        was = f"{points(before.score)} -> " if before and not before.failed else ""
        line = f"{described(now.name, now.who)}: {was}{points(now.score)} of {points(now.possible)}"
        print(one_line(line))


def print_earlier(run: Run) -> None:
    """Print what is in the tables, or is not, although it was not given."""
    given = run.graded + run.as_before + len(run.copies)
    if 0 < len(run.kept) <= min(MOST_NAMES, given):  # not if one section of many was given
        print(
            f"Not in what was given, and kept in the tables: {', '.join(run.kept)}. To leave one "
            f"out, delete its folder in {run.out}/submissions."
        )
    if run.dropped:
        print(f"Taken for one submission before, and now for a class: {', '.join(run.dropped)}.")
    if run.outdated:
        print(
            f"{run.outdated} of the earlier ones were graded with another homework.zip: give all "
            "submissions, to have them graded with this one."
        )
    if run.waiting:
        print(
            f"{len(run.waiting)} of a run that was interrupted are not graded, and in no table: "
            "give all submissions, to go on with it."
        )


def warn_of_nothing(tally: Tally) -> bool:
    """Say so if most submissions are no homework; return whether all are, or all get nothing."""
    results = tally.submissions - tally.failed
    empty = results - tally.graded
    if 2 * empty > results:
        print(
            f"WARNING: {empty} of {results} submissions hold no notebook of this homework. What "
            "was given may not be what was meant: unpack a zip file of a class that no platform "
            "exported, and see --help, what counts as one submission.",
            file=sys.stderr,
        )
    elif results > 1 and not tally.points:
        print(
            f"WARNING: all {results} submissions get 0 points. Is it the right homework.zip?",
            file=sys.stderr,
        )
    return bool(results) and (empty == results or (results > 1 and not tally.points))


def print_comparison(earlier: Path, out: Path) -> int:
    """Print whose score changed, and keep it in a file; return the exit code."""
    comparison, records = Comparison(), results.pairs(earlier, out)
    with results.replacing(out / results.COMPARED) as file:
        for line in compare(records, comparison):
            print(line, file=file)
    with (out / results.COMPARED).open(encoding="utf-8") as file:
        sys.stdout.writelines(file)
    if not (comparison.changed or comparison.same or comparison.messages_only):
        raise UsageError(f"{earlier} and {out} have no submission in common")
    return 3 if comparison.changed else 0


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    sys.exit(main())
