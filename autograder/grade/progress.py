"""One line on stderr that says how far a run is."""

from __future__ import annotations

import sys
import time


class Progress:
    """How many of ``number`` submissions are graded; a context, so that the line is left."""

    def __init__(self, number: int):
        self.number = number
        self.start = self.last = time.monotonic()
        self.live = sys.stderr.isatty()
        # Into a file or a pipe go a few lines, not thousands.
        self.pause = 0.2 if self.live else 10.0

    def show(self, done: int, faults: int) -> None:
        """Say that ``done`` submissions are graded."""
        now = time.monotonic()
        if now - self.last < self.pause and done < self.number:
            return
        self.last = now
        left = (now - self.start) / done * (self.number - done)
        line = f"{done} of {self.number}, {faults} with faults, {_time_left(left)}"
        if self.live:
            print(f"\r{line:<60}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self.live:
            print(file=sys.stderr)


def _time_left(seconds: float) -> str:
    if seconds < 1:
        return "nearly done"
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {seconds / 60:.0f} min left"
