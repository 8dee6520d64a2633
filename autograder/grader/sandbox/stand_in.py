"""What ``import otter`` gives to a notebook that is being graded.

Importing Otter itself takes longer than grading, and its checks need tests that must not be
here. A notebook's ``grader.check("q1")`` only notes what the notebook's names stand for at that
moment, for that is the state in which stock Otter grades q1: a helper of q1 that a later cell
defines anew still does q1's work. All else that a notebook does with Otter does no harm.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from typing import Any


class Nothing(float):
    """Takes whatever is done with it, and does nothing; as a number or a condition, full marks."""

    def __new__(cls, *args: object, **options: object) -> Nothing:
        return super().__new__(cls, 1)

    def __getattr__(self, name: str) -> Nothing:
        return _nothing_named(name)

    def __call__(self, *args: object, **options: object) -> Nothing:
        return self

    def __iter__(self) -> Iterator[object]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: object) -> Nothing:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *error: object) -> None:
        pass


NOTHING = Nothing()


def _nothing_named(name: str) -> Nothing:
    """Return an attribute; Python asks for some with ``__`` to find out what an object can do."""
    if name.startswith("__"):
        raise AttributeError(name)
    return NOTHING


class StandIn(types.ModuleType):
    """A module of Otter."""

    def __getattr__(self, name: str) -> object:
        return version("otter-grader") if name == "__version__" else _nothing_named(name)


class Finder(MetaPathFinder, Loader):
    """Makes a stand-in of every module of Otter that is imported."""

    def __init__(self, notebook: type):
        self.notebook = notebook

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """Return how to load a module, if it is one of Otter's."""
        if name.partition(".")[0] != "otter":
            return None
        spec = ModuleSpec(name, self, origin=f"{name.replace('.', '/')}.py", is_package=True)
        spec.has_location = True  # so that it has a ``__file__``
        return spec

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """Return a new module."""
        return StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill a module."""
        vars(module)["Notebook"] = self.notebook


def replace_otter(names: dict[str, Any], noted: dict[str, dict[str, Any]]) -> None:
    """Have ``import otter`` and the like give stand-ins.

    Args:
        names: the notebook's namespace.
        noted: filled in by checks: question -> a copy of the namespace at its last check.
    """

    class Kind(type):
        def __getattr__(cls, name: str) -> Nothing:
            return _nothing_named(name)

    class Notebook(metaclass=Kind):
        """Takes what `otter.Notebook` takes, and does nothing but note checks."""

        def __init__(self, *args: Any, **options: Any):
            pass

        def check(self, question: str, *args: Any, **options: Any) -> Nothing:
            noted[str(question)] = dict(names)
            return NOTHING

        def __getattr__(self, name: str) -> Nothing:
            return _nothing_named(name)

    sys.meta_path.insert(0, Finder(Notebook))
    importlib.import_module("otter.check.notebook")  # `import otter` alone gives its parts, too
