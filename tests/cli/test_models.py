"""Models by name, and by the labels."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skinfluence import LeaveOneOut, NewtonStep, RescaledInfluence
from skinfluence.adapters import supports
from skinfluence.cli.attributing import EXACT_ONLY, method_for
from skinfluence.cli.columns import Rows
from skinfluence.cli.errors import CommandError
from skinfluence.cli.measuring import measure, score_name
from skinfluence.cli.models import MODELS, build_model, choose_model
from skinfluence.targets import resolve_target

TEXT = np.array(["no", "yes", "no"], dtype=object)


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (TEXT, "logistic"),
        ([0, 1, 1], "logistic"),
        ([0, 1, 2], "logistic"),
        (range(11), "ridge"),
        ([0.5, 0.1, 2.0], "ridge"),
    ],
)
def test_auto_chooses_by_the_labels(y, name):
    assert choose_model("auto", np.asarray(y), "y") == name


BAD_LABELS = {
    "single": ("auto", ["a", "a"], "'y' has a single value, 'a'; a model needs at least two"),
    "text": ("ridge", TEXT, "--model ridge needs numbers in 'y', but it holds 'no'; use --model logistic"),
    "names": (
        "auto",
        [f"n{k}" for k in range(60)],
        "has 60 different values, too many for classes; choose another --target",
    ),
    "numbers": ("logistic", range(60), "too many for classes; use --model ridge"),
    "negative": ("poisson", [-1, 0, 1], "--model poisson needs labels of 0 or more, but the smallest in 'y' is -1"),
    "tweedie": ("tweedie", [-1, 0, 1], "--model tweedie needs labels of 0 or more"),
    "zero": ("gamma", [0.0, 1.0, 2.0], "--model gamma needs labels of more than 0, but the smallest in 'y' is 0.0"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_labels_must_suit_the_model(case):
    name, y, message = BAD_LABELS[case]
    with pytest.raises(CommandError, match=message):
        choose_model(name, np.asarray(y, dtype=object if isinstance(y[0], str) else None), "y")


@pytest.fixture
def rows():
    pandas = pytest.importorskip("pandas", reason="the command line holds tables in pandas: skinfluence[cli]")
    rng = np.random.RandomState(0)
    X = pandas.DataFrame({"a": rng.randn(60), "b": np.nan, "c": rng.choice(["x", "y"], 60).astype(object)})
    X.loc[3, "a"] = np.nan
    return Rows(X, np.where(rng.rand(60) < 0.5, 1.0, 2.0), None, None, np.arange(60))


@pytest.mark.parametrize("name", MODELS)
def test_every_model_fits_raw_columns_and_is_supported(name, rows):
    pipeline = build_model(name, rows).fit(rows.X, rows.y)
    assert supports(pipeline)[0]
    assert is_classifier(pipeline) == MODELS[name][1]
    unseen = rows.X.assign(c="never seen")
    assert np.isfinite(pipeline.predict(unseen)).all()
    # numbers: a, and b, which is missing everywhere and therefore constant; categories: x, y
    assert pipeline[:-1].transform(rows.X).shape == (60, 4)


#: models without a smooth loss
EXACT = {"kernel-svm", "kernel-svr", "knn", "knn-mean", "bayes", "lda", "qda"}


def test_models_are_answered_exactly_where_the_default_method_cannot():
    assert {name for name, (model, *_) in MODELS.items() if method_for(model, "auto") is LeaveOneOut} == EXACT
    assert set(EXACT_ONLY) == EXACT
    assert all(supports(MODELS[name][0], LeaveOneOut)[0] for name in EXACT)
    assert all(method_for(MODELS[name][0], "auto") is RescaledInfluence for name in set(MODELS) - EXACT)
    assert method_for(MODELS["knn"][0], "newton") is NewtonStep


@pytest.mark.parametrize("name", MODELS)
def test_value_that_a_trimming_measures_is_that_which_is_attributed(name, rows):
    pipeline = build_model(name, rows)
    y = rows.y if MODELS[name][1] else rows.y + np.abs(np.nan_to_num(rows.X["a"]))
    rows = replace(rows, y=y)
    attributor = method_for(pipeline, "auto")(pipeline, polish="auto").fit(rows.X, rows.y)
    measured = measure(resolve_target("loss"), attributor.estimator_, rows)
    # the attributor is at the optimum, the estimator where its solver stopped, at its default tolerance
    assert measured == pytest.approx(attributor.evaluate(rows.X, rows.y) / len(rows), rel=1e-2)


@pytest.mark.parametrize(
    ("name", "score"), [("knn", "accuracy"), ("knn-mean", "R2"), ("kernel-svr", "R2"), ("ridge", "R2"), ("gamma", "D2")]
)
def test_score_is_named_by_the_kind_of_model(name, score):
    assert score_name(name) == score


def test_building_leaves_the_offered_models_alone(rows):
    build_model("ridge", rows, ["alpha=3.5"]).fit(rows.X, rows.y)
    assert MODELS["ridge"][0].alpha == 1.0
    with pytest.raises(Exception, match=r"not fitted"):
        check_is_fitted(MODELS["ridge"][0])


def test_settings_are_read_as_python_or_text(rows):
    model = build_model("logistic", rows, ["C=0.1", "class_weight=balanced", "fit_intercept=False"])[-1]
    assert (model.C, model.class_weight, model.fit_intercept) == (0.1, "balanced", False)


@pytest.mark.parametrize("setting", ["C", "c=1", "alpha=1"])
def test_unknown_settings_list_the_parameters(rows, setting):
    with pytest.raises(
        CommandError,
        match=f"--set {setting} is not possible for --model logistic; give NAME=VALUE, where NAME is one of 'C'",
    ):
        build_model("logistic", rows, [setting])
