"""The smallest set of rows whose deletion flips a conclusion."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from .._parallel import run_blocks
from .._typing import Features, Labels, Weights
from ..attributors.optimum import Optimum
from ..exceptions import UnsupportedQuestionError
from ..removal.refits import refitted
from ..removal.separation import moved_by
from ..targets import Question, Target
from .checking import check_attributor, require_optimum
from .class_margins import Margin, class_margins
from .flip_conditions import SignCondition, TargetCondition
from .growing import GrowingSearch
from .lower_bound import LowerBound, lower_bound
from .result import Flip
from .search import Search
from .significance import SignificanceCondition
from .verification import Verification, value_after

__all__ = ["smallest_flip"]

QUESTIONS = ("sign", "significance", "class", "target")
METHODS = ("adaptive", "additive")


def smallest_flip(
    attributor: Any,
    what: str,
    X: Features | None = None,
    y: Labels | None = None,
    *,
    parameter: int | str | None = None,
    level: float = 0.05,
    target: str | Target | None = None,
    threshold: float = 0.0,
    margin: float = 0.0,
    sensitive_features: Any = None,
    sample_weight: Weights = None,
    method: str = "adaptive",
    max_rows: int | float = 0.1,
    verify: bool = True,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Flip:
    """Search the smallest set of training rows whose deletion flips a conclusion.

    A conclusion that few rows can flip is not robust. The search is greedy: the set that it finds flips the conclusion,
    checked by a refit, but a smaller set may exist, of no fewer than ``lower_bound`` rows.

    Parameters
    ----------
    attributor : attributor
        Fitted, such as :class:`RescaledInfluence`.
    what : {"sign", "significance", "class", "target"}
        What should flip: the sign of `parameter`; whether `parameter` is significant at `level`; the predicted class of
        the one row in `X`; whether `target` is above or below `threshold`, such as a fairness gap.
    X, y, target, sensitive_features, sample_weight
        Evaluation rows and target, as for ``attributor.attribute``; for ``what="class"`` one row, without `y`; none
        for a parameter.
    parameter : str or int
        A name among ``attributor.problem_.parameter_names``, or a position.
    level : float
        Of the test: squared losses have a t-test with the residual variance, likelihoods a z-test with the inverse
        information. Approximate where there is a penalty.
    threshold : float
        Of ``what="target"``.
    margin : float
        How far past the threshold the quantity has to go, in its own unit: that of the coefficient, of the target, of
        the raw prediction for ``what="class"``, or a difference of p-values. A set that flips it by less than that is
        extended.
    method : {"adaptive", "additive"}
        "adaptive" deletes the best row, moves to the optimum without it, and scores all others again. "additive" ranks
        the rows once, and takes as many as are needed by the sum of their effects.
    max_rows : int or float
        Rows to delete at most, or their fraction.
    verify : bool
        Refit the user's estimator without the rows, at its own settings and with its preprocessing (what a search or
        cross-validation chose is held fixed); if the conclusion has not flipped, more rows are added, up to
        `max_rows`. Rows that turn out not to be needed are put back. Preprocessing is held fixed in the refit, and the
        verdict says so, where it is frozen or the training data exceed 256 MiB.
    n_jobs : int or None
        Threads for the other classes of ``what="class"``, and for trying which rows may be put back; None means those
        of joblib's context, or as many as BLAS has. The answer is the same for any number.
    verbose : int
        1 or 2 prints the progress of the search.

    Returns
    -------
    Flip
        ``found`` is False, with the reason, where no set of up to `max_rows` rows was found. No set of fewer than
        ``lower_bound`` rows flips the conclusion, with the reason in ``bound_note``.

    Raises
    ------
    UnsupportedQuestionError
        No standard errors or no parameters are known for the model, or it predicts no class.
    UnsupportedTargetError
        No such parameter, or a target that is not defined for the model.
    ValueError
        Bad `what`, `method`, `level`, `threshold`, `margin` or `max_rows`.

    Notes
    -----
    n P^2 to begin with, O(n P) a row that is deleted, and the refits. ``what="class"`` searches for each other
    class, the one of the smallest margin first, whose set limits the other searches.

    The lower bound is for squared losses with one output (``LinearRegression``, ``Ridge``, two classes of
    ``RidgeClassifier``), for the sign of a parameter, the class, targets that are linear in the parameters, and the
    t-test of least squares: exact for models with one parameter and for a difference of two means, with others by
    leverages, in n P^2 and some selections from n numbers. It is about refits to the optimum, up to rounding. Elsewhere
    it is 1.

    Models without an objective (neighbours, support vector machines, naive Bayes, discriminants, and any model by
    ``LeaveOneOut(method="refit")``) have classes and targets to flip: n deletions of a set a row, and one refit. Their
    votes change in steps, and the search ends where no further row alone changes anything.

    References
    ----------
    Broderick, Giordano and Meager, An automatic finite-sample robustness metric: when can dropping a little data make
    a big difference? (additive, for signs and significance).

    Examples
    --------
    The mean of 0, 1, 2 and 9 is above 1 until the last row and one of the next two are deleted:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skinfluence import RescaledInfluence, smallest_flip
    >>> X, y = np.zeros((4, 1)), np.array([0.0, 1.0, 2.0, 9.0])
    >>> attributor = RescaledInfluence(Ridge(), target="prediction").fit(X, y)
    >>> flip = smallest_flip(attributor, "target", [[0.0]], [0.0], threshold=0.9, max_rows=3)
    >>> flip.found, flip.indices, flip.actual
    (True, array([3, 2]), 0.5)
    """
    check_attributor(attributor)
    limit = _check_choices(attributor, what, parameter, level, threshold, margin, method, max_rows)
    settings = _Settings(limit, method, verify, verbose, n_jobs)
    if what in ("sign", "significance"):
        require_optimum(attributor, f"what={what!r}")
        tested = level if what == "significance" else None
        condition, verification = _of_parameter(attributor, parameter, tested, margin)
        return _bounded(attributor, condition, verification, settings)
    if what == "class":
        nearest_first = sorted(class_margins(attributor, X), key=attributor.evaluate)
        return _of_any(attributor, nearest_first, X, 0.0, margin, settings)
    given = {"target": target, "sensitive_features": sensitive_features, "sample_weight": sample_weight}
    return _of_any(attributor, [attributor.question(X, y, **given)], X, threshold, margin, settings)


class _Settings(NamedTuple):
    limit: int
    method: str
    verify: bool
    verbose: int
    n_jobs: int | None


def _of_any(attributor, questions, X, threshold, margin, settings):
    """The smallest of the sets that flip one of the questions; what the first one takes limits all others."""
    best = _flip(attributor, questions[0], X, threshold, margin, settings)
    # fixed before the others are searched for side by side: their number of threads decides nothing
    settings = settings._replace(limit=len(best) - 1) if best.found else settings
    if not settings.limit:
        return best
    others = run_blocks(
        lambda question: _flip(attributor, question, X, threshold, margin, settings), questions[1:], settings.n_jobs
    )
    fewest = min([best, *others], key=lambda flip: flip.lower_bound)
    best = min([best, *others], key=lambda flip: len(flip) if flip.found else np.inf)
    return replace(best, lower_bound=fewest.lower_bound, bound_note=fewest.bound_note)


def _bounded(attributor, condition, verification, settings):
    """The set that the search finds, and how many rows are needed at least."""
    limit, method, verify, verbose, n_jobs = settings
    search = Search(attributor, condition, limit, method, verification if verify else None, verbose, n_jobs)
    bound = lower_bound(attributor, condition, verification)
    flip = search.run(bound.rows if method == "adaptive" else None)
    if flip.found and len(flip) < bound.size:
        bound = LowerBound(1, "no bound is known: refits of the estimator do not go to the optimum")
    return replace(flip, lower_bound=bound.size, bound_note=bound.note)


def _of_parameter(attributor, parameter, level, margin):
    """The condition on a parameter, its sign where there is no level, and its verification."""
    kind, given = (SignCondition, ()) if level is None else (SignificanceCondition, (level,))
    condition = kind(attributor.problem_, parameter, *given, margin)
    # its place may be another one's in a refit without a level
    name = condition.target.name_in(attributor.problem_)
    diverging = attributor.preparation_.diverging
    if diverging is not None and moved_by(diverging, condition.direction[:, None], of_theta=True)[0]:
        raise UnsupportedQuestionError(
            f"{condition.words} has no optimum, and so no sign and no significance: the rows are separated along "
            "it; give the model a penalty"
        )
    return condition, Verification(
        attributor,
        lambda model: kind(model.problem, name, *given).before,
        lambda rows: condition.quantity(refitted(attributor.model_, rows)),
    )


def _flip(attributor, question, X, threshold, margin, settings):
    target = question.target
    words = target.words if isinstance(target, Margin) else f"target {target!r}"
    before = attributor.evaluate(question)
    verification = Verification(
        attributor,
        # a question has the features of its rows, and not the rows
        None if isinstance(X, Question) else value_after(question, X),
        lambda rows: before + attributor.actual([rows], question)[0],
    )
    if not isinstance(attributor.preparation_, Optimum):
        checked = (settings.limit, settings.method, verification if settings.verify else None, settings.verbose)
        flip = GrowingSearch(attributor, question, words, threshold, margin, *checked).run()
        return replace(flip, bound_note="no bound is known: the model has no objective")
    condition = TargetCondition(attributor.problem_, question, threshold, words, margin)
    return _bounded(attributor, condition, verification, settings)


def _check_choices(attributor, what, parameter, level, threshold, margin, method, max_rows):
    """Rows that may be deleted at most."""
    if not isinstance(what, str):
        raise TypeError(
            f"what names what should flip, and comes before X: one of {QUESTIONS}; got {type(what).__name__}"
        )
    for name, value, known in (("what", what, QUESTIONS), ("method", method, METHODS)):
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
    if what in ("sign", "significance") and parameter is None:
        require_optimum(attributor, f"what={what!r}")
        names = attributor.problem_.parameter_names
        raise ValueError(f"what={what!r} needs a parameter; pass parameter= one of {names[:30]}, or a position")
    if not (isinstance(level, Real) and 0 < level < 1):
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    if not (isinstance(threshold, Real) and np.isfinite(threshold)):
        raise ValueError(f"threshold must be a finite number, got {threshold!r}")
    if not (isinstance(margin, Real) and 0 <= margin < np.inf):
        raise ValueError(f"margin must be a finite number of at least 0, got {margin!r}")
    n_rows = attributor.model_.n_rows
    if isinstance(max_rows, Integral) and not isinstance(max_rows, bool) and 1 <= max_rows < n_rows:
        return int(max_rows)
    if isinstance(max_rows, float) and 0 < max_rows < 1:
        return max(1, int(max_rows * n_rows))
    raise ValueError(f"max_rows must be an integer from 1 to {n_rows - 1}, or a fraction of the rows, got {max_rows!r}")
