from otter.test_files import test_case

OK_FORMAT = False

name = "q2c"
points = 3

@test_case(points=None, hidden=False)
def test_public(function_slopes):
    import numpy as np
    from lab.feedback import check_curve
    x = np.array([0.9, 0.0, 0.25, 0.4])
    w1, b1 = (np.array([1.0, -2.0, 0.5]), np.array([-0.3, 1.0, -0.37]))
    arguments = {'x': x, 'w1': w1, 'b1': b1, 'w2': np.array([2.0, 0.5, -1.5])}
    usual = {'mask missing': np.array([0.25, 0.25, 0.25, 0.25]), 'mask inverted': np.array([-1.0, 1.25, 1.25, -0.75])}
    usual |= {'mask from w1': np.array([1.25, 1.25, 1.25, 1.25]), 'mask from w2': np.array([1.0, 1.0, 1.0, 1.0])}
    usual |= {'mask from elbow': np.array([0.25, 0.0, 0.0, 2.0]), 'no w2': np.array([1.5, -2.0, -2.0, -1.0])}
    check_curve(function_slopes, arguments, expected=np.array([1.25, -1.0, -1.0, 1.0]), mistakes=usual)

