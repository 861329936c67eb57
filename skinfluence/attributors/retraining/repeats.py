"""Effects under several seeds: their means, and the standard errors of these."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from ..._typing import ArrayLike, RandomState
from ...adapters import seeded_model
from ...targets import Question
from .._base import Attributor
from ..top_rows import check_top_k, top_rows

__all__ = ["UnderSeveralSeeds", "check_repeats", "draw_seeds", "mean_and_error"]

#: the largest seed that every estimator takes
LARGEST_SEED = np.iinfo(np.int32).max


def check_repeats(n_repeats: Any) -> None:
    """Refuse numbers of repeats of which there is no standard error.

    Raises
    ------
    ValueError
    """
    if n_repeats is None:
        return
    if isinstance(n_repeats, Integral) and not isinstance(n_repeats, bool) and int(n_repeats) >= 2:
        return
    raise ValueError(
        f"n_repeats must be None, for refits of the estimator as it is, or an integer of at least 2, for means over so "
        f"many seeds; got {n_repeats!r}"
    )


def draw_seeds(n_repeats: int, random_state: RandomState) -> np.ndarray:
    """Different seeds, (n_repeats,) of int.

    Examples
    --------
    >>> draw_seeds(3, 0).shape, bool((draw_seeds(3, 0) == draw_seeds(3, 0)).all())
    ((3,), True)
    """
    random = check_random_state(random_state)
    seeds: list[int] = []
    while len(seeds) < n_repeats:
        seed = int(random.randint(LARGEST_SEED))
        seeds += [seed] if seed not in seeds else []
    return np.array(seeds)


def mean_and_error(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over repeats and its standard error, sd / sqrt(r), from values (r, ...).

    nan where a repeat has no answer.

    Examples
    --------
    >>> mean, error = mean_and_error(np.array([[1.0], [3.0]]))
    >>> float(mean[0]), float(error[0])
    (2.0, 1.0)
    """
    return runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(len(runs))


class UnderSeveralSeeds(Attributor):
    """Base of attributors that can repeat refits: with `n_repeats` answers are means, with standard errors.

    A member states ``_refitted(model, question, players)``, effects by refits of one model.
    """

    n_repeats: int | None
    random_state: RandomState

    def _draw(self):
        """The seeds, and the model on all rows under each."""
        self.seeds_ = draw_seeds(self.n_repeats, self.random_state)
        self._repeats = [seeded_model(self.model_, seed) for seed in self.seeds_.tolist()]

    def _value(self, question):
        if self.n_repeats is None:
            return super()._value(question)
        return float(np.mean([question.value(model) for model in self._repeats]))

    def _runs(self, question, players):
        """Effects under each seed, (r, G, a)."""
        return np.stack([self._refitted(model, question, players) for model in self._repeats])

    def actual(self, sets: Sequence[ArrayLike], question: Question, *, n_jobs: int | None = None) -> np.ndarray:
        """Effect of deleting each set, by refits of the user's own estimator without it.

        Parameters
        ----------
        sets, question
            As for :meth:`predicted`.
        n_jobs : int or None
            Processes for the refits; with `n_repeats` those of the constructor.

        Returns
        -------
        ndarray of shape (G,)
            With `n_repeats` means over the seeds.
        """
        if self.n_repeats is None:
            return super().actual(sets, question, n_jobs=n_jobs)
        return self.predicted(sets, question)

    def _attribution(self, question, train_groups, top_k):
        if self.n_repeats is None:
            return super()._attribution(question, train_groups, top_k)
        players = self._players(train_groups)
        if top_k is not None:
            check_top_k(top_k, not question.each, len(players))
        values, errors = mean_and_error(self._runs(question, players))
        top = None
        if top_k is not None:
            top = top_rows([values], top_k)
            values, errors = top.values, np.take_along_axis(errors, top.rows, axis=0)
        elif not question.each:
            values, errors = values[:, 0], errors[:, 0]
        return replace(self._answer(values, question.target, players, top=top), standard_error=errors)
