"""Exact effects against refits: by their values, and by the gradient of the refit's objective where these differ."""

import re
import warnings
from copy import copy

import numpy as np
from scipy import sparse
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR
from sklearn.utils import _safe_indexing

from generated.errors import fault_of
from generated.truth import measure_of, refit_without
from skinfluence.adapters import unwrap
from skinfluence.adapters.labels import plain_labels
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.solvers import AutoSolver
from skinfluence.targets import has_gradient
from skinfluence.testing.closeness import REFITS, SOLVES

__all__ = ["compare"]

#: roundings on the way to f and in the difference of two of them, as fidelity reports count them
ROUNDINGS = 16
#: largest relative error that is put down to a condition number
WORST = 1e-3
#: share of a bound that is rounding of libsvm
BOUND = 1e-5
#: two ways to one refit differ by about its error, which may be larger than their difference
WAYS = 100


def compare(case, fitted, values):
    """What refits say of exact effects: a word that they agree or why nothing is said, and what is wrong."""
    rows = [int(row) for row in case.compared if not np.isnan(values[row]).any()]
    measure = measure_of(unwrap(fitted.estimator_)[1], case.question.target)
    if not rows:
        return "nan", ""
    if _loses_small_columns(fitted):
        return "wide, columns of different sizes", ""
    if measure is None:
        return _compare_with_package(case, fitted, values, rows)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reference = Reference(case, fitted, measure)
        truths = {row: truth for row in rows if (truth := reference.effect(row)) is not None}
    stopped = any(issubclass(each.category, ConvergenceWarning) for each in said)
    floor = _digits(fitted) * max((np.abs(truth).max(initial=0) for truth in truths.values()), default=0.0)
    words = set()
    for row, truth in truths.items():
        allowed = floor + reference.rounding
        # equal also where both are infinite
        if np.all((np.abs(values[row] - truth) <= allowed) | (values[row] == truth)):
            words.add("confirmed")
            continue
        word, fault = _judged_again(fitted, reference, row, values[row], truth, allowed, stopped)
        if fault:
            return "denied", fault
        words.add(word)
    return (sorted(words)[-1] if words else "no refit"), ""


def _loses_small_columns(fitted):
    """Whether columns are lost beside others in the inner products of rows, in which wide tables are solved."""
    if "more columns than rows" not in fitted.verdict_:
        return False
    X = fitted.model_.trained_on
    norms = np.sqrt(np.asarray((X.multiply(X) if sparse.issparse(X) else X**2).sum(axis=0), dtype=float).ravel())
    norms = norms[norms > 0]
    return len(norms) > 0 and np.finfo(float).eps * (norms.max() / norms.min()) ** 2 > REFITS


def _digits(fitted):
    """Relative error of effects: that of refits, or eps x the condition number that the verdict tells."""
    conditions = re.findall(r"condition number (\S+?)[;,]", fitted.verdict_ + ";")
    return max([REFITS, *(min(WORST, np.finfo(float).eps * float(condition)) for condition in conditions)])


class Reference:
    """Effects by refits of the final estimator."""

    def __init__(self, case, fitted, measure):
        self.transformers, self.final = unwrap(fitted.estimator_)
        self.measure, self.question, self.container = measure, case.question, case.rows.container
        rows = case.rows
        self.y = np.asarray(plain_labels(rows.y))
        if self.y.ndim == 2 and self.y.shape[1] == 1:
            self.y = self.y[:, 0]
        self.weight = None if rows.weight is None else np.broadcast_to(rows.weight, len(self.y))
        self.as_fitted = getattr(fitted.model_, "problem", None) is None and not hasattr(fitted.model_, "structure")
        self.features = self._through(rows.table)
        self.evaluated = None if self.question.X is None else self._through(self.question.X)
        self._terms = 0.0
        self.fitted = self.refit(None)
        self.before = self._values(self.fitted)
        # of the values themselves, and of their sum
        each = np.abs(self._each)
        size = each.max(initial=0) if self.question.options.get("aggregate") is False else each.sum()
        self.own_rounding = ROUNDINGS * fitted.model_.refit_error * size + libsvm_rounding(self.final, self.evaluated)

    @property
    def rounding(self):
        """Of the values, of the terms that add up to predictions, and of kernels in single precision."""
        # estimators that are refitted as they are compute in the precision of the table
        single = self.as_fitted and "float32" in self.container
        return self.own_rounding + ROUNDINGS * np.finfo(np.float32 if single else float).eps * self._terms

    def _through(self, table):
        for transformer in self.transformers:
            table = transformer.transform(table)
        if sparse.issparse(table):
            # some formats have no rows to take
            table = sparse.csr_array(table)
        if isinstance(table, list | tuple) or getattr(getattr(table, "dtype", None), "kind", "") == "U":
            table = np.asarray(table, dtype=float)
        # solvers compute in the precision of the features, as refits of the estimator do
        single = getattr(table, "dtype", None) == np.float32 and not self.as_fitted
        return table.astype(np.float64) if single else table

    def asked(self, fitted):
        """The question as the package asks it."""
        question = self.question
        asked = fitted.question(question.X, question.y, target=question.target, **_of_question(question.options))
        return asked.by_row() if question.options.get("aggregate") is False else asked

    def refit(self, row):
        """The final estimator without a row."""
        return refit_without(self.final, self.features, self.y, self.weight, row)

    def at_our_parameters(self, fitted, row):
        """f without a row less f, both at the parameters that the attributor has; nan where these are open."""
        if not hasattr(self.fitted, "coef_"):
            return np.nan
        problem = fitted.problem_
        params = problem.as_fitted(problem.theta)
        change = fitted.params_change_[row]
        if np.isnan(change).any() or len(params) != np.size(self.fitted.coef_) + self.n_intercepts:
            return np.nan
        return self._values(self._with(params + change)) - self._values(self._with(params))

    @property
    def n_intercepts(self):
        return np.size(self.fitted.intercept_) if self.fitted.fit_intercept else 0

    def _with(self, params):
        """The final estimator with other parameters."""
        there = copy(self.fitted)
        ends = np.size(there.coef_)
        there.coef_ = params[:ends].reshape(np.shape(there.coef_))
        if self.n_intercepts:
            there.intercept_ = params[ends:].reshape(np.shape(there.intercept_))
        return there

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
        features = _safe_indexing(self.features, keep)
        return self._values(refit_without(self.final, features, self.y[keep], weight, None)) - self.before

    def _values(self, estimator):
        each = self.measure(estimator, self.evaluated, self.question.y)
        weight = self.question.options.get("sample_weight")
        self._each = each if weight is None else each * weight
        self._terms = max(self._terms, _terms_of_predictions(estimator, self.evaluated, each))
        return self._each if self.question.options.get("aggregate") is False else self._each.sum()


def _terms_of_predictions(estimator, features, each):
    """Sizes of the terms that add up to linear predictions, in units of the values of a target of these."""
    if features is None or not hasattr(estimator, "coef_"):
        return 0.0
    features = features.toarray() if sparse.issparse(features) else features
    coef = np.atleast_2d(estimator.coef_)
    terms = np.abs(np.asarray(features, dtype=float)) @ np.abs(coef.T) + np.abs(estimator.intercept_).max()
    # a squared residual grows by the residual, an exponential by itself
    return float(terms.max() * max(1.0, np.abs(each).max()))


def libsvm_rounding(final, features):
    """Of the predictions of a machine whose kernels are held in single precision; 0 of other models."""
    if not isinstance(final, SVC | SVR) or features is None:
        return 0.0
    settings = {"gamma": final._gamma, "degree": final.degree, "coef0": final.coef0}
    if not len(final.support_):
        return 0.0
    kernels = pairwise_kernels(final.support_vectors_, features, metric=final.kernel, filter_params=True, **settings)
    dual = abs(final.dual_coef_)
    terms = np.asarray((dual.toarray() if sparse.issparse(dual) else dual) @ np.abs(kernels))
    return ROUNDINGS * np.finfo(np.float32).eps * terms.sum()


def _judged_again(fitted, reference, row, value, truth, allowed, stopped):
    """A word or a fault, where values differ by more than rounding: which of the two is at the optimum?"""
    said = f"without row {row}: {np.ravel(value)[:3]}, refits say {np.ravel(truth)[:3]}, allowed {np.max(allowed):.1e}"
    if "change the active set" in fitted.verdict_ and "0 rows would" not in fitted.verdict_:
        return "old active set", ""
    fault = ""
    if stopped and getattr(getattr(fitted.preparation_, "problem", None), "l1_penalty", None) is not None:
        # the objective of the refit is told on its own active set, which is none of an optimum
        return "the refit stopped early", ""
    if hasattr(fitted.preparation_, "params_change"):
        word, fault = _by_objective(fitted, row, reference.asked(fitted), allowed)
        if not fault:
            # the parameters are right: is the number theirs?
            there = reference.at_our_parameters(fitted, row)
            own = reference.rounding + _digits(fitted) * np.maximum(np.abs(value), np.abs(truth))
            same = np.isnan(there) | (np.abs(value - there) <= own)
            return (word, "") if np.all(same) else ("", f"{said}; at our own parameters it is {np.ravel(there)[:3]}")
    elif stopped:
        return "the refit stopped early", ""
    elif _leaves_intercept_open(fitted, row):
        return "open intercept", ""
    own = np.abs(reference.reordered(row) - truth)
    if np.all(np.abs(value - truth) <= allowed + WAYS * own):
        return "within the refit's error", ""
    return "", f"{said}; {fault}"


def _leaves_intercept_open(fitted, row):
    """Whether a support vector machine without a row has no coefficient between its bounds, but for rounding.

    Any intercept of an interval is an optimum then, and which of them libsvm returns is rounding, too.
    """
    refit = fitted.model_.refitted(np.array([row]))
    final = getattr(refit, "final", None)
    if not isinstance(final, SVC | SVR):
        return False
    # without the row the positions are others
    weight = np.delete(fitted.model_.row_weight, row)[final.support_]
    dual = final.dual_coef_.toarray() if sparse.issparse(final.dual_coef_) else final.dual_coef_
    classes = final.class_weight_[(dual[0] > 0).astype(int)] if isinstance(final, SVC) and len(dual) == 1 else 1.0
    share = np.abs(dual) / (final.C * classes * weight)
    return bool(((share < BOUND) | (share > 1 - BOUND)).all())


def _by_objective(fitted, row, question, allowed):
    """A word or a fault, by the refit's own objective: its gradient, and the step that is left, at either's parameters.

    A gradient of summands that vanish, as of a perfect fit, is all rounding, and so is a step along which the objective
    is nearly flat: a defect has both.
    """
    problem, change = fitted.problem_, fitted.preparation_.params_change[row]
    refit = fitted.model_.refitted(np.array([row]))
    ours = refit.at(problem.theta + change)
    gradients = ours.relative_gradient(), refit.relative_gradient()
    # nan where the fit itself has no optimum, which its verdict says
    if not gradients[0] > max(SOLVES, gradients[1]):
        return "stationary", ""
    if not has_gradient(question.target):
        if gradients[1] > SOLVES:
            return "neither is stationary", ""
        return "", f"relative gradients, ours and that of the refit, {gradients[0]:.1e} and {gradients[1]:.1e}"
    left = [_left(question, each) for each in (ours, refit)]
    if not left[0] > np.max(allowed) + WAYS * left[1]:
        return "no step left", ""
    told = " and ".join(f"{gradient:.1e} with a step of {step:.1e}" for gradient, step in zip(gradients, left))
    return "", f"relative gradients, ours and that of the refit, {told}"


def _left(question, problem):
    """What the Newton step that is left changes of the answers."""
    factor = AutoSolver().prepare(problem.curvature())
    step = factor.solve(-problem.gradient()[:, None]).value
    return np.abs(parameter_slopes(question, problem).T @ step).max()


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
    if asked.features is not None:
        # logarithms of probabilities are of size 1, also where they add up to nothing
        rounding += ROUNDINGS * np.finfo(float).eps * np.abs(fitted.model_.raw(asked.features)).max(initial=1)
    allowed = _digits(fitted) * np.abs(truths[known]).max(initial=0) + rounding
    wrong = [i for i in np.flatnonzero(known) if not abs(values[rows[i]] - truths[i]) <= allowed]
    if not wrong:
        return "confirmed by the package's refits", ""
    if "change the active set" in fitted.verdict_:
        return "old active set", ""
    row = rows[wrong[0]]
    if _has_constant_feature(fitted, row):
        return "constant feature", ""
    said = f"without row {row}: {values[row]}, refits say {truths[wrong[0]]}, allowed {allowed:.1e}"
    if not hasattr(fitted.preparation_, "params_change"):
        if stopped:
            return "the refit stopped early", ""
        return ("open intercept", "") if _leaves_intercept_open(fitted, row) else ("denied", said)
    word, fault = _by_objective(fitted, row, asked, allowed)
    return word, fault and f"{said}; {fault}"


def _has_constant_feature(fitted, row):
    """Whether rounding decides what scikit-learn's discriminants make of a feature that is constant without a row."""
    final = fitted.model_.final
    if not isinstance(final, LinearDiscriminantAnalysis | QuadraticDiscriminantAnalysis):
        return False
    keep = np.delete(np.arange(fitted.model_.n_rows), row)
    X, y = np.asarray(fitted.model_.X, dtype=float)[keep], np.ravel(np.asarray(fitted.model_.y))[keep]
    spread = np.max([np.ptp(X[y == label], axis=0) for label in np.unique(y)], axis=0)
    return bool((spread <= SOLVES * np.abs(X).max(axis=0)).any())


def _of_question(options):
    return {name: value for name, value in options.items() if name in ("sensitive_features", "sample_weight")}
