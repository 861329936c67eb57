"""An attributor put to the test: its predictions for random deletions against actual refits."""

from time import perf_counter

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from ..exceptions import UnsupportedQuestionError
from ..fidelity import compare_effects, random_removals
from ..solvers import AutoSolver
from .polish import polish

__all__ = ["fidelity_of"]


def fidelity_of(attributor, question, *, n_removals, removal_size, random_state, n_jobs):
    """Report on predicted and actual effects of random deletions; see ``StaticAttributor.fidelity_report``."""
    sets = _feasible_sets(attributor.problem_, n_removals, removal_size, random_state)
    start = perf_counter()
    changes = attributor._set_changes(sets)
    if attributor.evaluation == "linear":
        predicted = question.gradient @ changes
    else:
        predicted = attributor._moved(question, True, changes)
    predict_seconds = (perf_counter() - start) / len(sets)
    start = perf_counter()
    thetas = Parallel(n_jobs=n_jobs)(delayed(_refitted)(attributor.model_, rows) for rows in sets)
    refit_seconds = (perf_counter() - start) / len(sets)
    actual = question.value(np.column_stack(thetas)) - question.value()
    return compare_effects(predicted, actual, predict_seconds=predict_seconds, refit_seconds=refit_seconds)


def _feasible_sets(problem, n_removals, removal_size, random_state):
    """Random sets whose deletion leaves every class in place."""
    sets = random_removals(np.flatnonzero(problem.sample_weight), n_removals, removal_size, random_state)
    feasible = [rows for rows in sets if _leaves_all_classes(problem, rows)]
    if not feasible:
        raise UnsupportedQuestionError(
            f"every one of {n_removals} random removals of size {removal_size} empties a class; "
            "make removal_size smaller"
        )
    return feasible


def _leaves_all_classes(problem, rows):
    try:
        problem.check_sets([rows])
    except UnsupportedQuestionError:
        return False
    return True


def _refitted(model, rows):
    """Parameters of the user's estimator refitted without the rows, with its solver's slack polished away."""
    return polish(model.refitted(rows), AutoSolver()).problem.theta
