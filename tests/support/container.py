"""Gradescope's container without Docker: its folder tree, one CPU, and a limit on memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Where control groups of version 1 and 2 limit memory, and what their files are called.
CONTROL_GROUPS = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
    (Path("/sys/fs/cgroup"), "memory.max", "memory.peak"),
)


class Container:
    """A folder tree with an unpacked ``homework.zip`` in it."""

    def __init__(self, root: Path, homework: Path):
        self.root = root
        self.results_path = root / "results/results.json"
        (root / "submission_metadata.json").write_text("{}")
        with zipfile.ZipFile(homework) as archive:
            archive.extractall(root / "source")

    def change_limits(self, **limits: float) -> None:
        """Set limits of the isolated grader."""
        path = self.root / "source/otter_config.json"
        config = json.loads(path.read_text())
        config["isolated_grader"]["limits"] |= limits
        path.write_text(json.dumps(config))

    def submit(self, *uploads: Path) -> None:
        """Put files and folders, and nothing else, where Gradescope puts an upload."""
        shutil.rmtree(self.root / "submission", ignore_errors=True)
        (self.root / "submission").mkdir()
        for path in uploads:
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, self.root / "submission" / path.name)

    def run(self, script: str = "run_autograder", *, prefix: Sequence[str] = (), **environment):
        """Run one of the two scripts as Gradescope does; return the completed process."""
        return subprocess.run(
            [*prefix, "bash", str(self.root / "source" / script)],
            env={
                **os.environ,
                "AUTOGRADER_ROOT": str(self.root),
                "GRADER_PYTHON": sys.executable,
                **environment,
            },
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def grade(self, *uploads: Path, **options) -> dict:
        """Submit, grade, and return the content of ``results.json``."""
        self.submit(*uploads)
        self.run(**options)
        return self.results()

    def results(self) -> dict:
        """Return the content of ``results.json``."""
        return json.loads(self.results_path.read_text(encoding="utf-8"))


@contextmanager
def small_machine(megabytes: int) -> Iterator[tuple[list[str], Callable[[], float]] | None]:
    """Make a control group with little memory, if this user may.

    Yields the words to put before a command so that it runs in the group and on one CPU, and a
    function that returns the peak of memory in megabytes; or None where there are no groups.
    """
    made = _make_group(megabytes)
    if made is None:
        yield None
        return
    group, peak = made
    enter = f'echo $$ > "{group}/cgroup.procs"; exec taskset -c 0 "$@"'
    try:
        yield ["bash", "-c", enter, "small_machine"], lambda: int(peak.read_text()) / 2**20
    finally:
        group.rmdir()


def _make_group(megabytes: int) -> tuple[Path, Path] | None:
    """Return the folder of a new control group and the file with its peak of memory."""
    for folder, limit, peak in CONTROL_GROUPS:
        if not (folder / "cgroup.procs").exists():
            continue
        try:
            group = Path(tempfile.mkdtemp(prefix="homework-", dir=folder))
            (group / limit).write_text(str(megabytes << 20))
            return group, group / peak
        except OSError:  # not this user's to make, or without a say over memory
            continue
    return None


def by_name(results: dict) -> dict[str, dict]:
    """Return the lines of a report by their names."""
    return {test["name"]: test for test in results["tests"]}
