"""Do the real `otter run` and the bank's run in one process agree?

A sample goes the long way: answers are written into the student notebook as a student would,
and graded with the committed zip.
"""

from __future__ import annotations

import inspect

import pytest
from support.answers import case_name, run
from support.stock import BROKEN_SAMPLE, SAMPLES, answers_of


@pytest.mark.parametrize("sample", SAMPLES, ids=" ".join)
def test_stock_otter_and_the_bank_agree_case_by_case(sample, stock, test_files):
    results = stock(sample)
    for answer in answers_of(sample):
        cases = test_files[answer.question].test_cases
        owners = [next(iter(inspect.signature(c.body.test_func).parameters)) for c in cases]
        graded = {
            case_name(case): result["passed"]
            for case, owner, result in zip(cases, owners, results[answer.question], strict=True)
            if owner == answer.function
        }
        assert graded == {name: not text for name, text in run(answer, test_files).items()}


def test_a_broken_cell_costs_its_own_question_and_what_builds_on_it(stock):
    results = stock(BROKEN_SAMPLE)
    for question in ("q2e", "q2d"):
        assert not any(case["passed"] for case in results[question])
        assert "not defined" in results[question][0]["message"]
    # Others got what the bank says, as the test above shows.
    assert any(case["passed"] for case in results["q2c"])
