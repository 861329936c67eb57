"""Neighbours that vote, and who votes without some training rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...exceptions import UnsupportedTargetError
from .deletions import write_joint, write_single
from .outliers import Outliers
from .search import Found, Nearest, Within
from .sets import Sets
from .votes import Votes

__all__ = ["Neighbours", "WithoutRows"]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A model whose predictions are averages of the nearest training rows, or of all within a radius.

    Without a row, evaluation rows that it votes for are answered by the next one in its place, and the others as
    before: what a refit answers, without one.

    Parameters
    ----------
    votes : Votes
        Values of the training rows, and how they are weighed.
    search : Nearest or Within
        Who votes, in order.
    outliers : Outliers or None
        Of classifiers by a radius: what they say of rows without neighbours.

    Notes
    -----
    *Equal distances.* Where training rows tie for the last place, scikit-learn takes some of them: which ones depends
    on its search and on the other rows, and may change in a refit that has nothing to do with them. Here those vote
    that the fitted estimator asks; without some of them the other tied ones follow in the order of the training rows,
    and nothing else changes. So a tied row that does not vote has no effect, and answers are those of a refit wherever
    those of the refit are determined by the distances. Distances tie where they are equal as floating point numbers.

    *Classes.* A class that loses its last row keeps its column, with probability 0 (log odds are of probabilities
    between eps and 1 - eps); a refit would have no such column.

    *No neighbours.* Regressors by a radius predict nan for evaluation rows without neighbours, as scikit-learn does
    (for integer y it returns a meaningless integer instead; here it is nan), so that a target on them is nan.
    Classifiers answer the label of outliers, the most frequent one of those left where it says so; without such a label
    `raw` refuses rows that have no neighbours, and a deletion that takes their last one leaves nan in its place.

    Sums are in double precision. With metric "precomputed" features are distances (m, n) to all training rows.
    """

    votes: Votes
    search: Nearest | Within
    outliers: Outliers | None = None

    @property
    def n_rows(self) -> int:
        """Number n of training rows."""
        return self.votes.n_rows

    def raw(self, features: Any) -> np.ndarray:
        """Log odds (m, 1) of two classes, log probabilities (m, K) of more, or predictions.

        Parameters
        ----------
        features : ndarray or CSR matrix of shape (m, p)
            Not to be changed in place between calls: the search for neighbours of one object is made once.

        Returns
        -------
        ndarray of shape (m, K)

        Raises
        ------
        UnsupportedTargetError
            Where a classifier by a radius has no label for evaluation rows without neighbours.
        """
        raw = np.empty((features.shape[0], self.votes.n_outputs))
        for found in self.search(features):
            for part in found.split(self.votes.cost(found.rows.shape[1])):
                raw[part.start : part.start + len(part.rows)] = self.raw_of(part)
        return raw

    def raw_of(self, found: Found) -> np.ndarray:
        """Raw predictions (b, K) by the rows found, of which those that have a seat vote."""
        voters = found if self.search.seats is None else found.first(self.search.seats)
        averages = self.votes.averages(voters.rows, voters.distances)
        if self.outliers is not None:
            empty = ~self.votes.present(voters.rows).any(axis=1)
            if empty.any() and self.outliers.label is None:
                raise self._no_neighbours(found.start + np.flatnonzero(empty))
            averages[empty] = self.outliers.shares(Sets.of([[]], self.n_rows))
        return self.votes.raw(averages)

    def without(self, sets: Sequence[np.ndarray]) -> "WithoutRows":
        """What is left after each of G joint deletions, exactly.

        Parameters
        ----------
        sets : sequence of ndarray of int
            Positions of the deleted training rows.

        Returns
        -------
        WithoutRows
            Its raw predictions (m, K, G) are nan where `feasible` is False.
        """
        return WithoutRows(self, Sets.of(sets, self.n_rows))

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether enough rows are left to vote: k of the nearest, or one where all within a radius vote.

        Returns
        -------
        ndarray of bool of shape (G,)
        """
        return self.enough(Sets.of(sets, self.n_rows))

    def enough(self, sets: Sets) -> np.ndarray:
        """`feasible` of flat sets."""
        return self.n_rows - sets.sizes >= (self.search.seats or 1)

    @staticmethod
    def _no_neighbours(rows):
        return UnsupportedTargetError(
            f"{len(rows)} evaluation rows have no training row within the radius (the first ones: "
            f"{rows[:5].tolist()}), and the classifier has no outlier_label, so that it predicts nothing for them; "
            "fit it with outlier_label or a larger radius, or leave these evaluation rows out"
        )


@dataclass(frozen=True, eq=False)
class WithoutRows:
    """Neighbours without each of G sets of training rows.

    Parameters
    ----------
    before : Neighbours
        With all rows.
    sets : Sets
        Deleted rows.
    """

    before: Neighbours
    sets: Sets

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions of evaluation rows without each set.

        Parameters
        ----------
        features : ndarray or CSR matrix of shape (m, p)

        Returns
        -------
        ndarray of shape (m, K, G)

        Notes
        -----
        Cost, after the search: m k K for single rows and m K G to write the answers; m k G to look for members of
        joint sets among the voters, and (k + s) K for each evaluation row that a set of s rows changes.
        """
        feasible = self.before.enough(self.sets)
        single, joint = feasible & (self.sets.sizes == 1), feasible & (self.sets.sizes > 1)
        raw = np.empty((features.shape[0], self.before.votes.n_outputs, len(self.sets)))
        shares = None if self.before.outliers is None else self.before.outliers.shares(self.sets)
        for found in self.before.search(features, extra=int(single.any())):
            for part in found.split(self.before.votes.cost(found.rows.shape[1])):
                into = raw[part.start : part.start + len(part.rows)]
                self._write_unchanged(part, shares, into)
                write_single(self.before, part, self.sets.where(single), shares, into)
        write_joint(self.before, features, self.sets.where(joint), shares, raw)
        raw[:, :, ~feasible] = np.nan
        return raw

    def _write_unchanged(self, found, shares, into):
        into[...] = self.before.raw_of(found)[:, :, None]
        if shares is not None:
            empty = ~self.before.votes.present(found.rows).any(axis=1)
            into[empty] = self.before.votes.raw(shares).T
