"""The joint deletion of a set of rows."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ..rows import Players

__all__ = ["Removal", "RemovalBatch", "unanswered_note"]


def unanswered_note(missing: np.ndarray, players: Players, reason: str) -> str:
    """What the verdict adds about deletions without an answer; empty where all have one.

    Parameters
    ----------
    missing : ndarray of bool, shape (G,)
        Which have none.
    players : Players
        The deleted rows, or sets of rows.
    reason : str
        Why.
    """
    if not missing.any():
        return ""
    first = int(missing.argmax())
    what = "rows" if players.single else "sets"
    name = "" if players.names is None else f" ({players.names[first]})"
    return (
        f"; no answer (nan) for {missing.sum()} of {len(missing)} {what}, the first at position {first}{name}: {reason}"
    )


@dataclass(frozen=True, eq=False)
class Removal:
    """What the joint deletion of a set of rows does.

    Attributes
    ----------
    indices : ndarray of int
        The deleted rows, by position.
    params_change : ndarray of shape (P,) or None
        Parameters after the deletion, minus before: coefficients (outputs one after the other), then intercepts; the
        sums of naive Bayes and discriminants, named by ``preparation_.parameter_names``. None for models without
        parameters.
    target_change : float or None
        f after the deletion, minus before; None when no evaluation rows were given.
    verdict : str
        What the numerical work says about itself.
    method : str
        How it was computed.
    params_bound : float or None
        Bound on the 2-norm of the error of `params_change`; infinite when nothing is certain, None when not asked for.
    target_bound : float or None
        Bound on the error of `target_change`.
    """

    indices: np.ndarray
    params_change: np.ndarray | None
    target_change: float | None
    verdict: str
    method: str
    params_bound: float | None = None
    target_bound: float | None = None


@dataclass(frozen=True, eq=False)
class RemovalBatch:
    """What the deletions of many sets do, each on its own: a sequence of :class:`Removal`, and its numbers as arrays.

    Attributes
    ----------
    sets : list of ndarray of int
        The deleted rows of each set, by position.
    names : ndarray of shape (G,)
        Labels of the groups; positions of the sets where there are none.
    params_change : ndarray of shape (G, P) or None
        Parameters after each deletion, minus before; None for models without parameters.
    target_change : ndarray of shape (G,) or None
        f after each deletion, minus before; None when no evaluation rows were given.
    verdict, method : str
        As for :class:`Removal`.
    params_bound, target_bound : ndarray of shape (G,) or None
        Bounds on the errors of each set.
    """

    sets: list
    names: np.ndarray
    params_change: np.ndarray | None
    target_change: np.ndarray | None
    verdict: str
    method: str
    params_bound: np.ndarray | None = None
    target_bound: np.ndarray | None = None

    def told(self, reason: str) -> Self:
        """The same, with a verdict that counts the sets without an answer, and says why."""
        missing = np.zeros(len(self), dtype=bool)
        for numbers in (self.params_change, self.target_change):
            if numbers is not None:
                missing |= np.isnan(numbers.reshape(len(self), -1)).all(axis=1)
        players = Players(self.sets, self.names)
        return replace(self, verdict=self.verdict + unanswered_note(missing, players, reason))

    def among(self, players: Players, answered: np.ndarray) -> Self:
        """These sets among others, for which there is no model.

        Parameters
        ----------
        players : Players
            All sets.
        answered : ndarray of int
            Which of them these are.
        """

        def spread(values, missing):
            if values is None:
                return None
            everything = np.full((len(players), *values.shape[1:]), missing)
            everything[answered] = values[: len(answered)]
            return everything

        fill = {"params_change": np.nan, "target_change": np.nan, "params_bound": np.inf, "target_bound": np.inf}
        numbers = {name: spread(getattr(self, name), value) for name, value in fill.items()}
        return replace(self, sets=list(players.sets), names=players.names, **numbers)

    def __len__(self):
        return len(self.sets)

    def __getitem__(self, position):
        def one(values):
            return None if values is None else float(values[position])

        target_change, params_bound = one(self.target_change), one(self.params_bound)
        return Removal(
            self.sets[position],
            None if self.params_change is None else self.params_change[position],
            target_change,
            self.verdict,
            self.method,
            params_bound,
            one(self.target_bound),
        )
