"""The process that runs a notebook's cells, and its forks, which answer calls.

From the first cell on, student code owns this process: it may have replaced anything in here.
So nothing in this module protects the grader, and nothing that it sends is trusted.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import gc
import getpass
import inspect
import os
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn

from ..limits import MEGABYTE, Limits
from ..messages import NO_FORK, CellDone, ErrorReport, ForkEnded, How
from ..protocol import (
    LONGEST_TEXT,
    MOST_NAMES,
    ProtocolError,
    decode,
    encode,
    receive,
    send,
    shorten,
)
from .pools import restart_pools
from .pure import codes_in, is_plain, is_pure
from .shell import Shell
from .shortage import causes, is_full, is_of_command, is_shortage
from .stand_in import replace_otter

# Where a cell does not run whole, for each statement but imports.
SECONDS_PER_STATEMENT = 1
Kinds = type[ast.stmt] | tuple[type[ast.stmt], ...]
IMPORTS = (ast.Import, ast.ImportFrom)
KEPT = (*IMPORTS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# Modules of Python in which an error arises if something is not there in grading.
FOUND_MISSING_IN = {
    "socket": "network",
    "multiprocessing.synchronize": "shared memory",
    "multiprocessing.shared_memory": "shared memory",
    "multiprocessing.heap": "shared memory",
    "multiprocessing.managers": "shared memory",
}


class NotebookProcess:
    """Runs cells and forks, on the word of the trusted process."""

    def __init__(self, channel: socket.socket, limits: Limits):
        self.channel, self.limits = channel, limits
        self.limit = int(limits.message_mb * MEGABYTE)
        self.shell = Shell.instance()
        self.names = self.shell.user_ns
        self.noted: dict[str, dict[str, Any]] = {}
        self.seconds = 0.0  # after which the alarm rings
        self.alarm: TimeoutError | None = None  # the last one

    def serve(self) -> None:
        """Do what is asked until the trusted process hangs up."""
        prepare_process(self.shell, self.noted)
        process = os.getpid()
        while True:
            try:
                message, files = receive(self.channel, descriptors=1)
            except EOFError:
                return
            answer: CellDone | ForkEnded
            if message["do"] == "run cell":
                answer = self.run_cell(message["source"], message["how"], message["after"])
            else:
                ended, seconds = self.run_fork(files[0])
                answer = {"ended": ended, "seconds": seconds}
            if os.getpid() != process:
                os._exit(0)  # a fork that a cell made, and that came back from it
            send(self.channel, answer, self.limit)

    def run_cell(self, source: str, how: How, after: int) -> CellDone:
        """Run a cell; return what is to be said about it."""
        self.shell.left_out.clear()
        self.shell.short = False
        used = sum(os.times()[:4])
        if how == "whole":
            error = self.run_code(source, self.limits.seconds_per_cell)
        else:
            error = self.run_statements(source, after, KEPT if how == "definitions" else ast.stmt)
        done: CellDone = {
            "error": describe(error) if error else None,
            "stopped_at": self.find_line(source) if error is self.alarm else 0,
            "left_out": shorten(self.shell.left_out),
            "threads": has_threads(),
            "short": self.shell.short,
        }
        if error:
            starved = sum(os.times()[:4]) - used < self.seconds / 2
            done["short"] |= is_shortage(error) or (error is self.alarm and starved)
        if self.shell.left_out or (error and is_of_command(error)):
            done["short"] |= is_full()
        self.shell.error = self.alarm = None  # they hold all that their tracebacks know
        return done

    def run_statements(self, source: str, after: int, kept: Kinds) -> BaseException | None:
        """Run each statement of a cell for itself, so that one that takes long stops no other.

        Args:
            source: of the cell.
            after: what begins on this line or before is left out.
            kept: kinds of statements; all others are left out.

        Returns:
            The first error.
        """
        first = None
        end = time.monotonic() + self.limits.seconds_per_cell
        try:
            statements = self.shell.statements(source)
        except SyntaxError as no_python:
            return no_python
        for statement in statements:
            left = end - time.monotonic()
            if statement.lineno > after and left > 0 and isinstance(statement, kept):
                seconds = left if isinstance(statement, IMPORTS) else SECONDS_PER_STATEMENT
                error = self.run_code(ast.unparse(statement), seconds)
                first = first or error
        return first

    def run_code(self, source: str, seconds: float) -> BaseException | None:
        """Run code as a cell; return what went wrong, if anything."""
        self.shell.error = self.alarm = None
        self.seconds = seconds
        signal.signal(signal.SIGALRM, self.stop_cell)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            self.shell.run_cell(source, store_history=True)
            return self.shell.error
        except BaseException as outside:  # an alarm can ring outside the cell's own code
            return outside
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def stop_cell(self, *signal_and_frame: Any) -> NoReturn:
        """End a cell that takes too long; one that will not listen is killed from outside."""
        self.alarm = TimeoutError(f"took longer than {self.seconds:.3g} seconds")
        raise self.alarm

    def find_line(self, source: str) -> int:
        """Return the line of a cell, below a magic on top of it, in which the alarm rang."""
        if self.alarm is None:
            return 0
        lines = [
            line
            for frame, line in traceback.walk_tb(self.alarm.__traceback__)
            if frame.f_globals is self.names and frame.f_code.co_name == "<module>"
        ]
        if self.shell.watched(source) != source:
            lines.reverse()  # a magic runs what is below it as a cell in a cell
        return lines[0] if lines else 1

    def run_fork(self, descriptor: int) -> tuple[int, float]:
        """Let a fork answer test cases; return its wait status and CPU time."""
        forget_children()
        try:
            child = os.fork()
        except OSError:  # student code has used up what there is
            os.close(descriptor)
            return NO_FORK, 0.0
        if child == 0:
            with contextlib.suppress(BaseException):
                self.channel.close()
                restart_pools()
                Fork(socket.socket(fileno=descriptor), self.names, self.noted, self.limit).serve()
            os._exit(0)
        os.close(descriptor)
        try:
            _, status, used = os.wait4(child, 0)
            return status, used.ru_utime + used.ru_stime
        except ChildProcessError:  # student code has made this process ignore its children
            return 0, 0.0


class Fork:
    """Looks up names and calls functions, on the word of test cases."""

    def __init__(
        self,
        channel: socket.socket,
        names: dict[str, Any],
        noted: dict[str, dict[str, Any]],
        limit: int,
    ):
        self.channel, self.names, self.noted, self.limit = channel, names, noted, limit
        self.last = dict(names)  # as the cells have left them
        gc.freeze()  # what is here is looked through for garbage no more

    def serve(self) -> None:
        """Answer until the test cases are over."""
        process = os.getpid()
        while True:
            try:
                message = receive(self.channel)
            except EOFError:
                return
            if message["do"] == "take":
                self.take(message["question"])
                continue
            is_call = message["do"] == "call"
            answer = self.call(message) if is_call else self.look_up(message["name"])
            if os.getpid() != process:
                return
            try:
                send(self.channel, answer, self.limit)
            except ProtocolError:
                send(self.channel, {"fault": True}, self.limit)

    def take(self, question: str) -> None:
        """Let names stand for what they did when the notebook checked a question."""
        gc.collect()  # what calls for the question before have left in cycles takes memory
        self.names.clear()
        self.names.update(self.noted.get(question, self.last))

    def look_up(self, name: str) -> dict[str, Any]:
        """Return what ``name`` stands for in the notebook."""
        if name not in self.names:
            return {"missing": True}
        value = self.names[name]
        if callable(value):
            name = str(getattr(value, "__name__", ""))
            about = {"reads": names_read(value), "pure": is_pure(value)}
            return {"function": name, **parameters(value), **about}
        return self.encoded(value=value) | {"pure": is_plain(value)}

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """Call a function; return its result, and the arguments as it leaves them."""
        function = self.names[message["name"]]
        arguments, keywords = decode(message["arguments"]), decode(message["keywords"])
        try:
            returned = function(*arguments, **keywords)
        except BaseException as error:
            return {"raised": describe(error, getattr(function, "__name__", ""))}
        return self.encoded(returned=returned, arguments=arguments, keywords=keywords)

    def encoded(self, **values: Any) -> dict[str, Any]:
        """Return values ready to send, or that they cannot be."""
        try:
            return {name: encode(value, self.limit) for name, value in values.items()}
        except ProtocolError:
            return {"fault": True}


def forget_children() -> None:
    """Let go of children that have ended, for they count as processes until then."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def has_threads() -> bool:
    """Return whether there are threads besides the one that runs cells; forks do not have them."""
    try:
        return len(os.listdir("/proc/self/task")) > 1
    except OSError:  # no Linux
        return threading.active_count() > 1


def prepare_process(shell: Shell, noted: dict[str, dict[str, Any]]) -> None:
    """Give the process what a notebook expects around it, in its working directory."""
    folder = os.getcwd()
    os.environ |= {
        "HOME": folder,
        "TMPDIR": folder,
        "MPLCONFIGDIR": f"{folder}/.matplotlib",
        "IPYTHONDIR": f"{folder}/.ipython",
    }
    tempfile.tempdir = None  # a library that was preloaded may have asked for it before
    sys.path[:] = [place for place in sys.path if Path(place) != SOURCE]
    sys.path.append(folder)  # at the end, like stock Otter
    shell.take_profile()
    replace_otter(shell.user_ns, noted)
    builtins.input = getpass.getpass = refuse_input
    check_before_utime()


SOURCE = Path(__file__).resolve().parents[2]


def check_before_utime() -> None:
    """Let ``os.utime`` fail where there is no file, also if the system call is ignored.

    Otherwise ``Path.touch`` makes no file: it tries this first.
    """
    ignored = os.utime

    @functools.wraps(ignored)
    def utime(path: Any, *times: Any, dir_fd: int | None = None, **options: Any) -> None:
        os.stat(path, dir_fd=dir_fd, follow_symlinks=options.get("follow_symlinks", True))
        ignored(path, *times, dir_fd=dir_fd, **options)

    vars(os)["utime"] = utime


def refuse_input(*prompt: object, **options: object) -> NoReturn:
    """Stand in for ``input`` and ``getpass``."""
    raise EOFError("nobody is here to answer: write the value into the code")


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """Return name, kind and whether there is a default, for each parameter of a function."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # some built-in functions have none
        return {"parameters": None}
    return {
        "parameters": [
            [item.name, int(item.kind), item.default is not item.empty]
            for item in signature.parameters.values()
        ]
    }


def names_read(function: Callable[..., Any]) -> list[str]:
    """Return the names that a function's code takes from outside, attributes among them."""
    code = getattr(function, "__code__", None)
    codes = codes_in(code) if isinstance(code, CodeType) else []
    return sorted({name for part in codes for name in part.co_names})[:MOST_NAMES]


def describe(error: BaseException, function: str = "") -> ErrorReport:
    """Return type, nearest known base type, text and line of an error, and what it is for want of.

    The line is the last one of ``function`` that the error went through; without a function,
    the last one of the notebook.
    """
    name = type(error).__name__
    known = ("builtins", "numpy.linalg", "numpy.exceptions")
    base = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ in known)
    if isinstance(error, SyntaxError):
        # From 3.13 on, a cell that stops in the middle raises a private kind of it.
        name = "SyntaxError" if name.startswith("_") else name
        return {"type": name, "text": error.msg, "line": (error.text or "").strip()}
    try:
        text = str(error)
    except Exception:
        text = ""
    frames = traceback.extract_tb(error.__traceback__)
    if function:
        lines = [frame.line for frame in frames if frame.name == function]
    else:
        lines = [frame.line for frame in frames if frame.filename.startswith("<ipython-input")]
    line = (lines[-1] if lines else "") or ""
    text, line = text[:LONGEST_TEXT], line[:LONGEST_TEXT]
    report: ErrorReport = {"type": name, "base": base, "text": text, "line": line}
    report["missing"], report["short"] = find_missing(error), is_shortage(error)
    report["by_helper"] = raised_by_helper(error, function)
    return report


def raised_by_helper(error: BaseException, function: str) -> bool:
    """Return whether an error arose in a function of the notebook that ``function`` calls.

    What libraries raise counts for the function that calls them, as comprehensions do.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    outer = [frame for frame in frames if frame.f_code.co_name == function][-1:]
    inner = [frame for frame in frames if outer and frame.f_globals is outer[0].f_globals]
    names = {function, "<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"}
    return any(frame.f_code.co_name not in names for frame in inner[-1:])


def find_missing(error: BaseException) -> str:
    """Return what code wanted that grading does not have, if an error comes of that."""
    if isinstance(error, ModuleNotFoundError):
        return "module"
    for cause in causes(error):
        if isinstance(cause, (OSError, EOFError)):
            for frame, _ in traceback.walk_tb(cause.__traceback__):
                module = frame.f_globals.get("__name__")
                if isinstance(module, str) and module in FOUND_MISSING_IN:
                    return FOUND_MISSING_IN[module]
    return ""
