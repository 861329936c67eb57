"""How far the predicted class of one row is from every other class."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .._typing import Features
from ..exceptions import UnsupportedQuestionError
from ..targets import EvaluationRows, Question, RawTarget, evaluation_rows, measure

__all__ = ["Margin", "class_margins"]


class Margin(RawTarget):
    """Raw prediction of the predicted class less that of another one: below 0 the class has flipped.

    Parameters
    ----------
    contrast : ndarray of shape (K,)
        Its inner product with the raw predictions is the margin.
    words : str
        Between which classes.
    """

    name, unit, greater_is_better = "margin", "raw prediction", None

    def __init__(self, contrast: np.ndarray, words: str) -> None:
        self.contrast = contrast
        self.words = words

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        return np.tensordot(self.contrast, raw[0], axes=1)

    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return self.contrast[None, :]

    def remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> float:
        """0: linear."""
        return 0.0


def class_margins(attributor: Any, X: Features | None) -> Iterator[Question]:
    """One question for each class that the prediction on a row may flip to.

    Raises
    ------
    UnsupportedQuestionError
        No classifier; other than one row; a class that is not decided by the raw predictions alone.
    """
    model, state = attributor.model_, attributor.preparation_
    classes = model.classes
    if classes is None:
        raise UnsupportedQuestionError("a regressor predicts no class; use what='target' with a threshold")
    if X is None:
        raise UnsupportedQuestionError("what='class' asks about one row: pass it as X, of shape (1, n_features)")
    features = model.features(X)
    if features.shape[0] != 1:
        raise UnsupportedQuestionError(f"what='class' asks about one row, so use X of one row; got {features.shape[0]}")
    raw = state.raw(features)[0]
    own = int(raw[0] > 0) if len(raw) == 1 else int(np.argmax(raw))
    if _decides_otherwise(model) or attributor.estimator_.predict(X)[0] != classes[own]:
        raise UnsupportedQuestionError(
            "this estimator does not predict the class of the largest decision function (it uses another "
            "threshold, or calibrated probabilities); use what='target' with target='class_probability' and that "
            "threshold"
        )
    rows = evaluation_rows(model.loss, np.full(1, own), classes=classes)
    for rival in np.delete(np.arange(len(classes)), own):
        if len(raw) == 1:
            contrast = np.full(1, 1.0 if own else -1.0)
        else:
            contrast = np.eye(len(raw))[own] - np.eye(len(raw))[rival]
        words = f"margin of class {_shown(classes[own])} over {_shown(classes[rival])}"
        yield measure(Margin(contrast, words), features, rows, state)


def _decides_otherwise(model):
    """Whether classes are not those of the largest raw prediction, though they may agree on a row."""
    reporting = model.reporting
    return reporting is not None and (reporting.score is not None or reporting.calibrate is not None)


def _shown(label):
    return repr(label.item() if isinstance(label, np.generic) else label)
