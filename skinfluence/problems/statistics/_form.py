"""A closed form: which sums over the rows a model is made of, and how it is made of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._sums import Sums

__all__ = ["ClosedForm", "log_shares", "log_shares_vjp"]


@dataclass(frozen=True, eq=False)
class ClosedForm(ABC):
    """A classifier whose raw predictions phi(z) @ W are linear in some features, with W a function of sums.

    Parameters
    ----------
    n_features, n_classes : int
        p and K.
    priors : ndarray of shape (K,) or None
        Given probabilities of the classes; None for their shares.
    """

    n_features: int
    n_classes: int
    priors: np.ndarray | None

    @abstractmethod
    def sums(self, codes: np.ndarray, weight: np.ndarray, presence: np.ndarray) -> tuple[Sums, ...]:
        """What is summed, as ``Sums``: of class codes, weights, and 1 for rows that count whatever their weight."""

    @abstractmethod
    def names(self, classes: Sequence[str], features: Sequence[str]) -> list[str]:
        """A name for each of them."""

    @abstractmethod
    def phi(self, Z: np.ndarray) -> np.ndarray:
        """Features (m, d)."""

    @abstractmethod
    def coefficients(self, theta: np.ndarray) -> np.ndarray:
        """W of every class, (d, K, B), at sums (P, B); nan where they define no model."""

    @abstractmethod
    def coefficients_vjp(self, theta: np.ndarray, G: np.ndarray) -> np.ndarray:
        """Gradient (P, B) in the sums, at (P,), of the inner products of W with G (d, K, B)."""

    # two classes: one decision value, the difference of theirs

    @cached_property
    def n_outputs(self) -> int:
        """Raw predictions a row: one for two classes."""
        return 1 if self.n_classes == 2 else self.n_classes

    def raw(self, Z: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Raw predictions, (m, outputs, B) at sums (P, B)."""
        return np.tensordot(self.phi(Z), self.outputs(theta), 1)

    def outputs(self, theta: np.ndarray) -> np.ndarray:
        """W of every output, (d, outputs, B)."""
        W = self.coefficients(theta)
        return W if self.n_outputs > 1 else W[:, 1:] - W[:, :1]

    def outputs_vjp(self, theta: np.ndarray, G: np.ndarray) -> np.ndarray:
        """The transposed derivative of :meth:`outputs`."""
        return self.coefficients_vjp(theta, G if self.n_outputs > 1 else np.concatenate([-G, G], axis=1))


def log_shares(priors: np.ndarray | None, counts: np.ndarray) -> np.ndarray:
    """Logarithms of the priors, or of the classes' shares: (K, B) from (K, B)."""
    if priors is not None:
        return np.log(priors)[:, None] + 0 * counts
    return np.log(counts / counts.sum(axis=0))


def log_shares_vjp(priors: np.ndarray | None, counts: np.ndarray, G: np.ndarray) -> np.ndarray:
    """Gradient in the counts, (K, B), at (K,), of the inner products of the logarithms with G (K, B)."""
    if priors is not None:
        return np.zeros_like(G)
    return G / counts[:, None] - G.sum(axis=0) / counts.sum()
