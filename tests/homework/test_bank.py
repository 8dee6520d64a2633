"""Does every wrong answer lose, with the right words, and every right answer pass?

The bank runs in this process on the test files that are inside the zips; a sample of it runs
through stock `otter run` as well, in `test_stock_otter.py`. What students write, of which there
is more, runs in `test_students.py`.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections import Counter, defaultdict
from typing import get_args

import pytest
from lab.failure import Kind
from submissions import BANK, STUDENTS
from support.answers import case_name, find_errors, first_of_those_it_must_fail

WRONG = [answer for answer in BANK if answer.fails]
RIGHT = [answer for answer in BANK if not answer.fails]
Verdicts = dict[str, dict[str, Exception | None]]


@pytest.fixture(scope="module")
def verdicts(test_files) -> Verdicts:
    """The error in each test case, if any, of every answer in the bank, by the answer's id."""
    return {answer.id: find_errors(answer, test_files) for answer in BANK}


@pytest.fixture(scope="module")
def errors(verdicts) -> list[Exception]:
    """All errors that a test case of the bank raises."""
    return [error for cases in verdicts.values() for error in cases.values() if error]


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.id)
def test_wrong_answer_fails_where_and_as_it_should(answer, verdicts):
    first = first_of_those_it_must_fail(answer, verdicts[answer.id])
    assert answer.says in " ".join(str(first).split())
    if answer.names:
        assert {n for reading in first.facts["mistakes"] for n in reading} == set(answer.names)


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_right_answer_passes_whatever_its_style(answer, verdicts):
    errors = [str(error) for error in verdicts[answer.id].values() if error]
    assert not errors, "\n\n".join(errors)


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


def test_every_hidden_test_has_a_wrong_answer_that_only_it_catches(masters, verdicts):
    caught = {answer: caught_by(verdicts[answer.id]) for answer in WRONG}
    for question in (question for master in masters for question in master.tested):
        for test in (test for test in question.tests if test.hidden):
            (function,) = test.parameters
            name = test.name.rpartition("_")[2]
            near = {a.name: c for a, c in caught.items() if a.function == function and name in c}
            assert [name] in near.values(), (
                f"{test.name} of {question.id} is needed for no answer of the bank: add one to "
                f"tests/submissions/{question.id}_{function}.py that this test alone catches. "
                f"Caught by few: {dict(sorted(near.items(), key=lambda item: len(item[1]))[:3])}"
            )


def test_what_a_public_test_catches_loses_hidden_points_too(verdicts):
    """Or a public check would be worth passing for its own sake."""
    for answer in WRONG:
        caught = caught_by(verdicts[answer.id])
        assert "public" not in caught or len(caught) > 1, answer.id


def test_tests_of_a_function_end_in_different_words(masters):
    """The bank knows them by these."""
    for question in (question for master in masters for question in master.tested):
        words = Counter((*t.parameters, t.name.rpartition("_")[2]) for t in question.tests)
        assert max(words.values()) == 1, (question.id, words)


def test_right_answers_take_what_the_solution_takes(masters):
    functions = {f.name: f for m in masters for q in m.tested for f in q.functions}
    for answer in RIGHT:
        (node,) = ast.parse(functions[answer.function].source).body
        taken = list(inspect.signature(answer.code).parameters)
        assert taken == [argument.arg for argument in node.args.args], answer.id


def caught_by(cases: dict[str, Exception | None]) -> list[str]:
    """Return the names of the test cases that an answer fails."""
    return [name for name, error in cases.items() if error]


def test_facts_are_plain_data_of_a_known_kind(errors):
    for error in errors:
        assert json.loads(json.dumps(error.facts)) == error.facts
        assert error.facts["kind"] in get_args(Kind)


def test_a_summary_holds_neither_the_call_nor_values(errors):
    for error in errors:
        summary = error.facts["summary"]
        assert "\n" not in summary
        assert not error.function or not summary.startswith(f"{error.function}:")
        assert not re.search(r"call  |returned  |expected  |before  |after  |hidden test", summary)
        # What Python says of an error may hold anything.
        assert error.kind == "raised" or not re.search(r"\d\.\d|\de[-+]?\d", summary), summary


def test_the_same_fault_has_one_summary_in_public_and_hidden_tests(verdicts):
    for answer in WRONG:
        wrong = [e.facts for e in verdicts[answer.id].values() if e and e.kind == "wrong value"]
        by_mistakes = defaultdict(set)
        for facts in wrong:
            words = re.sub(r"\d+", "k", re.sub(r": In [\w, ]+: ", ": ", facts["summary"]).lower())
            by_mistakes[str(facts["mistakes"])].add(words)
        assert all(len(summaries) == 1 for summaries in by_mistakes.values())


def test_hidden_messages_show_neither_arguments_nor_values(verdicts, test_files):
    hidden = {
        (question, case_name(case))
        for question, test_file in test_files.items()
        for case in test_file.test_cases
        if case.hidden
    }
    for answer in WRONG:
        for name, error in verdicts[answer.id].items():
            if error and (answer.question, name) in hidden:
                said = str(error)
                assert not re.search(r"call  |returned  |expected  |\d\.\d|\de[-+]?\d", said)


def test_names_in_the_bank_are_unique():
    assert max(Counter(answer.id for answer in [*BANK, *STUDENTS]).values()) == 1


def test_wrong_answers_that_pass_the_public_test_exist_for_every_function(verdicts):
    subtle = defaultdict(int)
    for answer in WRONG:
        subtle[answer.function] += not verdicts[answer.id]["public"]
    assert all(subtle[answer.function] >= 2 for answer in BANK)
