"""Versions of several machines side by side, as one state."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Versions", "votes"]


def votes(decisions: np.ndarray, n_classes: int) -> np.ndarray:
    """scikit-learn's decision function of K classes from those of all pairs, (m, K, G) from (m, P, G).

    Class k gets a vote from each pair in which it wins, and s_k / (3 (|s_k| + 1)), where s_k is the sum of its margins.
    """
    total = np.zeros((decisions.shape[0], n_classes, decisions.shape[2]))
    sums = np.zeros_like(total)
    pairs = zip(*np.triu_indices(n_classes, 1))
    for pair, (i, j) in enumerate(pairs):
        margin = decisions[:, pair]
        total[:, i] += margin >= 0
        total[:, j] += margin < 0
        sums[:, i] += margin
        sums[:, j] -= margin
    raw = total + sums / (3 * (np.abs(sums) + 1))
    return np.where(np.isnan(decisions).any(axis=1)[:, None], np.nan, raw)


@dataclass(frozen=True, eq=False)
class Versions:
    """G versions of the machines of an estimator.

    Parameters
    ----------
    kernel : callable
    rows : ndarray of int, shape (S,)
        Training rows that are support vectors of any version.
    vectors : ndarray or CSR matrix of shape (S, p)
        These rows.
    coefficients : tuple of ndarray, each (S, D)
        Of each machine, its distinct versions.
    intercepts : tuple of ndarray, each (D,)
    index : tuple of ndarray of int, each (G,)
        Which version of the machine each of the G is.
    n_classes : int
        Machines vote where it is above 2.
    violation : float
        The largest violation of a condition of optimality; 0 where none was sought.
    """

    kernel: Any
    rows: np.ndarray
    vectors: Any
    coefficients: tuple
    intercepts: tuple
    index: tuple
    n_classes: int
    violation: float = 0.0

    def decisions(self, features: Any) -> np.ndarray:
        """Decision values of all machines, (m, P, G)."""
        # scikit-learn's kernels refuse no rows, and a machine may have no vector
        any_vector = self.vectors.shape[0] > 0
        kernel = self.kernel(features, self.vectors) if any_vector else np.zeros((features.shape[0], 0))
        machines = zip(self.coefficients, self.intercepts, self.index)
        return np.stack([(kernel @ beta + b)[:, index] for beta, b, index in machines], axis=1)

    def raw(self, features: Any) -> np.ndarray:
        """Decision values (m, 1, G), or those of K classes by vote (m, K, G)."""
        decisions = self.decisions(features)
        return decisions if self.n_classes <= 2 else votes(decisions, self.n_classes)
