"""The regions of an influence tree as rules."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._cuts import Category, Column
from ._shrinkage import LEAF

__all__ = ["Region", "RuleWriter"]

NUMBERS = Column()


@dataclass(frozen=True)
class Region:
    """One leaf of an influence tree.

    Parameters
    ----------
    rule : str
        The conditions of the path, one for each feature, joined by "and".
    n_rows : int
        Training rows in the region.
    weight : float
        Sum of their sample weights.
    influence : float
        Shrunk mean influence, the tree's prediction there.
    leaf : int
        The node, as `InfluenceTree.apply` returns it.
    """

    rule: str
    n_rows: int
    weight: float
    influence: float
    leaf: int

    def __str__(self):
        return f"{self.influence:+.3g}  {self.n_rows} rows  {self.rule}"


class RuleWriter:
    """Writes the splits of an influence tree as conditions."""

    def __init__(self, estimator: Any, feature_names: Any = None, class_names: Any = None) -> None:
        self.tree = estimator.tree_
        self.names = estimator.tree_feature_names_ if feature_names is None else list(feature_names)
        labelled = estimator.label_name_ is not None
        if len(self.names) == self.tree.n_features - 1 and labelled:
            self.names = [*self.names, estimator.label_name_]
        if len(self.names) != self.tree.n_features:
            raise ValueError(
                f"got {len(self.names)} feature names for a tree on {self.tree.n_features} columns; "
                "give one for each column of X, and last one for the label if it should have another name"
            )
        self.missing = estimator.missing_features_
        self.label = self.tree.n_features - 1 if labelled else None
        classes = estimator.label_classes_ if class_names is None else class_names
        items = classes.items() if hasattr(classes, "items") else enumerate(() if classes is None else classes)
        self.classes = {} if self.label is None else {self.label: {float(c): str(name) for c, name in items}}
        columns = estimator.columns_
        for column, categories in ({} if columns is None else columns.categories).items():
            self.classes[column] = {float(code): str(name) for code, name in enumerate(categories)}
        self.kinds = estimator.column_kinds_
        self.neighbours = estimator.neighbours_
        self.bounds = self._bounds()

    def _bounds(self):
        """For every node {column: (lower, upper, whether missing values come here)}; parents come first."""
        tree = self.tree
        bounds = [{}] * tree.node_count
        for node in np.flatnonzero(tree.children_left != LEAF):
            column, cut = int(tree.feature[node]), self._cut(node)
            lower, upper, missing = bounds[node].get(column, (-np.inf, np.inf, bool(self.missing[column])))
            goes_left = bool(tree.missing_go_to_left[node])
            # an infinite cut only parts missing values from the rest, which keep their bound
            bounds[tree.children_left[node]] = bounds[node] | {column: (lower, min(upper, cut), missing and goes_left)}
            bounds[tree.children_right[node]] = bounds[node] | {column: (cut, upper, missing and not goes_left)}
        return bounds

    def _cut(self, node):
        """The number that rules print for a split; infinite where all present values go left."""
        low, high = self.neighbours[node].tolist()
        return high if np.isinf(high) else self._kind(int(self.tree.feature[node])).cut(low, high)

    def _kind(self, column):
        return self.kinds.get(column, NUMBERS)

    def regions(self, harmful_when: str | None) -> list[Region]:
        """All leaves, from the most harmful to the most helpful."""
        sign = -1.0 if harmful_when == "positive" else 1.0
        leaves = np.flatnonzero(self.tree.children_left == LEAF)
        order = leaves[np.argsort(sign * self.tree.value[leaves, 0, 0], kind="stable")]
        return [self.region(leaf) for leaf in order]

    def region(self, leaf: int) -> Region:
        """A leaf with its rule."""
        tree = self.tree
        n_rows, weight = int(tree.n_node_samples[leaf]), float(tree.weighted_n_node_samples[leaf])
        return Region(self.rule(leaf), n_rows, weight, float(tree.value[leaf, 0, 0]), int(leaf))

    def rule(self, node: int) -> str:
        """All conditions on the path to a node."""
        bounds = self.bounds[node]
        known = {self._kind(column).feature for column, bound in bounds.items() if self._is_value(column, bound)}
        parts = [
            "".join(self._condition(column, *bound))
            for column, bound in bounds.items()
            # where a feature is a value, what it is not says nothing
            if self._is_value(column, bound) or getattr(self._kind(column), "feature", None) not in known
        ]
        # "and" between conditions binds tighter than "or"
        parts = [f"({part})" if part.endswith(" or missing") else part for part in parts]
        return " and ".join(parts) or "all rows"

    def _is_value(self, column, bound):
        return isinstance(self._kind(column), Category) and np.isfinite(bound[0])

    def split(self, node: int) -> tuple[str, str]:
        """The condition of the left child, as (text that may be shortened, text that may not)."""
        column = int(self.tree.feature[node])
        left, right = (
            self.bounds[child[node]][column] for child in (self.tree.children_left, self.tree.children_right)
        )
        yes, no = self._classes_within(column, *left), self._classes_within(column, *right)
        if yes and no and len(yes) > 1 and len(no) == 1:
            return f"{self.names[column]} is not {no[0]}", ""
        # the lower bound is a condition of an ancestor: show this threshold only
        return self._condition(column, left[0] if yes else -np.inf, *left[1:])

    def _classes_within(self, column, lower, upper, missing=False):
        return [name for code, name in self.classes.get(column, {}).items() if lower < code <= upper]

    def _condition(self, column, lower, upper, missing):
        name, kind = str(self.names[column]), self._kind(column)
        or_missing = " or missing" if missing else ""
        if classes := self._classes_within(column, lower, upper):
            every = len(classes) == len(self.classes[column])
            if every and not missing and self.missing[column]:
                return name, " is present"
            return f"{name} is {' or '.join(classes)}", or_missing
        if lower == np.inf:
            return name, " is missing"
        if np.isinf(lower) and np.isinf(upper):
            return name, " is anything" if missing else " is present"
        if words := kind.words(name, np.isfinite(lower)):
            return words, or_missing
        if np.isinf(upper):
            return name, f" > {kind.text(lower)}{or_missing}"
        lower_end = "" if np.isinf(lower) else f"{kind.text(lower)} < "
        return f"{lower_end}{name}", f" ≤ {kind.text(upper)}{or_missing}"
