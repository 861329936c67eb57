"""The page on which an influence tree is drawn, with coordinates in points."""

from typing import Any

import numpy as np

from .._optional import require
from ._canvas import color_bar
from ._text import fit_size, shorten, wrap

__all__ = ["Page"]

INK, PALE, EDGE = "#1b1f24", "#ffffff", "#c3c8d0"
LEADING = 1.32  # line height in font sizes
QUESTION_LINES = 3


class Page:
    """Places boxes in a grid of slots and levels so that nothing overlaps."""

    def __init__(self, ax: Any, slots: float, levels: int) -> None:
        extent, dpi = ax.get_window_extent(), ax.figure.dpi
        self.ax, self.levels = ax, levels
        self.width, self.height = extent.width * 72 / dpi, extent.height * 72 / dpi
        ax.set(xlim=(0, self.width), ylim=(0, self.height))
        ax.set_axis_off()
        self.slot = self.width / slots
        self.foot = min(46.0, 0.2 * self.height)
        self.level = (self.height - self.foot) / levels
        self.box_width = min(0.93 * self.slot, 150.0)
        # a box has the lines of the condition and three or four of numbers; the rest of a level is for edges
        self.font = min(9.5, self.box_width / 11, 0.74 * self.level / ((QUESTION_LINES + 3.4) * LEADING))
        self.characters = max(6, int(0.92 * self.box_width / (0.56 * self.font)))

    def question(self, node: Any) -> list[str]:
        """Lines of the condition: the name may be shortened, the threshold may not."""
        if node.question is None:
            return []
        name, rest = node.question
        rest = rest.replace(" ", "\u00a0")
        # lines end early at word ends: count on four fifths of their space
        room = int(0.8 * QUESTION_LINES * self.characters) - len(rest)
        return wrap(shorten(name, max(room, 4)) + rest, self.characters)

    def facts(self, node: Any) -> list[str]:
        """Lines below the condition: mean influence, rows, regions that are not drawn."""
        lines = [
            f"{node.influence:+.3g}".replace("-", "\u2212"),
            f"{node.n_rows:,} row{'s' * (node.n_rows != 1)}",
        ]
        if abs(node.weight - node.n_rows) > 1e-9 * node.n_rows:
            lines.append(f"weight {node.weight:,.4g}")
        if node.hidden:
            lines.append(f"{node.hidden} regions below")
        return lines

    def center(self, node: Any) -> tuple[float, float]:
        """Middle of a box."""
        return (node.slot + 0.5) * self.slot, self.height - (node.depth + 0.5) * self.level

    def box_height(self, node: Any) -> float:
        """Height of a box in points: its lines, and half a line above and below."""
        gap = 0.35 if node.question else 0.0
        return (len(self.question(node)) + len(self.facts(node)) + gap + 0.9) * LEADING * self.font

    def box(self, node: Any, face: Any, style: Any) -> Any:
        """The coloured box of a node."""
        patches = require("matplotlib.patches", "plot", "a display")
        (x, y), height = self.center(node), self.box_height(node)
        corner = (x - self.box_width / 2, y - height / 2)
        default = {"facecolor": face, "edgecolor": "#8a919c", "linewidth": 0.6, "zorder": 3}
        rounding = f"round,pad=0,rounding_size={0.5 * self.font:.3g}"
        box = patches.FancyBboxPatch(corner, self.box_width, height, boxstyle=rounding, **(default | style))
        return self.ax.add_patch(box)

    def texts(self, node: Any, face: Any, style: Any) -> Any:
        """Condition in bold and numbers below, as a list of one or two texts."""
        x, y = self.center(node)
        top = y + self.box_height(node) / 2 - 0.45 * LEADING * self.font
        question, facts = self.question(node), self.facts(node)
        drawn = []
        for lines, weight in ((question, "bold"), (facts, "normal")):
            if not lines:
                continue
            size = fit_size(lines, self.font, 0.93 * self.box_width, weight)
            default = {
                "fontsize": size,
                "fontweight": weight,
                "color": _ink(face),
                "linespacing": LEADING / 1.2,
            }
            default |= {"ha": "center", "va": "center", "zorder": 4, "parse_math": False}
            middle = top - len(lines) * LEADING * self.font / 2
            drawn.append(self.ax.text(x, middle, "\n".join(lines), **(default | style)))
            top -= (len(lines) + 0.35) * LEADING * self.font
        return drawn

    def edge(self, parent: Any, child: Any, share: float, style: Any) -> Any:
        """A curve whose width shows the share of the rows in the child."""
        patches = require("matplotlib.patches", "plot", "a display")
        path = require("matplotlib.path", "plot", "a display")
        (x0, y0), (x1, y1) = self.center(parent), self.center(child)
        y0, y1 = y0 - self.box_height(parent) / 2, y1 + self.box_height(child) / 2
        bend = (y0 + y1) / 2
        curve = path.Path([(x0, y0), (x0, bend), (x1, bend), (x1, y1)], [1, 4, 4, 4])
        default = {"facecolor": "none", "edgecolor": EDGE, "linewidth": 0.8 + 4.5 * share**0.5, "zorder": 1}
        default |= {"capstyle": "butt"}
        self.ax.text(
            (x0 + x1) / 2,
            bend,
            "yes" if x1 < x0 else "no",
            fontsize=0.86 * self.font,
            color="#555c66",
            ha="center",
            va="center",
            zorder=2,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
        )
        return self.ax.add_patch(patches.PathPatch(curve, **(default | style)))

    def legend(self, scale: Any, harmful_when: str | None, name: str) -> Any:
        """The colour scale at the foot of the page."""
        width = min(0.5, 260.0 / self.width)
        cax = self.ax.inset_axes([0.5 - width / 2, 0.72 * self.foot / self.height, width, 7.0 / self.height])
        bar = color_bar(self.ax.figure, scale, harmful_when, name, "horizontal", cax=cax)
        size = min(8.5, 0.19 * self.foot)
        bar.ax.tick_params(labelsize=size, pad=2)
        bar.ax.set_title(name, fontsize=size, pad=3)
        return bar


def _ink(face):
    """Dark text on light boxes, white text on dark ones (relative luminance)."""
    return INK if float(np.dot(face[:3], [0.2126, 0.7152, 0.0722])) > 0.52 else PALE
