"""Solving with the Hessian without a set of rows, for a block of sets at once.

A small set is a Woodbury correction of the factor of all rows, and sets of like size are corrected together, filled up
with rows of zero Hessian. A larger one has a factor of its own, of H less the set's part where that is the smaller of
the two sums: a subtraction, whose rounding one step of refinement with the rows that stay removes, or shows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import block_diag

from .._memory import BLOCK_SIZE
from ..exceptions import SingularCurvatureError
from ..operators import Curvature, DenseCurvature
from ..problems import Removals
from ..solvers import Downdate, Factor, Solver
from .sets import set_blocks, summed_terms

__all__ = ["SetInverse", "first_steps", "inverse_blocks", "set_pulls"]

#: condition number of I - M S up to which a set is taken out of the factor of all rows: four of sixteen digits go
MAX_CONDITION = 1e4
#: part of the shares of the penalty up to which the series in it is short
MAX_PENALTY_SHARE = 0.5
#: part of the rows up to which a set's Hessian is taken off that of all rows
MAX_SET_PART = 0.25
#: parameters up to which H is held as a matrix
MAX_DENSE_PARAMETERS = 5000
#: size of a refinement, relative to the solution, that shows that a subtraction lost too many digits
MAX_REFINEMENT = 1e-6


class _Part(NamedTuple):
    """What solves for some columns; `subtracted` needs refinement."""

    columns: np.ndarray
    solve: Any
    subtracted: bool = False


class SetInverse:
    """H_T^-1 for each set T of a block, as one object that solves column by column.

    Parameters
    ----------
    problem : LinearProblem
        At its optimum.
    factor : Factor
        Of its Hessian.
    solver : Solver
        For the sets that need a factor of their own.
    sets : list of ndarray of int
        The block.
    whole : callable
        Returns H as a DenseCurvature, or None where it is of no use.
    """

    def __init__(
        self, problem: Any, factor: Factor | None, solver: Solver, sets: list[np.ndarray], whole: Callable[..., Any]
    ) -> None:
        self.problem, self.solver, self.sets, self.whole = problem, solver, sets, whole
        columns = np.array([i for i, rows in enumerate(sets) if is_small(problem, solver, len(rows))], dtype=np.intp)
        safe, self.parts = np.zeros(len(columns), dtype=bool), []
        if len(columns):
            downdate, safe = _downdate(problem, factor, [sets[i] for i in columns])
            # unsafe columns are solved by both, the later part wins
            self.parts.append(_Part(columns, downdate.solve))
        for column in np.setdiff1d(np.arange(len(sets)), columns[safe]):
            self.parts.append(self._own(column))

    def solve(self, Y: np.ndarray) -> np.ndarray:
        """H_T^-1 y for the columns of Y, (P, B); nan where H_T is singular."""
        values = np.empty(Y.shape)
        for columns, solve, _ in self.parts:
            values[:, columns] = solve(Y[:, columns])
        return values

    def _own(self, column, subtract=True):
        rows, problem = self.sets[column], self.problem
        subtracted = subtract and self.whole() is not None and len(rows) <= MAX_SET_PART * problem.n_rows
        try:
            curvature = self._subtracted(rows) if subtracted else problem.without(rows).curvature()
            factor = self.solver.prepare(curvature)
        except SingularCurvatureError as error:
            if subtracted:
                return self._own(column, subtract=False)
            return _Part(np.array([column]), _Singular(error))
        return _Part(np.array([column]), lambda Y: factor.solve(Y).value, subtracted)

    def _subtracted(self, rows):
        problem, shares = self.problem, self.problem.shares()
        design = problem.design.with_rows(problem.design.X[rows])
        H = self.whole().H - design.gram(problem.row_hessians()[rows])
        if shares is not None:
            H[np.diag_indices_from(H)] -= shares[rows].sum() * problem.penalty
        return replace(self.whole(), H=H)

    def refined(self, Y: np.ndarray) -> np.ndarray:
        """:meth:`solve`, with the rounding of subtractions removed."""
        values = self.solve(Y)
        columns = np.flatnonzero(np.isin(np.arange(len(self.sets)), [p.columns[0] for p in self.parts if p.subtracted]))
        if not len(columns):
            return values
        removals = Removals.of([self.sets[i] for i in columns])
        rest = np.zeros(Y.shape)
        rest[:, columns] = Y[:, columns] - _products_without(self.problem, removals, values[:, columns])
        for position, part in enumerate(self.parts):
            if part.subtracted:
                step = part.solve(rest[:, part.columns])
                lost = not np.abs(step).max() <= MAX_REFINEMENT * np.abs(values[:, part.columns]).max()
                values[:, part.columns] += step
                if lost:
                    part = self.parts[position] = self._own(part.columns[0], subtract=False)
                    values[:, part.columns] = part.solve(Y[:, part.columns])
        return values

    def check(self) -> None:
        """Raise where some H_T is singular."""
        for part in self.parts:
            if isinstance(part.solve, _Singular):
                raise part.solve.error


class _Singular:
    """Placeholder for the inverse of a singular matrix."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, Y):
        return np.full(Y.shape, np.nan)


def is_small(problem: Any, solver: Solver, size: int) -> bool:
    """Whether a set is cheaper as a correction of the factor of all rows."""
    undamped = not getattr(solver, "damping", 0)
    if problem.interpolation is not None:
        return undamped
    return undamped and problem.balance is None and 2 * size * problem.n_outputs <= problem.n_parameters


def _downdate(problem, factor, sets):
    """(H - sum_T (w_i H_i + s_i P))^-1, a set being one row of k K outputs, and where rounding would not show."""
    # a set of no rows is filled up too
    K, k = problem.n_outputs, max(1, *map(len, sets))
    rows, M = np.zeros((len(sets), k), dtype=np.intp), np.zeros((len(sets), k * K, k * K))
    hessians, shares = problem.row_hessians(), problem.shares()
    for i, chosen in enumerate(sets):
        rows[i, : len(chosen)] = chosen
        size = len(chosen) * K
        M[i, :size, :size] = block_diag(*hessians[chosen])
    basis = problem.design.basis(rows.ravel()).transpose(1, 2, 0)
    basis = basis.reshape(len(sets), k * K, problem.n_parameters).transpose(2, 0, 1)
    share = None if shares is None else np.array([shares[chosen].sum() for chosen in sets])
    if problem.interpolation is not None:
        known = _with_identity(problem.interpolation.of_sets(rows), [len(chosen) * K for chosen in sets])
        return Downdate(factor, basis, M, share, problem.penalty, known), np.ones(len(sets), dtype=bool)
    downdate = Downdate(factor, basis, M, share, problem.penalty)
    remaining = np.eye(k * K) - M @ downdate.kernel
    safe = downdate.determined & (np.linalg.cond(np.where(np.isfinite(remaining), remaining, 0), 1) < MAX_CONDITION)
    return downdate, safe if share is None else safe & (share <= MAX_PENALTY_SHARE * shares.sum())


def _with_identity(remaining, sizes):
    """I - M S of sets that are filled up with rows of zero Hessian."""
    for each, size in zip(remaining, sizes, strict=True):
        each[size:] = np.eye(len(each))[size:]
    return remaining


def inverse_blocks(
    problem: Any, factor: Factor, solver: Solver, sets: Sequence[np.ndarray]
) -> Iterator[tuple[np.ndarray, SetInverse]]:
    """A :class:`SetInverse` for each block of sets, with the positions of its sets.

    Yields
    ------
    (ndarray of int, SetInverse)
    """
    P, K = problem.n_parameters, problem.n_outputs
    sizes = np.array([len(rows) for rows in sets])
    own = np.array([P * k * K if is_small(problem, solver, k) else P * P for k in sizes])
    cached: list[tuple] = []

    def whole():
        if not cached:
            cached.append(_whole(problem, solver))
        return cached[0]

    for block in set_blocks(sizes, np.maximum(own, problem.n_rows * K), BLOCK_SIZE):
        yield block, SetInverse(problem, factor, solver, [np.asarray(sets[i]) for i in block], whole)


def _whole(problem, solver):
    """H as a matrix, None where sets are not to be taken off it."""
    P, H = problem.n_parameters, problem.curvature()
    apart = isinstance(H, Curvature) and problem.balance is None and H.active is None
    if not apart or getattr(solver, "damping", 0) or P > H.n_dual or P > MAX_DENSE_PARAMETERS:
        return None
    return DenseCurvature(H.dense(), H.null_directions)


def _products_without(problem, removals, U):
    """H_T u for column after column, from the rows that stay."""
    pulled = np.einsum("nkl,nlb->nkb", problem.row_hessians(), problem.design.raw(U))
    removals.zero(pulled)
    return problem.design.vjp(pulled) + problem.penalty_scale(removals) * problem.penalty[:, None] * U


def set_pulls(problem: Any, terms: Any, sets: Sequence[np.ndarray]) -> np.ndarray:
    """-(gradient of the objective without each set), (P, G)."""
    if problem.balance is None:
        return summed_terms(problem, terms, sets) - problem.gradient()[:, None]
    # other class weights change the terms of the rows that stay
    return -problem.gradient(np.repeat(problem.theta[:, None], len(sets), axis=1), Removals.of(sets))


def first_steps(problem: Any, factor: Factor, terms: Any, solver: Solver, sets: Sequence[np.ndarray]) -> np.ndarray:
    """One Newton step on the objective without each set, (P, G).

    Parameters
    ----------
    problem : LinearProblem
        At its optimum.
    factor : Factor
        Of its Hessian.
    terms : RowTerms
        Its removal terms.
    solver : Solver
        For the Hessians of sets that need their own.
    sets : list of ndarray of int
        Rows to delete.

    Returns
    -------
    ndarray

    Raises
    ------
    SingularCurvatureError
        The objective without a set has no unique optimum.
    """
    changes = np.empty((problem.n_parameters, len(sets)))
    for block, inverse in inverse_blocks(problem, factor, solver, sets):
        inverse.check()
        changes[:, block] = inverse.refined(set_pulls(problem, terms, inverse.sets))
    return changes
