"""Runs attacks through the isolated grader and through stock Otter, and judges what came of it."""

from __future__ import annotations

import ast
import compileall
import functools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from autograder.grader import grading
from autograder.grader.files import read_files
from autograder.grader.homework import load
from autograder.grader.processes import Sandbox
from autograder.grader.report import make_results
from autograder.grader.upload import make_upload

from . import LOOT, NOTEBOOK, ROOT, Attack, jail

# Time limits are those of production, so that no busy machine changes a verdict; attacks that wait
# for one to pass have lower ones. Little memory and few processes, as attacks use up all they get.
LIMITS = {"seconds_in_total": 100, "memory_mb": 256, "processes": 24}
# Longer than the grader may take, to end what it has started too; then everything is killed.
PATIENCE = 200
# Megabytes. Gradescope's small container has 768 for all processes together.
MOST_MEMORY = 500
# Nobody has these numbers; one each, for the kernel counts processes per user.
ORDINARY_USERS = range(1_000_000_000, 1_100_000_000)
# Bytes in a file, and seconds of CPU of one process: in case that the grader's limits fail.
SAFETY = {"FSIZE": 2**28, "CPU": 100}
SECRETS = {"in the grader's folder": "CANARY-folder", "in its environment": "CANARY-environment"}


@dataclass(frozen=True)
class Outcome:
    """What came of an upload."""

    results: dict | None  # None: no results.json, or one that is no JSON
    size: int  # of results.json
    hung: bool = False
    cpu_seconds: float = 0  # of the grader, without the notebook
    left: list[str] = field(default_factory=list)  # processes
    new: list[str] = field(default_factory=list)  # files outside
    changed: list[str] = field(default_factory=list)  # what belongs to others
    peak_mb: int = 0  # of memory, of the process that took most
    log: str = ""

    @property
    def score(self) -> float:
        """The points; none without results."""
        if self.results is None:
            return 0
        own = self.results.get("score")
        return own if own is not None else sum(t.get("score", 0) for t in self.results["tests"])

    def texts(self) -> Iterator[str]:
        """All that students get to see at once."""
        yield str(self.results.get("output", ""))
        for test in self.results["tests"]:
            if test.get("visibility", "visible") == "visible":
                yield from (str(test.get(key, "")) for key in ("name", "output"))


# -- running ----------------------------------------------------------------------------------


def grade(attack: Attack, ordinary: bool = False, first_process: int | None = None) -> Outcome:
    """Run an attack through ``homework.zip``.

    Args:
        attack: what to upload.
        ordinary: let the grader run as an ordinary user, if this is root.
        first_process: the number of the first process in the jail; any if None.
    """
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        folder = Path(name)
        subprocess.run(["cp", "-a", unpacked(), folder / "source"], check=True)
        config = json.loads((folder / "source/otter_config.json").read_text(encoding="utf-8"))
        config["isolated_grader"]["limits"] |= LIMITS | attack.limits
        (folder / "source/otter_config.json").write_text(json.dumps(config), encoding="utf-8")
        for place in ("source", "results"):
            (folder / place).mkdir(exist_ok=True)
            (folder / place / "secret").write_text(SECRETS["in the grader's folder"])
        (folder / "submission").mkdir()
        (folder / "submission_metadata.json").write_text("{}")
        attack.write(folder / "submission")
        folder.chmod(0o711)  # as far as others need to get to the folder for temporary files
        (folder / "tmp").mkdir(mode=0o711)
        inside = jail.INSIDE if namespaces() else folder
        environment = {
            **os.environ, "AUTOGRADER_ROOT": str(inside), "GRADER_PYTHON": sys.executable,
            "SECRET": SECRETS["in its environment"],
            "TMPDIR": "/tmp" if namespaces() else str(folder / "tmp"),
        }  # fmt: skip
        return in_jail(
            folder, ["bash", "source/run_autograder"], environment,
            ordinary=ordinary, seconds=PATIENCE, limits=SAFETY, first_process=first_process,
        )  # fmt: skip


def grade_by_stock(attack: Attack, seconds: float) -> Outcome:
    """Run an attack through stock Otter: ``otter run`` with the notebook's plain zip.

    As an ordinary user whom nothing else belongs to, so that it does no harm: it may write to
    everything of Otter's, like root on Gradescope.
    """
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        folder = Path(name)
        (folder / "submission").mkdir()
        (folder / "results").mkdir()
        attack.write(folder / "submission")
        (notebook,) = (folder / "submission").glob("*.ipynb")
        shutil.copytree(unpacked(), folder / "source")  # the jail takes a part of it
        shutil.copy(ROOT / f"autograder/{NOTEBOOK}.zip", folder / "stock.zip")
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(jail.INSIDE), "SECRET": "CANARY-environment",
        }  # fmt: skip
        command = [sys.executable, "-m", "otter", "run", "-a", "stock.zip", "-o", "results"]
        command += ["--no-logo", f"submission/{notebook.name}"]
        limits = {"FSIZE": 2**26, "CPU": int(seconds), "DATA": 2**31, "NPROC": 64, "CORE": 0}
        return in_jail(folder, command, environment, ordinary=True, seconds=seconds, limits=limits)


def in_jail(
    folder: Path,
    command: list[str],
    environment: dict[str, str],
    *,
    ordinary: bool,
    seconds: float,
    limits: dict[str, int],
    first_process: int | None = None,
) -> Outcome:
    """Run a command that leaves ``results/results.json`` in a folder."""
    order = {
        "command": command, "environment": environment, "folder": str(folder),
        "user": random.choice(ORDINARY_USERS) if ordinary and os.geteuid() == 0 else None,
        "seconds": seconds, "limits": limits, "isolated": namespaces(),
        # Not the same in each new namespace, as it is in containers: a test asks for that.
        "first_process": first_process or random.randrange(1000, 30_000),
    }  # fmt: skip
    jailer = [sys.executable, "-I", "-B", jail.__file__]
    if namespaces():
        jailer = [*NAMESPACES, *jailer]
    done = subprocess.run(
        jailer, input=json.dumps(order), capture_output=True, text=True, cwd=folder, timeout=seconds + 30, check=False,
        start_new_session=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the jail fails: {done.stderr}")
    path = folder / "results/results.json"
    try:
        text = path.read_text(encoding="utf-8")
        results = json.loads(text)
        results = results if isinstance(results["tests"], list) else None
    except (OSError, ValueError, KeyError, TypeError):
        text, results = "", None
    log = (folder / "log").read_text(errors="replace") if (folder / "log").exists() else ""
    return Outcome(results, len(text), log=log, **json.loads(done.stdout))


# If this process is killed, so are `unshare` and, with the first process in it, the namespace.
NAMESPACES = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--mount", "--net", "--ipc"]
NAMESPACES += ["--fork", "--kill-child", "--mount-proc"]


@functools.cache
def namespaces() -> bool:
    """Whether this process may make namespaces, as root can."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode == 0


@functools.cache
def unpacked() -> Path:
    """The unpacked ``homework.zip``, as it is in an image, until this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="homework-")
    _kept.append(folder)
    with zipfile.ZipFile(ROOT / "autograder/homework.zip") as archive:
        archive.extractall(folder.name)
    compileall.compile_dir(f"{folder.name}/grader", quiet=1)  # as `setup.sh` does
    return Path(folder.name)


_kept: list[tempfile.TemporaryDirectory] = []

# -- harmless attacks ---------------------------------------------------------------------------


class WarmGrader:
    """Grades harmless attacks in this process, one after the other in one sandbox.

    As `autograder.grader.many` does with the submissions of a class.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.homework, self.sandbox = load(unpacked()), sandbox

    def grade(self, attack: Attack) -> Outcome:
        """Grade an attack; what is left of it below the sandbox is part of the outcome."""
        limits = replace(self.homework.limits, **LIMITS | attack.limits)
        before = time.process_time()
        with tempfile.TemporaryDirectory(prefix="attack-") as folder:
            attack.write(Path(folder))
            upload = make_upload(read_files([Path(folder)], limits.upload_mb))
            graded = grading.grade(replace(self.homework, limits=limits), upload, self.sandbox)
        text = json.dumps(make_results(graded), indent=1)
        return Outcome(
            json.loads(text), len(text), cpu_seconds=time.process_time() - before,
            left=self._wait_for_processes(), new=self._files(), changed=self._changes(),
        )  # fmt: skip

    def _wait_for_processes(self) -> list[str]:
        """Return the processes below the fork server that do not end by themselves."""
        server = psutil.Process(self.sandbox.server)
        _, left = psutil.wait_procs(server.children(recursive=True), jail.SECONDS_TO_END)
        # Those too that came meanwhile.
        return [jail.describe(process) for process in {*left, *server.children(recursive=True)}]

    def _files(self) -> list[str]:
        """Return what lies in the sandbox's folder beside IPython's own."""
        return [str(path) for path in self.sandbox.folder.iterdir() if path.name != "ipython"]

    def _changes(self) -> list[str]:
        return (
            ["the fork server, which has ended"]
            if not psutil.pid_exists(self.sandbox.server)
            else []
        )


# -- judging ----------------------------------------------------------------------------------


def problems(attack: Attack, outcome: Outcome) -> list[str]:
    """Return what is not as it must be, for the isolated grader; nothing if all is well."""
    found = harm(outcome)
    if outcome.results is None:
        return [*found, "no results"]
    if not {"score", "tests", "output"} <= outcome.results.keys():
        found.append("results.json is incomplete")
    if abs(outcome.score - attack.points) > 1e-4:
        found.append(f"{outcome.score:g} points instead of {attack.points:g}")
    if "The grader failed" in outcome.results["output"] or not outcome.results["tests"]:
        found.append("the grader failed")
    if outcome.cpu_seconds > attack.cpu_seconds:
        found.append(f"took {outcome.cpu_seconds:.0f} s")
    if outcome.peak_mb > MOST_MEMORY:
        found.append(f"took {outcome.peak_mb} MB")
    found += leaks(outcome)
    shown = " ".join("\n".join(outcome.texts()).split())
    found += [f"nothing says: {words}" for words in attack.says if words not in shown]
    # Gradescope has to store and show it.
    if outcome.size > 2**20:
        found.append(f"results.json has {outcome.size >> 10} kB")
    if not all(_is_plain(text) for text in outcome.texts()):
        found.append("results.json holds text that not every program can read")
    return found


def harm(outcome: Outcome) -> list[str]:
    """Return what was done to others."""
    found = ["hung"] if outcome.hung else []
    found += [f"left the process {process}" for process in outcome.left]
    found += [f"left the file {path}" for path in outcome.new]
    return found + [f"changed {path}" for path in outcome.changed]


def leaks(outcome: Outcome) -> list[str]:
    """Return what should not be in the results."""
    everything = json.dumps(outcome.results, ensure_ascii=False)
    quoted = "\n".join(_strings(outcome.results))
    found = [f"shows what is {where}" for where, text in SECRETS.items() if text in everything]
    if any(line in quoted for line in hidden_lines()):
        found.append("shows lines of hidden tests")
    if LOOT in everything:
        found.append("shows stolen data")
    return found


@functools.cache
def hidden_lines() -> frozenset[str]:
    """The lines that only hidden test functions have, as far as they are long enough to tell."""
    lines: dict[bool, set[str]] = {True: set(), False: set()}
    for path in unpacked().glob("*/tests/*.py"):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                hidden = "hidden=True" in ast.unparse(node.decorator_list[0])
                code = source.splitlines()[node.lineno - 1 : node.end_lineno]
                lines[hidden].update(line.strip() for line in code)
    return frozenset(line for line in lines[True] - lines[False] if len(line) > 25)


def _strings(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, (list, dict)):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from _strings(part)


def _is_plain(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
