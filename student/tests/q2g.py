from otter.test_files import test_case

OK_FORMAT = False

name = "q2g"
points = 2

@test_case(points=None, hidden=False)
def test_public(elbow_travel):
    import numpy as np
    from lab.feedback import check_elbows
    w1 = np.array([[-1.0, 1.0, 0.8], [4.0, 2.0, 0.8], [-2.0, -0.5, -0.5], [-0.5, -2.0, -2.0]])
    b1 = np.array([[0.2, -0.4, 1.0], [-0.5, -0.1, 1.0], [0.1, -0.6, 1.3], [-0.5, 1.4, 1.1]])
    arguments, right = ({'w1_history': w1, 'b1_history': b1}, np.array([1.2, 0.3, 1.8]))
    check_elbows(elbow_travel, arguments, expected=right)

