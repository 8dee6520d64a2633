"""Grade on a Dask cluster: what stands in for `workers.grade_all` with ``--scheduler``.

- `grade_on_cluster` and `Dispatch` are this machine's side: a few submissions under way for each
  thread of the cluster, and what to do when one is lost;
- `Station` is the side of a Dask worker: a grader process for each of its threads, kept between
  submissions.

Bytes of submissions travel there and JSON travels back. What else a Dask worker needs, the
homework.zip and the few files of this folder, it gets once, when a run begins. Dask starts the
submissions of a worker that died again elsewhere; how often each has begun is noted at the
scheduler, so that one that takes its worker with it does so twice and no more.

Nothing of Dask is imported before somebody asks for a cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import importlib.util
import io
import itertools
import json
import logging
import queue
import shutil
import subprocess
import sys
import threading
import time
import uuid
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import UsageError
from .store import one_line
from .workers import KILLED, SECONDS_BESIDES, TRIES, CannotGrade, Outcome, Package

if TYPE_CHECKING:
    from distributed import Client, Future

INSTALL = "pip install 'distributed==2026.8.0'"
# What scores and messages can depend on, besides Python; and what speaks to the scheduler.
SAME_EVERYWHERE = ("distributed", "numpy", "otter-grader", "ipython")
# For the scheduler to answer at first.
SECONDS_TO_CONNECT = 8
# With no worker at all; a batch system may take so long to start one.
SECONDS_WITHOUT_WORKERS = 300
SECONDS_BETWEEN_LOOKS = 1
# One is graded, one is there when it is done. More would only use memory.
UNDER_WAY_PER_THREAD = 2
# For a result to come over. If its worker is gone by then, it is graded again.
SECONDS_TO_FETCH = 30
# A grader process that has had nothing to do for so long ends: its client was killed, perhaps.
SECONDS_IDLE = 600
# For a grader that failed to write why.
SECONDS_FOR_LAST_WORDS = 5
# Of what graders say to staff; enough for a traceback or two with each submission.
LONGEST_LOG = 20_000


def grade_on_cluster(
    packages: Iterable[Package], homework: bytes, log: Path, address: str, seconds: float
) -> Iterator[Outcome]:
    """Grade packages on a Dask cluster; yield an outcome for each, in any order.

    The scheduler is looked for at once, everything else begins with the first outcome.

    Args:
        packages: read one at a time, when there is room for one.
        homework: the bytes of ``homework.zip``.
        log: what graders write for staff is appended here.
        address: the scheduler's, such as ``tcp://10.0.0.5:8786``.
        seconds: how long a submission may take before its grader counts as hung.

    Raises:
        UsageError: there is no such scheduler, Dask is missing or other versions run there, or
            the homework is broken.
        CannotGrade: graders do not start, or the cluster is gone.
    """
    client = connect(address)
    station = make_station(homework, seconds + SECONDS_BESIDES)
    return Dispatch(client, address, station, packages, log).run()


# -- this machine -----------------------------------------------------------------------------


def connect(address: str) -> Client:
    """Return a client of the scheduler.

    Raises:
        UsageError: there is none, or Dask is not installed here.
    """
    try:
        import cloudpickle
        import dask
        import distributed
    except ImportError as error:
        reason = f"--scheduler needs a package that is missing here ({error}): {INSTALL}"
        raise UsageError(reason) from None
    silence()
    # Dask workers need no copy of this project: the code that they run comes with it.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    dask.config.set({"distributed.comm.timeouts.connect": f"{SECONDS_TO_CONNECT}s"})
    result = in_time(
        lambda: distributed.Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False),
        SECONDS_TO_CONNECT + 1,
    )
    if isinstance(result, BaseException):
        raise UsageError(f"{address}: no Dask scheduler answers there ({describe(result)})")
    return result


def in_time(call: Callable[[], Any], seconds: float) -> Any:
    """Return what a call returns, or what it raises, or `TimeoutError` when it takes too long.

    Dask waits for ever for a program that takes the connection and says nothing.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

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
    """Keep Dask's own messages off the screen; what matters is said by `Dispatch`."""
    for name in ["asyncio", *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Versions are compared in `check_versions`; a large submission is a large submission.
    warnings.filterwarnings("ignore", module="distributed")


def make_station(homework: bytes, seconds: float) -> Any:
    """Return what every Dask worker gets: a worker plugin."""
    from distributed import WorkerPlugin

    # Unique, lest two runs of the same homework end each other's graders.
    name = f"grade-{hashlib.sha256(homework).hexdigest()[:16]}-{uuid.uuid4().hex[:8]}"
    sources = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.py")}
    plugin = type("StationPlugin", (Station, WorkerPlugin), {})
    return plugin(name, homework, sources, seconds)


def make_task(station: str) -> Callable[[str, bytes, int], bytes]:
    """Return the function that Dask workers run.

    It is made in here because Dask sends the code of such functions; of others, their address.
    """

    def grade(key: str, files: bytes, tries: int) -> bytes:
        from distributed import get_worker

        return get_worker().plugins[station].grade(key, files, tries)

    return grade


class Dispatch:
    """One run: submissions under way, and what to do about each that comes back."""

    def __init__(
        self, client: Client, address: str, station: Any, packages: Iterable[Package], log: Path
    ):
        self.client, self.address, self.station, self.log = client, address, station, log
        self.packages = iter(packages)
        self.task = make_task(station.name)
        self.numbers = itertools.count(1)
        # By key. Dask sees numbers, not students' names.
        self.running: dict[str, tuple[Future, Package | None]] = {}
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.blank: dict = {}
        self.troubles = 0  # in a row, of workers that cannot do anything
        self.known: set[str] = set()  # Dask workers whose versions were compared
        self.room = UNDER_WAY_PER_THREAD
        self.next_look = 0.0
        self.alone_since: float | None = None  # when there was no worker at first

    def run(self) -> Iterator[Outcome]:
        """Yield outcomes as they come."""
        try:
            self.look()
            self.client.register_plugin(self.station, self.station.name)
            # The first task loads the homework and says what a submission without work gets.
            self.submit(None)
            while self.running:
                package, reply = self.next_reply()
                yield from self.hear(package, reply)
                self.fill()
        finally:
            self.close()

    def fill(self) -> None:
        """Send submissions as long as there is room."""
        while self.blank and len(self.running) < self.room:
            package = next(self.packages, None)
            if package is None:
                return
            self.submit(package)

    def submit(self, package: Package | None) -> None:
        """Send a submission; None asks for what one without work gets."""
        key = f"{self.station.name}-{next(self.numbers)}"
        files = json.dumps(package and package.files).encode()
        tries = package.tries if package else 0
        future = self.client.submit(self.task, key, files, tries, key=key, pure=False)
        self.running[key] = future, package
        future.add_done_callback(self.done.put)

    # What comes back.

    def next_reply(self) -> tuple[Package | None, dict]:
        """Wait for what `Station.grade` says about a submission."""
        while True:
            if time.monotonic() >= self.next_look:
                self.look()
                self.fill()
            with contextlib.suppress(queue.Empty):
                future = self.done.get(timeout=SECONDS_BETWEEN_LOOKS)
                reply = self.fetch(future)
                if reply is not None:
                    _, package = self.running.pop(future.key)
                    return package, reply

    def fetch(self, future: Future) -> dict | None:
        """Return the reply; None if it was lost on the way and will come again."""
        from distributed import CancelledError, KilledWorker

        if future.cancelled():
            raise self.gone()
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                # Others than we may have ended its workers, so Dask's own count says little.
                return {"begun": self.client.get_metadata([future.key], 0)}
            return {"trouble": f"a worker of {self.address} fails: {describe(error)}"}
        try:
            return json.loads(future.result(SECONDS_TO_FETCH))
        except (TimeoutError, OSError, KilledWorker, CancelledError):
            future.add_done_callback(self.done.put)
            return None

    def hear(self, package: Package | None, reply: dict) -> Iterator[Outcome]:
        """Yield the outcome, or send the submission again."""
        if reply.get("log"):
            with self.log.open("a", encoding="utf-8") as file:
                file.write(reply["log"])
        if "broken" in reply:
            raise UsageError(f"the homework cannot be loaded: {reply['broken']}")
        self.troubles = self.troubles + 1 if "trouble" in reply else 0
        if "trouble" in reply:
            if self.troubles > TRIES:
                raise CannotGrade(reply["trouble"])
            self.submit(package)
        elif "blank" in reply:
            self.blank = reply["blank"]
        elif "answer" in reply:
            yield Outcome(package, self.complete(reply["answer"]))
        else:
            yield from self.mourn(package, reply["begun"])

    def complete(self, answer: dict) -> dict:
        """Return an answer with a record, also where the grader failed."""
        return {"record": self.blank, **answer} if "failed" in answer else answer

    def mourn(self, package: Package | None, begun: int) -> Iterator[Outcome]:
        """Give up a submission whose workers died, or send it again if it was not to blame."""
        if package is None:
            raise CannotGrade(f"workers of {self.address} die when they load the homework")
        package.tries += begun
        if package.tries < TRIES:
            self.submit(package)
        else:
            yield Outcome(package, self.complete({"failed": KILLED}))

    # The cluster.

    def look(self) -> None:
        """Take note of the workers that there are."""
        self.next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        try:
            threads = self.client.nthreads()
            if not self.known.issuperset(threads):
                check_versions(self.client, self.address)
        except OSError:
            raise self.gone() from None
        self.known.update(threads)
        self.room = UNDER_WAY_PER_THREAD * max(1, sum(threads.values()))
        if threads:
            self.alone_since = None
        else:
            self.wait_for_workers()

    def wait_for_workers(self) -> None:
        """Say once that there are none, and give up after a while."""
        minutes = f"{SECONDS_WITHOUT_WORKERS / 60:g} minutes"
        if self.alone_since is None:
            self.alone_since = time.monotonic()
            print(f"{self.address} has no workers. Waiting for one, {minutes} at most.",
                  file=sys.stderr, flush=True)  # fmt: skip
        elif time.monotonic() - self.alone_since > SECONDS_WITHOUT_WORKERS:
            raise CannotGrade(f"{self.address} has had no workers for {minutes}")

    def gone(self) -> CannotGrade:
        return CannotGrade(
            f"{self.address}: the connection to the scheduler is lost. What is graded is kept: run "
            "the same command again to go on."
        )

    def close(self) -> None:
        """End what is under way, and have the Dask workers as they were."""
        futures = [future for future, _ in self.running.values()]
        self.running.clear()
        # A cluster that is gone needs no cleaning.
        with contextlib.suppress(Exception):
            if self.client.status == "running":
                self.client.cancel(futures, force=True)
                self.client.unregister_worker_plugin(self.station.name)
        with contextlib.suppress(Exception):
            self.client.close(SECONDS_TO_CONNECT)


def check_versions(client: Client, address: str) -> None:
    """Compare the cluster's versions with this machine's.

    Raises:
        UsageError: they differ, so that scores could.
    """
    versions = client.get_versions(packages=SAME_EVERYWHERE)
    here = versions["client"]["packages"]
    there = {f"the scheduler at {address}": (versions["scheduler"], ("distributed",))}
    there |= {f"the worker at {a}": (v, SAME_EVERYWHERE) for a, v in versions["workers"].items()}
    for place, (found, names) in there.items():
        packages = found["packages"]
        # The third number of Python's changes nothing here.
        python = [".".join(p["python"].split(".")[:2]) for p in (packages, here)]
        pairs = [(name, packages.get(name), here[name]) for name in names if here[name]]
        for name, theirs, ours in [("Python", *python), *pairs]:
            if theirs != ours:
                has = f"has {name} {theirs}" if theirs else f"does not have {name}"
                raise UsageError(f"{place} {has}; it must be {ours}, as here")


def describe(error: BaseException) -> str:
    """Return an error as a short line."""
    return one_line(f"{type(error).__name__}: {error}")


# -- a Dask worker ----------------------------------------------------------------------------


class Station:
    """Grader processes in a Dask worker, as many as it has threads.

    It travels by value: what it uses is Python's own, Dask's, or brought along. `make_station`
    makes a worker plugin of it.
    """

    def __init__(self, name: str, homework: bytes, sources: dict[str, bytes], seconds: float):
        """Pack.

        Args:
            name: unique among runs.
            homework: the bytes of ``homework.zip``.
            sources: the files of this folder, among them `workers` and `worker`.
            seconds: how long a submission may take.
        """
        self.name, self.homework, self.sources, self.seconds = name, homework, sources, seconds

    async def setup(self, worker: Any) -> None:
        """Begin in a Dask worker; cheap, for it may be that nothing comes."""
        self.worker = worker
        # Dask removes this folder; after a worker that was killed, when the next one starts there.
        self.folder = Path(worker.local_directory) / self.name
        self.log = self.folder / "log.txt"
        self.lock = threading.Lock()
        # A grader ends with the thread that started it. Dask's own may end at any time.
        self.starter = ThreadPoolExecutor(1)
        self.workers: Any = None  # the module
        self.idle: list[Any] = []
        self.busy: set[Any] = set()
        self.blank: dict = {}
        self.closed = False
        self.used = time.monotonic()
        self.watch = asyncio.create_task(self.rest())

    async def teardown(self, worker: Any) -> None:
        """End all graders and remove the folder."""
        self.watch.cancel()
        await asyncio.to_thread(self.close)

    # Grading, in the threads of the Dask worker.

    def grade(self, key: str, files: bytes, tries: int) -> bytes:
        """Grade a submission.

        Args:
            key: of the task.
            files: JSON of `Package.files`; of None, to load the homework and no more.
            tries: how often it began in tasks before this one.

        Returns:
            JSON with ``log`` and one of: ``answer``, as from `worker`; ``blank``, what a
            submission without work gets; ``broken``, why the homework cannot be loaded;
            ``trouble``, that a grader does not start; ``begun``, how often it has begun in this
            task, if its grader died each time.
        """
        begun = self.ask("get_metadata", keys=[key], default=0)
        reply = None
        while reply is None and tries + begun < TRIES:
            grader = self.take()
            try:
                reply = self.greet(grader)
                if "blank" in reply and files != b"null":
                    begun += 1
                    self.ask("set_metadata", keys=[key], value=begun)
                    reply = self.hear(grader, json.loads(files))
            finally:
                self.put_back(grader)
        return json.dumps({"begun": begun, **(reply or {}), "log": self.last_words()}).encode()

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Ask the scheduler, which forgets what is noted under a task's key along with the task."""
        from distributed.utils import sync

        return sync(self.worker.loop, getattr(self.worker.scheduler, operation), **arguments)

    def greet(self, grader: Any) -> dict:
        """Wait until a new grader is ready."""
        if not grader.ready:
            hello = grader.take()
            if hello is None:
                self.check_open()
                return {"trouble": f"the grader does not start on {self.worker.address}"}
            if "broken" in hello:
                return hello
            grader.ready, self.blank = True, hello
        return {"blank": self.blank}

    def hear(self, grader: Any, files: list[dict]) -> dict | None:
        """Return what a grader says about a submission; None if it died of it."""
        grader.give(self.workers.Package("", files, ""), self.seconds)
        answer = grader.take()
        if answer is None or "failed" in answer:
            grader.ready = False
            self.check_open()
            # It has something to say to staff, and then ends by itself.
            with contextlib.suppress(subprocess.TimeoutExpired):
                grader.process.wait(SECONDS_FOR_LAST_WORDS)
            return answer and {"answer": answer}
        grader.graded += 1
        return {"answer": answer}

    def check_open(self) -> None:
        """Have Dask grade elsewhere what ends together with this worker."""
        from distributed import Reschedule

        if self.closed:
            raise Reschedule

    # Graders.

    def take(self) -> Any:
        """Return a grader that nobody uses, a new one if there is none."""
        with self.lock:
            self.check_open()
            self.used = time.monotonic()
            grader = self.idle.pop() if self.idle else self.starter.submit(self.start).result()
            self.busy.add(grader)
            return grader

    def put_back(self, grader: Any) -> None:
        """Keep a grader for the next submission, or end it."""
        with self.lock:
            self.used = time.monotonic()
            kept = grader.ready and grader.graded < self.workers.MOST_SUBMISSIONS
            if kept and not self.closed:
                self.busy.discard(grader)
                self.idle.append(grader)
                return
        self.end(grader)
        with self.lock:
            self.busy.discard(grader)

    def start(self) -> Any:
        """Start a grader, the first time with the homework unpacked."""
        if self.workers is None:
            self.unpack()
        return self.workers.Worker(self.folder, self.log)

    def end(self, grader: Any) -> None:
        grader.stop()
        grader.wait()

    def unpack(self) -> None:
        """Unpack the homework, and import `workers` with it under a name of its own."""
        # Closed to others, student code among them: it holds the hidden tests.
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with zipfile.ZipFile(io.BytesIO(self.homework)) as archive:
            archive.extractall(self.folder)
        package = self.folder / "autograder"
        (package / "grade").mkdir(exist_ok=True)
        for name, source in self.sources.items():
            (package / "grade" / name).write_bytes(source)
        # Other runs may have other versions, in this same process.
        self.module = self.name.replace("-", "_")
        spec = importlib.util.spec_from_file_location(
            self.module, package / "__init__.py", submodule_search_locations=[str(package)]
        )
        sys.modules[self.module] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.workers = importlib.import_module(f"{self.module}.grade.workers")

    def last_words(self) -> str:
        """Return what graders wrote for staff since the last time."""
        with self.lock:
            if self.closed or self.workers is None:  # there is no file
                return ""
            text = self.log.read_text(errors="replace")[-LONGEST_LOG:]
            self.log.write_bytes(b"")
        return f"{self.worker.address}:\n{text}\n" if text else ""

    async def rest(self) -> None:
        """End graders that nobody needs."""
        while True:
            await asyncio.sleep(SECONDS_IDLE / 10)
            with self.lock:
                since = 0 if self.busy else time.monotonic() - self.used
                graders = self.idle if since > SECONDS_IDLE else []
                self.idle = [] if graders else self.idle
            for grader in graders:
                await asyncio.to_thread(self.end, grader)

    def close(self) -> None:
        """End all graders, forget the homework."""
        with self.lock:
            self.closed = True
            idle, self.idle = self.idle, []
            for grader in self.busy:  # its thread then ends it
                grader.process.terminate()
        for grader in idle:
            grader.stop()
        for grader in idle:
            grader.wait()
        if self.workers is not None:
            deadline = time.monotonic() + self.workers.SECONDS_TO_STOP + 1
            while self.busy and time.monotonic() < deadline:
                time.sleep(0.02)
            for name in [n for n in sys.modules if n.partition(".")[0] == self.module]:
                del sys.modules[name]
        self.starter.shutdown(wait=False)
        shutil.rmtree(self.folder, ignore_errors=True)
