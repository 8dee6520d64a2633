"""Run an answer of the bank on test files, in this process."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import types
from collections.abc import Callable

from otter.test_files.abstract_test import TestCase
from otter.test_files.exception_test import ExceptionTestFile
from submissions import Answer


def run(answer: Answer, test_files: dict[str, ExceptionTestFile]) -> dict[str, str]:
    """Return Otter's message of each test case of this answer's function, "" if it passes."""
    test_file = copy.copy(test_files[answer.question])
    with contextlib.redirect_stdout(io.StringIO()):
        test_file.run({answer.function: named(answer.code, answer.function)})
    return {
        case_name(result.test_case): "" if result.passed else result.message
        for result in test_file.test_case_results
        if concerns(result.test_case, answer.function)
    }


def find_errors(
    answer: Answer, test_files: dict[str, ExceptionTestFile]
) -> dict[str, Exception | None]:
    """Return the error that each test case of this answer's function raises, None if it passes."""
    environment = {answer.function: named(answer.code, answer.function)}
    errors: dict[str, Exception | None] = {}
    for case in test_files[answer.question].test_cases:
        if not concerns(case, answer.function):
            continue
        errors[case_name(case)] = None
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                case.body.call_func(environment)
        except Exception as error:
            errors[case_name(case)] = error
    return errors


def named(function: types.FunctionType, name: str) -> Callable:
    """Return the function under the name that it has in a notebook."""
    return types.FunctionType(function.__code__.replace(co_name=name), function.__globals__, name)


def concerns(case: TestCase, function: str) -> bool:
    """Return whether a test case takes this function."""
    return function in inspect.signature(case.body.test_func).parameters


def case_name(case: TestCase) -> str:
    """Return what the bank calls a test case: the last word of its name."""
    return case.body.test_func.__name__.rpartition("_")[2]
