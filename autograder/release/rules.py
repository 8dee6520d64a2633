"""What code in a master must be like, told from its syntax tree alone."""

from __future__ import annotations

import ast
import builtins
import functools
import re
import symtable
from collections.abc import Collection, Iterator, Sequence

from IPython.core.inputtransformer2 import TransformerManager

# A comment that Otter reads, or nearly one.
MARKER = re.compile(r"""("{3}|'{3})?\s*#\s*(BEGIN|END)\b""", re.IGNORECASE)
MARKERS = (
    "# BEGIN SOLUTION NO PROMPT", "# BEGIN SOLUTION", "# END SOLUTION",
    '""" # BEGIN PROMPT', '""" # END PROMPT', "# BEGIN IGNORE", "# END IGNORE",
)  # fmt: skip
# Arguments of a check that may be numbers in a hidden test: they say how, not what, is compared.
HARMLESS = ("scale",)
# What an assertion of a hidden test may call besides the tested functions.
TOLERANCES = ("rtol", "atol", "rel_tol", "abs_tol", "equal_nan")
COMPARING = ("allclose", "isclose", "array_equal", "isinstance", "len", "all", "any", "abs")
# What IPython adds to the names of Python.
KNOWN_NAMES = {*dir(builtins), "get_ipython", "display", "In", "Out", "__file__", "__name__"}
LONGEST_LINE = 60


def first_line(source: str) -> str:
    """Return the first line of a cell that tells it from others, for a person to look for."""
    lines = [line.strip().replace("`", "") for line in source.splitlines()]
    telling = [line for line in lines if line and not re.match(r"#\s*HIDDEN\b", line, re.I)]
    return next(iter(telling), "empty")[:LONGEST_LINE]


@functools.cache
def syntax_fault(source: str) -> str:
    """Return why a code cell is no Python, magics and lines of shell aside; "" if it is."""
    try:
        ast.parse(as_python(source))
    except SyntaxError as error:
        return f"is not valid Python (line {error.lineno}: {error.msg}): correct that line"
    except ValueError as error:  # a null byte
        return f"is not valid Python ({error}): type the cell again"
    return ""


@functools.cache
def as_python(source: str) -> str:
    """Return a cell as IPython runs it: magics are calls."""
    return TransformerManager().transform_cell(source)


def is_test(source: str) -> bool:
    """Return whether a code cell is a test, which is no part of what runs in the notebook."""
    return bool(re.search(r"^(async )?def test_", source, re.MULTILINE))


def marker_faults(source: str) -> Iterator[str]:
    """Yield which comments for Otter are misspelt, or have no partner."""
    lines = (" ".join(line.split()) for line in source.splitlines())
    found = [line for line in lines if MARKER.match(line)]
    if misspelt := [line for line in found if line not in MARKERS]:
        yield from (f"`{line}` is no marker: write {_meant(line)}" for line in misspelt)
        return
    marks = [line.partition("# ")[2].split() for line in found]
    for word in ("SOLUTION", "PROMPT", "IGNORE"):
        edges = [mark[0] for mark in marks if mark[1] == word]
        if edges != ["BEGIN", "END"] * (len(edges) // 2):
            yield f"has {word} markers without partner: each BEGIN needs its END below it"


def _meant(line: str) -> str:
    """Return the markers that a misspelt one may be meant to be."""
    words = line.upper()
    word = next((w for w in ("SOLUTION", "IGNORE", "PROMPT") if w in words), "SOLUTION")
    edge = "BEGIN" if "BEGIN" in words else "END"
    return " or ".join(f"`{m}`" for m in MARKERS if f"# {edge} {word}" in m)


def test_faults(test: ast.FunctionDef, hidden: bool) -> Iterator[str]:
    """Yield what is wrong with the function of a test cell.

    Args:
        test: the function.
        hidden: whether the cell begins with ``# HIDDEN``.
    """
    if not test.name.startswith("test_"):
        yield f"{test.name} is no name of a test: call it test_..."
    if faults := list(_visibility_faults(test, hidden)):
        yield from faults
        return
    yield from _use_faults(test)
    if hidden:
        yield from _quoted_faults(test)


def _visibility_faults(test: ast.FunctionDef, hidden: bool) -> Iterator[str]:
    """Yield where mark, name and calls of a test do not agree on whether it is hidden."""
    is_public = "public" in test.name.split("_")
    passes = any(_keyword(call, "hidden") for call in _checks(test))
    if hidden and is_public:
        yield f"{test.name} is hidden: give it a name without `public`, or remove # HIDDEN"
    if not hidden and passes:
        yield (
            f"{test.name} passes hidden=..., but students would see it: write # HIDDEN on top of "
            f"the cell"
        )
    elif not hidden and not is_public:
        yield (
            f"{test.name} would be seen by students: write # HIDDEN on top of the cell or, if they "
            f"should see it, call it test_public or test_..._public"
        )


def _use_faults(test: ast.FunctionDef) -> Iterator[str]:
    """Yield what keeps a test from testing something."""
    if test.decorator_list or test.args.defaults:
        yield f"{test.name} has a decorator or default values: remove them"
    names = {node.id for node in _nodes(test) if isinstance(node, ast.Name)}
    parameters = _parameters(test)
    if not parameters:
        yield f"{test.name} takes no function: make the function that it tests its parameter"
        return
    for name in parameters:
        if name not in names:
            yield f"{test.name} never uses {name}: call it, or hand it to a check"
    judges = any(isinstance(node, (ast.Assert, ast.Raise)) for node in _nodes(test))
    if not judges and not _checks(test):
        yield f"{test.name} checks nothing: let it assert, or call a check_... function"
    if unknown := sorted(unbound(source_of(test)) - KNOWN_NAMES):
        yield (
            f"{test.name} uses {', '.join(unknown)}, but a test sees nothing of the notebook: "
            f"import or define it inside the test"
        )


def _quoted_faults(test: ast.FunctionDef) -> Iterator[str]:
    """Yield which lines of a hidden test would show its values: a failure quotes its line."""
    for node in _nodes(test):
        if isinstance(node, ast.Assert):
            if not isinstance(node.msg, ast.Constant):
                yield (
                    f"{test.name} is hidden, but asserts: a failure quotes that line, so let a "
                    f"check_... function compare, or let the assertion say in words what is "
                    f'special: assert same, "other sizes"'
                )
            elif not _is_plain(node.test, calls={*COMPARING, *_parameters(test)}):
                yield _shows(test)
    for call in _checks(test):
        if not _keyword(call, "hidden"):
            yield f"{test.name} is hidden, so its checks need hidden='what is special'"
        shown = [k.value for k in call.keywords if k.arg not in HARMLESS]
        if not all(map(_is_plain, [*call.args, *shown])):
            yield _shows(test)


def _shows(test: ast.FunctionDef) -> str:
    return (
        f"{test.name} shows hidden values: a failure quotes the line of the check, so give it "
        f"names only (arguments, right), and work them out above"
    )


def _is_plain(node: ast.AST, calls: Collection[str] = ()) -> bool:
    """Return whether an expression is made of names and words, so that it tells no value.

    Args:
        node: the expression.
        calls: names of functions that it may call.
    """
    if isinstance(node, ast.Constant):
        is_number = isinstance(node.value, (int, float, complex))
        return not is_number or isinstance(node.value, bool)
    if isinstance(node, ast.Call):
        parts = [*node.args, *(k.value for k in node.keywords if k.arg not in TOLERANCES)]
        return _name_of(node) in calls and all(_is_plain(part, calls) for part in parts)
    kinds = (ast.Name, ast.Dict, ast.List, ast.Tuple, ast.Starred, ast.expr_context, ast.Compare,
             ast.BoolOp, ast.UnaryOp, ast.cmpop, ast.boolop, ast.unaryop)  # fmt: skip
    children = ast.iter_child_nodes(node)
    return isinstance(node, kinds) and all(_is_plain(child, calls) for child in children)


def _parameters(test: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in test.args.args]


def _name_of(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


@functools.lru_cache(maxsize=1)  # several ask for that of the same test
def source_of(test: ast.FunctionDef) -> str:
    """Return a test's code without comments."""
    return ast.unparse(test)


@functools.lru_cache(maxsize=1)  # as above
def _nodes(test: ast.FunctionDef) -> list[ast.AST]:
    return list(ast.walk(test))


def _checks(test: ast.FunctionDef) -> list[ast.Call]:
    """Return the calls that judge: of functions called ``check_...`` or ``assert_...``."""
    calls = [node for node in _nodes(test) if isinstance(node, ast.Call)]
    return [call for call in calls if _name_of(call).startswith(("check", "assert"))]


def _keyword(call: ast.Call, name: str) -> bool:
    return any(keyword.arg == name for keyword in call.keywords)


def name_faults(cells: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield which cells use names that come later, or never: a cell's number and the fault.

    Args:
        cells: number and source of each code cell that runs in the notebook, in order.
    """
    sources = [(number, as_python(source)) for number, source in cells]
    if any(re.search(r"^\s*from .* import \*", source, re.M) for _, source in sources):
        return  # it may bring any name
    places: dict[str, int] = {}
    for number, source in sources:
        for name in bound(source):
            places.setdefault(name, number)
    late: dict[int, set[str]] = {}  # names by the cell that defines them
    lost: dict[str, int] = {}  # the first cell that uses a name
    for number, source in sources:
        for name in sorted(unbound(source) - KNOWN_NAMES):
            if name not in places:
                lost.setdefault(name, number)
            elif places[name] > number:
                late.setdefault(places[name], set()).add(name)
    for name, number in lost.items():
        yield number, f"uses {name}, which no cell defines: define it, or correct the name"
    for number, names in late.items():
        yield number, f"defines {_list(sorted(names))}, which a cell above uses: move it up"


def _list(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names[:3])} and {len(names) - 3} more" if len(names) > 3 else ", ".join(names)
    )


def bound(source: str) -> set[str]:
    """Return the global names that a piece of code defines."""
    top = symtable.symtable(source, "cell", "exec")
    names = {s.get_name() for s in top.get_symbols() if _is_bound(s)}
    return names | {s.get_name() for table in _inner(top) for s in table.get_symbols()
                    if s.is_declared_global() and _is_bound(s)}  # fmt: skip


def unbound(source: str) -> set[str]:
    """Return the global names that a piece of code uses and does not define."""
    top = symtable.symtable(source, "cell", "exec")
    used = {s.get_name() for s in top.get_symbols() if s.is_referenced() and not _is_bound(s)}
    used |= {s.get_name() for table in _inner(top) for s in table.get_symbols()
             if s.is_referenced() and s.is_global()}  # fmt: skip
    return {name for name in used - bound(source) if not name.startswith("_")}


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield all scopes below one."""
    for child in table.get_children():
        yield child
        yield from _inner(child)
