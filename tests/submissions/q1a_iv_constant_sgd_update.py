import numpy as np
import torch

from . import right, wrong

y = np.arange(12.0)  # what a notebook has lying around


@wrong(fails="public values steps", names="ascent")
def ascent(theta, y_i, step_size):
    return theta + 2 * step_size * (theta - y_i)


@wrong(fails="public values steps", names="step no two")
def without_the_two(theta, y_i, step_size):
    return theta - step_size * (theta - y_i)


@wrong(fails="public values steps", names="sgd average")
def averaged(theta, y_i, step_size):
    return theta - step_size * 2 / len(y) * (theta - y_i)


@wrong(fails="public values steps", names="step size ignored")
def step_size_ignored(theta, y_i, step_size):
    return theta - 2 * (theta - y_i)


@wrong(fails="public values steps", names="step size squared")
def step_size_squared(theta, y_i, step_size):
    return theta - 2 * step_size**2 * (theta - y_i)


@wrong(fails="public values steps", names="change only")
def change_only(theta, y_i, step_size):
    return -2 * step_size * (theta - y_i)


@wrong(fails="public values steps", names="two steps")
def two_steps(theta, y_i, step_size):
    for _ in range(2):
        theta = theta - 2 * step_size * (theta - y_i)
    return theta


@wrong(fails="public values steps", says="TypeError")
def wants_an_array(theta, y_i, step_size):
    return theta - step_size * 2 * sum(theta - y_i) / len(y_i)


@wrong(fails="public values steps", says="array with shape (12,)")
def takes_the_whole_data(theta, y_i, step_size):
    return theta - 2 * step_size * (theta - y)


@wrong(fails="values steps", says="negative")
def only_upwards(theta, y_i, step_size):
    return theta + 2 * step_size * abs(theta - y_i)


@wrong(fails="values", says="tiny")
def rounded(theta, y_i, step_size):
    return round(float(theta - 2 * step_size * (theta - y_i)), 7)


@wrong(fails="steps", says="step sizes")
def step_size_capped(theta, y_i, step_size):
    return theta - 2 * min(step_size, 1) * (theta - y_i)


@wrong(fails="public values steps", names="optimum")
def jump_to_the_target(theta, y_i, step_size):
    return y_i


@wrong(fails="values", says="a target of zero")
def zero_taken_for_missing(theta, y_i, step_size):
    return theta - 2 * step_size * (theta - y_i) if y_i else theta


@right
def weighted_mean(theta, y_i, step_size):
    return (1 - 2 * step_size) * theta + 2 * step_size * y_i


@right
def zero_dimensional_array(theta, y_i, step_size):
    return np.array(theta) + step_size * 2 * np.subtract(y_i, theta)


@right
def torch_optimizer(theta, y_i, step_size):
    parameter = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    ((parameter - float(y_i)) ** 2).backward()
    torch.optim.SGD([parameter], lr=step_size).step()
    return parameter.detach()


@right
def single_precision(theta, y_i, step_size):
    return np.float32(theta) - np.float32(2 * step_size) * (np.float32(theta) - np.float32(y_i))
