"""Derivatives of a question in the parameters, and what deletions do to its answers.

grad f = sum_t raw_vjp(X_t, d f_t / d raw) + (terms of the parameters themselves)
"""

from typing import Any

import numpy as np

from ..structures import Parameters
from ..targets import Question, ThetaTarget

__all__ = ["depends_on_rows", "direct_effects", "parameter_slopes"]


def parameter_slopes(question: Question, problem: Any) -> np.ndarray:
    """Derivatives of the answers in the parameters of a problem, (P, a).

    Notes
    -----
    One transposed product with the evaluation rows; with one answer for each row their (P, m, K) basis, so that such a
    question is asked in blocks of rows.
    """
    state = Parameters(problem, problem.theta)
    total = np.zeros((problem.theta.size, question.n_answers))
    total += np.reshape(question.theta_slope(state), (-1, 1))
    for slope in question.slopes(state):
        if question.each:
            total += np.einsum("pbk,bk->pb", problem.raw_basis(slope.features), slope.cotangents)
        else:
            total += problem.raw_vjp(slope.features, slope.cotangents[:, :, None])
    return total


def depends_on_rows(question: Question, problem: Any) -> bool:
    """Whether the question has another answer without a row even if no parameter moves."""
    return any(
        part.term.of_presence if isinstance(part.term, ThetaTarget) else problem.predicts_from_rows(part.features)
        for part in question.parts
    )


def direct_effects(question: Question, problem: Any, sets: Any, changes: np.ndarray) -> np.ndarray:
    """First-order effects of deletions on a question that depends on the training rows themselves, (G, a).

        f(theta; without T) - f(theta) + grad f(theta; without T) . change

    Parameters
    ----------
    question : Question
        f.
    problem : Problem
        With all rows.
    sets : sequence of ndarray of int
        G sets T.
    changes : ndarray of shape (P, G)
        What their deletion does to the parameters.
    """
    before = question.values(Parameters(problem, problem.theta))
    return np.stack([_after(question, problem.without(rows), change) for rows, change in zip(sets, changes.T)]) - before


def _after(question, left, change):
    return question.values(Parameters(left, left.theta)) + _along(question, left, change)


def _along(question, problem, change):
    """Derivatives of the answers along one change of the parameters, (a,)."""
    state = Parameters(problem, problem.theta)
    slope_of_theta = question.theta_slope(state)
    total = np.full(question.n_answers, slope_of_theta @ change if np.ndim(slope_of_theta) else 0.0)
    for slope in question.slopes(state):
        moved = np.einsum("mk,mk->m", slope.cotangents, problem.raw_jvp(slope.features, change[:, None])[:, :, 0])
        total += moved if question.each else moved.sum()
    return total
