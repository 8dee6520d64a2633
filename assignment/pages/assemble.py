"""Put a page together: JavaScript modules, style and markup become one file without a network.

The modules are plain ES modules, so that a browser's tools and Node can load them one by one.
Here they are joined in the order in which they need each other, in one scope. That is all there
is to a build: Python, no package of JavaScript, nothing that students need.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
IMPORT = re.compile(r'^import \{[^}]*\} from "([^"]+)";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.M)
TOP_LEVEL = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let) (\w+|\{[^}]*\}|\[[^\]]*\])", re.M
)
# A worker runs the same text, where there is no document. `build` keeps figures of different
# versions apart: in one notebook there may be old outputs beside new ones.
SCRIPT = """(function bundle(scope) {{
"use strict";
{modules}
start(scope, `(${{bundle}})(self)`, "{build}");
}})(self);
"""
FIGURE = """<style>
{style}</style>
<div class="lab-page" data-page="{name}" data-build="{build}" role="group" aria-label="{label}">
{inside}
<script>
{script}</script>
</div>"""


def figure(name: str, label: str, inside: str) -> str:
    """Return an element with style and script of a page, to stand in a page or a notebook.

    Args:
        name: of the page; the module of this name exports ``start``.
        label: what the figure is, for those who hear it.
        inside: markup that the script finds.
    """
    modules = join_modules(f"{name}.js")
    build = hashlib.sha256((modules + style()).encode()).hexdigest()[:12]
    # No text may end the element that the script stands in.
    script = SCRIPT.format(modules=modules, build=build).replace("</", "<\\/")
    parts = {"name": name, "label": label, "build": build, "inside": inside}
    return FIGURE.format(style=style(), script=script, **parts)


def join_modules(entry: str) -> str:
    """Return the text of ``entry`` and of all that it imports, without imports and exports.

    Raises:
        ValueError: a module has another form of import or export than the others, or two modules
            give one name to different things.
    """
    texts = _modules(FOLDER / entry, {})
    owners: dict[str, Path] = {}
    for path, text in texts.items():
        if wrong := re.search(r"^\s*(?:import|export)\b.*", text, re.M):
            raise ValueError(f"{path.name}: cannot put together {wrong[0]!r}")
        for name in TOP_LEVEL.findall(text):
            if owners.setdefault(name, path) != path:
                raise ValueError(f"{path.name} and {owners[name].name} both name something {name}")
    return "\n".join(f"// ---- {p.name} ----\n{text.strip()}\n" for p, text in texts.items())


def style() -> str:
    """Return the rules that all pages share."""
    return (FOLDER / "page.css").read_text(encoding="utf-8")


def document(title: str, content: str) -> str:
    """Return a complete page around what `figure` returns."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body class="lab-document">
<main>
{content}
</main>
</body>
</html>
"""


def explorer() -> str:
    """Return the page of part 2, a template in which `lab.explorer` fills in runs and words."""
    inside = (FOLDER / "explorer.html").read_text(encoding="utf-8")
    return document("{{title}}", figure("explorer", "Training explorer", inside))


def descent() -> str:
    """Return the page of part 1."""
    inside = """<div data-part="live"></div>
<div data-part="fallback">
<noscript><p>This page draws and computes with JavaScript, which is switched off here. It shows
gradient descent for a model with one parameter: twelve points in a plane, the loss over the
parameter, and the steps of descent on it.</p></noscript>
</div>"""
    title = "Gradient descent, one parameter at a time"
    return document(title, figure("descent", title, inside))


def _modules(path: Path, found: dict[Path, str]) -> dict[Path, str]:
    """Return the texts of a module and of all that it imports, those first that others need."""
    if path not in found:
        text = path.read_text(encoding="utf-8")
        for name in IMPORT.findall(text):
            _modules((path.parent / name).resolve(), found)
        found[path] = EXPORT.sub("", IMPORT.sub("", text))
    return found
