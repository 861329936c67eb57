"""DataTrimmerCV chooses by the target that was asked for, within a limit on the estimator's own score."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from skinfluence import DataTrimmer, DataTrimmerCV, ValidationSet

# the trusted rows, half as many as the training rows, are not cut; surrogates are named elsewhere
pytestmark = pytest.mark.filterwarnings("ignore::skinfluence.exceptions.TrimmingWarning")
BUDGETS = [0.0, 0.1, 0.3]


@pytest.fixture(scope="module")
def unequal():
    """Two groups of different labels: training rows, their groups, and trusted rows."""
    rng = np.random.default_rng(0)
    g = rng.integers(0, 2, 900)
    X = rng.normal(size=(900, 4))
    X[:, 0] += 0.6 * g
    y = (X[:, 0] + 0.5 * g + rng.normal(size=900) > 0.5).astype(int)
    return X[:600], y[:600], g[:600], ValidationSet(X[600:], y[600:], sensitive_features=g[600:])


def _gap(model, trusted):
    p = model.predict_proba(trusted.X)[:, 1]
    return abs(p[trusted.sensitive_features == 1].mean() - p[trusted.sensitive_features == 0].mean())


@pytest.mark.parametrize("model", [LogisticRegression(), RandomForestClassifier(20, random_state=0)])
def test_a_gap_is_what_budgets_are_chosen_by(unequal, model):
    """By hand: a trimmer for each budget, the gap of its model on the trusted rows, its accuracy against all rows'."""
    X, y, _, trusted = unequal
    fits = [DataTrimmer(model, target="demographic_parity", budget=b).fit(X, y, X_val=trusted) for b in BUDGETS]
    gaps = np.array([_gap(fit.estimator_, trusted) for fit in fits])
    falls = fits[0].score(trusted.X, trusted.y) - np.array([fit.score(trusted.X, trusted.y) for fit in fits])
    for limit in (0.0, 0.005, 0.05, None):
        found = DataTrimmerCV(model, target="demographic_parity", budgets=BUDGETS, max_accuracy_loss=limit)
        found.fit(X, y, X_val=trusted)
        np.testing.assert_allclose(found.cv_results_["mean_test_score"], -gaps, atol=1e-12)
        allowed = np.flatnonzero(falls <= (np.inf if limit is None else limit))
        assert found.budget_ == BUDGETS[allowed[np.argmin(gaps[allowed])]]
        np.testing.assert_allclose(found.cv_results_["mean_accuracy_loss"], falls if limit is not None else np.nan)
    assert found.budget_ > 0


def test_folds_score_the_gap_between_their_own_groups(unequal):
    X, y, g, _ = unequal
    found = DataTrimmerCV(LogisticRegression(), target="demographic_parity", max_accuracy_loss=None, random_state=0)
    assert found.fit(X, y, sensitive_features=g).budget_ > 0
    assert (found.cv_results_["mean_test_score"] < 0).all()
    pandas = pytest.importorskip("pandas", reason="groups by the name of a column")
    named = pandas.DataFrame(X).assign(sex=g).rename(columns=str)
    assert found.fit(named, y, sensitive_features="sex").budget_ > 0


def test_a_ranking_is_chosen_by_the_score_of_the_estimator(unequal):
    X, y, _, trusted = unequal
    found = DataTrimmerCV(LogisticRegression(), budgets=BUDGETS).fit(X, y, X_val=trusted)
    fits = [DataTrimmer(LogisticRegression(), budget=b).fit(X, y, X_val=trusted) for b in BUDGETS]
    scores = [fit.score(trusted.X, trusted.y) for fit in fits]
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], scores)


def test_where_every_budget_costs_too_much_the_cheapest_is_chosen(unequal):
    X, y, _, trusted = unequal
    found = DataTrimmerCV(LogisticRegression(), target="demographic_parity", budgets=[0.6, 0.3], max_accuracy_loss=0)
    found.fit(X, y, X_val=trusted)
    assert (found.cv_results_["mean_accuracy_loss"] > 0).all()
    assert found.budget_ == found.cv_results_["budget"][np.argmin(found.cv_results_["mean_accuracy_loss"])]


@pytest.mark.parametrize("limit", [-0.1, "0.1", True, np.nan])
def test_a_limit_is_a_number(unequal, limit):
    X, y, _, trusted = unequal
    with pytest.raises(ValueError, match="max_accuracy_loss must be a number of at least 0"):
        DataTrimmerCV(LogisticRegression(), max_accuracy_loss=limit).fit(X, y, X_val=trusted)
