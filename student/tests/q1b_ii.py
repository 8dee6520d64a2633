from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_ii"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_optimum):
    import numpy as np
    from lab.feedback import check_optimum
    x, y = (np.array([1.0, -2.0, 0.5, 3.0, 1.5]), np.array([0.2, -3.5, 1.0, 7.0, 2.5]))
    usual = {'mean of ratios': 1.59, 'ratio of means': 1.8, 'numerator': 32.45, 'centred slope': 2.006767}
    check_optimum(linear_optimum, {'x': x, 'y': y}, expected=1.9666667, mistakes=usual)

