"""Sums over risk sets at given parameters: everything that objective, gradient and Hessian are made of.

With e_j = w_j exp(x_j . beta), at each death time u the rows at risk R_u, the deaths D_u, their number d and mean
weight wbar, and f = l / d for l = 0, ..., d - 1 (Efron), or f = 0 once with wbar the total weight (Breslow),

    F(beta) = sum_u [ wbar sum_f log z_uf - sum_{i in D_u} w_i x_i . beta ] + penalty,
    z_uf = sum_{R_u} e_j - f sum_{D_u} e_j,    m_uf = wbar.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..removals import Removals
from .risk_sets import RiskSets

__all__ = ["RiskSums", "risk_sums"]


@dataclass(frozen=True, eq=False)
class RiskSums:
    """The terms (u, f) at B candidates, each under its own removal.

    Parameters
    ----------
    sets : RiskSets
        Who is at risk when.
    e : ndarray of shape (n, B)
        e_j, 0 where a row is deleted.
    multiplicity, fraction : ndarray of shape (T, B) or (T, 1)
        m and f of each term; m is 0 for terms that a removal takes away.
    z : ndarray of shape (T, B)
        As above.
    """

    sets: RiskSets
    e: np.ndarray
    multiplicity: np.ndarray
    fraction: np.ndarray
    z: np.ndarray

    def over(self, power: int, of_fraction: int = 0) -> np.ndarray:
        """Sum over the terms of each death time of m f^of_fraction / z^power, (G, B)."""
        terms = self.multiplicity * self._inverse
        for factor in [self._inverse] * (power - 1) + [self.fraction] * of_fraction:
            terms *= factor
        return self.sets.by_time(terms)

    @cached_property
    def _inverse(self):
        """1 / z, 0 for terms that a removal takes away."""
        there = np.broadcast_to(self.multiplicity > 0, self.z.shape)
        return np.divide(1, self.z, out=np.zeros(self.z.shape), where=there)

    @cached_property
    def hazard(self) -> np.ndarray:
        """e_j sum_{u, f: j at risk} m (1 - f [j dies at u]) / z, (n, B): the deaths expected of row j, weighted."""
        total = self.sets.while_at_risk(self.over(1))
        if self.sets.tied:
            total[self.sets.dead] -= self.over(1, of_fraction=1)[self.sets.dead_at]
        total *= self.e
        return total

    def log_terms(self) -> np.ndarray:
        """Sum of m log z, (B,)."""
        positive = np.where(self.multiplicity > 0, self.z, 1)
        return (self.multiplicity * np.log(positive)).sum(axis=0)


def risk_sums(sets: RiskSets, e: np.ndarray, death_weight: np.ndarray, removals: Removals | None = None) -> RiskSums:
    """Terms at candidates.

    Parameters
    ----------
    sets : RiskSets
    e : ndarray of shape (n, B)
        Already 0 where a row is deleted.
    death_weight : ndarray of shape (n,)
        w_i of the deaths, 0 for all others.
    removals : Removals or None
        Which rows are deleted from which candidate.

    Returns
    -------
    RiskSums
    """
    number = sets.n_deaths[:, None].astype(float)
    weight = sets.dying(death_weight)[:, None]
    if removals is not None:
        gone = removals.membership(len(e))
        number = number - (sets.deaths @ gone).toarray()
        weight = weight - (sets.deaths @ (gone * death_weight[:, None])).toarray()
        # rounding of a difference must not leave a weight where nobody dies
        weight = np.where(number > 0, weight, 0)
    z = sets.by_term(sets.at_risk(e))
    if not sets.efron:
        return RiskSums(sets, e, weight, np.zeros((len(z), 1)), z)
    number, mean = sets.by_term(number), sets.by_term(weight / np.maximum(number, 1))
    rank = sets.term_rank[:, None]
    multiplicity, fraction = np.where(rank < number, mean, 0), rank / np.maximum(number, 1)
    if sets.tied:
        z = z - fraction * sets.by_term(sets.dying(e))
    return RiskSums(sets, e, multiplicity, fraction, z)
