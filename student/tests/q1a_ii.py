from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_ii"
points = 2

@test_case(points=None, hidden=False)
def test_public(constant_optimum):
    import numpy as np
    from lab.feedback import check_optimum
    y = np.array([1.0, 8.3, 1.3, -0.1, 6.2])
    check_optimum(constant_optimum, {'y': y}, expected=3.34)

