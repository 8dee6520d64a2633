"""What is expensive is made once, also where several processes of pytest-xdist share the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder for temporary files that all processes of this run of pytest share."""
    base = factory.getbasetemp()
    # A worker of pytest-xdist has a folder of its own in it.
    return base.parent if base.name.startswith("popen-") else base


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Any:
    """Return what ``make`` returns, plain data, from whichever process comes first.

    Args:
        factory: pytest's fixture ``tmp_path_factory``.
        name: of the thing, the same in all processes.
        make: gets an empty folder, which it may leave files in for all processes.
    """
    folder = shared_folder(factory) / name
    done = folder.with_suffix(".json")
    # If the first process is killed or fails, the lock is free and the next one starts afresh.
    with FileLock(folder.with_suffix(".lock")):
        if not done.exists():
            attempt = len(list(folder.parent.glob(f"{name}.attempt*")))
            place = folder.with_suffix(f".attempt{attempt}")
            place.mkdir()
            text = json.dumps(make(place))
            done.write_text(text, encoding="utf-8")
        return json.loads(done.read_text(encoding="utf-8"))
