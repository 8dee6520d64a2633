"""What a homework declares about itself: ``[tool.homework]`` in ``pyproject.toml``.

Everything that is special to one homework and that tools must know stands there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from . import ReleaseError, refuse

PLACE = "pyproject.toml: [tool.homework]"
# Where something is that students get: a module, and a name in it.
IN_MODULE = re.compile(r"(\w+(?:\.\w+)*):(\w+)")
# Of a file that is written into the folder for students, or into a folder in it.
FILE_NAME = re.compile(r"([\w-]+/)*[\w-]+(\.[\w-]+)+")
# Of a repository, as a browser shows it. Colab and Codespaces open those of GitHub alone.
REPOSITORY = re.compile(r"https://github\.com/[\w-]+/[\w.-]*[\w-](?<!\.git)", re.ASCII)
HUB = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w.~-]+)*", re.ASCII)
MOST_GRADESCOPE_SECONDS = 2400
PICTURES = {".png", ".jpg", ".jpeg", ".svg"}


@dataclass(frozen=True)
class Declared:
    """The settings of a homework.

    Attributes:
        title: of the homework, as the report begins.
        version: of the project.
        masters: names of the master notebooks, in the order in which students meet them.
        course: its name, "" if it is not to be shown; like term.
        term: such as "Spring 2027".
        due: when it is due; None if that is said elsewhere.
        logo: a picture in ``assignment/``, "" if there is none.
        mistakes: module and name of the table with what is said of each mistake, if any.
        pages: module and name of the function that returns a page's text, by the page's file, in
            the order in which they are written.
        never_printed: what begins a line that no cell of a solution may print.
        gradescope_seconds: when Gradescope ends a container; that submission has no report.
        repository: the address of a public repository that has the folder ``student/``, "" if
            there is none.
        hub: the address of a JupyterHub that has nbgitpuller, "" if there is none.
    """

    title: str
    version: str
    masters: tuple[str, ...]
    course: str = ""
    term: str = ""
    due: datetime | None = None
    logo: str = ""
    mistakes: tuple[str, str] | None = None
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    never_printed: tuple[str, ...] = ()
    gradescope_seconds: float = 600
    repository: str = ""
    hub: str = ""

    @property
    def heading(self) -> str:
        """What stands on top of notebooks and report: course, term and when it is due."""
        return " · ".join(filter(None, (self.course, self.term, self._due_in_words())))

    def _due_in_words(self) -> str:
        if self.due is None:
            return ""
        # Not the locale's words: a release is the same everywhere.
        words = f"{self.due:%A}, {self.due.day} {self.due:%B %Y, %H:%M}"
        return f"due {words} ({self.due.tzname()})"


def read_declared(root: Path) -> Declared:
    """Return what ``pyproject.toml`` declares.

    Raises:
        ReleaseError: with one line for each fault.
    """
    whole = _read_toml(root)
    homework = _table(_table(whole, "tool"), "homework")
    version = _table(whole, "project").get("version")
    refuse(_problems(root, homework, version))
    texts = {name: homework.get(name) for name in ("course", "term", "logo", "repository", "hub")}
    mistakes = homework.get("mistakes")
    return Declared(
        title=homework["title"],
        version=str(version),
        masters=tuple(homework["masters"]),
        due=homework.get("due"),
        mistakes=_in_module(mistakes) if mistakes else None,
        pages={name: _in_module(place) for name, place in homework.get("pages", {}).items()},
        never_printed=tuple(homework.get("never_printed", ())),
        gradescope_seconds=homework.get("gradescope_seconds", Declared.gradescope_seconds),
        **{name: text for name, text in texts.items() if text},
    )


def _read_toml(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReleaseError("pyproject.toml is missing: restore it from git") from None
    except UnicodeDecodeError as error:
        raise ReleaseError(f"pyproject.toml is not UTF-8 text ({error}): save it so") from None
    except tomllib.TOMLDecodeError as error:
        raise ReleaseError(f"pyproject.toml is not valid TOML: {error}: correct it there") from None


def _table(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a table; an empty one if it is not there.

    Raises:
        ReleaseError: it is something else.
    """
    value = whole.get(name, {})
    if not isinstance(value, dict):
        raise ReleaseError(f"pyproject.toml: {name} must be a table, but is {value!r}: correct it")
    return value


def _problems(root: Path, homework: dict[str, Any], version: object) -> Iterator[str]:
    known = set(Declared.__dataclass_fields__) - {"version"}
    for name in homework.keys() - known:
        yield f"{PLACE} has no setting {name}: settings are {', '.join(sorted(known))}"
    if not isinstance(version, str) or not version:
        yield f'pyproject.toml: [project] version must be a text, but is {version!r}: write "1.0"'
    for name in ("title", "course", "term", "logo"):
        value = homework.get(name, "")
        if not isinstance(value, str) or "\n" in value:
            yield f"{PLACE} {name} must be one line of text, but is {value!r}"
    if not str(homework.get("title", "")).strip():
        yield f"{PLACE} title is missing or empty: it is the first line of every report"
    masters = homework.get("masters")
    if not (masters and _are_texts(masters)):
        yield f"{PLACE} masters must be a list of names, but is {masters!r}: write masters = [...]"
    if not _are_texts(homework.get("never_printed", [])):
        yield f"{PLACE} never_printed must be a list of texts"
    seconds = homework.get("gradescope_seconds", Declared.gradescope_seconds)
    if not isinstance(seconds, (int, float)) or not 1 < seconds <= MOST_GRADESCOPE_SECONDS:
        yield (
            f"{PLACE} gradescope_seconds must be a number of seconds, at most "
            f"{MOST_GRADESCOPE_SECONDS}, but is {seconds!r}"
        )
    yield from _due_problems(homework.get("due"))
    yield from _logo_problems(root, homework.get("logo", ""))
    yield from _place_problems(homework.get("mistakes"), homework.get("pages", {}))
    yield from _address_problems(homework.get("repository", ""), homework.get("hub", ""))


def _due_problems(due: object) -> Iterator[str]:
    if due is not None and not (isinstance(due, datetime) and due.tzinfo):
        yield (
            f"{PLACE} due must be a date with time and distance from UTC, but is {due!r}: write it "
            f"without quotes, like due = 2027-03-01T23:59:00-08:00"
        )


def _logo_problems(root: Path, logo: object) -> Iterator[str]:
    path = root / "assignment" / str(logo)
    if logo and path.suffix.lower() in PICTURES and not path.is_file():
        yield f"{PLACE} logo: there is no assignment/{logo}: put the picture there"
    elif logo and path.suffix.lower() not in PICTURES:
        kinds = ", ".join(sorted(PICTURES))
        yield f"{PLACE} logo must name a picture in assignment/ ({kinds}), but is {logo!r}"


def _place_problems(mistakes: object, pages: object) -> Iterator[str]:
    if mistakes is not None and not _is_in_module(mistakes):
        yield (
            f"{PLACE} mistakes must name a table of sentences, but is {mistakes!r}: write it like "
            f'"package.module:TABLE", or remove it'
        )
    if not isinstance(pages, dict):
        yield f"{PLACE} pages must be a table of files, but is {pages!r}"
        return
    for name, place in pages.items():
        if not FILE_NAME.fullmatch(name) or not _is_in_module(place):
            yield (
                f"{PLACE} pages: {name!r} = {place!r} must be a file's name and what returns its "
                f'text: write it like "page.html" = "package.module:function"'
            )


def _address_problems(repository: object, hub: object) -> Iterator[str]:
    if repository != "" and not REPOSITORY.fullmatch(str(repository)):
        yield (
            f"{PLACE} repository must be the address of a public repository on GitHub, but is "
            f'{repository!r}: write it like "https://github.com/course/homework"'
        )
    if hub != "" and not HUB.fullmatch(str(hub)):
        yield (
            f"{PLACE} hub must be the address of a JupyterHub, but is {hub!r}: write it like "
            f'"https://datahub.example.edu"'
        )
    if hub and not repository:
        yield f"{PLACE} hub needs a repository to fetch from: set that too, or remove hub"


def _in_module(place: str) -> tuple[str, str]:
    match = IN_MODULE.fullmatch(place)
    assert match, "it was checked"
    return match[1], match[2]


def _is_in_module(place: object) -> bool:
    return isinstance(place, str) and bool(IN_MODULE.fullmatch(place))


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
