from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_iii"
points = 2

@test_case(points=None, hidden=False)
def test_public(constant_update):
    import numpy as np
    from lab.feedback import check_update
    y = np.array([1.0, 8.3, 1.3, -0.1, 6.2])
    arguments = {'theta': 2.1, 'y': y, 'step_size': 0.3}
    check_update(constant_update, arguments, expected=2.844)

