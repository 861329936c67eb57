"""A fitted estimator and its training rows: what attributors and diagnostics have in common."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from .._typing import Labels, Weights
from ..adapters import adapt, as_row_blocks, check_reads, default_estimator, fit_estimator, is_fitted, requires_y
from ..problems import Problem
from .kept import Given, Watched, given, own_data, own_estimator, watch

__all__ = ["KEPT", "FittedOnRows", "check_some_rows"]

#: attributes that hold data given to fit, or watch them
KEPT = ("_frame", "_given", "_watched")


def check_some_rows(X: Any, kind: str) -> None:
    """Refuse a list without rows, which has no columns that could be checked; `kind` names the rows that are asked for.

    Raises
    ------
    ValueError
    """
    if isinstance(X, list | tuple) and not X:
        raise ValueError(f"X holds no {kind} rows, and at least one is needed; pass some")


class FittedOnRows(BaseEstimator, ABC):
    """A fitted estimator, its training rows, and what a method prepares of them."""

    #: kinds of problems and structures that the method can use; None: any estimator, by refits
    reads: tuple[type, ...] | None = (Problem,)
    #: it fits whole estimators again, preprocessing and all
    refits_whole = False
    #: training rows may lie in blocks
    _takes_blocks = False
    #: the training rows as a DataFrame, where they came as one: its columns may hold groups
    _frame: Any = None
    #: what was given to fit, where a copy of it is kept
    _given: Given | None = None
    #: data of the caller that were too large for a copy
    _watched: Watched | None = None

    def fit(self, X: Any = None, y: Labels | None = None, sample_weight: Weights = None) -> Self:
        """Adapt the estimator, factor the Hessian of its objective, and polish the parameters to stationarity.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n, p); or RowBlocks
            Training rows as the estimator takes them, before the preprocessing of a Pipeline. Rows that do not fit into
            memory: a :class:`RowBlocks` without `y`, Dask collections, or a ``numpy.memmap`` of 1 GiB or more; the
            estimator has to be fitted.
        y : array-like of shape (n,) or (n, K)
            Training labels; None for models that read them from the columns of `X`.
        sample_weight : array-like of shape (n,) or None
            The weights that the estimator was (or is to be) fitted with.

        Returns
        -------
        self

        Raises
        ------
        UnsupportedEstimatorError
            The estimator, or one of its settings, has no exact treatment; the message has the way out.
        StationarityError
            The rows cannot be those that the fitted estimator was trained on.
        SingularCurvatureError
            The objective has no unique optimum.
        ValueError
            Bad data or parameters.

        Notes
        -----
        A fitted estimator is used as it is and left untouched; an unfitted one, as after ``clone``, is cloned and
        fitted on `X`, `y`. Wrap a fitted one in ``FrozenEstimator`` where it must survive ``clone`` (inside a
        Pipeline or a search).

        Training data up to 256 MiB are copied, so that the caller may edit them afterwards. Larger ones are not: an
        answer after an edit in place is refused.
        """
        self._check_parameters()
        willing = self._takes_blocks and self.estimator is not None and is_fitted(self.estimator)
        if (blocks := as_row_blocks(X, y, sample_weight, willing)) is not None:
            return self._fit_blocks(blocks)
        self._check_given(X, y)
        X, y, sample_weight = map(own_data, (X, y, sample_weight))
        self._given = given(X, y, sample_weight)
        self._frame = X if hasattr(X, "columns") else None
        estimator = default_estimator(y) if self.estimator is None else self.estimator
        prefit = is_fitted(estimator)
        check_reads(estimator, type(self).__name__, self.reads, whole=self.refits_whole)
        fitted = estimator if prefit else fit_estimator(estimator, X, y, sample_weight)
        self.estimator_ = fitted if X is None else own_estimator(fitted, _num_samples(X))
        self.names_ = None if not hasattr(X, "index") or callable(X.index) else np.asarray(X.index)
        self.model_ = self._adapt(X, y, sample_weight)
        self._watched = watch(self.model_, X=X, y=y, sample_weight=sample_weight)
        if self.model_.classes is not None:
            self.classes_ = self.model_.classes
        if self.model_.names is not None:
            self.names_ = self.model_.names
        self.preparation_ = self._prepare(prefit)
        return self

    def _check_given(self, X, y):
        """Refuse missing labels and tables without rows, and learn the names of the columns."""
        if y is None and requires_y(self.estimator):
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        check_some_rows(X, "training")
        if X is not None:
            validate_data(self, X, skip_check_array=True)

    def _adapt(self, X, y, sample_weight):
        return adapt(self.estimator_, X, y, sample_weight)

    def _check_fitted(self):
        check_is_fitted(self, "preparation_")
        if self._watched is not None:
            self._watched.check()

    @property
    def training_data_(self) -> Given | None:
        """X, y and sample_weight as given to fit; None where they are too large for a copy, or lie in blocks."""
        self._check_fitted()
        return self._given

    def _held(self, name, field):
        """A field of the preparation, which has this public name.

        Raises
        ------
        AttributeError
            Before ``fit``.
        """
        if "preparation_" not in vars(self):
            self._check_fitted()
        return getattr(self.preparation_, field)

    @abstractmethod
    def _check_parameters(self):
        """Refuse bad arguments of the constructor."""

    @abstractmethod
    def _fit_blocks(self, blocks):
        """``fit`` for training rows in blocks, or a refusal of these."""

    @abstractmethod
    def _prepare(self, prefit):
        """What the method's answers are made of; frozen."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        return tags
