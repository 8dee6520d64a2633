"""What ``import otter`` gives to a notebook that is being graded.

Importing Otter itself takes longer than grading, and its checks need tests that must not be
here. A notebook's ``grader.check("q1")`` only notes what the notebook's names stand for at that
moment, for that is the state in which stock Otter grades q1: a helper of q1 that a later cell
defines anew still does q1's work.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any


def make_otter(names: dict[str, Any], noted: dict[str, dict[str, Any]]) -> types.ModuleType:
    """Return a module to stand in for Otter.

    Args:
        names: the notebook's namespace.
        noted: filled in by checks: question -> a copy of the namespace at its last check.
    """

    class Notebook:
        """Takes what `otter.Notebook` takes, and does nothing but note checks."""

        def __init__(self, *args: Any, **options: Any):
            pass

        def check(self, question: str, *args: Any, **options: Any) -> None:
            noted[str(question)] = dict(names)

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *args, **options: None

    module = types.ModuleType("otter", "Stands in for Otter while a notebook is graded.")
    vars(module)["Notebook"] = Notebook
    return module
