"""Can the mistakes that feedback knows be told apart, on the inputs that the public tests have?

A public input was chosen by search among short numbers, so that no two mistakes lead to the same
value there. Two that must (the sign of one number may be flipped, or lost in an abs) are told
apart on another input, on which the check calls the function once more.
"""

from __future__ import annotations

import inspect
import itertools
import json

import lab.call
import numpy as np
import pytest
import reference_mistakes
from lab.examples import FILE, all_examples, examples_of
from lab.failure import CheckFailed
from lab.recognise import agree, plain

FUNCTIONS = list(dict.fromkeys(example.function for example in all_examples()))
UNIQUE = [function for function in FUNCTIONS if function not in reference_mistakes.FREE]
# With one number and a certain sign of it, these are the same.
SIGNS = {"ascent", "sign", "no sign", "abs x"}


def public_test(test_files, function: str):
    """Return the public test of a function."""
    tests = [case.body.test_func for file in test_files.values() for case in file.test_cases
             if not case.hidden]  # fmt: skip
    (test,) = [test for test in tests if list(inspect.signature(test).parameters) == [function]]
    return test


def same(one, other) -> bool:
    """Return whether two arguments are equal."""
    if isinstance(one, tuple):
        return all(map(same, one, other))
    return np.shape(one) == np.shape(other) and np.allclose(one, other, equal_nan=True)


def answer_with(function: str, results):
    """Return a function that has a result for each example, and follows its arguments elsewhere."""

    def answer(*arguments):
        for example, result in zip(examples_of(function), results, strict=True):
            if all(map(same, arguments, example.arguments.values())):
                return result
        return float(sum(np.sum(value) for value in arguments if not isinstance(value, tuple)))

    answer.__name__ = function
    return answer


def mistaken_results(function: str):
    """Yield each known mistake, the number of its way, and its results on all examples."""
    examples = examples_of(function)
    for name, values in examples[0].mistakes.items():
        for way in range(len(values)):
            results = [other.mistakes.get(name, [])[way : way + 1] or [None] for other in examples]
            yield name, way, [result for (result,) in results]


def is_wrong(result, right) -> bool:
    """Return whether a result is a value, and not the right one."""
    values = result if isinstance(result, tuple) else (result,)
    has_values = all(value is not None and not np.all(np.isnan(value)) for value in values)
    return has_values and not (right is not None and agree(result, right))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_known_mistake_is_named_and_no_other(function, test_files):
    test, named = public_test(test_files, function), 0
    for name, way, results in mistaken_results(function):
        if not is_wrong(results[0], examples_of(function)[0].expected):
            continue
        with pytest.raises(CheckFailed) as caught:
            test(answer_with(function, results))
        if caught.value.kind != "not finite":  # which some ways are on one input or the other
            assert caught.value.facts["mistakes"] == [name.split(" & ")], (name, way)
            named += 1
    assert named >= 5


@pytest.mark.parametrize("function", UNIQUE)
def test_the_public_input_separates_all_mistakes(function, test_files, monkeypatch):
    tables = []

    def watch(here, elsewhere, names):
        tables.append(here.with_any(True).known)
        return ()

    monkeypatch.setattr(lab.call, "recognise", watch)
    example = examples_of(function)[0]
    right = example.expected
    wrong = (
        tuple(2.3 * part + 0.1 for part in right) if isinstance(right, tuple) else 2.3 * right + 0.1
    )
    with pytest.raises(CheckFailed):
        public_test(test_files, function)(
            answer_with(function, [wrong] * len(examples_of(function)))
        )
    values = [
        (reading.names[0], plain(value))
        for reading, ways in tables[0].items()
        for value in ways
        if len(reading.names) == 1 and is_wrong(value, right)
    ]
    assert len({name for name, _ in values}) >= 12
    for (a, one), (b, other) in itertools.combinations(values, 2):
        assert a == b or {a, b} <= SIGNS or not agree(one, other), (a, b, one)


def assert_alike(one, other):
    """Compare two trees of JSON; the last digit of a number may be another on another CPU."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        one, other = list(one.values()), [other[key] for key in one]
    if isinstance(one, list):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_alike(*pair)
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-9)
    else:
        assert one == other


def test_the_examples_are_made_of_the_masters_and_of_what_staff_know(tmp_path):
    """If this fails, run `make mistakes`."""
    reference_mistakes.write(tmp_path / FILE.name)
    assert_alike(json.loads((tmp_path / FILE.name).read_text()), json.loads(FILE.read_text()))


def test_examples_hold_numbers_alone():
    text = FILE.read_text()
    assert "lambda" not in text
    assert "*" not in text
