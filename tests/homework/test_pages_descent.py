"""The page of part 1, opened from a file with the network cut off: against NumPy, and in use."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from pages import assemble
from support.browser import Tab
from support.node import needs_node, run_module

PAGES = Path(assemble.__file__).resolve().parent
X = np.array([1.7, -0.3, 4.0, 0.6, -2.0, 2.9, 0.2, -1.5, 3.4, 1.0, -0.8, 2.3])
Y = np.array([2.9, -0.2, 5.6, 1.4, -3.4, 4.5, -0.3, -1.7, 5.6, 1.3, -1.5, 2.9])
OWN = "points=-2,1;0,7.5;3.5,-4"  # three points of one's own
OWN_X, OWN_Y = np.array([-2.0, 0.0, 3.5]), np.array([1.0, 7.5, -4.0])
LIMIT = 150_000  # bytes
DIVERGED = 1e6
# Sums of a dozen doubles in another order than NumPy's.
ROUNDING = 1e-12
MINUS = "\N{MINUS SIGN}"


# ---- Oracles ---------------------------------------------------------------------------------


def inputs(model, x):
    return x if model == "linear" else np.ones_like(x)


def loss(model, theta, x=X, y=Y):
    return np.mean((theta * inputs(model, x) - y) ** 2)


def shares(model, theta, x=X, y=Y):
    return 2 / len(y) * (theta * inputs(model, x) - y) * inputs(model, x)


def full_path(model, start, step_size, steps, x=X, y=Y):
    thetas = [start]
    for _ in range(steps):
        thetas.append(thetas[-1] - step_size * shares(model, thetas[-1], x, y).sum())
    return np.array(thetas)


def sgd_path(model, start, step_size, steps, seed, x=X, y=Y):
    drawn = np.random.default_rng(seed).integers(len(y), size=steps)
    thetas = [start]
    for i in drawn:
        thetas.append(thetas[-1] - step_size * shares(model, thetas[-1], x[[i]], y[[i]]).sum())
    return drawn, np.array(thetas)


def optimum(model, x=X, y=Y):
    return np.linalg.lstsq(inputs(model, x)[:, None], y, rcond=None)[0][0]


# ---- The page --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document() -> str:
    return assemble.descent()


@pytest.fixture(scope="module")
def address(tmp_path_factory, document) -> str:
    """The page as a file."""
    path = tmp_path_factory.mktemp("descent") / "descent.html"
    path.write_text(document, encoding="utf-8")
    return path.as_uri()


def open_tab(browser, width=1280, height=800, reduced_motion="reduce", **options) -> Tab:
    return Tab(
        browser,
        timeout=5000,  # everything is there at once
        viewport={"width": width, "height": height},
        reduced_motion=reduced_motion,
        **options,
    )


@pytest.fixture(scope="module")
def usual(browser):
    """The tab of those tests that need no other kind of tab."""
    tab = open_tab(browser)
    yield tab
    tab.context.close()


@pytest.fixture
def visit(browser, usual, address):
    """Return a function that opens the page at a link; fail on requests and words in the console."""
    others = []

    def visit(link="", **options):
        """Use a tab of its own where anything is said of its kind."""
        tab = usual
        if options:
            tab = open_tab(browser, **options)
            others.append(tab)
        tab.page.goto("about:blank")  # else another link alone would not load the page again
        tab.page.goto(f"{address}#{link}")
        return tab.page

    yield visit
    for tab in others:
        tab.context.close()
    assert [text for tab in (usual, *others) for text in tab.complaints] == []


def tables(page) -> dict[str, list[list[str]]]:
    """Return the rows of the tables under "All numbers", by table."""
    page.locator("[data-part=numbers]").evaluate("(details) => { details.open = true; }")
    page.wait_for_selector("[data-table=points]")
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-table]")].map((table) => [
          table.dataset.table, [...table.tBodies[0].rows].map((row) => (
            [...row.cells].map((cell) => cell.textContent)))]))"""
    )


def now(page) -> dict[str, str]:
    return dict(tables(page)["now"])


def theta(page) -> float:
    return float(now(page)["theta"])


def points(page) -> np.ndarray:
    """Return x and y of all points, shape (N, 2)."""
    return np.array([row[1:3] for row in tables(page)["points"]], float)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def field(page, name):
    return page.get_by_role("spinbutton", name=name, exact=True)


def type_in(page, name, number):
    field(page, name).fill(str(number))
    field(page, name).press("Enter")


def choose(page, name, value):
    page.get_by_role("combobox", name=name, exact=True).select_option(value)


def handle(page, name, place=0):
    return page.locator(f'[data-handle="{name}"][data-place="{place}"]')


def middle(what) -> tuple[float, float]:
    box = what.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, what, right, down):
    """Drag the middle of a handle by pixels with the mouse."""
    x, y = middle(what)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down)
    page.mouse.up()


def words(page, part):
    return page.locator(f"[data-part={part}]").inner_text()


def close(got, wanted, tolerance=ROUNDING):
    np.testing.assert_allclose(np.array(got, float), wanted, rtol=tolerance, atol=tolerance)


# ---- Numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "model", "start", "step_size", "steps", "x", "y"),
    [
        ("", "linear", -1, 0.025, 3, X, Y),
        ("model=constant&theta=4.25&step_size=0.3&steps=7", "constant", 4.25, 0.3, 7, X, Y),
        (f"theta=-0.5&step_size=0.2&steps=40&{OWN}", "linear", -0.5, 0.2, 40, OWN_X, OWN_Y),
    ],
)  # fmt: skip
def test_numbers_are_those_of_numpy(visit, link, model, start, step_size, steps, x, y):
    shown = tables(visit(link))
    thetas = full_path(model, start, step_size, steps, x, y)
    facts = dict(shown["now"])
    assert (facts["model"], int(facts["steps taken"])) == (model, steps)
    close(facts["theta"], thetas[-1])
    close(facts["loss"], loss(model, thetas[-1], x, y))
    close(facts["gradient"], shares(model, thetas[-1], x, y).sum())
    i, shown_x, shown_y, predictions, votes = np.array(shown["points"], float).T
    close(i, np.arange(len(x)))
    close(shown_x, x)
    close(shown_y, y)
    close(predictions, thetas[-1] * inputs(model, x))
    close(votes, -shares(model, thetas[-1], x, y))
    step, path, losses = np.array(shown["full"], float).T
    close(step, np.arange(steps + 1))
    close(path, thetas)
    close(losses, [loss(model, theta, x, y) for theta in thetas])


@pytest.mark.parametrize(
    ("model", "seed", "step_size"), [("linear", 0, 0.05), ("constant", 12345, 0.1)]
)
def test_sgd_draws_and_steps_are_those_of_numpy(visit, model, seed, step_size):
    page = visit(f"model={model}&theta=-1&step_size={step_size}&descent=race&seed={seed}&steps=60")
    shown = tables(page)
    drawn, thetas = sgd_path(model, -1, step_size, 60, seed)
    assert [int(row[1]) for row in shown["sgd"][1:]] == drawn.tolist()
    close([row[2] for row in shown["sgd"]], thetas)
    close([row[3] for row in shown["sgd"]], [loss(model, theta) for theta in thetas])
    close([row[1] for row in shown["full"]], full_path(model, -1, step_size, 60))
    assert f"drawn: {drawn[-1]}" in page.locator("[data-view=spring]").text_content()
    type_in(page, "Seed of SGD", 7)
    assert [int(row[1]) for row in tables(page)["sgd"][1:]] == sgd_path(
        model, -1, step_size, 60, 7
    )[0].tolist()


def test_race_by_points_looked_at_gives_sgd_twelve_steps_for_one(visit):
    page = visit("descent=race&pace=looks&theta=-1&step_size=0.05&steps=35")
    shown = tables(page)
    close([row[1] for row in shown["full"]], full_path("linear", -1, 0.05, 2))
    close([row[2] for row in shown["sgd"]], sgd_path("linear", -1, 0.05, 35, 0)[1])
    line = words(page, "now").replace("\n", " ")
    assert "full gradient: step 2 " in line
    assert "SGD: step 35 " in line
    assert page.get_by_label("Points looked at").input_value() == "35"
    assert page.get_by_label("Steps taken").count() == 0
    press(page, "One point")
    assert page.get_by_label("Points looked at").input_value() == "36"
    assert [len(tables(page)[name]) for name in ("full", "sgd")] == [3 + 1, 36 + 1]
    choose(page, "Race by", "steps")
    assert page.get_by_label("Steps taken").input_value() == "36"
    assert page.get_by_role("button", name="One step").is_visible()


@pytest.mark.parametrize(
    ("model", "step_size", "descent"),
    [("linear", 0.24, "full"), ("constant", 1.02, "full"), ("linear", 0.3, "sgd")],
)
def test_divergence_ends_with_step_and_step_size(visit, model, step_size, descent):
    page = visit(f"model={model}&theta=-1&step_size={step_size}&descent={descent}&steps=2000")
    path = (
        full_path(model, -1, step_size, 2000)
        if descent == "full"
        else sgd_path(model, -1, step_size, 2000, 0)[1]
    )
    step = int(np.argmax(np.abs(path) > DIVERGED))
    name = {"full": "Full gradient descent", "sgd": "SGD"}[descent]
    assert words(page, "alarm").startswith(
        f"{name} diverged at step {step:,} with step size {step_size}:"
    )
    assert int(now(page)["steps taken"]) == step
    assert page.get_by_role("button", name="One step").is_disabled()
    type_in(page, "Step size, typed", 0.01)
    assert not page.locator("[data-part=alarm]").is_visible()
    assert page.get_by_role("button", name="One step").is_enabled()


# ---- What is drawn, without a page -----------------------------------------------------------


DRAWING = f"""
import {{ makeScenes }} from "{(PAGES / "descent/scene.js").as_uri()}";
import {{ FIRST_SIGHT, linkedState }} from "{(PAGES / "descent/state.js").as_uri()}";
import {{ pathMarks }} from "{(PAGES / "descent/marks.js").as_uri()}";
import {{ parabolaPlot }} from "{(PAGES / "descent/parabola.js").as_uri()}";
import {{ springPlot }} from "{(PAGES / "descent/plane.js").as_uri()}";
const look = {{ chosen: 0, guess: null, best: null }};
const flat = (marks) => marks.flatMap((mark) => (
  [mark, ...(Array.isArray(mark[2]) ? flat(mark[2]) : [])]));
const pixels = (mark) => [...mark[1].d.matchAll(/([-\\d.]+),([-\\d.]+)/g)].map((pair) => (
  pair.slice(1).map(Number)));
const ends = (mark, frame) => pixels(mark).map(([x, y]) => [frame.valueX(x), frame.valueY(y)]);
const votes = (plane) => flat(plane.marks).filter((mark) => "data-vote" in mark[1]);
const arrows = (plane) => votes(plane).map(([, , marks]) => (
  marks.length ? [ends(marks[0], plane.frame)[0], ends(marks.at(-1), plane.frame).at(-1)] : null));
const part = (plot, name) => flat(plot.marks).find((mark) => mark[1]["data-part"] === name);
"""


def drawn(script: str) -> dict:
    """Return what a script prints that draws plots without a browser."""
    return run_module(DRAWING + script)


@needs_node
def test_drawn_tangent_curve_and_arrows_are_where_the_numbers_are():
    shown = drawn("""
    const scene = makeScenes()({ ...FIRST_SIGHT, theta: 2, steps: 0 });
    const parabola = parabolaPlot(scene, look, 700, 400);
    const plane = springPlot(scene, look, 700, 400);
    const curve = flat(parabola.marks).find((mark) => mark[1]["stroke-width"] === 2.5);
    const outlier = makeScenes()(linkedState("theta=1.5&steps=0&points=1,3;-2,-1;3.5,-6"));
    const wide = springPlot(outlier, look, 700, 400);
    console.log(JSON.stringify({
      tangent: ends(part(parabola, "tangent"), parabola.frame),
      curve: ends(curve, parabola.frame), arrows: arrows(plane),
      marks: votes(plane).map(([, , marks]) => marks.length),
      outlier: { arrows: arrows(wide), plane: outlier.plane.y },
    }));""")
    # Places are written to a hundredth of a pixel: here about 0.0002 in theta, 0.002 in the loss.
    (x1, y1), (x2, y2) = shown["tangent"]
    assert (y2 - y1) / (x2 - x1) == pytest.approx(shares("linear", 2).sum(), rel=1e-3)
    assert (y1 + y2) / 2 == pytest.approx(loss("linear", 2), abs=0.01)
    thetas, heights = np.array(shown["curve"]).T
    np.testing.assert_allclose(heights, [loss("linear", t) for t in thetas], atol=0.02)
    arrows = [arrow or [(0, y), (0, y)] for arrow, y in zip(shown["arrows"], Y, strict=True)]
    lengths = np.array([end[1] - start[1] for start, end in arrows])
    votes = -shares("linear", 2)
    assert np.sign(lengths[2]) == np.sign(votes[2])
    # A stroke of less than half a pixel is left out.
    np.testing.assert_allclose(lengths / lengths[2], votes / votes[2], atol=6e-3)
    np.testing.assert_allclose([start[1] for start, _ in arrows], Y, atol=1e-3)
    assert {1, 2} <= set(shown["marks"])  # short votes are strokes without a head
    x, y = np.array([1, -2, 3.5]), np.array([3, -1, -6])
    lengths = np.array([end[1] - start[1] for start, end in shown["outlier"]["arrows"]])
    votes = -shares("linear", 1.5, x, y)
    np.testing.assert_allclose(lengths / lengths[2], votes / votes[2], atol=2e-3)
    low, high = shown["outlier"]["plane"]
    assert all(low <= end[1] <= high for _, end in shown["outlier"]["arrows"])


@needs_node
def test_line_of_the_model_ends_at_the_frame_and_its_handle_is_on_it():
    shown = drawn("""
    console.log(JSON.stringify([1e6, -37, 1.5].map((theta) => {
      const scene = makeScenes()({ ...FIRST_SIGHT, theta, steps: 0 });
      const { frame, marks } = springPlot(scene, look, 700, 400);
      const [handle] = flat(marks).filter((mark) => mark[1]["data-handle"] === "line");
      const { cx, cy } = handle[2][0][1];
      return {
        theta, line: ends(part({ marks }, "model"), frame), plane: scene.plane,
        handle: [frame.valueX(cx), frame.valueY(cy)],
      };
    })));""")
    for plot in shown:
        places = np.array([*plot["line"], plot["handle"]])
        limits = np.array([plot["plane"]["x"], plot["plane"]["y"]]).T
        assert (places > limits[0] - 1e-3).all()
        assert (places < limits[1] + 1e-3).all()
        # A hundredth of a pixel is 0.0001 in x and 0.0005 in y.
        np.testing.assert_allclose(places[:, 0], places[:, 1] / plot["theta"], atol=1e-3)
        assert np.ptp(places[:2], axis=0) @ [1, 1] > 8  # from edge to edge


@needs_node
def test_slope_is_written_beside_the_path_and_long_paths_have_no_dots():
    shown = drawn("""
    const scene = makeScenes()(linkedState("theta=-1&step_size=0.2&steps=8"));
    const [{ thetas, losses }] = scene.racers;
    const plots = [700, 336].map((width) => {
      const plot = parabolaPlot(scene, look, width, 300);
      const { x, y, "text-anchor": anchor } = part(plot, "slope")[1];
      const path = thetas.map((theta, k) => [plot.frame.x(theta), plot.frame.y(losses[k])]);
      return { x, y, anchor, path };
    });
    const far = makeScenes()(linkedState("theta=-1&step_size=9&steps=4"));
    const wide = parabolaPlot(far, look, 700, 400);
    const path = flat(wide.marks).find((mark) => mark[1]["stroke-width"] === 1.8);
    console.log(JSON.stringify({
      plots,
      bent: pixels(path),
      straight: far.lead.thetas.map((theta, k) => [wide.frame.x(theta), wide.frame.y(far.lead.losses[k])]),
      marks: [60, 61].map((n) => pathMarks("sgd", Array(n).fill([0, 0])).length),
    }));""")
    for plot in shown["plots"]:
        span = np.linspace(0, 90, 50) * (1 if plot["anchor"] == "start" else -1) + plot["x"]
        for ends in zip(plot["path"], plot["path"][1:], strict=False):
            (x1, y1), (x2, y2) = sorted(ends)
            crossed = span[(span >= x1) & (span <= x2)]
            assert (np.interp(crossed, [x1, x2], [y1, y2]) < plot["y"] - 12).all()
    assert shown["marks"] == [60 + 1, 1]
    start, end = shown["bent"][:2]  # the first step leads far away, yet in the right direction
    (x1, y1), (x2, y2) = shown["straight"][:2]
    assert (end[1] - start[1]) / (end[0] - start[0]) == pytest.approx(
        (y2 - y1) / (x2 - x1), rel=1e-3
    )


# ---- Votes -----------------------------------------------------------------------------------


def test_equal_errors_give_equal_votes_or_votes_scaled_by_x(visit):
    page = visit("model=constant&theta=-1&step_size=0.03&steps=17")
    for model, wanted in (("constant", np.full(12, -1 / 6)), ("linear", -X / 6)):
        choose(page, "Model", model)
        before = theta(page)
        press(page, "Same error everywhere")
        assert theta(page) == round(before, 2)
        assert now(page)["steps taken"] == "0"
        _, x, y, predictions, votes = np.array(tables(page)["points"], float).T
        close(x, X)
        close(y, np.round(y, 3))
        close(predictions - y, np.ones(12))
        close(votes, wanted)
        page.get_by_label("Steps taken").fill("9")
    visit("theta=1000&steps=0")
    assert page.get_by_role("button", name="Same error everywhere").is_disabled()


def test_point_at_zero_has_no_arrow_and_changes_nothing(visit):
    page = visit("theta=2&step_size=0.05&steps=30")
    before = theta(page)
    press(page, "Add a point")
    type_in(page, "x", 0)
    type_in(page, "y", 9)
    assert points(page)[12].tolist() == [0, 9]
    assert float(tables(page)["points"][12][4]) == 0
    arrows = page.locator("[data-vote]").evaluate_all("(all) => all.map((g) => g.children.length)")
    assert (arrows[2], arrows[12]) == (2, 0)
    assert "does not push" in words(page, "point")
    # Thirteen points share what twelve shared; at the end it does not matter.
    page.get_by_label("Steps taken").fill("25")
    type_in(page, "Step size, typed", 0.1)
    press(page, "25 steps")
    close(theta(page), optimum("linear"), 1e-9)
    assert theta(page) == pytest.approx(before, abs=1e-6)


def test_votes_that_only_rounding_keeps_from_zero_are_none(visit):
    page = visit("theta=-1&step_size=0.05&steps=1500&points=1.7,2.9")
    assert 0 < abs(float(tables(page)["points"][0][4])) < 1e-12
    assert "it does not push" in words(page, "point")
    page.wait_for_function("() => document.querySelector('[data-part=account]').textContent")
    assert "0 push θ up, 0 down, 1 does not push." in words(page, "account")
    start = theta(page)
    visit(f"theta={start}&steps=0&points=1.7,2.9")
    assert float(tables(page)["points"][0][4]) != 0
    assert page.locator("[data-vote='0']").evaluate("(group) => group.children.length") == 0


# ---- The guess -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "model", "x", "y"),
    [
        ("steps=0", "linear", X, Y),
        (f"{OWN}&steps=0", "linear", OWN_X, OWN_Y),
        ("model=constant&steps=0&points=88,95.5;3,90", "constant", [88, 3], [95.5, 90]),
    ],
)
def test_optimum_is_told_after_the_guess_only(visit, link, model, x, y):
    best = optimum(model, np.array(x, float), np.array(y, float))
    page = visit(link)
    hidden = re.compile(r"optimum \S*\d|lowest at")
    for text in (page.locator("body").inner_text(), page.locator("body").inner_html()):
        assert not hidden.search(text.partition("<script")[0])
    assert "optimum (found numerically)" not in now(page)
    assert page.locator("[data-part=optimum]").count() == 0
    assert page.get_by_role("button", name="Reveal").is_disabled()
    assert page.get_by_text("drag me").is_visible()
    type_in(page, "Your guess of the best θ", 1.25)
    assert page.get_by_text("drag me").count() == 0
    assert page.locator("[data-part=optimum]").count() == 0
    press(page, "Reveal")
    assert page.locator("[data-part=optimum]").count() == 1
    close(now(page)["optimum (found numerically)"], best, 1e-11)
    told = words(page, "guess").replace(MINUS, "-")
    shown, off = re.search(r"lowest at θ = (\S+),.*off by (\S+),", told).groups()
    assert float(shown) == pytest.approx(best, rel=1e-4)
    assert float(off) == pytest.approx(abs(best - 1.25), rel=6e-3)
    other = {"linear": "constant", "constant": "linear"}[model]
    choose(page, "Model", other)
    assert page.locator("[data-part=optimum]").count() == 0
    assert "optimum (found numerically)" not in now(page)


def test_no_link_tells_the_optimum(visit):
    page = visit()
    type_in(page, "Your guess of the best θ", 1)
    press(page, "Reveal")
    page.get_by_label("Step size, typed").fill("0.1")
    page.get_by_label("Step size, typed").press("Enter")
    page.wait_for_function("() => location.hash.includes('step_size=0.1')")
    page.reload()
    assert page.locator("[data-part=optimum]").count() == 0


# ---- In use ----------------------------------------------------------------------------------


def test_everything_by_keyboard(visit):
    page = visit()
    page.get_by_role("button", name="One step").focus()
    page.keyboard.press("Enter")
    close(theta(page), full_path("linear", -1, 0.025, 4)[-1])
    handle(page, "theta").focus()
    page.keyboard.press("ArrowRight")
    moved = round(round(full_path("linear", -1, 0.025, 4)[-1] + 0.05, 2), 2)
    assert theta(page) == moved
    assert now(page)["steps taken"] == "0"
    page.keyboard.press("Shift+ArrowLeft")
    assert theta(page) == pytest.approx(moved - 0.5)
    field(page, "θ").focus()
    page.keyboard.press("ArrowDown")
    assert theta(page) == pytest.approx(moved - 0.6)
    handle(page, "line").focus()
    page.keyboard.press("ArrowUp")
    assert theta(page) == pytest.approx(moved - 0.55)
    handle(page, "guess").focus()
    page.keyboard.press("ArrowRight")
    assert field(page, "Your guess of the best θ").input_value() == "0.05"
    page.locator('[data-handle=point][tabindex="0"]').focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowLeft")
    assert points(page)[3].tolist() == [-0.4, 1.5]
    page.keyboard.press("Delete")
    close(points(page), np.delete(np.column_stack([X, Y]), 3, axis=0))
    assert page.evaluate("() => document.activeElement.dataset.handle") == "point"


def test_focus_stays_where_a_button_goes_or_is_of_no_use_any_more(visit):
    page = visit("theta=1&step_size=0.5&steps=0&points=1,1;2,1;3,1")
    focused = "() => document.activeElement.ariaLabel || document.activeElement.textContent"

    def enter(name):
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        return page.evaluate(focused)

    assert enter("Run") == "Run"
    assert page.get_by_role("button", name="Run").is_disabled()
    steps = now(page)["steps taken"]
    assert enter("One step") == "One step"
    assert now(page)["steps taken"] == steps
    for _ in range(3):
        assert enter("Remove point") == "Remove point"
    assert len(points(page)) == 1
    type_in(page, "Your guess of the best θ", 0.5)
    assert enter("Reveal").startswith("The loss is lowest at")
    assert enter("Guess again") == "Your guess of the best θ"


def test_points_theta_line_and_guess_follow_the_mouse(visit):
    page = visit("theta=0.5&steps=2")
    before = middle(handle(page, "point", 8))
    drag(page, handle(page, "point", 8), -40, 90)
    # Where the mouse is, up to the tenths to which points are rounded.
    np.testing.assert_allclose(
        middle(handle(page, "point", 8)), [before[0] - 40, before[1] + 90], atol=4
    )
    x, y = points(page)[8]
    assert x < 3.2
    assert y < 1
    drag(page, handle(page, "theta"), 150, 0)
    assert now(page)["steps taken"] == "0"
    far = theta(page)
    assert far > 1.5
    drag(page, handle(page, "line"), 0, 90)
    assert theta(page) < far - 0.3
    drag(page, handle(page, "guess"), 200, 0)
    assert -0.5 < float(field(page, "Your guess of the best θ").input_value()) < 2
    assert page.get_by_role("button", name="Reveal").is_enabled()


def test_points_follow_a_finger(visit):
    page = visit(width=360, height=780, has_touch=True)
    handle(page, "point", 2).scroll_into_view_if_needed()
    x, y = middle(handle(page, "point", 2))
    x, y = x + 9, y + 9  # beside the dot, as fingers are
    touch = page.context.new_cdp_session(page)
    for kind, places in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 20, "y": y + 30}]),
        ("touchMove", [{"x": x - 40, "y": y + 60}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
    x, y = points(page)[2]
    assert x < 3.5
    assert y < 3


def test_data_can_be_changed_and_brought_back(visit):
    page = visit()
    press(page, "Add an outlier")
    press(page, "Add an outlier")
    added = points(page)[12:]
    assert len(added) == 2
    assert added[0].tolist() != added[1].tolist()
    assert page.get_by_label("Point", exact=True).input_value() == "13"
    press(page, "Remove point")
    assert len(points(page)) == 13
    page.locator("[data-view=spring]").dblclick(position={"x": 150, "y": 60})
    assert len(points(page)) == 14
    press(page, "The homework's data")
    close(points(page), np.column_stack([X, Y]))


def test_run_goes_on_until_rest_or_pause(visit):
    page = visit("theta=-1&step_size=0.11&steps=0", reduced_motion="no-preference")
    press(page, "Run")
    page.wait_for_function(
        "() => document.querySelector('[data-part=account]').textContent.includes('come to rest')"
    )
    close(theta(page), optimum("linear"), 1e-8)
    assert page.get_by_role("button", name="Run").is_visible()
    choose(page, "Descent", "sgd")
    press(page, "Start over")
    press(page, "Run")
    page.wait_for_function("() => document.querySelector('[data-part=now] b').textContent > 3")
    press(page, "Pause")
    taken = now(page)["steps taken"]
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert now(page)["steps taken"] == taken


def test_task_of_the_address_shows_its_start_and_is_played_from_there(visit):
    page = visit("task=6", reduced_motion="no-preference")
    page.get_by_label("SGD still wandering").check()
    press(page, "Try it")
    page.wait_for_function("() => document.querySelector('[data-part=now] b').textContent > 2")
    page.evaluate("() => { location.hash = '#task=1'; }")
    page.get_by_label("To a smaller").check()
    page.wait_for_function("() => location.hash.includes('theta=3')")  # half a second has passed
    assert (theta(page), now(page)["steps taken"]) == (3, "0")
    press(page, "Try it")
    page.wait_for_function("() => document.querySelector('[data-part=now] b').textContent === '1'")
    close(theta(page), full_path("constant", 3, 0.2, 1)[1])
    page.wait_for_function(
        "() => location.hash.includes('theta=3') && location.hash.includes('steps=1')"
    )


def test_those_who_want_no_motion_get_all_steps_at_once(visit):
    page = visit("descent=sgd&steps=0")
    press(page, "Run")
    assert now(page)["steps taken"] == "100"
    assert page.get_by_role("button", name="Run").is_visible()


def test_link_shows_the_same_elsewhere(visit):
    page = visit()
    choose(page, "Model", "constant")
    choose(page, "Descent", "race")
    type_in(page, "θ", 3.25)
    type_in(page, "Step size, typed", 0.07)
    type_in(page, "Seed of SGD", 5)
    choose(page, "Race by", "looks")
    choose(page, "Show", "loss")
    page.get_by_label("Fog: hide the curve").check()
    press(page, "Add an outlier")
    press(page, "25 points")
    page.evaluate(
        "() => { navigator.clipboard.writeText = async (text) => { window.kept = text; }; }"
    )
    press(page, "Copy a link to this experiment")
    link = page.evaluate("() => window.kept")
    assert link.startswith("file://")
    assert page.get_by_text("Copied.").is_visible()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    press(page, "Copy a link to this experiment")
    assert page.get_by_role("textbox", name="Link to this experiment").input_value() == link
    other = visit(link.partition("#")[2], width=1280)
    assert tables(other) == tables(page)
    for drawn in ("[data-view=parabola]", "[data-view=course]", "[data-vote='2']"):
        assert other.locator(drawn).inner_html() == page.locator(drawn).inner_html()
    assert other.get_by_label("Fog: hide the curve").is_checked()
    assert words(other, "now") == words(page, "now")


@pytest.mark.parametrize(
    "link",
    [
        "model=cubic&descent=up&pace=&height=9&fog=perhaps&points=1,1e9",
        "theta=&step_size=abc&seed=%&steps=Infinity&nothing=1&constructor=2&points=",
        "seed=&points=" + ";".join(["1,1"] * 41),
    ],
)  # fmt: skip
def test_links_that_say_nothing_sensible_show_the_first_sight(visit, link):
    facts = now(visit(link))
    close(facts["theta"], full_path("linear", -1, 0.025, 3)[-1])


def test_numbers_of_links_are_kept_within_limits(visit):
    page = visit("theta=1e9&step_size=-1&seed=-3.5&steps=99999&descent=race")
    assert theta(page) == 1000
    assert now(page)["step size"] == "0"
    assert now(page)["steps taken"] == "2000"


# ---- Tasks -----------------------------------------------------------------------------------

NO_OUTLIER = np.where(np.arange(12) == 8, Y - 6, Y)
WANDERING = sgd_path("constant", -1, 0.1, 200, 0)[1][100:]
# For each task: its right answer, theta at its start and end, and what is told, worked out by NumPy.
TASKS = {
    "Which way?": ("To a smaller", 3, full_path("constant", 3, 0.2, 1)[1], {
        "2.37,": full_path("constant", 3, 0.2, 1)[1],
        "1.89.": shares("constant", full_path("constant", 3, 0.2, 1)[1]).sum()}),
    "Ten times the step size": ("nearer each time", -1, full_path("linear", -1, 0.2, 8)[-1], {
        "3.377,": full_path("linear", -1, 0.2, 8)[1], "0.09;": full_path("linear", -1, 0.2, 8)[2],
        "1.247.": full_path("linear", -1, 0.2, 8)[8], "0.964.": full_path("linear", -1, 0.02, 8)[8]}),
    "One step too far": ("Every jump is longer", -1, full_path("constant", -1, 1.05, 136)[-1], {
        "step 136,": np.argmax(np.abs(full_path("constant", -1, 1.05, 200)) > DIVERGED)}),
    "One bad measurement": ("half a newton", 1.425, optimum("constant", X, NO_OUTLIER), {
        "0.925.": optimum("constant", X, NO_OUTLIER)}),
    "Whose vote is the loudest?": ("farthest from", 1.5, 1.5, {
        "Point 2,": np.argmax(np.abs(X)), "x = 4,": X.max()}),
    "One point a step": ("SGD still wandering", -1, optimum("constant"), {
        "1.425;": optimum("constant"), f"{MINUS}0.86 ": WANDERING.min(), "3.66 ": WANDERING.max()}),
    "A point at x = 0": ("Nothing.", -1, optimum("linear"), {"1.5,": optimum("linear")}),
}  # fmt: skip
# What is told of the end of a task stands on the page at this moment.
SEEN = {
    "Which way?": ["θ 2.37", "slope (gradient) 1.89"], "Ten times the step size": ["θ 1.247"],
    "One step too far": ["step 136"], "One bad measurement": ["θ 0.925"],
    "Whose vote is the loudest?": [], "One point a step": ["θ 1.425"], "A point at x = 0": ["θ 1.5"],
}  # fmt: skip
RINGED = {"One bad measurement": "8", "Whose vote is the loudest?": "2", "A point at x = 0": "12"}


@pytest.mark.parametrize("title", TASKS)
def test_tasks_tell_what_the_page_shows(visit, title):
    answer, start, end, truths = TASKS[title]
    page = visit("theta=2&steps=7")
    page.get_by_text("Tasks: predict first").click()
    page.get_by_role("button", name=title).click()
    task = page.locator("[data-part=task]")
    assert task.get_by_role("button", name="Try it").is_disabled()
    # Where it starts, without what it is about to tell.
    assert (theta(page), now(page)["steps taken"]) == (start, "0")
    assert page.locator("[data-vote]").count() == 0
    assert "push" not in words(page, "point")
    assert page.get_by_text("after your prediction").is_visible()
    task.get_by_label(answer).check()
    press(page, "Try it")
    assert page.locator("[data-vote]").count() >= 12
    assert page.get_by_text("after your prediction").count() == 0
    assert theta(page) == pytest.approx(end, abs=2e-3, rel=1e-9)
    assert page.get_by_label("Point", exact=True).input_value() == RINGED.get(title, "0")
    assert not any(number in task.inner_text() for number in truths)
    press(page, "What happened?")
    text = task.inner_text()
    assert "As you said." in text
    for number, truth in truths.items():
        assert number in text
        bare = float(re.sub("[^0-9.-]", "", number.replace(MINUS, "-")).rstrip("."))
        assert bare == pytest.approx(truth, rel=6e-3)
    line = words(page, "now").replace("\n", " ")
    assert all(seen in line for seen in SEEN[title])


def test_there_are_no_other_tasks(visit):
    page = visit()
    page.get_by_text("Tasks: predict first").click()
    names = page.locator(".task-list button").all_inner_texts()
    assert [name.partition(" (q1")[0] for name in names] == list(TASKS)


# ---- For everybody ---------------------------------------------------------------------------


def test_screen_reader_hears_what_is_seen_once_it_stands_still(visit):
    page = visit(width=1280)
    page.wait_for_function("() => document.querySelector('[data-part=account]').textContent")
    page.clock.install(time=datetime(2026, 1, 1))
    page.clock.pause_at(datetime(2026, 1, 2))
    account = page.locator("[data-part=account]")
    assert account.get_attribute("role") == "status"
    before = account.inner_text()
    assert before.startswith("Linear model, θ = 0.3083 after 3 steps of full gradient descent")
    press(page, "One step")
    page.clock.run_for(100)
    press(page, "One step")
    page.clock.run_for(400)
    assert account.inner_text() == ""  # what was said is no longer so
    page.clock.run_for(200)
    told = account.inner_text().replace(MINUS, "-")
    at = full_path("linear", -1, 0.025, 6)
    assert f"θ = {at[5]:.4g} after 5 steps" in told
    assert f"The slope of the loss at θ is {shares('linear', at[5]).sum():.4g}" in told
    assert f"to {at[6]:.4g}." in told
    votes = -shares("linear", at[5])
    assert f"{(votes > 0).sum()} push θ up, {(votes < 0).sum()} down" in told
    assert f"The loudest is point {np.abs(votes).argmax()}," in told
    names = page.locator("[data-view]").evaluate_all("(all) => all.map((plot) => plot.ariaLabel)")
    assert names == ["Data and model", "Loss over θ", "Step by step"]


def test_every_control_has_a_name(visit):
    page = visit("descent=race")
    names = page.locator("input, select, button, [data-handle], details").evaluate_all(
        """(all) => all.map((control) => control.ariaLabel || control.labels?.[0]?.textContent
          || control.textContent)"""
    )
    assert len(names) > 40
    assert all(names)


def test_phone_needs_no_sideways_scrolling(visit):
    page = visit("descent=race&steps=30", width=360, height=780)
    tables(page)
    page.get_by_text("Tasks: predict first").click()
    page.get_by_role("button", name="Whose vote").click()
    page.get_by_label("Nobody").check()
    assert not page.get_by_role("button", name="Same error everywhere").is_visible()
    press(page, "Try it")
    assert page.get_by_role("button", name="Same error everywhere").is_visible()
    press(page, "What happened?")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    for plot in page.locator("[data-view]").all():
        box = plot.bounding_box()
        assert box["width"] > 320
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080)])
def test_projector_shows_all_plots_at_once(visit, width, height):
    page = visit("descent=race&steps=30", width=width, height=height)
    for plot in page.locator("[data-view]").all():
        box = plot.bounding_box()
        assert box["width"] > 500
        assert box["y"] + box["height"] <= height
    texts = page.locator("[data-view] text").evaluate_all(
        "(all) => all.map((text) => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert min(texts) >= 14


def test_print_gives_a_still_page(visit):
    page = visit("model=constant&theta=-1.5&step_size=0.07&steps=9", width=1280)
    assert not page.locator("[data-part=chosen]").is_visible()
    page.emulate_media(media="print")
    controls = "button, input, select, label, summary, [data-waits]"
    assert not any(control.is_visible() for control in page.locator(controls).all())
    chosen = words(page, "chosen").replace(MINUS, "-")
    for choice in ("constant model", "θ = -1.5,", "step size 0.07,", "9 steps taken"):
        assert choice in chosen
    assert page.locator("[data-view]:visible").count() == 3
    assert page.locator("[data-part=now]").is_visible()


def test_pictures_are_saved(visit):
    page = visit()
    for kind in ("SVG", "PNG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save Loss over θ as {kind}").click()
        saved = Path(download.value.path()).read_bytes()
        if kind == "SVG":
            assert f"slope {MINUS}10.4" in "".join(ElementTree.fromstring(saved).itertext())
        else:
            assert saved.startswith(b"\x89PNG")
        assert download.value.suggested_filename == f"parabola.{kind.lower()}"


def test_readers_without_scripts_are_told(visit):
    page = visit(java_script_enabled=False)
    assert "JavaScript, which is switched off here" in page.locator("noscript").inner_html()


# ---- The source ------------------------------------------------------------------------------


def test_page_is_small_and_complete(document):
    assert len(document.encode()) < LIMIT
    assert document.startswith("<!DOCTYPE html>")
    assert "<title>Gradient descent, one parameter at a time</title>" in document
    assert set(re.findall(r"https?://[^\s\"'`]+", document)) == {"http://www.w3.org/2000/svg"}


def test_source_holds_no_answer(document):
    forbidden = {
        "a gradient written out": r"2\s*\*\s*\(?\s*(theta|error|residual|prediction)",
        "the share of a point": r"2\s*/\s*(n|count|N|points\.length)\b",
        "an error times x": r"(error|residual|\(theta[^()]*-\s*y[^()]*\))\s*\*\s*x",
        "a mean of y": r"(mean|average)\(\s*(y|ys|this\.y)\b",
        "a sum of x times y": r"\bx\w*(\[\w+\])?\s*\*\s*(\w+\.)?y\w*(\[\w+\])?",
        "a sum of squares of x": r"\bx(\[\w+\])?\s*\*\*\s*2|\bx(\[\w+\])?\s*\*\s*x\b",
        "a step in one expression": r"[tT]heta\s*-\s*(\w+\.)*step",
        "a total of y divided": r"reduce\(.*\by\b.*\)\s*/",
    }  # fmt: skip
    own = "".join(
        path.read_text(encoding="utf-8")
        for path in [PAGES / "descent.js", *PAGES.glob("descent/*.js")]
    )
    found = {name for name, pattern in forbidden.items() if re.search(pattern, own)}
    assert found == set()
    # Each of them would be found.
    answers = """2 * (theta - y)  2 / points.length  (theta - y[i]) * x[i]  mean(y)
    x[i] * y[i]  x ** 2  theta - stepSize * 2 * (theta  ys.reduce((a, y) => a + y, 0) /"""
    assert {name for name, pattern in forbidden.items() if re.search(pattern, answers)} == set(
        forbidden
    )
