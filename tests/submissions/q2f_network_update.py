import numpy as np
import torch

from . import right, wrong


def step(params, grads, step_size, train_hidden):
    new = [p - step_size * g for p, g in zip(params, grads, strict=True)]
    return tuple(new) if train_hidden else (params[0], params[1], new[2], new[3])


@wrong(fails="public sizes steps values", names="frozen")
def flag_ignored(params, grads, step_size, train_hidden):
    return step(params, grads, step_size, True)


@wrong(fails="public sizes steps values", names="not trained")
def always_frozen(params, grads, step_size, train_hidden):
    return step(params, grads, step_size, False)


@wrong(fails="public sizes steps values", names="network ascent")
def ascent(params, grads, step_size, train_hidden):
    return step(params, grads, -step_size, train_hidden)


@wrong(fails="public sizes steps values", names="network step size ignored")
def step_size_ignored(params, grads, step_size, train_hidden):
    return step(params, grads, 1.0, train_hidden)


@wrong(fails="public sizes steps values", names="network step size squared")
def step_size_squared(params, grads, step_size, train_hidden):
    return step(params, grads, step_size**2, train_hidden)


@wrong(fails="public sizes steps values", names="network unchanged")
def unchanged(params, grads, step_size, train_hidden):
    return params


@wrong(fails="public sizes steps values", names="part left as it was")
def output_bias_forgotten(params, grads, step_size, train_hidden):
    return (*step(params, grads, step_size, train_hidden)[:3], params[3])


@wrong(fails="public sizes steps values", says="changed its argument params")
def in_place(params, grads, step_size, train_hidden):
    w1, b1, w2, b2 = params
    if train_hidden:
        w1 -= step_size * grads[0]
        b1 -= step_size * grads[1]
    w2 -= step_size * grads[2]
    return w1, b1, w2, b2 - step_size * grads[3]


@wrong(fails="public sizes steps values", says="has 2 parts")
def output_layer_only(params, grads, step_size, train_hidden):
    return step(params, grads, step_size, train_hidden)[2:]


@wrong(fails="sizes", says="down to one")
def squeezed(params, grads, step_size, train_hidden):
    return tuple(np.squeeze(part) for part in step(params, grads, step_size, train_hidden))


@wrong(fails="steps", says="step sizes")
def step_size_capped(params, grads, step_size, train_hidden):
    return step(params, grads, min(step_size, 1.0), train_hidden)


@wrong(fails="values", says="tiny")
def rounded(params, grads, step_size, train_hidden):
    return tuple(np.round(part, 8) for part in step(params, grads, step_size, train_hidden))


@right
def one_by_one(params, grads, step_size, train_hidden):
    w1, b1, w2, b2 = params
    g_w1, g_b1, g_w2, g_b2 = grads
    if train_hidden:
        w1 = w1 - step_size * g_w1
        b1 = b1 - step_size * g_b1
    return w1, b1, w2 - step_size * g_w2, b2 - step_size * g_b2


@right
def masked(params, grads, step_size, train_hidden):
    rates = [step_size * train_hidden] * 2 + [step_size] * 2
    return [p - rate * g for p, g, rate in zip(params, grads, rates, strict=True)]


@right
def copies_changed(params, grads, step_size, train_hidden):
    new = [np.array(part, dtype=float) for part in params]
    for i in range(0 if train_hidden else 2, 4):
        new[i] -= step_size * np.asarray(grads[i])
    return tuple(new)


@right
def torch_optimizer(params, grads, step_size, train_hidden):
    leaves = [torch.tensor(part, dtype=torch.float64) for part in params]
    for leaf, gradient in zip(leaves, grads, strict=True):
        leaf.grad = torch.as_tensor(gradient, dtype=torch.float64)
    torch.optim.SGD(leaves if train_hidden else leaves[2:], lr=step_size).step()
    return tuple(leaves)
