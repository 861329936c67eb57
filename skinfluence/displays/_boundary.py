"""The decision boundary of a fitted classifier in the plane of two features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from .._optional import require

__all__ = ["Boundary", "decision_boundary"]

RESOLUTION = 300


@dataclass(frozen=True)
class Boundary:
    """A surface on a grid, and the levels at which the prediction changes.

    Parameters
    ----------
    x, y : ndarray of shape (RESOLUTION,)
    surface : ndarray of shape (RESOLUTION, RESOLUTION)
    levels : ndarray
    """

    x: np.ndarray
    y: np.ndarray
    surface: np.ndarray
    levels: np.ndarray

    def draw(self, axis: Any, style: Any) -> Any:
        """Contour lines at the levels."""
        default = {"colors": "#1b1f24", "linewidths": 1.6, "linestyles": "-", "zorder": 2}
        return axis.contour(self.x, self.y, self.surface, levels=self.levels, **(default | style))

    def handle(self, contour: Any) -> Any:
        """Legend entry of the boundary."""
        lines = require("matplotlib.lines", "plot", "a display")
        return lines.Line2D([], [], color=contour.get_edgecolor()[0], linewidth=contour.get_linewidth()[0])


def decision_boundary(model: Any, X: Any, x_edges: np.ndarray, y_edges: np.ndarray) -> Boundary:
    """Evaluate a classifier on a grid; two classes by their continuous score, more by the predicted class.

    Parameters
    ----------
    model : fitted classifier
    X : array-like of shape (n_rows, 2)
        Rows of the container that the model was fitted on; the grid is given its column names.
    x_edges, y_edges : ndarray
        Their first and last entries bound the grid.

    Returns
    -------
    Boundary

    Raises
    ------
    ValueError
        When the model is no classifier.
    """
    if not is_classifier(model):
        raise ValueError(f"a decision boundary needs a classifier, got {type(model).__name__}; leave out model=")
    x, y = (np.linspace(edges[0], edges[-1], RESOLUTION) for edges in (x_edges, y_edges))
    xx, yy = np.meshgrid(x, y)
    grid = np.column_stack([xx.ravel(), yy.ravel()])
    if hasattr(X, "columns"):
        grid = type(X)(dict(zip(X.columns, grid.T, strict=True)))
    if len(model.classes_) == 2 and hasattr(model, "decision_function"):
        surface, levels = model.decision_function(grid), np.zeros(1)
    elif len(model.classes_) == 2 and hasattr(model, "predict_proba"):
        surface, levels = model.predict_proba(grid)[:, 1], np.full(1, 0.5)
    else:
        surface = np.searchsorted(model.classes_, model.predict(grid)).astype(float)
        levels = np.arange(len(model.classes_) - 1) + 0.5
    return Boundary(x, y, np.reshape(surface, xx.shape), levels)
