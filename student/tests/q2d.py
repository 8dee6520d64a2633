from otter.test_files import test_case

OK_FORMAT = False

name = "q2d"
points = 4

@test_case(points=None, hidden=False)
def test_public(network_gradient):
    import numpy as np
    from lab.feedback import check_network_gradient
    x, y = (np.array([0.9, 0.0, 0.25, 0.4, 0.7]), np.array([1.0, 0.5, -0.5, 0.2, -1.0]))
    w1, b1, w2 = (np.array([1.0, -2.0, 0.5]), np.array([-0.3, 1.0, -0.4]), np.array([2.0, 0.5, -1.5]))
    arguments = {'x': x, 'y': y, 'w1': w1, 'b1': b1, 'w2': w2, 'b2': -0.1}
    output = (np.array([0.278, 0.09, 0.0005]), 0.91)
    usual = {'gradient no mask': (np.array([1.1, 0.275, -0.825]), np.array([1.82, 0.455, -1.365]), *output)}
    usual |= {'gradient no w2': (np.array([0.485, 0.065, 0.009]), np.array([0.69, 0.22, 0.01]), *output)}
    usual |= {'gradient no x': (np.array([1.38, 0.11, -0.015]), np.array([1.38, 0.11, -0.015]), *output)}
    right = (np.array([0.97, 0.0325, -0.0135]), np.array([1.38, 0.11, -0.015]), *output)
    check_network_gradient(network_gradient, arguments, expected=right, mistakes=usual)

