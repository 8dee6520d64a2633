from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_iv"
points = 3

@test_case(points=None, hidden=False)
def test_contributions_public(linear_contributions):
    import numpy as np
    from lab.feedback import check_contributions
    x, y = (np.array([1.0, -2.0, 0.5, 3.0, 1.5]), np.array([0.2, -3.5, 1.0, 7.0, 2.5]))
    right = np.array([0.12, -2.0, -0.15, -6.6, -1.05])
    usual = {'no x': np.array([0.12, 1.0, -0.3, -2.2, -0.7])}
    usual |= {'abs x': np.array([0.12, 2.0, -0.15, -6.6, -1.05])}
    usual |= {'constant model': np.array([0.12, 1.6, -0.2, -2.6, -0.8])}
    check_contributions(linear_contributions, {'theta': 0.5, 'x': x, 'y': y}, expected=right, mistakes=usual)

@test_case(points=None, hidden=False)
def test_sgd_update_public(linear_sgd_update):
    from lab.feedback import check_update
    arguments = {'theta': 0.5, 'x_i': -2.5, 'y_i': -3.5, 'step_size': 0.03}
    usual = {'step no x': 0.365, 'constant model': 0.26, 'abs x': 0.1625}
    usual |= {'two steps': 1.0484375, 'optimum': 1.4}
    check_update(linear_sgd_update, arguments, expected=0.8375, mistakes=usual)

