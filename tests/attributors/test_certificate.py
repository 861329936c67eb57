"""Certified removals: the bound holds for each of hundreds of deletions, and is infinite where nothing is known."""

import numpy as np
import pytest
from cases import AMOUNTS, BINARY, COUNTS, REAL, THREE, TWO_REALS, WEIGHTS, X, logistic, poisson
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import GammaRegressor, Lasso, LinearRegression, Ridge, RidgeClassifier, TweedieRegressor
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import scale
from sklearn.svm import LinearSVC

from skinfluence import losses
from skinfluence.attributors import InfluenceFunctions, LeaveOneOut, NewtonStep, SecondOrderInfluence
from skinfluence.targets import Loss, Margin, Parameter

NEWTON = {"solver": "newton-cholesky", "tol": 1e-10}
MODELS = {
    "logistic": (logistic(), BINARY, ["loss", "margin", Margin() - 2 * Loss()]),
    "softmax": (logistic(C=0.3), THREE, ["loss", "margin"]),
    "balanced": (logistic(C=0.3, class_weight="balanced"), THREE, ["loss", "margin"]),
    "poisson": (poisson(), COUNTS, ["loss", Parameter(1)]),
    "gamma": (GammaRegressor(**NEWTON), AMOUNTS, ["loss", Parameter(1)]),
    "tweedie": (TweedieRegressor(power=1.4, link="log", **NEWTON), AMOUNTS, ["loss", Parameter(1)]),
    "ridge": (Ridge(), REAL, ["loss", "prediction", Parameter(0)]),
    "outputs": (Ridge(), TWO_REALS, ["loss", "prediction"]),
    "signs": (RidgeClassifier(), THREE, ["loss", "margin"]),
    "one versus rest": (OneVsRestClassifier(logistic()), THREE, ["loss", "margin"]),
}
SMOOTH = {
    "binary": (losses.BinaryLogLoss(), 1, [0, 1]),
    "multinomial": (losses.MultinomialLogLoss(), 4, [0, 3]),
    "poisson": (losses.HalfPoissonLoss(), 1, [0.0, 3.0]),
    "gamma": (losses.HalfTweedieLoss(2.0), 1, [0.5, 3.0]),
    "tweedie": (losses.HalfTweedieLoss(1.3), 1, [0.0, 3.0]),
    "one versus rest": (losses.OneVersusRestLoss(losses.BinaryLogLoss()), 3, [0, 2]),
    "squared": (losses.HalfSquaredError(), 1, [0.0, 3.0]),
}


def random_sets(n, count, seed=0):
    """Sets of up to a fifth of the rows: half of them at random, half next to each other in one feature."""
    generator, order = np.random.default_rng(seed), np.argsort(X[:, 0])
    for number in range(count):
        size = generator.integers(1, n // 5 + 1)
        start = generator.integers(0, n - size)
        yield generator.choice(n, size, replace=False) if number % 2 else order[start : start + size]


@pytest.mark.parametrize("cls", [NewtonStep, SecondOrderInfluence, InfluenceFunctions], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_bound_holds_for_every_removal(name, cls):
    """300 sets of up to 20 % on each method, each with another target: no error above its bound.

    Median bound over true error, where that is above rounding, from the easiest to the hardest model: of the parameters
    1.0002 to 1.06 for Newton steps, 1 to 1.09 for the second order, 1 to 1.39 for the first; of the targets 1.001 to
    1.34, 1 to 1.28 and 1 to 2.7.
    """
    estimator, y, targets = MODELS[name]
    # scikit-learn's OneVsRestClassifier takes no weights
    weight = None if name == "one versus rest" else WEIGHTS
    attributor = cls(estimator, polish=True).fit(X, y, sample_weight=weight)
    exact = NewtonStep(estimator, n_steps=None, evaluation="moved", polish=True).fit(X, y, sample_weight=weight)
    tightness = []
    for number, rows in enumerate(random_sets(len(X), 30)):
        question = {"target": targets[number % len(targets)]}
        bounded = attributor.removal(rows, X[:9], y[:9], bound=True, **question)
        truth = exact.removal(rows, X[:9], y[:9], **question)
        error = np.linalg.norm(bounded.params_change - truth.params_change)
        assert error <= bounded.params_bound
        assert abs(bounded.target_change - truth.target_change) <= bounded.target_bound
        if np.isfinite(bounded.params_bound) and error > 1e-9:
            tightness.append(bounded.params_bound / error)
            assert np.isfinite(bounded.target_bound)
    squares = name in ("ridge", "outputs", "signs")
    assert len(tightness) >= (0 if squares and cls is NewtonStep else 20)
    assert np.median(tightness or [1]) < 1.5


@pytest.mark.parametrize("C", [0.01, 0.1, 1.0])
def test_bound_holds_on_breast_cancer(C):
    """Finite for all sets at C = 0.01, for fewer the weaker the penalty; refits by scikit-learn to 1e-12."""
    features, y = load_breast_cancer(return_X_y=True)
    features, generator = scale(features), np.random.default_rng(1)
    model = logistic(C=C)
    attributor = NewtonStep(model).fit(features, y)
    start = clone(model).fit(features, y)
    finite = []
    for size in (2, 10, 30, 57, 113):
        rows = generator.choice(len(y), size, replace=False)
        keep = np.setdiff1d(np.arange(len(y)), rows)
        refit = clone(model).fit(features[keep], y[keep])
        truth = np.r_[(refit.coef_ - start.coef_)[0], refit.intercept_ - start.intercept_]
        removal = attributor.removal(rows, bound=True)
        # the two fits stop at a tolerance of their own
        assert np.linalg.norm(removal.params_change - truth) <= removal.params_bound + 1e-8
        assert removal.target_bound is None
        finite.append(np.isfinite(removal.params_bound))
    assert np.mean(finite) == 1 if C <= 0.1 else np.mean(finite) < 1


def test_bound_of_an_exact_removal_is_rounding():
    for attributor in (NewtonStep(logistic(), n_steps=None), LeaveOneOut(logistic()), NewtonStep(Ridge())):
        y = REAL if isinstance(attributor.estimator, Ridge) else BINARY
        removal = attributor.fit(X, y).removal([1, 5, 8], X[:5], y[:5], bound=True)
        assert 0 < removal.params_bound < 1e-11
        # a linear evaluation of a loss errs by the loss's bend all the same
        assert removal.target_bound < (1e-11 if attributor.evaluation == "moved" else 1e-1)


def test_no_bound_unless_asked():
    removal = NewtonStep(logistic()).fit(X, BINARY).removal([1], X, BINARY)
    assert removal.params_bound is None
    assert removal.target_bound is None


def test_bound_is_infinite_where_nothing_is_known():
    # a loss without a constant; a Hessian that is singular; a target without a remainder; a step beyond the radius
    svc = LinearSVC(C=0.1, tol=1e-10, max_iter=100_000)
    assert NewtonStep(svc).fit(X, BINARY).removal([1], bound=True).params_bound == np.inf
    twice = np.column_stack([X, X[:, 0]])
    assert NewtonStep(LinearRegression()).fit(twice, REAL).removal([1], bound=True).params_bound == np.inf
    assert NewtonStep(Lasso(alpha=0.1, tol=1e-10)).fit(X, REAL).removal([1], bound=True).params_bound == np.inf
    groups = np.arange(len(X)) % 2
    question = {"target": "demographic_parity", "sensitive_features": groups}
    gap = NewtonStep(logistic()).fit(X, BINARY).removal([1], X, BINARY, bound=True, **question)
    assert np.isfinite(gap.params_bound)
    assert gap.target_bound == np.inf
    far = InfluenceFunctions(logistic(C=1e4)).fit(X, BINARY).removal(np.arange(60), X, BINARY, bound=True)
    assert far.params_bound == far.target_bound == np.inf


def test_zero_weight_rows_do_not_make_bounds_unknown():
    weight = np.ones(9)
    weight[3] = 0
    attributor = NewtonStep(logistic()).fit(X, BINARY)
    removal = attributor.removal([1, 2], X[:9], BINARY[:9], sample_weight=weight, bound=True)
    without = attributor.removal([1, 2], np.delete(X[:9], 3, 0), np.delete(BINARY[:9], 3), bound=True)
    assert removal.target_bound == pytest.approx(without.target_bound, rel=1e-9)


@pytest.mark.parametrize("name", SMOOTH)
def test_loss_obeys_its_self_concordance(name):
    """D^3 l[z, v, v] by central differences of the Hessian (error 1e-6 of it), at random raw predictions."""
    loss, K, labels = SMOOTH[name]
    generator = np.random.default_rng(0)
    raw, y = generator.normal(scale=3, size=(2000, K)), generator.choice(labels, 2000)
    z, v = generator.normal(size=(2, 2000, K))
    ends = [np.einsum("nkl,nk,nl->n", loss.hessian(raw + h * z, y), v, v) for h in (1e-4, -1e-4)]
    third, second = (ends[0] - ends[1]) / 2e-4, np.einsum("nkl,nk,nl->n", loss.hessian(raw, y), v, v)
    spread = np.abs(z @ loss.self_concordance(K).T).max(axis=1, initial=0)
    assert (second >= 0).all()
    assert (np.abs(third) <= (spread + 1e-6) * second + 1e-9).all()
    if name in ("multinomial", "poisson"):
        assert np.max(np.abs(third) / (spread * second)) > 0.9


@pytest.mark.parametrize("name", SMOOTH)
def test_loss_stays_within_its_remainder(name):
    loss, K, labels = SMOOTH[name]
    generator = np.random.default_rng(0)
    raw, y = generator.normal(scale=2, size=(500, K)), generator.choice(labels, 500)
    radius = generator.uniform(0, 2, size=(500, K))
    remainder, slope = loss.remainder(raw, y, radius), loss.gradient(raw, y)
    for _ in range(20):
        z = radius * generator.uniform(-1, 1, size=radius.shape)
        bend = loss.value(raw + z, y) - loss.value(raw, y) - np.sum(slope * z, axis=1)
        assert (np.abs(bend) <= remainder + 1e-12).all()


def test_losses_without_a_constant_state_none():
    tweedies = losses.HalfTweedieLoss(3.0), losses.HalfTweedieLoss(0.0), losses.HalfTweedieIdentityLoss(1.5)
    for loss in (losses.HuberLoss(), losses.SquaredHingeLoss(), *tweedies):
        assert loss.self_concordance(1) is None
        assert loss.remainder(np.zeros((2, 1)), np.ones(2), np.ones((2, 1))).tolist() == [np.inf, np.inf]
