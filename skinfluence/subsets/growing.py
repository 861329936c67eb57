"""Greedy searches in models without an objective: sets grow by a row, and each is deleted as a whole.

Nothing but the public verbs of an attributor is used: ``attribute``, ``predicted``, ``actual``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..targets import Question
from .progress import report
from .result import Flip
from .search import MOST_PRUNED, SET_GROWTH
from .verification import Verification

__all__ = ["GrowingSearch", "grown_rows"]

#: change of f, relative to f and to what was reached, that is rounding
ROUNDING = 1e-12


def grown_rows(
    attributor: Any,
    question: Question,
    k: int,
    sign: int,
    method: str,
    verbose: int = 0,
    enough: Callable[[Any, float], bool] = lambda rows, effect: False,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of picking, and f without the first 1, 2, ..., k of them, minus f.

    Parameters
    ----------
    attributor : attributor
        Fitted.
    question : Question
        f.
    k : int
        Rows at most.
    sign : int
        1 to raise f, -1 to lower it.
    method : {"adaptive", "additive"}
        Whether rows are picked after the deletion of those before them, or by their single effects.
    verbose : int
        Progress.
    enough : callable
        Whether the rows so far, and the effect of their deletion, end the search.

    Notes
    -----
    Adaptive: n deletions of a set a pick. Additive: n deletions of a row, and k of a set.
    """
    if method == "additive":
        rows, effects = _additive(attributor, question, k, sign)
        last = next((i for i, effect in enumerate(effects) if enough(rows[: i + 1], effect)), len(rows) - 1)
        return rows[: last + 1], effects[: last + 1]
    rows, effects = [], [0.0]
    left = list(np.flatnonzero(attributor.model_.row_weight))
    while len(rows) < k and not (rows and enough(rows, effects[-1])):
        changes = attributor.predicted([np.array([*rows, row]) for row in left], question)
        gains = sign * (changes - effects[-1])
        best = int(np.argmax(np.where(np.isnan(gains), -np.inf, gains)))
        if not gains[best] > _slack(attributor, question, effects[-1]):
            break
        effects.append(changes[best])
        rows.append(left.pop(best))
        report(verbose, len(rows), k, effects[-1])
    return np.array(rows, dtype=np.intp), np.array(effects[1:])


def _slack(attributor, question, effect):
    return ROUNDING * (abs(attributor.evaluate(question)) + abs(effect))


def _additive(attributor, question, k, sign):
    gains = sign * attributor.attribute(question).values
    order = np.argsort(-np.where(np.isnan(gains), -np.inf, gains), kind="stable")
    order = order[gains[order] > _slack(attributor, question, 0.0)][:k]
    if not len(order):
        return order, np.zeros(0)
    effects = attributor.predicted([order[: size + 1] for size in range(len(order))], question)
    # beyond the first set without an answer, such as a whole class, there is none either
    answered = np.append(np.isnan(effects), True).argmax()
    return order[:answered], effects[:answered]


class GrowingSearch:
    """The search for a small set of rows whose deletion takes f across a threshold.

    Parameters
    ----------
    attributor : attributor
        Fitted.
    question : Question
        f.
    words : str
        Name of f.
    threshold, beyond : float
        Where it flips, and how far past it f has to go.
    limit, method, verification, verbose
        As for :class:`~skinfluence.subsets.search.Search`.
    """

    def __init__(
        self,
        attributor: Any,
        question: Question,
        words: str,
        threshold: float,
        beyond: float,
        limit: int,
        method: str,
        verification: Verification | None,
        verbose: int,
    ) -> None:
        self.attributor, self.question, self.words, self.threshold = attributor, question, words, threshold
        self.limit, self.method, self.verification, self.verbose = limit, method, verification, verbose
        self.before = attributor.evaluate(question)
        self.side = 1 if self.before >= threshold else -1
        self.goal = threshold - self.side * beyond
        self.actual, self.next_check = None, 1

    def run(self) -> Flip:
        """Delete rows until f flips, also in a refit if there is a verification."""
        given = (self.limit, -self.side, self.method, self.verbose, self._confirmed)
        rows, effects = grown_rows(self.attributor, self.question, *given)
        effect = effects[-1] if len(effects) else 0.0
        if len(rows) and self._flips(effect) and self._refit_flips(rows):
            rows, effect = self._shortest(rows, effect)
            return self._flip(rows, effect, "")
        if len(rows):
            self._refit_flips(rows)
        if len(rows) == self.limit:
            return self._flip(rows, effect, f"no set of up to {self.limit} rows was found")
        return self._flip(rows, effect, "no further row is predicted to bring it closer to the threshold")

    def _flips(self, effect):
        return bool(self.side * (self.before + effect - self.goal) < -ROUNDING * (abs(self.before) + abs(effect)))

    def _confirmed(self, rows, effect):
        """Whether a set flips f; a tenth more rows are deleted before another refit is made."""
        if not self._flips(effect) or len(rows) < self.next_check:
            return False
        self.next_check = max(len(rows) + 1, int(SET_GROWTH * len(rows)))
        return self._refit_flips(rows)

    def _refit_flips(self, rows):
        """Whether f flips in a refit, too; yes where none is made."""
        if self.verification is None:
            return True
        if self.actual is None or not np.array_equal(self.actual[0], rows):
            self.actual = (np.array(rows), self.verification.without(np.array(rows)))
        return self._flips(self.actual[1] - self.before)

    def _shortest(self, rows, effect):
        """The rows less those that are not needed, unless a refit needs them, and the effect of what is left."""
        kept, kept_effect = rows, effect
        while 1 < len(kept) <= MOST_PRUNED:
            others = [np.delete(kept, i) for i in range(len(kept))]
            effects = self.attributor.predicted(others, self.question)
            flipping = [i for i, other in enumerate(effects) if self._flips(other)]
            if not flipping:
                break
            far = max(flipping, key=lambda i: abs(effects[i]))
            kept, kept_effect = others[far], effects[far]
        confirmed = self.actual
        if self._refit_flips(kept):
            return kept, kept_effect
        self.actual = confirmed
        return rows, effect

    def _flip(self, rows, effect, reason):
        actual = None if self.actual is None else float(self.actual[1])
        return Flip(
            not reason,
            np.asarray(rows),
            self.words,
            self.threshold,
            self.before,
            float(self.before + effect),
            actual,
            self.method,
            0 if self.verification is None else self.verification.n_refits,
            reason,
            self.attributor.names_,
            "" if self.verification is None else self.verification.words,
        )
