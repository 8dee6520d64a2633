from otter.test_files import test_case

OK_FORMAT = False

name = "q2e"
points = 3

@test_case(points=None, hidden=False)
def test_public(output_layer_optimum):
    import numpy as np
    from lab.feedback import check_least_squares
    x, y = (np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), np.array([1.0, 0.4, 0.9, 0.1, -0.6, 0.3]))
    w1, b1 = (np.array([1.0, -1.0, -2.0]), np.array([-0.3, 0.7, -0.1]))
    features = np.array([[0, 0.7, 0], [0, 0.5, 0], [0.1, 0.3, 0], [0.3, 0.1, 0], [0.5, 0, 0], [0.7, 0, 0]])
    for h in (2, 3):
        arguments = {'x': x, 'y': y, 'w1': w1[:h], 'b1': b1[:h]}
        check_least_squares(output_layer_optimum, arguments, features[:, :h])

