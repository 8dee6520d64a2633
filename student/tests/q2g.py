from otter.test_files import test_case

OK_FORMAT = False

name = "q2g"
points = 2

@test_case(points=None, hidden=False)
def test_public(elbow_travel):
    import numpy as np
    from lab.feedback import check_elbows
    w1 = np.array([[1.0, -2.0, 0.5], [1.5, -1.0, 1.0], [1.8, -2.0, 1.6], [2.0, -4.0, 2.0]])
    b1 = np.array([[-0.2, 1.0, -0.2], [-0.6, 0.2, -0.3], [-0.9, 0.8, -0.32], [-1.2, 3.0, -0.5]])
    arguments, right = ({'w1_history': w1, 'b1_history': b1}, np.array([0.4, 0.25, 0.15]))
    usual = {'signed travel': [np.array([0.4, 0.25, -0.15]), np.array([-0.4, -0.25, 0.15])], 'length of the way': np.array([0.4, 0.85, 0.25]), 'one step': np.array([0.2, 0.3, 0.1]), 'distance of weights': [np.array([1.0, 1.0, 0.2]), np.array([1.0, 2.0, 0.3])]}
    check_elbows(elbow_travel, arguments, expected=right, mistakes=usual)

