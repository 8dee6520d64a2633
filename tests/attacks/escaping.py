"""Getting out of the sandbox: running code in the grader, or touching what is outside."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path

from . import POINTS, SOLVED, UNTOUCHED, answer, cell, read_notebook, upload, write_notebook

# Notices that it was run, in a place where the sandbox may not write.
TRAP = """
import os
for path in ("/tmp/trapped", "/dev/shm/trapped"):
    try:
        open(path, "w").close()
    except OSError:
        pass
"""


class _Trap:
    def __reduce__(self):
        return exec, (TRAP,)


def _upload(folder: Path, files: dict[str, str | bytes], base: str = SOLVED) -> None:
    """Write a notebook and files beside it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    write_notebook(read_notebook(base), folder)


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _solution() -> bytes:
    return json.dumps(read_notebook(SOLVED)).encode()


# -- code that the grader itself might run ----------------------------------------------------


@upload(POINTS, stock=False)
def pickle_in_otters_log(folder):
    """Sends a log for Otter's `grade_from_log`, which unpickles it."""
    import pickle

    files = dict.fromkeys((".OTTER_LOG", "results.pkl", ".otter/log"), pickle.dumps(_Trap()))
    _upload(folder, files)


@cell(says="the attack is done")
def pickle_in_place_of_results():
    """Has the notebook's results pickled as something that runs code when it is read."""
    import builtins
    import pickle

    class Trap:
        def __reduce__(self):
            code = "for p in ('/tmp/trapped', '/dev/shm/trapped'): open(p, 'w').close()"
            return builtins.exec, (code,)

    trap = pickle.dumps(Trap())
    pickle.dump = lambda results, file, *args, **options: file.write(trap)
    raise RuntimeError("the attack is done")


@answer(says="instead of a number")
def pickle_of_the_result(y):
    """Returns an object that runs code when it is unpickled, compared or shown."""

    class Trap:
        def __reduce__(self):
            return exec, ("open('/tmp/trapped', 'w').close()",)

        def trap(self, *args):
            open("/tmp/trapped", "w").close()

        __repr__ = __str__ = __format__ = __float__ = __eq__ = __array__ = __hash__ = trap

    return Trap()


@upload(0, "not answered yet", stock=False)
def own_lab_folder(folder):
    """Uploads a `lab` that accepts everything."""
    feedback = "def __getattr__(name): return lambda *args, **options: None\n" + TRAP
    names = ("lab/__init__.py", "lab/feedback.py", "lab/call.py", "lab.py", "lab/mistakes.py")
    _upload(folder, dict.fromkeys(names, feedback), UNTOUCHED)


@upload(POINTS, stock=False)
def modules_named_like_the_graders(folder):
    """Uploads modules under the names of those that the grader imports."""
    names = "numpy json otter socket psutil IPython inspect linecache tempfile autograder grader"
    names += " sandbox protocol limits subprocess select grading homework sessions files"
    _upload(folder, {f"{name}.py": TRAP for name in names.split()})


@upload(POINTS, stock=False)
def startup_files(folder):
    """Uploads what Python, IPython, pytest and tools run when they start."""
    names = "sitecustomize.py usercustomize.py conftest.py trap.pth pyvenv.cfg setup.py __init__.py"
    names += " __main__.py .ipython/profile_default/startup/a.py ipython_config.py matplotlibrc"
    names += " profile_default/startup/a.py run_autograder setup.sh"
    _upload(folder, dict.fromkeys(names.split(), TRAP))


@upload(POINTS, stock=False)
def own_grader(folder):
    """Uploads another grader: packages, settings, tests and results."""
    forged = json.dumps({"score": 1000, "tests": [], "output": "trapped"})
    files = {"grader/__init__.py": TRAP, "grader/gradescope/submission.py": TRAP}
    files |= {"otter_config.json": "{}", "homework.json": "{}", "results.json": forged}
    files |= {"results/results.json": forged, "pyproject.toml": "[tool]", "tests/q1a_i.py": TRAP}
    files |= {"gradient_descent/tests/q1a_i.py": TRAP, "solution.ipynb": _solution()}
    _upload(folder, files)


@upload(0, warm=True)
def tests_in_the_notebooks_metadata(folder):
    """Brings tests of its own in the notebook's metadata, where Otter can keep them."""
    notebook = read_notebook(UNTOUCHED)
    test = {"name": "q1a_i", "points": 18, "suites": [{"cases": [], "type": "doctest"}]}
    more = {"tests": {f"q1a_{i}": test for i in ("i", "ii", "iii")}, "grade_from_log": True}
    notebook["metadata"]["otter"] |= more
    for source in notebook["cells"]:
        source["metadata"]["otter"] = {"tests": ["q1a_i"], "points": 18}
    write_notebook(notebook, folder)


@upload(POINTS)
def kernel_that_is_a_command(folder):
    """Names a kernel, a language and a shell of its own in the notebook's metadata."""
    notebook = read_notebook(SOLVED)
    command = ["sh", "-c", "touch /tmp/trapped"]
    notebook["metadata"]["kernelspec"] = {
        "name": "$(touch /tmp/trapped)", "language": "bash", "argv": command, "display_name": "x",
    }  # fmt: skip
    notebook["metadata"]["language_info"] = {"name": "bash", "file_extension": "; touch /tmp/x"}
    write_notebook(notebook, folder)


# -- files ------------------------------------------------------------------------------------


@upload(POINTS, "no links or devices", stock=False)
def links_to_secrets(folder):
    """Uploads links to the tests, to the solution and to passwords, and to the root folder."""
    _upload(folder, {})
    targets = {"a.txt": "/etc/shadow", "lab2": "/", "tests": "../source/gradient_descent/tests"}
    targets |= {"b.ipynb": "../source/relu_sgd/solution.ipynb", "c": "../results/results.json"}
    for name, target in targets.items():
        (folder / name).symlink_to(target)


@upload(0, "no links or devices", stock=False)
def notebook_is_a_link_to_the_solution(folder):
    """Uploads nothing but links to the solutions that come with the grader."""
    for name in ("gradient_descent", "relu_sgd"):
        (folder / f"{name}.ipynb").symlink_to(f"../source/{name}/solution.ipynb")


@upload(0, "no links or devices", stock=False)
def notebook_is_a_pipe(folder):
    """Uploads a named pipe, and a folder, that are called like notebooks."""
    os.mkfifo(folder / "gradient_descent.ipynb")
    (folder / "relu_sgd.ipynb").mkdir()


@upload(POINTS, "such a path is not accepted", stock=False)
def zip_with_paths_to_elsewhere(folder):
    """Uploads a zip file whose members lie outside of it."""
    names = ("../../results/results.json", "/tmp/trapped", "..\\..\\trapped", "a/../../../x")
    members = dict.fromkeys(names, b'{"score": 1000}')
    data = _zipped({**members, "gradient_descent.ipynb": _solution()})
    (folder / "work.zip").write_bytes(data)


@upload(POINTS, "no links or devices", stock=False)
def zip_with_links(folder):
    """Uploads a zip file with links to secrets in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, target in (("notes.txt", "/etc/shadow"), ("relu_sgd.ipynb", "/etc/passwd")):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, target)
        archive.writestr("gradient_descent.ipynb", _solution())
    (folder / "work.zip").write_bytes(buffer.getvalue())


@upload(POINTS, "one upload may have at most", stock=False)
def zip_bomb(folder):
    """Uploads zip files that unpack to 300 MB."""
    for i in range(3):
        data = _zipped({"zeros.bin": bytes(100 * 2**20)})
        (folder / f"bomb{i}.zip").write_bytes(data)
    _upload(folder, {})


@upload(POINTS, "a zip file in a zip file", stock=False)
def zip_bomb_in_zip_files(folder):
    """Uploads zip files in zip files in zip files."""
    data = _zipped({"zeros.bin": bytes(50 * 2**20)})
    for _ in range(4):
        data = _zipped({f"{i}.zip": data for i in range(8)})
    (folder / "bomb.zip").write_bytes(data)
    _upload(folder, {})


@upload(POINTS, "this cannot be unpacked", stock=False)
def zip_that_lies(folder):
    """Uploads zip files whose tables promise other sizes than there are."""
    data = bytearray(_zipped({"zeros.bin": bytes(2**20), "b.txt": b"text"}))
    table = data.rindex(b"PK\x01\x02", 0, data.rindex(b"PK\x01\x02"))
    struct.pack_into("<I", data, table + 24, 10)
    (folder / "lies.zip").write_bytes(data)
    _upload(folder, {})


@cell(says="refused 13 times")
def files_are_written_outside():
    """Writes where everybody, or nobody, may write."""
    import os

    places = "/tmp/new /var/tmp/new /dev/shm/new /new /etc/new /usr/new /home/new ../new ../../new"
    places += " /autograder/new /tmp/autograder/new /tmp/autograder/submission/new /root/new"
    refused = 0
    for place in places.split():
        try:
            open(place, "w").close()
        except OSError:
            refused += 1
    os.environ["HOME"] = "/tmp"
    raise RuntimeError(f"refused {refused} times")


@cell(says="refused 15 times", dangerous=True, isolated=True)
def files_of_others_are_changed():
    """Overwrites, empties, renames, links and removes files of others that are open to all."""
    import os

    def overwrite(path):
        with open(path, "w") as file:
            file.write("changed")

    refused = 0
    for place in ("/tmp", "/var/tmp", "/dev/shm"):
        path = f"{place}/canary"
        for action in (overwrite, os.unlink, lambda path: os.truncate(path, 0),
                       lambda path: os.rename(path, f"{path}2"),
                       lambda path: os.link(path, "linked")):  # fmt: skip
            try:
                action(path)
            except OSError:
                refused += 1
    raise RuntimeError(f"refused {refused} times")


@cell(says="refused 12 times")
def modes_are_changed():
    """Opens the grader's folders to everybody."""
    import os

    refused = 0
    for top in ("/autograder", "/tmp/autograder", "..", "../.."):
        for name in ("source", "results", "submission"):
            try:
                os.chmod(f"{top}/{name}", 0o777)
            except OSError:
                refused += 1
    raise RuntimeError(f"refused {refused} times")


# -- processes and the system -----------------------------------------------------------------


@cell(says="refused 9 times")
def sockets_are_opened():
    """Connects to, and listens for, other programs and machines."""
    import socket

    refused = 0
    families = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK)
    kinds = [(family, kind) for family in families for kind in (1, 2)]
    for family, kind in kinds:
        try:
            socket.socket(family, kind)
        except OSError:
            refused += 1
    try:
        socket.create_connection(("127.0.0.1", 80), timeout=0.2)
    except PermissionError:  # any other error would come from the network
        refused += 1
    raise RuntimeError(f"refused {refused} times")


@cell(says="refused 9 times", dangerous=True)
def process_becomes_root():
    """Tries to become root, and to get namespaces, mounts and a root folder of its own."""
    import ctypes
    import os
    import subprocess

    libc, refused = ctypes.CDLL(None, use_errno=True), 0
    for become in (os.setuid, os.setgid, os.seteuid, os.setegid):
        try:
            become(0)
        except OSError:
            refused += 1
    try:
        os.setgroups([0])
    except OSError:
        refused += 1
    refused += libc.unshare(0x10000000) == -1
    refused += libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == -1
    refused += libc.chroot(b".") == -1
    done = subprocess.run(["su", "-c", "id"], capture_output=True, input=b"", timeout=1.5)
    refused += b"uid=0" not in done.stdout
    raise RuntimeError(f"refused {refused} times")


@cell(SOLVED, says="refused all", dangerous=True, isolated=True)
def everybody_is_killed():
    """Sends signals to all processes, to the parent, and to each by its number."""
    import os
    import signal

    refused = all_targets = 0
    others = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    for target in [-1, os.getppid(), *others]:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            if target != os.getpid():
                all_targets += 1
                try:
                    os.kill(target, number)
                except OSError:
                    refused += 1
    raise RuntimeError("refused all" if refused == all_targets else f"{all_targets - refused} hit")


@cell(SOLVED, says="refused all", isolated=True)
def signals_by_other_ways():
    """Sends signals by files, by process groups and by the kernel's less known calls."""
    import ctypes
    import fcntl
    import os

    libc, parent = ctypes.CDLL(None), os.getppid()
    results = [libc.kill(-os.getpgid(parent), 9), libc.syscall(200, parent, 9)]  # tkill
    results += [libc.syscall(234, parent, parent, 9), libc.syscall(424, 3, 9, None, 0)]
    reader, _ = os.pipe()
    for command in (8, 15):
        try:
            results.append(fcntl.fcntl(reader, command, parent))
        except OSError:
            results.append(-1)
    raise RuntimeError("refused all" if set(results) == {-1} else f"{results}")
