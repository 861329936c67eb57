"""Any fitted estimator as a model that knows nothing but its outputs, and refits."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight, _num_samples

from .._warnings import warn
from ..exceptions import StationarityWarning
from ..losses import Loss
from ..problems.feasibility import something_left
from ..rows import indexable
from .fitting import check_takes_weights, fit_estimator
from .labels import encode_labels, one_column
from .model import Model
from .neighbours import no_neighbours, too_few_voters, voters_needed
from .outputs import FittedOutputs, fitted_outputs
from .pairwise import KeptColumns, is_pairwise
from .reporting import reporting_of
from .unwrap import check_fits_anew, unwrap

__all__ = ["OutputModel", "check_repeatable", "output_model"]

#: relative difference of raw predictions up to which a fit is the same: tolerance of iterative solvers
SAME_FIT = 1e-3
NO_ANSWER = (
    "without it the model cannot be fitted (last row of its class, or too few rows), or predicts nothing for an "
    "evaluation row"
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
        return too_few_voters(unwrap(self.final)[1], self.n_rows)

    @property
    def no_answer(self) -> str:
        """Why an answer may be nan."""
        final = unwrap(self.final)[1]
        return too_few_voters(final, self.n_rows) or no_neighbours(final) or NO_ANSWER

    def features(self, X: Any) -> Any:
        """Features that the final estimator sees, from raw rows; lists become arrays."""
        for transformer in self.transformers:
            X = transformer.transform(X)
        return indexable(X) if hasattr(X, "shape") else np.asarray(X)

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
        most = self.n_rows - voters_needed(unwrap(self.final)[1])
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
        if not is_pairwise(self.final):
            return self._outputs_of(fit_estimator(self._unfitted, X, y, weight))
        columns = KeptColumns(keep)
        outputs = self._outputs_of(fit_estimator(self._unfitted, columns.transform(X), y, weight))
        return replace(outputs, transformers=(columns, *outputs.transformers))

    @property
    def _unfitted(self):
        """What refits fit a clone of."""
        return self.final

    def _outputs_of(self, fitted):
        """What a refitted estimator is read by."""
        return _outputs(fitted)


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

    Raises
    ------
    UnsupportedEstimatorError
        The whole of a frozen estimator is to be refitted; weights for one that takes none.
    """
    if refit_preprocessing:
        check_fits_anew(estimator, "with refit_preprocessing=True the whole estimator")
    transformers, final = ([], estimator) if refit_preprocessing else unwrap(estimator)
    if sample_weight is not None:
        check_takes_weights(final)
    weights = _check_sample_weight(sample_weight, np.empty((_num_samples(X), 1)))
    for transformer in transformers:
        X = transformer.transform(X)
    # what a black box predicts is in its own unit
    reporting = reporting_of(estimator, decisions_alone=True)
    read = _outputs(final)
    X = indexable(X)
    return OutputModel(list(transformers), final, read, X, y, sample_weight, weights, reporting=reporting)


def check_repeatable(model: OutputModel) -> str:
    """Warns of an estimator whose refits differ on the same rows; what a reader of the effects has to know.

    Only estimators with a ``random_state`` of None are fitted, twice; their raw predictions on the first rows tell.
    """
    seeds = [
        name for name, value in model.final.get_params().items() if name.endswith("random_state") and value is None
    ]
    twice = [model.refitted(np.zeros(0, dtype=np.intp)) for _ in range(2)] if seeds else [None]
    if twice[0] is None:
        return ""
    features = _safe_indexing(model.X, np.arange(min(model.n_rows, 64)))
    here, there = (fitted.raw(features) for fitted in twice)
    if np.allclose(here, there, rtol=SAME_FIT, atol=SAME_FIT * np.abs(here).max(initial=0)):
        return ""
    said = (
        f"{type(model.final).__name__} has {seeds[0]}=None and is another model each time it is fitted, so that "
        "effects are chance for the larger part"
    )
    warn(f"{said}; set {seeds[0]} to a number, and average over several of them", StationarityWarning)
    return said


def _outputs(fitted):
    """Outputs of a fitted estimator, its own preprocessing included."""
    transformers, final = unwrap(fitted)
    return fitted_outputs(final, transformers)
