"""Rankings: influence of items and of queries against retraining without them, direct effect included."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rounding import EFFECTS, OPTIMA, SUMS
from scipy.optimize import minimize
from scipy.special import logsumexp

from skinfluence import (
    InfluenceFunctions,
    LeaveOneOut,
    ListMLERanker,
    NewtonStep,
    PresenceLoss,
    RescaledInfluence,
    VersatileInfluence,
)
from skinfluence.exceptions import StationarityError
from skinfluence.targets import FunctionTarget, Parameter, ThetaFunction

N, K, P, ALPHA = 60, 5, 2, 2.0


def loss_of(coef, intercept, X, lists, items):
    """Sum of ListMLE losses among some items, written from the definition: place after place."""
    scores, rows, total = X @ coef.T + intercept, np.arange(len(X)), 0.0
    left = np.zeros((len(X), K))
    left[:, list(items)] = 1
    for place in range(max(map(len, lists))):
        item = np.array([ranked[place] if place < len(ranked) else -1 for ranked in lists])
        here = (item >= 0) & (left[rows, item] > 0)
        total += np.sum((logsumexp(scores, b=left, axis=1) - scores[rows, item])[here])
        left[rows[here], item[here]] = 0
    return total


def trained(X, lists, items=range(K), start=None):
    """Coefficients by a minimiser that knows values alone, from those of another model."""
    items = list(items)

    def objective(theta):
        coef, intercept = np.zeros((K, P)), np.zeros(K)
        coef[items], intercept[items] = theta[: len(items) * P].reshape(-1, P), theta[len(items) * P :]
        return loss_of(coef, intercept, X, lists, items) + ALPHA / 2 * theta @ theta

    coef, intercept = (np.zeros((K, P)), np.zeros(K)) if start is None else start
    theta = minimize(objective, np.append(coef[items], intercept[items]), method="BFGS", options={"gtol": 1e-5}).x
    coef, intercept = np.zeros((K, P)), np.zeros(K)
    coef[items], intercept[items] = theta[: len(items) * P].reshape(-1, P), theta[len(items) * P :]
    return coef, intercept


def draw(n, seed):
    """Queries, and lists of one to three items drawn from known scores."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, P))
    noise = rng.gumbel(size=(n, K))
    order = np.argsort(-(X @ np.random.default_rng(9).normal(size=(P, K)) + noise), axis=1)
    return X, [list(items[: rng.integers(1, 4)]) for items in order]


@pytest.fixture(scope="module")
def case():
    """Training queries, evaluation queries, the ranker."""
    X, lists = draw(N, 0)
    coef, intercept = trained(X, lists)
    return X, lists, *draw(12, 1), ListMLERanker(coef, intercept, alpha=ALPHA, penalize_intercept=True)


@pytest.fixture(scope="module")
def retrained(case):
    """Effect of each item on each evaluation query, by retraining without it; and its direct part, (K, 12)."""
    X, lists, X_eval, lists_eval, ranker = case
    actual, direct, fitted = [], [], (ranker.coef, ranker.intercept)
    for item in range(K):
        items = [other for other in range(K) if other != item]
        models = trained(X, lists, items, fitted), fitted
        after, here = (
            [loss_of(*model, x[None], [ranked], items) for x, ranked in zip(X_eval, lists_eval, strict=True)]
            for model in models
        )
        actual.append(after)
        direct.append(here)
    both = zip(X_eval, lists_eval, strict=True)
    before = np.array([loss_of(ranker.coef, ranker.intercept, x[None], [ranked], range(K)) for x, ranked in both])
    return np.array(actual) - before, np.array(direct) - before


def test_item_influence_follows_retraining_without_the_item(case, retrained):
    X, lists, X_eval, lists_eval, ranker = case
    actual, direct = retrained
    predicted = VersatileInfluence(ranker).fit(X, lists).attribute(X_eval, lists_eval, aggregate=False).values
    each = [np.corrcoef(one, other)[0, 1] for one, other in zip(predicted.T, actual.T, strict=True)]
    assert np.mean(each) > 0.93
    # and what the parameters do, without the part that needs no retraining
    assert np.corrcoef((predicted - direct).ravel(), (actual - direct).ravel())[0, 1] > 0.93


@pytest.mark.parametrize("method", [LeaveOneOut, NewtonStep])
def test_exact_item_influence_is_retraining_without_the_item(case, retrained, method):
    X, lists, X_eval, lists_eval, ranker = case
    settings = {"n_steps": None} if method is NewtonStep else {}
    exact = method(ranker, evaluation="moved", **settings).fit(X, lists)
    # BFGS on values alone ends at the square root of rounding
    effects = exact.attribute(X_eval, lists_eval, aggregate=False).values
    assert_allclose(effects, retrained[0], atol=1e-4)
    assert_allclose(exact.attribute(X_eval, lists_eval).values, effects.sum(axis=1), rtol=OPTIMA)


def test_item_influence_is_that_of_the_same_loss_written_out(case):
    numpy = pytest.importorskip("autograd.numpy")
    X, lists, X_eval, lists_eval, ranker = case

    def total(theta, presence, X, lists):
        scores = numpy.dot(X, numpy.reshape(theta[: K * P], (K, P)).T) + theta[K * P :]
        rows, left, value = np.arange(len(X)), presence * np.ones((len(X), K)), 0.0
        for place in range(3):
            item = np.array([ranked[place] if place < len(ranked) else -1 for ranked in lists])
            here = (item >= 0) * presence[item]
            value = value + numpy.sum(here * (numpy.log(numpy.sum(left * numpy.exp(scores), 1)) - scores[rows, item]))
            left = left * (np.arange(K) != item[:, None])
        return value

    def loss(theta, presence):
        return total(theta, presence, X, lists) + ALPHA / 2 * numpy.sum(theta**2)

    theta = np.append(ranker.coef.ravel(), ranker.intercept)
    target = ThetaFunction(lambda theta, presence: total(theta, presence, X_eval, lists_eval), of_presence=True)
    for evaluation in ("linear", "moved"):
        ours = VersatileInfluence(ranker, evaluation=evaluation).fit(X, lists)
        free = VersatileInfluence(PresenceLoss(loss, theta, K), evaluation=evaluation).fit()
        expected = free.attribute(target=target).values
        assert_allclose(ours.attribute(X_eval, lists_eval).values, expected, rtol=OPTIMA, atol=EFFECTS)
        sets = [[0, 3], [2]]
        removed = ours.removals(sets, X_eval, lists_eval).target_change
        assert_allclose(removed, free.removals(sets, target=target).target_change, rtol=OPTIMA, atol=EFFECTS)


def test_item_matters_to_no_other_where_every_list_has_one_place():
    # the axiom of choice of Luce: without an item the odds of the others are what they were
    X, lists = np.zeros((6, 1)), [[0], [0], [0], [1], [1], [2]]
    intercept = np.log([3.0, 2.0, 1.0])
    ranker = ListMLERanker(np.zeros((3, 1)), intercept - intercept.mean(), alpha=1.0)
    attributor = VersatileInfluence(ranker).fit(X, lists)
    assert_allclose(attributor.removals([[0], [1], [2]]).params_change, 0, atol=SUMS)
    # what is left is the direct effect: 3/6 becomes 3/4 without item 1
    assert_allclose(attributor.attribute([[0.0]], [[0]]).values[1], np.log(3 / 6) - np.log(3 / 4), rtol=SUMS)


def test_query_influence_is_retraining_without_the_query(case):
    X, lists, X_eval, lists_eval, ranker = case
    queries = ListMLERanker(ranker.coef, ranker.intercept, ALPHA, penalize_intercept=True, objects="queries")
    exact = LeaveOneOut(queries).fit(X, lists)
    for row in (0, 17):
        coef, intercept = trained(np.delete(X, row, axis=0), [one for q, one in enumerate(lists) if q != row])
        change = np.append(coef.ravel(), intercept) - exact.problem_.theta
        assert_allclose(exact.removal([row]).params_change, change, atol=1e-4)
    rescaled = RescaledInfluence(queries, evaluation="moved").fit(X, lists).attribute(X_eval, lists_eval)
    first_order = InfluenceFunctions(queries).fit(X, lists).attribute(X_eval, lists_eval)
    actual = exact.attribute(X_eval, lists_eval).values
    errors = [np.abs(one.values - actual).max() for one in (rescaled, first_order)]
    assert errors[0] < 0.5 * errors[1]


@pytest.mark.parametrize("solver", ["cg", "lissa"])
def test_item_influence_without_a_matrix_is_that_with_one(case, solver):
    X, lists, X_eval, lists_eval, ranker = case
    dense, products = (VersatileInfluence(ranker, solver=name).fit(X, lists) for name in ("auto", solver))
    expected = dense.attribute(X_eval, lists_eval).values
    # lissa ends at a residual of 1e-6, times the condition number
    assert_allclose(products.attribute(X_eval, lists_eval).values, expected, atol=1e-4 * np.abs(expected).max())


def test_item_influence_on_a_function_of_the_users_own(case):
    X, lists, X_eval, lists_eval, ranker = case
    spread = FunctionTarget(lambda raw, y, weight: np.sum(np.exp(raw)), lambda raw, y, weight: np.exp(raw))
    exact = VersatileInfluence(ranker, evaluation="moved").fit(X, lists)
    change = exact.removal([1]).params_change
    coef, intercept = (exact.problem_.theta + change)[: K * P].reshape(K, P), (exact.problem_.theta + change)[K * P :]
    after = np.exp(np.delete(X_eval @ coef.T + intercept, 1, axis=1)).sum()
    before = np.exp(X_eval @ ranker.coef.T + ranker.intercept).sum()
    effect = exact.attribute(X_eval, lists_eval, target=spread).values[1]
    assert_allclose(effect, after - before, rtol=1e-4)


def test_ranker_names_items_and_parameters(case):
    X, lists, *_, ranker = case
    names = ListMLERanker(
        ranker.coef, ranker.intercept, ALPHA, True, item_names=list("abcde"), feature_names=["age", "length"]
    )
    influence = VersatileInfluence(names).fit(X, lists).attribute(target=Parameter("b: length"))
    assert list(influence.row_names) == list("abcde")
    assert influence.values.shape == (K,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coef": np.zeros(3)}, "coef must be a finite array"),
        ({"intercept": np.zeros(2)}, r"intercept must have shape \(5,\)"),
        ({"alpha": -1.0}, "alpha must be a number of at least 0"),
        ({"objects": "rows"}, "objects must be 'items' or 'queries', got 'rows'"),
        ({"item_names": ["a"]}, "item_names has 1 names for 5 items"),
        ({"X": np.zeros((N, 3))}, "X has 3 features, but coef has 2 columns"),
        ({"lists": [[0]]}, "60 queries but y has 1 lists"),
        ({"lists": [[0, 0]] * N}, "must name each item once"),
        ({"lists": [[7]] * N}, r"positions in \[0, 5\)"),
        ({"lists": [[-1, 2]] * N}, "filled up with -1 at its end"),
        ({"lists": [["a"]] * N}, "integers in"),
    ],
)
def test_ranker_refuses_by_name(case, change, message):
    X, lists, *_, ranker = case
    settings = {"coef": ranker.coef, "intercept": ranker.intercept, "alpha": ALPHA}
    settings |= {name: value for name, value in change.items() if name not in ("X", "lists")}
    with pytest.raises(ValueError, match=message):
        VersatileInfluence(ListMLERanker(**settings)).fit(change.get("X", X), change.get("lists", lists))


def test_ranker_refuses_other_queries(case):
    _, _, X_eval, lists_eval, ranker = case
    with pytest.raises(StationarityError, match="the fitted ListMLERanker is not at the optimum for the rows given"):
        VersatileInfluence(ranker).fit(X_eval, lists_eval)
