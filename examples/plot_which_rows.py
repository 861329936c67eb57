"""
Which rows made my model do this?
=================================

Every training row is given the effect that its deletion has on the loss of held-out rows. Then we do not believe it:
each row is deleted in truth, the model refitted, and the effects compared, for three methods. They differ where the
leverage is high.
"""

# %%
# A model, as you have it: a pipeline that scales 30 measurements of tumours, and a logistic regression. Half of the
# rows train, the other half is the question: what would the loss on them be, had the model not seen row i?

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
# The object says what its numbers are. The sign is that of *f without the row, minus f*: a negative number is a row
# whose deletion lowers the held-out loss, a harmful row. ``top`` sorts by that.

for row in influence.top(3, harmful=True):
    print(f"row {row:3d} ({y[row]:9})  {influence[row]:+.3f}")

# %%
# Note the stationarity in the printed verdict. It says how large the step is that lbfgs, at its default tolerance,
# left undone, in units of what one row does to the parameters. A number of that size means that *two fits of the same
# model differ as much as a fit with and a fit without a row*. The attributor takes the missing steps itself
# ("polished"), so that its answers are those of the true optimum; for the refits below we use a solver that ends
# where it says (Newton's, tight).


def held_out_loss(pipeline):
    """Sum of the log-losses of the held-out rows."""
    own = np.searchsorted(pipeline.classes_, y_test)
    return -pipeline.predict_log_proba(X_test)[np.arange(len(y_test)), own].sum()


scaler, classifier = model[0], LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10)


def refitted(rows):
    """The classifier on some of the rows, behind the scaler as it is."""
    part = classifier.__class__(**classifier.get_params()).fit(scaler.transform(X[rows]), y[rows])
    return make_pipeline(scaler, part)


everything = np.arange(len(y))
before = held_out_loss(refitted(everything))
actual = np.array([held_out_loss(refitted(np.delete(everything, row))) - before for row in everything])

# %%
# Three predictions of the same numbers. ``evaluation="moved"`` evaluates the loss at the predicted parameters; the
# default, "linear", multiplies their change with the gradient of the loss, which suits rankings and sums of rows
# better than it suits the one row that matters most.

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
# All three rank the rows nearly perfectly. The difference is in the size of the largest effects, and it follows the
# leverage :math:`h_i` of the row: the share that a row has in its own prediction. First order misses a factor of
# :math:`1 - h_i`; the rescaled method divides by it, and is left with the curvature that changes on the way; exact
# leave-one-out iterates to the optimum.

leverage = Leverage(model).fit(X, y).attribute().values
figure, axis = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
seen = leverage > 1e-4  # below, effects drown in the rounding of a sum of 285 losses
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
# Most rows lie at the left, where any method will do. The few at the right are the ones that people ask about, so the
# rescaled method is the default. It is no guarantee: the row printed above has a low leverage, for it is confidently
# on the wrong side and the curvature of its own loss is small; what goes wrong there is one long step on a Hessian
# that changes on the way. ``LeaveOneOut`` is there for the numbers that are going to be quoted.
#
# In everyday use one call replaces this page. ``score`` deletes random sets of rows (here single rows) and returns
# the rank correlation of predicted and actual effects.

attributor = RescaledInfluence(model, evaluation="moved").fit(X, y)
print(round(attributor.score(X_test, y_test, removal_size=1, n_removals=50), 3))
