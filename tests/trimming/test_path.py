"""Which rows go: algorithm 2, the guard, gaps, rounds; predicted against measured change."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noisy import flipped_labels, unequal_groups
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import log_loss

from skinfluence.attributors import InfluenceFunctions, RescaledInfluence
from skinfluence.exceptions import TrimmingWarning
from skinfluence.targets import DemographicParity, Loss
from skinfluence.trimming import DataTrimmer

data, groups = flipped_labels(), unequal_groups()
trusted = {"X_val": data.X_val, "y_val": data.y_val}
fair = {"X_val": groups.X_val, "y_val": groups.y_val, "sensitive_features_val": groups.group_val}
tight = LogisticRegression(tol=1e-10, max_iter=10_000)


def probability_gap(model, X, group):
    p = model.predict_proba(X)[:, 1]
    return p[group == 1].mean() - p[group == 0].mean()


def test_one_shot_is_algorithm_2():
    """Sort the influences of all rows, remove the first min(budget, number of harmful ones)."""
    influence = RescaledInfluence(tight).fit(data.X, data.y).attribute(data.X_val, data.y_val, target="loss")
    for budget in (10, 199):
        trimmer = DataTrimmer(tight, target="loss", budget=budget).fit(data.X, data.y, **trusted)
        expected = np.argsort(influence.values)[: min(budget, (influence.values < 0).sum())]
        np.testing.assert_array_equal(trimmer.trimmed_indices_, expected)
        np.testing.assert_array_equal(trimmer.sample_indices_, np.setdiff1d(np.arange(200), expected))


def test_trimmer_is_the_estimator_fitted_on_the_kept_rows():
    trimmer = DataTrimmer(tight, budget=0.1).fit(data.X, data.y, **trusted)
    kept = trimmer.sample_indices_
    alone = clone(tight).fit(data.X[kept], data.y[kept])
    np.testing.assert_array_equal(trimmer.predict_proba(data.X_test), alone.predict_proba(data.X_test))
    assert trimmer.score(data.X_test, data.y_test) == alone.score(data.X_test, data.y_test)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([LogisticRegression(), Ridge(), PoissonRegressor()]))
def test_trimmer_never_removes_a_row_that_is_predicted_to_help(seed, estimator):
    rng = np.random.RandomState(seed)
    X, y = rng.normal(size=(40, 3)), rng.randint(2, size=40)
    X_val, y_val = rng.normal(size=(15, 3)), rng.randint(2, size=15)
    y[:2] = y_val[:2] = 0, 1
    trimmer = DataTrimmer(estimator, target="loss", budget=39).fit(X, y, X_val=X_val, y_val=y_val)
    assert (trimmer.influence_.gain[trimmer.trimmed_indices_] > 0).all()
    assert 0 < len(trimmer.sample_indices_) == 40 - len(trimmer.trimmed_indices_)


def test_predicted_change_is_close_to_the_measured_one():
    """First order: relative error of the order of the share of rows removed (2 %), and of their leverages."""
    trimmer = DataTrimmer(tight, target="loss", budget=4).fit(data.X, data.y, **trusted)
    predicted, measured = (np.diff(trimmer.path_[name])[0] for name in ("predicted", "measured"))
    assert measured < 0
    assert predicted == pytest.approx(measured, rel=0.1)


def test_measured_value_is_the_target_of_refitted_models():
    trimmer = DataTrimmer(tight, target="loss", budget=20).fit(data.X, data.y, **trusted)
    refits = [clone(tight).fit(data.X, data.y), trimmer.estimator_]
    expected = [log_loss(data.y_val, model.predict_proba(data.X_val), normalize=False) for model in refits]
    np.testing.assert_allclose(trimmer.path_["measured"], expected, rtol=1e-6)
    np.testing.assert_array_equal(trimmer.path_["budget"], [0, 20])


def test_trusted_rows_make_the_test_score_better():
    before = clone(tight).fit(data.X, data.y).score(data.X_test, data.y_test)
    trimmer = DataTrimmer(tight, budget=0.1).fit(data.X, data.y, **trusted)
    assert trimmer.score(data.X_test, data.y_test) > before
    assert data.flipped[trimmer.trimmed_indices_].mean() > 2 * data.flipped.mean()


def test_one_shot_stops_where_the_predicted_gap_is_closed():
    """A gap of 0.12: the budget would allow much more rows than are needed to close it."""
    small = unequal_groups(effect=0.4)
    asked = {"X_val": small.X_val, "y_val": small.y_val, "sensitive_features_val": small.group_val}
    trimmer = DataTrimmer(tight, target="demographic_parity", budget=0.5).fit(small.X, small.y, **asked)
    before = probability_gap(clone(tight).fit(small.X, small.y), small.X_val, small.group_val)
    after = probability_gap(trimmer.estimator_, small.X_val, small.group_val)
    largest = trimmer.influence_.gain.max()
    assert len(trimmer.trimmed_indices_) < 0.2 * 400
    assert 0 <= trimmer.path_["predicted"][-1] < largest
    np.testing.assert_allclose(trimmer.path_["measured"], [before, abs(after)], rtol=1e-5, atol=1e-7)
    # the prediction of the joint effect of a tenth of the rows is off by a tenth to a third
    assert abs(after) < before / 3


def test_iterative_gap_trimming_stops_at_the_sign_change():
    """Rounds of 1 % of the rows close a gap of 0.36, which one shot cannot, and end before it turns."""
    trimmer = DataTrimmer(tight, target="demographic_parity", budget=0.9, strategy="iterative")
    trimmer.fit(groups.X, groups.y, **fair)
    after = probability_gap(trimmer.estimator_, groups.X_val, groups.group_val)
    assert trimmer.path_["measured"][0] > 0.3
    assert (np.diff(trimmer.path_["measured"]) < 0).all()
    assert trimmer.path_["measured"][-1] == pytest.approx(abs(after), rel=1e-3)
    assert -0.005 < after < 0.01
    assert len(trimmer.trimmed_indices_) < 0.9 * 400


def test_one_shot_warns_when_it_made_the_target_worse():
    trimmer = DataTrimmer(tight, target="demographic_parity", budget=0.9)
    with pytest.warns(TrimmingWarning, match="predicted to go from 0.364 to .* but went to .*iterative") as caught:
        trimmer.fit(groups.X, groups.y, **fair)
    assert caught[0].filename == __file__


def test_iterative_trimming_measures_every_round_and_never_gets_worse():
    trimmer = DataTrimmer(tight, target="loss", budget=40, strategy="iterative", step=7)
    path = trimmer.fit(data.X, data.y, **trusted).path_
    np.testing.assert_array_equal(path["budget"], [*range(0, 36, 7), 40])
    assert (np.diff(path["measured"]) <= 0).all()
    np.testing.assert_allclose(path["predicted"], path["measured"], rtol=0.05)


def test_iterative_trimming_rescores_with_the_rows_that_are_left():
    trimmer = DataTrimmer(tight, target="loss", budget=20, strategy="iterative", step=10)
    order = trimmer.fit(data.X, data.y, **trusted).trimmed_indices_
    left = np.setdiff1d(np.arange(200), order[:10])
    second = RescaledInfluence(tight).fit(data.X[left], data.y[left]).attribute(data.X_val, data.y_val)
    np.testing.assert_array_equal(order[10:], left[np.argsort(second.values)[:10]])


def test_iterative_trimming_takes_back_a_round_that_made_the_target_worse():
    """A step so large that the prediction fails: half of the rows at once."""
    trimmer = DataTrimmer(tight, target="loss", budget=0.9, strategy="iterative", step=0.45)
    path = trimmer.fit(data.X, data.y, **trusted).path_
    assert (np.diff(path["measured"]) <= 0).all()
    assert path["budget"][-1] == len(trimmer.trimmed_indices_) == 200 - len(trimmer.sample_indices_)


def test_sum_of_targets_weighs_mean_losses_and_says_so():
    trimmer = DataTrimmer(tight, target=DemographicParity() + 0.5 * Loss(), budget=20)
    trimmer.fit(groups.X, groups.y, **fair)
    attributor = RescaledInfluence(tight).fit(groups.X, groups.y)
    loss = attributor.attribute(groups.X_val, groups.y_val, target="loss").values
    gap = attributor.attribute(
        groups.X_val, groups.y_val, target="demographic_parity", sensitive_features=groups.group_val
    ).values
    np.testing.assert_allclose(trimmer.influence_.values, gap + 0.5 * loss / 200, rtol=1e-9, atol=1e-12)
    assert "divided by the evaluation weight, 200" in trimmer.influence_.verdict
    assert "divided" not in DataTrimmer(tight).fit(data.X, data.y, **trusted).influence_.verdict


def test_sum_of_targets_stops_where_its_gap_is_closed():
    trimmer = DataTrimmer(tight, target=DemographicParity() + 1e-6 * Loss(), budget=0.9)
    trimmer.fit(groups.X, groups.y, **fair)
    alone = DataTrimmer(tight, target="demographic_parity", budget=0.9).fit(groups.X, groups.y, **fair)
    assert abs(len(trimmer.trimmed_indices_) - len(alone.trimmed_indices_)) <= 2


def test_trimmer_improves_a_parameter_without_evaluation_rows():
    """A target of one's own that states a direction: make the first coefficient smaller."""
    from skinfluence.targets import Parameter

    class Smaller(Parameter):
        greater_is_better = False

    trimmer = DataTrimmer(tight, target=Smaller("x0"), budget=10).fit(data.X, data.y)
    assert trimmer.estimator_.coef_[0, 0] < clone(tight).fit(data.X, data.y).coef_[0, 0]
    np.testing.assert_allclose(trimmer.path_["predicted"], trimmer.path_["measured"], rtol=0.05)


def test_trimmer_refuses_a_target_without_a_better_direction():
    with pytest.raises(ValueError, match="'margin' has no better direction"):
        DataTrimmer(target="margin").fit(data.X, data.y, **trusted)


def test_trimmer_uses_the_attributor_it_is_given_and_wins_over_its_target():
    attributor = InfluenceFunctions(target="margin")
    trimmer = DataTrimmer(tight, attributor=attributor, budget=5).fit(data.X, data.y, **trusted)
    expected = InfluenceFunctions(tight).fit(data.X, data.y).attribute(data.X_val, data.y_val)
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    assert attributor.get_params()["target"] == "margin"
    assert not hasattr(attributor, "problem_")


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"strategy": "greedy"}, "strategy must be 'one_shot' or 'iterative', got 'greedy'"),
        ({"strategy": "iterative", "step": 2.0}, r"step must be an int .* got 2.0"),
        ({"budget": 1.0}, "for one row use budget=1"),
        ({"budget": 200}, "got 200 for 200 rows; use fewer, or a fraction"),
        ({"target": "profit"}, "'profit' is no target"),
        ({"cv": 1}, "cv=1 makes 1 folds"),
    ],
)
def test_trimmer_refuses_bad_parameters(parameters, match):
    with pytest.raises(ValueError, match=match):
        DataTrimmer(tight, **parameters).fit(data.X, data.y)


@pytest.mark.parametrize("strategy", ["one_shot", "iterative"])
def test_trimmer_does_not_stop_where_an_attack_is_made_anew(strategy):
    """Each refitted model is attacked anew, so that the measured loss may rise although the old attack weakens."""
    trimmer = DataTrimmer(tight, target="adversarial_loss", budget=12, strategy=strategy)
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrimmingWarning)
        trimmer.fit(data.X, data.y, **trusted)
    assert len(trimmer.trimmed_indices_) == 12
