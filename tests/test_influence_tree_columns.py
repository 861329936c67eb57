"""Influence trees on frames with strings, dates and missing entries: the rules select the rows of the regions."""

import numpy as np
import pytest
from sklearn.base import clone

from skinfluence import Influence, InfluenceTree

pandas = pytest.importorskip("pandas", reason="frames")
polars = pytest.importorskip("polars", reason="frames")
generator = np.random.default_rng(0)
N = 120
WHEN = pandas.date_range("2001-01-05", periods=N, freq="D")
FRAME = pandas.DataFrame(
    {
        "number": generator.standard_normal(N),
        "city": generator.choice(["x", "y", "zz"], N),
        "when": WHEN,
        "flag": generator.random(N) > 0.5,
        "count": pandas.array(generator.integers(0, 5, N), dtype="Int64"),
        "size": pandas.Categorical(generator.choice(["small", "large"], N)),
    }
)
VALUES = (
    3.0 * (FRAME.city == "zz") + 1.0 * (FRAME.when > "2001-03-01") + 2.0 * FRAME.flag - (FRAME["size"] == "small")
).to_numpy()


def missing():
    frame = FRAME.copy()
    frame.loc[3:20, "city"] = None
    frame.loc[30:40, "when"] = pandas.NaT
    frame.loc[50:55, "number"] = np.nan
    frame.loc[60:65, "count"] = pandas.NA
    frame.loc[70:75, "size"] = np.nan
    return frame


def selected(rule, frame):
    """Mask of the rows that satisfy a rule, as a user reads it."""
    mask = np.ones(len(frame), dtype=bool)
    for condition in rule.replace("(", "").replace(")", "").split(" and "):
        condition, _, _ = condition.partition(" or missing")
        with_missing = rule.find(condition + " or missing") >= 0
        if condition.endswith((" is present", " is missing")):
            name, _, state = condition.partition(" is ")
            kept = frame[name].notna() if state == "present" else frame[name].isna()
        elif " is " in condition:
            name, _, entries = condition.partition(" is ")
            kept = frame[name].astype(object).map(str, na_action="ignore").isin(entries.split(" or "))
        elif "<" in condition:
            low, name, high = condition.replace("≤", "<").split(" < ")
            kept = (frame[name] > type_of(frame, name)(low)) & (frame[name] <= type_of(frame, name)(high))
        elif "≤" in condition:
            name, _, bound = condition.partition(" ≤ ")
            kept = frame[name] <= type_of(frame, name)(bound)
        else:
            name, _, bound = condition.partition(" > ")
            kept = frame[name] > type_of(frame, name)(bound)
        kept = kept.fillna(False).to_numpy(dtype=bool)
        mask &= kept | (with_missing & frame[name].isna().to_numpy())
    return mask


def type_of(frame, name):
    return pandas.Timestamp if frame[name].dtype.kind == "M" else float


@pytest.mark.parametrize("table", [FRAME, missing()], ids=["complete", "missing"])
def test_rules_select_the_rows_of_their_regions(table):
    tree = InfluenceTree(max_leaf_nodes=10, min_samples_leaf=3).fit(table, VALUES)
    leaves = tree.apply(table)
    assert len(tree.regions()) >= 6
    for region in tree.regions():
        np.testing.assert_array_equal(selected(region.rule, table), leaves == region.leaf)
        assert region.n_rows == np.sum(leaves == region.leaf)


def test_rules_speak_of_categories_and_dates():
    tree = InfluenceTree(max_leaf_nodes=2, reg_param=0).fit(FRAME[["city"]], (FRAME.city == "y") * 1.0)
    assert [region.rule for region in tree.regions()] == ["city is x or zz", "city is y"]
    tree = InfluenceTree(max_leaf_nodes=2).fit(FRAME[["when"]], (FRAME.when > "2001-03-01") * 1.0)
    assert [region.rule for region in tree.regions()] == ["when ≤ 2001-03-01", "when > 2001-03-01"]
    tree = InfluenceTree(max_leaf_nodes=2).fit(FRAME[["flag"]], FRAME.flag * 1.0)
    assert [region.rule for region in tree.regions()] == ["flag is False", "flag is True"]


def test_tree_knows_the_columns_of_the_user():
    tree = InfluenceTree(max_leaf_nodes=6).fit(FRAME, Influence(VALUES), labels=FRAME["size"].rename("answer"))
    assert tree.n_features_in_ == 6
    assert tree.feature_names_in_.tolist() == list(FRAME.columns)
    assert tree.tree_feature_names_.tolist() == [*FRAME.columns, "answer"]
    assert tree.score(FRAME, VALUES, labels=FRAME["size"]) > 0.8
    assert clone(tree).fit(FRAME, VALUES).predict(FRAME).shape == (N,)


def test_both_kinds_of_frames_make_the_same_tree():
    table = missing()
    first = InfluenceTree(max_leaf_nodes=8, random_state=0).fit(table, VALUES)
    second = InfluenceTree(max_leaf_nodes=8, random_state=0).fit(polars.from_pandas(table), VALUES)
    assert [region.rule for region in first.regions()] == [region.rule for region in second.regions()]
    np.testing.assert_array_equal(first.predict(table), second.predict(polars.from_pandas(table)))


def test_frames_of_numbers_are_grown_as_before():
    table = FRAME[["number"]].assign(other=np.arange(N))
    framed = InfluenceTree(max_leaf_nodes=8, random_state=0).fit(table, VALUES)
    assert framed.columns_ is None
    np.testing.assert_array_equal(
        framed.predict(table),
        InfluenceTree(max_leaf_nodes=8, random_state=0).fit(table.to_numpy(), VALUES).predict(table.to_numpy()),
    )


def test_other_tables_are_refused():
    tree = InfluenceTree(max_leaf_nodes=4).fit(FRAME, VALUES)
    with pytest.raises(ValueError, match="column 'city' holds 'w', which was not seen in fit; known are"):
        tree.predict(FRAME.assign(city="w"))
    with pytest.raises(ValueError, match="column 'city' holds numbers, but held categories in fit"):
        tree.predict(FRAME.assign(city=1.0))
    with pytest.raises(ValueError, match="fitted on a DataFrame with columns that hold no numbers, got ndarray"):
        tree.predict(FRAME.to_numpy())
    with pytest.raises(ValueError, match="column 'city' mixes entries of types int, str; convert them to strings"):
        InfluenceTree().fit(FRAME.assign(city=["a", 1] * (N // 2)), VALUES)
