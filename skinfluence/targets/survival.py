"""What is asked of survival models: hazards of given rows, the partial likelihood, concordance.

Raw predictions are log-hazards; the labels of the evaluation rows are a structured array with the fields time, event,
entry, stratum, weight and efron, in which times that were not given are nan.
"""

from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from ..losses.risk_scores import RiskScores
from ..problems.cox import risk_sets, risk_sums
from .candidates import OneByOne
from .pointwise import PointwiseTarget
from .raw import RawTarget
from .rows import EvaluationRows

__all__ = ["Concordance", "LogHazard", "OfSurvival", "PartialLikelihood", "RelativeRisk"]


class OfSurvival:
    """Targets that are defined for survival models alone."""

    name: str
    #: whether the evaluation rows need times
    _needs_times = False
    #: whether raw predictions have to be log-hazards
    _of_hazards = True

    def check(self, rows: EvaluationRows) -> None:
        names = rows.y.dtype.names
        if names is None or "time" not in names:
            raise UnsupportedTargetError(
                f"the target {self.name!r} is one of survival models (lifelines' CoxPHFitter, those of "
                "scikit-survival); for this model use 'prediction', 'margin' or 'loss'"
            )
        if self._of_hazards and isinstance(rows.loss, RiskScores) and not rows.loss.log_hazards:
            raise UnsupportedTargetError(
                f"the target {self.name!r} is one of proportional hazards, which this model does not predict; use "
                "'prediction' for what it predicts, or 'concordance'"
            )
        if self._needs_times and np.isnan(rows.y["time"]).any():
            raise UnsupportedTargetError(
                f"the target {self.name!r} needs times and events of the evaluation rows; pass their columns with X "
                "(lifelines), or y (scikit-survival)"
            )
        if self._needs_times and (rows.y["stratum"] < 0).any():
            raise UnsupportedTargetError(
                f"the target {self.name!r} needs the strata of the evaluation rows; pass their columns with X"
            )


class LogHazard(OfSurvival, PointwiseTarget):
    """Log-hazard x'beta, as a weighted sum over the evaluation rows; no direction is the better one.

    It is relative to the covariates whose log-hazard the fitted model calls 0, which are held fixed: lifelines' means
    of the training rows, scikit-survival's zeros.

    Examples
    --------
    >>> from skinfluence.problems.cox import survival_labels
    >>> from skinfluence.targets import evaluation_rows
    >>> float(LogHazard().value(np.array([[0.5], [1.0]]), evaluation_rows(None, survival_labels(2))))
    1.5
    """

    name = "log_hazard"
    unit = "weighted sum of log-hazards"
    greater_is_better = None

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return raw[:, 0]

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return np.ones_like(raw)

    def remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> float:
        """0: linear."""
        return 0.0


class RelativeRisk(OfSurvival, PointwiseTarget):
    """Relative risk exp(x'beta), as a weighted sum over the evaluation rows; no direction is the better one.

    The quantity of the experiments of Deng et al., A versatile influence function for data attribution with
    non-decomposable loss; relative to the same covariates as :class:`LogHazard`.

    Examples
    --------
    >>> from skinfluence.problems.cox import survival_labels
    >>> from skinfluence.targets import evaluation_rows
    >>> float(RelativeRisk().value(np.log([[2.0], [3.0]]), evaluation_rows(None, survival_labels(2))).__round__(12))
    5.0
    """

    name = "relative_risk"
    unit = "weighted sum of relative risks"
    greater_is_better = None

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return np.exp(raw[:, 0])

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return np.exp(raw)

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        # exp(r) - 1 - r <= r^2 / 2 exp(r)
        return np.exp(raw[:, 0] + radius[:, 0]) * radius[:, 0] ** 2 / 2


class PartialLikelihood(OfSurvival, RawTarget):
    """Negative partial log-likelihood of the evaluation rows, a Cox model's own loss; less is better.

    Case weights of the table, ties as the model treats them, strata and entries as in training. It is no sum over the
    evaluation rows: they are each other's risk sets. "loss" means this target where the model is a Cox regression.

    Examples
    --------
    Two rows with the same hazard, of which one dies first: a coin was tossed.

    >>> from skinfluence.problems.cox import survival_labels
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(None, survival_labels(2, time=[1.0, 2.0], event=[True, True]))
    >>> bool(np.isclose(PartialLikelihood().value(np.zeros((2, 1)), rows), np.log(2)))
    True
    """

    name = "partial_likelihood"
    unit = "negative partial log-likelihood"
    greater_is_better = False
    _needs_times = True

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        flat = raw.reshape(len(raw), -1)
        sums, weight, top = self._sums(flat, rows)
        deaths = np.where(weight[:, None] > 0, flat, 0)
        return (sums.log_terms() + top * weight.sum() - weight @ deaths).reshape(raw.shape[2:])

    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """Expected less observed deaths of each row."""
        sums, weight, _ = self._sums(raw, rows)
        return sums.hazard - weight[:, None]

    def _sums(self, flat, rows):
        """Risk sums at candidates (m, B), weights of the deaths, and the logarithm that hazards are scaled by."""
        self.check(rows)
        y, weight = rows.y, rows.sample_weight * rows.y["weight"]
        sets = risk_sets(
            y["time"],
            y["event"],
            entry=y["entry"],
            stratum=y["stratum"],
            present=weight > 0,
            efron=bool(y["efron"].all()),
        )
        if not len(sets.dead):
            raise UnsupportedTargetError(
                f"no evaluation row of {len(y)} has an event, so that there is no partial likelihood; pass rows with "
                "events, or use 'log_hazard'"
            )
        top = flat.max(axis=0)
        deaths = np.where(y["event"], weight, 0)
        return risk_sums(sets, weight[:, None] * np.exp(flat - top), deaths), deaths, top


class Concordance(OfSurvival, OneByOne):
    """Share of the comparable pairs of evaluation rows that the hazards order rightly (Harrell's C); more is better.

    Two rows of one stratum are comparable when one dies at a time at which the other is at risk, and known to live on:
    it has entered, and has a later time, or the same time and is censored. Equal hazards count one half, and a pair
    counts the product of its weights, those of the table included, as R's ``concordance`` has it. A step function of
    the coefficients: ask with ``evaluation="moved"``.

    Notes
    -----
    m^2 comparisons a candidate for m evaluation rows, in memory m^2 / 2.

    Examples
    --------
    >>> from skinfluence.problems.cox import survival_labels
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(None, survival_labels(3, time=[1.0, 2.0, 3.0], event=[True, True, False]))
    >>> float(Concordance().value(np.array([[2.0], [0.0], [1.0]]), rows).round(3))     # two of three pairs
    0.667
    """

    name = "concordance"
    _of_hazards = False
    unit = "share of comparable pairs"
    greater_is_better = True
    _needs_times = True

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        self.check(rows)
        earlier, later = _comparable(rows.y)
        of_row = rows.sample_weight * rows.y["weight"]
        weight = of_row[earlier] * of_row[later]
        if not weight.any():
            raise UnsupportedTargetError(
                f"no two of the {len(rows)} evaluation rows are comparable, so that there is no concordance; pass rows "
                "of which some die while others live"
            )
        flat = raw.reshape(len(raw), -1).T
        values = [0.5 + 0.5 * (weight @ np.sign(one[earlier] - one[later])) / weight.sum() for one in flat]
        return np.reshape(values, raw.shape[2:])

    def at(self, raw: np.ndarray, rows: EvaluationRows) -> float:
        return float(self.value(raw, rows))


def _comparable(y):
    """Positions of the rows that die, and of those known to live on, pair by pair."""
    dead = np.flatnonzero(y["event"])
    longer = (y["time"] > y["time"][dead, None]) | ((y["time"] == y["time"][dead, None]) & ~y["event"])
    at_risk = (y["stratum"] == y["stratum"][dead, None]) & (y["entry"] < y["time"][dead, None])
    earlier, later = np.nonzero(longer & at_risk)
    return dead[earlier], later
