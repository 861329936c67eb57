"""The Cox objective against loops, for every way in which rows can be coupled, and under deletions."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pytest
from cox_loops import partial_likelihood

from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.problems import Removals
from skinfluence.problems.cox import CoxProblem, FixedRidge, StandardizedRidge, SurvivalTimes, leave_one_out_hessians
from skinfluence.testing import assert_near


@dataclass(frozen=True)
class Setting:
    """Random survival data of one kind."""

    n: int = 40
    tied: bool = True
    efron: bool = True
    weighted: bool = False
    strata: int = 1
    entry: bool = False
    ridge: str = ""
    spread: float = 1.0

    @cached_property
    def data(self):
        rng = np.random.default_rng(5)
        X = rng.normal(size=(self.n, 3)) * [1, 2, 0.5]
        time = rng.integers(1, 6, self.n) * 1.0 if self.tied else rng.exponential(size=self.n)
        event, weight = rng.random(self.n) < 0.7, rng.integers(1, 4, self.n) / 2
        stratum, entry = rng.integers(0, self.strata, self.n), time * rng.random(self.n)
        options = {
            "entry": (np.floor(entry) if self.tied else entry) if self.entry else None,
            "stratum": stratum if self.strata > 1 else None,
            "efron": self.efron,
        }
        return X - X.mean(axis=0), time, event, weight if self.weighted else np.ones(self.n), options

    @property
    def beta(self):
        return self.spread * np.array([0.3, -0.2, 0.5])

    def plain(self, beta, present=None):
        X, time, event, weight, options = self.data
        ridge = np.array([0.5, 0.2, 0.1]) if self.ridge else None
        return partial_likelihood(
            beta, X, time, event, weight, present=present, ridge=ridge, counts_rows=self.ridge == "rows", **options
        )

    def without(self, i):
        return _without(self, i)

    @property
    def deleted(self):
        """Rows that are deleted one by one: all, or a dozen of many, in no order."""
        return np.random.default_rng(0).permutation(self.n)[: 40 if self.n <= 40 else 12]

    @cached_property
    def problem(self):
        X, time, event, weight, options = self.data
        alpha = np.array([0.5, 0.2, 0.1]) if self.ridge else np.zeros(3)
        penalty = StandardizedRidge(alpha, X) if self.ridge == "rows" else FixedRidge(alpha)
        times = SurvivalTimes(time, event, **options)
        return CoxProblem(X, times, self.beta, weight, penalty, ("a", "b", "c"), np.zeros(3))


@cache
def _without(setting, i):
    """By the loops, which take their time: once for all tests."""
    return setting.plain(setting.beta, np.arange(setting.n) != i)


SETTINGS = {
    "efron": Setting(),
    "efron-untied": Setting(tied=False),
    "breslow": Setting(efron=False),
    "weights": Setting(weighted=True),
    "strata": Setting(strata=3),
    # most strata have one death or none, so that a deletion takes their last one
    "small-strata": Setting(strata=20, tied=False),
    "entry": Setting(entry=True),
    "entry-untied": Setting(entry=True, tied=False),
    "ridge": Setting(ridge="fixed"),
    "ridge-rows": Setting(ridge="rows"),
    # some risk sets hold a row that weighs more than all others together
    "spread": Setting(spread=6.0, tied=False),
    "everything": Setting(weighted=True, strata=3, entry=True, ridge="rows"),
    "everything-breslow": Setting(weighted=True, strata=3, entry=True, ridge="rows", efron=False),
    # enough rows for both halves of the removal gradient: series and pairs
    "many": Setting(n=400, tied=False, weighted=True, entry=True),
}
#: rounding of sums of some hundred terms of size 1 to 100
ROUNDING = {"rtol": 1e-10, "atol": 1e-10}
every_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)


@every_setting
def test_objective_is_the_partial_likelihood(setting):
    value, gradient, hessian = setting.plain(setting.beta)
    assert_near(setting.problem.value(), value, **ROUNDING)
    assert_near(setting.problem.gradient(), gradient, **ROUNDING)
    assert_near(setting.problem.curvature().dense(), hessian, **ROUNDING)


@every_setting
def test_removal_terms_are_differences_of_gradients(setting):
    problem, everyone = setting.problem, setting.plain(setting.beta)[1]
    rows = setting.deleted
    expected = np.array([everyone - setting.without(i)[1] for i in rows])
    terms, U = problem.removal_terms(), np.random.default_rng(0).normal(size=(3, 2))
    assert_near(terms.columns(slice(None)).T[rows], expected, **ROUNDING)
    assert_near(terms.columns(rows[[7, 3]]).T, expected[[7, 3]], **ROUNDING)
    assert_near(terms.along(U)[rows], expected @ U, **ROUNDING)


@every_setting
def test_leave_one_out_hessians_are_those_of_the_rows_left(setting):
    expected = np.array([setting.without(i)[2] for i in setting.deleted])
    assert_near(leave_one_out_hessians(setting.problem, setting.deleted), expected, **ROUNDING)


@every_setting
def test_candidates_are_evaluated_each_under_its_own_removal(setting):
    candidates = setting.beta[:, None] + 0.1 * np.random.default_rng(1).normal(size=(3, 4))
    sets = [[0], [1, 5, 9], [], list(range(12))]
    plain = [setting.plain(b, ~np.isin(np.arange(setting.n), rows)) for b, rows in zip(candidates.T, sets, strict=True)]
    removals = Removals.of(sets)
    assert_near(setting.problem.gradient(candidates, removals), np.array([g for _, g, _ in plain]).T, **ROUNDING)
    assert_near(setting.problem.value(candidates, removals), np.array([f for f, _, _ in plain]), **ROUNDING)


@every_setting
def test_problem_without_rows_is_that_of_the_rows_left(setting):
    rows = [0, 1, 5, 9]
    left = setting.problem.without(rows[:2]).without(rows[2:])
    value, gradient, hessian = setting.plain(setting.beta, ~np.isin(np.arange(setting.n), rows))
    assert_near(left.value(), value, **ROUNDING)
    assert_near(left.gradient(), gradient, **ROUNDING)
    assert_near(left.curvature().dense(), hessian, **ROUNDING)
    assert not left.removal_terms().columns(rows).any()
    assert not left.score_terms().columns(rows).any()


@every_setting
def test_score_terms_of_the_likelihood_sum_to_its_gradient(setting):
    # Euler: the gradient is homogeneous of degree one in the weights, for fixed fractions of tied deaths
    problem = setting.problem
    total = problem.score_terms().project(problem.X, np.arange(setting.n)).sum(axis=0)
    assert_near(total, problem.gradient() - problem.penalty.diagonal(problem.present)[:, 0] * problem.theta, **ROUNDING)


def test_penalty_that_counts_rows_has_its_derivative_between_deletion_and_addition():
    # D(n + 1 copies) is convex in the presence only to second order: the two shares differ by the factor (n-2)/(n-1)
    ridge, present = SETTINGS["ridge-rows"].problem.penalty, np.ones(40, dtype=bool)
    finite, slope = (ridge.shares(np.arange(40), present, finite=kind) for kind in (True, False))
    assert_near(finite * 38 / 39, slope, 1e-12)


def test_row_that_is_never_at_risk_has_no_effect():
    # rows 0 and 1 are censored before the first death
    times = SurvivalTimes(np.array([0.5, 0.9, 1.0, 2.0, 3.0]), np.array([False, False, True, True, True]))
    X = np.array([[3.0], [-1.0], [0.5], [0.2], [0.9]])
    problem = CoxProblem(X, times, np.array([0.4]), np.ones(5), FixedRidge(np.zeros(1)), ("x",), np.zeros(1))
    assert not problem.removal_terms().columns([0, 1]).any()
    assert not problem.score_terms().columns([0, 1]).any()
    # the last row is the only one at risk when it dies: its death says nothing, its presence before does
    without = [problem.without([i]).gradient() for i in range(5)]
    assert_near(problem.removal_terms().columns(slice(None))[0], (problem.gradient() - np.array(without).T)[0], 1e-12)


def test_row_that_outweighs_all_others_at_risk_is_removed_to_rounding():
    # exp(20) against 1: the quotient e / (z - e) is 5e8, and its digits are those of the sum that is left
    times = SurvivalTimes(np.array([1.0, 1.5, 2.0, 3.0]), np.array([True, True, True, False]))
    X = np.array([[0.0], [0.3], [-0.2], [20.0]])
    problem = CoxProblem(X, times, np.array([1.0]), np.ones(4), FixedRidge(np.zeros(1)), ("x",), np.zeros(1))
    expected = problem.gradient() - problem.without([3]).gradient()
    assert_near(problem.removal_terms().columns([3])[:, 0], expected, 1e-7)


def test_problem_refuses_to_delete_every_event():
    problem = SETTINGS["efron"].problem
    with pytest.raises(UnsupportedQuestionError, match="leaves no event"):
        problem.check_sets([[0], problem.sets.dead])


def test_objective_without_an_optimum_is_never_near_one():
    # the larger x dies first, always: the likelihood rises for ever
    times = SurvivalTimes(np.arange(1.0, 7.0), np.ones(6, dtype=bool))
    X = np.arange(6.0, 0.0, -1.0)[:, None]
    problem = CoxProblem(X - X.mean(), times, np.zeros(1), np.ones(6), FixedRidge(np.zeros(1)), ("x",), np.zeros(1))
    for beta in (1.0, 10.0, 20.0):
        far = problem.at(np.array([beta]))
        assert np.abs(far.gradient()[0]) < 10 * np.exp(-beta) * 6
        assert far.relative_gradient() > 0.01
