import math

import numpy as np
import torch

from . import right, wrong

N = 5  # as many points as the public test has


@wrong(fails="public sizes values kinds", names="sign")
def prediction_and_target_swapped(theta, y):
    return 2 * np.mean(y - theta)


@wrong(fails="public sizes values kinds", names="no two")
def without_the_two(theta, y):
    return np.mean(theta - y)


@wrong(fails="public sizes values kinds", names="sum")
def summed(theta, y):
    return 2 * np.sum(theta - y)


@wrong(fails="public sizes values kinds", names="divided twice")
def divided_twice(theta, y):
    return 2 * np.mean(theta - y) / len(y)


@wrong(fails="public sizes values kinds", names="n minus one")
def divided_by_n_minus_one(theta, y):
    return 2 * np.sum(theta - y) / max(len(y) - 1, 1)


@wrong(fails="public sizes values kinds", names="two twice")
def two_twice(theta, y):
    return 4 * np.mean(theta - y)


@wrong(fails="public sizes values kinds", names="sign, no two")
def sign_and_two(theta, y):
    return np.mean(y - theta)


@wrong(fails="public sizes values kinds", says="the value is wrong")
def absolute_error(theta, y):
    return np.mean(np.sign(theta - y))


@wrong(fails="public sizes values kinds", names="not added up")
def not_added_up(theta, y):
    return 2 * (theta - y) / len(y)


@wrong(fails="public sizes values kinds", says="changed its argument y")
def in_place(theta, y):
    y -= theta
    return -2 * np.mean(y)


@wrong(fails="public sizes values kinds", says="changed its argument y")
def sorted_in_place(theta, y):
    y.sort()
    return 2 * np.mean(theta - y)


@wrong(fails="public sizes values kinds", says="returned None")
def printed(theta, y):
    print(2 * np.mean(theta - y))


@wrong(fails="public sizes values kinds", says="returned str")
def as_text(theta, y):
    return str(2 * np.mean(theta - y))


@wrong(fails="public sizes values kinds", says="NameError: name 'thetta' is not defined")
def misspelt(theta, y):
    return 2 * np.mean(thetta - y)  # noqa: F821


@wrong(fails="public sizes values kinds", says="not a finite number")
def divided_by_zero(theta, y):
    return 2 * np.mean(theta - y) * np.float64(math.inf)


@wrong(fails="sizes", says="other numbers of points")
def hard_coded_size(theta, y):
    return 2 * np.sum(theta - y) / N


@wrong(fails="values", says="tiny")
def rounded(theta, y):
    return round(2 * np.mean(theta - y), 6)


@wrong(fails="kinds", says="ties")
def ties_dropped(theta, y):
    return 2 * (theta - np.mean(np.unique(y)))


@wrong(fails="kinds", says="integers")
def cast_to_dtype_of_y(theta, y):
    return y.dtype.type(2 * np.mean(theta - y))


@wrong(fails="public sizes values kinds", names="loss")
def loss(theta, y):
    return np.mean((theta - y) ** 2)


@right
def loop(theta, y):
    total = 0.0
    for y_i in y:
        total += 2 * (theta - y_i)
    return total / len(y)


@right
def exact_sum(theta, y):
    return 2 * (theta - math.fsum(y) / len(y))


@right
def zero_dimensional_array(theta, y):
    return np.array(2 * theta - 2 * y.mean())


@right
def torch_autograd(theta, y):
    parameter = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    torch.mean((parameter - torch.tensor(y, dtype=torch.float64)) ** 2).backward()
    return parameter.grad


@right
def single_precision(theta, y):
    return np.float32(2) * np.mean(np.float32(theta) - y.astype(np.float32))


@right
def torch_that_refuses_integers(theta, y):
    return 2 * (theta - torch.from_numpy(y).mean())
