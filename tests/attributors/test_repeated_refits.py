"""Refits under several seeds: means, their standard errors, and what names them."""

import numpy as np
import pytest
from cases import BINARY, REAL, X
from rounding import SUMS
from sklearn.base import clone
from sklearn.ensemble import AdaBoostRegressor, BaggingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from skinfluence import LeaveOneOut
from skinfluence.exceptions import StationarityWarning
from skinfluence.targets import ClassProbability
from skinfluence.testing import assert_near

ROWS, HELD = slice(0, 12), slice(50, None)
REPEATS = {"method": "refit", "n_repeats": 4, "random_state": 0}
TREE = ExtraTreeRegressor(max_depth=3)
MODELS = {
    "tree": (TREE, ["random_state"]),
    "seed of its own": (ExtraTreeRegressor(max_depth=3, random_state=5), ["random_state"]),
    "forest": (RandomForestRegressor(3, max_depth=3), ["random_state"]),
    "bagged": (BaggingRegressor(TREE, 3), ["random_state", "estimator__random_state"]),
    "boosted": (AdaBoostRegressor(DecisionTreeRegressor(max_depth=2), n_estimators=3), ["random_state"]),
}


def sums(estimator, rows, seed, names):
    """The sum of predictions on the held rows."""
    seeded = clone(estimator).set_params(**dict.fromkeys(names, seed))
    return seeded.fit(X[ROWS][rows], REAL[ROWS][rows]).predict(X[HELD]).sum()


@pytest.mark.parametrize("name", MODELS)
def test_values_are_means_over_the_seeds_with_their_standard_errors(name):
    estimator, names = MODELS[name]
    attributor = LeaveOneOut(estimator, target="prediction", **REPEATS).fit(X[ROWS], REAL[ROWS])
    found = attributor.attribute(X[HELD], REAL[HELD])
    every = np.arange(12)
    before = np.array([sums(estimator, every, seed, names) for seed in attributor.seeds_])
    after = np.array(
        [[sums(estimator, np.delete(every, row), seed, names) for row in every] for seed in attributor.seeds_]
    )
    effects = after - before[:, None]
    size = np.abs(before).max()
    assert_near(found.values, effects.mean(axis=0), 0, SUMS * size)
    assert_near(found.standard_error, effects.std(axis=0, ddof=1) / 2, 0, SUMS * size)
    assert attributor.evaluate(X[HELD], REAL[HELD]) == pytest.approx(before.mean(), abs=SUMS * size)
    assert found.estimand.endswith("mean over 4 seeds of its random numbers")
    assert "means over 4 seeds" in found.verdict
    assert len(set(attributor.seeds_)) == 4
    # one number for every state of chance, so that a seed of the estimator's own changes nothing
    assert estimator.get_params() == MODELS[name][0].get_params()


def test_every_shape_has_standard_errors():
    attributor = LeaveOneOut(TREE, target="prediction", **REPEATS).fit(X[ROWS], REAL[ROWS])
    each = attributor.attribute(X[HELD], REAL[HELD], aggregate=False)
    assert each.standard_error.shape == each.shape == (12, 22)
    top = attributor.attribute(X[HELD], REAL[HELD], aggregate=False, top_k=3)
    for r in range(3):
        np.testing.assert_array_equal(top.values[r], each.values[top.rows[r], np.arange(22)])
        np.testing.assert_array_equal(top.standard_error[r], each.standard_error[top.rows[r], np.arange(22)])
    groups = attributor.attribute(X[HELD], REAL[HELD], train_groups=np.arange(12) // 3)
    assert groups.standard_error.shape == groups.shape == (4,)
    question = attributor.question(X[HELD], REAL[HELD])
    sets = [np.flatnonzero(np.arange(12) // 3 == group) for group in range(4)]
    np.testing.assert_array_equal(attributor.predicted(sets, question), groups.values)
    np.testing.assert_array_equal(attributor.actual(sets, question), groups.values)
    once = LeaveOneOut(MODELS["seed of its own"][0], method="refit").fit(X[ROWS], REAL[ROWS])
    assert once.attribute(X, REAL).standard_error is None


def test_answers_are_those_of_their_random_state():
    settings = {"target": "prediction", "method": "refit", "n_repeats": 3}
    one, same, other = (
        LeaveOneOut(TREE, random_state=seed, **settings).fit(X[ROWS], REAL[ROWS]).attribute(X[HELD], REAL[HELD])
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.values, same.values)
    assert np.abs(one.values - other.values).max() > 0


@pytest.mark.parametrize("whole", [False, True])
def test_preprocessing_is_seeded_where_it_is_refitted(whole):
    pipeline = make_pipeline(GaussianRandomProjection(2, random_state=0), TREE)
    attributor = LeaveOneOut(pipeline, target="prediction", refit_preprocessing=whole, **REPEATS)
    found = attributor.fit(X[ROWS], REAL[ROWS]).attribute(X[HELD], REAL[HELD], train_groups=np.arange(12) == 4)
    names = ["extratreeregressor__random_state", *(["gaussianrandomprojection__random_state"] if whole else [])]
    kept = np.delete(np.arange(12), 4)
    if whole:
        runs = [[sums(pipeline, rows, s, names) for s in attributor.seeds_] for rows in (np.arange(12), kept)]
    else:
        projection = clone(pipeline[0]).fit(X[ROWS])
        Z, Z_held = projection.transform(X[ROWS]), projection.transform(X[HELD])
        trees = [clone(TREE).set_params(random_state=seed) for seed in attributor.seeds_]
        runs = [
            [tree.fit(Z[rows], REAL[ROWS][rows]).predict(Z_held).sum() for tree in trees]
            for rows in (np.arange(12), kept)
        ]
    assert found.values[1] == pytest.approx(np.mean(runs[1]) - np.mean(runs[0]), abs=SUMS * np.abs(runs).max())


def test_rows_without_an_answer_have_no_standard_error():
    y = np.where(np.arange(12) == 9, 2, BINARY[ROWS])
    forest = RandomForestClassifier(2, max_depth=2)
    influence = LeaveOneOut(forest, target=ClassProbability(), **REPEATS).fit(X[ROWS], y).attribute(X[ROWS], y)
    assert np.flatnonzero(np.isnan(influence.values)).tolist() == [9]
    assert np.flatnonzero(np.isnan(influence.standard_error)).tolist() == [9]
    assert "last row of its class" in influence.verdict


def test_the_warning_about_seeds_names_the_way_out():
    with pytest.warns(StationarityWarning, match="set n_repeats=10 of LeaveOneOut for means over 10 seeds with their"):
        LeaveOneOut(RandomForestRegressor(2), method="refit").fit(X[ROWS], REAL[ROWS])


@pytest.mark.filterwarnings("error")
def test_repeats_of_an_unseeded_estimator_are_not_warned_of():
    LeaveOneOut(RandomForestRegressor(2), **REPEATS).fit(X[ROWS], REAL[ROWS])


@pytest.mark.parametrize(
    ("estimator", "settings", "match"),
    [
        (Ridge(), {"n_repeats": 3}, "n_repeats repeats refits under several seeds; set method='refit'"),
        (TREE, {"method": "refit", "n_repeats": 1}, "an integer of at least 2, .* got 1"),
        (TREE, {"method": "refit", "n_repeats": True}, "got True"),
        (TREE, {"method": "refit", "n_repeats": 2.5}, "got 2.5"),
        (KNeighborsRegressor(), REPEATS, "random_state of what is refitted, and KNeighborsRegressor has none"),
    ],
)
def test_repeats_are_checked(estimator, settings, match):
    with pytest.raises(ValueError, match=match):
        LeaveOneOut(estimator, **settings).fit(X[ROWS], REAL[ROWS])
