"""Whether something was used up: by student code, or by whatever else the machine is doing.

What a neighbour may have caused is no student's fault: the class command then grades again, alone.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator

from .confine import tasks_of_this_user

# Errors that a full machine causes: processes, memory, room on the disk, open files are used up.
SHORTAGES = (errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.ENFILE)
# A command may need so much, and does not say so where it fails for want of it.
PROCESSES, BYTES = 8, 2**20


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those from which it came."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen:
        yield following
        seen.append(following)
        following = following.__cause__ or following.__context__


def is_shortage(error: BaseException) -> bool:
    """Return whether an error comes of something that was used up."""
    return any(
        getattr(cause, "errno", None) in SHORTAGES
        or (isinstance(cause, RuntimeError) and cause.args == ("can't start new thread",))
        for cause in causes(error)
    )


def is_full() -> bool:
    """Return whether there is hardly room left for more processes, or on the disk."""
    most, disk = resource.getrlimit(resource.RLIMIT_NPROC)[0], os.statvfs(".")
    crowded = most != resource.RLIM_INFINITY and most - tasks_of_this_user() < PROCESSES
    return crowded or disk.f_bavail * disk.f_frsize < BYTES
