"""Where the homework can be done in one click, if staff have put it into a public repository.

``[tool.homework] repository`` names that repository. From it come links to each place, and the
cell that fetches what a notebook needs on Colab, which opens the notebook alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from string import Template
from urllib.parse import urlencode, urlsplit

import nbformat

from .declared import Declared

BRANCH = "main"
# What Colab lacks, or has in a version that makes one wait; all else is there.
ON_COLAB = re.compile(r"^(?:otter-grader|jsonschema)(?![\w.-])[^#\s;]*", re.MULTILINE)
# Looks for Colab before it imports anything: elsewhere it costs no time, and leaves no name behind
# that an answer could come to rely on.
CELL = Template("""\
# On Google Colab, this cell fetches the homework. Elsewhere it does nothing.
def fetch_on_colab():
    import sys

    if "google.colab" not in sys.modules:
        return
    import io, subprocess, urllib.request, zipfile
    from pathlib import Path

    address = $address
    packages = $packages
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            files = zipfile.ZipFile(io.BytesIO(answer.read()))
        for file in files.infolist():
            _, folder, *path = file.filename.split("/", 2)
            target = Path(*path)
            if folder == "student" and not file.is_dir() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(files.read(file))
        pip_install = [sys.executable, "-m", "pip", "install", "--quiet"]
        subprocess.run(pip_install + packages, check=True, capture_output=True)
        print("The homework is here. To hand in: File > Download > Download .ipynb")
    except Exception as error:
        print(f"Cannot set up the homework from {address}: {error}")


fetch_on_colab()""")


@dataclass(frozen=True)
class Link:
    """One click to a place.

    Attributes:
        label: what people call the place.
        address: where the link leads.
        notebook: the file that it opens, such as "part_one.ipynb"; None if it opens them all.
    """

    label: str
    address: str
    notebook: str | None = None


def links(declared: Declared) -> list[Link]:
    """Return the links to all places, in the order of the notebooks; none without a repository."""
    if not declared.repository:
        return []
    notebooks = [f"{name}.ipynb" for name in declared.masters]
    found = [Link("Google Colab", _on_colab(declared, name), name) for name in notebooks]
    if declared.hub:
        host = urlsplit(declared.hub).netloc
        found += [Link(host, _on_hub(declared, name), name) for name in notebooks]
    return [
        *found,
        Link("GitHub Codespaces", f"https://codespaces.new/{_owner_and_name(declared)}"),
    ]


def _on_colab(declared: Declared, notebook: str) -> str:
    place = f"{_owner_and_name(declared)}/blob/{BRANCH}/student/{notebook}"
    return f"https://colab.research.google.com/github/{place}"


def _on_hub(declared: Declared, notebook: str) -> str:
    """Return a link of nbgitpuller, which clones the repository into a folder of its name."""
    folder = _owner_and_name(declared).partition("/")[2]
    path = f"lab/tree/{folder}/student/{notebook}"
    query = urlencode({"repo": declared.repository, "urlpath": path, "branch": BRANCH})
    return f"{declared.hub}/hub/user-redirect/git-pull?{query}"


def _owner_and_name(declared: Declared) -> str:
    return urlsplit(declared.repository).path.strip("/")


def colab_cell(declared: Declared, requirements: str) -> nbformat.NotebookNode | None:
    """Return the cell that fetches what belongs to a notebook; None without a repository.

    Args:
        declared: the settings of the homework.
        requirements: the text of its ``requirements.txt``.
    """
    if not declared.repository:
        return None
    address = f"{declared.repository}/archive/refs/heads/{BRANCH}.zip"
    packages = ON_COLAB.findall(requirements) or ["otter-grader"]
    cell: nbformat.NotebookNode = nbformat.v4.new_code_cell(colab_source(address, packages))
    cell.metadata.tags = ["otter_ignore"]  # grading skips it: it has nothing to do there
    return cell


def colab_source(address: str, packages: list[str]) -> str:
    """Return the source of that cell: it fetches a zip from an address, and installs packages."""
    return CELL.substitute(address=json.dumps(address), packages=json.dumps(packages))
