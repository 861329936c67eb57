"""The linear map against its own dense matrix, dense and sparse X alike."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

from skinfluence.operators import Curvature, Design
from skinfluence.operators import design as design_module
from skinfluence.testing import assert_near


def matrix(design):
    """E, (n, K, P): row i's raw predictions as a matrix in theta, from the definition."""
    X = design.X.toarray() if sparse.issparse(design.X) else design.X
    K = design.n_outputs
    rows = [np.kron(np.eye(K), x) for x in X]
    E = np.array([np.hstack([row, np.eye(K)]) if design.intercept else row for row in rows])
    return E[:, :, design.parameters]


@st.composite
def designs(draw):
    """Random shapes, one feature and one row included; zeros, so that sparse rows may be empty."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, p = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    X = generator.normal(size=(n, p)) * (generator.random((n, p)) < 0.7)
    X = sparse.csr_matrix(X) if draw(st.booleans()) else X
    design = Design(X, draw(st.integers(1, 3)), draw(st.booleans()))
    if draw(st.booleans()):
        kept = generator.random(design.n_parameters) < 0.7
        kept[0] = True
        design = design.part(np.flatnonzero(kept))
    return design, generator


@given(designs(), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_design_maps_are_products_with_its_matrix(case, B):
    design, generator = case
    E = matrix(design)
    n, K, P = E.shape
    theta, V = generator.normal(size=P), generator.normal(size=(P, B))
    cotangents = generator.normal(size=(n, K, B))
    assert design.n_parameters == P
    np.testing.assert_allclose(design.raw(theta), E @ theta, atol=1e-12)
    np.testing.assert_allclose(design.raw(V), np.einsum("nkp,pb->nkb", E, V), atol=1e-12)
    np.testing.assert_allclose(design.vjp(cotangents), np.einsum("nkp,nkb->pb", E, cotangents), atol=1e-12)
    np.testing.assert_allclose(design.basis(slice(None)), np.moveaxis(E, 2, 0), atol=0)
    np.testing.assert_allclose(design.column_norms, np.linalg.norm(E, axis=0).max(axis=0), atol=1e-12)
    M = generator.normal(size=(n, K, K))
    np.testing.assert_allclose(design.gram_diagonal(M), np.einsum("nkp,nkl,nlp->p", E, M, E), atol=1e-11)
    rows, some = np.arange(n)[::2], cotangents[::2, :, 0]
    np.testing.assert_allclose(design.columns(rows, some), np.einsum("nkp,nk->pn", E[rows], some), atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=30, deadline=None)
def test_part_of_a_design_is_the_part_of_its_matrix(seed, intercept):
    generator = np.random.default_rng(seed)
    design = Design(generator.normal(size=(4, 3)), 2, intercept)
    E, kept = matrix(design), np.flatnonzero(generator.random(design.n_parameters) < 0.5)
    theta = generator.normal(size=len(kept))
    part = design.part(kept)
    np.testing.assert_allclose(part.raw(theta), E[:, :, kept] @ theta, atol=1e-12)
    every_other = np.arange(len(kept))[::2]
    smaller = part.part(every_other)
    np.testing.assert_allclose(smaller.raw(theta[::2]), E[:, :, kept[::2]] @ theta[::2], atol=1e-12)
    # the same features of both outputs need no part
    full = np.arange(design.n_parameters)
    assert isinstance(design.part(full), Design)


@given(designs(), st.sampled_from(["definite", "indefinite", "zero"]))
@settings(max_examples=40, deadline=None)
def test_gram_is_the_sum_over_rows(case, kind):
    design, generator = case
    E = matrix(design)
    K = design.n_outputs
    root = generator.normal(size=(design.n_rows, K, K))
    transposed = np.swapaxes(root, 1, 2)
    M = {"definite": root @ transposed, "indefinite": root + transposed, "zero": 0 * root}[kind]
    np.testing.assert_allclose(design.gram(M), np.einsum("nkp,nkl,nlq->pq", E, M, E), atol=1e-11)


@given(designs())
@settings(max_examples=30, deadline=None)
def test_curvature_structure_is_its_dense_matrix(case):
    design, generator = case
    P, K = design.n_parameters, design.n_outputs
    root = generator.normal(size=(design.n_rows, K, K))
    curvature = Curvature(design, root @ np.swapaxes(root, 1, 2), generator.random(P), np.zeros((P, 0)))
    H, V = curvature.dense(), generator.normal(size=(P, 2))
    np.testing.assert_allclose(curvature.matvec(V), H @ V, atol=1e-11)
    assert curvature.mean_eigenvalue() == pytest.approx(np.linalg.eigvalsh(H).mean(), rel=1e-9)
    np.testing.assert_allclose(curvature.main_diagonal(), np.diagonal(H), atol=1e-11)
    damped = curvature.damped(0.5).dense()
    np.testing.assert_allclose(damped - H, 0.5 * curvature.mean_eigenvalue() * np.eye(P), atol=1e-11)
    L = curvature.roots()
    np.testing.assert_allclose(L @ np.swapaxes(L, 1, 2), curvature.row_hessians, atol=1e-11)


@given(designs())
@settings(max_examples=20, deadline=None)
def test_dual_gram_is_the_kernel_of_the_rows(case):
    design, generator = case
    # a part of the outputs' features has no kernel
    assume(isinstance(design, Design))
    X = design.X.toarray() if sparse.issparse(design.X) else design.X
    scale = generator.random(X.shape[1])
    np.testing.assert_allclose(design.dual_gram(scale), (X * scale) @ X.T, atol=1e-12)


def test_gram_does_not_depend_on_the_block_size(monkeypatch):
    generator = np.random.default_rng(0)
    design, M = Design(generator.normal(size=(50, 4)), 2), generator.normal(size=(50, 2, 2))
    expected = design.gram(M)
    monkeypatch.setattr(design_module, "CACHE_BYTES", 100)
    assert_near(design.gram(M), expected, 1e-13)
    assert len(design.blocks(4)) == 17
