"""The templates of the pages, which Jinja2 fills in.

It escapes everything that it inserts, and all of it goes through `clean` first. Nothing that a
student wrote gets past the two.
"""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from .words import clean, duration, number, of, percent, points, signed

FOLDER = Path(__file__).parent
STYLE = FOLDER / "style.css"  # of all pages


@functools.cache
def template(name: str) -> Template:
    """Return a template of this folder."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    functions = (of, number, points, percent, duration, signed)
    environment.globals |= {function.__name__: function for function in functions}
    return environment.get_template(name)
