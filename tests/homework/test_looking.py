"""Cells that only look, with the answers that they need still missing, half there, or wrong."""

from __future__ import annotations

import ast
import re
import sys

import numpy as np
import pytest
from lab import figures, training, yours
from lab.data import make_dataset
from lab.network import init_params
from lab.yours import NotYet, ask, ask_parts

RETURN_NOTHING = "def {name}(*arguments):\n    pass"
RAISE = "def {name}(*arguments):\n    return arguments[0].nonsense + '{name}'"
TEXT = "def {name}(*arguments):\n    return 'many'"
WRONG_SHAPE = "def {name}(*arguments):\n    return np.zeros((3, 2))"
UNDEFINED = "if '{name}' in globals():\n    del {name}"
STUB = "def {name}(*arguments):\n    raise NotImplementedError('{question}: write it')"
KINDS = {
    "stub": STUB,
    "nothing": RETURN_NOTHING,
    "raises": RAISE,
    "text": TEXT,
    "wrong shape": WRONG_SHAPE,
    "undefined": UNDEFINED,
}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Skip what takes long and is no matter here: pixels, and 20,000 steps."""
    monkeypatch.setattr(figures, "_bundle", lambda fig, alt: {})
    monkeypatch.setattr(figures, "display", lambda bundle, raw: None)
    whole = training.train_with

    def short(*arguments, **options):
        return whole(*arguments, **options | {"n_steps": 20})

    monkeypatch.setattr(training, "train_with", short)


def looking(master) -> list[str]:
    """Return the sources of the cells that use answers, in order."""
    cells = [cell.source for cell in master.notebook.cells if cell.cell_type == "code"]
    return [source for source in cells if "with waiting()" in source]


def prepare(master, answers: dict[str, str]) -> dict:
    """Run what is above the first picture, and the solutions or what is put in their place."""
    space: dict = {"np": np, "explore": lambda histories, dataset: None}
    for cell in master.notebook.cells:
        given = "def test_" not in cell.source and "NotImplementedError" not in cell.source
        # The imports, the data; not the cells that ask for files of a release.
        plain = not re.search(r"with |otter|doctor|practice|explore\(", cell.source)
        if cell.cell_type == "code" and given and plain:
            exec(cell.source, space)
    for question in master.questions:
        for function in question.functions:
            exec(function.source, space)
            if kind := answers.get(function.name):
                exec(kind.format(name=function.name, question=question.id), space)
    return space


def said_by(source: str, space: dict, capsys) -> str:
    exec(compile(source, "cell", "exec"), space)
    return capsys.readouterr().out


def functions_in(source: str, master) -> set[str]:
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return names & {f.name for question in master.questions for f in question.functions}


def test_every_function_has_its_question(masters):
    assert {
        function.name: question.id
        for master in masters
        for question in master.questions
        for function in question.functions
    } == yours.QUESTIONS


@pytest.mark.parametrize("part", [0, 1])
def test_with_all_answers_no_cell_gives_up(part, masters, capsys):
    space = prepare(masters[part], {})
    for source in looking(masters[part]):
        assert figures.NOTHING not in said_by(source, space, capsys), source


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0, 1])
def test_each_cell_names_in_one_line_a_question_to_answer_first(part, kind, masters, capsys):
    master = masters[part]
    names = [f.name for question in master.questions for f in question.functions]
    space = prepare(master, dict.fromkeys(names, KINDS[kind]))
    for source in looking(master):
        said = said_by(source, space, capsys)
        (line,) = [line for line in said.splitlines() if line.startswith(figures.NOTHING)]
        used = {yours.QUESTIONS[name] for name in functions_in(source, master)}
        assert used & set(re.findall(r"q\d\w+", line)), line
        assert len(line) < 300


@pytest.mark.parametrize("name", yours.QUESTIONS)
@pytest.mark.parametrize("kind", ["stub", "nothing"])
def test_the_one_answer_that_is_missing_is_named(kind, name, masters, capsys):
    (master,) = [m for m in masters if name in {f.name for q in m.questions for f in q.functions}]
    space = prepare(master, {name: KINDS[kind]})
    for source in looking(master):
        said = said_by(source, space, capsys)
        if name in functions_in(source, master):
            assert re.search(rf"{figures.NOTHING} yet: .*\b{yours.QUESTIONS[name]}\b", said), said
        elif figures.NOTHING in said:  # an answer of the cell calls it
            assert yours.QUESTIONS[name] in said or "returns" in said or "stops" in said


def test_a_result_may_be_whatever_a_check_accepts():
    torch = pytest.importorskip("torch")
    for one in (2, 2.0, np.float32(2), np.array(2), torch.tensor(2.0, requires_grad=True)):
        assert ask(lambda value=one: value) == 2.0
    many = torch.tensor([1.0, 2.0], requires_grad=True)
    assert ask(lambda: many, shape=(2,)).tolist() == [1.0, 2.0]
    assert ask_parts(lambda: [many, 3], shapes=[(2,), ()])[1] == 3.0


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, r"returns nothing \(is its return missing\?\) where a number is wanted"),
        (np.zeros(3), r"returns an array of shape \(3,\) where a number is wanted"),
        ("two", "returns a str where a number is wanted"),
        ([[1], [1, 2]], "returns a list where a number is wanted"),
    ],
)
def test_what_cannot_be_drawn_is_named(result, words):
    def constant_gradient():
        return result

    with pytest.raises(NotYet, match=f"^constant_gradient {words}$"):
        ask(constant_gradient)


def test_parts_are_numbered():
    def network_gradient():
        return np.zeros(2), None

    with pytest.raises(NotYet, match="network_gradient, value 2, returns nothing"):
        ask_parts(network_gradient, shapes=[(2,), ()])
    with pytest.raises(NotYet, match="returns a tuple instead of 4 values"):
        ask_parts(network_gradient, shapes=[(2,), (2,), (2,), ()])


def test_a_function_that_changes_its_array_does_not_change_the_next_picture():
    y = np.ones(3)
    ask(lambda values: values.__imul__(5), y, shape=(3,))
    assert y.tolist() == [1, 1, 1]


def test_a_missing_package_is_named_with_the_command_that_brings_it(capsys):
    with figures.waiting():
        import nosuchpackage  # noqa: F401
    assert "needs nosuchpackage" in (said := capsys.readouterr().out)
    assert "%pip install nosuchpackage" in said


def test_without_torch_all_but_one_cell_can_be_looked_at(masters, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)  # so that `import torch` fails
    space, gave_up = prepare(masters[1], {}), []
    for source in looking(masters[1]):
        said = said_by(source, space, capsys)
        if figures.NOTHING in said:
            gave_up.append(source)
            assert "this cell needs torch, which is not installed here. No points" in said
            assert len(said.splitlines()) == 1
    (source,) = gave_up
    assert "backward()" in source


def test_train_torch_says_in_one_line_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    options = {"step_size": 0.1, "train_hidden": True}
    with pytest.raises(ModuleNotFoundError, match=r"^Only train_torch and .* %pip install torch "):
        training.train_torch(make_dataset(), init_params(3), **options)


def test_a_typing_error_inside_an_answer_is_no_missing_cell(capsys):
    def constant_gradient():
        return nosuchname  # noqa: F821

    with figures.waiting():
        ask(constant_gradient)
    assert "constant_gradient stops with NameError: name 'nosuchname'" in capsys.readouterr().out
