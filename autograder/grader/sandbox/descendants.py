"""The processes that came of a process.

psutil would find them on Linux as well, but to import it took a tenth of the time of grading.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict

if sys.platform != "linux":
    import psutil

ZOMBIE = b"Z"


def find_children(process: int) -> set[int]:
    """Return the children of a process, zombies among them.

    Of several that end at this moment, one may be missing: `find_descendants` looks closely.
    """
    if sys.platform != "linux":
        return {child.pid for child in psutil.Process(process).children()}
    try:
        children: set[int] = set()
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", "rb", buffering=0) as file:
                children.update(map(int, file.read().split()))
        return children
    except FileNotFoundError:  # a kernel that was built without these lists
        return set(_list_processes()[0][process])


def find_descendants(process: int) -> dict[int, bool]:
    """Return the processes that came of one, and whether each is alive or a zombie."""
    if sys.platform != "linux":
        found = psutil.Process(process).children(recursive=True)
        return {child.pid: child.status() != psutil.STATUS_ZOMBIE for child in found}
    children, alive = _list_processes()
    descendants = children[process]
    for child in descendants:  # grows
        descendants += children[child]
    return {child: alive[child] for child in descendants}


def _list_processes() -> tuple[defaultdict[int, list[int]], dict[int, bool]]:
    """Return the children of every process, and whether each process is alive or a zombie."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    alive = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb", buffering=0) as file:
                    # After the name, which may hold anything, come state and parent.
                    state, parent = file.read().rpartition(b")")[2].split(maxsplit=2)[:2]
            except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                continue
            children[int(parent)].append(int(name))
            alive[int(name)] = state != ZOMBIE
    return children, alive
