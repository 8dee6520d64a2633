"""The mistakes that feedback knows by name, and what it says of each.

A mistake has a claim, which says what is wrong, and a reason, which says why and what to do.
Its name is its one id: in tests, in results, on the page about a class. How a mistake is found
is said elsewhere: by the value that it leads to in `lab.recognise` and ``examples.json``, by
what can be seen of the function and its call in `lab.call`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


def capitalised(clause: str) -> str:
    """Return a clause with a capital in front, unless it begins with a name of the code."""
    first = clause.split()[0]
    is_name = first in ("theta", "x", "y") or not first.isalpha()
    return clause if is_name else clause[0].upper() + clause[1:]


class Mistake(NamedTuple):
    """What feedback says of a mistake: a clause, and sentences that explain it."""

    claim: str
    reason: str

    def __str__(self) -> str:
        """Return claim and reason as sentences."""
        return f"{capitalised(self.claim)}. {self.reason}"


# Words in braces are filled in: {k} a number, {part} a part of a tuple, {each} what an array has
# one entry for, {argument} and {variable} names.
MISTAKES = {
    # -- any function: seen in the call --
    "parameters reordered": Mistake(
        "the parameters stand in another order than in the cell that you were given",
        "Yours are ({own}), and the call passes ({wanted}), by position: put them back in order.",
    ),
    "notebook variable": Mistake(
        "it is computed from the notebook's variable {variable}, not from an argument",
        "A function should read its arguments alone: the parameters are ({wanted}).",
    ),
    "argument ignored": Mistake(
        "{argument} ignored: another value there gives the same result",
        "A fixed number, another argument or a variable of the notebook may stand in its place, "
        "or a term is missing.",
    ),
    "argument replaced": Mistake(
        "{argument} ignored: the function reads the notebook's variable {variable} instead",
        "A function should compute from its arguments alone.",
    ),
    "name reused": Mistake(
        "the name `{variable}` is reused for a value in the notebook",
        "`{variable}` is a function of Python: choose another name for the value, then restart.",
    ),
    "calls a red function": Mistake(
        "{function}, which you call, does not pass its own check",
        "Start there: a wrong value of it spoils this one too.",
    ),
    "returns nothing": Mistake(
        "a `return` is missing, or what it returns is None",
        "Printing a value, or storing it in a variable, hands nothing back to the caller.",
    ),
    # -- any function: the value as a whole --
    "rounded": Mistake(
        "it is rounded to an integer",
        "Keep all digits: `//` is floor division and rounds down, int() cuts, round() rounds, "
        "and an array of integers cuts what is put into it.",
    ),
    "few digits": Mistake(
        "it is rounded to a few digits, or the nearest point of a grid",
        "Leave the rounding out; a grid search only comes close: use the formula.",
    ),
    "nearly": Mistake(
        "it is close, but not equal",
        "Is it an approximation (a difference quotient, a grid search, a descent that stops "
        "early)? The exact formula is asked for.",
    ),
    "squared value": Mistake("it is the square of the right value", "Leave the last `**2` out."),
    "fixed number": Mistake(
        "it divides by {k}, a fixed number of points",
        "The arrays may have any length: use len(...) of the argument.",
    ),
    # -- a mean, a sum, an array: lost and miscounted points --
    "first left out": Mistake(
        "the first {each} is left out", "Indices begin at 0: range(1, ...) and [1:] skip the first."
    ),
    "last left out": Mistake(
        "the last {each} is left out",
        "range(n) ends at n - 1 by itself: range(n - 1) and [:-1] skip the last.",
    ),
    "return in loop": Mistake(
        "only the first {each} counts",
        "Does a `return` (or a `break`) stand inside the loop? It ends the loop after its first "
        "round: move it to the left, below the loop.",
    ),
    "overwritten": Mistake(
        "only the last {each} counts",
        "In a loop, `=` overwrites the value in each round: collect with `+=`, or store by index.",
    ),
    "not added up": Mistake(
        "it is one number per {each}, not added up", "The sum (or mean) over them is missing."
    ),
    "added up": Mistake(
        "the entries are added up (or averaged) into one number",
        "Return one number per {each}, as an array: leave the sum out.",
    ),
    "nothing stored": Mistake(
        "nothing is stored in the result",
        "np.append returns a new array and leaves the old one as it is; a list has .append, and "
        "an array takes values by index.",
    ),
    "running sum": Mistake(
        "it is a running sum: each entry holds all {each}s before it too",
        "Return each one by itself, without the sum.",
    ),
    "equal shares": Mistake(
        "every entry is the same: the mean or the sum of the right ones",
        "Return one number per {each}, each its own.",
    ),
    "shares of the sum": Mistake(
        "the entries are divided by their sum", "Return them as they are, not as shares."
    ),
    "order": Mistake(
        "these are the right numbers in another order", "Keep the order of the inputs."
    ),
    "one entry short": Mistake(
        "an entry is missing at the end: differences of neighbours are one fewer than points",
        "np.diff compares neighbours. The formula gives the value at each point by itself.",
    ),
    "table": Mistake(
        "a column met a row, which makes a table",
        "Keep every array 1-D: shape (N, 1) against (N,) gives all pairs.",
    ),
    # -- the gradient and its summands --
    "sign": Mistake(
        "the sign is flipped",
        "The residual is prediction minus target, so the prediction comes first and y is "
        "subtracted from it.",
    ),
    "no two": Mistake(
        "it is half as large as it should be: the 2 of the square is missing",
        "The derivative of u**2 is 2 * u * u'.",
    ),
    "two twice": Mistake(
        "it is twice as large as it should be", "The square brings one factor 2, not two of them."
    ),
    "sum": Mistake(
        "it is N times too large: summed instead of averaged",
        "A mean over N points divides by N once.",
    ),
    "divided twice": Mistake(
        "it is N times too small: divided by N twice",
        "np.mean, or an earlier line, has divided by N already.",
    ),
    "n minus one": Mistake(
        "it is divided by N - 1", "The loss is a plain mean over N points: divide by N."
    ),
    "n plus one": Mistake("it is divided by N + 1", "The loss is a mean over N points."),
    "no x": Mistake(
        "the factor x_i is forgotten",
        "By the chain rule, (theta * x_i - y_i)**2 has the inner derivative x_i.",
    ),
    "x twice": Mistake(
        "the factor x_i is there once too often: x_i is squared",
        "The chain rule brings one factor x_i.",
    ),
    "abs x": Mistake(
        "the size of x_i stands where x_i belongs",
        "For a negative x_i the sign turns round: leave the abs out.",
    ),
    "no sign": Mistake(
        "the signs are lost: there is an abs (or a square root of a square) too many",
        "The sign says which way it pulls: leave the abs out.",
    ),
    "constant model": Mistake(
        "it is the constant model's",
        "Here the prediction is theta * x_i, so differentiate anew.",
    ),
    "times theta": Mistake(
        "theta stands where x_i belongs",
        "Differentiate with respect to theta: the inner derivative of theta * x_i - y_i is what "
        "theta is multiplied with.",
    ),
    "no theta": Mistake(
        "the term with theta is missing",
        "The residual is prediction minus target, and the prediction holds theta.",
    ),
    "loss": Mistake(
        "it is the loss, not its slope",
        "Differentiate it with respect to theta: an exponent 2 has to go.",
    ),
    "parentheses": Mistake(
        "a factor reaches one of the two terms only: parentheses are missing",
        "`a * (b - c)` is not `a * b - c`.",
    ),
    "x in one term": Mistake(
        "x_i is missing in one of the two terms",
        "Are parentheses missing (`a * (b - c)` is not `a * b - c`), or is theta taken for the "
        "prediction theta * x_i?",
    ),
    "theta outside": Mistake(
        "theta stands outside the sum, so it is counted once",
        "The sum goes over (theta - y_i): theta is in each of the N summands.",
    ),
    "product of means": Mistake(
        "it is a product of means (or sums), not the mean (or sum) of the products",
        "Multiply point by point first, then average.",
    ),
    "plus y": Mistake(
        "y is added where it should be subtracted",
        "The residual is prediction minus target.",
    ),
    "absolute error": Mistake(
        "it is the slope of the absolute error (a sign of the residual)",
        "The loss is squared: the derivative of u**2 is 2 * u * u', with the size of u.",
    ),
    "y for x": Mistake(
        "y_i stands where x_i belongs",
        "The inner derivative of theta * x_i - y_i is what theta is multiplied with.",
    ),
    "x and y swapped": Mistake(
        "x and y are swapped",
        "Look at the order of parameters and arguments in `def` and in calls, and at the formula.",
    ),
    "no average contribution": Mistake(
        "each summand is N times too large: the 1/N of the mean is missing",
        "Their sum should be the full gradient.",
    ),
    "contribution divided twice": Mistake(
        "each summand is N times too small: divided by N twice",
        "Their sum should be the full gradient.",
    ),
    # -- the optimum --
    "optimum sign": Mistake(
        "the sign is flipped",
        "Look at the step where one sum went to the other side of the equation.",
    ),
    "optimum sum": Mistake(
        "it is N times too large: summed instead of averaged",
        "theta stands in all N summands of the equation, so there is an N to divide by.",
    ),
    "optimum divided twice": Mistake(
        "it is N times too small: divided by N twice", "np.mean has divided by N already."
    ),
    "sum over mean": Mistake(
        "it is N times too large: a sum above, a mean below the line (summed instead of averaged)",
        "Use sums in numerator and denominator, or means in both.",
    ),
    "mean over sum": Mistake(
        "it is N times too small: divided by N above the line and not below",
        "Use sums in numerator and denominator, or means in both.",
    ),
    "optimum doubled": Mistake(
        "it is twice as large as it should be",
        "The factor 2 of the gradient stands in every term of the equation, so it cancels.",
    ),
    "optimum halved": Mistake(
        "it is half as large as it should be",
        "The factor 2 of the gradient stands in every term of the equation, so it cancels.",
    ),
    "optimum n minus one": Mistake(
        "it is divided by N - 1, as for an unbiased variance",
        "Setting the gradient to zero leaves a plain N.",
    ),
    "upside down": Mistake(
        "it is upside down: numerator and denominator are swapped",
        "Solve the equation for theta once more.",
    ),
    "numerator": Mistake(
        "it is the numerator alone",
        "Set the gradient to zero and solve for theta: something still has to divide.",
    ),
    "mean of ratios": Mistake(
        "it is the mean (or sum) of the ratios y_i / x_i",
        "That lets every point vote for its own slope with the same weight; the squared loss "
        "weighs them differently.",
    ),
    "median of ratios": Mistake(
        "it is the median of the ratios y_i / x_i",
        "The squared loss has its own optimum: set its gradient to zero.",
    ),
    "ratio of means": Mistake(
        "it is the mean of y over the mean of x",
        "That is the line through the centre of the data, not the one with the smallest squared "
        "error.",
    ),
    "centred slope": Mistake(
        "it is the slope of a line with an intercept (x and y were centred first)",
        "This model has none: its line passes through the origin.",
    ),
    "line with intercept": Mistake(
        "it is a line with an intercept: two coefficients",
        "This model has one parameter, and its line passes through the origin.",
    ),
    "correlation": Mistake(
        "it is the correlation or the covariance of x and y",
        "Both are centred, and neither solves the equation: set the gradient to zero.",
    ),
    "square missing": Mistake(
        "a square is missing below the line: divided by sums of x_i instead of x_i**2",
        "Both x_i in the gradient's term theta * x_i * x_i count.",
    ),
    "square outside": Mistake(
        "it is divided by the square of a sum instead of the sum of squares",
        "Square each x_i first, then add up.",
    ),
    "divided by y": Mistake(
        "it is divided by y_i**2 where x_i**2 belongs",
        "theta is multiplied by x_i, so x_i divides.",
    ),
    "root below": Mistake(
        "it is divided by the length of x instead of its square",
        "np.linalg.norm takes a square root; the sum of squares has none.",
    ),
    "median": Mistake(
        "the median stands in place of the mean",
        "The median minimises the mean absolute error; here the error is squared.",
    ),
    "smallest": Mistake(
        "it is the smallest y", "The optimum looks at all points: solve for theta."
    ),
    "largest": Mistake("it is the largest y", "The optimum looks at all points: solve for theta."),
    "midrange": Mistake(
        "it is the midrange, halfway between the smallest and the largest y",
        "The squared loss looks at all points, not at the two extremes.",
    ),
    "spread": Mistake(
        "it is a standard deviation or a root mean square, a measure of spread",
        "A place on the axis of theta is asked, not how far the y lie apart.",
    ),
    "smallest loss": Mistake(
        "it is the smallest loss itself, not the parameter that reaches it",
        "Return the parameter that minimises the loss (its argmin), not the minimum.",
    ),
    # -- one update --
    "ascent": Mistake(
        "the step goes the wrong way: ascent instead of descent",
        "The gradient points uphill, so subtract it (and check its sign).",
    ),
    "step no two": Mistake(
        "the step is half as long as it should be: the 2 of the square is missing",
        "Its gradient is that of a square.",
    ),
    "step two twice": Mistake(
        "the step is twice as long as it should be",
        "The square brings one factor 2, not two of them; and one call takes one step.",
    ),
    "step sum": Mistake(
        "the step is N times too long: its gradient is summed instead of averaged",
        "A mean over N points divides by N once.",
    ),
    "step divided twice": Mistake(
        "the step is N times too short: its gradient is divided by N twice",
        "Divide by N once; constant_gradient and linear_gradient do so already.",
    ),
    "step n minus one": Mistake(
        "the step comes from a gradient divided by N - 1 instead of N", "The loss is a plain mean."
    ),
    "step size ignored": Mistake(
        "the step size is ignored: the gradient is subtracted as it stands",
        "Multiply the gradient by step_size.",
    ),
    "step size squared": Mistake(
        "the step size is squared: it is multiplied in twice", "Once is enough."
    ),
    "divided by step size": Mistake(
        "the gradient is divided by the step size",
        "The step is step_size times the gradient: multiply.",
    ),
    "step no x": Mistake(
        "the factor x_i is forgotten in the gradient of the step", "The chain rule brings it."
    ),
    "sign only": Mistake(
        "only the sign of the gradient counts: the step has the length of step_size",
        "Its size counts too: the step is step_size times the gradient.",
    ),
    "step of the loss": Mistake(
        "the step subtracts the loss where the gradient belongs",
        "Differentiate first: the step is step_size times the slope of the loss.",
    ),
    "unchanged": Mistake("theta comes back unchanged", "Return the new value, not the old theta."),
    "change only": Mistake(
        "it is the change alone: the step without the old theta",
        "Return theta after the step. (`theta =- a` and `theta =+ a` set theta; `-=` subtracts.)",
    ),
    "decrement": Mistake(
        "it is the step alone, what to subtract: the change without the old theta",
        "Return theta minus it. (`theta =+ a` sets theta to a.)",
    ),
    "gradient": Mistake("it is the gradient", "Use it to take a step, and return the new theta."),
    "optimum": Mistake(
        "it is where the loss is smallest",
        "Take one step towards it, scaled by the step size.",
    ),
    "two steps": Mistake("it is where two steps (or more) lead", "Take one step per call."),
    "point by point": Mistake(
        "it takes one step for each point, one after the other",
        "Gradient descent takes one step with the mean over all points; stepping point by point "
        "is SGD.",
    ),
    "sgd average": Mistake(
        "the step is {k} times too short, as if it were averaged over {k} points (divided by N)",
        "One SGD step here looks at one point, so there is nothing to average.",
    ),
    # -- elbows --
    "elbow sign": Mistake(
        "the sign is flipped",
        "At the elbow the pre-activation w1 * x + b1 is zero; solve that for x.",
    ),
    "elbow upside down": Mistake(
        "it is upside down", "Solve w1 * x + b1 = 0 for x, and see what ends up below the line."
    ),
    "elbow without w1": Mistake(
        "the slope w1 is forgotten",
        "b1 alone says where the elbow is only if w1 is 1 or -1.",
    ),
    "elbow not divided": Mistake(
        "b1 and w1 are multiplied, added or subtracted, and nothing is divided",
        "Solve w1 * x + b1 = 0 for x: it is a quotient.",
    ),
    "no elbow": Mistake(
        "a unit with w1 = 0 has no elbow, so its entry must be nan",
        "Not 0, not infinite, and not left out: one entry per hidden unit, in order.",
    ),
    "elbow clipped": Mistake(
        "the elbows outside [0, 1] were moved or left out",
        "They count: return them where they are.",
    ),
    # -- output and slopes --
    "curve sign": Mistake(
        "the sign is flipped", "An active unit contributes w2 * w1, with its sign."
    ),
    "b2 sign": Mistake("b2 is subtracted: its sign is flipped", "The output bias is added."),
    "b1 sign": Mistake(
        "b1 is subtracted: its sign is flipped", "The pre-activation is w1 * x + b1."
    ),
    "no b2": Mistake("the output bias b2 is forgotten", "Add it once, after the sum over units."),
    "b2 per unit": Mistake(
        "b2 is added once per unit", "It is one number for the output: add it after the sum."
    ),
    "no relu": Mistake(
        "the relu is forgotten", "Where a pre-activation is negative, the unit gives 0."
    ),
    "relu on output": Mistake(
        "the output went through a relu",
        "The last layer is linear: only the hidden units have a relu.",
    ),
    "relu after w2": Mistake(
        "the relu comes after w2: it cuts units with negative output weight",
        "First relu(w1 * x + b1), then multiply by w2.",
    ),
    "relu inverted": Mistake(
        "the relu is inverted: negative pre-activations pass, positive ones do not",
        "relu(z) is the larger one of z and 0: np.maximum(z, 0).",
    ),
    "b1 after relu": Mistake(
        "b1 is added after the relu", "It belongs into the pre-activation: relu(w1 * x + b1)."
    ),
    "max over points": Mistake(
        "np.max finds the largest entry along an axis; it is not the relu",
        "The relu takes the larger one of z and 0, entry by entry: np.maximum(z, 0).",
    ),
    "other activation": Mistake(
        "another activation function stands in place of the relu (sigmoid, tanh, leaky relu, ...)",
        "relu(z) is z where z is positive, and exactly 0 elsewhere.",
    ),
    "step function": Mistake(
        "an active unit gives 1 instead of its pre-activation",
        "relu(z) is z where z is positive: a mask (z > 0) alone is not enough.",
    ),
    "no w2": Mistake(
        "the output weights w2 are forgotten", "A unit's part is multiplied by its w2."
    ),
    "no w1": Mistake(
        "the slopes w1 are forgotten", "Inside an active unit, x is multiplied by w1."
    ),
    "no b1": Mistake("the hidden biases b1 are forgotten", "The pre-activation is w1 * x + b1."),
    "w1 and w2 swapped": Mistake(
        "w1 and w2 are swapped", "w1 is inside the relu, w2 multiplies what comes out of it."
    ),
    "abs unit": Mistake("a unit gives abs(z)", "A relu gives 0 for negative z, not -z."),
    "units not added": Mistake(
        "it is a table with one column per hidden unit, and the sum over the units is missing",
        "Sum over the units, so that one number per data point is left.",
    ),
    "wrong axis": Mistake(
        "the sum runs over the wrong axis: over the data points instead of the units",
        "A table of shape (N, H) has a row per point: sum over axis=1, the units.",
    ),
    "first unit left out": Mistake(
        "the first hidden unit is left out",
        "Indices begin at 0: range(1, ...) and [1:] skip the first.",
    ),
    "last unit left out": Mistake(
        "the last hidden unit is left out",
        "range(n) ends at n - 1 by itself: range(n - 1) and [:-1] skip the last.",
    ),
    "first unit only": Mistake(
        "only the first hidden unit counts",
        "Does a `return` (or a `break`) stand inside the loop? It ends the loop after its first "
        "round: move it to the left, below the loop.",
    ),
    "last unit only": Mistake(
        "only the last hidden unit counts",
        "In a loop, `=` overwrites the output in each round: add the units up with `+=`.",
    ),
    "mean over units": Mistake(
        "it is averaged over the units", "Units add up: take their sum, not their mean."
    ),
    "mask missing": Mistake(
        "every unit is counted at every x (the mask is missing)",
        "Only the active units have a slope there.",
    ),
    "mask from w1": Mistake(
        "the mask is taken from the wrong quantity, the sign of w1",
        "Whether a unit is active depends on its pre-activation w1 * x + b1 at this x.",
    ),
    "mask from w2": Mistake(
        "the mask is taken from the wrong quantity, the sign of w2",
        "Whether a unit is active depends on its pre-activation w1 * x + b1 at this x.",
    ),
    "mask from elbow": Mistake(
        "the mask is taken from the wrong quantity: x beyond the elbow means active for positive "
        "w1 alone",
        "A unit with negative w1 is active on the other side: take the sign of w1 * x + b1.",
    ),
    "mask without b1": Mistake(
        "the mask is taken from the wrong quantity: b1 is forgotten in it",
        "A unit is active where w1 * x + b1 is positive.",
    ),
    "mask inverted": Mistake(
        "the mask is inverted: the inactive units are counted, and the active ones left out",
        "A unit is active where its pre-activation is positive.",
    ),
    "mask of any unit": Mistake(
        "the mask is taken from the wrong quantity: the network's output, not each unit",
        "Each unit switches at its own elbow: make the mask per unit, before the sum.",
    ),
    "slope in w1": Mistake(
        "it is differentiated with respect to w1: x stands where w1 belongs",
        "Differentiate w1 * x + b1 with respect to x.",
    ),
    "x once too often": Mistake(
        "x is multiplied in once too often", "The slope of w1 * x + b1 in x is w1, without x."
    ),
    "output, not slope": Mistake(
        "it is the network's output, not its slope",
        "Differentiate with respect to x: an active unit has slope w2 * w1.",
    ),
    "differences": Mistake(
        "it is a difference quotient between neighbouring points",
        "Points may come in any order and stand far apart: add the slopes of the active units.",
    ),
    # -- the gradient of the network --
    "network sign": Mistake(
        "the sign is flipped", "The residual is output minus target: y is what is subtracted."
    ),
    "swapped": Mistake(
        "the parts of the tuple are swapped: right numbers in the wrong place",
        "The order is ({order}).",
    ),
    "gradient no mask": Mistake(
        "the hidden layer's gradient lacks the derivative of the relu (a mask)",
        "Only points where a unit is active (pre-activation > 0) reach its w1 and b1.",
    ),
    "relu for its derivative": Mistake(
        "the relu stands where its derivative belongs, a mask",
        "The derivative of relu(z) is 1 where z is positive, and 0 elsewhere.",
    ),
    "gradient no w2": Mistake(
        "w2 is forgotten in the hidden layer's gradient",
        "By the chain rule, w1 and b1 reach the output through a multiplication by w2.",
    ),
    "gradient no x": Mistake(
        "x is forgotten in g_w1", "By the chain rule, w1 is multiplied by x, and b1 is not."
    ),
    "gradient x in b1": Mistake(
        "x is multiplied into g_b1, where it does not belong",
        "By the chain rule, w1 is multiplied by x, and b1 is not.",
    ),
    "gradient w1 for w2": Mistake(
        "w1 stands where w2 belongs in the hidden layer's gradient",
        "By the chain rule, w1 and b1 reach the output through a multiplication by w2.",
    ),
    "gradient no relu": Mistake(
        "the relu is forgotten in the network's output", "The residual needs relu(w1 * x + b1)."
    ),
    "gradient output no b2": Mistake(
        "b2 is forgotten in the network's output", "The residual is output minus target, with b2."
    ),
    "gradient output no w2": Mistake(
        "w2 is forgotten in the network's output", "The residual is output minus target, with w2."
    ),
    "pre-activation for relu": Mistake(
        "the pre-activation stands in g_w2 where the relu's output belongs",
        "w2 is multiplied by relu(w1 * x + b1).",
    ),
    "divided by units": Mistake(
        "it is divided by the number of hidden units instead of the number of points",
        "The loss is a mean over the N points: divide by N.",
    ),
    "mask for relu": Mistake(
        "the mask stands in g_w2 where the relu's output belongs",
        "w2 is multiplied by relu(w1 * x + b1).",
    ),
    "no residual": Mistake(
        "the residual is missing", "By the chain rule, every gradient holds output minus target."
    ),
    "tie active": Mistake(
        "a unit whose pre-activation is exactly 0 was counted as active (z >= 0)",
        "As in PyTorch, relu'(0) = 0: the mask is z > 0, not z >= 0.",
    ),
    "not filled in": Mistake(
        "{part} not filled in yet (None, 0 or zeros)",
        "The other parts are judged by themselves, above.",
    ),
    # -- the optimum of the output layer --
    "no intercept": Mistake(
        "it looks like the best fit without b2",
        "b2 is a parameter as well: give the least-squares problem a column of ones for it.",
    ),
    "fit no relu": Mistake(
        "the relu is forgotten in the features",
        "The output layer sees relu(w1 * x + b1), not the pre-activations.",
    ),
    "fit no b1": Mistake(
        "the hidden biases b1 are forgotten in the features", "A feature is relu(w1 * x + b1)."
    ),
    "fit centred": Mistake(
        "b2 is not fitted together with w2",
        "Solve for all parameters at once: a column of ones stands for b2.",
    ),
    "fit ridge": Mistake(
        "it is a fit with a penalty (ridge)", "The plain mean squared error is to be minimised."
    ),
    "fit swapped": Mistake(
        "w2 and b2 are swapped: taken from the wrong places of the solution",
        "Where the column of ones stands in the table (first or last), b2 stands in the solution.",
    ),
    "fit of masks": Mistake(
        "the features are masks (active or not) instead of the relu's values",
        "A feature is relu(w1 * x + b1), which is z where z is positive, not 1.",
    ),
    # -- the update of the network --
    "frozen": Mistake(
        "the hidden layer is changed although frozen",
        "With train_hidden=False, w1 and b1 stay as they are.",
    ),
    "flag inverted": Mistake(
        "train_hidden is read the wrong way round: the hidden layer moves when it is False and "
        "stands still when it is True",
        "Leave the `not` out, or swap the branches.",
    ),
    "not trained": Mistake(
        "the hidden layer stands still although train_hidden=True", "Update all four parameters."
    ),
    "output frozen": Mistake(
        "the output layer stands still", "w2 and b2 are updated in both cases."
    ),
    "network ascent": Mistake(
        "the step goes the wrong way: ascent instead of descent",
        "Subtract step_size times the gradient.",
    ),
    "network step size ignored": Mistake(
        "the step size is ignored: the gradients are subtracted as they stand",
        "Multiply each gradient by step_size.",
    ),
    "network step size squared": Mistake(
        "the step size is squared: it is multiplied in twice", "Once is enough."
    ),
    "network divided by step size": Mistake(
        "the gradients are divided by the step size", "The step is step_size times the gradient."
    ),
    "network unchanged": Mistake(
        "the parameters come back unchanged", "Return the new ones, not the old ones."
    ),
    "network change only": Mistake(
        "it is the change alone: the step without the old parameters",
        "Return the old parameters minus step_size times their gradients.",
    ),
    "network gradient": Mistake(
        "these are the gradients alone", "Use them to take a step, and return the new parameters."
    ),
    "network step doubled": Mistake(
        "the step is twice as long as it should be", "The gradients hold the factor 2 already."
    ),
    "network step halved": Mistake(
        "the step is half as long as it should be", "The step is step_size times the gradient."
    ),
    "gradients swapped": Mistake(
        "gradients are swapped: a parameter moves by the gradient of another",
        "grads come in the order of params: the first belongs to w1, the second to b1.",
    ),
    "gradients averaged": Mistake(
        "the gradients are averaged (or summed) over the units",
        "Each unit's parameter moves by its own gradient: leave the mean out.",
    ),
    "part left as it was": Mistake(
        "{part} not updated and comes back unchanged", "Update all four parameters."
    ),
    # -- elbow travel --
    "signed travel": Mistake(
        "the sign is kept", "A distance is never negative: take the absolute value at the end."
    ),
    "length of the way": Mistake(
        "it is the length of the whole way, to and fro", "Compare the last elbow with the first."
    ),
    "one step": Mistake(
        "it is the way of one step: from the first snapshot to the second, or over the last one",
        "Compare the last elbow with the first.",
    ),
    "distance of weights": Mistake(
        "it is worked out from differences of w1 and b1",
        "Find the elbows first, then subtract them.",
    ),
    "range of travel": Mistake(
        "it is the largest distance on the way (largest minus smallest elbow, or from the start)",
        "Compare the last elbow with the first, whatever lies between.",
    ),
    "columns for rows": Mistake(
        "rows and columns are mixed up: units are compared, not moments",
        "A row is a moment, a column a unit: the last row is w1_history[-1].",
    ),
    "last snapshot left out": Mistake(
        "the last snapshot is left out: the last row is not used",
        "The last row has index -1, or T - 1.",
    ),
    "first snapshot left out": Mistake(
        "the first snapshot is left out: the first row is not used",
        "The first row has index 0.",
    ),
    "relative distance": Mistake(
        "it is a relative distance: divided by an elbow's position",
        "Return the distance itself.",
    ),
    "one row of w1": Mistake(
        "w1 (or b1) of one row is used for both elbows",
        "Each elbow needs w1 and b1 of the same moment.",
    ),
    "abs of each elbow": Mistake(
        "the abs is taken of each elbow, before the difference",
        "Elbows left of 0 count as they are: take the absolute value of the difference.",
    ),
    "sum of elbows": Mistake(
        "the first and the last elbow are added",
        "A distance is a difference: subtract one from the other.",
    ),
    "elbows sorted": Mistake(
        "the elbows are sorted before they are compared",
        "Each unit is compared with itself: keep the order of the units.",
    ),
    "per snapshot": Mistake(
        "it is divided by the number of snapshots (or steps)",
        "The whole distance is asked, not an average.",
    ),
    "elbow positions": Mistake(
        "it is where the elbows are, not how far they travelled",
        "Subtract the first elbows from the last ones.",
    ),
}

# What stands for the words in braces where nobody knows better.
USUAL_WORDS = {
    "k": "k",
    "each": "entry",
    "part": "a part is",
    "argument": "an argument is",
    "variable": "variable",
    "function": "another of your functions",
    "own": "others",
    "order": "that of the docstring",
    "wanted": "those of the cell that you were given",
}


def filled(text: str, words: Mapping[str, str]) -> str:
    """Return a text with its words in braces filled in."""
    for word, value in {**USUAL_WORDS, **words}.items():
        text = text.replace(f"{{{word}}}", value)
    return text


# What is said of each mistake, by its name: the page about a class shows it.
SENTENCES = {name: filled(str(mistake), {}) for name, mistake in MISTAKES.items()}


class Reading(NamedTuple):
    """One way to read a wrong result: the mistakes that lead to it when made together."""

    names: tuple[str, ...]
    words: tuple[tuple[str, str], ...] = ()  # what is filled in, by the word in braces
    where: str = ""  # the parts of a tuple that it is about, if not about all

    def claim(self) -> str:
        """Return what is wrong, a clause."""
        claims = [MISTAKES[name].claim for name in self.names]
        return self._placed(filled(", and ".join(claims), dict(self.words)))

    def __str__(self) -> str:
        """Return what is wrong and why, in sentences."""
        texts = [str(MISTAKES[name]) for name in self.names]
        return self._placed(filled("\nAnd: ".join(texts), dict(self.words)))

    def _placed(self, text: str) -> str:
        return f"In {self.where}: {text[0].lower()}{text[1:]}" if self.where else text


def one(name: str, **words: object) -> Reading:
    """Return the reading of a single mistake, with the words that its sentences want."""
    return Reading((name,), tuple((word, str(value)) for word, value in words.items()))


def in_words(readings: tuple[Reading, ...]) -> str:
    """Return what is said of a wrong result that can be read in one way, or in two."""
    if len(readings) == 2:
        return f"One of two mistakes leads here: {readings[0].claim()}; or {readings[1].claim()}."
    return "".join(map(str, readings))


# What to try where no mistake is recognised, by the function.
NEXT_STEPS = {
    "constant_gradient": "Next step: work out N = 1, y = 0, theta = 3 by hand (the loss is "
    "theta**2) and compare your function's value.",
    "constant_optimum": "Next step: take two points, y = [0, 4], draw the loss for theta = 0, 1, "
    "2, 3, 4, and see where it is smallest.",
    "constant_update": "Next step: print the gradient, then gradient times step_size, then theta "
    "minus that, and compare each with what you work out by hand.",
    "constant_contributions": "Next step: sum your result: it should be what constant_gradient "
    "returns for the same input.",
    "constant_sgd_update": "Next step: it should agree with constant_update for an array that "
    "holds y_i alone.",
    "linear_gradient": "Next step: compare it at two thetas with the slope of linear_loss between "
    "theta - h and theta + h, for a small h.",
    "linear_optimum": "Next step: put your theta into linear_gradient: the slope there should "
    "be 0.",
    "linear_update": "Next step: print linear_gradient(theta, x, y) for the numbers of the public "
    "check, and take the step by hand.",
    "linear_contributions": "Next step: sum your result: it should be what linear_gradient "
    "returns for the same input.",
    "linear_sgd_update": "Next step: it should agree with linear_update for arrays that hold "
    "this one point alone.",
    "elbow_locations": "Next step: put your result back into w1 * x + b1, unit by unit: it should "
    "give 0.",
    "network_output": "Next step: print z = w1 * x_i + b1 for one point, then relu(z), then times "
    "w2, and add up by hand.",
    "function_slopes": "Next step: print z = w1 * x_i + b1 for one point, mark the units with "
    "z > 0, and add up their slopes by hand.",
    "network_gradient": "Next step: take one point and one unit, and go through the chain rule "
    "with numbers; or compare with a difference quotient of the loss in one weight.",
    "output_layer_optimum": "Next step: print the shape of your table of features: a row for each "
    "point, a column for each unit, and one more for b2.",
    "network_update": "Next step: print the four parts one by one beside the four gradients.",
    "elbow_travel": "Next step: print the first and the last row of elbows, and subtract by hand.",
}
