"""Helpful and harmful regions of two features, with the training rows on them."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._typing import ArrayLike, Features, Labels
from ._boundary import Boundary, decision_boundary
from ._canvas import color_bar, influence_colors, open_panels, sign_of
from ._cells import RegionsPanel, cells_of, panels_of

__all__ = ["InfluenceRegionsDisplay", "RegionsPanel"]

MARKERS = "osD^vP"
COLORS = ("#1b1f24", "#f0a202", "#7b3fa0", "#0b8a5f", "#8c5a2b", "#d81b8c")


class InfluenceRegionsDisplay:
    """The plane of two features, coloured by an influence tree; one panel for each label it was fitted with.

    Create one with `from_estimator`. Regions are exact: cells end between the training rows
    that a split of the tree separates.

    Parameters
    ----------
    x_edges, y_edges : ndarray
        Borders of the cells.
    panels : list of RegionsPanel
    points : ndarray of shape (n_rows, 2)
    point_classes : ndarray of shape (n_rows,) or None
        Class of each row, as text.
    trimmed : ndarray of bool, shape (n_rows,)
    names : tuple of two str
    boundary : Boundary or None
        Decision boundary of a fitted model.
    harmful_when : {"negative", "positive"} or None
        Sign of a harmful row's influence; None when the target has no better direction.

    Attributes
    ----------
    ax_, axes_, figure_
        Where it was drawn; `axes_` has one for each panel.
    regions_ : list of QuadMesh
    points_ : list of PathCollection
    trimmed_ : list of PathCollection
        Crosses on trimmed rows.
    boundaries_ : list of QuadContourSet
    colorbar_ : Colorbar
    legend_ : Legend

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.influence_tree import InfluenceTree
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> tree = InfluenceTree(reg_param=0.0).fit(X, [-1.0, -1.0, 2.0, 2.0])
    >>> InfluenceRegionsDisplay.from_estimator(tree, X).panels[0].values
    array([[-1.,  2.]])
    """

    figure_: Any

    def __init__(
        self,
        x_edges: np.ndarray,
        y_edges: np.ndarray,
        panels: list[RegionsPanel],
        points: np.ndarray,
        *,
        point_classes: np.ndarray | None,
        trimmed: np.ndarray | None,
        names: tuple[str, str],
        boundary: Boundary | None = None,
        harmful_when: str | None = "negative",
    ) -> None:
        self.x_edges, self.y_edges = x_edges, y_edges
        self.panels = panels
        self.points = points
        self.point_classes = point_classes
        self.trimmed = trimmed
        self.names = names
        self.boundary = boundary
        self.harmful_when = harmful_when

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Features,
        *,
        labels: Any = None,
        y: Labels | None = None,
        trimmed: ArrayLike | None = None,
        model: Any = None,
        feature_names: Sequence[str] | None = None,
        harmful_when: str | None = "auto",
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """Draw the regions of a fitted tree and the rows X on them.

        Parameters
        ----------
        estimator : InfluenceTree
            Fitted on two features.
        X : array-like of shape (n_rows, 2)
        labels : array-like of shape (n_rows,), optional
            Needed if the tree was fitted with labels.
        y : array-like of shape (n_rows,), optional
            Classes that mark the points; by default `labels`.
        trimmed : array-like, optional
            Trimmed rows: a boolean mask or positions.
        model : classifier, optional
            Fitted on the same two features; its decision boundary is drawn.
        feature_names : sequence of two str, optional
        harmful_when : {"auto", "negative", "positive"} or None
            Sign of a harmful row's influence; see `InfluenceTreeDisplay.from_estimator`.
        ax : matplotlib Axes or sequence of Axes, optional
            One for each panel, or one that is divided among them.
        **style
            Passed on to `plot`.

        Returns
        -------
        InfluenceRegionsDisplay

        Raises
        ------
        ValueError
            When the tree has not two features and one output, labels are missing or too many for panels, or
            the model is no classifier.
        ImportError
            When matplotlib is not installed.
        """
        _check_tree(estimator, labels)
        points = np.asarray(X, dtype=np.float64)
        x_axis, y_axis = (cells_of(estimator, points[:, j], j) for j in (0, 1))
        names = estimator.tree_feature_names_[:2] if feature_names is None else feature_names
        classes = labels if y is None else y
        mask = np.zeros(len(points), dtype=bool)
        mask[slice(0) if trimmed is None else np.asarray(trimmed)] = True
        display = cls(
            x_axis.edges,
            y_axis.edges,
            panels_of(estimator, X, labels, x_axis, y_axis),
            points,
            point_classes=None if classes is None else np.asarray(classes).astype(str),
            trimmed=mask,
            names=(str(names[0]), str(names[1])),
            boundary=None if model is None else decision_boundary(model, X, x_axis.edges, y_axis.edges),
            harmful_when=sign_of(harmful_when, estimator),
        )
        return display.plot(ax, **style)

    def plot(
        self,
        ax: Any = None,
        *,
        region_kwargs: dict[str, Any] | None = None,
        point_kwargs: dict[str, Any] | None = None,
        trimmed_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, optional
            One for each panel, or one that is divided among them.
        region_kwargs, point_kwargs, trimmed_kwargs, boundary_kwargs : dict, optional
            Style of the regions (``pcolormesh``), the points and crosses (``scatter``) and the boundary
            (``contour``).

        Returns
        -------
        InfluenceRegionsDisplay
            Itself.
        """
        axes = open_panels(self, ax, len(self.panels), (4.4, 4.0))
        values = np.concatenate([panel.values.ravel() for panel in self.panels])
        scale = influence_colors(values, self.harmful_when)
        self.regions_, self.boundaries_ = [], []
        self.points_: list[Any] = []
        self.trimmed_: list[Any] = []
        for axis, panel in zip(axes, self.panels, strict=True):
            style = {"cmap": scale.cmap, "norm": scale.norm, "linewidth": 0, "rasterized": True}
            style |= region_kwargs or {}
            self.regions_.append(axis.pcolormesh(self.x_edges, self.y_edges, panel.values, **style))
            if self.boundary is not None:
                self.boundaries_.append(self.boundary.draw(axis, boundary_kwargs or {}))
            self._draw_points(axis, panel.rows, point_kwargs or {}, trimmed_kwargs or {})
            axis.set(xlabel=self.names[0], title=panel.title)
            axis.set(xlim=self.x_edges[[0, -1]], ylim=self.y_edges[[0, -1]])
        axes[0].set_ylabel(self.names[1])
        # constrained layout makes room in a new figure; beside given axes the scale is an inset
        place = {"ax": axes} if ax is None else {"cax": axes[-1].inset_axes([1.03, 0.0, 0.035, 1.0])}
        self.colorbar_ = color_bar(self.figure_, scale, self.harmful_when, "mean influence", "vertical", **place)
        self._draw_legend(axes, ax is None)
        return self

    def _draw_points(self, axis, rows, point_style, trimmed_style):
        """One marker and color for each class, the same in all panels; crosses over trimmed rows."""
        classes = np.full(len(self.points), "rows") if self.point_classes is None else self.point_classes
        for k, name in enumerate(np.unique(classes)):
            chosen = rows[classes[rows] == name]
            if len(chosen) == 0:
                continue
            style = {"s": 24, "marker": MARKERS[k % 6], "color": COLORS[k % 6], "edgecolors": "white"}
            style |= {"linewidths": 0.6, "label": name, "zorder": 3} | point_style
            self.points_.append(axis.scatter(*self.points[chosen].T, **style))
        trimmed = rows[self.trimmed[rows]]
        if len(trimmed):
            style = {
                "s": 64,
                "marker": "x",
                "color": "#000000",
                "linewidths": 1.6,
                "label": "trimmed",
                "zorder": 4,
            }
            self.trimmed_.append(axis.scatter(*self.points[trimmed].T, **(style | trimmed_style)))

    def _draw_legend(self, axes, own_figure):
        """One legend below all panels: classes, trimmed rows, boundary, each once."""
        entries = {points.get_label(): points for points in [*self.points_, *self.trimmed_]}
        if self.boundary is not None:
            entries["decision boundary"] = self.boundary.handle(self.boundaries_[0])
        style = {"ncols": len(entries), "frameon": False, "handletextpad": 0.4, "columnspacing": 1.2}
        if own_figure:
            self.legend_ = self.figure_.legend(entries.values(), entries.keys(), loc="outside lower left", **style)
            return
        style |= {"loc": "upper left", "bbox_to_anchor": (0.0, -0.16), "borderaxespad": 0.0}
        self.legend_ = axes[0].legend(entries.values(), entries.keys(), **style)


def _check_tree(estimator, labels):
    check_is_fitted(estimator)
    if estimator.n_features_in_ != 2 or estimator.n_outputs_ != 1:
        raise ValueError(
            "regions are drawn for two features and one influence for each row, but the tree was fitted on "
            f"{estimator.n_features_in_} features and {estimator.n_outputs_} outputs; fit a tree on two "
            "columns, or draw this one with InfluenceTreeDisplay"
        )
    if estimator.label_name_ is not None and labels is None:
        raise ValueError("the tree was fitted with labels; pass labels=, one for each row of X")
