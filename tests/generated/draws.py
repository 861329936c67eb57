"""Draws from a generator."""

import numpy as np

__all__ = ["choose", "magnitude"]


def choose(rng, chances):
    """One of the keys, each with a chance proportional to its value."""
    values = np.array(list(chances.values()), dtype=float)
    return list(chances)[int(np.searchsorted(np.cumsum(values), rng.random() * values.sum(), side="right"))]


def magnitude(rng):
    """A penalty or its inverse: of ordinary size three times in four, else anything from 1e-12 to 1e12."""
    exponent = rng.uniform(-2, 2) if rng.random() < 0.75 else rng.uniform(-12, 12)
    return float(f"{10**exponent:.3g}")
