"""Linear discriminant analysis: counts, sums and cross products of the classes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...exceptions import UnsupportedQuestionError
from ..neighbours.sets import Sets
from .class_rows import take
from .deviations import ANSWER_NUMBERS, BLOCK_SIZE, ROOM, Deviations, low_rank
from .form import Form
from .group_sums import GroupSums, moment_names, products

__all__ = ["LinearDiscriminant"]


@dataclass(frozen=True, eq=False)
class LinearDiscriminant(Form):
    r"""Scores of LinearDiscriminantAnalysis, :math:`(x - c)' B^{-1} v_k - v_k' B^{-1} v_k / 2 + \log \pi_k`.

    With m_k the means of the classes. solver="lsqr" and "eigen" take v_k = m_k, c = 0, and for S the mean of the
    classes' covariances, weighted by the priors; :math:`B = (1 - s) S + (s / p) \operatorname{tr}(S) I`. "svd" takes
    v_k = m_k - c, c the mean of the m_k weighted by the priors, and for S the pooled covariance, whatever the priors.

    Parameters
    ----------
    rows, priors
        As for :class:`Form`; rows are dense, each of weight 1.
    solver : {"svd", "lsqr", "eigen"}
    shrinkage : float
        s.
    lost : int
        Rows that the sum of squares is divided by fewer of: 0, or K in older versions of "svd".
    tol : float
        Singular values, of features in units of their deviation, up to which "svd" drops a direction.

    Notes
    -----
    Cost for G sets of s rows: G decompositions of r x r matrices, r = min(s, p), G K p^2 and the product of (m, p) with
    (p, G K). Versions in which four digits cancel, or that "svd" computes with fewer directions, are computed from
    their rows, n p^2 each; all are where features are collinear.

    A feature that is constant within the classes but for rounding is constant here; scikit-learn's "svd" may take the
    rounding for a direction, and its refits are then others than these.
    """

    solver: str = "svd"
    shrinkage: float = 0.0
    lost: int = 0
    tol: float = 1e-4

    def sums(self, classes: tuple[str, ...], features: tuple[str, ...]) -> tuple[GroupSums, ...]:
        """1, x and the products of two features of each class."""
        return (GroupSums(self.rows.X, products, moment_names(features), self.rows.y, classes, self.rows.weight),)

    @property
    def pooled(self) -> bool:
        """Whether S is the pooled covariance whatever the priors."""
        return self.solver == "svd"

    @cached_property
    def _deviations(self):
        return Deviations(self.rows)

    @cached_property
    def _centre(self):
        """What is taken off all x and m_k. Decision values of several classes know the origin, but for "svd"."""
        p, known = self.rows.X.shape[1], self.rows.n_classes > 2 and not self.pooled
        return np.zeros(p) if known else self.rows.X.mean(axis=0)

    @cached_property
    def _scale(self):
        """Deviations of the features within the classes; ones where S is shrunk towards the identity."""
        squares = (self._deviations.values**2).mean(axis=0)
        return np.sqrt(np.where((squares > 0) & (self.shrinkage == 0), squares, 1.0))

    def _shares(self, sizes):
        """pi, (G, K)."""
        return np.exp(self.log_priors(sizes))

    def _factors(self, sizes):
        """What the scatter of each class is multiplied by in S: (G, K) from the numbers of rows (G, K)."""
        if self.pooled or self.priors is None:
            return np.ones(sizes.shape) / (sizes.sum(axis=1, keepdims=True) - self.lost)
        return self.priors / sizes

    def _eigenvalues(self, factor, basis, trace):
        ridge = self.shrinkage / len(basis.scale) * trace
        return (1 - self.shrinkage) * np.outer(factor, basis.values) + ridge[:, None]

    def _basis(self, ratio):
        """That of the scatter of the classes times their ratio."""
        return self._of_scatter if np.all(ratio == 1) else self._deviations.basis(ratio, self._scale)

    @cached_property
    def _of_scatter(self):
        return self._deviations.basis(np.ones(self.rows.n_classes), self._scale)

    # ------------------------------------------------------------------ with all rows

    @cached_property
    def _whitening(self):
        """L with the inverse LL' of B on the directions that are kept, (p, p); how many are dropped."""
        factors = self._factors(self.rows.sizes[None])[0]
        basis, factor = self._basis(factors / factors.max()), factors.max(keepdims=True)
        eigenvalues = self._eigenvalues(factor, basis, factor * basis.values.sum())[0]
        kept = eigenvalues > (self.tol**2 if self.pooled else self._rounding * eigenvalues.max())
        root = np.where(kept, eigenvalues, np.inf) ** -0.5
        return basis.vectors * root / basis.scale[:, None], np.count_nonzero(~kept)

    @property
    def _rounding(self):
        """Smallest eigenvalue, relative to the largest, that is told from 0."""
        return 1e3 * self.rows.X.shape[1] * np.finfo(float).eps

    @cached_property
    def _solution(self):
        """Coefficients (K, p) and constants (K,), nan where not determined; whether no direction was dropped."""
        L, dropped = self._whitening
        v, middle = (part[0] for part in self._centres(self._deviations.means[None], self.rows.sizes[None]))
        h, regular = v @ L, dropped == 0
        if self.pooled:
            shares = self._shares(self.rows.sizes[None])[0]
            _, size, directions = np.linalg.svd(np.sqrt(shares)[:, None] * h, full_matrices=False)
            used = directions[size > self.tol * size[0]]
            h = h @ used.T @ used
            regular &= len(used) == min(len(h) - 1, len(L))
        coef = h @ L.T + (0 if self._determined(dropped) else np.nan)
        constants = self.log_priors(self.rows.sizes) - (h**2).sum(axis=1) / 2 - coef @ middle
        return coef, constants, regular

    def _determined(self, dropped):
        """Whether the solver has an answer that does not hang on rounding where directions are dropped."""
        if dropped == 0 or self.solver == "eigen":
            return dropped == 0
        # least norm has no coefficient for features that are constant beside others; any other rank is what rounding
        # makes it
        constant = np.count_nonzero(~self._deviations.values.any(axis=0))
        return dropped < self.rows.X.shape[1] and (self.pooled or dropped == constant)

    def _centres(self, means, sizes):
        """v (G, K, p) and c (G, p), less the centre, from the means (G, K, p)."""
        means = means - self._centre
        if not self.pooled:
            return means, np.zeros_like(means[:, 0])
        middle = np.einsum("gk,gkp->gp", self._shares(sizes), means)
        return means - middle[:, None], middle

    def scores(self, Z: Any) -> np.ndarray:
        coef, constants, _ = self._solution
        return (Z - self._centre) @ coef.T + constants

    # ------------------------------------------------------------------ without sets of rows

    def feasible(self, sets: Sets) -> np.ndarray:
        """Whether each class keeps a row, one of them two, and the covariance is regular, or "svd" drops directions."""
        sizes = self.rows.sizes_without(sets)
        feasible = (sizes > 0).all(axis=1) & (sizes.sum(axis=1) > self.rows.n_classes)
        possible = np.flatnonzero(feasible)
        for columns, part, factors, ratio in self._kinds(take(sets, possible), possible):
            for column in columns[self._reduced(part, factors, ratio)[-1]]:
                feasible[column] = np.isfinite(self.left(sets, column)._solution[0]).all()
        return feasible

    def scores_without(self, Z: Any, before: np.ndarray, sets: Sets) -> np.ndarray:
        scores, fragile = np.empty((self.rows.n_classes, len(sets), len(Z))), np.zeros(len(sets), dtype=bool)
        for columns, part, factors, ratio in self._kinds(sets, np.arange(len(sets))):
            coef, constants, fragile[columns] = self._solved(part, factors, ratio)
            for k, own in enumerate(coef.swapaxes(0, 1)):
                scores[k, columns] = own @ (Z - self._centre).T + constants[:, k, None]
        self.fill_from_rows(scores, Z, sets, fragile)
        return scores

    def _kinds(self, sets, columns):
        """Sets by what their scatter, but for what is taken off, is a multiple of: columns, sets, factors and ratio."""
        factors = self._factors(self.rows.sizes_without(sets))
        kinds, which = np.unique(factors / factors.max(axis=1, keepdims=True), axis=0, return_inverse=True)
        for kind, ratio in enumerate(kinds):
            own = np.flatnonzero(which.ravel() == kind)
            yield columns[own], take(sets, own), factors[own], ratio

    def _reduced(self, sets, factors, ratio):
        """Inverses of B as root^2 (G, 1, p) + F'F (G, r, p) in a basis, and which versions lose digits, (G,)."""
        basis, sizes, factor = self._basis(ratio), self.rows.sizes_without(sets), factors.max(axis=1)
        V = self._deviations.vectors(sets, factors)
        trace = factor * basis.values.sum() - (V**2).sum(axis=(1, 2))
        eigenvalues = self._eigenvalues(factor, basis, trace)
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.where(eigenvalues > 0, eigenvalues, np.inf)[:, None] ** -0.5
            F, taken = low_rank(np.sqrt(1 - self.shrinkage) * basis(V) * root)
        room = 1 - taken.max(axis=1, initial=0)
        lost = ~(room > ROOM) | ~self._keeps_all(eigenvalues.min(axis=1) * room, eigenvalues, sizes)
        return basis, root, F * root, lost

    def _solved(self, sets, factors, ratio):
        """Coefficients (G, K, p) and constants (G, K), and which versions have to be computed from their rows."""
        basis, root, F, lost = self._reduced(sets, factors, ratio)
        sizes = self.rows.sizes_without(sets)
        means = self._deviations.means - self._deviations.sums(sets) / sizes[:, :, None]
        v, middle = (basis(part) for part in self._centres(means, sizes))
        with np.errstate(divide="ignore", invalid="ignore"):
            coef = v * root**2 + (v @ F.swapaxes(1, 2)) @ F
        constants = self.log_priors(sizes) - np.einsum("gkp,gkp->gk", coef, v / 2 + middle[:, None])
        lost = lost | ~self._tells_means_apart(coef @ v.swapaxes(1, 2), sizes)
        return coef @ basis.vectors.T / basis.scale, constants, lost

    def _keeps_all(self, least, eigenvalues, sizes):
        """Whether no direction is dropped, or too small to tell, by a bound on the smallest eigenvalue (G,)."""
        if not self.pooled:
            return least > 4 * self._rounding * eigenvalues.max(axis=1)
        # without rows the deviations that are the units may have grown by their share
        return least * sizes.sum(axis=1) / len(self.rows) > 4 * self.tol**2

    def _tells_means_apart(self, products, sizes):
        """Whether "svd" keeps all directions between the means: products v_k' B^-1 v_l, (G, K, K)."""
        rank = min(self.rows.n_classes - 1, self.rows.X.shape[1])
        if not self.pooled:
            return np.ones(len(products), dtype=bool)
        root = np.sqrt(self._shares(sizes))
        products = np.where(np.isfinite(products), products, 0.0) * root[:, :, None] * root[:, None]
        values = np.linalg.eigvalsh(products)
        return values[:, -rank] > 4 * self.tol**2 * values[:, -1]

    # ------------------------------------------------------------------ derivatives

    def slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        if not self._solution[2]:
            raise UnsupportedQuestionError(
                "the covariance of LinearDiscriminantAnalysis is singular, or its means are on a line, and directions "
                "are dropped: it has no derivative in the weights; drop redundant features, or ask for deletions"
            )
        slopes, ends = self.prior_slopes(cotangents, each), self._ends(Z)
        size = max(1, BLOCK_SIZE // max(1, len(Z)))
        for k, members in enumerate(self.rows.of_class):
            references = self._references(k, cotangents, *ends)
            for start in range(0, len(members), size):
                block = members[start : start + size]
                terms = self._class_slopes(k, block, cotangents, *ends, *references)
                slopes[block] += terms if each else terms.sum(axis=1, keepdims=True)
        return slopes

    def _ends(self, Z):
        """Whitened x - c, (m, p), and v, (K, p)."""
        v, middle = (part[0] for part in self._centres(self._deviations.means[None], self.rows.sizes[None]))
        return (Z - self._centre - middle) @ self._whitening[0], v @ self._whitening[0]

    def _references(self, k, cotangents, xi, eta):
        """What dS and tr(dS) have besides the own product of a row of class k: its factor, tr S, and two (m,)."""
        L, sizes = self._whitening[0], self.rows.sizes
        factor, triangles = self._factors(sizes[None])[0, k], self._deviations.triangles
        weighed = not self.pooled and self.priors is not None
        root = triangles[k] / np.sqrt(sizes[k]) if weighed else np.vstack(triangles) * np.sqrt(factor)
        along = []
        for whitened in (root @ L, L):
            a, b = xi @ whitened.T, eta @ whitened.T
            along.append(((a @ b.T - (b**2).sum(axis=1) / 2) * cotangents).sum(axis=1))
        return factor, (root**2).sum(), *along

    def _class_slopes(self, k, members, cotangents, xi, eta, factor, trace, of_S, of_ridge):
        # dm = d / W, dS = f (dd' - S), dB = (1 - s) dS + (s / p) tr(dS) I, and, with A = B^-1, for all classes l
        # d score_l = -(x - c)' A dB A v_l + v_l' A dB A v_l / 2 + [l is its own] (x - c - v_l)' A dm - (x - c)' A dc
        d = self._deviations.values[members]
        u, s = d @ self._whitening[0], self.shrinkage
        T, E = u @ xi.T, u @ eta.T
        terms = -(1 - s) * factor * (T * (E @ cotangents.T) - E**2 @ cotangents.T / 2 - of_S)
        terms -= s / len(eta.T) * factor * ((d**2).sum(axis=1) - trace)[:, None] * of_ridge
        terms += cotangents[:, k] * (T - E[:, k : k + 1]) / self.rows.sizes[k]
        if self.pooled:
            given = self.priors is not None
            of_centre = u * self.priors[k] / self.rows.sizes[k] if given else (u + eta[k]) / len(self.rows)
            terms -= of_centre @ xi.T * cotangents.sum(axis=1)
        return terms

    def answer_numbers(self, each: bool) -> int:
        return ANSWER_NUMBERS

    def numbers(self, size: int) -> int:
        return 4 * self.rows.X.shape[1] * (size + self.rows.n_classes + 2)
