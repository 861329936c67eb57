"""The dual solver: more parameters than rows, without a P x P array.

With H = R'R + D, R the (n K, P) root of the rows' part and D > 0 on the coefficients,

    A^-1 = D^-1 - D^-1 R' G^-1 R D^-1,   G = I + R D^-1 R'      (Woodbury)

on the penalised coordinates. The few coordinates without a penalty, the intercepts with root columns R0, are
eliminated: their Schur complement R0'R0 - R0'R A^-1 R'R0 equals R0' G^-1 R0, which has no cancellation.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ..exceptions import SingularCurvatureError
from ..operators import Curvature
from ._base import Factor, Solution, Solver, singular

__all__ = ["DualSolver"]


class _DualFactor(Factor):
    def __init__(self, curvature):
        self.curvature, self.roots = curvature, curvature.roots()
        self.free = np.flatnonzero(curvature.diagonal == 0)
        self.inverse_penalty = np.divide(
            1.0, curvature.diagonal, where=curvature.diagonal > 0, out=np.zeros(curvature.n_parameters)
        )
        self.gram = cho_factor(self._gram(), overwrite_a=True, check_finite=False)
        self._eliminate_free()
        self.verdict = f"dual (Woodbury) of rank {curvature.n_dual} for {curvature.n_parameters} parameters"

    def _gram(self):
        """G = I + R D^-1 R', entry ((i,k),(j,l)) = sum_m L_i[m,k] (x_i' D_m^-1 x_j + penalised intercepts) L_j[m,l]."""
        design, L = self.curvature.design, self.roots
        n, K = design.n_rows, design.n_outputs
        coef, intercept = design.split(self.inverse_penalty)
        G = np.zeros((n, K, n, K))
        for m in range(K):
            kernel = design.dual_gram(coef[m]) + intercept[m]
            for k in range(K):
                for j in range(K):
                    G[:, k, :, j] += L[:, m, k, None] * kernel * L[None, :, m, j]
        G = G.reshape(n * K, n * K)
        G[np.diag_indices_from(G)] += 1
        return G

    def _root(self, V):
        """R V, shape (n K, B)."""
        raw = self.curvature.design.raw(V)
        return np.einsum("nkl,nkb->nlb", self.roots, raw).reshape(self.curvature.n_dual, V.shape[1])

    def _root_transposed(self, C):
        """R' C, shape (P, B)."""
        C = C.reshape(*self.roots.shape[:2], C.shape[1])
        return self.curvature.design.vjp(np.einsum("nkl,nlb->nkb", self.roots, C))

    def _eliminate_free(self):
        if not len(self.free):
            return
        P, free = self.curvature.n_parameters, self.free
        unit = np.zeros((P, len(free)))
        unit[free, np.arange(len(free))] = 1
        self.free_root = self._root(unit)
        schur = self.free_root.T @ cho_solve(self.gram, self.free_root)
        # declared null directions live on the unpenalised coordinates, for P cannot vanish on the others
        null = self.curvature.null_directions[free]
        schur += null @ null.T * np.trace(schur) / len(free)
        try:
            self.schur = cho_factor(schur, check_finite=False)
        except np.linalg.LinAlgError:
            raise singular("the unpenalised intercepts are not determined") from None

    def _solve_penalised(self, rhs):
        """A^-1 rhs, zero on the free coordinates."""
        scaled = self.inverse_penalty[:, None] * rhs
        inner = cho_solve(self.gram, self._root(scaled), check_finite=False)
        return scaled - self.inverse_penalty[:, None] * self._root_transposed(inner)

    def solve(self, rhs):
        null = self.curvature.null_directions
        rhs = rhs - null @ (null.T @ rhs) if null.shape[1] else rhs
        if not len(self.free):
            return Solution(self._solve_penalised(rhs), self.verdict)
        scaled = self.inverse_penalty[:, None] * rhs
        # free part: schur u0 = r0 - R0' R A^-1 r, and R A^-1 = G^-1 R D^-1
        pushed = cho_solve(self.gram, self._root(scaled), check_finite=False)
        u0 = cho_solve(self.schur, rhs[self.free] - self.free_root.T @ pushed, check_finite=False)
        coupling = self._root_transposed(self.free_root @ u0)
        value = self._solve_penalised(rhs - coupling)
        value[self.free] = u0
        return Solution(value - null @ (null.T @ value) if null.shape[1] else value, self.verdict)

    def inner(self, Y):
        """Y' H^-1 Y in one product with R: y'D^-1 y - t'G^-1 t + r' schur^-1 r, t = R D^-1 y, r = y0 - R0'G^-1 t."""
        P, b, K = Y.shape
        null = self.curvature.null_directions
        columns = Y.reshape(P, b * K)
        columns = columns - null @ (null.T @ columns) if null.shape[1] else columns
        scaled = self.inverse_penalty[:, None] * columns
        T = self._root(scaled)
        pushed = cho_solve(self.gram, T, check_finite=False)
        inner = _blocks(columns, scaled, b) - _blocks(T, pushed, b)
        if len(self.free):
            r = columns[self.free] - self.free_root.T @ pushed
            inner += _blocks(r, cho_solve(self.schur, r, check_finite=False), b)
        return inner


def _blocks(A, B, b):
    """a_i'b_i for the K columns of each of b rows, (b, K, K)."""
    return np.einsum("pbk,pbl->bkl", A.reshape(len(A), b, -1), B.reshape(len(B), b, -1))


class DualSolver(Solver):
    """Woodbury in the space of the rows; the default for more parameters than rows times outputs.

    Memory (n K)^2 and one scaled copy of X; cost n^2 K^2 P once, 4 n K P a right-hand side. Every coordinate but the
    intercepts must carry a penalty.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    """

    def prepare(self, curvature):
        """Factor the curvature.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor

        Raises
        ------
        SingularCurvatureError
            When a coefficient carries no penalty.
        """
        if not isinstance(curvature, Curvature):
            raise SingularCurvatureError(
                "the dual solver works in the space of the training rows, and the rows of this model are coupled; use "
                "solver='auto'"
            )
        curvature = curvature.damped(self.damping)
        coef, _ = curvature.design.split(curvature.diagonal)
        if (coef <= 0).any():
            raise singular("the dual solver needs a penalty on every coefficient")
        return _DualFactor(curvature)
