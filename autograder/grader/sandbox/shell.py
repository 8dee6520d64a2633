"""IPython without anybody in front of it, for the cells of a notebook.

A notebook is written for JupyterLab, VS Code or Colab. Magics, shell lines and modules that only
they have are left out: the rest of the cell runs, and the report names the line.
"""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import subprocess
import traceback
from collections.abc import Iterator
from typing import Any, NoReturn

from IPython import display
from IPython.core import display as core_display
from IPython.core.error import UsageError
from IPython.core.formatters import format_display_data
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.utils.text import LSString, SList
from traitlets.config import Config

from .shortage import is_shortage
from .stand_in import NOTHING, Nothing

# What Colab has besides Python's own modules, to mount drives and to upload files.
COLAB = "google.colab"
UNKNOWN = "this magic is not here"
# Magics whose cells run as usual, only watched.
WATCHING = ("time", "capture", "prun")


class Shell(InteractiveShell):
    """Errors are kept for the report, and nothing is drawn."""

    # What only the shell of a Jupyter kernel has.
    kernel = parent_header = data_pub = payloadpage_page = NOTHING
    get_parent = set_parent = set_thread_parent = reset_thread_parent = NOTHING

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]
        self.error: BaseException | None = None  # the first one since somebody emptied this
        self.left_out: list[tuple[str, str]] = []  # lines, and what was wrong with each
        self.short = False  # whether one of them failed because something was used up
        self.line = ""  # the line magic that runs, which may run commands
        self.ast_transformers.append(WithoutColab())

    def run_cell(self, *args: Any, **options: Any) -> ExecutionResult:
        """Run a cell, or what a magic like ``%%capture`` finds below it."""
        result: ExecutionResult = super().run_cell(*args, **options)  # type: ignore[no-untyped-call]
        self.error = self.error or result.error_before_exec or result.error_in_exec
        return result

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run a magic, or leave it out if it does not work here."""
        place = f"%{magic_name} {line}"
        if not self._find_with_lazy_load("line", magic_name):
            self.left_out.append((place.strip(), UNKNOWN))
            return None
        with self._left_out_on_error(place, running=place):
            before = os.getcwd()
            result = super().run_line_magic(magic_name, line, _stack_depth + 1)
            if magic_name == "cd" and os.getcwd() == before and not _names_folder(line):
                raise FileNotFoundError("there is no such folder")  # IPython prints it, and goes on
            return result

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """Run a magic, or leave it out if it does not work here; then run what is below it."""
        place = f"%%{magic_name} {line}"
        if not self._find_with_lazy_load("cell", magic_name):
            self._run_below(place, UNKNOWN, cell)
            return None
        with self._left_out_on_error(place, running=""):  # lines below it have names of their own
            try:
                return super().run_cell_magic(magic_name, line, cell)  # type: ignore[no-untyped-call]
            except UsageError as error:  # of its options: nothing has run
                if magic_name not in WATCHING or not cell.strip():
                    raise
                self._run_below(place, str(error), cell)

    def _run_below(self, place: str, why: str, cell: str) -> None:
        """Run as Python what is below a magic that does not work here, if it is Python."""
        try:
            self.statements(cell)
        except SyntaxError:
            self.left_out.append((place.strip(), f"{why}; what is below it is no Python"))
        else:
            self.left_out.append((place.strip(), f"{why}; what is below it ran as Python"))
            self.run_cell(cell)

    def magic(self, arg_s: str) -> Any:
        """Run a line magic as IPython did before version 9, for instance on Colab."""
        name, _, line = arg_s.lstrip("% ").partition(" ")
        return self.run_line_magic(name, line.strip(), _stack_depth=2)

    def system(self, cmd: str) -> None:
        """Run a line that begins with ``!``."""
        command = self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
        self._run_command(command, None)

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | LSString:
        """Return what a command prints."""
        command = self.var_expand(cmd, depth=depth + 1)  # type: ignore[no-untyped-call]
        output = self._run_command(command, subprocess.PIPE)
        return SList(output.splitlines()) if split else LSString(output)

    def leave_out(self, line: str, why: str) -> Nothing:
        """Note a line that has no effect here; return what its names stand for."""
        self.left_out.append(((self.line or line).strip(), why))
        return NOTHING

    def _run_command(self, command: str, output: int | None) -> str:
        """Run a command, for at most half of the time that its cell has left."""
        line = f"!{command}"
        process = subprocess.Popen(
            command, shell=True, stdout=output, stderr=output and subprocess.STDOUT,
            text=True, errors="replace",
        )  # fmt: skip
        try:
            seconds = signal.getitimer(signal.ITIMER_REAL)[0] / 2 or None
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # It is killed from outside when the cells have ended: from here, nobody may.
            self.leave_out(line, f"took longer than {seconds:.2g} seconds")
            return ""
        self.user_ns["_exit_code"] = process.returncode
        if process.returncode:
            self.leave_out(line, f"ended with exit code {process.returncode}")
        return printed or ""

    @contextlib.contextmanager
    def _left_out_on_error(self, line: str, running: str) -> Iterator[None]:
        """Leave a magic out if it fails; an error of the student's code, or its time, is theirs."""
        before, self.line = self.line, running
        try:
            yield
        except (TimeoutError, MemoryError, BlockingIOError):  # time, memory, processes are used up
            raise
        except Exception as error:
            frames = traceback.walk_tb(error.__traceback__)
            if any(frame.f_globals is self.user_ns for frame, _ in frames):
                raise
            self.short = self.short or is_shortage(error)
            self.left_out.append((line.strip(), f"{type(error).__name__}: {error}"))
        finally:
            self.line = before

    def statements(self, source: str) -> list[ast.stmt]:
        """Return the statements of a cell, and of what a magic like ``%%time`` watches.

        Raises:
            SyntaxError: there is something else in it.
        """
        code: str = self.transform_cell(self.watched(source))  # type: ignore[no-untyped-call]
        return ast.parse(code).body

    def watched(self, source: str) -> str:
        """Return a cell without the line on top that says how to run it."""
        first, _, rest = source.partition("\n")
        magic = first.strip().removeprefix("%%").partition(" ")[0]
        known = magic not in WATCHING and self.find_cell_magic(magic)  # type: ignore[no-untyped-call]
        return rest if first.lstrip().startswith("%%") and not known else source

    def take_profile(self) -> None:
        """Write down bookmarks and the like where the environment says now; be at home there."""
        self.home_dir = os.environ["HOME"]
        self.init_ipython_dir(None)  # type: ignore[no-untyped-call]
        self.init_profile_dir(None)  # type: ignore[no-untyped-call]

    # Nobody is there to see it. `NotebookProcess` reports errors.

    def showtraceback(self, *args: Any, **options: Any) -> None:
        """Do nothing."""

    showsyntaxerror = showindentationerror = showtraceback

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


def _names_folder(line: str) -> bool:
    """Return whether ``%cd`` has somewhere to go: a folder, home, or what an option says."""
    return line[:1] in ("", "-") or os.path.isdir(os.path.expanduser(line))


class WithoutColab(ast.NodeTransformer):
    """Leaves out the imports of Colab's modules, and what is done with them.

    Only those that a cell cannot do without: code that tries whether it runs on Colab finds that
    it does not.
    """

    def visit_Module(self, module: ast.Module) -> ast.Module:
        """Look at the cell's own statements only, not at those inside ``try`` or ``if``."""
        module.body = [part for statement in module.body for part in _without_colab(statement)]
        return module


def _without_colab(statement: ast.stmt) -> list[ast.stmt]:
    if isinstance(statement, ast.ImportFrom):
        modules = [f"{statement.module}.{alias.name}" for alias in statement.names]
    elif isinstance(statement, ast.Import):
        modules = [alias.name for alias in statement.names]
    else:
        return [statement]
    if not any(f"{module}.".startswith(f"{COLAB}.") for module in modules):
        return [statement]
    names = [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    targets = " = ".join(name if name.isidentifier() else "_" for name in names)
    line, why = ast.unparse(statement), "Colab's own modules are not here"
    replaced = ast.parse(f"{targets} = get_ipython().leave_out({line!r}, {why!r})").body
    return [ast.copy_location(new, statement) for new in replaced]


def restore_names() -> None:
    """Put back what older versions of IPython have, among them Colab's, and notebooks import."""
    vars(display).update(set_matplotlib_formats=NOTHING, set_matplotlib_close=NOTHING)
    for name, value in vars(display).items():
        vars(core_display).setdefault(name, value)


def make_shell() -> Shell:
    """Return the one shell of this process and its forks; without a history, which is a file."""
    config = Config()
    config.HistoryManager.enabled = False
    restore_names()
    shell: Shell = Shell.instance(config=config)
    shell.run_line_magic("load_ext", "storemagic")  # as a kernel does
    # What IPython prepares when it first runs and shows something, forks need not prepare again.
    shell.run_cell("pass", store_history=False)
    format_display_data(0)
    shell.last_execution_result = None
    return shell
