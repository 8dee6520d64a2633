"""Grade on a Dask cluster: the executor for ``--scheduler``.

- `ClusterExecutor` is this machine's side: a few submissions under way for each thread of the
  cluster, and an eye on the cluster itself;
- `GraderPlugin` is the side of a Dask worker: the unpacked homework, and a grader process for each
  of its threads, kept between submissions.

Bytes of submissions travel there and JSON travels back. What else a Dask worker needs, the
homework.zip and the code of this module and of `processes`, it gets once, when a run begins. Dask
starts the submissions of a worker that ended again elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import logging
import queue
import shutil
import sys
import threading
import time
import uuid
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import dask
from distributed import (
    CancelledError,
    Client,
    Future,
    KilledWorker,
    Reschedule,
    Worker,
    WorkerPlugin,
    get_worker,
)

from . import CannotGrade, UsageError
from .executors import SECONDS_BESIDES, UNDER_WAY_PER_THREAD, Result, Task
from .processes import Graders
from .versions import check_versions
from .words import one_line

# Must be the same everywhere: it speaks to the scheduler. What scores can depend on is compared
# with each result, see `run`.
SAME_EVERYWHERE = ("python", "distributed")
# For the scheduler to answer at first.
SECONDS_TO_CONNECT = 8
# With no worker at all; a batch system may take so long to start one.
SECONDS_WITHOUT_WORKERS = 300
SECONDS_BETWEEN_LOOKS = 1
# For a result to come over. If its worker is gone by then, it is graded again.
SECONDS_TO_FETCH = 30
# Graders that have had nothing to do for so long end: their run was killed, perhaps.
SECONDS_IDLE = 600
# Of what graders say to staff; enough for a traceback or two with each submission.
LONGEST_LOG = 20_000


# -- this machine -----------------------------------------------------------------------------


class ClusterExecutor:
    """Grades on all threads of a cluster, however many there are at the moment."""

    def __init__(self, address: str, homework: bytes, log: Path, seconds: float):
        """Connect.

        Args:
            address: the scheduler's, such as ``tcp://10.0.0.5:8786``.
            homework: the bytes of ``homework.zip``.
            log: what graders write for staff is appended to this file.
            seconds: how long the homework allows a submission.

        Raises:
            UsageError: there is no such scheduler, or other versions run there.
            CannotGrade: the cluster is gone.
        """
        self.address, self.log = address, log
        # Unique, so that runs of the same homework do not end each other's graders.
        digest = hashlib.sha256(homework).hexdigest()
        self.name = f"grade-{digest[:16]}-{uuid.uuid4().hex[:8]}"
        self.task = make_task(self.name)
        self.room = UNDER_WAY_PER_THREAD
        self.running: dict[str, tuple[Task, Future[bytes]]] = {}
        # Not `distributed.as_completed`, which has no way to look at the cluster meanwhile.
        self.done: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()
        self.known: set[str] = set()  # Dask workers whose versions were compared
        self.next_look = 0.0
        self.alone_since: float | None = None  # when there was no worker at first
        self.client = connect(address)
        try:
            self._look()
            plugin = GraderPlugin(self.name, homework, seconds + SECONDS_BESIDES)
            self.client.register_plugin(plugin, self.name)
        except BaseException:
            self.close()
            raise

    def submit(self, task: Task) -> None:
        """Have a task graded."""
        key = f"{self.name}-{task.number}"
        future = self.client.submit(self.task, task.message, key=key, pure=False)
        self.running[key] = task, future
        future.add_done_callback(self.done.put)

    def results(self) -> Iterator[Result]:
        """Yield results as they come.

        Raises:
            CannotGrade: the cluster is gone, or stays without workers.
            UsageError: a new worker has other versions.
        """
        while self.running:
            if time.monotonic() >= self.next_look:
                self._look()
            with contextlib.suppress(queue.Empty):
                future = self.done.get(timeout=SECONDS_BETWEEN_LOOKS)
                reply = self._fetch(future)
                if reply is not None:
                    task, _ = self.running.pop(str(future.key))
                    yield Result(task.number, reply["place"], reply["ready"], reply["answer"])

    def _fetch(self, future: Future[bytes]) -> dict[str, Any] | None:
        """Return what `GraderPlugin.grade` says; None if it was lost and will come again."""
        if future.cancelled():
            raise self._gone()
        lost = {"place": self.address, "ready": None}
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                return {**lost, "answer": {"died": True}}
            trouble = f"a worker of {self.address} fails: {describe(error)}"
            return {**lost, "answer": {"trouble": trouble}}
        try:
            reply: dict[str, Any] = json.loads(future.result(SECONDS_TO_FETCH))
        except (TimeoutError, OSError, KilledWorker, CancelledError):
            future.add_done_callback(self.done.put)
            return None
        if reply["log"]:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(reply["log"])
        return reply

    def _look(self) -> None:
        """Take note of the workers that there are."""
        self.next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        try:
            threads = self.client.nthreads()
            if not self.known.issuperset(threads):
                check_cluster(self.client, self.address)
        except OSError:
            raise self._gone() from None
        self.known.update(threads)
        self.room = UNDER_WAY_PER_THREAD * max(1, sum(threads.values()))
        if threads:
            self.alone_since = None
        else:
            self._wait_for_workers()

    def _wait_for_workers(self) -> None:
        """Say once that there are none, and give up after a while."""
        minutes = f"{SECONDS_WITHOUT_WORKERS / 60:g} minutes"
        if self.alone_since is None:
            self.alone_since = time.monotonic()
            said = f"{self.address} has no workers. Waiting for one, {minutes} at most."
            print(said, file=sys.stderr, flush=True)
        elif time.monotonic() - self.alone_since > SECONDS_WITHOUT_WORKERS:
            raise CannotGrade(f"{self.address} has had no workers for {minutes}")

    def _gone(self) -> CannotGrade:
        return CannotGrade(
            f"{self.address}: the connection to the scheduler is lost. What is graded is kept: run "
            "the same command again to go on."
        )

    def close(self) -> None:
        """End what is under way, and have the Dask workers as they were."""
        futures = [future for _, future in self.running.values()]
        self.running.clear()
        # A cluster that is gone needs no cleaning.
        with contextlib.suppress(Exception):
            if self.client.status == "running":
                self.client.cancel(futures, force=True)
                self.client.unregister_worker_plugin(self.name)
        with contextlib.suppress(Exception):
            self.client.close(SECONDS_TO_CONNECT)


def connect(address: str) -> Client:
    """Return a client of the scheduler.

    Raises:
        UsageError: there is none.
    """
    silence()
    # Dask workers need no copy of this project: the code that they run comes with it.
    for module in (__name__, Graders.__module__):
        cloudpickle.register_pickle_by_value(sys.modules[module])
    dask.config.set({"distributed.comm.timeouts.connect": f"{SECONDS_TO_CONNECT}s"})
    result = in_time(
        lambda: Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False),
        SECONDS_TO_CONNECT + 1,
    )
    if isinstance(result, Client):
        return result
    raise UsageError(f"{address}: no Dask scheduler answers there ({describe(result)})")


def in_time(call: Callable[[], Client], seconds: float) -> Client | BaseException:
    """Return what a call returns, or what it raises, or `TimeoutError` when it takes too long.

    Dask waits for ever for a program that takes the connection and says nothing.
    """
    answers: queue.SimpleQueue[Client | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(call())
        except Exception as error:  # many things, according to what is wrong
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return TimeoutError(f"no answer in {seconds} s")


def silence() -> None:
    """Keep Dask's own messages off the screen; what matters is said by `ClusterExecutor`."""
    for name in ["asyncio", *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Versions are compared in `check_cluster`; a large submission is a large submission.
    warnings.filterwarnings("ignore", module="distributed")


def check_cluster(client: Client, address: str) -> None:
    """Compare Python and Dask on the cluster with this machine's.

    Raises:
        UsageError: they differ, so that code cannot travel.
    """
    versions: Any = client.get_versions(packages=("distributed",))
    there = {f"the scheduler at {address}": versions["scheduler"]}
    there |= {f"the worker at {name}": found for name, found in versions["workers"].items()}
    for place, found in there.items():
        check_versions(place, {name: found["packages"].get(name) for name in SAME_EVERYWHERE})


def describe(error: BaseException) -> str:
    """Return an error as a short line."""
    return one_line(f"{type(error).__name__}: {error}")


# -- a Dask worker ----------------------------------------------------------------------------


def make_task(plugin: str) -> Callable[[bytes], bytes]:
    """Return the function that Dask workers run; see `GraderPlugin.grade`.

    It is made in here because Dask sends the code of such functions; of others, their address.
    """

    def grade(message: bytes) -> bytes:
        found: Any = get_worker().plugins[plugin]
        reply: bytes = found.grade(message)
        return reply

    return grade


class GraderPlugin(WorkerPlugin):
    """Grader processes in a Dask worker, as many as it has threads.

    It travels by value: what it uses is Python's own, Dask's, or comes along.
    """

    def __init__(self, name: str, homework: bytes, seconds: float):
        """Pack.

        Args:
            name: unique among runs.
            homework: the bytes of ``homework.zip``.
            seconds: how long a submission may take.
        """
        self.name, self.homework, self.seconds = name, homework, seconds

    async def setup(self, worker: Worker) -> None:
        """Begin in a Dask worker; cheap, for it may be that nothing comes."""
        self.address = worker.address
        # Dask removes this folder; after a worker that was killed, when the next one starts there.
        self.folder = Path(worker.local_directory) / self.name
        self.log = self.folder / "log.txt"
        self.lock = threading.Lock()
        self.graders = Graders(self.folder, self.log, self.seconds)
        self.watch = asyncio.create_task(self._end_idle())

    async def teardown(self, worker: Worker) -> None:
        """End all graders and remove the folder."""
        self.watch.cancel()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self.graders.close()
        with self.lock:
            shutil.rmtree(self.folder, ignore_errors=True)

    def grade(self, message: bytes) -> bytes:
        """Grade a submission in a thread of the Dask worker.

        Returns:
            JSON with ``place``, and ``ready`` and ``answer`` as in `executors.Result`, and
            ``log``, what graders wrote for staff.
        """
        self._unpack()
        reply = self.graders.grade(message)
        answer = reply["answer"]
        if self.graders.closed and ("died" in answer or "trouble" in answer):
            raise Reschedule  # it ended together with this worker
        if "trouble" in answer:
            answer["trouble"] += f" on {self.address}"
        place = f"the worker at {self.address}"
        return json.dumps({"place": place, **reply, "log": self._read_log()}).encode()

    def _unpack(self) -> None:
        """Unpack the homework, once."""
        with self.lock:
            if not self.folder.exists() and not self.graders.closed:
                # Closed to others, student code among them: it holds the hidden tests.
                self.folder.mkdir(mode=0o700)
                with zipfile.ZipFile(io.BytesIO(self.homework)) as archive:
                    archive.extractall(self.folder)

    def _read_log(self) -> str:
        """Return what graders wrote for staff since the last time."""
        with self.lock:
            if not self.log.exists():  # all has ended
                return ""
            text = self.log.read_text(errors="replace")[-LONGEST_LOG:]
            self.log.write_bytes(b"")
        return f"{self.address}:\n{text}\n" if text else ""

    async def _end_idle(self) -> None:
        """End graders that nobody needs."""
        while True:
            await asyncio.sleep(SECONDS_IDLE / 10)
            await asyncio.to_thread(self.graders.end_idle, SECONDS_IDLE)
