"""Targets of survival models against the libraries' own numbers, and their gradients against finite differences."""

import numpy as np
import pytest
from asked import target_gradient, target_value
from rounding import SUMS
from survival_cases import MODELS, attributor_of, fitted_model, lifelines_model, sksurv_model

from skinfluence import LeaveOneOut, VersatileInfluence
from skinfluence.exceptions import UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.problems.cox import survival_labels
from skinfluence.structures import Parameters
from skinfluence.targets import Concordance, LogHazard, PartialLikelihood, RelativeRisk, evaluation_rows
from skinfluence.testing import assert_near

SMOOTH = [LogHazard(), RelativeRisk(), PartialLikelihood()]


def labels(n=30, seed=0, efron=True):
    rng = np.random.default_rng(seed)
    time = rng.integers(2, 8, n) * 1.0
    entry, stratum = np.floor(time * rng.random(n) * 0.9), rng.integers(0, 2, n)
    weight = rng.integers(1, 4, n) / 2
    return survival_labels(
        n, time=time, event=rng.random(n) < 0.7, entry=entry, stratum=stratum, weight=weight, efron=efron
    )


def draw(seed=0, **kind):
    rng = np.random.default_rng(seed)
    rows = evaluation_rows(None, labels(seed=seed, **kind), sample_weight=rng.integers(0, 3, 30))
    return rng.normal(size=(30, 1)), rows


@pytest.mark.parametrize("target", SMOOTH)
@pytest.mark.parametrize("efron", [True, False])
def test_gradient_is_the_finite_difference(target, efron):
    raw, rows = draw(efron=efron)
    ends = [[target.value(raw + sign * 1e-6 * e[:, None], rows) for sign in (1, -1)] for e in np.eye(30)]
    # central differences of numbers near 100: rounding 1e-8
    assert_near(target.gradient(raw, rows)[:, 0], np.array([(up - down) / 2e-6 for up, down in ends]), 1e-6, 1e-7)


@pytest.mark.parametrize("target", [*SMOOTH, Concordance()])
def test_value_over_candidates_is_the_loop(target):
    raw, rows = draw()
    many = raw[:, :, None] + np.random.default_rng(1).normal(size=(1, 1, 4)) * raw[:, :, None]
    assert_near(target.value(many, rows), [float(target.value(many[:, :, b], rows)) for b in range(4)], SUMS)


@pytest.mark.parametrize("name", MODELS)
def test_partial_likelihood_of_the_training_rows_is_the_objective(name):
    _, data = fitted_model(name)
    attributor = attributor_of(name, VersatileInfluence, polish=False)
    expected = attributor.problem_.value(attributor.problem_.theta[:, None], penalized=False)[0]
    assert_near(attributor.evaluate(*data, target="partial_likelihood"), expected, 1e-9)


# lifelines counts pairs that die at the same time, which nobody can order, as half right: compared without ties
@pytest.mark.parametrize("name", ["lifelines-untied", "sksurv", "sksurv-untied"])
def test_concordance_is_that_of_the_libraries(name):
    model, data = fitted_model(name)
    ours = attributor_of(name, VersatileInfluence, polish=False).evaluate(*data, target="concordance")
    theirs = model.score(*data) if name.startswith("sksurv") else model.concordance_index_
    assert_near(ours, theirs, SUMS)


def test_concordance_of_strata_compares_within_them():
    y = survival_labels(4, time=[1.0, 2.0, 1.0, 2.0], event=np.array([True, False, True, False]), stratum=[0, 0, 1, 1])
    raw = np.array([[1.0], [0.0], [-5.0], [-4.0]])
    assert Concordance().value(raw, evaluation_rows(None, y)) == 0.5
    # the pair of weight 3 * 1 is ordered rightly, that of weight 1 * 1 is not
    assert Concordance().value(raw, evaluation_rows(None, y, sample_weight=[3, 1, 1, 1])) == 0.75


def test_concordance_is_asked_at_moved_parameters():
    fitter, table = lifelines_model()
    exact = LeaveOneOut(fitter, target="concordance").fit(table)
    values = exact.attribute(table[:80]).values
    refit = exact.model_.refitted(np.array([3]))
    question = exact.question(table[:80])
    actual = question.value(Parameters(exact.problem_, refit.theta)) - question.value(exact.preparation_)
    assert_near(values[3], actual, 0, SUMS)
    with pytest.raises(UnsupportedQuestionError, match="no gradient.*evaluation='moved'"):
        VersatileInfluence(fitter, target="concordance").fit(table).attribute(table[:80])


@pytest.mark.parametrize("target", SMOOTH)
def test_gradient_in_the_coefficients_is_the_finite_difference(target):
    model, X, y = sksurv_model("sksurv-efron")
    attributor = VersatileInfluence(model).fit(X, y)
    question = attributor.question(X[:50], y[:50], target=target)
    arguments = target, attributor.problem_, question.features, question.rows
    theta = attributor.problem_.theta
    values = [target_value(*arguments, theta=theta[:, None] + sign * 1e-6 * np.eye(3)) for sign in (1, -1)]
    assert_near(target_gradient(*arguments), (values[0] - values[1]) / 2e-6, 1e-6, 1e-7)


def test_additive_targets_are_sums_over_evaluation_rows():
    model, X, y = sksurv_model()
    attributor = VersatileInfluence(model).fit(X, y)
    for target in ("log_hazard", "relative_risk"):
        each = attributor.attribute(X[:7], y[:7], target=target, aggregate=False).values
        assert_near(each.sum(axis=1), attributor.attribute(X[:7], y[:7], target=target).values, 1e-9, 1e-15)
    with pytest.raises(UnsupportedQuestionError, match="not a sum over the evaluation rows"):
        attributor.attribute(X[:7], y[:7], target="partial_likelihood", aggregate=False)


def test_targets_that_need_times_ask_for_them():
    fitter, table = lifelines_model()
    attributor = VersatileInfluence(fitter, evaluation="moved").fit(table)
    for target in ("partial_likelihood", "concordance"):
        with pytest.raises(UnsupportedTargetError, match="needs times and events of the evaluation rows"):
            attributor.attribute(table[["x1", "x2", "x3"]], target=target)


def test_targets_refuse_rows_without_events_and_without_pairs():
    raw, nobody = np.zeros((3, 1)), survival_labels(3, time=[1.0, 2.0, 3.0], event=np.zeros(3, dtype=bool))
    with pytest.raises(UnsupportedTargetError, match="no evaluation row of 3 has an event"):
        PartialLikelihood().value(raw, evaluation_rows(None, nobody))
    with pytest.raises(UnsupportedTargetError, match="no two of the 3 evaluation rows are comparable"):
        Concordance().value(raw, evaluation_rows(None, nobody))
