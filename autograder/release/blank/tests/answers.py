"""Right and wrong answers, with the verdict that each must get: the proof that tests judge right.

A wrong answer says which test cases it must fail at least, and which mistake the first message
names. For each hidden test there is a wrong answer that only this test catches.
"""

import numpy as np

RIGHT = {}  # functions by (question, name of the function), then a list
WRONG = []  # (question, name of the function, answer, test cases, mistake)


def right(question, name):
    """Register a right answer."""
    return lambda answer: RIGHT.setdefault((question, name), []).append(answer)


def wrong(question, name, *, fails, mistake=""):
    """Register a wrong answer."""
    return lambda answer: WRONG.append((question, name, answer, set(fails.split()), mistake))


# -- q1 -------------------------------------------------------------------------------------------


@right("q1", "standardize")
def vectorised(x):
    return (x - np.mean(x)) / np.std(x)


@right("q1", "standardize")
def with_loops(x):
    mean = sum(x) / len(x)
    deviation = (sum((x_i - mean) ** 2 for x_i in x) / len(x)) ** 0.5
    return np.array([(x_i - mean) / deviation for x_i in x])


@wrong("q1", "standardize", fails="test_public test_sizes test_scales", mistake="mean kept")
def mean_not_subtracted(x):
    return x / np.std(x)


@wrong("q1", "standardize", fails="test_public test_sizes test_scales", mistake="variance")
def divided_by_the_variance(x):
    return (x - np.mean(x)) / np.var(x)


@wrong("q1", "standardize", fails="test_public test_sizes", mistake="sample deviation")
def divided_by_the_sample_deviation(x):
    return (x - np.mean(x)) / np.std(x, ddof=1)


@wrong("q1", "standardize", fails="test_public test_scales")
def argument_changed(x):
    x -= np.mean(x)
    return x / np.std(x)


@wrong("q1", "standardize", fails="test_sizes")
def tuned_to_the_length_of_the_public_test(x):
    mean = sum(x) / 4
    return (x - mean) / np.sqrt(sum((x - mean) ** 2) / 4)


@wrong("q1", "standardize", fails="test_scales")
def small_numbers_taken_for_nothing(x):
    deviation = np.std(x)
    return (x - np.mean(x)) / deviation if deviation > 1e-3 else 0 * x
