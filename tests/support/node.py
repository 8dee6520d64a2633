"""Node, in which modules of pages are tested without a page."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run_module(script: str, given: str = "") -> Any:
    """Return what a script prints as JSON; it can read ``given`` from its input."""
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script],
        input=given, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
