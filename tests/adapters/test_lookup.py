"""Which rule speaks for an estimator: the most derived one, and none for a fit that nobody has vouched for."""

import numpy as np
import pytest
from cases import BINARY, REAL, X
from rounding import SUMS
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, MultiTaskLasso, Ridge

from skinfluence import InfluenceFunctions, supports
from skinfluence.adapters import Objective, adapt, register, registry, ridge
from skinfluence.adapters.reducing import reduction_of
from skinfluence.adapters.registry import rule_for
from skinfluence.exceptions import UnsupportedEstimatorError


class Renamed(Ridge):
    """Another name."""


class Halved(Ridge):
    """Half the penalty, by a fit of its own."""

    def fit(self, X, y, sample_weight=None):
        plain = Ridge(self.alpha / 2).fit(X, y, sample_weight)
        self.coef_, self.intercept_, self.n_features_in_ = plain.coef_, plain.intercept_, X.shape[1]
        return self


class HalvedRule(ridge.RidgeAdapter):
    estimators = (Halved,)

    def objectives(self, estimator, y, codes, sample_weight):
        return [Objective(y, estimator.alpha / 2)]


class Unknown(LogisticRegression):
    """A fit of its own, that nobody vouches for."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, sample_weight)


class UnknownKernel(KernelRidge):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, sample_weight)


class LinearKernel(KernelRidge):
    """A subclass of an estimator that is reduced, which stands for itself."""

    def fit(self, X, y, sample_weight=None):
        plain = Ridge(self.alpha, fit_intercept=False).fit(X, y, sample_weight)
        self.coef_, self.intercept_, self.fit_intercept = plain.coef_, 0.0, False
        self.n_features_in_ = X.shape[1]
        return self


class LinearKernelRule(ridge.RidgeAdapter):
    estimators = (LinearKernel,)


@pytest.fixture(autouse=True)
def rules(monkeypatch):
    """Ours and those above, of which nothing stays."""
    monkeypatch.setattr(registry, "_rules", list(registry._rules))
    register(HalvedRule(), LinearKernelRule())


def test_subclass_without_a_fit_of_its_own_is_treated_as_its_base():
    effects = [InfluenceFunctions(cls(2.0)).fit(X, REAL).attribute(X, REAL).values for cls in (Renamed, Ridge)]
    np.testing.assert_array_equal(*effects)


def test_most_derived_rule_speaks():
    assert isinstance(adapt(Halved().fit(X, REAL), X, REAL).adapter, HalvedRule)
    assert type(adapt(Ridge().fit(X, REAL), X, REAL).adapter) is ridge.RidgeAdapter
    effects = [InfluenceFunctions(each).fit(X, REAL).attribute(X, REAL).values for each in (Halved(4.0), Ridge(2.0))]
    np.testing.assert_allclose(*effects, rtol=SUMS)


def test_adapter_of_a_subclass_goes_before_the_restatement_of_its_base():
    assert reduction_of(KernelRidge()) is not None
    assert reduction_of(LinearKernel()) is None
    effects = [
        InfluenceFunctions(each).fit(X, REAL).attribute(X, REAL).values
        for each in (LinearKernel(2.0), Ridge(2.0, fit_intercept=False))
    ]
    np.testing.assert_allclose(*effects, rtol=SUMS)


@pytest.mark.parametrize("cls", [Unknown, UnknownKernel])
def test_subclass_with_a_fit_of_its_own_is_refused_with_the_way_out(cls):
    supported, reason = supports(cls())
    assert not supported
    assert "it has a fit of its own" in reason
    rule = "LogisticAdapter" if cls is Unknown else "KernelRidgeReduction"
    assert f"class {cls.__name__}Rule({rule}): estimators = ({cls.__name__},)" in reason
    with pytest.raises(UnsupportedEstimatorError, match=r"use LeaveOneOut\(estimator, method='refit'\)"):
        InfluenceFunctions(cls()).fit(X, BINARY)


def test_reason_of_the_rule_goes_before_that_of_the_fit():
    assert "a penalty on groups" in supports(MultiTaskLasso())[1]


def test_last_rule_for_a_class_speaks():
    class First(ridge.RidgeAdapter):
        estimators = (Ridge,)

    class Second(First):
        """Inherits what it is for."""

    assert type(rule_for(Renamed())[0]) is ridge.RidgeAdapter
    register(First())
    register(Second())
    rule, cls = rule_for(Renamed())
    assert type(rule) is Second
    assert cls is Ridge


def test_rule_of_a_package_speaks_for_all_its_classes():
    class OfTheseTests(ridge.RidgeAdapter):
        estimators = (__name__.partition(".")[0],)

    register(OfTheseTests())
    assert type(rule_for(Renamed())[0]) is OfTheseTests
    assert type(rule_for(Ridge())[0]) is ridge.RidgeAdapter


@pytest.mark.parametrize("rule", [ridge.RidgeAdapter, "Ridge", Ridge()])
def test_register_takes_instances_of_rules(rule):
    with pytest.raises(TypeError, match="register takes instances of rules, got"):
        register(rule)
