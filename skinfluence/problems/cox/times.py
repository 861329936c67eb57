"""Times of observation and death of the rows of a Cox regression."""

from dataclasses import dataclass

import numpy as np

from .risk_sets import RiskSets, risk_sets

__all__ = ["SurvivalTimes"]


@dataclass(frozen=True, eq=False)
class SurvivalTimes:
    """Who is observed from when to when, and dies.

    Parameters
    ----------
    time : ndarray of shape (n,)
        Time of death or censoring.
    event : ndarray of bool, shape (n,)
        Whether the row dies.
    entry : ndarray of shape (n,) or None
        Delayed entry: at risk at times u with entry < u <= time.
    stratum : ndarray of int, shape (n,) or None
        Codes of strata.
    efron : bool
        Ties by Efron, otherwise by Breslow.
    """

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None = None
    stratum: np.ndarray | None = None
    efron: bool = True

    def risk_sets(self, present: np.ndarray) -> RiskSets:
        """Risk sets of the rows that are there."""
        return risk_sets(
            self.time, self.event, entry=self.entry, stratum=self.stratum, present=present, efron=self.efron
        )
