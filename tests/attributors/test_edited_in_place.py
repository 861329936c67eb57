"""Training data that the caller edits after fit: the answers are those of before, or refused."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skinfluence import (
    CooksDistance,
    InfluenceFunctions,
    LeaveOneOut,
    NewtonStep,
    RescaledInfluence,
    SecondOrderInfluence,
)
from skinfluence.attributors import kept
from skinfluence.exceptions import StationarityError

generator = np.random.default_rng(0)
ROWS = generator.normal(3, 2, (40, 3))
REAL = ROWS[:, 0] + generator.standard_normal(40)
CLASSES = (REAL > 3).astype(int)
WEIGHT = generator.uniform(1, 2, 40)
EVAL = ROWS[:10].copy()

METHODS = {
    "influence functions": (InfluenceFunctions(LogisticRegression()), CLASSES),
    "rescaled": (RescaledInfluence(Ridge()), REAL),
    "Newton step": (NewtonStep(LogisticRegression()), CLASSES),
    "second order": (SecondOrderInfluence(LogisticRegression()), CLASSES),
    "exact": (LeaveOneOut(LogisticRegression()), CLASSES),
    "refits": (LeaveOneOut(LogisticRegression(), method="refit"), CLASSES),
    "refits of a Pipeline": (
        LeaveOneOut(make_pipeline(StandardScaler(), Ridge()), method="refit", refit_preprocessing=True),
        REAL,
    ),
    "neighbours": (LeaveOneOut(KNeighborsRegressor(3)), REAL),
    "neighbours by brute force": (LeaveOneOut(KNeighborsRegressor(3, algorithm="brute")), REAL),
    "sums": (LeaveOneOut(GaussianNB()), CLASSES),
    "support vectors": (LeaveOneOut(SVR(), target="prediction"), REAL),
    "kernel": (InfluenceFunctions(KernelRidge(kernel="rbf")), REAL),
    "process": (InfluenceFunctions(GaussianProcessRegressor(alpha=0.1, copy_X_train=False)), REAL),
}
CONTAINERS = {"array": np.array, "Fortran": np.asfortranarray, "CSR": sparse.csr_array}


def answers(attributor, y):
    question = (EVAL, y[:10])
    values = [attributor.attribute(*question).values, attributor.attribute(*question, aggregate=False).values]
    return np.concatenate([part.ravel() for part in values])


@pytest.mark.parametrize("prefit", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_answers_do_not_change_with_the_array(name, prefit):
    method, y = METHODS[name]

    def fitted(X, y):
        estimator = clone(method.estimator)
        if prefit:
            # what is refitted as a whole cannot be frozen
            whole = getattr(method, "refit_preprocessing", False)
            estimator = estimator.fit(X, y) if whole else FrozenEstimator(estimator.fit(X, y))
        return clone(method).set_params(estimator=estimator).fit(X, y)

    X, labels = ROWS.copy(), y.copy()
    attributor = fitted(X, labels)
    X -= X.mean(axis=0)
    X /= X.std(axis=0)
    labels[:] = labels[::-1].copy()
    np.testing.assert_array_equal(answers(attributor, y), answers(fitted(ROWS.copy(), y.copy()), y))


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_weights_labels_and_sparse_rows_are_held_too(make):
    X, y, weight = make(ROWS), REAL.copy(), WEIGHT.copy()
    attributor = NewtonStep(Ridge()).fit(X, y, weight)
    before = answers(attributor, REAL)
    for data in (getattr(X, "data", X) if sparse.issparse(X) else X, y, weight):
        data *= 2
    np.testing.assert_array_equal(answers(attributor, REAL), before)


def test_lists_and_frames_are_held_too():
    pandas = pytest.importorskip("pandas", reason="frames")
    frame, rows = pandas.DataFrame(ROWS, columns=list("abc")), ROWS.tolist()
    for data in (frame, rows):
        attributor = LeaveOneOut(Ridge(), method="refit").fit(data, REAL)
        ask = pandas.DataFrame(EVAL, columns=list("abc")) if data is frame else EVAL
        before = attributor.attribute(ask, REAL[:10]).values
        if data is frame:
            frame.loc[:, "a"] = 0.0
        else:
            rows[3][0] = 100.0
        np.testing.assert_array_equal(attributor.attribute(ask, REAL[:10]).values, before)


def test_diagnostics_are_held_too():
    X = ROWS.copy()
    diagnostic = CooksDistance(Ridge()).fit(X, REAL)
    before = diagnostic.attribute().values
    X *= 2
    np.testing.assert_array_equal(diagnostic.attribute().values, before)


EDITS = {
    "scaled": lambda X: X.__imul__(2),
    "one value": lambda X: X.__setitem__((17, 1), 0.5),
    "two rows exchanged": lambda X: X.__setitem__([3, 4], X[[4, 3]]),
    "two columns exchanged": lambda X: X.__setitem__((slice(None), [0, 1]), X[:, [1, 0]]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", ["rescaled", "exact", "neighbours", "support vectors", "refits"])
def test_large_arrays_are_not_copied_and_edits_of_them_refused(name, order, edit, monkeypatch):
    monkeypatch.setattr(kept, "LARGEST_COPY", ROWS.nbytes - 1)
    method, y = METHODS[name]
    X = np.array(ROWS, order=order)
    attributor = clone(method).fit(X, y)
    before = answers(attributor, y)
    edit(X)
    with pytest.raises(StationarityError, match="X was changed in place after fit.*call fit again"):
        attributor.attribute(EVAL, y[:10])
    X[:] = ROWS
    np.testing.assert_array_equal(answers(attributor, y), before)


def test_large_arrays_that_preprocessing_copied_may_be_edited(monkeypatch):
    monkeypatch.setattr(kept, "LARGEST_COPY", ROWS.nbytes - 1)
    X = ROWS.copy()
    attributor = NewtonStep(make_pipeline(StandardScaler(), Ridge())).fit(X, REAL)
    before = answers(attributor, REAL)
    X *= 2
    np.testing.assert_array_equal(answers(attributor, REAL), before)


def test_methods_that_share_an_optimum_share_the_watch(monkeypatch):
    monkeypatch.setattr(kept, "LARGEST_COPY", ROWS.nbytes - 1)
    X = ROWS.copy()
    shared = NewtonStep.from_fitted(RescaledInfluence(Ridge()).fit(X, REAL))
    X *= 2
    with pytest.raises(StationarityError, match="X was changed in place"):
        shared.attribute(EVAL, REAL[:10])


def test_rows_in_a_list_are_copied_each():
    for settings in ({"method": "refit"}, {"refit_preprocessing": True}):
        rows = [row.copy() for row in ROWS]
        attributor = LeaveOneOut(make_pipeline(StandardScaler(), Ridge()), **settings).fit(rows, REAL)
        before = attributor.attribute(EVAL, REAL[:10]).values
        for row in rows:
            row *= 3
        np.testing.assert_array_equal(attributor.attribute(EVAL, REAL[:10]).values, before)


@pytest.mark.parametrize("settings", [{}, {"refit_preprocessing": True}, {"method": "refit"}], ids=str)
def test_a_pipeline_may_be_fitted_again(settings):
    pipe = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, CLASSES)
    attributor = LeaveOneOut(pipe, **settings).fit(ROWS, CLASSES)
    before = attributor.attribute(EVAL, CLASSES[:10]).values
    pipe.fit(10 * ROWS[:20], CLASSES[:20])
    np.testing.assert_array_equal(attributor.attribute(EVAL, CLASSES[:10]).values, before)


def test_a_pipeline_of_which_the_last_step_alone_is_fitted_is_fitted():
    model = LogisticRegression().fit(ROWS, CLASSES)
    expected = LeaveOneOut(make_pipeline(StandardScaler(), LogisticRegression())).fit(ROWS, CLASSES)
    mixed = LeaveOneOut(make_pipeline(StandardScaler(), model)).fit(ROWS, CLASSES)
    np.testing.assert_array_equal(*(each.attribute(EVAL, CLASSES[:10]).values for each in (mixed, expected)))
