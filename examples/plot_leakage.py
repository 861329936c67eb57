"""
Two mistakes with trimming
==========================

Trimming before a cross-validation inflates the scores. And without trusted rows trimming does not find all kinds of
wrong labels. Both are shown here with labels that were flipped on purpose, and correct test labels.
"""

# %%
# Breast cancer data; a fifth of the training labels is flipped. The test rows are correct and are not used in training.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import DataTrimmer, ValidationSet

data = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), LogisticRegression())


def split(seed, wrong):
    """Training rows with some wrong labels, 60 trusted rows, test rows."""
    X, rest, y, y_rest = train_test_split(*data, test_size=0.5, random_state=seed)
    X_val, X_test, y_val, y_test = train_test_split(rest, y_rest, train_size=60, random_state=seed)
    flipped = wrong(X, y, np.random.default_rng(seed))
    return X, np.where(flipped, 1 - y, y), flipped, ValidationSet(X_val, y_val), X_test, y_test


def symmetric(X, y, rng):
    """A fifth of all labels."""
    return rng.random(len(y)) < 0.2


# %%
# Leakage
# -------
#
# Trimming drops rows that are difficult for the model. If it is done *before* the cross-validation, these rows are
# missing from the test folds too, and the score rises because the test rows are easier. It does not rise if trimming is
# done inside the cross-validation, where each training fold is trimmed and its test fold is not.

budgets = [0.0, 0.05, 0.1, 0.2, 0.3]
before, inside, truth = [], [], []
for seed in range(5):
    X, y, flipped, trusted, X_test, y_test = split(seed, symmetric)
    trimmers = [DataTrimmer(model, budget=budget, random_state=0) for budget in budgets]
    kept = [trimmer.fit_resample(X, y) for trimmer in trimmers]
    before.append([cross_val_score(model, *rows).mean() for rows in kept])
    inside.append([cross_val_score(trimmer, X, y).mean() for trimmer in trimmers])
    truth.append([model.fit(*rows).score(X_test, y_test) for rows in kept])

lines = {
    "cross-validation of trimmed rows (leaks)": (before, "#b2182b"),
    "cross-validation with trimming inside": (inside, "#2166ac"),
    "test rows with right labels": (truth, "#1b1f24"),
}
figure, axis = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
for name, (scores, color) in lines.items():
    axis.plot(budgets, np.mean(scores, axis=0), "o-", color=color, label=name)
    print(f"{name:42}", np.mean(scores, axis=0).round(3))
axis.set(xlabel="share of the training rows dropped", ylabel="accuracy, mean of 5 splits")
axis.spines[["top", "right"]].set_visible(False)
axis.legend(frameon=False, fontsize="small")

# %%
# The blue line is below the black one because a fifth of the labels in its test folds are wrong as well: it
# underestimates the accuracy, but shows the effect of trimming correctly. The red line does not. For the same reason,
# do not trim a test set.
#
# What finds wrong labels?
# ------------------------
#
# Four sources of evidence, one budget (a tenth of the rows), two kinds of noise: at random, or in one region only
# (malignant tumours with a rough texture get the wrong label). "A noisy split" takes a fifth of the training
# rows as validation rows, as if their labels were correct.


def structured(X, y, rng):
    """Labels of malignant tumours with a rough texture."""
    return (y == 0) & (X[:, 1] > 22.0)


def noisy_split(X, y, flipped, seed):
    """Trims by rows from the same noisy source."""
    rows, held = train_test_split(np.arange(len(y)), test_size=0.2, random_state=seed)
    trimmer = DataTrimmer(model, budget=0.1).fit(X[rows], y[rows], X_val=ValidationSet(X[held], y[held]))
    return trimmer, flipped[rows][trimmer.trimmed_indices_]


def results(seed, wrong):
    """(4, 2): share of wrong labels among the dropped rows, and accuracy on the test rows, by source."""
    X, y, flipped, trusted, X_test, y_test = split(seed, wrong)
    found = [noisy_split(X, y, flipped, seed)]
    for options, fit_params in (
        ({"target": "self_influence"}, {}),
        ({"target": "out_of_fold_loss", "random_state": 0}, {}),
        ({"target": "loss"}, {"X_val": trusted}),
    ):
        trimmer = DataTrimmer(model, budget=0.1, **options).fit(X, y, **fit_params)
        found.append((trimmer, flipped[trimmer.trimmed_indices_]))
    start = model.fit(X, y).score(X_test, y_test)
    return [(wrong_ones.mean(), trimmer.score(X_test, y_test) - start) for trimmer, wrong_ones in found]


sources = ["loss on a noisy split", "self-influence", "out-of-fold loss (no influence)", "loss on 60 trusted rows"]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.2), sharey=True, layout="constrained")
for kind, color in ((symmetric, "#d9822b"), (structured, "#2166ac")):
    mean = np.mean([results(seed, kind) for seed in range(10)], axis=0)
    print(kind.__name__)
    for source, (precision, change) in zip(sources, mean, strict=True):
        print(f"  {source:32} {precision:4.0%} of the dropped labels were wrong, accuracy {100 * change:+.1f} points")
    for axis, values in zip(axes, mean.T * 100, strict=True):
        axis.plot(values, sources, "o", color=color, markersize=9, label=f"{kind.__name__} noise")
axes[0].set(xlabel="wrong labels among the dropped, %", xlim=(0, 100))
axes[1].set(xlabel="change of the test accuracy, points")
axes[1].axvline(0, color="#8a919c", linewidth=1, zorder=0)
axes[1].legend(frameon=False, fontsize="small")
for axis in axes:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#e5e8ec")
    axis.margins(y=0.15)

# %%
# For random noise influence is not needed: the loss of a row under models of the other folds finds wrong labels as
# well, costs five fits, and is what ``DataTrimmer`` uses when there is no ``X_val``. For structured noise, the other
# rows of the region have wrong labels too, and only trusted rows show it. ``benchmarks/trimming_default.py`` repeats
# this on ten data sets.
