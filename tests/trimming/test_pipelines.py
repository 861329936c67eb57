"""Where a trimmer may stand: around a Pipeline, last in one, in the middle of imblearn's; containers."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn
from noisy import flipped_labels, people, unequal_groups
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skinfluence.attributors import RescaledInfluence
from skinfluence.exceptions import TrimmingWarning, UnsupportedTargetError
from skinfluence.trimming import DataTrimmer, ValidationSet

data, groups = flipped_labels(), unequal_groups()
far = 10 + 3 * data.X_val
routings = pytest.mark.parametrize("routing", [False, True])
LOGISTIC = LogisticRegression(tol=1e-8, max_iter=1000)


def people_pipeline(output="default"):
    encoder = OneHotEncoder(sparse_output=False)
    prepare = make_column_transformer((encoder, ["job", "sex"]), remainder=StandardScaler())
    return Pipeline([("prepare", prepare.set_output(transform=output)), ("clf", LOGISTIC)])


@routings
def test_trimmer_around_a_pipeline_takes_raw_frames_and_column_names(routing):
    frame, y = people()
    trimmer = DataTrimmer(people_pipeline(), target="demographic_parity", budget=0.1)
    with sklearn.config_context(enable_metadata_routing=routing):
        trimmer.fit(frame[:200], y[:200], X_val=frame[200:], y_val=y[200:], sensitive_features="sex")
    attributor = RescaledInfluence(people_pipeline()).fit(frame[:200], y[:200])
    expected = attributor.attribute(
        frame[200:], y[200:], target="demographic_parity", sensitive_features=frame["sex"][200:]
    )
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    assert list(trimmer.influence_.row_names) == list(frame.index[:200])
    assert list(trimmer.feature_names_in_) == ["age", "hours", "job", "sex"]
    assert set(trimmer.classes_) == {"no", "yes"}
    assert trimmer.path_["measured"][-1] < trimmer.path_["measured"][0]


def test_trimmer_around_a_pipeline_cross_fits_column_names():
    frame, y = people()
    trimmer = DataTrimmer(people_pipeline(), target="equal_opportunity", budget=10, random_state=0)
    trimmer.fit(frame, y, sensitive_features=["sex", "job"])
    assert len(trimmer.trimmed_indices_) == 10


def test_column_names_behind_a_column_transformer_need_set_output():
    frame, y = people()
    arguments = {"fair__sensitive_features": "remainder__age"}
    for output in ("default", "pandas"):
        pipeline = people_pipeline(output)
        pipeline.steps[-1] = ("fair", DataTrimmer(LOGISTIC, target="demographic_parity", budget=5))
        if output == "pandas":
            half = frame.assign(age=20 + 20 * (frame["age"] > 40))
            assert len(pipeline.fit(half, y, **arguments)["fair"].trimmed_indices_) == 5
        else:
            with pytest.raises(UnsupportedTargetError, match="set_output"):
                pipeline.fit(frame, y, **arguments)


def test_last_step_of_a_pipeline_is_tuned_and_trims_transformed_rows():
    pipeline = make_pipeline(StandardScaler(), DataTrimmer(LOGISTIC, random_state=0))
    pipeline.set_params(datatrimmer__budget=7).fit(data.X, data.y)
    inside = DataTrimmer(LOGISTIC, budget=7, random_state=0)
    inside.fit(StandardScaler().fit_transform(data.X), data.y)
    np.testing.assert_array_equal(pipeline[-1].trimmed_indices_, inside.trimmed_indices_)
    assert is_classifier(pipeline)
    assert pipeline.score(data.X_test, data.y_test) > 0.5


def test_last_step_of_a_pipeline_warns_of_an_x_val_left_raw():
    """Without transform_input a Pipeline hands the validation rows over as they are."""
    pipeline = Pipeline([("scale", StandardScaler()), ("trim", DataTrimmer(LOGISTIC))])
    with pytest.warns(TrimmingWarning, match="4 of 4 features of X_val lie far from X"):
        pipeline.fit(10 + 3 * data.X, data.y, trim__X_val=far, trim__y_val=data.y_val)


def test_transform_input_prepares_x_val_without_any_request_call():
    steps = [("scale", StandardScaler()), ("trim", DataTrimmer(LOGISTIC))]
    with sklearn.config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("error", TrimmingWarning)
        pipeline = Pipeline(steps, transform_input=["X_val"])
        pipeline.fit(10 + 3 * data.X, data.y, X_val=far, y_val=data.y_val)
    around = DataTrimmer(make_pipeline(StandardScaler(), LOGISTIC))
    around.fit(10 + 3 * data.X, data.y, X_val=far, y_val=data.y_val)
    np.testing.assert_allclose(pipeline["trim"].influence_.values, around.influence_.values, rtol=1e-6)


def test_routing_hands_over_groups_and_weights_without_any_request_call():
    weight = np.random.RandomState(0).uniform(0.5, 2, size=400)
    arguments = {"sensitive_features": groups.group, "sample_weight": weight}
    fair = DataTrimmer(LOGISTIC, target="demographic_parity", random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = Pipeline([("nothing", "passthrough"), ("fair", clone(fair))]).fit(groups.X, groups.y, **arguments)
    fair.fit(groups.X, groups.y, **arguments)
    np.testing.assert_array_equal(pipeline["fair"].influence_.values, fair.influence_.values)


def test_trimmer_has_no_transform():
    """With it a plain Pipeline would trim nothing in silence, and imbalanced-learn would refuse the class."""
    trimmer = DataTrimmer(LOGISTIC, random_state=0).fit(data.X, data.y)
    assert not hasattr(trimmer, "transform")
    assert not hasattr(trimmer, "fit_transform")


def test_middle_step_of_an_imblearn_pipeline_trims_what_the_last_step_sees():
    pipelines = pytest.importorskip("imblearn.pipeline")
    trimmer = DataTrimmer(LOGISTIC, budget=0.1, random_state=0)
    middle = pipelines.make_pipeline(StandardScaler(), trimmer, LOGISTIC).fit(data.X, data.y)
    last = pipelines.make_pipeline(StandardScaler(), trimmer).fit(data.X, data.y)
    np.testing.assert_array_equal(middle.predict_proba(data.X_test), last.predict_proba(data.X_test))
    assert middle.predict(data.X_test).shape == (300,)


def test_middle_step_of_an_imblearn_pipeline_warns_of_its_raw_x_val():
    """imblearn 0.14 computes the transformed X_val and passes the raw one."""
    pipelines = pytest.importorskip("imblearn.pipeline")
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = pipelines.make_pipeline(StandardScaler(), DataTrimmer(LOGISTIC), LOGISTIC, transform_input=["X_val"])
        with pytest.warns(TrimmingWarning, match="imblearn's Pipeline never transforms X_val"):
            pipeline.fit(10 + 3 * data.X, data.y, X_val=far, y_val=data.y_val)


def test_fit_resample_keeps_containers_index_and_types():
    frame, y = people()
    trimmer = DataTrimmer(people_pipeline(), budget=30, random_state=0)
    kept, labels = trimmer.fit_resample(frame, y)
    assert list(kept.index) == list(labels.index) == list(frame.index[trimmer.sample_indices_])
    assert (kept.dtypes == frame.dtypes).all()
    assert type(labels) is type(y)
    assert trimmer.sampling_strategy_ == labels.value_counts().to_dict()
    assert len(kept) == 270
    assert not hasattr(trimmer, "estimator_")
    with pytest.raises(sklearn.exceptions.NotFittedError, match="not fitted"):
        trimmer.predict(frame)


def test_fit_resample_refuses_arguments_of_a_fit_that_it_does_not_do():
    with pytest.raises(TypeError, match=r"fits no estimator, so it does not take \['eval_set'\]; pass them to fit"):
        DataTrimmer(LOGISTIC).fit_resample(data.X, data.y, eval_set=1)


FORMATS = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("format_", FORMATS)
def test_sparse_rows_give_the_answer_of_dense_ones_and_keep_their_format(format_, kind):
    make = getattr(scipy.sparse, f"{format_}_{kind}")
    X, y = data.X[:60], data.y[:60]
    dense = DataTrimmer(LOGISTIC, budget=3, random_state=0).fit(X, y)
    sparse = DataTrimmer(LOGISTIC, budget=3, random_state=0).fit(make(X), y)
    np.testing.assert_allclose(sparse.influence_.values, dense.influence_.values, rtol=1e-5)
    kept, labels = DataTrimmer(LOGISTIC, budget=3, random_state=0).fit_resample(make(X), y)
    assert kept.format == format_
    np.testing.assert_array_equal(kept.toarray(), X[dense.sample_indices_])
    np.testing.assert_array_equal(labels, y[dense.sample_indices_])


@pytest.mark.parametrize(
    "prepare",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X.tolist(),
        pytest.param(lambda X: _frame("pandas", X), id="pandas"),
        pytest.param(lambda X: _frame("polars", X), id="polars"),
    ],
)
def test_containers_give_the_same_answer(prepare):
    expected = DataTrimmer(LOGISTIC).fit(data.X, data.y, X_val=data.X_val, y_val=data.y_val)
    X = prepare(data.X)
    if isinstance(X, np.ndarray):
        X.setflags(write=False)
    found = DataTrimmer(LOGISTIC).fit(X, data.y, X_val=prepare(data.X_val), y_val=data.y_val)
    np.testing.assert_allclose(found.influence_.values, expected.influence_.values, rtol=1e-6, atol=1e-12)


def _frame(library, X):
    module = pytest.importorskip(library)
    return module.DataFrame({f"x{j}": X[:, j] for j in range(X.shape[1])})


def test_lists_of_texts_are_trimmed_around_a_vectorizer():
    texts = [f"{word} {'good' if i % 2 else 'bad'} thing" for i, word in enumerate(["red", "blue"] * 20)]
    labels = ["pos" if i % 2 else "neg" for i in range(40)]
    labels[1] = "neg"
    held = ValidationSet(texts[:6], ["neg", "pos"] * 3)
    trimmer = DataTrimmer(make_pipeline(TfidfVectorizer(), LOGISTIC), budget=1)
    trimmer.fit(texts, labels, X_val=held)
    np.testing.assert_array_equal(trimmer.trimmed_indices_, [1])
    assert trimmer.predict(["good", "bad"]).tolist() == ["pos", "neg"]


def test_one_step_pipelines_and_pickles_work():
    trimmer = DataTrimmer(make_pipeline(LOGISTIC), random_state=0).fit(data.X, data.y)
    again = pickle.loads(pickle.dumps(trimmer))
    np.testing.assert_array_equal(again.predict_proba(data.X), trimmer.predict_proba(data.X))


def test_trimmer_is_what_its_estimator_is():
    assert is_classifier(DataTrimmer(LOGISTIC))
    assert not is_regressor(DataTrimmer(LOGISTIC))
    assert is_regressor(DataTrimmer(make_pipeline(StandardScaler(), Ridge())))
    assert not hasattr(DataTrimmer(Ridge()), "predict_proba")
