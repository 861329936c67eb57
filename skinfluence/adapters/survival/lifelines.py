"""lifelines' CoxPHFitter: durations, events, weights, strata, entries and clusters are columns of its table.

    F = -(partial log-likelihood, ties by Efron) + n penalizer / 2 sum_j s_j^2 beta_j^2

with n the number of rows and s_j the standard deviation of column j of the design matrix, both of whoever is there.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..._optional import require
from ...exceptions import UnsupportedEstimatorError
from ...problems.cox import CoxProblem, StandardizedRidge, SurvivalTimes, check_events, survival_labels
from ..model import Model, ModelAdapter
from ._family import family

__all__ = ["LifelinesAdapter"]


class LifelinesAdapter(ModelAdapter):
    """Takes Cox models with the Breslow baseline; every other fitter of lifelines is refused by name."""

    requires_y = False
    estimators = ("lifelines",)
    shown = ("CoxPHFitter",)

    def fitted(self, model: Any) -> bool | None:
        if "_model" in vars(model) or "params_" in vars(model):
            return True
        raise UnsupportedEstimatorError(
            f"{type(model).__name__} is not fitted; call its fit(df, duration_col=..., event_col=...) first, for only "
            "the fitted model knows what its columns mean"
        )

    def reason_against(self, model: Any) -> str | None:
        names = family(model, "lifelines")
        if "CoxTimeVaryingFitter" in names:
            return (
                "its rows are episodes of subjects, and deleting one is deleting no subject; use CoxPHFitter, with "
                "entry_col for delayed entry"
            )
        if "CoxPHFitter" not in names:
            return "only Cox models have an exact treatment among the fitters of lifelines; use CoxPHFitter"
        if model.baseline_estimation_method != "breslow":
            return (
                f"baseline_estimation_method={model.baseline_estimation_method!r} is a parametric model with another "
                "likelihood (and the only one that takes interval or left censoring); use 'breslow'"
            )
        if model.l1_ratio and np.any(np.asarray(model.penalizer) > 0):
            return (
                f"l1_ratio={model.l1_ratio} smooths the absolute value by a sharpness that grows with the number of "
                "iterations, so that the fit is the optimum of no fixed objective; use l1_ratio=0"
            )
        return None

    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> "LifelinesModel":
        """The fitted model on its table.

        Parameters
        ----------
        model : CoxPHFitter
            Fitted.
        X : DataFrame
            All columns that it was fitted on, in any order.
        y, sample_weight : None
            They are columns.

        Returns
        -------
        Model
        """
        if y is not None or sample_weight is not None:
            raise ValueError(
                "CoxPHFitter reads durations, events and weights from the columns of its table: pass the DataFrame "
                "alone, without y and sample_weight"
            )
        return LifelinesModel(model, _checked(model, X, _columns(model)))


def _columns(fitter):
    """The columns with a meaning of their own, None where the fitter has none."""
    names = ("duration_col", "event_col", "weights_col", "entry_col", "cluster_col")
    return {name: getattr(fitter, name) for name in names}


def _strata(fitter):
    return [fitter.strata] if isinstance(fitter.strata, str) else list(fitter.strata or [])


def _checked(fitter, table, columns):
    """The table, once it is one and has the columns."""
    if not hasattr(table, "columns") or not hasattr(table, "iloc"):
        raise ValueError(
            f"CoxPHFitter is trained on a pandas DataFrame, got {type(table).__name__}; pass the DataFrame of its fit"
        )
    needed = [*(name for name in columns.values() if name is not None), *_strata(fitter)]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise ValueError(f"the DataFrame has no column {missing[0]!r}, which the fitter was trained with")
    if len(table) != fitter._n_examples and columns:
        raise ValueError(
            f"the fitter was trained on {fitter._n_examples} rows, but the DataFrame has {len(table)}; pass exactly "
            "the DataFrame of its fit"
        )
    return table


@dataclass(frozen=True, eq=False)
class LifelinesModel(Model):
    """A fitted CoxPHFitter on its table.

    Parameters
    ----------
    final : CoxPHFitter
        Fitted.
    table : DataFrame
        Its rows.
    """

    final: Any
    table: Any

    by_name = True
    requires_y = False
    loss_target = "partial_likelihood"

    @property
    def note(self) -> str:
        """What is held fixed."""
        return "design matrix of the formula held fixed" if self.final.formula else ""

    @cached_property
    def problem(self) -> Any:
        """The objective on the rows of the table, in their order."""
        fitter, y = self.final, self.labels(self.table, None)
        check_events(y["event"], type(fitter).__name__)
        X, penalizer = self.features(self.table), np.asarray(fitter.penalizer, dtype=float)
        # means cancel in the likelihood, and centred columns lose fewer digits
        origin = X.mean(axis=0)
        X = X - origin
        times = SurvivalTimes(
            y["time"],
            y["event"],
            entry=y["entry"] if fitter.entry_col else None,
            stratum=y["stratum"] if fitter.strata else None,
        )
        return CoxProblem(
            X,
            times,
            np.asarray(fitter.params_, dtype=float),
            y["weight"],
            StandardizedRidge(np.broadcast_to(penalizer, X.shape[1:]), X),
            tuple(map(str, fitter.params_.index)),
            np.asarray(fitter._norm_mean, dtype=float),
            origin,
        )

    @property
    def n_features(self) -> int:
        """Columns of the design matrix."""
        return len(self.final.params_)

    def features(self, X: Any) -> Any:
        """The design matrix, in the order of the coefficients."""
        used = [name for name in [*_columns(self.final).values(), *_strata(self.final)] if name in X.columns]
        design = self.final.regressors.transform_df(X.drop(columns=used))["beta_"]
        design = design[self.final.params_.index].to_numpy(dtype=float)
        if not np.isfinite(design).all():
            raise ValueError("the covariates hold NaN or infinity; impute or drop such rows, as for lifelines itself")
        return design

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Times, events, entries, weights and strata, as far as the table has their columns."""
        fitter = _columns(self.final)
        known = {
            "time": fitter["duration_col"],
            "event": fitter["event_col"],
            "entry": fitter["entry_col"],
            "weight": fitter["weights_col"],
        }
        there = {kind: X[name].to_numpy(dtype=float) for kind, name in known.items() if name in X.columns}
        if "event" in there:
            there["event"] = there["event"] != 0
        return survival_labels(len(X), stratum=self._codes(X), **there)

    def _codes(self, X):
        """Codes of the strata of the training table, further ones for others, -1 where the columns are missing."""
        names = _strata(self.final)
        if not names:
            return None
        if not set(names) <= set(X.columns):
            return np.full(len(X), -1)
        pandas = require("pandas", "survival", "a stratified CoxPHFitter")
        both = pandas.concat([self.table[names], X[names]])
        return pandas.factorize(pandas.MultiIndex.from_frame(both))[0][len(self.table) :]

    def refitted(self, rows: np.ndarray) -> Any:
        """The problem of a fitter with the same settings on the rows that are left, at a tight tolerance."""
        fitter, kept = self.final, np.setdiff1d(np.arange(len(self.table)), rows)
        fresh = type(fitter)(penalizer=fitter.penalizer, l1_ratio=fitter.l1_ratio, alpha=fitter.alpha)
        columns = _columns(fitter) | {"strata": fitter.strata, "formula": fitter.formula, "robust": fitter.robust}
        table = self.table.iloc[kept]
        fresh.fit(table, fit_options={"precision": 1e-14, "r_precision": 1e-16}, **columns)
        return LifelinesModel(fresh, table).problem
