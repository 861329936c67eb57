"""Features that move when a row is deleted, because preprocessing is fitted again without it.

Scalers, imputers of the mean and encoders of categories move the features of all rows column by column. Without row i

    z' = rho_i z + beta_i + eps_i m,      m = 1 where the value was imputed, else 0.

In u = rho_i w, for coefficients w of z', predictions are z u + (beta_i / rho_i) u + m (eps_i / rho_i) u + intercept,
and the penalty alpha w^2 is alpha u^2 / rho_i^2. So the refit is a refit on the features as they were, with imputed
values moved and another penalty: a scaler alone changes the penalty and nothing else.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..operators import Design
from .removals import Removals

__all__ = ["MovedProblem", "Moves"]


@dataclass(frozen=True, eq=False)
class Moves:
    """How the p features of all rows move without each of n rows.

    Parameters
    ----------
    scale, shift, imputed : ndarray of shape (n, p)
        rho, beta and eps without row i, in its row.
    mask : ndarray of shape (n, p), of bool
        Cells that were imputed.
    unknown : ndarray of shape (n,), of bool
        Rows whose deletion moves features otherwise: a level or the values of a column are gone with it.

    Notes
    -----
    Memory of up to 25 n p bytes: three times the features, besides as much while they are made.
    """

    scale: np.ndarray
    shift: np.ndarray
    imputed: np.ndarray
    mask: np.ndarray
    unknown: np.ndarray

    @classmethod
    def none(cls, n_rows: int, n_features: int) -> Self:
        """Features that stay as they are; arrays that hold one number."""
        scale, nothing, nowhere = (np.broadcast_to(each, (n_rows, n_features)) for each in (1.0, 0.0, False))
        return cls(scale, nothing, nothing, nowhere, np.zeros(n_rows, dtype=bool))

    def measured_from(self, offset: np.ndarray) -> "Moves":
        """Of features z - offset: rho (z - offset) + (beta + rho offset) + eps m."""
        return replace(self, shift=self.shift + self.scale * offset)

    def through(self, before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray]) -> "Moves":
        """Behind a step z -> a z + b, of which (a, b) is fitted on all rows, (p,), and without each row, (n, p)."""
        (a, b), (own_a, own_b) = before, after
        scale = own_a * self.scale / a
        imputed = own_a * self.imputed if self.imputed.any() else self.imputed
        return replace(self, scale=scale, shift=own_a * self.shift + own_b - scale * b, imputed=imputed)


@dataclass(frozen=True, eq=False)
class MovedProblem:
    """The objective on moved features without single rows, in the coordinates u above.

    Where the intercept has no penalty it takes up the shift.

    Parameters
    ----------
    problem : LinearProblem
        On the features of all rows, at its optimum.
    moves : Moves
    """

    problem: Any
    moves: Moves

    @property
    def theta(self) -> np.ndarray:
        """Parameters with all rows."""
        return self.problem.theta

    @cached_property
    def columns(self) -> np.ndarray:
        """Features that hold imputed values in training rows."""
        return np.flatnonzero(self.moves.mask.any(axis=0))

    @cached_property
    def shifts(self) -> bool:
        """Whether the shift is told apart from the intercept."""
        K, intercept = self.problem.n_outputs, self.problem.design.intercept
        free = intercept and not self.problem.penalty[-K:].any()
        return not free and bool(self.moves.shift.any())

    @cached_property
    def _wide(self):
        """The problem without a penalty on features beside m of imputed ones, and beside ones where they shift."""
        design = self.problem.design
        imputed, ones = self.moves.mask[:, self.columns], np.ones((self.problem.n_rows, int(self.shifts)))
        wide = Design(np.hstack([design.X, imputed, ones]), design.n_outputs, design.intercept)
        nothing = np.zeros(wide.n_parameters)
        return replace(self.problem, design=wide, theta=nothing, penalty=nothing, null_directions=None)

    def _wide_theta(self, theta, rows):
        """Parameters of these, (P', b), from u and intercepts without each row, (P, b)."""
        W, b = self._split(theta)
        scale, shift, imputed = (values[rows].T for values in (self.moves.scale, self.moves.shift, self.moves.imputed))
        parts = [W, W[:, self.columns] * (imputed / scale)[self.columns]]
        if self.shifts:
            parts.append((W * (shift / scale)).sum(axis=1, keepdims=True))
        return np.concatenate([np.concatenate(parts, axis=1).reshape(-1, theta.shape[1]), b])

    def gradient(self, theta: np.ndarray, removals: Removals) -> np.ndarray:
        """Gradient in u and intercepts, (P, B), at candidates (P, B) each without its own row."""
        rows = removals.rows[np.argsort(removals.columns)]
        scale, shift, imputed = (values[rows].T for values in (self.moves.scale, self.moves.shift, self.moves.imputed))
        K, p, q = self.problem.n_outputs, len(scale), len(self.columns)
        wide = self._wide.gradient(self._wide_theta(theta, rows), removals)
        G, rest = wide[: K * (p + q + self.shifts)].reshape(K, -1, theta.shape[1]), wide[K * (p + q + self.shifts) :]
        # what the widened coefficients are functions of
        pulled = G[:, :p].copy()
        pulled[:, self.columns] += G[:, p : p + q] * (imputed / scale)[self.columns]
        if self.shifts:
            pulled += G[:, -1:] * (shift / scale)
        penalty = self.problem.penalty_scale(removals) * self.problem.penalty[:, None] * np.ones(len(rows))
        penalty[: K * p] = (penalty[: K * p].reshape(K, p, -1) / scale**2).reshape(K * p, -1)
        return np.concatenate([pulled.reshape(K * p, -1), rest]) + penalty * theta

    def raw(self, Z: np.ndarray, imputed: np.ndarray, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Raw predictions of evaluation rows by refits without each row, (m, K, b).

        Parameters
        ----------
        Z : ndarray of shape (m, p)
            Their features with all rows.
        imputed : ndarray of shape (m, p), of bool
            Which of these were imputed.
        theta : ndarray of shape (P, b)
            Parameters without each of the `rows`.
        """
        W, b = self._split(theta)
        own = W / self.moves.scale[rows].T
        raw = np.einsum("mp,kpb->mkb", Z, W, optimize=True)
        if imputed.any():
            moved = own * self.moves.imputed[rows].T
            raw += np.einsum("mp,kpb->mkb", imputed.astype(np.float64), moved, optimize=True)
        if self.shifts:
            raw += (own * self.moves.shift[rows].T).sum(axis=1)
        return raw + b if len(b) else raw

    def as_fitted(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Parameters of refits, (P, b): coefficients of the moved features, and their intercepts."""
        W, b = self._split(theta)
        W = W / self.moves.scale[rows].T
        if self.problem.design.intercept and not self.shifts:
            b = b - (W * self.moves.shift[rows].T).sum(axis=1)
        return np.concatenate([W.reshape(-1, theta.shape[1]), b])

    def _split(self, theta):
        K, p = self.problem.n_outputs, self.problem.design.X.shape[1]
        return theta[: K * p].reshape(K, p, -1), theta[K * p :]
