"""Exact leave-one-out of whole Pipelines: every step fitted again without the row."""

import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
    TargetEncoder,
    scale,
)

from skinfluence import LeaveOneOut, RescaledInfluence, smallest_flip
from skinfluence.adapters import supports
from skinfluence.adapters.moving import moves_of
from skinfluence.exceptions import UnsupportedEstimatorError, UnsupportedQuestionError
from skinfluence.targets import Parameter
from skinfluence.testing.closeness import REFITS, SUMS, assert_near

GENERATOR = np.random.default_rng(0)
N = 60
X = GENERATOR.normal(size=(N, 4)) * [1, 5, 0.1, 2] + [0, 3, 100, 1]
REAL = X @ [1, 0.2, 3, 0.5] + GENERATOR.normal(size=N)
LABELS = np.where(X[:, 0] + 0.3 * X[:, 1] + GENERATOR.normal(size=N) > 1, "yes", "no")
THREE = np.digitize(REAL, np.quantile(REAL, [0.3, 0.6]))
GAPS = np.where(GENERATOR.random(X.shape) < 0.15, np.nan, X)
# three levels, one of them of one row
MIXED = np.column_stack([GENERATOR.integers(0, 2, N), GAPS])
MIXED[7, 0] = 2
METHODS = ("exact", "refit")
WEIGHT = GENERATOR.uniform(0.5, 2, N)


def logistic(**settings):
    return LogisticRegression(solver="newton-cholesky", tol=1e-12, **settings)


def columns(**settings):
    return make_column_transformer(
        (OneHotEncoder(sparse_output=False, **settings), [0]),
        (make_pipeline(SimpleImputer(), StandardScaler()), [1, 2]),
        ("drop", [4]),
        remainder=SimpleImputer(strategy="constant", fill_value=1.0),
    )


ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
RARE = clone(ORDINAL).set_params(min_frequency=9)
#: preprocessing, its rows, and without how many of them there is no closed form; None: there is none at all
STEPS = {
    "deviation": ((StandardScaler(),), X, 0),
    "no mean": ((StandardScaler(with_mean=False),), X, 0),
    "range": ((MinMaxScaler((-1, 2)),), X, 0),
    "largest": ((MaxAbsScaler(),), X, 0),
    "one after the other": ((StandardScaler(), MinMaxScaler(), MaxAbsScaler(), StandardScaler()), X, 0),
    "rows": ((Normalizer(), StandardScaler()), X, 0),
    "imputed": ((SimpleImputer(),), GAPS, 0),
    "imputed, deviation": ((SimpleImputer(), StandardScaler()), GAPS, 0),
    "imputed, range": ((SimpleImputer(), MinMaxScaler()), GAPS, 0),
    "imputed, largest": ((SimpleImputer(), MaxAbsScaler()), GAPS, 0),
    "columns": ((columns(handle_unknown="ignore"),), MIXED, 1),
    "columns, range": ((columns(handle_unknown="ignore"), MinMaxScaler()), MIXED, 1),
    "a column of ones": ((StandardScaler(), MinMaxScaler()), np.column_stack([X, np.ones(N)]), 0),
    "ordinal": ((make_column_transformer((ORDINAL, [0])), StandardScaler()), MIXED, 1),
    "rare levels together": ((make_column_transformer((RARE, [0])),), MIXED, None),
    "powers": ((StandardScaler(), PolynomialFeatures(2)), X, None),
    "components": ((PCA(2),), X, None),
}


@pytest.mark.parametrize("name", STEPS)
def test_moves_are_those_of_steps_fitted_again(name):
    steps, features, unknown = STEPS[name]
    pipe = make_pipeline(*steps).fit(features)
    moves = moves_of([step for _, step in pipe.steps], features)
    if unknown is None:
        assert moves is None
        return
    assert moves.unknown.sum() == unknown
    Z = pipe.transform(features)
    for row in range(N):
        keep = np.delete(np.arange(N), row)
        if not moves.unknown[row]:
            moved = moves.scale[row] * Z + moves.shift[row] + moves.imputed[row] * moves.mask
            assert_near(moved, clone(pipe).fit(features[keep]).transform(features), SUMS)


MODELS = {
    "logistic": (logistic(), LABELS),
    "balanced": (logistic(class_weight="balanced"), LABELS),
    "several classes": (logistic(), THREE),
    "no intercept": (Ridge(fit_intercept=False), REAL),
    "no penalty": (LinearRegression(), REAL),
    "several outputs": (Ridge(alpha=np.array([0.5, 2.0])), np.column_stack([REAL, X[:, 1] ** 2])),
}


@pytest.mark.parametrize("model", ["logistic", "no intercept"])
@pytest.mark.parametrize("name", STEPS)
def test_effects_are_those_of_whole_refits(name, model):
    steps, features, unknown = STEPS[name]
    final, y = MODELS[model]
    check(make_pipeline(*steps, final), features, y, known=0 if unknown is None else N - unknown)


@pytest.mark.parametrize("model", MODELS)
def test_every_model(model):
    final, y = MODELS[model]
    pipe = make_pipeline(SimpleImputer(), StandardScaler(), final)
    check(pipe, GAPS, y, known=N)
    by_row = {"target": "class_probability" if y is LABELS or y is THREE else "prediction", "aggregate": False}
    attributors = (LeaveOneOut(pipe, method=method, refit_preprocessing=True).fit(GAPS, y) for method in METHODS)
    assert_near(*(each.attribute(GAPS[:9], y[:9], **by_row).values for each in attributors), REFITS)


def test_weights_count_for_the_model_alone():
    check(make_pipeline(SimpleImputer(), StandardScaler(), logistic()), GAPS, LABELS, WEIGHT, known=N)


def check(pipe, features, y, weight=None, *, known):
    exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(features, y, weight)
    refit = LeaveOneOut(pipe, method="refit", refit_preprocessing=True).fit(features, y, weight)
    assert f"in closed form without each of {known} of {N} rows" in exact.verdict_
    question = features[:9], y[:9]
    effects = exact.attribute(*question)
    assert "refitting the whole estimator" in effects.estimand
    assert_near(exact.evaluate(*question), refit.evaluate(*question), REFITS)
    # some rows, and a set of three
    rows = np.r_[7, 0:N:6]
    refits = refit.predicted([*rows[:, None], [1, 4, 8]], refit.question(*question))
    assert_near(effects.values[rows], refits[:-1], REFITS)
    together = np.where(np.isin(np.arange(N), [1, 4, 8]), "a", "b")
    assert_near(exact.attribute(*question, train_groups=together).values[0], refits[-1], REFITS)


def test_parameters_are_those_of_refits_in_their_own_units():
    for steps in ((SimpleImputer(), StandardScaler()), (SimpleImputer(), MinMaxScaler())):
        pipe = make_pipeline(*steps, Ridge())
        exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(GAPS, REAL)
        fitted = clone(pipe).fit(GAPS, REAL)[-1]
        for position in range(5):
            effects = exact.attribute(target=Parameter(position)).values
            for row in (0, 5, 30):
                less = clone(pipe).fit(np.delete(GAPS, row, axis=0), np.delete(REAL, row))[-1]
                before, after = (np.append(each.coef_, each.intercept_)[position] for each in (fitted, less))
                assert_near(effects[row], after - before, REFITS, atol=SUMS * abs(before))


def test_a_row_whose_level_is_asked_for_has_no_answer_where_the_encoder_refuses_it():
    y = REAL
    for handle, answer in (("ignore", True), ("error", False)):
        pipe = make_pipeline(columns(handle_unknown=handle), Ridge())
        effects = LeaveOneOut(pipe, refit_preprocessing=True).fit(MIXED, y).attribute(MIXED[:9], y[:9]).values
        assert np.isfinite(effects[7]) == answer
        assert np.isfinite(np.delete(effects, 7)).all()


def test_frames_searches_and_steps_that_train_on_other_features():
    pandas = pytest.importorskip("pandas", reason="frames")
    frame = pandas.DataFrame(GAPS, columns=list("abcd"))
    frame["city"] = np.array(["Ulm", "Bonn"])[np.random.default_rng(1).integers(0, 2, N)]
    prepare = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["city"]),
        (make_pipeline(SimpleImputer(), StandardScaler()), list("abcd")),
        sparse_threshold=0,
    )
    check_frame(make_pipeline(prepare, logistic()), frame)
    check_frame(GridSearchCV(make_pipeline(prepare, logistic()), {"logisticregression__C": [0.1, 1.0]}), frame)
    with pytest.raises(UnsupportedEstimatorError, match="give it a number as random_state"):
        LeaveOneOut(make_pipeline(TargetEncoder(), Ridge()), refit_preprocessing=True).fit(frame[["city"]], REAL)


def check_frame(estimator, frame, y=LABELS):
    fitted = clone(estimator).fit(frame, y)
    exact = LeaveOneOut(fitted, refit_preprocessing=True).fit(frame, y).attribute(frame[:9], y[:9])
    best = getattr(fitted, "best_estimator_", fitted)
    loss = [
        -np.log(model.predict_proba(frame[:9])[np.arange(9), (y[:9] == "yes").astype(int)]).sum()
        for model in (best, clone(best).fit(frame.drop(index=4), np.delete(y, 4)))
    ]
    assert_near(exact.values[4], loss[1] - loss[0], REFITS)


def test_models_with_an_active_set_and_more_columns_than_rows_are_solved_one_by_one():
    wide = np.random.default_rng(2).normal(size=(20, 30))
    for final, features, y in ((Lasso(0.05, tol=1e-12), X[:20], REAL[:20]), (Ridge(), wide, wide[:, 0] * 2)):
        pipe = make_pipeline(StandardScaler(), final)
        exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(features, y)
        assert "without each of 0 of 20 rows" in exact.verdict_
        refit = LeaveOneOut(pipe, method="refit", refit_preprocessing=True).fit(features, y)
        assert_near(*(each.attribute(features[:5], y[:5]).values for each in (exact, refit)), REFITS)


def test_searches_use_it():
    attributor = LeaveOneOut(make_pipeline(StandardScaler(), logistic()), refit_preprocessing=True).fit(X, LABELS)
    row = np.argmin(np.abs(attributor.estimator_.decision_function(X)))
    flip = smallest_flip(attributor, "class", X[[row]])
    assert flip.found
    assert flip.actual == pytest.approx(flip.predicted, rel=1e-6)


def test_refusals():
    pipe = make_pipeline(StandardScaler(), logistic())
    whole = LeaveOneOut(pipe, refit_preprocessing=True)
    with pytest.raises(ValueError, match="moves features too, which no gradient has; set evaluation='moved'"):
        clone(whole).set_params(evaluation="linear").fit(X, LABELS)
    neighbours = make_pipeline(StandardScaler(), KNeighborsClassifier())
    assert not supports(neighbours, whole)[0]
    with pytest.raises(UnsupportedEstimatorError, match="KNeighborsClassifier is none, .*use method='refit'"):
        clone(whole).set_params(estimator=neighbours).fit(X, LABELS)
    for other, y, match in (
        (FrozenEstimator(clone(pipe).fit(X, LABELS)), LABELS, "FrozenEstimator keeps the fit that it has"),
        (TransformedTargetRegressor(make_pipeline(StandardScaler(), Ridge())), REAL, "use method='refit'"),
    ):
        with pytest.raises(UnsupportedEstimatorError, match=match) as error:
            LeaveOneOut(other, refit_preprocessing=True).fit(X, y)
        assert supports(other, LeaveOneOut(refit_preprocessing=True)) == (False, str(error.value))
    with pytest.raises(UnsupportedQuestionError, match="needs the raw rows; fit LeaveOneOut itself"):
        LeaveOneOut.from_fitted(RescaledInfluence(pipe).fit(X, LABELS), refit_preprocessing=True)
    whole.fit(X, LABELS)
    for ask in (whole.self_influence, lambda: whole.removal([1], X, LABELS), lambda: whole.fidelity_report(X, LABELS)):
        with pytest.raises(UnsupportedQuestionError, match="needs refit_preprocessing=False"):
            ask()
    assert not hasattr(whole, "params_change_")
    assert not hasattr(whole, "score")


def test_auto_refits_what_has_no_optimum():
    auto = LeaveOneOut(make_pipeline(StandardScaler(), KNeighborsClassifier()), method="auto", refit_preprocessing=True)
    assert supports(auto.estimator, auto) == (True, "")
    refit = LeaveOneOut(auto.estimator, method="refit", refit_preprocessing=True).fit(X, LABELS)
    values = [each.attribute(X[:9], LABELS[:9]).values for each in (auto.fit(X, LABELS), refit)]
    np.testing.assert_array_equal(*values)


def test_a_parameter_by_its_place_is_no_other_one_where_a_level_has_gone():
    pipe = make_pipeline(columns(handle_unknown="ignore"), Ridge())
    exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(MIXED, REAL)
    by_place, by_name = (
        exact.attribute(target=Parameter(each)).values for each in (4, exact.preparation_.problem.parameter_names[4])
    )
    assert np.isnan(by_place[7])
    less = clone(pipe).fit(np.delete(MIXED, 7, axis=0), np.delete(REAL, 7))[-1].coef_[3]
    assert_near(by_name[7], less - clone(pipe).fit(MIXED, REAL)[-1].coef_[4], REFITS)
    assert_near(np.delete(by_place, 7), np.delete(by_name, 7), SUMS)


def test_separated_classes_have_no_answer():
    apart = np.where(X[:, 0] > 0, "yes", "no")
    pipe = make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, max_iter=1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(X, apart)
    effects = exact.attribute(target=Parameter(0))
    assert np.isnan(effects.values).all()
    assert "nan" in effects.verdict


def test_active_sets_are_those_of_the_refits():
    generator = np.random.default_rng(3)
    features = generator.normal(size=(40, 60))
    y = features[:, :4].sum(axis=1) + generator.normal(size=40)
    pipe = make_pipeline(StandardScaler(), Lasso(0.1))
    exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(features, y)
    tight = make_pipeline(StandardScaler(), Lasso(0.1, tol=1e-13, max_iter=100_000))
    refit = LeaveOneOut(tight, method="refit", refit_preprocessing=True).fit(features, y)
    assert_near(*(each.attribute(features[:5], y[:5]).values for each in (exact, refit)), REFITS)


def test_any_container_of_rows():
    pandas = pytest.importorskip("pandas", reason="frames")
    whole = pandas.DataFrame(np.where(np.isnan(GAPS), np.nan, np.round(GAPS))).astype("Int64")
    pipe = make_pipeline(SimpleImputer(), StandardScaler(), Ridge())
    plain = whole.to_numpy(dtype=np.float64, na_value=np.nan)
    expected = LeaveOneOut(pipe, refit_preprocessing=True).fit(plain, REAL).attribute(plain[:9], REAL[:9]).values
    for rows in (whole, plain.tolist()):
        exact = LeaveOneOut(pipe, refit_preprocessing=True).fit(rows, REAL)
        assert_near(exact.attribute(rows[:9], REAL[:9]).values, expected, SUMS)
    mixed = [[["Ulm", "Bonn"][k % 2], float(X[k, 0])] for k in range(N)]
    pipe = make_pipeline(make_column_transformer((OneHotEncoder(), [0]), remainder=StandardScaler()), Ridge())
    for method in ("exact", "refit"):
        rows = LeaveOneOut(pipe, method=method, refit_preprocessing=True).fit(mixed, REAL)
        assert np.isfinite(rows.attribute(mixed[:9], REAL[:9]).values).all()


def test_a_mistake_of_a_step_is_no_missing_answer():
    def fails(rows):
        if len(rows) < N:
            raise ValueError("a mistake in my own step")
        return rows

    pipe = make_pipeline(FunctionTransformer(fails), PCA(2), Ridge()).fit(X, REAL)
    attributor = LeaveOneOut(pipe, refit_preprocessing=True).fit(X, REAL)
    with pytest.raises(ValueError, match="a mistake in my own step"):
        attributor.attribute(X, REAL)


def test_weights_that_are_routed_to_preprocessing():
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=True), Ridge(alpha=5).set_fit_request(sample_weight=True)
        )
        attributors = [LeaveOneOut(pipe, method=method, refit_preprocessing=True) for method in ("exact", "refit")]
        values = [each.fit(X, REAL, sample_weight=WEIGHT).attribute(X[:5], REAL[:5]).values for each in attributors]
    assert_near(*values, REFITS)


def test_steps_that_look_at_rows_together_and_blocks_of_columns_with_weights():
    together = make_pipeline(FunctionTransformer(scale), Ridge())
    check(together, X, REAL, known=0)
    parts = make_column_transformer((SimpleImputer(), [0, 1]))
    parts.set_params(transformer_weights={"simpleimputer": 3.0})
    check(make_pipeline(parts, Ridge()), GAPS, REAL, known=N)
