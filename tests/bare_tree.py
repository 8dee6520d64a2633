"""Is the image built, and does it grade? ``make image-test`` (or ``python -m tests.bare_tree``).

Without Docker, but as root and with a network: debootstrap makes a bare Debian or Ubuntu in a
folder. What the Dockerfile says is done there, `setup.sh` runs once more, and `run_autograder`
grades the solutions. Takes a few minutes and two gigabytes; nothing stays behind. What the options
below do not name is passed on to debootstrap.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What this machine says about package indexes and mirrors holds in the tree as well.
SETTINGS = ("APT_", "PIP_", "UV_", "SSL_CERT_")
# Mounts and processes of the tree are in namespaces of their own, so they end with the command.
# Nothing of this machine is mounted there: what is installed in the tree could change it.
INSIDE = """
exec unshare --mount --pid --fork --kill-child sh -ec '
mount -t proc proc "$0/proc"
mkdir -p "$0/dev/shm"
mount -t tmpfs tmpfs "$0/dev/shm"
exec chroot "$0" sh -c "$1"
' "$@"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 1 if the image is not built or does not give full marks."""
    options, bootstrap = read_arguments(arguments)
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        print("This needs root and debootstrap (a package of Debian and Ubuntu).", file=sys.stderr)
        return 2
    try:
        with tree([*bootstrap, options.suite], options.mirror) as folder:
            prepare(folder, options)
            build(folder, options.homework)
            inside(folder, "bash /autograder/source/setup.sh")  # to run it again does no harm
            print_sizes(folder / "autograder")
            inside(folder, "cd /autograder && ./run_autograder")
            return print_results(folder / "autograder")
    except subprocess.CalledProcessError as error:
        print(f"'{error.cmd[-1]}' ended with exit code {error.returncode}", file=sys.stderr)
        return 1


def read_arguments(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Return the options, and those that are debootstrap's own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bare_tree", description=__doc__)
    parser.add_argument("suite", nargs="?", default="bookworm", help="such as trixie, jammy")
    parser.add_argument("mirror", nargs="*", help="if not debootstrap's own; then its script")
    parser.add_argument("--install", nargs="+", default=[], help="packages the image has already")
    parser.add_argument(
        "--folder", dest="folders", type=Path, action="append", default=[],
        help="a folder of this machine to copy into the tree, say of wheels",
    )  # fmt: skip
    parser.add_argument(
        "--homework", type=Path, default=ROOT / "autograder/homework.zip", help="the zip file"
    )
    return parser.parse_known_args(arguments)


@contextmanager
def tree(suite: Sequence[str], mirror: Sequence[str]) -> Iterator[Path]:
    """Make a bare tree in a folder, and remove it in the end."""
    with tempfile.TemporaryDirectory(prefix="bare-tree-") as name:
        folder = Path(name, "root")
        run(["debootstrap", "--variant=minbase", *suite, str(folder), *mirror])
        yield folder


def prepare(folder: Path, options: argparse.Namespace) -> None:
    """Bring what the options name into the tree."""
    for copied in options.folders:
        shutil.copytree(copied, folder / copied.absolute().relative_to("/"))
    if options.install:
        packages = " ".join(options.install)
        inside(folder, f"apt-get update -qq && apt-get install -y -qq {packages}")


def build(folder: Path, homework: Path) -> None:
    """Do in the tree what the Dockerfile says, and submit the solutions."""
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(homework) as archive:
        archive.extractall(name)
        for line in Path(name, "Dockerfile").read_text().splitlines():
            word, _, rest = line.partition(" ")
            if word == "COPY":
                shutil.copytree(name, folder / rest.split()[1].strip("/"))
            elif word == "RUN":
                inside(folder, rest)
    submission = folder / "autograder/submission"
    submission.mkdir()
    for path in (ROOT / "solutions").glob("*.ipynb"):
        shutil.copy(path, submission)


def inside(folder: Path, command: str) -> None:
    """Run a shell's command with the tree as its root."""
    settings = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
    system = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    environment = {**settings, **system, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
    run(["sh", "-c", INSIDE, "inside", str(folder), command], environment)


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Run a command and say how long it took.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    start = time.monotonic()
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    print(f"-- {command[-1]}: {time.monotonic() - start:.0f} s", flush=True)
    done.check_returncode()


def print_sizes(place: Path) -> None:
    """Print how large each folder of the image is."""
    for folder in sorted(path for path in place.iterdir() if path.is_dir()):
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        print(f"{folder.name}: {sum(path.stat().st_size for path in files) / 1e6:.0f} MB")


def print_results(place: Path) -> int:
    """Print what a student would read; return 1 unless it is full marks."""
    results = json.loads((place / "results/results.json").read_text(encoding="utf-8"))
    notebooks = json.loads((place / "source/homework.json").read_text())["notebooks"].values()
    questions = [question for notebook in notebooks for question in notebook]
    full = sum(question["points"] for question in questions if not question["written"])
    print(results["output"].strip())
    print(f"run_autograder: {results['score']:g} of {full:g} points")
    return int(results["score"] != full)


if __name__ == "__main__":
    sys.exit(main())
