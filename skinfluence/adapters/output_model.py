"""Any fitted estimator on its training rows, as a model that refits."""

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight, _num_samples

from ..rows import as_table, indexable
from .fitting import check_takes_weights
from .labels import plain_labels
from .refits import OutputModel, outputs_of
from .reporting import reporting_of
from .survival.refits import SurvivalOutputModel, are_events_and_times, survival_outputs
from .training_rows import trained_on
from .unwrap import check_fits_anew, unwrap

__all__ = ["output_model"]


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
        The whole of a frozen estimator is to be refitted; weights for one that takes none; a Pipeline that resamples
        rows, without `refit_preprocessing`.
    """
    if refit_preprocessing:
        check_fits_anew(estimator, "with refit_preprocessing=True the whole estimator")
    transformers, final = ([], estimator) if refit_preprocessing else unwrap(estimator)
    if sample_weight is not None:
        check_takes_weights(final)
    weights = _check_sample_weight(sample_weight, np.empty((_num_samples(X), 1)))
    X = trained_on(transformers, X, [plain_labels(y)] * len(transformers)).X
    # what a black box predicts is in its own unit
    reporting = reporting_of(estimator, decisions_alone=True)
    kind, read = (SurvivalOutputModel, survival_outputs) if are_events_and_times(y) else (OutputModel, outputs_of)
    return kind(
        list(transformers), final, read(final), as_table(X), indexable(y), sample_weight, weights, reporting=reporting
    )
