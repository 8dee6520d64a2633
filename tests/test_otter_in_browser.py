"""Does the small `otter` of the browser say what Otter says?

Its wheel is made and unpacked as in a browser. Two processes, one with it and one with Otter, run
the same notebooks in copies of the folder that students receive: every answer of the bank where
all other functions are solved, and what else students do with checks.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import otter
import pytest
from submissions import BANK, STUDENTS
from support.answers import code_of, solved_cells, uses_torch
from support.node import needs_node
from support.once import make_once
from support.points import notebook_of
from support.site import PLACE

from autograder.release.build import WITHOUT_LITTER
from autograder.release.site.wheels import OF_OTTER, write_otter

ANSWERS = [*BANK, *STUDENTS]
PASSED = "All test cases passed!"
# Takes notebooks, each a list of cells, and returns what became of the last cell of each: what it
# calls `shown`, as text and in HTML, or its error; and what it printed. First cells run once.
PLAY = """
import contextlib, functools, io, json, linecache, random, sys, warnings

@functools.cache
def compiled(cell):
    place = f"<cell {compiled.cache_info().misses}>"
    linecache.cache[place] = (len(cell), None, cell.splitlines(keepends=True), place)
    return compile(cell, place, "exec")

@functools.cache
def begun(cell):
    names = {"__name__": "__main__"}
    exec(compiled(cell), names)
    return names

def run(cell, names):
    try:
        exec(compiled(cell), names)
        return [repr(names.get("shown")), getattr(names.get("shown"), "_repr_html_", str)()]
    except Exception as error:
        return [type(error).__name__, str(error)]

def play(first, *cells):
    names = dict(begun(first))
    for cell in cells:
        random.seed(1)  # Otter draws a picture for each pass
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            seen = run(cell, names)
    return [*seen, printed.getvalue()]

sys.modules["torch"] = None  # no browser has it
warnings.simplefilter("ignore")
played = [play(*cells) for cells in json.load(sys.stdin)]
import otter
json.dump([otter.__file__, played], sys.stdout)
"""
WRONG = "def constant_gradient(theta, y):\n    return sum(y - theta)"
RIGHT = "def constant_gradient(theta, y):\n    return 2 * sum(theta - y) / len(y)"
INSIDE = "\n    ".join(["def f():", *RIGHT.splitlines(), "return grader.check('q1a_i')"])
# Runs that in Pyodide, in Node: in the folder of the first argument, with the second mounted.
IN_PYODIDE = """
const [folder, place] = process.argv.slice(1);
const { loadPyodide } = require(`${folder}/pyodide.js`);
const packages = ["numpy", "matplotlib", "ipython", "otter-grader", "kernel-start"];
loadPyodide({ indexURL: `${folder}/`, packages }).then((pyodide) => {
  pyodide.FS.mkdir("/place");
  pyodide.mountNodeFS("/place", place);
  pyodide.runPython(`
import os, runpy, sys
import kernel_start
kernel_start._raise_where_singular()
os.chdir("/place/student")
sys.path.insert(0, "")
sys.stdin, sys.stdout = open("/place/notebooks.json"), open("/place/played.json", "w")
runpy.run_path("/place/play.py")
sys.stdout.close()
  `);
});
"""
# It quotes NumPy, and the browser's NumPy has other words.
QUOTED = {"q1b_i-linear_gradient-student: math function on an array"}
# What else students do: the cells that come after the first one, by what is looked at.
SCENES = {
    "nothing is defined": ["shown = grader.check('q1a_i')"],
    "no such question": ["shown = grader.check('q9')"],
    "a question that is no text": ["shown = grader.check(1)"],
    "practice": [
        "def mean_of_squares(y):\n    return sum(y**2)",
        "shown = otter.Notebook('gradient_descent.ipynb', tests_dir='lab').check('practice')",
    ],
    "the folder of tests by place": [
        "shown = otter.Notebook('gradient_descent.ipynb', 'lab').check('practice')"
    ],
    "variables by keyword": [
        WRONG,
        f"names = {{}}\nexec({RIGHT!r}, names)",
        "shown = grader.check('q1a_i', global_env=names)",
    ],
    "variables by place": [
        WRONG,
        f"names = {{}}\nexec({RIGHT!r}, names)",
        "shown = grader.check('q1a_i', names)",
    ],
    "no variables": [RIGHT, "shown = grader.check('q1a_i', {})"],
    "a question by keyword": [RIGHT, "shown = grader.check(question='q1a_i', global_env=None)"],
    "a check in a function": [WRONG, INSIDE, "shown = f()"],
    "a check in a lambda": [RIGHT, "shown = (lambda: grader.check('q1a_i'))()"],
    "a check in a comprehension": [
        WRONG,
        "shown = [grader.check(question) for question in ('q1a_i', 'q2a')]",
    ],
    "a check by map": [RIGHT, "shown = list(map(grader.check, ['q1a_i']))"],
    "a check in a module": [WRONG, "import helper", "shown = helper.check(grader)"],
    "all checks, nothing defined": ["shown = grader.check_all()"],
    "all checks": [WRONG, *solved_cells("relu_sgd"), "shown = grader.check_all()"],
    "all checks in a function": [RIGHT, "def f():\n    return grader.check_all()", "shown = f()"],
    "all checks in a module": [RIGHT, "import helper", "shown = helper.check_all(grader)"],
    "no path": [RIGHT, "shown = otter.Notebook().check('q1a_i')"],
    "an empty path": [RIGHT, "shown = otter.Notebook('').check('q1a_i')"],
    "a path to nothing": ["otter.Notebook('gone.ipynb')"],
    "no folder of tests": [
        "shown = otter.Notebook('relu_sgd.ipynb', tests_dir='nowhere').check('q2a')"
    ],
    "all checks, no folder of tests": [
        "shown = otter.Notebook('relu_sgd.ipynb', tests_dir='nowhere').check_all()"
    ],
    **{
        f"a test file that is {name}": [f"shown = otter.Notebook(tests_dir='odd').check({name!r})"]
        for name in ("broken", "raising", "formless", "nameless", "told")
    },
    "all checks, broken tests": ["shown = otter.Notebook(tests_dir='odd').check_all()"],
    "version": ["shown = otter.__version__"],
    "parameters": [
        "from inspect import signature",
        "of = map(signature, (otter.Notebook, grader.check, grader.check_all))",
        "shown = [(p.name, p.default) for s in of for p in s.parameters.values()]",
    ],
    "points": [
        WRONG,
        "of = grader.check('q1a_i')",
        "shown = of.name, of.path, of.score, of.possible, of.grade, of.passed_all",
    ],
}
# Test files in the folder odd/.
ODD = {
    "broken": "OK_FORMAT = False\nname = 'broken'\ndef test_(:\n",
    "raising": "OK_FORMAT = False\nname = 'raising'\n1 / 0\n",
    "formless": "name = 'formless'\n",
    "nameless": "OK_FORMAT = False\n",
    "told": "from otter.test_files import test_case\nOK_FORMAT = False\nname = 'told'\npoints = 3\n"
    "@test_case(success_message='Good.')\ndef test_a():\n    pass\n"
    "@test_case(name='b', points=1, failure_message='Look.')\ndef test_b(env):\n    env['gone']\n",
}
HELPER = """
def check(grader):
    return grader.check("q1a_i")

def check_all(grader):
    return grader.check_all()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel that the browser gets, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(write_otter(folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def student(root, tmp_path_factory) -> Path:
    """What students receive, and some test files that are odd."""
    folder = tmp_path_factory.mktemp("student") / "student"
    shutil.copytree(root / "student", folder, ignore=WITHOUT_LITTER)
    (folder / "helper.py").write_text(HELPER)
    (folder / "odd").mkdir()
    for name, text in ODD.items():
        (folder / f"odd/{name}.py").write_text(text)
    return folder


def first_cell(part: str) -> str:
    return f"import numpy as np\nimport otter\ngrader = otter.Notebook('{part}.ipynb')"


def notebook_with(answer) -> list[str]:
    """Return the cells of a solved notebook, an answer, and its check."""
    part = notebook_of(answer.question)
    solved = [cell for cell in solved_cells(part) if "otter" not in cell]
    check = f"shown = grader.check({answer.question!r})"
    return [first_cell(part), *solved, code_of(answer), check]


def play(notebooks: list[list[str]], folder: Path, wheel: Path | None) -> list[list[str]]:
    """Return what notebooks show with the Otter of a wheel, or with that which is installed."""
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    environment |= {"PYTHONHASHSEED": "0"} | ({"PYTHONPATH": str(wheel)} if wheel else {})
    done = subprocess.run(
        [sys.executable, "-c", PLAY], cwd=folder, env=environment, input=json.dumps(notebooks),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    file, played = json.loads(done.stdout)
    assert Path(file) == (wheel / "otter/__init__.py" if wheel else Path(otter.__file__))
    return played


@pytest.fixture(scope="module")
def played(tmp_path_factory, student, wheel) -> dict[str, list[list[str]]]:
    """What the browser's Otter and Otter show, in the order of the answers and the scenes."""
    notebooks = [notebook_with(answer) for answer in ANSWERS]
    notebooks += [[first_cell("gradient_descent"), *cells] for cells in SCENES.values()]

    def play_twice(place: Path) -> list[list[list[str]]]:
        folders = [Path(shutil.copytree(student, place / name)) for name in ("small", "whole")]
        with ThreadPoolExecutor() as pool:
            return list(pool.map(play, [notebooks] * 2, folders, (wheel, None)))

    both = make_once(tmp_path_factory, "otter in the browser", play_twice)
    return dict(zip(("small", "whole"), both, strict=True))


def test_every_answer_of_the_bank_reads_the_same(played):
    small, whole = (played[side][: len(ANSWERS)] for side in ("small", "whole"))
    differing = [
        (answer.id, small, whole)
        for answer, small, whole in zip(ANSWERS, small, whole, strict=True)
        if small != whole
    ]
    assert not differing, f"{len(differing)} answers: {differing[:3]}"
    assert len(small) == len(BANK) + len(STUDENTS)


@needs_node
def test_every_answer_reads_the_same_in_the_browsers_python(played, site, student, tmp_path):
    """Other numbers, another Python, another NumPy."""
    shutil.copytree(student, tmp_path / "student")
    (tmp_path / "play.py").write_text(PLAY)
    notebooks = [notebook_with(answer) for answer in ANSWERS]
    (tmp_path / "notebooks.json").write_text(json.dumps(notebooks))
    pyodide = site / PLACE / "static/pyodide"
    subprocess.run(["node", "-e", IN_PYODIDE, str(pyodide), str(tmp_path)], check=True)
    _, browsers = json.loads((tmp_path / "played.json").read_text())
    assert len(browsers) == len(ANSWERS)
    differing = {
        answer.id
        for answer, ours, theirs in zip(ANSWERS, browsers, played["whole"], strict=False)
        if ours != theirs
    }
    assert differing == QUOTED


def test_answers_ran(played):
    """Or equal words would be equally void."""
    for answer, (text, html, _) in zip(ANSWERS, played["small"], strict=False):
        assert text.startswith(f"{answer.question} results:"), answer.id
        assert answer.question in html
        if "public" in answer.fails:
            assert PASSED not in text, answer.id
        elif not answer.fails and not uses_torch(answer):
            assert PASSED in text, answer.id


@pytest.mark.parametrize("scene", SCENES)
def test_scene_looks_the_same(scene, played):
    number = len(ANSWERS) + list(SCENES).index(scene)
    assert played["small"][number] == played["whole"][number]


def test_what_no_browser_can_do_prints_a_line(student, wheel):
    methods = {
        name
        for name, value in vars(otter.Notebook).items()
        if inspect.isroutine(value) and not name.startswith("_")
    } - {"check", "check_all", "init_grading_mode"}
    assert methods == {"export", "to_pdf", "run_plugin", "add_plugin_files"}
    cells = [f"shown = grader.{name}('any', pdf=True)" for name in sorted(methods)]
    notebooks = [[first_cell("relu_sgd"), cell] for cell in cells]
    for text, _, printed in play(notebooks, student, wheel):
        assert text == "None"
        assert printed.endswith(".\n")
        assert printed.count("\n") == 1


def test_the_wheel_needs_nothing_but_python_and_itself(wheel):
    """So that no new version of Otter breaks the browser unseen."""
    files = {path.relative_to(wheel).as_posix(): path for path in wheel.rglob("*.py")}
    assert {f"otter/{name}" for name in OF_OTTER} <= files.keys()
    own = {name.removesuffix("/__init__.py").removesuffix(".py") for name in files}
    for name, path in files.items():
        for module in imported_by(ast.parse(path.read_text(encoding="utf-8")), name):
            assert module in own or module.partition("/")[0] in sys.stdlib_module_names, name


def imported_by(tree: ast.Module, name: str) -> list[str]:
    """Return the modules that a file imports, with slashes."""
    package = name.split("/")[:-1]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name.replace(".", "/") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            around = package[: len(package) + 1 - node.level] if node.level else []
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            found += ["/".join([*around, *module.split(".")]) for module in modules]
    return found


def test_the_wheel_is_the_same_bytes_when_made_again(tmp_path):
    made = []
    for name in "ab":
        (tmp_path / name).mkdir()
        made.append(write_otter(tmp_path / name))
    assert made[0].name == made[1].name
    assert made[0].read_bytes() == made[1].read_bytes()
