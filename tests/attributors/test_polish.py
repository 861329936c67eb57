"""Newton steps to the optimum: on drafts far away, with the exact factor at the end."""

import numpy as np
import pytest
from cases import BINARY, COUNTS, THREE, X, logistic, poisson
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier

from skinfluence.adapters import adapt
from skinfluence.attributors import InfluenceFunctions
from skinfluence.removal.polish import first_factor, polish
from skinfluence.solvers import CholeskySolver
from skinfluence.testing import assert_near

FAR = {
    "logistic": (LogisticRegression(), BINARY),
    "softmax": (LogisticRegression(max_iter=5), THREE),
    "poisson": (poisson(max_iter=2), COUNTS),
    "sgd": (SGDClassifier(loss="log_loss", random_state=0), BINARY),
}


@pytest.mark.parametrize("name", FAR)
@pytest.mark.filterwarnings("ignore")
def test_polish_from_afar_ends_at_the_optimum_with_its_exact_factor(name):
    estimator, y = FAR[name]
    problem = adapt(estimator.fit(X, y), X, y, None).problem
    draft = first_factor(problem, CholeskySolver())
    assert draft.rough
    polished = polish(problem, CholeskySolver(), factor=draft)
    assert polished.problem.relative_gradient() < 1e-14
    assert not polished.factor.rough
    exact = CholeskySolver().prepare(polished.problem.curvature())
    rhs = np.eye(problem.n_parameters)
    assert_near(polished.factor.solve(rhs).value, exact.solve(rhs).value, 1e-6)


@pytest.mark.parametrize(
    ("estimator", "y"), [(logistic(), BINARY), (Ridge(solver="sag", tol=1e-2, random_state=0), BINARY)]
)
def test_fits_whose_curvature_stays_are_factored_once(estimator, y):
    verdict = InfluenceFunctions(estimator).fit(X, y).verdict_
    assert "with 1 factorisations" in verdict


@pytest.mark.filterwarnings("ignore:lbfgs failed")
def test_unpolished_parameters_have_an_exact_factor():
    far = InfluenceFunctions(LogisticRegression(max_iter=3), polish=False)
    with pytest.warns(match="set polish='auto'"):
        assert not far.fit(X, BINARY).factor_.rough
