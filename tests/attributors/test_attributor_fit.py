"""What fit takes, uses and refuses: estimators in every state, foreign rows, slack solvers, bad parameters."""

import warnings

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, WEIGHTS, WORDS, X, logistic, poisson
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence.attributors import InfluenceFunctions, LeaveOneOut, Leverage, NewtonStep, RescaledInfluence
from skinfluence.exceptions import (
    StationarityError,
    StationarityWarning,
    UnsupportedEstimatorError,
    UnsupportedQuestionError,
    UnsupportedTargetError,
)
from skinfluence.solvers import CholeskySolver, EigenSolver
from skinfluence.testing import assert_near

# ---------------------------------------------------------------- estimators


def test_fitted_estimator_is_used_as_it_is():
    model = logistic(C=0.05).fit(X, BINARY)
    attributor = InfluenceFunctions(model).fit(X, BINARY)
    assert attributor.estimator_.coef_ is model.coef_


def test_unfitted_estimator_is_cloned_and_fitted():
    model = logistic(C=0.05)
    attributor = InfluenceFunctions(model).fit(X, WORDS, sample_weight=WEIGHTS)
    assert not hasattr(model, "coef_")
    expected = clone(model).fit(X, WORDS, sample_weight=WEIGHTS)
    np.testing.assert_array_equal(attributor.estimator_.coef_, expected.coef_)
    np.testing.assert_array_equal(attributor.classes_, expected.classes_)


def test_clone_forgets_a_fit_unless_frozen():
    # fitted on half of the rows: seen from all of them, it is not stationary
    model = logistic().fit(X[:36], BINARY[:36])
    assert clone(InfluenceFunctions(model)).fit(X, BINARY).stationarity_ < 1e-6
    frozen = clone(InfluenceFunctions(FrozenEstimator(model)))
    with pytest.raises(
        StationarityError, match="the fitted LogisticRegression is not at the optimum for the rows given"
    ):
        frozen.fit(X, BINARY)


def test_weights_reach_the_last_step_of_a_pipeline_and_a_search():
    pipeline = make_pipeline(StandardScaler(), logistic())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.5]}, cv=2)
    expected = clone(pipeline).set_params(logisticregression__C=0.5)
    expected.fit(X, BINARY, logisticregression__sample_weight=WEIGHTS)
    attributor = InfluenceFunctions(search).fit(X, BINARY, sample_weight=WEIGHTS)
    assert_near(attributor.model_.final.coef_, expected[-1].coef_, SUMS)


def test_default_estimator_depends_on_the_labels():
    assert isinstance(InfluenceFunctions().fit(X, WORDS).estimator_, LogisticRegression)
    assert isinstance(InfluenceFunctions().fit(X, REAL).estimator_, Ridge)


def test_search_without_refit_is_refused():
    search = GridSearchCV(logistic(), {"C": [0.1, 1]}, refit=False)
    with pytest.raises(UnsupportedEstimatorError, match="no refitted best_estimator_; fit it with refit=True"):
        InfluenceFunctions(search).fit(X, BINARY)


def test_names_come_from_frames():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["age", "height", "weight"], index=[f"patient {i}" for i in range(len(X))])
    attributor = RescaledInfluence(make_pipeline(StandardScaler(), logistic())).fit(frame, BINARY)
    assert attributor.feature_names_in_.tolist() == ["age", "height", "weight"]
    assert attributor.problem_.parameter_names == ["age", "height", "weight", "intercept"]
    assert attributor.attribute(frame, BINARY).to_frame().index[5] == "patient 5"
    with pytest.raises(ValueError, match="feature names should match those that were passed during fit"):
        attributor.attribute(frame[["weight", "height", "age"]], BINARY)


# ---------------------------------------------------------------- rows that are not the training rows


FOREIGN = {
    "raw instead of scaled rows": lambda: (logistic().fit(StandardScaler().fit_transform(X), BINARY), 5 * X, BINARY),
    "another order of columns": lambda: (logistic().fit(X, BINARY), X[:, ::-1], BINARY),
    "another split": lambda: (logistic().fit(X[:36], BINARY[:36]), X[36:], BINARY[36:]),
    "other labels": lambda: (logistic().fit(X, BINARY), X, 1 - BINARY),
    "another order of rows": lambda: (Ridge().fit(X, REAL), X[::-1], REAL),
    "half of the rows": lambda: (poisson().fit(X, COUNTS), X[:36], COUNTS[:36]),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_rows_are_refused_with_the_number(name):
    model, rows, y = FOREIGN[name]()
    with pytest.raises(StationarityError, match=r"are [0-9.e+]+ standard errors away from it .*Pass exactly the X, y"):
        RescaledInfluence(model).fit(rows, y)


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_rows_are_taken_as_training_rows_when_polish_is_true(name):
    model, rows, y = FOREIGN[name]()
    attributor = RescaledInfluence(model, polish=True).fit(rows, y)
    assert attributor.problem_.relative_gradient() < SUMS
    assert attributor.stationarity_ > 0.1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"])
@pytest.mark.parametrize("y", [BINARY, WORDS], ids=["binary", "words"])
def test_default_tolerance_is_not_taken_for_foreign_rows(solver, y):
    attributor = RescaledInfluence(LogisticRegression(solver=solver, random_state=0).fit(X, y)).fit(X, y)
    tight = RescaledInfluence(logistic()).fit(X, y)
    # the factor of the Hessian is kept as long as the Hessian moves by less than 1e-6
    assert_near(attributor.attribute(X, y).values, tight.attribute(X, y).values, 1e-5)
    assert_near(attributor.problem_.theta, tight.problem_.theta, SUMS)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fit_that_says_it_did_not_converge_is_polished():
    stopped = LogisticRegression(max_iter=1).fit(X, BINARY)
    attributor = RescaledInfluence(stopped).fit(X, BINARY)
    assert attributor.stationarity_ > 1
    tight = RescaledInfluence(logistic()).fit(X, BINARY)
    assert_near(attributor.problem_.theta, tight.problem_.theta, SUMS)
    assert "polished (moved to the optimum) in" in attributor.verdict_


# ---------------------------------------------------------------- polish


def test_polish_false_keeps_the_parameters_and_warns():
    slack = LogisticRegression(tol=0.1).fit(X, BINARY)
    with pytest.warns(StationarityWarning, match="times the effect of a typical row; set polish='auto', or fit"):
        attributor = RescaledInfluence(slack, polish=False).fit(X, BINARY)
    np.testing.assert_array_equal(attributor.problem_.theta, np.r_[slack.coef_[0], slack.intercept_])
    assert "not polished" in attributor.attribute(X, BINARY).verdict


def test_polish_false_is_silent_at_the_optimum():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RescaledInfluence(logistic(), polish=False).fit(X, BINARY)


def test_polish_leaves_the_users_model_alone():
    slack = LogisticRegression(tol=1e-3).fit(X, BINARY)
    coef = slack.coef_.copy()
    RescaledInfluence(slack).fit(X, BINARY)
    np.testing.assert_array_equal(slack.coef_, coef)


# ---------------------------------------------------------------- curvature

#: a copied column: the objective is flat along (1, 0, 0, -1)
COLLINEAR = np.column_stack([X, X[:, 0]])


@pytest.mark.parametrize("solver", ["auto", "cholesky", EigenSolver(rtol=1e-10)], ids=["auto", "cholesky", "object"])
def test_singular_objective_has_unique_predictions(solver):
    attributor = RescaledInfluence(LinearRegression(), solver=solver, target="prediction").fit(COLLINEAR, REAL)
    values = attributor.attribute(COLLINEAR[:9], REAL[:9], aggregate=False).values
    for row in (0, 20):
        less = LinearRegression().fit(np.delete(X, row, axis=0), np.delete(REAL, row))
        expected = less.predict(X[:9]) - LinearRegression().fit(X, REAL).predict(X[:9])
        assert_near(values[row], expected, OPTIMA)
    assert "1 of 4 columns are linear combinations of others (rank 3)" in attributor.verdict_


def test_damping_adds_its_multiple_of_the_mean_eigenvalue():
    estimator = Ridge(alpha=1.0, fit_intercept=False)
    H = X.T @ X + np.eye(3)
    amount = 0.3 * np.trace(H) / 3
    fitted = estimator.fit(X, REAL)
    residual = X @ fitted.coef_ - REAL
    expected = np.linalg.solve(H + amount * np.eye(3), (X * residual[:, None]).T)
    attributor = InfluenceFunctions(fitted, damping=0.3).fit(X, REAL)
    assert_near([attributor.removal([i]).params_change for i in range(len(X))], expected.T, EFFECTS)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_solvers_agree_where_there_are_more_features_than_rows(fit_intercept):
    wide = np.random.default_rng(1).normal(size=(20, 50))
    for estimator, y in [(Ridge(fit_intercept=fit_intercept), REAL), (logistic(fit_intercept=fit_intercept), THREE)]:
        answers = [
            RescaledInfluence(estimator, solver=solver).fit(wide, y[:20]).attribute(wide[:7], y[:7]).values
            for solver in ("cholesky", "auto", "eigen")
        ]
        for answer in answers[1:]:
            assert_near(answer, answers[0], OPTIMA)
    assert "solved in the" in RescaledInfluence(Ridge()).fit(wide, REAL[:20]).verdict_


# ---------------------------------------------------------------- bad parameters, bad data


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"target": "beauty"}, "beauty"),
        ({"evaluation": "wild"}, "evaluation must be 'linear' or 'moved', got 'wild'"),
        ({"solver": "magic"}, "solver must be one of .*'dual'.* or a Solver object, got 'magic'"),
        ({"damping": -1.0}, "damping must be a number >= 0"),
        ({"damping": "much"}, "damping must be a number >= 0"),
        ({"solver": CholeskySolver(), "damping": 0.1}, "pass damping to the solver object"),
        ({"polish": "shiny"}, "polish must be 'auto' .*got 'shiny'"),
    ],
)
def test_fit_refuses_parameters(settings, match):
    with pytest.raises(ValueError, match=match):
        RescaledInfluence(Ridge(), **settings).fit(X, REAL)


def replaced(array, value):
    array = np.array(array, dtype=float)
    array.flat[3] = value
    return array


@pytest.mark.parametrize("fitted", [True, False], ids=["fitted", "unfitted"])
@pytest.mark.parametrize(
    ("rows", "y", "weight", "match"),
    [
        (replaced(X, np.nan), REAL, None, "Input X contains NaN"),
        (replaced(X, np.inf), REAL, None, "Input X contains infinity"),
        (X, replaced(REAL, np.nan), None, "Input y contains NaN"),
        (X, replaced(REAL, np.inf), None, "Input y contains infinity"),
        (X, REAL, -WEIGHTS, "Negative values in data passed to `sample_weight`"),
        (X, REAL, replaced(WEIGHTS, np.nan), "Input sample_weight contains NaN"),
        (X, REAL[:-1], None, "inconsistent numbers of samples"),
        (X, REAL, WEIGHTS[:-1], r"sample_weight.shape == \(71,\), expected \(72,\)|inconsistent numbers of samples"),
        (X[:, :2], REAL, None, "X has 2 features, but Ridge is expecting 3 features"),
    ],
)
def test_fit_refuses_data(rows, y, weight, match, fitted):
    if not fitted and rows.shape[1] == 2:
        pytest.skip("an unfitted estimator takes any number of features")
    estimator = Ridge().fit(X, REAL) if fitted else Ridge()
    with pytest.raises(ValueError, match=match):
        RescaledInfluence(estimator).fit(rows, y, sample_weight=weight)


def test_fit_refuses_weights_that_are_all_zero():
    with pytest.raises(ValueError, match=r"at least one (training row needs a positive weight|non-zero number)"):
        RescaledInfluence(Ridge().fit(X, REAL)).fit(X, REAL, sample_weight=np.zeros(len(X)))


def test_fit_refuses_unknown_labels_and_missing_ones():
    with pytest.raises(ValueError, match=r"labels that the estimator was not trained on: \['7'\]; its classes are"):
        RescaledInfluence(logistic().fit(X, BINARY)).fit(X, np.where(BINARY, 7, 0))
    with pytest.raises(ValueError, match="requires y to be passed"):
        RescaledInfluence(logistic()).fit(X)


# ---------------------------------------------------------------- questions


@pytest.fixture(scope="module")
def attributor():
    return RescaledInfluence(logistic()).fit(X, BINARY)


@pytest.mark.parametrize(
    ("question", "match"),
    [
        (lambda a: a.attribute(), "is measured on evaluation rows; pass X and y"),
        (lambda a: a.attribute(X, BINARY[:-1]), "X has 72 evaluation rows but y has 71 labels"),
        (lambda a: a.attribute(X[:, :2], BINARY), "X has 2 features, but RescaledInfluence is expecting 3"),
        (lambda a: a.attribute(X, BINARY + 1), "labels that the estimator was not trained on"),
        (lambda a: a.attribute(replaced(X, np.nan), BINARY), "contains NaN"),
        (lambda a: a.attribute(X, BINARY, sample_weight=-WEIGHTS), "weight"),
        (lambda a: a.attribute(X[:0], BINARY[:0]), "0 sample"),
        (
            lambda a: a.attribute(X, BINARY, train_groups=[1, 2]),
            r"shape \(2,\); give one label for each of 72 training rows",
        ),
        (lambda a: a.attribute(X, BINARY, target="demographic_parity"), "sensitive_features"),
        (lambda a: a.attribute(X, BINARY, target="self_influence"), "is measured on the training rows themselves"),
    ],
)
def test_attribute_refuses(attributor, question, match):
    with pytest.raises(ValueError, match=match):
        question(attributor)


def test_gaps_have_no_single_evaluation_rows(attributor):
    groups = BINARY[::-1]
    with pytest.raises(UnsupportedQuestionError, match="ask with aggregate=True"):
        attributor.attribute(X, BINARY, target="demographic_parity", sensitive_features=groups, aggregate=False)


def test_predictions_of_classifiers_are_refused(attributor):
    with pytest.raises(UnsupportedTargetError, match="prediction"):
        attributor.attribute(X, BINARY, target="prediction")


@pytest.mark.parametrize("cls", [RescaledInfluence, LeaveOneOut, Leverage])
def test_questions_to_an_unfitted_attributor_say_so(cls):
    with pytest.raises(NotFittedError, match=f"This {cls.__name__} instance is not fitted yet"):
        cls().attribute() if cls is Leverage else cls().attribute(X, BINARY)


@pytest.mark.parametrize("method", ["removal", "self_influence", "evaluate"])
def test_other_questions_to_an_unfitted_attributor_say_so(method):
    with pytest.raises(NotFittedError, match="This NewtonStep instance is not fitted yet"):
        getattr(NewtonStep(), method)(*([[1]] if method == "removal" else []))


def test_target_of_the_question_comes_before_that_of_the_constructor(attributor):
    answers = [attributor.attribute(X, BINARY, target="margin"), attributor.attribute(X, BINARY)]
    assert [answer.target for answer in answers] == ["Margin()", "Loss()"]
    assert attributor.evaluate(X, BINARY, target="margin") == pytest.approx(
        attributor.estimator_.decision_function(X).sum(), rel=OPTIMA
    )


def test_moved_evaluation_is_the_target_at_the_moved_parameters():
    attributor = RescaledInfluence(logistic(), evaluation="moved").fit(X[:50], BINARY[:50])
    values = attributor.attribute(X[50:], BINARY[50:]).values
    model = clone(attributor.estimator_).fit(X[:50], BINARY[:50])
    before = -np.log(model.predict_proba(X[50:])[np.arange(22), BINARY[50:]]).sum()
    for row in (0, 30):
        change = attributor.removal([row]).params_change
        moved = clone(model).fit(X[:50], BINARY[:50])
        moved.coef_ = model.coef_ + change[None, :-1]
        moved.intercept_ = model.intercept_ + change[-1:]
        after = -np.log(moved.predict_proba(X[50:])[np.arange(22), BINARY[50:]]).sum()
        assert values[row] == pytest.approx(after - before, rel=OPTIMA)
        assert attributor.removal([row], X[50:], BINARY[50:]).target_change == pytest.approx(values[row], rel=OPTIMA)


# ---------------------------------------------------------------- removal


@pytest.mark.parametrize(
    ("indices", "error", "match"),
    [
        ([72], ValueError, r"indices must lie in \[-72, 72\), got 72 to 72"),
        ([3, 3], ValueError, "indices name a row twice"),
        ([3, -69], ValueError, "indices name a row twice"),
        ([0.5], ValueError, "positions of rows or a boolean mask, got an array of float64"),
        ([[1, 2]], ValueError, "positions of rows or a boolean mask"),
        (["a"], ValueError, "positions of rows or a boolean mask"),
        (np.ones(5, dtype=bool), ValueError, r"a mask of rows must have shape \(72,\), got \(5,\)"),
        (np.arange(72), UnsupportedQuestionError, "leaves no row with a positive weight"),
        (np.flatnonzero(BINARY == 1), UnsupportedQuestionError, "removes the last row of class"),
    ],
)
def test_removal_refuses(attributor, indices, error, match):
    with pytest.raises(error, match=match):
        attributor.removal(indices)


def test_removal_of_nothing_changes_nothing(attributor):
    removal = attributor.removal([], X, BINARY)
    assert removal.target_change == 0
    np.testing.assert_array_equal(removal.params_change, np.zeros(4))


def test_removal_takes_masks_and_negative_positions(attributor):
    expected = attributor.removal([70, 71]).params_change
    np.testing.assert_array_equal(attributor.removal([-2, -1]).params_change, expected)
    np.testing.assert_array_equal(attributor.removal(np.arange(72) >= 70).params_change, expected)


@pytest.mark.parametrize("cls", [NewtonStep, InfluenceFunctions, LeaveOneOut])
def test_group_that_empties_a_class_has_no_answer_and_the_others_have(cls):
    groups = np.where(BINARY == 1, "ones", np.where(X[:, 0] > 0, "right", "left"))
    influence = cls(logistic()).fit(X, BINARY).attribute(X, BINARY, train_groups=groups)
    assert influence.row_names[np.isnan(influence.values)].tolist() == ["ones"]
    assert "no answer (nan) for 1 of 3 sets, the first at position 1 (ones): without it" in influence.verdict


@pytest.mark.parametrize("cls", [NewtonStep, InfluenceFunctions, LeaveOneOut])
def test_group_that_is_all_of_a_dummy_has_no_answer(cls):
    dummy = np.arange(len(X)) % 9 == 4
    influence = cls(LinearRegression()).fit(np.column_stack([X, dummy]), REAL)
    effects = influence.attribute(np.column_stack([X, dummy]), REAL, train_groups=np.where(dummy, "all", WORDS))
    assert effects.row_names[np.isnan(effects.values)].tolist() == ["all"]


def test_group_names_are_those_of_the_answer(attributor):
    influence = attributor.attribute(X, BINARY, train_groups=WORDS)
    assert influence.row_names.tolist() == ["certainly", "maybe", "no"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fit_warns_of_separated_classes_without_a_penalty():
    """The coefficients of a maximum likelihood fit run off to infinity: there is no optimum to take influence at."""
    line = np.linspace(-1, 1, 60)[:, None]
    model = LogisticRegression(C=np.inf).fit(line, line[:, 0] > 0)
    with pytest.warns(
        StationarityWarning, match="has no optimum: .* along the coefficients of .x0.*; give the model a penalty"
    ):
        RescaledInfluence(model, polish=True).fit(line, line[:, 0] > 0)
