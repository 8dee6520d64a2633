"""The sandbox from the trusted side: what it does, and what it must not be able to do."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from autograder.grader.limits import Limits
from autograder.grader.processes import Sandbox, remove
from autograder.grader.proxies import Environment, StudentFunction
from autograder.grader.sessions import Fault, Session

LIMITS = Limits(
    seconds_per_cell=20, seconds_per_test_case=20, seconds_in_total=100, memory_mb=256,
    processes=32, file_mb=1, message_mb=1, upload_mb=1, output_characters=1000,
)  # fmt: skip
# For what waits for a limit to pass. All else that is done with them takes milliseconds.
SHORT = replace(LIMITS, seconds_per_cell=1, seconds_per_test_case=1)
# For what must happen and cannot take long; as long as a very busy machine might need.
PATIENCE = 60


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def run(sandbox):
    """Return a function that runs cells in a new session and returns it with their errors."""
    sessions = []

    def run(*cells: str, files=None, limits=LIMITS):
        session = Session(sandbox, files or {}, limits, time.monotonic() + limits.seconds_in_total)
        sessions.append(session)
        faults = session.run_cells(dict(enumerate(cells)))
        return session, {fault.index: fault.error for fault in faults}

    yield run
    for session in sessions:
        session.close()


def call(session: Session, name: str, *arguments, question: str = "q"):
    """Call a function of the notebook in a test case of its own."""
    with session.open_case(question) as case:
        return Environment(case).get(name)(*arguments)


def below(sandbox: Sandbox) -> set[psutil.Process]:
    """Return all processes that the fork server has started, however indirectly."""
    return set(psutil.Process(sandbox.process.pid).children(recursive=True))


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
        "x = 1", "1 / 0", "x = (", "%nothing", "input()", "raise SystemExit", "def f(): return x"
    )
    assert call(session, "f") == 1
    assert errors[1] == "ZeroDivisionError: division by zero\nin the line: 1 / 0"
    assert errors[2].startswith("SyntaxError: ")
    assert "not found" in errors[3]
    assert "write the value into the code" in errors[4]
    assert errors[5].startswith("SystemExit")


def test_syntax_that_this_python_does_not_know_is_named_with_its_line_and_the_python(run):
    _, errors = run("x = 1", "y = 2\nsyntax of tomorrow")
    python = "{}.{}".format(*sys.version_info)
    assert errors == {
        1: "SyntaxError: invalid syntax\nin the line: syntax of tomorrow\n"
        f"Grading runs Python {python}. If the line runs on your machine, it needs a newer Python: "
        "write it in another way."
    }


def test_slow_cell_is_stopped_and_keeps_what_it_defined(run):
    session, errors = run("def f(): return 1\nwhile True: pass", "def g(): return 2", limits=SHORT)
    assert "TimeoutError: took longer than 1 seconds" in errors[0]
    assert (call(session, "f"), call(session, "g")) == (1, 2)


def test_cell_that_will_not_stop_is_killed_and_the_others_run_again(run):
    stubborn = "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except BaseException: pass"
    session, errors = run("def f(): return 1", stubborn, "def g(): return 2", limits=SHORT)
    assert errors == {1: "took longer than 1 seconds: is there an endless loop?"}
    assert (call(session, "f"), call(session, "g")) == (1, 2)


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


def test_late_cells_are_given_up_so_that_time_is_left_for_tests(run):
    # Half of the time is for cells: two of these fill it, and a slow start makes it shorter still.
    limits = replace(LIMITS, seconds_per_cell=2, seconds_in_total=8)
    sleep = "import time\ntime.sleep(1000)"
    session, errors = run("def f(): return 1", *[sleep] * 4, limits=limits)
    assert "not run: the cells before it took too long" in errors[4]
    assert call(session, "f") == 1


def test_a_fork_that_comes_back_from_a_cell_does_not_speak(run):
    session, errors = run("import os\nos.fork()", "x = 1", "def f(): return x")
    assert errors == {}
    assert call(session, "f") == 1


@pytest.mark.parametrize("status", [127, 65535, -1, 2**40, True, None, "0", [0]])
def test_forged_wait_status_is_no_news(run, status):
    say = (
        "import json, os\n"
        "def say(message):\n"
        "    data = json.dumps(message).encode()\n"
        "    os.write(3, len(data).to_bytes(4, 'big') + data)\n"
    )
    session, _ = run(
        say + f"say({{'error': None}}); say({{'ended': {status!r}}}); os._exit(0)",
        "def g(): return 2",
    )
    for _ in range(2):
        with contextlib.suppress(Fault):  # nothing else, for that would be the grader's failure
            call(session, "g")


@pytest.mark.parametrize("error", ["5", "[]", "'x'", "{'type': 3, 'text': [1], 'line': None}"])
def test_forged_error_of_a_cell_is_text_at_most(run, error):
    _, errors = run(
        f"import json, os\ndata = json.dumps({{'error': {error}}}).encode()\n"
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
    with session.open_case("q") as case:
        environment = Environment(case)
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
    with session.open_case("q") as case:
        environment = Environment(case)
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
    with session.open_case("q") as case:
        f = Environment(case).get("f")
        for _ in range(2):
            with pytest.raises(Fault):
                f()
        assert case.fault


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
    assert call(other, "g") == 1
    session.notebook.folder.unlink()


def test_session_has_no_open_file_of_the_grader(run):
    session, _ = run("import os\ndef f(): return sorted(map(int, os.listdir('/proc/self/fd')))")
    session_files = call(session, "f")
    # Nothing but the standard three, the case's channel, and the listing itself.
    assert len(session_files) <= 5


def test_each_start_has_a_fresh_folder(run):
    session, _ = run(
        PARENT,
        "def f(): open('left behind', 'w').close()",
        "def g(): return sorted(os.listdir('.'))",
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
    with Sandbox() as other:
        session = Session(other, {}, LIMITS, time.monotonic() + LIMITS.seconds_in_total)
        session.run_cells({0: "import os\ndef f(): return dict(os.environ)"})
        seen = call(session, "f")
        session.close()
    assert "GRADER_SECRET" not in seen
    assert seen["OMP_NUM_THREADS"] == "1"


def test_functions_look_like_functions(run):
    session, _ = run("def f(x): return x")
    with session.open_case("q") as case:
        f = Environment(case).get("f")
        assert isinstance(f, StudentFunction)
        assert callable(f)
        assert f.__name__ == "f"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")
def test_sandbox_runs_as_a_user_of_its_own(run):
    session, _ = run("import os\ndef f(): return [os.getuid(), os.getgid(), os.getgroups()]")
    uid, gid, groups = call(session, "f")
    assert uid == gid
    assert uid > 60_000
    assert groups == []
