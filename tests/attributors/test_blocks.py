"""Training rows in blocks give the answers that they give in memory, whatever the blocks, to every question."""

import inspect
import weakref
from functools import cache

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, SPARSE, THREE, WEIGHTS, WORDS, X, logistic, poisson
from fair import one_in
from memory import largest_array
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import (
    InfluenceFunctions,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
    RowBlocks,
    attributors,
)
from skinfluence.adapters import fit_estimator
from skinfluence.exceptions import StationarityError, UnsupportedQuestionError
from skinfluence.targets import Parameter, ThetaFunction
from skinfluence.testing.closeness import assert_near

N = len(X)
#: sums over blocks add up in another order than those over all rows, before a solve
RTOL = EFFECTS
METHODS = (InfluenceFunctions, RescaledInfluence, NewtonStep)
RANKS = (RelativeInfluence, RenormalizedInfluence)
MODELS = {
    "binary": (logistic(), X, BINARY, None),
    "softmax, words, balanced, weighted": (logistic(class_weight="balanced"), X, WORDS, WEIGHTS),
    "ridge, weighted": (Ridge(), X, REAL, WEIGHTS),
    "poisson, weighted": (poisson(alpha=0.3), X, COUNTS, WEIGHTS),
    "pipeline": (make_pipeline(StandardScaler(), logistic(C=0.1)), X, THREE, None),
    "sparse": (logistic(), SPARSE, BINARY, None),
    "l1": (logistic("liblinear", C=0.3, l1_ratio=1.0), X, BINARY, None),
}


@cache
def fitted(name):
    """At the optimum to the last digit: in memory, a factor from within 1e-9 of it would do."""
    estimator, *data = MODELS[name]
    estimator = fit_estimator(estimator, *data)
    final = estimator[-1] if hasattr(estimator, "steps") else estimator
    for _ in range(2):
        problem = InfluenceFunctions(estimator, polish=True).fit(*data).problem_
        coef, intercept = problem.coef, problem.intercept
        final.coef_, final.intercept_ = (
            coef.reshape(np.shape(final.coef_)),
            intercept.reshape(np.shape(final.intercept_)),
        )
    return estimator, data


def both(cls, name, size, **settings):
    """The attributor on blocks and in memory, and evaluation rows."""
    estimator, (rows, y, weight) = fitted(name)
    blocks = RowBlocks.from_arrays(rows, y, weight, block_size=size)
    ours, theirs = cls(estimator, **settings).fit(blocks), cls(estimator, **settings).fit(rows, y, weight)
    return ours, theirs, (rows[:9], y[:9])


def assert_same(ours, theirs):
    assert_near(np.asarray(ours), np.asarray(theirs), RTOL)


@pytest.mark.parametrize(("cls", "name"), one_in(2, [*METHODS, *RANKS], MODELS))
def test_blocks_answer_as_arrays(cls, name):
    ours, theirs, rows = both(cls, name, 7)
    assert_same(ours.attribute(*rows), theirs.attribute(*rows))
    assert_same(ours.self_influence(), theirs.self_influence())
    assert ours.stationarity_ == pytest.approx(theirs.stationarity_, rel=1e-3, abs=OPTIMA)


@pytest.mark.parametrize(
    ("name", "size"), one_in(2, ["softmax, words, balanced, weighted", "poisson, weighted"], [1, 13, N])
)
def test_size_of_the_blocks_does_not_matter(name, size):
    ours, theirs, rows = both(RescaledInfluence, name, size, evaluation="moved")
    assert_same(ours.attribute(*rows), theirs.attribute(*rows))
    assert_same(ours.attribute(*rows, aggregate=False), theirs.attribute(*rows, aggregate=False))


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_threads_do_not_change_a_digit(n_jobs):
    estimator, data = fitted("binary")
    blocks = RowBlocks.from_arrays(*data, block_size=5, n_jobs=n_jobs)
    one = RowBlocks.from_arrays(*data, block_size=5)
    answers = [RescaledInfluence(estimator).fit(b).attribute(X[:5], BINARY[:5]).values for b in (blocks, one)]
    np.testing.assert_array_equal(*answers)


@pytest.mark.parametrize(("cls", "evaluation"), one_in(2, METHODS, ["linear", "moved"]))
def test_sets_are_gathered_from_their_blocks(cls, evaluation):
    ours, theirs, rows = both(cls, "softmax, words, balanced, weighted", 10, evaluation=evaluation)
    groups = np.arange(N) % 4
    assert_same(ours.attribute(*rows, train_groups=groups), theirs.attribute(*rows, train_groups=groups))
    everything = ours.attribute(*rows, train_groups=groups, aggregate=False)
    assert_same(everything, theirs.attribute(*rows, train_groups=groups, aggregate=False))
    mine, expected = (attributor.removal([70, 1, 33], *rows) for attributor in (ours, theirs))
    assert_same(mine.params_change, expected.params_change)
    assert mine.target_change == pytest.approx(expected.target_change, rel=OPTIMA)
    assert_same(ours.removals([[1, 2], [60]]).params_change, theirs.removals([[1, 2], [60]]).params_change)


@pytest.mark.parametrize("size", [1, 4, 11])
def test_largest_effects_are_merged_over_blocks(size):
    ours, theirs, rows = both(RescaledInfluence, "binary", size)
    mine, expected = (attributor.attribute(*rows, aggregate=False, top_k=5) for attributor in (ours, theirs))
    np.testing.assert_array_equal(mine.rows, expected.rows)
    assert_same(mine.values, expected.values)
    groups = np.arange(N) % 9
    mine, expected = (a.attribute(*rows, aggregate=False, top_k=3, train_groups=groups) for a in (ours, theirs))
    np.testing.assert_array_equal(mine.rows, expected.rows)
    with pytest.raises(ValueError, match=f"top_k={N + 1} asks for more than the {N} training rows"):
        ours.attribute(*rows, aggregate=False, top_k=N + 1)


@pytest.mark.parametrize("n_steps", [2, None])
def test_removal_to_convergence_reads_blocks(n_steps):
    ours, theirs, _ = both(NewtonStep, "pipeline", 10, n_steps=n_steps)
    # two routes to one optimum
    expected = theirs.removal(np.arange(20)).params_change
    assert_near(ours.removal(np.arange(20)).params_change, expected, OPTIMA)
    with pytest.raises(UnsupportedQuestionError, match=r"n_steps=.* takes passes over all training rows for each"):
        ours.attribute(X[:5], THREE[:5])


@pytest.mark.parametrize("evaluation", ["linear", "moved"])
@pytest.mark.parametrize("target", ["x1", "margin", "accuracy", ThetaFunction(lambda theta: theta[0] ** 2)])
def test_any_target_is_asked_of_blocks(target, evaluation):
    if (target, evaluation) == ("accuracy", "linear"):
        pytest.skip("has no gradient")
    ours, theirs, rows = both(RescaledInfluence, "binary", 10, evaluation=evaluation)
    target = Parameter(target) if target == "x1" else target
    answers = [attributor.attribute(*rows, target=target).values for attributor in (ours, theirs)]
    assert_near(*answers, RTOL, SUMS)


def test_a_model_of_some_rows_is_trained_on_all_of_them():
    estimator = LogisticRegression().fit(X[:30], BINARY[:30])
    blocks = RowBlocks.from_arrays(X, BINARY, block_size=10)
    with pytest.raises(
        StationarityError, match="the fitted LogisticRegression is not at the optimum for the rows given"
    ):
        RescaledInfluence(estimator).fit(blocks)
    trained = RescaledInfluence(estimator, polish=True).fit(blocks)
    optimum, _ = fitted("binary")
    assert_near(trained.problem_.theta, np.append(optimum.coef_, optimum.intercept_), OPTIMA)


def test_passes_are_counted_and_few():
    estimator, data = fitted("binary")
    blocks = RowBlocks.from_arrays(*data, block_size=10)
    attributor = InfluenceFunctions(estimator, polish=False).fit(blocks)
    assert blocks.n_passes == 1
    assert "8 blocks of rows; 1 passes over the features" in attributor.verdict_
    attributor.attribute(X[:5], BINARY[:5])
    assert blocks.n_passes == 2


def test_labels_are_those_of_the_whole_fit():
    """A block may lack a class, and a single row may have no weight."""
    order, weight = np.argsort(WORDS, kind="stable"), np.where(np.arange(N) < 3, 0, WEIGHTS)
    rows, words = X[order], WORDS[order]
    estimator = logistic(class_weight="balanced").fit(rows, words, weight)
    blocks = RowBlocks.from_arrays(rows, words, weight, block_size=3)
    values = [
        RescaledInfluence(estimator).fit(*data).attribute(X[:9], WORDS[:9]).values
        for data in ((blocks,), (rows, words, weight))
    ]
    # in memory the curvature may be within 1e-9 of that of the optimum
    assert_near(*values, 1e-8)
    # balanced weights may count rows, whatever their weight; without them a row of weight 0 is no row
    plain = RescaledInfluence(logistic().fit(rows, words, weight)).fit(blocks)
    assert (plain.attribute(X[:9], WORDS[:9]).values[:3] == 0).all()


@pytest.mark.parametrize(
    "cls", [cls for _, cls in inspect.getmembers(attributors, inspect.isclass) if not cls._takes_blocks]
)
def test_methods_that_need_all_rows_refuse_blocks(cls):
    estimator, data = fitted("binary")
    with pytest.raises(UnsupportedQuestionError, match=f"{cls.__name__} needs all training rows in memory"):
        cls(estimator).fit(RowBlocks.from_arrays(*data))


def test_what_needs_all_rows_is_refused():
    estimator, data = fitted("binary")
    blocks = RowBlocks.from_arrays(*data, block_size=20)
    attributor = RescaledInfluence(estimator).fit(blocks)
    with pytest.raises(UnsupportedQuestionError, match="a comparison with refits needs all training rows in memory"):
        attributor.score(X[:5], BINARY[:5])
    assert attributor.removal([1], bound=True).params_bound == np.inf
    with pytest.raises(UnsupportedQuestionError, match="removes the last row of class"):
        attributor.removal(np.flatnonzero(BINARY))
    assert np.isnan(attributor.removals([[0], np.flatnonzero(BINARY)]).params_change[:, 0]).tolist() == [False, True]
    counting = ThetaFunction(lambda theta, presence: theta[0] / presence.sum(), of_presence=True)
    with pytest.raises(UnsupportedQuestionError, match="another function without each row, needs all training rows"):
        attributor.attribute(target=counting)
    for unfitted in (None, LogisticRegression()):
        with pytest.raises(ValueError, match="an estimator that is not fitted, and rows in blocks cannot fit it"):
            RescaledInfluence(unfitted).fit(blocks)
    with pytest.raises(ValueError, match="bring their own labels and weights"):
        RescaledInfluence(estimator).fit(blocks, BINARY)


def test_rows_are_counted_before_least_squares_is_refused():
    """Blocks of fewer rows than parameters are no reason."""
    estimator = LinearRegression().fit(X, REAL)
    values = [
        InfluenceFunctions(estimator).fit(*data).attribute(X[:5], REAL[:5]).values
        for data in ((RowBlocks.from_arrays(X, REAL, block_size=2),), (X, REAL))
    ]
    assert_near(*values, RTOL)


def test_arrays_are_a_block_not_the_rows():
    n, p, size = 8000, 20, 500
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(n, p))
    y = (rows[:, 0] + generator.normal(size=n) > 0).astype(np.int8)
    estimator = LogisticRegression().fit(rows[:500], y[:500])
    blocks = RowBlocks.from_arrays(rows, y, block_size=size)
    # one number a row of all; a block; the features and the slopes of the sample that the first steps see
    vector, block, sample = 8 * n, 8 * size * (p + 1), 2 * 8 * 512 * (p + 1)
    attributor, largest = largest_array(lambda: InfluenceFunctions(estimator, polish=True).fit(blocks), rows, y)
    assert largest <= max(vector, block, sample) < rows.nbytes / 7
    _, largest = largest_array(lambda: attributor.attribute(rows[:50], y[:50]), rows, y)
    assert largest <= max(vector, block)


def test_maps_of_the_file_do_not_stay(tmp_path, monkeypatch):
    """Each block is a map of its own, and gone before the next but one: the pages of one map for all would stay."""
    maps, living = [], []

    class Map(np.memmap):
        def __new__(cls, *args, **settings):
            new = super().__new__(cls, *args, **settings)
            maps.append(weakref.ref(new._mmap))
            living.append(sum(one() is not None for one in maps))
            return new

    monkeypatch.setattr(np, "memmap", Map)
    n, p, size = 4000, 10, 100
    X = Map(tmp_path / "X", dtype=np.float64, mode="w+", shape=(n, p))
    X[:] = np.random.default_rng(0).normal(size=(n, p))
    y = X[:, 0] + 1
    model = Ridge().fit(np.array(X[:1000]), np.array(y[:1000]))
    blocks = RowBlocks.from_arrays(X, np.array(y), block_size=size)
    InfluenceFunctions(model, polish=True).fit(blocks).attribute(np.array(X[:10]), np.array(y[:10]))
    # beside that of the whole file, and a look at the first block
    assert len(maps) - 2 == blocks.n_passes * n // size
    assert max(living) <= 3
