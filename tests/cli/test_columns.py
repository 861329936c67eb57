"""Columns by their roles."""

from pathlib import Path

import numpy as np
import pytest

from skinfluence.cli.columns import MISSING, Roles, choose_rows, validation_rows
from skinfluence.cli.errors import CommandError
from skinfluence.cli.tables import Table

pandas = pytest.importorskip("pandas", reason="the command line holds tables in pandas: skinfluence[cli]")


def table(**changes):
    columns = {
        "age": [20.0, np.nan, 40.0, 50.0],
        "sex": ["f", "m", "f", "m"],
        "town": ["Bern", None, "Genf", "Bern"],
        "w": [1, 2, 0, 1],
        "y": ["no", "yes", "yes", "no"],
    }
    return Table(Path("t.csv"), pandas.DataFrame({**columns, **changes}), [])


def test_features_are_numbers_or_text():
    rows = choose_rows(table(), Roles("y", ("sex",), "w", drop_sensitive=True))
    assert rows.X.columns.tolist() == ["age", "town"]
    assert rows.X["age"].dtype == np.float64
    assert rows.text_columns == ["town"]
    assert rows.X["town"].tolist() == ["Bern", MISSING, "Genf", "Bern"]
    assert rows.groups.tolist() == ["f", "m", "f", "m"]
    assert rows.weight.tolist() == [1.0, 2.0, 0.0, 1.0]
    assert rows.y.tolist() == ["no", "yes", "yes", "no"]


def test_sensitive_column_stays_a_feature_and_identifier_does_not():
    rows = choose_rows(table(), Roles("y", ("sex",), identifier="town", dropped=("w",)))
    assert rows.X.columns.tolist() == ["age", "sex"]


def test_two_sensitive_columns_make_their_intersections():
    rows = choose_rows(table(town=["a", "a", "b", "b"]), Roles("y", ("sex", "town")))
    assert rows.groups.tolist() == ["f, a", "m, a", "f, b", "m, b"]


@pytest.mark.parametrize("dtype", ["category", "string", "boolean", "Int64", "Float32", "bool"])
def test_pandas_own_types_are_understood(dtype):
    values = {"category": ["a", "b", "a", "b"], "string": ["a", None, "a", "b"]}.get(dtype, [1, 0, 1, 0])
    rows = choose_rows(table(age=pandas.Series(values).astype(dtype)), Roles("y"))
    assert ("age" in rows.text_columns) == (dtype not in ("Int64", "Float32"))


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([True, False, True, False], object),
        ([1.0, 2.0, 1.0, 2.0], np.int64),
        ([0.5, 1.0, 2.0, 3.0], np.float64),
    ],
)
def test_labels_keep_their_kind(labels, kind):
    assert choose_rows(table(y=labels), Roles("y")).y.dtype == kind


def test_rows_without_a_label_are_left_out_when_asked():
    lacking = table(y=["no", None, "yes", None])
    rows = choose_rows(lacking, Roles("y", weight="w", drop_missing_target=True))
    assert rows.positions.tolist() == [0, 2]
    assert (rows.y.tolist(), rows.weight.tolist(), rows.X.index.tolist()) == (["no", "yes"], [1.0, 0.0], [0, 1])


def test_taking_rows_keeps_them_aligned():
    rows = choose_rows(table(), Roles("y", ("sex",), "w")).take(np.array([3, 1]))
    assert rows.positions.tolist() == [3, 1]
    assert rows.X["age"].tolist()[0] == 50.0
    assert (rows.weight.tolist(), rows.groups.tolist(), len(rows)) == ([1.0, 2.0], ["m", "m"], 2)


DATES = pandas.to_datetime(["2020-01-01"] * 4)
BAD_TABLES = {
    "unknown target": ({}, Roles("Y"), r"no column 'Y' in 't.csv' \(--target\); did you mean 'y'\?"),
    "unknown drop": ({}, Roles("y", dropped=("zzz",)), r"\(--drop\); there are 'age', 'sex'"),
    "two roles": ({}, Roles("y", weight="y"), "column 'y' is both --target and --weight"),
    "no label at all": ({"y": [None] * 4}, Roles("y"), "has no values at all; choose another --target"),
    "some labels": (
        {"y": ["a", None, "b", "b"]},
        Roles("y"),
        r"1 of 4 rows have no 'y' \(rows 1, counted.*--drop-missing-target",
    ),
    "infinite label": ({"y": [1.0, 2.0, np.inf, 3.0]}, Roles("y"), "'y' has an infinite value in row 2; correct it"),
    "infinite feature": (
        {"age": [1.0, np.inf, 0.0, 0.0]},
        Roles("y"),
        "'age' has an infinite value in row 1",
    ),
    "dates": ({"age": DATES}, Roles("y"), "'age' holds dates or times; convert them to numbers with --dates age"),
    "missing group": ({}, Roles("y", ("town",)), "1 rows have no 'town', so their group is unknown"),
    "single group": (
        {"sex": ["f"] * 4},
        Roles("y", ("sex",)),
        "has a single value; 2 to 20 groups can be compared; choose another column",
    ),
    "missing weight": (
        {},
        Roles("y", weight="age"),
        "'age' cannot be a --weight; it needs a number of at least 0",
    ),
    "negative weight": ({"w": [1, -1, 1, 1]}, Roles("y", weight="w"), "'w' cannot be a --weight"),
    "text weight": ({}, Roles("y", weight="sex"), "'sex' cannot be a --weight"),
    "no feature": (
        {},
        Roles("y", dropped=("age", "sex", "town", "w")),
        "no column of 't.csv' is left as a feature",
    ),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_columns_say_what_to_do(case):
    changes, roles, message = BAD_TABLES[case]
    with pytest.raises(CommandError, match=message):
        choose_rows(table(**changes), roles)


def test_too_many_groups_are_refused():
    frame = pandas.DataFrame({"age": range(30), "y": [0, 1] * 15})
    with pytest.raises(
        CommandError, match=r"'age' has 30 different values; 2 to 20 groups can be compared; group the values"
    ):
        choose_rows(Table(Path("t.csv"), frame, []), Roles("y", ("age",)))


def test_wrong_separator_is_suspected():
    frame = pandas.DataFrame({"a;b;y": ["1;2;3"]})
    with pytest.raises(CommandError, match=r"the only column is 'a;b;y': name the --separator"):
        choose_rows(Table(Path("t.csv"), frame, []), Roles("y"))


def test_validation_columns_are_put_in_training_order():
    roles = Roles("y", ("sex",), dropped=("w",))
    training = choose_rows(table(), roles)
    frame = table().frame
    other = Table(Path("v.csv"), frame[["y", "town", "sex", "age"]].assign(extra=DATES), [])
    assert validation_rows(other, roles, training).X.columns.tolist() == ["age", "sex", "town"]


def test_validation_columns_must_be_there_and_of_the_same_kind():
    training = choose_rows(table(), Roles("y"))
    lacking = Table(Path("v.csv"), table().frame[["y", "age"]], [])
    with pytest.raises(CommandError, match=r"'v.csv' lacks 'sex', 'town', 'w'; it needs every feature"):
        validation_rows(lacking, Roles("y"), training)
    with pytest.raises(CommandError, match=r"'age' of 't.csv' holds text where the training file holds numbers"):
        validation_rows(table(age=["x"] * 4), Roles("y"), training)
    with pytest.raises(CommandError, match=r"'sex' of 't.csv' holds numbers where the training file holds text"):
        validation_rows(table(sex=[1] * 4), Roles("y"), training)
