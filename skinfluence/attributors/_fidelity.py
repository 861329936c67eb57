"""An attributor put to the test: its predictions for random deletions against actual refits."""

from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from ..exceptions import UnsupportedQuestionError
from ..fidelity import compare_effects, random_removals
from ..removal.polish import polish
from ..solvers import AutoSolver
from .blockwise import require_rows
from .presence import effects_without

__all__ = ["ComparesWithRefits", "refit_effects"]


class ComparesWithRefits:
    """The part of an attributor that is put to the test."""

    def fidelity_report(
        self,
        X=None,
        y=None,
        *,
        target=None,
        sensitive_features=None,
        sample_weight=None,
        n_removals=30,
        removal_size=0.05,
        random_state=0,
        n_jobs=None,
    ):
        """Predicted against actual effects of random deletions, by refits of the user's own estimator.

        Parameters
        ----------
        X, y, target, sensitive_features, sample_weight
            Evaluation rows and target, as for :meth:`attribute`.
        n_removals : int
            How many random sets are deleted; sets that empty a class are skipped.
        removal_size : int or float
            Rows a set, or their fraction; 1 compares single rows.
        random_state : int, RandomState or None
            Seed of the sets.
        n_jobs : int or None
            Processes for the refits.

        Returns
        -------
        FidelityReport
            Rank correlation, slope, relative error, sign agreement, and the cost of either side.

        Notes
        -----
        Refits keep the features, at a tight tolerance, polished: at a default one they err by more than a row's effect.
        """
        question = self._question(X, y, target, sensitive_features, sample_weight)
        return _fidelity_of(
            self,
            question,
            n_removals=n_removals,
            removal_size=removal_size,
            random_state=random_state,
            n_jobs=n_jobs,
        )

    def score(self, X=None, y=None, **question):
        """Rank correlation of predicted and actual effects over random removals (the linear datamodelling score).

        Parameters
        ----------
        X, y, **question
            As for :meth:`fidelity_report`.

        Returns
        -------
        float
            In [-1, 1]; 1 is a perfect ranking.
        """
        return self.fidelity_report(X, y, **question).rank_correlation


def _fidelity_of(attributor, question, *, n_removals, removal_size, random_state, n_jobs):
    """Report on predicted and actual effects of random deletions; see ``fidelity_report``."""
    require_rows(attributor.problem_, "a comparison with refits")
    sets = _feasible_sets(attributor.problem_, n_removals, removal_size, random_state)
    start = perf_counter()
    changes = attributor._set_changes(sets)
    predicted = attributor._after(question, sets, changes)
    predict_seconds = (perf_counter() - start) / len(sets)
    start = perf_counter()
    actual = refit_effects(attributor.model_, question, sets, n_jobs)
    refit_seconds = (perf_counter() - start) / len(sets)
    return compare_effects(predicted, actual, predict_seconds=predict_seconds, refit_seconds=refit_seconds)


def refit_effects(model, question, sets, n_jobs=None):
    """f after refits of the user's estimator without each set of rows, minus f: (G,)."""
    refit = _refitted_theta if model.comparable else partial(_value_of_refit, question)
    found = Parallel(n_jobs=n_jobs)(delayed(refit)(model, rows) for rows in sets)
    if not model.comparable:
        return np.array(found) - question.value()
    thetas = np.column_stack(found)
    if question.of_presence:
        return effects_without(question, sets, thetas - question.problem.theta[:, None], linear=False)
    return question.value(thetas) - question.value()


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
    """The user's estimator refitted without the rows, with its solver's slack polished away."""
    return polish(model.refitted(rows), AutoSolver()).problem


def _refitted_theta(model, rows):
    return _refitted(model, rows).theta


def _value_of_refit(question, model, rows):
    return replace(question, problem=_refitted(model, rows)).value()
