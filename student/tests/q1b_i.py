from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_i"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_gradient):
    import numpy as np
    from lab.feedback import check_gradient
    x = np.array([1.0, -2.0, 0.5, 3.0, 1.5])
    y = np.array([2.0, -3.5, 1.0, 7.0, 2.5])
    check_gradient(linear_gradient, {'theta': 0.5, 'x': x, 'y': y}, expected=-10.4, mistakes={'no x': -2.8})

