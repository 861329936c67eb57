"""Predicted against actual effects of removals."""

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length

from .._typing import ArrayLike
from ..fidelity import compare_effects
from ._canvas import open_axes

__all__ = ["FidelityDisplay"]


class FidelityDisplay:
    """Scatter of predicted against actual effects, with the identity line, slope and rank correlation.

    Create one with `from_predictions`.

    Parameters
    ----------
    actual, predicted : ndarray of shape (n_removals,)
        Effects measured by refitting, and those predicted.
    slope : float
        Of actual on predicted effects, through the origin; above 1 the method underestimates.
    rank_correlation : float
        Spearman's.
    unit : str
        Unit of both axes.
    name : str
        The method.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    points_ : PathCollection
    line_ : Line2D
        The identity.
    legend_ : Legend

    Examples
    --------
    >>> display = FidelityDisplay.from_predictions([0.0, 1.0, 2.0], [0.0, 0.5, 1.0], unit="loss", name="half")
    >>> display.slope, display.rank_correlation
    (2.0, 1.0)
    """

    def __init__(
        self,
        actual: ArrayLike,
        predicted: ArrayLike,
        *,
        slope: float,
        rank_correlation: float,
        unit: str = "",
        name: str = "predicted",
    ) -> None:
        self.actual = actual
        self.predicted = predicted
        self.slope = slope
        self.rank_correlation = rank_correlation
        self.unit = unit
        self.name = name

    @classmethod
    def from_predictions(
        cls,
        actual: ArrayLike,
        predicted: ArrayLike,
        *,
        unit: str = "",
        name: str = "predicted",
        rounding: float = 0.0,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """Compare effects of the same removals.

        Parameters
        ----------
        actual, predicted : array-like of shape (n_removals,)
        unit : str
            Unit of both, for the axes.
        name : str
            The method, for the legend.
        rounding : float
            As for :func:`~skinfluence.fidelity.compare_effects`.
        ax : matplotlib Axes, optional
        **style
            Passed on to `plot`.

        Returns
        -------
        FidelityDisplay

        Raises
        ------
        ValueError
            When the lengths differ, or values are missing, or there are fewer than two removals.
        ImportError
            When matplotlib is not installed.
        """
        wanted = {"ensure_2d": False, "dtype": np.float64, "ensure_min_samples": 2}
        actual = np.ravel(check_array(actual, input_name="actual", **wanted))
        predicted = np.ravel(check_array(predicted, input_name="predicted", **wanted))
        check_consistent_length(actual, predicted)
        report = compare_effects(predicted, actual, rounding=rounding)
        display = cls(
            actual, predicted, slope=report.slope, rank_correlation=report.rank_correlation, unit=unit, name=name
        )
        return display.plot(ax, **style)

    def plot(
        self, ax: Any = None, *, scatter_kwargs: dict[str, Any] | None = None, line_kwargs: dict[str, Any] | None = None
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        scatter_kwargs, line_kwargs : dict, optional
            Style of the points and of the identity line.

        Returns
        -------
        FidelityDisplay
            Itself.
        """
        ax = open_axes(self, ax, (4.6, 4.6))
        low, high = np.min([self.actual, self.predicted]), np.max([self.actual, self.predicted])
        margin = 0.06 * (high - low) or 1.0
        ends = [low - margin, high + margin]
        line = {"color": "#8a919c", "linewidth": 1.0, "linestyle": "--", "label": "identity", "zorder": 1}
        (self.line_,) = ax.plot(ends, ends, **(line | (line_kwargs or {})))
        points = {"s": 22, "color": "#2166ac", "alpha": 0.65, "linewidths": 0.0, "label": self.name}
        self.points_ = ax.scatter(self.actual, self.predicted, **(points | (scatter_kwargs or {})))
        unit = f" ({self.unit})" if self.unit else ""
        ax.set(xlim=ends, ylim=ends, xlabel=f"actual effect{unit}", ylabel=f"predicted effect{unit}")
        ax.set_aspect("equal", adjustable="box")
        ax.spines[["top", "right"]].set_visible(False)
        ax.ticklabel_format(style="sci", scilimits=(-3, 4))
        title = f"slope {self.slope:.2f}, rank correlation {self.rank_correlation:.2f}"
        small = {"fontsize": "small", "title_fontsize": "small"}
        self.legend_ = ax.legend(title=title, loc="upper left", frameon=False, alignment="left", **small)
        return self
