"""The command line of the release tool: ``python -m autograder.release [--check | --clean]``."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import ReleaseError
from .build import build
from .cache import FOLDER as CACHE
from .cache import Cache
from .generated import check_untouched, compare, put_into_place, read_generated, write_manifest
from .leaks import scan
from .masters import Master, TestedQuestion, clean, read_masters
from .package import NAME as HOMEWORK_ZIP
from .package import build_package
from .verify import verify

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the tool; return 0 if all is well, 1 with one line per fault on stderr if not."""
    parser = argparse.ArgumentParser(
        prog="python -m autograder.release",
        description="Make student/, solutions/ and autograder/*.zip from the masters in "
        "assignment/. Nothing is replaced unless everything about the new release is right.",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="only compare with what is committed")
    mode.add_argument("--clean", action="store_true", help="strip outputs and ids from the masters")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    try:
        if options.clean:
            clean_masters(options.root)
        else:
            release(options.root.resolve(), check=options.check)
        return 0
    except ReleaseError as error:
        reason = f"No release:\n{error}"
    except KeyboardInterrupt:
        reason = "Stopped. Nothing was replaced."
    except shutil.Error as error:  # an OSError that lists what it could not copy
        source, _, fault = error.args[0][0]
        reason = f"No release:\n{source}: {fault}. Make it readable, then run this again"
    except OSError as error:
        if error.filename is None:
            raise  # a closed pipe or the like, no file that somebody could repair
        reason = (
            f"No release:\n{error.filename}: {error.strerror}. Make it readable and writable "
            f"(or free some space), then run this again"
        )
    print(f"\n{reason}", file=sys.stderr)
    return 1


def release(root: Path, *, check: bool = False) -> None:
    """Build, verify and scan in a temporary folder; then put into place, or compare.

    Raises:
        ReleaseError: something about the release is wrong, or with ``check`` differs.
        OSError: a folder cannot be written.
    """
    with step("Reading the masters"):
        masters = read_masters(root)
        if not check:
            check_untouched(root)
    known = Cache(None if check else root / CACHE)
    # Inside the project, so that putting things into place is a rename, not a copy.
    with _temporary_folder(root) as folder:
        built = Path(folder)
        with step("Running Otter Assign and the solutions"):
            build(root, masters, built, known)
        with step("Assembling the isolated grader"):
            build_package(root, masters, built)
        with step("Searching the student folder for leaks"):
            scan(masters, built / "student")
        with step("Grading the solutions and the untouched notebooks"):
            verify(masters, built, known)
        write_manifest(built)
        if check:
            with step("Comparing with what is committed"):
                compare(built, root)
            return
        with step("Putting the release into place"):
            check_untouched(root)  # once more: somebody may have saved something by now
            gone = put_into_place(built, root)
    known.forget_others()
    print_report(root, masters)
    if gone:
        print(f"\nRemoved, for they belong to nothing any more: {', '.join(gone)}")


def _temporary_folder(root: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a folder named after this process, and remove those that killed ones left."""
    for folder in root.glob(".release-*-*"):
        process = folder.name.split("-")[1]
        if process.isdigit() and not _is_alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)
    try:
        # A release in place is one, even if the folder then cannot be removed.
        return tempfile.TemporaryDirectory(
            prefix=f".release-{os.getpid()}-", dir=root, ignore_cleanup_errors=True
        )
    except OSError as error:
        error.filename = str(root)  # not the folder, which never was
        raise


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def clean_masters(root: Path) -> None:
    """Clean every master in ``assignment/``; say which ones changed."""
    for path in sorted((root / "assignment").glob("*.ipynb")):
        try:
            done = clean(path)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReleaseError(f"{path.name} is not a valid notebook: {error}") from None
        print("\n".join(done or [f"{path.name}: clean"]))


def print_report(root: Path, masters: list[Master]) -> None:
    """Print what was released, and how to hand it out."""
    print(f"\n{'question':<10} {'points':>6} {'minutes':>8} {'public':>7} {'hidden':>7}")
    for master in masters:
        print(f"-- {master.path.name}")
        for question in master.questions:
            public, hidden = "by", "hand"
            if isinstance(question, TestedQuestion):
                number = sum(test.hidden for test in question.tests)
                public, hidden = str(len(question.tests) - number), str(number)
            print(
                f"{question.id:<10} {question.points:>6g} {question.minutes:>8} {public:>7} "
                f"{hidden:>7}"
            )
        by_hand = sum(question.points for question in master.questions) - master.points
        print(f"{'total':<10} {master.points + by_hand:>6g} ({by_hand:g} of them by hand)")
    print(f"\n{'file':<42} {'bytes':>9}  SHA-256")
    for name, data in read_generated(root).items():
        if name.count("/") < 2 or name.startswith("student/tests/"):
            print(f"{name:<42} {len(data):>9}  {hashlib.sha256(data).hexdigest()[:16]}")
    print(
        f"\nTo hand it out:\n"
        f"  1. Commit what changed, and give students the folder student/.\n"
        f"  2. On Gradescope, make one Programming Assignment and upload\n"
        f"     autograder/{HOMEWORK_ZIP} under Configure Autograder.\n"
        f"  3. Upload the notebooks of solutions/ to it as a test: they must get full marks.\n"
        f"\n{points_line(masters)}"
    )


def points_line(masters: list[Master]) -> str:
    """Return what to type into Gradescope: the autograder's points, and who else gives some."""
    by_hand = [q for master in masters for q in master.questions if q not in master.tested]
    line = f"Autograder points {sum(master.points for master in masters):g}"
    if not by_hand:
        return line
    each = ", ".join(f"{question.id} {question.points:g}" for question in by_hand)
    return f"{line}, by hand {sum(question.points for question in by_hand):g} ({each})"


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is going on in the ``with`` block, and at its end how long it took."""
    print(f"{title} ... ", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"done ({time.perf_counter() - start:.1f} s)")


if __name__ == "__main__":
    # An end by `kill` or by CI puts back and cleans up like one by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
