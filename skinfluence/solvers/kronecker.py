"""A preconditioner for Hessians of several outputs: what they would be if every row had the same M_i up to a factor.

With t_i = trace M_i, the mean M = sum_i M_i / sum_i t_i and G = sum_i t_i x_i x_i',

    H = sum_i M_i (x) x_i x_i' + diag(D)   is about   M (x) G + I (x) D

whose inverse comes from two eigendecompositions, M = V diag(m) V' and D^-1/2 G D^-1/2 = U diag(g) U':

    D^-1/2 U [(U' D^-1/2 Y V)_jk / (m_k g_j + 1)] V' D^-1/2

The approximation is that of K-FAC [1]_. Multinomial models of correlated features, such as images, take a fifth of the
iterations of Jacobi's preconditioner.

.. [1] Martens and Grosse, Optimizing neural networks with Kronecker-factored approximate curvature, ICML 2015.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..operators import Curvature, Design

__all__ = ["kronecker_preconditioner"]

#: features up to which the eigendecomposition takes less time than the iterations that it saves
MOST_FEATURES = 1500
#: penalty in the place of none at all, relative to the mean diagonal of G
LEAST_PENALTY = 1e-8


def kronecker_preconditioner(curvature: Any) -> Callable[[np.ndarray], np.ndarray] | None:
    """From (P, B) to (P, B), symmetric and positive definite; None for one output, and for very many features."""
    if not isinstance(curvature, Curvature) or curvature.active is not None or type(curvature.design) is not Design:
        return None
    design, hessians = curvature.design, curvature.row_hessians
    traces = np.einsum("nkk->n", hessians)
    several = design.n_outputs > 1 and 0 < design.X.shape[1] <= MOST_FEATURES
    if not several or traces.min(initial=0.0) < 0 or not traces.any():
        return None
    gram = Design(design.X, 1, design.intercept).gram(traces[:, None, None])
    root = np.sqrt(_penalties(design, curvature.diagonal, np.diagonal(gram).mean()))
    g, U = np.linalg.eigh(gram / root / root[:, None])
    m, V = np.linalg.eigh(hessians.sum(axis=0) / traces.sum())
    inverse = 1 / (np.maximum(g, 0)[:, None] * np.maximum(m, 0) + 1)
    left = U / root[:, None]

    def apply(Y):
        coef, intercept = design.split(Y)
        blocks = np.concatenate([coef, intercept[:, None]], axis=1) if design.intercept else coef
        inner = np.einsum("jkb,kl->jlb", np.tensordot(left, blocks, axes=(0, 1)), V, optimize=True)
        inner = np.einsum("jlb,kl->jkb", inner * inverse[:, :, None], V, optimize=True)
        solved = np.moveaxis(np.tensordot(left, inner, axes=(1, 0)), 1, 0)
        p = coef.shape[1]
        parts = [solved[:, :p].reshape(coef.size // Y.shape[1], -1), *([solved[:, p]] if design.intercept else [])]
        return np.concatenate(parts)

    return apply


def _penalties(design, diagonal, size):
    """One penalty for each feature; the intercept has that of a feature, which costs iterations and no accuracy."""
    coef, _ = design.split(diagonal)
    penalty = coef.mean(axis=0)
    least = penalty[penalty > 0].mean() if penalty.any() else LEAST_PENALTY * size
    penalty = np.where(penalty > 0, penalty, least)
    return np.append(penalty, least) if design.intercept else penalty
