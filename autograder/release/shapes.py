"""Compare pieces of Python whatever their names, spacing and way of writing the same.

A `Form` is a piece of code in one canonical way of writing: ``np.mean(x)``, ``x.mean()`` and
``numpy.average(x)`` have one form, and so have ``2 * x`` and ``x * 2.0``. The `shape` of a form
numbers its names. Where there is no syntax to go by, in prose and comments, `tokens` will do.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# numpy's functions of two arguments that are operators too.
OPERATORS = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mult",
    "divide": "Div",
    "dot": "MatMult",
    "matmul": "MatMult",
}
COMMUTATIVE = {"Add", "Mult"}
NUMBER = r"(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?"
TOKEN = re.compile(rf"(?P<name>\.?[^\W\d]\w*)|(?P<number>{NUMBER})|\*\*|//|[=!<>]=|[^\s#]")


class Form(NamedTuple):
    """A syntax tree in canonical writing; ``name`` is set for names only."""

    label: str
    children: tuple[Form, ...] = ()
    name: str = ""

    def walk(self) -> Iterator[Form]:
        """Yield this form and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def weight(self) -> int:
        """Return how much there is besides names (``np.mean``, as a call, counts once)."""
        return sum(not (form.name or form.label.startswith("Attribute")) for form in self.walk())


def form_of(node: ast.AST) -> Form:
    """Return the form of a syntax tree."""
    if isinstance(node, ast.Name):
        return Form("", name=node.id)
    if isinstance(node, ast.Constant):
        # Equal numbers hash alike: 2 and 2.0.
        number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        return Form(f"number {hash(node.value)}" if number else repr(node.value))
    if isinstance(node, ast.BinOp):
        return _operation(type(node.op).__name__, form_of(node.left), form_of(node.right))
    return (isinstance(node, ast.Call) and _numpy_call(node)) or _any_form(node)


def body_of(function: ast.FunctionDef) -> Form:
    """Return the form of a function's statements, without its docstring."""
    first = function.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    statements = function.body[1:] if docstring else function.body
    return Form("body", tuple(form_of(statement) for statement in statements))


def shape(form: Form) -> str:
    """Return a form as text with its names numbered, so that renaming hides nothing."""
    # Operands are sorted by what renaming does not change: how often each name occurs.
    counts = Counter(part.name for part in form.walk() if part.name)
    form = _sorted(form, {name: f"{count} times" for name, count in counts.items()})
    order = dict.fromkeys(part.name for part in form.walk() if part.name)
    return _text(form, {name: f"v{i}" for i, name in enumerate(order)})


def tokens(text: str) -> str:
    """Return the tokens of a text, a space around each; names are alike but after a dot."""
    return f" {' '.join(_token(match) for match in TOKEN.finditer(text))} "


def _token(match: re.Match[str]) -> str:
    text = match[0]
    if match["number"]:
        return repr(float(text.replace("_", "")))
    is_wild = match["name"] and not text.startswith(".") and not keyword.iskeyword(text)
    return "name" if is_wild else text


def _operation(operator: str, left: Form, right: Form) -> Form:
    """Return the form of ``left operator right``; chains of + and * become one level."""
    parts: list[Form] = []
    for side in (left, right):
        is_chain = operator in COMMUTATIVE and side.label == operator
        parts += side.children if is_chain else [side]
    return Form(operator, tuple(parts))


def _numpy_call(call: ast.Call) -> Form | None:
    """Return the form of numpy's means, sums and operators, under whatever alias, or None."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    arguments = call.args
    # x.mean(), x.sum(0) and x.dot(y) are methods; np.mean(x) is a function of a module.
    plain = all(isinstance(argument, ast.Constant) for argument in arguments)
    if isinstance(call.func, ast.Attribute) and (plain or (name, len(arguments)) == ("dot", 1)):
        arguments = [call.func.value, *arguments]
    if name in OPERATORS and len(arguments) == 2 and not call.keywords:
        return _operation(OPERATORS[name], *map(form_of, arguments))
    if name == "average" and len(arguments) == 1 and not call.keywords:
        name = "mean"
    if name in ("mean", "sum") and arguments:
        return Form(f"np.{name}", tuple(map(form_of, [*arguments, *call.keywords])))
    return None


def _any_form(node: ast.AST) -> Form:
    """Return a form that keeps every field of a node but its context and position."""
    label, children = type(node).__name__, []
    for field, value in ast.iter_fields(node):
        values = value if isinstance(value, list) else [value]
        nodes = [v for v in values if isinstance(v, ast.AST)]
        nodes = [v for v in nodes if not isinstance(v, ast.expr_context)]
        children += nodes
        others = [v for v in values if isinstance(v, (str, int))]
        label += f" {field}:{len(nodes)}{others or ''}"
    return Form(label, tuple(map(form_of, children)))


def _sorted(form: Form, names: Mapping[str, str]) -> Form:
    children = [_sorted(child, names) for child in form.children]
    if form.label in COMMUTATIVE:
        children.sort(key=lambda child: _text(child, names))
    return form._replace(children=tuple(children))


def _text(form: Form, names: Mapping[str, str]) -> str:
    if form.name:
        return names[form.name]
    return f"{form.label}({', '.join(_text(child, names) for child in form.children)})"
