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
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import BaseContext
from multiprocessing.pool import ThreadPool
from multiprocessing.queues import SimpleQueue
from typing import Any
from weakref import WeakKeyDictionary

# How to start each pool again.
_started: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


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
    """Do what `ThreadPool` does when it is made, but for its lock."""
    multiprocessing.pool.Pool.__init__(pool, processes, initializer, initargs, context=Context())


def replace_pools() -> None:
    """Remember pools of threads from now on, and make such of pools of processes."""
    _remember(ThreadPoolExecutor, ThreadPoolExecutor.__init__)
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
            with contextlib.suppress(RuntimeError):  # no room for as many threads once more
                start(pool)
