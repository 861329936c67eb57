"""A linear map in the place of a fitted problem, and the kinds of models that targets are tested on."""

from dataclasses import dataclass

import numpy as np

from skinfluence.losses import (
    BinaryLogLoss,
    HalfPoissonLoss,
    HalfSquaredError,
    Loss,
    MultinomialLogLoss,
    SignedSquaredError,
)
from skinfluence.targets import DemographicParity, EqualOpportunity, EqualOpportunityLoss, evaluation_rows


@dataclass(frozen=True)
class LinearMap:
    """raw = X coef' + intercept; theta is coef, raveled, then intercept."""

    coef: np.ndarray
    intercept: np.ndarray

    @property
    def theta(self):
        return np.concatenate([self.coef.ravel(), self.intercept])

    @property
    def parameter_names(self):
        return [f"{k}: x{j}" for k, j in np.ndindex(*self.coef.shape)] + [
            f"{k}: intercept" for k in range(len(self.coef))
        ]

    def as_fitted(self, theta):
        return theta

    def raw(self, X, theta=None):
        theta = self.theta if theta is None else theta
        K, p = self.coef.shape
        coef = theta[: K * p].reshape(K, p, *theta.shape[1:])
        return np.einsum("mp,kp...->mk...", X, coef) + theta[K * p :]

    def raw_vjp(self, X, C):
        coef = np.einsum("mkb,mp->kpb", C, X).reshape(-1, C.shape[2])
        return np.concatenate([coef, C.sum(axis=0)])


@dataclass(frozen=True)
class Case:
    """A kind of model: its loss and classes, and how many outputs it has."""

    loss: Loss
    classes: list | None
    n_outputs: int

    def labels(self, m, rng):
        if self.classes is not None:
            return rng.permutation(np.arange(m) % len(self.classes))
        if isinstance(self.loss, HalfPoissonLoss):
            return rng.poisson(2.0, m).astype(float)
        return rng.normal(size=m if self.n_outputs == 1 else (m, self.n_outputs))

    def draw(self, m=12, p=3, seed=0):
        """Problem, features and evaluation rows; every group has rows of every class."""
        rng = np.random.default_rng(seed)
        problem = LinearMap(rng.normal(size=(self.n_outputs, p)), rng.normal(size=self.n_outputs))
        y = self.labels(m, rng)
        # within a class, alternate the groups
        order = np.argsort(y, kind="stable") if self.classes is not None else np.arange(m)
        groups = np.empty(m, dtype=object)
        groups[order] = np.array(["a", "b", "c"], dtype=object)[np.arange(m) % 3]
        rows = evaluation_rows(
            self.loss,
            y,
            sensitive_features=groups,
            sample_weight=rng.uniform(0.5, 2, m),
            classes=self.classes,
        )
        return problem, rng.normal(size=(m, p)), rows


CASES = {
    "two classes": Case(BinaryLogLoss(), ["no", "yes"], 1),
    "three classes": Case(MultinomialLogLoss(), ["x", "y", "z"], 3),
    "two classes by softmax": Case(MultinomialLogLoss(), ["no", "yes"], 2),
    "two classes by least squares": Case(SignedSquaredError(), [0, 1], 1),
    "three classes by least squares": Case(SignedSquaredError(), [0, 1, 2], 3),
    "regression": Case(HalfSquaredError(), None, 1),
    "two outputs": Case(HalfSquaredError(), None, 2),
    "counts": Case(HalfPoissonLoss(), None, 1),
}


def suited(target, case):
    """The target with a positive class where the case has more than two."""
    if isinstance(target, DemographicParity | EqualOpportunity | EqualOpportunityLoss) and case.n_outputs == 3:
        return target.set_params(pos_label=case.classes[2])
    return target


def derivative(value, at, step=1e-5):
    """Central differences of a vectorised scalar function of an array."""
    flat = np.eye(at.size).reshape(*at.shape, at.size) * step
    return ((value(at[..., None] + flat) - value(at[..., None] - flat)) / (2 * step)).reshape(at.shape)
