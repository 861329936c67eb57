"""What a fitted model is worth on given rows: the objective, and the score that everyone knows."""

import numpy as np

from ..adapters import adapt
from ..targets import evaluation_rows, target_value
from .models import MODELS

__all__ = ["Judge", "measure", "score_name"]


def measure(objective, estimator, rows):
    """Value of the objective on rows, a mean over the rows where it is a sum.

    Parameters
    ----------
    objective : Target
        What to measure.
    estimator : Pipeline
        Fitted.
    rows : Rows
        Evaluation rows.

    Returns
    -------
    float
    """
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    # the rows stand in for the training rows: only the loss, the classes and the parameters are read
    model = adapt(estimator, rows.X, rows.y)
    judged = evaluation_rows(
        model.problem.loss,
        model.encode(rows.y),
        sensitive_features=rows.groups,
        sample_weight=weight,
        classes=model.classes,
    )
    target = objective.normalized(weight.sum())
    return float(target_value(target, model.problem, model.features(rows.X), judged))


def score_name(model):
    """What ``estimator.score`` is for a model.

    >>> score_name("logistic")
    'accuracy'
    """
    if MODELS[model][1]:
        return "accuracy"
    return "R2" if model in ("ridge", "huber") else "D2"


class Judge:
    """A scikit-learn scorer by the objective, which finds groups and weights by the rows' index.

    Parameters
    ----------
    objective : Target
        With a better direction.
    rows : Rows
        Every row that may be asked about, indexed from 0.
    """

    def __init__(self, objective, rows):
        self.objective = objective
        self.rows = rows

    def __call__(self, estimator, X, y):
        value = measure(self.objective, estimator, self.rows.take(X.index.to_numpy()))
        return value if self.objective.greater_is_better else -value
