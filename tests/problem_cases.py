"""Problems that are no linear predictors, one function each: the problem away from its optimum, and evaluation rows."""

import numpy as np
import pytest

from skinfluence.autodiff import resolve_autodiff
from skinfluence.operators import Design
from skinfluence.problems import (
    ListMLEProblem,
)
from skinfluence.problems.cox import CoxProblem, StandardizedRidge, SurvivalTimes
from skinfluence.problems.presence import PresenceProblem


def ranking(*, intercept=True, penalty=0.3):
    """Thirty queries over six items with lists of 0 to 4 of them; free intercepts."""
    rng = np.random.default_rng(0)
    design = Design(rng.normal(size=(30, 3)), 6, intercept)
    y = np.argsort(rng.random((30, 6)), axis=1)[:, :4]
    y[np.arange(4) >= np.arange(30)[:, None] % 5] = -1
    held = np.r_[np.full(18, penalty), np.zeros(6 * intercept)]
    theta, weight = rng.normal(size=design.n_parameters), rng.uniform(0.5, 2, 30)
    return ListMLEProblem(design, y, theta, weight, held, tuple("abcdef"), ("age", "length", "price"))


def presence():
    """Contrasts among twelve objects that stand on a line of two coordinates: no term belongs to one of them."""
    numpy = pytest.importorskip("autograd.numpy")
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(12, 2)), rng.normal(size=12)

    def loss(theta, presence):
        score = numpy.dot(Z, theta)
        total = numpy.log(numpy.sum(presence * numpy.exp(score)))
        return numpy.sum(presence * (total - score) * y**2) / numpy.sum(presence) + numpy.sum(theta**2)

    return PresenceProblem(loss, rng.normal(size=2), np.ones(12), resolve_autodiff("autograd"))


def cox():
    """Tied deaths, weights, two strata, late entries, and a penalty that counts rows."""
    rng = np.random.default_rng(0)
    X, time = rng.normal(size=(40, 3)), rng.integers(2, 7, 40) * 1.0
    times = SurvivalTimes(time, rng.random(40) < 0.7, np.floor(time * rng.random(40)), rng.integers(0, 2, 40))
    penalty, names = StandardizedRidge(np.array([0.1, 0.0, 0.5]), X), ("age", "dose", "sex")
    return CoxProblem(X, times, rng.normal(size=3), rng.uniform(0.5, 2, 40), penalty, names, X.mean(axis=0))


#: by name; ``tests/problems/test_problem_battery.py`` runs the laws on all of them
OTHER_PROBLEMS = {
    "cox": lambda: (cox(), np.random.default_rng(1).normal(size=(5, 3))),
    "ranking": lambda: (ranking(), np.random.default_rng(1).normal(size=(5, 3))),
    "presence": lambda: (presence(), None),
}
