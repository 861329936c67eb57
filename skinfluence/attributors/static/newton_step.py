"""Newton steps on the objective without the rows: one of them, several, or as many as it takes."""

from numbers import Integral

import numpy as np

from ..._typing import Estimator
from ...exceptions import UnsupportedEstimatorError, UnsupportedQuestionError
from ...models import ListMLERanker, PresenceLoss
from ...problems import LinearProblem, Problem
from ...removal.coupled import coupled_blocks, row_inverses
from ...removal.exact import exact_changes, exact_set_changes
from ...removal.rank_one_downdates import row_blocks
from ...removal.set_inverse import first_steps
from ...solvers import Solver, resolve_solver
from ...structures import SupportVectors
from ...targets import Question, Target
from ..deletion import deletion_effects, linear_change
from .of_structures import OfStructures
from .rescaled import RescaledInfluence

__all__ = ["NewtonStep"]


class NewtonStep(OfStructures, RescaledInfluence):
    r"""Effect of a deletion by Newton's method on what is left: :math:`\Delta\theta_T = -H_T^{-1} \nabla F_T(\theta)`.

    For single rows one step is :class:`RescaledInfluence`; for sets it is joint, so that rows which hide each other are
    seen together. Exact for squared losses, sets included. With ``n_steps=None`` the steps go on to the optimum: the
    exact removal of rows, sets and groups, as :class:`LeaveOneOut` has it, without its cost in ``fit``. Of support
    vector machines one step is the optimum on the support set of the fit; ``n_steps=None`` follows the support set.

    Parameters
    ----------
    estimator, target, evaluation, solver, damping, polish, verbose
        As for :class:`RescaledInfluence`.
    n_steps : int or None
        Newton steps; None means to convergence, with steps shortened where they must be.

    Notes
    -----
    One step for single rows costs what RescaledInfluence costs. A set of k rows with k K at most half of the P
    parameters costs 2 P^2 k K on the factor of all rows (Woodbury, many sets at once); a larger one costs k P^2 / 2 +
    P^3 / 3 up to a quarter of the rows. A set of more rows, one that determines some direction almost alone, and any
    under ``class_weight="balanced"`` costs n P^2 / 2 + P^3 / 3. So does each further step. ``n_steps=None`` costs
    about ten products of n P a row or set besides, and some factorisations where those do not converge.

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
    reads = (Problem, SupportVectors)

    def __init__(
        self,
        estimator: Estimator | ListMLERanker | PresenceLoss | None = None,
        *,
        target: str | Target = "loss",
        evaluation: str = "linear",
        n_steps: int | None = 1,
        solver: str | Solver = "auto",
        damping: float = 0.0,
        polish: bool | str = "auto",
        verbose: int = 0,
    ) -> None:
        super().__init__(
            estimator,
            target=target,
            evaluation=evaluation,
            solver=solver,
            damping=damping,
            polish=polish,
            verbose=verbose,
        )
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

    def _prepare(self, prefit):
        preparation = super()._prepare(prefit)
        if isinstance(preparation, SupportVectors) and self.n_steps is not None:
            preparation.check_one_step()
            if self.n_steps > 1:
                raise UnsupportedEstimatorError(
                    f"{type(self.model_.final).__name__}: one step reaches the optimum on the support set of the fit; "
                    f"set n_steps=1, or None to follow the support set; got {self.n_steps}"
                )
        return preparation

    def _of_structure(self, structure, question, players):
        if self.n_steps == 1 and self.evaluation == "linear" and players.single:
            # zero for rows that are no support vectors, without rounding
            return structure.pull(question)
        without = structure.without if self.n_steps is None else structure.one_step
        change = linear_change if self.evaluation == "linear" else Question.change
        return deletion_effects(structure, question, players, without, change)

    def _note_of_structure(self):
        return self.model_.note if self.n_steps is None else self.preparation_.one_step_note

    def _check_by_block(self):
        if self.n_steps != 1:
            raise UnsupportedQuestionError(
                f"n_steps={self.n_steps} for single rows takes passes over all training rows for each of them, and "
                "these lie in blocks; use n_steps=1, or removal(rows) for one set"
            )

    def _rescales(self, problem):
        return False  # sets need no leverage of every row

    @property
    def _by_row(self):
        """Single rows come from the factor of all rows."""
        return self.n_steps == 1 and isinstance(self.problem_, LinearProblem)

    def _along(self, U):
        if self._by_row:
            return super()._along(U)
        return np.concatenate([self._changes(block).T @ U for block in row_blocks(self.problem_)])

    def _changes(self, rows):
        if self._by_row:
            return super()._changes(rows)
        rows = np.arange(self.problem_.n_rows)[rows]
        if self.n_steps == 1:
            return np.hstack([self._coupled_changes(block) for block in coupled_blocks(self.problem_, rows)])
        if self.n_steps is not None:
            return self._set_changes([[row] for row in rows])
        problem, solver = self.problem_, resolve_solver(self.solver)
        blocks = row_blocks(problem, rows, per_row=problem.n_rows)
        return np.hstack([exact_changes(problem, self.factor_, self.terms_, solver, b).changes for b in blocks])

    def _coupled_changes(self, rows):
        """One step for each row of a model whose rows are coupled."""
        damping = getattr(resolve_solver(self.solver, self.damping), "damping", 0.0)
        inverses = row_inverses(self.problem_, rows, damping)
        if inverses is None:
            return self._set_changes([[row] for row in rows])
        return inverses.solve(self.terms_.columns(rows) - self.problem_.gradient()[:, None])

    def _set_changes(self, sets):
        sets = [np.asarray(rows, dtype=np.intp) for rows in sets]
        problem, solver = self.problem_, resolve_solver(self.solver, self.damping)
        if self.n_steps is None:
            return exact_set_changes(problem, self.factor_, self.terms_, solver, sets)
        if isinstance(problem, LinearProblem):
            changes, taken = first_steps(problem, self.factor_, self.terms_, solver, sets), 1
        else:
            changes, taken = np.zeros((problem.n_parameters, len(sets))), 0
        for column, rows in enumerate(sets):
            left = problem.without(rows)
            for _ in range(self.n_steps - taken):
                changes[:, column] += _newton_step(left.at(left.theta + changes[:, column]), solver)
        return changes


def _newton_step(problem, solver):
    factor = solver.prepare(problem.curvature())
    return -factor.solve(problem.gradient()[:, None]).value[:, 0]
