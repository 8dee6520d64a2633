"""``make site``: build the homework as a site of static files.

python -m autograder.release.site [OUT] [--pyodide FOLDER]
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from .. import ReleaseError
from .build import build_site

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make site", description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "site")
    parser.add_argument("--pyodide", type=Path, help="a folder that has Pyodide's files")
    options = parser.parse_args()
    try:
        build_site(ROOT, options.out, options.pyodide)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:  # shutil lists every file that it could not copy
        print(f"The site cannot be written: {str(error)[:300]}", file=sys.stderr)
        return 1
    place = shlex.quote(str(options.out))
    print(f"{options.out} is built. To look at it:  python3 -m http.server -d {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
