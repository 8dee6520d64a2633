"""The numbers that the pictures draw, and the figure that holds them."""

from __future__ import annotations

import numpy as np
import pytest
from lab import descent, relu_plots
from lab.data import make_dataset, target
from lab.figures import figure, waiting
from lab.history import History
from lab.network import Params
from matplotlib.figure import Figure

from autograder.release.declared import read_declared

X = np.array([2.0, -1.0, 0.5])
Y = np.array([1.0, 3.0, -2.0])


@pytest.fixture
def ax():
    return Figure().subplots()


def loss(theta):
    return (theta - 1.0) ** 2 + 3.0


def step(theta, step_size=0.25):
    return theta - step_size * 2 * (theta - 1.0)


def lines(ax) -> dict:
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def test_descent_path_begins_at_the_start_and_applies_the_update():
    assert descent.descent_path(step, 5, 2) == pytest.approx([5, 3, 2])


def test_sgd_path_visits_every_point_once_in_an_order_that_the_seed_fixes():
    seen = []
    path = descent.sgd_path(
        lambda theta, a, b: seen.append((a, b)) or theta + a, 0, [(1, 2), (3, 4), (5, 6)]
    )
    assert sorted(seen) == [(1, 2), (3, 4), (5, 6)]
    assert path[-1] == 9
    again = descent.sgd_path(lambda theta, a, b: theta + a, 0, [(1, 2), (3, 4), (5, 6)])
    assert again.tolist() == path.tolist()


def test_plot_loss_draws_the_loss(ax):
    assert descent.plot_loss(ax, loss, -1, 2) is ax
    drawn = ax.lines[0].get_xydata()
    assert drawn[0] == pytest.approx([-1, 7])
    assert drawn[:, 1] == pytest.approx(loss(drawn[:, 0]))


def test_tangents_have_the_slope_they_are_given(ax):
    descent.plot_tangents(ax, loss, lambda theta: 2 * (theta - 1), [3.0, 0.0])
    for tangent, slope in ((ax.lines[0], 4), (ax.lines[2], -2)):
        (x0, y0), (x1, y1) = tangent.get_xydata()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(slope)
    assert ax.lines[1].get_label() == "theta = 3, slope 4.00"


@pytest.mark.parametrize("noise", [1e-16, -1e-16, 0.0, -0.004])
def test_a_slope_of_almost_zero_has_no_sign(ax, noise):
    descent.plot_tangents(ax, lambda theta: theta**2, lambda theta: noise, [0.0])
    assert ax.lines[1].get_label() == "theta = 0, slope 0.00"


def test_plot_fit_joins_each_point_to_its_prediction(ax):
    descent.plot_fit(ax, X, Y, 2 * X)
    sticks = ax.collections[0].get_segments()
    assert [[s[0][1], s[1][1]] for s in sticks] == [[1, 4], [3, -2], [-2, 1]]
    assert lines(ax)["model"][:, 0].tolist() == sorted(X)
    assert lines(ax)["data"].tolist() == np.column_stack([X, Y]).tolist()


def test_plot_path_lies_on_the_loss_and_marks_its_end(ax):
    path = descent.descent_path(step, -3, 4)
    descent.plot_path(ax, loss, path, "title")
    zigzag, end = ax.lines[1].get_xydata(), ax.lines[2].get_xydata()
    assert zigzag == pytest.approx(np.column_stack([path, loss(path)]))
    assert end[0] == pytest.approx(zigzag[-1])
    low, high = ax.get_xlim()
    assert low < path.min() < path.max() < high


def test_plot_divergence_finds_the_largest_step_size_that_converges(ax):
    descent.plot_divergence(ax, step, -3.0, 1.0, np.linspace(0.013, 1.2, 90), n_steps=10)
    drawn = ax.lines[0].get_xydata()
    assert drawn[:, 1] == pytest.approx(np.maximum(np.abs(1 - 2 * drawn[:, 0]) ** 10, 1e-16))
    assert ax.texts[0].get_text() == " diverges\n beyond 1"


def test_plot_divergence_says_nothing_where_nothing_diverges(ax):
    descent.plot_divergence(ax, step, -3.0, 1.0, [0.1, 0.2, 0.5])
    assert not ax.texts


def test_votes_push_against_their_contribution(ax):
    descent.plot_votes(ax, X, np.array([-0.5, 0.25, 0.0]))
    assert lines(ax)["pushes theta up"].tolist() == [[2.0, 0.5]]
    assert lines(ax)["pushes theta down"].tolist() == [[-1.0, -0.25]]


def test_race_counts_the_points_that_were_looked_at(ax):
    descent.plot_race(ax, np.array([0.0, 1.0, 2.0]), np.array([0.0, 5.0]), 12, 1.5)
    assert lines(ax)["full gradient"].tolist() == [[0, 0], [12, 1], [24, 2]]
    assert lines(ax)["SGD"].tolist() == [[0, 0], [1, 5]]


# -- part 2 -----------------------------------------------------------------------------------

PARAMS = Params(
    np.array([2.0, -1.0, 1.0]), np.array([-1.0, 0.25, 2.0]), np.array([3.0, -2.0, 1.0]), 0.5
)


def history():
    """A made-up run of three snapshots and two units."""
    losses, zeros = np.array([4.0, 2.0, 1.0]), np.zeros((3, 2))
    steps = np.array([0, 1, 100])
    return History(steps, zeros + 1, zeros, zeros, np.zeros(3), losses, losses / 2)


def test_plot_relu_has_its_elbow_where_the_word_says(ax):
    relu_plots.plot_relu(ax)
    curve, elbow = ax.lines[0].get_xydata(), ax.lines[1].get_xydata()
    assert curve[:, 1] == pytest.approx(np.maximum(2 * curve[:, 0] - 0.8, 0))
    assert elbow.tolist() == [[0.4, 0.0]]
    assert [text.get_text() for text in ax.texts] == ["inactive", "elbow", "active"]


def test_plot_data_draws_the_target_and_the_training_points(ax):
    dataset = make_dataset(n_samples=7)
    relu_plots.plot_data(ax, dataset)
    drawn = lines(ax)
    assert drawn["training data"].tolist() == np.column_stack(dataset[:2]).tolist()
    assert drawn["target"][:, 1] == pytest.approx(target(drawn["target"][:, 0]))


def test_plot_curve_draws_what_it_is_given_and_refuses_a_table(ax):
    relu_plots.plot_curve(ax, X, Y, "mine", 2)
    assert lines(ax)["mine"].tolist() == np.column_stack([X, Y]).tolist()
    with pytest.raises(ValueError, match=r"one value per x, shape \(3,\), got \(3, 2\)"):
        relu_plots.plot_curve(ax, X, np.zeros((3, 2)), "table")


def test_plot_units_draws_what_every_unit_passes_on_and_the_elbows_inside(ax):
    relu_plots.plot_units(ax, PARAMS, np.array([0.5, 0.25, -2.0]))
    up, down = by_sign(ax)
    w1, b1, _, _ = PARAMS
    curves = np.maximum(np.outer(relu_plots.GRID, w1) + b1, 0)
    assert up == pytest.approx(curves.T[[0, 2]])
    assert down == pytest.approx(curves.T[[1]])
    assert lines(ax)["elbows"].tolist() == [[0.5, 0], [0.25, 0]]
    assert ax.texts[0].get_text() == "2 of 3 elbows in [0, 1]"


def test_plot_contributions_draws_what_every_unit_adds(ax):
    relu_plots.plot_contributions(ax, PARAMS)
    up, down = by_sign(ax)
    w1, b1, w2, _ = PARAMS
    curves = w2 * np.maximum(np.outer(relu_plots.GRID, w1) + b1, 0)
    assert up == pytest.approx(curves.T[[0, 2]])
    assert down == pytest.approx(curves.T[[1]])


def by_sign(ax) -> tuple[np.ndarray, ...]:
    """Return the curves of the units with w2 > 0, and the others."""
    return tuple(
        np.array([line.get_ydata() for line in ax.lines if line.get_color() == colour])
        for colour in (relu_plots.BLUE, relu_plots.VERMILLION)
    )


def test_plot_slopes_draws_the_slopes_and_a_line_at_each_elbow_inside(ax):
    relu_plots.plot_slopes(ax, X, Y, np.array([0.5, np.nan, 1.5, 0.75]))
    upright = [line.get_xdata()[0] for line in ax.lines[:2]]
    assert upright == [0.5, 0.75]
    assert ax.lines[2].get_xydata().tolist() == np.column_stack([X, Y]).tolist()


def test_plot_losses_puts_step_zero_left_of_step_one(ax):
    relu_plots.plot_losses(ax, {"a": history()}, {"a": 0.5})
    drawn = lines(ax)
    assert drawn["a"].tolist() == [[0.5, 4], [1, 2], [100, 1]]
    assert drawn["a: your optimum"][0, 1] == 0.5
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_plot_elbow_paths_leaves_out_what_is_far_outside(ax):
    relu_plots.plot_elbow_paths(ax, history(), np.array([[0.1, 0.9], [0.2, 5.0], [0.3, 1.1]]))
    first, second = (line.get_xydata() for line in ax.lines)
    assert first.tolist() == [[0.5, 0.1], [1, 0.2], [100, 0.3]]
    assert np.isnan(second[1, 1])
    assert second[[0, 2], 1].tolist() == [0.9, 1.1]


def test_plot_travel_draws_a_dot_per_unit_and_a_bar_at_the_median(ax):
    relu_plots.plot_travel(ax, {"few": np.array([0.1, 0.3, 0.2]), "many": np.zeros(4)})
    assert lines(ax)["few"].tolist() == [[0.1, 0], [0.3, 0], [0.2, 0]]
    assert ax.lines[1].get_xydata().tolist() == [[0.2, 0]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["few", "many"]


# -- the figure that holds them ----------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr("lab.figures.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_figure_shows_html_with_alt_text_a_png_and_plain_text(shown):
    with figure(alt='a "line" & a point') as fig:
        fig.subplots().plot([0, 1])
    (bundle,) = shown
    assert 'alt="a &quot;line&quot; &amp; a point"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]
    assert bundle["text/plain"] == '[Figure: a "line" & a point]'


def test_figure_is_the_same_to_the_byte_on_a_second_run(shown):
    for _ in range(2):
        with figure(alt="a line") as fig:
            fig.subplots().plot([0, 1])
    assert shown[0] == shown[1]


def test_a_cell_waits_for_the_answer_it_needs(shown, capsys):
    with waiting(), figure(alt="a line") as fig:
        fig.subplots()
        raise NotImplementedError("q1a_i: write the gradient")
    assert not shown
    assert "answer q1a_i first" in capsys.readouterr().out


def test_a_wrong_answer_does_not_stop_the_notebook(root, shown, capsys):
    with waiting(), figure(alt="a line"):
        float(None)
    assert not shown
    text = capsys.readouterr().out
    assert text.startswith("Nothing to look at: TypeError: float()")
    # By which a release finds figures that gave up.
    assert text.startswith(read_declared(root).never_printed)
    assert "run its check above" in text


def test_the_words_in_a_figure_join_its_description(shown):
    with figure(alt="Two lines.") as fig:
        ax = fig.subplots()
        ax.plot([0, 1], label="rising")
        ax.legend()
        ax.set_title("theta = 1.5", loc="left")
        ax.text(0, 0, "beyond 0.2")
    assert shown[0]["text/plain"] == "[Figure: Two lines. theta = 1.5; rising; beyond 0.2.]"


def test_figure_insists_on_a_description():
    with pytest.raises(ValueError, match="alt must describe"), figure(alt=" "):
        pass
