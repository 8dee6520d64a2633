"""The site as tests build it, and a server for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from autograder.release.site.build import CACHE, build_site, packages_for
from autograder.release.site.pyodide import Carrier, fetch

PLACE = "course/hw1"  # in a folder of a folder, as on a course's host
# Whether the kernel of a notebook in a tab is ready.
IDLE = """() => {
  const widget = window.jupyterapp?.shell.currentWidget;
  return widget?.sessionContext?.session?.kernel?.status === "idle";
}"""


def make_site(root: Path, folder: Path) -> str:
    """Build the site of what is committed at `PLACE` in a folder; return the folder."""
    # From the package index alone: tests ask no other host.
    fetch(packages_for(root / "student"), root / CACHE, [Carrier(folder)])
    build_site(root, folder / PLACE, None)
    return str(folder)


class Quiet(SimpleHTTPRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *_: object) -> None:
        pass


class WithoutPython(Quiet):
    """Has no Python: where a test needs no kernel, its start would be half of the work."""

    def do_GET(self) -> None:
        if "/static/pyodide/" in self.path:
            self.send_error(404)
        else:
            super().do_GET()


@contextmanager
def served(folder: Path, handler: type[SimpleHTTPRequestHandler] = Quiet) -> Iterator[str]:
    """Serve a folder on this machine; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
