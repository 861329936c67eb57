"""Any fitted estimator as a model that knows nothing but its outputs, and refits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight, _num_samples

from ..losses import Loss
from ..rows import indexable
from .fitting import fit_estimator
from .labels import encode_labels, one_column
from .model import Model
from .outputs import FittedOutputs, fitted_outputs
from .unwrap import unwrap

__all__ = ["OutputModel", "output_model"]


@dataclass(frozen=True, eq=False)
class OutputModel(Model):
    """A fitted estimator read through its outputs; its deletions are refits as it is.

    Parameters
    ----------
    transformers : list
        Fitted preprocessing, held fixed.
    final : estimator
        Fitted; what is refitted.
    outputs : FittedOutputs
        Its raw predictions.
    X, y : array-like
        Training rows as `final` takes them.
    sample_weight : ndarray of shape (n,) or None
        As given.
    weights : ndarray of shape (n,)
        The same, ones when none.
    """

    transformers: list
    final: Any
    outputs: FittedOutputs
    X: Any
    y: Any
    sample_weight: Any
    weights: np.ndarray

    problem = None

    @property
    def classes(self) -> np.ndarray | None:
        """Class labels, None for regressors."""
        return getattr(self.final, "classes_", None)

    @property
    def n_rows(self) -> int:
        """Training rows."""
        return len(self.weights)

    @property
    def row_weight(self) -> np.ndarray:
        """Weights of the training rows, (n,)."""
        return self.weights

    @property
    def loss(self) -> Loss:
        """The loss of its raw predictions."""
        return self.outputs.loss

    def features(self, X: Any) -> Any:
        """Features that the final estimator sees, from raw rows."""
        for transformer in self.transformers:
            X = transformer.transform(X)
        return indexable(X)

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Class codes, or float64."""
        if self.classes is None:
            return one_column(np.asarray(y, dtype=np.float64))
        return encode_labels(y, self.classes)

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions of evaluation rows, (m, K)."""
        return self.outputs.raw(features)

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether a row with a weight, and a row of every class, is left without each set: (G,) of bool."""
        return np.array([self._is_feasible(rows) for rows in sets], dtype=bool)

    def _is_feasible(self, rows):
        keep = np.setdiff1d(np.arange(self.n_rows), rows)
        if not self.weights[keep].any():
            return False
        return self.classes is None or len(np.unique(np.asarray(self.y)[keep])) == len(self.classes)

    def refitted(self, rows: np.ndarray) -> Any:
        """The outputs of the estimator fitted anew without some rows; None where it cannot be."""
        fitted = self._fit_without(rows, self.final)
        return None if fitted is None else _outputs(fitted)

    def _fit_without(self, rows, estimator):
        """A clone fitted without some rows; None where it cannot be."""
        if not self._is_feasible(rows):
            return None
        keep = np.setdiff1d(np.arange(self.n_rows), rows)
        weight = None if self.sample_weight is None else self.weights[keep]
        return fit_estimator(clone(estimator), _safe_indexing(self.X, keep), _safe_indexing(self.y, keep), weight)


def output_model(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, refit_preprocessing: bool = False
) -> OutputModel:
    """A fitted estimator on its training rows, read through its outputs.

    Parameters
    ----------
    estimator : fitted estimator
        What is refitted: its final step on features that its fitted preprocessing makes once, or all of it.
    X, y, sample_weight
        Training rows.
    refit_preprocessing : bool
        Refit every step.
    """
    transformers, final = ([], estimator) if refit_preprocessing else unwrap(estimator)
    weights = _check_sample_weight(sample_weight, np.empty((_num_samples(X), 1)))
    for transformer in transformers:
        X = transformer.transform(X)
    return OutputModel(list(transformers), final, _outputs(final), indexable(X), y, sample_weight, weights)


def _outputs(fitted):
    """Outputs of a fitted estimator, its own preprocessing included."""
    transformers, final = unwrap(fitted)
    return fitted_outputs(final, transformers)
