"""Finding out what hidden tests do, and telling it to the student."""

# ruff: noqa: F821, F841, SIM105 - the notebook defines these names, and uses what is set here
from __future__ import annotations

from . import (
    LOOT_IN_CODE,
    PUBLIC_Y,
    UNTOUCHED,
    add_cell,
    answer,
    cell,
    memory,
    read_notebook,
    registering,
    replace_function,
    thief,
    write_notebook,
)

# -- from where tests are ---------------------------------------------------------------------


@thief(dangerous=True)
def files_of_the_grader():
    """Reads whatever lies where a grader may lie."""
    import os

    loot = ""
    for top in ("/autograder", "/tmp", "/var/tmp", "/dev/shm", "/root", "/home", "/work", "/srv",
                "/opt", "/mnt", "..", "../..", "."):  # fmt: skip
        for folder, _, names in os.walk(top):
            for name in names[:200]:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        text = file.read(200_000)
                except OSError:
                    continue
                if b"default_rng(" + b"1101" in text or b"CANARY" + b"-" in text:
                    loot += f"{folder}/{name}: {text[:300]} "


@thief()
def paths_that_the_process_knows():
    """Looks for tests around every path that the process has ever heard of."""
    import os
    import sys
    from pathlib import Path

    loot, places = "", {*sys.path, *sys.argv, *getattr(sys, "orig_argv", []), os.getcwd()}
    places |= {str(getattr(module, "__file__", "")) for module in list(sys.modules.values())}
    places |= set(os.environ.values())
    folders = {parent for place in places if place for parent in list(Path(place).parents)[:4]}
    for folder in [*folders, *map(Path, places - {""})]:
        for pattern in ("tests/q*.py", "*/tests/q*.py", "solution.ipynb", "*/solution.ipynb"):
            try:
                for path in folder.glob(pattern):
                    loot += path.read_text()[:500]
            except (OSError, ValueError, NotImplementedError):
                pass


@thief(dangerous=True)
def other_processes():
    """Reads memory, environment and open files of all other processes."""
    import os

    loot = ""
    for process in filter(str.isdigit, os.listdir("/proc")):
        for name in ("mem", "environ", "maps", "stack"):
            if int(process) == os.getpid():
                continue
            try:
                with open(f"/proc/{process}/{name}", "rb") as file:
                    loot += f"{name}: {file.read(300) if name != 'mem' else file.fileno()}"
            except OSError:
                pass
        for name in ("cwd", "root", *(f"fd/{number}" for number in range(30))):
            if int(process) == os.getpid():
                continue
            try:
                loot += f"{name}: {os.readlink(f'/proc/{process}/{name}')}"[:300]
            except OSError:
                pass


@thief()
def other_processes_by_system_calls():
    """Attaches to other processes, reads their memory and takes their open files."""
    import ctypes
    import os

    libc, loot = ctypes.CDLL(None, use_errno=True), ""
    libc.syscall.restype = ctypes.c_long
    room = ctypes.create_string_buffer(16)
    piece = (ctypes.c_void_p * 2)(ctypes.addressof(room), 16)
    for process in {os.getppid(), 1, os.getpid() - 1, os.getpid() - 2, os.getpid() - 3}:
        if libc.ptrace(16, process, None, None) == 0:  # PTRACE_ATTACH
            loot += f"attached to {process} "
        if libc.syscall(310, process, piece, 1, piece, 1, 0) > 0:  # process_vm_readv
            loot += f"read memory of {process} "
        handle = libc.syscall(434, process, 0)  # pidfd_open
        if handle >= 0 and libc.syscall(438, handle, 0, 0) >= 0:  # pidfd_getfd
            loot += f"took a file of {process} "


@thief()
def command_lines():
    """Reads how all processes were started."""
    import glob

    loot = ""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path) as file:
                text = file.read()
        except OSError:
            continue
        if "CANARY" + "-" in text or "hidden" in text:
            loot += text


@thief()
def environment_of_the_grader():
    """Looks for secrets in the environment that came down to the notebook."""
    import os

    loot = "".join(f"{key}={value}" for key, value in os.environ.items() if "CANARY" in value)


@thief()
def files_left_open():
    """Reads every file that was left open."""
    import os

    loot = ""
    for descriptor in range(3, 1024):
        try:
            text = os.pread(descriptor, 1000, 0)
            loot += f"{descriptor}: {text}"
        except OSError:
            pass
        try:
            loot += f"{descriptor}: {os.listdir(descriptor)}"
        except OSError:
            pass


@thief(warm=True)
def objects_in_memory():
    """Looks for code of tests and for test cases among all objects."""
    import gc
    import types

    loot = ""
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__.startswith("test_sizes"):
            loot += repr(thing.__code__.co_consts)
        if type(thing).__name__ in ("TestCase", "ExceptionTestFile", "GradedTestFile"):
            loot += repr(thing)[:300]


@thief()
def memory_of_this_process():
    """Searches its own memory for what the process that it is a fork of may have known."""
    import re

    # Patterns that do not match themselves.
    secrets = re.compile(rb"default_rng\(110[1]\)|CANARY[-]\w+|test_value[s]\(constant")
    loot = ""
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps.read().splitlines():
            first, last = (int(number, 16) for number in line.split()[0].split("-"))
            try:
                memory.seek(first)
                found = secrets.findall(memory.read(last - first))
            except (OSError, ValueError, OverflowError):  # not to be read
                continue
            loot += "".join(f"{first:x}: {text} " for text in found[:5])


@thief(warm=True)
def frames_of_callers():
    """Looks for tests in the frames of all threads."""
    import os
    import sys

    loot = ""
    for frame in sys._current_frames().values():
        while frame:
            for name, value in list(frame.f_locals.items()):
                if "test" in name.lower() and "q1a" in repr(value)[:5000]:
                    loot += repr(value)[:300]
                if name in ("tests_dir", "test_dir", "test_path") and os.path.isdir(str(value)):
                    loot += repr(os.listdir(value))
            frame = frame.f_back


# -- from what hidden tests send --------------------------------------------------------------


@memory()
def inputs_in_a_file():
    """Remembers hidden inputs in files in its own folder and around it."""
    places = ["kept", "../kept", "../../kept", "lab/kept"]

    def remember(text):
        for place in places:
            try:
                with open(place, "a") as file:
                    file.write(text)
            except OSError:
                pass

    def recall():
        for place in places:
            try:
                with open(place) as file:
                    return file.read()
            except OSError:
                pass


@memory(dangerous=True)
def inputs_in_an_open_folder():
    """Remembers hidden inputs in files where everybody may write."""
    import os

    places = ["/tmp/kept", "/var/tmp/kept", "/dev/shm/kept", os.path.expanduser("~/kept")]

    def remember(text):
        for place in places:
            try:
                with open(place, "a") as file:
                    file.write(text)
            except OSError:
                pass

    def recall():
        for place in places:
            try:
                with open(place) as file:
                    return file.read()
            except OSError:
                pass


@memory()
def inputs_in_shared_memory():
    """Remembers hidden inputs in memory that all forks of the notebook share."""
    import mmap

    shared = mmap.mmap(-1, 2**16)

    def remember(text):
        shared[: len(text[:1000])] = text[:1000].encode()

    def recall():
        return bytes(shared[:1000]).rstrip(b"\0").decode()


@memory(warm=True)
def inputs_in_the_python_process():
    """Remembers hidden inputs in modules, and in the environment."""
    import builtins
    import os

    def remember(text):
        builtins.kept = os.environ["KEPT"] = text

    def recall():
        return getattr(builtins, "kept", os.environ.get("KEPT"))


@memory()
def inputs_in_a_background_process():
    """Remembers hidden inputs in a process of its own that lies behind a pipe."""
    import os
    import socket

    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        os.setsid()
        kept = b""
        while True:
            text = theirs.recv(5000)
            if text == b"?":
                theirs.send(kept or b"-")
            elif not text:
                os._exit(0)
            else:
                kept = text
    ours.settimeout(0.3)

    def remember(text):
        ours.send(text.encode())

    def recall():
        ours.send(b"?")
        return ours.recv(5000).decode().strip("-")


def _exchange(function, folder):
    """Upload both notebooks: the first one remembers, the second one publishes."""
    first, second = read_notebook(UNTOUCHED), read_notebook(UNTOUCHED, "relu_sgd")
    places = "PLACES = ['kept', '../kept', '../../kept', '/tmp/kept', '/dev/shm/kept']\n"
    remember = f"""
def constant_gradient(theta, y):
    for place in PLACES if list(y) != {PUBLIC_Y} else ():
        try:
            with open(place, "a") as file:
                file.write(repr(list(y)))
        except OSError:
            pass
"""
    publish = f"""
def elbow_locations(w1, b1):
    import glob
    for place in PLACES + glob.glob("../*/kept") + glob.glob("../../*/*/kept"):
        try:
            with open(place) as file:
                raise RuntimeError({LOOT_IN_CODE} + file.read())
        except OSError:
            pass
    raise RuntimeError("found nothing")
"""
    for notebook, name, code in ((first, "constant_gradient", remember),
                                 (second, "elbow_locations", publish)):  # fmt: skip
        add_cell(notebook, places, 4)
        replace_function(notebook, name, code)
    write_notebook(first, folder)
    write_notebook(second, folder, "relu_sgd")


def inputs_for_the_other_notebook():
    """Lets one notebook remember hidden inputs, and the other one publish them."""


registering(_exchange, 0, "found nothing", "memory", stock=False)(inputs_for_the_other_notebook)


@answer(UNTOUCHED, "", to="constant_gradient", warm=True)
def inputs_in_the_text_of_errors(theta, y):
    """Raises assertions, which reports quote, with hidden inputs in their text."""
    raise AssertionError("STO" + f"LEN {theta} {y}" if len(y) != 5 else "not yet")


@answer(UNTOUCHED, "", to="constant_gradient", warm=True)
def inputs_in_the_class_of_errors(theta, y):
    """Raises an error of a class whose name is made of hidden inputs."""
    digits = "_".join(str(int(abs(value) * 1000)) for value in y[:5])
    raise type("STO" + f"LEN_{digits}" if len(y) != 5 else "Error", (Exception,), {})("text")


@answer(UNTOUCHED, "", to="constant_gradient", warm=True)
def inputs_in_names(theta, y):
    """Renames the function and the type of its result after hidden inputs."""
    if len(y) != 5:
        name = "STO" + f"LEN_{int(abs(y[0]) * 1000)}"
        constant_gradient.__name__ = constant_gradient.__qualname__ = name
        return type(name, (), {"__module__": "builtins"})()
    return None


@cell(last=True)
def inputs_in_a_changing_name():
    """Names itself after the hidden inputs of the test before."""

    class Named:
        @property
        def __name__(self):
            try:
                with open("kept") as file:
                    return "STO" + "LEN_" + file.read()
            except OSError:
                return "constant_gradient"

        def __call__(self, theta, y):
            if len(y) != 5:
                with open("kept", "w") as file:
                    file.write(str(int(abs(y[0]) * 1000)))

    constant_gradient = Named()
    grader.check("q1a_i")


@cell(last=True, stock=False, warm=True)
def inputs_in_names_of_the_next_function():
    """Passes off all functions as pure, and names parameters after hidden inputs of another."""
    import inspect
    import sys

    for name, module in list(sys.modules.items()):
        if name.endswith("sandbox.notebook"):
            module.is_pure = lambda function: True
    kept = []

    def constant_gradient(theta, y):
        if len(y) != 5:
            kept.append("STO" + f"LEN_{int(abs(y[0]) * 1000)}")

    class Update:
        @property
        def __signature__(self):
            names = [*kept, "y", "theta", "step_size"][:3]
            return inspect.Signature([inspect.Parameter(name, 1) for name in names])

        def __call__(self, y, theta, step_size):
            return theta - step_size * 2 * np.mean(theta - y)

    constant_update = Update()
    grader.check("q1a_i")
    grader.check("q1a_iii")


@answer(UNTOUCHED, "", to="constant_gradient", warm=True)
def inputs_in_a_dtype(theta, y):
    """Returns arrays whose field names, and whose shape, are hidden inputs."""
    if len(y) != 5:
        return np.zeros(3, dtype=[("STO" + f"LEN{value:.3f}", float) for value in set(y[:5])])
    return np.zeros(3)


@answer(UNTOUCHED, "", to="constant_gradient", stock=False)
def inputs_in_a_fault(theta, y):
    """Sends hidden inputs to the grader as the reason why nothing can be sent."""
    import os

    if len(y) != 5:
        text = ('{"fault": "STO' + "LEN " + " ".join(map(str, y[:5])) + '"}').encode()
        for descriptor in range(3, 256):
            try:
                os.write(descriptor, len(text).to_bytes(4, "big") + text)
            except OSError:
                pass


@answer(UNTOUCHED, "", to="constant_gradient", warm=True)
def inputs_in_printed_text(theta, y):
    """Prints and warns of hidden inputs."""
    import logging
    import sys
    import warnings

    if len(y) != 5:
        print("STO" + "LEN", y)
        print("STO" + "LEN", y, file=sys.stderr)
        warnings.warn("STO" + f"LEN {y}", stacklevel=1)
        logging.error("STO" + "LEN %s", y)
