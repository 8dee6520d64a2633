import math
import statistics

import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values kinds", names="optimum sum")
def summed(y):
    return np.sum(y)


@wrong(fails="public sizes values kinds", names="median")
def median(y):
    return np.median(y)


@wrong(fails="public sizes values kinds", names="optimum sign")
def negative(y):
    return -np.mean(y)


@wrong(fails="public sizes values kinds", names="optimum n minus one")
def divided_by_n_minus_one(y):
    return np.sum(y) / max(len(y) - 1, 1)


@wrong(fails="public sizes values kinds", names="optimum divided twice")
def divided_twice(y):
    return np.mean(y) / len(y)


@wrong(fails="public sizes values kinds", names="upside down")
def upside_down(y):
    return len(y) / np.sum(y)


@wrong(fails="public sizes values kinds", says="the value is wrong")
def trimmed(y):
    return np.mean(np.sort(y)[1:-1]) if len(y) > 2 else np.mean(y)


@wrong(fails="public sizes values kinds", says="the value is wrong")
def midrange(y):
    return (y.min() + y.max()) / 2


@wrong(fails="public sizes values kinds", says="the value is wrong")
def mean_of_sizes(y):
    return np.mean(np.abs(y))


@wrong(fails="public sizes values kinds", says="changed its argument y")
def centred_in_place(y):
    mean = y.mean()
    y -= mean.astype(y.dtype)
    return mean


@wrong(fails="public sizes values kinds", says="array with shape (1,)")
def one_entry_array(y):
    return np.array([np.mean(y)])


@wrong(fails="sizes", says="other numbers of points")
def first_five(y):
    return np.mean(y[:5])


@wrong(fails="values", says="tiny")
def rounded(y):
    return np.round(np.mean(y), 8)


@wrong(fails="values", says="huge")
def clipped(y):
    return np.clip(np.mean(y), -1000, 1000)


@wrong(fails="kinds", says="zeros")
def zeros_dropped(y):
    return np.mean(y[y != 0])


@wrong(fails="public sizes values kinds", names="optimum doubled")
def doubled(y):
    return 2 * np.mean(y)


@wrong(fails="kinds", says="ties")
def repeated_neighbours_dropped(y):
    return np.mean([y_i for i, y_i in enumerate(y) if i == 0 or y_i != y[i - 1]])


@right
def loop(y):
    total = 0
    for y_i in y:
        total += y_i
    return total / len(y)


@right
def standard_library(y):
    return statistics.fmean(y)


@right
def exact_sum(y):
    return np.array(math.fsum(y) / y.size)


@right
def torch_tensor(y):
    return torch.as_tensor(y, dtype=torch.float32).mean()


@right
def least_squares(y):
    return np.linalg.lstsq(np.ones((len(y), 1)), y, rcond=None)[0][0]


@right
def running_mean(y):
    mean = 0.0
    for count, y_i in enumerate(y, start=1):
        mean += (y_i - mean) / count
    return mean
