"""Notebooks with answers of the bank that are graded by stock Otter as well.

Each run of ``otter run`` takes as long as grading dozens of notebooks in isolation, so there are
few of them, each with an answer to every function, and several tests share what they say.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from submissions import BANK, QUESTIONS, Answer

from autograder.release.stock import grade

from .answers import ROOT, fill_in, put

# One answer for each function; a name that the bank does not have would be an error below.
SAMPLES = {
    ("gradient_descent", "odd but right"): [
        "q1a_i-constant_gradient-exact_sum",
        "q1a_ii-constant_optimum-standard_library",
        "q1a_iii-constant_update-torch_optimizer",
        "q1a_iv-constant_contributions-torch_tensor",
        "q1a_iv-constant_sgd_update-weighted_mean",
        "q1b_i-linear_gradient-torch_autograd",
        "q1b_ii-linear_optimum-least_squares",
        "q1b_iii-linear_update-exact_sum",
        "q1b_iv-linear_contributions-per_point_autograd",
        "q1b_iv-linear_sgd_update-single_precision",
    ],
    ("gradient_descent", "plainly wrong"): [
        "q1a_i-constant_gradient-summed",
        "q1a_ii-constant_optimum-median",
        "q1a_iii-constant_update-ascent",
        "q1a_iv-constant_contributions-plain_list",
        "q1a_iv-constant_sgd_update-step_size_squared",
        "q1b_i-linear_gradient-without_x",
        "q1b_ii-linear_optimum-upside_down",
        "q1b_iii-linear_update-two_steps",
        "q1b_iv-linear_contributions-in_place",
        "q1b_iv-linear_sgd_update-wrong_signature",
    ],
    ("gradient_descent", "subtly wrong"): [
        "q1a_i-constant_gradient-cast_to_dtype_of_y",
        "q1a_ii-constant_optimum-clipped",
        "q1a_iii-constant_update-step_size_capped",
        "q1a_iv-constant_contributions-squeezed",
        "q1a_iv-constant_sgd_update-rounded",
        "q1b_i-linear_gradient-averaged_over_nonzero_x",
        "q1b_ii-linear_optimum-ridge",
        "q1b_iii-linear_update-rounded",
        "q1b_iv-linear_contributions-filled_into_an_array_like_x",
        "q1b_iv-linear_sgd_update-only_upwards",
    ],
    ("relu_sgd", "odd but right"): [
        "q2a-elbow_locations-loop",
        "q2b-network_output-torch_module",
        "q2c-function_slopes-which_side_of_the_elbow",
        "q2d-network_gradient-torch_autograd",
        "q2f-network_update-masked",
        "q2g-elbow_travel-common_denominator",
    ],
    ("relu_sgd", "wrong"): [
        "q2a-elbow_locations-guarded_division",
        "q2b-network_output-relu_on_the_output",
        "q2c-function_slopes-finite_differences",
        "q2f-network_update-in_place",
        "q2g-elbow_travel-signed",
    ],
}
# Cells that no sample of the bank fills: one that Python cannot compile, and one that builds on it.
BROKEN = {
    "output_layer_optimum": "def output_layer_optimum(x, y, w1, b1)\n    return w1, 0.0",
    "network_gradient": (
        "def network_gradient(x, y, w1, b1, w2, b2):\n    return output_layer_optimum(x, y, w1, b1)"
    ),
}
BROKEN_SAMPLE = ("relu_sgd", "wrong")


def answers_of(sample: tuple[str, str]) -> list[Answer]:
    """Return the answers of the bank that are in a sample."""
    by_id = {answer.id: answer for answer in BANK}
    asked = {f"{question}-{function}" for function, question in QUESTIONS.items()}
    return [by_id[name] for name in SAMPLES[sample] if name.rpartition("-")[0] in asked]


def write_sample(sample: tuple[str, str], path: Path) -> None:
    """Write the student's notebook with the answers of a sample in it."""
    notebook = nbformat.read(ROOT / f"student/{sample[0]}.ipynb", as_version=4)
    fill_in(notebook, answers_of(sample))
    for function, code in BROKEN.items() if sample == BROKEN_SAMPLE else ():
        put(notebook, function, code)
    nbformat.write(notebook, path)


def grade_sample(sample: tuple[str, str], folder: Path) -> dict[str, list[dict]]:
    """Grade a sample with stock Otter and the committed zip; return the cases by question."""
    path = folder / "any name.ipynb"
    write_sample(sample, path)
    return grade(path, ROOT / f"autograder/{sample[0]}.zip")
