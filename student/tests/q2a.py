from otter.test_files import test_case

OK_FORMAT = False

name = "q2a"
points = 2

@test_case(points=None, hidden=False)
def test_public(elbow_locations):
    import numpy as np
    from lab.feedback import check_elbows
    w1, b1 = (np.array([2.0, -1.0, 0.5, -4.0, 0.0]), np.array([-1.0, 0.75, 0.25, 1.0, 0.3]))
    right = np.array([0.5, 0.75, -0.5, 0.25, np.nan])
    usual = {'elbow sign': np.array([-0.5, -0.75, 0.5, -0.25, np.nan])}
    usual |= {'elbow upside down': np.array([2.0, 4 / 3, -2.0, 4.0, np.nan])}
    usual |= {'elbow without w1': np.array([1.0, -0.75, -0.25, -1.0, -0.3])}
    usual |= {'no elbow': np.array([0.5, 0.75, -0.5, 0.25, -np.inf])}
    usual |= {('elbow sign', 'no elbow'): np.array([-0.5, -0.75, 0.5, -0.25, np.inf])}
    usual |= {('elbow upside down', 'no elbow'): np.array([2.0, 4 / 3, -2.0, 4.0, 0.0])}
    usual |= {'elbow clipped': np.array([0.5, 0.75, 0.0, 0.25, np.nan])}
    check_elbows(elbow_locations, {'w1': w1, 'b1': b1}, expected=right, mistakes=usual)

