"""Targets that are a weighted sum of one number for each evaluation row."""

from abc import abstractmethod
from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from ..losses import BinaryLogLoss, MultinomialLogLoss
from ._base import Target
from .raw import RawTarget
from .rows import EvaluationRows

__all__ = ["ClassProbability", "LogLoss", "Loss", "Margin", "PointwiseTarget", "Prediction"]


class PointwiseTarget(RawTarget):
    """f = sum_j w_j t(raw_j, y_j): a subclass states t and its derivative, without weights.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import evaluation_rows
    >>> class RawSquared(PointwiseTarget):
    ...     name, unit, greater_is_better = "raw_squared", "raw squared", None
    ...     def each(self, raw, rows):
    ...         return raw[:, 0] ** 2
    ...     def each_gradient(self, raw, rows):
    ...         return 2 * raw
    >>> rows = evaluation_rows(HalfSquaredError(), [0.0, 0.0], sample_weight=[1, 2])
    >>> float(RawSquared().value(np.array([[1.0], [3.0]]), rows))
    19.0
    """

    @abstractmethod
    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """t of each row, without weights, (m, *candidates)."""

    @abstractmethod
    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """Derivative of t in the raw predictions of its row, (m, K); raw is (m, K)."""

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        """Bound on how far t of each row is from its tangent, (m,), for raw predictions within a radius (m, K)."""
        return np.full(len(rows), np.inf)

    def remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> float:
        counts = rows.sample_weight > 0
        return float(rows.sample_weight[counts] @ self.each_remainder(raw, rows, radius)[counts])

    def row_values(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """Share of each evaluation row, (m, *candidates); their sum is :meth:`value`."""
        self.check(rows)
        return rows.weigh(self.each(raw, rows))

    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        """Sum over the evaluation rows, (*candidates,)."""
        return self.row_values(raw, rows).sum(axis=0)

    def gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        """Derivative of f in the raw predictions, (m, K), at one candidate: raw is (m, K)."""
        self.check(rows)
        return rows.weigh(self.each_gradient(raw, rows))

    def normalized(self, total_weight: float) -> Target:
        return (1 / total_weight) * self  # type: ignore[return-value]


class LossOfRow:
    """The model's loss as the number of each row, for targets that sum or compare it."""

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return rows.loss.value(raw, rows.y)

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return rows.loss.gradient(raw, rows.y)

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        return rows.loss.remainder(raw, rows.y, radius)


class Loss(LossOfRow, PointwiseTarget):
    """The model's own loss, as a weighted sum over the evaluation rows; less is better.

    Log-loss for logistic models, half the squared error for least squares and ridge, half the Poisson
    deviance (up to a term in y alone) for Poisson models. No penalty and no class weights.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(HalfSquaredError(), [1.0, 1.0], sample_weight=[1.0, 3.0])
    >>> float(Loss().value(np.array([[3.0], [1.0]]), rows))
    2.0
    """

    name = "loss"
    unit = "weighted sum of the model's loss"
    greater_is_better = False


class LogLoss(PointwiseTarget):
    """-log P(own class), as a weighted sum over the evaluation rows, in nats; less is better.

    Equal to :class:`Loss` for logistic models; for other classifiers with probabilities, such as
    exponential-loss boosting or a calibrated one, it differs from the loss that they minimise.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [1], classes=["no", "yes"])
    >>> bool(LogLoss().value(np.zeros((1, 1)), rows) == np.log(2))
    True
    """

    name = "log_loss"
    unit = "nats"
    greater_is_better = False

    def check(self, rows: EvaluationRows) -> None:
        require_probabilities(self, rows)

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        if _minimises_log_loss(rows):
            return rows.loss.value(raw, rows.y)
        return -np.log(_own(_clipped(raw, rows), rows))

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        if _minimises_log_loss(rows):
            return rows.loss.gradient(raw, rows.y)
        own = _own_columns(rows, len(rows.classes))
        return rows.predict_vjp(raw, -own / _clipped(raw, rows))

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        if _minimises_log_loss(rows):
            return rows.loss.remainder(raw, rows.y, radius)
        return super().each_remainder(raw, rows, radius)


class ClassProbability(PointwiseTarget):
    """P(own class), as a weighted sum over the evaluation rows; more is better.

    The probability of the class that the row really has, for two classes too.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [0], classes=["no", "yes"])
    >>> float(ClassProbability().value(np.full((1, 1), -np.log(3)), rows))
    0.75
    """

    name = "class_probability"
    unit = "weighted sum of probabilities"
    greater_is_better = True

    def check(self, rows: EvaluationRows) -> None:
        require_probabilities(self, rows)

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return _own(rows.predict(raw), rows)

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return rows.predict_vjp(raw, _own_columns(rows, len(rows.classes)))

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        return _own(rows.predict_remainder(raw, radius), rows)


class Prediction(PointwiseTarget):
    """What a regressor predicts, as a weighted sum over the evaluation rows and over its outputs.

    In the unit of y: the mean count for a Poisson regressor, not its logarithm. Of a refitted survival model it is what
    ``predict`` returns, a risk score or a time. No direction is the better one.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import HalfPoissonLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> float(Prediction().value(np.log([[2.0], [3.0]]), evaluation_rows(HalfPoissonLoss(), [1, 1])))
    5.0
    """

    name = "prediction"
    unit = "weighted sum of predictions, in the unit of predict"
    greater_is_better = None

    def check(self, rows: EvaluationRows) -> None:
        if rows.classes is not None:
            raise UnsupportedTargetError(
                "the target 'prediction' is for regressors, but the model is a classifier; use "
                "'class_probability', or 'margin' where there are no probabilities"
            )

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        return rows.predict_remainder(raw, radius).sum(axis=1)

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return rows.predict(raw).sum(axis=1)

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return rows.predict_vjp(raw, np.ones_like(raw))


class Margin(PointwiseTarget):
    """``decision_function`` of a classifier, as a weighted sum over the evaluation rows.

    Two classes: its value, positive for ``classes_[1]`` whatever class the row has. More: the column of the
    row's own class.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import MultinomialLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(MultinomialLogLoss(), [2, 0], classes=["a", "b", "c"])
    >>> float(Margin().value(np.array([[0.0, 1.0, 5.0], [2.0, 3.0, 4.0]]), rows))
    7.0
    """

    name = "margin"
    unit = "weighted sum of decision values"
    greater_is_better = None

    def check(self, rows: EvaluationRows) -> None:
        if rows.classes is None:
            raise UnsupportedTargetError(
                "the target 'margin' is the decision function of a classifier, but the model is a "
                "regressor; use 'prediction'"
            )

    def each_remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> np.ndarray:
        return np.zeros(len(rows))

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return raw[:, 0] if raw.shape[1] == 1 else _own(raw, rows)

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return np.ones_like(raw) if raw.shape[1] == 1 else _own_columns(rows, raw.shape[1])


def require_probabilities(target: Target, rows: EvaluationRows) -> None:
    """Refuse models that report no class probabilities, naming what to use instead."""
    if rows.has_probabilities:
        return
    if rows.classes is None:
        got, instead = "the model is a regressor", "use 'loss' or 'prediction'"
    else:
        got, instead = (
            "the classifier reports none",
            "use 'loss' or 'margin', or a classifier with predict_proba",
        )
    raise UnsupportedTargetError(f"the target {target.name!r} needs class probabilities, but {got}; {instead}")


def _minimises_log_loss(rows):
    return isinstance(rows.loss, BinaryLogLoss | MultinomialLogLoss) and not rows.calibrated


def _clipped(raw, rows):
    """Class probabilities with finite logarithms."""
    float64 = np.finfo(np.float64)
    # one that underflows counts as the smallest normal number, one that a calibration calls 0 as scikit-learn's
    # log_loss counts it
    return np.maximum(rows.predict(raw), float64.eps if rows.calibrated else float64.tiny)


def _own(values, rows):
    """Column of each row's own class, (m, *candidates) of (m, n_classes, *candidates)."""
    return values[np.arange(len(rows)), rows.codes]


def _own_columns(rows, n_columns):
    """One-hot own classes, (m, n_columns)."""
    return np.eye(n_columns)[rows.codes]
