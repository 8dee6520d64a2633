from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_iv"
points = 3

@test_case(points=None, hidden=False)
def test_contributions_public(linear_contributions):
    import numpy as np
    from lab.feedback import check_contributions
    x, y = (np.array([-0.5, 1.5, -1.0, -3.0, 2.5]), np.array([1.1, 3.5, -0.6, -3.4, 2.9]))
    right = np.array([0.26, -1.74, -0.08, -2.64, -1.9])
    check_contributions(linear_contributions, {'theta': 0.4, 'x': x, 'y': y}, expected=right)

@test_case(points=None, hidden=False)
def test_sgd_update_public(linear_sgd_update):
    from lab.feedback import check_update
    for x_i, y_i, right in [(-3.0, -3.4, 2.116), (-2.5, 0.7, -0.705)]:
        arguments = {'theta': 0.4, 'x_i': x_i, 'y_i': y_i, 'step_size': 0.13}
        check_update(linear_sgd_update, arguments, expected=right)

