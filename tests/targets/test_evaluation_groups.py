"""Sensitive features in every form in which they arrive, and evaluation rows as a whole."""

import re
import warnings
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skinfluence.exceptions import TargetWarning, UnsupportedTargetError
from skinfluence.losses import BinaryLogLoss
from skinfluence.targets import check_groups, check_train_groups, check_weights, evaluation_rows

pd = pytest.importorskip("pandas", reason="groups are columns of frames: skinfluence[cli]")
pl = pytest.importorskip("polars", reason="groups are columns of frames: skinfluence[test]")
SEX, RACE = ["f", "m", "m", "f", "m"], [1, 0, 1, 1, 0]
COLUMNS = {"age": [30, 40, 50, 60, 70], "sex": SEX, "race": RACE}
FRAMES = {"pandas": pd.DataFrame(COLUMNS, index=list("vwxyz")), "polars": pl.DataFrame(COLUMNS)}
frames = pytest.mark.parametrize("X", FRAMES.values(), ids=FRAMES)


@pytest.mark.parametrize(
    "labels",
    [
        SEX,
        tuple(SEX),
        np.array(SEX),
        np.array(SEX, dtype=object),
        np.array(SEX)[:, None],
        pd.Series(SEX, index=[9, 8, 7, 6, 5]),
        pd.Series(SEX, dtype="category"),
        pd.Series(SEX, dtype="string"),
        pl.Series(SEX),
        pl.Series(SEX, dtype=pl.Categorical),
        pd.DataFrame({"sex": SEX}),
        pl.DataFrame({"sex": SEX}),
        np.array(SEX * 2)[::2][[0, 3, 1, 4, 2]],  # not contiguous, then put back in order
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_groups_are_read_from_any_array(labels):
    codes, names = check_groups(labels, 5)
    assert [names[code] for code in codes] == SEX
    assert list(names) == ["f", "m"]


@frames
def test_groups_are_read_from_columns_by_name(X):
    codes, names = check_groups("sex", 5, X)
    assert_array_equal(codes, [0, 1, 1, 0, 1])
    codes, names = check_groups(["race"], 5, X)
    assert (codes.tolist(), names.tolist()) == (RACE, [0, 1])


@frames
def test_groups_of_several_columns_are_their_combinations(X):
    codes, names = check_groups(["sex", "race"], 5, X)
    assert names.tolist() == ["f, 1", "m, 0", "m, 1"]
    assert_array_equal(codes, [0, 1, 2, 0, 1])
    for labels in (
        X[["sex", "race"]],
        np.array([SEX, RACE], dtype=object).T,
        list(zip(SEX, RACE, strict=True)),
    ):
        again, same = check_groups(labels, 5)
        assert same.tolist() == names.tolist()
        assert_array_equal(again, codes)


def test_groups_of_booleans_and_numbers_keep_their_labels():
    for labels in ([True, False], [2.5, -1.0], [10, 9]):
        codes, names = check_groups(np.array(labels), 2)
        assert names[codes].tolist() == labels


@frames
def test_groups_list_of_labels_that_are_no_columns_are_labels(X):
    codes, _ = check_groups(["a", "b", "sex", "b", "a"], 5, X)
    assert_array_equal(codes, [0, 1, 2, 1, 0])


def test_no_groups_are_none():
    assert check_groups(None, 3) == (None, None)


@pytest.mark.parametrize(
    ("labels", "X", "message"),
    [
        ("gender", FRAMES["pandas"], r"names \['gender'\]; these are not columns.*\['age', 'sex', 'race'\]"),
        ("gender", FRAMES["polars"], r"names \['gender'\]; these are not columns.*\['age', 'sex', 'race'\]"),
        (["sex", "gender"], FRAMES["pandas"], r"names \['gender'\], but there are 5 evaluation rows; these"),
        (
            "sex",
            np.zeros((5, 2)),
            r'ndarray without column names.*DataFrame.*set_output\(transform="pandas"\)',
        ),
        ("sex", None, "NoneType without column names to look them up in; pass one label for each row"),
        (SEX[:3] * 3, None, r"names \['f', 'm', 'm', 'f', 'm', ...\], but there are 5 evaluation rows"),
        (np.array(SEX[:4]), None, r"shape \(4,\); give one label for each of 5 evaluation rows"),
        (pd.Series(SEX[:4]), None, r"shape \(4,\); give one label for each of 5 evaluation rows"),
        (pd.DataFrame({"s": SEX[:4]}), None, r"column 's' has shape \(4,\), but there are 5"),
        (np.zeros((5, 2, 2)), None, r"shape \(5, 2, 2\); give one label for each of 5 evaluation rows"),
        ([], None, r"shape \(0,\); give one label for each of 5"),
        (3, None, r"shape \(\); give one label for each of 5"),
        (["f"] * 5, None, "only one group, 'f'; a comparison of groups needs at least two"),
        (np.ones(5), None, "only one group, 1.0"),
        (
            ["f", "m", None, "f", "m"],
            None,
            r"no label in 1 of 5 rows, the first in row 2 \(None\); drop these rows, or",
        ),
        (["f", "m", "m", float("nan"), "m"], None, r"no label in 1 of 5 rows, the first in row 3 \(nan\)"),
        (np.array([0, 1, np.nan, 1, np.nan]), None, r"no label in 2 of 5 rows, the first in row 2 \(nan\)"),
        (pd.Series(["f", pd.NA, "m", "f", "m"], dtype="string"), None, r"the first in row 1 \(<NA>\)"),
        (pd.Series([1, None, 0, 1, 0], dtype="Int64"), None, r"no label in 1 of 5 rows, the first in row 1 "),
        (
            pl.Series(["f", None, "m", "f", "m"]),
            None,
            r"no label in 1 of 5 rows, the first in row 1 \(None\)",
        ),
        ("s", pd.DataFrame({"s": ["f", None, "m", "f", "m"]}), "column 's' of X has no label in 1 of 5"),
        (np.array(["2020", "NaT", "2021", "2020", "2021"], dtype="M8[ns]"), None, r"the first in row 1 \(NaT\)"),
        ([Decimal(1), Decimal("nan"), Decimal(2), Decimal(1), Decimal(2)], None, r"the first in row 1 \(NaN\)"),
        (np.array([1, np.float32("nan"), 0, 1, 0], dtype=object), None, r"the first in row 1 \(nan\)"),
        (["f", 1, "m", 0, "f"], None, r"mixes labels of types \['int', 'str'\]; convert them to strings"),
    ],
)
def test_groups_that_cannot_be_read_say_why(labels, X, message):
    with pytest.raises(UnsupportedTargetError, match=message):
        check_groups(labels, 5, X)


def _training_variants():
    """Messages on the same labels of training rows."""
    pairs = []
    for labels in (["f", "m", None, "f", "m"], np.array([0, 1, np.nan, 1, np.nan]), ["f", 1, "m", 0, "f"], "gender", 3):
        pairs.append(pytest.param(labels, id=str(labels)))
    return pairs


@pytest.mark.parametrize("labels", _training_variants())
def test_groups_of_training_rows_are_refused_in_the_words_of_evaluation_rows(labels):
    with pytest.raises(UnsupportedTargetError) as expected:
        check_groups(labels, 5, FRAMES["pandas"])
    message = str(expected.value).replace("sensitive_features", "train_groups").replace("evaluation", "training")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_train_groups(labels, 5, FRAMES["pandas"])


@frames
def test_groups_of_training_rows_are_read_as_those_of_evaluation_rows(X):
    for labels in (SEX, "sex", ["sex", "race"], X["sex"], np.array(RACE), pd.Series(RACE, dtype="Int64")):
        codes, names = check_train_groups(labels, 5, X)
        expected, labelled = check_groups(labels, 5, X)
        assert_array_equal(codes, expected)
        assert names.tolist() == labelled.tolist()
    # one group is a set of rows too
    assert check_train_groups(np.ones(5), 5)[1].tolist() == [1.0]


def test_groups_of_dates_are_called_by_their_dates():
    dates = np.array(["2020-01-02", "2020-01-01"], dtype="M8[ns]")
    assert check_groups(dates, 2)[1].tolist() == [datetime(2020, 1, 1), datetime(2020, 1, 2)]


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(40.0) / 7,
        np.arange(40),
        [f"id{i}" for i in range(40)],
        pd.date_range("2020", periods=40),
        np.c_[np.arange(40) // 5, np.arange(40) % 5],
    ],
    ids=["measurements", "numbers", "identifiers", "dates", "two columns"],
)
def test_groups_of_hardly_a_row_each_are_refused(labels):
    with pytest.raises(UnsupportedTargetError, match="40 groups of 40 evaluation rows, fewer than two rows .*bin them"):
        check_groups(labels, 40)


def test_numbers_that_seem_to_be_measured_are_warned_of():
    age = np.tile(np.arange(18, 68), 4)
    with pytest.warns(TargetWarning, match="50 different numbers, 18 to 67, .* 4 evaluation rows a group.*pandas.cut"):
        check_groups(age, 200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_groups(age // 10, 200)
        check_groups(age.astype(str), 200)
        # few rows, each its own group: a comparison that may be meant
        check_groups(np.arange(5), 5)


def test_weights_default_to_one():
    assert_array_equal(check_weights(None, 3), np.ones(3))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 2], r"has shape \(2,\); give one weight for each of 3 rows"),
        ([[1, 2, 3]], r"has shape \(1, 3\); give one weight"),
        ([1, np.nan, 1], "holds NaN or infinity in row 1; drop such rows"),
        ([1, 1, np.inf], "holds NaN or infinity in row 2"),
        ([1, -0.5, 1], "has a negative value, -0.5 in row 1; weights must be at least 0"),
        ([0, 0, 0], "is all zero; at least one row needs a positive weight"),
    ],
)
def test_weights_that_are_none_say_why(weight, message):
    with pytest.raises(UnsupportedTargetError, match="sample_weight of the evaluation rows .*" + message):
        evaluation_rows(BinaryLogLoss(), [0, 1, 0], sample_weight=weight)


def test_empty_evaluation_set_is_refused():
    with pytest.raises(UnsupportedTargetError, match=r"evaluation set is empty \(y has shape \(0,\)\)"):
        evaluation_rows(BinaryLogLoss(), np.zeros(0))


def test_evaluation_rows_know_their_number():
    assert len(evaluation_rows(BinaryLogLoss(), [0, 1])) == 2
