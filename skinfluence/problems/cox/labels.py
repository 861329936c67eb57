"""What is known of survival rows besides covariates, as one structured array: the labels that targets see."""

import numpy as np

from ..._typing import ArrayLike
from ...exceptions import UnsupportedEstimatorError

__all__ = ["check_events", "survival_labels"]

_FIELDS = [
    ("time", float),
    ("event", bool),
    ("entry", float),
    ("stratum", np.intp),
    ("weight", float),
    ("efron", bool),
]


def survival_labels(
    n_rows: int,
    *,
    time: ArrayLike | None = None,
    event: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    efron: bool = True,
) -> np.ndarray:
    """Labels of evaluation rows.

    Parameters
    ----------
    n_rows : int
        How many.
    time, event, entry, stratum, weight : ndarray of shape (n_rows,) or None
        As in training. None: times that are not known (nan), everybody dies, nobody enters late (-inf), one stratum,
        weights 1.
    efron : bool
        How the model treats ties.

    Returns
    -------
    ndarray of shape (n_rows,)
        Structured.

    Examples
    --------
    >>> survival_labels(2, time=[3.0, 4.0])["event"]
    array([ True,  True])
    """
    labels = np.empty(n_rows, dtype=_FIELDS)
    labels["time"] = np.nan if time is None else time
    labels["event"] = True if event is None else event
    labels["entry"] = -np.inf if entry is None else entry
    labels["stratum"] = 0 if stratum is None else stratum
    labels["weight"] = 1 if weight is None else weight
    labels["efron"] = efron
    return labels


def check_events(event: np.ndarray, name: str) -> None:
    """Refuse training rows without any event.

    Raises
    ------
    UnsupportedEstimatorError
    """
    if not np.any(event):
        raise UnsupportedEstimatorError(
            f"{name} was trained on rows without an event: its partial likelihood is 1 whatever the coefficients, so "
            "that no row has an influence on them; use rows of which some have an event"
        )
