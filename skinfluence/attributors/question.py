"""One question put to a fitted model: a target, on given evaluation rows."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..targets import target_gradient, target_row_cotangents, target_row_values, target_value

__all__ = ["Question"]


@dataclass(frozen=True, eq=False)
class Question:
    """f at given parameters, and its gradients at the fitted ones.

    Parameters
    ----------
    target : Target
        f.
    problem : LinearProblem
        The model.
    features : ndarray, CSR matrix or None
        Evaluation rows as the final estimator sees them.
    rows : EvaluationRows or None
        Their labels, weights and groups.
    """

    target: object
    problem: object
    features: object
    rows: object

    def __len__(self):
        return len(self.rows.y)

    def take(self, block):
        """The same question on some of the evaluation rows; for targets that are sums over them."""
        return Question(self.target, self.problem, self.features[block], self.rows.take(block))

    @property
    def of_presence(self):
        """f is another function when an object has left: not its parameters alone have moved."""
        terms = [term for _, term in self.target.terms()]
        return any(term.of_presence or (self.problem.predicts_presence and not term.of_theta) for term in terms)

    def without(self, rows):
        """The same question asked of the model that does not know some objects, at the parameters of this one."""
        return replace(self, problem=self.problem.without(rows))

    def value(self, theta=None):
        """f: a float, or (B,) at candidates (P, B)."""
        return target_value(self.target, self.problem, self.features, self.rows, theta)

    def row_values(self, theta=None):
        """Share of each evaluation row in f: (m,), or (m, B)."""
        return target_row_values(self.target, self.problem, self.features, self.rows, theta)

    @cached_property
    def gradient(self):
        """d f / d theta, (P,)."""
        return target_gradient(self.target, self.problem, self.features, self.rows)

    @cached_property
    def _cotangents(self):
        return target_row_cotangents(self.target, self.problem, self.features, self.rows)

    def row_gradients(self, block):
        """d f_j / d theta for the evaluation rows j of a slice, as columns (P, b)."""
        return sum(
            coefficient * np.einsum("pbk,bk->pb", self.problem.raw_basis(moved[block]), cotangents[block])
            for coefficient, moved, cotangents in self._cotangents
        )

    def row_slopes(self, change):
        """Share of each evaluation row in the derivative of f along one change of the parameters: (m,) from (P,)."""
        return sum(
            coefficient * np.einsum("mk,mk->m", cotangents, self.problem.raw_jvp(moved, change[:, None])[:, :, 0])
            for coefficient, moved, cotangents in self._cotangents
        )
