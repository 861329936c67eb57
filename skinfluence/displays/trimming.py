"""Metrics against the budget of trimming, with random trimming for comparison."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._canvas import open_panels
from ._text import wrap

__all__ = ["TrimmingDisplay"]

BLUE, ORANGE = "#2166ac", "#d9822b"
TITLE_WIDTH = 24  # characters, before a title is broken


class TrimmingDisplay:
    """One panel for each metric: its value after trimming each budget, against random trims (mean and range).

    Create one with `from_curves` or, for a fitted trimmer, with `from_estimator`.

    Parameters
    ----------
    budgets : ndarray of shape (n_budgets,)
        Numbers of rows, or shares of the rows (floats, none of them 1 or more).
    curves : dict of str to ndarray of shape (n_budgets,)
        Measured metric after each trim; NaN where it was not measured.
    random : dict of str to ndarray of shape (n_seeds, n_budgets), optional
        The same metrics after deleting as many rows at random.
    predicted : dict of str to ndarray of shape (n_budgets,), optional
        Metrics as predicted by the influences.

    Attributes
    ----------
    ax_, axes_, figure_
        Where it was drawn; `axes_` has one for each metric.
    lines_, random_lines_, bands_, predicted_lines_ : dict of str to artist

    Examples
    --------
    >>> display = TrimmingDisplay.from_curves([0, 5, 10], {"accuracy": [0.8, 0.85, 0.9]})
    >>> len(display.lines_["accuracy"].get_xdata())
    3
    """

    def __init__(
        self,
        budgets: Any,
        curves: Mapping[str, Any],
        *,
        random: Mapping[str, Any] | None = None,
        predicted: Mapping[str, Any] | None = None,
    ) -> None:
        self.budgets = budgets
        self.curves = curves
        self.random = random
        self.predicted = predicted

    @classmethod
    def from_curves(
        cls,
        budgets: Any,
        curves: Mapping[str, Any],
        random: Mapping[str, Any] | None = None,
        *,
        predicted: Mapping[str, Any] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """Draw curves computed elsewhere.

        Parameters
        ----------
        budgets : array-like of shape (n_budgets,)
            Numbers of rows, or shares.
        curves : dict of str to array-like of shape (n_budgets,)
            Metrics by name.
        random : dict of str to array-like of shape (n_seeds, n_budgets), optional
            Random trimming, for all or some of the metrics.
        predicted : dict of str to array-like of shape (n_budgets,), optional
            Predicted metrics, for all or some of the metrics.
        ax : matplotlib Axes or sequence of Axes, optional
            One for each metric, or one that is divided among them.
        **style
            Passed on to `plot`.

        Returns
        -------
        TrimmingDisplay

        Raises
        ------
        ValueError
            When a curve has another length than `budgets`, or a baseline belongs to no curve.
        ImportError
            When matplotlib is not installed.
        """
        budgets = np.asarray(budgets)
        curves = {name: _curve(name, values, budgets) for name, values in curves.items()}
        if not curves:
            raise ValueError("got no curve to draw; pass a dict of metric names and values")
        extras = []
        for what, given in (("random", random), ("predicted", predicted)):
            if unknown := sorted(set(given or {}) - set(curves)):
                raise ValueError(f"{what} has {unknown}, which are not among the curves {sorted(curves)}")
            extras.append({name: _curve(f"{what} {name}", values, budgets) for name, values in (given or {}).items()})
        random = {name: np.atleast_2d(values) for name, values in extras[0].items()}
        return cls(budgets, curves, random=random, predicted=extras[1]).plot(ax, **style)

    @classmethod
    def from_estimator(cls, estimator: Any, *, name: str = "target", ax: Any = None, **style: Any) -> Self:
        """Draw the path of a fitted trimmer; nothing is refitted.

        Parameters
        ----------
        estimator : DataTrimmer
            Fitted: its ``path_`` has "budget", "predicted", "measured" and possibly "random".
        name : str
            What "measured" measures.
        ax : matplotlib Axes, optional
        **style
            Passed on to `plot`.

        Returns
        -------
        TrimmingDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            When the trimmer has no ``path_`` yet.
        """
        check_is_fitted(estimator, "path_")
        path = estimator.path_
        random = {name: path["random"]} if "random" in path and path["random"] is not None else None
        return cls.from_curves(
            path["budget"],
            {name: path["measured"]},
            random,
            predicted={name: path["predicted"]},
            ax=ax,
            **style,
        )

    def plot(
        self,
        ax: Any = None,
        *,
        line_kwargs: dict[str, Any] | None = None,
        random_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
        predicted_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, optional
            One for each metric, or one that is divided among them.
        line_kwargs, random_kwargs, band_kwargs, predicted_kwargs : dict, optional
            Style of the measured line, of the mean and the band of random trims, and of the predicted line.

        Returns
        -------
        TrimmingDisplay
            Itself.
        """
        panels = open_panels(self, ax, len(self.curves), (4.4, 3.6))
        self.lines_, self.predicted_lines_ = {}, {}
        self.random_lines_: dict[str, Any] = {}
        self.bands_: dict[str, Any] = {}
        for panel, (name, values) in zip(panels, self.curves.items(), strict=True):
            if name in (self.random or {}):
                self._draw_random(panel, name, random_kwargs or {}, band_kwargs or {})
            if name in (self.predicted or {}):
                style = {"color": BLUE, "linestyle": ":", "linewidth": 1.4, "label": "predicted"}
                style |= predicted_kwargs or {}
                (self.predicted_lines_[name],) = panel.plot(self.budgets, self.predicted[name], **style)
            style = {"color": BLUE, "linewidth": 1.9, "marker": "o", "markersize": 4, "label": "by influence"}
            seen = np.isfinite(values)  # a trimmer may measure only the ends of its path
            (self.lines_[name],) = panel.plot(self.budgets[seen], values[seen], **(style | (line_kwargs or {})))
            self._dress(panel, name)
        return self

    def _draw_random(self, panel, name, line_style, band_style):
        """Mean and full range of the seeds: there are too few for quantiles."""
        trials = self.random[name]
        band = {"color": ORANGE, "alpha": 0.18, "linewidth": 0.0} | band_style
        self.bands_[name] = panel.fill_between(self.budgets, trials.min(axis=0), trials.max(axis=0), **band)
        count = f"{len(trials)} seed{'s' * (len(trials) != 1)}"
        line = {"color": ORANGE, "linewidth": 1.4, "linestyle": "--", "label": f"at random ({count})"}
        (self.random_lines_[name],) = panel.plot(self.budgets, trials.mean(axis=0), **(line | line_style))

    def _dress(self, panel, name):
        shares = self.budgets.dtype.kind == "f" and np.all(self.budgets < 1.0)
        if shares:
            panel.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
            panel.locator_params(axis="x", nbins=5)  # labels in per cent are wide
        panel.set_xlabel("share of rows trimmed" if shares else "rows trimmed")
        panel.set_title("\n".join(wrap(name, TITLE_WIDTH)), fontsize="medium")
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", color="#e6e8ec", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.legend(frameon=False, fontsize="small")


def _curve(name, values, budgets):
    values = np.asarray(values, dtype=np.float64)
    if values.shape[-1:] != budgets.shape:
        raise ValueError(
            f"{name!r} has shape {values.shape} for {len(budgets)} budgets; give one value for each budget"
        )
    return values
