"""
On how many rows does a conclusion depend?
==========================================

The coefficients of a regression on 442 patients have signs and p-values. How many patients have to be deleted to change
them? ``smallest_flip`` searches for the smallest such set, and verifies it by a refit.
"""

# %%
# Ten baseline measurements of patients with diabetes, and the progression of the disease after a year.

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from skinfluence import RescaledInfluence, most_influential_subset, smallest_flip
from skinfluence.targets import Parameter

X, y = load_diabetes(return_X_y=True, as_frame=True)
model = LinearRegression().fit(X, y)
attributor = RescaledInfluence(model).fit(X, y)

# %%
# For every coefficient: the rows that flip its sign, and those that make it significant, or no longer so, at 5 %. Each
# set is checked by a refit. The p-value answers another question: whether a new sample of patients would agree.

signs = {name: smallest_flip(attributor, "sign", parameter=name, max_rows=0.2) for name in X.columns}
tests = {name: smallest_flip(attributor, "significance", parameter=name, max_rows=0.2) for name in X.columns}
print("      coefficient   rows to flip it   p-value   rows to flip that at 5 %")
for name, flip in signs.items():
    test = tests[name]
    print(f"{name:4}  {flip.before:11.0f}   {len(flip):15d}   {test.before:7.4f}   {len(test):10d}")
print("all flipped in a refit:", all(flip.found for flip in (*signs.values(), *tests.values())))

# %%
# On the left, the number of rows that flip the sign of each coefficient. On the right, the coefficient of s1, total
# cholesterol, as rows are deleted in the order of the search. The points are refits.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
order = sorted(signs, key=lambda name: len(signs[name]))
bars = left.barh(order, [len(signs[name]) for name in order])
left.bar_label(bars, padding=3)
left.set(xlabel="rows that flip the sign")
left.spines[["top", "right"]].set_visible(False)

rows = signs["s1"].indices
refits = [LinearRegression().fit(X.drop(index=rows[:size]), y.drop(index=rows[:size])) for size in range(len(rows) + 1)]
path = [refit.coef_[X.columns.get_loc("s1")] for refit in refits]
right.axhline(0, color="grey", linewidth=1)
right.plot(range(len(rows) + 1), path, "o-", color="tab:blue")
right.set(xlabel="rows deleted", ylabel="coefficient of s1")
right.spines[["top", "right"]].set_visible(False)

# %%
# These rows are usually not errors: they are patients whose s1 differs from the columns with which it is nearly
# collinear. A sign that depends on seven of 442 patients is not reliable; that of bmi is.

print(X.loc[rows, ["s1", "s2", "s3", "s4"]].round(3))

# %%
# The opposite question: by how much can the deletion of seven rows change the coefficient? The rows with the largest
# single effects are not the best set, and the sum of their effects is not the joint one; the adaptive search ranks
# again after each deletion.

for method in ("additive", "adaptive"):
    subset = most_influential_subset(
        attributor, 7, method=method, target=Parameter("s1"), direction="increase", verify=True
    )
    print(f"{method}: {subset.verdict}")
