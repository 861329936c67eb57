"""One machine at its optimum, followed to the optima under other bounds, many at once.

Each is computed on the rows of the working set; then all rows are checked in blocks, and those that break their
optimality condition are added to the working set, until there are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .active_set import ActiveSet
from .dual import Dual, interval, violations
from .free_system import EMPTY, FreeSystem
from .pairwise import pair_steps
from .working_set import WorkingSet

__all__ = ["Machine", "Optimum"]

#: rows that enter the working set at once for one version
ADDED_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Optimum:
    """Coefficients of the items that are not 0, the intercept, and the largest violation that is left."""

    items: np.ndarray
    values: np.ndarray
    intercept: float
    violation: float

    def u(self, size: int) -> np.ndarray:
        """All N items."""
        u = np.zeros(size)
        u[self.items] = self.values
        return u


@dataclass(frozen=True, eq=False)
class Machine:
    """A dual, the coefficients (n,) that a solver left, and the class weights of the fit.

    Parameters
    ----------
    dual : Dual
    start : ndarray of shape (n,)
        beta, near the optimum.
    factors : ndarray of shape (2,)
        Class weights of the fit.
    """

    dual: Dual
    start: np.ndarray
    factors: np.ndarray

    def violation_at_start(self, slack: float) -> tuple[float, float]:
        """Smallest violation that any intercept leaves to the solver's coefficients, and the size of its sums.

        `slack`, relative to a bound, is how far from it, or from 0, a coefficient is on it.
        """
        dual, bounds = self.dual, self.dual.bounds(self.factors)
        u = dual.items(self.start)
        u = np.where(u <= slack * bounds, 0.0, np.where(u >= (1 - slack) * bounds, bounds, u))
        sums, size = dual.sums(np.arange(dual.n_rows), self.start[:, None])
        missing = dual.targets - sums[dual.owner, 0]
        low, high = interval(u, bounds, dual.signs, missing)
        return max(0.0, missing[low] - missing[high]) / 2, size

    @cached_property
    def optimum(self) -> Optimum:
        """In double precision, of all rows."""
        bounds = self.dual.bounds(self.factors)
        u = np.minimum(self.dual.items(self.start), bounds)
        working = self._around(u)
        return self._solve(working, [(bounds, u, None)])[0]

    @cached_property
    def working(self) -> WorkingSet:
        """Rows of the working set around the optimum."""
        return self._around(self.optimum.u(len(self.dual.signs)))

    @property
    def bounded(self) -> np.ndarray:
        """Items at their bound."""
        bounds, u = self.dual.bounds(self.factors), self.optimum.u(len(self.dual.signs))
        return np.flatnonzero((u > 0) & (u >= bounds))

    @cached_property
    def system(self) -> FreeSystem:
        """Equations of the free items."""
        return _system_of(self.working, self.dual.bounds(self.factors)[self.working.items], self.working.u)

    def without(self, factors: Sequence[np.ndarray], deleted: Sequence[np.ndarray]) -> list:
        """Optima under class weights (2,) each, without rows of the machine each."""
        size = len(self.dual.signs)
        answers, step = [], max(1, 2**22 // size)
        base = self.dual.bounds(self.factors)
        u = self.optimum.u(size)
        top = (u >= base) & (base > 0)
        for begin in range(0, len(deleted), step):
            chunk: list[tuple] = []
            for weights, rows in zip(factors[begin : begin + step], deleted[begin : begin + step]):
                bounds = self.dual.bounds(weights, rows)
                chunk.append((bounds, np.where(top, bounds, np.minimum(u, bounds)), self.system))
            answers += self._solve(self.working, chunk)
        return answers

    def _around(self, u):
        """Rows with a coefficient, and as many of those that are closest to their margin."""
        dual, everything = self.dual, np.arange(self.dual.n_rows)
        beta = dual.coefficients(u)
        sums, size = dual.sums(everything, beta[:, None])
        used = np.unique(dual.owner[u > 0])
        middle = np.median((dual.targets - sums[dual.owner, 0])[u > 0]) if len(used) else 0.0
        slack = dual.signs * (sums[dual.owner, 0] + middle - dual.targets)
        nearest = np.unique(dual.owner[np.argsort(slack, kind="stable")[: 2 * len(used) + ADDED_AT_ONCE]])
        return WorkingSet(dual, np.union1d(used, nearest), u, sums[:, 0], dual.tolerance(size))

    def _solve(self, working, tasks):
        """Optima of (bounds, start, system or None) each."""
        answers, pending = [None] * len(tasks), list(range(len(tasks)))
        starts = [start for _, start, _ in tasks]
        systems = [system for *_, system in tasks]
        while pending:
            for k in pending:
                answers[k] = _follow(working, tasks[k][0], starts[k], systems[k])
            entering = self._outside(working, [tasks[k][0] for k in pending], [answers[k] for k in pending])
            pending = [k for k, rows in zip(pending, entering) if len(rows)]
            for k in pending:
                starts[k], systems[k] = answers[k].u(len(self.dual.signs)), None
            if pending:
                rows = np.union1d(working.rows, np.concatenate(entering))
                working = self._larger(working, rows)
        return answers

    def _larger(self, working, rows):
        u = np.zeros(len(self.dual.signs))
        u[working.items] = working.u
        sums, _ = self.dual.sums(rows, self.dual.coefficients(u)[:, None])
        every = np.zeros(self.dual.n_rows)
        every[rows] = sums[:, 0]
        return WorkingSet(self.dual, rows, u, every, working.tolerance)

    def _outside(self, working, bounds, answers):
        """Rows outside the working set that break their condition most, for each answer."""
        dual, rows = self.dual, np.setdiff1d(np.arange(self.dual.n_rows), working.rows)
        if not len(rows):
            return [np.zeros(0, dtype=np.intp)] * len(answers)
        beta = np.column_stack([dual.coefficients(each.u(len(dual.signs))) for each in answers])
        sums, _ = dual.sums(rows, beta)
        place = np.full(dual.n_rows, -1)
        place[rows] = np.arange(len(rows))
        items = np.flatnonzero(place[dual.owner] >= 0)
        found = []
        for column, (bound, answer) in enumerate(zip(bounds, answers)):
            missing = dual.targets[items] - sums[place[dual.owner[items]], column]
            signed = dual.signs[items] * (answer.intercept - missing)
            excess = violations(np.zeros(len(items)), bound[items], signed)
            worst = np.argsort(-excess, kind="stable")[:ADDED_AT_ONCE]
            found.append(np.unique(dual.owner[items[worst[excess[worst] > working.tolerance]]]))
        return found


def _follow(working, bounds, u, system):
    """The optimum on the rows of the working set: by active sets, by pairs of coefficients where these do not end."""
    bounds, u = bounds[working.items], u[working.items]
    if system is None:
        system = _system_of(working, bounds, u)
    path = ActiveSet(working, bounds, u, system)
    for _ in range(4):
        if path.run(200 + 4 * len(working.items)):
            break
        u = pair_steps(working, bounds, path.u, 100000)
        path = ActiveSet(working, bounds, u, _system_of(working, bounds, u))
    path.settle()
    used = np.flatnonzero(path.u)
    return Optimum(working.items[used], path.u[used], float(path.intercept), float(path.violation().max(initial=0.0)))


def _system_of(working, bounds, u):
    """Equations of the items between their bounds, as many as are independent."""
    system = EMPTY
    for item in np.flatnonzero((u > 0) & (u < bounds)):
        place = working.owner[item]
        column = working.columns(np.array([place]))[0]
        mine = column[working.owner[system.items]]
        if len(system.items):
            schur = system.schur(mine, column[place])[1]
            if schur <= max(1e-12 * abs(column[place]), working.tolerance / bounds[item] / 10):
                continue
        system = system.add(item, mine, column[place])
    return system
