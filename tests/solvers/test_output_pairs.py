"""Forms E_i H^-1 E_i' of all rows of several outputs: by pairs of outputs as by a dense inverse."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from skinfluence import Leverage, RescaledInfluence
from skinfluence.operators import Curvature, Design
from skinfluence.solvers import CholeskySolver, dense, output_pairs
from skinfluence.testing import assert_near

EPS = np.finfo(float).eps


def curvature(K, intercept, softmax, n=90, p=4):
    """Of random rows; of a softmax with its flat direction, the intercepts without a penalty."""
    generator = np.random.default_rng(K)
    design = Design(generator.normal(size=(n, p)), K, intercept)
    shares = generator.dirichlet(np.ones(K), size=n)
    M = np.einsum("nk,kl->nkl", shares, np.eye(K)) - shares[:, :, None] * shares[:, None, :]
    if not softmax:
        M = M + 0.3 * np.eye(K)
    diagonal = generator.uniform(0.5, 2.0, size=design.n_parameters)
    null = np.zeros((design.n_parameters, 0))
    if softmax and intercept:
        diagonal[K * p :] = 0
        null = np.r_[np.zeros(K * p), np.ones(K)][:, None] / np.sqrt(K)
    return Curvature(design, M, diagonal, null)


@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("K", [2, 3, 5])
def test_pairs_of_outputs_give_the_forms_of_a_dense_inverse(K, intercept, softmax, monkeypatch):
    # several blocks, the last one shorter
    monkeypatch.setattr(output_pairs, "ROWS_AT_ONCE", 40)
    H = curvature(K, intercept, softmax)
    whole = CholeskySolver().prepare(H).inner_of_all_rows(H.design)
    blocks, forms = zip(*whole, strict=True)
    assert [len(S) for S in forms] == [40, 40, 10]
    assert blocks[-1].stop == 90
    basis, values = H.design.basis(slice(None)), np.linalg.eigvalsh(H.dense())
    expected = np.einsum("pbk,pq,qbl->bkl", basis, np.linalg.pinv(H.dense(), rcond=1e-12), basis)
    seen = values[values > values[-1] * 1e-12]
    assert_near(np.concatenate(forms), expected, 10 * EPS * H.n_parameters * seen[-1] / seen[0])


@pytest.mark.parametrize("why", ["sparse", "ill-conditioned", "one output", "few rows"])
def test_where_pairs_do_not_pay_or_are_not_safe_rows_are_solved(why, monkeypatch):
    H = curvature(1 if why == "one output" else 3, True, False)
    if why == "sparse":
        H = Curvature(Design(sparse.csr_matrix(H.design.X), 3, True), H.row_hessians, H.diagonal, H.null_directions)
    if why == "ill-conditioned":
        monkeypatch.setattr(dense, "INVERSE_RCOND", 1.0)
    few = H.design.with_rows(H.design.X[:2]) if why == "few rows" else H.design
    monkeypatch.setattr(dense, "OutputPairs", None)
    factor = CholeskySolver().prepare(H)
    forms = np.concatenate([S for _, S in factor.inner_of_all_rows(few)])
    # two solves with one factor: rounding in units of its condition number
    condition = np.linalg.cond(H.dense())
    assert condition < 1e3
    assert_near(forms, factor.inner(few.basis(slice(None))), 10 * EPS * condition)


def test_rescaled_influence_and_leverage_of_classes_are_the_same_by_either_way(monkeypatch):
    X, y = load_iris(return_X_y=True)
    model = LogisticRegression(tol=1e-8, max_iter=1000).fit(X, y)

    def asked():
        values = RescaledInfluence(model).fit(X, y).attribute(X[:20], y[:20]).values
        return values, Leverage(model).fit(X, y).attribute().values

    by_pairs = asked()
    problem = RescaledInfluence(model).fit(X, y).problem_
    # of what the objective sees: the sum of the intercepts is free
    values = np.linalg.eigvalsh(problem.curvature().dense())
    condition = values[-1] / values[1]
    monkeypatch.setattr(dense, "INVERSE_RCOND", 1.0)
    for found, expected in zip(by_pairs, asked(), strict=True):
        assert_near(found, expected, 10 * EPS * condition)
