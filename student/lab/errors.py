"""What usually lies behind an error that a student's function raises: one or two sentences.

An error says what Python could not do. `explain` says which mistake leads there, and the cure. It
knows only what travels from a sandbox: the name of the error's class and its text. `CAUSES` is the
table of what it knows.
"""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

LONGEST = 24  # letters of a quoted name: with them, no explanation is longer than 200
READ = 1000  # letters of a text that are looked at: the longest, of torch, repeat themselves
MOST = 60  # parameters, and letters of each, that are looked at

# Names of Python that notebooks like to reuse for a value.
BUILTINS = (
    "sum|max|min|len|abs|range|list|round|float|int|pow|zip|map|sorted|print|tuple|enumerate"
    "|any|all"
)
# Both methods of an array and functions of NumPy.
METHODS = (
    "mean|sum|reshape|dot|std|var|prod|cumsum|argmax|argmin|argsort|ravel|transpose|min|max|any|all"
    "|copy|clip|nonzero|squeeze"
)
# What else students expect on a list or a number, because arrays have it.
ARRAY = f"{METHODS}|shape|size|ndim|dtype|T|astype|flatten|item|tolist"
# Functions of NumPy that are no methods of an array, nor names of Python.
FUNCTIONS = (
    "average|median|sqrt|exp|log|sin|cos|tanh|maximum|minimum|where|sign|square|power|outer"
    "|multiply|divide|subtract|add|matmul|array|zeros|ones|zeros_like|ones_like|arange|linspace"
    "|concatenate|column_stack|hstack|vstack|stack|isnan|heaviside|absolute|nan_to_num|append"
    "|full|eye|diff|einsum|allclose|expand_dims|empty|asarray|count_nonzero|isclose"
)
NUMPY = f"{METHODS}|{FUNCTIONS}|abs|round|nan|inf|pi|newaxis|float64|int64|errstate|linalg|random"
# Words that may follow a value in Python.
WORDS = r"(?:if|else|for|and|or|in|is|not|as|from|import|async)\b"
CONTAINERS = "list|tuple|dict|str|set"
NUMBERS = r"float|int|complex|bool|numpy\.(?:float|int|uint|bool)\w{0,6}"
CALLABLES = (
    r"function|method|builtin_function_or_method|type|numpy\._ArrayFunctionDispatcher|numpy\.ufunc"
)
# A name in front of brackets, which belongs to no module and to no array.
CALLED = r"(?<![\w.])(?P<called>[^\W\d]\w{0,40})\("
SHAPE = r"\([\d, ]{0,40}\)"
# What NumPy and torch say, in all their releases.
TRUTH = "truth value of an array"
TRUTH_OF_TENSOR = "Boolean value of Tensor"
ONE_NUMBER = (
    "only (?:length-1|size-1|0-dimensional) arrays|only one element tensors|array of size 1"
    "|cannot be converted to Scalar"
)
NO_INTEGER = "only integer scalar arrays|cannot be interpreted as an integer"
ARRAYS = "ValueError TypeError RuntimeError IndexError"  # NumPy and torch differ, and releases do


class Cause(NamedTuple):
    """One mistake, and the errors that it leads to.

    Attributes:
        name: its id.
        errors: the classes of its errors, separated by spaces.
        text: regular expression on the error's text; "" where the class alone proves it. RENAMED
            in it is any parameter that the stub had and the student's function has not.
        sentence: with the names of groups to fill in, and of `_facts`. Where one of them has no
            value, this is not the cause.
        line: regular expression on the student's line; PARAMETER in it is any parameter.
    """

    name: str
    errors: str
    text: str
    sentence: str
    line: str = ""


# The first that fits is taken, so what is special comes before what is general. Every repetition
# that has no end begins behind a character that it cannot contain, so the search takes linear time.
CAUSES = (
    # operators
    Cause(
        "xor",
        "TypeError UFuncTypeError NotImplementedError",
        r"'bitwise_xor'|\"bitwise_xor_|for \^=?: ",
        "In Python, `^` is xor, an operation on bits. Powers are written `**`: u**2.",
    ),
    Cause(
        "mask subtracted",
        "TypeError RuntimeError",
        r"boolean subtract|boolean negative|with a bool tensor|on a bool tensor",
        "`-` does not work on an array of True and False. `~mask` turns a mask round; mask * 1.0 "
        "makes numbers of it.",
    ),
    Cause(
        "mask operators",
        "TypeError UFuncTypeError NotImplementedError",
        r"'bitwise_(?:and|or)'|\"bitwise_(?:and|or)_|for [&|]=?: ",
        "`&` and `|` combine conditions and bind more tightly than `>`. Put each condition in "
        "brackets: (a > 0) & (b > 0).",
    ),
    Cause(
        "mask inverted",
        "TypeError UFuncTypeError NotImplementedError",
        r"ufunc 'invert'|unary ~|operator\.invert|bitwise_not",
        "`~` turns a condition round, not a number. The other sign is `-`.",
    ),
    # one truth value of many
    Cause(
        "empty truth",
        ARRAYS,
        r"truth value of an empty array",
        "The array has no entries, so it is neither true nor false. Does a mask select nothing?",
    ),
    Cause(
        "max of tensors",
        "RuntimeError",
        TRUTH_OF_TENSOR,
        "Python's `{called}` compares tensors as a whole. torch.{called}imum(a, b) goes "
        "entry by entry; torch.clamp takes a number as the bound.",
        line=r"(?<![\w.])(?P<called>max|min)\(",
    ),
    Cause(
        "max of arrays",
        ARRAYS,
        TRUTH,
        "Python's `{called}` compares arrays as a whole. np.{called}imum(a, b) goes entry by "
        "entry; np.{called}(a) takes one array.",
        line=r"(?<![\w.])(?P<called>max|min)\(",
    ),
    Cause(
        "if over a tensor",
        "RuntimeError",
        TRUTH_OF_TENSOR,
        "`{called}` asks for one truth value, but there is one per entry. Use "
        "torch.where(condition, a, b), or multiply with the mask.",
        line=r"(?<![\w.])(?P<called>if|elif|while)(?!\w)",
    ),
    Cause(
        "if over an array",
        ARRAYS,
        TRUTH,
        "`{called}` asks for one truth value, but there is one per entry. Use "
        "np.where(condition, a, b), or multiply with the mask.",
        line=r"(?<![\w.])(?P<called>if|elif|while)(?!\w)",
    ),
    Cause(
        "and over arrays",
        ARRAYS,
        rf"{TRUTH}|{TRUTH_OF_TENSOR}",
        "`{called}` asks for one truth value, but an array has one per entry. For arrays write "
        "`&`, `|`, `~`, each condition in brackets.",
        line=r"(?<![\w.])(?P<called>and|or|not)(?!\w)",
    ),
    Cause(
        "chain over an array",
        ARRAYS,
        rf"{TRUTH}|{TRUTH_OF_TENSOR}",
        "A chain such as 1 > a > 0 does not work on arrays. Write (1 > a) & (a > 0).",
        line=r"[<>][^<>]{1,60}[<>]",
    ),
    Cause(
        "truth of an array",
        ARRAYS,
        rf"{TRUTH}|{TRUTH_OF_TENSOR}",
        "One truth value is asked of an array that has many entries: by `if`, `and`, `max`, `in`? "
        "np.where, `&` and np.maximum go entry by entry.",
    ),
    # brackets that call
    Cause(
        "shape called",
        "TypeError",
        r"'(?:tuple|int)' object is not callable",
        "`{called}` is a value, not a function: leave the brackets out (`y.shape[0]`, `y.size`).",
        line=r"\.(?P<called>shape|size|ndim)\(",
    ),
    Cause(
        "transpose called",
        "TypeError",
        r"'(?:numpy\.ndarray|Tensor)' object is not callable",
        "`.T` is a value, not a function: leave its brackets out.",
        line=r"\.T\(",
    ),
    Cause(
        "module called",
        "TypeError",
        r"'module' object is not callable",
        "A module is called like a function. Which of its functions is meant, as in np.mean(y)?",
    ),
    Cause(
        "times missing before a bracket",
        "TypeError",
        rf"'(?:{NUMBERS}|numpy\.ndarray|Tensor|tuple|list)' object is not callable",
        "Brackets right behind a value call it like a function. Is a `*` missing between the two "
        "factors?",
        line=r"(?<![\w.])[\d.]{1,20} {0,3}\(|[)\]]\(",
    ),
    Cause(
        "times missing after a parameter",
        "TypeError",
        rf"'(?:{NUMBERS}|numpy\.ndarray|Tensor)' object is not callable",
        "A `*` is missing after `{called}`. Without it, Python calls `{called}` like a function.",
        line=r"(?<![\w.])(?P<called>PARAMETER) {0,3}\(",
    ),
    Cause(
        "index in round brackets",
        "TypeError",
        r"'(?:dict|list|tuple|str)' object is not callable",
        "`{called}` holds several values and is no function. Entries are taken with square "
        "brackets: {called}[0].",
        line=r"(?<![\w.])(?P<called>PARAMETER) {0,3}\(",
    ),
    Cause(
        "times missing or name reused",
        "TypeError",
        rf"'(?:{NUMBERS}|numpy\.ndarray|Tensor)' object is not callable",
        "Brackets follow something that is no function. Is `*` missing after `{called}`, or does "
        "`{called}` now hold a value?",
        line=rf"(?<![\w.])(?!(?:{BUILTINS})\(){CALLED}",
    ),
    Cause(
        "container called",
        "TypeError",
        rf"'(?:{CONTAINERS}|range)' object is not callable",
        "Round brackets follow several values, not a function. Take entries with square brackets. "
        "Or is a comma or `*` missing?",
        line=rf"(?<![\w.])(?!(?:{BUILTINS})\(){CALLED}",
    ),
    Cause(
        "builtin reused",
        "TypeError",
        rf"'(?:{NUMBERS}|{CONTAINERS}|numpy\.ndarray|Tensor)' object is not callable",
        "Is the name `{called}` reused for a value, here or in the notebook? Choose another name "
        "for it, then restart the kernel.",
        line=rf"(?<![\w.])(?P<called>{BUILTINS})\(",
    ),
    Cause(
        "number called",
        "TypeError",
        rf"'(?:{NUMBERS}|numpy\.ndarray|Tensor)' object is not callable",
        "Brackets follow something that is no function. Is a `*` missing before a bracket, or a "
        "function's name reused for a value?",
    ),
    Cause(
        "container called",
        "TypeError",
        rf"'(?:{CONTAINERS}|range)' object is not callable",
        "Round brackets follow several values, not a function. Take entries with square brackets. "
        "Or is a comma or `*` missing?",
    ),
    Cause(
        "None called",
        "TypeError",
        r"'NoneType' object is not callable",
        "None is called like a function. Is the result of a function called once more: f(x)()?",
    ),
    # names
    Cause(
        "builtin assigned",
        "UnboundLocalError",
        rf"variable '(?P<name>{BUILTINS}|np|torch)'",
        "Because this function assigns to `{name}`, the name means its own variable everywhere in "
        "it. Choose another name.",
    ),
    Cause(
        "parameter renamed and assigned",
        "UnboundLocalError",
        r"variable '(?P<name>RENAMED)'",
        "`{name}` is a parameter of the stub. Your function calls it `{renamed}`.",
    ),
    Cause(
        "assigned too late",
        "UnboundLocalError",
        r"variable '(?P<name>\w{1,60})'",
        "`{name}` is used before this function has given it a value. Is it set further down, or "
        "in an `if` or a loop that did not run?",
    ),
    Cause(
        "assigned too late",
        "UnboundLocalError",
        "",
        "A variable is used before the function has given it a value. Is it set further down, or "
        "in an `if` or a loop that did not run?",
    ),
    Cause(
        "parameter renamed",
        "NameError",
        r"name '(?P<name>RENAMED)' is not defined",
        "`{name}` is a parameter of the stub that you have renamed. Your function calls it "
        "`{renamed}`.",
    ),
    Cause(
        "parameter lost",
        "NameError",
        r"name '(?P<name>RENAMED)' is not defined",
        "`{name}` is a parameter of the stub, but not of your function. Write the parameters as "
        "the stub has them.",
    ),
    Cause(
        "step size misnamed",
        "NameError",
        r"name '(?P<name>alpha|lr|eta|learning_rate|stepsize|step|gamma|\u03b1|\u03b7)' is not",
        "`{name}` is defined nowhere. The step size is the parameter `{own[step_size]}`.",
    ),
    Cause(
        "theta misnamed",
        "NameError",
        r"name '(?P<name>\u03b8|\u03d1|th|t|w)' is not defined",
        "`{name}` is defined nowhere. The parameter of the model is called `{own[theta]}`.",
    ),
    Cause(
        "number of points",
        "NameError",
        r"name '(?P<name>[nN]|n_samples|n_points)' is not defined",
        "`{name}` is defined nowhere. The number of points is len({own[y]}).",
    ),
    Cause(
        "number of points",
        "NameError",
        r"name '(?P<name>[nN]|n_samples|n_points)' is not defined",
        "`{name}` is defined nowhere. The number of points is len({own[x]}).",
    ),
    Cause(
        "number of units",
        "NameError",
        r"name '(?P<name>[hH]|width|n_hidden)' is not defined",
        "`{name}` is defined nowhere. The number of hidden units is len({own[w1]}).",
    ),
    Cause(
        "NumPy not imported",
        "NameError",
        r"name 'np' is not defined",
        "NumPy is not imported yet. Run the notebook's first cells, or all of them from the top.",
    ),
    Cause(
        "NumPy by its long name",
        "NameError",
        r"name 'numpy' is not defined",
        "NumPy goes by the name `np` here (import numpy as np): write np in place of numpy.",
    ),
    Cause(
        "module not imported",
        "NameError",
        r"name '(?P<name>torch|math|random|scipy|plt|pd|sys|itertools|functools)' is not defined",
        "The module `{name}` is not imported in this notebook, or that cell has not run.",
    ),
    Cause(
        "constant in small letters",
        "NameError",
        r"name '(?:true|false|none|null)' is not defined",
        "Python writes these with a capital letter: True, False, None.",
    ),
    Cause(
        "np forgotten",
        "NameError",
        rf"name '(?P<name>{NUMPY})' is not defined",
        "`{name}` is NumPy's: write np.{name}.",
    ),
    Cause(
        "parameter mistyped",
        "NameError",
        r"name '(?P<name>\w{1,60})' is not defined",
        "`{name}` is defined nowhere. Is the parameter `{parameter}` meant?",
    ),
    Cause(
        "name unknown",
        "NameError",
        r"name '(?P<name>\w{1,60})' is not defined",
        "`{name}` is defined nowhere. Is it a typo, or a variable of the notebook? A function "
        "should use its arguments alone.",
    ),
    Cause(
        "name without a value",
        "NameError",
        r"free variable '(?P<name>\w{1,60})'",
        "The inner function uses `{name}` before the outer one has given it a value.",
    ),
    Cause(
        "name unknown",
        "NameError",
        "",
        "A name is used that is defined nowhere. Is it a typo, or a variable of the notebook? A "
        "function should use its arguments alone.",
    ),
    # None
    Cause(
        "append returns None",
        "TypeError AttributeError",
        r"NoneType",
        "`{called}` changes its list and returns None. Call it in a line of its own, then use "
        "the list.",
        line=r"\.(?P<called>append|sort|extend|reverse|insert)\(",
    ),
    Cause(
        "print returns None",
        "TypeError AttributeError",
        r"NoneType",
        "print shows a value and returns None. Calculate with the value itself.",
        line=r"(?<![\w.])print\(",
    ),
    Cause(
        "no gradient yet",
        "TypeError AttributeError",
        r"NoneType",
        "`.grad` is None until backward() has run, and on tensors made without requires_grad=True.",
        line=r"\.grad(?!\w)",
    ),
    Cause(
        "missing return",
        "TypeError AttributeError",
        r"NoneType",
        "One of the values here is None. Is the `return` missing in a function that is called?",
    ),
    # attributes
    Cause(
        "values one by one",
        "TypeError AttributeError",
        r"(?:^|of type |(?:operand type|instances of).{1,60})"
        r"'(?P<kind>generator|map|zip|filter|enumerate|reversed)'",
        "A {kind} object gives its values one by one and cannot be used as a whole. Make a tuple "
        "of it first: tuple(...).",
    ),
    Cause(
        "append on an array",
        "AttributeError",
        r"'(?:numpy\.ndarray|Tensor)' object has no attribute '(?:append|extend|insert)'",
        "An array cannot grow. Collect the values in a list and make an array of it at the end: "
        "np.array(values).",
    ),
    Cause(
        "function as a method",
        "AttributeError",
        rf"'numpy\.ndarray' object has no attribute '(?P<name>{FUNCTIONS}|abs)'",
        "`{name}` is a function of NumPy, not a method of an array: np.{name}(...).",
    ),
    Cause(
        "length as a method",
        "AttributeError",
        r"'(?:numpy\.ndarray|Tensor|list|tuple)' object has no attribute '(?:len|length|count)'",
        "The number of entries is len(y).",
    ),
    Cause(
        "array taken for a tensor",
        "AttributeError",
        r"'(?:numpy\.ndarray|numpy\.float64|float)' object has no attribute "
        r"'(?P<name>numpy|detach|backward|grad|requires_grad|clone|unsqueeze)'",
        "`.{name}` belongs to torch's tensors, and this is none. Leave it out, or make a tensor "
        "with torch.tensor(...).",
    ),
    Cause(
        "tensor taken for an array",
        "AttributeError",
        rf"'Tensor' object has no attribute '(?P<name>{NUMPY})'",
        "A torch tensor has no `.{name}`. Use torch's own function, or go on with NumPy: "
        "t.detach().numpy().",
    ),
    Cause(
        "array attribute mistyped",
        "AttributeError",
        r"'(?:numpy\.ndarray|Tensor)' object has no attribute '(?P<name>\w{1,60})'",
        "An array has no `.{name}`. Is `.{array}` meant?",
    ),
    Cause(
        "tensor taken for an array",
        "AttributeError",
        r"'Tensor' object has no attribute '(?P<name>\w{1,60})'",
        "A torch tensor has no `.{name}`. Use torch's own function, or go on with NumPy: "
        "t.detach().numpy().",
    ),
    Cause(
        "array attribute unknown",
        "AttributeError",
        r"'numpy\.ndarray' object has no attribute '(?P<name>\w{1,60})'",
        "An array has no `.{name}`. Is it a typo, or is another variable meant?",
    ),
    Cause(
        "tuple without names",
        "AttributeError TypeError",
        r"'tuple' object has no attribute '(?:w1|b1|w2|b2)'|tuple indices must .{1,60} not str",
        "This is a plain tuple, its parts have no names. Take it apart: w1, b1, w2, b2 = ...",
    ),
    Cause(
        "list taken for an array",
        "AttributeError",
        rf"'(?P<kind>list|tuple)' object has no attribute '(?P<name>{ARRAY})'",
        "A {kind} has no `.{name}`, an array has. Make one first: np.array(...).",
    ),
    Cause(
        "number taken for an array",
        "AttributeError",
        rf"'(?:float|int)' object has no attribute '(?P<name>{ARRAY})'",
        "This is a single number, not an array: it has no `.{name}`. Is another variable meant, "
        "or is it summed already?",
    ),
    Cause(
        "key as an attribute",
        "AttributeError",
        r"'dict' object has no attribute '(?P<name>\w{1,60})'",
        'Entries of a dictionary are taken with square brackets: ["{name}"].',
    ),
    Cause(
        "call forgotten before a dot",
        "AttributeError",
        rf"'(?:{CALLABLES})' object has no attribute",
        "Before the dot is a function, not its result. The brackets that call it are missing.",
    ),
    Cause(
        "removed from NumPy",
        "AttributeError",
        r"module 'numpy' has no attribute '(?P<name>float|int|bool|object|str)'",
        "NumPy no longer has np.{name}. Write {name}.",
    ),
    Cause(
        "math in NumPy",
        "AttributeError",
        r"module 'numpy' has no attribute 'math'",
        "NumPy no longer has np.math. Its own functions do the same: np.sqrt, np.exp.",
    ),
    Cause(
        "dropped by NumPy",
        "AttributeError",
        r"was removed (?:in the|from) ",
        "NumPy 2 has dropped this name. The error says what to write in its place.",
    ),
    Cause(
        "NumPy name mistyped",
        "AttributeError",
        r"module 'numpy' has no attribute '(?P<name>\w{1,60})'",
        "NumPy has no `{name}`. Is np.{numpy} meant?",
    ),
    Cause(
        "array in torch",
        "AttributeError",
        r"module 'torch' has no attribute 'array'",
        "torch makes its arrays with torch.tensor(...).",
    ),
    Cause(
        "NumPy function in torch",
        "AttributeError",
        rf"module 'torch' has no attribute '(?P<name>{NUMPY})'",
        "`{name}` is not in torch, but in NumPy: np.{name} takes NumPy arrays.",
    ),
    Cause(
        "torch name mistyped",
        "AttributeError",
        r"module 'torch' has no attribute '(?P<name>\w{1,60})'",
        "torch has no `{name}`. Is `{numpy}` meant? Look its name up: not all are those of NumPy.",
    ),
    Cause(
        "NumPy function in math",
        "AttributeError",
        rf"module 'math' has no attribute '(?P<name>{NUMPY})'",
        "`{name}` is not in math, but in NumPy: np.{name}.",
    ),
    Cause(
        "module name unknown",
        "AttributeError",
        r"module '(?P<module>[\w.]{1,60})' has no attribute '(?P<name>\w{1,60})'",
        "There is no `{name}` in {module}. Is it a typo, or a function of another module?",
    ),
    Cause(
        "attribute unknown",
        "AttributeError",
        r"object has no attribute '(?P<name>\w{1,60})'",
        "The value before the dot has no `.{name}`. Is it a typo, or a value of another type than "
        "you think?",
    ),
    Cause(
        "attribute unknown",
        "AttributeError",
        "",
        "Something behind a dot does not exist. Is it a typo, or is the value before the dot of "
        "another type than you think?",
    ),
    # indices
    Cause(
        "axis too large",
        "AxisError IndexError ValueError",
        r"axis -?\d{1,9} is out of bounds for array of dimension \d{1,9}|^Dimension out",
        "There are fewer axes than that. They count from 0: a 1-D array has axis 0 alone, a table "
        "axes 0 (down) and 1 (across).",
    ),
    Cause(
        "axis too large",
        "AxisError",
        "",
        "The array has fewer axes than that. They count from 0: a 1-D array has axis 0 alone, a "
        "table axes 0 and 1.",
    ),
    Cause(
        "index too large",
        "IndexError",
        r"index (?P<index>\d{1,12}) is out of bounds .{1,30} with size (?P<size>\d{1,12})",
        "Index {index} is too large: there are {size} entries, and they count from 0. Does a range "
        "go too far, or is it the size of another array?",
    ),
    Cause(
        "index too large",
        "IndexError",
        r"index out of range|is out of bounds|out of range for tensor",
        "The index is too large or too small: N entries count from 0 to N - 1. Does a range go one "
        "too far?",
    ),
    Cause(
        "empty list",
        "IndexError",
        r"pop from (?:an )?empty",
        "Something is taken from a list that is empty.",
    ),
    Cause(
        "number indexed",
        "IndexError",
        r"invalid index to scalar|invalid index of a 0-dim|array is 0-dimensional",
        "A single number is indexed. Is there one index too many, or was a mean or sum taken "
        "before?",
    ),
    Cause(
        "too many indices",
        "IndexError",
        r"too many indices for (?:array: array is|tensor of dimension) \d{1,9}",
        "There are more indices than axes. A 1-D array takes one index; x[:, None] makes a table "
        "with one column of it.",
    ),
    Cause(
        "index not whole",
        "IndexError",
        r"only integers, slices",
        "An index is a float or text, not an integer. `for i in y` and `/` give floats; "
        "range(len(y)) and `//` give integers.",
    ),
    Cause(
        "mask of numbers",
        "IndexError",
        r"arrays used as indices must be|tensors used as indices must be",
        "An array of floats is used as an index. Use integers, or a mask of True and False: the "
        "condition itself, y > 0.",
    ),
    Cause(
        "mask of another length",
        "IndexError",
        r"boolean index did not match|shape of the mask",
        "The mask has another length than the array. Compare an array of the same shape to make "
        "the mask.",
    ),
    Cause(
        "index wrong",
        "IndexError",
        "",
        "An index does not fit what it is used on. N entries count from 0 to N - 1. Or are there "
        "more indices than axes?",
    ),
    Cause(
        "list index of two",
        "TypeError",
        r"(?P<kind>list|tuple) indices must be integers or slices, not tuple",
        "A {kind} takes one index at a time. Two, as in a[i, j], need an array: np.array(...).",
    ),
    Cause(
        "list index not whole",
        "TypeError",
        r"(?P<kind>list|tuple) indices must be integers or slices, not (?P<other>[\w.]{1,60})",
        "A {kind} is indexed with a value of type {other}. Its indices are integers, as in "
        "for i in range(len(y)).",
    ),
    Cause(
        "call in square brackets",
        "TypeError",
        rf"'(?:{CALLABLES})' object is not subscriptable|type '\w{{1,40}}' is not subscriptable",
        "Square brackets follow a function. Call it with round ones, then index the result.",
    ),
    Cause(
        "number indexed",
        "TypeError",
        rf"'(?:{NUMBERS})' object (?:is not subscriptable|does not support item assignment)",
        "A single number is indexed, as if it were an array. Is there one index too many, or is "
        "another variable meant?",
    ),
    Cause(
        "tuple changed",
        "TypeError",
        r"'tuple' object does not support item assignment",
        "A tuple cannot be changed. Build a new one of the new values.",
    ),
    Cause(
        "next of a list",
        "TypeError",
        r"object is not an iterator",
        "next takes iterators, not lists or arrays. The first entry is a[0].",
    ),
    Cause(
        "loop over a number",
        "TypeError",
        rf"'(?:{NUMBERS})' object is not iterable|iteration over a 0-d"
        rf"|argument of type '(?:{NUMBERS})' is not",
        "A single number is looped over, summed or unpacked. Is an array meant, or range(len(y))?",
    ),
    Cause(
        "length of a number",
        "TypeError",
        r"has no len\(\)|len\(\) of (?:unsized|a 0-d)",
        "len asks for the number of entries, but this value has none: it is a single number or a "
        "function. Is another variable meant?",
    ),
    Cause(
        "array as a key",
        "TypeError",
        r"unhashable type",
        "Arrays, lists and dictionaries cannot be keys of a dictionary or members of a set. Use "
        "an index or a name as the key.",
    ),
    Cause(
        "key missing",
        "KeyError",
        r"^'(?P<name>\w{1,60})'$",
        "The dictionary has no key `{name}`. Is it a typo, or was it never stored?",
    ),
    Cause(
        "key missing",
        "KeyError",
        "",
        "A dictionary is asked for a key that it does not have.",
    ),
    # whole numbers
    Cause(
        "range of half",
        "TypeError",
        r"cannot be interpreted as an integer",
        "`/` makes a float, and range wants an integer. `//` divides to an integer.",
        line=r"(?<![\w.])range\([^/]{0,80}[^/]/[^/]",
    ),
    Cause(
        "range over an array",
        ARRAYS,
        rf"{NO_INTEGER}|only integer tensors",
        "range wants the number of rounds, an integer. For the indices of y: range(len(y)). For "
        "its values: for value in y.",
        line=r"(?<![\w.])range\(",
    ),
    Cause(
        "shape not in brackets",
        "TypeError",
        r"as a data type|dtype from an array|cannot be interpreted as an integer"
        r"|expected a sequence of integers",
        "np.{called} takes the shape as its first argument, integers alone, several as a tuple: "
        "np.{called}((5, 3)).",
        line=r"\.(?P<called>zeros|ones|empty|full)\(",
    ),
    Cause(
        "parts not in a list",
        ARRAYS,
        NO_INTEGER,
        "np.{called} takes its parts as one list: np.{called}([a, b]).",
        line=r"\.(?P<called>concatenate|hstack|vstack|column_stack|stack)\((?!\[)",
    ),
    Cause(
        "axis is an array",
        ARRAYS,
        NO_INTEGER,
        "The second argument of np.{called} is an axis. One array goes in: combine them first, as "
        "in np.{called}(a * b).",
        line=r"\.(?P<called>mean|sum|std|var|median|max|min|prod)\((?:[^()]|\([^()]{0,60}\)){1,80},",
    ),
    Cause(
        "entries not in a list",
        "TypeError",
        r"as a data type|dtype from an array",
        "np.array takes its entries as one list: np.array([1, 2]).",
    ),
    Cause(
        "tensor and list",
        "TypeError",
        r"only integer tensors of a single element",
        "A tensor meets a list, a tuple or text, or is used as an index. Make a tensor of a list "
        "first: torch.tensor(...).",
    ),
    Cause(
        "integer wanted",
        ARRAYS,
        rf"{NO_INTEGER}|expected a sequence of integers|must be (?:tuple of ints|int), not",
        "One integer is wanted here, as an index, a size or a number of rounds, but an array, a "
        "float or text is given.",
    ),
    # shapes
    Cause(
        "mask on one side",
        ARRAYS,
        r"to indexing result|cannot assign \d{1,9} input values",
        "A mask selects more (or fewer) entries than are assigned to them. Use the same mask on "
        "both sides: a[mask] = b[mask].",
    ),
    Cause(
        "lengths differ",
        "ValueError",
        r"could not be broadcast together with shapes \((?P<a>\d{1,9}),\) \((?P<b>\d{1,9}),\)",
        "An array of {a} entries meets one of {b}. To combine every entry with every other, make "
        "one of them a column: x[:, None].",
    ),
    Cause(
        "row taken for a column",
        "ValueError",
        r"could not be broadcast together with shapes "
        r"\((?P<a>\d{1,9}), ?(?P<b>\d{1,9})\) \((?P<c>\d{1,9}),\)",
        "A table of {a} rows and {b} columns meets {c} entries, and NumPy wants one per column. "
        "One per row: make it a column, v[:, None].",
    ),
    Cause(
        "row taken for a column",
        "ValueError",
        r"could not be broadcast together with shapes "
        r"\((?P<c>\d{1,9}),\) \((?P<a>\d{1,9}), ?(?P<b>\d{1,9})\)",
        "{c} entries meet a table of {a} rows and {b} columns, and NumPy wants one per column. "
        "One per row: make it a column, v[:, None].",
    ),
    Cause(
        "shapes differ",
        "ValueError",
        rf"could not be broadcast together with shapes (?P<a>{SHAPE}) (?P<b>{SHAPE})",
        "Shapes {a} and {b} do not go together: counted from the right, sizes must be equal or 1. "
        "Is a [:, None] or a .T missing?",
    ),
    Cause(
        "shapes differ",
        "ValueError",
        r"could not be broadcast|remapped shapes",
        "The shapes do not go together: counted from the right, sizes must be equal or 1. Print "
        "them to see which one is wrong.",
    ),
    Cause(
        "system sizes differ",
        "ValueError LinAlgError RuntimeError",
        r"^solve.{0,3}: .{1,40}mismatch|^Incompatible dimensions|linalg\.lstsq: input\.size"
        r"|linalg\.solve: Incompatible",
        "The right side needs as many entries as the matrix has rows. Is a transpose wrong, or is "
        "the design matrix multiplied to one side only?",
    ),
    Cause(
        "array and tensor",
        "TypeError",
        r"'numpy\.ndarray' and 'Tensor'",
        "A NumPy array meets a torch tensor. Turn one into the other: torch.from_numpy(a), or "
        "t.detach().numpy().",
    ),
    Cause(
        "matmul of a number",
        "ValueError TypeError RuntimeError",
        r"does not have enough dimensions|both arguments to matmul need to be"
        rf"|for @: '(?:{NUMBERS})'|for @: '[\w.]{{1,40}}' and '(?:{NUMBERS})'",
        "`@` is the product of arrays, and one side is a single number (or None). Numbers are "
        "multiplied with `*`.",
    ),
    Cause(
        "matmul sizes",
        "ValueError",
        r"mismatch in its core dimension .{1,90}"
        r"\(size (?P<b>\d{1,9}) is different from (?P<a>\d{1,9})",
        "`@` sums over the last axis on its left and the first one on its right: here {a} and {b} "
        "entries. Is the order or a .T wrong?",
    ),
    Cause(
        "dot sizes",
        "ValueError",
        r"not aligned: (?P<a>\d{1,9}) \(dim \d{1,9}\) != (?P<b>\d{1,9})",
        "The product sums over the last axis on the left and the first one on the right: here {a} "
        "and {b} entries. Is the order or a .T wrong?",
    ),
    Cause(
        "mm sizes",
        "RuntimeError",
        r"shapes cannot be multiplied \((?P<a>\d{1,9}x\d{1,9}) and (?P<b>\d{1,9}x\d{1,9})\)",
        "The left matrix ({a}) needs as many columns as the right one ({b}) has rows. Is the order "
        "or a .T wrong?",
    ),
    Cause(
        "torch product sizes",
        "RuntimeError",
        r"size mismatch|inconsistent tensor size|must be a matrix|vector \+ matrix @ vector",
        "The sizes of this product do not go together: it sums over the last axis on the left and "
        "the first one on the right.",
    ),
    Cause(
        "torch sizes differ",
        "RuntimeError",
        r"size of tensor a \((?P<a>\d{1,9})\) must match the size of tensor b \((?P<b>\d{1,9})\)",
        "{a} entries meet {b}. To combine every entry with every other, make one tensor a column: "
        "x[:, None].",
    ),
    Cause(
        "stacked sizes differ",
        ARRAYS,
        r"except for the concatenation axis|must have the same shape|to be equal size"
        r"|Sizes of tensors must match",
        "What is put together differs in length. All parts need the same number of rows (or of "
        "columns).",
    ),
    Cause(
        "number stacked",
        ARRAYS,
        r"zero-dimensional (?:arrays|tensor)|has 0 dimension\(s\)",
        "A single number is put together with arrays. Make it an array first, with as many "
        "entries as are wanted, or put it in a list.",
    ),
    Cause(
        "table and array stacked",
        ARRAYS,
        r"must have same number of dimensions",
        "A table and a 1-D array are put together. np.column_stack takes a 1-D array as a column; "
        "so does v[:, None] in np.hstack.",
    ),
    Cause(
        "assigned shape",
        ARRAYS,
        r"could not broadcast input array|expanded size of the tensor|match the broadcast shape",
        "More (or fewer) values are assigned than there is room for: the two sides of `=` need "
        "the same shape.",
    ),
    Cause(
        "reshape",
        ARRAYS,
        r"cannot reshape array|is invalid for input of size",
        "reshape keeps all entries, so the new sizes must multiply to the old number of entries. "
        "-1 lets NumPy work one size out.",
    ),
    Cause(
        "ragged array",
        ARRAYS,
        r"inhomogeneous shape",
        "Parts of different lengths do not make one array. Is a number missing in one of them, or "
        "should they stay a tuple?",
    ),
    Cause(
        "array in an entry",
        ARRAYS,
        r"setting an array element with a sequence",
        "An array (or a list) is written where one number has room. Is an index or a sum missing "
        "on the right side?",
    ),
    # one number of many
    Cause(
        "math on an array",
        ARRAYS,
        ONE_NUMBER,
        "math.{called} takes one number. NumPy's function goes entry by entry: np.{called}.",
        line=r"(?<!\w)math\.(?P<called>sqrt|exp|log|log2|log10|sin|cos|tanh?|floor|ceil|isnan)\(",
    ),
    Cause(
        "math on an array",
        ARRAYS,
        ONE_NUMBER,
        "The functions of math work with single numbers, those of NumPy with arrays.",
        line=r"(?<!\w)math\.",
    ),
    Cause(
        "array to a number",
        ARRAYS,
        rf"{ONE_NUMBER}|real number, not '?(?:list|tuple)",
        "One number is asked of an array, as float(...) does. Is a mean or a sum missing before? "
        "Or take its one entry: a[0].",
    ),
    Cause(
        "round on an array",
        "TypeError",
        r"doesn't define __round__",
        "Python's round takes one number. np.round takes an array.",
    ),
    # operands
    Cause(
        "ellipsis",
        "TypeError",
        r"'ellipsis'",
        "`...` is still there in place of code. Write what belongs there.",
    ),
    Cause(
        "function in place of its result",
        "TypeError",
        rf"(?:operand type|instances of|real number, not ).{{0,60}}'(?:{CALLABLES})'"
        rf"|^'(?:{CALLABLES})' object is not",
        "A function is used in place of its result. The brackets that call it are missing: "
        "np.mean(y), not np.mean.",
    ),
    Cause(
        "text in arithmetic",
        "TypeError UFuncTypeError ValueError",
        r"(?:operand type|instances of).{1,60}'str'|concatenate str|dtype\('<U|StrDType",
        "Text is calculated with. Does a number have quotes around it, or is a name in quotes in "
        "place of the variable?",
    ),
    Cause(
        "text to a number",
        "ValueError",
        r"^could not convert string|^invalid literal for int",
        "Text that is no number is turned into one. Is a name in quotes in place of the variable?",
    ),
    Cause(
        "arithmetic on a list",
        "TypeError",
        r"(?:operand type|instances of).{1,60}'(?:list|tuple)'|can only concatenate (?:list|tuple)",
        "Lists and tuples do not calculate entry by entry. Make an array of a list: np.array(...). "
        "Take the parts of a tuple one by one.",
    ),
    Cause(
        "arithmetic on a list",
        "TypeError",
        r"can't multiply sequence by non-int",
        "Lists, tuples and text do not calculate entry by entry. Make an array of a list: "
        "np.array(...). Take the parts of a tuple one by one.",
    ),
    Cause(
        "arithmetic on a dictionary",
        "TypeError",
        r"(?:operand type|instances of).{1,60}'dict'",
        "A dictionary does not calculate. Take its values one by one: d[key].",
    ),
    Cause(
        "complex compared",
        "TypeError",
        r"'complex'",
        "A number has become complex. A negative number to the power of a fraction does that, as "
        "in (-2.0) ** 0.5.",
    ),
    # calls
    Cause(
        "tensor given to NumPy",
        "TypeError",
        r"\(\) got an unexpected keyword argument '(?:axis|out|dtype|keepdims)'",
        "Does np.{called} get a torch tensor? Use torch.{called}, or give it t.detach().numpy().",
        line=r"(?<!\w)np\.(?P<called>mean|sum|max|min|prod|std|var)\((?![^=]{0,200}=)",
    ),
    Cause(
        "out argument",
        "TypeError",
        r"return arrays must be of ArrayType",
        "There is one argument too many: NumPy takes the last one for an array to write into.",
    ),
    Cause(
        "argument forgotten",
        "TypeError",
        r"(?P<called>\w{1,60})>?\(\) missing \d{1,3} required (?:positional|keyword-only) "
        r"argument: '(?P<name>\w{1,60})'",
        "A call of `{called}` lacks its argument `{name}`. Pass all of its arguments, in their "
        "order.",
    ),
    Cause(
        "arguments forgotten",
        "TypeError",
        r"(?P<called>\w{1,60})>?\(\) missing (?:\d{1,3} )?required",
        "A call of `{called}` lacks arguments. Pass all of them, in their order.",
    ),
    Cause(
        "number of arguments",
        "TypeError",
        r"(?P<called>\w{1,60})>?\(\) takes (?P<wanted>[\w ]{1,20}) positional arguments? but "
        r"(?P<given>\d{1,4}) ",
        "`{called}` takes {wanted} by position, and a call passes {given}. Pass what it takes, "
        "in its order; a list or an array counts as one.",
    ),
    Cause(
        "number of arguments",
        "TypeError",
        r"arguments? \(\d{1,4} given\)|expected (?:at (?:least|most) )?\d{1,4} arguments?, got",
        "A call passes too many arguments, or too few. A list or an array counts as one.",
    ),
    Cause(
        "unknown keyword",
        "TypeError",
        r"(?P<called>\w{1,60})>?\(\) got an unexpected keyword argument '(?P<name>\w{1,60})'",
        "`{called}` has no argument `{name}`. Is it a typo, or an argument of another function?",
    ),
    Cause(
        "argument twice",
        "TypeError",
        r"(?P<called>\w{1,60})>?\(\) got multiple values for argument '(?P<name>\w{1,60})'",
        "A call of `{called}` passes `{name}` twice: by its position and by its name.",
    ),
    Cause(
        "half a where",
        "ValueError",
        r"either both or neither of x and y",
        "np.where takes the condition and both values: np.where(condition, a, b).",
    ),
    # torch
    Cause(
        "detach forgotten",
        "RuntimeError",
        r"numpy\(\) on Tensor that requires grad",
        "NumPy cannot follow torch's gradients. Take the values out first: t.detach().numpy(); or "
        "stay in torch.",
    ),
    Cause(
        "from_numpy of a number",
        "TypeError",
        r"expected np\.ndarray \(got (?P<kind>\w{1,40})\)",
        "torch.from_numpy takes NumPy arrays, and this is of type {kind}. torch.tensor(...) takes "
        "numbers and lists too.",
    ),
    Cause(
        "array given to torch",
        "TypeError",
        r"must be Tensor, not numpy\.ndarray|expected Tensor as element .{1,60}numpy"
        r"|combination of arguments - got \([^)]{0,80}numpy\.ndarray"
        r"|can't assign a numpy\.ndarray",
        "A torch function gets a NumPy array. Make a tensor first, torch.from_numpy(a), or use "
        "NumPy's function.",
    ),
    Cause(
        "number given to torch",
        "TypeError",
        r"must be Tensor, not (?:int|float)",
        "torch.{called} wants tensors on both sides. With a number as the bound: torch.clamp.",
        line=r"(?<!\w)torch\.(?P<called>maximum|minimum)\(",
    ),
    Cause(
        "number given to torch",
        "TypeError",
        r"must be Tensor, not |expected Tensor as element ",
        "This torch function takes tensors only, not numbers or lists. Make one first: "
        "torch.tensor(...).",
    ),
    Cause(
        "torch arguments",
        "TypeError",
        r"(?P<called>\w{1,60})>?\(\) received an invalid combination of arguments",
        "`{called}` of torch gets arguments of the wrong type or number. Are all arrays tensors, "
        "and is an axis passed as dim?",
    ),
    Cause(
        "nothing to differentiate",
        "RuntimeError",
        r"does not require grad|appears to not have been used in the graph",
        "The result does not depend on a tensor with requires_grad=True. Make theta such a tensor, "
        "before the loss is calculated, without detach.",
    ),
    Cause(
        "backward from many",
        "RuntimeError",
        r"grad can be implicitly created only for scalar",
        "backward() starts from one number. Is the mean (or sum) of the loss missing?",
    ),
    Cause(
        "backward twice",
        "RuntimeError",
        r"backward through the graph a second time",
        "backward() runs twice on one calculation. Calculate the loss anew before each backward().",
    ),
    Cause(
        "leaf changed",
        "RuntimeError",
        r"leaf Variable that requires grad",
        "A tensor with requires_grad=True is changed in place. Write a = a - ... in place of "
        "a -= ..., or do it under torch.no_grad().",
    ),
    Cause(
        "optimizer parameters",
        "TypeError ValueError",
        r"optimizer can only optimize Tensors|can't optimize a non-leaf",
        "An optimizer takes a list of tensors made with requires_grad=True: "
        "torch.tensor(theta, requires_grad=True).",
    ),
    Cause(
        "integers in torch",
        "RuntimeError",
        r"could not infer output dtype|must be either a floating point|can't be cast to the desired"
        r"|[Oo]nly Tensors of floating point",
        "The tensor holds integers, where fractions are needed. Make it a float one: t.double().",
    ),
    Cause(
        "precisions mixed",
        "RuntimeError",
        r"same dtype|same scalar type|expected scalar type|[Ff]ound dtype"
        r"|[Ee]xpected (?:Double|Float|Long|Int|object of scalar).{0,40} but got ",
        "float32 (torch's own choice) meets float64 (NumPy's) or integers. Convert one: "
        "t.double().",
    ),
    # linear algebra
    Cause(
        "singular matrix",
        "LinAlgError _LinAlgError RuntimeError",
        r"[Ss]ingular matrix|matrix is singular",
        "The matrix has no inverse. In a least squares problem there are several minimisers then: "
        "np.linalg.lstsq or np.linalg.pinv finds one.",
    ),
    Cause(
        "matrix not square",
        "LinAlgError _LinAlgError RuntimeError",
        r"must be square|batches of square",
        "solve and inv take square matrices. For more rows than columns use np.linalg.lstsq, or "
        "the normal equations A.T @ A.",
    ),
    Cause(
        "matrix without columns",
        "LinAlgError _LinAlgError RuntimeError",
        r"-dimensional array given|at least 2 dimensions",
        "A matrix is wanted here, not a number or a 1-D array (whose .T changes nothing). "
        "x[:, None] makes a matrix with one column.",
    ),
    Cause(
        "nan in a matrix",
        "LinAlgError _LinAlgError",
        r"did not converge|failed to converge",
        "The matrix probably holds nan or inf: look for a division by zero before.",
    ),
    Cause(
        "matrix refused",
        "LinAlgError _LinAlgError",
        "",
        "This cannot be done with this matrix. Is it singular, not square, or does it hold nan?",
    ),
    # numbers
    Cause(
        "zero to a negative power",
        "ZeroDivisionError",
        r"negative power",
        "Zero is raised to a negative power, which divides by zero.",
    ),
    Cause(
        "division by zero",
        "ZeroDivisionError",
        "",
        "Something is divided by zero. Can the divisor be 0, as a count, a sum or a weight can?",
    ),
    Cause(
        "recursion",
        "RecursionError",
        "",
        "The function calls itself, directly or through another one, and never ends. Is another "
        "function meant?",
    ),
    Cause(
        "number too large",
        "OverflowError",
        r"math range error|out of range'|too large'|too large to convert",
        "A number is larger than a float can be (about 1e308). Does it grow in a loop, or is an "
        "exponent wrong?",
    ),
    Cause(
        "infinity to an integer",
        "OverflowError",
        r"cannot convert float infinity",
        "An infinite number is turned into an integer. Look for what makes it infinite.",
    ),
    Cause(
        "number too large",
        "OverflowError",
        "",
        "A number does not fit into the type that should hold it.",
    ),
    Cause(
        "outside the domain",
        "ValueError",
        r"^math domain error|^expected a (?:nonnegative|positive) input|^expected a number in",
        "The function is not defined for this number: a root or a logarithm of a negative one (or "
        "log of 0).",
    ),
    Cause(
        "nan to an integer",
        "ValueError",
        r"^cannot convert float NaN",
        "nan is turned into an integer. Look for what makes it nan, such as 0 / 0.",
    ),
    Cause(
        "integer to a negative power",
        "ValueError",
        r"[Ii]ntegers to negative integer powers",
        "NumPy's integers cannot be raised to a negative power. Divide (1 / a), or use floats "
        "(a ** -1.0).",
    ),
    Cause(
        "integers changed in place",
        "UFuncTypeError TypeError",
        r"Cannot cast ufunc .{1,60} to dtype\('(?:u?int|bool)",
        "An array of integers (or of True and False) cannot take fractions in place. `a = a - b` "
        "makes a new array, `a -= b` does not.",
    ),
    Cause(
        "types of a ufunc",
        "UFuncTypeError TypeError",
        r"did not contain a loop|not supported for the input|loop of ufunc|Cannot cast ufunc",
        "NumPy cannot calculate with values of these types. Is there text, None or a "
        "complex number among them?",
    ),
    Cause(
        "types of a ufunc",
        "UFuncTypeError",
        "",
        "NumPy cannot do this with these types. Is there text in it, or is an array of integers "
        "changed in place (`a -= b`)?",
    ),
    Cause(
        "read-only",
        "ValueError",
        r"^(?:assignment destination|output array) is read-only",
        "This array is not yours to change. Work on a copy (a.copy()), or write a = a - b in place "
        "of a -= b.",
    ),
    Cause(
        "nothing to choose from",
        "ValueError",
        r"empty sequence|argument is empty|zero-size array",
        "The largest or smallest of no values is asked for. Does a mask or a loop leave nothing?",
    ),
    # taking apart
    Cause(
        "too few parts",
        "ValueError",
        r"^not enough values to unpack \(expected (?:at least )?(?P<a>\d{1,6}), got (?P<b>\d{1,6})",
        "There are {a} names on the left of `=`, but its right side gives only {b} of the values.",
    ),
    Cause(
        "too many parts",
        "ValueError",
        r"^too many values to unpack \(expected (?P<a>\d{1,6})",
        "There are {a} names on the left of `=` (or after `for`), but more values to go into them.",
    ),
    Cause(
        "one value taken apart",
        "TypeError",
        r"^cannot unpack non-iterable",
        "A single value is taken apart into several names. Does a function return one value only, "
        "or is zip(...) missing in a loop?",
    ),
    # modules and files
    Cause(
        "module not there",
        "ModuleNotFoundError",
        r"^No module named '(?P<name>[\w.]{1,60})'",
        "There is no module `{name}` here. Is it a typo? What the notebook imports at its top is "
        "enough.",
    ),
    Cause(
        "import of a name",
        "ImportError",
        r"^cannot import name '(?P<name>\w{1,60})' from '(?P<module>[\w.]{1,60})'",
        "The module {module} has no `{name}`. Is it a typo, or in another module?",
    ),
    Cause(
        "import",
        "ImportError ModuleNotFoundError",
        "",
        "An import failed. What the notebook imports at its top is enough.",
    ),
    Cause(
        "file",
        "FileNotFoundError",
        "",
        "A file is opened that is not there. The functions need no files: all that they need are "
        "their arguments.",
    ),
    Cause(
        "input",
        "StdinNotImplementedError",
        "",
        "input() asks a person. A function gets its values by its parameters.",
    ),
    Cause("memory", "MemoryError", "", "More memory is asked for than there is. Is a size wrong?"),
    # syntax
    Cause(
        "colon missing",
        "SyntaxError",
        r"^expected ':'",
        "A colon is missing at the end of a line with def, if, else, for or while.",
    ),
    Cause(
        "bracket missing",
        "SyntaxError",
        r"was never closed|^unexpected EOF",
        "A bracket is opened and not closed.",
    ),
    Cause(
        "bracket too many",
        "SyntaxError",
        r"^unmatched '|does not match opening",
        "A closing bracket has no opening one of its kind before it.",
    ),
    Cause(
        "block not indented",
        "IndentationError",
        r"^expected an indented block",
        "The lines after a colon must be indented, by four spaces. A block must hold at least one "
        "line of code.",
    ),
    Cause(
        "unexpected indent",
        "IndentationError",
        r"^unexpected indent",
        "A line is indented further than the one before, without a colon there. Lines of one block "
        "begin in the same column.",
    ),
    Cause(
        "tabs",
        "TabError",
        "",
        "Tabs and spaces are mixed at the beginning of lines. Use four spaces a step.",
    ),
    Cause(
        "indentation",
        "IndentationError",
        "",
        "Lines of one block must begin in the same column: four spaces for each step.",
    ),
    Cause(
        "times missing after a number",
        "SyntaxError",
        r"^invalid (?:decimal|hexadecimal|imaginary) literal",
        "A `*` is missing after a number (2 * x, not 2x), or a name begins with a digit.",
    ),
    Cause(
        "times missing",
        "SyntaxError",
        r"^invalid syntax|^expected",
        "Python finds two values in a row. A `*` or a comma is probably missing between them.",
        line=rf"(?<![\w.])[\d.]{{1,20}} {{1,3}}(?!{WORDS})[^\W\d]|[)\]] {{0,3}}(?!{WORDS})[^\W\d]",
    ),
    Cause(
        "comparison",
        "SyntaxError",
        r"Maybe you meant '=='",
        "`=` gives a name a value, `==` compares. On the left of `=` there must be a name.",
    ),
    Cause(
        "assigned to no name",
        "SyntaxError",
        r"^cannot assign to|^'.{1,40}' is an illegal expression",
        "On the left of `=` there must be a name, or an entry such as a[0].",
    ),
    Cause(
        "quote missing",
        "SyntaxError",
        r"^unterminated|^EOL while",
        "A text in quotes does not end: the closing quote is missing.",
    ),
    Cause(
        "foreign character",
        "SyntaxError",
        r"^invalid (?:non-printable )?character",
        "A character is copied from elsewhere that Python does not know, such as a long minus or "
        "a curly quote. Type it anew.",
    ),
    Cause(
        "return outside",
        "SyntaxError",
        r"outside function",
        "`return` is not inside a function. Indent it as the other lines of the function are.",
    ),
    Cause(
        "comma missing",
        "SyntaxError",
        r"Perhaps you forgot a comma",
        "A comma or an operator such as `*` is missing between two values.",
    ),
    Cause(
        "print without brackets",
        "SyntaxError",
        r"^Missing parentheses in call",
        "print is a function: print(x), with brackets.",
    ),
    Cause(
        "syntax",
        "SyntaxError",
        "",
        "Python cannot read this. Look in that line and in the one before for a missing bracket, "
        "colon, comma or `*`.",
    ),
    # what the code raises itself
    Cause(
        "not for these numbers",
        "NotImplementedError",
        r"not implemented for '",
        "torch cannot do this with numbers of this type. Is another operator meant, or t.double()?",
    ),
    Cause(
        "another stub",
        "NotImplementedError",
        "",
        "Is a function that is called here not answered yet? Write that one first, and run its "
        "cell.",
    ),
    Cause(
        "assertion",
        "AssertionError",
        "",
        "An `assert` in the code does not hold for these arguments.",
    ),
    Cause(
        "iterator at its end",
        "StopIteration",
        "",
        "next asks for one more value where there is none.",
    ),
    Cause(
        "floating point",
        "FloatingPointError",
        "",
        "A division by zero, an overflow or an invalid operation: an array holds a value that the "
        "formula does not allow.",
    ),
)


def explain(
    kind: str,
    text: str,
    line: str,
    wanted: tuple[str, ...] = (),
    own: tuple[str, ...] = (),
) -> str:
    """Return what usually lies behind an error, "" if nothing is known.

    Args:
        kind: the name of the error's class.
        text: what the error says; "" in a hidden test, where only the class is known.
        line: the student's line in which it was raised; "" if not known.
        wanted: the parameters that the stub came with.
        own: the parameters of the student's function.
    """
    text, line = text[:READ], line[:READ]
    wanted, own = _first(wanted), _first(own)
    for cause in CAUSES:
        if kind in cause.errors.split():
            found = _find(cause, text, line, wanted, own)
            sentence = None if found is None else _fill(cause.sentence, found, wanted, own)
            if sentence:
                return sentence
    return ""


def _first(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return as much of the parameters as any honest function has."""
    return tuple(name[:MOST] for name in names[:MOST])


def _find(
    cause: Cause, text: str, line: str, wanted: tuple[str, ...], own: tuple[str, ...]
) -> dict[str, str] | None:
    """Return what the expressions of a cause have found, None if they do not fit."""
    renamed = _any_of([name for name in wanted if own and name not in own])
    in_text = re.search(cause.text.replace("RENAMED", renamed), text)
    in_line = re.search(cause.line.replace("PARAMETER", _any_of([*wanted, *own])), line)
    if in_text is None or in_line is None:
        return None
    return {name: part for name, part in _groups(in_text) + _groups(in_line) if part is not None}


def _any_of(names: list[str]) -> str:
    """Return an expression for one of the names; without names it fits nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def _groups(match: re.Match[str]) -> list[tuple[str, str | None]]:
    return list(match.groupdict().items())


def _fill(
    sentence: str, found: dict[str, str], wanted: tuple[str, ...], own: tuple[str, ...]
) -> str | None:
    """Return the sentence with its names put in, None if one of them has no value."""
    facts = _facts(found.get("name", ""), wanted, own) | found
    values = {name: _short(value) for name, value in facts.items() if value}
    try:
        return sentence.format(**values, own={name: name for name in own})
    except KeyError:
        return None


def _facts(name: str, wanted: tuple[str, ...], own: tuple[str, ...]) -> dict[str, str]:
    """Return what may be meant by a name: a parameter, a name of NumPy, one of an array's."""
    parameters = own or wanted
    pairs = zip(wanted, own, strict=True) if len(wanted) == len(own) else ()
    return {
        "renamed": next((new for old, new in pairs if old == name and new not in wanted), ""),
        "parameter": _almost(name, parameters) or _nearest(name, parameters),
        "numpy": _nearest(name, tuple(NUMPY.split("|"))),
        "array": _nearest(name, tuple(ARRAY.split("|"))),
    }


def _almost(name: str, names: tuple[str, ...]) -> str:
    """Return what differs from a name by one or two letters at its end, as y and y_i do."""
    for other in names:
        longer, shorter = sorted((name, other), key=len, reverse=True)
        if shorter and longer.startswith(shorter) and 0 < len(longer) - len(shorter) <= 2:
            return other
    return ""


def _nearest(name: str, names: tuple[str, ...]) -> str:
    """Return the most similar of other names, "" if none has three letters of four in common."""
    others = [other for other in names if other != name]
    return next(iter(difflib.get_close_matches(name, others, 1, 0.75)), "")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."
