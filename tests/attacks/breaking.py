"""Bringing the grader down, or making it wait; also what students do by mistake."""

# ruff: noqa: F821, E731, SIM105 - the notebook defines these names, and other rules hold there
from __future__ import annotations

import sys

from . import SOLVED, answer, cell

ENDED = "ended the whole Python process"
LOOP = "is there an endless loop?"
TOO_LONG = "took longer than 2 seconds"

# Those that wait for a limit to pass have low ones. An honest cell takes less than a twentieth of
# the first, an honest test case less than a hundredth of the second.
SHORT_CELLS, SHORT_CASES = {"seconds_per_cell": 2}, {"seconds_per_test_case": 1.5}

# -- endless ----------------------------------------------------------------------------------


@cell(SOLVED, TOO_LONG, limits=SHORT_CELLS, warm=True)
def endless_loop_in_a_cell():
    """Loops in a cell."""
    while True:
        pass


@cell(SOLVED, LOOP, dangerous=True, stock=False, limits=SHORT_CELLS)
def endless_loop_in_a_cell_that_will_not_listen():
    """Loops in a cell, whatever signal or exception comes."""
    import signal

    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


@answer(says=LOOP, limits=SHORT_CASES)
def endless_loop_in_a_function(y):
    """Loops in a function."""
    while True:
        pass


@answer(says=LOOP, stock=False, limits=SHORT_CASES, warm=True)
def endless_loop_in_a_function_that_will_not_listen(y):
    """Loops in a function, whatever signal or exception comes."""
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


@answer(says=LOOP, stock=False, limits=SHORT_CASES, warm=True)
def sleep_in_a_function(y):
    """Sleeps for an hour."""
    import time

    time.sleep(3600)


@cell(SOLVED, TOO_LONG, limits=SHORT_CELLS, warm=True)
def deadlock_in_a_cell():
    """Waits for a lock that nobody opens."""
    import threading

    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


@cell(SOLVED, LOOP, stock=False, limits=SHORT_CELLS, warm=True)
def loop_outside_of_python():
    """Computes in C, where Python's signals do not arrive."""
    sum(range(10**13))


@answer(says="the value is wrong", stock=False, warm=True)
def process_of_a_test_does_not_end(y):
    """Returns, but keeps the test's process from ending."""
    import os
    import time

    os._exit = lambda code: time.sleep(3600)
    return 77.0


# -- the end of Python ------------------------------------------------------------------------


@cell(SOLVED, "SystemExit", warm=True)
def exit_in_a_cell():
    """Calls sys.exit."""
    import sys

    sys.exit("I am done")


@cell(SOLVED, f"{ENDED} (exit code 3)", warm=True)
def hard_exit_in_a_cell():
    """Calls os._exit."""
    import os

    os._exit(3)


@cell(SOLVED, "", warm=True)
def quit_in_a_cell():
    """Calls quit(), as one does in a terminal."""
    quit()


@cell(SOLVED, "KeyboardInterrupt", warm=True)
def interrupt_in_a_cell():
    """Raises what Ctrl-C raises."""
    raise KeyboardInterrupt


@answer(says="SystemExit", warm=True)
def exit_in_a_function(y):
    """Calls sys.exit."""
    import sys

    sys.exit()


@answer(says=f"{ENDED} (exit code 0)", warm=True)
def hard_exit_in_a_function(y):
    """Calls os._exit, as if all was well."""
    import os

    os._exit(0)


@answer(says="KeyboardInterrupt", warm=True)
def interrupt_in_a_function(y):
    """Raises what Ctrl-C raises."""
    raise KeyboardInterrupt


@answer(says="GeneratorExit", warm=True)
def generator_exit_in_a_function(y):
    """Raises what is no Exception."""
    raise GeneratorExit


@answer(says="too much memory or a crash", warm=True)
def crash_in_a_function(y):
    """Reads memory that there is not."""
    import ctypes

    ctypes.string_at(0)


@cell(SOLVED, "too much memory or a crash", warm=True)
def crash_in_a_cell():
    """Reads memory that there is not."""
    import ctypes

    ctypes.string_at(0)


@answer(says="RecursionError", warm=True)
def recursion(y):
    """Calls itself without end."""
    return constant_optimum(y)


# From 3.12 on, Python counts its own stack as well, and that brake stays.
ENDLESS_RECURSION = (
    "RecursionError" if sys.version_info >= (3, 12) else "too much memory or a crash"
)


@answer(says=ENDLESS_RECURSION, warm=True)
def recursion_without_a_limit(y):
    """Calls itself without end, and takes Python's brake off."""
    import sys

    sys.setrecursionlimit(10**9)

    class Deep:
        __repr__ = lambda self: repr([self])

    repr(Deep())


# -- using everything up ----------------------------------------------------------------------


@cell(SOLVED, "MemoryError", dangerous=True)
def memory_of_a_cell():
    """Takes memory until there is none left."""
    kept = []
    while True:
        kept.append(bytearray(16 * 2**20))


@answer(says="MemoryError")
def memory_of_a_function(y):
    """Asks for eight terabytes, as a table of all pairs would."""
    return np.ones((10**6, 10**6)).mean()


@cell(SOLVED, "done", dangerous=True)
def memory_that_is_shared():
    """Takes shared memory, which is no process's own."""
    import mmap

    kept = []
    try:
        while len(kept) < 200:
            kept.append(mmap.mmap(-1, 64 * 2**20))
    except (OSError, MemoryError):
        pass
    raise RuntimeError("done" if len(kept) < 60 else f"{len(kept)} pieces of 64 MB")


@cell(SOLVED, "BlockingIOError", isolated=True)
def all_processes_are_taken():
    """Starts sleeping processes until there can be no more."""
    import os
    import time

    while True:
        if os.fork() == 0:
            time.sleep(3600)


@cell(SOLVED, "", isolated=True)
def fork_bomb_in_a_cell():
    """Starts families of processes that fork, die and fork again, faster than one can kill."""
    import os

    for _ in range(8):
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            os.setsid()
            while True:
                try:
                    if os.fork():
                        os._exit(0)
                except OSError:
                    pass


@answer(says="the value is wrong", dangerous=True, isolated=True)
def fork_bomb_in_a_function(y):
    """Forks in a test, and leaves the children there."""
    import os

    while True:
        try:
            if os.fork() == 0:
                while True:
                    pass
        except OSError:
            return 77.0


@answer(says="the value is wrong")
def threads_without_end(y):
    """Starts threads until there can be no more."""
    import threading
    import time

    try:
        while True:
            threading.Thread(target=time.sleep, args=[100], daemon=True).start()
    except RuntimeError:
        return 77.0


@cell(SOLVED, TOO_LONG, limits=SHORT_CELLS, warm=True)
def endless_printing():
    """Prints in a loop that does not end."""
    while True:
        print("theta =", 1.0)


@cell(SOLVED, TOO_LONG, limits=SHORT_CELLS)
def flood_of_output():
    """Prints much without end, to both outputs and below Python."""
    import os
    import sys

    while True:
        print("x" * 10_000)
        print("y" * 10_000, file=sys.stderr)
        os.write(1, b"z" * 10_000)


@answer(says="the value is wrong", warm=True)
def output_of_a_function(y):
    """Prints a hundred megabytes before it returns."""
    for _ in range(100):
        print("x" * 2**20)
    return 77.0


@cell(SOLVED, "File too large")
def huge_file():
    """Writes one file that grows without end."""
    with open("huge", "wb") as file:
        while True:
            file.write(bytes(2**20))


@cell(SOLVED, "No space left on device", isolated=True)
def full_disk():
    """Fills the disk with files."""
    for i in range(100):
        with open(f"file{i}", "wb") as file:
            file.write(bytes(4 * 2**20))


@cell(SOLVED, ENDED, isolated=True)
def full_disk_and_another_start():
    """Fills the disk with files and ends the process, so that the notebook starts again."""
    import os

    try:
        for i in range(100):
            with open(f"file{i}", "wb") as file:
                file.write(bytes(4 * 2**20))
    except OSError:
        os._exit(4)


@cell(SOLVED)
def thousands_of_files():
    """Makes ten thousand files."""
    for i in range(10_000):
        open(f"file{i}", "w").close()


@cell(SOLVED)
def thousands_of_folders():
    """Makes a folder in a folder in a folder, deeper than a path can say or Python can follow."""
    import os

    for _ in range(1500):
        os.mkdir("deep")
        os.chdir("deep")


@cell(SOLVED, dangerous=True)
def closed_folder():
    """Makes a folder that cannot be listed, with a file in it."""
    import os

    os.mkdir("closed")
    open("closed/file", "w").close()
    os.chmod("closed", 0)


# -- much of what travels ---------------------------------------------------------------------


@answer(says="more than 4 MB", warm=True)
def huge_result(y):
    """Returns an array of 80 MB."""
    return np.zeros(10**7)


@answer(says="more than 4 MB", warm=True)
def huge_text(y):
    """Returns a text of 10 MB."""
    return "x" * 10**7


@answer(says="it stopped with an error", warm=True)
def huge_text_of_an_error(y):
    """Raises an error with a text of 10 MB."""
    raise RuntimeError("x" * 10**7)


@answer(says="", warm=True)
def huge_name(y):
    """Gives itself, and the class of its result, a name of 10 MB."""
    name = "x" * 10**7
    constant_optimum.__name__ = constant_optimum.__qualname__ = name
    return type(name, (), {})()


@answer(says="", warm=True)
def result_contains_itself(y):
    """Returns a list that contains itself."""
    result = []
    result.append(result)
    return result


@answer(says="", warm=True)
def result_that_explodes(y):
    """Returns a dict whose methods raise, exit and loop."""
    import os

    class Bomb(dict):
        def items(self):
            os._exit(9)

        __iter__ = __len__ = items

    return Bomb()


@cell(SOLVED, "", warm=True)
def thousands_of_huge_errors():
    """Raises an error of 100 kB in every cell."""
    from IPython import get_ipython

    shell = get_ipython()
    original = shell.run_cell

    def run_cell(source, *args, **options):
        result = original(source, *args, **options)
        result.error_in_exec = RuntimeError("x" * 10**5)
        return result

    shell.run_cell = run_cell


# -- background processes ---------------------------------------------------------------------


@cell(SOLVED, dangerous=True)
def daemon():
    """Leaves a process behind, in a session of its own and with every signal ignored."""
    import os
    import signal
    import time

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (1, 2, 3, 13, 15):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(3600)
        os._exit(0)


@answer(says="the value is wrong")
def daemon_of_a_function(y):
    """Leaves a process behind that a test has started."""
    import os
    import time

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
    return 77.0


@cell(SOLVED, dangerous=True)
def daemon_that_never_stays():
    """Forks and ends, over and over, to be another process by the time that it is killed."""
    import os

    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            while True:
                if os.fork():
                    os._exit(0)


@answer(says="the value is wrong")
def daemon_of_a_function_that_never_stays(y):
    """Does the same from a test case."""
    import os

    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            while True:
                if os.fork():
                    os._exit(0)
    return 0.0


@cell(SOLVED)
def daemon_of_the_shell():
    """Leaves a program behind, with nohup."""
    import subprocess

    subprocess.Popen("nohup sleep 3600 >/dev/null 2>&1 &", shell=True)


@cell(SOLVED, "")
def cell_that_returns_twice():
    """Forks, and both processes go on with the notebook."""
    import os

    os.fork()


@answer(says="the value is wrong")
def function_that_returns_twice(y):
    """Forks, and both processes return a result."""
    import os

    return 77.0 + os.fork() * 0


# -- the ground beneath one's feet ------------------------------------------------------------


@cell(SOLVED)
def folder_is_emptied():
    """Removes everything in its folder, `lab` as well."""
    import shutil

    shutil.rmtree(".", ignore_errors=True)


@cell(SOLVED)
def folder_is_gone():
    """Goes on in a folder that has been removed."""
    import os

    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")


@cell(SOLVED, ENDED, warm=True)
def all_files_are_closed():
    """Closes every open file, the grader's channel as well."""
    import os

    os.closerange(0, 256)


@cell(SOLVED, "", warm=True)
def alarm_is_set():
    """Has itself interrupted a little later."""
    import signal

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        pass


@cell(SOLVED, "", warm=True)
def limits_are_lowered():
    """Lowers its own limits on open files and memory, so that little works any more."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    resource.setrlimit(resource.RLIMIT_NPROC, (10_000, 10_000))


@cell(SOLVED, "", last=True, limits=SHORT_CASES, warm=True)
def session_is_rebuilt():
    """Patches what a session works with: forks, exits, messages and sockets."""
    import json
    import os
    import socket

    os.fork = lambda: 0
    os._exit = lambda code: None
    os.waitpid = lambda *args: (0, 0)
    json.dumps = lambda *args, **options: "{}"
    socket.socket.sendall = lambda *args: None


@cell(SOLVED, "", warm=True)
def children_are_ignored():
    """Lets the kernel forget children that end."""
    import signal

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


@answer(says="", warm=True)
def names_are_wiped():
    """Takes no argument, so that it cannot be called; and deletes all names."""
    globals().clear()


@cell(SOLVED, "", warm=True)
def builtins_are_wiped():
    """Deletes what Python cannot do without."""
    import builtins

    for name in ("len", "isinstance", "str", "dict", "hasattr", "getattr", "callable"):
        delattr(builtins, name)
