"""Features, and what was fitted to them, from which numerical work cannot start."""

import numpy as np
import pytest
from cases import COUNTS, REAL, X
from scipy import sparse
from sklearn.linear_model import LinearRegression, PoissonRegressor, Ridge, TweedieRegressor

from skinfluence import LeaveOneOut, RescaledInfluence
from skinfluence.exceptions import SingularCurvatureError, UnsupportedEstimatorError


@pytest.mark.parametrize("estimator", [PoissonRegressor(), TweedieRegressor(power=1.5)], ids=["poisson", "tweedie"])
def test_counts_that_are_all_zero_have_no_optimum(estimator):
    with pytest.raises(SingularCurvatureError, match="parameters that are not finite .*counts that are all zero"):
        RescaledInfluence(estimator).fit(X, np.zeros_like(COUNTS))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_columns_too_large_to_square_are_refused(container):
    table = X.copy()
    table[:, 1] *= 1e160
    fitted = Ridge(solver="sparse_cg").fit(X, REAL)
    with pytest.raises(ValueError, match=r"as large as .*e\+160 \(column 1\).*measure the column in a larger unit"):
        LeaveOneOut(fitted).fit(container(table), REAL)


def test_models_without_a_parameter_that_moves_are_refused():
    with pytest.raises(UnsupportedEstimatorError, match="LinearRegression are all zero .*fit_intercept=True"):
        LeaveOneOut(LinearRegression(fit_intercept=False)).fit(np.zeros((len(X), 2)), REAL)


@pytest.mark.parametrize("rows", [[], ()])
def test_tables_without_rows_are_refused_in_words(rows):
    with pytest.raises(ValueError, match="X holds no training rows.*pass some"):
        LeaveOneOut(Ridge()).fit(rows, rows)
    with pytest.raises(ValueError, match="X holds no evaluation rows.*pass some"):
        LeaveOneOut(Ridge()).fit(X.tolist(), REAL).attribute(rows, rows)
