"""The pages' modules without a page, run in Node: against NumPy, torch, and lab's own functions."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lab.data import HEIGHTS, KNOTS, Dataset, make_dataset, target
from lab.history import WIDTHS, load_history, run_name, snapshot_steps
from lab.network import Params, evaluate, init_params, to_torch
from lab.training import train_torch
from pages import assemble
from support.node import needs_node, run_module

PAGES = Path(__file__).resolve().parents[2] / "assignment" / "pages"
MODULES = ("rng", "autodiff", "network", "data", "trainer", "worker")
# JSON has no infinities and knows no typed arrays.
PRELUDE = """
import fs from "node:fs";
const given = JSON.parse(fs.readFileSync(0, "utf8"));
const show = (key, value) =>
  ArrayBuffer.isView(value) ? Array.from(value)
    : typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const answer = (value) => console.log(JSON.stringify(value, show));
const lossAt = (params, x, y) =>
  network.lossAlong(params, network.gradients(params, { x, y }), { x, y }, [0])[0];
"""
STEP_SIZES = {"all": 0.02, "output": 0.2}  # of the shipped runs

pytestmark = needs_node


def run_node(script: str, given: object = None) -> Any:
    """Return what a script passes to ``answer``; it knows ``given`` and all of the modules."""
    imports = "".join(
        f'import * as {name} from "{(PAGES / name).as_uri()}.js";\n' for name in MODULES
    )
    return run_module(imports + PRELUDE + script, json.dumps(given, default=plain))


def plain(value: Any) -> Any:
    """Return NumPy's values as JSON knows them."""
    return value.tolist()


def as_object(params: Params) -> dict[str, Any]:
    """Return parameters as the modules have them."""
    return params._asdict()


def close(got: object, wanted: object, tolerance: float) -> None:
    """Demand equality up to a tolerance, relative for numbers above 1."""
    np.testing.assert_allclose(
        np.array(got, float), np.asarray(wanted), rtol=tolerance, atol=tolerance
    )


# -- assemble.py --------------------------------------------------------------------------------


@pytest.fixture
def modules(monkeypatch, tmp_path):
    """Return a function: the joined text of modules by name, the first of which is the entry."""
    monkeypatch.setattr(assemble, "FOLDER", tmp_path)

    def join(**texts: str) -> str:
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text)
        return assemble.join_modules(f"{next(iter(texts))}.js")

    return join


def test_modules_are_joined_in_the_order_of_their_imports(modules):
    text = modules(
        entry='import { two } from "./b.js";\nimport { one } from "./a.js";\nexport const sum = one + two;\n',
        a="export const one = 1;\n",
        b='import {\n  one,\n} from "./a.js";\nexport function twice(x) { return 2 * x; }\n'
        "export const two = twice(one);\n",
    )
    assert "import" not in text
    assert "export" not in text
    assert run_node(f"{text}\nanswer(sum);") == 3
    assert text.count("const one = 1;") == 1


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"entry": 'import one from "./a.js";\n'}, "entry.js: cannot put together 'import one"),
        ({"entry": "export default 1;\n"}, "entry.js: cannot put together 'export default"),
        (
            {
                "entry": 'import { a } from "./a.js";\nconst helper = 1;\n',
                "a": "class helper {}\nexport const a = 1;\n",
            },
            "entry.js and a.js both name something helper",
        ),
    ],
)
def test_what_cannot_be_joined_is_named(modules, texts, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        modules(**texts)


# -- rng.js -------------------------------------------------------------------------------------

SEEDS = (0, 1, 12345, 2**32 - 1, 2**32, 2**53 - 1)


def test_generator_draws_the_doubles_and_integers_of_numpy():
    bounds = (1, 2, 10, 200, 3_000_000_000, 2**32 - 1)
    got = run_node(
        """answer(given.seeds.map((seed) => {
          const generator = new rng.Generator(seed);
          return Array.from({ length: 3000 }, (_, i) =>
            i % 4 === 3 ? generator.uniform(-2, 3)
              : generator.integer(given.bounds[i % given.bounds.length]));
        }));""",
        {"seeds": SEEDS, "bounds": bounds},
    )
    for seed, values in zip(SEEDS, got, strict=True):
        generator = np.random.default_rng(seed)
        wanted = [
            generator.uniform(-2, 3) if i % 4 == 3 else generator.integers(bounds[i % len(bounds)])
            for i in range(3000)
        ]
        assert values == wanted, f"seed {seed}"


def test_generator_draws_the_normal_numbers_of_numpy():
    """Of 200,000, about 50 lie in the tail and 1 in 70 needs the curve itself."""
    got = run_node(
        """answer(given.map((seed) => {
          const generator = new rng.Generator(seed);
          return Array.from({ length: 200_000 }, () => generator.normal());
        }));""",
        SEEDS[:3],
    )
    for seed, values in zip(SEEDS[:3], got, strict=True):
        wanted = np.random.default_rng(seed).standard_normal(200_000)
        assert np.sum(np.abs(wanted) > 3.66) > 20
        # The tables are within 9e-16, the product with the random part adds one rounding.
        np.testing.assert_allclose(values, wanted, rtol=1.2e-15)


def test_generator_goes_on_from_a_restored_state():
    """The state is taken while half of a 64-bit draw waits to be used."""
    ahead, again = run_node(
        """const draw = (generator) => Array.from({ length: 20 }, (_, i) =>
          i % 3 === 0 ? generator.normal() : generator.integer(1000 + i));
        const generator = new rng.Generator(7);
        generator.integer(10);
        const state = structuredClone(generator.state());
        const ahead = draw(generator);
        const other = new rng.Generator(8);
        other.restore(state);
        answer([ahead, draw(other)]);"""
    )
    assert ahead == again


@pytest.mark.parametrize("seed", [-1, 0.5, 2**53])
def test_generator_names_a_seed_that_is_none(seed):
    message = run_node("try { new rng.Generator(given); } catch (e) { answer(e.message); }", seed)
    assert message == f"seed must be an integer from 0 to 2**53 - 1, got {seed}"


# -- autodiff.js --------------------------------------------------------------------------------

# A program is a list of operations on numbered arrays; leaves come first.
RUN_PROGRAM = """
const runProgram = ({ leaves, program }) => {
  const tape = new autodiff.Tape();
  const nodes = leaves.map(({ rows, columns, values, trained }) => {
    const node = tape.leaf(rows, columns, trained);
    node.value.set(values);
    return node;
  });
  for (const [name, ...operands] of program) nodes.push(tape[name](...operands.map((i) => nodes[i])));
  const last = nodes.at(-1);
  const runs = [0, 1].map(() => {
    tape.forward();
    tape.backward(last);
    const seen = { value: last.value.slice(), gradients: nodes.slice(0, leaves.length).map((n) => n.gradient?.slice() ?? null) };
    nodes[0].value.forEach((_, i, all) => { all[i] += 0.25; });
    return seen;
  });
  return runs;
};
"""
TORCH = {
    "matmul": torch.matmul,
    "linear": lambda weights, values, bias: weights @ values + bias,
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "relu": torch.relu,
    "square": torch.square,
    "sum": lambda a: a.sum().reshape(1, 1),
    "mean": lambda a: a.mean().reshape(1, 1),
}


def leaf(rows: int, columns: int, generator: np.random.Generator, trained: bool = True) -> dict:
    """Return the description of a leaf that `RUN_PROGRAM` reads, with random numbers in it."""
    values = generator.standard_normal(rows * columns)
    return {"rows": rows, "columns": columns, "values": values, "trained": trained}


def with_torch(leaves: list[dict], program: list[list]) -> list[dict[str, Any]]:
    """Return the values and gradients of a program and, as the script, those of a second run."""
    runs = []
    for shift in (0.0, 0.25):
        arrays = [as_tensor(described) for described in leaves]
        with torch.no_grad():
            arrays[0] += shift
        nodes = list(arrays)
        for name, *operands in program:
            nodes.append(TORCH[name](*(nodes[i] for i in operands)))
        nodes[-1].sum().backward()
        gradients = [
            # None in torch stands for two things: no gradient wanted, and no way to the result.
            (torch.zeros_like(a) if a.grad is None else a.grad).ravel() if a.requires_grad else None
            for a in arrays
        ]
        runs.append({"value": nodes[-1].detach().ravel(), "gradients": gradients})
    return runs


def as_tensor(described: dict[str, Any]) -> torch.Tensor:
    """Return the array of a leaf."""
    values = np.reshape(described["values"], (described["rows"], described["columns"]))
    return torch.tensor(values, requires_grad=described["trained"])


def compare_with_torch(programs: list[dict]) -> None:
    """Run all programs on a tape and in torch, and demand the same values and gradients."""
    got = run_node(RUN_PROGRAM + "answer(given.map(runProgram));", programs)
    for described, runs in zip(programs, got, strict=True):
        # The second run shows that nothing of the first is left.
        for mine, wanted in zip(runs, with_torch(**described), strict=True):
            close(mine["value"], wanted["value"], 1e-11)
            for ours, theirs in zip(mine["gradients"], wanted["gradients"], strict=True):
                assert (ours is None) == (theirs is None), described["program"]
                if theirs is not None:
                    close(ours, theirs, 1e-11)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply"])
def test_entrywise_operations_repeat_rows_columns_and_numbers_as_torch(name):
    generator = np.random.default_rng(0)
    full, others = (3, 4), [(3, 4), (1, 4), (3, 1), (1, 1)]
    pairs = [(full, o) for o in others] + [(o, full) for o in others] + [((1, 4), (3, 1))]
    compare_with_torch([
        # The square makes the gradient that comes in differ from entry to entry.
        {"leaves": [leaf(*a, generator), leaf(*b, generator)], "program": [[name, 0, 1], ["square", 2]]}
        for a, b in pairs
    ])  # fmt: skip


def test_operations_on_one_array_and_products_of_matrices_are_those_of_torch():
    generator = np.random.default_rng(1)
    shapes = [(3, 4), (1, 5), (5, 1), (1, 1)]
    compare_with_torch(
        [
            {"leaves": [leaf(*shape, generator)], "program": [[name, 0], ["square", 1]]}
            for shape in shapes
            for name in ("relu", "square", "sum", "mean")
        ]
        + [
            {
                "leaves": [leaf(m, k, generator), leaf(k, n, generator), leaf(m, 1, generator)],
                "program": [program, ["square", 3]],
            }
            for m, k, n in [(2, 3, 4), (1, 3, 1), (4, 1, 5), (1, 1, 1)]
            for program in (["matmul", 0, 1], ["linear", 0, 1, 2])
        ]
    )


def test_random_graphs_have_the_gradients_of_torch():
    """Arrays are used several times, some leaves have no gradient, some are not used at all."""
    compare_with_torch([random_program(np.random.default_rng(seed)) for seed in range(60)])


def random_program(generator: np.random.Generator) -> dict[str, list]:
    """Return a program of ten operations on arrays of 3 x 3, rows, columns and single numbers."""
    shapes = [(3, 3), (3, 3), (3, 1), (1, 3), (1, 1), (3, 3)]
    leaves = [
        leaf(*shape, generator, bool(i == 0 or generator.random() < 0.7))
        for i, shape in enumerate(shapes)
    ]
    program: list[list] = [["multiply", 0, 1]]
    shapes.append((3, 3))
    while len(program) < 10:
        a, b = (int(i) for i in generator.integers(len(shapes), size=2))
        name = str(
            generator.choice(
                ["add", "subtract", "multiply", "matmul", "relu", "square", "mean", "linear"]
            )
        )
        if name == "matmul" and shapes[a][1] == shapes[b][0]:
            shapes.append((shapes[a][0], shapes[b][1]))
            program.append([name, a, b])
        elif name == "linear" and shapes[a] == (3, 3) and shapes[b][0] == 3:
            shapes.append((3, shapes[b][1]))
            program.append([name, a, b, 2])
        elif name in ("add", "subtract", "multiply"):
            shapes.append(tuple(np.broadcast_shapes(shapes[a], shapes[b])))
            program.append([name, a, b])
        elif name in ("relu", "square", "mean"):
            shapes.append((1, 1) if name == "mean" else shapes[a])
            program.append([name, a])
    # So that the result depends on the first leaf, whatever was drawn.
    return {"leaves": leaves, "program": [*program, ["multiply", len(shapes) - 1, 6]]}


def test_relu_has_slope_0_at_0_as_in_torch():
    corner = {"rows": 1, "columns": 4, "values": [0.0, -0.0, 1e-300, -1e-300], "trained": True}
    got = run_node(
        RUN_PROGRAM + "answer(runProgram(given));", {"leaves": [corner], "program": [["relu", 0]]}
    )
    assert got[0]["gradients"] == [[0, 0, 1, 0]]
    assert got[0]["value"] == [0, 0, 1e-300, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("t.matmul(a, a)", "matmul needs as many columns on the left as rows on the right, got (2, 3) and (2, 3)"),
        ("t.linear(a, b, a)", "linear needs shapes (m, k), (k, n) and (m, 1), got (2, 3) and (3, 2) and (2, 3)"),
        ("t.add(a, b)", "add needs rows and columns that are equal, or 1 in one of the two, got (2, 3) and (3, 2)"),
        ("t.subtract(a, b)", "subtract needs rows and columns"),
        ("t.multiply(a, b)", "multiply needs rows and columns"),
        ("t.backward(t.leaf(1, 1, false))", "backward needs a node that depends on a leaf with a gradient"),
    ],
)  # fmt: skip
def test_a_tape_names_shapes_that_do_not_fit(call, message):
    got = run_node(
        f"""const t = new autodiff.Tape();
        const [a, b] = [t.leaf(2, 3), t.leaf(3, 2)];
        try {{ {call}; answer(""); }} catch (error) {{ answer(error.message); }}"""
    )
    assert got.startswith(message)


# -- data.js ------------------------------------------------------------------------------------


def test_initial_parameters_and_data_are_those_of_the_homework():
    """The doubles are equal; normal numbers may differ by 1e-15 of themselves."""
    networks = [(1, 0), (20, 0), (37, 5), (100, 2**32 - 1)]
    settings = [
        {"points": 200, "noise": 0.1, "seed": 1},
        {"points": 1, "noise": 0.0, "seed": 0},
        {"points": 1000, "noise": 2.0, "seed": 2**32 - 1},
    ]
    got = run_node(
        """answer({
          networks: given.networks.map(([width, seed]) => network.initParams(width, seed)),
          datasets: [undefined, ...given.settings].map(data.makeDataset),
        });""",
        {"networks": networks, "settings": settings},
    )
    for (width, seed), params in zip(networks, got["networks"], strict=True):
        assert params == {
            k: plain(np.asarray(v)) for k, v in as_object(init_params(width, seed)).items()
        }
    wanted = [make_dataset()] + [make_dataset(s["points"], s["noise"], s["seed"]) for s in settings]
    for mine, theirs in zip(got["datasets"], wanted, strict=True):
        assert mine["x"] == theirs.x_train.tolist()
        assert mine["testX"] == theirs.x_test.tolist()
        assert mine["testY"] == theirs.y_test.tolist()
        close(mine["y"], theirs.y_train, 2e-15)


def test_the_target_is_that_of_the_homework_and_can_be_changed():
    x = [-1.0, -0.0, 0.05, *KNOTS.tolist(), 0.999, 1.0, 7.0]
    other = [0.0, 1.0] * 5 + [3.0]
    knots, heights, own, others, changed = run_node(
        """answer([data.KNOTS, data.HEIGHTS, given.x.map((x) => data.target(x)),
          given.x.map((x) => data.target(x, given.other)),
          data.makeDataset({ noise: 0, heights: given.other })]);""",
        {"x": x, "other": other},
    )
    assert (knots, heights) == (KNOTS.tolist(), HEIGHTS.tolist())
    assert own == target(np.array(x)).tolist()
    assert others == np.interp(x, KNOTS, other).tolist()
    assert changed["y"] == np.interp(changed["x"], KNOTS, other).tolist()
    assert changed["testY"] == np.interp(changed["testX"], KNOTS, other).tolist()


def test_points_are_moved_removed_and_added_without_a_change_to_the_dataset():
    before, after, message = run_node(
        """const before = data.makeDataset({ points: 4 });
        const edits = { moved: { 1: [0.5, 9], 2: [0.25, 8] }, removed: [2, 0], added: [[0.75, -3]] };
        const after = data.editDataset(before, edits);
        let message;
        try { data.editDataset(before, { removed: [4] }); } catch (error) { message = error.message; }
        answer([before, after, message]);"""
    )
    theirs = make_dataset(4)
    assert before["x"] == theirs.x_train.tolist()
    assert after["x"] == [0.5, before["x"][3], 0.75]
    assert after["y"] == [9, before["y"][3], -3]
    assert (after["testX"], after["testY"]) == (before["testX"], before["testY"])
    assert message == "a point's index must be below 4, got 4"


# -- network.js ---------------------------------------------------------------------------------


def networks() -> list[Params]:
    """Return ordinary networks, and some with dead, flat, repeated and far units."""
    generator = np.random.default_rng(3)
    drawn = [
        Params(*generator.standard_normal((3, width)), float(generator.standard_normal()))
        for width in (1, 5, 100)
    ]
    odd = Params(
        # active on the right, on the left, w1 = 0 (both signs of b1), w2 = 0, dead on [0, 1],
        # twice the same elbow, far away, and a tiny slope with its elbow in the middle
        w1=np.array([1.0, -2.0, 0.0, 0.0, 1.5, 1.0, 2.0, -1.0, 1.0, 1e-8]),
        b1=np.array([-0.25, 1.5, 0.7, -0.7, -0.3, -9.0, -1.0, 0.5, 4000.0, -5e-9]),
        w2=np.array([1.0, 0.5, 2.0, 2.0, 0.0, 3.0, -1.0, 4.0, 0.001, 1e8]),
        b2=0.125,
    )
    # The slope of the first unit is small enough for rounding to matter far out, at its elbow.
    far = Params(np.array([1e-5, 1.0]), np.array([1.0, -0.5]), np.array([1e5, 1.0]), 0.0)
    return [init_params(20), *drawn, odd, far]


def true_elbows(params: Params) -> list[float | None]:
    return [None if w == 0 else -b / w for w, b in zip(params.w1, params.b1, strict=True)]


def true_slope(params: Params, x: float) -> float:
    active = params.w1 * x + params.b1 > 0
    return float(np.sum((params.w1 * params.w2)[active]))


def test_values_and_losses_are_those_of_the_homework():
    x = np.linspace(-1, 2, 50)
    y = np.cos(x)
    got = run_node(
        """answer(given.networks.map((params) => ({
          values: network.evaluate(params, given.x),
          loss: lossAt(params, given.x, given.y),
          before: params.w1.map((_, unit) => network.preactivation(params, unit, 0.3)),
          added: params.w1.map((_, unit) => network.contribution(params, unit, 0.3)),
        })));""",
        {"networks": [as_object(p) for p in networks()], "x": x, "y": y},
    )
    for params, mine in zip(networks(), got, strict=True):
        close(mine["values"], evaluate(params, x), 1e-12)
        close(mine["loss"], np.mean((evaluate(params, x) - y) ** 2), 1e-12)
        before = params.w1 * 0.3 + params.b1
        close(mine["before"], before, 1e-15)
        close(mine["added"], params.w2 * np.maximum(before, 0), 1e-15)


def test_elbows_slopes_and_jumps_are_those_of_the_formulas():
    interval = (-0.5, 1.5)
    got = run_node(
        """answer(given.networks.map((params) => ({
          elbows: network.elbows(params), jumps: network.slopeJumps(params),
          corners: network.corners(params, ...given.interval),
          pieces: network.pieces(params, ...given.interval),
        })));""",
        {"networks": [as_object(p) for p in networks()], "interval": interval},
    )
    for params, mine in zip(networks(), got, strict=True):
        elbows = true_elbows(params)
        jumps = [
            None if e is None else abs(w) * v
            for e, w, v in zip(elbows, params.w1, params.w2, strict=True)
        ]
        assert [e is None for e in mine["elbows"]] == [e is None for e in elbows]
        assert [e is None for e in mine["jumps"]] == [e is None for e in elbows]
        close(
            [e for e in mine["elbows"] if e is not None], [e for e in elbows if e is not None], 1e-9
        )
        close(
            [j for j in mine["jumps"] if j is not None], [j for j in jumps if j is not None], 1e-9
        )
        inside = sorted({e for e in elbows if e is not None and interval[0] < e < interval[1]})
        xs = [x for x, _ in mine["corners"]]
        close(xs, [interval[0], *inside, interval[1]], 1e-12)
        close([y for _, y in mine["corners"]], evaluate(params, np.array(xs)), 1e-12)
        assert [(p["from"], p["to"]) for p in mine["pieces"]] == list(itertools.pairwise(xs))
        middles = [(p["from"] + p["to"]) / 2 for p in mine["pieces"]]
        # Differences of values of order 1 over pieces of 1e-4 and more.
        close([p["slope"] for p in mine["pieces"]], [true_slope(params, x) for x in middles], 1e-9)


def test_corners_too_near_for_a_slope_are_one():
    params = Params(np.array([1.0, 1.0]), np.array([-0.5, -0.5 - 1e-13]), np.array([1.0, 1.0]), 0.0)
    got = run_node("answer(network.pieces(given, 0, 1));", as_object(params))
    close([p["slope"] for p in got], [0, 2], 1e-9)


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
def test_weights_that_are_not_finite_give_nothing_to_draw(name):
    got = run_node(
        f"""const params = network.initParams(3, 0);
        if (given === "b2") params.b2 = NaN; else params[given].fill({"Infinity" if name == "w1" else "NaN"});
        answer([network.corners(params, 0, 1), network.pieces(params, 0, 1),
          network.elbows(params), network.slopeJumps(params), lossAt(params, [0.5], [1])]);""",
        name,
    )
    corners, pieces, elbows, jumps, loss = got
    assert (corners, pieces) == ([], [])
    if name in ("w1", "b1"):
        assert elbows == [None] * 3
    if name != "b2":
        assert jumps == [None] * 3
    assert loss in ("NaN", "Infinity")


def torch_gradients(params: Params, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    net = to_torch(params)
    loss = torch.nn.functional.mse_loss(net(torch.tensor(x)[:, None]), torch.tensor(y)[:, None])
    loss.backward()
    w1, b1, w2, b2 = (p.grad.numpy().ravel() for p in net.parameters())
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2[0]}


def test_gradients_are_those_of_torch_and_votes_add_up_to_them():
    generator = np.random.default_rng(4)
    x, y = generator.uniform(size=30), generator.standard_normal(30)
    got = run_node(
        """answer(given.networks.map((params) => {
          const points = { x: given.x, y: given.y };
          const last = params.w1.length - 1;
          const gradient = network.gradients(params, points);
          const votes = Object.fromEntries(["w1", "b1", "w2"].map((name) =>
            [name, network.votes(params, points, name, last)]));
          return { gradient, votes: { ...votes, b2: network.votes(params, points, "b2") } };
        }));""",
        {"networks": [as_object(p) for p in networks()], "x": x, "y": y},
    )
    for params, mine in zip(networks(), got, strict=True):
        whole = torch_gradients(params, x, y)
        for name, wanted in whole.items():
            scale = max(1.0, float(np.max(np.abs(wanted))))
            close(np.array(mine["gradient"][name]) / scale, wanted / scale, 1e-12)
            close(np.sum(mine["votes"][name]) / scale, np.ravel(wanted)[-1] / scale, 1e-12)
        for point in (0, 17):
            alone = torch_gradients(params, x[point : point + 1], y[point : point + 1])
            for name, wanted in alone.items():
                close(mine["votes"][name][point], np.ravel(wanted)[-1] / len(x), 1e-12)


@pytest.mark.parametrize("layers", ["all", "output"])
def test_loss_along_the_gradient_is_the_loss_of_the_moved_network(layers):
    params, dataset = init_params(8, 2), make_dataset(50)
    steps = [0.0, 0.01, 0.3, -0.2]
    small = 1e-5
    losses, gradient = run_node(
        """const points = { x: given.x, y: given.y };
        const gradient = network.gradients(given.params, points);
        answer([network.lossAlong(given.params, gradient, points, given.steps, given.layers), gradient]);""",
        {
            "params": as_object(params), "x": dataset.x_train, "y": dataset.y_train,
            "steps": [*steps, small, -small], "layers": layers,
        },
    )  # fmt: skip
    trained = ("w1", "b1", "w2", "b2") if layers == "all" else ("w2", "b2")
    for step, loss in zip(steps, losses, strict=False):
        moved = params._replace(
            **{n: getattr(params, n) - step * np.array(gradient[n]) for n in trained}
        )
        residual = evaluate(moved, dataset.x_train) - dataset.y_train
        close(loss, np.mean(residual**2), 1e-12)
    # By finite differences, the loss falls as fast as the gradient's squared length says.
    fall = (losses[-1] - losses[-2]) / (2 * small)
    close(fall, sum(np.sum(np.square(gradient[name])) for name in trained), 1e-6)


# -- trainer.js ---------------------------------------------------------------------------------


def test_the_shipped_runs_come_out_of_the_page():
    """All six, to 150,000 steps; sums in another order move weights by 1e-13, not by 1e-10."""
    grid = np.linspace(0, 1, 201)
    runs = {
        run_name(width, layers == "all"): {
            "steps": load_history(width, layers == "all").steps,
            "settings": {"width": width, "layers": layers, "stepSize": STEP_SIZES[layers]},
        }
        for width in WIDTHS
        for layers in STEP_SIZES
    }
    got = run_node(
        """const dataset = data.makeDataset();
        answer(Object.fromEntries(Object.entries(given).map(([name, { steps, settings }]) => {
          const run = new trainer.Trainer({ ...trainer.DEFAULTS, ...settings }, dataset);
          return [name, steps.map((step) => {
            run.advance(step - run.step);
            return run.snapshot();
          })];
        })));""",
        runs,
    )
    for name, snapshots in got.items():
        width, layers = name.split("_")
        shipped = load_history(int(width), layers == "all")
        assert [s["step"] for s in snapshots] == shipped.steps.tolist()
        early = shipped.steps <= 1000
        for key in ("w1", "b1", "w2", "b2"):
            mine = np.array([s[key] for s in snapshots])
            close(mine[early], getattr(shipped, key)[early], 1e-12)
        last = Params(
            *(np.array(snapshots[-1][key]) for key in ("w1", "b1", "w2")), snapshots[-1]["b2"]
        )
        close(evaluate(last, grid), evaluate(shipped.params(), grid), 1e-9)
        close([s["trainLoss"] for s in snapshots], shipped.train_loss, 1e-9)
        close([s["testLoss"] for s in snapshots], shipped.test_loss, 1e-9)


@pytest.mark.parametrize(
    ("changes", "seeds"),
    [
        ({"width": 1, "batchSize": 1, "points": 3}, (4, 5, 6)),
        ({"width": 7, "batchSize": 33, "points": 50, "noise": 0.5, "layers": "output"}, (9, 0, 2**32 - 1)),
        ({"width": 100, "batchSize": 200, "stepSize": 0.1}, (0, 1, 3)),
    ],
)  # fmt: skip
def test_other_settings_train_as_torch_does(changes, seeds):
    weights, data, minibatches = seeds
    settings = settings_with(
        **changes, seeds={"weights": weights, "data": data, "minibatches": minibatches}
    )
    mine = run_node(TRAIN + "answer(finished(given, 300).snapshot());", settings)
    history = train_with_torch(settings, 300)
    assert mine["step"] == 300
    for key in ("w1", "b1", "w2", "b2"):
        close(mine[key], getattr(history.params(), key), 1e-10)
    close(mine["trainLoss"], history.train_loss[-1], 1e-10)
    close(mine["testLoss"], history.test_loss[-1], 1e-10)


TRAIN = """
const finished = (settings, steps) => {
  const { points, noise, seeds } = settings;
  const run = new trainer.Trainer(settings, data.makeDataset({ points, noise, seed: seeds.data }));
  run.advance(steps);
  return run;
};
"""


def settings_with(**changes: Any) -> dict[str, Any]:
    """Return the page's default settings with some of them changed."""
    return {
        "width": 20, "layers": "all", "stepSize": 0.02, "batchSize": 40, "steps": 150_000,
        "points": 200, "noise": 0.1, "seeds": {"weights": 0, "data": 1, "minibatches": 0},
    } | changes  # fmt: skip


def dataset_of(settings: dict[str, Any]) -> Dataset:
    return make_dataset(settings["points"], settings["noise"], settings["seeds"]["data"])


def train_with_torch(settings: dict[str, Any], steps: int) -> Any:
    """Return the history of the same run by `lab.training`."""
    return train_torch(
        dataset_of(settings),
        init_params(settings["width"], settings["seeds"]["weights"]),
        step_size=settings["stepSize"],
        train_hidden=settings["layers"] == "all",
        n_steps=steps,
        batch_size=settings["batchSize"],
        seed=settings["seeds"]["minibatches"],
    )


def test_defaults_are_the_experiment_of_the_homework():
    assert run_node("answer(trainer.DEFAULTS);") == settings_with()


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 10, "stepSize": 10},
        {"width": 10, "stepSize": 3},
        {"width": 1, "stepSize": 10, "layers": "output", "batchSize": 5},
        {"width": 40, "stepSize": 1, "layers": "output"},
        # The minibatch of the last step still has a finite loss, all points together do not.
        {"width": 10, "stepSize": 10, "steps": 121},
    ],
)
def test_divergence_is_found_at_the_step_that_lab_training_names(changes):
    settings = settings_with(**{"steps": 2000, **changes})
    steps = settings["steps"]
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="diverged") as error,
    ):
        train_with_torch(settings, steps)
    step = int(re.search(r"at step (\d+) ", str(error.value))[1])
    got = run_node(
        TRAIN
        + "const run = finished(given, given.steps); answer([run.divergedAt, run.step, run.advance(5)]);",
        settings,
    )
    assert got == [step, min(step - 1 + (step == steps), steps), 0]


def test_advance_counts_the_steps_that_were_taken():
    got = run_node(
        TRAIN + """const run = finished(given, 100);
        const taken = [run.advance(15), run.advance(50)];
        answer([...taken, run.step, run.divergedAt, run.params().w1.every(Number.isFinite)]);""",
        settings_with(width=10, stepSize=10),
    )  # fmt: skip
    assert got == [15, 6, 121, 122, True]


def test_a_restored_run_goes_on_as_if_nothing_had_happened():
    straight, back, from_divergence = run_node(
        TRAIN + """const run = finished(given, 50);
        const state = structuredClone(run.state());
        run.advance(33);
        const straight = run.snapshot();
        run.restore(state);
        run.advance(33);
        const diverged = finished(given, 1000);
        diverged.restore(state);
        diverged.advance(33);
        answer([straight, run.snapshot(), diverged.snapshot()]);""",
        settings_with(width=10, stepSize=10),
    )  # fmt: skip
    assert straight["step"] == 83
    assert straight == back == from_divergence


@pytest.mark.parametrize("steps", [1, 2, 3, 100, 150_000, 1_234_567, 10_000_000])
def test_snapshots_are_those_of_the_homework_and_more_but_bounded(steps):
    got = run_node("answer(trainer.snapshotSteps(given));", steps)
    assert set(snapshot_steps(steps).tolist()) <= set(got)
    assert got == sorted(set(got))
    assert (got[0], got[-1]) == (0, steps)
    assert len(got) <= 640


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, []),
        ({"width": 100, "stepSize": 10, "noise": 0, "steps": 10_000_000, "points": 1000, "batchSize": 1000}, []),
        ({"width": 0}, ["The number of units must be a whole number from 1 to 100, got 0."]),
        ({"width": 2.5}, ["The number of units must be a whole number from 1 to 100, got 2.5."]),
        ({"stepSize": 0}, ["The step size must be a number above 0 and at most 10, got 0."]),
        ({"stepSize": None}, ["The step size must be a number above 0 and at most 10, got null."]),
        ({"noise": -1}, ["The noise must be a number from 0 to 2, got -1."]),
        ({"steps": 1e7 + 1, "points": 0}, [
            "The number of steps must be a whole number from 1 to 10000000, got 10000001.",
            "The number of data points must be a whole number from 1 to 1000, got 0.",
            "A minibatch must not have more points than there are data points, 0, got 40.",
        ]),
        ({"layers": "hidden"}, ['The layers to train must be "all" or "output", got "hidden".']),
        ({"seeds": {"weights": 2**32, "data": 1, "minibatches": 0}},
         ["The seed of the initial weights must be a whole number from 0 to 4294967295, got 4294967296."]),
    ],
)  # fmt: skip
def test_settings_are_checked_in_plain_sentences(changes, sentences):
    assert run_node("answer(trainer.checkSettings(given));", settings_with(**changes)) == sentences


# -- worker.js ----------------------------------------------------------------------------------

# A scope that keeps what is posted; `until` waits for a message of a kind and hands over all
# messages up to it, `rest` those of some milliseconds.
TALK = """
const talk = () => {
  let posted = [];
  let wake = () => {};
  const scope = { postMessage: (message) => { posted.push(structuredClone(message)); wake(); } };
  worker.serveTraining(scope);
  const send = (message) => scope.onmessage({ data: message });
  const until = async (kind) => {
    for (;;) {
      const index = posted.findIndex((message) => message.kind === kind);
      if (index >= 0) return posted.splice(0, index + 1);
      await new Promise((resolve) => { wake = resolve; });
    }
  };
  const rest = async (milliseconds) => {
    await new Promise((resolve) => { setTimeout(resolve, milliseconds); });
    return posted.splice(0);
  };
  return { send, until, rest };
};
const start = (settings, more = {}) => {
  const { points, noise, seeds } = settings;
  return { kind: "start", id: 1, settings, dataset: data.makeDataset({ points, noise, seed: seeds.data }), ...more };
};
const straight = (settings, step) => {
  const { points, noise, seeds } = settings;
  const run = new trainer.Trainer(settings, data.makeDataset({ points, noise, seed: seeds.data }));
  run.advance(step);
  return run.snapshot();
};
const { send, until, rest } = talk();
"""


def test_a_run_posts_each_snapshot_once_and_then_that_it_is_done():
    settings = settings_with(width=5, steps=3000)
    messages, wanted = run_node(
        TALK + """send(start(given));
        const messages = await until("done");
        answer([messages, trainer.snapshotSteps(given.steps).map((step) => straight(given, step))]);""",
        settings,
    )  # fmt: skip
    assert {m["id"] for m in messages} == {1}
    assert [m["kind"] for m in messages] == ["snapshots"] * (len(messages) - 1) + ["done"]
    assert [s for m in messages[:-1] for s in m["snapshots"]] == wanted
    steps = [m["step"] for m in messages[:-1]]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, 3000)


def test_seek_gives_the_state_of_straight_training_forward_and_backward():
    """Steps at, before and after keyframes; 2999 and 9 lie behind the step shown before."""
    steps = [2999, 9, 0, 1, 1234, 1235, 3000, 777]
    got, wanted = run_node(
        TALK + """send(start(given.settings));
        await until("done");
        const got = [];
        for (const step of given.steps) {
          send({ kind: "seek", step });
          got.push(...await until("at"));
        }
        answer([got, given.steps.map((step) => straight(given.settings, step))]);""",
        {"settings": settings_with(width=5, steps=3000), "steps": steps},
    )  # fmt: skip
    assert got == [{"id": 1, "kind": "at", "snapshot": snapshot} for snapshot in wanted]


def test_seek_trains_on_to_a_step_that_was_not_reached_but_not_beyond_the_end():
    got, wanted = run_node(
        TALK + """send(start(given, { paused: true }));
        const got = [];
        for (const step of [30, 20, 999, -5]) {
          send({ kind: "seek", step });
          got.push((await until("at")).at(-1).snapshot);
        }
        answer([got, [30, 20, 50, 0].map((step) => straight(given, step))]);""",
        settings_with(width=5, steps=50),
    )  # fmt: skip
    assert got == wanted


def test_pause_does_not_wait_for_a_far_step():
    step, silent = run_node(
        TALK + """send(start(given, { paused: true }));
        send({ kind: "seek", step: given.steps });
        await rest(20);
        send({ kind: "pause" });
        const messages = await until("at");
        answer([messages.at(-1).snapshot.step, await rest(60)]);""",
        settings_with(),
    )  # fmt: skip
    assert 0 < step < 150_000
    assert silent == []


def test_a_paused_run_takes_single_steps_from_what_is_shown():
    settings = settings_with(width=5, steps=50)
    kinds, shown, wanted = run_node(
        TALK + """send(start(given, { paused: true }));
        const messages = await rest(30);
        const steps = [];
        const at = async (message) => {
          send(message);
          const posted = await until("at");
          messages.push(...posted);
          steps.push(posted.at(-1).snapshot);
        };
        await at({ kind: "step", count: 1 });
        await at({ kind: "step", count: 20 });
        await at({ kind: "seek", step: 5 });
        await at({ kind: "step", count: 1 });
        await at({ kind: "step", count: -2 });
        await at({ kind: "step", count: 100 });
        messages.push(...await rest(30));
        answer([messages.map(({ kind }) => kind), steps,
          steps.map(({ step }) => straight(given, step))]);""",
        settings,
    )  # fmt: skip
    assert [s["step"] for s in shown] == [1, 21, 5, 6, 4, 50]
    assert shown == wanted
    # Nothing before the first step but the initial network, and an end when it is reached.
    assert kinds[:3] == ["snapshots", "snapshots", "at"]
    assert kinds.count("done") == 1


def test_pause_stops_a_run_and_continue_ends_it_as_if_it_had_not_stopped():
    # Some 500 ms of work, of which 20 may be done before the pause.
    settings = settings_with(width=100, batchSize=200, steps=1500)
    silent, paused_at, last, wanted = run_node(
        TALK + """send(start(given));
        const before = await rest(20);
        send({ kind: "pause" });
        before.push(...await rest(0));
        const silent = await rest(60);
        send({ kind: "continue" });
        const after = await until("done");
        answer([silent, before.at(-1).step, after.at(-2).snapshots.at(-1), straight(given, 1500)]);""",
        settings,
    )  # fmt: skip
    assert silent == []
    assert 0 <= paused_at < 1500
    assert last == wanted


def test_a_step_is_taken_from_the_head_and_pauses_the_run():
    running, done = run_node(
        TALK + """send(start(given));
        const head = (await rest(20)).at(-1).step;
        send({ kind: "step", count: 1 });
        const stepped = (await until("at")).at(-1).snapshot.step;
        const running = [stepped > head, stepped < given.steps, await rest(60)];
        send(start({ ...given, steps: 50 }));
        await until("done");
        send({ kind: "step", count: -1 });
        answer([running, (await until("at")).at(-1).snapshot.step]);""",
        settings_with(),
    )  # fmt: skip
    assert running == [True, True, []]
    assert done == 49


def test_a_new_start_and_stop_end_the_old_run():
    """Of a run that is over, only the initial network was posted."""
    messages = run_node(
        TALK + """send(start(given, { id: 1 }));
        send(start({ ...given, steps: 20 }, { id: 2 }));
        const messages = await until("done");
        send(start(given, { id: 3 }));
        send({ kind: "stop" });
        messages.push(...await rest(60));
        send({ kind: "seek", step: 3 });
        answer([...messages, ...await rest(30)]);""",
        settings_with(),
    )  # fmt: skip
    ids = [m["id"] for m in messages]
    assert ids == [1, *[2] * ids.count(2), 3]


def test_seeking_while_training_answers_and_the_run_goes_on():
    at, last, wanted = run_node(
        TALK + """send(start(given));
        await rest(20);
        send({ kind: "seek", step: 10 });
        const at = (await until("at")).at(-1).snapshot;
        const last = (await until("done")).at(-2).snapshots.at(-1);
        answer([at, last, [straight(given, 10), straight(given, given.steps)]]);""",
        settings_with(steps=10_000),
    )  # fmt: skip
    assert [at, last] == wanted


def test_divergence_is_posted_with_its_step_and_earlier_steps_can_be_seen():
    messages, at, wanted = run_node(
        TALK + """send(start(given));
        const messages = await until("diverged");
        send({ kind: "seek", step: 1000 });
        const [at] = await until("at");
        answer([messages, at.snapshot, straight(given, 121)]);""",
        settings_with(width=10, stepSize=10),
    )  # fmt: skip
    assert messages[-1] == {"id": 1, "kind": "diverged", "step": 122, "stepSize": 10}
    assert at == wanted
    assert at["step"] == 121


@pytest.mark.parametrize(
    ("changes", "dataset", "reason"),
    [
        ({"width": 0}, {}, "The number of units must be a whole number from 1 to 100, got 0."),
        ({}, {"x": [], "y": []}, "The data need as many x as y, and at least one, got 0 and 0."),
        ({}, {"x": [1, 2]}, "The data need as many x as y, and at least one, got 2 and 200."),
        ({}, {"y": [None] * 200}, "The data must be finite numbers."),
    ],
)
def test_settings_and_data_that_make_no_run_are_answered_with_the_reason(changes, dataset, reason):
    got = run_node(
        TALK + """const message = start(trainer.DEFAULTS);
        Object.assign(message.settings = { ...message.settings }, given.changes);
        Object.assign(message.dataset, given.dataset);
        send(message);
        answer(await until("failed"));""",
        {"changes": changes, "dataset": dataset},
    )  # fmt: skip
    assert got == [{"kind": "failed", "id": 1, "reason": reason}]
