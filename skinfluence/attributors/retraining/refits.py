"""Refitting the user's estimator, whatever it is, once for each deletion."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_sample_weight, _num_samples

from ...adapters import encode_labels, fit_estimator, fitted_outputs, unwrap
from ...exceptions import UnsupportedTargetError
from ...targets import evaluation_rows
from ..question import Question

__all__ = ["Refits"]


class Refits:
    """Effects of deletions by refits.

    Parameters
    ----------
    estimator : fitted estimator
        What is refitted: all of it, or its final step on features that its fitted preprocessing made once.
    X, y, sample_weight
        Training rows.
    refit_preprocessing : bool
        Refit every step.
    n_jobs, verbose
        Of joblib.
    """

    def __init__(self, estimator, X, y, sample_weight, *, refit_preprocessing, n_jobs, verbose):
        self.transformers, self.final = ([], estimator) if refit_preprocessing else unwrap(estimator)
        self.X, self.y, self.sample_weight = self._features(X), y, sample_weight
        self.n_jobs, self.verbose = n_jobs, verbose
        self.n_rows = _num_samples(X)
        self.weight = _check_sample_weight(sample_weight, np.empty((self.n_rows, 1)))
        self.outputs = self._outputs(self.final)

    @property
    def classes(self):
        """Class labels, None for regressors."""
        return getattr(self.final, "classes_", None)

    def _features(self, X):
        for transformer in self.transformers:
            X = transformer.transform(X)
        return X

    @staticmethod
    def _outputs(fitted):
        """Outputs of a fitted estimator, its own preprocessing included."""
        transformers, final = unwrap(fitted)
        return fitted_outputs(final, transformers)

    def question(self, X, y, target, sensitive_features, sample_weight):
        """The target on evaluation rows, at the estimator as it was fitted."""
        if X is None or y is None:
            raise UnsupportedTargetError(f"the target {target.name!r} is measured on evaluation rows; pass X and y")
        encoded = np.asarray(y, dtype=np.float64) if self.classes is None else encode_labels(y, self.classes)
        rows = evaluation_rows(
            self.outputs.loss,
            encoded,
            X=X,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
            classes=self.classes,
        )
        return Question(target, self.outputs, self._features(X), rows)

    def effects(self, question, sets, aggregate=True):
        """f after each joint deletion, minus f: (G,), or (G, m); nan where the deletion empties a class."""
        tasks = (delayed(self._value)(question, rows, aggregate) for rows in sets)
        values = np.array(Parallel(n_jobs=self.n_jobs, verbose=self.verbose)(tasks))
        return values - _value(question, aggregate)

    def _value(self, question, rows, aggregate):
        keep = np.setdiff1d(np.arange(self.n_rows), rows)
        if not self.weight[keep].any() or self._empties_class(keep):
            return np.full(() if aggregate else len(question), np.nan)
        return _value(self._at(question, self._refit(keep)), aggregate)

    def _empties_class(self, keep):
        return self.classes is not None and len(np.unique(np.asarray(self.y)[keep])) < len(self.classes)

    def _refit(self, keep):
        weight = None if self.sample_weight is None else self.weight[keep]
        X, y = _safe_indexing(self.X, keep), _safe_indexing(self.y, keep)
        return fit_estimator(clone(self.final), X, y, weight)

    def _at(self, question, fitted):
        return Question(question.target, self._outputs(fitted), question.features, question.rows)


def _value(question, aggregate):
    return question.value() if aggregate else question.row_values()
