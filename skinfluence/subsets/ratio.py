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

from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from ..attributors.optimum import Optimum
from ..problems import LinearProblem
from ..removal.slopes import parameter_slopes
from ..targets import Parameter, Question
from .adaptive import newton_factor

__all__ = ["ratios"]

MAX_ROUNDS = 50
#: sets that are tried, each at the optimum without the one before
MAX_SETS = 10
#: leverage that k rows may have: from there on they determine the coefficient alone
MOST_TAKEN = 1 - 1e-6


def ratios(attributor: Any, question: Question, k: int, signs: tuple[int, ...]) -> list[Any]:
    """For each direction the rows, the exact change of f without the first 1, 2, ... of them, and whether proved best.

    Nothing for other questions and models, and where k rows may determine the coefficient alone.

    Notes
    -----
    Two products with the rows for each set that is tried, at most ten, and selections of k of n numbers.
    """
    if not (isinstance(attributor.preparation_, Optimum) and _has_ratio(attributor.problem_, question)):
        return []
    search = _Search(attributor, question, k)
    found = [search.run(sign) for sign in signs]
    return [] if None in found else found


def _has_ratio(problem, question):
    return (
        isinstance(problem, LinearProblem)
        and problem.loss.quadratic
        and problem.n_outputs == 1
        and problem.balance is None
        and problem.l1_penalty is None
        and problem.interpolation is None
        and not problem.mean_form
        and question.n_answers == 1
        and all(isinstance(part.term, Parameter) for part in question.parts)
    )


class _Search:
    def __init__(self, attributor, question, k):
        self.problem, self.k = attributor.problem_, k
        # that of the attributor may be damped, or approximate
        self.factor, _ = newton_factor(attributor)
        self.v = parameter_slopes(question, self.problem)[:, 0]
        self.weights = self.problem.weights()[:, 0]
        self.residuals = self.problem.row_gradients[:, 0]
        pushed = self.factor.solve(self.v[:, None]).value[:, 0]
        self.d = 1 / (self.v @ pushed)
        self.reach = self.problem.design.raw(pushed)[:, 0]
        self.at_fit = self._sums(self.residuals, self.reach, 1 / self.d)

    def _sums(self, residuals, reach, variance):
        """a, b, and what k of the b come to at most."""
        q = reach / variance
        b = self.weights * q
        a = b * residuals
        b *= q
        most = self.k * b.max()
        if most > 1 / (2 * variance):
            most = np.partition(b, -self.k)[-self.k :].sum()
        return a, b, most

    def run(self, sign):
        """The best of the sets that come one after another, from no row until one comes back."""
        sets, found = [np.zeros(0, dtype=np.intp)], []
        while len(sets) <= MAX_SETS and not any(np.array_equal(sets[-1], known) for known in sets[:-1]):
            rows = self.best(sets[-1], sign)
            effects = None if rows is None else self.effects(rows)
            if effects is None:
                return None
            sets.append(np.sort(rows))
            found.append((rows, effects, np.array_equal(sets[-1], sets[-2])))
        # of two that are the same the later one, which is known to have come back
        return max(reversed(found), key=lambda one: sign * one[1][-1:].sum())

    def best(self, deleted, sign):
        """The best k rows along the one direction, at the optimum without some rows; None if there is no maximum."""
        if not len(deleted):
            (a, b, most), d, pulled = self.at_fit, self.d, 0.0
        else:
            residuals, reach, variance = self._without(deleted)
            a, b, most = self._sums(residuals, reach, variance)
            # the deleted rows are there again
            pulled, d = -a[deleted].sum(), 1 / variance + b[deleted].sum()
        if most >= MOST_TAKEN * d:
            return None
        return _largest_ratio(sign * a, b, sign * pulled, d, self.k, d - most)

    def _without(self, rows):
        """Residuals, x_i'H^-1 v and v'H^-1 v without some rows."""
        pushed, left, g, c = self._parts(rows)
        # H^-1 X'W^1/2 (I - G)^-1 of the rows' residuals and reaches
        move = pushed @ np.linalg.solve(left, np.column_stack([g, c]))
        raw = self.problem.design.raw(move)[:, 0]
        variance = 1 / self.d + c @ np.linalg.solve(left, c)
        return self.residuals + raw[:, 0], self.reach + raw[:, 1], variance

    def _parts(self, rows):
        """H^-1 X'W^1/2 and I - W^1/2 X H^-1 X'W^1/2 of some rows, and W^1/2 times their residuals and reaches."""
        root = np.sqrt(self.weights[rows])
        scaled = self.problem.design.basis(rows)[:, :, 0] * root
        pushed = self.factor.solve(scaled).value
        left = np.eye(len(rows)) - scaled.T @ pushed
        return pushed, left, root * self.residuals[rows], root * self.reach[rows]

    def effects(self, rows):
        """Exact effects of the first 1, 2, ... rows, sums of (L^-1 c)(L^-1 g) with I - G = L L'; None without a fit."""
        _, left, g, c = self._parts(rows)
        try:
            L = cholesky(left, lower=True)
        except LinAlgError:
            return None
        if L.diagonal().min(initial=1) ** 2 < 1 - MOST_TAKEN:
            return None
        whitened = solve_triangular(L, np.column_stack([g, c]), lower=True)
        return np.cumsum(whitened[:, 0] * whitened[:, 1])


def _largest_ratio(a, b, pulled, d, k, least):
    """The k rows S of the largest (pulled + sum_S a) / (d - sum_S b), fewer where others lower it; the first first.

    The denominator is at least `least`.
    """
    rho = pulled / d
    gains = a + rho * b
    first = np.partition(gains, -k)[-k:]
    # gains rise with rho, up to its bound: the others are never among the k largest
    bound = rho + first[first > 0].sum() / least
    near = np.flatnonzero(a + bound * b >= first[0])
    a, b, gains = a[near], b[near], gains[near]
    for _ in range(MAX_ROUNDS):
        rows = np.argsort(-gains, kind="stable")[:k]
        rows = rows[gains[rows] > 0]
        found = (pulled + a[rows].sum()) / (d - b[rows].sum())
        if not found > rho:
            break
        rho, gains = found, a + found * b
    return near[rows]
