"""Influence of the training rows, by the method that the command line names."""

import numpy as np

from ..adapters import supports
from ..attributors import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence
from .models import MODELS

__all__ = ["EXACT_ONLY", "METHODS", "influence_of", "method_for"]

METHODS = {
    "rescaled": RescaledInfluence,
    "influence": InfluenceFunctions,
    "newton": NewtonStep,
    "loo": LeaveOneOut,
}


def method_for(estimator, name):
    """The method of that name; of "auto" the rescaled one, or exact leave-one-out for models that it cannot take.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> method_for(Ridge(), "auto").__name__, method_for(KNeighborsRegressor(), "auto").__name__
    ('RescaledInfluence', 'LeaveOneOut')
    """
    if name != "auto":
        return METHODS[name]
    return RescaledInfluence if supports(estimator, RescaledInfluence)[0] else LeaveOneOut


#: names of the models that "auto" answers by exact leave-one-out
EXACT_ONLY = [name for name, (estimator, *_) in MODELS.items() if method_for(estimator, "auto") is LeaveOneOut]


def influence_of(question, method, progress):
    """Fit the model, attribute the objective to its rows.

    Parameters
    ----------
    question : Question
        Rows, model and objective, which is measured on the validation rows, or without them on the training rows.
    method : str
        A key of `METHODS`, or "auto".
    progress : Progress
        Two steps.

    Returns
    -------
    Influence
    facts : dict
        Lines of the summary.
    """
    rows = question.training
    with progress.step(f"fitting {question.model} to {len(rows)} rows"):
        # given unfitted, the model is fitted by the attributor, which takes it all the way to its optimum
        chosen = method_for(question.estimator, method)
        attributor = chosen(question.estimator).fit(rows.X, rows.y, sample_weight=rows.weight)
    with progress.step(f"attributing {question.objective.name}"):
        influence, measured = _attribute(attributor, question)
    facts = {**question.facts(), **measured, "method": influence.method, "checks": influence.verdict}
    names = question.table.frame.index.to_numpy()[rows.positions]
    return influence.with_values(np.asarray(influence.values), names=names), facts


def _attribute(attributor, question):
    """The influence, and the value of the objective."""
    if question.objective.name == "self_influence":
        return attributor.self_influence(), {"measured on": "each training row itself"}
    rows_to_measure = question.validation or question.training
    arguments = {
        "target": question.objective,
        "sensitive_features": rows_to_measure.groups if question.objective.needs_groups else None,
        "sample_weight": rows_to_measure.weight,
    }
    influence = attributor.attribute(rows_to_measure.X, rows_to_measure.y, **arguments)
    value = attributor.evaluate(rows_to_measure.X, rows_to_measure.y, **arguments)
    where = (
        "validation rows"
        if question.validation
        else "training rows, which the model was fitted to (give --validation for others)"
    )
    return influence, {
        "measured on": f"the {len(rows_to_measure)} {where}",
        question.objective.name: f"{value:.6g} ({influence.unit})",
    }
