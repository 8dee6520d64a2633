"""Which functions are taken for pure: of those that leave a trace, none may be."""

from __future__ import annotations

import builtins
import math
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from autograder.grader.sandbox.pure import HOOKS, is_pure

PURE = {
    "a formula": "def f(x, y): return 2 * np.mean((x - y) ** 2)",
    "a loop": """
def f(x):
    total = 0
    for i, value in enumerate(x):
        total += value if value > 0 else -value
    return total / len(x)
""",
    "changes its argument": "def f(x):\n    x[0] = 1\n    x -= 1\n    return x",
    "a list of its own": "def f(x):\n    r = []\n    for v in x: r.append(v)\n    return np.array(r)",
    "functions inside": "def f(x):\n    g = lambda v: v * k\n    k = 2\n    return sum(map(g, x))",
    "another function": "def g(x): return x.sum()\ndef f(x, a=1.5, *, b=None): return g(x) * a",
    "itself": "def f(n): return 1 if n == 0 else n * f(n - 1)",
    "numbers": "a, b = 3, np.float64(2)\ndef f(x): return x * a + b",
    "linear algebra": "def f(x, y): return np.linalg.lstsq(x, y, rcond=None)[0] @ x.T",
    "a name of its own": "from numpy import exp as e, linalg\ndef f(x): return linalg.norm(e(x))",
    "no warnings": "def f(x):\n    with np.errstate(divide='ignore'):\n        return 1 / x",
    "errors": """
def f(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        raise ValueError(f'{x} is zero') from None
""",
    "an unknown name": "def f(x): return nowhere",
    "a condition": "def f(x): return np.where(x > 0, x, 0)",
    "prints": "def f(x): print(x)",
    "nothing yet": "def f(x): raise NotImplementedError('write it')",
    "math": "import math\ndef f(x): return math.sqrt(x) * math.pi",
}
IMPURE = {
    "sets a global name": "def f(x):\n    global a\n    a = x",
    "deletes a global name": "a = 1\ndef f(x):\n    global a\n    del a",
    "changes a list": "a = []\ndef f(x): a.append(x)",
    "changes an array": "a = np.zeros(3)\ndef f(x): a[0] = x",
    "changes its default": "def f(x, a=[]):\n    a.append(x)\n    return a",
    "changes a default by name": "def f(x, *, a=[]):\n    a.append(x)\n    return a",
    "changes a closure": """
def make():
    n = 0
    def f(x):
        nonlocal n
        n += 1
        return n
    return f
f = make()
""",
    "keeps something at itself": "def f(x): f.kept = x",
    "changes what is kept at itself": "def f(x): f.values.append(x)\nf.values = []",
    "keeps something at NumPy": "np.values = []\ndef f(x): np.values.append(x)",
    "changes what is kept at a function": "def f(x): np.mean.values.append(x)\nnp.mean.values = []",
    "changes what is kept at a class": "np.errstate.values = []\ndef f(x): np.errstate.values.pop()",
    "replaces a function of NumPy": "def f(x): np.mean = np.sum",
    "calls what was replaced": "np.exp = input\ndef f(x): return np.exp(x)",
    "calls a builtin that was replaced": "import builtins\nbuiltins.sum = input\ndef f(x): sum(x)",
    "has builtins of its own": """
made = {"__builtins__": {"sum": input}}
exec("def f(x): return sum(x)", made)
f = made["f"]
""",
    "draws a number": "def f(x): return np.random.rand()",
    "sets how NumPy warns": "def f(x): np.seterr(all='raise')",
    "imports": "def f(x):\n    import numpy\n    return numpy.mean(x)",
    "reads a file": "def f(x): return open('a').read()",
    "writes a file": "def f(x): x.tofile('a')",
    "prints to somebody": "import io, sys\nsys.stdout = io.StringIO()\ndef f(x): print(x)",
    "calls by text": "def f(x): return eval('x')",
    "finds by text": "def f(x): return getattr(np, 'random').rand()",
    "finds a class": "def f(x): return x.__class__.__mro__[1].__subclasses__()",
    "makes a class": "def f(x):\n    class A: pass\n    return A()",
    "caches": "import functools\n@functools.cache\ndef f(x): return x",
    "is a method": "class A:\n    def __call__(self, x): self.x = x\nf = A()",
    "uses a number with methods": """
class Number(float):
    def __mul__(self, other): kept.append(other)
a, kept = Number(1), []
def f(x): return a * x
""",
    "does so in a function that it calls": "def g(x):\n    global a\n    a = x\ndef f(x): return g(x)",
    "does so in a function inside": "def f(x):\n    def g():\n        global a\n        a = x\n    g()",
    "does so in a list": "a = []\ndef f(x): return [a.append(v) for v in x]",
    "takes what memory holds": "def f(x): return np.empty(3)",
    "takes it like another array": "def f(x): return np.empty_like(x)",
    "takes it where a condition is false": "def f(x): return np.divide(1, x, where=x != 0)",
    "takes it so by a dict": "def f(x): return np.divide(1, x, **{'where': x != 0})",
    "stops for good inside of with": """
def inverse(x):
    with np.errstate(divide="raise"):
        for v in x: yield 1 / v
def f(x, y): return [a + b for a, b in zip(inverse(x), inverse(y))]
""",
    "names what it takes in a pattern": """
def f(x):
    match x:
        case dict(update=g): g(a=1)
""",
    "is watched by a function": "import sys\nsys.setprofile(lambda *_: None)\ndef f(x): return x",
    "has errors that call": "np.seterrcall(lambda *_: None)\ndef f(x): return 1 / x",
    "has warnings that call": "import warnings\nwarnings.showwarning = print\ndef f(x): return x",
    "uses what was replaced inside of NumPy": "np.asanyarray = input\ndef f(x): return np.average(x)",
    "is longer than anybody writes": "def f(x):\n" + "    x = x * x + 1\n" * 3000 + "    return x",
    "uses what cannot be looked at": """
class Meta(type):
    def __eq__(self, other): return True
class Model(metaclass=Meta): pass
model = Model()
def f(x): return model
""",
    "sets NumPy's array": "def f(x): x.setflags(write=False)",
    "is no function": "f = np.vectorize(lambda x: x)",
}


@pytest.fixture
def function_of(monkeypatch):
    """Return a function that runs source and returns its ``f``; modules are restored after it."""
    monkeypatch.setattr(sys, "stdout", HOOKS[0])

    def run(source: str) -> Any:
        names: dict[str, Any] = {"np": np}
        exec(source, names)
        return names["f"]

    before = [(module, dict(vars(module))) for module in (np, np.linalg, math, builtins, warnings)]
    yield run
    np.seterrcall(None)
    sys.setprofile(None)
    for module, names in before:
        for name in vars(module).keys() - names.keys():
            delattr(module, name)
        for name, value in names.items():
            if vars(module)[name] is not value:
                setattr(module, name, value)
    for holder in (np.mean, np.errstate):
        if "values" in vars(holder):
            del holder.values


@pytest.mark.parametrize("source", PURE.values(), ids=PURE)
def test_pure(function_of, source):
    assert is_pure(function_of(source))


@pytest.mark.parametrize("source", IMPURE.values(), ids=IMPURE)
def test_impure(function_of, source):
    assert not is_pure(function_of(source))


def test_modules_are_as_they_were(function_of):
    assert is_pure(function_of("def f(x): return np.mean(x)"))
