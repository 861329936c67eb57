"""Columns of a DataFrame as numbers that a tree splits on, and what the numbers stand for in its rules."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

__all__ = ["DAY", "ColumnCodes"]

#: numbers of a tree are float32, which has whole seconds of some decades only as days since the first one
DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")


@dataclass(frozen=True)
class ColumnCodes:
    """How the columns of one table are encoded.

    Parameters
    ----------
    categories : dict of int to list
        Of columns that hold categories (strings, booleans, categories): these, in the order of their codes.
    origins : dict of int to datetime64
        Of columns that hold dates: the one that is 0, from which days are counted.
    """

    categories: dict[int, list]
    origins: dict[int, Any]

    @classmethod
    def learn(cls, X: Any, response: Any) -> Self | None:
        """Codes for a DataFrame with columns that hold no numbers; None for all other tables.

        Categories are put in the order of the mean response, in which one split finds the best two halves.
        """
        if not hasattr(X, "columns"):
            return None
        response = np.asarray(response, dtype=np.float64)
        response = response.reshape(len(response), -1).mean(axis=1)
        categories: dict = {}
        origins: dict = {}
        plain = True
        for j, name in enumerate(X.columns):
            values = _values(X[name])
            plain &= np.asarray(X[name]).dtype.kind in "iuf"
            if values.dtype.kind == "M":
                origins[j] = np.nanmin(values) if not np.isnat(values).all() else np.datetime64(0, "us")
            elif values.dtype.kind == "O":
                categories[j] = _ordered(name, values, response)
        return None if plain else cls(categories, origins)

    def encode(self, X: Any) -> np.ndarray:
        """The table as float64, missing entries as nan.

        Raises
        ------
        ValueError
            A category that was not seen in fit, or a column that held something else then.
        """
        if not hasattr(X, "columns"):
            raise ValueError(
                f"the tree was fitted on a DataFrame with columns that hold no numbers, got {type(X).__name__}; pass a "
                "DataFrame with the same columns"
            )
        columns = [self._encoded(j, name, _values(X[name])) for j, name in enumerate(X.columns)]
        return np.column_stack(columns).astype(np.float64)

    def _encoded(self, j, name, values):
        kind = "O" if j in self.categories else "M" if j in self.origins else "f"
        if values.dtype.kind != kind and not (values.dtype.kind == "f" and np.isnan(values).all()):
            known = {"O": "categories", "M": "dates", "f": "numbers"}
            raise ValueError(
                f"column {name!r} holds {known[values.dtype.kind]}, but held {known[kind]} in fit; give it the same "
                "type"
            )
        if values.dtype.kind == "f":
            return values
        if kind == "M":
            days = (values - self.origins[j]).astype("m8[us]")
            return np.where(np.isnat(days), np.nan, days.astype(np.float64) / DAY)
        position = {value: code for code, value in enumerate(self.categories[j])}
        unknown = next((v for v in values.tolist() if v is not None and v not in position), None)
        if unknown is not None:
            raise ValueError(
                f"column {name!r} holds {unknown!r}, which was not seen in fit; known are {self.categories[j]}; drop "
                "these rows, or make the entry missing"
            )
        return np.array([np.nan if value is None else position[value] for value in values.tolist()])


def _values(column: Any) -> np.ndarray:
    """A column as float64, as dates, or as objects in which None is missing."""
    kind = getattr(column.dtype, "kind", None) or np.asarray(column).dtype.kind
    # dates with a time zone are objects with this kind in pandas
    if kind == "M":
        values = np.asarray(column.dt.tz_convert(None) if getattr(column.dtype, "tz", None) else column)
        return values.astype("M8[us]")
    if kind == "m":
        return np.asarray(column).astype("m8[us]").astype(np.float64)
    if kind in "iuf":
        return np.asarray(column.astype(np.float64) if hasattr(column, "iloc") else column, dtype=np.float64)
    values = np.asarray(column, dtype=object)
    missing = [value is None or value != value or type(value).__name__ == "NAType" for value in _safe(values)]
    return np.where(missing, None, values)


def _safe(values):
    """Entries that can be compared with themselves: pandas' NA cannot."""
    return [None if type(value).__name__ in ("NAType", "NaTType") else value for value in values.tolist()]


def _ordered(name, values, response):
    present = np.array([value is not None for value in values], dtype=bool)
    try:
        found, codes = np.unique(values[present], return_inverse=True)
    except TypeError:
        kinds = sorted({type(value).__name__ for value in values[present]})
        raise ValueError(
            f"column {name!r} mixes entries of types {', '.join(kinds)}; convert them to strings"
        ) from None
    mean = np.bincount(codes, response[present], len(found)) / np.maximum(np.bincount(codes, minlength=len(found)), 1)
    return [found[k] for k in np.argsort(mean, kind="stable")]
