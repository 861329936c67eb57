"""Removal gradients: minus the gradient of the objective without row i, exactly, for all rows.

Row i takes e_i out of every z_uf at which it is at risk, so that away from its own death time

    R_i = sum_{u, f: i at risk} m e_i (x_i - a_uf) / (z_uf - e_i).

Where z is at least 2^6 e_i, as it is at nearly all terms of nearly all rows, the quotient is the series
sum_k (e_i / z)^k, whose coefficients in e_i^k are running sums over the terms: nine of them are exact to rounding. What
is left, thin risk sets, is done pair by pair in blocks. At the row's own death time the fractions f and the mean weight
change too: that death time is computed with the row and without.
"""

from functools import cached_property

import numpy as np

from ..._memory import BLOCK_SIZE
from ..._typing import RowIndex
from .score_residuals import RowGradients

__all__ = ["RemovalGradients"]

#: z / e_i beyond which the series is used, and the terms after which it is exact to rounding: 64^-9 = 2^-54
CROWDED, POWERS = 64, 9
#: rows of a block of pairs
PAIR_ROWS = 256


class RemovalGradients(RowGradients):
    """R_i for every training row i, at an optimum.

    Notes
    -----
    O(n p) for risk sets that thin out at the end, as in most studies; O(n T p) in the worst case, for T terms.
    """

    finite = True

    def project(self, V: np.ndarray, rows: RowIndex) -> np.ndarray:
        rows = np.arange(self.problem.n_rows)[rows]
        a = self.problem.weighted_means(V)
        start, stop = self._spans
        middle = self._crowded_until()[rows]
        result = self._series(V[rows], a, rows, start[rows], middle)
        self._add_pairs(result, V[rows], a, rows, middle, stop[rows])
        self._add_own(result, V, a, rows)
        return result

    @cached_property
    def _spans(self):
        """Terms at which each row is at risk, its own death time left out: [start, stop)."""
        sets = self.problem.sets
        last = sets.last.copy()
        last[sets.dead] -= 1
        bounds = sets.term_bounds if sets.tied else np.arange(sets.n_times + 1)
        return bounds[sets.first], bounds[last]

    @cached_property
    def _smallest(self):
        """Smallest z among the 2^k terms from each term on, for every k."""
        table = [self.problem.sums.z[:, 0]]
        while 2 ** len(table) <= len(table[0]):
            half, width = table[-1], 2 ** (len(table) - 1)
            table.append(np.append(np.minimum(half[:-width], half[width:]), np.full(width, -np.inf)))
        return table

    def _crowded_until(self):
        """Where the terms end that follow a row's start and have z >= 2^6 e_i each."""
        start, stop = self._spans
        place, needed = start.copy(), CROWDED * self.problem.sums.e[:, 0]
        for k in range(len(self._smallest) - 1, -1, -1):
            fits = np.flatnonzero(place + 2**k <= stop)
            fits = fits[self._smallest[k][place[fits]] >= needed[fits]]
            place[fits] += 2**k
        return place

    def _series(self, v, a, rows, start, middle):
        """sum_k e_i^k [v_i sum m / z^k - sum m a / z^k] over the terms [start, middle)."""
        problem, sums = self.problem, self.problem.sums
        segments, shift = problem.sets.term_segments, problem.sets.stratum[rows]
        e, result = sums.e[rows], np.zeros_like(v)
        # powers of z / smallest, that do not overflow; terms that are too thin for every row count nothing
        unit = CROWDED * np.min(e, where=e > 0, initial=np.inf)
        with np.errstate(divide="ignore"):
            ratio = np.where(sums.z >= unit, unit / sums.z, 0)
        weights, power = sums.multiplicity.copy(), np.ones_like(e)
        for _ in range(POWERS):
            weights, power = weights * ratio, power * (e / unit)
            total, means = segments.before(weights), segments.before(weights * a)
            ends, starts = middle + shift, start + shift
            result += power * (v * (total[ends] - total[starts]) - (means[ends] - means[starts]))
        return result

    def _add_pairs(self, result, v, a, rows, start, stop):
        """The terms [start, stop) of each row, pair by pair: rows that begin near each other share a block."""
        sums = self.problem.sums
        todo = np.flatnonzero(start < stop)
        todo = todo[np.argsort(start[todo], kind="stable")]
        for block in np.split(todo, range(PAIR_ROWS, len(todo), PAIR_ROWS)):
            begin, end = (start[block].min(), stop[block].max()) if len(block) else (0, 0)
            width = max(1, BLOCK_SIZE // PAIR_ROWS)
            for left in range(begin, end, width):
                terms = np.arange(left, min(left + width, end))
                risk = (terms >= start[block, None]) & (terms < stop[block, None])
                e, z = sums.e[rows[block]], sums.z[terms, 0]
                weights = np.divide(sums.multiplicity[terms, 0] * e, z - e, out=np.zeros(risk.shape), where=risk)
                result[block] += v[block] * weights.sum(axis=1, keepdims=True) - weights @ a[terms]

    # ------------------------------------------------------------------ the row's own death time

    def _add_own(self, result, V, a, rows):
        """The terms of the row's own death time: sum m a with it, less the same without it, less w_i v_i.

        Without it  sum m a = m' (S sum_f 1/z' - D sum_f f/z'),  S and D the sums of e v over those at risk and dying.
        """
        sets, sums, weight = self.problem.sets, self.problem.sums, self.problem.sample_weight
        place = np.full(self.problem.n_rows, -1)
        place[sets.dead] = sets.dead_at
        dying = np.flatnonzero(place[rows] >= 0)
        who, at = rows[dying], place[rows[dying]]
        own, e = sums.e[who] * V[who], sums.e * V
        risk, dead = sets.at_risk(e)[at] - own, sets.dying(e)[at] - own
        mean, plain, fractional = self._without_own(who, at)
        before = sets.by_time(sums.multiplicity * a)[at]
        after = mean[:, None] * (risk * plain[:, None] - dead * fractional[:, None])
        result[dying] += before - after - weight[who, None] * V[who]

    def _without_own(self, who, at):
        """m', sum 1/z' and sum f'/z' over the terms of each row's own death time without it; zeros if it is alone."""
        problem, sets, e = self.problem, self.problem.sets, self.problem.sums.e[:, 0]
        left = sets.n_deaths[at] - 1
        weight = sets.dying(problem.death_weight)[at] - problem.sample_weight[who]
        mean = np.where(left > 0, weight / np.maximum(left, 1) if sets.efron else weight, 0)
        risk, dead = sets.at_risk(e)[at] - e[who], sets.dying(e)[at] - e[who]
        plain, fractional = np.zeros(len(who)), np.zeros(len(who))
        if not sets.efron:
            return mean, np.divide(1, risk, out=plain, where=left > 0), fractional
        for size in np.unique(left[left > 0]):
            f, same = np.arange(size) / size, np.flatnonzero(left == size)
            for block in np.split(same, range(0, len(same), max(1, BLOCK_SIZE // size))[1:]):
                inverse = 1 / (risk[block, None] - f * dead[block, None])
                plain[block], fractional[block] = inverse.sum(axis=1), inverse @ f
        return mean, plain, fractional
