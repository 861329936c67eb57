"""Means over groups of evaluation rows, and the worst of them.

    mu_g = sum_{j in g} w_j t_j / sum_{j in g} w_j

with t a number of each row: a probability, a prediction or a loss.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..exceptions import UnsupportedTargetError
from .names import resolve_target
from .pointwise import PointwiseTarget
from .raw import Moves, RawTarget
from .rows import EvaluationRows

__all__ = ["GroupMeans", "WorstGroup", "largest_remainder"]


class GroupMeans(RawTarget):
    """Base of the targets that compare means over groups; less is better."""

    greater_is_better = False
    needs_groups = True

    @abstractmethod
    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """The number of each row whose group means are compared, (m, *candidates)."""

    @abstractmethod
    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """Derivative of that number in the raw predictions of its row, (m, K); raw is (m, K)."""

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        """Bound on how far that number is from its tangent, (m,), for raw predictions within a radius (m, K)."""
        return np.full(len(rows), np.inf)

    def selections(self, rows: EvaluationRows) -> dict[str, np.ndarray]:
        """Masks (m,) of the rows that count, one for each set of group means, under a phrase that describes them."""
        return {"": np.ones(len(rows), dtype=bool)}

    def check(self, rows: EvaluationRows) -> None:
        if rows.groups is None:
            raise UnsupportedTargetError(
                f"sensitive_features required by target {self.name!r} but not given; pass "
                "sensitive_features= (one label for each evaluation row, or the name of a column of X)"
            )
        for phrase, mask in self.selections(rows).items():
            self._check_groups(rows, phrase, mask)

    def _check_groups(self, rows, phrase, mask):
        counts = np.bincount(rows.groups[mask], minlength=len(rows.group_names))
        for name in rows.group_names[counts == 0]:
            raise UnsupportedTargetError(f"group {name!r} has no evaluation row{self._way_out(phrase)}")
        for name in rows.group_names[_Means(rows, mask).total == 0]:
            raise UnsupportedTargetError(
                f"all evaluation rows of group {name!r} that count have sample_weight 0; give one of them a "
                "positive weight, or drop the group"
            )

    def _way_out(self, phrase):
        if not phrase:
            return "; drop it from group_names"
        return (
            f" {phrase}, so that the target {self.name!r} is not defined; add such rows, drop the group, or use "
            "'demographic_parity'"
        )

    def _reach(self, raw, rows, radius):
        """How far the number of each row may go, and how far beyond its tangent: (m,) and (m,)."""
        slope = np.einsum("mk,mk->m", np.abs(self.each_gradient(raw, rows)), radius)
        return slope, self.each_remainder(raw, rows, radius)

    def _means(self, rows):
        return [_Means(rows, mask) for mask in self.selections(rows).values()]


@dataclass(frozen=True)
class _Means:
    """Weighted means of the rows of a mask over each group."""

    rows: Any
    mask: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """W_g, (G,): weight of the rows of each group that count."""
        return np.bincount(self.rows.groups, self._weight, len(self.rows.group_names))

    @property
    def _weight(self):
        return self.rows.sample_weight * self.mask

    def of(self, values: np.ndarray) -> np.ndarray:
        """(G, *candidates) of (m, *candidates), by one sparse product."""
        share = self._weight / self.total[self.rows.groups]
        shape = len(self.rows.group_names), len(self.rows)
        averages = csr_array((share, (self.rows.groups, np.arange(shape[1]))), shape=shape)
        return (averages @ values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])

    def weights(self, group: Any) -> np.ndarray:
        """d mu_g / d t_j, (m,), of one group."""
        return np.where(self.rows.groups == group, self._weight / self.total[group], 0.0)


def largest_remainder(values: np.ndarray, slopes: np.ndarray, remainders: np.ndarray) -> float:
    """Bound on how far the largest of some numbers is from the tangent of the one that is largest now.

    Parameters
    ----------
    values, slopes, remainders : ndarray of shape (G,)
        The numbers; how far each may go along its own tangent, and beyond it.
    """
    top = values.argmax()
    others = np.delete(values + slopes + remainders, top)
    # another one overtakes at most from where it may get to, over the lowest point of the tangent
    return max(remainders[top], np.max(others, initial=-np.inf) - values[top] + slopes[top])


class WorstGroup(Moves, GroupMeans):
    """Mean loss of the group that has the largest one; less is better.

    Differentiable where the worst group is unique; elsewhere the gradient is that of the first of them.

    Parameters
    ----------
    metric : str or PointwiseTarget
        The loss whose means are compared: "loss", the model's own, "log_loss", or a target that is a sum over
        evaluation rows and of which less is better, such as ``AdversarialLoss()``.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: another metric; no sensitive features; a group without weight; what the metric refuses.

    References
    ----------
    .. [1] Sagawa, Koh, Hashimoto and Liang, "Distributionally robust neural networks for group shifts", ICLR 2020.

    Examples
    --------
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(HalfSquaredError(), [0.0, 0.0, 0.0], sensitive_features=["f", "m", "m"])
    >>> float(WorstGroup().value(np.array([[1.0], [2.0], [4.0]]), rows))
    5.0
    """

    name = "worst_group_loss"
    unit = "mean loss of the worst group"

    def __init__(self, metric: str | RawTarget = "loss") -> None:
        self.metric = metric

    def move(self, X: Any, state: Any, rows: EvaluationRows) -> Any:
        """The evaluation features, moved where the metric moves them."""
        metric = self._metric()
        return metric.move(X, state, rows) if isinstance(metric, Moves) else X

    def check(self, rows: EvaluationRows) -> None:
        self._metric().check(rows)
        super().check(rows)

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return self._metric().each(raw, rows)

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return self._metric().each_gradient(raw, rows)

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        return self._metric().each_remainder(raw, rows, radius)

    def remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> float:
        [means] = self._means(rows)
        slope, remainder = self._reach(raw, rows, radius)
        return largest_remainder(means.of(self.each(raw, rows)), means.of(slope), means.of(remainder))

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        self.check(rows)
        [means] = self._means(rows)
        return means.of(self.each(raw, rows)).max(axis=0)

    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        self.check(rows)
        [means] = self._means(rows)
        worst = means.of(self.each(raw, rows)).argmax()
        return means.weights(worst)[:, None] * self.each_gradient(raw, rows)

    def _metric(self):
        metric = resolve_target(self.metric)
        if not isinstance(metric, PointwiseTarget) or metric.greater_is_better is not False:
            raise UnsupportedTargetError(
                f"metric={self.metric!r} of WorstGroup is no loss of single rows; use 'loss', 'log_loss', or a "
                "PointwiseTarget of which less is better"
            )
        return metric
