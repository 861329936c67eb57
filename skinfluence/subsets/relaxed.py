r"""The relaxed quadratic program: second-order influence, maximised over fractions of rows.

With v = H^-1 grad f, R_i the rows' removal terms and A_i = w_i H_i + s_i P, the second-order influence of a set is

    phi(x) = c1 a'x + c2 x'B x,      a_i = v'R_i,    B_ij = v'A_i H^-1 R_j,

for x the set's indicator, with c1 = (1 - 2q) / (1 - q)^2, c2 = 1 / (1 - q)^2, q its part of the penalty's shares (0 in
the sum form). Fractions 0 <= x <= 1 with sum(x) <= k take the indicator's place, projected gradient steps climb, and
the k largest fractions are the set. B is never formed: a product with it costs O(n P).
"""

from typing import Any

import numpy as np

from ..exceptions import UnsupportedEstimatorError
from ..problems import LinearProblem
from ..removal.sets import summed_terms
from ..removal.slopes import parameter_slopes
from ..targets import Question
from .candidates import Candidates

__all__ = ["project", "relaxed_rows"]

#: change of the fractions below which the ascent ends
MOVE_TOL = 1e-6


def project(x: np.ndarray, k: float) -> np.ndarray:
    """The nearest point of {0 <= x <= 1, sum(x) <= k}.

    Examples
    --------
    >>> project(np.array([2.0, 0.7, 0.1, -1.0]), 1.5)
    array([1. , 0.5, 0. , 0. ])
    """
    clipped = np.clip(x, 0, 1)
    if clipped.sum() <= k:
        return clipped
    low, high = 0.0, x.max()
    # sum(clip(x - t)) falls from above k to 0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(x - middle, 0, 1).sum() > k else (low, middle)
    return np.clip(x - high, 0, 1)


class _Quadratic:
    """phi, its gradient, and its value along the prefixes of a list of rows."""

    def __init__(self, attributor: Any, question: Question, k: int) -> None:
        self.problem, self.factor = attributor.problem_, attributor.factor_
        if not isinstance(self.problem, LinearProblem):
            raise UnsupportedEstimatorError(
                "method='relaxed' needs a Hessian of each row, which "
                f"{type(attributor.model_.final).__name__} does not have; use method='adaptive' or 'additive'"
            )
        self.terms, self.hessians = self.problem.removal_terms(), self.problem.row_hessians()
        self.shares = self.problem.shares()
        self.v = self.factor.solve(parameter_slopes(question, self.problem)).value
        q = 0.0 if self.shares is None else k * self.shares.mean() / self.shares.sum()
        self.c1, self.c2 = (1 - 2 * q) / (1 - q) ** 2, 1 / (1 - q) ** 2
        self.a = self.terms.along(self.v)[:, 0]
        self.reach = self.problem.design.raw(self.v)[:, :, 0]

    def at(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """phi(x) and its gradient."""
        u = self.factor.solve(self._sum(x)).value
        # Bx, from A_i u for each row, and B'x = R' H^-1 (sum_i x_i A_i v)
        Bx = np.einsum("nk,nkl,nl->n", self.reach, self.hessians, self.problem.design.raw(u)[:, :, 0], optimize=True)
        pulled = np.einsum("n,nkl,nl->nk", x, self.hessians, self.reach, optimize=True)
        bent = self.problem.design.vjp(pulled[:, :, None])
        if self.shares is not None:
            Bx += self.shares * (self.v[:, 0] @ (self.problem.penalty * u[:, 0]))
            bent += (x @ self.shares) * self.problem.penalty[:, None] * self.v
        transposed = self.terms.along(self.factor.solve(bent).value)[:, 0]
        return self.c1 * self.a @ x + self.c2 * x @ Bx, self.c1 * self.a + self.c2 * (Bx + transposed)

    def _sum(self, x):
        """sum_i x_i R_i, (P, 1)."""
        own = self.terms.design.vjp((x[:, None] * self.terms.cotangents)[:, :, None])
        return own + (self.terms.vectors.T @ (self.terms.coefficients.T @ x))[:, None]

    def prefixes(self, rows: np.ndarray) -> np.ndarray:
        """phi of the first 1, 2, ... rows of a list."""
        singles = [np.array([row]) for row in rows]
        U = self.factor.solve(summed_terms(self.problem, self.terms, singles)).value
        design = self.problem.design.with_rows(self.problem.design.X[rows])
        B = np.einsum("nk,nkl,nlb->nb", self.reach[rows], self.hessians[rows], design.raw(U), optimize=True)
        if self.shares is not None:
            B += self.shares[rows][:, None] * ((self.v[:, 0] * self.problem.penalty) @ U)
        pairs = np.diagonal(B.cumsum(axis=0).cumsum(axis=1))
        return self.c1 * self.a[rows].cumsum() + self.c2 * pairs


def relaxed_rows(
    attributor: Any, question: Question, k: int, sign: int, max_iter: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    """Rows by falling fraction, and second-order f after the deletion of each prefix, minus f."""
    quadratic, allowed = _Quadratic(attributor, question, k), Candidates(attributor.problem_).allowed
    ascents = [_ascend(quadratic, start, k, sign, allowed, max_iter) for start in _starts(quadratic, k, sign, allowed)]
    found = [_best_prefix(quadratic, _rounded(attributor.problem_, x, g, k, sign), sign) for x, g in ascents]
    return max(found, key=lambda pair: sign * pair[1][-1] if len(pair[1]) else 0.0)


def _best_prefix(quadratic, rows, sign):
    """Rows and effects up to where more of them would not help."""
    if not len(rows):
        return rows, np.zeros(0)
    effects = quadratic.prefixes(rows)
    size = 1 + int(np.argmax(sign * effects))
    size *= sign * effects[size - 1] > 0
    return rows[:size], effects[:size]


def _starts(quadratic, k, sign, allowed):
    """A few rows of every kind, and those of the largest first-order influence."""
    yield np.where(allowed, min(1.0, k / max(1, allowed.sum())), 0.0)
    first = np.zeros(len(allowed))
    first[Candidates(quadratic.problem).first(k, sign * quadratic.a)] = 1.0
    yield first


def _ascend(quadratic, x, k, sign, allowed, max_iter):
    """Projected gradient steps, each halved until it ascents as far as its slope promises a tenth of."""
    value, gradient = quadratic.at(x)
    length = 1 / max(np.abs(gradient[allowed]).max(initial=0), 1e-300)
    for _ in range(max_iter):
        trial = project(np.where(allowed, x + length * sign * gradient, 0), k)
        move = trial - x
        if np.abs(move).max(initial=0) < MOVE_TOL:
            break
        new_value, new_gradient = quadratic.at(trial)
        if sign * (new_value - value) < 0.1 * sign * (gradient @ move):
            length /= 2
            continue
        x, value, gradient, length = trial, new_value, new_gradient, 2 * length
    return x, gradient


def _rounded(problem, x, gradient, k, sign):
    """The k largest fractions, equal ones by the gradient; rows of positive fraction only."""
    size = np.abs(gradient).max(initial=0)
    ranked = np.where(x > MOVE_TOL, x, 0) + MOVE_TOL * sign * gradient / (size or 1.0)
    return np.array(Candidates(problem).first(k, np.where(x > MOVE_TOL, ranked, 0)), dtype=np.intp)
