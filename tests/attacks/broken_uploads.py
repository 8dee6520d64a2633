"""Uploads that nobody has planned; most of them happen."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import nbformat

from . import (
    NOTEBOOK,
    POINTS,
    ROOT,
    SOLVED,
    UNTOUCHED,
    add_cell,
    cell,
    read_notebook,
    replace_function,
    upload,
    write_notebook,
)
from .escaping import _zipped

OTHER = "relu_sgd"
CANNOT_OPEN = "Open it in Jupyter"


def _write(folder: Path, content: str | bytes, name: str = f"{NOTEBOOK}.ipynb") -> None:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def _text(base: str = SOLVED) -> str:
    return json.dumps(read_notebook(base), indent=1)


def _changed(folder: Path, **changes: object) -> None:
    """Write the solution with other content at its top level."""
    write_notebook({**read_notebook(SOLVED), **changes}, folder)


def _with_cell(folder: Path, source: object) -> None:
    notebook = read_notebook(SOLVED)
    add_cell(notebook, source, 4)
    write_notebook(notebook, folder)


# -- files ------------------------------------------------------------------------------------


@upload(0, "What came: no file at all", stock=False)
def nothing(folder):
    """An upload without a file."""


@upload(0, "What came: answers.pdf", stock=False, warm=True)
def something_else(folder):
    """A PDF instead of the notebook."""
    _write(folder, b"%PDF-1.7", "answers.pdf")


@upload(0, ("the file is empty", CANNOT_OPEN), warm=True)
def empty_file(folder):
    """A notebook of no bytes."""
    _write(folder, "")


@upload(0, ("this is no notebook, or only a part of one", CANNOT_OPEN), warm=True)
def half_a_notebook(folder):
    """A notebook whose upload was cut off."""
    _write(folder, _text()[:9000])


@upload(0, "this is no notebook", warm=True)
def no_json(folder):
    """A Python script under a notebook's name."""
    _write(folder, "def constant_gradient(theta, y): pass")


@upload(0, "no notebook as Jupyter saves it today", warm=True)
def json_but_a_list(folder):
    """JSON, but no notebook."""
    _write(folder, "[1, 2, 3]")


@upload(POINTS, "from the file gradient_descent.ipynb", warm=True)
def notebook_of_format_3(folder):
    """A notebook as IPython saved it until 2015."""
    notebook = nbformat.read(ROOT / SOLVED / f"{NOTEBOOK}.ipynb", as_version=3)
    _write(folder, json.dumps(notebook))


@upload(0, "merge-conflict markers", warm=True)
def merge_conflict(folder):
    """A notebook that Git could not merge."""
    lines = _text().splitlines()
    lines[9:9] = ["<<<<<<< HEAD", ' "x": 1,', "=======", ' "x": 2,', ">>>>>>> mine"]
    _write(folder, "\n".join(lines))


@upload(0, "a web page", warm=True)
def web_page(folder):
    """The page on which GitHub shows the notebook."""
    _write(folder, "<!DOCTYPE html><html></html>")


@upload(0, warm=True)
def no_cells(folder):
    """A notebook without cells."""
    _changed(folder, cells=[])


@upload(POINTS, "Its metadata do not say that it is gradient_descent", stock=False, warm=True)
def no_metadata(folder):
    """A notebook that has lost what Otter wrote into it."""
    _changed(folder, metadata={})


@upload(0, "The homework's name is missing inside: gradient_descent.ipynb", warm=True)
def nothing_says_which_homework(folder):
    """A notebook that has lost its metadata and its checks."""
    cells = read_notebook(SOLVED)["cells"]
    kept = [c for c in cells if "grader.check" not in "".join(c["source"])]
    _changed(folder, metadata={}, cells=kept)


@upload(POINTS, "Its name should end in .ipynb", stock=False, warm=True)
def named_as_a_text(folder):
    """A notebook that a browser has saved as a text."""
    _write(folder, _text(), "Gradient_Descent.ipynb (1).txt")


@upload(POINTS, "from the file hw.zip/part 1/gradient_descent.ipynb", stock=False, warm=True)
def zip_file_with_backslashes(folder):
    """A zip file in which folders end with backslashes."""
    members = {"part 1\\gradient_descent.ipynb": _text(), "part 1\\..\\..\\x.py": "1"}
    _write(folder, _zipped(members), "hw.zip")


@upload(36, "Its metadata do not say that it is relu_sgd", stock=False, warm=True)
def merged_notebooks(folder):
    """Both solutions in one notebook."""
    first, second = read_notebook(SOLVED), read_notebook(SOLVED, OTHER)
    _changed(folder, cells=[*first["cells"], *second["cells"]])


@upload(POINTS, "from the file gradient_descent.ipynb", stock=False, warm=True)
def checkpoint_beside_the_notebook(folder):
    """An older copy that Jupyter has made."""
    _write(folder, _text())
    cells = read_notebook(SOLVED)["cells"][:30]
    old = json.dumps({**read_notebook(SOLVED), "cells": cells})
    _write(folder, old, f"{NOTEBOOK}-checkpoint.ipynb")


@upload(0, "Notebooks of another homework came: gradient_descent.ipynb (of homework_0)", warm=True)
def another_homework(folder):
    """The notebook of another homework under this one's name."""
    _changed(folder, metadata={"otter": {"assignment_name": "homework_0"}})


@upload(POINTS, "from the file Copy of Untitled (2).ipynb", warm=True)
def renamed_notebook(folder):
    """A notebook under another name."""
    _write(folder, _text(), "Copy of Untitled (2).ipynb")


@upload(36, stock=False)
def both_notebooks(folder):
    """Both solutions, as they should come."""
    for name in (NOTEBOOK, OTHER):
        shutil.copy(ROOT / SOLVED / f"{name}.ipynb", folder)


@upload(
    POINTS, "relu_sgd: not graded. The upload has no notebook of relu_sgd", stock=False, warm=True
)
def one_notebook_is_missing(folder):
    """One solution of two."""
    _write(folder, _text())


@upload(POINTS, "graded, from the file", stock=False, warm=True)
def same_notebook_twice(folder):
    """The notebook, and a copy of it."""
    _write(folder, _text())
    _write(folder, _text(), "copy.ipynb")


@upload(
    0,
    "has different notebooks of gradient_descent, so none of them is graded",
    stock=False,
    warm=True,
)
def two_versions(folder):
    """Two notebooks with answers, one of them an older one."""
    _write(folder, _text())
    notebook = read_notebook(SOLVED)
    replace_function(notebook, "constant_optimum", "def constant_optimum(y): return 0")
    _write(folder, json.dumps(notebook), "old.ipynb")


@upload(POINTS, "from the file solved.ipynb", stock=False, warm=True)
def untouched_notebook_beside_the_solved_one(folder):
    """The notebook as it was downloaded, and the solved one."""
    _write(folder, _text(UNTOUCHED))
    _write(folder, _text(), "solved.ipynb")


@upload(36, stock=False, warm=True)
def homework_in_a_folder(folder):
    """The whole homework folder, checkpoints and all."""
    place = folder / "my homework"
    shutil.copytree(ROOT / "student", place)
    for name in (NOTEBOOK, OTHER):
        shutil.copy(ROOT / SOLVED / f"{name}.ipynb", place)
        (place / ".ipynb_checkpoints").mkdir(exist_ok=True)
        old = place / f".ipynb_checkpoints/{name}-checkpoint.ipynb"
        shutil.copy(ROOT / UNTOUCHED / f"{name}.ipynb", old)


@upload(36, stock=False, warm=True)
def homework_in_a_zip_file(folder):
    """The folder as a Mac packs it."""
    members = {}
    for name in (NOTEBOOK, OTHER):
        members[f"hw/{name}.ipynb"] = (ROOT / SOLVED / f"{name}.ipynb").read_bytes()
        members[f"__MACOSX/hw/._{name}.ipynb"] = b"\0\5\x16\7"
    _write(folder, _zipped(members), "hw.zip")


@upload(POINTS, "a control character", stock=False, warm=True)
def strange_file_names(folder):
    """Files whose names turn the text around them, break lines, and are no text."""
    _write(folder, _text())
    for name in (b"\xe2\x80\xaetxt.exe", b"line\nbreak.txt", b"\xff\xfe.txt", b"bell\7.py"):
        with open(bytes(folder) + b"/" + name, "w") as file:
            file.write("text")


@upload(POINTS, "one upload may have at most", stock=False)
def six_thousand_files(folder):
    """A folder full of files, as of an environment."""
    _write(folder, _text())
    (folder / "zz").mkdir()
    for i in range(6000):
        (folder / f"zz/{i}.txt").touch()


# -- cells ------------------------------------------------------------------------------------


@upload(POINTS, warm=True)
def cells_in_one_string(folder):
    """Sources as one text instead of a list of lines, as format 4 allows."""
    cells = read_notebook(SOLVED)["cells"]
    _changed(folder, cells=[{**cell, "source": "".join(cell["source"])} for cell in cells])


@upload(POINTS, warm=True)
def strange_sources(folder):
    """Cells whose sources, kinds and metadata are numbers, lists and nothing."""
    notebook = read_notebook(SOLVED)
    new = [{"cell_type": "code", "source": value} for value in (7, None, {"a": 1}, [1, 2])]
    new += [{"cell_type": 5}, {}, 17, None, {"cell_type": "code", "metadata": 3, "source": "1"}]
    notebook["cells"][4:4] = new
    write_notebook(notebook, folder)


@upload(POINTS, "SyntaxError", warm=True)
def null_byte_in_a_cell(folder):
    """A cell with a NUL, which Python does not compile."""
    _with_cell(folder, "a = 1\0 + 1")


@upload(POINTS, warm=True)
def checks_are_deleted(folder):
    """All cells with checks are gone."""
    cells = read_notebook(SOLVED)["cells"]
    _changed(folder, cells=[c for c in cells if "grader.check" not in "".join(c["source"])])


@upload(6, "NameError: name 'np' is not defined", warm=True)
def first_cells_are_deleted(folder):
    """The cell with the imports is gone; answers without NumPy survive that."""
    cells = read_notebook(SOLVED)["cells"]
    _changed(folder, cells=[c for c in cells if "import numpy" not in "".join(c["source"])])


@upload(POINTS - 2, "the function is not defined", warm=True)
def answer_is_deleted(folder):
    """One answer's cell is gone."""
    cells = read_notebook(SOLVED)["cells"]
    kept = [c for c in cells if not "".join(c["source"]).startswith("def constant_optimum(")]
    _changed(folder, cells=kept)


@upload(POINTS, warm=True)
def answer_is_defined_again_later(folder):
    """Behind its check, a cell tries something else under the same name."""
    notebook = read_notebook(SOLVED)
    add_cell(notebook, "def constant_optimum(y): return 0", len(notebook["cells"]))
    write_notebook(notebook, folder)


@upload(POINTS - 2, "SyntaxError", warm=True)
def syntax_error(folder):
    """A colon is missing."""
    notebook = read_notebook(SOLVED)
    replace_function(notebook, "constant_optimum", "def constant_optimum(y)\n    return 0")
    write_notebook(notebook, folder)


@upload(POINTS, "nobody is here to answer", warm=True)
def input_in_a_cell(folder):
    """A cell asks a question."""
    _with_cell(folder, "step_size = float(input('Which step size? '))")


@upload(POINTS - 2, "nobody is here to answer", warm=True)
def input_in_a_function(folder):
    """A function asks a question."""
    notebook = read_notebook(SOLVED)
    replace_function(notebook, "constant_optimum", "def constant_optimum(y):\n    return input()")
    write_notebook(notebook, folder)


@upload(POINTS, warm=True)
def magics(folder):
    """The usual magic commands."""
    notebook = read_notebook(SOLVED)
    sources = ["%matplotlib inline", "!ls", "%%bash\necho hello", "%%time\n1 + 1", "%pwd",
               "%timeit -n1 -r1 1 + 1", "%load_ext autoreload\n%autoreload 2", "np.mean?",
               "%config InlineBackend.figure_format = 'retina'", "files = !ls", "%who", "%history"]  # fmt: skip
    for source in sources:
        add_cell(notebook, source, 4)
    write_notebook(notebook, folder)


@upload(POINTS, "nonsense", warm=True)
def unknown_magic(folder):
    """A magic command that there is not, and a cell magic."""
    notebook = read_notebook(SOLVED)
    for source in ("%nonsense 1", "%%nonsense\n1 + 1"):
        add_cell(notebook, source, 4)
    write_notebook(notebook, folder)


# The network is refused at once; unless told so, pip tries again for ten seconds.
@upload(POINTS, limits={"seconds_per_cell": 2})
def package_is_installed(folder):
    """A cell installs a package, as on Colab."""
    notebook = read_notebook(SOLVED)
    add_cell(notebook, "%pip install nothing-of-this-name", 4)
    write_notebook(notebook, folder)


@upload(POINTS, "Colab's own modules are not here", stock=False, warm=True)
def colab(folder):
    """A cell mounts a drive, as on Colab."""
    _with_cell(folder, "from google.colab import drive\ndrive.mount('/content/drive')")


@upload(POINTS, warm=True)
def await_in_a_cell(folder):
    """A cell awaits, which notebooks allow."""
    _with_cell(folder, "import asyncio\nawait asyncio.sleep(0.01)")


@upload(POINTS, warm=True)
def plots(folder):
    """A cell draws."""
    _with_cell(folder, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")


@upload(POINTS, warm=True)
def cell_of_a_megabyte(folder):
    """A cell with a table of data in it."""
    _with_cell(folder, f"table = {list(range(150_000))}")


@upload(POINTS)
def cell_of_six_megabytes(folder):
    """A cell with a picture in it."""
    _with_cell(folder, f"picture = '{'A' * 6 * 2**20}'")


@upload(0, "a notebook may have 10 MB and 2000 cells", stock=False, warm=True)
def three_thousand_cells(folder):
    """More cells than anybody writes."""
    cells = read_notebook(SOLVED)["cells"]
    extra = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}
    cells += [{**extra, "execution_count": None} for _ in range(3000)]
    _changed(folder, cells=cells)


@upload(0, ("a notebook may have 10 MB", "Clear Outputs of All Cells"), stock=False)
def huge_outputs(folder):
    """A notebook with 12 MB of output."""
    notebook = read_notebook(SOLVED)
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 12 * 2**20}
    notebook["cells"][3]["outputs"] = [output]
    write_notebook(notebook, folder)


@upload(0, ("a notebook may have 10 MB", "Make the pictures in your answers"), stock=False)
def photo_in_an_answer(folder):
    """A photo of 9 MB in a written answer."""
    notebook = read_notebook(SOLVED)
    photo = {"cell_type": "markdown", "metadata": {}, "source": "![](attachment:a.jpg)"}
    photo["attachments"] = {"a.jpg": {"image/jpeg": "A" * 12 * 2**20}}
    notebook["cells"].append(photo)
    write_notebook(notebook, folder)


@upload(POINTS, warm=True)
def lines_that_end_as_on_windows(folder):
    """Sources whose lines end in carriage return and line feed, or in the first alone."""
    notebook = read_notebook(SOLVED)
    for i, changed in enumerate(notebook["cells"]):
        end = "\r\n" if i % 2 else "\r"
        changed["source"] = "".join(changed["source"]).replace("\n", end)
    write_notebook(notebook, folder)


@upload(POINTS)
def ninety_thousand_empty_lines(folder):
    """A cell that ends in as many line breaks, and one that has as many spaces."""
    _with_cell(folder, "x = 1" + "\n" * 90_000)
    notebook = json.loads((folder / f"{NOTEBOOK}.ipynb").read_text())
    add_cell(notebook, "x = 1" + " " * 90_000, 4)
    write_notebook(notebook, folder)


@upload(0, "(cut: the report is too long)", warm=True)
def emojis_in_every_message(folder):
    """Each function and many cells raise an error with 9000 emojis."""
    notebook = read_notebook(UNTOUCHED)
    for changed in notebook["cells"]:
        if "answer" in str(changed["metadata"].get("tags")) and changed["cell_type"] == "code":
            lines = "".join(changed["source"]).splitlines()
            changed["source"] = f"{lines[0]}\n    raise ValueError('\U0001f600' * 9000)"
    for i in range(30):
        add_cell(notebook, f"raise ValueError('{i}' + '\U0001f600' * 9000)", 4)
    write_notebook(notebook, folder)


@upload(POINTS, "ValueError", warm=True)
def hundreds_of_long_errors(folder):
    """Hundreds of cells that fail, each with a text of 10 kB."""
    notebook = read_notebook(SOLVED)
    failing = copy.deepcopy(notebook["cells"][3]) | {"source": "raise ValueError('x' * 10_000)"}
    notebook["cells"] += [failing] * 300
    write_notebook(notebook, folder)


@cell(SOLVED, "")
def error_that_cannot_be_shown():
    """Raises an error whose text, and whose class, raise errors."""

    class Strange(Exception):
        def __str__(self):
            raise SystemExit

        __repr__ = __str__

    raise Strange


@cell(SOLVED, "ValueError", warm=True)
def error_with_control_characters():
    """Raises an error with colours, a turned text, a NUL and half a character in it."""
    raise ValueError("\x1b[31mred\x1b[0m \u202e turned \0 \ud800 \x07")
