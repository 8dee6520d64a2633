import math

import numpy as np
import torch

from . import right, wrong

N = 5  # as many points as the public test has


@wrong(fails="public sizes values steps", names="ascent")
def ascent(theta, y, step_size):
    return theta + step_size * 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="step no two")
def without_the_two(theta, y, step_size):
    return theta - step_size * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="step two twice")
def two_twice(theta, y, step_size):
    return theta - 4 * step_size * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="step sum")
def summed(theta, y, step_size):
    return theta - step_size * 2 * np.sum(theta - y)


@wrong(fails="public sizes values steps", names="step divided twice")
def divided_twice(theta, y, step_size):
    return theta - step_size * 2 * np.mean(theta - y) / len(y)


@wrong(fails="public sizes values steps", names="step n minus one")
def divided_by_n_minus_one(theta, y, step_size):
    return theta - step_size * 2 * np.sum(theta - y) / max(len(y) - 1, 1)


@wrong(fails="public sizes values steps", names="step size ignored")
def step_size_ignored(theta, y, step_size):
    return theta - 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="step size squared")
def step_size_squared(theta, y, step_size):
    return theta - step_size**2 * 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="change only")
def change_only(theta, y, step_size):
    return -step_size * 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="gradient")
def gradient(theta, y, step_size):
    return 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="unchanged")
def assigned_to_another_name(theta, y, step_size):
    new_theta = theta - step_size * 2 * np.mean(theta - y)  # noqa: F841
    return theta


@wrong(fails="public sizes values steps", names="two steps")
def two_steps(theta, y, step_size):
    for _ in range(2):
        theta = theta - step_size * 2 * np.mean(theta - y)
    return theta


@wrong(fails="public sizes values steps", names="ascent, step no two")
def ascent_without_the_two(theta, y, step_size):
    return theta + step_size * np.mean(theta - y)


@wrong(fails="public sizes values steps", says="the value is wrong")
def one_point_after_the_other(theta, y, step_size):
    for y_i in y:
        theta = theta - step_size * 2 * (theta - y_i) / len(y)
    return theta


@wrong(fails="sizes", says="other numbers of points")
def hard_coded_size(theta, y, step_size):
    return theta - step_size * 2 * np.sum(theta - y) / N


@wrong(fails="values", says="tiny")
def rounded(theta, y, step_size):
    return round(theta - step_size * 2 * float(np.mean(theta - y)), 7)


@wrong(fails="steps", says="step sizes")
def step_size_capped(theta, y, step_size):
    return theta - min(step_size, 1.0) * 2 * np.mean(theta - y)


@wrong(fails="public sizes values steps", names="optimum")
def optimum(theta, y, step_size):
    return np.mean(y)


@wrong(fails="public sizes values steps", names="decrement")
def decrement(theta, y, step_size):
    return step_size * 2 * np.mean(theta - y)


@wrong(fails="values", says="integers")
def residuals_in_an_array_like_y(theta, y, step_size):
    residuals = np.zeros_like(y)
    for i, y_i in enumerate(y):
        residuals[i] = theta - y_i
    return theta - step_size * 2 * np.mean(residuals)


@right
def loop(theta, y, step_size):
    slope = sum(2 * (theta - y_i) for y_i in y) / len(y)
    return theta - step_size * slope


@right
def towards_the_mean(theta, y, step_size):
    return (1 - 2 * step_size) * theta + 2 * step_size * np.average(y)


@right
def exact_sum(theta, y, step_size):
    return theta - step_size * math.fsum(2 * (theta - y_i) for y_i in y) / len(y)


@right
def torch_optimizer(theta, y, step_size):
    parameter = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    torch.mean((parameter - torch.as_tensor(y)) ** 2).backward()
    torch.optim.SGD([parameter], lr=step_size).step()
    return parameter


@right
def single_precision(theta, y, step_size):
    slope = 2 * np.mean(np.float32(theta) - np.float32(y))
    return np.array(theta - step_size * slope, dtype=np.float32)
