from otter.test_files import test_case

OK_FORMAT = False

name = "q2b"
points = 2

@test_case(points=None, hidden=False)
def test_public(network_output):
    import numpy as np
    from lab.feedback import check_curve
    x = np.array([0.9, 0.0, 0.25, 0.4])
    w1, b1 = (np.array([1.0, -2.0, 0.5]), np.array([-0.3, 1.0, -0.37]))
    arguments = {'x': x, 'w1': w1, 'b1': b1, 'w2': np.array([2.0, 0.5, -1.5]), 'b2': -0.45}
    usual = {'no relu': np.array([0.23, 0.005, 0.0675, 0.105]), 'abs unit': np.array([1.03, 0.095, -0.4675, -0.405])}
    usual |= {'no b1': np.array([0.675, -0.45, -0.1375, 0.05]), 'no w2': np.array([0.23, 0.55, 0.05, -0.15])}
    check_curve(network_output, arguments, expected=np.array([0.63, 0.05, -0.2, -0.15]), mistakes=usual)

