"""A student's notebook as Otter's tests see it: a lookup of names, and functions to call.

The tests run in the trusted process, on stand-ins. A call travels to the sandbox, and what
comes back is made to look as if the function had been here: its result, its changes of the
arguments, its error at its own line.
"""

from __future__ import annotations

import builtins
import inspect
import linecache
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from . import facts
from .protocol import LONGEST_TEXT, MOST_NAMES, ProtocolError, clean_name, decode, encode
from .sessions import Fork, missing

# What tracebacks call the file that holds one line of student code.
STUDENT = "<student {line:x}>"
MOST_PLACES = 1000


class Environment:
    """What Otter takes for the notebook's globals, in one test case."""

    def __init__(self, fork: Fork):
        self.fork = fork

    def get(self, name: str, default: Any = None) -> Any:
        """Return what ``name`` stands for in the notebook; a `StudentFunction` if callable."""
        answer = self.fork.look_up(name)
        if "missing" in answer:
            return default
        if "function" in answer:
            return StudentFunction(self.fork, name, answer)
        return decode_from(self.fork, answer.get("value"))


class StudentFunction:
    """Calls a function of the notebook, in the sandbox."""

    def __init__(self, fork: Fork, name: str, answer: Mapping[str, Any]):
        self._fork, self._name = fork, name
        name = answer["function"]  # none that is an identifier: a lambda, or an object
        self.__name__ = clean_name(name) if isinstance(name, str) and name.isidentifier() else ""
        self.__signature__ = make_signature(answer.get("parameters"))
        # What a test can see of a function that is here: which names it reads, what they stand for.
        self.__code__ = SimpleNamespace(co_names=clean_names(answer.get("reads")), co_consts=())
        self.__globals__ = Environment(fork)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it; arrays and the like among the arguments change as the function changes them.

        Raises:
            Fault: the function hangs, ends its process or returns what cannot travel.
            Exception: what the function raises.
        """
        limit = self._fork.limit
        encoded = encode(list(arguments), limit), encode(keywords, limit)
        answer = self._fork.call(self._name, *encoded)
        if "raised" in answer:
            self._raise_again(answer["raised"])
        try:
            for key, before in (("arguments", list(arguments)), ("keywords", keywords)):
                updated(before, decode_from(self._fork, answer.get(key)))
        except ValueError:
            text = "changed the shape of an argument: inputs belong to the caller"
            self._fork.fail(facts.ARGUMENT_CHANGED, text)
        return decode_from(self._fork, answer.get("returned"))

    def _memory_mb(self) -> float:
        return self._fork.session.limits.memory_mb

    def _raise_again(self, report: object) -> NoReturn:
        """Raise an error like the one that came, with the student's line in its traceback.

        If another function of the student's raised it, that one has a frame, too.
        """
        report = report if isinstance(report, dict) else {}
        text, line = (str(report.get(key, ""))[:LONGEST_TEXT] for key in ("text", "line"))
        text = "\n".join([text, *missing(report)])
        error = make_error(report.get("type"), report.get("base"), text)
        if isinstance(error, MemoryError):
            error = MemoryError(f"{text} (in grading, code may use {self._memory_mb():g} MB)")
        # A file of its own for each line: a traceback is read when other calls may have failed.
        place = STUDENT.format(line=hash(line) & sys.maxsize)
        if len(linecache.cache) > MOST_PLACES:
            linecache.clearcache()
        linecache.cache[place] = (len(line), None, [f"{line}\n"], place)
        helper = compile("raise error", "<helper>", "exec")
        source = "exec(helper)" if report.get("by_helper") is True else "raise error"
        code = compile(source, place, "exec").replace(co_name=self.__name__)
        exec(code, {"error": error, "helper": helper})
        raise AssertionError("unreachable")


def clean_names(names: object) -> tuple[str, ...]:
    """Return the identifiers among what was sent as a list of names."""
    listed = names[:MOST_NAMES] if isinstance(names, list) else []
    return tuple(clean_name(name) for name in listed)


class _Verbatim(str):
    """A text that reads the same inside a KeyError, which shows its argument's repr."""

    __repr__ = str.__str__


def make_error(kind: object, base: object, text: str) -> Exception:
    """Return an error that looks like the student's.

    Never one of those, like SystemExit, that would end this process.

    Args:
        kind: the name of its class.
        base: the name of the nearest class among its bases that Python or NumPy knows.
        text: what it says.
    """
    known = _find_error(kind)
    if known:
        try:
            error: Exception = known(_Verbatim(text))
        except TypeError:  # UnicodeDecodeError and the like want more
            pass
        else:
            if str(error) == text:
                return error
    parent = _find_error(base) or Exception
    methods = {"__module__": "student", "__init__": lambda self: None, "__str__": lambda self: text}
    error = type(clean_name(kind), (parent,), methods)()
    return error


def _find_error(name: object) -> type[Exception] | None:
    """Return the error class of that name that Python or NumPy has."""
    for module in (builtins, np.exceptions, np.linalg):
        found = getattr(module, name, None) if isinstance(name, str) else None
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    return None


def make_signature(parameters: Any) -> inspect.Signature:
    """Return the signature that was described; one that takes anything if none was, or nonsense.

    Args:
        parameters: triples of name, kind and whether there is a default.
    """
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    inspect._ParameterKind(kind),
                    default=None if has_default else inspect.Parameter.empty,
                )
                for name, kind, has_default in parameters
            ]
        )
    except Exception:  # inspect raises what it likes on names that are none
        anything = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return inspect.Signature(
            [
                inspect.Parameter(name, kind)
                for name, kind in zip(("args", "kwargs"), anything, strict=True)
            ]
        )


def decode_from(fork: Fork, tree: Any) -> Any:
    """Return a value that came from the sandbox; if it is none, the test case has failed."""
    try:
        return decode(tree)
    except ProtocolError as error:
        fork.fail_as_not_gradable(error)


def updated(before: Any, after: Any) -> Any:
    """Return ``before`` changed in place into ``after``; ``after`` where it cannot be changed.

    Raises:
        ValueError: an array has another shape now. To give it that would be unsafe, for a test
            may hold a view of it.
    """
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        if before.shape != after.shape:
            raise ValueError(after.shape)
        if before.tobytes() != after.tobytes():
            before[...] = after
    elif isinstance(before, list) and isinstance(after, list):
        first = [updated(*pair) for pair in zip(before, after, strict=False)]
        before[:] = first + after[len(first) :]
    elif isinstance(before, dict) and isinstance(after, dict):
        kept = {key: updated(before[key], after[key]) for key in before.keys() & after.keys()}
        before.clear()
        before.update({**after, **kept})
    elif isinstance(before, tuple) and isinstance(after, tuple):
        for pair in zip(before, after, strict=False):  # a tuple itself does not change
            updated(*pair)
    else:
        return after
    return before
