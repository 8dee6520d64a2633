"""The interactive figure of part 2: watch networks train, without a kernel.

`explore` shows it in a notebook, `page` returns it as a document of its own. Python only packs
the weights; the script in ``explorer.html`` evaluates the networks, trains others and draws.
"""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from .data import HEIGHTS, Dataset, make_dataset
from .figures import BLACK, DOTS_PER_INCH
from .history import FOLDER, WIDTHS, History, load_history
from .network import Params, evaluate
from .relu_plots import GRID, plot_contributions, plot_curve, plot_data

# Put together by the release; in the project, from its sources in pages/.
TEMPLATE = Path(__file__).with_name("explorer.html")
OPTIMA = FOLDER / "optima.json"
# Weights of this precision draw the same picture, and the file stays small.
SIGNIFICANT_DIGITS = 6
# The HTML holds a smaller copy of the picture, for readers whose browser runs no script.
COPY_SCALE = 0.6
# A palette takes a third of the bytes, and is not visible in line drawings.
COLOURS_IN_PNG = 48

TITLE = "How does a ReLU network learn?"
HEADING = f"""<h1>{TITLE}</h1>
<p class="lead">How do slopes and elbows change during training, and how does that shape the
learned function?</p>
"""
Histories = History | Iterable[History] | Mapping[str, History]


def explore(histories: Histories, dataset: Dataset) -> None:
    """Show training as an interactive figure.

    Besides the figure, the output holds a picture of the last snapshots and a text, for those
    who see no scripts or no pictures.

    Args:
        histories: one run, several runs, or runs by label.
        dataset: the data they were trained on.

    Raises:
        ValueError: there is no run, or a run or the data are malformed.
    """
    runs = _checked_runs(histories)
    _check_dataset(dataset)
    picture = _drawn(_picture(runs, dataset))
    copy = ImageOps.scale(picture, COPY_SCALE)
    bundle = {
        "text/html": _fragment(runs, dataset, _png(copy)),
        "image/png": _png(picture),
        "text/plain": f"[Figure: {' '.join([_alt(runs), *_summaries(runs)])}]",
    }
    display(bundle, raw=True)


def page(histories: Histories, dataset: Dataset, title: str = TITLE) -> str:
    """Return the figure as a complete HTML document that needs no other file.

    Args:
        histories: one run, several runs, or runs by label.
        dataset: the data they were trained on.
        title: of the document.

    Raises:
        ValueError: there is no run, a run or the data are malformed, or the title is empty.
    """
    if not title.strip():
        raise ValueError(f"title must name the page, got {title!r}")
    runs = _checked_runs(histories)
    _check_dataset(dataset)
    # No picture here: its bytes depend on the machine, and this file is compared byte by byte.
    return _filled(runs, dataset, {"title": html.escape(title), "heading": HEADING})


def shipped_page() -> str:
    """Return the page for students: the six shipped runs."""
    runs = [load_history(width, hidden) for width in WIDTHS for hidden in (False, True)]
    return page(runs, make_dataset())


def _checked_runs(histories: Histories) -> dict[str, History]:
    """Return the runs by label, in the order given."""
    if isinstance(histories, History):
        histories = [histories]
    if not isinstance(histories, Iterable):
        kind = type(histories).__name__
        raise ValueError(f"histories must be one History, several, or a mapping, got {kind}")
    runs: dict[str, History] = {}
    if isinstance(histories, Mapping):
        for label, history in histories.items():
            _check_history(str(label), history)
            runs[str(label)] = history
    else:
        for number, history in enumerate(histories):
            _check_history(f"run {number}", history)
            runs[_unused(_description(history), runs)] = history
    if not runs:
        raise ValueError("histories must hold at least one run, got none")
    return runs


def _unused(name: str, taken: Mapping[str, History]) -> str:
    """Return ``name``, numbered if it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _description(history: History) -> str:
    """Return what tells a run from others, as '10 units, all layers'."""
    units = "1 unit" if history.width == 1 else f"{history.width} units"
    return f"{units}, {'output layer only' if _is_frozen(history) else 'all layers'}"


def _is_frozen(history: History) -> bool:
    """Return whether the hidden layer kept its first weights."""
    return bool(np.all(history.w1 == history.w1[0]) and np.all(history.b1 == history.b1[0]))


def _check_history(label: str, history: History) -> None:
    """Raise ValueError unless the run has snapshots of one network, with finite numbers."""
    if not isinstance(history, History):
        kind = type(history).__name__
        raise ValueError(f"histories must hold History objects, got {kind} for {label!r}")
    if not label.strip() or not label.isprintable():
        raise ValueError(f"labels of histories must be text on one line, got {label!r}")
    shape = np.shape(history.w2)
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"w2 of {label!r} must have shape (T, H), T and H >= 1, got {shape}")
    for field in fields(History):
        value = np.asarray(getattr(history, field.name))
        wanted = shape if field.name in ("w1", "b1", "w2") else shape[:1]
        if value.shape != wanted:
            raise ValueError(
                f"{field.name} of {label!r} must have shape {wanted}, got {value.shape}"
            )
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{field.name} of {label!r} must be finite, got nan or inf")
    if history.steps[0] < 0 or np.any(np.diff(history.steps) <= 0):
        raise ValueError(f"steps of {label!r} must be >= 0 and increase, got {history.steps}")


def _check_dataset(dataset: Dataset) -> None:
    """Raise ValueError unless the training data can be drawn."""
    if not isinstance(dataset, Dataset):
        raise ValueError(f"dataset must be a Dataset, got {type(dataset).__name__}")
    x, y = np.shape(dataset.x_train), np.shape(dataset.y_train)
    if len(x) != 1 or x != y:
        raise ValueError(f"x_train and y_train must share one shape (N,), got {x} and {y}")
    if not (np.all(np.isfinite(dataset.x_train)) and np.all(np.isfinite(dataset.y_train))):
        raise ValueError("x_train and y_train must be finite, got nan or inf")


def _fragment(runs: Mapping[str, History], dataset: Dataset, picture: str = "") -> str:
    """Return the figure as HTML; ``picture``, a PNG, is for readers without scripts."""
    image = f'<img alt="{html.escape(_alt(runs))}" src="data:image/png;base64,{picture}">'
    document = _filled(runs, dataset, {"picture": image if picture else ""})
    return document.partition("<main>\n")[2].partition("\n</main>")[0]


def _filled(runs: Mapping[str, History], dataset: Dataset, parts: dict[str, str]) -> str:
    """Return the template with runs and data, and with these parts; others stay empty."""
    parts["summary"] = "\n".join(f"<li>{html.escape(line)}</li>" for line in _summaries(runs))
    parts["data"] = _safe_json(_payload(runs, dataset, own_page="heading" in parts))
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts.get(match[1], ""), _template())


@functools.cache
def _template() -> str:
    if TEMPLATE.exists():
        return TEMPLATE.read_text(encoding="utf-8")
    from pages.assemble import explorer  # in the project only

    return explorer()


def _payload(runs: Mapping[str, History], dataset: Dataset, own_page: bool) -> dict[str, Any]:
    """Return what the script needs to know, as plain data.

    A page of its own begins with a run that it trains; a figure in a notebook with those it got.
    """
    return {
        "begin": "live" if own_page else "recorded",
        "data": {
            "x": _rounded(dataset.x_train),
            "y": _rounded(dataset.y_train),
            "heights": _rounded(HEIGHTS),
        },
        "runs": [_packed(label, history) for label, history in runs.items()],
        "optima": json.loads(OPTIMA.read_text(encoding="utf-8")),
    }


def _packed(label: str, history: History) -> dict[str, Any]:
    """Return one run as plain data; a frozen hidden layer is stored once."""
    frozen = _is_frozen(history)
    hidden = slice(0, 1) if frozen else slice(None)
    return {
        "label": label,
        "title": _title(label, history),
        "width": history.width,
        "layers": "output" if frozen else "all",
        "steps": [int(step) for step in history.steps],
        "w1": _rounded(history.w1[hidden]),
        "b1": _rounded(history.b1[hidden]),
        "w2": _rounded(history.w2),
        "b2": _rounded(history.b2),
        "train": _rounded(history.train_loss),
        "test": _rounded(history.test_loss),
    }


def _rounded(values: np.ndarray) -> Any:
    """Return an array as nested lists, rounded to six significant digits."""
    if np.ndim(values):
        return [_rounded(value) for value in values]
    number = float(f"{float(values):.{SIGNIFICANT_DIGITS}g}")
    return int(number) if number.is_integer() else number


def _safe_json(data: dict[str, Any]) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _alt(runs: Mapping[str, History]) -> str:
    count = "one run" if len(runs) == 1 else f"{len(runs)} runs"
    return f"The function each network learned, over target and training points; {count}."


def _summaries(runs: Mapping[str, History]) -> list[str]:
    """Return for each run a sentence with its final losses."""
    return [
        f"{_title(label, run)}: after {run.steps[-1]:,} steps the training loss is "
        f"{run.train_loss[-1]:.3g} and the test loss {run.test_loss[-1]:.3g}."
        for label, run in runs.items()
    ]


def _title(label: str, history: History) -> str:
    """Return the label, and what kind of run it is unless the label says so."""
    what = _description(history)
    return label if label.startswith(what) else f"{label} ({what})"


def _drawn(figure: Figure) -> Image.Image:
    """Draw a figure, which takes longer than all else here."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DOTS_PER_INCH, pil_kwargs={"compress_level": 1})
    return Image.open(png).convert("RGB")


def _png(picture: Image.Image) -> str:
    """Return a picture as PNG in base64."""
    png = io.BytesIO()
    picture.quantize(COLOURS_IN_PNG).save(png, format="png", optimize=True)
    return base64.b64encode(png.getvalue()).decode("ascii")


def _picture(runs: Mapping[str, History], dataset: Dataset) -> Figure:
    """Draw the last snapshot: one run with its units, several as small multiples."""
    several = len(runs) > 1
    columns = 2 if several else 1
    rows = math.ceil(len(runs) / columns) if several else 2
    fig = Figure(figsize=(9, 3.2 * rows), layout="constrained")
    grid = fig.subplots(rows, columns, squeeze=False, sharey=several).ravel()
    for ax, (label, history) in zip(grid, runs.items(), strict=False):
        _draw_last(ax, label, history, dataset)
    if not several:
        (history,) = runs.values()
        plot_contributions(grid[1], history.params())
    elif len(runs) < len(grid):
        grid[-1].set_axis_off()
    marks, texts = grid[0].get_legend_handles_labels()
    fig.legend(marks, texts, loc="outside upper center", ncols=len(texts), frameon=False)
    return fig


def _draw_last(ax: Axes, label: str, history: History, dataset: Dataset) -> Axes:
    """Draw data, the learned function at the last snapshot, and its elbows inside [0, 1]."""
    params = history.params()
    plot_data(ax, dataset)
    plot_curve(ax, GRID, evaluate(params, GRID), "learned")
    elbows = _elbows_inside(params)
    on_the_axis = np.full(elbows.size, 0.03)
    place = ax.get_xaxis_transform()
    ax.plot(elbows, on_the_axis, "^", color=BLACK, transform=place, label="elbows")
    losses = f"training loss {history.train_loss[-1]:.3g}, test loss {history.test_loss[-1]:.3g}"
    # A label is no formula, even with dollar signs in it.
    ax.set_title(
        f"{label}, step {history.steps[-1]:,}\n{losses}", loc="left", fontsize=11, parse_math=False
    )
    # One legend above all panels is enough.
    if legend := ax.get_legend():
        legend.remove()
    return ax


def _elbows_inside(params: Params) -> np.ndarray:
    """Return where units turn on or off between x = 0 and x = 1, found by interpolation."""
    places = []
    for at_0, at_1 in zip(params.b1, params.b1 + params.w1, strict=True):
        if at_0 < 0 <= at_1:
            places.append(np.interp(0.0, [at_0, at_1], [0.0, 1.0]))
        elif at_1 < 0 <= at_0:
            places.append(np.interp(0.0, [at_1, at_0], [1.0, 0.0]))
    return np.array(places)
