"""All leave-one-out refits of a block of rows to machine precision, without a refit.

Every column starts at the rescaled step, refined without exponentials where the loss allows. A round then costs two
products: raw predictions of all rows under B
candidates, (n x p)(p x B), and their gradients with the deleted row masked, (B x n)(n x p); the step is a chord with
the Hessian less the deleted row. Rows whose step does not contract by 0.3 a round (high leverage) go to damped Newton
with their own Hessian.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..exceptions import SingularCurvatureError
from ..problems import LinearProblem, Removals
from ..solvers import Factor, Solver
from .coupled import row_inverses
from .polish import FAST_CONTRACTION, OPTIMUM_GRADIENT, polish
from .rank_one_downdates import row_downdate
from .set_inverse import inverse_blocks, set_pulls
from .taylor import TaylorStart
from .third_order import BlockOfThirdOrder, ThirdOrder

__all__ = ["ExactRemoval", "chord_rounds", "exact_changes", "exact_set_change", "exact_set_changes", "step_noise"]

#: step, relative to the effect, below which slow contraction is allowed, and no contraction means rounding error
SMALL_STEP = 1e-9
#: rounding error of a step, in multiples of the step that is left at the optimum
ROUNDING_FACTOR = 10
#: the same for sets, for which the alternative costs more
FAST_CONTRACTION_OF_SETS = 0.6
#: contraction a round above which a column makes no progress
NO_CONTRACTION = 0.9


class ExactRemoval(NamedTuple):
    """Parameter changes of single deletions, and how they were reached.

    Attributes
    ----------
    changes : ndarray of shape (P, b)
        nan where the objective without the row has no unique optimum.
    rounds : int
        Chord rounds of the block.
    hard : int
        Rows that went to damped Newton.
    leaving : int
        Rows without which an l1 penalty would have another active set; their changes are those on the old one.
    """

    changes: np.ndarray
    rounds: int
    hard: int
    leaving: int


def exact_changes(
    problem: Any,
    factor: Factor,
    terms: Any,
    solver: Solver,
    rows: Any,
    *,
    start: TaylorStart | None = None,
    third: ThirdOrder | None = None,
    tol: float = 1e-12,
) -> ExactRemoval:
    """Exact parameter changes of deleting each row of a block, (P, b).

    Parameters
    ----------
    problem : LinearProblem
        At its optimum.
    factor : Factor
        Of its Hessian.
    terms : RowTerms
        Its removal terms.
    solver : Solver
        For the Hessians of rows that need their own.
    rows : ndarray of int
        The block.
    start : TaylorStart or None
        Improves the starting points.
    third : ThirdOrder or None
        The same, and makes Newton steps of chord steps.
    tol : float
        Error of a row's parameter change in the norm of H, relative to it, at which a column is done.

    Returns
    -------
    ExactRemoval
    """
    downdate, columns = _inverse_without(problem, factor, terms, rows)
    if downdate is None:
        changes = [exact_set_change(problem, solver, np.array([row])) for row in rows]
        return ExactRemoval(np.column_stack(changes), 0, len(rows), 0)
    changes = downdate.solve(columns)
    if isinstance(problem, LinearProblem) and problem.loss.quadratic and problem.balance is None:
        # a parabola less a parabola: the first step is the optimum, but for the digits that a leverage near 1 takes
        hard = np.flatnonzero(downdate.cancels)
        for column in hard:
            changes[:, column] = _second_step(problem, solver, rows[column : column + 1], changes[:, column])
        return ExactRemoval(changes, 0, len(hard), _leaving(problem, rows, changes))
    sharpener = None if third is None else third.without(downdate, rows)
    if sharpener is not None:
        changes = sharpener.start(columns, changes)
    if start is not None and start.applies:
        changes = start.refine(downdate, rows, columns, changes, sharpener)
    removals, noise = Removals.single(rows), step_noise(problem, factor)
    changes, done, rounds = chord_rounds(problem, downdate, removals, changes, noise, tol, sharpener=sharpener)
    hard = np.flatnonzero(~done)
    for column in hard:
        changes[:, column] = exact_set_change(problem, solver, rows[column : column + 1])
    return ExactRemoval(changes, rounds, len(hard), _leaving(problem, rows, changes))


def _inverse_without(problem, factor, terms, rows):
    """What inverts the Hessian without each row, and the rows' removal terms; None where there is no such thing."""
    if not isinstance(problem, LinearProblem):
        return row_inverses(problem, rows), terms.columns(rows)
    downdate = row_downdate(problem, factor, rows)
    return downdate, terms.columns(rows, downdate.basis)


def _leaving(problem, rows, changes):
    """How many candidates are no optimum because their active set is that of the fit."""
    if problem.l1_penalty is None:
        return 0
    return int(problem.wrongly_active(problem.theta[:, None] + changes, Removals.single(rows)).any(axis=0).sum())


class Noise(NamedTuple):
    """A Newton step that is all rounding, by its largest entry and by its length in the norm of the Hessian.

    Along directions in which the objective is nearly flat the entries of such a step are large, which says nothing of
    the others; the norm tells them apart.

    Attributes
    ----------
    size, length : float
    metric : ndarray of shape (P, P) or (P, 1)
        R with H = R'R, or the root of the diagonal of H: lengths do not depend on the units of features.
    """

    size: float
    length: float
    metric: np.ndarray

    def measure(self, changes):
        """Length of each change, (b,): by R in the norm of H, by the diagonal the largest part of it."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.metric.shape[1] == 1:
                return np.abs(self.metric * changes).max(axis=0, initial=0)
            return np.linalg.norm(self.metric @ changes, axis=0)

    def covers(self, size, length, times=1):
        """Whether steps are no larger than so many times this one."""
        return (size <= times * self.size) & (length <= times * self.length)


def step_noise(problem: Any, factor: Factor) -> Noise:
    """The step at the optimum, where nothing but rounding is left."""
    gradient, theta, eps = problem.gradient()[:, None], problem.theta[:, None], np.finfo(float).eps
    left = factor.solve(gradient).value
    size = max(np.abs(left).max(initial=0), eps * np.abs(theta).max(initial=0))
    length = max(_lengths(gradient, left)[0], eps * _lengths(theta, problem.curvature().matvec(theta))[0])
    return Noise(ROUNDING_FACTOR * size, ROUNDING_FACTOR * length, _metric(problem, factor))


def _metric(problem, factor):
    if factor.triangle is not None:
        return factor.triangle
    curvature = problem.curvature()
    if not hasattr(curvature, "main_diagonal"):
        return np.ones((problem.n_parameters, 1))
    return np.sqrt(np.abs(curvature.main_diagonal()))[:, None]


def _lengths(gradients, steps):
    """sqrt(g' H^-1 g) of each column."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.sqrt(np.abs(np.einsum("pb,pb->b", gradients, steps)))


def chord_rounds(
    problem: Any,
    inverse: Any,
    removals: Removals,
    changes: np.ndarray,
    noise: Noise,
    tol: float,
    contraction: float = FAST_CONTRACTION,
    max_rounds: int = 40,
    sharpener: BlockOfThirdOrder | None = None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Chord rounds on all columns that still contract; which columns are done, and the rounds taken."""
    unit = noise.measure(changes)
    # rows that move nothing would be moved by rounding
    done = unit == 0
    active = np.flatnonzero(np.isfinite(changes).all(axis=0) & ~done)
    last = unit.copy()
    if not len(active):
        return changes, done, 0
    for rounds in range(1, max_rounds + 1):
        gradient, steps = _steps(problem, inverse, removals, changes, active, sharpener)
        settled = sharpener.settled(changes, steps, tol)[active] if sharpener else np.zeros(len(active), dtype=bool)
        steps = steps[:, active]
        size = np.where(np.isfinite(steps).all(axis=0), noise.measure(steps), np.inf)
        covered = partial(noise.covers, np.abs(steps).max(axis=0), _lengths(gradient, steps))
        contracts, tight, at_rounding = _judged(size, last[active], unit[active], covered, settled, tol, contraction)
        moving = contracts | tight
        changes[:, active[moving]] += steps[:, moving]
        done[active[tight | at_rounding]] = True
        last[active] = size
        active = active[contracts & ~tight]
        if not len(active):
            return changes, done, rounds
    return changes, done, max_rounds


def _steps(problem, inverse, removals, changes, active, sharpener):
    """Gradients of the active columns, and the steps of all, 0 where they are not active."""
    gradient = _gradients(problem, removals.take(active), problem.theta[:, None] + changes[:, active])
    pulls = np.zeros_like(changes)
    pulls[:, active] = -gradient
    # columns that diverge have no finite step
    with np.errstate(over="ignore", invalid="ignore"):
        steps = inverse.solve(pulls)
        return gradient, steps if sharpener is None else sharpener.sharpened(changes, steps)


def _judged(size, last, unit, covered, settled, tol, contraction):
    """Whether columns contract, have converged after this step, or have stopped at rounding errors.

    Steps are covered where they are no larger than so many times what rounding makes, and settled by a bound.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.nan_to_num(size / last, nan=np.inf)
    contracts = ratio < np.where(size <= SMALL_STEP * unit, NO_CONTRACTION, contraction)
    # the steps that are still to come are a geometric series; one that starts near its end says nothing of its ratio
    ratio = np.clip(ratio, FAST_CONTRACTION, NO_CONTRACTION)
    left = np.where(contracts, size * ratio / (1 - ratio), np.inf)
    tight = (left <= tol * unit) | covered() | (settled & contracts)
    return contracts, tight, ~contracts & ((size <= SMALL_STEP * unit) | covered(ROUNDING_FACTOR))


def _gradients(problem, removals, candidates):
    with np.errstate(over="ignore", invalid="ignore"):
        return problem.gradient(candidates, removals)


def exact_set_change(problem: Any, solver: Solver, rows: np.ndarray) -> np.ndarray:
    """Exact parameter change of deleting a set of rows jointly, (P,); nan where nothing determines the optimum."""
    left = problem.without(rows)
    try:
        polished = polish(left, solver)
    except SingularCurvatureError:
        return np.full(problem.n_parameters, np.nan)
    if polished.problem.relative_gradient() > OPTIMUM_GRADIENT:
        return np.full(problem.n_parameters, np.nan)
    return polished.problem.theta - problem.theta


def _second_step(problem, solver, rows, change):
    """A parameter change with the Newton step of the objective without the rows; nan where it has no optimum."""
    left = problem.without(rows).at(problem.theta + change)
    try:
        factor = solver.prepare(left.curvature())
    except SingularCurvatureError:
        return np.full(problem.n_parameters, np.nan)
    return change + factor.solve(-left.gradient()[:, None]).value[:, 0]


def exact_set_changes(
    problem: Any, factor: Factor, terms: Any, solver: Solver, sets: Sequence[np.ndarray], *, tol: float = 1e-12
) -> np.ndarray:
    """Exact parameter changes of deleting each of many sets jointly, (P, G).

    Parameters are those of :func:`exact_changes`, with a list of sets for its block of rows: chord rounds with the
    Hessian less the set serve a block of sets at once, and sets that defeat them go to damped Newton one by one.
    """
    if not isinstance(problem, LinearProblem):
        return np.column_stack([exact_set_change(problem, solver, rows) for rows in sets])
    changes, noise = np.empty((problem.n_parameters, len(sets))), step_noise(problem, factor)
    for block, inverse in inverse_blocks(problem, factor, solver, sets):
        start = inverse.solve(set_pulls(problem, terms, inverse.sets))
        if problem.interpolation is not None:
            # a parabola less a parabola, to all digits
            changes[:, block] = start
            continue
        part, done, _ = chord_rounds(
            problem, inverse, Removals.of(inverse.sets), start, noise, tol, FAST_CONTRACTION_OF_SETS
        )
        for column in np.flatnonzero(~done):
            part[:, column] = exact_set_change(problem, solver, inverse.sets[column])
        changes[:, block] = part
    return changes
