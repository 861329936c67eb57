"""Influence of the training rows, by the method that the command line names."""

import numpy as np

from ..attributors import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence

__all__ = ["METHODS", "influence_of"]

METHODS = {
    "rescaled": RescaledInfluence,
    "influence": InfluenceFunctions,
    "newton": NewtonStep,
    "loo": LeaveOneOut,
}


def influence_of(question, method, progress):
    """Fit the model, attribute the objective to its rows.

    Parameters
    ----------
    question : Question
        Rows, model and objective, which is measured on the validation rows, or without them on the training rows.
    method : str
        A key of `METHODS`.
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
        attributor = METHODS[method](question.estimator).fit(rows.X, rows.y, sample_weight=rows.weight)
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
