"""InfluenceTree: shrinkage against imodels, labels, scikit-learn's contract, rules in words.

Shrunk values must equal those of imodels to the last bit: the same sums in the same order.
"""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor, export_text, plot_tree
from sklearn.utils.estimator_checks import parametrize_with_checks

from skinfluence.influence import Influence
from skinfluence.influence_tree import InfluenceTree
from skinfluence.influence_tree._shrinkage import shrunk_values

pd = pytest.importorskip("pandas", reason="labels come in frames too: skinfluence[cli]")
pl = pytest.importorskip("polars", reason="labels come in frames too: skinfluence[test]")
SCHEMES = ["node_based", "leaf_based", "constant"]


@pytest.fixture(scope="module")
def data():
    """300 rows whose influence depends on the label and on the first feature."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    labels = np.array(["apple", "pear", "quince"])[rng.integers(3, size=300)]
    y = (labels == "pear") * 2.0 - (X[:, 0] > 0) + 0.1 * rng.normal(size=300)
    return SimpleNamespace(X=X, y=y, labels=labels, weight=rng.uniform(0.1, 3.0, size=300))


@parametrize_with_checks(
    [InfluenceTree(random_state=0), InfluenceTree(random_state=0, shrinkage="leaf_based", max_leaf_nodes=8)]
)
def test_influence_tree_is_a_scikit_learn_estimator(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check(estimator)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("settings", [{}, {"max_leaf_nodes": 17}, {"max_depth": 5, "ccp_alpha": 0.001}])
def test_influence_tree_node_values_equal_imodels(data, scheme, weighted, settings):
    imodels = pytest.importorskip("imodels")
    weight = data.weight if weighted else None
    ours = InfluenceTree(reg_param=7.3, shrinkage=scheme, random_state=0, **settings)
    ours.fit(data.X, data.y, sample_weight=weight)
    theirs = imodels.HSTreeRegressor(
        DecisionTreeRegressor(random_state=0, **settings), reg_param=7.3, shrinkage_scheme_=scheme
    ).fit(data.X, data.y, sample_weight=weight)
    assert ours.tree_.node_count > 5
    np.testing.assert_array_equal(ours.tree_.value, theirs.estimator_.tree_.value)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_influence_tree_without_regularisation_is_cart(data, scheme):
    cart = DecisionTreeRegressor(random_state=0).fit(data.X, data.y)
    ours = InfluenceTree(reg_param=0, shrinkage=scheme, random_state=0).fit(data.X, data.y)
    np.testing.assert_array_equal(ours.tree_.value, cart.tree_.value)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_influence_tree_of_infinite_regularisation_predicts_the_mean(data, scheme):
    ours = InfluenceTree(reg_param=np.inf, shrinkage=scheme).fit(data.X, data.y)
    # the mean by the tree's own summation differs from NumPy's in the last bits
    np.testing.assert_allclose(ours.predict(data.X), data.y.mean(), rtol=1e-12)


def test_influence_tree_root_only_keeps_the_mean():
    for scheme in SCHEMES:
        tree = InfluenceTree(shrinkage=scheme).fit(np.zeros((3, 1)), [1.0, 2.0, 6.0])
        assert tree.predict([[0.0]]).item() == 3.0


def test_influence_tree_weighted_fit_equals_repeated_rows(data):
    times = np.random.default_rng(1).integers(1, 4, size=300)
    settings = {"max_leaf_nodes": 12, "random_state": 0}
    weighted = InfluenceTree(**settings).fit(data.X, data.y, sample_weight=times)
    repeated = InfluenceTree(**settings).fit(np.repeat(data.X, times, axis=0), np.repeat(data.y, times))
    # sums of the same numbers in another order
    np.testing.assert_allclose(weighted.predict(data.X), repeated.predict(data.X), rtol=1e-10, atol=1e-12)


class Counted(np.ndarray):
    """Notes the size of everything that is read from it or written to it."""

    touched = None

    def __array_finalize__(self, base):
        self.touched = getattr(base, "touched", None)

    def __getitem__(self, index):
        part = super().__getitem__(index)
        self.touched.append(np.size(part))
        return part

    def __setitem__(self, index, part):
        self.touched.append(np.size(part))
        super().__setitem__(index, part)


def counted(tree, touched):
    """The tree with arrays that note what is read and written."""
    arrays = {}
    for name, array in vars(tree).items():
        arrays[name] = array.view(Counted)
        arrays[name].touched = touched
    return SimpleNamespace(**arrays)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_shrunk_values_survive_a_chain_of_50_000_nodes(scheme):
    """A caterpillar: each inner node has one leaf; recursion would die at depth 1000."""
    depth = 25_000
    inner = np.arange(0, 2 * depth, 2)
    left, right = np.full(2 * depth + 1, -1), np.full(2 * depth + 1, -1)
    left[inner], right[inner] = inner + 1, inner + 2
    rng = np.random.default_rng(0)
    tree = SimpleNamespace(
        children_left=left,
        children_right=right,
        value=rng.normal(size=(2 * depth + 1, 1, 1)),
        weighted_n_node_samples=rng.uniform(1, 9, size=2 * depth + 1),
    )
    value = shrunk_values(counted(tree, touched := []), 2.0, scheme).view(np.ndarray)[:, 0, 0]
    # each entry is read and written some times; quadratic work would touch each 25 000 times
    assert sum(touched) < 20 * len(left)
    mean, count = tree.value[:, 0, 0], tree.weighted_n_node_samples
    factor = 1 + (2.0 / count if scheme == "node_based" else 2.0)
    expected = mean[0]
    for k in inner:
        expected += (mean[k + 2] - mean[k]) / (factor[k] if scheme == "node_based" else factor)
    if scheme == "leaf_based":
        expected = mean[0] + (mean[-1] - mean[0]) / (1 + 2.0 / count[-1])
    assert value[-1] == expected


def test_influence_tree_deep_fit_is_fast_and_right():
    """CART peels one row at a time off influences that double: depth 999, the deepest that doubles allow."""
    X, y = np.arange(1000.0)[:, None], 2.0 ** np.arange(1000.0)
    tree = InfluenceTree(reg_param=0.0).fit(X, y)
    assert tree.get_depth() == 999
    np.testing.assert_array_equal(tree.predict(X), y)
    assert InfluenceTree(reg_param=3.0).fit(X, y).predict(X)[-1] < y[-1]
    assert len(tree.regions()) == 1000


# --- labels


@pytest.mark.parametrize("container", [np.asarray, list, pd.Series, pd.Categorical, pl.Series])
def test_influence_tree_labels_are_the_last_column(data, container):
    labels = container(data.labels)
    tree = InfluenceTree(max_leaf_nodes=6, random_state=0).fit(data.X, data.y, labels=labels)
    joined = np.column_stack([data.X, np.searchsorted(["apple", "pear", "quince"], data.labels)])
    same = InfluenceTree(max_leaf_nodes=6, random_state=0).fit(joined, data.y)
    np.testing.assert_array_equal(tree.tree_.value, same.tree_.value)
    np.testing.assert_array_equal(tree.predict(data.X, labels=labels), same.predict(joined))
    np.testing.assert_array_equal(tree.apply(data.X, labels=labels), same.apply(joined))
    paths = tree.decision_path(data.X, labels=labels) != same.decision_path(joined)
    assert paths.nnz == 0
    assert tree.score(data.X, data.y, labels=labels) == same.score(joined, data.y)
    assert list(tree.label_classes_) == ["apple", "pear", "quince"]
    assert tree.n_features_in_ == 4
    assert list(tree.tree_feature_names_) == ["x0", "x1", "x2", "x3", tree.label_name_]


def test_influence_tree_numeric_labels_stay_numbers(data):
    labels = np.where(data.labels == "pear", 7.5, -1.0)
    tree = InfluenceTree(max_depth=1).fit(data.X, data.y, labels=labels)
    assert tree.label_classes_ is None
    assert tree.tree_.threshold[0] == 3.25
    np.testing.assert_array_equal(
        tree.predict(data.X, labels=labels), tree.predict(data.X, labels=labels.astype(object))
    )


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.arange(4) > 1, [False, True]),
        (pd.Categorical([30, 30, 10, 10]), [10, 30]),
        (list("bbaa"), ["a", "b"]),
    ],
)
def test_influence_tree_labels_that_are_not_numbers_are_encoded(labels, classes):
    tree = InfluenceTree(reg_param=0).fit(np.zeros((4, 1)), [0.0, 0.0, 1.0, 1.0], labels=labels)
    assert list(tree.label_classes_) == classes
    np.testing.assert_array_equal(tree.predict(np.zeros((4, 1)), labels=labels), [0, 0, 1, 1])


def test_influence_tree_names_come_from_the_frame_and_the_series(data):
    X = pd.DataFrame(data.X, columns=list("abcd"))
    tree = InfluenceTree(max_depth=2).fit(X, data.y, labels=pd.Series(data.labels, name="fruit"))
    assert list(tree.feature_names_in_) == list("abcd")
    assert list(tree.tree_feature_names_) == [*"abcd", "fruit"]
    assert tree.label_name_ == "fruit"
    assert "fruit" in export_text(tree, feature_names=list(tree.tree_feature_names_))
    with pytest.raises(ValueError, match="feature names should match"):
        tree.predict(X[list("dcba")], labels=data.labels)


@pytest.mark.parametrize("method", ["predict", "apply", "decision_path"])
def test_influence_tree_asks_for_labels_exactly_when_fitted_with_them(data, method):
    with_labels = InfluenceTree(max_depth=2).fit(data.X, data.y, labels=data.labels)
    without = InfluenceTree(max_depth=2).fit(data.X, data.y)
    with pytest.raises(ValueError, match=r"fitted with labels \('label'\).*pass labels="):
        getattr(with_labels, method)(data.X)
    with pytest.raises(ValueError, match="fitted without labels; leave them out"):
        getattr(without, method)(data.X, labels=data.labels)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(InfluenceTree(), method)(data.X)


def test_influence_tree_bad_labels_are_refused_by_name(data):
    tree = InfluenceTree(max_depth=2).fit(data.X, data.y, labels=data.labels)
    with pytest.raises(
        ValueError, match=r"label 'plum' was not seen in fit; known labels are \['apple', 'pear', 'quince'\]"
    ):
        tree.predict(data.X[:2], labels=["pear", "plum"])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        tree.predict(data.X[:2], labels=["pear"])
    with pytest.raises(ValueError, match="labels contain missing or infinite"):
        InfluenceTree().fit(data.X[:2], data.y[:2], labels=[1.0, np.nan])
    with pytest.raises(ValueError, match="without missing entries; got NoneType, str"):
        InfluenceTree().fit(data.X[:2], data.y[:2], labels=np.array(["a", None], dtype=object))
    numeric = InfluenceTree().fit(data.X[:2], data.y[:2], labels=[0, 1])
    with pytest.raises(ValueError, match="fitted with numbers as labels, got 'pear'"):
        numeric.predict(data.X[:1], labels=["pear"])


@pytest.mark.parametrize("with_labels", [False, True])
@pytest.mark.parametrize("layout", ["csr", "csc", "csr_array", "fortran", "float32", "readonly", "polars"])
def test_influence_tree_answers_alike_for_every_container(data, layout, with_labels):
    X = np.round(data.X, 1).astype(np.float32)
    convert = {
        "csr": sparse.csr_matrix,
        "csc": sparse.csc_matrix,
        "csr_array": sparse.csr_array,
        "fortran": np.asfortranarray,
        "float32": np.ascontiguousarray,
        "readonly": np.array,
        "polars": lambda X: pl.DataFrame(X, schema=["x0", "x1", "x2", "x3"]),
    }[layout]
    other = convert(X)
    if layout == "readonly":
        other.flags.writeable = False
    labels = data.labels if with_labels else None
    dense = InfluenceTree(max_leaf_nodes=9, random_state=0).fit(X, data.y, labels=labels)
    tree = InfluenceTree(max_leaf_nodes=9, random_state=0).fit(other, data.y, labels=labels)
    np.testing.assert_array_equal(tree.tree_.threshold, dense.tree_.threshold)
    # the sparse splitter adds up the rows of a node in another order
    np.testing.assert_allclose(tree.predict(other, labels=labels), dense.predict(X, labels=labels), rtol=1e-11)


@pytest.mark.parametrize("with_labels", [False, True])
def test_influence_tree_missing_values_travel_as_in_scikit_learn(data, with_labels):
    X = data.X.copy()
    X[::5, 0] = np.nan
    joined = np.column_stack([X, np.unique(data.labels, return_inverse=True)[1]]) if with_labels else X
    cart = DecisionTreeRegressor(max_leaf_nodes=8, random_state=0).fit(joined, data.y)
    labels = data.labels if with_labels else None
    tree = InfluenceTree(reg_param=0, max_leaf_nodes=8, random_state=0).fit(X, data.y, labels=labels)
    np.testing.assert_array_equal(tree.predict(X, labels=labels), cart.predict(joined))
    assert list(tree.missing_features_[:4]) == [True, False, False, False]
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        InfluenceTree().fit(X, data.y, labels=labels)


# --- searches, copies, influences


def test_influence_tree_grid_search_routes_labels_with_nothing_requested(data):
    grid = {"reg_param": [0.0, 10.0, 1e6]}
    tree = InfluenceTree(min_samples_leaf=5, random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(tree, grid, cv=3, error_score="raise")
        search.fit(data.X, data.y, labels=data.labels)
    assert search.best_params_["reg_param"] < 1e6
    joined = np.column_stack([data.X, np.unique(data.labels, return_inverse=True)[1]])
    plain = GridSearchCV(tree, grid, cv=3).fit(joined, data.y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])


def test_influence_tree_grid_search_without_routing_slices_labels_and_says_what_scoring_lacks(data):
    search = GridSearchCV(InfluenceTree(max_depth=2), {"reg_param": [1.0]}, cv=3, error_score="raise")
    with pytest.raises(ValueError, match=r"fitted with labels \('label'\)"):
        search.fit(data.X, data.y, labels=data.labels)


def test_influence_tree_pipeline_routes_labels_to_predict(data):
    tree = InfluenceTree(max_leaf_nodes=6, random_state=0)
    X = StandardScaler().fit_transform(data.X)
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(StandardScaler(), tree).fit(data.X, data.y, labels=data.labels)
        values = pipe.predict(data.X, labels=data.labels)
    alone = clone(tree).fit(X, data.y, labels=data.labels).predict(X, labels=data.labels)
    np.testing.assert_array_equal(values, alone)


def test_influence_tree_grid_search_accepts_an_influence(data):
    grid = {"reg_param": [1.0, 10.0]}
    influence = Influence(data.y, greater_is_better=True)
    search = GridSearchCV(InfluenceTree(max_depth=2), grid, cv=3, error_score="raise").fit(data.X, influence)
    assert search.best_estimator_.harmful_when_ == "positive"


def test_influence_tree_clone_pickle_and_plot_keep_the_shrunk_values(data):
    pytest.importorskip("matplotlib").use("Agg")
    tree = InfluenceTree(reg_param=4.0, max_depth=2).fit(data.X, data.y, labels=data.labels)
    copy = pickle.loads(pickle.dumps(tree))
    np.testing.assert_array_equal(copy.predict(data.X, labels=data.labels), tree.predict(data.X, labels=data.labels))
    assert clone(tree).get_params() == tree.get_params()
    assert not hasattr(clone(tree), "tree_")
    drawn = " ".join(text.get_text() for text in plot_tree(tree, feature_names=list(tree.tree_feature_names_)))
    assert f"value = {tree.tree_.value[1, 0, 0]:.3f}" in drawn


def test_influence_tree_reads_the_sign_of_an_influence(data):
    plain = InfluenceTree(max_depth=2, random_state=0).fit(data.X, data.y)
    assert plain.harmful_when_ == "negative"
    for better, sign in ((False, "negative"), (True, "positive"), (None, None)):
        tree = clone(plain).fit(data.X, Influence(data.y, greater_is_better=better))
        assert tree.harmful_when_ == sign
        np.testing.assert_array_equal(tree.predict(data.X), plain.predict(data.X))


def test_influence_tree_takes_several_influences_a_row(data):
    both = np.column_stack([data.y, -3 * data.y])
    tree = InfluenceTree(max_depth=3, reg_param=2.0).fit(data.X, both)
    np.testing.assert_allclose(tree.predict(data.X)[:, 1], -3 * tree.predict(data.X)[:, 0], rtol=1e-10)
    with pytest.raises(ValueError, match="fitted on 2; fit it on one column"):
        tree.regions()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"reg_param": -1.0}, "'reg_param' parameter"), ({"shrinkage": "leaf"}, "'shrinkage' parameter")],
)
def test_influence_tree_bad_parameters_are_refused_in_fit(data, parameters, message):
    tree = InfluenceTree(**parameters)
    with pytest.raises(ValueError, match=message):
        tree.fit(data.X, data.y)


# --- regions


def test_regions_run_from_harmful_to_helpful_and_cover_all_rows(data):
    tree = InfluenceTree(max_leaf_nodes=7).fit(data.X, data.y, sample_weight=data.weight, labels=data.labels)
    regions = tree.regions()
    values = [region.influence for region in regions]
    assert values == sorted(values)
    assert sum(region.n_rows for region in regions) == 300
    assert sum(region.weight for region in regions) == pytest.approx(data.weight.sum(), rel=1e-12)
    leaves = tree.apply(data.X, labels=data.labels)
    assert [np.sum(leaves == region.leaf) for region in regions] == [region.n_rows for region in regions]
    scores = InfluenceTree(max_leaf_nodes=7).fit(data.X, Influence(data.y, greater_is_better=True)).regions()
    assert [region.influence for region in scores] == sorted((r.influence for r in scores), reverse=True)


def test_regions_rules_are_true_of_exactly_their_rows(data):
    """Each rule, run as Python on the rows, selects the rows of its leaf."""
    X = data.X
    tree = InfluenceTree(max_leaf_nodes=15).fit(X, data.y)
    leaves = tree.apply(X)
    columns = {f"x{j}": X[:, j] for j in range(4)}
    for region in tree.regions():
        chosen = np.ones(300, dtype=bool)
        for part in region.rule.split(" and "):
            words = part.replace("≤", "<=").split()
            if len(words) == 5:
                chosen &= eval(f"({words[0]} < {words[2]})", columns)
                words = words[2:]
            chosen &= eval(" ".join(words), columns)
        np.testing.assert_array_equal(chosen, leaves == region.leaf)


def test_regions_speak_of_labels_and_missing_values():
    # two values beside the missing one: scikit-learn 1.6 splits no column that is constant where it is present
    X = np.array([[0.0], [0.0], [1.0], [2.0], [np.nan]] * 5)
    labels = np.array(["a", "b", "c", "c", "c"] * 5)
    tree = InfluenceTree(reg_param=0).fit(X, np.array([1.0, 2.0, 3.0, 3.0, 4.0] * 5), labels=labels)
    text = " | ".join(region.rule for region in tree.regions())
    assert "label is a" in text
    assert "label is b" in text
    assert "missing" in text
    assert str(tree.regions()[0]).startswith("+1  5 rows  ")
    renamed = tree.regions(feature_names=["age"], class_names={0: "A", 1: "B", 2: "C"})
    assert "label is A" in renamed[0].rule
    only = InfluenceTree().fit(np.zeros((2, 1)), [1.0, 1.0]).regions()
    assert [region.rule for region in only] == ["all rows"]
    with pytest.raises(ValueError, match="got 3 feature names for a tree on 2 columns"):
        tree.regions(feature_names=["a", "b", "c"])


def test_regions_thresholds_have_as_many_digits_as_needed():
    X = np.array([[1000001.0], [1000002.0], [1000003.0]])
    rules = [region.rule for region in InfluenceTree(reg_param=0).fit(X, [0.0, 5.0, 1.0]).regions()]
    assert "1000001 < x0 ≤ 1000002" in rules
