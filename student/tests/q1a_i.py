from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_i"
points = 2

@test_case(points=None, hidden=False)
def test_public(constant_gradient):
    import numpy as np
    from lab.feedback import check_gradient
    y = np.array([1.0, 8.3, 1.3, -0.1, 6.2])
    check_gradient(constant_gradient, {'theta': 2.1, 'y': y}, expected=-2.48)

