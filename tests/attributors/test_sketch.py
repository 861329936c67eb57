"""The sketch against influence functions: unbiased, within its stated error, the same for the same seed."""

import numpy as np
import pytest
from rounding import EFFECTS, OPTIMA, SUMS
from scipy import sparse
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from skinfluence import InfluenceFunctions, InfluenceSketch
from skinfluence.attributors.static import sketch as sketch_module
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.solvers import ConjugateGradientSolver
from skinfluence.testing import assert_near

GENERATOR = np.random.default_rng(0)
X = GENERATOR.standard_normal((60, 5))
BINARY = (X[:, 0] + GENERATOR.standard_normal(60) > 0).astype(int)
THREE = GENERATOR.integers(0, 3, 60)
COUNTS = GENERATOR.poisson(2.0, 60)
MODELS = {
    "binary": (LogisticRegression(), X, BINARY),
    "softmax": (LogisticRegression(solver="newton-cholesky", tol=1e-12), X, THREE),
    "balanced": (LogisticRegression(class_weight="balanced"), X, THREE),
    "mean form": (PoissonRegressor(alpha=0.1), X, COUNTS),
    "sparse": (Ridge(), sparse.csr_matrix(X), X[:, 0]),
}
EVAL = slice(0, 10)


def sizes(model, X, y):
    """Exact scores s and the sqrt(a b) of each of them, from the definition."""
    exact = InfluenceFunctions(model).fit(X, y)
    P = exact.problem_.n_parameters
    inverse = exact.factor_.solve(np.eye(P)).value
    R = exact.terms_.columns(np.arange(len(y)))
    gradient = parameter_slopes(exact.question(X[EVAL], y[EVAL]), exact.problem_)[:, 0]
    a, b = np.einsum("pn,pq,qn->n", R, inverse, R), gradient @ inverse @ gradient
    return exact.attribute(X[EVAL], y[EVAL]).values, a, b


def sketches(model, X, y, k, n_seeds, **settings):
    """Of as many seeds, on one factor of the Hessian."""
    exact = InfluenceFunctions(model, **settings).fit(X, y)
    for seed in range(n_seeds):
        yield InfluenceSketch.from_fitted(exact, n_components=k, random_state=seed)


@pytest.mark.parametrize("name", MODELS)
def test_sketch_has_the_stated_mean_and_error_over_seeds(name):
    model, X, y = MODELS[name]
    k, n_seeds = 20, 100
    model.fit(X, y)
    s, a, b = sizes(model, X, y)
    fitted = list(sketches(model, X, y, k, n_seeds))
    question = fitted[0].question(X[EVAL], y[EVAL])
    scores = np.array([sketch.attribute(question).values for sketch in fitted])
    error = np.sqrt((a * b + s**2) / k)
    # the mean of 100 seeds lies within five standard errors for every row
    assert (np.abs(scores.mean(axis=0) - s) < 5 * error / np.sqrt(n_seeds)).all()
    # the spread is the stated one: 60 correlated estimates of a standard deviation from 100 seeds
    assert np.sqrt(np.mean(((scores - s) / error) ** 2)) == pytest.approx(1, rel=0.1)
    # what the sketch says of itself, with the norms that it has seen
    measured = np.array([sketch.standard_error(X[EVAL], y[EVAL]) for sketch in fitted[:50]])
    assert np.sqrt(np.mean(measured**2, axis=0)) == pytest.approx(error, rel=0.35)


def test_probability_of_a_large_error_is_below_its_bound():
    model, X, y = MODELS["binary"]
    model.fit(X, y)
    s, a, b = sizes(model, X, y)
    k, epsilon = 40, 0.6
    question = InfluenceFunctions(model).fit(X, y).question(X[EVAL], y[EVAL])
    errors = [np.abs(m.attribute(question).values - s) for m in sketches(model, X, y, k, 200)]
    shares = np.mean(np.array(errors) > epsilon * np.sqrt(a * b), axis=0)
    bound = 4 * np.exp(-k * (epsilon**2 / 4 - epsilon**3 / 6))
    assert bound < 0.5
    # every row keeps to it; the bound is loose, so that 200 seeds need no allowance
    assert shares.max() <= bound
    # and errors beyond half of epsilon do occur: the test could fail
    assert np.max(np.array(errors) / np.sqrt(a * b)) > epsilon / 2


def test_all_rows_are_within_epsilon_with_as_many_components_as_stated():
    model, X, y = MODELS["binary"]
    model.fit(X, y)
    s, a, b = sizes(model, X, y)
    epsilon, delta = 0.5, 0.1
    k = int(np.ceil(np.log(4 * len(y) / delta) / (epsilon**2 / 4 - epsilon**3 / 6)))
    question = InfluenceFunctions(model).fit(X, y).question(X[EVAL], y[EVAL])
    outside = [
        (np.abs(sketch.attribute(question).values - s) > epsilon * np.sqrt(a * b)).any()
        for sketch in sketches(model, X, y, k, 100)
    ]
    assert np.mean(outside) <= delta


def test_self_influence_is_chi_squared_over_its_degrees_of_freedom():
    model, X, y = MODELS["binary"]
    model.fit(X, y)
    exact, k = InfluenceFunctions(model).fit(X, y).self_influence().values, 30
    ratios = np.array([sketch.self_influence().values / exact for sketch in sketches(model, X, y, k, 300)])
    assert ratios.mean() == pytest.approx(1, abs=0.02)
    assert ratios.std() == pytest.approx(np.sqrt(2 / k), rel=0.1)
    # skewness of chi^2_k: sqrt(8 / k); of 300 seeds, correlated over the rows
    assert np.mean((ratios - 1) ** 3) / ratios.std() ** 3 == pytest.approx(np.sqrt(8 / k), abs=0.25)


@pytest.mark.parametrize("name", MODELS)
def test_self_influence_is_the_diagonal(name):
    model, X, y = MODELS[name]
    model.fit(X, y)
    sketch = InfluenceSketch(model, n_components=7, target="loss").fit(X, y)
    each = sketch.attribute(X, y, aggregate=False).values
    assert_near(sketch.self_influence().values, np.diagonal(each), EFFECTS)


def test_every_solver_gives_the_same_sketch():
    model, X, y = MODELS["softmax"]
    model.fit(X, y)
    expected = InfluenceSketch(model, n_components=9).fit(X, y).attribute(X[EVAL], y[EVAL]).values
    for solver in ("eigen", ConjugateGradientSolver(tol=1e-12)):
        other = InfluenceSketch(model, solver=solver, n_components=9).fit(X, y)
        assert_near(other.attribute(X[EVAL], y[EVAL]).values, expected, OPTIMA)


def test_sketch_is_that_of_its_seed_whatever_the_blocks(monkeypatch):
    model, X, y = MODELS["softmax"]
    model.fit(X, y)
    one, again, other = (InfluenceSketch(model, n_components=9, random_state=s).fit(X, y) for s in (3, 3, 4))
    np.testing.assert_array_equal(one.row_sketch_, again.row_sketch_)
    assert np.abs(one.row_sketch_ - other.row_sketch_).max() > 0
    monkeypatch.setattr(sketch_module, "BLOCK_SIZE", 1)
    assert_near(InfluenceSketch(model, n_components=9, random_state=3).fit(X, y).row_sketch_, one.row_sketch_, SUMS)


def test_damping_is_part_of_the_sketch():
    model, X, y = MODELS["binary"]
    model.fit(X, y)
    exact = InfluenceFunctions(model, damping=2.0).fit(X, y).self_influence().values
    values = [sketch.self_influence().values for sketch in sketches(model, X, y, 100, 20, damping=2.0)]
    # 2000 vectors: relative standard error 0.03
    assert np.mean(values, axis=0) == pytest.approx(exact, rel=0.15)


def test_verdict_states_the_error():
    model, X, y = MODELS["binary"]
    verdict = InfluenceSketch(model, n_components=200).fit(X, y).verdict_
    assert "random projection to 200 components: the standard error of a score is at most 0.1 of" in verdict


def test_verdict_counts_the_scores_that_stand_out():
    model, X, y = MODELS["binary"]
    sketch = InfluenceSketch(model, n_components=50).fit(X, y)
    influence = sketch.attribute(X[EVAL], y[EVAL])
    clear = np.sum(np.abs(influence.values) > 2 * sketch.standard_error(X[EVAL], y[EVAL]))
    assert 0 < clear < len(y)
    assert influence.verdict.endswith(f"{clear} of 60 scores exceed two standard errors")
    for other in (
        sketch.attribute(target="self_influence"),
        sketch.attribute(X[EVAL], y[EVAL], aggregate=False),
        sketch.attribute(X[EVAL], y[EVAL], train_groups=np.arange(60) % 4),
    ):
        assert "scores exceed" not in other.verdict


def test_sketch_predicts_no_parameters():
    model, X, y = MODELS["binary"]
    sketch = InfluenceSketch(model, n_components=5).fit(X, y)
    for refused in (sketch.removal, sketch.removals):
        with pytest.raises(UnsupportedQuestionError, match=r"keeps inner products and no parameters.*solver='cg'"):
            refused([0])


@pytest.mark.parametrize("k", [0, 2.0, True, None])
def test_sketch_refuses_other_numbers_of_components(k):
    with pytest.raises(ValueError, match="n_components must be an integer of at least 1, got"):
        InfluenceSketch(n_components=k).fit(X, BINARY)
