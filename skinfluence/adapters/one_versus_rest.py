"""OneVsRestClassifier: K classifiers of one class against the rest, as one problem of K outputs."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.multiclass import OneVsRestClassifier

from .._typing import Features, Labels
from ..losses import Loss, OneVersusRestLoss
from ._base import Adapter, Objective
from .adapt import adapter_of
from .reducing import Reduced, Reduction, reduction_of
from .unwrap import is_fitted, unwrap_settings

__all__ = ["OneVersusRest", "OneVersusRestAdapter", "OneVersusRestReduction"]


class OneVersusRest(ClassifierMixin, BaseEstimator):
    """OneVsRestClassifier that takes weights and shows its coefficients.

    Parameters
    ----------
    estimator : estimator
        Of two classes, unfitted.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Features, y: Labels, sample_weight: Any = None) -> Self:
        """One classifier for each class; with two classes, one in all."""
        self.classes_ = np.unique(y)
        positive = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        fits = (clone(self.estimator).fit(X, (y == label).astype(int), sample_weight) for label in positive)
        return self._of(self.classes_, list(fits))

    def _of(self, classes, parts):
        self.classes_, self.estimators_ = classes, parts
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(parts[0], name):
                setattr(self, name, getattr(parts[0], name))
        return self

    @classmethod
    def of(cls, fitted: Any) -> Self:
        """A fitted OneVsRestClassifier, its classifiers shared."""
        return cls(fitted.estimator)._of(fitted.classes_, fitted.estimators_)

    @property
    def coef_(self) -> np.ndarray:
        """Coefficients, (K, p); (1, p) for two classes."""
        return np.vstack([part.coef_ for part in self.estimators_])

    @property
    def intercept_(self) -> np.ndarray:
        """Intercepts, (K,)."""
        return np.concatenate([np.ravel(part.intercept_) for part in self.estimators_])

    @property
    def fit_intercept(self) -> bool:
        """As the classifiers have it."""
        return self.estimators_[0].fit_intercept

    @property
    def n_iter_(self) -> Any:
        """The most iterations of any classifier, None where they do not count them."""
        counts = [getattr(part, "n_iter_", None) for part in self.estimators_]
        return None if None in counts else np.max(counts)

    @property
    def max_iter(self) -> Any:
        """The iteration limit of each classifier."""
        return getattr(self.estimator, "max_iter", None)

    @property
    def tol(self) -> Any:
        """The tolerance of each classifier."""
        return getattr(self.estimator, "tol", None)


class OneVersusRestReduction(Reduction):
    """Classifiers that are fitted on the features themselves."""

    estimators = (OneVsRestClassifier,)

    def reason_against(self, estimator: Any) -> str | None:
        inner = estimator.estimator
        name = type(inner).__name__
        if unwrap_settings(inner)[1] is not inner or reduction_of(inner) is not None:
            return (
                f"{name} inside is fitted anew for each class; put preprocessing before, as in "
                "make_pipeline(preprocessing, OneVsRestClassifier(model)), and searches around"
            )
        if not is_classifier(inner):
            return f"{name} inside is no classifier; use RidgeClassifier or LogisticRegression"
        if hasattr(inner, "cv"):
            return f"{name} inside chooses a penalty for each class anew; use the chosen one, or a search around"
        if not adapter_of(inner, estimator).converges:
            return f"{name} inside stops away from its optimum, and takes several classes itself; use it as it is"
        if is_fitted(estimator) and estimator.multilabel_:
            return "rows with several labels have no treatment; use one attributor for each column of y"
        return None

    def inner(self, estimator: Any) -> Any:
        return estimator.estimator

    def reduce(self, estimator: Any) -> Reduced:
        return Reduced(OneVersusRest.of(estimator))


class OneVersusRestAdapter(Adapter):
    """The binary model's loss summed over classes, and its penalty for each."""

    estimators = (OneVersusRest,)

    def plain(self, estimator: Any) -> Any:
        part = estimator.estimators_[0]
        return OneVersusRest(adapter_of(part).plain(part))

    def loss(self, estimator: Any) -> Loss:
        part = estimator.estimators_[0]
        loss = adapter_of(part).loss(part)
        return loss if len(estimator.estimators_) == 1 else OneVersusRestLoss(loss)

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        parts = estimator.estimators_
        stated = adapter_of(parts[0]).objectives(parts[0], y, codes, sample_weight)
        # the classifiers know the rest as class 0 and their own as class 1
        against_rest = "both" if len(parts) > 1 else None
        return [replace(objective, y=codes, against_rest=against_rest) for objective in stated]
