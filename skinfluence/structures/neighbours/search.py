"""Which training rows are near evaluation rows, in blocks, remembered for the features that were asked last."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .recent import Recent

__all__ = ["MAX_PAIRS", "Found", "Nearest", "Within", "pieces"]

#: entries (evaluation row, training row) that are held at once while looking, or remembered
MAX_PAIRS = 2**23


class Found(NamedTuple):
    """Training rows near some evaluation rows.

    Parameters
    ----------
    start : int
        Position of the first of these evaluation rows.
    rows : ndarray of shape (b, width)
        Training rows; n, the number of them, where there is none.
    distances : ndarray of shape (b, width)
        To these rows; inf where there is none.
    """

    start: int
    rows: np.ndarray
    distances: np.ndarray

    def split(self, cost: int) -> Iterator["Found"]:
        """In parts such that `cost` numbers for each entry are no more than ``MAX_PAIRS``."""
        for part in pieces(len(self.rows), cost * max(self.rows.shape[1], 1)):
            yield Found(self.start + part.start, self.rows[part], self.distances[part])

    def first(self, width: int) -> "Found":
        """The first `width` training rows of each evaluation row."""
        return Found(self.start, self.rows[:, :width], self.distances[:, :width])


def pieces(length: int, cost: int) -> Iterator[slice]:
    """Slices of range(length) such that `cost` numbers for each member are at most ``MAX_PAIRS``, or one member."""
    step = max(1, MAX_PAIRS // max(cost, 1))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


@dataclass(frozen=True, eq=False)
class Nearest:
    """The k nearest training rows, and those that come after them.

    The first k are those that the estimator itself takes, also where rows tie for the last places; the others follow
    in the order of their distance, tied ones in the order of the training rows.

    Parameters
    ----------
    kneighbors : callable
        (features, number) -> distances and rows, both (m, number), in the order of distance.
    n_rows : int
        Number n of training rows.
    seats : int
        k, the number of rows that vote.

    Notes
    -----
    Cost: one search for k rows and one for one more than the width; more for evaluation rows for which the last place
    is tied, until all rows are known that tie for it. Memory m * width.
    """

    kneighbors: Callable[[Any, int], tuple[np.ndarray, np.ndarray]]
    n_rows: int
    seats: int
    recent: Recent = field(default_factory=Recent, repr=False)

    def __call__(self, features: Any, extra: int = 0) -> Iterator[Found]:
        """The k nearest rows of each evaluation row and the `extra` next, as far as there are so many."""
        width = min(self.seats + extra, self.n_rows)
        known = self.recent.get(features)
        if known is not None and known.rows.shape[1] >= width:
            yield known.first(width)
            return
        m = features.shape[0]
        for part in pieces(m, width):
            found = Found(part.start, *self._ordered(_rows(features, part, m), width))
            if part.stop - part.start == m:
                self.recent.put(features, found)
            yield found

    def _ordered(self, features, width):
        distances, rows = self._sorted(self.kneighbors(features, self.seats))
        if width == self.seats:
            return rows, distances
        more, others = self._complete(features, width)
        # where the estimator votes with others of equal distance than those that come first in order
        other = np.flatnonzero((np.sort(rows) != np.sort(others[:, : self.seats])).any(axis=1))
        if len(other):
            after = self._behind((distances[other], rows[other]), (more[other], others[other]))
            more[other], others[other] = after
        return others, more

    def _complete(self, features, width):
        """The first `width` rows in order of distance and row, also where more rows tie for the last place."""
        m = features.shape[0]
        distances, rows = np.empty((m, width)), np.empty((m, width), dtype=np.intp)
        left, asked = np.arange(m), min(width + 1, self.n_rows)
        while len(left):
            some = features if len(left) == m else features[left]
            found, who = self.kneighbors(some, asked)
            distances = distances.astype(found.dtype, copy=False)
            tied = (found[:, width - 1] == found[:, -1]) & (asked < self.n_rows)
            found, who = self._sorted((found[~tied], who[~tied]))
            distances[left[~tied]], rows[left[~tied]] = found[:, :width], who[:, :width]
            left, asked = left[tied], min(2 * asked, self.n_rows)
        return distances, rows

    @staticmethod
    def _sorted(found):
        distances, rows = found
        order = np.lexsort((rows, distances), axis=-1)
        return np.take_along_axis(distances, order, 1), np.take_along_axis(rows, order, 1)

    def _behind(self, voters, others):
        """The voters first, then the others in their order, each row once."""
        key = np.arange(len(voters[1]))[:, None] * self.n_rows
        voting = np.isin(others[1] + key, voters[1] + key)
        order = np.argsort(voting, axis=1, kind="stable")[:, : others[1].shape[1] - self.seats]
        return tuple(np.hstack([v, np.take_along_axis(o, order, 1)]) for v, o in zip(voters, others))


@dataclass(frozen=True, eq=False)
class Within:
    """All training rows within a radius, those of fewer neighbours filled up with none.

    Parameters
    ----------
    radius_neighbors : callable
        Features -> distances and rows, arrays (m,) of arrays.
    n_rows : int
        Number n of training rows.

    Notes
    -----
    Cost: one search, again at each call where more than ``MAX_PAIRS`` pairs are found. Memory m times the largest
    number of neighbours, in blocks.
    """

    radius_neighbors: Callable[[Any], tuple[np.ndarray, np.ndarray]]
    n_rows: int
    recent: Recent = field(default_factory=Recent, repr=False)

    seats = None

    def __call__(self, features: Any, extra: int = 0) -> Iterator[Found]:
        """The rows within the radius of each evaluation row; `extra` has no meaning here, where all vote."""
        known = self.recent.get(features)
        if known is not None:
            yield known
            return
        m = features.shape[0]
        for part in pieces(m, self.n_rows):
            found = Found(part.start, *self._filled(*self.radius_neighbors(_rows(features, part, m))))
            if part.stop - part.start == m:
                self.recent.put(features, found)
            yield found

    def _filled(self, distances, rows):
        sizes = np.fromiter(map(len, rows), dtype=np.intp, count=len(rows))
        there = np.arange(sizes.max(initial=0)) < sizes[:, None]
        filled = np.full(there.shape, self.n_rows), np.full(there.shape, np.inf)
        if there.any():
            filled[0][there], filled[1][there] = np.concatenate(rows), np.concatenate(distances)
        return filled


def _rows(features, part, m):
    return features if part.stop - part.start == m else features[part]
