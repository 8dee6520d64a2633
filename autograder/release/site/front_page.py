"""The front page of the site, and what every tab of it loads."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import mistune

from .. import ReleaseError
from ..build import write_zip
from ..cache import digest_of
from ..declared import Declared
from ..names import is_litter
from ..places import links

SOURCES = Path(__file__).with_name("front")
# What of JupyterLite is built: the notebook, the list of files, the editor. JupyterLab would open a
# notebook twice and not tell.
APPS = ("notebooks", "tree", "edit")
OF_JUPYTERLITE = 8  # megabytes that a notebook loads of it
# In every page of JupyterLite. When that first finds its worker, it would unregister it, and what
# the page still loads through the worker could fail.
IN_EVERY_TAB = """  <script>
    if (navigator.serviceWorker?.controller) {
      localStorage.setItem(`${navigator.serviceWorker.controller.scriptURL}-version`, "VERSION");
    }
  </script>
  <link rel="stylesheet" href="../front/bar.css">
  <script type="module" src="../front/notebook.js"></script>
</head>"""
ALL_FILES = "student.zip"
WHAT_TO_UPLOAD = "<p>The files to upload are those that <em>Download my notebooks</em> gives.</p>"
ABOUT = "front/release.json"
DIGITS = 16  # of a digest: enough to tell releases apart, and the worker's table stays short


@dataclass(frozen=True)
class Notebook:
    """A notebook of the site.

    Attributes:
        name: of its file.
        title: its first heading.
        release: a digest of what was handed out, to tell whether a saved one began as that.
    """

    name: str
    title: str
    release: str


def is_site(folder: Path) -> bool:
    """Return whether a folder holds a site, or nothing yet."""
    return (folder / ABOUT).is_file() or (folder.is_dir() and not any(folder.iterdir()))


def write_front(root: Path, site: Path, declared: Declared, notebooks: list[Notebook]) -> None:
    """Add front page, pages and scripts to a site that JupyterLite has built.

    Args:
        root: the project.
        site: with JupyterLite and the students' files in it.
        declared: what the homework declares.
        notebooks: those in the site.
    """
    files = _students_files(root / "student")
    write_zip(files, site / ALL_FILES)
    pages = [name for name in declared.pages if "/" not in name]
    for name in pages:
        (site / name).write_bytes(files[name])
    (site / "service-worker.js").rename(site / "jupyterlite-worker.js")
    shutil.copytree(
        SOURCES, site / "front", ignore=shutil.ignore_patterns("index.html", "worker.js")
    )
    settings = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))
    in_every_tab = IN_EVERY_TAB.replace("VERSION", settings["jupyter-config-data"]["appVersion"])
    for app in APPS:
        _replace_in(site / app / "index.html", {"</head>": in_every_tab})
    parts = {
        "title": html.escape(declared.title),
        "heading": _paragraph(declared.heading),
        "notebooks": "\n".join(map(_card, notebooks)),
        "pages": _pages(site, pages),
        "submit": _section(root / "assignment/STUDENT.md", "Submit").replace(
            "</h2>", f"</h2>\n{WHAT_TO_UPLOAD}", 1
        ),
        "elsewhere": _elsewhere(declared, notebooks),
        "megabytes": str(_megabytes(site)),
        "version": html.escape(declared.version),
    }
    digests = _digests(site)
    all_of_it = json.dumps([digests, digest_of(SOURCES), parts])
    release = _digest(all_of_it.encode())
    about = {
        "release": release,
        "version": declared.version,
        "notebooks": [asdict(notebook) for notebook in notebooks],
        "files": sorted(files),
        "small": _small(site, pages),
        "large": _in_site(site, "static/pyodide"),
    }
    (site / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    parts |= {"release": release, "short": release[:8]}
    _write_filled("index.html", site / "index.html", parts)
    digests += [[name, _digest((site / name).read_bytes())] for name in (ABOUT, "index.html")]
    table = {path: digest[:DIGITS] for path, digest in digests}
    kept = {"release": release, "files": json.dumps(table), "apps": "|".join(APPS)}
    _write_filled("worker.js", site / "service-worker.js", kept)


def _students_files(folder: Path) -> dict[str, bytes]:
    """Return what students get, by path."""
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        inside.as_posix(): path.read_bytes()
        for inside, path in paths.items()
        if not is_litter(inside)
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digests(site: Path) -> list[list[str]]:
    """Return a site's files and their digests, but for JupyterLite's lists, which hold times."""
    return [file for file in digest_of(site) if not file[0].startswith("api/")]


def _small(site: Path, pages: list[str]) -> list[str]:
    """Return what a student may open later: files of the homework, their lists, pages."""
    return [*pages, *_in_site(site, "files"), *_in_site(site, "api/contents")]


def _in_site(site: Path, folder: str) -> list[str]:
    """Return the files in a folder of the site, by their addresses in it."""
    paths = (path for path in (site / folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(site).as_posix() for path in paths)


def _megabytes(site: Path) -> int:
    """Return how much a first visit loads: Python and its packages, and JupyterLite's part."""
    python = sum(path.stat().st_size for path in (site / "static/pyodide").iterdir())
    return round(python / 1e6) + OF_JUPYTERLITE


def _card(notebook: Notebook) -> str:
    return (
        f'<li data-notebook="{notebook.name}">'
        f'<a href="notebooks/index.html?path={notebook.name}" target="_blank">'
        f'{html.escape(notebook.title)}</a>\n<p class="state" aria-live="polite">This page needs a '
        f"newer browser, or its files came garbled.</p></li>"
    )


def _pages(site: Path, names: list[str]) -> str:
    """Return the list of pages, by what they are called."""
    links = []
    for name in names:
        title = re.search(r"<title>(.+?)</title>", (site / name).read_text(encoding="utf-8"))
        links.append(f'<li><a href="{name}">{title[1] if title else name}</a></li>')
    return "\n".join(["<h2>Pages to try things on</h2>", "<ul>", *links, "</ul>"]) if links else ""


def _elsewhere(declared: Declared, notebooks: list[Notebook]) -> str:
    """Return the other places where the homework can be done, as a list."""
    titles = {notebook.name: f": {notebook.title}" for notebook in notebooks}
    items = [f'On your own computer: <a href="{ALL_FILES}">all files as a zip</a>; see its README']
    items += [
        f'<a href="{html.escape(link.address)}">{html.escape(link.label)}</a>'
        f"{html.escape(titles.get(link.notebook or '', ''))}"
        for link in links(declared)
    ]
    lines = [f"<li>{item}</li>" for item in items]
    return "\n".join(["<h2>Elsewhere</h2>", "<ul>", *lines, "</ul>"])


def _section(path: Path, heading: str) -> str:
    """Return a section of a Markdown file as HTML, "" if it has none of that name."""
    text = path.read_text(encoding="utf-8")
    match = re.search(rf"^## {heading}\n.*?(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return str(mistune.html(match[0])) if match else ""


def _paragraph(text: str) -> str:
    return f'<p class="heading">{html.escape(text)}</p>' if text else ""


def _write_filled(name: str, target: Path, parts: dict[str, str]) -> None:
    """Write a source with these parts in it."""
    text = (SOURCES / name).read_text(encoding="utf-8")
    filled = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], text)
    target.write_text(filled, encoding="utf-8")


def _replace_in(path: Path, replacements: dict[str, str]) -> None:
    """Replace what a page of JupyterLite must have exactly once.

    Raises:
        ReleaseError: it has not.
    """
    text = path.read_text(encoding="utf-8")
    for old, new in replacements.items():
        if text.count(old) != 1:
            raise ReleaseError(f"{path.name} of JupyterLite is not as expected: {old!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
