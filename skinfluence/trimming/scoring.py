"""How good the model of a budget is on held-out rows: by the target or a scorer, and by the estimator's own score."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from ..adapters import plain_labels
from ..attributors import LeaveOneOut
from ..targets import is_of_theta
from .evidence import measured
from .plan import Plan
from .question import is_measured
from .validation import ValidationSet

__all__ = ["budget_scorers", "check_limit"]

#: from a fitted model, the positions of its rows, and held-out rows to a number; more is better
Scorer = Callable[[Any, np.ndarray, ValidationSet], float]


def budget_scorers(plan: Plan, target: Any, scoring: Any, limit: float | None) -> tuple[Scorer, Scorer | None]:
    """What the budget is chosen by, and the estimator's own score where a better target may not cost too much of it.

    Parameters
    ----------
    target
        As given to the trimmer; that of the plan is resolved.
    scoring : "target", str, callable or None
    limit : float or None
        None means that the own score is not needed.
    """
    if scoring is None and is_measured(target):
        scoring = "target"
    if not (isinstance(scoring, str) and scoring == "target"):
        return _scorer(plan, scoring), None
    return _target_scorer(plan), None if limit is None else _scorer(plan, None)


def check_limit(limit: float | None) -> float:
    """The limit as a number."""
    if limit is None:
        return np.inf
    if isinstance(limit, bool) or not isinstance(limit, Real) or not limit >= 0:
        raise ValueError(
            f"max_accuracy_loss must be a number of at least 0, or None for no limit, got {limit!r}; 0.01 lets the "
            "estimator's score fall by one point in a hundred"
        )
    return float(limit)


def _scorer(plan, scoring):
    scorer = check_scoring(plan.estimator, scoring)
    return lambda model, kept, held_out: scorer(model, held_out.X, plain_labels(held_out.y))


def _target_scorer(plan):
    target = plan.evidence.target
    sign = 1.0 if target.greater_is_better else -1.0

    def score(model, kept, held_out):
        if is_of_theta(target):
            return sign * plan.evidence.measure(kept, model if plan.shares_model else None)
        rows = plan.rows.take(kept)
        # reads the outputs of any model as it is; nothing is refitted here
        outputs = LeaveOneOut(model, method="refit").fit(rows.X, rows.y, sample_weight=rows.sample_weight)
        return sign * measured(outputs, target, held_out)

    return score
