"""Alike work: is what was copied found, honest work left alone, and hostile code survived?"""

from __future__ import annotations

import ast
import io
import random
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from support import styles
from support.classroom import HOMEWORK

from autograder.grade import forms, similar
from autograder.grade.homework_zip import read_homework
from autograder.grade.results import Record
from autograder.grade.similar import Alike, Findings, write_alike

LONG = """
def f(x, y):
    z = np.outer(x, y) + 1
    total = 0
    for i, row in enumerate(z):
        total += row.sum() * i
    scale = total / len(x)
    return scale, z.max()
"""


def numbers(source: str, function: str = "f") -> list[int]:
    """Return the numbers of a function's statements, alone and with the next one."""
    answer = forms.describe([source], [function])["answers"][function]
    return [number for row in answer["statements"] for number in row[:2]]


# ---- What code is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        LONG.replace("total", "acc").replace("row", "r").replace("z", "hidden"),
        LONG.replace("def f(x, y):", 'def f(x, y):\n    """Mine."""\n\n    # all of it'),
        LONG.replace("f(x, y)", "f(x: int, y: int) -> tuple"),
        LONG.replace("np.outer(x, y) + 1", "(1 + np.outer( x,y ))"),
        LONG.replace("total += row.sum() * i", "total = total + i * row.sum()"),
        LONG.replace("= 0", "= 0.0"),
        LONG.replace("    z = np.outer(x, y) + 1\n    total = 0\n", "    total = 0\n    z = np.outer(x, y) + 1\n"),
        f"%matplotlib inline\n!ls\n{LONG}",
    ],
    ids=["names", "comments", "annotations", "operands", "augmented", "numbers", "order", "magics"],
)  # fmt: skip
def test_code_is_the_same_whatever_it_looks_like(other):
    assert other != LONG
    assert numbers(other) == numbers(LONG)


@pytest.mark.parametrize(
    "other",
    [
        LONG.replace("+ 1", "+ 2"),
        LONG.replace("total / len(x)", "len(x) / total"),
        LONG.replace(".max()", ".min()"),
        LONG.replace("row.sum() * i", "z.sum() * i"),
        LONG.replace("np.outer(x, y)", "np.outer(y, x)"),
    ],
)
def test_code_that_does_something_else_is_another(other):
    assert numbers(other) != numbers(LONG)


def test_helpers_belong_to_the_answer_that_calls_them():
    helped = "def helper(a):\n    b = a + 1\n    return b\ndef f(x, y):\n    return helper(x)"
    renamed = helped.replace("helper", "assist")
    assert numbers(helped) == numbers(renamed)
    assert len(numbers(helped)) == 6
    assert forms.describe([helped], ["f"])["answers"]["f"]["places"] == [[0, 4, 5], [0, 1, 3]]


# ---- Classes ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def homework():
    return read_homework(HOMEWORK)


def class_of(answers: Iterable[dict[str, str]]) -> list[Record]:
    """Return records with these answers, by function."""
    return [
        Record(f"s{i}", "", "", code={"part": list(codes.values())})
        for i, codes in enumerate(answers)
    ]


def honest(n: int, seed: int) -> list[dict[str, str]]:
    rng = random.Random(seed)
    return [styles.honest(rng) for _ in range(n)]


def disguised(code: str) -> str:
    """Return code with other names and layout, and a comment, as a copyist would."""
    tree = ast.parse(code)
    stored = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in stored:
            node.id = f"my_{node.id}"
    return f"# all my own\n{ast.unparse(tree)}"


def find(homework, records: list[Record]) -> Findings:
    by_name = {record.name: record for record in records}
    with Alike(homework.functions, homework.given) as alike:
        for record in records:
            alike.add(record)
        return alike.find(by_name.get)


def pairs(found: Findings) -> list[set[str]]:
    return [set(pair.names) for pair in found.pairs]


# Chance would make a pair in less than a tenth of the classes if statements were chosen
# independently. They are not quite, so a few pairs are allowed; the bank itself is no honest class,
# see `styles`.
@pytest.mark.parametrize(("n", "most"), [(12, 0), (30, 1), (100, 3), (200, 4)])
def test_honest_classes_have_few_pairs(homework, n, most):
    for seed in range(2):
        assert len(pairs(find(homework, class_of(honest(n, seed))))) <= most


@pytest.mark.parametrize("n", [12, 60])
def test_copies_of_longer_answers_are_found(homework, n):
    answers = honest(n, seed=7)
    for function in ("network_gradient", "output_layer_optimum"):
        answers[3][function] = disguised(answers[8][function])
    found = find(homework, class_of(answers))
    assert {"s3", "s8"} in pairs(found)
    (pair,) = [pair for pair in found.pairs if set(pair.names) == {"s3", "s8"}]
    assert pair.shares["network_gradient"] == 1


UNUSUAL = """
def output_layer_optimum(x, y, w1, b1):
    columns = [np.where(w * x + b > 0, w * x + b, 0) for w, b in zip(w1, b1)]
    table = np.array(columns + [np.ones(len(x))])
    left = np.einsum("in,jn->ij", table, table)
    right = (table * y).sum(axis=1)
    theta = np.linalg.pinv(left) @ right
    return theta[:-1], theta[-1]
"""


@pytest.mark.parametrize("change", ["none", "a line more", "another line"])
def test_copy_of_one_unusual_answer_is_found(homework, change):
    answers = honest(60, seed=3)
    answers[3]["output_layer_optimum"] = UNUSUAL
    copy = disguised(UNUSUAL)
    if change == "a line more":
        copy = copy.replace("    return", "    print(my_theta)\n    return")
    elif change == "another line":
        copy = copy.replace("my_theta[-1]", "float(my_theta[-1])")
    answers[8]["output_layer_optimum"] = copy
    assert {"s3", "s8"} in pairs(find(homework, class_of(answers)))


def test_short_answers_that_agree_tell_nothing(homework):
    answers = honest(40, seed=1)
    for i in (3, 8):
        answers[i] = {
            "constant_gradient": "def constant_gradient(theta, y):\n    return 7 * np.median(y) ** theta"
        }
    assert pairs(find(homework, class_of(answers))) == []


def test_what_the_handout_and_the_solution_have_tells_nothing(homework):
    answers = honest(40, seed=1)
    for i in (3, 8):
        answers[i] = {str(k): cell for k, cell in enumerate(homework.given)}
    assert pairs(find(homework, class_of(answers))) == []


def test_small_class_tells_nothing(homework):
    answers = [*honest(7, seed=1), {"q": UNUSUAL}, {"q": UNUSUAL}]
    assert pairs(find(homework, class_of(answers))) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"emails": ["A@x.edu"]}, {"emails": ["b@x.edu", "a@x.edu"]}, True),
        ({"sids": ["1"]}, {"sids": ["1"]}, True),
        ({"upload_as": "ada_12_34_"}, {"upload_as": "ada_LATE_12_99_"}, True),
        ({"upload_as": "ada_12_34_"}, {"upload_as": "ada_13_34_"}, False),
        ({}, {}, False),
    ],
)
def test_one_student_twice_is_no_pair(homework, one, other, same):
    answers = honest(40, seed=2)
    answers[3]["q"] = answers[8]["q"] = UNUSUAL
    del answers[3]["output_layer_optimum"], answers[8]["output_layer_optimum"]
    records = class_of(answers)
    records[3], records[8] = replace(records[3], **one), replace(records[8], **other)
    assert ({"s3", "s8"} in pairs(find(homework, records))) != same


def test_same_files_are_named_unless_there_is_nothing_in_them(homework):
    records = class_of(honest(12, seed=2))
    records += [replace(records[0], name="twin", same_as="s0"), Record("a", "", "")]
    records += [Record("b", "", "", same_as="a")]
    found = find(homework, records)
    assert found.copies == [("twin", "s0")]
    assert found.compared == 12  # what is the same is not compared a second time


@pytest.mark.parametrize(("other", "is_team"), [("Group 1-Bo", True), ("Group 2-Bo", False)])
def test_copies_of_a_group_on_moodle_are_said_to_be_one(homework, other, is_team):
    names = [f"{name}_7_assignsubmission_file/" for name in ("Group 1-Ada", other)]
    records = class_of(honest(2, seed=2))
    records[1] = replace(records[0], name="s1", same_as="s0")
    records = [
        replace(record, platform="Moodle", upload_as=name)
        for record, name in zip(records, names, strict=True)
    ]
    found = find(homework, records)
    assert (list(found.teams), list(found.copies)) == (
        ([("s1", "s0")], []) if is_team else ([], [("s1", "s0")])
    )


def test_long_written_answers_that_are_equal_word_for_word_are_found(homework):
    long = "Every point has the same vote in (a), because x is not in the gradient at all; " * 2
    texts = [long, f"  {long.upper().replace(';', ',')}", "No.", "No.", f"{long} Not in (b)."]
    records = [
        replace(record, written=[{"question": "w", "points": 2, "text": text, "pictures": []}])
        for record, text in zip(class_of(honest(5, seed=2)), texts, strict=True)
    ]
    ((question, names, text),) = find(homework, records).texts
    assert (question, names, text) == ("w", ["s0", "s1"], records[0].written[0]["text"])


# ---- Hostile code ----------------------------------------------------------------------------


HOSTILE = {
    "nested brackets": "(" * 50_000,
    "nested lists": f"def network_gradient(x):\n    return {'[' * 150}{']' * 150}",
    "long sum": f"def network_gradient(x):\n    return {'+'.join(['1'] * 30_000)}",
    "minus signs": f"def network_gradient(x):\n    return {'-' * 20_000}1",
    "attributes": f"def network_gradient(x):\n    return x{'.a' * 20_000}",
    "many lines": "def network_gradient(x):\n" + "    a = x\n" * 15_000,
    "dependent lines": "def network_gradient(x):\n" + "".join(f"    a{i} = a{i - 1}\n" for i in range(1, 9_000)),
    "huge number": f"def network_gradient(x):\n    a = 0x{'f' * 9000}\n    return a",
    "halves of characters": "def network_gradient(x):\n    return '\ud800'",
    "zero": "def network_gradient(x):\n    return '\0'",
    "blocks": "def network_gradient(x):\n" + "".join(f"{'  ' * i}if x:\n" for i in range(1, 99)) + "  " * 99 + "x",
    "large": "#" * 5_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_left_out_and_the_rest_is_compared(homework, name):
    answers = honest(12, seed=4)
    answers[3]["q"] = answers[8]["q"] = UNUSUAL
    for i in (3, 8):
        answers[i].pop("output_layer_optimum")
    records = class_of([*answers, {"q": HOSTILE[name]}])
    records = [*records[:6], records[-1], *records[6:-1]]  # before one that has to be found
    found = find(homework, records)
    assert {"s3", "s8"} in pairs(found)
    assert set(found.unread) <= {"s12"}


@pytest.mark.parametrize("name", ["nested brackets", "zero", "large", "long sum"])
def test_what_could_not_be_read_is_said(homework, name):
    found = find(homework, class_of([*honest(3, seed=4), {"q": HOSTILE[name]}]))
    assert list(found.unread) == ["s3"]


def test_reader_that_dies_is_replaced(homework, monkeypatch, tmp_path):
    dying = tmp_path / "forms.py"
    text = similar.READER.read_text()
    dying.write_text(
        text.replace("import ast\n", "import ast\nimport os\n", 1).replace(
            "        tree = parse",
            "        'END IT' in source and os.abort()\n        tree = parse",
            1,
        )
    )
    monkeypatch.setattr(similar, "READER", dying)
    found = find(homework, class_of([*honest(2, seed=4), {"q": "# END IT"}, *honest(2, seed=5)]))
    assert list(found.unread) == ["s2"]
    assert found.compared == 5


def test_nothing_is_executed(homework, tmp_path):
    trace = tmp_path / "trace"
    code = f"open({str(trace)!r}, 'w')\ndef network_gradient(x, a=open({str(trace)!r}, 'w')):\n    return x"
    find(homework, class_of([{"q": code}]))
    assert not trace.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the limits of a process")
def test_reader_has_limits():
    with similar.Reader(["f"]) as reader:
        reader.read([LONG])
        limits = Path(f"/proc/{reader.process.pid}/limits").read_text()
    assert re.search(rf"Max address space +{forms.MEMORY} ", limits)
    assert re.search(r"Max cpu time +\d+ ", limits)


# ---- The page --------------------------------------------------------------------------------


def draw(found: Findings) -> str:
    file = io.StringIO()
    write_alike(file, found, {"title": "Homework"})
    return file.getvalue()


def make_pair(change: Callable[[str], str]) -> list[dict[str, str]]:
    answers = honest(40, seed=2)
    for i in (3, 8):
        answers[i].pop("output_layer_optimum")
        answers[i]["q"] = change(UNUSUAL) if i == 3 else UNUSUAL
    return answers


def test_page_shows_both_sides_and_marks_what_agrees(homework):
    answers = make_pair(lambda code: code.replace("    left", "    note = len('<b>')\n    left"))
    document = draw(find(homework, class_of(answers)))
    assert "s3" in document
    assert "s8" in document
    assert "It proves\n    nothing." in document
    assert "&lt;b&gt;" in document
    assert "<b>)" not in document
    lines = re.findall(r"<code( class=\"agrees\")?>(.*?)\n</code>", document)
    agree = [text for mark, text in lines if mark]
    assert "    right = (table * y).sum(axis=1)" in agree
    assert "    note = len(&#39;&lt;b&gt;&#39;)" in [text for mark, text in lines if not mark]


def test_page_of_a_class_without_anything_alike_says_so():
    document = draw(Findings())
    assert document.count("No two submissions.") == 2
    assert not re.search("<script|https?:|<link|url\\(", document)


def test_page_stays_small_however_much_is_alike(homework):
    answers = honest(60, seed=2)
    for i in range(0, 60, 2):
        unusual = UNUSUAL.replace("theta", f"theta[{i}]").replace("table", f"table[{i}]")
        answers[i]["q"] = answers[i + 1]["q"] = unusual + "# " + "x" * 100_000
    document = draw(find(homework, class_of(answers)))
    assert len(document) < 1_500_000
