"""Models on distances or kernels between rows: what leaves is a row and its column."""

import numpy as np
import pytest
from cases import BINARY, REAL, X
from rounding import EPS
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KernelCenterer
from sklearn.svm import SVC, SVR

from skinfluence import DataTrimmer, LeaveOneOut
from skinfluence.exceptions import UnsupportedEstimatorError
from skinfluence.testing import assert_near

ROWS, EVAL = slice(0, 40), slice(40, 50)
DISTANCES, KERNEL = euclidean_distances(X, X[ROWS]), rbf_kernel(X, X[ROWS], gamma=0.3)
#: differences of sums of ten losses, of which some terms may be ten times as large as what is left
ROUNDING = 100 * EPS
NEIGHBOURS = {
    "nearest": KNeighborsClassifier(3, metric="precomputed"),
    "nearest numbers": KNeighborsRegressor(3, metric="precomputed", weights="distance"),
    "radius": RadiusNeighborsClassifier(4.0, metric="precomputed", outlier_label=0),
    "radius of numbers": RadiusNeighborsRegressor(4.0, metric="precomputed"),
}
BY_REFIT = {
    **{name: (model, DISTANCES) for name, model in NEIGHBOURS.items()},
    "machine": (SVC(kernel="precomputed"), KERNEL),
    "machine of numbers": (SVR(kernel="precomputed"), KERNEL),
    "ridge": (KernelRidge(kernel="precomputed"), KERNEL),
    "rest": (OneVsRestClassifier(SVC(kernel="precomputed")), KERNEL),
    "pipeline": (make_pipeline(KernelCenterer(), KernelRidge(kernel="precomputed")), KERNEL),
    "search": (GridSearchCV(SVR(kernel="precomputed"), {"C": [0.5, 2.0]}, cv=2), KERNEL),
}


def labels(model):
    return BINARY if is_classifier(model) else REAL


def target_of(model):
    """The name of what `shown` is."""
    if hasattr(model, "predict_proba"):
        return "class_probability"
    return "margin" if is_classifier(model) else "prediction"


def shown(model, matrix, y):
    """Probability of each row's class, decision value, or prediction."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(matrix)[np.arange(len(y)), y]
    return model.decision_function(matrix) if is_classifier(model) else model.predict(matrix)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_on_distances_are_compared_with_refits(name):
    model, y = NEIGHBOURS[name], labels(NEIGHBOURS[name])
    exact = LeaveOneOut(model).fit(DISTANCES[ROWS], y[ROWS])
    report = exact.fidelity_report(DISTANCES[EVAL], y[EVAL], n_removals=6)
    assert_near(report.predicted, report.actual, ROUNDING, ROUNDING)
    assert exact.score(DISTANCES[EVAL], y[EVAL], n_removals=6) == report.rank_correlation
    # distances say all that features do
    by_features = LeaveOneOut(clone(model).set_params(metric="euclidean")).fit(X[ROWS], y[ROWS])
    sets = [[0], [3, 8, 12]]
    of_features = by_features.predicted(sets, by_features.question(X[EVAL], y[EVAL]))
    assert_near(exact.actual(sets, exact.question(DISTANCES[EVAL], y[EVAL])), of_features, ROUNDING, ROUNDING)


@pytest.mark.parametrize("whole", [False, True], ids=["", "whole"])
@pytest.mark.parametrize("name", BY_REFIT)
def test_refits_drop_columns_with_rows(name, whole):
    model, matrix = BY_REFIT[name]
    y = labels(model)
    fitted = clone(model).fit(matrix[ROWS], y[ROWS])
    refits = LeaveOneOut(fitted, target=target_of(fitted), method="refit", refit_preprocessing=whole)
    effects = refits.fit(matrix[ROWS], y[ROWS]).attribute(matrix[EVAL], y[EVAL], aggregate=False).values[:4]
    assert np.isfinite(effects).all()
    assert np.abs(effects).max() > 0
    if whole or name not in ("pipeline", "search"):
        expected = [_refit_without(model, matrix, y, row) - shown(fitted, matrix[EVAL], y[EVAL]) for row in range(4)]
        assert_near(effects, expected, ROUNDING, ROUNDING)


def _refit_without(model, matrix, y, row):
    keep = np.delete(np.arange(40), row)
    return shown(clone(model).fit(matrix[np.ix_(keep, keep)], y[keep]), matrix[EVAL][:, keep], y[EVAL])


@pytest.mark.filterwarnings("ignore:Precomputed sparse input was not sorted")
@pytest.mark.parametrize("container", [np.ndarray.tolist, sparse.csr_matrix], ids=["list", "sparse"])
def test_columns_leave_every_container(container):
    model = KNeighborsRegressor(3, metric="precomputed")
    plain, other = (
        LeaveOneOut(model, method="refit")
        .fit(make(DISTANCES[ROWS]), REAL[ROWS])
        .attribute(make(DISTANCES[EVAL]), REAL[EVAL])
        for make in (np.asarray, container)
    )
    np.testing.assert_array_equal(plain.values, other.values)


def test_columns_leave_tables():
    pandas = pytest.importorskip("pandas", reason="a table is a DataFrame of pandas")
    table = pandas.DataFrame(KERNEL, columns=[f"to {row}" for row in range(40)])
    model = KernelRidge(kernel="precomputed")
    plain, named = (
        LeaveOneOut(model, method="refit").fit(K[ROWS], REAL[ROWS]).attribute(K[EVAL], REAL[EVAL])
        for K in (KERNEL, table)
    )
    # columns lie in another order in memory
    assert_near(named.values, plain.values, ROUNDING, ROUNDING)


@pytest.mark.parametrize("name", ["nearest", "ridge"])
def test_trimmer_refuses_distances(name):
    model, matrix = BY_REFIT[name]
    with pytest.raises(UnsupportedEstimatorError, match="precomputed.*a column for each training row.*fit it on featu"):
        DataTrimmer(model, budget=2).fit(matrix[ROWS], labels(model)[ROWS])
