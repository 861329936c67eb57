"""Which rows may be deleted next."""

from typing import Any

import numpy as np

__all__ = ["Candidates"]


class Candidates:
    """Rows of positive weight that are not the last of their class, updated as rows are deleted.

    Parameters
    ----------
    problem : Problem
        With all rows.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> loss, y = SimpleNamespace(classification=True), np.array([0, 0, 1])
    >>> problem = SimpleNamespace(sample_weight=np.ones(3), y=y, loss=loss, n_rows=3)
    >>> candidates = Candidates(problem)
    >>> candidates.allowed
    array([ True,  True, False])
    >>> candidates.remove(0)
    >>> candidates.allowed
    array([False, False, False])
    """

    def __init__(self, problem: Any) -> None:
        self.present = problem.sample_weight > 0
        classified = problem.loss is not None and problem.loss.classification
        self.codes = problem.y.astype(np.intp) if classified else np.zeros(problem.n_rows, dtype=np.intp)
        self.left = np.bincount(self.codes[self.present])

    @property
    def allowed(self) -> np.ndarray:
        """(n,) of bool."""
        return self.present & (self.left[self.codes] > 1)

    def remove(self, row: int) -> None:
        """Mark a row as deleted."""
        self.present[row] = False
        self.left[self.codes[row]] -= 1

    def best(self, gains: np.ndarray) -> int | None:
        """The row of the largest gain above 0, None where there is none."""
        gains = np.where(self.allowed & (gains > 0), gains, -np.inf)
        row = int(np.argmax(gains))
        return row if gains[row] > 0 else None

    def finalists(self, size: int, gains: np.ndarray) -> np.ndarray:
        """The rows of the largest gains, whatever their sign."""
        gains = np.where(self.allowed & np.isfinite(gains), gains, -np.inf)
        rows = np.argpartition(gains, -size)[-size:] if size < len(gains) else np.arange(len(gains))
        return rows[np.isfinite(gains[rows])]

    def first(self, k: int, gains: np.ndarray) -> list[int]:
        """The k rows of the largest gains above 0, fewer where there are no more, in that order."""
        rows: list[int] = []
        for row in np.argsort(-gains, kind="stable"):
            if len(rows) == k or not gains[row] > 0:
                break
            if self.allowed[row]:
                rows.append(int(row))
                self.remove(row)
        return rows
