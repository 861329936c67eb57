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
from ..targets import Question, ThetaTarget
from .active_set import settle_active_set
from .exact import chord_rounds, step_noise
from .polish import OPTIMUM_GRADIENT, first_factor, polish
from .rank_one_downdates import row_downdate
from .separation import diverging_directions

__all__ = ["moved_effects"]


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
    problem, solver = state.problem, AutoSolver()
    try:
        if problem.l1_penalty is None:
            problem = polish(problem, solver).problem
        else:
            problem = settle_active_set(problem, solver, first_factor(problem, solver))[0].problem
    except SingularCurvatureError:
        return None
    is_optimum = problem.relative_gradient() < OPTIMUM_GRADIENT and diverging_directions(problem) is None
    return replace(state, problem=problem) if is_optimum else None


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
    if before.diverging is not None:
        return effects
    left = np.ones(len(sets), dtype=bool)
    if model.moves is not None:
        single = np.array([len(rows) == 1 and not model.moves.unknown[rows[0]] for rows in sets])
        asked = np.flatnonzero(single & model.feasible(sets))
        for places, versions in _blocks(model, before, asked, [sets[i][0] for i in asked.tolist()], tol):
            effects[places] = question.change(versions, before)
            left[places] = False
    others = np.flatnonzero(left).tolist()
    run, lean = Parallel(n_jobs=n_jobs, verbose=verbose), replace(model, moves=None)
    names = before.problem.parameter_names
    answers = run(delayed(_answers)(question, lean, sets[i], names) for i in others)
    failed = [answer for answer in answers if isinstance(answer, ValueError)]
    if failed and len(failed) == len(sets):
        # not for want of rows
        raise failed[0]
    for i, answer in zip(others, answers, strict=True):
        effects[i] = np.nan if isinstance(answer, ValueError) else answer - question.values(before)
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


def _answers(question, model, rows, names):
    """Answers of the whole fitted anew without some rows, (a,), nan where it has none, or the error of its fit.

    Places among the parameters are those of `names`: of other parameters where a level has gone.
    """
    nothing = np.full(question.n_answers, np.nan)
    try:
        refit = model.refitted(np.asarray(rows))
        state = None if refit is None else _solved(refit)
        if state is None or (_asks_for_places(question) and state.problem.parameter_names != names):
            return nothing
        return question.values(state)
    except ValueError as error:
        # too few rows are left for a step, or an encoder knows a level of an evaluation row no more
        return error


def _asks_for_places(question):
    targets = (term for _, term in question.target.terms() if isinstance(term, ThetaTarget))
    return any(not isinstance(getattr(term, "parameter", None), str) for term in targets)
