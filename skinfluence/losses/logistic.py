"""Logistic losses: two classes with one raw prediction, K classes with K."""

import numpy as np
from scipy.special import expit, logsumexp, softmax

from ._base import Loss, align, decay

__all__ = ["BinaryLogLoss", "MultinomialLogLoss"]


class BinaryLogLoss(Loss):
    """l(raw, y) = log(1 + exp(raw)) - y raw, with y in {0, 1}.

    Examples
    --------
    >>> import numpy as np
    >>> BinaryLogLoss().value(np.zeros((1, 1)), np.array([1.0])) == np.log(2)
    array([ True])
    """

    name = "log-loss"
    classification = True
    probabilistic = True
    # l''' / l'' = 1 - 2 p and l'''' / l'' = 1 - 6 p (1 - p)
    self_concordant = True

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # log(1 + e^raw) - y raw = log(1 + e^-margin), margin = (2 y - 1) raw: no cancellation at large |raw|
        raw = raw[:, 0]
        return np.logaddexp(0.0, (1 - 2 * align(y, raw)) * raw)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # p - y, as -(1 - p) where y = 1: keeps relative accuracy in both tails
        sign = 1 - 2 * align(y[:, None], raw)
        gradient = -sign * raw
        with np.errstate(over="ignore"):
            # a fifth of the time of scipy's expit
            np.exp(gradient, out=gradient)
        gradient += 1
        return np.divide(sign, gradient, out=gradient)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        p = expit(raw)
        return (p * expit(-raw))[:, None]

    def higher_derivatives(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        # with s = p (1 - p) and d = 1 - 2 p = s'/s: s d, s (1 - 6 s), s d (1 - 12 s)
        p, q = expit(raw[:, 0]), expit(-raw[:, 0])
        s, d = p * q, q - p
        return np.stack([s * d, s * (1 - 6 * s), s * d * (1 - 12 * s)])

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        # the mean of p' = p (1 - p) from m to m + z is (p(m + z) - p(m)) / z, smallest at the end z = +-r that goes
        # away from 0: with s = p' and p the larger of the two probabilities at m, decay(r) s / (e^-r + p (1 - e^-r))
        p = expit(np.abs(moved))
        mean = p * expit(-np.abs(moved)) * decay(radius) / (np.exp(-radius) - p * np.expm1(-radius))
        here = self.hessian(raw, y)[:, 0]
        return np.divide(mean, here, where=here > 0, out=np.ones_like(here))

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return np.concatenate([expit(-raw), expit(raw)], axis=1)

    def predict_remainder(self, raw: np.ndarray, radius: np.ndarray) -> np.ndarray:
        # |p''| = s |1 - 2 p| is at most 1 / (6 sqrt 3), and s e^r on the way, s = p' at raw
        bend = np.minimum(1 / (6 * np.sqrt(3)), expit(raw) * expit(-raw) * np.exp(np.minimum(radius, 700)))
        return np.repeat(bend * radius**2 / 2, 2, axis=1)

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        # d p_1 / d raw = p_1 p_0 = - d p_0 / d raw
        return (cotangent[:, 1:] - cotangent[:, :1]) * expit(raw) * expit(-raw)


class MultinomialLogLoss(Loss):
    """l(raw, y) = logsumexp(raw) - raw_y, with y in {0, ..., K-1}.

    Examples
    --------
    >>> import numpy as np
    >>> MultinomialLogLoss().value(np.zeros((1, 4)), np.array([2]))   # log 4
    array([1.38629436])
    """

    name = "log-loss"
    classification = True
    probabilistic = True

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # log(1 + sum_{k != y} exp(raw_k - raw_y)): shifting first keeps small losses of large raw predictions
        own = np.arange(len(y)), y.astype(np.intp)
        shifted = raw - raw[own][:, None]
        shifted[own] = -np.inf
        return np.logaddexp(0.0, logsumexp(shifted, axis=1))

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # p_y - 1 as -(sum of the others): keeps relative accuracy where p_y is nearly 1
        gradient = softmax(raw, axis=1)
        own = np.arange(len(y)), y.astype(np.intp)
        gradient[own] = 0
        gradient[own] = -gradient.sum(axis=1)
        return gradient

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # diag(p) - p p', whose rows sum to 0: the diagonal from the others, as above
        p = softmax(raw, axis=1)
        hessian = -p[:, :, None] * p[:, None, :]
        k = np.arange(raw.shape[1])
        hessian[:, k, k] = 0
        hessian[:, k, k] = -hessian.sum(axis=2)
        return hessian

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        # with k drawn with probability p_k: D^2 l[v, v] = Var v_k and D^3 l[z, v, v] = E (z_k - E z)(v_k - E v)^2, so
        # that their ratio is at most max_k |z_k - E z| <= max_k z_k - min_k z_k
        return np.exp(-np.ptp(moved - raw, axis=1, keepdims=True)) * decay(_spread(radius)[:, None])

    def remainder(self, raw: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
        # half of Var z_k under the probabilities on the way, which is at most (max z - min z)^2 / 4
        return _spread(radius) ** 2 / 8

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return softmax(raw, axis=1)

    def predict_remainder(self, raw: np.ndarray, radius: np.ndarray) -> np.ndarray:
        # D^2 p_k[z, z] = p_k ((z_k - E z)^2 - Var z), between -Var z and Var z <= (max z - min z)^2 / 4
        return np.repeat(_spread(radius)[:, None] ** 2 / 8, raw.shape[1], axis=1)

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        # sum_l c_l dp_l/draw_k = p_k (c_k - sum_l c_l p_l)
        p = softmax(raw, axis=1)
        return p * (cotangent - np.sum(cotangent * p, axis=1, keepdims=True))


def _spread(radius):
    """Largest max_k z_k - min_k z_k under |z_k| <= radius_k, (n,)."""
    return np.sort(radius, axis=1)[:, -2:].sum(axis=1)
