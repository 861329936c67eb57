"""Preprocessing before a linear surrogate of an estimator that takes raw columns itself, such as boosted trees."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

__all__ = ["preprocessing"]

#: categories of one column that have a coefficient each; rarer ones share one
MOST_CATEGORIES = 50


def preprocessing(estimator: Any, X: Any) -> list[Any]:
    """Steps that make what a linear model takes of the rows that an estimator takes.

    Numbers are scaled, with missing ones imputed where the estimator takes them. Columns that hold no numbers, and
    those that the estimator itself is told are categories, are encoded one-hot; a missing category is one more.

    Parameters
    ----------
    estimator : estimator
        Without preprocessing of its own.
    X : array-like, sparse matrix or DataFrame
        Its training rows.

    Returns
    -------
    list of transformer
    """
    impute = [SimpleImputer(keep_empty_features=True)] if get_tags(estimator).input_tags.allow_nan else []
    scale = [*impute, StandardScaler(with_mean=not issparse(X))]
    categories = _categories(estimator, X)
    if not categories:
        return scale
    numbers = [column for column in _columns(X) if column not in categories]
    encode = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES)
    return [ColumnTransformer([("numbers", make_pipeline(*scale), numbers), ("categories", encode, categories)])]


def _columns(X):
    """Names of the columns of a frame, positions of others."""
    return list(X.columns) if hasattr(X, "columns") else list(range(np.shape(X)[1]) if np.ndim(X) == 2 else [])


def _categories(estimator, X):
    columns = _columns(X)
    stated = getattr(estimator, "categorical_features", None)
    if stated is None or isinstance(stated, str):
        told: set = set()
    elif np.asarray(stated).dtype == bool:
        told = {column for column, chosen in zip(columns, stated, strict=True) if chosen}
    else:
        told = {columns[entry] if isinstance(entry, int | np.integer) else entry for entry in stated}
    return [column for column in columns if column in told or (hasattr(X, "columns") and not _is_number(X[column]))]


def _is_number(column):
    kind = getattr(column.dtype, "kind", None)
    return (np.asarray(column).dtype.kind if kind is None else kind) in "iufb"
