"""Getting points that nobody has earned."""

# ruff: noqa: F821, E731, SIM105 - the notebook defines these names
from __future__ import annotations

import base64
import struct

from . import (
    POINTS,
    PUBLIC_Y,
    SOLVED,
    UNTOUCHED,
    VICTIM,
    VICTIM_POINTS,
    answer,
    cell,
    read_notebook,
    registering,
    replace_function,
    write_notebook,
)

# -- what tests compare with ------------------------------------------------------------------


@cell(warm=True)
def numpy_agrees_with_everything():
    """Patches what NumPy compares with."""
    import numpy as np

    for name in ("isclose", "allclose", "array_equal", "array_equiv", "isfinite", "all", "any"):
        setattr(np, name, lambda *args, **options: True)
    for name in [name for name in dir(np.testing) if name.startswith("assert_")]:
        setattr(np.testing, name, lambda *args, **options: None)


@answer(UNTOUCHED, "the value is wrong", to="constant_gradient", warm=True)
def numpy_makes_every_expected_value_zero(theta, y):
    """Patches what tests work out the right values with, and returns what is expected then."""
    import numpy as np

    np.mean = np.sum = lambda *args, **options: 0.0
    return 0.0


@cell(warm=True)
def feedback_accepts_everything():
    """Patches the functions of `lab.feedback` that tests call."""
    import lab.call
    import lab.feedback

    for module in (lab.feedback, lab.call):
        for name in ("check_call", "get_result", *dir(module)):
            if name.startswith(("check_", "get_result")):
                setattr(module, name, lambda *args, **options: (None, None))


@cell(warm=True)
def every_value_is_close():
    """Patches the comparison in `lab.mistakes`, where everybody takes it from."""
    import lab.call
    import lab.feedback
    import lab.mistakes

    for module in (lab.mistakes, lab.call, lab.feedback):
        module.close = lambda *args, **options: True


@cell(warm=True)
def otter_passes_every_test():
    """Patches all classes of Otter that can be found, the stand-in's as well."""
    import sys

    import otter

    def passes(self, *args, **options):
        self.test_case_results = []

    for name in ("otter.test_files.exception_test", "otter.test_files.abstract_test"):
        try:
            __import__(name)
        except ImportError:
            continue
    otter.Notebook.check = otter.Notebook.__init__ = lambda *args, **options: None
    for name, module in list(sys.modules.items()):
        for kind in list(vars(module).values()) if name.startswith("otter") else ():
            if isinstance(kind, type) and "TestFile" in kind.__name__:
                kind.run = passes
                kind.score = kind.possible = property(lambda self: 100)
                kind.passed_all = True
    test_case = getattr(sys.modules.get("otter.test_files.exception_test"), "test_case", None)
    if test_case:
        test_case.call_func = lambda *args: None


@cell(warm=True)
def modules_are_swapped():
    """Puts an own module in place of each that could decide."""
    import sys
    import types

    class Agreeable(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return lambda *args, **options: None

    for name in ("lab.feedback", "lab.call", "lab.mistakes", "grader", "grader.protocol"):
        sys.modules[name] = Agreeable(name)


@cell(warm=True)
def imports_are_hijacked():
    """Has every later import of `lab.feedback` answered by a finder of its own."""
    import importlib.abc
    import importlib.util
    import sys

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, path=None, target=None):
            if name.startswith("lab."):
                return importlib.util.spec_from_loader(name, self)

        def exec_module(self, module):
            for name in ("gradient", "contributions", "optimum", "update"):
                setattr(module, f"check_{name}", lambda *args, **options: None)

    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder())


@cell(warm=True)
def saving_results_makes_them_right():
    """Patches the pickling of results, so that whatever is saved has passed."""
    import pickle

    import dill

    def forging(save):
        def forge(results, *args, **options):
            for file in getattr(results, "results", {}).values():
                file.test_case_results = [
                    type(result)(result.test_case, "", True) for result in file.test_case_results
                ]
            return save(results, *args, **options)

        return forge

    for module in (pickle, dill):
        module.dump, module.dumps = forging(module.dump), forging(module.dumps)


# -- results that lie -------------------------------------------------------------------------


@answer(UNTOUCHED, "instead of a number", to="constant_gradient", warm=True)
def object_equals_everything(theta, y):
    """Returns an object that agrees with whatever it is compared with."""

    class Yes:
        __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = lambda *args: True
        __sub__ = __rsub__ = __abs__ = __mul__ = __rmul__ = __getitem__ = lambda self, *args: self
        __float__ = lambda self: -1.6
        __array__ = lambda self, *args, **options: np.float64(-1.6)
        shape, ndim, dtype, detach = (), 0, np.dtype(float), lambda self: self

        def __hash__(self):
            return 0

    return Yes()


@answer(UNTOUCHED, "the value is wrong", to="constant_gradient", warm=True)
def number_equals_everything(theta, y):
    """Returns a float that agrees with whatever it is compared with."""

    class Number(float):
        __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda *args: True
        __sub__ = __rsub__ = __abs__ = lambda *args: 0.0
        __hash__ = float.__hash__

    return Number(77)


@answer(UNTOUCHED, "the value is wrong", to="constant_contributions", warm=True)
def array_equals_everything(theta, y):
    """Returns an array whose every operation says yes."""

    class Array(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            return np.zeros(len(self)) if ufunc in (np.subtract, np.absolute) else np.True_

        def __array_function__(self, function, types, args, options):
            return np.True_

        __eq__ = __lt__ = __le__ = lambda *args: True

    return np.full(len(y), 77.0).view(Array)


@answer(UNTOUCHED, "not a finite number", to="constant_gradient", warm=True)
def result_is_no_number(theta, y):
    """Returns nan, which no comparison finds different."""
    return float("nan")


@answer(UNTOUCHED, "the value is wrong", to="constant_contributions")
def result_changes_later(theta, y):
    """Returns an array that a thread goes on changing."""
    import threading

    result = np.zeros(len(y))

    def change():
        while True:
            result[:] = np.random.normal(size=len(y))

    threading.Thread(target=change, daemon=True).start()
    return result


@answer(UNTOUCHED, "it stopped with an error", to="constant_gradient", warm=True)
def every_input_is_refused(theta, y):
    """Raises what tests accept for integers, for everything."""
    raise ValueError("I refuse")


@answer(UNTOUCHED, "the value is wrong", to="constant_gradient", warm=True)
def callers_know_the_answer(theta, y):
    """Looks for the expected value in the frames of whoever calls, and returns it."""
    import gc
    import sys

    frame, found = sys._getframe(), []
    while frame := frame.f_back:
        found += [frame.f_locals[name] for name in ("expected", "right") if name in frame.f_locals]
    for thing in gc.get_objects() if not found else ():
        if isinstance(thing, dict) and isinstance(thing.get("expected"), float):
            found.append(thing["expected"])
    return found[0] if found else 77.0


# -- results.json -----------------------------------------------------------------------------


@cell()
def results_are_planted():
    """Writes a results.json wherever one might be looked for."""
    import json

    forged = json.dumps({"score": 18, "tests": [], "output": "full marks"})
    for folder in (".", "..", "results", "../results", "../../results", "/autograder/results",
                   "/tmp/autograder/results", "/tmp/results"):  # fmt: skip
        try:
            with open(f"{folder}/results.json", "w") as file:
                file.write(forged)
        except OSError:
            pass


@cell(dangerous=True)
def results_are_rewritten_by_a_daemon():
    """Leaves a process behind that writes results.json again and again."""
    import json
    import os
    import time

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            forged = json.dumps({"score": 18, "tests": [], "output": "full marks"})
            for _ in range(1000):
                for folder in ("../results", "/autograder/results", "/tmp/autograder/results"):
                    try:
                        with open(f"{folder}/results.json", "w") as file:
                            file.write(forged)
                    except OSError:
                        pass
                time.sleep(0.01)
        os._exit(0)


@cell()
def results_are_rewritten_at_exit():
    """Writes results.json, and whatever Otter has pickled, when Python ends."""
    import atexit
    import glob
    import json

    def rewrite():
        forged = json.dumps({"score": 18, "tests": [], "output": "full marks"})
        places = ("../results", "../../results", "/autograder/results", "/tmp/autograder/results")
        for path in [f"{place}/results.json" for place in places] + glob.glob("*.pkl"):
            try:
                with open(path, "w") as file:
                    file.write(forged)
            except OSError:
                pass

    atexit.register(rewrite)


# -- messages on the grader's channel ---------------------------------------------------------

FORGE = """
def {victim}(y):
    import os

    def message(text):
        return len(text).to_bytes(4, "big") + text.encode()

    data = {data}
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, data)
        except OSError:
            pass
    return 77.0
"""
UNGRADABLE = "returned something that cannot be graded"
SOMETHING_ELSE = "sent something else than results to the grader"
# What a wrong value is followed by: the check calls once more, with other arguments than these.
RESIZED = "changed the shape of an argument"
# What a function sends that leaves the public test's arguments as they are.
_DATA = base64.b64encode(struct.pack(f"<{len(PUBLIC_Y)}d", *PUBLIC_Y)).decode()
RETURNED = '{"returned": %s, "arguments": [{"array": "<f8", "shape": [5], "data": "'
RETURNED += f'{_DATA}"}}], "keywords": {{"dict": []}}}}'


def _forged_answer(name: str, describes: str, data: str, says: str = UNGRADABLE, **more) -> None:
    """Register a function that writes ``data``, an expression, to every open file."""

    def attack():
        pass

    def write(_, folder):
        notebook = read_notebook(SOLVED)
        replace_function(notebook, VICTIM, FORGE.format(victim=VICTIM, data=data))
        write_notebook(notebook, folder)

    attack.__name__, attack.__doc__, attack.__module__ = name, describes, __name__
    points = POINTS - VICTIM_POINTS
    registering(write, points, says, "message", stock=False, **more)(attack)


def _returning(value: str) -> str:
    return f"message({RETURNED % value!r})"


_forged_answer("several_answers", "Answers a hundred times before it returns.",
               f"{_returning('5.0')} * 100", RESIZED, warm=True)  # fmt: skip
_forged_answer("giant_length", "Announces four gigabytes.", r"b'\xff\xff\xff\xff' + b'x' * 1000",
               "it is larger than 4 MB")  # fmt: skip
_forged_answer("half_a_message", "Announces more than it sends.", r"b'\0\0\xff\xff' + b'[1, '",
               "is there an endless loop?", limits={"seconds_per_test_case": 1.5}, warm=True)  # fmt: skip
_forged_answer("no_json", "Sends bytes that are no text.", r"b'\0\0\0\4\xff\xfe\0\0'",
               "it is not a message", warm=True)  # fmt: skip
_forged_answer("message_is_a_list", "Sends JSON that is no object.", "message('[1, 2]')",
               SOMETHING_ELSE, warm=True)  # fmt: skip
_forged_answer("message_is_empty", "Sends an object without anything.", "message('{}')",
               "returned None instead of a number", warm=True)  # fmt: skip
_forged_answer("infinity", "Sends JSON's unofficial numbers.", _returning("-Infinity"),
               "not a finite number", warm=True)  # fmt: skip
_forged_answer("nested_message", "Nests lists a hundred thousand deep.",
               "message('[' * 10**5 + ']' * 10**5)", "it is not a message")  # fmt: skip
_forged_answer("nested_value", "Nests a value a hundred deep.", _returning("[" * 99 + "]" * 99),
               "it is nested too deep", warm=True)  # fmt: skip
_forged_answer("duplicate_keys", "Says it two times, right and wrong.",
               """message('{"returned": 2.8, "returned": 5, "arguments": [], "keywords": 1}')""",
               RESIZED, warm=True)  # fmt: skip
_forged_answer("unknown_tag", "Sends a value of a kind that there is not.",
               _returning('{"pickle": "gASVCg=="}'), "it is not a value", warm=True)  # fmt: skip
_forged_answer("array_of_objects", "Sends addresses as an array of objects.",
               _returning('{"array": "|O", "shape": [1], "data": "AAAAAAAAAAA="}'), warm=True)  # fmt: skip
_forged_answer("huge_array_of_objects", "Announces an array of 10**18 objects.",
               _returning('{"array": "object", "shape": [1000000000, 1000000000], "data": ""}'))  # fmt: skip
_forged_answer("negative_shape", "Sends an array with negative sides.",
               _returning('{"array": "<f8", "shape": [-2, -4], "data": "AAAAAAAA8D8="}'), warm=True)  # fmt: skip
_forged_answer("wrong_size", "Sends less data than the shape asks for.",
               _returning('{"array": "<f8", "shape": [9], "data": "AAAAAAAA8D8="}'), warm=True)  # fmt: skip
_forged_answer("lone_surrogate", "Raises an error with half a character, and a NUL, in its text.",
               r"""message('{"raised": {"type": "ValueError", "text": "\\ud800 \\u0000 x"}}')""",
               "it stopped with an error", warm=True)  # fmt: skip
_forged_answer("number_of_5000_digits", "Sends a number that takes long to read.",
               "message('{\"returned\": ' + '7' * 5000 + '}')", "it is not a message", warm=True)  # fmt: skip
_forged_answer("number_of_4000_digits", "Sends a number that no float can hold.",
               "message('{\"returned\": ' + '7' * 4000 + '}')", "OverflowError", warm=True)  # fmt: skip
_forged_answer("error_of_the_grader", "Claims an error that would end the grader.",
               """message('{"raised": {"type": "SystemExit", "text": "0", "line": "x"}}')""",
               "SystemExit")  # fmt: skip
_forged_answer("argument_of_another_kind", "Says that it has made objects of the numbers.",
               """message('{"returned": 5, "keywords": {"dict": []}, "arguments": '
               '[{"array": "object", "shape": [5], "data": ""}]}')""",
               "the call changed its argument y", warm=True)  # fmt: skip
_forged_answer("colliding_keys", "Sends a dict whose keys all have the same hash.",
               """message('{"returned": {"dict": [' + ','.join(
               f'[{i * (2**61 - 1)}, 0]' for i in range(1, 40_000)) + ']}}')""",
               "")  # fmt: skip
_forged_answer("thousands_of_classes", "Sends an object of another class, 250,000 times.",
               """message('{"returned": [' + ','.join(['{"opaque":"a"}'] * 250_000) + ']}')""",
               "cannot be graded", cpu_seconds=60)  # fmt: skip
_forged_answer("thousands_of_parameters", "Describes a function with 200,000 parameters.",
               """message('{"function": "f", "parameters": [' + ','.join(
               f'["a{i}",1,false]' for i in range(200_000)) + ']}')""",
               "cannot be graded")  # fmt: skip


@cell(says=SOMETHING_ELSE, stock=False, warm=True)
def cell_answers_before_it_is_asked():
    """Sends answers of test cases from a cell."""
    import json
    import os

    text = json.dumps({"returned": -1.6, "function": "f", "value": -1.6, "ended": 0}).encode()
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, (len(text).to_bytes(4, "big") + text) * 100)
        except OSError:
            pass


@cell(says=SOMETHING_ELSE, stock=False, warm=True)
def cell_reports_a_strange_error():
    """Sends an error that is a text instead of a description."""
    import os

    text = b'{"error": "boo"}'
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, len(text).to_bytes(4, "big") + text)
        except OSError:
            pass


@cell(says="", stock=False, warm=True)
def cell_hides_its_errors():
    """Answers for the cells that follow, and leaves the grader's channel full of answers."""
    import os

    text = b'{"error": null}'
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, (len(text).to_bytes(4, "big") + text) * 500)
        except OSError:
            pass


@cell(says="", stock=False, warm=True)
def process_ends_in_an_impossible_way():
    """Keeps the session's channel for test cases, and reports a status that no process has."""
    import os
    import socket

    kept = []
    for descriptor in range(3, 20):
        try:
            kept.append(os.dup(descriptor))
        except OSError:
            pass

    def break_off():
        for descriptor in kept:
            try:
                channel = socket.socket(fileno=os.dup(descriptor))
                for text in (b'{"ended": 0}', b'{"ended": 127}', b'{"ended": 127}'):
                    channel.send(len(text).to_bytes(4, "big") + text)
                channel.shutdown(socket.SHUT_RD)
            except OSError:
                pass

    os.register_at_fork(after_in_child=break_off)
