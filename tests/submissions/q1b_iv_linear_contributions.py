import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values", names="no x")
def without_x(theta, x, y):
    return 2 * (theta * x - y) / len(y)


@wrong(fails="public sizes values", names="sign")
def prediction_and_target_swapped(theta, x, y):
    return 2 * (y - theta * x) * x / len(y)


@wrong(fails="public sizes values", names="no two")
def without_the_two(theta, x, y):
    return (theta * x - y) * x / len(y)


@wrong(fails="public sizes values", names="no average contribution")
def without_the_mean(theta, x, y):
    return 2 * (theta * x - y) * x


@wrong(fails="public sizes values", names="contribution divided twice")
def divided_twice(theta, x, y):
    return 2 * (theta * x - y) * x / len(y) ** 2


@wrong(fails="public sizes values", names="no sign")
def sizes_only(theta, x, y):
    return np.abs(2 * (theta * x - y) * x / len(y))


@wrong(fails="public sizes values", names="abs x")
def size_of_x(theta, x, y):
    return 2 * (theta * x - y) * np.abs(x) / len(y)


@wrong(fails="public sizes values", names="order")
def in_order_of_x(theta, x, y):
    order = np.argsort(x)
    return (2 * (theta * x - y) * x / len(y))[order]


@wrong(fails="public sizes values", names="added up")
def added_up(theta, x, y):
    return 2 * np.mean((theta * x - y) * x)


@wrong(fails="public sizes values", says="It is a table")
def table(theta, x, y):
    return 2 * (theta * x[:, None] - y) * x / len(y)


@wrong(fails="public sizes values", says="returned tuple")
def as_tuple(theta, x, y):
    return tuple(2 * (theta * x - y) * x / len(y))


@wrong(fails="public sizes values", says="changed its argument y")
def in_place(theta, x, y):
    y -= (theta * x).astype(y.dtype)
    return -2 * y * x / len(y)


@wrong(fails="sizes", says="down to one")
def squeezed(theta, x, y):
    return np.squeeze(2 * (theta * x - y) * x / len(y))


@wrong(fails="values", says="integers")
def filled_into_an_array_like_x(theta, x, y):
    result = np.empty_like(x)
    result[:] = (2 * (theta * x - y) * x / len(y)).astype(x.dtype)
    return result


@wrong(fails="values", says="tiny")
def rounded(theta, x, y):
    return np.round(2 * (theta * x - y) * x / len(y), 9)


@wrong(fails="values", says="ties")
def points_with_equal_x_merged(theta, x, y):
    target = dict(zip(x.tolist(), y.tolist(), strict=True))
    return np.array([2 * (theta * x_i - target[x_i]) * x_i / len(x) for x_i in x.tolist()])


@right
def loop(theta, x, y):
    result = []
    for x_i, y_i in zip(x, y, strict=True):
        result.append(2 / len(x) * (theta * x_i - y_i) * x_i)
    return np.array(result)


@right
def expanded(theta, x, y):
    return (2 * theta * x**2 - 2 * x * y) / x.size


@right
def torch_tensor(theta, x, y):
    x, y = torch.tensor(x), torch.tensor(y)
    return 2 * (theta * x - y) * x / len(y)


@right
def per_point_autograd(theta, x, y):
    copies = torch.full((len(y),), float(theta), dtype=torch.float64, requires_grad=True)
    torch.mean((copies * torch.as_tensor(x) - torch.as_tensor(y)) ** 2).backward()
    return copies.grad


@right
def single_precision(theta, x, y):
    x, y = x.astype(np.float32), y.astype(np.float32)
    return np.float32(2 / len(y)) * (np.float32(theta) * x - y) * x
