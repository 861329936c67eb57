"""Rows in every sparse format of SciPy, by methods that take rows out of them."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from skinfluence import LeaveOneOut, RescaledInfluence

FORMATS = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
generator = np.random.default_rng(0)
X = generator.standard_normal((20, 3)) * generator.integers(0, 2, (20, 3))
y = (X[:, 0] + generator.standard_normal(20) > 0).astype(int)


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("whole", [False, True])
def test_refits_take_rows_of_every_format(format_, kind, whole):
    rows = getattr(sparse, f"{format_}_{kind}")(X)
    pipeline = make_pipeline(MaxAbsScaler(), LogisticRegression(tol=1e-10))
    model = pipeline if whole else pipeline[-1]
    method = LeaveOneOut(model, method="refit", refit_preprocessing=whole)
    actual = method.fit(rows, y).attribute(rows, y, aggregate=False).values
    expected = method.fit(X, y).attribute(X, y, aggregate=False).values
    # the tolerance of the solver, times the condition of 20 rows
    np.testing.assert_allclose(actual, expected, atol=1e-7)


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("format_", FORMATS)
def test_questions_take_rows_of_every_format(format_, kind):
    rows = getattr(sparse, f"{format_}_{kind}")(X)
    actual = RescaledInfluence(LogisticRegression()).fit(rows, y).attribute(rows, y, aggregate=False).values
    expected = RescaledInfluence(LogisticRegression()).fit(X, y).attribute(X, y, aggregate=False).values
    # both are at the optimum to rounding
    np.testing.assert_allclose(actual, expected, atol=1e-10)
