from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_iv"
points = 3

@test_case(points=None, hidden=False)
def test_contributions_public(constant_contributions):
    import numpy as np
    from lab.feedback import check_contributions
    y = np.array([1.0, 8.3, 1.3, -0.1, 6.2])
    right = np.array([0.44, -2.48, 0.32, 0.88, -1.64])
    check_contributions(constant_contributions, {'theta': 2.1, 'y': y}, expected=right)

@test_case(points=None, hidden=False)
def test_sgd_update_public(constant_sgd_update):
    from lab.feedback import check_update
    arguments = {'theta': 2.1, 'y_i': 8.3, 'step_size': 0.3}
    check_update(constant_sgd_update, arguments, expected=5.82)

