"""Do the real `otter run` and the bank's run in one process agree?

A sample goes the long way: answers are written into the student notebook as a student would,
and graded with the committed zip.
"""

from __future__ import annotations

import inspect

import nbformat
import pytest
from support.answers import case_name, put, run
from support.sandbox import spawned_sandbox
from support.stock import BROKEN_SAMPLE, SAMPLES, answers_of

from autograder.grader.files import read_files
from autograder.grader.grading import grade, modules_to_preload
from autograder.grader.upload import make_upload
from autograder.release import stock as stock_otter


@pytest.mark.parametrize("sample", SAMPLES, ids=" ".join)
def test_stock_otter_and_the_bank_agree_case_by_case(sample, stock, test_files):
    results = stock(sample)
    for answer in answers_of(sample):
        cases = test_files[answer.question].test_cases
        owners = [next(iter(inspect.signature(c.body.test_func).parameters)) for c in cases]
        graded = {
            case_name(case): result["passed"]
            for case, owner, result in zip(cases, owners, results[answer.question], strict=True)
            if owner == answer.function
        }
        assert graded == {name: not text for name, text in run(answer, test_files).items()}


def test_a_broken_cell_costs_its_own_question_and_what_builds_on_it(stock):
    results = stock(BROKEN_SAMPLE)
    for question in ("q2e", "q2d"):
        assert not any(case["passed"] for case in results[question])
        assert "not defined" in results[question][0]["message"]
    # Others got what the bank says, as the test above shows.
    assert any(case["passed"] for case in results["q2c"])


# What people have around their answers, all of which a real kernel takes.
AROUND = [
    "%autosave 60\n%cd .\n%store -r\n%clear\n%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n"
    "!pip --version\n%time import otter\nprint(otter.__version__)",
    "import otter.check\nimport torch\nfrom concurrent.futures import ThreadPoolExecutor\n"
    "from multiprocessing import Pool\nthreads, processes = ThreadPoolExecutor(2), Pool(2)\n"
    "list(threads.map(abs, [-1])), processes.map(abs, [-1]), get_ipython().kernel",
    "%%time\n%pushd .\n%popd\nfiles = !ls",
    "%%capture printed\nhelper = float",
    "%%bash\ntrue",
]
ANSWERS = {
    "constant_gradient": "def constant_gradient(theta, y):\n"
    "    return helper(sum(threads.map(lambda y_i: 2 * (theta - y_i) / len(y), y)))",
    "constant_update": "def constant_update(theta, y, step_size):\n"
    "    theta = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)\n"
    "    optimizer = torch.optim.SGD([theta], lr=float(step_size))\n"
    "    ((theta - torch.tensor(y, dtype=torch.float64)) ** 2).mean().backward()\n"
    "    optimizer.step()\n"
    "    return theta.item()",
    "linear_optimum": "def linear_optimum(x, y):\n"
    "    import pandas as pd\n"
    "    return float((pd.Series(x) * pd.Series(y)).sum() / (pd.Series(x) ** 2).sum())",
}


def test_a_notebook_as_people_write_it_gets_the_same_from_both_graders(root, homework, tmp_path):
    notebook = nbformat.read(root / "solutions/gradient_descent.ipynb", as_version=4)
    notebook.cells[:0] = [nbformat.v4.new_code_cell(source) for source in AROUND]
    for function, code in ANSWERS.items():
        put(notebook, function, code)
    path = tmp_path / "gradient_descent.ipynb"
    nbformat.write(notebook, path)

    upload = make_upload(read_files([path], homework.limits.upload_mb))
    with spawned_sandbox() as sandbox:
        isolated = grade(homework, upload, sandbox.with_modules(modules_to_preload(upload))).parts[
            0
        ]
    stock = stock_otter.grade(path, root / "autograder/gradient_descent.zip")
    for question in isolated.questions:
        passed = [case["passed"] for case in stock[question.question.id]]
        assert [result.passed for result in question.results] == passed
        assert all(passed)
    assert isolated.cell_faults == []
    assert [left.line for left in isolated.left_out] == ["%autosave 60", "%clear"]
