"""Cells of the plane of two features: where a tree cuts it, and what the tree predicts in each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Cells", "RegionsPanel", "cells_of", "panels_of"]

MOST_PANELS = 6


@dataclass(frozen=True)
class RegionsPanel:
    """The regions for one label.

    Parameters
    ----------
    title : str
    values : ndarray of shape (n_y_cells, n_x_cells)
        The tree's prediction in each cell.
    rows : ndarray of int
        Training rows that belong here.
    """

    title: str
    values: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Cells:
    """Borders of the cells on one axis, and in each cell a value that the tree sends there."""

    edges: np.ndarray
    inside: np.ndarray


def cells_of(estimator: Any, values: np.ndarray, column: int) -> Cells:
    """Cells end halfway between the values of the training rows that a split separates, as its rule says.

    The threshold itself lies between these values in single precision, and possibly on the wrong side of one.
    """
    low, high = np.nanmin(values), np.nanmax(values)
    margin = 0.05 * (high - low) or 0.5
    sides = estimator.neighbours_[estimator.tree_.feature == column]
    sides = np.unique(sides[np.isfinite(sides).all(axis=1)], axis=0)
    cuts = sides.mean(axis=1)
    shown = (cuts > low - margin) & (cuts < high + margin)
    cuts, sides = cuts[shown], sides[shown]
    inside = np.append(sides[:, 0], sides[-1, 1]) if len(sides) else np.array([(low + high) / 2])
    return Cells(np.array([low - margin, *cuts, high + margin]), inside)


def panels_of(estimator: Any, X: Any, labels: Any, x_axis: Cells, y_axis: Cells) -> list[RegionsPanel]:
    """The tree's prediction in each cell, for every label."""
    xx, yy = np.meshgrid(x_axis.inside, y_axis.inside)
    grid = np.column_stack([xx.ravel(), yy.ravel()]).astype(np.float32)
    if estimator.label_name_ is None:
        values = estimator.predict(grid, check_input=False).reshape(xx.shape)
        return [RegionsPanel("", values, np.arange(len(X)))]
    labels = np.asarray(labels)
    levels = np.unique(labels)
    if len(levels) > MOST_PANELS:
        raise ValueError(
            f"got {len(levels)} different labels, one panel each; at most {MOST_PANELS} are drawn: pass rows "
            "of fewer classes, or fit the tree without labels"
        )
    panels = []
    for level in levels:
        values = estimator.predict(grid, check_input=False, labels=np.full(len(grid), level))
        title = f"{estimator.label_name_}: {level}"
        panels.append(RegionsPanel(title, values.reshape(xx.shape), np.flatnonzero(labels == level)))
    return panels
