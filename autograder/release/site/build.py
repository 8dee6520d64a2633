"""Put the site together."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .. import ReleaseError
from ..build import WITHOUT_LITTER, last_line
from ..declared import Declared, read_declared
from .front_page import APPS, Notebook, is_site, write_front
from .pyodide import fetch_from_anywhere, packages_of, with_dependencies
from .wheels import EXTENSION, EXTENSION_NAME, KERNEL, write_lock

CACHE = ".release-pyodide"
# What offers to delete all answers, and what leads to apps that are not in the site.
DISABLED = (
    "@jupyterlite/application-extension:clear-browser-data",
    "@jupyter-notebook/application-extension:pages",
)
# JupyterLab saves every two minutes; here that costs nothing, and a tab is closed soon.
OVERRIDES = {"@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 5}}
IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", flags=re.MULTILINE)


def build_site(root: Path, out: Path, given: Path | None) -> None:
    """Write the site.

    Args:
        root: the project, whose ``student/`` becomes the site's content.
        out: a folder for it; an older site there is replaced.
        given: a folder with files of Pyodide, if staff name one.

    Raises:
        ReleaseError: there is something else in ``out``, a file of Pyodide is not to be had, or
            JupyterLite cannot build.
    """
    declared = read_declared(root)
    _refuse_inputs(root, declared, out, given)
    packages = packages_for(root / "student")
    files = fetch_from_anywhere(packages, root / CACHE, given)
    with tempfile.TemporaryDirectory() as folder:
        lite = Path(folder)
        pyodide = lite / "static" / "pyodide"
        pyodide.mkdir(parents=True)
        for path in files:
            shutil.copy(path, pyodide)
        options = write_lock(packages, pyodide)
        shutil.copytree(root / "student", lite / "contents", ignore=WITHOUT_LITTER)
        notebooks = [_sign(lite / "contents" / f"{name}.ipynb") for name in declared.masters]
        _write_settings(lite, declared.title, options)
        _run_jupyterlite(lite)
        write_front(root, lite / "site", declared, notebooks)
        put_in_place(lite / "site", out)


def put_in_place(site: Path, out: Path) -> None:
    """Put a site where it belongs; an older one is there until the new one is complete."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as beside:
        made = Path(shutil.copytree(site, Path(beside) / "site"))
        if out.exists():
            out.rename(Path(beside) / "old")
        made.rename(out)


def _refuse_inputs(root: Path, declared: Declared, out: Path, given: Path | None) -> None:
    """Raise ReleaseError unless all is there, and nothing of worth is where the site will be."""
    if out.is_symlink() or (out.exists() and not is_site(out)):
        raise ReleaseError(f"{out} is there and is no site: choose another folder, or remove it")
    if out.resolve().is_relative_to((root / "student").resolve()):
        raise ReleaseError(
            f"{out} lies in student/, of which the site is made: choose another folder"
        )
    if given is not None and not given.is_dir():
        raise ReleaseError(f"{given} is no folder: give one with Pyodide's files, or none")
    for name in declared.masters:
        if not (root / "student" / f"{name}.ipynb").is_file():
            raise ReleaseError(f"student/{name}.ipynb is missing: run make release first")


def _sign(path: Path) -> Notebook:
    """Write into a notebook to which release it belongs: a saved one is compared with that."""
    content = json.loads(path.read_text(encoding="utf-8"))
    release = hashlib.sha256(path.read_bytes()).hexdigest()
    content["metadata"]["homework"] = {"release": release}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    heading = re.search(r"^# (.+)$", source_text(content["cells"]), flags=re.MULTILINE)
    return Notebook(path.name, heading[1] if heading else path.stem, release)


def packages_for(folder: Path) -> list[str]:
    """Return the packages of Pyodide's lock that the notebooks in a folder need."""
    return with_dependencies([*KERNEL, *packages_of(imported(folder))])


def imported(folder: Path) -> set[str]:
    """Return the modules that the files and notebooks of a folder name in their imports."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    for path in folder.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts.append(source_text([cell for cell in cells if cell["cell_type"] == "code"]))
    return {name for text in texts for name in IMPORT.findall(text)}


def source_text(cells: list[dict[str, Any]]) -> str:
    """Return what is written in some cells."""
    return "\n".join("".join(cell["source"]) for cell in cells)


def _write_settings(lite: Path, title: str, options: dict[str, Any]) -> None:
    """Write JupyterLite's files of settings: for its pages, its builder and JupyterLab."""
    settings: dict[str, Any] = {
        "appName": title,
        "exposeAppInBrowser": True,  # for `front/notebook.js`
        "disabledExtensions": list(DISABLED),
        "appUrl": "./tree",
        "faviconUrl": "./notebooks/favicon.ico",
        "litePluginSettings": {
            f"{EXTENSION_NAME}:kernel": {
                "disablePyPIFallback": True,
                "loadPyodideOptions": options,
            }
        },
    }
    pages = {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}
    builder = {
        "LiteBuildConfig": {
            "contents": ["contents"],
            "output_dir": "site",
            "apps": list(APPS),
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            # The kernel, and none of the other extensions that staff happen to have.
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(EXTENSION)],
        }
    }
    files = {"jupyter-lite": pages, "jupyter_lite_config": builder, "overrides": OVERRIDES}
    for name, content in files.items():
        (lite / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def _run_jupyterlite(lite: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    done = subprocess.run(command, cwd=lite, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"JupyterLite cannot build the site: {last_line(done.stderr)}")
