"""DataTrimmerCV: choose how many rows to drop."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from .._typing import Estimator, RandomState
from ..targets import Target
from .fitting import fit_on
from .rows import held_out_folds, take_rows
from .scoring import budget_scorers, check_limit
from .selection import class_codes, rows_in_budget
from .trimmer import DataTrimmer

__all__ = ["DataTrimmerCV"]


class DataTrimmerCV(DataTrimmer):
    """A :class:`DataTrimmer` that chooses its budget: RFECV for rows.

    With ``X_val`` every budget is scored on these rows; the best score is then optimistic, since the
    rows were also used to rank the training rows. Without, by cross-validation: training folds are trimmed,
    test folds are not; on noisy labels such scores favour small budgets. Budgets that cost more of the estimator's own
    score than `max_accuracy_loss` are left out; of those with the same score the smallest is chosen. Rows are scored
    once for all budgets.

    Parameters
    ----------
    estimator, target, attributor, strategy, step, memory, n_jobs, random_state
        As in :class:`DataTrimmer`.
    budgets : sequence of int or float
        The candidates, each as `budget` there.
    scoring : "target", str, callable or None
        What the budget is chosen by. "target" is the value of `target` on the held-out rows, with the sign with which
        more is better: a gap of 0.2 scores -0.2. A str or callable is scikit-learn's. None means "target" where
        `target` is not "auto" or a ranking, and the estimator's own ``score`` where it is.
    max_accuracy_loss : float or None
        With scoring "target": how far the estimator's own ``score`` (accuracy, R2, concordance) may fall below that of
        all rows, the cost of a better target. Where every budget costs more, the one that costs least is chosen. None
        is no limit.
    cv : int, splitter, iterable or None
        Folds of the cross-validation without ``X_val``, and of cross-fitting; None means 5.

    Attributes
    ----------
    budget_ : int or float
        The best budget, as given.
    cv_results_ : dict of ndarray
        ``budget``, ``n_trimmed`` (mean over the splits), ``mean_test_score``, ``std_test_score``,
        ``split0_test_score``, ..., ``mean_accuracy_loss``: the fall of the estimator's own score, nan without a limit.
    estimator_, sample_indices_, trimmed_indices_, influence_, path_, classes_, sampling_strategy_,
    n_features_in_
        As in :class:`DataTrimmer`, with the best budget.

    See Also
    --------
    DataTrimmer : With a given budget; ``GridSearchCV`` tunes it together with other parameters.

    Notes
    -----
    Cost: one ranking and as many fits as there are budgets, for each split.

    Examples
    --------
    Two outliers, and a validation row with label 0. Without the first the mean is 1, without both 0, and a third
    budget removes no more, since no other row's removal would help:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((10, 1)), np.array([0.0] * 8 + [9.0, 9.0])
    >>> trimmer = DataTrimmerCV(Ridge(), budgets=[0, 1, 2, 3], scoring="neg_mean_squared_error")
    >>> trimmer.fit(X, y, X_val=[[0.0]], y_val=[0.0]).budget_
    2
    """

    def __init__(
        self,
        estimator: Estimator | None = None,
        *,
        budgets: Sequence[int | float] = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2),
        scoring: str | Callable[..., float] | None = None,
        max_accuracy_loss: float | None = 0.01,
        target: str | Target = "auto",
        attributor: Any = None,
        strategy: str = "one_shot",
        step: int | float = 0.01,
        cv: Any = None,
        memory: Any = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.budgets = budgets
        self.scoring = scoring
        self.max_accuracy_loss = max_accuracy_loss
        self.target = target
        self.attributor = attributor
        self.strategy = strategy
        self.step = step
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _choose_rows(self, plan, params):
        budgets = list(self.budgets)
        if not budgets:
            raise ValueError("budgets is empty; give at least one int (rows) or float in [0, 1) (a fraction)")
        counts = [rows_in_budget(budget, len(plan.rows), "budgets") for budget in budgets]
        limit = check_limit(self.max_accuracy_loss)
        scores, losses, trimmed = map(np.array, zip(*self._splits(plan, params), strict=True))
        mean, cost = scores.mean(axis=0), losses.mean(axis=0)
        self.cv_results_ = {
            "budget": np.array(budgets),
            "n_trimmed": trimmed.mean(axis=0),
            "mean_test_score": mean,
            "std_test_score": scores.std(axis=0),
            "mean_accuracy_loss": cost,
            **{f"split{k}_test_score": row for k, row in enumerate(scores)},
        }
        allowed = ~(cost > max(limit, np.fmin.reduce(cost, initial=np.inf)))
        best = max(np.flatnonzero(allowed), key=lambda k: (mean[k], -counts[k]))
        self.budget_ = budgets[best]
        return counts[best]

    def _splits(self, plan, params):
        """Scores of the budgets, their cost, and the rows that each removed: on the validation rows or on each fold."""
        if plan.evidence.validation is not None:
            return [self._scores(plan, params, plan.evidence.validation)]
        codes = class_codes(plan.rows.y, is_classifier(plan.estimator))
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        folds = held_out_folds(self.cv, plan.rows, codes, seed)
        fold_scores = delayed(self._fold_scores)
        return Parallel(n_jobs=self.n_jobs)(fold_scores(plan.rows, params, *fold) for fold in folds)

    def _fold_scores(self, rows, params, train, test):
        params = {name: take_rows(value, train, len(rows)) for name, value in params.items()}
        return self._scores(self._plan(rows.take(train), None), params, rows.held_out(test))

    def _scores(self, plan, params, held_out):
        counts = [rows_in_budget(budget, len(plan.rows), "budgets") for budget in self.budgets]
        order = plan.path(max(counts), self.strategy, self.step).order
        score, own_score = budget_scorers(plan, self.target, self.scoring, self.max_accuracy_loss)
        # budgets larger than the number of harmful rows give the same model
        trimmed = [min(count, len(order)) for count in counts]
        known = {}
        for count in {0, *trimmed} if own_score else set(trimmed):
            kept = np.setdiff1d(np.arange(len(plan.rows)), order[:count])
            model = fit_on(plan.estimator, plan.rows, kept, params)
            own = own_score(model, kept, held_out) if own_score else np.nan
            known[count] = score(model, kept, held_out), own
        losses = [known[0][1] - known[count][1] if own_score else np.nan for count in trimmed]
        return [known[count][0] for count in trimmed], losses, trimmed
