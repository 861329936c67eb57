"""The search for a small set of rows whose deletion takes a quantity across a threshold."""

from functools import partial
from typing import Any

import numpy as np

from .._parallel import run_blocks
from ..exceptions import SingularCurvatureError
from ..removal.polish import OPTIMUM_GRADIENT, polish
from .adaptive import newton_factor, start_path
from .candidates import Candidates
from .flip_conditions import FlipCondition
from .progress import report
from .result import Flip
from .verification import Verification

__all__ = ["Search"]

#: factor by which a set grows when a refit shows that it is too small
SET_GROWTH = 1.1
#: largest set whose rows are tried one by one for being put back
MOST_PRUNED = 50


class _Adaptive:
    """Each row is picked after the deletion of those before it."""

    def __init__(self, attributor: Any, condition: FlipCondition) -> None:
        self.path, self.condition = start_path(attributor), condition
        self.candidates = Candidates(attributor.problem_)

    @property
    def rows(self) -> list[int]:
        return self.path.rows

    @property
    def distance(self) -> float:
        return self.condition.distance(self.path)

    def extend(self) -> bool:
        """Pick one more row; False if none brings the quantity closer to the threshold."""
        changes = self.condition.changes(self.path)
        row = self.candidates.best(-np.where(changes < -self.condition.slack, changes, 0.0))
        if row is None:
            return False
        try:
            self.path.delete(row)
        except SingularCurvatureError:
            self.path.rows.pop()
            return False
        self.candidates.remove(row)
        return True


class _Additive:
    """Rows in the order of their single effects, which are added up for sets."""

    def __init__(self, attributor: Any, condition: FlipCondition) -> None:
        path = start_path(attributor)
        changes = condition.changes(path, lambda gradient: attributor._along(gradient[:, None])[:, 0])
        self.order = Candidates(attributor.problem_).first(len(changes), -changes)
        self.distances = condition.distance(path) + np.append(0.0, changes[self.order].cumsum())
        self.rows: list[int] = []

    @property
    def distance(self) -> float:
        return self.distances[len(self.rows)]

    def extend(self) -> bool:
        """Take the next row; False where there is none."""
        if len(self.rows) == len(self.order):
            return False
        self.rows = self.order[: len(self.rows) + 1]
        return True


class Search:
    """The search for one condition.

    Parameters
    ----------
    attributor : attributor
        Fitted.
    condition : FlipCondition
        What is to flip.
    limit : int
        Rows at most.
    method : {"adaptive", "additive"}
        How they are ranked.
    verification : Verification or None
        Refits; None for none.
    verbose : int
        Progress.
    n_jobs : int or None
        Threads for the refits that try rows one by one.
    """

    def __init__(
        self,
        attributor: Any,
        condition: FlipCondition,
        limit: int,
        method: str,
        verification: Verification | None,
        verbose: int,
        n_jobs: int | None = None,
    ) -> None:
        self.attributor, self.condition, self.limit, self.n_jobs = attributor, condition, limit, n_jobs
        self.method, self.verification, self.verbose = method, verification, verbose
        self.actual, self.solver = None, newton_factor(attributor)[1]

    def run(self, known: np.ndarray | None = None) -> Flip:
        """Delete rows until the quantity flips, also in a refit if there is a verification.

        Parameters
        ----------
        known : ndarray of int or None
            The smallest set, where it is known: searched for only if it is too large or does not flip.

        Returns
        -------
        Flip
        """
        if known is not None and len(known) <= self.limit:
            predicted = self._optimum(known)
            if self.condition.flips(self._margin(predicted)) and self._confirms(known):
                return self._flip(known, self.condition.quantity(predicted.problem), method="exact")
            self.actual = None
        ranking = (_Adaptive if self.method == "adaptive" else _Additive)(self.attributor, self.condition)
        reason, check = f"no set of up to {self.limit} rows was found", 1
        while len(ranking.rows) < self.limit:
            if not ranking.extend():
                reason = "no further row is predicted to bring it closer to the threshold"
                break
            size, distance = len(ranking.rows), ranking.distance
            report(self.verbose, size, self.limit, distance)
            if self.condition.flips(distance) and size >= check:
                if self._confirms(ranking.rows):
                    return self._found(list(ranking.rows), distance)
                check = max(size + 1, int(SET_GROWTH * size))
        rows = list(ranking.rows)
        if self.verification and rows and self._confirms(rows):
            return self._found(rows, ranking.distance)
        return self._flip(rows, self._quantity(rows, ranking.distance), reason)

    def _quantity(self, rows, distance):
        return self.condition.quantity_at(self.attributor.problem_.without(rows), distance)

    def _confirms(self, rows):
        """Whether the user's estimator, refitted without the rows, is on the other side; yes where none is."""
        if self.verification is None:
            return True
        self.actual = self.verification.without(np.array(rows))
        return self.condition.flips(self.condition.margin_of(self.actual))

    def _found(self, rows, distance):
        kept, actual = self._pruned(self._shortened(rows)), self.actual
        if len(kept) < len(rows) and self._confirms(kept):
            return self._flip(kept, self.condition.quantity(self._optimum(kept).problem))
        self.actual = actual
        return self._flip(rows, self._quantity(rows, distance))

    def _shortened(self, rows):
        """The fewest of the first rows whose exact removal flips the quantity."""
        enough, short = len(rows), len(rows) - 1 if self.method == "adaptive" else 0
        while enough - short > 1:
            middle = (enough + short) // 2
            if self.condition.flips(self._margin(self._optimum(rows[:middle]))):
                enough = middle
            else:
                short = middle
        return rows[:enough]

    def _pruned(self, rows):
        """The rows without those that are not needed, put back one by one."""
        start = None
        while 1 < len(rows) <= MOST_PRUNED and (start := self._optimum(rows, start)) is not None:
            others = [[other for other in rows if other != row] for row in rows]
            margins = run_blocks(partial(self._margin_without, start), others, self.n_jobs)
            if not self.condition.flips(min(margins)):
                break
            rows = others[int(np.argmin(margins))]
        return rows

    def _margin_without(self, start, rows):
        return self._margin(self._optimum(rows, start, start.factor))

    def _optimum(self, rows, start=None, factor=None):
        """The problem without the rows, polished from another optimum; None where it has no unique one."""
        problem = self.attributor.problem_.without(np.array(rows))
        problem = problem if start is None else problem.at(start.problem.theta)
        try:
            polished = polish(problem, self.solver, factor=factor)
        except SingularCurvatureError:
            return None
        return polished if polished.problem.relative_gradient() < OPTIMUM_GRADIENT else None

    def _margin(self, polished):
        return np.inf if polished is None else self.condition.margin(polished.problem)

    def _flip(self, rows, predicted, reason="", method=None):
        return Flip(
            not reason,
            np.array(rows, dtype=np.intp),
            self.condition.words,
            self.condition.threshold,
            self.condition.before,
            float(predicted),
            self.actual,
            method or self.method,
            0 if self.verification is None else self.verification.n_refits,
            reason,
            self.attributor.names_,
            "" if self.verification is None else self.verification.words,
        )
