"""Questions that compare answers with refits, which methods that refit themselves have not."""

from typing import Any

from ..._typing import Features, Labels
from ...exceptions import UnsupportedQuestionError
from ...fidelity import FidelityReport
from ...influence import Influence
from ...targets import Question
from ..absent import absent_for
from ..static.of_structures import OfStructures

__all__ = ["ScoredByRefits"]

#: why refits have no score
SCORED_AGAINST_ITSELF = (
    "LeaveOneOut has no score where it refits: a score compares predictions with refits, and these would be compared "
    "with themselves. Ask score of the method that is to be judged, such as RescaledInfluence or "
    "LeaveOneOut(method='exact'); the effects themselves are attribute(X, y)"
)


class ScoredByRefits(OfStructures):
    """Base of leave-one-out: what needs preprocessing held fixed, and no refits."""

    _refits: bool
    _solves_whole: bool

    @property
    def _is_reference(self):
        """Whether answers are what others are compared with."""
        return self._refits or self._solves_whole

    def self_influence(self) -> Influence:
        """Effect of deleting each training row on its own (unweighted) loss, exact.

        Returns
        -------
        Influence
            Values of shape (n,), in the unit of the model's loss.

        Raises
        ------
        UnsupportedQuestionError
            With ``method="refit"`` or ``refit_preprocessing=True``.
        """
        self._check_fitted()
        if self._is_reference:
            raise self._needs_exact("self_influence")
        return super().self_influence()

    def _check_removal(self, method):
        if self._is_reference:
            raise self._needs_exact(method)

    def fidelity_report(
        self, X: Features | Question | None = None, y: Labels | None = None, **question: Any
    ) -> FidelityReport:
        """Predicted against actual effects; parameters as for :meth:`RescaledInfluence.fidelity_report`.

        Raises
        ------
        UnsupportedQuestionError
            With ``method="refit"`` or ``refit_preprocessing=True``, whose predictions are refits.
        """
        self._check_fitted()
        if self._is_reference:
            raise self._needs_exact("fidelity_report")
        return super().fidelity_report(X, y, **question)

    @absent_for(lambda self: SCORED_AGAINST_ITSELF if self._is_reference else "")
    def score(self, X: Features | Question | None = None, y: Labels | None = None, **question: Any) -> float:
        """Rank correlation of predicted and actual effects over random removals; with ``method="exact"`` only.

        Parameters
        ----------
        X, y, **question
            As for :meth:`RescaledInfluence.fidelity_report`.

        Returns
        -------
        float
        """
        return super().score(X, y, **question)

    def _needs_exact(self, what):
        needed, here = "method='exact'", "method='refit'"
        if self._solves_whole:
            needed, here = "refit_preprocessing=False", "refit_preprocessing=True"
        return UnsupportedQuestionError(
            f"{what} needs {needed}; with {here} ask attribute(X, y), or attribute(X, y, train_groups=...) for sets"
        )
