r"""A ball around the predicted parameters that cannot but hold those of the refit.

F is the objective without the rows, convex, H its Hessian at the predicted parameters theta~, norm(v)_H^2 = v'Hv, and
theta' any point: here where chord steps with H lead to, and where those end too far from the refit, the same once more
with the H of their end. With g the gradient at theta', for every v

    grad F(theta' + v) . v = g . v + v' Hbar v,      Hbar = mean Hessian on the way from theta' to theta' + v.

Loss i keeps at least the part q_i of its Hessian on the way (``Loss.hessian_floor``), as far as norm(v)_H <= delta lets
its raw predictions move: norm(E_i)_{H^-1} delta. A row has at most its leverage h_i of v'Hv, all rows together at most
all of it. So v' Hbar v >= (1 - f) v'Hv, where f is the mean of 1 - q_i over the rows that lose most, up to a total
leverage of 1, and

    lambda = norm(g)_{H^-1} < (1 - f(delta)) delta

makes F rise on the whole sphere norm(v)_H = delta. A convex F has its minimum inside, within lambda / (1 - f(delta)).
With theta' = theta~ and |l'''| <= l'' for all rows this is Bach, "Self-concordant analysis for logistic regression",
2010, proposition 2: norm(v)_H <= -log(1 - R lambda) / R with R the largest norm(E_i)_{H^-1}.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._typing import RowIndex
from ...exceptions import SingularCurvatureError
from ...losses._base import decay
from ...problems import LinearProblem, LogLinear
from ..polish import chord
from ..rank_one_downdates import row_blocks
from ._inverse import Inverse

__all__ = ["RELATIVE_ROUNDING", "SLACK", "Certificate", "certify"]

#: rounding of sums (the gradient, the parameters, the target), relative to their size
RELATIVE_ROUNDING = 16 * np.finfo(float).eps
#: relative allowance for the rounding of the bound itself
SLACK = 1 + 1e-9
#: chord steps that do not even halve the gradient; each costs two products with X, a new factor n P^2
MAX_SLOW_STEPS = 10
#: factors that are tried: a second one where the refit is out of reach of the first
MAX_FACTORS = 5
#: uncertain part of a bound with which no further factor is tried
SMALL_UNCERTAINTY = 0.01


@dataclass(frozen=True, eq=False)
class Certificate:
    """The refit has its parameters within a ball.

    Parameters
    ----------
    problem : LinearProblem
        Without the rows, at the centre theta'.
    offset : ndarray of shape (P,)
        theta' - theta~, known.
    inverse : Inverse or None
        H^-1; None where nothing is certain.
    radius : float
        Bound on norm(theta_T - theta')_H.
    """

    problem: Any
    offset: np.ndarray
    inverse: Inverse | None
    radius: float

    @property
    def _rounding(self):
        return RELATIVE_ROUNDING * np.linalg.norm(self.problem.theta)

    @property
    def is_tight(self) -> bool:
        """Whether what is uncertain is small beside what is known."""
        known = np.linalg.norm(self.offset)
        return bool(self.radius < np.inf and self.inverse.width * self.radius < SMALL_UNCERTAINTY * known)

    @property
    def params_bound(self) -> float:
        """Bound on the 2-norm of theta_T - theta~, in the parameters of the estimator."""
        if not np.isfinite(self.radius):
            return np.inf
        known, stretch = np.linalg.norm(self.problem.change_as_fitted(self.offset)), self.problem.stretch
        return float(SLACK * (known + stretch * self.inverse.width * self.radius) + stretch * self._rounding)

    def along(self, V: np.ndarray) -> np.ndarray:
        """Bounds on |v . (theta_T - theta')| for the columns of V, (B,) from (P, B)."""
        return SLACK * self.radius * self.inverse.sizes(V) + self._rounding * np.linalg.norm(V, axis=0)


def certify(problem: Any, rows: RowIndex, change: np.ndarray) -> Certificate:
    """Bounds on the error of a predicted removal.

    Parameters
    ----------
    problem : Problem
        At its optimum, with all rows.
    rows : ndarray of int
        Those that are deleted.
    change : ndarray of shape (P,)
        Predicted change of the parameters.

    Returns
    -------
    Certificate
        Infinite for losses that are not convex or state no floor, for coupled rows other than those of Cox
        regressions, an l1 penalty (whose active set the refit may leave), a singular H, and predictions from which the
        argument does not reach the refit.

    Notes
    -----
    Cost n P^2 K for H and the leverages, 4 P^3 for its inverse and the width of that; memory P^2. With more parameters
    than rows times outputs and a penalty: n^2 K^2 P, memory n^2 K^2 + n P. Each chord step costs two products with X.
    All of it again, up to five times, where the refit is out of reach of the first factor.
    """
    left = problem.without(rows)
    left = left.at(problem.theta + change)
    nothing = Certificate(left, np.zeros_like(change), None, np.inf)
    if not _states_losses(left) or problem.l1_penalty is not None or not np.isfinite(change).all():
        return nothing
    best, at = nothing, left
    for _ in range(MAX_FACTORS):
        try:
            inverse = Inverse.of(at.curvature())
        except SingularCurvatureError:
            break
        centre, at_optimum = _centre(at, inverse.factor)
        found = Certificate(centre, centre.theta - left.theta, inverse, _radius(at, centre, inverse))
        best, at = min(best, found, key=lambda each: each.params_bound), centre
        if best.is_tight or (at_optimum and np.isfinite(best.radius)):
            break
    return best


def _centre(problem, factor):
    """Where chord steps lead to, near the refit if they contract, and whether that is the optimum up to rounding."""
    for _ in range(MAX_SLOW_STEPS):
        problem, taken, at_optimum = chord(problem, factor)
        if at_optimum or not taken:
            break
    return problem, at_optimum


def _states_losses(left):
    """Whether it is known how much of the Hessian can get lost on a way."""
    if not isinstance(left, LinearProblem):
        return isinstance(left, LogLinear)
    raw = left.training_raw
    return left.loss.hessian_floor(raw, left.y, raw, np.zeros_like(raw)) is not None


def _radius(left, centre, inverse):
    """delta, by the iteration delta <- lambda / (1 - f(delta)) from below; infinite where f reaches 1."""
    lost_within = (_lost_by_rows if isinstance(left, LinearProblem) else _lost_by_exponents)(left, centre, inverse)
    size = inverse.sizes(centre.gradient()[:, None])[0] + _rounded_off(left, centre, inverse)
    delta = 1.01 * SLACK * size
    for _ in range(100):
        lost = lost_within(delta)
        if not lost < 1:
            return np.inf
        needed = SLACK * size / (1 - lost)
        if needed < delta:
            return needed
        delta = 1.05 * needed
    return np.inf


def _rounded_off(left, centre, inverse):
    """What rounding may have done to norm(g)_{H^-1}, in the sum over rows and in their raw predictions.

    Raw predictions that are off by u_i change it by at most sqrt(sum_i w_i M_i u_i^2), and u_i is eps |x_i| . |theta|.
    """
    sums = centre.gradient_scale() @ np.sqrt(inverse.diagonal)
    if isinstance(left, LinearProblem):
        largest = np.einsum("nkk->n", left.row_hessians()).max()
        raw = np.sqrt(largest) * left.design.column_norms @ np.abs(centre.theta)
    else:
        raw = np.sqrt(left.sample_weight.sum()) * (np.abs(left.exponents()) @ np.abs(centre.theta)).max()
    return RELATIVE_ROUNDING * (sums + raw)


def _lost_by_rows(left, centre, inverse):
    """f as a function of delta, from the floors of the rows."""
    rows = np.flatnonzero(left.weights()[:, 0])
    reach, own, leverage = _leverages(left, rows, inverse)
    at = left.loss, left.training_raw[rows], left.y[rows], centre.training_raw[rows]

    def lost(delta):
        floors = _row_floors(at, reach * delta)
        return _most_lost(floors, leverage if floors.shape[1] == 1 else own)

    return lost


def _lost_by_exponents(left, centre, inverse):
    """The same for logarithms of sums of exponentials: they keep what softmax does, by the range of x_j . v."""
    X = left.exponents()
    moved, X = np.ptp(X @ (centre.theta - left.theta)), X - X.mean(axis=0)
    spread = np.sort(inverse.sizes(X.T))[-2:].sum()
    return lambda delta: 1 - np.exp(-moved) * decay(spread * delta)


def _row_floors(at, radius):
    loss, raw, y, moved = at
    with np.errstate(all="ignore"):
        return np.nan_to_num(loss.hessian_floor(raw, y, moved, radius), nan=-np.inf, neginf=-np.inf)


def _leverages(left, rows, inverse):
    """norm(E_ik)_{H^-1}, w_i M_ikk S_ikk (both (n, K)) and tr(w_i M_i S_i), (n, 1), with S_i = E_i H^-1 E_i'."""
    S = [inverse.inner(left.design.basis(block)) for block in row_blocks(left, rows)]
    S, M = np.concatenate(S), left.row_hessians()[rows]
    diagonal = np.einsum("nkk->nk", S)
    return np.sqrt(diagonal), np.einsum("nkk->nk", M) * diagonal, np.einsum("nkl,nlk->n", M, S)[:, None]


def _most_lost(floors, leverage):
    """f: mean of 1 - q_i over the rows that lose most, up to a total leverage of 1."""
    lost, leverage = np.maximum(1 - floors.ravel(), 0), leverage.ravel()
    order = np.argsort(-lost)
    if not np.isfinite(lost).all():
        return np.inf
    taken = np.diff(np.minimum(np.cumsum(leverage[order]), 1), prepend=0)
    return taken @ lost[order]
