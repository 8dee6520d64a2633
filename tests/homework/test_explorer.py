"""The explorer: what Python packs, and what a browser draws and trains, checked against NumPy.

The browser tests open files with the network cut off. What is drawn is read back from the
coordinates in the SVG and the numbers printed at its axes, not from what the script claims. Its
modules have tests of their own, in test_pages_core.
"""

from __future__ import annotations

import json
import re
import struct
from base64 import b64decode
from dataclasses import fields, replace
from datetime import datetime
from itertools import pairwise
from urllib.parse import unquote

import numpy as np
import pytest
from lab import explorer
from lab.data import HEIGHTS, KNOTS, make_dataset
from lab.history import WIDTHS, History, load_history
from lab.network import Params, init_params
from reference_trainer import optimal_curves, train
from support.browser import Tab

MINUS = "\N{MINUS SIGN}"
LIMIT = 400_000
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
        (lambda run: {" ": run}, "labels of histories must be text on one line"),
        (lambda run: {"half a \ud800": run}, "labels of histories must be text on one line"),
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


@pytest.fixture(scope="module")
def usual(browser):
    """The tab of those tests that need no other kind of tab."""
    tab = Tab(browser, viewport=WINDOW)
    yield tab
    tab.context.close()


WINDOW = {"width": 1280, "height": 800}


@pytest.fixture
def visit(browser, usual, tmp_path):
    """Open HTML from a file; fail on requests and on anything in the console."""
    others = []

    def visit(text, hash="", expected=None, own=False, **options):
        """Use a tab of its own where anything is said of its kind."""
        tab = usual
        if options or own:
            size = {side: options.pop(side, WINDOW[side]) for side in WINDOW}
            tab = Tab(browser, viewport=size, **options)
            others.append(tab)
        tab.expected = expected
        path = tmp_path / f"page{len(list(tmp_path.iterdir()))}.html"
        path.write_text(text, encoding="utf-8")
        tab.page.goto("about:blank")  # ends all that an earlier page does
        if tab is usual:
            tab.page.set_viewport_size(WINDOW)
            tab.page.emulate_media(media="screen")
        tab.page.goto(f"{path.as_uri()}{hash}")
        return tab.page

    yield visit
    complaints = [*usual.complaints, *(text for tab in others for text in tab.complaints)]
    usual.complaints.clear()
    for tab in others:
        tab.context.close()
    assert complaints == []


@pytest.fixture
def page(visit, document):
    """The page as students open it, at the step that it begins with."""
    page = visit(document)
    wait_for(page, 8000)
    return page


def state(page, figure=0):
    return page.evaluate(
        "(i) => document.querySelectorAll('.lab-page')[i].explorer.state()", figure
    )


def wait_for(page, *steps, figure=0):
    """Wait until each run that was asked for shows this step."""
    page.wait_for_function(
        """([i, steps]) => {
          const state = document.querySelectorAll('.lab-page')[i].explorer?.state();
          const shown = state?.columns;
          return shown?.length === steps.length && !state.working
            && steps.every((step, k) => shown[k]?.step === step);
        }""",
        arg=[figure, list(steps)],
    )


def settle(page):
    """Wait until the frame that was asked for is drawn."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def go(page, step, runs=1):
    """Type a step, and wait until it is shown."""
    page.get_by_label("Step", exact=True).fill(str(step))
    page.get_by_label("Step", exact=True).press("Enter")
    wait_for(page, *[step] * runs)


def setting(page, label, value, column=0):
    field = page.get_by_label(label, exact=True).nth(column)
    if not field.is_visible():
        page.get_by_text("More settings").nth(column).click()
    field.fill(str(value))
    field.press("Enter")


def open_numbers(page):
    page.get_by_text("All numbers").click()


READ = """(svg) => ({
  ticks: [...svg.querySelectorAll("[data-tick]")].map((tick) => (
    [tick.dataset.tick, tick.textContent, Number(tick.getAttribute(tick.dataset.tick))])),
  marks: [...svg.querySelectorAll("[data-mark]")].map((mark) => (
    [mark.dataset.mark, mark.getAttribute("d")])),
  units: [...svg.querySelectorAll("[data-unit]")].map((mark) => [
    Number(mark.dataset.unit), mark.getAttribute("d") ?? "",
    Number(mark.getAttribute("cx")), Number(mark.getAttribute("cy"))]),
})"""


class Drawing:
    """What a view shows: coordinates of its marks, in the units of the numbers at its axes."""

    def __init__(self, page, view, column=0):
        read = page.locator(f'[data-view="{view}"]').nth(column).evaluate(READ)
        self.ticks = {
            axis: [(number(text), at) for name, text, at in read["ticks"] if name == axis]
            for axis in "xy"
        }
        self.marks = dict(read["marks"])
        self.units = read["units"]

    def line(self, mark):
        """Return x and y of a line in data units, and a pixel's share of y."""
        return self.values(coordinates(self.marks[mark]))

    def values(self, points):
        (to_x, _), (to_y, pixel) = scale(self.ticks["x"]), scale(self.ticks["y"])
        x, y = np.transpose(points)
        # The numbers stand beside their lines: 5 pixels below, at the y axis.
        return to_x(x), to_y(y + 5), pixel


def number(text):
    text = text.replace(MINUS, "-").replace(",", "")
    return float(text.replace("k", "e3").replace("M", "e6"))


def scale(ticks):
    """Return the map from pixels to values that printed ticks state, and its pixel size."""
    values, places = np.transpose(ticks)
    slope, offset = np.polyfit(places, values, 1)
    np.testing.assert_allclose(slope * places + offset, values, atol=1e-3 * np.ptp(values))
    return (lambda at: slope * np.asarray(at) + offset), abs(slope)


def coordinates(d):
    """Return the absolute points of path data, shape (n, 2)."""
    return np.array([[float(x), float(y)] for x, y in re.findall(r"[ML]?(-?[\d.]+),(-?[\d.]+)", d)])


def params_of(column):
    return Params(*(np.array(column["params"][name]) for name in ("w1", "b1", "w2", "b2")))


def check_views(page, column=0, votes_on=None):
    """Compare all that is drawn of a run with its parameters, by NumPy."""
    shown = state(page)["columns"][column]
    params = params_of(shown)
    x, y, pixel = Drawing(page, "function", column).line("learned")
    np.testing.assert_allclose(y, network(params, x), atol=1.5 * pixel)
    inside = [e for e in elbows(params) if 0 < e < 1]
    np.testing.assert_allclose(x[1:-1], sorted(inside), atol=0.002)
    x, y, pixel = Drawing(page, "slopes", column).line("learned")
    middles = [(a, b, s) for (a, s), (b, t) in pairwise(zip(x, y, strict=True)) if b - a > 0.01]
    assert len(middles) >= 3
    for left, right, slope in middles:
        right_slope = slopes(params, np.array([(left + right) / 2]))[0]
        if abs(right_slope) < 20:  # steeper ones may be cut off
            assert abs(slope - right_slope) <= 1.5 * pixel
    drawing = Drawing(page, "contributions", column)
    for unit, d, _, _ in drawing.units:
        x, y, pixel = drawing.values(coordinates(d))
        wanted = params.w2[unit] * np.maximum(0, params.w1[unit] * x + params.b1[unit])
        np.testing.assert_allclose(y, wanted, atol=1.5 * pixel)
    assert [unit for unit, *_ in drawing.units] == list(range(len(params.w1)))
    return shown, params


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("layers", ["output layer only", "all layers"])
def test_recorded_runs_are_drawn_as_they_are(page, width, layers):
    history = load_history(width, layers == "all layers")
    page.get_by_label("Run", exact=True).select_option(f"{width} units, {layers}")
    for snapshot in (0, 30, -1):
        go(page, int(history.steps[snapshot]))
        shown, _ = check_views(page)
        for name in ("w1", "b1", "w2", "b2"):
            np.testing.assert_allclose(
                shown["params"][name], getattr(history, name)[snapshot], rtol=5.1e-6
            )
        np.testing.assert_allclose(shown["train_loss"], history.train_loss[snapshot], rtol=5.1e-6)
        np.testing.assert_allclose(shown["test_loss"], history.test_loss[snapshot], rtol=5.1e-6)


def test_training_here_is_the_experiment_of_the_homework(page, dataset):
    go(page, 1000)
    history = train(
        dataset, init_params(20), step_size=0.02, train_hidden=True, n_steps=1001, snapshots=[1000, 1001]
    )  # fmt: skip
    for snapshot in range(2):
        shown, _ = check_views(page)
        assert shown["step"] == 1000 + snapshot
        for name in ("w1", "b1", "w2", "b2"):
            np.testing.assert_allclose(
                shown["params"][name], getattr(history, name)[snapshot], rtol=1e-9, atol=1e-9
            )
        np.testing.assert_allclose(shown["train_loss"], history.train_loss[snapshot], rtol=1e-9)
        np.testing.assert_allclose(shown["test_loss"], history.test_loss[snapshot], rtol=1e-9)
        page.get_by_role("button", name="One step").click()
        wait_for(page, 1001 + snapshot)


def test_numbers_on_the_page_are_those_of_numpy_and_torch(page, dataset):
    import torch
    from lab.network import to_torch

    open_numbers(page)
    page.get_by_role("table").nth(1).wait_for()
    shown, params = state(page)["columns"][0], params_of(state(page)["columns"][0])
    net = to_torch(params)
    x, y = (torch.tensor(values) for values in (dataset.x_train, dataset.y_train))
    loss = torch.nn.functional.mse_loss(net(x[:, None])[:, 0], y)
    loss.backward()
    w1, b1, w2, b2 = (weight.grad.numpy().ravel() for weight in net.parameters())
    rows = page.get_by_role("table").nth(1).locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )  # fmt: skip
    table = np.array([[number(cell) for cell in row] for row in rows])
    jumps = np.abs(params.w1) * params.w2
    wanted = [np.arange(20), elbows(params), jumps, *params[:3], w1, b1, w2]
    np.testing.assert_allclose(table, np.transpose(wanted), rtol=1e-8, atol=1e-9)
    cells = page.get_by_role("table").first.locator("td").all_inner_texts()
    wanted = [loss.item(), np.mean((network(params, dataset.x_test) - dataset.y_test) ** 2)]
    np.testing.assert_allclose([number(c) for c in cells], [*wanted, params.b2, b2[0]], rtol=1e-8)
    pieces = shown["pieces"]
    assert [piece["from"] for piece in pieces[1:]] == [piece["to"] for piece in pieces[:-1]]
    middles = np.array([(piece["from"] + piece["to"]) / 2 for piece in pieces])
    np.testing.assert_allclose([p["slope"] for p in pieces], slopes(params, middles), rtol=1e-6)


def test_plane_votes_and_loss_along_the_gradient_are_drawn_where_they_are(page, dataset):
    page.get_by_label("Unit", exact=True).select_option("3")
    page.get_by_label("Votes on").select_option("w1")
    settle(page)
    shown, params = state(page)["columns"][0], params_of(state(page)["columns"][0])
    plane = Drawing(page, "plane")
    to_x, _ = scale(plane.ticks["x"])
    bent = [(np.sign(v) * np.log1p(abs(v) / 0.1), at) for v, at in plane.ticks["y"]]
    to_y, _ = scale(bent)
    dots = {unit: (cx, cy) for unit, _, cx, cy in plane.units}
    assert len(dots) == 20
    for unit, (cx, cy) in dots.items():
        jump = abs(params.w1[unit]) * params.w2[unit]
        assert abs(to_x(cx) - elbows(params)[unit]) < 0.005
        assert abs(to_y(cy + 5) - np.sign(jump) * np.log1p(abs(jump) / 0.1)) < 0.05
    votes = Drawing(page, "votes")
    errors = network(params, dataset.x_train) - dataset.y_train
    active = params.w1[3] * dataset.x_train + params.b1[3] > 0
    pulls = -2 / 200 * errors * params.w2[3] * active * dataset.x_train
    for mark, kept in (("up", pulls > 0), ("down", pulls < 0)):
        x, y, pixel = votes.line(mark)
        np.testing.assert_allclose(x[1::2], dataset.x_train[kept], atol=0.002)
        np.testing.assert_allclose(y[1::2], pulls[kept], atol=1.5 * pixel)
    along = Drawing(page, "along")
    sizes, losses, pixel = along.line("loss")
    moved = [
        Params(*(np.array(value) - size * np.array(shown["gradient"][name])
                 for name, value in shown["params"].items()))
        for size in sizes
    ]  # fmt: skip
    wanted = [np.mean((network(p, dataset.x_train) - dataset.y_train) ** 2) for p in moved]
    np.testing.assert_allclose(losses, wanted, atol=2 * pixel + 0.01 * max(wanted))
    own, *_ = along.line("own")
    np.testing.assert_allclose(own, 0.02, atol=0.01 * max(sizes))


def test_losses_data_and_target_are_drawn_where_they_are(page, dataset):
    page.get_by_label("Run", exact=True).select_option("10 units, all layers")
    settle(page)
    history = load_history(10, True)
    drawing = Drawing(page, "losses")
    to_x, _ = scale([(np.log10(step), at) for step, at in drawing.ticks["x"] if step])
    to_y, _ = scale([(np.log10(loss), at) for loss, at in drawing.ticks["y"]])
    for mark, losses in (("train", history.train_loss), ("test", history.test_loss)):
        x, y = coordinates(drawing.marks[mark])[1:].T
        np.testing.assert_allclose(to_x(x), np.log10(history.steps[1:]), atol=0.01)
        np.testing.assert_allclose(to_y(y + 5), np.log10(losses[1:]), atol=0.01)
    drawing = Drawing(page, "function")
    x, y, pixel = drawing.line("target")
    np.testing.assert_allclose(x, KNOTS, atol=0.002)
    np.testing.assert_allclose(y, HEIGHTS, atol=1.5 * pixel)
    x, y, pixel = drawing.line("points")
    np.testing.assert_allclose(x, dataset.x_train, atol=0.003)
    np.testing.assert_allclose(y, dataset.y_train, atol=10 * pixel)


def test_the_optimum_is_shown_where_it_is_known(page):
    page.get_by_label("Trained").select_option("output layer only")
    wait_for(page, 8000)
    assert page.get_by_label("Step size").input_value() == "0.2"
    x, y, pixel = Drawing(page, "function").line("optimum")
    np.testing.assert_allclose(np.transpose([x, y]), optimal_curves()["20"], atol=1.5 * pixel)
    setting(page, "Hidden units", 19)
    wait_for(page, 8000)
    assert "optimum" not in Drawing(page, "function").marks


def test_the_shipped_optima_are_those_of_the_trainer(document):
    assert payload(document)["optima"] == optimal_curves()


def test_train_pause_continue_to_the_end(visit, document):
    page = visit(document, hash="#width=10&steps=3000&step=0")
    wait_for(page, 0)
    page.get_by_label("Speed").select_option("slow")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("() => document.querySelector('.lab-page').explorer.state().step > 3")
    page.get_by_role("button", name="Pause").click()
    step = state(page)["step"]
    assert 3 < step < 3000
    assert not state(page)["playing"]
    page.get_by_label("Speed").select_option("as fast as it trains")
    page.get_by_role("button", name="Continue").click()
    wait_for(page, 3000)
    page.get_by_role("button", name="Train", exact=True).wait_for()
    page.get_by_role("button", name="Start over").click()
    wait_for(page, 0)
    page.get_by_label("Training", exact=True).press("End")
    wait_for(page, 3000)


def test_divergence_ends_with_step_and_step_size(visit, document):
    page = visit(document, hash="#layers=output&step_size=1&step=20000")
    alarm = page.get_by_role("alert")
    alarm.wait_for()
    assert "Diverged at step 752 with step size 1" in alarm.inner_text()
    page.get_by_role("button", name="Train", exact=True).click()  # from the beginning
    alarm.wait_for(state="hidden")


@pytest.mark.parametrize("where", ["here", "in another window"])
def test_a_link_holds_everything(visit, document, where):
    settings = (
        "#width=7&step_size=0.05&batch_size=13&steps=5000&points=60&noise=0.2&weights_seed=5"
        "&data_seed=4&minibatch_seed=6&two=true&other_width=9&other_layers=all&other_step_size=0.02&step=777&unit=2"
        "&votes_on=w2&views=function%20slopes%20votes&knots=3,0.5&moved=4,0.25,0.5&added=0.5,-2"
        "&removed=0"
    )
    page = visit(document, hash=settings)
    wait_for(page, 777, 777)
    first = state(page)
    assert first["columns"][0]["settings"]["seeds"] == {"weights": 5, "data": 4, "minibatches": 6}
    assert page.locator("svg[data-view]:visible").count() == 6
    page.wait_for_function("() => location.hash.includes('knots')")
    link = page.evaluate("location.hash")[1:]
    assert unquote(link).split("&") == unquote(settings[1:]).split("&")
    if where == "here":
        page.evaluate("() => { location.hash = 'step=5'; }")
        wait_for(page, 5)
        page.evaluate("(link) => { location.hash = link; }", link)
    else:
        page = visit(document, hash=f"#{link}")
    wait_for(page, 777, 777)
    assert state(page) == first


@pytest.mark.parametrize(
    "link",
    ["#width=0", "#width=x&step=-4", "#layers=both&batch_size=1e9", "#knots=99,1&added=1", "#%", "#views=&unit=99",
     "#removed=" + ";".join(map(str, range(200))), "#run=nothing&two=maybe"],
)  # fmt: skip
def test_a_broken_link_shows_what_makes_sense_of_it(visit, document, link):
    page = visit(document, hash=link)
    page.wait_for_function("() => document.querySelector('.lab-page').explorer?.state().columns[0]")
    column = state(page)["columns"][0]
    assert len(column["params"]["w1"]) == 20
    assert np.isfinite(column["train_loss"])


def test_two_runs_stand_side_by_side(page):
    page.get_by_label("Two runs").check()
    wait_for(page, 8000, 8000)
    titles = [column["title"] for column in state(page)["columns"]]
    assert titles == ["20 units, all layers", "20 units, output layer only"]
    setting(page, "Hidden units", 5, column=1)
    wait_for(page, 8000, 8000)
    assert [len(c["params"]["w1"]) for c in state(page)["columns"]] == [20, 5]
    for column in range(2):
        check_views(page, column)
    boxes = [view.bounding_box() for view in page.locator('[data-view="function"]').all()]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    page.get_by_label("Two runs").uncheck()
    wait_for(page, 8000)


def test_data_are_changed_by_pointer_and_by_keys(page):
    page.get_by_label("Change the data").check()
    settle(page)
    knot = page.locator('[data-handle="knot"][data-place="3"]')
    box = knot.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = state(page)["columns"][0]["train_loss"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 60, steps=4)
    settle(page)
    page.mouse.up()
    page.wait_for_function("() => location.hash.includes('knots=3,')")
    wait_for(page, 8000)
    height = float(re.search(r"knots=3,(-?[\d.]+)", page.evaluate("location.hash"))[1])
    _, drawn, pixel = Drawing(page, "function").line("target")
    assert abs(drawn[3] - height) <= 1.5 * pixel
    assert height < 0.8
    assert state(page)["columns"][0]["train_loss"] != before
    knot.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert page.locator(":focus").get_attribute("data-place") == "4"
    page.wait_for_function(
        f"() => location.hash.includes('knots=3,{height + 0.04:.3f}'.replace(/0+$/, ''))"
    )
    page.get_by_role("button", name="Add an outlier").click()
    page.wait_for_function("() => location.hash.includes('added=0.85,2.5')")
    ring = page.locator('[data-handle="point"]')
    assert ring.get_attribute("aria-label").startswith("Training point 201 of 201, x = 0.85")
    ring.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.hash.includes('added=0.83,2.5')")
    page.keyboard.press("PageDown")
    page.keyboard.press("Delete")
    page.wait_for_function("() => location.hash.includes('removed=0')")
    page.get_by_role("button", name="Back to the homework's data").and_(
        page.locator(":visible")
    ).click()
    page.wait_for_function("() => !/knots|added|removed/.test(location.hash)")
    wait_for(page, 8000)
    assert state(page)["columns"][0]["train_loss"] == before


def test_data_are_changed_by_touch(visit, document):
    page = visit(document, width=360, height=740, has_touch=True)
    wait_for(page, 8000)
    page.get_by_text("Controls", exact=True).click()  # folded on such a screen
    page.get_by_label("Change the data").check()
    settle(page)
    knot = page.locator('[data-handle="knot"][data-place="5"]')
    knot.scroll_into_view_if_needed()
    box, plot = knot.bounding_box(), page.locator('[data-view="function"]')
    top = plot.bounding_box()["y"]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x, "y": y - 30}]),
        ("touchMove", [{"x": x, "y": y - 60}]),
        ("touchEnd", []),
    ):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        settle(page)
    page.wait_for_function("() => location.hash.includes('knots=5,')")
    height = float(re.search(r"knots=5,(-?[\d.]+)", page.evaluate("location.hash"))[1])
    assert height > HEIGHTS[5] + 0.3
    assert plot.bounding_box()["y"] == top


def test_own_data_are_what_is_trained_on(visit, document, dataset):
    page = visit(document, hash="#knots=3,0.5&added=0.85,2.5&removed=7&step=500")
    wait_for(page, 500)
    noise = dataset.y_train - np.interp(dataset.x_train, KNOTS, HEIGHTS)
    heights = np.where(np.arange(11) == 3, 0.5, HEIGHTS)
    x = np.append(np.delete(dataset.x_train, 7), 0.85)
    y = np.append(np.delete(np.interp(dataset.x_train, KNOTS, heights) + noise, 7), 2.5)
    own = dataset._replace(x_train=x, y_train=y, y_test=np.interp(dataset.x_test, KNOTS, heights))
    history = train(own, init_params(20), step_size=0.02, train_hidden=True, n_steps=500)
    shown = state(page)["columns"][0]
    np.testing.assert_allclose(shown["params"]["w2"], history.w2[-1], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(shown["test_loss"], history.test_loss[-1], rtol=1e-8)


def test_tasks_ask_first_then_show_then_tell(page):
    box = page.locator("[data-part=tasks]")
    page.get_by_text("Tasks: predict first").click()
    page.get_by_role("button", name="Step size 1, output layer only").click()
    wait_for(page, 0)
    go_button = page.get_by_role("button", name="Try it")
    assert go_button.is_disabled()
    page.get_by_label("It learns five times as fast.").check()
    go_button.click()
    assert "Watch the first ten steps" in box.inner_text()
    assert page.locator("svg[data-view]:visible").evaluate_all(
        "(all) => all.map((svg) => svg.dataset.view)"
    ) == ["along", "losses", "function"]
    page.get_by_label("Speed").select_option("as fast as it trains")
    page.get_by_role("alert").get_by_text("Diverged at step 752").wait_for()
    assert "752" not in box.inner_text()
    assert state(page)["step"] == state(page)["columns"][0]["step"] < 752
    page.get_by_role("button", name="What happened?").click()
    assert "Not what happened. It was: “It diverges.”" in box.inner_text()
    assert "at step 752" in box.inner_text()
    page.get_by_role("button", name="Other tasks").click()
    assert page.locator(".task-list button").count() == 9


@pytest.mark.parametrize("task", range(1, 10))
def test_each_task_shows_its_experiment(visit, document, task):
    page = visit(document, hash=f"#task={task}")
    wait = "() => document.querySelector('.lab-page').explorer.state().columns.every(Boolean)"
    page.wait_for_function(wait)
    assert state(page)["step"] == 0
    page.locator("[data-part=task] input").first.check()
    page.get_by_role("button", name="Try it").click()
    if task == 9:
        page.get_by_text("Seed 0, step").wait_for()
        return
    page.wait_for_function("() => document.querySelector('.lab-page').explorer.state().step > 2")
    # What is to be watched is in sight, the text above it included.
    box = page.locator("svg[data-view]:visible").first.bounding_box()
    assert page.evaluate("scrollY") == 0
    assert box["y"] + box["height"] <= 800


def test_an_address_opens_a_task(visit, document):
    page = visit(document, hash="#task=2")
    assert page.get_by_role("heading", name="Three units").is_visible()


def test_what_tasks_tell_is_true(dataset):
    """The numbers in explorer/lessons.js, worked out by the reference trainer."""
    told = re.sub(
        r'"\s*\+ "', "", (explorer.TEMPLATE.parents[1] / "pages/explorer/lessons.js").read_text()
    )

    def run(steps, hidden, size, **more):
        start = init_params(more.pop("width", 20), seed=more.pop("start", 0))
        return train(dataset, start, step_size=size, train_hidden=hidden, n_steps=steps, **more)

    def silent(history):
        on = np.outer(dataset.x_train, history.w1[-1]) + history.b1[-1] > 0
        return int(np.sum(~on.any(axis=0)))

    with pytest.raises(FloatingPointError, match="step 752 "):
        run(1000, False, 1.0)
    assert "at step 752 it is no finite number" in told
    first = run(10, False, 1.0, snapshots=[0, 5, 6, 10]).train_loss
    assert f"falls from {first[0]:.2f} to {first[1]:.2f}. Then it grows" in told
    assert first[0] > first[1] < first[2] < first[3]
    fast, slow = (run(20_000, False, size).train_loss[-1] for size in (0.5, 0.2))
    assert f"the training loss is {fast:.3f}, with 0.2 it is {slow:.3f}" in told
    large = run(20_000, True, 0.5)
    assert f"{silent(large)} of the 20 units end as open circles" in told
    assert f"stays near {large.train_loss[-1]:.2f}" in told
    assert f"With step size 0.1 only {silent(run(20_000, True, 0.1))} units are silent" in told
    ends = elbows(load_history(20, True).params())
    near = sum(np.abs(KNOTS[1:-1] - e).min() <= 0.02 for e in ends)
    assert f"{near} of the 20 elbows stand close to a kink" in told
    ten, forty = load_history(10, True).test_loss[-1], load_history(40, False).test_loss[-1]
    assert f"Test loss {ten:.3f} on the left, {forty:.3f} on the right" in told
    single, many = (run(20_000, True, 0.02, batch_size=n).train_loss[-1] for n in (1, 200))
    assert f"{single:.2f} on the left, {many:.3f} on the right" in told
    losses = sorted(run(150_000, True, 0.02, seed=s, start=s).train_loss[-1] for s in range(8))
    assert (round(losses[0], 3), round(losses[5], 3)) == (0.012, 0.019)
    assert all(abs(loss - 0.056) < 0.001 for loss in losses[6:])
    assert "Six of the eight end between 0.012 and 0.019, two at 0.056" in told


def test_many_seeds_are_small_multiples(visit, document, dataset):
    page = visit(document, hash="#width=6&steps=300&step=300")
    page.get_by_text("The same experiment with 8 seeds").click()
    page.get_by_role("button", name="Train 8 seeds").click()
    page.get_by_text("8 of 8 done").wait_for()
    losses = [
        train(
            dataset, init_params(6, seed=seed), step_size=0.02, train_hidden=True, n_steps=300, seed=seed
        ).train_loss[-1]
        for seed in range(8)
    ]  # fmt: skip
    summary = page.locator("[data-part=seeds-summary]").inner_text()
    assert f"from {min(losses):.3g} to {max(losses):.3g}" in summary
    page.get_by_role("button", name="Show seed 3 above").click()
    wait_for(page, 300)
    np.testing.assert_allclose(state(page)["columns"][0]["train_loss"], losses[3], rtol=1e-9)


def test_training_that_nobody_sees_ends(visit, document):
    page = visit(document, hash="#step=5&steps=10000000&two=true")
    wait_for(page, 5, 5)
    page.get_by_text("The same experiment with 8 seeds").click()
    page.get_by_role("button", name="Train 8 seeds").click()
    page.get_by_text("Seed 0, step").wait_for()
    assert len(page.workers) == 3
    page.get_by_role("button", name="Stop").click()
    assert page.locator("[data-part=seeds-summary]").inner_text() == "Stopped."
    page.get_by_label("Two runs").uncheck()
    wait_for(page, 5)
    for _ in range(600):  # the browser says a little later that a worker has ended
        if len(page.workers) == 1:
            break
        page.wait_for_timeout(100)
    assert len(page.workers) == 1
    page.get_by_label("Step", exact=True).fill("10000000")
    page.get_by_label("Step", exact=True).press("Enter")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(
        """() => {
          const state = document.querySelector('.lab-page').explorer.state();
          return state.step < 10000000 && state.columns[0].step === state.step;
        }"""
    )


def test_an_old_browser_is_told_what_it_misses(visit, document):
    old = "<script>delete window.IntersectionObserver</script>"
    page = visit(document.replace("<head>", f"<head>{old}"), expected="IntersectionObserver")
    assert page.get_by_text("its script did not run").is_visible()


def test_units_are_chosen_by_pointing(page):
    drawing = Drawing(page, "plane")
    box = page.locator('[data-view="plane"]').bounding_box()
    # The one furthest from the others, so that there is no doubt.
    places = np.array([(cx, cy) for _, _, cx, cy in drawing.units])
    apart = [np.sort(np.hypot(*(places - place).T))[1] for place in places]
    unit = int(np.argmax(apart))
    page.mouse.click(box["x"] + places[unit, 0], box["y"] + places[unit, 1])
    settle(page)
    assert state(page)["unit"] == unit
    assert page.get_by_label("Unit", exact=True).input_value() == str(unit)
    settle(page)
    assert f"Unit {unit}: elbow" in page.locator("[data-part=account]").inner_text()


def test_click_on_the_loss_goes_to_that_step(page):
    page.get_by_label("Run", exact=True).select_option("10 units, all layers")
    settle(page)
    x = dict(Drawing(page, "losses").ticks["x"])[1000]
    page.locator('[data-view="losses"]').click(position={"x": x, "y": 60})
    steps = load_history(10, True).steps[1:]
    wait_for(page, int(steps[np.argmin(np.abs(np.log(steps / 1000)))]))


def test_keyboard_reaches_every_control_and_sees_where_it_is(page):
    names, seen = [], set()
    while True:
        page.keyboard.press("Tab")
        name = page.evaluate(
            """() => {
              const it = document.activeElement;
              return it === document.body ? null : [it.getAttribute("aria-label")
                || it.labels?.[0]?.textContent || it.textContent,
                getComputedStyle(it).outlineWidth, it.dataset.lmSuppressShortcuts];
            }"""
        )
        if name is None or tuple(name) in seen:
            break
        seen.add(tuple(name))
        names.append(name[0])
        assert name[1:] == ["3px", "true"], name
    for wanted in ("Continue", "One step", "Training", "Step", "Speed", "Start over", "Two runs", "Unit",
                   "Votes on", "Copy link", "Views", "Run", "Hidden units", "Trained", "Step size",
                   "More settings", "Save the picture: Function", "Change the data", "All numbers"):  # fmt: skip
        assert wanted in names


def test_keyboard_works_the_controls(visit, document):
    page = visit(document, hash="#steps=2000&step=2000")
    wait_for(page, 2000)
    slider = page.get_by_label("Training", exact=True)
    slider.press("Home")
    wait_for(page, 0)
    slider.press("ArrowRight")
    wait_for(page, 1)
    page.get_by_label("Hidden units").press("ArrowDown")
    page.wait_for_function(
        "() => document.querySelector('.lab-page').explorer.state().columns[0].params.w1.length === 19"
    )
    page.get_by_label("Step size").press("ArrowUp")
    page.wait_for_function(
        "() => document.querySelector('.lab-page').explorer.state().columns[0].settings.stepSize === 0.05"
    )
    page.get_by_label("Unit", exact=True).press("ArrowDown")
    assert state(page)["unit"] == 0
    slider.press("End")
    wait_for(page, 2000)
    assert slider.get_attribute("aria-valuetext") == "step 2,000 of 2,000"
    page.get_by_role("button", name="Start over").press("Space")
    wait_for(page, 0)


def test_a_field_says_what_it_takes(page):
    field = page.get_by_label("Hidden units")
    setting(page, "Hidden units", 101)
    assert page.get_by_role("alert").get_by_text("a whole number from 1 to 100").is_visible()
    assert field.get_attribute("aria-invalid") == "true"
    setting(page, "Hidden units", 100)
    assert page.get_by_text("a whole number from 1 to 100").count() == 0
    wait_for(page, 8000)
    assert len(state(page)["columns"][0]["params"]["w1"]) == 100


def test_a_minibatch_is_no_larger_than_the_data(visit, document, page):
    setting(page, "Training points", 20)
    wait_for(page, 8000)
    assert state(page)["columns"][0]["settings"]["batchSize"] == 20
    setting(page, "Batch size", 300)
    wait_for(page, 8000)
    assert page.get_by_label("Batch size").input_value() == "20"
    page = visit(document, hash="#points=20&step=50")
    wait_for(page, 50)
    assert state(page)["columns"][0]["settings"]["batchSize"] == 20


def test_settings_that_cannot_be_trained_are_named(page):
    setting(page, "Step size", 0)
    page.get_by_role("alert").get_by_text("step size must be a number above 0").wait_for()
    setting(page, "Step size", 0.1)
    wait_for(page, 8000)
    assert not page.locator("[data-part=alarm]").is_visible()


def test_a_click_elsewhere_gives_the_keys_back(visit, document):
    # As JupyterLab does, this neighbour keeps clicks from moving the focus.
    cell = "<div id=cell onmousedown='event.preventDefault()'>cell</div>"
    page = visit(document.replace("<main>", f"<main>{cell}"))
    page.get_by_label("Training", exact=True).click()
    page.locator("h2").first.click()
    page.get_by_label("Training", exact=True).focus()
    page.locator("#cell").click()
    assert page.locator(":focus").count() == 0


def test_nothing_moves_unasked_and_calmly_where_asked_for(visit, shipped, dataset):
    page = visit(
        explorer.page(shipped[1], dataset),
        reduced_motion="reduce",
        hash="#run=10%20units,%20all%20layers&step=0",
    )
    wait_for(page, 0)
    page.clock.install(time=datetime(2026, 1, 1))
    page.clock.pause_at(datetime(2026, 1, 2))
    page.clock.run_for(3000)
    assert state(page)["step"] == 0
    page.get_by_role("button", name="Train", exact=True).click()
    page.clock.run_for(900)
    assert state(page)["step"] == 0
    seen = set()
    for _ in range(14):
        page.clock.run_for(1000)
        seen.add(state(page)["step"])
    assert 8 <= len(seen) <= 12
    assert state(page)["step"] == 150_000


def test_the_space_bar_trains_and_pauses(visit, document):
    page = visit(document, hash="#step=0")
    wait_for(page, 0)
    page.locator("body").press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.locator("body").press("Space")
    assert not state(page)["playing"]


def test_phone_needs_no_sideways_scrolling(visit, document):
    page = visit(document, width=360, height=740, hash="#two=true&width=40", has_touch=True)
    wait_for(page, 8000, 8000)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    boxes = [view.bounding_box() for view in page.locator("svg[data-view]").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes)
    tops = [box["y"] for box in boxes]
    assert tops == sorted(set(tops)), "views do not stack"
    for column in range(2):
        check_views(page, column)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_projector_shows_the_main_views_at_once_in_large_letters(visit, document, width, height):
    page = visit(document, width=width, height=height)
    wait_for(page, 8000)
    for view in ("function", "plane"):
        box = page.locator(f'[data-view="{view}"]').bounding_box()
        assert box["y"] + box["height"] <= height
    sizes = page.locator(
        ".lab-page text, .lab-page span, .lab-page label, .lab-page p"
    ).evaluate_all("(all) => all.map((element) => parseFloat(getComputedStyle(element).fontSize))")
    assert min(sizes) >= 13


def test_window_changes_are_followed(page):
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_function("() => document.querySelector('[data-view=function]').clientWidth < 500")
    settle(page)
    check_views(page)


def test_screen_reader_hears_the_step_once_it_stands_still(visit, document):
    page = visit(document, hash="#run=10%20units,%20output%20layer%20only&step=0", own=True)
    spoken = page.locator("[data-part=spoken]")
    # A timer from before the clock is replaced would not listen to it.
    page.wait_for_function("() => document.querySelector('[data-part=spoken]').innerText")
    page.clock.install(time=datetime(2026, 1, 1))
    # From here on, time goes by only where this test says so: a busy machine hears nothing early.
    page.clock.pause_at(datetime(2026, 1, 2))
    before = spoken.inner_text()
    assert before.startswith(
        "10 units, output layer only, step 0: training loss 0.397, test loss 0.422."
    )
    assert "10 of 10 elbows lie in 0 to 1; 2 stand within 0.02 of a kink" in before
    for position in (20, 30, 55):
        page.get_by_label("Training", exact=True).fill(str(position))
        page.clock.run_for(100)
    assert spoken.inner_text() == before
    page.clock.run_for(1000)
    assert "step 150,000: training loss 0.0758, test loss 0.0744." in spoken.inner_text()


def test_two_figures_on_one_page_leave_each_other_alone(visit, shipped, dataset):
    # Twice the same and once another, as a notebook may show them.
    one = explorer._fragment(explorer._checked_runs(shipped[:2]), dataset)
    other = explorer._fragment(explorer._checked_runs(shipped[2:]), dataset)
    page = visit(f"<!DOCTYPE html><meta charset=utf-8><title>t</title>{one}{one}{other}")
    figures = page.locator(".lab-page")
    assert figures.count() == 3
    figures.nth(1).get_by_label("Training", exact=True).fill("55")
    figures.nth(1).get_by_label("Unit", exact=True).select_option("4")
    wait_for(page, 150_000, 150_000, figure=1)
    first, second, third = (state(page, figure) for figure in range(3))
    assert [column["title"] for column in first["columns"]] == [
        "10 units, output layer only",
        "10 units, all layers",
    ]
    assert (first["step"] < 8001, first["unit"]) == (True, None)
    assert (second["step"], second["unit"]) == (150_000, 4)
    assert [column["title"] for column in third["columns"]] == ["20 units, output layer only"]
    assert page.evaluate("location.hash") == ""
    assert page.locator("[id]").count() == 0


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
    page.get_by_label("Run", exact=True).select_option("trained here, now")
    go(page, 5000)  # the recorded run has no such step
    check_views(page)
    assert page.locator("[data-part=fallback]").count() == 0


def test_training_goes_on_where_workers_are_forbidden(visit, document):
    rule = "default-src 'unsafe-inline' data:; worker-src 'none'"
    policy = f'<meta http-equiv="Content-Security-Policy" content="{rule}">'
    page = visit(
        document.replace("<head>", f"<head>{policy}"),
        hash="#step=300",
        expected="worker-src 'none'",
    )
    wait_for(page, 300)
    check_views(page)


def test_readers_without_scripts_get_picture_and_words(visit, bundle, document):
    page = visit(bundle["text/html"], java_script_enabled=False)
    assert page.get_by_text("trust the notebook").is_visible()
    assert "Scripts are switched off" in page.locator("noscript").inner_html()
    assert page.locator("img").bounding_box()["height"] > 400
    page = visit(document, java_script_enabled=False)
    page.get_by_text("The recorded runs in words").click()
    assert page.get_by_text("10 units, all layers: after 150,000 steps").is_visible()


def test_two_recorded_runs_are_compared_at_the_same_step(visit, shipped, dataset):
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
    runs = explorer._checked_runs({"yours": longer, "shipped": begun})
    page = visit(f"<!DOCTYPE html><title>t</title>{explorer._fragment(runs, dataset)}")
    last = len(longer.steps) - 1
    for position in (0, 7, last - 1, last):
        page.get_by_label("Training", exact=True).fill(str(position))
        wait_for(page, int(longer.steps[position]), int(begun.steps[min(position, last - 1)]))
    titles = [column["title"].split()[0] for column in state(page)["columns"]]
    assert titles == ["yours", "shipped"]


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
    runs = explorer._checked_runs(history)
    page = visit(f"<!DOCTYPE html><title>t</title>{explorer._fragment(runs, dataset)}")
    wait_for(page, 7)
    assert state(page)["columns"][0]["elbows"] == [None, 0, 1, -6]
    x, y, pixel = Drawing(page, "function").line("learned")
    np.testing.assert_allclose(y, network(history.params(), x), atol=1.5 * pixel)


def test_pictures_and_numbers_can_be_kept(page):
    page.get_by_label("Save the picture: Function").click()
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save Function as {kind}").click()
        content = download.value.path().read_bytes()
        assert content.startswith(start)
        assert download.value.suggested_filename == f"function.{kind.lower()}"
        assert len(content) > 3000
    open_numbers(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON").click()
    saved = json.loads(download.value.path().read_text())
    assert saved == state(page)["columns"]


def test_a_printed_page_stands_still(page):
    page.emulate_media(media="print")
    assert not page.locator(".transport").is_visible()
    assert not page.get_by_text("Tasks: predict first").is_visible()
    assert page.locator("svg[data-view]:visible").count() == 7


def test_no_formula_of_a_question_stands_in_the_page(document):
    code = re.sub(r"\s+", "", document)
    for formula in (
        r"-\w*\.?b1\[?\w*\]?/\w*\.?w1",  # q2a
        r"b1\[\w+\]/\w*\.?w1",
        r"w2\[\w+\]\*\w*\.?w1\[",  # q2c
        r"w1\[\w+\]\*\w*\.?w2\[",
        r"2/\w+\*\w*(?:residual|error)",  # q2d
        r"lstsq|pinv|solve\(",  # q2e
        r"last\w*-first|first\w*-last",  # q2g
    ):
        assert not re.search(formula, code), formula
