"""Laws that every target obeys, on every kind of model it is defined for."""

from dataclasses import replace
from itertools import count, groupby
from operator import itemgetter

import numpy as np
import pytest
from asked import target_gradient, target_row_cotangents, target_row_values, target_value
from fair import one_of_each
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_map import CASES, derivative, suited
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FORMULA, SUMS
from sklearn.base import clone
from sklearn.metrics import get_scorer_names

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.targets import (
    EqualizedOdds,
    FGSMLoss,
    FunctionTarget,
    Loss,
    Parameter,
    PGDLoss,
    Scorer,
    SelfInfluence,
    WorstGroup,
    has_gradient,
    is_additive,
    resolve_target,
    target_names,
)

PROBABILITY = {"two classes", "two classes by softmax", "three classes"}
CLASSIFICATION = PROBABILITY | {"two classes by least squares", "three classes by least squares"}
REGRESSION = set(CASES) - CLASSIFICATION
#: where each target is defined; a new target must be entered here
DEFINED = {
    "adversarial_loss": CLASSIFICATION,
    "class_probability": PROBABILITY,
    "concordance": set(),
    "demographic_parity": PROBABILITY | {"regression", "counts"},
    "equal_opportunity": PROBABILITY,
    "equal_opportunity_loss": CLASSIFICATION,
    "equalized_odds": PROBABILITY,
    "fgsm_loss": set(CASES),
    "log_hazard": set(),
    "log_loss": PROBABILITY,
    "loss": set(CASES),
    "margin": CLASSIFICATION,
    "parameter": set(CASES),
    "partial_likelihood": set(),
    "pgd_loss": set(CASES),
    "prediction": REGRESSION,
    "relative_risk": set(),
    "self_influence": set(),
    "survival_probability": set(),
    "worst_group_loss": set(CASES),
    "z_value": set(),
}


def length(raw, y, sample_weight):
    return np.sqrt(1 + sample_weight @ (raw**2).sum(axis=1))


def length_gradient(raw, y, sample_weight):
    return sample_weight[:, None] * raw / length(raw, y, sample_weight)


#: targets that need an argument, and other arguments than the defaults
VARIANTS = {
    "mean of two gaps": (EqualizedOdds(agg="mean"), PROBABILITY),
    "worst group by log-loss": (WorstGroup("log_loss"), PROBABILITY),
    "worst group under attack": (WorstGroup(FGSMLoss(0.3)), set(CASES)),
    "one step in l2": (FGSMLoss(0.3, norm="l2"), set(CASES)),
    "three steps in l2": (PGDLoss(0.3, norm="l2", n_steps=3), set(CASES)),
    "function": (FunctionTarget(length), set(CASES)),
    "function with gradient": (FunctionTarget(length, length_gradient), set(CASES)),
    "scorer of classifiers": (Scorer("neg_log_loss"), PROBABILITY),
    "scorer of regressors": (Scorer("neg_mean_absolute_error"), REGRESSION),
}
KINDS = DEFINED | {label: kinds for label, (_, kinds) in VARIANTS.items()}


def make(name, kind):
    if name == "parameter":
        return Parameter(1)
    return suited(clone(VARIANTS[name][0]) if name in VARIANTS else resolve_target(name), CASES[kind])


PAIRS = [(name, kind) for name in sorted(KINDS) for kind in sorted(KINDS[name])]
ON_ROWS = [(name, kind) for name, kind in PAIRS if name != "parameter"]
SMOOTH = [pair for pair in PAIRS if has_gradient(make(*pair))]
SMOOTH_IN_RAW = [pair for pair in SMOOTH if pair in ON_ROWS and hasattr(make(*pair), "gradient")]
#: number of the next law, by which the kinds of models take turns
TURNS = count()


def of(pairs):
    """A law of these targets: each on a third of its kinds of models by default, and on one at least."""
    kinds = [list(of_one) for _, of_one in groupby(pairs, key=itemgetter(0))]
    return pytest.mark.parametrize(("name", "kind"), one_of_each(3, kinds, next(TURNS)))


def assert_same_gradient(target, one, other):
    """Gradients of (problem, X, rows) agree: to rounding, or where they are differences to that of differences."""
    actual, expected = target_gradient(target, *one), target_gradient(target, *other)
    assert_allclose(actual, expected, rtol=1e-11, atol=SUMS if hasattr(target, "gradient") else 1e-8)


def question(name, kind, seed=0):
    problem, X, rows = CASES[kind].draw(seed=seed)
    return make(name, kind), problem, X, rows


def test_target_names_are_all_in_the_battery():
    assert target_names() == sorted(DEFINED)


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n in sorted(DEFINED) for k in sorted(set(CASES) - DEFINED[n])])
def test_target_refuses_models_it_is_not_defined_for_and_names_another(name, kind):
    target, problem, X, rows = question(name, kind)
    with pytest.raises(ValueError, match=r"use |ask the attributor|fit one model for each output"):
        target_value(target, problem, X, rows)
    with pytest.raises(ValueError, match=r"use |ask the attributor|fit one model for each output"):
        target_gradient(target, problem, X, rows)


@of(SMOOTH_IN_RAW)
def test_target_gradient_in_raw_is_the_finite_difference(name, kind):
    target, problem, X, rows = question(name, kind)
    raw = problem.raw(X)
    # step 1e-5: truncation 1e-10, rounding 1e-11, both times numbers of order 10
    expected = derivative(lambda raws: target.value(raws, rows), raw)
    assert_allclose(target.gradient(raw, rows), expected, rtol=1e-6, atol=1e-8)


@of(SMOOTH)
def test_target_gradient_in_theta_is_the_finite_difference(name, kind):
    target, problem, X, rows = question(name, kind)
    expected = derivative(lambda thetas: target_value(target, problem, X, rows, thetas), problem.theta)
    assert_allclose(target_gradient(target, problem, X, rows), expected, rtol=1e-6, atol=1e-8)


@of(PAIRS)
def test_target_value_over_candidates_is_the_loop(name, kind):
    target, problem, X, rows = question(name, kind)
    thetas = problem.theta[:, None] + np.random.default_rng(1).normal(size=(len(problem.theta), 4))
    values = target_value(target, problem, X, rows, thetas)
    assert values.shape == (4,)
    loop = [target_value(target, problem, X, rows, theta) for theta in thetas.T]
    assert all(type(value) is float for value in loop)
    assert_allclose(values, loop, rtol=10 * FORMULA)


@of(PAIRS)
def test_target_without_theta_is_the_target_at_the_fitted_theta(name, kind):
    target, problem, X, rows = question(name, kind)
    assert target_value(target, problem, X, rows) == target_value(target, problem, X, rows, problem.theta)


@of(ON_ROWS)
def test_additive_target_is_the_sum_of_its_rows(name, kind):
    target, problem, X, rows = question(name, kind)
    if not is_additive(target):
        with pytest.raises(ValueError, match=f"'{target.name}' is not a sum over the evaluation rows.*aggregate=True"):
            target_row_cotangents(target, problem, X, rows)
        return
    thetas = problem.theta[:, None] * [[0.5, 1.0]]
    shares = target_row_values(target, problem, X, rows, thetas)
    assert shares.shape == (len(X), 2)
    assert_allclose(shares.sum(axis=0), target_value(target, problem, X, rows, thetas), rtol=SUMS)
    pulled = sum(
        problem.raw_vjp(moved, cotangents[:, :, None])[:, 0]
        for moved, cotangents in target_row_cotangents(target, problem, X, rows)
    )
    assert_allclose(pulled, target_gradient(target, problem, X, rows), rtol=SUMS, atol=FORMULA)


@of(ON_ROWS)
def test_additive_row_cotangents_are_the_gradients_of_single_rows(name, kind):
    target, problem, X, rows = question(name, kind)
    if is_additive(target):
        [(moved, cotangents)] = target_row_cotangents(target, problem, X, rows)
        for j in range(len(X)):
            alone = derivative(lambda raws, j=j: target.row_values(raws, rows)[j], problem.raw(moved))
            assert_allclose(alone[j], cotangents[j], rtol=1e-6, atol=1e-8)


@of(ON_ROWS)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_target_does_not_know_the_order_of_rows(name, kind, seed):
    target, problem, X, rows = question(name, kind, seed)
    order = np.random.default_rng(seed).permutation(len(X))
    permuted = problem, X[order], rows.take(order)
    assert_allclose(
        target_value(target, *permuted), target_value(target, problem, X, rows), rtol=SUMS, atol=10 * FORMULA
    )
    if has_gradient(target):
        assert_same_gradient(target, permuted, (problem, X, rows))


@of(ON_ROWS)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_target_weights_count_repeated_rows(name, kind, seed):
    target, problem, X, rows = question(name, kind, seed)
    times = np.random.default_rng(seed).integers(1, 4, len(X))
    index = np.repeat(np.arange(len(X)), times)
    weighted = problem, X, replace(rows, sample_weight=times.astype(float))
    repeated = problem, X[index], replace(rows, sample_weight=np.ones(len(X))).take(index)
    assert_allclose(target_value(target, *weighted), target_value(target, *repeated), rtol=SUMS, atol=10 * FORMULA)
    if has_gradient(target):
        assert_same_gradient(target, weighted, repeated)


@of(ON_ROWS)
@pytest.mark.parametrize("scale", [1e3, -1e3])
def test_target_is_finite_at_extreme_raw_predictions(name, kind, scale):
    target, problem, X, rows = question(name, kind)
    raw = problem.raw(X)
    raw = scale * raw / np.abs(raw).max()
    if kind == "counts":  # exp(1000) is no floating point number
        raw = np.minimum(raw, 700)
    assert np.isfinite(target.value(raw, rows))
    if (name, kind) in SMOOTH_IN_RAW:
        assert np.isfinite(target.gradient(raw, rows)).all()


@of(ON_ROWS)
def test_target_leaves_its_input_alone(name, kind):
    target, problem, X, rows = question(name, kind)
    raw, kept = problem.raw(X), problem.raw(X)
    X_kept = X.copy()
    target.value(raw, rows)
    if (name, kind) in SMOOTH_IN_RAW:
        target.gradient(raw, rows)
        target_gradient(target, problem, X, rows)
    assert_array_equal(raw, kept)
    assert_array_equal(X, X_kept)


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_target_is_cloned_shown_and_declared(name):
    target = resolve_target(name)
    assert repr(clone(target)) == repr(target)
    assert target.name == name
    # which pairs are ordered rightly is a step function of the coefficients
    assert has_gradient(target) == (name != "concordance")
    assert target.unit
    assert target.greater_is_better in (True, False, None)
    assert target.terms() == [(1.0, target)]


@pytest.mark.parametrize("name", sorted(set(DEFINED) - {"parameter", "self_influence", "z_value"}))
def test_target_on_rows_asks_for_them(name):
    problem, X, _ = CASES["two classes"].draw()
    with pytest.raises(UnsupportedTargetError, match=f"'{name}' is measured on evaluation rows; pass X and y"):
        target_value(resolve_target(name), problem, X, None)


def test_resolve_target_keeps_instances_and_lists_the_names():
    target = Loss()
    assert resolve_target(target) is target
    message = r"'los' is no target; give one of .*'log_loss', 'loss'.*scorer \(such as"
    with pytest.raises(UnsupportedTargetError, match=message):
        resolve_target("los")
    with pytest.raises(UnsupportedTargetError, match=r"None is no target.*or an instance"):
        resolve_target(None)
    with pytest.raises(UnsupportedTargetError, match=r"is the class Loss; pass an instance, Loss\(\)"):
        resolve_target(Loss)


def test_resolve_target_knows_the_names_of_scorers_after_its_own():
    assert repr(resolve_target("roc_auc")) == "Scorer(scoring='roc_auc')"
    assert not set(target_names()) & set(get_scorer_names())


def test_registry_ignores_classes_of_others():
    type("Mine", (Loss,), {"name": "mine", "__module__": "elsewhere"})
    assert "mine" not in target_names()


def test_self_influence_is_answered_by_the_attributor_only():
    problem, X, rows = CASES["regression"].draw()
    for target in (SelfInfluence(), Loss() + SelfInfluence()):
        with pytest.raises(ValueError, match=r"is measured on the training rows themselves.*self_influence\(\)"):
            target_value(target, problem, X, rows)
    for method in (SelfInfluence().value, SelfInfluence().gradient):
        with pytest.raises(ValueError, match="has no value on evaluation rows"):
            method(problem.raw(X), rows)
    assert SelfInfluence().greater_is_better is False
