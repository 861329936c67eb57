"""Refits of the user's estimator without some rows, which define the effect of a deletion."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from .._typing import RowIndex
from ..exceptions import UnsupportedQuestionError
from ..solvers import AutoSolver
from ..structures import Parameters
from ..targets import Question, ThetaTarget
from .polish import polish

__all__ = ["refit_effects", "refitted"]


def refit_effects(
    question: Question,
    model: Any,
    sets: Sequence[np.ndarray],
    before: Any,
    *,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> np.ndarray:
    """Answers of the user's estimator refitted without each set of rows, less those of a state: (G, a).

    Parameters
    ----------
    question : Question
        What is asked.
    model : Model
        Its preprocessing, and what a search chose, are held fixed.
    sets : sequence of ndarray of int
        Positions of the deleted rows.
    before : State
        The model with all rows.
    n_jobs, verbose
        Of joblib.

    Returns
    -------
    ndarray of shape (G, a)
        nan where the estimator cannot be fitted. Of models with an objective, at the optimum that the refit is near to:
        the slack of their solvers, which may exceed the effect of a row, is polished away.
    """
    run = Parallel(n_jobs=n_jobs, verbose=verbose)
    if model.problem is not None and model.comparable:
        thetas = run(delayed(_refitted_theta)(model, rows) for rows in sets)
        return question.change(Parameters(model.problem, np.column_stack(thetas), sets), before)
    answers = run(delayed(_answers)(question, model, rows) for rows in sets)
    return np.array(answers) - question.values(before)


def refitted(model: Any, rows: RowIndex) -> Any:
    """The problem of the user's estimator refitted without some rows, at its optimum."""
    return polish(model.refitted(np.asarray(rows)), AutoSolver()).problem


def _refitted_theta(model, rows):
    return refitted(model, rows).theta


def _answers(question, model, rows):
    """Answers without one set of rows, (a,), found where the refit is made."""
    if model.problem is not None:
        problem = refitted(model, rows)
        return question.values(Parameters(problem, problem.theta))
    state = model.refitted(rows)
    if state is None:
        return np.full(question.n_answers, np.nan)
    if any(isinstance(part.term, ThetaTarget) for part in question.parts):
        raise UnsupportedQuestionError(
            f"refits of {type(model.final).__name__} are read through their predictions and have no parameters to "
            "compare; use a target of predictions, such as 'loss'"
        )
    return question.values(state)
