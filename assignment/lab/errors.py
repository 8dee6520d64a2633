"""What usually lies behind an error that a student's function raises: one or two sentences.

An error says what Python could not do. `explain` says which mistake leads there, and the cure. It
knows only what travels from a sandbox: the name of the error's class and its text. `CAUSES` is the
table of what it knows. Errors that hardly arise in this homework are not in it. Those of syntax
have one row: they stop a cell before its function can be called.
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
# Types, as Python names them.
CONTAINERS = "list|tuple|dict|str|set|range"
NUMBERS = r"float|int|complex|bool|numpy\.(?:float|int|uint|bool)\w{0,6}"
VALUES = rf"{NUMBERS}|numpy\.ndarray|Tensor"
CALLABLES = (
    r"function|method|builtin_function_or_method|type|numpy\._ArrayFunctionDispatcher|numpy\.ufunc"
)
# A name in front of brackets, which belongs to no module, to no array and not to Python.
CALL_OF_NO_BUILTIN = rf"(?<![\w.])(?!(?:{BUILTINS})\()(?P<called>[^\W\d]\w{{0,40}})\("
# What NumPy and torch say, in all their releases.
TRUTH = "truth value of an array|Boolean value of Tensor"
ONE_NUMBER = (
    "only (?:length-1|size-1|0-dimensional) arrays|only one element tensors|array of size 1"
    "|cannot be converted to Scalar"
)
NO_INTEGER = (
    "only integer scalar arrays|cannot be interpreted as an integer|expected a sequence of integers"
)


class Cause(NamedTuple):
    """One mistake, and the errors that it leads to.

    Attributes:
        name: what it is, in short.
        error: regular expression on the error as Python prints it: its class, a colon, its text.
            RENAMED in it is any parameter that the stub had and the student's function has not.
        sentence: with the names of groups to fill in, and of `_facts`. Where one of them has no
            value, this is not the cause.
        line: regular expression on the student's line; PARAMETER in it is any parameter.
    """

    name: str
    error: str
    sentence: str
    line: str = ""


# The first that fits is taken, so what is special comes before what is general. Every repetition
# that has no end begins behind a character that it cannot contain, so the search takes linear time.
# fmt: off
CAUSES = (
    # operators
    Cause("xor", r"'bitwise_xor'|\"bitwise_xor_|for \^=?: ",
          "In Python, `^` is xor, an operation on bits. Powers are written `**`: u**2."),
    Cause("minus a mask", r"boolean subtract|boolean negative|with a bool tensor|on a bool tensor",
          "`-` does not work on an array of True and False. `~mask` turns a mask round; mask * "
          "1.0 makes numbers of it."),
    Cause("and of numbers", r"'bitwise_(?:and|or)'|\"bitwise_(?:and|or)_|for [&|]=?: ",
          "`&` and `|` combine conditions and bind more tightly than `>`. Put each condition in "
          "brackets: (a > 0) & (b > 0)."),
    Cause("not of numbers", r"ufunc 'invert'|unary ~|operator\.invert|bitwise_not",
          "`~` turns a condition round, not a number. The other sign is `-`."),
    # one truth value of many
    Cause("empty truth", r"truth value of an empty array",
          "The array has no entries, so it is neither true nor false. Does a mask select nothing?"),
    Cause("max of arrays", TRUTH,
          "Python's `{called}` compares arrays as a whole. {lib}.{called}imum(a, b) goes entry "
          "by entry, a.{called}() over one array.", line=r"(?<![\w.])(?P<called>max|min)\("),
    Cause("if over an array", TRUTH,
          "`{called}` asks for one truth value, but there is one per entry. Use "
          "{lib}.where(condition, a, b), or multiply with the mask.",
          line=r"(?<![\w.])(?P<called>if|elif|while)(?!\w)"),
    Cause("and over arrays", TRUTH,
          "`{called}` asks for one truth value, but an array has one per entry. For arrays write "
          "`&`, `|`, `~`, each condition in brackets.",
          line=r"(?<![\w.])(?P<called>and|or|not)(?!\w)"),
    Cause("chain over an array", TRUTH,
          "A chain such as 1 > a > 0 does not work on arrays. Write (1 > a) & (a > 0).",
          line=r"[<>][^<>]{1,60}[<>]"),
    Cause("truth of an array", TRUTH,
          "One truth value is asked of an array that has many entries: by `if`, `and`, `max`, "
          "`in`? np.where, `&` and np.maximum go entry by entry."),
    # brackets that call
    Cause("shape called", r"object is not callable",
          "`{called}` is a value, not a function: leave the brackets out (y.shape[0], y.size, "
          "y.T).", line=r"\.(?P<called>shape|size|ndim|T)\("),
    Cause("module called", r"'module' object is not callable",
          "A module is called like a function. Which of its functions is meant, as in np.mean(y)?"),
    Cause("times before a bracket", rf"'(?:{VALUES}|tuple|list)' object is not callable",
          "Brackets right behind a value call it like a function. Is a `*` missing between the "
          "two factors?", line=r"(?<![\w.])[\d.]{1,20} {0,3}\(|[)\]]\("),
    Cause("times after a parameter", rf"'(?:{VALUES})' object is not callable",
          "A `*` is missing after `{called}`. Without it, Python calls `{called}` like a "
          "function.", line=r"(?<![\w.])(?P<called>PARAMETER) {0,3}\("),
    Cause("round brackets", r"'(?:dict|list|tuple|str)' object is not callable",
          "`{called}` holds several values and is no function. Entries are taken with square "
          "brackets: {called}[0].", line=r"(?<![\w.])(?P<called>PARAMETER) {0,3}\("),
    Cause("times or name reused", rf"'(?:{VALUES})' object is not callable",
          "Brackets follow something that is no function. Is `*` missing after `{called}`, or "
          "does `{called}` now hold a value?", line=CALL_OF_NO_BUILTIN),
    Cause("container called", rf"'(?:{CONTAINERS})' object is not callable",
          "Round brackets follow several values, not a function. Take entries with square "
          "brackets. Or is a comma or `*` missing?", line=rf"{CALL_OF_NO_BUILTIN}|^\(|^$"),
    Cause("builtin reused", rf"'(?:{VALUES}|{CONTAINERS})' object is not callable",
          "Is the name `{called}` reused for a value, here or in the notebook? Choose another "
          "name for it, then restart the kernel.", line=rf"(?<![\w.])(?P<called>{BUILTINS})\("),
    Cause("number called", rf"'(?:{VALUES})' object is not callable",
          "Brackets follow something that is no function. Is a `*` missing before a bracket, or "
          "a function's name reused for a value?"),
    Cause("None called", r"'NoneType' object is not callable",
          "None is called like a function. Is the result of a function called once more: f(x)()?"),
    # names
    Cause("builtin assigned", rf"local variable '(?P<name>{BUILTINS}|np|torch)'",
          "Because this function assigns to `{name}`, the name means its own variable everywhere "
          "in it. Choose another name."),
    Cause("parameter renamed", r"(?:^NameError: name|local variable) '(?P<name>RENAMED)'",
          "`{name}` is a parameter of the stub. Your function calls it `{renamed}`."),
    Cause("parameter lost", r"name '(?P<name>RENAMED)' is not defined",
          "`{name}` is a parameter of the stub, but not of your function. Write the parameters "
          "as the stub has them."),
    Cause("assigned too late", r"local variable '(?P<name>\w{1,60})'",
          "`{name}` is used before this function has given it a value. Is it set further down, "
          "or in an `if` or a loop that did not run?"),
    Cause("assigned too late", r"^UnboundLocalError",
          "A variable is used before the function has given it a value. Is it set further down, "
          "or in an `if` or a loop that did not run?"),
    Cause("step size misnamed",
          r"name '(?P<name>alpha|lr|eta|learning_rate|stepsize|step|gamma|\u03b1|\u03b7)' is not",
          "`{name}` is defined nowhere. The step size is the parameter `{own[step_size]}`."),
    Cause("theta misnamed", r"name '(?P<name>\u03b8|\u03d1|th|t|w)' is not defined",
          "`{name}` is defined nowhere. The parameter of the model is called `{own[theta]}`."),
    Cause("number of points", r"name '(?P<name>[nN]|n_samples|n_points)' is not defined",
          "`{name}` is defined nowhere. The number of points is len({own[y]})."),
    Cause("number of points", r"name '(?P<name>[nN]|n_samples|n_points)' is not defined",
          "`{name}` is defined nowhere. The number of points is len({own[x]})."),
    Cause("number of units", r"name '(?P<name>[hH]|width|n_hidden)' is not defined",
          "`{name}` is defined nowhere. The number of hidden units is len({own[w1]})."),
    Cause("numpy for np", r"name 'numpy' is not defined",
          "NumPy goes by the name `np` here (import numpy as np): write np in place of numpy."),
    Cause("module not imported",
          r"name '(?P<name>np|torch|math|random|scipy|plt|pd|sys|itertools)' is not defined",
          "`{name}` is not imported, or the cell that imports it has not run. Run the notebook's "
          "first cells, or all of them from the top."),
    Cause("small letters", r"name '(?:true|false|none|null)' is not defined",
          "Python writes these with a capital letter: True, False, None."),
    Cause("np forgotten", rf"name '(?P<name>{NUMPY})' is not defined",
          "`{name}` is NumPy's: write np.{name}."),
    Cause("parameter mistyped", r"name '(?P<name>\w{1,60})' is not defined",
          "`{name}` is defined nowhere. Is the parameter `{parameter}` meant?"),
    Cause("name unknown", r"name '(?P<name>\w{1,60})' is not defined",
          "`{name}` is defined nowhere. Is it a typo, or a variable of the notebook? A function "
          "should use its arguments alone."),
    Cause("name without a value", r"free variable '(?P<name>\w{1,60})'",
          "The inner function uses `{name}` before the outer one has given it a value."),
    Cause("name unknown", r"^NameError",
          "A name is used that is defined nowhere. Is it a typo, or a variable of the notebook? "
          "A function should use its arguments alone."),
    # None
    Cause("append returns None", r"NoneType",
          "`{called}` does its work and returns None. Call it in a line of its own, then use the "
          "list or value itself.",
          line=r"(?<!\w)(?P<called>append|sort|extend|reverse|insert|print)\("),
    Cause("no gradient yet", r"NoneType",
          "`.grad` is None until backward() has run, and on tensors made without "
          "requires_grad=True.", line=r"\.grad(?!\w)"),
    Cause("missing return", r"NoneType",
          "One of the values here is None. Is the `return` missing in a function that is called?"),
    # attributes
    Cause("values one by one", r"(?:^\w{1,20}: |of type |(?:operand type|instances of).{1,60})"
          r"'(?P<kind>generator|map|zip|filter|enumerate|reversed)'",
          "A {kind} object gives its values one by one and cannot be used as a whole. Make a "
          "tuple of it first: tuple(...)."),
    Cause("append on an array",
          r"'(?:numpy\.ndarray|Tensor)' object has no attribute '(?:append|extend|insert)'",
          "An array cannot grow. Collect the values in a list and make an array of it at the "
          "end: np.array(values)."),
    Cause("function as a method",
          rf"'numpy\.ndarray' object has no attribute '(?P<name>{FUNCTIONS}|abs)'",
          "`{name}` is a function of NumPy, not a method of an array: np.{name}(...)."),
    Cause("length as a method", r"object has no attribute '(?:len|length|count)'",
          "The number of entries is len(y)."),
    Cause("no tensor", r"'(?:numpy\.ndarray|numpy\.float64|float)' object has no attribute "
          r"'(?P<name>numpy|detach|backward|grad|requires_grad|clone|unsqueeze)'",
          "`.{name}` belongs to torch's tensors, and this is none. Leave it out, or make a "
          "tensor with torch.tensor(...)."),
    Cause("attribute mistyped",
          r"'(?:numpy\.ndarray|Tensor)' object has no attribute '(?P<name>\w{1,60})'",
          "An array has no `.{name}`. Is `.{array}` meant?"),
    Cause("no array", r"'Tensor' object has no attribute '(?P<name>\w{1,60})'",
          "A torch tensor has no `.{name}`. Use torch's own function, or go on with NumPy: "
          "t.detach().numpy()."),
    Cause("tuple without names",
          r"'tuple' object has no attribute '(?:w1|b1|w2|b2)'|tuple indices must .{1,60} not str",
          "This is a plain tuple, its parts have no names. Take it apart: w1, b1, w2, b2 = ..."),
    Cause("list for an array",
          rf"'(?P<kind>list|tuple)' object has no attribute '(?P<name>{ARRAY})'",
          "A {kind} has no `.{name}`, an array has. Make one first: np.array(...)."),
    Cause("number for an array", rf"'(?:float|int)' object has no attribute '(?P<name>{ARRAY})'",
          "This is a single number, not an array: it has no `.{name}`. Is another variable "
          "meant, or is it summed already?"),
    Cause("function before a dot", rf"'(?:{CALLABLES})' object has no attribute",
          "Before the dot is a function, not its result. The brackets that call it are missing."),
    Cause("dropped by NumPy",
          r"'numpy' has no attribute '(?:float|int|bool|object|str|math)'|was removed (?:in|from) ",
          "NumPy has dropped this name. Write float, int or bool, np.inf, and np.sqrt in place "
          "of np.math.sqrt."),
    Cause("NumPy's function",
          rf"module '(?P<module>torch|math)' has no attribute '(?P<name>{NUMPY})'",
          "`{name}` is not in {module}, but in NumPy: np.{name} takes NumPy arrays."),
    Cause("function mistyped",
          r"module '(?P<module>numpy|torch)' has no attribute '(?P<name>\w{1,60})'",
          "There is no `{name}` in {module}. Is `{numpy}` meant? Not all names are the same in "
          "NumPy and torch."),
    Cause("function unknown",
          r"module '(?P<module>[\w.]{1,60})' has no attribute '(?P<name>\w{1,60})'",
          "There is no `{name}` in {module}. Is it a typo, or a function of another module?"),
    Cause("attribute unknown", r"object has no attribute '(?P<name>\w{1,60})'",
          "The value before the dot has no `.{name}`. Is it a typo, or a value of another type "
          "than you think?"),
    Cause("attribute unknown", r"^AttributeError",
          "Something behind a dot does not exist. Is it a typo, or is the value before the dot "
          "of another type than you think?"),
    # indices
    Cause("axis too large", r"^AxisError|^IndexError: Dimension out",
          "There are fewer axes than that. They count from 0: a 1-D array has axis 0 alone, a "
          "table axes 0 (down) and 1 (across)."),
    Cause("index too large",
          r"index (?P<index>\d{1,12}) is out of bounds .{1,30} with size (?P<size>\d{1,12})",
          "Index {index} is too large: there are {size} entries, and they count from 0. Does a "
          "range go too far, or is it the size of another array?"),
    Cause("index too large", r"index out of range|is out of bounds|out of range for tensor",
          "The index is too large or too small: N entries count from 0 to N - 1. Does a range go "
          "one too far?"),
    Cause("number indexed",
          r"invalid index to scalar|invalid index of a 0-dim|array is 0-dimensional"
          rf"|'(?:{NUMBERS})' object (?:is not subscriptable|does not support item assignment)",
          "A single number is indexed, as if it were an array. Is there one index too many, or "
          "was a mean or sum taken before?"),
    Cause("too many indices", r"too many indices for ",
          "There are more indices than axes. A 1-D array takes one index; x[:, None] makes a "
          "table with one column of it."),
    Cause("index not whole", r"only integers, slices",
          "An index is a float or text, not an integer. `for i in y` and `/` give floats; "
          "range(len(y)) and `//` give integers."),
    Cause("mask of numbers", r"(?:array|tensor)s used as indices must be",
          "An array of floats is used as an index. Use integers, or a mask of True and False: "
          "the condition itself, y > 0."),
    Cause("mask too long", r"boolean index did not match|shape of the mask",
          "The mask has another length than the array. Compare an array of the same shape to "
          "make the mask."),
    Cause("index wrong", r"^IndexError",
          "An index does not fit what it is used on. N entries count from 0 to N - 1. Or are "
          "there more indices than axes?"),
    Cause("index of a list",
          r"(?P<kind>list|tuple) indices must be integers or slices, not (?P<other>[\w.]{1,60})",
          "The index of a {kind} is one integer, not of type {other}. Two at a time, as in a[i, "
          "j], need an array: np.array(...)."),
    Cause("function indexed",
          rf"'(?:{CALLABLES})' object is not subscriptable|type '\w{{1,40}}' is not subscriptable",
          "Square brackets follow a function. Call it with round ones, then index the result."),
    Cause("tuple changed", r"'tuple' object does not support item assignment",
          "A tuple cannot be changed. Build a new one of the new values."),
    Cause("loop over a number", rf"'(?:{NUMBERS})' object is not iterable|iteration over a 0-d"
          rf"|argument of type '(?:{NUMBERS})' is not",
          "A single number is looped over, summed or unpacked. Is an array meant, or "
          "range(len(y))?"),
    Cause("length of a number", r"has no len\(\)|len\(\) of (?:unsized|a 0-d)",
          "len asks for the number of entries, but this value has none: it is a single number or "
          "a function. Is another variable meant?"),
    Cause("key missing", r"^KeyError",
          "A dictionary is asked for a key that it does not have. Is it a typo, or was it never "
          "stored?"),
    # whole numbers
    Cause("range of half", r"cannot be interpreted as an integer",
          "`/` makes a float, and range wants an integer. `//` divides to an integer.",
          line=r"(?<![\w.])range\([^/]{0,80}[^/]/[^/]"),
    Cause("range of an array", rf"{NO_INTEGER}|only integer tensors",
          "range wants the number of rounds, an integer. For the indices of y: range(len(y)). "
          "For its values: for value in y.", line=r"(?<![\w.])range\("),
    Cause("shape not in brackets", rf"as a data type|dtype from an array|{NO_INTEGER}",
          "np.{called} takes the shape as its first argument, integers alone, several as a "
          "tuple: np.{called}((5, 3)).", line=r"\.(?P<called>zeros|ones|empty|full)\("),
    Cause("parts not in a list", NO_INTEGER,
          "np.{called} takes its parts as one list: np.{called}([a, b]).",
          line=r"\.(?P<called>concatenate|hstack|vstack|column_stack|stack)\((?!\[)"),
    Cause("axis is an array", NO_INTEGER,
          "The second argument of np.{called} is an axis. One array goes in: combine them first, "
          "as in np.{called}(a * b).",
          line=r"\.(?P<called>mean|sum|std|var|median|max|min)\((?:[^()]|\([^()]{0,60}\)){1,80},"),
    Cause("entries not in a list", r"as a data type|dtype from an array",
          "np.array takes its entries as one list: np.array([1, 2])."),
    Cause("integer wanted", rf"{NO_INTEGER}|must be (?:tuple of ints|int), not",
          "One integer is wanted here, as an index, a size or in range(len(y)), but an array, "
          "a float or text is given."),
    # shapes
    Cause("mask on one side", r"to indexing result|cannot assign \d{1,9} input values",
          "A mask selects more (or fewer) entries than are assigned to them. Use the same mask "
          "on both sides: a[mask] = b[mask]."),
    Cause("lengths differ", r"(?:with shapes|size of tensor a) \((?P<a>\d{1,9}),?\) "
          r"(?:must match the size of tensor b )?\((?P<b>\d{1,9}),?\)",
          "An array of {a} entries meets one of {b}. To combine every entry with every other, "
          "make one of them a column: x[:, None]."),
    Cause("row for a column", r"with shapes (?=.{0,30}\((?P<a>\d{1,9}), ?(?P<b>\d{1,9})\))"
          r"(?=.{0,30}\((?P<c>\d{1,9}),\))",
          "A table of {a} rows and {b} columns meets {c} entries, and NumPy wants one per "
          "column. One per row: make it a column, v[:, None]."),
    Cause("shapes differ", r"could not be broadcast|remapped shapes",
          "The shapes do not go together: counted from the right, sizes must be equal or 1. Is a "
          "[:, None] or a .T missing?"),
    Cause("system sizes differ",
          r": solve.{0,3}: .{1,40}mismatch|: Incompatible dimensions|linalg\.lstsq: input\.size"
          r"|linalg\.solve: Incompatible",
          "The right side needs as many entries as the matrix has rows. Is a transpose wrong, or "
          "is the design matrix multiplied to one side only?"),
    Cause("array and tensor", r"'numpy\.ndarray' and 'Tensor'",
          "A NumPy array meets a torch tensor. Turn one into the other: torch.from_numpy(a), or "
          "t.detach().numpy()."),
    Cause("product of a number",
          r"does not have enough dimensions|both arguments to matmul need to be"
          rf"|for @: '(?:{NUMBERS})'|for @: '[\w.]{{1,40}}' and '(?:{NUMBERS})'",
          "`@` is the product of arrays, and one side is a single number (or None). Numbers are "
          "multiplied with `*`."),
    Cause("sizes of a product", r"mismatch in its core dimension .{1,90}"
          r"\(size (?P<b>\d{1,9}) is different from (?P<a>\d{1,9})",
          "`@` sums over the last axis on its left and the first one on its right: here {a} and "
          "{b} entries. Is the order or a .T wrong?"),
    Cause("sizes of a product",
          r"not aligned|shapes cannot be multiplied|size mismatch|inconsistent tensor size"
          r"|must be a matrix|vector \+ matrix @ vector",
          "The product sums over the last axis on the left and the first one on the right, and "
          "these differ in size. Is the order or a .T wrong?"),
    Cause("stacked sizes differ",
          r"except for the concatenation axis|must have the same shape|to be equal size"
          r"|Sizes of tensors must match",
          "What is put together differs in length. All parts need the same number of rows (or of "
          "columns)."),
    Cause("number stacked", r"zero-dimensional (?:arrays|tensor)|has 0 dimension\(s\)",
          "A single number is put together with arrays. Make it an array first, with as many "
          "entries as are wanted, or put it in a list."),
    Cause("table and array", r"must have same number of dimensions",
          "A table and a 1-D array are put together. np.column_stack takes a 1-D array as a "
          "column; so does v[:, None] in np.hstack."),
    Cause("assigned shape",
          r"could not broadcast input array|expanded size of the tensor|match the broadcast shape",
          "More (or fewer) values are assigned than there is room for: the two sides of `=` need "
          "the same shape."),
    Cause("reshape", r"cannot reshape array|is invalid for input of size",
          "reshape keeps all entries, so the new sizes must multiply to the old number of "
          "entries. -1 lets NumPy work one size out."),
    Cause("ragged array", r"inhomogeneous shape",
          "Parts of different lengths do not make one array. Is a number missing in one of them, "
          "or should they stay a tuple?"),
    Cause("array in an entry", r"setting an array element with a sequence",
          "An array (or a list) is written where one number has room. Is an index or a sum "
          "missing on the right side?"),
    # one number of many
    Cause("math on an array", ONE_NUMBER,
          "The functions of math work with single numbers, those of NumPy with arrays. They are "
          "np.sqrt, np.exp, np.log, np.sum.", line=r"(?<!\w)math\."),
    Cause("array to a number", rf"{ONE_NUMBER}|real number, not '?(?:list|tuple)",
          "One number is asked of an array, as float(...) does. Is a mean or a sum missing "
          "before? Or take its one entry: a[0]."),
    # operands
    Cause("ellipsis", r"'ellipsis'",
          "`...` is still there in place of code. Write what belongs there."),
    Cause("function not called",
          rf"(?:operand type|instances of|real number, not ).{{0,60}}'(?:{CALLABLES})'"
          rf"|^TypeError: '(?:{CALLABLES})' object is not",
          "A function is used in place of its result. The brackets that call it are missing: "
          "np.mean(y), not np.mean."),
    Cause("text", r"(?:operand type|instances of).{1,60}'str'|concatenate str|dtype\('<U|StrDType"
          r"|could not convert string|invalid literal for int",
          "Text stands in place of a number. Does a number have quotes around it, or is a name "
          "in quotes in place of the variable?"),
    Cause("arithmetic on a list",
          r"(?:operand type|instances of).{1,60}'(?:list|tuple)'|can only concatenate "
          r"(?:list|tuple)|can't multiply sequence by non-int",
          "Lists, tuples and text do not calculate entry by entry. Make an array of a list: "
          "np.array(...). Take the parts of a tuple one by one."),
    # calls
    Cause("tensor given to NumPy",
          r"\(\) got an unexpected keyword argument '(?:axis|out|dtype|keepdims)'",
          "Does np.{called} get a torch tensor? Use torch.{called}, or give it "
          "t.detach().numpy().",
          line=r"(?<!\w)np\.(?P<called>mean|sum|max|min|prod|std|var)\((?![^=]{0,200}=)"),
    Cause("argument forgotten",
          r"(?P<called>\w{1,60})>?\(\) missing \d{1,3} required (?:positional|keyword-only) "
          r"argument: '(?P<name>\w{1,60})'",
          "A call of `{called}` lacks its argument `{name}`. Pass all of its arguments, in their "
          "order."),
    Cause("arguments forgotten", r"(?P<called>\w{1,60})>?\(\) missing (?:\d{1,3} )?required",
          "A call of `{called}` lacks arguments. Pass all of them, in their order."),
    Cause("number of arguments",
          r"(?P<called>\w{1,60})>?\(\) takes (?P<wanted>[\w ]{1,20}) positional arguments? but "
          r"(?P<given>\d{1,4}) ",
          "`{called}` takes {wanted} by position, and a call passes {given}. Pass what it takes, "
          "in its order; a list or an array counts as one."),
    Cause("number of arguments",
          r"arguments? \(\d{1,4} given\)|expected (?:at (?:least|most) )?\d{1,4} arguments?, got"
          r"|return arrays must be of ArrayType",
          "A call passes too many arguments, or too few. A list or an array counts as one."),
    Cause("unknown keyword",
          r"(?P<called>\w{1,60})>?\(\) got an unexpected keyword argument '(?P<name>\w{1,60})'",
          "`{called}` has no argument `{name}`. Is it a typo, or an argument of another function?"),
    Cause("argument twice",
          r"(?P<called>\w{1,60})>?\(\) got multiple values for argument '(?P<name>\w{1,60})'",
          "A call of `{called}` passes `{name}` twice: by its position and by its name."),
    Cause("half a where", r"either both or neither of x and y",
          "np.where takes the condition and both values: np.where(condition, a, b)."),
    # torch
    Cause("detach forgotten", r"numpy\(\) on Tensor that requires grad",
          "NumPy cannot follow torch's gradients. Take the values out first: t.detach().numpy(); "
          "or stay in torch."),
    Cause("array given to torch",
          r"must be Tensor, not numpy\.ndarray|expected Tensor as element .{1,60}numpy"
          r"|combination of arguments - got \([^)]{0,80}numpy\.ndarray"
          r"|can't assign a numpy\.ndarray",
          "A torch function gets a NumPy array. Make a tensor first, torch.from_numpy(a), or use "
          "NumPy's function."),
    Cause("number given to torch", r"must be Tensor, not (?:int|float)",
          "torch.{called} wants tensors on both sides. With a number as the bound: torch.clamp.",
          line=r"(?<!\w)torch\.(?P<called>maximum|minimum)\("),
    Cause("number given to torch",
          r"must be Tensor, not |expected Tensor as element |only integer tensors of a single"
          r"|expected np\.ndarray \(got",
          "A tensor or an array is wanted here, not a number or a list. Make one first: "
          "torch.tensor(...)."),
    Cause("torch arguments",
          r"(?P<called>\w{1,60})>?\(\) received an invalid combination of arguments",
          "`{called}` of torch gets arguments of the wrong type or number. Are all arrays "
          "tensors, and is an axis passed as dim?"),
    Cause("no gradient to take",
          r"does not require grad|appears to not have been used in the graph",
          "The result does not depend on a tensor with requires_grad=True. Make theta such a "
          "tensor, before the loss is calculated, without detach."),
    Cause("backward from many", r"grad can be implicitly created only for scalar",
          "backward() starts from one number. Is the mean (or sum) of the loss missing?"),
    Cause("backward twice", r"backward through the graph a second time",
          "backward() runs twice on one calculation. Calculate the loss anew before each "
          "backward()."),
    Cause("leaf changed", r"leaf Variable that requires grad",
          "A tensor with requires_grad=True is changed in place. Write a = a - ... in place of a "
          "-= ..., or do it under torch.no_grad()."),
    Cause("types of tensors", r"could not infer output dtype|must be either a floating point"
          r"|can't be cast to the desired|same dtype|same scalar type|expected scalar type"
          r"|[Ff]ound dtype|[Ee]xpected (?:Double|Float|Long|Int|object of scalar).{0,40} but got ",
          "Integers, float32 (torch's own choice) and float64 (NumPy's) do not mix in torch. "
          "Convert the tensor: t.double()."),
    # linear algebra
    Cause("singular matrix", r"[Ss]ingular matrix|matrix is singular",
          "The matrix has no inverse. In a least squares problem there are several minimisers "
          "then: np.linalg.lstsq or np.linalg.pinv finds one."),
    Cause("matrix not square", r"must be square|batches of square",
          "solve and inv take square matrices. For more rows than columns use np.linalg.lstsq, "
          "or the normal equations A.T @ A."),
    Cause("no matrix", r"-dimensional array given|at least 2 dimensions",
          "A matrix is wanted here, not a number or a 1-D array (whose .T changes nothing). x[:, "
          "None] makes a matrix with one column."),
    Cause("matrix refused", r"^_?LinAlgError",
          "This cannot be done with this matrix. Is it singular, not square, or does it hold "
          "nan, as from a division by zero before?"),
    # numbers
    Cause("division by zero", r"^ZeroDivisionError",
          "Something is divided by zero, or 0 is raised to a negative power. Can the divisor be "
          "0, as a count, a sum or a weight can?"),
    Cause("recursion", r"^RecursionError",
          "The function calls itself, directly or through another one, and never ends. Is "
          "another function meant?"),
    Cause("number too large", r"^OverflowError",
          "A number does not fit into its type: a float ends at about 1e308, and infinite is no "
          "integer. Does it grow in a loop, or is an exponent wrong?"),
    Cause("outside the domain",
          r"math domain error|expected a (?:nonnegative|positive) input|expected a number in",
          "The function is not defined for this number: a root or a logarithm of a negative one "
          "(or log of 0)."),
    Cause("nan to an integer", r"cannot convert float NaN",
          "nan is turned into an integer. Look for what makes it nan, such as 0 / 0."),
    Cause("integers to a power", r"[Ii]ntegers to negative integer powers",
          "NumPy's integers cannot be raised to a negative power. Divide (1 / a), or use floats "
          "(a ** -1.0)."),
    Cause("integers in place", r"Cannot cast ufunc .{1,60} to dtype\('(?:u?int|bool)",
          "An array of integers (or of True and False) cannot take fractions in place. `a = a - "
          "b` makes a new array, `a -= b` does not."),
    Cause("types of a ufunc", r"^UFuncTypeError|did not contain a loop|not supported for the input"
          r"|loop of ufunc|Cannot cast ufunc",
          "NumPy cannot calculate with values of these types. Is there text, None or a complex "
          "number, or is an array of integers changed in place (`a -= b`)?"),
    Cause("read-only", r"(?:assignment destination|output array) is read-only",
          "This array is not yours to change. Work on a copy (a.copy()), or write a = a - b in "
          "place of a -= b."),
    Cause("largest of nothing", r"empty sequence|argument is empty|zero-size array",
          "The largest or smallest of no values is asked for. Does a mask or a loop leave "
          "nothing?"),
    # taking apart
    Cause("too few parts", r"not enough values to unpack \(expected (?:at least )?(?P<a>\d{1,6}), "
          r"got (?P<b>\d{1,6})",
          "There are {a} names on the left of `=`, but its right side gives only {b} of the "
          "values."),
    Cause("too many parts", r"too many values to unpack \(expected (?P<a>\d{1,6})",
          "There are {a} names on the left of `=` (or after `for`), but more values to go into "
          "them."),
    Cause("one value taken apart", r"cannot unpack non-iterable",
          "A single value is taken apart into several names. Does a function return one value "
          "only, or is zip(...) missing in a loop?"),
    # what is around the calculation
    Cause("import", r"^(?:ImportError|ModuleNotFoundError)",
          "An import failed: is the name a typo? What the notebook imports at its top is enough."),
    Cause("file or input", r"^(?:FileNotFoundError|StdinNotImplementedError)",
          "A function gets its values by its parameters. It needs neither a file nor input()."),
    Cause("memory", r"^MemoryError", "More memory is asked for than there is. Is a size wrong?"),
    Cause("syntax", r"^(?:SyntaxError|IndentationError|TabError)",
          "Python cannot read this. Look in that line and in the one before for a missing "
          "bracket, colon, comma or `*`, and for their indentation."),
    Cause("another stub", r"^NotImplementedError(?!: .{0,80}not implemented for ')",
          "Is a function that is called here not answered yet? Write that one first, and run its "
          "cell."),
    Cause("assertion", r"^AssertionError",
          "An `assert` in the code does not hold for these arguments."),
)
# fmt: on


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
    error, line = f"{kind}: {text[:READ]}"[:READ], line[:READ]
    wanted, own = _first(wanted), _first(own)
    for cause in CAUSES:
        found = _find(cause, error, line, wanted, own)
        sentence = None if found is None else _fill(cause.sentence, error, found, wanted, own)
        if sentence:
            return sentence
    return ""


def _first(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return as much of the parameters as any honest function has."""
    return tuple(name[:MOST] for name in names[:MOST])


def _find(
    cause: Cause, error: str, line: str, wanted: tuple[str, ...], own: tuple[str, ...]
) -> dict[str, str] | None:
    """Return what the expressions of a cause have found, None if they do not fit."""
    renamed = _any_of([name for name in wanted if own and name not in own])
    in_error = re.search(cause.error.replace("RENAMED", renamed), error)
    in_line = re.search(cause.line.replace("PARAMETER", _any_of([*wanted, *own])), line)
    if in_error is None or in_line is None:
        return None
    groups = in_error.groupdict() | in_line.groupdict()
    return {name: part for name, part in groups.items() if part is not None}


def _any_of(names: list[str]) -> str:
    """Return an expression for one of the names; without names it fits nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def _fill(
    sentence: str,
    error: str,
    found: dict[str, str],
    wanted: tuple[str, ...],
    own: tuple[str, ...],
) -> str | None:
    """Return the sentence with its names put in, None if one of them has no value."""
    facts = _facts(found.get("name", ""), error, wanted, own) | found
    values = {name: _short(value) for name, value in facts.items() if value}
    try:
        return sentence.format(**values, own={name: name for name in own})
    except KeyError:
        return None


def _facts(name: str, error: str, wanted: tuple[str, ...], own: tuple[str, ...]) -> dict[str, str]:
    """Return the library that speaks, and what may be meant by a name.

    That is a parameter, a name of NumPy or one of an array's.
    """
    parameters = own or wanted
    pairs = zip(wanted, own, strict=True) if len(wanted) == len(own) else ()
    return {
        "lib": "torch" if "Tensor" in error else "np",
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
