"""Prints what becomes of each attack: ``python -m tests.attacks [WORDS]`` (as root, on Linux).

One column for stock Otter (``otter run`` with the notebook's plain zip), one for the isolated
grader. Attacks that only make sense for the isolated grader, because they need more than one
file or its own protocol, are not tried with stock Otter. The jail around stock Otter limits
memory, processes and files, so attacks on these do less harm than they would on Gradescope.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from . import BANK, LOOT, Attack
from .running import Outcome, grade, grade_by_stock, namespaces, problems

# Stock Otter takes 5 for this notebook, and has no limit of its own.
SECONDS_FOR_STOCK = 30
AT_A_TIME = 2
# Of the table of totals: heading, and what `judge_stock` says.
COLUMNS = {
    "gains points": "gained",
    "leaks": "leaked",
    "hangs": "hung",
    "no result": "no result",
    "loses other credit": "lost",
    "acts outside": "wrote outside",
    "outlives grading": "left processes",
}


def main(words: list[str]) -> None:
    """Run the attacks whose names hold one of ``words``, or all of them, and print the table."""
    if not namespaces():
        sys.exit("Stock Otter has no protection, so this needs root and `unshare` on Linux.")
    start = time.monotonic()
    attacks = [a for a in BANK if not words or any(word in a.id for word in words)]
    width = max(len(attack.name) for attack in attacks)
    rows = []
    print(f"{'':{width}}  {'stock Otter':32}  isolated grader")
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for attack, stock, ours in pool.map(try_both, attacks):
            print(f"{attack.name:{width}}  {stock:32}  {ours}", flush=True)
            rows.append((attack.kind, stock, ours))
    print(f"\n{totals(rows)}\n\n{len(attacks)} attacks in {time.monotonic() - start:.0f} s")


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


def totals(rows: list[tuple[str, str, str]]) -> str:
    """Return the table of README.md: how often something happened, by the kind of attack."""
    lines = [
        f"| | stock Otter: tried | {' | '.join(COLUMNS)} | isolated grader: tried | not fine |",
        "| --- |" + " --- |" * (len(COLUMNS) + 3),
    ]
    for kind in [*dict.fromkeys(kind for kind, _, _ in rows), "all"]:
        of_kind = [row for row in rows if kind in (row[0], "all")]
        stock = [verdict for _, verdict, _ in of_kind if verdict != "-"]
        counts = [sum(words in verdict for verdict in stock) for words in COLUMNS.values()]
        not_fine = sum(verdict != "fine" for _, _, verdict in of_kind)
        cells = [kind.replace("_", " "), len(stock), *counts, len(of_kind), not_fine]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
