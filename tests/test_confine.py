"""Student code cannot do what it must not, and can do its homework.

Everything that gets confined is a child process. Protections overlap, so that one of them can be
missing; each is therefore also tested with nothing but itself, as root, who may do all else.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import mmap
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.grader.limits import Limits
from autograder.grader.sandbox import confine as module
from autograder.grader.sandbox.confine import choose_uid, confine, make_interpreter_reachable
from autograder.grader.sandbox.notebook import check_before_utime

LIMITS = Limits(
    seconds_per_cell=10, seconds_per_test_case=10, seconds_in_total=60, memory_mb=1024,
    processes=64, file_mb=8, message_mb=8, upload_mb=8, output_characters=1000,
)  # fmt: skip
PROJECT_FILE = module.__file__
# In a folder that stays open, only root may read it. Of the files in /etc, passwords are such, but
# they are replaced while a package is being installed.
CLOSED_BY_MODE = "/proc/kmsg"
OPEN_FOLDERS = ["/tmp", "/var/tmp", "/dev/shm"]  # anybody may write here
LIBC = ctypes.CDLL(None, use_errno=True)
ABI = module._landlock_abi()

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's protections")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
with_landlock = pytest.mark.skipif(ABI < 6, reason="needs Landlock as of Linux 6.12")
on_x86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="is about x86-64")
modes = pytest.mark.parametrize("mode", [pytest.param("other user", marks=as_root), "same user"])


def in_child(*steps: Callable[[], Any]) -> Any:
    """Do ``steps`` in a child process; return what the last one returns, or what went wrong."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answer = None
        try:
            for step in steps:
                answer = step()
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(text) if text else f"killed by {os.WTERMSIG(status)}"


def attempt(action: Callable, *arguments: Any) -> str:
    """How ``action`` ends: "done" or the name of the error."""
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, "OSError")
    except Exception as error:
        return type(error).__name__
    return "done"


def enter(
    mode: str, folder: Path, before: Callable[[], Any] = lambda: None, **limits: float
) -> list[str]:
    """Confine this process; do ``before`` as the user who confines it."""
    uid = choose_uid()
    if uid is not None:
        os.chown(folder, uid, uid)
        make_interpreter_reachable(uid)
        if mode == "same user":
            become_ordinary(uid)
            uid = None
    before()
    return confine(folder, uid, replace(LIMITS, **limits))


def become_ordinary(uid: int) -> None:
    """Become a user that is not root, if this is root."""
    if os.geteuid() == 0:
        module._change_user(uid)
        module._call("prctl", 4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, as if it always was this user


def start_victim(started: list[int]) -> None:
    """Start a process that lives until this one ends, and note its number."""
    reader, writer = os.pipe()
    started.append(os.fork())
    if started[-1] == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)


def attack(process: int) -> list[str]:
    """Try to look into another process in several ways, and to signal it."""
    folder = f"/proc/{process}"
    reading = [attempt(open, f"{folder}/{name}", "rb") for name in ("mem", "environ", "fd/0")]
    return [*reading, attempt(os.listdir, f"{folder}/cwd"), attempt(os.kill, process, 0)]


def do_homework(mode: str, folder: str) -> None:
    """Print "fine" if a confined process can do what homework needs (in a new interpreter)."""
    import asyncio

    enter(mode, Path(folder))
    for name in ("decimal", "sqlite3", "lzma", "numpy.fft", "numpy.random", "multiprocessing.pool"):
        importlib.import_module(name)
    import matplotlib.pyplot as plt
    import torch

    plt.figure().savefig("figure.png")
    (torch.ones(300, 300, requires_grad=True) @ torch.ones(300, 300)).sum().backward()
    asyncio.run(asyncio.sleep(0))
    threading.Thread(target=print).start()
    assert subprocess.run(["/bin/echo", "hi"], capture_output=True).stdout == b"hi\n"
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("text")
    Path("a").mkdir()
    Path("notes").write_text("text")
    assert Path("notes").rename("a/notes").read_text() == "text"
    Path("/dev/null").write_text("text")
    if (child := os.fork()) == 0:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    print("fine")


as_mounter = pytest.mark.skipif(
    in_child(lambda: module._call("unshare", 0x20000)) != 0, reason="needs CAP_SYS_ADMIN"
)


@pytest.fixture
def folder():
    """A folder below open ones; pytest's own lie below a closed one."""
    path = Path(tempfile.mkdtemp(prefix="confined-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def outside():
    """A file that anybody may read and write, in a folder that is open to all."""
    path = Path(tempfile.mkdtemp(prefix="outside-"))
    path.chmod(0o777)
    (path / "file").write_text("text")
    (path / "file").chmod(0o666)
    yield path / "file"
    shutil.rmtree(path)


# All together.


@modes
@with_landlock
def test_nothing_is_missing(mode, folder):
    missing = in_child(lambda: enter(mode, folder))
    assert [text.split(":")[0] for text in missing] == ["no other user"] * (mode == "same user")


def test_homework_can_be_done(root, folder):
    folder.chmod(0o755)
    folders = {"same user": str(folder / "same")}
    if os.geteuid() == 0:
        folders["other user"] = str(folder / "other")
    code = "import sys, test_confine; test_confine.do_homework(*sys.argv[1:])"
    running = []
    for mode, path in folders.items():
        os.mkdir(path, 0o700)
        environment = {
            **dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), path), "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{root}:{root}/tests", "MPLBACKEND": "Agg",
        }  # fmt: skip
        command = [sys.executable, "-c", code, mode, path]
        running.append(
            subprocess.Popen(
                command, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    for process in running:
        out, err = process.communicate()
        assert out.split() == ["fine"], err


@modes
@with_landlock
def test_files_outside_are_closed(mode, folder, outside):
    def act():
        reading = [attempt(open, path) for path in (CLOSED_BY_MODE, PROJECT_FILE, outside)]
        return reading + [attempt(open, path, "w") for path in [*new, outside]]

    new = [Path(path, f"new-{folder.name}") for path in OPEN_FOLDERS]
    results = in_child(lambda: enter(mode, folder), act)
    for path in new:
        path.unlink(missing_ok=True)
    assert set(results) == {"EACCES"}


@modes
@with_landlock
def test_other_processes_are_closed(mode, folder):
    victims = []

    def act():
        return attack(victims[0])

    results = in_child(lambda: enter(mode, folder, lambda: start_victim(victims)), act)
    assert set(results) <= {"EACCES", "EPERM"}


@modes
def test_no_sockets_no_root_no_higher_limits(mode, folder):
    def act():
        which = [resource.RLIMIT_DATA, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE]
        raising = [attempt(resource.setrlimit, w, (2**40, 2**40)) for w in which]
        users = [attempt(os.setuid, 0), attempt(os.setgid, 0), attempt(os.setgroups, [0])]
        families = [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK]
        return raising, users, [attempt(socket.socket, family) for family in families]

    raising, users, sockets = in_child(lambda: enter(mode, folder), act)
    assert raising == ["ValueError"] * 3
    assert set(users) <= {"EPERM", "EINVAL"}  # EINVAL: its namespace knows no root
    assert sockets == ["EPERM"] * 4


# Limits.


@modes
def test_it_is_killed_before_the_grader(mode, folder):
    act = Path("/proc/self/oom_score_adj").read_text
    assert in_child(lambda: enter(mode, folder), act) == "1000\n"


@modes
def test_memory(mode, folder):
    def act():
        # Nothing is written to it, so it would take up no room even if it was granted.
        shared = attempt(mmap.mmap, -1, (700 + module.ROOM_FOR_LIBRARIES_MB + 1) * 2**20)
        return [attempt(bytearray, 900 * 2**20), shared]

    results = in_child(lambda: enter(mode, folder, memory_mb=700), act)
    assert results == ["MemoryError", "ENOMEM"]


def count_forks() -> int:
    """How many child processes can be started, up to 64; they are ended again."""
    (reader, writer), children = os.pipe(), []
    while len(children) < 64:
        try:
            children.append(os.fork())
        except BlockingIOError:
            break
        if children[-1] == 0:
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
    os.close(writer)
    for child in children:
        os.waitpid(child, 0)
    return len(children)


@as_root
def test_processes_of_another_user(folder):
    assert in_child(lambda: enter("other user", folder, processes=16), count_forks) == 15


@modes
def test_processes_of_others_use_up_nothing(mode, folder):
    """Nor those of the same user that start later, as neighbours do."""
    (begin, do_begin), (begun, do_say) = os.pipe(), os.pipe()

    def start_neighbour():
        if os.fork() == 0:
            os.read(begin, 1)
            for _ in range(40):
                start_victim([])
            os.write(do_say, b"!")
            os.read(begin, 1)  # until this test ends
            os._exit(0)

    def act():
        os.write(do_begin, b"!")
        os.read(begun, 1)
        forks = count_forks()
        os.write(do_begin, b"!")
        return forks

    assert in_child(lambda: enter(mode, folder, start_neighbour, processes=16), act) == 15
    for descriptor in (begin, do_begin, begun, do_say):
        os.close(descriptor)


def test_nothing_of_roots_is_left_in_the_namespace(folder):
    steps = [lambda: enter("same user", folder), Path("/proc/self/status").read_text]
    status = in_child(*steps)
    assert re.findall(r"Cap(?:Inh|Prm|Eff|Amb):\t(\d+)", status) == ["0" * 16] * 4


@pytest.mark.parametrize("release", ["5.13.0-40-generic", "4.4.0", "unknown"])
def test_old_kernels_count_by_user_alone(release, monkeypatch):
    uname = os.uname()
    monkeypatch.setattr(os, "uname", lambda: type(uname)([*uname[:2], release, *uname[3:]]))
    assert in_child(module._be_counted_apart) is False


def test_where_namespaces_are_forbidden_processes_are_counted_by_user(monkeypatch):
    """As in an ordinary container; the filter stands in for it."""
    steps = [module._forgo_privileges, lambda: module._filter_system_calls({}) and None]
    assert in_child(*steps, module._be_counted_apart) is False


@as_root
def test_processes_of_the_same_user_come_on_top_where_they_count(folder, monkeypatch):
    monkeypatch.setattr(module, "_be_counted_apart", lambda: False)

    def start_others():
        start_victim([])
        threading.Thread(target=threading.Event().wait, daemon=True).start()  # for ever

    def begin():
        enter("same user", folder, start_others, processes=16)

    assert in_child(begin, count_forks) == 16


@modes
def test_processes(mode, folder):
    assert in_child(lambda: enter(mode, folder, processes=16), count_forks) < 64


@modes
def test_seconds(mode, folder):
    def act():
        end = time.process_time() + 1.5
        while time.process_time() < end:
            pass

    result = in_child(lambda: enter(mode, folder, seconds_in_total=0.5), act)
    assert result == f"killed by {int(signal.SIGKILL)}"


@modes
def test_files(mode, folder):
    def act():
        size = attempt(Path("huge").write_bytes, bytes(2**20 + 1))
        kept = []
        return size, attempt(lambda: kept.extend(open("huge") for _ in range(300)))

    assert in_child(lambda: enter(mode, folder, file_mb=1), act) == ["EFBIG", "EMFILE"]


@modes
def test_no_core_no_queues_no_hurry(mode, folder):
    def act():
        limits = [resource.getrlimit(w) for w in (resource.RLIMIT_CORE, resource.RLIMIT_MSGQUEUE)]
        return [*limits, os.getpriority(os.PRIO_PROCESS, 0)]

    # On top of what these tests run with; the kernel has no higher number than 19.
    niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + module.NICENESS, 19)
    assert in_child(lambda: enter(mode, folder), act) == [[0, 0], [0, 0], niceness]


def test_a_lower_limit_stays():
    which = resource.RLIMIT_NOFILE
    steps = [lambda: resource.setrlimit(which, (99, 99)), lambda: module._limit(which, 256)]
    assert in_child(*steps, lambda: resource.getrlimit(which)) == [99, 99]


# The user.


@as_root
def test_root_must_become_somebody(folder):
    assert "must not run as root" in in_child(lambda: confine(folder, None, LIMITS))


@as_root
def test_user_and_groups():
    steps = [lambda: os.setgroups([4]), lambda: module._change_user(61_500)]
    results = in_child(*steps, lambda: [*os.getresuid(), *os.getresgid(), os.getgroups()])
    assert results == [61_500] * 6 + [[]]


@as_root
@pytest.mark.parametrize(
    ("name", "half"), [("setuid", "seteuid"), ("setgid", "setegid")], ids=["uid", "gid"]
)
def test_a_way_back_is_an_error(name, half, folder, monkeypatch):
    """Changing only the effective user would let student code change back."""
    whole, halfway = getattr(os, name), getattr(os, half)
    monkeypatch.setattr(os, name, lambda number: (halfway if number else whole)(number))
    assert "root again" in in_child(lambda: confine(folder, 61_500, LIMITS))


@as_root
def test_an_impossible_user_is_an_error(folder):
    assert "Error" in in_child(lambda: confine(folder, 2**32 - 1, LIMITS))


@as_root
def test_choose_uid(monkeypatch):
    chosen = {choose_uid() for _ in range(5)}
    assert len(chosen) == 5  # two graders hardly ever agree
    assert all(1_879_048_192 <= uid < 2**31 for uid in chosen)
    monkeypatch.setattr(module, "_usable_uids", module._usable_uids.__wrapped__)  # not kept
    monkeypatch.setattr(module, "_works_as", lambda uid: uid < 2**16)
    assert 61_184 <= choose_uid() < 65_520
    monkeypatch.setattr(module, "_works_as", lambda uid: False)
    with pytest.raises(PermissionError, match="may not become another user"):
        choose_uid()


@as_root
def test_choosing_changes_nothing():
    assert in_child(choose_uid, lambda: [os.getuid(), os.getgid()]) == [0, 0]
    assert not module._works_as(2**32 - 1)


def test_ordinary_users_choose_nobody(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose_uid() is None


# Privileges.


@modes
def test_it_works_in_its_folder(mode, folder):
    assert in_child(lambda: enter(mode, folder), os.getcwd) == str(folder)


def test_others_of_the_same_user_cannot_look_inside():
    steps = [lambda: module._call("prctl", 4, 1, 0, 0, 0), module._forgo_privileges]
    assert in_child(*steps, lambda: module._call("prctl", 3, 0, 0, 0, 0)) == 0  # PR_GET_DUMPABLE


def test_set_user_id_programs_give_nothing():
    act = Path("/proc/self/status").read_text
    assert "NoNewPrivs:\t1" in in_child(module._forgo_privileges, act)


# Landlock alone: all of this is open to anybody without it.


def with_landlock_alone(folder: Path, act: Callable[[], Any]) -> Any:
    return in_child(module._forgo_privileges, lambda: module._restrict_files(folder) and None, act)


@with_landlock
def test_landlock_closes_files(folder, outside):
    def act():
        listing = attempt(os.listdir, outside.parent)
        writing = [attempt(open, path, "a") for path in (outside, "/etc/passwd", "/dev/zero")]
        emptying = attempt(os.truncate, outside, 0)
        reading = [attempt(open, path) for path in (outside, PROJECT_FILE, "/dev/shm")]
        return [listing, *writing, emptying, *reading]

    assert set(with_landlock_alone(folder, act)) == {"EACCES"}


@with_landlock
def test_landlock_refuses_making_and_removing(folder, outside):
    new = outside.parent / "new"
    (outside.parent / "empty").mkdir()

    def act():
        kinds = [stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK]
        making = [attempt(os.mknod, new, kind | 0o600) for kind in kinds]
        making += [attempt(os.mkdir, new), attempt(os.symlink, "file", new)]
        removing = [attempt(os.unlink, outside), attempt(os.rmdir, outside.parent / "empty")]
        return making + removing

    assert set(with_landlock_alone(folder, act)) == {"EACCES"}


@with_landlock
def test_landlock_leaves_open_what_is_needed(folder):
    def act():
        paths = ["/etc/passwd", "/proc/cpuinfo", os.__file__, json.__file__, pytest.__file__]
        paths += ["/sys/devices/system/cpu/online", "/dev/zero", "/dev/urandom"]
        Path(folder, "file").write_text("text")
        special = [attempt(os.listdir, "/usr/share"), attempt(open, "/dev/null", "w")]
        return [attempt(open, path) for path in paths] + special

    assert set(with_landlock_alone(folder, act)) == {"done"}


@with_landlock
def test_landlock_closes_processes(folder):
    """Those of the same user, without root's capabilities, which open more than the user does."""
    victims = []
    steps = [lambda: become_ordinary(61_500), lambda: start_victim(victims)]
    steps += [module._forgo_privileges, lambda: module._restrict_files(folder)]
    results = in_child(*steps, lambda: attack(victims[0]))
    assert results == ["EACCES", "EACCES", "EACCES", "EACCES", "EPERM"]


@with_landlock
def test_landlock_closes_tcp_and_abstract_sockets(folder):
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"\0{folder.name}")
    server.listen()

    def act():
        results = [attempt(socket.socket().connect, ("127.0.0.1", 9))]
        results.append(attempt(socket.socket().bind, ("127.0.0.1", 0)))
        return [*results, attempt(socket.socket(socket.AF_UNIX).connect, f"\0{folder.name}")]

    assert with_landlock_alone(folder, act) == ["EACCES", "EACCES", "EPERM"]
    server.close()


@with_landlock
def test_landlock_closes_devices(folder):
    def act():
        return attempt(fcntl.ioctl, os.open("/dev/zero", os.O_RDONLY), 0x5401)  # TCGETS

    assert with_landlock_alone(folder, act) == "EACCES"


@with_landlock
@pytest.mark.parametrize("abi", range(1, 7))
def test_old_landlock_works_and_is_reported(abi, folder, outside, monkeypatch):
    monkeypatch.setattr(module, "_landlock_abi", lambda: abi)

    def act():
        missing = module._restrict_files(folder)
        (folder / "file").write_text("text")
        return missing, attempt(open, outside), attempt(os.truncate, outside, 0)

    missing, reading, emptying = in_child(module._forgo_privileges, act)
    assert reading == "EACCES"
    assert emptying == ("EACCES" if abi >= 3 else "done")
    assert ("emptying files" in str(missing)) == (abi < 3)
    assert len(missing) == (abi < 6)


# The filter of system calls alone. What it refuses to root, nothing else refuses.

REFUSED = [
    "socket", "io_uring_setup", "io_uring_enter", "io_uring_register", "kill", "tkill", "tgkill", "rt_sigqueueinfo",
    "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal", "ptrace", "process_vm_readv", "process_vm_writev",
    "pidfd_getfd", "kcmp", "setpriority", "sched_setparam", "sched_setscheduler", "sched_setattr",
    "sched_setaffinity", "ioprio_set", "shmget", "msgget", "semget", "mq_open", "memfd_create", "memfd_secret", "add_key",
    "request_key", "keyctl", "unshare", "setns", "chroot", "pivot_root", "mount", "umount2", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at", "bpf", "perf_event_open", "userfaultfd",
    "personality", "clone3",
]  # fmt: skip
IGNORED = [
    "setsid", "setpgid", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat",
    "utime", "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat",
    "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
]  # fmt: skip
# A call by name, its arguments, how it ends. The first of each call is one that stays allowed.
ARGUMENTS = [
    ("socketpair", (socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, 0), "done"),
    ("socketpair", (socket.AF_UNIX, socket.SOCK_DGRAM, 0), "EPERM"),
    ("socketpair", (socket.AF_UNIX, socket.SOCK_RAW, 0), "EPERM"),
    ("socketpair", (socket.AF_INET, socket.SOCK_STREAM, 0), "EPERM"),
    ("prlimit64", (0, resource.RLIMIT_CPU, 0), "done"),
    ("prlimit64", (os.getpid(), resource.RLIMIT_CPU, 0), "EPERM"),
    ("clone", (signal.SIGCHLD,), "done"),
    ("clone", (signal.SIGCHLD | 0x10000000,), "EPERM"),  # a new user namespace
    ("clone", (signal.SIGCHLD | 0x40000000,), "EPERM"),  # a new network namespace
    ("clone", (signal.SIGCHLD | 0x8000,), "EPERM"),  # a child of the parent
    ("fcntl", (0, fcntl.F_GETFD), "done"),
    ("fcntl", (0, fcntl.F_SETOWN, os.getpid()), "EPERM"),
    ("fcntl", (0, 15, 0), "EPERM"),  # F_SETOWN_EX
    ("ioctl", (0, 0x5451), "done"),  # FIOCLEX
    ("ioctl", (0, 0x8901, 0), "EPERM"),  # FIOSETOWN
    ("ioctl", (0, 0x8902, 0), "EPERM"),  # SIOCSPGRP
    ("ioctl", (0, 0x5412, 0), "EPERM"),  # TIOCSTI
    ("ioctl", (0, 0x541C, 0), "EPERM"),  # TIOCLINUX
]


def number_of(name: str) -> int:
    """A system call's number on this machine."""
    table = module.REFUSED | module.IGNORED_AS_SAME_USER
    table |= {row[0]: row[1] for row in module.REFUSED_ARGUMENTS}
    return table[name][module.ARCHITECTURES[os.uname().machine][0]]


def system_call(number: int, *arguments: int) -> str:
    """How a system call ends that is made past the C library; the rest of its arguments is 0."""
    room = ctypes.create_string_buffer(64)  # referred to until the call is over
    longs = [ctypes.c_long(a) for a in (*arguments, *[0] * 6)][:6]
    if number == number_of("socketpair") or number == number_of("prlimit64"):
        longs[3] = ctypes.c_long(ctypes.addressof(room))
    result = LIBC.syscall(ctypes.c_long(number), *longs)
    if number == number_of("clone") and result == 0:
        os._exit(0)
    return errno.errorcode[ctypes.get_errno()] if result == -1 else "done"


def with_filter_alone(act: Callable[[], Any], same_user: bool = False) -> Any:
    ignored = module.IGNORED_AS_SAME_USER if same_user else {}
    filter_calls = lambda: module._filter_system_calls(ignored) and None  # noqa: E731
    return in_child(module._forgo_privileges, filter_calls, act)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_system_calls(name):
    wanted = "ENOSYS" if name == "clone3" else "EPERM"
    assert with_filter_alone(lambda: system_call(number_of(name))) == wanted


@pytest.mark.parametrize("name", IGNORED)
def test_ignored_system_calls(name):
    """With arguments that mean nothing, so that the kernel itself would report an error."""
    number, nothing = number_of(name), (-1, -1, -1)
    if number is None:
        pytest.skip("this architecture does not have it")
    if name != "setsid":  # it takes no arguments
        assert with_filter_alone(lambda: system_call(number, *nothing)) != "done"
    assert with_filter_alone(lambda: system_call(number, *nothing), same_user=True) == "done"


def test_what_is_ignored_changes_nothing(folder):
    file = folder / "file"
    file.write_text("text")
    file.chmod(0o640)
    os.utime(file, (1, 1))

    def act():
        os.chmod(file, 0)
        os.utime(file)
        shutil.copystat(__file__, file)
        os.setxattr(file, "user.note", b"text")
        return os.getsid(0), os.setsid(), os.getsid(0)

    before, _, after = with_filter_alone(act, same_user=True)
    assert before == after
    assert (file.stat().st_mode & 0o777, file.stat().st_mtime) == (0o640, 1)
    assert os.listxattr(file) == []


def test_a_file_can_be_made_by_touching_it(folder):
    def act():
        check_before_utime()
        (folder / "new").touch()
        os.utime(folder / "new", (1, 1))
        shutil.copy2(folder / "new", folder / "copy")
        return sorted(os.listdir(folder))

    assert with_filter_alone(act, same_user=True) == ["copy", "new"]


@pytest.mark.parametrize(("name", "arguments", "wanted"), ARGUMENTS)
def test_refused_arguments(name, arguments, wanted):
    assert with_filter_alone(lambda: system_call(number_of(name), *arguments)) == wanted


@on_x86
def test_x32_is_refused():
    assert with_filter_alone(lambda: system_call(0x40000000 + 39)) == "EPERM"  # getpid


@on_x86
def test_32_bit_system_calls_are_refused():
    def act():
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # eax = 20 (getpid); int 0x80; return
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        return ctypes.CFUNCTYPE(ctypes.c_int)(address)()

    if not isinstance(in_child(act), int):
        pytest.skip("this kernel has no 32-bit system calls")
    assert with_filter_alone(act) == -errno.EPERM


@pytest.mark.parametrize(
    ("column", "header"),
    [
        (0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (1, "/usr/include/asm-generic/unistd.h"),
    ],
    ids=["x86_64", "aarch64"],
)
def test_numbers_are_those_of_the_kernel(column, header):
    if not os.path.exists(header):
        pytest.skip("the kernel's headers are not installed")
    found = dict(re.findall(r"define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text()))
    table = [*module.REFUSED.items(), *module.IGNORED_AS_SAME_USER.items()]
    table += [row[:2] for row in module.REFUSED_ARGUMENTS]
    known = [(name, numbers[column]) for name, numbers in table if name in found]
    assert len(known) > 50
    assert known == [(name, int(found[name])) for name, _ in known]


# The interpreter below a closed folder.


@pytest.fixture
def prefix(folder, monkeypatch):
    """A prefix below a closed folder below an open one, with a link to it beside it."""
    folder.chmod(0o755)
    (folder / "closed" / "real" / "lib").mkdir(parents=True)
    (folder / "closed" / "real" / "lib" / "module.py").write_text("answer = 42")
    (folder / "closed" / "secret").write_text("secret")
    (folder / "closed" / "link").symlink_to("real")
    (folder / "closed").chmod(0o700)
    monkeypatch.setattr(sys, "prefix", str(folder / "closed" / "link"))
    return folder / "closed" / "link"


@as_mounter
def test_a_closed_interpreter_becomes_reachable(prefix):
    closed = prefix.parent

    def make():
        make_interpreter_reachable(61_500)

    def act():
        texts = [(p / "lib/module.py").read_text() for p in (prefix, closed / "real")]
        return texts, sorted(os.listdir(closed)), attempt(open, closed / "file", "w")

    texts, names, writing = in_child(make, act)
    assert texts == ["answer = 42"] * 2
    assert names == ["link", "real"]
    assert writing == "EROFS"
    listing = in_child(make, lambda: module._change_user(61_500), lambda: os.listdir(prefix))
    assert listing == ["lib"]


@as_mounter
def test_only_this_process_sees_the_change(prefix):
    """Also where mounts are shared between namespaces, as systemd sets it up."""

    def share_mounts():
        module._call("unshare", 0x20000)
        for kind in (1 << 18, 1 << 20):  # private first, so that nobody outside shares them
            module._call("mount", None, b"/", None, 1 << 14 | kind, None)

    def act():
        in_child(lambda: make_interpreter_reachable(61_500))
        return sorted(os.listdir(prefix.parent))

    assert in_child(share_mounts, act) == ["link", "real", "secret"]
    assert stat.S_IMODE(prefix.parent.stat().st_mode) == 0o700


@as_mounter
def test_a_umask_does_not_close_it_again(prefix):
    steps = [lambda: os.umask(0o077), lambda: make_interpreter_reachable(61_500)]
    assert in_child(*steps, lambda: os.umask(0)) == 0o077


@as_root
def test_nothing_is_done_where_all_is_open(monkeypatch):
    monkeypatch.setattr(module, "_interpreter_folders", lambda: ["/usr"])
    namespace = os.readlink("/proc/self/ns/mnt")
    steps = [lambda: make_interpreter_reachable(61_500)]
    assert in_child(*steps, lambda: os.readlink("/proc/self/ns/mnt")) == namespace


@as_root
def test_without_mounts_the_closed_folder_is_named(prefix):
    """As in an ordinary container; the filter stands in for it."""
    steps = [module._forgo_privileges, lambda: module._filter_system_calls({})]
    result = in_child(*steps, lambda: make_interpreter_reachable(61_500))
    assert result.startswith("PermissionError")
    assert str(prefix.parent) in result
    assert "chmod o+x" in result


@as_root
def test_a_closed_prefix_is_named(prefix):
    (prefix.parent / "real").chmod(0o700)
    result = in_child(lambda: make_interpreter_reachable(61_500))
    assert result.startswith("PermissionError")


def test_the_interpreter_is_packages_but_not_the_project(root, folder, monkeypatch):
    (folder / "site-packages").mkdir()
    monkeypatch.syspath_prepend(str(folder / "site-packages"))  # such as a user's own packages
    assert str(folder / "site-packages") in module._interpreter_folders()
    folders = [Path(path) for path in module._interpreter_folders()]
    assert any(path in Path(json.__file__).parents for path in folders)
    assert any(path in Path(pytest.__file__).parents for path in folders)
    assert not any(path in [root, *Path(PROJECT_FILE).parents] for path in folders)


# What is missing is said.


def test_other_systems_report_what_is_missing(folder, monkeypatch):
    """Elsewhere, nothing but a few limits is left."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(Path, "write_text", lambda *_: os.open("/nowhere", 0))
    missing = in_child(lambda: enter("same user", folder))
    assert [text.split(":")[0] for text in missing] == [
        "no order of killing",
        "no limits on memory and processes",
        "no other user",
        "no_new_privs is missing",
        "Landlock is missing (it needs Linux 5.13 and to be switched on)",
        "seccomp is missing",
    ]


def test_a_strange_processor_is_reported(monkeypatch):
    monkeypatch.setattr(module, "ARCHITECTURES", {})
    assert module._filter_system_calls({})[0].startswith("seccomp is missing")


@as_root
def test_a_refused_filter_is_reported():
    """Without no_new_privs, only root may have a filter."""
    steps = [lambda: module._change_user(61_500), lambda: module._filter_system_calls({})]
    assert in_child(*steps)[0].startswith("seccomp is missing")
