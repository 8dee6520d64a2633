import numpy as np
import torch

from . import right, wrong

x = np.arange(12.0)  # what a notebook has lying around


@wrong(fails="public values steps", names="step no x")
def without_x(theta, x_i, y_i, step_size):
    return theta - 2 * step_size * (theta * x_i - y_i)


@wrong(fails="public values steps", names="ascent")
def ascent(theta, x_i, y_i, step_size):
    return theta + 2 * step_size * (theta * x_i - y_i) * x_i


@wrong(fails="public values steps", names="step no two")
def without_the_two(theta, x_i, y_i, step_size):
    return theta - step_size * (theta * x_i - y_i) * x_i


@wrong(fails="public values steps", names="sgd average")
def averaged(theta, x_i, y_i, step_size):
    return theta - step_size * 2 / len(x) * (theta * x_i - y_i) * x_i


@wrong(fails="public values steps", names="step size ignored")
def step_size_ignored(theta, x_i, y_i, step_size):
    return theta - 2 * (theta * x_i - y_i) * x_i


@wrong(fails="public values steps", names="step size squared")
def step_size_squared(theta, x_i, y_i, step_size):
    return theta - 2 * step_size**2 * (theta * x_i - y_i) * x_i


@wrong(fails="public values steps", names="two steps")
def two_steps(theta, x_i, y_i, step_size):
    for _ in range(2):
        theta = theta - 2 * step_size * (theta * x_i - y_i) * x_i
    return theta


@wrong(
    fails="public values steps",
    names="abs x",
)
def size_of_x(theta, x_i, y_i, step_size):
    return theta - 2 * step_size * (theta * x_i - y_i) * abs(x_i)


@wrong(fails="public values steps", says="Keep the parameters")
def wrong_signature(theta, x_i, y_i):
    return theta


@wrong(fails="public values steps", names="no sign")
def only_upwards(theta, x_i, y_i, step_size):
    return theta + 2 * step_size * abs((theta * x_i - y_i) * x_i)


@wrong(fails="values", says="tiny")
def rounded(theta, x_i, y_i, step_size):
    return round(float(theta - 2 * step_size * (theta * x_i - y_i) * x_i), 7)


@wrong(fails="steps", says="step sizes")
def step_size_capped(theta, x_i, y_i, step_size):
    return theta - 2 * min(step_size, 1) * (theta * x_i - y_i) * x_i


@wrong(fails="public values steps", names="constant model")
def copied_from_the_constant_model(theta, x_i, y_i, step_size):
    return theta - 2 * step_size * (theta - y_i)


@wrong(fails="values", says="negative")
def result_like_theta(theta, x_i, y_i, step_size):
    return type(theta)(theta - 2 * step_size * (theta * x_i - y_i) * x_i)


@right
def expanded(theta, x_i, y_i, step_size):
    return theta * (1 - 2 * step_size * x_i**2) + 2 * step_size * x_i * y_i


@right
def zero_dimensional_array(theta, x_i, y_i, step_size):
    return np.array(theta - step_size * 2 * (theta * x_i - y_i) * x_i)


@right
def torch_optimizer(theta, x_i, y_i, step_size):
    parameter = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    ((parameter * float(x_i) - float(y_i)) ** 2).backward()
    torch.optim.SGD([parameter], lr=step_size).step()
    return parameter.detach()


@right
def single_precision(theta, x_i, y_i, step_size):
    residual = np.float32(theta) * np.float32(x_i) - np.float32(y_i)
    return np.float32(theta) - np.float32(2 * step_size) * residual * np.float32(x_i)
