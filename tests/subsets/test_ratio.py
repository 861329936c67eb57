"""The largest ratio that a coefficient is: against all sets, against refits, and against the adaptive search."""

from itertools import combinations

import numpy as np
import pytest
from rounding import REFITS
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, RescaledInfluence, most_influential_subset
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.solvers import LissaSolver
from skinfluence.subsets.ratio import _largest_ratio
from skinfluence.targets import Parameter, Prediction
from skinfluence.testing import assert_near


def table(n, p, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, X.sum(axis=1) + rng.standard_t(3, size=n), rng.uniform(0.5, 2, n)


def coefficient(model, X, y, weight, deleted):
    kept = np.setdiff1d(np.arange(len(y)), deleted)
    return model.fit(X[kept], y[kept], weight[kept]).coef_[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sign", [1, -1])
def test_of_one_parameter_it_is_the_best_of_all_sets(seed, sign):
    X, y, weight = table(12, 1, seed)
    model = Ridge(alpha=0.3, fit_intercept=False)
    attributor = RescaledInfluence(model, target=Parameter(0)).fit(X, y, sample_weight=weight)
    direction = "increase" if sign > 0 else "decrease"
    found = most_influential_subset(attributor, 3, method="ratio", direction=direction)
    everything = coefficient(model, X, y, weight, [])
    sets = [rows for k in (1, 2, 3) for rows in combinations(range(12), k)]
    best = max(sign * (coefficient(model, X, y, weight, rows) - everything) for rows in sets)
    assert found.proved
    assert_near(sign * found.predicted, best, REFITS)
    steps = [coefficient(model, X, y, weight, found.indices[: j + 1]) - everything for j in range(len(found))]
    assert_near(found.effects, steps, REFITS)


@pytest.mark.parametrize("model", [LinearRegression(), Ridge(alpha=5), make_pipeline(StandardScaler(), Ridge())])
def test_effects_are_those_of_refits_and_the_sets_as_good_as_adaptive_ones(model):
    X, y, weight = table(400, 5)
    weight = {} if hasattr(model, "steps") else {"sample_weight": weight}
    attributor = RescaledInfluence(model, target=Parameter(1)).fit(X, y, **weight)
    for direction in ("increase", "decrease", "either"):
        found = most_influential_subset(attributor, 20, direction=direction, verify=True)
        ratio, adaptive = (
            most_influential_subset(attributor, 20, direction=direction, method=method)
            for method in ("ratio", "adaptive")
        )
        assert len(found) == 20
        assert (found.method == "ratio") >= found.proved
        assert found.predicted == max(ratio.predicted, adaptive.predicted, key=abs)
        assert_near(found.predicted, found.actual, REFITS)
        # sets are compared while the other columns are held fixed, which is right to the size of a leverage, P / n
        assert abs(ratio.predicted) >= (1 - 5 / 400) * abs(adaptive.predicted)


# iterative solvers end at a residual (their tol), which the condition number of some ten multiplies
@pytest.mark.parametrize(
    ("settings", "rtol"),
    [({"damping": 0.5}, REFITS), ({"solver": "lissa"}, 10 * LissaSolver().tol), ({"solver": "cg"}, REFITS)],
    ids=str,
)
def test_effects_are_exact_whatever_solves_for_the_attributor(settings, rtol):
    X, y, _ = table(60, 3)
    attributor = InfluenceFunctions(Ridge(), target=Parameter(0), **settings).fit(X, y)
    found = most_influential_subset(attributor, 4, method="ratio", direction="increase", verify=True)
    assert_near(found.predicted, found.actual, rtol)


def test_rounds_find_the_largest_ratio_of_all_sets():
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b, pulled, k = rng.standard_t(2, size=9), rng.exponential(size=9), rng.normal(), 3
        d = np.sort(b)[-k:].sum() + rng.exponential()
        sets = [list(rows) for size in range(k + 1) for rows in combinations(range(9), size)]
        best = max((pulled + a[rows].sum()) / (d - b[rows].sum()) for rows in sets)
        blocks = [(0, a[:5], b[:5]), (5, a[5:], b[5:])]
        rows = _largest_ratio(blocks.__iter__, pulled, d, k)
        assert_near((pulled + a[rows].sum()) / (d - b[rows].sum()), best, 1e-12)


def test_the_default_takes_the_better_of_both():
    X, y, weight = table(14, 3, seed=3)
    attributor = RescaledInfluence(Ridge(alpha=0.1), target=Parameter(0)).fit(X, y, sample_weight=weight)
    chosen = {
        method: most_influential_subset(attributor, 3, method=method, direction="increase")
        for method in ("auto", "ratio", "adaptive")
    }
    assert chosen["auto"].predicted == max(chosen["ratio"].predicted, chosen["adaptive"].predicted)


def test_long_searches_are_left_out_where_the_ratio_is_proved(monkeypatch):
    X, y, _ = table(400, 2)
    attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(X, y)
    monkeypatch.setattr("skinfluence.subsets.most_influential.SHORT_SEARCH", 0)
    found = most_influential_subset(attributor, 3, direction="increase")
    assert (found.method, found.proved) == ("ratio", True)


def test_it_is_refused_where_there_is_no_ratio():
    X, y, _ = table(30, 2)
    labels = (y > 0).astype(int)
    for model, answers, target in (
        (Ridge(), y, Prediction()),
        (LogisticRegression(), labels, Parameter(0)),
    ):
        attributor = RescaledInfluence(model, target=target).fit(X, answers)
        asked = () if isinstance(target, Parameter) else (X[:1], y[:1])
        with pytest.raises(UnsupportedQuestionError, match="one coefficient"):
            most_influential_subset(attributor, 2, *asked, method="ratio")
        assert most_influential_subset(attributor, 2, *asked).method == "adaptive"


def test_it_is_refused_where_k_rows_determine_the_coefficient():
    X = np.zeros((30, 1))
    X[:2] = 1
    model = LinearRegression(fit_intercept=False)
    attributor = RescaledInfluence(model, target=Parameter(0)).fit(X, np.sin(np.arange(30)))
    with pytest.raises(UnsupportedQuestionError, match="no 2 rows determine alone"):
        most_influential_subset(attributor, 2, method="ratio")


def test_fewer_rows_where_no_other_helps():
    X, y = np.ones((4, 1)), np.array([1.0, 1.0, 1.0, 5.0])
    attributor = RescaledInfluence(LinearRegression(fit_intercept=False), target=Parameter(0)).fit(X, y)
    found = most_influential_subset(attributor, 3, direction="decrease")
    assert found.indices.tolist() == [3]
    assert_near(found.effects, [-1.0], REFITS)


def test_nothing_is_found_where_no_row_has_a_residual():
    X = np.arange(8.0)[:, None]
    attributor = RescaledInfluence(LinearRegression(fit_intercept=False), target=Parameter(0)).fit(X, 2 * X[:, 0])
    assert abs(most_influential_subset(attributor, 3, method="ratio").predicted) < REFITS


def test_directions_are_the_same_in_any_number_of_threads():
    X, y, _ = table(40_000, 4)
    attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(X, y)
    one, two = (most_influential_subset(attributor, 30, method="ratio", n_jobs=n_jobs) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.indices, two.indices)
    np.testing.assert_array_equal(one.effects, two.effects)


@pytest.mark.parametrize("far", [1.0, 200.0])
def test_rows_in_blocks_give_the_set_of_a_full_sort(far):
    """Also where one row has most of the curvature, so that rows of small gain may lead later on."""
    X, y, _ = table(40_000, 1)
    X[17] *= far
    attributor = RescaledInfluence(LinearRegression(fit_intercept=False), target=Parameter(0)).fit(X, y)
    x, r = X[:, 0], X[:, 0] * attributor.problem_.theta[0] - y
    rho, total = 0.0, x @ x
    for _ in range(20):
        rows = np.argsort(-(x * r + rho * x**2))[:50]
        rho = (x * r)[rows].sum() / (total - (x**2)[rows].sum())
    found = most_influential_subset(attributor, 50, method="ratio", direction="increase")
    assert found.proved
    assert_near(found.predicted, rho, REFITS)
