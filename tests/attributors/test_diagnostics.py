"""Leverage, Cook's distance and DFBETAS against statsmodels and their definitions."""

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, TWO_REALS, WEIGHTS, WORDS, X, logistic, poisson
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier

from skinfluence.attributors import DFBETAS, CooksDistance, Leverage, RescaledInfluence
from skinfluence.testing import assert_near

WITH_ONE = np.column_stack([X, np.ones(len(X))])
#: two solvers' rounding; both fits are at the optimum
ROUNDING = 1e-8
MODELS = {
    "OLS": (LinearRegression(), REAL),
    "Binomial": (logistic(C=np.inf), BINARY),
    "Poisson": (poisson(alpha=0), COUNTS),
}
every_model = pytest.mark.parametrize("family", MODELS)


def oracle(family):
    """statsmodels' influence object of the same model; its columns are ours, the intercept last."""
    api = pytest.importorskip("statsmodels.api")
    y = MODELS[family][1]
    if family == "OLS":
        return api.OLS(y, WITH_ONE).fit().get_influence()
    return api.GLM(y, WITH_ONE, family=getattr(api.families, family)()).fit(tol=1e-14, maxiter=100).get_influence()


def values(cls, family):
    estimator, y = MODELS[family]
    return cls(estimator).fit(X, y).attribute().values


@every_model
def test_leverage_is_the_diagonal_of_the_hat_matrix(family):
    expected = oracle(family).hat_matrix_diag
    assert_near(values(Leverage, family), expected, ROUNDING)


@every_model
def test_cooks_distance_is_that_of_statsmodels(family):
    expected = oracle(family).cooks_distance[0]
    assert_near(values(CooksDistance, family), expected, ROUNDING)


@every_model
def test_dfbetas_are_those_of_statsmodels_sign_included(family):
    expected = oracle(family).dfbetas
    assert_near(values(DFBETAS, family), expected, ROUNDING)


@pytest.mark.parametrize("family", ["Binomial", "Poisson"])
def test_rescaled_influence_is_the_one_step_change_of_statsmodels(family):
    # theirs is the full fit minus the deleted one
    expected = -oracle(family).d_params
    estimator, y = MODELS[family]
    attributor = RescaledInfluence(estimator).fit(X, y)
    changes = [attributor.removal([i]).params_change for i in range(len(X))]
    assert_near(changes, expected, ROUNDING)


def test_rescaled_influence_is_the_exact_change_of_statsmodels_for_least_squares():
    expected = -oracle("OLS").dfbeta
    attributor = RescaledInfluence(LinearRegression()).fit(X, REAL)
    assert_near([attributor.removal([i]).params_change for i in range(len(X))], expected, ROUNDING)


@pytest.mark.parametrize(
    ("estimator", "y", "effective"),
    [(LinearRegression(), REAL, 4), (LinearRegression(), TWO_REALS, 8), (logistic(C=np.inf), THREE, 8)],
    ids=["least squares", "two outputs", "softmax"],
)
def test_leverages_sum_to_the_number_of_free_parameters(estimator, y, effective):
    # a softmax of three outputs has four flat directions
    leverage = Leverage(estimator).fit(X, y, sample_weight=WEIGHTS).attribute().values
    assert leverage.sum() == pytest.approx(effective, rel=OPTIMA)
    assert (leverage >= 0).all()


def test_leverage_of_a_weighted_ridge_is_that_of_its_hat_matrix():
    H = WITH_ONE.T @ (WEIGHTS[:, None] * WITH_ONE) + np.diag([2.0, 2.0, 2.0, 0.0])
    expected = WEIGHTS * np.einsum("ip,pq,iq->i", WITH_ONE, np.linalg.inv(H), WITH_ONE)
    fitted = Leverage(Ridge(alpha=2.0)).fit(X, REAL, sample_weight=WEIGHTS)
    assert_near(fitted.attribute().values, expected, SUMS)


def test_diagnostics_of_several_outputs_are_those_of_single_ones():
    # least squares with two outputs is two regressions
    joint = DFBETAS(LinearRegression()).fit(X, TWO_REALS).attribute().values
    single = [DFBETAS(LinearRegression()).fit(X, y).attribute().values for y in TWO_REALS.T]
    coef = np.hstack([columns[:, :-1] for columns in single])
    intercept = np.column_stack([columns[:, -1] for columns in single])
    assert_near(joint, np.hstack([coef, intercept]), EFFECTS)
    leverage = [Leverage(LinearRegression()).fit(X, y).attribute().values for y in (TWO_REALS, REAL)]
    assert_near(leverage[0], 2 * leverage[1], SUMS)


def test_dfbetas_of_a_weighted_fit_are_deletions_over_standard_errors():
    estimator = LinearRegression()
    full = clone(estimator).fit(X, REAL, sample_weight=WEIGHTS)
    dfbetas = DFBETAS(full).fit(X, REAL, sample_weight=WEIGHTS).attribute().values
    inverse = np.linalg.inv(WITH_ONE.T @ (WEIGHTS[:, None] * WITH_ONE))
    for row in (0, 30, 71):
        keep = np.arange(len(X)) != row
        less = clone(estimator).fit(X[keep], REAL[keep], sample_weight=WEIGHTS[keep])
        residual = REAL[keep] - less.predict(X[keep])
        variance = WEIGHTS[keep] @ residual**2 / (keep.sum() - 4)
        change = np.r_[full.coef_ - less.coef_, full.intercept_ - less.intercept_]
        assert_near(dfbetas[row], change / np.sqrt(variance * np.diag(inverse)), OPTIMA)


@pytest.mark.parametrize(
    ("estimator", "y"), [(logistic(), WORDS), (RidgeClassifier(), WORDS), (Ridge(), TWO_REALS), (poisson(), COUNTS)]
)
@pytest.mark.parametrize("cls", [CooksDistance, DFBETAS, Leverage])
def test_diagnostics_exist_for_every_curvature(cls, estimator, y):
    influence = cls(estimator).fit(X, y, sample_weight=WEIGHTS).attribute()
    assert np.isfinite(influence.values).all()
    assert influence.greater_is_better is None
    with pytest.raises(ValueError, match="has no better direction"):
        influence.gain  # noqa: B018


def test_diagnostics_have_no_target_and_no_score():
    fitted = Leverage(Ridge()).fit(X, REAL)
    assert "target" not in fitted.get_params()
    assert not hasattr(fitted, "score")
    assert not hasattr(fitted, "removal")


@pytest.mark.parametrize(
    ("cls", "sign"),
    [
        (CooksDistance, "a size, without sign"),
        (DFBETAS, "positive: deleting the row lowers the parameter"),
        (Leverage, "a size, without sign"),
    ],
)
def test_diagnostics_say_which_sign_they_have(cls, sign):
    influence = cls(LinearRegression()).fit(X, REAL).attribute()
    assert influence.sign == sign
    assert (influence.values.min() < 0) == (cls is DFBETAS)
