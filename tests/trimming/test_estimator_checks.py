"""scikit-learn's and imbalanced-learn's own batteries."""

import os

# without it scikit-learn skips a check
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skinfluence.trimming import DataTrimmer, DataTrimmerCV

# two folds, for the checks make some thousand fits
TRIMMERS = [DataTrimmer(estimator, cv=2, random_state=0) for estimator in (LogisticRegression(), Ridge())]
REGRESSOR, CLASSIFIER = (
    DataTrimmerCV(estimator, target="self_influence", budgets=(0.0, 0.1), cv=2)
    for estimator in (Ridge(), LogisticRegression())
)


def checks():
    """A search fits a classifier some ten times a check: by default those checks that regressors do not have."""
    for trimmer in (*TRIMMERS, REGRESSOR):
        yield from estimator_checks_generator(trimmer)
    shared = {name_of(check) for _, check in estimator_checks_generator(REGRESSOR)}
    for trimmer, check in estimator_checks_generator(CLASSIFIER):
        yield pytest.param(trimmer, check, marks=pytest.mark.slow if name_of(check) in shared else ())


def name_of(check):
    return getattr(check, "func", check).__name__


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_trimmer_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        DataTrimmer(LogisticRegression(), target="self_influence", strategy="iterative"),
        DataTrimmerCV(LogisticRegression(), budgets=(0.0, 0.1), random_state=0),
        DataTrimmerCV(Ridge(), target="self_influence", budgets=(0, 1)),
    ]
)
def test_trimmer_of_other_settings_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def imblearn_checks():
    tags = pytest.importorskip("imblearn.utils._tags")
    checks = pytest.importorskip("imblearn.utils.estimator_checks")

    class TaggedTrimmer(DataTrimmer):
        """imbalanced-learn's checks read tags that only its own classes have."""

        def __sklearn_tags__(self):
            found = super().__sklearn_tags__()
            inputs = {name: getattr(found.input_tags, name) for name in found.input_tags.__slots__}
            found.input_tags = tags.InputTags(**inputs, dataframe=True)
            known = {name: getattr(found, name) for name in found.__slots__}
            known["input_tags"] = found.input_tags
            return tags.Tags(**known, sampler_tags=tags.SamplerTags(sample_indices=True))

    trimmer = TaggedTrimmer(LogisticRegression(), cv=2, random_state=0)
    return [(trimmer, check) for check in checks._yield_all_checks(trimmer)]


def test_trimmer_passes_the_checks_of_imbalanced_learn():
    checks = imblearn_checks()
    assert len(checks) >= 15
    for trimmer, check in checks:
        check("TaggedTrimmer", trimmer)
