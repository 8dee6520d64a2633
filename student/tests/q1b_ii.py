from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_ii"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_optimum):
    import numpy as np
    from lab.feedback import check_optimum
    x = np.array([1.0, -2.0, 0.5, 3.0, 1.5])
    y = np.array([2.0, -3.5, 1.0, 7.0, 2.5])
    usual = {'mean of ratios': 1.95, 'ratio of means': 2.25, 'numerator': 34.25, 'centred slope': 2.033835}
    check_optimum(linear_optimum, {'x': x, 'y': y}, expected=2.0757576, mistakes=usual)

