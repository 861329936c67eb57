"""Exact effects against refits: by their values, and by the gradient of the refit's objective where these differ."""

import warnings

import numpy as np
from generated.errors import fault_of
from generated.truth import measure_of, refit_without
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR

from skinfluence.adapters import unwrap
from skinfluence.adapters.labels import plain_labels
from skinfluence.testing.closeness import REFITS, SOLVES
from skinfluence.testing.refits import to_theta

__all__ = ["compare"]

#: roundings on the way to f and in the difference of two of them, as fidelity reports count them
ROUNDINGS = 16
#: two ways to one refit differ by about its error, which may be larger than their difference
WAYS = 100


def compare(case, fitted, values):
    """What refits say of exact effects: a word that they agree or why nothing is said, and what is wrong."""
    rows = [int(row) for row in case.compared if np.isfinite(values[row]).all()]
    measure = measure_of(unwrap(fitted.estimator_)[1], case.question.target)
    if not rows:
        return "nan", ""
    if measure is None:
        return _compare_with_package(case, fitted, values, rows)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reference = Reference(case, fitted, measure)
        truths = {row: truth for row in rows if (truth := reference.effect(row)) is not None}
    stopped = any(issubclass(each.category, ConvergenceWarning) for each in said)
    floor = REFITS * max((np.abs(truth).max(initial=0) for truth in truths.values()), default=0.0)
    words = set()
    for row, truth in truths.items():
        allowed = floor + reference.rounding
        if np.all(np.abs(values[row] - truth) <= allowed):
            words.add("confirmed")
            continue
        word, fault = _judged_again(fitted, reference, row, values[row], truth, allowed, stopped)
        if fault:
            return "denied", fault
        words.add(word)
    return (sorted(words)[-1] if words else "no refit"), ""


class Reference:
    """Effects by refits of the final estimator."""

    def __init__(self, case, fitted, measure):
        self.transformers, self.final = unwrap(fitted.estimator_)
        self.measure, self.question = measure, case.question
        rows = case.rows
        self.y = np.asarray(plain_labels(rows.y))
        if self.y.ndim == 2 and self.y.shape[1] == 1:
            self.y = self.y[:, 0]
        self.weight = None if rows.weight is None else np.broadcast_to(rows.weight, len(self.y))
        self.as_fitted = getattr(fitted.model_, "problem", None) is None and not hasattr(fitted.model_, "structure")
        self.features = self._through(rows.table)
        self.evaluated = None if self.question.X is None else self._through(self.question.X)
        self.before = self._values(self.refit(None))
        # of the values themselves, and of their sum
        each = np.abs(self._each)
        size = each.max(initial=0) if self.question.options.get("aggregate") is False else each.sum()
        self.rounding = ROUNDINGS * fitted.model_.refit_error * size + libsvm_rounding(self.final, self.evaluated)

    def _through(self, table):
        for transformer in self.transformers:
            table = transformer.transform(table)
        if sparse.issparse(table):
            # some formats have no rows to take
            table = sparse.csr_array(table)
        # solvers compute in the precision of the features, as refits of the estimator do
        single = getattr(table, "dtype", None) == np.float32 and not self.as_fitted
        return table.astype(np.float64) if single else table

    def refit(self, row):
        """The final estimator without a row."""
        return refit_without(self.final, self.features, self.y, self.weight, row)

    def effect(self, row):
        """f without a row, less f; None where the estimator refuses what is left."""
        try:
            return self._values(self.refit(row)) - self.before
        except ValueError:
            return None

    def reordered(self, row):
        """The same, by a fit on the rows in the reverse order."""
        keep = np.delete(np.arange(len(self.y)), row)[::-1]
        weight = None if self.weight is None else np.asarray(self.weight)[keep]
        features = self.features[keep] if hasattr(self.features, "shape") else np.asarray(self.features)[keep]
        return self._values(refit_without(self.final, features, self.y[keep], weight, None)) - self.before

    def _values(self, estimator):
        each = self.measure(estimator, self.evaluated, self.question.y)
        weight = self.question.options.get("sample_weight")
        self._each = each if weight is None else each * weight
        return self._each if self.question.options.get("aggregate") is False else self._each.sum()


def libsvm_rounding(final, features):
    """Of the predictions of a machine whose kernels are held in single precision; 0 of other models."""
    if not isinstance(final, SVC | SVR) or features is None:
        return 0.0
    settings = {"gamma": final._gamma, "degree": final.degree, "coef0": final.coef0}
    support = np.asarray(features)[:0] if not len(final.support_) else final.support_vectors_
    kernels = pairwise_kernels(support, features, metric=final.kernel, filter_params=True, **settings)
    dual = abs(final.dual_coef_)
    terms = np.asarray((dual.toarray() if sparse.issparse(dual) else dual) @ np.abs(kernels))
    return ROUNDINGS * np.finfo(np.float32).eps * terms.sum()


def _judged_again(fitted, reference, row, value, truth, allowed, stopped):
    """A word or a fault, where values differ by more than rounding: which of the two is at the optimum?"""
    said = f"without row {row}: {np.ravel(value)[:3]}, refits say {np.ravel(truth)[:3]}, allowed {np.max(allowed):.1e}"
    if "change the active set" in fitted.verdict_ and "0 rows would" not in fitted.verdict_:
        return "old active set", ""
    problem = getattr(fitted.preparation_, "problem", None)
    if problem is None or not hasattr(fitted.preparation_, "params_change"):
        if stopped:
            return "the refit stopped early", ""
        own = np.abs(reference.reordered(row) - truth)
        return ("within the refit's error", "") if np.all(np.abs(value - truth) <= allowed + WAYS * own) else ("", said)
    ours, theirs = gradients(fitted, row)
    if ours <= max(SOLVES, theirs):
        return "stationary", ""
    return "", f"{said}; relative gradient {ours:.1e}, that of the refit {theirs:.1e}"


def gradients(fitted, row):
    """Relative gradients of the refit's objective: at our parameters, and at those of the refit."""
    problem = fitted.problem_
    params = problem.as_fitted(problem.theta) + fitted.params_change_[row]
    refit = fitted.model_.refitted(np.array([row]))
    return refit.at(to_theta(problem, params)).relative_gradient(), refit.relative_gradient()


def _compare_with_package(case, fitted, values, rows):
    """By refits as the package makes them, where the target has no other name."""
    question = case.question
    if fitted.preparation_ is fitted.model_ and fitted.model_.problem is None and fitted._refits:
        return "finite", ""
    if question.options.get("aggregate") is False or question.target == "self_influence":
        return "finite", ""
    asked = fitted.question(question.X, question.y, target=question.target, **_of_question(question.options))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            truths = fitted.actual([[row] for row in rows], asked)
        except Exception as error:
            return "refits refused", fault_of(error, None)
    stopped = any(issubclass(each.category, ConvergenceWarning) for each in told)
    known = np.isfinite(truths)
    rounding = ROUNDINGS * fitted.model_.refit_error * asked.size(fitted.preparation_)
    rounding += libsvm_rounding(fitted.model_.final, asked.features)
    allowed = REFITS * np.abs(truths[known]).max(initial=0) + rounding
    wrong = [i for i in np.flatnonzero(known) if not abs(values[rows[i]] - truths[i]) <= allowed]
    if not wrong:
        return "confirmed by the package's refits", ""
    if "change the active set" in fitted.verdict_:
        return "old active set", ""
    said = f"without row {rows[wrong[0]]}: {values[rows[wrong[0]]]}, refits say {truths[wrong[0]]}, allowed {allowed:.1e}"
    if not hasattr(fitted.preparation_, "params_change"):
        return ("the refit stopped early", "") if stopped else ("denied", said)
    ours, theirs = gradients(fitted, rows[wrong[0]])
    if ours <= max(SOLVES, theirs):
        return "stationary", ""
    return "denied", f"{said}; relative gradient {ours:.1e}, that of the refit {theirs:.1e}"


def _of_question(options):
    return {name: value for name, value in options.items() if name in ("sensitive_features", "sample_weight")}
