"""Keep the committed pictures of a solution where the new ones look the same.

The bytes of a PNG file depend on the machine: compressors choose other ways on another CPU, and
rounding moves the edge of a line by less than one sees. So a release that draws what it drew
before leaves its pictures as they are.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image, UnidentifiedImageError

EMBEDDED = re.compile(r"(?<=data:image/png;base64,)[A-Za-z0-9+/=]+")
# Lines are drawn on a grid of 1/256 pixel. Where rounding decides between two places on it, the
# pixels at an edge change by one of 255 levels, and by two where two edges meet. Nobody sees that.
TOLERANCE = 2


def keep_pictures(notebook: nbformat.NotebookNode, committed: Path) -> None:
    """Put the PNG pictures of an earlier notebook into one just executed, where they look alike.

    Args:
        notebook: is changed in place. Only pictures at the same place (cell, output) count.
        committed: file of the earlier notebook; it may be missing or broken.
    """
    try:
        earlier = nbformat.read(committed, as_version=4)
    except Exception:  # none, or none that can be read: nbformat trips in many ways
        return
    for cell, old_cell in zip(notebook.cells, earlier.cells, strict=False):
        outputs = zip(cell.get("outputs", []), old_cell.get("outputs", []), strict=False)
        for output, old_output in outputs:
            _keep(output.get("data", {}), old_output.get("data", {}))


def _keep(data: dict[str, str], old: dict[str, str]) -> None:
    """Do it for one output: its picture, and the pictures inside its HTML."""
    if "image/png" in data and "image/png" in old:
        data["image/png"] = _choose(data["image/png"], old["image/png"])
    if "text/html" in data and "text/html" in old:
        olds = iter(EMBEDDED.findall(old["text/html"]))
        data["text/html"] = EMBEDDED.sub(
            lambda match: _choose(match[0], next(olds, "")), data["text/html"]
        )


def _choose(new: str, old: str) -> str:
    """Return the old one of two PNG pictures in base64 if they look the same, else the new one."""
    return old if new != old and look_the_same(new, old) else new


def look_the_same(one: str, other: str) -> bool:
    """Return whether two PNG pictures in base64 have the same pixels, but for rounding."""
    try:
        first, second = _pixels(one), _pixels(other)
    except (binascii.Error, ValueError, OSError, UnidentifiedImageError):
        return False  # one is no picture
    return first.shape == second.shape and bool(np.abs(first - second).max() <= TOLERANCE)


def _pixels(picture: str) -> np.ndarray:
    """Return a picture as an array of shape (height, width, 4), wide enough to subtract."""
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    return np.asarray(image.convert("RGBA")).astype(np.int16)
