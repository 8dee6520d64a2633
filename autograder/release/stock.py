"""Grade one notebook with stock Otter: ``python -m autograder.release.stock NOTEBOOK ZIP``.

Prints one JSON object: question id -> list of test cases, each with ``hidden``, ``points``,
``passed`` and ``message``. A process of its own, for Otter changes the working directory and
leaves a kernel behind; and stock Otter trusts the notebook, so give it none but your own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import ReleaseError


def grade(notebook: Path, zip_path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what this module prints for ``notebook`` and ``zip_path``.

    Raises:
        ReleaseError: Otter fails or ends without results.
    """
    command = [sys.executable, "-m", __name__, str(notebook), str(zip_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ReleaseError(f"otter run fails on {notebook.name}: {reason}")
    cases: dict[str, list[dict[str, Any]]] = json.loads(done.stdout.splitlines()[-1])
    return cases


def main(notebook: str, zip_path: str) -> None:
    """Grade and print."""
    # Here, not on top: whoever only calls `grade` need not wait for Otter's import.
    from otter.api import grade_submission

    results = grade_submission(notebook, zip_path, quiet=True)
    cases = {
        name: [
            {
                "hidden": case.test_case.hidden,
                "points": case.test_case.points,
                "passed": case.passed,
                "message": case.message,
            }
            for case in results.get_result(name).test_case_results
        ]
        for name in results.test_files
    }
    print(json.dumps(cases))


if __name__ == "__main__":
    main(*sys.argv[1:])
