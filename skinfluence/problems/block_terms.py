"""What the deletion of rows in blocks takes from the gradient, asked of the blocks."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .._typing import RowIndex

__all__ = ["BlockTerms"]


@dataclass(frozen=True, eq=False)
class BlockTerms:
    """Removal terms of rows in blocks, without holding them.

    Parameters
    ----------
    problem : BlockProblem
        Theirs.
    """

    problem: Any

    def along(self, U: np.ndarray) -> np.ndarray:
        """Inner products with the columns of U: (n, B) from (P, B)."""
        return np.concatenate(list(self.problem.map(partial(_along, U=U))))

    def columns(self, rows: RowIndex) -> np.ndarray:
        """The rows' vectors as columns, shape (P, b)."""
        rows = np.arange(self.problem.n_rows)[rows]
        columns = np.hstack(list(self.problem.map(_columns, self.problem.local(rows))))
        return columns[:, np.argsort(np.argsort(rows, kind="stable"), kind="stable")]

    def total(self) -> np.ndarray:
        """Sum over the rows, shape (P,)."""
        return sum(self.problem.map(_total))


def _along(block, U):
    return block.removal_terms().along(U)


def _columns(block, rows):
    return block.removal_terms().columns(rows) if len(rows) else np.zeros((block.n_parameters, 0))


def _total(block):
    return block.removal_terms().total()
