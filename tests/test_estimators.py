"""scikit-learn's own battery on every public attributor."""

import inspect

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

from skinfluence import attributors
from skinfluence.attributors import LeaveOneOut

ATTRIBUTORS = [cls for _, cls in inspect.getmembers(attributors, inspect.isclass)]


# without an estimator they fit classifiers or regressors, by the kind of y
@parametrize_with_checks([cls() for cls in ATTRIBUTORS])
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
