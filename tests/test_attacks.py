"""Does every attack of the bank fail, and does it cost nobody else anything?

Each attack is graded by the real ``run_autograder`` of ``homework.zip``, as root where pytest is
root; the most dangerous ones also as an ordinary user, where fewer protections are left.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from attacks import BANK, POINTS, SOLVED, Attack, cell, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's protections")

# Attacks mostly wait, for limits to pass; more at a time would pass them on slow machines.
AT_A_TIME = 2


def parameters(attacks: list[Attack]) -> list:
    """Return attacks as pytest wants them: with an id, and skipped where they could do harm."""
    alone = pytest.mark.skipif(not running.namespaces(), reason="could reach others; needs root")
    return [
        pytest.param(attack, id=attack.id, marks=[alone] if attack.isolated else [])
        for attack in attacks
    ]


def is_skipped(item: pytest.Item) -> bool:
    return any(mark.name == "skipif" and mark.args[0] for mark in item.iter_markers())


@pytest.fixture(scope="module")
def outcomes(request) -> Iterator[Callable]:
    """Return a function: the outcome of an attack. All that will be asked for run ahead."""
    pool, futures = ThreadPoolExecutor(AT_A_TIME), {}

    def start(attack: Attack, ordinary: bool = False) -> Future:
        key = attack.id, ordinary
        if key not in futures:
            futures[key] = pool.submit(running.grade, attack, ordinary)
        return futures[key]

    for item in request.session.items:
        if item.module is request.module and hasattr(item, "callspec") and not is_skipped(item):
            start(item.callspec.params["attack"], "ordinary" in item.originalname)
    yield lambda attack, ordinary=False: start(attack, ordinary).result()
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("attack", parameters(BANK))
def test_attack_fails(attack, outcomes):
    assert running.problems(attack, outcomes(attack)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="all attacks ran as an ordinary user already")
@pytest.mark.skipif(not running.namespaces(), reason="needs namespaces to reach the interpreter")
@pytest.mark.parametrize("attack", parameters([attack for attack in BANK if attack.dangerous]))
def test_attack_fails_where_the_grader_is_an_ordinary_user(attack, outcomes):
    assert running.problems(attack, outcomes(attack, ordinary=True)) == []


def test_names_in_the_bank_are_unique():
    assert len({attack.id for attack in BANK}) == len(BANK)


def test_every_kind_has_enough_attacks():
    kinds = [attack.kind for attack in BANK]
    assert all(kinds.count(kind) >= 15 for kind in set(kinds))
    assert len(set(kinds)) == 5


def test_what_is_searched_for_exists():
    """A bank that knows no hidden line would find no leak."""
    assert len(running.hidden_lines()) > 100
    (line, *_) = running.hidden_lines()
    assert running.leaks(outcome_with(line)) == ["shows lines of hidden tests"]
    assert running.leaks(outcome_with("STOLEN 1.5")) == ["shows stolen data"]


def outcome_with(text: str) -> running.Outcome:
    results = {"score": 0, "output": "", "tests": [{"name": "q1a_i", "output": f"a\n  {text}"}]}
    return running.Outcome(results, 0, False, 0, [], [], [], 0, "")


@pytest.mark.skipif(os.geteuid() != 0 or not running.namespaces(), reason="needs root")
def test_graders_in_two_containers_choose_different_users():
    """The kernel counts processes per user on the whole machine, not per container."""
    users = {running.grade(tell_the_user(), first_process=5000).results["output"] for _ in "12"}
    assert len(users) == 2


def tell_the_user() -> Attack:
    """Return an upload with a cell that says as which user it runs."""

    def tell():
        """Says as which user it runs."""
        import os

        raise RuntimeError(f"user {os.getuid()}")

    cell(SOLVED, "user")(tell)
    return BANK.pop()


def test_the_solution_itself_gets_all_points(outcomes):
    (plain,) = [attack for attack in BANK if attack.name == "one_notebook_is_missing"]
    assert outcomes(plain).score == POINTS
