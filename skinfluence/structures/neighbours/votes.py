"""Averages of the training rows that vote, and of those less each one of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logit

__all__ = ["Votes", "log_odds"]

_EPS = np.finfo(float).eps


def log_odds(shares: np.ndarray) -> np.ndarray:
    """Raw predictions whose log-loss is that of probabilities (P, K); certain ones are rounded to 1 - eps.

    Returns
    -------
    ndarray of shape (P, 1) of log odds for two classes, else (P, K) of log probabilities
    """
    p = np.clip(shares, _EPS, 1 - _EPS)
    return logit(p[:, 1:]) if p.shape[1] == 2 else np.log(p)


@dataclass(frozen=True, eq=False)
class Votes:
    """What each training row votes for, and with what weight.

    Parameters
    ----------
    values : ndarray of shape (n, K) of float, or (n,) of int
        Values that are averaged, or class codes.
    n_classes : int or None
        Number of classes where `values` are codes.
    weights : "uniform", "distance", None or callable
        As the estimator takes them: callables get distances (P, k) in ascending order, or, where the number of
        neighbours varies, arrays (P,) of arrays. They must weigh each evaluation row by its own distances alone.
    varying : bool
        Whether the number of neighbours varies.
    """

    values: np.ndarray
    n_classes: int | None = None
    weights: str | Callable | None = "uniform"
    varying: bool = False

    @property
    def n_rows(self) -> int:
        """Number n of training rows."""
        return len(self.values)

    @property
    def n_values(self) -> int:
        """Number of averages for an evaluation row: classes, or outputs."""
        return self.values.shape[1] if self.n_classes is None else self.n_classes

    @property
    def n_outputs(self) -> int:
        """Number K of raw predictions for an evaluation row."""
        return 1 if self.n_classes == 2 else self.n_values

    def cost(self, width: int) -> int:
        """Numbers in memory for each pair of an evaluation row and one of its `width` neighbours."""
        return 4 * max(self.n_values + 1, width if callable(self.weights) else 1)

    def raw(self, averages: np.ndarray) -> np.ndarray:
        """Raw predictions (P, K) of averages: these, or the log odds of shares."""
        return averages if self.n_classes is None else log_odds(averages)

    def averages(self, rows: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Averages of voting rows.

            a = sum_j w_j v_j / sum_j w_j

        Parameters
        ----------
        rows : ndarray of shape (P, k)
            Training rows that vote; n for none.
        distances : ndarray of shape (P, k)
            To them; inf for none.

        Returns
        -------
        ndarray of shape (P, n_values)
            nan where nobody votes, or all weights are zero; in the latter case zero for classes among neighbours whose
            number varies, as scikit-learn has it.
        """
        sums = [np.einsum("pj,pjk->pk", w, self._ballots(rows)) for w in self._weights(rows, distances)]
        return self._divided(sums, self.present(rows).any(axis=1))

    def averages_without_one(self, rows: np.ndarray, distances: np.ndarray, seats: int) -> np.ndarray:
        """Averages of all rows given but the j-th, for each j of the first `seats`.

            a_j = (sum_(i < j) w_i v_i + sum_(i > j) w_i v_i) / (sum_(i < j) w_i + sum_(i > j) w_i)

        Sums of those before and those after: the total less one loses all digits where this one is next to the
        evaluation row and weighs by distance.

        Parameters
        ----------
        rows, distances : ndarray of shape (b, width)
            As in `averages`.
        seats : int
            Rows that vote. The others take the place of one that is left out.

        Returns
        -------
        ndarray of shape (b, seats, n_values)

        Notes
        -----
        Cost b width n_values; with callable weights, which are asked again without each row, b seats width n_values.
        """
        if callable(self.weights):
            return self._asked_again(rows, distances, seats)
        ballots = self._ballots(rows)
        sums = [_sums_of_others(w[..., None] * ballots)[:, :seats] for w in self._weights(rows, distances)]
        present = self.present(rows)
        return self._divided(sums, present.sum(axis=1)[:, None] > present[:, :seats])

    def present(self, rows: np.ndarray) -> np.ndarray:
        """Where there is a training row."""
        return rows < self.n_rows

    def _asked_again(self, rows, distances, seats):
        b, width = rows.shape
        place = np.arange(width - 1)
        others = place + (place >= np.arange(seats)[:, None])
        averages = self.averages(*(values[:, others].reshape(b * seats, width - 1) for values in (rows, distances)))
        return averages.reshape(b, seats, -1)

    def _ballots(self, rows):
        """Values of rows, and 1 behind them: (P, width, n_values + 1)."""
        values = self.values[np.minimum(rows, self.n_rows - 1)]
        if self.n_classes is not None:
            values = values[..., None] == np.arange(self.n_classes)
        ballots = np.ones((*rows.shape, self.n_values + 1))
        ballots[..., :-1] = values
        return ballots

    def _weights(self, rows, distances):
        """Weights (P, width), zero for no row; of several arrays the first counts in which any weight is not zero."""
        present = self.present(rows)
        if callable(self.weights):
            return [self._called(present, distances)]
        if self.weights != "distance":
            return [present.astype(np.float64)]
        with np.errstate(divide="ignore", over="ignore"):
            near = 1 / distances
        same = np.isinf(near)
        if not same.any():
            return [near]
        return [same.astype(np.float64), np.where(same, 0, near)]

    def _called(self, present, distances):
        if not self.varying:
            weights = self.weights(distances.copy())
            return present.astype(np.float64) if weights is None else np.asarray(weights, dtype=np.float64)
        alone, given = np.empty(len(distances), dtype=object), present.any(axis=1)
        for i, there in enumerate(present):
            alone[i] = distances[i, there]
        weights = self.weights(alone)
        if weights is None:
            return present.astype(np.float64)
        filled = np.zeros(present.shape)
        if given.any():
            filled[present] = np.concatenate([np.asarray(weights[i], dtype=float) for i in np.flatnonzero(given)])
        return filled

    def _divided(self, sums, voted):
        total = sums[-1]
        for first in reversed(sums[:-1]):
            total = np.where(first[..., -1:] > 0, first, total)
        with np.errstate(divide="ignore", invalid="ignore"):
            averages = total[..., :-1] / total[..., -1:]
        if self.varying and self.n_classes is not None:
            averages[voted & (total[..., -1] == 0)] = 0
        return averages


def _sums_of_others(terms):
    """Sums over axis 1 of all terms but one, for each one: those before it, and those after it."""
    others = np.zeros_like(terms)
    np.cumsum(terms[:, :-1], axis=1, out=others[:, 1:])
    others[:, :-1] += np.cumsum(terms[:, :0:-1], axis=1)[:, ::-1]
    return others
