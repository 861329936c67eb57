"""Values of the pointwise targets against what scikit-learn's estimators report."""

import numpy as np
import pytest
from asked import target_value
from linear_map import CASES, LinearMap, derivative
from numpy.testing import assert_allclose
from rounding import SUMS
from scipy.special import expit
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.losses import (
    BinaryLogLoss,
    HalfPoissonLoss,
    HalfSquaredError,
    Loss,
    MultinomialLogLoss,
    SignedSquaredError,
)
from skinfluence.targets import evaluation_rows, resolve_target

WEIGHT = np.random.default_rng(0).uniform(0.5, 2, 150)


def fitted_classifier(n_classes, estimator):
    X, y = load_iris(return_X_y=True)
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    keep = y >= 3 - n_classes
    model = estimator.fit(X[keep], labels[keep])
    losses = {2: BinaryLogLoss(), 3: MultinomialLogLoss()}
    loss = SignedSquaredError() if isinstance(estimator, RidgeClassifier) else losses[n_classes]
    codes = np.searchsorted(model.classes_, labels[keep])
    rows = evaluation_rows(loss, codes, sample_weight=WEIGHT[keep], classes=model.classes_)
    return (
        model,
        LinearMap(np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)),
        X[keep],
        labels[keep],
        rows,
    )


def fitted_regressor(estimator, loss):
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:150], y[:150] / 100
    model = estimator.fit(X, y)
    problem = LinearMap(np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))
    return model, problem, X, y, evaluation_rows(loss, y, sample_weight=WEIGHT)


def value(name, problem, X, rows):
    return target_value(resolve_target(name), problem, X, rows)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classification_targets_are_what_logistic_regression_reports(n_classes):
    model, problem, X, labels, rows = fitted_classifier(n_classes, LogisticRegression(max_iter=1000))
    proba, decision = model.predict_proba(X), model.decision_function(X)
    weight, each = rows.sample_weight, np.arange(len(X))
    expected = log_loss(labels, proba, normalize=False, sample_weight=weight)
    assert_allclose(value("log_loss", problem, X, rows), expected, rtol=SUMS)
    assert value("loss", problem, X, rows) == value("log_loss", problem, X, rows)
    assert_allclose(value("class_probability", problem, X, rows), weight @ proba[each, rows.codes], rtol=SUMS)
    margin = decision if n_classes == 2 else decision[each, rows.codes]
    assert_allclose(value("margin", problem, X, rows), weight @ margin, rtol=SUMS)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_margin_is_what_ridge_classifier_reports(n_classes):
    model, problem, X, _, rows = fitted_classifier(n_classes, RidgeClassifier())
    decision = model.decision_function(X)
    margin = decision if n_classes == 2 else decision[np.arange(len(X)), rows.codes]
    assert_allclose(value("margin", problem, X, rows), rows.sample_weight @ margin, rtol=SUMS)


@pytest.mark.parametrize(
    ("estimator", "loss"), [(Ridge(), HalfSquaredError()), (PoissonRegressor(), HalfPoissonLoss())]
)
def test_prediction_is_what_predict_returns(estimator, loss):
    model, problem, X, _, rows = fitted_regressor(estimator, loss)
    assert_allclose(value("prediction", problem, X, rows), WEIGHT @ model.predict(X), rtol=SUMS)


def test_loss_is_half_the_squared_error():
    model, problem, X, y, rows = fitted_regressor(Ridge(), HalfSquaredError())
    expected = WEIGHT.sum() * mean_squared_error(y, model.predict(X), sample_weight=WEIGHT) / 2
    assert_allclose(value("loss", problem, X, rows), expected, rtol=SUMS)


def test_loss_differs_from_half_the_poisson_deviance_by_a_constant_of_y():
    model, problem, X, y, rows = fitted_regressor(PoissonRegressor(), HalfPoissonLoss())
    deviance = WEIGHT.sum() * mean_poisson_deviance(y, model.predict(X), sample_weight=WEIGHT)
    constant = WEIGHT @ (y * np.log(y) - y)
    assert_allclose(value("loss", problem, X, rows), deviance / 2 - constant, rtol=SUMS)


class ExponentialLoss(Loss):
    """exp(-(2 y - 1) raw), as of AdaBoost: P(class 1) = expit(2 raw)."""

    name = "exponential"
    classification = probabilistic = True

    def value(self, raw, y):
        return np.exp((1 - 2 * y).reshape(-1, *(1,) * (raw.ndim - 2)) * raw[:, 0])

    def gradient(self, raw, y):
        return ((1 - 2 * y) * self.value(raw, y))[:, None]

    def hessian(self, raw, y):
        return self.value(raw, y)[:, None, None]

    def predict(self, raw):
        return np.concatenate([expit(-2 * raw), expit(2 * raw)], axis=1)

    def predict_vjp(self, raw, cotangent):
        return 2 * (cotangent[:, 1:] - cotangent[:, :1]) * expit(2 * raw) * expit(-2 * raw)


def test_log_loss_of_a_model_with_another_loss_reads_its_probabilities():
    raw, y = np.array([[0.3], [-1.2], [2.0]]), np.array([0, 1, 1])
    rows = evaluation_rows(ExponentialLoss(), y, sample_weight=[1, 2, 3], classes=[0, 1])
    target, proba = resolve_target("log_loss"), ExponentialLoss().predict(raw)
    expected = log_loss(y, proba, normalize=False, sample_weight=[1, 2, 3])
    assert_allclose(target.value(raw, rows), expected, rtol=SUMS)
    # as in the battery: step 1e-5
    expected = derivative(lambda raws: target.value(raws, rows), raw)
    assert_allclose(target.gradient(raw, rows), expected, rtol=1e-6)
    assert np.isfinite(target.value(1e3 * raw, rows))
    assert np.isfinite(target.gradient(1e3 * raw, rows)).all()


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("log_loss", "regression", "'log_loss' needs class probabilities, but the model is a regressor; use"),
        (
            "class_probability",
            "two classes by least squares",
            "'class_probability' needs class probabilities, but the classifier reports none; use 'loss' or",
        ),
        ("prediction", "two classes", "'prediction' is for regressors.*use 'class_probability'"),
        ("margin", "counts", "'margin' is the decision function.*a regressor; use 'prediction'"),
    ],
)
def test_pointwise_target_says_what_to_use_instead(name, kind, message):
    problem, X, rows = CASES[kind].draw()
    target = resolve_target(name)
    for method in (target.value, target.row_values, target.gradient):
        with pytest.raises(UnsupportedTargetError, match=message):
            method(problem.raw(X), rows)


def test_directions_of_pointwise_targets():
    names = ("loss", "log_loss", "adversarial_loss", "class_probability", "prediction", "margin", "parameter")
    directions = [resolve_target(name).greater_is_better for name in names]
    assert directions == [False, False, False, True, None, None, None]
