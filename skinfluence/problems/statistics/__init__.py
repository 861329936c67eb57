"""Models in closed form: smooth functions of weighted sums over the rows."""

from .discriminant import LinearDiscriminant
from .naive_bayes import GaussianBayes
from .problem import StatisticsProblem

__all__ = ["GaussianBayes", "LinearDiscriminant", "StatisticsProblem"]
