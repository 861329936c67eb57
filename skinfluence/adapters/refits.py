"""Any fitted estimator as a model that knows nothing but its outputs, and refits."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from sklearn.utils import _safe_indexing

from ..losses import Loss
from ..problems.feasibility import something_left
from ..rows import as_table
from .fitting import fit_estimator
from .labels import encode_labels, one_column
from .model import Model
from .neighbours import no_neighbours, too_few_voters, voters_needed
from .outputs import FittedOutputs, fitted_outputs
from .pairwise import KeptColumns, is_pairwise
from .unwrap import resampling_step, unwrap

__all__ = ["OutputModel", "outputs_of"]

NO_ANSWER = (
    "without it the model cannot be fitted (last row of its class, or too few rows), or predicts nothing for an "
    "evaluation row"
)
NOT_RESAMPLED = (
    "without it the Pipeline cannot be fitted (too few rows of a class for its step {!r}, {}, or for the model behind "
    "it)"
)


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
    reporting: Any = field(default=None, kw_only=True)

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

    @property
    def too_few_rows(self) -> str | None:
        """Of nearest neighbours, the rows that have to be left to vote."""
        return too_few_voters(_inside(self.final), self.n_rows)

    @property
    def no_answer(self) -> str:
        """Why an answer may be nan."""
        final, resampler = _inside(self.final), resampling_step(self.final)
        if resampler is not None:
            name, step = resampler
            return NOT_RESAMPLED.format(name, type(step).__name__)
        return too_few_voters(final, self.n_rows) or no_neighbours(final) or NO_ANSWER

    def features(self, X: Any) -> Any:
        """Features that the final estimator sees, from raw rows; lists become arrays."""
        for transformer in self.transformers:
            X = transformer.transform(X)
        return as_table(X)

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
        codes = np.zeros(self.n_rows, dtype=np.intp) if self.classes is None else self.labels(None, self.y)
        codes, everywhere = np.asarray(codes, dtype=np.intp), np.ones(self.n_rows, dtype=bool)
        # rows without a weight tell of their class, too
        one_each = something_left(codes, everywhere, sets)
        # where rows are resampled, as many vote as the sampler makes
        needed = 0 if resampling_step(self.final) else voters_needed(_inside(self.final))
        most = self.n_rows - needed
        enough = np.array([len(rows) <= most for rows in sets], dtype=bool)
        return enough & one_each & something_left(np.zeros_like(codes), self.weights > 0, sets)

    def refitted(self, rows: np.ndarray) -> Any:
        """The outputs of the estimator fitted anew without some rows; None where it cannot be."""
        # a structure may have an answer without a class, and a refit then knows no such class
        if not (self.feasible([rows])[0] and OutputModel.feasible(self, [rows])[0]):
            return None
        keep = np.setdiff1d(np.arange(self.n_rows), rows)
        weight = None if self.sample_weight is None else self.weights[keep]
        X, y = _safe_indexing(self.X, keep), _safe_indexing(self.y, keep)
        try:
            return self._fitted_on(keep, X, y, weight)
        except ValueError:
            if self._may_refuse:
                return None
            raise

    def fitted(self) -> Self:
        """The same with its estimator fitted anew on all rows."""
        fitted = fit_estimator(self.final, self.X, self.y, self.sample_weight)
        return replace(self, final=fitted, outputs=self._outputs_of(fitted))

    def _fitted_on(self, keep, X, y, weight):
        if not is_pairwise(self.final):
            return self._outputs_of(fit_estimator(self._unfitted, X, y, weight))
        columns = KeptColumns(keep)
        outputs = self._outputs_of(fit_estimator(self._unfitted, columns.transform(X), y, weight))
        return replace(outputs, transformers=(columns, *outputs.transformers))

    @property
    def _may_refuse(self):
        """Whether what is left may be too few rows for reasons that the estimator alone knows."""
        return resampling_step(self.final) is not None

    @property
    def _unfitted(self):
        """What refits fit a clone of."""
        return self.final

    def _outputs_of(self, fitted):
        """What a refitted estimator is read by."""
        return outputs_of(fitted)


def outputs_of(fitted: Any) -> FittedOutputs:
    """Outputs of a fitted estimator, its own preprocessing included."""
    transformers, final = unwrap(fitted, resampled=True)
    return fitted_outputs(final, transformers)


def _inside(estimator):
    """The final estimator inside a fitted one."""
    return unwrap(estimator, resampled=True)[1]
