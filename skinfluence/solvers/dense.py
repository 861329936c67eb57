"""Solvers that hold H as a dense P x P array: Cholesky, and an eigendecomposition for flat objectives.

Both work on the equilibrated matrix S^-1 H S^-1 with S = diag(H)^(1/2), so that rescaled features neither change the
answer nor look like bad conditioning, and both project the declared null directions N out: with H + t N N' factored
in place of H, the answer to a projected right-hand side has no component along N.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.linalg.blas import dtrmm, dtrsm
from scipy.linalg.lapack import dlange, dpocon, dpotrf, dtrtri, slange, spocon, spotrf

from .._memory import BLOCK_SIZE
from ..operators import Design
from ._base import Factor, Solution, Solver, singular
from .output_pairs import OutputPairs
from .spectrum import damping_told, left_out_told

__all__ = ["CholeskySolver", "EigenSolver"]

_EPS = np.finfo(float).eps
#: reciprocal condition number above which products with the inverse root replace solves: their error, eps / rcond
#: at worst, is that of computing H
INVERSE_RCOND = 1e-8
#: the same above which single precision is used for Newton steps, which then contract by 1e-2 or less
SINGLE_PRECISION_RCOND = 1e-5
#: smallest curvature of a coordinate relative to the largest; units of features may differ by 1e20
FLAT_CURVATURE = 1e-40


def _equilibrated(H, curvature):
    """S^-1 (H + t N N') S^-1 and the vector S, from H as a matrix, in its place."""
    N = curvature.null_directions
    if N.shape[1]:
        H += N @ (np.einsum("pr,p,pr->r", N, np.diagonal(H), N)[:, None] * N.T)
    diagonal = np.diagonal(H)
    # a coordinate that no row moves any more is flat, however small the number that underflow left there
    scale = np.sqrt(np.where(diagonal > FLAT_CURVATURE * diagonal.max(initial=0), diagonal, 1.0))
    # both sides while a block of rows is in the cache
    inverse = (1 / scale).astype(H.dtype)
    size = max(1, BLOCK_SIZE // max(1, len(H)))
    for rows in (slice(start, start + size) for start in range(0, len(H), size)):
        H[rows] *= inverse
        H[rows] *= inverse[rows, None]
    return H, scale


class _DenseFactor(Factor):
    """H^-1 = W W' on the complement of the null directions; members supply z = W'y, in place if they can, and W z."""

    _whiten: Callable[[np.ndarray], np.ndarray]
    _unwhiten: Callable[[np.ndarray], np.ndarray]

    def __init__(self, null: np.ndarray, verdict: str) -> None:
        self.null, self.verdict = null, verdict

    def _project(self, V):
        return V - self.null @ (self.null.T @ V) if self.null.shape[1] else V

    def solve(self, rhs: np.ndarray) -> Solution:
        whitened = self._whiten(np.array(self._project(rhs), order="F"))
        return Solution(self._project(self._unwhiten(whitened)), self.verdict)

    def _whiten_many(self, Y):
        return self._whiten(Y)

    def inner(self, Y: np.ndarray) -> np.ndarray:
        P, b, K = Y.shape
        columns = np.asfortranarray(self._project(Y.reshape(P, b * K)))
        Z = self._whiten_many(columns).T.reshape(b, K, -1)
        return np.einsum("bkp,blp->bkl", Z, Z)


class _CholeskyFactor(_DenseFactor):
    def __init__(self, R: np.ndarray, null: np.ndarray, verdict: str, rcond: float, rough: bool = False) -> None:
        super().__init__(null, verdict)
        self.R, self.rcond, self.rough = R, rcond, rough

    @property
    def triangle(self) -> np.ndarray | None:
        """R, upper triangular, with H = R'R; None where H is flat in some direction, or R is rough."""
        return None if self.rough or self.null.shape[1] else self.R

    def _whiten(self, Y):
        # H = R'R  =>  z = R^-T y
        return dtrsm(1.0, self.R, Y, trans_a=1, overwrite_b=1)

    def _unwhiten(self, Z):
        return dtrsm(1.0, self.R, Z, overwrite_b=1)

    def _whiten_many(self, Y):
        # a product with the inverse takes half the time of a solve, and loses nothing where H is well-conditioned
        if self.rcond < INVERSE_RCOND or Y.shape[1] < len(self.R):
            return self._whiten(Y)
        return dtrmm(1.0, self._inverse_root, Y, trans_a=1, overwrite_b=1)

    @cached_property
    def _inverse_root(self):
        return dtrtri(self.R)[0]

    def inner_of_all_rows(self, design: Design) -> Iterator[tuple[slice, np.ndarray]]:
        dense = isinstance(design, Design) and not sparse.issparse(design.X)
        many = design.n_outputs > 1 and design.n_rows * design.n_outputs >= len(self.R)
        if dense and many and self.rcond >= INVERSE_RCOND:
            return OutputPairs(self.R, self.null, design).of_rows()
        return super().inner_of_all_rows(design)


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
            When H is not numerically positive definite on the complement of its declared null directions.
        """
        told = damping_told(curvature, self.damping)
        curvature = curvature.damped(self.damping)
        H, scale = _equilibrated(curvature.dense(), curvature)
        norm = dlange("1", H.T)
        R, failed = dpotrf(H.T, clean=1, overwrite_a=1)
        if failed:
            raise singular("its Cholesky factorisation breaks down")
        rcond, _ = dpocon(R, norm)
        if rcond < len(H) * _EPS:
            raise singular(f"its reciprocal condition number is {rcond:.1e} after scaling to unit diagonal")
        verdict = f"cholesky of {len(H)} parameters, condition number {1 / rcond:.1e}{told}"
        return _CholeskyFactor(np.asfortranarray(R * scale), curvature.null_directions, verdict, rcond)

    def single_precision(self, curvature: Any) -> Factor:
        """Factor the curvature in single precision, which takes half the time, where its conditioning allows.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor
            Good to about four digits; that of :meth:`prepare` where it would not be.

        Raises
        ------
        SingularCurvatureError
            As :meth:`prepare`.
        """
        if not curvature.has_single:
            return self.prepare(curvature)
        damped = curvature.damped(self.damping)
        with np.errstate(over="ignore", invalid="ignore"):
            H, scale = _equilibrated(damped.dense(np.float32), damped)
            norm = slange("1", H.T)
        R, failed = spotrf(H.T, clean=1, overwrite_a=1)
        rcond = 0.0 if failed else spocon(R, norm)[0]
        if not rcond > SINGLE_PRECISION_RCOND:
            return self.prepare(curvature)
        R = np.asfortranarray(R * scale, dtype=float)
        return _CholeskyFactor(R, damped.null_directions, "cholesky in single precision", rcond, rough=True)


class _EigenFactor(_DenseFactor):
    def __init__(self, root: np.ndarray, null: np.ndarray, verdict: str) -> None:
        super().__init__(null, verdict)
        self.root = root

    def _whiten(self, Y):
        return self.root.T @ Y

    def _unwhiten(self, Z):
        return self.root @ Z


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

    def __init__(self, damping: float = 0.0, rtol: float | None = None) -> None:
        super().__init__(damping)
        self.rtol = rtol

    def prepare(self, curvature: Any) -> Factor:
        """Factor the curvature.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor
        """
        told = damping_told(curvature, self.damping)
        curvature = curvature.damped(self.damping)
        H, scale = _equilibrated(curvature.dense(), curvature)
        values, vectors = eigh(H, overwrite_a=True, check_finite=False)
        rtol = len(H) * _EPS if self.rtol is None else self.rtol
        kept = values > rtol * values[-1]
        verdict = f"eigendecomposition of {len(H)} parameters{told}{left_out_told(values, kept)}"
        root = vectors[:, kept] / np.sqrt(values[kept]) / scale[:, None]
        return _EigenFactor(root, curvature.null_directions, verdict)
