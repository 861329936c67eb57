"""The order in which rows are removed: by one ranking (algorithm 2 of [1]_), or with new scores after every few rows.

.. [1] Chhabra, Li, Mohapatra and Liu, "What data benefits my classifier?", ICLR 2024, algorithm 2.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..influence import Influence
from .evidence import Ranking
from .selection import removal_order, stop_at_zero

__all__ = ["Path", "iterative", "one_shot"]


@dataclass(frozen=True)
class Path:
    """Rows in the order of removal.

    Parameters
    ----------
    order : ndarray of int
        Positions of the removed rows, in the order of removal.
    influence : Influence of shape (n,)
        Scores of all rows before any removal.
    budget, predicted, measured : ndarray of shape (b,)
        Numbers of rows removed, with the target as predicted there and as measured by refitting.
        ``predicted[j]`` is ``measured`` at the last refit before, plus the predicted changes of the rows that
        removed since.
    pursues : bool
        As in :class:`Ranking`.
    """

    order: np.ndarray
    influence: Influence
    budget: np.ndarray
    predicted: np.ndarray
    measured: np.ndarray
    pursues: bool

    def summary(self) -> dict[str, np.ndarray]:
        """The last three as a dict."""
        return {name: getattr(self, name) for name in ("budget", "predicted", "measured")}


def one_shot(rank: Callable[..., Ranking], codes: np.ndarray, n_rows: int) -> Path:
    """Remove all rows by the scores of the full model; the caller measures the target after the removal.

    Parameters
    ----------
    rank : callable
        From positions of the remaining rows to a Ranking.
    codes : ndarray of shape (n,)
        Class of each row, -1 for rows of weight 0.
    n_rows : int
        Largest number of rows to remove.
    """
    ranking = rank(np.arange(len(codes)))
    order = _next_rows(ranking, codes, n_rows)
    budget = np.unique([0, len(order)])
    predicted = ranking.value + np.array([ranking.changes[order[:k]].sum() for k in budget])
    measured = np.where(budget == 0, ranking.value, np.nan)
    return Path(order, ranking.influence, budget, predicted, measured, ranking.pursues)


def iterative(rank: Callable[..., Ranking], codes: np.ndarray, n_rows: int, step: int | float) -> Path:
    """Refit and score again after every `step` rows; when the target gets worse, take the last rows back and stop.

    A gap that changes its sign between two refits ends the path as well, at the side that is closer to zero.

    Parameters
    ----------
    step : int
        Rows removed between two refits.
    """
    kept = np.arange(len(codes))
    ranking = first = rank(kept)
    order: list[int] = []
    points = [(0, ranking.value, ranking.value)]
    while len(order) < n_rows:
        chosen = _next_rows(
            ranking, np.where(np.isin(np.arange(len(codes)), kept), codes, -1), min(step, n_rows - len(order))
        )
        if not len(chosen):
            break
        following = rank(np.setdiff1d(kept, chosen))
        if _is_worse(following, ranking):
            break
        order += chosen.tolist()
        points.append((len(order), ranking.value + ranking.changes[chosen].sum(), following.value))
        if _turned(following, ranking):
            break
        kept, ranking = np.setdiff1d(kept, chosen), following
    budget, predicted, measured = map(np.array, zip(*points, strict=True))
    return Path(np.array(order, dtype=np.intp), first.influence, budget, predicted, measured, first.pursues)


def _next_rows(ranking, codes, n_rows):
    order = removal_order(ranking.scores, codes)[:n_rows]
    for value, changes in ranking.gaps:
        order = stop_at_zero(order, value, changes)
    return order


def _is_worse(after, before):
    """Whether the measured target moved in the wrong direction; never for scores that do not predict it."""
    if not before.pursues:
        return False
    change = after.value - before.value
    return change < 0 if before.influence.greater_is_better else change > 0


def _turned(after, before):
    """Whether a gap changed sign: it is an absolute value, so effects are reversed beyond zero."""
    return any(np.nansum(new * old) < 0 for (_, new), (_, old) in zip(after.gaps, before.gaps, strict=True))
