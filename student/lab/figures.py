"""One way to draw: an accessible figure, in a cell that waits for the answers it needs."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from contextlib import contextmanager

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .environment import without
from .yours import NotYet, question_of

# Okabe and Ito's colours stay apart for every common form of colour blindness.
# https://jfly.uni-koeln.de/color/
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#6E6E6E"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
# Colour is never the only difference between two lines.
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))

# How a line begins that stands in place of a picture; the release looks for it in the solutions.
NOTHING = "Nothing to look at"
# Some errors quote whole arrays.
LONGEST_ERROR = 200

# Sharp on a projector at a reasonable notebook size.
DOTS_PER_INCH = 110


@contextmanager
def waiting() -> Iterator[None]:
    """Run the ``with`` block; where it stops, say in one line what to do about it.

    A cell that only looks must not keep the cells below it from running, so nothing is raised:
    neither for a stub (``NotImplementedError``), whose question is named, nor for an answer
    that is not right yet.
    """
    try:
        yield
    except Exception as error:
        print(_advice(error))


def _advice(error: Exception) -> str:
    """Return in one line why there is nothing to look at, and what to do first."""
    name, question = question_of(error)
    text = " ".join(str(error).split())[:LONGEST_ERROR]
    if isinstance(error, NotImplementedError):
        question = text.partition(":")[0] or question or "the question above"
        return f"{NOTHING} yet: answer {question} first, then run this cell again."
    if isinstance(error, NameError) and error.name and name in (error.name, ""):
        where = f"the cell of {question}" if question else "the cells above"
        return f"{NOTHING} yet: {error.name} is not defined. Run {where} first, then this one."
    if question:
        what = text if isinstance(error, NotYet) else f"{name} stops with {_named(error, text)}"
        return (
            f"{NOTHING} yet: {what}. Fix {question} until its check passes, then run this cell "
            f"again."
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{NOTHING}: this cell needs {without(error.name)}"
    return (
        f"{NOTHING}: {_named(error, text)} (If this cell uses a function of yours, run its check "
        f"above, then this cell again.)"
    )


def _named(error: Exception, text: str) -> str:
    return f"{type(error).__name__}: {text}"


@contextmanager
def figure(alt: str, width: float = 7.0, height: float = 4.0) -> Iterator[Figure]:
    """Yield a new figure and show it at the end of the ``with`` block.

    Nothing is shown if the block raises; around cells of a notebook, see `waiting`.

    Args:
        alt: what the picture shows, for those who cannot see it. Titles, legends and other
            words in the picture are added to it.
        width: in inches.
        height: in inches.

    Raises:
        ValueError: ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError("alt must describe the picture, got an empty text")
    fig = Figure(figsize=(width, height), layout="constrained")
    yield fig
    display(_bundle(fig, " ".join([alt, *_words(fig)])), raw=True)


def _words(fig: Figure) -> Iterator[str]:
    """Yield what is written in a figure besides its axes: titles, legends, notes."""
    for ax in fig.axes:
        titles = [ax.get_title(loc="left"), ax.get_title()]
        legend = ax.get_legend()
        entries = [text.get_text() for text in legend.get_texts()] if legend else []
        notes = [text.get_text() for text in ax.texts]
        said = [" ".join(text.split()) for text in (*titles, *entries, *notes)]
        if any(said):
            yield "; ".join(text for text in said if text) + "."


def _bundle(fig: Figure, alt: str) -> dict[str, str]:
    """Return the display data: HTML with alt text, the bare PNG, and the text alone."""
    png = io.BytesIO()
    # Without the Software entry the same numbers give the same bytes.
    fig.savefig(png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    data = base64.b64encode(png.getvalue()).decode("ascii")
    image = (
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" '
        f'style="max-width: 100%; background: white">'
    )
    return {
        "text/html": f'<figure style="margin: 0">{image}</figure>',
        "image/png": data,
        "text/plain": f"[Figure: {alt}]",
    }


def finish(ax: Axes, *, title: str, x: str, y: str, legend: bool = False) -> Axes:
    """Give ``ax`` its title, axis labels, quiet spines and, where asked, a legend."""
    ax.set_title(title, loc="left", fontsize=12)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    if legend:
        ax.legend(frameon=False, fontsize=9, handlelength=3)
    return ax
