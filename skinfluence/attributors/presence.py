"""Targets that are another function when an object has left: a ranking without the item, a loss without the node.

    linear    f(theta; without T) - f(theta) + grad f(theta; without T) . change
    moved     f(theta + change; without T) - f(theta)

The first two terms are the direct effect, which is there even if no parameter moves.
"""

import numpy as np

__all__ = ["effects_without"]


def effects_without(question, sets, changes, *, linear, aggregate=True):
    """Effects of deletions on a target of presence.

    Parameters
    ----------
    question : Question
        f with all objects.
    sets : sequence of array-like of int
        G sets of deleted objects.
    changes : ndarray of shape (P, G)
        What their deletion does to the parameters.
    linear : bool
        First order in the change; False moves the parameters.
    aggregate : bool
        False: one number for each evaluation row.

    Returns
    -------
    ndarray of shape (G,) or (G, m)
    """
    before = question.value() if aggregate else question.row_values()
    left = (question.without(np.asarray(rows, dtype=np.intp)) for rows in sets)
    return np.stack([_after(one, change, linear, aggregate) for one, change in zip(left, changes.T)]) - before


def _after(question, change, linear, aggregate):
    """f once the objects have left and the parameters have changed."""
    if not linear:
        moved = question.problem.theta + change
        return question.value(moved) if aggregate else question.row_values(moved)
    if aggregate:
        return question.value() + question.gradient @ change
    return question.row_values() + question.row_slopes(change)
