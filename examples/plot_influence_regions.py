"""
Regions of harmful rows
=======================

To improve how data are collected, a list of harmful rows is not enough. An influence tree describes them by regions of
feature space, drawn here for simulated data with known wrong labels, and for tumours.
"""

# %%
# Two classes, and a region of the second one in which the labels are swapped. The validation rows are drawn from the
# same distributions, with correct labels.

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import DataTrimmer, InfluenceTree, RescaledInfluence
from skinfluence.displays import InfluenceRegionsDisplay, InfluenceTreeDisplay


def clouds(n, rng):
    """Two classes on two features."""
    y = np.arange(n) % 2
    center = np.where(y[:, None] == 0, [-1.0, 0.0], [1.0, 0.5])
    return center + rng.normal(scale=[1.0, 1.2], size=(n, 2)), y


rng = np.random.default_rng(0)
X, truth = clouds(200, rng)
X_val, y_val = clouds(100, rng)
swapped = (X[:, 0] > 0.8) & (X[:, 1] > 1.0) & (truth == 1)
y = np.where(swapped, 0, truth)

model = LogisticRegression().fit(X, y)
influence = RescaledInfluence(model).fit(X, y).attribute(X_val, y_val)
print(f"{swapped.sum()} of {len(y)} labels swapped")

# %%
# The tree is grown on the training rows *and their labels*, since a region may be harmful with one label and
# helpful with the other. ``reg_param`` shrinks small regions towards their parents.

names = np.array(["class 0", "class 1"])
tree = InfluenceTree(max_leaf_nodes=6, min_samples_leaf=8, reg_param=5.0).fit(X, influence, labels=names[y])
for region in tree.regions(feature_names=["length", "width", "label"]):
    print(region)

# %%
# Red is harmful, blue helpful, one panel for each label; the crosses are what ``DataTrimmer`` would drop.

trimmer = DataTrimmer(model, budget=0.1).fit(X, y, X_val=X_val, y_val=y_val)
InfluenceRegionsDisplay.from_estimator(
    tree, X, labels=names[y], trimmed=trimmer.trimmed_indices_, model=model, feature_names=["length", "width"]
)
print(f"{swapped[trimmer.trimmed_indices_].mean():.0%} of the dropped rows were swapped ones")

# %%
# The dropped rows were chosen with the validation rows, so the accuracy on these is too optimistic. On new rows:

X_new, y_new = clouds(10_000, rng)
print(f"new rows: {model.score(X_new, y_new):.3f} -> {trimmer.score(X_new, y_new):.3f}")

# %%
# Real data have more than two features; the tree then splits on those that separate harmful from helpful rows.
# ``InfluenceTreeDisplay`` draws its upper levels. As ``InfluenceTree`` is a ``DecisionTreeRegressor``, scikit-learn's
# own ``plot_tree`` and ``export_text`` take it too.

data = load_breast_cancer()
X, X_val, y, y_val = train_test_split(data.data, data.target, test_size=0.4, stratify=data.target, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(X, y)
influence = RescaledInfluence(model).fit(X, y).attribute(X_val, y_val)
tree = InfluenceTree(max_depth=3, min_samples_leaf=10, reg_param=10.0).fit(X, influence, labels=data.target_names[y])
InfluenceTreeDisplay.from_estimator(tree, feature_names=data.feature_names)
