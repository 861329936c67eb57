"""Targets that know one candidate at a time: functions of whole arrays that others wrote."""

from abc import abstractmethod
from numbers import Real
from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from .raw import RawTarget
from .rows import EvaluationRows

__all__ = ["OneByOne"]


class OneByOne(RawTarget):
    """A target whose value is asked of one candidate after the other, a Python call for each.

    A candidate with raw predictions that are nan or infinite has the value nan; every other value must be finite. Minus
    infinity is the raw prediction of an output that has been deleted, an item of a ranking.
    """

    @abstractmethod
    def at(self, raw: np.ndarray, rows: EvaluationRows) -> float:
        """Value of f at one candidate: a number, of raw (m, K)."""

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        self.check(rows)
        # a candidate's array in one piece, as it is for a user who has one model
        candidates = np.moveaxis(raw.reshape(*raw.shape[:2], -1), -1, 0)
        values = [self._finite(np.ascontiguousarray(one), rows) for one in candidates]
        return np.reshape(values, raw.shape[2:])

    def _finite(self, raw, rows):
        if np.isnan(raw).any() or (raw == np.inf).any():
            return np.nan
        value = self.at(raw, rows)
        value = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
        if not isinstance(value, Real) or not np.isfinite(value):
            got = f"an array of shape {np.shape(value)}" if np.ndim(value) else repr(value)
            raise UnsupportedTargetError(
                f"the target {self.name!r} is {got} on these {len(rows)} evaluation rows; it must be one finite "
                "number: choose rows on which it is defined, or another target"
            )
        return float(value)
