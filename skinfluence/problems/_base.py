"""What every fitted model looks like to us: an objective at its optimum, and what each row contributes to it.

Methods ask a problem for the facts below and for nothing else. Linear predictors have the Hessian of every row besides;
models whose rows are coupled (Cox), or that have no rows at all (a user's loss of presences), have not, and say so.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from .._typing import Matrix, RowIndex
from ..exceptions import UnsupportedQuestionError
from .feasibility import class_counts, something_left, without
from .removals import Removals

__all__ = ["Problem", "spread_ranks"]


def spread_ranks(n: int, size: int) -> np.ndarray:
    """At most `size` evenly spaced numbers below n."""
    return np.unique(np.linspace(0, n - 1, min(n, size)).astype(np.intp))


class Problem(ABC):
    """An objective F(theta, presence of rows) at its fitted parameters; members are frozen dataclasses.

    Attributes
    ----------
    theta : ndarray of shape (P,)
        The fitted parameters.
    n_rows, n_outputs : int
        Training rows, deleted ones included; raw predictions a row.
    parameter_names : list of str
        One name for each parameter.
    sample_weight : ndarray of shape (n,)
        Weights of the rows.
    loss : Loss or None
        The loss of a row as a function of its raw predictions; None where there is no such thing.
    y : ndarray or None
        Labels as the loss takes them.
    """

    theta: np.ndarray
    sample_weight: np.ndarray
    loss: Any
    y: Any
    n_rows: int
    n_outputs = 1
    #: an l1 penalty, whose active set is held fixed
    l1_penalty: Any = None

    @property
    def n_parameters(self) -> int:
        """P."""
        return len(self.theta)

    @property
    def free(self) -> np.ndarray:
        """Which parameters may move, (P,) of bool."""
        return np.ones(self.n_parameters, dtype=bool)

    # a problem may be solved in other coordinates than those of the estimator

    #: the rows leave some parameter of the estimator open
    leaves_open = False

    def as_fitted(self, theta: np.ndarray) -> np.ndarray:
        """Parameters as the estimator has them, in the order of `parameter_names`: (P',) from (P,), or columns."""
        return theta

    def change_as_fitted(self, change: np.ndarray) -> np.ndarray:
        """The same for changes of parameters."""
        return change

    def slope_in_theta(self, gradient: np.ndarray) -> np.ndarray:
        """Derivative in theta from that in the estimator's parameters; nan where the rows leave these open."""
        return gradient

    @property
    def stretch(self) -> float:
        """Largest growth of the 2-norm from a change of theta to that of the estimator's parameters."""
        return 1.0

    @abstractmethod
    def at(self, theta: np.ndarray) -> Self:
        """The same objective at other parameters."""

    @abstractmethod
    def without(self, rows: RowIndex) -> Self:
        """The objective with some rows deleted; no data are copied, and positions stay."""

    @abstractmethod
    def raw(self, X: Matrix, theta: np.ndarray | None = None) -> np.ndarray:
        """Raw predictions of rows X: (m, K) at theta (P,), (m, K, B) at candidates (P, B)."""

    @abstractmethod
    def raw_vjp(self, X: Matrix, cotangents: np.ndarray) -> np.ndarray:
        """Gradient in theta of sum_j c_j . raw_j: (P, B) from (m, K, B)."""

    @abstractmethod
    def raw_basis(self, X: Matrix) -> np.ndarray:
        """d raw_j / d theta of rows X as columns, (P, m, K)."""

    def predicts_from_rows(self, X: Any) -> bool:
        """Whether raw predictions of rows X depend on the training rows themselves, beyond the parameters."""
        return False

    def raw_jvp(self, X: Matrix, V: np.ndarray) -> np.ndarray:
        """Change of the raw predictions of rows X along the columns of V (P, B), to first order: (m, K, B)."""
        return np.einsum("pmk,pb->mkb", self.raw_basis(X), V)

    @abstractmethod
    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """Gradient of F: (P,) at theta, or (P, B) at candidates (P, B) each under its own removal."""

    @abstractmethod
    def gradient_scale(self) -> np.ndarray:
        """Size that rounding of the gradient is relative to, (P,)."""

    @abstractmethod
    def curvature(self) -> Any:
        """The Hessian of F at theta, as an operator."""

    @abstractmethod
    def removal_terms(self) -> Any:
        """R_i = -(gradient of F without row i) at an optimum, for all rows.

        Returns
        -------
        terms
            ``along(U)``, the inner products (n, B) with columns (P, B); ``columns(rows)``, (P, b).
        """

    def score_terms(self) -> Any:
        """The infinitesimal R_i, weight times derivative in the weight; the same where F is a sum over rows."""
        return self.removal_terms()

    def sampled_terms(self, size: int) -> tuple[np.ndarray, int]:
        """Removal terms of at most `size` evenly spaced rows that have a weight, (P, b), and how many rows have one."""
        present = np.flatnonzero(self.sample_weight)
        return self.removal_terms().columns(present[spread_ranks(len(present), size)]), len(present)

    def total_weight(self) -> float:
        """Sum of the rows' weights."""
        return self.sample_weight.sum()

    def relative_gradient(self) -> float:
        """Largest entry of the gradient relative to :meth:`gradient_scale`; 0 at an exact optimum."""
        scale = self.gradient_scale()
        return float(np.max(np.abs(self.gradient()) / np.where(scale > 0, scale, 1), initial=0))

    def wrongly_active(self, columns: np.ndarray, removals: Removals | None = None) -> np.ndarray:
        """Which parameters have not the zero or the sign of an optimum, (P, B) of bool; none without an l1 penalty."""
        return np.zeros(columns.shape, dtype=bool)

    def own_changes(self, rows: RowIndex, changes: np.ndarray, moved: bool) -> np.ndarray:
        """Change of each row's own (unweighted) loss as the parameters move by its column: (b,) from (P, b).

        Parameters
        ----------
        rows : slice or ndarray of int
            The rows.
        changes : ndarray of shape (P, b)
            Parameter changes.
        moved : bool
            The loss at moved parameters; False multiplies with its gradient.
        """
        raise UnsupportedQuestionError(
            "the rows of this model have no loss of their own, so that none has an effect on it; ask for the effect on "
            "a target of evaluation rows or of the parameters"
        )

    def check_sets(self, sets: Sequence[np.ndarray]) -> None:
        """Refuse deletions that leave nothing to refit on.

        Raises
        ------
        UnsupportedQuestionError
            Every row, or every row of a class, would go.
        """
        codes, weighted = self._codes, self.sample_weight > 0
        count = class_counts(codes, weighted)
        for rows in sets:
            left = without(count, codes, weighted, rows)
            if not left.any():
                raise UnsupportedQuestionError(
                    f"deleting {len(rows)} rows leaves no row with a positive weight to refit on"
                )
            if (lost := (left == 0) & (count > 0)).any():
                raise self._loses_class(rows, int(lost.argmax()))

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether something is left to refit on without each set, (G,) of bool."""
        return something_left(self._codes, self.sample_weight > 0, sets)

    @property
    def _codes(self):
        classified = self.loss is not None and self.loss.classification
        return self.y.astype(np.intp) if classified else np.zeros(self.n_rows, dtype=np.intp)

    def _loses_class(self, rows, code):
        name = self.output_names[code] if self.n_outputs > 1 else code
        return UnsupportedQuestionError(
            f"deleting these {len(rows)} rows removes the last row of class {name!r}: the refitted estimator "
            "would know fewer classes; keep at least one row of each class"
        )
