"""Newton steps from the fitted parameters to the optimum of the stated objective.

Solvers stop at a tolerance that leaves an error of the size of one row's effect. One factor of the Hessian serves many
(chord) steps; it is renewed only where they stop contracting or the curvature moved by more than 1e-9. Far from the
optimum a factor in single precision does; the one in double precision is taken once, where it will be used.
"""

from typing import Any, NamedTuple

import numpy as np

from ..problems import BlockProblem, Problem
from ..solvers import Factor, Solver

__all__ = ["FAST_CONTRACTION", "OPTIMUM_GRADIENT", "Polished", "chord", "first_factor", "polish"]

#: contraction a step below which chord steps with an old factor are good enough
FAST_CONTRACTION = 0.3
#: relative gradient that is rounding error
ROUNDING_GRADIENT = 1e-15
#: relative gradient at which a polish has ended at an optimum: steps there contract to 1e-15 times a condition of 1e6
OPTIMUM_GRADIENT = 1e-9
#: relative gradient below which slow progress is that of rounding, unless the objective is nearly flat
SMALL_GRADIENT = 1e-11
#: step, relative to the largest parameter, above which it is: a condition number of 1e3 makes that of a small gradient
STEP_AT_OPTIMUM = 1e-8
#: relative change of the curvature up to which an old factor is used
SAME_CURVATURE = 1e-9
#: contraction a step above which a new factor takes less time than more steps with the old one
SLOW_CONTRACTION = 0.1
#: relative gradient below which the curvature changes by less; its change is about ten times the gradient
SAME_CURVATURE_GRADIENT = 1e-10
#: relative gradient at which a rough factor is replaced by an exact one, which is then that of the optimum
ROUGH_FACTOR_GRADIENT = 1e-12


class Polished(NamedTuple):
    """A problem at its optimum, the factor of its Hessian there, and how it was reached."""

    problem: Problem
    factor: Factor
    n_steps: int
    n_factors: int


def first_factor(problem: Any, solver: Solver) -> Factor:
    """A factor at the fitted parameters: a rough one where the optimum will be too far away to have the same."""
    quadratic = problem.loss is not None and problem.loss.quadratic
    # rows in blocks are read once for each step: none for a rough factor
    stays = quadratic or isinstance(problem, BlockProblem) or problem.relative_gradient() <= SAME_CURVATURE_GRADIENT
    return (solver.prepare if stays else solver.single_precision)(problem.curvature())


def polish(problem: Any, solver: Solver, *, factor: Factor | None = None, max_factors: int = 100) -> Polished:
    """Move a problem's parameters to the optimum of its objective.

    Parameters
    ----------
    problem : Problem
        At parameters near the optimum, or far from it: steps are halved until they make progress.
    solver : Solver
        Factors the curvature.
    factor : Factor or None
        A factor at the problem's parameters, when there is one already, rough or not.
    max_factors : int
        Give up after so many factorisations.

    Returns
    -------
    Polished
        With a factor that belongs to the final parameters.
    """
    curvature = problem.curvature()
    factor = solver.prepare(curvature) if factor is None else factor
    n_steps, n_factors = 0, 1
    while n_factors < max_factors:
        # a pass over rows in blocks brings a new Hessian along, so that no step needs an old one
        in_memory = not isinstance(problem, BlockProblem)
        enough = ROUGH_FACTOR_GRADIENT if factor.rough else ROUNDING_GRADIENT
        problem, taken, contracted = chord(problem, factor, 30 if in_memory else 1, enough)
        n_steps += taken
        before, curvature = curvature, problem.curvature()
        arrived = contracted and before.relative_change(curvature) <= SAME_CURVATURE
        if (arrived or not taken) and not factor.rough:
            break
        factor = (solver.single_precision if taken and not contracted and in_memory else solver.prepare)(curvature)
        n_factors += 1
    return Polished(problem, factor, n_steps, n_factors)


def chord(
    problem: Any, factor: Factor, max_steps: int = 30, enough: float = ROUNDING_GRADIENT
) -> tuple[Any, int, bool]:
    """Steps with one factor while each cuts the gradient's norm to a tenth.

    Returns
    -------
    (problem, n_steps, contracted)
        The problem where they end, how many they were, and whether it is the optimum up to rounding, or has as small a
        relative gradient as is `enough`.
    """
    gradient = problem.gradient()
    step = factor.solve(-gradient[:, None]).value[:, 0]
    merit = _decrement(gradient, step)
    for taken in range(max_steps):
        if merit == 0 or problem.relative_gradient() < enough:
            return problem, taken, True
        accepted = _shortened(problem, factor, step, merit)
        if accepted is None:
            # no progress: either rounding is reached or this factor has nothing more to say
            return problem, taken, _arrived(problem, step)
        problem, step, new_merit, length = accepted
        slow = new_merit > SLOW_CONTRACTION * merit or length < 1
        merit = new_merit
        if slow:
            return problem, taken + 1, _arrived(problem, step)
    return problem, max_steps, False


def _arrived(problem, step):
    """Whether both the gradient and the step that is left are small."""
    small = np.abs(step).max(initial=0) <= STEP_AT_OPTIMUM * np.abs(problem.theta).max(initial=0)
    return bool(small and problem.relative_gradient() < SMALL_GRADIENT)


def _shortened(problem, factor, step, merit):
    """The longest of the steps 1, 1/2, 1/4, ... that lowers the gradient in the norm of the inverse Hessian."""
    # at rounding a shorter step is no better
    length, shortest = 1.0, 0.9 if problem.relative_gradient() < SMALL_GRADIENT else 1e-6
    while length > shortest:
        trial = problem.at(problem.theta + length * step)
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = trial.gradient()
        if np.isfinite(gradient).all():
            new_step = factor.solve(-gradient[:, None]).value[:, 0]
            new_merit = _decrement(gradient, new_step)
            if new_merit < merit * (1 - length / 10):
                return trial, new_step, new_merit, length
        length /= 2
    return None


def _decrement(gradient, step):
    """sqrt(g' H^-1 g), the size of a gradient in units in which the objective is a parabola of curvature 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(max(0.0, -gradient @ step)))
