"""The loss on evaluation rows that were moved up its own gradient in the features, FGSM and PGD."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from .adversarial import MovedLoss
from .rows import EvaluationRows

__all__ = ["FGSMLoss", "PGDLoss"]


class _GradientAttack(MovedLoss):
    """Steps up the loss of each row, x <- P(x + size * direction(d l / d x)), with P onto the ball around the row.

    For a linear model d l / d x = coef' c, with c the derivative of the loss in the raw predictions.
    """

    def check(self, rows: EvaluationRows | None) -> None:
        owner = type(self).__name__
        if not _positive(self.epsilon, zero=True):
            raise UnsupportedTargetError(
                f"epsilon of {owner} must be a finite number of at least 0, got {self.epsilon!r}"
            )
        if self.norm not in _BALLS:
            raise UnsupportedTargetError(f"norm of {owner} must be one of {sorted(_BALLS)}, got {self.norm!r}")

    def _climb(self, X, state, rows, n_steps, size):
        self.check(rows)
        direction, project = _BALLS[self.norm]
        change = np.zeros(X.shape)
        for _ in range(n_steps):
            uphill = rows.loss.gradient(state.raw(X + change), rows.y) @ state.problem.coef
            change = project(change + size * direction(uphill), self.epsilon)
        return X + change


class FGSMLoss(_GradientAttack):
    """The model's loss on evaluation rows after one step of length epsilon up the loss (fast gradient sign method).

    ::

        x' = x + epsilon sign(d l / d x)            in the l-inf ball
        x' = x + epsilon (d l / d x) / |d l / d x|  in the l2 ball

    Classifiers and regressors. For two classes, and for squared errors of one output, this is the worst move
    within the ball; for more classes :class:`PGDLoss` finds worse ones.

    Parameters
    ----------
    epsilon : float
        Length of the step, in units of the features that the final estimator sees, at least 0.
    norm : {"linf", "l2"}
        Of the ball.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a model that is not linear; a bad `epsilon` or `norm`.

    Notes
    -----
    The rows are moved once, against the fitted model, and are fixed from then on: see :class:`AdversarialLoss`. Rows
    whose loss has no gradient stay. The moved rows are dense; O(m p K).

    References
    ----------
    .. [1] Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015, section 4.

    Examples
    --------
    A residual of 1 grows by epsilon * (|2| + |-1|):

    >>> from types import SimpleNamespace
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import evaluation_rows
    >>> coef = np.array([[2.0, -1.0]])
    >>> linear = SimpleNamespace(problem=SimpleNamespace(coef=coef), raw=lambda X: X @ coef.T)
    >>> rows = evaluation_rows(HalfSquaredError(), [0.0])
    >>> FGSMLoss(epsilon=0.5).move(np.array([[1.0, 1.0]]), linear, rows)
    array([[1.5, 0.5]])
    """

    name = "fgsm_loss"

    def __init__(self, epsilon: float = 0.1, norm: str = "linf") -> None:
        self.epsilon = epsilon
        self.norm = norm

    def moved(self, X: Any, state: Any, rows: EvaluationRows | None) -> Any:
        return self._climb(X, state, rows, 1, self.epsilon)


class PGDLoss(_GradientAttack):
    """The model's loss on evaluation rows after several projected steps up the loss (projected gradient ascent).

    From the row itself, without a random start: x <- P(x + step_size * direction), with the directions of
    :class:`FGSMLoss` and P the projection onto the ball of radius epsilon around the row.

    Parameters
    ----------
    epsilon : float
        Radius of the ball, in units of the features that the final estimator sees, at least 0.
    norm : {"linf", "l2"}
        Of the ball.
    n_steps : int
        How many steps, at least 1.
    step_size : float or None
        Length of a step; None means 2.5 epsilon / n_steps, from which every point of the ball can be reached.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a model that is not linear; a bad parameter.

    Notes
    -----
    As for :class:`FGSMLoss`, `n_steps` times the cost.

    References
    ----------
    .. [1] Madry, Makelov, Schmidt, Tsipras and Vladu, "Towards deep learning models resistant to adversarial
       attacks", ICLR 2018, section 2.1.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import evaluation_rows
    >>> coef = np.array([[3.0, -4.0]])
    >>> linear = SimpleNamespace(problem=SimpleNamespace(coef=coef), raw=lambda X: X @ coef.T)
    >>> rows = evaluation_rows(HalfSquaredError(), [-7.0])
    >>> PGDLoss(epsilon=0.5, norm="l2").move(np.array([[1.0, 1.0]]), linear, rows).round(12)
    array([[1.3, 0.6]])
    """

    name = "pgd_loss"

    def __init__(
        self, epsilon: float = 0.1, norm: str = "linf", n_steps: int = 10, step_size: float | None = None
    ) -> None:
        self.epsilon = epsilon
        self.norm = norm
        self.n_steps = n_steps
        self.step_size = step_size

    def check(self, rows: EvaluationRows | None) -> None:
        super().check(rows)
        if not isinstance(self.n_steps, Integral) or self.n_steps < 1:
            raise UnsupportedTargetError(f"n_steps of PGDLoss must be an integer of at least 1, got {self.n_steps!r}")
        if self.step_size is not None and not _positive(self.step_size):
            raise UnsupportedTargetError(
                f"step_size of PGDLoss must be a positive finite number or None, got {self.step_size!r}"
            )

    def moved(self, X: Any, state: Any, rows: EvaluationRows | None) -> Any:
        size = 2.5 * self.epsilon / self.n_steps if self.step_size is None else self.step_size
        return self._climb(X, state, rows, self.n_steps, size)


def _positive(value, *, zero=False):
    return isinstance(value, Real) and np.isfinite(value) and (value > 0 or (zero and value == 0))


def _unit(gradient):
    """Rows of length 1; rows of zeros stay."""
    # scaled by the largest entry first: squares of saturated gradients underflow
    largest = np.abs(gradient).max(axis=1, keepdims=True)
    scaled = gradient / np.where(largest > 0, largest, 1)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    return scaled / np.where(length > 0, length, 1)


def _shrink(change, radius):
    """Projection of each row onto the l2 ball."""
    length = np.linalg.norm(change, axis=1, keepdims=True)
    return change * np.minimum(1, radius / np.where(length > 0, length, 1))


#: direction of steepest ascent, and projection onto the ball
_BALLS = {"linf": (np.sign, lambda change, radius: np.clip(change, -radius, radius)), "l2": (_unit, _shrink)}
