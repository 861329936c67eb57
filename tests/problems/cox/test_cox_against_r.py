"""Score residuals and dfbeta of R's survival, in twelve configurations; tests/data/cox_fixtures.R wrote the numbers."""

from pathlib import Path

import numpy as np
import pytest

from skinfluence.problems.cox import CoxProblem, FixedRidge, SurvivalTimes
from skinfluence.testing import assert_near

DATA = Path(__file__).parents[2] / "data"


def table(name, dtype=None):
    return np.genfromtxt(DATA / f"{name}.csv", delimiter=",", names=True, dtype=dtype, encoding="utf-8")


ROWS, FITS, RESIDUALS = table("cox_rows", float), table("cox_coefficients"), table("cox_residuals")
COVARIATES = ["x1", "x2", "x3"]
every_configuration = pytest.mark.parametrize("configuration", FITS["configuration"])


def columns(rows, names):
    return np.column_stack([rows[name] for name in names])


def problem_at_coefficients(configuration):
    kind, times = configuration.split("_")
    fit = FITS[FITS["configuration"] == configuration]
    return CoxProblem(
        columns(ROWS, COVARIATES) - columns(ROWS, COVARIATES).mean(axis=0),
        SurvivalTimes(
            ROWS[times],
            ROWS["event"] == 1,
            entry=ROWS[f"{times}_entry"] if kind == "entry" else None,
            stratum=ROWS["stratum"].astype(int) if kind == "strata" else None,
            efron=kind != "breslow",
        ),
        columns(fit, ["beta1", "beta2", "beta3"])[0],
        ROWS["weight"] if kind == "weights" else np.ones(len(ROWS)),
        FixedRidge(np.full(3, 20.0 if kind == "ridge" else 0.0)),
        tuple(COVARIATES),
        np.zeros(3),
    )


def residuals(configuration, kind):
    chosen = RESIDUALS[RESIDUALS["configuration"] == configuration]
    return columns(chosen, [f"{kind}{j}" for j in (1, 2, 3)])


@every_configuration
def test_score_terms_are_minus_the_weighted_score_residuals_of_r(configuration):
    problem = problem_at_coefficients(configuration)
    # R does not multiply this kind of residual by the case weight
    expected = -problem.sample_weight[:, None] * residuals(configuration, "score")
    assert_near(problem.score_terms().columns(slice(None)).T, expected, 1e-12, 1e-12)


@every_configuration
def test_first_order_changes_are_minus_the_dfbeta_of_r(configuration):
    problem = problem_at_coefficients(configuration)
    changes = np.linalg.solve(problem.curvature().dense(), problem.score_terms().columns(slice(None)))
    assert_near(changes.T, -residuals(configuration, "dfbeta"), 1e-12, 1e-12)


@every_configuration
def test_likelihood_and_optimum_are_those_of_r(configuration):
    problem = problem_at_coefficients(configuration)
    # eps = 1e-14 bounds the change of the log-likelihood in R's last step
    assert problem.relative_gradient() < 1e-9
    expected = FITS["loglik"][FITS["configuration"] == configuration][0]
    likelihood = -problem.value(problem.theta[:, None], penalized=False)[0]
    assert_near(likelihood, expected, 1e-12)
