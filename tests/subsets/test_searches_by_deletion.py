"""Searches in models without an objective: every effect is that of a refit, and a set that flips f flips it there."""

from functools import cache

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, X
from fair import one_in
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from skinfluence import InfluenceFunctions, LeaveOneOut, most_influential_subset, smallest_flip
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.testing import assert_near

n_rows = 60
MODELS = {
    "naive Bayes": (GaussianNB(), BINARY),
    "discriminant of three classes": (LinearDiscriminantAnalysis(), THREE),
    "machine of three classes": (SVC(C=0.5), THREE),
    "machine": (SVC(), BINARY),
    "regression machine": (SVR(), REAL),
    "neighbours": (KNeighborsClassifier(7), BINARY),
    "mean of neighbours": (KNeighborsRegressor(5), REAL),
}
#: relative error of libsvm's own refits, whose kernels are in single precision; of sums and votes it is rounding
ERRORS = {"machine of three classes": 1e-4, "machine": 1e-4, "regression machine": 1e-4}

every_model = pytest.mark.parametrize("name", MODELS)
METHODS = ["adaptive", "additive"]
both_methods = pytest.mark.parametrize("method", METHODS)


@cache
def fitted(name):
    """An attributor, for tests that ask and change nothing."""
    estimator, y = MODELS[name]
    return LeaveOneOut(estimator).fit(X[:n_rows], y[:n_rows])


@pytest.mark.parametrize(("name", "method"), one_in(2, MODELS, METHODS))
def test_effects_of_the_rows_picked_are_refits(name, method):
    attributor, y = fitted(name), MODELS[name][1]
    question = attributor.question(X[n_rows:], y[n_rows:])
    subset = most_influential_subset(attributor, 3, question, method=method, direction="decrease", verify=True)
    assert len(set(subset.indices)) == len(subset) == 3
    assert subset.effects[0] < 0
    prefixes = [subset.indices[: size + 1] for size in range(len(subset))]
    assert_near(subset.effects, attributor.actual(prefixes, question), ERRORS.get(name, 1e-9))
    assert subset.confirmed


@every_model
def test_adaptive_picks_the_best_row_each_time(name):
    attributor, y = fitted(name), MODELS[name][1]
    question = attributor.question(X[n_rows:], y[n_rows:])
    subset = most_influential_subset(attributor, 2, question, direction="increase")
    first = attributor.attribute(question).values
    assert subset.effects[0] == np.nanmax(first)
    pairs = [np.array([subset.indices[0], row]) for row in np.delete(np.arange(n_rows), subset.indices[0])]
    assert subset.effects[1] == np.nanmax(attributor.predicted(pairs, question))


CLASSIFIERS = ["naive Bayes", "machine of three classes", "discriminant of three classes", "machine"]


@pytest.mark.parametrize(("name", "method"), one_in(2, CLASSIFIERS, METHODS))
def test_class_flips_in_a_refit(name, method):
    estimator, y = MODELS[name]
    attributor = fitted(name)
    model = clone(estimator).fit(X[:n_rows], y[:n_rows])
    raw = attributor.preparation_.raw(X)
    ranked = np.sort(raw, axis=1)
    margins = np.abs(raw[:, 0]) if raw.shape[1] == 1 else ranked[:, -1] - ranked[:, -2]
    row = X[[np.argmin(margins)]]
    flip = smallest_flip(attributor, "class", row, method=method, max_rows=0.5)
    assert flip.found
    assert flip.n_refits >= 1
    left = np.delete(np.arange(n_rows), flip.indices)
    assert clone(estimator).fit(X[left], y[left]).predict(row) != model.predict(row)
    assert flip.verdict.startswith("flipped: margin of class ")
    assert flip.predicted < 0 < flip.before


@both_methods
def test_target_crosses_its_threshold_and_no_row_is_unneeded(method):
    attributor, y = fitted("mean of neighbours"), REAL
    question = attributor.question(X[n_rows:], y[n_rows:], target="prediction")
    before = attributor.evaluate(question)
    flip = smallest_flip(attributor, "target", question, threshold=before - 0.5, method=method, max_rows=0.5)
    assert flip.found
    assert flip.actual == pytest.approx(flip.predicted, rel=1e-12)
    assert flip.actual < before - 0.5
    fewer = [np.delete(flip.indices, i) for i in range(len(flip))]
    assert (before + attributor.predicted(fewer, question) >= before - 0.5).all()


def test_any_estimator_by_refits():
    forest = RandomForestClassifier(5, max_depth=3, random_state=0)
    attributor = LeaveOneOut(forest, method="refit").fit(X[:20], BINARY[:20])
    subset = most_influential_subset(attributor, 2, X[n_rows:], BINARY[n_rows:], direction="decrease", verify=True)
    assert subset.actual == subset.predicted < 0


def test_a_set_whose_refit_does_not_flip_grows_until_it_does_or_says_so():
    """One step on a fixed support set overstates what deletions do."""
    attributor = InfluenceFunctions(SVC()).fit(X[:n_rows], BINARY[:n_rows])
    # of all rows, the first whose predicted flip a refit denies
    flips = (smallest_flip(attributor, "class", X[[row]], max_rows=0.5) for row in range(len(X)))
    flip = next(flip for flip in flips if flip.n_refits > 1)
    assert flip.n_refits > 1
    assert flip.found == (flip.actual < 0)
    assert bool(flip.reason) != flip.found


def test_rows_without_an_answer_are_not_picked():
    labels = np.array([0] + [1] * 5 + [0])
    attributor = LeaveOneOut(GaussianNB(), target="loss").fit(X[:7], labels)
    for method in ("adaptive", "additive"):
        subset = most_influential_subset(attributor, 6, X[:7], labels, method=method, direction="increase")
        assert np.isfinite(subset.effects).all()
        assert set(np.delete(labels, subset.indices)) == {0, 1}


def test_what_needs_parameters_is_refused_with_the_way_out():
    attributor = fitted("naive Bayes")
    with pytest.raises(UnsupportedQuestionError, match="what='sign' needs parameters at an optimum.*use Rescaled"):
        smallest_flip(attributor, "sign", parameter=0)
    with pytest.raises(UnsupportedQuestionError, match="method='relaxed' needs parameters at an optimum"):
        most_influential_subset(attributor, 2, X, BINARY, method="relaxed")
    with pytest.raises(UnsupportedQuestionError, match="pass it as X"):
        smallest_flip(attributor, "class")
    with pytest.raises(TypeError, match="what names what should flip, and comes before X"):
        smallest_flip(attributor, X[:1])
