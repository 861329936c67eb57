"""Budgets chosen by searches: GridSearchCV with a cache, DataTrimmerCV; curves."""

import numpy as np
import pytest
import sklearn
from noisy import flipped_labels, people, unequal_groups
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence.attributors import RescaledInfluence
from skinfluence.trimming import DataTrimmer, DataTrimmerCV, ValidationSet, trimming_curves

data, groups = flipped_labels(), unequal_groups()
trusted = {"X_val": data.X_val, "y_val": data.y_val}
held = ValidationSet(data.X_val, data.y_val)
ASKED = []


class Counting(RescaledInfluence):
    """Counts how often scores are computed."""

    def attribute(self, *args, **kwargs):
        ASKED.append(1)
        return super().attribute(*args, **kwargs)


def accuracy(estimator, X, y):
    return estimator.score(X, y)


def test_memory_computes_scores_once_a_fold_whatever_the_number_of_budgets(tmp_path):
    """4 budgets, 3 folds and a refit: 13 computations without, 4 with it."""
    counts, searches = [], []
    for memory in (None, str(tmp_path)):
        ASKED.clear()
        trimmer = DataTrimmer(LogisticRegression(), attributor=Counting(), memory=memory, random_state=0)
        grid = {"budget": [0.0, 1, 0.05, 0.3]}
        searches.append(GridSearchCV(trimmer, grid, cv=3).fit(data.X, data.y, X_val=held))
        counts.append(len(ASKED))
    assert counts == [13, 4]
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(*(search.cv_results_[name] for search in searches))


def test_memory_does_not_confuse_targets_rows_or_seeds(tmp_path):
    for parameters in ({"target": "loss"}, {"target": "self_influence"}, {"random_state": 1}):
        for rows in (slice(None), slice(20, None)):
            arguments = trusted if "random_state" not in parameters else {}
            plain, cached = (
                DataTrimmer(LogisticRegression(), memory=memory, **parameters).fit(
                    data.X[rows], data.y[rows], **arguments
                )
                for memory in (None, str(tmp_path))
            )
            np.testing.assert_array_equal(plain.influence_.values, cached.influence_.values)


@pytest.mark.parametrize("routing", [False, True])
def test_search_over_budget_target_and_strategy_in_two_processes(routing):
    search = GridSearchCV(
        DataTrimmer(make_pipeline(StandardScaler(), LogisticRegression()), random_state=0),
        {"budget": [3, 0.1], "target": ["auto", "self_influence"], "strategy": ["one_shot", "iterative"]},
        cv=2,
        n_jobs=2,
        error_score="raise",
    )
    with sklearn.config_context(enable_metadata_routing=routing):
        search.fit(data.X, data.y, X_val=held)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.influence_.values.shape == (200,)


def test_search_scores_fairness_with_the_groups_that_the_trimmer_uses():
    """fairlearn's metric as a scorer; one fit argument serves both, cut to each fold."""
    fairlearn = pytest.importorskip("fairlearn.metrics")
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_scorer(fairlearn.demographic_parity_difference, greater_is_better=False)
        search = GridSearchCV(
            DataTrimmer(LogisticRegression(), target="demographic_parity", cv=2, random_state=0),
            {"budget": [0.0, 0.2]},
            scoring=scorer.set_score_request(sensitive_features=True),
            cv=2,
            error_score="raise",
        )
        search.fit(groups.X, groups.y, sensitive_features=groups.group)
    assert search.best_params_ == {"budget": 0.2}


def test_search_passes_column_names_to_a_trimmer_around_a_pipeline():
    frame, y = people()
    numbers = frame.drop(columns="job").assign(sex=(frame["sex"] == "f").astype(int))
    search = GridSearchCV(
        DataTrimmer(make_pipeline(StandardScaler(), LogisticRegression()), target="demographic_parity", cv=2),
        {"budget": [0.02, 0.1]},
        cv=2,
        error_score="raise",
    )
    search.fit(numbers, y, sensitive_features="sex")
    assert search.best_estimator_.influence_.target == "DemographicParity()"


def test_trimming_before_a_cross_validation_flatters_the_score():
    """The reason for trimming inside: dropping suspects from the test folds too makes them look easy."""
    trimmer = DataTrimmer(LogisticRegression(), budget=0.15, random_state=0)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    outside = cross_val_score(LogisticRegression(), *trimmer.fit_resample(data.X, data.y), cv=cv)
    inside = cross_val_score(trimmer, data.X, data.y, cv=cv)
    assert outside.mean() > inside.mean() + 0.05


def test_cv_trimmer_with_trusted_rows_scores_every_budget_on_them():
    budgets = [0.0, 0.05, 0.1, 20, 0.3]
    found = DataTrimmerCV(LogisticRegression(), budgets=budgets, scoring="neg_log_loss")
    found.fit(data.X, data.y, **trusted)
    scorer = sklearn.metrics.get_scorer("neg_log_loss")
    by_hand = [
        scorer(DataTrimmer(LogisticRegression(), budget=b).fit(data.X, data.y, **trusted), data.X_val, data.y_val)
        for b in budgets
    ]
    np.testing.assert_allclose(found.cv_results_["mean_test_score"], by_hand, rtol=1e-12)
    assert found.budget_ == budgets[int(np.argmax(by_hand))]
    np.testing.assert_array_equal(found.cv_results_["n_trimmed"], [0, 10, 20, 20, 60])
    winner = DataTrimmer(LogisticRegression(), budget=found.budget_).fit(data.X, data.y, **trusted)
    np.testing.assert_array_equal(found.trimmed_indices_, winner.trimmed_indices_)
    np.testing.assert_array_equal(found.predict(data.X_test), winner.predict(data.X_test))


def test_cv_trimmer_prefers_the_smallest_budget_of_equals():
    found = DataTrimmerCV(Ridge(), budgets=[0.3, 0.1, 0.2], scoring=lambda *_: 1.0).fit(data.X, data.y)
    assert found.budget_ == 0.1


def test_cv_trimmer_never_trims_a_test_fold():
    """By hand: trim each training fold, score on the whole test fold."""
    cv = StratifiedKFold(3)
    found = DataTrimmerCV(LogisticRegression(), budgets=[0.0, 0.2], target="self_influence", cv=cv)
    found.fit(data.X, data.y)
    trimmer = DataTrimmer(LogisticRegression(), budget=0.2, target="self_influence")
    by_hand = cross_val_score(trimmer, data.X, data.y, cv=cv)
    splits = [found.cv_results_[f"split{k}_test_score"][1] for k in range(3)]
    np.testing.assert_array_equal(splits, by_hand)


def test_cv_trimmer_computes_scores_once_with_trusted_rows():
    ASKED.clear()
    DataTrimmerCV(LogisticRegression(), attributor=Counting()).fit(data.X, data.y, **trusted)
    assert len(ASKED) == 1


def test_cv_trimmer_is_the_same_for_every_n_jobs():
    fits = [DataTrimmerCV(LogisticRegression(), n_jobs=n_jobs, random_state=0).fit(data.X, data.y) for n_jobs in (1, 2)]
    np.testing.assert_array_equal(*(fit.cv_results_["mean_test_score"] for fit in fits))


def test_cv_trimmer_refuses_no_budgets():
    with pytest.raises(ValueError, match="budgets is empty"):
        DataTrimmerCV(LogisticRegression(), budgets=[]).fit(data.X, data.y)
    with pytest.raises(ValueError, match="budgets must be an int"):
        DataTrimmerCV(LogisticRegression(), budgets=[0.1, 1.5]).fit(data.X, data.y)


def test_curves_show_the_refitted_models_beside_random_ones():
    trimmer = DataTrimmer(LogisticRegression())
    curves = trimming_curves(
        trimmer, data.X, data.y, data.X_test, data.y_test, budgets=[0.1, 0, 10],
        metrics={"accuracy": accuracy}, n_random=3, random_state=0, **trusted,
    )  # fmt: skip
    np.testing.assert_array_equal(curves["budgets"], [0, 10, 20])
    by_hand = [
        clone(trimmer).set_params(budget=b).fit(data.X, data.y, **trusted).score(data.X_test, data.y_test)
        for b in (0, 10, 20)
    ]
    np.testing.assert_array_equal(curves["metrics"]["accuracy"], by_hand)
    assert curves["random"]["accuracy"].shape == (3, 3)
    assert (curves["random"]["accuracy"][:, 0] == by_hand[0]).all()
    assert curves["random"]["accuracy"][:, -1].mean() < by_hand[-1]
    assert not hasattr(trimmer, "influence_")


def test_curves_without_random_baseline_and_with_a_guard():
    curves = trimming_curves(
        DataTrimmer(LogisticRegression()), data.X, data.y, data.X_test, data.y_test, budgets=[150, 199],
        metrics={"accuracy": accuracy}, n_random=0, **trusted,
    )  # fmt: skip
    assert curves["random"] == {}
    assert curves["removed"][-1] < 199
    assert curves["removed"][0] == min(150, curves["removed"][-1])
