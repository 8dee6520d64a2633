"""What Gradescope starts: read ``ROOT/submission``, write ``ROOT/results/results.json``.

    start.py gradescope.submission grade ROOT      grade the upload
    start.py gradescope.submission check ROOT      grade the solution; 1 unless full marks

`run_autograder` calls the first, `setup.sh` the second.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from ..files import read_files
from ..grading import Graded, grade, modules_to_preload
from ..homework import Homework, load
from ..processes import Sandbox
from ..report import failure_results, make_results
from ..upload import make_upload

NOT_ROOT = (
    "This run is no isolated one in every respect, because the grader does not run as root. "
    "Missing:"
)


def main(sandbox: Sandbox, command: str, folder: str) -> int:
    """Run the command line; return the exit code."""
    root = Path(folder)
    if command == "check":
        return check_solution(root, sandbox)
    try:
        results = grade_upload(root, sandbox)
    except Exception:  # also what nobody thought of: students get a result in every case
        traceback.print_exc()
        results = failure_results("The grader failed before it could look at your work.")
    write_results(root, results)
    return 0


def grade_upload(root: Path, sandbox: Sandbox) -> dict[str, Any]:
    """Grade ``root/submission``; return what to write into ``results.json``."""
    if os.geteuid() == 0:
        close_folders(root)
    homework = load(root / "source")
    place = (root / "submission").resolve(strict=True)
    upload = make_upload(read_files([place], homework.limits.upload_mb))
    graded = grade(homework, upload, sandbox.with_modules(modules_to_preload(upload)))
    report_protections(graded)
    results = make_results(graded)
    if os.geteuid() != 0 and graded.missing_protections:
        lines = [NOT_ROOT, *(f"- {sentence}" for sentence in graded.missing_protections)]
        results["output"] += "\n\n" + "\n".join(lines)
    return results


def close_folders(root: Path) -> None:
    """Take everybody else's rights off what student code must not read."""
    for name in ("source", "submission", "results", "submission_metadata.json"):
        if (root / name).exists():
            mode = 0o700 if (root / name).is_dir() else 0o600
            (root / name).chmod(mode)


def report_protections(graded: Graded) -> None:
    """Tell staff, in the log that students do not see, which protections are off."""
    print(f"graded in {graded.seconds:.2f} s")
    for sentence in graded.missing_protections:
        print(f"protection off: {sentence}")


def write_results(root: Path, results: dict[str, Any]) -> None:
    """Replace ``results.json`` in one step, so that there is a whole one at any time."""
    folder = root / "results"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # as the same user, student code may have closed it
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
        json.dump(results, file, indent=1)
    os.chmod(file.name, 0o600)
    os.replace(file.name, folder / "results.json")


def check_solution(root: Path, sandbox: Sandbox) -> int:
    """Grade the solution that came with the homework; return 0 if it gets full marks.

    Raises:
        GraderError: the grader does not work here.
    """
    homework = load(root / "source")
    with tempfile.TemporaryDirectory() as folder:
        for part in homework.parts:
            target = Path(folder) / f"{part.name}.ipynb"
            target.write_bytes((part.folder / "solution.ipynb").read_bytes())
        upload = make_upload(read_files([Path(folder)], homework.limits.upload_mb))
        graded = grade(homework, upload, sandbox)
    report_protections(graded)
    return print_score(homework, graded)


def print_score(homework: Homework, graded: Graded) -> int:
    """Print what the solution gets, question by question where it loses; return the exit code."""
    questions = graded.questions
    lost = [q for q in questions if not all(result.passed for result in q.results)]
    earned, possible = (sum(column) for column in zip(*(q.score for q in questions), strict=True))
    print(f"{homework.title}: the solution gets {earned:g} of {possible:g} points")
    for question in lost:
        failed = [result.message for result in question.results if not result.passed]
        print(f"{question.question.id} fails: {failed[0]}", file=sys.stderr)
    return 1 if lost or not questions else 0
