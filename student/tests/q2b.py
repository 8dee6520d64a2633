from otter.test_files import test_case

OK_FORMAT = False

name = "q2b"
points = 2

@test_case(points=None, hidden=False)
def test_public(network_output):
    import numpy as np
    from lab.feedback import check_curve
    x = np.array([0.9, 0.0, 0.25, 0.4])
    w1, b1 = (np.array([1.0, -2.0, 0.5]), np.array([-0.3, 1.0, -0.4]))
    arguments = {'x': x, 'w1': w1, 'b1': b1, 'w2': np.array([2.0, 0.5, -1.5]), 'b2': -0.1}
    usual = {'no relu': np.array([0.625, 0.4, 0.4625, 0.5]), 'abs unit': np.array([1.425, 0.4, -0.1625, -0.1])}
    usual |= {'no b1': np.array([1.025, -0.1, 0.2125, 0.4]), 'no w2': np.array([0.55, 0.9, 0.4, 0.2])}
    check_curve(network_output, arguments, expected=np.array([1.025, 0.4, 0.15, 0.2]), mistakes=usual)

