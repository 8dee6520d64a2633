"""What people do to a master at night: each mistake ends in one line that names place and cure."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from support.points import all_masters
from support.project import copy_sources, read, refusal, write

from autograder.release import points, rules
from autograder.release.__main__ import clean_masters, points_line
from autograder.release.unhidden import unhidden

Change = Callable[[nbformat.NotebookNode], None]
NEW = {"raw": new_raw_cell, "code": new_code_cell, "markdown": new_markdown_cell}


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy of the project's sources; each test puts its master back."""
    return copy_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture
def project(sources):
    paths = [sources / "assignment/gradient_descent.ipynb", *sources.glob("*.*")]
    before = {path: path.read_bytes() for path in paths}
    yield sources
    for path, data in before.items():
        path.write_bytes(data)
    for folder in ("student", "solutions", "autograder"):
        shutil.rmtree(sources / folder, ignore_errors=True)


def put(project: Path, change: Change) -> None:
    notebook = read(project)
    change(notebook)
    for cell in notebook.cells:
        cell.pop("id", None)
    write(project, notebook)


def find(notebook: nbformat.NotebookNode, text: str) -> int:
    return next(i for i, cell in enumerate(notebook.cells) if text in cell.source)


def replaced(old: str, new: str) -> Change:
    """Replace text in the first cell that has it."""

    def change(notebook: nbformat.NotebookNode) -> None:
        cell = notebook.cells[find(notebook, old)]
        cell.source = cell.source.replace(old, new, 1)

    return change


def dropped(start: str, nth: int = 0) -> Change:
    """Delete one of the cells that start so."""

    def change(notebook: nbformat.NotebookNode) -> None:
        found = [i for i, cell in enumerate(notebook.cells) if cell.source.startswith(start)]
        del notebook.cells[found[nth]]

    return change


def turned(text: str, kind: str) -> Change:
    """Change the kind of the first cell that has a text."""

    def change(notebook: nbformat.NotebookNode) -> None:
        i = find(notebook, text)
        notebook.cells[i] = NEW[kind](notebook.cells[i].source)

    return change


def moved(text: str, before: str) -> Change:
    """Move the first cell that has a text."""

    def change(notebook: nbformat.NotebookNode) -> None:
        cell = notebook.cells.pop(find(notebook, text))
        notebook.cells.insert(find(notebook, before), cell)

    return change


PUBLIC = "def test_public(constant_gradient)"
IMPORTS = "    import numpy as np\n    from lab.feedback import check_gradient\n"
CHECK = '    check_gradient(constant_gradient, {"theta": 2.1, "y": y}, expected=-2.48)'
HIDDEN_CHECK = "check_gradient(constant_gradient, arguments, right, scale=1.0,"
RETURN = "    return 2 * np.mean(theta - y)"
STUB = '    raise NotImplementedError("q1a_i: write the gradient of the constant model")\n'
CONFIG = "# BEGIN QUESTION\nname: q1a_i\npoints: 2"
HELPER = "def helper():\n    pass\n\n\n"
ROW = "q1a_i to q1a_iv | 9 | 35 min |"
MISTAKES = [
    # boundaries
    (dropped("# END QUESTION"), "cell 14 (q1a_i, `# BEGIN QUESTION`): question q1a_i has no end: add a raw cell # END QUESTION below"),
    (dropped("# END QUESTION", -1), "cell 147 (q1b_vote, `# BEGIN QUESTION`): question q1b_vote has no end"),
    (moved("**Derivation.** By the chain rule", "# BEGIN TESTS"), "cell 19 (q1a_i, `**Derivation.** By the chain rule, one summand has the deriv`): stands behind the SOLUTION block, so students would get it"),
    (dropped("# END TESTS"), "cell 25 (q1a_i, `# END QUESTION`): the TESTS block of q1a_i (cell 20) has no end: add a raw cell # END TESTS above"),
    (dropped("# END SOLUTION"), "the SOLUTION block of q1a_i (cell 16) has no end"),
    (dropped("# BEGIN TESTS"), "END TESTS without its BEGIN (here QUESTION is open)"),
    (dropped("# BEGIN SOLUTION"), "cell 18 (q1a_i, `# END SOLUTION`): END SOLUTION without its BEGIN"),
    (dropped("# BEGIN QUESTION", 1), "cell 30 (after q1a_i, `# BEGIN SOLUTION`): BEGIN SOLUTION outside a question"),
    (turned("# BEGIN QUESTION", "code"), "cell 14 (q1a_i, `# BEGIN QUESTION`): must be a raw cell, but is a code cell"),
    (turned("# BEGIN QUESTION", "markdown"), "must be a raw cell, but is a markdown cell"),
    (turned("# BEGIN SOLUTION", "code"), "cell 16 (q1a_i, `# BEGIN SOLUTION`): must be a raw cell"),
    (turned("# END TESTS", "code"), "cell 25 (q1a_i, `# END TESTS`): must be a raw cell"),
    (replaced("# BEGIN TESTS", "# BEGIN TEST"), "cell 20 (q1a_i, `# BEGIN TEST`): is no boundary: write # BEGIN or # END, and"),
    (replaced("# BEGIN TESTS", "#BEGIN TESTS"), "(q1a_i, `#BEGIN TESTS`): is no boundary"),
    (replaced("# BEGIN TESTS", "# BEGN TESTS"), "(q1a_i, `# BEGN TESTS`): is no boundary"),
    (replaced("# BEGIN TESTS", "```otter\n# BEGIN TESTS\n```"), "cell 20 (q1a_i, `otter`): is no boundary"),
    (turned("# ASSIGNMENT CONFIG", "markdown"), "must begin with a raw cell that starts with # ASSIGNMENT CONFIG"),
    (lambda notebook: notebook.cells.clear(), "must begin with a raw cell"),
    # what a question says of itself
    (replaced("points: 2", 'points: "2"'), "points must be a number above 0, without quotes, but are '2'"),
    (replaced("points: 2", "points: 1,5"), "points must be a number above 0, without quotes, but are '1,5'"),
    (replaced("\npoints: 2", ""), "has no points: add a line like `points: 2`"),
    (replaced("points: 2", "\tpoints: 2"), "is not valid YAML (line 3: found character '\\t' that cannot start any token): write spaces in place of tabs"),
    (replaced("points: 2", "points:2"), "is not valid YAML (line 3: could not find expected ':'): correct that line"),
    (replaced("name: q1a_i\n", ""), "has no name: add a line like `name: q1`"),
    (replaced("name: q1a_i\n", "name: “q1a_i”\n"), "question id '“q1a_i”' is broken"),
    (replaced("name: q1a_ii\n", "name: q1a_i\n"), "question id q1a_i is that of cell 14 already: rename one"),
    (replaced(CONFIG, "# BEGIN QUESTION"), "must hold `key: value` lines"),
    (replaced("manual: true", "manual: yes please"), "manual must be true or false, but is 'yes please'"),
    (replaced("\nmanual: true", ""), "has no function in its SOLUTION block: add one or, for an answer in words, `manual: true`"),
    (replaced(CONFIG, f"{CONFIG}\nmanual: true"), "tests a question graded by hand: remove `manual: true`, or the tests"),
    (replaced("## q1a_i:", "## q1a_1:"), "(q1a_i, `## q1a_1: the gradient`): the heading must start with the id: ## q1a_i: ..."),
    (dropped("## q1a_i:"), "has no text: add a markdown cell after # BEGIN QUESTION"),
    # solutions
    (replaced("# BEGIN SOLUTION NO PROMPT", "# BEGIN SOLUTION NOPROMPT"), "`# BEGIN SOLUTION NOPROMPT` is no marker: write `# BEGIN SOLUTION NO PROMPT`"),
    (replaced("# BEGIN SOLUTION NO PROMPT", "# begin solution no prompt"), "is no marker: write `# BEGIN SOLUTION NO PROMPT`"),
    (replaced("    # END SOLUTION\n", ""), "cell 17 (q1a_i, `def constant_gradient(theta, y):`): has SOLUTION markers without partner"),
    (replaced('    """  # END PROMPT', ""), "has PROMPT markers without partner"),
    (replaced('    """  # END PROMPT', "    # END PROMPT"), '`# END PROMPT` is no marker: write `""" # END PROMPT`'),
    (replaced(STUB, "    pass\n"), "constant_gradient needs a stub"),
    (replaced('NotImplementedError("q1a_i:', 'NotImplementedError("q1a_ii:'), "constant_gradient needs a stub"),
    (replaced(RETURN, "  return 2 * np.mean(theta - y)"), "is not valid Python (line 9: unindent does not match"),
    (replaced(RETURN, "    return 2 * np.mean(thetta - y)"), "cell 17 (q1a_i, `def constant_gradient(theta, y):`): uses thetta, which no cell defines"),
    (moved("x = np.array([1.7", "## Before you submit"), "defines constant_loss, linear_loss, x and 1 more, which a cell above uses: move it up"),
    (moved("def constant_gradient(", "# BEGIN SOLUTION"), "has no function in its SOLUTION block"),
    (replaced("descent.show_tangents(constant_gradient,", "descent.show_tangents(gradient,"), "cell 28 (after q1a_i, `with waiting():`): uses gradient, which no cell defines"),
    (replaced("def constant_contributions(", f"{HELPER}def constant_contributions("), "defines helper and constant_contributions: give each function a cell of its own"),
    # tests
    (replaced("# HIDDEN\n", ""), "cell 22 (q1a_i, `def test_sizes(constant_gradient):`): test_sizes passes hidden=..., but students would see it: write # HIDDEN on top"),
    (replaced("# HIDDEN", "# HIDEN"), "test_sizes passes hidden=..., but students would see it"),
    (replaced("# HIDDEN\n", "\n# HIDDEN\n"), "test_sizes passes hidden=..., but students would see it"),
    (replaced(PUBLIC, "def test_first(constant_gradient)"), "test_first would be seen by students: write # HIDDEN on top of the cell or, if they should see it, call it test_public"),
    (replaced(PUBLIC, f"# HIDDEN\n{PUBLIC}"), "test_public is hidden: give it a name without `public`, or remove # HIDDEN"),
    (replaced(PUBLIC, "def public(constant_gradient)"), "public is no name of a test: call it test_..."),
    (replaced("def test_public(linear_gradient)", PUBLIC), "cell 89 (q1b_i, `def test_public(constant_gradient):`): test_public takes constant_gradient, which q1b_i does not ask for: let it take linear_gradient"),
    (replaced(PUBLIC, "def test_public(constant_gradiant)"), "test_public takes constant_gradiant, which q1a_i does not ask for"),
    (replaced(PUBLIC, "def test_public()"), "test_public takes no function"),
    (replaced(PUBLIC, "def test_public(constant_gradient=None)"), "test_public has a decorator or default values"),
    (replaced(PUBLIC, f"{HELPER}{PUBLIC}"), "a test cell must hold one function, def test_...(...), and nothing else"),
    (replaced(PUBLIC, f"async {PUBLIC}"), "a test cell must hold one function"),
    (replaced(PUBLIC, f'""" # BEGIN TEST CONFIG\npoints: 2\n""" # END TEST CONFIG\n{PUBLIC}'), "a test cell must hold one function"),
    (replaced("expected=-2.48)", "expected=-2.48)\n\n\ntest_public(constant_gradient)"), "a test cell must hold one function"),
    (replaced("def test_sizes(", "def test_values("), "two tests are called test_values"),
    (replaced(CHECK, "    constant_gradient(2.1, y)"), "test_public checks nothing: let it assert, or call a check_... function"),
    (replaced(CHECK, "    assert y.size == 5"), "test_public never uses constant_gradient: call it"),
    (replaced(IMPORTS, "    from lab.feedback import check_gradient\n"), "test_public uses np, but a test sees nothing of the notebook"),
    (replaced(IMPORTS, "    import numpy as np\n"), "test_public uses check_gradient, but a test sees nothing of the notebook"),
    (replaced('{"theta": 2.1', "{“theta”: 2.1"), "is not valid Python (line 6: invalid character '“' (U+201C)): correct that line"),
    (turned(PUBLIC, "markdown"), "is a markdown cell among tests: make it a code cell"),
    (moved(PUBLIC, "# BEGIN TESTS"), "cell 20 (q1a_i, `def test_public(constant_gradient):`): holds a test outside TESTS"),
    (replaced(HIDDEN_CHECK, HIDDEN_CHECK + ' mistakes={"loss": 1.5},'), "test_values shows hidden values"),
    (replaced(HIDDEN_CHECK, "check_gradient(constant_gradient, arguments, np.mean(right), scale=1.0,"), "test_values shows hidden values"),
    (replaced(HIDDEN_CHECK, f"assert constant_gradient(**arguments) == 3, 'all'\n    {HIDDEN_CHECK}"), "test_values shows hidden values"),
    (replaced(HIDDEN_CHECK, f"assert constant_gradient(**arguments) == right, f'{{right}}'\n    {HIDDEN_CHECK}"), "test_values is hidden, but asserts"),
    # texts
    (replaced(ROW, ROW.replace("9", "10")), "but the questions make it `| (a) | constant: $\\hat y_i = \\theta$ | q1a_i to q1a_iv | 9 | 35 min |`: run `make format`"),
    (replaced(ROW, ROW.replace("35", "45")), "cell 2 (`# Homework, part 1: gradient descent mechanics`): says `| (a) |"),
    (replaced(ROW, ROW.replace("q1a_i to q1a_iv", "q1a_iv to q1a_i")), "the row from q1a_iv to q1a_i runs backwards"),
    (replaced(ROW, ROW.replace("q1a_iv", "q1a_iii")), "no row of the table names q1a_iv: add it, then run `make format`"),
    (replaced(", and q1b_vote", ", q1b_vote and q1c_i"), "a row of the table names q1c_i, which is no question"),
    (replaced(", and q1b_vote", ", q1b_vote and q1a_i"), "the table counts q1a_i 2 times"),
    (replaced("13 from hidden checks", "12 from hidden checks"), "13 from hidden checks on Gradescope, and 2 from people who read q1b_vote.`: run `make format`"),
    (replaced("who read q1b_vote", "who read q2h"), "but the questions make it `Of the 20 points, 5 come"),
    (replaced("**2 points · about 10", "**3 points · about 10"), "but the questions make it `**2 points · about 10 minutes**`: run `make format`"),
    (replaced("**2 points · about 10", "**about 10"), "the text says no points: write **2 points** below it"),
    (replaced("about 10 minutes", "a while"), "the expected time is missing: write `about 10 minutes` next to the points"),
    (replaced("0.5 points: (a)", "1 points: (a)"), "(q1b_vote, `# END QUESTION`): the items of the rubric add up to 2.5 points, the question has 2"),
    # what git and editors leave behind
    (replaced(CONFIG, "<<<<<<< HEAD\n" + CONFIG), "cell 14 (`<<<<<<< HEAD`): holds both sides of a merge conflict"),
    (replaced(RETURN, f"<<<<<<< HEAD\n{RETURN}\n=======\n"), "holds both sides of a merge conflict: keep one"),
    (lambda notebook: notebook.metadata.update(authors=["me"]), "has metadata beyond the plain python3 kernel: run `make format`"),
    (lambda notebook: notebook.cells[7].update(execution_count=3), "has saved outputs or execution counts: run `make format`"),
    (lambda notebook: notebook.update(nbformat_minor=5), "run `make format`"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), MISTAKES, ids=[words[-60:] for _, words in MISTAKES])
def test_a_mistake_ends_in_one_line_with_place_and_cure(project, change, words):
    put(project, change)
    (line,) = refusal(project)
    assert line.startswith("gradient_descent.ipynb")
    assert words in line


def test_what_is_no_mistake_is_not_refused(project):
    harmless = (
        replaced(HIDDEN_CHECK, HIDDEN_CHECK + " mistakes={},"),
        replaced(HIDDEN_CHECK, HIDDEN_CHECK + ' mistakes={"loss": right},'),
        replaced(HIDDEN_CHECK, f"assert np.allclose(constant_gradient(**arguments), right, rtol=0.1), 'all'\n    {HIDDEN_CHECK}"),
        replaced("import numpy as np\nimport otter", "%matplotlib inline\nimport numpy as np\nimport otter"),
        replaced(PUBLIC, "def test_small_public(constant_gradient)"),
    )  # fmt: skip
    for change in harmless:
        put(project, change)
        assert refusal(project) == []


def test_a_renamed_function_is_named_where_it_is_used_and_where_it_is_tested(project):
    put(project, replaced("def constant_gradient(", "def my_gradient("))
    use, test = refusal(project)
    assert "cell 28 (after q1a_i, `with waiting():`): uses constant_gradient" in use
    assert "takes constant_gradient, which q1a_i does not ask for: let it take my_gradient" in test


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("otter_config.json", '"seconds_in_total": 420', '"seconds_in_total": 600', "seconds_in_total is 600, but Gradescope ends a container after 600 s"),
        ("otter_config.json", '"memory_mb": 384', '"memory_mb": 32', "memory_mb is 32, too little to import NumPy: write at least 64"),
        ("pyproject.toml", 'title = "Homework: gradient descent"', 'title = " "', "[tool.homework] title is missing or empty"),
        ("pyproject.toml", "[tool.homework]", "[tool.homework]\ngradescope_seconds = 3000", "gradescope_seconds must be a number of seconds, at most 2400, but is 3000"),
        ("pyproject.toml", "[tool.homework]", '[tool.homework]\ngradescope_seconds = "long"', "but is 'long'"),
    ],
)  # fmt: skip
def test_settings_that_nobody_can_be_graded_with_are_refused(project, name, old, new, words):
    text = (project / name).read_text()
    assert old in text
    (project / name).write_text(text.replace(old, new))
    (line,) = refusal(project)
    assert words in line


def test_a_longer_time_limit_on_gradescope_allows_more(project):
    for name, old, new in (
        ("pyproject.toml", "[tool.homework]", "[tool.homework]\ngradescope_seconds = 2400"),
        ("otter_config.json", '"seconds_in_total": 420', '"seconds_in_total": 1800'),
    ):
        path = project / name
        path.write_text(path.read_text().replace(old, new))
    assert refusal(project) == []


# -- make format ---------------------------------------------------------------------------------


def test_make_format_writes_points_and_minutes_and_strips_what_jupyter_saves(project, capsys):
    def change(notebook: nbformat.NotebookNode) -> None:
        replaced("points: 2", "points: 3")(notebook)
        replaced("about 10 minutes", "about 20 minutes")(notebook)
        notebook.cells[7].outputs = [new_output("stream", text="hello")]

    put(project, change)
    assert refusal(project)
    clean_masters(project)
    assert refusal(project) == []
    text = "\n".join(cell.source for cell in read(project).cells)
    assert "| q1a_i to q1a_iv | 10 | 45 min |" in text
    assert "Of the 21 points, 5.25 come" in text
    assert "**3 points · about 20 minutes**" in text
    assert (
        "cell 15 (q1a_i, `## q1a_i: the gradient`) now says `**3 points" in capsys.readouterr().out
    )
    before = (project / "assignment/gradient_descent.ipynb").read_bytes()
    clean_masters(project)
    assert (project / "assignment/gradient_descent.ipynb").read_bytes() == before


def test_make_format_leaves_the_texts_of_a_broken_master_alone(project):
    put(project, dropped("# END QUESTION"))
    before = read(project)
    clean_masters(project)
    assert read(project) == before


@pytest.mark.parametrize("minor", [4, 5])
def test_make_format_cleans_what_editors_write(project, minor):
    notebook = nbformat.v4.upgrade(copy.deepcopy(read(project)))
    notebook.nbformat_minor = minor
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = {"colab": {"provenance": []}, "kernelspec": kernel}
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i}"
        cell.metadata["vscode"] = {"languageId": "raw"}
    path = project / "assignment/gradient_descent.ipynb"
    before = path.read_bytes()
    path.write_text(json.dumps(notebook))
    assert all("run `make format`" in line for line in refusal(project))
    clean_masters(project)
    assert path.read_bytes() == before


# -- points --------------------------------------------------------------------------------------

WORTHS = [
    points.Worth("a", 0.5, 1.5, 0, 10, 0),
    points.Worth("slope", 0.5, 0.5, 0, 5, 0),
    points.Worth("why", 0, 0, 2, 15, 0),
    points.Worth("why_not", 0, 0, 1, 15, 0),
]


def test_the_sentence_on_points_leaves_out_what_there_is_not():
    assert points.sentence(WORTHS) == (
        "Of the 6 points, 1 come from the public checks in this notebook, 2 from hidden checks on "
        "Gradescope, and 3 from people who read why and why_not."
    )
    assert points.sentence(WORTHS[:2]) == (
        "Of the 3 points, 1 come from the public checks in this notebook and 2 from hidden checks "
        "on Gradescope."
    )


def test_tables_are_corrected_where_they_name_questions_and_nowhere_else():
    text = (
        "| what | Points | **minutes** |\n|---|---|:-:|\n| a to slope | 1 | 1 min |\n"
        "| why - why_not | **9** | 30 min |\n| remarks | 7 | 8 |\n| Total | | |\n\n"
        "| other | b |\n|---|---|\n| a | 5 |"
    )
    assert points.corrected(1, text, WORTHS) == (
        "| what | Points | **minutes** |\n|---|---|:-:|\n| a to slope | 3 | 15 min |\n"
        "| why - why_not | **3** | 30 min |\n| remarks | 7 | 8 |\n| Total | 6 | 45 min |\n\n"
        "| other | b |\n|---|---|\n| a | 5 |"
    )
    assert list(points.faults([text], WORTHS)) == []


def test_a_notebook_without_a_table_needs_none():
    assert list(points.faults(["# Title", "about a"], WORTHS)) == []


def test_the_release_ends_with_what_to_type_into_gradescope():
    masters = list(all_masters().values())
    by_hand = [q for m in masters for q in m.questions if q not in m.tested]
    total = sum(master.points for master in masters)
    assert points_line(masters).startswith(
        f"Autograder points {total:g}, by hand {sum(q.points for q in by_hand):g} ({by_hand[0].id} "
    )
    by_hand[0].points += 1
    try:
        assert f"({by_hand[0].id} {by_hand[0].points:g}" in points_line(masters)
    finally:
        by_hand[0].points -= 1


# -- small parts -------------------------------------------------------------------------------------


def test_names_that_code_needs_are_known():
    source = "import a.b\nfrom c import d as e\nx = [y for y in z]\ndef f(g, *h, **k):\n    global m\n    m = n\n    return g + o\nclass P: q = r\nwith s as t: u"
    assert rules.bound(source) == {"a", "e", "x", "f", "m", "P", "t"}
    assert rules.unbound(source) == {"z", "n", "o", "r", "s", "u"}


def run_open(body: str) -> str:
    """Return what a test says of f once nothing is hidden."""
    source = f"@mark(hidden=True)\ndef test_it(f):\n    {body}"
    names: dict = {"mark": lambda hidden: lambda function: function if hidden else None}
    names["check"] = lambda function, value, hidden="": (_ for _ in ()).throw(
        AssertionError(hidden)
    )
    exec(unhidden(source), names)
    with pytest.raises(AssertionError) as caught:
        names["test_it"](lambda x: x + 1)
    return " ".join(str(caught.value).split())


def test_staff_are_shown_what_a_hidden_test_hides():
    assert run_open('check(f, 2, hidden="secret")') == ""
    assert run_open("right = 5\n    assert f(2) == right") == "f(2) is 3 right is 5"
    assert (
        run_open('assert not isinstance(f(2), int), "kind"')
        == "kind f(2) is 3 int is <class 'int'>"
    )
    assert re.fullmatch(
        r"sizes f\(2\) is 3", run_open('assert f(2) is None, "sizes"').removesuffix(" None is None")
    )
