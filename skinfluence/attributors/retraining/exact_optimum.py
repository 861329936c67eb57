"""The optima without each row, all of them, from the optimum of all rows."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..._parallel import run_blocks, small_products
from ...problems import LinearProblem
from ...removal.exact import exact_changes
from ...removal.rank_one_downdates import row_blocks
from ...removal.taylor import TaylorStart
from ...removal.third_order import third_order
from ...solvers import Solver
from ..optimum import Optimum

__all__ = ["ExactOptimum", "exact_optimum"]

#: as many columns make one block of candidates as if there were no more rows than these
ROWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class ExactOptimum(Optimum):
    """An optimum, with the optima without each row.

    Parameters
    ----------
    params_change : ndarray of shape (n, P)
        Parameters without each row, minus all.
    exact_note : str
        How these were reached.
    """

    params_change: np.ndarray
    exact_note: str


def exact_optimum(optimum: Optimum, solver: Solver, tol: float, n_jobs: int | None, verbose: int) -> ExactOptimum:
    """The optimum with those without each row, to machine precision.

    Parameters
    ----------
    optimum : Optimum
        With all rows.
    solver : Solver
        For the rows whose leverage defeats the chord.
    tol : float
        Error of a row's change, relative to its size.
    n_jobs, verbose : int or None, int
        Threads that share the rows, and whether progress is told.

    Returns
    -------
    ExactOptimum
    """
    # blocks of rows are all there is to share: what lies between them is small
    with small_products():
        changes, note = _changes(optimum, solver, tol, n_jobs, verbose)
    return optimum.extended(ExactOptimum, params_change=changes, exact_note=note)


def _changes(optimum, solver, tol, n_jobs, verbose):
    """Changes of the parameters, (n, P), and how they were reached."""
    problem, factor, terms = optimum.problem, optimum.factor, optimum.removal_terms
    third = third_order(problem, factor, tol, n_jobs)
    changes, left = np.empty((problem.n_rows, problem.n_parameters)), np.arange(problem.n_rows)
    if third is not None and third.suffices:
        blocks = row_blocks(problem, left, per_row=len(third.first))
        answers = run_blocks(partial(third.answers, factor, terms, tol=tol), blocks, n_jobs, verbose)
        changes[:] = np.concatenate([answer.changes.T for answer in answers])
        left = np.flatnonzero(~(np.concatenate([answer.bound for answer in answers]) <= tol))
    start = TaylorStart(problem) if isinstance(problem, LinearProblem) and len(left) else None
    # candidates meet the rows of a linear predictor in blocks, those of other models all at once
    per_row = min(problem.n_rows, ROWS_AT_ONCE) if isinstance(problem, LinearProblem) else problem.n_rows
    exact = partial(exact_changes, problem, factor, terms, solver, start=start, third=third, tol=tol)
    blocks = row_blocks(problem, left, per_row=per_row)
    found = run_blocks(exact, blocks, n_jobs, verbose)
    for block, answer in zip(blocks, found, strict=True):
        changes[block] = answer.changes.T
    return changes, _note(found, problem.n_rows - len(left), tol)


def _note(answers, n_third, tol):
    notes = [f"{n_third} rows exact to {tol:.0e} by derivatives of third order, within a bound"] if n_third else []
    if answers:
        rounds, hard = max(answer.rounds for answer in answers), sum(answer.hard for answer in answers)
        notes.append(f"exact in at most {rounds} chord rounds, {hard} rows by damped Newton")
    if leaving := sum(answer.leaving for answer in answers):
        notes.append(f"{leaving} rows would change the active set, their answers are on the old one")
    return "; ".join(notes)
