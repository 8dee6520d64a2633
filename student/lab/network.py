"""One-hidden-layer ReLU networks on a scalar input, evaluated by torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

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


def to_torch(params: Params) -> nn.Sequential:
    """Return the network as a torch module in double precision, ready to train."""
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


def evaluate(params: Params, x: np.ndarray) -> np.ndarray:
    """Return the network's output at each x, shape (N,), as torch computes it."""
    import torch

    with torch.no_grad():
        outputs = to_torch(params)(torch.tensor(np.asarray(x, dtype=float))[:, None])
    return np.asarray(outputs[:, 0])


def contributions(params: Params, x: np.ndarray) -> np.ndarray:
    """Return what each hidden unit adds to the output at each x, shape (N, H)."""
    import torch

    with torch.no_grad():
        net = to_torch(params)
        hidden = net[:2](torch.tensor(np.asarray(x, dtype=float))[:, None])
        return np.asarray(hidden * net[2].weight)
