"""Make the two pictures of the README again: ``python docs/pictures/make.py`` (needs Chromium).

The report is a real ``results.json``, graded by ``run_autograder`` and drawn roughly as Gradescope
draws it; the explorer is ``student/explorer.html``.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Three mistakes of the kind that students make.
MISTAKES = {
    "def constant_gradient(": "2 * np.mean(y - theta)",
    "def linear_gradient(": "2 * np.mean(theta * x - y)",
    "def linear_optimum(": "np.mean(y / x)",
}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; padding: 22px; color: #222 }
h1 { font-size: 19px; margin: 0 0 10px } h2 { font-size: 15px; margin: 16px 0 4px }
.passed { color: #177245 } .failed { color: #b3261e }
pre { white-space: pre-wrap; background: #f5f5f5; padding: 8px 12px; margin: 0; font-size: 13px }
"""


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        results = grade(place)
        shown = ["Public tests, points", "q1a_i, public tests", "q1a_ii, public tests"]
        shown += ["q1b_i, public tests", "q1b_ii, public tests"]
        page = place / "report.html"
        page.write_text(as_page(results, shown), encoding="utf-8")
        photograph(page)


def grade(place: Path) -> dict:
    """Grade a notebook with mistakes; return its ``results.json``."""
    with zipfile.ZipFile(ROOT / "autograder/homework.zip") as archive:
        archive.extractall(place / "source")
    (place / "submission").mkdir()
    notebook = json.loads((ROOT / "solutions/gradient_descent.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        for start, wrong in MISTAKES.items():
            if source.startswith(start):
                head = source[: source.index("\n") + 1]
                cell["source"] = f"{head}    return {wrong}"
    (place / "submission/my_part_1.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    shutil.copy(ROOT / "student/relu_sgd.ipynb", place / "submission")
    environment = {"AUTOGRADER_ROOT": str(place), "GRADER_PYTHON": sys.executable}
    command = ["bash", str(place / "source/run_autograder")]
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    return json.loads((place / "results/results.json").read_text(encoding="utf-8"))


def as_page(results: dict, shown: list[str]) -> str:
    """Return some lines of a report as HTML."""
    tests = {test["name"]: test for test in results["tests"]}
    parts = [f"<style>{STYLE}</style><h1>Autograder Results</h1>"]
    parts.append(f"<pre>{html.escape(results['output'])}</pre>")
    for name in shown:
        test = tests[name]
        points = f" ({test['score']:g}/{test['max_score']:g})" if "score" in test else ""
        head = f'<h2 class="{test["status"]}">{html.escape(name)}{points}</h2>'
        parts.append(f"{head}<pre>{html.escape(test['output'])}</pre>")
    return "\n".join(parts)


def photograph(report: Path) -> None:
    """Take a screenshot of the report, and one of the explorer at the end of two runs."""
    chromium = shutil.which("chromium") or sys.exit("chromium is needed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 900, "height": 860})
        page.goto(report.as_uri())
        page.screenshot(path=HERE / "report.png")
        page.set_viewport_size({"width": 1300, "height": 900})
        page.goto((ROOT / "student/explorer.html").as_uri() + "#run=20 units, all layers&unit=9")
        page.get_by_label("Training", exact=True).press("End")
        page.get_by_text("step 150,000").first.wait_for()
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=HERE / "explorer.png")
        browser.close()


if __name__ == "__main__":
    main()
