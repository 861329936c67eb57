"""The estimator, rows and evidence of one trimming."""

from collections.abc import Callable
from dataclasses import dataclass
from pickle import PicklingError
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import check_memory

from .._typing import RandomState
from .._warnings import warn
from ..adapters import check_fits_anew, check_takes_features, default_estimator
from ..adapters.unwrap import nested
from ..exceptions import SingularCurvatureError, TrimmingWarning
from .evidence import Evidence, Ranking
from .path import Path, iterative, one_shot
from .question import gather_evidence
from .rows import TrainingRows
from .selection import class_codes, rows_in_budget
from .surrogate import attributor_with_surrogate
from .validation import ValidationSet

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """The estimator, rows and evidence of one trimming.

    Parameters
    ----------
    estimator : estimator
        Final model, unfitted.
    rows : TrainingRows
        All training rows.
    evidence : Evidence
        Scores of the rows.
    rank : callable
        From positions of the remaining rows to a Ranking, cached.
    codes : ndarray of shape (n,)
        Class of each row, -1 for rows of weight 0.
    shares_model : bool
        Whether the surrogate is the final model.
    """

    estimator: Any
    rows: TrainingRows
    evidence: Evidence
    rank: Any
    codes: np.ndarray
    shares_model: bool

    @property
    def surrogate(self) -> Any:
        """The unfitted model that stands for the final one; None where that is attributed itself."""
        return None if self.shares_model else self.evidence.attributor.estimator

    def path(self, n_rows: int, strategy: str, step: int | float) -> Path:
        """Rows to remove, at most `n_rows`."""
        if strategy == "one_shot":
            return one_shot(self.rank, self.codes, n_rows)
        if strategy == "iterative":
            every = max(1, rows_in_budget(step, len(self.rows), "step"))
            return iterative(self.rank, self.codes, n_rows, every)
        raise ValueError(f"strategy must be 'one_shot' or 'iterative', got {strategy!r}")

    def measure_end(self, path: Path, kept: np.ndarray, estimator: Any, n_jobs: int | None = None) -> None:
        """Measure the target at the end of a path, unless that is done, and warn if it got worse.

        `estimator` is the final model, fitted on the rows `kept`.
        """
        if not np.isnan(path.measured[-1]):
            return
        try:
            path.measured[-1] = self.evidence.measure(kept, estimator if self.shares_model else None, n_jobs)
        except SingularCurvatureError:
            # the rows that are left have no optimum, as counts that are all zero
            return
        change = path.measured[-1] - path.measured[0]
        if (
            np.isnan(path.predicted[-1])
            or not path.pursues
            or not (change < 0 if path.influence.greater_is_better else change > 0)
        ):
            return
        warn(
            f"the target was predicted to go from {path.predicted[0]:.3g} to {path.predicted[-1]:.3g} by "
            f"removing {len(path.order)} rows, but went to {path.measured[-1]:.3g}: too many for a "
            "prediction from the full model; lower the budget, or choose strategy='iterative'",
            TrimmingWarning,
        )


def make_plan(
    estimator: Any,
    attributor: Any,
    target: Any,
    rows: TrainingRows,
    validation: ValidationSet | None,
    *,
    cv: Any = None,
    memory: Any = None,
    n_jobs: int | None = None,
    random_state: RandomState = None,
) -> Plan:
    """The plan for a trimmer's parameters and training rows."""
    estimator = default_estimator(rows.y) if estimator is None else clone(estimator)
    _check_refits(estimator, attributor)
    codes = class_codes(rows.y, is_classifier(estimator))
    chosen = getattr(attributor, "estimator", None) is not None
    attributor, shared = attributor_with_surrogate(attributor, estimator, rows.X, target)
    if not (shared or chosen):
        _warn_of_surrogate(estimator, attributor.estimator)
    evidence = gather_evidence(target, rows, attributor, validation, codes, cv=cv, random_state=random_state)
    rank = cached_ranker(evidence, memory, n_jobs)
    return Plan(estimator, rows, evidence, rank, np.where(rows.counted, codes, -1), shared)


def _warn_of_surrogate(estimator, surrogate):
    name, own = (type(list(nested(each))[-1]).__name__ for each in (surrogate, estimator))
    warn(
        f"rows are chosen for a {name}, the surrogate_ behind the same preprocessing, because influence is not known "
        f"for {own}; what it finds harmful need not harm the {own}. Pass attributor=RescaledInfluence(surrogate) for "
        "another one, or attributor=LeaveOneOut(method='refit') for refits of your own",
        TrimmingWarning,
    )


def _check_refits(estimator, attributor):
    """Refuse estimators that cannot be fitted on some of the rows."""
    surrogate = getattr(attributor, "estimator", None)
    for each, what in ((estimator, "the estimator to be trimmed"), (surrogate, "the attributor's estimator")):
        check_fits_anew(each, what)
        check_takes_features(each, what)


def cached_ranker(evidence: Evidence, memory: Any, n_jobs: int | None) -> Callable[..., Ranking]:
    """Rankings by the evidence, from the cache on disk or in memory if they are known.

    Neither key contains the budget or `n_jobs`, on which scores do not depend.
    """
    memory = check_memory(memory)
    if getattr(memory, "location", None) is not None:
        _check_cached(evidence)
    stored = memory.cache(rank_rows, ignore=["n_jobs"])
    known = {}

    def rank(kept):
        key = kept.tobytes()
        if key not in known:
            known[key] = stored(evidence, kept, n_jobs)
        return known[key]

    return rank


def _check_cached(evidence):
    """Refuse what a cache on disk has no key for, before any work.

    Raises
    ------
    TypeError
        Naming the function that cannot be pickled.
    """
    for name in ("target", "attributor", "validation"):
        try:
            joblib.hash(getattr(evidence, name))
        except (PicklingError, AttributeError, TypeError) as error:
            what = str(error.args[0]).partition(": ")[0].replace("\n", " ")
            raise TypeError(
                f"memory= caches scores by what they depend on, and the {name} cannot be stored ({what}): define the "
                "function with def at the top of a module, in place of a lambda or inner function, or set memory=None"
            ) from None


def rank_rows(evidence: Evidence, kept: np.ndarray, n_jobs: int | None) -> Ranking:
    """The function that `memory` caches."""
    return evidence.rank(kept, n_jobs)
