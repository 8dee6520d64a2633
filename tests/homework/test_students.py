"""Is what students write told as it should: the mistake that they made, and no other?

More than a thousand answers, one mistake each, or none in a style of one's own. Each runs in a notebook in
which all other functions are solved.
"""

from __future__ import annotations

import pytest
from lab.mistakes import MISTAKES
from submissions import BANK, GONE_MISTAKES, STUDENTS
from support.answers import find_errors, first_of_those_it_must_fail
from support.points import notebook_of

WRONG = [answer for answer in STUDENTS if answer.fails]
RIGHT = [answer for answer in STUDENTS if not answer.fails]


def names_in(errors) -> set[str]:
    """Return the mistakes that failed checks name."""
    return {name for error in errors for reading in error.facts["mistakes"] for name in reading}


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.id)
def test_the_mistake_is_named_and_no_other(answer, test_files):
    first = first_of_those_it_must_fail(answer, find_errors(answer, test_files))
    assert names_in([first]) == set(answer.names)
    assert answer.says in " ".join(str(first).split())
    if notebook_of(answer.question) == "gradient_descent":
        assert "hidden unit" not in str(first)


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_right_answer_passes_whatever_its_style(answer, test_files):
    errors = [str(error) for error in find_errors(answer, test_files).values() if error]
    assert not errors, "\n\n".join(errors)


def test_every_mistake_of_the_feedback_is_made_by_somebody(test_files):
    said = GONE_MISTAKES | {name for answer in STUDENTS for name in answer.names}
    for answer in BANK:
        if not set(answer.names) <= said:
            said |= names_in(filter(None, find_errors(answer, test_files).values()))
    assert said == MISTAKES.keys(), said ^ MISTAKES.keys()


def test_most_mistakes_that_can_be_told_are_named():
    """Of a thousand, nine of ten; the rest gets a next step or advice on form."""
    told = [answer for answer in WRONG if answer.names or not answer.says.startswith("Next step")]
    assert len(told) >= 0.85 * len(WRONG)
