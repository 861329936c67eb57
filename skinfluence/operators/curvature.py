"""The Hessian of a penalised sum over rows, as an operator with declared structure.

H = sum_i E_i' M_i E_i + diag(D), where E_i is the linear map of row i, M_i the Hessian of its loss in the raw
predictions (weights included) and D the penalty. Solvers read the structure that they need and nothing else.
"""

import os
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import sparse

from ..exceptions import UnsupportedQuestionError
from .design import Design

__all__ = ["Curvature"]


def _physical_memory():
    """In bytes; no limit where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return float("inf")


@dataclass(frozen=True, eq=False)
class Curvature:
    """H = sum_i E_i' M_i E_i + diag(D).

    Parameters
    ----------
    design : Design
        The rows' linear maps E_i.
    row_hessians : ndarray of shape (n, K, K)
        M_i, weights included, positive semi-definite.
    diagonal : ndarray of shape (P,)
        D, non-negative.
    null_directions : ndarray of shape (P, r)
        Orthonormal directions in which H is known to vanish.
    active : ndarray of int or None
        Parameters that are free to move; None means all.

    Examples
    --------
    >>> import numpy as np
    >>> design = Design(np.array([[1.0], [2.0]]), n_outputs=1, intercept=False)
    >>> Curvature(design, np.ones((2, 1, 1)), np.array([3.0]), np.zeros((1, 0))).dense()
    array([[8.]])
    """

    design: Design
    row_hessians: np.ndarray
    diagonal: np.ndarray
    null_directions: np.ndarray
    active: np.ndarray | None = None

    @property
    def n_parameters(self) -> int:
        """P."""
        return len(self.diagonal)

    @property
    def n_rows(self) -> int:
        """n."""
        return self.design.n_rows

    @property
    def has_single(self) -> bool:
        """Whether H costs half in single precision: with dense rows, by symmetric updates."""
        return not sparse.issparse(self.design.X)

    @property
    def n_dual(self) -> int:
        """Rank of the part that the rows contribute, at most n K."""
        return self.design.n_rows * self.design.n_outputs

    @property
    def has_dual(self) -> bool:
        """Whether working in the rows' space pays and is safe.

        More parameters than rows times outputs, a penalty on every coefficient, no row of negative curvature.
        """
        coef, _ = self.design.split(self.diagonal)
        convex = (np.einsum("nkk->nk", self.row_hessians) >= 0).all()
        return bool(self.n_parameters > self.n_dual and (coef > 0).all() and convex)

    def relative_change(self, other: Self) -> float:
        """Largest difference of row Hessians from those of the same rows elsewhere, relative to the largest."""
        here, there = self.row_hessians, other.row_hessians
        return np.max(np.abs(there - here), initial=0) / max(np.max(np.abs(here), initial=0), 1e-300)

    def damped(self, damping: float) -> Self:
        """H plus `damping` times its mean eigenvalue on the diagonal.

        A declared null direction stays one, because every solver projects it out.
        """
        if not damping:
            return self
        return replace(self, diagonal=self.diagonal + damping * self.mean_eigenvalue())

    def on_active(self) -> Self:
        """The block of H that belongs to the active parameters."""
        return replace(
            self,
            design=self.design.part(self.active),
            diagonal=self.diagonal[self.active],
            null_directions=self.null_directions[self.active],
            active=None,
        )

    def mean_eigenvalue(self) -> float:
        """trace(H) / P without forming H."""
        return self.main_diagonal().mean()

    def main_diagonal(self) -> np.ndarray:
        """The diagonal of H, (P,), without forming H."""
        return self.design.gram_diagonal(self.row_hessians) + self.diagonal

    def matvec(self, V: np.ndarray) -> np.ndarray:
        """H V for V of shape (P, B)."""
        raw, M = self.design.raw(V), self.row_hessians
        # one output: a product of numbers, which matmul would do by n calls of BLAS
        moved = M * raw if M.shape[1] == 1 else M @ raw
        return self.design.vjp(moved) + self.diagonal[:, None] * V

    def batch(self, rows: np.ndarray) -> Self:
        """H with the rows' part estimated from some of them, repetitions included."""
        scaled = self.row_hessians[rows] * (self.n_rows / len(rows))
        return replace(self, design=self.design.with_rows(self.design.X[rows]), row_hessians=scaled)

    def draw(self, generator: np.random.RandomState, n_draws: int) -> np.ndarray:
        """Random vectors of covariance H, (P, n_draws): sum_i E_i' L_i e_i + D^(1/2) e with standard normal e.

        The first of them are the same whatever their number.
        """
        if np.einsum("nkk->nk", self.row_hessians).min(initial=0.0) < 0:
            raise UnsupportedQuestionError(
                "random vectors of covariance H need rows of positive curvature, and the loss of this model is not "
                "convex at some of them; InfluenceFunctions needs none"
            )
        roots, draws = self.roots(), np.empty((self.n_parameters, n_draws))
        for column in range(n_draws):
            own = np.einsum("nkl,nl->nk", roots, generator.standard_normal(roots.shape[:2]))
            draws[:, column] = self.design.vjp(own[:, :, None])[:, 0]
            draws[:, column] += np.sqrt(self.diagonal) * generator.standard_normal(self.n_parameters)
        return draws

    def dense(self, dtype: type = np.float64) -> np.ndarray:
        """H as a (P, P) array, refused where this machine cannot hold it and a factor of it."""
        size, memory = 2 * 8 * self.n_parameters**2, _physical_memory()
        if size > memory:
            raise UnsupportedQuestionError(
                f"the Hessian of {self.n_parameters} parameters and a factor of it take {size / 2**30:.0f} GiB, and "
                f"this machine has {memory / 2**30:.0f}. solver='cg' forms neither; bounds, and solver='cholesky' or "
                "'eigen', need both"
            )
        H = self.design.gram(self.row_hessians, dtype)
        H[np.diag_indices_from(H)] += self.diagonal
        return H

    def roots(self) -> np.ndarray:
        """L of shape (n, K, K) with L_i L_i' = M_i."""
        if self.row_hessians.shape[1] == 1:
            return np.sqrt(self.row_hessians)
        values, vectors = np.linalg.eigh(self.row_hessians)
        return vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
