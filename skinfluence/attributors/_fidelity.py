"""Predictions of an attributor for random deletions against actual refits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from .._typing import ArrayLike, Features, Labels, RandomState, Weights
from ..exceptions import UnsupportedQuestionError
from ..fidelity import FidelityReport, compare_effects, random_removals
from ..removal.refits import refit_effects
from ..rows import Players, check_sets
from ..targets import Question, Target
from .blockwise import require_rows

__all__ = ["ComparesWithRefits"]

#: operations that round on the way to f and in the difference of two of them: effects of at most so many x the relative
#: error of a refit x the size of f are 0
ROUNDINGS = 16


class ComparesWithRefits:
    """Methods of attributors that compare predictions with refits."""

    predicts: bool
    model_: Any
    preparation_: Any
    question: Callable[..., Question]
    _check_fitted: Callable[[], None]
    _answers: Callable[..., np.ndarray]

    def predicted(self, sets: Sequence[ArrayLike], question: Question) -> np.ndarray:
        """Predicted effect of deleting each of some sets of training rows.

        Parameters
        ----------
        sets : bool array or sparse matrix of shape (G, n), or sequence of G sets
            The deleted rows of each set, by position or as a mask.
        question : Question
            Made by :meth:`question`.

        Returns
        -------
        ndarray of shape (G,)
            The joint prediction where the method has one, else the sum over the rows of the set.
        """
        question = self._asked(question)
        return self._answers(question, Players(check_sets(sets, self.model_.n_rows)))[:, 0]

    def _asked(self, question):
        """A question, checked for this model."""
        if not isinstance(question, Question):
            raise TypeError(f"question must be made by question(X, y), got {type(question).__name__}")
        return self.question(question)

    def actual(self, sets: Sequence[ArrayLike], question: Question, *, n_jobs: int | None = None) -> np.ndarray:
        """Effect of deleting each set, by refits of the user's own estimator without it.

        Parameters
        ----------
        sets, question
            As for :meth:`predicted`.
        n_jobs : int or None
            Processes for the refits.

        Returns
        -------
        ndarray of shape (G,)
            Preprocessing and what a search chose are held fixed, and the tolerance of the refits is tight.
        """
        question = self._asked(question)
        sets = check_sets(sets, self.model_.n_rows)
        return refit_effects(question, self.model_, sets, self.preparation_, n_jobs=n_jobs)[:, 0]

    def fidelity_report(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
        n_removals: int = 30,
        removal_size: float = 0.05,
        random_state: RandomState = 0,
        n_jobs: int | None = None,
    ) -> FidelityReport:
        """Predicted against actual effects of random deletions, by refits of the user's own estimator.

        Parameters
        ----------
        X, y, target, sensitive_features, sample_weight
            Evaluation rows and target, as for :meth:`attribute`.
        n_removals : int
            How many random sets are deleted; sets that empty a class, or whose deletion has no answer, are skipped.
        removal_size : int or float
            Rows a set, or their fraction; 1 compares single rows.
        random_state : int, RandomState or None
            Seed of the sets.
        n_jobs : int or None
            Processes for the refits.

        Returns
        -------
        FidelityReport
            Rank correlation, slope, relative error, sign agreement, and the cost of either side. Slope and relative
            error are nan for methods whose values rank rows and are no changes of f (``predicts`` is False).

        Notes
        -----
        Refits keep the features, at a tight tolerance, polished: at a default one they err by more than a row's effect.
        Effects of the size of their errors have no sign, and those that differ by no more have one rank: 16 roundings
        of f, each eps (1e-6, the tolerance of libsvm, for SVC and SVR) times the size of the terms that add up to f.
        """
        question = self.question(
            X, y, target=target, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        sets = self._random_sets(n_removals, removal_size, random_state)
        start = perf_counter()
        predicted = self.predicted(sets, question)
        between = perf_counter()
        actual = self.actual(sets, question, n_jobs=n_jobs)
        end = perf_counter()
        rounding = self._rounding(question)
        costs = {"predict_seconds": (between - start) / len(sets), "refit_seconds": (end - between) / len(sets)}
        known = np.isfinite(predicted) & np.isfinite(actual)
        if not known.any():
            raise UnsupportedQuestionError(
                f"none of {len(sets)} deletions has an answer on these evaluation rows; use others, or another target"
            )
        report = compare_effects(predicted[known], actual[known], rounding=rounding, **costs)
        # values that rank rows are in a unit of their own
        return report if self.predicts else replace(report, slope=np.nan, relative_error=np.nan)

    def _rounding(self, question):
        """What a refit that changes nothing may change f by; 0 where predictions have another unit than f."""
        size = ROUNDINGS * self.model_.refit_error * question.size(self.preparation_)
        return size if self.predicts else 0.0

    def score(self, X: Features | Question | None = None, y: Labels | None = None, **question: Any) -> float:
        """Rank correlation of predicted and actual effects over random removals (the linear datamodelling score).

        Parameters
        ----------
        X, y, **question
            As for :meth:`fidelity_report`.

        Returns
        -------
        float
            In [-1, 1]; 1 is a perfect ranking.
        """
        return self.fidelity_report(X, y, **question).rank_correlation

    def _random_sets(self, n_removals, removal_size, random_state):
        """Random sets after whose deletion the estimator can be fitted again."""
        model = self.model_
        require_rows(model.problem, "a comparison with refits")
        sets = random_removals(np.flatnonzero(model.row_weight), n_removals, removal_size, random_state)
        feasible = [rows for rows, answered in zip(sets, model.feasible(sets), strict=True) if answered]
        if not feasible:
            too_few = model.too_few_rows
            reason = f"leaves too few rows: {too_few}" if too_few else "empties a class; make removal_size smaller"
            raise UnsupportedQuestionError(f"every one of {n_removals} random removals of size {removal_size} {reason}")
        return feasible
