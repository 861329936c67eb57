"""Influence: one number per training row (or group), together with what the number means."""

from dataclasses import dataclass, field, replace

import numpy as np

from ._optional import require

__all__ = ["Influence"]


@dataclass(frozen=True, repr=False)
class Influence:
    """Effects of deleting training rows, as an array that knows its meaning.

    ``influence.values[i]`` is the predicted (or exact) value of *f after deleting row i and refitting, minus f*, in the
    unit of the target f. Positive: the deletion raises f; for a loss, positive marks a helpful row.

    Parameters
    ----------
    values : ndarray of shape (n_train,), (n_train, n_eval) or (n_groups,)
        The effects.
    estimand : str
        The quantity that the values predict, in words.
    unit : str
        Unit of the values.
    method : str
        How they were computed.
    verdict : str
        What the numerical work says about itself: solver, conditioning, polishing, rows that did not converge.
    stationarity : float
        Size of the remaining Newton step over the effect of a typical row; below 0.1 is converged.
    names : ndarray
        One name per training row or group: the index of a DataFrame, group labels, or positions.
    target : str
        Name of f.
    greater_is_better : bool or None
        Whether a larger f is better; None when f has no better direction.

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

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype, copy=True if copy is None else copy)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, key):
        return self.values[key]

    @property
    def shape(self):
        """Shape of the values."""
        return self.values.shape

    @property
    def row_names(self):
        """One name per training row or group, positions where none were given."""
        return np.arange(len(self.values)) if self.names is None else np.asarray(self.names)

    @property
    def gain(self):
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

    def top(self, k=10, *, harmful=False):
        """Positions of the k rows whose deletion changes f most, largest first.

        Parameters
        ----------
        k : int
            How many.
        harmful : bool
            False ranks by absolute effect; True by how much the deletion *improves* f.

        Returns
        -------
        ndarray of int
        """
        if np.ndim(self.values) != 1:
            raise ValueError(
                f"top ranks one number per row, but the values have shape {self.shape}; "
                "take a column, or attribute with aggregate=True"
            )
        order = np.argsort(self.gain if harmful else np.abs(self.values), kind="stable")[::-1]
        order = order[~np.isnan(self.values[order])]
        return order[:k]

    def to_frame(self):
        """A pandas DataFrame indexed by row name.

        Returns
        -------
        pandas.DataFrame
            Column ``influence``, or one column for each evaluation row.
        """
        pandas = require("pandas", "cli", "Influence.to_frame")
        columns = ["influence"] if np.ndim(self.values) == 1 else None
        return pandas.DataFrame(self.values, index=self.row_names, columns=columns)

    def with_values(self, values, **changes):
        """The same meaning for other values."""
        return replace(self, values=values, **changes)

    def __repr__(self):
        lines = [
            f"Influence of {len(self.values)} {'rows' if self.names is None else 'named rows'} by {self.method}",
            f"  estimand      {self.estimand}",
            f"  target        {self.target} (greater is better: {self.greater_is_better})",
            f"  unit          {self.unit}",
            f"  sign          {self.sign}",
            f"  stationarity  {self.stationarity:.2g}",
            f"  verdict       {self.verdict}",
            f"  values        {np.array2string(np.asarray(self.values), threshold=6, precision=4)}",
        ]
        return "\n".join(lines)
