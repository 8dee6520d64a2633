from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_iii"
points = 2

@test_case(points=None, hidden=False)
def test_public(constant_update):
    import numpy as np
    from lab.feedback import check_update
    y = np.array([1.0, 4.5, 2.5, -3.0, 9.0])
    arguments = {'theta': 2.0, 'y': y, 'step_size': 0.15}
    usual = {'two steps': 2.408, 'optimum': 2.8}
    check_update(constant_update, arguments, expected=2.24, mistakes=usual)

