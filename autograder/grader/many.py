"""A worker: grades one submission after the other, with the grader that is in the homework's zip.

    python -I -B worker.py DESCRIPTOR FOLDER PARENT

DESCRIPTOR is a stream socket, FOLDER the unpacked ``homework.zip``, PARENT the process that must
be there. The worker says hello, then answers each submission; see `workers` for the other end.
Python runs isolated and knows no paths, so this file imports nothing of its own package.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import ctypes
import importlib.util
import os
import re
import signal
import socket
import sys
import tempfile
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from ..trusted.client import Sandbox
    from ..trusted.grading import Graded, GradedQuestion
    from ..trusted.homework import Homework, TestCaseResult
    from ..trusted.upload import Upload

# Of one message; what student code can put into an answer is cut by the grader's own limits.
LIMIT = 2**30
# From <linux/prctl.h>: a signal for this process when its parent dies.
PR_SET_PDEATHSIG = 1
IMPORTS_TORCH = re.compile(r"^\s*(import|from)\s+torch\b", re.MULTILINE)


def main(descriptor: int, folder: Path, parent: int) -> None:
    """Grade until the parent hangs up."""
    signal.signal(signal.SIGTERM, stop)
    die_with(parent)
    channel = socket.socket(fileno=descriptor)
    find_grader(folder)
    from autograder.protocol import receive, send

    try:
        grader = Grader(folder)
    except Exception as error:  # also whatever a broken test file raises
        send(channel, {"broken": f"{type(error).__name__}: {error}"}, LIMIT)
        return
    with contextlib.suppress(EOFError), Sandboxes() as sandboxes:
        send(channel, grader.blank(), LIMIT)
        while True:
            message = receive(channel, LIMIT)
            try:
                answer = grader.grade(message["files"], sandboxes)
            except Exception as error:
                send(channel, {"failed": f"{type(error).__name__}: {error}"}, LIMIT)
                raise  # into the log; a new worker takes over, with a sandbox that is sound
            send(channel, answer, LIMIT)


def remove_folder() -> None:
    """Remove this worker's folder for temporary files, which is empty by now."""
    with contextlib.suppress(OSError):
        os.rmdir(tempfile.gettempdir())


def stop(*signal_and_frame: Any) -> NoReturn:
    """End by way of every ``finally``, so that no session and no folder stays behind."""
    sys.exit(1)


def die_with(parent: int) -> None:
    """Have this process stopped when its parent ends, even by SIGKILL.

    To Linux, the parent is the thread that started it. Elsewhere it ends when it next has
    something to say.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def find_grader(folder: Path) -> None:
    """Let ``autograder`` be the one in ``folder``, and ``otter`` no more than grading needs."""
    sys.path.insert(0, str(folder))
    # `import otter` takes seconds; `autograder/gradescope/grade.py` does the same.
    otter = types.ModuleType("otter")
    otter.__path__ = importlib.util.find_spec("otter").submodule_search_locations
    sys.modules["otter"] = otter


class Sandboxes(contextlib.ExitStack):
    """A sandbox for most submissions, and one with torch for those that import it.

    To import torch takes three times as long as to grade, and again in each test case where a
    function imports it. For the others, its memory would make every fork slower.
    """

    def __init__(self):
        super().__init__()
        self.running: dict[bool, Sandbox] = {}

    def choose(self, upload: Upload) -> Sandbox:
        """Return the sandbox that suits an upload."""
        graded = [
            cell.source
            for notebook in upload.notebooks
            for cell in notebook.cells
            if cell.kind == "code" and not cell.ignored
        ]
        with_torch = any(map(IMPORTS_TORCH.search, graded))
        if with_torch not in self.running:
            self.running[with_torch] = self.enter_context(start_sandbox(with_torch))
        return self.running[with_torch]


def start_sandbox(with_torch: bool) -> Sandbox:
    """Return a new sandbox, whose fork server has imported torch or not."""
    from autograder.trusted.client import Sandbox

    return Sandbox(preload=["torch"] if with_torch else [])


class Grader:
    """The homework, loaded once."""

    def __init__(self, folder: Path):
        from autograder.trusted.homework import load

        self.homework: Homework = load(folder)
        from lab.mistakes import SENTENCES  # the zip's, since `load`

        # A sentence can hold a number, as {k}.
        self.sentences = {
            name: re.compile(re.escape(text).replace(r"\{k\}", r"\d+"))
            for name, text in SENTENCES.items()
        }

    def blank(self) -> dict:
        """Return the questions and points of a submission that gets nothing."""
        from autograder.trusted.grading import grade
        from autograder.trusted.upload import Upload

        # Nothing runs for an upload without notebooks, so it takes no sandbox.
        graded = grade(self.homework, Upload((), {}, (), ()), None)
        record = self.describe(graded)
        return {name: record[name] for name in ("possible", "questions")}

    def grade(self, files: list[dict], sandboxes: Sandboxes) -> dict:
        """Grade one submission.

        Returns:
            ``results`` for Gradescope, what `describe` makes, and sentences on what this machine
            cannot protect.
        """
        from autograder.trusted.grading import grade
        from autograder.trusted.report import make_results
        from autograder.trusted.upload import read_upload

        with tempfile.TemporaryDirectory() as folder:
            write_files(os.fsencode(folder), files)
            upload = read_upload(Path(folder), self.homework.limits.upload_mb)
        graded = grade(self.homework, upload, sandboxes.choose(upload))
        return {
            "results": make_results(graded),
            "record": self.describe(graded),
            "missing_protections": graded.missing_protections,
        }

    def describe(self, graded: Graded) -> dict:
        """Return the fields of a `Record` that grading fills in."""
        from autograder.trusted.report import autograded, score

        questions = autograded(graded)
        cases = [case for question in questions for case in self.cases(question)]
        totals = [score(question) for question in questions]
        return {
            "seconds": round(graded.seconds, 3),
            "score": round(sum(earned for earned, _ in totals), 5),
            "possible": round(sum(possible for _, possible in totals), 5),
            "questions": {
                question.question.id: {
                    "public": [round(points, 5) for points in score(question, hidden=False)],
                    "hidden": [round(points, 5) for points in score(question, hidden=True)],
                }
                for question in questions
            },
            "cases": cases,
            "mistakes": [
                name
                for name, sentence in self.sentences.items()
                if any(sentence.search(case["message"]) for case in cases)
            ],
            "faults": find_faults(graded),
        }

    def cases(self, graded: GradedQuestion) -> list[dict]:
        """Return the test cases of one question."""
        from autograder.trusted.report import OTTERS_HEAD, cut

        def message(result: TestCaseResult) -> str:
            return "" if result.passed else result.message.removeprefix(OTTERS_HEAD)

        return [
            {
                "question": graded.question.id,
                "case": number,
                "name": result.test_case.body.test_func.__name__.removeprefix("test_"),
                "hidden": bool(result.test_case.hidden),
                "passed": result.passed,
                "points": round(result.test_case.points, 5),
                "message": cut(message(result), self.homework),
            }
            for number, result in enumerate(graded.tests.test_case_results, 1)
        ]


def write_files(folder: bytes, files: list[dict]) -> None:
    """Write a submission below ``folder``; a file that is too large to be read has only a size."""
    for item in files:
        path = os.path.join(folder, os.fsencode(item["path"]))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            if "data" in item:
                file.write(base64.b64decode(item["data"]))
            else:
                file.truncate(item["size"])


def find_faults(graded: Graded) -> list[str]:
    """Return what is out of order: in the upload, in cells, in functions that hang or crash."""
    faults = list(graded.upload_faults)
    for part in graded.parts:
        if part.notebook is None:
            faults.append(f"{part.part.name}: not graded. {part.problem}")
        faults += [
            f"{part.part.name}, cell {fault.index + 1}: {one_line(fault.error)}"
            for fault in part.cell_faults
        ]
        faults += [
            f"{question.question.id}: {one_line(fault)}"
            for question in part.questions
            for fault in question.faults.values()
        ]
    return list(dict.fromkeys(faults))


def one_line(text: str) -> str:
    """Return a text as one line of at most 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"


if __name__ == "__main__":
    atexit.register(remove_folder)
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
