"""Differences of two means: the best sets against all sets, in one sort of each group."""

from itertools import combinations

import numpy as np
import pytest
from rounding import REFITS
from sklearn.linear_model import LinearRegression, Ridge

from skinfluence import RescaledInfluence, most_influential_subset, smallest_flip
from skinfluence.subsets.squares import Squares
from skinfluence.subsets.two_means import two_means
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near


def groups(seed, sizes=(5, 6)):
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.repeat([2.0, 5.0], sizes))[:, None]
    return x, 0.3 * x[:, 0] + rng.standard_t(2, size=len(x))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("direction", ["increase", "decrease"])
def test_the_best_of_all_sets_is_found(seed, direction):
    x, y = groups(seed)
    model, sign = LinearRegression(), 1 if direction == "increase" else -1
    attributor = RescaledInfluence(model, target=Parameter(0)).fit(x, y)

    def slope(rows):
        return model.fit(np.delete(x, rows, axis=0), np.delete(y, rows)).coef_[0]

    for k in (1, 3, 4):
        found = most_influential_subset(attributor, k, direction=direction)
        best = max(sign * (slope(rows) - slope([])) for rows in combinations(range(len(y)), k))
        assert (found.method, found.proved) == ("ratio", True)
        assert_near(sign * found.predicted, best, REFITS)
        assert_near(found.effects, [slope(found.indices[: j + 1]) - slope([]) for j in range(len(found))], REFITS)


@pytest.mark.parametrize("seed", range(5))
def test_the_fewest_rows_that_flip_a_difference(seed):
    x, y = groups(seed, (6, 7))
    attributor = RescaledInfluence(LinearRegression()).fit(x, y)
    flip = smallest_flip(attributor, "sign", parameter=0, max_rows=5)

    def flips(rows):
        return LinearRegression().fit(np.delete(x, rows, axis=0), np.delete(y, rows)).coef_[0] * flip.before < 0

    sizes = [k for k in range(1, 6) if any(flips(rows) for rows in combinations(range(len(y)), k))]
    assert flip.lower_bound <= min(sizes, default=6)
    if sizes:
        assert flip.bound_note == "exact: a difference of two means"
        assert flip.lower_bound == len(flip) == sizes[0]
        assert flip.smallest


def test_one_mean_alone_and_a_group_of_one_row():
    """With a column for each group a coefficient is the mean of one, and the other one's rows have no effect."""
    x, y = groups(0)
    columns = np.column_stack([x == 2.0, x == 5.0]).astype(float)
    model = LinearRegression(fit_intercept=False)
    found = most_influential_subset(
        RescaledInfluence(model, target=Parameter(0)).fit(columns, y), 9, direction="increase"
    )
    own = np.sort(y[x[:, 0] == 2.0])
    assert len(found) == len(own) - 1
    assert_near(found.predicted, own[-1] - own.mean(), REFITS)
    alone = np.where(np.arange(len(y)) == 4, 5.0, 2.0)[:, None]
    flip = smallest_flip(RescaledInfluence(LinearRegression()).fit(alone, y), "sign", parameter=0, max_rows=3)
    assert (flip.lower_bound, flip.bound_note) == (1, "so many may be all of a group")


@pytest.mark.parametrize("why", ["a penalty", "a third value", "weights that differ", "two columns"])
def test_other_models_are_none(why):
    x, y = groups(1)
    model, weight = Ridge() if why == "a penalty" else LinearRegression(), np.ones(len(y))
    if why == "a third value":
        x[3] = 7.0
    if why == "weights that differ":
        weight[3] = 2.0
    if why == "two columns":
        x = np.column_stack([x, np.arange(len(y))])
    attributor = RescaledInfluence(model, target=Parameter(0)).fit(x, y, sample_weight=weight)
    assert two_means(Squares(attributor, np.eye(attributor.problem_.n_parameters)[0])) is None


def test_a_million_rows_are_sorted_once():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, size=(1_000_000, 1)).astype(float)
    y = rng.normal(size=len(x))
    attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(x, y)
    found = most_influential_subset(attributor, 100, direction="increase")
    assert found.proved
    low, high = np.sort(y[x[:, 0] == 1]), np.sort(y[x[:, 0] == 0])[::-1]
    best = max(low[j:].mean() - high[100 - j :].mean() for j in range(101))
    assert_near(found.predicted, best - (low.mean() - high.mean()), REFITS)
