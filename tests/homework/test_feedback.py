"""What lab.feedback says, and the order in which it looks."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from lab.failure import BEFORE_THE_CALL, WIDTH, CheckFailed
from lab.feedback import check_contributions, check_gradient, check_optimum, check_update
from lab.mistakes import MISTAKES, SENTENCES, filled

Y = np.array([1.0, 4.5, 2.5, -3.0, 9.0])
ARGUMENTS = {"theta": 2.0, "y": Y}
RIGHT = -1.6


def failure(function, **options) -> CheckFailed:
    """Return the failure of one call of ``function``."""
    with pytest.raises(CheckFailed) as caught:
        check_gradient(function, ARGUMENTS, RIGHT, **options)
    return caught.value


def message(function, **options) -> str:
    """Return what a student reads about one call of ``function``, as one line."""
    return unwrapped(failure(function, **options))


def unwrapped(error: CheckFailed) -> str:
    """Return the text of a failure as one line."""
    return " ".join(str(error).split())


@pytest.mark.parametrize(
    "value",
    [
        RIGHT, np.float64(RIGHT), np.float32(RIGHT), np.array(RIGHT), torch.tensor(RIGHT),
        torch.tensor(RIGHT, requires_grad=True), RIGHT * (1 + 9e-5),
    ],
)  # fmt: skip
def test_every_promised_kind_of_number_passes(value):
    check_gradient(lambda theta, y: value, ARGUMENTS, RIGHT)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "returned None"),
        ([RIGHT], "returned list"),
        (str(RIGHT), "returned str"),
        (True, "returned bool"),
        (np.bool_(True), "returned bool"),
        (complex(RIGHT), "returned complex"),
        (..., "returned ellipsis"),
        (np.array([RIGHT]), "array with shape (1,)"),
        (torch.tensor([RIGHT, RIGHT]), "array with shape (2,)"),
        (np.nan, "not a finite number"),
        (-np.inf, "not a finite number"),
        (RIGHT * (1 + 2e-4), "the value is wrong"),
    ],
)
def test_every_other_kind_of_result_is_named(value, words):
    assert words in message(lambda theta, y: value)


def test_a_missing_function_and_a_value_in_its_place_are_told_apart():
    assert "is not defined" in message(None)
    assert "a value of type float" in message(1.5)


def test_a_stub_is_not_an_error_of_the_student():
    def constant_gradient(theta, y):
        raise NotImplementedError("q1a_i: write it")

    assert message(constant_gradient).startswith("not answered yet: q1a_i: write it Write your")
    assert message(constant_gradient, hidden="anything").startswith("not answered yet Write your")


def test_an_exception_comes_with_its_type_text_and_line():
    def constant_gradient(theta, y):
        return y.average() - theta

    text = message(constant_gradient)
    assert "AttributeError: 'numpy.ndarray' object has no attribute 'average'" in text
    assert "in the line: return y.average() - theta" in text


def test_the_line_that_calls_a_helper_does_not_explain_the_error_of_the_helper():
    def bound(r):
        return 0.0 if r else 1.0

    def constant_gradient(theta, y):
        return max(theta - y[0], 0.0) + bound(y)

    text = message(constant_gradient)
    assert "in the line: return max(theta - y[0], 0.0) + bound(y)" in text
    assert "np.maximum go entry by entry" in text
    assert "compares arrays as a whole" not in text


def test_a_comprehension_is_the_function_itself():
    def constant_gradient(theta, y):
        return sum(max(theta - y, each) for each in y)

    assert "compares arrays as a whole" in message(constant_gradient)


def test_sys_exit_is_reported_like_any_exception():
    def constant_gradient(theta, y):
        raise SystemExit("bye")

    assert "SystemExit: bye" in message(constant_gradient)


def test_the_cheapest_fault_comes_first():
    def shape_and_side_effect(theta, y):
        y[0] = 0
        return y

    def side_effect_and_value(theta, y):
        y[0] = 0
        return 0.0

    assert "single number" in message(shape_and_side_effect)
    assert "changed its argument y" in message(side_effect_and_value)


def test_a_changed_argument_is_shown_before_and_after_and_ours_stays_whole():
    def constant_gradient(theta, y):
        y[0] = 7.0
        return RIGHT

    text = message(constant_gradient)
    assert "np.array([1.0, 4.5, 2.5, -3.0, 9.0])" in text
    assert "np.array([7.0, 4.5, 2.5, -3.0, 9.0])" in text
    assert Y[0] == 1.0


def test_the_call_can_be_pasted_into_a_cell():
    text = str(failure(lambda theta, y: 0.0))
    call = next(line for line in text.splitlines() if "call" in line)
    assert call.endswith("(theta=2.0, y=np.array([1.0, 4.5, 2.5, -3.0, 9.0]))")


def test_lines_are_wrapped_between_words_and_arguments():
    y = np.linspace(-1, 1, 40)
    with pytest.raises(CheckFailed) as caught:
        check_contributions(lambda theta, y, z: -y, {"theta": 1.0, "y": y, "z": y[:5]}, y)
    lines = str(caught.value).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "            z=np.array([-1.0, -0.948718, -0.897436, -0.846154, -0.794872]))" in lines
    assert unwrapped(caught.value).count("-0.794872") == 4  # no number is torn


def test_two_mistakes_together_are_both_named():
    error = failure(lambda theta, y: np.mean(y - theta))
    assert error.facts["mistakes"] == [["sign", "no two"]]
    assert unwrapped(error).endswith(f"{SENTENCES['sign']} And: {SENTENCES['no two']}")


def test_mistakes_that_look_the_same_are_offered_both_in_one_sentence():
    error = failure(lambda theta, y: 3.5 * theta - y[0], mistakes={"loss": 6.0, "median": 6.0})
    assert error.facts["mistakes"] == [["loss"], ["median"]]
    claims = (MISTAKES[name].claim for name in ("loss", "median"))
    assert unwrapped(error).endswith(f"One of two mistakes leads here: {'; or '.join(claims)}.")


def test_of_three_mistakes_that_fit_none_is_claimed():
    known = {"loss": 6.0, "median": 6.0, "no x": 6.0}
    error = failure(lambda theta, y: 3.5 * theta - y[0], mistakes=known)
    assert error.facts["mistakes"] == []


def test_a_sentence_with_a_number_has_a_name_without_one():
    arguments = {"theta": 2.0, "y_i": 5.0, "step_size": 0.1}
    with pytest.raises(CheckFailed) as caught:
        check_update(lambda theta, y_i, step_size: theta + 0.6 / 7, arguments, 2.6)
    assert caught.value.facts["mistakes"] == [["sgd average"]]
    assert filled(str(MISTAKES["sgd average"]), {"k": "7"}) in unwrapped(caught.value)


@pytest.mark.parametrize("hidden", ["", "other numbers"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (None, "undefined"),
        (1.5, "no function"),
        (lambda theta: 0.0, "signature"),
        (lambda theta, y: 1 / 0, "raised"),
        (lambda theta, y: None, "returned None"),
        (lambda theta, y: "text", "type"),
        (lambda theta, y: y, "form"),
        (lambda theta, y: np.inf, "not finite"),
        (lambda theta, y: y.sort() or RIGHT, "argument changed"),
        (lambda theta, y: 12345.0, "wrong value"),
    ],
)
def test_facts_tell_the_kind_of_fault_and_the_hidden_input(answer, kind, hidden):
    facts = failure(answer, hidden=hidden).facts
    assert facts["kind"] == kind
    assert facts["about"] == hidden
    named = kind == "signature" or not (hidden or kind in BEFORE_THE_CALL)
    assert facts["function"] == ("your_function" if named else "")
    assert "your_function:" not in facts["summary"]


def test_otter_writes_the_name_of_the_class_that_students_know():
    assert type(failure(None)).__name__ == "AssertionError"


def test_an_unknown_mistake_gets_no_made_up_name():
    assert message(lambda theta, y: 0.0123 * theta * y[0]).endswith("expected -1.6")


def test_a_mistake_that_only_the_test_knows_is_named():
    with pytest.raises(CheckFailed) as caught:
        check_optimum(np.median, {"y": Y}, 2.8, mistakes={"median": 2.5})
    assert caught.value.facts["mistakes"] == [["median"]]


def test_a_test_can_name_two_mistakes_together_and_several_ways_to_make_one():
    known = {("sign", "median"): 7.0, "loss": [8.0, 9.0]}
    for value, reading in [(7.0, ["sign", "median"]), (8.0, ["loss"]), (9.0, ["loss"])]:
        error = failure(lambda theta, y, value=value: value, mistakes=known)
        assert error.facts["mistakes"] == [reading]


def test_a_hidden_test_shows_neither_arguments_nor_values():
    for function in (
        lambda theta, y: 1.6,
        lambda theta, y: y,
        lambda theta, y: np.nan,
        lambda theta, y: y.sort(),
        lambda theta, y: 1 / 0,
    ):
        text = str(failure(function, hidden="other numbers"))
        assert "hidden test: other numbers" in " ".join(text.split())
        assert not re.search(r"  (call|returned|expected)  ", text)
        assert "4.5" not in text


def thief_by_message(theta, y):
    raise ValueError(f"y is {y.tolist()}")


def thief_by_stub(theta, y):
    raise NotImplementedError(f"y is {y.tolist()}")


def thief_by_exception_name(theta, y):
    raise type(f"y is {y.tolist()}", (Exception,), {})


def thief_by_type_name(theta, y):
    return type(f"y is {y.tolist()}", (), {})()


def thief_by_dtype(theta, y):
    return np.zeros(3, dtype=[(f"y is {y.tolist()}", float)])[0]


def thief_by_torch(theta, y):
    class Tensor:
        def detach(self):
            raise KeyError(f"y is {y.tolist()}")

    return Tensor()


def thief_by_parameter_names(y_is_4_5, theta):
    return 0.0


@pytest.mark.parametrize(
    "thief",
    [thief_by_message, thief_by_stub, thief_by_exception_name, thief_by_type_name,
     thief_by_dtype, thief_by_torch, thief_by_parameter_names],
)  # fmt: skip
def test_a_hidden_test_repeats_nothing_that_the_function_says(thief):
    text = message(thief, hidden="other numbers")
    assert "4.5" not in text
    assert "4_5" not in text


def test_another_number_of_parameters_is_named():
    text = message(lambda theta: 0.0)
    assert "your_function cannot be called with (theta, y) Yours are (theta). y is missing." in text


def test_a_builtin_without_signature_is_called_all_the_same():
    check_optimum(max, {"y": np.array([3.0])}, 3.0)


def test_refusing_integers_is_fine_and_answering_wrongly_is_not():
    arguments = {"y": np.array([1, 2])}

    def refuses(y):
        return torch.from_numpy(y).mean()

    def stub(y):
        raise NotImplementedError("q1a_ii: write it")

    check_optimum(refuses, arguments, 1.5, may_refuse=True)
    for function, options in [
        (refuses, {}),
        (lambda y: 1, {"may_refuse": True}),
        (stub, {"may_refuse": True}),
    ]:
        with pytest.raises(AssertionError):
            check_optimum(function, arguments, 1.5, **options)


def test_a_test_that_everything_would_pass_is_refused():
    with pytest.raises(ValueError, match="must not be infinite"):
        check_gradient(lambda theta, y: 12345.0, ARGUMENTS, np.inf)


def test_a_mistake_without_a_sentence_is_refused():
    with pytest.raises(ValueError, match=r"must be named in lab.mistakes, got \['medain'\]"):
        check_optimum(np.mean, {"y": Y}, 2.8, mistakes={"medain": 2.5})


def test_zero_is_compared_with_the_scale_of_the_problem():
    check_gradient(lambda theta, y: 1e-7, ARGUMENTS, 0.0, scale=1.0)
    with pytest.raises(AssertionError):
        check_gradient(lambda theta, y: 1e-3, ARGUMENTS, 0.0, scale=1.0)


def test_an_array_may_cancel_to_float32_rounding_in_single_entries():
    right = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    check_contributions(lambda theta, y: right + 1e-6, ARGUMENTS, right)
    with pytest.raises(AssertionError):
        check_contributions(lambda theta, y: right + 1e-4, ARGUMENTS, right)


def test_a_step_size_of_zero_is_checked_without_dividing_by_it():
    arguments = {"theta": 2.0, "y": Y, "step_size": 0.0}
    check_update(lambda theta, y, step_size: theta, arguments, 2.0)
    with pytest.raises(AssertionError):
        check_update(lambda theta, y, step_size: theta + 1, arguments, 2.0)


def test_text_that_looks_like_html_survives_the_notebook():
    def constant_gradient(theta, y):
        raise TypeError("unsupported: <class 'list'>")

    assert "<" not in message(constant_gradient)
    assert "class 'list'" in message(constant_gradient)
