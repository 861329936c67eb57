"""What a classifier says of evaluation rows that have no neighbour within its radius."""

from dataclasses import dataclass

import numpy as np

from .sets import Sets

__all__ = ["Outliers"]


@dataclass(frozen=True, eq=False)
class Outliers:
    """The class of evaluation rows without neighbours.

    Parameters
    ----------
    codes : ndarray of shape (n,)
        Class codes of the training rows.
    n_classes : int
        Number of classes.
    label : int, "most_frequent" or None
        Code of the class; -1 for a label that is no class, in whose place all classes have probability 0; None where
        there is no label, so that there are no predictions.
    """

    codes: np.ndarray
    n_classes: int
    label: int | str | None

    def shares(self, sets: Sets) -> np.ndarray:
        """Probabilities after each deletion, (G, n_classes); nan where there are no predictions.

        A label whose class loses its last row is no class any more; the most frequent class may become another one.
        """
        if self.label is None:
            return np.full((len(sets), self.n_classes), np.nan)
        left = np.tile(np.bincount(self.codes, minlength=self.n_classes), (len(sets), 1))
        np.subtract.at(left, (sets.columns, self.codes[sets.rows]), 1)
        label = left.argmax(axis=1)[:, None] if self.label == "most_frequent" else self.label
        return ((np.arange(self.n_classes) == label) & (left > 0)).astype(np.float64)
