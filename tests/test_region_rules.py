"""The law of region rules: a rule, read as text and evaluated on X, selects exactly the rows of its region."""

import re

import numpy as np
import pytest
from scipy import sparse

from skinfluence._compat import VERSION
from skinfluence.displays import InfluenceRegionsDisplay
from skinfluence.influence_tree import Category, Date, InfluenceTree, RuleWriter
from skinfluence.influence_tree._cuts import shortest_decimal

N = 240
#: what columns hold, from random numbers
COLUMNS = {
    "years": lambda rng: rng.integers(1950, 2030, N).astype(float),
    "dates as numbers": lambda rng: rng.choice([20180130.0, 20180131, 20180201, 20191231, 20200101], N),
    "identifiers": lambda rng: rng.permutation(N) + 1e6,
    "large identifiers": lambda rng: rng.permutation(N) + 1e12,
    "prices": lambda rng: 10_000 + rng.integers(0, 400, N) / 20,
    "tiny": lambda rng: rng.normal(size=N) * 1e-9,
    "large": lambda rng: rng.lognormal(size=N) * 1e12,
    "every size": lambda rng: rng.choice([-1.0, 1.0], N) * 10.0 ** rng.uniform(-9, 12, N),
    "Unix times": lambda rng: 1.6e9 + np.round(rng.uniform(0, 5e4, N), 3),
    "neighbouring doubles": lambda rng: 1.0 + rng.integers(0, 2**31, N) * 2.0**-52,
    "zeros and ones": lambda rng: rng.integers(0, 2, N).astype(float),
    "single precision": lambda rng: rng.normal(size=N).astype(np.float32) / np.float32(3),
    "half precision": lambda rng: rng.normal(size=N).astype(np.float16),
    "whole": lambda rng: rng.integers(-5, 6, N),
}


def holds(part, columns):
    """Evaluate one condition; "missing" beside a condition lets missing values in."""
    or_missing = part.endswith(" or missing)")
    part = part.strip("()").removesuffix(" or missing")
    low, name, rest = re.fullmatch(r"(?:(\S+) < )?(x\d+) ?(.*)", part).groups()
    x = columns[name]
    missing = np.isnan(x)
    chosen = np.ones(len(x), dtype=bool) if low is None else x > float(low)
    sign, *words = rest.split() or [""]
    said = " ".join(words)
    if sign == "is":
        chosen &= {"yes": x == 1, "no": x == 0, "missing": missing, "present": ~missing, "anything": True}[said]
    elif sign:
        chosen &= x <= float(said) if sign == "≤" else x > float(said)
    return chosen | missing if or_missing else chosen


def assert_rules_select_their_rows(tree, X):
    leaves, columns = tree.apply(X), {f"x{j}": np.asarray(column) for j, column in enumerate(np.asarray(X).T)}
    for region in tree.regions():
        parts = [] if region.rule == "all rows" else region.rule.split(" and ")
        chosen = np.logical_and.reduce([np.ones(len(X), dtype=bool), *(holds(part, columns) for part in parts)])
        np.testing.assert_array_equal(chosen, leaves == region.leaf, err_msg=region.rule)
        assert chosen.sum() == region.n_rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", COLUMNS)
def test_rule_selects_its_region(kind, seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack([COLUMNS[kind](rng), COLUMNS[kind](rng)])
    y = rng.normal(size=N) + (X[:, 0] > np.median(X[:, 0]))
    for settings in ({}, {"max_leaf_nodes": 9}, {"splitter": "random", "max_depth": 5}):
        assert_rules_select_their_rows(InfluenceTree(random_state=seed, **settings).fit(X, y), X)


@pytest.mark.skipif(
    VERSION < (1, 8), reason="scikit-learn before 1.8 fits rows with gaps into other leaves than it applies"
)
@pytest.mark.parametrize("seed", range(5))
def test_rule_selects_its_region_among_mixed_columns_with_gaps(seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack([make(rng) for make in COLUMNS.values()]).astype(float)
    X[rng.random(X.shape) < 0.1] = np.nan
    tree = InfluenceTree(max_leaf_nodes=40, random_state=seed).fit(X, rng.normal(size=N) + np.isnan(X[:, 0]))
    assert_rules_select_their_rows(tree, X)


def test_rule_selects_its_region_of_sparse_rows():
    rng = np.random.default_rng(0)
    X = sparse.random(N, 6, density=0.3, random_state=rng, format="csr")
    tree = InfluenceTree(max_leaf_nodes=20).fit(X, rng.normal(size=N))
    dense = InfluenceTree(max_leaf_nodes=20).fit(X.toarray(), np.zeros(N))
    dense.tree_, dense.neighbours_, dense.column_kinds_ = tree.tree_, tree.neighbours_, tree.column_kinds_
    assert_rules_select_their_rows(dense, X.toarray())


@pytest.mark.parametrize(
    ("values", "cut", "rule"),
    [
        (np.arange(2010.0, 2030), 2019, "x0 ≤ 2019"),
        ([20180130.0, 20180131, 20180201], 20180130, "x0 ≤ 20180130"),
        # a date of the data: 20180200, the rounder number, is none
        ([20180130.0, 20180131, 20180201], 20180131, "x0 ≤ 20180131"),
        (np.arange(1e6, 1e6 + 200), 1000099, "x0 ≤ 1000099"),
        (10_000 + np.arange(20) / 20, 10000.4, "x0 ≤ 10000.4"),
        ([0.0, 1.0], 0, "x0 is no"),
        ([1e-6, 3.2e-6, 5e-6], 3.5e-6, "x0 ≤ 4e-06"),
        ([48_137.0, 52_011.0], 5e4, "x0 ≤ 50000"),
        ([-3.0, 4.0], 0, "x0 ≤ 0"),
    ],
)
def test_rule_prints_the_shortest_number_between_the_neighbours(values, cut, rule):
    x = np.repeat(np.asarray(values), 5)
    tree = InfluenceTree(max_leaf_nodes=2).fit(x[:, None], (x > cut) * 1.0)
    assert tree.regions()[0].rule == rule


def test_numeric_labels_are_cut_between_the_labels():
    labels = np.repeat([16777217.0, 16777219.0], 5)
    tree = InfluenceTree(reg_param=0).fit(np.zeros((10, 1)), (labels > 16777218) * 1.0, labels=labels)
    # 16777217 and 16777219 are 16777216 and 16777220 in single precision
    assert [region.rule for region in tree.regions()] == ["label ≤ 16777218", "label > 16777218"]


def test_shortest_decimal_lies_between_and_none_is_shorter():
    rng = np.random.default_rng(0)
    for _ in range(500):
        low, high = np.sort(10.0 ** rng.uniform(-9, 12) * rng.normal(size=2) + rng.choice([0, 1e6]))
        cut = shortest_decimal(low, high)
        assert low <= cut < high
        digits = len(np.format_float_scientific(cut, trim="-").split("e")[0].replace(".", "").strip("-"))
        if cut and digits > 1:
            place = int(np.floor(np.log10(abs(cut)))) - digits + 2
            below, above = (float(f"{step(cut / 10.0**place):.0f}e{place}") for step in (np.floor, np.ceil))
            assert below < low
            assert above >= high


def test_dates_and_categories_are_written_as_such():
    days = (np.array(["2018-01-30", "2018-01-31", "2018-02-01"], "datetime64[s]").astype(float)).repeat(20)
    oslo = np.tile([0.0, 1.0], 30)
    X = np.column_stack([days, oslo])
    tree = InfluenceTree(reg_param=0).fit(X, (days > days[20]) * 2.0 + oslo)
    tree.column_kinds_ = {0: Date(), 1: Category("city", "Oslo")}
    assert [region.rule for region in tree.regions()] == [
        "x0 ≤ 2018-01-31 and city is not Oslo",
        "x0 ≤ 2018-01-31 and city is Oslo",
        "x0 > 2018-01-31 and city is not Oslo",
        "x0 > 2018-01-31 and city is Oslo",
    ]


@pytest.mark.parametrize("step", ["D", "h", "s", "ms"])
def test_rule_of_a_column_of_dates_selects_its_region(step):
    pandas = pytest.importorskip("pandas", reason="dates come in frames: skinfluence[cli]")
    rng = np.random.default_rng(0)
    when = pandas.Series(np.datetime64("1969-12-30", step) + rng.integers(0, 5000, N))
    X = pandas.DataFrame({"when": when, "city": rng.choice(["Bern", "Oslo"], N)})
    tree = InfluenceTree(max_leaf_nodes=12).fit(X, rng.normal(size=N) + (when > when.median()))
    leaves = tree.apply(X)
    for region in tree.regions():
        chosen = np.ones(N, dtype=bool)
        for part in region.rule.split(" and "):
            if part.startswith("city"):
                chosen &= X.city.isin(part.removeprefix("city is ").split(" or "))
                continue
            low, above, high = re.fullmatch(r"(?:(.+) < )?when(?: > (.+)| ≤ (.+))", part).groups()
            low = low or above
            chosen &= True if low is None else when > pandas.Timestamp(low)
            chosen &= True if high is None else when <= pandas.Timestamp(high)
        np.testing.assert_array_equal(chosen, leaves == region.leaf, err_msg=region.rule)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ("2018-01-30", "2018-01-31", "2018-01-30"),
        ("2018-01-30T15:30", "2018-01-31T08:00", "2018-01-31"),
        ("2018-01-30T15:20:10", "2018-01-30T18:00", "2018-01-30 16:00"),
        ("1950-01-30T15:20:10", "1950-01-30T15:20:11", "1950-01-30 15:20:10"),
    ],
)
def test_date_is_as_short_as_its_neighbours_allow(low, high, text):
    seconds = [float(np.datetime64(time, "ms").astype(float)) / 1e3 for time in (low, high)]
    assert Date().text(Date().cut(*seconds)) == text


def test_category_says_what_it_is_and_not_what_it_is_not():
    city = np.repeat(np.arange(3), 20)
    X = np.column_stack([city == k for k in range(3)]).astype(float)
    tree = InfluenceTree(reg_param=0).fit(X, city * 1.0)
    tree.column_kinds_ = {k: Category("city", value) for k, value in enumerate(["Bern", "Oslo", "Rome"])}
    rules = {region.rule for region in tree.regions()}
    # the picture asks for the left child, which is 0
    assert RuleWriter(tree).split(0) in {(f"city is not {city}", "") for city in ("Bern", "Oslo", "Rome")}
    # two of the three are found by what they are, whatever column is split first
    assert len({rule for rule in rules if re.fullmatch("city is (Bern|Oslo|Rome)", rule)}) == 2
    assert len({rule for rule in rules if rule.count("is not") == 2}) == 1


def test_regions_are_drawn_between_values_that_single_precision_merges():
    pytest.importorskip("matplotlib").use("Agg")
    dates = np.repeat([20180130.0, 20180131, 20180201], 20)
    X = np.column_stack([dates, np.tile([0.0, 1.0], 30)])
    tree = InfluenceTree(reg_param=0).fit(X, (dates > 20180130) * 1.0)
    display = InfluenceRegionsDisplay.from_estimator(tree, X)
    cells = np.searchsorted(display.x_edges, dates) - 1
    np.testing.assert_array_equal(display.panels[0].values[0][cells], (dates > 20180130) * 1.0)
    assert len(tree.regions()) == 2
