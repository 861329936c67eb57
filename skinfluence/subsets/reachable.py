"""How far the deletion of any k rows can move a linear function v'theta of the parameters of a squared loss.

With Hessian H, c_i = sqrt(w_i) x_i'H^-1 v, V = v'H^-1 v, a distance m > 0 and a sign s, let

    e_i = s sqrt(w_i) r_i + (m / V) c_i,    G_ij = sqrt(w_i w_j) x_i'(H^-1 - H^-1 v v'H^-1 / V) x_j,

the residuals and the hat matrix of the same objective where v'theta is held m further on. The deletion of a set S moves
v'theta by more than m if and only if

    c_S'(I - G_SS)^-1 e_S > m.

With one parameter G is 0: the set of k rows that goes furthest is that of the k largest c_i e_i. With more, the
eigenvalues of (I - G_SS)^-1 lie between 1 and 1 / (1 - h), with h the k largest G_ii together. A product is a
difference of two squares, 4 c e = (a c + e / a)^2 - (a c - e / a)^2 with any a > 0, and so

    c_S'(I - G_SS)^-1 e_S <= sum over S of c_i e_i + rho (a c_i + e_i / a)^2 / 4,    rho = h / (1 - h).

No set of k rows goes that far where the k largest of these terms add up to m at most.
"""

import numpy as np

from .squares import MOST_TAKEN, Squares

__all__ = ["Reachable", "fewest_by_sums", "largest_terms"]


class Reachable:
    """Bounds for all sets of up to k rows.

    Parameters
    ----------
    squares : Squares
        v'theta, at the optimum.
    most : int
        Largest k.

    Notes
    -----
    n P^2 for the leverages, four sorts of `most` numbers, and for each question two selections of k of n numbers.
    """

    def __init__(self, squares: Squares, most: int) -> None:
        self.c, self.g = _scaled(squares)
        self.variance = squares.variance
        one = squares.problem.n_parameters == 1
        own = self.c**2 / self.variance
        others = np.zeros(len(own)) if one else np.maximum(squares.leverages() - own, 0)
        self.h, self.h_all = _top_sums(others, most), _top_sums(others + own, most)
        self.own, self.squares = _top_sums(own, most), _top_sums(self.g**2, most)
        # without a penalty k rows may determine v'theta alone
        self.held = bool((squares.problem.penalty > 0).all())

    def within(self, k: int, distance: float, sign: int) -> bool:
        """Whether it is sure that no k rows move v'theta by more than a distance in the direction of a sign."""
        if self.h[k] >= MOST_TAKEN or not (self.held or self._left(k) > 1 - MOST_TAKEN):
            return False
        e = sign * self.g + (distance / self.variance) * self.c
        terms, rho = self.c * e, self.h[k] / (1 - self.h[k])
        if rho and self.own[k]:
            # both squares are of one size
            ratio = np.sqrt(_top_sum(e**2, k) / (self.variance * self.own[k])) or 1.0
            terms += (rho / 4) * (ratio * self.c**2 + e**2 / ratio + 2 * terms)
        return bool(_top_sum(terms, k) <= distance)

    def most_variance(self, k: int) -> float:
        """Bound on v'H^-1 v without k rows, V / (1 - c_S'(I - G_SS)^-1 c_S / V)."""
        left = self._left(k) if self.h[k] < 1 else 0.0
        return self.variance / left if left > 0 else np.inf

    def _left(self, k):
        return 1 - self.own[k] / (1 - self.h[k])

    def most_of_squares(self, k: int) -> float:
        """Bound on what k rows take from the sum of squares, g_S'(I - X_S H^-1 X_S')^-1 g_S."""
        return self.squares[k] / (1 - self.h_all[k]) if self.h_all[k] < 1 else np.inf


def _scaled(squares):
    """c and sqrt(w) r."""
    root = np.sqrt(squares.weights)
    return root * squares.reach, root * squares.residuals


def _terms(squares, distance, sign):
    """c_i e_i."""
    c, g = _scaled(squares)
    return c * (sign * g + (distance / squares.variance) * c)


def fewest_by_sums(squares: Squares, distance: float, sign: int) -> int:
    """The fewest rows that move v'theta by more than a distance, if leverages are left out; n + 1 where none do.

    With leverages it takes as many at least, and no more with one parameter.
    """
    terms = _terms(squares, distance, sign)
    sums = _top_sums(terms, np.count_nonzero(terms > 0))
    return int(np.searchsorted(sums, distance, side="right")) if sums[-1] > distance else len(terms) + 1


def largest_terms(squares: Squares, k: int, distance: float, sign: int) -> np.ndarray:
    """The k rows of the largest terms, these first."""
    terms = _terms(squares, distance, sign)
    rows = np.argpartition(terms, -k)[-k:]
    return rows[np.argsort(-terms[rows], kind="stable")]


def _top_sums(values, most):
    """Sums of the 0, 1, ..., `most` largest values."""
    left_out = len(values) - most
    top = np.partition(values, left_out)[left_out:] if most and left_out else values[left_out:]
    return np.append(0.0, np.sort(top)[::-1].cumsum())


def _top_sum(values, k):
    """Sum of the positive ones of the k largest values."""
    return np.maximum(np.partition(values, -k)[-k:], 0).sum()
