"""scikit-learn's own battery on every public attributor."""

import inspect

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skinfluence import attributors
from skinfluence.attributors import LeaveOneOut

ATTRIBUTORS = [cls for _, cls in inspect.getmembers(attributors, inspect.isclass)]

#: half of the time of a whole run, for what all inherit: one class by default, which take turns
LONG = [
    "check_array_api_input",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_fit_score_takes_y",
    "check_pipeline_consistency",
]


def checks():
    """Every class with every check; without an estimator they fit classifiers or regressors, by the kind of y."""
    for place, cls in enumerate(ATTRIBUTORS):
        for estimator, check in estimator_checks_generator(cls()):
            name = getattr(check, "func", check).__name__
            others_turn = name in LONG and (place + LONG.index(name)) % len(ATTRIBUTORS)
            yield pytest.param(estimator, check, marks=pytest.mark.slow if others_turn else ())


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_attributor_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([*(cls(Ridge()) for cls in ATTRIBUTORS), LeaveOneOut(LogisticRegression(), method="refit")])
def test_attributor_of_other_settings_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", ATTRIBUTORS)
def test_every_public_attributor_is_at_the_front_door(cls):
    import skinfluence

    assert getattr(skinfluence, cls.__name__) is cls
    assert cls.__name__ in skinfluence.__all__
