import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values trained", names="mask missing")
def without_mask(x, w1, b1, w2):
    return np.full(x.shape, np.sum(w1 * w2))


@wrong(fails="public sizes values trained", names="mask from w1")
def mask_from_w1(x, w1, b1, w2):
    return np.full(x.shape, np.sum((w1 * w2)[w1 > 0]))


@wrong(fails="public sizes values trained", names="mask from w2")
def mask_from_w2(x, w1, b1, w2):
    return np.full(x.shape, np.sum((w1 * w2)[w2 > 0]))


@wrong(fails="public sizes values trained", names="mask from elbow")
def right_of_the_elbow(x, w1, b1, w2):
    with np.errstate(all="ignore"):
        return (x[:, None] > -b1 / w1) @ (w1 * w2)


@wrong(fails="public sizes values trained", names="mask inverted")
def mask_inverted(x, w1, b1, w2):
    return (np.outer(x, w1) + b1 < 0) @ (w1 * w2)


@wrong(fails="public sizes values trained", names="no w2")
def without_w2(x, w1, b1, w2):
    return (np.outer(x, w1) + b1 > 0) @ w1


@wrong(fails="public sizes values trained", says="the value is wrong")
def without_w1(x, w1, b1, w2):
    return (np.outer(x, w1) + b1 > 0) @ w2


@wrong(fails="public sizes values trained", names="curve sign")
def negative(x, w1, b1, w2):
    return -((np.outer(x, w1) + b1 > 0) @ (w1 * w2))


@wrong(fails="public sizes values trained", says="the value is wrong")
def size_of_w1(x, w1, b1, w2):
    return (np.outer(x, w1) + b1 > 0) @ (np.abs(w1) * w2)


@wrong(fails="public sizes values trained", says="It is a table")
def per_unit(x, w1, b1, w2):
    return (np.outer(x, w1) + b1 > 0) * (w1 * w2)


@wrong(fails="sizes", says="down to one")
def squeezed(x, w1, b1, w2):
    return np.squeeze((np.outer(x, w1) + b1 > 0) @ (w1 * w2))


@wrong(fails="values", says="close to an elbow")
def finite_differences(x, w1, b1, w2):
    x, w1, b1, w2 = (np.asarray(value, dtype=float) for value in (x, w1, b1, w2))
    step = 1e-5
    high, low = (np.maximum(np.outer(x + s, w1) + b1, 0) @ w2 for s in (step, -step))
    return (high - low) / (2 * step)


@wrong(fails="trained", says="float32")
def half_precision_for_single(x, w1, b1, w2):
    slopes = (np.outer(x, w1) + b1 > 0) @ (w1 * w2)
    return slopes if x.dtype == np.float64 else slopes.astype(np.float16)


@right
def loop(x, w1, b1, w2):
    slopes = np.zeros(len(x))
    for i, x_i in enumerate(x):
        for w, b, v in zip(w1, b1, w2, strict=True):
            if w * x_i + b > 0:
                slopes[i] += v * w
    return slopes


@right
def heaviside(x, w1, b1, w2):
    return np.heaviside(np.outer(x, w1) + b1, 0.0) @ (w1 * w2)


@right
def einsum(x, w1, b1, w2):
    active = (np.multiply.outer(x, w1) + b1 >= 0).astype(float)
    return np.einsum("ij,j,j->i", active, w1, w2)


@right
def torch_autograd(x, w1, b1, w2):
    x = torch.tensor(x, requires_grad=True)
    w1, b1, w2 = (torch.as_tensor(value) for value in (w1, b1, w2))
    (torch.relu(x[:, None] * w1 + b1) @ w2).sum().backward()
    return x.grad


@right
def which_side_of_the_elbow(x, w1, b1, w2):
    slopes = np.zeros(x.shape)
    for w, b, v in zip(w1, b1, w2, strict=True):
        if w:
            slopes += np.where((x > -b / w) == (w > 0), v * w, 0.0)
    return slopes
