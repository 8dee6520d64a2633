"""What a student waits for in a browser tab: seconds, bytes and memory of the built site."""

from __future__ import annotations

import gzip
import io
import shutil
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from autograder.release.site.build import build_site
from tests.support.site import IDLE, Quiet, served

ROOT = Path(__file__).resolve().parent.parent
COMPRESSED = {".js", ".json", ".html", ".css", ".wasm", ".py", ".ipynb", ".txt", ".md", ".svg"}
NOTEBOOK = "notebooks/index.html?path=gradient_descent.ipynb"
# Answers the first question, and runs cells until its check is green.
TO_GREEN = """async () => {
  const { content } = window.jupyterapp.shell.currentWidget;
  for (const [index, cell] of content.widgets.entries()) {
    const model = cell.model.sharedModel;
    if (cell.model.type !== "code") continue;
    if (model.getSource().startsWith("def constant_gradient(")) {
      model.setSource("def constant_gradient(theta, y):\\n    return 2 * np.mean(theta - y)");
    }
    content.activeCellIndex = index;
    await window.jupyterapp.commands.execute("notebook:run-cell");
    const shown = JSON.stringify(cell.model.outputs.toJSON());
    if (shown.includes("q1a_i results: All test")) return true;
  }
  return false;
}"""


class Compressing(Quiet):
    """Serves as hosts of static files do, and counts what it sends."""

    sent = 0

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        content, is_compressed = body_of(path)
        Compressing.sent += len(content)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        if is_compressed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)


@cache
def body_of(path: Path) -> tuple[bytes, bool]:
    """Return what is sent for a file, and whether it is compressed."""
    content = path.read_bytes()
    if path.suffix not in COMPRESSED:
        return content, False
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        file.write(content)
    return out.getvalue(), True


def bench_site() -> None:
    """Open the first notebook in a new browser, and again, and solve its first question."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("browser tab: chromium is not installed")
        return
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        build_site(ROOT, site, None)
        size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        print(f"browser tab: the site has {size / 1e6:.0f} MB")
        with sync_playwright() as playwright, served(site, Compressing) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context()
            for visit in ("first visit", "second visit"):
                _visit(context, address, visit)
            browser.close()


def _visit(context: Any, address: str, name: str) -> None:
    page = context.new_page()
    page.set_default_timeout(300_000)
    Compressing.sent, start = 0, time.perf_counter()
    page.goto(f"{address}/{NOTEBOOK}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    shown = time.perf_counter() - start
    page.wait_for_function(IDLE)
    idle = time.perf_counter() - start
    assert page.evaluate(TO_GREEN), "the check is green"
    green = time.perf_counter() - start
    # Every tab has a process of its own; there are some idle ones besides.
    memory = max(
        process.memory_full_info().pss
        for process in psutil.Process().children(recursive=True)
        if "--type=renderer" in process.cmdline()
    )
    print(
        f"  {name:13s} {Compressing.sent / 1e6:5.1f} MB transferred; notebook shown after "
        f"{shown:.1f} s, Python ready {idle:.1f} s, first green check {green:.1f} s; "
        f"memory of the tab {memory / 2**20:.0f} MB"
    )
    page.close()
