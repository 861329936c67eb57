"""A problem in blocks is the problem of all rows: every sum, every row, for every model and any size of the blocks."""

from functools import cache
from itertools import groupby

import numpy as np
import pytest
from cases import BY_NAME, CASES, SAMPLE
from fair import one_in, one_of_each

from skinfluence.adapters import RowBlocks, adapt_blocks, fit_estimator
from skinfluence.adapters.adapt import stated_model
from skinfluence.adapters.supports import makes
from skinfluence.adapters.unwrap import unwrap_settings
from skinfluence.exceptions import SkinfluenceError, UnsupportedQuestionError
from skinfluence.problems import LinearProblem, Removals, in_coordinates
from skinfluence.testing.closeness import assert_near
from skinfluence.testing.problems import check_curvature, check_raw_products

#: sums of other order differ by some units of rounding of their largest summand
RTOL = 1e-11
HAVE_ALL_ROWS = ("GaussianProcessRegressor",)


def takes_blocks(case):
    final = unwrap_settings(case.estimator)[1]
    return issubclass(makes(final), LinearProblem) and type(final).__name__ not in HAVE_ALL_ROWS


def estimator_name(case):
    return type(unwrap_settings(case.estimator)[1]).__name__


LINEAR = [case for case in CASES if takes_blocks(case)]
SAMPLED = [case for case in SAMPLE if takes_blocks(case)]
#: by the class of their final estimator
OF_EACH = [list(cases) for _, cases in groupby(sorted(SAMPLED, key=estimator_name), key=estimator_name)]
#: one of each kind of sum: plain, balanced classes, mean form
BINARY, BALANCED, POISSON = (
    BY_NAME[name]
    for name in ("binary-newton-cholesky-weighted", "softmax-balanced", "poisson-newton-cholesky-weighted")
)
FEW = [BINARY, BALANCED, POISSON]


@cache
def fitted(case):
    return fit_estimator(case.estimator, *case.data)


def in_memory(case, blocks):
    """The problem of all rows in the coordinates of the blocks, which are those of their first rows."""
    return in_coordinates(stated_model(fitted(case), *case.data).problem, blocks.model.coordinates)


@cache
def in_blocks(case, size):
    blocks = RowBlocks.from_arrays(*case.data, block_size=size)
    return adapt_blocks(fitted(case), blocks)[0].problem


def away(problem):
    """At parameters where no gradient vanishes."""
    return problem.at(problem.theta + 0.1 * problem.free)


def assert_same_sums(blocks, whole):
    scale = whole.gradient_scale()
    assert_near(blocks.gradient_scale(), scale, RTOL)
    np.testing.assert_allclose(blocks.gradient(), whole.gradient(), rtol=0, atol=RTOL * scale.max())
    assert_near(blocks.curvature().dense(), whole.curvature().dense(), RTOL)
    assert_near(blocks.value(), whole.value(), RTOL)
    assert_near(blocks.total_weight(), whole.total_weight(), RTOL)


def assert_same_rows(blocks, whole):
    U = np.random.default_rng(0).normal(size=(whole.n_parameters, 2))
    ours, theirs = blocks.removal_terms(), whole.removal_terms()
    rows = np.array([11, 3, 20])
    assert_near(ours.along(U), theirs.along(U), RTOL, RTOL)
    assert_near(ours.columns(rows), theirs.columns(rows), RTOL, RTOL)
    assert_near(ours.total(), theirs.total(), RTOL, RTOL * whole.gradient_scale().max())


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=() if case.in_sample else pytest.mark.slow) for case in LINEAR], ids=str
)
def test_blocks_sum_to_the_problem_of_all_rows(case):
    blocks = in_blocks(case, 17)
    whole = in_memory(case, blocks)
    assert (blocks.n_rows, blocks.parameter_names) == (whole.n_rows, whole.parameter_names)
    assert_same_sums(blocks, whole)
    assert_same_sums(away(blocks), away(whole))
    assert_same_rows(away(blocks), away(whole))


@pytest.mark.parametrize(("case", "size"), one_in(3, FEW, [1, 5, 72]))
def test_size_of_the_blocks_does_not_matter(case, size):
    blocks = in_blocks(case, size)
    whole = in_memory(case, blocks)
    assert_same_sums(away(blocks), away(whole))
    assert_same_rows(away(blocks), away(whole))


@pytest.mark.parametrize("case", one_of_each(3, OF_EACH))
def test_rows_leave_blocks_as_they_leave_arrays(case):
    blocks = in_blocks(case, 17)
    blocks, whole = (away(problem).without([3, 11]).without([4]) for problem in (blocks, in_memory(case, blocks)))
    assert_same_sums(blocks, whole)
    # the terms of rows that have left are nobody's business
    U = np.eye(whole.n_parameters)
    left = np.setdiff1d(np.arange(whole.n_rows), [3, 4, 11])
    assert_near(blocks.removal_terms().along(U)[left], whole.removal_terms().along(U)[left], RTOL, RTOL)


@pytest.mark.parametrize("case", FEW)
def test_block_problem_obeys_the_laws_of_derivatives(case):
    problem = away(in_blocks(case, 11))
    check_curvature(problem, case.X[:5])
    check_raw_products(problem, case.X[:5])


def test_candidates_are_taken_one_by_one():
    blocks = in_blocks(BINARY, 10)
    blocks, whole = away(blocks), away(in_memory(BINARY, blocks))
    candidates = whole.theta[:, None] + np.array([[0.0, 0.3]])
    removals = Removals.of([[0, 40], [7]])
    assert_near(blocks.gradient(candidates, removals), whole.gradient(candidates, removals), RTOL)
    assert_near(blocks.gradient(candidates[:, 1]), whole.gradient(candidates[:, 1]), RTOL)


@pytest.mark.parametrize("case", [BY_NAME["lasso"], BY_NAME["binary-liblinear-l1"]])
def test_active_set_is_that_of_all_rows(case):
    blocks = in_blocks(case, 13)
    whole = in_memory(case, blocks)
    columns = np.column_stack([whole.theta, -whole.theta])
    assert not whole.wrongly_active(columns)[:, 0].any()
    assert whole.wrongly_active(columns)[:, 1].any()
    np.testing.assert_array_equal(blocks.wrongly_active(columns), whole.wrongly_active(columns))


@pytest.mark.parametrize("case", FEW)
def test_sampled_rows_are_those_of_arrays(case):
    blocks = in_blocks(case, 9)
    whole = in_memory(case, blocks)
    for size in (512, 20):
        (columns, n), (expected, n_expected) = blocks.sampled_terms(size), whole.sampled_terms(size)
        assert n == n_expected
        assert_near(columns, expected, RTOL, RTOL)


@pytest.mark.parametrize("case", FEW)
def test_sets_that_leave_nothing_are_refused_in_the_same_words(case):
    blocks = in_blocks(case, 10)
    whole = in_memory(case, blocks)
    emptied = np.flatnonzero(whole.y == 1) if whole.loss.classification else np.arange(whole.n_rows)
    for sets in ([emptied], [[0], np.arange(whole.n_rows)]):
        with pytest.raises(UnsupportedQuestionError, match="deleting") as expected:
            whole.check_sets(sets)
        with pytest.raises(UnsupportedQuestionError, match="deleting") as found:
            blocks.check_sets(sets)
        assert str(found.value) == str(expected.value)
    blocks.check_sets([emptied[1:], [5]])


def test_models_that_take_no_blocks_say_so():
    refused = [case for case in CASES if not takes_blocks(case)]
    assert refused
    for case in refused:
        with pytest.raises(SkinfluenceError, match="blocks|fit into memory"):
            in_blocks(case, 10)
