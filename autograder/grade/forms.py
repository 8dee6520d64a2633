"""What an answer's code looks like when names, layout and comments are taken away.

    python -I -B forms.py

Students wrote the code, and code can bring a parser down, so this runs as a process of its own,
with limits, and knows nothing of this package. Nothing is executed. Each line of input is a
submission as JSON, ``{"cells": [...], "functions": [...]}``; each line of output says what
`describe` says of it. To sum up a normal form:

- Local names are numbered as they come up. Texts are all the same, 2 and 2.0 too.
- Docstrings, annotations and `pass` are left out; `a += b` is `a = a + b`.
- The order of operands and keywords is fixed where it does not matter, and so is that of
  assignments that do not depend on each other.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import itertools
import json
import resource
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

# An honest submission takes 0.02 s and 30 MB.
SECONDS, MEMORY = 5, 2**29
LONGEST_CODE = 200_000  # characters; an honest submission has some 10,000
MOST_STATEMENTS = 300  # of one function, with its helpers
HASH_BYTES = 8

# A normal form: the name of an operation and its parts; a local name is a leaf of its own kind.
Form = tuple[Any, ...]
LOCAL = "local"
FLIPPED = {"Gt": "Lt", "GtE": "LtE"}
SYMMETRIC = {"Add", "Mult", "Eq", "NotEq", "BitAnd", "BitOr"}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


class Statement(NamedTuple):
    """A statement, or the first line of one that holds others."""

    form: Form
    place: tuple[int, int, int]  # cell, first line, last line
    reads: frozenset[str]
    writes: frozenset[str]
    moves: bool  # it may change places with what it does not depend on


def main() -> None:
    """Answer each line of input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, hard))
        message = json.loads(line)
        print(json.dumps(describe(message["cells"], message["functions"])), flush=True)


def describe(cells: list[str], functions: list[str]) -> dict[str, Any]:
    """Return what the cells define.

    Returns:
        ``unread``: how many cells or functions could not be read. ``answers``: for each of the
        functions that is defined, with the helpers that it calls, ``places``, lists of cell, first
        and last line of each definition; and ``statements``, lists of the number of the normal
        form, the number of its normal form together with the statement that follows (0 for the
        last one), its size, its cell, its first and its last line.
    """
    definitions: dict[str, tuple[int, ast.AST]] = {}
    answers, unread = {}, 0
    for number, source in enumerate(cells):
        tree = parse(source) if sum(map(len, cells)) <= LONGEST_CODE else None
        unread += tree is None
        for node in tree.body if tree else ():
            definitions |= dict.fromkeys(defined(node), (number, node))
    for name in functions:
        if name in definitions:
            try:
                answers[name] = answer(name, definitions)
            except RecursionError:
                unread += 1
    return {"answers": answers, "unread": unread}


def parse(source: str) -> ast.Module | None:
    """Return the tree of a cell; None if it is no Python."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse(source)
    # Lines for IPython: the number of lines stays.
    plain = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")]
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse("\n".join(plain))
    return None


def defined(node: ast.stmt) -> Iterator[str]:
    """Yield the functions that a statement of a cell defines."""
    if isinstance(node, FUNCTION):
        yield node.name
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def answer(name: str, definitions: dict[str, tuple[int, ast.AST]]) -> dict[str, Any]:
    """Return what `describe` says of one function."""
    names, rows, places = [name], [], []
    for function in names:  # grows
        cell, node = definitions[function]
        called = set(names_in(node))
        names += sorted((called & definitions.keys()) - set(names))
        places.append([cell, first_line(node), getattr(node, "end_lineno", 1)])
        statements = list(Reader(node, cell, frozenset(definitions)).statements())
        forms = [each.form for each in statements]
        numbers = [*(number_of(name, *pair) for pair in itertools.pairwise(forms)), 0]
        for each, following in zip(statements, numbers, strict=bool(statements)):
            rows.append([number_of(name, each.form), following, size_of(each.form), *each.place])
        if len(rows) > MOST_STATEMENTS:
            rows = rows[:MOST_STATEMENTS]
            rows[-1][1] = 0
            break
    return {"statements": rows, "places": places}


def first_line(node: ast.AST) -> int:
    """Return the line that a definition begins with, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min(int(each.lineno) for each in [node, *decorators])


# -- normal forms -----------------------------------------------------------------------------


class Reader:
    """Makes normal forms of a function's statements."""

    def __init__(self, node: ast.AST, cell: int, helpers: frozenset[str]):
        if isinstance(node, ast.Assign):
            node = node.value
        assert isinstance(node, FUNCTION | ast.Lambda)
        self.node, self.cell = node, cell
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.parameters = {argument.arg: i for i, argument in enumerate(arguments)}
        self.locals = helpers | frozenset(bound(node))

    def statements(self) -> Iterator[Statement]:
        """Yield all statements, in an order that does not depend on what is free."""
        if isinstance(self.node, ast.Lambda):
            yield self.statement(self.node.body, ("Return", self.form(self.node.body)))
            return
        run: list[Statement] = []
        for statement in self.flat(self.node.body):
            run.append(statement)
            if not statement.moves:
                yield from [*ordered(run[:-1]), statement]
                run = []
        yield from ordered(run)

    def flat(self, body: list[ast.stmt]) -> Iterator[Statement]:
        """Yield statements, those in blocks behind the line that begins the block."""
        for node in body:
            if isinstance(node, ast.Pass) or is_text(node):
                continue
            node = assignment(node)
            yield self.statement(node, self.form(node))
            for inner in blocks(node):
                yield from self.flat(inner)

    def statement(self, node: ast.AST, form: Form) -> Statement:
        """Return a statement with what it reads and writes."""
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        moves = isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        first = getattr(node, "lineno", 1)
        inner = [line for block in blocks(node) for line in (each.lineno for each in block)]
        last = min([line - 1 for line in inner], default=getattr(node, "end_lineno", first))
        return Statement(
            form,
            (self.cell, first, max(first, last)),
            frozenset(names_in(node)),
            frozenset(name for target in targets if target for name in names_in(target)),
            moves,
        )

    def form(self, value: Any) -> Form:
        """Return the normal form of a piece of code."""
        if isinstance(value, ast.Name):
            return self.name(value.id)
        if isinstance(value, ast.Constant):
            return ("Constant", constant(value.value))
        if isinstance(value, ast.BinOp | ast.BoolOp):
            operator = type(value.op).__name__
            parts = [self.form(part) for part in operands(value)]
            return (operator, *(sorted(parts, key=nameless) if operator in SYMMETRIC else parts))
        if isinstance(value, ast.Compare) and len(value.ops) == 1:
            return self.comparison(value)
        if isinstance(value, ast.Call):
            keywords = sorted(value.keywords, key=lambda keyword: keyword.arg or "")
            return ("Call", *map(self.form, [value.func, *value.args, *keywords]))
        if isinstance(value, ast.AST):
            return self.other(value)
        if isinstance(value, list):
            return ("list", *map(self.form, value))
        return self.name(value) if isinstance(value, str) else ("Constant", constant(value))

    def name(self, name: str) -> Form:
        if name in self.parameters:
            return ("parameter", self.parameters[name])
        return (LOCAL, name) if name in self.locals else ("name", name)

    def comparison(self, node: ast.Compare) -> Form:
        operator = type(node.ops[0]).__name__
        parts = [self.form(node.left), self.form(node.comparators[0])]
        if operator in FLIPPED:
            return (FLIPPED[operator], *reversed(parts))
        return (operator, *(sorted(parts, key=nameless) if operator in SYMMETRIC else parts))

    def other(self, node: ast.AST) -> Form:
        """Return the form of what has no rule of its own; blocks in it come by themselves."""
        left_out = {"ctx", "type_comment", "annotation", "returns", "type_params", "kind"}
        if isinstance(node, ast.stmt | ast.excepthandler):
            left_out |= {"body", "orelse", "finalbody", "handlers", "cases"}
        parts = [getattr(node, field, None) for field in node._fields if field not in left_out]
        return (type(node).__name__, *(self.form(part) for part in parts if part is not None))


def assignment(node: ast.stmt) -> ast.stmt:
    """Return a statement; if it is another kind of assignment, as a plain one."""
    if isinstance(node, ast.AugAssign):
        value: ast.expr = ast.BinOp(node.target, node.op, node.value)
    elif isinstance(node, ast.AnnAssign) and node.value:
        value = node.value
    else:
        return node
    return ast.copy_location(ast.Assign([node.target], value), node)


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement."""
    if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
        for field in ("body", "handlers", "cases", "orelse", "finalbody"):
            for each in getattr(node, field, ()):
                if not isinstance(each, ast.stmt):
                    yield from blocks(each)
            if block := [e for e in getattr(node, field, ()) if isinstance(e, ast.stmt)]:
                yield block


def operands(node: ast.BinOp | ast.BoolOp) -> list[ast.expr]:
    """Return the operands; of a + b + c all three."""
    if isinstance(node, ast.BoolOp):
        return node.values
    operator = type(node.op)
    parts = [node.left, node.right]
    while operator in (ast.Add, ast.Mult):
        first = parts[0]
        if not (isinstance(first, ast.BinOp) and type(first.op) is operator):
            break
        parts[:1] = [first.left, first.right]
    return parts


def is_text(node: ast.stmt) -> bool:
    """Whether it is a text that does nothing, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def constant(value: object) -> str:
    """Return a number as a text, 2 and 2.0 as the same; any text as one."""
    if isinstance(value, str | bytes):
        return "text"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return repr(float(value))
    return repr(value)[:50] if not isinstance(value, int) else hex(value)[:50]


def bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a function gives to things."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, FUNCTION | ast.ClassDef | ast.ExceptHandler) and each.name:
            yield each.name


def names_in(node: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def ordered(statements: list[Statement]) -> Iterator[Statement]:
    """Yield statements so that each comes behind what it depends on, else by their form."""
    waiting = sorted(statements, key=lambda each: nameless(each.form))
    place = {id(each): i for i, each in enumerate(statements)}
    while waiting:
        free = next(
            each
            for each in waiting
            if not any(depends(each, o) for o in waiting if place[id(o)] < place[id(each)])
        )
        waiting.remove(free)
        yield free


def depends(statement: Statement, earlier: Statement) -> bool:
    """Whether a statement may mean something else in front of an earlier one."""
    touched = statement.reads | statement.writes
    return bool(earlier.writes & touched or earlier.reads & statement.writes)


def nameless(form: Form) -> str:
    """Return a text of a form that is the same whatever local names are."""
    return render(form, lambda name: "_")


def number_of(function: str, *forms: Form) -> int:
    """Return a number for forms in a function, the same whatever local names are."""
    numbers: dict[str, int] = {}
    text = render((function, *forms), lambda name: str(numbers.setdefault(name, len(numbers))))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).digest()) or 1


def render(form: Any, name: Callable[[str], str]) -> str:
    """Return a form as a text."""
    if not isinstance(form, tuple):
        return str(form)
    if form[0] == LOCAL:
        return name(form[1])
    return f"({' '.join(render(part, name) for part in form)})"


def size_of(form: Form) -> int:
    """Return how many names, numbers and operations there are."""
    return 1 + sum(size_of(part) for part in form if isinstance(part, tuple))


if __name__ == "__main__":
    main()
