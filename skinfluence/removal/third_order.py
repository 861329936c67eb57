"""Deletions with the loss to third order: the rows are read once, not once for each deletion.

With H = R'R, z_j = R^-T x_j, u = R Delta and delta_j = z_j'u, the optimum without row i solves

    (H - w_i H_i - s_i P) Delta = R_i - R' T(u, u) + c_i delta_i^2 x_i - (fourth order),     c_j = w_j l'''_j / 2
    T(u, u) = sum_j c_j delta_j^2 z_j

T is an array of order 3: n P^3 operations once, and P^3 for a row. What is left out has a bound. Where the third and
fourth derivatives of l are at most l'', the fourth-order part has at most the length, by sum_j w_j l''_j z_j z_j' <= I,

    || sum_j w_j (|l''''| / 6) |delta_j|^3 z_j || <= e^d (q ||u||)^2 / 6 ||u||
    d = max_j |delta_j| <= max_j ||z_j|| ||u||
    q^2 = max over unit v of sum_j w_j l''_j (z_j'v)^4 <= max_j ||z_j||^2

by the inequality of Hoelder, and the objective without the row bends by at least e^-2d (1 - leverage_i - s_i / sum s)
in the metric of H: the solution is as far from the optimum as this allows.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.blas import dtrmm, dtrsm

from .._memory import BLOCK_SIZE
from .._parallel import run_blocks
from ..problems import LinearProblem
from .rank_one_downdates import row_downdate

__all__ = ["ThirdOrder", "third_order"]

#: parameters up to which the array, P^3 / 2 numbers, is formed
MOST_PARAMETERS = 160
#: the same for q, which needs one of P^4 / 4
MOST_PARAMETERS_OF_SPREAD = 64
#: share of max_j ||z_j||^2 that q^2 may be hoped to be; it is 3 of P for normal z
LEAST_SPREAD = 0.05
MAX_ROUNDS = 12
#: parts of a sum over the rows, whatever the number of threads; each has an array of its own
N_PARTS = 8
#: relative error that sums in single precision leave at best
SINGLE_PRECISION_TOL = 1e-9
#: fixed-point rounds for a Newton step of third order
SHARPENING_ROUNDS = 1
#: relative size of a step at which rounds end where the rows are read next
NEAR = 1e-5
#: reach of raw predictions from which the bound says nothing
FAR = 0.5
_SINGLE = float(np.finfo(np.float32).eps)


def third_order(problem: Any, factor: Any, tol: float, n_jobs: int | None = None) -> "ThirdOrder | None":
    """The array of third derivatives, or None where it has no use: for other losses, and where reading rows is less."""
    applies = (
        isinstance(problem, LinearProblem)
        and problem.loss.self_concordant
        and problem.n_outputs == 1
        and problem.balance is None
        and problem.l1_penalty is None
        and problem.interpolation is None
        and factor.triangle is not None
        and problem.n_parameters <= min(MOST_PARAMETERS, np.sqrt(problem.n_rows))
    )
    if not applies:
        return None
    # what single precision cannot hold
    with np.errstate(over="ignore", invalid="ignore"):
        whole = ThirdOrder(problem, factor.triangle, tol, n_jobs)
    return whole if np.isfinite(whole.tensor).all() else None


class ThirdOrder:
    """Third derivatives of the losses in the coordinates in which H is the identity.

    Parameters
    ----------
    problem : LinearProblem
        At its optimum.
    root : ndarray of shape (P, P)
        R, upper triangular.
    tol : float
        Relative error that is asked for. Where the longest z does not do as a bound, q takes n P^4 / 4 operations.
    n_jobs : int or None
        Threads for sums over the rows.

    Attributes
    ----------
    suffices : bool
        Whether :meth:`BlockOfThirdOrder.solve` is near enough for most rows.
    """

    def __init__(self, problem: Any, root: np.ndarray, tol: float, n_jobs: int | None = None) -> None:
        self.problem, self.root, self.n_jobs = problem, root, n_jobs
        P = problem.n_parameters
        self.first, self.second = np.triu_indices(P)
        derivatives = problem.loss.higher_derivatives(problem.training_raw, problem.y)
        self.coefficients = problem.weights()[:, 0] * derivatives[0] / 2
        lengths = np.empty(problem.n_rows)

        def of_block(rows, z, pairs):
            lengths[rows] = np.linalg.norm(z, axis=0)
            return (z * self.coefficients[rows].astype(np.float32)) @ pairs.T

        tensor = self._sum(of_block, (P, len(self.first)))
        # a pair of different coordinates stands for both orders
        tensor[:, self.first < self.second] *= 2
        self.tensor, self.norm = tensor.astype(np.float32), np.linalg.norm(tensor)
        self.slack = np.linalg.norm(dtrsm(1.0, root, problem.gradient()[:, None], trans_a=1))
        self.longest = self.spread = float(lengths.max())
        # (||u|| / q)^2 / 6 of each row, where its own leverage is left out
        sizes = (lengths * problem.weights()[:, 0] * problem.row_gradients[:, 0]) ** 2 / 6
        typical, largest = np.median(sizes), sizes.max()
        within = LEAST_SPREAD * self.longest**2 * typical < tol < self.longest**2 * largest
        if tol >= SINGLE_PRECISION_TOL and within and P <= MOST_PARAMETERS_OF_SPREAD:
            self.spread = min(self.longest, self._spread())
        self.suffices = tol >= SINGLE_PRECISION_TOL and self.spread**2 * typical < tol

    def _sum(self, of_block, shape):
        """Sum over blocks of rows, of single precision, in double precision; in parts, which share the cores."""
        width = max(1, BLOCK_SIZE // len(self.first))
        starts = np.array_split(np.arange(0, self.problem.n_rows, width), N_PARTS)

        def of_part(part):
            total = np.zeros(shape)
            # what single precision cannot hold leaves bounds that are not finite, and its rows to exact deletion
            with np.errstate(over="ignore", invalid="ignore"):
                for block in self._blocks(part.tolist(), width):
                    total += of_block(*block)
            return total

        return sum(run_blocks(of_part, starts, self.n_jobs))

    def _blocks(self, starts, width):
        """Blocks of rows, their z (P, b), and products of pairs of its coordinates, in single precision."""
        for start in starts:
            rows = slice(start, start + width)
            z = dtrsm(1.0, self.root, self.problem.design.basis(rows)[:, :, 0], trans_a=1).astype(np.float32)
            # H knows nothing of rows without weight, and they may be anywhere
            z[:, self.problem.weights()[rows, 0] == 0] = 0
            yield rows, z, _pairs(z, z)

    def _spread(self):
        """q at most: a bound on v⊗v'M v⊗v with M = sum_j w_j l''_j (z_j⊗z_j)(z_j⊗z_j)'.

        The part of v⊗v along the identity, which is where M is largest, is 1 / sqrt(P) for every unit v.
        """
        P, hessians = len(self.root), self.problem.row_hessians()[:, 0, 0].astype(np.float32)
        different = self.first < self.second

        def of_block(rows, z, pairs):
            pairs[different] *= np.sqrt(np.float32(2))
            return (pairs * hessians[rows]) @ pairs.T

        M = self._sum(of_block, (len(self.first),) * 2)
        identity = np.where(different, 0, 1 / np.sqrt(P))
        along = M @ identity
        size = identity @ along
        rest = M - np.outer(identity, along) - np.outer(along, identity) + size * np.outer(identity, identity)
        largest = eigh(rest, eigvals_only=True, subset_by_index=[len(M) - 1, len(M) - 1])[0]
        return float(np.sqrt(size / P) + np.sqrt(max(largest, 0) * (1 - 1 / P)))

    def answers(self, factor: Any, terms: Any, rows: np.ndarray, tol: float) -> "Answer":
        """Solutions of a block of rows, and how near they are to the optima."""
        downdate = row_downdate(self.problem, factor, rows)
        return self.without(downdate, rows).solve(terms.columns(rows, downdate.basis), tol)

    def without(self, downdate: Any, rows: np.ndarray) -> "BlockOfThirdOrder":
        """The equations of a block of rows, from the Hessian without each of them."""
        return BlockOfThirdOrder(self, downdate, rows)

    def contract(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """T(u, v) for each column, (P, b)."""
        same = u is v
        # what single precision cannot hold belongs to columns that diverge
        with np.errstate(over="ignore", invalid="ignore"):
            u, v = u.astype(np.float32), v.astype(np.float32)
            pairs = _pairs(u, v)
            pairs += pairs if same else _pairs(v, u)
            return (self.tensor @ pairs).astype(np.float64) / 2


def _pairs(u, v):
    """u_a v_b for a <= b, (P (P + 1) / 2, b): in the order of ``np.triu_indices``."""
    P, columns = u.shape
    pairs = np.empty((P * (P + 1) // 2, columns), u.dtype)
    start = 0
    for a in range(P):
        np.multiply(u[a], v[a:], out=pairs[start : start + P - a])
        start += P - a
    return pairs


class Answer(NamedTuple):
    """Parameter changes (P, b), and bounds of their errors relative to their lengths in the metric of H, (b,)."""

    changes: np.ndarray
    bound: np.ndarray


class BlockOfThirdOrder:
    """The equations of a block of rows.

    Parameters
    ----------
    whole : ThirdOrder
        Of all rows.
    downdate : Downdate
        Without each row.
    rows : ndarray of int
        The block.
    """

    def __init__(self, whole: ThirdOrder, downdate: Any, rows: np.ndarray) -> None:
        self.whole, self.downdate = whole, downdate
        problem = whole.problem
        self.x, self.coefficients = downdate.basis[:, :, 0], whole.coefficients[rows]
        shares = problem.shares()
        share = 0.0 if shares is None else shares[rows] / shares.sum()
        # what the Hessian without each row is at least, relative to H
        self.least = np.maximum(1 - problem.row_hessians()[rows, 0, 0] * downdate.kernel[:, 0, 0] - share, 0)

    def solve(self, columns: np.ndarray, tol: float) -> Answer:
        """Solutions from the pulls R_i (P, b), in rounds that end when steps are this small relative to the changes."""
        changes = self.downdate.solve(columns)
        step = length = np.full(changes.shape[1], np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(MAX_ROUNDS):
                moved = self.downdate.solve(columns - self._pull(changes, changes))
                step, length = self._length(moved - changes), self._length(moved)
                changes = moved
                if not (step > tol / 4 * length).any():
                    break
        return Answer(changes, self._bound(step, length))

    def start(self, columns: np.ndarray, changes: np.ndarray) -> np.ndarray:
        """Solutions near enough to go on from; columns of which no error bound is known stay as they came."""
        answer = self.solve(columns, NEAR)
        return np.where(np.isfinite(answer.bound), answer.changes, changes)

    def sharpened(self, changes: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Newton steps from chord steps (P, b): with the Hessian at the changed parameters, to third order.

        Where raw predictions change by much the series says nothing, and steps return as they came.
        """
        sharp = steps
        for _ in range(SHARPENING_ROUNDS):
            sharp = steps - 2 * self.downdate.solve(self._pull(changes, sharp))
        return np.where(self.whole.longest * self._length(changes) < FAR, sharp, steps)

    def settled(self, changes: np.ndarray, steps: np.ndarray, tol: float) -> np.ndarray:
        """Whether changes (P, b) are as near to the optimum as `tol` after these sharpened steps, (b,) of bool.

        What such a step leaves of the error is at most the change of the Hessian beyond third order, and up to the
        optimum, and what the rounds leave of the part of third order:

            || sum_j w_j (|l''''| / 2) delta_j^2 z_j z_j' || <= e^d (q ||u||)^2 / 2
            || sum_j w_j |l'''| |delta_j| z_j z_j' || <= q ||u||

        over what the Hessian without the row is at least.
        """
        length, step, q = self._length(changes), self._length(steps), self.whole.spread
        reach = self.whole.longest * length
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            bend = np.exp(2 * reach) / self.least
            rate = bend * ((q * length) ** 2 / 2 + q * step) + (bend * q * length) ** (SHARPENING_ROUNDS + 1)
            return (reach < FAR) & (rate < 0.5) & (2 * rate * step <= tol * length)

    def _pull(self, changes, along):
        """sum_{j != i} c_j delta_j delta'_j x_j for two changes of each column, (P, b)."""
        root, x = self.whole.root, self.x
        u = dtrmm(1.0, root, changes)
        pull = self.whole.contract(u, u if along is changes else dtrmm(1.0, root, along))
        own = np.einsum("pb,pb->b", x, changes) * np.einsum("pb,pb->b", x, along)
        with np.errstate(over="ignore", invalid="ignore"):
            return dtrmm(1.0, root, pull, trans_a=1) - self.coefficients * own * x

    def _length(self, changes):
        return np.linalg.norm(dtrmm(1.0, self.whole.root, changes), axis=0)

    def _bound(self, step, length):
        whole, reach = self.whole, self.whole.longest * length
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            left_out = np.exp(reach) * (whole.spread * length) ** 2 / 6
            # rounding of a sum of products in single precision grows with the root of their number
            rounding = np.sqrt(len(whole.first)) * _SINGLE * whole.norm * length
            relative = (left_out + rounding + (step + whole.slack) / length) * np.exp(2 * reach) / self.least
        return np.where((reach < FAR) & (relative < 1), relative, np.inf)
