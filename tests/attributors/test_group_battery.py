"""Deleting sets of 0.1 % to 60 % of real data: exact removal against refits, and the order of the other methods."""

import numpy as np
import pytest
from cases import SPARSE, WEIGHTS, logistic
from fair import one_in
from rounding import SUMS
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import PoissonRegressor

from skinfluence.attributors import NewtonStep

groups = pytest.importorskip("benchmarks.groups", reason="the benchmarks stand beside the tests in the repository only")
removal_sets = pytest.importorskip("benchmarks._removal_sets")

MODELS = removal_sets.shipped_models()
every_model = pytest.mark.parametrize("name", MODELS)
#: of parameters relative to the refit's: scikit-learn's Newton solver stops at a gradient of 1e-12 a row
CLOSE = 1e-8


@pytest.mark.parametrize(("name", "size"), one_in(3, MODELS, [0.001, 0.05, 0.6]))
def test_exact_removal_of_any_set_is_the_refit(name, size):
    """Five kinds of sets: random, alike in one feature, alike as a whole, and the two selected by influence."""
    records = groups.measure(*MODELS[name], sizes=[size])
    assert [record["kind"] for record in records] == list(removal_sets.KINDS)
    assert max(record["distance"] for record in records) < CLOSE
    for record in records:
        assert record["exact"] == pytest.approx(record["actual"], rel=1e-6, abs=CLOSE * 100)


@pytest.mark.slow
@pytest.mark.parametrize("name", removal_sets.models()[0])
def test_exact_removal_of_any_set_is_the_refit_everywhere(name):
    """All sizes, three sets of each kind, and the real data of the benchmark where they are present."""
    records = groups.measure(*removal_sets.models()[0][name], repeats=3)
    assert len(records) == 3 * len(groups.SIZES) * len(removal_sets.KINDS)
    assert max(record["distance"] for record in records) < CLOSE


@every_model
def test_exact_removals_of_many_sets_leave_no_gradient(name):
    """Slow contraction must not pass for rounding: 1e-11 was left by chords that ended with 1e-9 of the effect."""
    estimator, X, y = MODELS[name]
    exact = NewtonStep(estimator, n_steps=None).fit(X, y)
    influence = exact.attribute(X[:20], y[:20]).values
    sets = [rows for seed in range(3) for _, _, rows in removal_sets.removal_sets(X, y, influence, [0.05, 0.2], seed)]
    for rows, change in zip(sets, exact.removals(sets).params_change, strict=True):
        left = exact.problem_.without(rows)
        assert left.at(left.theta + change).relative_gradient() < SUMS


@every_model
def test_methods_keep_their_order_on_small_sets(name):
    """On sets of 1 % all others are nearer to refits than the first order, on each data set."""
    records = groups.measure(*MODELS[name], sizes=[0.01], repeats=2)
    error = {method: groups.fidelity(records, method)[1] for method in groups.METHODS}
    assert error["exact"] < 1e-6
    assert error["second order"] < 0.8 * error["first order"]
    assert error["Newton"] < 0.8 * error["first order"]
    assert error["rescaled"] < error["first order"]


@pytest.mark.parametrize("C", [1e-4, 1e4])
def test_exact_removal_reaches_refits_whatever_the_penalty(C):
    """Of 60 % of the rows: at C = 1e4 the classes that are left can be separated.

    There the loss curves by no more than 1 / (C n) and a gradient of 1e-12 is an error of 1e-6: the refits go to 1e-15.
    """
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = logistic(C=C).fit(X, y)
    exact = NewtonStep(model, n_steps=None).fit(X, y)
    for _, _, rows in removal_sets.removal_sets(X, y, exact.attribute(X[:50], y[:50]).values, [0.6]):
        refit = clone(model).set_params(tol=1e-15).fit(np.delete(X, rows, axis=0), np.delete(y, rows))
        theta = exact.problem_.theta + exact.removal(rows).params_change
        truth = np.append(refit.coef_, refit.intercept_)
        assert np.linalg.norm(theta - truth) < CLOSE * np.linalg.norm(truth)


@pytest.mark.parametrize("kind", ["sparse", "mean form"])
def test_exact_removal_of_weighted_rows_is_the_refit(kind):
    generator = np.random.default_rng(0)
    if kind == "sparse":
        model, X = logistic("newton-cg"), SPARSE
        y = (np.ravel(X.sum(axis=1)) + generator.normal(size=72) > 0).astype(int)
    else:
        model = PoissonRegressor(alpha=0.3, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        X, y = SPARSE.toarray(), generator.poisson(np.exp(0.5 * np.ravel(SPARSE.sum(axis=1)))).astype(float)
    exact = NewtonStep(model, n_steps=None, polish=True).fit(X, y, sample_weight=WEIGHTS)
    for size in (1, 7, 43):
        rows = generator.choice(72, size, replace=False)
        keep = np.setdiff1d(np.arange(72), rows)
        refit = clone(model).fit(X[keep], y[keep], sample_weight=WEIGHTS[keep])
        theta = exact.problem_.theta + exact.removal(rows).params_change
        truth = np.append(refit.coef_, refit.intercept_)
        assert np.linalg.norm(theta - truth) < CLOSE * np.linalg.norm(truth)
