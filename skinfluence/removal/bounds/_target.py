"""From a bound on the parameters to one on a target: its tangent at the centre, and how far it bends from there."""

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
    if not np.isfinite(certificate.radius) or question.of_presence:
        return np.inf
    problem = certificate.problem
    moved, before = float(question.value(problem.theta[:, None])[0]), question.value()
    bound, gradient = abs(moved - before - target_change), np.zeros(problem.n_parameters)
    for coefficient, term in question.target.terms():
        remainder, slope = (_of_parameters if term.of_theta else _of_rows)(term, certificate, question)
        # where nothing is known there need not be a gradient either
        if not np.isfinite(remainder):
            return np.inf
        bound, gradient = bound + abs(coefficient) * remainder, gradient + coefficient * slope()
    bound += certificate.along(gradient[:, None])[0]
    return float(bound + ROUNDING * (abs(moved) + abs(before)))


def _of_parameters(term, certificate, question):
    """Bound on |f(theta' + v) - f(theta') - grad f(theta') . v|, and the gradient when called."""
    problem = certificate.problem
    return term.remainder(None, None, None), lambda: term.gradient(problem.theta, problem)


def _of_rows(term, certificate, question):
    """The same of a function of raw predictions, on rows that it moves at the fitted parameters, if it moves them."""
    problem, rows = certificate.problem, question.rows
    X = term.move(question.features, question.problem, rows)
    if not problem.has_row_hessians and X.shape[1] != problem.n_parameters:
        # more than covariates: raw predictions that are not linear in the parameters
        return np.inf, None
    raw, radius = problem.raw(X), []
    for block in _blocks(problem, X):
        basis = problem.raw_basis(X[block])
        radius.append(certificate.along(basis.reshape(len(basis), -1)).reshape(basis.shape[1:]))
    with np.errstate(all="ignore"):
        remainder = term.remainder(raw, rows, np.concatenate(radius))
    return remainder, lambda: problem.raw_vjp(X, term.gradient(raw, rows)[:, :, None])[:, 0]


def _blocks(problem, X):
    if not problem.has_row_hessians:
        return [slice(None)]
    return problem.design.with_rows(X).blocks(problem.n_parameters * problem.n_outputs)
