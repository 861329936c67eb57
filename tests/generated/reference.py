"""Effects by refits of the final estimator, as scikit-learn makes and reads them."""

from copy import copy

import numpy as np
from scipy import sparse
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR
from sklearn.utils import _safe_indexing

from generated.truth import refit_without
from skinfluence.adapters import unwrap
from skinfluence.adapters.labels import plain_labels

__all__ = ["ROUNDINGS", "Reference", "libsvm_rounding", "of_question"]

#: roundings on the way to f and in the difference of two of them, as fidelity reports count them
ROUNDINGS = 64


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
        asked = fitted.question(question.X, question.y, target=question.target, **of_question(question.options))
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
        except (ValueError, IndexError):
            # also a probability of a class that is gone
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


def of_question(options):
    return {name: value for name, value in options.items() if name in ("sensitive_features", "sample_weight")}
