"""Other features z = (x - o) B in the place of x, and what they make of the parameters.

With w = B a + rest and b = c - o'w the raw prediction is the same function of the row,

    x'w + b = z'a + (x - o)'rest + c,

so that the problem is solved in (a, c), and what users see is in (w, b). A column that is far from zero, such as a
Unix time or a year, costs no digits after o is taken off; columns that depend on each other cost none in the basis B
of what is left. `rest` is the part of the fitted coefficients of which the training rows say nothing; it stays.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import numpy as np
from scipy import sparse

from ..._typing import Matrix

__all__ = ["Basis", "Coordinates"]

#: arrays of evaluation rows whose features are remembered: questions ask for the raw predictions of the same ones again
REMEMBERED = 4
#: part of a derivative, relative to it, along directions that the rows do not determine, above which it has no answer
UNDETERMINED = 1e-8


class Basis(ABC):
    """The columns of B, (p, r), of full rank."""

    #: r
    n_features: int
    #: what rows are centred by before B, beyond the offset; (p,) or 0
    mean: Any = 0.0

    @abstractmethod
    def features(self, X: Matrix) -> np.ndarray:
        """(X - mean) B: (m, r)."""

    @abstractmethod
    def expand(self, A: np.ndarray) -> np.ndarray:
        """B A: (p, b) from (r, b)."""

    @abstractmethod
    def transposed(self, G: np.ndarray) -> np.ndarray:
        """B'G: (r, b) from (p, b)."""

    @abstractmethod
    def restrict(self, W: np.ndarray) -> np.ndarray:
        """The A of W = B A + rest: (r, b) from (p, b)."""

    #: what a reader of the effects has to know
    note = ""
    #: the rows leave some coefficient open
    leaves_open = False

    def undetermined(self, G: np.ndarray) -> np.ndarray:
        """Size of G along directions of the coefficients that the rows leave open, (b,)."""
        return np.zeros(G.shape[1])


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The change of coordinates of a problem whose parameters are K outputs' coefficients, K intercepts, others.

    Parameters
    ----------
    n_outputs : int
        K.
    intercept : bool
        Whether each output has one.
    offset : ndarray of shape (p,)
        o; zeros without an intercept.
    basis : Basis or None
        B; None for the columns as they are.
    rest : ndarray of shape (p, K) or None
        Coefficients along directions of which the rows say nothing.

    Examples
    --------
    >>> there = Coordinates(1, True, np.array([100.0]))
    >>> there.internal(np.array([2.0, -195.0]))
    array([2., 5.])
    >>> there.as_fitted(np.array([2.0, 5.0])), there.features(np.array([[103.0]]))
    (array([   2., -195.]), array([[3.]]))
    """

    n_outputs: int
    intercept: bool
    offset: np.ndarray
    basis: Basis | None = None
    rest: np.ndarray | None = None
    _known: list = field(default_factory=list, init=False, repr=False)

    @property
    def n_features(self) -> int:
        """r."""
        return len(self.offset) if self.basis is None else self.basis.n_features

    @property
    def note(self) -> str:
        """What a reader of the effects has to know; empty when nothing."""
        return "" if self.basis is None else self.basis.note

    def features(self, X: Matrix) -> Any:
        """z of rows (m, p): (m, r)."""
        for known, features in self._known:
            if known() is X:
                return features
        features = self._centred(X)
        if self.basis is not None:
            features = self.basis.features(features)
        self.remember(X, features)
        return features

    def __getstate__(self):
        # references to arrays of this process mean nothing in another
        return vars(self) | {"_known": []}

    def remember(self, X: Matrix, features: Any) -> None:
        """Know the features of an array of rows."""
        self._known[:] = [(ref(X), features), *self._known[: REMEMBERED - 1]]

    def _centred(self, X):
        if not self.offset.any():
            return X
        if not sparse.issparse(X):
            return X - self.offset
        # columns with an offset have no zeros among the training rows
        row = sparse.csr_array(self.offset[None, :])
        return sparse.csr_array(X - sparse.csr_array(np.ones((X.shape[0], 1))) @ row)

    @property
    def centre(self) -> np.ndarray:
        """What is taken off the rows in all, (p,)."""
        return self.offset if self.basis is None else self.offset + self.basis.mean

    def beyond(self, X: Matrix) -> Any:
        """(x - o)'rest, (m, K): 0 for the training rows; the number 0 where there is no rest."""
        if self.rest is None:
            return 0.0
        mean = 0.0 if self.basis is None else self.basis.mean
        return np.asarray(self._centred(X) @ self.rest) - mean @ self.rest

    def as_fitted(self, theta: np.ndarray) -> np.ndarray:
        """(w, b) of (a, c): (P,) or (P, B)."""
        return self._outer(theta, self.rest)

    def change_as_fitted(self, change: np.ndarray) -> np.ndarray:
        """The same for a change of parameters, of which the rest has none."""
        return self._outer(change, None)

    def _outer(self, theta, rest):
        A, c, others = self._split(theta, self.n_features)
        W = A if self.basis is None else _by_output(self.basis.expand, A)
        W = W if rest is None else W + rest.T[:, :, None]
        return self._joined(W, c - self._through_offset(W), others, theta)

    def internal(self, theta: np.ndarray) -> np.ndarray:
        """(a, c) of (w, b): (P,) or (P, B)."""
        W, b, others = self._split(theta, len(self.offset))
        A = W if self.basis is None else _by_output(self.basis.restrict, W)
        return self._joined(A, b + self._through_offset(W), others, theta)

    def slope(self, gradient: np.ndarray) -> np.ndarray:
        """Derivative in (a, c) from that in (w, b), (P,) or (P, B); nan where the rows do not determine it."""
        G, g, others = self._split(gradient, len(self.offset))
        if self.intercept:
            G = G - self.centre[None, :, None] * g[:, None, :]
        if self.basis is None:
            return self._joined(G, g, others, gradient)
        size = np.sqrt(np.einsum("kpb,kpb->b", G, G))
        along = np.sqrt(sum(self.basis.undetermined(each) ** 2 for each in G))
        slope = self._joined(_by_output(self.basis.transposed, G), g, others, gradient)
        return np.where(np.reshape(along > UNDETERMINED * size, gradient.shape[1:]), np.nan, slope)

    @property
    def stretch(self) -> float:
        """Largest growth of the 2-norm from a change of (a, c) to that of (w, b)."""
        grown = 1.0 if self.basis is None else np.linalg.norm(self.basis.expand(np.eye(self.n_features)), 2)
        far = np.linalg.norm(self.centre)
        # of [[1, 0], [-far, 1]], for directions along the offset
        return float(np.linalg.norm(np.array([[grown, 0.0], [-far * grown, 1.0]]), 2))

    def _through_offset(self, W):
        """o'w of each output, (K, B); nothing without an intercept."""
        return np.einsum("p,kpb->kb", self.centre, W) if self.intercept else np.zeros((0, W.shape[2]))

    def _split(self, theta, width):
        """Coefficients (K, width, B), intercepts (K or 0, B) and other parameters, of a flat theta."""
        columns = theta if theta.ndim == 2 else theta[:, None]
        K, ends = self.n_outputs, self.n_outputs * width
        stop = ends + K * self.intercept
        return columns[:ends].reshape(K, width, columns.shape[1]), columns[ends:stop], columns[stop:]

    def _joined(self, W, b, others, like):
        flat = np.concatenate([W.reshape(-1, W.shape[2]), b, others])
        return flat.reshape(len(flat), *like.shape[1:])


def _by_output(function, A):
    return np.stack([function(each) for each in A])
