from otter.test_files import test_case

OK_FORMAT = False

name = "q2d"
points = 4

@test_case(points=None, hidden=False)
def test_public(network_gradient):
    import numpy as np
    from lab.feedback import check_network_gradient
    x, y = (np.array([1.0, 0.7, -0.1, 1.4, 0.5]), np.array([0.5, 0.8, -0.6, -0.6, 0.8]))
    w1, b1 = (np.array([-1.0, 1.9, 1.4]), np.array([0.5, -0.7, -0.8]))
    w2 = np.array([0.5, -1.0, -1.5])
    arguments = {'x': x, 'y': y, 'w1': w1, 'b1': b1, 'w2': w2, 'b2': 0.3}
    g_w1, g_b1 = (np.array([-0.024, 3.03, 4.32]), np.array([0.24, 2.9, 3.9]))
    right = (g_w1, g_b1, np.array([0.288, -3.727, -1.952]), -2.42)
    check_network_gradient(network_gradient, arguments, expected=right)

