"""Predictions and decisions are those of the estimator that the user has, in its unit, by every method."""

import numpy as np
import pytest
from cases import AMOUNTS, BINARY, WORDS, X, logistic
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.structures import Parameters
from skinfluence.targets import Scorer
from skinfluence.testing import assert_near

EPS = np.finfo(float).eps
TRAIN, EVAL = slice(0, 50), slice(50, None)
LABELS = np.where(BINARY == 1, "yes", "no")
CLASSIFIERS = {
    "probability": FixedThresholdClassifier(logistic(), threshold=0.2),
    "decision": FixedThresholdClassifier(logistic(), threshold=0.7, response_method="decision_function"),
    "positive is the first": FixedThresholdClassifier(logistic(), threshold=0.3, pos_label="no"),
    "least squares": FixedThresholdClassifier(RidgeClassifier(), threshold=-0.3),
    "in a pipeline": make_pipeline(StandardScaler(), FixedThresholdClassifier(logistic(), threshold=0.2)),
    "around a pipeline": FixedThresholdClassifier(make_pipeline(StandardScaler(), logistic()), threshold=0.2),
    "naive Bayes": FixedThresholdClassifier(GaussianNB(), threshold=0.2),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_accuracy_is_that_of_the_classifiers_own_decisions(name):
    estimator = CLASSIFIERS[name]
    fitted = clone(estimator).fit(X[TRAIN], LABELS[TRAIN])
    for method in ("exact", "refit"):
        attributor = LeaveOneOut(fitted, method=method, target=Scorer("accuracy")).fit(X[TRAIN], LABELS[TRAIN])
        assert attributor.evaluate(X[EVAL], LABELS[EVAL]) == fitted.score(X[EVAL], LABELS[EVAL])
        if "pipeline" in name:
            continue
        values = attributor.attribute(X[EVAL], LABELS[EVAL]).values
        for row in range(12):
            left = np.delete(np.arange(50), row)
            refit = clone(estimator).fit(X[left], LABELS[left])
            assert values[row] == pytest.approx(
                refit.score(X[EVAL], LABELS[EVAL]) - fitted.score(X[EVAL], LABELS[EVAL]), abs=1e-12
            )


def test_a_tuned_threshold_is_held():
    fitted = TunedThresholdClassifierCV(logistic(), scoring="f1", cv=3).fit(X[TRAIN], BINARY[TRAIN])
    attributor = LeaveOneOut(fitted, target=Scorer("f1")).fit(X[TRAIN], BINARY[TRAIN])
    assert attributor.evaluate(X[EVAL], BINARY[EVAL]) == pytest.approx(
        Scorer("f1")._scorer()(fitted, X[EVAL], BINARY[EVAL])
    )


REGRESSORS = {
    "logarithm": TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp),
    "power": TransformedTargetRegressor(Ridge(), transformer=PowerTransformer()),
    "scaled": TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()),
    "in a pipeline": make_pipeline(
        StandardScaler(), TransformedTargetRegressor(Ridge(), func=np.sqrt, inverse_func=np.square)
    ),
}


@pytest.mark.parametrize("target", ["prediction", Scorer("neg_mean_squared_error")], ids=["prediction", "scorer"])
@pytest.mark.parametrize("name", ["logarithm", "scaled"])
def test_predictions_are_in_the_unit_of_the_labels(name, target):
    estimator, y = REGRESSORS[name], AMOUNTS
    held = clone(estimator).fit(X[TRAIN], y[TRAIN])
    exact = LeaveOneOut(held, target=target).fit(X[TRAIN], y[TRAIN])

    def value(predict):
        predictions = predict(X[EVAL])
        return predictions.sum() if target == "prediction" else -np.mean((predictions - y[EVAL]) ** 2)

    # rounding of scikit-learn's own sums
    assert exact.evaluate(X[EVAL], y[EVAL]) == pytest.approx(value(held.predict), rel=1e-12)
    values = exact.attribute(X[EVAL], y[EVAL]).values
    transformed = held.transformer_.transform(y[TRAIN, None])[:, 0]
    for row in range(6):
        left = np.delete(np.arange(50), row)
        inner = clone(held.regressor_).fit(X[left], transformed[left])
        refit = value(lambda Z, inner=inner: held.transformer_.inverse_transform(inner.predict(Z)[:, None])[:, 0])
        assert_near(values[row], refit - value(held.predict), 1e-8)


@pytest.mark.parametrize("name", REGRESSORS)
def test_derivatives_go_through_the_inverse_of_the_labels(name):
    held = clone(REGRESSORS[name]).fit(X[TRAIN], AMOUNTS[TRAIN])
    first = InfluenceFunctions(held, target="prediction").fit(X[TRAIN], AMOUNTS[TRAIN])
    problem, question = first.problem_, first.question(X[EVAL], AMOUNTS[EVAL])
    assert question.value(first.preparation_) == pytest.approx(held.predict(X[EVAL]).sum(), rel=1e-10)
    direction = np.random.default_rng(0).standard_normal(problem.n_parameters)
    # the step at which rounding and truncation of a central difference are alike
    step = np.cbrt(EPS)
    ends = [question.value(Parameters(problem, problem.theta + sign * step * direction)) for sign in (1, -1)]
    slope = parameter_slopes(question, problem)[:, 0] @ direction
    assert_near(slope, (ends[0] - ends[1]) / (2 * step), 1e2 * EPS ** (2 / 3))


def test_words_of_three_classes_have_no_threshold():
    fitted = logistic().fit(X[TRAIN], WORDS[TRAIN])
    attributor = LeaveOneOut(fitted, target=Scorer("accuracy")).fit(X[TRAIN], WORDS[TRAIN])
    assert attributor.evaluate(X[EVAL], WORDS[EVAL]) == fitted.score(X[EVAL], WORDS[EVAL])
