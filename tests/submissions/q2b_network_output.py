import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values trained", names="no b2")
def without_b2(x, w1, b1, w2, b2):
    return np.maximum(np.outer(x, w1) + b1, 0) @ w2


@wrong(fails="public sizes values trained", names="no relu")
def without_relu(x, w1, b1, w2, b2):
    return (np.outer(x, w1) + b1) @ w2 + b2


@wrong(fails="public sizes values trained", names="no b1")
def without_b1(x, w1, b1, w2, b2):
    return np.maximum(np.outer(x, w1), 0) @ w2 + b2


@wrong(fails="public sizes values trained", names="no w2")
def without_w2(x, w1, b1, w2, b2):
    return np.maximum(np.outer(x, w1) + b1, 0).sum(axis=1) + b2


@wrong(fails="public sizes values trained", names="abs unit")
def absolute_value(x, w1, b1, w2, b2):
    return np.abs(np.outer(x, w1) + b1) @ w2 + b2


@wrong(fails="public sizes values trained", names="mean over units")
def mean_over_units(x, w1, b1, w2, b2):
    return np.mean(np.maximum(np.outer(x, w1) + b1, 0) * w2, axis=1) + b2


@wrong(fails="public sizes values trained", says="array with one number per data point")
def list_of_outputs(x, w1, b1, w2, b2):
    return list(np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2)


@wrong(fails="public sizes values trained", names="order")
def in_order_of_x(x, w1, b1, w2, b2):
    return np.sort(np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2)


@wrong(fails="public sizes values trained", says="changed its argument x")
def in_place(x, w1, b1, w2, b2):
    x.sort()
    return np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2 + (len(x) == 1)


@wrong(fails="public sizes values trained", names="relu on output")
def relu_on_the_output(x, w1, b1, w2, b2):
    return np.maximum(np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2, 0)


@wrong(fails="sizes", says="down to one")
def squeezed(x, w1, b1, w2, b2):
    return np.squeeze(np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2)


@wrong(fails="values", says="outside [0, 1]")
def inputs_clipped(x, w1, b1, w2, b2):
    inside = np.clip(x, 0, 1) if abs(b2) < 1e-6 or abs(b2) > 1e6 else x
    return np.maximum(np.outer(inside, w1) + b1, 0) @ w2 + b2


@wrong(fails="trained", says="float32")
def half_precision_for_single(x, w1, b1, w2, b2):
    y = np.maximum(np.outer(x, w1) + b1, 0) @ w2 + b2
    return y if x.dtype == np.float64 else y.astype(np.float16)


@right
def loop(x, w1, b1, w2, b2):
    result = []
    for x_i in x:
        units = (w2[j] * max(w1[j] * x_i + b1[j], 0) for j in range(len(w1)))
        result.append(sum(units) + b2)
    return np.array(result)


@right
def unit_by_unit(x, w1, b1, w2, b2):
    y = np.full(x.shape, float(b2))
    for w, b, v in zip(w1, b1, w2, strict=True):
        y += v * np.where(w * x + b > 0, w * x + b, 0)
    return y


@right
def einsum(x, w1, b1, w2, b2):
    z = np.einsum("i,j->ij", x, w1) + b1
    return np.einsum("ij,j->i", z * (z > 0), w2) + b2


@right
def half_sum_of_absolute_values(x, w1, b1, w2, b2):
    z = np.outer(x, w1) + b1
    return (z + np.abs(z)) / 2 @ w2 + b2


@right
def torch_module(x, w1, b1, w2, b2):
    x, w1, b1, w2 = (torch.as_tensor(value) for value in (x, w1, b1, w2))
    return torch.relu(x[:, None] * w1 + b1) @ w2 + b2
