"""The largest effects on each evaluation row against the full matrix, without the full matrix."""

import numpy as np
import pytest
from cases import logistic
from memory import largest_array
from numpy.testing import assert_allclose, assert_array_equal
from rounding import SUMS
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, RelativeInfluence, RescaledInfluence
from skinfluence.attributors.static import _base as static
from skinfluence.attributors.top_rows import top_rows
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.targets import AdversarialLoss, FGSMLoss, Loss, Parameter

N, M, K = 60, 25, 7
_generator = np.random.default_rng(5)
X = _generator.normal(size=(N + M, 3))
Y = (X @ [1.0, -1.0, 0.5] + _generator.logistic(size=N + M) > 0).astype(int)
TRAINING, EVALUATION = (X[:N], Y[:N]), (X[N:], Y[N:])
ATTRIBUTORS = {
    "linear": RescaledInfluence(logistic()),
    "moved": InfluenceFunctions(logistic(), evaluation="moved"),
    "normalised": RelativeInfluence(logistic()),
    "exact": LeaveOneOut(logistic()),
    "refits": LeaveOneOut(Ridge(), method="refit"),
    "squared": NewtonStep(Ridge()),
}
attributors = pytest.mark.parametrize("attributor", ATTRIBUTORS.values(), ids=ATTRIBUTORS)


@pytest.fixture
def small_blocks(monkeypatch):
    """Three evaluation rows at a time."""
    monkeypatch.setattr(static, "BLOCK_SIZE", 3 * N)


def assert_largest(top, full, k):
    """The k largest sizes of each column, falling, and where they say they are."""
    assert top.values.shape == top.rows.shape == (k, full.shape[1])
    assert_allclose(top.values, np.take_along_axis(full, top.rows, axis=0), rtol=SUMS, atol=1e-15)
    sizes = np.sort(np.abs(full), axis=0)[::-1][:k]
    assert_allclose(np.abs(top.values), sizes, rtol=SUMS, atol=1e-15)
    assert all(len(set(column)) == k for column in top.rows.T)


@attributors
@pytest.mark.usefixtures("small_blocks")
def test_top_rows_are_the_largest_of_the_full_answer(attributor):
    fitted = attributor.fit(*TRAINING)
    weight = np.linspace(0, 2, M)
    full = fitted.attribute(*EVALUATION, aggregate=False, sample_weight=weight)
    top = fitted.attribute(*EVALUATION, aggregate=False, sample_weight=weight, top_k=K)
    assert_largest(top, full.values, K)
    assert top.unit == full.unit
    assert top.verdict == full.verdict


@pytest.mark.parametrize("attributor", [RescaledInfluence(logistic()), NewtonStep(logistic(), evaluation="moved")])
@pytest.mark.usefixtures("small_blocks")
def test_top_groups_are_the_largest_of_the_full_answer(attributor):
    fitted, groups = attributor.fit(*TRAINING), np.array(list("abcdef"))[np.arange(N) % 6]
    full = fitted.attribute(*EVALUATION, aggregate=False, train_groups=groups)
    top = fitted.attribute(*EVALUATION, aggregate=False, train_groups=groups, top_k=2)
    assert_largest(top, full.values, 2)
    assert_array_equal(top.row_names, full.row_names[top.rows])


@pytest.mark.parametrize("target", [Loss() - 2 * AdversarialLoss(), FGSMLoss(0.3)])
@pytest.mark.usefixtures("small_blocks")
def test_top_rows_of_targets_that_move_the_evaluation_rows(target):
    fitted = RescaledInfluence(logistic(), target=target).fit(*TRAINING)
    full = fitted.attribute(*EVALUATION, aggregate=False)
    assert_largest(fitted.attribute(*EVALUATION, aggregate=False, top_k=K), full.values, K)


@pytest.mark.usefixtures("small_blocks")
def test_top_rows_of_sparse_evaluation_rows():
    fitted = RescaledInfluence(logistic()).fit(csr_array(X[:N]), Y[:N])
    full = fitted.attribute(csr_array(X[N:]), Y[N:], aggregate=False)
    assert_largest(fitted.attribute(csr_array(X[N:]), Y[N:], aggregate=False, top_k=K), full.values, K)


def test_top_rows_of_equal_size_go_by_position_and_missing_ones_come_last():
    effects = np.array([[1.0, np.nan], [-2.0, 0.0], [2.0, 0.0], [1.0, 3.0], [0.5, 0.0]])
    assert_array_equal(top_rows([effects], 3).rows, [[1, 3], [2, 1], [0, 2]])
    everything = top_rows([effects[:, :1], effects[:, 1:]], 5)
    assert_array_equal(everything.rows, [[1, 3], [2, 1], [0, 2], [3, 4], [4, 0]])
    assert np.isnan(everything.values[4, 1])
    assert_array_equal(everything.missing, [True, False, False, False, False])


def test_top_rows_verdict_counts_rows_without_an_answer():
    # without row 0 nothing determines the third coefficient
    features = X[:N].copy()
    features[:, 2] = 0
    features[0, 2] = 1
    fitted = LeaveOneOut(logistic(C=np.inf)).fit(np.vstack([features, -features]), np.r_[Y[:N], 1 - Y[:N]])
    full = fitted.attribute(*EVALUATION, aggregate=False)
    top = fitted.attribute(*EVALUATION, aggregate=False, top_k=2)
    assert top.verdict == full.verdict


@pytest.mark.parametrize("k", [1, N])
def test_top_rows_are_as_many_as_asked(k):
    fitted = InfluenceFunctions(Ridge()).fit(*TRAINING)
    full = fitted.attribute(*EVALUATION, aggregate=False)
    assert_largest(fitted.attribute(*EVALUATION, aggregate=False, top_k=k), full.values, k)


def test_top_rows_never_hold_all_effects(monkeypatch):
    monkeypatch.setattr(static, "BLOCK_SIZE", 8 * 400)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 4)), rng.normal(size=400)
    fitted = InfluenceFunctions(Ridge()).fit(X, y)
    _, largest = largest_array(lambda: fitted.attribute(X, y, aggregate=False, top_k=3))
    # effects of all rows on 8 evaluation rows, and what is kept of the blocks before: 3 effects on every evaluation row
    assert largest <= 8 * (400 * 8 + 3 * 400)
    _, largest = largest_array(lambda: fitted.attribute(X, y, aggregate=False))
    assert largest >= 8 * 400 * 400


def test_top_rows_know_names_gain_and_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:N], index=[f"r{i}" for i in range(N)], columns=list("abc"))
    fitted = RescaledInfluence(logistic()).fit(frame, Y[:N])
    top = fitted.attribute(pd.DataFrame(X[N:], columns=list("abc")), Y[N:], aggregate=False, top_k=K)
    assert top.row_names[2, 4] == f"r{top.rows[2, 4]}"
    assert_array_equal(top.gain, -top.values)
    table = top.to_frame()
    assert list(table.columns) == ["evaluation_row", "rank", "position", "influence"]
    assert len(table) == K * M
    line = table[(table["evaluation_row"] == 4) & (table["rank"] == 2)]
    assert line.index[0] == top.row_names[2, 4]
    assert line["position"].item() == top.rows[2, 4]
    assert line["influence"].item() == top.values[2, 4]
    assert f"the {K} largest rows for each of {M} evaluation rows" in repr(top)
    with pytest.raises(ValueError, match=r"shape \(7, 25\); the largest of each column are kept already, see rows"):
        top.top(3)
    unnamed = InfluenceFunctions(Ridge()).fit(*TRAINING).attribute(*EVALUATION, aggregate=False, top_k=K)
    assert_array_equal(unnamed.row_names, unnamed.rows)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"top_k": 3}, r"top_k keeps the largest effects on each evaluation row; pass aggregate=False.*Influence\.top"),
        ({"top_k": 0, "aggregate": False}, "top_k must be an integer of at least 1, or None for all rows, got 0"),
        ({"top_k": 2.5, "aggregate": False}, "top_k must be an integer of at least 1, or None for all rows, got 2.5"),
        ({"top_k": True, "aggregate": False}, "top_k must be an integer of at least 1, or None for all rows, got True"),
        ({"top_k": N + 1, "aggregate": False}, rf"top_k={N + 1} asks for more than the {N} training rows"),
    ],
)
def test_top_rows_check_how_many_are_asked_for(question, message):
    fitted = InfluenceFunctions(logistic()).fit(*TRAINING)
    with pytest.raises(ValueError, match=message):
        fitted.attribute(*EVALUATION, **question)


@pytest.mark.parametrize("top_k", [None, 3])
@pytest.mark.parametrize("evaluation", ["linear", "moved"])
def test_single_evaluation_rows_are_no_part_of_a_parameter(evaluation, top_k):
    fitted = RescaledInfluence(logistic(), target=Parameter(0), evaluation=evaluation).fit(*TRAINING)
    with pytest.raises(UnsupportedQuestionError, match=r"'parameter' is not a sum over the .*aggregate=True"):
        fitted.attribute(aggregate=False, top_k=top_k)


def test_self_influence_has_no_top_k():
    fitted = RescaledInfluence(logistic(), target="self_influence").fit(*TRAINING)
    with pytest.raises(UnsupportedQuestionError, match="pass no X, y, groups or top_k"):
        fitted.attribute(aggregate=False, top_k=3)
