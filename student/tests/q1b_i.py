from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_i"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_gradient):
    import numpy as np
    from lab.feedback import check_gradient
    x, y = (np.array([-0.5, 1.5, -1.0, -3.0, 2.5]), np.array([1.1, 3.5, -0.6, -3.4, 2.9]))
    check_gradient(linear_gradient, {'theta': 0.4, 'x': x, 'y': y}, expected=-6.1)

