"""Scorers on stand-ins against scikit-learn on real estimators, and on actual refits."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import sklearn
from asked import target_gradient, target_row_cotangents, target_value
from linear_map import CASES
from numpy.testing import assert_allclose
from rounding import SUMS
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, fbeta_score, get_scorer, make_scorer, max_error

from skinfluence import InfluenceFunctions, LeaveOneOut, RescaledInfluence
from skinfluence.exceptions import UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.losses import BinaryLogLoss, HalfSquaredError
from skinfluence.targets import Loss, Scorer, evaluation_rows, has_gradient, is_additive

N = 40
TREES = ["ash", "beech", "cedar"]
TIGHT = {"tol": 1e-12, "max_iter": 1000}


def classification(n_classes, names=None):
    X, codes = make_classification(
        2 * N, 5, n_informative=4, n_redundant=0, n_classes=n_classes, flip_y=0.3, random_state=0
    )
    return X, codes if names is None else np.array(names)[codes]


def regression(n_targets=1):
    return make_regression(2 * N, 4, n_targets=n_targets, noise=30, random_state=0)


def counts():
    X, y = regression()
    return X, np.floor(np.exp(y / np.abs(y).max()) * 3)


BINARY = ("accuracy", "balanced_accuracy", "roc_auc", "average_precision", "neg_log_loss", "neg_brier_score")
SEVERAL = ("accuracy", "f1_macro", "roc_auc_ovr", "roc_auc_ovr_weighted", "neg_log_loss", "top_k_accuracy")
REAL = ("r2", "neg_mean_squared_error", "neg_median_absolute_error", "explained_variance")
MODELS = {
    "logistic": (LogisticRegression(**TIGHT), classification(2), BINARY),
    "softmax": (LogisticRegression(**TIGHT), classification(3, TREES), SEVERAL),
    "ridge classifier": (RidgeClassifier(), classification(2), ("accuracy", "roc_auc", "average_precision")),
    "ridge classifier of three": (RidgeClassifier(), classification(3, TREES), ("accuracy", "f1_weighted")),
    "ridge": (Ridge(), regression(), REAL),
    "ridge of two outputs": (Ridge(), regression(2), ("r2", "neg_mean_absolute_error")),
    "poisson": (PoissonRegressor(**TIGHT), counts(), ("r2", "neg_mean_poisson_deviance", "d2_absolute_error_score")),
}
QUESTIONS = [(model, scoring) for model, (_, _, scorings) in MODELS.items() for scoring in scorings]
questions = pytest.mark.parametrize(("model", "scoring"), QUESTIONS)


def halves(X, y):
    return X[:N], y[:N], X[N:], y[N:]


@questions
def test_scorer_of_the_fitted_model_is_scikit_learns(model, scoring):
    estimator, data, _ = MODELS[model]
    X, y, X_eval, y_eval = halves(*data)
    fitted = clone(estimator).fit(X, y)
    weight = np.random.default_rng(0).uniform(0.5, 2, N)
    expected = get_scorer(scoring)(fitted, X_eval, y_eval, sample_weight=weight)
    attributor = RescaledInfluence(fitted, polish=False).fit(X, y)
    actual = attributor.evaluate(X_eval, y_eval, target=Scorer(scoring), sample_weight=weight)
    assert_allclose(actual, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("model", "scoring"),
    [("logistic", "accuracy"), ("logistic", "roc_auc"), ("softmax", "neg_log_loss"), ("ridge", "r2")],
)
def test_scorer_of_exact_leave_one_out_is_scikit_learns_on_refits(model, scoring):
    estimator, data, _ = MODELS[model]
    X, y, X_eval, y_eval = halves(*data)
    scorer = get_scorer(scoring)
    full = scorer(clone(estimator).fit(X, y), X_eval, y_eval)
    rows = range(0, N, 2)
    refits = (clone(estimator).fit(np.delete(X, i, axis=0), np.delete(y, i)) for i in rows)
    expected = [scorer(refit, X_eval, y_eval) - full for refit in refits]
    influence = LeaveOneOut(clone(estimator), target=scoring, evaluation="moved").fit(X, y).attribute(X_eval, y_eval)
    # lbfgs at tol 1e-12 stops about 1e-7 from the optimum
    assert_allclose(influence.values[rows], expected, rtol=0, atol=1e-6)
    assert np.any(influence.values[rows])
    assert influence.greater_is_better is True
    assert influence.target == f"Scorer(scoring={scoring!r})"


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc"])
def test_scorer_of_black_box_refits_is_scikit_learns(scoring):
    X, y, X_eval, y_eval = halves(*classification(2))
    forest = RandomForestClassifier(5, max_depth=3, random_state=0)
    scorer = get_scorer(scoring)
    full = scorer(clone(forest).fit(X, y), X_eval, y_eval)
    groups = np.arange(N) // 10
    expected = [scorer(clone(forest).fit(X[groups != g], y[groups != g]), X_eval, y_eval) - full for g in range(4)]
    attributor = LeaveOneOut(forest, method="refit", target=scoring).fit(X, y)
    actual = attributor.attribute(X_eval, y_eval, train_groups=groups)
    assert_allclose(actual.values, expected, rtol=0, atol=SUMS)


def test_scorer_takes_scorer_objects_and_functions_of_an_estimator():
    X, y, X_eval, y_eval = halves(*classification(2, TREES))
    fitted = LogisticRegression(**TIGHT).fit(X, y)
    attributor = RescaledInfluence(fitted).fit(X, y)
    beta = make_scorer(fbeta_score, beta=2, pos_label="beech")
    for scoring in (beta, lambda estimator, X, y: accuracy_score(y, estimator.predict(X))):
        actual = attributor.evaluate(X_eval, y_eval, target=Scorer(scoring))
        assert actual == scoring(fitted, X_eval, y_eval)
    assert Scorer(beta).name == repr(beta)
    assert repr(clone(Scorer(beta))) == repr(Scorer(beta))


def test_scorer_evaluates_candidates_one_by_one_and_has_no_answer_where_there_is_none():
    problem, X, rows = CASES["two classes"].draw(m=40)
    thetas = problem.theta[:, None] * [[1.0, -1.0, np.nan, 0.1]]
    values = target_value(Scorer("accuracy"), problem, X, rows, thetas)
    assert np.isnan(values[2])
    weight = rows.sample_weight
    for value, theta in zip(values[[0, 1, 3]], thetas.T[[0, 1, 3]]):
        hits = (problem.raw(X, theta)[:, 0] > 0) == (rows.y == 1)
        assert_allclose(value, weight @ hits / weight.sum(), rtol=SUMS)


def test_scorer_of_softmax_with_two_classes_is_that_of_the_difference():
    problem, X, rows = CASES["two classes by softmax"].draw(m=40)
    raw = problem.raw(X)
    one = evaluation_rows(BinaryLogLoss(), rows.y, sample_weight=rows.sample_weight, classes=rows.classes)
    for scoring in ("roc_auc", "accuracy", "neg_log_loss"):
        expected = Scorer(scoring).value(raw[:, 1:] - raw[:, :1], one)
        assert_allclose(Scorer(scoring).value(raw, rows), expected, rtol=SUMS)


def test_scorer_has_the_same_value_where_metadata_are_routed():
    problem, X, rows = CASES["two classes"].draw(m=40)
    expected = target_value(Scorer("roc_auc"), problem, X, rows)
    with sklearn.config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert target_value(Scorer("roc_auc"), problem, X, rows) == expected


def test_scorer_is_more_the_better_and_has_no_gradient():
    problem, X, rows = CASES["two classes"].draw()
    target = Scorer("accuracy")
    assert (target.greater_is_better, has_gradient(target), is_additive(target)) == (True, False, False)
    assert not has_gradient(Loss() - target)
    assert (Loss() - target).greater_is_better is False
    for asked in (target, Loss() - 0.5 * target):
        with pytest.raises(UnsupportedQuestionError, match=r"'accuracy' has no gradient.*evaluation='moved'"):
            target_gradient(asked, problem, X, rows)
    with pytest.raises(UnsupportedQuestionError, match="'accuracy' is not a sum over the evaluation rows"):
        target_row_cotangents(target, problem, X, rows)


@pytest.mark.parametrize("attributor", [InfluenceFunctions, RescaledInfluence])
def test_attributors_refuse_linear_evaluation_of_a_scorer_and_name_moved(attributor):
    X, y, X_eval, y_eval = halves(*classification(2))
    fitted = attributor(LogisticRegression(), target="accuracy").fit(X, y)
    ask = {
        "attribute": lambda: fitted.attribute(X_eval, y_eval),
        "groups": lambda: fitted.attribute(X_eval, y_eval, train_groups=np.arange(N) // 10),
        "removal": lambda: fitted.removal([0, 1], X_eval, y_eval),
        "fidelity": lambda: fitted.fidelity_report(X_eval, y_eval, n_removals=2),
    }
    for question in ask.values():
        with pytest.raises(UnsupportedQuestionError, match=r"'accuracy' has no gradient.*evaluation='moved'"):
            question()
    assert fitted.set_params(evaluation="moved").attribute(X_eval, y_eval).shape == (N,)
    with pytest.raises(UnsupportedQuestionError, match="'accuracy' is not a sum over the evaluation rows"):
        fitted.attribute(X_eval, y_eval, aggregate=False)


@pytest.mark.parametrize(
    ("scoring", "kind", "message"),
    [
        ("neg_log_loss", "two classes by least squares", "'neg_log_loss' is not defined for this model.*predict_proba"),
        ("accuracy", "regression", "'accuracy' is not defined for this model.*use a scorer that is, or 'loss'"),
        ("r2", "two classes", "'r2' is not defined for this model.*could not convert"),
        ("roc_auc", "three classes", "'roc_auc' is not defined for this model"),
        ("accurate", "two classes", r"scoring='accurate' of Scorer is not a scorer \(no such name\); give one of"),
        (accuracy_score, "two classes", "is not a scorer .*looks like it is a metric function"),
        (3, "two classes", r"scoring=3 of Scorer is not a scorer \(but of type int\); give one of sklearn\.metrics"),
        (["accuracy"], "two classes", r"is not a scorer \(but of type list\)"),
        (lambda estimator, X, y: "good", "two classes", "is 'good' on these 12 evaluation rows"),
        (lambda estimator, X, y: np.nan, "two classes", "is nan on these 12 .* one finite number"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_scorer_that_is_not_defined_says_why(scoring, kind, message):
    problem, X, rows = CASES[kind].draw()
    with pytest.raises(UnsupportedTargetError, match=f"(?s){message}"):
        target_value(Scorer(scoring), problem, X, replace(rows, sample_weight=np.ones(len(rows))))


@pytest.mark.filterwarnings("ignore:Only one class is present")
def test_scorer_of_rows_of_one_class_is_no_number():
    rows = evaluation_rows(BinaryLogLoss(), [1, 1], classes=["no", "yes"])
    with pytest.raises(UnsupportedTargetError, match=r"'roc_auc' is nan on these 2|'roc_auc' is not defined"):
        Scorer("roc_auc").value(np.array([[1.0], [2.0]]), rows)


def test_scorer_without_weights_refuses_unequal_ones():
    raw, y = np.array([[1.0], [3.0]]), [0.0, 0.0]
    largest = make_scorer(max_error, greater_is_better=False)
    assert Scorer(largest).value(raw, evaluation_rows(HalfSquaredError(), y, sample_weight=[2, 2])) == -3
    unequal = evaluation_rows(HalfSquaredError(), y, sample_weight=[1, 2])
    for scoring in (largest, lambda estimator, X, y: 0.0):
        with pytest.raises(UnsupportedTargetError, match=r"takes no sample_weight, but .* different weights; leave"):
            Scorer(scoring).value(raw, unequal)
