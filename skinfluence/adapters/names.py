"""What the features of the final estimator are called."""

from collections.abc import Sequence
from typing import Any

__all__ = ["feature_names"]


def feature_names(transformers: Sequence[Any], final: Any, n_features: int) -> list[str] | None:
    """Names from the estimator, else from its transformers, else x0, x1, ..."""
    names = getattr(final, "feature_names_in_", None)
    if names is None and transformers:
        names = _transformed_names(transformers)
    if names is None or len(names) != n_features:
        names = [f"x{j}" for j in range(n_features)]
    return [str(name) for name in names]


def _transformed_names(transformers):
    names = getattr(transformers[0], "feature_names_in_", None)
    for transformer in transformers:
        try:
            names = transformer.get_feature_names_out(names)
        except (AttributeError, ValueError):
            return None
    return names
