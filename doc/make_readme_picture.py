"""The picture of the README: ``python doc/make_readme_picture.py`` draws it and prints its numbers.

Every row of half of the breast cancer data is deleted for once, in truth: scikit-learn refits the model without it. The
effect on the loss of the held-out rows is compared with what three methods said beforehand.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut, Leverage, RescaledInfluence
from skinfluence.fidelity import compare_effects

PICTURE = Path(__file__).parent / "_static" / "predicted_against_actual.png"
METHODS = {
    "InfluenceFunctions": InfluenceFunctions,
    "RescaledInfluence": RescaledInfluence,
    "LeaveOneOut": LeaveOneOut,
}
INK, GREY = "#1b1f24", "#8a919c"


def held_out_loss(model, X, y):
    """Sum of the log-losses."""
    return -model.predict_log_proba(X)[np.arange(len(y)), y].sum()


def effects():
    """Actual effects by refitting, predicted ones by method, and leverages."""
    data = load_breast_cancer(return_X_y=True)
    X, X_test, y, y_test = train_test_split(*data, test_size=0.5, stratify=data[1], random_state=0)
    scaler = StandardScaler().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    model = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10).fit(X, y)
    before = held_out_loss(model, X_test, y_test)
    refit = LogisticRegression(**model.get_params())
    without = [np.delete(np.arange(len(y)), row) for row in range(len(y))]
    actual = np.array([held_out_loss(refit.fit(X[rows], y[rows]), X_test, y_test) - before for rows in without])
    predicted = {
        name: method(model, evaluation="moved").fit(X, y).attribute(X_test, y_test).values
        for name, method in METHODS.items()
    }
    return actual, predicted, Leverage(model).fit(X, y).attribute().values


def root(values):
    """Signed square root, which shows small effects and large ones."""
    return np.sign(values) * np.sqrt(np.abs(values))


def draw(actual, predicted, leverage):
    """One panel for each method."""
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 4.0), sharex=True, sharey=True, layout="constrained")
    low, high = 1.25 * actual.min(), 1.15 * actual.max()
    ticks = [tick for tick in (-0.3, -0.1, 0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0) if low < tick < high]
    order = np.argsort(leverage)
    for axis, (name, values) in zip(axes, predicted.items(), strict=True):
        report = compare_effects(values, actual)
        print(f"{name}: {report}")
        axis.set_xscale("function", functions=(root, lambda z: z * np.abs(z)))
        axis.set_yscale("function", functions=(root, lambda z: z * np.abs(z)))
        axis.plot([low, high], [low, high], color=GREY, linewidth=1, zorder=1)
        style = {"c": leverage[order], "cmap": "plasma_r", "s": 26, "edgecolors": INK, "linewidths": 0.35}
        points = axis.scatter(actual[order], values[order], vmin=0, vmax=leverage.max(), zorder=2, **style)
        axis.set(xlim=(low, high), ylim=(low, high), xticks=ticks, yticks=ticks, xlabel="actual, by refitting")
        axis.set_aspect("equal")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize="small", color=GREY)
        axis.set_title(name, fontsize=12, fontweight="bold", loc="left", color=INK)
        error = f"error {report.relative_error:.0%}" if report.relative_error > 1e-5 else "error below 0.001%"
        axis.text(0.03, 0.97, error, transform=axis.transAxes, va="top", color=INK)
    axes[0].set_ylabel("predicted change of the held-out loss")
    bar = figure.colorbar(points, ax=axes, shrink=0.75, pad=0.015)
    bar.set_label("leverage of the deleted row")
    bar.outline.set_visible(False)
    return figure


if __name__ == "__main__":
    draw(*effects()).savefig(PICTURE, dpi=110)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")
