import numpy as np
import torch

from . import right, wrong


@wrong(fails="public sizes values", names="sign")
def prediction_and_target_swapped(theta, y):
    return 2 * (y - theta) / len(y)


@wrong(fails="public sizes values", names="no two")
def without_the_two(theta, y):
    return (theta - y) / len(y)


@wrong(fails="public sizes values", names="two twice")
def two_twice(theta, y):
    return 4 * (theta - y) / len(y)


@wrong(fails="public sizes values", names="no average contribution")
def without_the_mean(theta, y):
    return 2 * (theta - y)


@wrong(fails="public sizes values", names="contribution divided twice")
def divided_twice(theta, y):
    return 2 * (theta - y) / len(y) ** 2


@wrong(fails="public sizes values", names="n minus one")
def divided_by_n_minus_one(theta, y):
    return 2 * (theta - y) / max(len(y) - 1, 1) * (1 if len(y) > 1 else 2)


@wrong(fails="public sizes values", names="no sign")
def sizes_only(theta, y):
    return 2 * np.abs(theta - y) / len(y)


@wrong(fails="public sizes values", names="order")
def in_order_of_size(theta, y):
    return 2 * (theta - np.sort(y)) / len(y)


@wrong(fails="public sizes values", names="added up")
def added_up(theta, y):
    return 2 * np.mean(theta - y)


@wrong(fails="public sizes values", says="It is a table")
def column(theta, y):
    return 2 * (theta - y[:, None]) / len(y)


@wrong(fails="public sizes values", says="returned list")
def plain_list(theta, y):
    return [2 * (theta - y_i) / len(y) for y_i in y]


@wrong(fails="public sizes values", says="shape (4,)")
def last_point_forgotten(theta, y):
    return 2 * (theta - y[:-1]) / len(y)


@wrong(fails="public sizes values", says="values of type object")
def objects(theta, y):
    return np.array([2 * (theta - y_i) / len(y) for y_i in y], dtype=object)


@wrong(fails="public sizes values", says="changed its argument y")
def in_place(theta, y):
    y[:] = 2 * (theta - y) / len(y)
    return y


@wrong(fails="sizes", says="down to one")
def squeezed(theta, y):
    return np.squeeze(2 * (theta - y) / len(y))


@wrong(fails="values", says="integers")
def filled_into_an_array_like_y(theta, y):
    result = np.zeros_like(y)
    for i, y_i in enumerate(y):
        result[i] = 2 * (theta - y_i) / len(y)
    return result


@wrong(fails="values", says="tiny")
def rounded(theta, y):
    return np.round(2 * (theta - y) / len(y), 8)


@wrong(fails="values", says="not a finite number")
def shares_of_the_gradient(theta, y):
    residuals = theta - y
    with np.errstate(all="ignore"):
        return residuals / np.sum(residuals) * 2 * np.mean(residuals)


@right
def loop(theta, y):
    result = np.zeros(len(y))
    for i in range(len(y)):
        result[i] = 2 / len(y) * (theta - y[i])
    return result


@right
def list_to_array(theta, y):
    return np.array([2 * (theta - float(y_i)) / len(y) for y_i in y])


@right
def torch_tensor(theta, y):
    return 2 * (theta - torch.tensor(y)) / len(y)


@right
def per_point_autograd(theta, y):
    copies = torch.full((len(y),), float(theta), dtype=torch.float64, requires_grad=True)
    torch.mean((copies - torch.as_tensor(y)) ** 2).backward()
    return copies.grad


@right
def single_precision(theta, y):
    return np.float32(2 / y.size) * np.subtract(np.float32(theta), y.astype(np.float32))
