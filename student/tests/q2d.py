from otter.test_files import test_case

OK_FORMAT = False

name = "q2d"
points = 4

@test_case(points=None, hidden=False)
def test_public(network_gradient):
    import numpy as np
    from lab.feedback import check_network_gradient
    x, y = (np.array([0.9, 0.0, 0.25, 0.4, 0.7]), np.array([1.0, 0.5, -0.5, 0.2, -1.0]))
    w1, b1, w2 = (np.array([1.0, -2.0, 0.5]), np.array([-0.3, 1.0, -0.37]), np.array([2.0, 0.5, -1.5]))
    arguments = {'x': x, 'y': y, 'w1': w1, 'b1': b1, 'w2': w2, 'b2': -0.45}
    output = (np.array([0.1132, -0.148, -0.01184]), 0.192)
    usual = {'gradient no mask': (np.array([0.4376, 0.1094, -0.3282]), np.array([0.384, 0.096, -0.288]), *output)}
    usual |= {'mask from w1': (np.array([0.4376, 0.0, -0.3282]), np.array([0.384, 0.0, -0.288]), *output)}
    usual |= {'mask from w2': (np.array([0.4376, 0.1094, 0.0]), np.array([0.384, 0.096, 0.0]), *output)}
    usual |= {'mask from elbow': (np.array([0.3776, 0.1224, 0.1998]), np.array([0.504, 0.196, 0.222]), *output)}
    usual |= {'gradient no w2': (np.array([0.1888, -0.026, -0.1332]), np.array([0.252, -0.2, -0.148]), *output)}
    usual |= {'gradient no x': (np.array([0.504, -0.1, 0.222]), np.array([0.504, -0.1, 0.222]), *output)}
    right = (np.array([0.3776, -0.013, 0.1998]), np.array([0.504, -0.1, 0.222]), *output)
    check_network_gradient(network_gradient, arguments, expected=right, mistakes=usual)

