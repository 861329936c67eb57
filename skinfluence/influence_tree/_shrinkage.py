"""Hierarchical shrinkage of a scikit-learn tree: one pass from the root down, no recursion."""

from typing import Any

import numpy as np

__all__ = ["LEAF", "shrunk_values"]

LEAF = -1  # sklearn.tree._tree.TREE_LEAF: what children_left holds at a leaf


def shrunk_values(tree: Any, reg_param: float, shrinkage: str = "node_based") -> np.ndarray:
    """Node values of a scikit-learn tree after hierarchical shrinkage, root to leaf.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
    reg_param : float
    shrinkage : {"node_based", "leaf_based", "constant"}

    Returns
    -------
    ndarray, the shape of ``tree.value``
    """
    mean, count = tree.value, tree.weighted_n_node_samples[:, None, None]
    left, right = tree.children_left, tree.children_right
    inner = np.flatnonzero(left != LEAF)
    if shrinkage == "leaf_based":
        leaves = np.flatnonzero(left == LEAF)
        value = mean.copy()
        if len(inner):
            value[leaves] = mean[0] + (mean[leaves] - mean[0]) / (1 + reg_param / count[leaves])
        return value
    # value = the root's mean and the step of each other node; then each level adds the values of its parents
    value = mean.copy()
    divisor = 1 + (reg_param / count[inner] if shrinkage == "node_based" else reg_param)
    for child in (left[inner], right[inner]):
        value[child] = (mean[child] - mean[inner]) / divisor
    level = np.zeros(1, dtype=np.intp)
    while len(level := level[left[level] != LEAF]):
        children = np.concatenate([left[level], right[level]])
        value[children] += value[np.concatenate([level, level])]
        level = children
    return value
