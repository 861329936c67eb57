"""class_weight="balanced": weights that are computed anew when a row leaves.

With N_c the mass of the rows of class c and N their sum, class c has the factor f_c = N / (C N_c). Mass is the sample
weight or the number of rows, by estimator and version. Ignoring that a deletion moves f_c makes leave-one-out
predictions 100 % wrong.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from .._typing import RowIndex
from .removals import Removals

__all__ = ["BalancedWeights"]


@dataclass(frozen=True, eq=False)
class BalancedWeights:
    """Factors f_c = N / (C N_c), or their like where each output has a class against the rest.

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
    against_rest : {None, "own", "both"}
        None: f_c multiplies the row. "own": f_c multiplies output c of the rows of class c, and nothing the other
        outputs. "both": each output is a problem of two classes, balanced for itself; output c of the other rows has
        the factor N / (2 (N - N_c)), that of the rows of class c N / (2 N_c).

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
    against_rest: str | None = None

    def without(self, rows: RowIndex) -> Self:
        """The rule with some rows gone."""
        mass = self.mass.copy()
        mass[rows] = 0
        return replace(self, mass=mass)

    @property
    def cells(self) -> np.ndarray:
        """Position of the factor of each row in each output: (n, 1) where the outputs share it, (n, C) otherwise."""
        if self.against_rest is None:
            return self.codes[:, None]
        classes = np.arange(self.n_classes)
        rest = self.n_classes + classes if self.against_rest == "both" else self.n_classes
        return np.where(self.codes[:, None] == classes, classes, rest)

    @property
    def _members(self):
        """Which classes make up the mass of a factor, (F, C) of 0 and 1."""
        own = np.eye(self.n_classes)
        return np.vstack([own, 1 - own]) if self.against_rest == "both" else own

    @property
    def _shared_by(self):
        return 2 if self.against_rest == "both" else self.n_classes

    def class_mass(self) -> np.ndarray:
        """N_c, shape (C,)."""
        return np.bincount(self.codes, weights=self.mass, minlength=self.n_classes)

    def factors(self, removals: Removals | None = None) -> np.ndarray:
        """All factors, (F,), or (F, B) with the rows of each removal gone; nan for a class that is empty."""
        mass = self.class_mass()
        if removals is not None:
            cell = self.codes[removals.rows] * removals.n_columns + removals.columns
            size = self.n_classes * removals.n_columns
            gone = np.bincount(cell, weights=self.mass[removals.rows], minlength=size).reshape(self.n_classes, -1)
            mass = mass[:, None] - gone
        # rounding of a difference of sums must not turn an empty class into a huge factor
        mass = np.where(mass <= 1e-12 * self.mass.sum(), 0, mass)
        grouped = self._members @ mass
        factors = mass.sum(axis=0) / (self._shared_by * np.where(grouped > 0, grouped, np.nan))
        return self._with_rest(factors, 1.0)

    def derivative(self) -> np.ndarray:
        """d f / d mass_i for a row of class k, as an array (C, F) indexed [k, factor]."""
        mass, members = self.class_mass(), self._members
        grouped, total = members @ mass, mass.sum()
        slope = (1 - members.T * total / grouped) / (self._shared_by * grouped)
        return self._with_rest(slope.T, 0.0).T

    def _with_rest(self, values, rest):
        """The value of the outputs that a row's own class is not, where it is always the same, as the last of all."""
        return np.concatenate([values, np.full_like(values[:1], rest)]) if self.against_rest == "own" else values
