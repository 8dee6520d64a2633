"""A check for practice: it belongs to no question and gives no points.

The notebook runs it once on a function that is wrong on purpose, to show what a failed check
looks like and how to read it.
"""

from otter.test_files import test_case

OK_FORMAT = False

name = "practice"
points = 0


@test_case(points=0)
def test_public(mean_of_squares):
    import numpy as np

    from lab.call import check_value

    y = np.array([1.0, -2.0, 4.0])
    check_value(mean_of_squares, {"y": y}, 7.0, mistakes={"sum": 21.0})
