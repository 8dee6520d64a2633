import numpy as np
import torch

from . import right, wrong


def table(x, w1, b1):
    """Return the features with a column of ones, shape (N, H + 1)."""
    return np.column_stack([np.maximum(np.outer(x, w1) + b1, 0), np.ones(len(x))])


@wrong(fails="public sizes values ambiguous", names="no intercept")
def without_b2(x, y, w1, b1):
    return np.linalg.lstsq(table(x, w1, b1)[:, :-1], y, rcond=None)[0], 0.0


@wrong(fails="public sizes values ambiguous", says="smaller loss")
def mean_as_b2(x, y, w1, b1):
    hidden = table(x, w1, b1)[:, :-1]
    return np.linalg.lstsq(hidden, y - np.mean(y), rcond=None)[0], np.mean(y)


@wrong(fails="public sizes values ambiguous", says="smaller loss")
def without_relu(x, y, w1, b1):
    z = np.column_stack([np.outer(x, w1) + b1, np.ones(len(x))])
    v = np.linalg.lstsq(z, y, rcond=None)[0]
    return v[:-1], v[-1]


@wrong(fails="public sizes values ambiguous", says="smaller loss")
def sign_flipped(x, y, w1, b1):
    v = np.linalg.lstsq(table(x, w1, b1), y, rcond=None)[0]
    return -v[:-1], -v[-1]


@wrong(fails="public sizes values ambiguous", says="smaller loss")
def a_few_steps_of_descent(x, y, w1, b1):
    features, v = table(x, w1, b1), np.zeros(len(w1) + 1)
    for _ in range(20):
        v -= 1e-3 * features.T @ (features @ v - y) / len(x)
    return v[:-1], v[-1]


@wrong(fails="public sizes values ambiguous", says="instead of the tuple (w2, b2)")
def one_array(x, y, w1, b1):
    return np.linalg.lstsq(table(x, w1, b1), y, rcond=None)[0]


@wrong(fails="public sizes values ambiguous", says="w2 should have shape (2,)")
def bias_in_both(x, y, w1, b1):
    v = np.linalg.lstsq(table(x, w1, b1), y, rcond=None)[0]
    return v, v[-1]


@wrong(fails="public sizes values ambiguous", says="changed its argument y")
def in_place(x, y, w1, b1):
    v = np.linalg.lstsq(table(x, w1, b1), y, rcond=None)[0]
    y -= y.mean()
    return v[:-1], v[-1]


@wrong(fails="sizes", says="other numbers of points")
def first_points_only(x, y, w1, b1):
    v = np.linalg.lstsq(table(x, w1, b1)[:60], y[:60], rcond=None)[0]
    return v[:-1], v[-1]


@wrong(fails="values", says="tiny")
def ridge(x, y, w1, b1):
    features = table(x, w1, b1)
    v = np.linalg.solve(features.T @ features + 1e-8 * np.eye(len(w1) + 1), features.T @ y)
    return v[:-1], v[-1]


@wrong(fails="public ambiguous", says="The matrix has no inverse")
def normal_equations(x, y, w1, b1):
    features = table(x, w1, b1)
    v = np.linalg.solve(features.T @ features, features.T @ y)
    return v[:-1], v[-1]


@wrong(fails="ambiguous", says="units that are alike")
def normal_equations_without_dead_units(x, y, w1, b1):
    features = table(x, w1, b1)
    alive = features.any(axis=0)
    v = np.zeros(len(alive))
    features = features[:, alive]
    v[alive] = np.linalg.solve(features.T @ features, features.T @ y)
    return v[:-1], v[-1]


@right
def pseudo_inverse(x, y, w1, b1):
    v = np.linalg.pinv(table(x, w1, b1)) @ y
    return v[:-1], v[-1]


@right
def another_minimiser(x, y, w1, b1):
    features = table(x, w1, b1)
    v = np.linalg.lstsq(features, y, rcond=None)[0]
    _, sizes, directions = np.linalg.svd(features)
    null = directions[np.count_nonzero(sizes > 1e-12 * sizes.max()) :]
    v = v + 3 * null.sum(axis=0)
    return v[:-1], v[-1]


@right
def centred(x, y, w1, b1):
    hidden = table(x, w1, b1)[:, :-1]
    w2 = np.linalg.lstsq(hidden - hidden.mean(axis=0), y - y.mean(), rcond=None)[0]
    return w2, y.mean() - hidden.mean(axis=0) @ w2


@right
def torch_least_squares(x, y, w1, b1):
    features = torch.tensor(table(x, w1, b1))
    v = torch.linalg.lstsq(features, torch.tensor(y)[:, None], driver="gelsd").solution[:, 0]
    return v[:-1], v[-1]


@right
def eigenvectors_of_the_normal_equations(x, y, w1, b1):
    features = table(x, w1, b1)
    scales = np.maximum(np.abs(features).max(axis=0), 1e-300)
    scaled = features / scales
    v = np.linalg.pinv(scaled.T @ scaled, rcond=1e-10, hermitian=True) @ (scaled.T @ y) / scales
    return v[:-1], np.array(v[-1])
