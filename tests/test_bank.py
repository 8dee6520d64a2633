"""Does every wrong answer lose, with the right words, and every right answer pass?

The bank runs in this process on the test files that are inside the zips; a sample of it runs
through stock `otter run` as well, in `test_stock_otter.py`.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter, defaultdict

import pytest
from lab.mistakes import SENTENCES
from submissions import BANK
from support.answers import case_name, run

WRONG = [answer for answer in BANK if answer.fails]
RIGHT = [answer for answer in BANK if not answer.fails]


@pytest.fixture(scope="module")
def verdicts(test_files) -> dict[str, dict[str, str]]:
    """The messages of every answer in the bank, by the answer's id."""
    return {answer.id: run(answer, test_files) for answer in BANK}


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.id)
def test_wrong_answer_fails_where_and_as_it_should(answer, verdicts):
    messages = verdicts[answer.id]
    failed = {name for name, message in messages.items() if message}
    assert failed == answer.fails, "\n\n".join(filter(None, messages.values()))
    first = next(message for message in messages.values() if message)
    assert answer.says in first


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_right_answer_passes_whatever_its_style(answer, verdicts):
    assert not any(verdicts[answer.id].values()), "\n\n".join(verdicts[answer.id].values())


def test_bank_has_enough_answers_for_every_graded_function(masters):
    for master in masters:
        for question in master.questions:
            for function in question.functions:
                wrong = [
                    a for a in WRONG if (a.question, a.function) == (question.id, function.name)
                ]
                right = [
                    a for a in RIGHT if (a.question, a.function) == (question.id, function.name)
                ]
                assert len(wrong) >= 6, function.name
                assert len(right) >= 4, function.name


def test_every_hidden_test_has_a_wrong_answer_that_only_it_catches(test_files):
    alone = {(a.question, a.function, *a.fails) for a in WRONG if len(a.fails) == 1}
    for question, test_file in test_files.items():
        for case in test_file.test_cases:
            (function,) = inspect.signature(case.body.test_func).parameters
            if case.hidden:
                assert (question, function, case_name(case)) in alone


def test_every_sentence_of_the_feedback_appears(verdicts):
    seen = "\n".join(message for messages in verdicts.values() for message in messages.values())
    missing = [key for key, text in SENTENCES.items() if text.partition("{")[0] not in seen]
    assert not missing


def test_hidden_messages_show_neither_arguments_nor_values(verdicts, test_files):
    hidden = {
        (question, case_name(case))
        for question, test_file in test_files.items()
        for case in test_file.test_cases
        if case.hidden
    }
    for answer in WRONG:
        for name, message in verdicts[answer.id].items():
            if message and (answer.question, name) in hidden:
                said = message.partition("Error: ")[2]
                assert not re.search(r"call  |returned  |expected  |\d\.\d|\de[-+]?\d", said)


def test_names_in_the_bank_are_unique():
    assert max(Counter(answer.id for answer in BANK).values()) == 1


def test_wrong_answers_that_pass_the_public_test_exist_for_every_function():
    subtle = defaultdict(int)
    for answer in WRONG:
        subtle[answer.function] += "public" not in answer.fails
    assert all(subtle[answer.function] >= 2 for answer in BANK)
