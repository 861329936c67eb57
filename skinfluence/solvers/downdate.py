"""Solving with H less one row (or one set of rows), for many rows at once.

    (H - s P - E'ME)^-1 y

The rows' part is a Woodbury correction of size K; the row's share s of the penalty, which is not of low rank, is a
fixed-point series in B s P, where B is the inverse without the share. B s P has eigenvalues of at most s / sum(s), so
that three or four terms reach rounding.
"""

import numpy as np

from ._base import Factor

__all__ = ["Downdate"]

_EPS = np.finfo(float).eps
#: 1 - leverage below which differences with 1 lose four digits
NEAR_ONE = 1e-4


class Downdate:
    """(H - s_i P - E_i' M_i E_i)^-1 for each row i of a block.

    Parameters
    ----------
    factor : Factor
        Of H.
    basis : ndarray of shape (P, b, K)
        E_i'.
    row_hessians : ndarray of shape (b, K, K)
        M_i.
    shares : ndarray of shape (b,) or None
        s_i, None when no row carries a share of the penalty.
    penalty : ndarray of shape (P,)
        P, a diagonal.
    remaining : ndarray of shape (b, K, K) or None
        I - M_i S_i, where it is known to more digits than the difference has.

    Attributes
    ----------
    kernel : ndarray of shape (b, K, K)
        S_i = E_i H^-1 E_i'.
    determined : ndarray of bool, shape (b,)
        False where deleting the row leaves H singular (leverage 1): the solution is nan there.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.operators import Curvature, Design
    >>> from skinfluence.solvers import CholeskySolver
    >>> design = Design(np.array([[1.0], [2.0]]), n_outputs=1, intercept=False)
    >>> factor = CholeskySolver().prepare(Curvature(design, np.ones((2, 1, 1)), np.array([3.0]), np.zeros((1, 0))))
    >>> downdate = Downdate(factor, design.basis([1]), np.ones((1, 1, 1)), None, np.array([3.0]))
    >>> downdate.solve(np.array([[8.0]]))   # H = 8, less 2^2 of the deleted row
    array([[2.]])
    """

    def __init__(
        self,
        factor: Factor,
        basis: np.ndarray,
        row_hessians: np.ndarray,
        shares: np.ndarray | None,
        penalty: np.ndarray,
        remaining: np.ndarray | None = None,
    ) -> None:
        self.factor, self.basis, self.shares, self.penalty = factor, basis, shares, penalty
        P, b, K = basis.shape
        self.pushed = factor.solve(basis.reshape(P, b * K)).value.reshape(P, b, K)
        # one product a row; columns are contiguous on both sides
        self.kernel = basis.transpose(1, 2, 0) @ self.pushed.transpose(1, 0, 2)
        self.core, self.determined = woodbury_core(row_hessians, self.kernel, remaining)
        self._row_hessians, self._known = row_hessians, remaining is not None

    @property
    def cancels(self) -> np.ndarray:
        """Rows whose leverage is so near to 1 that four digits of the solution are lost, (b,) of bool."""
        if self._known:
            return np.zeros(len(self.determined), dtype=bool)
        room = np.abs(np.linalg.det(np.eye(self.kernel.shape[-1]) - self._row_hessians @ self.kernel))
        return self.determined & (room < NEAR_ONE)

    def solve(self, Y: np.ndarray) -> np.ndarray:
        """Column i of the answer solves with row i deleted; Y has shape (P, b)."""
        B_Y = self._without_share(Y)
        if self.shares is None:
            return B_Y
        U, term = B_Y, B_Y
        for _ in range(60):
            term = self._without_share(self.shares * self.penalty[:, None] * term)
            U = U + term
            if not np.nanmax(np.abs(term), initial=0) > _EPS * np.nanmax(np.abs(U), initial=0):
                break
        return U

    def _without_share(self, Y):
        # (H - E'ME)^-1 = H^-1 + H^-1 E' (I - M S)^-1 M E H^-1
        U = self.factor.solve(Y).value
        inner = self.core @ (self.basis.transpose(1, 2, 0) @ U.T[:, :, None])
        return U + (self.pushed.transpose(1, 0, 2) @ inner)[:, :, 0].T


def woodbury_core(M: np.ndarray, S: np.ndarray, remaining: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(I - M S)^-1 M for each row, and which rows leave a regular H behind; nan where not.

    The eigenvalues of M S are leverages in [0, 1]; at 1 the row alone determines some direction. Where I - M S is known
    to all digits, in `remaining`, every row leaves one behind.
    """
    if remaining is not None:
        return np.linalg.solve(remaining, M), np.ones(len(M), dtype=bool)
    K = M.shape[-1]
    identity = np.eye(K)
    remaining = identity - M @ S
    determined = np.abs(np.linalg.det(remaining)) > 1e3 * _EPS
    remaining[~determined] = identity
    core = np.linalg.solve(remaining, M)
    core[~determined] = np.nan
    return core, determined
