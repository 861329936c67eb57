"""The public battery, run on every kind of problem; a new one without a case here fails by name."""

import numpy as np
import pytest
from cases import BY_NAME
from problem_cases import OTHER_PROBLEMS

from skinfluence.adapters import adapt, fit_estimator
from skinfluence.problems import LinearProblem, Problem
from skinfluence.problems.block_sums import RowBlock
from skinfluence.problems.blocks import BlockProblem
from skinfluence.testing import PROBLEM_LAWS, check_problem

LINEAR = [
    "binary-newton-cholesky-weighted",
    "softmax-balanced",
    "ridge-outputs",
    "poisson-newton-cholesky-weighted",
    "binary-sparse",
]


def linear_case(name):
    """A linear problem away from its optimum, and some of its own rows."""
    case = BY_NAME[name]
    model = adapt(fit_estimator(case.estimator, *case.data), *case.data)
    problem = model.problem
    theta = problem.theta + 0.3 * np.random.default_rng(3).normal(size=problem.n_parameters)
    return problem.at(theta), model.features(case.data[0])[:7]


CASES = {name: lambda name=name: linear_case(name) for name in LINEAR} | OTHER_PROBLEMS


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("law", PROBLEM_LAWS)
def test_problem_obeys(law, name):
    law(*CASES[name]())


#: sums over blocks of rows, which test_block_problem.py compares with those of all rows; candidates have no blocks
IN_BLOCKS = {BlockProblem, RowBlock}


def test_every_kind_of_problem_has_a_case():
    tested = {type(make()[0]) for make in CASES.values()}
    assert {cls for cls in _members(Problem) if cls.__module__.startswith("skinfluence.")} <= tested | IN_BLOCKS


def _members(cls):
    """Concrete classes below one."""
    below = [member for child in cls.__subclasses__() for member in _members(child)]
    return below if below else [cls]


class _Deaf(LinearProblem):
    """Forgets which rows are missing."""

    def without(self, rows):
        return self


def test_battery_finds_a_problem_that_forgets_its_removals():
    problem, X = linear_case("binary-newton-cholesky-weighted")
    with pytest.raises(AssertionError, match="values differ by"):
        check_problem(_Deaf(**{name: getattr(problem, name) for name in problem.__dataclass_fields__}), X)
