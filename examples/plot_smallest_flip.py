"""
How few rows carry a conclusion?
================================

A coefficient has a sign, a p-value, and 442 patients behind it. How many of them would have to be missing for the sign
to be another one? ``smallest_flip`` looks for the smallest such set, and refits to prove it.
"""

# %%
# Ten baseline measurements of patients with diabetes, and how far the disease had gone a year later. The regression
# gives every measurement a coefficient.

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
# set is checked by a refit. The p-value asks another question, whether other patients would agree.

signs = {name: smallest_flip(attributor, "sign", parameter=name, max_rows=0.2) for name in X.columns}
tests = {name: smallest_flip(attributor, "significance", parameter=name, max_rows=0.2) for name in X.columns}
print("      coefficient   rows to flip it   p-value   rows to flip that at 5 %")
for name, flip in signs.items():
    test = tests[name]
    print(f"{name:4}  {flip.before:11.0f}   {len(flip):15d}   {test.before:7.4f}   {len(test):10d}")
print("all flipped in a refit:", all(flip.found for flip in (*signs.values(), *tests.values())))

# %%
# On the left, the coefficients by the rows that they stand on. On the right, one of them on its way: s1, total
# cholesterol, as the rows leave in the order of the search. The points are refits.

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
# What kind of rows are they? Not errors, as a rule: patients in whom s1 and its neighbours, with which it is nearly
# collinear, tell different stories. A sign that hangs on seven of 442 patients is one not to build on; that of bmi is
# another matter.

print(X.loc[rows, ["s1", "s2", "s3", "s4"]].round(3))

# %%
# The opposite question: given seven rows, how far can the coefficient be moved? Ranked one by one, the rows are not the
# best ones, and their sum is not what they do together; ranked anew after each deletion, both are right.

for method in ("additive", "adaptive"):
    subset = most_influential_subset(
        attributor, 7, method=method, target=Parameter("s1"), direction="increase", verify=True
    )
    print(f"{method}: {subset.verdict}")
