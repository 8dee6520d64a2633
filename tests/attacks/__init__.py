"""A bank of attacks on the grader: what a hostile, or merely unlucky, upload may contain.

One module per kind. In it, each attack is a small function whose name says what it tries, and
whose docstring is its one-line description. How it gets into an upload is said by a decorator:

    @cell()             its body is a cell of a notebook whose answers are wrong, worth no points
    @cell(SOLVED)       its body is a cell of the solution, which keeps all of its points
    @answer()           it stands in place of a graded function of the solution, whose points go
    @answer(UNTOUCHED)  it stands there in the untouched notebook
    @thief()            its body is a cell that sets `loot`; an answer then tries to publish it
    @memory()           its body is a cell that defines `remember` and `recall`, for hidden inputs
    @upload()           it writes the uploaded files itself

``says`` are words that must be there for the student to read. Every attack runs on one notebook,
so that stock Otter can be tried with it as well; only broken uploads may have both.

Each attack has a jail and a grader of its own, unless it is declared ``warm``. That is for those
that cannot harm anybody even if the grader fails at them: they lie in what they return or send,
break or end the process that they run in, or are uploads that are merely broken. They are graded
in this process, with a sandbox that others have used before. What goes for other processes, files,
memory, results.json or the machine is never warm.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.release.masters import read_masters

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "gradient_descent"
UNTOUCHED, SOLVED = "student", "solutions"
STUB = r"raise NotImplementedError\(.*\)"
# Nobody else calls it, so nothing but its own question is lost with it.
VICTIM = "constant_optimum"
(MASTER,) = [master for master in read_masters(ROOT) if master.name == NOTEBOOK]
POINTS = MASTER.points
(VICTIM_POINTS,) = [
    question.points
    for question in MASTER.tested
    if VICTIM in [function.name for function in question.functions]
]
# The targets that its public test has, and that of q1a_i, the first of the examples.
_EXAMPLES = json.loads((ROOT / "assignment/lab/examples.json").read_text(encoding="utf-8"))
PUBLIC_Y = _EXAMPLES[0]["arguments"]["y"]
# What stolen data is published with. It must not be in any result.
LOOT = "STOLEN"
LOOT_IN_CODE = "'STO' + 'LEN '"  # reports quote code
# With this error, a cell says that it has got through.
DONE = "the attack is done"
# After the imports, before the first question.
FIRST = 4


@dataclass(frozen=True)
class Attack:
    """One attack: how to upload it, and what must come of it."""

    name: str
    kind: str
    way: str  # the name of the decorator: how it gets into an upload
    describes: str
    write: Callable[[Path], object]  # makes the upload in an empty folder
    points: float  # exactly
    says: tuple[str, ...]
    limits: dict[str, float] = field(default_factory=dict)  # other than `running.LIMITS`
    cpu_seconds: float = 20  # of the grader itself; it takes less than one for an honest upload
    stock: bool = True  # whether it makes sense for stock Otter
    dangerous: bool = False  # also tried where the grader is no root
    isolated: bool = False  # only tried where it reaches nobody else's processes and files
    warm: bool = False  # harmless, so that a sandbox that others use as well will do

    @property
    def id(self) -> str:
        """Its name in the output of pytest."""
        return f"{self.kind}-{self.name}"


BANK: list[Attack] = []
Register = Callable[[Callable], Callable]


def cell(base: str = UNTOUCHED, says: str = DONE, last: bool = False, **more: Any) -> Register:
    """Register a function whose body is a cell, before all questions or behind them.

    Unless ``says`` is something else, the cell has to reach its end.
    """

    def write(function: Callable, folder: Path) -> None:
        notebook = read_notebook(base)
        for stub in notebook["cells"]:
            stub["source"] = re.sub(STUB, "return 77.0", "".join(stub["source"]))
        code = body_of(function)
        if says == DONE:
            code += f"\nraise RuntimeError('{DONE}')"
        add_cell(notebook, code, len(notebook["cells"]) if last else FIRST)
        write_notebook(notebook, folder)

    return registering(write, POINTS if base == SOLVED else 0, says, "cell", **more)


def answer(base: str = SOLVED, says: str = "", to: str = VICTIM, **more: Any) -> Register:
    """Register a function that stands in place of a graded one."""

    def write(function: Callable, folder: Path) -> None:
        notebook = read_notebook(base)
        replace_function(notebook, to, renamed(function, to))
        write_notebook(notebook, folder)

    points = POINTS - VICTIM_POINTS if base == SOLVED else 0
    return registering(write, points, says, "answer", **more)


def thief(says: str = "found nothing", **more: Any) -> Register:
    """Register a function whose body is a cell that sets `loot`, a text."""
    report = f"raise RuntimeError({LOOT_IN_CODE} + loot[:2000] if loot else 'found nothing')"

    def write(function: Callable, folder: Path) -> None:
        notebook = read_notebook(UNTOUCHED)
        add_cell(notebook, body_of(function), FIRST)
        code = f"def constant_gradient(theta, y):\n    {report}"
        replace_function(notebook, "constant_gradient", code)
        write_notebook(notebook, folder)

    return registering(write, 0, says, "thief", **more)


def memory(says: str = "found nothing", **more: Any) -> Register:
    """Register a function whose body is a cell that defines `remember(text)` and `recall()`.

    The answer to q1a_i remembers hidden inputs and crashes, so that the notebook runs again; the
    answer to the next question publishes them, and so does a cell at the end.
    """
    victim = f"""
        def constant_gradient(theta, y):
            if list(y) != {PUBLIC_Y}:
                remember(repr((theta, list(y))))
                import os
                os._exit(3) if theta > 0 else None
            raise RuntimeError("nothing yet")

        def publish(y=None):
            stolen = recall()
            raise RuntimeError({LOOT_IN_CODE} + stolen[:500] if stolen else "found nothing")
    """

    def write(function: Callable, folder: Path) -> None:
        notebook = read_notebook(UNTOUCHED)
        add_cell(notebook, body_of(function), FIRST)
        replace_function(notebook, "constant_gradient", textwrap.dedent(victim))
        code = "def constant_optimum(y):\n    return publish()"
        replace_function(notebook, "constant_optimum", code)
        add_cell(notebook, "publish()", len(notebook["cells"]))
        write_notebook(notebook, folder)

    return registering(write, 0, says, "memory", **more)


def upload(points: float, says: str = "", **more: Any) -> Register:
    """Register a function that writes what is uploaded into a folder."""
    return registering(lambda function, folder: function(folder), points, says, "upload", **more)


def registering(
    write: Callable[[Callable, Path], object],
    points: float,
    says: str | tuple[str, ...],
    way: str,
    **more: Any,
) -> Register:
    """Return a decorator that registers a function.

    Args:
        write: makes the upload, given the function and an empty folder.
        points: that it must get.
        says: what must be there for the student to read.
        way: the name of the decorator.
        more: the other attributes of the attack.
    """

    def register(function: Callable) -> Callable:
        BANK.append(
            Attack(
                name=function.__name__,
                kind=function.__module__.rpartition(".")[2],
                way=way,
                describes=inspect.getdoc(function),
                write=lambda folder: write(function, folder),
                says=(says,) if isinstance(says, str) else says,
                **{"points": points, **more},
            )
        )
        return function

    return register


# -- notebooks --------------------------------------------------------------------------------


def read_notebook(base: str, name: str = NOTEBOOK) -> dict:
    return json.loads((ROOT / base / f"{name}.ipynb").read_text(encoding="utf-8"))


def write_notebook(notebook: dict, folder: Path, name: str = NOTEBOOK) -> None:
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def add_cell(notebook: dict, source: str, index: int) -> None:
    new = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    notebook["cells"].insert(index, {**new, "source": source})


def replace_function(notebook: dict, name: str, code: str) -> None:
    """Put ``code`` into the cell that defines a graded function."""
    (found,) = [c for c in notebook["cells"] if "".join(c["source"]).startswith(f"def {name}(")]
    found["source"] = code


def body_of(function: Callable) -> str:
    """Return the code of a function's body, without its docstring."""
    source, node = _parsed(function)
    lines = source.splitlines()[node.body[1].lineno - 1 :]
    return textwrap.dedent("\n".join(lines))


def renamed(function: Callable, name: str) -> str:
    """Return the code of a function under another name, without its decorators."""
    source, node = _parsed(function)
    code = "\n".join(source.splitlines()[node.lineno - 1 :])
    return code.replace(f"def {function.__name__}(", f"def {name}(", 1)


def _parsed(function: Callable) -> tuple[str, ast.FunctionDef]:
    source = textwrap.dedent(inspect.getsource(function))
    return source, ast.parse(source).body[0]


for _module in pkgutil.iter_modules(__path__):
    if _module.name not in ("__main__", "jail", "running"):
        importlib.import_module(f"{__name__}.{_module.name}")
