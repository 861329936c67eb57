"""Quadratic discriminant analysis: counts, sums and cross products of each class."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..neighbours.sets import Sets
from .class_rows import only, take
from .deviations import ANSWER_NUMBERS, BLOCK_SIZE, ROOM, Deviations, low_rank
from .form import Form
from .group_sums import GroupSums, moment_names, products

__all__ = ["QuadraticDiscriminant"]


@dataclass(frozen=True, eq=False)
class QuadraticDiscriminant(Form):
    r"""Scores of QuadraticDiscriminantAnalysis, :math:`\log \pi_k + \log N(x; m_k, B_k)`, but for a constant.

    :math:`B = (1 - r) S + r I`, or :math:`(1 - s) S + (s / p) \operatorname{tr}(S) I`, of the covariance S of each
    class.

    Parameters
    ----------
    rows, priors
        As for :class:`Form`; rows are dense, each of weight 1.
    reg_param : float
        r.
    shrinkage : float
        s.
    lost : int
        Rows that a class is divided by fewer of: 0, or 1 in older versions.
    by_svd : bool
        ``solver="svd"``, which wants as many rows of a class as there are features.
    tol : float
        The eigenvalues of B have to exceed it; 0 in older versions, which only warn.

    Notes
    -----
    Cost for G sets of s rows: r = min(s, p) products of (m, p) with (p, G), and G decompositions of r x r matrices.
    Versions in which four digits cancel are computed from their rows.
    """

    reg_param: float = 0.0
    shrinkage: float = 0.0
    lost: int = 0
    by_svd: bool = True
    tol: float = 0.0

    def sums(self, classes: tuple[str, ...], features: tuple[str, ...]) -> tuple[GroupSums, ...]:
        """1, x and the products of two features of each class."""
        return (GroupSums(self.rows.X, products, moment_names(features), self.rows.y, classes, self.rows.weight),)

    @cached_property
    def _deviations(self):
        return Deviations(self.rows)

    @cached_property
    def _bases(self):
        """That of the scatter of each class."""
        factors, scale = np.eye(self.rows.n_classes), np.ones(self.rows.X.shape[1])
        return [self._deviations.basis(own, scale) for own in factors]

    @property
    def _kept(self):
        """The factor of S in B."""
        return (1 - self.shrinkage) * (1 - self.reg_param)

    def _eigenvalues(self, k, factor, trace):
        """Of B, (G, p), before the low-rank part is taken off: from factors of the scatter and traces of S, (G,)."""
        ridge = self.reg_param + self.shrinkage / self.rows.X.shape[1] * trace
        return self._kept * np.outer(factor, self._bases[k].values) + ridge[:, None]

    def _without(self, k, part):
        """Of sets of rows of class k: eigenvalues (G, p), low-rank vectors in their units (G, s, p), and factors."""
        left = self.rows.sizes[k] - part.sizes
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = 1 / (left - self.lost)
        V = self._deviations.vectors(part, np.tile(factor[:, None], self.rows.n_classes))
        trace = factor * self._bases[k].values.sum() - (V**2).sum(axis=(1, 2))
        return self._eigenvalues(k, factor, trace), np.sqrt(self._kept) * self._bases[k](V), left

    def _parts(self, sets):
        """Of each class: which sets have rows of it, and these rows."""
        for k in range(self.rows.n_classes):
            own = only(sets, self.rows.y == k)
            columns = np.unique(own.columns)
            yield k, columns, take(own, columns)

    def feasible(self, sets: Sets) -> np.ndarray:
        """Whether each class keeps two rows, as many as features for "svd", and a regular covariance."""
        least = max(2, self.rows.X.shape[1] if self.by_svd else 2)
        feasible: Any = (self.rows.sizes_without(sets) >= least).all(axis=1)
        doubtful = np.zeros(len(sets), dtype=bool)
        for k, columns, part in self._parts(sets):
            columns, part = columns[feasible[columns]], take(part, np.flatnonzero(feasible[columns]))
            room = self._room_above_tol(k, part)
            feasible[columns] &= room > -ROOM
            doubtful[columns] |= np.abs(room) <= ROOM
        for column in np.flatnonzero(feasible & doubtful):
            feasible[column] = self.left(sets, int(column)).regular
        return feasible

    def _room_above_tol(self, k, part):
        """Smallest eigenvalue of B - tol I without sets of rows of class k, in units of it before they go: (T,)."""
        eigenvalues, V, _ = self._without(k, part)
        above = eigenvalues - self.tol
        with np.errstate(divide="ignore", invalid="ignore"):
            _, taken = low_rank(np.where(above > 0, above, np.inf)[:, None] ** -0.5 * V)
        return np.where(above.min(axis=1, initial=np.inf) > 0, 1 - taken.max(axis=1, initial=0), -np.inf)

    @property
    def regular(self) -> bool:
        """Whether B is regular for each class."""
        rounding = (1e3 * self.rows.X.shape[1] * np.finfo(float).eps) ** 2
        eigenvalues = np.array([self._whitening(k)[2] for k in range(self.rows.n_classes)])
        return bool((eigenvalues > np.maximum(self.tol, rounding * eigenvalues.max(axis=1, keepdims=True))).all())

    def _whitening(self, k):
        """L with B^-1 = LL', (p, p), and eigenvalues of S and of B, (p,)."""
        factor = 1 / (self.rows.sizes[k] - self.lost)
        values = factor * self._bases[k].values
        eigenvalues = self._eigenvalues(k, np.array([factor]), np.array([values.sum()]))[0]
        with np.errstate(divide="ignore"):
            return self._bases[k].vectors / np.sqrt(eigenvalues), values, eigenvalues

    def scores(self, Z: Any) -> np.ndarray:
        scores = np.tile(self.log_priors(self.rows.counts), (len(Z), 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            for k, mean in enumerate(self._deviations.means):
                L, _, eigenvalues = self._whitening(k)
                scores[:, k] -= (((Z - mean) @ L) ** 2).sum(axis=1) / 2 + np.log(eigenvalues).sum() / 2
        return scores

    def scores_without(self, Z: Any, before: np.ndarray, sets: Sets) -> np.ndarray:
        priors = self.log_priors(self.rows.counts_without(sets))
        scores = before.T[:, None] + (priors - self.log_priors(self.rows.counts)).T[:, :, None]
        lost = np.zeros(len(sets), dtype=bool)
        for k, columns, part in self._parts(sets):
            own, fragile = self._class_without(Z, k, part)
            scores[k, columns] = own + priors[columns, k, None]
            lost[columns] |= fragile
        self.fill_from_rows(scores, Z, sets, lost)
        return scores

    def _class_without(self, Z, k, part):
        """Scores of a class, but for its prior, without sets of its rows (T, m); and where they lost digits, (T,)."""
        eigenvalues, V, left = self._without(k, part)
        basis, D = self._bases[k], 1 / eigenvalues
        F, taken = low_rank(V * np.sqrt(D)[:, None])
        F = F * np.sqrt(D)[:, None]
        y = basis(Z - self._deviations.means[k])
        shift = -basis(self._deviations.sums(part)[:, k]) / left[:, None]
        # (y - shift)' (D + F'F) (y - shift)
        squares = np.hstack([D, -2 * D * shift]) @ np.hstack([y**2, y]).T + (D * shift**2).sum(axis=1)[:, None]
        for factor in F.swapaxes(0, 1):
            squares += (factor @ y.T - (factor * shift).sum(axis=1)[:, None]) ** 2
        room = 1 - taken
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(eigenvalues).sum(axis=1) + np.log(room).sum(axis=1)
        return -(squares + logs[:, None]) / 2, room.min(axis=1, initial=1) < ROOM

    def slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        slopes = self.prior_slopes(cotangents, each)
        for k, members in enumerate(self.rows.of_class):
            size = max(1, BLOCK_SIZE // max(1, len(Z)))
            for start in range(0, len(members), size):
                block = members[start : start + size]
                terms = self._class_slopes(Z, k, block) * cotangents[:, k]
                slopes[block] += terms if each else terms.sum(axis=1, keepdims=True)
        return slopes

    def _class_slopes(self, Z, k, members):
        # dm = d / W, dS = f (dd' - S), dB = a dS + (s / p) tr(dS) I, and
        # d score = (B^-1 (z - m))' dB (B^-1 (z - m)) / 2 + (z - m)' B^-1 dm - tr(B^-1 dB) / 2
        L, values, eigenvalues = self._whitening(k)
        factor, d = 1 / (self.rows.sizes[k] - self.lost), self._deviations.values[members]
        xi, u = (Z - self._deviations.means[k]) @ L, d @ L
        T, a = u @ xi.T, self._kept * factor
        s = self.shrinkage / len(L) * factor * ((d**2).sum(axis=1) - values.sum())[:, None]
        share, inverse = values / eigenvalues, 1 / eigenvalues
        of_rows = a * ((u**2).sum(axis=1, keepdims=True) - share.sum()) + s * inverse.sum()
        return (a * (T**2 - xi**2 @ share) + s * (xi**2 @ inverse) - of_rows) / 2 + T / self.rows.sizes[k]

    def answer_numbers(self, each: bool) -> int:
        return ANSWER_NUMBERS

    def numbers(self, size: int) -> int:
        p = self.rows.X.shape[1]
        return 4 * p * (size + 2)
