"""Methods that also answer for models without an objective, by what their structure says."""

from abc import abstractmethod

import numpy as np

from ...exceptions import UnsupportedQuestionError
from ...rows import Players
from ...targets import Loss, evaluation_rows, measure
from .._base import Attributor
from ..optimum import Optimum
from ..results import RemovalBatch
from ._base import StaticAttributor

__all__ = ["OfStructures"]

#: training rows whose own losses are asked for together; all pairs of them are answered
OWN_ROWS = 256


class OfStructures(StaticAttributor):
    """Base of methods that start from the optimum of an objective, or from a structure.

    A member states what the deletion of sets does to a question of a structure.
    """

    @abstractmethod
    def _of_structure(self, structure, question, players):
        """Effects of deleting each set, (G, a), by a structure."""

    def _note_of_structure(self):
        """What the verdict says of a structure."""
        return self.model_.note

    @property
    def _no_answer(self):
        if self._at_optimum:
            return StaticAttributor._no_answer
        return self.model_.no_answer

    def _held(self, name, field):
        """The same, which models without an objective have not."""
        if self._at_optimum:
            return super()._held(name, field)
        raise AttributeError(f"{type(self).__name__} has no {name} here: {self._no_optimum()}")

    def _no_optimum(self):
        """Why there is no optimum, and what to ask instead."""
        return (
            f"{type(self.model_.final).__name__} is not the optimum of a smooth objective; ask attribute or removal "
            "for effects of rows on predictions"
        )

    @property
    def _at_optimum(self):
        if "preparation_" not in vars(self):
            self._check_fitted()
        return isinstance(self.preparation_, Optimum)

    @property
    def stationarity_(self) -> float:
        """Newton step that was left by the estimator's own solver; nan without an objective."""
        return super().stationarity_ if self._at_optimum else float("nan")

    @property
    def verdict_(self) -> str:
        """What the numerical work says about itself."""
        return super().verdict_ if self._at_optimum else self._note_of_structure()

    def _prepare(self, prefit):
        return super()._prepare(prefit) if self.model_.problem is not None else self.model_.structure

    def _unanswered(self, players):
        if self._at_optimum:
            return super()._unanswered(players)
        return Attributor._unanswered(self, players)

    def _answers(self, question, players):
        if self._at_optimum:
            return super()._answers(question, players)
        return Attributor._answers(self, question, players)

    def _effects(self, question, players):
        if self._at_optimum:
            return super()._effects(question, players)
        return self._of_structure(self.preparation_, question, players)

    def _top(self, question, players, top_k):
        if self._at_optimum:
            return super()._top(question, players, top_k)
        return Attributor._top(self, question, players, top_k)

    def _own_effects(self):
        if self._at_optimum:
            return super()._own_effects()
        rows = np.arange(self.model_.n_rows)
        blocks = (rows[start : start + OWN_ROWS] for start in range(0, len(rows), OWN_ROWS))
        return np.concatenate([self._own_effects_of(block) for block in blocks])

    def _own_effects_of(self, rows):
        model = self.model_
        labels = evaluation_rows(model.loss, model.labels(None, model.y)[rows], classes=model.classes)
        question = measure(Loss(), model.X[rows], labels, self.preparation_).by_row()
        return np.diagonal(self._of_structure(self.preparation_, question, Players(list(rows[:, None]))))

    def _check_feasible(self, rows):
        if self._at_optimum:
            super()._check_feasible(rows)
        elif not self.model_.feasible([rows])[0]:
            raise UnsupportedQuestionError(
                f"without these {len(rows)} rows {type(self.model_.final).__name__} cannot be fitted: "
                f"{self.model_.too_few_rows or 'they are all of a class, or too many; delete fewer'}"
            )

    def _removed(self, sets, names, question, bound, n_jobs):
        if self._at_optimum:
            return super()._removed(sets, names, question, bound, n_jobs)
        name = type(self.model_.final).__name__
        # structures with parameters say how these change
        has_parameters = hasattr(self.preparation_, "theta")
        if question is None and not has_parameters:
            raise UnsupportedQuestionError(f"{name} has no parameters to predict; pass X and y, where f is evaluated")
        if bound:
            raise UnsupportedQuestionError(f"bounds are about the optimum of an objective, which {name} does not have")
        params_change = self.preparation_.changes(sets).T if has_parameters else None
        changes = None if question is None else self._effects(question, Players(sets))[:, 0]
        return RemovalBatch(list(sets), names, params_change, changes, self.verdict_, self._method)
