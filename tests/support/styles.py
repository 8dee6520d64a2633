"""Longer answers as honest students write them: each step in one of several usual ways.

The bank has few answers to each question, and most are one answer with different mistakes, so that
a class made of it shares more code than honest classes do. Here every student chooses each step,
the names and the order alone; the first ways are the most common.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Choose = Callable[..., str]


def honest(rng: random.Random) -> dict[str, str]:
    """Return the longer answers of one student, by function."""

    def choose(*ways: str) -> str:
        return rng.choices(ways, [0.6**i for i in range(len(ways))])[0]

    makers = (network_gradient, output_layer_optimum, network_update, network_output)
    return {maker.__name__: maker(rng, choose) for maker in makers}


def write(head: str, lines: list[str], comment: str = "") -> str:
    """Return a function."""
    body = [comment] if comment else []
    return "\n".join([head, *(f"    {line}" for line in [*body, *lines])])


def hidden_layer(choose: Choose) -> tuple[list[str], str, str]:
    """Return lines, and what they call the pre-activations and the hidden values."""
    z, h = choose("z", "pre", "a", "Z"), choose("h", "hidden", "relu", "H", "act")
    first = choose(
        "np.outer(x, w1) + b1", "x[:, None] * w1 + b1", "x.reshape(-1, 1) * w1 + b1",
        "x[:, None] @ w1[None, :] + b1", "np.multiply.outer(x, w1) + b1", "b1 + np.outer(x, w1)",
    )  # fmt: skip
    second = choose(
        f"np.maximum({z}, 0)", f"np.maximum(0, {z})", f"{z} * ({z} > 0)",
        f"np.where({z} > 0, {z}, 0)", f"np.clip({z}, 0, None)",
    )  # fmt: skip
    return [f"{z} = {first}", f"{h} = {second}"], z, h


def network_gradient(rng: random.Random, choose: Choose) -> str:
    lines, z, h = hidden_layer(choose)
    e, g, m, d = choose("r", "err", "e"), choose("g", "d", "delta"), choose("mask", "m"), "dz"
    if choose("one", "two") == "two":
        lines += [f"pred = {choose(f'{h} @ w2 + b2', f'np.dot({h}, w2) + b2')}", f"{e} = pred - y"]
    else:
        lines += [f"{e} = {choose(f'{h} @ w2 + b2 - y', f'np.dot({h}, w2) + b2 - y')}"]
    lines.append(
        choose(f"{g} = 2 * {e} / len(x)", f"{g} = 2 / len(x) * {e}", f"{g} = 2 * {e} / x.size")
    )
    mask = choose(f"({z} > 0)", f"({z} > 0).astype(float)", f"np.where({z} > 0, 1, 0)")
    outer = choose(f"np.outer({g}, w2)", f"{g}[:, None] * w2", f"{g}[:, None] * w2[None, :]")
    if choose("no", "yes") == "yes":
        lines += [f"{m} = {mask}", f"{d} = {outer} * {m}"]
    else:
        lines.append(f"{d} = {outer} * {mask}")
    parts = [
        f"g_w1 = {choose(f'x @ {d}', f'{d}.T @ x', f'np.sum({d} * x[:, None], axis=0)')}",
        f"g_b1 = {choose(f'{d}.sum(axis=0)', f'np.sum({d}, axis=0)', f'{d}.sum(0)')}",
        f"g_w2 = {choose(f'{h}.T @ {g}', f'{g} @ {h}', f'np.dot({h}.T, {g})')}",
        f"g_b2 = {choose(f'{g}.sum()', f'np.sum({g})', f'sum({g})')}",
    ]
    if rng.random() < 0.6:  # from the output back, as one learns it
        parts = parts[2:] + parts[:2]
    if rng.random() < 0.2:  # a mistake
        spoilt = rng.randrange(4)
        parts[spoilt] += choose(" / 2", " * 2", " * len(x)", " / len(x)")
    last = choose("return g_w1, g_b1, g_w2, g_b2", "return (g_w1, g_b1, g_w2, float(g_b2))")
    head = "def network_gradient(x, y, w1, b1, w2, b2):"
    return write(head, [*lines, *parts, last], choose("", "# chain rule", '"""Gradients."""'))


def output_layer_optimum(rng: random.Random, choose: Choose) -> str:
    lines, _, h = hidden_layer(choose)
    if choose("two", "one") == "one":
        lines = [f"{h} = {lines[1].partition(' = ')[2].replace(lines[0][:1], 'z')}"]
        lines.insert(0, "z = np.outer(x, w1) + b1")
    a, s = choose("A", "M", "X", "design"), choose("sol", "theta", "w", "c")
    ones = choose("np.ones(len(x))", "np.ones_like(x)", "np.ones(x.shape[0])")
    lines.append(
        f"{a} = "
        + choose(
            f"np.column_stack([{h}, {ones}])", f"np.hstack([{h}, {ones}[:, None]])",
            f"np.c_[{h}, {ones}]", f"np.concatenate([{h}, {ones}.reshape(-1, 1)], axis=1)",
        )
    )  # fmt: skip
    lines.append(
        choose(
            f"{s} = np.linalg.lstsq({a}, y, rcond=None)[0]",
            f"{s}, *_ = np.linalg.lstsq({a}, y, rcond=None)",
            f"{s} = np.linalg.pinv({a}) @ y",
            f"{s} = np.linalg.solve({a}.T @ {a}, {a}.T @ y)",
        )
    )
    last = choose(f"return {s}[:-1], {s}[-1]", f"return {s}[:-1], float({s}[-1])")
    return write("def output_layer_optimum(x, y, w1, b1):", [*lines, last], choose("", "# linear"))


def network_update(rng: random.Random, choose: Choose) -> str:
    p, g = choose("params", "params"), choose("grads", "grads")
    lines = [f"w1, b1, w2, b2 = {p}", choose(f"g1, g2, g3, g4 = {g}", f"dw1, db1, dw2, db2 = {g}")]
    n = lines[1].partition(" = ")[0].split(", ")
    step = choose("minus", "aug")
    move = "{0} = {0} - step_size * {1}" if step == "minus" else "{0} = {0} - {1} * step_size"
    hidden = [f"    {move.format(v, d)}" for v, d in zip(("w1", "b1"), n[:2], strict=True)]
    output = [move.format(v, d) for v, d in zip(("w2", "b2"), n[2:], strict=True)]
    blocks = [["if train_hidden:", *hidden], output]
    rng.shuffle(blocks)
    last = choose("return w1, b1, w2, b2", "return (w1, b1, w2, b2)")
    head = "def network_update(params, grads, step_size, train_hidden):"
    return write(head, [*lines, *blocks[0], *blocks[1], last])


def network_output(rng: random.Random, choose: Choose) -> str:
    lines, _, h = hidden_layer(choose)
    last = choose(f"return {h} @ w2 + b2", f"return np.dot({h}, w2) + b2", f"return b2 + {h} @ w2")
    return write("def network_output(x, w1, b1, w2, b2):", [*lines, last])
