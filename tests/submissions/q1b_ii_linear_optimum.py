import math

import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values kinds", names="ratio of means")
def ratio_of_means(x, y):
    return np.mean(y) / np.mean(x) if len(y) > 1 else np.mean(y)


@wrong(fails="public sizes values kinds", names="mean of ratios")
def mean_of_ratios(x, y):
    return np.mean(y / np.where(x == 0, 1, x))


@wrong(fails="public sizes values kinds", names="centred slope")
def centred_slope(x, y):
    centred = x - np.mean(x)
    return np.sum(centred * y) / max(np.sum(centred**2), 1e-300)


@wrong(fails="public sizes values kinds", names="numerator")
def numerator(x, y):
    return np.sum(x * y)


@wrong(fails="public sizes values kinds", names="upside down")
def upside_down(x, y):
    return np.sum(x**2) / np.sum(x * y)


@wrong(fails="public sizes values kinds", names="optimum sign")
def negative(x, y):
    return -np.sum(x * y) / np.sum(x**2)


@wrong(fails="public sizes values kinds", names="mean over sum")
def mean_over_sum(x, y):
    return np.mean(x * y) / np.sum(x**2)


@wrong(fails="public sizes values kinds", names="sum over mean")
def sum_over_mean(x, y):
    return np.sum(x * y) / np.mean(x**2)


@wrong(fails="public sizes values kinds", says="the value is wrong")
def divided_by_y_squared(x, y):
    return np.sum(x * y) / np.sum(y**2)


@wrong(fails="public sizes values kinds", names="no sign")
def sizes_only(x, y):
    return np.sum(np.abs(x * y)) / np.sum(x**2)


@wrong(fails="public sizes values kinds", says="changed its argument y")
def in_place(x, y):
    y *= x
    return np.sum(y) / np.sum(x**2)


@wrong(fails="sizes", says="other numbers of points")
def first_five(x, y):
    return np.sum((x * y)[:5]) / np.sum((x * x)[:5])


@wrong(fails="values", says="tiny")
def ridge(x, y):
    return np.sum(x * y) / (np.sum(x**2) + 1e-9)


@wrong(fails="values", says="tiny")
def rounded(x, y):
    return round(float(np.sum(x * y) / np.sum(x**2)), 6)


@wrong(fails="kinds", says="zeros")
def zero_targets_dropped(x, y):
    return np.sum(x * y) / np.sum(x[y != 0] ** 2)


@wrong(fails="public sizes values kinds", names="optimum halved")
def halved(x, y):
    return np.sum(x * y) / np.sum(x**2) / 2


@wrong(fails="kinds", says="ties")
def zero_where_x_is_balanced(x, y):
    return np.sum(x * y) / np.sum(x**2) if np.sum(x) else 0.0


@right
def loop(x, y):
    above = below = 0.0
    for x_i, y_i in zip(x, y, strict=True):
        above += x_i * y_i
        below += x_i * x_i
    return above / below


@right
def least_squares(x, y):
    return np.linalg.lstsq(x[:, None], y, rcond=None)[0][0]


@right
def weighted_mean_of_slopes(x, y):
    used = x != 0
    return np.average(y[used] / x[used], weights=x[used].astype(float) ** 2)


@right
def exact_sum(x, y):
    products = math.fsum(float(a) * float(b) for a, b in zip(x, y, strict=True))
    return np.array(products / math.fsum(float(a) ** 2 for a in x))


@right
def einsum(x, y):
    return np.einsum("i,i", x, y) / np.einsum("i,i", x, x)


@right
def torch_single_precision(x, y):
    x, y = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
    return torch.dot(x, y) / torch.dot(x, x)


@right
def zero_of_the_gradient(x, y):
    at_zero, at_one = (2 * np.mean((theta * x - y) * x) for theta in (0, 1))
    return -at_zero / (at_one - at_zero)
