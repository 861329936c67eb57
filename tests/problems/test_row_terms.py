"""Inner products of row terms with many columns: in blocks of rows as in one piece."""

import numpy as np
import pytest
from scipy import sparse

from skinfluence.operators import Design, design
from skinfluence.problems import row_terms
from skinfluence.problems.row_terms import RowTerms
from skinfluence.testing import assert_near

RNG = np.random.default_rng(0)
n, p, B = 57, 4, 6


@pytest.mark.parametrize("n_common", [0, 2])
@pytest.mark.parametrize("kind", ["dense", "sparse", "part", "no intercept"])
@pytest.mark.parametrize("K", [1, 3])
def test_blocks_of_rows_give_the_inner_products_of_all(K, kind, n_common, monkeypatch):
    X = RNG.normal(size=(n, p))
    rows = Design(sparse.csr_matrix(X) if kind == "sparse" else X, K, kind != "no intercept")
    if kind == "part":
        rows = rows.part(np.arange(1, rows.n_parameters))
    P = rows.n_parameters
    terms = RowTerms(rows, RNG.normal(size=(n, K)), RNG.normal(size=(n, n_common)), RNG.normal(size=(n_common, P)))
    U = RNG.normal(size=(P, B))
    # blocks of ten rows, the last one shorter
    monkeypatch.setattr(row_terms, "SHARED_ROWS", 10)
    monkeypatch.setattr(design, "CACHE_BYTES", 8)
    assert len(rows.blocks(B, at_least=row_terms.SHARED_ROWS)) == 6
    # sums of P terms of size 1
    assert_near(terms.along(U), terms.columns(slice(None)).T @ U, 100 * np.finfo(float).eps)
