"""Takes away from a process all that homework does not need, before student code runs in it.

``confine`` goes from the outside in: limits on what may be used up, another user, files
(Landlock), system calls (seccomp). Nothing of this can be undone, and child processes inherit all
of it. What the machine does not offer is reported in words; only a failed change of user is an
error. Protections overlap on purpose, because few machines have all of them.

The manual pages landlock(7), seccomp(2), prctl(2) and setrlimit(2) explain the numbers below.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import math
import os
import re
import resource
import secrets
import stat
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..limits import MEGABYTE, Limits

# Importing torch maps 640 MB, of which 220 MB count as data; the rest are files and reserved room.
ROOM_FOR_LIBRARIES_MB = 2048
OPEN_FILES = 256
NICENESS = 10

# Beneath these, programs, libraries and their settings lie. Student code is never root, so
# secrets in /etc and /proc stay closed by their mode. /opt, /home and /var are not needed: an
# interpreter that lies there is found by its prefix.
SYSTEM_FOLDERS = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/proc"]
SYSTEM_FOLDERS += ["/sys/devices/system/cpu"]  # from here OpenMP learns how many CPUs there are
DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]

# What each version of Landlock (its ABI) added: version, rights on files, on TCP, scopes, in words.
LANDLOCK = [
    (1, 0x1FFF, 0, 0, "files"),
    (2, 1 << 13, 0, 0, ""),  # moving files between folders is refused where it is missing
    (3, 1 << 14, 0, 0, "emptying files"),
    (4, 0, 0b11, 0, "TCP"),
    (5, 1 << 15, 0, 0, "orders to devices"),
    (6, 0, 0, 0b11, "signals and abstract sockets"),
]
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
RIGHTS_ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # others are for folders

# Refused system calls, with their numbers on x86_64 and on aarch64.
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, audit number
REFUSED = {
    # The network, and sockets of programs on this machine. asyncio needs socketpair, see below.
    "socket": (41, 198),
    # io_uring opens files and sockets behind this filter's back.
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # Signals: where student code runs as the grader's own user, it could stop the grader.
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    # Memory and open files of other processes.
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    # Slowing the grader down by its process number.
    "setpriority": (141, 140), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
    # What would outlive the process, or is memory that no limit counts.
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # Namespaces and mounts: in a namespace of its own a process may do what root may.
    "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51), "pivot_root": (155, 41),
    "mount": (165, 40), "umount2": (166, 39), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    # Parts of the kernel that homework never needs and that had many faults.
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "personality": (135, 92),
    # Its flags lie in memory, where a filter cannot look. The C library then takes clone.
    "clone3": (435, 435),
}  # fmt: skip

# Where student code runs as the grader's own user, these do nothing and report success, so that
# honest code goes on. With them it could leave its process group, in which it is ended, or close
# folders of other submissions. None: the architecture does not have it.
IGNORED_AS_SAME_USER = {
    "setsid": (112, 157), "setpgid": (109, 154),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
}  # fmt: skip

# Codes of the filter's machine: load a word; jump if equal, if at least, if a bit is set; return.
LOAD, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000
NAMESPACES, CLONE_PARENT = 0x7E020000, 0x8000

# Calls refused for an argument: name, numbers, which argument, the test, and its value.
REFUSED_ARGUMENTS = [
    ("clone", (56, 220), 0, IF_ANY_BIT, NAMESPACES),
    ("clone", (56, 220), 0, IF_ANY_BIT, CLONE_PARENT),  # a child of the grader
    ("prlimit64", (302, 261), 0, IF_ANY_BIT, 0xFFFFFFFF),  # limits of another process
    ("socketpair", (53, 199), 0, IF_ANY_BIT, 0xFFFFFFFE),  # a family other than AF_UNIX
    ("socketpair", (53, 199), 1, IF_ANY_BIT, 2),  # datagrams, which can be sent to anyone
    ("fcntl", (72, 25), 1, IF_EQUAL, 8),  # F_SETOWN and the next three choose whom a file signals
    ("fcntl", (72, 25), 1, IF_EQUAL, 15),  # F_SETOWN_EX
    ("ioctl", (16, 29), 1, IF_EQUAL, 0x8901),  # FIOSETOWN
    ("ioctl", (16, 29), 1, IF_EQUAL, 0x8902),  # SIOCSPGRP
    ("ioctl", (16, 29), 1, IF_EQUAL, 0x5412),  # TIOCSTI types into the terminal
    ("ioctl", (16, 29), 1, IF_EQUAL, 0x541C),  # TIOCLINUX pastes into the console
]

_libc = ctypes.CDLL(None, use_errno=True)


def choose_uid() -> int | None:
    """A user that nobody else is, for student code; None unless this process is root.

    Raises:
        PermissionError: this root may not become another user.
    """
    # Chance keeps graders apart, also those in containers of one machine, for which the kernel
    # counts a user's processes together.
    return None if os.geteuid() != 0 else secrets.choice(_usable_uids())


@functools.cache
def _usable_uids() -> range:
    """Return a range of users that nobody is, and that this process may become."""
    # systemd lists the first range as unused. Containers may know only small numbers; the second
    # range is for users that come and go.
    for uids in (range(1_879_048_192, 1_879_048_192 + 2**28), range(61_184, 61_184 + 4_336)):
        if _works_as(secrets.choice(uids)):
            return uids
    raise PermissionError("The grader runs as root but may not become another user.")


def make_interpreter_reachable(uid: int) -> None:
    """Let another user import modules although they lie beneath a closed folder such as /root.

    Where this is needed, this process and its later children get their own view of the closed
    folder, with nothing in it but the interpreter. All else beneath it is out of their reach.

    Args:
        uid: who shall import modules.

    Raises:
        PermissionError: the files are closed and this process may not change its view.
    """
    folders = _interpreter_folders()

    def list_folders() -> None:
        for folder in folders:
            os.listdir(folder)

    if _works_as(uid, list_folders):
        return
    closed = _closed_parents(folders)
    try:
        _show_only(folders, closed)
    except (OSError, AttributeError) as error:  # macOS has no such functions
        raise PermissionError(_unreachable(closed or folders)) from error
    if not _works_as(uid, list_folders):
        raise PermissionError(_unreachable(closed or folders))


def confine(folder: Path, uid: int | None, limits: Limits) -> list[str]:
    """Confine this process and all that it will start, for good.

    The caller closes files that student code shall not have; open ones stay open.

    Args:
        folder: where the process may write; it belongs to ``uid``.
        uid: as which user to go on; None stays the same user, who must not be root.
        limits: what may be used up.

    Returns:
        A sentence for each protection that this machine does not have.

    Raises:
        PermissionError: the process is still root, or could be again.
        OSError: ``folder`` cannot be used, or the kernel broke a promise.
    """
    if uid is None and os.geteuid() == 0:
        raise PermissionError("Student code must not run as root.")
    missing = _be_killed_first()
    missing += _set_limits(limits, uid)
    os.nice(NICENESS)
    missing += _change_user(uid)
    os.chdir(folder)  # a folder that one is already in stays open, whatever its parents' modes
    missing += _forgo_privileges()
    missing += _restrict_files(folder)
    missing += _filter_system_calls(IGNORED_AS_SAME_USER if uid is None else {})
    return missing


def close_to_same_user(closed: bool = True) -> None:
    """Keep other processes of this user out of this one's memory and open files, or let them in."""
    if sys.platform == "linux":
        _call("prctl", 4, int(not closed), 0, 0, 0)  # PR_SET_DUMPABLE


def _be_killed_first() -> list[str]:
    """Ask the kernel to kill this process, not the grader, when the machine is out of memory."""
    close_to_same_user(False)  # an ordinary user's closed process may not set its own score
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return ["no order of killing: if memory runs out, the grader may be killed first"]
    return []


def _set_limits(limits: Limits, uid: int | None) -> list[str]:
    """Set each limit so that it cannot be raised again."""
    _limit(resource.RLIMIT_CPU, math.ceil(limits.seconds_in_total))
    _limit(resource.RLIMIT_FSIZE, int(limits.file_mb * MEGABYTE))
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform != "linux":
        return ["no limits on memory and processes: only Linux keeps to them"]
    memory = int(limits.memory_mb * MEGABYTE)
    _limit(resource.RLIMIT_DATA, memory)
    # Memory shared with child processes is not data; it counts as address space only.
    _limit(resource.RLIMIT_AS, memory + ROOM_FOR_LIBRARIES_MB * MEGABYTE)
    # The kernel counts per user. A user of its own has no other processes.
    others = 0 if uid is not None or _be_counted_apart() else _tasks_of_this_user()
    _limit(resource.RLIMIT_NPROC, int(limits.processes) + others)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    return []


def _limit(which: int, value: int) -> None:
    """Set a limit, or leave it if it is lower already."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _be_counted_apart() -> bool:
    """Have the kernel count this process and its children apart from others of this user.

    It does so in a user namespace. What others start would otherwise use up this one's limit.
    Must come before the limit is set, for that of the namespace is what it is now.

    Returns:
        Whether it does: since Linux 5.14, and unless namespaces are forbidden.
    """
    version = re.match(r"(\d{1,5})\.(\d{1,5})", os.uname().release)
    if version is None or tuple(map(int, version.groups())) < (5, 14):
        return False
    try:
        _call("unshare", 0x10000000)  # CLONE_NEWUSER
    except OSError:
        return False
    _call("capset", struct.pack("=Ii", 0x20080522, 0), bytes(24))  # root's rights in there
    return True


def _tasks_of_this_user() -> int:
    """How many processes and threads this user has now."""
    count = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:  # it has ended
            continue
        uid, threads = (re.search(rf"^{key}:\s+(\d+)", text, re.M) for key in ("Uid", "Threads"))
        if uid and threads and int(uid[1]) == os.getuid():
            count += int(threads[1])
    return count


def _change_user(uid: int | None) -> list[str]:
    """Become ``uid``, in no group but its own, and make sure that there is no way back."""
    if uid is None:
        return [
            "no other user: the grader does not run as root, so student code can see the same"
            " user's processes"
        ]
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    for become in (os.setuid, os.setgid):
        try:
            become(0)
        except PermissionError:
            continue
        raise PermissionError(f"The process became user {uid} but could become root again.")
    return []


def _works_as(uid: int, action: Callable[[], object] = lambda: None) -> bool:
    """Whether a child process can become ``uid`` and then do ``action`` without an error."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _change_user(uid)
            action()
            code = 0
        finally:
            os._exit(code)  # an error must not run on in a copy of the caller
    return os.waitpid(child, 0)[1] == 0


def _forgo_privileges() -> list[str]:
    """Close this process to others of the same user, and get nothing from set-user-id programs."""
    if sys.platform != "linux":
        return ["no_new_privs is missing: set-user-id programs can be started"]
    close_to_same_user()  # this also puts /proc/self out of its own reach
    _call("prctl", 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS; the next two protections require it
    return []


def _restrict_files(folder: Path) -> list[str]:
    """Let this process read what Python needs and write in ``folder``, with Landlock."""
    abi = _landlock_abi()
    if abi == 0:
        return [
            "Landlock is missing (it needs Linux 5.13 and to be switched on): student code can"
            " read and write what its user can"
        ]
    known = [row for row in LANDLOCK if row[0] <= abi]
    files, tcp, scopes = (sum(column) for column in list(zip(*known, strict=True))[1:4])
    attributes = struct.pack("QQQ", files, tcp, scopes)
    ruleset = _call("syscall", 444, attributes, len(attributes), 0)
    for path in [*SYSTEM_FOLDERS, *_interpreter_folders(), *DEVICES]:
        if os.path.exists(path):
            _allow(ruleset, path, EXECUTE | READ_FILE | READ_DIR)
    _allow(ruleset, "/dev/null", WRITE_FILE)
    _allow(ruleset, folder, files)
    _call("syscall", 446, ruleset, 0)
    os.close(ruleset)
    later = [words for since, *_, words in LANDLOCK if since > abi and words]
    return [f"Landlock is old: version {abi} does not cover {', '.join(later)}"] if later else []


def _landlock_abi() -> int:
    """The version of Landlock; 0 if there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call("syscall", 444, None, 0, 1)
    except OSError:
        return 0


def _allow(ruleset: int, path: str | Path, rights: int) -> None:
    """Add a rule to a Landlock ruleset: ``rights`` on a file or on all beneath a folder."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= RIGHTS_ON_A_FILE
    _call("syscall", 445, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)


def _filter_system_calls(ignored: Mapping[str, tuple[int, int | None]]) -> list[str]:
    """Refuse system calls with a seccomp filter.

    Args:
        ignored: calls that do nothing and report success, like `IGNORED_AS_SAME_USER`.
    """
    known = ARCHITECTURES.get(os.uname().machine) if sys.platform == "linux" else None
    missing = ["seccomp is missing: student code can use the network and send signals"]
    if known is None:
        return missing
    program = ctypes.create_string_buffer(_filter_program(*known, ignored))
    length = len(program) // 8
    try:
        _call("prctl", 22, 2, struct.pack("HP", length, ctypes.addressof(program)), 0, 0)
    except OSError:
        return missing
    return []


def _filter_program(
    column: int, audit: int, ignored: Mapping[str, tuple[int, int | None]]
) -> bytes:
    """The filter: a list of instructions (code, value, how many to skip if true, if false).

    It looks at ``struct seccomp_data``: the call's number at byte 0, the architecture at byte 4,
    64-bit arguments from byte 16 on, of which the lower half comes first.
    """
    refuse, number = (RETURN, FAIL_WITH | errno.EPERM, 0, 0), (LOAD, 0, 0, 0)
    # Numbers mean other calls on other architectures, which one processor may offer side by side:
    # 32-bit ones, and x32 with numbers from 0x40000000 on.
    program = [(LOAD, 4, 0, 0), (IF_EQUAL, audit, 1, 0), refuse]
    program += [number, (IF_AT_LEAST, 0x40000000, 0, 1), refuse]
    for name, numbers in REFUSED.items():
        error = errno.ENOSYS if name == "clone3" else errno.EPERM
        program += [(IF_EQUAL, numbers[column], 0, 1), (RETURN, FAIL_WITH | error, 0, 0)]
    for call in ignored.values():
        if (number_of_call := call[column]) is not None:
            program += [(IF_EQUAL, number_of_call, 0, 1), (RETURN, FAIL_WITH, 0, 0)]
    for _, numbers, argument, test, value in REFUSED_ARGUMENTS:
        program += [(IF_EQUAL, numbers[column], 0, 4), (LOAD, 16 + 8 * argument, 0, 0)]
        program += [(test, value, 0, 1), refuse, number]
    program += [(RETURN, ALLOW, 0, 0)]
    return b"".join(struct.pack("HBBI", code, yes, no, k) for code, k, yes, no in program)


def _interpreter_folders() -> list[str]:
    """Where Python and its packages lie, outer folders first. The project is not among them."""
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    standard_library = os.path.dirname(os.__file__)
    folders = [sys.base_prefix, sys.prefix, sys.exec_prefix, standard_library, *packages]
    folders = [path for path in folders if os.path.isdir(path)]
    return sorted({*folders, *map(os.path.realpath, folders)})


def _closed_parents(folders: Iterable[str]) -> list[str]:
    """The outermost folder above each of ``folders`` that others may not enter."""
    closed = set()
    for folder in folders:
        parents = reversed(Path(folder).parents)
        closed.update([str(p) for p in parents if not p.stat().st_mode & stat.S_IXOTH][:1])
    return sorted(closed)


def _unreachable(folders: Iterable[str]) -> str:
    return (
        f"Other users may not enter {', '.join(folders)}, where this Python lies, so student code"
        " cannot run as another user. Install Python elsewhere or open the folder (chmod o+x)."
    )


def _show_only(folders: Iterable[str], closed: Iterable[str]) -> None:
    """In a mount namespace of its own, replace ``closed`` by empty folders but for ``folders``."""
    private, bind, read_only, secure = 1 << 18 | 1 << 14, 1 << 12 | 1 << 14, 1 << 5 | 1, 2 | 4
    _call("unshare", 0x00020000)  # CLONE_NEWNS
    _call("mount", None, b"/", None, private, None)
    held = {folder: os.open(folder, os.O_PATH) for folder in folders}
    for outer in closed:
        _call("mount", b"tmpfs", os.fsencode(outer), b"tmpfs", secure, b"mode=0755,size=1m")
    mask = os.umask(0o022)
    for folder, descriptor in held.items():
        if any(Path(outer) in Path(folder).parents for outer in closed):
            os.makedirs(folder, exist_ok=True)
            source = f"/proc/self/fd/{descriptor}".encode()
            _call("mount", source, os.fsencode(folder), None, bind, None)
        os.close(descriptor)
    os.umask(mask)
    for outer in closed:
        _call("mount", None, os.fsencode(outer), None, read_only | secure, None)


def _call(function: str, *arguments: Any) -> int:
    """Call a function of the C library.

    Raises:
        OSError: it answered -1.
    """
    converted = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    result: int = getattr(_libc, function)(*converted)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), function)
    return result
