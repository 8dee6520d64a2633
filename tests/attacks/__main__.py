"""Prints what becomes of each attack: ``python -m tests.attacks [WORDS]`` (as root, on Linux).

One column for stock Otter (``otter run`` with the notebook's plain zip), one for the isolated
grader. Attacks that only make sense for the isolated grader, because they need more than one
file or its own protocol, are not tried with stock Otter. The jail around stock Otter limits
memory, processes and files, so attacks on these do less harm than they would on Gradescope.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from . import BANK, LOOT, Attack
from .running import Outcome, grade, grade_by_stock, namespaces, problems

# Stock Otter takes 5 for this notebook, and has no limit of its own.
SECONDS_FOR_STOCK = 30
AT_A_TIME = 2


def main(words: list[str]) -> None:
    """Run the attacks whose names hold one of ``words``, or all of them, and print the table."""
    if not namespaces():
        sys.exit("Stock Otter has no protection, so this needs root and `unshare` on Linux.")
    start = time.monotonic()
    attacks = [a for a in BANK if not words or any(word in a.id for word in words)]
    width = max(len(attack.name) for attack in attacks)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        rows = pool.map(try_both, attacks)
        for kind, of_kind in groupby(rows, key=lambda row: row[0].kind):
            print(f"\n{kind.replace('_', ' '):{width}}  {'stock Otter':32}  isolated grader")
            verdicts = []
            for attack, stock, ours in of_kind:
                print(f"{attack.name:{width}}  {stock:32}  {ours}", flush=True)
                verdicts.append((stock, ours))
            stock, ours = (count(column) for column in zip(*verdicts, strict=True))
            print(f"{'fine':{width}}  {stock:32}  {ours}")
    print(f"\n{len(attacks)} attacks in {time.monotonic() - start:.0f} s")


def try_both(attack: Attack) -> tuple[Attack, str, str]:
    """Return what becomes of an attack, with stock Otter and with the isolated grader."""
    ours = "; ".join(problems(attack, grade(attack)))
    stock = judge_stock(attack, grade_by_stock(attack, SECONDS_FOR_STOCK)) if attack.stock else "-"
    return attack, stock, ours or "fine"


def judge_stock(attack: Attack, outcome: Outcome) -> str:
    """Return in a few words what an attack does to stock Otter."""
    if outcome.hung:
        return "hung"
    found = []
    if outcome.results is None:
        found.append("no result")
    elif abs(difference := outcome.score - attack.points) > 1e-4:
        found.append(f"{'gained' if difference > 0 else 'lost'} {abs(difference):g} points")
    shown = "\n".join(outcome.texts()) if outcome.results else ""
    if LOOT in shown or "CANARY" in shown:
        found.append("leaked")
    if outcome.changed or any(not path.startswith("/tmp/tmp") for path in outcome.new):
        found.append("wrote outside")
    if outcome.left:
        found.append("left processes")
    return ", ".join(found) or "fine"


def count(verdicts: Iterable[str]) -> str:
    """Return how many of the verdicts are fine, of those that there are."""
    tried = Counter(verdict == "fine" for verdict in verdicts if verdict != "-")
    return f"{tried[True]} of {tried.total()}"


if __name__ == "__main__":
    main(sys.argv[1:])
