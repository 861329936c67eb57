"""What survival models predict that have no loss of single rows: risk scores, or times."""

import numpy as np

from ..exceptions import UnsupportedTargetError
from ._base import Loss

__all__ = ["RiskScores"]


class RiskScores(Loss):
    """Raw predictions that are larger for rows with earlier events, of which there is no loss row by row.

    Parameters
    ----------
    of_times : bool
        The model predicts times: minus the raw predictions.
    log_hazards : bool
        The raw predictions are log-hazards of a proportional hazards model.

    Examples
    --------
    >>> RiskScores(of_times=True).predict(np.array([[-3.0]]))
    array([[3.]])
    """

    name = "none"

    def __init__(self, of_times: bool = False, log_hazards: bool = False) -> None:
        self.of_times = of_times
        self.log_hazards = log_hazards

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Refused, as its derivatives are."""
        raise UnsupportedTargetError(
            "the rows of this survival model have no loss of their own; use target='prediction' for what predict "
            "returns, or 'concordance'"
        )

    gradient = hessian = value

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """What the model predicts."""
        return -raw if self.of_times else raw

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Pull a gradient on it back to the raw predictions."""
        return -cotangent if self.of_times else cotangent
