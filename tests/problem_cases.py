"""Problems that are no linear predictors, one function each: the problem away from its optimum, and evaluation rows."""

import numpy as np

from skinfluence.operators import Design
from skinfluence.problems import ListMLEProblem


def ranking(*, intercept=True, penalty=0.3):
    """Thirty queries over six items with lists of 0 to 4 of them; free intercepts."""
    rng = np.random.default_rng(0)
    design = Design(rng.normal(size=(30, 3)), 6, intercept)
    y = np.argsort(rng.random((30, 6)), axis=1)[:, :4]
    y[np.arange(4) >= np.arange(30)[:, None] % 5] = -1
    held = np.r_[np.full(18, penalty), np.zeros(6 * intercept)]
    theta, weight = rng.normal(size=design.n_parameters), rng.uniform(0.5, 2, 30)
    return ListMLEProblem(design, y, theta, weight, held, tuple("abcdef"), ("age", "length", "price"))


#: by name; ``tests/problems/test_problem_battery.py`` runs the laws on all of them
OTHER_PROBLEMS = {
    "ranking": lambda: (ranking(), np.random.default_rng(1).normal(size=(5, 3))),
}
