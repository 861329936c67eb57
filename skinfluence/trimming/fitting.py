"""Fit an estimator on some of the rows."""

from typing import Any

import numpy as np
import sklearn
from sklearn.base import clone

from ..adapters import fit_weighted
from .rows import TrainingRows, take_rows

__all__ = ["fit_on", "routing_enabled"]


def fit_on(estimator: Any, rows: TrainingRows, kept: np.ndarray, params: dict[str, Any]) -> Any:
    """A clone fitted on the rows at the positions `kept`, with the aligned fit parameters of these rows."""
    chosen = rows.take(kept)
    params = {name: take_rows(value, kept, len(rows)) for name, value in params.items()}
    return fit_weighted(clone(estimator), chosen.X, chosen.y, chosen.sample_weight, **params)


def routing_enabled() -> bool:
    """Whether scikit-learn's metadata routing is on."""
    return sklearn.get_config().get("enable_metadata_routing", False)
