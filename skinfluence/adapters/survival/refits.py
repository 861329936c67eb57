"""Refits of any survival model that is fitted on events and times, as those of scikit-survival are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import _num_samples

from ...losses.risk_scores import RiskScores
from ...models.lifelines_cox import event_times
from ...problems.cox import survival_labels
from ...problems.feasibility import something_left
from ..outputs import FittedOutputs
from ..refits import OutputModel
from ..unwrap import unwrap
from ._family import family

__all__ = ["SurvivalOutputModel", "are_events_and_times", "survival_outputs"]

#: models of scikit-survival whose predictions are log-hazards, besides those that boost the loss of a Cox model
LOG_HAZARDS = {"CoxPHSurvivalAnalysis", "CoxnetSurvivalAnalysis"}


def are_events_and_times(y: Any) -> bool:
    """Whether labels are a structured array, by which survival models are told."""
    return getattr(getattr(y, "dtype", None), "names", None) is not None


@dataclass(frozen=True, eq=False)
class SurvivalOutputModel(OutputModel):
    """A fitted survival model read through its predictions; its deletions are refits as it is."""

    requires_y = False

    # of a LinearSVC inside
    classes = None
    # without comparable rows there are no ranks to learn, for example
    _may_refuse = True

    @property
    def loss_target(self) -> str | None:
        """What "loss" stands for: the partial likelihood of log-hazards."""
        return "partial_likelihood" if self.outputs.loss.log_hazards else None  # type: ignore[attr-defined]

    @property
    def no_answer(self) -> str:
        """Why an answer may be nan."""
        return "without it no event is left, or too few rows for the model"

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Times and events; unknown without y."""
        efron = getattr(self.outputs.final, "ties", None) == "efron"
        if y is None:
            return survival_labels(_num_samples(X), efron=efron)
        event, time = event_times(y)
        return survival_labels(len(time), time=time, event=event, efron=efron)

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether an event of a row with a weight is left without each set: (G,) of bool."""
        event = self.labels(None, self.y)["event"]
        return something_left(np.zeros(self.n_rows, dtype=np.intp), event & (self.weights > 0), sets)

    def _outputs_of(self, fitted):
        return survival_outputs(fitted)


def survival_outputs(fitted: Any) -> FittedOutputs:
    """Predictions of a fitted survival model, larger for earlier events."""
    transformers, final = unwrap(fitted, resampled=True)
    # scikit-survival's own mark of models that predict times, by which its score turns them
    of_times = not getattr(final, "_predict_risk_score", True)
    names = family(final, "sksurv")
    log_hazards = bool(LOG_HAZARDS & set(names)) or (bool(names) and getattr(final, "loss", None) == "coxph")
    return FittedOutputs(RiskScores(of_times, log_hazards), final, tuple(transformers), _times if of_times else _risks)


def _risks(final, X):
    return np.asarray(final.predict(X), dtype=np.float64).reshape(-1, 1)


def _times(final, X):
    return -_risks(final, X)
