"""What every target knows: a scalar of the raw predictions on the evaluation rows, and its gradient."""

from abc import ABC, abstractmethod
from numbers import Real

from sklearn.base import BaseEstimator

from ..exceptions import UnsupportedQuestionError

__all__ = ["Target", "not_additive"]


class Target(BaseEstimator, ABC):
    """A scalar f of the raw predictions on the evaluation rows.

    A subclass states :meth:`value` and :meth:`gradient`, and in :meth:`check` what it needs; it stores its
    parameters and nothing else, so that ``clone``, ``repr`` and ``set_params`` work. Targets add and scale:
    ``DemographicParity() + 0.5 * Loss()``.

    Attributes
    ----------
    name : str
        By what the target is asked for and called in results.
    unit : str
        Unit of its value.
    greater_is_better : bool or None
        None when f has no better direction.
    additive : bool
        f is the weighted *sum* over the evaluation rows of one number each.
    needs_groups : bool
        f needs ``sensitive_features``.
    of_theta : bool
        f is a function of the parameters themselves: ``value(state)`` and ``gradient(state)``, of states that have
        ``theta`` and ``problem``.
    of_presence : bool
        f of the parameters also depends on which objects are there.
    moves : bool
        :meth:`move` changes the features of the evaluation rows.
    differentiable : bool
        f has a gradient; without one it is evaluated at moved parameters only.
    numerical : bool
        The gradient is taken by differences in the parameters, for :meth:`gradient` is not known.

    Examples
    --------
    The square of the mean raw prediction, as a target of one's own:

    >>> class SquaredMean(Target):
    ...     name, unit, greater_is_better = "squared_mean", "raw squared", None
    ...     def value(self, raw, rows):
    ...         return raw[:, 0].mean(axis=0) ** 2
    ...     def gradient(self, raw, rows):
    ...         return np.full_like(raw, 2 * raw.mean() / len(raw))
    >>> import numpy as np
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import Loss, evaluation_rows
    >>> float(SquaredMean().value(np.array([[1.0], [3.0]]), evaluation_rows(HalfSquaredError(), [0.0, 0.0])))
    4.0
    >>> Loss() - 2 * SquaredMean()
    Loss() - 2 * SquaredMean()
    """

    name: str
    unit: str
    greater_is_better: bool | None
    additive = False
    needs_groups = False
    of_theta = False
    of_presence = False
    moves = False
    differentiable = True
    numerical = False
    # NumPy numbers leave products with a target to the target
    __array_ufunc__ = None

    @abstractmethod
    def value(self, raw, rows):
        """Value of f, vectorised over candidates.

        Parameters
        ----------
        raw : ndarray of shape (m, K, *candidates)
            Raw predictions of the evaluation rows.
        rows : EvaluationRows
            Their labels, weights and groups.

        Returns
        -------
        ndarray of shape (*candidates)
        """

    @abstractmethod
    def gradient(self, raw, rows):
        """Derivative of f in the raw predictions, (m, K), at one candidate: raw is (m, K)."""

    def row_values(self, raw, rows):
        """Share of each evaluation row in an additive f, (m, *candidates); their sum is :meth:`value`.

        Raises
        ------
        UnsupportedQuestionError
            The target is not a sum over evaluation rows.
        """
        raise not_additive(self)

    def check(self, rows):
        """Refuse models and evaluation rows on which f is not defined.

        Raises
        ------
        UnsupportedTargetError
            With what to use instead.
        """

    def move(self, X, state, rows):
        """Evaluation features at which f is asked, `X` itself unless the target says otherwise.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (m, p)
            What the final estimator of the model sees.
        state : State
            The fitted model.
        rows : EvaluationRows
            Labels of these rows.
        """
        return X

    def remainder(self, raw, rows, radius):
        """Bound on what is left of f beyond its tangent, for raw predictions within a radius; infinite where unknown.

        That is the largest absolute value of ``f(raw + z) - f(raw) - f'(raw) . z`` with each ``z_jk`` in
        ``[-radius_jk, radius_jk]``.

        Parameters
        ----------
        raw : ndarray of shape (m, K)
            Raw predictions of the evaluation rows.
        rows : EvaluationRows
            Their labels, weights and groups.
        radius : ndarray of shape (m, K)
            How far each raw prediction may go.

        Returns
        -------
        float
            0 for a target that is linear in the parameters.
        """
        return float("inf")

    def terms(self):
        """The target as a list of pairs (coefficient, target) that are no sums themselves."""
        return [(1.0, self)]

    def normalized(self, total_weight):
        """The same target with means in place of weighted sums.

        Puts a loss, which is a sum over evaluation rows, and a gap of means on one scale.

        Parameters
        ----------
        total_weight : float
            Sum of the evaluation weights.

        Returns
        -------
        Target
            Additive terms divided by `total_weight`, all others as they are.

        Examples
        --------
        >>> from skinfluence.targets import DemographicParity, Loss
        >>> (DemographicParity() + 0.5 * Loss()).normalized(100)
        DemographicParity() + 0.005 * Loss()
        """
        return (1 / total_weight) * self if self.additive else self

    def __add__(self, other):
        from .combination import Sum  # a sum is a target: it stands above this file

        return Sum(self, other) if isinstance(other, Target) else NotImplemented

    def __mul__(self, coefficient):
        from .combination import Multiple

        return Multiple(self, float(coefficient)) if isinstance(coefficient, Real) else NotImplemented

    __rmul__ = __mul__

    def __neg__(self):
        return -1 * self

    def __sub__(self, other):
        return self + -other if isinstance(other, Target) else NotImplemented


def not_additive(target):
    """The error of a question about single evaluation rows to a target that is no sum over them."""
    return UnsupportedQuestionError(
        f"{target.name!r} is not a sum over the evaluation rows, so single evaluation rows have no value of "
        "their own; ask with aggregate=True"
    )
