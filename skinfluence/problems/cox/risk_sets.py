"""Who is at risk when: every row as an interval of death times, so that sums over risk sets are running sums.

Death times are (stratum, time) pairs in which somebody dies, G of them, those of a stratum next to each other and in
order of time. Row i is at risk at those with entry < u <= time: an interval [first, last) of its stratum. A sum over
the rows at risk at each death time is a running sum over the death times, and so is a sum over the death times at
which each row is at risk; both restart with every stratum. Strata, delayed entry and deleted rows enter here and
nowhere else.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ..._typing import RowIndex

__all__ = ["RiskSets", "Segments", "risk_sets"]


@dataclass(frozen=True, eq=False)
class Segments:
    """Consecutive stretches of an axis; running sums restart with each of them.

    Parameters
    ----------
    bounds : ndarray of int, shape (k + 1,)
        Where each stretch begins, and the length of the axis.

    Examples
    --------
    >>> stretches = Segments(np.array([0, 2, 3]))
    >>> stretches.before(np.array([1.0, 2.0, 5.0]))      # 0 at the start of each stretch
    array([0., 1., 3., 0., 5.])
    >>> stretches.backwards(np.array([1.0, 2.0, 5.0]))
    array([3., 2., 5.])
    """

    bounds: np.ndarray

    def before(self, values: np.ndarray) -> np.ndarray:
        """Running sums, one entry longer for each stretch: position g + k is the sum before entry g of stretch k."""
        sums = np.zeros((len(values) + len(self.bounds) - 1, *values.shape[1:]))
        for k, (start, stop) in enumerate(zip(self.bounds[:-1], self.bounds[1:], strict=True)):
            np.cumsum(values[start:stop], axis=0, out=sums[start + k + 1 : stop + k + 1])
        return sums

    def backwards(self, values: np.ndarray) -> np.ndarray:
        """Sum of each entry and those after it in its stretch."""
        sums = np.empty(values.shape)
        for start, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            sums[start:stop] = np.cumsum(values[start:stop][::-1], axis=0)[::-1]
        return sums


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Intervals of death times.

    Parameters
    ----------
    first, last : ndarray of int, shape (n,)
        Row i is at risk at the death times [first, last), none where they are equal.
    stratum : ndarray of int, shape (n,)
        Stretch of death times that the row belongs to; 0 for rows that are never at risk.
    segments : Segments
        The death times of each stratum.
    dead : ndarray of int
        Rows that die, ordered by death time; row r dies at death time last[r] - 1.
    efron : bool
        Whether a death time with d tied deaths has d terms (Efron), or one (Breslow).
    """

    first: np.ndarray
    last: np.ndarray
    stratum: np.ndarray
    segments: Segments
    dead: np.ndarray
    efron: bool

    @property
    def n_times(self) -> int:
        """G."""
        return int(self.segments.bounds[-1])

    @cached_property
    def dead_at(self) -> np.ndarray:
        """Death time of each row of `dead`."""
        return self.last[self.dead] - 1

    @cached_property
    def n_deaths(self) -> np.ndarray:
        """d of each death time, (G,)."""
        return np.bincount(self.dead_at, minlength=self.n_times)

    @cached_property
    def n_at_risk(self) -> np.ndarray:
        """Rows at risk at each death time, (G,)."""
        here = self.first < self.last
        steps = np.bincount(self.first[here], minlength=self.n_times + 1).astype(np.intp)
        steps -= np.bincount(self.last[here], minlength=self.n_times + 1)
        return np.cumsum(steps)[: self.n_times]

    @cached_property
    def tied(self) -> bool:
        """Whether the terms of a death time differ: Efron with ties."""
        return self.efron and len(self.dead) > self.n_times

    # ------------------------------------------------------------------ terms: l = 0, ..., d - 1 of each death time

    @cached_property
    def term_bounds(self) -> np.ndarray:
        """First term of each death time, and their number T, (G + 1,)."""
        terms = self.n_deaths if self.efron else np.ones(self.n_times, dtype=np.intp)
        return np.concatenate([[0], np.cumsum(terms)])

    @cached_property
    def term_time(self) -> np.ndarray:
        """Death time of each term, (T,)."""
        return np.repeat(np.arange(self.n_times), np.diff(self.term_bounds))

    @cached_property
    def term_rank(self) -> np.ndarray:
        """l of each term, (T,)."""
        return np.arange(len(self.term_time)) - self.term_bounds[self.term_time]

    @cached_property
    def term_segments(self) -> Segments:
        """The terms of each stratum."""
        return Segments(self.term_bounds[self.segments.bounds])

    @cached_property
    def _terms(self):
        T = len(self.term_time)
        return sparse.csr_array((np.ones(T), np.arange(T), self.term_bounds), shape=(self.n_times, T))

    def by_time(self, terms: np.ndarray) -> np.ndarray:
        """Sum over the terms of each death time, (G, ...) from (T, ...)."""
        return self._terms @ terms if self.tied else terms

    def by_term(self, times: np.ndarray) -> np.ndarray:
        """The value of each term's death time, (T, ...) from (G, ...)."""
        return times[self.term_time] if self.tied else times

    # ------------------------------------------------------------------ sums

    @cached_property
    def _moves(self):
        """(G, n): 1 where a row is at risk for the last time, -1 at the death time before its first one."""
        risky = np.flatnonzero(self.last > self.first)
        late = risky[self.first[risky] > self.segments.bounds[self.stratum[risky]]]
        entries = np.concatenate([np.ones(len(risky)), -np.ones(len(late))])
        places = np.concatenate([self.last[risky] - 1, self.first[late] - 1]), np.concatenate([risky, late])
        return sparse.csr_array((entries, places), shape=(self.n_times, len(self.last)))

    @cached_property
    def deaths(self) -> Any:
        """(G, n): 1 where a row dies."""
        entries = np.ones(len(self.dead)), (self.dead_at, self.dead)
        return sparse.csr_array(entries, shape=(self.n_times, len(self.last)))

    def at_risk(self, values: np.ndarray) -> np.ndarray:
        """Sum over the rows at risk at each death time, (G, ...) from (n, ...)."""
        return self.segments.backwards(self._moves @ values)

    def dying(self, values: np.ndarray) -> np.ndarray:
        """Sum over the deaths at each death time, (G, ...) from (n, ...)."""
        return self.deaths @ values

    def while_at_risk(self, times: np.ndarray, rows: RowIndex = slice(None)) -> np.ndarray:
        """Sum over the death times at which each row is at risk, (n, ...) from (G, ...)."""
        sums, shift = self.segments.before(times), self.stratum[rows]
        return sums[self.last[rows] + shift] - sums[self.first[rows] + shift]


def risk_sets(
    time: np.ndarray,
    event: np.ndarray,
    *,
    entry: np.ndarray | None = None,
    stratum: np.ndarray | None = None,
    present: np.ndarray | None = None,
    efron: bool = True,
) -> RiskSets:
    """The risk sets of survival data.

    Parameters
    ----------
    time : ndarray of shape (n,)
        When a row dies or is censored.
    event : ndarray of bool, shape (n,)
        Whether it dies.
    entry : ndarray of shape (n,) or None
        When it comes under observation: it is at risk at the times u with entry < u <= time.
    stratum : ndarray of int, shape (n,) or None
        Codes of strata.
    present : ndarray of bool, shape (n,) or None
        Rows that have not been deleted.
    efron : bool
        Ties by Efron, otherwise by Breslow.

    Returns
    -------
    RiskSets

    Notes
    -----
    O(n log n).

    Examples
    --------
    Two deaths, at times 1 and 3; the row that is censored at 2 is at risk at the first of them only:

    >>> sets = risk_sets(np.array([3.0, 1.0, 2.0]), np.array([True, True, False]))
    >>> sets.at_risk(np.array([1.0, 10.0, 100.0]))
    array([111.,   1.])
    """
    n = len(time)
    present = np.ones(n, dtype=bool) if present is None else present
    stratum = np.zeros(n, dtype=np.intp) if stratum is None else stratum
    # one whole number that orders by stratum, then by time; 0 is before all times
    moments = np.unique(time)
    offset = stratum * (len(moments) + 1)
    leave = offset + 1 + np.searchsorted(moments, time)
    enter = offset if entry is None else offset + np.searchsorted(moments, entry, side="right")
    died = np.flatnonzero(event & present)
    times, at = np.unique(leave[died], return_inverse=True)
    first, last = np.searchsorted(times, enter, side="right"), np.searchsorted(times, leave, side="right")
    idle = ~present | (first == last)
    home, starts = np.unique(times // (len(moments) + 1), return_index=True)
    return RiskSets(
        first=np.where(idle, 0, first),
        last=np.where(idle, 0, last),
        stratum=np.where(idle, 0, np.searchsorted(home, stratum)),
        segments=Segments(np.append(starts, len(times))),
        dead=died[np.argsort(at, kind="stable")],
        efron=efron,
    )
