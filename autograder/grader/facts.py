"""Why a test case failed, as data; sentences are made of it where a person reads them.

A check that fails raises an error with an attribute ``facts``, a dictionary with the fields of
`Facts`. Any homework's checks may do so; nothing here knows the kinds of faults and the mistakes
that they name. The kinds of the grader's own faults are the constants below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# What the grader itself finds.
NO_NOTEBOOK = "no notebook"
TOO_SLOW = "too slow"
OUT_OF_TIME = "out of time"
ENDED_PYTHON = "ended Python"
NOT_GRADABLE = "not gradable"
NO_RESULT = "no result"
ARGUMENT_CHANGED = "argument changed"
SESSION_LOST = "session lost"
# A test that says no more than that it failed.
CHECK_FAILED = "check failed"


@dataclass(frozen=True)
class Facts:
    """Why a test case failed.

    Attributes:
        kind: of the fault, such as "wrong value" or "too slow".
        mistakes: names of mistakes. Each inner tuple is one reading: mistakes that together lead
            to what came. Of several readings, any may be the right one.
        about: of a hidden test, what is special about its input.
        function: the function's name if the message begins with it, else "".
        summary: one line, the same for every student with the same fault.
    """

    kind: str
    mistakes: tuple[tuple[str, ...], ...] = ()
    about: str = ""
    function: str = ""
    summary: str = ""

    @classmethod
    def of(cls, error: Exception) -> Facts | None:
        """Return the facts that an error carries, if any."""
        carried = getattr(error, "facts", None)
        return cls.from_json(carried) if isinstance(carried, Mapping) else None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """Return facts from plain data; what is missing is empty, what is unknown is left out."""
        known = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        known["mistakes"] = tuple(tuple(reading) for reading in known.get("mistakes", ()))
        return cls(**{"kind": CHECK_FAILED, **known})
