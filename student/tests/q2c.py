from otter.test_files import test_case

OK_FORMAT = False

name = "q2c"
points = 3

@test_case(points=None, hidden=False)
def test_public(function_slopes):
    import numpy as np
    from lab.feedback import check_curve
    x, w1 = (np.array([-0.4, 1.2, 1.1, -0.1, 0.5]), np.array([-1.5, 0.7, 0.6]))
    b1, w2 = (np.array([0.7, -0.4, -0.1]), np.array([1.7, -1.0, 0.6]))
    arguments = {'x': x, 'w1': w1, 'b1': b1, 'w2': w2}
    right = np.array([-2.55, -0.34, -0.34, -2.55, 0.36])
    check_curve(function_slopes, arguments, expected=right)

