from otter.test_files import test_case

OK_FORMAT = False

name = "q1a_iv"
points = 3

@test_case(points=None, hidden=False)
def test_contributions_public(constant_contributions):
    import numpy as np
    from lab.feedback import check_contributions
    y = np.array([1.0, 4.5, 2.5, -3.0, 9.0])
    right = np.array([0.4, -1.0, -0.2, 2.0, -2.8])
    check_contributions(constant_contributions, {'theta': 2.0, 'y': y}, expected=right)

@test_case(points=None, hidden=False)
def test_sgd_update_public(constant_sgd_update):
    from lab.feedback import check_update
    arguments = {'theta': 2.0, 'y_i': 4.5, 'step_size': 0.15}
    usual = {'two steps': 3.275, 'optimum': 4.5}
    check_update(constant_sgd_update, arguments, expected=2.75, mistakes=usual)

