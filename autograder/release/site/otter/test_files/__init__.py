"""What test files import, and how one is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from otter.test_files.exception_test import ExceptionTestFile, test_case

__all__ = ["ExceptionTestFile", "create_test_file", "test_case"]


def create_test_file(path: str) -> ExceptionTestFile:
    """Read a test file, and run it once before, as Otter does: so faults of it read the same."""
    names: dict[str, Any] = {}
    exec(Path(path).read_text(), names)
    if "OK_FORMAT" not in names:
        raise RuntimeError("Malformed test file: does not define the global variable 'OK_FORMAT'")
    return ExceptionTestFile.from_file(path)
