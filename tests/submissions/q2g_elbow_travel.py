import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values trained", names="signed travel")
def signed(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return elbows[-1] - elbows[0]


@wrong(fails="public sizes values trained", names="length of the way")
def length_of_the_way(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.sum(np.abs(np.diff(elbows, axis=0)), axis=0)


@wrong(fails="public sizes values trained", names="one step")
def first_step(w1_history, b1_history):
    elbows = -b1_history[:2] / w1_history[:2]
    return np.abs(elbows[-1] - elbows[0])


@wrong(fails="public sizes values trained", names="distance of weights")
def differences_first(w1_history, b1_history):
    b1, w1 = b1_history[-1] - b1_history[0], w1_history[-1] - w1_history[0]
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.abs(b1 / w1), posinf=1e6)


@wrong(fails="public sizes values trained", names="distance of weights")
def biases_only(w1_history, b1_history):
    return np.abs(b1_history[-1] - b1_history[0]) + (len(b1_history) == 1)


@wrong(fails="public sizes values trained", says="the value is wrong")
def squared(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return (elbows[-1] - elbows[0]) ** 2


@wrong(fails="public sizes values trained", names="order")
def in_order_of_distance(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.sort(np.abs(elbows[-1] - elbows[0])) + 1e-3 * (len(w1_history) == 2)


@wrong(fails="public sizes values trained", says="shape (3,)")
def total(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.sum(np.abs(elbows[-1] - elbows[0]))


@wrong(fails="public sizes values trained", says="the value is wrong")
def span(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.ptp(elbows, axis=0)


@wrong(fails="sizes", says="down to one")
def squeezed(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.squeeze(np.abs(elbows[-1] - elbows[0]))


@wrong(fails="values", says="huge distances")
def capped(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.minimum(np.abs(elbows[-1] - elbows[0]), 5000.0)


@wrong(fails="trained", says="runs that come with the homework")
def half_precision_for_single(w1_history, b1_history):
    kind = np.float64 if w1_history.dtype == np.float64 else np.float16
    elbows = -b1_history.astype(kind) / w1_history.astype(kind)
    return np.abs(elbows[-1] - elbows[0])


@right
def loop(w1_history, b1_history):
    first, last = (w1_history[0], b1_history[0]), (w1_history[-1], b1_history[-1])
    distances = []
    for w, b, v, c in zip(*first, *last, strict=True):
        distances.append(abs(-c / v + b / w))
    return np.array(distances)


@right
def over_the_whole_history(w1_history, b1_history):
    elbows = -b1_history / w1_history
    return np.abs(elbows[-1] - elbows[0])


@right
def norm(w1_history, b1_history):
    ends = b1_history[[0, -1]] / w1_history[[0, -1]]
    return np.linalg.norm(np.diff(ends, axis=0), axis=0)


@right
def torch_tensor(w1_history, b1_history):
    elbows = -torch.tensor(b1_history) / torch.tensor(w1_history)
    return (elbows[-1] - elbows[0]).abs()


@right
def common_denominator(w1_history, b1_history):
    (w, v), (b, c) = w1_history[[0, -1]], b1_history[[0, -1]]
    return np.abs(b * v - c * w) / np.abs(w * v)
