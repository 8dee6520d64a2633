"""Let a failing test tell staff everything, a hidden one too.

A hidden test says of its input no more than students may read: its checks get ``hidden="..."``,
its assertions have words for a message. Here the test files of a plain zip are rewritten, so that
the checks believe to be public, and the assertions show what they compared.
"""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path

from .build import write_zip


def write_unhidden(source: Path, target: Path) -> None:
    """Copy a plain zip; the tests of the copy hide nothing."""
    with zipfile.ZipFile(source) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    tests = [name for name in entries if name.startswith("tests/") and name.endswith(".py")]
    write_zip(entries | {name: unhidden(entries[name].decode()).encode() for name in tests}, target)


def unhidden(source: str) -> str:
    """Return the source of a test file whose tests hide nothing."""
    module = ast.parse(source)
    for function in module.body:
        if isinstance(function, ast.FunctionDef):  # not its decorator, which has a hidden= too
            function.body = [_Unhide().visit(statement) for statement in function.body]
    return ast.unparse(ast.fix_missing_locations(module))


class _Unhide(ast.NodeTransformer):
    """Takes ``hidden=...`` from calls, and gives assertions a message that shows values."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "hidden"]
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        self.generic_visit(node)
        shown: list[ast.expr] = [node.msg] if node.msg else []
        for part in _compared(node.test):
            shown += [ast.Constant(f"\n  {ast.unparse(part)} is "), _call("repr", part)]
        join = ast.Attribute(ast.Constant(""), "join", ast.Load())
        texts: list[ast.expr] = [_call("str", part) for part in shown]
        node.msg = ast.Call(join, [ast.List(texts, ast.Load())], [])
        return node


def _compared(test: ast.expr) -> list[ast.expr]:
    """Return what an assertion compares: the sides, or the arguments of a call like allclose."""
    if isinstance(test, ast.UnaryOp):
        return _compared(test.operand)
    if isinstance(test, ast.Compare):
        parts = [test.left, *test.comparators]
    else:
        parts = test.args if isinstance(test, ast.Call) else [test]
    return [part for part in parts if not isinstance(part, ast.Starred)]


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])
