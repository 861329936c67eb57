"""A CoxPHFitter with fit and predict, for everything that fits estimators: DataTrimmer, searches, cross-validation."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._optional import require
from .._typing import Labels

__all__ = ["LifelinesCox", "event_times", "labelled_table"]

#: columns that times and events go to; no covariate may be called so
TIME, EVENT = "time (of y)", "event (of y)"


class LifelinesCox(BaseEstimator):
    """A Cox regression of lifelines that takes X and y: scikit-survival's labels, lifelines' columns.

    lifelines' own fitter keeps durations and events in its table and has no interface that scikit-learn could use. This
    one puts them there. Attributors take a fitted ``CoxPHFitter`` as it is; this is for what has to *fit* one.

    Parameters
    ----------
    fitter : CoxPHFitter or None
        With its penalty; copied, never fitted. None means ``CoxPHFitter()``.
    strata, weights_col, entry_col, formula
        As of ``CoxPHFitter.fit``: names of columns of X.

    Attributes
    ----------
    fitter_ : CoxPHFitter
        Fitted.
    n_features_in_, feature_names_in_
        Columns of X.

    Examples
    --------
    >>> from lifelines.datasets import load_rossi
    >>> table = load_rossi()
    >>> y = np.array(list(zip(table["arrest"] == 1, table["week"])), dtype=[("event", bool), ("time", float)])
    >>> model = LifelinesCox().fit(table[["age", "prio"]], y)
    >>> model.predict(table[["age", "prio"]]).round(2)[:2]     # log-hazards against the mean prisoner
    array([-0.17,  0.93])
    """

    def __init__(
        self,
        fitter: Any = None,
        *,
        strata: str | Sequence[str] | None = None,
        weights_col: str | None = None,
        entry_col: str | None = None,
        formula: str | None = None,
    ) -> None:
        self.fitter = fitter
        self.strata = strata
        self.weights_col = weights_col
        self.entry_col = entry_col
        self.formula = formula

    def fit(self, X: Any, y: Labels | None) -> Self:
        """Fit a copy of the fitter.

        Parameters
        ----------
        X : DataFrame of shape (n, p)
            Covariates, and the columns named in the constructor.
        y : structured array of shape (n,)
            Event (bool), then time, as ``sksurv.util.Surv.from_arrays`` makes it.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            X is no DataFrame, or y is not of this kind.
        """
        if self.fitter is None:
            lifelines = require("lifelines", "survival", "LifelinesCox")
            self.fitter_ = lifelines.CoxPHFitter()
        else:
            self.fitter_ = deepcopy(self.fitter)
        columns = {name: getattr(self, name) for name in ("strata", "weights_col", "entry_col", "formula")}
        self.fitter_.fit(labelled_table(X, y), TIME, EVENT, **columns)
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = len(X.columns)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Log-hazards of rows, (m,), against the mean of the training rows."""
        check_is_fitted(self)
        # lifelines answers by index, which may have repeated names
        return np.asarray(self.fitter_.predict_log_partial_hazard(X.reset_index(drop=True)).sort_index())

    def score(self, X: Any, y: Labels | None) -> float:
        """Concordance index of lifelines: the share of comparable pairs that the hazards order rightly."""
        event, time = event_times(y)
        concordance = require("lifelines.utils", "survival", "LifelinesCox").concordance_index
        return float(concordance(time, -self.predict(X), event))


def labelled_table(X: Any, y: Any) -> Any:
    """X with times and events as columns; without labels as it is."""
    if not hasattr(X, "assign"):
        raise ValueError(f"LifelinesCox picks columns by name: pass a DataFrame, got {type(X).__name__}")
    if y is None:
        return X
    event, time = event_times(y)
    return X.assign(**{TIME: time, EVENT: event})


def event_times(y: Any) -> Any:
    """Event and time of a structured array, checked."""
    names = getattr(getattr(y, "dtype", None), "names", None)
    if names is None or len(names) != 2 or y.dtype[0].kind != "b":
        raise ValueError(
            "y must be a structured array of events (bool) and times, as sksurv.util.Surv.from_arrays makes it, got "
            f"{type(y).__name__} of {getattr(y, 'dtype', 'no dtype')}"
        )
    return y[names[0]], y[names[1]].astype(float)
