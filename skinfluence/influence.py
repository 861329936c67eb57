"""Influence: one number per training row (or group), and its meaning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from ._influence_arithmetic import Arithmetic, RowValues
from ._optional import require

__all__ = ["Influence"]


@dataclass(frozen=True, repr=False)
class Influence(Arithmetic):
    """Effects of deleting training rows, an array with its meaning.

    ``influence.values[i]`` is the predicted (or exact) value of *f after deleting row i and refitting, minus f*, in the
    unit of the target f. Positive: the deletion raises f; for a loss, positive marks a helpful row.

    Influences of one estimand and unit, on the same rows, add and subtract; they multiply and divide, also by numbers.
    ``pandas.Series(influence)`` is indexed by the names of the rows; ``influence[i]`` and `top` are by position.

    Parameters
    ----------
    values : ndarray of shape (n_train,), (n_train, n_eval), (n_groups,) or (k, n_eval)
        The effects.
    estimand : str
        The quantity that the values predict, in words.
    unit : str
        Unit of the values.
    sign : str
        What a positive value means.
    method : str
        How they were computed.
    verdict : str
        Quality of the numerical results: solver, conditioning, convergence, rows without an answer.
    stationarity : float
        How far the fitted estimator was from the optimum, in multiples of the effect of deleting a typical row; below
        0.1 it had converged. The values are those at the optimum, unless the attributor has ``polish=False``.
    names : ndarray
        One name per training row or group: the index of a DataFrame, group labels, or positions.
    target : str
        Name of f.
    greater_is_better : bool or None
        Whether a larger f is better; None when f has no better direction.
    rows : ndarray of int, shape (k, n_eval), or None
        Where only the k largest effects on each evaluation row were kept: positions of the training rows (or groups)
        that have them, ``values[r, j]`` being the effect of ``rows[r, j]`` on evaluation row j, largest first.
    predicts : bool
        The values are changes of f; False: they rank rows, in a unit of their own.
    standard_error : ndarray or None
        Standard errors of the values, of the same shape, where these are estimated from random draws.

    Examples
    --------
    >>> influence = Influence(np.array([0.5, -2.0, 1.0]))
    >>> influence.top(2, harmful=True)
    array([1, 0])
    >>> float(np.asarray(influence).sum())
    -0.5
    """

    values: np.ndarray
    estimand: str = "f after deleting the row and refitting, minus f"
    unit: str = "unit of f"
    sign: str = field(default="positive: deleting the row raises f", kw_only=True)
    method: str = ""
    verdict: str = ""
    stationarity: float = float("nan")
    names: np.ndarray | None = None
    target: str = "f"
    greater_is_better: bool | None = False
    rows: np.ndarray | None = None
    predicts: bool = True
    standard_error: np.ndarray | None = None

    def __post_init__(self):
        object.__setattr__(self, "values", np.asarray(self.values).view(RowValues))

    def __iter__(self) -> Iterator[Any]:
        return iter(np.asarray(self.values))

    def __contains__(self, value: Any) -> bool:
        return value in np.asarray(self.values)

    def keys(self) -> np.ndarray:
        """Names of the rows, in their order, by which pandas indexes a Series.

        ``dict(zip(influence.row_names, influence))`` is a dict; ``dict(influence)`` would take the names for positions.

        Raises
        ------
        ValueError
            Where there is more than one value for each row.
        """
        if np.ndim(self.values) != 1:
            raise ValueError(f"a Series has one value a row, but the values have shape {self.shape}; use to_frame()")
        return self.row_names

    def sum(self, axis: int | None = None, **options: Any) -> Any:
        """Sum of the values, over all or along an axis."""
        return np.asarray(self.values).sum(axis=axis, **options)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype, copy=True if copy is None else copy)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, key):
        return self.values[key]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.values.shape

    @property
    def row_names(self) -> np.ndarray:
        """One name per training row or group, positions where none were given; (k, n_eval) where `rows` is."""
        if self.rows is not None:
            return self.rows if self.names is None else np.asarray(self.names)[self.rows]
        return np.arange(len(self.values)) if self.names is None else np.asarray(self.names)

    @property
    def gain(self) -> np.ndarray:
        """Improvement of the target by the deletion, positive = deleting the row makes f better, like ``values``.

        Raises
        ------
        ValueError
            When the target has no better direction.
        """
        if self.greater_is_better is None:
            raise ValueError(
                f"the target {self.target!r} has no better direction, so no row is helpful or harmful; "
                "read the signed values instead"
            )
        return self.values if self.greater_is_better else -self.values

    def top(self, k: int = 10, *, harmful: bool = False, names: bool = False) -> np.ndarray:
        """Positions, or names, of the k rows whose deletion changes f most, largest first.

        Parameters
        ----------
        k : int
            How many.
        harmful : bool
            False ranks by absolute effect; True by how much the deletion *improves* f.
        names : bool
            False gives positions, for arrays and ``.iloc``; True gives names, for ``.loc`` and ``.drop``.

        Returns
        -------
        ndarray of int, or of names
        """
        if np.ndim(self.values) != 1:
            kept = "the largest of each column are kept already, see rows" if self.rows is not None else "take a column"
            raise ValueError(
                f"top ranks one number per row, but the values have shape {self.shape}; {kept}, or attribute with "
                "aggregate=True"
            )
        order = np.argsort(self.gain if harmful else np.abs(self.values), kind="stable")[::-1]
        order = order[~np.isnan(self.values[order])]
        return self.row_names[order[:k]] if names else order[:k]

    def to_frame(self, X: Any = None) -> Any:
        """A pandas DataFrame, indexed by row name.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_train, p), optional
            The training rows, whose columns are put beside the values.

        Returns
        -------
        pandas.DataFrame
            Column ``influence``, or one column for each evaluation row. With `rows`, one line for each value, with
            ``evaluation_row``, ``rank`` (from 0), ``position`` and ``influence``.
        """
        pandas = require("pandas", "cli", "Influence.to_frame")
        frame = self._frame(pandas)
        if X is None:
            return frame
        table = self._checked_table(pandas.DataFrame(X))
        positions = np.arange(len(frame)) if self.rows is None else frame["position"]
        return frame.join(table.iloc[positions].set_axis(frame.index), rsuffix=" of the row")

    def _checked_table(self, table):
        """Training rows, which have to be those of the values."""
        if self.rows is None and len(table) != len(self):
            raise ValueError(
                f"X has {len(table)} rows, but there are {len(self)} values; pass the training rows of fit, or leave X "
                "out where values are of groups"
            )
        if self.names is not None and self.rows is None and not np.array_equal(table.index, self.names):
            raise ValueError(
                "the index of X is not that of the training rows, so that values would stand beside other rows; pass "
                "the X of fit, in its order"
            )
        return table

    def _frame(self, pandas):
        if self.rows is None:
            columns = ["influence"] if np.ndim(self.values) == 1 else None
            return pandas.DataFrame(np.asarray(self.values), index=self.row_names, columns=columns)
        rank, evaluation_row = np.indices(self.shape)
        columns = {"evaluation_row": evaluation_row, "rank": rank, "position": self.rows, "influence": self.values}
        columns = {name: table.ravel("F") for name, table in columns.items()}
        return pandas.DataFrame(columns, index=self.row_names.ravel("F"))

    def with_values(self, values: np.ndarray, **changes: Any) -> Self:
        """Other values with the same meaning."""
        return replace(self, values=values, **changes)

    def _fitted_line(self):
        if np.isnan(self.stationarity):
            return []
        return [f"  estimator     off the optimum by {self.stationarity:.2g} times the effect of a typical row"]

    def _largest(self, k):
        """Positions of the largest values, where rows have names."""
        return self.top(k) if self.names is not None and np.ndim(self.values) == 1 else []

    def __repr__(self):
        counted = f"{len(self.values)} {'rows' if self.names is None else 'named rows'}"
        if self.rows is not None:
            counted = f"the {len(self.values)} largest rows for each of {self.shape[1]} evaluation rows"
        largest = ", ".join(f"{self.row_names[i]}: {self.values[i]:.4g}" for i in self._largest(3))
        lines = [
            f"Influence of {counted} by {self.method}",
            f"  estimand      {self.estimand}",
            f"  target        {self.target} (greater is better: {self.greater_is_better})",
            f"  unit          {self.unit}",
            f"  sign          {self.sign}",
            *self._fitted_line(),
            f"  verdict       {self.verdict}",
            f"  values        {np.array2string(np.asarray(self.values), threshold=6, precision=4)}",
            *([f"  largest       {largest}, by name of the row"] if largest else []),
        ]
        return "\n".join(lines)


# pandas makes a Series with an index of mappings alone
Mapping.register(Influence)
