"""Parts one and two: which rows influence the model, a check by refitting, and a tree of regions."""

import time

import numpy as np
from scipy.stats import spearmanr

from ...displays import FidelityDisplay, InfluenceTreeDisplay
from ...influence_tree import InfluenceTree
from .tumours import tumours

__all__ = ["attribute_and_verify", "explain_tree"]

N_LARGEST, N_RANDOM = 20, 40


def attribute_and_verify(progress, seed):
    """Attribute all rows, then refit without each of a sample of them."""
    start = time.perf_counter()
    data, n_test = tumours(seed), len(tumours(seed).y_test)
    influence, attributed = data.influence, time.perf_counter() - start
    others = np.setdiff1d(np.arange(len(data.y)), influence.top(N_LARGEST))
    chosen = np.random.RandomState(seed).choice(others, N_RANDOM, replace=False)
    rows = np.concatenate([influence.top(N_LARGEST), chosen])
    with progress.step(f"refitting without each of {len(rows)} rows"):
        actual = np.array([effect for _, effect in zip(progress.over(rows), data.refit_effects(rows), strict=True)])
    predicted = influence.values[rows]
    lines = [
        "1  WHICH ROWS INFLUENCE THE MODEL MOST, AND IS THE PREDICTION RIGHT?",
        f"   Logistic regression on {len(data.y)} tumours (scikit-learn's breast cancer data), {n_test} held out.",
        f"   Predicted effect of deleting each row on the held-out loss, in {attributed:.2f} s with the fit:",
        *(f"     {_sentence(data, row)}" for row in influence.top(2, harmful=True)),
        *(f"     {_sentence(data, row)}" for row in np.argsort(-influence.values)[:2]),
        f"   Checked by refitting without each of {len(rows)} rows ({N_LARGEST} largest, {N_RANDOM} at random):",
        f"     rank correlation {spearmanr(predicted, actual).statistic:.3f}, "
        f"median error {np.median(np.abs(predicted - actual) / np.abs(actual)):.1%} of the effect",
    ]
    display = FidelityDisplay.from_predictions(actual, predicted, unit="held-out loss", name="one row deleted")
    return lines, display


def _sentence(data, row):
    value = data.influence.values[row]
    kind = "helpful" if value > 0 else "harmful"
    return f"row {row:3d} ({data.classes[data.y[row]]:9}) {value:+.3f}   {kind}: the loss would {_direction(value)}"


def _direction(value):
    return "rise without it" if value > 0 else "fall without it"


def explain_tree(progress, seed):
    """Fit a tree to the influences: regions of helpful and of harmful rows."""
    data = tumours(seed)
    with progress.step("fitting the influence tree"):
        tree = InfluenceTree(reg_param=10.0, max_depth=3, min_samples_leaf=8, random_state=seed)
        tree.fit(data.X, data.influence, labels=data.classes[data.y])
        regions = tree.regions(feature_names=data.feature_names)
    display = InfluenceTreeDisplay.from_estimator(
        tree, feature_names=data.feature_names, value_name="mean influence on the held-out loss"
    )
    lines = [
        "2  WHAT DO HELPFUL AND HARMFUL ROWS HAVE IN COMMON?",
        "   Regions of an influence tree, most harmful and most helpful: mean influence, rows, rule",
        *(f"     {region}" for region in (regions[0], *regions[-2:])),
    ]
    return lines, display
