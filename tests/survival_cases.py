"""The one list of survival models x data: every way in which lifelines and scikit-survival fit a Cox regression.

The rows are those of tests/data/cox_rows.csv, in a shuffled order and with an index of their own.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
lifelines = pytest.importorskip("lifelines")
linear_model = pytest.importorskip("sksurv.linear_model")

__all__ = [
    "LIFELINES",
    "MODELS",
    "SKSURV",
    "TABLE",
    "attributor_of",
    "fitted_model",
    "lifelines_model",
    "sksurv_model",
    "survival",
]

TABLE = pd.read_csv(Path(__file__).parent / "data" / "cox_rows.csv").sample(frac=1, random_state=0)
TABLE.index = [f"patient {i}" for i in range(len(TABLE))]
COVARIATES = ["x1", "x2", "x3"]


@dataclass(frozen=True)
class Lifelines:
    """Arguments of a CoxPHFitter and of its fit."""

    times: str = "tied"
    columns: tuple = ()
    settings: dict = field(default_factory=dict)
    fit: dict = field(default_factory=dict)

    @property
    def table(self):
        return TABLE[[self.times, "event", *COVARIATES, *self.columns]]

    def __call__(self):
        fitter = lifelines.CoxPHFitter(**self.settings)
        return fitter.fit(self.table, self.times, "event", **self.fit), (self.table,)


@dataclass(frozen=True)
class Sksurv:
    """Arguments of a CoxPHSurvivalAnalysis."""

    times: str = "tied"
    settings: dict = field(default_factory=dict)

    def __call__(self):
        data = TABLE[COVARIATES], survival(self.times)
        return linear_model.CoxPHSurvivalAnalysis(**self.settings).fit(*data), data


def survival(times, table=TABLE):
    """Labels of scikit-survival."""
    y = np.empty(len(table), dtype=[("event", bool), ("time", float)])
    y["event"], y["time"] = table["event"] == 1, table[times]
    return y


WEIGHTED = {"columns": ("weight",), "fit": {"weights_col": "weight", "robust": True}}
LIFELINES = {
    "lifelines": Lifelines(),
    "lifelines-untied": Lifelines("untied"),
    "lifelines-weights": Lifelines(**WEIGHTED),
    "lifelines-weights-untied": Lifelines("untied", **WEIGHTED),
    "lifelines-strata": Lifelines(columns=("stratum",), fit={"strata": "stratum"}),
    "lifelines-strata-untied": Lifelines("untied", ("stratum",), fit={"strata": ["stratum"]}),
    "lifelines-entry": Lifelines(columns=("tied_entry",), fit={"entry_col": "tied_entry"}),
    "lifelines-entry-untied": Lifelines("untied", ("untied_entry",), fit={"entry_col": "untied_entry"}),
    "lifelines-ridge": Lifelines(settings={"penalizer": 0.1}),
    "lifelines-strong-ridge": Lifelines("untied", settings={"penalizer": 1.0}),
    "lifelines-ridges": Lifelines(settings={"penalizer": np.array([0.0, 0.5, 0.1])}),
    "lifelines-formula": Lifelines(fit={"formula": "x1 * C(x3) + np.log(x2 + 5)"}),
    "lifelines-clusters": Lifelines(columns=("stratum",), fit={"cluster_col": "stratum"}),
    "lifelines-everything": Lifelines(
        columns=("weight", "stratum", "tied_entry"),
        settings={"penalizer": 0.05},
        fit={"weights_col": "weight", "strata": "stratum", "entry_col": "tied_entry", "robust": True},
    ),
}
SKSURV = {
    "sksurv": Sksurv(),
    "sksurv-untied": Sksurv("untied"),
    "sksurv-efron": Sksurv(settings={"ties": "efron"}),
    "sksurv-ridge": Sksurv(settings={"alpha": 20.0}),
    "sksurv-ridges": Sksurv(settings={"alpha": np.array([0.0, 5.0, 1.0]), "ties": "efron"}),
}
MODELS = LIFELINES | SKSURV


@cache
def fitted_model(name):
    """A model of the list and its training data: fitted once, for tests that change neither."""
    return MODELS[name]()


@cache
def attributor_of(name, cls, **settings):
    """An attributor of a model of the list: fitted once, for tests that ask and change nothing."""
    model, data = fitted_model(name)
    return cls(model, **settings).fit(*data)


def lifelines_model(name="lifelines"):
    """A fitted CoxPHFitter and its table, to be left as they are."""
    fitter, (table,) = fitted_model(name)
    return fitter, table


def sksurv_model(name="sksurv"):
    """A fitted CoxPHSurvivalAnalysis, X and y, to be left as they are."""
    model, (X, y) = fitted_model(name)
    return model, X, y
