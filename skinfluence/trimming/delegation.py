"""Methods that a trimmer delegates to the refitted estimator, its tags and its metadata routing."""

from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OneToOneFeatureMixin
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._compat import know_fit_resample
from .._typing import Features, Labels, Weights
from .fitting import routing_enabled

__all__ = ["ROUTED", "DelegatesToEstimator"]

know_fit_resample()

#: fit arguments that reach a trimmer under metadata routing without a request call
ROUTED = dict.fromkeys(
    ("X_val", "y_val", "sample_weight_val", "sensitive_features", "sensitive_features_val", "sample_weight"),
    True,
)


def _estimator_has(method):
    def check(self):
        # without an estimator, fit chooses the default
        estimator = getattr(self, "estimator_", self.estimator)
        return estimator is None or hasattr(estimator, method)

    return check


class DelegatesToEstimator(MetaEstimatorMixin, OneToOneFeatureMixin, BaseEstimator):
    """Methods of ``estimator_``, which validates their arguments.

    There is no ``transform``: imbalanced-learn refuses a class that has it beside ``fit_resample``, and a
    plain Pipeline would call it and trim nothing.
    """

    _doc_link_module = "skinfluence"

    def _fitted(self):
        check_is_fitted(self, "estimator_")
        return self.estimator_

    @available_if(_estimator_has("predict"))
    def predict(self, X: Features, **params: Any) -> np.ndarray:
        """Predictions of the estimator that was fitted on the kept rows, shape (m,) or (m, K)."""
        return self._fitted().predict(X, **params)

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: Features, **params: Any) -> np.ndarray:
        """Class probabilities by the estimator that was fitted on the kept rows, shape (m, n_classes)."""
        return self._fitted().predict_proba(X, **params)

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Features, **params: Any) -> np.ndarray:
        """Logarithms of the class probabilities, shape (m, n_classes)."""
        return self._fitted().predict_log_proba(X, **params)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: Features, **params: Any) -> np.ndarray:
        """Decision values by the estimator that was fitted on the kept rows, shape (m,) or (m, n_classes)."""
        return self._fitted().decision_function(X, **params)

    @available_if(_estimator_has("score"))
    def score(self, X: Features, y: Labels, sample_weight: Weights = None) -> float:
        """Score of the estimator that was fitted on the kept rows; no row of X is dropped."""
        if sample_weight is None:
            return self._fitted().score(X, y)
        # weights are passed on, whether or not the steps of a Pipeline request them
        with sklearn.config_context(enable_metadata_routing=False):
            return self._fitted().score(X, y, sample_weight=sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.estimator is None:
            return tags
        inner = get_tags(self.estimator)
        for name in ("estimator_type", "classifier_tags", "regressor_tags", "target_tags"):
            setattr(tags, name, getattr(inner, name))
        for name in ("sparse", "allow_nan", "string", "categorical", "positive_only"):
            setattr(tags.input_tags, name, getattr(inner.input_tags, name))
        tags.target_tags.required = True
        return tags

    def get_metadata_routing(self) -> Any:
        """The trimmer requests its own fit arguments and those that the estimator requests."""
        router = MetadataRouter(owner=self).add_self_request(self)
        if self.estimator is None:
            return router
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def _estimator_params(self, fit_params):
        """The remaining arguments, for the estimator's fit."""
        if routing_enabled() and fit_params:
            return process_routing(self, "fit", **fit_params).estimator.fit
        return fit_params
