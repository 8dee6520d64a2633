"""Tell a mistake by the value that it leads to.

Three sources say what a mistake leads to: the check, which knows what its kind of function does
(a gradient may lose its factor 2); ``examples.json``, for the inputs of the public checks; and
this module, for what may happen to any right value (rounded, entries lost, another order).

A wrong result is read in one way, or in two if two mistakes lead to it. If more do, or two
mistakes seem to have come together by chance, nothing is claimed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .mistakes import Reading, one

# The tolerance that the notebooks promise. float32 carries about seven digits, so four are
# left to whoever works in single precision.
RELATIVE_TOLERANCE = 1e-4
# Entries of an array that cancel to (almost) nothing are compared with its largest entry
# instead; ten times the rounding error of float32.
CANCELLATION = 1e-6
# What is this close, and not equal, has been found by approximation.
NEARLY = 0.03
# What an array holds before anything is stored in it.
FILLS = (0.0, np.nan)
# With more than two mistakes to choose from, a claim would be a guess.
MOST_READINGS = 2

# What tests give: the value that a mistake, or several together, lead to; a list where it can be
# made in several ways.
Mistakes = Mapping[Any, Any]  # the keys are names, or tuples of names
Known = dict[Reading, list[Any]]
# Whether a mistake, made in the way of this number, shows on other inputs as well.
Confirmed = Callable[[Reading, int], bool]

# Whoever forgets x_i may get a factor wrong as well.
FORGETS_X = (("no x",), ("step no x",))
# Together with another factor, these are rarer than a coincidence of the two.
ALONE = ("n minus one", "optimum n minus one", "step n minus one", "fixed number")


def by_reading(mistakes: Mistakes | None) -> Known:
    """Return the values that mistakes lead to by reading.

    They are given by a mistake's name, or those of several: a tuple, or one text with " & ".
    """
    return {
        Reading(tuple(name.split(" & ")) if isinstance(name, str) else name): ways(value)
        for name, value in (mistakes or {}).items()
    }


def ways(value: Any) -> list[Any]:
    """Return the values of a mistake that can be made in several ways."""
    return value if isinstance(value, list) else [value]


def merged(*tables: Known) -> Known:
    """Return tables of what mistakes lead to as one; a mistake of several has all its ways."""
    together: Known = {}
    for table in tables:
        for reading, values in table.items():
            together[reading] = together.get(reading, []) + values
    return together


def variants(
    factors: Mapping[Reading, float],
    right: Any,
    origin: float = 0.0,
    others: Known | None = None,
) -> Known:
    """Return the values that mistaken factors lead to, alone and two at a time.

    Args:
        factors: what each mistake multiplies the right value's distance from ``origin`` with.
        right: the right value, a number or an array.
        origin: where that distance begins: 0 for a gradient, the old theta for an update.
        others: values of other mistakes. One that forgets x_i can come together with a factor.
    """
    values = dict(others or {})
    starts: dict[Reading, Any] = {Reading(()): right}
    starts |= {reading: values[reading][0] for reading in values if reading.names in FORGETS_X}
    for (reading, factor), (first, start) in itertools.product(factors.items(), starts.items()):
        value = origin + factor * (start - origin)
        values.setdefault(_together(first, reading), []).append(value)
    common = [item for item in factors.items() if item[0].names[0] not in ALONE]
    for (a, factor_a), (b, factor_b) in itertools.combinations(common, 2):
        values[_together(a, b)] = [origin + factor_a * factor_b * (right - origin)]
    return values


def _together(a: Reading, b: Reading) -> Reading:
    return Reading(a.names + b.names, a.words + b.words)


# -- what may happen to any right value ---------------------------------------------------------


def of_any_value(right: Any) -> Known:
    """Return what mistakes that know nothing of the question make of the right value.

    Args:
        right: a number, or an array, shape (N,) or (H,).
    """
    known: dict[str, list[Any]] = {
        "rounded": [np.floor(right), np.ceil(right), np.trunc(right), np.round(right)],
        "few digits": [np.round(right, digits) for digits in range(1, 7)],
        "no sign": [np.abs(right)],
    }
    if np.ndim(right):
        known |= _of_any_array(np.asarray(right, dtype=float))
    elif right:
        known["squared value"] = [right**2]
    return {one(name): values for name, values in known.items()}


def _of_any_array(right: np.ndarray) -> dict[str, list[Any]]:
    n = len(right)
    first, last = np.arange(n) == 0, np.arange(n) == n - 1
    total = np.nansum(right)
    known = {
        "squared value": [right**2],
        "nothing stored": [np.array([]), np.zeros(n)],
        "added up": [total, total / n],
    }
    if n < 2:
        return known
    return known | {
        "running sum": [np.cumsum(right)],
        "equal shares": [np.full(n, total), np.full(n, total / n)],
        "shares of the sum": [right / total] if total else [],
        "first left out": [right[1:], *(np.where(first, fill, right) for fill in FILLS)],
        "last left out": [right[:-1], *(np.where(last, fill, right) for fill in FILLS)],
        "return in loop": [right[0], right[:1], *(np.where(first, right, fill) for fill in FILLS)],
        "overwritten": [
            right[-1],
            right[-1:],
            np.full(n, right[-1]),
            *(np.where(last, right, fill) for fill in FILLS),
        ],
    }


# -- finding the mistake --------------------------------------------------------------------------


def recognise(
    got: Any,
    right: Any,
    known: Known,
    scale: float = 0.0,
    confirmed: Confirmed = lambda reading, way: True,
) -> tuple[Reading, ...]:
    """Return how a wrong result can be read: in one way, in two, or not at all.

    Args:
        got: a number, an array of any shape, or a tuple of them, as `plain` returns it.
        right: the right result: a number, an array, or a dict of numbers and arrays by name;
            None where many results are right.
        known: the values that mistakes lead to; tuples where ``right`` is a dict.
        scale: as for `close`.
        confirmed: whether a mistake, made in the same way, shows on other inputs as well.
    """
    if right is None:
        return _choose(_fitting(got, right, known, scale, confirmed))
    if isinstance(right, dict):
        return _recognise_parts(got, right, known, confirmed)
    if sure := _by_form(got, right, scale):
        return (one(sure),)
    known = merged(known, of_any_value(right))
    fitting = _fitting(got, right, known, scale, confirmed)
    nearly = one("nearly")
    is_approximate = is_near(got, right, scale) and confirmed(nearly, 0)
    return _choose(fitting) or ((nearly,) if is_approximate else ())


def _by_form(got: Any, right: Any, scale: float) -> str:
    """Return the mistake that shows in which entries there are, whatever their values."""
    if not is_number(got):
        return ""
    if not np.ndim(right):
        added = np.ndim(got) == 1 and len(got) > 1 and (np.sum(got), np.mean(got))
        return "not added up" if added and any(close(sum_, right) for sum_ in added) else ""
    there = np.isfinite(right)
    kept = got[there] if np.shape(got) == np.shape(right) else got
    if not np.all(there) and np.shape(kept) == (there.sum(),) and close(kept, right[there], scale):
        return "no elbow"
    if np.shape(got) == np.shape(right) and close(np.sort(got), np.sort(right), scale):
        return "order"
    return ""


def is_near(got: Any, right: Any, scale: float = 0.0) -> bool:
    """Return whether a result is so close to the right one that it must be an approximation."""
    if not is_number(got) or np.shape(got) != np.shape(right):
        return False
    allowed = NEARLY * max(scale, np.max(np.abs(right), initial=0, where=np.isfinite(right)))
    return bool(np.all(np.abs(np.subtract(got, right)) <= allowed))


def _fitting(
    got: Any,
    right: Any,
    known: Known,
    scale: float = 0.0,
    confirmed: Confirmed = lambda reading, way: True,
) -> Iterator[Reading]:
    """Yield the readings that lead to ``got``, unless they lead to the right value as well."""
    for reading, values in known.items():
        for way, value in enumerate(values):
            is_mistaken = agree(got, value, scale) and not agree(value, right, scale)
            if is_mistaken and confirmed(reading, way):
                yield reading
                break


def _choose(fitting: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return one mistake before two together, and nothing where there are too many."""
    readings = list({reading.names: reading for reading in fitting}.values())
    single = [reading for reading in readings if len(reading.names) == 1]
    for choice in (single, readings):
        if choice:
            return tuple(choice) if len(choice) <= (MOST_READINGS if single else 1) else ()
    return ()


# -- results of several parts ---------------------------------------------------------------------


def _recognise_parts(
    got: Any, right: Mapping[str, Any], known: Known, confirmed: Confirmed
) -> tuple[Reading, ...]:
    """Return how a wrong tuple can be read, as a whole or else part by part."""
    wanted = tuple(right.values())
    whole = _choose(_fitting(got, wanted, known, 0.0, confirmed))
    if whole or not isinstance(got, tuple):
        return whole
    if any(agree(order, wanted) for order in itertools.permutations(got)):
        return (one("swapped", order=", ".join(right)),)
    if len(got) != len(wanted):
        return ()
    wrong = {name: part for name, part in zip(right, got, strict=True)
             if not agree(part, right[name])}  # fmt: skip
    empty = [name for name, part in wrong.items() if is_empty(part, right[name])]
    if empty:
        return (one("not filled in", part=and_is(empty)),)
    places = list(right)
    fitting = [
        _of_part(part, right[name], places.index(name), known) for name, part in wrong.items()
    ]
    shared = [reading for reading in fitting[0] if all(reading in rest for rest in fitting[1:])]
    where = " and ".join(wrong) if len(wrong) < len(right) else ""
    if not shared:
        where, shared = next(iter(wrong)), fitting[0]
    return tuple(reading._replace(where=where) for reading in _choose(shared))


def _of_part(got: Any, right: Any, place: int, known: Known) -> list[Reading]:
    parts = {
        reading: [value[place] for value in values if isinstance(value, tuple)]
        for reading, values in known.items()
    }
    return list(_fitting(got, right, merged(parts, of_any_value(right))))


def is_empty(part: Any, right: Any) -> bool:
    """Return whether a part of a tuple is left as a placeholder: None, 0 or zeros."""
    if part is None:
        return True
    return bool(np.all(np.equal(part, 0)) and np.any(right)) if is_number(part) else False


# -- comparing ------------------------------------------------------------------------------------


def and_is(names: list[str]) -> str:
    """Return names as the beginning of a sentence: "a is", or "a, b and c are"."""
    *first, last = names
    return f"{', '.join(first)} and {last} are" if first else f"{last} is"


def is_number(value: Any) -> bool:
    """Return whether a value, as `plain` returns it, is a number or an array of them."""
    return isinstance(value, (float, np.ndarray))


def plain(value: Any) -> Any:
    """Return a result as float, float array, or tuple of them; what is none of these as it is."""
    value = from_torch(value)
    if isinstance(value, (tuple, list)):
        return tuple(map(plain, value))
    kinds = (bool, int, float, np.ndarray, np.number, np.bool_)
    if not isinstance(value, kinds) or np.asarray(value).dtype.kind not in "biuf":
        return value
    value = np.asarray(value, dtype=float)
    return value if value.ndim else float(value)


def from_torch(value: Any) -> Any:
    """Return a NumPy array for a torch tensor, without importing torch; others as they are."""
    if not hasattr(value, "detach"):
        return value
    try:
        return value.detach().cpu().numpy()
    except Exception:  # a dtype that NumPy lacks, or no tensor at all: the type check says so
        return value


def agree(got: Any, value: Any, scale: float = 0.0) -> bool:
    """Return whether two results have one form and agree within the promised tolerance."""
    if isinstance(value, tuple) or isinstance(got, tuple):
        if not (isinstance(got, tuple) and isinstance(value, tuple) and len(got) == len(value)):
            return False
        return all(agree(*pair, scale) for pair in zip(got, value, strict=True))
    got, value = plain(got), plain(value)
    if not (is_number(got) and is_number(value)) or np.shape(got) != np.shape(value):
        return False
    return close(got, value, scale)


def close(got: Any, right: Any, scale: float = 0.0) -> bool:
    """Return whether ``got`` agrees with ``right`` within the promised tolerance.

    Args:
        got: a number, an array, or a dict of them.
        right: the same; nan agrees with nan alone.
        scale: magnitude to compare with where ``right`` is zero or cancels.
    """
    if isinstance(right, dict):
        return all(close(got[name], value, scale) for name, value in right.items())
    size = np.abs(right)
    allowed = RELATIVE_TOLERANCE * np.maximum(size, scale)
    if np.ndim(right):
        allowed = allowed + CANCELLATION * np.max(size, initial=0, where=np.isfinite(size))
    with np.errstate(invalid="ignore"):  # inf - inf
        near = np.abs(np.subtract(got, right)) <= allowed
    return bool(np.all(near | np.equal(got, right) | (np.isnan(got) & np.isnan(right))))
