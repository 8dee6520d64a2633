from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_ii"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_optimum):
    import numpy as np
    from lab.feedback import check_optimum
    x, y = (np.array([-0.5, 1.5, -1.0, -3.0, 2.5]), np.array([1.1, 3.5, -0.6, -3.4, 2.9]))
    check_optimum(linear_optimum, {'x': x, 'y': y}, expected=1.2133333)

