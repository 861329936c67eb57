"""Gaps between groups: largest group mean minus smallest, smooth surrogates of fairlearn's differences.

    f = max_g mu_g - min_g mu_g,   mu_g = sum_{j in g} w_j t_j / sum_{j in g} w_j

with t a probability, a prediction or a loss. fairlearn puts hard decisions in the place of t: report with it,
and differentiate this. f is unsigned: trimming for it stops to make sense where the gap reaches 0.
"""

from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from .group_means import GroupMeans, largest_remainder
from .pointwise import LossOfRow, require_probabilities
from .rows import EvaluationRows

__all__ = ["DemographicParity", "EqualOpportunity", "EqualOpportunityLoss", "EqualizedOdds", "GroupGap"]


class GroupGap(GroupMeans):
    """Largest group mean minus smallest, at least 0; less is better.

    Differentiable where the largest and the smallest group are unique; elsewhere the gradient is that of the
    first of them, and zero where all means agree. Any number of groups; O(m) a candidate.

    A subclass states the number of each row, and :meth:`selections` if only some rows count, or several gaps.

    Parameters
    ----------
    pos_label : label or None
        The class that is the positive one; None means ``classes_[1]`` and is for two classes only.
    """

    #: what becomes of several gaps: the largest, or their mean
    agg = "worst_case"

    def __init__(self, pos_label: Any = None) -> None:
        self.pos_label = pos_label

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        self.check(rows)
        each = self.each(raw, rows)
        gaps = [np.ptp(means.of(each), axis=0) for means in self._means(rows)]
        return np.max(gaps, axis=0) if self.agg == "worst_case" else np.mean(gaps, axis=0)

    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        self.check(rows)
        each, weights, gaps = self.each(raw, rows), [], []
        for means in self._means(rows):
            of_group = means.of(each)
            # d gap / d t_j = +w_j/W_g in the largest group, -w_j/W_g in the smallest
            weights.append(means.weights(of_group.argmax()) - means.weights(of_group.argmin()))
            gaps.append(np.ptp(of_group))
        weight = weights[np.argmax(gaps)] if self.agg == "worst_case" else np.mean(weights, axis=0)
        return weight[:, None] * self.each_gradient(raw, rows)

    def remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> float:
        each, (slope, remainder) = self.each(raw, rows), self._reach(raw, rows, radius)
        gaps = np.array([_gap_reach(means, each, slope, remainder) for means in self._means(rows)])
        return gaps[:, 2].mean() if self.agg == "mean" else largest_remainder(*gaps.T)

    def _positive(self, rows):
        """Code of the positive class."""
        classes = rows.classes.tolist()
        if self.pos_label is None and len(classes) == 2:
            return 1
        if self.pos_label is None:
            raise UnsupportedTargetError(
                f"the target {self.name!r} needs pos_label when there are {len(classes)} classes; give one of {classes}"
            )
        if self.pos_label not in classes:
            raise UnsupportedTargetError(
                f"pos_label={self.pos_label!r} of target {self.name!r} is not a class; give one of {classes}"
            )
        return classes.index(self.pos_label)


def _gap_reach(means, each, slope, remainder):
    """A gap, how far it may go along its tangent, and how far beyond."""
    values, slopes, remainders = means.of(each), means.of(slope), means.of(remainder)
    beyond = largest_remainder(values, slopes, remainders) + largest_remainder(-values, slopes, remainders)
    return np.ptp(values), slopes[values.argmax()] + slopes[values.argmin()], beyond


class DemographicParity(GroupGap):
    """Gap of the group means of P(positive class), or of the predictions of a regressor.

    Parameters
    ----------
    pos_label : label or None
        The class that is the positive one; None means ``classes_[1]`` and is for two classes only. None for
        regressors.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: no sensitive features; a group without weight; no class probabilities; several outputs;
        a `pos_label` that is no class, is missing with more than two classes, or is given for a regressor.

    See Also
    --------
    fairlearn.metrics.demographic_parity_difference : The same gap of hard decisions.

    References
    ----------
    .. [1] Chhabra, Li, Mohapatra and Liu, "What data benefits my classifier?", ICLR 2024, section 3.
       There the gap is signed, for two groups; here it is its size.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [0, 1], sensitive_features=["f", "m"], classes=[0, 1])
    >>> float(DemographicParity().value(np.log([[3.0], [1.0]]), rows))
    0.25
    """

    name = "demographic_parity"
    unit = "difference of mean probabilities (of mean predictions, for regressors)"

    def check(self, rows: EvaluationRows) -> None:
        if rows.classes is not None:
            require_probabilities(self, rows)
            self._positive(rows)
        elif self.pos_label is not None:
            raise UnsupportedTargetError(
                f"pos_label={self.pos_label!r} has no meaning for a regressor, whose mean predictions are "
                "compared; leave it None"
            )
        elif rows.y.ndim == 2 and rows.y.shape[1] > 1:
            raise UnsupportedTargetError(
                f"the target {self.name!r} compares means of one prediction, but the model has "
                f"{rows.y.shape[1]} outputs; fit one model for each output"
            )
        super().check(rows)

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return rows.predict(raw)[:, 0 if rows.classes is None else self._positive(rows)]

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        cotangent = np.zeros((len(rows), 1 if rows.classes is None else len(rows.classes)))
        cotangent[:, 0 if rows.classes is None else self._positive(rows)] = 1.0
        return rows.predict_vjp(raw, cotangent)

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        return rows.predict_remainder(raw, radius)[:, 0 if rows.classes is None else self._positive(rows)]


class _AmongPositives(GroupGap):
    """A gap over the evaluation rows of the positive class; classifiers only."""

    def selections(self, rows: EvaluationRows) -> dict[str, np.ndarray]:
        positive = self._positive(rows)
        return {f"of the positive class {str(rows.classes[positive])!r}": rows.codes == positive}

    def check(self, rows: EvaluationRows) -> None:
        if rows.classes is None:
            raise UnsupportedTargetError(
                f"the target {self.name!r} compares rows of one class, but the model is a regressor; use "
                "'demographic_parity', the gap of mean predictions"
            )
        super().check(rows)


class EqualOpportunity(_AmongPositives, DemographicParity):
    """Gap of the group means of P(positive class) among the evaluation rows of the positive class.

    Parameters
    ----------
    pos_label : label or None
        The class that is the positive one; None means ``classes_[1]`` and is for two classes only.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a regressor; no sensitive features; a group without positive rows, or without weight on
        them; no class probabilities; a `pos_label` that is no class, or missing with more than two.

    See Also
    --------
    fairlearn.metrics.equal_opportunity_difference : The same gap of hard decisions.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [1, 1, 0], sensitive_features=list("fmm"), classes=[0, 1])
    >>> float(EqualOpportunity().value(np.log([[3.0], [1.0], [7.0]]), rows))
    0.25
    """

    name = "equal_opportunity"
    unit = "difference of mean probabilities"


class EqualizedOdds(_AmongPositives, DemographicParity):
    """The gaps of the group means of P(positive class) among positive and among other rows: the larger, or the mean.

    Among rows of the positive class it is the gap of :class:`EqualOpportunity`, a smooth gap of true positive
    rates; among all other rows one of false positive rates.

    Parameters
    ----------
    pos_label : label or None
        The class that is the positive one; None means ``classes_[1]`` and is for two classes only.
    agg : {"worst_case", "mean"}
        The larger gap, or their mean.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: as for :class:`EqualOpportunity`; a group without rows of another class; an unknown `agg`.

    See Also
    --------
    fairlearn.metrics.equalized_odds_difference : The same of hard decisions.

    References
    ----------
    .. [1] Hardt, Price and Srebro, "Equality of opportunity in supervised learning", NeurIPS 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [1, 1, 0, 0], sensitive_features=list("fmfm"), classes=[0, 1])
    >>> raw = np.log([[3.0], [1.0], [1.0], [0.25]])  # probabilities 0.75, 0.5 and 0.5, 0.2
    >>> float(EqualizedOdds().value(raw, rows).round(12)), float(EqualizedOdds(agg="mean").value(raw, rows).round(12))
    (0.3, 0.275)
    """

    name = "equalized_odds"
    unit = "difference of mean probabilities"

    def __init__(self, pos_label: Any = None, agg: str = "worst_case") -> None:
        super().__init__(pos_label)
        self.agg = agg

    def selections(self, rows: EvaluationRows) -> dict[str, np.ndarray]:
        [(label, positive)] = super().selections(rows).items()
        return {label: positive, label.replace("of the", "outside the"): ~positive}

    def check(self, rows: EvaluationRows) -> None:
        if self.agg not in ("worst_case", "mean"):
            raise UnsupportedTargetError(f"agg of EqualizedOdds must be 'worst_case' or 'mean', got {self.agg!r}")
        super().check(rows)


class EqualOpportunityLoss(LossOfRow, _AmongPositives):
    """Gap of the group means of the model's loss among the evaluation rows of the positive class.

    Parameters
    ----------
    pos_label : label or None
        The class that is the positive one; None means ``classes_[1]`` and is for two classes only.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a regressor; no sensitive features; a group without positive rows, or without weight on
        them; a `pos_label` that is no class, or missing with more than two.

    References
    ----------
    .. [1] Chhabra, Li, Mohapatra and Liu, "What data benefits my classifier?", ICLR 2024, section 3.
       There the gap is signed, for two groups; here it is its size.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [1, 1, 0], sensitive_features=list("fmm"), classes=[0, 1])
    >>> gap = EqualOpportunityLoss().value(np.log([[3.0], [1.0], [7.0]]), rows)
    >>> bool(np.isclose(gap, np.log(2) - np.log(4 / 3)))
    True
    """

    name = "equal_opportunity_loss"
    unit = "difference of mean losses"
