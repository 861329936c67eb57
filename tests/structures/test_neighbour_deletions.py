"""Neighbours without some of their rows: against refits of scikit-learn, and by hand where rows tie."""

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, TWO_REALS, WORDS, X
from rounding import EPS
from scipy import sparse
from sklearn.base import clone
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import LeaveOneOut, supports
from skinfluence.exceptions import UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.testing import assert_near

N, M = len(X), 15


def gaussian(distances):
    """Weights of votes by a function of the user's, of rows of distances or of arrays of such rows."""
    if distances.dtype == object:
        return np.array([np.exp(-(row**2)) for row in distances] + [None], dtype=object)[:-1]
    return np.exp(-(distances**2))


CASES = {
    "uniform": (KNeighborsClassifier(5), BINARY),
    "three classes": (KNeighborsClassifier(4), THREE),
    "words": (KNeighborsClassifier(3, weights="distance"), WORDS),
    "manhattan": (KNeighborsClassifier(5, metric="manhattan"), THREE),
    "minkowski": (KNeighborsClassifier(5, p=3, algorithm="brute"), BINARY),
    "function": (KNeighborsClassifier(6, weights=gaussian), BINARY),
    "metric of a function": (KNeighborsClassifier(3, metric=lambda a, b: np.abs(a - b).max()), BINARY),
    "one": (KNeighborsClassifier(1), THREE),
    "regression": (KNeighborsRegressor(5), REAL),
    "regression by distance": (KNeighborsRegressor(4, weights="distance"), REAL),
    "outputs": (KNeighborsRegressor(3), TWO_REALS),
    "radius": (RadiusNeighborsClassifier(2.5, outlier_label="most_frequent"), BINARY),
    "radius by distance": (RadiusNeighborsClassifier(2.5, weights="distance", outlier_label=0), THREE),
    "radius regression": (RadiusNeighborsRegressor(2.5), REAL),
    "radius regression by distance": (RadiusNeighborsRegressor(2.5, weights="distance"), REAL),
    "radius function": (RadiusNeighborsRegressor(2.5, weights=gaussian), REAL),
}
every = pytest.mark.parametrize("name", CASES)


def outputs(fitted, features):
    """What users of scikit-learn see of a fitted estimator."""
    return fitted.predict_proba(features) if hasattr(fitted, "predict_proba") else fitted.predict(features)


def predicted(attributor, raw):
    """The same of raw predictions, (m, K) or (m,)."""
    loss, final = attributor.model_.loss, attributor.estimator_
    found = loss.predict(raw)
    return found[:, 0] if not hasattr(final, "predict_proba") and found.shape[1] == 1 else found


@every
def test_deletions_are_refits(name):
    """Probabilities and predictions without single rows, and without sets of several."""
    model, y = CASES[name]
    exact = LeaveOneOut(model).fit(X, y)
    features = X[:M] + 0.05
    sets = [np.array([row]) for row in range(0, N, 5)] + [np.arange(3), np.arange(10, 30), np.array([0, 40, 41])]
    left = exact.preparation_.without(sets).raw(features)
    for column, rows in enumerate(sets):
        keep = np.setdiff1d(np.arange(N), rows)
        refit = clone(model).fit(X[keep], y[keep])
        # averages of at most N votes; probabilities of 0 and 1 are kept an eps away from them
        assert_near(predicted(exact, left[:, :, column]), outputs(refit, features), N * EPS, N * EPS)


@every
def test_raw_predictions_are_those_of_the_fitted_estimator(name):
    model, y = CASES[name]
    exact = LeaveOneOut(model).fit(X, y)
    raw = exact.preparation_.raw(X[:M])
    assert_near(predicted(exact, raw), outputs(exact.estimator_, X[:M]), N * EPS, N * EPS)


@pytest.mark.parametrize("name", ["uniform", "three classes", "regression by distance", "radius"])
def test_effects_are_those_of_refits(name):
    n, (model, y) = 36, CASES[name]
    target = "class_probability" if hasattr(model, "predict_proba") else "loss"
    exact, refits = (
        LeaveOneOut(model, target=target, method=method).fit(X[:n], y[:n]) for method in ("exact", "refit")
    )
    groups = np.arange(n) % 9
    for question in ({}, {"aggregate": False}, {"train_groups": groups}):
        actual, expected = (each.attribute(X[:M], y[:M], **question).values for each in (exact, refits))
        # sums over M evaluation rows
        size = np.abs(y[:M]).max() ** 2 if target == "loss" else 1
        assert_near(actual, expected, 0, 10 * M * n * EPS * size)
    joint = exact.removal([1, 5, 9], X[:M], y[:M])
    assert joint.params_change is None
    question = refits.question(X[:M], y[:M])
    assert_near(joint.target_change, refits.predicted([[1, 5, 9]], question)[0], 0, 10 * M * n * EPS * size)
    # on other rows effects tie that differ by rounding, and so do their ranks
    whole = LeaveOneOut(model, target=target).fit(X, y)
    assert whole.score(X[:M], y[:M], n_removals=8) > 1 - 1e-9


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_rows_and_pipelines_are_the_dense_ones(container):
    rows = np.where(np.abs(X) < 0.5, 0, X)
    model = KNeighborsClassifier(5, algorithm="brute")
    dense = LeaveOneOut(model).fit(rows, BINARY).attribute(rows[:M], BINARY[:M]).values
    found = LeaveOneOut(model).fit(container(rows), BINARY).attribute(container(rows[:M]), BINARY[:M]).values
    np.testing.assert_allclose(found, dense, rtol=1e-9, atol=1e-12)
    scaled = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    inside = LeaveOneOut(scaled).fit(X, BINARY).attribute(X[:M], BINARY[:M]).values
    by_hand = StandardScaler().fit_transform(X)
    outside = LeaveOneOut(KNeighborsClassifier(5)).fit(by_hand, BINARY).attribute(by_hand[:M], BINARY[:M]).values
    np.testing.assert_allclose(inside, outside, rtol=1e-9, atol=1e-12)


def test_identical_rows_vote_in_their_order():
    """Of four rows in one place two vote; without one of them the third does, and without it nothing changes."""
    rows, y = np.array([[0.0], [0.0], [0.0], [0.0], [9.0]]), np.array([1.0, 3.0, 7.0, 100.0, 1000.0])
    model = KNeighborsRegressor(2, algorithm="brute").fit(rows, y)
    voters = model.kneighbors([[0.0]], return_distance=False)[0]
    others = np.setdiff1d(np.arange(4), voters)
    effects = LeaveOneOut(model, target="prediction").fit(rows, y).attribute([[0.0]], [0.0]).values
    for row, stays in zip(voters, voters[::-1]):
        assert effects[row] == pytest.approx((y[others[0]] + y[stays]) / 2 - y[voters].mean())
    np.testing.assert_array_equal(effects[[*others, 4]], 0)


def test_as_many_rows_as_vote_have_no_answer_without_one():
    exact = LeaveOneOut(KNeighborsRegressor(3), target="prediction").fit(X[:3], REAL[:3])
    influence = exact.attribute(X[:2], REAL[:2])
    assert np.isnan(influence.values).all()
    assert "no answer (nan) for 3 of 3 rows" in influence.verdict
    with pytest.raises(UnsupportedQuestionError, match="without these 1 rows KNeighborsRegressor cannot be fitted"):
        exact.removal([0], X[:2], REAL[:2])


def test_evaluation_rows_without_neighbours_need_a_label():
    model = RadiusNeighborsClassifier(0.5).fit(X, BINARY)
    with pytest.raises(UnsupportedTargetError, match="have no training row within the radius.*outlier_label"):
        LeaveOneOut(model).fit(X, BINARY).attribute(X[:2] + 100, BINARY[:2])


@pytest.mark.parametrize("name", ["uniform", "radius regression"])
def test_other_methods_refuse_neighbours_before_a_fit(name):
    from skinfluence import InfluenceFunctions

    model, _ = CASES[name]
    assert supports(model, LeaveOneOut) == (True, "")
    supported, reason = supports(model, InfluenceFunctions)
    assert not supported
    assert "use LeaveOneOut" in reason


def test_refit_without_the_last_row_of_a_class_has_no_answer():
    """The neighbours that are left vote for other classes, but a refit has no column for the class that is gone."""
    features = np.random.default_rng(0).normal(size=(9, 2))
    labels = np.r_[np.zeros(4, dtype=int), np.ones(4, dtype=int), 2]
    exact = LeaveOneOut(KNeighborsClassifier(3)).fit(features, labels)
    question = exact.question(features, labels)
    actual = exact.actual([[0], [8]], question)
    assert np.isnan(actual).tolist() == [False, True]
    assert exact.predicted([[0]], question)[0] == pytest.approx(actual[0], rel=1e-12)
