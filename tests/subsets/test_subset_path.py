"""One row after the other: the parameters without them are those of refits, and so are the scores on the way."""

import numpy as np
import pytest
from cases import BINARY, REAL, X, logistic
from searched import MODELS, fitted
from sklearn.linear_model import LinearRegression

from skinfluence import NewtonStep, RescaledInfluence
from skinfluence.exceptions import SingularCurvatureError
from skinfluence.solvers import CholeskySolver
from skinfluence.subsets.adaptive import start_path
from skinfluence.testing import assert_near

ROWS = [5, 17, 40, 3, 66, 21, 9]
every_model = pytest.mark.parametrize("name", MODELS)


@every_model
def test_path_ends_where_exact_removal_does(name):
    attributor, *_ = fitted(name)
    exact, *_ = fitted(name, NewtonStep, n_steps=None)
    path = start_path(attributor)
    for count, row in enumerate(ROWS, 1):
        path.delete(row)
        truth = exact.removal(ROWS[:count]).params_change
        change = path.problem.theta - attributor.problem_.theta
        # steps end at 1e-9 of a deletion
        assert_near(change, truth, 1e-7, 1e-8 * np.abs(truth).max())
    assert path.rows == ROWS


@every_model
def test_path_scores_rows_as_rescaled_influence_of_what_is_left_would(name):
    """At the end of a path the kernels are those of a new factor, up to the curvature that has moved since."""
    attributor, *_ = fitted(name)
    path = start_path(attributor)
    for row in ROWS[:4]:
        path.delete(row)
    direction = np.random.default_rng(0).normal(size=attributor.problem_.n_parameters)
    direction *= path.problem.free
    kept = path.along(direction)
    path._start(CholeskySolver().prepare(path.problem.curvature()))
    fresh = path.along(direction)
    assert np.all(kept[ROWS[:4]] == 0)
    quadratic = attributor.problem_.loss.quadratic and not attributor.problem_.mean_form
    tolerance = 1e-8 if quadratic else 0.1
    assert np.linalg.norm(kept - fresh) < tolerance * np.linalg.norm(fresh)


def test_path_scores_are_exact_for_squared_losses():
    path = start_path(RescaledInfluence(LinearRegression()).fit(X, REAL))
    for row in ROWS:
        path.delete(row)
    scores = path.along(np.eye(4)[1])
    before = LinearRegression().fit(np.delete(X, ROWS, 0), np.delete(REAL, ROWS)).coef_[1]
    for row in (0, 33, 71):
        gone = [*ROWS, row]
        after = LinearRegression().fit(np.delete(X, gone, 0), np.delete(REAL, gone)).coef_[1]
        assert scores[row] == pytest.approx(after - before, rel=1e-8)


def test_path_of_a_squared_loss_needs_no_factorisation():
    path = start_path(RescaledInfluence(LinearRegression()).fit(X, REAL))
    for row in range(40):
        path.delete(row)
    assert path.n_factors == 0


def test_path_renews_its_factor_where_the_curvature_has_moved():
    path = start_path(RescaledInfluence(logistic(C=10.0)).fit(X, BINARY))
    for row in np.flatnonzero(BINARY)[:-6]:
        path.delete(row)
    assert 0 < path.n_factors < 100
    assert path.problem.relative_gradient() < 1e-8


def test_path_refuses_a_row_that_alone_determines_a_direction():
    alone = np.column_stack([X, np.arange(len(X)) == 7])
    path = start_path(RescaledInfluence(LinearRegression(), solver="cholesky").fit(alone, REAL))
    with pytest.raises(SingularCurvatureError, match="the Hessian of the objective is singular"):
        path.delete(7)
