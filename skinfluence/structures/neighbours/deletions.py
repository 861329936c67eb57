"""Raw predictions of those evaluation rows that deleted training rows vote for."""

from typing import Any

import numpy as np

from .search import Found, pieces
from .sets import Sets

__all__ = ["write_joint", "write_single"]


def write_single(model: Any, found: Found, sets: Sets, shares: np.ndarray | None, into: np.ndarray) -> None:
    """Raw predictions without single rows, where these vote.

    Without its j-th voter an evaluation row has the first k + 1 nearest rows but the j-th.

    Parameters
    ----------
    model : Neighbours
    found : Found
        The first k + 1 rows, or all within the radius, of b evaluation rows.
    sets : Sets
        Of one row each.
    shares : ndarray of shape (G, classes) or None
        Probabilities of evaluation rows without neighbours.
    into : ndarray of shape (b, K, G)
        Written to.
    """
    if not len(sets.rows):
        return
    seats, votes = model.search.seats, model.votes
    found = found if seats is None else found.first(seats + 1)
    seats = found.rows.shape[1] if seats is None else seats
    rows, first, again = np.unique(sets.rows, return_index=True, return_inverse=True)
    column = np.full(model.n_rows + 1, -1)
    column[rows] = sets.columns[first]
    columns = column[found.rows[:, :seats]]
    where, place = np.nonzero(columns >= 0)
    columns = columns[where, place]
    averages = votes.averages_without_one(found.rows, found.distances, seats)[where, place]
    _answer_outliers(averages, votes.present(found.rows).sum(axis=1)[where] == 1, columns, shares)
    into[where, :, columns] = votes.raw(averages)
    if len(rows) < len(sets.rows):
        into[:, :, sets.columns] = into[:, :, sets.columns[first][again]]


def write_joint(model: Any, features: Any, sets: Sets, shares: np.ndarray | None, into: np.ndarray) -> None:
    """Raw predictions without sets of rows, where any of them votes.

    The first k of the rows that are left vote. As many of the nearest rows are looked at as are needed to find them:
    at first k + s or 3 k + 16, for sets of s rows, then twice as many next ones, until all seats are taken.

    Parameters
    ----------
    model : Neighbours
    features : ndarray or CSR matrix of shape (m, p)
    sets : Sets
        Of several rows each.
    shares : ndarray of shape (G, classes) or None
        Probabilities of evaluation rows without neighbours.
    into : ndarray of shape (m, K, G)
        Written to.
    """
    used = np.unique(sets.columns)
    if not len(used):
        return
    seats, most = model.search.seats or 0, int(sets.sizes.max())
    extra = min(most, 2 * seats + 16)
    while not _all_written(model, model.search(features, extra), sets, shares, into):
        extra = min(2 * extra, most)


def _all_written(model, blocks, sets, shares, into):
    """Whether the rows found were enough for all sets."""
    for found in blocks:
        for part in pieces(len(sets), model.n_rows):
            mask = sets.mask(part.start, part.stop, model.n_rows)
            for some in found.split(mask.shape[1]):
                target = into[some.start : some.start + len(some.rows), :, part]
                if not _written(model, some, mask, None if shares is None else shares[part], target):
                    return False
    return True


def _written(model, found, mask, shares, into):
    voters = found.rows if model.search.seats is None else found.rows[:, : model.search.seats]
    where, columns = np.nonzero(mask[voters].any(axis=1))
    for part in pieces(len(where), found.rows.shape[1] * model.votes.cost(found.rows.shape[1])):
        pair = where[part], columns[part]
        left = _left(model, found, mask, pair)
        if left is None:
            return False
        averages = model.votes.averages(left.rows, left.distances)
        _answer_outliers(averages, ~model.votes.present(left.rows).any(axis=1), pair[1], shares)
        into[pair[0], :, pair[1]] = model.votes.raw(averages)
    return True


def _left(model, found, mask, pair):
    """Who votes in the pairs (evaluation rows, sets), or None where too few rows were found."""
    rows, distances = found.rows[pair[0]], found.distances[pair[0]]
    left = ~mask[rows, pair[1][:, None]]
    seats = model.search.seats
    if seats is None:
        return Found(0, np.where(left, rows, model.n_rows), np.where(left, distances, np.inf))
    taken = np.cumsum(left, axis=1)
    if (taken[:, -1] < seats).any():
        return None
    votes = left & (taken <= seats)
    return Found(0, rows[votes].reshape(-1, seats), distances[votes].reshape(-1, seats))


def _answer_outliers(averages, empty, columns, shares):
    """Put the class of outliers where the last neighbour is gone; averages is written to."""
    if shares is not None:
        averages[empty] = shares[columns[empty]]
