"""
Which rows made my model do this?
=================================

The effect of deleting each training row on the loss of held-out rows is predicted, and then measured: each row is
deleted, the model refitted, and the effects compared, for three methods. They differ where the leverage is high.
"""

# %%
# A pipeline that scales 30 measurements of tumours, and a logistic regression. It is trained on half of the rows. What
# would the loss on the other half be if the model had been trained without row i?

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut, Leverage, RescaledInfluence
from skinfluence.displays import FidelityDisplay
from skinfluence.fidelity import compare_effects

data = load_breast_cancer()
X, X_test, y, y_test = train_test_split(
    data.data, data.target_names[data.target], test_size=0.5, stratify=data.target, random_state=0
)
model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0)).fit(X, y)

influence = RescaledInfluence(model, evaluation="moved").fit(X, y).attribute(X_test, y_test)
print(influence)

# %%
# The printed object has the unit, the sign and the method. The sign is that of *f without the row, minus f*: a negative
# value means that deleting the row lowers the held-out loss, so the row is harmful. ``top`` sorts by that.

for row in influence.top(3, harmful=True):
    print(f"row {row:3d} ({y[row]:9})  {influence[row]:+.3f}")

# %%
# Note the stationarity in the printed verdict: the distance from the optimum at which lbfgs stopped, with its default
# tolerance, in units of the effect of one row on the parameters. A number of that size means that *two fits of the same
# model differ as much as a fit with and a fit without a row*. The attributor takes the missing Newton steps
# ("polished"), so that its answers are those of the optimum; for the refits below we use Newton's method with a tight
# tolerance.


def held_out_loss(pipeline):
    """Sum of the log-losses of the held-out rows."""
    own = np.searchsorted(pipeline.classes_, y_test)
    return -pipeline.predict_log_proba(X_test)[np.arange(len(y_test)), own].sum()


scaler, classifier = model[0], LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10)


def refitted(rows):
    """The classifier refitted on some of the rows, after the fitted scaler."""
    part = classifier.__class__(**classifier.get_params()).fit(scaler.transform(X[rows]), y[rows])
    return make_pipeline(scaler, part)


everything = np.arange(len(y))
before = held_out_loss(refitted(everything))
actual = np.array([held_out_loss(refitted(np.delete(everything, row))) - before for row in everything])

# %%
# Three predictions of the same numbers. ``evaluation="moved"`` evaluates the loss at the predicted parameters; the
# default, "linear", multiplies their change with the gradient of the loss, which is good for rankings and sums of
# rows, and less accurate for the rows with the largest effects.

attributors = [
    InfluenceFunctions(model, evaluation="moved"),
    RescaledInfluence(model, evaluation="moved"),
    LeaveOneOut(model),
]
predicted = {type(each).__name__: each.fit(X, y).attribute(X_test, y_test).values for each in attributors}

figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
for axis, (name, values) in zip(axes, predicted.items(), strict=True):
    FidelityDisplay.from_predictions(actual, values, unit="held-out loss", name=name, ax=axis)
    print(f"{name:20} {compare_effects(values, actual)}")

# %%
# All three rank the rows nearly perfectly. The difference is in the size of the largest effects, and it depends on the
# leverage :math:`h_i` of the row: the share that a row has in its own prediction. First order is too small by a factor
# of :math:`1 - h_i`; the rescaled method divides by it, and does not account for the change of the Hessian along the
# step; exact leave-one-out iterates to the optimum.

leverage = Leverage(model).fit(X, y).attribute().values
figure, axis = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
seen = leverage > 1e-4  # below, effects are as small as the rounding of a sum of 285 losses
for (name, values), color in zip(predicted.items(), ("#d9822b", "#2166ac", "#1b1f24"), strict=True):
    error = np.abs(values - actual)[seen] / np.abs(actual)[seen]
    axis.loglog(leverage[seen], error, "o", color=color, markersize=4.5, alpha=0.6, markeredgewidth=0, label=name)
ends = [1e-4, 1.0]
axis.loglog(ends, ends, color="#8a919c", linestyle="--", zorder=0, label="error = leverage")
axis.set(xlabel="leverage of the deleted row", ylabel="relative error of the predicted effect")
axis.spines[["top", "right"]].set_visible(False)
axis.legend(frameon=False, fontsize="small", loc="center right")

worst = np.argmax(np.abs(predicted["RescaledInfluence"] - actual))
print(f"row {worst}: leverage {leverage[worst]:.2f}, actual {actual[worst]:+.3f}")
for name, values in predicted.items():
    print(f"  {name:20} {values[worst]:+.3f}")

# %%
# Most rows are at the left, where all methods are accurate. The few at the right have the largest effects, so the
# rescaled method is the default. It is not always accurate: the row printed above has a low leverage, since it is
# misclassified with a large margin and the Hessian of its own loss is small; its error is that of one long step with a
# Hessian that changes along it. Use ``LeaveOneOut`` for numbers that you publish.
#
# One call replaces this page. ``score`` deletes random sets of rows (here single rows) and returns
# the rank correlation of predicted and actual effects.

attributor = RescaledInfluence(model, evaluation="moved").fit(X, y)
print(round(attributor.score(X_test, y_test, removal_size=1, n_removals=50), 3))
