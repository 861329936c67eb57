"""Any fitted estimator as a map from rows to raw predictions, for methods that refit and look.

Supported linear models, and support vector machines without probabilities, give their own raw predictions and loss.
Others are read through predict_proba (logits, with the log-loss), decision_function (margins, no loss) or predict (half
squared error).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.svm import SVC, SVR
from sklearn.utils import _safe_indexing

from ..exceptions import UnsupportedEstimatorError, UnsupportedTargetError
from ..losses import BinaryLogLoss, HalfSquaredError, Loss, MultinomialLogLoss
from ._base import Adapter
from .adapt import adapter_of, final_features
from .neighbours import no_neighbours
from .registry import rule_for
from .support_vector_machines import decisions_of, loss_of
from .supports import supports

__all__ = ["FittedOutputs", "fitted_outputs"]

_EPS = np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class FittedOutputs:
    """What targets may ask of an estimator that has outputs but no parameters for us.

    Parameters
    ----------
    loss : Loss
        The pointwise loss of its raw predictions.
    final : estimator
        The fitted final estimator.
    transformers : sequence
        Fitted; applied first.
    read : callable
        Raw predictions (m, K) of a fitted estimator and features (m, p); a function of a module, so that it pickles.
    """

    loss: Loss
    final: Any
    transformers: tuple
    read: Any

    def raw(self, X: Any) -> np.ndarray:
        """Raw predictions of rows X, (m, K)."""
        for transformer in self.transformers:
            X = transformer.transform(X)
        return self.read(self.final, X)


class _UnknownLoss(Loss):
    """Margins of a classifier whose loss is not known."""

    name = "unknown"
    classification = True

    def _refuse(self, *_):
        raise UnsupportedTargetError(
            "the loss of this classifier is not known, for it has no predict_proba; use target='margin', or a "
            "classifier with probabilities"
        )

    value = gradient = hessian = predict_vjp = _refuse

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return raw


def fitted_outputs(final: Any, transformers: Sequence[Any] = ()) -> FittedOutputs:
    """The outputs of a fitted final estimator behind fitted transformers.

    Parameters
    ----------
    final : estimator
        Fitted.
    transformers : sequence
        Fitted; applied first.

    Returns
    -------
    FittedOutputs
    """
    loss, read = _reading(final)
    return FittedOutputs(loss, final, tuple(transformers), read)


def _reading(final):
    """The loss of an estimator's raw predictions, and the function that makes them."""
    # an estimator that is reduced, or no linear predictor, is read as the black box that it is
    if isinstance(rule_for(final)[0], Adapter) and supports(final)[0]:
        return adapter_of(final).loss(final), _linear
    if no_neighbours(final) is not None:
        return _reading_plain(final)[0], _within_radius
    return _reading_plain(final)


def _reading_plain(final):
    if isinstance(final, LinearDiscriminantAnalysis) and len(final.classes_) < 2:
        raise UnsupportedEstimatorError(
            "LinearDiscriminantAnalysis was fitted on one class, and predicts no probabilities then; fit it on rows of "
            "two classes"
        )
    if hasattr(final, "predict_proba"):
        loss = BinaryLogLoss() if len(final.classes_) == 2 else MultinomialLogLoss()
        return loss, _log_odds
    if isinstance(final, (SVC, SVR)):
        return loss_of(final), decisions_of
    if hasattr(final, "classes_"):
        return _UnknownLoss(), _decisions
    return HalfSquaredError(), _predictions


def _linear(final, X):
    X = final_features((), final, X)
    return adapter_of(final).raw(final, X)


def _log_odds(final, X):
    """Raw predictions whose log-loss is that of the probabilities; certain ones are rounded to 1 - eps."""
    p = np.clip(final.predict_proba(X), _EPS, 1 - _EPS)
    return logit(p[:, 1:]) if p.shape[1] == 2 else np.log(p)


def _within_radius(final, X):
    """nan for rows without neighbours, of which scikit-learn raises an error or warns."""
    there = np.flatnonzero([len(rows) for rows in final.radius_neighbors(X, return_distance=False)])
    raw = np.full((X.shape[0], _n_outputs(final)), np.nan)
    if len(there):
        raw[there] = _reading_plain(final)[1](final, _safe_indexing(X, there))
    return raw


def _n_outputs(final):
    """Number K of raw predictions of a row, of neighbours."""
    if hasattr(final, "classes_"):
        return 1 if len(final.classes_) == 2 else len(final.classes_)
    return 1 if np.ndim(final._y) == 1 else final._y.shape[1]


def _decisions(final, X):
    return _columns(final.decision_function(X))


def _predictions(final, X):
    return _columns(final.predict(X))


def _columns(values):
    values = np.asarray(values, dtype=np.float64)
    return values if values.ndim == 2 else values[:, None]
