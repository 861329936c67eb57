"""The loss on evaluation rows that were moved across the decision boundary of a linear model."""

from numbers import Real

import numpy as np
from scipy.sparse import issparse

from ..exceptions import UnsupportedTargetError
from .pointwise import LossOfRow, PointwiseTarget

__all__ = ["AdversarialLoss"]


class AdversarialLoss(LossOfRow, PointwiseTarget):
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
    >>> linear = SimpleNamespace(coef=coef, intercept=np.zeros(1), raw=lambda X: X @ coef.T)
    >>> AdversarialLoss(gamma=1.5).move(np.array([[4.0, 7.0]]), linear)
    array([[-2.,  7.]])
    """

    name = "adversarial_loss"
    greater_is_better = False
    unit = "weighted sum of the model's loss on moved rows"
    moves = True

    def __init__(self, gamma=1.3):
        self.gamma = gamma

    def check(self, rows):
        if not isinstance(self.gamma, Real) or not 0 <= self.gamma < np.inf:
            raise UnsupportedTargetError(
                f"gamma of AdversarialLoss must be a finite number of at least 0, got {self.gamma!r}"
            )
        if rows.classes is None:
            raise UnsupportedTargetError(
                "the target 'adversarial_loss' moves rows across a decision boundary, but the model is a "
                "regressor; use 'loss'"
            )

    def move(self, X, problem):
        """The moved rows, a dense (m, p) array, from dense or sparse `X`."""
        coef = getattr(problem, "coef", None)
        if coef is None:
            raise UnsupportedTargetError(
                "the target 'adversarial_loss' needs a linear model, whose boundary is a plane; the model "
                "has no coefficients"
            )
        raw = problem.raw(X)
        if len(coef) == 1:  # one decision value is the difference of two classes
            coef, raw = np.vstack([np.zeros_like(coef), coef]), np.hstack([np.zeros_like(raw), raw])
        step = self.gamma * _to_boundary(raw, coef)
        return (X.toarray() if issparse(X) else np.asarray(X)) + step


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
