"""Find submissions whose answers are alike, by what their code is.

`Alike` gets the records of a run once, and keeps a few numbers of each; `find` reads again only
those that it returns. `forms` says what code is, names and layout aside. What is alike proves
nothing: `RULE` says how pairs are chosen, and the page what to do about them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import subprocess
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import IO, Any, NamedTuple

from .results import Record
from .tally import Submission
from .templates import template
from .words import cut

READER = Path(__file__).with_name("forms.py")
RULE = (
    "Two submissions are shown if at least four fifths of an answer, three statements or more, "
    "agree except for names, comments and layout, and if, going by how common each of these "
    "statements is in this class, chance would make such a pair in less than one of ten classes."
)
# In smaller classes, how common something is says nothing.
LEAST_CLASS = 10
ODDS = 10  # see `RULE`
LEAST_SHARE, LEAST_STATEMENTS = 0.8, 3
# What more submissions have leads to no pair: so many, or a share of the class.
MOST_WITH_BOTH, SHARE_WITH_BOTH = (6, 25), 1 / 8
LONGEST_TEXT = 3000  # of an equal answer that is shown
LEAST_WORDS = 25  # of a written answer that is equal word for word
MOST_PAIRS = 40  # that are shown with their code
ROOM_FOR_CODE = 400_000  # characters
LONGEST_CODE = 4000  # characters of one answer that are shown
MOST_LISTED = 200  # of anything else
WORD = re.compile(r"[^\W_]+")


class Statement(NamedTuple):
    """A statement of an answer; see `forms.describe`."""

    number: int
    with_next: int
    size: int
    cell: int
    first: int
    last: int


class Code(NamedTuple):
    """An answer, and the definitions that it consists of."""

    statements: list[Statement]
    places: list[list[int]]


class Line(NamedTuple):
    """A line of code, and whether it agrees with the other submission's."""

    text: str
    agrees: bool


@dataclass
class Pair:
    """Two submissions that are alike.

    Attributes:
        names: of the submissions.
        bits: how unlikely that is to come about by chance, as a negative binary logarithm.
        shares: function -> how much of the answer agrees, the smaller share of the two.
        code: function -> the lines of both.
    """

    names: tuple[str, str]
    bits: float
    shares: dict[str, float]
    code: dict[str, tuple[list[Line], list[Line]]] = field(default_factory=dict)


NOBODY: frozenset[str] = frozenset()


class Origin(NamedTuple):
    """Where a submission is from."""

    submission: Submission
    people: frozenset[str]  # what tells whose it is, as far as the export does
    team: str  # its name on Moodle, which may begin with the name of a group

    @classmethod
    def of(cls, record: Record) -> Origin:
        """Return where a record is from."""
        # Canvas: the file's number and the mark are the submission's, the rest the student's.
        account = re.sub(r"(_LATE)?(_\d+)_\d+_$", r"\2", record.upload_as)
        people = {*map(str.casefold, record.emails), *record.sids, account} - {""}
        team = record.upload_as if record.platform == "Moodle" else ""
        return cls(Submission.of(record), frozenset(people) if people else NOBODY, team)


@dataclass(frozen=True)
class Findings:
    """What is alike in a run, submissions by their names.

    Attributes:
        compared: of how many submissions code was compared.
        submissions: all, by their names.
        copies: submissions with the same files as an earlier one.
        teams: such copies that are of one group, by what Moodle calls them.
        pairs: whose code is alike, the most telling first.
        texts: questions, the submissions that answer in the same words, and these.
        unread: of which not all code could be read.
    """

    compared: int = 0
    submissions: Mapping[str, Submission] = field(default_factory=dict)
    copies: Sequence[tuple[str, str]] = ()
    teams: Sequence[tuple[str, str]] = ()
    pairs: Sequence[Pair] = ()
    texts: Sequence[tuple[str, list[str], str]] = ()
    unread: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is alike."""
        return not (self.copies or self.pairs or self.texts)


def write_alike(file: IO[str], findings: Findings, about: Mapping[str, Any]) -> None:
    """Write the page on which alike work stands side by side.

    Args:
        file: where to write; its links lead to what lies in the same folder.
        findings: what is alike.
        about: the run, as for the page about the class.
    """
    view = {"found": findings, "about": about, "rule": RULE, "least_class": LEAST_CLASS}
    view |= {"most_listed": MOST_LISTED, "least_words": LEAST_WORDS}
    file.write(template("alike.html").render(view).lstrip())


class Reader(contextlib.ExitStack):
    """The process that reads code; another one takes over where code has brought it down."""

    process: subprocess.Popen[str] | None = None

    def __init__(self, functions: Iterable[str]):
        super().__init__()
        self.functions = sorted(functions)
        self.callback(self._end)

    def read(self, cells: list[str]) -> tuple[dict[str, Code], bool]:
        """Return the answers in cells by function, and whether all cells could be read."""
        process = self.process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        message = json.dumps({"cells": cells, "functions": self.functions})
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(f"{message}\n")
            process.stdin.flush()
        line = process.stdout.readline()
        if not line.endswith("\n"):
            self._end()
            return {}, False
        found = json.loads(line)
        answers = {
            name: Code([Statement(*row) for row in answer["statements"]], answer["places"])
            for name, answer in found["answers"].items()
        }
        return answers, not found["unread"]

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-W", "ignore", str(READER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={},
        )

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            with contextlib.suppress(BrokenPipeError):
                self.process.communicate()
            self.process = None


class Digest:
    """What is kept of a submission: columns with a row for each statement."""

    def __init__(self, answers: dict[str, Code], functions: list[str]):
        rows = [
            (functions.index(name), statement)
            for name, code in answers.items()
            for statement in code.statements
        ]
        self.functions = array("H", (function for function, _ in rows))
        self.numbers = array("Q", (statement.number for _, statement in rows))
        self.with_next = array("Q", (statement.with_next for _, statement in rows))
        self.sizes = array("L", (statement.size for _, statement in rows))

    def rows_of(self, function: int) -> list[int]:
        """Return the rows of one function."""
        return [row for row, each in enumerate(self.functions) if each == function]


Columns = tuple[list[int], list[int]]  # numbers of statements, and of statements with the next


class Counts:
    """How many submissions have a statement, or one behind the other."""

    def __init__(self, digests: Iterable[Digest], given: set[int]):
        self.given = given
        self.having: Counter[int] = Counter()  # of a function
        self.single: Counter[int] = Counter()
        self.double: Counter[int] = Counter()
        for digest in digests:
            self.having.update(set(digest.functions))
            self.single.update(set(digest.numbers))
            self.double.update(set(digest.with_next))

    def bits(self, function: int, columns: Columns, hits: set[int]) -> float:
        """Return how much it tells that two submissions agree in statements of an answer.

        That is the negative logarithm of how often the others would write them. What comes behind
        another statement that agrees is expected where it stands behind it elsewhere: whoever
        begins a loop in some way, goes on like others who do.
        """
        numbers, with_next = columns
        others = self.having[function] - 2
        told, seen = 0.0, set(self.given)
        for row in sorted(hits):
            number = numbers[row]
            if number in seen:
                continue
            seen.add(number)
            chance = (self.single[number] - 1) / (others + 1)
            both = self.double[with_next[row - 1]] if row - 1 in hits else 0
            if both > 1:
                chance = (both - 2 + chance) / (self.single[numbers[row - 1]] - 1)
            told -= math.log2(chance)
        return told


class Alike:
    """What is alike in a run."""

    def __init__(self, functions: Iterable[str], given: Iterable[str]):
        """Start.

        Args:
            functions: that questions test.
            given: code cells that were handed out, and those of the solution: what agrees with
                these is no sign of anything.
        """
        self.reader = Reader(functions)
        self.given = {
            statement.number
            for cell in given
            for code in self.reader.read([cell])[0].values()
            for statement in code.statements
        }
        self.origins: dict[str, Origin] = {}
        self.copies: list[tuple[str, str]] = []
        self.names: list[str] = []  # of those whose code is compared, as the digests
        self.digests: list[Digest] = []
        self.unread: list[str] = []  # submissions of which not all could be read
        self.texts: dict[tuple[str, bytes], list[str]] = defaultdict(list)

    def __enter__(self) -> Alike:
        return self

    def __exit__(self, *error: object) -> None:
        self.reader.close()

    def add(self, record: Record) -> None:
        """Take in one submission; of one that is a copy, nothing more is compared."""
        origin = self.origins[record.name] = Origin.of(record)
        has_work = record.code or any(answer["text"] for answer in record.written)
        if record.failed or not has_work:
            return
        if record.same_as:
            other = self.origins.get(record.same_as)
            if not (other and origin.people & other.people):
                self.copies.append((record.name, record.same_as))
            return
        self._add_texts(record)
        answers, complete = self.reader.read(cells_of(record))
        if not complete:
            self.unread.append(record.name)
        self.names.append(record.name)
        self.digests.append(Digest(answers, self.reader.functions))

    def _add_texts(self, record: Record) -> None:
        for answer in record.written:
            words = WORD.findall(str(answer.get("text", "")).casefold())
            if len(words) >= LEAST_WORDS:
                digest = hashlib.blake2b(" ".join(words).encode("utf-8", "replace")).digest()
                self.texts[str(answer["question"]), digest[:16]].append(record.name)

    def find(self, read: Callable[[str], Record | None]) -> Findings:
        """Return what is alike.

        Args:
            read: returns the record of a submission.
        """
        teams = [copy for copy in self.copies if self._is_team(*copy)]
        return Findings(
            compared=len(self.digests),
            submissions={name: origin.submission for name, origin in self.origins.items()},
            copies=[copy for copy in self.copies if copy not in teams],
            teams=teams,
            pairs=self._find_pairs(read),
            texts=[
                (question, names, _text_of(read(names[0]), question))
                for (question, _), names in self._texts()
            ],
            unread=self.unread,
        )

    def _is_team(self, *names: str) -> bool:
        """Whether names of Moodle begin with the same group: it gives each member a copy."""
        teams = [self.origins[name].team.partition("-") for name in names if name in self.origins]
        return len(teams) == 2 and teams[0][:2] == teams[1][:2] and teams[0][1] == "-"

    def _texts(self) -> Iterator[tuple[tuple[str, bytes], list[str]]]:
        """Yield the answers that different people have written word for word."""
        for text, names in self.texts.items():
            people = [self.origins[name].people for name in names]
            if any(not (one & other) for one, other in combinations(people, 2)):
                yield text, names

    def _find_pairs(self, read: Callable[[str], Record | None]) -> list[Pair]:
        """Return the pairs whose code is alike, the most telling first, some with their code."""
        total = len(self.digests)
        if total < LEAST_CLASS:
            return []
        counts = Counts(self.digests, self.given)
        chance = math.log2(ODDS * total * (total - 1) / 2)
        pairs = [pair for pair in self._pairs(counts) if pair.bits > chance]
        pairs.sort(key=lambda pair: -pair.bits)
        room = ROOM_FOR_CODE
        for pair in pairs[:MOST_PAIRS]:
            if room > 0:
                self._add_code(pair, *map(read, pair.names))
            lines = (line for sides in pair.code.values() for side in sides for line in side)
            room -= sum(len(line.text) for line in lines)
        return pairs

    def _pairs(self, counts: Counts) -> Iterator[Pair]:
        """Yield pairs with an answer that agrees, and what that tells."""
        found: dict[tuple[int, int], Pair] = {}
        for (one, other), functions in self._candidates().items():
            for function in functions:
                digests = self.digests[one], self.digests[other]
                share, told = _agreement(*digests, function, counts)
                if share:
                    names = self.names[one], self.names[other]
                    pair = found.setdefault((one, other), Pair(names, 0.0, {}))
                    pair.bits += told
                    pair.shares[self.reader.functions[function]] = share
        yield from found.values()

    def _candidates(self) -> dict[tuple[int, int], set[int]]:
        """Return pairs of different people that share something rare, and the functions."""
        owners: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for i, digest in enumerate(self.digests):
            numbers = dict(zip(digest.with_next, digest.functions, strict=True))
            numbers.pop(0, None)
            for number, function in numbers.items():
                owners[number].append((i, function))
        low, high = MOST_WITH_BOTH
        most = max(low, min(high, SHARE_WITH_BOTH * len(self.digests)))
        candidates: dict[tuple[int, int], set[int]] = defaultdict(set)
        for those in owners.values():
            if 1 < len(those) <= most:
                for (one, function), (other, _) in combinations(those, 2):
                    people = [self.origins[self.names[each]].people for each in (one, other)]
                    if not people[0] & people[1]:
                        candidates[one, other].add(function)
        return candidates

    def _add_code(self, pair: Pair, one: Record | None, other: Record | None) -> None:
        if one is None or other is None:
            return
        sides = [(cells, self.reader.read(cells)[0]) for cells in map(cells_of, (one, other))]
        for function in pair.shares:
            if all(function in answers for _, answers in sides):
                (_, a), (_, b) = sides
                hits = _hits(*(_columns(answers[function]) for answers in (a, b)))
                left, right = (
                    _lines(cells, answers[function], hit)
                    for (cells, answers), hit in zip(sides, hits, strict=True)
                )
                pair.code[function] = left, right


def _text_of(record: Record | None, question: str) -> str:
    """Return what a submission answers to a written question, its end left out if it is long."""
    answers = [] if record is None else record.written
    return next((cut(a["text"], LONGEST_TEXT) for a in answers if a["question"] == question), "")


def cells_of(record: Record) -> list[str]:
    """Return the code of a submission."""
    return [source for sources in record.code.values() for source in sources]


def _columns(code: Code) -> Columns:
    return [each.number for each in code.statements], [each.with_next for each in code.statements]


def _hits(one: Columns, other: Columns) -> tuple[set[int], set[int]]:
    """Return which statements stand beside the same neighbour in the other answer as well."""

    def hits(a: list[int], b: list[int]) -> set[int]:
        shared = set(b) - {0}
        return {row for i, number in enumerate(a) if number in shared for row in (i, i + 1)}

    return hits(one[1], other[1]), hits(other[1], one[1])


def _agreement(one: Digest, other: Digest, function: int, counts: Counts) -> tuple[float, float]:
    """Return how much of two answers to a function agrees, and what that tells in bits.

    Both are 0 if it is too little.
    """
    rows = one.rows_of(function), other.rows_of(function)
    digests = list(zip((one, other), rows, strict=True))
    columns = [([d.numbers[r] for r in rs], [d.with_next[r] for r in rs]) for d, rs in digests]
    sizes = [[d.sizes[r] for r in rs] for d, rs in digests]
    hits = _hits(*columns)
    shares = [sum(size[i] for i in hit) / sum(size) for size, hit in zip(sizes, hits, strict=True)]
    if min(shares) < LEAST_SHARE or min(map(len, hits)) < LEAST_STATEMENTS:
        return 0.0, 0.0
    told = [counts.bits(function, each, hit) for each, hit in zip(columns, hits, strict=True)]
    return min(shares), min(told)


def _lines(cells: list[str], code: Code, hits: set[int]) -> list[Line]:
    """Return the lines of an answer, at most `LONGEST_CODE` characters."""
    agree = {
        (each.cell, line)
        for i, each in enumerate(code.statements)
        if i in hits
        for line in range(each.first, each.last + 1)
    }
    lines: list[Line] = []
    left = LONGEST_CODE
    for cell, first, last in code.places:
        for number, text in enumerate(cells[cell].split("\n")[first - 1 : last], first):
            left -= len(text)
            if left < 0:
                return [*lines, Line("…", False)]
            lines.append(Line(text, (cell, number) in agree))
    return lines
