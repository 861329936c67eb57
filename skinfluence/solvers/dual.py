"""The dual solver: more parameters than rows, without a P x P array.

With H = R'R + D, R the (n K, P) root of the rows' part and D > 0 on the coefficients,

    A^-1 = D^-1 - D^-1 R' G^-1 R D^-1,   G = I + R D^-1 R'      (Woodbury)

on the penalised coordinates. The few coordinates without a penalty, the intercepts with root columns R0, are
eliminated: their Schur complement R0'R0 - R0'R A^-1 R'R0 equals R0' G^-1 R0, which has no cancellation. As
A^-1 R' = D^-1 R' G^-1, a right-hand side (r, r0) costs one product with R and one with R':

    u = D^-1 r - D^-1 R' (G^-1 R D^-1 r + G^-1 R0 u0),   u0 = (R0' G^-1 R0)^-1 (r0 - R0' G^-1 R D^-1 r)
"""

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from .._typing import RowIndex
from ..exceptions import SingularCurvatureError
from ..operators import Curvature, Design
from ._base import Factor, Solution, Solver, singular

__all__ = ["DualSolver"]


class _DualFactor(Factor):
    def __init__(self, curvature: Any) -> None:
        self.curvature, self.roots = curvature, curvature.roots()
        self.free = np.flatnonzero(curvature.diagonal == 0)
        self.inverse_penalty = np.divide(
            1.0, curvature.diagonal, where=curvature.diagonal > 0, out=np.zeros(curvature.n_parameters)
        )
        self.kernels = self._kernels()
        # the transpose is the same matrix in the order of LAPACK
        try:
            self.gram = cho_factor(self._gram().T, overwrite_a=True, check_finite=False)
        except np.linalg.LinAlgError:
            raise singular("the penalty is lost in the rounding of the rows' inner products") from None
        self._eliminate_free()
        self.verdict = f"dual (Woodbury) of rank {curvature.n_dual} for {curvature.n_parameters} parameters"

    def _kernels(self):
        """x_i' D_k^-1 x_j + penalised intercepts, (n, n) for each output."""
        coef, intercept = self.curvature.design.split(self.inverse_penalty)
        return [self.curvature.design.dual_gram(*scale) for scale in zip(coef, intercept, strict=True)]

    def _gram(self):
        """G = I + R D^-1 R', entry ((i,k),(j,l)) = sum_m L_i[m,k] kernel_m[i,j] L_j[m,l]."""
        n, K, _ = self.roots.shape
        G, part = np.zeros((n, K, n, K)), np.empty((n, n))
        for kernel, L in zip(self.kernels, self.roots.transpose(1, 0, 2), strict=True):
            for k in range(K):
                for j in range(K):
                    np.multiply(kernel, L[:, k, None], out=part)
                    part *= L[:, j]
                    G[:, k, :, j] += part
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
        self.free_pushed = cho_solve(self.gram, self.free_root, check_finite=False)
        schur = self.free_root.T @ self.free_pushed
        # declared null directions live on the unpenalised coordinates, for P cannot vanish on the others
        null = self.curvature.null_directions[free]
        schur += null @ null.T * np.trace(schur) / len(free)
        try:
            self.schur = cho_factor(schur, check_finite=False)
        except np.linalg.LinAlgError:
            raise singular("the unpenalised intercepts are not determined") from None

    def _project(self, V):
        null = self.curvature.null_directions
        return V - null @ (null.T @ V) if null.shape[1] else V

    def solve(self, rhs: np.ndarray) -> Solution:
        rhs = self._project(rhs)
        value = self.inverse_penalty[:, None] * rhs
        pushed = cho_solve(self.gram, self._root(value), overwrite_b=True, check_finite=False)
        if len(self.free):
            u0 = cho_solve(self.schur, rhs[self.free] - self.free_root.T @ pushed, check_finite=False)
            pushed += self.free_pushed @ u0
        pulled = self._root_transposed(pushed)
        pulled *= self.inverse_penalty[:, None]
        value -= pulled
        if len(self.free):
            value[self.free] = u0
        return Solution(self._project(value), self.verdict)

    def inner(self, Y: np.ndarray) -> np.ndarray:
        """Y' H^-1 Y in one product with R: y'D^-1 y - t'G^-1 t + r' schur^-1 r, t = R D^-1 y, r = y0 - R0'G^-1 t."""
        P, b, K = Y.shape
        columns = self._project(Y.reshape(P, b * K))
        scaled = self.inverse_penalty[:, None] * columns
        return self._less(_blocks(columns, scaled, b), self._root(scaled), columns[self.free])

    def inner_of_rows(self, design: Design, rows: RowIndex) -> np.ndarray:
        """The same for rows of the curvature itself, out of their kernel: without a product with R."""
        if design is not self.curvature.design:
            return super().inner_of_rows(design, rows)
        kernels = np.stack([kernel[:, rows] for kernel in self.kernels], axis=2)
        n, b, K = kernels.shape
        # R D^-1 E_i' for output k of row i: L_j[k, :] kernel_k[j, i]
        T = (self.roots.transpose(0, 2, 1)[:, :, None] * kernels[:, None]).reshape(n * K, b * K)
        own = kernels[np.arange(n)[rows], np.arange(b)]
        # an intercept without a penalty, K p + k, is that of output k for every row; null directions live there
        free, null = np.eye(K)[self.free - K * design.X.shape[1]], self.curvature.null_directions[self.free]
        free = np.tile(free - null @ (null.T @ free), b)
        return self._less(own[:, :, None] * np.eye(K), T, free)

    def _less(self, inner, T, free):
        """Y'D^-1 Y, less what the rows take, and what the free coordinates bring back."""
        b = len(inner)
        pushed = cho_solve(self.gram, T, check_finite=False)
        inner = inner - _blocks(T, pushed, b)
        if len(self.free):
            r = free - self.free_root.T @ pushed
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

    def prepare(self, curvature: Any) -> Factor:
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
            When a coefficient carries no penalty, or one that is too small beside the rows.
        """
        if not isinstance(curvature, Curvature):
            raise SingularCurvatureError(
                "the dual solver needs a Hessian that is a sum over rows, which this model does not have; use "
                "solver='auto'"
            )
        curvature = curvature.damped(self.damping)
        coef, _ = curvature.design.split(curvature.diagonal)
        if (coef <= 0).any():
            raise singular("the dual solver needs a penalty on every coefficient")
        return _DualFactor(curvature)
