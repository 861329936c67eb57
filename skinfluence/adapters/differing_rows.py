"""In what rows differ from those that a naive Bayes classifier or discriminant was fitted on, in words."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..structures import Sums

__all__ = ["what_differs"]


class Fact(NamedTuple):
    """Numbers of each class that the fit remembers, (K, q), those of the rows given, and words for one of them."""

    words: str
    fitted: Any
    given: np.ndarray
    names: Sequence[str]


def what_differs(final: Any, model: Sums, tolerance: float) -> str:
    """The largest difference of the rows given from what the fit remembers of its own; empty where there is none.

    Parameters
    ----------
    final : fitted estimator
        Naive Bayes, or a discriminant.
    model : Sums
        Of the rows given.
    tolerance : float
        What numbers may differ by, relative to the largest of their kind.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skinfluence.adapters.sums import sums_of
    >>> X, y = [[0.0], [1.0], [4.0], [5.0]], ["a", "a", "b", "b"]
    >>> model = sums_of(GaussianNB().fit(X, y), X, y)
    >>> what_differs(GaussianNB().fit([[0.0], [1.0], [4.0], [9.0]], y), model, 1e-6)
    "class 'b' has the mean 4.5 of x0, and in the fit 6.5"
    """
    for fact in _facts(final, model):
        fitted = np.reshape(np.asarray(fact.fitted, dtype=np.float64), (len(model.class_names), -1))
        if fitted.shape != fact.given.shape:
            return f"there are {fact.given.shape[1]} categories of all features, and in the fit {fitted.shape[1]}"
        gaps = np.abs(fitted - fact.given)
        k, j = np.unravel_index(gaps.argmax(), gaps.shape)
        if gaps[k, j] > tolerance * max(np.abs(fitted).max(), np.abs(fact.given).max()):
            there = fact.words.format(f"{fact.given[k, j]:.6g}", name=fact.names[j])
            return f"class {model.class_names[k]!r} has {there}, and in the fit {fitted[k, j]:.6g}"
    return ""


def _facts(final: Any, model: Sums) -> Iterator[Fact]:
    rows = model.form.rows
    if hasattr(final, "class_count_"):
        yield Fact("{} rows (the sum of their weights)", final.class_count_, rows.counts[:, None], [""])
    elif final.priors is None:
        yield Fact("the share {} of the rows", final.priors_, rows.counts[:, None] / len(rows), [""])
    # GaussianNB calls them theta_
    means = getattr(final, "means_", getattr(final, "theta_", None))
    if means is not None:
        sums = np.array([rows.weight[of] @ rows.X[of] for of in rows.of_class])
        yield Fact("the mean {} of {name}", means, sums / rows.counts[:, None], model.feature_names)
        return
    counted = model.theta.reshape(rows.n_classes, -1)[:, 1:]
    names = [name.partition(": ")[2] for name in model.parameter_names[1 : 1 + counted.shape[1]]]
    categories = getattr(final, "category_count_", None)
    fitted = final.feature_count_ if categories is None else np.hstack(categories)
    yield Fact("the sum {} of {name}", fitted, counted, names)
