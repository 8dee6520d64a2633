"""The command line: ``python -m autograder.grade SUBMISSION... [--out DIR] [--compare DIR]``."""

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

from . import CannotGrade, UsageError, results
from .compare import Comparison, compare
from .executors import Executor, LocalExecutor
from .feedback import FeedbackPages
from .homework_zip import HomeworkZip, read_homework
from .page import write_page
from .results import Run
from .run import Dispatcher, identified
from .similar import Alike, write_alike
from .submissions import RULE, find
from .tables import GradesTable, write_cases
from .tally import Tally
from .words import one_line, points

HOMEWORK = Path(__file__).resolve().parents[1] / "homework.zip"
INSTALL = "pip install 'distributed==2026.8.0'"
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

whose score changes when a test is corrected:
  python -m autograder.grade class --out before
  (correct the test, make release)
  python -m autograder.grade class --out after --compare before

exit code: 0 all graded, and nothing changed; 1 stopped by the machine; 2 wrong arguments;
  3 a score or the verdict of a test case changed; 130 stopped by Ctrl-C
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
    print(one_line(reason, 1000), file=sys.stderr)
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
    ours = [path for path in (options.out, options.compare) if path is not None]
    submissions = find(options.submissions, options.one, ours)
    if not submissions:
        raise UsageError("there is no submission in what was given")
    with results.opened(options.out, options.compare):
        run = Run(options.out, homework, identified(submissions, homework))
        outcomes: Iterable[results.Outcome] = ()
        with ExitStack() as stack:
            if run.todo:
                # Before anything of an earlier run is removed: there may be no such cluster.
                executor = open_executor(options, homework, len(run.todo))
                stack.callback(executor.close)
                outcomes = Dispatcher(executor, homework, run.todo).outcomes()
            run.keep(outcomes)
        tally = report(run, homework)
        print_summary(run, tally.totals())
        if options.compare is None:
            return 0
        return print_comparison(options.compare, options.out)


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


def report(run: Run, homework: HomeworkZip) -> Tally:
    """Write tables and page; return what was counted."""
    tally, about = Tally(homework.mistakes), {**run.about, "titles": homework.titles}
    with (
        Alike(homework.functions, homework.given) as alike,
        FeedbackPages(run.out, homework, run.about) as feedback,
        results.replacing(run.out / results.GRADES) as grades,
        results.replacing(run.out / results.CASES) as cases,
        results.replacing(run.out / results.PAGE) as page,
        results.replacing(run.out / results.ALIKE) as beside,
    ):
        table = GradesTable(grades)
        for record in results.iter_records(run.out):
            table.add(record)
            tally.add(record)
            feedback.add(record)
            alike.add(record)
        write_cases(cases, tally.cases)
        found = alike.find(partial(results.read_record, run.out))
        write_alike(beside, found, about)
        write_page(page, tally, {**about, "zips": feedback.finish()}, found)
    run.end(tally.totals())
    return tally


# -- what is printed --------------------------------------------------------------------------


def print_summary(run: Run, totals: dict[str, Any]) -> None:
    """Print counts, the mean, and where the files are."""
    number, mean = totals["submissions"], totals["mean"]
    counts = f"{run.graded} graded now, {run.as_before} as before, {len(run.copies)} copied"
    print(f"{number} submissions: {counts}. {totals['with_faults']} with faults.")
    if mean is not None:
        print(
            f"Mean {points(mean)} of {points(totals['possible'])} points, of all "
            f"{number - totals['not_graded']} submissions that have a result; without any notebook "
            "it is 0. Points that people give are not in it."
        )
    if totals["not_graded"]:
        print(
            f"{totals['not_graded']} could not be graded, through no fault of theirs: their score "
            f"says nothing. Run the same command again to try once more; see {run.out}/log.txt."
        )
    for name in (results.GRADES, results.CASES, results.PAGE, "submissions/"):
        print(f"  {run.out}/{name}")
    for sentence in run.missing_protections:
        print(f"protection off: {sentence}", file=sys.stderr)


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
