import numpy as np
import torch

from . import right, wrong


def safe(quotient):
    """Return a quotient function that divides by zero in silence."""
    with np.errstate(all="ignore"):
        return quotient()


@wrong(fails="public sizes values kinds", names="elbow sign")
def plus(w1, b1):
    return safe(lambda: np.where(w1 == 0, np.nan, b1 / w1))


@wrong(fails="public sizes values kinds", names="elbow upside down")
def upside_down(w1, b1):
    return safe(lambda: np.where(w1 == 0, np.nan, -w1 / b1))


@wrong(fails="public sizes values kinds", names="elbow without w1")
def bias_alone(w1, b1):
    return -b1


@wrong(fails="public kinds", names="no elbow")
def infinite_where_there_is_none(w1, b1):
    return safe(lambda: -b1 / w1)


@wrong(fails="public kinds", names="no elbow")
def zero_where_there_is_none(w1, b1):
    return safe(lambda: np.where(w1 == 0, 0.0, -b1 / w1))


@wrong(fails="public sizes values", names="elbow clipped")
def clipped(w1, b1):
    return safe(lambda: np.where(w1 == 0, np.nan, np.clip(-b1 / w1, 0, 1)))


@wrong(fails="public sizes values kinds", names="order")
def sorted_elbows(w1, b1):
    return safe(lambda: np.sort(np.where(w1 == 0, np.nan, -b1 / w1)))


@wrong(fails="public kinds", says="shape (4,)")
def dropped(w1, b1):
    return safe(lambda: (-b1 / w1)[w1 != 0])


@wrong(fails="public sizes values kinds", says="changed its argument b1")
def in_place(w1, b1):
    b1 *= -1
    return safe(lambda: np.where(w1 == 0, np.nan, b1 / w1))


@wrong(fails="sizes", says="down to one")
def squeezed(w1, b1):
    return safe(lambda: np.squeeze(np.where(w1 == 0, np.nan, -b1 / w1)))


@wrong(fails="values", says="tiny")
def guarded_division(w1, b1):
    return np.where(w1 == 0, np.nan, -b1 / (w1 + 1e-9))


@wrong(fails="kinds", says="zero")
def bias_of_zero_taken_for_no_elbow(w1, b1):
    return safe(lambda: np.where((w1 == 0) | (b1 == 0), np.nan, -b1 / w1))


@right
def loop(w1, b1):
    return np.array([-b / w if w else np.nan for w, b in zip(w1, b1, strict=True)])


@right
def filled_in(w1, b1):
    result = np.full(len(w1), np.nan)
    has_elbow = w1 != 0
    result[has_elbow] = -b1[has_elbow] / w1[has_elbow]
    return result


@right
def divide_where(w1, b1):
    return np.divide(-b1, w1, out=np.full(w1.shape, np.nan), where=w1 != 0)


@right
def torch_tensor(w1, b1):
    w1, b1 = torch.from_numpy(w1), torch.from_numpy(b1)
    return torch.where(w1 == 0, torch.nan, -b1 / w1)


@right
def single_precision(w1, b1):
    w1 = w1.astype(np.float32)
    return safe(lambda: np.where(w1 == 0, np.float32(np.nan), -b1.astype(np.float32) / w1))
