"""The evaluation rows as targets see them: labels, weights and groups, no features."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from .._typing import ArrayLike
from ..exceptions import UnsupportedTargetError
from ..losses import Loss
from ..losses.reporting import Reporting
from .groups import check_groups

__all__ = ["EvaluationRows", "check_weights", "evaluation_rows"]


@dataclass(frozen=True)
class EvaluationRows:
    """What a target may know of the m rows it is evaluated on, besides their raw predictions.

    Parameters
    ----------
    loss : Loss
        The model's own pointwise loss.
    y : ndarray of shape (m,) or (m, K)
        Class codes of a classifier, real labels of a regressor.
    sample_weight : ndarray of shape (m,)
        Weight of each evaluation row; ones when none were given.
    groups : ndarray of shape (m,) or None
        Codes 0..G-1 of the groups.
    group_names : ndarray of shape (G,) or None
        What the codes stand for.
    classes : ndarray or None
        ``classes_`` of the estimator, None for regressors.
    reporting : Reporting or None
        How the estimator reports its predictions, where it does otherwise than the loss.
    given : ndarray of shape (m,) or None
        Labels as the user gave them, where the loss takes others.

    See Also
    --------
    evaluation_rows : Builds one from unchecked input.
    """

    loss: Loss
    y: np.ndarray
    sample_weight: np.ndarray
    groups: np.ndarray | None = None
    group_names: np.ndarray | None = None
    classes: np.ndarray | None = None
    reporting: Reporting | None = None
    given: np.ndarray | None = None

    def __len__(self):
        return len(self.y)

    @property
    def has_probabilities(self) -> bool:
        """Whether the model reports class probabilities; least squares and hinge classifiers do not."""
        return self.classes is not None and (self.loss.probabilistic or self.calibrated)

    @property
    def calibrated(self) -> bool:
        """Whether class probabilities are others than those of the loss."""
        return self.reporting is not None and self.reporting.calibrate is not None

    @property
    def codes(self) -> np.ndarray:
        """Class code of each row of a classifier, shape (m,)."""
        return self.y.astype(np.intp)

    @property
    def labels(self) -> np.ndarray:
        """Labels as the user knows them: classes of a classifier, numbers of a regressor."""
        if self.classes is not None:
            return self.classes[self.codes]
        return self.y if self.given is None else self.given

    @property
    def _inverted(self):
        return self.reporting is not None and self.reporting.inverse is not None

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """What the estimator predicts: class probabilities, or numbers in the unit of its labels."""
        if self.reporting and self.calibrated:
            return self.reporting.probabilities(raw)
        predictions = self.loss.predict(raw)
        return self.reporting.predict(predictions) if self.reporting and self._inverted else predictions

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Pull a gradient on what it predicts back to the raw predictions."""
        if self.reporting and self.calibrated:
            return self.reporting.probabilities_vjp(raw, cotangent)
        if self.reporting and self._inverted:
            cotangent = self.reporting.predict_vjp(self.loss.predict(raw), cotangent)
        return self.loss.predict_vjp(raw, cotangent)

    def predict_remainder(self, raw: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Bound on what :meth:`predict` bends; infinite where none is known."""
        if self.classes is not None and self.calibrated:
            return np.full((len(raw), len(self.classes)), np.inf)
        remainder = self.loss.predict_remainder(raw, radius)
        return np.full_like(remainder, np.inf) if self._inverted else remainder

    def take(self, index: Any) -> Self:
        """Some of the rows, by slice or positions, in that order."""
        groups = None if self.groups is None else self.groups[index]
        given = None if self.given is None else self.given[index]
        return replace(self, y=self.y[index], sample_weight=self.sample_weight[index], groups=groups, given=given)

    def weigh(self, values: np.ndarray) -> np.ndarray:
        """`values` of shape (m, ...) times the weight of their row."""
        return np.einsum("i,i...->i...", self.sample_weight, values)


class _NoLoss(Loss):
    """Rows that have no loss of their own: targets that are made of one are refused."""

    name = "none"

    def _refuse(self, *_):
        raise UnsupportedTargetError(
            "the rows of this model have no loss and no response of their own; use one of the targets that are made "
            "for such models (of survival: 'log_hazard', 'relative_risk', 'partial_likelihood'), or a FunctionTarget"
        )

    value = gradient = hessian = predict = predict_vjp = _refuse


def evaluation_rows(
    loss: Any,
    y: Any,
    *,
    X: Any = None,
    sensitive_features: Any = None,
    sample_weight: Any = None,
    classes: ArrayLike | None = None,
    reporting: Reporting | None = None,
    given: Any = None,
) -> EvaluationRows:
    """Evaluation rows from what a user hands in, checked.

    Parameters
    ----------
    loss : Loss or None
        The model's own pointwise loss; None where rows have none of their own, as in a Cox regression.
    y : array-like of shape (m,) or (m, K)
        Encoded labels: class codes, or real numbers.
    X : array-like, DataFrame or None
        The raw evaluation rows; needed only where `sensitive_features` names columns of it.
    sensitive_features : array-like, str, list of str or None
        See :func:`~skinfluence.targets.check_groups`.
    sample_weight : array-like of shape (m,) or None
        Non-negative weights of the evaluation rows, None for ones.
    classes : array-like or None
        ``classes_`` of a classifier, None for a regressor.
    reporting, given
        As for :class:`EvaluationRows`.

    Returns
    -------
    EvaluationRows

    Raises
    ------
    UnsupportedTargetError
        No rows; weights of another length, negative, not finite or all zero; groups that cannot be read.

    Examples
    --------
    >>> from skinfluence.losses import BinaryLogLoss
    >>> groups = ["b", "a", "b"]
    >>> rows = evaluation_rows(BinaryLogLoss(), [0, 1, 1], sensitive_features=groups, classes=["no", "yes"])
    >>> rows.groups.tolist(), rows.group_names.tolist(), rows.sample_weight.tolist()
    ([1, 0, 1], ['a', 'b'], [1.0, 1.0, 1.0])
    """
    y = np.asarray(y)
    if y.ndim == 0 or len(y) == 0:
        raise UnsupportedTargetError(
            f"the evaluation set is empty (y has shape {y.shape}); a target needs at least one evaluation row"
        )
    groups, group_names = check_groups(sensitive_features, len(y), X)
    loss = _NoLoss() if loss is None else loss
    classes = None if classes is None else np.asarray(classes)
    given = None if given is None else np.asarray(given)
    weight = check_weights(sample_weight, len(y))
    return EvaluationRows(loss, y, weight, groups, group_names, classes, reporting, given)


def check_weights(sample_weight: Any, n_rows: int) -> np.ndarray:
    """Weights of the evaluation rows as floats, ones when none are given.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,) or None
        The weights.
    n_rows : int
        How many evaluation rows there are.

    Returns
    -------
    ndarray of shape (n_rows,)

    Raises
    ------
    UnsupportedTargetError
        Another shape, a negative or non-finite weight, or no positive one.

    Examples
    --------
    >>> check_weights([1, 2], 2)
    array([1., 2.])
    """
    if sample_weight is None:
        return np.ones(n_rows)
    weight = np.asarray(sample_weight, dtype=np.float64)
    prefix = "sample_weight of the evaluation rows "
    if weight.shape != (n_rows,):
        raise UnsupportedTargetError(f"{prefix}has shape {weight.shape}; give one weight for each of {n_rows} rows")
    if not np.isfinite(weight).all():
        raise UnsupportedTargetError(
            f"{prefix}holds NaN or infinity in row {np.argmin(np.isfinite(weight))}; drop such rows"
        )
    if weight.min() < 0:
        raise UnsupportedTargetError(
            f"{prefix}has a negative value, {weight.min():g} in row {weight.argmin()}; weights must be at least 0"
        )
    if not weight.any():
        raise UnsupportedTargetError(f"{prefix}is all zero; at least one row needs a positive weight")
    return weight
