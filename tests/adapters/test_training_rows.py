"""Pipelines whose steps train the model on other features than they predict with."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, TargetEncoder

from skinfluence import LeaveOneOut, NewtonStep, RowBlocks
from skinfluence._compat import VERSION
from skinfluence.adapters import supports
from skinfluence.exceptions import UnsupportedEstimatorError
from skinfluence.testing.closeness import OPTIMA, REFITS, SOLVES, assert_near

GENERATOR = np.random.default_rng(0)
N = 90
CITY = GENERATOR.integers(0, 12, N)
X = np.column_stack([CITY, GENERATOR.normal(size=N)])
REAL = GENERATOR.normal(size=12)[CITY] + X[:, 1] + GENERATOR.normal(size=N)
LABELS = np.where(REAL > 0, "yes", "no")
GAPS = np.where(GENERATOR.random((N, 2)) < 0.2, np.nan, np.column_stack([X[:, 1], REAL + GENERATOR.normal(size=N)]))
# an imputer that draws draws at each transform: what it is asked for has no gaps
GAPS[:20] = np.column_stack([X[:20, 1], REAL[:20]])
ROWS = np.arange(0, N, 9)


def encoder(shuffle=True, random_state=0):
    """A TargetEncoder, whose seed scikit-learn 1.9 moved into its cv."""
    folds = {"shuffle": shuffle, "random_state": random_state}
    return TargetEncoder(cv=KFold(5, **folds)) if VERSION >= (1, 9) else TargetEncoder(cv=5, **folds)


ENCODER = encoder()
BESIDE = ColumnTransformer([("city", ENCODER, [0]), ("size", StandardScaler(), [1])])
STEPS = {
    "encoder": (ENCODER, X),
    "in a column transformer": (BESIDE, X),
    "in a pipeline in a column transformer": (
        ColumnTransformer([("city", make_pipeline(ENCODER, StandardScaler()), [0])], remainder="passthrough"),
        X,
    ),
    "imputer that draws": (IterativeImputer(sample_posterior=True, random_state=0), GAPS),
}


def refits(step, final, X, y):
    """Sum of losses on the first rows without each of ROWS, less that with all: the step stays as it was fitted."""
    step, final = clone(step), clone(final)
    trained, evaluated = step.fit_transform(X, y), step.transform(X)[:20]

    def value(keep):
        fitted = clone(final).fit(trained[keep], y[keep])
        if hasattr(fitted, "classes_"):
            codes = np.searchsorted(fitted.classes_, y[:20])
            return -np.log(fitted.predict_proba(evaluated)[np.arange(20), codes]).sum()
        return 0.5 * ((fitted.predict(evaluated) - y[:20]) ** 2).sum()

    everything = np.arange(N)
    return np.array([value(np.delete(everything, row)) - value(everything) for row in ROWS])


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("final", [Ridge(alpha=0.1), LogisticRegression(solver="newton-cholesky", tol=1e-12)], ids=str)
def test_effects_are_those_of_the_features_that_the_model_was_trained_on(name, final):
    step, features = STEPS[name]
    y = LABELS if isinstance(final, LogisticRegression) else REAL
    pipe = make_pipeline(step, final)
    expected = refits(step, final, features, y)
    fitted = clone(pipe).fit(features, y)
    for estimator, method in ((pipe, "exact"), (FrozenEstimator(fitted), "exact"), (fitted, "refit")):
        attributor = LeaveOneOut(estimator, method=method).fit(features, y)
        assert_near(attributor.attribute(features[:20], y[:20]).values[ROWS], expected, REFITS)
    drawing = "IterativeImputer" if features is GAPS else "TargetEncoder"
    assert f"trained on the fit_transform of {drawing}" in NewtonStep(pipe).fit(features, y).model_.note


def test_labels_are_those_that_the_step_was_fitted_with():
    inner = make_pipeline(ENCODER, Ridge(alpha=0.1))
    model = TransformedTargetRegressor(inner, func=lambda y: 3 * y, inverse_func=lambda y: y / 3, check_inverse=False)
    exact = LeaveOneOut(model).fit(X, REAL).attribute(X[:20], REAL[:20])
    assert_near(exact.values[ROWS], refits(ENCODER, Ridge(alpha=0.1), X, 3 * REAL), OPTIMA)


def test_neighbours_vote_where_they_were_trained():
    pipe = make_pipeline(BESIDE, KNeighborsRegressor(5))
    exact = LeaveOneOut(pipe).fit(X, REAL).attribute(X[:20], REAL[:20])
    assert_near(exact.values[ROWS], refits(BESIDE, KNeighborsRegressor(5), X, REAL), SOLVES)


def test_steps_that_were_put_together_after_their_fits_are_taken_as_they_are():
    step = clone(ENCODER).fit(X, REAL)
    final = Ridge(alpha=0.1).fit(step.transform(X), REAL)
    apart = LeaveOneOut(final).fit(step.transform(X), REAL).attribute(step.transform(X)[:20], REAL[:20])
    frozen = make_pipeline(FrozenEstimator(step), Ridge(alpha=0.1))
    for pipe in (Pipeline([("step", step), ("final", final)]), frozen):
        together = LeaveOneOut(pipe).fit(X, REAL)
        assert_near(together.attribute(X[:20], REAL[:20]).values, apart.values, OPTIMA)
        assert "fit_transform" not in together.model_.note


class OthersMean(TransformerMixin, BaseEstimator):
    """Encodes a training row by the mean label of the others of its city: an encoder from elsewhere."""

    def __init__(self, noise=0.0):
        self.noise = noise

    def fit(self, X, y):
        self.means_ = np.array([y[X[:, 0] == city].mean() for city in range(12)])
        return self

    def transform(self, X):
        return self.means_[X[:, 0].astype(int)][:, None]

    def fit_transform(self, X, y):
        count = np.bincount(X[:, 0].astype(int))[X[:, 0].astype(int)]
        others = (self.fit(X, y).transform(X)[:, 0] * count - y) / np.maximum(count - 1, 1)
        return (others + self.noise * np.random.default_rng().normal(size=len(y)))[:, None]


def test_encoders_of_other_libraries_are_compared():
    exact = LeaveOneOut(make_pipeline(OthersMean(), Ridge())).fit(X, REAL).attribute(X[:20], REAL[:20])
    assert_near(exact.values[ROWS], refits(OthersMean(), Ridge(), X, REAL), OPTIMA)
    with pytest.raises(UnsupportedEstimatorError, match="OthersMean trains the model on other features"):
        LeaveOneOut(make_pipeline(OthersMean(0.1), Ridge())).fit(X, REAL)


@pytest.mark.parametrize(
    ("step", "features"),
    [
        (TargetEncoder(), X),
        (encoder(random_state=None), X),
        (ColumnTransformer([("city", encoder(random_state=np.random.RandomState(0)), [0])]), X),
        (IterativeImputer(sample_posterior=True), GAPS),
    ],
    ids=["encoder", "its folds", "a generator", "imputer"],
)
def test_features_that_are_drawn_anew_are_refused_before_the_fit(step, features):
    pipe = make_pipeline(step, FunctionTransformer(), Ridge())
    with pytest.raises(
        UnsupportedEstimatorError, match="give it a number as random_state .*, or use LeaveOneOut"
    ) as error:
        NewtonStep(pipe).fit(features, REAL)
    assert supports(pipe, NewtonStep()) == (False, str(error.value))
    with pytest.raises(UnsupportedEstimatorError, match="give it a number as random_state"):
        LeaveOneOut(pipe, method="refit").fit(features, REAL)
    whole = LeaveOneOut(pipe, method="refit", refit_preprocessing=True)
    assert supports(pipe, whole) == (True, "")


def test_steps_that_do_not_draw_need_no_seed():
    for step, features in ((encoder(shuffle=False, random_state=None), X), (IterativeImputer(), GAPS), (PCA(1), X)):
        assert supports(make_pipeline(step, Ridge()), NewtonStep()) == (True, "")
        NewtonStep(make_pipeline(step, Ridge())).fit(features, REAL)


def test_rows_in_blocks_pass_through_transform():
    pipe = make_pipeline(ENCODER, Ridge()).fit(X, REAL)
    with pytest.raises(UnsupportedEstimatorError, match="TargetEncoder may train the model on other features"):
        NewtonStep(pipe).fit(RowBlocks.from_arrays(X, REAL, block_size=30))
