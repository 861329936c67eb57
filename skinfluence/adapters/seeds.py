"""Estimators whose fit draws random numbers: are refits of them the same, and with which seed?"""

from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from .._warnings import warn
from ..exceptions import StationarityWarning
from .refits import OutputModel

__all__ = ["check_repeatable", "seeded_model"]

#: relative difference of raw predictions up to which a fit is the same: tolerance of iterative solvers
SAME_FIT = 1e-3


def seeded_model(model: OutputModel, seed: int) -> OutputModel:
    """The model fitted with one seed for all of its random numbers, which its refits then have as well.

    Parameters
    ----------
    model : OutputModel
        Fitted.
    seed : int
        For every ``random_state`` of its estimator, those of estimators inside included.

    Returns
    -------
    OutputModel
        Of a clone, fitted on all rows.

    Raises
    ------
    ValueError
        The estimator has no ``random_state``, or cannot be fitted on all rows.
    """
    names = _seeds(model.final)
    if not names:
        raise ValueError(
            f"n_repeats sets the random_state of what is refitted, and {type(model.final).__name__} has none: repeats "
            "would be the same; leave n_repeats out"
        )
    seeded = replace(model, final=clone(model.final).set_params(**dict.fromkeys(names, seed)))
    return seeded.fitted()


def check_repeatable(model: OutputModel) -> str:
    """Warns of an estimator whose refits differ on the same rows; what a reader of the effects has to know.

    Only estimators with a ``random_state`` of None are fitted, twice; their raw predictions on the first rows tell.
    """
    known = model.final.get_params()
    seeds = [name for name in _seeds(model.final) if known[name] is None]
    twice = [model.refitted(np.zeros(0, dtype=np.intp)) for _ in range(2)] if seeds else [None]
    if twice[0] is None:
        return ""
    features = _safe_indexing(model.X, np.arange(min(model.n_rows, 64)))
    here, there = (fitted.raw(features) for fitted in twice)
    if np.allclose(here, there, rtol=SAME_FIT, atol=SAME_FIT * np.abs(here).max(initial=0)):
        return ""
    said = (
        f"{type(model.final).__name__} has {seeds[0]}=None and is another model each time it is fitted, so that "
        "effects are chance for the larger part"
    )
    warn(
        f"{said}; set n_repeats=10 of LeaveOneOut for means over 10 seeds with their standard errors, or {seeds[0]} to "
        "a number for the effects under one seed",
        StationarityWarning,
    )
    return said


def _seeds(estimator):
    """Names of the parameters that seed random numbers, of the estimator and of those inside."""
    return [name for name in estimator.get_params() if name.rpartition("__")[2] == "random_state"]
