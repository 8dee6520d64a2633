"""The sandbox from the trusted side: what it does, and what it must not be able to do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import replace

import numpy as np
import psutil
import pytest
from support.sandbox import spawned_sandbox

from autograder.grader.limits import Limits
from autograder.grader.processes import Sandbox, remove
from autograder.grader.proxies import Environment, StudentFunction
from autograder.grader.sandbox.shell import Shell
from autograder.grader.sessions import Fault, Fork, Session

LIMITS = Limits(
    seconds_per_cell=20, seconds_per_test_case=20, seconds_in_total=100, memory_mb=256,
    processes=32, file_mb=1, message_mb=1, upload_mb=1, output_characters=1000,
)  # fmt: skip
# For what waits for a limit to pass. All else that is done with them takes milliseconds.
SHORT = replace(LIMITS, seconds_per_cell=1, seconds_per_test_case=1)
# For commands such as pip, which take seconds on a quiet machine.
LONG = replace(LIMITS, seconds_per_cell=120, seconds_in_total=400)
# For what must happen and cannot take long; as long as a very busy machine might need.
PATIENCE = 60


@pytest.fixture(scope="module")
def sandbox():
    with spawned_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def run(sandbox):
    """Return a function that runs cells in a new session and returns it with their errors."""
    sessions = []

    def run(*cells: str, files=None, limits=LIMITS):
        session = Session(sandbox, files or {}, limits, time.monotonic() + limits.seconds_in_total)
        sessions.append(session)
        faults, _ = session.run_cells(dict(enumerate(cells)))
        return session, {fault.index: fault.error for fault in faults}

    yield run
    for session in sessions:
        session.close()


def call(session: Session, name: str, *arguments, question: str = "q"):
    """Call a function of the notebook in a fork of its own."""
    with session.open_fork(question, [name]) as fork:
        return Environment(fork).get(name)(*arguments)


def below(sandbox: Sandbox) -> set[psutil.Process]:
    """Return all processes that the fork server has started, however indirectly."""
    return set(psutil.Process(sandbox.server).children(recursive=True))


# -- cells ------------------------------------------------------------------------------------


def test_cells_run_as_in_a_notebook(run):
    session, errors = run(
        "%matplotlib inline\nimport asyncio\nawait asyncio.sleep(0)",
        "!true\n%time x = 1\nx",
        "y = _ + 1",
        "%%bash\ntrue",
        "def f():\n    return x + y",
    )
    assert errors == {}
    assert call(session, "f") == 3


def test_one_cell_that_fails_does_not_stop_the_next(run):
    session, errors = run(
        "x = 1",
        "1 / 0",
        "x = (",
        "input()",
        "raise SystemExit",
        "def f(): return x",
        "import getpass\ngetpass.getpass(prompt='?')",
    )
    assert call(session, "f") == 1
    assert errors[1] == "ZeroDivisionError: division by zero\nin the line: 1 / 0"
    assert errors[2].startswith("SyntaxError: ")
    assert all("write the value into the code" in errors[index] for index in (3, 6))
    assert errors[4].startswith("SystemExit")


def test_syntax_that_this_python_does_not_know_is_named_with_its_line_and_the_python(run):
    _, errors = run("x = 1", "y = 2\nsyntax of tomorrow")
    python = "{}.{}".format(*sys.version_info)
    assert errors == {
        1: "SyntaxError: invalid syntax\nin the line: syntax of tomorrow\n"
        f"Grading runs Python {python}. If the line runs on your machine, it needs a newer Python: "
        "write it in another way."
    }


def test_slow_cell_is_stopped_and_keeps_what_it_defined(run):
    slow = "def f(): return 1\nwhile True: pass\ndef h(): return 3"
    session, errors = run(slow, "def g(): return 2", limits=SHORT)
    assert "TimeoutError: took longer than 1 seconds\nin the line: while True: pass" in errors[0]
    assert [call(session, name) for name in "fgh"] == [1, 2, 3]


@pytest.mark.parametrize("magic", ["%%time", "%%capture"])
def test_slow_cell_with_a_magic_on_top_keeps_what_it_defines_below(run, magic):
    session, errors = run(f"{magic}\nx = 1\nwhile True: pass\ndef f(): return x", limits=SHORT)
    assert "took longer than 1 seconds" in errors[0]
    assert call(session, "f") == 1


def test_cell_that_will_not_stop_is_killed_and_the_others_run_again(run):
    stubborn = "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except BaseException: pass\ndef h(): return 3"
    session, errors = run("def f(): return 1", stubborn, "def g(): return 2", limits=SHORT)
    assert errors == {1: "took longer than 1 seconds: is there an endless loop?"}
    assert [call(session, name) for name in "fgh"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("import os; os._exit(5)", "exit code 5"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_cell_that_ends_the_process_is_named(run, cell, words):
    session, errors = run("def f(): return 1", cell)
    assert words in errors[1]
    assert call(session, "f") == 1


def test_late_cells_define_what_they_define_and_leave_time_for_tests(run):
    # Half of the time is for cells: four of these fill it, and a slow start makes it shorter still.
    limits = replace(LIMITS, seconds_per_cell=2, seconds_in_total=16)
    sleep = "import time\ntime.sleep(1000)"
    late = "factor = 2\ntime.sleep(1000)\ndef f(x):\n    return factor * x"
    session, errors = run(*[sleep] * 4, late, "def g(): return 1", limits=limits)
    assert sorted(errors) == [0, 1, 2, 3, 4]
    assert "The cells before it took too long" in errors[4]
    assert "in the line: time.sleep(1000)" in errors[4]
    assert (call(session, "f", 3), call(session, "g")) == (6, 1)


def test_a_fork_that_comes_back_from_a_cell_does_not_speak(run):
    session, errors = run("import os\nos.fork()", "x = 1", "def f(): return x")
    assert errors == {}
    assert call(session, "f") == 1


# What a notebook's process says of a cell in which all went well.
DONE = "'error': None, 'stopped_at': 0, 'left_out': [], 'threads': False"


@pytest.mark.parametrize("status", [127, 65535, -1, 2**40, True, None, "0", [0]])
def test_forged_wait_status_is_no_news(run, status):
    say = (
        "import json, os\n"
        "def say(message):\n"
        "    data = json.dumps(message).encode()\n"
        "    os.write(3, len(data).to_bytes(4, 'big') + data)\n"
    )
    session, _ = run(
        say + f"say({{{DONE}}}); say({{'ended': {status!r}}}); os._exit(0)",
        "def g(): return 2",
    )
    for _ in range(2):
        with contextlib.suppress(Fault):  # nothing else, for that would be the grader's failure
            call(session, "g")


@pytest.mark.parametrize(
    "forged",
    [
        "'left_out': [1]", "'left_out': [['a']]", "'left_out': 5", "'left_out': {'a': 'b'}",
        "'left_out': [[[], {}]] * 99", "'left_out': [['x' * 9999, 'y' * 9999]] * 99",
        "'stopped_at': 'x'", "'stopped_at': [1]", "'stopped_at': 10**400", "'stopped_at': -1",
        "'stopped_at': float('inf')", "'threads': {}",
    ],
)  # fmt: skip
def test_forged_news_of_a_cell_is_checked(run, forged):
    session, _ = run()
    _, left_out = session.run_cells(
        {
            0: f"import json, os\ndata = json.dumps({{{DONE}, {forged}}}).encode()\n"
            "os.write(3, len(data).to_bytes(4, 'big') + data); os._exit(0)",
            1: "def g(): return 2",
        }
    )
    assert len(left_out) <= 20
    assert all(len(line.line) <= 200 and len(line.why) <= 200 for line in left_out)
    with contextlib.suppress(Fault):  # nothing else, for that would be the grader's failure
        call(session, "g")


@pytest.mark.parametrize("error", ["5", "[]", "'x'", "{'type': 3, 'text': [1], 'line': None}"])
def test_forged_error_of_a_cell_is_text_at_most(run, error):
    _, errors = run(
        f"import json, os\ndata = json.dumps({{{DONE}, 'error': {error}}}).encode()\n"
        "os.write(3, len(data).to_bytes(4, 'big') + data); os._exit(0)"
    )
    assert all(isinstance(text, str) for text in errors.values())


def test_endless_texts_are_cut_on_arrival(run):
    session, errors = run(
        "raise ValueError('x' * 10**6)",
        "import grader.sandbox.notebook as s\ns.LONGEST_TEXT = 10**9",
        "def f(): raise ValueError('y' * 500_000)",
    )
    assert len(errors[0]) < 11_000
    with pytest.raises(ValueError, match="yyy") as caught:
        call(session, "f")
    assert len(str(caught.value)) <= 10_000


# -- what works in JupyterLab, VS Code and Colab ------------------------------------------------


def left_out_of(session: Session, *cells: str) -> list[str]:
    """Run cells and return the lines that were left out, none of which is a fault."""
    faults, left_out = session.run_cells(dict(enumerate(cells)))
    assert faults == []
    return [line.line for line in left_out]


@pytest.mark.parametrize(
    "line",
    [
        "%cd .", "%cd ~", "%cd -q .", "%cd", "%pushd .", "%bookmark here", "%rehashx", "%store -r", "%env A=1", "%pwd",
        "%matplotlib widget", "%matplotlib notebook", "%config InlineBackend.figure_format='svg'",
        "%load_ext autoreload", "%time f = 1", "%who", "%history", "print?", "!true", "x = !ls", "x = !printf '\\\\377'",
        "%pip install numpy", "!pip install --quiet otter-grader", "!python -c 'import numpy'",
        "get_ipython().magic('%time f = 1')", "from IPython.core.display import display, HTML",
        "from IPython.display import set_matplotlib_formats\nset_matplotlib_formats('svg')",
    ],
)  # fmt: skip
def test_line_works_as_in_a_kernel(run, line):
    session, _ = run(limits=LONG)
    assert left_out_of(session, f"{line}\nf = 2") == []
    with session.open_fork("q", []) as fork:
        assert Environment(fork).get("f") == 2


def test_home_is_the_folder_of_the_notebook(run):
    """The home of the grader's user may be closed to student code."""
    session, errors = run(
        "import os\nhere = os.getcwd()\n%cd -q\ndef f(): return here, os.getcwd()"
    )
    assert errors == {}
    here, home = call(session, "f")
    assert here == home


@pytest.mark.parametrize(
    "line",
    [
        "%autosave 60", "%clear", "%less x", "%man ls", "%connect_info", "%qtconsole",
        "%tensorflow_version 2.x", "%load_ext nb_black", "%run gone.py",
        "%cd /content/drive/MyDrive", "%cd not/here", "%no_such_magic", "%matplotlib --no-such-option", "%pip install no-such-package",
        "!no_such_command", "!false", "%%no_such_magic", "%%memit -r 3",
        "%%time -q", "%%capture --no-such-option", "%%prun -x",
        "from google.colab import drive", "import google.colab.files as files",
    ],
)  # fmt: skip
def test_line_that_cannot_work_is_left_out_and_named(run, line):
    session, _ = run()
    assert left_out_of(session, f"{line}\nf = 2") == [line]
    with session.open_fork("q", []) as fork:
        assert Environment(fork).get("f") == 2


def test_what_a_line_that_is_left_out_gives_can_be_used(run):
    session, _ = run()
    cell = (
        "from google.colab import drive, files\n"
        "drive.mount('/content/drive', force_remount=True)\n"
        "name = next(iter(files.upload()), None)\n"
        "x = %no_such_magic\n"
        "y = !no_such_command\n"
        "get_ipython().kernel.do_shutdown(True)\n"
        "f = 2"
    )
    lines = ["from google.colab import drive, files", "%no_such_magic", "!no_such_command"]
    assert left_out_of(session, cell) == lines


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%no_such_magic"])
def test_line_below_a_magic_is_named_itself(run, magic):
    session, _ = run()
    cell = f"{magic}\n%autosave 60\n!false\n%pip install no-such-package\nf = 2"
    lines = ["%autosave 60", "!false", "%pip install no-such-package"]
    named = left_out_of(session, cell)
    assert named == ([magic, *lines] if magic == "%%no_such_magic" else lines)
    with session.open_fork("q", []) as fork:
        assert Environment(fork).get("f") == 2


def test_what_is_no_python_below_a_magic_that_is_not_here_is_left_out(run):
    session, _ = run()
    assert left_out_of(session, "%%sql\nselect * from x", "%%ai\nwrite my code") == [
        "%%sql",
        "%%ai",
    ]


def test_code_that_tries_whether_it_is_on_colab_finds_that_it_is_not(run):
    session, _ = run()
    cell = "try:\n    import google.colab\n    f = 1\nexcept ImportError:\n    f = 2"
    assert left_out_of(session, cell) == []
    with session.open_fork("q", []) as fork:
        assert Environment(fork).get("f") == 2


def test_error_in_the_students_own_code_is_none_of_a_magics(run):
    _, errors = run("%time 1 / 0\nx = 1", "%%capture\n1 / 0", "y = x", "%%no_such_magic\n1 / 0")
    assert errors.keys() == {0, 1, 2, 3}
    assert all("ZeroDivisionError" in errors[index] for index in (0, 1, 3))


def test_shell_line_that_takes_long_is_left_out(run):
    session, _ = run(limits=replace(LIMITS, seconds_per_cell=2))
    assert left_out_of(session, "!sleep 1000\nf = 2") == ["!sleep 1000"]


def test_shell_has_what_that_of_a_kernel_has():
    from ipykernel.zmqshell import ZMQInteractiveShell
    from IPython.core.interactiveshell import InteractiveShell

    more = set(dir(ZMQInteractiveShell)) - set(dir(InteractiveShell))
    public = {name for name in more if not name.startswith("_")}
    # Settings, which are no use without a kernel.
    assert public - set(dir(Shell)) <= {"keepkernel_on_exit", "readline_use"}


@pytest.mark.parametrize(
    "cell",
    [
        "import otter\nassert otter.__version__.count('.') == 2\ngrader = otter.Notebook('x.ipynb')",
        "import otter.check\ngrader = otter.check.notebook.Notebook(tests_dir='tests')",
        "from otter import *\ngrader = Notebook()",
        "from otter.check.notebook import Notebook as N\ngrader = N()",
        "import otter.assign.utils\nfrom otter.utils import anything\nanything().more[0] += 1\n"
        "grader = otter.Notebook.init_grading_mode(tests_dir='.') and otter.Notebook()",
        "import importlib, otter\nimportlib.reload(otter)\ngrader = otter.Notebook()",
        "import sys, otter\ndel sys.modules['otter']\nimport otter\ngrader = otter.Notebook()",
        "import otter\nclass Mine(otter.Notebook):\n    more = 1\ngrader = Mine()",
        "import otter, os\nprint(otter, os.path.dirname(otter.__file__), dir(otter), otter.Notebook)\n"
        "grader = otter.Notebook()",
    ],
)
def test_whatever_a_notebook_does_with_otter_its_checks_count(run, cell):
    session, errors = run(
        cell,
        "def f(): return 1\nassert grader.check('q').grade == 1\ngrader.check_all().total\n"
        "with grader.anything(1) as x: print(f'{x:.2f}', *x)\ngrader",
        "def f(): return 2",
    )
    assert errors == {}
    assert call(session, "f") == 1


# -- threads and processes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "body"),
    [
        (
            "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)",
            "list(pool.map(abs, x))",
        ),
        (
            "from concurrent.futures import ProcessPoolExecutor\npool = ProcessPoolExecutor(2)",
            "list(pool.map(abs, x, chunksize=2))",
        ),
        ("from multiprocessing.pool import ThreadPool\npool = ThreadPool(2)", "pool.map(abs, x)"),
        ("from multiprocessing import Pool\npool = Pool(processes=2)", "pool.map(abs, x)"),
        (
            "import multiprocessing\npool = multiprocessing.get_context('spawn').Pool(2)",
            "pool.map(abs, x)",
        ),
    ],
)
def test_pool_that_a_cell_starts_works_in_functions(run, cell, body):
    use = f"x = [-1, 2]\nassert {body} == [1, 2]"
    session, errors = run(f"{cell}\n{use}", f"def f(x): return {body}")
    assert errors == {}
    assert [call(session, "f", [-3]), call(session, "f", [4, -5])] == [[3], [4, 5]]


@pytest.mark.parametrize(
    "start", ["multiprocessing.Pool(40)", "concurrent.futures.ThreadPoolExecutor(40)"]
)
def test_pool_of_a_large_machine_works_in_functions(run, start):
    # More threads than processes are allowed, in the notebook's process and once more in a fork.
    cell = f"import concurrent.futures, multiprocessing, time\npool = {start}"
    body = "return len(list(pool.map(time.sleep, [0.01] * 50)))"
    session, errors = run(f"{cell}\ndef f():\n    {body}", "f()")
    assert errors == {}
    assert call(session, "f") == 50
    assert not session.short


def test_pool_that_finds_no_room_in_a_fork_costs_its_own_question_only(run):
    cell = "import multiprocessing\npools = [multiprocessing.Pool(7), multiprocessing.Pool(6)]"
    session, errors = run(cell, "def f():\n    return 1")
    assert errors == {}
    assert call(session, "f") == 1


def test_pool_that_a_function_starts_works(run):
    session, _ = run(
        "import multiprocessing\n"
        "def f(x):\n    with multiprocessing.Pool(2) as pool:\n        return pool.map(abs, x)"
    )
    assert call(session, "f", [-3]) == [3]


def test_waiting_for_a_thread_of_a_cell_is_explained(run):
    start = (
        "import queue, threading\nasked, answers = queue.Queue(), queue.Queue()\n"
        "def work():\n    while True: answers.put(asked.get())\n"
        "threading.Thread(target=work, daemon=True).start()"
    )
    ask = "def f():\n    asked.put(1)\n    return answers.get()"
    session, errors = run(start, f"{ask}\nassert f() == 1", "def g(): return 2", limits=SHORT)
    assert errors == {}
    with pytest.raises(Fault, match="wait for a thread that a cell has started"):
        call(session, "f")
    assert call(session, "g", question="another") == 2


@pytest.mark.parametrize("threads", ["OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS"])
def test_compiled_code_with_threads_works_in_functions(run, threads):
    pytest.importorskip("numba")
    session, errors = run(
        f"import os\nos.environ['{threads}'] = '2'\nimport numba, numpy as np\n"
        "@numba.njit(parallel=True)\n"
        "def f(x):\n"
        "    total = 0.0\n"
        "    for i in numba.prange(x.size): total += x[i]\n"
        "    return total\n"
        "f(np.ones(1000))",
        limits=replace(LIMITS, memory_mb=384, seconds_per_cell=60),
    )
    assert errors == {}
    assert call(session, "f", np.ones(3)) == 3


def test_torch_with_threads_works_in_functions(run):
    session, errors = run(
        "import os\nos.environ['OMP_NUM_THREADS'] = '2'\nimport torch\ntorch.set_num_threads(2)\n"
        "def f(n):\n"
        "    x = torch.ones(n, n, requires_grad=True)\n"
        "    (x @ x).sum().backward()\n"
        "    return float(x.grad[0, 0])\n"
        "f(300)",
        limits=replace(LIMITS, memory_mb=384, seconds_per_cell=60),
    )
    assert errors == {}
    assert call(session, "f", 400) == 800


# -- why something is not there -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import urllib.request\nurllib.request.urlopen('http://example.com')", "no network"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80))", "no network"),
        ("import socket\nsocket.socket()", "no network"),
        ("import multiprocessing\nmultiprocessing.Queue()", "cannot share memory"),
        ("import multiprocessing\nmultiprocessing.Manager()", "cannot share memory"),
        ("from multiprocessing.shared_memory import SharedMemory\nSharedMemory('x', True, 9)",
         "cannot share memory"),
        ("import no_such_module", "requirements.txt"),
        ("from lab_of_mine import helper", "upload it"),
        ("from os import no_such_name", ""),
        ("import os\nos.nice(5)", ""),
        ("import os\nos.kill(os.getpid(), 0)", ""),
        ("open('/etc/somewhere', 'w')", ""),
        ("import urllib.request\nurllib.request.urlopen('file:///nowhere')", ""),
        ("raise ConnectionError('mine')", ""),
    ],
)  # fmt: skip
def test_reason_is_given_only_where_it_is_one(run, code, words):
    function = "\n".join(["def f():", *(f"    {line}" for line in code.splitlines())])
    session, errors = run(code, function)
    with pytest.raises(Exception, match=r".") as caught:
        call(session, "f")
    for text in (errors[0], str(caught.value)):
        assert ("In grading" in text) == bool(words)
        assert words in text


# -- calls ------------------------------------------------------------------------------------


def test_arguments_change_as_the_function_changes_them(run):
    session, _ = run(
        "def f(a, b, c, d):\n    a += 1\n    b.append(4)\n    c['x'] = a\n    d[0][0] = 9\n"
        "    return None"
    )
    a, b, c, d = np.zeros(2), [np.ones(1), 2], {}, (np.zeros(1), 3)
    same = b[0]
    call(session, "f", a, b, c, d)
    np.testing.assert_equal(a, [1, 1])
    assert b[1:] == [2, 4]
    assert b[0] is same
    np.testing.assert_equal(c["x"], [1, 1])
    assert d[0][0] == 9


def test_argument_that_is_given_another_shape_is_a_fault(run):
    session, _ = run("def f(a):\n    a.resize(4, refcheck=False)")
    a = np.zeros(2)
    with pytest.raises(Fault, match="changed the shape"):
        call(session, "f", a)
    assert a.shape == (2,)


def test_names_that_are_no_functions_arrive_as_values(run):
    session, _ = run("f = 3\ng = None\nclass A: pass\nh = A()")
    with session.open_fork("q", []) as fork:
        environment = Environment(fork)
        assert environment.get("f") == 3
        assert environment.get("g") is None
        assert environment.get("nowhere") is None
        assert type(environment.get("h")).__name__ == "A"


def test_signatures_arrive(run):
    session, _ = run(
        "import functools, numpy as np\n"
        "def f(a, b=2, *, c): pass\n"
        "g = functools.partial(f, 1)\n"
        "class H:\n    def __call__(self, x): return x\n"
        "h = H()\nu = np.add"
    )
    with session.open_fork("q", []) as fork:
        environment = Environment(fork)
        signature = environment.get("f").__signature__
        signature.bind(1, c=3)
        with pytest.raises(TypeError):
            signature.bind(1)
        environment.get("g").__signature__.bind(5, c=1)
        assert environment.get("h")(7) == 7
        assert environment.get("u")(1, 2) == 3


def test_errors_arrive_with_type_text_and_line(run):
    session, _ = run(
        "class Mine(ValueError): pass\n"
        "def f(kind):\n"
        "    if kind == 'key': raise KeyError('x')\n"
        "    if kind == 'mine': raise Mine('m')\n"
        "    if kind == 'exit': raise SystemExit(3)\n"
        "    1 / 0\n"
    )
    with pytest.raises(KeyError) as caught:
        call(session, "f", "key")
    assert str(caught.value) == "'x'"
    with pytest.raises(ValueError, match=r"^m$") as caught:
        call(session, "f", "mine")
    assert type(caught.value).__name__ == "Mine"
    with pytest.raises(Exception, match="3") as caught:
        call(session, "f", "exit")
    assert type(caught.value).__name__ == "SystemExit"
    with pytest.raises(ZeroDivisionError) as caught:
        call(session, "f", "other")
    assert str(caught.traceback[-1].statement) == "1 / 0"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("while True: pass", "longer than 1 seconds"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("return np.zeros(10**6)", "more than 1 MB"),
        ("return 10**5000", "cannot be graded"),
    ],
)
def test_fault_in_a_call_costs_its_test_case_only(run, body, words):
    cells = ["import numpy as np", f"def f():\n    {body}", "def g(): return 2"]
    session, _ = run(*cells, limits=SHORT)
    with pytest.raises(Fault, match=words):
        call(session, "f")
    assert call(session, "g", question="another") == 2
    assert session.notebook.starts == 1  # the cells need not run again


def test_test_case_that_swallows_a_fault_is_told_again(run):
    session, _ = run("import os\ndef f(): os._exit(0)")
    with session.open_fork("q", []) as fork:
        f = Environment(fork).get("f")
        for _ in range(2):
            with pytest.raises(Fault):
                f()
        assert fork.fault


# -- forks ------------------------------------------------------------------------------------

COUNTING = """\
import numpy as np
calls = 0
def f(x): return np.sum(x)
def g(x): return f(x) + 1
def count():
    global calls
    calls += 1
    return calls
"""


def test_pure_functions_share_a_fork(run):
    session, _ = run(COUNTING)
    assert call(session, "f", [1, 2], question="q1") == 3
    fork = session.fork
    assert fork
    assert call(session, "g", [1, 2], question="q2") == 4
    assert session.fork is fork


def test_what_changes_something_is_the_last_in_its_fork(run):
    session, _ = run(COUNTING)
    for question in ("q1", "q2", "q2"):
        assert call(session, "f", [1], question=question) == 1
        assert call(session, "count", question=question) == 1
        assert session.fork is None


def test_what_is_looked_up_late_counts_as_well(run):
    session, _ = run(COUNTING)
    with session.open_fork("q1", ["f"]) as fork:
        assert Environment(fork).get("f").__globals__.get("count")() == 1
    assert session.fork is None


def test_names_in_a_shared_fork_are_those_of_each_question(run):
    session, _ = run(
        "import otter\ngrader = otter.Notebook('x')",
        *(f"def f(): return h()\ndef h(): return {n}\ngrader.check('q{n}')" for n in (1, 2)),
        "def h(): return 3",
    )
    forks = set()
    for question, value in (("q1", 1), ("q2", 2), ("other", 3), ("q1", 1)):
        assert call(session, "f", question=question) == value
        forks.add(session.fork)
    assert len(forks) == 1


def test_a_shared_fork_that_has_ended_costs_no_test_case(run, sandbox):
    session, _ = run(COUNTING)
    before = below(sandbox)
    assert call(session, "f", [1], question="q1") == 1
    (fork,) = below(sandbox) - before
    fork.kill()
    # It is gone for those who talk to it as soon as it has let go of its socket.
    while session.fork.is_waiting:
        time.sleep(0.01)
    assert call(session, "f", [1], question="q2") == 1
    assert session.fork


def test_what_a_shared_fork_has_used_is_free_for_the_next_question(run):
    session, _ = run(
        "import numpy as np",
        "def f(n):\n    table = np.ones(n)\n"
        "    def step(k): return table[k] if k == 0 else step(k - 1)\n    return step(3)",
        "def g(n): return np.ones(n).sum()",
    )
    assert call(session, "f", 20_000_000, question="q1") == 1
    assert session.fork
    assert call(session, "g", 20_000_000, question="q2") == 20_000_000


def test_a_value_that_runs_code_when_it_is_read_is_the_last_in_its_fork(run):
    session, _ = run(
        "class Seen:\n    names = []\n    def __getattr__(self, name): self.names.append(name)",
        "seen, plain = Seen(), 1.5\ndef count(): return len(Seen.names)",
    )
    with session.open_fork("q1", ["plain"]) as fork:
        pass
    assert session.fork is fork
    with session.open_fork("q1", ["seen"]):
        pass
    assert session.fork is None
    assert call(session, "count", question="q2") == 0


def test_processes_that_a_function_leaves_end_before_the_next_fork(run, sandbox):
    session, _ = run(COUNTING, "import os, time\ndef leave():\n    os.fork() or time.sleep(600)")
    before = below(sandbox)
    call(session, "f", [1], question="q1")
    call(session, "leave", question="q2")
    with session.open_fork("q1", ["f"]) as fork:
        assert Environment(fork).get("f")([1]) == 1
        assert len(below(sandbox) - before) == 1  # the fork


def test_hidden_tests_ask_for_unknown_names_in_a_fork_that_was_told_nothing(run):
    session, _ = run(COUNTING)
    for question in ("q1", "q2"):
        call(session, "f", [1], question=question)
    with session.open_fork("q1", ["f"], hidden=True) as told:
        pass
    with session.open_fork("q2", ["f"], hidden=True) as known:
        assert known is told
    with session.open_fork("q2", ["g"], hidden=True) as asked:
        assert asked is not told


# Leaves room for a few processes; and a magic that meets a full disk.
CROWD = """\
import os, time
for _ in range(27):
    os.fork() or (time.sleep(600), os._exit(0))
"""
COMMAND = "import subprocess\nsubprocess.run('exit 3', shell=True, check=True)"
NO_ROOM = """\
code = "def fail(line):\\n    raise OSError(28, 'No space left on device')"
exec(code, library := {})
get_ipython().register_magic_function(library["fail"], "line", "fail")
"""


@pytest.mark.parametrize(
    ("cell", "is_short"),
    [
        ("raise OSError(28, 'No space left on device')", True),
        ("for _ in range(40):\n    os.fork() or time.sleep(60)", True),
        ("for _ in range(40):\n    threading.Thread(target=time.sleep, args=[60]).start()", True),
        # What comes of a thread too many, or of a full disk, below something else.
        ("import multiprocessing.pool as m\npools = [m.ThreadPool(5) for _ in range(9)]", True),
        ("try:\n    raise OSError(28, 'full')\nexcept OSError:\n    raise ValueError", True),
        (CROWD + COMMAND, True),
        (COMMAND, False),
        ("raise OSError(13, 'Permission denied')", False),
        ("time.sleep(60)", True),  # as if it did not get the CPU
        ("raise ValueError('no luck')", False),
        ("os._exit(9)", False),
    ],
)
def test_shortages_are_noted_for_neighbours_may_cause_them(run, cell, is_short):
    session, errors = run(f"import os, threading, time\n{cell}", limits=SHORT)
    assert len(errors) == 1
    assert session.short == is_short


@pytest.mark.parametrize(
    ("cell", "is_short"),
    [
        ("!true | false", False),
        ("%alias_magic a nothing_named_so", False),
        (CROWD + "!false", True),
        (CROWD + "%system false", True),
        (NO_ROOM + "%fail", True),
    ],
)
def test_shortages_behind_lines_that_are_left_out_are_noted(run, cell, is_short):
    session, errors = run(cell)
    assert errors == {}
    assert session.short == is_short


def test_shortage_in_a_function_is_noted(run):
    session, _ = run("def f():\n    raise OSError(28, 'No space left on device')")
    with pytest.raises(OSError, match="No space left"):
        call(session, "f")
    assert session.short


def test_case_without_a_fork_is_noted(run):
    code = "import os\ndef fail():\n    raise BlockingIOError(11, 'no more')\nos.fork = fail"
    session, _ = run(f"{code}\ndef f():\n    return 1")
    with pytest.raises(Fault):
        call(session, "f")
    assert session.short


def test_fork_that_did_not_get_the_cpu_is_noted(run):
    session, _ = run("import time\ndef f():\n    time.sleep(60)", limits=SHORT)
    with pytest.raises(Fault, match="took longer than 1 seconds"):
        call(session, "f")
    assert session.short
    session, _ = run("x = 1", limits=SHORT)
    fork = Fork(session)
    fork.waited = 1
    fork._note_starving({"ended": 9, "seconds": 0.9})
    assert not session.short


def test_question_that_hung_is_not_waited_for_as_long_again(run):
    session, _ = run("def f():\n    while True: pass", limits=SHORT)
    with pytest.raises(Fault, match="longer than 1 seconds"):
        call(session, "f")
    with pytest.raises(Fault, match=r"longer than 0\.2 seconds"):
        call(session, "f")
    with pytest.raises(Fault, match="longer than 1 seconds"):
        call(session, "f", question="another")


def test_each_test_case_begins_where_the_cells_ended(run):
    session, _ = run("n = 0\ndef f():\n    global n\n    n += 1\n    return n")
    assert [call(session, "f"), call(session, "f")] == [1, 1]


def test_question_is_graded_with_the_names_of_its_check(run):
    session, _ = run(
        "import otter\ngrader = otter.Notebook()\ndef helper(): return 1\ndef f(): return helper()",
        "grader.check('q1')",
        "def helper(): return 2",
        "grader.check('q2'); grader.export(); grader.check_all()",
    )
    assert [call(session, "f", question=q) for q in ("q1", "q2", "q3")] == [1, 2, 2]


# -- what must not be possible ----------------------------------------------------------------


def test_cells_that_run_again_report_no_second_error(run):
    # After the first time, a cell could show what a hidden test had sent.
    session, errors = run("raise ValueError('once')", PARENT, "def g(): return 1")
    assert list(errors) == [0]
    end_session(session)
    assert call(session, "g") == 1
    assert session.notebook.starts == 2
    assert list(errors) == [0]


PARENT = "import os\ndef parent(): return os.getppid()"


def end_session(session):
    """Kill a session from outside; its next test case needs another one."""
    os.kill(call(session, "parent"), signal.SIGKILL)
    with pytest.raises(Fault):
        call(session, "parent")


def test_session_that_cannot_start_again_costs_its_own_notebook_only(run):
    session, _ = run(PARENT)
    other, _ = run("def g(): return 1")
    end_session(session)
    remove(session.notebook.folder)
    session.notebook.folder.write_text("in the way, like a full disk")
    with pytest.raises(Fault, match="could not be run again"):
        call(session, "parent")
    assert session.short
    assert call(other, "g") == 1
    assert not other.short
    session.notebook.folder.unlink()


def test_session_has_no_open_file_of_the_grader(run):
    session, _ = run("import os\ndef f(): return sorted(map(int, os.listdir('/proc/self/fd')))")
    session_files = call(session, "f")
    # Nothing but the standard three, the fork's channel, and the listing itself.
    assert len(session_files) <= 5


def test_each_start_has_a_fresh_folder(run):
    session, _ = run(
        PARENT,
        "def f(): open('left behind', 'w').close()",
        "def g(): return sorted(name for name in os.listdir('.') if name[0] != '.')",
        files={"data/a.txt": b"1"},
    )
    call(session, "f")
    assert call(session, "g") == ["data", "left behind"]
    end_session(session)
    assert call(session, "g") == ["data"]
    assert len(list(session.notebook.folder.iterdir())) == 1


def test_nothing_outlives_the_session(sandbox):
    session = Session(sandbox, {}, LIMITS, time.monotonic() + LIMITS.seconds_in_total)
    before = below(sandbox)  # with the supervisor and the notebook
    session.run_cells(
        {
            0: "import os, subprocess, time\n"
            "def f():\n"
            "    for _ in range(3):\n"
            "        if os.fork() == 0:\n"
            "            os.setsid()\n"
            "            if os.fork() == 0:\n"
            "                while True: time.sleep(0.01)\n"
            "            os._exit(0)\n"
            "        os.wait()\n"
            "    subprocess.Popen(['sleep', '1000'])"
        }
    )
    call(session, "f")
    left = below(sandbox) - before
    assert len(left) >= 4  # three daemons, one sleeper
    session.close()
    _, alive = psutil.wait_procs(left | before, timeout=PATIENCE)
    assert not alive
    assert not session.notebook.folder.exists()


def test_process_left_by_a_call_is_removed_before_the_next_test_case(run, sandbox):
    session, _ = run(
        "import os, time\n"
        "def f():\n"
        "    if os.fork() == 0:\n"
        "        if os.fork() == 0:\n"
        "            while True: time.sleep(0.01)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "    return 1",
        "def g(): return 2",
    )
    before = below(sandbox)
    assert call(session, "f") == 1
    left = below(sandbox) - before
    assert left
    assert call(session, "g", question="the next") == 2
    _, alive = psutil.wait_procs(left, timeout=PATIENCE)
    assert not alive
    assert session.notebook.starts == 1


def test_fork_bomb_ends_with_its_test_case(run):
    session, _ = run(
        "import os\n"
        "def f():\n"
        "    while True:\n"
        "        try: os.fork()\n"
        "        except OSError: pass",
        "def g(): return 1",
        limits=SHORT,
    )
    with pytest.raises(Fault, match="longer than"):
        call(session, "f")
    assert call(session, "g", question="another") == 1


def test_answers_of_a_leftover_are_not_taken_for_those_of_the_next_case(run):
    noise = (
        "import os\n"
        "def f():\n"
        "    for fd in range(3, 30):\n"
        "        try: os.write(fd, b'\\0\\0\\0\\x0c{\"ended\": 0}')\n"
        "        except OSError: pass\n"
        "    return 1"
    )
    session, _ = run(noise, "def g(): return 2")
    call(session, "f")  # may come to anything, in its own test case
    assert call(session, "g") == 2


def test_environment_of_the_grader_is_not_passed_on(sandbox, run, monkeypatch):
    monkeypatch.setenv("GRADER_SECRET", "x")
    with spawned_sandbox() as other:
        session = Session(other, {}, LIMITS, time.monotonic() + LIMITS.seconds_in_total)
        session.run_cells({0: "import os\ndef f(): return dict(os.environ)"})
        seen = call(session, "f")
        session.close()
    assert "GRADER_SECRET" not in seen
    assert seen["OMP_NUM_THREADS"] == "1"


def test_functions_look_like_functions(run):
    session, _ = run("def f(x): return x")
    with session.open_fork("q", []) as fork:
        f = Environment(fork).get("f")
        assert isinstance(f, StudentFunction)
        assert callable(f)
        assert f.__name__ == "f"


@pytest.mark.parametrize(("name", "by_helper"), [("f", True), ("g", False), ("h", False)])
def test_an_error_of_a_helper_has_a_frame_inside_that_of_the_function(run, name, by_helper):
    session, _ = run(
        "def helper(y): return y.none",
        "import json\n"
        "def f(y): return helper(y)\n"
        "def g(y): return sum(each.none for each in y)\n"
        "def h(y): return json.loads(str(y))",
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011 (of several kinds)
        call(session, name, [1.0, None])
    frames = [frame for frame, _ in traceback.walk_tb(caught.tb)]
    own = next(frame for frame in frames if frame.f_code.co_name == name)
    assert (frames[-1] is not own) == by_helper
    assert frames[-1].f_globals is own.f_globals


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")
def test_sandbox_runs_as_a_user_of_its_own(run):
    session, _ = run("import os\ndef f(): return [os.getuid(), os.getgid(), os.getgroups()]")
    uid, gid, groups = call(session, "f")
    assert uid == gid
    assert uid > 60_000
    assert groups == []


# A parent of one that sleeps, one that has ended, and one with a child of its own.
FAMILY = """
import os, sys, time
from autograder.grader.sandbox import descendants
ended, asleep, parent = os.fork(), -1, -1
if ended == 0:
    os._exit(0)
asleep = os.fork()
if asleep == 0:
    time.sleep(60)
read, write = os.pipe()
parent = os.fork()
if parent == 0:
    grandchild = os.fork()
    if grandchild:
        os.write(write, str(grandchild).encode())
    time.sleep(60)
grandchild = int(os.read(read, 20))
os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
children = {ended, asleep, parent}
assert descendants.find_children(os.getpid()) == children
alive = {ended: False, asleep: True, parent: True, grandchild: True}
assert descendants.find_descendants(os.getpid()) == alive
if sys.platform == "linux":
    descendants.open = lambda name, *rest, **options: open(
        name.replace("children", "no such list"), *rest, **options
    )
    assert descendants.find_children(os.getpid()) == children
for process in (asleep, parent, grandchild):
    os.kill(process, 9)
"""


def test_a_family_of_processes_is_known_also_without_the_kernels_lists(root):
    subprocess.run([sys.executable, "-c", FAMILY], cwd=root, check=True)
