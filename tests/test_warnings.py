"""Warnings point to the line of the caller, from every public entry point and however deep inside they arise."""

import warnings

import numpy as np
import pytest
from cases import BINARY, X
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.parallel import Parallel, delayed

from skinfluence import (
    DataTrimmer,
    DataTrimmerCV,
    InfluenceFunctions,
    NewtonStep,
    RescaledInfluence,
    most_influential_subset,
)
from skinfluence._warnings import PREFIX, warn
from skinfluence.exceptions import StationarityWarning, TrimmingWarning
from skinfluence.solvers import ConjugateGradientSolver
from skinfluence.targets import Parameter

FEW_STEPS = ConjugateGradientSolver(max_iter=1, tol=1e-14)
LOOSE = LogisticRegression(C=0.1, tol=0.5).fit(X, BINARY)
TIGHT = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10).fit(X, BINARY)
with warnings.catch_warnings(action="ignore"):
    STOPPED = LogisticRegression(C=100, max_iter=1).fit(X, BINARY)
SEPARATED = (np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]))


def quiet(attributor):
    """A fitted attributor, without what its fit has to say."""
    with warnings.catch_warnings(action="ignore"):
        return attributor.fit(X, BINARY)


def searched():
    return quiet(InfluenceFunctions(TIGHT, solver=FEW_STEPS, target=Parameter(0), polish=False))


CALLS = {
    "fit of a loose model that is not polished": (
        lambda: RescaledInfluence(LOOSE, polish=False).fit(X, BINARY),
        StationarityWarning,
        "remaining Newton step",
    ),
    "fit of a model without an optimum": (
        lambda: NewtonStep(LogisticRegression(C=np.inf, max_iter=5), polish=True).fit(*SEPARATED),
        StationarityWarning,
        "no optimum",
    ),
    "fit of a model that stopped at max_iter": (
        lambda: RescaledInfluence(STOPPED).fit(X, BINARY),
        StationarityWarning,
        "stopped at max_iter",
    ),
    "fit by an unfinished solver": (
        lambda: InfluenceFunctions(TIGHT, solver=FEW_STEPS).fit(X, BINARY),
        ConvergenceWarning,
        "max_iter",
    ),
    "attribute": (lambda: searched().attribute(), ConvergenceWarning, "max_iter"),
    "removal": (lambda: searched().removal([0, 1]), ConvergenceWarning, "max_iter"),
    "self_influence": (lambda: searched().self_influence(), ConvergenceWarning, "max_iter"),
    "from_fitted": (
        lambda: InfluenceFunctions.from_fitted(searched()).attribute(),
        ConvergenceWarning,
        "max_iter",
    ),
    "most_influential_subset": (
        lambda: most_influential_subset(searched(), 2, method="additive"),
        ConvergenceWarning,
        "max_iter",
    ),
    "fit of a trimmer": (
        lambda: DataTrimmer(TIGHT).fit(X, BINARY, X_val=X, y_val=BINARY),
        TrimmingWarning,
        "exactly as many rows as X",
    ),
    "fit_resample": (
        lambda: DataTrimmer(TIGHT).fit_resample(X, BINARY, sensitive_features=BINARY),
        TrimmingWarning,
        "no use of sensitive_features",
    ),
    "fit of a trimmer that picks its budget": (
        lambda: DataTrimmerCV(TIGHT, budgets=[0, 2]).fit(X, BINARY, X_val=X, y_val=BINARY),
        TrimmingWarning,
        "exactly as many rows as X",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_warning_points_to_the_caller(name):
    call, category, message = CALLS[name]
    with pytest.warns(category, match=message) as caught:
        call()
    ours = [each for each in caught if each.category is category and message in str(each.message)]
    assert {each.filename for each in ours} == {__file__}


def test_warning_points_past_other_libraries_in_between():
    """As if the package had called joblib, and joblib the package again."""
    source = "def run():\n    Parallel(n_jobs=1)([delayed(say)()])\n\n\ndef say():\n    warn('said', UserWarning)\n"
    pretended = {"Parallel": Parallel, "delayed": delayed, "warn": warn}
    exec(compile(source, PREFIX + "pretended.py", "exec"), pretended)
    with pytest.warns(UserWarning, match="said") as caught:
        pretended["run"]()
    assert caught[0].filename == __file__
