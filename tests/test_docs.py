"""Is what the docs say true? Links and file names exist, commands run, numbers are the real ones."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import BANK as ATTACKS
from support.points import possible

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# A path in backticks: parts of plain characters, with a folder or an ending that files here have.
PATH = re.compile(r"(?:[\w.*-]+/)+[\w.*-]*|[\w*-]+\.(?:py|md|ipynb|toml|json|yml|lock|cff|zip|sh)")
# Where the docs name a module or a file by its last name alone.
PLACES = ["", "autograder/", "autograder/grader/", "autograder/release/", "autograder/grade/"]
PLACES += ["autograder/grader/gradescope/", "autograder/release/site/"]
PLACES += ["assignment/", "student/", "tests/"]
# Made by the commands that the docs explain, or names of the reader's own.
OTHERS = {
    "grades/index.html",
    "gradebook.json",
    "index.html",
    "results.json",
    "homework.json",
    "submissions.zip",
    "compare.txt",
}
OTHERS |= {
    "checks.py",
    "call.py",
    "mistakes.py",
    "tests/answers.py",
    "assignment/checks.py",
    "assignment/optimizers.ipynb",
}
OTHERS |= {".release-cache/", "q1c_i_my_function.py", "submission_123/", "submission_metadata.yml"}
OTHERS |= {"alike.html", "feedback/", "feedback_canvas.zip", "feedback_moodle.zip"}


@pytest.fixture(params=DOCS, ids=lambda path: path.name)
def doc(request) -> Path:
    return request.param


def test_links_lead_somewhere(doc):
    for target in re.findall(r"\]\(([^)]+)\)", doc.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (doc.parent / target.partition("#")[0]).exists(), target


def test_files_that_are_named_exist(doc):
    text = re.sub(r"```.*?```", "", doc.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name in re.findall(r"`([^`\n]+)`", text):
        if PATH.fullmatch(name) and name not in OTHERS and "NAME" not in name:
            assert any(list(ROOT.glob(place + name.rstrip("/"))) for place in PLACES), name


def test_verbs_of_make_exist(doc):
    files = (ROOT / "Makefile", ROOT / "autograder/verbs.mk")
    verbs = {v for file in files for v in re.findall(r"^([a-z-]+):", file.read_text(), flags=re.M)}
    text = doc.read_text(encoding="utf-8")
    for words in re.findall(r"`make ([a-z -]+)`|^make ([a-z-]+)", text, flags=re.M):
        assert set("".join(words).split()) <= verbs, words


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1000


def test_table_of_limits_is_the_configuration():
    text = (ROOT / "docs/grader.md").read_text(encoding="utf-8")
    config = json.loads((ROOT / "otter_config.json").read_text(encoding="utf-8"))
    table = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", text, flags=re.M))
    limits = config["isolated_grader"]["limits"]
    assert {name: float(value) for name, value in table.items()} == limits


def test_the_number_of_attacks_in_the_docs_is_the_real_one():
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/grader.md").read_text()
    said = {int(number) for number in re.findall(r"(\d+) attacks and faults", text)}
    assert said == {len(ATTACKS)}


@pytest.mark.parametrize(
    "path", [*DOCS, ROOT / "assignment/STUDENT.md"], ids=lambda path: path.name
)
def test_no_page_types_what_the_masters_say(path):
    """Points change; a page may name the place where they stand."""
    text = path.read_text(encoding="utf-8")
    typed = re.finditer(
        r"(?i)\b[\d.]+ (?:of [\d.]+ )?points?\b(?! ·)|points: [\d.]+|\b(\d+) of \1\b", text
    )
    said = [match[0] for match in typed]
    assert not said, f"{path.name} says {said}: say that `make release` prints it"


def test_commands_without_docker_run(tmp_path):
    text = (ROOT / "docs/grader.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n(mkdir .*?)```", text, flags=re.DOTALL)
    script = block.replace("/tmp/box", str(tmp_path / "box"))
    python = shlex.quote(sys.executable)
    script = script.replace("$PWD/.venv/bin/python", python)
    unzip = f"unzip() {{ {python} -m zipfile -e $2 $4; }}\n"  # not everybody has it
    done = subprocess.run(
        ["bash", "-euc", unzip + script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout[done.stdout.index("{") :])["score"] == possible()


def test_options_in_the_docs_are_those_of_the_command():
    text = (ROOT / "docs/grading-a-class.md").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "autograder.grade", "--help"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COLUMNS": "200"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    commands = "\n".join(line for line in text.splitlines() if "autograder.grade" in line)
    for option in set(re.findall(r"--[a-z]+", commands)):
        assert option in done.stdout, option
