"""Blocks of rows, and the Hessian without each row of a block."""

from ..solvers import Downdate

__all__ = ["row_blocks", "row_downdate"]

#: floats in a temporary (P, b, K) array
BLOCK_SIZE = 2**22


def row_blocks(problem, rows=None, *, per_row=0):
    """All rows as slices, or the given positions as arrays; (P, b, K) and (per_row, b, K) arrays stay small."""
    size = max(1, BLOCK_SIZE // (max(problem.n_parameters, per_row) * problem.n_outputs))
    if rows is None:
        return [slice(start, start + size) for start in range(0, problem.n_rows, size)]
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def row_downdate(problem, factor, rows):
    """(H - w_i H_i - s_i P)^-1 for each row of a block, from the factor of H."""
    shares = problem.shares()
    return Downdate(
        factor,
        problem.design.basis(rows),
        problem.row_hessians()[rows],
        None if shares is None else shares[rows],
        problem.penalty,
    )
