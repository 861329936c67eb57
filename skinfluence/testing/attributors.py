"""Checks of attributors, whatever their formula.

Each law is a function of an unfitted attributor (its `estimator` may be fitted or not) and data; it raises an
AssertionError where the law does not hold. A normalised or diagnostic score that refuses a question by name,
with an UnsupportedQuestionError, obeys the law about that question.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from ..influence import Influence
from .closeness import OPTIMA, assert_near
from .evaluation_calls import ask, ask_first, refusal_allowed, takes_questions
from .preparation import check_block_sizes, check_clone_and_pickle, check_inputs_untouched, check_shared_preparation

__all__ = [
    "ATTRIBUTOR_LAWS",
    "attributor_rows",
    "check_attributor",
    "check_evaluation_weights",
    "check_feature_scale",
    "check_fidelity",
    "check_identical_rows_share",
    "check_meaning",
    "check_permuted_rows",
    "check_row_sums",
    "check_shapes",
    "check_top_k",
    "check_zero_weight_rows",
]


def check_shapes(attributor: Any, X: Any, y: Any, *, rtol: Any = None) -> None:
    """(n,) for all evaluation rows together, (n, m) for each; (n_groups,) and (n_groups, m) for groups of rows."""
    n, m, groups = len(y), 7, np.arange(len(y)) % 5
    fitted = clone(attributor).fit(X, y)
    if not takes_questions(fitted):
        assert len(fitted.attribute()) == n
        return
    assert ask(fitted, X[:m], y[:m]).shape == (n,)
    assert ask(fitted, X[:1], y[:1]).shape == (n,)
    with refusal_allowed():
        assert ask(fitted, X[:m], y[:m], aggregate=False).shape == (n, m)
    with refusal_allowed():
        assert ask(fitted, X[:m], y[:m], train_groups=groups).shape == (5,)
        assert ask(fitted, X[:m], y[:m], train_groups=groups, aggregate=False).shape == (5, m)


def check_row_sums(attributor: Any, X: Any, y: Any, *, rtol: float | None = OPTIMA) -> None:
    """The answer for all evaluation rows is the sum of the answers for each; also for groups of training rows."""
    fitted = clone(attributor).fit(X, y)
    if not takes_questions(fitted):
        return
    for question in ({}, {"train_groups": np.arange(len(y)) % 5}):
        with refusal_allowed():
            each = ask(fitted, X, y, aggregate=False, **question)
            # summands may cancel
            atol = rtol * np.abs(each).max()
            assert_near(each.sum(axis=1), ask(fitted, X, y, **question), rtol, atol, "sums over evaluation rows")


def check_top_k(attributor: Any, X: Any, y: Any, *, rtol: float | None = OPTIMA) -> None:
    """With `top_k`, the k effects on each evaluation row that are largest in the full answer, and whose they are."""
    fitted, m = clone(attributor).fit(X, y), 7
    if not takes_questions(fitted):
        return
    for question in ({}, {"train_groups": np.arange(len(y)) % 5}):
        with refusal_allowed():
            full = ask(fitted, X[:m], y[:m], aggregate=False, **question)
            atol = rtol * np.abs(full).max()
            for k in (1, 3, len(full)):
                top = fitted.attribute(X[:m], y[:m], aggregate=False, top_k=k, **question)
                largest = -np.sort(-np.abs(full), axis=0)[:k]
                assert_near(np.abs(top.values), largest, 0, atol, f"the {k} largest effects")
                assert_near(
                    top.values, np.take_along_axis(full, top.rows, axis=0), 0, atol, "effects of the rows named"
                )


def check_permuted_rows(attributor: Any, X: Any, y: Any, *, rtol: float | None = OPTIMA) -> None:
    """Training rows in another order have the same influence, in that order."""
    order = np.random.default_rng(0).permutation(len(y))
    actual = ask_first(clone(attributor).fit(X[order], y[order]), X, y)
    assert_near(actual, ask_first(clone(attributor).fit(X, y), X, y)[order], rtol, what="influences of permuted rows")


def check_identical_rows_share(attributor: Any, X: Any, y: Any, *, rtol: float | None = OPTIMA) -> None:
    """Two identical training rows have the same influence."""
    rows = np.r_[np.arange(len(y)), 0, 3]
    values = ask_first(clone(attributor).fit(X[rows], y[rows]), X, y)
    atol = 1e-3 * rtol * np.abs(values).max()
    assert_near(values[[-2, -1]], values[[0, 3]], rtol, atol, "influences of identical rows")


def check_zero_weight_rows(attributor: Any, X: Any, y: Any, *, rtol: float | None = OPTIMA) -> None:
    """A training row of weight zero has no influence, and the others have what they have without it.

    Nothing is asked of estimators whose ``fit`` takes no weights.
    """
    estimator = attributor.estimator
    if estimator is not None and not hasattr(estimator, "steps") and not has_fit_parameter(estimator, "sample_weight"):
        return
    weight = np.ones(len(y) + 2)
    weight[-2:] = 0
    rows = np.r_[np.arange(len(y)), 1, 2]
    values = ask_first(clone(attributor).fit(X[rows], y[rows], sample_weight=weight), X, y)
    assert_near(values[-2:], np.zeros_like(values[-2:]), 0, 1e-14, "influences of rows without weight")
    expected = ask_first(clone(attributor).fit(X, y), X, y)
    assert_near(values[:-2], expected, rtol, what="influences beside rows without weight")


def check_feature_scale(attributor: Any, X: Any, y: Any, *, rtol: float | None = 1e-7) -> None:
    """Features in other units, by factors of 1e-3 to 1e3, have the same influence on a model without a penalty.

    Scores that measure raw parameters by a norm are not equivariant: name the law in `expected_failures`, with that
    reason.
    """
    newton = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model = LinearRegression() if _regresses(attributor) else newton
    plain = clone(attributor).set_params(estimator=model)
    units = 10.0 ** np.linspace(-3, 3, X.shape[1])
    actual = ask_first(clone(plain).fit(X * units, y), X * units, y)
    assert_near(actual, ask_first(plain.fit(X, y), X, y), rtol, what="influences under other units of the features")


def check_evaluation_weights(attributor: Any, X: Any, y: Any, *, rtol: float | None = OPTIMA) -> None:
    """Evaluation weights multiply the effects on the rows of a loss; a weight of two is a row twice."""
    fitted = clone(attributor).fit(X, y)
    if not takes_questions(fitted):
        return
    counts = 1 + np.arange(len(y)) % 3
    copies = np.repeat(np.arange(len(y)), counts)
    weighted = ask(fitted, X, y, sample_weight=counts.astype(float))
    assert_near(weighted, ask(fitted, X[copies], y[copies]), rtol, what="effects on repeated evaluation rows")
    with refusal_allowed():
        each = ask(fitted, X, y, aggregate=False)
        assert_near(weighted, each @ counts, rtol, what="effects on weighted evaluation rows")


def check_meaning(attributor: Any, X: Any, y: Any, *, rtol: float | None = None) -> None:
    """Every answer says what it is: estimand, unit, sign, method, verdict, stationarity, names."""
    fitted = clone(attributor).fit(X, y)
    influence = fitted.attribute(X, y) if takes_questions(fitted) else fitted.attribute()
    assert isinstance(influence, Influence)
    for fact in ("estimand", "unit", "sign", "method", "verdict", "target"):
        said = getattr(influence, fact)
        assert isinstance(said, str), f"{fact} is {said!r}"
        assert said.strip(), f"{fact} says nothing"
    assert isinstance(influence.stationarity, float)
    assert len(influence.row_names) == len(y)
    assert influence.method in repr(influence)
    check_is_fitted(fitted)
    assert fitted.n_features_in_ == X.shape[1]


def check_fidelity(attributor: Any, X: Any, y: Any, *, rtol: Any = None) -> None:
    """Where an attributor predicts effects, they rank random deletions as refits do: correlation above 0.9."""
    fitted = clone(attributor).fit(X, y)
    if not getattr(fitted, "predicts", False) or not hasattr(fitted, "score"):
        return
    with refusal_allowed():
        # sets of one row, which are what every method speaks about
        third = slice(len(y) // 3)
        score = fitted.score(X[third], y[third], n_removals=10, removal_size=1)
        assert score > 0.9, f"rank correlation of predicted and actual effects is {score:.3f}"


ATTRIBUTOR_LAWS = (
    check_shapes,
    check_row_sums,
    check_top_k,
    check_shared_preparation,
    check_permuted_rows,
    check_identical_rows_share,
    check_zero_weight_rows,
    check_feature_scale,
    check_block_sizes,
    check_clone_and_pickle,
    check_inputs_untouched,
    check_evaluation_weights,
    check_meaning,
    check_fidelity,
)


def check_attributor(attributor: Any, X: Any = None, y: Any = None, *, expected_failures: Collection[str] = ()) -> None:
    """Run every law of :data:`ATTRIBUTOR_LAWS` on one attributor.

    Parameters
    ----------
    attributor : attributor
        Unfitted.
    X : ndarray of shape (n, p), optional
        Training rows; made up for the kind of estimator when left out.
    y : ndarray of shape (n,), optional
        Labels.
    expected_failures : dict or iterable of str
        Names of laws that the attributor does not obey, best as keys of their reasons.

    Raises
    ------
    AssertionError
        Where a law does not hold, or holds against expectation.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skinfluence import InfluenceFunctions
    >>> check_attributor(InfluenceFunctions(Ridge()))
    """
    if X is None:
        X, y = attributor_rows(attributor)
    for law in ATTRIBUTOR_LAWS:
        if law.__name__ not in expected_failures:
            law(attributor, X, y)
            continue
        try:
            law(attributor, X, y)
        except Exception:
            continue
        raise AssertionError(f"{law.__name__} holds, but is among the expected failures")


def attributor_rows(attributor: Any) -> tuple[Any, Any]:
    """A small table on which no leverage is extreme and no classes are separated."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 3))
    signal = X @ [1.0, -0.5, 0.2] + generator.normal(size=40)
    return X, signal if _regresses(attributor) else (signal > 0).astype(int)


def _regresses(attributor):
    return attributor.estimator is not None and is_regressor(attributor.estimator)
