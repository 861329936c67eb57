"""Calibrated classifiers report calibrated probabilities and decisions, by every method."""

import numpy as np
import pytest
from cases import BINARY, THREE, WEIGHTS, X, logistic
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, smallest_flip, supports
from skinfluence.adapters import RowBlocks
from skinfluence.exceptions import UnsupportedEstimatorError, UnsupportedQuestionError
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.structures import Parameters
from skinfluence.targets import Scorer
from skinfluence.testing import assert_near

EPS = np.finfo(float).eps
TRAIN, EVAL = slice(0, 50), slice(50, None)
MACHINE = LinearSVC(tol=1e-12, max_iter=1_000_000)
CALIBRATED = {
    "sigmoid": (CalibratedClassifierCV(logistic(), ensemble=False, cv=3), BINARY),
    "isotonic": (CalibratedClassifierCV(logistic(), method="isotonic", ensemble=False, cv=3), BINARY),
    "machine": (CalibratedClassifierCV(MACHINE, ensemble=False, cv=3), BINARY),
    "least squares": (CalibratedClassifierCV(RidgeClassifier(), ensemble=False, cv=3), BINARY),
    "three classes": (CalibratedClassifierCV(logistic(), ensemble=False, cv=3), THREE),
    "three machines": (CalibratedClassifierCV(RidgeClassifier(), method="isotonic", ensemble=False, cv=3), THREE),
    "pipeline inside": (
        CalibratedClassifierCV(make_pipeline(StandardScaler(), logistic()), ensemble=False, cv=3),
        BINARY,
    ),
    "pipeline outside": (
        make_pipeline(StandardScaler(), CalibratedClassifierCV(logistic(), ensemble=False, cv=3)),
        BINARY,
    ),
    "threshold": (
        FixedThresholdClassifier(CalibratedClassifierCV(logistic(), ensemble=False, cv=3), threshold=0.3),
        BINARY,
    ),
}
every_model = pytest.mark.parametrize("name", CALIBRATED)
SMOOTH = [name for name, (model, _) in CALIBRATED.items() if getattr(model, "method", "sigmoid") == "sigmoid"]


def fitted_model(name):
    estimator, y = CALIBRATED[name]
    return clone(estimator).fit(X[TRAIN], y[TRAIN]), y


def own_probability(model, y):
    return model.predict_proba(X[EVAL])[np.arange(len(y[EVAL])), np.searchsorted(model.classes_, y[EVAL])]


VALUES = {
    "class_probability": lambda model, y: own_probability(model, y).sum(),
    # a probability of 0 counts as scikit-learn's log_loss counts it
    "log_loss": lambda model, y: -np.log(np.maximum(own_probability(model, y), EPS)).sum(),
    "accuracy": lambda model, y: np.mean(model.predict(X[EVAL]) == y[EVAL]),
    "neg_log_loss": lambda model, y: Scorer("neg_log_loss")._scorer()(model, X[EVAL], y[EVAL]),
}


@every_model
@pytest.mark.parametrize("target", VALUES)
@pytest.mark.parametrize("method", ["exact", "refit"])
def test_probabilities_and_decisions_are_those_of_the_calibrated_classifier(name, target, method):
    fitted, y = fitted_model(name)
    attributor = LeaveOneOut(fitted, method=method, target=target).fit(X[TRAIN], y[TRAIN])
    # one function of the same decision values, and of refits a logarithm and its exponential
    assert attributor.evaluate(X[EVAL], y[EVAL]) == pytest.approx(VALUES[target](fitted, y), rel=1e-7)


@pytest.mark.parametrize("name", ["sigmoid", "isotonic", "machine", "three classes"])
def test_the_calibration_is_held_fixed_by_exact_effects(name):
    fitted, y = fitted_model(name)
    attributor = LeaveOneOut(fitted).fit(X[TRAIN], y[TRAIN])
    assert "calibration, which is held fixed" in attributor.verdict_
    for target in ("class_probability", "accuracy"):
        values = attributor.attribute(X[EVAL], y[EVAL], target=target).values
        for row in range(4):
            left = clone(fitted)
            left.classes_, left.n_features_in_ = fitted.classes_, 4
            (inside,) = fitted.calibrated_classifiers_
            again = type(inside)(
                clone(inside.estimator).fit(np.delete(X[TRAIN], row, 0), np.delete(y[TRAIN], row)),
                inside.calibrators,
                classes=inside.classes,
                method=inside.method,
            )
            left.calibrated_classifiers_ = [again]
            expected = VALUES[target](left, y) - VALUES[target](fitted, y)
            # refits of the classifier inside stop at its own tolerance
            assert_near(values[row], expected, 0, 1e-7)


@every_model
def test_refits_calibrate_anew(name):
    estimator, y = CALIBRATED[name]
    target, groups = "class_probability", np.arange(50) % 25
    attributor = LeaveOneOut(estimator, method="refit", refit_preprocessing=True, target=target).fit(X[TRAIN], y[TRAIN])
    values = attributor.attribute(X[EVAL], y[EVAL], train_groups=groups).values
    before = VALUES[target](clone(estimator).fit(X[TRAIN], y[TRAIN]), y)
    for group in range(3):
        left = clone(estimator).fit(X[TRAIN][groups != group], y[TRAIN][groups != group])
        # probabilities of 22 rows through log-odds and back
        assert values[group] == pytest.approx(VALUES[target](left, y) - before, abs=1e-9)


@pytest.mark.parametrize("inside", [logistic(), RandomForestClassifier(3, random_state=0)], ids=["linear", "forest"])
def test_refits_of_a_frozen_classifier_change_its_calibration_alone(inside):
    calibrated = CalibratedClassifierCV(FrozenEstimator(inside.fit(X[TRAIN], BINARY[TRAIN])))
    attributor = LeaveOneOut(calibrated, method="refit", target="class_probability").fit(X[EVAL], BINARY[EVAL])
    values = attributor.attribute(X[EVAL], BINARY[EVAL]).values
    before = VALUES["class_probability"](clone(calibrated).fit(X[EVAL], BINARY[EVAL]), BINARY)
    for row in range(0, 20, 4):
        left = clone(calibrated).fit(np.delete(X[EVAL], row, 0), np.delete(BINARY[EVAL], row))
        assert values[row] == pytest.approx(VALUES["class_probability"](left, BINARY) - before, abs=1e-9)


def test_a_frozen_classifier_has_its_own_rows():
    inside = logistic().fit(X[TRAIN], BINARY[TRAIN])
    fitted = CalibratedClassifierCV(FrozenEstimator(inside)).fit(X[EVAL], BINARY[EVAL])
    attributor = NewtonStep(fitted, target="class_probability", evaluation="moved").fit(X[TRAIN], BINARY[TRAIN])
    assert supports(fitted, NewtonStep) == (True, "")
    expected = VALUES["class_probability"](fitted, BINARY)
    assert attributor.evaluate(X[EVAL], BINARY[EVAL]) == pytest.approx(expected, rel=1e-10)
    change = NewtonStep(inside).fit(X[TRAIN], BINARY[TRAIN])
    np.testing.assert_allclose(attributor._changes(np.arange(50)), change._changes(np.arange(50)), rtol=1e-10)


@pytest.mark.parametrize("target", ["class_probability", "log_loss"])
@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_go_through_the_calibration(name, target):
    fitted, y = fitted_model(name)
    first = InfluenceFunctions(fitted, target=target).fit(X[TRAIN], y[TRAIN])
    problem, question = first.problem_, first.question(X[EVAL], y[EVAL])
    direction = np.random.default_rng(0).standard_normal(problem.n_parameters)
    # the step at which rounding and truncation of a central difference are alike
    step = np.cbrt(EPS)
    ends = [question.value(Parameters(problem, problem.theta + sign * step * direction)) for sign in (1, -1)]
    slope = parameter_slopes(question, problem)[:, 0] @ direction
    # eps |f| / step, and the third derivative times step^2
    rounding = len(question) * EPS / step
    assert_near(slope, (ends[0] - ends[1]) / (2 * step), 1e2 * EPS ** (2 / 3), rounding)


def test_rank_scores_are_those_of_calibrated_probabilities():
    fitted, y = fitted_model("isotonic")
    attributor = LeaveOneOut(fitted, target=Scorer("roc_auc")).fit(X[TRAIN], y[TRAIN])
    # isotonic regression makes ties
    expected = Scorer("roc_auc")._scorer()(fitted, X[EVAL], y[EVAL])
    assert attributor.evaluate(X[EVAL], y[EVAL]) == pytest.approx(expected, rel=1e-12)
    plain = LeaveOneOut(fitted.calibrated_classifiers_[0].estimator, target=Scorer("roc_auc")).fit(X[TRAIN], y[TRAIN])
    assert plain.evaluate(X[EVAL], y[EVAL]) != attributor.evaluate(X[EVAL], y[EVAL])


@pytest.mark.parametrize("name", ["sigmoid", "threshold"])
def test_rows_in_blocks_have_the_same_decisions(name):
    fitted, y = fitted_model(name)
    blocks = RowBlocks.from_arrays(X[TRAIN], y[TRAIN], block_size=20)
    attributor = NewtonStep(fitted, target="accuracy", evaluation="moved").fit(blocks)
    assert attributor.evaluate(X[EVAL], y[EVAL]) == fitted.score(X[EVAL], y[EVAL])


@pytest.mark.parametrize("name", ["sigmoid", "threshold"])
@pytest.mark.parametrize("cls", [NewtonStep, LeaveOneOut])
def test_flips_of_classes_are_left_to_probabilities(name, cls):
    fitted, y = fitted_model(name)
    with pytest.raises(UnsupportedQuestionError, match="another threshold, or calibrated probabilities"):
        smallest_flip(cls(fitted).fit(X[TRAIN], y[TRAIN]), "class", X[EVAL][:1])


def test_ensembles_and_calibrations_of_calibrations_name_the_way_out():
    several = CalibratedClassifierCV(logistic(), ensemble=True, cv=3)
    with pytest.raises(UnsupportedEstimatorError, match="use ensemble=False.* or for refits LeaveOneOut"):
        InfluenceFunctions(several).fit(X[TRAIN], BINARY[TRAIN])
    assert supports(several, LeaveOneOut(method="refit")) == (True, "")
    twice = CalibratedClassifierCV(CALIBRATED["sigmoid"][0], ensemble=False, cv=3)
    with pytest.raises(UnsupportedEstimatorError, match="calibrate the classifier inside once"):
        InfluenceFunctions(twice).fit(X[TRAIN], BINARY[TRAIN])


def test_weights_reach_the_classifier_inside():
    calibrated, y = CALIBRATED["sigmoid"]
    fitted = clone(calibrated).fit(X[TRAIN], y[TRAIN], sample_weight=WEIGHTS[TRAIN])
    attributor = LeaveOneOut(fitted, target="class_probability").fit(X[TRAIN], y[TRAIN], WEIGHTS[TRAIN])
    assert attributor.evaluate(X[EVAL], y[EVAL]) == pytest.approx(VALUES["class_probability"](fitted, y), rel=1e-10)
