import math

import numpy as np
import torch

from . import right, wrong

N = 5  # as many points as the public test has


@wrong(fails="public sizes values kinds", names="no x")
def without_x(theta, x, y):
    return 2 * np.mean(theta * x - y)


@wrong(fails="public sizes values kinds", names="sign")
def prediction_and_target_swapped(theta, x, y):
    return 2 * np.mean((y - theta * x) * x)


@wrong(fails="public sizes values kinds", names="no two")
def without_the_two(theta, x, y):
    return np.mean((theta * x - y) * x)


@wrong(fails="public sizes values kinds", names="sum")
def summed(theta, x, y):
    return 2 * np.sum((theta * x - y) * x)


@wrong(fails="public sizes values kinds", names="divided twice")
def divided_twice(theta, x, y):
    return 2 * np.mean((theta * x - y) * x) / len(y)


@wrong(fails="public sizes values kinds", names="n minus one")
def divided_by_n_minus_one(theta, x, y):
    return 2 * np.sum((theta * x - y) * x) / max(len(y) - 1, 1)


@wrong(fails="public sizes values kinds", names="abs x")
def size_of_x(theta, x, y):
    return 2 * np.mean((theta * x - y) * np.abs(x))


@wrong(fails="public sizes values kinds", says="the value is wrong")
def product_of_means(theta, x, y):
    return 2 * np.mean(theta * x - y) * np.mean(x)


@wrong(fails="public sizes values kinds", names="times theta")
def theta_instead_of_x(theta, x, y):
    return 2 * np.mean((theta * x - y) * theta)


@wrong(fails="public sizes values kinds", names="not added up")
def not_added_up(theta, x, y):
    return 2 * (theta * x - y) * x / len(y)


@wrong(fails="public sizes values kinds", says="changed its argument x")
def in_place(theta, x, y):
    residual = theta * x - y
    x *= residual.astype(x.dtype)
    return 2 * np.mean(x)


@wrong(fails="sizes", says="other numbers of points")
def hard_coded_size(theta, x, y):
    return 2 * np.sum((theta * x - y) * x) / N


@wrong(fails="values", says="tiny")
def rounded(theta, x, y):
    return np.round(2 * np.mean((theta * x - y) * x), 6)


@wrong(fails="values", says="huge")
def clipped(theta, x, y):
    return np.clip(2 * np.mean((theta * x - y) * x), -1e5, 1e5)


@wrong(fails="kinds", says="zeros")
def averaged_over_nonzero_x(theta, x, y):
    return 2 * np.sum((theta * x - y) * x) / np.count_nonzero(x)


@wrong(fails="public sizes values kinds", names="constant model")
def copied_from_the_constant_model(theta, x, y):
    return 2 * np.mean(theta - y)


@wrong(fails="public sizes values kinds", names="no x, no two")
def without_x_and_without_the_two(theta, x, y):
    return np.mean(theta * x - y)


@right
def loop(theta, x, y):
    total = 0.0
    for x_i, y_i in zip(x, y, strict=True):
        total += 2 * (theta * x_i - y_i) * x_i
    return total / len(x)


@right
def moments(theta, x, y):
    return 2 * (theta * np.mean(x * x) - np.mean(x * y))


@right
def dot_product(theta, x, y):
    return np.array(2 / len(y) * np.dot(theta * x - y, x))


@right
def exact_sum(theta, x, y):
    return math.fsum(2 * (theta * a - b) * a for a, b in zip(x, y, strict=True)) / len(y)


@right
def torch_autograd(theta, x, y):
    parameter = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    torch.mean((parameter * torch.as_tensor(x) - torch.as_tensor(y)) ** 2).backward()
    return parameter.grad


@right
def single_precision(theta, x, y):
    x, y = x.astype(np.float32), y.astype(np.float32)
    return 2 * np.mean((np.float32(theta) * x - y) * x)


@right
def torch_that_refuses_integers(theta, x, y):
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    return torch.nn.functional.mse_loss(theta * x, y) * 0 + 2 * ((theta * x - y) @ x) / len(y)
