"""The data of part 2: a jagged target on [0, 1], and noisy samples of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

KNOTS = np.linspace(0.0, 1.0, 11)
# As good as random: sin(12345 k) for k = 0 to 10. Written out, because the last digit of a sine is
# not the same on every machine, and all data and runs depend on it.
HEIGHTS = np.array(
    [
        0.0,
        -0.9937716364556811,
        -0.22148344838437697,
        0.9444092717949318,
        0.4319654288817627,
        -0.8481364569329675,
        -0.6209909356390173,
        0.709735229935477,
        0.7791707431515639,
        -0.5360802203309418,
        -0.8986477854155375,
    ]
)


class Dataset(NamedTuple):
    """Training and test data, all 1-D float arrays."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def target(x: np.ndarray | float) -> np.ndarray:
    """Return the function to learn at each x in [0, 1], same shape as ``x``.

    It is linear between the knots 0, 0.1, ..., 1 and has the value sin(12345 k) at knot k.
    """
    return np.asarray(np.interp(x, KNOTS, HEIGHTS))


def make_dataset(n_samples: int = 200, noise: float = 0.1, seed: int = 1) -> Dataset:
    """Draw training data around the target; the test data are the target itself.

    Args:
        n_samples: number of training points; their x are uniform on [0, 1].
        noise: standard deviation of the normal noise on y.
        seed: of the generator that draws both.

    Returns:
        training data of shape (n_samples,), and 1000 evenly spaced noise-free test points.

    Raises:
        ValueError: ``n_samples`` is below 1, or ``noise`` is negative or not finite.
    """
    if not n_samples >= 1:
        raise ValueError(f"n_samples must be >= 1, got {n_samples}")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a finite number >= 0, got {noise}")
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.0, 1.0, n_samples)
    y = target(x) + noise * rng.standard_normal(n_samples)
    x_test = np.linspace(0.0, 1.0, 1000)
    return Dataset(x, y, x_test, target(x_test))
