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
        What is asked; the objective is measured on its validation rows, or on the training rows where there are none.
    method : str
        A key of `METHODS`.
    progress : Progress
        Two steps.

    Returns
    -------
    Influence
    facts : dict
        What to tell the user.
    """
    rows = question.training
    with progress.step(f"fitting {question.model} to {len(rows)} rows"):
        # given unfitted, the model is fitted by the attributor, which takes it all the way to its optimum
        attributor = METHODS[method](question.estimator).fit(rows.X, rows.y, sample_weight=rows.weight)
    with progress.step(f"attributing {question.objective.name}"):
        influence, measured = _ask(attributor, question)
    facts = {**question.facts(), **measured, "method": influence.method, "checks": influence.verdict}
    names = question.table.frame.index.to_numpy()[rows.positions]
    return influence.with_values(np.asarray(influence.values), names=names), facts


def _ask(attributor, question):
    """The influence, and what is known of the objective itself."""
    if question.objective.name == "self_influence":
        return attributor.self_influence(), {"measured on": "each training row itself"}
    judges = question.validation or question.training
    asked = {
        "target": question.objective,
        "sensitive_features": judges.groups if question.objective.needs_groups else None,
        "sample_weight": judges.weight,
    }
    influence = attributor.attribute(judges.X, judges.y, **asked)
    value = attributor.evaluate(judges.X, judges.y, **asked)
    where = "validation rows" if question.validation else "training rows (give --validation for others)"
    return influence, {
        "measured on": f"the {len(judges)} {where}",
        question.objective.name: f"{value:.6g} ({influence.unit})",
    }
