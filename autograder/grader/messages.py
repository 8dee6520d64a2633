"""All messages between the trusted process and the sandbox, on one page.

`protocol` says how they travel. What the trusted process sends has a word under ``do``; the
answers to it follow. It believes the fork server and the supervisor, which never run student
code. What a notebook's process or its fork says is data, however hostile, and checked on arrival.

    to                      message                          answer
    fork server             NewServer (+ a socket)           none
                            NewSupervisor (+ a socket)       none
    supervisor              StartNotebook (+ a socket)       Started
                            CleanUp                          Cleaned
                            StopNotebook                     Stopped
    notebook's process      nothing, once it has started     Ready, or Refused
                            RunCell                          CellDone
                            OpenFork (+ a socket)            ForkEnded, when the fork has ended
    fork                    Take                             none
                            LookUp                           Missing, Function or Value; or Fault
                            Call                             Returned or Raised; or Fault
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

# In place of a fork's status: there could be none.
NO_FORK = -1
# A value in the form that `protocol.encode` gives it.
Tree = Any


class NewServer(TypedDict):
    """Fork another fork server, which listens on the socket that comes along."""

    do: Literal["new server"]
    modules: list[str]  # that it imports


class NewSupervisor(TypedDict):
    """Fork a supervisor, which listens on the socket that comes along."""

    do: Literal["new supervisor"]


# -- the supervisor of one notebook -----------------------------------------------------------


class StartNotebook(TypedDict):
    """Fork the notebook's process, which listens on the socket that comes along."""

    do: Literal["start notebook"]
    folder: str  # in which it works
    limits: dict[str, float]  # fields of `Limits`


class Started(TypedDict):
    process: int
    missing: list[str]  # protections that the supervisor cannot give, in words


class CleanUp(TypedDict):
    """Kill all that cells and cases have started, but not the notebook's process."""

    do: Literal["clean up"]
    closely: bool  # look also at what the notebook's process still waits for


class Cleaned(TypedDict):
    clean: bool


class StopNotebook(TypedDict):
    """Kill the notebook's process and all that came of it."""

    do: Literal["stop notebook"]


class Stopped(TypedDict):
    status: int  # of the notebook's process, as from `os.waitpid`


# -- the notebook's process, from here on in the hands of student code ------------------------


class Ready(TypedDict):
    missing: list[str]  # protections that this machine does not have, in words


class Refused(TypedDict):
    refused: str  # why it does not run, for staff


# Of a cell: all at once; statement by statement, each for a second; definitions and imports alone.
How = Literal["whole", "hurried", "definitions"]


class RunCell(TypedDict):
    do: Literal["run cell"]
    source: str
    how: How
    after: int  # if not whole: leave out what begins on this line or before


class CellDone(TypedDict):
    error: ErrorReport | None
    stopped_at: int  # the line in which the cell had to be stopped, or 0
    left_out: list[tuple[str, str]]  # lines that had no effect, and why
    threads: bool  # whether the process has threads now, which a fork does not have
    short: bool  # whether something was used up


class ErrorReport(TypedDict, total=False):
    """An exception, as text."""

    type: str  # the name of its class
    base: str  # the name of the nearest class among its bases that Python or NumPy knows
    text: str
    line: str  # of the student's code
    by_helper: bool  # whether another function raised it than the one that was called
    missing: str  # what it wanted that grading does not have: a key of `sessions.MISSING`, or ""
    short: bool  # whether something was used up


class OpenFork(TypedDict):
    """Fork, and let the fork listen on the socket that comes along."""

    do: Literal["open fork"]


class ForkEnded(TypedDict):
    ended: int  # the fork's status, as from `os.waitpid`; or NO_FORK
    seconds: float  # of CPU time that it used


# -- a fork of the notebook's process, for test cases ------------------------------------------


class Take(TypedDict):
    """Let names stand for what they did when the notebook checked a question."""

    do: Literal["take"]
    question: str


class LookUp(TypedDict):
    do: Literal["look up"]
    name: str


class Missing(TypedDict):
    missing: Literal[True]


class Function(TypedDict):
    function: str  # what it calls itself
    parameters: list[tuple[str, int, bool]] | None  # name, kind, whether there is a default
    reads: list[str]  # names that its code takes from outside, attributes among them
    pure: bool  # whether calls leave no trace in the fork


class Value(TypedDict):
    value: Tree
    pure: bool  # whether it was read without code of its own


class Call(TypedDict):
    do: Literal["call"]
    name: str
    arguments: Tree
    keywords: Tree


class Returned(TypedDict):
    returned: Tree
    arguments: Tree  # as the function leaves them
    keywords: Tree


class Raised(TypedDict):
    raised: ErrorReport


class Fault(TypedDict):
    """The value cannot travel: it is too large, or no data."""

    fault: Literal[True]
