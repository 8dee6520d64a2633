"""Read the files that all masters share, and say what is wrong with them.

``assignment/config.yml`` holds Otter Assign's settings, ``otter_config.json`` the grading settings.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import yaml
from otter.assign.assignment import Assignment
from otter.run import AutograderConfig

from ..grader.limits import Limits, grader_config
from . import ReleaseError
from .declared import Declared
from .names import HANDED_OUT, NOT_HANDED_OUT, is_litter, name_problems

# Without these of assignment/ there is no student folder.
NEEDED = ("STUDENT.md", "requirements.txt")
# Options of Otter that would make the total another than the masters promise.
FORBIDDEN = ("points_possible", "score_threshold")
# Options of Otter that would make the plain zips grade otherwise than homework.zip, which does
# not know them.
NOT_ISOLATED = ("seed", "seed_variable", "plugins", "grade_from_log", "serialized_variables")
# pip has no line for Python itself, so it is a comment.
PYTHON = re.compile(r"^# python==(3\.\d+)$", re.MULTILINE)
# What a start and a report take, on half a CPU.
SECONDS_AROUND = 30
# NumPy and its threads take some 50.
LEAST_MEMORY_MB = 64
# The key of otter_config.json that is the isolated grader's, not Otter's.
OURS = "isolated_grader"


def grading_config(root: Path) -> dict[str, Any]:
    """Return Otter's part of ``otter_config.json``.

    Raises:
        ReleaseError: the file is missing or no JSON object.
    """
    config = _whole_grading_config(root)
    return {key: value for key, value in config.items() if key != OURS}


def _whole_grading_config(root: Path) -> dict[str, Any]:
    try:
        config = json.loads(_read(root, "otter_config.json"))
    except json.JSONDecodeError as error:
        raise ReleaseError(f"otter_config.json is not valid JSON: {error}") from None
    if not isinstance(config, dict):
        raise ReleaseError("otter_config.json must hold one JSON object, {...}")
    return config


def grading_python(root: Path) -> str:
    """Return the version of Python that grading runs, from ``assignment/requirements.txt``."""
    match = PYTHON.search(_read(root, "assignment/requirements.txt"))
    if not match:
        raise ReleaseError(
            "assignment/requirements.txt does not say which Python grading runs: add a line like "
            "`# python==3.14`"
        )
    return match[1]


def shared_files(root: Path) -> list[str]:
    """Return what ``assignment/config.yml`` lists under ``files``."""
    files: list[str] = yaml.safe_load(_read(root, "assignment/config.yml")).get("files") or []
    return files


def _read(root: Path, name: str) -> str:
    """Return the text of a file of the project.

    Raises:
        ReleaseError: it is missing or no text.
    """
    try:
        return (root / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReleaseError(f"{name} is missing: restore it from git") from None
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{name} is not UTF-8 text ({error}): save it as UTF-8") from None


def config_problems(root: Path, declared: Declared) -> list[str]:
    """Return what is wrong with the files that all masters share."""
    folder = root / "assignment"
    problems = [
        f"assignment/{name} is missing: restore it from git"
        for name in NEEDED
        if not (folder / name).exists()
    ]
    for check in (_grading_problems, _assignment_problems):
        try:
            problems += check(root, declared)
        except ReleaseError as error:
            problems.append(str(error))
    return problems


def _grading_problems(root: Path, declared: Declared) -> Iterator[str]:
    config = grading_config(root)
    try:
        defaults = AutograderConfig(config, require_valid_keys=True) and AutograderConfig({})
    except (ValueError, TypeError) as error:
        yield f"otter_config.json: {error}: correct or remove that key"
        return
    yield from _not_boolean("otter_config.json", config, defaults)
    for key in FORBIDDEN:
        if key in config:
            yield (
                f"otter_config.json: {key} contradicts the points that the masters promise: "
                f"remove that key"
            )
    for key in NOT_ISOLATED:
        if config.get(key):
            yield (
                f"otter_config.json: {key} is nothing that homework.zip knows, so it would grade "
                f"otherwise than the plain zips: remove that key"
            )
    grading_python(root)
    try:
        limits, _ = grader_config(_whole_grading_config(root))
    except ValueError as error:
        yield f"otter_config.json: {OURS}: {error}: correct it there"
    else:
        yield from _limit_problems(limits, declared.gradescope_seconds)


def _limit_problems(limits: Limits, timeout: float) -> Iterator[str]:
    """Yield which limits nobody could be graded with."""
    place = f"otter_config.json: {OURS}"
    if limits.memory_mb < LEAST_MEMORY_MB:
        yield (
            f"{place}: memory_mb is {limits.memory_mb:g}, too little to import NumPy: write at "
            f"least {LEAST_MEMORY_MB}"
        )
    if limits.seconds_in_total > timeout - SECONDS_AROUND:
        yield (
            f"{place}: seconds_in_total is {limits.seconds_in_total:g}, but Gradescope ends a "
            f"container after {timeout:g} s, and start and report take some as well: write at most "
            f"{timeout - SECONDS_AROUND:g} or, if the assignment's time limit there is higher, say "
            f"so in pyproject.toml, [tool.homework] gradescope_seconds"
        )


def _assignment_problems(root: Path, declared: Declared) -> Iterator[str]:
    place = "assignment/config.yml"
    try:
        config = yaml.safe_load(_read(root, place))
        if not isinstance(config, dict):
            yield f"{place} must hold `key: value` lines: restore it from git"
            return
        Assignment(config, require_valid_keys=True)
    except yaml.YAMLError as error:
        yield f"{place} is not valid YAML: {yaml_fault(error)}: correct it there"
        return
    except ReleaseError:
        raise
    except Exception as error:  # fica, which reads the settings, raises classes of its own
        yield f"{place}: {one_line(error)}: correct or remove that key"
        return
    if "python_version" in config:
        yield f"{place}: python_version comes from requirements.txt: remove that key"
    yield from _not_boolean(place, config, Assignment({}))
    files = config.get("files") or []
    if not _is_list_of_names(files):
        yield f"{place}: files must be a list of names, but is {files!r}: write `- name` below it"
        return
    for name in [config.get("requirements"), *files]:
        if name and name not in NEEDED and not (root / "assignment" / str(name)).exists():
            yield f"{place} names {name}, which is not in assignment/: correct or remove it"
    for name in files:
        yield from _handed_out_problems(root, root / "assignment" / name)


def _handed_out_problems(root: Path, top: Path) -> Iterator[str]:
    """Yield which files of a folder that students would get are not meant, or no Python."""
    if odd := list(name_problems(root, top)):
        yield from odd
        return
    for path in sorted([top, *top.rglob("*")]):
        inside = path.relative_to(root)
        if path.is_file() and not is_litter(inside) and path.suffix.lower() not in HANDED_OUT:
            yield f"{inside.as_posix()} {NOT_HANDED_OUT}"
    for path in sorted(top.rglob("*.py")):
        inside = path.relative_to(root)
        if not is_litter(inside):
            yield from _syntax(path, inside.as_posix())


def _not_boolean(place: str, config: dict[str, Any], defaults: object) -> Iterator[str]:
    """Yield the keys that Otter wants true or false, and that are neither; Otter does not look."""
    for key, value in config.items():
        default = getattr(defaults, str(key), None)
        if isinstance(value, dict) and default is not None:
            yield from _not_boolean(f"{place}, {key}", value, default)
        elif isinstance(default, bool) and not isinstance(value, (bool, dict)):
            yield f"{place}: {key} must be true or false, but is {value!r}: correct it"


def _is_list_of_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _syntax(path: Path, place: str) -> Iterator[str]:
    """Yield why a module is no Python, if it is none."""
    try:
        ast.parse(path.read_bytes())
    except SyntaxError as error:
        yield f"{place}, line {error.lineno or 1}: {error.msg}: correct the line"
    except ValueError as error:  # a null byte
        yield f"{place}: {error}: correct the file"


def yaml_fault(error: yaml.YAMLError) -> str:
    """Return line and fault of what is no YAML."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark and problem else one_line(error)


def one_line(error: Exception) -> str:
    """Return an error's text as one line of bearable length."""
    return " ".join(str(error).split())[:200]
