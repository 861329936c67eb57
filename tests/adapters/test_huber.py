"""HuberRegressor: its objective is scikit-learn's own, its scale a parameter; what is refused."""

import numpy as np
import pytest
from cases import BY_NAME, REAL, X
from rounding import OPTIMA, SUMS
from sklearn.linear_model import HuberRegressor
from sklearn.linear_model._huber import _huber_loss_and_gradient

from skinfluence import InfluenceFunctions, LeaveOneOut
from skinfluence.adapters import fitted_outputs
from skinfluence.exceptions import UnsupportedEstimatorError
from skinfluence.testing import assert_near

CASES = ["huber", "huber-no-intercept", "huber-sparse", "huber-wide"]


@pytest.mark.parametrize("name", CASES)
def test_huber_optimum_is_that_of_scikit_learns_objective(name):
    case = BY_NAME[name]
    problem = InfluenceFunctions(case.estimator).fit(*case.data).problem_
    weight = np.ones(len(case.y)) if case.sample_weight is None else case.sample_weight
    value, gradient = _huber_loss_and_gradient(
        problem.theta, case.X, case.y, case.estimator.epsilon, case.estimator.alpha, weight
    )
    assert problem.value() == pytest.approx(value, rel=1e-13)
    # a sum of some hundred numbers of order 1
    assert np.abs(gradient).max() < 1e-11


def test_leave_one_out_of_huber_follows_rows_across_epsilon():
    exact = LeaveOneOut(HuberRegressor(epsilon=1.1)).fit(X, REAL)
    problem, crossing = exact.problem_, 0
    for row, change in enumerate(exact.params_change_):
        left = problem.without([row])
        moved = left.at(problem.theta + change)
        assert moved.relative_gradient() < SUMS
        flat = [np.abs(each.row_hessians()).max(axis=(1, 2)) == 0 for each in (left, moved)]
        crossing += np.any(flat[0] != flat[1])
    assert crossing > 10


def test_scale_of_huber_is_a_parameter():
    model = HuberRegressor().fit(X, REAL)
    attributor = LeaveOneOut(model).fit(X, REAL)
    assert attributor.problem_.parameter_names == ["x0", "x1", "x2", "intercept", "scale: intercept"]
    keep = np.arange(1, len(X))
    refit = HuberRegressor(tol=1e-12, max_iter=10_000).fit(X[keep], REAL[keep])
    expected = np.r_[refit.coef_, refit.intercept_, refit.scale_]
    # what L-BFGS leaves
    np.testing.assert_allclose(attributor.problem_.theta + attributor.params_change_[0], expected, rtol=1e-4)
    assert_near(fitted_outputs(refit).raw(X), np.column_stack([refit.predict(X), np.full(len(X), refit.scale_)]), 1e-13)


def test_target_prediction_is_that_of_huber_without_its_scale():
    model = HuberRegressor().fit(X, REAL)
    attributor = InfluenceFunctions(model, target="prediction", polish=False).fit(X, REAL)
    assert attributor.evaluate(X, REAL) == pytest.approx(model.predict(X).sum(), rel=SUMS)
    gradient = attributor.attribute(X, REAL).values
    moved = InfluenceFunctions(model, target="prediction", evaluation="moved", polish=False).fit(X, REAL)
    np.testing.assert_allclose(moved.attribute(X, REAL).values, gradient, rtol=OPTIMA)


def test_huber_that_fits_every_row_is_refused():
    case = BY_NAME["huber-wide"]
    with pytest.raises(UnsupportedEstimatorError, match="use a larger alpha, or Ridge"):
        InfluenceFunctions(HuberRegressor(alpha=0.5, max_iter=10_000)).fit(*case.data)
