"""class_weight="balanced": weights that are computed anew when a row leaves.

Class c has the factor f_c = N / (C N_c) with N_c the mass of its rows and N their sum. Mass is the sample weight or the
number of rows, by estimator and version. Ignoring that a deletion moves f_c makes leave-one-out predictions 100 %
wrong.
"""

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["BalancedWeights"]


@dataclass(frozen=True, eq=False)
class BalancedWeights:
    """Factors f_c = N / (C N_c).

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Class of each row.
    n_classes : int
        C.
    mass : ndarray of shape (n,)
        What a row adds to N_c.
    weighted : bool
        Whether the mass is the sample weight, so that the factors respond to it smoothly.

    Examples
    --------
    >>> import numpy as np
    >>> balance = BalancedWeights(np.array([0, 0, 0, 1]), 2, np.ones(4), weighted=False)
    >>> balance.factors() * [3, 1]     # both classes weigh the same
    array([2., 2.])
    """

    codes: np.ndarray
    n_classes: int
    mass: np.ndarray
    weighted: bool

    def without(self, rows):
        """The rule with some rows gone."""
        mass = self.mass.copy()
        mass[rows] = 0
        return replace(self, mass=mass)

    def class_mass(self):
        """N_c, shape (C,)."""
        return np.bincount(self.codes, weights=self.mass, minlength=self.n_classes)

    def factors(self, removals=None):
        """f_c of shape (C,), or (C, B) with the rows of each removal gone; nan for a class that is empty."""
        mass = self.class_mass()
        if removals is not None:
            cell = self.codes[removals.rows] * removals.n_columns + removals.columns
            size = self.n_classes * removals.n_columns
            gone = np.bincount(cell, weights=self.mass[removals.rows], minlength=size).reshape(self.n_classes, -1)
            mass = mass[:, None] - gone
        # rounding of a difference of sums must not turn an empty class into a huge factor
        mass = np.where(mass <= 1e-12 * self.mass.sum(), np.nan, mass)
        return np.nansum(mass, axis=0) / (self.n_classes * mass)

    def derivative(self):
        """d f_c / d mass_i for a row of class k, as an array indexed [k, c]."""
        mass = self.class_mass()
        slope = np.tile(1 / (self.n_classes * mass), (self.n_classes, 1))
        slope[np.diag_indices(self.n_classes)] -= mass.sum() / (self.n_classes * mass**2)
        return slope
