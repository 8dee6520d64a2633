"""The explorer: what Python packs, and what a browser draws from it, checked against NumPy.

The browser tests open files with the network cut off. What is drawn is read back from the
coordinates in the SVG and the numbers printed at its axes, not from what the script claims.
"""

from __future__ import annotations

import json
import re
import struct
from base64 import b64decode
from dataclasses import fields, replace
from datetime import datetime

import numpy as np
import pytest
from lab import explorer
from lab.data import HEIGHTS, KNOTS, make_dataset
from lab.history import WIDTHS, History, load_history

MINUS = "\N{MINUS SIGN}"
LIMIT = 300_000
# Coordinates are written to 0.01 px of about 250 px; weights carry six digits.
PIXEL = 0.02
GRID = np.linspace(0, 1, 101)


# ---- Oracles ---------------------------------------------------------------------------------


def network(params, x):
    hidden = np.maximum(0, np.outer(x, params.w1) + params.b1)
    return hidden @ params.w2 + params.b2


def slopes(params, x):
    return (np.outer(x, params.w1) + params.b1 > 0) @ (params.w1 * params.w2)


def elbows(params):
    return -params.b1 / params.w1


# ---- Runs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> list[History]:
    return [load_history(width, hidden) for width in WIDTHS for hidden in (False, True)]


@pytest.fixture(scope="module")
def dataset():
    return make_dataset()


@pytest.fixture(scope="module")
def document(shipped, dataset) -> str:
    return explorer.page(shipped, dataset)


@pytest.fixture(scope="module")
def bundle(shipped, dataset) -> dict:
    return shown(shipped, dataset)


def shown(histories, dataset) -> dict:
    """Return the display bundle of `explore`."""
    with pytest.MonkeyPatch.context() as patch:
        calls = []
        patch.setattr(explorer, "display", lambda data, **options: calls.append((data, options)))
        assert explorer.explore(histories, dataset) is None
    ((data, options),) = calls
    assert options == {"raw": True}
    return data


def payload(text: str) -> dict:
    """Return the data in a figure's HTML."""
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    return json.loads(data)


# ---- Python ----------------------------------------------------------------------------------


def test_bundle_has_figure_picture_and_words(bundle):
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    png = b64decode(bundle["image/png"])
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert width > 500
    assert height > 500
    assert 'role="group"' in bundle["text/html"]


def test_words_name_each_run_with_its_final_losses(bundle, document, shipped):
    for history in shipped:
        for text in (bundle["text/plain"], bundle["text/html"], document):
            assert f"{history.width} units, " in text
            assert f"{history.train_loss[-1]:.3g}" in text
            assert f"{history.test_loss[-1]:.3g}" in text


def test_six_runs_stay_small(bundle, document):
    assert len(bundle["text/html"].encode()) < LIMIT
    assert len(document.encode()) < LIMIT


def test_page_is_a_complete_document(document):
    assert document.startswith("<!DOCTYPE html>")
    assert '<html lang="en">' in document
    assert '<meta charset="utf-8">' in document
    assert 'name="viewport"' in document
    assert re.search(r"<title>.+</title>", document)
    assert "{{" not in re.sub(r"<script.*?</script>", "", document, flags=re.DOTALL)


def test_figures_need_no_network(bundle, document):
    for text in (bundle["text/html"], document):
        links = set(re.findall(r"https?://[^\s\"'`]+", text))
        assert links == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_same_runs_give_the_same_bytes(document, shipped, dataset):
    assert explorer.page(shipped, dataset) == document


def test_page_needs_no_torch(imported):
    code = (
        "from lab import data, explorer, history; "
        "explorer.page(history.load_history(10, True), data.make_dataset())"
    )
    assert imported(code, {"torch"}) == set()


def test_weights_are_rounded_to_six_digits_and_a_frozen_layer_is_stored_once(document, shipped):
    for packed, history in zip(payload(document)["runs"], shipped, strict=True):
        frozen = packed["layers"] == "output"
        assert len(packed["w1"]) == len(packed["b1"]) == (1 if frozen else len(history.steps))
        for name in ("w1", "b1", "w2", "b2"):
            values = getattr(history, name)
            values = values[:1] if frozen and name in ("w1", "b1") else values
            np.testing.assert_allclose(packed[name], values, rtol=5.1e-6)
        np.testing.assert_allclose(packed["test"], history.test_loss, rtol=5.1e-6)
        assert packed["steps"] == history.steps.tolist()


@pytest.mark.parametrize("label", ["</script><script>alert(1)</script>", "<!--", "a & b {{data}}"])
def test_labels_cannot_break_out(shipped, dataset, label):
    text = explorer.page({label: shipped[0]}, dataset, title=label)
    assert payload(text)["runs"][0]["label"] == label
    assert text.count("</script>") == 2
    assert "alert(1)</script>" not in text
    assert "<!--" not in text


def test_labels_are_derived_and_unique(shipped, dataset):
    runs = explorer._checked_runs([shipped[0], shipped[1], shipped[1]])
    assert list(runs) == [
        "10 units, output layer only",
        "10 units, all layers",
        "10 units, all layers (2)",
    ]
    titles = [run["title"] for run in payload(explorer.page({"mine": shipped[1]}, dataset))["runs"]]
    assert titles == ["mine (10 units, all layers)"]


def test_one_run_and_a_generator_of_runs_are_welcome(shipped, dataset):
    assert len(payload(explorer.page(shipped[0], dataset))["runs"]) == 1
    assert len(payload(explorer.page((run for run in shipped[:2]), dataset))["runs"]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda run: [], "histories must hold at least one run"),
        (lambda run: {}, "histories must hold at least one run"),
        (lambda run: 3, "histories must be one History, several, or a mapping, got int"),
        (lambda run: [run, "x"], "histories must hold History objects, got str"),
        (lambda run: {" ": run}, "labels of histories must not be empty"),
        (
            lambda run: replace(run, w1=run.w1[:, :3]),
            r"w1 of .* must have shape \(56, 10\), got \(56, 3\)",
        ),
        (lambda run: replace(run, b2=run.b2[1:]), r"b2 of .* must have shape \(56,\), got \(55,\)"),
        (lambda run: replace(run, w2=run.w2[0]), r"w2 of .* must have shape \(T, H\)"),
        (
            lambda run: replace(run, test_loss=run.test_loss * np.nan),
            "test_loss of .* must be finite",
        ),
        (lambda run: replace(run, steps=run.steps[::-1]), "steps of .* must be >= 0 and increase"),
    ],
)
def test_bad_histories_are_named(shipped, dataset, change, words):
    for show in (explorer.page, explorer.explore):
        with pytest.raises(ValueError, match=words):
            show(change(shipped[0]), dataset)


def test_bad_data_and_titles_are_named(shipped, dataset):
    with pytest.raises(ValueError, match="dataset must be a Dataset, got tuple"):
        explorer.page(shipped[0], tuple(dataset))
    with pytest.raises(ValueError, match=r"share one shape \(N,\), got \(200,\) and \(199,\)"):
        explorer.page(shipped[0], dataset._replace(y_train=dataset.y_train[1:]))
    with pytest.raises(ValueError, match="y_train must be finite"):
        explorer.page(shipped[0], dataset._replace(y_train=dataset.y_train * np.inf))
    with pytest.raises(ValueError, match="title must name the page"):
        explorer.page(shipped[0], dataset, title=" ")


def test_picture_draws_the_last_snapshot(shipped, dataset):
    runs = explorer._checked_runs(shipped[:3])
    for ax, history in zip(explorer._picture(runs, dataset).axes, shipped[:3], strict=False):
        lines = {line.get_label(): line.get_xydata() for line in ax.lines}
        params = history.params()
        x, y = lines["learned"].T
        np.testing.assert_allclose(y, network(params, x), atol=1e-12)
        inside = [e for e in sorted(elbows(params)) if 0 <= e <= 1]
        np.testing.assert_allclose(sorted(lines["elbows"][:, 0]), inside, atol=1e-12)
        assert f"{history.test_loss[-1]:.3g}" in ax.get_title(loc="left")


# ---- Browser ---------------------------------------------------------------------------------


@pytest.fixture
def visit(browser, tmp_path):
    """Open HTML from a file, without network; fail on requests and on anything in the console."""
    complaints, contexts = [], []

    def refuse(route):
        complaints.append(f"asked for {route.request.url}")
        route.abort()

    def visit(text, width=1280, height=800, **options):
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_offline(True)
        context.route(re.compile("^(?!file:|data:)"), refuse)
        page = context.new_page()
        page.set_default_timeout(5000)  # ms; everything is there at once
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(visit, document):
    return visit(document)


def settle(page):
    """Wait until the frame that was asked for is drawn."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def state(page, figure=0):
    return page.evaluate(
        "(i) => document.querySelectorAll('.lab-explorer')[i].explorer.state()", figure
    )


def choose(page, width=None, layers=None, snapshot=None):
    if width is not None:
        page.get_by_label(str(width), exact=True).check()
    if layers is not None:
        page.get_by_label(layers, exact=True).check()
    if snapshot is not None:
        page.get_by_label("Training step").fill(str(snapshot))
    settle(page)


READ = """(box) => {
  const all = (query) => [...box.querySelectorAll(query)];
  const visible = (mark) => mark.getAttribute("visibility") !== "hidden";
  const plot = (kind) => {
    const ticks = (name, at) => all(`.le-${kind} .le-${name}-tick`)
      .map((tick) => [tick.textContent, Number(tick.getAttribute(at))]);
    return { x: ticks("x", "x"), y: ticks("y", "y") };
  };
  const d = (query) => all(query).map((path) => path.getAttribute("d"));
  return {
    function: plot("function"), units: plot("units"), loss: plot("loss"),
    learned: d(".le-function .le-learned")[0], target: d(".le-function .le-target")[0],
    points: d(".le-function .le-points")[0],
    unit: all(".le-units [data-unit]").map((path) => [path.getAttribute("d"), path.getAttribute("class")]),
    elbows: all(".le-function [data-unit]").filter(visible)
      .map((path) => [Number(path.dataset.unit), path.getAttribute("d"), path.getAttribute("class")]),
    train: d(".le-loss path.le-train")[0], test: d(".le-loss path.le-test")[0],
    now: all(".le-loss .le-now").map((dot) => [dot.getAttribute("cx"), dot.getAttribute("cy")].map(Number)),
    numbers: Object.fromEntries(all(".le-numbers [data-part]").map((b) => [b.dataset.part, b.textContent])),
    title: box.querySelector(".le-title").textContent,
  };
}"""


def read(page, column=0):
    """Return what one column shows: coordinates, tick labels, numbers."""
    return page.locator(".le-columns > div").nth(column).evaluate(READ)


def number(text):
    text = text.replace(MINUS, "-").replace(",", "")
    return float(text.replace("k", "e3").replace("M", "e6"))


def scale(ticks, log=False):
    """Return the map from pixels to values that the printed ticks state, and its pixel size."""
    pairs = [(number(text), at) for text, at in ticks]
    pairs = [(np.log10(value), at) for value, at in pairs if value > 0] if log else pairs
    values, places = np.array(pairs).T
    slope, offset = np.polyfit(places, values, 1)
    np.testing.assert_allclose(slope * places + offset, values, atol=1e-3 * np.ptp(values))
    return (lambda at: slope * np.asarray(at) + offset), abs(slope)


def coordinates(d):
    """Return the absolute points of path data, shape (n, 2)."""
    return np.array([[float(x), float(y)] for x, y in re.findall(r"[ML]?(-?[\d.]+),(-?[\d.]+)", d)])


def drawn_line(drawing, kind, d):
    """Return x, y in data units and the tolerance in y."""
    to_x, _ = scale(drawing[kind]["x"])
    to_y, pixel = scale(drawing[kind]["y"])
    x, y = coordinates(d).T
    return to_x(x), to_y(y), pixel


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("layers", ["output layer only", "all layers"])
def test_drawn_network_is_the_network(page, width, layers):
    history = load_history(width, layers == "all layers")
    for snapshot in (0, 23, len(history.steps) - 1):
        choose(page, width, layers, snapshot)
        params, drawing = history.params(snapshot), read(page)
        check_function(drawing, params)
        check_units(drawing, params)
        check_elbows(drawing, params)
        check_numbers(drawing, history, snapshot)
        check_state(state(page)["columns"][0], history, snapshot)


def check_function(drawing, params):
    x, y, pixel = drawn_line(drawing, "function", drawing["learned"])
    # A pixel's hundredth in x moves a steep line by its slope.
    steep = np.abs(slopes(params, GRID)).max() * 1e-4
    np.testing.assert_allclose(
        np.interp(GRID, x, y), network(params, GRID), atol=2 * pixel * PIXEL + steep
    )
    assert x[0] == pytest.approx(0, abs=1e-4)
    assert x[-1] == pytest.approx(1, abs=1e-4)


def check_units(drawing, params):
    assert len(drawing["unit"]) == len(params.w1)
    for j, (d, style) in enumerate(drawing["unit"]):
        x, y, pixel = drawn_line(drawing, "units", d)
        height = params.w2[j] * np.maximum(0, params.w1[j] * GRID + params.b1[j])
        np.testing.assert_allclose(
            np.interp(GRID, x, y), height, atol=pixel * PIXEL + np.ptp(height) * 1e-4
        )
        assert ("le-pos" in style) == (params.w2[j] > 0)
        assert ("le-neg" in style) == (params.w2[j] < 0)


def check_elbows(drawing, params):
    to_x, pixel = scale(drawing["function"]["x"])
    drawn = {j: to_x(coordinates(d)[0, 0]) for j, d, _ in drawing["elbows"]}
    expected = {j: e for j, e in enumerate(elbows(params)) if 0 <= e <= 1}
    assert drawn == pytest.approx(expected, abs=pixel * PIXEL)
    for j, _, style in drawing["elbows"]:
        assert ("le-pos" in style) == (params.w2[j] > 0)
    assert int(drawing["numbers"]["inside"]) == len(expected)
    assert int(drawing["numbers"]["outside"]) == len(params.w1) - len(expected)


def check_numbers(drawing, history, snapshot):
    train, test = history.train_loss[snapshot], history.test_loss[snapshot]
    shown = {name: number(text) for name, text in drawing["numbers"].items()}
    assert shown["step"] == history.steps[snapshot]
    assert shown["train"] == pytest.approx(train, rel=5.1e-3)
    assert shown["test"] == pytest.approx(test, rel=5.1e-3)
    to_y, pixel = scale(drawing["loss"]["y"], log=True)
    heights = [to_y(y) for _, y in drawing["now"]]
    np.testing.assert_allclose(heights, np.log10([train, test]), atol=pixel * PIXEL)
    if snapshot:
        to_x, pixel = scale(drawing["loss"]["x"], log=True)
        places = [to_x(x) for x, _ in drawing["now"]]
        np.testing.assert_allclose(places, np.log10(history.steps[snapshot]), atol=pixel * PIXEL)


def check_state(column, history, snapshot):
    params = history.params(snapshot)
    assert column["step"] == history.steps[snapshot]
    assert column["trainLoss"] == pytest.approx(history.train_loss[snapshot], rel=5.1e-6)
    assert column["testLoss"] == pytest.approx(history.test_loss[snapshot], rel=5.1e-6)
    np.testing.assert_allclose(column["elbows"], elbows(params), rtol=2e-5)
    np.testing.assert_allclose(column["grid"], GRID, atol=1e-12)
    # 40 rounded terms as large as 13.
    np.testing.assert_allclose(column["heights"], network(params, GRID), atol=1e-3)
    pieces = [piece for piece in column["pieces"] if piece["to"] - piece["from"] > 1e-3]
    middles = np.array([(piece["from"] + piece["to"]) / 2 for piece in pieces])
    np.testing.assert_allclose([p["slope"] for p in pieces], slopes(params, middles), atol=5e-3)


def test_losses_data_and_target_are_drawn_where_they_are(page, dataset):
    choose(page, 20, "side by side")
    for column, history in enumerate([load_history(20, False), load_history(20, True)]):
        drawing = read(page, column)
        for kind, losses in (("train", history.train_loss), ("test", history.test_loss)):
            to_x, x_pixel = scale(drawing["loss"]["x"], log=True)
            to_y, y_pixel = scale(drawing["loss"]["y"], log=True)
            x, y = coordinates(drawing[kind]).T
            np.testing.assert_allclose(to_x(x), np.log10(history.steps[1:]), atol=x_pixel * PIXEL)
            np.testing.assert_allclose(to_y(y), np.log10(losses[1:]), atol=y_pixel * PIXEL)
        x, y, pixel = drawn_line(drawing, "function", drawing["target"])
        np.testing.assert_allclose(x, KNOTS, atol=1e-4)
        np.testing.assert_allclose(y, HEIGHTS, atol=pixel * PIXEL)
        x, y, pixel = drawn_line(drawing, "function", drawing["points"])
        np.testing.assert_allclose(x, dataset.x_train, atol=1e-4)
        np.testing.assert_allclose(y, dataset.y_train, atol=pixel * PIXEL)


def test_scales_stay_while_steps_and_layers_change(page):
    choose(page, 10, "side by side", 0)
    first = [read(page, column) for column in (0, 1)]
    choose(page, snapshot=55)
    last = [read(page, column) for column in (0, 1)]
    for kind in ("function", "units", "loss"):
        assert first[0][kind] == first[1][kind] == last[0][kind] == last[1][kind]
    choose(page, 10, "output layer only")
    alone = read(page)
    choose(page, 10, "all layers")
    assert read(page)["units"] == alone["units"]
    choose(page, 40, "side by side")
    assert read(page)["function"] == first[0]["function"]
    assert read(page)["loss"] == first[0]["loss"]


def test_zoom_fits_contributions_to_the_step(page):
    choose(page, 10, "all layers", 0)
    page.get_by_label("Zoom contributions").check()
    settle(page)
    drawing = read(page)
    check_units(drawing, load_history(10, True).params(0))
    assert max(number(text) for text, _ in drawing["units"]["y"]) <= 1
    page.get_by_label("Zoom contributions").uncheck()
    settle(page)
    assert max(number(text) for text, _ in read(page)["units"]["y"]) >= 5


def test_pointer_moves_slider_and_chooses_runs(page):
    slider = page.get_by_label("Training step").bounding_box()
    y = slider["y"] + slider["height"] / 2
    page.mouse.move(slider["x"] + 9, y)
    page.mouse.down()
    page.mouse.move(slider["x"] + slider["width"] / 2, y, steps=5)
    settle(page)
    middle = state(page)["columns"][0]["step"]
    page.mouse.move(slider["x"] + slider["width"] - 3, y, steps=5)
    page.mouse.up()
    settle(page)
    assert 0 < middle < 150_000
    assert state(page)["columns"][0]["step"] == 150_000
    page.get_by_text("40", exact=True).click()
    page.get_by_text("side by side", exact=True).click()
    titles = [column["title"] for column in state(page)["columns"]]
    assert titles == ["40 units, output layer only", "40 units, all layers"]
    check_function(read(page, 1), load_history(40, True).params())


def test_pointer_picks_a_unit_at_its_curve_and_at_its_elbow(page):
    choose(page, 10, "all layers", 55)
    params = load_history(10, True).params()
    unit = int(np.argmax(np.abs(params.w2 * np.maximum(0, params.w1 + params.b1))))
    x, y = coordinates(read(page)["unit"][unit][0])[-1]
    plot = page.locator(".le-units").bounding_box()
    page.mouse.move(plot["x"] + x - 2, plot["y"] + y)
    settle(page)
    assert state(page)["unit"] == unit
    assert page.locator(".le-unit-text").inner_text().startswith(f"Unit {unit}: elbow at x = ")
    page.mouse.move(plot["x"] + x, 5)
    settle(page)
    assert state(page)["unit"] is None
    page.mouse.click(plot["x"] + x - 2, plot["y"] + y)
    page.mouse.move(plot["x"] + x, 5)
    settle(page)
    assert state(page)["unit"] == unit
    assert page.get_by_label("Highlight unit").input_value() == str(unit)
    hot = page.locator(".le-units .le-hot").get_attribute("d")
    assert hot == read(page)["unit"][unit][0]

    places = {j: coordinates(d)[0] for j, d, _ in read(page)["elbows"]}
    plot = page.locator(".le-function").bounding_box()
    for j, (x, y) in places.items():
        if all(abs(x - other) > 25 for k, (other, _) in places.items() if k != j):
            for shift in (-10, 10):
                page.mouse.move(plot["x"] + x + shift, plot["y"] + y + 4)
                settle(page)
                assert state(page)["unit"] == j
    page.mouse.click(plot["x"] + places[unit][0], plot["y"] + places[unit][1] + 4)
    page.mouse.move(5, 5)
    settle(page)
    assert state(page)["unit"] is None, "a second click lets go"


def test_unit_text_states_elbow_slope_and_weights(page):
    choose(page, 20, "all layers", 40)
    params = load_history(20, True).params(40)
    for unit in range(20):
        page.get_by_label("Highlight unit").select_option(str(unit))
        settle(page)
        text = page.locator(".le-unit-text").inner_text()
        name, elbow, slope, w1, b1, w2 = (
            number(found) for found in re.findall(rf"(?:Unit |= |slope )({MINUS}?[\d.]+)", text)
        )
        assert name == unit
        assert elbow == pytest.approx(elbows(params)[unit], rel=6e-3)
        assert slope == pytest.approx(params.w1[unit] * params.w2[unit], rel=6e-3)
        weights = (params.w1[unit], params.b1[unit], params.w2[unit])
        assert (w1, b1, w2) == pytest.approx(weights, rel=6e-3)
        assert f"active {'right' if params.w1[unit] > 0 else 'left'} of it" in text


def test_click_on_the_loss_plot_moves_to_that_step(page):
    choose(page, 10, "all layers", 0)
    plot = page.locator(".le-loss").bounding_box()
    x = dict(read(page)["loss"]["x"])["1k"]
    page.mouse.click(plot["x"] + x, plot["y"] + 50)
    settle(page)
    step = state(page)["columns"][0]["step"]
    history = load_history(10, True)
    nearest = history.steps[1:][np.argmin(np.abs(np.log10(history.steps[1:]) - 3))]
    assert step == nearest


def test_keyboard_reaches_and_works_every_control(page):
    def focused():
        return page.evaluate(
            "() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )

    page.keyboard.press("Tab")
    assert focused() == "10"
    page.keyboard.press("ArrowRight")
    assert state(page)["columns"][0]["title"] == "20 units, output layer only"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert state(page)["columns"][0]["title"] == "20 units, all layers"
    page.keyboard.press("Tab")
    assert focused().startswith("Highlight unit")
    page.keyboard.press("ArrowDown")
    settle(page)
    assert state(page)["unit"] == 0
    page.keyboard.press("Tab")
    assert focused().startswith("Zoom")
    page.keyboard.press("Tab")
    assert focused() == "Play"
    page.keyboard.press("Tab")
    assert focused().startswith("Training step")
    steps = load_history(20, True).steps
    for key, snapshot in (
        ("End", -1),
        ("ArrowLeft", -2),
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowUp", 2),
    ):
        page.keyboard.press(key)
        settle(page)
        assert state(page)["columns"][0]["step"] == steps[snapshot], key
    page.keyboard.press("Tab")
    assert focused() == "Reset"
    page.keyboard.press("Enter")
    settle(page)
    assert state(page)["columns"][0]["title"] == "10 units, output layer only"
    assert state(page)["columns"][0]["step"] == 0
    assert state(page)["unit"] is None


def test_focus_is_visible_and_keeps_its_keys(page):
    for _ in range(7):
        page.keyboard.press("Tab")
        # JupyterLab leaves keys alone on such elements; elsewhere, "d d" deletes the cell.
        assert page.locator(":focus").get_attribute("data-lm-suppress-shortcuts") == "true"
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outline")
        assert "3px" in outline
        assert "solid" in outline


def test_a_click_elsewhere_gives_the_keys_back(visit, document):
    # As JupyterLab does, this neighbour keeps clicks from moving the focus.
    cell = "<div id=cell onmousedown='event.preventDefault()'>cell</div>"
    page = visit(document.replace("<main>", f"<main>{cell}"))
    page.get_by_label("Training step").click()
    page.locator(".le-title").click()
    page.get_by_label("Training step").focus()
    page.locator("#cell").click()
    assert page.locator(":focus").count() == 0


def test_space_on_play_plays_to_the_end_and_stops(page):
    page.clock.install()
    choose(page, 10, "all layers", 0)
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Space")
    assert state(page)["playing"]
    assert page.get_by_role("button", name="Pause").is_visible()
    page.clock.run_for(1000)
    assert 4 < state(page)["columns"][0]["step"] < 20
    page.keyboard.press("Space")
    assert not state(page)["playing"]
    page.keyboard.press("Space")
    page.clock.run_for(20_000)
    assert state(page)["columns"][0]["step"] == 150_000
    assert not state(page)["playing"]
    assert page.get_by_role("button", name="Play").is_visible()


def test_nothing_moves_unasked_and_calmly_where_asked_for(visit, document):
    page = visit(document, reduced_motion="reduce")
    page.clock.install()
    page.clock.run_for(3000)
    assert state(page)["columns"][0]["step"] == 0
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(900)
    assert state(page)["columns"][0]["step"] == 0
    page.clock.run_for(1200)
    assert state(page)["columns"][0]["step"] == 2


@pytest.mark.parametrize("layers", ["output layer only", "side by side"])
def test_phone_width_needs_no_sideways_scrolling(visit, document, layers):
    page = visit(document, width=360, height=740)
    choose(page, 40, layers, 55)
    page.get_by_label("Highlight unit").select_option("39")
    settle(page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    boxes = [plot.bounding_box() for plot in page.locator(".le-columns .le-plot[role=img]").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes)
    heights = page.locator(".le-time").bounding_box()["height"]
    choose(page, snapshot=0)
    assert page.locator(".le-time").bounding_box()["height"] == heights
    choose(page, snapshot=55)
    tops = [box["y"] for box in boxes]
    assert tops == sorted(set(tops)), "panels do not stack"
    check_function(read(page), load_history(40, layers == "all layers").params())


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_projector_shows_all_panels_at_once_in_large_letters(visit, document, width, height):
    page = visit(document, width=width, height=height)
    choose(page, 40, "side by side", 55)
    for plot in page.locator(".le-columns .le-plot[role=img]").all():
        box = plot.bounding_box()
        assert box["y"] + box["height"] <= height + 10
    smallest = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('.lab-explorer *')]"
        ".map((element) => parseFloat(getComputedStyle(element).fontSize)))"
    )
    # A browser's own inputs come smaller, but hold no text here.
    assert smallest >= 13
    texts = page.locator(".le-columns text, .le-columns span, .lab-explorer label").evaluate_all(
        "(all) => all.map((element) => parseFloat(getComputedStyle(element).fontSize))"
    )
    assert min(texts) >= 14


def test_window_changes_are_followed(page):
    choose(page, 10, "side by side", 55)
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_function("() => document.querySelector('.le-function').clientWidth < 500")
    settle(page)
    check_function(read(page, 1), load_history(10, True).params())


def test_screen_reader_hears_the_step_once_it_stands_still(page):
    # A timer from before the clock is replaced would not listen to it.
    page.wait_for_function("() => document.querySelector('[aria-live=polite]').innerText")
    page.clock.install(time=datetime(2026, 1, 1))
    choose(page, 10, "side by side")
    spoken = page.locator("[aria-live=polite]")
    # From here on, time goes by only where this test says so: a busy machine hears nothing early.
    page.clock.pause_at(datetime(2026, 1, 2))
    page.clock.run_for(1000)
    before = spoken.inner_text()
    assert before.startswith(
        "10 units, output layer only, step 0: training loss 0.397, test loss 0.422"
    )
    for snapshot in (20, 30, 55):
        page.get_by_label("Training step").fill(str(snapshot))
        page.clock.run_for(100)
    assert spoken.inner_text() == before
    page.clock.run_for(1000)
    assert (
        "step 150,000: training loss 0.0758, test loss 0.0744, 10 of 10 elbows"
        in spoken.inner_text()
    )
    assert "10 units, all layers, step 150,000: training loss 0.0145" in spoken.inner_text()
    labels = page.locator(".le-plot[role=img]").evaluate_all(
        "(all) => all.map((svg) => svg.ariaLabel)"
    )
    assert len(labels) == 6
    assert all("150,000" in label for label in labels)
    assert (
        page.get_by_label("Training step").get_attribute("aria-valuetext")
        == "step 150,000 of 150,000"
    )


def test_two_figures_on_one_page_leave_each_other_alone(visit, shipped, dataset):
    # Twice the same and once another, as a notebook may show them.
    one = explorer._fragment(explorer._checked_runs(shipped[:2]), dataset)
    other = explorer._fragment(explorer._checked_runs(shipped[2:]), dataset)
    page = visit(f"<!DOCTYPE html><meta charset=utf-8><title>t</title>{one}{one}{other}")
    figures = page.locator(".lab-explorer")
    assert figures.count() == 3
    figures.nth(1).get_by_label("all layers", exact=True).check()
    figures.nth(1).get_by_label("Training step").fill("55")
    figures.nth(1).get_by_label("Highlight unit").select_option("4")
    figures.nth(2).get_by_label("40", exact=True).check()
    settle(page)
    first, second, third = (state(page, figure) for figure in range(3))
    assert first["columns"][0]["title"] == "10 units, output layer only"
    assert (first["columns"][0]["step"], first["unit"]) == (0, None)
    assert second["columns"][0]["title"] == "10 units, all layers"
    assert (second["columns"][0]["step"], second["unit"]) == (150_000, 4)
    assert third["columns"][0]["title"] == "40 units, output layer only"
    checked = figures.nth(0).locator("input:checked").count()
    assert checked == figures.nth(1).locator("input:checked").count() == 2
    ids = page.locator("[id]").evaluate_all("(all) => all.map((element) => element.id)")
    assert ids == []


def test_runs_inserted_by_a_notebook_front_end_start(visit, bundle):
    # JupyterLab sets innerHTML and then replaces each script by a fresh copy, which runs.
    page = visit("<!DOCTYPE html><meta charset=utf-8><title>t</title><div id=cell></div>")
    page.evaluate(
        """(html) => {
          const cell = document.querySelector("#cell");
          cell.innerHTML = html;
          for (const old of cell.querySelectorAll("script")) {
            const fresh = document.createElement("script");
            for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
            fresh.textContent = old.textContent;
            old.replaceWith(fresh);
          }
        }""",
        bundle["text/html"],
    )
    choose(page, 10, "all layers", 55)
    check_function(read(page), load_history(10, True).params())
    assert not page.locator("[data-part=fallback]").is_visible()


def test_readers_without_scripts_get_picture_and_words(visit, bundle, document):
    page = visit(bundle["text/html"], java_script_enabled=False)
    assert page.get_by_text("trust the notebook").is_visible()
    assert "Scripts are switched off" in page.locator("noscript").inner_html()
    assert page.locator("img").bounding_box()["height"] > 400
    page = visit(document, java_script_enabled=False)
    page.get_by_text("The runs in words").click()
    assert page.get_by_text("10 units, all layers: after 150,000 steps").is_visible()


def test_runs_of_one_kind_are_chosen_by_label(visit, shipped, dataset):
    short = History(*(getattr(shipped[1], name)[:30] for name in History.__dataclass_fields__))
    page = visit(explorer.page({"yours": short, "shipped": shipped[1]}, dataset))
    assert not page.get_by_label("10", exact=True).is_visible()
    page.get_by_label("Compare with").select_option("1")
    page.get_by_label("Training step").fill("55")
    settle(page)
    columns = state(page)["columns"]
    assert [column["title"].split()[0] for column in columns] == ["yours", "shipped"]
    assert [column["step"] for column in columns] == [short.steps[-1], 150_000]
    check_function(read(page, 0), short.params())
    check_function(read(page, 1), shipped[1].params())
    page.get_by_label("Run", exact=True).select_option("1")
    page.get_by_label("Compare with").select_option("-1")
    assert [column["title"].split()[0] for column in state(page)["columns"]] == ["shipped"]


def test_two_runs_are_compared_at_the_same_step(visit, shipped, dataset):
    begun = shipped[1].until(20_000)
    longer = replace(
        shipped[1],
        **{
            field.name: np.concatenate(
                [getattr(begun, field.name), getattr(shipped[1], field.name)[-1:]]
            )
            for field in fields(History)
        },
    )
    longer = replace(longer, steps=np.array([*begun.steps, 20_000]))
    page = visit(explorer.page({"yours": longer, "shipped": begun}, dataset))
    last = len(longer.steps) - 1
    for position in range(last + 1):
        page.get_by_label("Training step").fill(str(position))
        settle(page)
        yours, theirs = (column["step"] for column in state(page)["columns"])
        assert (yours, theirs) == (longer.steps[position], begun.steps[min(position, last - 1)])


def test_missing_combinations_are_switched_off(visit, shipped, dataset):
    page = visit(explorer.page([shipped[1], shipped[2]], dataset))
    assert page.get_by_label("all layers", exact=True).is_checked()
    assert page.get_by_label("output layer only", exact=True).is_disabled()
    assert page.get_by_label("side by side", exact=True).count() == 0
    page.get_by_label("20", exact=True).check()
    assert page.get_by_label("output layer only", exact=True).is_checked()
    assert state(page)["columns"][0]["title"] == "20 units, output layer only"


def test_odd_networks_are_drawn(visit, dataset):
    # A unit without an elbow, elbows at the very ends and outside, and a single snapshot.
    history = History(
        steps=np.array([7]),
        w1=np.array([[0.0, 1.0, -1.0, 0.5]]),
        b1=np.array([[0.5, 0.0, 1.0, 3.0]]),
        w2=np.array([[1.0, -1.0, 0.5, 0.1]]),
        b2=np.array([0.25]),
        train_loss=np.array([0.5]),
        test_loss=np.array([0.0]),
    )
    page = visit(explorer.page(history, dataset))
    settle(page)
    drawing, column = read(page), state(page)["columns"][0]
    check_function(drawing, history.params())
    check_units(drawing, history.params())
    assert column["elbows"] == [None, 0, 1, -6]
    assert (column["inside"], column["outside"]) == (2, 1)
    assert page.get_by_label("Training step").is_disabled()


def test_dragging_draws_one_frame_per_event_and_fast(visit, document):
    page = visit(document)
    choose(page, 40, "side by side", 0)
    page.evaluate(
        """() => {
          const ask = window.requestAnimationFrame.bind(window);
          window.frames_ = [];
          window.requestAnimationFrame = (draw) => ask((now) => {
            const start = performance.now();
            draw(now);
            window.frames_.push(performance.now() - start);
          });
        }"""
    )
    times = page.evaluate(
        """async () => {
          const slider = document.querySelector("input[type=range]");
          for (let t = 0; t <= 55; t += 1) {
            for (const part of [t, t]) {
              slider.value = part;
              slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
            await new Promise((done) => setTimeout(done, 20));
          }
          return window.frames_;
        }"""
    )
    assert 20 < len(times) <= 56
    # It takes about 1 ms here; 8 ms leave half of a frame at 60 Hz to the browser.
    assert np.median(times) < 8
