from otter.test_files import test_case

OK_FORMAT = False

name = "q2f"
points = 2

@test_case(points=None, hidden=False)
def test_public(network_update):
    import numpy as np
    from lab.feedback import check_network_update
    params = (np.array([1.0, -2.0]), np.array([-0.3, 1.0]), np.array([2.0, 0.5]), -0.1)
    grads = (np.array([0.5, 1.0]), np.array([-2.0, 0.4]), np.array([1.5, -3.0]), 4.0)
    arguments = {'params': params, 'grads': grads, 'step_size': 0.15, 'train_hidden': True}
    right = (np.array([0.925, -2.15]), np.array([0.0, 0.94]), np.array([1.775, 0.95]), -0.7)
    check_network_update(network_update, arguments, expected=right)
    arguments, right = ({**arguments, 'train_hidden': False}, (*params[:2], *right[2:]))
    check_network_update(network_update, arguments, expected=right)

