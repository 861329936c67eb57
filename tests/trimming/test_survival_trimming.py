"""DataTrimmer and InfluenceTree around Cox regressions: mistaken times go, and the rest is refitted."""

import numpy as np
import pytest
from survival_cases import linear_model, pd

from skinfluence import DataTrimmer, DataTrimmerCV, InfluenceTree, LeaveOneOut, VersatileInfluence
from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.models import LifelinesCox
from skinfluence.testing import assert_near

MODELS = [LifelinesCox(), linear_model.CoxPHSurvivalAnalysis()]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


def corrupted(n=200, wrong=30):
    """Training rows, the first of which are mistaken, and clean ones."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(2 * n + 20, 2)), columns=["x1", "x2"])
    y = np.empty(len(X), dtype=[("event", bool), ("time", float)])
    y["time"] = rng.exponential(size=len(X)) * np.exp(-(X @ [1.5, -1.0]))
    y["event"] = rng.random(len(X)) < 0.9
    # the hazards of these rows are the wrong way round
    y["time"][:wrong] = rng.exponential(size=wrong) * np.exp(X[:wrong] @ [1.5, -1.0])
    return X[:n], y[:n], X[n:], y[n:]


@every_model
def test_trimmer_removes_corrupted_rows_and_improves_the_likelihood(model):
    X, y, X_val, y_val = corrupted()
    trimmer = DataTrimmer(model, budget=8).fit(X, y, X_val=X_val, y_val=y_val)
    # 30 of 200 are mistaken: one or two of eight by chance
    assert (trimmer.trimmed_indices_ < 30).sum() >= 4
    assert trimmer.path_["measured"][-1] < trimmer.path_["measured"][0] - 10
    assert np.isfinite(trimmer.path_["predicted"]).all()
    assert trimmer.predict(X_val).shape == (220,)
    assert trimmer.influence_.target == "PartialLikelihood()"


@every_model
def test_trimmer_measures_what_a_refit_has(model):
    X, y, X_val, y_val = corrupted()
    trimmer = DataTrimmer(model, target="partial_likelihood", budget=10).fit(X, y, X_val=X_val, y_val=y_val)
    kept = trimmer.sample_indices_
    refit = VersatileInfluence(model).fit(X.iloc[kept], y[kept])
    assert_near(trimmer.path_["measured"][-1], refit.evaluate(X_val, y_val), 1e-9)


@every_model
def test_trimmer_without_trusted_rows_asks_for_them(model):
    X, y, _, _ = corrupted()
    with pytest.raises(UnsupportedTargetError, match="have no loss, by which.*pass validation rows as X_val"):
        DataTrimmer(model).fit(X, y)


def test_trimmer_moves_parameters_for_concordance():
    X, y, X_val, y_val = corrupted()
    trimmer = DataTrimmer(MODELS[1], target="concordance", budget=10).fit(X, y, X_val=X_val, y_val=y_val)
    assert trimmer.path_["measured"][-1] > trimmer.path_["measured"][0]


def test_budget_is_chosen_on_trusted_rows():
    X, y, X_val, y_val = corrupted()
    trimmer = DataTrimmerCV(MODELS[1], budgets=[1, 8]).fit(X, y, X_val=X_val, y_val=y_val)
    assert trimmer.budget_ == 8


def test_influence_tree_describes_who_is_influential():
    X, y, X_val, y_val = corrupted()
    influence = LeaveOneOut(MODELS[1].fit(X, y)).fit(X, y).attribute(X_val, y_val)
    tree = InfluenceTree(max_depth=2, reg_param=0.0, random_state=0).fit(X, influence.values)
    leaves = tree.apply(X)
    assert len(np.unique(leaves)) == 4
    for leaf in np.unique(leaves):
        assert_near(tree.predict(X[leaves == leaf])[0], influence.values[leaves == leaf].mean(), 1e-9)
