import math

import numpy as np
import torch

from . import right, wrong

N = 5  # as many points as the public test has


@wrong(fails="public sizes values steps", names="step no x")
def without_x(theta, x, y, step_size):
    return theta - step_size * 2 * np.mean(theta * x - y)


@wrong(fails="public sizes values steps", names="ascent")
def ascent(theta, x, y, step_size):
    return theta + step_size * 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="step no two")
def without_the_two(theta, x, y, step_size):
    return theta - step_size * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="step sum")
def summed(theta, x, y, step_size):
    return theta - step_size * 2 * np.sum((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="step divided twice")
def divided_twice(theta, x, y, step_size):
    return theta - step_size * 2 * np.mean((theta * x - y) * x) / len(y)


@wrong(fails="public sizes values steps", names="step n minus one")
def divided_by_n_minus_one(theta, x, y, step_size):
    return theta - step_size * 2 * np.sum((theta * x - y) * x) / max(len(y) - 1, 1)


@wrong(fails="public sizes values steps", names="step size ignored")
def step_size_ignored(theta, x, y, step_size):
    return theta - 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="step size squared")
def step_size_squared(theta, x, y, step_size):
    return theta - step_size**2 * 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="change only")
def change_only(theta, x, y, step_size):
    return -step_size * 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="gradient")
def gradient(theta, x, y, step_size):
    return 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="two steps")
def two_steps(theta, x, y, step_size):
    for _ in range(2):
        theta = theta - step_size * 2 * np.mean((theta * x - y) * x)
    return theta


@wrong(fails="public sizes values steps", says="NameError")
def unknown_helper(theta, x, y, step_size):
    return theta - step_size * linear_grad(theta, x, y)  # noqa: F821


@wrong(fails="sizes", says="other numbers of points")
def hard_coded_size(theta, x, y, step_size):
    return theta - step_size * 2 * np.sum((theta * x - y) * x) / N


@wrong(fails="values", says="tiny")
def rounded(theta, x, y, step_size):
    return np.round(theta - step_size * 2 * np.mean((theta * x - y) * x), 7)


@wrong(fails="steps", says="step sizes")
def step_size_capped(theta, x, y, step_size):
    return theta - min(step_size, 1.0) * 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values steps", names="constant model")
def copied_from_the_constant_model(theta, x, y, step_size):
    return theta - step_size * 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="optimum")
def optimum(theta, x, y, step_size):
    return np.sum(x * y) / np.sum(x**2)


@wrong(fails="values", says="integers")
def residuals_in_an_array_like_y(theta, x, y, step_size):
    residuals = np.zeros_like(y)
    for i in range(len(y)):
        residuals[i] = theta * x[i] - y[i]
    return theta - step_size * 2 * np.mean(residuals * x)


@right
def loop(theta, x, y, step_size):
    slope = 0.0
    for i in range(len(x)):
        slope += 2 / len(x) * (theta * x[i] - y[i]) * x[i]
    return theta - step_size * slope


@right
def moments(theta, x, y, step_size):
    return theta - 2 * step_size * (theta * np.mean(x**2) - np.mean(x * y))


@right
def exact_sum(theta, x, y, step_size):
    pushes = [2 * (theta * a - b) * a for a, b in zip(x, y, strict=True)]
    return np.array(theta - step_size * math.fsum(pushes) / len(pushes))


@right
def torch_optimizer(theta, x, y, step_size):
    parameter = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    torch.mean((parameter * torch.as_tensor(x) - torch.as_tensor(y)) ** 2).backward()
    torch.optim.SGD([parameter], lr=step_size).step()
    return parameter


@right
def single_precision(theta, x, y, step_size):
    theta, x, y = np.float32(theta), x.astype(np.float32), y.astype(np.float32)
    return theta - np.float32(step_size) * 2 * np.mean((theta * x - y) * x)
