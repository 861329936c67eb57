"""Scores of training rows: how harmful each row is for the target.

Each kind of evidence ranks the rows that are not yet removed, and measures the target on a model that was fitted on
them. Evidence from validation rows and parameters is here; evidence from the training rows alone is in
``out_of_fold.py``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sklearn
from sklearn.base import clone

from ..exceptions import UnsupportedQuestionError
from ..influence import Influence
from ..targets import GroupGap, check_weights
from .rows import TrainingRows
from .validation import ValidationSet, count_rows

__all__ = ["Evidence", "Ranking", "ValidationEvidence", "effect", "guarded", "measured", "named", "spread_over"]


@dataclass(frozen=True)
class Ranking:
    """Scores of all training rows.

    Parameters
    ----------
    influence : Influence of shape (n,)
        What was computed; nan for removed rows.
    scores : ndarray of shape (n,)
        Rows with larger scores are removed first; rows with ``-inf`` never.
    changes : ndarray of shape (n,)
        Predicted change of the target by deleting the row; nan where scores rank rows and predict nothing.
    value : float
        The target on a model of the remaining rows; nan where there are no rows to evaluate it on.
    pursues : bool
        Whether the scores predict the target as it is measured, so that trimming stops when it gets worse. False for
        rankings, and for attacks: influence keeps the moved rows fixed, but the measurement moves them for each model.
    gaps : list of (float, ndarray of shape (n,))
        For each gap in the target its value and its predicted changes.
    """

    influence: Influence
    scores: np.ndarray
    changes: np.ndarray
    value: float
    pursues: bool = True
    gaps: list = field(default_factory=list)


@dataclass(frozen=True)
class Evidence(ABC):
    """Everything that scores depend on, and nothing else: the key of the cache.

    Parameters
    ----------
    rows : TrainingRows
        All training rows.
    attributor : attributor
        Unfitted, with the surrogate model inside.
    target : Target
        What to improve.
    validation : ValidationSet or None
        Validation rows.
    folds : list of (train, test) or None
        Positions of training rows.
    """

    rows: TrainingRows
    attributor: Any
    target: Any
    validation: ValidationSet | None = None
    folds: list | None = None

    @abstractmethod
    def rank(self, kept: np.ndarray, n_jobs: int | None = None) -> Ranking:
        """Ranking of the rows at the positions `kept`, by models fitted on these rows."""

    @abstractmethod
    def measure(self, kept: np.ndarray, estimator: Any = None, n_jobs: int | None = None) -> float:
        """The target on a model of the rows `kept`; `estimator` is that model if it is already fitted."""

    def fit(self, kept: np.ndarray, estimator: Any = None) -> Any:
        """Attributor of a model of the rows `kept`."""
        rows = self.rows.take(kept)
        attributor = clone(self.attributor)
        if estimator is not None:
            attributor.set_params(estimator=estimator)
        # the attributor passes weights to the last step of a Pipeline by name, which metadata routing does not allow
        with sklearn.config_context(enable_metadata_routing=False):
            return attributor.fit(rows.X, rows.y, sample_weight=rows.sample_weight)


class ValidationEvidence(Evidence):
    """Change of the target on validation rows when a training row is deleted.

    Without such rows, for targets of the parameters.
    """

    def rank(self, kept: np.ndarray, n_jobs: int | None = None) -> Ranking:
        found = effect(self.fit(kept), self.target, self.validation)
        n = len(self.rows)
        influence = named(found.influence, self.rows, spread_over(n, kept, found.influence.values))
        gaps = [(size, spread_over(n, kept, changes)) for size, changes in found.gaps]
        changes = found.changes(influence)
        return Ranking(influence, guarded(influence), changes, found.value, pursues=not found.moved, gaps=gaps)

    def measure(self, kept: np.ndarray, estimator: Any = None, n_jobs: int | None = None) -> float:
        return measured(self.fit(kept, estimator), self.target, self.validation)


@dataclass(frozen=True)
class Effect:
    """Value of a target, the effects of deletions on it and on each gap among its terms, and whether it moves rows."""

    value: float
    influence: Influence
    gaps: list
    moved: bool

    def changes(self, influence: Influence) -> np.ndarray:
        """The influences if they predict changes of the target, else nan."""
        return influence.values if influence.predicts else np.full(len(influence.values), np.nan)


def measured(attributor: Any, target: Any, validation: ValidationSet | None) -> float:
    """Value of the target for a fitted attributor."""
    asked, target, _ = _question(target, validation)
    return attributor.evaluate(**asked, target=target)


def effect(attributor: Any, target: Any, validation: ValidationSet | None) -> Effect:
    """Value of the target and effect of each deletion, by a fitted attributor.

    Raises
    ------
    UnsupportedQuestionError
        The attributor's scores are no changes of the target, and the target has a gap.
    """
    asked, target, note = _question(target, validation)
    question = attributor.question(**asked, target=target)
    # "loss" is another target where rows have no loss of their own
    target, influence = question.target, attributor.attribute(question)
    influence = influence.with_values(influence.values, verdict=influence.verdict + note)
    gaps = _gaps(target)
    if gaps and not influence.predicts:
        raise UnsupportedQuestionError(
            f"{influence.method} has the unit {influence.unit}, which does not show where the gap reaches 0; "
            "choose attributor=RescaledInfluence() for targets with a gap"
        )
    asked_gaps = [attributor.question(**asked, target=gap) for gap in gaps]
    found = [(attributor.evaluate(gap), attributor.attribute(gap).values) for gap in asked_gaps]
    return Effect(attributor.evaluate(question), influence, found, question.moved)


def _gaps(target):
    """The gaps among the terms of a target that should become smaller."""
    return [
        coefficient * term for coefficient, term in target.terms() if isinstance(term, GroupGap) and coefficient > 0
    ]


def _question(target, validation):
    """Arguments of attribute and evaluate; the losses of a sum of targets on the scale of its gaps."""
    if validation is None:
        return {"X": None, "y": None}, target, ""
    asked = {"X": validation.X, "y": validation.y, "sample_weight": validation.sample_weight}
    if target.needs_groups:
        asked["sensitive_features"] = validation.sensitive_features
    if len(target.terms()) == 1:
        return asked, target, ""
    total = check_weights(validation.sample_weight, count_rows(validation.X)).sum()
    note = f"; terms that are sums over evaluation rows were divided by the evaluation weight, {total:g}"
    return asked, target.normalized(total), note


def guarded(influence: Influence) -> np.ndarray:
    """Predicted gain of rows whose deletion is predicted to improve the target; -inf for the others."""
    return np.where(influence.gain > 0, influence.gain, -np.inf)


def spread_over(n: int, kept: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of the rows `kept` among all n rows, nan elsewhere."""
    everywhere = np.full(n, np.nan)
    everywhere[kept] = values
    return everywhere


def named(influence: Influence, rows: TrainingRows, values: np.ndarray, note: str = "") -> Influence:
    """Values for all training rows, with the names in the index of their DataFrame."""
    names = np.asarray(rows.X.index) if hasattr(rows.X, "iloc") else None
    return influence.with_values(values, names=names, verdict=influence.verdict + note)
