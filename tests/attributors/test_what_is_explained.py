"""What is explained is what the user fitted, or a warning says what else."""

import warnings

import numpy as np
import pytest
from cases import BINARY, REAL, X
from rounding import SUMS
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence
from skinfluence.exceptions import StationarityWarning, UnsupportedEstimatorError
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near


def streamed():
    model = SGDClassifier(loss="log_loss", random_state=0)
    for start in range(0, len(X), 12):
        model.partial_fit(X[start : start + 12], BINARY[start : start + 12], classes=[0, 1])
    return model


def test_model_off_its_optimum_is_told_with_both_objectives():
    model = streamed()
    with pytest.warns(
        StationarityWarning, match=r"standard errors away from the optimum .* a row for it and .* at the"
    ):
        attributor = RescaledInfluence(model).fit(X, BINARY)
    as_it_is = InfluenceFunctions(model, polish=False)
    with pytest.warns(StationarityWarning, match="the remaining Newton step"):
        as_it_is.fit(X, BINARY)
    assert_near(as_it_is.problem_.coef, model.coef_, SUMS)
    assert np.abs(attributor.problem_.coef - model.coef_).max() > 0.1


def test_converged_models_are_explained_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RescaledInfluence(LogisticRegression()).fit(X, BINARY)
        LeaveOneOut(RandomForestRegressor(2, random_state=0), method="refit").fit(X[:20], REAL[:20])
        # a random_state that is never used
        LeaveOneOut(DecisionTreeRegressor(max_depth=2), method="refit").fit(X[:20], REAL[:20])


def test_refits_of_an_estimator_without_a_seed_are_told():
    forest = make_pipeline(StandardScaler(), RandomForestRegressor(3))
    with pytest.warns(StationarityWarning, match="RandomForestRegressor has random_state=None and is another model"):
        attributor = LeaveOneOut(forest, method="refit").fit(X[:20], REAL[:20])
    assert "effects are chance for the larger part" in attributor.attribute(X[20:30], REAL[20:30]).verdict


def test_cox_regression_without_events_is_refused():
    lifelines = pytest.importorskip("lifelines")
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": X[:, 0], "T": np.arange(1.0, len(X) + 1), "E": 0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = lifelines.CoxPHFitter(penalizer=0.1).fit(table, "T", "E")
    with pytest.raises(UnsupportedEstimatorError, match="CoxPHFitter was trained on rows without an event"):
        NewtonStep(model, target=Parameter("a")).fit(table)


def concordance(hazard, table, weight):
    """By the definition, pair by pair: the other has entered, lives longer, and the pair counts its weights."""
    right = total = 0.0
    for i in np.flatnonzero(table["E"]):
        for j in range(len(table)):
            if table["T"][j] > table["T"][i] > table["entry"][j]:
                right += weight[i] * weight[j] * (hazard[i] > hazard[j])
                total += weight[i] * weight[j]
    return right / total


@pytest.mark.parametrize(
    "given", [{}, {"entry_col": "entry"}, {"weights_col": "w"}, {"entry_col": "entry", "weights_col": "w"}]
)
def test_concordance_honours_entries_and_weights_of_the_table(given):
    lifelines = pytest.importorskip("lifelines")
    pandas = pytest.importorskip("pandas")
    generator = np.random.default_rng(0)
    n = 60
    time = generator.exponential(size=n)
    table = pandas.DataFrame({"x": generator.normal(size=n), "T": time, "E": generator.random(n) < 0.7})
    table["entry"] = time * generator.uniform(0, 0.9, n)
    table["w"] = generator.choice([0.2, 1.0, 8.0], n)
    kept = table[["x", "T", "E", *given.values()]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = lifelines.CoxPHFitter().fit(kept, "T", "E", **given)
        attributor = NewtonStep(model, evaluation="moved", target="concordance").fit(kept)
    hazard = model.predict_log_partial_hazard(kept).to_numpy()
    without = table.assign(entry=-np.inf) if "entry_col" not in given else table
    weight = table["w"] if "weights_col" in given else np.ones(n)
    assert_near(attributor.evaluate(kept), concordance(hazard, without, weight), SUMS)
