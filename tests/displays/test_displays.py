"""What all displays promise, checked on every one; then what each of them draws."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression

from skinfluence import displays
from skinfluence.displays import (
    FidelityDisplay,
    InfluenceRegionsDisplay,
    InfluenceTreeDisplay,
    TrimmingDisplay,
)
from skinfluence.displays._text import fit_size, shorten, wrap
from skinfluence.influence import Influence
from skinfluence.influence_tree import InfluenceTree, RuleWriter

matplotlib = pytest.importorskip("matplotlib", reason="displays draw: skinfluence[plot]")
pd = pytest.importorskip("pandas", reason="trees and displays take frames: skinfluence[cli]")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def plane():
    """120 rows in a plane, helpful on the right; two classes, each with its own regions."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    labels = np.where(rng.random(120) < 0.5, "no", "yes")
    y = np.sign(X[:, 0]) * np.where(labels == "yes", 1.0, 0.2) + 0.05 * rng.normal(size=120)
    return SimpleNamespace(X=X, y=y, labels=labels)


def fitted(plane, labels=True, **settings):
    tree = InfluenceTree(**({"max_leaf_nodes": 6, "random_state": 0} | settings))
    return tree.fit(plane.X, plane.y, labels=plane.labels if labels else None)


#: one way to make each display; test_displays_are_all_listed_here keeps it complete
MAKERS = {
    "InfluenceTreeDisplay": lambda plane, **kw: InfluenceTreeDisplay.from_estimator(
        fitted(plane, max_leaf_nodes=4), **kw
    ),
    "InfluenceRegionsDisplay": lambda plane, **kw: InfluenceRegionsDisplay.from_estimator(
        fitted(plane), plane.X, labels=plane.labels, trimmed=[0, 3], **kw
    ),
    "TrimmingDisplay": lambda plane, **kw: TrimmingDisplay.from_curves(
        [0, 5, 10],
        {"accuracy": [0.7, 0.8, 0.9], "gap": [0.3, 0.2, 0.1]},
        {"gap": np.full((3, 3), 0.25)},
        **kw,
    ),
    "FidelityDisplay": lambda plane, **kw: FidelityDisplay.from_predictions(plane.y, 0.5 * plane.y, **kw),
}
every_display = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def test_displays_are_all_listed_here():
    assert sorted(MAKERS) == sorted(displays.__all__)


@every_display
def test_displays_plot_returns_itself_and_keeps_its_axes(plane, make):
    display = make(plane)
    assert isinstance(display.ax_, matplotlib.axes.Axes)
    assert display.figure_ is display.ax_.figure
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first


@every_display
def test_displays_draw_on_given_axes(plane, make):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    display = make(plane, ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    assert not left.has_data()
    assert all(axis in figure.axes or axis in right.child_axes for axis in display.axes_)
    figure.canvas.draw()


@every_display
def test_displays_draw_twice_the_same_and_on_vector_backends(plane, make, tmp_path):
    display = make(plane)
    shown = [sorted(text.get_text() for text in display.figure_.findobj(matplotlib.text.Text))]
    display.plot()
    shown.append(sorted(text.get_text() for text in display.figure_.findobj(matplotlib.text.Text)))
    assert shown[0] == shown[1]
    display.figure_.savefig(tmp_path / "display.svg")
    assert (tmp_path / "display.svg").stat().st_size > 1000


@every_display
def test_displays_name_what_is_missing_without_matplotlib(plane, make, monkeypatch):
    for module in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"Display.plot needs matplotlib; install it with: pip install 'skinf.*plot"):
        make(plane)


# --- the tree


def test_tree_display_draws_every_node_of_a_small_tree(plane):
    tree = fitted(plane, reg_param=0.0)
    display = InfluenceTreeDisplay.from_estimator(tree, max_depth=10)
    assert len(display.nodes) == len(display.boxes_) == len(display.edges_) + 1 == tree.tree_.node_count
    assert [node.influence for node in display.nodes] == [tree.tree_.value[n.node, 0, 0] for n in display.nodes]
    words = [" ".join(text.get_text() for text in texts) for texts in display.texts_]
    assert "120 rows" in words[0]
    for place, node in enumerate(display.nodes):
        children = [other.slot for other in display.nodes if other.parent == place]
        assert not children or children[0] < node.slot == np.mean(children) < children[1]
    assert any("label is no" in text for text in words)


def test_tree_display_stops_at_max_depth_and_says_what_is_below(plane):
    tree = fitted(plane, max_leaf_nodes=None)
    display = InfluenceTreeDisplay.from_estimator(tree, max_depth=2)
    assert max(node.depth for node in display.nodes) == 2
    shown = sum(1 for node in display.nodes if node.depth == 2 and node.hidden == 0)
    shown += sum(1 for node in display.nodes if node.depth < 2 and node.question is None)
    assert sum(node.hidden for node in display.nodes) + shown == tree.get_n_leaves()
    assert "regions below" in " ".join(text[-1].get_text() for text in display.texts_)


@pytest.mark.parametrize(("harmful_when", "low"), [("negative", "harmful rows"), ("positive", "helpful rows")])
def test_tree_display_is_red_where_rows_are_harmful(plane, harmful_when, low):
    display = InfluenceTreeDisplay.from_estimator(fitted(plane), harmful_when=harmful_when)
    for node, box in zip(display.nodes, display.boxes_, strict=True):
        red, _, blue, _ = box.get_facecolor()
        assert (red > blue) == ((node.influence < 0) == (harmful_when == "negative"))
    labels = [label.get_text() for label in display.colorbar_.ax.get_xticklabels()]
    assert labels[0].endswith(low)


def test_tree_display_takes_the_sign_from_the_influence(plane):
    def ends(better):
        tree = InfluenceTree(max_depth=1).fit(plane.X, Influence(plane.y, greater_is_better=better))
        display = InfluenceTreeDisplay.from_estimator(tree)
        return display.colorbar_.ax.get_xticklabels()[0].get_text().partition("\n")[2]

    assert [ends(False), ends(True), ends(None)] == ["harmful rows", "helpful rows", "deletion lowers f"]
    with pytest.raises(ValueError, match="harmful_when must be 'auto', 'negative'.*got 'up'"):
        InfluenceTreeDisplay.from_estimator(fitted(plane), harmful_when="up")


def test_tree_display_names_classes_and_weights(plane):
    tree = InfluenceTree(max_depth=2).fit(
        plane.X,
        plane.y,
        sample_weight=np.full(120, 0.25),
        labels=pd.Series(plane.labels == "yes", name="paid").astype(int),
    )
    display = InfluenceTreeDisplay.from_estimator(tree, class_names={0: "defaulted", 1: "paid back"})
    words = " ".join(text.get_text().replace("\n", " ") for texts in display.texts_ for text in texts)
    assert "paid is defaulted" in words
    assert "weight 30" in words


@pytest.mark.parametrize("size", [None, (6, 4), pytest.param((16, 9), marks=pytest.mark.slow)])
def test_tree_display_with_long_names_never_overlaps(size):
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(400, 35)))
    X.columns = [f"average_monthly_income_of_{k}th household member, before taxes (US $)" for k in range(35)]
    tree = InfluenceTree(max_depth=4).fit(X, rng.normal(size=400), sample_weight=rng.uniform(size=400))
    ax = None if size is None else plt.subplots(figsize=size)[1]
    display = InfluenceTreeDisplay.from_estimator(tree, ax=ax)
    renderer = display.figure_.canvas.get_renderer()
    boxes = [box.get_window_extent(renderer) for box in display.boxes_]
    for k, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])
        for text in display.texts_[k]:
            inside = text.get_window_extent(renderer)
            # a pixel on either side is antialiasing
            assert inside.x0 > box.x0 - 1
            assert inside.x1 < box.x1 + 1
            assert inside.y0 > box.y0 - 1
            assert inside.y1 < box.y1 + 1
    cut = RuleWriter(tree).rule(tree.tree_.children_left[0]).split(" ≤ ")[1]
    assert f"≤\u00a0{cut}" in display.texts_[0][0].get_text()


def test_tree_display_of_a_lone_root():
    tree = InfluenceTree().fit(np.zeros((3, 1)), [0.0, 0.0, 0.0])
    display = InfluenceTreeDisplay.from_estimator(tree)
    assert len(display.nodes) == 1
    assert display.edges_ == []


def test_tree_display_refuses_several_outputs_and_unfitted_trees(plane):
    tree = InfluenceTree().fit(plane.X, np.column_stack([plane.y, plane.y]))
    with pytest.raises(ValueError, match="a drawn node shows one influence.*on 2"):
        InfluenceTreeDisplay.from_estimator(tree)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        InfluenceTreeDisplay.from_estimator(InfluenceTree())


def test_tree_display_style_reaches_its_artists(plane):
    display = InfluenceTreeDisplay.from_estimator(
        fitted(plane),
        box_kwargs={"linewidth": 3},
        text_kwargs={"color": "green"},
        edge_kwargs={"linestyle": ":"},
    )
    assert {box.get_linewidth() for box in display.boxes_} == {3}
    assert {text.get_color() for texts in display.texts_ for text in texts} == {"green"}
    assert {edge.get_linestyle() for edge in display.edges_} == {":"}


def test_text_wraps_shortens_and_fits():
    assert wrap("a_very_long_name ≤\u00a02.5", 10) == ["a_very_", "long_name", "≤\u00a02.5"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert shorten("short", 10) == "short"
    assert len(shorten("a name of many characters", 12)) <= 12
    assert fit_size(["i"], 9.0, 100.0) == 9.0
    assert fit_size(["a long line of text"], 9.0, 10.0) < 2.0


# --- the regions


def test_regions_display_cells_are_the_trees_predictions(plane):
    tree = fitted(plane)
    display = InfluenceRegionsDisplay.from_estimator(tree, plane.X, labels=plane.labels)
    assert [panel.title for panel in display.panels] == ["label: no", "label: yes"]
    for panel, mesh in zip(display.panels, display.regions_, strict=True):
        rows = plane.X[panel.rows]
        columns = np.searchsorted(display.x_edges, rows[:, 0]) - 1
        lines = np.searchsorted(display.y_edges, rows[:, 1]) - 1
        expected = tree.predict(rows, labels=plane.labels[panel.rows])
        np.testing.assert_array_equal(panel.values[lines, columns], expected)
        np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(panel.values.shape), panel.values)
    drawn = sum(len(points.get_offsets()) for points in display.points_)
    assert drawn == 120


@pytest.mark.parametrize("trimmed", [[4, 9], np.isin(np.arange(120), [4, 9])])
def test_regions_display_marks_trimmed_rows(plane, trimmed):
    display = InfluenceRegionsDisplay.from_estimator(fitted(plane, labels=False), plane.X, trimmed=trimmed)
    np.testing.assert_array_equal(display.trimmed_[0].get_offsets(), plane.X[[4, 9]])
    assert [text.get_text() for text in display.legend_.get_texts()] == ["rows", "trimmed"]


def test_regions_display_boundary_is_where_the_model_changes_its_mind(plane):
    X = pd.DataFrame(plane.X, columns=["u", "v"])
    target = (X["u"] + 2 * X["v"] > 0.3).astype(int)
    model = LogisticRegression(C=100.0).fit(X, target)
    tree = InfluenceTree(max_depth=2).fit(X, plane.y)
    display = InfluenceRegionsDisplay.from_estimator(tree, X, y=target, model=model)
    vertices = np.vstack([path.vertices for path in display.boundaries_[0].get_paths()])
    margin = model.decision_function(pd.DataFrame(vertices, columns=["u", "v"]))
    assert len(vertices) > 50
    # a linear function is interpolated exactly by the contour
    np.testing.assert_allclose(margin, 0.0, atol=1e-8)
    assert display.ax_.get_xlabel() == "u"
    assert display.legend_.get_texts()[-1].get_text() == "decision boundary"


def test_regions_display_boundary_of_three_classes(plane):
    target = np.digitize(plane.X[:, 0], [-0.5, 0.5])
    model = LogisticRegression().fit(plane.X, target)
    display = InfluenceRegionsDisplay.from_estimator(fitted(plane, labels=False), plane.X, y=target, model=model)
    assert list(display.boundary.levels) == [0.5, 1.5]
    assert len(display.points_) == 3


def test_regions_display_says_what_it_cannot_draw(plane):
    wide = InfluenceTree(max_depth=1).fit(np.column_stack([plane.X, plane.X]), plane.y)
    with pytest.raises(ValueError, match="fitted on 4 features and 1 outputs; fit a tree on two columns"):
        InfluenceRegionsDisplay.from_estimator(wide, plane.X)
    with pytest.raises(ValueError, match="fitted with labels; pass labels="):
        InfluenceRegionsDisplay.from_estimator(fitted(plane), plane.X)
    numbers = InfluenceTree(max_depth=1).fit(plane.X, plane.y, labels=np.arange(120))
    with pytest.raises(ValueError, match="got 120 different labels.*at most 6"):
        InfluenceRegionsDisplay.from_estimator(numbers, plane.X, labels=np.arange(120))
    model = LinearRegression().fit(plane.X, plane.y)
    with pytest.raises(ValueError, match="needs a classifier, got LinearRegression"):
        InfluenceRegionsDisplay.from_estimator(fitted(plane, labels=False), plane.X, model=model)
    axes = plt.subplots(1, 3)[1]
    with pytest.raises(ValueError, match="got 3 axes for 2 panels"):
        InfluenceRegionsDisplay.from_estimator(fitted(plane), plane.X, labels=plane.labels, ax=axes)


# --- curves


def test_trimming_display_draws_curves_and_the_band_of_seeds():
    trials = np.array([[0.7, 0.6, 0.8], [0.7, 0.8, 0.6]])
    display = TrimmingDisplay.from_curves(
        [0.0, 0.1, 0.2],
        {"accuracy": [0.7, 0.8, 0.9]},
        {"accuracy": trials},
        predicted={"accuracy": [0.7, 0.9, 1.0]},
    )
    np.testing.assert_array_equal(display.lines_["accuracy"].get_ydata(), [0.7, 0.8, 0.9])
    np.testing.assert_allclose(display.random_lines_["accuracy"].get_ydata(), [0.7, 0.7, 0.7], rtol=1e-15)
    np.testing.assert_array_equal(display.predicted_lines_["accuracy"].get_ydata(), [0.7, 0.9, 1.0])
    band = display.bands_["accuracy"].get_datalim(display.ax_.transData)
    assert (band.y0, band.y1) == (0.6, 0.8)
    assert display.ax_.get_xlabel() == "share of rows trimmed"
    assert "at random (2 seeds)" in [text.get_text() for text in display.ax_.get_legend().get_texts()]


class Trimmed(BaseEstimator):
    """What a display sees of a fitted trimmer."""

    def __init__(self, path):
        self.path_ = path

    def fit(self, X, y):
        """Only estimators that can be fitted can be checked for it."""


def test_trimming_display_reads_the_path_of_a_fitted_trimmer():
    path = {
        "budget": np.arange(3),
        "predicted": np.ones(3),
        "measured": np.zeros(3),
        "random": np.ones((4, 3)),
    }
    display = TrimmingDisplay.from_estimator(Trimmed(path), name="log loss")
    assert display.ax_.get_title() == "log loss"
    assert display.random["log loss"].shape == (4, 3)
    assert display.ax_.get_xlabel() == "rows trimmed"
    path["measured"][1] = np.nan
    ends = TrimmingDisplay.from_estimator(Trimmed(path)).lines_["target"]
    np.testing.assert_array_equal(ends.get_xdata(), [0, 2])
    without = {key: path[key] for key in ("budget", "predicted", "measured")}
    assert TrimmingDisplay.from_estimator(Trimmed(without)).bands_ == {}
    with pytest.raises(NotFittedError, match="not fitted yet"):
        TrimmingDisplay.from_estimator(InfluenceTree())


def test_trimming_display_refuses_curves_that_do_not_fit():
    with pytest.raises(ValueError, match=r"'accuracy' has shape \(2,\) for 3 budgets"):
        TrimmingDisplay.from_curves([0, 1, 2], {"accuracy": [0.1, 0.2]})
    with pytest.raises(ValueError, match=r"random has \['gap'\], which are not among the curves \['accuracy'\]"):
        TrimmingDisplay.from_curves([0], {"accuracy": [0.1]}, {"gap": [[0.1]]})
    with pytest.raises(ValueError, match="got no curve"):
        TrimmingDisplay.from_curves([0], {})


def test_fidelity_display_slope_and_rank_correlation(plane):
    actual = np.array([3.0, 1.0, 2.0, 5.0])
    display = FidelityDisplay.from_predictions(actual, 0.25 * actual, unit="log loss", name="Newton step")
    # of actual on predicted, as in FidelityReport: a prediction four times too small
    assert display.slope == pytest.approx(4.0, rel=1e-12)
    assert display.rank_correlation == pytest.approx(1.0, rel=1e-12)
    assert display.legend_.get_title().get_text() == "slope 4.00, rank correlation 1.00"
    assert display.ax_.get_xlabel() == "actual effect (log loss)"
    assert display.ax_.get_xlim() == display.ax_.get_ylim()
    np.testing.assert_array_equal(display.line_.get_xdata(), display.line_.get_ydata())
    assert np.isnan(FidelityDisplay.from_predictions([1.0, 1.0], [1.0, 2.0]).rank_correlation)
    with pytest.raises(ValueError, match="Input actual contains NaN"):
        FidelityDisplay.from_predictions([1.0, np.nan], [1.0, 2.0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FidelityDisplay.from_predictions([1.0, 2.0, 3.0], [1.0, 2.0])
