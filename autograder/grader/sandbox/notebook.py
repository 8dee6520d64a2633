"""The process that runs a notebook's cells, and its forks, the cases, which answer calls.

From the first cell on, student code owns this process: it may have replaced anything in here.
So nothing in this module protects the grader, and nothing that it sends is trusted.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ..limits import MEGABYTE, Limits
from ..messages import CaseEnded, CellDone, ErrorReport
from ..protocol import LONGEST_TEXT, ProtocolError, decode, encode, receive, send
from .stand_in import make_otter


class Shell(InteractiveShell):
    """IPython without anybody in front of it: errors are returned, nothing is drawn."""

    def showtraceback(self, *args: Any, **options: Any) -> None:
        """Do nothing; `NotebookProcess.run_cell` reports the error."""

    showsyntaxerror = showindentationerror = showtraceback
    system = InteractiveShell.system_raw  # ``!command`` without a terminal, which is not there

    def ask_exit(self) -> NoReturn:
        """End the cell, not the notebook, on ``quit()``."""
        raise SystemExit("quit")

    def _tee(self, channel: str) -> Any:
        """Keep nothing of what is printed, which could be endless."""
        return contextlib.nullcontext()

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing; there is no event loop."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Do nothing for ``%matplotlib inline``; the environment says Agg."""
        return "agg", "agg"


def make_shell() -> Shell:
    """Return the one shell of this process and its forks; without a history, which is a file."""
    config = Config()
    config.HistoryManager.enabled = False
    return Shell.instance(config=config)


class NotebookProcess:
    """Runs cells and forks cases, on the word of the trusted process."""

    def __init__(self, channel: socket.socket, limits: Limits):
        self.channel, self.limits = channel, limits
        self.limit = int(limits.message_mb * MEGABYTE)
        self.shell = Shell.instance()
        self.names = self.shell.user_ns
        self.noted: dict[str, dict[str, Any]] = {}

    def serve(self) -> None:
        """Do what is asked until the trusted process hangs up."""
        prepare_process(self.names, self.noted)
        process = os.getpid()
        while True:
            try:
                message, files = receive(self.channel, descriptors=1)
            except EOFError:
                return
            answer: CellDone | CaseEnded
            if message["do"] == "run cell":
                answer = {"error": self.run_cell(message["source"])}
            else:
                answer = {"ended": self.run_case(message["question"], files[0])}
            if os.getpid() != process:
                os._exit(0)  # a fork that a cell made, and that came back from it
            send(self.channel, answer, self.limit)

    def run_cell(self, source: str) -> ErrorReport | None:
        """Run a cell; return what went wrong, if anything."""
        signal.signal(signal.SIGALRM, self.stop_cell)
        signal.setitimer(signal.ITIMER_REAL, self.limits.seconds_per_cell)
        try:
            result = self.shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
            error = result.error_before_exec or result.error_in_exec
        except BaseException as outside:  # an alarm can ring outside the cell's own code
            error = outside
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return describe(error) if error else None

    def stop_cell(self, *signal_and_frame: Any) -> NoReturn:
        """End a cell that takes too long; one that will not listen is killed from outside."""
        raise TimeoutError(f"took longer than {self.limits.seconds_per_cell:g} seconds")

    def run_case(self, question: str, descriptor: int) -> int:
        """Let a fork answer one test case; return its wait status when it has ended."""
        forget_children()
        try:
            child = os.fork()
        except OSError:  # student code has used up what there is
            os.close(descriptor)
            return -1
        if child == 0:
            with contextlib.suppress(BaseException):
                self.channel.close()
                if question in self.noted:
                    self.names.clear()
                    self.names.update(self.noted[question])
                CaseProcess(socket.socket(fileno=descriptor), self.names, self.limit).serve()
            os._exit(0)
        os.close(descriptor)
        try:
            return os.waitpid(child, 0)[1]
        except ChildProcessError:  # student code has made this process ignore its children
            return 0


class CaseProcess:
    """Looks up names and calls functions, on the word of a test case."""

    def __init__(self, channel: socket.socket, names: dict[str, Any], limit: int):
        self.channel, self.names, self.limit = channel, names, limit

    def serve(self) -> None:
        """Answer until the test case is over."""
        process = os.getpid()
        while True:
            try:
                message = receive(self.channel)
            except EOFError:
                return
            is_call = message["do"] == "call"
            answer = self.call(message) if is_call else self.look_up(message["name"])
            if os.getpid() != process:
                return
            try:
                send(self.channel, answer, self.limit)
            except ProtocolError:
                send(self.channel, {"fault": True}, self.limit)

    def look_up(self, name: str) -> dict[str, Any]:
        """Return what ``name`` stands for in the notebook."""
        if name not in self.names:
            return {"missing": True}
        value = self.names[name]
        if callable(value):
            return {"function": str(getattr(value, "__name__", "")), **parameters(value)}
        return self.encoded(value=value)

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


def prepare_process(names: dict[str, Any], noted: dict[str, dict[str, Any]]) -> None:
    """Give the process what a notebook expects around it, in its working directory."""
    folder = os.getcwd()
    os.environ |= {"HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": f"{folder}/.matplotlib"}
    tempfile.tempdir = None  # a library that was preloaded may have asked for it before
    sys.path[:] = [place for place in sys.path if Path(place) != SOURCE]
    sys.path.append(folder)  # at the end, like stock Otter
    sys.modules["otter"] = make_otter(names, noted)
    builtins.input = refuse_input


SOURCE = Path(__file__).resolve().parents[2]


def refuse_input(prompt: object = "") -> NoReturn:
    """Stand in for ``input``."""
    raise EOFError("nobody is here to answer input(): write the value into the code")


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


def describe(error: BaseException, function: str = "") -> ErrorReport:
    """Return type, nearest known base type, text and line of an error.

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
    return {"type": name, "base": base, "text": text, "line": line}
