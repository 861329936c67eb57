"""The Hessian without row i, for a block of rows, at the parameters of all rows.

With the risk sums that are left without i (primes),

    H_i = sum_j hazard'_j x_j x_j' - sum_{u, f} m' / z'^2 (S' - f' D')(S' - f' D')' + D,

S and D the sums of e x over those at risk and dying, of which row i takes e_i x_i. Everything that depends on i is a
number for each row or death time; products of covariates are shared by the block, so that matrix products do the work.
"""

from typing import Any

import numpy as np

from ..._memory import BLOCK_SIZE
from ..._typing import RowIndex
from ..removals import Removals

__all__ = ["leave_one_out_hessians"]


def leave_one_out_hessians(problem: Any, rows: RowIndex) -> np.ndarray:
    """Hessians of the objective without each row of a block.

    Parameters
    ----------
    problem : CoxProblem
        At its parameters.
    rows : ndarray of int, shape (b,)
        Positions.

    Returns
    -------
    ndarray of shape (b, p, p)

    Notes
    -----
    b (n + G) p^2 / 2 multiplications in matrix products and about ten passes over (n, b) arrays; memory b (n + p^2).
    """
    rows = np.arange(problem.n_rows)[rows]
    removals, sets, X = Removals.single(rows), problem.sets, problem.X
    e = np.repeat(problem.sums.e, len(rows), axis=1)
    removals.zero(e)
    sums = problem.risk_sums(e, removals)
    risk, dying = sets.at_risk(problem.sums.e * X), sets.dying(problem.sums.e * X)
    packed = _contract(sums.hazard, X, X)
    plain = sums.over(2)
    packed -= _contract(plain, risk, risk)
    parts = [plain]
    if sets.tied:
        mixed, double = sums.over(2, of_fraction=1), sums.over(2, of_fraction=2)
        packed += _contract(mixed, risk, dying) + _contract(mixed, dying, risk)
        packed -= _contract(double, dying, dying)
        parts += [mixed, double]
    H = _unpack(packed, problem.n_parameters)
    _subtract_own(H, problem, rows, parts, risk, dying)
    H[:, range(H.shape[1]), range(H.shape[1])] += problem.penalty.diagonal(problem.present, removals).T
    return H


def _contract(weights, A, B):
    """sum_j weights_jb A_j B_j' for each b, the lower triangles as rows: (b, p (p + 1) / 2)."""
    first, second = np.tril_indices(A.shape[1])
    total = np.zeros((weights.shape[1], len(first)))
    step = max(1, BLOCK_SIZE // len(first))
    for start in range(0, len(A), step):
        part = slice(start, start + step)
        total += weights[part].T @ (A[part][:, first] * B[part][:, second])
    return total


def _unpack(packed, p):
    first, second = np.tril_indices(p)
    H = np.empty((len(packed), p, p))
    H[:, first, second] = packed
    H[:, second, first] = packed
    return H


def _subtract_own(H, problem, rows, parts, risk, dying):
    """Correct for e_i x_i, which S and D still hold: H += e (x v' + v x') - e^2 k x x'.

    v = sum_u (S, less D under f) over the death times at which row i is at risk, k the same of 1; where it dies,
    e_i x_i is in both S and D.
    """
    sets, x, e = problem.sets, problem.X[rows], problem.sums.e[rows]
    times = np.arange(sets.n_times)[:, None]
    at_risk = (times >= sets.first[rows]) & (times < sets.last[rows])
    plain = np.where(at_risk, parts[0], 0)
    v, k = plain.T @ risk, plain.sum(axis=0)[:, None]
    if len(parts) > 1:
        mixed, double = (np.where(at_risk, part, 0) for part in parts[1:])
        v -= mixed.T @ dying
        here = np.flatnonzero(np.isin(rows, sets.dead))
        at = sets.last[rows[here]] - 1
        v[here] += double[at, here, None] * dying[at] - mixed[at, here, None] * risk[at]
        k[here, 0] += double[at, here] - 2 * mixed[at, here]
    outer = x[:, :, None] * (e * v)[:, None, :]
    H += outer + outer.transpose(0, 2, 1) - (e**2 * k)[:, :, None] * x[:, :, None] * x[:, None, :]
