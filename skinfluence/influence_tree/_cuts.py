"""Where a tree cuts a column: the neighbouring values of X, the shortest number between them, and its text."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from scipy import sparse

from ._columns import DAY
from ._shrinkage import LEAF

__all__ = ["Category", "Column", "Date", "YesNo", "kinds_of", "neighbours"]

#: steps of a date, in microseconds, from the shortest text to the longest
DATE_STEPS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1000, 1)


@dataclass(frozen=True)
class Column:
    """A column of numbers: the shortest decimal in ``[low, high)`` is its cut."""

    def cut(self, low: float, high: float) -> float:
        """A number x with ``low <= x < high``."""
        return low if _is_calendar_date(low) and _is_calendar_date(high) else shortest_decimal(low, high)

    def text(self, cut: float) -> str:
        return f"{cut!r}".removesuffix(".0")

    def words(self, name: str, above: bool) -> str | None:
        """The condition in words where one cut says everything; None for numbers."""
        return None


@dataclass(frozen=True)
class YesNo(Column):
    """A column of zeros and ones."""

    def words(self, name: str, above: bool) -> str:
        return f"{name} is {'yes' if above else 'no'}"


@dataclass(frozen=True)
class Category(Column):
    """A column that is 1 where `feature` is `value`, and 0 elsewhere."""

    feature: str
    value: str

    def words(self, name: str, above: bool) -> str:
        return f"{self.feature} {'is' if above else 'is not'} {self.value}"


@dataclass(frozen=True)
class Date(Column):
    """A column of times, which rules show as dates in UTC.

    Parameters
    ----------
    unit : float
        Microseconds in the unit of the column, seconds by default.
    origin : int
        Microseconds from 1970 to the zero of the column.
    """

    unit: float = 1e6
    origin: int = 0

    def cut(self, low: float, high: float) -> float:
        first = self._microseconds(low)
        for step in DATE_STEPS:
            # the formula of the column itself, so that equal times are equal numbers
            cut = (-(-first // step) * step - self.origin) / self.unit
            if low <= cut < high:
                return cut
        return low

    def text(self, cut: float) -> str:
        time = np.datetime64(self._microseconds(cut), "us")
        return str(time).removesuffix(".000000").removesuffix("T00:00:00").removesuffix(":00").replace("T", " ")

    def _microseconds(self, value):
        return self.origin + round(value * self.unit)


def shortest_decimal(low: float, high: float) -> float:
    """The number with the fewest decimals, or the most zeros at its end, in ``[low, high)``.

    Of several it is the one nearest to the middle.

    Examples
    --------
    >>> shortest_decimal(0.9521, 1.0213), shortest_decimal(2019.0, 2020.0), shortest_decimal(10000.4, 10000.45)
    (1.0, 2019.0, 10000.4)
    """
    # the decimals of repr, which float() reads back: a decimal between them is a number between the two
    bottom, top = Decimal(repr(float(low))), Decimal(repr(float(high)))
    if bottom <= 0 < top:
        return 0.0
    place = max(bottom.adjusted(), top.adjusted()) + 1
    while True:
        step = Decimal(1).scaleb(place)
        first = (bottom / step).to_integral_value("ROUND_CEILING")
        middle = ((bottom + top) / 2 / step).to_integral_value("ROUND_FLOOR")
        for multiple in (max(first, middle), first):
            if multiple * step < top and _separates(float(multiple * step), low, high):
                return float(multiple * step)
        place -= 1


def _separates(cut, low, high):
    """Also where columns of lower precision are compared with the cut, which NumPy then rounds to their precision."""
    rounded = [cut]
    with np.errstate(over="ignore"):
        for precision in (np.float16, np.float32):
            if float(precision(low)) == low and float(precision(high)) == high:
                rounded.append(float(precision(cut)))
    return all(low <= number < high for number in rounded)


def _is_calendar_date(value):
    """Whether a number is a date written as 20180131."""
    if value != int(value) or not 18_000_101 <= value <= 21_991_231:
        return False
    try:
        date(int(value) // 10_000, int(value) // 100 % 100, int(value) % 100)
    except ValueError:
        return False
    return True


def neighbours(tree: Any, X: Any) -> np.ndarray:
    """For each node the largest value of its column that goes left, and the smallest that goes right.

    The tree compares single precision, which may lie between other values than those of X. Rounding keeps the order
    of values, so that the rows on each side are still those below and above a number.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
    X : ndarray or sparse matrix of shape (n_rows, n_columns)
        The training rows in the precision that they were given in.

    Returns
    -------
    ndarray of shape (n_nodes, 2)
        NaN for leaves; infinite where one side has missing values only.
    """
    found = np.full((tree.node_count, 2), np.nan)
    inner = np.flatnonzero(tree.children_left != LEAF)
    for column in np.unique(tree.feature[inner]):
        nodes = inner[tree.feature[inner] == column]
        values = np.concatenate([[-np.inf], _present(X, column), [np.inf]])
        above = np.searchsorted(values.astype(np.float32), tree.threshold[nodes], side="right")
        above = np.clip(above, 1, len(values) - 1)
        found[nodes] = np.column_stack([values[above - 1], values[above]])
    return found


def kinds_of(tree: Any, X: Any, codes: Any) -> dict[int, Column]:
    """What rules say of the columns that the tree splits: of zeros and ones, and of dates by their `ColumnCodes`."""
    columns = np.unique(tree.feature[tree.children_left != LEAF])
    kinds: dict[int, Column] = {
        int(column): YesNo() for column in columns if np.isin(_present(X, column), (0.0, 1.0)).all()
    }
    origins = {} if codes is None else codes.origins
    return kinds | {column: Date(DAY, int(origin.astype("M8[us]").astype(int))) for column, origin in origins.items()}


def _present(X, column):
    """The different values of a column, sorted, without missing ones."""
    values = X[:, [column]].toarray().ravel() if sparse.issparse(X) else X[:, column]
    values = np.unique(np.asarray(values, dtype=np.float64))
    return values[~np.isnan(values)]
