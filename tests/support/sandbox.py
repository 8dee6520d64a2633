"""A sandbox for tests, whose process knows too much to be forked."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import autograder
from autograder.grader.processes import Sandbox, new_folder, remove, scrubbed_environment

PLACE = Path(autograder.__file__).parent
SERVER = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from grader.sandbox.server import serve
serve(socket.socket(fileno=int(sys.argv[2])))
"""


@contextlib.contextmanager
def spawned_sandbox() -> Iterator[Sandbox]:
    """Start a fork server as a program of its own, with nothing of this process in it."""
    folder = new_folder()
    ours, theirs = socket.socketpair()
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", SERVER, str(PLACE), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=scrubbed_environment(folder),
            cwd="/",
            start_new_session=True,
        )
    try:
        with contextlib.closing(Sandbox(ours, folder, server.pid)) as sandbox:
            yield sandbox
    finally:
        server.wait(30)
        remove(folder)
