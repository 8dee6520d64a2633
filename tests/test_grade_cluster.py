"""Is a class graded on a Dask cluster as it is on one machine, whatever dies meanwhile?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client
from test_grade import (
    LIMIT,
    ROOT,
    command,
    grade,
    let_kinds_pass,
    lower_limits,
    rewrite,
    rounds,
    times,
    wait_for,
    write_notebooks,
)

from autograder.grade import UsageError, cluster
from autograder.grade.__main__ import main
from autograder.grade.cluster import grade_on_cluster
from autograder.grade.record import iter_records
from autograder.grade.submissions import find, read
from autograder.grade.workers import KILLED, CannotGrade, Outcome, Package, grade_all

# Submissions; enough for others when a worker ends.
NUMBER = 12
SECONDS = 60
# Of processes that import Dask or the grader, on a machine that does something else besides.
PATIENCE = 60


# -- a class and a cluster --------------------------------------------------------------------


@pytest.fixture(scope="module")
def homework(tmp_path_factory) -> Path:
    """The homework, with less patience."""
    return rewrite(tmp_path_factory.mktemp("zip") / "homework.zip", otter_config_json=lower_limits)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory) -> Path:
    """A class from the bank, one with an answer that ends its process."""
    place = tmp_path_factory.mktemp("class")
    for i, answers in enumerate(rounds()[: NUMBER - 1]):
        write_notebooks(place / f"round{i:02}", answers)
    exits = "import os\ndef constant_gradient(theta, y):\n    os._exit(0)"
    write_notebooks(place / "exits", rounds()[0], constant_gradient=exits)
    return place


def packages_of(classroom: Path, number: int = NUMBER) -> Iterator[Package]:
    for submission in find([classroom])[:number]:
        yield Package(submission.name, read(submission, LIMIT).message(), submission.name)


@pytest.fixture(scope="module")
def local(classroom, homework, tmp_path_factory) -> dict[str, dict]:
    """What the class gets on this machine."""
    place = tmp_path_factory.mktemp("local")
    with zipfile.ZipFile(homework) as archive:
        archive.extractall(place / "homework")
    outcomes = grade_all(packages_of(classroom), place / "homework", place / "log.txt", 2, SECONDS)
    return comparable(outcomes)


def comparable(outcomes: Iterable[Outcome]) -> dict[str, dict]:
    """Return answers by name, without times; none may come twice."""
    answers = {}
    for outcome in outcomes:
        assert outcome.package.name not in answers
        answer = json.loads(json.dumps(outcome.answer))
        answer["record"].pop("seconds", None)
        answer.get("results", {}).pop("execution_time", None)
        answers[outcome.package.name] = answer
    return answers


class Cluster:
    """A scheduler and its workers, real processes that cannot import this project."""

    def __init__(self, place: Path):
        self.place = place
        self.environment = {**os.environ, "DASK_CONFIG": str(place)}
        self.environment.pop("PYTHONPATH", None)
        self.processes: list[subprocess.Popen] = []
        file = place / "scheduler.json"
        self.start("scheduler", "--port", "0", "--scheduler-file", str(file))
        wait_for(lambda: file.exists() and file.read_text().endswith("}"), PATIENCE)
        self.address = json.loads(file.read_text())["address"]
        assert self.address.startswith("tcp://127.0.0.1:")

    def start(self, what: str, *arguments: str) -> subprocess.Popen:
        with (self.place / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "dask", what,
                    "--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", *arguments,
                ],
                cwd=self.place, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def add_worker(self, nanny: bool = False) -> subprocess.Popen:
        return self.start(
            "worker", self.address, "--nworkers", "1", "--nthreads", "1", "--death-timeout", "60",
            "--local-directory", str(self.place), "--nanny" if nanny else "--no-nanny",
        )  # fmt: skip

    def grade(self, packages: Iterable[Package], homework: Path) -> Iterator[Outcome]:
        data, log = homework.read_bytes(), self.place / "graders.txt"
        return grade_on_cluster(packages, data, log, self.address, SECONDS)

    def graders(self) -> list[psutil.Process]:
        """Return the grader processes of all Dask workers."""
        ours = [psutil.Process(p.pid) for p in self.processes if p.poll() is None]
        below = [child for p in ours for child in p.children(recursive=True)]
        return [p for p in below if "worker.py" in command_of(p)]

    def is_clean(self) -> bool:
        return not self.graders() and not list(self.place.rglob("homework.json"))

    def close(self) -> None:
        # Workers first: without a scheduler, they take longer.
        scheduler, *workers = self.processes
        for processes in (workers, [scheduler]):
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Iterator[Cluster]:
    """A cluster of two workers, for tests that leave it as it was."""
    found = Cluster(tmp_path_factory.mktemp("two"))
    found.add_worker()
    found.add_worker(nanny=True)
    yield found
    found.close()


@pytest.fixture
def own(tmp_path) -> Iterator[Cluster]:
    """A cluster for one test, as yet without workers."""
    found = Cluster(tmp_path)
    yield found
    found.close()


# -- as on one machine ------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_ends_costs_nothing(own, classroom, homework, local, how):
    victim, _ = own.add_worker(), own.add_worker()
    with Client(own.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
    taken = 0

    def packages() -> Iterator[Package]:
        nonlocal taken
        for package in packages_of(classroom):
            taken += 1
            yield package

    outcomes = []
    for outcome in own.grade(packages(), homework):
        outcomes.append(outcome)
        # Two threads, two submissions for each; no more are in memory.
        assert taken - len(outcomes) <= 4
        if len(outcomes) == 3:
            wait_for(lambda: len(own.graders()) == 2)
            victim.send_signal(how)
    assert comparable(outcomes) == local
    assert local["exits"]["record"]["faults"]
    wait_for(lambda: not own.graders())


def test_another_homework_is_not_mistaken_for_the_first(two, classroom, homework, local, tmp_path):
    mended = rewrite(tmp_path / "h.zip", otter_config_json=lower_limits, q1a_i_py=let_kinds_pass)
    losers = [name for name, answer in local.items() if not kinds_passed(answer)][:2]
    chosen = [p for p in packages_of(classroom) if p.name in losers]
    for zipped, passed in [(homework, False), (mended, True)]:
        answers = comparable(two.grade(chosen, zipped))
        assert [kinds_passed(answer) for answer in answers.values()] == [passed] * len(losers)
        assert passed or answers == {name: local[name] for name in losers}
        wait_for(two.is_clean)


def kinds_passed(answer: dict) -> bool:
    (case,) = (
        case
        for case in answer["record"]["cases"]
        if (case["question"], case["name"]) == ("q1a_i", "kinds")
    )
    return case["passed"]


# -- what goes wrong --------------------------------------------------------------------------


def deadly(victim: str, notes: Path) -> Callable[[str], str]:
    """Let a grader kill itself or its Dask worker over a submission that holds deadly.txt."""
    code = f"""
    if place.joinpath("deadly.txt").exists():
        import os, signal
        with open({str(notes)!r}, "a") as file:
            file.write("x")
        os.kill(os.{victim}(), signal.SIGKILL)
        signal.pause()
"""
    place = "    reader = _Reader(limit_mb)\n"

    def change(source: str) -> str:
        assert source.count(place) == 1
        return source.replace(place, code + place)

    return change


@pytest.mark.parametrize(("victim", "nanny"), [("getpid", False), ("getppid", True)])
def test_what_kills_twice_is_given_up(own, classroom, local, tmp_path, victim, nanny):
    notes = tmp_path / "deaths"
    zipped = rewrite(
        tmp_path / "h.zip",
        otter_config_json=lower_limits,
        trusted_upload_py=deadly(victim, notes),
    )
    own.add_worker(nanny)
    bad = Package("bad", [{"path": "deadly.txt", "data": ""}], "")
    answers = comparable(own.grade([bad, *packages_of(classroom, 2)], zipped))
    assert notes.read_text() == "xx"
    answer = answers.pop("bad")
    assert answer["failed"] == KILLED
    assert answer["record"].keys() == {"possible", "questions"}
    assert len(answers) == 2
    assert answers == {name: local[name] for name in answers}
    wait_for(lambda: not own.graders())


def test_a_grader_that_fails_is_replaced(two, classroom, local, tmp_path):
    fails = rewrite(
        tmp_path / "h.zip",
        otter_config_json=lower_limits,
        trusted_upload_py=lambda source: deadly("x", tmp_path)(source).replace(
            "import os, signal", 'raise RuntimeError("no luck")'
        ),
    )
    bad = Package("bad", [{"path": "deadly.txt", "data": ""}], "")
    answers = comparable(two.grade([bad, *packages_of(classroom, 1)], fails))
    answer = answers.pop("bad")
    assert answer["failed"] == "RuntimeError: no luck"
    assert answer["record"]["possible"] == 36
    assert answers == {name: local[name] for name in answers}
    # What staff needs to know has come along, with the machine's address.
    said = (two.place / "graders.txt").read_text()
    assert "no luck" in said
    assert "tcp://127.0.0.1:" in said


def test_a_homework_that_cannot_be_loaded_is_an_error(two, classroom, tmp_path):
    broken = rewrite(tmp_path / "h.zip", q1a_i_py=lambda text: "1 +")
    with pytest.raises(UsageError, match=r"the homework cannot be loaded: .*SyntaxError"):
        list(two.grade(packages_of(classroom), broken))
    wait_for(two.is_clean)


# Prints names as they are graded, like the command line.
DRIVER = """
import sys
from pathlib import Path
from autograder.grade.cluster import grade_on_cluster
from autograder.grade.submissions import find, read
from autograder.grade.workers import Package
from contextlib import closing
classroom, homework, log, address = sys.argv[1:]
packages = (Package(s.name, read(s, 2**25).message(), "") for s in find([Path(classroom)]))
homework = Path(homework).read_bytes()
try:
    with closing(grade_on_cluster(packages, homework, Path(log), address, 60)) as outcomes:
        for outcome in outcomes:
            print(outcome.package.name, flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_leaves_the_cluster_as_it_was(two, classroom, homework, tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-c", DRIVER, classroom, homework, tmp_path / "log.txt", two.address],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout.readline()
    before = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=PATIENCE)
    assert (run.returncode, said) == (130, "")
    assert time.monotonic() - before < 10
    assert two.is_clean()
    with Client(two.address, set_as_default=False) as client:
        left = client.run_on_scheduler(
            lambda dask_scheduler: (
                list(dask_scheduler.tasks),
                [name for name in dask_scheduler.worker_plugins if name.startswith("grade")],
                dask_scheduler.task_metadata,
            )
        )
        assert left == ([], [], {})
        modules = "lambda: [n for n in __import__('sys').modules if n.startswith('grade_')]"
        assert set(map(tuple, client.run(eval(modules)).values())) == {()}
        assert len(client.nthreads()) == 2


def test_graders_end_when_nobody_needs_them(own, classroom, homework, tmp_path):
    own.add_worker()
    impatient = f"from autograder.grade import cluster\ncluster.SECONDS_IDLE = 1\n{DRIVER}"
    run = subprocess.Popen(
        [sys.executable, "-c", impatient, classroom, homework, tmp_path / "log", own.address],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout.readline()
    run.kill()
    run.communicate()
    assert own.graders()
    wait_for(lambda: not own.graders())


def test_a_cluster_without_workers_is_waited_for_and_given_up(
    own, classroom, homework, monkeypatch, capsys
):
    monkeypatch.setattr(cluster, "SECONDS_WITHOUT_WORKERS", 2)
    with pytest.raises(CannotGrade, match="has had no workers for"):
        list(own.grade(packages_of(classroom), homework))
    assert capsys.readouterr().err.count("has no workers") == 1


def test_a_scheduler_that_is_gone_ends_the_run(own, classroom, homework):
    own.add_worker()
    outcomes = own.grade(packages_of(classroom), homework)
    next(outcomes)
    own.processes[0].kill()
    before = time.monotonic()
    with pytest.raises(CannotGrade, match="connection to the scheduler is lost"):
        list(outcomes)
    assert time.monotonic() - before < 20
    wait_for(lambda: not own.graders())


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


@pytest.mark.parametrize("silent", [False, True])
def test_no_scheduler_is_said_in_one_line(silent):
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        if silent:  # somebody listens there, but says nothing
            port.listen()
        address = f"tcp://127.0.0.1:{port.getsockname()[1]}"
        code = "import sys; from autograder.grade import UsageError, cluster\n"
        code += "cluster.SECONDS_TO_CONNECT = 1\n"
        code += "try: cluster.connect(sys.argv[1])\nexcept UsageError as error: print(error)"
        done = run_python(code, address)
    assert done.stderr == ""
    assert done.stdout.startswith(f"{address}: no Dask scheduler answers there (")
    assert done.stdout.count("\n") == 1


def test_what_is_no_address_is_said_in_one_line():
    with pytest.raises(UsageError, match=r"^nonsense://x: no Dask scheduler answers there \("):
        cluster.connect("nonsense://x")


def test_without_dask_one_line_says_what_to_install():
    code = "import sys; sys.modules['distributed'] = None\n"
    code += "from autograder.grade import UsageError, cluster\n"
    code += "try: cluster.connect('tcp://127.0.0.1:1')\nexcept UsageError as error: print(error)"
    done = run_python(code)
    assert done.stderr == ""
    assert done.stdout.endswith(f": {cluster.INSTALL}\n")
    assert done.stdout.count("\n") == 1


def test_the_version_to_install_is_the_pinned_one():
    version = cluster.INSTALL.split("'")[1]
    assert version in (ROOT / "requirements.lock").read_text().splitlines()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert extras.get("optional-dependencies", {}).get("cluster", [version]) == [version]


def test_without_a_scheduler_nothing_of_dask_is_imported(classroom, homework, tmp_path):
    code = "import sys; import autograder.grade.cluster\n"
    code += "from autograder.grade.__main__ import main; code = main(sys.argv[1:])\n"
    code += "dask = {'dask', 'distributed', 'cloudpickle', 'tornado'}\n"
    code += "print(code, sorted(dask & sys.modules.keys()))"
    one = classroom / "round00"
    done = run_python(code, one, "--out", tmp_path / "out", "--homework", homework)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


@pytest.mark.parametrize(
    ("place", "name", "version", "words"),
    [
        ("worker", "numpy", "1.26.4", "the worker at tcp://w has numpy 1.26.4; it must be 2.4.6"),
        ("worker", "otter-grader", None, "the worker at tcp://w does not have otter-grader; it"),
        ("worker", "python", "3.12.1.final.0", "has Python 3.12; it must be 3.11, as here"),
        ("scheduler", "distributed", "2024.1.0", "the scheduler at tcp://s has distributed 2024"),
        ("scheduler", "numpy", None, ""),
        ("worker", "python", "3.11.2.final.0", ""),
    ],
)
def test_other_versions_are_refused(place, name, version, words):
    packages = {
        "distributed": "2026.8.0",
        "numpy": "2.4.6",
        "otter-grader": "7.0.0",
        "ipython": "9",
    }
    packages["python"] = "3.11.7.final.0"
    others = {"packages": {**packages, name: version}}
    same = {"packages": packages}

    class FakeClient:
        def get_versions(self, packages: tuple) -> dict:
            worker, scheduler = (others if place == p else same for p in ("worker", "scheduler"))
            return {"client": same, "scheduler": scheduler, "workers": {"tcp://w": worker}}

    if not words:
        cluster.check_versions(FakeClient(), "tcp://s")
        return
    with pytest.raises(UsageError, match=words):
        cluster.check_versions(FakeClient(), "tcp://s")


# -- the command line -------------------------------------------------------------------------


# The option is on its way; this line and the two marks can go when it is there.
def test_the_command_line_grades_on_a_cluster(two, classroom, homework, local, tmp_path):
    out = tmp_path / "out"
    arguments = [classroom, "--out", out, "--homework", homework, "--scheduler", two.address]
    run = subprocess.Popen(
        command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(times(out)) >= 2)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130
    assert said.splitlines()[-1].endswith("run the same command again to go on.")
    assert "Traceback" not in said
    assert two.is_clean()
    again = grade(*arguments)
    assert again.returncode == 0, again.stderr
    assert "Traceback" not in again.stderr
    records = {record.name: record for record in iter_records(out)}
    scores = {name: answer["record"]["score"] for name, answer in local.items()}
    assert {name: record.score for name, record in records.items()} == scores
    assert two.is_clean()


def test_without_a_scheduler_earlier_results_stay(
    classroom, homework, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 1)
    arguments = [classroom / "round00", "--out", tmp_path, "--homework", homework]
    assert main(list(map(str, arguments))) == 0
    before = (tmp_path / "grades.csv").read_bytes()
    capsys.readouterr()
    arguments[0] = classroom / "round01"
    assert main([*map(str, arguments), "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "grades.csv").read_bytes() == before
