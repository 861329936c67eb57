"""Solvers that hold H as a dense P x P array: Cholesky, and an eigendecomposition for flat objectives.

Both work on the equilibrated matrix S^-1 H S^-1 with S = diag(H)^(1/2), so that rescaled features neither change the
answer nor look like bad conditioning, and both project the declared null directions N out: with H + t N N' factored
in place of H, the answer to a projected right-hand side has no component along N.
"""

import numpy as np
from scipy.linalg import cho_solve, cholesky, eigh, solve_triangular
from scipy.linalg.lapack import dpocon

from ._base import Factor, Solution, Solver, singular

__all__ = ["CholeskySolver", "EigenSolver"]

_EPS = np.finfo(float).eps


def _equilibrated(curvature):
    """S^-1 (H + t N N') S^-1 and the vector S."""
    H = curvature.dense()
    N = curvature.null_directions
    if N.shape[1]:
        H += N @ (np.einsum("pr,p,pr->r", N, np.diagonal(H), N)[:, None] * N.T)
    scale = np.sqrt(np.diagonal(H))
    flat = np.flatnonzero(~(scale > 0))
    scale[flat] = 1.0
    H /= scale
    H /= scale[:, None]
    return H, scale


class _DenseFactor(Factor):
    """Shared projection and scaling; members supply `_half`, z with z'z = y' (S^-1 H S^-1)^-1 y, and its adjoint."""

    def __init__(self, null, scale, verdict):
        self.null, self.scale, self.verdict = null, scale, verdict

    def _project(self, V):
        return V - self.null @ (self.null.T @ V) if self.null.shape[1] else V

    def whiten(self, Y):
        """Z with Z'Z = Y' H^-1 Y."""
        return self._half(self._project(Y) / self.scale[:, None])

    def solve(self, rhs):
        return Solution(self._project(self._unhalf(self.whiten(rhs)) / self.scale[:, None]), self.verdict)

    def inner(self, Y):
        P, b, K = Y.shape
        Z = self.whiten(Y.reshape(P, b * K)).reshape(-1, b, K)
        return np.einsum("pbk,pbl->bkl", Z, Z)


class _CholeskyFactor(_DenseFactor):
    def __init__(self, R, null, scale, verdict):
        super().__init__(null, scale, verdict)
        self.R = R

    def _half(self, Y):
        # H = R'R  =>  z = R^-T y
        return solve_triangular(self.R, Y, trans="T", check_finite=False)

    def _unhalf(self, Z):
        return solve_triangular(self.R, Z, check_finite=False)

    def solve(self, rhs):
        scaled = self._project(rhs) / self.scale[:, None]
        value = cho_solve((self.R, False), scaled, check_finite=False) / self.scale[:, None]
        return Solution(self._project(value), self.verdict)


class CholeskySolver(Solver):
    """H = R'R; the default for fewer parameters than rows.

    Cost P^3 / 3 once, 2 P^2 a right-hand side. Raises when the equilibrated matrix is numerically singular: SciPy's
    Cholesky alone does not notice, and would return parameter changes that are wrong by any factor.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.operators import Curvature, Design
    >>> design = Design(np.array([[1.0], [2.0]]), n_outputs=1, intercept=False)
    >>> curvature = Curvature(design, np.ones((2, 1, 1)), np.array([3.0]), np.zeros((1, 0)))
    >>> CholeskySolver().prepare(curvature).solve(np.array([[16.0]])).value
    array([[2.]])
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
            When H is not numerically positive definite on the complement of its declared null directions.
        """
        H, scale = _equilibrated(curvature.damped(self.damping))
        norm = np.abs(H).sum(axis=0).max()
        try:
            R = cholesky(H, overwrite_a=True, check_finite=False)
        except np.linalg.LinAlgError:
            raise singular("its Cholesky factorisation breaks down") from None
        rcond, _ = dpocon(R, norm)
        if rcond < len(H) * _EPS:
            raise singular(f"its reciprocal condition number is {rcond:.1e} after scaling to unit diagonal")
        return _CholeskyFactor(
            R,
            curvature.null_directions,
            scale,
            f"cholesky of {len(H)} parameters, condition number {1 / rcond:.1e}",
        )


class _EigenFactor(_DenseFactor):
    def __init__(self, values, vectors, null, scale, verdict):
        super().__init__(null, scale, verdict)
        self.values, self.vectors = values, vectors

    def _half(self, Y):
        return (self.vectors.T @ Y) / np.sqrt(self.values)[:, None]

    def _unhalf(self, Z):
        return self.vectors @ (Z / np.sqrt(self.values)[:, None])


class EigenSolver(Solver):
    """H = V diag(l) V', with directions of relative eigenvalue below `rtol` left out (a pseudo-inverse).

    For objectives that are flat in some direction, such as least squares on collinear features. Raw predictions are
    determined all the same on rows within the span of the training rows. Cost about 9 P^3 once.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    rtol : float or None
        Smallest eigenvalue kept, relative to the largest; None means P times the machine precision.
    """

    def __init__(self, damping=0.0, rtol=None):
        super().__init__(damping)
        self.rtol = rtol

    def prepare(self, curvature):
        """Factor the curvature.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor
        """
        H, scale = _equilibrated(curvature.damped(self.damping))
        values, vectors = eigh(H, overwrite_a=True, check_finite=False)
        rtol = len(H) * _EPS if self.rtol is None else self.rtol
        kept = values > rtol * values[-1]
        verdict = f"eigendecomposition of {len(H)} parameters"
        if not kept.all():
            verdict += f", {np.sum(~kept)} flat directions left out (pseudo-inverse)"
        return _EigenFactor(values[kept], vectors[:, kept], curvature.null_directions, scale, verdict)
