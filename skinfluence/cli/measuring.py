"""Value of the objective, and the usual score, of a fitted model on given rows."""

import numpy as np

from ..adapters import adapt, output_model, supports
from ..attributors import RescaledInfluence
from ..structures import Parameters
from ..targets import ask
from .models import MODELS

__all__ = ["ObjectiveScorer", "measure", "score_name"]


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
    model, state = _read(estimator, rows)
    target = objective.normalized(weight.sum())
    question = ask(model, target, rows.X, rows.y, at=state, sensitive_features=rows.groups, sample_weight=weight)
    return question.value(state)


def _read(estimator, rows):
    """A fitted model and its state; any rows do as training rows here, for none of them is looked at."""
    if not supports(estimator, RescaledInfluence)[0]:
        model = output_model(estimator, rows.X, rows.y, None)
        return model, model
    model = adapt(estimator, rows.X, rows.y)
    return model, Parameters(model.problem, model.problem.theta)


def score_name(model):
    """What ``estimator.score`` is for a model.

    >>> score_name("logistic")
    'accuracy'
    """
    if MODELS[model][1]:
        return "accuracy"
    return "D2" if model in ("poisson", "gamma", "tweedie") else "R2"


class ObjectiveScorer:
    """A scikit-learn scorer by the objective, which looks up groups and weights by the index of the rows.

    Parameters
    ----------
    objective : Target
        With a better direction.
    rows : Rows
        All rows that may be scored, indexed from 0.
    """

    def __init__(self, objective, rows):
        self.objective = objective
        self.rows = rows

    def __call__(self, estimator, X, y):
        value = measure(self.objective, estimator, self.rows.take(X.index.to_numpy()))
        return value if self.objective.greater_is_better else -value
