"""From a bound on the parameters to one on a target: its tangent at the centre, and how far it bends from there."""

from typing import Any

import numpy as np

from ...problems import LinearProblem
from ...structures import Parameters
from ...targets import Question, ThetaTarget
from ..slopes import depends_on_rows
from ._ball import RELATIVE_ROUNDING, Certificate

__all__ = ["certify_target"]


def certify_target(certificate: Certificate, question: Question, target_change: float, problem: Any) -> float:
    """Bound on the error of a predicted change of a target.

    Parameters
    ----------
    certificate : Certificate
        Of the parameters.
    question : Question
        f.
    target_change : float
        Predicted f after the removal, minus before.
    problem : Problem
        With all rows, at its optimum.

    Returns
    -------
    float
        |f(theta') - f - predicted| + bound on |grad f(theta') . v| + bound on what f bends; infinite also where f does
        not state how far it is from its tangent.
    """
    if not np.isfinite(certificate.radius) or depends_on_rows(question, problem):
        return np.inf
    centre = certificate.problem
    state = Parameters(centre, centre.theta)
    moved, before = question.value(state), question.value(Parameters(problem, problem.theta))
    bound, gradient = abs(moved - before - target_change), np.zeros(centre.n_parameters)
    for part in question.parts:
        bends = _of_parameters if isinstance(part.term, ThetaTarget) else _of_rows
        remainder, slope = bends(part, certificate, question.rows)
        # where nothing is known there need not be a gradient either
        if not np.isfinite(remainder):
            return np.inf
        bound, gradient = bound + abs(part.coefficient) * remainder, gradient + part.coefficient * slope()
    bound += certificate.along(gradient[:, None])[0]
    return float(bound + RELATIVE_ROUNDING * (abs(moved) + abs(before)))


def _of_parameters(part, certificate, rows):
    """Bound on |f(theta' + v) - f(theta') - grad f(theta') . v|, and the gradient when called."""
    state = Parameters(certificate.problem, certificate.problem.theta)
    return part.term.remainder(), lambda: certificate.problem.slope_in_theta(part.term.gradient(state))


def _of_rows(part, certificate, rows):
    """The same of a function of raw predictions."""
    problem, X = certificate.problem, part.features
    if not isinstance(problem, LinearProblem) and X.shape[1] != problem.n_parameters:
        # more than covariates: raw predictions that are not linear in the parameters
        return np.inf, None
    raw, radius = problem.raw(X), []
    for block in _blocks(problem, X):
        basis = problem.raw_basis(X[block])
        radius.append(certificate.along(basis.reshape(len(basis), -1)).reshape(basis.shape[1:]))
    with np.errstate(all="ignore"):
        remainder = part.term.remainder(raw, rows, np.concatenate(radius))
    return remainder, lambda: problem.raw_vjp(X, part.term.gradient(raw, rows)[:, :, None])[:, 0]


def _blocks(problem, X):
    if not isinstance(problem, LinearProblem):
        return [slice(None)]
    return problem.design.with_rows(X).blocks(problem.n_parameters * problem.n_outputs)
