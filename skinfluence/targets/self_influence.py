"""A marker: each training row judged on itself."""

from typing import Any

import numpy as np

from ..exceptions import UnsupportedQuestionError
from .raw import RawTarget
from .rows import EvaluationRows

__all__ = ["SelfInfluence"]


class SelfInfluence(RawTarget):
    """The loss of the deleted row itself, after its deletion minus before: memorisation.

    Every training row is judged on a target of its own, so there are no evaluation rows, and no single scalar
    f: this class only marks the question, which the attributor answers from the training rows with
    ``self_influence()``. The values are at least 0; large ones mark rows that the others do not explain,
    mislabelled ones among them.

    Raises
    ------
    UnsupportedQuestionError
        Whenever it is evaluated on evaluation rows, alone or in a sum.

    Examples
    --------
    >>> SelfInfluence().greater_is_better
    False
    """

    name = "self_influence"
    unit = "the model's loss of the deleted row"
    greater_is_better = False

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        raise self._no_rows()

    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        raise self._no_rows()

    def check(self, rows: EvaluationRows) -> None:
        raise self._no_rows()

    def _no_rows(self):
        return UnsupportedQuestionError(
            "'self_influence' is measured on the training rows themselves and has no value on evaluation rows; ask "
            "the attributor with self_influence(), or attribute(target='self_influence') without X and y"
        )
