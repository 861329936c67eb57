"""Evaluation rows: every silent way in which they arrive wrong is an error or a warning."""

import warnings

import numpy as np
import pytest
from noisy import flipped_labels, unequal_groups
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skinfluence.exceptions import TrimmingWarning, UnsupportedTargetError
from skinfluence.trimming import DataTrimmer, ValidationSet

data = flipped_labels()
trimmer = DataTrimmer(LogisticRegression(), random_state=0)


def test_validation_set_has_nothing_that_could_be_sliced():
    held = ValidationSet(data.X_val, data.y_val)
    assert not any(hasattr(held, name) for name in ("__len__", "shape", "__array__", "__getitem__"))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"y_val": data.y_val}, "got y_val without X_val"),
        ({"sample_weight_val": data.y_val}, "got sample_weight_val without X_val"),
        ({"sensitive_features_val": data.y_val}, "got sensitive_features_val without X_val"),
        ({"X_val": data.X_val}, "got X_val without y_val"),
        ({"X_val": data.X_val, "y_val": data.y_val[:5]}, "X_val has 100 rows but its y has 5"),
        ({"X_val": data.X_val[:0], "y_val": data.y_val[:0]}, "X_val has no rows"),
        (
            {"X_val": data.X_val[:, :3], "y_val": data.y_val},
            "X_val has 3 columns but X has 4.*transform_input",
        ),
        (
            {"X_val": ValidationSet(data.X_val, data.y_val), "y_val": data.y_val},
            "put them into the ValidationSet",
        ),
        (
            {"X_val": data.X_val, "y_val": data.y_val, "sample_weight_val": [1.0, 2.0]},
            "X_val has 100 rows but its sample_weight has 2",
        ),
        (
            {"X_val": data.X_val, "y_val": data.y_val, "sample_weight_val": -np.ones(100)},
            "sample_weight of the evaluation rows",
        ),
        ({"X_val": data.X_val, "y_val": np.full(100, 7)}, "labels that the estimator was not trained on"),
        ({"X_val": np.full((5, 4), np.nan), "y_val": data.y_val[:5]}, "contains NaN"),
    ],
)
def test_trimmer_refuses_contradictory_evaluation_rows(arguments, match):
    with pytest.raises(ValueError, match=match):
        trimmer.fit(data.X, data.y, **arguments)


def test_trimmer_warns_of_an_x_val_that_a_search_would_cut():
    with pytest.warns(TrimmingWarning, match="exactly as many rows as X.*ValidationSet") as caught:
        trimmer.fit(data.X[:100], data.y[:100], X_val=data.X_val, y_val=data.y_val)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_validation_set_arrives_whole_in_a_search(n_jobs):
    """As many rows as X: an array would be cut to the training folds."""
    held = ValidationSet(data.X_val, data.y_val)
    search = GridSearchCV(trimmer, {"budget": [0.05, 0.1]}, cv=3, n_jobs=n_jobs, error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrimmingWarning)
        search.fit(data.X[:100], data.y[:100], X_val=held)
        alone = trimmer.fit(data.X[:100], data.y[:100], X_val=held)
    best = search.best_estimator_
    np.testing.assert_array_equal(best.influence_.values, alone.influence_.values)


def test_trimmer_warns_of_an_x_val_that_skipped_the_preparation_of_x():
    scaled = (data.X - 5) / 2
    with pytest.warns(TrimmingWarning, match="4 of 4 features of X_val lie far from X"):
        trimmer.fit(scaled, data.y, X_val=100 * data.X_val, y_val=data.y_val)


@pytest.mark.parametrize("prepare", [lambda X: X + 0.5, csr_array, lambda X: X.tolist()])
def test_trimmer_accepts_an_x_val_like_x_without_a_warning(prepare):
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrimmingWarning)
        trimmer.fit(prepare(data.X), data.y, X_val=prepare(data.X_val), y_val=data.y_val)


def test_trimmer_refuses_groups_of_the_wrong_rows():
    groups = unequal_groups()
    fair = DataTrimmer(LogisticRegression(), target="demographic_parity")
    held = {"X_val": groups.X_val, "y_val": groups.y_val}
    with pytest.raises(ValueError, match="sensitive_features_val is missing .*one entry for each row of X"):
        fair.fit(groups.X, groups.y, sensitive_features=groups.group, **held)
    with pytest.raises(ValueError, match="sensitive_features_val is missing; pass"):
        fair.fit(groups.X, groups.y, **held)
    with pytest.raises(ValueError, match="sensitive_features is missing; pass"):
        fair.fit(groups.X, groups.y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fair.fit(groups.X, groups.y, sensitive_features=groups.group[:7])
    with pytest.raises(UnsupportedTargetError, match="only one group"):
        fair.fit(groups.X, groups.y, sensitive_features_val=np.zeros(200), **held)


def test_trimmer_names_set_output_when_a_column_name_meets_an_array():
    groups = unequal_groups()
    fair = DataTrimmer(LogisticRegression(), target="demographic_parity")
    with pytest.raises(UnsupportedTargetError, match="set_output"):
        fair.fit(groups.X, groups.y, sensitive_features="sex")
    with pytest.raises(UnsupportedTargetError, match="set_output"):
        fair.fit(groups.X, groups.y, X_val=groups.X_val, y_val=groups.y_val, sensitive_features="sex")


def test_trimmer_takes_no_groups_in_its_constructor():
    with pytest.raises(TypeError, match="sensitive_features"):
        DataTrimmer(LogisticRegression(), sensitive_features=data.y)


def test_trimmer_warns_that_auto_makes_no_use_of_groups():
    with pytest.warns(TrimmingWarning, match="no use of sensitive_features") as caught:
        trimmer.fit(data.X, data.y, sensitive_features=data.y)
    assert caught[0].filename == __file__
