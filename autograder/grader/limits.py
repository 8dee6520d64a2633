"""The settings under ``isolated_grader`` in ``otter_config.json``; docs/grader.md gives reasons."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

MEGABYTE = 2**20
# When students may see something, in Gradescope's words.
VISIBILITIES = ("hidden", "after_due_date", "after_published", "visible")


@dataclass(frozen=True)
class Limits:
    """Limits on one submission; seconds are wall time, megabytes are 2**20 bytes."""

    seconds_per_cell: float
    seconds_per_test_case: float
    seconds_in_total: float  # also the CPU time of each process
    memory_mb: int  # private memory of each process
    processes: int  # and threads, of all cells and functions together
    file_mb: int  # of each file that student code writes
    message_mb: int  # of one call's arguments or result
    upload_mb: int  # of everything that is read from an upload, unpacked
    output_characters: int  # of an error message or a written answer in the report

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Limits:
        """Check and return the limits in ``config``.

        Raises:
            ValueError: a limit is missing, unknown or not a positive number.
        """
        names = [field.name for field in fields(cls)]
        for name in [*config, *names]:
            value = config.get(name)
            if name not in names:
                raise ValueError(f"{name} is not a limit; limits are {', '.join(names)}")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
                raise ValueError(f"{name} must be a positive number, but is {value!r}")
        return cls(**config)


def grader_config(config: dict[str, Any]) -> tuple[Limits, str]:
    """Return the limits, and when results of hidden tests are visible.

    Args:
        config: the content of ``otter_config.json``.

    Raises:
        ValueError: something in it is missing, unknown or wrong.
    """
    ours = config.get("isolated_grader")
    if not isinstance(ours, dict) or set(ours) != {"hidden_tests", "limits"}:
        raise ValueError("it must be there and hold hidden_tests and limits, nothing else")
    if ours["hidden_tests"] not in VISIBILITIES:
        raise ValueError(f"hidden_tests must be one of {', '.join(VISIBILITIES)}")
    if not isinstance(ours["limits"], dict):
        raise ValueError("limits must be an object, {...}")
    return Limits.from_config(ours["limits"]), ours["hidden_tests"]
