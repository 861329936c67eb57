"""Taylor rounds in single precision: near the exact deletions where they hold, and out of the way where they do not."""

import numpy as np
import pytest
from rounding import REFITS
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from skinfluence.attributors import LeaveOneOut, RescaledInfluence
from skinfluence.removal.rank_one_downdates import row_downdate
from skinfluence.removal.taylor import SINGLE_PRECISION_TOL, TaylorStart
from skinfluence.testing import assert_near

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(600, 5))
SCORE = X @ [1.0, -0.5, 0.3, 0.0, 0.2]
LABELS = (SCORE + GENERATOR.logistic(size=600) > 0).astype(int)
COUNTS = GENERATOR.poisson(np.exp(0.3 * SCORE))
ROWS = np.arange(40, 90)


def started(estimator, X, y, rows):
    """Rescaled changes of some rows, and what Taylor rounds make of them."""
    fitted = RescaledInfluence(estimator).fit(X, y)
    problem = fitted.problem_
    downdate = row_downdate(problem, fitted.factor_, rows)
    columns = fitted.terms_.columns(rows)
    before = downdate.solve(columns)
    return before, TaylorStart(problem).refine(downdate, rows, columns, before)


@pytest.mark.parametrize(("estimator", "y"), [(LogisticRegression(), LABELS), (PoissonRegressor(), COUNTS)])
def test_start_is_near_the_exact_change(estimator, y):
    exact = LeaveOneOut(estimator, tol=1e-14).fit(X, y).params_change_[ROWS].T
    before, after = started(estimator, X, y, ROWS)
    size = np.abs(exact).max(axis=0)
    # raw predictions change by 0.1 at most: the fifth term of the series is below 0.1^5 / 120 = 8e-8 of the effect
    assert np.max(np.abs(after - exact).max(axis=0) / size) < 1e-7
    assert np.median(np.abs(after - exact).max(axis=0) / size) < SINGLE_PRECISION_TOL
    assert np.max(np.abs(before - exact).max(axis=0) / size) > 1e-4


def test_start_gives_rows_of_high_leverage_back_as_they_came():
    # one row far out, on the wrong side: without it every raw prediction changes by more than the radius
    far, labels = X.copy(), LABELS.copy()
    far[3], labels[3] = 40 * np.array([1.0, -0.5, 0.3, 0.0, 0.2]), 0
    before, after = started(LogisticRegression(C=100), far, labels, np.arange(10))
    assert_near(after[:, 3], before[:, 3], 0)
    assert np.all(np.abs(after - before).max(axis=0)[[0, 1, 2, 4]] > 0)
    exact = LeaveOneOut(LogisticRegression(C=100)).fit(far, labels).params_change_
    keep = np.arange(600) != 3
    refit = LogisticRegression(C=100, solver="newton-cholesky", tol=1e-12).fit(far[keep], labels[keep])
    full = LogisticRegression(C=100, solver="newton-cholesky", tol=1e-12).fit(far, labels)
    assert_near(exact[3, :5], (refit.coef_ - full.coef_)[0], REFITS)
