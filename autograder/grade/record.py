"""What is kept of a graded submission."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

RUN = "run.json"
RESULTS = "results.json"
Case = dict[str, Any]  # an item of `Record.cases`


@dataclass(frozen=True)
class Record:
    """A submission and what came of it.

    Attributes:
        name: the submission's, unique in a run; also the name of its folder.
        file: where it came from, as in ``class/ada.zip``.
        who: names of the submitters; like ``emails`` and ``sids`` from Gradescope's metadata.
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
        same_as: the name of an earlier submission with the same content, or "".
        failed: the grader itself failed, so the score is no result; the next run tries again.
    """

    name: str
    file: str
    key: str
    who: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    sids: list[str] = field(default_factory=list)
    seconds: float = 0.0
    score: float = 0.0
    possible: float = 0.0
    questions: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    same_as: str = ""
    failed: bool = False

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


def folder_of(out: Path, name: str) -> Path:
    """Return the folder of one submission's results."""
    return out / "submissions" / name


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
