"""The programs that `setup.sh` calls, without a network: they note calls and fail as told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Notes a call and fails as often as the file of its first words says, which counts down.
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> "{folder}/calls"
failures="{folder}/$(basename "$0") $1"
left=$(cat "$failures" 2> /dev/null || echo 0)
if [ "$left" -gt 0 ]; then
  echo $((left - 1)) > "$failures"
  echo "$(basename "$0"): nobody answers" >&2
  exit {code}
fi
for last; do :; done
{body}
"""
BODIES = {
    "sleep": "",
    "apt-get": 'if [ "$last" = python3-venv ]; then touch "{folder}/has venv"; fi',
    "python3": """
if [ "$1" = -c ]; then test -e "{folder}/has venv"; exit; fi
test -e "{folder}/has venv" || exit 9
mkdir -p "$last/bin"
cp "{folder}/installer"/* "$last/bin"
""",
    "installer/pip": "",
    "installer/uv": """
if [ "$1" != venv ]; then exit; fi
for word; do case $word in /*) folder=$word/bin;; esac; done
mkdir -p "$folder"
printf '#!/bin/sh\\nexec "{python}" "$@"\\n' > "$folder/python"
chmod +x "$folder/python"
""",
}
CODE = 7  # with which a program fails that was told to


class FakeSystem:
    """A folder of programs; `environment` makes a script take them."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "installer").mkdir(parents=True)
        for name, body in BODIES.items():
            text = PROGRAM.replace("{body}", body).replace("{code}", str(CODE))
            text = text.replace("{folder}", str(folder)).replace("{python}", sys.executable)
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self.environment = {"GRADER_PYTHON": "", "PATH": f"{folder}:{os.environ['PATH']}"}

    def fail(self, call: str, times: int) -> None:
        """Let the next calls fail that begin with these two words."""
        (self.folder / call).write_text(str(times))

    def has_venv(self) -> None:
        """Let python3 make environments from the beginning, as other systems than Debian do."""
        (self.folder / "has venv").touch()

    def calls(self, start: str = "") -> list[str]:
        """Return the calls so far, those alone that begin like this, in their order."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(start)]
