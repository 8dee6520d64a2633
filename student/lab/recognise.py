"""Tell a mistake by the value that it leads to.

Three sources say what a mistake leads to: the check, which knows what its kind of function does
(a gradient may lose its factor 2); ``examples.json``, for the inputs of the public checks; and
this module, for what may happen to any right value (rounded, entries lost, another order).

A wrong result is read in one way, or in two if two mistakes lead to it. If more do, or two
mistakes seem to have come together by chance, nothing is claimed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .mistakes import Reading, one

# The tolerance that the notebooks promise. float32 carries about seven digits, so four are
# left to whoever works in single precision.
RELATIVE_TOLERANCE = 1e-4
# Entries of an array that cancel to (almost) nothing are compared with its largest entry
# instead; ten times the rounding error of float32.
CANCELLATION = 1e-6
# What is this close, and not equal, has been found by approximation.
NEARLY = 0.02
# What an array holds before anything is stored in it.
FILLS = (0.0, np.nan)
# With more than two mistakes to choose from, a claim would be a guess.
MOST_READINGS = 2

# What tests give: the value that a mistake, or several together, lead to; a list where it can be
# made in several ways.
Mistakes = Mapping[Any, Any]  # the keys are names, or tuples of names
Known = dict[Reading, list[Any]]

# Whoever forgets x_i may get a factor wrong as well.
FORGETS_X = (("no x",), ("step no x",))
# Together with another factor, these are rarer than a coincidence of the two.
ALONE = ("n minus one", "optimum n minus one", "step n minus one", "n plus one", "fixed number")


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


class Shown(NamedTuple):
    """What a function shows on one input.

    Attributes:
        got: its result: a number, an array of any shape, or a tuple of them, from `plain`.
        right: the right result: a number, an array, or a tuple; None where many are right.
        known: what mistakes lead to on this input.
        scale: as for `close`.
    """

    got: Any
    right: Any
    known: Known
    scale: float = 0.0

    def agrees(self, value: Any) -> bool:
        """Return whether the result is this value."""
        return agree(self.got, value, self.scale)

    def is_right(self) -> bool:
        """Return whether the result is right."""
        return self.agrees(self.right)

    def is_wrong(self) -> bool:
        """Return whether there is a result, and not the right one."""
        return self.got is not None and not self.is_right()

    def is_empty(self) -> bool:
        """Return whether the result is a placeholder."""
        return is_empty(self.got, self.right)

    def leads_here(self, reading: Reading, way: int) -> bool:
        """Return whether a mistake leads to this result; yes, if nothing is known of it here."""
        values = self.known.get(reading, [])
        return way >= len(values) or self.agrees(values[way])

    def part(self, place: int) -> Shown:
        """Return what the function shows in one part of its result."""
        got = self.got[place] if isinstance(self.got, tuple) and place < len(self.got) else None
        known = {
            reading: [value[place] if isinstance(value, tuple) else None for value in values]
            for reading, values in self.known.items()
        }
        return Shown(got, self.right[place], known)

    def with_any(self, is_first: bool) -> Shown:
        """Return the same, with what may happen to any value among what is known.

        It may happen for the kind of numbers in a hidden test alone, so a right result elsewhere
        does not speak against it.
        """
        if not is_number(self.right) or (self.is_right() and not is_first):
            return self
        return self._replace(known=merged(self.known, of_any_value(self.right)))


def recognise(
    here: Shown, elsewhere: Sequence[Shown] = (), names: Sequence[str] = ()
) -> tuple[Reading, ...]:
    """Return how a wrong result can be read: in one way, in two, or not at all.

    Args:
        here: the wrong result.
        elsewhere: results of the same function on other inputs. A mistake must show there, too.
        names: of a result that is a tuple, the names of its parts.
    """
    if names:
        return _recognise_parts(here, elsewhere, names)
    if here.right is None:
        return _choose(_fitting(here, elsewhere))
    if (sure := _by_form(here)) and all(_by_form(o) == sure or o.is_right() for o in elsewhere):
        return (one(sure),)
    here, *elsewhere = (shown.with_any(shown is here) for shown in (here, *elsewhere))
    if found := _choose(_fitting(here, elsewhere)):
        return found
    return (one("nearly"),) if all(map(_is_near, (here, *elsewhere))) else ()


def _by_form(shown: Shown) -> str:
    """Return the mistake that shows in which entries there are, whatever their values."""
    got, right = shown.got, shown.right
    if not is_number(got):
        return ""
    if not np.ndim(right):
        added = np.ndim(got) == 1 and len(got) > 1 and (np.sum(got), np.mean(got))
        return "not added up" if added and any(close(sum_, right) for sum_ in added) else ""
    is_same_shape, there = np.shape(got) == np.shape(right), np.isfinite(right)
    kept = got[there] if is_same_shape else got
    if not np.all(there) and agree(kept, right[there], shown.scale):
        return "no elbow"
    return "order" if is_same_shape and close(np.sort(got), np.sort(right), shown.scale) else ""


def _is_near(shown: Shown) -> bool:
    """Return whether a result is so close to the right one that it must be an approximation."""
    got, right = shown.got, shown.right
    if not is_number(got) or np.shape(got) != np.shape(right):
        return False
    largest = np.max(np.abs(right), initial=0, where=np.isfinite(right))
    return bool(np.all(np.abs(np.subtract(got, right)) <= NEARLY * max(shown.scale, largest)))


def _fitting(here: Shown, elsewhere: Sequence[Shown]) -> Iterator[Reading]:
    """Yield the mistakes that lead to a result, made in the same way everywhere."""
    for reading, values in here.known.items():
        for way, value in enumerate(values):
            is_mistaken = here.agrees(value) and not agree(value, here.right, here.scale)
            if is_mistaken and all(shown.leads_here(reading, way) for shown in elsewhere):
                yield reading
                break


def _choose(fitting: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return one mistake before two together, and nothing where there are too many."""
    readings = list({reading.names: reading for reading in fitting}.values())
    single = [reading for reading in readings if len(reading.names) == 1]
    if single:
        return tuple(single) if len(single) <= MOST_READINGS else ()
    return tuple(readings) if len(readings) == 1 else ()


# -- results of several parts ---------------------------------------------------------------------


def _recognise_parts(
    here: Shown, elsewhere: Sequence[Shown], names: Sequence[str]
) -> tuple[Reading, ...]:
    """Return how a wrong tuple can be read, as a whole or else part by part."""
    got = here.got
    if not isinstance(got, tuple):
        return _choose(_fitting(here, elsewhere))
    if here.right is not None and any(agree(g, here.right) for g in itertools.permutations(got)):
        return (one("swapped", order=", ".join(names)),)
    if here.right is None or len(got) != len(names):
        return tuple(map(_of_points, _choose(_fitting(here, elsewhere))))
    wrong = [place for place in range(len(names)) if not here.part(place).is_right()]
    where = _listed([names[place] for place in wrong]) if len(wrong) < len(names) else ""
    if whole := _choose(_fitting(here, elsewhere)):
        return tuple(_of_points(reading)._replace(where=where) for reading in whole)
    shown = (here, *elsewhere)
    empty = [names[place] for place in wrong if all(s.part(place).is_empty() for s in shown)]
    if empty:
        return (one("not filled in", part=and_is(empty)),)
    fitting = [_fitting_part(here, elsewhere, place) for place in wrong]
    shared = [reading for reading in fitting[0] if all(reading in rest for rest in fitting[1:])]
    if not shared:
        where, shared = names[wrong[0]], fitting[0]
    return tuple(reading._replace(where=where) for reading in _choose(shared))


def _fitting_part(here: Shown, elsewhere: Sequence[Shown], place: int) -> list[Reading]:
    """Return the mistakes that lead to one part of a result."""
    part, parts = here.part(place), [shown.part(place) for shown in elsewhere]
    own = [_of_points(reading) for reading in _fitting(part, parts)]
    part = part._replace(known={}).with_any(True)
    parts = [shown._replace(known={}).with_any(False) for shown in parts]
    return own + list(_fitting(part, parts))


def _of_points(reading: Reading) -> Reading:
    """Return a mistake of a whole tuple, in which the parts are sums over data points."""
    return reading._replace(words=(*reading.words, ("each", "data point")))


def is_empty(part: Any, right: Any) -> bool:
    """Return whether a part of a tuple is left as a placeholder: None, ..., 0 or zeros."""
    if part is None or part is ...:
        return True
    return is_number(part) and bool(np.all(np.equal(part, 0)) and np.any(right))


# -- comparing ------------------------------------------------------------------------------------


def and_is(names: list[str]) -> str:
    """Return names as the beginning of a sentence: "a is", or "a, b and c are"."""
    return f"{_listed(names)} {'is' if len(names) == 1 else 'are'}"


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


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
    if type(got) is not float or type(value) is not float:
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
    if isinstance(got, float) and isinstance(right, float):  # as below, fifty times faster
        allowed = RELATIVE_TOLERANCE * max(abs(right), scale)
        return abs(got - right) <= allowed or got == right or (got != got and right != right)
    size = np.abs(right)
    allowed = RELATIVE_TOLERANCE * np.maximum(size, scale)
    if np.ndim(right):
        allowed = allowed + CANCELLATION * np.max(size, initial=0, where=np.isfinite(size))
    with np.errstate(invalid="ignore"):  # inf - inf
        near = np.abs(np.subtract(got, right)) <= allowed
    return bool(np.all(near | np.equal(got, right) | (np.isnan(got) & np.isnan(right))))
