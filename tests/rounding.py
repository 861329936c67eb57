"""Units of rounding: what two right answers may differ by, on any machine.

As `atol` they are those of numbers of size 1.
"""

import numpy as np

__all__ = [
    "CONDITION",
    "EFFECTS",
    "EPS",
    "FORMULA",
    "FUNCTION",
    "IN_EFFECTS",
    "MOVED_BY_GRADIENT",
    "OPTIMA",
    "REFITS",
    "SUMS",
    "of_parameters",
    "of_sums",
]

EPS = np.finfo(np.float64).eps
#: one exponential, logarithm or power: libraries are right to a few units, each in its own way
FUNCTION = 4 * EPS


def of_sums(terms, cancellation):
    """Functions right to 4 eps, summed in another order: 4 eps x terms x (sum of their sizes / size of their sum)."""
    return FUNCTION * terms * cancellation


#: of a formula of a row: ten terms that do not cancel
FORMULA = of_sums(10, 1)
#: of a sum over some rows, or of a mean, a gap, a gradient: a hundred terms, ten times as large as what is left
SUMS = of_sums(100, 10)


# three facts of the models in ``cases.py``, which ``test_rounding.py`` measures

#: condition number of the Hessian
CONDITION = 400
#: size of the largest parameter, in changes of the parameters by the deletion of a typical row
IN_EFFECTS = 1000
#: how far a mean gradient of 1 lies from the optimum, in such changes; of the Newton solvers of scikit-learn
MOVED_BY_GRADIENT = 8200

#: of effects of rows by two ways of solving with a Hessian: rounding of parameters, in units of what a row does to them
EFFECTS = EPS * CONDITION * IN_EFFECTS
#: of effects by two ways to an optimum: ten such solves one after the other, in Newton or in chord steps
OPTIMA = 10 * EFFECTS
#: of effects by refits: scikit-learn's Newton solvers stop at a mean gradient of 1e-12, as tight as they are set
REFITS = 1e-12 * MOVED_BY_GRADIENT


def of_parameters(problem):
    """eps x condition number x largest parameter: the rounding of parameters that solve a linear system."""
    values = np.linalg.eigvalsh(problem.curvature().dense())
    # directions that the objective does not see, as of softmax, are projected out
    seen = values[values > values[-1] * EPS * len(values)]
    return EPS * seen[-1] / seen[0] * np.abs(problem.theta).max()
