"""One-hidden-layer ReLU networks on a scalar input, evaluated layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .environment import without

if TYPE_CHECKING:
    from torch import nn


class Params(NamedTuple):
    """The parameters of a network with H hidden units.

    Unit j contributes ``w2[j] * relu(w1[j] * x + b1[j])``; ``b2`` is added to the sum.
    """

    w1: np.ndarray  # (H,)
    b1: np.ndarray  # (H,)
    w2: np.ndarray  # (H,)
    b2: float


def init_params(width: int, seed: int = 0) -> Params:
    """Draw initial parameters: elbows spread over [0, 1], slopes of both signs.

    ``w1`` is uniform on (-1, 1), the elbows uniform on [0, 1] (which fixes ``b1``), ``w2`` and
    ``b2`` uniform on +-1/sqrt(H), as in PyTorch.

    Args:
        width: number H of hidden units.
        seed: of the generator that draws.

    Raises:
        ValueError: ``width`` is below 1.
    """
    if not width >= 1:
        raise ValueError(f"width must be >= 1, got {width}")
    rng = np.random.default_rng(seed)
    w1 = rng.uniform(-1.0, 1.0, width)
    b1 = -w1 * rng.uniform(0.0, 1.0, width)
    bound = 1.0 / np.sqrt(width)
    return Params(w1, b1, rng.uniform(-bound, bound, width), float(rng.uniform(-bound, bound)))


def check_params(params: Params) -> None:
    """Raise ValueError unless the shapes fit together and every entry is finite."""
    w1, b1, w2, b2 = params
    for name, value in (("b1", b1), ("w2", w2)):
        if np.shape(value) != np.shape(w1) or np.ndim(value) != 1:
            raise ValueError(
                f"w1, b1 and w2 must share one shape (H,), got w1 {np.shape(w1)} and "
                f"{name} {np.shape(value)}"
            )
    if np.ndim(b2) != 0:
        raise ValueError(f"b2 must be a single number, got shape {np.shape(b2)}")
    if not all(np.all(np.isfinite(value)) for value in params):
        raise ValueError("params must be finite, got nan or inf")


@contextmanager
def needing_torch() -> Iterator[None]:
    """Say in the error about a missing torch that little needs it, and how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            f"Only train_torch and the comparison with autograd need {without('torch')}",
            name="torch",
        ) from None


def to_torch(params: Params) -> nn.Sequential:
    """Return the network as a torch module in double precision, ready to train.

    Raises:
        ModuleNotFoundError: torch is not installed; says what it is good for.
    """
    with needing_torch():
        import torch
    from torch import nn

    check_params(params)
    width = len(params.w1)
    net = nn.Sequential(nn.Linear(1, width), nn.ReLU(), nn.Linear(width, 1)).double()
    w1, b1, w2 = (torch.tensor(np.asarray(value, dtype=float)) for value in params[:3])
    net.load_state_dict(
        {
            "0.weight": w1[:, None],
            "0.bias": b1,
            "2.weight": w2[None, :],
            "2.bias": torch.tensor([float(params.b2)], dtype=torch.float64),
        }
    )
    return net


def from_torch(net: nn.Sequential) -> Params:
    """Return a copy of the parameters of a module made by `to_torch`."""
    w1, b1, w2, b2 = (p.detach().numpy().copy().ravel() for p in net.parameters())
    return Params(w1, b1, w2, float(b2[0]))


class Linear:
    """A layer that maps n numbers to m: weight (m, n), bias (m,)."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray):
        self.weight, self.bias = np.asarray(weight, float), np.asarray(bias, float)

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """Map columns of shape (n, N) to columns of shape (m, N)."""
        # Terms are added up one by one. A matrix product adds in an order that depends on the CPU.
        return np.asarray(np.sum(self.weight[:, :, None] * columns, axis=1) + self.bias[:, None])


def relu(columns: np.ndarray) -> np.ndarray:
    """Return the entries, negative ones as 0."""
    return np.asarray(np.maximum(columns, 0.0))


def to_layers(params: Params) -> tuple[Linear, Linear]:
    """Return the hidden and the output layer, between which there is a `relu`."""
    check_params(params)
    w1, b1, w2, b2 = params
    return Linear(np.reshape(w1, (-1, 1)), b1), Linear(np.reshape(w2, (1, -1)), np.array([b2]))


def evaluate(params: Params, x: np.ndarray) -> np.ndarray:
    """Return the network's output at each x, shape (N,)."""
    hidden, output = to_layers(params)
    return np.asarray(output(relu(hidden(np.reshape(x, (1, -1)))))[0])


def passed_on(params: Params, x: np.ndarray) -> np.ndarray:
    """Return what each hidden unit passes on at each x, shape (N, H)."""
    hidden, _ = to_layers(params)
    return np.transpose(relu(hidden(np.reshape(x, (1, -1)))))


def contributions(params: Params, x: np.ndarray) -> np.ndarray:
    """Return what each hidden unit adds to the output at each x, shape (N, H)."""
    _, output = to_layers(params)
    return np.asarray(passed_on(params, x) * output.weight)
