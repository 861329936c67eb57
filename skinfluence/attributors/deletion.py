"""Effects of deletions by the model without the rows."""

from typing import Any

import numpy as np

from .._memory import BLOCK_SIZE
from ..rows import Players
from ..targets import Question

__all__ = ["deletion_effects", "linear_change"]


def deletion_effects(
    structure: Any, question: Question, players: Players, without: Any = None, change: Any = Question.change
) -> np.ndarray:
    """Answers of a structure without each set of rows, less its own: (G, a), nan where nothing is left to ask.

    Parameters
    ----------
    structure : Structure
        The model.
    question : Question
        What is asked.
    players : Players
        The sets.
    without : callable, optional
        What is left, from sets to a state; otherwise that of the structure.
    change : callable, optional
        From the question, what is left and the structure to the effects, (G, a); otherwise the difference of answers.
    """
    without = structure.without if without is None else without
    effects = np.full((len(players), question.n_answers), np.nan)
    width = max(1, BLOCK_SIZE // max(1, len(question) * question.n_outputs(structure)))
    for start in range(0, len(players), width):
        sets = [np.asarray(rows, dtype=np.intp) for rows in players.sets[start : start + width]]
        answered = np.flatnonzero(structure.feasible(sets))
        if len(answered):
            left = without([sets[i] for i in answered])
            effects[start + answered] = change(question, left, structure)
    return effects


def linear_change(question: Question, left: Any, before: Any) -> np.ndarray:
    """Changes of the raw predictions times the slopes of f: (G, a)."""
    effects: Any = 0.0
    for slope in question.slopes(before):
        moved = left.raw(slope.features) - before.raw(slope.features)[:, :, None]
        by_row = np.einsum("mk,mkg->gm", slope.cotangents, moved)
        effects = effects + (by_row if question.each else by_row.sum(axis=1, keepdims=True))
    return effects
