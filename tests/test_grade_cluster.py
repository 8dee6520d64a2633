"""Is a class graded on a Dask cluster as it is on one machine, even if something dies meanwhile?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import distributed
import psutil
import pytest
from distributed import Client
from support.classroom import (
    ROOT,
    command,
    grade,
    let_kinds_pass,
    rewrite,
    rewrite_small,
    rounds,
    times,
    wait_for,
    write_first_part,
)
from support.points import possible

from autograder.grade import CannotGrade, UsageError, cluster
from autograder.grade.__main__ import INSTALL, main
from autograder.grade.cluster import ClusterExecutor
from autograder.grade.executors import Executor, LocalExecutor, Task
from autograder.grade.homework_zip import read_homework
from autograder.grade.results import Outcome, iter_records
from autograder.grade.run import KILLED, Dispatcher
from autograder.grade.submissions import Submission, find

# Submissions; enough for others when a worker ends.
NUMBER = 9
SECONDS = 60
# Of processes that import Dask or the grader, on a machine that does something else besides.
PATIENCE = 60


# -- a class and a cluster --------------------------------------------------------------------


@pytest.fixture(scope="module")
def homework(tmp_path_factory) -> Path:
    """The homework of one notebook, with less patience."""
    return rewrite_small(tmp_path_factory.mktemp("zip") / "homework.zip")


@pytest.fixture(scope="module")
def classroom(tmp_path_factory) -> Path:
    """A class from the bank, one with an answer that ends its process."""
    place = tmp_path_factory.mktemp("class")
    for i, answers in enumerate(rounds()[: NUMBER - 1]):
        write_first_part(place / f"round{i:02}", answers)
    exits = "import os\ndef constant_gradient(theta, y):\n    os._exit(0)"
    write_first_part(place / "exits", rounds()[0], constant_gradient=exits)
    return place


@pytest.fixture
def deadly(tmp_path) -> list[Submission]:
    """A submission over which a grader may die, see `rewrite_deadly`."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/deadly.txt").touch()
    return find([tmp_path / "bad"], one=True)


def rewrite_deadly(target: Path, code: str) -> Path:
    """Write a homework whose grader runs some code over a submission that holds deadly.txt."""
    place = "    upload = make_upload(files)\n"
    inserted = f"    if 'deadly.txt' in [file.name for file in files.files]:\n        {code}\n"

    def change(source: str) -> str:
        assert source.count(place) == 1
        return source.replace(place, inserted + place)

    return rewrite_small(target, grader_many_py=change)


def outcomes_of(
    executor: Executor, zipped: Path, submissions: list[Submission]
) -> Iterator[Outcome]:
    with closing(executor):
        yield from Dispatcher(executor, read_homework(zipped), submissions).outcomes()


@pytest.fixture(scope="module")
def local(classroom, homework, tmp_path_factory) -> dict[str, dict]:
    """What the class gets on this machine."""
    place = tmp_path_factory.mktemp("local")
    data, log = homework.read_bytes(), place / "log.txt"
    executor = LocalExecutor(data, place / "homework", log, 2, SECONDS)
    return comparable(outcomes_of(executor, homework, find([classroom])))


def comparable(outcomes: Iterable[Outcome]) -> dict[str, dict]:
    """Return answers by name, without times; none may come twice."""
    answers = {}
    for outcome in outcomes:
        assert outcome.submission.name not in answers
        answer = json.loads(json.dumps({"record": outcome.record, "results": outcome.results}))
        answer["record"].pop("seconds", None)
        (answer["results"] or {}).pop("execution_time", None)
        answers[outcome.submission.name] = answer
    return answers


class Cluster:
    """A scheduler and its workers, real processes that cannot import this project."""

    def __init__(self, place: Path):
        self.place = place
        # A task whose worker was killed comes back to its run at once. Dask would try it four
        # times; what happens then is the same.
        patience = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        self.environment = {**os.environ, **patience, "DASK_CONFIG": str(place)}
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

    def add_worker(self, nanny: bool = False, folder: Path | None = None) -> subprocess.Popen:
        return self.start(
            "worker", self.address, "--nworkers", "1", "--nthreads", "1", "--death-timeout", "60",
            "--local-directory", str(folder or self.place), "--nanny" if nanny else "--no-nanny",
        )  # fmt: skip

    def executor(self, homework: Path) -> ClusterExecutor:
        log = self.place / "graders.txt"
        return ClusterExecutor(self.address, homework.read_bytes(), log, SECONDS)

    def grade(self, submissions: list[Submission], homework: Path) -> Iterator[Outcome]:
        return outcomes_of(self.executor(homework), homework, submissions)

    def wait_for_workers(self, number: int) -> None:
        with Client(self.address, set_as_default=False) as client:
            wait_for(lambda: len(client.nthreads()) == number, PATIENCE)

    def graders(self) -> list[psutil.Process]:
        """Return the grader processes of all Dask workers."""
        ours = [psutil.Process(p.pid) for p in self.processes if p.poll() is None]
        below = [child for p in ours for child in p.children(recursive=True)]
        # A grader's sandbox is a fork of it, and bears its command.
        found = {p.pid for p in below if "many" in command_of(p)}
        return [p for p in below if p.pid in found and parent_of(p) not in found]

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


def parent_of(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Iterator[Cluster]:
    """The one cluster of nearly all tests, which leave it as it was: with two workers."""
    found = Cluster(tmp_path_factory.mktemp("shared"))
    found.add_worker(nanny=True)
    found.add_worker(nanny=True)
    found.wait_for_workers(2)
    yield found
    found.close()


@pytest.fixture
def own(tmp_path) -> Iterator[Cluster]:
    """A cluster for one test, as yet without workers."""
    found = Cluster(tmp_path)
    yield found
    found.close()


# -- as on one machine ------------------------------------------------------------------------


def test_workers_that_end_cost_nothing(shared, classroom, homework, local, tmp_path):
    victims = [shared.add_worker(folder=tmp_path) for _ in range(2)]
    shared.wait_for_workers(4)
    outcomes = []
    executor = CountTasks(shared.executor(homework))
    for outcome in outcomes_of(executor, homework, find([classroom])):
        outcomes.append(outcome)
        if len(outcomes) == 1:
            wait_for(lambda: len(shared.graders()) == 4, PATIENCE)
            victims[0].kill()
            victims[1].terminate()
    assert executor.highest <= 8  # two submissions for each thread; no more are in memory
    assert comparable(outcomes) == local
    assert local["exits"]["record"]["faults"]
    shared.wait_for_workers(2)
    wait_for(lambda: not shared.graders())


class CountTasks:
    """An executor that counts what is under way."""

    def __init__(self, executor: Executor):
        self.executor, self.under_way, self.highest = executor, 0, 0
        self.close = executor.close

    @property
    def room(self) -> int:
        return self.executor.room

    def submit(self, task: Task) -> None:
        self.under_way += 1
        self.highest = max(self.highest, self.under_way)
        self.executor.submit(task)

    def results(self) -> Iterator:
        for result in self.executor.results():
            self.under_way -= 1
            yield result


def test_another_homework_is_not_mistaken_for_the_first(
    shared, classroom, homework, local, tmp_path
):
    changed = rewrite_small(tmp_path / "h.zip", q1a_i_py=let_kinds_pass)
    losers = [name for name, answer in local.items() if not kinds_passed(answer)][:2]
    chosen = [s for s in find([classroom]) if s.name in losers]
    # Both at the same time: several runs on one cluster do not disturb each other.
    first, second = (shared.grade(chosen, zipped) for zipped in (homework, changed))
    pairs = list(zip(first, second, strict=True))
    before, now = (comparable(outcomes) for outcomes in zip(*pairs, strict=True))
    assert [kinds_passed(answer) for answer in before.values()] == [False] * len(losers)
    assert [kinds_passed(answer) for answer in now.values()] == [True] * len(losers)
    assert before == {name: local[name] for name in losers}
    wait_for(shared.is_clean)


def kinds_passed(answer: dict) -> bool:
    (case,) = (
        case
        for case in answer["record"]["cases"]
        if (case["question"], case["name"]) == ("q1a_i", "kinds")
    )
    return case["passed"]


# -- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize("victim", ["getpid", "getppid"])
def test_what_kills_twice_is_given_up(shared, classroom, local, deadly, tmp_path, victim):
    """A grader that kills itself, or its Dask worker, over a submission."""
    notes = tmp_path / "deaths"
    code = f"import os; os.system('echo x >> {notes}'); os.kill(os.{victim}(), 9); os.kill(0, 9)"
    zipped = rewrite_deadly(tmp_path / "h.zip", code)
    answers = comparable(shared.grade([*deadly, *find([classroom])[:3]], zipped))
    assert notes.read_text().split() == ["x", "x"]
    answer = answers.pop("bad")
    assert answer["record"]["failed"]
    assert answer["record"]["faults"] == [f"not graded, the next run tries again: {KILLED}"]
    assert answer["record"].keys() == {"possible", "questions", "faults", "failed"}
    assert len(answers) == 3
    assert answers == {name: local[name] for name in answers}
    shared.wait_for_workers(2)
    wait_for(shared.is_clean)


def test_a_grader_that_fails_is_replaced(shared, classroom, local, deadly, tmp_path):
    zipped = rewrite_deadly(tmp_path / "h.zip", 'raise RuntimeError("no luck")')
    answers = comparable(shared.grade([*deadly, *find([classroom])[:1]], zipped))
    answer = answers.pop("bad")
    assert answer["record"]["faults"][0].endswith("RuntimeError: no luck")
    assert answer["record"]["possible"] == possible("gradient_descent")
    assert answers == {name: local[name] for name in answers}
    # What staff needs to know has come along, with the machine's address.
    said = (shared.place / "graders.txt").read_text()
    assert "no luck" in said
    assert "tcp://127.0.0.1:" in said


def test_a_homework_that_cannot_be_loaded_is_an_error(shared, classroom, tmp_path):
    broken = rewrite(tmp_path / "h.zip", q1a_i_py=lambda text: "1 +")
    with pytest.raises(UsageError, match=r"the homework cannot be loaded: .*SyntaxError"):
        list(shared.grade(find([classroom]), broken))
    wait_for(shared.is_clean)


def test_other_versions_of_a_worker_are_refused_with_its_place(shared, classroom, tmp_path):
    def change(source: str) -> str:
        assert source.count("version(name) for") == 1
        return source.replace("version(name) for", "'0.0' for")

    other = rewrite(tmp_path / "h.zip", grader_many_py=change)
    words = r"^the worker at tcp://127.0.0.1:\d+ has numpy 0.0; it must be \d.*, as here$"
    with pytest.raises(UsageError, match=words):
        list(shared.grade(find([classroom]), other))
    wait_for(shared.is_clean)


def test_graders_that_do_not_start_end_the_run(shared, classroom, tmp_path):
    broken = rewrite(tmp_path / "h.zip", grader_start_py=lambda text: "raise OSError('no start')")
    with pytest.raises(CannotGrade, match=r"^the grader does not start on tcp://127.0.0.1:\d+$"):
        list(shared.grade(find([classroom]), broken))
    assert "OSError: no start" in (shared.place / "graders.txt").read_text()
    wait_for(shared.is_clean)


def test_graders_end_when_nobody_needs_them(shared, classroom, homework, tmp_path):
    impatient = "from autograder.grade import cluster; cluster.SECONDS_IDLE = 1\n"
    impatient += "import sys; from autograder.grade.__main__ import main; main(sys.argv[1:])"
    out = tmp_path / "out"
    arguments = [classroom, "--out", out, "--homework", homework, "--scheduler", shared.address]
    run = subprocess.Popen([sys.executable, "-c", impatient, *map(str, arguments)], cwd=ROOT)
    wait_for(lambda: bool(times(out)), PATIENCE)
    run.kill()
    run.wait()
    wait_for(lambda: not shared.graders(), PATIENCE)
    with Client(shared.address, set_as_default=False) as client:
        for name in plugins_of(client):
            client.unregister_worker_plugin(name)


def plugins_of(client: Client) -> list[str]:
    return client.run_on_scheduler(
        lambda dask_scheduler: [n for n in dask_scheduler.worker_plugins if n.startswith("grade")]
    )


def test_a_cluster_without_workers_is_waited_for_and_given_up(
    own, classroom, homework, monkeypatch, capsys
):
    monkeypatch.setattr(cluster, "SECONDS_WITHOUT_WORKERS", 1)
    with pytest.raises(CannotGrade, match="has had no workers for"):
        list(own.grade(find([classroom]), homework))
    assert capsys.readouterr().err.count("has no workers") == 1


def test_a_scheduler_that_is_gone_ends_the_run(own, classroom, homework):
    own.add_worker()
    outcomes = own.grade(find([classroom]), homework)
    next(outcomes)
    own.processes[0].kill()
    with pytest.raises(CannotGrade, match="connection to the scheduler is lost"):
        list(outcomes)
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


def test_without_dask_one_line_says_what_to_install(classroom, tmp_path):
    code = "import sys; sys.modules['distributed'] = None\n"
    code += "from autograder.grade.__main__ import main; sys.exit(main(sys.argv[1:]))"
    one = classroom / "round00"
    done = run_python(code, one, "--out", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.startswith("--scheduler needs a package that is missing here (")
    assert done.stderr.endswith(f": {INSTALL}\n")
    assert done.stderr.count("\n") == 1


def test_the_version_to_install_is_the_pinned_one():
    version = INSTALL.split("'")[1]
    assert version in (ROOT / "requirements.lock").read_text().splitlines()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert extras.get("optional-dependencies", {}).get("cluster", [version]) == [version]


def test_without_a_scheduler_nothing_of_dask_is_imported(classroom, homework, tmp_path):
    code = "import sys; from autograder.grade.__main__ import main; code = main(sys.argv[1:])\n"
    code += "heavy = {'dask', 'distributed', 'cloudpickle', 'tornado', 'otter', 'numpy'}\n"
    code += "print(code, sorted(heavy & sys.modules.keys()))"
    one = classroom / "round00"
    done = run_python(code, one, "--out", tmp_path / "out", "--homework", homework)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


@pytest.mark.parametrize(
    ("place", "name", "version", "words"),
    [
        ("worker", "python", "3.9.1.final.0", r"the worker at tcp://w has Python 3.9; it must be"),
        ("worker", "distributed", None, "the worker at tcp://w does not have distributed; it"),
        ("scheduler", "distributed", "2024.1.0", "the scheduler at tcp://s has distributed 2024"),
        ("worker", "python", "{}.{}.99.final.0".format(*sys.version_info), ""),
    ],
)
def test_other_versions_are_refused(place, name, version, words):
    same = {"python": sys.version.split()[0], "distributed": distributed.__version__}

    class FakeClient:
        def get_versions(self, packages: tuple) -> dict:
            there = {key: {"packages": same} for key in ("worker", "scheduler")}
            there[place] = {"packages": {**same, name: version}}
            return {"scheduler": there["scheduler"], "workers": {"tcp://w": there["worker"]}}

    if not words:
        cluster.check_cluster(FakeClient(), "tcp://s")
        return
    with pytest.raises(UsageError, match=words):
        cluster.check_cluster(FakeClient(), "tcp://s")


# -- the command line -------------------------------------------------------------------------


def test_ctrl_c_leaves_the_cluster_as_it_was_and_the_next_run_goes_on(
    shared, classroom, homework, local, tmp_path
):
    out = tmp_path / "out"
    arguments = [classroom, "--out", out, "--homework", homework, "--scheduler", shared.address]
    run = subprocess.Popen(
        command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(times(out)) >= 2)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130
    assert said.splitlines()[-1].endswith("run the same command again to go on.")
    assert "Traceback" not in said
    assert shared.is_clean()
    with Client(shared.address, set_as_default=False) as client:
        left = client.run_on_scheduler(
            lambda dask_scheduler: (list(dask_scheduler.tasks), dask_scheduler.task_metadata)
        )
        assert left == ([], {})
        assert plugins_of(client) == []
        assert len(client.nthreads()) == 2
    again = grade(*arguments)
    assert again.returncode == 0, again.stderr
    assert "Traceback" not in again.stderr
    records = {record.name: record for record in iter_records(out)}
    scores = {name: answer["record"]["score"] for name, answer in local.items()}
    assert {name: record.score for name, record in records.items()} == scores
    assert shared.is_clean()


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
