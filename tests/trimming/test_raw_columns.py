"""Trimming around estimators that take raw columns, and what a cache can hold."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skinfluence import DataTrimmer, DataTrimmerCV, RescaledInfluence
from skinfluence.targets import FunctionTarget, Loss, Scorer

generator = np.random.default_rng(0)
X = generator.standard_normal((80, 2))
CITY = generator.integers(0, 3, 80)
clean = (X[:, 0] + 2 * (CITY == 1) + generator.standard_normal(80) / 2 > 1).astype(int)
FLIPPED = np.arange(0, 80, 10)
y = clean.copy()
y[FLIPPED] = 1 - y[FLIPPED]


def boosted(**settings):
    return HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5, **settings)


def frame(missing=False):
    pandas = pytest.importorskip("pandas", reason="columns of frames")
    table = pandas.DataFrame({"a": X[:, 0], "city": pandas.Categorical(np.array(list("xyz"))[CITY]), "b": X[:, 1]})
    if missing:
        table.loc[[3, 40], "a"] = np.nan
        table.loc[[4, 41], "city"] = np.nan
    return table


def cases():
    return {
        "from the types": (boosted(categorical_features="from_dtype"), frame()),
        "by name": (boosted(categorical_features=["city"]), frame()),
        "by mask": (boosted(categorical_features=[False, True, False]), frame()),
        "missing": (boosted(), frame(missing=True)),
        "behind no step": (make_pipeline("passthrough", boosted()), frame()),
        "positions of an array": (boosted(categorical_features=[2]), np.c_[X, CITY]),
    }


@pytest.mark.parametrize(
    "name",
    ["from the types", "by name", "by mask", "missing", "behind no step", "positions of an array"],
)
def test_boosted_trees_on_categories_are_trimmed(name):
    estimator, table = cases()[name]
    trimmer = DataTrimmer(estimator, budget=8, random_state=0).fit(table, y)
    assert len(np.intersect1d(trimmer.trimmed_indices_, FLIPPED)) >= 5
    assert trimmer.predict(table).shape == (80,)
    held = DataTrimmer(estimator, target="loss", budget=3).fit(table[::2], y[::2], X_val=table[1::2], y_val=clean[1::2])
    assert np.isfinite(held.influence_.values).all()


def test_columns_of_categories_have_effects_of_their_own():
    # without the column of the city the surrogate would not know why these rows are ones
    trimmer = DataTrimmer(boosted(), budget=3, random_state=0).fit(frame(), y)
    blind = DataTrimmer(boosted(), budget=3, random_state=0).fit(frame().drop(columns="city"), y)
    assert not np.array_equal(trimmer.influence_.values, blind.influence_.values)


@pytest.mark.parametrize("estimator", [GaussianNB(), LinearDiscriminantAnalysis()], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("target", ["auto", "loss", "self_influence", "demographic_parity"])
@pytest.mark.parametrize("strategy", ["one_shot", "iterative"])
def test_models_of_sums_are_trimmed(estimator, target, strategy):
    groups = {"sensitive_features": np.arange(80) % 2} if target == "demographic_parity" else {}
    trimmer = DataTrimmer(estimator, target=target, strategy=strategy, budget=4, random_state=0).fit(X, y, **groups)
    assert len(trimmer.trimmed_indices_) <= 4
    assert np.isfinite(trimmer.influence_.values).all()


def total(raw, y, weight):
    return float(raw[:, 0].sum())


def inner():
    def function(raw, y, weight):
        return total(raw, y, weight)

    return FunctionTarget(function, greater_is_better=False)


UNSTORED = {
    "lambda": {"target": FunctionTarget(lambda raw, y, w: total(raw, y, w), greater_is_better=False)},
    "inner function": {"target": inner()},
    "term": {"target": Loss() + inner()},
    "scorer": {"target": Scorer(lambda estimator, X, y: estimator.score(X, y))},
    "step": {"estimator": make_pipeline(FunctionTransformer(lambda X: 2 * X), LogisticRegression())},
    "surrogate": {
        "attributor": RescaledInfluence(make_pipeline(FunctionTransformer(lambda X: 2 * X), LogisticRegression()))
    },
}


@pytest.mark.parametrize("name", UNSTORED)
@pytest.mark.parametrize("cls", [DataTrimmer, DataTrimmerCV])
def test_what_cannot_be_cached_is_refused_in_one_line(cls, name, tmp_path):
    trimmer = cls(**{"estimator": LogisticRegression()} | UNSTORED[name], memory=str(tmp_path), random_state=0)
    part = "target" if "target" in UNSTORED[name] else "attributor"
    with pytest.raises(TypeError, match=f"memory= caches .* the {part} cannot be stored .*or set memory=None") as error:
        trimmer.fit(X, y, X_val=X[:20], y_val=y[:20])
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
    trimmer.set_params(memory=None).fit(X, y, X_val=X[:20], y_val=y[:20])


def test_functions_of_a_module_are_cached(tmp_path):
    target = FunctionTarget(total, greater_is_better=False)
    found = DataTrimmer(LogisticRegression(), target=target, memory=str(tmp_path)).fit(X, y, X_val=X[:9], y_val=y[:9])
    assert len(found.trimmed_indices_)
