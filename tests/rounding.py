"""Units of rounding: what two right answers may differ by, on any machine."""

import numpy as np

__all__ = ["EPS", "of_parameters"]

EPS = np.finfo(np.float64).eps


def of_parameters(problem):
    """eps x condition number x largest parameter: the rounding of parameters that solve a linear system."""
    values = np.linalg.eigvalsh(problem.curvature().dense())
    # directions that the objective does not see, as of softmax, are projected out
    seen = values[values > values[-1] * EPS * len(values)]
    return EPS * seen[-1] / seen[0] * np.abs(problem.theta).max()
