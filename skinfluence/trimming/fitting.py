"""Fitting what users wrap, Pipelines and searches among it, with sample weights and with rows cut out."""

import sklearn
from sklearn.base import clone

from .rows import take_rows

__all__ = ["fit_on", "fit_weighted", "routing_enabled", "weight_argument"]


def weight_argument(estimator):
    """Name under which fit takes sample weights: that of the last step of a Pipeline, also inside a search.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> weight_argument(make_pipeline(StandardScaler(), Ridge()))
    'ridge__sample_weight'
    """
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        return f"{name}__{weight_argument(last)}"
    searches = hasattr(estimator, "refit") and hasattr(estimator, "estimator")
    return weight_argument(estimator.estimator) if searches else "sample_weight"


def fit_weighted(estimator, X, y, sample_weight=None, **params):
    """Fit in place; weights reach the final estimator of a Pipeline with metadata routing on and off."""
    if sample_weight is None:
        return estimator.fit(X, y, **params)
    name = weight_argument(estimator)
    if name == "sample_weight" or _requests_weights(estimator):
        return estimator.fit(X, y, sample_weight=sample_weight, **params)
    # a Pipeline whose steps made no request would refuse the weights under routing
    with sklearn.config_context(enable_metadata_routing=False):
        return estimator.fit(X, y, **{name: sample_weight}, **params)


def fit_on(estimator, rows, kept, params):
    """A clone fitted on the rows at the positions `kept`, to which aligned fit parameters are cut too."""
    chosen = rows.take(kept)
    params = {name: take_rows(value, kept, len(rows)) for name, value in params.items()}
    return fit_weighted(clone(estimator), chosen.X, chosen.y, chosen.sample_weight, **params)


def routing_enabled():
    """Whether scikit-learn's metadata routing is on."""
    return sklearn.get_config().get("enable_metadata_routing", False)


def _requests_weights(estimator):
    return routing_enabled() and bool(estimator.get_metadata_routing().consumes("fit", ["sample_weight"]))
