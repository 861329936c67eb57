"""Exact leave-one-out of whole Pipelines: chord rounds on features that move with every row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from .._memory import BLOCK_SIZE
from ..adapters import WholeState
from ..exceptions import SingularCurvatureError
from ..problems import MovedProblem, Removals
from ..solvers import AutoSolver
from ..targets import Question
from .exact import chord_rounds, step_noise
from .polish import polish
from .rank_one_downdates import row_downdate

__all__ = ["moved_effects"]

#: relative gradient of an optimum
OPTIMUM_GRADIENT = 1e-9


@dataclass(frozen=True, eq=False)
class _Versions:
    """Refits of the whole without each of some rows, side by side.

    Parameters
    ----------
    model : WholeModel
        All rows.
    moved : MovedProblem
        Their objective.
    rows : ndarray of int
        The rows.
    at : ndarray of shape (P, G)
        Parameters without each, in the coordinates of `moved`.
    """

    model: Any
    moved: MovedProblem
    rows: np.ndarray
    at: np.ndarray

    @property
    def problem(self) -> Any:
        return self.moved.problem

    @property
    def theta(self) -> np.ndarray:
        return self.moved.as_fitted(self.at, self.rows)

    def raw(self, X: Any) -> np.ndarray:
        """Raw predictions of raw rows, (m, K, G)."""
        Z, imputed = self.model.moving(X)
        return self.moved.raw(Z, imputed, self.at, self.rows)


def _solved(state: WholeState) -> WholeState | None:
    """A refit at its optimum; None where it has none."""
    try:
        problem = polish(state.problem, AutoSolver()).problem
    except SingularCurvatureError:
        return None
    return replace(state, problem=problem) if problem.relative_gradient() < OPTIMUM_GRADIENT else None


def moved_effects(
    question: Question,
    model: Any,
    before: WholeState,
    sets: Sequence[np.ndarray],
    *,
    tol: float = 1e-12,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> np.ndarray:
    """Answers of the whole refitted without each set of rows, less those with all rows: (G, a), nan without an answer.

    Parameters
    ----------
    question : Question
        What is asked, on raw rows.
    model : WholeModel
        All rows.
    before : WholeState
        At its optimum.
    sets : sequence of ndarray of int
        Single rows are solved in blocks where their moves are known; all others are fitted one by one.
    tol : float
        Error of a row's parameter change, relative to its size.
    n_jobs, verbose
        Of joblib, for the others.
    """
    effects = np.full((len(sets), question.n_answers), np.nan)
    left = np.ones(len(sets), dtype=bool)
    if model.moves is not None:
        single = np.array([len(rows) == 1 and not model.moves.unknown[rows[0]] for rows in sets])
        asked = np.flatnonzero(single & model.feasible(sets))
        for places, versions in _blocks(model, before, asked, [sets[i][0] for i in asked.tolist()], tol):
            effects[places] = question.change(versions, before)
            left[places] = False
    others = np.flatnonzero(left)
    answers = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_answers)(question, model, sets[i]) for i in others.tolist()
    )
    if len(others):
        effects[others] = np.array(answers) - question.values(before)
    return effects


def _blocks(model, before, places, rows, tol):
    """Blocks of rows whose chord converged: their places, and the refits without them."""
    rows, problem = np.array(rows, dtype=np.intp), before.problem
    moved, solver = MovedProblem(problem, model.moves), AutoSolver()
    factor = solver.prepare(problem.curvature())
    noise = step_noise(problem, factor)
    width = max(1, BLOCK_SIZE // (problem.n_rows * problem.n_outputs))
    for start in range(0, len(rows), width):
        block = rows[start : start + width]
        downdate = row_downdate(problem, factor, block)
        removals = Removals.single(block)
        theta = problem.theta[:, None]
        # the first step, with the features moved
        changes = downdate.solve(-moved.gradient(np.repeat(theta, len(block), axis=1), removals))
        changes, done, _ = chord_rounds(moved, downdate, removals, changes, noise, tol)
        yield places[start : start + width][done], _Versions(model, moved, block[done], theta + changes[:, done])


def _answers(question, model, rows):
    """Answers of the whole fitted anew without some rows, (a,); nan where it has none."""
    refit = model.refitted(np.asarray(rows))
    state = None if refit is None else _solved(refit)
    try:
        return np.full(question.n_answers, np.nan) if state is None else question.values(state)
    except ValueError:
        # an encoder that knows a level of an evaluation row no more
        return np.full(question.n_answers, np.nan)
