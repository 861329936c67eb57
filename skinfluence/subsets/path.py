"""Rows deleted one after another: parameters, inverse Hessian and leverages of the rows that stay.

A deletion is a rank-K downdate of the inverse Hessian and of the rows' kernels S_i = E_i H^-1 E_i', and some chord
steps to the optimum of what is left, all in O(n P). The curvature of the rows that stay is that of the last
factorisation; it is renewed where the chord contracts too slowly, or where the row leaves a singular H behind.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ..problems import LinearProblem
from ..removal.polish import FAST_CONTRACTION, polish
from ..removal.rank_one_downdates import rescaled_cotangents
from ..solvers import Factor, Solver, woodbury_core

__all__ = ["DeletionPath"]

#: size of a step relative to the deletion's at which the parameters are at the optimum
STEP_TOL = 1e-9
#: leverage that a downdate may take from a row without losing its digits
LARGEST_LEVERAGE = 1 - 1e-4


class DeletionPath:
    """A problem from which rows are deleted one by one.

    Parameters
    ----------
    problem : Problem
        At its optimum.
    factor : Factor
        Of its Hessian.
    solver : Solver
        For new factorisations.

    Attributes
    ----------
    problem : Problem
        Without the rows, at its optimum.
    rows : list of int
        Deleted so far.
    n_factors : int
        Number of factorisations.
    """

    def __init__(self, problem: Any, factor: Factor, solver: Solver) -> None:
        self.problem, self.solver, self.n_factors = problem, solver, 0
        self.rows: list[int] = []
        self._start(factor)

    def _start(self, factor):
        P = self.problem.n_parameters
        self.factor, self.pushed, self.weighed = factor, np.zeros((P, 0)), np.zeros((P, 0))
        if isinstance(self.problem, LinearProblem):
            self.hessians = self.problem.row_hessians()
            self.kernels = np.concatenate([S for _, S in factor.inner_of_all_rows(self.problem.design)])

    def inverse(self, Y: np.ndarray) -> np.ndarray:
        """H^-1 y for the columns of Y, H as it was at the last factorisation less the rows since."""
        # H^-1 + V D V' with a block of V and D for each row
        return self.factor.solve(Y).value + self.weighed @ (self.pushed.T @ Y)

    def along(self, gradient: np.ndarray) -> np.ndarray:
        """Inner product of a direction (P,) with the change that each row's deletion would make now, (n,)."""
        u = self.inverse(gradient[:, None])
        if not isinstance(self.problem, LinearProblem):
            return self.problem.removal_terms().along(u)[:, 0]
        return self._terms().along(u)[:, 0]

    def changes(self, rows: np.ndarray) -> np.ndarray:
        """Change of the parameters that the deletion of each of some rows would make now, (P, b)."""
        return self.inverse(self._terms().columns(rows))

    def _terms(self):
        """Terms R~_i with H^-1 R~_i = (H - w_i H_i)^-1 R_i for every row."""
        terms = self.problem.removal_terms()
        common = terms.design.raw(self.inverse(terms.vectors.T))
        rest = np.einsum("nkr,nr->nk", common, terms.coefficients)
        return replace(terms, cotangents=rescaled_cotangents(terms.cotangents, self.hessians, self.kernels, rest))

    def delete(self, row: int) -> None:
        """Delete one more row and move to the optimum without it.

        Raises
        ------
        SingularCurvatureError
            The objective without the row has no unique optimum.
        """
        self.rows.append(int(row))
        self.problem = self.problem.without([row])
        if not (isinstance(self.problem, LinearProblem) and self._downdate(row) and self._move()):
            polished = polish(self.problem, self.solver)
            self.problem, self.n_factors = polished.problem, self.n_factors + polished.n_factors
            self._start(polished.factor)

    def _downdate(self, row):
        """Take a row out of the inverse and the kernels; False if rounding errors would be too large."""
        M, basis = self.hessians[row], self.problem.design.basis(np.array([row]))[:, 0]
        v = self.inverse(basis)
        S = basis.T @ v
        core, determined = woodbury_core(M[None], S[None])
        if not determined[0] or np.abs(np.linalg.eigvals(M @ S)).max() > LARGEST_LEVERAGE:
            return False
        reach = self.problem.design.raw(v)
        self.kernels = self.kernels + np.einsum("nkj,jl,nml->nkm", reach, core[0], reach, optimize=True)
        self.pushed, self.weighed = np.hstack([self.pushed, v]), np.hstack([self.weighed, v @ core[0]])
        self.hessians[row] = 0
        return True

    def _move(self, max_steps=20):
        """Chord steps to the optimum; False where they do not contract."""
        unit = last = np.inf
        for _ in range(max_steps):
            step = -self.inverse(self.problem.gradient()[:, None])[:, 0]
            size = np.abs(step).max()
            if not size < FAST_CONTRACTION * last:
                # a step that does not contract is rounding, or the factor is too old
                return bool(size <= 1e3 * STEP_TOL * unit)
            self.problem = self.problem.at(self.problem.theta + step)
            unit, last = size if np.isinf(unit) else unit, size
            if size <= STEP_TOL * unit or size <= np.finfo(float).eps * np.abs(self.problem.theta).max():
                return True
            if self.problem.loss.quadratic and self.problem.balance is None and not self.problem.mean_form:
                # a quadratic objective: the first step is the optimum
                return True
        return False
