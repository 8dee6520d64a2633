from otter.test_files import test_case

OK_FORMAT = False

name = "q2a"
points = 2

@test_case(points=None, hidden=False)
def test_public(elbow_locations):
    import numpy as np
    from lab.feedback import check_elbows
    w1, b1 = (np.array([-0.5, -4.0, 0.0, 2.0, 0.5]), np.array([1.7, 1.4, -0.1, -0.5, 0.61]))
    right = np.array([3.4, 0.35, np.nan, 0.25, -1.22])
    check_elbows(elbow_locations, {'w1': w1, 'b1': b1}, expected=right)

