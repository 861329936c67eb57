"""DataTrimmer: RFE for rows."""

from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import _check_sample_weight, validate_data

from .._typing import Estimator, Features, Labels, RandomState, Weights
from ..rows import indexable
from ..targets import Target
from .delegation import ROUTED, DelegatesToEstimator
from .fitting import fit_on
from .plan import make_plan
from .rows import TrainingRows, take_rows
from .selection import class_labels, kept_by_class, rows_in_budget
from .validation import ALIGNED_WITH_X_VAL, count_rows, validation_set

__all__ = ["DataTrimmer"]


class DataTrimmer(DelegatesToEstimator):
    """Drop the most harmful training rows, and fit the estimator on the rest: RFE for rows.

    Scores every training row by its influence on `target`, removes at most `budget` rows, most harmful first, and
    refits. It is a classifier or regressor like the estimator that it wraps; predictions never drop a row.
    Around a whole Pipeline it takes raw DataFrames; it may also be the last step of a Pipeline, and, through
    :meth:`fit_resample`, any step of an imbalanced-learn Pipeline.

    *With validation rows* (``X_val``, ``y_val``) it never removes a row whose removal is predicted to worsen the
    target, and for a gap between groups it stops where the predicted gap reaches 0. *Without them* only gaps
    and targets of the parameters use influence: on held-out rows of the same noisy data it finds label errors no
    better than chance, so "auto" and losses use a ranking of the rows that look mislabelled instead, and always
    remove as many rows as the budget allows.

    Parameters
    ----------
    estimator : estimator or None
        The model to fit on the kept rows, Pipelines and searches included; None means LogisticRegression or
        Ridge, by the rule of the guide on models. It need not be a model that influence is known for, see `attributor`.
    target : str or Target
        What to improve: "auto", a name or an instance from :mod:`skinfluence.targets`, or one of the
        rankings "self_influence" and "out_of_fold_loss". "auto" is "loss" with ``X_val`` and
        "out_of_fold_loss" without, which found corrupted labels best in a benchmark, see the notes. In
        a sum of targets, terms that are sums over evaluation rows are divided by the evaluation weight, so
        that ``DemographicParity() + 0.5 * Loss()`` weighs a gap against a mean loss; ``influence_.verdict``
        says so.
    attributor : attributor or None
        How influence is computed, by default ``RescaledInfluence()``, with ``evaluation="moved"`` for a scorer
        (``NewtonStep`` for models whose rows are coupled, refits for a Pipeline that resamples rows); the trimmer's
        target wins over the attributor's. Its own `estimator`, if it has one, is the surrogate that is attributed;
        otherwise the trimmer's estimator, or, where that is not supported, a linear model behind the same steps.
    budget : int or float
        Largest number of rows to remove: an int counts rows, a float in [0, 1) is a fraction.
    strategy : {"one_shot", "iterative"}
        "one_shot" takes all rows by the scores of the full model, algorithm 2 of [1]_. "iterative" refits and
        scores again after every `step`, and stops when the measured target gets worse, or a gap changes its
        sign. Attacks (``target="adversarial_loss"`` and similar) never stop it: ``path_["measured"]`` is against an
        attacker who moves the rows anew for each refitted model, the prediction against one who does not.
    step : int or float
        Rows between two scorings of "iterative", as `budget`; at least one.
    cv : int, splitter, iterable or None
        Folds for cross-fitting without ``X_val``; None means 5.
    memory : str, joblib.Memory or None
        Where scores are cached. They do not depend on the budget, so a search over budgets computes them once
        a fold; give an int `random_state` with it.
    n_jobs : int or None
        Processes for the folds; the answer is the same for every number.
    random_state : int, RandomState or None
        Seed for the folds.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on the kept rows. Not set by :meth:`fit_resample`.
    sample_indices_ : ndarray of int
        Positions of the kept rows, ascending.
    trimmed_indices_ : ndarray of int
        Positions of the removed rows, the most harmful first.
    influence_ : Influence of shape (n,)
        Scores of all rows before any removal, with estimand, unit, sign and verdict.
    path_ : dict of ndarray
        ``budget`` (rows removed, from 0 to the final number), ``predicted`` and ``measured`` value of the
        target there: on ``X_val`` or on held-out folds, by refitting the surrogate. nan for values that a ranking
        does not predict, and that :meth:`fit_resample` does not measure.
    surrogate_ : estimator or None
        The unfitted model that rows were chosen for in the place of `estimator`; None where that was used.
    classes_ : ndarray
        Classifiers only.
    sampling_strategy_ : dict
        Number of kept rows of each class; empty for regressors.
    n_features_in_, feature_names_in_
        Of the rows given to fit, where they have them.

    See Also
    --------
    DataTrimmerCV : Chooses the budget.
    ValidationSet : Validation rows that a cross-validation cannot cut.

    Notes
    -----
    Why "auto" is a ranking without ``X_val``: on ten real sets with 15 % of labels corrupted, at random / with a
    pattern, the AUC for finding them was 0.83 / 0.72 for the out-of-fold loss, 0.81 / 0.72 for self-influence,
    0.58 / 0.54 for influence on held-out folds, and 0.71 / 0.82 for influence on 100 clean validation rows. The latter
    raised the test score by 0.6 / 5.3 points, the rankings by 0.4 to 0.6 / 1.1 to 1.2: a few clean validation rows
    are better than any ranking when errors have a pattern (``benchmarks/results/trimming_default.md``).

    The last row of a class is never removed. A row of sample weight w is one row, whose deletion removes w; rows of
    weight 0 stay where they are. Trim inside a cross-validation, never before: trimmed test rows score too well.

    As a *middle* step of an imbalanced-learn Pipeline (0.14) a trimmer gets X_val untransformed, and with
    metadata routing off no fit argument at all, without a warning; put the trimmer around that Pipeline instead.
    Rows are then removed before they are resampled, by refits of the whole Pipeline; ``attributor=RescaledInfluence()``
    is fast, and ranks by a linear model behind the same steps without samplers.

    Cost: one fit of the surrogate, one factorisation and one solve (times the number of folds where
    cross-fitted, times the number of rounds for "iterative"), and one fit of the estimator.

    References
    ----------
    .. [1] Chhabra, Li, Mohapatra and Liu, "What data benefits my classifier?", ICLR 2024, algorithm 2.

    Examples
    --------
    The mean model y = b, one outlier, and a validation row with label 0:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((4, 1)), np.array([0.0, 0.0, 0.0, 8.0])
    >>> trimmer = DataTrimmer(Ridge(), budget=1).fit(X, y, X_val=[[0.0]], y_val=[0.0])
    >>> trimmer.trimmed_indices_, trimmer.path_["measured"]
    (array([3]), array([2., 0.]))
    """

    __metadata_request__fit = ROUTED
    __metadata_request__fit_resample = ROUTED
    __metadata_request__score = {"sample_weight": True}

    def __init__(
        self,
        estimator: Estimator | None = None,
        *,
        target: str | Target = "auto",
        attributor: Any = None,
        budget: int | float = 0.05,
        strategy: str = "one_shot",
        step: int | float = 0.01,
        cv: Any = None,
        memory: Any = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.target = target
        self.attributor = attributor
        self.budget = budget
        self.strategy = strategy
        self.step = step
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        X: Features,
        y: Labels | None = None,
        *,
        X_val: Any = None,
        y_val: Labels | None = None,
        sample_weight_val: Weights = None,
        sensitive_features: Any = None,
        sensitive_features_val: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Find the rows to drop, and fit the estimator on the others.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list of n rows
            Training rows as the estimator takes them.
        y : array-like of shape (n,) or (n, K)
            Labels.
        X_val : array-like, DataFrame or ValidationSet, optional
            Validation rows, if possible with correct labels, as X: raw around a Pipeline. Inside GridSearchCV pass a
            :class:`ValidationSet`.
        y_val, sample_weight_val : array-like of shape (m,), optional
            Their labels and weights.
        sensitive_features : array-like of shape (n,), str or list of str, optional
            Groups of the training rows, used where a gap is cross-fitted, or the columns of X and X_val that
            hold groups.
        sensitive_features_val : array-like of shape (m,), optional
            Groups of the evaluation rows.
        **fit_params
            ``sample_weight`` (n,) weighs rows in the scores and in the fit, where it goes to the last step of
            a Pipeline. All others go to the estimator's fit; what is aligned with the rows is cut with them.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Parameters out of range; evaluation rows that contradict each other; a target without a better
            direction.
        UnsupportedTargetError
            The target is not defined for this model or on these rows; its groups are missing or cannot be
            read.
        UnsupportedEstimatorError
            The attributor's own estimator is not supported.

        Warns
        -----
        TrimmingWarning
            A surrogate stands for the estimator; X_val has as many rows as X, or lies far from it; "auto" does not
            use the sensitive features; the target got worse against the prediction.
        """
        plan, params = self._prepare(
            X,
            y,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
            sensitive_features=sensitive_features,
            sensitive_features_val=sensitive_features_val,
            **fit_params,
        )
        path = self._trim(plan, params)
        self.estimator_ = fit_on(plan.estimator, plan.rows, self.sample_indices_, params)
        plan.measure_end(path, self.sample_indices_, self.estimator_, self.n_jobs)
        if hasattr(self.estimator_, "classes_"):
            self.classes_ = self.estimator_.classes_
        return self

    def fit_resample(self, X: Features, y: Labels, **fit_params: Any) -> tuple[Any, Any]:
        """Find the rows to drop, and return the others; the estimator is not fitted.

        Parameters
        ----------
        X, y
            As for :meth:`fit`; y may be one-hot.
        **fit_params
            The arguments of :meth:`fit` that concern the choice of rows, ``sample_weight`` among them.

        Returns
        -------
        X, y
            The kept rows, in the containers, types and order in which they came.
        """
        plan, unknown = self._prepare(X, class_labels(y), **fit_params)
        if unknown:
            raise TypeError(f"fit_resample fits no estimator, so it does not take {sorted(unknown)}; pass them to fit")
        self._trim(plan, {})
        if is_classifier(plan.estimator):
            self.classes_ = np.unique(plan.rows.y)
        kept = self.sample_indices_
        return take_rows(X, kept, len(plan.rows)), take_rows(y, kept, len(plan.rows))

    def _prepare(self, X, y, X_val=None, sensitive_features=None, sample_weight=None, **others):
        """The plan, and the remaining arguments of fit, for the estimator's fit."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        validate_data(self, X, skip_check_array=True)
        X, y = indexable(X), indexable(y)
        if sample_weight is not None:
            blank = np.empty(count_rows(X))
            sample_weight = _check_sample_weight(sample_weight, blank, ensure_non_negative=True)
        rows = TrainingRows(X, y, sample_weight, sensitive_features).check()
        aligned = {name: others.pop(name, None) for name in ALIGNED_WITH_X_VAL}
        validation = validation_set(X, X_val, aligned, sensitive_features)
        return self._plan(rows, validation), self._estimator_params(others)

    def _plan(self, rows, validation):
        return make_plan(
            self.estimator,
            self.attributor,
            self.target,
            rows,
            validation,
            cv=self.cv,
            memory=self.memory,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )

    def _trim(self, plan, params):
        """Choose the rows and record the choice."""
        path = plan.path(self._choose_rows(plan, params), self.strategy, self.step)
        self.trimmed_indices_ = path.order
        self.sample_indices_ = np.setdiff1d(np.arange(len(plan.rows)), path.order)
        self.influence_, self.path_, self.surrogate_ = path.influence, path.summary(), plan.surrogate
        self.sampling_strategy_ = (
            kept_by_class(plan.rows.y, self.sample_indices_) if is_classifier(plan.estimator) else {}
        )
        return path

    def _choose_rows(self, plan, params):
        """Largest number of rows to remove."""
        return rows_in_budget(self.budget, len(plan.rows))
