r"""How far a predicted removal can be from the refit: a bound, not an estimate.

At the predicted parameters theta~, let g and H be gradient and Hessian of the objective without the rows, and d the
way to its optimum. Losses whose third derivative along any z is at most max_r |a_r . z| times the second
(``self_concordance`` states the a_r) have a Hessian that changes by at most the factor exp(R norm(d)_H) on the way,
with R = max_ir norm(E_i' a_r)_{H^-1}. Hence with lambda = norm(g)_{H^-1}, s = -H^-1 g the Newton step that remains,
and R lambda < 1,

    norm(d)_H <= delta = -log(1 - R lambda) / R,      norm(d - s)_H <= e = ((exp(R delta) - 1) / (R delta) - 1) delta,

and for every direction v both |v.d| <= norm(v)_{H^-1} delta and |v.d| <= |v.s| + norm(v)_{H^-1} e. The first is Bach,
"Self-concordant analysis for logistic regression", 2010, proposition 2; the second follows from the same integral:
d - s = (H^-1 - Hbar^-1) g with the mean Hessian Hbar along d, between (1 - exp(-r)) / r and (exp(r) - 1) / r times H.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import eigh

__all__ = ["Certificate", "certify", "certify_target"]

_EPS = np.finfo(float).eps
#: roundings of a sum, in units of eps times its size: those of the gradient, the parameters and the target
ROUNDINGS = 16
#: relative allowance for the rounding of the bound itself
SLACK = 1 + 1e-6


@dataclass(frozen=True, eq=False)
class Certificate:
    """Bounds on d = theta_T - theta~, from the predicted parameters to those of the refit.

    Parameters
    ----------
    problem : LinearProblem
        Without the rows, at theta~.
    root : ndarray of shape (P, r)
        W with H^-1 = W W' on the complement of the null directions.
    step : ndarray of shape (P,)
        s.
    distance, remainder : float
        delta and e; infinite where nothing is certain.
    """

    problem: object
    root: np.ndarray
    step: np.ndarray
    distance: float
    remainder: float

    @cached_property
    def _width(self):
        """sqrt of the largest eigenvalue of H^-1."""
        return np.linalg.norm(self.root, 2)

    @cached_property
    def _rounding(self):
        """What rounding of gradient and parameters, here and in a refit, does to the parameters (2-norm)."""
        gradient = np.linalg.norm(self.problem.gradient_scale()) * self._width**2
        return ROUNDINGS * _EPS * (gradient + np.linalg.norm(self.problem.theta))

    @property
    def params_bound(self):
        """Bound on the 2-norm of d."""
        if not np.isfinite(self.distance):
            return np.inf
        near = np.linalg.norm(self.step) + self._width * self.remainder
        return float(SLACK * min(near, self._width * self.distance) + self._rounding)

    def along(self, V):
        """Bounds on |v . d| for the columns of V, (B,) from (P, B)."""
        if not np.isfinite(self.distance):
            return np.full(V.shape[1], np.inf)
        sizes = np.linalg.norm(self.root.T @ V, axis=0)
        near = np.abs(self.step @ V) + sizes * self.remainder
        return SLACK * np.minimum(near, sizes * self.distance) + self._rounding * np.linalg.norm(V, axis=0)


def certify(problem, rows, change):
    """Bounds on the error of a predicted removal.

    Parameters
    ----------
    problem : LinearProblem
        At its optimum, with all rows.
    rows : ndarray of int
        Those that are deleted.
    change : ndarray of shape (P,)
        Predicted change of the parameters.

    Returns
    -------
    Certificate
        Infinite where the loss states no constant, H is singular, R lambda >= 1, or an l1 penalty has an active set
        that the refit may leave.

    Notes
    -----
    Cost n P^2 K for the Hessian and R, about 9 P^3 for its eigenvalues; memory P^2.
    """
    left = problem.without(rows)
    left = left.at(problem.theta + change)
    directions = problem.loss.self_concordance(problem.n_outputs)
    nothing = Certificate(left, np.zeros((problem.n_parameters, 0)), np.zeros_like(change), np.inf, np.inf)
    if directions is None or problem.l1_penalty is not None or not np.isfinite(change).all():
        return nothing
    root = _root(left.curvature())
    if root is None:
        return nothing
    whitened = root.T @ left.gradient()
    size, reach = np.linalg.norm(whitened), _largest_row(left, root, directions)
    distance, remainder = _distances(size, reach)
    return replace(nothing, root=root, step=-root @ whitened, distance=distance, remainder=remainder)


def _distances(size, reach):
    """delta and e; their limits for R = 0, which is a squared loss, are lambda and 0."""
    product = SLACK * size * reach
    if not product < 1:
        return np.inf, np.inf
    if product < 1e-8:
        # -log(1 - x) / x and (exp(r) - 1) / r - 1 to first order, with twice the next term
        distance = size * (1 + product)
        return distance, distance * product
    distance = -np.log1p(-product) / reach
    r = reach * distance
    return distance, (np.expm1(r) / r - 1) * distance


def _root(curvature):
    """W with H^-1 <= W W' on the complement of the declared null directions; None where H may be singular there."""
    values, vectors = eigh(curvature.dense(), check_finite=False)
    # what rounding may have added to an eigenvalue is taken off again
    values = values - len(values) * _EPS * np.abs(values).max()
    n_null = curvature.null_directions.shape[1]
    if not values[n_null] > 0:
        return None
    return vectors[:, n_null:] / np.sqrt(values[n_null:])


def _largest_row(problem, root, directions):
    """R: largest norm(E_i' a_r)_{H^-1} over the rows that stay."""
    present, largest = np.flatnonzero(problem.weights()[:, 0]), 0.0
    if not len(directions):
        return largest
    for block in problem.design.blocks(root.size):
        rows = present[block]
        if len(rows):
            moved = problem.design.with_rows(problem.design.X[rows]).raw(root)
            spread = np.einsum("rk,bkp->brp", directions, moved)
            largest = max(largest, np.linalg.norm(spread, axis=2).max())
    return largest


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
        Infinite also where f does not state how far it is from its tangent.
    """
    if not np.isfinite(certificate.distance):
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
    return float(bound + ROUNDINGS * _EPS * (abs(moved) + abs(before)))


def _remainder(certificate, question):
    """Bound on |f(theta_T) - f(theta~) - grad f(theta~) . d| of one term, row by row."""
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
