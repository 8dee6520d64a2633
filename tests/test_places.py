"""Links to where the homework can be done, and the cell for Colab: silent elsewhere, useful there.

Nothing of Colab can be reached from here. A module of its name stands in for it, and a server on
this machine for GitHub.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from support.once import make_once

from autograder.release import ReleaseError, build, new, places, stock
from autograder.release.declared import Declared, read_declared
from autograder.release.verify import grade_in_container

NAME = "optics"
REPOSITORY = "https://github.com/course/home.work"
HUB = "https://datahub.example.edu"
ADDRESS = f"{REPOSITORY}/archive/refs/heads/main.zip"
DECLARED = Declared("Homework", "1", ("part_one", "part_two"), repository=REPOSITORY, hub=HUB)
# As in requirements.txt, in the version that is installed: pip has nothing to do.
OTTER = [f"otter-grader=={version('otter-grader')}"]
FAKE_COLAB = 'import sys, types; sys.modules["google.colab"] = types.ModuleType("google.colab")'
# Runs a cell as IPython does, twice, and prints which names it leaves behind.
RUN_CELL = """
import os, sys
from IPython.core.interactiveshell import InteractiveShell
shell, source = InteractiveShell(), sys.stdin.read()
names = set(shell.user_ns)
before = set(sys.modules)
for _ in range(2):
    shell.run_cell(source).raise_error()
loaded = {"urllib.request", "zipfile", "subprocess"} & (set(sys.modules) - before)
print(sorted(name for name in set(shell.user_ns) - names if name[0] != "_"), sorted(loaded))
"""


# -- links -----------------------------------------------------------------------------------------


def test_each_notebook_has_a_link_to_each_place_that_opens_one():
    found = [(link.label, link.notebook) for link in places.links(DECLARED)]
    assert found == [
        ("Google Colab", "part_one.ipynb"),
        ("Google Colab", "part_two.ipynb"),
        ("datahub.example.edu", "part_one.ipynb"),
        ("datahub.example.edu", "part_two.ipynb"),
        ("GitHub Codespaces", None),
    ]


def test_addresses_are_those_that_the_places_document():
    colab, _, hub, _, codespaces = (link.address for link in places.links(DECLARED))
    assert colab == (
        "https://colab.research.google.com/github/course/home.work/blob/main/student/part_one.ipynb"
    )
    assert codespaces == "https://codespaces.new/course/home.work"
    assert hub.startswith(f"{HUB}/hub/user-redirect/git-pull?")
    assert parse_qs(urlsplit(hub).query) == {
        "repo": [REPOSITORY],
        "branch": ["main"],
        "urlpath": ["lab/tree/home.work/student/part_one.ipynb"],
    }


def test_without_a_hub_or_a_repository_there_are_fewer_links_or_none():
    without_hub = Declared("Homework", "1", ("part_one",), repository=REPOSITORY)
    assert [link.label for link in places.links(without_hub)] == [
        "Google Colab",
        "GitHub Codespaces",
    ]
    assert places.links(Declared("Homework", "1", ("part_one",))) == []


# -- settings --------------------------------------------------------------------------------------


def declare(folder: Path, *lines: str) -> Declared:
    """Read settings, as if they stood in a project."""
    needed = ["[project]", "version = '1'", "[tool.homework]", "title = 'x'", "masters = ['a']"]
    (folder / "pyproject.toml").write_text("\n".join([*needed, *lines]), encoding="utf-8")
    return read_declared(folder)


def test_both_settings_may_be_left_out_and_are_read(tmp_path):
    nothing = declare(tmp_path)
    assert (nothing.repository, nothing.hub) == ("", "")
    both = declare(tmp_path, f"repository = '{REPOSITORY}'", "hub = 'http://localhost:8000/base'")
    assert (both.repository, both.hub) == (REPOSITORY, "http://localhost:8000/base")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("repository = 3", "repository must be the address of a public repository on GitHub, but is 3"),
        ("repository = false", "but is False: write it like"),
        ('repository = "course/homework"', 'write it like "https://github.com/course/homework"'),
        ('repository = "https://github.com/course/homework.git"', "write it like"),
        ('repository = "https://github.com/course/homework/"', "write it like"),
        ('repository = "https://github.com/course/homework/tree/main"', "write it like"),
        ('repository = "git@github.com:course/homework"', "write it like"),
        ('repository = "https://gitlab.com/course/homework"', "on GitHub"),
        ('repository = """https://github.com/course/homework\n"""', "write it like"),
        (f'repository = "{REPOSITORY}"\nhub = "datahub.example.edu"', 'like "https://datahub.example.edu"'),
        (f'repository = "{REPOSITORY}"\nhub = "{HUB}/"', "hub must be the address of a JupyterHub"),
        (f'repository = "{REPOSITORY}"\nhub = "{HUB}/x?y=1"', "hub must be the address of a JupyterHub"),
        (f'hub = "{HUB}"', "hub needs a repository to fetch from: set that too, or remove hub"),
    ],
)  # fmt: skip
def test_a_broken_address_is_refused_in_one_line(tmp_path, line, words):
    with pytest.raises(ReleaseError) as caught:
        declare(tmp_path, line)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# -- a release with the setting --------------------------------------------------------------------


def make_release(folder: Path) -> str:
    """Release a homework of one question that names a repository."""
    project = folder / NAME
    new.write_homework(NAME, project)
    settings = project / "pyproject.toml"
    text = settings.read_text(encoding="utf-8").replace("# term =", "term =")
    text = text.replace("\nmasters =", f'\nrepository = "{REPOSITORY}"\nmasters =')
    settings.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "autograder.release"],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return str(project)


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    return Path(make_once(tmp_path_factory, "homework in a repository", make_release))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("folder", ["student", "solutions"])
def test_the_cell_is_below_the_heading_and_above_all_else(released, folder):
    heading, cell, title = read(released / folder / f"{NAME}.ipynb").cells[:3]
    assert heading.source == "**Spring 2027**"
    assert cell.source.startswith("# On Google Colab")
    assert cell.metadata == {"tags": ["otter_ignore"]}
    assert cell.outputs == []
    assert "id" not in cell
    assert title.source.startswith("# ")


def test_the_cell_fetches_the_repository_and_otter_in_the_version_of_the_homework(released):
    source = read(released / f"student/{NAME}.ipynb").cells[1].source
    requirements = (released / "student/requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^(?:otter-grader|jsonschema)==\S+", requirements, flags=re.MULTILINE)
    assert source == places.colab_source(ADDRESS, pinned)
    assert max(map(len, source.splitlines())) <= 100


def test_packages_are_taken_from_the_requirements_as_they_stand_there():
    text = "numpy==2\notter-grader==7.0.0\n# jsonschema==1\njsonschema-path==1\njsonschema==4.24.1 # fast\n"
    source = places.colab_cell(DECLARED, text).source
    assert 'packages = ["otter-grader==7.0.0", "jsonschema==4.24.1"]' in source
    assert 'packages = ["otter-grader"]' in places.colab_cell(DECLARED, "numpy").source


@pytest.mark.parametrize("tags", [["otter_ignore"], []], ids=["as handed out", "tags lost"])
def test_grading_gives_full_marks_and_says_nothing_of_the_cell(released, tmp_path, tags):
    notebook = read(released / f"solutions/{NAME}.ipynb")
    notebook.cells[1].metadata["tags"] = tags
    nbformat.write(notebook, tmp_path / f"{NAME}.ipynb")
    with zipfile.ZipFile(released / "autograder/homework.zip") as archive:
        archive.extractall(tmp_path / "source")
    results = grade_in_container(tmp_path, [tmp_path / f"{NAME}.ipynb"])
    assert results["score"] == 2
    assert "olab" not in json.dumps(results)


def test_stock_otter_runs_the_cell_if_its_tags_are_lost(released, tmp_path):
    notebook = read(released / f"solutions/{NAME}.ipynb")
    notebook.cells[1].metadata.clear()
    nbformat.write(notebook, tmp_path / f"{NAME}.ipynb")
    results = stock.grade(tmp_path / f"{NAME}.ipynb", released / f"autograder/{NAME}.zip")
    assert all(case["passed"] for cases in results.values() for case in cases)


def test_without_the_setting_a_master_stays_as_it_is(root, tmp_path):
    path, declared = tmp_path / "a.ipynb", Declared("Homework", "1", ("a",))
    nbformat.write(nbformat.v4.new_notebook(), path)
    (tmp_path / "requirements.txt").write_text("otter-grader==7.0.0\n")
    before = path.read_bytes()
    build._put_on_top(path, declared)
    assert path.read_bytes() == before


# -- what the cell does ----------------------------------------------------------------------------


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word on stderr."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path) -> Iterator[str]:
    """The address of a server on this machine for files in ``tmp_path / "served"``."""
    (tmp_path / "served").mkdir()
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def serve(folder: Path, student: dict[str, bytes]) -> None:
    """Write a zip as GitHub makes it: all in a folder of the repository's and the branch's names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("home.work-main/", b"")
        archive.writestr("home.work-main/README.md", b"not for students")
        archive.writestr("home.work-main/docs/student/other.md", b"not for students")
        archive.writestr("home.work-main/student/lab/", b"")
        for name, content in student.items():
            archive.writestr(f"home.work-main/student/{name}", content)
    (folder / "served/main.zip").write_bytes(data.getvalue())


@pytest.fixture
def content(tmp_path, monkeypatch) -> Path:
    """An empty working directory, as Colab has it; pip must not fetch anything."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "content").mkdir()
    return tmp_path / "content"


def run_cell(source: str, folder: Path, before: str = "") -> str:
    """Run a cell twice in an IPython of its own; return what is printed, the last line on names."""
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{RUN_CELL}"],
        input=source, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_elsewhere_the_cell_does_nothing_and_prints_nothing(content):
    source = places.colab_source("http://127.0.0.1:9/main.zip", OTTER)
    assert run_cell(source, content) == "['fetch_on_colab'] []\n"
    assert not list(content.iterdir())


def test_on_colab_it_fetches_what_is_missing_and_overwrites_nothing(content, server, tmp_path):
    names = ("lab/data.py", "lab/other.py", "tests/q1.py", "a.ipynb")
    serve(tmp_path, dict.fromkeys(names, b"theirs"))
    (content / "lab").mkdir()
    (content / "lab/data.py").write_text("mine")
    said = run_cell(places.colab_source(f"{server}/main.zip", OTTER), content, FAKE_COLAB)
    done = "The homework is here. To hand in: File > Download > Download .ipynb\n"
    assert said.startswith(done * 2)
    assert len(said.splitlines()) == 3
    files = [path for path in content.rglob("*") if path.is_file()]
    texts = {path.relative_to(content).as_posix(): path.read_text() for path in files}
    assert texts == dict.fromkeys(names, "theirs") | {"lab/data.py": "mine"}


@pytest.mark.parametrize(
    ("place", "packages", "words"),
    [
        ("http://127.0.0.1:9/main.zip", OTTER, "Connection refused"),
        ("{server}/nowhere.zip", OTTER, "HTTP Error 404"),
        ("{server}/page.html", OTTER, "File is not a zip file"),
        ("{server}/main.zip", ["otter-grader==0.0.0"], "returned non-zero exit status"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(content, server, tmp_path, place, packages, words):
    serve(tmp_path, {"a.ipynb": b"{}"})
    (tmp_path / "served/page.html").write_text("Sign in")
    address = place.format(server=server)
    said = run_cell(places.colab_source(address, packages), content, FAKE_COLAB).splitlines()
    assert len(said) == 3
    assert said[0] == said[1]
    assert said[0].startswith(f"Cannot set up the homework from {address}: ")
    assert words in said[0]


def test_a_notebook_alone_runs_through_on_colab(released, content, server, tmp_path):
    files = sorted(path for path in (released / "student").rglob("*") if path.is_file())
    serve(tmp_path, {p.relative_to(released / "student").as_posix(): p.read_bytes() for p in files})
    notebook = read(released / f"solutions/{NAME}.ipynb")
    source = notebook.cells[1].source
    assert ADDRESS in source
    notebook.cells[1].source = source.replace(ADDRESS, f"{server}/main.zip")
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FAKE_COLAB))
    build.run_cells(notebook, content)
    printed = [str(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    assert "The homework is here." in printed[1]
    assert any("q1" in text and "passed!" in text for text in printed)


# -- Codespaces, and VS Code with containers -------------------------------------------------------


@pytest.fixture(scope="module")
def container(root) -> dict:
    return json.loads((root / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))


def test_the_container_has_the_python_of_grading(root, container):
    text = (root / "assignment/requirements.txt").read_text(encoding="utf-8")
    (python,) = re.findall(r"^# python==(\S+)$", text, flags=re.MULTILINE)
    assert container["image"].startswith(f"mcr.microsoft.com/devcontainers/python:{python}-")


def test_the_container_installs_as_students_do(root, container):
    guide = (root / "assignment/STUDENT.md").read_text(encoding="utf-8")
    (install,) = re.findall(r"```\n(python3 -m venv .*?)\n```", guide, flags=re.DOTALL)
    command = " && ".join(install.splitlines())
    assert container["postCreateCommand"] == command.replace("-r ", "-r student/")
