"""Where the case against a training row comes from, and how strong it is.

Each kind of evidence ranks the rows that are still in play, and measures the target on a model that was
fitted without the others. Trusted rows and parameters are here; evidence from the training rows alone is in
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

__all__ = ["Evidence", "Ranking", "Trusted", "effect", "guarded", "measured", "named", "spread_over"]


@dataclass(frozen=True)
class Ranking:
    """What the evidence says about every training row.

    Parameters
    ----------
    influence : Influence of shape (n,)
        What was computed; nan for rows that are out of play.
    scores : ndarray of shape (n,)
        The larger, the earlier the row goes; ``-inf`` never.
    changes : ndarray of shape (n,)
        Predicted change of the target by deleting the row; nan where scores rank rows and predict nothing.
    value : float
        The target on a model of the rows in play; nan where there is nothing to evaluate it on.
    pursues : bool
        The scores pursue the target as it is measured, so that a worse value is a reason to stop. Not so for rankings,
        nor for attacks: influence holds the moved rows fixed, a measurement moves them anew for each model.
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
    """Everything that scores depend on, and nothing else: the key under which they are cached.

    Parameters
    ----------
    rows : TrainingRows
        All training rows.
    attributor : attributor
        Unfitted, with the surrogate model inside.
    target : Target
        What trimming shall improve.
    validation : ValidationSet or None
        Trusted rows.
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
        """Ranking of the rows at the positions `kept`, by models that know no other."""

    @abstractmethod
    def measure(self, kept: np.ndarray, estimator: Any = None, n_jobs: int | None = None) -> float:
        """The target on a model of the rows `kept`; `estimator` is that model where it exists already."""

    def fit(self, kept: np.ndarray, estimator: Any = None) -> Any:
        """Attributor of a model of the rows `kept`."""
        rows = self.rows.take(kept)
        attributor = clone(self.attributor)
        if estimator is not None:
            attributor.set_params(estimator=estimator)
        # the attributor hands weights to the last step of a Pipeline by name, which routing would refuse
        with sklearn.config_context(enable_metadata_routing=False):
            return attributor.fit(rows.X, rows.y, sample_weight=rows.sample_weight)


class Trusted(Evidence):
    """Rows whose labels are trusted: how does the target on them change when a training row goes?

    Without such rows, a target of the parameters alone.
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
    """Value of a target, each deletion's effect on it, the same for each gap among its terms, whether it moves rows."""

    value: float
    influence: Influence
    gaps: list
    moved: bool

    def changes(self, influence: Influence) -> np.ndarray:
        """The influences where they are changes of the target; nan where they only rank."""
        return influence.values if influence.predicts else np.full(len(influence.values), np.nan)


def measured(attributor: Any, target: Any, validation: ValidationSet | None) -> float:
    """Value of the target for a fitted attributor."""
    asked, target, _ = _question(target, validation)
    return attributor.evaluate(**asked, target=target)


def effect(attributor: Any, target: Any, validation: ValidationSet | None) -> Effect:
    """What a fitted attributor says about the target.

    Raises
    ------
    UnsupportedQuestionError
        The attributor's scores are in a unit of their own, and the target has a gap to be closed.
    """
    asked, target, note = _question(target, validation)
    question = attributor.question(**asked, target=target)
    # "loss" is another target where rows have no loss of their own
    target, influence = question.target, attributor.attribute(question)
    influence = influence.with_values(influence.values, verdict=influence.verdict + note)
    gaps = _gaps(target)
    if gaps and not influence.predicts:
        raise UnsupportedQuestionError(
            f"{influence.method} is in {influence.unit}, from which nobody can tell where the gap closes; "
            "choose attributor=RescaledInfluence() for targets with a gap"
        )
    asked_gaps = [attributor.question(**asked, target=gap) for gap in gaps]
    found = [(attributor.evaluate(gap), attributor.attribute(gap).values) for gap in asked_gaps]
    return Effect(attributor.evaluate(question), influence, found, question.moved)


def _gaps(target):
    """The gaps among the terms of a target that shall become smaller."""
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
    """Predicted gain of rows whose deletion is predicted to improve the target; other rows never go."""
    return np.where(influence.gain > 0, influence.gain, -np.inf)


def spread_over(n: int, kept: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of the rows `kept` among all n rows, nan elsewhere."""
    everywhere = np.full(n, np.nan)
    everywhere[kept] = values
    return everywhere


def named(influence: Influence, rows: TrainingRows, values: np.ndarray, note: str = "") -> Influence:
    """Values for all training rows, called by the index of their DataFrame."""
    names = np.asarray(rows.X.index) if hasattr(rows.X, "iloc") else None
    return influence.with_values(values, names=names, verdict=influence.verdict + note)
