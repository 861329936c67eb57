"""Gaps between groups: largest group mean minus smallest, smooth surrogates of fairlearn's differences.

    f = max_g mu_g - min_g mu_g,   mu_g = sum_{j in g} w_j t_j / sum_{j in g} w_j

with t a probability, a prediction or a loss. fairlearn puts hard decisions in the place of t: report with it,
and differentiate this. f is unsigned: trimming for it stops to make sense where the gap reaches 0.
"""

from abc import abstractmethod

import numpy as np
from scipy.sparse import csr_array

from ..exceptions import UnsupportedTargetError
from ._base import Target
from .pointwise import LossOfRow, require_probabilities

__all__ = ["DemographicParity", "EqualOpportunity", "EqualOpportunityLoss", "GroupGap"]


class GroupGap(Target):
    """Largest group mean minus smallest, at least 0; less is better.

    Differentiable where the largest and the smallest group are unique; elsewhere the gradient is that of the
    first of them, and zero where all means agree. Any number of groups; O(m) a candidate.

    A subclass states the number of each row, and :meth:`selected` if only some rows count.

    Parameters
    ----------
    pos_label : label or None
        The class that is the positive one; None means ``classes_[1]`` and is for two classes only.
    """

    greater_is_better = False
    needs_groups = True

    def __init__(self, pos_label=None):
        self.pos_label = pos_label

    @abstractmethod
    def each(self, raw, rows):
        """The number of each row whose group means are compared, (m, *candidates)."""

    @abstractmethod
    def each_gradient(self, raw, rows):
        """Derivative of that number in the raw predictions of its row, (m, K); raw is (m, K)."""

    def selected(self, rows):
        """Mask (m,) of the rows that count."""
        return np.ones(len(rows), dtype=bool)

    def value(self, raw, rows):
        self.check(rows)
        means = self._group_means(self.each(raw, rows), rows)
        return means.max(axis=0) - means.min(axis=0)

    def gradient(self, raw, rows):
        self.check(rows)
        means = self._group_means(self.each(raw, rows), rows)
        # d f / d t_j = +w_j/W_g in the largest group, -w_j/W_g in the smallest
        weights = self._averages(rows)[[means.argmax(), means.argmin()]].toarray()
        return (weights[0] - weights[1])[:, None] * self.each_gradient(raw, rows)

    def check(self, rows):
        if rows.groups is None:
            raise UnsupportedTargetError(
                f"sensitive_features required by target {self.name!r} but not given; pass "
                "sensitive_features= (one label for each evaluation row, or the name of a column of X)"
            )
        counts = np.bincount(rows.groups, self.selected(rows), minlength=len(rows.group_names))
        for name in rows.group_names[counts == 0]:
            raise UnsupportedTargetError(self._empty(name, rows))
        for name in rows.group_names[self._weights(rows) == 0]:
            raise UnsupportedTargetError(
                f"all evaluation rows of group {name!r} that count have sample_weight 0; give one of them a "
                "positive weight, or drop the group"
            )

    def _empty(self, name, rows):
        return f"group {name!r} has no evaluation row; drop it from group_names"

    def _weights(self, rows):
        """W_g, (G,): weight of the rows of each group that count."""
        return np.bincount(rows.groups, rows.sample_weight * self.selected(rows), len(rows.group_names))

    def _averages(self, rows):
        """Sparse (G, m) matrix that turns numbers of rows into group means."""
        share = rows.sample_weight * self.selected(rows) / self._weights(rows)[rows.groups]
        G, m = len(rows.group_names), len(rows)
        return csr_array((share, (rows.groups, np.arange(m))), shape=(G, m))

    def _group_means(self, values, rows):
        """(G, *candidates) of (m, *candidates)."""
        means = self._averages(rows) @ values.reshape(len(values), -1)
        return means.reshape(-1, *values.shape[1:])

    def _positive(self, rows):
        """Code of the positive class."""
        classes = rows.classes.tolist()
        if self.pos_label is None and len(classes) == 2:
            return 1
        if self.pos_label is None:
            raise UnsupportedTargetError(
                f"the target {self.name!r} needs pos_label when there are {len(classes)} classes; give one "
                f"of {classes}"
            )
        if self.pos_label not in classes:
            raise UnsupportedTargetError(
                f"pos_label={self.pos_label!r} of target {self.name!r} is not a class; give one of {classes}"
            )
        return classes.index(self.pos_label)


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

    def check(self, rows):
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

    def each(self, raw, rows):
        return rows.loss.predict(raw)[:, 0 if rows.classes is None else self._positive(rows)]

    def each_gradient(self, raw, rows):
        cotangent = np.zeros((len(rows), 1 if rows.classes is None else len(rows.classes)))
        cotangent[:, 0 if rows.classes is None else self._positive(rows)] = 1.0
        return rows.loss.predict_vjp(raw, cotangent)


class _AmongPositives(GroupGap):
    """A gap over the evaluation rows of the positive class; classifiers only."""

    def selected(self, rows):
        return rows.codes == self._positive(rows)

    def check(self, rows):
        if rows.classes is None:
            raise UnsupportedTargetError(
                f"the target {self.name!r} compares rows of the positive class, but the model is a "
                "regressor; use 'demographic_parity', the gap of mean predictions"
            )
        super().check(rows)

    def _empty(self, name, rows):
        positive = str(rows.classes[self._positive(rows)])
        return (
            f"group {name!r} has no evaluation row of the positive class {positive!r}, so that the target "
            f"{self.name!r} is not defined; add such rows, drop the group, or use 'demographic_parity'"
        )


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
