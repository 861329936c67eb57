"""From a bound on the parameters to one on a target: its tangent at the centre, and how far it bends from there."""

from dataclasses import replace

import numpy as np

from ._ball import ROUNDING

__all__ = ["certify_target"]


def certify_target(certificate, question, target_change):
    """Bound on the error of a predicted change of a target.

    Parameters
    ----------
    certificate : Certificate
        Of the parameters.
    question : Question
        f.
    target_change : float
        Predicted f after the removal, minus before.

    Returns
    -------
    float
        |f(theta') - f - predicted| + bound on |grad f(theta') . v| + bound on what f bends; infinite also where f does
        not state how far it is from its tangent.
    """
    if not np.isfinite(certificate.radius):
        return np.inf
    problem = certificate.problem
    moved, before = float(question.value(problem.theta[:, None])[0]), question.value()
    bound, gradient = abs(moved - before - target_change), np.zeros(problem.n_parameters)
    for coefficient, term in question.target.terms():
        part = replace(question, target=term, problem=problem)
        bound += abs(coefficient) * _remainder(certificate, part)
        # an infinite remainder of a row without weight is no number
        if not np.isfinite(bound):
            return np.inf
        gradient += coefficient * part.gradient
    bound += certificate.along(gradient[:, None])[0]
    return float(bound + ROUNDING * (abs(moved) + abs(before)))


def _remainder(certificate, question):
    """Bound on |f(theta' + v) - f(theta') - grad f(theta') . v| of one term, row by row."""
    term, problem, X = question.target, question.problem, question.features
    if term.of_theta:
        return term.remainder(None, None, None)
    if term.moves:
        return np.inf
    radius = []
    for block in problem.design.with_rows(X).blocks(problem.n_parameters * problem.n_outputs):
        basis = problem.raw_basis(X[block])
        radius.append(certificate.along(basis.reshape(len(basis), -1)).reshape(basis.shape[1:]))
    return term.remainder(problem.raw(X), question.rows, np.concatenate(radius))
