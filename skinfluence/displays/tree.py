"""Drawing of the top of an influence tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..influence_tree import LEAF, RuleWriter
from ._canvas import influence_colors, open_axes, sign_of
from ._page import Page

__all__ = ["DrawnNode", "InfluenceTreeDisplay"]


@dataclass(frozen=True)
class DrawnNode:
    """One box: its position and its text.

    Parameters
    ----------
    node : int
        Index into ``tree_``.
    parent : int or None
        Position of the parent in the list of drawn nodes.
    depth : int
    slot : float
        Horizontal place, in widths of a box.
    question : tuple of str or None
        Condition of the left child: text that may be shortened, text that may not. None for leaves and where the
        drawing stops.
    n_rows : int
    weight : float
    influence : float
    hidden : int
        Regions below that are not drawn.
    """

    node: int
    parent: int | None
    depth: int
    slot: float
    question: tuple | None
    n_rows: int
    weight: float
    influence: float
    hidden: int


class InfluenceTreeDisplay:
    """Top levels of an `InfluenceTree`: conditions, row counts, mean influences, coloured by their sign.

    Create one with `from_estimator`.

    Parameters
    ----------
    nodes : list of DrawnNode
        Parents before children.
    harmful_when : {"negative", "positive"} or None
        Sign of a harmful row's influence; None when the target has no better direction.
    value_name : str
        What the numbers are.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    boxes_, edges_ : list of artists
        One box for each node, one edge for each node but the root.
    texts_ : list of lists of Text
        For each node: the condition, if any, and the numbers.
    colorbar_ : Colorbar

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.influence_tree import InfluenceTree
    >>> tree = InfluenceTree().fit(np.arange(4.0)[:, None], [-1.0, -1.0, 2.0, 2.0])
    >>> display = InfluenceTreeDisplay.from_estimator(tree, feature_names=["age"])
    >>> [node.n_rows for node in display.nodes]
    [4, 2, 2]
    """

    figure_: Any

    def __init__(
        self, nodes: list[DrawnNode], *, harmful_when: str | None = "negative", value_name: str = "mean influence"
    ) -> None:
        self.nodes = nodes
        self.harmful_when = harmful_when
        self.value_name = value_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        feature_names: Sequence[str] | None = None,
        class_names: Any = None,
        max_depth: int | None = 3,
        harmful_when: str | None = "auto",
        value_name: str = "mean influence",
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """Draw a fitted tree.

        Parameters
        ----------
        estimator : InfluenceTree
            Fitted on one influence for each row.
        feature_names : sequence of str, optional
            Names of the columns; by default those seen in fit.
        class_names : sequence or mapping, optional
            What to call the labels, by code or number; by default the classes seen in fit.
        max_depth : int
            Levels of questions to draw.
        harmful_when : {"auto", "negative", "positive"} or None
            Sign of a harmful row's influence: negative for the influence on a loss, positive for that on a
            score. "auto" is what the tree learned from an `Influence`, and "negative" for plain numbers.
        value_name : str
            What the numbers are, for the colour bar.
        ax : matplotlib Axes, optional
        **style
            Passed on to `plot`.

        Returns
        -------
        InfluenceTreeDisplay

        Raises
        ------
        ValueError
            When the tree has several outputs, or the names do not fit its columns.
        ImportError
            When matplotlib is not installed.
        """
        check_is_fitted(estimator)
        if estimator.n_outputs_ > 1:
            raise ValueError(
                f"a drawn node shows one influence, but the tree was fitted on {estimator.n_outputs_} for "
                "each row; fit it on one column, or on their sum"
            )
        writer = RuleWriter(estimator, feature_names, class_names)
        nodes = _lay_out(estimator.tree_, writer, max_depth)
        display = cls(nodes, harmful_when=sign_of(harmful_when, estimator), value_name=value_name)
        return display.plot(ax, **style)

    def plot(
        self,
        ax: Any = None,
        *,
        box_kwargs: dict[str, Any] | None = None,
        text_kwargs: dict[str, Any] | None = None,
        edge_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Text is fitted to the size that these axes have now; a new figure takes the size the tree needs.
        box_kwargs, text_kwargs, edge_kwargs : dict, optional
            Style of the boxes (``FancyBboxPatch``), the texts and the edges (``PathPatch``).

        Returns
        -------
        InfluenceTreeDisplay
            Itself.
        """
        slots = 1 + max(node.slot for node in self.nodes)
        levels = 1 + max(node.depth for node in self.nodes)
        fresh = ax is None
        ax = open_axes(self, ax, (max(5.0, 1.62 * slots), 1.38 * levels + 0.75))
        if fresh:
            self.figure_.set_layout_engine("none")
            ax.set_position([0.01, 0.01, 0.98, 0.98])
        page = Page(ax, slots, levels)
        scale = influence_colors([node.influence for node in self.nodes], self.harmful_when)
        faces = [scale.to_rgba(node.influence) for node in self.nodes]
        pairs = list(zip(self.nodes, faces, strict=True))
        self.boxes_ = [page.box(node, face, box_kwargs or {}) for node, face in pairs]
        self.texts_ = [page.texts(node, face, text_kwargs or {}) for node, face in pairs]
        self.edges_ = [
            page.edge(self.nodes[node.parent], node, node.weight / self.nodes[0].weight, edge_kwargs or {})
            for node in self.nodes[1:]
        ]
        self.colorbar_ = page.legend(scale, self.harmful_when, self.value_name)
        return self


def _lay_out(tree, writer, max_depth):
    """The nodes to draw, parents first."""
    drawn = _walk(tree, max_depth)
    slots = _slots([parent for _, parent, _ in drawn])
    parents = {parent for _, parent, _ in drawn}
    below = _leaves_below(tree)
    return [
        DrawnNode(
            int(node),
            parent,
            depth,
            float(slots[place]),
            writer.split(node) if place in parents else None,
            int(tree.n_node_samples[node]),
            float(tree.weighted_n_node_samples[node]),
            float(tree.value[node, 0, 0]),
            0 if place in parents or tree.children_left[node] == LEAF else int(below[node]),
        )
        for place, (node, parent, depth) in enumerate(drawn)
    ]


def _walk(tree, max_depth):
    """(node, position of the parent, depth), left before right: in the order of the page."""
    drawn, stack = [], [(0, None, 0)]
    while stack:
        node, parent, depth = stack.pop()
        place = len(drawn)
        drawn.append((node, parent, depth))
        if depth < max_depth and tree.children_left[node] != LEAF:
            children = tree.children_right[node], tree.children_left[node]
            stack += [(child, place, depth + 1) for child in children]
    return drawn


def _slots(parents):
    """Horizontal places: leaves of the drawing side by side, parents above the middle of their children."""
    inner = sorted(set(parents) - {None}, reverse=True)
    slots = np.zeros(len(parents))
    leaves = sorted(set(range(len(parents))) - set(inner))
    slots[leaves] = np.arange(len(leaves))
    for place in inner:  # children come after their parents, so their places are known by now
        slots[place] = np.mean([slots[k] for k, parent in enumerate(parents) if parent == place])
    return slots


def _leaves_below(tree):
    """Number of leaves under every node; children have larger ids than their parents."""
    below = (tree.children_left == LEAF).astype(int)
    for node in np.flatnonzero(tree.children_left != LEAF)[::-1]:
        below[node] = below[tree.children_left[node]] + below[tree.children_right[node]]
    return below
