"""Axes and the colour scale of all displays: red is harmful, blue is helpful."""

from typing import Any

import numpy as np

from .._optional import require
from .._typing import ArrayLike

__all__ = ["ENDS", "color_bar", "influence_colors", "open_axes", "open_panels", "sign_of"]

#: labels of (low, high) values, by the sign of a harmful row; None is a target without a better direction
ENDS = {
    "negative": ("harmful rows", "helpful rows"),
    "positive": ("helpful rows", "harmful rows"),
    None: ("deletion lowers f", "deletion raises f"),
}

GAP = 0.4  # between panels inside one axes, in widths of a panel: room for the ticks of the right one


def sign_of(harmful_when: str | None, estimator: Any) -> str | None:
    """The given sign, or for "auto" the one of the Influence that the tree was fitted to."""
    harmful_when = estimator.harmful_when_ if harmful_when == "auto" else harmful_when
    if harmful_when not in ENDS:
        raise ValueError(
            f"harmful_when must be 'auto', 'negative', 'positive' or None, got {harmful_when!r}; "
            "influences of a loss are negative for harmful rows, those of a score positive"
        )
    return harmful_when


def open_panels(display: Any, ax: Any, count: int = 1, size: Any = (5.0, 4.2)) -> list[Any]:
    """Axes for the panels: new, those given, or insets of the one given. Sets `ax_`, `axes_`, `figure_`."""
    pyplot = require("matplotlib.pyplot", "plot", f"{type(display).__name__}.plot")
    if ax is None:
        figsize = (size[0] * count, size[1])
        _, axes = pyplot.subplots(1, count, figsize=figsize, sharex=True, squeeze=False, layout="constrained")
        panels = list(axes[0])
    elif isinstance(ax, (list, tuple, np.ndarray)) and np.size(ax) == count:
        panels = list(np.ravel(np.asarray(ax, dtype=object)))
    elif np.ndim(np.asarray(ax, dtype=object)) > 0:
        raise ValueError(f"got {np.size(ax)} axes for {count} panels; pass {count} axes, one, or none")
    elif count == 1:
        panels = [ax]
    else:
        ax.set_axis_off()
        width = 1.0 / (count + GAP * (count - 1))
        panels = [ax.inset_axes([(1 + GAP) * k * width, 0.0, width, 1.0]) for k in range(count)]
    display.ax_ = panels[0] if ax is None or np.ndim(np.asarray(ax, dtype=object)) else ax
    display.axes_, display.figure_ = panels, panels[0].figure
    return panels


def open_axes(display: Any, ax: Any, size: Any = (5.0, 4.2)) -> Any:
    """One axes, new or given; sets `ax_`, `axes_`, `figure_`."""
    return open_panels(display, ax, 1, size)[0]


def influence_colors(values: ArrayLike, harmful_when: str | None) -> Any:
    """A symmetric scale around 0 (white): red where rows are harmful, blue where they are helpful."""
    colors = require("matplotlib.colors", "plot", "a display")
    pyplot = require("matplotlib.pyplot", "plot", "a display")
    largest = float(np.max(np.abs(values), initial=0.0)) or 1.0
    # text would be unreadable on the darkest shades of the map
    shades = pyplot.get_cmap("RdBu_r" if harmful_when == "positive" else "RdBu")(np.linspace(0.13, 0.87, 256))
    norm = colors.Normalize(-largest, largest)
    return pyplot.cm.ScalarMappable(norm, colors.ListedColormap(shades))


def color_bar(figure: Any, scale: Any, harmful_when: str | None, name: str, orientation: str, **place: Any) -> Any:
    """The scale with its meaning at both ends."""
    largest = scale.norm.vmax
    bar = figure.colorbar(scale, **place, orientation=orientation, ticks=[-largest, 0.0, largest])
    low, high = ENDS[harmful_when]
    bar.set_ticklabels([f"\u2212{largest:.2g}\n{low}", "0", f"+{largest:.2g}\n{high}"])
    bar.ax.set_title(name, fontsize="small", loc="center" if orientation == "horizontal" else "left")
    bar.ax.tick_params(length=0, labelsize="small")
    if orientation == "vertical":  # the outer labels stay beside the bar
        for label, va in zip(bar.ax.get_yticklabels(), ("bottom", "center", "top"), strict=True):
            label.set_verticalalignment(va)
    bar.outline.set_visible(False)
    return bar
