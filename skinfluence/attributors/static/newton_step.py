"""Newton steps on the objective without the rows: one of them, several, or as many as it takes."""

from numbers import Integral

import numpy as np
from scipy.linalg import block_diag

from ...solvers import Downdate, resolve_solver
from ..downdating import row_blocks
from ..exact import exact_changes, exact_set_change
from .rescaled import RescaledInfluence

__all__ = ["NewtonStep"]

#: condition number of I - M S up to which a set is taken out of the factor of all rows: four of sixteen digits go
WELL_CONDITIONED = 1e4
#: part of the shares of the penalty up to which the series in it is short
SMALL_SHARE = 0.5


class NewtonStep(RescaledInfluence):
    r"""Effect of a deletion by Newton's method on what is left: :math:`\Delta\theta_T = -H_T^{-1} \nabla F_T(\theta)`.

    For single rows one step is :class:`RescaledInfluence`; for sets it is joint, so that rows which hide each other are
    seen together. Exact for squared losses, sets included. With ``n_steps=None`` the steps go on to the optimum: the
    exact removal of rows, sets and groups, as :class:`LeaveOneOut` has it, without its cost in ``fit``.

    Parameters
    ----------
    estimator, target, evaluation, solver, damping, polish
        As for :class:`RescaledInfluence`.
    n_steps : int or None
        Newton steps; None means to convergence, with steps shortened where they must be.

    Notes
    -----
    One step for single rows costs what RescaledInfluence costs. A set of k rows with k K at most half of the P
    parameters costs 2 P^2 k K on the factor of all rows (Woodbury); a larger set, one that determines some direction
    almost alone, and any under ``class_weight="balanced"`` costs one factorisation, n P^2 / 2 + P^3 / 3. So does each
    further step. ``n_steps=None`` costs about ten products of n P a row, and some factorisations a set.

    References
    ----------
    Rubinstein and Hopkins, Rescaled influence functions, section 1.1.

    Examples
    --------
    Deleting two of three rows of the mean model y = b leaves the third, exactly:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((3, 1)), np.array([0.0, 2.0, 7.0])
    >>> attributor = NewtonStep(Ridge(), target="prediction").fit(X, y)
    >>> float(attributor.removal([0, 1], [[0.0]], [0.0]).target_change)   # from 3 to 7
    4.0
    """

    _additive = False
    _needs_row_hessians = False

    def __init__(
        self,
        estimator=None,
        *,
        target="loss",
        evaluation="linear",
        n_steps=1,
        solver="auto",
        damping=0.0,
        polish="auto",
    ):
        super().__init__(estimator, target=target, evaluation=evaluation, solver=solver, damping=damping, polish=polish)
        self.n_steps = n_steps

    @property
    def _method(self):
        if self.n_steps is None:
            return "Newton steps to convergence"
        return "Newton step" if self.n_steps == 1 else f"{self.n_steps} Newton steps"

    def _check_parameters(self):
        super()._check_parameters()
        n_steps = self.n_steps
        if n_steps is None:
            if self.damping:
                raise ValueError("damping changes the objective; exact removal (n_steps=None) needs damping=0")
        elif not isinstance(n_steps, Integral) or isinstance(n_steps, bool) or n_steps < 1:
            raise ValueError(f"n_steps must be an integer of at least 1, or None for convergence, got {n_steps!r}")

    @property
    def _by_row(self):
        """Single rows come from the factor of all rows."""
        return self.n_steps == 1 and self.problem_.has_row_hessians

    def _effects(self, U):
        if self._by_row:
            return super()._effects(U)
        return np.concatenate([self._changes(block).T @ U for block in row_blocks(self.problem_)])

    def _changes(self, rows):
        if self._by_row:
            return super()._changes(rows)
        rows = np.arange(self.problem_.n_rows)[rows]
        if self.n_steps is not None or not self.problem_.has_row_hessians:
            return self._set_changes([[row] for row in rows])
        problem, solver = self.problem_, resolve_solver(self.solver)
        blocks = row_blocks(problem, rows, per_row=problem.n_rows)
        return np.hstack([exact_changes(problem, self.factor_, self.terms_, solver, b).changes for b in blocks])

    def _set_changes(self, sets):
        return np.column_stack([self._set_change(np.asarray(rows)) for rows in sets])

    def _set_change(self, rows):
        solver = resolve_solver(self.solver, self.damping)
        if self.n_steps is None:
            return exact_set_change(self.problem_, solver, rows)
        left = self.problem_.without(rows)
        change = self._first_step(rows, left, solver)
        for _ in range(self.n_steps - 1):
            change = change + _newton_step(left.at(left.theta + change), solver)
        return change

    def _first_step(self, rows, left, solver):
        """H_T^-1 R_T, on the factor of all rows where that is cheaper and safe."""
        problem, undamped = self.problem_, not getattr(solver, "damping", 0)
        apart = problem.has_row_hessians and problem.balance is None
        if undamped and apart and 2 * len(rows) * problem.n_outputs <= problem.n_parameters:
            downdate = _set_downdate(problem, self.factor_, rows)
            if downdate is not None:
                return downdate.solve(-left.gradient()[:, None])[:, 0]
        return _newton_step(left, solver)


def _newton_step(problem, solver):
    factor = solver.prepare(problem.curvature())
    return -factor.solve(problem.gradient()[:, None]).value[:, 0]


def _set_downdate(problem, factor, rows):
    """(H - sum_T (w_i H_i + s_i P))^-1, the set being one row of k K outputs; None where rounding would show."""
    shares = problem.shares()
    share = None if shares is None else shares[rows].sum(keepdims=True)
    if share is not None and share[0] > SMALL_SHARE * shares.sum():
        return None
    basis = problem.design.basis(rows).reshape(problem.n_parameters, 1, -1)
    M = block_diag(*problem.row_hessians()[rows])
    downdate = Downdate(factor, basis, M[None], share, problem.penalty)
    remaining = np.eye(len(M)) - M @ downdate.kernel[0]
    safe = downdate.determined[0] and np.linalg.cond(remaining, 1) < WELL_CONDITIONED
    return downdate if safe else None
