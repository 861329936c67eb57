"""The linear map from parameters to raw predictions, raw = X coef' + intercept, for dense and sparse X alike.

Parameters are flat: the coefficients, (K, p) in C order, then the K intercepts. The column of ones is never stored, so
that X is used as it was handed in. Here, and nowhere else, dense and sparse part ways.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg.blas import dgemv, dsyrk, ssyrk

from .._typing import RowIndex
from .part import DesignPart

__all__ = ["Design"]

#: bytes of one temporary block of rows: small enough to stay in the cache between two passes
CACHE_BYTES = 2**21
#: rows in a symmetric update from which BLAS shares it well among its threads
SHARED_ROWS = 2**10
#: rows and features from which, and columns up to which, a product is transposed
WIDE, FEW = 256, 32


@dataclass(frozen=True, eq=False)
class Design:
    """Rows of features under a linear predictor with `n_outputs` outputs.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, p)
        float64 features.
    n_outputs : int
        K.
    intercept : bool
        Whether each output has one.

    Examples
    --------
    >>> import numpy as np
    >>> design = Design(np.array([[1.0, 2.0]]), n_outputs=1, intercept=True)
    >>> design.raw(np.array([10.0, 1.0, 0.5]))
    array([[12.5]])
    """

    X: Any
    n_outputs: int = 1
    intercept: bool = True

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.X.shape[0]

    @property
    def n_parameters(self) -> int:
        """P = K (p + intercept)."""
        return self.n_outputs * (self.X.shape[1] + self.intercept)

    def with_rows(self, X: Any) -> "Design":
        """The same map for other rows."""
        return Design(X, self.n_outputs, self.intercept)

    @property
    def parameters(self) -> np.ndarray:
        """Position of each parameter among those of all outputs: all of them exist."""
        return np.arange(self.n_parameters)

    def part(self, parameters: np.ndarray) -> Any:
        """The map of some parameters, given in ascending order; features that no output uses are left out."""
        K, p = self.n_outputs, self.X.shape[1]
        output, feature = np.divmod(parameters[parameters < K * p], max(p, 1))
        with_intercept = parameters[parameters >= K * p] - K * p
        used = np.unique(feature)
        X = self.X if len(used) == p else self.X[:, used]
        whole = Design(X, K, bool(len(with_intercept)))
        if whole.n_parameters == len(parameters):
            return whole
        coef = output * len(used) + np.searchsorted(used, feature)
        return DesignPart(whole, np.append(coef, K * len(used) + with_intercept))

    def split(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (K, p, *candidates) and intercepts (K, *candidates) of a flat theta (P, *candidates)."""
        K, p = self.n_outputs, self.X.shape[1]
        coef = theta[: K * p].reshape(K, p, *theta.shape[1:])
        return coef, (theta[K * p :] if self.intercept else np.zeros((K, *theta.shape[1:])))

    def raw(self, theta: np.ndarray) -> np.ndarray:
        """X coef' + intercept: (n, K) for theta (P,), (n, K, B) for theta (P, B)."""
        coef, intercept = self.split(theta)
        flat = np.moveaxis(coef, 0, 1).reshape(self.X.shape[1], intercept.size)
        raw = _times_few(self.X, flat).reshape(self.n_rows, *intercept.shape)
        raw += intercept
        return raw

    def vjp(self, cotangents: np.ndarray) -> np.ndarray:
        """sum_i E_i' c_i: (P, B) from cotangents (n, K, B), where E_i = I_K (x) [x_i, 1]."""
        n, K, B = cotangents.shape
        p = self.X.shape[1]
        coef = _times_few(self.X.T, cotangents.reshape(n, K * B)).reshape(p, K, B)
        parts = [np.moveaxis(coef, 0, 1).reshape(K * p, B)]
        if self.intercept:
            parts.append(cotangents.sum(axis=0))
        return np.concatenate(parts)

    def basis(self, rows: RowIndex) -> np.ndarray:
        """E_i' of some rows as dense columns, shape (P, b, K); x is repeated in the block of each output.

        A column is contiguous in memory, as triangular solves want it.
        """
        x = self.X[rows]
        x = x.toarray() if sparse.issparse(x) else x
        K, p, b = self.n_outputs, self.X.shape[1], len(x)
        basis = np.empty((b, 1, self.n_parameters)) if K == 1 else np.zeros((b, K, self.n_parameters))
        for k in range(K):
            basis[:, k, k * p : (k + 1) * p] = x
            if self.intercept:
                basis[:, k, K * p + k] = 1
        return basis.transpose(2, 0, 1)

    def columns(self, rows: RowIndex, cotangents: np.ndarray) -> np.ndarray:
        """E_i'c_i of some rows, shape (P, b) from cotangents (b, K), without :meth:`basis`."""
        x = self.X[rows]
        x = x.toarray() if sparse.issparse(x) else x
        K, p, b = self.n_outputs, self.X.shape[1], len(x)
        columns = np.empty((self.n_parameters, b))
        np.einsum("bp,bk->kpb", x, cotangents, out=columns[: K * p].reshape(K, p, b))
        if self.intercept:
            columns[K * p :] = cotangents.T
        return columns

    def gram(self, M: np.ndarray, dtype: type = np.float64) -> np.ndarray:
        """sum_i E_i' M_i E_i as a dense (P, P) array, from M of shape (n, K, K); n P^2 / 2 multiplications."""
        K, p = self.n_outputs, self.X.shape[1]
        H: np.ndarray = np.empty((self.n_parameters, self.n_parameters), dtype)
        for k in range(K):
            for j in range(k, K):
                rows, columns = slice(k * p, (k + 1) * p), slice(j * p, (j + 1) * p)
                H[rows, columns] = self._feature_gram(M[:, k, j], dtype)
                H[columns, rows] = H[rows, columns].T
        if self.intercept:
            # the border: derivatives in intercept k and everything else
            for k in range(K):
                H[K * p + k] = self.vjp(M[:, :, k, None])[:, 0]
            H[: K * p, K * p :] = H[K * p :, : K * p].T
        return H

    def _feature_gram(self, m, dtype):
        """X' diag(m) X, by symmetric rank-k updates where m has one sign."""
        X = self.X
        if not X.shape[1]:
            return np.zeros((0, 0))
        if sparse.issparse(X):
            return (X.T @ X.multiply(m[:, None]).tocsr()).toarray()
        sign = -1.0 if m.max(initial=0.0) <= 0 else 1.0
        if (sign * m).min(initial=0.0) < 0:
            # what single precision cannot hold becomes infinite, as in the products of BLAS below
            with np.errstate(over="ignore", invalid="ignore"):
                return sum(X[block].T @ (X[block] * m[block, None]) for block in self.blocks(X.shape[1]))
        syrk = ssyrk if dtype == np.float32 else dsyrk
        gram = np.zeros((X.shape[1], X.shape[1]), dtype, order="F")
        blocks = self.blocks(X.shape[1], at_least=SHARED_ROWS)
        buffer = np.empty((blocks[0].stop if blocks else 0, X.shape[1]), dtype)
        for block in blocks:
            rows, root = X[block], np.sqrt(sign * m[block])[:, None]
            scaled = np.multiply(rows, root, out=buffer[: len(rows)], casting="same_kind")
            gram = syrk(sign, scaled.T, beta=1.0, c=gram, overwrite_c=True)
        return np.triu(gram) + np.triu(gram, 1).T

    def dual_gram(self, scale: np.ndarray, intercept: float = 0.0) -> np.ndarray:
        """X diag(scale) X' + intercept, dense (n, n)."""
        if np.ptp(scale) == 0:
            gram = scale[0] * self._row_gram
        else:
            root = np.sqrt(scale)
            gram = _products(self.X.multiply(root).tocsr() if sparse.issparse(self.X) else self.X * root)
        gram += intercept
        return gram

    @cached_property
    def _row_gram(self):
        """X X', kept because every factorisation along a polish asks for it again."""
        return _products(self.X)

    @cached_property
    def column_norms(self) -> np.ndarray:
        """Euclidean norm of each parameter's column of derivatives, shape (P,)."""
        K = self.n_outputs
        return np.sqrt(self.gram_diagonal(np.broadcast_to(np.eye(K), (self.n_rows, K, K))))

    def gram_diagonal(self, M: np.ndarray) -> np.ndarray:
        """The diagonal of :meth:`gram`, without it, shape (P,)."""
        # numbers side by side, as BLAS wants them
        own = np.ascontiguousarray(np.einsum("nkk->nk", M))
        if sparse.issparse(self.X):
            diagonal = self.X.multiply(self.X).T @ own
        else:
            blocks = self.blocks(self.X.shape[1])
            diagonal = sum((self.X[block] ** 2).T @ own[block] for block in blocks)
        diagonal = diagonal.T.ravel()
        return np.append(diagonal, own.sum(axis=0)) if self.intercept else diagonal

    def blocks(self, width: int, at_least: int = 1) -> list[slice]:
        """Slices of rows such that `width` float64 numbers a row fill one block, of so many rows at least."""
        size = max(at_least, CACHE_BYTES // (8 * max(1, width)))
        return [slice(start, min(start + size, self.n_rows)) for start in range(0, self.n_rows, size)]


def _times_few(X, columns):
    """X columns; of many numbers with few columns as the transposed product, for which BLAS takes half the time."""
    if sparse.issparse(X):
        return np.asarray(X @ columns)
    if columns.shape[1] == 1 and X.nbytes > CACHE_BYTES and X.flags.forc:
        return _times_one(X, columns[:, 0])[:, None]
    if min(X.shape) < WIDE or not 1 < columns.shape[1] <= FEW:
        return X @ columns
    return np.ascontiguousarray((columns.T @ X.T).T)


def _times_one(X, column):
    """X column by SciPy's BLAS, which also factors, in threads.

    The wheels of NumPy and SciPy bring a BLAS each, and the threads of the one wait for work, some 20 ms at full speed,
    while those of the other have some. Blocks that are smaller leave the interpreter's lock to other threads, as NumPy
    does and SciPy does not.
    """
    # f2py copies what is not in Fortran's order
    return dgemv(1.0, X, column) if X.flags.f_contiguous else dgemv(1.0, X.T, column, trans=1)


def _products(X):
    """X X' as a dense array."""
    product = X @ X.T
    return product.toarray() if sparse.issparse(product) else product
