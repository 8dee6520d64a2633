"""Pools of threads and processes, in a process whose forks answer calls.

A fork has only one of its parent's threads, so a pool that a cell has started would wait forever
in a test case. And processes would share semaphores in /dev/shm, which is closed, for what lies
there outlives them. So pools start anew in a fork, and pools of processes are pools of threads.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import multiprocessing
import multiprocessing.pool
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import BaseContext
from multiprocessing.pool import ThreadPool
from multiprocessing.queues import SimpleQueue
from typing import Any
from weakref import WeakKeyDictionary

# Of threads in a pool. A fork needs as many again, and a large machine would start one per CPU.
MOST_THREADS = 8
# How to start each pool again.
_started: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()
_make_executor: Callable[..., None] = ThreadPoolExecutor.__init__


class Context:
    """What a pool of threads takes from `multiprocessing`, with a lock for threads."""

    Lock = threading.Lock

    def SimpleQueue(self) -> SimpleQueue[Any]:
        """Return a queue."""
        return SimpleQueue(ctx=self)


class ProcessPoolExecutor(ThreadPoolExecutor):
    """Takes what `concurrent.futures.ProcessPoolExecutor` takes."""

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: object = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **options: object,
    ):
        super().__init__(max_workers, initializer=initializer, initargs=initargs)


def _make_pool(
    context: object,
    processes: int | None = None,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
    maxtasksperchild: int | None = None,
) -> ThreadPool:
    return ThreadPool(processes, initializer, initargs)


def _start_thread_pool(
    pool: ThreadPool,
    processes: int | None = None,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
) -> None:
    """Do what `ThreadPool` does when it is made, but for its lock and its size."""
    wanted = os.cpu_count() or 1 if processes is None else processes
    size = min(wanted, MOST_THREADS)
    multiprocessing.pool.Pool.__init__(pool, size, initializer, initargs, context=Context())


def _start_executor(executor: ThreadPoolExecutor, *args: Any, **options: Any) -> None:
    """Do what `ThreadPoolExecutor` does when it is made, but for its size."""
    _make_executor(executor, *args, **options)
    executor._max_workers = min(executor._max_workers, MOST_THREADS)


def replace_pools() -> None:
    """Remember pools of threads from now on, and make such of pools of processes."""
    _remember(ThreadPoolExecutor, _start_executor)
    _remember(ThreadPool, _start_thread_pool)
    vars(concurrent.futures)["ProcessPoolExecutor"] = ProcessPoolExecutor
    vars(multiprocessing)["Pool"] = functools.partial(_make_pool, None)
    BaseContext.Pool = _make_pool  # type: ignore[assignment]


def _remember(kind: Any, start: Callable[..., None]) -> None:
    """Have a kind of pool note with what arguments it starts."""

    @functools.wraps(start)
    def __init__(self: Any, *args: Any, **options: Any) -> None:
        start(self, *args, **options)
        _started[self] = lambda pool: start(pool, *args, **options)

    kind.__init__ = __init__


def restart_pools() -> None:
    """Give the pools that are open their threads again, in a fork."""
    for pool, start in list(_started.items()):
        closed = getattr(pool, "_shutdown", False) or getattr(pool, "_state", "RUN") != "RUN"
        if not closed:
            # No room for its threads, of which one that did start cannot be ended.
            with contextlib.suppress(RuntimeError, AttributeError):
                start(pool)
