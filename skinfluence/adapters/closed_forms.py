"""Classifiers in closed form, made of weighted sums over the rows: a deletion is exact in these."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted

from ..exceptions import StationarityError
from ..losses import BinaryLogLoss, MultinomialLogLoss
from ..problems import GaussianBayes, LinearDiscriminant, StatisticsProblem
from .adapt import check_some_weight, final_features
from .labels import encode_labels
from .model import Model, ModelAdapter
from .names import feature_names
from .unwrap import unwrap

__all__ = ["ClosedFormModel", "DiscriminantAdapter", "NaiveBayesAdapter"]

#: raw predictions of the closed form and of the estimator differ by so much when its rows are others
REPRODUCED = 1e-6


@dataclass(frozen=True, eq=False)
class ClosedFormModel(Model):
    """A fitted classifier in closed form.

    Parameters
    ----------
    problem : StatisticsProblem
        Its sums.
    transformers : tuple
        Fitted preprocessing before it, held fixed.
    final : estimator
        Fitted.
    sample_weight : ndarray of shape (n,)
        Ones when none.
    """

    problem: StatisticsProblem
    transformers: tuple
    final: Any
    sample_weight: np.ndarray

    @property
    def classes(self) -> np.ndarray | None:
        """Class labels."""
        return self.final.classes_

    @property
    def takes_weights(self) -> bool:
        """Whether the rows may have weights."""
        return isinstance(self.final, GaussianNB)

    def features(self, X: Any) -> Any:
        """Features that the final estimator sees, from raw rows."""
        return _dense(final_features(self.transformers, self.final, X))

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Class codes."""
        return encode_labels(y, self.classes)

    def refitted(self, rows: np.ndarray) -> Any:
        """The problem of the final estimator fitted without some rows, on those that are left."""
        problem = self.problem
        keep = np.setdiff1d(np.arange(problem.n_rows), rows)
        X, codes, weight = problem.Z[keep] + problem.centre, problem.y[keep], self.sample_weight[keep]
        given = {"sample_weight": weight} if self.takes_weights else {}
        final = clone(self.final).fit(X, self.classes[codes], **given)
        return _problem(final, X, codes, weight, problem.centre, problem.feature_names)


class _ClosedForm:
    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> ClosedFormModel:
        """The fitted model, in any nesting of Pipelines and searches, on its rows."""
        transformers, final = unwrap(model)
        check_is_fitted(final)
        features = _dense(final_features(transformers, final, X))
        check_consistent_length(features, y)
        codes = encode_labels(y, final.classes_)
        weight = self._weight(features, sample_weight)
        check_some_weight(weight)
        centre = features.mean(axis=0)
        names = tuple(feature_names(transformers, final, features.shape[1]))
        problem = _problem(final, features, codes, weight, centre, names)
        _check_reproduced(problem, final, features)
        return ClosedFormModel(problem, tuple(transformers), final, weight)

    def _weight(self, features, sample_weight):
        return _check_sample_weight(sample_weight, features, dtype=np.float64, ensure_non_negative=True)


class NaiveBayesAdapter(_ClosedForm, ModelAdapter):
    """Its counts, means and variances, smoothed and with priors as they were asked for."""

    estimators = (GaussianNB,)


class DiscriminantAdapter(_ClosedForm, ModelAdapter):
    """Its means, priors and covariance, also with a fixed shrinkage."""

    estimators = (LinearDiscriminantAnalysis,)

    def reason_against(self, model: Any) -> str | None:
        if model.covariance_estimator is not None:
            return "covariance_estimator is no sum over the rows; use covariance_estimator=None, or a fixed shrinkage"
        if isinstance(model.shrinkage, str):
            return (
                f"shrinkage={model.shrinkage!r} is chosen anew when a row leaves; use a number, such as the one that "
                "sklearn.covariance.ledoit_wolf returns, or LeaveOneOut(estimator, method='refit')"
            )
        return None

    def _weight(self, features, sample_weight):
        if sample_weight is not None:
            raise ValueError("LinearDiscriminantAnalysis takes no sample_weight; leave it out, or use GaussianNB")
        return np.ones(len(features))


def _dense(X):
    # scikit-learn fits these on dense rows alone, but predicts on sparse ones
    return X.toarray() if sparse.issparse(X) else X


def _problem(final, X, codes, weight, centre, names):
    """The sums of the rows, under the form that makes the estimator of them."""
    problems = [
        StatisticsProblem.of_rows(
            form,
            X,
            codes,
            weight,
            centre,
            loss=BinaryLogLoss() if form.n_outputs == 1 else MultinomialLogLoss(),
            class_names=tuple(str(label) for label in final.classes_),
            feature_names=names,
        )
        for form in _forms(final, centre)
    ]
    return min(problems, key=lambda problem: _difference(problem, final, X))


def _forms(final, centre):
    p, K = len(centre), len(final.classes_)
    if isinstance(final, GaussianNB):
        priors = None if final.priors is None else np.asarray(final.priors, dtype=np.float64)
        return [GaussianBayes(p, K, priors, final.var_smoothing)]
    # normalised where they were given
    priors = None if final.priors is None else np.asarray(final.priors_, dtype=np.float64)
    if final.solver != "svd":
        return [LinearDiscriminant(p, K, priors, centre, final.shrinkage or 0.0)]
    # degrees of freedom differ between versions of scikit-learn
    return [LinearDiscriminant(p, K, priors, centre, pooled=True, lost=lost) for lost in (0, K)]


def _difference(problem, final, X):
    """Largest difference of raw predictions of the closed form and the estimator, relative to the largest."""
    theirs = _raw(final, X)
    with np.errstate(invalid="ignore"):
        difference = np.max(np.abs(problem.raw(X) - theirs)) / max(np.max(np.abs(theirs)), 1.0)
    return difference if np.isfinite(difference) else np.inf


def _check_reproduced(problem, final, X):
    """Refuse rows that do not make the fitted estimator.

    Raises
    ------
    StationarityError
        With the size of the difference, and what else it may come from.
    """
    differ = _difference(problem, final, X)
    if differ > REPRODUCED:
        raise StationarityError(
            f"the closed form of {type(final).__name__} on the rows given differs from the fitted one by {differ:.1g} "
            "of its decision values. Pass exactly the X, y and sample_weight of fit (raw, as the outer estimator takes "
            "them, in the same column order), all in one call of fit; if they are, its covariance is singular: drop "
            "redundant features, or give it a fixed shrinkage"
        )


def _raw(final, X):
    """Raw predictions of the fitted estimator, one column for two classes."""
    if not isinstance(final, GaussianNB):
        raw = final.decision_function(X)
        return raw if raw.ndim == 2 else raw[:, None]
    raw = final.predict_joint_log_proba(X)
    return raw if raw.shape[1] > 2 else raw[:, 1:] - raw[:, :1]
