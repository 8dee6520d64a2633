"""The homework as a site: where its files come from, and both notebooks in a real browser.

The browser reaches the site's server and nothing else. The server has the site in a folder of a
folder, as a course's host would.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from support.answers import solved_cells
from support.container import Container
from support.site import IDLE, PLACE, WithoutPython, served

from autograder.release import ReleaseError
from autograder.release.build import WITHOUT_LITTER
from autograder.release.site import pyodide
from autograder.release.site.build import CACHE, build_site, imported, packages_for
from autograder.release.site.pyodide import CORE, Carrier, fetch, read_lock, with_dependencies

NOTEBOOKS = ("gradient_descent", "relu_sgd")
# Runs all code cells, and returns the source of each with what it shows as text.
RUN_ALL = """async () => {
  const { content } = window.jupyterapp.shell.currentWidget;
  const shown = [];
  for (const [index, cell] of content.widgets.entries()) {
    if (cell.model.type !== "code") continue;
    content.activeCellIndex = index;
    await window.jupyterapp.commands.execute("notebook:run-cell");
    const outputs = cell.model.outputs.toJSON();
    const text = outputs.map((o) => o.ename ? `RAISED ${o.ename}: ${o.evalue}`
      : [].concat(o.text ?? o.data["text/plain"]).join(""));
    shown.push([cell.model.sharedModel.getSource(), text.join("\\n")]);
  }
  return shown;
}"""
FILL_IN = """(answers) => {
  for (const cell of window.jupyterapp.shell.currentWidget.content.widgets) {
    const model = cell.model.sharedModel;
    const stub = model.getSource();
    if (!stub.includes("NotImplementedError")) continue;
    const name = Object.keys(answers).find((name) => stub.startsWith(`def ${name}(`));
    if (name) model.setSource(answers[name]);
  }
}"""
# Puts code into the first code cell; `run` runs it without waiting.
WRITE = """([code, run]) => {
  const { content } = window.jupyterapp.shell.currentWidget;
  const index = content.widgets.findIndex((cell) => cell.model.type === "code");
  content.activeCellIndex = index;
  content.widgets[index].model.sharedModel.setSource(code);
  if (run) window.jupyterapp.commands.execute("notebook:run-cell");
}"""
FIRST_CELL = """() => {
  const { widgets } = window.jupyterapp.shell.currentWidget.content;
  const { model } = widgets.find((cell) => cell.model.type === "code");
  return [model.sharedModel.getSource(), JSON.stringify(model.outputs.toJSON())];
}"""
SOURCES = """() => {
  const { widgets } = window.jupyterapp.shell.currentWidget.content;
  const cells = widgets.filter((cell) => cell.model.type === "code");
  return cells.map((cell) => cell.model.sharedModel.getSource());
}"""
# Whether the worker has kept what is small, of which this is a part that was not opened.
KEPT = """async () => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    if (await cache.match(new URL("../files/tests/q2g.py", location))) return true;
  }
  return false;
}"""
# Whether a notebook is there with its content; before that it looks like an empty one.
READY = "window.jupyterapp?.shell.currentWidget?.context?.isReady"
# A worker as a kernel is one, so that it is seen that the browser lists workers.
WORKER = "() => { window.kernel = new Worker(URL.createObjectURL(new Blob(['']))); }"
# What a kernel asks its tab, which is closed before it has answered.
UNANSWERED = "() => void fetch('../api/stdin/kernel', { method: 'POST', body: '{}' })"
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
# What Otter shows for the checks of a notebook, given the sources of its cells.
WITH_OTTER = """
import contextlib, io, json, sys
sys.modules["torch"] = None
names, shown = {"__name__": "__main__"}, []
for cell in json.load(sys.stdin):
    *lines, last = cell.rstrip().splitlines() or [""]
    is_check = ".check(" in last
    with contextlib.redirect_stdout(io.StringIO()):
        exec("\\n".join(lines if is_check else [*lines, last]), names)
        if is_check:
            shown.append(repr(eval(last, names)))
json.dump(shown, sys.stdout)
"""


# -- where files come from --------------------------------------------------------------------


def test_sources_are_asked_in_order_and_hashes_compared(tmp_path, monkeypatch):
    right, asked = {name: name.encode() for name in CORE}, []
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in right.items()}
    monkeypatch.setattr(pyodide, "CORE", hashes)
    (tmp_path / "pyodide.js").write_bytes(b"cut off")

    def source(label: str, files: dict[str, bytes], fault: type[OSError], name: str) -> bytes:
        asked.append((label, name))
        if name not in files:
            raise fault(label)
        return files[name]

    sources = [
        partial(source, "given", {"pyodide.js": right["pyodide.js"]}, FileNotFoundError),
        partial(source, "official", {"pyodide.asm.js": b"forged"}, ConnectionError),
        partial(source, "carrier", right, FileNotFoundError),
    ]
    fetch([], tmp_path, sources)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == right
    of = {name: [label for label, asked_for in asked if asked_for == name] for name in right}
    assert of["pyodide.js"] == ["given"]
    assert of["pyodide.asm.js"] == [
        "given",
        "official",
        "carrier",
    ]  # official's is not the right one
    assert of["pyodide.asm.wasm"] == ["given", "official", "carrier"]  # official does not answer
    assert of["python_stdlib.zip"] == ["given", "carrier"]  # and is not asked again
    asked.clear()
    fetch([], tmp_path, sources)
    assert not asked


def test_a_file_that_nobody_has_is_one_line(tmp_path, monkeypatch):
    def nothing(name: str) -> bytes:
        raise FileNotFoundError("not here")

    with pytest.raises(ReleaseError, match=r"pyodide\.js .*not here.*make site PYODIDE=folder"):
        fetch([], tmp_path, [nothing])
    with pytest.raises(ReleaseError, match="another SHA-256"):
        fetch([], tmp_path, [lambda name: b"forged"])


def test_the_official_place_is_asked_before_the_carrier(tmp_path, monkeypatch):
    (tmp_path / "official").mkdir()
    (tmp_path / "official/pyodide.js").write_bytes(b"of the official place")
    with served(tmp_path) as address:
        monkeypatch.setattr(pyodide, "OFFICIAL", f"{address}/official")
        given, official, carrier = pyodide.sources(tmp_path, tmp_path)
        assert official("pyodide.js") == b"of the official place"
        with pytest.raises(FileNotFoundError, match="404"):
            official("pyodide.asm.js")
    assert isinstance(carrier, Carrier)
    with pytest.raises(FileNotFoundError):
        given("pyodide.js")


def test_packages_are_those_that_notebooks_and_helpers_import(root, tmp_path):
    assert {"numpy", "matplotlib", "IPython", "torch"} <= imported(root / "student")
    packages = packages_for(root / "student")
    assert {"numpy", "matplotlib", "pillow", "ipython", "kiwisolver"} <= set(packages)
    assert "torch" not in packages
    assert "pandas" not in packages
    (tmp_path / "helper.py").write_text("def f():\n    from pandas import Series\n")
    assert {"pandas", "numpy", "pytz"} <= set(packages_for(tmp_path))


def test_dependencies_are_closed():
    packages = read_lock()["packages"]
    closed = with_dependencies(["matplotlib"])
    assert closed == with_dependencies(closed)
    assert all(set(packages[name]["depends"]) <= set(closed) for name in closed)


def test_a_folder_that_is_no_site_is_left_alone(root, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(ReleaseError, match="is no site: choose another folder"):
        build_site(root, tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


# -- the site ---------------------------------------------------------------------------------


def test_inputs_that_make_no_site(root, tmp_path):
    with pytest.raises(ReleaseError, match="is no folder"):
        build_site(root, tmp_path / "site", tmp_path / "nowhere")
    with pytest.raises(ReleaseError, match="lies in student/"):
        build_site(root, root / "student/site", None)
    shutil.copytree(root / "assignment", tmp_path / "assignment", ignore=WITHOUT_LITTER)
    shutil.copy(root / "pyproject.toml", tmp_path)
    with pytest.raises(ReleaseError, match=r"student/gradient_descent\.ipynb is missing: run make"):
        build_site(tmp_path, tmp_path / "site", None)
    assert not (tmp_path / "site").exists()


def test_the_front_page_is_about_this_homework(site, root):
    text = (site / PLACE / "index.html").read_text(encoding="utf-8")
    assert "{{" not in text
    assert "<h1>Homework: gradient descent</h1>" in text
    for name in NOTEBOOKS:
        assert f"notebooks/index.html?path={name}.ipynb" in text
    assert "Gradescope" in text
    links = re.findall(r'(?:href|src)="([^"#?]+)', text)
    assert {"explorer.html", "descent.html", "student.zip"} <= set(links)
    for link in links:
        assert "://" not in link
        assert (site / PLACE / link).exists(), link


def test_nothing_in_the_site_is_from_elsewhere(site):
    """As far as files tell; that a browser asks for nothing else is tested below."""
    settings = json.loads((site / PLACE / "jupyter-lite.json").read_text())["jupyter-config-data"]
    assert "://" not in json.dumps(settings)
    (extension,) = settings["federated_extensions"]
    assert extension["name"] == "@jupyterlite/pyodide-kernel-extension"
    lock = json.loads((site / PLACE / "static/pyodide/pyodide-lock.json").read_text())
    for about in lock["packages"].values():
        content = (site / PLACE / "static/pyodide" / about["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == about["sha256"]


def test_students_files_are_in_it_as_released(site, root):
    for path in sorted((root / "student").rglob("*")):
        inside = path.relative_to(root / "student")
        if path.is_file() and "__pycache__" not in inside.parts and path.suffix != ".ipynb":
            assert (site / PLACE / "files" / inside).read_bytes() == path.read_bytes(), inside
    for name in NOTEBOOKS:
        made = nbformat.read(site / PLACE / f"files/{name}.ipynb", as_version=4)
        assert made.metadata.pop("homework")["release"]
        assert made == nbformat.read(root / f"student/{name}.ipynb", as_version=4)


def test_a_release_with_other_content_has_another_name(site, root, tmp_path):
    """Or a browser would go on with what it has kept."""
    for name in ("assignment", "student"):
        shutil.copytree(root / name, tmp_path / name, ignore=WITHOUT_LITTER)
    shutil.copy(root / "pyproject.toml", tmp_path)
    (tmp_path / CACHE).symlink_to(root / CACHE)
    (tmp_path / "student/lab/data.py").write_text("changed = True\n")
    build_site(tmp_path, tmp_path / "site", None)
    ours, theirs = (
        json.loads((place / "front/release.json").read_text())
        for place in (site / PLACE, tmp_path / "site")
    )
    assert ours["release"] != theirs["release"]
    assert ours["notebooks"] == theirs["notebooks"]
    worker = (tmp_path / "site/service-worker.js").read_text()
    assert theirs["release"] in worker


# -- in a browser -----------------------------------------------------------------------------


class Visitor:
    """A browser with nothing kept, at a site; it notes what is asked of other hosts."""

    def __init__(self, browser: Any, address: str, kernel: bool = True, **options: Any):
        self.address, self.kernel, self.elsewhere = address, kernel, []
        self.context = browser.browser.new_context(
            viewport={"width": 1280, "height": 900}, **options
        )
        self.context.set_default_timeout(120_000)
        self.context.on("request", self.note)

    def note(self, request: Any) -> None:
        host = self.address.removesuffix(f"/{PLACE}")
        if not request.url.startswith((f"{host}/", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def open(self, path: str = "") -> Any:
        page = self.context.new_page()
        page.goto(f"{self.address}/{path}")
        return page

    def open_notebook(self, name: str) -> Any:
        page = self.open(f"notebooks/index.html?path={name}.ipynb")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function(IDLE if self.kernel else READY)
        return page


@pytest.fixture
def visit(browser, site) -> Iterator[Any]:
    """Return a function that begins a visit with a new browser profile, with kernels or without."""
    with served(site) as host, served(site, WithoutPython) as kernelless:
        visitors: list[Visitor] = []

        def begin(kernel: bool = True, **options: Any) -> Visitor:
            address = host if kernel else kernelless
            visitors.append(Visitor(browser, f"{address}/{PLACE}", kernel, **options))
            return visitors[-1]

        yield begin
        for visitor in visitors:
            visitor.context.close()
            assert not visitor.elsewhere


def words_of_otter(cells: list[str], folder: Path) -> list[str]:
    """Return what Otter shows for the checks of a notebook with these cells."""
    done = subprocess.run(
        [sys.executable, "-c", WITH_OTTER], cwd=folder, input=json.dumps(cells),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    words: list[str] = json.loads(done.stdout)
    return words


def run_and_compare(page: Any, folder: Path) -> list[tuple[str, str]]:
    """Run a notebook in a tab, hold its checks against Otter's; return what all cells show."""
    shown = page.evaluate(RUN_ALL)
    assert not [text for _, text in shown if "RAISED" in text]
    checks = [text for source, text in shown if ".check(" in source]
    assert checks == words_of_otter([source for source, _ in shown], folder)
    return shown


def answers_to(name: str) -> dict[str, str]:
    """Return the solved cells of a notebook, by the function that each defines."""
    return {
        re.findall(r"def (\w+)", cell)[0]: cell for cell in solved_cells(name) if "def " in cell
    }


def test_both_notebooks_from_opening_to_full_marks(visit, root, tmp_path):
    """Untouched, then solved; after a reload; downloaded, and graded."""
    visitor, downloads = visit(accept_downloads=True), []
    folder = shutil.copytree(root / "student", tmp_path / "student", ignore=WITHOUT_LITTER)
    front = visitor.open()
    front.on("download", lambda download: downloads.append(download))
    front.wait_for_selector("text=Not begun here.")
    assert front.is_disabled("#download")
    for name in NOTEBOOKS:
        page = visitor.open_notebook(name)
        run_and_compare(page, folder)
        page.evaluate(FILL_IN, answers_to(name))
        solved = run_and_compare(page, folder)
        checks = [text for source, text in solved if "grader.check(" in source]
        assert all("All test cases passed!" in text for text in checks)
        assert not [text for _, text in solved if "Nothing to look at yet" in text]
        page.evaluate(SAVE)
        page.reload()
        page.wait_for_function(READY)
        assert page.evaluate(SOURCES) == [source for source, _ in solved]
        page.close()
    front.bring_to_front()
    front.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    front.click("#download:enabled")
    while len(downloads) < len(NOTEBOOKS):
        front.wait_for_timeout(100)
    for download in downloads:
        download.save_as(tmp_path / download.suggested_filename)
    (tmp_path / "tree").mkdir()
    container = Container(tmp_path / "tree", root / "autograder/homework.zip")
    results = container.grade(*(tmp_path / f"{name}.ipynb" for name in NOTEBOOKS))
    assert sum(test.get("score", 0) for test in results["tests"]) == 36, results["output"]


def test_loops_that_never_end(visit):
    """One that is silent ends with the kernel, and the text stays; one that prints is stopped."""
    page = visit().open_notebook("gradient_descent")
    for body in (
        "print(1)",
        "print('x' * 1000)",
        "try: print(1)\n    except Exception: pass",
        "import logging; logging.warning('x')",
        "display(1)",
    ):
        page.evaluate(WRITE, [f"while True:\n    {body}", True])
        page.wait_for_function(f"() => ({FIRST_CELL})()[1].includes('TooMuchOutput')")
        page.wait_for_function(IDLE)
    page.evaluate(WRITE, ["for _ in range(1500): print(1)", True])
    page.wait_for_function(f"() => ({FIRST_CELL})()[1].length > 3000")
    assert "TooMuchOutput" not in page.evaluate(FIRST_CELL)[1]
    page.evaluate(WRITE, ["while True:\n    pass", True])
    page.wait_for_function(f"() => !({IDLE})()")
    page.click("[data-command='notebook:restart-kernel'], [title^='Restart the kernel']")
    page.click(".jp-Dialog button:has-text('Restart')")
    page.wait_for_function(IDLE)
    assert page.evaluate(FIRST_CELL)[0] == "while True:\n    pass"
    page.evaluate(WRITE, ["6 * 7", True])
    page.wait_for_function(f"() => ({FIRST_CELL})()[1].includes('42')")


def test_a_kernel_begins_without_names_and_knows_singular_matrices(visit):
    """Like a kernel elsewhere."""
    page = visit().open_notebook("relu_sgd")
    names = (
        "[n for n in globals() if n.strip('_') not in ('In', 'Out', 'exit', 'quit', 'open', '')]"
    )
    page.evaluate(WRITE, [names, True])
    page.wait_for_function(f"() => ({FIRST_CELL})()[1].includes('[')")
    assert "begin" not in page.evaluate(FIRST_CELL)[1]
    for call in ("solve(np.ones((2, 2)), np.ones(2))", "inv(np.zeros((3, 3)))"):
        page.evaluate(WRITE, [f"import numpy as np\nnp.linalg.{call}", True])
        page.wait_for_function(f"() => ({FIRST_CELL})()[1].includes('LinAlgError')")
    page.evaluate(WRITE, ["np.linalg.solve(2 * np.eye(2), np.array([6, 8])).sum()", True])
    page.wait_for_function(f"() => ({FIRST_CELL})()[1].includes('7.0')")


def test_a_second_tab_of_a_notebook_is_told(visit):
    visitor = visit(kernel=False)
    first = visitor.open_notebook("gradient_descent")
    first.wait_for_timeout(500)
    assert not first.is_visible("text=open in two tabs")
    other = visitor.open_notebook("relu_sgd")
    second = visitor.open_notebook("gradient_descent")
    second.wait_for_selector("text=open in two tabs")
    first.wait_for_selector("text=open in two tabs")
    assert not other.is_visible("text=open in two tabs")
    first.close()
    second.reload()
    second.wait_for_selector(".jp-Notebook .jp-Cell")
    assert not second.is_visible("text=open in two tabs")


def test_changed_files_of_the_homework_can_be_put_back(visit):
    visitor = visit(kernel=False)
    page = visitor.open("edit/index.html?path=lab/call.py")
    page.wait_for_function(READY)
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.setSource('x = 1')"
    )
    page.evaluate(SAVE)
    page.close()
    notebook = visitor.open_notebook("gradient_descent")
    notebook.wait_for_selector("text=You changed lab/call.py")
    front = visitor.open()
    front.click("text=Put back the original")
    front.wait_for_selector("#changed", state="hidden")
    notebook.reload()
    notebook.wait_for_selector(".jp-Notebook .jp-Cell")
    assert not notebook.is_visible("text=You changed")


def test_what_was_just_typed_is_in_the_download(visit, tmp_path):
    """Also of a notebook that has another name now; its own address leads back to it."""
    visitor = visit(kernel=False, accept_downloads=True)
    page = visitor.open_notebook("gradient_descent")
    page.evaluate(WRITE, ["first = 1", False])
    page.evaluate(SAVE)
    front = visitor.open()
    page.evaluate(WRITE, ["latest = 1", False])
    with front.expect_download() as download:
        front.click("#download:enabled")
    assert "latest = 1" in download.value.path().read_text()
    page.evaluate(
        "() => window.jupyterapp.serviceManager.contents.rename("
        "'gradient_descent.ipynb', 'mine.ipynb')"
    )
    page.close()
    again = visitor.open("notebooks/mine.ipynb")
    again.wait_for_function(READY)
    assert again.evaluate(FIRST_CELL)[0] == "latest = 1"
    front.reload()
    front.wait_for_selector("text=Also saved here")
    with front.expect_download() as download:
        front.click("#download:enabled")
    assert download.value.suggested_filename == "mine.ipynb"


def test_links_to_pages_open_pages(visit):
    visitor = visit(kernel=False)
    page = visitor.open_notebook("gradient_descent")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(15)")
    with visitor.context.expect_page() as opened:
        page.click('.jp-Notebook a[href*="descent.html#task="]')
    opened.value.wait_for_selector(".lab-page")
    assert opened.value.url.endswith("/files/descent.html#task=1")


def test_a_window_that_keeps_nothing_is_told(visit):
    visitor = visit(kernel=False, service_workers="block")
    assert "keeps no work" in visitor.open().text_content("#warning:visible")
    page = visitor.open_notebook("gradient_descent")
    page.wait_for_selector("text=keeps no work")


def test_without_a_network_once_loaded(browser, site):
    """A kernel starts and checks run; the server is gone."""
    with served(site) as host:
        visitor = Visitor(browser, f"{host}/{PLACE}")
        page = visitor.open_notebook("gradient_descent")
        page.wait_for_function(KEPT)
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(IDLE)
    check = 'import lab.descent, otter; print(otter.Notebook().check("q1a_i"))'
    page.evaluate(WRITE, [check, True])
    page.wait_for_function(f"() => ({FIRST_CELL})()[1].includes('q1a_i results:')")
    visitor.context.close()


@contextmanager
def second_release(root: Path, site: Path, folder: Path) -> Iterator[tuple[str, Any]]:
    """Serve the site; yield its address, and a function that puts a newer release there."""
    for name in ("assignment", "student"):
        shutil.copytree(root / name, folder / name, ignore=WITHOUT_LITTER)
    shutil.copy(root / "pyproject.toml", folder)
    (folder / CACHE).symlink_to(root / CACHE)
    path = folder / "student/gradient_descent.ipynb"
    path.write_text(path.read_text().replace("mechanics", "mechanics, corrected"))
    shutil.copytree(site / PLACE, folder / "served" / PLACE)
    with served(folder / "served", WithoutPython) as host:
        yield f"{host}/{PLACE}", lambda: build_site(folder, folder / "served" / PLACE, None)


def test_a_new_release_is_offered_and_no_answer_is_lost(browser, site, root, tmp_path):
    with second_release(root, site, tmp_path) as (address, publish):
        visitor = Visitor(browser, address, kernel=False)
        page = visitor.open_notebook("gradient_descent")
        page.evaluate(WRITE, ["mine = 1", False])
        page.evaluate(SAVE)
        page.wait_for_function("navigator.serviceWorker.controller")
        publish()
        # The old release goes on as long as a tab of it is open.
        page.reload()
        page.wait_for_function(READY)
        assert page.evaluate(FIRST_CELL)[0] == "mine = 1"
        assert not page.is_visible("text=newer release")
        front = visitor.open()
        front.wait_for_selector("#update:visible")
        assert not front.is_visible("text=mechanics, corrected")  # one release, not two
        page.evaluate(UNANSWERED)
        page.close()
        front.click("#update button")
        front.wait_for_selector("text=mechanics, corrected")
        front.click("text=Open the new one beside yours")
        beside = visitor.context.wait_for_event("page")
        beside.wait_for_function(READY)
        assert "import lab" in beside.evaluate(FIRST_CELL)[0]
        page = visitor.open_notebook("gradient_descent")
        page.wait_for_selector("text=newer release of this notebook")
        assert page.evaluate(FIRST_CELL)[0] == "mine = 1"
        front.bring_to_front()
        front.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        front.wait_for_selector("text=Also saved here")
        visitor.context.close()


def test_a_tab_of_the_old_release_is_told(browser, site, root, tmp_path):
    with second_release(root, site, tmp_path) as (address, publish):
        visitor = Visitor(browser, address, kernel=False)
        page = visitor.open_notebook("gradient_descent")
        page.wait_for_function("navigator.serviceWorker.controller")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.evaluate(UNANSWERED)  # so the worker waits for one who is no more, in a tab that is
        page.reload()
        page.wait_for_function(READY)
        page.evaluate(WORKER)
        assert [text for text in said if "ServiceWorker was already registered" in text]
        assert not [text for text in said if "unregister" in text]  # requests would fail
        publish()
        front = visitor.open()
        front.click("#update button")
        front.wait_for_selector("text=mechanics, corrected")
        page.wait_for_selector("text=Reload this tab, too")
        visitor.context.close()


class ChangesPages(WithoutPython):
    """Writes something of its own into pages, as some hosts do."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.suffix != ".html":
            super().do_GET()
            return
        content = path.read_bytes().replace(b"</body>", b"<!-- from the host --></body>")
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def test_on_a_host_that_changes_pages_they_open_and_are_not_kept(browser, site):
    with served(site, ChangesPages) as host:
        visitor = Visitor(browser, f"{host}/{PLACE}", kernel=False)
        page = visitor.open_notebook("gradient_descent")
        page.wait_for_function("navigator.serviceWorker.controller")
        page.reload()
        page.wait_for_function(READY)
        assert "from the host" in page.content()
        pages = """async () => {
          const all = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
          const kept = await Promise.all(all.map((cache) => cache.keys()));
          return kept.flat().map(({ url }) => url).filter((url) => url.endsWith(".html"));
        }"""
        assert page.evaluate(pages) == []
        visitor.context.close()
