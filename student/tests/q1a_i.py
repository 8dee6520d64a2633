from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_i"
points = 2

@test_case(points=None, hidden=False)
def test_public(constant_gradient):
    import numpy as np
    from lab.feedback import check_gradient
    y = np.array([1.0, 4.5, 2.5, -3.0, 9.0])
    check_gradient(constant_gradient, {'theta': 2.0, 'y': y}, expected=-1.6, mistakes={'loss': 16.3})

