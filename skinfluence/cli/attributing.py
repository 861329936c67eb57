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
    judges = question.validation or rows
    with progress.step(f"fitting {question.model} to {len(rows)} rows"):
        # given unfitted, the model is fitted by the attributor, which takes it all the way to its optimum
        attributor = METHODS[method](question.estimator).fit(rows.X, rows.y, sample_weight=rows.weight)
    with progress.step(f"attributing {question.objective.name} on {len(judges)} rows"):
        asked = {
            "target": question.objective,
            "sensitive_features": judges.groups if question.objective.needs_groups else None,
            "sample_weight": judges.weight,
        }
        influence = attributor.attribute(judges.X, judges.y, **asked)
        value = attributor.evaluate(judges.X, judges.y, **asked)
    names = question.table.frame.index.to_numpy()[rows.positions]
    facts = {
        **question.facts(),
        "measured on": "the validation rows"
        if question.validation
        else "the training rows (give --validation for others)",
        f"{question.objective.name}": f"{value:.6g} ({influence.unit})",
        "method": influence.method,
        "checks": influence.verdict,
    }
    return influence.with_values(np.asarray(influence.values), names=names), facts
