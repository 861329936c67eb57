"""Linear scores trained by ListMLE: the user's coefficients, with the queries and their lists, become a problem."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight

from ..losses import ListMLELoss
from ..models import ListMLERanker
from ..operators import Design
from ..problems import LinearProblem, ListMLEProblem, Problem
from .model import Model, ModelAdapter

__all__ = ["ListMLEAdapter", "ListMLEModel"]


class ListMLEAdapter(ModelAdapter):
    """Takes a :class:`ListMLERanker`."""

    estimators = (ListMLERanker,)

    def kind(self, estimator: Any) -> type | None:
        return LinearProblem if estimator.objects == "queries" else Problem

    def fitted(self, model: Any) -> bool | None:
        return True

    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> "ListMLEModel":
        """The scores on their training queries.

        Parameters
        ----------
        model : ListMLERanker
            The user's coefficients.
        X : array-like or sparse matrix of shape (n, p)
            Training queries.
        y : sequence of sequences of int
            Their lists.
        sample_weight : array-like of shape (n,) or None
            Weights of the queries.

        Returns
        -------
        ListMLEModel
        """
        _check_settings(model)
        adapted = ListMLEModel(model, None, None, None)
        features, lists = adapted.features(X), adapted.labels(X, y)
        if features.shape[0] != len(lists):
            raise ValueError(f"X has {features.shape[0]} queries but y has {len(lists)} lists; give one for each")
        weight = _check_sample_weight(sample_weight, features, dtype=np.float64, ensure_non_negative=True)
        return ListMLEModel(model, features, lists, weight)


@dataclass(frozen=True, eq=False)
class ListMLEModel(Model):
    """Linear scores as the methods see them.

    Parameters
    ----------
    final : ListMLERanker
        The user's coefficients.
    X : ndarray or CSR matrix of shape (n, p)
        Training queries.
    y : ndarray of int, shape (n, k)
        Their lists, filled up with -1.
    query_weight : ndarray of shape (n,)
        Their weights.
    """

    final: ListMLERanker
    X: Any
    y: Any
    query_weight: Any

    @cached_property
    def coef(self) -> np.ndarray:
        """Coefficients, (K, p)."""
        return np.asarray(self.final.coef, dtype=np.float64)

    @property
    def names(self) -> Any:
        """Names of the items, where they were given and are what is deleted."""
        given = self.final.item_names
        return None if given is None or self.final.objects == "queries" else np.asarray(given)

    @cached_property
    def problem(self) -> Any:
        """The objective at the user's coefficients."""
        final, (K, p) = self.final, self.coef.shape
        free = final.intercept is not None
        intercept = np.asarray(final.intercept, dtype=np.float64) if free else np.zeros(0)
        penalty = np.r_[np.full(K * p, float(final.alpha)), np.full(K * free, final.alpha * final.penalize_intercept)]
        theta, design = np.r_[self.coef.ravel(), intercept], Design(self.X, K, free)
        items, features = _names(final.item_names, K, "item"), _names(final.feature_names, p, "x")
        problem = ListMLEProblem(design, self.y, theta, self.query_weight, penalty, items, features)
        if final.objects == "items":
            return problem
        null = problem.curvature().null_directions
        return LinearProblem(
            design=design,
            y=self.y,
            loss=ListMLELoss(),
            theta=theta,
            sample_weight=self.query_weight,
            penalty=penalty,
            null_directions=null if null.shape[1] else None,
            feature_names=features,
            output_names=items,
        )

    def within_tolerance(self) -> bool:
        """Whether the gradient is all rounding: where no item matters to others, their effects are no unit for it."""
        return self.problem.relative_gradient() < 1e-12

    @property
    def n_features(self) -> int:
        """Features of a query."""
        return self.coef.shape[1]

    def features(self, X: Any) -> Any:
        """Queries as float64, dense or CSR."""
        X = check_array(X, accept_sparse="csr", dtype=np.float64)
        if X.shape[1] != self.coef.shape[1]:
            raise ValueError(f"X has {X.shape[1]} features, but coef has {self.coef.shape[1]} columns")
        return X

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Lists as an integer array, filled up with -1."""
        lists = [np.atleast_1d(np.asarray(one)) for one in y]
        filled = np.full((len(lists), max([1, *map(len, lists)])), -1)
        for row, one in zip(filled, lists, strict=True):
            row[: len(one)] = _checked_list(one, len(self.coef))
        return filled

    def refitted(self, rows: np.ndarray) -> Any:
        """The objective without the objects, at the coefficients of all: the user's own training is not known here."""
        return self.problem.without(rows)


def _checked_list(items, n_items):
    """Positions of distinct items, then nothing but -1."""
    if items.size == 0:
        return items
    if not np.issubdtype(items.dtype, np.integer):
        raise ValueError(f"a list must hold positions of items, integers in [0, {n_items}), got {items.dtype}")
    known = items[items >= 0]
    if items.min() < -1 or items.max() >= n_items or (items[: len(known)] < 0).any():
        raise ValueError(
            f"a list must hold positions in [0, {n_items}), best first, filled up with -1 at its end; got {items}"
        )
    if len(np.unique(known)) < len(known):
        raise ValueError(f"a list must name each item once, got {items}")
    return items


def _names(given, n, default):
    return tuple(f"{default}{k}" for k in range(n)) if given is None else tuple(map(str, given))


def _check_settings(ranker):
    coef = np.asarray(ranker.coef, dtype=np.float64)
    if coef.ndim != 2 or not np.isfinite(coef).all():
        raise ValueError(f"coef must be a finite array (items, features), got shape {coef.shape}")
    if ranker.intercept is not None and np.shape(ranker.intercept) != coef.shape[:1]:
        got = np.shape(ranker.intercept)
        raise ValueError(f"intercept must have shape ({len(coef)},), one number for each item, got {got}")
    if not ranker.alpha >= 0:
        raise ValueError(f"alpha must be a number of at least 0, got {ranker.alpha!r}")
    if ranker.objects not in ("items", "queries"):
        raise ValueError(f"objects must be 'items' or 'queries', got {ranker.objects!r}")
    for name, given, size in (("item", ranker.item_names, len(coef)), ("feature", ranker.feature_names, coef.shape[1])):
        if given is not None and len(given) != size:
            raise ValueError(f"{name}_names has {len(given)} names for {size} {name}s; give one for each, or None")
