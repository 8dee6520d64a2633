"""Grade one submission after the other, for the command that grades a class.

    python -I -B start.py many HOMEWORK PARENT

HOMEWORK is the unpacked ``homework.zip``, PARENT the process that must be there. The variable
TMPDIR names an empty folder for temporary files, which is removed in the end. On standard input
comes one submission after the other, as `files.pack` makes them; each line of standard output is
one of these:

    {"ready": ...}      once, at the start: what a submission without notebooks gets, and versions
    {"broken": "..."}   instead of it: why the homework cannot be loaded
    {"results": ..., "record": ..., "missing_protections": [...],
     "short": ...}      for each submission; short: something was used up, maybe by another one
    {"failed": "..."}   instead of it, and the end: the grader itself failed

It ends with its input. All else that it has to say goes to standard error, for staff.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import json
import os
import signal
import sys
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .files import Files, unpack
from .grading import (
    Graded,
    GradedPart,
    GradedQuestion,
    WrittenAnswer,
    cells_to_run,
    grade,
    modules_to_preload,
)
from .homework import Homework, load
from .processes import Sandbox
from .report import MOST_BYTES, MOST_CELLS, clean, cut, make_results, shortened
from .upload import Upload, make_upload

# What scores and messages can depend on, besides Python.
PACKAGES = ("numpy", "otter-grader", "ipython")
# From <linux/prctl.h>: a signal for this process when the thread that started it ends.
PR_SET_PDEATHSIG = 1
LONGEST_LINE = 300  # of a fault
# Bytes of a student's code in a record. An honest one has some 10,000.
MOST_CODE = 2**16
# Of a picture in a written answer that is kept for the page on which people grade, and of all of a
# submission. A figure of matplotlib has 30 kB, a photo that was made smaller 200.
LARGEST_PICTURE, LARGEST_PICTURES, MOST_PICTURES = 500_000, 1_000_000, 20


def main(sandbox: Sandbox, folder: str, parent: str) -> int:
    """Load the homework, then grade until there is no more input; return the exit code."""
    atexit.register(_remove, os.environ["TMPDIR"])
    _end_with(int(parent))
    # What a test prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with Sandboxes(sandbox) as sandboxes:
        try:
            homework = load(Path(folder))
        except Exception as error:  # a broken test file can raise anything
            _say(answers, {"broken": f"{type(error).__name__}: {error}"})
            return 1
        _say(answers, {"ready": {"record": _blank(homework), "versions": versions()}})
        for line in sys.stdin.buffer:
            try:
                answer = _grade(homework, sandboxes, unpack(line, sys.stdin.buffer))
            except Exception as error:
                _say(answers, {"failed": f"{type(error).__name__}: {error}"})
                raise  # into the log; another process takes over, with a sandbox that is sound
            _say(answers, answer)
    return 0


def _say(answers: Any, message: dict[str, Any]) -> None:
    answers.write(f"{json.dumps(message)}\n")
    answers.flush()


def _remove(folder: str) -> None:
    """Remove a folder, which is empty by now. If the parent was killed, nobody else does."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _end_with(parent: int) -> None:
    """Have this process stopped when its parent ends, even by SIGKILL.

    Elsewhere than on Linux, it ends when it next reads its input.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it has ended already
        sys.exit(1)


def versions() -> dict[str, str]:
    """Return the versions of what scores and messages can depend on."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, **{name: version(name) for name in PACKAGES}}


# -- grading ----------------------------------------------------------------------------------


class Sandboxes(contextlib.ExitStack):
    """A sandbox for most submissions, and others for those that import torch.

    For the others, its memory would make every fork slower.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.running: dict[tuple[str, ...], Sandbox] = {(): sandbox}

    def choose(self, upload: Upload) -> Sandbox:
        """Return the sandbox that suits an upload."""
        modules = modules_to_preload(upload)
        if modules not in self.running:
            other = self.running[()].with_modules(modules)
            self.running[modules] = self.enter_context(contextlib.closing(other))
        return self.running[modules]


def _blank(homework: Homework) -> dict[str, Any]:
    """Return the questions and points of a submission that gets nothing."""
    record = describe(grade(homework, make_upload(Files(())), None))
    return {name: record[name] for name in ("possible", "questions")}


def _grade(homework: Homework, sandboxes: Sandboxes, files: Files) -> dict[str, Any]:
    """Grade one submission."""
    upload = make_upload(files)
    graded = grade(homework, upload, sandboxes.choose(upload))
    return {
        "results": make_results(graded),
        "record": describe(graded),
        "missing_protections": graded.missing_protections,
        "short": graded.short,
    }


def describe(graded: Graded) -> dict[str, Any]:
    """Return what a class run keeps of a graded submission, as data."""
    totals = [question.score for question in graded.questions]
    cases = [
        case for question in graded.questions for case in _describe_cases(question, graded.homework)
    ]
    written, parts, code = _describe_written(graded), _describe_parts(graded), _find_code(graded)
    places: list[tuple[Any, Any]] = [(case, "message") for case in cases]
    places += [(answer, "text") for answer in written]
    places += [(cell, "error") for part in parts for cell in part["cells"]]
    texts = shortened([holder[key] for holder, key in places], MOST_BYTES - MOST_CODE)
    for (holder, key), text in zip(places, texts, strict=True):
        holder[key] = text
    return {
        "seconds": round(graded.seconds, 3),
        "score": round(sum(earned for earned, _ in totals), 5),
        "possible": round(sum(possible for _, possible in totals), 5),
        "questions": {
            question.question.id: {
                "public": [round(points, 5) for points in question.score_of(hidden=False)],
                "hidden": [round(points, 5) for points in question.score_of(hidden=True)],
            }
            for question in graded.questions
        },
        "cases": cases,
        "written": written,
        "faults": _find_faults(graded),
        "upload_faults": list(graded.upload_faults),
        "parts": parts,
        "code": code,
    }


def _describe_written(graded: Graded) -> list[dict[str, Any]]:
    """Return the answers that people grade, as data."""
    answers = [
        answer for part in graded.parts for answer in part.answers
        if isinstance(answer, WrittenAnswer)
    ]  # fmt: skip
    room = LARGEST_PICTURES
    written = []
    for answer in answers:
        pictures = []
        for picture in answer.found.pictures[:MOST_PICTURES]:
            shown = picture.to_show(min(room, LARGEST_PICTURE))
            room -= len(picture.data) if shown else 0
            words, file = clean(picture.words), clean(picture.file)
            pictures.append({"words": words, "file": file, "hash": picture.hash, "image": shown})
        about = {"question": answer.question.id, "points": answer.question.points}
        text = cut(answer.found.text, graded.homework)
        written.append({**about, "text": text, "pictures": pictures})
    return written


def _describe_parts(graded: Graded) -> list[dict[str, Any]]:
    """Return what was graded of each part, and which cells failed."""
    return [_describe_part(part, graded.homework) for part in graded.parts]


def _describe_part(part: GradedPart, homework: Homework) -> dict[str, Any]:
    notebook = part.notebook
    cells = {cell.index: cell for cell in notebook.cells} if notebook else {}
    return {
        "name": part.part.name,
        "file": notebook.path if notebook else "",
        "problem": part.problem,
        "cells": [
            {
                "number": fault.index + 1,
                "begins": cells[fault.index].first_line,
                "error": cut(fault.error, homework),
            }
            for fault in part.cell_faults[:MOST_CELLS]
        ],
        "more_cells": max(0, len(part.cell_faults) - MOST_CELLS),
    }


def _find_code(graded: Graded) -> dict[str, list[str]]:
    """Return the cells of each part that a student wrote or changed."""
    found = [(part.part.name, source) for part in graded.parts for source in _own_code(part)]
    texts = shortened([cut(source, graded.homework) for _, source in found], MOST_CODE)
    code: dict[str, list[str]] = {}
    for (name, _), text in zip(found, texts, strict=True):
        code.setdefault(name, []).append(text)
    return code


def _own_code(part: GradedPart) -> list[str]:
    if part.notebook is None:
        return []
    given = {cell.source.strip() for cell in part.part.handed_out.cells}
    cells = cells_to_run(part.notebook, part.part.handed_out).values()
    return [source for source in cells if source.strip() not in given]


def _describe_cases(question: GradedQuestion, homework: Homework) -> list[dict[str, Any]]:
    """Return the test cases of one question."""
    facts = [
        result.facts and replace(result.facts, summary=_one_line(result.facts.summary))
        for result in question.results
    ]
    return [
        {
            "question": question.question.id,
            "case": number,
            "name": result.test_case.body.test_func.__name__.removeprefix("test_"),
            "hidden": bool(result.test_case.hidden),
            "passed": result.passed,
            "points": round(result.test_case.points, 5),
            "message": cut(result.message, homework),
            "facts": asdict(fact) if fact else None,
        }
        for number, (result, fact) in enumerate(zip(question.results, facts, strict=True), 1)
    ]


def _find_faults(graded: Graded) -> list[str]:
    """Return what is out of order: in the upload, in cells, in functions that hang or crash."""
    faults = list(graded.upload_faults)
    for part in graded.parts:
        if part.notebook is None:
            faults.append(f"{part.part.name}: not graded. {part.problem}")
        faults += [
            f"{part.part.name}, cell {fault.index + 1}: {_one_line(fault.error)}"
            for fault in part.cell_faults[:MOST_CELLS]
        ]
        if len(part.cell_faults) > MOST_CELLS:
            faults.append(f"{part.part.name}: {len(part.cell_faults) - MOST_CELLS} more cells")
        faults += [
            f"{question.question.id}: {_one_line(fault)}"
            for question in part.questions
            for fault in question.faults
        ]
    return list(dict.fromkeys(faults))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
