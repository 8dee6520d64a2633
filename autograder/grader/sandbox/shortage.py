"""Whether something was used up: by student code, or by whatever else the machine is doing.

What a neighbour may have caused is no student's fault: the class command then grades again, alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator

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


def is_of_command(error: BaseException) -> bool:
    """Return whether an error comes of a command, which does not say what it was short of."""
    return any(isinstance(cause, subprocess.SubprocessError) for cause in causes(error))


def is_full() -> bool:
    """Return whether there is hardly room left for more processes, or on the disk."""
    try:
        disk = os.statvfs(".")
        return disk.f_bavail * disk.f_frsize < BYTES or not _can_fork(PROCESSES)
    except Exception:  # student code has removed the folder, or broken what this takes
        return True


def _can_fork(times: int) -> bool:
    """Try it: only the kernel knows whom it counts together."""
    children = []
    end, hold = os.pipe()
    try:
        for _ in range(times):
            child = os.fork()
            if child == 0:
                os.close(hold)
                os.read(end, 1)  # until all have been started
                os._exit(0)
            children.append(child)
        return True
    except OSError:
        return False
    finally:
        os.close(hold)
        os.close(end)
        for child in children:
            with contextlib.suppress(ChildProcessError):  # student code may ignore its children
                os.waitpid(child, 0)
