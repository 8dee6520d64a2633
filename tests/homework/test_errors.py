"""What lab.errors makes of errors that code of students really raises."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from lab.errors import ARRAY, CAUSES, FUNCTIONS, LONGEST, METHODS, NUMPY, explain

STUB = ("theta", "x", "y")

# Bodies of functions, and words of the explanation. Its last line is the one that raises.
RAISING = [
    # operators
    ("(y - theta) ^ 2", "Powers are written `**`"),
    ("theta ^ 2", "Powers are written `**`"),
    ("t ^ 2", "Powers are written `**`"),
    ("2 ** (theta ^ 2)", "Powers are written `**`"),
    ("(y > 0) - (x > 0)", "mask * 1.0"),
    ("-(y > 0)", "mask * 1.0"),
    ("1 - (t > 0)", "mask * 1.0"),
    ("-(t > 0)", "mask * 1.0"),
    ("y > 0 & x", "(a > 0) & (b > 0)"),
    ("theta > 0 | theta", "(a > 0) & (b > 0)"),
    ("t & t", "(a > 0) & (b > 0)"),
    ("~y", "The other sign is `-`"),
    ("~theta", "The other sign is `-`"),
    ("~t", "The other sign is `-`"),
    # truth values
    ("max(y * x, 0)", "np.maximum(a, b)"),
    ("theta * min(0, y)", "np.minimum(a, b)"),
    ("max(table)", "a.max()"),
    ("max(t, 0)", "torch.maximum"),
    ("if y > 0: pass", "`if`", "np.where"),
    ("1 if y > 0 else 0", "`if`", "np.where"),
    ("while y > 0: pass", "`while`"),
    ("if t > 0: pass", "torch.where"),
    ("x > 0 and y > 0", "`and`", "`&`"),
    ("x > 0 or y > 0", "`or`"),
    ("not y", "`not`"),
    ("t > 0 and t < 1", "`and`"),
    ("0 < y < 3", "(1 > a) & (a > 0)"),
    ("y in [x, x]", "np.where"),
    ("bool(y)", "np.where"),
    ("bool(y[y > 99])", "no entries"),
    # brackets that call
    ("2(theta - y)", "`*` missing"),
    ("(theta - y)(x)", "`*` missing"),
    ("w[0](x)", "`*` missing"),
    ("theta(y - theta)", "`*` is missing after `theta`"),
    ("2 * np.mean(theta - y) * x(y - 1)", "`*` is missing after `x`"),
    ("sum(theta(x))", "`*` is missing after `theta`"),
    ("residual = theta - y\nresidual(x)", "`*` missing after `residual`"),
    ("float(t(2))", "`*` missing after `t`"),
    ("number = 3\nnumber(x)", "`*` missing after `number`"),
    ("sum = 0\nsum(y)", "name `sum` reused"),
    ("len = 5\n2 / len(y)", "name `len` reused"),
    ("max = y\nmax(y)", "name `max` reused"),
    ("list = [1]\nlist(y)", "name `list` reused"),
    ("theta.real.real.__pos__()()", "`*` missing"),
    ("pair\\\n(0)", "square brackets"),
    ("y.shape(0)", "`shape` is a value"),
    ("y.size()", "`size` is a value"),
    ("y.T()", "`T` is a value"),
    ("np(y)", "np.mean(y)"),
    ("gives_none(y)()", "f(x)()"),
    ("list(gives_none(y)())", "f(x)()"),
    ("list(pair(0))", "square brackets"),
    # names
    ("np.sum(yy - theta)", "`yy`", "parameter `y`"),
    ("thetta * x", "`thetta`", "parameter `theta`"),
    ("theta - alpha", "`alpha` is defined nowhere"),
    ("np.sum(y) / N", "len(y)"),
    ("mean(y)", "np.mean"),
    ("sqrt(y)", "np.sqrt"),
    ("dot(x, y)", "np.dot"),
    ("maximum(y, 0)", "np.maximum"),
    ("array([1])", "np.array"),
    ("nan", "np.nan"),
    ("numpy.mean(y)", "np in place of numpy"),
    ("scipy.optimize", "`scipy` is not imported"),
    ("true", "True, False, None"),
    ("residuals", "`residuals`", "variable of the notebook"),
    ("\u03b8 * x", "`\u03b8`", "`theta`"),
    ("total += y[0]", "`total` is used before"),
    ("sum = sum(y)", "`sum`", "another name"),
    ("if theta > 99:\n    grad = 1\ngrad", "`grad` is used before"),
    ("def inner(): return late\ninner()\nlate = 1", "`late`", "inner function"),
    # None
    ("theta - 0.1 * gives_none(y)", "`return` missing"),
    ("theta - np.mean(None)", "`return` missing"),
    ("gives_none(y).mean()", "`return` missing"),
    ("gives_none(y)[0]", "`return` missing"),
    ("a, b = gives_none(y)", "`return` missing"),
    ("len(gives_none(y))", "`return` missing"),
    ("gives_none(y) > 0", "`return` missing"),
    ("[].append(1)[0]", "`append` does its work"),
    ("2 * print(theta)", "`print` does its work"),
    ("t.grad * 2", "backward()"),
    # attributes
    ("y.append(1)", "cannot grow"),
    ("t.append(1)", "cannot grow"),
    ("y.average()", "np.average"),
    ("y.median()", "np.median"),
    ("y.abs()", "np.abs"),
    ("y.length", "len(y)"),
    ("y.shpae", "`.shape`"),
    ("y.relu()", "`.relu`"),
    ("y.detach()", "torch's tensors"),
    ("t.astype(float)", "`.astype`", "t.detach().numpy()"),
    ("t.shpae", "`.shape`"),
    ("t.foo", "`.foo`", "t.detach().numpy()"),
    ("np.maximun(y, 0)", "`maximum`"),
    ("np.foo(y)", "There is no `foo` in numpy"),
    ("np.float(theta)", "Write float"),
    ("torch.array(1)", "np.array"),
    ("torch.average(t)", "np.average"),
    ("torch.maximun(t, t)", "`maximum`"),
    ("math.mean(y)", "np.mean"),
    ("math.foo(y)", "`foo` in math"),
    ("values.mean()", "A list has no `.mean`"),
    ("values.shape", "A list has no `.shape`"),
    ("pair.sum()", "A tuple has no `.sum`"),
    ("pair.w1", "w1, b1, w2, b2 = ..."),
    ('pair["w1"]', "w1, b1, w2, b2 = ..."),
    ("theta.mean()", "single number", "`.mean`"),
    ("np.mean.shape", "brackets that call it"),
    ("y.mean.shape", "brackets that call it"),
    ('"text".mean()', "another type"),
    # indices
    ("np.sum(y, axis=1)", "axis 0"),
    ("t.sum(axis=1)", "axis 0"),
    ("y[len(y)]", "Index 5", "5 entries"),
    ("for i in range(len(y)): table[0, i]", "Index 3", "3 entries"),
    ("values[2]", "N - 1"),
    ("y[-6]", "N - 1"),
    ("t[7]", "Index 7", "5 entries"),
    ("y[0][0]", "one index too many"),
    ("np.mean(y)[0]", "one index too many"),
    ("t[0][0]", "one index too many"),
    ("y[0, 0]", "more indices than axes"),
    ("t[0, 0]", "more indices than axes"),
    ("y[1.0]", "`//` give integers"),
    ("y[len(y) / 5]", "`//` give integers"),
    ("y[1.0 * (y > 0)]", "y > 0"),
    ("for i in y: y[i]", "range(len(y))"),
    ("y[w > 0]", "The mask has another length"),
    ("t[torch.ones(3) > 0]", "The mask has another length"),
    ("values[0, 1]", "type tuple", "np.array"),
    ("values[theta]", "type float"),
    ("np.mean[y]", "Square brackets follow a function"),
    ("range[3]", "Square brackets follow a function"),
    ("theta[0]", "single number is indexed"),
    ("theta[0] = 1", "single number is indexed"),
    ("pair[0] = 1", "tuple cannot be changed"),
    ("for value in np.mean: pass", "brackets that call it"),
    ("for value in theta: pass", "range(len(y))"),
    ("sum(theta)", "range(len(y))"),
    ("for value in np.mean(y): pass", "range(len(y))"),
    ("1 in theta", "range(len(y))"),
    ("(2 * v for v in y)[0]", "generator", "tuple(...)"),
    ("zip(x, y) * 2", "zip", "tuple(...)"),
    ("(2 * v for v in y).mean()", "generator", "tuple(...)"),
    ("np.mean(v for v in y)", "generator", "tuple(...)"),
    ("len(map(abs, y))", "map", "tuple(...)"),
    ("len(theta)", "number of entries"),
    ("len(np.mean(y))", "number of entries"),
    ("len(np.mean)", "number of entries"),
    ('table_of["b1"]', "a key that it does not have"),
    # whole numbers
    ("for i in range(len(y) / 2): pass", "`//` divides"),
    ("for i in range(y): pass", "range(len(y))"),
    ("for i in range(theta): pass", "range(len(y))"),
    ("for i in range(t): pass", "range(len(y))"),
    ("values[y]", "One integer"),
    ("t * values", "torch.tensor"),
    ("np.arange(5).reshape(5.0)", "One integer"),
    ("torch.zeros(2.0)", "One integer"),
    ("np.concatenate(y, x)", "np.concatenate([a, b])"),
    ("np.mean(theta - y, x)", "np.mean(a * b)"),
    ("np.zeros(y.mean())", "np.zeros((5, 3))"),
    ("np.zeros(5, 3)", "np.zeros((5, 3))"),
    ("np.ones(y)", "np.ones((5, 3))"),
    ("np.array(1, 2)", "np.array([1, 2])"),
    # shapes
    ("y * w", "5 entries", "one of 3", "x[:, None]"),
    ("x[:, None] * w - y", "5 rows and 3 columns meets 5 entries"),
    ("y - x[:, None] * w", "5 rows and 3 columns meets 5 entries"),
    ("np.ones((2, 3, 4)) * y", "do not go together"),
    ('np.einsum("i,i", y, w)', "do not go together"),
    ("y[y > 1] = x[x > 2]", "a[mask] = b[mask]"),
    ("np.linalg.solve(table.T @ table, y)", "right side"),
    ("np.linalg.lstsq(table, w, rcond=None)", "right side"),
    ("torch.linalg.lstsq(torch.ones(5, 3), torch.ones(4, 1))", "right side"),
    ("theta @ y", "multiplied with `*`"),
    ("y @ 2", "multiplied with `*`"),
    ("theta @ theta", "multiplied with `*`"),
    ("t @ 2", "multiplied with `*`"),
    ("table @ y", "here 3 and 5"),
    ("y @ w", "here 5 and 3"),
    ("np.dot(table, y)", "The product sums over"),
    ("table.dot(y)", "The product sums over"),
    ("torch.ones(5, 3) @ torch.ones(5, 3)", "The product sums over"),
    ("torch.ones(5, 3) @ t", "The product sums over"),
    ("t @ torch.ones(3)", "The product sums over"),
    ("t - torch.ones(3)", "5 entries meets one of 3"),
    ("np.column_stack([table, w])", "differs in length"),
    ("np.stack([y, w])", "differs in length"),
    ("torch.stack([t, torch.ones(3)])", "differs in length"),
    ("torch.column_stack([t, torch.ones(3)])", "differs in length"),
    ("np.hstack([table, y])", "np.column_stack"),
    ("np.concatenate([table, y])", "np.column_stack"),
    ("torch.hstack([torch.ones(5, 3), t])", "np.column_stack"),
    ("np.concatenate([y, theta])", "single number"),
    ("y[:3] = x", "same shape"),
    ("y += table[0, 0] * y[:, None]", "same shape"),
    ("t[:3] = t", "same shape"),
    ("y.reshape(3, 2)", "keeps all entries"),
    ("t.reshape(3, 2)", "keeps all entries"),
    ("np.array([y, w])", "different lengths"),
    ("y[0] = x", "one number has room"),
    # one number of many
    ("float(theta - y)", "One number"),
    ("(theta - y).item()", "One number"),
    ("t.item()", "One number"),
    ("float(t)", "One number"),
    ("float(values)", "One number"),
    ("math.sqrt(y)", "np.sqrt"),
    ("math.exp(t)", "np.exp"),
    ("math.fsum(table)", "those of NumPy with arrays"),
    # operands
    ("theta - ...", "`...` is still there"),
    ("theta - gives_none", "brackets that call it"),
    ("y - np.mean", "brackets that call it"),
    ("np.array(1.0) * t.requires_grad_()[0].mean", "brackets that call it"),
    ("x * t", "meets a torch tensor"),
    ("y @ t", "meets a torch tensor"),
    ('theta + "x"', "Text stands in place of a number"),
    ('"x" + 1', "Text stands in place of a number"),
    ('y * "x"', "Text stands in place of a number"),
    ('float("x")', "Text stands in place of a number"),
    ('int("x")', "Text stands in place of a number"),
    ("pair - pair", "entry by entry"),
    ("values - 1", "entry by entry"),
    ("values ** 2", "entry by entry"),
    ("pair + theta", "entry by entry"),
    ("-values", "entry by entry"),
    ("values > 0", "entry by entry"),
    ("abs(values)", "entry by entry"),
    ("theta * pair", "entry by entry"),
    ("0.1 * values", "entry by entry"),
    # calls
    ("np.mean(theta - t)", "np.mean", "torch tensor"),
    ("two(1)", "`two`", "`b`"),
    ("two()", "`two` lacks arguments"),
    ("two(1, 2, 3)", "takes 2", "passes 3"),
    ("np.maximum(y)", "`maximum` takes", "passes 1"),
    ("(lambda: 1)(2)", "takes 0"),
    ("abs(y, x)", "too many arguments, or too few"),
    ("max()", "too many arguments, or too few"),
    ("np.maximum(y, x, 0)", "too many arguments, or too few"),
    ("two(1, c=2)", "`two` has no argument `c`"),
    ("np.mean(y, axes=0)", "no argument `axes`"),
    ("two(1, 2, a=3)", "passes `a` twice"),
    ("np.where(y > 0, y)", "np.where(condition, a, b)"),
    # torch
    ("np.array(tracked)", "t.detach().numpy()"),
    ("tracked.numpy()", "t.detach().numpy()"),
    ("torch.from_numpy(theta)", "torch.tensor(...)"),
    ("torch.sum(y)", "gets a NumPy array"),
    ("torch.clamp(y, min=0)", "gets a NumPy array"),
    ("torch.cat([t, y])", "gets a NumPy array"),
    ("t[0] = y", "gets a NumPy array"),
    ("torch.maximum(t, 0)", "torch.clamp"),
    ("torch.exp(theta)", "torch.tensor(...)"),
    ("torch.mean(values)", "torch.tensor(...)"),
    ("torch.max(t, 0.0)", "`max` of torch"),
    ("t.mean().backward()", "requires_grad=True"),
    ("torch.autograd.grad(t.sum(), t)", "requires_grad=True"),
    ("tracked.backward()", "starts from one number"),
    ("loss = (tracked**2).sum()\nloss.backward()\nloss.backward()", "twice"),
    ("tracked -= 1", "torch.no_grad()"),
    ("torch.mean(torch.arange(3))", "t.double()"),
    ("counts = torch.arange(3)\ncounts -= 0.5", "t.double()"),
    ("t.double() @ t", "t.double()"),
    ("torch.ones(5, 5).double() @ torch.ones(5, 5)", "t.double()"),
    ("torch.ones(5, 5).double() @ t", "t.double()"),
    # linear algebra
    ("np.linalg.inv(np.zeros((2, 2)))", "np.linalg.lstsq"),
    ("np.linalg.solve(np.ones((2, 2)), np.ones(2))", "several minimisers"),
    ("torch.linalg.solve(torch.ones(2, 2), torch.ones(2))", "several minimisers"),
    ("np.linalg.solve(table, y)", "square"),
    ("torch.linalg.solve(torch.ones(5, 3), t)", "square"),
    ("np.linalg.inv(y)", "x[:, None]"),
    ("np.linalg.lstsq(y, y, rcond=None)", "x[:, None]"),
    ("np.linalg.lstsq(table * np.nan, y, rcond=None)", "nan"),
    ("np.linalg.pinv(table * np.nan)", "nan"),
    # numbers
    ("theta / 0", "divided by zero"),
    ("1 / len([])", "divided by zero"),
    ("0.0 ** -1", "negative power"),
    ("endless(1)", "calls itself"),
    ("math.exp(1000)", "1e308"),
    ("10.0 ** 400", "1e308"),
    ("int(math.inf)", "infinite"),
    ("np.uint8(1) + 300", "does not fit"),
    ("math.sqrt(-1)", "not defined for this number"),
    ("math.log(0)", "not defined for this number"),
    ("int(math.nan)", "nan"),
    ("np.arange(1, 4) ** -1", "negative power"),
    ("counts = np.arange(5)\ncounts -= 0.1 * y", "`a = a - b`"),
    ("mask = y > 1\nmask -= 0.1 * y", "`a = a - b`"),
    ("y += 1j * x", "these types"),
    ('np.sqrt("x")', "values of these types"),
    ("frozen[0] = 1", "a.copy()"),
    ("frozen -= 1", "a.copy()"),
    ("max([])", "no values"),
    ("np.max(y[y > 99])", "no values"),
    # taking apart
    ("a, b, c = values", "3 names", "only 2"),
    ("a, b = y", "2 names", "more values"),
    ("a, b = theta", "single value"),
    # modules and files
    ("import pandass", "import failed"),
    ("from numpy import foo", "import failed"),
    ('open("there is no such file")', "neither a file"),
    # syntax
    ('compile("if x\\n  y", "", "exec")', "colon"),
    ('compile("if x:\\ny", "", "exec")', "indentation"),
    ('compile("if x:\\n\\ty\\n        z", "", "exec")', "indentation"),
    # raised on purpose
    ('raise NotImplementedError("q1a_i: write the gradient")', "not answered yet"),
    ("assert theta > 99", "`assert`"),
]  # fmt: skip

# What other releases say, and what a test cannot cause in a notebook's function.
SAID = [
    ("ValueError", "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()", "if 0 < y:", "`if`"),
    ("TypeError", "only length-1 arrays can be converted to Python scalars", "float(y)", "One number"),  # NumPy 1.26
    ("TypeError", "only length-1 arrays can be converted to Python scalars", "math.log(y)", "np.log"),
    ("TypeError", "'float' object cannot be interpreted as an integer", "np.zeros(2.0)", "np.zeros((5, 3))"),
    ("TypeError", "expected a sequence of integers or a single integer, got '2.0'", "np.zeros(2.0)", "np.zeros((5, 3))"),  # 2.4
    ("IndexError", "boolean index did not match indexed array along dimension 0; dimension is 5 but corresponding boolean dimension is 3", "y[mask]", "another length"),
    ("UFuncTypeError", "ufunc 'add' did not contain a loop with signature matching types (dtype('<U1'), dtype('<U1')) -> None", "", "Text"),
    ("UFuncTypeError", "ufunc 'add' did not contain a loop with signature matching types (dtype('O'), dtype('O')) -> None", "", "these types"),
    ("UnboundLocalError", "local variable 'total' referenced before assignment", "", "`total` is used before"),  # Python 3.10
    ("NameError", "free variable 'late' referenced before assignment in enclosing scope", "", "`late`"),
    ("ValueError", "too many values to unpack (expected 2, got 3)", "a, b = c", "2 names"),  # Python 3.14
    ("ValueError", "expected a nonnegative input, got -1.0", "math.sqrt(-1)", "not defined"),
    ("ValueError", "expected a positive input, got 0.0", "math.log(0)", "not defined"),
    ("ValueError", "max() iterable argument is empty", "max([])", "no values"),  # Python 3.12
    ("TypeError", "argument of type 'float' is not a container or iterable", "1 in theta", "single number"),
    ("TypeError", "mean() got an unexpected keyword argument 'axes'. Did you mean 'axis'?", "np.mean(y, axes=0)", "`axes`"),
    ("TypeError", "loop of ufunc does not support argument 0 of type object which has no callable exp method", "", "these types"),
    ("RuntimeError", "Expected object of scalar type Double but got scalar type Float", "", "t.double()"),
    ("RuntimeError", "expected scalar type Double but found Float", "", "t.double()"),
    ("AttributeError", "`np.Inf` was removed in the NumPy 2.0 release. Use `np.inf` instead.", "np.Inf", "NumPy has dropped"),
    ("TypeError", "only size-1 arrays can be converted to Python scalars", "float(y)", "One number"),
    ("TypeError", "'numpy.int32' object is not iterable", "sum(n)", "single number"),
    ("AttributeError", "module 'numpy' has no attribute 'math'", "np.math.sqrt(2)", "np.sqrt"),  # NumPy 1.25 has it
    ("NameError", "name 'np' is not defined", "np.mean(y)", "first cells"),
    ("NameError", "name 'lr' is not defined", "theta - lr * g", "variable of the notebook"),
    ("StdinNotImplementedError", "raw_input was called, but this frontend does not support input requests.", "", "input()"),
    ("MemoryError", "Unable to allocate 728. TiB for an array with shape (10000000, 10000000)", "", "memory"),
]  # fmt: skip

NOT_DEFINED = "name '{}' is not defined"
TOO_EARLY = "cannot access local variable '{}' where it is not associated with a value"
# What only the parameters tell: of the stub, and of the student's function.
NAMED = [
    ("NameError", NOT_DEFINED.format("x"), "theta * x", STUB, ("theta", "a", "y"), ["`x` is a parameter of the stub", "calls it `a`"]),
    ("UnboundLocalError", TOO_EARLY.format("x"), "x = x - 1", STUB, ("theta", "a", "y"), ["`x` is a parameter of the stub", "calls it `a`"]),
    ("NameError", NOT_DEFINED.format("x"), "theta * x", STUB, ("theta", "y"), ["`x` is a parameter of the stub, but not of your"]),
    ("NameError", NOT_DEFINED.format("x"), "theta * x", STUB, ("theta", "y", "a"), ["`x` is a parameter of the stub, but not of your"]),
    ("NameError", NOT_DEFINED.format("lr"), "", (), ("theta", "y", "step_size"), ["`step_size`"]),
    ("NameError", NOT_DEFINED.format("\u03b1"), "", (), ("theta", "step_size"), ["`step_size`"]),
    ("NameError", NOT_DEFINED.format("N"), "", (), ("w1", "y"), ["len(y)"]),
    ("NameError", NOT_DEFINED.format("N"), "", (), ("x", "w1"), ["len(x)"]),
    ("NameError", NOT_DEFINED.format("H"), "", (), ("x", "w1"), ["len(w1)"]),
    ("NameError", NOT_DEFINED.format("y"), "", (), ("theta", "y_i"), ["Is the parameter `y_i` meant"]),
    ("NameError", NOT_DEFINED.format("xi"), "", (), ("theta", "x"), ["Is the parameter `x` meant"]),
    ("NameError", NOT_DEFINED.format("total"), "", (), ("theta", "x"), ["`total`", "variable of the notebook"]),
    ("NameError", NOT_DEFINED.format("y_hat"), "", (), ("x", "y"), ["`y_hat`", "variable of the notebook"]),
    ("NameError", NOT_DEFINED.format("w_1"), "", (), ("x", "w1"), ["`w1`"]),
    ("NameError", NOT_DEFINED.format("x"), "theta * x", (), (), ["`x`", "variable of the notebook"]),
    ("NameError", NOT_DEFINED.format("x"), "theta * x", STUB, (), ["`x`", "variable of the notebook"]),
    ("TypeError", "'tuple' object is not callable", "w1 = params(0)", (), ("params", "grads"), ["params[0]"]),
    ("TypeError", "'float' object is not callable", "", (), (), ["`*`"]),
    ("TypeError", "'tuple' object is not callable", "", (), (), ["Take entries"]),
    ("AttributeError", "'Net' object has no attribute 'w'", "", (), (), ["another type"]),
]  # fmt: skip

# What the class alone proves, in a hidden test.
ALONE = [
    ("NameError", "defined nowhere"),
    ("UnboundLocalError", "before the function has given it a value"),
    ("AttributeError", "behind a dot"),
    ("IndexError", "N - 1"),
    ("AxisError", "axis 0"),
    ("KeyError", "key"),
    ("ZeroDivisionError", "divided by zero"),
    ("RecursionError", "calls itself"),
    ("OverflowError", "does not fit"),
    ("LinAlgError", "singular, not square"),
    ("UFuncTypeError", "these types"),
    ("ImportError", "import"),
    ("ModuleNotFoundError", "import"),
    ("SyntaxError", "cannot read"),
    ("IndentationError", "indentation"),
    ("NotImplementedError", "not answered yet"),
    ("AssertionError", "`assert`"),
]


def values_of_a_student() -> dict:
    """Return what a student's line can use."""
    frozen = np.ones(3)
    frozen.setflags(write=False)

    def endless(n):
        return endless(n + 1)

    def two(a, b):
        return a + b

    return {
        "np": np, "torch": torch, "math": math, "endless": endless,
        "theta": 2.0, "x": np.arange(5.0), "y": np.arange(5.0), "w": np.ones(3),
        "table": np.ones((5, 3)), "frozen": frozen, "values": [1.0, 2.0], "pair": (1.0, 2.0),
        "table_of": {"w1": 1.0}, "t": torch.ones(5),
        "tracked": torch.ones(5, requires_grad=True),
        "gives_none": lambda y: None, "two": two,
    }  # fmt: skip


def raise_in(body: str) -> Exception:
    """Run a body as that of a function and return what it raises."""
    values = values_of_a_student()
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    names = [name for name in values if name not in ("np", "torch", "math")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(f"def student({', '.join(names)}):\n{lines}", values)
        with pytest.raises(Exception) as caught:  # noqa: PT011 (each error that a student can meet)
            values["student"](*(values[name] for name in names))
    return caught.value


def explain_body(body: str) -> str:
    error = raise_in(body)
    return explain(type(error).__name__, str(error), body.split("\n")[-1], STUB, STUB)


@pytest.mark.parametrize(("body", "words"), [(body, words) for body, *words in RAISING])
def test_an_error_is_explained(body, words):
    said = explain_body(body)
    for each in words:
        assert each in said, said


@pytest.mark.parametrize(("kind", "text", "line", "words"), SAID)
def test_what_other_releases_say_is_explained(kind, text, line, words):
    assert words in explain(kind, text, line, STUB, STUB)


@pytest.mark.parametrize(("kind", "words"), ALONE)
def test_the_class_alone_says_what_it_proves(kind, words):
    assert words in explain(kind, "", "")


@pytest.mark.parametrize("kind", ["TypeError", "ValueError", "RuntimeError", "something else"])
def test_a_class_that_proves_nothing_is_not_explained(kind):
    assert explain(kind, "", "") == ""
    assert explain(kind, "something else", "max(y, 0)") == ""


@pytest.mark.parametrize(("kind", "text", "line", "wanted", "own", "words"), NAMED)
def test_parameters_are_known(kind, text, line, wanted, own, words):
    said = explain(kind, text, line, wanted, own)
    for each in words:
        assert each in said, said


def test_every_cause_is_told():
    told = {explain_body(body) for body, *_ in RAISING}
    told |= {explain(kind, text, line, STUB, STUB) for kind, text, line, _ in SAID}
    told |= {explain(kind, "", "") for kind, _ in ALONE}
    told |= {explain(*case) for *case, _ in NAMED}
    for cause in CAUSES:
        form = re.compile(re.sub(r"\\{\w+(\\\[\w+\\\])?\\}", "[^`]+", re.escape(cause.sentence)))
        assert any(map(form.fullmatch, told)), cause.name


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_an_explanation_is_short_however_long_the_names(cause):
    assert len(re.sub(r"\{[^}]+\}", "m" * LONGEST, cause.sentence)) <= 200
    assert "<" not in cause.sentence  # Otter does not escape it


def test_names_of_numpy_are_right():
    assert all(hasattr(np, name) for name in NUMPY.split("|"))
    assert all(hasattr(np.ndarray, name) for name in ARRAY.split("|"))
    assert not any(hasattr(np.ndarray, name) for name in FUNCTIONS.split("|"))
    assert all(callable(getattr(np, name)) for name in f"{METHODS}|{FUNCTIONS}".split("|"))


def test_long_names_are_cut():
    said = explain("NameError", f"name '{'m' * 60}' is not defined", "")
    assert "mmm...`" in said


def test_hostile_texts_do_no_harm():
    long = "y" * 10**6
    assert explain("NameError", f"name '{long}' is not defined", long, (long,), (long,))
    assert explain("NameError", "name 'yy' is not defined", "", (long,) * 1000, (long,) * 10**5)
    assert explain("NameError", "name '{0.__class__}' is not defined", "{x}", ("(",), ("[",))
    assert explain("TypeError", "'float' object is not callable", "(" * 10**6, ("a.*",), ("(",))


def test_it_needs_no_other_part_of_lab():
    imports = re.findall(
        r"^(?:import|from) (\S+)",
        Path(explain.__code__.co_filename).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert imports == ["__future__", "difflib", "re", "typing"]
