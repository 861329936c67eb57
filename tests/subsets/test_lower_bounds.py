"""Lower bounds of the rows that a flip takes: against refits without all sets of a few rows."""

from itertools import combinations

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, TWO_REALS, X, logistic
from rounding import REFITS
from scipy.stats import t
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import LeaveOneOut, RescaledInfluence, smallest_flip
from skinfluence.subsets.reachable import Reachable
from skinfluence.subsets.squares import Squares
from skinfluence.targets import Loss, Parameter
from skinfluence.testing import assert_near

ROWS, DEEPEST = 11, 4
MODELS = {
    "ridge of one parameter": (Ridge(alpha=0.3, fit_intercept=False), 1),
    "least squares of one parameter": (LinearRegression(fit_intercept=False), 1),
    "line": (LinearRegression(), 1),
    "ridge": (Ridge(), 2),
}
models = pytest.mark.parametrize("name", MODELS)


def data(seed, p):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, p))
    y = rng.choice([0.4, 1.2]) * x[:, 0] + 0.5 * rng.standard_t(4, size=ROWS)
    return x, y, np.ones(ROWS) if seed % 2 else rng.uniform(0.5, 2, ROWS)


def fewest(flips):
    """Rows without which a condition of those that stay holds, one more than were tried where there are none."""
    for k in range(1, DEEPEST + 1):
        for rows in combinations(range(ROWS), k):
            if flips(np.delete(np.arange(ROWS), rows)):
                return k
    return DEEPEST + 1


def check(flip, smallest):
    # beyond the sets that were tried nothing is known
    assert flip.lower_bound <= smallest or smallest > DEEPEST
    if flip.bound_note.startswith("exact") and smallest <= DEEPEST:
        assert flip.lower_bound == smallest == len(flip)
        assert flip.smallest


@models
@pytest.mark.parametrize("seed", range(6))
def test_signs(name, seed):
    model, p = MODELS[name]
    x, y, weight = data(seed, p)
    flip = smallest_flip(RescaledInfluence(model).fit(x, y, sample_weight=weight), "sign", parameter=0, max_rows=6)

    def flips(kept):
        return clone(model).fit(x[kept], y[kept], weight[kept]).coef_[0] * flip.before < 0

    assert flip.bound_note.startswith("exact") == (p == 1 and not model.fit_intercept)
    check(flip, fewest(flips))


@models
@pytest.mark.parametrize("seed", range(6))
def test_predictions_across_a_threshold(name, seed):
    model, p = MODELS[name]
    x, y, weight = data(seed, p)
    attributor = RescaledInfluence(model, target="prediction").fit(x, y, sample_weight=weight)
    threshold = attributor.evaluate(x[:1], y[:1]) + (-1) ** (seed // 2) * 0.02 * (seed + 1)
    flip = smallest_flip(attributor, "target", x[:1], y[:1], threshold=threshold, max_rows=6)

    def flips(kept):
        after = clone(model).fit(x[kept], y[kept], weight[kept]).predict(x[:1])[0]
        return (after - threshold) * (flip.before - threshold) < 0

    check(flip, fewest(flips))


@pytest.mark.parametrize("seed", range(6))
def test_significance(seed):
    x, y, weight = data(seed, 1)
    attributor = RescaledInfluence(LinearRegression()).fit(x, y, sample_weight=weight)
    flip = smallest_flip(attributor, "significance", parameter=0, max_rows=6)

    def p_value(kept):
        E, w = np.column_stack([x, np.ones(ROWS)])[kept], weight[kept]
        covariance = np.linalg.inv(E.T @ (w[:, None] * E))
        theta = covariance @ E.T @ (w * y[kept])
        dispersion = w @ (y[kept] - E @ theta) ** 2 / (len(kept) - 2)
        return 2 * t.sf(abs(theta[0]) / np.sqrt(dispersion * covariance[0, 0]), len(kept) - 2)

    assert_near(flip.before, p_value(np.arange(ROWS)), REFITS)
    check(flip, fewest(lambda kept: (p_value(kept) < 0.05) != (flip.before < 0.05)))


def test_classes_of_a_ridge_classifier():
    x, labels = X[:ROWS], BINARY[:ROWS]
    model = RidgeClassifier(alpha=2.0)
    for row in range(6):
        flip = smallest_flip(RescaledInfluence(model).fit(x, labels), "class", x[[row]], max_rows=5)
        before = clone(model).fit(x, labels).predict(x[[row]])

        def flips(kept, row=row, before=before):
            both = len(set(labels[kept])) == 2
            return both and clone(model).fit(x[kept], labels[kept]).predict(x[[row]]) != before

        assert flip.bound_note == "by the k largest terms and leverages"
        check(flip, fewest(flips))


@pytest.mark.parametrize("seed", range(4))
def test_parts_of_the_test_are_bounded_over_all_sets(seed):
    x, y, weight = data(seed, 2)
    attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(x, y, sample_weight=weight)
    squares = Squares(attributor, np.array([1.0, 0.0, 0.0]))
    reachable, E = Reachable(squares, 3), np.column_stack([x, np.ones(ROWS)])

    def parts(kept):
        root = np.sqrt(weight[kept])
        inverse = np.linalg.inv((root[:, None] * E[kept]).T @ (root[:, None] * E[kept]))
        theta = inverse @ E[kept].T @ (weight[kept] * y[kept])
        return inverse[0, 0], weight[kept] @ (y[kept] - E[kept] @ theta) ** 2

    variance, rss = parts(np.arange(ROWS))
    assert_near(squares.variance, variance, REFITS)
    for k in (1, 2, 3):
        left = [parts(np.delete(np.arange(ROWS), rows)) for rows in combinations(range(ROWS), k)]
        assert max(V for V, _ in left) <= reachable.most_variance(k) * (1 + REFITS)
        assert rss - min(squares for _, squares in left) <= reachable.most_of_squares(k) * (1 + REFITS)


def test_exact_sets_of_many_rows_are_not_searched_for(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 1))
    y = 0.3 * x[:, 0] + rng.normal(size=2000)
    monkeypatch.setattr("skinfluence.subsets.search._Adaptive", None)
    attributor = RescaledInfluence(LinearRegression(fit_intercept=False)).fit(x, y)
    flip = smallest_flip(attributor, "sign", parameter=0, max_rows=0.5)
    assert (flip.method, flip.smallest) == ("exact", True)
    assert len(flip) > 100
    assert flip.actual < 0
    spared = np.delete(np.arange(2000), flip.indices[:-1])
    assert LinearRegression(fit_intercept=False).fit(x[spared], y[spared]).coef_[0] > 0


def test_most_of_what_is_found_is_needed_where_rows_are_many():
    """Of 5 000 rows and 3 columns a bound by leverages comes near to what the search finds."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 3))
    y = 0.03 * x[:, 0] + x[:, 1] + rng.normal(size=5000)
    attributor = RescaledInfluence(LinearRegression()).fit(x, y)
    for what in ("sign", "significance"):
        flip = smallest_flip(attributor, what, parameter=0)
        assert flip.found
        assert 0.6 * len(flip) <= flip.lower_bound <= len(flip)
        assert f"at least {flip.lower_bound} (by the k largest terms and leverages)" in repr(flip)


@pytest.mark.parametrize(
    ("model", "y", "asked", "match"),
    [
        (logistic(), BINARY, {"what": "sign", "parameter": 0}, "the loss is not a squared one of a linear model"),
        (Ridge(), TWO_REALS, {"what": "sign", "parameter": 0}, "the model has several outputs"),
        (RidgeClassifier(class_weight="balanced"), BINARY, {"what": "sign", "parameter": 0}, "class weights change"),
        (Ridge(), REAL, {"what": "significance", "parameter": 0}, "the test is approximate under a penalty"),
        (Ridge(), REAL, {"what": "target", "target": Loss(), "X": X[:5], "y": REAL[:5]}, "the target is not linear"),
        (make_pipeline(StandardScaler(), Ridge()), REAL, {"what": "sign", "parameter": 0}, "refits scale and encode"),
        (GaussianNB(), BINARY, {"what": "class", "X": X[:1]}, "the model has no objective"),
    ],
    ids=str,
)
def test_where_none_is_known_the_reason_is_said(model, y, asked, match):
    attributor = (LeaveOneOut if isinstance(model, GaussianNB) else RescaledInfluence)(model).fit(X, y)
    flip = smallest_flip(attributor, max_rows=2, **asked)
    assert flip.lower_bound == 1
    assert match in flip.bound_note


def test_answers_are_the_same_for_any_number_of_threads():
    attributor = RescaledInfluence(logistic(C=0.5)).fit(X, THREE)
    for row in (0, 7):
        one, two = (smallest_flip(attributor, "class", X[[row]], max_rows=0.4, n_jobs=n_jobs) for n_jobs in (1, 2))
        np.testing.assert_array_equal(one.indices, two.indices)
        assert (one.quantity, one.predicted, one.actual) == (two.quantity, two.predicted, two.actual)
