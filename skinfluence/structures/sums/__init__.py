"""Classifiers made of weighted sums over the rows: naive Bayes and discriminants."""

from .bernoulli import BernoulliBayes
from .categorical import CategoricalBayes
from .class_rows import ClassRows
from .counts import ComplementBayes, MultinomialBayes
from .form import Form
from .gaussian import GaussianBayes
from .linear_discriminant import LinearDiscriminant
from .quadratic_discriminant import QuadraticDiscriminant
from .structure import Sums

__all__ = [
    "BernoulliBayes",
    "CategoricalBayes",
    "ClassRows",
    "ComplementBayes",
    "Form",
    "GaussianBayes",
    "LinearDiscriminant",
    "MultinomialBayes",
    "QuadraticDiscriminant",
    "Sums",
]
