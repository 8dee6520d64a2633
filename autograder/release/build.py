"""Run Otter Assign on the masters, and assemble what a release consists of.

The result is the same bytes for the same masters, on any day and in any folder: zip entries
are sorted and carry a fixed date, notebooks carry no ids and no times.
"""

from __future__ import annotations

import base64
import copy
import mimetypes
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import yaml
from latex2mathml.converter import convert as latex_to_mathml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from traitlets.config import Config

from . import ReleaseError
from .cache import Cache, digest_of
from .declared import Declared, read_declared
from .masters import CLEAN_METADATA, Master
from .names import LITTER
from .pictures import keep_pictures
from .places import colab_cell
from .rules import first_line
from .settings import grading_config, grading_python, shared_files

WITHOUT_LITTER = shutil.ignore_patterns(*LITTER)
# The earliest date that a zip entry can carry.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# No cell takes longer than a second; a notebook that hangs should end before one's patience.
CELL_TIMEOUT = 300
# The system takes some 100 characters for the path of a socket, file name included.
LONGEST_SOCKET_FOLDER = 70
# How a progress bar writes over itself. It comes with the seconds that pass, not with the code.
OVERWRITTEN = re.compile(r"\r[^\r\n]*\n?")
# Cells with this tag print versions of the machine at hand, which do not belong in a release.
ENVIRONMENT_TAG = "environment"
# Writes what a function of a module returns into a file: their names.
WRITE_PAGE = """
import importlib, pathlib, sys
module, name, file = sys.argv[1:]
text = getattr(importlib.import_module(module), name)()
pathlib.Path(file).write_text(text, encoding="utf-8")
"""
# What lies beside a notebook that is executed, and that its cells do not look at.
NO_INPUT = ("*.ipynb", "*-autograder_*.zip")
# Otter puts this into the answer cell of a written question.
ANSWER_PLACEHOLDER = "_Type your answer here, replacing this text._"
# nbconvert's page without the three scripts that it loads from the network.
OFFLINE_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


class CellFault(ReleaseError):
    """A cell of a built notebook is not as it must be."""

    def __init__(self, notebook: nbformat.NotebookNode, index: int, fault: str):
        self.sources = [cell.source for cell in notebook.cells]
        self.index, self.fault = index, fault
        super().__init__(f"cell {index + 1} (`{first_line(self.sources[index])}`) {fault}")

    def in_master(self, master: Master) -> str:
        """Return place and fault; the place in the master, where people can correct it.

        A built notebook has other cells, but those that it shares with the master come in the
        same order. So the third cell that begins in some way is the third there as well.
        """
        line = first_line(self.sources[self.index])
        nth = [first_line(source) for source in self.sources[: self.index]].count(line)
        cells = [number for number, first in master.running_cells() if first == line]
        if nth < len(cells):
            return f"{master.place(cells[nth])} {self.fault}"
        return f"{master.path.name}, {self}"


def build(root: Path, masters: list[Master], out: Path, known: Cache) -> None:
    """Write ``student/``, ``solutions/`` and ``autograder/*.zip`` below ``out``.

    Args:
        root: the project.
        masters: as read from it.
        out: an empty folder.
        known: what earlier runs of the same cells have printed and drawn.

    Raises:
        ReleaseError: Otter Assign refuses a master, or a solution notebook raises or warns.
    """
    work, declared = out / "work", read_declared(root)
    assignment = prepare(root, work / "assignment, prepared", declared)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda master: _assign(root, assignment, master, declared), masters))
    for folder in ("student/tests", "solutions", "autograder"):
        (out / folder).mkdir(parents=True)
    _copy_student_files(root, assignment, out / "student", declared)
    for master in masters:
        made = work / master.name / "dist"
        shutil.copy(made / "student" / master.path.name, out / "student")
        shutil.copytree(made / "student" / "tests", out / "student/tests", dirs_exist_ok=True)
        (made_zip,) = (made / "autograder").glob("*.zip")
        repack(made_zip, out / "autograder" / f"{master.name}.zip")
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda master: _write_solution(root, master, out, known, declared.never_printed),
                masters,
            )
        )
    shutil.rmtree(work)


def prepare(root: Path, assignment: Path, declared: Declared) -> Path:
    """Copy the project's ``assignment/`` to another place, write its pages there; return the place.

    Raises:
        ReleaseError: a page cannot be written.
    """
    shutil.copytree(root / "assignment", assignment, ignore=WITHOUT_LITTER)
    for name, place in declared.pages.items():
        # In a process of its own, with the modules beside it; -B leaves no caches behind.
        command = [sys.executable, "-B", "-c", WRITE_PAGE, *place, name]
        done = subprocess.run(command, cwd=assignment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ReleaseError(
                f"{':'.join(place)} cannot write {name}: {last_line(done.stderr)}: correct it in "
                f"assignment/, or pages under [tool.homework] in pyproject.toml"
            )
    return assignment


def _assign(root: Path, assignment: Path, master: Master, declared: Declared) -> None:
    """Run Otter Assign on one master, in a copy of ``assignment`` beside it.

    A second run into the same result folder would delete the output of the first.
    """
    folder = assignment.parent / master.name
    shutil.copytree(assignment, folder)
    config = yaml.safe_load((folder / "config.yml").read_text(encoding="utf-8"))
    config["generate"] = grading_config(root)
    config["python_version"] = grading_python(root)
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    _put_on_top(folder / master.path.name, declared)
    command = [sys.executable, "-m", "otter", "assign", master.path.name, "dist"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{master.path.name}: Otter Assign fails: {last_line(done.stderr)}")


def _put_on_top(path: Path, declared: Declared) -> None:
    """Put heading and the cell for Colab on top of a master, if the homework has them."""
    requirements = (path.parent / "requirements.txt").read_text(encoding="utf-8")
    found = (_heading(path.parent, declared), colab_cell(declared, requirements))
    cells = [cell for cell in found if cell]
    if not cells:
        return
    for cell in cells:
        cell.pop("id", None)  # as in all cells of a master
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1:1] = cells  # behind the settings of Otter Assign
    nbformat.write(notebook, path)


def _heading(folder: Path, declared: Declared) -> nbformat.NotebookNode | None:
    """Return a cell with logo, course, term and due date; None if the homework has none of them."""
    if not (declared.heading or declared.logo):
        return None
    lines = [f"**{declared.heading}**"] if declared.heading else []
    cell: nbformat.NotebookNode = nbformat.v4.new_markdown_cell()
    if declared.logo:
        logo = folder / declared.logo
        kind = mimetypes.guess_type(logo.name)[0]
        picture = base64.b64encode(logo.read_bytes()).decode()
        cell.attachments = {logo.name: {kind: picture}}
        lines.insert(0, f"![{declared.course or 'logo'}](attachment:{logo.name})")
    cell.source = "\n\n".join(lines)
    return cell


def _copy_student_files(root: Path, assignment: Path, student: Path, declared: Declared) -> None:
    """Copy what all notebooks of the student folder share, and the pages."""
    for name in [*shared_files(root), *declared.pages]:
        _copy(assignment / name, student / name)
    shutil.copy(assignment / "requirements.txt", student)
    shutil.copy(assignment / "STUDENT.md", student / "README.md")


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, the folders above it included."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=WITHOUT_LITTER, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def repack(source: Path, target: Path) -> None:
    """Write the entries of one zip into another, which is the same whenever it is made."""
    with zipfile.ZipFile(source) as old:
        write_zip({name: old.read(name) for name in old.namelist()}, target)


def write_zip(entries: dict[str, bytes], target: Path) -> None:
    """Write a zip of entries by name, sorted, with a fixed date and uncompressed.

    Stored entries do not depend on the version of a compressor, and these zips are small.
    """
    with zipfile.ZipFile(target, "w") as new:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            executable = name in ("setup.sh", "run_autograder")
            entry.external_attr = (0o755 if executable else 0o644) << 16
            new.writestr(entry, entries[name])


def _write_solution(
    root: Path, master: Master, out: Path, known: Cache, never_printed: tuple[str, ...]
) -> None:
    """Execute the solution notebook and write it, and its HTML, to ``solutions/``."""
    folder = out / "work" / master.name / "dist" / "autograder"
    solution = Path("solutions") / master.path.name
    notebook = nbformat.read(folder / master.path.name, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.source != ANSWER_PLACEHOLDER]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = tidy_solution(cell.source)
    try:
        execute(notebook, folder, known)
        check_printed(notebook, never_printed)
        _make_reproducible(notebook)
        check_warnings(notebook)
        keep_pictures(notebook, root / solution)
        html = to_html(notebook, f"{master.name}: solution")
    except CellFault as error:
        raise ReleaseError(f"In the solution, {error.in_master(master)}") from None
    except ReleaseError as error:
        raise ReleaseError(f"{master.path.name}, its solution: {error}") from None
    nbformat.write(notebook, out / solution)
    (out / solution).with_suffix(".html").write_text(html, encoding="utf-8")


def tidy_solution(source: str) -> str:
    """Remove Otter's solution markers, and the stub that a prompt block holds."""
    source = re.sub(
        r'^ *""" *# BEGIN PROMPT\n.*?^ *""" *# END PROMPT\n?', "", source, flags=re.M | re.S
    )
    return re.sub(r"^ *# (BEGIN|END) SOLUTION.*\n?", "", source, flags=re.M).rstrip()


def execute(notebook: nbformat.NotebookNode, folder: Path, known: Cache) -> None:
    """Fill in what every code cell of ``notebook`` leads to in ``folder``.

    Raises:
        ReleaseError: as `run_cells`.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code = [[cell.source, cell.metadata.get("tags")] for cell in cells]

    def run() -> list[Any]:
        run_cells(notebook, folder)
        return [[cell.execution_count, cell.outputs] for cell in cells]

    dependencies = ["execute", code, digest_of(folder, without=NO_INPUT)]
    results = known.get(dependencies, run, _is_quiet)
    for cell, (count, outputs) in zip(cells, results, strict=True):
        cell.execution_count = count
        cell.outputs = [nbformat.from_dict(output) for output in outputs]


def _is_quiet(results: list[Any]) -> bool:
    """Return whether no cell has warned: that may be the machine's fault, and gone next time."""
    outputs = [output for _, cell_outputs in results for output in cell_outputs]
    return not any(output.get("name") == "stderr" for output in outputs)


def run_cells(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell of ``notebook`` in ``folder``, in place.

    Raises:
        ReleaseError: a cell raises or takes longer than `CELL_TIMEOUT` seconds.
    """
    started = [0]
    with tempfile.TemporaryDirectory(dir=_short_folder()) as sockets:
        # Over socket files: a TCP port is open to whoever shares the machine, and the kernel
        # warns about it.
        connection = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        client = NotebookClient(
            notebook,
            config=Config(KernelManager=connection),
            timeout=CELL_TIMEOUT,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=lambda cell, cell_index: started.append(cell_index),
        )
        try:
            client.execute()
        except CellExecutionError as error:
            reason = " ".join(f"raises {error.ename}: {error.evalue}".split())[:300]
        except TimeoutError:
            reason = f"takes longer than {CELL_TIMEOUT} seconds"
        except RuntimeError:  # nbclient's way of saying so
            reason = "ends the kernel"
        else:
            return
    raise CellFault(notebook, started[-1], f"{reason}: correct the cell")


def check_printed(notebook: nbformat.NotebookNode, never: tuple[str, ...]) -> None:
    """Raise ReleaseError if an executed solution has printed a line that begins like this.

    So a cell that gives up without raising, for the sake of students, does not go unseen.
    """
    for i, cell in enumerate(notebook.cells):
        printed = "".join(output.get("text", "") for output in cell.get("outputs", []))
        for line in printed.splitlines():
            if never and line.startswith(never):
                raise CellFault(notebook, i, f"gives up: {line}")


def check_warnings(notebook: nbformat.NotebookNode) -> None:
    """Raise ReleaseError if an executed solution has written to stderr."""
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise CellFault(
                    notebook,
                    i,
                    f"warns: {last_line(output.text)[:300]}: correct the cell, so that it runs "
                    f"without a warning",
                )


def _short_folder() -> str | None:
    """Return where to put socket files: the usual temporary folder unless its name is long."""
    return "/tmp" if len(tempfile.gettempdir()) > LONGEST_SOCKET_FOLDER else None


def _make_reproducible(notebook: nbformat.NotebookNode) -> None:
    """Remove what differs from run to run: versions, progress bars, Otter's random emoji."""
    notebook.metadata |= CLEAN_METADATA
    for cell in notebook.cells:
        if ENVIRONMENT_TAG in cell.metadata.get("tags", []):
            cell.outputs = []
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_progress(output)]
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            if "passed! " in html:
                output.data["text/html"] = re.sub(r"passed! \S+</p>", "passed!</p>", html)


def _is_progress(output: nbformat.NotebookNode) -> bool:
    """Return whether an output is a progress bar and nothing else."""
    return output.get("name") == "stderr" and not OVERWRITTEN.sub("", output.text).strip()


def to_html(notebook: nbformat.NotebookNode, title: str) -> str:
    """Return the notebook as one HTML page that needs no network.

    Formulas become MathML, which browsers draw themselves; the scripts that the usual template
    loads from elsewhere are left out.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas_to_mathml(cell.source)
    exporter = HTMLExporter(exclude_anchor_links=True)
    exporter.raw_template = OFFLINE_TEMPLATE
    return exporter.from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def formulas_to_mathml(text: str) -> str:
    """Replace ``$...$`` and ``$$...$$`` outside code by MathML."""
    parts = re.split(r"(```.*?```|`[^`]*`)", text, flags=re.S)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(
            r"\$\$(.+?)\$\$",
            lambda match: _mathml(match[1].strip(), "block"),
            parts[i],
            flags=re.S,
        )
        parts[i] = re.sub(r"\$([^$]+)\$", lambda match: _mathml(match[1], "inline"), parts[i])
    return "".join(parts)


def _mathml(formula: str, display: str) -> str:
    try:
        return latex_to_mathml(formula, display=display)
    except Exception as error:  # the converter raises classes of its own, without words
        reason = type(error).__name__
        raise ReleaseError(f"cannot convert ${formula}$ ({reason}): correct the formula") from None


def last_line(text: str) -> str:
    """Return the last line of what a process printed that says something."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
    return next((line for line in reversed(lines) if line), "no message")
