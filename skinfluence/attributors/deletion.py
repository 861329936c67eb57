"""Effects of deletions by what is left of a structure without the rows."""

import numpy as np

from ..rows import Players
from ..targets import Loss, evaluation_rows, measure

__all__ = ["deletion_effects", "own_effects"]

#: raw predictions of one block of versions: 32 MiB
BLOCK_SIZE = 2**22
#: training rows whose own losses are asked for together; all pairs of them are answered
OWN_ROWS = 32


def deletion_effects(structure, question, players):
    """Answers of a structure without each set of rows, less its own: (G, a), nan where nothing is left to ask.

    Parameters
    ----------
    structure : Structure
        The model.
    question : Question
        What is asked.
    players : Players
        The sets.
    """
    effects = np.full((len(players), question.n_answers), np.nan)
    width = max(1, BLOCK_SIZE // max(1, len(question) * question.n_outputs(structure)))
    for start in range(0, len(players), width):
        sets = [np.asarray(rows, dtype=np.intp) for rows in players.sets[start : start + width]]
        answered = np.flatnonzero(structure.feasible(sets))
        if len(answered):
            left = structure.without([sets[i] for i in answered])
            effects[start + answered] = question.change(left, structure)
    return effects


def own_effects(structure, model):
    """Effect of deleting each training row on its own (unweighted) loss, (n,)."""
    effects, n_rows = [], model.n_rows
    labels = model.labels(None, model.y)
    for start in range(0, n_rows, OWN_ROWS):
        block = np.arange(start, min(start + OWN_ROWS, n_rows))
        rows = evaluation_rows(model.loss, labels[block], classes=model.classes)
        question = measure(Loss(), model.X[block], rows, structure).by_row()
        effects.append(np.diagonal(deletion_effects(structure, question, Players(list(block[:, None])))))
    return np.concatenate(effects)
