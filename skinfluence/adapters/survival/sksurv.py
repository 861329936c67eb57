"""scikit-survival's CoxPHSurvivalAnalysis: F = -(partial log-likelihood) + sum_j alpha_j beta_j^2 / 2.

Its alpha does not look at the rows; it takes no weights, strata or entries; ties are Breslow's unless asked otherwise.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import _num_samples

from ...models.lifelines_cox import event_times
from ...problems.cox import CoxProblem, FixedRidge, SurvivalTimes, check_events, survival_labels
from ..model import Model, ModelAdapter
from ..unwrap import unwrap
from ._family import family

__all__ = ["SksurvAdapter"]


class SksurvAdapter(ModelAdapter):
    """Takes Cox models without an l1 penalty; every other model of scikit-survival is refused by name."""

    estimators = ("sksurv",)
    shown = ("CoxPHSurvivalAnalysis",)

    def fitted(self, model: Any) -> bool | None:
        # its fast support vector machines have a coef_ of None from the start
        return False if vars(model).get("coef_", "") is None else None

    def reason_against(self, model: Any) -> str | None:
        names = family(model, "sksurv")
        if "CoxPHSurvivalAnalysis" in names:
            return None
        if "CoxnetSurvivalAnalysis" in names:
            return (
                "it is a path of elastic-net fits, not one optimum; use CoxPHSurvivalAnalysis(alpha=...), or for "
                "refits LeaveOneOut(estimator, method='refit')"
            )
        return (
            "only CoxPHSurvivalAnalysis has an exact treatment among the models of scikit-survival; use it, or for "
            "refits LeaveOneOut(estimator, method='refit')"
        )

    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> "SksurvModel":
        """The fitted model, in any nesting of Pipelines and searches, on its rows.

        Parameters
        ----------
        model : fitted estimator
        X : array-like or DataFrame of shape (n, p)
            Rows.
        y : structured array of shape (n,)
            Event, then time.
        sample_weight : None
            The model takes none.

        Returns
        -------
        Model
        """
        if sample_weight is not None:
            raise ValueError("CoxPHSurvivalAnalysis takes no sample_weight; leave it out, or use CoxPHFitter")
        if y is None:
            raise ValueError(
                "CoxPHSurvivalAnalysis is trained on X and y; pass y, the structured array of events and times"
            )
        transformers, final = unwrap(model)
        return SksurvModel(final, tuple(transformers), X, event_times(y))


@dataclass(frozen=True, eq=False)
class SksurvModel(Model):
    """A fitted CoxPHSurvivalAnalysis on its rows.

    Parameters
    ----------
    final : CoxPHSurvivalAnalysis
        Fitted.
    transformers : tuple
        Fitted preprocessing before it, held fixed.
    rows : array-like or DataFrame of shape (n, p)
        Raw training rows.
    events : tuple of ndarray
        Event and time of each of them.
    """

    final: Any
    transformers: tuple
    rows: Any
    events: tuple

    requires_y = False
    loss_target = "partial_likelihood"

    @cached_property
    def problem(self) -> Any:
        """The objective on the rows."""
        return _problem(self.final, self.features(self.rows), *self.events)

    def features(self, X: Any) -> Any:
        """Covariates that the Cox model sees."""
        for transformer in self.transformers:
            X = transformer.transform(X)
        names = getattr(self.final, "feature_names_in_", None)
        if names is not None and hasattr(X, "columns"):
            X = X[list(names)]
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.final.n_features_in_:
            raise ValueError(f"X has shape {X.shape}, but the model was trained on {self.final.n_features_in_} columns")
        if not np.isfinite(X).all():
            raise ValueError("X holds NaN or infinity; impute or drop such rows")
        return X

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Times and events; unknown without y."""
        if y is None:
            return survival_labels(_num_samples(X), efron=self.final.ties == "efron")
        event, time = event_times(y)
        return survival_labels(len(time), time=time, event=event, efron=self.final.ties == "efron")

    def refitted(self, rows: np.ndarray) -> Any:
        """The problem of the model refitted on the rows that are left, at a tight tolerance; preprocessing stays."""
        event, time = self.events
        X, kept = self.features(self.rows), np.setdiff1d(np.arange(len(time)), rows)
        y = np.empty(len(kept), dtype=[("event", bool), ("time", float)])
        y["event"], y["time"] = event[kept], time[kept]
        fresh = clone(self.final).set_params(tol=1e-15, n_iter=1000).fit(X[kept], y)
        return _problem(fresh, X[kept], y["event"], y["time"])


def _problem(model, X, event, time):
    names = getattr(model, "feature_names_in_", [f"x{j}" for j in range(X.shape[1])])
    origin = X.mean(axis=0)
    check_events(event, type(model).__name__)
    return CoxProblem(
        X - origin,
        SurvivalTimes(time, event, efron=model.ties == "efron"),
        model.coef_.astype(float),
        np.ones(len(X)),
        FixedRidge(np.broadcast_to(np.asarray(model.alpha, dtype=float), X.shape[1:])),
        tuple(map(str, names)),
        np.zeros(X.shape[1]),
        origin,
    )
