"""Is the container's contract kept, on a folder tree like Gradescope's?"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
import tomllib

import nbformat
import psutil
import pytest
from support.container import Container, by_name, small_machine
from support.fake_system import CODE, FakeSystem
from support.points import all_masters, possible, question_of
from support.stock import SAMPLES, write_sample

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as on Gradescope")
NOTEBOOKS = [f"{name}.ipynb" for name in all_masters()]
FIRST = possible("gradient_descent")
# The answer that is spoilt here: nothing builds on it.
VICTIM = question_of("constant_optimum")


@pytest.fixture
def container(root, tmp_path) -> Container:
    """A container built from the committed ``homework.zip``."""
    return Container(tmp_path, root / "autograder/homework.zip")


@pytest.fixture
def solutions(root):
    """All solution notebooks."""
    return [root / "solutions" / name for name in NOTEBOOKS]


def edited(root, folder, old: str, new: str, name: str = "gradient_descent.ipynb"):
    """Return the solution notebook with other text in the first cell that has ``old``."""
    notebook = nbformat.read(root / "solutions" / name, as_version=4)
    cell = next(cell for cell in notebook.cells if old in cell.source)
    cell.source = cell.source.replace(old, new, 1)
    (folder / "edited").mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "edited" / name)
    return folder / "edited" / name


def test_solutions_get_full_marks_and_untouched_notebooks_none(container, root, solutions):
    assert container.grade(*solutions)["score"] == possible()
    results = container.grade(*[root / "student" / name for name in NOTEBOOKS])
    assert results["score"] == 0
    assert "q1a_i: write" in by_name(results)["q1a_i, public tests"]["output"]


@pytest.mark.parametrize("sample", SAMPLES, ids=" ".join)
def test_stock_otter_gives_the_same_points(sample, container, stock, tmp_path):
    (tmp_path / "upload").mkdir()
    write_sample(sample, tmp_path / "upload/any name.ipynb")
    by_question = stock(sample)
    results = container.grade(tmp_path / "upload/any name.ipynb")
    lines = by_name(results)
    for question, cases in by_question.items():
        for kind, hidden in (("public", False), ("hidden", True)):
            points = sum(c["points"] for c in cases if c["passed"] and c["hidden"] == hidden)
            assert lines[f"{question}, {kind} tests"]["score"] == pytest.approx(points, abs=1e-4)
    total = sum(
        case["points"] for cases in by_question.values() for case in cases if case["passed"]
    )
    assert results["score"] == pytest.approx(total, abs=1e-4)


@AS_ROOT
def test_small_container_is_enough(container, solutions):
    with small_machine(768) as machine:
        if machine is None:
            pytest.skip("this root may not make control groups")
        prefix, peak = machine
        results = container.grade(*solutions, prefix=prefix)
        assert results["score"] == possible(), results["output"]
        assert peak() < 400


@AS_ROOT
def test_memory_bomb_in_a_small_container_costs_its_question_only(container, root, tmp_path):
    # Many processes with shared memory: no limit on a single process stops that.
    bomb = (
        "    import mmap, os\n"
        "    while True:\n"
        "        os.fork()\n"
        "        memory = mmap.mmap(-1, 2**28)\n"
        "        memory.write(b'x' * 2**28)\n"
        "    return np.mean(y)"
    )
    upload = edited(root, tmp_path, "    return np.mean(y)", bomb)
    container.change_limits(seconds_per_test_case=3)
    with small_machine(768) as machine:
        if machine is None:
            pytest.skip("this root may not make control groups")
        results = container.grade(upload, prefix=machine[0])
    assert results["score"] == FIRST - VICTIM.points, results["output"]
    assert by_name(results)[f"{VICTIM.id}, public tests"]["score"] == 0


def test_first_words_say_what_was_graded(container, root, solutions):
    results = container.grade(solutions[NOTEBOOKS.index("relu_sgd.ipynb")])
    assert results["score"] == possible("relu_sgd")
    assert "relu_sgd: graded, from the file relu_sgd.ipynb" in results["output"]
    assert "gradient_descent: not graded." in results["output"]
    version = json.loads((container.root / "source/homework.json").read_text())["version"]
    first = results["output"].splitlines()[0]
    assert first.endswith(f", version {version}, graded with Python {platform.python_version()}")


def test_hidden_lines_wait_for_publication_and_the_subtotal_is_visible(
    container, solutions, masters
):
    results = container.grade(*solutions)
    for name, line in by_name(results).items():
        hidden = name.endswith("hidden tests")
        assert line["visibility"] == ("after_published" if hidden else "visible")
    for line, master in zip(results["tests"][0]["output"].splitlines(), masters, strict=True):
        sums = [
            sum(getattr(w, of) for w in master.worths()) for of in ("public", "hidden", "by_hand")
        ]
        public, hidden, by_hand = (f"{value:g}" for value in sums)
        graders = f", graders up to {by_hand} by hand" if sums[2] else ""
        assert line == (
            f"{master.name}: {public} of {public}. Hidden tests give up to {hidden} more{graders}, "
            f"{sum(sums):g} points in all."
        )
    assert "published" in results["output"]
    config = container.root / "source/otter_config.json"
    config.write_text(config.read_text().replace("after_published", "visible"))
    lines = by_name(container.grade(*solutions))
    assert {line["visibility"] for line in lines.values()} == {"visible"}


def test_written_answers_are_shown_in_full(container, root, tmp_path):
    words = "In (b) the vote of a point grows with abs(x_i).\n\n" + "Because. " * 300
    notebook = nbformat.read(root / "student/gradient_descent.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if c.source.startswith("_Type your answer here"))
    cell.source = words
    extra = nbformat.v4.new_markdown_cell("And one more thing.")
    extra.pop("id", None)
    notebook.cells.insert(notebook.cells.index(cell) + 1, extra)
    (tmp_path / "upload").mkdir()
    nbformat.write(notebook, tmp_path / "upload/a.ipynb")
    line = by_name(container.grade(tmp_path / "upload/a.ipynb"))["q1b_vote, written answer"]
    assert line["output"] == f"{words.strip()}\n\nAnd one more thing."
    assert "score" not in line
    untouched = container.grade(root / "student/gradient_descent.ipynb")
    assert "no answer" in by_name(untouched)["q1b_vote, written answer"]["output"]


def test_failed_cells_are_named_by_their_first_line_with_the_error(container, root, tmp_path):
    upload = edited(root, tmp_path, "def constant_optimum(y):", "def constant_optimum(y)")
    results = container.grade(upload)
    assert "def constant_optimum(y)\n  SyntaxError: expected ':'" in results["output"]
    assert results["score"] == FIRST - VICTIM.points
    assert "not defined" in by_name(results)[f"{VICTIM.id}, public tests"]["output"]


def test_lines_without_effect_are_named(container, root, tmp_path):
    notebook = nbformat.read(root / "solutions/gradient_descent.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if "import otter" in cell.source]
    cell.source = f"%autosave 60\n!false\nfrom google.colab import drive\n{cell.source}"
    nbformat.write(notebook, tmp_path / "gradient_descent.ipynb")
    results = container.grade(tmp_path / "gradient_descent.ipynb")
    number = notebook.cells.index(cell) + 1
    assert (
        "Lines that do not work in grading; the rest of their cells ran:\n"
        f"- gradient_descent, cell {number}: %autosave 60 (this magic is not here)\n"
        f"- gradient_descent, cell {number}: !false (ended with exit code 1)\n"
        f"- gradient_descent, cell {number}: from google.colab import drive "
        "(Colab's own modules are not here)\n\n"
    ) in results["output"]
    assert "Cells that failed" not in results["output"]
    assert results["score"] == FIRST


def test_report_stays_short_and_clean_whatever_cells_say(container, root, tmp_path):
    notebook = nbformat.read(root / "student/relu_sgd.ipynb", as_version=4)
    for i in range(30):
        nasty = (
            f"raise ValueError('{i} ' + chr(0xD800) + chr(0) + chr(27) + chr(0x202E) + 'x' * 99)"
        )
        cell = nbformat.v4.new_code_cell(nasty)
        cell.pop("id", None)
        notebook.cells.append(cell)
    (tmp_path / "upload").mkdir()
    nbformat.write(notebook, tmp_path / "upload/a.ipynb")
    results = container.grade(tmp_path / "upload/a.ipynb")
    assert "and 10 more in relu_sgd" in results["output"]
    assert not set("\ud800\0\x1b\u202e") & set(results["output"])
    container.results_path.read_text().encode()


@pytest.mark.parametrize("folder", ["", "my homework/part 1"])
def test_what_lies_beside_a_notebook_is_there_but_staff_files_win(
    folder, container, root, tmp_path
):
    new = "    import my_helper, lab\n    assert not hasattr(lab, 'MINE')\n    return my_helper.mean(y)"
    upload = edited(root, tmp_path, "    return np.mean(y)", new)
    place = tmp_path / "upload" / folder
    (place / "lab").mkdir(parents=True)
    (place / "lab/__init__.py").write_text("MINE = True")
    (place / "lab.py").write_text("MINE = True")
    (place / "my_helper.py").write_text("import numpy as np\nmean = np.mean")
    (place / upload.name).write_bytes(upload.read_bytes())
    assert container.grade(*(tmp_path / "upload").iterdir())["score"] == FIRST


def test_helper_that_a_later_cell_defines_anew_does_no_harm(container, root, tmp_path):
    # Stock Otter grades a question when the notebook checks it.
    new = "    return helper(y)\n\n\ndef helper(y):\n    return np.mean(y)"
    upload = edited(root, tmp_path, "    return np.mean(y)", new)
    notebook = nbformat.read(upload, as_version=4)
    later = nbformat.v4.new_code_cell("def helper(x, y):\n    return np.mean(x * y)")
    later.pop("id", None)
    notebook.cells.append(later)
    nbformat.write(notebook, upload)
    assert container.grade(upload)["score"] == FIRST


@pytest.mark.parametrize("break_it", ["no interpreter", "no homework.json", "not a test file"])
def test_results_are_there_even_if_the_grader_fails(break_it, container, solutions):
    environment = {}
    if break_it == "no interpreter":
        environment["GRADER_PYTHON"] = "/nonexistent/python"
    elif break_it == "no homework.json":
        (container.root / "source/homework.json").unlink()
    else:
        (container.root / "source/relu_sgd/tests/q2a.py").write_text("def broken(:")
    results = container.grade(*solutions, **environment)
    assert results["score"] == 0
    assert "tell the staff" in results["output"]


def test_results_are_there_even_if_the_grader_is_killed(container, root, tmp_path):
    upload = edited(root, tmp_path, "    return np.mean(y)", "    while True: pass")
    container.submit(upload)
    environment = {**os.environ, "AUTOGRADER_ROOT": str(container.root)}
    run = subprocess.Popen(
        ["bash", str(container.root / "source/run_autograder")],
        env={**environment, "GRADER_PYTHON": sys.executable},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    tree = wait_for_sandbox(psutil.Process(run.pid))
    grader = next(p for p in tree if "start.py" in " ".join(p.cmdline()))
    grader.kill()
    run.wait(timeout=120)
    assert "cut off" in container.results()["output"]
    _, alive = psutil.wait_procs(tree, timeout=120)
    assert not alive  # the sandbox notices that nobody is there any more


def wait_for_sandbox(process: psutil.Process) -> list[psutil.Process]:
    """Return the processes of a grading run once a test case is among them."""
    deadline = time.monotonic() + 120  # it takes one second on a quiet machine
    while time.monotonic() < deadline:
        tree = process.children(recursive=True)
        if len(tree) >= 5:  # grader, fork server, supervisor, notebook, case
            return tree
        time.sleep(0.05)
    raise AssertionError("the sandbox did not start")


@AS_ROOT
def test_folders_are_closed_to_other_users(container, solutions):
    container.grade(*solutions)
    for name in ("source", "submission", "results", "submission_metadata.json"):
        assert (container.root / name).stat().st_mode & 0o077 == 0, name


# -- setup.sh ---------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_scripts_pass_shellcheck(script, container):
    command = [str(os.path.dirname(sys.executable)) + "/shellcheck", script]
    done = subprocess.run(command, cwd=container.root / "source", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_setup_grades_the_solution_and_fails_without_full_marks(container):
    done = container.run("setup.sh")
    assert done.returncode == 0, done.stderr
    assert f"{possible():g} of {possible():g} points" in done.stdout
    path = container.root / "source/relu_sgd/solution.ipynb"
    path.write_text(path.read_text().replace("-b1", "b1", 1))
    done = container.run("setup.sh")
    assert done.returncode != 0
    assert "q2a fails" in done.stderr


@pytest.fixture
def system(tmp_path) -> FakeSystem:
    """A system whose downloads fail as often as it is told to."""
    return FakeSystem(tmp_path / "bin")


def test_setup_installs_what_students_have_with_pinned_tools(container, system):
    lock = (container.root / "source/requirements.lock").read_text()
    for line in (container.root / "source/requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            assert line in lock
    done = container.run("setup.sh", **system.environment)
    assert "36 of 36 points" in done.stdout
    assert re.fullmatch(r"pip install --quiet uv==[\d.]+", system.calls("pip")[0])
    (packages,) = system.calls("uv pip")
    assert f"--requirements {container.root}/source/requirements.txt" in packages
    assert f"--constraints {container.root}/source/requirements.lock" in packages
    assert "--torch-backend cpu" in packages


@pytest.mark.parametrize("download", [False, True])
def test_setup_takes_the_python_that_students_are_told(download, container, system):
    (container.root / "source/requirements.txt").write_text("numpy==2.4.6\n# python==3.99\n")
    system.fail("uv venv", int(download))  # the system does not have it
    done = container.run("setup.sh", **system.environment)
    assert done.returncode == 0, done.stderr
    assert system.calls("uv python") == ["uv python install --no-bin 3.99"] * download
    words = {call.partition(str(container.root))[2] for call in system.calls("uv venv")}
    assert words == {"/env --python 3.99"}
    assert "NOTE" not in done.stderr


def test_setup_takes_an_older_python_only_if_that_one_cannot_be_had(container, system, root):
    system.fail("uv venv", 1)
    system.fail("uv python", 3)
    done = container.run("setup.sh", **system.environment)
    assert done.returncode == 0, done.stderr
    assert "NOTE: no Python 3" in done.stderr
    wanted = system.calls("uv python")[0].split()[-1]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    last = system.calls("uv venv")[-1]
    assert last.endswith(f"--python {project['requires-python']},<{wanted}")
    assert "--no-python-downloads" in last


def test_setup_tries_downloads_again(container, system):
    downloads = ("apt-get -o", "pip install", "uv python", "uv pip")
    system.fail("uv venv", 1)
    for call in downloads:
        system.fail(call, 2)
    done = container.run("setup.sh", **system.environment)
    assert done.returncode == 0, done.stderr
    assert "36 of 36 points" in done.stdout
    assert system.calls("sleep") == ["sleep 10", "sleep 60"] * len(downloads)
    assert "FAILED" not in done.stderr


@pytest.mark.parametrize(
    ("call", "title", "cure"),
    [
        ("apt-get -o", "Install python3-venv", "base image Ubuntu"),
        ("pip install", "Install uv", "PyPI does not answer"),
        ("uv python", "Get Python 3", "take a base image that has one"),
        ("uv pip", "Install the packages in requirements.txt", "the lines above name it"),
    ],
)
def test_setup_says_which_step_failed_and_what_to_do(call, title, cure, container, system):
    system.fail(call, 99)
    if call == "uv python":  # nor does the system have one
        system.fail("uv venv", 99)
    done = container.run("setup.sh", **system.environment)
    assert done.returncode == CODE
    last = done.stderr[done.stderr.index("FAILED") :]
    assert last.startswith(f"FAILED (exit code {CODE}): {title}")
    assert cure in last
    assert "docs/gradescope.md" in last
    assert title in done.stdout.splitlines()[-1]  # nothing was done after it
    assert len(system.calls(call)) == 3


@pytest.mark.parametrize("damage", ["no requirements.txt", "no python", "no apt-get"])
def test_setup_fails_with_a_reason_where_something_is_missing(damage, container, system):
    if damage == "no requirements.txt":
        (container.root / "source/requirements.txt").unlink()
    elif damage == "no python":
        (container.root / "source/requirements.txt").write_text("numpy==2.4.6\n")
    else:
        (system.folder / "apt-get").write_text("#!/nonexistent/sh\n")
    done = container.run("setup.sh", **system.environment)
    assert done.returncode != 0
    title = "Install python3-venv" if damage == "no apt-get" else "Read requirements.txt"
    assert f"): {title}\n" in done.stderr


def test_setup_without_full_marks_says_that_no_download_is_to_blame(container, system):
    path = container.root / "source/relu_sgd/solution.ipynb"
    path.write_text(path.read_text().replace("-b1", "b1", 1))
    done = container.run("setup.sh", **system.environment)
    assert done.returncode == 1
    assert "q2a fails" in done.stderr
    assert "FAILED (exit code 1): Grade the solution" in done.stderr


def test_setup_installs_no_package_of_the_system_that_it_does_not_need(container, system):
    system.has_venv()
    assert container.run("setup.sh", **system.environment).returncode == 0
    assert system.calls("apt-get") == []


def test_setup_takes_torch_from_a_folder_of_wheels(container, system):
    done = container.run("setup.sh", UV_FIND_LINKS="/wheels", **system.environment)
    assert done.returncode == 0, done.stderr
    assert "--torch-backend" not in system.calls("uv pip")[0]


def test_setup_can_be_run_again_in_any_folder_language_and_time_zone(root, tmp_path, system):
    (tmp_path / "a folder").mkdir()
    container = Container(tmp_path / "a folder", root / "autograder/homework.zip")
    elsewhere = {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}
    for _ in range(2):
        done = container.run("setup.sh", **elsewhere, **system.environment)
        assert done.returncode == 0, done.stderr
        assert "36 of 36 points" in done.stdout
    assert len(system.calls("apt-get")) == 2  # once update, once install
    assert len(system.calls("uv venv --clear")) == 2  # an environment that is there is made anew


def test_dockerfile_builds_from_what_the_zip_holds(container):
    source = container.root / "source"
    lines = (source / "Dockerfile").read_text().splitlines()
    (base,) = [line for line in lines if line.startswith("FROM ")]
    assert re.fullmatch(r"FROM gradescope/autograder-base:ubuntu-\d\d\.04", base)
    for line in lines:
        assert re.match(r"#|FROM |COPY \. /autograder/source$|RUN |$", line), line
        for name in re.findall(r"/autograder/source/(\S+)", line):
            assert (source / name).is_file()
    assert any(line.endswith(" /autograder/run_autograder") for line in lines)


def test_killed_by_a_signal_is_named(container, root, tmp_path):
    new = f"    import ctypes\n    ctypes.string_at(0)  # {signal.SIGSEGV.name}"
    upload = edited(root, tmp_path, "    return np.mean(y)", new)
    line = by_name(container.grade(upload))["q1a_ii, public tests"]
    assert "SIGSEGV" in line["output"]
