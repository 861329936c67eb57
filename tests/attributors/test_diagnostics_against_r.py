"""Leverage, Cook's distance, DFBETAS and deletions of R's lm and glm; tests/data/lm_diagnostics.R wrote the numbers."""

from pathlib import Path

import numpy as np
import pytest
from cases import logistic, poisson
from sklearn.linear_model import LinearRegression

from skinfluence import LeaveOneOut, RescaledInfluence
from skinfluence.attributors import DFBETAS, CooksDistance, Leverage
from skinfluence.testing import assert_near

DATA = Path(__file__).parents[1] / "data"
MODELS = {
    "ols": LinearRegression(),
    "weighted": LinearRegression(),
    "binomial": logistic(C=np.inf),
    "poisson": poisson(alpha=0),
}
#: both sides are at the optimum up to rounding; R writes 17 digits
ROUNDING = 1e-9
every_model = pytest.mark.parametrize("name", MODELS)


def fitted(cls, name):
    """An attributor of the same model, and R's numbers by name: (n,), or (n, P) with the intercept last."""
    table = np.genfromtxt(DATA / f"lm_diagnostics_{name}.csv", delimiter=",", names=True, deletechars="", dtype=float)
    columns = table.dtype.names
    features = columns[1 : columns.index("weight")]
    X = np.column_stack([table[column] for column in features])
    numbers = {
        kind: np.column_stack([table[column] for column in columns if column.startswith(f"{kind}.")] or [table["y"]])
        for kind in ("step", "refit", "dfbetas")
    } | {kind: table[kind] for kind in ("hat", "cook")}
    return cls(MODELS[name]).fit(X, table["y"], sample_weight=table["weight"]), numbers


def assert_columns_near(actual, expected):
    """Near in every column: an intercept may be a thousand times as large as a slope."""
    size = np.abs(expected).max(axis=0)
    assert_near(actual / size, expected / size, ROUNDING)


@every_model
def test_leverage_is_rs_hatvalues(name):
    leverage, numbers = fitted(Leverage, name)
    assert_near(leverage.attribute().values, numbers["hat"], ROUNDING)


@every_model
def test_cooks_distance_is_rs(name):
    distance, numbers = fitted(CooksDistance, name)
    assert_near(distance.attribute().values, numbers["cook"], ROUNDING)


@pytest.mark.parametrize("name", ["ols", "weighted"])
def test_dfbetas_are_those_of_rs_influence_measures(name):
    dfbetas, numbers = fitted(DFBETAS, name)
    assert_columns_near(dfbetas.attribute().values, numbers["dfbetas"])


@every_model
def test_rescaled_influence_is_rs_one_step_change(name):
    rescaled, numbers = fitted(RescaledInfluence, name)
    changes = [rescaled.removal([row]).params_change for row in range(len(numbers["hat"]))]
    # R's is the full fit minus the deleted one
    assert_columns_near(np.array(changes), -numbers["step"])


@every_model
def test_exact_leave_one_out_is_rs_refits(name):
    exact, numbers = fitted(LeaveOneOut, name)
    assert_columns_near(exact.params_change_, -numbers["refit"])
