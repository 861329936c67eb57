"""A target, a fitted problem and evaluation rows: the value, and the derivative in the parameters.

The chain rule, at one place::

    f(theta) = sum_t c_t f_t(raw(X_t, theta)),   X_t = move_t(X) at the fitted theta, then fixed
    grad f   = sum_t c_t raw_vjp(X_t, d f_t / d raw)
"""

from functools import cache

import numpy as np

from ..exceptions import UnsupportedTargetError
from ._base import not_additive
from .differences import parameter_differences

__all__ = ["require_additive", "target_gradient", "target_row_cotangents", "target_row_values", "target_value"]


def target_value(target, problem, X, rows, theta=None):
    """Value of the target.

    Parameters
    ----------
    target : Target
        The target, sums included.
    problem : Problem
        The fitted model.
    X : ndarray or CSR matrix of shape (m, p), or None
        Evaluation features as the final estimator sees them; None for targets of the parameters alone.
    rows : EvaluationRows or None
        Labels, weights and groups of these rows.
    theta : ndarray of shape (P,) or (P, B), or None
        Parameters at which to evaluate, one or B candidates; None for the fitted ones. Rows that a target
        moves are moved at the fitted parameters, whatever `theta` is.

    Returns
    -------
    float, or ndarray of shape (B,)

    Raises
    ------
    UnsupportedTargetError
        The target is not defined for this model or these rows.

    Notes
    -----
    One product of `X` with the candidates for all terms that do not move the rows, and one for each that
    does.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skinfluence.targets import Parameter
    >>> problem = SimpleNamespace(theta=np.array([3.0, 5.0]), parameter_names=["age", "intercept"])
    >>> target_value(Parameter("age") - 2 * Parameter("intercept"), problem, None, None)
    -7.0
    """
    total = sum(
        coefficient * (_of_theta(term, problem, theta) if term.of_theta else term.value(raw(), rows))
        for coefficient, term, _, raw in _evaluations(target, problem, X, rows, theta)
    )
    return total if np.ndim(total) else float(total)


def _of_theta(term, problem, theta):
    return term.value(problem.theta if theta is None else theta, problem)


def target_gradient(target, problem, X, rows):
    """Gradient of the target in the parameters, at the fitted ones.

    Parameters are those of :func:`target_value`.

    Returns
    -------
    ndarray of shape (P,)

    Raises
    ------
    UnsupportedTargetError
        The target is not defined for this model or these rows.
    UnsupportedQuestionError
        The target has no gradient.

    Notes
    -----
    One product of `X` with the parameters and one transposed; a function without a gradient of its own costs three
    with as many candidates as there are parameters.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skinfluence.targets import Parameter
    >>> problem = SimpleNamespace(theta=np.array([3.0, 5.0]), parameter_names=["age", "intercept"])
    >>> target_gradient(Parameter("age") - 2 * Parameter("intercept"), problem, None, None)
    array([ 1., -2.])
    """
    gradient = np.zeros(len(problem.theta))
    for coefficient, term, moved, raw in _evaluations(target, problem, X, rows):
        if term.of_theta:
            gradient += coefficient * term.gradient(problem.theta, problem)
        elif term.numerical:
            gradient += coefficient * parameter_differences(term, problem, moved, rows)
        else:
            gradient += coefficient * problem.raw_vjp(moved, term.gradient(raw(), rows)[:, :, None])[:, 0]
    return gradient


def target_row_values(target, problem, X, rows, theta=None):
    """Share of each evaluation row in an additive target, (m,) or (m, B); the sum is :func:`target_value`.

    Raises
    ------
    UnsupportedQuestionError
        The target is not a sum over evaluation rows.
    """
    require_additive(target)
    return sum(
        coefficient * term.row_values(raw(), rows)
        for coefficient, term, _, raw in _evaluations(target, problem, X, rows, theta)
    )


def target_row_cotangents(target, problem, X, rows):
    """What to pull back for the effect on each evaluation row of an additive target.

    Returns
    -------
    list of (float, ndarray or CSR matrix, ndarray of shape (m, K))
        For each term its coefficient, the (moved) evaluation features, and in row j the derivative of row j's
        share, weight included, in its own raw predictions. Summed over terms and rows these give
        :func:`target_gradient`.

    Raises
    ------
    UnsupportedQuestionError
        The target is not a sum over evaluation rows.
    """
    require_additive(target)
    return [
        (coefficient, moved, term.gradient(raw(), rows))
        for coefficient, term, moved, raw in _evaluations(target, problem, X, rows)
    ]


def require_additive(target):
    """Refuse questions about single evaluation rows to a target that is no sum over them.

    Raises
    ------
    UnsupportedQuestionError
        Naming aggregate=True.
    """
    for _, term in target.terms():
        if not term.additive:
            raise not_additive(term)


def _evaluations(target, problem, X, rows, theta=None):
    """(coefficient, term, features, raw predictions when called) of each term; unmoved terms share theirs."""
    unmoved = cache(lambda: problem.raw(X, theta))
    for coefficient, term in target.terms():
        if term.of_theta:
            yield coefficient, term, None, None
            continue
        if rows is None:
            raise UnsupportedTargetError(f"the target {term.name!r} is measured on evaluation rows; pass X and y")
        term.check(rows)
        moved = term.move(X, problem, rows)
        yield (
            coefficient,
            term,
            moved,
            unmoved if moved is X else cache(lambda moved=moved: problem.raw(moved, theta)),
        )
