"""Rows without which a likelihood has no optimum: those that alone keep a direction from separating the others.

The optimum without row i exists if the rows that stay have residuals inside the range of their loss that balance: if
p_k + dp_k, or mu_k + dmu_k, stays positive with E'dp taking up what the row leaves. One step without the row balances
them, dp_k = (diag p - p p') E_k dtheta, and keeps them positive where the largest entry of E_k dtheta less the smallest
is below 1, for the other rows k. Few rows fail this, and only these are looked at one by one. A bound of that change by
norms, |E_k dtheta|^2 <= |S_k| dtheta'H dtheta, spares most rows the product.
"""

from typing import Any

import numpy as np

from ..exceptions import SingularCurvatureError
from ..solvers import AutoSolver, Factor
from .polish import polish
from .rank_one_downdates import row_blocks, row_downdate
from .separation import diverging_directions, may_separate

__all__ = ["separating_rows"]

#: rows that are looked at one by one, those with the largest steps first
MOST = 64


def separating_rows(problem: Any, factor: Factor) -> np.ndarray:
    """Rows without which there is no optimum because the others separate, (n,) of bool.

    Parameters
    ----------
    problem : Problem
        At its optimum.
    factor : Factor
        Of its Hessian.

    Notes
    -----
    One solve a row, for likelihoods without a penalty alone; then a polish and a linear program for each of the rows,
    64 at most, whose step does not say that there is an optimum. Iterative solvers, for which each row is a solve of
    its own, are not asked.
    """
    found = np.zeros(problem.n_rows, dtype=bool)
    if not (may_separate(problem) and factor.direct):
        return found
    terms = problem.removal_terms()
    lengths, reach = _sizes(problem, factor, terms)
    doubtful = _doubtful(problem, factor, terms, lengths, reach)
    for row in doubtful[np.argsort(-lengths[doubtful])][:MOST]:
        found[row] = _separates_without(problem, row)
    return found


def _sizes(problem, factor, terms):
    """Lengths of the steps without each row, in the norm of H, and the spectral norm of each S_k, (n,)."""
    parts = []
    for rows in row_blocks(problem):
        downdate = row_downdate(problem, factor, rows)
        columns = terms.columns(rows, downdate.basis)
        steps = downdate.solve(columns)
        own = np.einsum("pbk,pb->bk", downdate.basis, steps)
        # H = H_i + E_i'M_i E_i
        bent = np.einsum("bk,bkl,bl->b", own, problem.row_hessians()[rows], own)
        parts.append((np.einsum("pb,pb->b", columns, steps) + bent, np.linalg.norm(downdate.kernel, 2, (1, 2))))
    squares, reach = (np.concatenate(each) for each in zip(*parts, strict=True))
    return np.sqrt(np.maximum(squares, 0)), reach


def _doubtful(problem, factor, terms, lengths, reach):
    """Rows whose step changes the raw predictions of some other row by 1 or more."""
    there = problem.weights().any(axis=1)
    # a difference of two raw predictions is larger than each
    reach = np.sqrt(np.where(there, reach, 0) * min(problem.n_outputs, 2))
    possible = np.flatnonzero(there & np.isfinite(lengths) & (reach.max() * lengths >= 1))
    if not len(possible):
        return possible
    others = np.flatnonzero(reach * lengths[possible].max() >= 1)
    doubtful = []
    for rows in row_blocks(problem, possible, per_row=len(others) * problem.n_outputs):
        steps = row_downdate(problem, factor, rows).solve(terms.columns(rows))
        change = problem.design.with_rows(problem.design.X[others]).raw(steps)
        spread = np.abs(change[:, 0]) if change.shape[1] == 1 else np.ptp(change, axis=1)
        spread[others[:, None] == rows] = 0
        doubtful.append(rows[(spread >= 1).any(axis=0)])
    return np.concatenate(doubtful)


def _separates_without(problem, row):
    try:
        left = polish(problem.without([row]), AutoSolver()).problem
    except SingularCurvatureError:
        return True
    return diverging_directions(left) is not None
