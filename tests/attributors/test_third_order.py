"""Deletions by third derivatives: within their bound of the exact ones, and a help to these."""

import numpy as np
import pytest
from rounding import REFITS
from scipy import sparse
from sklearn.linear_model import GammaRegressor, Lasso, LogisticRegression, PoissonRegressor, Ridge

from skinfluence.attributors import LeaveOneOut, RescaledInfluence
from skinfluence.removal.exact import exact_changes, step_noise
from skinfluence.removal.rank_one_downdates import row_downdate
from skinfluence.removal.third_order import third_order
from skinfluence.solvers import AutoSolver
from skinfluence.testing import assert_near

RNG = np.random.default_rng(0)
X = RNG.standard_t(6, size=(4000, 6))
SCORE = X @ [0.8, -0.5, 0.3, 0.0, 0.2, 0.1]
WEIGHT = RNG.uniform(0.2, 2, 4000)
LABELS = {
    "binary": (SCORE + RNG.logistic(size=4000) > 0).astype(int),
    "counts": RNG.poisson(np.exp(0.3 * SCORE)),
    "positive": RNG.gamma(2, np.exp(0.3 * SCORE)) + 1e-3,
}
MODELS = [
    (LogisticRegression(C=0.1), "binary"),
    (LogisticRegression(fit_intercept=False, class_weight={0: 1, 1: 3}), "binary"),
    (PoissonRegressor(alpha=0.1), "counts"),
    (GammaRegressor(alpha=0.01), "positive"),
]
ROWS = np.arange(0, 4000, 16)


def lengths(problem, changes):
    """||Delta|| in the metric of the Hessian, (b,)."""
    return np.sqrt(np.einsum("pb,pb->b", changes, problem.curvature().dense() @ changes))


@pytest.mark.parametrize(("estimator", "labels"), MODELS)
@pytest.mark.parametrize("tol", [1e-3, 1e-7])
def test_errors_are_within_their_bound(estimator, labels, tol):
    fitted = RescaledInfluence(estimator).fit(X, LABELS[labels], sample_weight=WEIGHT)
    problem = fitted.problem_
    whole = third_order(problem, fitted.factor_, tol)
    answer = whole.answers(fitted.factor_, fitted.terms_, ROWS, tol)
    exact = exact_changes(problem, fitted.factor_, fitted.terms_, AutoSolver(), ROWS, tol=1e-14).changes
    errors = lengths(problem, answer.changes - exact) / lengths(problem, exact)
    rounding = step_noise(problem, fitted.factor_).length / lengths(problem, exact)
    assert (errors <= answer.bound + rounding).all()
    assert np.median(answer.bound) < 1e-3
    # a bound, not a guess that is safe by being useless
    assert np.median(answer.bound / errors) < 1e3


def test_spread_is_largest_over_all_directions_at_most():
    fitted = RescaledInfluence(LogisticRegression()).fit(X, LABELS["binary"])
    problem = fitted.problem_
    whole = third_order(problem, fitted.factor_, 1e-6)
    z = np.linalg.solve(whole.root.T, np.column_stack([X, np.ones(len(X))]).T)
    v = RNG.normal(size=(z.shape[0], 500))
    for _ in range(30):
        # ascent: v <- sum_j w l'' (z'v)^3 z, normalised
        v /= np.linalg.norm(v, axis=0)
        v = z @ (problem.row_hessians()[:, 0] * (z.T @ v) ** 3)
    largest = np.linalg.norm(v, axis=0).max()
    found = whole._spread() ** 2
    # sums in single precision
    assert largest <= found * (1 + 1e-5)
    assert found < 4 * largest
    assert largest < np.linalg.norm(z, axis=0).max() ** 2


@pytest.mark.parametrize("sparse_rows", [False, True])
@pytest.mark.parametrize(("estimator", "labels"), MODELS)
def test_tol_decides_how_rows_are_deleted(estimator, labels, sparse_rows):
    rows = sparse.csr_matrix(X) if sparse_rows else X
    tight = LeaveOneOut(estimator).fit(rows, LABELS[labels], sample_weight=WEIGHT)
    loose = LeaveOneOut(estimator, tol=1e-4).fit(rows, LABELS[labels], sample_weight=WEIGHT)
    assert "third order" not in tight.verdict_
    assert "by derivatives of third order" in loose.verdict_
    error = lengths(tight.problem_, (loose.params_change_ - tight.params_change_).T)
    assert (error <= 1e-4 * lengths(tight.problem_, tight.params_change_.T)).all()
    assert error.max() > 0


def test_rows_beyond_the_bound_are_read_exactly():
    far, labels = X.copy(), LABELS["binary"].copy()
    far[3], labels[3] = 40 * np.array([1.0, -0.5, 0.3, 0.0, 0.2, 0.0]), 0
    tight, loose = (LeaveOneOut(LogisticRegression(), tol=tol).fit(far, labels) for tol in (1e-12, 1e-3))
    assert "chord rounds" in loose.verdict_
    assert_near(loose.params_change_[3], tight.params_change_[3], 1e-3)
    keep = np.arange(len(far)) != 3
    full, refit = (
        LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(far[rows], labels[rows])
        for rows in (slice(None), keep)
    )
    assert_near(tight.params_change_[3, :6], (refit.coef_ - full.coef_)[0], REFITS)


def test_sharpened_steps_settle_within_tol():
    """The rounds that follow would not move any change by more."""
    fitted = RescaledInfluence(LogisticRegression()).fit(X, LABELS["binary"])
    problem, factor = fitted.problem_, fitted.factor_
    downdate = row_downdate(problem, factor, ROWS)
    columns = fitted.terms_.columns(ROWS, downdate.basis)
    exact = exact_changes(problem, factor, fitted.terms_, AutoSolver(), ROWS, tol=1e-15).changes
    block = third_order(problem, factor, 1e-12).without(downdate, ROWS)
    for tol in (1e-6, 1e-9):
        changes = block.start(columns, downdate.solve(columns))
        gradients = np.column_stack(
            [problem.without([i]).at(problem.theta + c).gradient() for i, c in zip(ROWS, changes.T)]
        )
        steps = block.sharpened(changes, downdate.solve(-gradients))
        settled = block.settled(changes, steps, tol)
        left = lengths(problem, changes + steps - exact) / lengths(problem, exact)
        assert (left[settled] <= tol).all()
        assert settled.mean() > 0.5


def test_only_a_triangle_will_do():
    """An eigendecomposition has a root of the inverse, which is another matrix."""
    model = LogisticRegression(tol=1e-8)
    eigen = LeaveOneOut(model, solver="eigen").fit(X, LABELS["binary"])
    assert third_order(eigen.problem_, eigen.factor_, 1e-6) is None
    cholesky = LeaveOneOut(model).fit(X, LABELS["binary"])
    assert_near(eigen.params_change_, cholesky.params_change_, REFITS)


def test_there_is_none_where_it_has_no_use():
    wide = X[:40]
    for estimator, rows, y in (
        (Ridge(), X, SCORE),
        (LogisticRegression(), wide, LABELS["binary"][:40]),
        (LogisticRegression(), X, LABELS["counts"].clip(0, 2)),
        (LogisticRegression(class_weight="balanced"), X, LABELS["binary"]),
        (Lasso(), X, SCORE),
    ):
        fitted = RescaledInfluence(estimator).fit(rows, y)
        assert third_order(fitted.problem_, fitted.factor_, 1e-6) is None


@pytest.mark.parametrize("scale", [1, 1e4, 1e8])
@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-6])
def test_tol_holds_in_the_norm_of_the_hessian_whatever_the_units(scale, tol):
    """The largest entry is the intercept's where features are large, and says nothing of the others."""
    rng = np.random.default_rng(84)
    rows = rng.standard_t(2, size=(150, 3))
    y = (rng.random(150) < 1 / (1 + np.exp(-rows[:, 0]))).astype(int)
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=5000)
    # the same problem in the units of the first
    tight = LeaveOneOut(model).fit(rows, y)
    found = LeaveOneOut(model, tol=tol).fit(rows * scale, y).params_change_ * np.array([scale] * 3 + [1])
    exact = tight.params_change_
    size = lengths(tight.problem_, exact.T)
    error = lengths(tight.problem_, (found - exact).T)
    # rounding of rows without an effect
    assert (error <= tol * size + 1e-9 * size.max()).all()


@pytest.mark.parametrize("tol", [1e-4, 1e-12])
def test_rows_without_weight_may_be_anywhere(tol):
    far, weight = X.copy(), WEIGHT.copy()
    far[7], weight[7] = 1e25, 0
    kept = np.arange(len(far)) != 7
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    whole = LeaveOneOut(model, tol=tol).fit(far, LABELS["binary"], sample_weight=weight)
    without = LeaveOneOut(model, tol=1e-12).fit(far[kept], LABELS["binary"][kept], sample_weight=weight[kept])
    size = lengths(without.problem_, without.params_change_.T)
    error = lengths(without.problem_, (whole.params_change_[kept] - without.params_change_).T)
    assert (error <= tol * size + 1e-9 * size.max()).all()
    assert not whole.params_change_[7].any()
