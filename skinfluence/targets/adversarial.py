"""The loss on evaluation rows that were moved against a linear model, and the move across its decision boundary."""

from abc import abstractmethod
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ..exceptions import UnsupportedTargetError
from .pointwise import LossOfRow, PointwiseTarget
from .raw import Moves
from .rows import EvaluationRows

__all__ = ["AdversarialLoss", "MovedLoss"]


class MovedLoss(LossOfRow, Moves, PointwiseTarget):
    """The model's loss on rows that were moved once, against the fitted linear model, and are fixed from then on.

    A subclass states the moved rows.
    """

    greater_is_better = False
    unit = "weighted sum of the model's loss on moved rows"

    @abstractmethod
    def moved(self, X: Any, state: Any, rows: EvaluationRows | None) -> Any:
        """Moved rows (m, p) of dense `X`."""

    def move(self, X: Any, state: Any, rows: EvaluationRows | None) -> Any:
        """The moved rows, a dense (m, p) array, from dense or sparse `X`."""
        if getattr(getattr(state, "problem", None), "coef", None) is None:
            raise UnsupportedTargetError(
                f"the target {self.name!r} needs a linear model, whose gradients in the features are its "
                "coefficients; the model has no coefficients"
            )
        return self.moved(X.toarray() if issparse(X) else np.asarray(X), state, rows)


class AdversarialLoss(MovedLoss):
    """The model's loss on evaluation rows moved orthogonally past the boundary of a linear classifier.

    Two classes::

        x' = x - gamma (w.x + b) / (w.w) w

    gamma = 1 ends on the boundary, gamma > 1 behind it. More classes: the same step across the nearest
    boundary between the predicted class c and another class k, with w = w_c - w_k and b = b_c - b_k (the
    nearest face of the region of c, so the step meets no other boundary before).

    Parameters
    ----------
    gamma : float
        Length of the step in distances to the boundary, at least 0.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a regressor; a model that is not linear; coefficients that are zero (or equal for all
        classes); a negative or non-finite gamma.

    Notes
    -----
    The rows are moved once, against the fitted model, and are *fixed* from then on, also when the loss of
    other parameters is asked for: the target measures robustness against this one frozen adversarial set, as
    the paper does. It says nothing about an attacker who moves the rows anew against the trimmed model: with
    gamma > 1 such an attacker flips every prediction of any linear model, and the accuracy under attack is 1
    minus the clean accuracy whatever was trimmed.

    The moved rows are dense, also when `X` is sparse: m p floats. O(m p) for two classes, O(m p K) for more.

    References
    ----------
    .. [1] Megyeri, Hegedus and Jelasity, "Adversarial robustness of linear models: regularization and
       dimensionality", ESANN 2019.
    .. [2] Chhabra, Li, Mohapatra and Liu, "What data benefits my classifier?", ICLR 2024, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> coef = np.array([[2.0, 0.0]])
    >>> linear = SimpleNamespace(problem=SimpleNamespace(coef=coef), raw=lambda X: X @ coef.T)
    >>> AdversarialLoss(gamma=1.5).move(np.array([[4.0, 7.0]]), linear, rows=None)
    array([[-2.,  7.]])
    """

    name = "adversarial_loss"

    def __init__(self, gamma: float = 1.3) -> None:
        self.gamma = gamma

    def check(self, rows: EvaluationRows | None) -> None:
        if not isinstance(self.gamma, Real) or not 0 <= self.gamma < np.inf:
            raise UnsupportedTargetError(
                f"gamma of AdversarialLoss must be a finite number of at least 0, got {self.gamma!r}"
            )
        if rows.classes is None:
            raise UnsupportedTargetError(
                "the target 'adversarial_loss' moves rows across a decision boundary, but the model is a "
                "regressor; use 'fgsm_loss', or 'loss'"
            )

    def moved(self, X: Any, state: Any, rows: EvaluationRows | None) -> Any:
        coef, raw = state.problem.coef, state.raw(X)
        if len(coef) == 1:  # one decision value is the difference of two classes
            coef, raw = np.vstack([np.zeros_like(coef), coef]), np.hstack([np.zeros_like(raw), raw])
        return X + self.gamma * _to_boundary(raw, coef)


def _to_boundary(raw, coef):
    """Shortest step (m, p) of each row to a boundary of its predicted class; raw is (m, K), coef (K, p)."""
    rows, predicted = np.arange(len(raw)), raw.argmax(axis=1)
    margin = raw[rows, predicted, None] - raw
    norm = np.linalg.norm(coef[:, None] - coef, axis=2)[predicted]
    # classes with the same coefficients have no boundary
    distance = np.divide(margin, norm, out=np.full_like(margin, np.inf), where=norm > 0)
    nearest = distance.argmin(axis=1)
    if np.isinf(distance[rows, nearest]).any():
        raise UnsupportedTargetError(
            "the target 'adversarial_loss' has no boundary to move rows across: the coefficients are zero, "
            "or the same for all classes; weaken the penalty of the model, or use 'loss'"
        )
    # -(distance) (w_c - w_k) / |w_c - w_k|
    scale = distance[rows, nearest] / norm[rows, nearest]
    return scale[:, None] * (coef[nearest] - coef[predicted])
