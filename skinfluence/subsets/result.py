"""Results of searches for sets of rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Flip", "InfluentialSubset"]

#: relative error of a predicted effect up to which a refit confirms it
PREDICTION_TOL = 0.1


@dataclass(frozen=True, eq=False)
class InfluentialSubset:
    """A set of training rows whose joint deletion is predicted to change a target much.

    Parameters
    ----------
    indices : ndarray of int, shape (k,)
        Positions of the rows, in the order in which they were picked.
    effects : ndarray of shape (k,)
        Predicted f after the deletion of the first 1, 2, ..., k of them, minus f.
    actual : float or None
        f after a refit of the user's estimator without all of them, minus f; None when not verified.
    method, direction, target : str
        How the rows were chosen, and for what.
    names : ndarray or None
        One name for each training row, where there are any.
    seconds : float
        What the choice took, without the refit.
    proved : bool
        No other set of so many rows moves f further while the other columns are held as they are fitted without these
        rows. With one parameter, and for the difference of two means: at all. With more parameters another set may be
        better by the size of leverages.

    Examples
    --------
    >>> subset = InfluentialSubset(np.array([3, 2]), np.array([-2.0, -2.5]), -2.5, "adaptive", "either", "prediction")
    >>> len(subset), subset.predicted, subset.confirmed
    (2, -2.5, True)
    """

    indices: np.ndarray
    effects: np.ndarray
    actual: float | None
    method: str
    direction: str
    target: str
    names: np.ndarray | None = None
    seconds: float = float("nan")
    proved: bool = False

    def __len__(self):
        return len(self.indices)

    @property
    def predicted(self) -> Any:
        """Predicted f after the deletion of all of them, minus f."""
        return float(self.effects[-1]) if len(self.effects) else 0.0

    @property
    def row_names(self) -> np.ndarray:
        """Names of the rows, their positions where they have none."""
        return self.indices if self.names is None else self.names[self.indices]

    @property
    def confirmed(self) -> bool | None:
        """Whether the refit agrees with the prediction to 10 %, None when not verified."""
        if self.actual is None:
            return None
        return bool(abs(self.predicted - self.actual) <= PREDICTION_TOL * abs(self.actual))

    @property
    def verdict(self) -> str:
        """Whether the refit confirms the prediction, as text."""
        if self.actual is None:
            return "predicted, not verified by a refit"
        said = f"predicted {self.predicted:.4g}, the refit gives {self.actual:.4g}"
        if self.confirmed:
            return f"confirmed: {said}"
        return f"not confirmed: {said}; rank with method='adaptive', or use the refit"

    def __repr__(self):
        shown = np.array2string(np.asarray(self.row_names), threshold=8)
        return (
            f"InfluentialSubset of {len(self)} rows, {self.method}, {self.direction} {self.target}\n"
            f"  rows     {shown}\n"
            f"  verdict  {self.verdict}"
        )


@dataclass(frozen=True, eq=False)
class Flip:
    """The smallest set that was found whose deletion takes a quantity across a threshold.

    Parameters
    ----------
    found : bool
        The deletion flips the quantity: in a refit, or only as predicted where none was asked for.
    indices : ndarray of int, shape (k,)
        Positions of the rows, in the order in which they were picked; the last ones tried if none was found.
    quantity : str
        Name of the quantity.
    threshold : float
        The threshold.
    before, predicted, actual : float
        The quantity with all rows, as predicted without these, and in a refit without these (None when not verified).
    method : str
        How the rows were chosen.
    n_refits : int
        Refits of the user's estimator.
    reason : str
        Why no set was found; empty if one was found.
    names : ndarray or None
        One name for each training row, where there are any.
    refit : str
        What was refitted.
    lower_bound : int
        No set of fewer rows flips the quantity, whatever the search has found; 1 where no bound is known.
    bound_note : str
        Where the bound is from, or why none is known.

    Examples
    --------
    >>> Flip(True, np.array([7]), "parameter 'age'", 0.0, -10.0, 7.5, 7.4, "adaptive", 1).verdict
    "flipped: parameter 'age' goes from -10 to 7.5 as predicted, 7.4 in a refit without 1 row"
    """

    found: bool
    indices: np.ndarray
    quantity: str
    threshold: float
    before: float
    predicted: float
    actual: float | None
    method: str
    n_refits: int
    reason: str = ""
    names: np.ndarray | None = None
    refit: str = "a refit"
    lower_bound: int = 1
    bound_note: str = "no bound was asked for"

    def __len__(self):
        return len(self.indices)

    @property
    def row_names(self) -> np.ndarray:
        """Names of the rows, their positions where they have none."""
        return self.indices if self.names is None else self.names[self.indices]

    @property
    def smallest(self) -> bool:
        """Whether it is proved that no smaller set flips the quantity."""
        return self.found and len(self) == self.lower_bound

    @property
    def verdict(self) -> str:
        """Result, as text."""
        after = f"{self.predicted:.4g} as predicted, " + (
            "not verified by a refit" if self.actual is None else f"{self.actual:.4g} in {self.refit}"
        )
        rows = "1 row" if len(self) == 1 else f"{len(self)} rows"
        moved = f"{self.quantity} goes from {self.before:.4g} to {after} without {rows}"
        if self.found:
            return f"flipped: {moved}"
        return f"not flipped: {self.reason}; {moved}, and the threshold is {self.threshold:.4g}"

    def __repr__(self):
        shown = np.array2string(np.asarray(self.row_names), threshold=8)
        return (
            f"Flip of {self.quantity}, {self.method}\n"
            f"  rows     {shown}\n"
            f"  at least {self.lower_bound} ({self.bound_note})\n"
            f"  verdict  {self.verdict}"
        )
