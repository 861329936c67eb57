"""Any scikit-learn scorer as a target."""

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils.metaestimators import available_if

from .._compat import takes_sample_weight
from ..exceptions import UnsupportedTargetError
from ..losses.reporting import decision_values
from .candidates import OneByOne
from .rows import EvaluationRows

__all__ = ["Scorer"]


class Scorer(OneByOne):
    """A scikit-learn scorer, such as accuracy, ROC AUC, average precision or R^2; more is better.

    The scorer is called on a stand-in whose predictions are made from raw predictions: ``decision_function``,
    ``predict_proba`` where the model has probabilities, and ``predict`` (the class of the largest decision value
    or probability; for regressors the response). The evaluation weights go to scorers that take
    ``sample_weight``.

    Most scorers are step functions of the parameters and have no gradient: ask with ``evaluation="moved"``.
    Single deletions then often change nothing at all; for a ranking use 'loss', and scorers to measure what a
    larger deletion did.

    Parameters
    ----------
    scoring : str or callable
        A name (``sklearn.metrics.get_scorer_names()``), a scorer of ``make_scorer``, or any callable with the
        signature ``(estimator, X, y)``, which must use X for predictions only: it is given raw predictions in
        its place.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: an unknown name; a scorer that is not defined for the model or the rows (its own error is
        attached), or that takes no weights where they are not all equal; a score that is not finite.
    UnsupportedQuestionError
        For its gradient.

    Notes
    -----
    One call of the scorer for each candidate: n calls for all training rows, of about a millisecond each.

    Examples
    --------
    >>> from skinfluence.losses import BinaryLogLoss
    >>> from skinfluence.targets import evaluation_rows
    >>> rows = evaluation_rows(BinaryLogLoss(), [0, 1, 1, 1], classes=["no", "yes"])
    >>> float(Scorer("accuracy").value(np.array([[-1.0], [2.0], [-3.0], [4.0]]), rows))
    0.75
    """

    unit = "score"
    greater_is_better = True

    def __init__(self, scoring: str | Callable[..., float]) -> None:
        self.scoring = scoring

    @property
    def name(self) -> str:
        """The scorer's name, or its representation."""
        return self.scoring if isinstance(self.scoring, str) else repr(self.scoring)

    def check(self, rows: EvaluationRows) -> None:
        weight = rows.sample_weight
        if not takes_sample_weight(self._scorer()) and np.ptp(weight):
            raise UnsupportedTargetError(
                f"the scorer {self.name!r} takes no sample_weight, but the evaluation rows have different weights; "
                "leave sample_weight out, or use another scorer"
            )

    def at(self, raw: np.ndarray, rows: EvaluationRows) -> float:
        scorer = self._scorer()
        weights = {"sample_weight": rows.sample_weight} if takes_sample_weight(scorer) else {}
        try:
            return scorer(_stand_in(rows), raw, rows.labels, **weights)
        except (ValueError, TypeError, AttributeError) as error:
            raise UnsupportedTargetError(
                f"the scorer {self.name!r} is not defined for this model on these evaluation rows ({error}); use a "
                "scorer that is, or 'loss'"
            ) from error

    def _scorer(self):
        if isinstance(self.scoring, str) and self.scoring not in get_scorer_names():
            raise self._no_scorer("no such name")
        if not isinstance(self.scoring, str) and not callable(self.scoring):
            raise self._no_scorer(f"but of type {type(self.scoring).__name__}")
        try:
            return check_scoring(None, self.scoring)
        except ValueError as error:  # a metric of scikit-learn in the place of a scorer
            raise self._no_scorer(error) from error

    def _no_scorer(self, reason):
        return UnsupportedTargetError(
            f"scoring={self.scoring!r} of Scorer is not a scorer ({reason}); give one of "
            "sklearn.metrics.get_scorer_names(), the result of make_scorer, or a callable (estimator, X, y)"
        )


class _Regressor(RegressorMixin, BaseEstimator):
    """A regressor whose features are its raw predictions."""

    def __init__(self, rows: EvaluationRows) -> None:
        self.rows = rows

    def predict(self, raw: np.ndarray) -> np.ndarray:
        predictions = self.rows.predict(raw)
        return predictions.ravel() if predictions.shape[1] == 1 else predictions


class _Classifier(ClassifierMixin, BaseEstimator):
    """A classifier whose features are its raw predictions."""

    def __init__(self, rows: EvaluationRows) -> None:
        self.rows = rows
        self.classes_ = rows.classes

    @available_if(lambda self: not self.rows.calibrated)
    def decision_function(self, raw: np.ndarray) -> np.ndarray:
        return decision_values(raw)

    @available_if(lambda self: self.rows.has_probabilities)
    def predict_proba(self, raw: np.ndarray) -> np.ndarray:
        return self.rows.predict(raw)

    def predict(self, raw: np.ndarray) -> np.ndarray:
        reporting = self.rows.reporting
        if reporting is not None and reporting.score is not None:
            return self.classes_[reporting.decide(raw)]
        if self.rows.calibrated:
            return self.classes_[self.predict_proba(raw).argmax(axis=1)]
        decision = self.decision_function(raw)
        return self.classes_[(decision > 0).astype(int) if decision.ndim == 1 else decision.argmax(axis=1)]


def _stand_in(rows):
    return _Regressor(rows) if rows.classes is None else _Classifier(rows)
