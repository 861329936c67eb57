"""The most influential set of k rows."""

from numbers import Integral
from time import perf_counter
from typing import Any

import numpy as np

from .._parallel import run_blocks
from .._typing import Features, Labels, Weights
from ..attributors.optimum import Optimum
from ..exceptions import UnsupportedQuestionError
from ..targets import Target
from .adaptive import adaptive_rows
from .candidates import Candidates
from .checking import check_attributor, require_optimum
from .growing import grown_rows
from .ratio import ratios
from .relaxed import relaxed_rows
from .result import InfluentialSubset

__all__ = ["most_influential_subset"]

SIGNS = {"increase": (1,), "decrease": (-1,), "either": (1, -1)}
#: products of the adaptive search that take a few seconds
SHORT_SEARCH = 5e7
METHODS = ("auto", "additive", "adaptive", "relaxed", "ratio")


def most_influential_subset(
    attributor: Any,
    k: int,
    X: Features | None = None,
    y: Labels | None = None,
    *,
    method: str = "auto",
    direction: str = "either",
    target: str | Target | None = None,
    sensitive_features: Any = None,
    sample_weight: Weights = None,
    verify: bool = False,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> InfluentialSubset:
    """The set of at most k training rows whose joint deletion changes a target most.

    Finding the best set of k of n rows exactly would take about n^k evaluations. All methods are approximations but
    "ratio" with one parameter, or for the difference of the means of two groups; elsewhere it finds the best of all
    sets while the other columns are not fitted anew.

    Parameters
    ----------
    attributor : attributor
        Fitted, such as :class:`RescaledInfluence`.
    k : int
        Rows to delete; fewer if no other row is predicted to change f further.
    X, y, target, sensitive_features, sample_weight
        Evaluation rows and target, as for ``attributor.attribute``; none for a target of the parameters alone.
    method : {"auto", "adaptive", "additive", "relaxed", "ratio"}
        "adaptive" deletes the best row, moves to the optimum without it, scores all others again, and so on: it finds
        rows that mask each other. "additive" takes the k rows of the largest influence by `attributor`. "relaxed"
        maximises the second-order influence of a set, pairs included, over fractions of rows, and takes the k largest.
        "ratio" solves for the largest ratio that a coefficient of a squared loss is, at the fit and again without the
        rows that it found: a few passes over the rows, whatever k is. Its effects are exact. "auto" is "adaptive",
        and for such a coefficient the better of both, or "ratio" alone where it is proved best and the adaptive search
        would take more than some seconds.
    direction : {"either", "increase", "decrease"}
        Direction in which f should change; "either" takes the larger change.
    verify : bool
        Also refit the user's estimator without the rows: the result's ``actual``.
    n_jobs : int or None
        Threads for the two directions; None means those of joblib's context, or as many as BLAS has. The answer is the
        same for any number.
    verbose : int
        1 or 2 prints the progress of the adaptive search.

    Returns
    -------
    InfluentialSubset
        ``indices`` in the order of deletion, ``effects`` after each deletion, ``proved``, ``verdict``.

    Raises
    ------
    UnsupportedQuestionError
        An attributor that predicts no changes of f, or a target or model that `method` does not support.
    UnsupportedEstimatorError
        "relaxed", for models without a Hessian of each row.
    ValueError
        Bad `k`, `method` or `direction`.

    Notes
    -----
    Additive: one ``attribute``. Adaptive: n P^2 to begin with, then O(n P) a pick, and a new factorisation where the
    curvature has moved too far; its effects are those at the optimum without the rows. Relaxed: O(n P) a step, some
    hundred steps. Ratio: O(n P) for each of at most ten sets, and k^3; for a difference of means a selection of k rows.
    Models without an objective (neighbours, support vector machines, naive Bayes, discriminants, and any model by
    ``LeaveOneOut(method="refit")``): adaptive deletes n sets a pick, and additive deletes k sets; the effects are those
    of whole sets.

    References
    ----------
    Basu, You and Feizi, On second-order group influence functions for black-box predictions, eq. 21-22 (relaxed).
    Dinkelbach, On nonlinear fractional programming, Management Science 13 (1967) (ratio).

    Examples
    --------
    The mean of 0, 1, 2 and 9 is 3, and 1 without the last and 0.5 without the last two:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skinfluence import RescaledInfluence, most_influential_subset
    >>> X, y = np.zeros((4, 1)), np.array([0.0, 1.0, 2.0, 9.0])
    >>> attributor = RescaledInfluence(Ridge(), target="prediction").fit(X, y)
    >>> subset = most_influential_subset(attributor, 2, [[0.0]], [0.0], direction="decrease", verify=True)
    >>> subset.indices, subset.effects
    (array([3, 2]), array([-2. , -2.5]))
    >>> subset.verdict
    'confirmed: predicted -2.5, the refit gives -2.5'
    """
    check_attributor(attributor)
    _check_choices(attributor, k, method, direction)
    start = perf_counter()
    question = attributor.question(
        X, y, target=target, sensitive_features=sensitive_features, sample_weight=sample_weight
    )
    found = _search(attributor, question, k, SIGNS[direction], method, n_jobs, verbose)
    rows, effects, proved, method = max(found, key=lambda one: abs(one[1][-1]) if len(one[1]) else 0.0)
    seconds = perf_counter() - start
    actual = float(attributor.actual([rows], question)[0]) if verify else None
    return InfluentialSubset(
        rows, effects, actual, method, direction, repr(question.target), attributor.names_, seconds, proved
    )


def _search(attributor, question, k, signs, method, n_jobs, verbose):
    """For each direction the rows, their effects, whether they are proved best, and the method that found them."""
    found = []
    if method in ("auto", "ratio"):
        best = ratios(attributor, question, k, signs, n_jobs)
        found = [(one.rows, one.effects, one.proved, "ratio") for one in best]
        if method == "ratio" and not found:
            raise UnsupportedQuestionError(
                "method='ratio' is for one coefficient (target=Parameter(name)) of a model of a squared loss, as "
                "LinearRegression and Ridge, with no more columns than rows, no l1 penalty, and a coefficient that no "
                f"{k} rows determine alone, and this is another question; use method='adaptive'"
            )
        if method == "ratio" or (found and _are_enough(best, attributor.problem_, k)):
            return found
        method = "adaptive"
    search = _approximation(attributor, question, k, method, verbose)
    return found + [(*one, False, method) for one in run_blocks(search, signs, n_jobs)]


def _are_enough(best, problem, k):
    """Whether the adaptive search, which fits other columns anew for each row, cannot be better or takes long."""
    long = k * problem.n_rows * problem.n_parameters > SHORT_SEARCH
    return all(one.exact or (one.proved and long) for one in best)


def _approximation(attributor, question, k, method, verbose):
    """The search in one direction."""
    if method == "relaxed":
        require_optimum(attributor, "method='relaxed'")
    if not isinstance(attributor.preparation_, Optimum):
        return lambda sign: grown_rows(attributor, question, k, sign, method, verbose)
    if method == "additive":
        values = attributor.attribute(question).values
        return lambda sign: _additive_rows(attributor, values, k, sign)
    if method == "relaxed":
        return lambda sign: relaxed_rows(attributor, question, k, sign)
    return lambda sign: adaptive_rows(attributor, question, k, sign, verbose)


def _additive_rows(attributor, values, k, sign):
    rows = np.array(Candidates(attributor.problem_).first(k, sign * values), dtype=np.intp)
    return rows, values[rows].cumsum()


def _check_choices(attributor, k, method, direction):
    n_rows = attributor.model_.n_rows
    if not isinstance(k, Integral) or isinstance(k, bool) or not 1 <= k < n_rows:
        raise ValueError(f"k must be an integer from 1 to {n_rows - 1} (there are {n_rows} training rows), got {k!r}")
    for name, value, known in (("method", method, METHODS), ("direction", direction, tuple(SIGNS))):
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
