"""Fitted SVC of any number of classes and SVR, as the structure that deletes their rows exactly."""

import copy
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC
from sklearn.utils.validation import _check_sample_weight, check_array, check_consistent_length, check_is_fitted

from ..exceptions import StationarityError, UnsupportedEstimatorError
from ..losses import EpsilonInsensitiveLoss, HingeLoss, Loss, MulticlassHingeLoss
from ..structures import SupportVectors
from .adapt import check_some_weight
from .labels import encode_labels
from .pairwise import PRECOMPUTED, is_pairwise

__all__ = ["decisions_of", "loss_of", "reason_against", "support_vectors_of"]

#: relative difference of decision values that is the solver's, which has kernels in single precision
SAME = 1e-5
#: rounding of kernels in single precision, relative to the sum of |K_ij beta_j|
SINGLE = 1e-6
#: rows that are looked at to tell whether they make the fitted machine
SAMPLE = 256


def support_vectors_of(final: Any, X: Any, y: Any, sample_weight: Any = None) -> SupportVectors:
    """A fitted SVC or SVR on its training rows.

    Parameters
    ----------
    final : SVC or SVR
        Fitted, with any kernel but a precomputed one.
    X : ndarray or CSR matrix of shape (n, p)
        Training rows as `final` takes them.
    y : array-like of shape (n,)
        Labels as `final` was fitted on.
    sample_weight : array-like of shape (n,) or None

    Returns
    -------
    SupportVectors

    Raises
    ------
    UnsupportedEstimatorError
        The kernel is precomputed.
    StationarityError
        The rows are not those of the fit.
    """
    check_is_fitted(final)
    if is_pairwise(final):
        raise UnsupportedEstimatorError(f"{type(final).__name__}: {reason_against(final)}")
    check_consistent_length(X, y)
    X = check_array(X, accept_sparse="csr", dtype=np.float64)
    classifier = isinstance(final, SVC)
    y = encode_labels(y, final.classes_) if classifier else check_array(y, ensure_2d=False, dtype=np.float64).ravel()
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    check_some_weight(weight)
    structure = SupportVectors(
        _kernel(final), X, y, loss_of(final), weight, float(final.C), _start(final, X, y, weight), **_classes(final)
    )
    _check_reproduced(structure, final)
    return structure


def reason_against(final: Any) -> str | None:
    """Why the kernel of an estimator, fitted or not, has no exact treatment, with the way out; None if it has."""
    if is_pairwise(final):
        return PRECOMPUTED
    if not callable(final.kernel) and final.kernel == "sigmoid":
        return (
            "kernel='sigmoid' is not positive semi-definite, so that the fit is no unique optimum; use 'rbf' or "
            "'poly', or LeaveOneOut(estimator, method='refit')"
        )
    return None


def decisions_of(final: Any, X: Any) -> np.ndarray:
    """Decision values (m, 1), or (m, K) for K > 2 classes whatever shape the estimator gives them."""
    if not isinstance(final, SVC):
        return final.predict(X)[:, None]
    if len(final.classes_) > 2:
        final = copy.copy(final)
        final.decision_function_shape = "ovr"
    return np.reshape(final.decision_function(X), (X.shape[0], -1))


def loss_of(final: Any) -> Loss:
    """The loss of a fitted SVC or SVR, of its decision values."""
    if not isinstance(final, SVC):
        return EpsilonInsensitiveLoss(final.epsilon)
    return HingeLoss() if len(final.classes_) == 2 else MulticlassHingeLoss()


def _classes(final):
    if not isinstance(final, SVC):
        return {}
    balanced = isinstance(final.class_weight, str)
    return {"n_classes": len(final.classes_), "class_weight": None if balanced else np.asarray(final.class_weight_)}


def _kernel(final):
    if callable(final.kernel):
        return final.kernel
    # not public: what "scale" and "auto" were on the training rows
    settings = {"gamma": final._gamma, "degree": final.degree, "coef0": final.coef0}
    return partial(pairwise_kernels, metric=final.kernel, filter_params=True, **settings)


def _dense(values):
    return values.toarray() if hasattr(values, "toarray") else np.asarray(values)


def _start(final, X, y, weight):
    """beta of each machine, (P, n)."""
    dual = np.atleast_2d(_dense(final.dual_coef_))
    codes = np.repeat(np.arange(len(final.n_support_)), final.n_support_) if isinstance(final, SVC) else None
    support = _support_rows(final, X, y, codes, weight)
    if codes is None or len(final.classes_) == 2:
        start = np.zeros((1, len(y)))
        start[0, support] = dual[0]
        return start
    pairs = list(zip(*np.triu_indices(len(final.classes_), 1)))
    start = np.zeros((len(pairs), len(y)))
    for pair, (i, j) in enumerate(pairs):
        start[pair, support[codes == i]] = dual[j - 1, codes == i]
        start[pair, support[codes == j]] = dual[i, codes == j]
    return start


def _support_rows(final, X, y, codes, weight):
    """Positions of the support vectors among the rows, which may come in another order."""
    # libsvm leaves out rows without weight, and numbers those that stay
    there = np.flatnonzero(weight > 0)
    inside = final.support_.max(initial=-1) < len(there)
    places = there[final.support_] if inside else there[:0]
    if callable(final.kernel):  # the estimator shows no vectors then
        if inside and (codes is None or np.array_equal(y[places], codes)):
            return places
        raise _foreign_rows(final)
    vectors = _dense(final.support_vectors_)
    same = inside and np.array_equal(_dense(X[places]), vectors)
    if same and (codes is None or np.array_equal(y[places], codes)):
        return places
    rows = {}
    for row, values in zip(there, np.ascontiguousarray(_dense(X[there]) + 0.0)):
        rows.setdefault((values.tobytes(), None if codes is None else int(y[row])), []).append(row)
    keys = [
        (v.tobytes(), None if codes is None else int(c))
        for v, c in zip(np.ascontiguousarray(vectors + 0.0), np.zeros(len(vectors)) if codes is None else codes)
    ]
    found = [rows[key].pop(0) if rows.get(key) else -1 for key in keys]
    if -1 in found:
        raise _foreign_rows(final)
    return np.array(found, dtype=np.intp)


def _foreign_rows(final):
    if getattr(final, "fit_status_", 0):
        return StationarityError(
            f"the fitted {type(final).__name__} stopped at max_iter={final.max_iter}, away from its optimum; fit it "
            "with max_iter=-1"
        )
    return StationarityError(
        f"the rows given are not those of the fitted {type(final).__name__}: its support vectors are not among them, "
        "or have other labels or weights. Pass exactly the X, y and sample_weight of fit (raw, as the outer estimator "
        "takes them, in the same column order)"
    )


def _check_reproduced(structure, final):
    """Refuse rows on which the machines are others than the fitted ones."""
    rows = structure.X[:: max(1, structure.n_rows // SAMPLE)]
    shown = copy.copy(final)
    if isinstance(final, SVC):
        shown.decision_function_shape = "ovo"
    theirs = shown.decision_function(rows) if isinstance(final, SVC) else final.predict(rows)
    used = np.flatnonzero(structure.start.any(axis=0))
    kernel = structure.kernel(rows, structure.X[used]) if len(used) else np.zeros((rows.shape[0], 0))
    ours = kernel @ structure.start[:, used].T + final.intercept_
    difference = np.max(np.abs(ours - theirs.reshape(ours.shape))) / max(np.max(np.abs(theirs)), 1.0)
    for start, own, machine in zip(structure.start, structure.rows, structure.machines):
        bounds = machine.dual.bounds(machine.factors)
        u = machine.dual.items(start[own])
        within = (u <= bounds * (1 + SAME)).all() and np.isclose(u.sum(), np.abs(start).sum(), rtol=SAME)
        left, size = machine.violation_at_start(SAME)
        if difference > SAME or not within or left > 10 * final.tol + SINGLE * size:
            raise _foreign_rows(final)
