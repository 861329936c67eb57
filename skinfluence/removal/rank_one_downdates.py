"""Blocks of rows, and the Hessian without each row of a block."""

from typing import Any

import numpy as np

from .._memory import BLOCK_SIZE
from .._typing import RowIndex
from ..solvers import Downdate, Factor, woodbury_core

__all__ = ["rescaled_cotangents", "row_blocks", "row_downdate", "unfitted"]


def row_blocks(problem: Any, rows: Any = None, *, per_row: float = 0) -> list[Any]:
    """All rows as slices, or the given positions as arrays; (P, b, K) and (per_row, b, K) arrays stay small."""
    size = max(1, BLOCK_SIZE // (max(problem.n_parameters, per_row) * problem.n_outputs))
    if rows is None:
        return [slice(start, start + size) for start in range(0, problem.n_rows, size)]
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def row_downdate(problem: Any, factor: Factor, rows: RowIndex, row_hessians: np.ndarray | None = None) -> Downdate:
    """(H - w_i H_i - s_i P)^-1 for each row of a block, from the factor of H; of other Hessians of rows if given."""
    factor.afford(problem.n_rows * problem.n_outputs)
    shares = problem.shares()
    return Downdate(
        factor,
        problem.design.basis(rows),
        (problem.row_hessians() if row_hessians is None else row_hessians)[rows],
        None if shares is None else shares[rows],
        problem.penalty,
        unfitted(problem, rows),
    )


def unfitted(problem: Any, rows: RowIndex) -> np.ndarray | None:
    """I - M_i S_i of each row, (b, K, K), where the problem knows it to all digits; else None."""
    if problem.interpolation is None:
        return None
    return problem.interpolation.of_sets(np.arange(problem.n_rows)[rows][:, None])


def rescaled_cotangents(
    cotangents: np.ndarray, M: np.ndarray, S: np.ndarray, common: np.ndarray, remaining: np.ndarray | None = None
) -> np.ndarray:
    """c~_i with H^-1 (E_i'c~_i + rest) = (H - E_i'M_i E_i)^-1 (E_i'c_i + rest), for each row i.

    By Woodbury, with S_i = E_i H^-1 E_i' and the rest's common_i = E_i H^-1 rest,

        c~_i = c_i + (I - M_i S_i)^-1 M_i (S_i c_i + common_i)

    Parameters
    ----------
    cotangents, common : ndarray of shape (b, K)
        c_i and common_i.
    M, S : ndarray of shape (b, K, K)
        As above.
    remaining : ndarray of shape (b, K, K) or None
        I - M_i S_i where it is known to more digits; there is no rest then.

    Returns
    -------
    ndarray of shape (b, K)
        nan where H without the row is singular.
    """
    if remaining is not None:
        # without a rest it is (I - M S)^-1 c_i, of which no digit is lost
        return np.linalg.solve(remaining, cotangents[:, :, None])[:, :, 0]
    core, _ = woodbury_core(M, S)
    pulled = np.einsum("bkl,bl->bk", S, cotangents) + common
    return cotangents + np.einsum("bkl,bl->bk", core, pulled)
