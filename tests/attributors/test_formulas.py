"""The formulas of the papers by brute dense algebra, and their limits: finite differences and refits."""

from functools import cache

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, TWO_REALS, WEIGHTS, X, logistic, poisson
from dense import DenseObjective
from rounding import OPTIMA, REFITS, SUMS
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier

from skinfluence.attributors import (
    InfluenceFunctions,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
)
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near

N = 40
MODELS = {
    "logistic": (logistic(), BINARY),
    "softmax": (logistic(), THREE),
    "balanced": (logistic(class_weight="balanced"), THREE),
    "ridge": (Ridge(), REAL),
    "outputs": (Ridge(), TWO_REALS),
    "poisson": (poisson(), COUNTS),
}
SETS = [np.array([0, 1, 2, 3, 4]), np.array([7]), np.arange(10, 20)]
every_model = pytest.mark.parametrize("name", MODELS)
#: rounding of a solve with a Hessian of condition 1e3, in each of two independent computations
ROUNDING = 1e-10


@cache
def prepared(name, cls, **settings):
    """An attributor fitted on a model of the list, and the brute objective at its parameters; neither is changed."""
    estimator, y = MODELS[name]
    y = y[:N]
    fitted = clone(estimator).fit(X[:N], y, sample_weight=WEIGHTS[:N])
    attributor = cls(fitted, **settings).fit(X[:N], y, sample_weight=WEIGHTS[:N])
    return attributor, DenseObjective(fitted, X[:N], y, WEIGHTS[:N], attributor.problem_.theta)


def changes_of(attributor):
    """Predicted parameter changes of all single deletions, through the public door: (n, P)."""
    return attributor.removals(np.arange(attributor.problem_.n_rows)[:, None]).params_change


def solved(H, gradient):
    """Minimum-norm solution, which has no part in the flat direction of a softmax."""
    return np.linalg.pinv(H, rcond=1e-12, hermitian=True) @ gradient


@every_model
def test_influence_functions_follow_their_formula(name):
    attributor, objective = prepared(name, InfluenceFunctions)
    H = objective.hessian(objective.everything)
    expected = [solved(H, -objective.gradient(objective.without([i]))) for i in range(N)]
    assert_near(changes_of(attributor), expected, ROUNDING)


@every_model
def test_rescaled_influence_follows_its_formula(name):
    attributor, objective = prepared(name, RescaledInfluence)
    kept = [objective.without([i]) for i in range(N)]
    expected = [solved(objective.hessian(keep, rebalance=False), -objective.gradient(keep)) for keep in kept]
    assert_near(changes_of(attributor), expected, ROUNDING)


@every_model
def test_newton_step_follows_its_formula_on_sets(name):
    attributor, objective = prepared(name, NewtonStep)
    for rows in SETS:
        keep = objective.without(rows)
        expected = solved(objective.hessian(keep), -objective.gradient(keep))
        assert_near(attributor.removal(rows).params_change, expected, ROUNDING)


@every_model
@pytest.mark.parametrize("cls", [InfluenceFunctions, RescaledInfluence])
def test_first_order_sets_are_sums_of_their_rows(name, cls):
    attributor, _ = prepared(name, cls)
    changes = changes_of(attributor)
    for rows in SETS:
        assert_near(attributor.removal(rows).params_change, changes[rows].sum(axis=0), ROUNDING)


@every_model
@pytest.mark.parametrize("cls", [RelativeInfluence, RenormalizedInfluence])
def test_normalized_influence_follows_its_formula(name, cls):
    attributor, objective = prepared(name, cls)
    H = objective.hessian(objective.everything)
    gradients = [-objective.gradient(objective.without([i])) for i in range(N)]
    vectors = gradients if cls is RenormalizedInfluence else [solved(H, gradient) for gradient in gradients]
    m = slice(30, 40)
    plain = InfluenceFunctions(attributor.estimator_).fit(X[:N], MODELS[name][1][:N], sample_weight=WEIGHTS[:N])
    expected = plain.attribute(X[m], MODELS[name][1][m]).values / np.linalg.norm(vectors, axis=1)
    assert_near(attributor.attribute(X[m], MODELS[name][1][m]).values, expected, ROUNDING)


@pytest.mark.parametrize("name", ["logistic", "ridge", "outputs", "poisson", "softmax"])
def test_newton_step_of_one_row_is_the_rescaled_step(name):
    newton, _ = prepared(name, NewtonStep)
    rescaled, _ = prepared(name, RescaledInfluence)
    assert_near(changes_of(newton), changes_of(rescaled), ROUNDING)
    y = MODELS[name][1]
    assert_near(newton.attribute(X, y).values, rescaled.attribute(X, y).values, ROUNDING)


@every_model
def test_self_influence_is_the_diagonal(name):
    y = MODELS[name][1][:N]
    for evaluation in ("linear", "moved"):
        attributor, _ = prepared(name, RescaledInfluence, evaluation=evaluation)
        every = attributor.attribute(X[:N], y, aggregate=False).values
        assert_near(attributor.self_influence().values, np.diag(every), ROUNDING)
        assert_near(attributor.attribute(target="self_influence").values, np.diag(every), ROUNDING)


def own_value(target, model, X_eval, y_eval):
    """f by scikit-learn's own methods."""
    if target == "loss" and hasattr(model, "predict_proba"):
        return -np.log(model.predict_proba(X_eval)[np.arange(len(y_eval)), y_eval]).sum()
    if target == "loss":
        return ((model.predict(X_eval) - y_eval) ** 2).sum() / 2
    if target == "prediction":
        return model.predict(X_eval).sum()
    if target == "class_probability":
        return model.predict_proba(X_eval)[np.arange(len(y_eval)), y_eval].sum()
    margin = model.decision_function(X_eval)
    return margin.sum() if margin.ndim == 1 else margin[np.arange(len(y_eval)), y_eval].sum()


@pytest.mark.parametrize(
    ("name", "target"),
    [
        *(("logistic", target) for target in ("loss", "class_probability", "margin")),
        *(("softmax", target) for target in ("loss", "class_probability", "margin")),
        *(("ridge", target) for target in ("loss", "prediction")),
        ("outputs", "loss"),
        ("poisson", "prediction"),
    ],
)
def test_influence_functions_are_the_slope_in_the_weight(name, target):
    estimator, y = MODELS[name]
    X_eval, y_eval = X[N:], y[N:]
    attributor = InfluenceFunctions(estimator, target=target).fit(X[:N], y[:N], sample_weight=WEIGHTS[:N])
    values = attributor.attribute(X_eval, y_eval).values
    for row in (0, 11, 39):
        # to first order, a deletion takes the weight w off; the error of the central difference is (1e-3 h)^2
        step = np.zeros(N)
        step[row] = 1e-3 * WEIGHTS[row]
        ends = [clone(estimator).fit(X[:N], y[:N], sample_weight=WEIGHTS[:N] + sign * step) for sign in (1, -1)]
        up, down = (own_value(target, model, X_eval, y_eval) for model in ends)
        assert values[row] == pytest.approx(-(up - down) / 2e-3, rel=1e-5, abs=REFITS)


@pytest.mark.parametrize(
    "estimator", [Ridge(0.5), LinearRegression(), RidgeClassifier(), Ridge(np.array([0.1, 9.0]))], ids=str
)
def test_rescaled_influence_and_newton_steps_are_exact_for_squared_losses(estimator):
    y = {"RidgeClassifier": THREE}.get(type(estimator).__name__, REAL)
    y = TWO_REALS if np.size(getattr(estimator, "alpha", 0)) == 2 else y
    fitted = clone(estimator).fit(X, y, sample_weight=WEIGHTS)

    def refitted(rows):
        keep = np.setdiff1d(np.arange(len(X)), rows)
        model = clone(estimator).fit(X[keep], y[keep], sample_weight=WEIGHTS[keep])
        return np.r_[np.ravel(model.coef_ - fitted.coef_), np.ravel(model.intercept_ - fitted.intercept_)]

    rescaled = RescaledInfluence(fitted).fit(X, y, sample_weight=WEIGHTS)
    newton = NewtonStep(fitted).fit(X, y, sample_weight=WEIGHTS)
    for rows in ([3], [40]):
        assert_near(rescaled.removal(rows).params_change, refitted(rows), OPTIMA)
    for rows in SETS:
        assert_near(newton.removal(rows).params_change, refitted(rows), OPTIMA)


def test_parameter_target_asks_for_no_evaluation_rows():
    attributor, _ = prepared("logistic", RescaledInfluence)
    values = attributor.attribute(target=Parameter("x1")).values
    assert_near(values, changes_of(attributor)[:, 1], ROUNDING)
    removal = attributor.removal([4, 5], target=Parameter("x1"))
    assert removal.target_change == pytest.approx(removal.params_change[1], rel=SUMS)


def test_poisson_deletion_takes_its_share_of_the_penalty():
    # without the share the typical error is 17 %; with it, that of a rescaled step
    estimator, y = poisson(alpha=1.0), COUNTS
    fitted = clone(estimator).fit(X, y)
    predicted = changes_of(RescaledInfluence(fitted).fit(X, y))
    errors = []
    for row in range(0, len(X), 6):
        refit = clone(estimator).fit(np.delete(X, row, axis=0), np.delete(y, row))
        truth = np.r_[refit.coef_ - fitted.coef_, refit.intercept_ - fitted.intercept_]
        errors.append(np.linalg.norm(predicted[row] - truth) / np.linalg.norm(truth))
    assert np.median(errors) < 0.02


def test_balanced_weights_are_computed_anew_when_a_row_leaves():
    # with weights held fixed the typical error is 100 %
    estimator = logistic(class_weight="balanced")
    fitted = clone(estimator).fit(X, BINARY)
    predicted = changes_of(RescaledInfluence(fitted).fit(X, BINARY))
    errors = []
    for row in range(0, len(X), 6):
        refit = clone(estimator).fit(np.delete(X, row, axis=0), np.delete(BINARY, row))
        truth = np.r_[(refit.coef_ - fitted.coef_)[0], refit.intercept_ - fitted.intercept_]
        errors.append(np.linalg.norm(predicted[row] - truth) / np.linalg.norm(truth))
    assert np.median(errors) < 0.05
