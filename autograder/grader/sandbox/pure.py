"""Pure functions: their calls leave no trace, so that others can be called after them.

A fork is there to end with what calls leave behind: a global name that is another now, a setting
of NumPy, a file. To make and to end one takes longer than all test cases of a question, and most
functions leave nothing. Of many that can be proved by Python's own code of them: they store into
nothing but local variables and their arguments, which are new in each call, and what they use by
name is a number, another pure function, or on the lists below. Nor does a pure function depend on
what memory held before: so it makes no empty arrays, and gives ufuncs no ``where``.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import itertools
import math
import sys
import warnings
from operator import attrgetter
from types import CodeType, FunctionType

import numpy as np

# Attributes of modules, arrays, numbers and lists, besides functions of `math` and ufuncs of NumPy.
# None has an effect but on the array or list that it is of.
WITHOUT_EFFECT = """
    T all any append argmax argmin argsort array array_equal asarray astype atleast_1d atleast_2d
    average bool_ broadcast_to clip column_stack concatenate copy count_nonzero cumprod cumsum det
    diag diff dot dtype einsum errstate expand_dims extend eye fill flatten flip float16 float32
    float64 full full_like hstack identity inf inner int32 int64 interp inv isclose item items keys
    linalg linspace lstsq max mean median min nan nan_to_num nanmax nanmean nanmin nansum ndim
    newaxis nonzero norm ones ones_like outer pinv pop prod ravel repeat reshape roll round shape
    size solve sort squeeze stack std sum swapaxes take tensordot tile tolist transpose tril triu
    unique values var vdot vstack where zeros zeros_like
"""
OF_PYTHON = """
    abs all any bool complex dict divmod enumerate filter float int isinstance len list map max min
    pow print range reversed round set sorted str sum tuple zip
"""
ATTRIBUTES = {
    *WITHOUT_EFFECT.split(),
    *(name for name, value in vars(np).items() if isinstance(value, np.ufunc)),
    *(name for name in vars(math) if not name.startswith("_")),
}
ERRORS = {
    name
    for name, value in vars(builtins).items()
    if inspect.isclass(value) and issubclass(value, BaseException)
}
BUILTINS = {*OF_PYTHON.split(), *ERRORS}
MODULES = ((np, ATTRIBUTES), (np.linalg, ATTRIBUTES), (math, ATTRIBUTES), (builtins, BUILTINS))
NUMBERS = {
    *(type(None), bool, int, float, complex, str),
    *(kind for kind in np.sctypeDict.values() if issubclass(kind, (np.number, np.bool_))),
}
# Instructions that take an attribute; all others that have a name, but for a global one, store or
# import.
READING = ("LOAD_ATTR", "LOAD_METHOD")
YIELDING = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
builtins_of = attrgetter("__builtins__")  # whose type mypy loses in its cache
# A function of more code takes long to look at. An answer has less than a thousand bytes.
MOST_CODE = 20_000


def is_plain(value: object) -> bool:
    """Return whether a value is a number or an array, so that no code of its own reads it."""
    return type(value) in NUMBERS or type(value) is np.ndarray


def is_pure(function: object) -> bool:
    """Return whether calls of a function leave no trace; False if that cannot be proved."""
    try:
        return _are_modules_genuine() and _is_proved(function)
    except Exception:  # what student code makes can do anything when it is looked at
        return False


def _is_proved(function: object) -> bool:
    used, pure = [function], set[int]()
    for value in used:  # grows: what functions use
        if type(value) in NUMBERS or id(value) in HARMLESS or id(value) in pure:
            continue
        if not (type(value) is FunctionType and _holds_only_numbers(value)):
            return False
        pure.add(id(value))
        codes = codes_in(value.__code__)
        if not all(map(_has_plain_flow, codes)):
            return False
        for instruction in itertools.chain.from_iterable(map(dis.get_instructions, codes)):
            if instruction.opname == "LOAD_GLOBAL":
                name = instruction.argval
                # A name that stands for nothing raises an error, and does no more.
                used.append(value.__globals__.get(name, vars(builtins).get(name)))
            elif not _changes_only_locals(instruction):
                return False
    return True


def _holds_only_numbers(function: FunctionType) -> bool:
    """Return whether nothing that could change lasts from call to call."""
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return (
        function.__closure__ is None
        and not vars(function)
        and builtins_of(function) is vars(builtins)
        and all(type(value) in NUMBERS for value in defaults)
    )


def codes_in(code: CodeType) -> list[CodeType]:
    """Return the code of a function and of all functions and comprehensions inside."""
    codes = [code]
    for outer in codes:  # grows
        codes += [part for part in outer.co_consts if isinstance(part, CodeType)]
    return codes


def _has_plain_flow(code: CodeType) -> bool:
    """Return whether code runs from its beginning to its end, on no memory but its own.

    One that yields can stop inside of a ``with`` for good.
    """
    yields = code.co_flags & YIELDING
    keywords = [part for part in code.co_consts if isinstance(part, tuple)]
    return (
        len(code.co_code) < MOST_CODE
        and (not yields or code.co_name == "<genexpr>")
        and not any("where" in part for part in (code.co_consts, *keywords))
    )


def _changes_only_locals(instruction: dis.Instruction) -> bool:
    """Return whether an instruction without a global name takes nothing but what is listed.

    A pattern ``array(shape=n)`` takes an attribute without an instruction that has its name.
    """
    if instruction.opcode in dis.hasname:
        return instruction.opname in READING and instruction.argval in ATTRIBUTES
    return instruction.opname != "MATCH_CLASS"


def _hooks() -> tuple[object, ...]:
    """Return what is called besides what code calls."""
    return sys.stdout, np.geterrcall(), warnings.showwarning, sys.gettrace(), sys.getprofile()


def _are_modules_genuine() -> bool:
    """Return whether student code has left the modules as they were."""
    return (
        all(vars(module).get(name) is value for module, name, value in GENUINE)
        and all(vars(module).keys() & names == LISTED[module] for module, names in MODULES)
        and all(len(vars(value)) == count for value, count in ATTRIBUTE_COUNTS)
        and _hooks() == HOOKS
    )


GENUINE = [
    (module, name, value)
    for module, names in MODULES
    for name, value in vars(module).items()
    if name in names or module is not builtins  # which the sandbox itself changes
]
LISTED = {module: vars(module).keys() & names for module, names in MODULES}
HARMLESS = {
    *(id(vars(module)[name]) for module, names in LISTED.items() for name in names),
    *(id(module) for module in (np, np.linalg, math)),
}
ATTRIBUTE_COUNTS = [
    (vars(module)[name], len(vars(vars(module)[name])))
    for module, names in LISTED.items()
    for name in names
    if hasattr(vars(module)[name], "__dict__")
]
HOOKS = _hooks()
