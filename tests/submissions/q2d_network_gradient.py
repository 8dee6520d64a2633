import numpy as np
import torch

from . import right, wrong


def pieces(x, y, w1, b1, w2, b2):
    """Return pre-activations, what the units pass on, and dL/d(output)."""
    z = np.outer(x, w1) + b1
    hidden = np.maximum(z, 0)
    return z, hidden, 2 / len(x) * (hidden @ w2 + b2 - y)


def assemble(x, hidden, g, g_z):
    """Return the four gradients from dL/d(output) and dL/dz."""
    return x @ g_z, g_z.sum(axis=0), g @ hidden, g.sum()


def solution(x, y, w1, b1, w2, b2):
    z, hidden, g = pieces(x, y, w1, b1, w2, b2)
    return assemble(x, hidden, g, np.outer(g, w2) * (z > 0))


@wrong(fails="public sizes elbows trained", names="gradient no mask")
def without_mask(x, y, w1, b1, w2, b2):
    _, hidden, g = pieces(x, y, w1, b1, w2, b2)
    return assemble(x, hidden, g, np.outer(g, w2))


@wrong(fails="public sizes elbows trained", names="gradient no w2")
def without_w2(x, y, w1, b1, w2, b2):
    z, hidden, g = pieces(x, y, w1, b1, w2, b2)
    return assemble(x, hidden, g, g[:, None] * (z > 0))


@wrong(fails="public sizes elbows trained", names="gradient no x")
def without_x(x, y, w1, b1, w2, b2):
    _, g_b1, g_w2, g_b2 = solution(x, y, w1, b1, w2, b2)
    return g_b1, g_b1, g_w2, g_b2


@wrong(fails="public sizes elbows trained", names="no two")
def without_the_two(x, y, w1, b1, w2, b2):
    return tuple(part / 2 for part in solution(x, y, w1, b1, w2, b2))


@wrong(fails="public sizes elbows trained", names="network sign")
def prediction_and_target_swapped(x, y, w1, b1, w2, b2):
    return tuple(-part for part in solution(x, y, w1, b1, w2, b2))


@wrong(fails="public sizes elbows trained", names="sum")
def summed(x, y, w1, b1, w2, b2):
    return tuple(len(x) * part for part in solution(x, y, w1, b1, w2, b2))


@wrong(fails="public sizes elbows trained", names="swapped")
def swapped(x, y, w1, b1, w2, b2):
    g_w1, g_b1, g_w2, g_b2 = solution(x, y, w1, b1, w2, b2)
    return g_b1, g_w1, g_w2, g_b2


@wrong(fails="public sizes elbows trained", says="g_b2 should be a single number")
def bias_as_array(x, y, w1, b1, w2, b2):
    *rest, g_b2 = solution(x, y, w1, b1, w2, b2)
    return (*rest, np.array([g_b2]))


@wrong(fails="public sizes elbows trained", says="instead of the tuple (g_w1, g_b1, g_w2, g_b2)")
def stacked(x, y, w1, b1, w2, b2):
    g_w1, g_b1, g_w2, _ = solution(x, y, w1, b1, w2, b2)
    return np.stack([g_w1, g_b1, g_w2])


@wrong(fails="public sizes elbows trained", says="has 3 parts")
def output_bias_left_out(x, y, w1, b1, w2, b2):
    return solution(x, y, w1, b1, w2, b2)[:3]


@wrong(fails="public sizes elbows trained", says="changed its argument y")
def in_place(x, y, w1, b1, w2, b2):
    result = solution(x, y, w1, b1, w2, b2)
    y -= np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2
    return result


@wrong(fails="sizes", says="down to one")
def squeezed(x, y, w1, b1, w2, b2):
    return tuple(np.squeeze(part) for part in solution(x, y, w1, b1, w2, b2))


@wrong(fails="public elbows", names="tie active")
def tie_counts_as_active(x, y, w1, b1, w2, b2):
    z, hidden, g = pieces(x, y, w1, b1, w2, b2)
    return assemble(x, hidden, g, np.outer(g, w2) * (z >= 0))


@wrong(fails="elbows", says="next to it")
def mask_with_a_tolerance(x, y, w1, b1, w2, b2):
    z, hidden, g = pieces(x, y, w1, b1, w2, b2)
    return assemble(x, hidden, g, np.outer(g, w2) * (z > 1e-6))


@wrong(fails="public elbows", says="compare with a difference quotient")
def central_differences(x, y, w1, b1, w2, b2):
    # In double precision even for float32 input, and coarse.
    args = [np.array(value, dtype=float) for value in (w1, b1, w2, b2)]
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    def loss():
        return np.mean((np.maximum(np.outer(x, args[0]) + args[1], 0) @ args[2] + args[3] - y) ** 2)

    gradients = []
    for part in args:
        gradient = np.zeros_like(part)
        for index in np.ndindex(part.shape):
            old = part[index]
            part[index] = old + 1e-5
            high = loss()
            part[index] = old - 1e-5
            gradient[index] = (high - loss()) / 2e-5
            part[index] = old
        gradients.append(gradient)
    return tuple(gradients)


@wrong(fails="trained", says="float32")
def half_precision_for_single(x, y, w1, b1, w2, b2):
    gradients = solution(x, y, w1, b1, w2, b2)
    return gradients if x.dtype == np.float64 else tuple(map(np.float16, gradients))


@right
def torch_autograd(x, y, w1, b1, w2, b2):
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    leaves = [torch.tensor(value, dtype=x.dtype, requires_grad=True) for value in (w1, b1, w2, b2)]
    w1, b1, w2, b2 = leaves
    torch.mean((torch.relu(x[:, None] * w1 + b1) @ w2 + b2 - y) ** 2).backward()
    return tuple(leaf.grad for leaf in leaves)


@right
def loop(x, y, w1, b1, w2, b2):
    n, g_w1, g_b1, g_w2, g_b2 = len(x), 0 * w1, 0 * b1, 0 * w2, 0.0
    for x_i, y_i in zip(x, y, strict=True):
        z = w1 * x_i + b1
        active = z > 0
        g = 2 / n * (np.sum(w2[active] * z[active]) + b2 - y_i)
        g_b2 += g
        g_w2 = g_w2 + g * active * z
        g_b1 = g_b1 + g * active * w2
        g_w1 = g_w1 + g * active * w2 * x_i
    return g_w1, g_b1, g_w2, g_b2


@right
def einsum(x, y, w1, b1, w2, b2):
    z, hidden, g = pieces(x, y, w1, b1, w2, b2)
    active = (z > 0).astype(z.dtype)
    return (
        np.einsum("i,ij,j,i->j", g, active, w2, x),
        np.einsum("i,ij,j->j", g, active, w2),
        np.einsum("i,ij->j", g, hidden),
        np.einsum("i->", g),
    )


@right
def list_of_four(x, y, w1, b1, w2, b2):
    return list(solution(x, y, w1, b1, w2, b2))


@right
def single_precision(x, y, w1, b1, w2, b2):
    z = (np.outer(x, w1) + b1).astype(np.float32)
    hidden = np.maximum(z, 0)
    g = np.float32(2 / len(x)) * (hidden @ w2.astype(np.float32) + np.float32(b2) - np.float32(y))
    g_z = np.outer(g, w2).astype(np.float32) * (z > 0)
    return x.astype(np.float32) @ g_z, g_z.sum(axis=0), g @ hidden, np.array(g.sum())
