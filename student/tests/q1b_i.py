from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_i"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_gradient):
    import numpy as np
    from lab.feedback import check_gradient
    x, y = (np.array([1.0, -2.0, 0.5, 3.0, 1.5]), np.array([0.2, -3.5, 1.0, 7.0, 2.5]))
    usual = {'no x': -1.76, 'abs x': -5.0, 'constant model': -1.48}
    usual |= {'times theta': -1.232, 'loss': 6.239}
    check_gradient(linear_gradient, {'theta': 0.7, 'x': x, 'y': y}, expected=-8.36, mistakes=usual)

