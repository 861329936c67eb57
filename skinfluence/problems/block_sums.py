"""One block of rows of a larger problem, and the sums over its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from .._typing import RowIndex
from .linear import LinearProblem
from .weighting import BalancedWeights

__all__ = ["BlockBalance", "BlockSums", "RowBlock", "block_sums", "joined", "row_block"]


@dataclass(frozen=True, eq=False)
class BlockBalance(BalancedWeights):
    """The balanced rule of a block: its classes have the masses that they have in all blocks.

    Parameters
    ----------
    codes, n_classes, mass, weighted, against_rest
        Of :class:`BalancedWeights`, of the rows of the block.
    total : ndarray of shape (C,)
        N_c of all rows.

    Examples
    --------
    A block without any row of the second class, of which there are three elsewhere:

    >>> import numpy as np
    >>> BlockBalance(np.array([0]), 2, np.ones(1), False, total=np.array([1.0, 3.0])).factors()
    array([2.        , 0.66666667])
    """

    total: np.ndarray | None = None

    def class_mass(self) -> np.ndarray:
        """N_c, shape (C,)."""
        return self.total


@dataclass(frozen=True, eq=False)
class RowBlock(LinearProblem):
    """The rows of one block, weighted as in the whole problem.

    Parameters
    ----------
    **facts
        Those of :class:`LinearProblem`.
    cell_gradients : ndarray of shape (F, P) or None
        Sums over all rows under balanced weights, for removal terms; None for those of the block.
    """

    cell_gradients: np.ndarray | None = None

    def _cell_gradients(self, cotangents):
        return super()._cell_gradients(cotangents) if self.cell_gradients is None else self.cell_gradients

    def take(self, rows: RowIndex) -> Self:
        """Some of its rows."""
        chosen = {name: getattr(self, name)[rows] for name in _BY_ROW if getattr(self, name) is not None}
        balance = self.balance
        if balance is not None:
            balance = replace(balance, codes=balance.codes[rows], mass=balance.mass[rows])
        return replace(self, design=self.design.with_rows(self.design.X[rows]), balance=balance, **chosen)


#: facts of which each row has its own
_BY_ROW = ("y", "sample_weight", "output_factors", "presence")


def row_block(
    problem: Any, theta: np.ndarray, total: np.ndarray | None = None, cells: np.ndarray | None = None
) -> RowBlock:
    """The problem of a block at some parameters, with masses and gradients of classes of all blocks."""
    facts = {field.name: getattr(problem, field.name) for field in fields(LinearProblem)} | {"theta": theta}
    if total is not None:
        own = {field.name: getattr(problem.balance, field.name) for field in fields(BalancedWeights)}
        facts["balance"] = BlockBalance(**own, total=total)
    return RowBlock(**facts, cell_gradients=cells)


@dataclass(frozen=True)
class BlockSums:
    """Sums over rows, which add up over blocks.

    Attributes
    ----------
    gradient : ndarray of shape (P,)
        Of the losses, weights included, without the penalty.
    hessian : ndarray of shape (P, P)
        The same.
    cotangent_squares, column_squares : ndarray of shape (P,)
        Squared sizes of the derivatives in each parameter's output, and of its column of derivatives.
    cells : ndarray of shape (F, P)
        Gradients by factor of balanced weights, before these; F = 0 without.
    shares, weight : float
        Of the penalty, and of the rows.
    sample : tuple of RowBlock
        Some rows as they are.
    """

    gradient: np.ndarray
    hessian: np.ndarray
    cotangent_squares: np.ndarray
    column_squares: np.ndarray
    cells: np.ndarray
    shares: float
    weight: float
    sample: tuple

    def __add__(self, other):
        return BlockSums(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


def block_sums(block: RowBlock, ranks: np.ndarray) -> BlockSums:
    """The sums over one block.

    Parameters
    ----------
    block : RowBlock
        With the class masses of all rows.
    ranks : ndarray of int
        Rows of the sample, by their place among those of the block that have a weight.
    """
    design, shares = block.design, block.shares()
    gradients = block.loss.gradient(block.training_raw, block.y)
    cotangents = block.weights() * gradients
    squares = np.einsum("nk,nk->k", cotangents, cotangents)
    cells = np.zeros((0, block.n_parameters))
    if block.balance is not None:
        cells = block._cell_gradients(block._present_weight()[:, None] * gradients)
    weighted = np.flatnonzero(block.sample_weight)
    sample = block.take(weighted[ranks[ranks < len(weighted)]])
    return BlockSums(
        gradient=design.vjp(cotangents[:, :, None])[:, 0],
        hessian=design.gram(block.row_hessians()),
        cotangent_squares=np.append(np.repeat(squares, design.X.shape[1]), squares)[design.parameters],
        column_squares=design.column_norms**2,
        cells=cells,
        shares=0.0 if shares is None else shares.sum(),
        weight=block.sample_weight.sum(),
        sample=(sample,) if sample.n_rows else (),
    )


def joined(parts: Sequence[RowBlock]) -> RowBlock:
    """One block of the rows of several."""
    first = parts[0]
    names = [name for name in _BY_ROW if _has(first, name)]
    rows: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    features = [part.design.X for part in parts]
    X = sparse.vstack(features, format="csr") if sparse.issparse(features[0]) else np.concatenate(features)
    balance = first.balance
    if balance is not None:
        own = [np.concatenate([getattr(part.balance, name) for part in parts]) for name in ("codes", "mass")]
        balance = replace(balance, codes=own[0], mass=own[1])
    return replace(first, design=first.design.with_rows(X), balance=balance, **rows)


def _has(block, name):
    return getattr(block, name) is not None
