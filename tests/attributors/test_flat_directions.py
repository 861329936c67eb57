"""Objectives that are nearly flat in some direction: a step along it says nothing of the others."""

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, X, logistic
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from skinfluence import InfluenceFunctions, LeaveOneOut
from skinfluence.adapters import adapt
from skinfluence.removal.polish import polish
from skinfluence.solvers import AutoSolver
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near
from skinfluence.testing.closeness import REFITS, SOLVES


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_newton_steps_go_on_where_the_gradient_is_small_and_the_step_is_not():
    """A level with one class only, and a penalty of 1e-12: steps of a hundredth of the way, at a gradient of 1e-11."""
    generator = np.random.default_rng(0)
    level = generator.integers(0, 2, 8)
    table, y = np.column_stack([generator.normal(size=8), level]), level * (generator.random(8) < 0.6)
    fitted = LogisticRegression(C=1e12, max_iter=15).fit(table, y)
    problem = polish(adapt(fitted, table, y).problem, AutoSolver()).problem
    step = AutoSolver().prepare(problem.curvature()).solve(-problem.gradient()[:, None]).value
    # eps x a condition number of 1e11 x the largest parameter
    assert np.abs(step).max() < 1e-4 * np.abs(problem.theta).max()


@pytest.mark.parametrize("C", [1e8, 1e10, 1e12])
def test_exact_deletions_keep_their_digits_beside_the_shift_of_all_classes(C):
    """A number added to the coefficients of all classes changes the penalty alone, which is as good as none."""
    exact = LeaveOneOut(logistic("newton-cg", C=C)).fit(X, THREE)
    for row in range(0, len(X), 9):
        refit = exact.model_.refitted(np.array([row]))
        left = refit.at(exact.problem_.theta + exact.preparation_.params_change[row]).relative_gradient()
        assert left < SOLVES


@pytest.mark.parametrize("size", [1e3, 1e5, 1e6])
def test_least_squares_keep_their_digits_at_a_leverage_near_one(size):
    """1 - h is 1e-6 and less, and what is left of eps after a division by it is no answer."""
    table = X.copy()
    table[7, 1] = size
    exact = LeaveOneOut(Ridge(alpha=0.5), target="prediction").fit(table, REAL)
    value = exact.attribute(X[:5], REAL[:5]).values[7]
    without = Ridge(alpha=0.5).fit(np.delete(table, 7, 0), np.delete(REAL, 7))
    expected = without.predict(X[:5]).sum() - exact.estimator_.predict(X[:5]).sum()
    assert_near(value, expected, REFITS)


def test_parameters_among_dependent_columns_have_no_intercept_where_the_estimator_has_none():
    table = np.column_stack([X, X[:, 0] + X[:, 1]])
    fitted = InfluenceFunctions(LinearRegression(fit_intercept=False)).fit(table, REAL)
    assert fitted.problem_.parameter_names == ["x0", "x1", "x2", "x3"]
    last = fitted.attribute(target=Parameter(-1)).values
    np.testing.assert_array_equal(last, fitted.attribute(target=Parameter(3)).values)
    assert LeaveOneOut(logistic(C=np.inf, fit_intercept=False)).fit(table, BINARY).params_change_.shape == (len(X), 4)
