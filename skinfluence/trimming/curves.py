"""Metrics on test rows against the number of trimmed rows, with random trimming for comparison."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from .._typing import Features, RandomState
from .fitting import fit_on
from .selection import removal_order, rows_in_budget
from .trimmer import DataTrimmer

__all__ = ["trimming_curves"]


def trimming_curves(
    trimmer: DataTrimmer,
    X: Features,
    y: Any,
    X_test: Any,
    y_test: Any,
    *,
    budgets: Any,
    metrics: Mapping[str, Callable[..., float]],
    n_random: int = 5,
    random_state: RandomState = None,
    **fit_params: Any,
) -> dict[str, Any]:
    """Metrics of the refitted estimator against the number of rows removed.

    Parameters
    ----------
    trimmer : DataTrimmer
        Chooses the rows; its own `budget` is ignored. It is not modified.
    X, y
        Training rows.
    X_test, y_test
        Test rows, which must not be among the training or validation rows.
    budgets : sequence of int or float
        Numbers or fractions of the training rows; sorted in the result.
    metrics : dict of str to callable
        ``metric(fitted_estimator, X_test, y_test) -> float``.
    n_random : int
        Number of random trimmings to compare with, each of nested sets; like the trimmer they keep a row of each class,
        and they remove as many rows as the trimmer does.
    random_state : int, RandomState or None
        Seed of the random trimmings.
    **fit_params
        As for ``trimmer.fit``: X_val, y_val, sensitive_features, sample_weight, ...

    Returns
    -------
    dict
        ``budgets`` (b,): maximal numbers of rows to remove; ``removed`` (b,): rows removed, fewer where no other row is
        harmful; ``metrics``: name to (b,); ``random``: name to (n_random, b), empty without random trimmings.

    Notes
    -----
    Cost: one ranking and (1 + n_random) b fits.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skinfluence.trimming import DataTrimmer
    >>> X, y = np.zeros((4, 1)), np.array([0.0, 0.0, 0.0, 8.0])
    >>> mean = {"mean": lambda estimator, X, y: float(estimator.predict(X)[0])}
    >>> clean = {"X_val": [[0.0]], "y_val": [0.0]}
    >>> curves = trimming_curves(
    ...     DataTrimmer(Ridge()), X, y, [[0.0]], [0.0], budgets=[0, 1, 2], metrics=mean, **clean
    ... )
    >>> curves["removed"], curves["metrics"]["mean"]
    (array([0, 1, 1]), array([2., 0., 0.]))
    """
    budgets = np.unique([rows_in_budget(budget, len(y), "budgets") for budget in budgets])
    trimmer = clone(trimmer).set_params(budget=int(budgets[-1]))
    plan, params = trimmer._prepare(X, y, **fit_params)
    order = plan.path(int(budgets[-1]), trimmer.strategy, trimmer.step).order
    removed = np.minimum(budgets, len(order))
    rng = check_random_state(random_state)
    random_orders = [removal_order(rng.uniform(size=len(plan.rows)), plan.codes) for _ in range(n_random)]

    def values(order):
        fitted = [_without(plan, order[:count], params) for count in removed]
        return {name: [metric(estimator, X_test, y_test) for estimator in fitted] for name, metric in metrics.items()}

    runs = [values(order) for order in random_orders]
    random = {name: np.array([run[name] for run in runs]) for name in metrics if runs}
    trimmed = {name: np.array(found) for name, found in values(order).items()}
    return {"budgets": budgets, "removed": removed, "metrics": trimmed, "random": random}


def _without(plan, rows, params):
    return fit_on(plan.estimator, plan.rows, np.setdiff1d(np.arange(len(plan.rows)), rows), params)
