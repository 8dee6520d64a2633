"""The generated files: which they are, whose work is in them, and how new ones take their place.

``autograder/release.json`` holds a hash of every file as the last release wrote it. A file that is
another one by now, or is not among them, may be somebody's work, and is never overwritten.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

from . import ReleaseError
from .names import is_litter

MANIFEST = "autograder/release.json"
FOLDERS = ("student", "solutions")
MOST_NAMED = 10


def read_generated(root: Path) -> dict[str, bytes]:
    """Return name and content of every generated file below ``root``, but for the manifest."""
    paths = [path for top in FOLDERS for path in (root / top).rglob("*")]
    paths += (root / "autograder").glob("*.zip")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(paths)
        if path.is_file() and not is_litter(path.relative_to(root))
    }


def _all_generated(root: Path) -> dict[str, bytes]:
    path = root / MANIFEST
    return read_generated(root) | ({MANIFEST: path.read_bytes()} if path.is_file() else {})


def write_manifest(built: Path) -> None:
    """Write down what the files of a new release are."""
    hashes = {name: _hash(data) for name, data in read_generated(built).items()}
    (built / MANIFEST).write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def check_untouched(root: Path) -> None:
    """Raise unless all generated files are as the last release wrote them.

    Raises:
        ReleaseError: some are not, and a new release would destroy somebody's work.
    """
    there, wrote = read_generated(root), _read_manifest(root)
    if there and wrote is None:
        raise ReleaseError(
            f"{MANIFEST} is missing or damaged, so nobody can tell whether somebody's work is in "
            f"the generated files: restore it from git, or delete student/, solutions/ and "
            f"autograder/*.zip"
        )
    hashes = wrote or {}
    foreign = [name for name in there if name not in hashes]
    changed = [name for name in there if name in hashes and hashes[name] != _hash(there[name])]
    lines = []
    if changed:
        is_one = len(changed) == 1
        lines.append(
            f"{_enumerate(changed)} {'is' if is_one else 'are'} not what the last release wrote, "
            f"so somebody's work may be in {'it' if is_one else 'them'}: carry over to assignment/ "
            f"what should stay, then delete {'it' if is_one else 'them'} (or `git checkout` "
            f"{'it' if is_one else 'them'}), and run this again"
        )
    if foreign:
        is_one = len(foreign) == 1
        lines.append(
            f"{_enumerate(foreign)} {'is' if is_one else 'are'} not part of the release: move "
            f"{'it' if is_one else 'them'} away or delete {'it' if is_one else 'them'}, then run "
            f"this again"
        )
    if lines:
        raise ReleaseError("\n".join(lines))


def _read_manifest(root: Path) -> dict[str, str] | None:
    """Return the hashes that the last release wrote; None if they cannot be read."""
    try:
        hashes = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return hashes if isinstance(hashes, dict) else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _enumerate(names: list[str]) -> str:
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    *first, last = [*names[:MOST_NAMED], *more]
    return f"{', '.join(first)} and {last}" if first else last


def compare(built: Path, root: Path) -> None:
    """Raise unless the committed release equals the built one, byte for byte."""
    theirs, ours = _all_generated(built), _all_generated(root)
    lines = [f"missing:   {name}" for name in sorted(theirs.keys() - ours.keys())]
    lines += [f"left over: {name}" for name in sorted(ours.keys() - theirs.keys())]
    lines += [
        f"differs:   {name}{_where(theirs[name], ours[name])}"
        for name in sorted(theirs.keys() & ours.keys())
        if theirs[name] != ours[name]
    ]
    if lines:
        raise ReleaseError(
            "\n".join(lines) + "\nThe generated files do not belong to the masters: run "
            "`make release`, then commit what it writes."
        )


def put_into_place(built: Path, root: Path) -> list[str]:
    """Move the built release into ``root``; on a failure or Ctrl-C, put the old one back.

    What the old one had besides, such as the zip of a notebook that is no more, goes with it.

    Returns:
        The names of what the old release had besides.
    """
    gone = sorted(read_generated(root).keys() - read_generated(built).keys())
    new = [*FOLDERS, MANIFEST, *_zips(built)]
    old = built / "old"
    (old / "autograder").mkdir(parents=True)
    try:
        for name in dict.fromkeys([*new, *_zips(root)]):
            if (root / name).exists():
                os.replace(root / name, old / name)
            if name in new:
                os.replace(built / name, root / name)
    except BaseException:  # Ctrl-C too
        # Undo all that was done; what the disk says is surer than any list.
        for name in new:
            if not (built / name).exists():
                os.replace(root / name, built / name)
        for name in [*FOLDERS, MANIFEST, *_zips(old)]:
            if (old / name).exists():
                os.replace(old / name, root / name)
        raise
    return gone


def _zips(root: Path) -> list[str]:
    return [f"autograder/{path.name}" for path in sorted((root / "autograder").glob("*.zip"))]


def _where(built: bytes, committed: bytes) -> str:
    """Return, for a zip, which entries differ."""
    if not built.startswith(b"PK"):
        return ""
    try:
        first, second = _entries(built), _entries(committed)
    except zipfile.BadZipFile:
        return " (not a zip file)"
    names = [name for name in sorted(first | second) if first.get(name) != second.get(name)]
    return f" ({', '.join(names[:5])})"


def _entries(data: bytes) -> dict[str, int]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}
