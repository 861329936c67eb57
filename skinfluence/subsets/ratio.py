"""The set of k rows that moves a coefficient most, as the best of all ratios, by Dinkelbach's iteration.

For a squared loss, with v'theta the coefficient and u = H^-1 v / (v'H^-1 v), let theta move along u alone, along which
nothing but the coefficient has to be fitted anew (for one column: the residuals of Frisch, Waugh and Lovell are held
fixed). Without a set S the optimum there moves the coefficient by

    sum_S a_i / (d - sum_S b_i),    a_i = w_i r_i q_i,    b_i = w_i q_i^2,    q_i = x_i'u,    d = 1 / (v'H^-1 v)

with residuals r_i = x_i'theta - y_i. The largest ratio over all sets of k rows is found in a few rounds [1]_: with its
value rho, S is the k largest of a_i + rho b_i, and rho the ratio of S. All other parameters move too when S is deleted.
So the same is asked again at the optimum without S, until a set comes back, and the best of these sets is taken by its
exact effect.

.. [1] Dinkelbach, On nonlinear fractional programming, Management Science 13 (1967).
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular

from .._parallel import run_blocks
from ..removal.slopes import parameter_slopes
from ..targets import Parameter, Question
from .squares import MOST_TAKEN, Squares, other_than_squares
from .two_means import two_means

__all__ = ["BestRatio", "ratios"]

MAX_ROUNDS = 50
#: sets that are tried, each at the optimum without the one before
MAX_SETS = 10
#: rows that are read at once: their terms stay in the cache
BLOCK_ROWS = 2**14
#: gain, relative to the largest one, that is rounding
ROUNDING = 1e-12
#: part of the k-th largest gain from which rows are kept for the rounds after the first
KEPT = 0.9


class BestRatio(NamedTuple):
    """The set that was found.

    Parameters
    ----------
    rows : ndarray of int
        The rows.
    effects : ndarray
        Exact change of f without the first 1, 2, ... of them.
    proved : bool
        No other set is better while the other columns are held fixed.
    exact : bool
        Nor is one when they are not.
    """

    rows: np.ndarray
    effects: np.ndarray
    proved: bool
    exact: bool


def ratios(
    attributor: Any, question: Question, k: int, signs: tuple[int, ...], n_jobs: int | None = None
) -> list[BestRatio]:
    """The best set for each direction.

    Nothing for other questions and models, and where k rows may determine the coefficient alone.

    Notes
    -----
    Two products with the rows for each set that is tried, at most ten, and selections of k of n numbers.
    """
    if other_than_squares(attributor) or question.n_answers != 1:
        return []
    if not all(isinstance(part.term, Parameter) for part in question.parts):
        return []
    squares = Squares(attributor, parameter_slopes(question, attributor.problem_)[:, 0])
    means = two_means(squares)
    if means is not None:
        return [BestRatio(*means.best(k, sign), True, True) for sign in signs]
    search = _Search(squares, k)
    found = run_blocks(search.run, signs, n_jobs)
    return [] if None in found else found


class _Deletion(NamedTuple):
    """A set, its exact effects, and what it leaves: (residuals, reach) move by X `move`, and v'H^-1 v is `variance`."""

    rows: np.ndarray
    effects: np.ndarray
    move: np.ndarray
    variance: float


class _Search:
    def __init__(self, squares, k):
        self.squares, self.k = squares, k
        self.residuals, self.reach, self.weights = squares.residuals, squares.reach, squares.weights
        self.nothing = _Deletion(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), squares.variance)

    def run(self, sign):
        """The best of the sets that come one after another, from no row until one comes back; None without one."""
        last, known, back = self.nothing, {}, None
        while back is None and len(known) < MAX_SETS:
            rows = self.best(last, sign)
            if rows is None:
                return None
            back = known.get(frozenset(rows.tolist()))
            last = self._deletion(rows) if back is None else back
            if last is None:
                return None
            known[frozenset(rows.tolist())] = last
        best = max(reversed(known.values()), key=lambda one: sign * one.effects[-1:].sum())
        # the last new one came back: it is the best at the optimum without itself
        proved = best is back and back is list(known.values())[-1]
        return BestRatio(best.rows, best.effects, proved, proved and self.squares.problem.n_parameters == 1)

    def best(self, deleted, sign):
        """The best k rows along the one direction, at the optimum without some rows; None if there is no maximum."""
        rows = deleted.rows
        a, b = self._terms_of(rows, deleted)
        # the deleted rows are there again
        pulled, d = -sign * a.sum(), 1 / deleted.variance + b.sum()

        def terms():
            for part in self._parts():
                a, b = self._terms_of(part, deleted)
                yield part.start, sign * a, b

        return _largest_ratio(terms, pulled, d, self.k)

    def _parts(self):
        n = len(self.reach)
        return [slice(start, min(start + BLOCK_ROWS, n)) for start in range(0, n, BLOCK_ROWS)]

    def _terms_of(self, rows, deleted):
        """a and b of some rows, at the optimum without others."""
        residuals, reach = self.residuals[rows], self.reach[rows]
        if len(deleted.rows):
            design = self.squares.problem.design
            moved = design.with_rows(design.X[rows]).raw(deleted.move)[:, 0]
            residuals, reach = residuals + moved[:, 0], reach + moved[:, 1]
        q = reach / deleted.variance
        b = self.weights[rows] * q
        return b * residuals, b * q

    def _deletion(self, rows):
        """What the deletion of some rows does, by I - G = L L'; None where it leaves the coefficient undetermined."""
        if not len(rows):
            return self.nothing
        squares, root = self.squares, np.sqrt(self.weights[rows])
        scaled = squares.problem.design.basis(rows)[:, :, 0] * root
        # H^-1 X'W^1/2 and W^1/2 X H^-1 X'W^1/2 of the rows
        pushed = squares.factor.solve(scaled).value
        sides = root[:, None] * np.column_stack([self.residuals[rows], self.reach[rows]])
        try:
            L = cholesky(np.eye(len(rows)) - scaled.T @ pushed, lower=True)
        except LinAlgError:
            return None
        if L.diagonal().min(initial=1) ** 2 < 1 - MOST_TAKEN:
            return None
        g, c = solve_triangular(L, sides, lower=True).T
        # v'H^-1 v without the rows
        variance = squares.variance + c @ c
        return _Deletion(rows, np.cumsum(g * c), pushed @ cho_solve((L, True), sides), variance)


def _largest_ratio(terms: Callable[[], Iterator[Any]], pulled: float, d: float, k: int) -> Any:
    """The k rows S of the largest (pulled + sum_S a) / (d - sum_S b), fewer where others lower it; the first first.

    None where k rows may take all of the denominator. `terms` gives blocks of rows: the first one's place, a and b.
    """
    rho = pulled / d
    rows, a, b, largest = _leading(terms(), rho, k, KEPT)
    gains = a + rho * b
    first = np.partition(gains, -k)[-k:]
    # gains rise with rho, up to its bound, by less than the rows that are left out are away from the k-th
    most = k * largest
    if 2 * most > d or _rise(first, d - most) * largest >= (1 - KEPT) * first[0]:
        rows, a, b, _ = _leading(terms(), rho, k, -np.inf)
        gains, most = a + rho * b, np.partition(b, -k)[-k:].sum()
    if most >= MOST_TAKEN * d:
        return None
    near = np.flatnonzero(gains + _rise(first, d - most) * b >= first[0])
    rows, a, b, gains = rows[near], a[near], b[near], gains[near]
    return rows[_dinkelbach(a, b, gains, rho, pulled, d, k)]


def _rise(first, least):
    """By how much a ratio can be larger, whose denominator is at least `least`, from the k largest gains."""
    return first[first > 0].sum() / least


def _leading(terms, rho, k, share):
    """Rows with a gain a + rho b of at least a share of the k-th largest, their a and b, and the largest b of all."""
    kept, top, largest = [], np.zeros(0), 0.0
    for start, a, b in terms:
        gains = a + rho * b
        largest = max(largest, b.max())
        floor = share * top[0] if len(top) == k and top[0] > 0 else -np.inf
        near = np.flatnonzero(gains >= floor) if floor > -np.inf else np.arange(len(gains))
        if len(near):
            kept.append((near + start, a[near], b[near]))
            top = np.append(top, gains[near])
            top = np.partition(top, -k)[-k:] if len(top) >= k else top
    rows, a, b = (np.concatenate(parts) for parts in zip(*kept))
    return rows, a, b, largest


def _dinkelbach(a, b, gains, rho, pulled, d, k):
    """Places of the rows of the largest ratio, from the gains a + rho b of a smaller one."""
    for _ in range(MAX_ROUNDS):
        rows = np.argsort(-gains, kind="stable")[:k]
        rows = rows[gains[rows] > ROUNDING * max(gains[rows[0]], 0)]
        found = (pulled + a[rows].sum()) / (d - b[rows].sum())
        if not found > rho:
            break
        rho, gains = found, a + found * b
    return rows
