"""H^-1 with what bounds need to know of it: its diagonal, its largest eigenvalue, and what rounding did to it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.linalg import eigvalsh

from ...operators import DenseCurvature
from ...solvers import CholeskySolver, DualSolver, Factor
from ...solvers._base import singular

__all__ = ["Inverse"]

_EPS = np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class Inverse:
    """H^-1 on the complement of the declared null directions.

    Parameters
    ----------
    factor : Factor
        Of H, as it was rounded.
    diagonal : ndarray of shape (P,)
        Upper bound on its diagonal.
    width : float
        Upper bound on sqrt of its largest eigenvalue.
    slack : float
        The H that was factored is, rounding included, at most this multiple of H.
    """

    factor: Factor
    diagonal: np.ndarray
    width: float
    slack: float

    @classmethod
    def of(cls, curvature: Any) -> Self:
        """Of a curvature; in the space of the rows where there are more parameters than rows times outputs.

        Raises
        ------
        SingularCurvatureError
            H has no inverse, or rounding leaves that open.
        """
        return cls(*(_dual if curvature.has_dual else _dense)(curvature))

    def sizes(self, V: np.ndarray) -> np.ndarray:
        """norm(v)_{H^-1} of the columns of V, (B,) from (P, B)."""
        return np.sqrt(np.maximum(self.inner(V[:, :, None].copy())[:, 0, 0], 0))

    def inner(self, Y: np.ndarray) -> np.ndarray:
        """Y_i' H^-1 Y_i, (b, K, K) from (P, b, K), which it may overwrite."""
        return self.slack * self.factor.inner(Y)


def _dense(curvature):
    """A Cholesky factorisation errs by P eps in H of unit diagonal, whose condition is below sum_j H_jj (H^-1)_jj."""
    H = curvature.dense()
    factor = CholeskySolver().prepare(DenseCurvature(H, curvature.null_directions))
    inverse = factor.solve(np.eye(len(H))).value
    diagonal, last = np.diagonal(inverse), len(H) - 1
    slack = _slack(len(H) * (np.diagonal(H) @ diagonal))
    [largest] = eigvalsh((inverse + inverse.T) / 2, subset_by_index=[last, last])
    return factor, slack * diagonal, np.sqrt(slack * largest), slack


def _dual(curvature):
    """H^-1 is below D^-1 on the penalised coordinates, plus Z C^-1 Z' with Z = H^-1 E0, C = E0' Z of the others."""
    factor = DualSolver().prepare(curvature)
    penalty, P = curvature.diagonal, curvature.n_parameters
    free = np.flatnonzero(penalty == 0)
    unit = np.zeros((P, len(free)))
    unit[free, np.arange(len(free))] = 1
    Z = factor.solve(unit).value
    C = np.linalg.pinv(Z[free], rcond=1e-12, hermitian=True)
    coupled = np.einsum("pf,fg,pg->p", Z, C, Z)
    least = penalty[penalty > 0].min()
    slack = _slack(curvature.n_dual * curvature.mean_eigenvalue() * P / least)
    diagonal = coupled + np.divide(1, penalty, where=penalty > 0, out=np.zeros(P))
    return factor, slack * diagonal, np.sqrt(slack * (1 / least + coupled.sum())), slack


def _slack(roundings):
    """1 / (1 - eps times so many roundings), each counted twice: in the factor, and in what is computed with it."""
    lost = 2 * _EPS * roundings
    if not lost < 0.5:
        raise singular("its smallest eigenvalue is lost in rounding")
    return 1 / (1 - lost)
