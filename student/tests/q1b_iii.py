from otter.test_files import test_case

OK_FORMAT = False

name = "q1b_iii"
points = 2

@test_case(points=None, hidden=False)
def test_public(linear_update):
    import numpy as np
    from lab.feedback import check_update
    x, y = (np.array([1.0, -2.0, 0.5, 3.0, 1.5]), np.array([0.2, -3.5, 1.0, 7.0, 2.5]))
    arguments = {'theta': 0.5, 'x': x, 'y': y, 'step_size': 0.03}
    usual = {'step no x': 0.5624, 'constant model': 0.5564, 'abs x': 0.6704}
    usual |= {'two steps': 1.0233008, 'optimum': 1.9666667}
    check_update(linear_update, arguments, expected=0.7904, mistakes=usual)

