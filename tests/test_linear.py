"""Does no regular expression go over a long text of a student's again and again?

A clock would tell, but not on every machine. So the expressions themselves are read: where one
repeats without an end, it must not be able to begin anew inside of what it has just gone over.
"""

from __future__ import annotations

import ast
import re
import re._constants as op
import re._parser as parser
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.errors import CAUSES

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("autograder/grader", "autograder/grade")  # the release reads texts of staff alone
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
ENDLESS = 1000  # from here on, a repetition counts as one without an end
CHARACTERS = [chr(number) for number in [*range(256), 0x2003, 0x4E00]]


def find_patterns() -> Iterator[tuple[str, str | bytes, int, bool]]:
    """Yield file, pattern and flags, and whether it is tried at the start of a text only."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            module = ast.parse(source)
            nodes = list(ast.walk(module))
            constants: dict[str, str] = {}
            for node in nodes:
                if isinstance(node, ast.Assign) and isinstance(
                    node.value, (ast.Constant, ast.JoinedStr)
                ):
                    constants[ast.unparse(node.targets[0])] = text_of(node.value, constants)
            for node in nodes:
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                    flags = re.RegexFlag(0)
                    for name in re.findall(r"\bre\.([A-Z]+)\b", ast.unparse(node)):
                        flags |= re.RegexFlag[name]
                    yield (
                        path.name,
                        text_of(node.args[0], constants),
                        int(flags),
                        is_anchored(node, nodes),
                    )


def text_of(node: ast.expr, constants: dict[str, str]) -> str | bytes:
    """Return a pattern as far as it is written down; what is put into it is a name or a letter."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(text_of(part, constants)) for part in node.values)
    if isinstance(node, (ast.FormattedValue, ast.Name)):
        return constants.get(ast.unparse(getattr(node, "value", node)), "x")
    return ast.literal_eval(node)


def is_anchored(call: ast.Call, nodes: list[ast.AST]) -> bool:
    """Whether a pattern is used with ``match`` and ``fullmatch`` alone, given all nodes of its file."""
    names = [n.targets[0].id for n in nodes if isinstance(n, ast.Assign) and n.value is call]
    uses = [
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
    ]
    return bool(uses) and set(uses) <= {"match", "fullmatch"}


def goes_back(pattern: str | bytes, flags: int = 0, anchored: bool = False) -> bool:
    """Whether a pattern can go over a long run of characters more often than a few times."""
    tree = parser.parse(pattern, flags)
    start = anchored or None
    return any(
        goes_back_in(sequence, tree.state.flags, start) for sequence in alternatives(list(tree))
    )


def alternatives(items: list) -> list[list]:
    """Return all sequences that groups and branches allow, without groups and branches."""
    sequences: list[list] = [[]]
    for code, value in items:
        if code is op.SUBPATTERN:
            choices = alternatives(list(value[3]))
        elif code is op.BRANCH:
            choices = [each for branch in value[1] for each in alternatives(list(branch))]
        elif code is op.ATOMIC_GROUP:
            choices = alternatives(list(value))
        else:
            choices = [[(code, value)]]
        sequences = [sequence + choice for sequence in sequences for choice in choices]
    return sequences


def endless(value: tuple) -> bool:
    return value[1] is op.MAXREPEAT or value[1] >= ENDLESS


def goes_back_in(items: list, flags: int, anchored: bool | None) -> bool:
    for i, (code, value) in enumerate(items):
        if code not in REPEATS or not endless(value):
            continue
        run = characters_of(list(value[2]), flags)
        rest_is_optional = all(c in REPEATS and v[0] == 0 for c, v in items[i + 1 :])
        if rest_is_optional and code is not op.MIN_REPEAT:
            continue
        if not (anchored and i == 0) and not guarded(items[:i], run, flags):
            return True
    return False


def guarded(before: list, run: set[str], flags: int) -> bool:
    """Whether what stands before a run of these characters cannot be inside of the run."""
    if not before:
        return False
    code, value = before[-1]
    if code is op.AT:
        return value is op.AT_BEGINNING and not (flags & re.MULTILINE and "\n" in run)
    if code is op.ASSERT_NOT:
        return value[0] < 0 and run <= characters_of(list(value[1]), flags)
    if code in REPEATS and value[0] == 0:
        shared = run & characters_of(list(value[2]), flags)
        # It may be empty. If not, each of the two can give to the other what they share.
        return not (shared and endless(value)) and guarded(before[:-1], run, flags)
    return not run & characters_of([before[-1]], flags)


def characters_of(items: list, flags: int) -> set[str]:
    """Return the characters with which items can begin."""
    found: set[str] = set()
    for code, value in items:
        if code in REPEATS:
            found |= characters_of(list(value[2]), flags)
            if value[0] == 0:
                continue
        elif code is op.SUBPATTERN:
            found |= characters_of(list(value[3]), flags)
        else:
            found |= {c for c in CHARACTERS if matches(code, value, c)}
        break
    return found


def matches(code, value, char: str) -> bool:
    if code is op.IN:
        negated = value[0][0] is op.NEGATE
        return negated != any(matches(c, v, char) for c, v in value if c is not op.NEGATE)
    if code is op.LITERAL:
        return chr(value).lower() == char.lower()
    if code is op.NOT_LITERAL:
        return chr(value) != char
    if code is op.RANGE:
        return value[0] <= ord(char) <= value[1]
    if code is op.ANY:
        return char != "\n"
    if code is op.CATEGORY:
        *_, no, kind = str(value).split("_")  # CATEGORY_SPACE, CATEGORY_NOT_WORD, ...
        return (re.match(rf"\{kind[0].lower()}", char) is None) == (no == "NOT")
    raise AssertionError(f"{code} is new to this test")


# Those of the class command that are texts, not bytes, are for names: a file's has 255 bytes.
FOR_NAMES = ("platforms.py", "roster.py")
PATTERNS = [p for p in find_patterns() if p[0] not in FOR_NAMES or isinstance(p[1], bytes)]


@pytest.mark.parametrize(("file", "pattern", "flags", "anchored"), PATTERNS)
def test_no_expression_goes_back_over_a_long_text(file, pattern, flags, anchored):
    assert not goes_back(pattern, flags, anchored)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_no_expression_for_an_error_goes_back_over_a_long_text(cause):
    assert not goes_back(cause.error.replace("RENAMED", "theta|x"))
    assert not goes_back(cause.line.replace("PARAMETER", "theta|x"))


def test_expressions_are_found():
    assert len(PATTERNS) > 15
    assert {"grading.py", "upload.py", "written.py", "files.py", "report.py"} <= {
        p[0] for p in PATTERNS
    }


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        (r"^\s*(import|from)\s+torch\b", re.MULTILINE),
        (r"\s+$", 0),
        (r"[a-z]+=", 0),
        (r"a\w+;", 0),
        (r"(a|b)\d*b?\d+c", 0),
        (r".*x", 0),
        (r"<.+?>", 0),
    ],
)
def test_one_that_goes_back_is_noticed(pattern, flags):
    assert goes_back(pattern, flags)


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        (r"^[ \t]*(import|from)[ \t]+torch\b", re.MULTILINE),
        (r"^\s*x", 0),
        (r"(?<![a-z])[a-z]{60,}+=", 0),
        (r"\[[^\[]*\]", 0),
        (r"<!\w+", 0),
        (r"a{1,50}b", 0),
    ],
)
def test_one_that_does_not_go_back_is_left_alone(pattern, flags):
    assert not goes_back(pattern, flags)
