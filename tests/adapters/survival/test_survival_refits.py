"""Refits of scikit-survival's models, all of them, against plain loops of fit and predict."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from survival_cases import TABLE, linear_model, survival

from skinfluence import DataTrimmer, InfluenceFunctions, LeaveOneOut, NewtonStep, supports
from skinfluence.exceptions import UnsupportedEstimatorError, UnsupportedTargetError
from skinfluence.targets import FunctionTarget, Scorer, SurvivalProbability
from skinfluence.testing import assert_near

ensemble = pytest.importorskip("sksurv.ensemble")
svm = pytest.importorskip("sksurv.svm")
tree = pytest.importorskip("sksurv.tree")
concordance_index = pytest.importorskip("sksurv.metrics").concordance_index_censored

SMALL = {"random_state": 0, "n_estimators": 4}
MODELS = {
    "forest": ensemble.RandomSurvivalForest(**SMALL),
    "extra trees": ensemble.ExtraSurvivalTrees(**SMALL),
    "boosting": ensemble.GradientBoostingSurvivalAnalysis(**SMALL),
    "boosting of times": ensemble.GradientBoostingSurvivalAnalysis(loss="ipcwls", **SMALL),
    "componentwise boosting": ensemble.ComponentwiseGradientBoostingSurvivalAnalysis(**SMALL),
    "tree": tree.SurvivalTree(max_depth=3, random_state=0),
    "extra tree": tree.ExtraSurvivalTree(max_depth=3, random_state=0),
    "cox": linear_model.CoxPHSurvivalAnalysis(alpha=1.0),
    "path": linear_model.CoxnetSurvivalAnalysis(n_alphas=5),
    "accelerated failure": linear_model.IPCRidge(),
    "ranking": svm.FastSurvivalSVM(random_state=0),
    "regression": svm.FastSurvivalSVM(rank_ratio=0.0, fit_intercept=True, random_state=0),
    "kernel": svm.FastKernelSurvivalSVM(kernel="rbf", random_state=0),
    "hinge": svm.HingeLossSurvivalSVM(),
    "naive": svm.NaiveSurvivalSVM(random_state=0),
    "minlip": svm.MinlipSurvivalAnalysis(),
}
OF_TIMES = {"accelerated failure", "regression", "boosting of times"}
LOG_HAZARDS = {"boosting", "componentwise boosting", "cox", "path"}
every_model = pytest.mark.parametrize("name", MODELS)
pytestmark = [
    # half of the rows are few for their solvers
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Optimization did not converge"),
]

ROWS, HELD = TABLE[:36], TABLE[36:60]
X, Y = ROWS[["x1", "x2", "x3"]].to_numpy(), survival("untied", ROWS)
X_HELD, Y_HELD = HELD[["x1", "x2", "x3"]].to_numpy(), survival("untied", HELD)
# some of the models take logarithms and want them positive
Y["time"] += 1
#: rows 6, 7 and 8 alone, and the others in four sets, for refits take their time
GROUPS = np.arange(len(X)) % 4
GROUPS[6:9] = 4, 5, 6
Y_HELD["time"] += 1


def deleted(estimator, rows, ask):
    """What a refit without each row answers, less what the fit on all rows does."""
    before = ask(clone(estimator).fit(X, Y))
    return np.array([ask(clone(estimator).fit(np.delete(X, i, 0), np.delete(Y, i))) for i in rows]) - before


def test_every_model_of_the_library_is_asked():
    known = {type(model).__name__ for model in MODELS.values()}
    theirs = {
        name
        for module in (ensemble, svm, tree, linear_model)
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and issubclass(cls, BaseEstimator) and not inspect.isabstract(cls)
    }
    assert not theirs - known


@every_model
@pytest.mark.parametrize("method", ["refit", "auto"])
def test_predictions_are_those_of_refits(name, method):
    estimator = MODELS[name]
    if name == "cox" and method == "auto":
        pytest.skip("has an exact answer")
    attributor = LeaveOneOut(estimator, method=method, target="prediction")
    assert supports(estimator, attributor) == (True, "")
    attributor.fit(X, Y)
    found = attributor.attribute(X_HELD, train_groups=GROUPS)
    expected = deleted(estimator, range(6, 9), lambda model: model.predict(X_HELD).sum())
    # one computation, summed in another order; truncated Newton steps of the kernel machine amplify rounding to 1e-8
    error = 1e-6 if name == "kernel" else 1e-12
    assert_near(found.values[4:], expected, 0, error * np.abs(clone(estimator).fit(X, Y).predict(X_HELD)).sum())
    each = attributor.attribute(X_HELD, Y_HELD, train_groups=GROUPS, aggregate=False)
    assert_near(each.values.sum(axis=1), found.values, 1e-10)


@every_model
def test_concordance_is_the_score_of_the_model(name):
    estimator = MODELS[name]
    attributor = LeaveOneOut(estimator, method="refit", target="concordance").fit(X, Y)
    fitted = clone(estimator).fit(X, Y)
    # a share of pairs
    assert attributor.evaluate(X_HELD, Y_HELD) == pytest.approx(fitted.score(X_HELD, Y_HELD), rel=1e-12)
    found = attributor.attribute(X_HELD, Y_HELD, train_groups=GROUPS)
    expected = deleted(estimator, range(6, 9), lambda model: model.score(X_HELD, Y_HELD))
    np.testing.assert_allclose(found.values[4:], expected, rtol=0, atol=1e-12)


@every_model
def test_scorers_and_functions_see_predictions_and_labels(name):
    sign = -1 if name in OF_TIMES else 1

    def index(model, X, y):
        return concordance_index(y["event"], y["time"], sign * model.predict(X))[0]

    attributor = LeaveOneOut(MODELS[name], method="refit").fit(X, Y)
    expected = attributor.evaluate(X_HELD, Y_HELD, target="concordance")
    assert attributor.evaluate(X_HELD, Y_HELD, target=Scorer(index)) == pytest.approx(expected, rel=1e-12)
    risk = FunctionTarget(lambda raw, y, weight: concordance_index(y["event"], y["time"], raw[:, 0])[0])
    assert attributor.evaluate(X_HELD, Y_HELD, target=risk) == pytest.approx(expected, rel=1e-12)


@every_model
def test_hazards_are_asked_of_proportional_hazards_alone(name):
    attributor = LeaveOneOut(MODELS[name], method="refit").fit(X, Y)
    for target in ("log_hazard", "relative_risk", "partial_likelihood"):
        if name in LOG_HAZARDS:
            assert np.isfinite(attributor.evaluate(X_HELD, Y_HELD, target=target))
        else:
            with pytest.raises(UnsupportedTargetError, match="use 'prediction' for what it predicts, or 'concordance'"):
                attributor.evaluate(X_HELD, Y_HELD, target=target)
    if name in LOG_HAZARDS:
        prediction = attributor.evaluate(X_HELD, target="prediction")
        assert attributor.evaluate(X_HELD, target="log_hazard") == pytest.approx(prediction)
        loss = attributor.evaluate(X_HELD, Y_HELD)
        assert loss == attributor.evaluate(X_HELD, Y_HELD, target="partial_likelihood")
    else:
        with pytest.raises(UnsupportedTargetError, match="no loss of their own; use target='prediction'"):
            attributor.attribute(X_HELD, Y_HELD)
    with pytest.raises(UnsupportedTargetError, match="baseline of a Cox regression, which refits do not|proportional"):
        attributor.evaluate(X_HELD, Y_HELD, target=SurvivalProbability(1.0))
    with pytest.raises(UnsupportedTargetError, match="needs times and events of the evaluation rows"):
        attributor.evaluate(X_HELD, target="concordance")


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_refits_of_a_cox_model_have_its_exact_effects(ties):
    estimator = linear_model.CoxPHSurvivalAnalysis(alpha=1.0, ties=ties, tol=1e-15, n_iter=1000)
    y, y_held = survival("tied", ROWS), survival("tied", HELD)
    exact = LeaveOneOut(estimator).fit(X, y)
    refit = LeaveOneOut(estimator, method="refit").fit(X, y)
    for target in ("log_hazard", "relative_risk", "loss", "concordance"):
        one, other = (each.attribute(X_HELD, y_held, target=target) for each in (exact, refit))
        # what is left of its own stopping rule at the tightest
        assert_near(other.values, one.values, 0, 1e-7)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", ["forest", "path", "accelerated failure", "hinge", "ranking"])
def test_pipelines_hold_their_preprocessing_or_refit_it(name, whole):
    estimator = make_pipeline(StandardScaler(), MODELS[name])
    attributor = LeaveOneOut(estimator, method="refit", refit_preprocessing=whole, target="prediction").fit(X, Y)
    found = attributor.attribute(X_HELD, train_groups=GROUPS).values[4:6]
    if whole:
        expected = deleted(estimator, range(6, 8), lambda model: model.predict(X_HELD).sum())
    else:
        scaler = StandardScaler().fit(X)
        Z, Z_held = scaler.transform(X), scaler.transform(X_HELD)
        before = clone(MODELS[name]).fit(Z, Y).predict(Z_held).sum()
        refits = [clone(MODELS[name]).fit(np.delete(Z, i, 0), np.delete(Y, i)) for i in range(6, 8)]
        expected = [refit.predict(Z_held).sum() - before for refit in refits]
    assert_near(found, expected, 1e-10)


def test_the_last_event_has_no_answer_and_says_so():
    y = Y.copy()
    y["event"] = np.arange(len(y)) == 5
    influence = LeaveOneOut(MODELS["cox"], method="refit", target="prediction").fit(X, y).attribute(X_HELD)
    assert np.flatnonzero(np.isnan(influence.values)).tolist() == [5]
    assert "without it no event is left" in influence.verdict


def test_a_model_that_cannot_be_fitted_on_the_others_has_no_answer():
    # the one pair of the two rows that are left has one order, and a classifier of orders needs two
    others = ~np.isin(np.arange(len(X)), np.flatnonzero(Y["event"])[:2])
    attributor = LeaveOneOut(MODELS["naive"], method="refit", target="prediction").fit(X, Y)
    influence = attributor.attribute(X_HELD, train_groups=np.where(others, "others", "two"))
    np.testing.assert_array_equal(np.isnan(influence.values), [True, False])
    assert "too few rows for the model" in influence.verdict


@pytest.mark.parametrize("name", ["forest", "path", "accelerated failure"])
def test_exact_methods_name_refits(name):
    for cls in (LeaveOneOut, InfluenceFunctions):
        with pytest.raises(UnsupportedEstimatorError, match=r"for refits LeaveOneOut\(estimator, method='refit'\)"):
            cls(MODELS[name]).fit(X, Y)


def test_trimmers_rank_by_refits_where_they_are_told():
    given = {"X_val": X_HELD, "y_val": Y_HELD}
    with pytest.raises(TypeError, match="no default surrogate; .*attributor=LeaveOneOut"):
        DataTrimmer(MODELS["forest"]).fit(X, Y, **given)
    refits = LeaveOneOut(method="refit")
    trimmer = DataTrimmer(MODELS["forest"], target="concordance", attributor=refits, budget=3).fit(X, Y, **given)
    assert len(trimmer.trimmed_indices_) == 3
    expected = clone(MODELS["forest"]).fit(X[trimmer.sample_indices_], Y[trimmer.sample_indices_])
    assert trimmer.path_["measured"][-1] == pytest.approx(expected.score(X_HELD, Y_HELD), rel=1e-12)


# ---------------------------------------------------------------- questions that need no times


@pytest.mark.parametrize("rows", [X_HELD, X_HELD.tolist(), HELD[["x1", "x2", "x3"]]], ids=["array", "list", "frame"])
@pytest.mark.parametrize("target", ["log_hazard", "relative_risk", SurvivalProbability(3.0)], ids=str)
@pytest.mark.parametrize("cls", [NewtonStep, InfluenceFunctions, LeaveOneOut])
def test_targets_without_times_need_no_labels_behind_preprocessing(cls, target, rows):
    train = ROWS[["x1", "x2", "x3"]] if hasattr(rows, "columns") else X
    cox = linear_model.CoxPHSurvivalAnalysis(alpha=1.0)
    pipeline = make_pipeline(StandardScaler().set_output(transform="default"), cox).fit(train, Y)
    attributor = cls(pipeline, target=target).fit(train, Y)
    plain = attributor.attribute(rows)
    np.testing.assert_array_equal(plain.values, attributor.attribute(rows, Y_HELD).values)
    inside = cls(pipeline[-1], target=target).fit(pipeline[0].transform(train), Y)
    np.testing.assert_array_equal(plain.values, inside.attribute(pipeline[0].transform(rows)).values)
