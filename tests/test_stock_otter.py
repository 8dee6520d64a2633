"""Do the real `otter run` and the bank's run in one process agree?

A sample goes the long way: answers are written into the student notebook as a student would,
and graded with the committed zip.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import nbformat
import pytest
from submissions import BANK, Answer
from support.bank import case_name, run

from autograder.release.stock import grade

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


def fill_in(notebook: nbformat.NotebookNode, answers: list[Answer]) -> None:
    """Put each answer into the cell that holds its stub, with what it uses of its module."""
    for answer in answers:
        source = inspect.getsource(answer.code).partition("def ")[2]
        renamed = re.sub(r"^\w+", f"def {answer.function}", source)
        (cell,) = [c for c in notebook.cells if c.source.startswith(f"def {answer.function}(")]
        cell.source = "\n".join([*used_lines(answer), renamed])


def used_lines(answer: Answer) -> list[str]:
    """Return the imports, constants and helpers of an answer's module that its code needs."""
    nodes = {}
    for node in ast.parse(inspect.getsource(inspect.getmodule(answer.code))).body:
        if isinstance(node, ast.Import):
            nodes |= {alias.asname or alias.name: node for alias in node.names}
        elif isinstance(node, ast.Assign):
            nodes |= {target.id: node for target in node.targets}
        elif isinstance(node, ast.FunctionDef) and not node.decorator_list:
            nodes[node.name] = node
    needed: dict[str, str] = {}
    texts = [inspect.getsource(answer.code)]
    for text in texts:  # grows
        for name in nodes.keys() & set(re.findall(r"\w+", text)) - needed.keys():
            needed[name] = ast.unparse(nodes[name])
            texts.append(needed[name])
    return sorted(set(needed.values()))


@pytest.mark.parametrize("sample", SAMPLES, ids=" ".join)
def test_stock_otter_and_the_bank_agree_case_by_case(sample, root, tmp_path, test_files):
    by_id = {answer.id: answer for answer in BANK}
    answers = [by_id[name] for name in SAMPLES[sample]]
    name = sample[0]
    notebook = nbformat.read(root / f"student/{name}.ipynb", as_version=4)
    fill_in(notebook, answers)
    nbformat.write(notebook, tmp_path / "upload.ipynb")

    results = grade(tmp_path / "upload.ipynb", root / f"autograder/{name}.zip")

    for answer in answers:
        names = [case_name(case) for case in test_files[answer.question].test_cases]
        owners = [
            next(iter(inspect.signature(case.body.test_func).parameters))
            for case in test_files[answer.question].test_cases
        ]
        graded = {
            name: case["passed"]
            for name, owner, case in zip(names, owners, results[answer.question], strict=True)
            if owner == answer.function
        }
        assert graded == {name: not text for name, text in run(answer, test_files).items()}


def test_a_broken_cell_costs_its_own_question_only(root, tmp_path):
    notebook = nbformat.read(root / "solutions/gradient_descent.ipynb", as_version=4)
    (cell,) = [c for c in notebook.cells if c.source.startswith("def constant_gradient(")]
    cell.source = "def constant_gradient(theta, y)\n    return 2 * np.mean(theta - y)"
    nbformat.write(notebook, tmp_path / "upload.ipynb")
    results = grade(tmp_path / "upload.ipynb", Path(root / "autograder/gradient_descent.zip"))
    lost = {name for name, cases in results.items() if not all(case["passed"] for case in cases)}
    # The solution's update calls its gradient: whoever builds on a broken function loses there.
    assert lost == {"q1a_i", "q1a_iii"}
    assert "not defined" in results["q1a_i"][0]["message"]
