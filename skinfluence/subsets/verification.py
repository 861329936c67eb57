"""A quantity of the user's estimator refitted without some rows, as a whole and at its own settings."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from ..adapters import adapt, fit_estimator, output_model, whole_estimator
from ..exceptions import UnsupportedQuestionError
from ..rows import indexable
from ..structures import Parameters
from ..targets import Question, measure

__all__ = ["Verification", "value_after"]


class Verification:
    """Refits of the estimator that an attributor explains.

    Preprocessing is refitted, too, unless it is frozen, or its rows are not known: those of models that are fitted on
    no `y`, and data above 256 MiB, of which no copy is kept.

    Parameters
    ----------
    attributor : attributor
        Fitted.
    quantity : callable or None
        The quantity at a refitted model; None where it is not known.
    held_fixed : callable
        The quantity without some rows, preprocessing held fixed.
    """

    def __init__(
        self, attributor: Any, quantity: Callable[[Any], float] | None, held_fixed: Callable[[np.ndarray], float]
    ) -> None:
        self.attributor, self.quantity, self.held_fixed, self.n_refits = attributor, quantity, held_fixed, 0
        given, model = attributor.training_data_, attributor.model_
        known = quantity is not None and given is not None and given.y is not None
        # the labels of a TransformedTargetRegressor are those that its fitted transformer makes
        known = known and not getattr(model, "label_maps", ())
        # means over seeds are compared with means over seeds, and refits of the whole with these
        self.refits_whole = attributor.reads is None and attributor.refits_whole
        known = known and not self.refits_whole and getattr(attributor, "n_repeats", None) is None
        self.estimator = whole_estimator(attributor.estimator_) if known else None

    @property
    def words(self) -> str:
        """What the refits are."""
        if self.refits_whole:
            return "a refit of the whole estimator"
        if not getattr(self.attributor.model_, "transformers", ()):
            return "a refit"
        return "a refit of the whole Pipeline" if self.estimator else "a refit with preprocessing held fixed"

    @property
    def refits_preprocessing(self) -> bool:
        """Whether the features of the rows that stay change, too."""
        frozen = self.estimator is None or not getattr(self.attributor.model_, "transformers", ())
        return self.refits_whole or not frozen

    def without(self, rows: np.ndarray) -> float:
        """The quantity without some rows; nan where there is no such model."""
        self.n_refits += 1
        if self.estimator is None or self.quantity is None:
            return self.held_fixed(rows)
        keep = np.setdiff1d(np.arange(self.attributor.model_.n_rows), rows)
        data = [
            None if each is None else _safe_indexing(indexable(each), keep) for each in self.attributor.training_data_
        ]
        classes = self.attributor.model_.classes
        if classes is not None and len(np.unique(data[1])) < len(classes):
            return float("nan")
        read = output_model if self.attributor.reads is None else adapt
        try:
            return self.quantity(read(fit_estimator(self.estimator, *data), *data))
        except (ValueError, UnsupportedQuestionError):
            # too few rows for a step, a level of the evaluation row or a coefficient that is gone with them
            return float("nan")


def value_after(question: Question, X: Any) -> Callable[[Any], float]:
    """f of a question at a refitted model, whose preprocessing makes its own features of the raw rows X."""

    def value(model):
        if model.problem is None:
            state = getattr(model, "structure", model.outputs)
        else:
            state = Parameters(model.problem, model.problem.theta)
        if question.features is None:
            return measure(question.target, None, None, state).value(state)
        # calibrated anew, too
        rows = replace(question.rows, reporting=model.reporting)
        return measure(question.target, model.features(X), rows, state).value(state)

    return value
