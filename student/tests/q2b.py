from otter.test_files import test_case

OK_FORMAT = False

name = "q2b"
points = 2

@test_case(points=None, hidden=False)
def test_public(network_output):
    import numpy as np
    from lab.feedback import check_curve
    x, w1 = (np.array([-0.4, 1.2, 1.1, -0.1, 0.5]), np.array([-1.5, 0.7, 0.6]))
    b1, w2 = (np.array([0.7, -0.4, -0.1]), np.array([1.7, -1.0, 0.6]))
    arguments = {'x': x, 'w1': w1, 'b1': b1, 'w2': w2, 'b2': -0.7}
    right = np.array([1.51, -0.768, -0.734, 0.745, -0.58])
    check_curve(network_output, arguments, expected=right)

