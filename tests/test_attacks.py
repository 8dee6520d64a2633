"""Does every attack of the bank fail, and does it cost nobody else anything?

Each attack is graded by the real ``run_autograder`` of ``homework.zip``, in a jail of its own, as
root where pytest is root; the most dangerous ones also as an ordinary user, where fewer protections
are left. Harmless ones (those declared ``warm``) share a sandbox in this process instead, and are
judged the same way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from attacks import BANK, POINTS, SOLVED, Attack, cell, running
from attacks.running import WarmGrader
from support.sandbox import spawned_sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's protections")

ISOLATED = [attack for attack in BANK if not attack.warm]
WARM = [attack for attack in BANK if attack.warm]


def parameters(attacks: list[Attack]) -> list:
    """Return attacks as pytest wants them: with an id, and skipped where they could do harm."""
    alone = pytest.mark.skipif(not running.namespaces(), reason="could reach others; needs root")
    return [
        pytest.param(attack, id=attack.id, marks=[alone] if attack.isolated else [])
        for attack in attacks
    ]


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmGrader]:
    """A sandbox for all harmless attacks; it is as good as new afterwards."""
    with spawned_sandbox() as sandbox:
        grader = WarmGrader(sandbox)
        yield grader
        (solution,) = [attack for attack in BANK if attack.name == "one_notebook_is_missing"]
        outcome = grader.grade(solution)
        assert running.problems(solution, outcome) == []
        assert outcome.score == POINTS


@pytest.mark.parametrize("attack", parameters(ISOLATED))
def test_attack_fails(attack):
    assert running.problems(attack, running.grade(attack)) == []


@pytest.mark.parametrize("attack", parameters(WARM))
def test_harmless_attack_fails_in_a_sandbox_that_others_use(attack, warm):
    assert running.problems(attack, warm.grade(attack)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="all attacks ran as an ordinary user already")
@pytest.mark.skipif(not running.namespaces(), reason="needs namespaces to reach the interpreter")
@pytest.mark.parametrize("attack", parameters([attack for attack in BANK if attack.dangerous]))
def test_attack_fails_where_the_grader_is_an_ordinary_user(attack):
    assert running.problems(attack, running.grade(attack, ordinary=True)) == []


def test_names_in_the_bank_are_unique():
    assert len({attack.id for attack in BANK}) == len(BANK)


def test_every_kind_has_enough_attacks():
    kinds = [attack.kind for attack in BANK]
    assert all(kinds.count(kind) >= 15 for kind in set(kinds))
    assert len(set(kinds)) == 5


def test_every_kind_is_tried_with_the_real_run_autograder():
    assert {(a.kind, a.way) for a in WARM} <= {(a.kind, a.way) for a in ISOLATED}


def test_dangerous_attacks_are_never_warm():
    assert not [attack.id for attack in WARM if attack.dangerous or attack.isolated]


def test_what_is_searched_for_exists():
    """A bank that knows no hidden line would find no leak."""
    assert len(running.hidden_lines()) > 100
    (line, *_) = running.hidden_lines()
    assert running.leaks(outcome_with(line)) == ["shows lines of hidden tests"]
    assert running.leaks(outcome_with("STOLEN 1.5")) == ["shows stolen data"]


def outcome_with(text: str) -> running.Outcome:
    results = {"score": 0, "output": "", "tests": [{"name": "q1a_i", "output": f"a\n  {text}"}]}
    return running.Outcome(results, 0)


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
