"""A function of the user's own as a target."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from ..exceptions import UnsupportedTargetError
from .candidates import OneByOne
from .differences import parameter_differences
from .rows import EvaluationRows

__all__ = ["FunctionTarget"]


class FunctionTarget(OneByOne):
    """f = function(raw, y, sample_weight), with its gradient or without.

    Parameters
    ----------
    function : callable
        ``function(raw, y, sample_weight) -> float``: raw predictions (m, K) of the evaluation rows, their labels as
        the model knows them (classes, or numbers) and their weights (m,), ones when none were given.
    raw_gradient : callable or None
        ``raw_gradient(raw, y, sample_weight) -> (m, K)``, the derivative of f in the raw predictions. None takes
        central differences in the parameters: 3 P evaluations of raw predictions and 2 P calls of `function` a
        question.
    name : str
        What f is called in results.
    unit : str
        Unit of its value.
    greater_is_better : bool or None
        None when f has no better direction.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a `function` that is not callable, or does not return one finite number; a `raw_gradient` of
        another shape; without a `raw_gradient`, a function that does not change under small changes of the parameters.

    Notes
    -----
    One call of `function` for each candidate with ``evaluation="moved"``. Raw predictions are decision values, log
    odds for logistic models; ``scipy.special.expit`` and ``softmax`` make probabilities.

    Examples
    --------
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import evaluation_rows
    >>> worst = FunctionTarget(lambda raw, y, sample_weight: abs(raw[:, 0] - y).max(), name="largest error")
    >>> float(worst.value(np.array([[1.0], [5.0]]), evaluation_rows(HalfSquaredError(), [0.0, 2.0])))
    3.0
    """

    def __init__(
        self,
        function: Callable[..., Any],
        raw_gradient: Callable[..., Any] | None = None,
        *,
        name: str = "function",
        unit: str = "value of the function",
        greater_is_better: bool | None = None,
    ) -> None:
        self.function = function
        self.raw_gradient = raw_gradient
        self.name = name
        self.unit = unit
        self.greater_is_better = greater_is_better

    def check(self, rows: EvaluationRows) -> None:
        if not callable(self.function) or not (self.raw_gradient is None or callable(self.raw_gradient)):
            raise UnsupportedTargetError(
                f"FunctionTarget needs callables, got function={self.function!r} and "
                f"raw_gradient={self.raw_gradient!r}; pass function(raw, y, sample_weight) -> float, and "
                "raw_gradient(raw, y, sample_weight) -> array like raw, or None"
            )
        if self.greater_is_better not in (True, False, None):
            raise UnsupportedTargetError(
                f"greater_is_better of FunctionTarget must be True, False or None, got {self.greater_is_better!r}"
            )

    def at(self, raw: np.ndarray, rows: EvaluationRows) -> float:
        return self.function(raw, rows.labels, rows.sample_weight)

    def theta_gradient(self, state: Any, features: Any, rows: EvaluationRows) -> np.ndarray:
        """Derivative in the parameters of a state by central differences, (P,)."""
        return parameter_differences(self, state, features, rows)

    @available_if(lambda self: self.raw_gradient is not None)
    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """Derivative of f in the raw predictions, (m, K), where `raw_gradient` states it."""
        self.check(rows)
        gradient = np.asarray(self.raw_gradient(raw, rows.labels, rows.sample_weight), dtype=np.float64)
        if gradient.shape != raw.shape:
            raise UnsupportedTargetError(
                f"raw_gradient of target {self.name!r} returned shape {gradient.shape}; return {raw.shape}, one number "
                "for each evaluation row and output"
            )
        return gradient
